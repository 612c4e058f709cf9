package hj212

import (
	"strings"
	"time"
)

// area reads the data area that begins at s[at], and gives where it ends. HJ 212-2017 6.3.3
func (f *Frame) area(s string, at int) (rest int, why *Error) {
	if !strings.HasPrefix(s[at:], "&&") {
		return 0, refuse(at, "6.3.3", Unknown, "数据区不以 && 开始", "the data area does not begin with &&")
	}
	from := at + 2
	size := strings.Index(s[from:], "&&")
	if size < 0 {
		return 0, refuse(at, "6.3.3", Unknown, "数据区不以 && 结束", "the data area does not end with &&")
	}
	most := maxArea2005
	if f.Edition2017() {
		most = maxArea2017
	}
	if size > most { // HJ 212-2017 6.3.2
		return 0, refuse(from+most, "6.3.2", Unknown, "数据区超过长度上限", "the data area is longer than is allowed")
	}
	rest = from + size + 2
	if size == 0 {
		return rest, nil
	}
	f.Items = make([]Item, 0, strings.Count(s[from:from+size], "="))
	for i, joined := from, false; ; {
		f.Items = append(f.Items, Item{Joined: joined})
		next, why := f.Items[len(f.Items)-1].read(s[:from+size], i)
		if why != nil {
			return 0, why
		}
		if next == from+size {
			return rest, nil
		}
		joined = s[next] == ','
		if i = next + 1; i == from+size {
			if joined {
				return 0, refuse(i, "6.3.3", Unknown, "逗号之后没有字段", "no field stands behind the comma")
			}
			return rest, nil // a last ';' is common in the field and says nothing
		}
	}
}

// read takes name=value at s[at]; next is where it ends: at a separator, or at the end of s.
func (it *Item) read(s string, at int) (next int, why *Error) {
	i := at
	for i < len(s) && s[i] == ' ' {
		i++
	}
	from := i
	for i < len(s) && named[s[i]] {
		i++
	}
	it.Name = s[from:i]
	for i < len(s) && s[i] == ' ' {
		i++
	}
	if it.Name == "" || i == len(s) || s[i] != '=' {
		return 0, refuse(i, "6.3.3", Unknown, "数据区的字段不是“名称=值”", "a field of the data area is not name=value")
	}
	from = i + 1
	i = from
	if strings.HasPrefix(s[from:], "//") { // text of a log stands between double slashes and may hold separators. HJ 212-2017 6.3.3
		if n := strings.Index(s[from+2:], "//"); n >= 0 {
			i = from + 2 + n + 2
		}
	}
	for i < len(s) && s[i] != ';' && s[i] != ',' {
		if s[i] < ' ' || s[i] == 0x7F || s[i] == '=' {
			return 0, refuse(i, "6.3.3", Unknown, "数据区的值含有不允许的字符", "a value of the data area holds a character that is not allowed")
		}
		i++
	}
	it.Value = s[from:i]
	if it.Value != "" && (it.Value[0] == ' ' || it.Value[len(it.Value)-1] == ' ') {
		it.Value = strings.Trim(it.Value, " ")
	}
	return i, nil
}

// named are the characters of names: letters, digits, '-' and '_'.
var named = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '-' || c == '_'
	}
	return t
}()

// printable tells whether s is ASCII that can be seen, without what divides fields.
func printable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == ';' || c == ',' || c == '=' || c == '&' || c == '#' {
			return false
		}
	}
	return true
}

// digits reads a number of so many digits.
func digits(s string, least, most int) (n int, ok bool) {
	if len(s) < least || len(s) > most {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// China is the zone of the times in frames.
func China() *time.Location { return china }

var china = time.FixedZone("UTC+8", 8*3600)

// isTime tells whether s is a time of so many digits that there is: no 31st of April.
func isTime(s string, n int) bool {
	_, ok := timeParts(s)
	return ok && len(s) == n
}

// Time reads YYYYMMDDHHmmss, with or without three digits of milliseconds, as China time. HJ 212-2017 6.3.3
func Time(s string) (t time.Time, ok bool) {
	v, ok := timeParts(s)
	if !ok {
		return t, false
	}
	return time.Date(v[0], time.Month(v[1]), v[2], v[3], v[4], v[5], v[6]*1e6, china), true
}

// timeParts are year, month, day, hour, minute, second and millisecond.
func timeParts(s string) (v [7]int, ok bool) {
	if len(s) != 14 && len(s) != 17 {
		return v, false
	}
	for i, width := range [7]int{4, 2, 2, 2, 2, 2, 3} {
		if s == "" {
			break
		}
		if v[i], ok = digits(s[:width], width, width); !ok {
			return v, false
		}
		s = s[width:]
	}
	days := [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	if v[0]%4 == 0 && (v[0]%100 != 0 || v[0]%400 == 0) {
		days[2] = 29
	}
	return v, v[0] >= 1970 && v[1] >= 1 && v[1] <= 12 && v[2] >= 1 && v[2] <= days[v[1]] && v[3] < 24 && v[4] < 60 && v[5] < 60
}

// TimeText writes a time as the data area has it.
func TimeText(t time.Time) string { return t.In(china).Format("20060102150405") }

// QNOf writes a time as a request's number.
func QNOf(t time.Time) string {
	t = t.In(china)
	return t.Format("20060102150405") + pad(t.Nanosecond()/1e6, 3)
}
