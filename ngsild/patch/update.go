package patch

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Skipped is an attribute that an operation left as it was, and why (5.2.19).
type Skipped struct {
	Name   string // stored
	Reason string
}

// Outcome is what an operation made of an entity's attributes (5.2.18), in stored names.
type Outcome struct {
	Updated []string
	Skipped []Skipped
}

func (o *Outcome) did(name string) {
	if !slices.Contains(o.Updated, name) {
		o.Updated = append(o.Updated, name)
	}
}

func (o *Outcome) left(name, why string) {
	if !slices.ContainsFunc(o.Skipped, func(s Skipped) bool { return s.Name == name }) {
		o.Skipped = append(o.Skipped, Skipped{name, why})
	}
}

// find gives the place of an instance; -1 where it is not there.
func find(attrs []ngsi.Attr, name, dataset string) int {
	for i := range attrs {
		if attrs[i].Name == name && attrs[i].DatasetID == dataset {
			return i
		}
	}
	return -1
}

// isNull tells whether an instance is an NGSI-LD Null: as value, object, or for @none of a languageMap (5.5.4).
func isNull(a *ngsi.Attr) bool { return ngsi.IsNull(a.Value) }

// holdsNull tells whether a Null stands anywhere in an instance.
func holdsNull(a *ngsi.Attr) bool {
	if strings.Contains(string(a.Value), ngsi.Null) || a.UnitCode == ngsi.Null || a.DatasetID == ngsi.Null ||
		ngsi.IsNullTime(a.ObservedAt) || ngsi.IsNullTime(a.ExpiresAt) {
		return true
	}
	for i := range a.Members {
		if strings.Contains(string(a.Members[i].Value), ngsi.Null) {
			return true
		}
	}
	for i := range a.Attrs {
		if holdsNull(&a.Attrs[i]) {
			return true
		}
	}
	return false
}

// noNulls refuses a Null where the operation does not know it; inside tells that values may be Null as a whole.
// ETSI GS CIM 009 V1.9.1 5.5.4
func noNulls(e *ngsi.Entity, whole bool) error {
	if !whole && (nullScope(e) || ngsi.IsNullTime(e.ExpiresAt)) {
		return errNull("scope, expiresAt")
	}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if whole && isNull(a) {
			continue
		}
		if a.Kind != ngsi.JSONProperty && holdsNull(a) {
			return errNull(a.Name)
		}
	}
	return nil
}

func errNull(name string) error {
	return exchange.BadRequestData.Say("属性 %s：此处不得使用 urn:ngsi-ld:null", "attribute %s: urn:ngsi-ld:null cannot be used here", jsonld.IRI(name))
}

// addTypes adds the types that are not there yet.
func addTypes(e *ngsi.Entity, types []string) {
	for _, t := range types {
		if !slices.Contains(e.Types, t) {
			e.Types = append(e.Types, t)
		}
	}
}

// nullScope tells whether a fragment takes the scope away.
func nullScope(frag *ngsi.Entity) bool { return len(frag.Scope) == 1 && frag.Scope[0] == ngsi.Null }

// put sets an instance in place of the one that is there; its createdAt stays.
func put(e *ngsi.Entity, a ngsi.Attr) {
	a.CreatedAt, a.ModifiedAt, a.Gauge = time.Time{}, time.Time{}, 0
	if a.Kind == ngsi.Unsaid && len(a.Value) > 0 {
		a.Kind = ngsi.Property
	}
	if at := find(e.Attrs, a.Name, a.DatasetID); at >= 0 {
		a.CreatedAt = e.Attrs[at].CreatedAt
		e.Attrs[at] = a
		return
	}
	e.Attrs = append(e.Attrs, a)
}

// own gives a copy of old whose parts may be changed.
func own(old *ngsi.Entity, more int) *ngsi.Entity {
	e := *old
	e.Types, e.Scope = slices.Clone(old.Types), slices.Clone(old.Scope)
	e.Attrs = append(make([]ngsi.Attr, 0, len(old.Attrs)+more), old.Attrs...)
	return &e
}

// Create gives the entity that is to come to be: none may be there.
// ETSI GS CIM 009 V1.9.1 5.6.1.4
func Create(old, e *ngsi.Entity) (*ngsi.Entity, error) {
	if old != nil {
		return nil, exchange.AlreadyExists.Say("实体 %s 已存在", "the entity %s exists already", e.ID)
	}
	if err := noNulls(e, false); err != nil {
		return nil, err
	}
	return own(e, 0), nil
}

