package query

import (
	"encoding/json"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Bounds on regular expressions.
const (
	maxPattern = 1024 // bytes
	maxCost    = 4000 // instructions, of all expressions of a q
)

// Pattern compiles a regular expression of a parameter (idPattern; IEEE 1003.2, extended). It is compiled as RE2, which POSIX
// extended expressions are a part of but for collating elements and equivalence classes, and which takes time linear in the
// text. As with POSIX, it matches where a part of the text does.
func Pattern(param, p string) (*regexp.Regexp, error) {
	re, cost, err := compile(p)
	switch {
	case err != nil || p == "":
		return nil, &Error{Param: param, Zh: "应为有效的正则表达式（POSIX 扩展）", En: "expected a valid regular expression (POSIX extended)"}
	case cost > maxCost:
		return nil, &Error{Param: param, Zh: "正则表达式过大", En: "the regular expression is too large"}
	}
	return re, nil
}

// compile compiles a pattern and tells what it costs; what costs too much is not compiled.
func compile(p string) (*regexp.Regexp, int, error) {
	if len(p) > maxPattern {
		return nil, maxCost + 1, nil
	}
	tree, err := syntax.Parse(p, syntax.Perl)
	if err != nil {
		return nil, 0, err
	}
	cost := cost(tree)
	if cost > maxCost {
		return nil, cost, nil
	}
	re, err := regexp.Compile(p)
	return re, cost, err
}

// cost estimates the instructions of a compiled expression: repetitions multiply, so the text's length says little.
func cost(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n += cost(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, maxCost+1)
}

// pattern reads RegExp: in quotes, or up to a ;, | or ) outside of the expression's own brackets.
func (p *qReader) pattern(t *Term) error {
	p.space()
	at := p.i
	var text string
	if p.peek() == '"' {
		n := p.closing()
		if n < 0 {
			return p.fail("引号未闭合", "the quotes are not closed")
		}
		raw := p.s[at : at+n]
		p.i += n
		if json.Unmarshal([]byte(raw), &text) != nil { // "\d" is no JSON, but it is plain what is meant
			text = strings.ReplaceAll(raw[1:n-1], `\"`, `"`)
		}
	} else {
		n := patternLen(p.s[at:])
		p.i += n
		text = strings.TrimRight(p.s[at:at+n], " ")
	}
	re, n, err := compile(text)
	if p.cost += n; p.cost > maxCost {
		return p.failAt(at, "正则表达式过大", "the regular expressions are too large")
	}
	if err != nil || text == "" {
		return p.failAt(at, "应为有效的正则表达式（POSIX 扩展）", "expected a valid regular expression (POSIX extended)")
	}
	t.Pattern = re
	return p.follow(";|)")
}

// patternLen measures a pattern without quotes.
func patternLen(s string) int {
	open, class := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
			if strings.HasPrefix(s[i+1:], "^]") {
				i += 2
			} else if strings.HasPrefix(s[i+1:], "]") {
				i++
			}
		case c == '(':
			open++
		case c == ')' && open > 0:
			open--
		case open == 0 && (c == ')' || c == ';' || c == '|'):
			return i
		}
	}
	return len(s)
}
