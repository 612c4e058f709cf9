package calendar

import (
	"context"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
)

const grantRead = "calendar.read"

// System declares the working calendar.
func System() host.System {
	officer, leader, operator, reader := identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader
	return host.System{
		Name:     "calendar",
		Title:    lang.T("工作日历", "Working calendar"),
		Icon:     "book",
		Common:   true,
		Sections: []string{"3.3.1"},
		Owners:   []string{"economy-it"},
		Grants: []identity.Grant{
			{Name: grantRead, Title: lang.T("查看工作日历", "See the working calendar"), Roles: []string{officer, leader, operator, reader}},
			{Name: calendar.GrantEdit, Title: lang.T("录入节假日安排、设置工作时间", "Enter holidays and set working hours"), Roles: []string{officer, leader}},
		},
		Acts:  calendar.Acts(),
		Needs: []string{"journal"},
		Open: func(_ context.Context, h *host.Host) (*host.Opened, error) {
			s := &service{book: h.Calendar, people: h.People, clock: h.Clock}
			return &host.Opened{Routes: s.routes()}, nil
		},
	}
}

// service is the room's pages over the kernel's calendar.
type service struct {
	book   *calendar.Book
	people *identity.Service
	clock  host.Clock
}

func (s *service) routes() []web.Route {
	const edit = calendar.GrantEdit
	return []web.Route{
		{Pattern: "GET /calendar", Grant: grantRead, Page: s.page},
		{Pattern: "GET /calendar/notices", Grant: grantRead, Page: s.pageNotices},
		{Pattern: "POST /calendar/notices", Grant: edit, Form: s.formEnter},
		{Pattern: "POST /calendar/notices/{id}/undo", Grant: edit, Form: s.formUndo},
		{Pattern: "GET /calendar/hours", Grant: grantRead, Page: s.pageHours},
		{Pattern: "POST /calendar/hours", Grant: edit, Form: s.formHours},
		{Pattern: "GET /api/calendar/days", Grant: grantRead, API: s.apiDays},
		{Pattern: "GET /api/calendar/days.csv", Grant: grantRead, API: s.apiCSV},
		{Pattern: "GET /api/calendar/deadline", Grant: grantRead, API: s.apiDeadline},
	}
}
