package duty

import (
	"context"
	"slices"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/duty/alarms"
	"github.com/haihe-city/haihe/systems/duty/cases"
	"github.com/haihe-city/haihe/systems/duty/notices"
	"github.com/haihe-city/haihe/systems/duty/performance"
	"github.com/haihe-city/haihe/systems/duty/rules"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// System declares the duty desk.
func System() host.System {
	officer, leader, operator, reader := identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader
	return host.System{
		Name:     "duty",
		Title:    lang.T("值班台", "Duty desk"),
		Icon:     "bell",
		Common:   true,
		Sections: []string{"3.3.5"},
		Owners:   []string{"work-safety", "emergency-office"},
		Grants: append([]identity.Grant{
			{Name: alarm.GrantRead, Title: lang.T("查看告警", "See alarms"), Roles: []string{officer, leader, operator, reader}},
			{Name: alarm.GrantAck, Title: lang.T("确认、搁置、备注告警", "Acknowledge, shelve and remark on alarms"), Roles: []string{officer, leader, operator}},
			{Name: alarm.GrantHold, Title: lang.T("申请和批准退出告警", "Ask for and approve alarms out of service"), Roles: []string{officer, leader}},
			{Name: rule.GrantRead, Title: lang.T("查看告警规则", "See the rules of alarms"), Roles: []string{officer, leader, operator, reader}},
			{Name: rule.GrantEdit, Title: lang.T("编写和试运行告警规则", "Write and try rules of alarms"), Roles: []string{officer, leader}},
			{Name: rule.GrantLive, Title: lang.T("启用和停用告警规则", "Let rules of alarms go live, retire them"), Roles: []string{officer, leader}},
		}, notices.Grants()...),
		Acts:  slices.Concat(alarm.Acts(), rule.Acts(), casework.Acts(), notice.Acts()),
		Needs: []string{"journal"},
		Open:  open,
	}
}

// tabs are the pages of the desk: a part adds a line.
var tabs = []ui.Link{
	{Text: lang.T("告警", "Alarms"), Href: "/duty/alarms"},
	{Text: lang.T("案件", "Cases"), Href: cases.Path},
	{Text: lang.T("通知", "Notices"), Href: notices.Path},
	{Text: lang.T("告警规则", "Rules"), Href: "/duty/rules"},
	{Text: lang.T("告警绩效", "Performance"), Href: "/duty/performance"},
}

// open joins the parts: each has a New, and gives its Routes, Jobs and Topics.
func open(_ context.Context, h *host.Host) (*host.Opened, error) {
	city, err := watchCity(h)
	if err != nil {
		return nil, err
	}
	a, r, f := alarms.New(h, page), rules.New(h, page), performance.New(h, page)
	c, n := cases.New(h, page), notices.New(h, page)
	return &host.Opened{
		Routes: slices.Concat(a.Routes(), r.Routes(), f.Routes(), c.Routes(), n.Routes()),
		Mounts: []web.Mount{n.Mount(), n.Worker()},
		Own:    n.Own(),
		Search: c.Search,
		Topics: []web.Topic{{Name: alarms.Topic, Grant: alarm.GrantRead}, {Name: cases.Topic}},
		Jobs:   []host.Job{{Name: "alarms", Run: a.Live}, {Name: "trials", Run: r.Run}, {Name: "city-rules", Every: time.Second, Run: city.tick}},
		Close:  func(context.Context) error { city.unhook(); a.Close(); c.Close(); return nil },
	}, nil
}

// page makes a page of the desk: its title, the tab that it stands under, and the crumbs behind the room's.
func page(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page {
	p := &ui.Page{Title: title, Nav: "duty", Crumbs: append([]ui.Link{{Text: lang.T("值班台", "Duty desk"), Href: "/duty"}}, crumbs...)}
	for _, t := range tabs {
		p.Tabs = append(p.Tabs, ui.Tab{Text: t.Text, Href: t.Href, Current: t.Href == tab})
	}
	return p
}
