package pages

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/live"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// drawnFor is how old a picture may be that a page is made from.
const drawnFor = 2 * time.Second

// pageWall is all plants at once: grey while they are well.
func (p *Part) pageWall(r *web.Request) (*ui.Page, error) {
	scope := p.scope(r.Who)
	out := Page(source, "/safety")
	out.Crumbs = out.Crumbs[:2]
	out.Clause = lang.T("方案三（三）5", "Clause 3(3)5")
	out.Lead = lang.T("4000 多家危险化学品企业、40 家冶金企业、12 家烟花爆竹储存企业重点部位实时监控。", "Key points of 4,000 hazardous-chemical plants, 40 of metallurgy and 12 fireworks stores, live.")
	out.Live = topicOf(scope)
	out.Actions = []ui.Action{{Text: lang.T("大屏", "Wall view"), Href: "/safety/wall"}, {Text: lang.T("告警", "Alarms"), Href: "/duty/alarms?system=safety", Primary: true}}
	pic := p.o.Desk.Last(drawnFor)
	if len(pic.Plants) == 0 {
		out.Body = []ui.Block{ui.Notice{ID: "safety-empty", Kind: "info", Text: lang.T("台账中还没有企业。请先导入企业、单元和监测点。", "There are no plants yet. Import plants, units and points first."), Link: &ui.Link{Text: lang.T("去导入", "Import"), Href: "/safety/data"}}}
		return out, nil
	}
	out.Body = []ui.Block{p.tiles(pic, scope), ui.Columns{Wide: 0, Cols: [][]ui.Block{{wall(pic, scope)}, {worst(pic, scope)}}}}
	return out, nil
}

// pageWide is the same for a screen on a wall.
func (p *Part) pageWide(r *web.Request) (*ui.Page, error) {
	scope := p.scope(r.Who)
	pic := p.o.Desk.Last(drawnFor)
	return &ui.Page{Title: source, Nav: "safety", Wide: "/safety", Live: topicOf(scope), Body: []ui.Block{p.tiles(pic, scope), wall(pic, scope), worst(pic, scope)}}, nil
}

// tiles are the counters.
func (p *Part) tiles(pic *live.Picture, scope string) ui.Tiles {
	n := p.sums(pic, scope)
	status := func(bad bool, s ui.Status) ui.Status {
		if bad {
			return s
		}
		return ui.StatusOn
	}
	share := 0.0
	if n.Plants > 0 {
		share = float64(n.Monitored) / float64(n.Plants)
	}
	count := func(v int) string { return ui.Num(float64(v), 0) }
	return ui.Tiles{ID: "safety-tiles", Title: lang.T("关键指标", "Key figures"), Items: []ui.Tile{
		{ID: "kpi-monitored", Name: lang.T("实时监控企业", "Plants monitored"), Value: count(n.Monitored), Unit: lang.T("家", "plants"), Note: lang.T("共 "+count(n.Plants)+" 家", "of "+count(n.Plants)),
			Gauge: &ui.Gauge{Part: share, Expected: -1, Status: status(n.Monitored < n.Plants, ui.StatusRisk)}, Href: "/safety/monitored", At: pic.At, Source: source},
		{ID: "kpi-lost", Name: lang.T("未实时监控", "Not monitored"), Value: count(n.Plants - n.Monitored), Unit: lang.T("家", "plants"), Note: lang.T("有关键监测点缺数", "a key point is missing"),
			Href: "/safety/plants?watch=lost", At: pic.At, Source: source},
		{ID: "kpi-critical", Name: lang.T("紧急告警企业", "With critical alarms"), Value: count(n.ByPriority[rule.Critical]), Unit: lang.T("家", "plants"), Note: lang.T("高优先级 "+count(n.ByPriority[rule.High])+" 家", count(n.ByPriority[rule.High])+" more with high ones"),
			Href: "/safety/plants?watch=alarm&sort=grave", At: pic.At, Source: source},
		{ID: "kpi-unacked", Name: lang.T("未确认告警", "Unacknowledged"), Value: count(n.Unacked), Unit: lang.T("条", "alarms"), Href: "/duty/alarms?system=safety", At: pic.At, Source: source},
		{ID: "kpi-stopped", Name: lang.T("停产检修", "Stopped"), Value: count(n.Stopped), Unit: lang.T("家", "plants"), Note: lang.T("部分告警按设计抑制", "some alarms are suppressed by design"), Href: "/safety/plants?state=stopped", At: pic.At, Source: source},
		{ID: "kpi-points", Name: lang.T("监测点", "Points"), Value: count(n.Points), Unit: lang.T("个", "points"), At: pic.At, Source: source},
	}}
}

