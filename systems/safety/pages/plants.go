package pages

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/hazard"
	"github.com/haihe-city/haihe/systems/safety/live"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pageSize is how many rows a list shows.
const pageSize = 50

// selection is what a list of plants shows.
type selection struct {
	register.Filter
	Watch string // "", lost, alarm, eye
	Sort  string
	From  int
}

// sorts are the orders of the list of plants, each with a minus before it for the other way.
var sorts = map[string]func(p *Part, a, b *live.Standing) int{
	"plant":  func(_ *Part, a, b *live.Standing) int { return 0 },
	"newest": func(_ *Part, a, b *live.Standing) int { return a.Newest.Compare(b.Newest) },
	"keys":   func(_ *Part, a, b *live.Standing) int { return cmp.Compare(a.Keys-a.Heard, b.Keys-b.Heard) },
	"grave":  func(_ *Part, a, b *live.Standing) int { return cmp.Compare(gravity(a), gravity(b)) },
	"hazard": func(p *Part, a, b *live.Standing) int { return cmp.Compare(p.worstOf(a.Site).R, p.worstOf(b.Site).R) },
}

// gravity orders standings as the wall does, the gravest first.
func gravity(s *live.Standing) int {
	if n, ok := severity[look(s)]; ok {
		return n
	}
	return len(severity)
}

// choose reads a list's filters from the query.
func (p *Part) choose(r *web.Request) (sel selection, err error) {
	sel = selection{Filter: register.Filter{Kind: register.Kind(r.Query("kind")), District: r.Query("district"), State: register.State(r.Query("state")), Feed: register.Feed(r.Query("feed")), Text: strings.TrimSpace(r.Query("q"))},
		Watch: r.Query("watch"), Sort: r.Query("sort")}
	switch {
	case sel.Kind != "" && !slices.Contains(register.Kinds, sel.Kind), sel.State != "" && !slices.Contains(register.States, sel.State), sel.Feed != "" && !slices.Contains(register.Feeds, sel.Feed):
		return sel, errs.Say(errs.Invalid, "筛选条件无法识别", "a filter is not known")
	case sorts[strings.TrimPrefix(sel.Sort, "-")] == nil && sel.Sort != "":
		return sel, errs.Say(errs.Invalid, "排序“%[1]s”无法识别", "sort %[1]q is not known", sel.Sort)
	case !slices.Contains([]string{"", "lost", "alarm", "eye"}, sel.Watch):
		return sel, errs.Say(errs.Invalid, "状态“%[1]s”无法识别，可用 lost、alarm、eye", "watch %[1]q is not known: lost, alarm or eye", sel.Watch)
	}
	if text := r.Query("after"); text != "" {
		if sel.From, err = strconv.Atoi(text); err != nil || sel.From < 0 {
			return sel, errs.Say(errs.Invalid, "翻页标记“%[1]s”无效，请从第一页重新打开", "the page mark %[1]q is not valid, open the list from its first page", text)
		}
	}
	if scope := p.scope(r.Who); scope != "" {
		if sel.District != "" && sel.District != scope {
			return sel, errs.Say(errs.Denied, "您只能查看本区企业", "you may see the plants of your own district")
		}
		sel.District = scope
	}
	return sel, nil
}

// list gives the standings that a selection picks, in its order.
func (p *Part) list(sel selection) []live.Standing {
	pic := p.o.Desk.Last(drawnFor)
	var out []live.Standing
	for _, site := range p.o.Register.Sites(sel.Filter) {
		s, ok := pic.Plant(site.Code)
		if !ok {
			s = live.Standing{Site: site} // it came after the picture
		}
		switch {
		case sel.Watch == "lost" && s.Monitored, sel.Watch == "alarm" && s.Grave == 0, sel.Watch == "eye" && (look(&s) == "" || look(&s) == "off"):
			continue
		}
		out = append(out, s)
	}
	by := sorts[strings.TrimPrefix(sel.Sort, "-")]
	if by == nil {
		return out
	}
	turn := 1
	if strings.HasPrefix(sel.Sort, "-") {
		turn = -1
	}
	slices.SortStableFunc(out, func(a, b live.Standing) int { return turn * cmp.Or(by(p, &a, &b), cmp.Compare(a.Code, b.Code)) })
	return out
}

