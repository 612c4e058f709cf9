package entity

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Op is a comparison of a Cond.
type Op string

// The comparisons. An attribute with several values (an array, several instances, the languages of a LanguageProperty, the
// objects of a Relationship) matches where one of them does; Ne matches where the attribute is there and none of them is equal.
const (
	Eq       Op = "=="
	Ne       Op = "!="
	Lt       Op = "<"
	Le       Op = "<="
	Gt       Op = ">"
	Ge       Op = ">="
	Has      Op = "exists"
	Prefix   Op = "^="
	Contains Op = "~" // without regard to case
)

// Cond compares an attribute's value (text, number, bool, or the object of a relationship); conditions of a Query are joined
// by and. Value may be a string, a bool, any number, a time.Time (compared with texts that are RFC 3339 times), or a []string
// of which one must be equal (Eq) or none (Ne). Texts compare by bytes. Attr may also be "id", "type" or "scope".
type Cond struct {
	Attr  string
	Op    Op
	Value any
}

// class is what a comparison is made on.
type class = ngsi.Class

const (
	anyClass    = ngsi.Other
	textClass   = ngsi.Text
	numberClass = ngsi.Number
	boolClass   = ngsi.Bool
	timeClass   = ngsi.Bool + 1 // of conditions only: texts that are times
)

// cond is a Cond made ready.
type cond struct {
	attr   string
	op     Op
	class  class
	text   string
	texts  []string
	number float64
	bool   bool
	time   time.Time
}

// compile checks a Cond.
func (c Cond) compile() (cond, error) {
	out := cond{attr: c.Attr, op: c.Op}
	bad := func() (cond, error) {
		return out, errs.Say(errs.Invalid, "查询条件 %s %s %s 无效", "the condition %s %s %s is not valid", ngsi.Clip(c.Attr), c.Op, ngsi.Clip(fmt.Sprint(c.Value)))
	}
	switch v := c.Value.(type) {
	case nil:
	case string:
		out.class, out.text = textClass, v
	case []string:
		out.class, out.texts = textClass, v
		if c.Op != Eq && c.Op != Ne {
			return bad()
		}
	case bool:
		out.class, out.bool = boolClass, v
	case time.Time:
		out.class, out.time = timeClass, v
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return bad()
		}
		out.class, out.number = numberClass, f
	default:
		r := reflect.ValueOf(c.Value)
		switch {
		case r.CanInt():
			out.class, out.number = numberClass, float64(r.Int())
		case r.CanUint():
			out.class, out.number = numberClass, float64(r.Uint())
		case r.CanFloat():
			out.class, out.number = numberClass, r.Float()
		case r.Kind() == reflect.String:
			out.class, out.text = textClass, r.String()
		default:
			return bad()
		}
	}
	valid := utf8.ValidString(out.text) && !slices.ContainsFunc(out.texts, func(t string) bool { return !utf8.ValidString(t) })
	if !valid || math.IsNaN(out.number) || math.IsInf(out.number, 0) || c.Attr == "" {
		return bad()
	}
	switch c.Op {
	case Has:
		return out, nil
	case Eq, Ne:
		if out.class != anyClass {
			return out, nil
		}
	case Lt, Le, Gt, Ge:
		if out.class != anyClass && out.class != boolClass {
			return out, nil
		}
	case Prefix, Contains:
		if out.class == textClass {
			if c.Op == Contains {
				out.text = strings.ToLower(out.text)
			}
			return out, nil
		}
	}
	return bad()
}

// matches evaluates the condition.
func (c *cond) matches(e *Entity) bool {
	there, hit := false, false
	c.each(e, func(v ngsi.Scalar) bool {
		there = true
		hit = c.op == Has || c.holds(v)
		return !hit
	})
	if c.op == Ne {
		return there && !hit
	}
	return hit
}

// each calls fn with the values that the condition looks at, until fn returns false.
func (c *cond) each(e *Entity, fn func(ngsi.Scalar) bool) {
	var texts []string
	switch c.attr {
	case "id":
		texts = []string{e.ID}
	case "type":
		texts = e.Types
	case "scope":
		texts = e.Scope
	}
	for _, t := range texts {
		if !fn(ngsi.Scalar{Class: ngsi.Text, Text: t}) {
			return
		}
	}
	for i := range e.Attrs {
		if e.Attrs[i].Name == c.attr && !e.Attrs[i].Scalars(fn) {
			return
		}
	}
}

