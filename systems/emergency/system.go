package emergency

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/dispatch"
	"github.com/haihe-city/haihe/systems/emergency/incident"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/systems/emergency/plan"
	"github.com/haihe-city/haihe/systems/emergency/plan/resource"
	"github.com/haihe-city/haihe/web"
)

// part is one trade of the room; its routes and jobs are all that the host sees of it.
type part interface {
	Routes() []web.Route
	Jobs() []host.Job
}

// System declares warning and command.
func System() host.System {
	return host.System{
		Name:     "emergency",
		Title:    page.Title,
		Icon:     "siren",
		Sections: []string{"3.3.5"},
		Owners:   []string{"emergency-office"},
		Grants: slices.Concat([]identity.Grant{
			{Name: page.Grant, Title: lang.T("查看突发事件与处置", "See incidents and what is done"), Roles: []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader}},
		}, incident.Grants(), plan.Grants(), resource.Grants(), dispatch.Grants()),
		Kinds: []casework.Kind{incident.Kind()},
		Acts:  slices.Concat(incident.Acts(), plan.Acts(), resource.Acts(), dispatch.Acts()),
		Needs: []string{"journal"},
		Open:  open,
	}
}

func open(ctx context.Context, h *host.Host) (*host.Opened, error) {
	incidents, err := incident.New(ctx, incident.Options{DB: h.DB, Entities: h.Entities, Cases: h.Duty.Cases, Alarms: h.Duty.Alarms, Journal: h.Journal, People: h.People, Clock: h.Clock, Live: h.Live, Log: h.Log})
	if err != nil {
		return nil, err
	}
	orders, err := dispatch.New(ctx, dispatch.Options{DB: h.DB, Incidents: incidents, Post: h.Duty.Post, Journal: h.Journal, People: h.People, Clock: h.Clock})
	if err != nil {
		return nil, err
	}
	resources, err := resource.New(ctx, resource.Options{DB: h.DB, Incidents: incidents, Journal: h.Journal, People: h.People, Clock: h.Clock})
	if err != nil {
		return nil, err
	}
	plans, err := plan.New(ctx, plan.Options{DB: h.DB, Incidents: incidents, Journal: h.Journal, People: h.People, Clock: h.Clock})
	if err != nil {
		return nil, err
	}
	out := &host.Opened{Topics: []web.Topic{{Name: page.Topic, Grant: page.Grant}}, Close: func(context.Context) error { incidents.Close(); return nil }}
	for _, p := range []part{incidents, orders, resources, plans} {
		out.Routes = slices.Concat(out.Routes, p.Routes())
		out.Jobs = slices.Concat(out.Jobs, p.Jobs())
	}
	return out, nil
}
