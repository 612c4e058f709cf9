package plan

import (
	"context"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
)

// grantRead lets somebody read the plan's pages and exports; the other two are kernel/indicator's, which asks for them.
const grantRead = "plan.read"

// System declares plan governance.
func System() host.System {
	return host.System{
		Name:     "plan",
		Title:    lang.T("行动方案督办", "Plan governance"),
		Icon:     "gauge",
		Sections: []string{"1.3", "4"},
		Owners:   []string{"economy-it"},
		Grants: []identity.Grant{
			{Name: grantRead, Title: lang.T("查看行动方案进度", "Read how the action plan stands"), Roles: []string{
				identity.RoleSystem, identity.RoleSecurity, identity.RoleAudit, identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader}},
			{Name: indicator.GrantSubmit, Title: lang.T("填报指标数据", "Submit figures of targets"), Roles: []string{identity.RoleOfficer}},
			{Name: indicator.GrantApprove, Title: lang.T("审核指标填报", "Decide on submitted figures"), Roles: []string{identity.RoleLeader}},
		},
		Needs: []string{"indicator"},
		Open:  open,
	}
}

func open(ctx context.Context, h *host.Host) (*host.Opened, error) {
	s := newService(h)
	if err := s.seed(ctx); err != nil {
		return nil, err
	}
	h.Indicators.Failing(s.failing)
	stop := h.Indicators.Watch(s.heard)
	topics := []web.Topic{{Name: topicAll, Grant: grantRead}}
	for _, t := range s.plan.Targets {
		topics = append(topics, web.Topic{Name: topicOf(t.ID), Grant: grantRead})
	}
	return &host.Opened{
		Routes: s.routes(),
		Topics: topics,
		Jobs:   []host.Job{{Name: "live", Run: s.live}},
		Search: s.search,
		Close: func(context.Context) error {
			stop()
			h.Indicators.Failing(nil)
			return nil
		},
	}, nil
}

func (s *service) routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /plan", Grant: grantRead, Page: s.pageOverview},
		{Pattern: "GET /plan/{area}", Grant: grantRead, Page: s.pageArea},
		{Pattern: "GET /plan/target/{id}", Grant: grantRead, Page: s.pageTarget},
		{Pattern: "GET /plan/units", Grant: grantRead, Page: s.pageUnits},
		{Pattern: "GET /plan/unit/{id}", Grant: grantRead, Page: s.pageUnit},
		{Pattern: "GET /plan/sums", Grant: grantRead, Page: s.pageSums},
		{Pattern: "GET /plan/data", Grant: grantRead, Page: s.pageData},
		{Pattern: "GET /plan/reports", Grant: grantRead, Page: s.pageReports},
		{Pattern: "GET /plan/report/{id}", Grant: grantRead, Page: s.pageReport},
		{Pattern: "GET /plan/target/{id}/report", Grant: indicator.GrantSubmit, Page: s.pageSubmit},
		{Pattern: "POST /plan/target/{id}/report", Grant: indicator.GrantSubmit, Form: s.formSubmit},
		{Pattern: "POST /plan/report/{id}", Grant: indicator.GrantApprove, Form: s.formDecide},

		{Pattern: "GET /api/plan/targets", Grant: grantRead, API: s.apiTargets},
		{Pattern: "GET /api/plan/targets.csv", Grant: grantRead, API: s.apiTargetsCSV},
		{Pattern: "GET /api/plan/targets/{id}", Grant: grantRead, API: s.apiTarget},
		{Pattern: "GET /api/plan/targets/{id}/history", Grant: grantRead, API: s.apiHistory},
		{Pattern: "GET /api/plan/targets/{id}/history.csv", Grant: grantRead, API: s.apiHistoryCSV},
		{Pattern: "GET /api/plan/sdmx", Grant: grantRead, API: s.apiSDMX},
		{Pattern: "GET /api/plan/sums", Grant: grantRead, API: s.apiSums},
		{Pattern: "GET /api/plan/calendar.ics", Grant: grantRead, API: s.apiCalendar},
		{Pattern: "GET /api/plan/reports", Grant: grantRead, API: s.apiReports},
		{Pattern: "POST /api/plan/targets/{id}/reports", Grant: indicator.GrantSubmit, API: s.apiSubmit},
		{Pattern: "POST /api/plan/reports/{id}/decision", Grant: indicator.GrantApprove, API: s.apiDecide},
	}
}
