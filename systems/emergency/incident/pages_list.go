package incident

import (
	"context"
	"fmt"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/systems/emergency/incident/event"
	"sort"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pageList is the room's first page: what is open, what waits, what to do next.
func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	blocks, err := p.desk(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	out := page.Of(page.Title, page.Incidents)
	out.Live = page.Topic
	out.Actions = []ui.Action{{Text: lang.T("接报", "Take a report in"), Href: pathNew, Primary: true}, {Text: lang.T("历史事件", "Past incidents"), Href: pathPast}, {Text: lang.T("大屏", "Wall"), Href: pathWall}, {Text: lang.T("发起演练", "Begin a drill"), Href: pathNew + "?drill=1"}}
	out.Body = blocks
	return out, nil
}

// desk are the blocks of the first page; they hold nothing personal.
func (p *Part) desk(ctx context.Context, who *identity.Principal) ([]ui.Block, error) {
	open, err := p.Open(ctx, who)
	if err != nil {
		return nil, err
	}
	waiting, err := p.Waiting(ctx)
	if err != nil {
		return nil, errs.Wrap("read the reports that wait", err)
	}
	now := p.o.Clock.Now()
	real, drills := split(open)
	return []ui.Block{p.tiles(real, drills, len(waiting), now), table("open-incidents", lang.T("处置中的事件", "Open incidents"), real, now), inbox(waiting), table("open-drills", lang.T("演练", "Drills"), drills, now)}, nil
}

// split parts drills from what is real; they are never counted together.
func split(list []Whole) (real, drills []Whole) {
	for _, x := range list {
		if x.Drill {
			drills = append(drills, x)
		} else {
			real = append(real, x)
		}
	}
	return real, drills
}

func (p *Part) tiles(real, drills []Whole, waiting int, now time.Time) ui.Tiles {
	late, grave := 0, 0
	for _, x := range real {
		if x.Case.Late || x.writeLate(now) {
			late++
		}
		if x.Case.Level == 1 || x.Case.Level == 2 {
			grave++
		}
	}
	tile := func(id string, name lang.Text, n int, href string) ui.Tile {
		return ui.Tile{ID: id, Name: name, Value: ui.Grouped(int64(n)), Href: href, At: now, Source: lang.T("事件库", "incidents")}
	}
	return ui.Tiles{ID: "emergency-tiles", Title: lang.T("当前态势", "Now"), Items: []ui.Tile{
		tile("n-open", lang.T("处置中的事件", "Open incidents"), len(real), Path), tile("n-grave", lang.T("其中重大以上", "of these level I or II"), grave, Path),
		tile("n-waiting", lang.T("待处理来报", "Reports waiting"), waiting, Path), tile("n-late", lang.T("已超时限", "Beyond a deadline"), late, Path),
		tile("n-drills", lang.T("演练（不计入）", "Drills (not counted)"), len(drills), Path)}}
}

// writeLate tells whether the written report should have gone up.
func (x Whole) writeLate(now time.Time) bool {
	return !x.Drill && x.Written.IsZero() && x.Closed.IsZero() && now.After(WriteBy(x.Opened, x.Case.Level))
}

// table lists incidents, the gravest first.
func table(id string, title lang.Text, list []Whole, now time.Time) ui.Table {
	t := ui.Table{ID: id, Title: title, Path: Path, Total: int64(len(list)), Empty: lang.T("目前没有", "None now"), Columns: []ui.Column{
		{Key: "title", Text: lang.T("事件", "Incident")}, {Key: "stage", Text: lang.T("阶段", "Stage")}, {Key: "level", Text: lang.T("级别", "Level")}, {Key: "harm", Text: lang.T("伤亡", "Harm")},
		{Key: "unit", Text: lang.T("下一步", "Next")}, {Key: "due", Text: lang.T("时限", "Due")}, {Key: "opened", Text: lang.T("接报时间", "Reported")}}}
	sort.SliceStable(list, func(i, j int) bool { return weight(list[i]) < weight(list[j]) })
	for _, x := range list {
		due := ui.Cell{Time: x.Case.Due}
		if x.Case.Due.IsZero() {
			due = ui.Cell{Text: lang.Same(ui.None)}
		} else if x.Case.Late || now.After(x.Case.Due) {
			due = ui.Cell{Tag: &ui.Tag{Status: ui.StatusBehind, Text: lang.T("已超时限", "Late")}}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "i-" + x.ID, Cells: []ui.Cell{
			{Text: lang.Same(x.Case.Title), Sub: lang.Same(x.Case.Number), Href: pathOne + x.ID, Strong: true}, {Tag: stageTag(x.Case.Stage)}, {Text: event.LevelName(x.Case.Level)}, {Text: x.Harm.say()}, {Text: x.next()}, due, {Time: x.Opened}}})
	}
	return t
}