// look is how a plant stands on the wall; "" while it is well.
func look(s *live.Standing) string {
	switch {
	case s.Grave >= rule.Critical && s.Grave <= rule.Medium:
		if s.Open > s.Silent || s.Grave == rule.Critical {
			return "p" + strconv.Itoa(int(s.Grave))
		}
		return "silent"
	case !s.Monitored:
		return "silent"
	case s.Grave == rule.Low:
		return "p4"
	case s.State != register.Running:
		return "off"
	}
	return ""
}

// severity orders looks, the gravest first.
var severity = map[string]int{"p1": 0, "p2": 1, "silent": 2, "p3": 3, "p4": 4, "off": 5}

// say is what a plant's mark says.
func say(s *live.Standing) lang.Text {
	t := condition(s)
	return lang.T(s.Name+"："+t.Zh, s.Name+": "+t.En)
}

// condition is a plant's standing in words.
func condition(s *live.Standing) lang.Text {
	zh, en := "", ""
	add := func(z, e string) {
		if zh != "" {
			zh, en = zh+"，", en+", "
		}
		zh, en = zh+z, en+e
	}
	if s.Grave > 0 {
		name := Priority(s.Grave)
		add(fmt.Sprintf("%s告警，共 %d 条", name.Zh, s.Open), fmt.Sprintf("%s alarm, %d open", name.En, s.Open))
	}
	switch {
	case s.Keys == 0:
		add("无关键监测点", "no key points")
	case !s.Monitored:
		add(fmt.Sprintf("关键监测点缺 %d/%d", s.Keys-s.Heard, s.Keys), fmt.Sprintf("%d of %d key points missing", s.Keys-s.Heard, s.Keys))
	}
	if s.State != register.Running {
		t := s.State.Text()
		add(t.Zh, t.En)
	}
	if zh == "" {
		return lang.T("正常", "well")
	}
	return lang.T(zh, en)
}

// Priority is an alarm's priority for people.
func Priority(p rule.Priority) lang.Text {
	switch p {
	case rule.Critical:
		return lang.T("紧急", "Critical")
	case rule.High:
		return lang.T("高", "High")
	case rule.Medium:
		return lang.T("中", "Medium")
	}
	return lang.T("低", "Low")
}

// groups lays the plants of a scope out by district.
func groups(pic *live.Picture, scope string) []ui.WallGroup {
	at := map[string]int{}
	var out []ui.WallGroup
	add := func(code string) {
		at[code] = len(out)
		out = append(out, ui.WallGroup{ID: "w-" + code, Name: region.Name(code), Href: "/safety/plants?district=" + code})
	}
	for _, d := range region.Districts {
		if pic.District[d.Code].Plants > 0 && (scope == "" || scope == d.Code) {
			add(d.Code)
		}
	}
	for i := range pic.Plants {
		s := &pic.Plants[i]
		if scope != "" && s.District != scope {
			continue
		}
		if _, ok := at[s.District]; !ok {
			add(s.District)
		}
		g := &out[at[s.District]]
		if l := look(s); l != "" {
			g.Marks = append(g.Marks, ui.WallMark{At: g.Total, Look: l, Text: say(s), Href: register.PlantPage(s.Code)})
		}
		g.Total++
	}
	for code, i := range at {
		g, n := &out[i], pic.District[code]
		slices.SortStableFunc(g.Marks, func(a, b ui.WallMark) int { return cmp.Compare(severity[a.Look], severity[b.Look]) })
		g.Note = lang.T(fmt.Sprintf("%s 家，监控 %s", ui.Num(float64(n.Plants), 0), ui.Num(float64(n.Monitored), 0)), fmt.Sprintf("%s plants, %s monitored", ui.Num(float64(n.Plants), 0), ui.Num(float64(n.Monitored), 0)))
		if n.Alarmed > 0 {
			g.Note = lang.T(g.Note.Zh+fmt.Sprintf("，告警 %d", n.Alarmed), g.Note.En+fmt.Sprintf(", %d with alarms", n.Alarmed))
		}
	}
	return out
}

