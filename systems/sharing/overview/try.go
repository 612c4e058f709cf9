package overview

import (
	"encoding/json"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/catalogue"
	"github.com/haihe-city/haihe/systems/sharing/mask"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/policy"
	"github.com/haihe-city/haihe/systems/sharing/serve"
	"github.com/haihe-city/haihe/systems/sharing/source"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// mistake gives what a form's reader can mend.
func mistake(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) || errs.Is(err, errs.NotFound))
}

// pageTry shows what a unit would see of a resource for a purpose.
func (p *Part) pageTry(r *web.Request) (*ui.Page, error) {
	title := lang.T("测试授权", "Try a grant")
	out := page.Of(title, page.Grants, r.Who.Can, ui.Link{Text: lang.T("授权", "Grants"), Href: page.Grants}, ui.Link{Text: title})
	out.Lead = lang.T("以某单位、某用途的视角查看：能否调用、能看到哪些信息项和记录。提供单位可见样例记录，测试记入审计日志。", "What a unit would see for a purpose: whether it may call, which fields, which rows. The owner sees sample rows; trying is on record.")
	list, err := p.o.Catalogue.All(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	var resources []ui.Option
	for _, x := range list {
		if x.State == catalogue.Published {
			resources = append(resources, ui.Option{Value: x.ID, Text: x.Name})
		}
	}
	var purposes []ui.Option
	for _, x := range call.Purposes() {
		purposes = append(purposes, ui.Option{Value: x.Code, Text: x.Name})
	}
	unit := r.Query("unit")
	if unit == "" {
		unit = r.Who.Unit
	}
	t := ui.Table{ID: "try", Title: title, Path: page.Grants + "/try", Total: -1, Empty: lang.T("请选择资源、单位和用途", "Choose a resource, a unit and a purpose"), Query: map[string]string{"resource": r.Query("resource"), "unit": unit, "purpose": r.Query("purpose")},
		Filters: []ui.Field{{Name: "resource", Kind: "select", Label: lang.T("资源", "Resource"), Value: r.Query("resource"), Options: resources}, {Name: "unit", Kind: "select", Label: lang.T("单位", "Unit"), Value: unit, Options: unitOptions(p.o.People)}, {Name: "purpose", Kind: "select", Label: lang.T("用途", "Purpose"), Value: r.Query("purpose"), Options: purposes}},
		Columns: []ui.Column{{Key: "field", Text: lang.T("信息项", "Field")}, {Key: "personal", Text: lang.T("个人信息", "Personal")}, {Key: "how", Text: lang.T("可见程度", "Seen")}}}
	if r.Query("resource") == "" || r.Query("purpose") == "" {
		out.Body = []ui.Block{t}
		return out, nil
	}
	trial, err := p.o.Gate.Try(r.Context(), r.Who, r.Query("resource"), unit, r.Query("purpose"))
	if msg, ok := errs.MsgOf(err); ok && err != nil {
		out.Body = []ui.Block{ui.Notice{ID: "wrong", Kind: "warn", Text: msg}, t}
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.Body = tried(trial, t)
	return out, nil
}

// tried shows a trial.
func tried(trial serve.Trial, t ui.Table) []ui.Block {
	if !trial.Allowed {
		said := call.RefusalText(trial.Said.Refused)
		return []ui.Block{ui.Notice{ID: "no", Kind: "bad", Text: lang.T("不能调用："+said.Zh, "It may not call: "+said.En)}, t}
	}
	notice := ui.Notice{ID: "yes", Kind: "good", Text: lang.T("可以调用。", "It may call.")}
	if trial.Grant != "" {
		notice.Link = &ui.Link{Text: lang.T("依据的授权", "By this grant"), Href: page.Grants + "/" + trial.Grant}
	}
	for _, f := range trial.Fields {
		how := &ui.Tag{Status: ui.StatusNone, Text: lang.T("不可见", "Not seen")}
		switch f.How {
		case "clear":
			how = &ui.Tag{Status: ui.StatusMet, Text: lang.T("可见", "Seen")}
			if f.Field.Personal != mask.None {
				how = &ui.Tag{Status: ui.StatusBehind, Text: lang.T("不脱敏可见", "Seen in clear")}
			}
		case "masked":
			how = &ui.Tag{Status: ui.StatusRisk, Text: lang.T("脱敏可见", "Masked")}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "f-" + f.Field.Name, Cells: []ui.Cell{{Text: f.Field.Title, Sub: lang.Same(f.Field.Name), Strong: true}, {Text: f.Field.Personal.Text()}, {Tag: how}}})
	}
	out := []ui.Block{notice, t}
	if len(trial.Rows) > 0 {
		out = append(out, sample(trial))
	}
	text := "-- " + policy.Unconditional
	if b, err := json.MarshalIndent(trial.Why, "", "  "); err == nil {
		text = string(b)
	}
	return append(out, ui.Code{ID: "why", Title: lang.T("据以允许的策略编号", "Policies that allow it"), Text: text})
}

// sample lists the first rows as the tried unit would see them.
func sample(trial serve.Trial) ui.Table {
	t := ui.Table{ID: "sample", Title: lang.T("样例记录（该单位所见）", "Sample rows, as that unit sees them"), Path: page.Grants + "/try", Total: int64(len(trial.Rows))}
	for _, f := range trial.Fields {
		if f.How != "" {
			t.Columns = append(t.Columns, ui.Column{Key: f.Field.Name, Text: f.Field.Title})
		}
	}
	for i, row := range trial.Rows {
		line := ui.Row{ID: "x-" + string(rune('a'+i))}
		for _, c := range t.Columns {
			text, ok := source.Coerce(policy.Text, row[c.Key]).(string)
			if !ok {
				text = ui.None
			}
			line.Cells = append(line.Cells, ui.Cell{Text: lang.Same(text)})
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}
