package cap

import (
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/cap/tree"
)

// Read reads an alert of version 1.2 or 1.1. The error is an *Error with everything that is wrong.
func Read(b []byte) (*Alert, error) {
	d, err := tree.Parse(b)
	if err != nil {
		return nil, broken(err)
	}
	return readNode(d.Root)
}

// Verify checks the signatures of a document that holds one alert. An alert may be true without: whether one is demanded is the caller's.
func Verify(b []byte, trusted []*x509.Certificate) ([]tree.Signature, error) {
	d, err := tree.Parse(b)
	if err != nil {
		return nil, broken(err)
	}
	return d.Verify(trusted), nil
}

// readNode reads the alert that a node is.
func readNode(n *tree.Node) (*Alert, error) {
	r := &reader{space: n.Space}
	a := &Alert{Version: "1.2"}
	switch {
	case n.Local == "alert" && n.Space == Space12:
	case n.Local == "alert" && n.Space == Space11:
		a.Version, r.old = "1.1", true
	default:
		r.fault(n, n.Local, "3.2.1", "根元素不是 CAP 1.2 或 1.1 的 alert", "the root element is no alert of CAP 1.2 or 1.1")
		return nil, &Error{r.faults}
	}
	r.walk(n, "alert", "3.2.1", r.alert(a))
	r.rules(n, a)
	a.Notes = r.notes
	if len(r.faults) > 0 {
		return nil, &Error{r.faults}
	}
	return a, nil
}

type reader struct {
	space  string
	old    bool // version 1.1
	faults []Fault
	notes  []Fault
}

const maxFaults = 200

func (r *reader) fault(n *tree.Node, path, clause, zh, en string) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, Fault{path, clause, n.Offset, lang.T(zh, en)})
	}
}

func (r *reader) note(n *tree.Node, path, clause, zh, en string) {
	if len(r.notes) < maxFaults {
		r.notes = append(r.notes, Fault{path, clause, n.Offset, lang.T(zh, en)})
	}
}

// field is an element that may stand in another: how often, and what takes it.
type field struct {
	name       string
	need, many bool
	take       func(n *tree.Node, path string)
}

// walk reads the elements below n in the order of the schema. CAP 1.2 3.4.
func (r *reader) walk(n *tree.Node, path, clause string, fields []field) {
	for _, a := range n.Attrs {
		if a.Space == "" {
			r.fault(n, path+"/@"+a.Local, "3.4", "不应有属性", "there must be no attribute")
		}
	}
	if _, plain := n.Value(); plain && len(n.Elements()) == 0 {
		if v, _ := n.Value(); v != "" {
			r.fault(n, path, "3.4", "应包含下级元素而非文字", "elements are due here, not text")
		}
	}
	count := map[string]int{}
	last := 0
	for _, k := range n.Elements() {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == k.Local })
		if k.Space == tree.Space && k.Local == "Signature" && path == "alert" {
			continue // CAP 1.2 3.3.4.1; the schema of 1.1 does not foresee it, its text does
		}
		if k.Space != r.space || i < 0 {
			r.fault(k, path+"/"+k.Local, "3.4", "不应有此元素", "this element must not stand here")
			continue
		}
		f := fields[i]
		count[f.name]++
		at := path + "/" + f.name
		if f.many {
			at = fmt.Sprintf("%s[%d]", at, count[f.name])
		} else if count[f.name] > 1 {
			r.fault(k, at, "3.4", "只能出现一次", "it may stand once only")
			continue
		}
		if i < last {
			r.fault(k, at, "3.4", "元素次序不符，应在 "+fields[last].name+" 之前", "out of order: it stands before "+fields[last].name)
		}
		last = max(last, i)
		f.take(k, at)
	}
	for _, f := range fields {
		if f.need && count[f.name] == 0 {
			r.fault(n, path+"/"+f.name, clause, "缺少必填元素", "a required element is missing")
		}
	}
}

// value gives an element's text; a fault where elements stand in it, or where a value has to be given and is not.
func (r *reader) value(n *tree.Node, path, clause string, need bool) string {
	v, plain := n.Value()
	if !plain {
		r.fault(n, path, "3.4", "只能是文字", "it may hold text only")
	} else if v == "" && need {
		r.fault(n, path, clause, "必须有值，不能为空", "a value has to be given, it is empty")
	}
	for _, a := range n.Attrs {
		if a.Space == "" {
			r.fault(n, path+"/@"+a.Local, "3.4", "不应有属性", "there must be no attribute")
		}
	}
	return v
}

// text is a field of any text.
func (r *reader) text(to *string, name, clause string, need bool) field {
	return field{name, need, false, func(n *tree.Node, path string) { *to = r.value(n, path, clause, need) }}
}

