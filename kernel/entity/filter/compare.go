package filter

import (
	"cmp"
	"strconv"

	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// compare evaluates the comparison of a term on a JSON value. ETSI GS CIM 009 V1.9.1 4.9.
func compare(t *query.Term, v raw) bool {
	v, typed := v.typed()
	switch t.Op {
	case query.Has, query.Absent:
		return true
	case query.Eq:
		return equals(t, v, typed)
	case query.Ne:
		return !equals(t, v, typed)
	case query.Match, query.NotMatch:
		s, ok := v.text()
		return ok && t.Pattern.Match(s) == (t.Op == query.Match)
	}
	c, ok := order(v, &t.Values[0], typed)
	return ok && ordered(t.Op, c)
}

// equals tells whether a value, or an element of it, is one of the values of a term; of a range, whether it lies in it.
func equals(t *query.Term, v raw, typed bool) bool {
	if t.Range {
		lo, ok1 := order(v, &t.Values[0], typed)
		hi, ok2 := order(v, &t.Values[1], typed)
		return ok1 && ok2 && lo >= 0 && hi <= 0
	}
	for it := each(v); it.next(); {
		item, mark := it.item.typed()
		for i := range t.Values {
			if same(item, &t.Values[i], typed || mark) {
				return true
			}
		}
	}
	return false
}

// same tells whether a scalar is identical or equivalent to a value.
func same(v raw, w *query.Value, typed bool) bool {
	switch w.Kind {
	case query.Text, query.Word:
		if v.equals(w.Text) || w.Expand && v.equals(w.Name) {
			return true
		}
		if !typed || w.Time.IsZero() {
			return false
		}
	case query.Bool:
		return string(v) == "true" && w.Bool || string(v) == "false" && !w.Bool
	}
	c, ok := order(v, w, typed)
	return ok && c == 0
}

// order compares a scalar with a value of the same data type; typed says that the scalar is marked as no mere text.
func order(v raw, w *query.Value, typed bool) (c int, ok bool) {
	switch w.Kind {
	case query.Number:
		return v.number(w)
	case query.Text:
		s, ok := v.text()
		if typed && !w.Time.IsZero() {
			at, kind, good := query.ParseInstant(string(s))
			return at.Compare(w.Time), ok && good && kind == query.DateTime
		}
		switch {
		case string(s) < w.Text:
			c = -1
		case string(s) > w.Text:
			c = 1
		}
		return c, ok
	case query.DateTime, query.Date, query.Time:
		s, ok := v.text()
		if !ok {
			return 0, false
		}
		at, kind, ok := query.ParseInstant(string(s))
		return at.Compare(w.Time), ok && kind == w.Kind
	}
	return 0, false
}

// number compares a JSON number with that of a value. Whole numbers that a float cannot tell apart are told apart by digits.
func (v raw) number(w *query.Value) (int, bool) {
	if len(v) == 0 || v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		return 0, false
	}
	c := cmp.Compare(f, w.Number)
	if c == 0 && len(v) >= 16 && len(w.Text) >= 16 && whole(string(v)) && whole(w.Text) {
		if c = cmp.Or(cmp.Compare(len(v), len(w.Text)), cmp.Compare(string(v), w.Text)); f < 0 {
			c = -c
		}
	}
	return c, true
}

func whole(s string) bool {
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (i > 0 || s[i] != '-') {
			return false
		}
	}
	return true
}
