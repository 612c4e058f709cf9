// Package performance is the part of the duty desk that measures the alarm system itself: how many alarms an operator is asked to answer, how
// often that is a flood, which points speak too much, how long an answer takes. The figures are those of IEC 62682:2014 clause 16
// (ANSI/ISA-18.2-2016 clause 16); their goals stand beside them.
package performance

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// PageFunc makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

const (
	path     = "/duty/performance"
	mostDays = 92
)

// Part is this part of the duty desk.
type Part struct {
	board *alarm.Board
	clock host.Clock
	page  PageFunc
}

// New makes the part.
func New(h *host.Host, page PageFunc) *Part {
	return &Part{board: h.Duty.Alarms, clock: h.Clock, page: page}
}

// Routes are its page and its sheet.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /duty/performance", Grant: alarm.GrantRead, Page: p.pageAll},
		{Pattern: "GET /api/duty/performance.csv", Grant: alarm.GrantRead, API: p.apiSheet},
	}
}

// span is the time that is asked for, the last seven days by default, and the number of operators.
type span struct {
	from, to  time.Time
	operators int
	system    string
}

func (p *Part) span(r *web.Request) (s span, err error) {
	now := p.clock.Now().In(ui.Zone())
	s.to = time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, ui.Zone())
	s.from, s.operators, s.system = s.to.AddDate(0, 0, -7), 1, r.Query("system")
	day := func(text string, plus int, into *time.Time) {
		if t, wrong := time.ParseInLocation(time.DateOnly, text, ui.Zone()); text != "" && wrong != nil {
			err = errs.Say(errs.Invalid, "日期“%[1]s”无法识别，请按 2015-11-20 的格式填写", "%[1]q is no date, write it like 2015-11-20", text)
		} else if text != "" {
			*into = t.AddDate(0, 0, plus)
		}
	}
	day(r.Query("from"), 0, &s.from)
	day(r.Query("to"), 1, &s.to)
	if text := r.Query("operators"); text != "" {
		if s.operators, _ = strconv.Atoi(text); s.operators < 1 || s.operators > 1000 {
			return s, errs.Say(errs.Invalid, "值班员人数应为 1 至 1000", "the number of operators is 1 to 1000")
		}
	}
	if err == nil && (!s.from.Before(s.to) || s.to.Sub(s.from) > mostDays*24*time.Hour) {
		err = errs.Say(errs.Invalid, "时段应为 1 至 %[1]d 天", "the time is 1 to %[1]d days", mostDays)
	}
	return s, err
}

// measure counts a time as a whole and by day.
func (p *Part) measure(ctx context.Context, s span) (whole Figures, days []Figures, err error) {
	end := s.to
	if now := p.clock.Now(); now.Before(end) && now.After(s.from) {
		end = now // what has not been yet is no quiet time
	}
	all, by := newTally(s.from, end, s.operators), []*tally(nil)
	for d := s.from; d.Before(end); d = d.AddDate(0, 0, 1) {
		to := d.AddDate(0, 0, 1)
		if end.Before(to) {
			to = end
		}
		by = append(by, newTally(d, to, s.operators))
	}
	err = p.board.Moments(ctx, s.from, end, func(m alarm.Moment) {
		if s.system != "" && m.System != s.system {
			return
		}
		all.add(m)
		if i := int(m.At.Sub(s.from) / (24 * time.Hour)); i < len(by) { // the city's zone knows no summer time
			by[i].add(m)
		}
	})
	for _, t := range by {
		days = append(days, t.figures())
	}
	return all.figures(), days, err
}

// pageAll shows the figures with their goals, the days, and what speaks too much.
func (p *Part) pageAll(r *web.Request) (*ui.Page, error) {
	s, err := p.span(r)
	if err != nil {
		return nil, err
	}
	f, days, err := p.measure(r.Context(), s)
	if err != nil {
		return nil, err
	}
	stale, err := p.stale(r.Context(), s)
	if err != nil {
		return nil, err
	}
	frequent, err := p.frequent(r.Context(), &f)
	if err != nil {
		return nil, err
	}
	out := p.page(lang.T("告警绩效", "How good the alarms are"), path, ui.Link{Text: lang.T("告警绩效", "Performance")})
	out.Lead = lang.T("按 IEC 62682 第 16 章衡量告警系统：值班员是否应付得过来，哪些告警应当整改。", "The alarm system measured by IEC 62682 clause 16: whether operators can keep up, and which alarms want mending.")
	out.Body = []ui.Block{p.tiles(&f, stale), p.days(r, s, days), ui.Columns{Wide: -1, Cols: [][]ui.Block{{frequent}, {p.priorities(&f)}}}, p.staleTable(stale)}
	return out, nil
}

// met gives a tile's gauge: how much of a goal is used, and whether it is kept.
func met(part float64) *ui.Gauge {
	status := ui.StatusMet
	if part > 1 {
		status = ui.StatusBehind
	}
	return &ui.Gauge{Part: min(part, 1), Expected: -1, Status: status}
}

