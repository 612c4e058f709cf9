package nem12

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// width holds a record to its number of fields; empty ones behind the last are taken.
func (r *Reader) width(min, max int, clause string) error {
	n := len(r.fields)
	for n > max && len(r.fields[n-1]) == 0 {
		n--
	}
	if n > max {
		return r.refuse(max, clause, fmt.Sprintf("字段过多：应为 %d 个，实为 %d 个", max, n), fmt.Sprintf("there are %d fields, there should be %d", n, max))
	}
	if n < min {
		return r.refuse(-1, clause, fmt.Sprintf("字段不足：应为 %d 个，实为 %d 个", max, n), fmt.Sprintf("there are %d fields, there should be %d", n, max))
	}
	if len(r.fields) > max {
		r.notice(max, "记录末尾有多余的逗号", "there are commas behind the last field")
	}
	r.fields = r.fields[:n]
	return nil
}

// str gives a field; an absent one is empty.
func (r *Reader) str(i int) string {
	if i < len(r.fields) {
		return string(r.fields[i])
	}
	return ""
}

// need gives a field that must be there.
func (r *Reader) need(i int, clause, zh, en string) (string, error) {
	s := r.str(i)
	if s == "" {
		return "", r.refuse(i, clause, "缺少"+zh, "there is no "+en)
	}
	return s, nil
}

// moment reads a time: 14 digits; 12 where the seconds are left out; empty where it may.
func (r *Reader) moment(i int, clause string) (time.Time, error) {
	s := r.str(i)
	layout := "20060102150405"
	switch len(s) {
	case 0:
		return time.Time{}, nil
	case 14:
	case 12:
		layout = layout[:12]
	default:
		return time.Time{}, r.refuse(i, clause, "时间应为 14 位数字", "a time has 14 digits")
	}
	return r.parseTime(i, layout, clause)
}

// day reads a date of eight digits; empty where it may.
func (r *Reader) date(i int, clause string) (time.Time, error) {
	switch len(r.str(i)) {
	case 0:
		return time.Time{}, nil
	case 8:
		return r.parseTime(i, "20060102", clause)
	}
	return time.Time{}, r.refuse(i, clause, "日期应为 8 位数字", "a date has 8 digits")
}

func (r *Reader) parseTime(i int, layout, clause string) (time.Time, error) {
	t, err := time.ParseInLocation(layout, r.str(i), market)
	if err != nil || t.Format(layout) != r.str(i) {
		return time.Time{}, r.refuse(i, clause, "日期或时间不存在", "there is no such date or time")
	}
	return t, nil
}

// value reads a number without sign. NEM12 4.4: interval values are not negative.
func (r *Reader) value(i int, clause string) (v Value, err error) {
	b := r.fields[i]
	point, digits := -1, 0
	for k, c := range b {
		switch {
		case c >= '0' && c <= '9':
			if digits++; digits > 18 {
				return v, r.refuse(i, clause, "数值位数过多", "the number has too many digits")
			}
			v.Num = v.Num*10 + int64(c-'0')
		case c == '.' && point < 0:
			point = k
		default:
			return v, r.refuse(i, clause, fmt.Sprintf("%q 不是数值", clip(b)), fmt.Sprintf("%q is no number", clip(b)))
		}
	}
	if digits == 0 {
		return v, r.refuse(i, clause, "缺少数值", "there is no number")
	}
	if point >= 0 {
		v.Decimals = uint8(len(b) - point - 1)
	}
	return v, nil
}

// signed reads a number that may be negative: a quantity flows back where the direction is import. NEM12 5.3
func (r *Reader) signed(i int, clause string) (Value, error) {
	rest, neg := bytes.CutPrefix(r.fields[i], []byte("-"))
	r.fields[i] = rest
	v, err := r.value(i, clause)
	if neg {
		v.Num = -v.Num
	}
	return v, err
}

func clip(b []byte) string {
	if len(b) > 24 {
		return string(b[:24]) + "…"
	}
	return string(b)
}

// quality reads a quality flag with its method. Of a day it may be V.
func (r *Reader) quality(i int, ofDay bool, clause string) (q Quality, err error) {
	s := r.str(i)
	if s == "" {
		return q, r.refuse(i, clause, "缺少质量标志", "there is no quality flag")
	}
	q.Flag = s[0]
	bad := !strings.ContainsRune("AEFNSV", rune(q.Flag)) || q.Flag == 'V' && !ofDay
	switch len(s) {
	case 1:
		// NEM12 4.4: an estimate or substitute names its method
		if bad = bad || strings.ContainsRune("EFS", rune(q.Flag)); !bad {
			return q, nil
		}
	case 3:
		hi, lo := s[1]-'0', s[2]-'0'
		if bad = bad || hi > 9 || lo > 9 || q.Flag == 'V' || q.Flag == 'N'; !bad {
			q.Method = hi*10 + lo
			return q, nil
		}
	}
	return q, r.refuse(i, clause, fmt.Sprintf("质量标志 %q 无效", clip([]byte(s))), fmt.Sprintf("%q is no quality flag", clip([]byte(s))))
}

// reason reads a reason code and its description.
func (r *Reader) reason(code, text int, clause string) (x Reason, err error) {
	x.Code, x.Text = -1, r.str(text)
	s := r.str(code)
	if s == "" {
		return x, nil
	}
	x.Code = 0
	for k := range len(s) {
		if s[k] < '0' || s[k] > '9' || k > 2 {
			return x, r.refuse(code, clause, "原因代码应为至多 3 位数字", "a reason code has up to 3 digits")
		}
		x.Code = x.Code*10 + int(s[k]-'0')
	}
	return x, nil
}

// number reads a small whole number.
func (r *Reader) number(i int, clause, zh, en string) (int, error) {
	s := r.str(i)
	n := 0
	for k := range len(s) {
		if s[k] < '0' || s[k] > '9' || k > 4 {
			return 0, r.refuse(i, clause, zh+"应为数字", "the "+en+" must be a number")
		}
		n = n*10 + int(s[k]-'0')
	}
	if s == "" {
		return 0, r.refuse(i, clause, "缺少"+zh, "there is no "+en)
	}
	return n, nil
}

// letter reads a field of one letter out of set; empty where it may.
func (r *Reader) letter(i int, set, clause, zh, en string) (byte, error) {
	s := r.str(i)
	if s == "" {
		return 0, nil
	}
	if len(s) != 1 || !strings.Contains(set, s) {
		return 0, r.refuse(i, clause, zh+"无效", "the "+en+" is not valid")
	}
	return s[0], nil
}

// nmi reads the identifier of the metering point. NEM12 4.3: ten characters; examples and test files have shorter ones.
func (r *Reader) nmi(clause string) (string, error) {
	s, err := r.need(1, clause, "计量点编号 NMI", "NMI")
	if err != nil {
		return "", err
	}
	if len(s) > 11 {
		return "", r.refuse(1, clause, "计量点编号 NMI 过长", "the NMI is too long")
	}
	if len(s) != 10 {
		r.notice(1, "计量点编号 NMI 不是 10 位", "the NMI has not ten characters")
	}
	return s, nil
}

func (r *Reader) unit(i int, clause string) (Unit, error) {
	u, ok := parseUnit(r.str(i))
	if !ok {
		return u, r.refuse(i, clause, fmt.Sprintf("计量单位 %q 未知", clip(r.fields[i])), fmt.Sprintf("the unit %q is not known", clip(r.fields[i])))
	}
	if u.Base == "" {
		r.notice(i, "未给出计量单位", "there is no unit of measure")
	}
	return u, nil
}