// tag is a plant's standing as a list shows it.
func tag(s *live.Standing) *ui.Tag {
	t := &ui.Tag{Status: ui.StatusMet, Text: condition(s)}
	switch look(s) {
	case "p1":
		t.Status = ui.StatusBehind
	case "p2", "silent":
		t.Status = ui.StatusRisk
	case "p3", "p4":
		t.Status = ui.StatusOn
	case "off":
		t.Status = ui.StatusNone
	}
	return t
}

var plantColumns = []ui.Column{
	{Key: "plant", Text: lang.T("企业 · 编码", "Plant · code"), Sortable: true},
	{Key: "district", Text: lang.T("区", "District")},
	{Key: "kind", Text: lang.T("类别", "Kind")},
	{Key: "keys", Text: lang.T("关键监测点", "Key points"), Num: true, Sortable: true},
	{Key: "newest", Text: lang.T("最新数据", "Newest reading"), Num: true, Sortable: true},
	{Key: "hazard", Text: lang.T("重大危险源", "Major hazard"), Sortable: true},
	{Key: "grave", Text: lang.T("状态", "State"), Sortable: true},
}

func (p *Part) plantRow(s *live.Standing) ui.Row {
	h := p.worstOf(s.Site)
	class := lang.T("—", "—")
	if len(s.Units) > 0 {
		class = h.Level.Text()
	}
	part := 0.0
	if s.Keys > 0 {
		part = float64(s.Heard) / float64(s.Keys)
	}
	return ui.Row{ID: "p-" + s.Code, Cells: []ui.Cell{
		{Text: lang.Same(s.Name), Sub: lang.Same(s.Code), Href: register.PlantPage(s.Code), Strong: true},
		{Text: region.Name(s.District)}, {Text: s.Kind.Text()},
		{Text: lang.Same(fmt.Sprintf("%d/%d", s.Heard, s.Keys)), Gauge: &ui.Gauge{Part: part, Expected: -1, Status: tag(s).Status}},
		{Time: s.Newest}, {Text: class}, {Tag: tag(s)},
	}}
}

// worstOf gives the hazard value of a plant's worst unit, the zero value where it has none.
func (p *Part) worstOf(s *register.Site) (worst hazard.Value) {
	for i, u := range s.Units {
		if v := p.value(s, u); i == 0 || v.R > worst.R {
			worst = v
		}
	}
	return worst
}

func options[T ~string](all lang.Text, list []T, text func(T) lang.Text) []ui.Option {
	out := []ui.Option{}
	if !all.Empty() {
		out = append(out, ui.Option{Value: "", Text: all})
	}
	for _, x := range list {
		out = append(out, ui.Option{Value: string(x), Text: text(x)})
	}
	return out
}

func districtOptions(all lang.Text) []ui.Option {
	out := []ui.Option{}
	if !all.Empty() {
		out = append(out, ui.Option{Value: "", Text: all})
	}
	for _, d := range region.Districts {
		out = append(out, ui.Option{Value: d.Code, Text: d.Name})
	}
	return out
}

func keep(r *web.Request, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		if v := r.Query(n); v != "" {
			out[n] = v
		}
	}
	return out
}

