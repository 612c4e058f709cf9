package order

import (
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/headend/deed"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pageOne is one order: what was asked, what came of it, its timeline, and what the person may do.
func (p *Part) pageOne(r *web.Request) (*ui.Page, error) { return p.one(r, lang.Text{}) }

func (p *Part) one(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	o, err := p.get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	steps, err := p.steps(r.Context(), o.ID)
	if err != nil {
		return nil, err
	}
	here := pathList + "/" + o.ID
	title := lang.T(o.Kind.Text().Zh+" "+o.Meter, o.Kind.Text().En+" "+o.Meter)
	out := p.o.Page(title, pathList, Tab, ui.Link{Text: title, Href: here})
	out.Actions = p.actions(r, o, here)
	line := ui.Timeline{ID: "order-line", Title: lang.T("经过", "What happened"), Empty: lang.T("还没有记录。", "Nothing yet.")}
	for i := len(steps) - 1; i >= 0; i-- {
		s := steps[i]
		what := s.State.Text()
		if s.Note != "" {
			note := lang.Same(s.Note)
			if s.Who == "" {
				note = proofText(s.Note)
			}
			what = lang.T(what.Zh+"："+note.Zh, what.En+": "+note.En)
		}
		if len(s.Bytes) > 0 {
			what = lang.T(what.Zh+"。报文 "+deed.Hex(s.Bytes), what.En+". Bytes "+deed.Hex(s.Bytes))
		}
		who := lang.T("系统", "The program")
		if s.Who != "" {
			who = p.name(r.Context(), s.Who)
		}
		line.Items = append(line.Items, ui.Event{At: s.At, Who: who, What: what})
	}
	left := []ui.Block{p.facts(r, o)}
	if r.Who.Can(GrantApprove) && o.State == Asked {
		left = append(left, ui.Form{ID: "refuse", Title: lang.T("驳回", "Refuse"), Action: here + "/refuse", Submit: lang.T("驳回", "Refuse"), Error: wrong, Fields: []ui.Field{{Name: "reason", Label: lang.T("驳回理由", "Reason"), Required: true}}})
	}
	out.Body = []ui.Block{ui.Columns{Wide: -1, Cols: [][]ui.Block{left, {line}}}}
	return out, nil
}

// actions are what the person may do with an order.
func (p *Part) actions(r *web.Request, o Order, here string) (out []ui.Action) {
	post := func(zh, en, href string, confirm lang.Text) {
		out = append(out, ui.Action{Text: lang.T(zh, en), Href: href, Post: true, Confirm: confirm, Primary: len(out) == 0})
	}
	if o.State == Asked && r.Who.Can(GrantApprove) && o.Asker != r.Who.ID && o.Approver != r.Who.ID {
		effect := lang.T("批准后将立即向电表下发“"+o.Kind.Text().Zh+"”。", "After approval the order goes to the meter at once.")
		switch {
		case o.Approver != "":
			post("确认停电", "Confirm", here+"/approve", effect)
		default:
			post("批准", "Approve", here+"/approve", effect)
		}
		if o.Batch != "" {
			post("批准整批", "Approve the batch", here+"/approve-batch", effect)
		}
	}
	if (o.State == Asked || o.State == Approved) && (o.Asker == r.Who.ID || r.Who.Can(GrantApprove)) && r.Who.Can(GrantAsk) {
		post("撤回", "Withdraw", here+"/withdraw", lang.Text{})
	}
	if i := o.Kind.at(); o.State == Proven && i >= 0 && kinds[i].undo != "" && r.Who.Can(GrantAsk) {
		u := kinds[i].undo
		out = append(out, ui.Action{Text: lang.T("申请"+u.Text().Zh, "Ask to "+strings.ToLower(u.Text().En)), Href: pathNew + "?meter=" + o.Meter + "&kind=" + string(u)})
	}
	if r.Who.Can("journal.read") {
		out = append(out, ui.Action{Text: lang.T("审计日志", "Journal"), Href: query("/admin/journal", nil, "object", o.object())})
	}
	return out
}

func (p *Part) facts(r *web.Request, o Order) ui.Facts {
	text := func(s string) lang.Text {
		if s == "" {
			s = ui.None
		}
		return lang.Same(s)
	}
	f := ui.Facts{ID: "order-facts", Title: lang.T("指令", "Order"), Items: []ui.Fact{
		{Name: lang.T("状态", "State"), Tag: o.State.tag()},
		{Name: lang.T("指令", "Order"), Value: o.Kind.Text()},
		{Name: lang.T("电表号", "Meter"), Value: lang.Same(o.Meter), Href: "/grid/meters/" + o.Meter},
		{Name: lang.T("集中器", "Concentrator"), Value: lang.Same(o.Concentrator)},
		{Name: lang.T("理由", "Reason"), Value: text(o.Reason)},
		{Name: lang.T("申请人", "Asked by"), Value: p.name(r.Context(), o.Asker)},
		{Name: lang.T("审批人", "Approved by"), Value: p.name(r.Context(), o.Approver)},
		{Name: lang.T("申请时间", "Asked"), Time: o.Asked},
		{Name: lang.T("有效至", "Stands until"), Time: o.Deadline},
		{Name: lang.T("下发时间", "Sent"), Time: o.Sent},
		{Name: lang.T("办结时间", "Ended"), Time: o.Ended},
		{Name: lang.T("应答代码", "Answer"), Value: text(o.Code)},
		{Name: lang.T("应答报文", "Answer's bytes"), Value: text(deed.Hex(o.Answer))},
		{Name: lang.T("读回结果", "Read back"), Value: proven(o.Proof)},
		{Name: lang.T("读回报文", "Bytes read back"), Value: text(deed.Hex(o.ProofBytes))}}}
	if o.Guarded {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("重要用户，第三人确认", "Protected, confirmed by"), Value: p.name(r.Context(), o.Confirmer), Tag: &ui.Tag{Status: ui.StatusRisk, Text: lang.T("重要用户", "Protected")}})
	}
	if o.Batch != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("同批指令", "Batch"), Value: lang.T("查看同批", "Show the batch"), Href: query(pathList, nil, "batch", o.Batch)})
	}
	return f
}

