package safety

import (
	"context"
	"embed"
	"slices"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/early"
	"github.com/haihe-city/haihe/systems/safety/feed"
	"github.com/haihe-city/haihe/systems/safety/inspect"
	"github.com/haihe-city/haihe/systems/safety/pages"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/systems/safety/register/file"
)

//go:embed schema/*.json
var schemas embed.FS

// Config is the [safety] section.
type Config struct {
	InventoryDays int `toml:"inventory_days" min:"30" max:"3650" doc:"危险化学品数量、周边人口超过多少天未更新即标为过期（默认三年，同重大危险源重新评估的期限） / days after which quantities of substances and counts of people are marked stale; by default the three years after which a major hazard is assessed anew"`
	KeepDays      int `toml:"keep_days" min:"30" max:"3650" doc:"原始读数保存天数；更早的按 10 分钟汇总保存 / days that single readings are kept; what is older is kept as sums of ten minutes"`

	EarlyWindow int `toml:"early_window_hours" min:"6" max:"744" doc:"统计预警定期训练所用的时段，小时 / hours from which the early warning learns by schedule"`
	EarlyRenew  int `toml:"early_renew_days" min:"0" max:"3650" doc:"统计预警多少天后重新训练，0 为只由人工训练 / days after which the early warning learns anew; 0: only people teach it anew"`

	Feeds feed.Config `toml:"feeds" doc:"企业接入 / the feeds of plants"`
}

// System declares the monitoring of work safety.
func System() host.System {
	conf := &Config{KeepDays: 92, InventoryDays: 1095, EarlyWindow: 72, EarlyRenew: 30, Feeds: feed.Defaults()}
	officer, leader, operator, reader := identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader
	return host.System{
		Name:     "safety",
		Title:    lang.T("安全生产监控", "Work safety"),
		Icon:     "shield",
		Sections: []string{"3.3.5"},
		Owners:   []string{register.Owner},
		Models:   schemas,
		Grants: slices.Concat([]identity.Grant{
			{Name: pages.GrantRead, Title: lang.T("查看企业和监测数据", "See plants and what they report"), Roles: []string{officer, leader, operator, reader}},
			{Name: register.GrantEdit, Title: lang.T("修改企业台账", "Change the register of plants"), Roles: []string{officer, leader}},
			{Name: register.GrantImport, Title: lang.T("导入企业台账", "Import the register of plants"), Roles: []string{officer, leader}},
			{Name: early.GrantEdit, Title: lang.T("训练和评定统计预警", "Teach and judge early warnings"), Roles: []string{officer, leader}},
		}, inspect.Grants()),
		Kinds:      []casework.Kind{inspect.Kind()},
		Acts:       slices.Concat(register.Acts(), early.Acts(), inspect.Acts()),
		Needs:      []string{"entity", "series", "journal", "indicator"},
		Config:     conf,
		Imports:    file.Imports(),
		Indicators: []string{pages.Targets[register.Chemical], pages.Targets[register.Metallurgy], pages.Targets[register.Fireworks]},
		Open:       func(ctx context.Context, h *host.Host) (*host.Opened, error) { return open(ctx, h, *conf) },
	}
}

func open(ctx context.Context, h *host.Host, conf Config) (*host.Opened, error) {
	s, err := newService(ctx, h, conf)
	if err != nil {
		return nil, err
	}
	return s.join(ctx, conf)
}

// join opens the parts of the room and says what they offer.
func (s *service) join(ctx context.Context, conf Config) (*host.Opened, error) {
	if err := s.openEarly(ctx, conf); err != nil {
		return nil, err
	}
	if err := s.openInspect(ctx); err != nil {
		return nil, err
	}
	s.pages.Beside(s.early.Beside)
	if err := s.openFeeds(ctx, conf.Feeds); err != nil {
		return nil, err
	}
	s.pages.Beside(s.frames)
	return &host.Opened{
		Routes:   slices.Concat(s.pages.Routes(), s.early.Routes(), s.inspect.Routes(), s.feeds.Routes(pages.GrantRead, pages.Page)),
		Topics:   pages.Topics(),
		Jobs:     slices.Concat(s.jobs(), s.early.Jobs(), s.inspect.Jobs(), s.feeds.Jobs()),
		Measures: s.pages.Measures(),
		Search:   s.pages.Search,
		Feeds:    append(s.feeds.Host(), host.Feed{Name: "intake", Run: s.intake.Run}),
		Watched:  s.watched(),
		Import:   file.Funcs(s.register, s.changed),
		Health:   s.health,
		Close:    s.feeds.Close,
	}, nil
}
