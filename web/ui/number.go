package ui

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/lang"
)

// None is what stands where there is no figure.
const None = "—"

// Num writes v with dec decimals, its thousands grouped by commas and a true minus sign; NaN is None.
func Num(v float64, dec int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return None
	}
	return group(strconv.FormatFloat(v, 'f', dec, 64))
}

// Grouped writes a whole number: 5,214,086.
func Grouped(n int64) string { return group(strconv.FormatInt(n, 10)) }

// Percent writes part of whole in per cent without the sign: "97.42". It cuts and never rounds up, so that 100 says that
// nothing is missing; between 99.9 and 100 it gives three decimals. Nothing of nothing is None.
func Percent(part, whole int64) string {
	if whole <= 0 {
		return None
	}
	return percent(float64(part) / float64(whole) * 100)
}

func percent(v float64) string {
	dec := 2
	if v > 99.9 && v < 100 {
		dec = 3
	}
	p := math.Pow10(dec)
	return trim(Num(math.Floor(v*p+1e-6)/p, dec))
}

// Signed writes a difference with its sign: "+31.9", "−8.5".
func Signed(v float64, dec int) string {
	if math.IsNaN(v) {
		return ""
	}
	s := Num(v, dec)
	if strings.Trim(s, "−0.") == "" { // −0.04 rounds to zero, which has no sign
		return "±" + strings.TrimPrefix(s, "−")
	}
	if v > 0 {
		return "+" + s
	}
	return s
}

func group(s string) string {
	frac := ""
	if i := strings.IndexByte(s, '.'); i >= 0 {
		s, frac = s[:i], s[i:]
	}
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for k := len(s) - 3; k > 0; k -= 3 {
		s = s[:k] + "," + s[k:]
	}
	if neg {
		s = "−" + s
	}
	return s + frac
}

