package city

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var source = lang.T("城市信息资源", "City context")

// pageSize is how many rows a list shows.
const pageSize = 50

func (s *service) routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /city", Grant: grantRead, Page: s.pageTypes},
		{Pattern: "GET /city/entities", Grant: grantRead, Page: s.pageEntities},
		{Pattern: "GET /city/entity", Grant: grantRead, Page: s.pageEntity},
		{Pattern: "GET /city/subscriptions", Grant: grantRead, Page: s.pageSubscriptions},
		{Pattern: "GET /city/subscription", Grant: grantRead, Page: s.pageSubscription},
		{Pattern: "POST /city/subscription", Grant: grantSubscribe, Form: s.formSubscription},
		{Pattern: "GET /city/contexts", Grant: grantRead, Page: s.pageContexts},
		{Pattern: "GET /city/devices", Grant: grantRead, Page: s.pageDevices},
		{Pattern: "GET /city/try", Grant: grantRead, Page: s.pageOps},
		{Pattern: "GET /city/try/{op}", Grant: grantRead, Page: s.pageTry},
		{Pattern: "POST /city/try/{op}", Grant: grantRead, Form: s.formTry, MaxBody: 2 << 20},
		{Pattern: "GET /api/city/entities.csv", Grant: grantRead, API: s.apiEntitiesCSV},
		{Pattern: "GET /api/city/entities.jsonld", Grant: grantRead, API: s.apiEntitiesLD},
	}
}

// page begins a page of this room.
func (s *service) page(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page {
	p := &ui.Page{Title: title, Nav: "city", Crumbs: append([]ui.Link{{Text: lang.T("城市系统", "City systems"), Href: "/systems"}, {Text: source, Href: "/city"}}, crumbs...)}
	for _, t := range []ui.Tab{
		{Text: lang.T("实体类型", "Types"), Href: "/city"},
		{Text: lang.T("实体", "Entities"), Href: "/city/entities"},
		{Text: lang.T("订阅与通知", "Subscriptions"), Href: "/city/subscriptions"},
		{Text: lang.T("设备接入", "Devices"), Href: "/city/devices"},
		{Text: lang.Same("@context"), Href: "/city/contexts"},
		{Text: lang.T("接口试用", "Try the API"), Href: "/city/try"},
	} {
		t.Current = t.Href == tab
		p.Tabs = append(p.Tabs, t)
	}
	return p
}

// tenant reads the tenant of a page, and whether who reads may see it.
func (s *service) tenant(r *web.Request) (string, error) {
	t := r.Query("tenant")
	return t, s.allowGrant(r.Who, t, grantRead)
}

// tenants are the tenants that who reads may choose from, the common context first.
func (s *service) tenants(r *web.Request) ([]ui.Option, error) {
	out := []ui.Option{{Value: "", Text: lang.T("公共上下文", "Common context")}}
	known, err := s.entities.Tenants(r.Context())
	if err != nil {
		return nil, err
	}
	for _, t := range known {
		if t != "" && s.allowTenant(r.Who, t) == nil {
			out = append(out, ui.Option{Value: t, Text: s.host.People.UnitName(t)})
		}
	}
	return out, nil
}

// tenantFilter is the choice of a tenant; nil where there is none to make.
func (s *service) tenantFilter(r *web.Request) ([]ui.Field, error) {
	options, err := s.tenants(r)
	if err != nil || len(options) < 2 {
		return nil, err
	}
	return []ui.Field{{Name: "tenant", Kind: "select", Label: lang.T("租户", "Tenant"), Value: r.Query("tenant"), Options: options}}, nil
}

// keep collects query parameters that are there.
func keep(r *web.Request, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		if v := r.Query(n); v != "" {
			out[n] = v
		}
	}
	return out
}

// link writes a path with parameters: link("/city/entity", "id", id, "tenant", ""); empty values are left out.
func link(path string, pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// entityLink leads to an entity's page.
func entityLink(tenant, id string) string { return link("/city/entity", "id", id, "tenant", tenant) }

// clip shortens what a page repeats.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// answer is what the standard's interface said to a page.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// call asks the standard's interface in the name of who reads a page, without leaving the program. target is a path with its query
// below the prefix.
func (s *service) call(ctx context.Context, who *identity.Principal, l lang.Lang, method, target, tenant string, header http.Header, body string) (*answer, error) {
	u, err := url.Parse(prefix + target)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "网址有误", "the address is wrong")
	}
	r, err := http.NewRequestWithContext(context.WithValue(ctx, asKey{}, who), method, u.String(), strings.NewReader(body))
	if err != nil {
		return nil, errs.As(errs.Invalid, "make the request", err)
	}
	for k, v := range header {
		r.Header[k] = v
	}
	r.Header.Set("Accept-Language", string(l))
	if tenant != "" {
		r.Header.Set("NGSILD-Tenant", tenant)
	}
	r.RequestURI, r.Host, r.RemoteAddr = u.RequestURI(), "localhost", "console"
	a := &answer{header: http.Header{}}
	s.handler.ServeHTTP(a, r)
	return a, nil
}

// failure reads a problem of the standard's interface as an error of a page.
func (a *answer) failure() error {
	if a.status < 400 {
		return nil
	}
	var p struct{ Title, Detail string }
	_ = json.Unmarshal(a.body.Bytes(), &p) // without words the status stands alone
	kind := map[int]errs.Kind{400: errs.Invalid, 401: errs.Unauthenticated, 403: errs.Denied, 404: errs.NotFound, 409: errs.Conflict, 503: errs.Busy}[a.status]
	text := lang.Same(p.Detail)
	if p.Detail == "" {
		text = lang.Same(p.Title)
	}
	return &errs.Error{Kind: kind, Op: "ask the city context", Msg: text}
}

// search finds entities by their id; a part of an id would mean a walk over all of them.
func (s *service) search(ctx context.Context, who *identity.Principal, q string, _ int) ([]web.Hit, error) {
	if !strings.Contains(q, ":") {
		return nil, nil
	}
	var out []web.Hit
	for _, t := range []string{"", who.Unit} {
		if s.allowGrant(who, t, grantRead) != nil || t == "" && len(out) > 0 {
			continue
		}
		e, err := s.entities.Find(ctx, entity.Key{Tenant: t, ID: q})
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, web.Hit{Kind: lang.T("实体", "Entity"), Text: lang.Same(e.ID), Sub: lang.Same(strings.Join(e.Types, ", ")), Href: entityLink(t, e.ID)})
	}
	return out, nil
}

// said gives the words of a failure for a page.
func said(err error) lang.Text {
	if msg, ok := errs.MsgOf(err); ok {
		return msg
	}
	return lang.Same(clip(err.Error(), 200))
}
