package rules

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var title = lang.T("告警规则", "Rules of alarms")

func stateTag(s rule.State) *ui.Tag {
	switch s {
	case rule.Live:
		return &ui.Tag{Status: ui.StatusMet, Text: lang.T("运行中", "Live")}
	case rule.Tried:
		return &ui.Tag{Status: ui.StatusOn, Text: lang.T("已试运行", "Tried")}
	case rule.Retired:
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已停用", "Retired")}
	}
	return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("草稿", "Draft")}
}

// pageList lists the rules.
func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	list, err := p.engine.Rules(r.Context())
	if err != nil {
		return nil, err
	}
	system, kind, q := r.Query("system"), r.Query("kind"), strings.ToLower(r.Query("q"))
	options := func(all lang.Text) []ui.Option { return []ui.Option{{Text: all}} }
	systems, kindOptions := options(lang.T("全部系统", "All systems")), options(lang.T("全部类型", "All kinds"))
	for _, s := range p.duty.Watchers() {
		w, _ := p.duty.Watched(s)
		systems = append(systems, ui.Option{Value: s, Text: w.Title})
	}
	for _, k := range kinds {
		kindOptions = append(kindOptions, ui.Option{Value: string(k), Text: kindText(k)})
	}
	t := ui.Table{ID: "rules", Title: title, Path: path, Query: map[string]string{"system": system, "kind": kind, "q": r.Query("q")}, Empty: lang.T("没有符合条件的规则", "No rule matches"),
		Search:  &ui.Field{Name: "q", Label: lang.T("规则名称或编号", "Name or id"), Value: r.Query("q")},
		Filters: []ui.Field{{Name: "system", Kind: "select", Label: lang.T("系统", "System"), Value: system, Options: systems}, {Name: "kind", Kind: "select", Label: lang.T("类型", "Kind"), Value: kind, Options: kindOptions}},
		Columns: []ui.Column{{Key: "title", Text: lang.T("规则", "Rule")}, {Key: "kind", Text: lang.T("类型", "Kind")}, {Key: "system", Text: lang.T("系统", "System")}, {Key: "scope", Text: lang.T("范围", "Scope")}, {Key: "priority", Text: lang.T("级别", "Priority")}, {Key: "version", Text: lang.T("版本", "Version"), Num: true}, {Key: "state", Text: lang.T("状态", "State")}}}
	for i := range list {
		x := &list[i]
		if system != "" && x.Scope.System != system || kind != "" && string(x.Kind) != kind || q != "" && !strings.Contains(strings.ToLower(x.Title.Zh+x.Title.En+x.ID), q) {
			continue
		}
		w, _ := p.duty.Watched(x.Scope.System)
		t.Rows = append(t.Rows, ui.Row{ID: "r-" + x.ID, Cells: []ui.Cell{{Text: x.Title, Sub: lang.Same(x.ID), Href: path + "/" + x.ID}, {Text: kindText(x.Kind)}, {Text: w.Title}, {Text: scopeText(x)}, {Text: ui.PriorityText(int(x.Priority))}, {Text: lang.Same(strconv.FormatInt(x.Version, 10))}, {Tag: stateTag(x.State)}}})
	}
	t.Total = int64(len(t.Rows))
	out := p.page(title, path)
	out.Lead = lang.T("规则由一人编写、试运行，由另一人启用；改动保存为新版本，旧版本可随时恢复。", "A rule is written and tried by one person and let go live by another. Changes are new versions; an earlier one can come back.")
	if r.Who.Can(rule.GrantEdit) {
		out.Actions = []ui.Action{{Text: lang.T("新建规则", "New rule"), Href: path + "/new", Primary: true}}
	}
	out.Body = []ui.Block{t}
	return out, nil
}

func scopeText(r *rule.Rule) lang.Text {
	s := r.Scope
	parts := append([]string{}, s.Tags...)
	parts = append(parts, s.Types...)
	out := lang.Same(strings.Join(parts, ", "))
	if n := len(s.Groups) + len(s.Points); n > 0 {
		out = lang.T(strings.TrimPrefix(fmt.Sprintf("%s，限 %d 个", out.Zh, n), "，"), strings.TrimPrefix(fmt.Sprintf("%s, %d named", out.En, n), ", "))
	}
	if out.Empty() {
		return lang.T("全部测点", "all points")
	}
	return out
}

