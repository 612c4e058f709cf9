package pages

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/hazard"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// said is the message of an error that a form shows; other errors are the page's.
func said(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && errs.Is(err, errs.Invalid)
}

// pageEdit is the forms of a plant.
func (p *Part) pageEdit(r *web.Request) (*ui.Page, error) {
	site, err := p.site(r)
	if err != nil {
		return nil, err
	}
	return p.editPage(site, nil, "", lang.Text{}), nil
}

// editPage shows the forms; values are what was typed into the form of the name where it was refused.
func (p *Part) editPage(site *register.Site, values map[string]string, form string, wrong lang.Text) *ui.Page {
	path := register.PlantPage(site.Code)
	out := Page(lang.T("修改台账", "Edit the register"), "/safety/plants", ui.Link{Text: lang.T("企业", "Plants"), Href: "/safety/plants"}, ui.Link{Text: lang.Same(site.Name), Href: path}, ui.Link{Text: lang.T("修改台账", "Edit")})
	forms := []ui.Form{p.plantForm(site), p.stateForm(site), p.substanceForm(site)}
	for i := range forms {
		f := &forms[i]
		if f.ID != form {
			continue
		}
		f.Error = wrong
		for j := range f.Fields {
			if v, ok := values[f.Fields[j].Name]; ok && f.Fields[j].Kind != "password" {
				f.Fields[j].Value = v
			}
		}
	}
	for _, f := range forms {
		out.Body = append(out.Body, f)
	}
	return out
}

func (p *Part) plantForm(s *register.Site) ui.Form {
	lon, lat, exposed, at := "", "", "", ""
	if s.Lon != 0 || s.Lat != 0 {
		lon, lat = strconv.FormatFloat(s.Lon, 'f', -1, 64), strconv.FormatFloat(s.Lat, 'f', -1, 64)
	}
	if !s.ExposedAt.IsZero() {
		exposed, at = strconv.Itoa(s.Exposed), s.ExposedAt.Format(time.DateOnly)
	}
	unitOptions := []ui.Option{}
	for _, u := range p.o.People.Units() {
		unitOptions = append(unitOptions, ui.Option{Value: u.ID, Text: u.Name})
	}
	secret := lang.T("留空不变；填 - 取消。已存的口令不再显示。", "Empty leaves it; - takes it away. What is kept is never shown again.")
	return ui.Form{ID: "plant", Title: lang.T("企业", "The plant"), Action: register.PlantPage(s.Code) + "/edit", Submit: lang.T("保存", "Save"), Cancel: &ui.Link{Text: lang.T("返回", "Back"), Href: register.PlantPage(s.Code)}, Fields: []ui.Field{
		{Name: "name", Label: lang.T("名称", "Name"), Value: s.Name, Required: true},
		{Name: "kind", Kind: "select", Label: lang.T("类别", "Kind"), Value: string(s.Kind), Options: options(lang.Text{}, register.Kinds, register.Kind.Text)},
		{Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: s.District, Options: districtOptions(lang.Text{})},
		{Name: "unit", Kind: "select", Label: lang.T("责任单位", "Answers for it"), Value: s.Plant.Unit, Options: unitOptions},
		{Name: "lon", Kind: "number", Label: lang.T("经度", "Longitude"), Value: lon}, {Name: "lat", Kind: "number", Label: lang.T("纬度", "Latitude"), Value: lat},
		{Name: "feed", Kind: "select", Label: lang.T("接入方式", "Feed"), Value: string(s.Feed), Options: options(lang.Text{}, register.Feeds, register.Feed.Text)},
		{Name: "endpoint", Label: lang.T("采集地址", "Endpoint"), Value: s.Endpoint, Help: lang.T("Modbus、OPC UA 企业填写", "of plants that are polled: Modbus, OPC UA")},
		{Name: "password", Kind: "password", Label: lang.T("接入口令", "Password"), Help: secret, Autocomplete: "new-password"},
		{Name: "exposed", Kind: "number", Label: lang.T("厂界外 500 米内常住人口", "People within 500 m of the fence"), Value: exposed}, {Name: "exposed_at", Kind: "date", Label: lang.T("统计日期", "Counted on"), Value: at},
		{Name: "contacts", Label: lang.T("联系人编号", "Ids of contacts"), Value: strings.Join(s.Contacts, " "), Help: lang.T("值班台通讯录编号，空格分隔，第一位优先", "of the duty desk's contacts, parted by blanks, the first one first")},
		{Name: "reason", Label: lang.T("修改原因", "Reason"), Required: true},
	}}
}

