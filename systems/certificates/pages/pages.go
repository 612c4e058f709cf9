// Package pages shows the certificate authority (电子认证页面): figures, certificates, subjects, applications, lists, authorities, and to
// anybody the check of a certificate; the same as JSON and CSV. It changes nothing but through the parts' verbs.
package pages

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/certificates/bulk"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/register"
	"github.com/haihe-city/haihe/systems/certificates/status"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// The grants of reading and of recovering encryption keys.
const (
	GrantRead    = "certificates.read"
	GrantRecover = "certificates.recover"
)

// The addresses, by which a page says where it stands.
const (
	overview     = "/certificates"
	certificates = "/certificates/list"
	subjects     = "/certificates/subjects"
	applications = "/certificates/applications"
	jobs         = "/certificates/jobs"
	authorities  = "/certificates/authorities"
	recoveries   = "/certificates/recoveries"
	check        = "/certificates/check"
	collect      = "/certificates/collect"
	pageSize     = 50
	mostPublic   = 128 << 10 // bytes that anybody may send: one certificate or request as a file and once more as text, with room to spare
)

// Options are what the pages show.
type Options struct {
	Authority *ca.Authority
	Register  *register.Register
	Bulk      *bulk.Bulk
	Status    *status.Service
	Monitor   *ca.Monitor
	Vault     *trust.Vault
	People    *identity.Service
	Now       func() time.Time
	Shard     int64
}

// Pages are the room's.
type Pages struct{ o Options }

// New makes the pages.
func New(o Options) *Pages { return &Pages{o: o} }

var title = lang.T("电子认证", "Certificate authority")

// Routes are the pages and interfaces.
func (p *Pages) Routes() []web.Route {
	const one, app, job, rec = certificates + "/{serial}", applications + "/{id}", jobs + "/{id}", recoveries + "/{id}"
	return []web.Route{
		{Pattern: "GET " + overview, Grant: GrantRead, Page: p.pageOverview},
		{Pattern: "GET " + certificates, Grant: GrantRead, Page: p.pageList},
		{Pattern: "GET " + one, Grant: GrantRead, Page: p.pageOne},
		{Pattern: "POST " + one + "/revoke", Grant: ca.GrantRevoke, Form: p.formRevoke},
		{Pattern: "POST " + one + "/suspend", Grant: ca.GrantRevoke, Form: p.formSuspend},
		{Pattern: "POST " + one + "/resume", Grant: ca.GrantRevoke, Form: p.formResume},
		{Pattern: "POST " + one + "/recover", Grant: GrantRecover, Form: p.formRecover},
		{Pattern: "GET " + recoveries, Grant: GrantRecover, Page: p.pageRecoveries},
		{Pattern: "POST " + rec + "/allow", Grant: GrantRecover, Form: p.formAllow},
		{Pattern: "POST " + rec + "/refuse", Grant: GrantRecover, Form: p.formRefuseRecovery},
		{Pattern: "POST " + rec + "/deliver", Grant: GrantRecover, Form: p.formDeliver},
		{Pattern: "GET " + subjects, Grant: GrantRead, Page: p.pageSubjects},
		{Pattern: "GET " + applications, Grant: GrantRead, Page: p.pageApplications},
		{Pattern: "GET " + applications + "/new", Grant: register.GrantApply, Page: p.pageApply},
		{Pattern: "POST " + applications + "/new", Grant: register.GrantApply, Form: p.formApply},
		{Pattern: "GET " + app, Grant: GrantRead, Page: p.pageApplication},
		{Pattern: "POST " + app + "/approve", Grant: register.GrantApprove, Form: p.formApprove},
		{Pattern: "POST " + app + "/refuse", Grant: register.GrantApprove, Form: p.formRefuse},
		{Pattern: "GET " + jobs, Grant: GrantRead, Page: p.pageJobs},
		{Pattern: "POST " + jobs, Grant: register.GrantApply, Form: p.formList, MaxBody: 768 << 20},
		{Pattern: "GET " + job, Grant: GrantRead, Page: p.pageJob},
		{Pattern: "POST " + job + "/start", Grant: register.GrantApprove, Form: p.jobVerb(p.o.Bulk.Start)},
		{Pattern: "POST " + job + "/pause", Grant: register.GrantApprove, Form: p.jobVerb(p.o.Bulk.Pause)},
		{Pattern: "POST " + job + "/drop", Grant: register.GrantApply, Form: p.jobVerb(p.o.Bulk.Drop)},
		{Pattern: "GET " + authorities, Grant: GrantRead, Page: p.pageAuthorities},
		{Pattern: "POST " + authorities, Grant: ca.GrantManage, Form: p.formAuthority},
		{Pattern: "POST " + authorities + "/list", Grant: ca.GrantManage, Form: p.formRootList},
		{Pattern: "POST " + authorities + "/{id}/activate", Grant: ca.GrantManage, Form: p.formActivate},
		{Pattern: "GET " + check, Grant: web.Public, Page: p.pageCheck},
		{Pattern: "POST " + check, Grant: web.Public, Form: p.formCheck, MaxBody: mostPublic},
		{Pattern: "GET " + collect, Grant: web.Public, Page: p.pageCollect},
		{Pattern: "POST " + collect, Grant: web.Public, Form: p.formCollect, MaxBody: mostPublic},
		{Pattern: "GET /api/certificates", Grant: GrantRead, API: p.apiOverview},
		{Pattern: "GET /api/certificates/list", Grant: GrantRead, API: p.apiList},
		{Pattern: "GET /api/certificates/list.csv", Grant: GrantRead, API: p.apiCSV},
		{Pattern: "GET /api/certificates/list/{serial}", Grant: GrantRead, API: p.apiOne},
		{Pattern: "GET /api/certificates/list/{serial}/pem", Grant: GrantRead, API: p.apiPEM},
		{Pattern: "GET /api/certificates/applications", Grant: GrantRead, API: p.apiApplications},
		{Pattern: "GET /api/certificates/jobs", Grant: GrantRead, API: p.apiJobs},
		{Pattern: "GET /api/certificates/jobs/{id}/report.csv", Grant: GrantRead, API: p.apiReport},
		{Pattern: "GET /api/certificates/authorities", Grant: GrantRead, API: p.apiAuthorities},
		{Pattern: "GET /api/certificates/authorities/{id}/request", Grant: ca.GrantManage, API: p.apiRequest},
		{Pattern: "GET /api/certificates/check/{serial}", Grant: web.Public, API: p.apiCheck},
	}
}

