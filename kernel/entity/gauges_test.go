package entity_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/kernel/entity/gauge"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// gauged opens a store with gauges; it may be opened again on the same database.
func gauged(t testing.TB, db *store.DB, now func() time.Time, o entity.Options) *entity.Store {
	t.Helper()
	engine, err := series.Open(t.Context(), db, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	if o.Gauges, err = gauge.Open(t.Context(), engine); err != nil {
		t.Fatal(err)
	}
	s, err := entity.OpenWith(t.Context(), db, now, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func num(name, text string) entity.Attr { return entity.Attr{Name: name, Value: json.RawMessage(text)} }

// A number that is updated a second time becomes a gauge: the document and the history rest, the value goes on.
func TestGauge(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := new(clock)
		s := gauged(t, db, c.now, entity.Options{})
		e := meter(1, num("load", "1.5"), entity.TextAttr("status", "online"))
		k := entity.Key{ID: e.ID}
		if _, err := s.Do(t.Context(), put("", e)); err != nil {
			t.Fatal(err)
		}
		var r entity.Result
		do := func(a ...entity.Attr) {
			t.Helper()
			var err error
			if r, err = s.Do(t.Context(), set(k, a...)); err != nil {
				t.Fatal(err)
			}
		}
		check := func(text string, version int64, isGauge bool, changes int) {
			t.Helper()
			for from, e := range map[string]*entity.Entity{"do": r.After, "find": find(t, s, k), "fresh": find(t, gauged(t, db, c.now, entity.Options{}), k)} {
				a := e.Attr("load")
				if string(a.Value) != text || e.Version != version || (a.Gauge != 0) != isGauge || !e.ModifiedAt.Equal(r.After.ModifiedAt) || !a.Same(r.After.Attr("load")) {
					t.Errorf("%s: %s, version %d, gauge %d, modified %v (%v)", from, a.Value, e.Version, a.Gauge, e.ModifiedAt, r.After.ModifiedAt)
				}
			}
			list, _, err := s.History(t.Context(), e.ID, "", 100)
			if err != nil || len(list) != changes {
				t.Errorf("%d changes in the history, want %d, %v", len(list), changes, err)
			}
		}
		at := time.Date(2015, 11, 2, 0, 0, 0, 0, time.UTC)
		do(num("load", "2.5"))
		check("2.5", 2, false, 2)
		do(num("load", "3.5")) // born: the document holds the key from now on
		check("3.5", 3, true, 2)
		key := r.After.Attr("load").Gauge
		for i := range 5 {
			do(num("load", fmt.Sprint(i)))
		}
		check("4", 3, true, 2)
		do(num("load", "4").At(at)) // observed before: not a later value
		check("4", 4, false, 3)
		do(num("load", "5").At(at.Add(30 * 24 * time.Hour))) // it goes on as the gauge that it was
		check("5", 5, true, 3)
		if got := r.After.Attr("load").Gauge; got != key {
			t.Errorf("gauge %d became %d", key, got)
		}
		do(entity.Attr{Name: "load", Value: json.RawMessage("6"), UnitCode: "KWT"}.At(at.Add(31*24*time.Hour)), entity.TextAttr("status", "x"))
		check("6", 6, false, 4)
		do(entity.Attr{Name: "load", Value: json.RawMessage("7"), UnitCode: "KWT"}.At(at.Add(32*24*time.Hour)), entity.TextAttr("status", "y"))
		check("7", 7, true, 5)
		checkReplace(t, s, db, k)
	})
}

// checkReplace holds Replace to lose no value of a gauge that was written meanwhile.
func checkReplace(t *testing.T, s *entity.Store, db *store.DB, k entity.Key) {
	t.Helper()
	old, err := s.Get(t.Context(), k.ID)
	if err != nil {
		t.Fatal(err)
	}
	a := entity.Attr{Name: "load", Value: json.RawMessage("8"), UnitCode: "KWT"}.At(old.Attr("load").ObservedAt.Add(time.Hour))
	if _, err := s.Do(t.Context(), set(k, a)); err != nil {
		t.Fatal(err)
	}
	old.Set(entity.TextAttr("status", "edited"))
	write(t, db, func(tx *store.Tx) error { return s.Replace(tx, old) })
	e := find(t, s, k)
	if v, _ := e.Text("status"); v != "edited" || string(e.Attr("load").Value) != "8" || e.Attr("load").Gauge == 0 {
		t.Errorf("replaced: %s %+v", v, e.Attr("load"))
	}
}

func find(t testing.TB, s *entity.Store, k entity.Key) *entity.Entity {
	t.Helper()
	e, err := s.Find(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestExpiry(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := new(clock)
		s := gauged(t, db, c.now, entity.Options{})
		start := c.now()
		a, b := meter(1, entity.TextAttr("status", "online"), num("load", "1")), meter(2)
		a.Attrs[1].ExpiresAt, b.ExpiresAt = start.Add(time.Minute), start.Add(time.Minute)
		if _, err := s.DoAll(t.Context(), []entity.Task{put("", a), put("", b), put("x", b), put("", meter(3))}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Collect(t.Context()); n != 0 || err != nil {
			t.Errorf("collected %d, %v", n, err)
		}
		look := func(status bool, ids string, total int64) {
			t.Helper()
			if got := find(t, s, entity.Key{ID: a.ID}).Attr("status") != nil; got != status {
				t.Errorf("the attribute is there: %v", got)
			}
			p, err := s.Search(t.Context(), entity.Search{Limit: 10, Count: true})
			var got []string
			for _, e := range p.Entities {
				got = append(got, e.ID[len(e.ID)-1:])
				if e.ID == a.ID && (e.Attr("status") != nil) != status {
					t.Error("searched and found with what has expired, or without what has not")
				}
			}
			if err != nil || fmt.Sprint(got) != ids || p.Total != total {
				t.Errorf("searched %v, %d, %v", got, p.Total, err)
			}
		}
		look(true, "[1 2 3]", 3)
		c.n.Add(120)
		look(false, "[1 3]", 2)
		if _, err := s.Find(t.Context(), entity.Key{Tenant: "x", ID: b.ID}); !errs.Is(err, errs.NotFound) {
			t.Errorf("expired and there: %v", err)
		}
		back, err := s.Do(t.Context(), put("x", meter(2, entity.TextAttr("status", "back"))))
		if err != nil || back.Before != nil || back.After.Version != 1 {
			t.Errorf("come back as %+v, %v", back, err)
		}
		if n, err := s.Collect(t.Context()); n != 2 || err != nil {
			t.Errorf("collected %d, %v", n, err)
		}
		look(false, "[1 3]", 2)
		for id, want := range map[string]string{a.ID: "merge [status]", b.ID: "delete [address]"} {
			list, _, err := s.History(t.Context(), id, "", 1)
			if err != nil || len(list) != 1 || fmt.Sprintf("%s %v", list[0].Verb, list[0].Attrs) != want {
				t.Errorf("history of %s: %v, %v", id, list, err)
			}
		}
		if n, _ := s.Count(t.Context(), "Meter", ""); n != 2 {
			t.Errorf("%d are counted", n)
		}
	})
}

// model is what the store should hold, in plain Go.
type model map[entity.Key]*entity.Entity

// step makes a random edit and tells what it does to the model.
func (m model) step(r *rand.Rand) entity.Task {
	k := entity.Key{Tenant: []string{"", "", "north"}[r.IntN(3)], ID: meter(r.IntN(12)).ID}
	kind, n, name := r.IntN(10), fmt.Sprint(r.IntN(2000)-1000), []string{"load", "volt", "note"}[r.IntN(3)]
	dataset := []string{"", "", "urn:d:1"}[r.IntN(3)]
	observed := time.Time{}
	if r.IntN(4) == 0 {
		observed = time.Date(2015, 11, 2, 0, 0, r.IntN(100000), 0, time.UTC)
	}
	edit := func(old *entity.Entity) (*entity.Entity, error) {
		switch {
		case kind == 0:
			return nil, nil
		case old == nil:
			e := meter(0, num("load", n))
			e.Scope = []string{"/a"}
			return e, nil
		case kind == 1:
			e := old.Clone()
			e.Attrs = slices.DeleteFunc(e.Attrs, func(a entity.Attr) bool { return a.Name == name && a.DatasetID == dataset })
			return e, nil
		case kind == 2:
			return nil, errs.Say(errs.Invalid, "不", "no")
		case kind == 3:
			e := old.Clone()
			e.Types = [][]string{{"Meter"}, {"Meter", "Device"}, {"Device", "Meter"}}[len(n)%3]
			return e, nil
		}
		e := old.Clone()
		a := num(name, n).In(dataset).At(observed)
		if name == "note" {
			a.Value = json.RawMessage(`"` + n + `"`)
		}
		e.Set(a)
		return e, nil
	}
	return entity.Task{Key: k, Owner: "power", Edit: edit}
}

// run does to the model what the task should have done.
func (m model) run(task entity.Task) {
	old := m[task.Key]
	e, err := task.Edit(old)
	switch {
	case err != nil:
	case e == nil:
		delete(m, task.Key)
	default:
		m[task.Key] = e
	}
}

// show writes what an entity says, without times of writing.
func show(e *entity.Entity) string {
	var list []string
	for _, a := range e.Attrs {
		list = append(list, fmt.Sprintf("%s|%s=%s@%s", a.Name, a.DatasetID, a.Value, a.ObservedAt.Format(time.RFC3339)))
	}
	slices.Sort(list)
	return fmt.Sprint(e.Types, e.Scope, list)
}

// Random edits, one by one and in batches, with restarts, memory of any size, and gauges, against a map.
func TestRandomEdits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := rand.New(rand.NewPCG(1, 2))
		c, m := new(clock), model{}
		s := gauged(t, db, c.now, entity.Options{})
		steps := 600
		if testing.Short() {
			steps = 100
		}
		for i := range steps {
			switch r.IntN(12) {
			case 0:
				s = gauged(t, db, c.now, entity.Options{Memory: []int64{-1, 1 << 16, 0}[r.IntN(3)]})
			case 1, 2, 3:
				tasks := make([]entity.Task, 1+r.IntN(30))
				for i := range tasks {
					tasks[i] = m.step(r)
					m.run(tasks[i])
				}
				if _, err := s.DoAll(t.Context(), tasks); err != nil {
					t.Fatal(err)
				}
			default:
				task := m.step(r)
				m.run(task)
				if _, err := s.Do(t.Context(), task); err != nil && !errs.Is(err, errs.Invalid) {
					t.Fatal(err)
				}
			}
			if i%20 == 19 {
				m.check(t, s)
			}
			if t.Failed() {
				t.Fatalf("after %d steps", i)
			}
		}
		s = gauged(t, db, c.now, entity.Options{})
		m.check(t, s)
		for k, e := range m {
			if got := show(replay(t, s, k)); got != show(e) {
				t.Errorf("%v: its history gives\n     %s\nwant %s", k, got, show(e))
			}
		}
	})
}

