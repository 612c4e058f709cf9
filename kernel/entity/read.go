package entity

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/memory"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/kernel/entity/walk"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// entity decodes a row and puts the values of its gauges in; want as in ngsi.Decode. In a Read it may answer cold.
func (s *Store) entity(tx *store.Tx, r *walk.Row, want func(string) bool) (*Entity, error) {
	tenant, id := names.Apart(r.ID)
	e := &Entity{Num: r.Num, Tenant: tenant, ID: id, Owner: r.Owner, Version: r.Version, ModifiedAt: store.Time(r.Modified)}
	if err := ngsi.Decode(r.Doc, e, s.names.Of(tx), want); err != nil {
		return nil, errs.As(errs.Internal, "read entity "+id, err)
	}
	return e, s.measure(tx, e)
}

// cold lists gauges whose last value is not in memory: it has to be read first, by someone who holds no transaction.
type cold []int64

// Error is never seen by a user.
func (c cold) Error() string { return fmt.Sprintf("%d gauges are not in memory", len(c)) }

// measure puts the values of gauges into a decoded entity, which nobody else has.
func (s *Store) measure(tx *store.Tx, e *Entity) error {
	var missing cold
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Gauge == 0 {
			continue
		}
		if s.gauges == nil {
			return errs.As(errs.Internal, "read entity "+e.ID, errors.New("it has gauges, and the store was opened without them"))
		}
		v, ok, known, err := s.gauges.Held(a.Gauge)
		if err == nil && !known && tx.Writes() {
			known = true
			v, ok, err = s.gauges.Last(tx.Context(), a.Gauge)
		}
		switch {
		case err != nil:
			return err
		case !known:
			missing = append(missing, a.Gauge)
			continue
		case !ok:
			return errs.As(errs.Internal, "read entity "+e.ID, fmt.Errorf("the gauge %d of %s has no value", a.Gauge, a.Name))
		}
		a.Value, a.ObservedAt, a.ModifiedAt = v.Number, v.ObservedAt, v.ModifiedAt
		e.ModifiedAt = latest(e.ModifiedAt, v.ModifiedAt)
	}
	if missing != nil {
		return missing
	}
	return nil
}

// read runs fn in a snapshot, and again where it met gauges that are not in memory; so fn must begin anew each time.
func (s *Store) read(ctx context.Context, fn func(tx *store.Tx) error) error {
	for {
		err := s.db.Read(ctx, fn)
		var keys cold
		if !errors.As(err, &keys) {
			return err
		}
		for _, key := range keys {
			if _, _, err := s.gauges.Last(ctx, key); err != nil {
				return err
			}
		}
	}
}

// getKey reads a row; errs.NotFound where there is no living entity of that key.
func (s *Store) getKey(tx *store.Tx, k Key) (*Entity, error) {
	if !ngsi.IsURI(k.ID) || names.CheckTenant(k.Tenant) != nil {
		return nil, missing(k.ID)
	}
	var r walk.Row
	err := tx.Get(qGet, []any{names.In(k.Tenant, k.ID)}, &r.Num, &r.ID, &r.Owner, &r.Version, &r.Modified, &r.Doc)
	if errs.Is(err, errs.NotFound) || err == nil && r.Doc == nil {
		return nil, missing(k.ID)
	}
	if err != nil {
		return nil, errs.Wrap("get entity", err)
	}
	return s.entity(tx, &r, nil)
}

// take gives an entity as it is kept, from memory where it is there. It is shared.
func (s *Store) take(ctx context.Context, k Key) (e *Entity, err error) {
	var ticket memory.Ticket
	if !s.shared {
		var held bool
		if e, held, ticket = s.memory.Get(k); held {
			return e, nil
		}
	}
	err = s.read(ctx, func(tx *store.Tx) error {
		e, err = s.getKey(tx, k)
		return err
	})
	if err == nil && !s.shared {
		s.memory.Fill(k, e, weight(e), ticket)
	}
	return e, err
}

// remember keeps what was committed.
func (s *Store) remember(k Key, e *Entity) {
	switch {
	case s.shared:
	case e == nil:
		s.memory.Drop(k)
	default:
		s.memory.Put(k, e, weight(e))
	}
}

// weight is about what an entity takes in memory, in bytes.
func weight(e *Entity) int64 {
	n := int64(unsafe.Sizeof(*e)) + int64(len(e.ID)) + 160
	for i := range e.Attrs {
		n += attrWeight(&e.Attrs[i])
	}
	for _, s := range e.Scope {
		n += int64(len(s)) + 16
	}
	return n + 16*int64(len(e.Types))
}

func attrWeight(a *Attr) int64 {
	n := int64(unsafe.Sizeof(*a)) + int64(len(a.Value)+len(a.DatasetID)+16)
	for i := range a.Attrs {
		n += attrWeight(&a.Attrs[i])
	}
	for _, m := range a.Members {
		n += int64(len(m.Name)+len(m.Value)) + 40
	}
	return n
}

// Find reads one entity, with the values of its gauges and bound series; errs.NotFound where there is none. It is shared and never
// to be written to.
func (s *Store) Find(ctx context.Context, k Key) (*Entity, error) {
	e, err := s.take(ctx, k)
	if err != nil {
		return nil, err
	}
	if e = s.visible(e); e == nil {
		return nil, missing(k.ID)
	}
	return s.join(ctx, e)
}

// FindAll reads those of the keys that are there, in the order given. What it gives is shared, as by Find.
func (s *Store) FindAll(ctx context.Context, keys []Key) ([]*Entity, error) {
	list := make([]*Entity, 0, len(keys))
	for _, k := range keys {
		e, err := s.Find(ctx, k)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// Get reads one entity of the common context; errs.NotFound where there is none. It is the caller's.
func (s *Store) Get(ctx context.Context, id string) (*Entity, error) {
	e, err := s.take(ctx, Key{ID: id})
	if err != nil {
		return nil, err
	}
	if e = s.visible(e); e == nil {
		return nil, missing(id)
	}
	return e.Clone(), nil
}

// visible takes away what has expired (4.22): attributes, or the whole, which gives nil.
func (s *Store) visible(e *Entity) *Entity {
	if expiry(e) == 0 {
		return e
	}
	now := s.stamp()
	if !s.expired(e, now) {
		return e
	}
	return without(e, now)
}

// expired tells whether e, or something of it, has expired.
func (s *Store) expired(e *Entity, now time.Time) bool {
	at := expiry(e)
	return at != 0 && at <= store.Micros(now)
}

// without gives e without what has expired; nil where it has itself.
func without(e *Entity, now time.Time) *Entity {
	over := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	if over(e.ExpiresAt) {
		return nil
	}
	c := *e
	c.Attrs = make([]Attr, 0, len(e.Attrs))
	for i := range e.Attrs {
		if !over(e.Attrs[i].ExpiresAt) {
			c.Attrs = append(c.Attrs, e.Attrs[i])
		}
	}
	return &c
}