// page makes a page of the room below a tab.
func page(head lang.Text, tab string, crumbs ...ui.Link) *ui.Page {
	out := &ui.Page{Title: head, Nav: "certificates", Clause: ui.Clause("3.5.5"), Crumbs: append([]ui.Link{{Text: title, Href: overview}}, crumbs...)}
	for _, t := range []ui.Tab{
		{Text: lang.T("总览", "Overview"), Href: overview}, {Text: lang.T("证书", "Certificates"), Href: certificates}, {Text: lang.T("主体", "Subjects"), Href: subjects},
		{Text: lang.T("申请", "Applications"), Href: applications}, {Text: lang.T("批量签发", "Lists"), Href: jobs}, {Text: lang.T("签发机构与吊销列表", "Authorities and lists of revocation"), Href: authorities},
		{Text: lang.T("密钥恢复", "Recovery of keys"), Href: recoveries}, {Text: lang.T("服务器（ACME）", "Servers (ACME)"), Href: "/certificates/acme"}, {Text: lang.T("设备（EST）", "Devices (EST)"), Href: "/certificates/est"}, {Text: lang.T("电子印章", "Seals"), Href: "/certificates/seals"}, {Text: lang.T("证书查验", "Check"), Href: check},
	} {
		t.Current = t.Href == tab
		out.Tabs = append(out.Tabs, t)
	}
	return out
}

// Targets are the plan's three.
func Targets() []string {
	return []string{"certificates-enterprise", "certificates-citizen", "certificates-official"}
}