// replay makes an entity from its history alone: the rows of its changes and its gauges, in order of time.
func replay(t *testing.T, s *entity.Store, k entity.Key) *entity.Entity {
	t.Helper()
	type event struct {
		at  time.Time
		run func(e *entity.Entity)
	}
	var events []event
	drop := func(e *entity.Entity, name string, dataset *string) {
		e.Attrs = slices.DeleteFunc(e.Attrs, func(a entity.Attr) bool { return a.Name == name && (dataset == nil || a.DatasetID == *dataset) })
	}
	var gauges []entity.PastGauge
	err := s.DB().Read(t.Context(), func(tx *store.Tx) error {
		num, _, err := s.NumOf(tx, k)
		if err != nil {
			return err
		}
		rows, err := s.Past(tx, num, 0, 10000, nil)
		if err != nil {
			return err
		}
		for _, r := range rows {
			events = append(events, event{r.At, func(e *entity.Entity) {
				e.Types, e.Scope = r.Types, r.Scope
				for _, name := range r.Names {
					if !slices.ContainsFunc(r.Attrs, func(a entity.Attr) bool { return a.Name == name }) {
						drop(e, name, nil)
					}
				}
				for _, a := range r.Attrs {
					if drop(e, a.Name, &a.DatasetID); !a.Empty() {
						e.Attrs = append(e.Attrs, a)
					}
				}
				if r.Deleted {
					e.Attrs = nil
				}
			}})
		}
		gauges, err = s.PastGauges(tx, num)
		return err
	})
	for _, g := range gauges {
		if err == nil {
			err = s.Gauges().Range(t.Context(), g.Key, time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC), func(v gauge.Value) error {
				events = append(events, event{v.ModifiedAt, func(e *entity.Entity) {
					drop(e, g.Name, &g.Dataset)
					e.Attrs = append(e.Attrs, entity.Attr{Name: g.Name, DatasetID: g.Dataset, Value: v.Number, ObservedAt: v.ObservedAt})
				}})
				return nil
			})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	e := new(entity.Entity)
	for _, ev := range events {
		ev.run(e)
	}
	return e
}

// check holds what the store answers to the model.
func (m model) check(t *testing.T, s *entity.Store) {
	t.Helper()
	for _, tenant := range []string{"", "north"} {
		want := map[string]int64{}
		total := 0
		for k, e := range m {
			if k.Tenant != tenant {
				continue
			}
			total++
			for _, typ := range e.Types {
				want[typ]++
			}
			got, err := s.Find(t.Context(), k)
			if err != nil || show(got) != show(e) {
				t.Errorf("%v:\n got %s, %v\nwant %s", k, show(got), err, show(e))
			}
		}
		p, err := s.Search(t.Context(), entity.Search{Tenant: tenant, Limit: 100, Count: true})
		if err != nil || len(p.Entities) != total || int(p.Total) != total {
			t.Errorf("%q: %d found, %d counted, want %d, %v", tenant, len(p.Entities), p.Total, total, err)
		}
		for _, e := range p.Entities {
			if w := m[entity.Key{Tenant: tenant, ID: e.ID}]; w == nil || show(e) != show(w) {
				t.Errorf("searched %s", show(e))
			}
		}
		types, err := s.Types(t.Context(), tenant)
		if err != nil || len(types) != len(want) {
			t.Errorf("%q: types %v, want %v, %v", tenant, types, want, err)
		}
		for _, typ := range types {
			if typ.Count != want[typ.Type] {
				t.Errorf("%q: %d of %s, want %d", tenant, typ.Count, typ.Type, want[typ.Type])
			}
		}
	}
}

// A database that was made before there were a census and deltas: the census is taken when it is opened, the history reads the same.
func TestOlder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := new(clock)
		s := gauged(t, db, c.now, entity.Options{})
		var tasks []entity.Task
		for i := range 2500 { // more than one piece
			tasks = append(tasks, put("", meter(i, entity.TextAttr("status", "online"))))
		}
		tasks = append(tasks, set(entity.Key{ID: meter(1).ID}, entity.TextAttr("status", "silent")))
		if _, err := s.DoAll(t.Context(), tasks); err != nil {
			t.Fatal(err)
		}
		want, err := s.Types(t.Context(), "")
		if err != nil || len(want) != 1 || want[0].Count != 2500 {
			t.Fatalf("types %v, %v", want, err)
		}
		write(t, db, func(tx *store.Tx) error {
			for _, sql := range []string{
				`DELETE FROM store_count WHERE counter = 'entity.census'`,
				`UPDATE entity_change SET doc = (SELECT doc FROM entity WHERE entity.num = entity_change.num) WHERE verb = 2`,
			} {
				if _, err := tx.Exec(store.Q("older", sql)); err != nil {
					return err
				}
			}
			return nil
		})
		for range 2 {
			s = gauged(t, db, c.now, entity.Options{})
			if got, err := s.Types(t.Context(), ""); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("types %v, want %v, %v", got, want, err)
			}
		}
		list, _, err := s.History(t.Context(), meter(1).ID, "", 1)
		if err != nil || len(list) != 1 || len(list[0].Entity.Attrs) != 1 || list[0].Entity.Attr("status") == nil {
			t.Errorf("history %+v, %v", list, err)
		}
	})
}

