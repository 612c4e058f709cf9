package gbt35965

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/cap"
	"github.com/haihe-city/haihe/wire/cap/tree"
)

// Read reads a warning. The error is a *cap.Error with everything that is wrong.
func Read(b []byte) (*Alert, error) {
	d, err := tree.Parse(b)
	if err != nil {
		f := cap.Fault{Said: lang.T("无法读取", "cannot be read")}
		if e, ok := err.(*tree.Error); ok {
			f.Offset, f.Said = e.Offset, e.Said
		}
		return nil, &cap.Error{Faults: []cap.Fault{f}}
	}
	var r reader
	a := &Alert{Secrecy: "None"}
	if n := d.Root; n.Local != "alert" || n.Space == cap.Space12 || n.Space == cap.Space11 {
		r.fault(n, n.Local, "根元素不是 GB/T 35965.1 的 alert", "the root element is no alert of GB/T 35965.1")
	} else {
		r.walk(n, "alert", r.alert(a))
		r.rules(n, a)
	}
	if len(r.faults) > 0 {
		return nil, &cap.Error{Faults: r.faults}
	}
	return a, nil
}

type reader struct{ faults []cap.Fault }

func (r *reader) fault(n *tree.Node, path, zh, en string) {
	if len(r.faults) < 200 {
		r.faults = append(r.faults, cap.Fault{Path: path, Offset: n.Offset, Said: lang.T(zh, en)})
	}
}

type field struct {
	name       string
	need, many bool
	take       func(n *tree.Node, path string)
}

// walk reads the elements below n. Their order is not enforced: the literature shows more than one.
func (r *reader) walk(n *tree.Node, path string, fields []field) {
	count := map[string]int{}
	for _, k := range n.Elements() {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == k.Local })
		if i < 0 {
			r.fault(k, path+"/"+k.Local, "不应有此元素", "this element must not stand here")
			continue
		}
		f := fields[i]
		count[f.name]++
		at := path + "/" + f.name
		if f.many {
			at = fmt.Sprintf("%s[%d]", at, count[f.name])
		} else if count[f.name] > 1 {
			r.fault(k, at, "只能出现一次", "it may stand once only")
			continue
		}
		f.take(k, at)
	}
	for _, f := range fields {
		if f.need && count[f.name] == 0 {
			r.fault(n, path+"/"+f.name, "缺少必填元素", "a required element is missing")
		}
	}
}

func (r *reader) value(n *tree.Node, path string, need bool) string {
	v, plain := n.Value()
	if !plain {
		r.fault(n, path, "只能是文字", "it may hold text only")
	} else if v == "" && need {
		r.fault(n, path, "必须有值，不能为空", "a value has to be given, it is empty")
	}
	return v
}

func (r *reader) text(to *string, name string, need bool) field {
	return field{name, need, false, func(n *tree.Node, path string) { *to = r.value(n, path, need) }}
}

// form is a text that must look a certain way.
func (r *reader) form(to *string, name string, need bool, like *regexp.Regexp, zh, en string) field {
	return field{name, need, false, func(n *tree.Node, path string) {
		if *to = r.value(n, path, need); *to != "" && !like.MatchString(*to) {
			r.fault(n, path, zh, en)
		}
	}}
}

func (r *reader) word(to *string, name string, need bool) field {
	return field{name, need, false, func(n *tree.Node, path string) {
		v := r.value(n, path, need)
		if v == "" {
			return
		}
		if !slices.Contains(enumerations[name], v) {
			r.fault(n, path, fmt.Sprintf("取值“%.40s”不在规定之列", v), fmt.Sprintf("%.40q is none of the values allowed", v))
		}
		*to = v
	}}
}

func (r *reader) time(to *time.Time, name string, need bool) field {
	return field{name, need, false, func(n *tree.Node, path string) {
		v := r.value(n, path, need)
		if v == "" {
			return
		}
		t, ok := parseTime(v)
		if !ok {
			r.fault(n, path, "时间应为 2015-11-20 08:00:00+08:00 的形式（北京时间）", "a time should look like 2015-11-20 08:00:00+08:00, Beijing time")
			return
		}
		*to = t
	}}
}

func (r *reader) alert(a *Alert) []field {
	return []field{
		r.form(&a.Identifier, "identifier", true, identifier, "标识应为 14 位发布单位代码_14 位时间_1 位序号，共 31 位", "an identifier is the issuer's 14 digits, 14 of the time and one, parted by underscores: 31 characters"),
		r.text(&a.Sender, "sender", true),
		r.form(&a.SenderCode, "senderCode", true, issuer, "发布单位代码应为 14 位数字", "an issuer's code has 14 digits"),
		r.time(&a.SendTime, "sendTime", true), r.word(&a.Status, "status", true), r.word(&a.MsgType, "msgType", true), r.word(&a.Scope, "scope", true),
		{"code", false, false, func(n *tree.Node, path string) {
			r.walk(n, path, []field{{"method", false, true, func(n *tree.Node, path string) {
				var m Method
				r.walk(n, path, []field{r.text(&m.Name, "methodName", true), r.text(&m.Message, "message", false), r.text(&m.Groups, "audienceGrp", false), r.text(&m.Parts, "audiencePrt", false)})
				a.Methods = append(a.Methods, m)
			}}})
		}},
		r.word(&a.Secrecy, "secClassification", false), r.text(&a.Note, "note", false),
		{"references", false, false, func(n *tree.Node, path string) { a.References = r.references(n, path) }},
		{"info", true, true, func(n *tree.Node, path string) {
			var i Info
			r.walk(n, path, r.info(&i))
			a.Infos = append(a.Infos, i)
		}},
	}
}

