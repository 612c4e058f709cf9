package query

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// values reads what follows a comparison: one ComparableValue, or with == and != one of OtherValue, ValueList, Range and URI.
func (p *qReader) values(t *Term) error {
	many := t.Op == Eq || t.Op == Ne
	for {
		p.space()
		at := p.i
		v, err := p.value(p.expands(t))
		if err != nil {
			return err
		}
		t.Values = append(t.Values, v)
		switch {
		case !many && (v.Kind == Word || v.Kind == Bool):
			return p.failAt(at, "此比较符只接受数字、带引号的文本、日期或时间", "this operator takes a number, a quoted text, a date or a time")
		case t.Range && v.Kind != t.Values[0].Kind:
			return p.failAt(at, "区间两端类型应相同", "both ends of a range must be of one type")
		case t.Range:
			return p.follow(";|)")
		case len(t.Values) > maxValues:
			return p.failAt(at, "取值过多", "too many values")
		case p.take(".."):
			if !many || len(t.Values) > 1 || v.Kind == Word || v.Kind == Bool {
				return p.failAt(at, "区间只能是 == 或 != 之后的一对可比较值", "a range is one pair of comparable values after == or !=")
			}
			t.Range = true
		case !many || !p.take(","):
			return p.follow(";|)")
		}
	}
}

// follow fails where neither the end nor one of the characters comes next.
func (r *reader) follow(chars string) error {
	if c := r.peek(); c != 0 && strings.IndexByte(chars, c) < 0 {
		return r.fail("此处多余，应为 ;、| 或结束", "expected ;, | or the end")
	}
	return nil
}

// value reads one value.
func (p *qReader) value(expand bool) (Value, error) {
	if p.peek() == '"' {
		s, err := p.quoted()
		if err != nil {
			return Value{}, err
		}
		v := Value{Kind: Text, Text: s}
		if at, kind, n := temporal(s); n == len(s) && kind == DateTime {
			v.Time = at
		}
		return p.named(v, expand), nil
	}
	rest := p.s[p.i:]
	if at, kind, n := temporal(rest); n > 0 && p.stops(rest[n:]) {
		p.i += n
		return Value{Kind: kind, Text: rest[:n], Time: at}, nil
	}
	if n := numberLen(rest); n > 0 && p.stops(rest[n:]) {
		f, err := strconv.ParseFloat(rest[:n], 64)
		if err != nil {
			return Value{}, p.fail("数值超出范围", "the number is out of range")
		}
		p.i += n
		return Value{Kind: Number, Text: rest[:n], Number: f}, nil
	}
	n := wordLen(rest)
	switch word := rest[:n]; {
	case word == "true" || word == "false":
		p.i += n
		return Value{Kind: Bool, Text: word, Bool: word == "true"}, nil
	case ngsi.IsURI(word) || isName(word):
		p.i += n
		return p.named(Value{Kind: Word, Text: word}, expand), nil
	}
	return Value{}, p.fail("应为取值：数字、带引号的文本、日期时间、true、false 或 URI", "expected a value: a number, a quoted text, a date or time, true, false or a URI")
}

// named adds the name that a text or word stands for.
func (p *qReader) named(v Value, expand bool) Value {
	if expand || strings.Contains(v.Text, ":") {
		v.Name, v.Expand = p.names.of(v.Text), expand
	}
	return v
}

// stops tells whether a value may end before rest.
func (p *qReader) stops(rest string) bool {
	return rest == "" || strings.IndexByte(" ;|),", rest[0]) >= 0 || strings.HasPrefix(rest, "..")
}

// wordLen measures a word without quotes: up to ;, |, a comma, a space or a parenthesis that it did not open.
func wordLen(s string) int {
	open := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ';', '|', ',', ' ', '"':
			return i
		case '(':
			open++
		case ')':
			if open--; open < 0 {
				return i
			}
		}
	}
	return len(s)
}

// quoted reads a JSON string, RFC 8259 7.
func (r *reader) quoted() (string, error) {
	n := r.closing()
	var s string
	if n < 0 || json.Unmarshal([]byte(r.s[r.i:r.i+n]), &s) != nil {
		return "", r.fail("应为带引号的 JSON 字符串", "expected a JSON string in quotes")
	}
	r.i += n
	return s, nil
}

// closing measures what lies between the quotes, with them; -1 where they are not closed.
func (r *reader) closing() int {
	rest := r.s[r.i:]
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// numberLen measures a JSON number at the beginning of s (RFC 8259 6); 0 where there is none.
func numberLen(s string) int {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > from
	}
	if strings.HasPrefix(s, "-") {
		i++
	}
	if strings.HasPrefix(s[i:], "0") {
		i++
	} else if !digits() {
		return 0
	}
	whole := i
	if i < len(s) && s[i] == '.' {
		if i++; digits() {
			whole = i
		}
		i = whole
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if digits() {
			whole = i
		}
	}
	return whole
}
