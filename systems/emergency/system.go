package emergency

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/dispatch"
	"github.com/haihe-city/haihe/systems/emergency/incident"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/systems/emergency/plan"
	"github.com/haihe-city/haihe/systems/emergency/plan/resource"
	"github.com/haihe-city/haihe/systems/emergency/report"
	"github.com/haihe-city/haihe/systems/emergency/shift"
	"github.com/haihe-city/haihe/systems/emergency/situation"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
	"github.com/haihe-city/haihe/systems/emergency/tie"
	"github.com/haihe-city/haihe/systems/emergency/warning"
	"github.com/haihe-city/haihe/web"
)

// part is one trade of the room; its routes and jobs are all that the host sees of it.
type part interface {
	Routes() []web.Route
	Jobs() []host.Job
}

// System declares warning and command.
func System() host.System {
	warnings := warning.Defaults()
	return host.System{
		Name:     "emergency",
		Title:    page.Title,
		Icon:     "siren",
		Sections: []string{"3.3.5"},
		Owners:   []string{"emergency-office"},
		Grants: slices.Concat([]identity.Grant{
			{Name: page.Grant, Title: lang.T("查看突发事件与处置", "See incidents and what is done"), Roles: []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader}},
		}, incident.Grants(), plan.Grants(), resource.Grants(), dispatch.Grants(), shift.Grants(), warning.Grants()),
		Kinds:  []casework.Kind{incident.Kind(), shift.Kind()},
		Acts:   slices.Concat(incident.Acts(), plan.Acts(), resource.Acts(), dispatch.Acts(), shift.Acts(), warning.Acts()),
		Needs:  []string{"journal"},
		Config: &warnings,
		Open:   func(ctx context.Context, h *host.Host) (*host.Opened, error) { return open(ctx, h, warnings) },
	}
}

func open(ctx context.Context, h *host.Host, settings warning.Settings) (*host.Opened, error) {
	incidents, err := incident.New(ctx, incident.Options{DB: h.DB, Entities: h.Entities, Cases: h.Duty.Cases, Alarms: h.Duty.Alarms, Journal: h.Journal, People: h.People, Clock: h.Clock, Live: h.Live})
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
	warnings, err := warning.New(ctx, warning.Options{DB: h.DB, Journal: h.Journal, People: h.People, Post: h.Duty.Post, Live: h.Live, Now: h.Clock.Now, Settings: settings, Place: placeOf(h.Entities)})
	if err != nil {
		return nil, err
	}
	ties, err := tie.New(ctx, tie.Options{DB: h.DB, Incidents: incidents, Warnings: warnings, Now: h.Clock.Now})
	if err != nil {
		return nil, err
	}
	scenes, err := situation.New(ctx, situation.Options{DB: h.DB, Entities: h.Entities, Incidents: incidents, Resources: resources, People: h.People, Clock: h.Clock})
	if err != nil {
		return nil, err
	}
	watch, err := shift.New(ctx, shift.Options{DB: h.DB, Cases: h.Duty.Cases, Post: h.Duty.Post, Incidents: incidents, Journal: h.Journal, People: h.People, Clock: h.Clock})
	if err != nil {
		return nil, err
	}
	reports := report.New(report.Options{Incidents: incidents, Ties: ties, Orders: orders, Plans: plans, Cases: h.Duty.Cases, Alarms: h.Duty.Alarms, Post: h.Duty.Post, People: h.People})
	out := &host.Opened{Mounts: warnings.Mounts(), Topics: []web.Topic{{Name: page.Topic, Grant: page.Grant}}, Close: func(context.Context) error { warnings.Close(); incidents.Close(); return nil }}
	for _, p := range []part{incidents, orders, resources, plans, scenes, watch, reports, ties, warnings} {
		out.Routes = slices.Concat(out.Routes, p.Routes())
		out.Jobs = slices.Concat(out.Jobs, p.Jobs())
	}
	return out, nil
}

// placeOf finds where a plant lies.
func placeOf(entities *entity.Store) func(ctx context.Context, uri string) (area.Point, bool) {
	return func(ctx context.Context, uri string) (area.Point, bool) {
		e, err := entities.Get(ctx, uri)
		if err != nil {
			return area.Point{}, false
		}
		lon, lat, ok := e.Point("location")
		return area.Point{lon, lat}, ok
	}
}
