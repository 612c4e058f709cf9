package early

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// The places of this part.
const (
	Path     = "/safety/early"
	pathWarn = "/safety/early/warnings/"
	pathOne  = "/safety/early/plants/"
	pageSize = 50
)

// Routes are the pages and interfaces.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /safety/early", Grant: grantRead, Page: p.pageList},
		{Pattern: "GET /safety/early/plants/{code}", Grant: grantRead, Page: p.pageOne},
		{Pattern: "POST /safety/early/plants/{code}/learn", Grant: GrantEdit, Form: p.formLearn},
		{Pattern: "POST /safety/early/plants/{code}/set", Grant: GrantEdit, Form: p.formSet},
		{Pattern: "GET /safety/early/warnings/{id}", Grant: grantRead, Page: p.pageWarning},
		{Pattern: "POST /safety/early/warnings/{id}", Grant: GrantEdit, Form: p.formJudge},
		{Pattern: "GET /api/safety/early", Grant: grantRead, API: p.apiList},
		{Pattern: "GET /api/safety/early.csv", Grant: grantRead, API: p.apiSheet},
		{Pattern: "GET /api/safety/early/{code}", Grant: grantRead, API: p.apiOne},
	}
}

// State says how a plant stands here.
type State string

// The states, the most pressing first.
const (
	Warned   State = "warned"
	Blind    State = "blind" // it has a model, and its last slot was not scored
	Watched  State = "watched"
	Untaught State = "untaught"
	Off      State = "off"
)

var stateOrder = []State{Warned, Blind, Watched, Untaught, Off}

func (s State) text() lang.Text {
	switch s {
	case Warned:
		return lang.T("预警中", "Warned")
	case Blind:
		return lang.T("暂不评分", "Not scored")
	case Watched:
		return lang.T("正常", "Normal")
	case Untaught:
		return lang.T("未训练", "Not taught yet")
	}
	return lang.T("已停用", "Switched off")
}

func (s State) tag() *ui.Tag {
	return &ui.Tag{Text: s.text(), Status: map[State]ui.Status{Warned: ui.StatusBehind, Blind: ui.StatusRisk, Watched: ui.StatusMet}[s]}
}

// Standing is a plant as lists show it.
type Standing struct {
	Code     string    `json:"code"`
	Name     string    `json:"name"`
	District string    `json:"district"`
	State    State     `json:"state"`
	Why      lang.Text `json:"why,omitzero"`
	Version  int64     `json:"version,omitempty"`
	Learnt   time.Time `json:"learnt,omitzero"`
	Scored   time.Time `json:"scored,omitzero"`
	Index    float64   `json:"index"`
	First    string    `json:"first,omitempty"` // point that contributes most
	Warning  string    `json:"warning,omitempty"`
}

// standing says how a plant stands. p.mu is held.
func (p *Part) standing(site *register.Site) Standing {
	s := Standing{Code: site.Code, Name: site.Name, District: site.District, State: Untaught}
	set, w := p.set[site.Code], p.watches[site.Code]
	if w != nil {
		s.Version, s.Learnt, s.Why, s.State = w.of.Version, w.of.Learnt, w.why, Watched
		if w.scored != 0 {
			s.Scored, s.Index = time.UnixMicro(w.scored).UTC(), w.score.Index
		}
		if len(w.parts) > 0 {
			s.First = w.of.Points[w.parts[0].Input].Name
		}
		if !w.why.Empty() {
			s.State = Blind
		}
		if w.warning != nil {
			s.State, s.Warning = Warned, w.warning.ID
		}
	} else {
		s.Why = set.Refused
	}
	if set.Off {
		s.State = Off
	}
	return s
}

