package response

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/keyset"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/response/record"
	"github.com/haihe-city/haihe/systems/grid/response/rule"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

func (p *Part) pageDraft(r *web.Request) (*ui.Page, error) {
	return p.draftPage(r.Context(), map[string]string{"preview": "1"}, lang.Text{}, nil)
}

func (p *Part) draftPage(ctx context.Context, v map[string]string, wrong lang.Text, more []ui.Block) (*ui.Page, error) {
	known, err := record.Read(ctx, p.o.DB, record.Programmes)
	if err != nil {
		return nil, err
	}
	title := lang.T("起草响应事件", "Draft an event")
	out := p.o.Page(title, Path, ui.Link{Text: Title, Href: Path}, ui.Link{Text: lang.T("响应事件", "Events"), Href: pathEvents}, ui.Link{Text: title, Href: pathEvents + "/new"})
	out.Lead = lang.T("按单价与可靠性之比从低到高选取主体，直至预计响应达到目标；起草后须由他人批准，批准即通知。", "Participants are taken by price over reliability, the cheapest first, until the target is met. Another person approves, which tells them.")
	var options []ui.Option
	for _, x := range known {
		if x.State == "open" {
			options = append(options, ui.Option{Value: x.Code, Text: lang.Same(x.Code + " " + x.Name)})
		}
	}
	if len(options) == 0 {
		out.Body = []ui.Block{ui.Notice{ID: "no-programme", Kind: "info", Text: lang.T("还没有开放的项目。", "There is no open programme."), Link: &ui.Link{Text: lang.T("去设置", "Set one"), Href: Path}}}
		return out, nil
	}
	out.Body = append([]ui.Block{ui.Form{ID: "draft", Title: title, Action: pathEvents + "/new", Submit: lang.T("提交", "Send"), Error: wrong, Cancel: &ui.Link{Text: lang.T("取消", "Cancel"), Href: pathEvents}, Fields: []ui.Field{
		{Name: "name", Label: lang.T("名称", "Name"), Value: v["name"], Required: true}, {Name: "programme", Kind: "select", Label: lang.T("项目", "Programme"), Value: v["programme"], Options: options},
		{Name: "target", Kind: "number", Label: lang.T("目标（千瓦）", "Target (kW)"), Value: v["target"], Required: true},
		{Name: "begins", Label: lang.T("开始时间", "Begins"), Value: v["begins"], Required: true, Placeholder: lang.Same("2015-11-20 17:00")}, {Name: "ends", Label: lang.T("结束时间", "Ends"), Value: v["ends"], Required: true, Placeholder: lang.Same("2015-11-20 19:00")},
		{Name: "districts", Label: lang.T("区划代码", "District codes"), Value: v["districts"], Help: lang.T("以空格分隔；留空为全市", "parted by spaces; empty for the city")}, {Name: "feeders", Label: lang.T("线路", "Feeders"), Value: v["feeders"], Help: lang.T("以空格分隔；留空为不限", "parted by spaces; empty for all")},
		{Name: "preview", Kind: "checkbox", Label: lang.T("只预览选取结果，不起草", "Only preview who is chosen"), Value: v["preview"]}}}}, more...)
	return out, nil
}

func (p *Part) formDraft(r *web.Request) (*ui.Page, string, error) {
	v := values(r, "name", "programme", "target", "begins", "ends", "districts", "feeders", "preview")
	e := Event{Name: v["name"], Programme: v["programme"], Districts: strings.FieldsFunc(v["districts"], record.Parted), Feeders: strings.FieldsFunc(v["feeders"], record.Parted)}
	var err error
	if e.Target, err = strconv.ParseInt(v["target"], 10, 64); err != nil {
		err = errs.Say(errs.Invalid, "目标应为整数（千瓦）", "the target is a whole number of kW")
	}
	if err == nil {
		if e.Begins, err = parseTime(v["begins"]); err == nil {
			e.Ends, err = parseTime(v["ends"])
		}
	}
	if err == nil {
		err = p.check(e)
	}
	id, again1 := "", []ui.Block(nil)
	switch {
	case err != nil:
	case v["preview"] != "":
		choices, met, e1 := p.Preview(r.Context(), e)
		if err = e1; err == nil {
			again1 = []ui.Block{previewTable(choices, met, e.Target)}
		}
	default:
		id, err = p.Draft(r.Context(), r.Who, e)
	}
	if msg, ok := again(err); ok || again1 != nil {
		page, err := p.draftPage(r.Context(), v, msg, again1)
		return page, "", err
	}
	return nil, pathEvents + "/" + id, err
}

