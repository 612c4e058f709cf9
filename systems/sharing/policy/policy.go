// Package policy writes grants as Cedar policies (授权策略), says them in both languages, and decides by them. It alone knows Cedar.
//
// A grant's terms are rendered as text (Render); what decides is the text. Four questions are asked of it: may this unit call this
// resource for this purpose now; may it see a field in clear; may it see it masked; may it see this row. The rules that hold before any
// grant are base.cedar's. An error of an evaluation is a refusal, so that a policy that cannot be decided opens nothing.
//
// Pure: no I/O, no clock.
package policy

import (
	_ "embed"
	"math"
	"slices"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"github.com/haihe-city/haihe/errs"
)

//go:embed base.cedar
var base string

// Base is the text of the rules that hold for every call.
func Base() string { return base }

// The ways of sharing of the national guide of 2017.
const (
	Unconditional = "unconditional" // 无条件共享
	Conditional   = "conditional"   // 有条件共享
	NotShared     = "none"          // 不予共享
)

// Resource is what a decision knows of a resource.
type Resource struct {
	ID, Owner, Sharing string
	Published          bool
	Fields             map[string]Kind
	Personal           []string
}

// Request is who asks for what, why, and when.
type Request struct {
	Unit, District, Purpose string
	Now                     time.Time
	Resource                Resource
}

// Set is policies ready to decide: the base, and a grant's.
type Set struct{ policies *cedar.PolicySet }

// Compile reads a grant's text; "" gives the base alone. A grant only permits, and none of its policies stands in another's place.
func Compile(text string) (*Set, error) {
	set := cedar.NewPolicySet()
	if err := add(set, "base.cedar", base, true); err != nil {
		return nil, err
	}
	if err := add(set, "grant.cedar", text, false); err != nil {
		return nil, err
	}
	return &Set{set}, nil
}

func add(set *cedar.PolicySet, name, text string, forbid bool) error {
	list, err := cedar.NewPolicyListFromBytes(name, []byte(text))
	if err != nil {
		return errs.Because(err, errs.Invalid, "授权策略文本无法识读", "the text of the policy cannot be read")
	}
	for _, p := range list {
		id, ok := p.Annotations()["id"]
		if !ok || p.Effect() != cedar.Permit && !forbid || set.Get(cedar.PolicyID(id)) != nil {
			return errs.Say(errs.Invalid, "授权策略只能是编号各不相同的 permit", "the policies of a grant are permits, each with an id of its own")
		}
		set.Add(cedar.PolicyID(id), p)
	}
	return nil
}

// Asked is a request made ready for many decisions.
type Asked struct {
	set      *Set
	entities types.EntityMap
	who      types.EntityUID
	what     types.EntityUID
	purpose  types.String
	now      types.Datetime
	q        Request
}

func uid(kind types.EntityType, id string) types.EntityUID {
	return types.NewEntityUID(kind, types.String(id))
}

// Ask makes a request ready.
func (s *Set) Ask(q Request) *Asked {
	a := &Asked{set: s, q: q, who: uid("Sharing::Unit", q.Unit), what: uid("Sharing::Resource", q.Resource.ID), purpose: types.String(q.Purpose), now: types.NewDatetime(q.Now)}
	fields := make([]types.Value, 0, len(q.Resource.Fields))
	for f := range q.Resource.Fields {
		fields = append(fields, types.String(f))
	}
	personal := make([]types.Value, 0, len(q.Resource.Personal))
	for _, f := range q.Resource.Personal {
		personal = append(personal, types.String(f))
	}
	a.entities = types.EntityMap{
		a.who: {UID: a.who, Attributes: types.NewRecord(types.RecordMap{"district": types.String(q.District)})},
		a.what: {UID: a.what, Attributes: types.NewRecord(types.RecordMap{
			"owner": uid("Sharing::Unit", q.Resource.Owner), "sharing": types.String(q.Resource.Sharing), "published": types.Boolean(q.Resource.Published),
			"fields": types.NewSet(fields...), "personal": types.NewSet(personal...)})},
	}
	return a
}

func (a *Asked) decide(action string, context types.RecordMap) (bool, []string) {
	context["purpose"], context["now"] = a.purpose, a.now
	d, diag := cedar.Authorize(a.set.policies, a.entities, cedar.Request{Principal: a.who, Action: uid("Sharing::Action", action), Resource: a.what, Context: types.NewRecord(context)})
	var why []string
	for _, r := range diag.Reasons {
		why = append(why, string(r.PolicyID))
	}
	slices.Sort(why)
	return d == cedar.Allow && len(diag.Errors) == 0, why
}

// Call tells whether the resource may be called at all, and the ids of the policies that say so.
func (a *Asked) Call() (bool, []string) { return a.decide("call", types.RecordMap{}) }

// Clear tells whether a field may be seen as it is.
func (a *Asked) Clear(field string) bool {
	ok, _ := a.decide("read", types.RecordMap{"field": types.String(field)})
	return ok
}

// Masked tells whether a field may be seen masked.
func (a *Asked) Masked(field string) bool {
	ok, _ := a.decide("readMasked", types.RecordMap{"field": types.String(field)})
	return ok
}

// Row tells whether a row may be seen at all. Its values are those of the kinds; what is missing or of another kind is not there.
func (a *Asked) Row(row map[string]any) bool {
	values := types.RecordMap{}
	for f, k := range a.q.Resource.Fields {
		if v := value(k, row[f]); v != nil {
			values[types.String(f)] = v
		}
	}
	ok, _ := a.decide("row", types.RecordMap{"row": types.NewRecord(values)})
	return ok
}

// value makes a row's value one of Cedar; nil where it is not of its kind. A number is cut to four decimals downwards: less than and
// not less than a bound of four decimals then come out as for the number itself.
func value(k Kind, v any) types.Value {
	switch x := v.(type) {
	case string:
		if k == Text {
			return types.String(x)
		}
		if k == Date || k == DateTime {
			if t, ok := moment(k, x); ok {
				return types.NewDatetime(t)
			}
		}
	case int64:
		if k == Integer {
			return types.Long(x)
		}
	case float64:
		if k == Number {
			if scaled := math.Floor(x * 10_000); math.Abs(scaled) < 1<<53 {
				if d, err := types.NewDecimal(int64(scaled), -4); err == nil {
					return d
				}
			}
		}
	case bool:
		if k == Boolean {
			return types.Boolean(x)
		}
	}
	return nil
}
