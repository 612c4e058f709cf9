// Package alarms is the part of the duty desk that shows the alarms and lets those on shift answer for them.
package alarms

import (
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// Part is the alarms' part of the duty desk.
type Part struct {
	host  *host.Host
	board *alarm.Board
}

// New makes the part.
func New(h *host.Host) *Part { return &Part{host: h, board: h.Duty.Alarms} }

// Routes are its pages and its interface.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /duty", Grant: alarm.GrantRead, Page: p.page},
	}
}

func (p *Part) page(r *web.Request) (*ui.Page, error) {
	list, _, err := p.board.List(r.Context(), alarm.Filter{})
	if err != nil {
		return nil, err
	}
	out := ui.Alarms{ID: "alarms", Title: lang.T("告警", "Alarms")}
	for _, a := range list {
		out.Items = append(out.Items, ui.Alarm{Level: int(a.Priority), Title: a.Title, Place: lang.Same(a.Name), At: a.First})
	}
	return &ui.Page{Title: lang.T("告警", "Alarms"), Nav: "duty", Body: []ui.Block{out}}, nil
}
