package temporal

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/temporal/span"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Bury records that an attribute of an entity was deleted which only the history knows (ETSI GS CIM 009 V1.9.1 4.5.7): a tombstone for
// the instance of a dataset ("" is the default one), or for all. Name "scope" is the entity's scope. errs.NotFound where the entity is
// part of the current state, which records its deletions itself, or where there is no such attribute any more.
func (s *Store) Bury(ctx context.Context, k entity.Key, attr, dataset string, all bool) error {
	return errs.Wrap("record a deletion", s.db.Write(ctx, func(tx *store.Tx) error {
		num, current, err := s.e.NumOf(tx, k)
		if err != nil {
			return err
		}
		if num == 0 || current {
			return noEntity(k)
		}
		r := &reader{s: s, tx: tx, num: num, want: func(name, set string) bool { return name == attr && (all || set == dataset) }}
		if err := r.read(); err != nil {
			return err
		}
		now := s.e.Stamp()
		if attr == scopeName {
			if err := s.buryScope(tx, num, k, r); err != nil {
				return err
			}
		}
		found := attr == scopeName
		for _, c := range r.courses {
			if !alive(c.list) {
				continue
			}
			found = true
			if err := s.insert(tx, num, 0, ngsi.Attr{Name: c.name, DatasetID: c.dataset, Kind: c.kind, Value: nullValue}, now, now); err != nil {
				return err
			}
		}
		if !found {
			return noAttr(k, attr)
		}
		return nil
	}))
}

var nullValue = json.RawMessage(`"` + ngsi.Null + `"`)

// alive tells whether the instance that was entered last is no tombstone.
func alive(list []span.Timed) bool {
	if len(list) == 0 {
		return false
	}
	last := slices.MaxFunc(list, func(a, b span.Timed) int {
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return int(min(max(a.Seq-b.Seq, -1), 1))
	})
	return last.DeletedAt.IsZero()
}

// buryScope is Bury for the scope. One that was given plainly becomes an instance first, so that the history shows it.
func (s *Store) buryScope(tx *store.Tx, num int64, k entity.Key, r *reader) error {
	kn, err := s.known(tx, num, k)
	if errs.Is(err, errs.NotFound) {
		return noAttr(k, scopeName)
	}
	if err != nil {
		return err
	}
	plain := kn.scope
	if len(r.scopes) > 0 {
		plain = nil
	}
	if !alive(r.scopes) && len(plain) == 0 {
		return noAttr(k, scopeName)
	}
	now := s.e.Stamp()
	if len(plain) > 0 {
		value, err := json.Marshal(plain)
		if err != nil {
			return err
		}
		if err := s.insert(tx, num, 0, ngsi.Attr{Name: scopeName, Value: value}, kn.created, kn.created); err != nil {
			return err
		}
		kn.scope, kn.modified = nil, now
		if err := s.keep(tx, kn); err != nil {
			return err
		}
	}
	return s.insert(tx, num, 0, ngsi.Attr{Name: scopeName, Value: nullValue}, now, now)
}