func previewTable(choices []rule.Choice, met, target int64) ui.Table {
	t := ui.Table{ID: "preview", Title: lang.T("选取预览", "Who would be asked"), Note: lang.T(fmt.Sprintf("预计响应 %s 千瓦，目标 %s 千瓦", ui.Grouped(met), ui.Grouped(target)), fmt.Sprintf("%s kW expected, the target is %s kW", ui.Grouped(met), ui.Grouped(target))), Total: int64(len(choices)), Empty: lang.T("此项目没有主体。", "The programme has no participant."),
		Columns: []ui.Column{{Key: "code", Text: lang.T("主体", "Participant")}, {Key: "capacity", Text: lang.T("容量（千瓦）", "Capacity (kW)"), Num: true}, {Key: "price", Text: lang.T("单价（分/千瓦时）", "Price (fen/kWh)"), Num: true}, {Key: "reliability", Text: lang.T("可靠性（%）", "Reliability (%)"), Num: true}, {Key: "expected", Text: lang.T("预计（千瓦）", "Expected (kW)"), Num: true}, {Key: "why", Text: lang.T("结果", "Outcome")}}}
	for _, c := range choices {
		t.Rows = append(t.Rows, ui.Row{ID: "c-" + c.Code, Cells: []ui.Cell{{Text: lang.Same(c.Code), Href: pathParticipants + "/" + c.Code, Strong: c.Why == rule.Chosen}, number(c.Capacity), number(c.Price), plain(percent(c.Reliability)), number(c.Expected), {Text: whyWords[c.Why]}}})
	}
	return t
}

func (p *Part) pageEvent(r *web.Request) (*ui.Page, error) { return p.one(r, lang.Text{}) }

// one is an event: facts, curve, who was asked, what was settled, what was done.
func (p *Part) one(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	x, err := p.whole(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	path := pathEvents + "/" + x.ID
	out := p.o.Page(lang.Same(x.Name), Path, ui.Link{Text: Title, Href: Path}, ui.Link{Text: lang.T("响应事件", "Events"), Href: pathEvents}, ui.Link{Text: lang.Same(x.Span()), Href: path})
	out.Actions = []ui.Action{{Text: lang.T("导出报告（CSV）", "Export the report (CSV)"), Href: "/api/grid/response/events/" + x.ID + "/report.csv?bom=1"}}
	if x.State == Draft && r.Who.Can(GrantApprove) && r.Who.ID != x.MadeBy {
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("批准并通知", "Approve and tell"), Href: path + "/approve", Post: true, Primary: true, Confirm: lang.T("批准后立即通知各主体。", "The participants are told at once.")})
	}
	if !wrong.Empty() {
		out.Body = append(out.Body, ui.Notice{ID: "wrong", Kind: "bad", Text: wrong})
	}
	facts := ui.Facts{ID: "event", Title: lang.T("事件", "Event"), Items: []ui.Fact{{Name: lang.T("状态", "State"), Tag: stateTag(x.State)}, {Name: lang.T("时段", "Window"), Value: lang.Same(x.Span())}, {Name: lang.T("范围", "Area"), Value: x.Area()}, {Name: lang.T("目标（千瓦）", "Target (kW)"), Value: lang.Same(ui.Grouped(x.Target))},
		{Name: lang.T("项目", "Programme"), Value: lang.Same(x.Programme)}, {Name: lang.T("基线方法", "Baseline"), Value: methodWords[x.programme.Method]}}}
	if x.Reason != "" {
		facts.Items = append(facts.Items, ui.Fact{Name: lang.T("取消理由", "Cancelled because"), Value: lang.Same(x.Reason)})
	}
	out.Body = append(out.Body, facts)
	if x.State != Cancelled {
		s, err := p.shown(r.Context(), x)
		if err != nil {
			return nil, err
		}
		out.Body = append(out.Body, x.chart(s))
	}
	out.Body = append(out.Body, x.callTable())
	if run := x.last(); run > 0 {
		out.Body = append(out.Body, x.resultTable(run))
	}
	out.Body = append(out.Body, p.history(r.Context(), x))
	out.Body = append(out.Body, x.forms(r, path)...)
	return out, nil
}

