package entity

import (
	"cmp"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/gauge"
	"github.com/haihe-city/haihe/store"
)

// delta is what differs between two states of an entity.
type delta struct {
	names     []string // of the attributes touched
	past      []Attr   // instances for the history, and a tombstone (null) for each that went while others of its name stayed
	pastNames []string // of the attributes that the history tells about: a name without an instance in past is gone
	samples   []sample
	doc       bool // the document differs
}

// sample is a value that goes to a gauge.
type sample struct {
	attr int // index in the entity
	born bool
}

// order compares two instances as documents order them.
func order(a, b *Attr) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.DatasetID, b.DatasetID))
}

// compare gives every attribute of e its times, those of old where it was not written, and tells what differs. Both are in order.
func (b *batch) compare(old, e *Entity, now time.Time, lazy bool) (d delta) {
	j := 0
	for i := range e.Attrs {
		a := &e.Attrs[i]
		for ; j < len(old.Attrs) && order(&old.Attrs[j], a) < 0; j++ {
			d.gone(e, &old.Attrs[j], now)
		}
		var was *Attr
		if j < len(old.Attrs) && order(&old.Attrs[j], a) == 0 {
			was = &old.Attrs[j]
			j++
		}
		if was != nil && kept(a, was, lazy) {
			continue
		}
		a.CreatedAt, a.ModifiedAt = b.created(a, was, now, lazy), now
		d.names = add(d.names, a.Name)
		if was != nil && b.s.gauges != nil && !b.s.shared && b.s.measures(e, a, was) {
			d.doc = d.doc || was.Gauge == 0
			d.samples = append(d.samples, sample{i, was.Gauge == 0})
			continue
		}
		a.Gauge = 0
		d.doc = true
		d.past, d.pastNames = append(d.past, *a), add(d.pastNames, a.Name)
	}
	for ; j < len(old.Attrs); j++ {
		d.gone(e, &old.Attrs[j], now)
	}
	return d
}

// kept tells whether an instance stays as it was, and makes it the same. Otherwise it becomes canonical. A gauge that was written since
// the editor read it keeps its newer value.
func kept(a, was *Attr, lazy bool) bool {
	written := a.ModifiedAt.IsZero() && !lazy
	behind := a.Gauge != 0 && a.Gauge == was.Gauge && !a.ModifiedAt.IsZero() && a.ModifiedAt.Before(was.ModifiedAt)
	a.Gauge = was.Gauge
	if behind || !written && a.Same(was) {
		*a = *was
		return true
	}
	a.Canonize()
	if !written && a.Same(was) {
		*a = *was
		return true
	}
	return false
}

// created is when a written instance came to be.
func (b *batch) created(a, was *Attr, now time.Time, lazy bool) time.Time {
	switch {
	case was == nil && lazy:
		return now
	case was == nil:
		return cmp.Or(a.CreatedAt, now)
	case lazy:
		return was.CreatedAt
	}
	return cmp.Or(a.CreatedAt, was.CreatedAt)
}

// gone notes an instance that is not there any more.
func (d *delta) gone(e *Entity, was *Attr, now time.Time) {
	d.names, d.pastNames, d.doc = add(d.names, was.Name), add(d.pastNames, was.Name), true
	for i := range e.Attrs {
		if e.Attrs[i].Name == was.Name {
			d.past = append(d.past, Attr{Name: was.Name, Kind: was.Kind, Value: []byte("null"), DatasetID: was.DatasetID, CreatedAt: was.CreatedAt, ModifiedAt: now})
			return
		}
	}
}

// add puts a name behind others that are in order.
func add(names []string, name string) []string {
	if n := len(names); n > 0 && names[n-1] == name {
		return names
	}
	return append(names, name)
}

// touched names the attributes of e, once each.
func touched(names []string, e *Entity) []string {
	for i := range e.Attrs {
		names = add(names, e.Attrs[i].Name)
	}
	return names
}

// measures tells whether a written instance is one more value of a gauge, or is to become a gauge since it is updated a second time:
// a plain number, in place of a plain number, that differs in nothing else, at a later time. A value that is written twice within the
// clock's grain is put a microsecond later.
func (s *Store) measures(e *Entity, a, was *Attr) bool {
	if a.Kind != Property || !a.ExpiresAt.IsZero() || !a.CreatedAt.Equal(was.CreatedAt) || was.Gauge == 0 && !was.ModifiedAt.After(was.CreatedAt) {
		return false
	}
	same := *a
	same.Value, same.ObservedAt = was.Value, was.ObservedAt
	if !same.Same(was) || !gauge.Fits(a.Value) || !gauge.Fits(was.Value) || s.index.Marked(e, a.Name) {
		return false
	}
	last := gaugeValue(was).Time()
	v := gaugeValue(a)
	if a.ObservedAt.IsZero() && !a.ModifiedAt.After(last) && last.Sub(a.ModifiedAt) < time.Second {
		a.ModifiedAt = last.Add(time.Microsecond)
		v.ModifiedAt = a.ModifiedAt
	}
	return v.Time().After(last) && gauge.Spans(v.Time())
}

func gaugeValue(a *Attr) *gauge.Value {
	return &gauge.Value{Number: a.Value, ObservedAt: a.ObservedAt, ModifiedAt: a.ModifiedAt}
}

// sample hands the values of gauges on.
func (b *batch) sample(e *Entity, d *delta) {
	for _, m := range d.samples {
		a := &e.Attrs[m.attr]
		b.keys, b.values = append(b.keys, a.Gauge), append(b.values, *gaugeValue(a))
		b.s.open.gauges[a.Gauge] = true
	}
}

// bear gives those that become gauges the key of the gauge that they were before, or a new one. It comes before the document is
// written, which holds the keys.
func (b *batch) bear(e *Entity, d *delta, now time.Time) error {
	for _, m := range d.samples {
		if !m.born {
			continue
		}
		a := &e.Attrs[m.attr]
		name, err := b.s.names.Intern(b.tx, a.Name, true)
		if err != nil {
			return err
		}
		if a.Gauge, err = b.former(e.Num, name, a); err != nil || a.Gauge != 0 {
			if err != nil {
				return err
			}
			continue
		}
		if a.Gauge, err = b.tx.Next(seqGauge); err != nil {
			return err
		}
		b.born = append(b.born, e.Num, name, a.DatasetID, a.Gauge, store.Micros(now))
	}
	return nil
}

// former finds the gauge that an instance was before; 0 where there is none, or where it has later values.
func (b *batch) former(num, name int64, a *Attr) (key int64, err error) {
	err = b.tx.Get(qGaugeFormer, []any{num, name, a.DatasetID}, &key)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if b.s.open.gauges[key] { // left in this transaction
		return 0, nil
	}
	last, ok, err := b.s.gauges.Last(b.tx.Context(), key)
	if err != nil || ok && !gaugeValue(a).Time().After(last.Time()) {
		return 0, err
	}
	return key, nil
}
