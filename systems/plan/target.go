package plan

import (
	"context"
	"fmt"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pageTarget is everything about one target, down to the rows that its figure was counted from.
func (s *service) pageTarget(r *web.Request) (*ui.Page, error) {
	st, err := s.board.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	way, err := s.trajectory(r.Context(), st)
	if err != nil {
		return nil, err
	}
	history, err := s.historyTable(r, st)
	if err != nil {
		return nil, err
	}
	acts, err := s.acts(r, st)
	if err != nil {
		return nil, err
	}
	p := s.targetPage(st)
	p.Live, p.Clause, p.Lead = topicOf(st.ID), ui.Clause(st.Section), st.What()
	if st.Figure != nil && st.Evidence != "" && st.Source == indicator.SourceLive {
		p.Actions = append(p.Actions, ui.Action{Text: lang.T("查看明细", "See the rows"), Href: st.Evidence, Primary: true})
	}
	if st.Report != "" {
		p.Actions = append(p.Actions, ui.Action{Text: lang.T("查看填报依据", "See the report"), Href: reportPath(st.Report), Primary: true})
	}
	if s.board.MaySubmit(r.Who, st.Target) == nil {
		p.Actions = append(p.Actions, ui.Action{Text: lang.T("填报数据", "Submit a figure"), Href: targetPath(st.ID) + "/report"})
	}
	main := []ui.Block{way, history}
	if st.Reported {
		table, err := s.reportTable(r.Context(), st.ID, "")
		if err != nil {
			return nil, err
		}
		main = append(main, table)
	}
	p.Body = append(s.notices(st), ui.Columns{Wide: 0, Cols: [][]ui.Block{main, {s.facts(st), s.duties(r, st), acts}}})
	return p, nil
}

// targetPage is the frame of the pages about one target.
func (s *service) targetPage(st indicator.Status, more ...ui.Link) *ui.Page {
	a, _ := s.area(st.Area)
	here := ui.Link{Text: st.Name}
	if len(more) > 0 {
		here.Href = targetPath(st.ID)
	}
	p := s.page(st.Name, "", append([]ui.Link{{Text: a.Name, Href: "/plan/" + a.ID}, here}, more...)...)
	p.Nav = "plan-" + st.Area
	return p
}

// notices say what must be seen before the figure is read: that there is none, or that it is old and why.
func (s *service) notices(st indicator.Status) []ui.Block {
	name := s.systemName(st.System)
	switch {
	case st.Figure == nil && st.Failed != "":
		return []ui.Block{ui.Notice{ID: "target-notice", Kind: "warn", Text: lang.T("“"+name.Zh+"”尚未测得数据："+st.Reason.Zh, name.En+" has not measured this yet: "+st.Reason.En)}}
	case st.Figure == nil && st.Reported:
		return []ui.Block{ui.Notice{ID: "target-notice", Kind: "info", Text: lang.T("尚无经审核的填报数据。本目标由责任单位填报，经第二人审核后生效。",
			"No figure has been approved yet. The unit responsible submits it; it counts once a second person has approved it.")}}
	case st.Figure == nil && !st.Connected:
		return []ui.Block{ui.Notice{ID: "target-notice", Kind: "info", Text: lang.T("未接入：本目标由“"+name.Zh+"”系统测量，该系统尚未接入，暂无数据。",
			"Not connected: this target is measured by the system “"+name.En+"”, which is not there yet. There is no figure.")}}
	case st.Failed != "":
		at := ui.Moment(st.Figure.At, s.clock.Now())
		return []ui.Block{ui.Notice{ID: "target-notice", Kind: "warn", Text: lang.T("数据停在 "+at.Zh+"。最近一次测量失败："+st.Reason.Zh, "The figure stands at "+at.En+". The last measurement failed: "+st.Reason.En)}}
	}
	return nil
}

func (s *service) trajectory(ctx context.Context, st indicator.Status) (ui.Trajectory, error) {
	t, err := s.withHistory(ctx, st, s.targetView(st))
	return ui.Trajectory{ID: "target-way", Target: t, Start: s.plan.Start, End: s.plan.End, Now: s.clock.Now()}, err
}

// facts are the figures of a target, each with its time and source.
func (s *service) facts(st indicator.Status) ui.Facts {
	now := s.clock.Now()
	f := ui.Facts{ID: "target-facts", Title: lang.T("进度", "Progress")}
	add := func(name, value lang.Text) { f.Items = append(f.Items, ui.Fact{Name: name, Value: value}) }
	f.Items = append(f.Items, ui.Fact{Name: lang.T("状态", "Status"), Tag: &ui.Tag{Status: host.Standing(st.State)}})
	if st.Figure != nil {
		value := ui.Fact{Name: lang.T("现值", "Now"), Value: amountText(st.Target, st.Figure.Value)}
		if st.Source == indicator.SourceLive {
			value.Href = st.Evidence
		} else {
			value.Href = reportPath(st.Report)
		}
		f.Items = append(f.Items, value)
		if st.Figure.Whole > 0 {
			part, whole := ui.Grouped(st.Figure.Part), ui.Grouped(st.Figure.Whole)
			add(lang.T("计数", "Counted"), lang.T(part+" / "+whole, part+" of "+whole))
		}
		if !st.Figure.Note.Empty() {
			add(lang.T("说明", "Note"), st.Figure.Note)
		}
		if st.Source == indicator.SourceReport {
			add(lang.T("数据日期", "As of"), ui.Day(st.Figure.At))
		} else {
			add(lang.T("数据时间", "As of"), asOf(st.Figure.At, now))
		}
	} else {
		add(lang.T("现值", "Now"), lang.Same(ui.None))
	}
	add(lang.T("数据来源", "Source"), s.source(st))
	add(lang.T("今日应达", "Due pace today"), amountText(st.Target, st.DuePace))
	add(lang.T("目标", "Goal"), goalText(st.Target))
	add(lang.T("期限", "Due"), lang.T(fmt.Sprintf("%d 年底", st.Due), fmt.Sprintf("end of %d", st.Due)))
	forecast := forecastText(st)
	if forecast.Empty() {
		forecast = lang.T("无法推算", "unknown")
	}
	add(lang.T("预计达成", "Forecast"), forecast)
	add(lang.T("基期值", "Baseline"), baselineText(st))
	return f
}

// goalText says the goal with the plan's own word for how it is meant.
func goalText(t indicator.Target) lang.Text {
	a := amountText(t, t.Value)
	if t.Op == ">" {
		return lang.T("超过 "+a.Zh, "more than "+a.En)
	}
	return lang.T("达到 "+a.Zh, a.En+" or more")
}

func baselineText(st indicator.Status) lang.Text {
	a := amountText(st.Target, st.Baseline)
	switch st.BaselineFrom {
	case indicator.FromData:
		return lang.T(a.Zh+"（方案数据）", a.En+" (from the plan's data)")
	case indicator.FromFirst:
		return lang.T(a.Zh+"（方案印发前后首个数据）", a.En+" (first figure near the plan's start)")
	}
	return lang.T(a.Zh+"（无期初数据，按 0 计）", a.En+" (nothing known, taken as 0)")
}

// duties says who is responsible, under which words of the plan.
func (s *service) duties(r *web.Request, st indicator.Status) ui.Facts {
	f := ui.Facts{ID: "target-duties", Title: lang.T("责任单位", "Responsible units")}
	for i, id := range st.Owners {
		name := lang.T("参与", "Takes part")
		if i == 0 {
			name = lang.T("牵头", "Leads")
		}
		f.Items = append(f.Items, ui.Fact{Name: name, Value: s.people.UnitName(id), Href: unitPath(id)})
	}
	// The plan's words are Chinese; a translation of ours would not be its words.
	if r.Lang != lang.En {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("方案原文", "The plan's words"), Value: lang.T("“"+st.Quote+"”", st.Measure)})
	}
	return f
}