// pagePlants lists the plants.
func (p *Part) pagePlants(r *web.Request) (*ui.Page, error) {
	sel, err := p.choose(r)
	if err != nil {
		return nil, err
	}
	all := p.list(sel)
	t := ui.Table{ID: "plants", Title: lang.T("企业", "Plants"), Columns: plantColumns, Sort: sel.Sort, Total: int64(len(all)), Paged: sel.From > 0, Path: "/safety/plants", Query: keep(r, "q", "kind", "district", "state", "feed", "watch", "sort"),
		Search: &ui.Field{Name: "q", Kind: "search", Label: lang.T("企业名称或编码", "Name or code"), Placeholder: lang.T("名称或编码", "Name or code"), Value: sel.Text},
		Filters: []ui.Field{
			{Name: "kind", Kind: "select", Label: lang.T("类别", "Kind"), Value: string(sel.Kind), Options: options(lang.T("全部类别", "All kinds"), register.Kinds, register.Kind.Text)},
			{Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: sel.District, Options: districtOptions(lang.T("全部区", "All districts"))},
			{Name: "state", Kind: "select", Label: lang.T("生产状态", "Running"), Value: string(sel.State), Options: options(lang.T("全部", "Any"), register.States, register.State.Text)},
			{Name: "watch", Kind: "select", Label: lang.T("监控状态", "Standing"), Value: sel.Watch, Options: []ui.Option{{Value: "", Text: lang.T("全部状态", "Any")}, {Value: "eye", Text: lang.T("需要关注", "Wants an eye")}, {Value: "lost", Text: lang.T("未实时监控", "Not monitored")}, {Value: "alarm", Text: lang.T("有告警", "With alarms")}}}},
		Empty: lang.T("没有符合条件的企业。", "No plant fits.")}
	t.Exports = ui.Exports("/api/safety/plants", t.Query)[:1]
	for i := sel.From; i < min(len(all), sel.From+pageSize); i++ {
		t.Rows = append(t.Rows, p.plantRow(&all[i]))
	}
	if sel.From+pageSize < len(all) {
		t.Next = strconv.Itoa(sel.From + pageSize)
	}
	out := Page(lang.T("企业", "Plants"), "/safety/plants", ui.Link{Text: lang.T("企业", "Plants"), Href: "/safety/plants"})
	out.Body = []ui.Block{t}
	return out, nil
}

// pageMonitored is what the three indicators rest on: how many plants of a kind count, and of those that do not, which points are missing.
func (p *Part) pageMonitored(r *web.Request) (*ui.Page, error) {
	kind := register.Kind(r.Query("kind"))
	if kind != "" && !slices.Contains(register.Kinds, kind) {
		return nil, errs.Say(errs.Invalid, "企业类别“%[1]s”无法识别", "kind %[1]q is not known", string(kind))
	}
	from, err := strconv.Atoi(cmp.Or(r.Query("after"), "0"))
	if err != nil || from < 0 {
		return nil, errs.Say(errs.Invalid, "翻页标记“%[1]s”无效，请从第一页重新打开", "the page mark %[1]q is not valid, open the list from its first page", r.Query("after"))
	}
	scope := p.scope(r.Who)
	out := Page(lang.T("实时监控企业", "Plants monitored"), "/safety/monitored", ui.Link{Text: lang.T("监控率", "Monitored"), Href: "/safety/monitored"})
	out.Lead = lang.T("企业全部关键监测点均在周期内上报，才计为实时监控；从未上报、超过 3 个周期无数据的均不计。", "A plant counts while every key point reports within its interval; what never reported, or is silent for three periods, does not count.")
	pic := p.o.Desk.Last(drawnFor)
	sum := ui.Table{ID: "kinds", Title: lang.T("按类别", "By kind"), Total: -1, Path: "/safety/monitored", Columns: []ui.Column{{Text: lang.T("类别", "Kind")}, {Text: lang.T("实时监控", "Monitored"), Num: true}, {Text: lang.T("登记企业", "Registered"), Num: true}, {Text: lang.T("方案目标", "Target")}}}
	for _, k := range register.Kinds {
		n := p.kindSum(pic, k, scope)
		sum.Rows = append(sum.Rows, ui.Row{ID: "k-" + string(k), Cells: []ui.Cell{{Text: k.Text(), Href: "/safety/monitored?kind=" + string(k), Strong: true}, {Text: lang.Same(strconv.Itoa(n.Monitored))}, {Text: lang.Same(strconv.Itoa(n.Plants))},
			{Text: lang.T("查看目标", "See the target"), Href: "/plan/target/" + Targets[k]}}})
	}
	lost := ui.Table{ID: "lost", Title: lang.T("未计入的企业", "Plants that do not count"), Path: "/safety/monitored", Query: keep(r, "kind"), Paged: from > 0, Columns: []ui.Column{{Text: lang.T("企业 · 编码", "Plant · code")}, {Text: lang.T("区", "District")}, {Text: lang.T("类别", "Kind")}, {Text: lang.T("缺数的关键监测点", "Key points missing")}, {Text: lang.T("最新数据", "Newest reading"), Num: true}},
		Filters: []ui.Field{{Name: "kind", Kind: "select", Label: lang.T("类别", "Kind"), Value: string(kind), Options: options(lang.T("全部类别", "All kinds"), register.Kinds, register.Kind.Text)}},
		Empty:   lang.T("全部企业均已实时监控。", "Every plant is monitored."),
		Exports: ui.Exports("/api/safety/plants", map[string]string{"watch": "lost", "kind": string(kind)})[:1]}
	list := p.list(selection{Filter: register.Filter{Kind: kind, District: scope}, Watch: "lost"})
	lost.Total = int64(len(list))
	for i := from; i < min(len(list), from+pageSize); i++ {
		s := &list[i]
		lost.Rows = append(lost.Rows, ui.Row{ID: "l-" + s.Code, Cells: []ui.Cell{{Text: lang.Same(s.Name), Sub: lang.Same(s.Code), Href: register.PlantPage(s.Code), Strong: true}, {Text: region.Name(s.District)}, {Text: s.Kind.Text()}, {Text: p.missing(s)}, {Time: s.Newest}}})
	}
	if from+pageSize < len(list) {
		lost.Next = strconv.Itoa(from + pageSize)
	}
	out.Body = []ui.Block{sum, lost}
	return out, nil
}

