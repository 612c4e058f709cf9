package entity

import (
	"errors"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// maxDoc bounds a stored document, in bytes.
const maxDoc = 1 << 20

// encode makes the document of e and interns its names. A type always has a number: rows and indexes refer to it.
func (s *Store) encode(tx *store.Tx, e *Entity) ([]byte, error) {
	for _, t := range e.Types {
		if _, err := s.names.Intern(tx, t, true); err != nil {
			return nil, err
		}
		if e.Tenant != "" {
			if _, err := s.names.Intern(tx, names.In(e.Tenant, t), true); err != nil {
				return nil, err
			}
		}
	}
	doc, err := ngsi.Encode(e, func(name string) (int64, error) { return s.names.Intern(tx, name, false) })
	if err != nil {
		return nil, errs.Wrap("encode entity "+e.ID, err)
	}
	if len(doc) > maxDoc {
		return nil, errs.Say(errs.TooLarge, "实体 %s 过大（%d 字节），不得超过 %d 字节", "entity %s is too large (%d bytes), at most %d", ngsi.Clip(e.ID), len(doc), maxDoc)
	}
	return doc, nil
}

// Create adds an entity to the common context (errs.Conflict where the id exists) and fills Num, Version, CreatedAt, ModifiedAt. The
// order of e.Attrs becomes that of the store. What the verbs change is written at the end of the transaction's function; GetTx and the
// verbs see it before.
func (s *Store) Create(tx *store.Tx, e *Entity) error {
	return s.at(tx, Key{ID: e.ID}, func(b *batch, it *item) error {
		if it.e != nil {
			return errs.Say(errs.Conflict, "实体 %s 已存在", "entity %s exists already", e.ID)
		}
		c := e.Clone()
		c.CreatedAt = time.Time{}
		for i := range c.Attrs {
			c.Attrs[i].CreatedAt = time.Time{}
		}
		now, err := b.put(it, c, Created, true)
		return give(e, now, err)
	})
}

// give fills what a caller handed in with what was stored; the stored one is shared.
func give(e, stored *Entity, err error) error {
	if err == nil {
		*e = *stored.Clone()
	}
	return err
}

// Fetch reads entities of the common context ahead, many with one statement, for a writer that is about to ask for each of them or to
// create it; where there is none is known then, too.
func (s *Store) Fetch(tx *store.Tx, ids []string) error {
	if !tx.Writes() {
		return errs.As(errs.Internal, "fetch entities", errors.New("outside a Write"))
	}
	keys := make([]Key, len(ids))
	for i, id := range ids {
		keys[i].ID = id
	}
	return s.batchOf(tx).load(keys)
}

// GetTx reads from the common context inside a transaction; errs.NotFound where there is no such entity.
func (s *Store) GetTx(tx *store.Tx, id string) (e *Entity, err error) {
	if tx.Writes() {
		err = s.at(tx, Key{ID: id}, func(_ *batch, it *item) error { e = it.e; return nil })
	} else if e, err = s.getKey(tx, Key{ID: id}); err == nil {
		e = s.visible(e)
	}
	switch {
	case err != nil:
		return nil, err
	case e == nil:
		return nil, missing(id)
	}
	return e.Clone(), nil
}

func missing(id string) error {
	return errs.Say(errs.NotFound, "实体 %s 不存在", "there is no entity %s", ngsi.Clip(id))
}

// Merge replaces the attributes given (same name and dataset) and keeps the others; an attribute with a null Value is removed.
// Where nothing would be different nothing is written and the version stays.
func (s *Store) Merge(tx *store.Tx, id string, attrs ...Attr) (e *Entity, err error) {
	err = s.at(tx, Key{ID: id}, func(b *batch, it *item) error {
		if it.e == nil {
			return missing(id)
		}
		c := it.e.Clone()
		for _, a := range attrs {
			at := slices.IndexFunc(c.Attrs, func(b Attr) bool { return a.Name == b.Name && a.DatasetID == b.DatasetID })
			switch {
			case a.Empty() && at >= 0:
				c.Attrs = slices.Delete(c.Attrs, at, at+1)
			case a.Empty():
			case at >= 0:
				c.Attrs[at] = a
			default:
				c.Attrs = append(c.Attrs, a)
			}
		}
		now, err := b.put(it, c, Merged, true)
		if err == nil {
			e = now.Clone()
		}
		return err
	})
	return e, err
}

// Replace sets the whole content; e.Version, where not 0, must be the stored one (errs.Conflict). e is filled like by Create.
// Where nothing would be different nothing is written and the version stays. A gauge's values do not count as versions: one that was
// written since e was read keeps its newer value, unless e writes it (its ModifiedAt is zero).
func (s *Store) Replace(tx *store.Tx, e *Entity) error {
	return s.at(tx, Key{ID: e.ID}, func(b *batch, it *item) error {
		switch {
		case it.e == nil:
			return missing(e.ID)
		case e.Version != 0 && e.Version != it.e.Version:
			return stale(e.ID)
		}
		now, err := b.put(it, e.Clone(), Replaced, true)
		return give(e, now, err)
	})
}

func stale(id string) error {
	return errs.Say(errs.Conflict, "实体 %s 已被他人修改，请刷新后重试", "entity %s was changed by somebody else meanwhile; reload it and try again", id)
}

// Delete removes the entity; its history keeps a tombstone, and its id keeps its number.
func (s *Store) Delete(tx *store.Tx, id string) error {
	return s.at(tx, Key{ID: id}, func(b *batch, it *item) error {
		if it.e == nil {
			return missing(id)
		}
		return b.remove(it)
	})
}
