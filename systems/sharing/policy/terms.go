package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/haihe-city/haihe/errs"
)

// Kind is the type of a field's values, as rows hold them.
type Kind string

// The kinds: string, int64, float64, bool, string as 2006-01-02, string as RFC 3339.
const (
	Text     Kind = "text"
	Integer  Kind = "integer"
	Number   Kind = "number"
	Boolean  Kind = "boolean"
	Date     Kind = "date"
	DateTime Kind = "datetime"
)

// Kinds are all of them.
var Kinds = []Kind{Text, Integer, Number, Boolean, Date, DateTime}

// Known tells whether there is such a kind.
func (k Kind) Known() bool { return slices.Contains(Kinds, k) }

// OwnDistrict, as a condition's value, stands for the district of the unit that asks.
const OwnDistrict = "$district"

// Cond is a condition on a row. Conditions are joined by and; a row that lacks the field does not fulfil it.
type Cond struct {
	Field  string   `json:"field"`
	Op     string   `json:"op"` // eq, ne, in, prefix, lt, ge
	Values []string `json:"values"`
}

// Terms are what a grant allows.
type Terms struct {
	ID        string    `json:"id"`
	Resource  string    `json:"resource"`
	Unit      string    `json:"unit"`
	Purpose   string    `json:"purpose"`
	Fields    []string  `json:"fields"`             // may be seen; those that are personal, masked
	Unmasked  []string  `json:"unmasked,omitempty"` // of them, personal ones that are seen in clear
	Rows      []Cond    `json:"rows,omitempty"`
	PerMinute int64     `json:"per_minute"`
	PerDay    int64     `json:"per_day"`
	Until     time.Time `json:"until"`
}

// The bounds of terms.
const (
	mostConds  = 8
	mostValues = 50
	mostText   = 200
)

// Check holds terms to a resource: that the fields are there and that each condition means something for its field's kind.
func (t Terms) Check(r Resource) error {
	if len(t.Fields) == 0 {
		return errs.Say(errs.Invalid, "请至少选择一个信息项", "choose at least one field")
	}
	for _, f := range t.Fields {
		if _, ok := r.Fields[f]; !ok {
			return errs.Say(errs.Invalid, "资源没有信息项“%s”", "the resource has no field %q", f)
		}
	}
	for _, f := range t.Unmasked {
		if !slices.Contains(t.Fields, f) || !slices.Contains(r.Personal, f) {
			return errs.Say(errs.Invalid, "“%s”不是所申请的个人信息项，不能单独免脱敏", "%q is no personal field among those asked for, so it cannot be shown unmasked", f)
		}
	}
	if len(t.Rows) > mostConds {
		return errs.Say(errs.Invalid, "记录条件至多 %d 个", "at most %d conditions on rows", mostConds)
	}
	for _, c := range t.Rows {
		if _, err := c.cedar(r.Fields[c.Field]); err != nil {
			return err
		}
	}
	if t.PerMinute < 1 || t.PerDay < 1 {
		return errs.Say(errs.Invalid, "频率和日限额应大于 0", "the rates are above 0")
	}
	return nil
}

func badCond(c Cond) error {
	return errs.Say(errs.Invalid, "条件“%[1]s”不适用于该信息项：文本可用 eq、ne、in、prefix，整数可用 eq、ne、lt、ge，小数和日期可用 lt、ge，布尔可用 eq",
		"the condition %[1]q does not suit its field: texts take eq, ne, in, prefix, integers eq, ne, lt, ge, numbers and dates lt, ge, booleans eq", c.String())
}

// String writes a condition as people type it: field op value|value.
func (c Cond) String() string { return c.Field + " " + c.Op + " " + strings.Join(c.Values, "|") }

// ParseCond reads a condition as String writes it.
func ParseCond(s string) (Cond, error) {
	parts := strings.SplitN(strings.TrimSpace(s), " ", 3)
	if len(parts) != 3 {
		return Cond{}, errs.Say(errs.Invalid, "条件应写作“信息项 运算 值”，如 district eq 120101", "a condition is written field, operator, value: district eq 120101")
	}
	c := Cond{Field: parts[0], Op: parts[1]}
	for _, v := range strings.Split(parts[2], "|") {
		c.Values = append(c.Values, strings.TrimSpace(v))
	}
	return c, nil
}