// pageNew asks for the kind first, and then for what it needs.
func (p *Part) pageNew(r *web.Request) (*ui.Page, error) {
	out := p.page(lang.T("新建规则", "New rule"), path, ui.Link{Text: title, Href: path}, ui.Link{Text: lang.T("新建", "New")})
	kind := rule.Kind(r.Query("kind"))
	if kindText(kind) == lang.Same(string(kind)) {
		t := ui.Facts{ID: "kinds", Title: lang.T("选择类型", "Choose a kind")}
		for _, k := range kinds {
			t.Items = append(t.Items, ui.Fact{Name: kindText(k), Value: kindHelp(k), Href: path + "/new?kind=" + string(k)})
		}
		out.Body = []ui.Block{t}
		return out, nil
	}
	f, err := p.form(r.Context(), &typed{values: map[string]string{"kind": string(kind), "priority": "3"}, wrong: map[string]lang.Text{}}, lang.Text{})
	out.Body = []ui.Block{f}
	return out, err
}

func kindHelp(k rule.Kind) lang.Text {
	switch k {
	case rule.Limit:
		return lang.T("数值达到或超过限值", "a value at or beyond a limit")
	case rule.Rate:
		return lang.T("每分钟变化过快", "a change a minute beyond a limit")
	case rule.Stuck:
		return lang.T("数值长时间不变，仪表可能失效", "a value that does not move: the instrument may be dead")
	case rule.Bad:
		return lang.T("来源标明数据异常", "readings marked bad by their source")
	case rule.Silence:
		return lang.T("连续几个周期没有数据", "no reading for some periods")
	case rule.Expression:
		return lang.T("同一企业多个测点的组合条件", "a condition over several points of one plant")
	}
	return lang.T("城市实体的属性满足条件", "a condition over the attributes of an entity")
}

// pageEdit is the form of a version, to save another.
func (p *Part) pageEdit(r *web.Request) (*ui.Page, error) {
	version, _ := strconv.ParseInt(r.Query("version"), 10, 64) // 0 is the newest
	_, x, err := p.versions(r.Context(), r.Path("id"), version)
	if err != nil {
		return nil, err
	}
	f, err := p.form(r.Context(), fill(&x), lang.Text{})
	out := p.page(x.Title, path, ui.Link{Text: title, Href: path}, ui.Link{Text: x.Title, Href: path + "/" + x.ID}, ui.Link{Text: lang.T("修改", "Edit")})
	out.Body = []ui.Block{f}
	return out, err
}

// formSave saves a version, or says at each field what is wrong.
func (p *Part) formSave(r *web.Request) (*ui.Page, string, error) {
	t := read(r)
	x := t.rule()
	var said lang.Text
	if len(t.wrong) > 0 {
		said = lang.T("请更正标出的内容", "Mend what is marked")
	} else {
		saved, err := p.engine.Save(r.Context(), r.Who, x)
		if err == nil {
			return nil, path + "/" + url.PathEscape(saved.ID), nil
		}
		msg, ok := errs.MsgOf(err)
		if !ok || !errs.Is(err, errs.Invalid) {
			return nil, "", err
		}
		said = msg
	}
	f, err := p.form(r.Context(), t, said)
	if err != nil {
		return nil, "", err
	}
	out := p.page(lang.T("编写规则", "Write a rule"), path, ui.Link{Text: title, Href: path}, ui.Link{Text: lang.T("编写", "Write")})
	out.Body = []ui.Block{f}
	return out, "", nil
}