// knownAt reads "as known on" from the query: the end of that day in China; the zero time where it is not given.
func knownAt(r *web.Request) (time.Time, error) {
	day, err := dayParam(r, "known")
	if err != nil || day.IsZero() {
		return day, err
	}
	return day.AddDate(0, 0, 1).Add(-time.Microsecond), nil
}

// dayParam reads a day of the query, China time; the zero time where it is not given.
func dayParam(r *web.Request, name string) (time.Time, error) {
	text := r.Query(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, indicator.China)
	if err != nil {
		return t, errs.Say(errs.Invalid, "日期“%s”无法识别，应写作 2015-11-20", "%q is no date; write it as 2015-11-20", text)
	}
	return t, nil
}

// historyPage is how many figures a page of the history shows.
const historyPage = 20

// historyTable lists a target's figures, newest first, as known on a day.
func (s *service) historyTable(r *web.Request, st indicator.Status) (ui.Table, error) {
	known, err := knownAt(r)
	if err != nil {
		return ui.Table{}, err
	}
	page, next, err := s.board.HistoryPage(r.Context(), st.ID, time.Time{}, time.Time{}, known, r.Query("after"), historyPage)
	if err != nil {
		return ui.Table{}, err
	}
	t := ui.Table{ID: "history", Title: lang.T("历史数据", "History"), Total: -1, Next: next, Paged: r.Query("after") != "", Path: targetPath(st.ID),
		Query: map[string]string{"known": r.Query("known")},
		Filters: []ui.Field{{Name: "known", Kind: "date", Label: lang.T("按此日所知", "As known on"), Value: r.Query("known"),
			Help: lang.T("只列截至该日已获知的数据，不含之后的补报和更正", "Only what was known by then, without later reports and corrections")}},
		Columns: []ui.Column{
			{Key: "at", Text: lang.T("数据时间", "For")}, {Key: "value", Text: lang.T("数值", "Figure"), Num: true},
			{Key: "counted", Text: lang.T("计数", "Counted"), Num: true}, {Key: "source", Text: lang.T("来源", "Source")},
			{Key: "known", Text: lang.T("获知时间", "Known since")},
		},
		Empty: lang.T("没有数据", "No figures"),
		Exports: []ui.Link{{Text: lang.Same("CSV"), Href: "/api/plan/targets/" + st.ID + "/history.csv?bom=1&known=" + r.Query("known")},
			{Text: lang.Same("JSON"), Href: "/api/plan/targets/" + st.ID + "/history?known=" + r.Query("known")}},
	}
	for _, p := range page {
		t.Rows = append(t.Rows, s.historyRow(st, p))
	}
	return t, nil
}

