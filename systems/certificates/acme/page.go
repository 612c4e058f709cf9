package acme

import (
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// page paths, and how many registrations are shown.
const (
	room  = "/certificates"
	path  = "/certificates/acme"
	shown = 500
)

// Grants are what people may do here.
func Grants() []identity.Grant {
	return []identity.Grant{{Name: Grant, Title: lang.T("登记可自动签发服务器证书的单位", "Register units whose servers get certificates by themselves"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}}}
}

// Routes are the officers' page; units names units for it.
func (s *Service) Routes(people *identity.Service) []web.Route {
	p := &pages{s, people}
	return []web.Route{
		{Pattern: "GET " + path, Grant: Grant, Page: p.list},
		{Pattern: "POST " + path, Grant: Grant, Form: p.bind},
		{Pattern: "POST " + path + "/{id}/end", Grant: Grant, Form: p.end},
	}
}

// Mounts is the protocol's own binding.
func (s *Service) Mounts() []web.Mount { return []web.Mount{{Prefix: Prefix, Handler: s}} }

// Jobs is the work behind it.
func (s *Service) Jobs() []host.Job { return []host.Job{{Name: "acme", Run: s.Work}} }

type pages struct {
	s      *Service
	people *identity.Service
}

var title = lang.T("服务器证书自动签发（ACME）", "Certificates for servers (ACME)")

func (p *pages) list(r *web.Request) (*ui.Page, error) {
	return p.show(r, bindForm("", "", lang.Text{}))
}

func (p *pages) show(r *web.Request, form ui.Form) (*ui.Page, error) {
	list, err := p.s.Bindings(r.Context(), shown)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "bindings", Title: lang.T("已登记的单位", "Registered units"), Path: path, Total: int64(len(list)),
		Columns: []ui.Column{{Key: "unit", Text: lang.T("单位", "Unit")}, {Key: "names", Text: lang.T("域名", "Names")}, {Key: "id", Text: lang.T("编号", "Key id")}, {Key: "made", Text: lang.T("登记时间", "Registered")}, {Key: "state", Text: lang.T("状态", "State")}},
		Empty:   lang.T("还没有单位登记", "No unit is registered yet")}
	var ends []ui.Block
	for _, b := range list {
		tag := &ui.Tag{Status: ui.StatusMet, Text: lang.T("有效", "active")}
		if !b.Active {
			tag = &ui.Tag{Status: ui.StatusNone, Text: lang.T("已终止", "ended")}
		}
		unit, names := p.people.UnitName(b.Unit), strings.Join(b.Names, ", ")
		t.Rows = append(t.Rows, ui.Row{ID: "b-" + b.ID, Cells: []ui.Cell{{Text: unit, Strong: true}, {Text: lang.Same(names)}, {Text: lang.Same(b.ID)}, {Text: ui.Moment(b.Made, r.Now)}, {Tag: tag}}})
		if b.Active {
			ends = append(ends, ui.Form{ID: "end-" + b.ID, Title: lang.T("终止："+unit.Zh+"（"+names+"）", "End: "+unit.En+" ("+names+")"), Action: path + "/" + b.ID + "/end", Submit: lang.T("终止", "End"),
				Fields: []ui.Field{{Name: "sure", Kind: "checkbox", Label: lang.T("确认：该单位不能再签发，已签发的证书不受影响", "I am sure: the unit gets no more certificates; those it has stay"), Value: "yes", Required: true}}})
		}
	}
	form.Fields[0].Options = p.units()
	return &ui.Page{Title: title, Nav: "certificates", Crumbs: []ui.Link{{Text: lang.T("电子认证", "Certificate authority"), Href: room}, {Text: title}},
		Lead: lang.T("登记后，单位的服务器用 certbot、lego 等程序自动申请、更新和吊销证书。只有登记的域名及其下级域名可以申请。", "After registration a unit's servers get, renew and revoke certificates by themselves with certbot, lego and the like, for the registered names and those below them."),
		Body: append([]ui.Block{t, form}, ends...)}, nil
}

func (p *pages) units() (out []ui.Option) {
	for _, u := range p.people.Units() {
		out = append(out, ui.Option{Value: u.ID, Text: p.people.UnitName(u.ID)})
	}
	return out
}

func bindForm(unit, names string, wrong lang.Text) ui.Form {
	return ui.Form{ID: "bind", Title: lang.T("登记单位", "Register a unit"), Action: path, Submit: lang.T("登记", "Register"), Error: wrong, Fields: []ui.Field{
		{Name: "unit", Kind: "select", Label: lang.T("单位", "Unit"), Value: unit, Required: true},
		{Name: "names", Kind: "textarea", Label: lang.T("域名", "Names"), Value: names, Required: true, Help: lang.T("每行一个，如 example.gov.cn；包含其下级域名。请先核实域名归该单位所有。", "One a line, such as example.gov.cn; all below it is included. Make sure first that the names are the unit's.")},
	}}
}

// bind registers and shows the secret, once.
func (p *pages) bind(r *web.Request) (*ui.Page, string, error) {
	unit, names := r.Form("unit"), r.Form("names")
	if _, err := p.people.Unit(unit); err != nil {
		unit = ""
	}
	b, secret, err := p.s.Bind(r.Context(), r.Who, unit, strings.Split(names, "\n"))
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		page, err := p.show(r, bindForm(unit, names, msg))
		return page, "", err
	}
	if err != nil {
		return nil, "", err
	}
	server := p.s.base(r.HTTP) + Prefix + "/directory"
	return &ui.Page{Title: title, Nav: "certificates", Crumbs: []ui.Link{{Text: title, Href: path}, {Text: lang.T("已登记", "Registered")}},
		Body: []ui.Block{
			ui.Notice{ID: "once", Kind: "warn", Text: lang.T("密钥只显示这一次。请立即以安全方式交给单位的管理员。", "The secret is shown this once. Hand it to the unit's administrator now, on a safe way.")},
			ui.Facts{ID: "binding", Title: p.people.UnitName(b.Unit), Items: []ui.Fact{{Name: lang.T("服务地址", "Server"), Value: lang.Same(server)}, {Name: lang.T("编号（EAB key id）", "Key id (EAB)"), Value: lang.Same(b.ID)}, {Name: lang.T("密钥（EAB HMAC key）", "Secret (EAB HMAC key)"), Value: lang.Same(secret)}}},
			ui.Code{ID: "certbot", Title: lang.Same("certbot"), Text: "certbot certonly --standalone --server " + server + " \\\n  --eab-kid " + b.ID + " --eab-hmac-key " + secret + " -d " + b.Names[0]},
			ui.Code{ID: "lego", Title: lang.Same("lego"), Text: "lego --server " + server + " --eab --kid " + b.ID + " \\\n  --hmac " + secret + " --http -d " + b.Names[0] + " run"},
		}}, "", nil
}

func (p *pages) end(r *web.Request) (*ui.Page, string, error) {
	if r.Form("sure") == "" {
		return nil, path, nil
	}
	return nil, path, p.s.Unbind(r.Context(), r.Who, r.Path("id"))
}
