package certificates

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/certificates/bulk"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/logs"
	"github.com/haihe-city/haihe/systems/certificates/pages"
	"github.com/haihe-city/haihe/systems/certificates/register"
	"github.com/haihe-city/haihe/systems/certificates/status"
	"github.com/haihe-city/haihe/wire/note"
)

// Config is the [certificates] section.
type Config struct {
	Address      string `toml:"address" doc:"状态查询地址（证书中写明，须为检验方可达的 http 地址，以 /pki 结尾）；留空则证书中不写 / address of status services as it stands in certificates: http, reachable for checkers, ends in /pki; empty: none is written"`
	Province     string `toml:"province" doc:"证书主体名称中的省级行政区 / province in the names of certificates"`
	Locality     string `toml:"locality" doc:"证书主体名称中的城市 / locality in the names of certificates"`
	Organization string `toml:"organization" doc:"签发机构名称中的单位 / organization in the names of the authorities"`
	PolicyArc    string `toml:"policy_arc" doc:"证书策略标识的上级节点；默认 2.999 为示例专用，正式运行须改为本市申请的标识 / arc of the certificate policies; the default 2.999 is the arc for examples, a city sets its own"`
	Statement    string `toml:"statement" doc:"电子认证业务规则（CPS）的网址 / address of the certification practice statement"`
	Shard        int    `toml:"shard" min:"1000" max:"1000000" doc:"吊销列表每个分片的证书数 / certificates to a part of a revocation list"`
	LogOrigin    string `toml:"log_origin" doc:"签发日志的来源标识，启用后不可更改 / origin of the log of issuance; it cannot be changed later"`
	Demo         bool   `toml:"demo" doc:"演示：自建演示根和签发机构，并签发若干示例证书；不得用于正式环境 / demonstration: makes a demo root, authorities below it and some certificates; never for real use"`

	Parts Parts `toml:"parts" doc:"协议与服务 / protocols and services"`
}

var (
	addressForm = regexp.MustCompile(`^(https?://[^\s/]+(/[^\s]*)?/pki)?$`)
	arcForm     = regexp.MustCompile(`^([0-2](\.[0-9]{1,9}){1,15})?$`)
)

// owners are the authority's own units.
func owners() []string { return []string{"economy-it", "public-security", "crypto-admin"} }

// System declares the certificate authority.
func System() host.System {
	conf := &Config{Address: "http://127.0.0.1:8080/pki", Province: "天津市", Locality: "天津市", Organization: "城市电子认证中心", PolicyArc: "2.999.1", Shard: 100_000, LogOrigin: "haihe.example/certificates", Parts: partDefaults()}
	officer, leader, operator, reader := identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader
	return host.System{
		Name:     "certificates",
		Title:    lang.T("电子认证", "Certificate authority"),
		Icon:     "card",
		Sections: []string{"3.5.5", "3.5.3"},
		Owners:   owners(),
		Grants: slices.Concat([]identity.Grant{
			{Name: pages.GrantRead, Title: lang.T("查看证书和签发统计", "See certificates and figures of issue"), Roles: []string{officer, leader, operator, reader, identity.RoleSecurity}},
			{Name: register.GrantApply, Title: lang.T("登记主体、提交证书申请和名单", "Enter subjects, apply for certificates and hand in lists"), Roles: []string{officer}},
			{Name: register.GrantApprove, Title: lang.T("审批证书申请、启动批量签发", "Decide applications and start lists"), Roles: []string{leader}},
			{Name: ca.GrantRevoke, Title: lang.T("吊销、冻结和恢复证书", "Revoke certificates, put them on hold and lift it"), Roles: []string{officer, leader}},
			{Name: ca.GrantManage, Title: lang.T("建立签发机构、更新根的吊销列表", "Make authorities and bring roots' revocation lists"), Roles: []string{leader}},
			{Name: pages.GrantRecover, Title: lang.T("申请和批准恢复加密密钥", "Ask for and allow the recovery of encryption keys"), Roles: []string{officer, leader}},
		}, partGrants()),
		Acts:       slices.Concat(acts(), partActs()),
		Needs:      []string{"journal", "indicator"},
		Config:     conf,
		Indicators: pages.Targets(),
		Open:       func(ctx context.Context, h *host.Host) (*host.Opened, error) { return open(ctx, h, conf) },
	}
}

