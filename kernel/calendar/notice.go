package calendar

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
)

//go:embed notice.tsv
var noticeTable string

//go:embed lunar.tsv
var lunarTable string

// The years that lunar.tsv has.
const (
	firstYear = 2013
	lastYear  = 2060
)

// mostName and mostRows bound a notice: no year has had more than forty rows.
const (
	mostName = 64
	mostRows = 120
)

// builtIn reads the notices that come with the program.
func builtIn() ([]Notice, error) {
	titles, addresses := map[string]string{}, map[string]string{}
	by := map[int]*Notice{}
	for line := range strings.Lines(noticeTable) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
			if len(f) == 3 {
				key := strings.TrimPrefix(f[0], "# ")
				titles[key], addresses[key] = f[1], f[2]
			}
			continue
		case len(f) != 4 || f[0] == "date":
			continue
		}
		d, err := parseRow(f[0], f[1], f[2])
		if err != nil {
			return nil, errs.Wrap("read notice.tsv", err)
		}
		text, _, _ := strings.Cut(f[3], "-")
		y, err := strconv.Atoi(text)
		if err != nil {
			return nil, errs.Wrap("read notice.tsv", err)
		}
		if by[y] == nil {
			by[y] = &Notice{Year: y, Title: titles[text], Source: addresses[text]}
		}
		d.Source = titles[f[3]]
		by[y].Days = append(by[y].Days, d)
	}
	var out []Notice
	for y := firstYear; y <= lastYear; y++ {
		if n := by[y]; n != nil {
			out = append(out, *n)
		}
	}
	return out, nil
}

func parseRow(date, kind, name string) (out Day, err error) {
	if out.Date, err = Parse(strings.TrimSpace(date)); err != nil {
		return out, err
	}
	switch strings.TrimSpace(kind) {
	case "holiday", "休", "放假", "节假日":
		out.Kind = Holiday
	case "moved", "班", "上班", "调休上班":
		out.Kind = Moved
	default:
		return out, errs.Say(errs.Invalid, "%s 的类别“%s”有误，应为 holiday（放假）或 moved（调休上班）", "the kind %[2]q of %[1]s is neither holiday nor moved", out.Date, kind)
	}
	out.Name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(out.Name); n == 0 || n > mostName {
		return out, errs.Say(errs.Invalid, "%s 缺少节日名称，或名称超过 %d 个字", "the day %s has no name of a festival, or one of more than %d characters", out.Date, mostName)
	}
	return out, nil
}

// ReadNotice reads a year's notice written as CSV or with tabs: date, kind (holiday or moved), name; a heading may stand above, further
// columns are left out. The days must be of the year (or the week before and after it), each once; a moved workday must be a
// Saturday or Sunday; and New Year's Day, Labour Day and the National Day must be among the holidays, so that half a notice is not
// taken for a whole one.
func ReadNotice(y int, title, source, text string) (Notice, error) {
	n := Notice{Year: y, Title: strings.TrimSpace(title), Source: strings.TrimSpace(source)}
	switch {
	case y < firstYear || y > lastYear:
		return n, errs.Say(errs.Invalid, "年份应在 %d 至 %d 之间", "the year lies between %d and %d", firstYear, lastYear)
	case n.Title == "" || utf8.RuneCountInString(n.Title) > 200:
		return n, errs.Say(errs.Invalid, "请写明通知的名称或文号，不超过 200 字", "give the notice's name or number, 200 characters at most")
	case utf8.RuneCountInString(n.Source) > 400:
		return n, errs.Say(errs.Invalid, "来源不得超过 400 字", "a source has 400 characters at most")
	}
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	in.FieldsPerRecord, in.TrimLeadingSpace, in.Comment = -1, true, '#'
	if first, _, _ := strings.Cut(strings.TrimSpace(text), "\n"); strings.Contains(first, "\t") {
		in.Comma = '\t'
	}
	for row := 1; ; row++ {
		f, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return n, errs.Say(errs.Invalid, "第 %d 行不是规范的 CSV", "line %d is no proper CSV", row)
		}
		if row == 1 && len(f) > 0 && strings.EqualFold(strings.TrimSpace(f[0]), "date") || len(f) == 1 && strings.TrimSpace(f[0]) == "" {
			continue
		}
		if len(f) < 3 {
			return n, errs.Say(errs.Invalid, "第 %d 行应有日期、类别、名称三列", "line %d should have three columns: date, kind, name", row)
		}
		if len(n.Days) == mostRows {
			return n, errs.Say(errs.Invalid, "一年的安排不会超过 %d 行", "no year has more than %d rows", mostRows)
		}
		d, err := parseRow(f[0], f[1], f[2])
		if err != nil {
			return n, err
		}
		d.Source = n.Title
		n.Days = append(n.Days, d)
	}
	slices.SortFunc(n.Days, func(a, b Day) int { return int(a.Date - b.Date) })
	return n, n.check()
}

