package entity

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/gauge"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/kernel/entity/past"
	"github.com/haihe-city/haihe/kernel/entity/walk"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// batch gathers what one writer does in a transaction, and writes it with few statements: when the writer's function has returned, or
// earlier where much has gathered. Only the write lane touches it.
type batch struct {
	s  *Store
	tx *store.Tx

	items   map[Key]*item
	touched []*item // to be written, each once
	changes []Change
	history []any // rows of entity_change
	born    []any // rows of entity_gauge
	keys    []int64
	values  []gauge.Value // of the gauges in keys
	err     error         // the first failure of flush: nothing goes on after it
}

// state is what is known of an entity's row.
type state struct {
	num int64   // 0: there is no row
	e   *Entity // nil: it is not there, or was deleted
}

// item is an entity in a batch: as it stands, and as the database has it.
type item struct {
	key Key
	state
	was     state
	doc     []byte // of e, where write
	write   bool   // the row differs
	touched bool
}

// maxTouched is how much gathers before it is written.
const maxTouched = 2000

// open is what the parts of the transaction under way have written and not committed. The next transaction starts with nothing: by then
// memory has what was committed.
type open struct {
	group  int64
	states map[Key]state
	gauges map[int64]bool // with values that are not committed
}

// batchOf gives the batch of a writer's transaction.
func (s *Store) batchOf(tx *store.Tx) *batch {
	if s.cur != nil && s.cur.tx == tx {
		return s.cur
	}
	s.cur = &batch{s: s, tx: tx, items: map[Key]*item{}}
	if s.open.group != tx.Group() {
		s.open = open{tx.Group(), map[Key]state{}, map[int64]bool{}}
	}
	tx.AtEnd(s.cur.flush)
	if s.shared { // the other instances' writers wait here, rather than read what will not be there any more
		_, s.cur.err = tx.Next(seqChange)
	}
	return s.cur
}

// load brings entities into the batch: from what the transaction wrote, from memory, or from the table, many with one statement.
func (b *batch) load(keys []Key) error {
	if b.err != nil {
		return b.err
	}
	var rest []string
	for _, k := range keys {
		if b.items[k] != nil {
			continue
		}
		st, ok := b.s.open.states[k]
		if !ok && !b.s.shared {
			if e, held, _ := b.s.memory.Get(k); held {
				st, ok = state{e.Num, e}, true
			}
		}
		if !ok && ngsi.IsURI(k.ID) && names.CheckTenant(k.Tenant) == nil {
			rest = append(rest, names.In(k.Tenant, k.ID))
		}
		b.items[k] = &item{key: k, state: st, was: st}
	}
	return walk.Pieces(rest, func(size int, args []any) error {
		var rows []walk.Row
		err := b.tx.Each(store.Q("entity.get.in", walk.Columns+`WHERE id IN `+store.In(1, size)), args, func(scan func(...any) error) error {
			var r walk.Row
			err := r.Scan(scan)
			rows = append(rows, r)
			return err
		})
		if err != nil {
			return errs.Wrap("get entities", err)
		}
		for i := range rows {
			r := &rows[i]
			st := state{num: r.Num}
			if r.Doc != nil {
				if st.e, err = b.s.entity(b.tx, r, nil); err != nil {
					return err
				}
			}
			tenant, id := names.Apart(r.ID)
			it := b.items[Key{tenant, id}]
			it.state, it.was = st, st
		}
		return nil
	})
}

// get gives one entity of the batch. What has expired goes first.
func (b *batch) get(k Key) (*item, error) {
	if b.err != nil {
		return nil, b.err
	}
	if b.items[k] == nil {
		if err := b.load([]Key{k}); err != nil {
			return nil, err
		}
	}
	it := b.items[k]
	if it.e != nil && b.s.expired(it.e, b.s.stamp()) {
		return it, b.expire(it)
	}
	return it, nil
}