// selection are the plants that a request asks for, in its order.
func (p *Part) selection(r *web.Request) (out []Standing, err error) {
	state := State(r.Query("state"))
	if state != "" && !slices.Contains(stateOrder, state) {
		return nil, errs.Say(errs.Invalid, "状态“%[1]s”无法识别", "the state %[1]q is not known", string(state))
	}
	sort := r.Query("sort")
	p.mu.Lock()
	for _, site := range p.o.Register.Sites(register.Filter{Text: r.Query("q"), District: p.scope(r.Who)}) {
		if s := p.standing(site); state == "" || s.State == state {
			out = append(out, s)
		}
	}
	p.mu.Unlock()
	order := map[string]func(a, b Standing) int{
		"": func(a, b Standing) int {
			return cmp.Or(cmp.Compare(slices.Index(stateOrder, a.State), slices.Index(stateOrder, b.State)), cmp.Compare(b.Index, a.Index))
		},
		"index":   func(a, b Standing) int { return cmp.Compare(a.Index, b.Index) },
		"learnt":  func(a, b Standing) int { return a.Learnt.Compare(b.Learnt) },
		"version": func(a, b Standing) int { return cmp.Compare(a.Version, b.Version) },
		"code":    func(a, b Standing) int { return 0 },
	}[strings.TrimPrefix(sort, "-")]
	if order == nil {
		return nil, errs.Say(errs.Invalid, "排序“%[1]s”无法识别", "the order %[1]q is not known", sort)
	}
	slices.SortStableFunc(out, func(a, b Standing) int {
		if strings.HasPrefix(sort, "-") {
			a, b = b, a
		}
		return cmp.Or(order(a, b), cmp.Compare(a.Code, b.Code))
	})
	return out, nil
}

// pageList is all plants, those with a warning first.
func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	list, err := p.selection(r)
	if err != nil {
		return nil, err
	}
	tiles, err := p.tiles(r)
	if err != nil {
		return nil, err
	}
	from := 0
	if mark := r.Query("after"); mark != "" {
		if from, err = strconv.Atoi(mark); err != nil || from < 0 {
			return nil, errs.Say(errs.Invalid, "翻页标记“%[1]s”无效，请从第一页重新打开", "the page mark %[1]q is not valid, open the list from its first page", mark)
		}
	}
	out := p.o.Page(lang.T("统计预警", "Early warning"), Path, ui.Link{Text: lang.T("统计预警", "Early warning"), Href: Path})
	out.Lead = lang.T("逐企业学习各测点正常时的相互关系，偏离时在单点越限之前预警，并指出贡献最大的测点。", "Learns of each plant how its points move together while all is well, warns when they leave that, often before a single limit is passed, and names the points that contribute most.")
	t := ui.Table{ID: "early", Title: lang.T("企业", "Plants"), Total: int64(len(list)), Paged: from > 0, Path: Path, Sort: r.Query("sort"), Query: map[string]string{}, Empty: lang.T("没有符合条件的企业。", "No plant fits."),
		Columns: []ui.Column{{Key: "code", Text: lang.T("企业", "Plant"), Sortable: true}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "index", Text: lang.T("偏离指数", "Index"), Num: true, Sortable: true}, {Key: "first", Text: lang.T("贡献最大的测点", "Contributes most")},
			{Key: "version", Text: lang.T("模型版本", "Version"), Num: true, Sortable: true}, {Key: "learnt", Text: lang.T("训练时间", "Learnt"), Num: true, Sortable: true}, {Key: "scored", Text: lang.T("最近评分", "Scored"), Num: true}},
		Search:  &ui.Field{Name: "q", Label: lang.T("企业编码或名称", "Code or name"), Placeholder: lang.T("企业编码或名称", "Code or name"), Value: r.Query("q")},
		Filters: []ui.Field{{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: r.Query("state"), Options: []ui.Option{{Text: lang.T("全部状态", "All states")}}}}}
	for _, s := range stateOrder {
		t.Filters[0].Options = append(t.Filters[0].Options, ui.Option{Value: string(s), Text: s.text()})
	}
	for _, name := range []string{"q", "state", "sort"} {
		if v := r.Query(name); v != "" {
			t.Query[name] = v
		}
	}
	t.Exports = ui.Exports("/api/safety/early", t.Query)[:1]
	for _, s := range list[min(from, len(list)):min(from+pageSize, len(list))] {
		t.Rows = append(t.Rows, row(s))
	}
	if from+pageSize < len(list) {
		t.Next = strconv.Itoa(from + pageSize)
	}
	out.Body = []ui.Block{tiles, t}
	return out, nil
}