func (p *Part) stateForm(s *register.Site) ui.Form {
	return ui.Form{ID: "state", Title: lang.T("生产状态", "Running state"), Action: register.PlantPage(s.Code) + "/state", Submit: lang.T("登记", "Record"), Fields: []ui.Field{
		{Name: "state", Kind: "select", Label: lang.T("生产状态", "State"), Value: string(s.State), Options: options(lang.Text{}, register.States, register.State.Text),
			Help: lang.T("停产、检修期间，流量、压力、电流、开关量、湿度的告警按设计抑制；液位、温度、气体、火灾的告警照常。", "While it does not run, alarms of flow, pressure, current, switches and humidity are suppressed by design; those of level, temperature, gas and fire are not.")},
		{Name: "reason", Label: lang.T("原因", "Reason"), Required: true}}}
}

func (p *Part) substanceForm(s *register.Site) ui.Form {
	symbols, texts := hazard.Classes()
	classes := []ui.Option{{Value: "", Text: lang.T("按表1", "by table 1")}}
	for i, symbol := range symbols {
		classes = append(classes, ui.Option{Value: symbol, Text: texts[i]})
	}
	return ui.Form{ID: "substance", Title: lang.T("危险化学品", "Substances"), Action: register.PlantPage(s.Code) + "/substances", Submit: lang.T("登记", "Record"), Fields: []ui.Field{
		{Name: "unit", Label: lang.T("单元编码", "Unit's code"), Required: true, Help: lang.T("新编码即新增单元", "a new code makes a new unit")},
		{Name: "unit_name", Label: lang.T("单元名称", "Unit's name"), Help: lang.T("新增单元时填写", "of a new unit")},
		{Name: "unit_kind", Kind: "select", Label: lang.T("单元类别", "Unit's kind"), Value: string(register.Storage), Options: options(lang.Text{}, []register.UnitKind{register.Process, register.Storage}, register.UnitKind.Text)},
		{Name: "name", Label: lang.T("名称", "Substance"), Required: true}, {Name: "cas", Label: lang.Same("CAS")},
		{Name: "class", Kind: "select", Label: lang.T("表2类别", "Class of table 2"), Options: classes},
		{Name: "tons", Kind: "number", Label: lang.T("设计最大量（t）", "Greatest quantity by design (t)"), Required: true, Help: lang.T("0 为删除", "0 takes it out")},
		{Name: "at", Kind: "date", Label: lang.T("数据日期", "As of"), Required: true}}}
}

// typed are the fields of a form as they were typed.
func typed(r *web.Request, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		out[n] = strings.TrimSpace(r.Form(n))
	}
	return out
}

// edit changes one plant, in the name of who asks. What changed is told by the names of the fields, without their values: some are not for everybody.
func (p *Part) edit(r *web.Request, code, reason string, fn func(s *register.Site) error) error {
	if strings.TrimSpace(reason) == "" || len([]rune(reason)) > 200 {
		return errs.Say(errs.Invalid, "请填写原因，不超过 200 字", "say why, in at most 200 characters")
	}
	detail := map[string]any{"reason": reason}
	_, err := p.o.Register.Update(r.Context(), register.Deed{By: r.Who, Grant: register.GrantEdit, Verb: "edit-plant", Detail: detail}, func(now map[string]*register.Site) ([]*register.Site, error) {
		was, ok := now[code]
		if !ok {
			return nil, errs.Say(errs.NotFound, "没有企业 %[1]s", "there is no plant %[1]s", code)
		}
		s := was.Copy()
		if err := fn(s); err != nil {
			return nil, err
		}
		if err := s.Check(); err != nil {
			return nil, err
		}
		detail["changed"] = register.Differ(was, s)
		return []*register.Site{s}, nil
	})
	if err != nil {
		return err
	}
	return p.o.Changed(r.Context())
}

