package resource

import (
	"io"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/emergency/incident"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

const path = "/emergency/resources"

// Routes are the part's pages and its interface.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /emergency/resources", Grant: grantRead, Page: p.pageList},
		{Pattern: "POST /emergency/resources", Grant: GrantEdit, Form: p.formSave},
		{Pattern: "POST /emergency/incidents/{id}/lend", Grant: incident.GrantHandle, Form: p.formLend},
		{Pattern: "POST /emergency/loans/{id}/return", Grant: incident.GrantHandle, Form: p.formReturn},
		{Pattern: "GET /api/emergency/resources", Grant: grantRead, API: p.apiList},
		{Pattern: "GET /api/emergency/resources.csv", Grant: grantRead, API: p.apiCSV},
	}
}

func kindOptions(first lang.Text) (out []ui.Option) {
	if !first.Empty() {
		out = append(out, ui.Option{Text: first})
	}
	for _, k := range Kinds {
		out = append(out, ui.Option{Value: string(k), Text: k.Text()})
	}
	return out
}

func (p *Part) pageList(r *web.Request) (*ui.Page, error) { return p.listPage(r, lang.Text{}) }

func (p *Part) listPage(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	list, err := p.All(r.Context())
	if err != nil {
		return nil, err
	}
	title := lang.T("应急资源", "Resources")
	out := page.Of(title, page.Resources, ui.Link{Text: title})
	kind := Kind(r.Query("kind"))
	t := ui.Table{ID: "resources", Title: title, Path: path, Query: map[string]string{"kind": string(kind)}, Empty: lang.T("还没有登记资源", "No resource yet"), Exports: []ui.Link{{Text: lang.T("导出 CSV", "CSV"), Href: "/api/emergency/resources.csv?bom=1"}},
		Filters: []ui.Field{{Name: "kind", Kind: "select", Label: lang.T("类别", "Kind"), Value: string(kind), Options: kindOptions(lang.T("全部", "all"))}},
		Columns: []ui.Column{{Key: "name", Text: lang.T("名称", "Name")}, {Key: "kind", Text: lang.T("类别", "Kind")}, {Key: "unit", Text: lang.T("单位", "Unit")}, {Key: "district", Text: lang.T("区", "District")}, {Key: "total", Text: lang.T("总数", "All"), Num: true}, {Key: "free", Text: lang.T("可用", "Free"), Num: true}, {Key: "state", Text: lang.T("状态", "State")}}}
	edit := Resource{Ready: true}
	for _, x := range list {
		if x.ID == r.Query("edit") {
			edit = x
		}
		if kind != "" && x.Kind != kind {
			continue
		}
		tag := &ui.Tag{Status: ui.StatusMet, Text: lang.T("可用", "Ready")}
		switch {
		case !x.Ready:
			tag = &ui.Tag{Status: ui.StatusNone, Text: lang.T("停用", "Not ready")}
		case x.Free() == 0:
			tag = &ui.Tag{Status: ui.StatusBehind, Text: lang.T("已全部调出", "All lent")}
		case x.Lent > 0:
			tag = &ui.Tag{Status: ui.StatusRisk, Text: lang.T("部分调出", "Partly lent")}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "x-" + x.ID, Cells: []ui.Cell{{Text: lang.Same(x.Name), Sub: lang.Same(x.Place), Strong: true, Href: path + "?edit=" + x.ID}, {Text: x.Kind.Text()}, {Text: p.o.People.UnitName(x.Unit)}, {Text: region.Name(x.District)}, {Text: lang.Same(ui.Grouped(x.Total))}, {Text: lang.Same(ui.Grouped(x.Free()))}, {Tag: tag}}})
	}
	t.Total = int64(len(t.Rows))
	out.Body = []ui.Block{t}
	if r.Who.Can(GrantEdit) {
		out.Body = append(out.Body, p.form(edit, wrong))
	}
	return out, nil
}

