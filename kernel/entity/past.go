package entity

import (
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/gauge"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/kernel/entity/past"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// The changes of entities are those of package past, which says what they are.
type (
	// Verb is what a change did.
	Verb = past.Verb
	// Change is one change of an entity. It is shared: nobody may write to it.
	Change = past.Change
	// PastRow is one change as the history keeps it.
	PastRow = past.Row
	// PastGauge is a gauge that an attribute instance is or was.
	PastGauge = past.Gauge
)

// The verbs.
const (
	Created  = past.Created
	Merged   = past.Merged
	Replaced = past.Replaced
	Deleted  = past.Deleted
)

var (
	qPastNum  = store.Q("entity.past.num", `SELECT num, type FROM entity WHERE id = $1`)
	qPastTake = store.Q("entity.past.take", `INSERT INTO entity (num, id, type, owner, version, modified) VALUES ($1, $2, 0, $3, 0, $4)`)
)

// DB is the database of the store, for what stands beside it.
func (s *Store) DB() *store.DB { return s.db }

// Gauges are those of the store; nil where no attribute becomes a gauge.
func (s *Store) Gauges() *gauge.Gauges { return s.gauges }

// NumOf gives the num of an entity that is or was there, 0 where there never was one; current tells that it is part of the current state.
func (s *Store) NumOf(tx *store.Tx, k Key) (num int64, current bool, err error) {
	if !ngsi.IsURI(k.ID) || names.CheckTenant(k.Tenant) != nil {
		return 0, false, nil
	}
	var typ int64
	err = tx.Get(qPastNum, []any{names.In(k.Tenant, k.ID)}, &num, &typ)
	if errs.Is(err, errs.NotFound) {
		return 0, false, nil
	}
	return num, typ != 0, errs.Wrap("find entity", err)
}

// Reserve gives the num of an entity, a new one where there never was such an entity: it gets a history and no current state.
func (s *Store) Reserve(tx *store.Tx, k Key) (num int64, err error) {
	e := Entity{ID: k.ID, Types: []string{"Any"}, Owner: "any"}
	if err := e.Check(); err != nil {
		return 0, err
	}
	if err := names.CheckTenant(k.Tenant); err != nil {
		return 0, err
	}
	if num, _, err = s.NumOf(tx, k); num != 0 || err != nil {
		return num, err
	}
	if err := s.found(tx, k.Tenant); err != nil {
		return 0, err
	}
	if num, err = tx.Next(seqNum); err != nil {
		return 0, err
	}
	_, err = tx.Exec(qPastTake, num, names.In(k.Tenant, k.ID), "", store.Micros(s.stamp()))
	return num, errs.Wrap("reserve an entity's number", err)
}

// NextSeq takes a number of the sequence that changes are counted by.
func (s *Store) NextSeq(tx *store.Tx) (int64, error) { return tx.Next(seqChange) }

// Stamp is the store's clock, to the microsecond that is kept.
func (s *Store) Stamp() time.Time { return s.stamp() }