// weight orders incidents: those not yet verified count as level II until somebody has judged them.
func weight(x Whole) int {
	level := x.Case.Level
	if level == 0 {
		level = 2
	}
	if x.Case.Stage == Controlled {
		level += 4
	}
	return level
}

// next is what the incident waits for.
func (x Whole) next() lang.Text {
	if s := steps(x.Case.Stage); len(s) > 0 {
		return s[0].text
	}
	return lang.Same(ui.None)
}

func stageTag(stage string) *ui.Tag {
	s := ui.StatusOn
	switch stage {
	case Reported, Verified:
		s = ui.StatusBehind
	case Responding:
		s = ui.StatusRisk
	case Closed:
		s = ui.StatusMet
	case False, Merged:
		s = ui.StatusNone
	}
	return &ui.Tag{Status: s, Text: StageName(stage)}
}

// say writes the harm: only what is not zero.
func (h Harm) say() lang.Text {
	zh, en := "", ""
	words := [5][2]string{{"亡 %d", "%d dead"}, {"失踪 %d", "%d missing"}, {"被困 %d", "%d trapped"}, {"重伤 %d", "%d serious"}, {"伤 %d", "%d injured"}}
	for i, n := range harmOf(h) {
		if n == 0 {
			continue
		}
		if zh != "" {
			zh, en = zh+"，", en+", "
		}
		zh, en = zh+fmt.Sprintf(words[i][0], n), en+fmt.Sprintf(words[i][1], n)
	}
	if zh == "" {
		return lang.T("无报告", "none reported")
	}
	return lang.T(zh, en)
}

// inbox lists the reports that nobody has dealt with.
func inbox(list []Report) ui.Table {
	t := ui.Table{ID: "inbox", Title: lang.T("待处理来报", "Reports waiting"), Path: Path, Total: int64(len(list)), Empty: lang.T("没有待处理的来报", "No report waits"), Columns: []ui.Column{{Key: "at", Text: lang.T("收到", "Received")}, {Key: "class", Text: lang.T("类型", "Kind")}, {Key: "place", Text: lang.T("地点", "Place")}, {Key: "source", Text: lang.T("来源", "By")}}}
	for _, r := range list {
		c, _ := event.ClassOf(r.Class)
		place := lang.Same(r.Place)
		if r.Place == "" {
			place = region.Name(r.District)
		}
		t.Rows = append(t.Rows, ui.Row{ID: "r-" + r.ID, Cells: []ui.Cell{{Time: r.Came}, {Text: c.Name, Href: pathInbox + "/" + r.ID, Strong: true}, {Text: place}, {Text: sourceName(r.Source)}}})
	}
	return t
}

func sourceName(s string) lang.Text {
	switch s {
	case ByCall:
		return lang.T("电话", "call")
	case ByWeb:
		return lang.T("网上", "web")
	case ByAlarm:
		return lang.T("告警", "alarm")
	}
	return lang.T("其他系统", "another system")
}

