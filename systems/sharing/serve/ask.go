package serve

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/sharing/catalogue"
	"github.com/haihe-city/haihe/systems/sharing/policy"
	"github.com/haihe-city/haihe/systems/sharing/source"
)

// ask is what a caller wants of a resource, read strictly: a parameter that is not known, or is there twice, is refused and never
// passed over, so that none means one thing to the check and another to what reads the rows.
type ask struct {
	fields []string // nil: all that may be seen
	where  []filter
	sort   string
	desc   bool
	limit  int
	after  string
	count  bool
	csv    bool
}

// filter is a caller's condition; like those of grants it leaves out rows that lack the field.
type filter struct {
	field, op string
	text      string
}

// The bounds of an ask.
const (
	pageRows   = 100
	mostRows   = 1000
	mostWheres = 8
	mostValue  = 200
)

func malformed(zh, en string, args ...any) error { return errs.Say(errs.Invalid, zh, en, args...) }

// parse reads the parameters of a call.
func parse(params map[string][]string) (a ask, err error) {
	a.limit = pageRows
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names) // the same call gets the same refusal
	for _, name := range names {
		values := params[name]
		if name == "where" {
			if err := a.wheres(values); err != nil {
				return a, err
			}
			continue
		}
		if len(values) != 1 {
			return a, malformed("参数“%s”只能出现一次", "the parameter %q may be there once", name)
		}
		if err := a.one(name, values[0]); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (a *ask) one(name, v string) error {
	switch name {
	case "fields":
		for _, f := range strings.Split(v, ",") {
			if f == "" || slices.Contains(a.fields, f) {
				return malformed("参数 fields 中有空项或重复项", "the parameter fields has an empty or doubled name")
			}
			a.fields = append(a.fields, f)
		}
	case "sort":
		if a.sort, a.desc = strings.CutPrefix(v, "-"); a.sort == "" {
			return malformed("参数 sort 为空", "the parameter sort is empty")
		}
	case "limit":
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > mostRows {
			return malformed("参数 limit 应为 1 至 %d", "limit is between 1 and %d", mostRows)
		}
		a.limit = n
	case "after":
		a.after = v
	case "count":
		if v != "true" && v != "false" {
			return malformed("参数 count 应为 true 或 false", "count is true or false")
		}
		a.count = v == "true"
	case "format":
		if v != "json" && v != "csv" {
			return malformed("参数 format 应为 json 或 csv", "format is json or csv")
		}
		a.csv = v == "csv"
	default:
		return malformed("没有参数“%s”，可用 fields、where、sort、limit、after、count、format", "there is no parameter %q; there are fields, where, sort, limit, after, count and format", clip(name))
	}
	return nil
}

func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

func (a *ask) wheres(values []string) error {
	if len(values) > mostWheres {
		return malformed("条件至多 %d 个", "at most %d conditions", mostWheres)
	}
	for _, v := range values {
		parts := strings.SplitN(v, ":", 3)
		if len(parts) != 3 || len(parts[2]) > mostValue || !slices.Contains([]string{"eq", "ne", "lt", "ge", "prefix"}, parts[1]) {
			return malformed("条件应写作 信息项:运算:值，运算为 eq、ne、lt、ge、prefix", "a condition is written field:operator:value, the operator eq, ne, lt, ge or prefix")
		}
		a.where = append(a.where, filter{parts[0], parts[1], parts[2]})
	}
	return nil
}

// used lists the fields that an ask filters or sorts by: what these say of a value is as good as the value.
func (a *ask) used() (out []string) {
	for _, f := range a.where {
		out = append(out, f.field)
	}
	if a.sort != "" {
		out = append(out, a.sort)
	}
	return out
}

// test is a filter made ready for the kind of its field.
type test struct {
	filter
	want any
}

// ready makes tests of the filters.
func (a *ask) ready(r *catalogue.Resource) ([]test, error) {
	var out []test
	for _, f := range a.where {
		d, ok := r.Field(f.field)
		t := test{f, source.Coerce(d.Kind, f.text)}
		if !ok || t.want == nil || f.op == "prefix" && d.Kind != policy.Text || d.Kind == policy.Boolean && (f.op == "lt" || f.op == "ge") {
			return nil, malformed("条件“%s”的运算或值不适用于该信息项的类型", "the operator or the value of the condition on %q does not suit the field's kind", f.field)
		}
		out = append(out, t)
	}
	return out, nil
}

func (t test) holds(v any) bool {
	if v == nil {
		return false
	}
	if t.op == "prefix" {
		s, ok := v.(string)
		return ok && strings.HasPrefix(s, t.text)
	}
	switch c := compare(v, t.want); t.op {
	case "eq":
		return c == 0
	case "ne":
		return c != 0
	case "lt":
		return c < 0
	case "ge":
		return c >= 0
	}
	return false
}

// compare orders two values of one kind; nothing comes before everything.
func compare(a, b any) int {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y)
		}
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y)
		}
	case bool:
		if y, ok := b.(bool); ok && x != y {
			if x {
				return 1
			}
			return -1
		} else if ok {
			return 0
		}
	case nil:
		if b == nil {
			return 0
		}
		return -1
	}
	return 1
}

// shape is the ask without its place, for the cursor: one of another question is no good.
func (a *ask) shape() string {
	var b strings.Builder
	for _, f := range a.where {
		b.WriteString(strconv.Quote(f.field) + f.op + strconv.Quote(f.text))
	}
	return b.String() + "|" + strconv.Quote(a.sort) + strconv.FormatBool(a.desc)
}

// narrow are the filters that a source may use.
func (a *ask) narrow() (out []policy.Cond) {
	for _, f := range a.where {
		if f.op == "eq" {
			out = append(out, policy.Cond{Field: f.field, Op: f.op, Values: []string{f.text}})
		}
	}
	return out
}
