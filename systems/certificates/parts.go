package certificates

import (
	"context"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/systems/certificates/acme"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/ending"
	"github.com/haihe-city/haihe/systems/certificates/est"
	"github.com/haihe-city/haihe/systems/certificates/seal"
	"github.com/haihe-city/haihe/web"
)

// part is a protocol or a service beside the register: what the host sees of it.
type part struct {
	routes []web.Route
	mounts []web.Mount
	shown  []web.Mount // at the door of certificates
	jobs   []host.Job
	close  func(context.Context) error
}

// Parts are the sections of the configuration of what stands beside the register; the room's own settings hold them.
type Parts struct {
	ACME acme.Settings `toml:"acme" doc:"服务器证书自动签发（ACME） / certificates for servers (ACME)"`
	EST  est.Settings  `toml:"est" doc:"设备证书注册（EST） / certificates for devices (EST)"`
	Seal seal.Settings `toml:"seal" doc:"电子印章与时间戳 / document seals and time stamps"`
}

// partDefaults are their settings without a file.
func partDefaults() Parts { return Parts{ACME: acme.Defaults(), Seal: seal.Defaults()} }

// partGrants and partActs are what the parts declare besides the room's own.
func partGrants() []identity.Grant { return slices.Concat(acme.Grants(), est.Grants(), seal.Grants()) }

func partActs() []journal.Word {
	return slices.Concat(acme.Acts(), est.Acts(), seal.Acts(), ending.Acts())
}

// parts opens what stands beside the register, one paragraph each. A part is handed the authority's verbs (Issue, Revoke, Status) as
// function values and knows nothing else of the room.
func parts(ctx context.Context, h *host.Host, a *ca.Authority, conf *Parts) (list []part, err error) {
	servers, err := acme.Open(ctx, acme.Options{DB: h.DB, Journal: h.Journal, Vault: h.Trust, Now: h.Clock.Now, Log: h.Log, Settings: conf.ACME, Issue: a.Issue, Revoke: a.Revoke})
	if err != nil {
		return nil, errs.Wrap("open acme", err)
	}
	list = append(list, part{routes: servers.Routes(h.People), mounts: servers.Mounts(), jobs: servers.Jobs()})
	seals, err := seal.Open(ctx, seal.Options{DB: h.DB, Journal: h.Journal, Vault: h.Trust, People: h.People, Now: h.Clock.Now, Log: h.Log, Policy: conf.Seal.Policy, PerMinute: conf.Seal.PerMinute, Wall: h.Wall, Issue: a.Issue, Status: a.Status, Roots: a.Roots})
	if err != nil {
		return nil, errs.Wrap("open seals", err)
	}
	list = append(list, part{routes: seals.Routes(), mounts: seals.Mounts()})
	devices, err := est.Open(ctx, est.Options{DB: h.DB, Journal: h.Journal, Now: h.Clock.Now, Log: h.Log, Settings: conf.EST, Issue: a.Issue, Get: a.Get, Issuers: a.Issuers})
	if err != nil {
		return nil, errs.Wrap("open est", err)
	}
	list = append(list, part{routes: devices.Routes(h.People), mounts: devices.Mounts(), shown: devices.Mounts()}) // a device renews with the certificate that it shows at the door
	ends, err := ending.Open(ctx, ending.Options{DB: h.DB, Journal: h.Journal, Post: h.Duty.Post, People: h.People, Now: h.Clock.Now, Own: owners()[0]})
	if err != nil {
		return nil, errs.Wrap("open warnings of ends", err)
	}
	list = append(list, part{jobs: []host.Job{{Name: "ending", Every: time.Hour, Run: ends.Run}}})
	return list, nil
}
