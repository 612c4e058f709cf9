package situation

import (
	"fmt"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/incident"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
	"github.com/haihe-city/haihe/systems/emergency/situation/plume"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// Routes are the part's pages and its interface.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /emergency/incidents/{id}/situation", Grant: page.Grant, Page: p.pageOne},
		{Pattern: "POST /emergency/incidents/{id}/situation", Grant: incident.GrantHandle, Form: p.formSave},
		{Pattern: "GET /api/emergency/incidents/{id}/situation", Grant: page.Grant, API: p.apiOne},
	}
}

func (p *Part) pageOne(r *web.Request) (*ui.Page, error) {
	x, err := p.o.Incidents.Get(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	last, ok, err := p.Last(r.Context(), x.ID)
	if err != nil {
		return nil, err
	}
	v := values{}
	if ok {
		v = last.values()
	} else if x.Substance != "" {
		v["gas"] = x.Substance
	}
	return p.show(r, x, last, ok, v, lang.Text{})
}

func (p *Part) show(r *web.Request, x incident.Whole, last Entered, ok bool, v values, wrong lang.Text) (*ui.Page, error) {
	title := lang.T("态势图", "Situation")
	out := page.Of(title, page.Incidents, ui.Link{Text: lang.Same(x.Case.Number), Href: "/emergency/incidents/" + x.ID}, ui.Link{Text: title})
	out.Lead = lang.Same(x.Case.Title)
	if !x.Located {
		out.Body = []ui.Block{ui.Notice{ID: "nowhere", Kind: "warn", Text: lang.T("事件还没有坐标，无法绘制态势图。", "The incident has no coordinates, so nothing can be drawn."), Link: &ui.Link{Text: lang.T("补充坐标", "Add them"), Href: "/emergency/incidents/" + x.ID + "#amend"}}}
		return out, nil
	}
	m := ui.Map{ID: "situation-map", Title: title, Height: 520, Draw: "scene-polygon", Points: []ui.Point{{Lon: x.At[0], Lat: x.At[1], Kind: "alarm1", Text: lang.Same(x.Case.Title)}}}
	scene := Scene{}
	if ok {
		var err error
		if scene, err = last.Compute(x.At); err != nil {
			return nil, err
		}
		m.Shapes = scene.drawn()
	}
	m.View = scene.view(x.At)
	side, err := p.inside(r, x, scene, &m)
	if err != nil {
		return nil, err
	}
	if ok {
		out.Body = append(out.Body, ui.Notice{ID: "model", Kind: "warn", Text: lang.T("模型推算，非实测。现场监测数据优先。", "A model, not a measurement. What is measured on the spot goes first.")})
	}
	body := []ui.Block{m, ui.Prose{Text: lang.T("虚线为隔离区，红为致命区，黄为伤害区，蓝为指定区域；在地图上点击可添加多边形顶点。", "Dashed: isolation; red: danger to life; yellow: lasting harm; blue: by hand. A click on the map adds a corner to the polygon.")}}
	if ok {
		body = append(body, assumptions(last, scene))
	}
	if r.Who.Can(incident.GrantHandle) {
		body = append(body, v.form(x.ID, wrong))
	}
	out.Body = append(out.Body, ui.Columns{Wide: 0, Cols: [][]ui.Block{body, side}})
	return out, nil
}

// inside tells of each area who and what lies in it, and puts the things on the map.
func (p *Part) inside(r *web.Request, x incident.Whole, scene Scene, m *ui.Map) ([]ui.Block, error) {
	var side []ui.Block
	for i, sh := range scene.Shapes {
		in, err := p.Inside(r.Context(), x.At, sh.Polygon)
		if err != nil {
			return nil, err
		}
		side = append(side, insideFacts(i, sh, in))
		for _, t := range in.Things {
			m.Points = append(m.Points, ui.Point{Lon: t.At[0], Lat: t.At[1], Kind: "plain", Text: lang.T(t.Kind.Zh+" "+t.Name.Zh, t.Kind.En+" "+t.Name.En)})
		}
		if len(in.Things) > 0 {
			side = append(side, things(i, sh, in.Things))
		}
	}
	return side, nil
}

func assumptions(e Entered, s Scene) ui.Table {
	t := ui.Table{ID: "assumptions", Title: lang.T("假定与依据", "Assumptions and sources"), Total: int64(len(s.Assumptions)), Columns: []ui.Column{{Text: lang.T("假定", "Assumption")}}}
	for i, a := range append(s.Assumptions, lang.T("人口："+area.Source.Zh, "people: "+area.Source.En), lang.T("风为人工录入，风向 "+short(e.From)+" 度来风", "the wind was entered by hand, from "+short(e.From)+" degrees")) {
		t.Rows = append(t.Rows, ui.Row{ID: "a-" + strconv.Itoa(i), Cells: []ui.Cell{{Text: a}}})
	}
	t.Total = int64(len(t.Rows))
	return t
}

func insideFacts(i int, s Shape, in Inside) ui.Facts {
	f := ui.Facts{ID: "inside-" + strconv.Itoa(i), Title: s.Name, Items: []ui.Fact{{Name: lang.T("区域", "Area"), Value: s.Name}}}
	if s.Metres > 0 {
		reach := lang.T(fmt.Sprintf("%.0f 米", s.Metres), fmt.Sprintf("%.0f m", s.Metres))
		if s.Far {
			reach = lang.T(reach.Zh+"（超出模型适用范围）", reach.En+" (beyond what the model is stated for)")
		}
		f.Items = append(f.Items, ui.Fact{Name: lang.T("距离", "Reach"), Value: reach})
	}
	f.Items = append(f.Items, ui.Fact{Name: lang.T("面积（km²）", "km²"), Value: lang.Same(ui.Num(s.Polygon.Km2(), 2))}, ui.Fact{Name: lang.T("常住人口（估算）", "Residents (estimated)"), Value: lang.Same(ui.Grouped(int64(in.People + .5)))})
	for _, d := range in.Shares {
		f.Items = append(f.Items, ui.Fact{Name: d.District.Name, Value: lang.T(ui.Grouped(int64(d.People+.5))+" 人", ui.Grouped(int64(d.People+.5)))})
	}
	return ui.Facts{ID: f.ID, Title: f.Title, Items: append(f.Items, ui.Fact{Name: lang.T("危险源企业", "Hazardous plants"), Value: lang.Same(strconv.Itoa(in.Plants))}, ui.Fact{Name: lang.T("电表（有坐标者）", "Meters (those with a place)"), Value: lang.Same(strconv.Itoa(in.Meters))})}
}

func things(i int, s Shape, list []Thing) ui.Table {
	t := ui.Table{ID: "things-" + strconv.Itoa(i), Title: lang.T(s.Name.Zh+"内", "In: "+s.Name.En), Total: int64(len(list)), Columns: []ui.Column{{Text: lang.T("名称", "Name")}, {Text: lang.T("类别", "Kind")}, {Text: lang.T("距离（km）", "km"), Num: true}}}
	for j, x := range list {
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("x-%d-%d", i, j), Cells: []ui.Cell{{Text: x.Name, Href: x.Href, Strong: true}, {Text: x.Kind}, {Text: lang.Same(ui.Num(x.Km, 2))}}})
	}
	return t
}