func acts() []journal.Word {
	return []journal.Word{
		{Verb: "certificate.authority-request", Title: lang.T("建立签发机构密钥", "Made an authority's key")},
		{Verb: "certificate.authority-up", Title: lang.T("启用签发机构", "Brought an authority into service")},
		{Verb: "certificate.root-list", Title: lang.T("更新根的吊销列表", "Brought a root's revocation list")},
		{Verb: "certificate.issue", Title: lang.T("签发证书", "Issued a certificate")},
		{Verb: "certificate.issue-many", Title: lang.T("批量签发证书", "Issued certificates from a list")},
		{Verb: "certificate.revoke", Title: lang.T("吊销证书", "Revoked a certificate")},
		{Verb: "certificate.suspend", Title: lang.T("冻结证书", "Put a certificate on hold")},
		{Verb: "certificate.resume", Title: lang.T("恢复证书", "Lifted a certificate's hold")},
		{Verb: "certificate.expire", Title: lang.T("证书到期", "Certificates ended")},
		{Verb: "certificate.outside-log", Title: lang.T("发现与签发日志不符的证书", "Found a certificate outside the log")},
		{Verb: "certificate.apply", Title: lang.T("提交证书申请", "Applied for a certificate")},
		{Verb: "certificate.approve", Title: lang.T("批准证书申请", "Approved an application for a certificate")},
		{Verb: "certificate.refuse", Title: lang.T("不予批准证书申请", "Refused an application for a certificate")},
		{Verb: "certificate.read-personal", Title: lang.T("查看持证人姓名", "Was shown holders' names")},
		{Verb: "certificate.list", Title: lang.T("提交签发名单", "Handed in a list to issue from")},
		{Verb: "certificate.list-start", Title: lang.T("启动批量签发", "Started a list")},
		{Verb: "certificate.list-pause", Title: lang.T("暂停批量签发", "Paused a list")},
		{Verb: "certificate.list-drop", Title: lang.T("放弃签发名单", "Dropped a list")},
		{Verb: "certificate.list-done", Title: lang.T("批量签发完成", "Finished a list")},
	}
}

// settings turns the section into what the authority works with.
func (c *Config) settings() (ca.Settings, error) {
	if !addressForm.MatchString(c.Address) {
		return ca.Settings{}, errs.Say(errs.Invalid, "[certificates] address 应为以 /pki 结尾的 http 地址", "[certificates] address is to be an http address that ends in /pki")
	}
	if !arcForm.MatchString(c.PolicyArc) {
		return ca.Settings{}, errs.Say(errs.Invalid, "[certificates] policy_arc 应为点分数字，如 2.999.1", "[certificates] policy_arc is to be numbers and dots, as 2.999.1")
	}
	s := ca.Settings{Address: c.Address, Province: c.Province, Locality: c.Locality, Organization: c.Organization, Statement: c.Statement, Shard: int64(c.Shard)}
	for _, n := range strings.FieldsFunc(c.PolicyArc, func(r rune) bool { return r == '.' }) {
		i, err := strconv.Atoi(n)
		if err != nil {
			return s, errs.As(errs.Invalid, "read policy_arc", err)
		}
		s.PolicyArc = append(s.PolicyArc, i)
	}
	return s, nil
}

// logKey is the key that signs the log's checkpoints: ECDSA, since every verifier of C2SP notes knows it.
func logKey(ctx context.Context, h *host.Host, origin string) (tiles.Signer, error) {
	k, err := h.Trust.Ensure(ctx, identity.System("certificates"), trust.Spec{Name: "certificates-log", Purpose: "checkpoints", Algorithm: pki.ECDSA})
	if err != nil {
		return tiles.Signer{}, err
	}
	nk, err := note.NewKey(origin, note.ECDSA, k.Public)
	if err != nil {
		return tiles.Signer{}, err
	}
	return tiles.Signer{Key: nk, Sign: func(ctx context.Context, message []byte) ([]byte, error) {
		s, err := h.Trust.Signer(ctx, k.ID)
		if err != nil {
			return nil, err
		}
		return s.SignMessage(message)
	}}, nil
}

// room is the parts of the room that stand on one another.
type room struct {
	authority *ca.Authority
	register  *register.Register
	bulk      *bulk.Bulk
	status    *status.Service
	monitor   *ca.Monitor
	log       *tiles.Log
	keys      *logs.Service
}

