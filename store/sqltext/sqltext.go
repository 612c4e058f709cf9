// Package sqltext (SQL 文本) cuts SQL text into pieces: as much as is needed to split a migration into statements, to count placeholders and to
// find words outside strings.
package sqltext

import (
	"iter"
	"strconv"
	"strings"
)

// Token is a piece of SQL text. The kinds are word (names, key words, numbers), quoted (strings and quoted names), space
// (with comments), placeholder ($1) and mark (one other character).
type Token struct {
	Kind TokenKind
	Text string
}

// TokenKind is the kind of a Token.
type TokenKind uint8

// The kinds.
const (
	Word TokenKind = iota
	Quoted
	Space
	Placeholder
	Mark
)

// Tokens cuts SQL text into its pieces, which put together give the text again. It knows as much of SQL as is needed to
// split a migration into statements and to find words outside strings.
func Tokens(sql string) iter.Seq[Token] {
	return func(yield func(Token) bool) {
		for sql != "" {
			k, n := token(sql)
			if !yield(Token{k, sql[:n]}) {
				return
			}
			sql = sql[n:]
		}
	}
}

func token(s string) (TokenKind, int) {
	c := s[0]
	switch {
	case c == '\'' || c == '"' || c == '`':
		return Quoted, quoted(s, c)
	case strings.HasPrefix(s, "--"):
		return Space, until(s, "\n")
	case strings.HasPrefix(s, "/*"):
		return Space, until(s, "*/")
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		return Space, 1
	case c == '$' && len(s) > 1 && s[1] >= '0' && s[1] <= '9':
		n := 2
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		return Placeholder, n
	case c == '$': // $tag$ ... $tag$, the body of a PostgreSQL function
		if end := strings.IndexByte(s[1:], '$'); end >= 0 {
			tag := s[:end+2]
			return Quoted, len(tag) + until(s[len(tag):], tag)
		}
	case wordByte(c):
		n := 1
		for n < len(s) && wordByte(s[n]) {
			n++
		}
		return Word, n
	}
	return Mark, 1
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// quoted is the length of a quoted piece; a doubled quote stands for itself, since the next piece begins with it.
func quoted(s string, q byte) int {
	if i := strings.IndexByte(s[1:], q); i >= 0 {
		return i + 2
	}
	return len(s)
}

func until(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + len(end)
	}
	return len(s)
}

// Statements splits the text of a migration at its semicolons. Pieces without a word are left out.
func Statements(sql string) []string {
	var out []string
	var b strings.Builder
	words := false
	end := func() {
		if words {
			out = append(out, strings.Trim(b.String(), " \t\r\n"))
		}
		b.Reset()
		words = false
	}
	for t := range Tokens(sql) {
		if t.Kind == Mark && t.Text == ";" {
			end()
			continue
		}
		words = words || t.Kind == Word
		b.WriteString(t.Text)
	}
	end()
	return out
}

// Placeholders is the highest placeholder of a statement.
func Placeholders(sql string) int {
	top := 0
	for t := range Tokens(sql) {
		if t.Kind == Placeholder {
			n, _ := strconv.Atoi(t.Text[1:])
			top = max(top, n)
		}
	}
	return top
}

// Reads tells whether a statement begins like one that reads. The engines refuse what slips through (WITH ... INSERT).
func Reads(sql string) bool {
	for t := range Tokens(sql) {
		if t.Kind == Word {
			switch strings.ToUpper(t.Text) {
			case "SELECT", "WITH", "VALUES", "EXPLAIN":
				return true
			}
			return false
		}
	}
	return false
}