// kindSum counts a kind's plants within a scope.
func (p *Part) kindSum(pic *live.Picture, k register.Kind, scope string) live.Sum {
	if scope == "" {
		return pic.Kind[k]
	}
	var n live.Sum
	for i := range pic.Plants {
		if s := &pic.Plants[i]; s.Kind == k && s.District == scope {
			n.Plants++
			if s.Monitored {
				n.Monitored++
			}
		}
	}
	return n
}

// mostNamed is how many missing points of a plant a list names.
const mostNamed = 5

// missing names the key points that keep a plant from counting.
func (p *Part) missing(s *live.Standing) lang.Text {
	if s.Keys == 0 {
		return lang.T("无关键监测点", "no key points")
	}
	zh, en, more := []string{}, []string{}, 0
	for _, x := range p.o.Desk.Points(s.Site) {
		if why := x.Missing(); x.Key && !why.Empty() {
			if len(zh) == mostNamed {
				more++
				continue
			}
			zh, en = append(zh, x.Name+"（"+why.Zh+"）"), append(en, x.Name+" ("+why.En+")")
		}
	}
	if more > 0 {
		zh, en = append(zh, fmt.Sprintf("另 %d 个", more)), append(en, fmt.Sprintf("%d more", more))
	}
	return lang.T(strings.Join(zh, "、"), strings.Join(en, ", "))
}

// pageDistricts sums the plants of each district.
func (p *Part) pageDistricts(r *web.Request) (*ui.Page, error) {
	scope, pic := p.scope(r.Who), p.o.Desk.Last(drawnFor)
	t := ui.Table{ID: "districts", Title: lang.T("各区", "Districts"), Total: -1, Path: "/safety/districts", Columns: []ui.Column{{Text: lang.T("区", "District")}, {Text: lang.T("企业", "Plants"), Num: true}, {Text: lang.T("实时监控", "Monitored"), Num: true}, {Text: lang.T("监控率", "Share")},
		{Text: lang.T("紧急", "Critical"), Num: true}, {Text: lang.T("高", "High"), Num: true}, {Text: lang.T("未确认", "Unacknowledged"), Num: true}, {Text: lang.T("停产检修", "Stopped"), Num: true}, {Text: lang.T("监测点", "Points"), Num: true}},
		Empty: lang.T("没有企业", "No plants")}
	n := func(v int) ui.Cell { return ui.Cell{Text: lang.Same(ui.Num(float64(v), 0))} }
	for _, d := range region.Districts {
		s := pic.District[d.Code]
		if s.Plants == 0 || scope != "" && scope != d.Code {
			continue
		}
		t.Rows = append(t.Rows, ui.Row{ID: "d-" + d.Code, Cells: []ui.Cell{{Text: d.Name, Href: "/safety/plants?district=" + d.Code, Strong: true}, n(s.Plants), n(s.Monitored),
			{Gauge: &ui.Gauge{Part: float64(s.Monitored) / float64(s.Plants), Expected: -1, Status: shareStatus(s)}}, n(s.ByPriority[rule.Critical]), n(s.ByPriority[rule.High]), n(s.Unacked), n(s.Stopped), n(s.Points)}})
	}
	out := Page(lang.T("各区", "Districts"), "/safety/districts", ui.Link{Text: lang.T("各区", "Districts"), Href: "/safety/districts"})
	out.Body = []ui.Block{t}
	return out, nil
}