// Update overwrites attributes as a whole and adds those that are not there; a Null takes an instance away. Types are added; a scope
// replaces the one that is there, and is passed over where there is none.
// ETSI GS CIM 009 V1.9.1 5.6.2.4, 5.5.8
func Update(old, frag *ngsi.Entity) (*ngsi.Entity, Outcome, error) {
	var out Outcome
	if err := noNulls(frag, true); err != nil {
		return nil, out, err
	}
	e := own(old, len(frag.Attrs))
	for i := range frag.Attrs {
		a := &frag.Attrs[i]
		out.did(a.Name)
		if !isNull(a) {
			put(e, *a)
			continue
		}
		if at := find(e.Attrs, a.Name, a.DatasetID); at >= 0 {
			e.Attrs = slices.Delete(e.Attrs, at, at+1)
		}
	}
	addTypes(e, frag.Types)
	switch {
	case len(frag.Scope) == 0:
	case nullScope(frag):
		e.Scope = nil
	case len(old.Scope) > 0:
		e.Scope = slices.Clone(frag.Scope)
		out.did("scope")
	default:
		out.left("scope", "实体没有 scope，更新不会添加 / the entity has no scope, and an update does not add one")
	}
	e.ExpiresAt = instant(e.ExpiresAt, frag.ExpiresAt)
	return e, out, nil
}

// Append adds attributes; those that are there are overwritten as a whole, or left where overwrite is false.
// ETSI GS CIM 009 V1.9.1 5.6.3.4
func Append(old, frag *ngsi.Entity, overwrite bool) (*ngsi.Entity, Outcome, error) {
	var out Outcome
	if err := noNulls(frag, false); err != nil {
		return nil, out, err
	}
	e := own(old, len(frag.Attrs))
	for i := range frag.Attrs {
		a := &frag.Attrs[i]
		if !overwrite && find(old.Attrs, a.Name, a.DatasetID) >= 0 {
			out.left(a.Name, "属性已存在，且要求不覆盖（noOverwrite） / the attribute exists, and noOverwrite was asked for")
			continue
		}
		out.did(a.Name)
		put(e, *a)
	}
	addTypes(e, frag.Types)
	if len(frag.Scope) > 0 {
		if overwrite {
			e.Scope = slices.Clone(frag.Scope)
		} else {
			for _, s := range frag.Scope {
				if !slices.Contains(e.Scope, s) {
					e.Scope = append(e.Scope, s)
				}
			}
		}
	}
	if !frag.ExpiresAt.IsZero() && (overwrite || e.ExpiresAt.IsZero()) {
		e.ExpiresAt = frag.ExpiresAt
	}
	return e, out, nil
}

// errNoAttr says that an instance is not there.
func errNoAttr(e *ngsi.Entity, name, dataset string) error {
	if dataset == "" {
		return exchange.ResourceNotFound.Say("实体 %s 没有属性 %s", "the entity %s has no attribute %s", e.ID, jsonld.IRI(name))
	}
	return exchange.ResourceNotFound.Say("实体 %s 的属性 %s 没有数据集 %s 的实例", "the entity %s has no instance of %s in the dataset %s", e.ID, jsonld.IRI(name), dataset)
}

// Partial overwrites members of attribute instances that are there: value, unitCode, sub-attributes. Kind cannot change; a Null takes
// a member away, or the instance where its value is Null.
// ETSI GS CIM 009 V1.9.1 5.6.4.4, 5.5.8
func Partial(old *ngsi.Entity, name string, frags []ngsi.Attr) (*ngsi.Entity, error) {
	e := own(old, 0)
	for i := range frags {
		f := &frags[i]
		if f.DatasetID == ngsi.Null {
			return nil, exchange.BadRequestData.Say("datasetId 不能以 urn:ngsi-ld:null 删除", "a datasetId cannot be taken away by urn:ngsi-ld:null")
		}
		at := find(e.Attrs, name, f.DatasetID)
		if at < 0 {
			return nil, errNoAttr(old, name, f.DatasetID)
		}
		if isNull(f) {
			e.Attrs = slices.Delete(e.Attrs, at, at+1)
			continue
		}
		a, err := overlay(&e.Attrs[at], f)
		if err != nil {
			return nil, err
		}
		e.Attrs[at] = a
	}
	return e, nil
}

// overlay sets the members that f has on a copy of a.
func overlay(a, f *ngsi.Attr) (ngsi.Attr, error) {
	out := *a
	out.ModifiedAt, out.Gauge = time.Time{}, 0
	if f.Kind != ngsi.Unsaid && f.Kind != a.Kind {
		return out, errKind(a, f)
	}
	if len(f.Value) > 0 {
		if strings.Contains(string(f.Value), ngsi.Null) && a.Kind != ngsi.JSONProperty {
			return out, errNull(a.Name)
		}
		out.Value = f.Value
	}
	members(&out, f)
	for i := range f.Attrs {
		sub := &f.Attrs[i]
		at := find(out.Attrs, sub.Name, "")
		if i == 0 {
			out.Attrs = slices.Clone(out.Attrs)
		}
		switch {
		case isNull(sub) && at >= 0:
			out.Attrs = slices.Delete(out.Attrs, at, at+1)
		case isNull(sub):
		case at >= 0:
			out.Attrs[at] = *sub
		default:
			out.Attrs = append(out.Attrs, *sub)
		}
	}
	return out, nil
}