// formEdit takes the plant's own form.
func (p *Part) formEdit(r *web.Request) (*ui.Page, string, error) {
	site, err := p.site(r)
	if err != nil {
		return nil, "", err
	}
	v := typed(r, "name", "kind", "district", "unit", "lon", "lat", "feed", "endpoint", "exposed", "exposed_at", "contacts", "reason")
	err = p.edit(r, site.Code, v["reason"], func(s *register.Site) error {
		s.Name, s.Kind, s.District, s.Feed, s.Endpoint, s.Contacts = v["name"], register.Kind(v["kind"]), v["district"], register.Feed(v["feed"]), v["endpoint"], strings.Fields(v["contacts"])
		if scope := p.scope(r.Who); scope != "" && s.District != scope {
			return errs.Say(errs.Invalid, "您只能登记本区企业", "you may keep the plants of your own district")
		}
		if _, err := p.o.People.Unit(v["unit"]); err != nil {
			return errs.Say(errs.Invalid, "没有单位“%[1]s”", "there is no unit %[1]q", v["unit"])
		}
		s.Plant.Unit = v["unit"]
		if err := plantNumbers(v, &s.Plant); err != nil {
			return err
		}
		if err := s.Plant.Check(); err != nil {
			return err
		}
		return s.SetPassword(r.Form("password"))
	})
	if msg, ok := said(err); ok {
		return p.editPage(site, v, "plant", msg), "", nil
	}
	return nil, register.PlantPage(site.Code), err
}

func plantNumbers(v map[string]string, to *register.Plant) (err error) {
	to.Lon, to.Lat, to.Exposed, to.ExposedAt = 0, 0, 0, time.Time{}
	for name, x := range map[string]*float64{"lon": &to.Lon, "lat": &to.Lat} {
		if v[name] == "" {
			continue
		}
		if *x, err = strconv.ParseFloat(v[name], 64); err != nil {
			return errs.Say(errs.Invalid, "“%[1]s”不是数字", "%[1]q is no number", v[name])
		}
	}
	if v["exposed"] == "" {
		return nil
	}
	if to.Exposed, err = strconv.Atoi(v["exposed"]); err != nil {
		return errs.Say(errs.Invalid, "“%[1]s”不是数字", "%[1]q is no number", v["exposed"])
	}
	if to.ExposedAt, err = time.Parse(time.DateOnly, v["exposed_at"]); err != nil {
		return errs.Say(errs.Invalid, "请填写人口统计日期", "say when the people were counted")
	}
	return nil
}

// formState records whether a plant runs.
func (p *Part) formState(r *web.Request) (*ui.Page, string, error) {
	site, err := p.site(r)
	if err != nil {
		return nil, "", err
	}
	v := typed(r, "state", "reason")
	to := register.State(v["state"])
	if !slices.Contains(register.States, to) {
		err = errs.Say(errs.Invalid, "生产状态“%[1]s”无法识别", "state %[1]q is not known", v["state"])
	} else {
		err = p.o.SetState(r.Context(), r.Who, site.Code, to, v["reason"])
	}
	if msg, ok := said(err); ok {
		return p.editPage(site, v, "state", msg), "", nil
	}
	return nil, register.PlantPage(site.Code), err
}