// Measures counts, by kind, the subjects with exactly one valid certificate over all registered: the index keeps anybody from having two.
func (p *Pages) Measures() (out []host.Measure) {
	for i, kind := range []string{ca.Enterprise, ca.Citizen, ca.Official} {
		out = append(out, host.Measure{Target: Targets()[i], Evidence: subjects + "?kind=" + kind, Measure: func(ctx context.Context) (indicator.Figure, error) {
			part, whole, err := p.share(ctx, kind)
			if err != nil {
				return indicator.Figure{}, err
			}
			f := indicator.Figure{Part: part, Whole: whole, Note: lang.T("登记主体以登记册为准；一人一证由数据库唯一索引保证", "registered subjects are those of the register; a unique index keeps everyone to one")}
			if whole > 0 {
				f.Value = 100 * float64(part) / float64(whole)
			}
			return f, nil
		}})
	}
	return out
}

// share gives the subjects of a kind with a valid signing certificate, and all of them.
func (p *Pages) share(ctx context.Context, kind string) (part, whole int64, err error) {
	counts, err := p.o.Authority.Counts(ctx)
	if err != nil {
		return 0, 0, err
	}
	for key, n := range counts {
		if w := strings.Split(key, "/"); len(w) == 4 && w[0] == kind && w[1] == ca.Sign && w[3] == "valid" {
			part += n
		}
	}
	whole, err = p.o.Register.Total(ctx, kind)
	return part, whole, err
}

// Search finds a certificate by its serial number and subjects by their whole name or number.
func (p *Pages) Search(ctx context.Context, who *identity.Principal, q string, limit int) (out []web.Hit, err error) {
	if !who.Can(GrantRead) {
		return nil, nil
	}
	found, _, err := p.o.Authority.List(ctx, ca.Filter{Find: strings.ToLower(q), Limit: limit})
	if err == nil {
		err = p.o.Register.Saw(ctx, who, "search", holders(found), 0)
	}
	for i := range found {
		c := &found[i]
		out = append(out, web.Hit{Kind: lang.T("证书", "Certificate"), Text: lang.Same(c.Name), Sub: lang.Same(c.Serial), Href: certificates + "/" + c.Serial})
	}
	return out, err
}

// stateTag draws a standing.
func stateTag(state int64) *ui.Tag {
	t := &ui.Tag{Text: upper(ca.StateName(state))}
	switch state {
	case ca.Valid:
		t.Status = ui.StatusMet
	case ca.Suspended:
		t.Status = ui.StatusRisk
	case ca.Revoked:
		t.Status = ui.StatusBehind
	}
	return t
}

func upper(t lang.Text) lang.Text {
	if t.En != "" {
		t.En = strings.ToUpper(t.En[:1]) + t.En[1:]
	}
	return t
}

// file reads an upload, or the text beside it.
func file(r *web.Request, limit int64) ([]byte, error) {
	if f, _, err := r.HTTP.FormFile("file"); err == nil {
		defer f.Close()
		b, err := io.ReadAll(io.LimitReader(f, limit))
		if err != nil {
			return nil, errs.Wrap("read the file", err)
		}
		if len(b) > 0 {
			return b, nil
		}
	} else if err != http.ErrMissingFile && err != http.ErrNotMultipart {
		return nil, errs.As(errs.Invalid, "read the file", err)
	}
	return []byte(strings.TrimSpace(r.Form("text"))), nil
}

// said gives the words of an error that the user can act on.
func said(err error) (lang.Text, bool) {
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) || errs.Is(err, errs.NotFound) || errs.Is(err, errs.Unavailable) || errs.Is(err, errs.TooLarge) || errs.Is(err, errs.Denied) {
		return errs.MsgOf(err)
	}
	return lang.Text{}, false
}

func choice(all lang.Text, list ...ui.Option) []ui.Option {
	return append([]ui.Option{{Text: all}}, list...)
}

func kindOptions(kinds ...string) (out []ui.Option) {
	for _, k := range kinds {
		out = append(out, ui.Option{Value: k, Text: ca.KindName(k)})
	}
	return out
}

func allKinds() (out []string) {
	for _, x := range ca.Profiles() {
		out = append(out, x.Kind)
	}
	return out
}