// Two instances on one database: no edit is lost, and each reads what the other wrote.
func TestShared(t *testing.T) {
	dsn := storetest.Postgres(t)
	var stores []*entity.Store
	for range 2 {
		db := storetest.OpenWith(t, storetest.Server().Dialect(dsn), store.Options{Shared: true})
		s, err := entity.Open(t.Context(), db, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		stores = append(stores, s)
	}
	k := entity.Key{ID: meter(1).ID}
	const each = 60
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range each {
				_, err := stores[i%2].Do(context.Background(), entity.Task{Key: k, Owner: "power", Edit: func(old *entity.Entity) (*entity.Entity, error) {
					if old == nil {
						return meter(1, num("sum", "1")), nil
					}
					v, _ := old.Number("sum")
					e := old.Clone()
					e.Set(entity.NumberAttr("sum", v+1, ""))
					return e, nil
				}})
				if err != nil {
					t.Error(err)
				}
				if n%10 == 0 {
					if _, err := stores[i%2].Do(context.Background(), put("", meter(100+10*i+n/10))); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	for _, s := range stores {
		if v, _ := find(t, s, k).Number("sum"); v != 8*each {
			t.Errorf("the sum is %v", v)
		}
		if n, err := s.Count(t.Context(), "Meter", ""); n != 1+8*6 || err != nil {
			t.Errorf("%d are counted, %v", n, err)
		}
	}
}

// Concurrent callers share transactions; nobody's edit is lost, and readers see each number once it is told.
func TestConcurrent(t *testing.T) {
	db := storetest.Open(t)
	s := gauged(t, db, time.Now, entity.Options{})
	const callers, each = 16, 40
	k := entity.Key{ID: meter(1).ID}
	if _, err := s.Do(t.Context(), put("", meter(1, num("sum", "0")))); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for g := range callers {
		all.Go(func() {
			for i := range each {
				mine := entity.Key{ID: meter(100 + g).ID}
				r, err := s.Do(context.Background(), entity.Task{Key: k, Edit: func(old *entity.Entity) (*entity.Entity, error) {
					v, _ := old.Number("sum")
					e := old.Clone()
					e.Set(entity.NumberAttr("sum", v+1, ""))
					return e, nil
				}})
				if err != nil {
					t.Error(err)
					return
				}
				told, _ := r.After.Number("sum")
				if v, _ := find(t, s, k).Number("sum"); v < told {
					t.Errorf("told %v, found %v", told, v)
				}
				if _, err := s.Do(context.Background(), put("", meter(100+g, num("n", fmt.Sprint(i))))); err != nil {
					t.Error(err)
				}
				if v, _ := find(t, s, mine).Number("n"); v != float64(i) {
					t.Errorf("wrote %d, found %v", i, v)
				}
			}
		})
	}
	all.Wait()
	if v, _ := find(t, s, k).Number("sum"); v != callers*each {
		t.Errorf("the sum is %v", v)
	}
}

// What is bound to a type is there when it is found and searched, and decides; Get and Query do not know it.
func TestBind(t *testing.T) {
	db := storetest.Open(t)
	s := gauged(t, db, time.Now, entity.Options{})
	engine, err := series.Open(t.Context(), db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	table, err := engine.Declare(t.Context(), series.Family{Name: "meter", Columns: []series.Column{{Name: "energy", Unit: "KWH", Decimals: 4}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Bind("Meter", []entity.Binding{entity.FromSeries("energy", table, 0)}); err != nil {
		t.Fatal(err)
	}
	list, err := s.DoAll(t.Context(), []entity.Task{put("", meter(1)), put("", meter(2)), put("x", meter(1))})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2015, 11, 2, 8, 0, 0, 0, time.UTC)
	write(t, db, func(tx *store.Tx) error {
		var b series.Batch
		b.Add(list[0].After.Num, at.UnixMicro(), series.Measured, 12345)
		return table.Append(tx, &b)
	})
	e := find(t, s, entity.Key{ID: meter(1).ID})
	a := e.Attr("energy")
	if a == nil || string(a.Value) != "1.2345" || a.UnitCode != "KWH" || !a.ObservedAt.Equal(at) {
		t.Fatalf("bound: %+v", a)
	}
	p, err := s.Search(t.Context(), entity.Search{Limit: 10})
	if err != nil || len(p.Entities) != 2 || p.Entities[0].Attr("energy") == nil || p.Entities[1].Attr("energy") != nil {
		t.Errorf("searched: %+v, %v", p, err)
	}
	p, err = s.Search(t.Context(), entity.Search{Select: &filter.Selection{Attrs: []string{"energy"}}, Limit: 10, Count: true})
	if err != nil || len(p.Entities) != 1 || p.Total != 1 {
		t.Errorf("searched by what is bound: %+v, %v", p, err)
	}
	if e, err := s.Get(t.Context(), meter(1).ID); err != nil || e.Attr("energy") != nil {
		t.Errorf("got: %+v, %v", e, err)
	}
	if find(t, s, entity.Key{Tenant: "x", ID: meter(1).ID}).Attr("energy") != nil {
		t.Error("another tenant's entity has it")
	}
}
