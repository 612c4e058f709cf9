package filter

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/geo"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// rank is the order of data types, ETSI GS CIM 009 V1.9.1 4.23.2.
type rank uint8

const (
	atDistance rank = iota // GeoProperties, where the order is by distance
	aNumber
	aString
	anObject
	anArray
	aBool
	aTime
	aDate
	aDateTime
	aNull
	absent
)

// sortKey is the value that an entity is sorted by.
type sortKey struct {
	rank   rank
	number float64 // of numbers, booleans and distances
	at     time.Time
	text   []byte // of strings their collation key; of arrays and objects their JSON
}

func (k *sortKey) compare(o *sortKey) int {
	return cmp.Or(cmp.Compare(k.rank, o.rank), cmp.Compare(k.number, o.number), k.at.Compare(o.at), bytes.Compare(k.text, o.text))
}

// Order sorts by the keys (4.23); collation is a BCP 47 tag, "" sorts by bytes; from is the point (or geometry) that distances are
// measured to, as GeoJSON. Entities that are equal keep their order.
//
// Values are sorted by data type first (4.23.2), whatever the direction: what has no value comes last. Of several instances the
// default one counts, and where there is none the first; a LanguageProperty without language counts with its first.
func Order(list []*ngsi.Entity, keys []query.OrderKey, collation string, from []byte) error {
	o, err := newOrderer(keys, collation, from)
	if err != nil {
		return err
	}
	type row struct {
		e    *ngsi.Entity
		keys []sortKey
	}
	rows := make([]row, len(list))
	for i, e := range list {
		rows[i] = row{e, make([]sortKey, len(keys))}
		for k := range keys {
			rows[i].keys[k] = o.key(e, &keys[k])
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		for k := range keys {
			x, y := &a.keys[k], &b.keys[k]
			c := x.compare(y)
			if c != 0 && keys[k].Desc && x.rank == y.rank {
				return -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	for i := range rows {
		list[i] = rows[i].e
	}
	return nil
}

// CheckOrder tells what Order would say about its settings (errs.Invalid).
func CheckOrder(keys []query.OrderKey, collation string, from []byte) error {
	_, err := newOrderer(keys, collation, from)
	return err
}

// orderer finds sort keys.
type orderer struct {
	col  *collate.Collator // nil: bytes
	buf  collate.Buffer
	from *geo.Shape
}

func newOrderer(keys []query.OrderKey, collation string, from []byte) (*orderer, error) {
	o := &orderer{}
	if collation != "" {
		tag, err := language.Parse(collation)
		if err != nil {
			return nil, errs.Because(err, errs.Invalid, "排序规则 collation %q 无效，应为 BCP 47 标签，如 zh 或 de-u-co-phonebk",
				"the collation %q is not valid, expected a BCP 47 tag such as zh or de-u-co-phonebk", ngsi.Clip(collation))
		}
		o.col = collate.New(tag, collate.OptionsFromTag(tag))
	}
	if slices.ContainsFunc(keys, func(k query.OrderKey) bool { return k.Distance }) {
		if len(from) == 0 {
			return nil, errs.Say(errs.Invalid, "按距离排序须给出参照位置 orderFrom", "to order by distance, give the place to measure from in orderFrom")
		}
		var err error
		if o.from, err = geo.ReadJSON(from); err != nil {
			return nil, errs.Because(err, errs.Invalid, "参照位置 orderFrom 不是有效的几何", "orderFrom is not a valid geometry")
		}
	}
	return o, nil
}

// key finds the value that an entity is sorted by.
func (o *orderer) key(e *ngsi.Entity, k *query.OrderKey) sortKey {
	p := &k.Path
	if query.IsSystem(p.Attr) {
		return o.member(e, p)
	}
	a := first(e.Attrs, p.Attr)
	for i, name := range p.Sub {
		if a == nil {
			break
		}
		sub := first(a.Attrs, name)
		if sub == nil && i == len(p.Sub)-1 {
			return o.part(a, name)
		}
		a = sub
	}
	if a == nil {
		return sortKey{rank: absent}
	}
	v := raw(a.Value)
	switch {
	case a.Kind == ngsi.GeoProperty && k.Distance && len(p.Member) == 0:
		if shape, err := geo.ReadJSON(a.Value); err == nil {
			return sortKey{rank: atDistance, number: geo.Distance(shape, o.from)}
		}
	case a.Kind == ngsi.LanguageProperty && len(p.Member) > 0:
		v = inLanguage(v, p.Member)
	case a.Kind == ngsi.LanguageProperty:
		it := v.members()
		it.next()
		v = it.item
	default:
		v = v.path(p.Member)
	}
	if v == nil {
		return sortKey{rank: absent}
	}
	return o.value(v)
}

// first finds the default instance of an attribute, or the first.
func first(attrs []ngsi.Attr, name string) (a *ngsi.Attr) {
	for i := range attrs {
		if attrs[i].Name == name && (a == nil || attrs[i].DatasetID == "") {
			a = &attrs[i]
		}
	}
	return a
}

// member gives the sort key of a member of the entity.
func (o *orderer) member(e *ngsi.Entity, p *query.Path) sortKey {
	if len(p.Sub)+len(p.Member) > 0 {
		return sortKey{rank: absent}
	}
	switch p.Attr {
	case "id":
		return o.string([]byte(e.ID))
	case "type":
		return o.strings(e.Types)
	case "scope":
		return o.strings(e.Scope)
	case "createdAt":
		return at(e.CreatedAt)
	case "modifiedAt":
		return at(e.ModifiedAt)
	case "expiresAt":
		return at(e.ExpiresAt)
	}
	return sortKey{rank: absent}
}

// part gives the sort key of a member of an attribute.
func (o *orderer) part(a *ngsi.Attr, name string) sortKey {
	switch name {
	case "observedAt":
		return at(a.ObservedAt)
	case "createdAt":
		return at(a.CreatedAt)
	case "modifiedAt":
		return at(a.ModifiedAt)
	case "expiresAt":
		return at(a.ExpiresAt)
	case "unitCode":
		return o.strings(some(a.UnitCode))
	case "datasetId":
		return o.strings(some(a.DatasetID))
	}
	for i := range a.Members {
		if a.Members[i].Name == name {
			return o.value(raw(a.Members[i].Value))
		}
	}
	return sortKey{rank: absent}
}

func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func at(t time.Time) sortKey {
	if t.IsZero() {
		return sortKey{rank: absent}
	}
	return sortKey{rank: aDateTime, at: t}
}

func (o *orderer) strings(list []string) sortKey {
	switch len(list) {
	case 0:
		return sortKey{rank: absent}
	case 1:
		return o.string([]byte(list[0]))
	}
	k := sortKey{rank: anArray}
	for _, s := range list {
		k.text = append(append(k.text, o.string([]byte(s)).text...), 0)
	}
	return k
}

// string gives the sort key of a text.
func (o *orderer) string(s []byte) sortKey {
	if o.col != nil {
		s = slices.Clone(o.col.Key(&o.buf, s))
		o.buf.Reset()
	}
	return sortKey{rank: aString, text: s}
}

// value gives the sort key of a JSON value.
func (o *orderer) value(v raw) sortKey {
	v, _ = v.typed()
	v = v[v.space(0):]
	if len(v) == 0 {
		return sortKey{rank: absent}
	}
	switch v[0] {
	case '"':
		s, _ := v.text()
		if at, kind, ok := query.ParseInstant(string(s)); ok {
			return sortKey{rank: map[query.Kind]rank{query.Time: aTime, query.Date: aDate, query.DateTime: aDateTime}[kind], at: at}
		}
		return o.string(s)
	case '{':
		return sortKey{rank: anObject, text: v}
	case '[':
		return sortKey{rank: anArray, text: v}
	case 't':
		return sortKey{rank: aBool, number: 1}
	case 'f':
		return sortKey{rank: aBool}
	case 'n':
		return sortKey{rank: aNull}
	}
	n, err := strconv.ParseFloat(string(v), 64)
	if err != nil && !math.IsInf(n, 0) {
		return sortKey{rank: absent}
	}
	return sortKey{rank: aNumber, number: n}
}
