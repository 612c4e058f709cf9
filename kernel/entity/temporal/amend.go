package temporal

import (
	"context"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/gauge"
	"github.com/haihe-city/haihe/kernel/entity/temporal/ident"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Delete removes the whole history (O35); errs.NotFound where there is none. The current state stays.
func (s *Store) Delete(ctx context.Context, k entity.Key) error {
	erase, err := s.erasable(ctx, k, func(entity.PastGauge) bool { return true })
	if err != nil {
		return err
	}
	return errs.Wrap("delete history", s.db.Write(ctx, func(tx *store.Tx) error {
		num, _, err := s.e.NumOf(tx, k)
		if err != nil {
			return err
		}
		there, err := s.has(tx, num)
		if err != nil {
			return err
		}
		if !there {
			return noEntity(k)
		}
		if _, err := s.drop(tx, num, k.Tenant); err != nil {
			return err
		}
		_, err = s.erase(tx, erase)
		return err
	}))
}

// drop removes every row of a num; gauges are forgotten, since they cannot be read in a transaction.
func (s *Store) drop(tx *store.Tx, num int64, tenant string) (int64, error) {
	kn, err := s.known(tx, num, entity.Key{Tenant: tenant})
	if err != nil && !errs.Is(err, errs.NotFound) {
		return 0, err
	}
	if err == nil {
		for _, t := range kn.types {
			id, err := s.e.TypeID(tx, tenant, t, true)
			if err != nil {
				return 0, err
			}
			if _, err := tx.Exec(qTypeDel, id, num); err != nil {
				return 0, errs.Wrap("drop history", err)
			}
		}
	}
	n, err := s.e.DropPast(tx, num)
	if err != nil {
		return 0, err
	}
	for _, q := range []store.Stmt{qInstanceDrop, qEntityDel} {
		m, err := tx.Exec(q, num)
		if err != nil {
			return 0, errs.Wrap("drop history", err)
		}
		n += m
	}
	list, err := s.e.PastGauges(tx, num)
	if err != nil {
		return 0, err
	}
	for _, g := range list {
		if err := s.forget(tx, g.Key); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// forget hides the values that a gauge has now.
func (s *Store) forget(tx *store.Tx, key int64) error {
	_, err := tx.Exec(qForgottenSet, key, store.Micros(s.e.Stamp()))
	return errs.Wrap("forget values of a gauge", err)
}

// erasure is what is to be erased of a gauge: all but its newest value, which may be the current one.
type erasure struct {
	gauge entity.PastGauge
	times []int64
	more  bool // there is a newest value, to be hidden
}

// erasable reads the values of gauges that are to be erased, before the transaction that does it: a gauge is not readable within.
func (s *Store) erasable(ctx context.Context, k entity.Key, which func(entity.PastGauge) bool) (out []erasure, err error) {
	if s.gauges == nil {
		return nil, nil
	}
	var list []entity.PastGauge
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		num, _, err := s.e.NumOf(tx, k)
		if err != nil || num == 0 {
			return err
		}
		list, err = s.e.PastGauges(tx, num)
		return err
	})
	for _, g := range list {
		if err != nil || !which(g) {
			continue
		}
		e := erasure{gauge: g}
		var c gauge.Columns
		if err = s.gauges.Columns(ctx, g.Key, -1<<62, 1<<62, &c); err == nil {
			if n := len(c.Times); n > 0 {
				e.times, e.more = c.Times[:n-1], true
			}
			out = append(out, e)
		}
	}
	return out, errs.Wrap("read gauges", err)
}

// erase carries out what erasable found, and tells whether there was anything.
func (s *Store) erase(tx *store.Tx, list []erasure) (found bool, err error) {
	for _, e := range list {
		if err := s.gauges.Erase(tx, e.gauge.Key, e.times); err != nil {
			return found, err
		}
		if err := s.forget(tx, e.gauge.Key); err != nil {
			return found, err
		}
		found = found || e.more
	}
	return found, nil
}

// DeleteAttr removes the history of an attribute: of one dataset ("" is the default one), or of every one where all is set (O37).
// errs.NotFound where there is none.
func (s *Store) DeleteAttr(ctx context.Context, k entity.Key, attr, dataset string, all bool) error {
	hit := func(name, set string) bool { return name == attr && (all || set == dataset) }
	erase, err := s.erasable(ctx, k, func(g entity.PastGauge) bool { return hit(g.Name, g.Dataset) })
	if err != nil {
		return err
	}
	return errs.Wrap("delete history of an attribute", s.db.Write(ctx, func(tx *store.Tx) error {
		num, err := s.must(tx, k)
		if err != nil {
			return err
		}
		found, err := s.erase(tx, erase)
		if err != nil {
			return err
		}
		id, err := s.e.NameID(tx, attr, false)
		if err != nil {
			return err
		}
		q, args := qInstanceSet, []any{num, id, dataset}
		if all {
			q, args = qInstanceAttr, args[:2]
		}
		n, err := tx.Exec(q, args...)
		if err != nil {
			return err
		}
		found = found || n > 0
		err = s.amend(tx, num, 0, func(p *entity.PastRow) bool {
			had := len(p.Attrs)
			stamped := slices.ContainsFunc(p.Attrs, func(a ngsi.Attr) bool { return hit(a.Name, a.DatasetID) })
			if stamped {
				stamp(p)
				p.Attrs = slices.DeleteFunc(p.Attrs, func(a ngsi.Attr) bool { return hit(a.Name, a.DatasetID) })
			}
			named := slices.Contains(p.Names, attr)
			left := slices.ContainsFunc(p.Attrs, func(a ngsi.Attr) bool { return a.Name == attr })
			if named && !left && (all || dataset == "" || had > len(p.Attrs)) { // what is named without an instance would be a tombstone
				p.Names = slices.DeleteFunc(slices.Clone(p.Names), func(n string) bool { return n == attr })
				found = true
				return true
			}
			found = found || stamped
			return stamped
		})
		if err == nil && !found {
			return noAttr(k, attr)
		}
		return err
	}))
}

// must gives the num of an entity that has a history.
func (s *Store) must(tx *store.Tx, k entity.Key) (int64, error) {
	num, _, err := s.e.NumOf(tx, k)
	if err != nil {
		return 0, err
	}
	there, err := s.has(tx, num)
	if err == nil && !there {
		err = noEntity(k)
	}
	return num, err
}

// amend writes those changes of a num from a seq on anew that edit changes.
func (s *Store) amend(tx *store.Tx, num, from int64, edit func(*entity.PastRow) bool) error {
	for after := from - 1; ; {
		rows, err := s.e.Past(tx, num, after, pastRows, nil)
		if err != nil {
			return err
		}
		for i := range rows {
			after = rows[i].Seq
			if edit(&rows[i]) {
				if err := s.e.SetPast(tx, num, &rows[i]); err != nil {
					return err
				}
			}
		}
		if len(rows) < pastRows {
			return nil
		}
	}
}

// DeleteInstance removes one instance (O39). errs.NotFound where there is none.
func (s *Store) DeleteInstance(ctx context.Context, k entity.Key, attr, instance string) error {
	return s.touch(ctx, k, attr, instance, nil)
}

// Modify puts another instance in place of one (O38), whose createdAt and instanceId it keeps. errs.NotFound where there is none.
func (s *Store) Modify(ctx context.Context, k entity.Key, attr, instance string, to ngsi.Attr) error {
	to.Name = attr
	if err := checkInstance(k, nil, &to); err != nil {
		return err
	}
	to.Canonize()
	return s.touch(ctx, k, attr, instance, &to)
}

// touch removes an instance, or replaces it.
func (s *Store) touch(ctx context.Context, k entity.Key, attr, instance string, to *ngsi.Attr) error {
	r, ok := ident.Read(instance)
	value, newest, err := s.gaugeValue(ctx, r)
	if err != nil {
		return err
	}
	return errs.Wrap("amend history", s.db.Write(ctx, func(tx *store.Tx) error {
		num, err := s.must(tx, k)
		if err != nil {
			return err
		}
		found := false
		switch {
		case !ok:
		case r.Place == ident.Series && r.A == num:
			return errs.Say(errs.Invalid, "属性 %s 的历史来自业务系统的时序数据，不能在此修改", "the history of attribute %s is a system's own series and cannot be amended here", ngsi.Clip(attr))
		case r.Place == ident.Table:
			found, err = s.touchTable(tx, num, r, attr, to)
		case r.Place == ident.Gauge:
			found, err = s.touchGauge(tx, num, r, attr, to, value, newest)
		default:
			found, err = s.touchChange(tx, num, r, attr, instance, to)
		}
		if err != nil || found {
			return err
		}
		if there, err := s.hasAttr(tx, num, attr); err != nil || !there {
			return cmpErr(err, noAttr(k, attr))
		}
		return noInstance(k, attr, instance)
	}))
}

func cmpErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// hasAttr tells whether a num's history has an attribute at all.
func (s *Store) hasAttr(tx *store.Tx, num int64, attr string) (bool, error) {
	r := &reader{s: s, tx: tx, num: num, limit: 1, want: func(name, _ string) bool { return name == attr }}
	if err := r.read(); err != nil {
		return false, err
	}
	for _, c := range r.courses {
		if c.name == attr && len(c.list)+len(c.gauges) > 0 {
			return true, nil
		}
	}
	return attr == scopeName && len(r.scopes) > 0, nil
}

// touchTable is touch for an instance of the table.
func (s *Store) touchTable(tx *store.Tx, num int64, r ident.ID, attr string, to *ngsi.Attr) (bool, error) {
	id, err := s.e.NameID(tx, attr, false)
	if err != nil {
		return false, err
	}
	var dataset string
	var at int64
	var doc []byte
	err = tx.Get(qInstanceFind, []any{num, id, r.A}, &dataset, &at, &doc)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if _, err := tx.Exec(qInstanceDel, num, id, r.A); err != nil || to == nil {
		return true, err
	}
	var e entity.Entity
	if err := s.e.DecodeDoc(tx, doc, &e); err != nil {
		return false, err
	}
	created := e.CreatedAt
	for _, a := range e.Attrs {
		if old, _ := idOf(a); old != "" {
			bear(to, old)
		}
		created = a.CreatedAt
	}
	return true, s.insert(tx, num, r.A, *to, created, s.e.Stamp())
}

// touchChange is touch for an instance of a change. Later changes may hold the instance as it stood, and lose it too.
func (s *Store) touchChange(tx *store.Tx, num int64, r ident.ID, attr, instance string, to *ngsi.Attr) (found bool, err error) {
	var gone ngsi.Attr
	err = s.amend(tx, num, r.A, func(p *entity.PastRow) bool {
		if p.Seq != r.A {
			return found && to == nil && dropCopy(p, &gone)
		}
		if r.Place == ident.Tombstone {
			at := int(r.B / 1000)
			if to != nil || at >= len(p.Names) || p.Names[at] != attr {
				return false
			}
			found = true
			p.Names = slices.Delete(slices.Clone(p.Names), at, at+1)
			return true
		}
		i := slices.IndexFunc(p.Attrs, func(a ngsi.Attr) bool { id, _ := idOf(a); return id == instance })
		if i < 0 && r.Place == ident.Change && int(r.B) < len(p.Attrs) && r.B >= 0 {
			if id, _ := idOf(p.Attrs[r.B]); id == "" {
				i = int(r.B)
			}
		}
		if i < 0 || p.Attrs[i].Name != attr || p.Attrs[i].ModifiedAt.Before(p.At) {
			return false
		}
		found, gone = true, p.Attrs[i]
		stamp(p)
		if to == nil {
			p.Attrs = slices.Delete(p.Attrs, i, i+1)
			if !slices.ContainsFunc(p.Attrs, func(a ngsi.Attr) bool { return a.Name == attr }) {
				p.Names = slices.DeleteFunc(slices.Clone(p.Names), func(n string) bool { return n == attr })
			}
			return true
		}
		a := *to
		a.CreatedAt, a.ModifiedAt = gone.CreatedAt, s.e.Stamp()
		bear(&a, instance)
		p.Attrs[i] = a
		return true
	})
	return found, err
}

// dropCopy removes an instance from a change that only repeats it.
func dropCopy(p *entity.PastRow, gone *ngsi.Attr) bool {
	i := slices.IndexFunc(p.Attrs, func(a ngsi.Attr) bool {
		return a.Name == gone.Name && a.DatasetID == gone.DatasetID && a.ModifiedAt.Equal(gone.ModifiedAt) && a.ModifiedAt.Before(p.At)
	})
	if i < 0 {
		return false
	}
	stamp(p)
	p.Attrs = slices.Delete(p.Attrs, i, i+1)
	return true
}

// gaugeValue reads the value that an instanceId of a gauge stands for, before the transaction that changes it.
func (s *Store) gaugeValue(ctx context.Context, r ident.ID) (v *gauge.Value, newest bool, err error) {
	if r.Place != ident.Gauge || s.gauges == nil {
		return nil, false, nil
	}
	var c gauge.Columns
	if err := s.gauges.Columns(ctx, r.A, r.B, r.B+1, &c); err != nil || len(c.Times) == 0 {
		return nil, false, err
	}
	one := c.At(0)
	last, ok, err := s.gauges.Last(ctx, r.A)
	return &one, ok && last.Time().UnixMicro() == r.B, err
}

// touchGauge is touch for a value of a gauge. A number in place of a number is corrected where it lies; anything else moves to the table.
func (s *Store) touchGauge(tx *store.Tx, num int64, r ident.ID, attr string, to *ngsi.Attr, v *gauge.Value, newest bool) (bool, error) {
	list, err := s.e.PastGauges(tx, num)
	if err != nil {
		return false, err
	}
	if v == nil || !slices.ContainsFunc(list, func(g entity.PastGauge) bool { return g.Key == r.A && g.Name == attr }) {
		return s.touchMoved(tx, num, r, attr, to)
	}
	now := s.e.Stamp()
	if to != nil && !newest && to.ObservedAt.Equal(time.UnixMicro(r.B)) && to.Kind == ngsi.Property && gauge.Fits(to.Value) &&
		to.DatasetID == "" && to.UnitCode == "" && len(to.Attrs)+len(to.Members) == 0 {
		return true, s.gauges.Correct(tx, r.A, r.B, to.Value, now)
	}
	if newest { // it may be the current value, which an amended history leaves alone
		_, err = tx.Exec(qHiddenAdd, r.A, r.B)
	} else {
		err = s.gauges.Erase(tx, r.A, []int64{r.B})
	}
	if err != nil || to == nil {
		return true, err
	}
	bear(to, r.String())
	return true, s.insert(tx, num, 0, *to, v.ModifiedAt, now)
}

// touchMoved finds an instance that moved from a gauge to the table before.
func (s *Store) touchMoved(tx *store.Tx, num int64, r ident.ID, attr string, to *ngsi.Attr) (bool, error) {
	read := &reader{s: s, tx: tx, num: num, want: func(name, _ string) bool { return name == attr }}
	read.courses = map[courseKey]*course{}
	if err := read.table(); err != nil {
		return false, err
	}
	for _, c := range read.courses {
		for i := range c.list {
			if c.list[i].InstanceID == r.String() {
				return s.touchTable(tx, num, ident.ID{Place: ident.Table, A: c.list[i].Seq}, attr, to)
			}
		}
	}
	return false, nil
}