func (n *Notice) check() error {
	first, last := On(n.Year, time.January, 1), On(n.Year, time.December, 31)
	for i, d := range n.Days {
		switch {
		case d.Date < first-7 || d.Date > last+7:
			return errs.Say(errs.Invalid, "%s 不属于 %d 年的安排", "the day %s is none of the year %d", d.Date, n.Year)
		case i > 0 && n.Days[i-1].Date == d.Date:
			return errs.Say(errs.Invalid, "%s 出现了两次", "the day %s stands there twice", d.Date)
		case d.Kind == Moved && !d.Date.weekend():
			return errs.Say(errs.Invalid, "%s 不是周末，不能是调休上班日", "the day %s is no weekend day: it cannot be worked in a holiday's place", d.Date)
		}
	}
	for _, must := range []Date{first, On(n.Year, time.May, 1), On(n.Year, time.October, 1)} {
		if !slices.ContainsFunc(n.Days, func(d Day) bool { return d.Date == must && d.Kind == Holiday }) {
			return errs.Say(errs.Invalid, "缺少 %s：元旦、劳动节、国庆节当日必为节假日，请核对是否录全", "the day %s is missing: 1 January, 1 May and 1 October are holidays in every notice; is it whole?", must)
		}
	}
	return nil
}

// CSV writes the days as ReadNotice reads them.
func (n *Notice) CSV() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"date", "kind", "name"}) // a builder does not fail
	for _, d := range n.Days {
		_ = w.Write([]string{d.Date.String(), d.Kind.String(), d.Name})
	}
	w.Flush()
	return b.String()
}

// moon is the festivals of a year that go by the moon and the sun.
type moon struct{ spring, qingming, dragon, autumn Date }

func readMoons() (map[int]moon, error) {
	out := map[int]moon{}
	for line := range strings.Lines(lunarTable) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		y, err := strconv.Atoi(f[0])
		if err != nil || len(f) != 5 {
			continue
		}
		var d [4]Date
		for i := range d {
			if d[i], err = Parse(f[i+1]); err != nil {
				return nil, errs.Wrap("read lunar.tsv", err)
			}
		}
		out[y] = moon{d[0], d[1], d[2], d[3]}
	}
	return out, nil
}

// computed are a year's holidays by the regulation on public holidays as revised from 2025 on and the rules that go with it: eight
// days from the lunar new year's eve, five from 1 May, seven from 1 October, eight where Mid-Autumn falls among them; the others their
// day, with the Monday in its place where it is a Saturday or Sunday (article 6). No weekend is guessed to be worked.
func computed(y int, moons map[int]moon) []Day {
	m, ok := moons[y]
	by := map[Date]string{}
	run := func(first Date, n int, name string) {
		for i := range n {
			by[first+Date(i)] = name
		}
	}
	single := func(d Date, name string) {
		by[d] = name
		switch d.Weekday() {
		case time.Saturday:
			by[d+1], by[d+2] = name, name
		case time.Sunday:
			by[d-1], by[d+1] = name, name
		}
	}
	single(On(y, time.January, 1), NewYear)
	run(On(y, time.May, 1), 5, LabourDay)
	national, days := On(y, time.October, 1), 7
	if ok {
		single(m.qingming, Qingming)
		single(m.dragon, DragonBoat)
		single(m.autumn, MidAutumn)
		run(m.spring-1, 8, SpringFestival)
		if m.autumn >= national && m.autumn < national+8 {
			days = 8
		}
	}
	run(national, days, NationalDay)
	var out []Day
	for d, name := range by {
		out = append(out, Day{Date: d, Kind: Holiday, Name: name, Provisional: true})
	}
	slices.SortFunc(out, func(a, b Day) int { return int(a.Date - b.Date) })
	return out
}
