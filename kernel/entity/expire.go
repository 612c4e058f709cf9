package entity

import (
	"context"
	"math"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/store"
)

// expiring is the verb of a change that takes expired attributes away; history and feed call it Merged.
const expiring Verb = "expire"

// expiry is when e, or an attribute of it, expires first, in microseconds; 0: never.
func expiry(e *Entity) (at int64) {
	if e == nil {
		return 0
	}
	first := func(t time.Time) {
		if us := store.Micros(t); us != 0 && (at == 0 || us < at) {
			at = us
		}
	}
	first(e.ExpiresAt)
	for i := range e.Attrs {
		first(e.Attrs[i].ExpiresAt)
	}
	return at
}

// expires notes that something expires at a time.
func (s *Store) expires(at int64) {
	for {
		next := s.next.Load()
		if at >= next || s.next.CompareAndSwap(next, at) {
			return
		}
	}
}

// aged tells the same of a snapshot: of what other instances wrote, memory does not know.
func (s *Store) aged(tx *store.Tx) (bool, error) {
	if !s.shared {
		return s.anyExpired(), nil
	}
	next, err := nextExpiry(tx)
	return next <= store.Micros(s.stamp()), err
}

// anyExpired tells whether something may have expired that is not collected yet, so that maintained counts do not hold.
func (s *Store) anyExpired() bool {
	next := s.next.Load()
	return next != math.MaxInt64 && next <= store.Micros(s.stamp()) || s.shared
}

// expire takes away what has expired, as a change of its own.
func (b *batch) expire(it *item) error {
	rest := without(it.e, b.s.stamp())
	if rest == nil {
		return b.remove(it)
	}
	_, err := b.change(it, rest.Clone(), expiring, true)
	return err
}

// collectAtOnce bounds the entities of one transaction of Collect.
const collectAtOnce = 100

// Collect takes away what has expired (4.22) and gives the number of entities that it touched; the history tells it as deletions. What
// has expired is not seen by readers before either.
func (s *Store) Collect(ctx context.Context) (int, error) {
	n := 0
	for s.anyExpired() {
		due, err := s.due(ctx)
		if err != nil {
			return n, errs.Wrap("collect what has expired", err)
		}
		if len(due) == 0 && s.shared {
			return n, nil
		}
		if len(due) == 0 {
			return n, s.settle(ctx)
		}
		err = s.db.Write(ctx, func(tx *store.Tx) error {
			b := s.batchOf(tx)
			if err := b.load(due); err != nil {
				return err
			}
			for _, k := range due {
				if _, err := b.get(k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, errs.Wrap("collect what has expired", err)
		}
		n += len(due)
	}
	return n, nil
}

// due lists entities of which something has expired.
func (s *Store) due(ctx context.Context) (list []Key, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qExpiryDue, []any{store.Micros(s.stamp()), collectAtOnce}, func(scan func(...any) error) error {
			var row string
			err := scan(&row)
			tenant, id := names.Apart(row)
			list = append(list, Key{tenant, id})
			return err
		})
	})
	return list, err
}

// settle notes when the next thing expires; on the lane, so that no writer notes an earlier time meanwhile.
func (s *Store) settle(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		next, err := nextExpiry(tx)
		if err == nil {
			s.next.Store(next)
		}
		return err
	})
}

// nextExpiry is when the next thing expires, in microseconds.
func nextExpiry(tx *store.Tx) (int64, error) {
	next := int64(math.MaxInt64)
	err := tx.Each(qExpiryNext, nil, func(scan func(...any) error) error { return scan(&next) })
	return next, err
}