// put brings an entity to be e (not nil), which becomes the batch's. lazy tells that what says the same as before does not count as
// written. It gives the entity as it stands then, which is the old one where nothing differs.
func (b *batch) put(it *item, e *Entity, verb Verb, lazy bool) (*Entity, error) {
	if err := names.CheckTenant(it.key.Tenant); err != nil {
		return nil, err
	}
	e.Tenant, e.ID = it.key.Tenant, it.key.ID
	if it.e == nil {
		return b.create(it, e)
	}
	return b.change(it, e, verb, lazy)
}

func (b *batch) create(it *item, e *Entity) (*Entity, error) {
	if it.was.e != nil { // it goes and comes in one transaction: two rows of one statement cannot be one
		if err := b.flush(); err != nil {
			return nil, err
		}
	}
	for i := range e.Attrs {
		e.Attrs[i].Gauge = 0
	}
	if err := e.Check(); err != nil {
		return nil, err
	}
	if err := b.s.conforms(e); err != nil {
		return nil, err
	}
	now := b.s.stamp()
	e.Version, e.CreatedAt, e.ModifiedAt = 1, cmp.Or(e.CreatedAt, now), now
	for i := range e.Attrs {
		a := &e.Attrs[i]
		a.Canonize()
		a.CreatedAt, a.ModifiedAt = cmp.Or(a.CreatedAt, now), now
	}
	doc, err := b.s.encode(b.tx, e)
	if err != nil {
		return nil, err
	}
	if err := b.s.found(b.tx, e.Tenant); err != nil {
		return nil, err
	}
	if it.num == 0 {
		if it.num, err = b.tx.Next(seqNum); err != nil {
			return nil, err
		}
	}
	e.Num = it.num
	names := touched(nil, e)
	if err := b.record(it, e, Created, names, names, doc); err != nil {
		return nil, err
	}
	return e, b.touch(it, e, doc)
}

