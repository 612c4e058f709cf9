package hj212

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/lang"
)

// Quality is what a logger's mark says of a value (数据标记).
type Quality uint8

// The qualities.
const (
	Normal   Quality = iota
	Doubtful         // there is a value, but it is not simply the process's: typed in, beyond the range, of a source that stands still
	Bad              // there is no value of the process: fault, maintenance, calibration, no communication
)

// QualityOf reads a mark. 2017: N normal, F stopped, M maintenance, S typed in, D fault, C calibration, T over the range, B no communication.
// 2005 has P (power), and for air stations digits: 0 calibration, 1 weather, 2 not normal, 3 normal. No mark is normal. A mark that nobody
// defined is doubtful. T stays a value: a gas that drives its detector over the range must still reach its limit. HJ 212-2017 6.6.4
func QualityOf(mark string) Quality {
	switch mark {
	case "", "N", "n", "1", "3":
		return Normal
	case "M", "m", "D", "d", "C", "c", "B", "b", "P", "p", "0", "2":
		return Bad
	}
	return Doubtful
}

// MarkName says what a mark means.
func MarkName(mark string) lang.Text {
	switch strings.ToUpper(mark) {
	case "", "N", "3":
		return lang.T("正常", "normal")
	case "F":
		return lang.T("停运", "stopped")
	case "M":
		return lang.T("维护", "maintenance")
	case "S":
		return lang.T("手工输入", "typed in")
	case "D":
		return lang.T("故障", "fault")
	case "C", "0":
		return lang.T("校准", "calibration")
	case "T":
		return lang.T("超测定上限", "over the measuring range")
	case "B":
		return lang.T("通讯异常", "no communication")
	case "P":
		return lang.T("电源故障", "power fault")
	case "1":
		return lang.T("气象参数", "weather")
	case "2":
		return lang.T("异常值", "not normal")
	}
	return lang.T("未定义标记", "undefined mark")
}

// Value is one number of one factor. Num is NaN where the logger left it empty.
type Value struct {
	Factor string // "w01018", "B01"
	Stat   string // "Rtd", "Avg", "Min", "Max", "Cou", "ZsRtd", "ZsAvg", "RS", "RT", "DayData"…
	Num    float64
	Mark   string // the factor's Flag, "" where it has none
}

// Quality is that of the mark, and Bad where there is no number.
func (v *Value) Quality() Quality {
	if math.IsNaN(v.Num) {
		return Bad
	}
	return QualityOf(v.Mark)
}

// Report is what a logger tells of one time. CN says of which kind: RealTime, MinuteData, HourData, DayData…
type Report struct {
	CN     uint16
	At     time.Time // DataTime
	Values []Value
}

// Reports reads an upload of data. One frame may tell of several times: each DataTime begins a report. Offsets of its errors count data items.
func Reports(f *Frame) ([]Report, error) {
	out := make([]Report, 0, 1)
	var cur *Report
	for i := range f.Items {
		it := &f.Items[i]
		if it.Name == "DataTime" {
			at, ok := Time(it.Value)
			if !ok {
				return nil, refuse(i, "6.3.3", Unknown, "DataTime 不是时间", "DataTime is not a time")
			}
			out = append(out, Report{CN: f.CN, At: at})
			cur = &out[len(out)-1]
			continue
		}
		factor, stat, ok := strings.Cut(it.Name, "-")
		if !ok {
			continue // a field of the command, as QN or PolId
		}
		if cur == nil {
			return nil, refuse(i, "6.3.3", Unknown, "数据在 DataTime 之前", "data stands before DataTime")
		}
		if cur.Values == nil {
			cur.Values = make([]Value, 0, len(f.Items)/2+1)
		}
		if why := cur.add(i, factor, stat, it.Value); why != nil {
			return nil, why
		}
	}
	if cur == nil {
		return nil, refuse(len(f.Items), "6.3.3", Unknown, "数据区缺少字段 DataTime", "the data area lacks the field DataTime")
	}
	for i := range out {
		out[i].trim()
	}
	return out, nil
}

// add takes one item of a factor.
func (r *Report) add(i int, factor, stat, text string) *Error {
	switch stat {
	case "Flag":
		seen := false
		for k := len(r.Values) - 1; k >= 0; k-- {
			if !alike(r.Values[k].Factor, factor) {
				continue
			}
			if r.Values[k].Mark != "" && r.Values[k].Mark != text {
				return refuse(i, "6.3.3", Unknown, factor+"-Flag 前后矛盾", factor+"-Flag contradicts itself")
			}
			r.Values[k].Mark, seen = text, true
		}
		if !seen { // the flag stands before its value
			r.Values = append(r.Values, Value{Factor: factor, Stat: stat, Mark: text})
		}
		return nil
	case "SampleTime":
		if _, ok := Time(text); !ok {
			return refuse(i, "6.3.3", Unknown, factor+"-SampleTime 不是时间", factor+"-SampleTime is not a time")
		}
		return nil
	case "EFlag", "Info", "SN", "Name":
		return nil // of the device, not of the value
	}
	num, ok := number(text)
	if !ok {
		return refuse(i, "6.3.3", Unknown, factor+"-"+stat+" 不是数值", factor+"-"+stat+" is not a number")
	}
	v := Value{Factor: factor, Stat: stat, Num: num}
	for k := range r.Values {
		switch o := &r.Values[k]; {
		case !alike(o.Factor, factor):
		case o.Stat == stat:
			return refuse(i, "6.3.3", Unknown, factor+"-"+stat+" 重复", factor+"-"+stat+" stands there twice")
		case o.Mark != "":
			v.Mark = o.Mark
		}
	}
	r.Values = append(r.Values, v)
	return nil
}

// alike compares codes of factors, which mostly differ in their last digit.
func alike(a, b string) bool {
	n := len(a)
	return n == len(b) && (n == 0 || a[n-1] == b[n-1] && a == b)
}

// trim takes out flags that stood before their values, or without any.
func (r *Report) trim() {
	n := 0
	for _, v := range r.Values {
		if v.Stat != "Flag" {
			r.Values[n] = v
			n++
		}
	}
	r.Values = r.Values[:n]
}

// tens are the powers that a float64 holds exactly.
var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// number reads a decimal number; NaN stands for an empty one. Up to 15 digits the quotient of two exact numbers is the nearest one.
func number(s string) (v float64, ok bool) {
	if s == "" {
		return math.NaN(), true
	}
	i := 0
	if s[0] == '-' || s[0] == '+' {
		i = 1
	}
	mantissa, n, point := int64(0), 0, -1
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			if n++; n <= 15 {
				mantissa = mantissa*10 + int64(c-'0')
			}
		case c == '.' && point < 0:
			point = n
		default:
			return scientific(s)
		}
	}
	if n == 0 || n > 15 {
		return scientific(s)
	}
	v = float64(mantissa)
	if point >= 0 {
		v /= tens[n-point]
	}
	if s[0] == '-' {
		v = -v
	}
	return v, true
}

// scientific reads what number does not: long numbers, and those with an exponent, as 1.2E-05, which loggers write.
func scientific(s string) (float64, bool) {
	if strings.Trim(s, "0123456789+-.eE") != "" || len(s) > 32 {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}
