package walk

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/haihe-city/haihe/kernel/entity/cond"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

func digits(n int) string { return strconv.Itoa(n) }

// IndexText cuts a text to what an index holds of it: a hundred characters, nothing from a zero byte on (which PostgreSQL's
// texts cannot hold). Of two texts the lesser one never becomes the greater one by it.
func IndexText(t string) string {
	t = cutZero(t)
	n := 0
	for i := range t {
		if n == 100 {
			return t[:i]
		}
		n++
	}
	return strings.ToValidUTF8(t, "\uFFFD")
}

// cutZero gives a text up to its first zero byte.
func cutZero(t string) string {
	t, _, _ = strings.Cut(t, "\x00")
	return t
}

// indexed gives the index table of a condition and its value as the index holds it.
func indexed(c *cond.Ready) (table string, value any) {
	switch c.Class {
	case ngsi.Number:
		return "number", c.Number + 0 // minus zero is zero
	case ngsi.Bool:
		return "text", strconv.FormatBool(c.Bool)
	}
	return "text", IndexText(c.Text)
}

// boxSQL narrows to the cells of a box and to what is not in one cell; a statement a range, so that each uses the index.
func boxSQL(b ngsi.Box) (store.Stmt, []any) {
	sql, args := `SELECT num FROM entity WHERE cell = $1`, []any{int64(spreadCell)}
	for _, r := range cellRanges(b) {
		n := len(args)
		sql += ` UNION ALL SELECT num FROM entity WHERE cell >= $` + digits(n+1) + ` AND cell <= $` + digits(n+2)
		args = append(args, r[0], r[1])
	}
	return store.Q("entity.box", sql), args
}

// rangeSQL narrows to a range of an index or of ids; without SQL where the condition has none. Bounds are inclusive where
// the index cuts texts short: a cut text may be equal where the whole one is greater.
func rangeSQL(c *cond.Ready, keys map[string]int64) (q store.Stmt, args []any) {
	if c.Class == cond.Time || c.Op == cond.Ne || c.Op == cond.Has || c.Op == cond.Contains {
		return q, nil
	}
	table, value := indexed(c)
	col := "value"
	switch key, ok := keys[c.Attr]; {
	case c.Attr == "id" && c.Class == ngsi.Text:
		q, args, col, value = store.Q("entity.range.id", `SELECT num FROM entity WHERE id <> $1`), []any{""}, "id", cutZero(c.Text)
	case ok:
		q, args = store.Q("entity.range."+table, `SELECT num FROM entity_`+table+` WHERE key = $1`), []any{key}
	default:
		return q, nil
	}
	put := func(op string, v any) {
		args = append(args, v)
		q.SQL += ` AND ` + col + ` ` + op + ` $` + digits(len(args))
	}
	switch {
	case c.Texts != nil:
		if len(c.Texts) > 64 {
			return store.Stmt{}, nil
		}
		q.SQL += ` AND ` + col + ` IN ` + store.In(2, len(c.Texts))
		for _, t := range c.Texts {
			if t = cutZero(t); col == "value" {
				t = IndexText(t)
			}
			args = append(args, t)
		}
	case c.Op == cond.Eq:
		put("=", value)
	case c.Op == cond.Lt || c.Op == cond.Le:
		put("<=", value)
	case c.Op == cond.Gt || c.Op == cond.Ge:
		put(">=", value)
	default: // Prefix
		put(">=", value)
		if to, ok := successor(value.(string)); ok {
			put("<", to)
		}
	}
	return q, args
}

// successor is the least text that is greater than every text that begins with p.
func successor(p string) (string, bool) {
	for r := []rune(p); len(r) > 0; r = r[:len(r)-1] {
		end := len(r) - 1
		if r[end]++; r[end] == 0xd800 {
			r[end] = 0xe000
		}
		if r[end] <= utf8.MaxRune {
			return string(r), true
		}
	}
	return "", false
}
