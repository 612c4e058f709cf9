package alarms

import (
	"net/url"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var holdsTitle = lang.T("退出与抑制", "Out of service")

// pageHolds lists what is kept out of the list by scope, with the form to ask for more.
func (p *Part) pageHolds(r *web.Request) (*ui.Page, error) {
	return p.holdsPage(r, askForm(r.Query("scope"), "", "24", lang.Text{}))
}

func (p *Part) holdsPage(r *web.Request, form ui.Form) (*ui.Page, error) {
	list, err := p.board.Holds(r.Context())
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "holds", Title: lang.T("退出与抑制的范围", "What is kept out of the list"), Note: lang.T("近 30 天", "of the last 30 days"), Path: pathHolds, Total: int64(len(list)),
		Columns: []ui.Column{{Key: "scope", Text: lang.T("范围", "Scope")}, {Key: "kind", Text: lang.T("类别", "Kind")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "reason", Text: lang.T("原因", "Reason")},
			{Key: "asker", Text: lang.T("申请人", "Asked by")}, {Key: "approver", Text: lang.T("批准人", "Approved by")}, {Key: "until", Text: lang.T("截止", "Until")}},
		Empty: lang.T("没有退出或抑制的告警", "Nothing is out of service or suppressed")}
	for i := range list {
		h := &list[i]
		approver := ui.Cell{Text: p.people.ActorName(r.Context(), h.Approver)}
		if h.Kind == alarm.ByDesign {
			approver = ui.Cell{Text: lang.T("无需批准", "needs none")}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "h-" + h.ID, Cells: []ui.Cell{{Text: p.scopeName(h.Scope), Sub: lang.Same(h.Scope), Href: pathHolds + "/" + h.ID}, {Text: kindText(h.Kind)}, {Tag: holdTag(h)}, {Text: lang.Same(h.Reason)},
			{Text: p.people.ActorName(r.Context(), h.Asker), Sub: ui.Moment(h.Asked, p.now())}, approver, {Text: untilText(h), Time: h.Until}}})
	}
	out := p.page(holdsTitle, pathList, ui.Link{Text: holdsTitle})
	out.Lead = lang.T("设备检修等原因可申请退出告警，由另一人批准后生效；装置停运时系统可按设计抑制。期间告警仍记录，但不进入当前告警。", "Alarms of something under repair can be taken out of service: one person asks, another approves. A plant that is stopped may be suppressed by design. Alarms are recorded meanwhile, but stand in no list.")
	out.Within, out.Body = p.within(pathHolds), []ui.Block{t}
	if r.Who.Can(alarm.GrantHold) {
		out.Body = append(out.Body, form)
	}
	return out, nil
}

func askForm(scope, reason, hours string, wrong lang.Text) ui.Form {
	return ui.Form{ID: "ask", Title: lang.T("申请退出告警", "Ask for alarms out of service"), Action: pathHolds, Submit: lang.T("提交申请", "Ask"), Error: wrong, Fields: []ui.Field{
		{Name: "scope", Label: lang.T("设备或企业标识（URI）", "URI of the device or the plant"), Value: scope, Required: true, Help: lang.T("在告警页面点“申请退出”可自动填入", "“Out of service” on an alarm's page fills this in")},
		{Name: "reason", Kind: "textarea", Label: lang.T("原因", "Reason"), Value: reason, Required: true},
		{Name: "hours", Kind: "select", Label: lang.T("期限", "For"), Value: hours, Options: []ui.Option{{Value: "8", Text: lang.T("8 小时", "8 hours")}, {Value: "24", Text: lang.T("1 天", "1 day")}, {Value: "72", Text: lang.T("3 天", "3 days")},
			{Value: "168", Text: lang.T("7 天", "7 days")}, {Value: "0", Text: lang.T("至恢复为止", "until it is returned")}}}}}
}

// pageHold is one of them, with what can be done to it.
func (p *Part) pageHold(r *web.Request) (*ui.Page, error) {
	list, err := p.board.Holds(r.Context())
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].ID == r.Path("id") {
			return p.holdPage(r, &list[i]), nil
		}
	}
	return nil, errs.Say(errs.NotFound, "没有记录 %[1]s", "there is no record %[1]s", r.Path("id"))
}

func (p *Part) holdPage(r *web.Request, h *alarm.Held) *ui.Page {
	name := p.scopeName(h.Scope)
	out := p.page(name, pathList, ui.Link{Text: holdsTitle, Href: pathHolds}, ui.Link{Text: name})
	who := func(id string) lang.Text { return p.people.ActorName(r.Context(), id) }
	facts := ui.Facts{ID: "hold", Title: kindText(h.Kind), Items: []ui.Fact{{Name: lang.T("状态", "State"), Tag: holdTag(h)}, {Name: lang.T("范围", "Scope"), Value: lang.Same(h.Scope)}, {Name: lang.T("原因", "Reason"), Value: lang.Same(h.Reason)},
		{Name: lang.T("申请人", "Asked by"), Value: who(h.Asker)}, {Name: lang.T("申请时间", "Asked"), Time: h.Asked}, {Name: lang.T("批准人", "Approved by"), Value: who(h.Approver)}, {Name: lang.T("批准时间", "Approved"), Time: h.Approved},
		{Name: lang.T("截止", "Until"), Value: untilText(h), Time: h.Until}, {Name: lang.T("结束人", "Ended by"), Value: who(h.Ender)}, {Name: lang.T("结束时间", "Ended"), Time: h.Ended}}}
	out.Body = []ui.Block{facts}
	if !h.Ended.IsZero() || !r.Who.Can(alarm.GrantHold) {
		return out
	}
	path := pathHolds + "/" + url.PathEscape(h.ID)
	waits := h.Kind == alarm.OutOfService && h.Approver == ""
	if waits && h.Asker != r.Who.ID {
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("批准", "Approve"), Href: path + "/approve", Post: true, Primary: true})
	}
	end := ui.Action{Text: lang.T("恢复告警", "Return to service"), Href: path + "/return", Post: true, Confirm: lang.T("恢复后该范围的告警重新进入当前告警。", "Its alarms stand in the list again.")}
	if waits {
		end.Text, end.Confirm = lang.T("撤回或驳回", "Withdraw or refuse"), lang.T("该申请不再生效。", "The request ends here.")
	}
	out.Actions = append(out.Actions, end)
	return out
}

// scopeName names a scope: as the system that knows it says.
func (p *Part) scopeName(uri string) lang.Text {
	for _, s := range p.duty.Watchers() {
		if w, _ := p.duty.Watched(s); w.Name != nil {
			if name, ok := w.Name(uri); ok {
				return name
			}
		}
	}
	return lang.Same(uri)
}

func kindText(k alarm.Hold) lang.Text {
	if k == alarm.ByDesign {
		return lang.T("设计抑制", "Suppressed by design")
	}
	return lang.T("退出服务", "Out of service")
}

func holdTag(h *alarm.Held) *ui.Tag {
	switch {
	case !h.Ended.IsZero():
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已结束", "Ended")}
	case h.Kind == alarm.OutOfService && h.Approver == "":
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("待批准", "To be approved")}
	}
	return &ui.Tag{Status: ui.StatusOn, Text: lang.T("生效中", "Holds")}
}

func untilText(h *alarm.Held) lang.Text {
	if h.Until.IsZero() {
		return lang.T("至恢复为止", "until it is returned")
	}
	return lang.Text{}
}
