package incident

import (
	"github.com/haihe-city/haihe/systems/emergency/incident/event"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
	"github.com/haihe-city/haihe/systems/emergency/situation/plume"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// stampLayout is how people type a time.
const stampLayout = "2006-01-02 15:04"

// typed is what a form of a report held, as it was typed, so that what was wrong stays to be mended.
type typed map[string]string

var typedNames = []string{"class", "district", "place", "plant", "at", "substance", "occurred", "dead", "missing", "trapped", "serious", "injured", "drill", "caller", "phone", "words", "hurt", "join", "apart", "reason"}

func readTyped(r *web.Request) typed {
	v := typed{}
	for _, n := range typedNames {
		v[n] = strings.TrimSpace(r.Form(n))
	}
	return v
}

// tell reads what a form says of the incident.
func (v typed) tell() (t Tell, err error) {
	t = Tell{Class: v["class"], Substance: v["substance"], Where: Where{District: v["district"], Place: v["place"], Plant: v["plant"]}, Drill: v["drill"] == "1"}
	if v["at"] != "" {
		if t.At, err = area.ParsePoint(v["at"]); err != nil {
			return t, err
		}
		t.Located = true
	}
	if v["occurred"] != "" {
		if t.Occurred, err = parseTime(v["occurred"]); err != nil {
			return t, err
		}
	}
	for i, n := range []*int64{&t.Dead, &t.Missing, &t.Trapped, &t.Serious, &t.Injured} {
		if text := v[harmNames[i]]; text != "" {
			if *n, err = strconv.ParseInt(text, 10, 64); err != nil {
				return t, errs.Say(errs.Invalid, "人数应为整数", "numbers of people are whole")
			}
		}
	}
	return t, nil
}

func (v typed) personal() Personal {
	return Personal{Caller: v["caller"], Phone: v["phone"], Words: v["words"], Hurt: v["hurt"]}
}

func parseTime(s string) (time.Time, error) {
	t, err := time.ParseInLocation(stampLayout, s, ui.Zone())
	if err != nil {
		return t, errs.Say(errs.Invalid, "时间应形如 2015-11-20 09:30", "a time is written as 2015-11-20 09:30")
	}
	return t, nil
}

func classOptions() (out []ui.Option) {
	for _, c := range event.Classes {
		out = append(out, ui.Option{Value: c.ID, Text: c.Name})
	}
	return out
}

// DistrictOptions are the 16, behind an empty choice.
func DistrictOptions(none lang.Text) []ui.Option {
	out := []ui.Option{{Text: none}}
	list, _ := area.Districts()
	for _, d := range list {
		out = append(out, ui.Option{Value: d.Code, Text: d.Name})
	}
	return out
}

func gasOptions() []ui.Option {
	out := []ui.Option{{Text: lang.T("不明或无", "unknown or none")}}
	for _, g := range plume.Gases {
		out = append(out, ui.Option{Value: g.ID, Text: g.Name})
	}
	return out
}

// whatFields are the fields that say what and where, in the order of a call: first what is needed to send somebody.
func (v typed) whatFields() []ui.Field {
	return []ui.Field{
		{Name: "class", Kind: "select", Label: lang.T("事件类型", "What kind"), Value: v["class"], Options: classOptions(), Required: true, Help: lang.T("可直接输入首字查找", "type its first letter to find it")},
		{Name: "place", Label: lang.T("地点", "Place"), Value: v["place"], Placeholder: lang.T("路名、门牌、企业、参照物", "road, number, plant, landmark"), Autocomplete: "off"},
		{Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: v["district"], Options: DistrictOptions(lang.T("由坐标或企业判定", "by coordinates or plant"))},
		{Name: "plant", Label: lang.T("企业代码", "Plant code"), Value: v["plant"], Help: lang.T("按代码取企业的名称、区和坐标", "gives the plant's name, district and coordinates"), Autocomplete: "off"},
		{Name: "at", Label: lang.T("坐标", "Coordinates"), Value: v["at"], Placeholder: lang.Same("117.75,39.04"), Autocomplete: "off"},
		{Name: "occurred", Label: lang.T("发生时间", "When"), Value: v["occurred"], Placeholder: lang.T("留空为现在；2015-11-20 09:30", "empty for now; 2015-11-20 09:30"), Autocomplete: "off"},
	}
}

func (v typed) harmFields() []ui.Field {
	words := []lang.Text{lang.T("死亡", "Dead"), lang.T("失踪", "Missing"), lang.T("被困", "Trapped"), lang.T("其中重伤", "of these seriously"), lang.T("受伤", "Injured")}
	var out []ui.Field
	for _, i := range []int{0, 1, 2, 4, 3} {
		out = append(out, ui.Field{Name: harmNames[i], Kind: "number", Label: words[i], Value: v[harmNames[i]], Autocomplete: "off"})
	}
	return append(out, ui.Field{Name: "substance", Kind: "select", Label: lang.T("泄漏物质", "Substance released"), Value: v["substance"], Options: gasOptions()})
}

func (v typed) personFields() []ui.Field {
	return []ui.Field{
		{Name: "caller", Label: lang.T("报告人", "Caller"), Value: v["caller"], Autocomplete: "off"},
		{Name: "phone", Label: lang.T("回拨电话", "Telephone to call back"), Value: v["phone"], Autocomplete: "off"},
		{Name: "hurt", Kind: "textarea", Label: lang.T("伤亡人员", "Who is hurt"), Value: v["hurt"], Help: lang.T("姓名只写在这里，只有接报和指挥人员可见，每次查看都有记录", "names belong here only; call takers and command see them, and each look is recorded")},
	}
}

// intakeForm is the call taker's. near are the incidents that the report may be about.
func (v typed) intakeForm(near []Near, wrong lang.Text) ui.Form {
	f := ui.Form{ID: "intake", Title: lang.T("接报", "Take a report in"), Action: pathNew, Submit: lang.T("提交来报", "Send"), Error: wrong, Cancel: &ui.Link{Text: lang.T("取消", "Cancel"), Href: Path}}
	if len(near) > 0 {
		f.Error = lang.T("附近已有事件，请确认是否同一起后再提交", "there are incidents nearby: say whether it is one of them, then send again")
		options := []ui.Option{{Text: lang.T("请选择", "choose")}}
		for _, n := range near {
			options = append(options, ui.Option{Value: n.ID, Text: n.say()})
		}
		f.Fields = append(f.Fields, ui.Field{Name: "join", Kind: "select", Label: lang.T("并入已有事件", "Join an incident"), Options: append(options, ui.Option{Value: apart, Text: lang.T("不是同一起，另立事件", "none of these: open another")}), Required: true, Error: lang.T("请选择", "choose one")})
	}
	f.Fields = append(f.Fields, ui.Field{Name: "words", Kind: "textarea", Label: lang.T("报告人原话", "The caller's words"), Value: v["words"]})
	f.Fields = append(f.Fields, v.whatFields()...)
	f.Fields = append(f.Fields, v.harmFields()...)
	f.Fields = append(f.Fields, v.personFields()...)
	f.Fields = append(f.Fields, ui.Field{Name: "drill", Kind: "checkbox", Label: lang.T("这是演练", "This is a drill"), Value: v["drill"]})
	return f
}

// apart is the choice of joining none.
const apart = "apart"

// say names an incident that a report may be about.
func (n Near) say() lang.Text {
	c, _ := event.ClassOf(n.Class)
	zh, en := c.Name.Zh+" "+n.Place, c.Name.En+", "+n.Place
	if n.Km >= 0 {
		zh, en = zh+"，相距 "+ui.Num(n.Km, 1)+" 千米", en+", "+ui.Num(n.Km, 1)+" km away"
	}
	since := ui.Span(n.Since)
	return lang.T(zh+"，相隔 "+since.Zh, en+", "+since.En+" apart")
}
