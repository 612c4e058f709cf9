// Package rules is the part of the duty desk that shows the rules of alarms and lets people write, try and start them.
package rules

import (
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// Part is the rules' part of the duty desk.
type Part struct{ engine *rule.Engine }

// New makes the part.
func New(h *host.Host) *Part { return &Part{engine: h.Duty.Rules} }

// Routes are its pages and its interface.
func (p *Part) Routes() []web.Route {
	return []web.Route{{Pattern: "GET /duty/rules", Grant: rule.GrantRead, Page: p.page}}
}

func (p *Part) page(r *web.Request) (*ui.Page, error) {
	list, err := p.engine.Rules(r.Context())
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "rules", Title: lang.T("告警规则", "Rules"), Path: "/duty/rules", Total: int64(len(list)), Columns: []ui.Column{{Key: "title", Text: lang.T("规则", "Rule")}}}
	for _, x := range list {
		t.Rows = append(t.Rows, ui.Row{ID: "r-" + x.ID, Cells: []ui.Cell{{Text: x.Title}}})
	}
	return &ui.Page{Title: lang.T("告警规则", "Rules"), Nav: "duty", Body: []ui.Block{t}}, nil
}
