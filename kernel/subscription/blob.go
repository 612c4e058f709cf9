package subscription

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// A row of subscription_due and the doc of a dead letter have one layout:
//
//	version 1, time in microseconds, count, changes, count, parts
//	change: what it has, time, tenant, id, [entity after], [entity before: the attributes that the change touched]
//	entity: num, version, owner, time of its last change, document with its names written out
//	part: number of the subscription, count, picks; pick: place of the change, triggers
//
// Numbers are varints, texts and documents are preceded by their length.
const blobVersion = 1

const (
	hasAfter = 1 << iota
	hasBefore
)

// encode writes b.
func (b *batch) encode() ([]byte, error) {
	w := writer{b: make([]byte, 0, 512)}
	w.uint(blobVersion)
	w.int(store.Micros(b.at))
	w.uint(uint64(len(b.changes)))
	for i := range b.changes {
		c := &b.changes[i]
		has := uint64(0)
		if c.Entity != nil {
			has |= hasAfter
		}
		before := c.Before
		if before != nil {
			has |= hasBefore
			if c.Entity != nil {
				before = touchedOf(before, c.Entity)
			}
		}
		w.uint(has)
		w.int(store.Micros(c.At))
		w.text(c.Tenant)
		w.text(c.ID)
		for _, e := range []*entity.Entity{c.Entity, before} {
			if e == nil {
				continue
			}
			if err := w.entity(e); err != nil {
				return nil, err
			}
		}
	}
	w.uint(uint64(len(b.parts)))
	for _, p := range b.parts {
		w.int(p.num)
		w.uint(uint64(len(p.items)))
		for _, it := range p.items {
			w.uint(uint64(it.change))
			w.uint(uint64(it.fired))
		}
	}
	return w.b, nil
}

// touchedOf is before without what after says the same of.
func touchedOf(before, after *entity.Entity) *entity.Entity {
	out := *before
	out.Attrs = nil
	x, y := before.Attrs, after.Attrs
	for len(x) > 0 {
		switch c := orderOf(x, y); {
		case c < 0:
			out.Attrs = append(out.Attrs, x[0])
			x = x[1:]
		case c > 0:
			y = y[1:]
		default:
			if differs(&x[0], &y[0]) {
				out.Attrs = append(out.Attrs, x[0])
			}
			x, y = x[1:], y[1:]
		}
	}
	return &out
}

type writer struct{ b []byte }

func (w *writer) uint(v uint64) { w.b = binary.AppendUvarint(w.b, v) }
func (w *writer) int(v int64)   { w.b = binary.AppendVarint(w.b, v) }
func (w *writer) text(s string) { w.uint(uint64(len(s))); w.b = append(w.b, s...) }

func (w *writer) entity(e *entity.Entity) error {
	plain := e
	for i := range e.Attrs {
		if e.Attrs[i].Gauge != 0 { // the value as it was, not the series that goes on
			c := *e
			c.Attrs = slices.Clone(e.Attrs)
			for j := range c.Attrs {
				c.Attrs[j].Gauge = 0
			}
			plain = &c
			break
		}
	}
	doc, err := ngsi.Encode(plain, func(string) (int64, error) { return 0, nil })
	if err != nil {
		return err
	}
	w.int(e.Num)
	w.int(e.Version)
	w.text(e.Owner)
	w.int(store.Micros(e.ModifiedAt))
	w.uint(uint64(len(doc)))
	w.b = append(w.b, doc...)
	return nil
}

var errBlob = errors.New("the row of what is due is broken")

// decode reads what encode wrote.
func decode(doc []byte) (*batch, error) {
	r := reader{b: doc}
	if v := r.uint(); v != blobVersion && r.err == nil {
		return nil, fmt.Errorf("%w: version %d", errBlob, v)
	}
	b := &batch{at: store.Time(r.int())}
	for n := r.count(); n > 0 && r.err == nil; n-- {
		has := r.uint()
		c := entity.Change{At: store.Time(r.int()), Tenant: r.text(), ID: r.text()}
		if has&hasAfter != 0 {
			c.Entity = r.entity(&c)
		}
		if has&hasBefore != 0 {
			c.Before = r.entity(&c)
		}
		if c.Entity == nil && c.Before == nil {
			r.fail()
		}
		b.changes = append(b.changes, c)
	}
	for n := r.count(); n > 0 && r.err == nil; n-- {
		p := part{num: r.int()}
		for m := r.count(); m > 0 && r.err == nil; m-- {
			it := pick{change: int(r.uint()), fired: mask(r.uint())}
			if it.change < 0 || it.change >= len(b.changes) {
				return nil, fmt.Errorf("%w: change %d of %d", errBlob, it.change, len(b.changes))
			}
			p.items = append(p.items, it)
		}
		b.parts = append(b.parts, p)
	}
	if r.err == nil && len(r.b) > 0 {
		r.err = fmt.Errorf("%w: %d bytes behind its end", errBlob, len(r.b))
	}
	return b, r.err
}

// reader reads a blob; after the first fault it gives zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail() {
	if r.err == nil {
		r.err = errBlob
	}
	r.b = nil
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads how many follow, each of which takes a byte at least.
func (r *reader) count() int {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) bytes() []byte {
	n := r.count()
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) text() string { return string(r.bytes()) }

func (r *reader) entity(c *entity.Change) *entity.Entity {
	e := &entity.Entity{ID: c.ID, Tenant: c.Tenant, Num: r.int(), Version: r.int(), Owner: r.text(), ModifiedAt: store.Time(r.int())}
	doc := r.bytes()
	if r.err != nil {
		return nil
	}
	if err := ngsi.Decode(doc, e, func(int64) (string, bool) { return "", false }, nil); err != nil {
		r.err = fmt.Errorf("%w: %w", errBlob, err)
		return nil
	}
	return e
}

// items are what a part gives its subscription.
func (b *batch) items(p part) []Item {
	out := make([]Item, 0, len(p.items))
	for _, it := range p.items {
		c := &b.changes[it.change]
		out = append(out, Item{Before: c.Before, After: c.Entity, Trigger: it.fired.names(), At: c.At})
	}
	return out
}

// page is the doc of a row of subscription_state: of each subscription its number, what is confirmed, and its counters.
const (
	pageVersion = 1
	pageSize    = 64
)

func appendState(w *writer, num, confirmed int64, s *State) {
	w.int(num)
	w.int(confirmed)
	w.int(s.Sent)
	w.int(s.Failed)
	for _, t := range []time.Time{s.LastNotification, s.LastSuccess, s.LastFail} {
		w.int(store.Micros(t))
	}
	failing := uint64(0)
	if s.Failing {
		failing = 1
	}
	w.uint(failing)
	w.text(s.LastError)
}

// eachState reads a page.
func eachState(doc []byte, fn func(num, confirmed int64, s State)) error {
	r := reader{b: doc}
	if v := r.uint(); v != pageVersion && r.err == nil {
		return fmt.Errorf("the counters of subscriptions are of version %d, which this program does not know", v)
	}
	for len(r.b) > 0 && r.err == nil {
		num, confirmed := r.int(), r.int()
		s := State{Sent: r.int(), Failed: r.int()}
		for _, t := range []*time.Time{&s.LastNotification, &s.LastSuccess, &s.LastFail} {
			*t = store.Time(r.int())
		}
		s.Failing = r.uint() == 1
		s.LastError = r.text()
		if r.err == nil {
			fn(num, confirmed, s)
		}
	}
	return r.err
}