// reference is one of the triplets; the time holds a blank.
var (
	reference = regexp.MustCompile(`^\s*(\d{14}),(\d{14}_\d{14}_\d),(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+08:00)(?:\s+|$)`)
)

func (r *reader) references(n *tree.Node, path string) (out []cap.Reference) {
	for v := r.value(n, path, false); v != ""; {
		m := reference.FindStringSubmatch(v)
		if m == nil {
			r.fault(n, path, fmt.Sprintf("引用“%.80s”应为“发布单位代码,标识,时间”", v), fmt.Sprintf("the reference %.80q should be the issuer's code, the identifier and the time", v))
			return out
		}
		t, ok := parseTime(m[3])
		if !ok {
			r.fault(n, path, "引用中的时间无效", "the time of a reference is none")
		}
		out = append(out, cap.Reference{Sender: m[1], Identifier: m[2], Sent: t})
		v = v[len(m[0]):]
	}
	return out
}

func (r *reader) info(i *Info) []field {
	return []field{
		r.text(&i.Language, "language", false), r.form(&i.EventType, "eventType", true, eventType, "事件类型应为 GB/T 35561 的 5 位代码", "an event's type is a code of GB/T 35561, five characters"),
		r.word(&i.Urgency, "urgency", false), r.word(&i.Severity, "severity", true), r.word(&i.Certainty, "certainty", false),
		r.time(&i.Effective, "effective", false), r.time(&i.Onset, "onset", false), r.time(&i.Expires, "expires", false),
		r.text(&i.SenderName, "senderName", false), r.text(&i.Headline, "headline", true), r.text(&i.Description, "description", true), r.text(&i.Instruction, "instruction", false), r.text(&i.Web, "web", false),
		{"resource", false, true, func(n *tree.Node, path string) {
			var x Resource
			r.walk(n, path, []field{r.text(&x.Desc, "resourceDesc", true), r.text(&x.Size, "size", false), r.text(&x.Digest, "digest", false)})
			i.Resources = append(i.Resources, x)
		}},
		{"area", true, true, func(n *tree.Node, path string) { i.Areas = append(i.Areas, r.area(n, path)) }},
	}
}

func (r *reader) area(n *tree.Node, path string) (x Area) {
	r.walk(n, path, []field{
		r.text(&x.Desc, "areaDesc", true),
		{"polygon", false, true, func(n *tree.Node, path string) {
			if v := r.value(n, path, false); v != "" {
				p, ok := cap.ParsePolygon(v)
				if !ok {
					r.fault(n, path, "多边形应有至少 4 个“纬度,经度”点，且首尾相同", "a polygon is four points or more, latitude,longitude, the last the first")
				}
				x.Polygons = append(x.Polygons, p)
			}
		}},
		{"circle", false, true, func(n *tree.Node, path string) {
			if v := r.value(n, path, false); v != "" {
				c, ok := cap.ParseCircle(v)
				if !ok {
					r.fault(n, path, "圆应为“纬度,经度 半径（公里）”", "a circle is latitude,longitude and a radius in km")
				}
				x.Circles = append(x.Circles, c)
			}
		}},
		{"geocode", false, true, func(n *tree.Node, path string) {
			v := r.value(n, path, false)
			if v == "" {
				return
			}
			if !geocode.MatchString(v) {
				r.fault(n, path, "行政区划代码应为 6 位或 12 位数字", "a region's code has six or twelve digits")
			}
			x.Geocodes = append(x.Geocodes, v)
		}},
	})
	return x
}

// rules tie one element to another.
func (r *reader) rules(n *tree.Node, a *Alert) {
	if code, _, ok := Identifier(a.Identifier); a.Identifier != "" && identifier.MatchString(a.Identifier) && (!ok || issuer.MatchString(a.SenderCode) && code != a.SenderCode) {
		r.fault(n, "alert/identifier", "标识中的时间无效，或与发布单位代码不一致", "the identifier's time is none, or its issuer is another one")
	}
	if (a.MsgType == "Update" || a.MsgType == "Cancel") && len(a.References) == 0 {
		r.fault(n, "alert/references", "更新、解除必须引用原预警", "an update or cancellation must refer to an earlier warning")
	}
	if a.Scope == "Restricted" && (a.Secrecy == "" || a.Secrecy == "None") {
		r.fault(n, "alert/secClassification", "限定范围的预警应写明密级", "a restricted warning needs its classification")
	}
}