// pageReport shows a report that waits, with what is personal in it: the look is recorded.
func (p *Part) pageReport(r *web.Request) (*ui.Page, error) {
	rep, err := p.Reveal(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	title := lang.T("来报", "Report")
	out := page.Of(title, page.Incidents, ui.Link{Text: title})
	out.Lead = lang.T("含个人信息，本次查看已记入审计日志。", "This holds personal data; that you look at it is recorded.")
	out.Body = []ui.Block{rep.facts()}
	if rep.Incident != "" || rep.Dismissed != "" || !r.Who.Can(GrantIntake) {
		return out, nil
	}
	near, err := p.Nearest(r.Context(), Tell{Class: rep.Class, Where: rep.Where, Occurred: rep.Came})
	if err != nil {
		return nil, err
	}
	options := []ui.Option{{Value: apart, Text: lang.T("另立事件", "open an incident")}}
	for _, n := range near {
		options = append(options, ui.Option{Value: n.ID, Text: lang.T("并入："+n.say().Zh, "join: "+n.say().En)})
	}
	options = append(options, ui.Option{Value: "dismiss", Text: lang.T("不予受理", "dismiss")})
	out.Body = append(out.Body, ui.Form{ID: "settle", Title: lang.T("处理来报", "Deal with it"), Action: pathInbox + "/" + rep.ID, Submit: lang.T("确定", "Do it"), Fields: []ui.Field{
		{Name: "join", Kind: "select", Label: lang.T("处理", "What to do"), Options: options, Required: true}, {Name: "reason", Label: lang.T("不受理的理由", "Reason to dismiss it")}}})
	return out, nil
}

func (r Report) facts() ui.Facts {
	c, _ := event.ClassOf(r.Class)
	items := []ui.Fact{{Name: lang.T("收到", "Received"), Time: r.Came}, {Name: lang.T("来源", "By"), Value: sourceName(r.Source)}, {Name: lang.T("类型", "Kind"), Value: c.Name},
		{Name: lang.T("地点", "Place"), Value: lang.Same(r.Place)}, {Name: lang.T("区", "District"), Value: region.Name(r.District)}}
	if r.Located {
		items = append(items, ui.Fact{Name: lang.T("坐标", "Coordinates"), Value: lang.Same(r.At.Text())})
	}
	return ui.Facts{ID: "report", Title: lang.T("来报内容", "The report"), Items: append(items,
		ui.Fact{Name: lang.T("原话", "Words"), Value: lang.Same(r.Words)}, ui.Fact{Name: lang.T("报告人", "Caller"), Value: lang.Same(r.Caller)},
		ui.Fact{Name: lang.T("电话", "Telephone"), Value: lang.Same(r.Phone)}, ui.Fact{Name: lang.T("伤亡人员", "Who is hurt"), Value: lang.Same(r.Hurt)}, ui.Fact{Name: lang.T("回执编号", "Receipt"), Value: lang.Same(r.Receipt)})}
}

func (p *Part) formSettle(r *web.Request) (*ui.Page, string, error) {
	join, dismiss := r.Form("join"), ""
	switch join {
	case apart:
		join = ""
	case "dismiss":
		if join, dismiss = "", oneLine(r.Form("reason")); dismiss == "" {
			return nil, "", errs.Say(errs.Invalid, "请填写不予受理的理由", "give the reason to dismiss it")
		}
	}
	id, err := p.Settle(r.Context(), r.Who, r.Path("id"), join, dismiss)
	if err != nil || id == "" {
		return nil, Path, err
	}
	return nil, pathOne + id, nil
}

// pageWall is for the wall of the command room: big, calm, live.
func (p *Part) pageWall(r *web.Request) (*ui.Page, error) {
	blocks, err := p.desk(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	open, err := p.Open(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	title := lang.T("应急指挥大屏", "Command wall")
	out := page.Of(title, page.Incidents, ui.Link{Text: title})
	out.Tabs, out.Live = nil, page.Topic
	out.Body = []ui.Block{blocks[0], ui.Columns{Wide: 0, Cols: [][]ui.Block{{blocks[1]}, {wallMap(open)}}}}
	return out, nil
}

func wallMap(open []Whole) ui.Map {
	m := ui.Map{ID: "emergency-map", Title: lang.T("事件分布", "Where"), Height: 520}
	for _, x := range open {
		if x.Located && !x.Drill {
			kind := "alarm1"
			if x.Case.Stage == Controlled {
				kind = "alarm2"
			}
			m.Points = append(m.Points, ui.Point{Lon: x.At[0], Lat: x.At[1], Kind: kind, Text: lang.Same(x.Case.Title), Href: pathOne + x.ID})
		}
	}
	return m
}

// tell brings the open pages up to date where something has changed.
func (p *Part) tell(ctx context.Context) error {
	if !p.changed.Swap(false) || !p.o.Live.Watched(page.Topic) {
		return nil
	}
	who := identity.System("emergency")
	blocks, err := p.desk(ctx, who)
	if err != nil {
		p.changed.Store(true)
		return err
	}
	open, err := p.Open(ctx, who)
	if err != nil {
		return err
	}
	updates := []ui.Update{{Block: wallMap(open)}}
	for _, b := range blocks {
		updates = append(updates, ui.Update{Block: b})
	}
	for _, x := range open {
		updates = append(updates, ui.Update{Block: p.head(x)})
		lines, err := p.o.Cases.Timeline(ctx, who, x.ID)
		if err != nil {
			return err
		}
		updates = append(updates, ui.Update{Block: p.timeline(ctx, x, lines)})
	}
	p.o.Live.Publish(page.Topic, updates...)
	return nil
}