func (p *Part) form(x Resource, wrong lang.Text) ui.Form {
	title := lang.T("登记资源", "Register a resource")
	if x.ID != "" {
		title = lang.T("修改“"+x.Name+"”", "Change "+x.Name)
	}
	var units []ui.Option
	for _, u := range p.o.People.Units() {
		units = append(units, ui.Option{Value: u.ID, Text: u.Name})
	}
	at, total, ready := "", "", ""
	if x.Located {
		at = x.At.Text()
	}
	if x.Total > 0 {
		total = strconv.FormatInt(x.Total, 10)
	}
	if x.Ready {
		ready = "1"
	}
	return ui.Form{ID: "resource", Title: title, Action: path, Submit: lang.T("保存", "Save"), Error: wrong, Fields: []ui.Field{
		{Name: "id", Kind: "hidden", Value: x.ID}, {Name: "name", Label: lang.T("名称", "Name"), Value: x.Name, Required: true}, {Name: "kind", Kind: "select", Label: lang.T("类别", "Kind"), Value: string(x.Kind), Options: kindOptions(lang.Text{})},
		{Name: "unit", Kind: "select", Label: lang.T("所属单位", "Unit"), Value: x.Unit, Options: units, Help: lang.T("联系由该单位值班人员接听", "its duty officer is whom to ask")}, {Name: "total", Kind: "number", Label: lang.T("数量", "Number"), Value: total, Required: true},
		{Name: "place", Label: lang.T("地点", "Place"), Value: x.Place}, {Name: "at", Label: lang.T("坐标", "Coordinates"), Value: at, Placeholder: lang.Same("117.75,39.04")}, {Name: "note", Label: lang.T("说明", "Note"), Value: x.Note},
		{Name: "ready", Kind: "checkbox", Label: lang.T("可用", "Ready"), Value: ready}}}
}

func (p *Part) formSave(r *web.Request) (*ui.Page, string, error) {
	x := Resource{ID: r.Form("id"), Name: r.Form("name"), Kind: Kind(r.Form("kind")), Unit: r.Form("unit"), Place: r.Form("place"), Note: r.Form("note"), Ready: r.Form("ready") == "1"}
	var err error
	if x.Total, err = strconv.ParseInt(r.Form("total"), 10, 64); err != nil {
		err = errs.Say(errs.Invalid, "数量应为整数", "the number is whole")
	} else if r.Form("at") != "" {
		x.Located = true
		x.At, err = area.ParsePoint(r.Form("at"))
	}
	if err == nil {
		_, err = p.Save(r.Context(), r.Who, x)
	}
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict)) {
		out, err := p.listPage(r, msg)
		if err == nil {
			out.Body[len(out.Body)-1] = p.form(x, msg)
		}
		return out, "", err
	}
	return nil, path, err
}

// section shows what an incident has, and what is free near it.
func (p *Part) section(r *web.Request, x incident.Whole) (out []ui.Block, err error) {
	list, err := p.All(r.Context())
	if err != nil {
		return nil, err
	}
	var have []Loan
	if err := p.o.DB.Read(r.Context(), func(tx *store.Tx) (err error) { have, err = loans(tx, qLoans, x.ID); return err }); err != nil {
		return nil, errs.Wrap("read the loans", err)
	}
	may := r.Who.Can(incident.GrantHandle) && x.Times.Closed.IsZero()
	names := map[string]Resource{}
	for _, y := range list {
		names[y.ID] = y
	}
	t := ui.Table{ID: "loans-" + x.ID, Title: lang.T("已调用资源", "Resources in use"), Path: path, Total: int64(len(have)), Empty: lang.T("尚未调用资源", "None yet"), Columns: []ui.Column{{Key: "name", Text: lang.T("资源", "Resource")}, {Key: "amount", Text: lang.T("数量", "Number"), Num: true}, {Key: "at", Text: lang.T("调用", "Lent")}, {Key: "ended", Text: lang.T("归还", "Returned")}}}
	var back []ui.Option
	for _, l := range have {
		t.Rows = append(t.Rows, ui.Row{ID: "l-" + l.ID, Cells: []ui.Cell{{Text: lang.Same(names[l.Resource].Name), Strong: true}, {Text: lang.Same(ui.Grouped(l.Amount))}, {Time: l.At}, {Time: l.Ended}}})
		if l.Ended.IsZero() {
			back = append(back, ui.Option{Value: l.ID, Text: lang.Same(names[l.Resource].Name + " × " + ui.Grouped(l.Amount))})
		}
	}
	out = append(out, t)
	if may && len(list) > 0 {
		out = append(out, ui.Form{ID: "lend", Title: lang.T("调用资源", "Lend a resource"), Action: "/emergency/incidents/" + x.ID + "/lend", Submit: lang.T("调用", "Lend"), Fields: []ui.Field{{Name: "resource", Kind: "select", Label: lang.T("资源（由近及远）", "Resource, the nearest first"), Options: offers(list, x), Required: true}, {Name: "amount", Kind: "number", Label: lang.T("数量", "Number"), Value: "1", Required: true}}})
	}
	if r.Who.Can(incident.GrantHandle) { // also when the incident is over: what was lent comes back
		for _, b := range back {
			out = append(out, ui.Form{ID: "back-" + b.Value, Title: lang.T("归还："+b.Text.Zh, "Return: "+b.Text.En), Action: "/emergency/loans/" + b.Value + "/return", Submit: lang.T("归还", "Return")})
		}
	}
	return out, nil
}

