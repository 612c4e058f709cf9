package duty

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/duty/alarms"
	"github.com/haihe-city/haihe/systems/duty/rules"
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
		Grants: []identity.Grant{
			{Name: alarm.GrantRead, Title: lang.T("查看告警", "See alarms"), Roles: []string{officer, leader, operator, reader}},
			{Name: alarm.GrantAck, Title: lang.T("确认、搁置、备注告警", "Acknowledge, shelve and remark on alarms"), Roles: []string{officer, leader, operator}},
			{Name: alarm.GrantHold, Title: lang.T("申请和批准退出告警", "Ask for and approve alarms out of service"), Roles: []string{officer, leader}},
			{Name: rule.GrantRead, Title: lang.T("查看告警规则", "See the rules of alarms"), Roles: []string{officer, leader, operator, reader}},
			{Name: rule.GrantEdit, Title: lang.T("编写和试运行告警规则", "Write and try rules of alarms"), Roles: []string{officer, leader}},
			{Name: rule.GrantLive, Title: lang.T("启用和停用告警规则", "Let rules of alarms go live, retire them"), Roles: []string{officer, leader}},
		},
		Acts:  slices.Concat(alarm.Acts(), rule.Acts()),
		Needs: []string{"journal"},
		Open:  open,
	}
}

func open(ctx context.Context, h *host.Host) (*host.Opened, error) {
	a, r := alarms.New(h), rules.New(h)
	return &host.Opened{
		Routes: slices.Concat(a.Routes(), r.Routes()),
	}, nil
}
