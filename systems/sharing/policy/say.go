package policy

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/lang"
)

// Names say what the ids of terms stand for.
type Names struct {
	Unit, Resource, Purpose lang.Text
	Field                   func(name string) lang.Text
}

// Sentences say terms as an officer reads them, one statement each.
func Sentences(t Terms, personal []string, n Names, zone *time.Location) []lang.Text {
	until := t.Until.In(zone).Format("2006-01-02 15:04")
	out := []lang.Text{lang.T("“"+n.Unit.Zh+"”可为“"+n.Purpose.Zh+"”调用“"+n.Resource.Zh+"”，有效期至 "+until+"。",
		n.Unit.En+" may call “"+n.Resource.En+"” for “"+n.Purpose.En+"” until "+until+".")}
	var plain, masked, clear []string
	for _, f := range t.Fields {
		switch {
		case slices.Contains(t.Unmasked, f):
			clear = append(clear, f)
		case slices.Contains(personal, f):
			masked = append(masked, f)
		default:
			plain = append(plain, f)
		}
	}
	list := func(zh, en string, fields []string) {
		if len(fields) == 0 {
			return
		}
		var z, e []string
		for _, f := range fields {
			z, e = append(z, n.Field(f).Zh), append(e, n.Field(f).En)
		}
		out = append(out, lang.T(zh+strings.Join(z, "、")+"。", en+strings.Join(e, ", ")+"."))
	}
	list("可见信息项：", "It sees: ", plain)
	list("脱敏后可见的个人信息项：", "It sees masked, since they are personal: ", masked)
	list("不脱敏可见的个人信息项：", "It sees personal fields in clear: ", clear)
	if len(t.Rows) == 0 {
		out = append(out, lang.T("可见全部记录。", "It sees all rows."))
	} else {
		var z, e []string
		for _, c := range t.Rows {
			s := c.say(n)
			z, e = append(z, s.Zh), append(e, s.En)
		}
		out = append(out, lang.T("仅限"+strings.Join(z, "、且")+"的记录。", "It sees only rows where "+strings.Join(e, " and ")+"."))
	}
	m, d := strconv.FormatInt(t.PerMinute, 10), strconv.FormatInt(t.PerDay, 10)
	return append(out, lang.T("每分钟至多 "+m+" 次，每日至多 "+d+" 次。", "At most "+m+" calls a minute and "+d+" a day."))
}

// say puts a condition into words.
func (c Cond) say(n Names) lang.Text {
	name := n.Field(c.Field)
	z, e := strings.Join(c.Values, "、"), strings.Join(c.Values, ", ")
	if len(c.Values) == 1 && c.Values[0] == OwnDistrict {
		z, e = "申请单位所在区县", "the asking unit's own district"
	}
	words := map[string]lang.Text{
		"eq": lang.T("等于", "is"), "ne": lang.T("不等于", "is not"), "in": lang.T("属于", "is one of"),
		"prefix": lang.T("开头为", "begins with"), "lt": lang.T("小于", "is below"), "ge": lang.T("不小于", "is at least"),
	}[c.Op]
	return lang.T(name.Zh+words.Zh+z, name.En+" "+words.En+" "+e)
}