func (p *Part) tiles(f *Figures, stale []alarm.Alarm) ui.Tiles {
	c := p.board.Count(alarm.Filter{})
	n := func(v int) string { return ui.Grouped(int64(v)) }
	count := lang.T("条", "alarms")
	wait := func(d time.Duration) string {
		if f.Answered == 0 {
			return ui.None
		}
		return ui.Num(d.Minutes(), 1)
	}
	minutes := lang.T("分钟", "min")
	return ui.Tiles{ID: "figures", Title: lang.T("指标", "Figures"), Items: []ui.Tile{
		{ID: "average", Name: lang.T("每人每 10 分钟告警", "Per operator in 10 minutes"), Value: ui.Num(f.Average, 2), Unit: count, Note: lang.T("目标不超过 1", "goal: at most 1"), Gauge: met(f.Average)},
		{ID: "peak", Name: lang.T("10 分钟峰值", "Peak in 10 minutes"), Value: ui.Num(f.Peak, 1), Unit: count, Note: lang.T("目标不超过 10", "goal: at most 10"), Gauge: met(f.Peak / floodBegins)},
		{ID: "flood", Name: lang.T("洪峰时间占比", "Time in flood"), Value: ui.Num(f.Flood*100, 2), Unit: lang.Same("%"), Note: lang.T("目标低于 1%", "goal: under 1%"), Gauge: met(f.Flood * 100)},
		{ID: "top", Name: lang.T("前十位告警占比", "Share of the ten most frequent"), Value: ui.Num(f.TopShare*100, 1), Unit: lang.Same("%"), Note: lang.T("目标 1% 至 5%", "goal: 1% to 5%"), Gauge: met(f.TopShare * 20)},
		{ID: "chattering", Name: lang.T("反复告警", "Chattering"), Value: n(len(f.Chattering)), Unit: lang.T("个", "conditions"), Note: lang.T("目标 0", "goal: none"), Gauge: met(float64(len(f.Chattering)) * 2)},
		{ID: "stale", Name: lang.T("滞留告警（超过 24 小时）", "Stale, over 24 hours"), Value: n(len(stale)), Unit: count, Note: lang.T("目标少于 5", "goal: under 5"), Gauge: met(float64(len(stale)) / 4)},
		{ID: "p50", Name: lang.T("确认用时（中位数）", "To the answer, median"), Value: wait(f.P50), Unit: minutes, Note: lang.T(fmt.Sprintf("已确认 %d 条", f.Answered), fmt.Sprintf("%d answered", f.Answered))},
		{ID: "p95", Name: lang.T("确认用时（95%）", "To the answer, 95%"), Value: wait(f.P95), Unit: minutes},
		{ID: "shelved", Name: lang.T("已搁置", "Shelved"), Value: n(c.Shelved), Unit: count, Href: "/duty/alarms/shelved"},
		{ID: "out", Name: lang.T("退出与抑制", "Out of service, suppressed"), Value: n(c.OutOfService + c.Suppressed), Unit: count, Href: "/duty/alarms/holds"},
	}}
}