// pageOne is a rule: a version with its trial, what it changes, and all versions.
func (p *Part) pageOne(r *web.Request) (*ui.Page, error) {
	version, _ := strconv.ParseInt(r.Query("version"), 10, 64) // 0 is the newest
	all, x, err := p.versions(r.Context(), r.Path("id"), version)
	if err != nil {
		return nil, err
	}
	out := p.page(x.Title, path, ui.Link{Text: title, Href: path}, ui.Link{Text: x.Title})
	out.Actions = p.actions(r, all, &x)
	facts := ui.Facts{ID: "rule", Title: lang.T(fmt.Sprintf("第 %d 版", x.Version), fmt.Sprintf("Version %d", x.Version)), Items: []ui.Fact{{Name: lang.T("状态", "State"), Tag: stateTag(x.State)}, {Name: lang.T("类型", "Kind"), Value: kindText(x.Kind)}}}
	for _, l := range describe(&x) {
		facts.Items = append(facts.Items, ui.Fact{Name: l.name, Value: lang.Same(l.value)})
	}
	facts.Items = append(facts.Items, ui.Fact{Name: lang.T("编写人", "Written by"), Value: p.people.ActorName(r.Context(), x.Author)}, ui.Fact{Name: lang.T("编写时间", "Written"), Time: x.At})
	side := []ui.Block{p.versionTable(r, all)}
	if live := liveOf(all); live != nil && live.Version != x.Version {
		side = append([]ui.Block{differences(live, &x)}, side...)
	}
	if live := liveOf(all); live != nil && r.Who.Can(rule.GrantLive) {
		side = append(side, ui.Form{ID: "retire", Title: lang.T("停用规则", "Retire the rule"), Action: path + "/" + url.PathEscape(x.ID) + "/retire", Submit: lang.T("停用", "Retire"), Fields: []ui.Field{{Name: "reason", Label: lang.T("原因", "Reason"), Required: true}}})
	}
	out.Body = []ui.Block{ui.Columns{Wide: 0, Cols: [][]ui.Block{{facts, p.trialBlock(&x)}, side}}}
	return out, nil
}

func liveOf(all []rule.Rule) *rule.Rule {
	for i := range all {
		if all[i].State == rule.Live {
			return &all[i]
		}
	}
	return nil
}

// actions are what can be done to a version now by who looks at it.
func (p *Part) actions(r *web.Request, all []rule.Rule, x *rule.Rule) (out []ui.Action) {
	base, fields := path+"/"+url.PathEscape(x.ID), map[string]string{"version": strconv.FormatInt(x.Version, 10)}
	if r.Who.Can(rule.GrantEdit) {
		if x.Kind != rule.Entity {
			out = append(out, ui.Action{Text: lang.T("用昨日数据试运行", "Try on yesterday"), Href: base + "/try", Post: true, Fields: fields})
		}
		out = append(out, ui.Action{Text: lang.T("修改", "Edit"), Href: base + "/edit?version=" + fields["version"]})
	}
	if r.Who.Can(rule.GrantLive) && x.State != rule.Live && x.Author != r.Who.ID && (x.Trial != nil || x.Kind == rule.Entity || strings.HasPrefix(x.Author, "system:")) {
		text := lang.T("启用", "Let it go live")
		if live := liveOf(all); live != nil && live.Version > x.Version || x.State == rule.Retired {
			text = lang.T("恢复此版本", "Restore this version")
		}
		out = append(out, ui.Action{Text: text, Href: base + "/live", Post: true, Primary: true, Fields: fields, Confirm: lang.T("启用后立即生效，原版本停用。", "It watches at once; the version before is retired.")})
	}
	return out
}

func (p *Part) versionTable(r *web.Request, all []rule.Rule) ui.Table {
	t := ui.Table{ID: "versions", Title: lang.T("全部版本", "All versions"), Total: int64(len(all)), Columns: []ui.Column{{Key: "version", Text: lang.T("版本", "Version")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "author", Text: lang.T("编写人", "Written by")}}}
	for i := range all {
		x := &all[i]
		v := strconv.FormatInt(x.Version, 10)
		t.Rows = append(t.Rows, ui.Row{ID: "v-" + v, Cells: []ui.Cell{{Text: lang.T("第 "+v+" 版", "Version "+v), Href: path + "/" + x.ID + "?version=" + v}, {Tag: stateTag(x.State)}, {Text: p.people.ActorName(r.Context(), x.Author), Sub: ui.Moment(x.At, p.clock.Now())}}})
	}
	return t
}