// said turns an error that a person can act on into words above a form.
func said(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) || errs.Is(err, errs.NotFound) || errs.Is(err, errs.Unavailable))
}

func (p *Part) formApprove(r *web.Request) (*ui.Page, string, error) {
	return nil, pathList + "/" + r.Path("id"), p.Approve(r.Context(), r.Who, r.Path("id"))
}

func (p *Part) formApproveBatch(r *web.Request) (*ui.Page, string, error) {
	o, err := p.get(r.Context(), r.Path("id"))
	if err == nil {
		_, err = p.ApproveBatch(r.Context(), r.Who, o.Batch)
	}
	return nil, query(pathList, nil, "batch", o.Batch), err
}

func (p *Part) formRefuse(r *web.Request) (*ui.Page, string, error) {
	err := p.Refuse(r.Context(), r.Who, r.Path("id"), r.Form("reason"))
	if msg, ok := said(err); ok && errs.Is(err, errs.Invalid) {
		page, err := p.one(r, msg)
		return page, "", err
	}
	return nil, pathList + "/" + r.Path("id"), err
}

func (p *Part) formWithdraw(r *web.Request) (*ui.Page, string, error) {
	return nil, pathList + "/" + r.Path("id"), p.Withdraw(r.Context(), r.Who, r.Path("id"))
}

// pageNew is the form that asks for an order.
func (p *Part) pageNew(r *web.Request) (*ui.Page, error) {
	return p.newPage(r.Query("meter"), r.Query("kind"), "", lang.Text{})
}

func (p *Part) newPage(meters, kind, reason string, wrong lang.Text) (*ui.Page, error) {
	title := lang.T("申请指令", "Ask for an order")
	out := p.o.Page(title, pathList, Tab, ui.Link{Text: title, Href: pathNew})
	var options []ui.Option
	for _, k := range kinds {
		options = append(options, ui.Option{Value: string(k.Kind), Text: k.text})
	}
	out.Body = []ui.Block{ui.Form{ID: "ask", Title: title, Action: pathNew, Submit: lang.T("提交", "Ask"), Cancel: &Tab, Error: wrong, Fields: []ui.Field{
		{Name: "kind", Kind: "select", Label: lang.T("指令", "Order"), Value: kind, Options: options},
		{Name: "meters", Kind: "textarea", Label: lang.T("电表号", "Meters"), Value: meters, Required: true, Help: lang.T("每行一个，至多 "+strconv.Itoa(maxBatch)+" 个", "one a line, at most "+strconv.Itoa(maxBatch))},
		{Name: "reason", Label: lang.T("理由", "Reason"), Value: reason, Help: lang.T("停复电必填；须由另一人审批后下发", "needed for a relay; another person approves before it is sent")}}}}
	return out, nil
}

func (p *Part) formNew(r *web.Request) (*ui.Page, string, error) {
	list, err := p.Ask(r.Context(), r.Who, Kind(r.Form("kind")), strings.Fields(r.Form("meters")), r.Form("reason"))
	if msg, ok := said(err); ok {
		page, err := p.newPage(r.Form("meters"), r.Form("kind"), r.Form("reason"), msg)
		return page, "", err
	}
	switch {
	case err != nil:
		return nil, "", err
	case len(list) == 1:
		return nil, pathList + "/" + list[0].ID, nil
	}
	return nil, query(pathList, nil, "batch", list[0].Batch), nil
}

