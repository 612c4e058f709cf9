package pages

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/interval"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
	"github.com/haihe-city/haihe/wire/nem12"
)

// pageImported lists the meters that interval files have brought. They are not of the city's archive and count in no figure.
func (s *Part) pageImported(r *web.Request) (*ui.Page, error) {
	q := entity.Query{Type: book.TypeMeter, Where: []entity.Cond{{Attr: "protocol", Op: entity.Eq, Value: string(book.File)}}, After: r.Query("after"), Limit: pageSize, Count: true}
	if text := r.Query("q"); text != "" {
		q.Where = append(q.Where, entity.Cond{Attr: "address", Op: entity.Prefix, Value: text})
	}
	list, err := s.o.Entities.Query(r.Context(), q)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "imported", Title: lang.T("区间数据电表", "Meters of interval files"), Note: lang.T("不计入本市采集覆盖率", "they do not count in the city's coverage"), Total: list.Total, Next: list.Next, Paged: q.After != "", Path: "/grid/imported", Query: keepQuery(r, "q"),
		Search:  &ui.Field{Name: "q", Kind: "search", Label: lang.T("电表号开头", "Meter number begins with"), Placeholder: lang.Same("NMI"), Value: r.Query("q")},
		Columns: []ui.Column{{Key: "nmi", Text: lang.Same("NMI")}, {Key: "channels", Text: lang.T("通道", "Channels")}, {Key: "last", Text: lang.T("最新数据（北京时间）", "Newest value (China time)"), Num: true}},
		Empty:   lang.T("还没有导入区间数据。", "No interval file was imported yet.")}
	for _, e := range list.Entities {
		m := s.o.MeterOf(e)
		channels, err := s.o.Intervals.Channels(r.Context(), e.ID)
		if err != nil {
			return nil, err
		}
		names := ""
		for i, c := range channels {
			if i > 0 {
				names += " "
			}
			names += c.Suffix
		}
		t.Rows = append(t.Rows, ui.Row{ID: "n-" + strconv.FormatInt(e.Num, 10), Cells: []ui.Cell{{Text: lang.Same(m.Address), Href: "/grid/meters/" + url.PathEscape(m.Address), Strong: true}, {Text: lang.Same(names)}, {Time: newestOf(channels)}}})
	}
	p := Page(lang.T("导入的区间数据", "Imported intervals"), "/grid/imported", ui.Link{Text: lang.T("导入的区间数据", "Imported"), Href: "/grid/imported"})
	p.Actions = []ui.Action{{Text: lang.T("导入文件", "Import a file"), Href: "/grid/data", Primary: true}}
	p.Body = []ui.Block{t}
	return p, nil
}

func newestOf(cs []interval.Channel) (t time.Time) {
	for _, c := range cs {
		if c.Last.After(t) {
			t = c.Last
		}
	}
	return t
}

// pageImportedMeter shows a day of an imported meter, channel by channel, with the quality of every value.
func (s *Part) pageImportedMeter(r *web.Request, address string) (*ui.Page, error) {
	id := interval.MeterID(address)
	e, err := s.o.Entities.Get(r.Context(), id)
	if errs.Is(err, errs.NotFound) || err == nil && s.o.MeterOf(e).Protocol != book.File {
		return nil, errs.Say(errs.NotFound, "档案中没有电表 %s", "meter %s is not in the archive", address)
	}
	if err != nil {
		return nil, err
	}
	channels, err := s.o.Intervals.Channels(r.Context(), id)
	if err != nil {
		return nil, err
	}
	date := newestOf(channels).In(nem12.Market())
	if text := r.Query("day"); text != "" {
		if date, err = time.ParseInLocation("2006-01-02", text, nem12.Market()); err != nil {
			return nil, errs.Say(errs.Invalid, "日期“%s”无法识别，请按 2015-11-20 的格式填写", "%q is no date, write it like 2015-11-20", text)
		}
	}
	date = time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, nem12.Market())
	here := "/grid/meters/" + url.PathEscape(address)
	p := Page(lang.T("电能表 "+address, "Meter "+address), "/grid/imported", ui.Link{Text: lang.T("导入的区间数据", "Imported"), Href: "/grid/imported"}, ui.Link{Text: lang.Same(address), Href: here})
	p.Lead = lang.T("区间数据电表，"+date.Format("2006-01-02")+"（市场时间 UTC+10）", "A meter of an interval file, "+date.Format("2006-01-02")+" (market time, UTC+10)")
	p.Actions = []ui.Action{{Text: lang.T("前一日", "Day before"), Href: here + "?day=" + date.AddDate(0, 0, -1).Format("2006-01-02")}, {Text: lang.T("后一日", "Day after"), Href: here + "?day=" + date.AddDate(0, 0, 1).Format("2006-01-02")}}
	for _, c := range channels {
		body, err := s.channelDay(r.Context(), c, date)
		if err != nil {
			return nil, err
		}
		p.Body = append(p.Body, body...)
	}
	return p, nil
}

