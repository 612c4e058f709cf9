package entity

import (
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/gauge"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// What package temporal asks of the store: the rows of an entity's history as they are kept, also of entities that are gone or never
// were part of the current state.

var (
	qPastNum  = store.Q("entity.past.num", `SELECT num, type FROM entity WHERE id = $1`)
	qPastTake = store.Q("entity.past.take", `INSERT INTO entity (num, id, type, owner, version, modified) VALUES ($1, $2, 0, $3, 0, $4)`)
	qPastList = store.Q("entity.past.list", `SELECT seq, verb, at, owner, names, doc FROM entity_change
		WHERE num = $1 AND seq > $2 ORDER BY seq LIMIT $3`)
	qPastHas   = store.Q("entity.past.has", `SELECT seq FROM entity_change WHERE num = $1 LIMIT 1`)
	qPastSet   = store.Q("entity.past.set", `UPDATE entity_change SET names = $3, doc = $4 WHERE num = $1 AND seq = $2`)
	qPastDrop  = store.Q("entity.past.drop", `DELETE FROM entity_change WHERE num = $1`)
	qPastGauge = store.Q("entity.past.gauge", `SELECT attr, dataset, key, since FROM entity_gauge WHERE num = $1 ORDER BY since, key`)
)

// PastRow is one change as the history keeps it. Attrs are those of its document, which may hold more than was touched: what was
// written then bears the row's time as its ModifiedAt, or a later one where the history itself was amended.
type PastRow struct {
	Seq          int64
	Deleted      bool // the entity was
	At           time.Time
	Owner        string
	Types, Scope []string
	Names        []string // touched; one without an instance in Attrs was taken away
	Attrs        []Attr
	CreatedAt    time.Time // of the entity
	ExpiresAt    time.Time // of the entity
}

// PastGauge is a gauge that an attribute instance is or was.
type PastGauge struct {
	Name, Dataset string
	Key           int64
	Since         time.Time
}

// DB is the database of the store, for what stands beside it.
func (s *Store) DB() *store.DB { return s.db }

// Gauges are those of the store; nil where no attribute becomes a gauge.
func (s *Store) Gauges() *gauge.Gauges { return s.gauges }

// NumOf gives the num of an entity that is or was there, 0 where there never was one; current tells that it is part of the current state.
func (s *Store) NumOf(tx *store.Tx, k Key) (num int64, current bool, err error) {
	if !ngsi.IsURI(k.ID) || checkTenant(k.Tenant) != nil {
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
	if err := checkTenant(k.Tenant); err != nil {
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

// HasPast tells whether there are changes of a num.
func (s *Store) HasPast(tx *store.Tx, num int64) (bool, error) {
	var seq int64
	err := tx.Get(qPastHas, []any{num}, &seq)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// Past reads at most limit changes of a num after a seq, oldest first; want tells which attributes are decoded, nil: all.
func (s *Store) Past(tx *store.Tx, num, after int64, limit int, want func(name string) bool) ([]PastRow, error) {
	type stored struct {
		seq, verb, at int64
		owner         string
		names, doc    []byte
	}
	var rows []stored
	err := tx.Each(qPastList, []any{num, after, limit}, func(scan func(...any) error) error {
		var r stored
		err := scan(&r.seq, &r.verb, &r.at, &r.owner, &r.names, &r.doc)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return nil, errs.Wrap("read history", err)
	}
	out := make([]PastRow, len(rows))
	for i, r := range rows {
		p := &out[i]
		*p = PastRow{Seq: r.seq, Deleted: r.verb < int64(len(verbs)) && verbs[r.verb] == Deleted, At: store.Time(r.at), Owner: r.owner}
		if p.Names, err = ngsi.DecodeNames(r.names, s.names.Of(tx)); err != nil {
			return nil, errs.As(errs.Internal, "read history", err)
		}
		var e Entity
		if err := ngsi.Decode(r.doc, &e, s.names.Of(tx), want); err != nil {
			return nil, errs.As(errs.Internal, "read history", err)
		}
		p.Types, p.Scope, p.Attrs, p.CreatedAt, p.ExpiresAt = e.Types, e.Scope, e.Attrs, e.CreatedAt, e.ExpiresAt
	}
	return out, nil
}

// SetPast writes a change anew, with the names and attributes that p has now. p must have been read whole.
func (s *Store) SetPast(tx *store.Tx, num int64, p *PastRow) error {
	names, err := ngsi.EncodeNames(p.Names, func(name string) (int64, error) { return s.names.Intern(tx, name, false) })
	if err != nil {
		return err
	}
	doc, err := s.EncodeDoc(tx, &Entity{Types: p.Types, Scope: p.Scope, CreatedAt: p.CreatedAt, ExpiresAt: p.ExpiresAt, Attrs: p.Attrs})
	if err != nil {
		return err
	}
	_, err = tx.Exec(qPastSet, num, p.Seq, names, doc)
	return errs.Wrap("amend history", err)
}

// DropPast removes every change of a num.
func (s *Store) DropPast(tx *store.Tx, num int64) (int64, error) {
	n, err := tx.Exec(qPastDrop, num)
	return n, errs.Wrap("drop history", err)
}

// PastGauges lists the gauges of a num, oldest first.
func (s *Store) PastGauges(tx *store.Tx, num int64) ([]PastGauge, error) {
	type stored struct {
		attr, key, since int64
		dataset          string
	}
	var rows []stored
	err := tx.Each(qPastGauge, []any{num}, func(scan func(...any) error) error {
		var r stored
		err := scan(&r.attr, &r.dataset, &r.key, &r.since)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return nil, errs.Wrap("read gauges", err)
	}
	out := make([]PastGauge, 0, len(rows))
	name := s.names.Of(tx)
	for _, r := range rows {
		if n, ok := name(r.attr); ok {
			out = append(out, PastGauge{Name: n, Dataset: r.dataset, Key: r.key, Since: store.Time(r.since)})
		}
	}
	return out, nil
}

// EncodeDoc writes a document of types, scope and attributes; instances of one name and dataset may stand in it more than once.
func (s *Store) EncodeDoc(tx *store.Tx, e *Entity) ([]byte, error) {
	doc, err := ngsi.Encode(e, func(name string) (int64, error) { return s.names.Intern(tx, name, false) })
	return doc, errs.Wrap("encode document", err)
}

// DecodeDoc reads what EncodeDoc wrote.
func (s *Store) DecodeDoc(tx *store.Tx, doc []byte, e *Entity) error {
	return errs.As(errs.Internal, "read document", ngsi.Decode(doc, e, s.names.Of(tx), nil))
}

// NextSeq takes a number of the sequence that changes are counted by.
func (s *Store) NextSeq(tx *store.Tx) (int64, error) { return tx.Next(seqChange) }

// NameID gives the number of a name, 0 where nothing was ever called so; one is made where make is set, in a Write.
func (s *Store) NameID(tx *store.Tx, name string, make bool) (int64, error) {
	if make {
		return s.names.Intern(tx, name, true)
	}
	return s.names.ID(tx, name)
}

// NameOf is the reverse of NameID; ok is false where there is none.
func (s *Store) NameOf(tx *store.Tx, id int64) (name string, ok bool) { return s.names.Of(tx)(id) }

// TypeID is NameID for a type within a tenant.
func (s *Store) TypeID(tx *store.Tx, tenant, typ string, make bool) (int64, error) {
	return s.NameID(tx, names.In(tenant, typ), make)
}

// Stamp is the store's clock, to the microsecond that is kept.
func (s *Store) Stamp() time.Time { return s.stamp() }
