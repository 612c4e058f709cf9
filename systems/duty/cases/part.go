package cases

import (
	"context"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// PageFunc makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

// Path is where the list stands; a case stands below it by its id.
const Path = "/duty/cases"

// Part is the cases' part of the duty desk.
type Part struct {
	db     *store.DB
	cases  *casework.Service
	alarms *alarm.Board
	post   *notice.Post
	people *identity.Service
	page   PageFunc

	hub    *web.Hub
	change atomic.Int64 // how many changes pages were told of
	stop   func()
}

// Topic is the event stream of the cases. Who may see a case differs from case to case, so that the stream says only which has changed,
// by its id; a page then asks its own address again.
const Topic = "duty.cases"

// New makes the part and lets it follow the cases until Close.
func New(h *host.Host, page PageFunc) *Part {
	p := &Part{db: h.DB, cases: h.Duty.Cases, alarms: h.Duty.Alarms, post: h.Duty.Post, people: h.People, page: page, hub: h.Live}
	p.stop = p.cases.Follow(p.heard)
	return p
}

// Close ends what New began.
func (p *Part) Close() { p.stop() }

// heard tells open pages of cases that changed; the hub joins what comes faster than twice a second.
func (p *Part) heard(list []casework.Case) {
	n := p.change.Add(1)
	if !p.hub.Watched(Topic) {
		return
	}
	updates := []ui.Update{{Block: pulse("", n)}}
	for _, c := range list {
		updates = append(updates, ui.Update{Block: pulse(c.ID, n)})
	}
	p.hub.Publish(Topic, updates...)
}

// pulse marks a page of one case, or of their list; it shows nothing.
func pulse(id string, n int64) ui.AlarmPulse { return ui.AlarmPulse{ID: "cases-pulse" + id, Change: n} }

// Routes are its pages and its interface. They ask for no grant of their own: each case asks for those of its kind.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /duty/cases", Page: p.pageList},
		{Pattern: "GET /duty/cases/{id}", Page: p.pageOne},
		{Pattern: "POST /duty/cases/{id}/advance", Form: p.formAdvance},
		{Pattern: "POST /duty/cases/{id}/{verb}", Form: p.formAct},
		{Pattern: "POST /duty/cases/{id}/attach", Form: p.formAttach, MaxBody: casework.MaxFile + 64<<10},
		{Pattern: "GET /api/duty/cases", API: p.apiList},
		{Pattern: "GET /api/duty/cases.csv", API: p.apiSheet},
		{Pattern: "GET /api/duty/cases/{id}", API: p.apiOne},
		{Pattern: "GET /api/duty/cases/{id}/files/{file}", API: p.apiFile},
	}
}

// Search finds cases by number, title and fields.
func (p *Part) Search(ctx context.Context, who *identity.Principal, q string, limit int) (out []web.Hit, err error) {
	list, _, err := p.cases.List(ctx, who, casework.Filter{Text: q, Limit: limit})
	for _, c := range list {
		out = append(out, web.Hit{Kind: p.kindText(c.Kind), Text: lang.Same(c.Number), Sub: lang.Same(c.Title), Href: Path + "/" + c.ID})
	}
	return out, err
}

func (p *Part) kindText(name string) lang.Text {
	if k, ok := p.cases.Kind(name); ok {
		return k.Title
	}
	return lang.Same(name)
}

func (p *Part) stageText(c *casework.Case) lang.Text {
	if k, ok := p.cases.Kind(c.Kind); ok {
		if st, ok := k.Stage(c.Stage); ok {
			return st.Title
		}
	}
	return lang.Same(c.Stage)
}

// stateTag says the stage, and whether the case is late.
func (p *Part) stateTag(c *casework.Case) *ui.Tag {
	t := p.stageText(c)
	switch {
	case !c.Closed.IsZero():
		return &ui.Tag{Status: ui.StatusMet, Text: t}
	case c.Late:
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T(t.Zh+" · 逾期", t.En+" · overdue")}
	}
	return &ui.Tag{Status: ui.StatusOn, Text: t}
}

func levelText(level int) lang.Text {
	words := []lang.Text{lang.T("未定级", "Not graded"), lang.T("Ⅰ级（特别重大）", "I, gravest"), lang.T("Ⅱ级（重大）", "II, grave"), lang.T("Ⅲ级（较大）", "III, serious"), lang.T("Ⅳ级（一般）", "IV, ordinary")}
	return words[min(max(level, 0), 4)]
}

// filter reads the query of a list.
func filter(who *identity.Principal, v url.Values) casework.Filter {
	f := casework.Filter{Text: v.Get("q"), Order: v.Get("sort"), Cursor: v.Get("after"), Area: v.Get("area"), Group: v.Get("group"), Limit: 50}
	if k := v.Get("kind"); k != "" {
		f.Kinds = []string{k}
	}
	switch v.Get("which") {
	case "", "open":
		f.Open = true
	case "unit":
		f.Open, f.Units = true, []string{who.Unit}
	case "mine":
		f.Open, f.Holder = true, who.ID
	case "late":
		f.Open, f.Late = true, true
	}
	if t, err := time.ParseInLocation(time.DateOnly, v.Get("from"), ui.Zone()); err == nil {
		f.From = t
	}
	if t, err := time.ParseInLocation(time.DateOnly, v.Get("to"), ui.Zone()); err == nil {
		f.To = t.AddDate(0, 0, 1)
	}
	return f
}