func wall(pic *live.Picture, scope string) ui.Wall {
	return ui.Wall{ID: "safety-wall", Title: lang.T("全部企业", "All plants"), Groups: groups(pic, scope), Key: []ui.WallKey{
		{Look: "well", Text: lang.T("正常", "Well")}, {Look: "p1", Text: lang.T("紧急告警", "Critical")}, {Look: "p2", Text: lang.T("高级告警", "High")}, {Look: "p3", Text: lang.T("中级告警", "Medium")},
		{Look: "p4", Text: lang.T("低级告警", "Low")}, {Look: "silent", Text: lang.T("关键点缺数", "Key point missing")}, {Look: "off", Text: lang.T("停产检修", "Stopped")}}}
}

// worst lists the plants that want an eye first.
func worst(pic *live.Picture, scope string) ui.Alarms {
	out := ui.Alarms{ID: "safety-worst", Title: lang.T("需要关注的企业", "Plants that want an eye"), More: &ui.Link{Text: lang.T("全部", "All"), Href: "/safety/plants?watch=eye&sort=grave"}, Empty: lang.T("全部企业正常。", "All plants are well.")}
	var list []*live.Standing
	for i := range pic.Plants {
		if s := &pic.Plants[i]; (scope == "" || s.District == scope) && look(s) != "" && look(s) != "off" {
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, func(a, b *live.Standing) int {
		return cmp.Or(cmp.Compare(severity[look(a)], severity[look(b)]), cmp.Compare(b.Unacked, a.Unacked))
	})
	for _, s := range list[:min(12, len(list))] {
		level := map[string]int{"p1": 1, "p2": 2, "silent": 2}[look(s)]
		out.Items = append(out.Items, ui.Alarm{Level: level, Title: lang.Same(s.Name), Place: region.Name(s.District), State: condition(s), At: s.Newest, Href: register.PlantPage(s.Code)})
	}
	return out
}

// Publish tells open pages what has changed; a job calls it each second.
func (p *Part) Publish(context.Context) error {
	pic := p.o.Desk.Draw()
	scopes := []string{""}
	for _, d := range region.Districts {
		scopes = append(scopes, d.Code)
	}
	for _, scope := range scopes {
		if topic := topicOf(scope); p.o.Live.Watched(topic) {
			p.o.Live.Publish(topic, p.updates(pic, scope)...)
		}
	}
	p.told = pic
	return nil
}

// updates are the blocks of a scope that are not as they were told.
func (p *Part) updates(pic *live.Picture, scope string) []ui.Update {
	out := []ui.Update{}
	now := groups(pic, scope)
	var before []ui.WallGroup
	if p.told != nil {
		before = groups(p.told, scope)
	}
	changed := p.told == nil || p.sums(p.told, scope) != p.sums(pic, scope)
	for i, g := range now {
		if i < len(before) && before[i].Total == g.Total && before[i].Note == g.Note && slices.Equal(before[i].Marks, g.Marks) {
			continue
		}
		changed = true
		out = append(out, ui.Update{Block: g})
	}
	if changed {
		out = append(out, ui.Update{Block: p.tiles(pic, scope)}, ui.Update{Block: worst(pic, scope)})
	}
	return out
}