func shareStatus(s live.Sum) ui.Status {
	if s.Monitored < s.Plants {
		return ui.StatusRisk
	}
	return ui.StatusMet
}

// mostOnMap is how many plants the map marks one by one.
const mostOnMap = 400

// pageMap shows the districts by what is monitored, and the plants that want an eye; of one district all plants.
func (p *Part) pageMap(r *web.Request) (*ui.Page, error) {
	sel, err := p.choose(r)
	if err != nil {
		return nil, err
	}
	pic := p.o.Desk.Last(drawnFor)
	m := ui.Map{ID: "safety-map", Title: lang.T("实时监控率与需要关注的企业", "Share monitored, and plants that want an eye"), Legend: []lang.Text{lang.Same("<94"), lang.Same("94"), lang.Same("96"), lang.Same("98"), lang.Same("≥99%")}, Height: 640}
	m.Areas = areas(pic)
	if sel.District == "" {
		sel.Watch = "eye"
	}
	sel.Sort = "grave"
	list, left := p.list(sel), 0
	for i := range list {
		s := &list[i]
		if s.Lon == 0 || len(m.Points) == mostOnMap {
			left++
			continue
		}
		kind := map[string]string{"p1": "alarm1", "p2": "alarm2", "silent": "alarm2", "p3": "alarm3", "p4": "alarm3"}[look(s)]
		m.Points = append(m.Points, ui.Point{Lon: s.Lon, Lat: s.Lat, Kind: cmp.Or(kind, "plain"), Text: say(s), Href: register.PlantPage(s.Code)})
	}
	out := Page(lang.T("地图", "Map"), "/safety/map", ui.Link{Text: lang.T("地图", "Map"), Href: "/safety/map"})
	if sel.District != "" {
		out.Actions = []ui.Action{{Text: lang.T("全市", "Whole city"), Href: "/safety/map"}, {Text: lang.T("企业清单", "List"), Href: "/safety/plants?district=" + sel.District}}
	}
	if left > 0 {
		out.Body = append(out.Body, ui.Notice{ID: "map-left", Kind: "info", Text: lang.T(fmt.Sprintf("另有 %d 家企业未标出（无坐标，或超过 %d 家）。", left, mostOnMap), fmt.Sprintf("%d more plants are not marked: they have no place, or stand beyond the first %d.", left, mostOnMap)), Link: &ui.Link{Text: lang.T("企业清单", "List"), Href: "/safety/plants?watch=" + sel.Watch + "&sort=grave&district=" + sel.District}})
	}
	out.Body = append(out.Body, m)
	return out, nil
}

func class(share float64) int {
	for i, bound := range []float64{94, 96, 98, 99} {
		if share < bound {
			return i
		}
	}
	return 4
}

// areas are the districts by what is monitored in them.
func areas(pic *live.Picture) (out []ui.Area) {
	for _, d := range region.Districts {
		s := pic.District[d.Code]
		a := ui.Area{Code: d.Code, Class: -1, Text: lang.T("无企业", "no plants"), Href: "/safety/map?district=" + d.Code}
		if s.Plants > 0 {
			share := 100 * float64(s.Monitored) / float64(s.Plants)
			a.Value, a.Text, a.Class = share, lang.Same(ui.Num(share, 1)+"%"), class(share)
			a.Rows = []ui.Fact{{Name: lang.T("企业", "Plants"), Value: lang.Same(strconv.Itoa(s.Plants))}, {Name: lang.T("未实时监控", "Not monitored"), Value: lang.Same(strconv.Itoa(s.Plants - s.Monitored))}, {Name: lang.T("有告警", "With alarms"), Value: lang.Same(strconv.Itoa(s.Alarmed))}}
		}
		out = append(out, a)
	}
	return out
}