// formSubstance records what a unit may hold; the unit is made where it is new.
func (p *Part) formSubstance(r *web.Request) (*ui.Page, string, error) {
	site, err := p.site(r)
	if err != nil {
		return nil, "", err
	}
	v := typed(r, "unit", "unit_name", "unit_kind", "name", "cas", "class", "tons", "at")
	err = p.edit(r, site.Code, "substance "+v["unit"], func(s *register.Site) error {
		x := register.Substance{Name: v["name"], CAS: v["cas"], Class: v["class"]}
		var err error
		if x.Tons, err = strconv.ParseFloat(v["tons"], 64); err != nil {
			return errs.Say(errs.Invalid, "“%[1]s”不是数字", "%[1]q is no number", v["tons"])
		}
		if x.At, err = time.Parse(time.DateOnly, v["at"]); err != nil {
			return errs.Say(errs.Invalid, "请填写数据日期", "say as of when")
		}
		if err := x.Check(); err != nil {
			return err
		}
		for i := range s.Units {
			if s.Units[i].Code == v["unit"] {
				s.Units[i].Put(x)
				return nil
			}
		}
		u := register.HazardUnit{Plant: s.Code, Code: v["unit"], Name: v["unit_name"], Kind: register.UnitKind(v["unit_kind"])}
		u.Put(x)
		s.Units = append(s.Units, u)
		return u.Check()
	})
	if msg, ok := said(err); ok {
		return p.editPage(site, v, "substance", msg), "", nil
	}
	return nil, register.PlantPage(site.Code), err
}

// pageEditPoint is the form of a point.
func (p *Part) pageEditPoint(r *web.Request) (*ui.Page, error) {
	site, err := p.site(r)
	if err != nil {
		return nil, err
	}
	x, _ := site.Any(r.Path("point"))
	if x.Num == 0 {
		return nil, errs.Say(errs.NotFound, "企业 %[1]s 没有测点 %[2]s", "plant %[1]s has no point %[2]s", site.Code, r.Path("point"))
	}
	return p.pointPage(site, pointFields(site, x), lang.Text{}, x), nil
}

// pointFields are a point as its form shows it.
func pointFields(site *register.Site, x register.Point) map[string]string {
	limit := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'f', -1, 64)
	}
	box := map[bool]string{true: "1", false: ""}
	_, in := site.Point(x.Name)
	return map[string]string{"title": x.Title, "factor": x.Factor, "kind": string(x.Kind), "medium": x.Medium, "equipment": x.Equipment, "hazard_unit": x.HazardUnit, "ucum": x.UCUM, "every": strconv.FormatFloat(x.Every.Seconds(), 'f', -1, 64),
		"ll": limit(x.Limits.LowLow), "l": limit(x.Limits.Low), "h": limit(x.Limits.High), "hh": limit(x.Limits.HighHigh), "key": box[x.Key], "retired": box[!in]}
}