// change stores e in place of the entity that is there.
func (b *batch) change(it *item, e *Entity, verb Verb, lazy bool) (*Entity, error) {
	old, now := it.e, b.s.stamp()
	if b.s.shared && it.write { // the row's version is the lock: it must rise by one
		if err := b.flush(); err != nil {
			return nil, err
		}
	}
	e.Num, e.CreatedAt, e.Version, e.ModifiedAt = old.Num, old.CreatedAt, old.Version, old.ModifiedAt
	if err := e.Check(); err != nil {
		return nil, err
	}
	d := b.compare(old, e, now, lazy)
	whole := e.Owner != old.Owner || !slices.Equal(e.Types, old.Types) || !slices.Equal(e.Scope, old.Scope) || !e.ExpiresAt.Equal(old.ExpiresAt)
	if len(d.names) == 0 && !whole {
		return old, nil
	}
	if verb != expiring {
		if err := b.s.conforms(e); err != nil {
			return nil, err
		}
	} else {
		verb = Merged
	}
	for _, m := range d.samples {
		e.ModifiedAt = latest(e.ModifiedAt, e.Attrs[m.attr].ModifiedAt)
	}
	bearing := len(b.born)
	if err := b.bear(e, &d, now); err != nil {
		return nil, err
	}
	var doc, delta []byte
	var err error
	if d.doc || whole {
		e.Version, e.ModifiedAt = old.Version+1, latest(e.ModifiedAt, now)
		if doc, err = b.s.encode(b.tx, e); err != nil {
			b.born = b.born[:bearing]
			return nil, err
		}
	}
	if len(d.pastNames) > 0 || whole {
		if delta, err = b.s.encode(b.tx, &Entity{ID: e.ID, Tenant: e.Tenant, Types: e.Types, Scope: e.Scope, ExpiresAt: e.ExpiresAt, CreatedAt: e.CreatedAt, Attrs: d.past}); err != nil {
			return nil, err
		}
	}
	b.sample(e, &d)
	if err := b.recordAt(it, e, verb, d.names, d.pastNames, delta, now); err != nil {
		return nil, err
	}
	return e, b.touch(it, e, doc)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// remove deletes the entity; its history keeps a tombstone, and its id keeps its number.
func (b *batch) remove(it *item) error {
	old, now := it.e, b.s.stamp()
	if b.s.shared && it.write {
		if err := b.flush(); err != nil {
			return err
		}
	}
	gone := &Entity{Num: old.Num, Tenant: old.Tenant, ID: old.ID, Types: old.Types, Scope: old.Scope, Owner: old.Owner, Version: old.Version + 1,
		CreatedAt: old.CreatedAt, ModifiedAt: now}
	doc, err := b.s.encode(b.tx, gone)
	if err != nil {
		return err
	}
	names := touched(nil, old)
	if err := b.record(it, gone, Deleted, names, names, doc); err != nil {
		return err
	}
	return b.touch(it, nil, []byte{})
}

// touch notes what an entity is now; doc is nil where its row stays as it is.
func (b *batch) touch(it *item, e *Entity, doc []byte) error {
	it.e = e
	if doc != nil {
		it.doc, it.write = doc, true
	}
	if !it.touched {
		it.touched = true
		b.touched = append(b.touched, it)
	}
	if len(b.touched) >= maxTouched {
		return b.flush()
	}
	return nil
}

// record adds a change to what the feed tells, and to the history.
func (b *batch) record(it *item, e *Entity, verb Verb, names, pastNames []string, doc []byte) error {
	return b.recordAt(it, e, verb, names, pastNames, doc, e.ModifiedAt)
}

// recordAt is record at a time; doc is nil where the history lies in gauges alone.
func (b *batch) recordAt(it *item, e *Entity, verb Verb, names, pastNames []string, doc []byte, at time.Time) error {
	seq, err := b.tx.Next(seqChange)
	if err != nil {
		return err
	}
	if doc != nil {
		refs, err := ngsi.EncodeNames(pastNames, func(name string) (int64, error) { return b.s.names.Intern(b.tx, name, false) })
		if err != nil {
			return err
		}
		b.history = append(b.history, e.Num, seq, past.Number(verb), store.Micros(at), e.Version, e.Owner, refs, doc)
	}
	c := Change{Seq: seq, Tenant: e.Tenant, ID: e.ID, Num: e.Num, Type: e.Type(), Owner: e.Owner, Verb: verb, At: at, Version: e.Version, Attrs: names, Before: it.e}
	if verb != Deleted {
		c.Entity = e
	}
	b.changes = append(b.changes, c)
	return nil
}

// flush writes what has gathered, tells the watchers, and registers what is to happen after the commit. What a watcher changes itself
// is written too.
func (b *batch) flush() error {
	for b.err == nil && len(b.touched) > 0 {
		items, changes := b.touched, b.changes
		b.touched, b.changes = nil, nil
		if b.err = b.write(items); b.err != nil {
			break
		}
		b.hand(items, changes)
		b.err = b.s.watched(b.tx, changes)
	}
	return b.err
}

// hand makes what was written known: at once to the transaction, after the commit to everybody.
func (b *batch) hand(items []*item, changes []Change) {
	s, undo := b.s, make(map[Key]state, len(items))
	var fresh []Key
	for _, it := range items {
		if was, ok := s.open.states[it.key]; ok {
			undo[it.key] = was
		} else {
			fresh = append(fresh, it.key)
		}
		s.open.states[it.key] = it.state
	}
	b.tx.OnRollback(func() {
		for k, st := range undo {
			s.open.states[k] = st
		}
		for _, k := range fresh {
			delete(s.open.states, k)
		}
	})
	type after struct {
		key Key
		e   *Entity
	}
	now := make([]after, len(items))
	for i, it := range items {
		now[i] = after{it.key, it.e}
	}
	b.tx.OnCommit(func() {
		for _, a := range now {
			s.remember(a.key, a.e)
		}
		s.feed.Tell(func(fn func([]Change)) { fn(changes) })
	})
}

// at runs fn on an entity as it stands, for the verbs.
func (s *Store) at(tx *store.Tx, k Key, fn func(b *batch, it *item) error) error {
	if !tx.Writes() {
		return errs.As(errs.Internal, "change an entity", errors.New("outside a Write"))
	}
	b := s.batchOf(tx)
	it, err := b.get(k)
	if err != nil {
		return err
	}
	return fn(b, it)
}
