package rules

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// kinds are the kinds of rules in the order in which they are offered.
var kinds = []rule.Kind{rule.Limit, rule.Rate, rule.Stuck, rule.Bad, rule.Silence, rule.Expression, rule.Entity}

func kindText(k rule.Kind) lang.Text {
	switch k {
	case rule.Limit:
		return lang.T("越限", "Limit")
	case rule.Rate:
		return lang.T("变化速率", "Rate of change")
	case rule.Stuck:
		return lang.T("数值不变", "Stuck value")
	case rule.Bad:
		return lang.T("数据异常", "Bad quality")
	case rule.Silence:
		return lang.T("失联", "Silence")
	case rule.Expression:
		return lang.T("组合表达式", "Expression")
	case rule.Entity:
		return lang.T("城市实体", "Entity")
	}
	return lang.Same(string(k))
}

// typed is a form as it was filled in, with what is wrong at each field.
type typed struct {
	r      *web.Request
	values map[string]string
	wrong  map[string]lang.Text
}

func (t *typed) bad(field string, zh, en string) { t.wrong[field] = lang.T(zh, en) }

func (t *typed) text(field string) string { return strings.TrimSpace(t.values[field]) }

func (t *typed) number(field string) float64 {
	s := t.text(field)
	if s == "" {
		return 0
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		t.bad(field, "请填写数字", "write a number")
		return 0
	}
	return v
}

// span reads seconds.
func (t *typed) span(field string) time.Duration {
	v := t.number(field)
	if v < 0 || v > 86400 {
		t.bad(field, "应为 0 至 86400 秒", "0 to 86,400 seconds")
		return 0
	}
	return time.Duration(v * float64(time.Second))
}

// list reads words that are separated by commas or lines.
func (t *typed) list(field string) []string {
	return strings.FieldsFunc(t.text(field), func(r rune) bool { return r == ',' || r == '，' || r == '\n' || r == '\r' || r == ' ' })
}

// names of the form's fields.
var names = []string{"id", "kind", "zh", "en", "advice_zh", "advice_en", "unit", "priority", "system", "tags", "groups", "points", "types", "own", "below", "value", "deadband", "on", "off", "window", "periods", "expr"}

func read(r *web.Request) *typed {
	t := &typed{r: r, values: map[string]string{}, wrong: map[string]lang.Text{}}
	for _, n := range names {
		t.values[n] = r.Form(n)
	}
	return t
}

// rule makes the version that the form describes. What is wrong at one field is said there; kernel/rule.Check says the rest.
func (t *typed) rule() rule.Rule {
	r := rule.Rule{ID: t.text("id"), Kind: rule.Kind(t.text("kind")), Title: lang.T(t.text("zh"), t.text("en")), Unit: t.text("unit"), Expr: t.text("expr"),
		Scope: rule.Scope{System: t.text("system"), Tags: t.list("tags"), Groups: t.list("groups"), Points: t.list("points")}}
	if zh, en := t.text("advice_zh"), t.text("advice_en"); zh != "" || en != "" {
		r.Advice = lang.T(zh, en)
		if zh == "" || en == "" {
			t.bad("advice_en", "中文、英文应同时填写", "give both languages")
		}
	}
	if r.Title.Zh == "" {
		t.bad("zh", "请填写", "needed")
	}
	if r.Title.En == "" {
		t.bad("en", "请填写", "needed")
	}
	n, err := strconv.Atoi(t.text("priority"))
	if err != nil || n < 1 || n > 4 {
		t.bad("priority", "请选择级别", "choose a priority")
		n = int(rule.Low)
	}
	r.Priority = rule.Priority(n)
	f := &r.Form
	f.Own, f.Below, f.Value, f.Deadband, f.Share, f.On, f.Off = t.text("own"), t.text("below") == "1", t.number("value"), t.number("deadband"), t.number("share"), t.span("on"), t.span("off")
	switch r.Kind {
	case rule.Rate, rule.Stuck:
		if f.Window = t.span("window"); f.Window < time.Second {
			t.bad("window", "应为 1 至 86400 秒", "1 to 86,400 seconds")
		}
	case rule.Silence:
		if f.Periods = t.number("periods"); f.Periods < 1 || f.Periods > 1000 {
			t.bad("periods", "应为 1 至 1000", "1 to 1,000")
		}
		f.Whole = t.text("whole") == "1"
	case rule.Expression, rule.Entity:
		r.Scope.Types = t.list("types")
		if err := r.Check(); err != nil && len(t.wrong) == 0 {
			if msg, ok := errs.MsgOf(err); ok {
				t.wrong["expr"] = msg
			}
		}
	}
	if r.Kind != rule.Expression && r.Kind != rule.Entity {
		r.Expr = ""
	}
	return r
}

