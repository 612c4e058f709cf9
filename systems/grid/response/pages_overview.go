package response

import (
	"slices"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/response/baseline"
	"github.com/haihe-city/haihe/systems/grid/response/peak"
	"github.com/haihe-city/haihe/systems/grid/response/record"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

func (p *Part) pageOverview(r *web.Request) (*ui.Page, error) { return p.overview(r, nil, lang.Text{}) }

// overview is the part at a glance: peaks, what can be asked for, events, programmes.
func (p *Part) overview(r *web.Request, typed map[string]string, wrong lang.Text) (*ui.Page, error) {
	ctx := r.Context()
	peaks, err := p.peaks.Shown(ctx)
	if err != nil {
		return nil, err
	}
	var list []Event
	var known []Programme
	var all []Participant
	_, err = record.Read(ctx, p.o.DB, func(tx *store.Tx) (_ struct{}, err error) {
		if list, err = record.Events(tx, record.QEvents, "", "", "", 0, 10); err != nil {
			return struct{}{}, err
		}
		if known, err = record.Programmes(tx); err != nil {
			return struct{}{}, err
		}
		all, err = record.Participants(tx, record.QParticipants, "", "open", "", 1_000_000)
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	out := p.first(r)
	alarms := ui.Panel{ID: "response-peaks-panel", Title: lang.T("尖峰告警", "Peak alarms"), More: &ui.Link{Text: lang.T("全部告警", "All alarms"), Href: peak.Path}, Body: []ui.Block{
		ui.Alarms{ID: "response-alarms", Items: peaks[:min(8, len(peaks))], Empty: lang.T("没有未解除的尖峰告警。", "No peak alarm stands.")}}}
	t := eventTable(list, lang.T("最近事件", "Latest events"))
	t.Total = int64(len(list))
	out.Body = []ui.Block{overviewTiles(list, all, len(peaks)), ui.Columns{Wide: 0, Cols: [][]ui.Block{{t}, {alarms}}}, programmeTable(known)}
	if r.Who.Can(GrantManage) {
		out.Body = append(out.Body, programmeForm(typed, wrong))
	}
	return out, nil
}

// first is the part's first page with its actions, still empty.
func (p *Part) first(r *web.Request) *ui.Page {
	out := p.o.Page(Title, Path, ui.Link{Text: Title, Href: Path})
	out.Lead = lang.T("尖峰时段邀约企业和聚合商降低负荷：起草、他人批准、通知、答复、执行、按基线核定、结算。", "At peaks, enterprises and aggregators are asked to use less: drafted, approved by another, told, answered, run, measured against a baseline, settled.")
	out.Actions = []ui.Action{{Text: lang.T("响应主体", "Participants"), Href: pathParticipants}, {Text: lang.T("全部事件", "All events"), Href: pathEvents}}
	if r.Who.Can(GrantAnswer) {
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("我的邀约", "What I am asked"), Href: pathMine})
	}
	if r.Who.Can(GrantManage) {
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("起草响应事件", "Draft an event"), Href: pathEvents + "/new", Primary: true})
	}
	return out
}

// overviewTiles are what can be asked for, and what goes on.
func overviewTiles(list []Event, all []Participant, peaks int) ui.Tiles {
	kw := int64(0)
	for _, x := range all {
		kw += x.Capacity
	}
	running := 0
	for _, e := range list {
		if e.State == Running {
			running++
		}
	}
	return ui.Tiles{ID: "response-tiles", Title: Title, Items: []ui.Tile{
		{ID: "response-capacity", Name: lang.T("合同容量", "Capacity under contract"), Value: ui.Grouped(kw), Unit: lang.Same("kW"), Source: source},
		{ID: "response-participants", Name: lang.T("响应主体", "Participants"), Value: ui.Grouped(int64(len(all))), Unit: lang.T("个", "participants"), Href: pathParticipants, Source: source},
		{ID: "response-running", Name: lang.T("执行中事件", "Events running"), Value: strconv.Itoa(running), Unit: lang.T("次", "events"), Href: pathEvents + "?state=running", Source: source},
		{ID: "response-peaks", Name: lang.T("未解除尖峰告警", "Peak alarms standing"), Value: strconv.Itoa(peaks), Unit: lang.T("条", "alarms"), Href: peak.Path, Source: source}}}
}

func eventTable(list []Event, title lang.Text) ui.Table {
	t := ui.Table{ID: "response-events", Title: title, Path: pathEvents, Query: map[string]string{}, Empty: lang.T("还没有响应事件。", "There is no event yet."), Columns: []ui.Column{{Key: "window", Text: lang.T("时段", "Window")}, {Key: "name", Text: lang.T("名称", "Name")}, {Key: "area", Text: lang.T("范围", "Area")},
		{Key: "programme", Text: lang.T("项目", "Programme")}, {Key: "target", Text: lang.T("目标（千瓦）", "Target (kW)"), Num: true}, {Key: "state", Text: lang.T("状态", "State")}}}
	for _, e := range list {
		t.Rows = append(t.Rows, ui.Row{ID: "e-" + e.ID, Cells: []ui.Cell{{Text: lang.Same(e.Span()), Href: pathEvents + "/" + e.ID, Strong: true}, plain(e.Name), {Text: e.Area()}, plain(e.Programme), number(e.Target), {Tag: stateTag(e.State)}}})
	}
	return t
}