func (x whole) chart(s shown) ui.Panel {
	d := book.DayOf(x.Begins.UnixMicro())
	note := lang.T(fmt.Sprintf("计入 %d 个主体", s.taking-s.blind), fmt.Sprintf("%d participants", s.taking-s.blind))
	if s.blind > 0 {
		note = lang.T(note.Zh+fmt.Sprintf("，另有 %d 个因相似日不足无基线，未计入", s.blind), note.En+fmt.Sprintf("; %d without a baseline, too few similar days, are left out", s.blind))
	}
	body := []ui.Block{ui.Prose{Text: note}}
	if s.taking > s.blind {
		body = append(body, ui.Chart{ID: "event-chart", Title: lang.T("基线、实测与目标", "Baseline, measured, target"), Unit: lang.Same("kW"), From: d.Date(), Step: book.SlotLength, Marks: []ui.Mark{{At: x.Begins, Text: lang.T("开始", "begins")}, {At: x.Ends, Text: lang.T("结束", "ends")}},
			Lines: []ui.Line{{Name: lang.T("实测", "Measured"), Style: "now", Points: s.load}, {Name: lang.T("基线", "Baseline"), Style: "forecast", Points: s.base}, {Name: lang.T("目标", "Target"), Style: "past", Points: s.goal}}})
	}
	return ui.Panel{ID: "event-curve", Title: lang.T("负荷曲线", "Load"), Body: body}
}

func (x whole) callTable() ui.Table {
	t := ui.Table{ID: "calls", Title: lang.T("邀约与答复", "Asked and answered"), Total: int64(len(x.calls)), Empty: lang.T("没有主体。", "Nobody."), Columns: []ui.Column{{Key: "code", Text: lang.T("主体", "Participant")}, {Key: "kw", Text: lang.T("应降（千瓦）", "To reduce (kW)"), Num: true}, {Key: "expected", Text: lang.T("预计（千瓦）", "Expected (kW)"), Num: true},
		{Key: "price", Text: lang.T("单价（分/千瓦时）", "Price (fen/kWh)"), Num: true}, {Key: "told", Text: lang.T("通知", "Told")}, {Key: "seen", Text: lang.T("获取", "Fetched")}, {Key: "answered", Text: lang.T("答复时间", "Answered")}, {Key: "answer", Text: lang.T("答复", "Answer")}}}
	for _, c := range x.calls {
		t.Rows = append(t.Rows, ui.Row{ID: "k-" + c.Participant, Cells: []ui.Cell{{Text: lang.Same(c.Participant), Href: pathParticipants + "/" + c.Participant, Strong: true}, number(c.KW), number(c.Expected), number(c.Price), {Time: c.Told}, {Time: c.Seen}, {Time: c.Answered}, {Text: answerWords[c.Answer]}}})
	}
	return t
}

func (x whole) resultTable(run int64) ui.Table {
	t := ui.Table{ID: "results", Title: lang.T("结算", "Settlement"), Columns: []ui.Column{{Key: "code", Text: lang.T("主体", "Participant")}, {Key: "method", Text: lang.T("基线方法", "Baseline")}, {Key: "baseline", Text: lang.T("基线（千瓦时）", "Baseline (kWh)"), Num: true}, {Key: "measured", Text: lang.T("实测（千瓦时）", "Measured (kWh)"), Num: true}, {Key: "reduced", Text: lang.T("响应量（千瓦时）", "Reduced (kWh)"), Num: true},
		{Key: "rate", Text: lang.T("响应率（%）", "Rate (%)"), Num: true}, {Key: "lift", Text: lang.T("当日调整（%）", "Same-day lift (%)"), Num: true}, {Key: "quality", Text: lang.T("估计/缺少时段", "Estimated / missing"), Num: true}, {Key: "answer", Text: lang.T("答复", "Answer")}, {Key: "pay", Text: lang.T("应付（元）", "To pay (yuan)"), Num: true}}}
	total := int64(0)
	for _, r := range x.results {
		if r.Run != run {
			continue
		}
		total += r.Fen
		t.Total++
		t.Rows = append(t.Rows, ui.Row{ID: "r-" + r.Participant, Cells: []ui.Cell{{Text: lang.Same(r.Participant), Href: pathParticipants + "/" + r.Participant, Strong: true}, {Text: methodWords[r.Method]}, plain(kwh(r.Baseline)), plain(kwh(r.Measured)), plain(kwh(r.Reduced)), plain(percent(r.Rate)), plain(percent(r.Lift)), plain(fmt.Sprintf("%d / %d", r.Estimated, r.Missing)), {Text: answerWords[r.Answer]}, plain(yuan(r.Fen))}})
	}
	t.Note = lang.T(fmt.Sprintf("第 %d 次结算，合计 %s 元", run, yuan(total)), fmt.Sprintf("settlement %d, %s yuan in all", run, yuan(total)))
	return t
}

