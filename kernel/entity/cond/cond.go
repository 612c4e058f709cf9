package cond

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

// Time is the class of conditions on texts that are times.
const Time = ngsi.Bool + 1

// Ready is a Cond made ready: what it compares with is in the field of its Class.
type Ready struct {
	Attr   string
	Op     Op
	Class  ngsi.Class
	Text   string
	Texts  []string // of which one is equal, or none
	Number float64
	Bool   bool
	time   time.Time
}

// Compile checks a Cond.
func (c Cond) Compile() (Ready, error) {
	out := Ready{Attr: c.Attr, Op: c.Op}
	bad := func() (Ready, error) {
		return out, errs.Say(errs.Invalid, "查询条件 %s %s %s 无效", "the condition %s %s %s is not valid", ngsi.Clip(c.Attr), c.Op, ngsi.Clip(fmt.Sprint(c.Value)))
	}
	switch v := c.Value.(type) {
	case nil:
	case string:
		out.Class, out.Text = ngsi.Text, v
	case []string:
		out.Class, out.Texts = ngsi.Text, v
		if c.Op != Eq && c.Op != Ne {
			return bad()
		}
	case bool:
		out.Class, out.Bool = ngsi.Bool, v
	case time.Time:
		out.Class, out.time = Time, v
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return bad()
		}
		out.Class, out.Number = ngsi.Number, f
	default:
		r := reflect.ValueOf(c.Value)
		switch {
		case r.CanInt():
			out.Class, out.Number = ngsi.Number, float64(r.Int())
		case r.CanUint():
			out.Class, out.Number = ngsi.Number, float64(r.Uint())
		case r.CanFloat():
			out.Class, out.Number = ngsi.Number, r.Float()
		case r.Kind() == reflect.String:
			out.Class, out.Text = ngsi.Text, r.String()
		default:
			return bad()
		}
	}
	valid := utf8.ValidString(out.Text) && !slices.ContainsFunc(out.Texts, func(t string) bool { return !utf8.ValidString(t) })
	if !valid || math.IsNaN(out.Number) || math.IsInf(out.Number, 0) || c.Attr == "" {
		return bad()
	}
	switch c.Op {
	case Has:
		return out, nil
	case Eq, Ne:
		if out.Class != ngsi.Other {
			return out, nil
		}
	case Lt, Le, Gt, Ge:
		if out.Class != ngsi.Other && out.Class != ngsi.Bool {
			return out, nil
		}
	case Prefix, Contains:
		if out.Class == ngsi.Text {
			if c.Op == Contains {
				out.Text = strings.ToLower(out.Text)
			}
			return out, nil
		}
	}
	return bad()
}

// Matches evaluates the condition.
func (c *Ready) Matches(e *ngsi.Entity) bool {
	there, hit := false, false
	c.each(e, func(v ngsi.Scalar) bool {
		there = true
		hit = c.Op == Has || c.holds(v)
		return !hit
	})
	if c.Op == Ne {
		return there && !hit
	}
	return hit
}

// each calls fn with the values that the condition looks at, until fn returns false.
func (c *Ready) each(e *ngsi.Entity, fn func(ngsi.Scalar) bool) {
	var texts []string
	switch c.Attr {
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
		if e.Attrs[i].Name == c.Attr && !e.Attrs[i].Scalars(fn) {
			return
		}
	}
}

// holds compares one value; of Ne it tells whether the value is equal.
func (c *Ready) holds(v ngsi.Scalar) bool {
	order := 0
	switch {
	case c.Class == Time && v.Class == ngsi.Text:
		t, err := time.Parse(time.RFC3339Nano, v.Text)
		if err != nil {
			return false
		}
		order = t.Compare(c.time)
	case c.Class != v.Class || v.Class == ngsi.Other:
		return false
	case c.Class == ngsi.Bool:
		return v.Bool == c.Bool
	case c.Class == ngsi.Number:
		order = compare(v.Number, c.Number)
	case c.Texts != nil:
		return slices.Contains(c.Texts, v.Text)
	case c.Op == Prefix:
		return strings.HasPrefix(v.Text, c.Text)
	case c.Op == Contains:
		return strings.Contains(strings.ToLower(v.Text), c.Text)
	default:
		order = strings.Compare(v.Text, c.Text)
	}
	switch c.Op {
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