func programmeTable(known []Programme) ui.Table {
	t := ui.Table{ID: "response-programmes", Title: lang.T("响应项目", "Programmes"), Total: int64(len(known)), Path: Path, Empty: lang.T("还没有项目，请先设置。", "There is no programme yet: set one first."), Columns: []ui.Column{{Key: "code", Text: lang.T("编号", "Code")}, {Key: "name", Text: lang.T("名称", "Name")}, {Key: "method", Text: lang.T("基线方法", "Baseline")},
		{Key: "silence", Text: lang.T("未答复视为", "No answer means")}, {Key: "least", Text: lang.T("最低响应率（%）", "Least rate (%)"), Num: true}, {Key: "most", Text: lang.T("最高计费（%）", "Paid at most (%)"), Num: true}, {Key: "state", Text: lang.T("状态", "State")}}}
	for _, x := range known {
		t.Rows = append(t.Rows, ui.Row{ID: "p-" + x.Code, Cells: []ui.Cell{{Text: lang.Same(x.Code), Strong: true}, plain(x.Name), {Text: methodWords[x.Method]}, {Text: answerWords[x.Silence]}, plain(percent(x.Least)), plain(percent(x.Most)), {Tag: openTag(x.State)}}})
	}
	return t
}

func programmeForm(t map[string]string, wrong lang.Text) ui.Form {
	if t == nil {
		t = map[string]string{"least": "500", "most": "1200", "silence": "out"}
	}
	choice := func(name string, label lang.Text, options ...ui.Option) ui.Field {
		return ui.Field{Name: name, Kind: "select", Label: label, Value: t[name], Options: options}
	}
	return ui.Form{ID: "programme", Title: lang.T("设置项目", "Set a programme"), Action: Path + "/programmes", Submit: lang.T("保存", "Save"), Error: wrong, Fields: []ui.Field{
		{Name: "code", Label: lang.T("编号", "Code"), Value: t["code"], Required: true, Help: lang.T("编号已有则修改", "changes the programme where the code is known")}, {Name: "name", Label: lang.T("名称", "Name"), Value: t["name"], Required: true},
		choice("method", lang.T("基线方法", "Baseline"), ui.Option{Value: string(baseline.High5of10), Text: methodWords[baseline.High5of10]}, ui.Option{Value: string(baseline.Mid4of6), Text: methodWords[baseline.Mid4of6]}),
		choice("silence", lang.T("未答复视为", "No answer means"), ui.Option{Value: "out", Text: answerWords["out"]}, ui.Option{Value: "in", Text: answerWords["in"]}),
		{Name: "least", Kind: "number", Label: lang.T("最低响应率（‰），低于此不付费", "Least rate (‰): below it nothing is paid"), Value: t["least"], Required: true},
		{Name: "most", Kind: "number", Label: lang.T("最高计费比例（‰）", "Paid at most, of the commitment (‰)"), Value: t["most"], Required: true},
		choice("state", lang.T("状态", "State"), ui.Option{Value: "open", Text: openTag("open").Text}, ui.Option{Value: "closed", Text: openTag("").Text})}}
}

func (p *Part) formProgramme(r *web.Request) (*ui.Page, string, error) {
	v := values(r, "code", "name", "method", "silence", "least", "most", "state")
	x := Programme{Code: v["code"], Name: v["name"], Method: baseline.Method(v["method"]), Silence: v["silence"], State: v["state"]}
	var err error
	for name, to := range map[string]*int64{"least": &x.Least, "most": &x.Most} {
		if *to, err = strconv.ParseInt(v[name], 10, 64); err != nil {
			err = errs.Say(errs.Invalid, "比例应为整数（千分之）", "shares are whole numbers (thousandths)")
			break
		}
	}
	if err == nil {
		err = p.SetProgramme(r.Context(), r.Who, x)
	}
	if msg, ok := again(err); ok {
		page, err := p.overview(r, v, msg)
		return page, "", err
	}
	return nil, Path, err
}

// pageEvents is the list of events.
func (p *Part) pageEvents(r *web.Request) (*ui.Page, error) {
	sel, err := selection(r)
	if err != nil {
		return nil, err
	}
	page, total, next, err := p.events(r.Context(), sel, pageSize)
	if err != nil {
		return nil, err
	}
	title := lang.T("响应事件", "Events")
	out := p.o.Page(title, Path, ui.Link{Text: Title, Href: Path}, ui.Link{Text: title, Href: pathEvents})
	if r.Who.Can(GrantManage) {
		out.Actions = []ui.Action{{Text: lang.T("起草响应事件", "Draft an event"), Href: pathEvents + "/new", Primary: true}}
	}
	t := eventTable(page, title)
	t.Total, t.Next, t.Paged = total, next, sel.after != ""
	t.Exports = []ui.Link{{Text: lang.Same("CSV"), Href: "/api/grid/response/events.csv?bom=1&state=" + string(sel.state)}}
	options := []ui.Option{{Text: lang.T("全部状态", "All states")}}
	for _, s := range states {
		options = append(options, ui.Option{Value: string(s), Text: stateWords[s]})
	}
	t.Filters = []ui.Field{{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: string(sel.state), Options: options}}
	if sel.state != "" {
		t.Query["state"] = string(sel.state)
	}
	out.Body = []ui.Block{t}
	return out, nil
}

// chosen is which events a list is asked for.
type chosen struct {
	state            State
	programme, after string
}

func selection(r *web.Request) (c chosen, err error) {
	c = chosen{State(r.Query("state")), r.Query("programme"), r.Query("after")}
	if c.state != "" && !slices.Contains(states, c.state) {
		return c, errs.Say(errs.Invalid, "状态“%s”无法识别", "the state %q is not known", c.state)
	}
	return c, nil
}