func row(s Standing) ui.Row {
	index := ui.Cell{Text: lang.Same(ui.None)}
	if !s.Scored.IsZero() {
		index.Text = lang.Same(ui.Num(s.Index, 2))
	}
	state := ui.Cell{Tag: s.State.tag(), Sub: s.Why}
	if s.Warning != "" {
		state.Href = pathWarn + s.Warning
	}
	version := ui.Cell{Text: lang.Same(ui.None)}
	if s.Version > 0 {
		version.Text = lang.Same(strconv.FormatInt(s.Version, 10))
	}
	return ui.Row{ID: "p-" + s.Code, Cells: []ui.Cell{{Text: lang.Same(s.Name), Sub: lang.Same(s.Code), Href: pathOne + url.PathEscape(s.Code), Strong: true}, state, index, {Text: lang.Same(s.First)}, version, {Time: s.Learnt}, {Time: s.Scored}}}
}

// tiles are the figures: how many are watched, what is warned of, and what people said of the warnings of a year.
func (p *Part) tiles(r *web.Request) (t ui.Tiles, err error) {
	tally, err := p.Tally(r.Context(), p.o.Now().AddDate(-1, 0, 0))
	if err != nil {
		return t, err
	}
	count, sites := map[State]int64{}, p.o.Register.Sites(register.Filter{District: p.scope(r.Who)})
	p.mu.Lock()
	for _, site := range sites {
		count[p.standing(site).State]++
	}
	p.mu.Unlock()
	now, source := p.o.Now(), lang.T("统计预警", "Early warning")
	right := ui.None
	if n := tally.True + tally.False; n > 0 {
		right = ui.Percent(tally.True, n)
	}
	note := lang.T(fmt.Sprintf("一年内 %d 次，真 %d，误报 %d，未评定 %d", tally.All, tally.True, tally.False, tally.All-tally.True-tally.False), fmt.Sprintf("%d in a year: %d true, %d false, %d not judged", tally.All, tally.True, tally.False, tally.All-tally.True-tally.False))
	t = ui.Tiles{ID: "early-tiles", Title: lang.T("关键指标", "Key figures"), Items: []ui.Tile{
		{ID: "early-warned", Name: lang.T("预警中", "Warned now"), Value: ui.Grouped(count[Warned]), Unit: lang.T("家", "plants"), Href: Path + "?state=warned", At: now, Source: source},
		{ID: "early-watched", Name: lang.T("正常监视", "Watched"), Value: ui.Grouped(count[Watched]), Unit: lang.T("家", "plants"), Note: lang.T(fmt.Sprintf("共 %d 家", len(sites)), fmt.Sprintf("of %d", len(sites))), At: now, Source: source},
		{ID: "early-untaught", Name: lang.T("未训练", "Not taught yet"), Value: ui.Grouped(count[Untaught]), Unit: lang.T("家", "plants"), Href: Path + "?state=untaught", At: now, Source: source},
		{ID: "early-right", Name: lang.T("已评定预警的真实率", "Judged true"), Value: right, Note: note, At: now, Source: source},
	}}
	return t, nil
}

func (p *Part) apiList(r *web.Request) (any, error) {
	list, err := p.selection(r)
	if err != nil {
		return nil, err
	}
	tally, err := p.Tally(r.Context(), p.o.Now().AddDate(-1, 0, 0))
	return struct {
		Warnings Tally      `json:"warningsOfAYear"`
		Plants   []Standing `json:"plants"`
	}{tally, list}, err
}

var earlySheet = []sheet.Column{sheet.Text("code", "企业编码 / code"), sheet.Text("name", "企业 / plant"), sheet.Text("district", "区划代码 / district code"), sheet.Text("state", "状态 / state"), sheet.Number("index", 3, "", "偏离指数 / index"), sheet.Text("first", "贡献最大的测点 / contributes most"),
	sheet.Whole("version", "", "模型版本 / version"), sheet.At("learnt", "训练时间 / learnt"), sheet.At("scored", "最近评分 / scored")}

func (p *Part) apiSheet(r *web.Request) (any, error) {
	list, err := p.selection(r)
	if err != nil {
		return nil, err
	}
	f := sheet.Of(r.HTTP.URL.Path, r.Query("bom") == "1")
	return web.Reply{Type: f.Type(), Name: f.File("early-warning"), Body: func(w io.Writer) error {
		return f.Write(w, earlySheet, func(out *sheet.Rows) error {
			for _, s := range list {
				out.Add(s.Code, s.Name, s.District, string(s.State), s.Index, s.First, s.Version, s.Learnt, s.Scored)
			}
			return out.Flush()
		})
	}}, nil
}