func errKind(a, f *ngsi.Attr) error {
	return exchange.BadRequestData.Say("属性 %s 的类型为 %s，不能改为 %s", "the attribute %s is a %s and cannot become a %s", jsonld.IRI(a.Name), a.Kind, f.Kind)
}

// nullMember is how a fragment takes a member of an attribute away.
const nullMember = `"` + ngsi.Null + `"`

// instant is a time after a fragment: the one that was, where the fragment says none; none, where it says Null.
func instant(was, said time.Time) time.Time {
	switch {
	case ngsi.IsNullTime(said):
		return time.Time{}
	case said.IsZero():
		return was
	}
	return said
}

// members sets unitCode, observedAt, expiresAt and what is carried unread; a Null takes one away.
func members(a *ngsi.Attr, f *ngsi.Attr) {
	switch f.UnitCode {
	case "":
	case ngsi.Null:
		a.UnitCode = ""
	default:
		a.UnitCode = f.UnitCode
	}
	a.ObservedAt, a.ExpiresAt = instant(a.ObservedAt, f.ObservedAt), instant(a.ExpiresAt, f.ExpiresAt)
	if len(f.Members) == 0 {
		return
	}
	a.Members = slices.Clone(a.Members)
	for _, m := range f.Members {
		gone := string(m.Value) == nullMember
		switch at := slices.IndexFunc(a.Members, func(o ngsi.Member) bool { return o.Name == m.Name }); {
		case gone && at >= 0:
			a.Members = slices.Delete(a.Members, at, at+1)
		case gone:
		case at >= 0:
			a.Members[at] = m
		default:
			a.Members = append(a.Members, m)
		}
	}
}

// ReplaceAttr puts new instances in place of those that are there.
// ETSI GS CIM 009 V1.9.1 5.6.19.4
func ReplaceAttr(old *ngsi.Entity, name string, list []ngsi.Attr) (*ngsi.Entity, error) {
	e := own(old, 0)
	for i := range list {
		a := list[i]
		a.Name = name
		if holdsNull(&a) && a.Kind != ngsi.JSONProperty {
			return nil, errNull(name)
		}
		if find(e.Attrs, name, a.DatasetID) < 0 {
			return nil, errNoAttr(old, name, a.DatasetID)
		}
		put(e, a)
	}
	return e, nil
}

// DeleteAttr takes the default instance, that of a dataset, or all instances away; "scope" is the scope.
// ETSI GS CIM 009 V1.9.1 5.6.5.4
func DeleteAttr(old *ngsi.Entity, name, dataset string, all bool) (*ngsi.Entity, error) {
	e := own(old, 0)
	if name == "scope" {
		if len(e.Scope) == 0 {
			return nil, errNoAttr(old, name, "")
		}
		e.Scope = nil
		return e, nil
	}
	e.Attrs = slices.DeleteFunc(e.Attrs, func(a ngsi.Attr) bool { return a.Name == name && (all || a.DatasetID == dataset) })
	if len(e.Attrs) == len(old.Attrs) {
		return nil, errNoAttr(old, name, dataset)
	}
	return e, nil
}

// Replace puts new content in place of an entity: what it is, who owns it and when it came to be stay.
// ETSI GS CIM 009 V1.9.1 5.6.18.4
func Replace(old, content *ngsi.Entity) (*ngsi.Entity, error) {
	if err := noNulls(content, false); err != nil {
		return nil, err
	}
	e := own(old, 0)
	e.Types, e.Scope, e.ExpiresAt = slices.Clone(content.Types), slices.Clone(content.Scope), content.ExpiresAt
	if len(e.Types) == 0 {
		e.Types = slices.Clone(old.Types)
	}
	e.Attrs = make([]ngsi.Attr, len(content.Attrs))
	for i, a := range content.Attrs {
		a.CreatedAt, a.ModifiedAt, a.Gauge = time.Time{}, time.Time{}, 0
		if at := find(old.Attrs, a.Name, a.DatasetID); at >= 0 {
			a.CreatedAt = old.Attrs[at].CreatedAt
		}
		e.Attrs[i] = a
	}
	return e, nil
}

// Trim takes attributes away: those of drop, or all but those of keep.
// ETSI GS CIM 009 V1.9.1 5.6.21.4
func Trim(old *ngsi.Entity, drop, keep []string) *ngsi.Entity {
	gone := func(name string) bool {
		if drop != nil {
			return slices.Contains(drop, name)
		}
		return !slices.Contains(keep, name)
	}
	e := own(old, 0)
	e.Attrs = slices.DeleteFunc(e.Attrs, func(a ngsi.Attr) bool { return gone(a.Name) })
	scope := len(e.Scope) > 0 && gone("scope")
	if scope {
		e.Scope = nil
	}
	if len(e.Attrs) == len(old.Attrs) && !scope {
		return old
	}
	return e
}

// raw is a JSON value.
type raw = json.RawMessage