// values is what a form held.
type values map[string]string

var names = []string{"gas", "rate", "height", "from", "wind", "sky", "town", "isolation", "radius", "polygon"}

func (in Input) values() values {
	num := func(v float64) string {
		if v == 0 {
			return ""
		}
		return short(v)
	}
	v := values{"gas": in.Gas, "rate": num(in.Rate), "height": num(in.Height), "from": short(in.From), "wind": num(in.Wind), "sky": in.Sky, "isolation": in.Isolation, "radius": num(in.Radius), "polygon": in.Polygon}
	if in.Town {
		v["town"] = "1"
	}
	return v
}

func (v values) input() (in Input, err error) {
	in = Input{Gas: v["gas"], Sky: v["sky"], Town: v["town"] == "1", Isolation: v["isolation"], Polygon: v["polygon"]}
	for name, to := range map[string]*float64{"rate": &in.Rate, "height": &in.Height, "from": &in.From, "wind": &in.Wind} {
		if v[name] == "" {
			continue
		}
		if *to, err = strconv.ParseFloat(v[name], 64); err != nil {
			return in, errs.Say(errs.Invalid, "“%s”不是数字", "%q is no number", v[name])
		}
	}
	if v["radius"] != "" {
		if in.Radius, err = area.ParseRadius(v["radius"]); err != nil {
			return in, err
		}
	}
	return in, nil
}

var skyNames = map[plume.Sky]lang.Text{plume.Strong: lang.T("白天，强日照", "day, strong sun"), plume.Moderate: lang.T("白天，中等日照", "day, moderate sun"), plume.Slight: lang.T("白天，弱日照", "day, slight sun"), plume.Overcast: lang.T("阴天（昼夜）", "overcast, day or night"), plume.Cloudy: lang.T("夜间，多云", "night, cloudy"), plume.Clear: lang.T("夜间，少云", "night, clear")}