func (p *Part) days(r *web.Request, s span, days []Figures) ui.Table {
	kept := map[string]string{"from": r.Query("from"), "to": r.Query("to"), "operators": r.Query("operators"), "system": s.system}
	num := func(key string, text lang.Text) ui.Column { return ui.Column{Key: key, Text: text, Num: true} }
	t := ui.Table{ID: "days", Title: lang.T("按日", "By day"), Path: path, Query: kept, Total: int64(len(days)), Exports: ui.Exports("/api/duty/performance", kept)[:1],
		Filters: []ui.Field{{Name: "from", Kind: "date", Label: lang.T("自", "From"), Value: s.from.Format(time.DateOnly)}, {Name: "to", Kind: "date", Label: lang.T("至", "To"), Value: s.to.AddDate(0, 0, -1).Format(time.DateOnly)},
			{Name: "operators", Kind: "number", Label: lang.T("值班员人数", "Operators"), Value: strconv.Itoa(s.operators)}},
		Columns: []ui.Column{{Key: "day", Text: lang.T("日期", "Day")}, num("alarms", lang.T("告警", "Alarms")), num("average", lang.T("每人每 10 分钟", "Each 10 min")), num("peak", lang.T("峰值", "Peak")), num("flood", lang.T("洪峰占比 %", "In flood, %")),
			num("chattering", lang.T("反复", "Chattering")), num("silent", lang.T("失联", "Silent")), num("p50", lang.T("确认中位数（分）", "Median, min")), num("p95", lang.T("确认 95%（分）", "95%, min"))}}
	for i := range days {
		x := rowOf(&days[i])
		row := ui.Row{ID: "d-" + x[0]}
		for _, c := range x[:9] {
			row.Cells = append(row.Cells, ui.Cell{Text: lang.Same(c)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// rowOf is a day as the table and the sheet have it.
func rowOf(f *Figures) []string {
	wait := func(d time.Duration) string {
		if f.Answered == 0 {
			return ""
		}
		return strconv.FormatFloat(d.Minutes(), 'f', 1, 64)
	}
	out := []string{f.From.In(ui.Zone()).Format(time.DateOnly), strconv.Itoa(f.Alarms), strconv.FormatFloat(f.Average, 'f', 2, 64), strconv.FormatFloat(f.Peak, 'f', 1, 64), strconv.FormatFloat(f.Flood*100, 'f', 2, 64),
		strconv.Itoa(len(f.Chattering)), strconv.Itoa(f.Silent), wait(f.P50), wait(f.P95)}
	for p := rule.Critical; p <= rule.Low; p++ {
		out = append(out, strconv.Itoa(f.ByPriority[p]))
	}
	return out
}

// frequent are the ten that came most.
func (p *Part) frequent(ctx context.Context, f *Figures) (ui.Table, error) {
	t := ui.Table{ID: "frequent", Title: lang.T("最频繁的告警", "The most frequent"), Total: -1, Empty: lang.T("没有告警", "No alarms"), Columns: []ui.Column{{Key: "alarm", Text: lang.T("告警", "Alarm")}, {Key: "count", Text: lang.T("次数", "Came"), Num: true}, {Key: "share", Text: lang.T("占比 %", "Share, %"), Num: true}}}
	for i, x := range f.Frequent {
		a, err := p.board.Get(ctx, x.Alarm)
		if err != nil {
			return t, err
		}
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("f-%d", i), Cells: []ui.Cell{{Text: a.Title, Sub: lang.Same(a.Name), Href: "/duty/alarms/" + a.ID}, {Text: lang.Same(ui.Grouped(int64(x.Count)))}, {Text: lang.Same(ui.Num(100*float64(x.Count)/float64(f.Alarms), 1))}}})
	}
	return t, nil
}

// priorities is how the comings spread over the priorities, against 5, 15 and 80 per cent (IEC 62682:2014 16.5.7).
func (p *Part) priorities(f *Figures) ui.Table {
	t := ui.Table{ID: "priorities", Title: lang.T("级别分布", "Spread over the priorities"), Total: -1, Columns: []ui.Column{{Key: "priority", Text: lang.T("级别", "Priority")}, {Key: "count", Text: lang.T("次数", "Came"), Num: true}, {Key: "share", Text: lang.T("占比 %", "Share, %"), Num: true}, {Key: "goal", Text: lang.T("目标 %", "Goal, %"), Num: true}}}
	for i, x := range []struct {
		text  lang.Text
		count int
		goal  string
	}{{lang.T("紧急与重要", "Critical and high"), f.ByPriority[1] + f.ByPriority[2], "5"}, {ui.PriorityText(3), f.ByPriority[3], "15"}, {ui.PriorityText(4), f.ByPriority[4], "80"}} {
		share := ui.None
		if f.Alarms > 0 {
			share = ui.Num(100*float64(x.count)/float64(f.Alarms), 1)
		}
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("p-%d", i), Cells: []ui.Cell{{Text: x.text}, {Text: lang.Same(ui.Grouped(int64(x.count)))}, {Text: lang.Same(share)}, {Text: lang.Same(x.goal)}}})
	}
	return t
}

// stale are the alarms whose condition has stood for longer than a day.
func (p *Part) stale(ctx context.Context, s span) (out []alarm.Alarm, err error) {
	f := alarm.Filter{System: s.system, To: p.clock.Now().Add(-staleAfter), Order: "oldest", Limit: 1000}
	list, _, err := p.board.List(ctx, f)
	for _, a := range list {
		if a.Came {
			out = append(out, a)
		}
	}
	return out, err
}

func (p *Part) staleTable(list []alarm.Alarm) ui.Table {
	t := ui.Table{ID: "stale-list", Title: lang.T("滞留告警", "Stale alarms"), Note: lang.T("最久的 20 条", "the 20 oldest"), Total: -1, Empty: lang.T("没有滞留告警", "None is stale"), Columns: []ui.Column{{Key: "alarm", Text: lang.T("告警", "Alarm")}, {Key: "since", Text: lang.T("发生", "Since")}, {Key: "for", Text: lang.T("持续", "For")}}}
	for i := range list[:min(len(list), 20)] {
		a := &list[i]
		t.Rows = append(t.Rows, ui.Row{ID: "s-" + a.ID, Cells: []ui.Cell{{Text: a.Title, Sub: lang.Same(a.Name), Href: "/duty/alarms/" + a.ID}, {Time: a.First}, {Text: ui.Span(p.clock.Now().Sub(a.First))}}})
	}
	return t
}

// apiSheet is the days as a sheet.
func (p *Part) apiSheet(r *web.Request) (any, error) {
	s, err := p.span(r)
	if err != nil {
		return nil, err
	}
	_, days, err := p.measure(r.Context(), s)
	if err != nil {
		return nil, err
	}
	spread := r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: "alarm-performance.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, spread)
		_ = out.Write("day", "alarms", "average_per_operator_10min", "peak_10min", "flood_percent", "chattering", "silent", "answer_p50_min", "answer_p95_min", "critical", "high", "medium", "low") // errors are kept for Flush
		for i := range days {
			_ = out.Write(rowOf(&days[i])...)
		}
		return out.Flush()
	}}, nil
}