// fill is the form of a rule that is there.
func fill(r *rule.Rule) *typed {
	num := func(v float64) string {
		if v == 0 {
			return ""
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	f := r.Form
	below := ""
	if f.Below {
		below = "1"
	}
	whole := ""
	if f.Whole {
		whole = "1"
	}
	return &typed{wrong: map[string]lang.Text{}, values: map[string]string{"id": r.ID, "kind": string(r.Kind), "zh": r.Title.Zh, "en": r.Title.En, "advice_zh": r.Advice.Zh, "advice_en": r.Advice.En, "unit": r.Unit, "priority": strconv.Itoa(int(r.Priority)),
		"system": r.Scope.System, "tags": strings.Join(r.Scope.Tags, ", "), "groups": strings.Join(r.Scope.Groups, "\n"), "points": strings.Join(r.Scope.Points, "\n"), "types": strings.Join(r.Scope.Types, ", "),
		"own": f.Own, "below": below, "value": num(f.Value), "deadband": num(f.Deadband), "on": num(f.On.Seconds()), "off": num(f.Off.Seconds()), "window": num(f.Window.Seconds()), "periods": num(f.Periods), "whole": whole, "share": num(f.Share), "expr": r.Expr}}
}

// form draws what a kind asks for, and nothing else.
func (p *Part) form(ctx context.Context, t *typed, wrong lang.Text) (ui.Form, error) {
	kind := rule.Kind(t.text("kind"))
	field := func(name, kind string, label, help lang.Text, required bool) ui.Field {
		return ui.Field{Name: name, Kind: kind, Label: label, Help: help, Value: t.values[name], Required: required, Error: t.wrong[name]}
	}
	plain := func(name string, label, help lang.Text) ui.Field { return field(name, "", label, help, false) }
	number := func(name string, label, help lang.Text) ui.Field { return field(name, "number", label, help, false) }
	f := ui.Form{ID: "rule", Title: kindText(kind), Action: path, Submit: lang.T("保存为新版本", "Save as a new version"), Error: wrong, Cancel: &ui.Link{Text: lang.T("取消", "Cancel"), Href: path}}
	pick := func(name string, label lang.Text, options ...ui.Option) ui.Field {
		x := field(name, "select", label, lang.Text{}, false)
		x.Options = options
		return x
	}
	var systems, units []ui.Option
	for _, s := range p.duty.Watchers() {
		w, _ := p.duty.Watched(s)
		systems = append(systems, ui.Option{Value: s, Text: w.Title})
	}
	units = append(units, ui.Option{Text: lang.T("不限", "none in particular")})
	for _, u := range p.people.Units() {
		units = append(units, ui.Option{Value: u.ID, Text: u.Name})
	}
	f.Fields = []ui.Field{{Name: "id", Kind: "hidden", Value: t.values["id"]}, {Name: "kind", Kind: "hidden", Value: string(kind)},
		field("zh", "", lang.T("告警名称（中文）", "Name in Chinese"), lang.Text{}, true), field("en", "", lang.T("告警名称（英文）", "Name in English"), lang.Text{}, true),
		pick("priority", lang.T("级别", "Priority"), ui.Option{Value: "1", Text: ui.PriorityText(1)}, ui.Option{Value: "2", Text: ui.PriorityText(2)}, ui.Option{Value: "3", Text: ui.PriorityText(3)}, ui.Option{Value: "4", Text: ui.PriorityText(4)}),
		plain("advice_zh", lang.T("处置建议（中文）", "What to do, in Chinese"), lang.Text{}), plain("advice_en", lang.T("处置建议（英文）", "What to do, in English"), lang.Text{}), pick("unit", lang.T("负责单位", "Unit"), units...)}
	switch kind {
	case rule.Limit:
		f.Fields = append(f.Fields, pick("own", lang.T("限值取自", "The limit is"), ui.Option{Text: lang.T("下面填写的数值", "the value below")}, ui.Option{Value: "HH", Text: lang.T("测点自身的高高限", "the point's own high-high")}, ui.Option{Value: "H", Text: lang.T("测点自身的高限", "its own high")},
			ui.Option{Value: "L", Text: lang.T("测点自身的低限", "its own low")}, ui.Option{Value: "LL", Text: lang.T("测点自身的低低限", "its own low-low")}),
			number("value", lang.T("限值", "Limit"), lang.Text{}), pick("below", lang.T("方向", "Side"), ui.Option{Text: lang.T("达到或高于限值", "at or over it")}, ui.Option{Value: "1", Text: lang.T("达到或低于限值", "at or under it")}))
	case rule.Rate:
		f.Fields = append(f.Fields, number("value", lang.T("每分钟变化量", "Change a minute"), lang.Text{}), number("window", lang.T("时间窗（秒）", "Window, seconds"), lang.Text{}))
	case rule.Stuck:
		f.Fields = append(f.Fields, number("value", lang.T("允许的最大波动", "Greatest movement"), lang.Text{}), number("window", lang.T("时间窗（秒）", "Window, seconds"), lang.Text{}))
	case rule.Silence:
		f.Fields = append(f.Fields, number("periods", lang.T("几个上报周期无数据", "Periods without a reading"), lang.Text{}), pick("whole", lang.T("判定对象", "Silent is"), ui.Option{Text: lang.T("单个测点", "a point")}, ui.Option{Value: "1", Text: lang.T("整个企业：全部测点均无数据，只告警一次", "a whole plant: all of its points, told once")}))
	case rule.Expression, rule.Entity:
		f.Fields = append(f.Fields, exprField(t, kind))
	}
	if kind == rule.Limit || kind == rule.Rate {
		f.Fields = append(f.Fields, number("deadband", lang.T("回差", "Deadband"), lang.T("回到限值以内多少才算恢复", "how far the value comes back before the alarm goes")), number("share", lang.T("回差占限值之比", "Deadband as a share of the limit"), lang.T("例如 0.02，与上项取大者", "such as 0.02; the larger of the two counts")))
	}
	if kind == rule.Entity {
		f.Fields = append(f.Fields, plain("types", lang.T("实体类型", "Types of entities"), lang.T("例如 WasteContainer，多个用逗号分隔", "such as WasteContainer; commas between several")))
		return f, nil
	}
	f.Fields = append(f.Fields, number("on", lang.T("触发延时（秒）", "Delay before it speaks, seconds"), lang.Text{}), number("off", lang.T("恢复延时（秒）", "Delay before it goes, seconds"), lang.Text{}), pick("system", lang.T("系统", "System"), systems...),
		plain("tags", lang.T("标签", "Tags"), lang.T("须全部具备，例如 kind:level", "all of them, such as kind:level")), field("groups", "textarea", lang.T("限于企业（URI，每行一个）", "Only these plants (URI, a line each)"), lang.Text{}, false),
		field("points", "textarea", lang.T("限于测点（URI，每行一个）", "Only these points (URI, a line each)"), lang.Text{}, false))
	help, err := p.nameHelp(ctx, t, kind)
	if err != nil || help.Empty() {
		return f, err
	}
	for i := range f.Fields {
		if f.Fields[i].Name == "groups" {
			f.Fields[i].Help = help
		}
	}
	return f, nil
}

func exprField(t *typed, kind rule.Kind) ui.Field {
	x := ui.Field{Name: "expr", Kind: "textarea", Label: lang.T("条件（CEL）", "Condition (CEL)"), Value: t.values["expr"], Required: true, Error: t.wrong["expr"]}
	if kind == rule.Entity {
		x.Help = lang.T(`例如 entity["fillingLevel"] > 0.8。数字写成小数（80.0）；可用 && || ! 和括号。`, `such as entity["fillingLevel"] > 0.8. Numbers are written 80.0; && || ! and brackets join conditions.`)
		return x
	}
	x.Help = lang.T(`v["名称"] 为数值，age["名称"] 为距今秒数，bad["名称"] 为数据异常。例如 v["LT-101"] > 80.0 && v["TT-102"] > 60.0。数字写成小数（80.0）。`, `v["name"] is a value, age["name"] the seconds since it came, bad["name"] whether its source marks it bad: v["LT-101"] > 80.0 && v["TT-102"] > 60.0. Numbers are written 80.0.`)
	return x
}

// mostNames bounds the list of names that the help gives.
const mostNames = 60

// nameHelp lists the points of the chosen plant by the names that an expression calls them.
func (p *Part) nameHelp(ctx context.Context, t *typed, kind rule.Kind) (lang.Text, error) {
	w, ok := p.duty.Watched(t.text("system"))
	if kind != rule.Expression || !ok || w.Points == nil {
		return lang.Text{}, nil
	}
	points, err := w.Points(ctx)
	if err != nil {
		return lang.Text{}, err
	}
	groups, list := t.list("groups"), []string{}
	for _, x := range points {
		if len(groups) > 0 && slices.Contains(groups, x.Group) && len(list) < mostNames {
			list = append(list, x.Name)
		}
	}
	if len(list) == 0 {
		return lang.T("填写企业后保存一次，此处列出其测点名称", "once a plant is named and saved, the names of its points stand here"), nil
	}
	slices.Sort(list)
	return lang.T("可用名称："+strings.Join(list, "、"), "Names: "+strings.Join(list, ", ")), nil
}