// words is a field whose value is one of a list; several where to takes more.
func (r *reader) word(name, clause string, need, many bool, take func(string)) field {
	return field{name, need, many, func(n *tree.Node, path string) {
		v := r.value(n, path, clause, true)
		known := slices.Contains(enumerations[name], v)
		if r.old && (v == "Avoid" || v == "AllClear") { // new in 1.2
			known = false
		}
		if v != "" && !known {
			r.fault(n, path, clause, fmt.Sprintf("取值“%.40s”不在标准规定之列", v), fmt.Sprintf("%.40q is none of the values of the standard", v))
			return
		}
		take(v)
	}}
}

func (r *reader) time(to *time.Time, name, clause string, need bool) field {
	return field{name, need, false, func(n *tree.Node, path string) {
		v := r.value(n, path, clause, need)
		if v == "" {
			return
		}
		t, err := parseTime(v, r.old)
		if err != nil {
			r.fault(n, path, "3.3.2", fmt.Sprintf("时间“%.40s”应为 2002-05-24T16:49:00-07:00 的形式，时区用数字表示", v), fmt.Sprintf("the time %.40q should look like 2002-05-24T16:49:00-07:00, its zone in digits", v))
			return
		}
		if len(v) > 6 && v[len(v)-6:] == "+00:00" && !r.old {
			r.note(n, path, "3.3.2", "世界时应写作 -00:00", "universal time should be written -00:00")
		}
		*to = t
	}}
}

func (r *reader) pairs(to *[]Pair, name, clause string, empty bool) field {
	return field{name, false, true, func(n *tree.Node, path string) {
		var p Pair
		value := r.text(&p.Value, "value", clause, false)
		value.need = true
		r.walk(n, path, clause, []field{r.text(&p.Name, "valueName", clause, true), value})
		if p.Value == "" && !empty {
			r.note(n, path, clause, "代码的值为空", "the code's value is empty")
		}
		*to = append(*to, p)
	}}
}

// alert lists the elements of CAP 1.2 3.2.1.
func (r *reader) alert(a *Alert) []field {
	const clause = "3.2.1"
	set := func(to *string) func(string) { return func(v string) { *to = v } }
	name := func(to *string, local string) field {
		return field{local, true, false, func(n *tree.Node, path string) {
			if *to = r.value(n, path, clause, true); *to != "" && !named(*to) {
				r.fault(n, path, clause, "不得含空格、逗号和 <、& 字符", "it must hold no blank, no comma and neither < nor &")
			}
		}}
	}
	lists := func(to *[]string, local string) field {
		return field{local, false, false, func(n *tree.Node, path string) {
			var ok bool
			if *to, ok = list(r.value(n, path, clause, false)); !ok {
				r.fault(n, path, clause, "引号不成对", "a quotation mark is not closed")
			}
		}}
	}
	return []field{
		name(&a.Identifier, "identifier"), name(&a.Sender, "sender"), r.time(&a.Sent, "sent", clause, true),
		r.word("status", clause, true, false, set(&a.Status)), r.word("msgType", clause, true, false, set(&a.MsgType)), r.text(&a.Source, "source", clause, false),
		r.word("scope", clause, true, false, set(&a.Scope)), r.text(&a.Restriction, "restriction", clause, false), lists(&a.Addresses, "addresses"),
		{"code", false, true, func(n *tree.Node, path string) {
			if v := r.value(n, path, clause, false); v != "" {
				a.Codes = append(a.Codes, v)
			}
		}},
		r.text(&a.Note, "note", clause, false),
		{"references", false, false, func(n *tree.Node, path string) { a.References = r.references(n, path) }},
		lists(&a.Incidents, "incidents"),
		{"info", false, true, func(n *tree.Node, path string) {
			var i Info
			r.walk(n, path, "3.2.2", r.info(&i))
			a.Infos = append(a.Infos, i)
		}},
	}
}

// references reads "sender,identifier,sent" triplets parted by blanks. CAP 1.2 3.2.1.
func (r *reader) references(n *tree.Node, path string) (out []Reference) {
	v := r.value(n, path, "3.2.1", true)
	for i, f := range splitFields(v) {
		ref, ok := parseReference(f, r.old)
		if !ok {
			r.fault(n, fmt.Sprintf("%s[%d]", path, i+1), "3.2.1", fmt.Sprintf("引用“%.80s”应为 sender,identifier,sent", f), fmt.Sprintf("the reference %.80q should be sender,identifier,sent", f))
			continue
		}
		out = append(out, ref)
	}
	return out
}