func (p *Part) pointPage(site *register.Site, v map[string]string, wrong lang.Text, x register.Point) *ui.Page {
	path := register.PointPage(site.Code, x.Name)
	out := Page(lang.T("修改测点 "+x.Name, "Edit point "+x.Name), "/safety/plants", ui.Link{Text: lang.T("企业", "Plants"), Href: "/safety/plants"}, ui.Link{Text: lang.Same(site.Name), Href: register.PlantPage(site.Code)}, ui.Link{Text: lang.Same(x.Name), Href: path})
	within := []ui.Option{{Value: "", Text: lang.T("不属于单元", "none")}}
	for _, u := range site.Units {
		within = append(within, ui.Option{Value: u.Code, Text: lang.Same(u.Code + " " + u.Name)})
	}
	out.Body = []ui.Block{ui.Form{ID: "point", Title: lang.T("测点 "+x.Name, "Point "+x.Name), Action: path + "/edit", Error: wrong, Submit: lang.T("保存", "Save"), Cancel: &ui.Link{Text: lang.T("返回", "Back"), Href: path}, Fields: []ui.Field{
		{Name: "title", Label: lang.T("名称", "Title"), Value: v["title"]}, {Name: "factor", Label: lang.T("因子编码", "Code on the wire"), Value: v["factor"], Required: true},
		{Name: "kind", Kind: "select", Label: lang.T("类型", "Measures"), Value: v["kind"], Options: options(lang.Text{}, register.Measures, register.Measure.Text)},
		{Name: "medium", Label: lang.T("介质", "Medium"), Value: v["medium"]}, {Name: "equipment", Label: lang.T("设备", "Equipment"), Value: v["equipment"]},
		{Name: "hazard_unit", Kind: "select", Label: lang.T("所属单元", "Hazard unit"), Value: v["hazard_unit"], Options: within},
		{Name: "ucum", Label: lang.T("单位（UCUM）", "Unit (UCUM)"), Value: v["ucum"]}, {Name: "every", Kind: "number", Label: lang.T("上报周期（秒）", "Reports every (s)"), Value: v["every"], Help: lang.T("0 为不定期", "0: by event")},
		{Name: "hh", Kind: "number", Label: lang.T("高高限", "Very high"), Value: v["hh"]}, {Name: "h", Kind: "number", Label: lang.T("高限", "High"), Value: v["h"]}, {Name: "l", Kind: "number", Label: lang.T("低限", "Low"), Value: v["l"]}, {Name: "ll", Kind: "number", Label: lang.T("低低限", "Very low"), Value: v["ll"]},
		{Name: "key", Kind: "checkbox", Label: lang.T("关键监测点", "Key point"), Value: v["key"]}, {Name: "retired", Kind: "checkbox", Label: lang.T("停用（读数保留）", "Out of service; its readings stay"), Value: v["retired"]},
		{Name: "reason", Label: lang.T("修改原因", "Reason"), Value: v["reason"], Required: true}}}}
	return out
}

// formEditPoint takes a point's form.
func (p *Part) formEditPoint(r *web.Request) (*ui.Page, string, error) {
	site, err := p.site(r)
	if err != nil {
		return nil, "", err
	}
	x, _ := site.Any(r.Path("point"))
	if x.Num == 0 {
		return nil, "", errs.Say(errs.NotFound, "企业 %[1]s 没有测点 %[2]s", "plant %[1]s has no point %[2]s", site.Code, r.Path("point"))
	}
	v := typed(r, slices.Collect(maps.Keys(pointFields(site, x)))...)
	v["reason"] = strings.TrimSpace(r.Form("reason"))
	err = p.edit(r, site.Code, v["reason"], func(s *register.Site) error {
		to := x
		if err := setPoint(v, &to); err != nil {
			return err
		}
		s.Put(to, v["retired"] != "")
		return nil
	})
	if msg, ok := said(err); ok {
		return p.pointPage(site, v, msg, x), "", nil
	}
	next := register.PointPage(site.Code, x.Name)
	if v["retired"] != "" {
		next = register.PlantPage(site.Code)
	}
	return nil, next, err
}

// setPoint reads a point's form.
func setPoint(v map[string]string, to *register.Point) error {
	to.Title, to.Factor, to.Kind, to.Medium, to.Equipment, to.HazardUnit, to.UCUM, to.Key = v["title"], v["factor"], register.Measure(v["kind"]), v["medium"], v["equipment"], v["hazard_unit"], v["ucum"], v["key"] != ""
	to.Every = 0
	if v["every"] != "" {
		s, err := strconv.ParseFloat(v["every"], 64)
		if err != nil || !(s >= 0 && s <= 86400) {
			return errs.Say(errs.Invalid, "上报周期应为 1 至 86400 秒，0 表示不定期", "a period lies between 1 and 86400 seconds, 0 where it reports by event")
		}
		to.Every = time.Duration(s * float64(time.Second))
	}
	for name, x := range map[string]**float64{"ll": &to.Limits.LowLow, "l": &to.Limits.Low, "h": &to.Limits.High, "hh": &to.Limits.HighHigh} {
		*x = nil
		if v[name] == "" {
			continue
		}
		f, err := strconv.ParseFloat(v[name], 64)
		if err != nil {
			return errs.Say(errs.Invalid, "“%[1]s”不是数字", "%[1]q is no number", v[name])
		}
		*x = &f
	}
	return to.Check()
}