// history is who did what, with each settlement and its reason.
func (p *Part) history(ctx context.Context, x whole) ui.Timeline {
	name := func(id string) lang.Text { return p.o.People.ActorName(ctx, id) }
	t := ui.Timeline{ID: "history", Title: lang.T("经过", "History")}
	for i := len(x.results) - 1; i >= 0; i-- {
		if r := x.results[i]; i == 0 || x.results[i-1].Run != r.Run {
			t.Items = append(t.Items, ui.Event{At: r.Made, Who: name(r.MadeBy), Kind: "good", What: lang.T(fmt.Sprintf("第 %d 次结算 %s", r.Run, r.Reason), fmt.Sprintf("settlement %d %s", r.Run, r.Reason))})
		}
	}
	if !x.Approved.IsZero() {
		t.Items = append(t.Items, ui.Event{At: x.Approved, Who: name(x.Approver), What: lang.T("批准并通知", "approved and told")})
	}
	t.Items = append(t.Items, ui.Event{At: x.Made, Who: name(x.MadeBy), What: lang.T("起草", "drafted")})
	return t
}

// forms are what the one who looks may do with the event as it stands.
func (x whole) forms(r *web.Request, path string) (out []ui.Block) {
	if !r.Who.Can(GrantManage) {
		return nil
	}
	if x.State == Notified {
		var options []ui.Option
		for _, c := range x.calls {
			options = append(options, ui.Option{Value: c.Participant, Text: lang.Same(c.Participant)})
		}
		out = append(out, ui.Form{ID: "answer", Title: lang.T("代记答复", "Note down an answer"), Action: path + "/answer", Submit: lang.T("登记", "Note"), Fields: []ui.Field{{Name: "participant", Kind: "select", Label: lang.T("主体", "Participant"), Options: options},
			{Name: "answer", Kind: "select", Label: lang.T("答复", "Answer"), Options: []ui.Option{{Value: "in", Text: answerWords["in"]}, {Value: "out", Text: answerWords["out"]}}}}})
	}
	switch x.State {
	case Draft, Notified, Running:
		out = append(out, ui.Form{ID: "cancel", Title: lang.T("取消事件", "Cancel the event"), Action: path + "/cancel", Submit: lang.T("取消事件", "Cancel it"), Fields: []ui.Field{{Name: "reason", Label: lang.T("理由", "Reason"), Required: true}}})
	case Finished, Settled:
		out = append(out, ui.Form{ID: "settle", Title: lang.T("结算", "Settle"), Action: path + "/settle", Submit: lang.T("计算并结算", "Count and settle"), Fields: []ui.Field{{Name: "reason", Label: lang.T("理由（申诉后重新结算时必填）", "Reason (needed to settle again)"), Required: x.State == Settled}}})
	}
	return out
}

// done shows the event again where an act was refused for a reason that its page can show.
func (p *Part) done(r *web.Request, err error) (*ui.Page, string, error) {
	if msg, ok := again(err); ok {
		page, err := p.one(r, msg)
		return page, "", err
	}
	return nil, pathEvents + "/" + r.Path("id"), err
}

func (p *Part) formApprove(r *web.Request) (*ui.Page, string, error) {
	return p.done(r, p.Approve(r.Context(), r.Who, r.Path("id")))
}

func (p *Part) formCancel(r *web.Request) (*ui.Page, string, error) {
	return p.done(r, p.Cancel(r.Context(), r.Who, r.Path("id"), r.Form("reason")))
}

func (p *Part) formAnswer(r *web.Request) (*ui.Page, string, error) {
	return p.done(r, p.Answer(r.Context(), r.Who, r.Path("id"), r.Form("participant"), r.Form("answer")))
}

func (p *Part) formSettle(r *web.Request) (*ui.Page, string, error) {
	return p.done(r, p.Settle(r.Context(), r.Who, r.Path("id"), r.Form("reason")))
}

// events gives a page of events, how many there are, and the cursor of the next page.
func (p *Part) events(ctx context.Context, c chosen, limit int) (page []Event, total int64, next string, err error) {
	begins, id, err := keyset.Read(c.after)
	if err != nil {
		return nil, 0, "", err
	}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		if err := tx.Get(record.QEventsAll, []any{string(c.state), c.programme}, &total); err != nil {
			return err
		}
		page, err = record.Events(tx, record.QEvents, string(c.state), c.programme, id, begins, limit+1)
		return err
	})
	if err == nil && len(page) > limit {
		page = page[:limit]
		next = keyset.Mark(record.Micros(page[limit-1].Begins), page[limit-1].ID)
	}
	return page, total, next, err
}