// nemStates are the states of an imported value, in the words of a slot.
var nemStates = map[series.Quality]book.State{series.Measured: book.Collected, series.Estimated: book.Estimated, series.Substituted: book.Estimated}

// channelDay draws one channel: strip and curve where it has intervals, and a table.
func (s *Part) channelDay(ctx context.Context, c interval.Channel, date time.Time) ([]ui.Block, error) {
	samples, err := s.o.Intervals.Values.Range(ctx, c.Num, date.UnixMicro(), date.AddDate(0, 0, 1).UnixMicro())
	if err != nil {
		return nil, errs.Wrap("read a channel's day", err)
	}
	name := lang.T(fmt.Sprintf("通道 %s（%s）", c.Suffix, c.Unit), fmt.Sprintf("Channel %s (%s)", c.Suffix, c.Unit))
	id := "ch-" + strconv.FormatInt(c.Num, 10)
	t := ui.Table{ID: id + "-rows", Total: -1, Title: name, Empty: lang.T("当日没有数据。", "No values on this day."), Columns: []ui.Column{
		{Key: "time", Text: lang.T("时间", "Time")}, {Key: "value", Text: lang.T("数值", "Value"), Num: true}, {Key: "quality", Text: lang.T("质量", "Quality")}}}
	for _, x := range samples {
		st := nemStates[x.Quality&^series.Late]
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("%s-%d", id, x.At), Cells: []ui.Cell{{Text: lang.Same(time.UnixMicro(x.At).In(nem12.Market()).Format("15:04"))}, {Text: lang.Same(trimZeros(scaled(x.Values[0], interval.Decimals).String()))}, {Tag: &ui.Tag{Status: stateStatus[st], Text: nemText(x.Quality)}}}})
	}
	step := c.Step(samples)
	if step <= 0 || len(samples) == 0 {
		return []ui.Block{t}, nil
	}
	n := int(24 * time.Hour / step)
	points, items, counts := make([]float64, n), make([]ui.Slot, n), map[book.State]int{book.Missing: n}
	for i := range points {
		points[i] = math.NaN()
		items[i] = ui.Slot{State: string(book.Missing), Text: lang.T("无值", "no value")}
	}
	for _, x := range samples {
		i := int(time.UnixMicro(x.At).Sub(date) / step)
		if i < 0 || i >= n {
			continue
		}
		st := nemStates[x.Quality&^series.Late]
		counts[st]++
		counts[book.Missing]--
		points[i] = float64(x.Values[0]) / 1e6
		at, text := date.Add(time.Duration(i)*step).Format("15:04"), nemText(x.Quality)
		items[i] = ui.Slot{State: string(st), Text: lang.T(at+" "+text.Zh, at+" "+text.En)}
	}
	strip := ui.Slots{ID: id + "-slots", Title: name, Items: items}
	for _, st := range []book.State{book.Collected, book.Estimated, book.Missing} {
		strip.Key = append(strip.Key, ui.Fact{Name: lang.T(stateText[st].Zh, string(st)), Value: lang.Same(strconv.Itoa(counts[st]))})
	}
	return []ui.Block{strip, ui.Panel{ID: id + "-panel", Title: name, Body: []ui.Block{ui.Chart{ID: id + "-chart", Title: name, Unit: lang.Same(c.Unit), From: date, Step: step, Lines: []ui.Line{{Name: lang.Same(c.Suffix), Style: "now", Points: points}}}}}, t}, nil
}

func nemText(q series.Quality) lang.Text {
	switch q &^ series.Late {
	case series.Measured:
		return lang.T("实测", "Actual")
	case series.Estimated:
		return lang.T("预估", "Forward estimate")
	case series.Substituted:
		return lang.T("替代值", "Substitute")
	}
	return lang.T("无效", "Invalid")
}

// trimZeros shortens a decimal number.
func trimZeros(s string) string {
	for len(s) > 0 && s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if len(s) > 0 && s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}
