package tie

import (
	"net/url"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/incident"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/systems/emergency/warning"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// Routes are the part's one form; its table stands on the incident's page and in the report.
func (p *Part) Routes() []web.Route {
	return []web.Route{{Pattern: "POST /emergency/incidents/{id}/warnings", Grant: warning.GrantWrite, Form: p.formTie}}
}

// section is what an incident's page shows: its warnings, one to write, and those in force that may be tied.
func (p *Part) section(r *web.Request, x incident.Whole) ([]ui.Block, error) {
	list, err := p.Of(r.Context(), x.ID)
	if err != nil {
		return nil, err
	}
	out := []ui.Block{Table("warnings-"+x.ID, list)}
	if !r.Who.Can(warning.GrantWrite) || !x.Times.Closed.IsZero() {
		return out, nil
	}
	out = append(out, ui.Notice{ID: "warn-" + x.ID, Kind: "info", Text: lang.T("由本事件拟制的预警自动记入全程记录。", "A warning written from here goes into the timeline by itself."),
		Link: &ui.Link{Text: lang.T("拟制预警", "Write a warning"), Href: page.Warnings + "/new?incident=" + url.QueryEscape(x.ID)}})
	force, err := p.o.Warnings.InForce(r.Context())
	if err != nil {
		return nil, err
	}
	tied := map[string]bool{}
	for _, w := range list {
		tied[w.Root] = true
	}
	var options []ui.Option
	for _, w := range force {
		if !tied[w.Root] {
			options = append(options, ui.Option{Value: w.ID, Text: lang.T(w.Headline.Zh+"（"+w.Identifier+"）", w.Headline.En+" ("+w.Identifier+")")})
		}
	}
	if len(options) > 0 {
		out = append(out, ui.Form{ID: "tie", Title: lang.T("关联生效中的预警", "Tie a warning in force"), Action: "/emergency/incidents/" + x.ID + "/warnings", Submit: lang.T("关联", "Tie"),
			Fields: []ui.Field{{Name: "warning", Kind: "select", Label: lang.T("预警", "Warning"), Options: options, Required: true}}})
	}
	return out, nil
}

// Table lists warnings as an incident's page and its report show them.
func Table(id string, list []warning.Warning) ui.Table {
	t := ui.Table{ID: id, Title: lang.T("预警", "Warnings"), Total: int64(len(list)), Empty: lang.T("没有预警", "No warning"), Columns: []ui.Column{{Text: lang.T("预警", "Warning")}, {Text: lang.T("级别", "Level")}, {Text: lang.T("状态", "State")}, {Text: lang.T("发布", "Issued")}, {Text: lang.T("失效", "Ended")}}}
	for _, w := range list {
		row := ui.Row{ID: "w-" + w.ID, Cells: []ui.Cell{{Text: w.Headline, Sub: lang.Same(w.Identifier), Href: page.Warnings + "/" + w.ID, Strong: true}, {Text: warning.ColourName(w.Colour)}, {Text: warning.StateName(w.State)}, {Time: w.Issued}, {Text: lang.Same(ui.None)}}}
		if !w.Ended.IsZero() {
			row.Cells[4] = ui.Cell{Time: w.Ended}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (p *Part) formTie(r *web.Request) (*ui.Page, string, error) {
	id := r.Path("id")
	return nil, "/emergency/incidents/" + id, p.Tie(r.Context(), r.Who, id, r.Form("warning"))
}