func build(ctx context.Context, h *host.Host, conf *Config) (*room, error) {
	settings, err := conf.settings()
	if err != nil {
		return nil, err
	}
	key, err := logKey(ctx, h, conf.LogOrigin)
	if err != nil {
		return nil, errs.Wrap("open the log's key", err)
	}
	all, err := tiles.Open(ctx, h.DB, h.Wall)
	if err != nil {
		return nil, err
	}
	r := &room{}
	if r.log, err = all.Log(ctx, tiles.Options{Name: "certificates", Origin: conf.LogOrigin, Signers: []tiles.Signer{key}}); err != nil {
		return nil, err
	}
	if r.authority, err = ca.Open(ctx, ca.Options{DB: h.DB, Journal: h.Journal, Vault: h.Trust, Log: r.log, Now: h.Clock.Now, Settings: settings}); err != nil {
		return nil, err
	}
	if r.register, err = register.New(ctx, register.Options{DB: h.DB, Journal: h.Journal, Vault: h.Trust, Now: h.Clock.Now, Issue: r.authority.Issue, Wide: owners()}); err != nil {
		return nil, err
	}
	if r.bulk, err = bulk.New(ctx, bulk.Options{DB: h.DB, Journal: h.Journal, Now: h.Clock.Now, Wall: h.Wall, Register: r.register, Issue: r.authority.IssueAll}); err != nil {
		return nil, err
	}
	r.status, err = status.New(ctx, status.Options{DB: h.DB, Authority: r.authority, Now: h.Clock.Now, Shard: settings.Shard})
	r.monitor = ca.NewMonitor(r.authority)
	r.keys = logs.New(logs.Options{Logs: all, Now: h.Clock.Now, Issue: r.authority.Issue, Of: r.authority.Of, Get: r.authority.Get, Roots: r.authority.Roots, List: r.status.Bytes})
	return r, err
}

func open(ctx context.Context, h *host.Host, conf *Config) (*host.Opened, error) {
	r, err := build(ctx, h, conf)
	if err != nil {
		return nil, err
	}
	if conf.Demo {
		if err := r.demonstrate(ctx); err != nil {
			return nil, errs.Wrap("make the demonstration's certificates", err)
		}
	}
	p := pages.New(pages.Options{Authority: r.authority, Register: r.register, Bulk: r.bulk, Status: r.status, Monitor: r.monitor, Vault: h.Trust, People: h.People, Now: h.Clock.Now, Shard: int64(conf.Shard)})
	out := &host.Opened{Routes: p.Routes(), Mounts: r.status.Mounts(), Measures: p.Measures(), Search: p.Search, Certified: r.authority.Holder, Stands: r.authority.Stands, Health: r.health,
		Jobs: append(r.status.Jobs(),
			host.Job{Name: "expire", Every: time.Minute, Run: r.authority.Expire},
			host.Job{Name: "responders", Every: time.Hour, Run: r.authority.RenewResponders},
			host.Job{Name: "bulk", Every: time.Second, Run: r.bulk.Work},
			host.Job{Name: "applications", Every: time.Minute, Run: r.register.Finish},
			host.Job{Name: "checkpoints", Every: 2 * time.Second, Run: r.checkpoint},
			host.Job{Name: "logs", Every: time.Minute, Run: r.keys.Run},
			host.Job{Name: "monitor", Every: time.Minute, Run: r.monitor.Run})}
	list, err := parts(ctx, h, r.authority, &conf.Parts)
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		out.Routes, out.Mounts, out.Jobs = append(out.Routes, x.routes...), append(out.Mounts, x.mounts...), append(out.Jobs, x.jobs...)
		out.Shown = append(out.Shown, x.shown...)
	}
	out.Close = func(ctx context.Context) (err error) {
		for _, x := range list {
			if x.close != nil && err == nil {
				err = x.close(ctx)
			}
		}
		return err
	}
	return out, nil
}

// checkpoint signs the log where it has grown.
func (r *room) checkpoint(ctx context.Context) error {
	_, err := r.log.Checkpoint(ctx)
	if errs.Is(err, errs.NotFound) {
		return nil // nothing has been issued yet
	}
	return err
}

// health says where a certificate lies outside the log: that is the gravest thing that can happen here.
func (r *room) health(context.Context) error {
	if faults, _ := r.monitor.Faults(); len(faults) > 0 {
		return errs.Say(errs.Conflict, "有 %d 张证书与签发日志不符", "%d certificates do not agree with the log", len(faults))
	}
	return nil
}
