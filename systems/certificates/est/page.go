package est

import (
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// page paths, and how many devices are shown.
const (
	room  = "/certificates"
	path  = "/certificates/est"
	shown = 500
)

var title = lang.T("设备证书注册（EST）", "Certificates for devices (EST)")

// Routes are the officers' page.
func (s *Service) Routes(people *identity.Service) []web.Route {
	p := &pages{s, people}
	return []web.Route{
		{Pattern: "GET " + path, Grant: Grant, Page: p.list},
		{Pattern: "POST " + path, Grant: Grant, Form: p.register},
		{Pattern: "POST " + path + "/{id}/end", Grant: Grant, Form: p.end},
	}
}

// Mounts is the protocol's own binding.
func (s *Service) Mounts() []web.Mount { return []web.Mount{{Prefix: Prefix, Handler: s}} }

type pages struct {
	s      *Service
	people *identity.Service
}

func (p *pages) list(r *web.Request) (*ui.Page, error) { return p.show(r, "", "", lang.Text{}) }

func (p *pages) show(r *web.Request, unit, name string, wrong lang.Text) (*ui.Page, error) {
	list, err := p.s.Devices(r.Context(), shown)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "devices", Title: lang.T("已登记的设备", "Registered devices"), Path: path, Total: int64(len(list)), Empty: lang.T("还没有设备登记", "No device is registered yet"),
		Columns: []ui.Column{{Key: "name", Text: lang.T("设备", "Device")}, {Key: "unit", Text: lang.T("单位", "Unit")}, {Key: "made", Text: lang.T("登记时间", "Registered")}, {Key: "expires", Text: lang.T("口令有效至", "Password until")}, {Key: "state", Text: lang.T("状态", "State")}}}
	var ends []ui.Block
	for _, d := range list {
		tag := &ui.Tag{Status: ui.StatusMet, Text: lang.T("在用", "in service")}
		if !d.Active {
			tag = &ui.Tag{Status: ui.StatusNone, Text: lang.T("已终止", "ended")}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "d-" + d.ID, Cells: []ui.Cell{{Text: lang.Same(d.Name), Strong: true}, {Text: p.people.UnitName(d.Unit)}, {Text: ui.Moment(d.Made, r.Now)}, {Text: ui.Day(d.Expires)}, {Tag: tag}}})
		if d.Active {
			ends = append(ends, ui.Form{ID: "end-" + d.ID, Title: lang.T("终止："+d.Name, "End: "+d.Name), Action: path + "/" + d.ID + "/end", Submit: lang.T("终止", "End"),
				Fields: []ui.Field{{Name: "sure", Kind: "checkbox", Label: lang.T("确认：该设备不能再注册或换发，已签发的证书不受影响", "I am sure: the device enrols and renews no more; its certificates stay"), Value: "yes", Required: true}}})
		}
	}
	var units []ui.Option
	for _, u := range p.people.Units() {
		units = append(units, ui.Option{Value: u.ID, Text: p.people.UnitName(u.ID)})
	}
	form := ui.Form{ID: "register", Title: lang.T("登记设备", "Register a device"), Action: path, Submit: lang.T("登记", "Register"), Error: wrong, Fields: []ui.Field{
		{Name: "unit", Kind: "select", Label: lang.T("单位", "Unit"), Value: unit, Options: units, Required: true},
		{Name: "name", Label: lang.T("设备名称", "Name of the device"), Value: name, Required: true, Help: lang.T("字母、数字、点和连字符，写入证书", "Letters, digits, dots and dashes; it stands in the certificate")}}}
	return &ui.Page{Title: title, Nav: "certificates", Crumbs: []ui.Link{{Text: lang.T("电子认证", "Certificate authority"), Href: room}, {Text: title}},
		Lead: lang.T("登记后，设备凭名称和口令首次取得证书，以后凭证书自行换发。", "After registration a device gets its first certificate with name and password, and renews it with the certificate."),
		Body: append([]ui.Block{t, form}, ends...)}, nil
}

// register enters a device and shows its password, once.
func (p *pages) register(r *web.Request) (*ui.Page, string, error) {
	unit, name := r.Form("unit"), r.Form("name")
	if _, err := p.people.Unit(unit); err != nil {
		unit = ""
	}
	d, password, err := p.s.Register(r.Context(), r.Who, unit, name)
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict)) {
		page, err := p.show(r, unit, name, msg)
		return page, "", err
	}
	if err != nil {
		return nil, "", err
	}
	return &ui.Page{Title: title, Nav: "certificates", Crumbs: []ui.Link{{Text: title, Href: path}, {Text: lang.T("已登记", "Registered")}}, Body: []ui.Block{
		ui.Notice{ID: "once", Kind: "warn", Text: lang.T("口令只显示这一次，请立即写入设备。", "The password is shown this once. Put it into the device now.")},
		ui.Facts{ID: "device", Title: lang.Same(d.Name), Items: []ui.Fact{{Name: lang.T("用户名", "User name"), Value: lang.Same(d.Name)}, {Name: lang.T("口令", "Password"), Value: lang.Same(password)}, {Name: lang.T("有效至", "Until"), Value: ui.Day(d.Expires)}}},
	}}, "", nil
}

func (p *pages) end(r *web.Request) (*ui.Page, string, error) {
	if r.Form("sure") == "" {
		return nil, path, nil
	}
	return nil, path, p.s.End(r.Context(), r.Who, r.Path("id"))
}