// params are the query parameters that links and forms keep.
var params = []string{"q", "kind", "which", "area", "group", "from", "to", "sort"}

// pageList lists the cases that the reader may see.
func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	v := r.HTTP.URL.Query()
	list, next, err := p.cases.List(r.Context(), r.Who, filter(r.Who, v))
	if err != nil {
		return nil, err
	}
	keep := map[string]string{}
	for _, k := range params {
		if x := v.Get(k); x != "" {
			keep[k] = x
		}
	}
	t := ui.Table{ID: "cases", Title: lang.T("案件", "Cases"), Path: Path, Total: -1, Next: next, Paged: v.Get("after") != "", Query: keep,
		Search:  &ui.Field{Name: "q", Label: lang.T("编号、标题、内容", "Number, title, text"), Value: v.Get("q")},
		Filters: p.filters(v),
		Exports: []ui.Link{{Text: lang.T("导出 CSV", "CSV"), Href: "/api/duty/cases.csv?" + v.Encode()}},
		Columns: []ui.Column{{Key: "case", Text: lang.T("案件", "Case")}, {Key: "kind", Text: lang.T("类型", "Kind")}, {Key: "stage", Text: lang.T("阶段", "Stage")}, {Key: "level", Text: lang.T("级别", "Level")}, {Key: "unit", Text: lang.T("承办", "With")},
			{Key: "opened", Text: lang.T("立案", "Opened")}, {Key: "due", Text: lang.T("时限", "Due")}},
		Empty: lang.T("没有符合条件的案件", "No case matches")}
	for i := range list {
		c := &list[i]
		due := ui.Cell{Text: lang.Same("—")}
		if !c.Due.IsZero() {
			due = ui.Cell{Time: c.Due}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: lang.Same(c.Title), Sub: lang.Same(c.Number), Href: Path + "/" + c.ID, Strong: true}, {Text: p.kindText(c.Kind)}, {Tag: p.stateTag(c)}, {Text: levelText(c.Level)},
			{Text: p.people.UnitName(c.Unit), Sub: p.who(r.Context(), c.Holder)}, {Time: c.Opened}, due}})
	}
	out := p.page(lang.T("案件", "Cases"), Path)
	out.Lead = lang.T("各系统的案件在此汇总；能看到的是本单位承办或曾经承办的，以及有权查看的。", "The cases of all systems: those of your unit, now or before, and those you may see.")
	out.Live, out.Body = Topic, []ui.Block{pulse("", p.change.Load()), t}
	return out, nil
}

// filters are the inputs beside the search.
func (p *Part) filters(v url.Values) []ui.Field {
	kinds := []ui.Option{{Text: lang.T("全部类型", "All kinds")}}
	for _, k := range p.cases.Kinds() {
		kinds = append(kinds, ui.Option{Value: k.Name, Text: k.Title})
	}
	pick := func(name string, label lang.Text, options ...ui.Option) ui.Field {
		return ui.Field{Name: name, Kind: "select", Label: label, Value: v.Get(name), Options: options}
	}
	return []ui.Field{pick("which", lang.T("范围", "Which"), ui.Option{Value: "open", Text: lang.T("未办结", "Open")}, ui.Option{Value: "unit", Text: lang.T("本单位未办结", "My unit's")}, ui.Option{Value: "mine", Text: lang.T("我承办的", "Mine")},
		ui.Option{Value: "late", Text: lang.T("逾期", "Overdue")}, ui.Option{Value: "all", Text: lang.T("全部", "All")}), pick("kind", lang.T("类型", "Kind"), kinds...),
		pick("sort", lang.T("排序", "Order"), ui.Option{Value: "newest", Text: lang.T("最新在前", "Newest first")}, ui.Option{Value: "oldest", Text: lang.T("最早在前", "Oldest first")}, ui.Option{Value: "due", Text: lang.T("时限在前", "By deadline")}, ui.Option{Value: "level", Text: lang.T("级别在前", "Gravest first")}),
		{Name: "from", Kind: "date", Label: lang.T("自", "From"), Value: v.Get("from")}, {Name: "to", Kind: "date", Label: lang.T("至", "To"), Value: v.Get("to")}}
}

// who names somebody; nothing for nobody.
func (p *Part) who(ctx context.Context, id string) lang.Text {
	if id == "" {
		return lang.Text{}
	}
	return p.people.ActorName(ctx, id)
}

// formVersion is the version that a form speaks of.
func formVersion(r *web.Request) int64 {
	n, err := strconv.ParseInt(r.Form("version"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
