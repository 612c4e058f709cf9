package patch

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// MergeOptions are the parameters of Merge Entity (6.5.3.4).
type MergeOptions struct {
	Lang       string    // language that plain texts for LanguageProperties are in
	ObservedAt time.Time // of attributes that have been observed before and do not say
	Simplified bool      // the fragment came in simplified form: kinds stay
}

// Merge merges a fragment into an entity, down into the values (RFC 7396 with the NGSI-LD Null in the place of null). Types are added,
// a scope replaces the one that is there.
// ETSI GS CIM 009 V1.9.1 5.6.17.4, 5.5.12
func Merge(old, frag *ngsi.Entity, o MergeOptions) (*ngsi.Entity, error) {
	e := own(old, len(frag.Attrs))
	for i := range frag.Attrs {
		f := &frag.Attrs[i]
		if f.DatasetID == ngsi.Null {
			return nil, exchange.BadRequestData.Say("datasetId 不能以 urn:ngsi-ld:null 删除", "a datasetId cannot be taken away by urn:ngsi-ld:null")
		}
		at := find(e.Attrs, f.Name, f.DatasetID)
		switch {
		case isNull(f) && at >= 0:
			e.Attrs = slices.Delete(e.Attrs, at, at+1)
		case isNull(f):
		case at < 0:
			e.Attrs = append(e.Attrs, bare(f))
		default:
			a, err := mergeAttr(&e.Attrs[at], f, o)
			if err != nil {
				return nil, err
			}
			e.Attrs[at] = a
		}
	}
	addTypes(e, frag.Types)
	if nullScope(frag) {
		e.Scope = nil
	} else if len(frag.Scope) > 0 {
		e.Scope = slices.Clone(frag.Scope)
	}
	e.ExpiresAt = instant(e.ExpiresAt, frag.ExpiresAt)
	return e, nil
}

// bare is a new instance without what a fragment takes away.
func bare(f *ngsi.Attr) ngsi.Attr {
	a := *f
	a.CreatedAt, a.ModifiedAt, a.Gauge = time.Time{}, time.Time{}, 0
	if bytes.Contains(a.Value, []byte(ngsi.Null)) {
		a.Value = stripNulls(a.Value)
	}
	if a.Kind == ngsi.Unsaid && len(a.Value) > 0 {
		a.Kind = ngsi.Property
	}
	a.Members, a.UnitCode, a.ObservedAt, a.ExpiresAt = nil, "", time.Time{}, time.Time{}
	members(&a, f)
	a.Attrs = nil
	for i := range f.Attrs {
		if !isNull(&f.Attrs[i]) {
			a.Attrs = append(a.Attrs, bare(&f.Attrs[i]))
		}
	}
	return a
}

// mergeAttr merges one instance into the one that is there.
func mergeAttr(a, f *ngsi.Attr, o MergeOptions) (ngsi.Attr, error) {
	out := *a
	out.ModifiedAt, out.Gauge = time.Time{}, 0
	switch {
	case len(f.Value) == 0:
		if f.Kind != ngsi.Unsaid && f.Kind != a.Kind {
			return out, errKind(a, f)
		}
	case o.Lang != "" && a.Kind == ngsi.LanguageProperty && f.Kind != ngsi.LanguageProperty && (f.Value[0] == '"' || f.Value[0] == '['):
		key, err := json.Marshal(o.Lang)
		if err != nil {
			return out, err
		}
		out.Value = mergeJSON(a.Value, slices.Concat(raw("{"), key, raw(":"), f.Value, raw("}")))
	case o.Simplified && f.Kind != ngsi.Unsaid && f.Kind != a.Kind && f.Kind != ngsi.GeoProperty: // 6.5.3.4
		return out, errKind(a, f)
	case o.Simplified || f.Kind == ngsi.Unsaid || f.Kind == a.Kind:
		out.Value = mergeValue(a.Kind, a.Value, f.Value)
	default: // said to be of another kind: it is
		out.Kind, out.Value = f.Kind, stripNulls(f.Value)
	}
	if !o.ObservedAt.IsZero() && !a.ObservedAt.IsZero() {
		out.ObservedAt = o.ObservedAt
	}
	members(&out, f)
	if len(f.Attrs) > 0 {
		out.Attrs = slices.Clone(a.Attrs)
	}
	for i := range f.Attrs {
		sub := &f.Attrs[i]
		at := find(out.Attrs, sub.Name, "")
		switch {
		case isNull(sub) && at >= 0:
			out.Attrs = slices.Delete(out.Attrs, at, at+1)
		case isNull(sub):
		case at < 0:
			out.Attrs = append(out.Attrs, bare(sub))
		default:
			m, err := mergeAttr(&out.Attrs[at], sub, MergeOptions{Lang: o.Lang})
			if err != nil {
				return out, err
			}
			out.Attrs[at] = m
		}
	}
	return out, nil
}

// mergeValue merges values of one kind. A geometry is one thing: a part of one would mean nothing.
func mergeValue(kind ngsi.AttrKind, old, val raw) raw {
	if kind == ngsi.GeoProperty {
		return val
	}
	return mergeJSON(old, val)
}

// member is one member of a JSON object.
type member struct {
	key string
	val raw
}

// object reads the members of an object, in order; ok is false where raw is none. The value has been checked to be JSON.
func object(v raw) (list []member, ok bool) {
	if v = bytes.TrimLeft(v, " \t\r\n"); len(v) == 0 || v[0] != '{' {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(v))
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, false
		}
		m := member{}
		if m.key, ok = key.(string); !ok {
			return nil, false
		}
		if err := d.Decode(&m.val); err != nil {
			return nil, false
		}
		list = append(list, m)
	}
	return list, true
}

// write is the reverse of object.
func write(list []member) raw {
	out := raw{'{'}
	for i, m := range list {
		if i > 0 {
			out = append(out, ',')
		}
		key, err := json.Marshal(m.key)
		if err != nil {
			continue
		}
		out = append(append(append(out, key...), ':'), m.val...)
	}
	return append(out, '}')
}

// mergeJSON is RFC 7396 with the NGSI-LD Null for null: objects merge, all else is replaced.
func mergeJSON(old, patch raw) raw {
	p, ok := object(patch)
	if !ok {
		return patch
	}
	target, ok := object(old)
	if !ok {
		return stripNulls(patch)
	}
	for _, m := range p {
		at := slices.IndexFunc(target, func(t member) bool { return t.key == m.key })
		switch {
		case string(m.val) == nullMember && at >= 0:
			target = slices.Delete(target, at, at+1)
		case string(m.val) == nullMember:
		case at >= 0:
			target[at].val = mergeJSON(target[at].val, m.val)
		default:
			target = append(target, member{m.key, stripNulls(m.val)})
		}
	}
	return write(target)
}

// stripNulls takes the members that are Null out of objects.
func stripNulls(v raw) raw {
	if !bytes.Contains(v, []byte(ngsi.Null)) {
		return v
	}
	list, ok := object(v)
	if !ok {
		return v
	}
	list = slices.DeleteFunc(list, func(m member) bool { return string(m.val) == nullMember })
	for i := range list {
		list[i].val = stripNulls(list[i].val)
	}
	return write(list)
}
