package shift

import (
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

const path = "/emergency/shift"

// Routes are the part's pages.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /emergency/shift", Grant: grantRead, Page: p.pageNow},
		{Pattern: "GET /emergency/shift/{id}", Grant: grantRead, Page: p.pageOld},
		{Pattern: "POST /emergency/shift/{act}", Grant: GrantShift, Form: p.formAct},
		{Pattern: "POST /emergency/shift/{id}/{act}", Grant: GrantShift, Form: p.formAct},
	}
}

func (p *Part) pageNow(r *web.Request) (*ui.Page, error) { return p.now(r, lang.Text{}) }

func (p *Part) now(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	title := lang.T("值守", "Shift")
	out := page.Of(title, page.Shift, ui.Link{Text: title})
	if !wrong.Empty() {
		out.Body = append(out.Body, ui.Notice{ID: "wrong", Kind: "bad", Text: wrong})
	}
	c, ok, err := p.Current(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	may := r.Who.Can(GrantShift) && r.Who.Unit != ""
	if !ok {
		out.Body = append(out.Body, ui.Notice{ID: "none", Kind: "warn", Text: lang.T("本单位目前无人值守。", "Nobody of your unit is on watch.")})
		if may {
			out.Actions = []ui.Action{{Text: lang.T("开始值守", "Begin the watch"), Href: path + "/begin", Post: true, Primary: true}}
		}
	} else {
		blocks, err := p.shift(r, c, may)
		if err != nil {
			return nil, err
		}
		out.Body = append(out.Body, blocks...)
		if may && c.Stage == handing && c.Fields["giver"] != r.Who.ID {
			out.Actions = []ui.Action{{Text: lang.T("签字接班", "Sign and take over"), Href: path + "/" + c.ID + "/sign", Post: true, Primary: true, Confirm: lang.T("签字表示已知悉小结和全部未结事项。", "You sign that you know the summary and every open point.")}}
		}
	}
	roster, err := p.roster(r)
	if err != nil {
		return nil, err
	}
	t, err := p.past(r)
	if err != nil {
		return nil, err
	}
	out.Body = append(append(out.Body, roster...), t)
	return out, nil
}

// past lists the last shifts of the unit.
func (p *Part) past(r *web.Request) (t ui.Table, err error) {
	past, _, err := p.o.Cases.List(r.Context(), r.Who, casework.Filter{Kinds: []string{kindName}, Units: []string{r.Who.Unit}, Order: "newest", Limit: 30})
	if err != nil {
		return t, errs.Wrap("read the shifts", err)
	}
	t = ui.Table{ID: "shifts", Title: lang.T("最近班次", "Last shifts"), Path: path, Total: int64(len(past)), Empty: lang.T("还没有班次", "None yet"), Columns: []ui.Column{{Key: "number", Text: lang.T("班次", "Shift")}, {Key: "opened", Text: lang.T("开始", "Began")}, {Key: "closed", Text: lang.T("交接", "Handed over")}}}
	for _, x := range past {
		t.Rows = append(t.Rows, ui.Row{ID: "z-" + x.ID, Cells: []ui.Cell{{Text: lang.Same(x.Number), Href: path + "/" + x.ID, Strong: true}, {Time: x.Opened}, {Time: x.Closed}}})
	}
	return t, nil
}

// shift is one shift: its facts, what to do, its log.
func (p *Part) shift(r *web.Request, c casework.Case, may bool) ([]ui.Block, error) {
	lines, err := p.o.Cases.Timeline(r.Context(), r.Who, c.ID)
	if err != nil {
		return nil, errs.Wrap("read the log", err)
	}
	log := ui.Timeline{ID: "log-" + c.ID, Title: lang.T("值守日志", "Log"), Empty: lang.T("还没有记录", "Nothing yet")}
	for i := len(lines) - 1; i >= 0; i-- {
		l := lines[i]
		what := lang.Same(l.Text)
		if said, ok := casework.VerbText(l.Verb); ok {
			what = lang.T(said.Zh+" "+l.Text, said.En+" "+l.Text)
		}
		log.Items = append(log.Items, ui.Event{At: l.At, Who: p.o.People.ActorName(r.Context(), l.Actor), What: what})
	}
	facts := ui.Facts{ID: "shift", Title: lang.Same(c.Number), Items: []ui.Fact{{Name: lang.T("班次", "Shift"), Value: lang.Same(c.Title)}, {Name: lang.T("值守人", "On watch"), Value: p.o.People.ActorName(r.Context(), c.Holder)}, {Name: lang.T("开始", "Began"), Time: c.Opened}}}
	for name, text := range map[string]lang.Text{"giver": lang.T("交班人", "Handed over by"), "taker": lang.T("接班人", "Taken over by")} {
		if id := c.Fields[name]; id != "" {
			facts.Items = append(facts.Items, ui.Fact{Name: text, Value: p.o.People.ActorName(r.Context(), id)})
		}
	}
	out := []ui.Block{facts}
	if s := c.Fields["summary"]; s != "" {
		out = append(out, ui.Panel{ID: "hand", Title: lang.T("交班小结与未结事项", "Summary and open points"), Body: []ui.Block{ui.Prose{Text: lang.Same(s)}, ui.Code{ID: "points", Title: lang.T("未结事项", "Open points"), Text: c.Fields["points"]}}})
	}
	if may && c.Stage == onWatch && c.Unit == r.Who.Unit {
		out = append(out, ui.Form{ID: "line", Title: lang.T("记一条", "Write a line"), Action: path + "/" + c.ID + "/log", Submit: lang.T("记入日志", "Write"), Fields: []ui.Field{{Name: "text", Kind: "textarea", Label: lang.T("内容", "What"), Required: true, Help: lang.T("记入后不可更改", "it cannot be changed afterwards")}}},
			ui.Form{ID: "give", Title: lang.T("交班", "Hand over"), Action: path + "/" + c.ID + "/hand", Submit: lang.T("交班", "Hand over"), Fields: []ui.Field{{Name: "summary", Kind: "textarea", Label: lang.T("交班小结", "Summary"), Required: true}, {Name: "points", Kind: "textarea", Label: lang.T("其他未结事项", "Other open points"), Help: lang.T("未结束的突发事件会自动列入", "open incidents are listed by themselves")}}})
	}
	return append(out, ui.Panel{ID: "log", Title: lang.T("值守日志", "Log"), Body: []ui.Block{log}}), nil
}

func (p *Part) roster(r *web.Request) ([]ui.Block, error) {
	turns, err := p.Ahead(r.Context(), r.Who.Unit)
	if err != nil {
		return nil, err
	}
	officers, err := p.Officers(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	names := map[string]lang.Text{}
	var options []ui.Option
	for _, c := range officers {
		names[c.ID] = c.Name
		options = append(options, ui.Option{Value: c.ID, Text: c.Name})
	}
	t := ui.Table{ID: "roster", Title: lang.T("值班表", "Roster"), Path: path, Total: int64(len(turns)), Empty: lang.T("没有排班：通知会发给全部值班人员", "No roster: every duty officer is told"), Columns: []ui.Column{{Key: "who", Text: lang.T("值班人员", "Duty officer")}, {Key: "begins", Text: lang.T("自", "From")}, {Key: "ends", Text: lang.T("至", "To")}}}
	for _, x := range turns {
		name, ok := names[x.Contact]
		if !ok {
			name = lang.T("（无权查看或已不在联系人中）", "(hidden, or no contact any more)")
		}
		t.Rows = append(t.Rows, ui.Row{ID: "t-" + x.ID, Cells: []ui.Cell{{Text: name, Strong: true}, {Time: x.Begins}, {Time: x.Ends}}})
	}
	out := []ui.Block{t}
	for _, x := range turns {
		if r.Who.Can(GrantRoster) {
			when := x.Begins.In(zone).Format("01-02 15:04")
			out = append(out, ui.Form{ID: "drop-" + x.ID, Title: lang.T("撤下 "+when+" 的一班", "Drop the turn of "+when), Action: path + "/" + x.ID + "/drop", Submit: lang.T("撤下", "Drop")})
		}
	}
	if r.Who.Can(GrantRoster) && len(options) > 0 {
		out = append(out, ui.Form{ID: "turn", Title: lang.T("排班", "Set a turn"), Action: path + "/turn", Submit: lang.T("保存", "Save"), Fields: []ui.Field{{Name: "contact", Kind: "select", Label: lang.T("值班人员", "Duty officer"), Options: options, Required: true},
			{Name: "begins", Label: lang.T("自", "From"), Required: true, Placeholder: lang.Same("2015-11-20 08:30")}, {Name: "ends", Label: lang.T("至", "To"), Required: true, Placeholder: lang.Same("2015-11-21 08:30")}}})
	}
	return out, nil
}

func (p *Part) pageOld(r *web.Request) (*ui.Page, error) {
	c, err := p.o.Cases.Get(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	if c.Kind != kindName {
		return nil, errs.Say(errs.NotFound, "没有这个班次", "there is no such shift")
	}
	out := page.Of(lang.Same(c.Number), page.Shift, ui.Link{Text: lang.T("值守", "Shift"), Href: path}, ui.Link{Text: lang.Same(c.Number)})
	out.Body, err = p.shift(r, c, false)
	return out, err
}

func (p *Part) formAct(r *web.Request) (*ui.Page, string, error) {
	var err error
	ctx, id := r.Context(), r.Path("id")
	switch r.Path("act") {
	case "begin":
		err = p.Begin(ctx, r.Who)
	case "log":
		err = p.Log(ctx, r.Who, id, r.Form("text"))
	case "hand":
		err = p.Hand(ctx, r.Who, id, r.Form("summary"), r.Form("points"))
	case "sign":
		err = p.Sign(ctx, r.Who, id)
	case "turn":
		err = p.turn(r)
	case "drop":
		err = p.Drop(ctx, r.Who, id)
	default:
		err = errs.Say(errs.NotFound, "没有这项操作", "there is no such act")
	}
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict)) {
		out, err := p.now(r, msg)
		return out, "", err
	}
	return nil, path, err
}

func (p *Part) turn(r *web.Request) error {
	t := Turn{Contact: r.Form("contact")}
	for name, at := range map[string]*time.Time{"begins": &t.Begins, "ends": &t.Ends} {
		var err error
		if *at, err = time.ParseInLocation("2006-01-02 15:04", r.Form(name), zone); err != nil {
			return errs.Say(errs.Invalid, "时间应形如 2015-11-20 08:30", "a time is written as 2015-11-20 08:30")
		}
	}
	return p.Put(r.Context(), r.Who, t)
}