// info lists the elements of CAP 1.2 3.2.2.
func (r *reader) info(i *Info) []field {
	const clause = "3.2.2"
	set := func(to *string) func(string) { return func(v string) { *to = v } }
	add := func(to *[]string) func(string) { return func(v string) { *to = append(*to, v) } }
	lang := r.text(&i.Language, "language", clause, false)
	lang.take = func(n *tree.Node, path string) {
		if i.Language = r.value(n, path, clause, false); i.Language != "" && !language.MatchString(i.Language) {
			r.fault(n, path, clause, "语言代码无效", "this is no language code")
		}
	}
	return []field{
		lang, r.word("category", clause, true, true, add(&i.Categories)), r.text(&i.Event, "event", clause, true), r.word("responseType", clause, false, true, add(&i.ResponseTypes)),
		r.word("urgency", clause, true, false, set(&i.Urgency)), r.word("severity", clause, true, false, set(&i.Severity)), r.word("certainty", clause, true, false, set(&i.Certainty)),
		r.text(&i.Audience, "audience", clause, false), r.pairs(&i.EventCodes, "eventCode", clause, false),
		r.time(&i.Effective, "effective", clause, false), r.time(&i.Onset, "onset", clause, false), r.time(&i.Expires, "expires", clause, false),
		r.text(&i.SenderName, "senderName", clause, false), r.text(&i.Headline, "headline", clause, false), r.text(&i.Description, "description", clause, false),
		r.text(&i.Instruction, "instruction", clause, false), r.text(&i.Web, "web", clause, false), r.text(&i.Contact, "contact", clause, false),
		r.pairs(&i.Parameters, "parameter", clause, true),
		{"resource", false, true, func(n *tree.Node, path string) { i.Resources = append(i.Resources, r.resource(n, path)) }},
		{"area", false, true, func(n *tree.Node, path string) { i.Areas = append(i.Areas, r.area(n, path)) }},
	}
}

// resource reads CAP 1.2 3.2.3; 1.1 did not demand the type.
func (r *reader) resource(n *tree.Node, path string) (x Resource) {
	const clause = "3.2.3"
	r.walk(n, path, clause, []field{
		r.text(&x.Desc, "resourceDesc", clause, true), r.text(&x.MimeType, "mimeType", clause, !r.old),
		{"size", false, false, func(n *tree.Node, path string) {
			if x.Size = r.value(n, path, clause, false); x.Size != "" && !size.MatchString(x.Size) {
				r.fault(n, path, clause, "大小应为非负整数（字节）", "a size is a whole number of bytes")
			}
		}},
		r.text(&x.URI, "uri", clause, false), r.text(&x.Content, "derefUri", clause, false), r.text(&x.Digest, "digest", clause, false),
	})
	return x
}

// area reads CAP 1.2 3.2.4.
func (r *reader) area(n *tree.Node, path string) (x Area) {
	const clause = "3.2.4"
	height := func(to *string, name string) field {
		return field{name, false, false, func(n *tree.Node, path string) {
			if *to = r.value(n, path, clause, false); *to != "" {
				if _, ok := parseNumber(*to); !ok {
					r.fault(n, path, clause, "高度应为数字（英尺）", "a height is a number of feet")
				}
			}
		}}
	}
	r.walk(n, path, clause, []field{
		r.text(&x.Desc, "areaDesc", clause, true),
		{"polygon", false, true, func(n *tree.Node, path string) { r.polygon(n, path, &x) }},
		{"circle", false, true, func(n *tree.Node, path string) {
			if v := r.value(n, path, clause, true); v != "" {
				c, ok := parseCircle(v)
				if !ok {
					r.fault(n, path, clause, "圆应为“纬度,经度 半径（公里）”", "a circle is latitude,longitude and a radius in km")
				}
				x.Circles = append(x.Circles, c)
			}
		}},
		r.pairs(&x.Geocodes, "geocode", clause, false), height(&x.Altitude, "altitude"), height(&x.Ceiling, "ceiling"),
	})
	if x.Ceiling != "" && x.Altitude == "" {
		r.fault(n, path+"/ceiling", clause, "有 ceiling 时必须有 altitude", "a ceiling goes with an altitude only")
	}
	return x
}

func (r *reader) polygon(n *tree.Node, path string, x *Area) {
	v := r.value(n, path, "3.2.4", true)
	if v == "" {
		return
	}
	p, err := parsePolygon(v)
	switch {
	case err == nil:
		x.Polygons = append(x.Polygons, p)
	case err.Error() == "few":
		r.fault(n, path, "3.2.4", "多边形至少有 4 个坐标点", "a polygon has at least four points")
	case err.Error() == "open":
		r.fault(n, path, "3.2.4", "多边形未闭合，末点应与首点相同", "the polygon is open: its last point must be its first")
	default:
		r.fault(n, path, "3.2.4", "坐标应为“纬度,经度”，纬度 ±90、经度 ±180 以内", "points are latitude,longitude within 90 and 180 degrees")
	}
}
