package incident

import (
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/incident/door"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// The addresses.
const (
	Path       = "/emergency"
	pathOne    = "/emergency/incidents/"
	pathNew    = "/emergency/new"
	pathInbox  = "/emergency/reports"
	pathPublic = "/emergency/tell"
	pathFollow = "/emergency/receipt"
	pathWall   = "/emergency/wall"
)

func (p *Part) pageNew(r *web.Request) (*ui.Page, error) {
	v := typed{"class": "hazmat", "drill": r.Query("drill"), "plant": r.Query("plant")}
	return intakePage(v, nil, lang.Text{}), nil
}

func intakePage(v typed, near []Near, wrong lang.Text) *ui.Page {
	title := lang.T("接报", "Take a report in")
	out := page.Of(title, page.Incidents, ui.Link{Text: title})
	out.Lead = lang.T("先问清什么事、在哪里、有没有人伤亡；其余可后补。Tab 到下一项，在任一单行项按回车提交。", "Ask what, where, and whether anybody is hurt; the rest can follow. Tab goes on, Enter in any single line sends.")
	out.Body = []ui.Block{v.intakeForm(near, wrong)}
	return out
}

func (p *Part) formNew(r *web.Request) (*ui.Page, string, error) {
	v := readTyped(r)
	out, err := p.takeTyped(r, v)
	if msg, ok := sayable(err); ok {
		return intakePage(v, nil, msg), "", nil
	}
	if err == nil && len(out.Near) > 0 {
		return intakePage(v, out.Near, lang.Text{}), "", nil
	}
	return nil, pathOne + out.Incident, err
}

func (p *Part) takeTyped(r *web.Request, v typed) (Taken, error) {
	t, err := v.tell()
	if err != nil {
		return Taken{}, err
	}
	if err := p.plant(r.Context(), &t.Where); err != nil {
		return Taken{}, err
	}
	in := Intake{Tell: t, Personal: v.personal(), Source: ByCall, Join: v["join"]}
	if in.Join == apart {
		in.Join, in.Apart = "", true
	}
	return p.Take(r.Context(), r.Who, in)
}

// sayable gives the words of an error that a form can say beside what was typed.
func sayable(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) || errs.Is(err, errs.Busy))
}

// pagePublic is where a citizen reports without an account.
func (p *Part) pagePublic(*web.Request) (*ui.Page, error) {
	return publicPage(typed{"class": "accident"}, lang.Text{}), nil
}

func publicPage(v typed, wrong lang.Text) *ui.Page {
	title := lang.T("突发事件网上报告", "Report an emergency")
	fields := []ui.Field{{Name: "words", Kind: "textarea", Label: lang.T("发生了什么", "What has happened"), Value: v["words"], Required: true}}
	for _, f := range v.whatFields() {
		if f.Name != "plant" {
			fields = append(fields, f)
		}
	}
	return &ui.Page{Title: title, Body: []ui.Block{
		ui.Notice{ID: "call", Kind: "warn", Text: lang.T("有人受伤、被困或有火情，请先拨打 119、110、120。网上报告由值班员查看后处理。", "If anybody is hurt or trapped or something burns, call 119, 110 or 120 first. What is sent here is read by the officer on duty.")},
		ui.Form{ID: "tell", Title: title, Action: pathPublic, Submit: lang.T("提交", "Send"), Error: wrong, Fields: append(fields,
			ui.Field{Name: "caller", Label: lang.T("您的姓名", "Your name"), Value: v["caller"], Autocomplete: "name"},
			ui.Field{Name: "phone", Label: lang.T("联系电话", "Telephone"), Value: v["phone"], Autocomplete: "tel", Help: lang.T("只用于核实情况", "used to ask you back only")})},
		ui.Prose{Text: lang.T("提交后会给出回执编号，可凭编号查询进展。虚报须负法律责任。", "You are given a receipt number by which you can follow what is done. False reports are punishable.")},
	}}
}

func (p *Part) formPublic(r *web.Request) (*ui.Page, string, error) {
	v := readTyped(r)
	t, err := v.tell()
	receipt := ""
	if err == nil {
		receipt, err = p.Hear(r.Context(), door.Address(r.HTTP), Intake{Tell: t, Personal: v.personal()})
	}
	if msg, ok := sayable(err); ok {
		return publicPage(v, msg), "", nil
	}
	return nil, pathFollow + "?number=" + receipt, err
}

// pageFollow shows what became of a report, and nothing of the incident.
func (p *Part) pageFollow(r *web.Request) (*ui.Page, error) {
	title := lang.T("来报进展", "What became of a report")
	number := r.Query("number")
	out := &ui.Page{Title: title}
	if number != "" {
		rep, stage, err := p.Follow(r.Context(), number)
		if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.NotFound) {
			out.Body = append(out.Body, ui.Notice{ID: "none", Kind: "warn", Text: msg})
		} else if err != nil {
			return nil, err
		} else {
			out.Body = append(out.Body, ui.Facts{ID: "receipt", Title: title, Items: []ui.Fact{
				{Name: lang.T("回执编号", "Receipt"), Value: lang.Same(rep.Receipt)},
				{Name: lang.T("收到时间", "Received"), Time: rep.Came},
				{Name: lang.T("状态", "State"), Value: progress(rep, stage)}}})
		}
	}
	out.Body = append(out.Body, ui.Table{ID: "find", Title: lang.T("查询", "Follow a report"), Path: pathFollow, Search: &ui.Field{Name: "number", Label: lang.T("回执编号", "Receipt number"), Value: number}, Columns: []ui.Column{{Text: lang.T("说明", "Note")}},
		Rows: []ui.Row{{ID: "h", Cells: []ui.Cell{{Text: lang.T("回执编号在提交报告后给出，共 10 位", "the number was shown when you sent the report: ten letters and digits")}}}}, Total: 1})
	return out, nil
}

// progress says how far a report has come, to whoever sent it.
func progress(r Report, stage string) lang.Text {
	switch {
	case r.Dismissed != "":
		return lang.T("已查看，不予受理", "read; nothing is done about it")
	case r.Incident == "":
		return lang.T("已收到，待值班员查看", "received; not yet read by the officer on duty")
	case over(stage):
		return lang.T("已处理完毕", "dealt with")
	case stage == Reported:
		return lang.T("正在核实", "being verified")
	}
	return lang.T("正在处置", "being dealt with")
}