// differences tells what a version would change of the live one.
func differences(live, x *rule.Rule) ui.Table {
	t := ui.Table{ID: "differences", Title: lang.T(fmt.Sprintf("与运行中第 %d 版的差异", live.Version), fmt.Sprintf("Against live version %d", live.Version)), Total: -1, Empty: lang.T("没有差异", "No differences"),
		Columns: []ui.Column{{Key: "name", Text: lang.T("项目", "What")}, {Key: "live", Text: lang.T("运行中", "Live")}, {Key: "this", Text: lang.T("此版本", "This version")}}}
	before := map[lang.Text]string{}
	for _, l := range describe(live) {
		before[l.name] = l.value
	}
	row := func(name lang.Text, was, is string) {
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("d-%d", len(t.Rows)), Cells: []ui.Cell{{Text: name}, {Text: lang.Same(dash(was))}, {Text: lang.Same(dash(is))}}})
	}
	for _, l := range describe(x) {
		if was := before[l.name]; was != l.value {
			row(l.name, was, l.value)
		}
		delete(before, l.name)
	}
	for _, l := range describe(live) {
		if was, ok := before[l.name]; ok {
			row(l.name, was, "")
		}
	}
	return t
}

func dash(s string) string {
	if s == "" {
		return ui.None
	}
	return s
}

// item is one thing that a rule says.
type item struct {
	name  lang.Text
	value string
}

// describe lists what a rule says, leaving out what it does not.
func describe(r *rule.Rule) (out []item) {
	add := func(zh, en, value string) {
		if value != "" {
			out = append(out, item{lang.T(zh, en), value})
		}
	}
	v := fill(r).values
	add("名称（中文）", "Name in Chinese", v["zh"])
	add("名称（英文）", "Name in English", v["en"])
	add("处置建议（中文）", "What to do, in Chinese", v["advice_zh"])
	add("处置建议（英文）", "What to do, in English", v["advice_en"])
	add("级别", "Priority", v["priority"])
	add("负责单位", "Unit", v["unit"])
	add("系统", "System", v["system"])
	add("标签", "Tags", v["tags"])
	add("企业", "Plants", v["groups"])
	add("测点", "Points", v["points"])
	add("实体类型", "Types", v["types"])
	add("测点自身限值", "The point's own limit", v["own"])
	add("数值", "Value", v["value"])
	add("低于限值", "Under the limit", v["below"])
	add("回差", "Deadband", v["deadband"])
	add("触发延时（秒）", "Delay on, s", v["on"])
	add("恢复延时（秒）", "Delay off, s", v["off"])
	add("时间窗（秒）", "Window, s", v["window"])
	add("周期数", "Periods", v["periods"])
	add("整个企业", "The whole plant", v["whole"])
	add("回差占限值之比", "Deadband as a share", v["share"])
	add("条件", "Condition", v["expr"])
	return out
}

func (p *Part) version(r *web.Request) int64 {
	n, _ := strconv.ParseInt(r.Form("version"), 10, 64) // 0 is none, and is refused as unknown
	return n
}

// formTry asks for a trial.
func (p *Part) formTry(r *web.Request) (*ui.Page, string, error) {
	_, x, err := p.versions(r.Context(), r.Path("id"), p.version(r))
	if err != nil {
		return nil, "", err
	}
	return nil, again(&x).Href, p.ask(r.Who, x)
}

// formLive lets a version go live.
func (p *Part) formLive(r *web.Request) (*ui.Page, string, error) {
	id := r.Path("id")
	return nil, path + "/" + url.PathEscape(id), p.engine.GoLive(r.Context(), r.Who, id, p.version(r))
}

// formRetire ends the live version.
func (p *Part) formRetire(r *web.Request) (*ui.Page, string, error) {
	id := r.Path("id")
	return nil, path + "/" + url.PathEscape(id), p.engine.Retire(r.Context(), r.Who, id, r.Form("reason"))
}

// apiList gives the rules as data.
func (p *Part) apiList(r *web.Request) (any, error) {
	list, err := p.engine.Rules(r.Context())
	if err != nil {
		return nil, err
	}
	type ruleJSON struct {
		ID       string     `json:"id"`
		Version  int64      `json:"version"`
		State    rule.State `json:"state"`
		Kind     rule.Kind  `json:"kind"`
		Title    lang.Text  `json:"title"`
		Priority int        `json:"priority"`
		Scope    rule.Scope `json:"scope"`
		Form     rule.Form  `json:"form"`
		Expr     string     `json:"expr,omitempty"`
	}
	out := make([]ruleJSON, len(list))
	for i, x := range list {
		out[i] = ruleJSON{x.ID, x.Version, x.State, x.Kind, x.Title, int(x.Priority), x.Scope, x.Form, x.Expr}
	}
	return map[string]any{"rules": out}, nil
}
