package sharing

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/apply"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/catalogue"
	"github.com/haihe-city/haihe/systems/sharing/overview"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/serve"
	"github.com/haihe-city/haihe/systems/sharing/source"
	"github.com/haihe-city/haihe/web"
)

// Settings are what the administrator says of where data may come from, and how much at once.
type Settings struct {
	Files     string   `toml:"files" doc:"文件型资源所在目录，留空不提供 / folder of the files that are shared; empty: none"`
	Upstreams []string `toml:"upstreams" doc:"允许调用的上游接口，写作 https://主机:端口 / upstreams that may be called, as https://host:port"`
	Databases []string `toml:"databases" doc:"只读接入的 PostgreSQL，写作 名称=连接串 / PostgreSQL databases to be read, as name=connection string"`
	Seconds   int      `toml:"source_seconds" doc:"数据源应答时限（秒） / seconds that a source may take" min:"1" max:"120"`
	KiB       int      `toml:"answer_kib" doc:"一次应答的上限（KiB） / bound of an answer, in KiB" min:"16" max:"32768"`
	PerMinute int64    `toml:"per_minute" doc:"无授权约定时，一个单位对一项资源每分钟的调用次数 / calls a minute of a unit for a resource, where no grant says it" min:"1" max:"600000"`
	PerDay    int64    `toml:"per_day" doc:"同上，每日 / the same, a day" min:"1" max:"50000000"`
	Nodes     Config   `toml:"nodes" doc:"节点之间的交换 / exchange between nodes"`
	Samples   bool     `toml:"samples" doc:"登记本平台自有资源并模拟单位调用，供演示 / register the platform's own resources and let units call, for a demonstration"`
}

// System declares the exchange of government data.
func System() host.System {
	settings := &Settings{Seconds: 10, KiB: 8192, PerMinute: 600, PerDay: 100_000, Nodes: *defaults()}
	officer, leader, operator, reader := identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader
	return host.System{
		Name:     "sharing",
		Title:    page.Title,
		Icon:     "swap",
		Sections: []string{"3.3.2"},
		Owners:   []string{"economy-it"},
		Grants: slices.Concat([]identity.Grant{
			{Name: page.GrantRead, Title: lang.T("查看资源目录与本单位的共享", "See the catalogue, and what one's own unit shares"), Roles: []string{officer, leader, operator, reader, identity.RoleSecurity}},
			{Name: page.GrantOffer, Title: lang.T("编制、发布、撤回本单位信息资源", "Describe, publish and withdraw one's unit's resources"), Roles: []string{officer, leader}},
			{Name: page.GrantCall, Title: lang.T("以本单位名义调用共享资源", "Call a shared resource in one's unit's name"), Roles: []string{officer, leader, operator}},
		}, apply.Grants(), overview.Grants(), nodeGrants()),
		Acts:       slices.Concat(catalogue.Acts(), apply.Acts(), serve.Acts(), nodeActs()),
		Needs:      []string{"journal", "indicator"},
		Config:     settings,
		Indicators: []string{overview.SharingRate, overview.DistrictLinks},
		Imports:    []intake.Kind{catalogue.Import()},
		Kinds:      []casework.Kind{apply.Kind()},
		Open:       func(ctx context.Context, h *host.Host) (*host.Opened, error) { return open(ctx, h, *settings) },
	}
}

// room is what the parts make together.
type room struct {
	now       func() time.Time
	catalogue *catalogue.Part
	apply     *apply.Part
	gate      *serve.Part
	board     *overview.Part
}

func open(ctx context.Context, h *host.Host, settings Settings) (*host.Opened, error) {
	wait := time.Duration(settings.Seconds) * time.Second
	sources, err := source.New(source.Options{Entities: h.Entities, Indicators: h.Indicators, Folder: settings.Files, Upstreams: settings.Upstreams, Databases: settings.Databases, Wait: wait})
	if err != nil {
		return nil, err
	}
	out, err := assemble(ctx, h, settings, sources)
	if err != nil {
		return nil, errors.Join(err, sources.Close())
	}
	return out, nil
}

// assemble opens the parts, each handed what stands before it.
func assemble(ctx context.Context, h *host.Host, settings Settings, sources *source.Sources) (*host.Opened, error) {
	s := &room{now: h.Clock.Now}
	moved := func() { // the board is made last
		if s.board != nil {
			s.board.Moved()
		}
	}
	var err error
	if s.catalogue, err = catalogue.New(ctx, catalogue.Options{DB: h.DB, Journal: h.Journal, People: h.People, Sources: sources, Now: s.now, Wall: h.Wall, Changed: moved}); err != nil {
		return nil, err
	}
	if s.apply, err = apply.New(ctx, apply.Options{DB: h.DB, Journal: h.Journal, People: h.People, Cases: h.Duty.Cases, Catalogue: s.catalogue, Now: s.now, Wall: h.Wall}); err != nil {
		return nil, err
	}
	told := func(call.Call, call.Answer, time.Duration) { moved() }
	if s.gate, err = serve.New(ctx, serve.Options{DB: h.DB, Journal: h.Journal, People: h.People, Catalogue: s.catalogue, Apply: s.apply, Sources: sources, Log: h.Log, Now: s.now, Wall: h.Wall,
		Wait: time.Duration(settings.Seconds) * time.Second, Bytes: settings.KiB << 10, PerMinute: settings.PerMinute, PerDay: settings.PerDay}, told); err != nil {
		return nil, err
	}
	n, err := openNodes(ctx, h, settings.Nodes, s.gate.Serve)
	if err != nil {
		return nil, err
	}
	s.board = overview.New(overview.Options{People: h.People, Catalogue: s.catalogue, Gate: s.gate, Links: n.links, Live: h.Live, Now: s.now, Indicators: h.Indicators})
	out := &host.Opened{
		Routes: slices.Concat(s.board.Routes(), s.catalogue.Routes(), s.apply.Routes(), s.gate.Routes(), n.routes),
		Mounts: n.mounts, Topics: []web.Topic{{Name: page.Topic, Grant: page.GrantRead}},
		Jobs: slices.Concat(s.board.Jobs(), n.jobs), Measures: s.board.Measures(), Search: s.board.Search, Own: s.board.Own(),
		Import: map[string]intake.Func{catalogue.Import().Name: s.catalogue.Take},
		Close: func(ctx context.Context) error {
			_, err := s.gate.Flush(ctx)
			if n.close != nil {
				err = errors.Join(err, n.close(ctx))
			}
			return errors.Join(err, sources.Close())
		},
	}
	if settings.Samples {
		if err := s.makeSamples(ctx); err != nil {
			return nil, errors.Join(err, out.Close(ctx))
		}
		out.Jobs = append(out.Jobs, host.Job{Name: "samples", Every: sampleEvery, Run: s.sampleCalls})
	}
	return out, nil
}
