package emergency

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// part is one trade of the room.
type part interface {
	Routes() []web.Route
	Jobs() []host.Job
}

// System declares warning and command.
func System() host.System {
	officer, leader, operator, reader := identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader
	return host.System{
		Name:     "emergency",
		Title:    page.Title,
		Icon:     "siren",
		Sections: []string{"3.3.5"},
		Owners:   []string{"emergency-office"},
		Grants: []identity.Grant{
			{Name: page.Grant, Title: lang.T("查看突发事件与处置", "See incidents and what is done"), Roles: []string{officer, leader, operator, reader}},
		},
		Needs: []string{"journal"},
		Open:  open,
	}
}

func open(_ context.Context, _ *host.Host) (*host.Opened, error) {
	parts := []part{}
	out := &host.Opened{Topics: []web.Topic{{Name: page.Topic, Grant: page.Grant}}}
	for _, p := range parts {
		out.Routes = slices.Concat(out.Routes, p.Routes())
		out.Jobs = slices.Concat(out.Jobs, p.Jobs())
	}
	out.Routes = append(out.Routes, web.Route{Pattern: "GET /emergency", Grant: page.Grant, Page: func(*web.Request) (*ui.Page, error) { return page.Of(page.Title, page.Incidents), nil }})
	return out, nil
}
