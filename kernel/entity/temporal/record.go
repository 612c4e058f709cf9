package temporal

import (
	"context"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Record adds instances to the history of an entity (O31, O36), which need not exist in the current state; created tells that it had no
// history. Types are added to those that it has; without types it must have a history (errs.NotFound). An instance named "scope" is one
// of the course of the scope: its value is a scope or an array of them. Of two instances of one attribute and dataset that were observed
// at one time the later one stands, under the instanceId of the earlier.
func (s *Store) Record(ctx context.Context, k entity.Key, owner string, types, scope []string, instances []ngsi.Attr) (created bool, err error) {
	return s.record(ctx, k, owner, types, scope, instances, len(types) == 0)
}

// Add is Record for an entity that must have a history (O36); errs.NotFound where it has none.
func (s *Store) Add(ctx context.Context, k entity.Key, types, scope []string, instances []ngsi.Attr) error {
	_, err := s.record(ctx, k, "", types, scope, instances, true)
	return err
}

func (s *Store) record(ctx context.Context, k entity.Key, owner string, types, scope []string, instances []ngsi.Attr, must bool) (created bool, err error) {
	instances = slices.Clone(instances)
	for i := range instances {
		if err := checkInstance(k, types, &instances[i]); err != nil {
			return false, err
		}
		instances[i].Canonize()
	}
	if err := (&entity.Entity{ID: k.ID, Types: orAny(types), Scope: scope, Owner: "any"}).Check(); err != nil {
		return false, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		created = false
		num, _, err := s.e.NumOf(tx, k)
		if err != nil {
			return err
		}
		had, err := s.has(tx, num)
		if err != nil {
			return err
		}
		if !had && must {
			return noEntity(k)
		}
		created = !had
		if num == 0 {
			if num, err = s.e.Reserve(tx, k); err != nil {
				return err
			}
		}
		now := s.e.Stamp()
		if err := s.know(tx, num, k, owner, types, scope, now); err != nil {
			return err
		}
		return s.insertAll(tx, num, instances, now)
	})
	return created, errs.Wrap("record history", err)
}

func orAny(types []string) []string {
	if len(types) == 0 {
		return []string{"Any"}
	}
	return types
}

// checkInstance holds an instance to the rules of its kind. A tombstone needs no value of its kind (4.5.7).
func checkInstance(k entity.Key, types []string, a *ngsi.Attr) error {
	b := *a
	switch {
	case a.Name == scopeName:
		b.Name = "scopeOf"
	case isNull(a):
		b.Kind = ngsi.Property
	}
	return (&entity.Entity{ID: k.ID, Types: orAny(types), Owner: "any", Attrs: []ngsi.Attr{b}}).Check()
}

// has tells whether a num has a history. Values of gauges count that are younger than the last deletion of the history; to look for them
// costs reads of their own, so that a Read does not, and asks hasGauge.
func (s *Store) has(tx *store.Tx, num int64) (bool, error) {
	if num == 0 {
		return false, nil
	}
	if had, err := s.e.HasPast(tx, num); had || err != nil {
		return had, err
	}
	_, err := s.known(tx, num, entity.Key{})
	if err == nil {
		return true, nil
	}
	if !errs.Is(err, errs.NotFound) {
		return false, err
	}
	if !tx.Writes() {
		return false, nil
	}
	list, err := s.gaugesOf(tx, num)
	if err != nil {
		return false, err
	}
	return s.hasGauge(tx.Context(), list)
}

// gaugesOf lists the gauges of a num with what was forgotten of them.
func (s *Store) gaugesOf(tx *store.Tx, num int64) ([]gaugeRef, error) {
	if s.gauges == nil || num == 0 {
		return nil, nil
	}
	r := &reader{s: s, tx: tx, num: num, courses: map[courseKey]*course{}}
	if err := r.gauges(); err != nil {
		return nil, err
	}
	var out []gaugeRef
	for _, c := range r.courses {
		out = append(out, c.gauges...)
	}
	return out, nil
}

// hasGauge tells whether a gauge has a newest value that was not deleted from the history.
func (s *Store) hasGauge(ctx context.Context, list []gaugeRef) (bool, error) {
	for _, g := range list {
		v, ok, err := s.gauges.Last(ctx, g.key)
		if err != nil {
			return false, err
		}
		if ok && v.ModifiedAt.UnixMicro() > g.forgotten {
			return true, nil
		}
	}
	return false, nil
}

// know takes in what a Record says of its entity besides instances.
func (s *Store) know(tx *store.Tx, num int64, k entity.Key, owner string, types, scope []string, now time.Time) error {
	kn, err := s.known(tx, num, k)
	if errs.Is(err, errs.NotFound) {
		kn, err = &known{num: num, key: k, owner: owner, created: now}, nil
	}
	if err != nil {
		return err
	}
	kn.types = union(kn.types, types)
	if len(scope) > 0 {
		kn.scope = scope
	}
	kn.modified = now
	return s.keep(tx, kn)
}

// insertAll writes new instances into the table; of those of one attribute, dataset and time the last stands.
func (s *Store) insertAll(tx *store.Tx, num int64, list []ngsi.Attr, now time.Time) error {
	type place struct {
		courseKey
		at int64
	}
	last := make(map[place]int, len(list))
	of := func(a *ngsi.Attr) place { return place{courseKey{a.Name, a.DatasetID}, store.Micros(a.ObservedAt)} }
	for i := range list {
		if !list[i].ObservedAt.IsZero() {
			last[of(&list[i])] = i
		}
	}
	var args []any
	for i := range list {
		if a := &list[i]; a.ObservedAt.IsZero() || last[of(a)] == i {
			row, err := s.instanceRow(tx, num, 0, *a, now, now)
			if err != nil {
				return err
			}
			args = append(args, row...)
		}
	}
	_, err := tx.ExecBulk(bulkInstance, args)
	return errs.Wrap("record instances", err)
}

// insert writes one instance into the table; seq is 0 for a new one.
func (s *Store) insert(tx *store.Tx, num, seq int64, a ngsi.Attr, created, modified time.Time) error {
	row, err := s.instanceRow(tx, num, seq, a, created, modified)
	if err != nil {
		return err
	}
	_, err = tx.ExecBulk(bulkInstance, row)
	return errs.Wrap("record an instance", err)
}

// instanceRow makes a row of the table.
func (s *Store) instanceRow(tx *store.Tx, num, seq int64, a ngsi.Attr, created, modified time.Time) (row []any, err error) {
	if seq == 0 {
		if seq, err = s.e.NextSeq(tx); err != nil {
			return nil, err
		}
	}
	attr, err := s.e.NameID(tx, a.Name, true)
	if err != nil {
		return nil, err
	}
	a.CreatedAt, a.ModifiedAt = created, modified
	doc, err := s.e.EncodeDoc(tx, &entity.Entity{CreatedAt: created, Attrs: []ngsi.Attr{a}})
	if err != nil {
		return nil, err
	}
	at := unobserved(seq)
	if !a.ObservedAt.IsZero() {
		at = store.Micros(a.ObservedAt)
	}
	return []any{num, attr, a.DatasetID, at, seq, doc}, nil
}