// formClocks asks to set the clocks of the meters that were ticked.
func (p *Part) formClocks(r *web.Request) (*ui.Page, string, error) {
	if err := r.HTTP.ParseForm(); err != nil {
		return nil, "", errs.As(errs.Invalid, "read the form", err)
	}
	var meters []string
	for _, id := range r.HTTP.PostForm["id"] { // of the rows
		meters = append(meters, strings.TrimPrefix(id, "c-"))
	}
	_, err := p.Ask(r.Context(), r.Who, ClockSet, meters, "")
	if msg, ok := said(err); ok {
		page, err := p.clockPage(r, msg)
		return page, "", err
	}
	return nil, pathList + "?kind=" + string(ClockSet), err
}

func (p *Part) formBroadcast(r *web.Request) (*ui.Page, string, error) {
	err := p.Broadcast(r.Context(), r.Who, strings.TrimSpace(r.Form("concentrator")))
	if msg, ok := said(err); ok {
		page, err := p.clockPage(r, msg)
		return page, "", err
	}
	return nil, pathClocks, err
}

func (p *Part) formSettings(r *web.Request) (*ui.Page, string, error) {
	to := map[string]int64{"auto-clock": 0}
	if r.Form("auto-clock") != "" {
		to["auto-clock"] = 1
	}
	for _, name := range []string{"tolerance", "cuts-a-minute", "hours-to-live"} {
		v, err := strconv.ParseInt(strings.TrimSpace(r.Form(name)), 10, 64)
		if err != nil {
			return nil, "", errs.Say(errs.Invalid, "参数应为整数", "a setting is a whole number")
		}
		to[name] = v
	}
	return nil, pathClocks, p.Set(r.Context(), r.Who, to)
}

// pageGuards is the list of protected customers.
func (p *Part) pageGuards(r *web.Request) (*ui.Page, error) { return p.guardPage(r, lang.Text{}) }

func (p *Part) guardPage(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	title := lang.T("重要用户", "Protected customers")
	out := p.o.Page(title, pathList, Tab, ui.Link{Text: title, Href: pathGuards})
	out.Lead = lang.T("对名单内用户停电，除审批人外另须第三人确认。", "To cut off a customer of this list a third person confirms after the approval.")
	t := ui.Table{ID: "guards", Title: title, Path: pathGuards, Paged: r.Query("after") != "", Columns: []ui.Column{{Key: "meter", Text: lang.T("电表号", "Meter")}, {Key: "why", Text: lang.T("说明", "Why")}, {Key: "who", Text: lang.T("登记人", "By")}, {Key: "at", Text: lang.T("登记时间", "At"), Num: true}},
		Empty: lang.T("名单为空。", "Nobody is on the list.")}
	list, total, err := p.guards(r)
	if err != nil {
		return nil, errs.Wrap("list protected customers", err)
	}
	t.Total = total
	if len(list) > pageSize {
		list = list[:pageSize]
		t.Next = list[pageSize-1].meter
	}
	for _, g := range list {
		t.Rows = append(t.Rows, ui.Row{ID: "g-" + g.meter, Cells: []ui.Cell{{Text: lang.Same(g.meter), Href: "/grid/meters/" + g.meter, Strong: true}, {Text: lang.Same(g.why)}, {Text: p.name(r.Context(), g.who)}, {Time: store.Time(g.at)}}})
	}
	out.Body = []ui.Block{t}
	if r.Who.Can(GrantApprove) {
		out.Body = append(out.Body, ui.Form{ID: "guard", Title: lang.T("维护名单", "Change the list"), Action: pathGuards, Submit: lang.T("保存", "Save"), Error: wrong, Fields: []ui.Field{
			{Name: "meters", Kind: "textarea", Label: lang.T("电表号", "Meters"), Required: true, Help: lang.T("每行一个", "one a line")},
			{Name: "why", Label: lang.T("说明", "Why"), Help: lang.T("如“医院”；留空表示移出名单", "such as a hospital; empty takes them off the list")}}})
	}
	return out, nil
}

// guard is a line of the list of protected customers.
type guard struct {
	meter, why, who string
	at              int64
}

// guards reads a page of the list, and one line more where it goes on.
func (p *Part) guards(r *web.Request) (list []guard, total int64, err error) {
	err = p.o.DB.Read(r.Context(), func(tx *store.Tx) error {
		list = nil
		if err := tx.Get(qGuardN, nil, &total); err != nil {
			return err
		}
		return tx.Each(qGuards, []any{r.Query("after"), int64(pageSize + 1)}, func(scan func(...any) error) error {
			var g guard
			err := scan(&g.meter, &g.why, &g.who, &g.at)
			list = append(list, g)
			return err
		})
	})
	return list, total, err
}

func (p *Part) formGuards(r *web.Request) (*ui.Page, string, error) {
	err := p.Guard(r.Context(), r.Who, strings.Fields(r.Form("meters")), r.Form("why"))
	if msg, ok := said(err); ok {
		page, err := p.guardPage(r, msg)
		return page, "", err
	}
	return nil, pathGuards, err
}