func trim(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// rung is a size of a unit in one language: values from `from` on are divided by div and bear the word.
type rung struct {
	from, div float64
	word      string
}

type ladder struct{ zh, en []rung }

// The units of the plan's targets. The rungs of a language go down; Chinese counts by ten thousands and hundred millions.
var units = map[string]ladder{
	"CNY/year":      {zh: []rung{{1e8, 1e8, "亿元"}, {1e4, 1e4, "万元"}, {0, 1, "元"}}, en: []rung{{1e8, 1e9, "bn CNY"}, {1e5, 1e6, "m CNY"}, {0, 1, "CNY"}}},
	"households":    {zh: []rung{{1e5, 1e4, "万户"}, {0, 1, "户"}}, en: []rung{{1e6, 1e6, "m homes"}, {0, 1, "homes"}}},
	"meters":        {zh: []rung{{1e6, 1e4, "万只"}, {0, 1, "只"}}, en: []rung{{1e6, 1e6, "m meters"}, {0, 1, "meters"}}},
	"servers":       {zh: []rung{{1e4, 1e4, "万台"}, {0, 1, "台"}}, en: []rung{{1e5, 1e3, "k servers"}, {0, 1, "servers"}}},
	"APs":           {zh: []rung{{1e5, 1e4, "万个"}, {0, 1, "个"}}, en: []rung{{1e5, 1e3, "k APs"}, {0, 1, "APs"}}},
	"units/year":    {zh: []rung{{1e8, 1e8, "亿部"}, {1e4, 1e4, "万部"}, {0, 1, "部"}}, en: []rung{{1e6, 1e6, "m units"}, {0, 1, "units"}}},
	"bytes":         {zh: byteRungs, en: byteRungs},
	"bit/s":         {zh: bitRungs, en: bitRungs},
	"FLOP/s":        {zh: []rung{{1e12, 1e12, "万亿次/秒"}, {1e8, 1e8, "亿次/秒"}, {0, 1, "次/秒"}}, en: []rung{{1e14, 1e15, "PFLOP/s"}, {1e11, 1e12, "TFLOP/s"}, {0, 1, "FLOP/s"}}},
	"km2":           plain("km²", "km²"),
	"enterprises":   plain("家", "firms"),
	"organisations": plain("家", "bodies"),
	"clusters":      plain("个", "clusters"),
	"platforms":     plain("个", "platforms"),
	"centres":       plain("个", "centres"),
	"databases":     plain("个", "databases"),
	"parks":         plain("个", "parks"),
	"services":      plain("项", "services"),
}

var (
	byteRungs = []rung{{1e14, 1e15, "PB"}, {1e12, 1e12, "TB"}, {1e9, 1e9, "GB"}, {1e6, 1e6, "MB"}, {1e3, 1e3, "kB"}, {0, 1, "B"}}
	bitRungs  = []rung{{1e9, 1e9, "Gbps"}, {1e6, 1e6, "Mbps"}, {1e3, 1e3, "kbps"}, {0, 1, "bps"}}
)

func plain(zh, en string) ladder { return ladder{[]rung{{0, 1, zh}}, []rung{{0, 1, en}}} }

// Quantity says a value in a unit of the plan (CNY/year, %, households, bytes, …) as a figure and a unit word, which differ by
// language: 5.0e11 CNY/year is "5,000" "亿元" and "500" "bn CNY". A unit that is not known is written as it is.
func Quantity(value float64, unit string) (figure, word lang.Text) {
	return QuantityLike(value, unit, value)
}

// QuantityLike says value on the scale that fits like: a figure beside its goal bears the goal's unit.
func QuantityLike(value float64, unit string, like float64) (figure, word lang.Text) {
	if unit == "%" {
		n := None
		if !math.IsNaN(value) {
			n = percent(value)
		}
		return lang.Same(n), lang.Same("%")
	}
	l, known := units[unit]
	if !known {
		l = plain(unit, unit)
	}
	zn, zw := climb(l.zh, value, like)
	en, ew := climb(l.en, value, like)
	return lang.T(zn, en), lang.T(zw, ew)
}

// QuantityText is Quantity in one: "5,000 亿元", "500 bn CNY", "97.42%".
func QuantityText(value float64, unit string) lang.Text {
	n, w := Quantity(value, unit)
	if unit == "%" {
		return lang.T(n.Zh+"%", n.En+"%")
	}
	return lang.T(strings.TrimSpace(n.Zh+" "+w.Zh), strings.TrimSpace(n.En+" "+w.En))
}

func climb(rs []rung, value, like float64) (figure, word string) {
	r := rs[len(rs)-1]
	for _, x := range rs {
		if math.Abs(like) >= x.from {
			r = x
			break
		}
	}
	v := value / r.div
	dec := 2
	switch a := math.Abs(v); {
	case a >= 1000 || r.div == 1 && v == math.Trunc(v):
		dec = 0
	case a >= 10:
		dec = 1
	}
	return trim(Num(v, dec)), r.word
}

var (
	clausePattern = regexp.MustCompile(`^(\d+)\.(\d+)(?:\.(\d+))?(?:\((\d+)\))?$`)
	clauseDigits  = []string{"〇", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}
)

// Clause says a section of the plan as the plan itself numbers it: "3.3.3" is 方案三（三）3, "3.1.4(1)" is 方案三（一）4（1）.
// Several sections are separated by commas. What does not look like a section is given back as it is.
func Clause(section string) lang.Text {
	var zh, en []string
	for _, s := range strings.Split(section, ",") {
		m := clausePattern.FindStringSubmatch(strings.TrimSpace(s))
		if m == nil {
			return lang.Same(section)
		}
		z, e := digit(m[1])+"（"+digit(m[2])+"）"+m[3], m[1]+"("+m[2]+")"+m[3]
		if m[4] != "" {
			z, e = z+"（"+m[4]+"）", e+"("+m[4]+")"
		}
		zh, en = append(zh, z), append(en, e)
	}
	word := "Clause "
	if len(en) > 1 {
		word = "Clauses "
	}
	return lang.T("方案"+strings.Join(zh, "、"), word+strings.Join(en, ", "))
}

func digit(s string) string {
	if n, err := strconv.Atoi(s); err == nil && n < len(clauseDigits) {
		return clauseDigits[n]
	}
	return s
}

// Count says a number with its counting word: Count(12, "条", "alarms") is "12 条", "12 alarms".
func Count(n int64, zh, en string) lang.Text {
	return lang.T(fmt.Sprintf("%s %s", Grouped(n), zh), fmt.Sprintf("%s %s", Grouped(n), en))
}

// ucum are the units of UCUM that people write otherwise.
var ucum = map[string]string{"Cel": "°C", "[ppm]": "ppm", "1": "", "{1}": "", "m3/h": "m³/h", "m3": "m³", "mg/m3": "mg/m³", "%{LEL}": "%LEL"}

// UCUM writes a unit of UCUM (the Unified Code for Units of Measure, in which points bear theirs) as it stands on panels.
func UCUM(code string) string {
	if u, ok := ucum[code]; ok {
		return u
	}
	return strings.Trim(code, "[]{}")
}