func (v values) form(id string, wrong lang.Text) ui.Form {
	gases, skies, isolations := []ui.Option{{Text: lang.T("不计算扩散", "no plume")}}, []ui.Option{}, []ui.Option{{Text: lang.T("不画", "none")}}
	for _, g := range plume.Gases {
		gases = append(gases, ui.Option{Value: g.ID, Text: lang.T(g.Name.Zh+"（CAS "+g.CAS+"）", g.Name.En+" (CAS "+g.CAS+")")})
	}
	for _, s := range plume.Skies {
		skies = append(skies, ui.Option{Value: string(s), Text: skyNames[s]})
	}
	for _, x := range plume.Isolations {
		m := strconv.FormatFloat(x.Metres, 'f', 0, 64)
		isolations = append(isolations, ui.Option{Value: x.ID, Text: lang.T(x.Name.Zh+"，"+m+" 米", x.Name.En+", "+m+" m")})
	}
	return ui.Form{ID: "scene", Title: lang.T("推算影响范围", "Work out what is affected"), Action: "/emergency/incidents/" + id + "/situation", Submit: lang.T("推算并记录", "Work it out and record it"), Error: wrong, Fields: []ui.Field{
		{Name: "isolation", Kind: "select", Label: lang.T("初始隔离", "First isolation"), Value: v["isolation"], Options: isolations},
		{Name: "gas", Kind: "select", Label: lang.T("泄漏气体", "Gas"), Value: v["gas"], Options: gases}, {Name: "rate", Kind: "number", Label: lang.T("泄漏速率（千克/秒）", "Rate (kg/s)"), Value: v["rate"]},
		{Name: "from", Kind: "number", Label: lang.T("风向（来向，度；0 北、90 东）", "Wind from (degrees; 0 north, 90 east)"), Value: v["from"]}, {Name: "wind", Kind: "number", Label: lang.T("风速（米/秒）", "Wind (m/s)"), Value: v["wind"]},
		{Name: "sky", Kind: "select", Label: lang.T("天空", "Sky"), Value: v["sky"], Options: skies}, {Name: "town", Kind: "checkbox", Label: lang.T("城区地面", "Built-up ground"), Value: v["town"]}, {Name: "height", Kind: "number", Label: lang.T("泄漏高度（米）", "Height of the leak (m)"), Value: v["height"]},
		{Name: "radius", Kind: "number", Label: lang.T("指定半径（千米）", "Circle by hand (km)"), Value: v["radius"]}, {Name: "polygon", Kind: "textarea", Label: lang.T("手绘多边形", "Polygon by hand"), Value: v["polygon"], Help: lang.T("每行一个“经度,纬度”；可在地图上点击添加", "one longitude,latitude a line; a click on the map adds one")}}}
}

func (p *Part) formSave(r *web.Request) (*ui.Page, string, error) {
	x, err := p.o.Incidents.Get(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, "", err
	}
	v := values{}
	for _, n := range names {
		v[n] = r.Form(n)
	}
	in, err := v.input()
	if err == nil {
		_, err = p.Save(r.Context(), r.Who, x, in)
	}
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict)) {
		last, found, err := p.Last(r.Context(), x.ID)
		if err != nil {
			return nil, "", err
		}
		out, err := p.show(r, x, last, found, v, msg)
		return out, "", err
	}
	return nil, "/emergency/incidents/" + x.ID + "/situation", err
}

// apiOne gives the latest calculation with its areas.
func (p *Part) apiOne(r *web.Request) (any, error) {
	x, err := p.o.Incidents.Get(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	last, ok, err := p.Last(r.Context(), x.ID)
	if err != nil {
		return nil, err
	}
	if !ok || !x.Located {
		return nil, errs.Say(errs.NotFound, "还没有推算过影响范围", "nothing has been worked out yet")
	}
	scene, err := last.Compute(x.At)
	if err != nil {
		return nil, err
	}
	type shapeJSON struct {
		Kind    string       `json:"kind"`
		Name    lang.Text    `json:"name"`
		Metres  float64      `json:"metres,omitempty"`
		Far     bool         `json:"beyondModel,omitempty"`
		Polygon area.Polygon `json:"polygon"`
		People  int64        `json:"residents"`
		Plants  int          `json:"plants"`
		Meters  int          `json:"meters"`
	}
	shapes := []shapeJSON{}
	for _, s := range scene.Shapes {
		in, err := p.Inside(r.Context(), x.At, s.Polygon)
		if err != nil {
			return nil, err
		}
		shapes = append(shapes, shapeJSON{s.Kind, s.Name, s.Metres, s.Far, s.Polygon, int64(in.People + .5), in.Plants, in.Meters})
	}
	return map[string]any{"at": last.At, "input": last.Input, "model": true, "assumptions": scene.Assumptions, "residentsSource": area.Source, "shapes": shapes}, nil
}
