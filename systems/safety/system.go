package safety

import (
	"context"
	"embed"
	"slices"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/systems/safety/register/file"
)

//go:embed schema/*.json
var schemas embed.FS

// Config is the [safety] section.
type Config struct {
	KeepDays int `toml:"keep_days" min:"30" max:"3650" doc:"原始读数保存天数；更早的按 10 分钟汇总保存 / days that single readings are kept; what is older is kept as sums of ten minutes"`
}

// The grants of this room.
const grantRead = "safety.read"

// System declares the monitoring of work safety.
func System() host.System {
	conf := &Config{KeepDays: 92}
	officer, leader, operator, reader := identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader
	return host.System{
		Name:     "safety",
		Title:    lang.T("安全生产监控", "Work safety"),
		Icon:     "shield",
		Sections: []string{"3.3.5"},
		Owners:   []string{register.Owner},
		Models:   schemas,
		Grants: []identity.Grant{
			{Name: grantRead, Title: lang.T("查看企业和监测数据", "See plants and what they report"), Roles: []string{officer, leader, operator, reader}},
			{Name: register.GrantEdit, Title: lang.T("修改企业台账", "Change the register of plants"), Roles: []string{officer, leader}},
			{Name: register.GrantImport, Title: lang.T("导入企业台账", "Import the register of plants"), Roles: []string{officer, leader}},
		},
		Acts:    slices.Concat(register.Acts()),
		Needs:   []string{"entity", "series", "journal", "indicator"},
		Config:  conf,
		Imports: file.Imports(),
		Open:    func(ctx context.Context, h *host.Host) (*host.Opened, error) { return open(ctx, h, *conf) },
	}
}

func open(ctx context.Context, h *host.Host, conf Config) (*host.Opened, error) {
	s, err := newService(ctx, h, conf)
	if err != nil {
		return nil, err
	}
	return &host.Opened{
		Feeds:   []host.Feed{{Name: "intake", Run: s.intake.Run}},
		Watched: s.watched(),
		Import:  file.Funcs(s.register, s.changed),
		Health:  s.health,
	}, nil
}