// offers lists what is free, the nearest first, then what has no coordinates.
func offers(list []Resource, x incident.Whole) (out []ui.Option) {
	if x.Located {
		for _, n := range Nearest(list, "", x.At, 50) {
			free := ui.Grouped(n.Free())
			out = append(out, ui.Option{Value: n.ID, Text: lang.T(n.Name+"，"+ui.Num(n.Km, 1)+" 千米，可用 "+free, n.Name+", "+ui.Num(n.Km, 1)+" km, "+free+" free")})
		}
	}
	for _, y := range list {
		if (!x.Located || !y.Located) && y.Free() > 0 {
			free := ui.Grouped(y.Free())
			out = append(out, ui.Option{Value: y.ID, Text: lang.T(y.Name+"，可用 "+free, y.Name+", "+free+" free")})
		}
	}
	return out
}

func (p *Part) formLend(r *web.Request) (*ui.Page, string, error) {
	n, _ := strconv.ParseInt(r.Form("amount"), 10, 64) // 0 is refused
	return nil, "/emergency/incidents/" + r.Path("id"), p.Lend(r.Context(), r.Who, r.Path("id"), r.Form("resource"), n)
}

func (p *Part) formReturn(r *web.Request) (*ui.Page, string, error) {
	id, err := p.Return(r.Context(), r.Who, r.Path("id"))
	return nil, "/emergency/incidents/" + id, err
}

// apiList gives resources; with at, the free ones by distance.
func (p *Part) apiList(r *web.Request) (any, error) {
	list, err := p.All(r.Context())
	if err != nil {
		return nil, err
	}
	type resourceJSON struct {
		ID       string     `json:"id"`
		Kind     Kind       `json:"kind"`
		Name     string     `json:"name"`
		Unit     string     `json:"unit"`
		District string     `json:"district"`
		At       area.Point `json:"at"`
		Located  bool       `json:"located"`
		Total    int64      `json:"total"`
		Free     int64      `json:"free"`
		Km       float64    `json:"km,omitempty"`
	}
	out := []resourceJSON{}
	add := func(x Resource, km float64) {
		out = append(out, resourceJSON{x.ID, x.Kind, x.Name, x.Unit, x.District, x.At, x.Located, x.Total, x.Free(), km})
	}
	kind := Kind(r.Query("kind"))
	if s := r.Query("at"); s != "" {
		at, err := area.ParsePoint(s)
		if err != nil {
			return nil, err
		}
		for _, n := range Nearest(list, kind, at, 100) {
			add(n.Resource, n.Km)
		}
	} else {
		for _, x := range list {
			if kind == "" || x.Kind == kind {
				add(x, 0)
			}
		}
	}
	return map[string]any{"resources": out}, nil
}

func (p *Part) apiCSV(r *web.Request) (any, error) {
	list, err := p.All(r.Context())
	if err != nil {
		return nil, err
	}
	return web.Reply{Type: sheet.Type, Name: "resources.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, r.Query("bom") == "1")
		_ = out.Write("id", "kind", "name", "unit", "district", "place", "at", "total", "lent", "ready", "note") // errors are kept for Flush
		for _, x := range list {
			at := ""
			if x.Located {
				at = x.At.Text()
			}
			_ = out.Write(x.ID, string(x.Kind), x.Name, x.Unit, x.District, x.Place, at, strconv.FormatInt(x.Total, 10), strconv.FormatInt(x.Lent, 10), strconv.FormatBool(x.Ready), x.Note)
		}
		return out.Flush()
	}}, nil
}