func (s *service) historyRow(st indicator.Status, p indicator.Point) ui.Row {
	counted := lang.Same(ui.None)
	if p.Whole > 0 {
		counted = lang.Same(ui.Grouped(p.Part) + " / " + ui.Grouped(p.Whole))
	}
	at, source := ui.Cell{Time: p.At}, ui.Cell{Text: s.systemName(st.System)}
	if p.Source == indicator.SourceReport {
		at = ui.Cell{Text: ui.Day(p.At)}
		source = ui.Cell{Text: lang.T("单位填报", "Submitted by the unit"), Href: reportPath(p.Report)}
	}
	return ui.Row{Cells: []ui.Cell{at, {Text: amountText(st.Target, p.Value), Strong: true}, {Text: counted}, source, {Time: p.Known}}}
}

// actsShown is how many official acts a target's page shows.
const actsShown = 10

// acts is the journal of a target. People are named to those who are signed in; others see the unit.
func (s *service) acts(r *web.Request, st indicator.Status) (ui.Timeline, error) {
	t := ui.Timeline{ID: "target-acts", Title: lang.T("办理记录", "Acts"), Empty: lang.T("暂无办理记录", "No acts yet")}
	entries, _, err := s.journal.List(r.Context(), journal.Filter{Object: "target:" + st.ID, Limit: actsShown})
	if err != nil {
		return t, err
	}
	for _, e := range entries {
		who := s.people.UnitName(e.Unit)
		if !r.Who.Anonymous() {
			who = between(who, s.people.ActorName(r.Context(), e.Actor))
		}
		what, kind := actText(e.Verb)
		t.Items = append(t.Items, ui.Event{At: e.At, Who: who, What: what, Kind: kind})
	}
	return t, nil
}

func actText(verb string) (what lang.Text, kind string) {
	switch verb {
	case "submit":
		return lang.T("填报数据", "submitted a figure"), ""
	case "approve":
		return lang.T("审核通过", "approved a report"), "good"
	case "reject":
		return lang.T("退回填报", "rejected a report"), "bad"
	}
	return lang.Same(verb), ""
}
