package entity

import (
	"cmp"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// maxDoc bounds a stored document, in bytes.
const maxDoc = 1 << 20

// row is an entity as its table holds it.
type row struct {
	num, version, modified int64
	id, owner              string
	doc                    []byte
}

// entity decodes a row; want as in decoder.
func (s *Store) entity(tx *store.Tx, r *row, want func(string) bool) (*Entity, error) {
	tenant, id := ofTenant(r.id)
	e := &Entity{Num: r.num, Tenant: tenant, ID: id, Owner: r.owner, Version: r.version, ModifiedAt: store.Time(r.modified)}
	if err := ngsi.Decode(r.doc, e, s.nameOf(tx), want); err != nil {
		return nil, errs.As(errs.Internal, "read entity "+r.id, err)
	}
	return e, nil
}

// encode makes the document of e and interns its names.
func (s *Store) encode(tx *store.Tx, e *Entity) ([]byte, error) {
	for _, t := range e.Types { // a type always has a number: rows and indexes refer to it
		if _, err := s.intern(tx, t, true); err != nil {
			return nil, err
		}
		if _, err := s.intern(tx, inTenant(e.Tenant, t), true); err != nil {
			return nil, err
		}
	}
	doc, err := ngsi.Encode(e, func(name string) (int64, error) { return s.intern(tx, name, false) })
	if err != nil {
		return nil, errs.Wrap("encode entity "+e.ID, err)
	}
	if len(doc) > maxDoc {
		return nil, errs.Say(errs.TooLarge, "实体 %s 过大（%d 字节），不得超过 %d 字节", "entity %s is too large (%d bytes), at most %d", ngsi.Clip(e.ID), len(doc), maxDoc)
	}
	return doc, nil
}

// cellArg is the cell column of e.
func cellArg(e *Entity) any {
	if c, ok := cellOf(e); ok {
		return c
	}
	return nil
}

// Create adds an entity (errs.Conflict where the id exists) and fills Num, Version, CreatedAt, ModifiedAt. The order of
// e.Attrs becomes that of the store.
func (s *Store) Create(tx *store.Tx, e *Entity) error {
	e.Tenant = ""
	for i := range e.Attrs {
		e.Attrs[i].CreatedAt, e.Attrs[i].ModifiedAt = time.Time{}, time.Time{}
	}
	e.CreatedAt = time.Time{}
	return s.create(tx, e)
}

// create adds an entity; times that are set already stay.
func (s *Store) create(tx *store.Tx, e *Entity) error {
	if err := e.Check(); err != nil {
		return err
	}
	if err := s.found(tx, e.Tenant); err != nil {
		return err
	}
	if err := s.conforms(e); err != nil {
		return err
	}
	now := s.stamp()
	e.Version, e.ModifiedAt = 1, now
	e.CreatedAt = cmp.Or(e.CreatedAt, now)
	for i := range e.Attrs {
		a := &e.Attrs[i]
		a.Canonize()
		a.CreatedAt, a.ModifiedAt = cmp.Or(a.CreatedAt, now), cmp.Or(a.ModifiedAt, now)
	}
	doc, err := s.encode(tx, e)
	if err != nil {
		return err
	}
	typ, err := s.intern(tx, inTenant(e.Tenant, e.Types[0]), true)
	if err != nil {
		return err
	}
	num, err := tx.Next(seqNum)
	if err != nil {
		return err
	}
	err = tx.Get(qCreate, []any{num, inTenant(e.Tenant, e.ID), typ, e.Owner, store.Micros(now), cellArg(e), doc}, &e.Num)
	if errs.Is(err, errs.NotFound) {
		return errs.Say(errs.Conflict, "实体 %s 已存在", "entity %s exists already", e.ID)
	}
	if err != nil {
		return errs.Wrap("create entity", err)
	}
	if err := s.account(tx, nil, e); err != nil {
		return err
	}
	return s.record(tx, nil, e, Created, touched(nil, e), doc)
}

// GetTx reads inside a transaction; errs.NotFound where there is no such entity.
func (s *Store) GetTx(tx *store.Tx, id string) (*Entity, error) { return s.getKey(tx, Key{ID: id}) }

func (s *Store) getKey(tx *store.Tx, k Key) (*Entity, error) {
	id := k.ID
	if !ngsi.IsURI(id) || checkTenant(k.Tenant) != nil {
		return nil, missing(id)
	}
	var r row
	err := tx.Get(qGet, []any{inTenant(k.Tenant, id)}, &r.num, &r.id, &r.owner, &r.version, &r.modified, &r.doc)
	if errs.Is(err, errs.NotFound) || err == nil && r.doc == nil {
		return nil, missing(id)
	}
	if err != nil {
		return nil, errs.Wrap("get entity", err)
	}
	return s.entity(tx, &r, nil)
}

func missing(id string) error {
	return errs.Say(errs.NotFound, "实体 %s 不存在", "there is no entity %s", ngsi.Clip(id))
}

// Merge replaces the attributes given (same name and dataset) and keeps the others; an attribute with a null Value is removed.
// Where nothing would be different nothing is written and the version stays.
func (s *Store) Merge(tx *store.Tx, id string, attrs ...Attr) (*Entity, error) {
	old, err := s.GetTx(tx, id)
	if err != nil {
		return nil, err
	}
	e := old.Clone()
	for _, a := range attrs {
		at := slices.IndexFunc(e.Attrs, func(b Attr) bool { return a.Name == b.Name && a.DatasetID == b.DatasetID })
		switch {
		case a.Empty() && at >= 0:
			e.Attrs = slices.Delete(e.Attrs, at, at+1)
		case a.Empty():
		case at >= 0:
			e.Attrs[at] = a
		default:
			e.Attrs = append(e.Attrs, a)
		}
	}
	return e, s.change(tx, old, e, Merged, true)
}

// Replace sets the whole content; e.Version, where not 0, must be the stored one (errs.Conflict). e is filled like by Create.
// Where nothing would be different nothing is written and the version stays.
func (s *Store) Replace(tx *store.Tx, e *Entity) error {
	old, err := s.GetTx(tx, e.ID)
	if err != nil {
		return err
	}
	if e.Version != 0 && e.Version != old.Version {
		return stale(e.ID)
	}
	return s.change(tx, old, e, Replaced, true)
}

func stale(id string) error {
	return errs.Say(errs.Conflict, "实体 %s 已被他人修改，请刷新后重试", "entity %s was changed by somebody else meanwhile; reload it and try again", id)
}

// change stores e in place of old, both of one id. lazy tells that what says the same as before does not count as written.
func (s *Store) change(tx *store.Tx, old, e *Entity, verb Verb, lazy bool) error {
	if err := e.Check(); err != nil {
		return err
	}
	e.Num, e.CreatedAt, e.Version, e.ModifiedAt = old.Num, old.CreatedAt, old.Version, old.ModifiedAt
	now := s.stamp()
	names := s.restamp(old, e, now, lazy)
	whole := e.Owner != old.Owner || !slices.Equal(e.Types, old.Types) || !slices.Equal(e.Scope, old.Scope) || !e.ExpiresAt.Equal(old.ExpiresAt)
	if len(names) == 0 && !whole {
		return nil
	}
	if err := s.conforms(e); err != nil {
		return err
	}
	e.Version, e.ModifiedAt = old.Version+1, now
	doc, err := s.encode(tx, e)
	if err != nil {
		return err
	}
	cell := cellArg(e)
	q, args := qSetDoc, []any{e.Num, old.Version, e.Version, store.Micros(now), doc}
	if whole || cell != cellArg(old) {
		typ, err := s.intern(tx, inTenant(e.Tenant, e.Types[0]), true)
		if err != nil {
			return err
		}
		q, args = qSetAll, append(args, typ, e.Owner, cell)
	}
	n, err := tx.Exec(q, args...)
	if err != nil {
		return errs.Wrap("change entity", err)
	}
	if n == 0 { // another instance was faster
		return stale(e.ID)
	}
	if err := s.account(tx, old, e); err != nil {
		return err
	}
	return s.record(tx, old, e, verb, names, doc)
}

// restamp gives every attribute of e its times, those of old where it says the same, and tells which names differ.
func (s *Store) restamp(old, e *Entity, now time.Time, lazy bool) (names []string) {
	kept := 0
	for i := range e.Attrs {
		a := &e.Attrs[i]
		fresh := a.ModifiedAt.IsZero() && !lazy
		a.Canonize()
		if lazy {
			a.CreatedAt = time.Time{}
		}
		a.CreatedAt, a.ModifiedAt = cmp.Or(a.CreatedAt, now), now
		at := slices.IndexFunc(old.Attrs, func(b Attr) bool { return a.Name == b.Name && a.DatasetID == b.DatasetID })
		if at >= 0 {
			kept++
			b := &old.Attrs[at]
			if lazy {
				a.CreatedAt = b.CreatedAt
			}
			if !fresh && a.Same(b) {
				a.ModifiedAt = b.ModifiedAt
				continue
			}
		}
		names = append(names, a.Name)
	}
	if kept < len(old.Attrs) { // something is gone
		for i := range old.Attrs {
			b := &old.Attrs[i]
			if !slices.ContainsFunc(e.Attrs, func(a Attr) bool { return a.Name == b.Name && a.DatasetID == b.DatasetID }) {
				names = append(names, b.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// touched names the attributes of e, once each.
func touched(names []string, e *Entity) []string {
	for i := range e.Attrs {
		if i == 0 || e.Attrs[i].Name != e.Attrs[i-1].Name {
			names = append(names, e.Attrs[i].Name)
		}
	}
	return names
}

// Delete removes the entity; its history keeps a tombstone, and its id keeps its number.
func (s *Store) Delete(tx *store.Tx, id string) error {
	old, err := s.GetTx(tx, id)
	if err != nil {
		return err
	}
	return s.remove(tx, old)
}

func (s *Store) remove(tx *store.Tx, old *Entity) error {
	now := s.stamp()
	n, err := tx.Exec(qSetAll, old.Num, old.Version, old.Version+1, store.Micros(now), nil, int64(0), "", nil)
	if err != nil {
		return errs.Wrap("delete entity", err)
	}
	if n == 0 {
		return stale(old.ID)
	}
	if err := s.account(tx, old, nil); err != nil {
		return err
	}
	gone := &Entity{Num: old.Num, Tenant: old.Tenant, ID: old.ID, Types: old.Types, Scope: old.Scope, Owner: old.Owner, Version: old.Version + 1,
		CreatedAt: old.CreatedAt, ModifiedAt: now}
	doc, err := s.encode(tx, gone)
	if err != nil {
		return err
	}
	return s.record(tx, old, gone, Deleted, touched(nil, old), doc)
}

// account brings counts, further types and indexed values from old to e; nil stands for "is not there".
func (s *Store) account(tx *store.Tx, old, e *Entity) error {
	before, after := countKeys(old), countKeys(e)
	if !slices.Equal(before, after) {
		for _, k := range before {
			if err := tx.Add(countOf, k, -1); err != nil {
				return err
			}
		}
		for _, k := range after {
			if err := tx.Add(countOf, k, 1); err != nil {
				return err
			}
		}
	}
	if err := s.accountCensus(tx, old, e); err != nil {
		return err
	}
	if err := s.accountTypes(tx, old, e); err != nil {
		return err
	}
	return s.accountIndex(tx, old, e)
}

// countKeys are the counts that an entity is part of: all, its owner's, and of each type all and its owner's.
func countKeys(e *Entity) []string {
	if e == nil {
		return nil
	}
	keys := []string{countKey(e.Tenant, "", ""), countKey(e.Tenant, "", e.Owner)}
	for _, t := range e.Types {
		keys = append(keys, countKey(e.Tenant, t, ""), countKey(e.Tenant, t, e.Owner))
	}
	return keys
}

// countKey cannot be mistaken for another: a type's name holds no space.
func countKey(tenant, typ, owner string) string { return inTenant(tenant, typ+" "+owner) }

func (s *Store) accountTypes(tx *store.Tx, old, e *Entity) error {
	also := func(e *Entity) []string {
		if e == nil || len(e.Types) < 2 {
			return nil
		}
		return e.Types[1:]
	}
	before, after := also(old), also(e)
	for _, t := range before {
		if !slices.Contains(after, t) {
			if err := s.setType(tx, qTypeDel, inTenant(old.Tenant, t), old.Num, -1); err != nil {
				return err
			}
		}
	}
	for _, t := range after {
		if !slices.Contains(before, t) {
			if err := s.setType(tx, qTypeAdd, inTenant(e.Tenant, t), e.Num, 1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) setType(tx *store.Tx, q store.Stmt, typ string, num, delta int64) error {
	id, err := s.intern(tx, typ, true)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(q, id, num); err != nil {
		return err
	}
	return tx.Add(countAlso, typ, delta)
}