// cedar writes a condition as an expression of Cedar over context.row.
func (c Cond) cedar(k Kind) (string, error) {
	if len(c.Values) == 0 || len(c.Values) > mostValues || c.Op != "in" && len(c.Values) != 1 {
		return "", badCond(c)
	}
	for _, v := range c.Values {
		if v == "" || len(v) > mostText || strings.ContainsRune(v, 0) {
			return "", badCond(c)
		}
	}
	at, body := "context.row."+c.Field, ""
	switch {
	case k == Text && (c.Op == "eq" || c.Op == "ne") && c.Values[0] == OwnDistrict:
		body = at + map[string]string{"eq": " == ", "ne": " != "}[c.Op] + "principal.district"
	case k == Text && (c.Op == "eq" || c.Op == "ne"):
		body = at + map[string]string{"eq": " == ", "ne": " != "}[c.Op] + quote(c.Values[0])
	case k == Text && c.Op == "in":
		body = quotes(c.Values) + ".contains(" + at + ")"
	case k == Text && c.Op == "prefix":
		body = at + " like " + string(types.NewPattern(c.Values[0], types.Wildcard{}).MarshalCedar())
	case k == Integer:
		n, err := strconv.ParseInt(c.Values[0], 10, 64)
		op, known := map[string]string{"eq": "==", "ne": "!=", "lt": "<", "ge": ">="}[c.Op]
		if err != nil || !known {
			return "", badCond(c)
		}
		body = fmt.Sprintf("%s %s %d", at, op, n)
	case k == Number && (c.Op == "lt" || c.Op == "ge"):
		d, err := types.ParseDecimal(dotted(c.Values[0]))
		if err != nil {
			return "", badCond(c)
		}
		body = at + "." + map[string]string{"lt": "lessThan", "ge": "greaterThanOrEqual"}[c.Op] + `(decimal("` + d.String() + `"))`
	case k == Boolean && c.Op == "eq" && (c.Values[0] == "true" || c.Values[0] == "false"):
		body = at + " == " + c.Values[0]
	case (k == Date || k == DateTime) && (c.Op == "lt" || c.Op == "ge"):
		at2, ok := moment(k, c.Values[0])
		if !ok {
			return "", badCond(c)
		}
		body = at + map[string]string{"lt": " < ", "ge": " >= "}[c.Op] + stamp(at2)
	default:
		return "", badCond(c)
	}
	return "context.row has " + c.Field + " && " + body, nil
}

// dotted gives a whole number the decimal point that Cedar wants.
func dotted(s string) string {
	if !strings.Contains(s, ".") {
		return s + ".0"
	}
	return s
}

func moment(k Kind, s string) (time.Time, bool) {
	layout := time.RFC3339
	if k == Date {
		layout = time.DateOnly
	}
	t, err := time.Parse(layout, s)
	return t, err == nil
}

func stamp(t time.Time) string {
	return `datetime("` + t.UTC().Format("2006-01-02T15:04:05.000Z") + `")`
}

func quote(s string) string { return string(types.String(s).MarshalCedar()) }

func quotes(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = quote(s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// Render writes terms as policies of Cedar: whether to call at all, which rows, which fields, which of them masked. The same terms
// always give the same text.
func Render(t Terms, r Resource) (string, error) {
	if err := t.Check(r); err != nil {
		return "", err
	}
	scope := fmt.Sprintf("  principal == Sharing::Unit::%s,\n  action == Sharing::Action::%%q,\n  resource == Sharing::Resource::%s", quote(t.Unit), quote(t.Resource))
	when := fmt.Sprintf("context.purpose == %s && context.now < %s", quote(t.Purpose), stamp(t.Until))
	var b strings.Builder
	add := func(name, action, more string) {
		fmt.Fprintf(&b, "@id(%s)\npermit (\n"+scope+"\n)\nwhen { %s%s };\n", quote(t.ID+"-"+name), action, when, more)
	}
	add("call", "call", "")
	rows := ""
	for _, c := range t.Rows {
		text, err := c.cedar(r.Fields[c.Field])
		if err != nil {
			return "", err
		}
		rows += "\n  && " + text
	}
	add("row", "row", rows)
	add("fields", "read", "\n  && "+quotes(t.Fields)+".contains(context.field)\n  && !resource.personal.contains(context.field)")
	if len(t.Unmasked) > 0 {
		add("unmasked", "read", "\n  && "+quotes(t.Unmasked)+".contains(context.field)")
	}
	add("masked", "readMasked", "\n  && "+quotes(t.Fields)+".contains(context.field)")
	return b.String(), nil
}