// holds compares one value; of Ne it tells whether the value is equal.
func (c *cond) holds(v ngsi.Scalar) bool {
	order := 0
	switch {
	case c.class == timeClass && v.Class == textClass:
		t, err := time.Parse(time.RFC3339Nano, v.Text)
		if err != nil {
			return false
		}
		order = t.Compare(c.time)
	case c.class != v.Class || v.Class == anyClass:
		return false
	case c.class == boolClass:
		return v.Bool == c.bool
	case c.class == numberClass:
		order = compare(v.Number, c.number)
	case c.texts != nil:
		return slices.Contains(c.texts, v.Text)
	case c.op == Prefix:
		return strings.HasPrefix(v.Text, c.text)
	case c.op == Contains:
		return strings.Contains(strings.ToLower(v.Text), c.text)
	default:
		order = strings.Compare(v.Text, c.text)
	}
	switch c.op {
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	case Gt:
		return order > 0
	case Ge:
		return order >= 0
	}
	return order == 0
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// sieve is a Query made ready: the tree whose branches are joined by and.
type sieve struct {
	tenant     string
	typ, owner string
	sel        *filter.Selection // of a Search
	ids        map[string]bool   // nil: any
	conds      []cond
	box        *Box
}

// compile checks a Query.
func (q *Query) compile() (*sieve, error) {
	f := &sieve{typ: q.Type, owner: q.Owner, box: q.Box}
	if q.IDs != nil {
		if len(q.IDs) > 1000 {
			return nil, errs.Say(errs.Invalid, "一次至多查询 1000 个实体标识", "ask for at most 1000 ids at a time")
		}
		f.ids = map[string]bool{}
		for _, id := range q.IDs {
			if ngsi.IsURI(id) { // nothing else is an entity's
				f.ids[id] = true
			}
		}
	}
	if b := q.Box; b != nil {
		ok := b[0] >= -180 && b[2] <= 180 && b[1] >= -90 && b[3] <= 90 && b[0] <= b[2] && b[1] <= b[3]
		if !ok { // also where one is not a number
			return nil, errs.Say(errs.Invalid, "查询范围 %v 无效：依次为西、南、东、北，单位度", "the box %v is not valid: west, south, east, north, in degrees", *b)
		}
	}
	for _, c := range q.Where {
		ready, err := c.compile()
		if err != nil {
			return nil, err
		}
		f.conds = append(f.conds, ready)
	}
	return f, nil
}

// plain tells whether type and owner alone decide, so that the maintained counts hold.
func (f *sieve) plain() bool {
	return f.ids == nil && f.box == nil && len(f.conds) == 0 && (f.sel == nil || f.sel.IDPattern == nil && f.sel.Attrs == nil &&
		f.sel.Q == nil && f.sel.Geo == nil && f.sel.Scope == nil && (f.sel.Types == nil || f.typ != "" || f.sel.Types.All()))
}

// wants tells which attributes matches looks at.
func (f *sieve) wants(name string) bool {
	return f.sel != nil && f.sel.Wants(name) || f.box != nil && name == locationAttr ||
		slices.ContainsFunc(f.conds, func(c cond) bool { return c.attr == name })
}

// matches is the evaluator: it alone decides whether an entity is part of the answer.
func (f *sieve) matches(e *Entity) bool {
	if e.Tenant != f.tenant || f.typ != "" && !slices.Contains(e.Types, f.typ) || f.owner != "" && e.Owner != f.owner || f.ids != nil && !f.ids[e.ID] {
		return false
	}
	for i := range f.conds {
		if !f.conds[i].matches(e) {
			return false
		}
	}
	if f.sel != nil && !f.plain() && !f.sel.Match(e) {
		return false
	}
	return f.box == nil || f.within(e)
}

// within tells whether an instance of the entity's location meets the box; of what is not a point its bounding rectangle does.
func (f *sieve) within(e *Entity) bool {
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Name != locationAttr {
			continue
		}
		if _, box, ok := a.Bounds(); ok && box.Meets(*f.box) {
			return true
		}
	}
	return false
}
