package entity_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// put is a task that stores an entity as it is given.
func put(tenant string, e *entity.Entity) entity.Task {
	return entity.Task{Key: entity.Key{Tenant: tenant, ID: e.ID}, Owner: "power", Edit: func(*entity.Entity) (*entity.Entity, error) { return e.Clone(), nil }}
}

// set is a task that sets attributes of an entity that is there.
func set(k entity.Key, attrs ...entity.Attr) entity.Task {
	return entity.Task{Key: k, Edit: func(old *entity.Entity) (*entity.Entity, error) {
		if old == nil {
			return nil, errs.Say(errs.NotFound, "没有", "none")
		}
		e := old.Clone()
		for _, a := range attrs {
			if b := old.Attr(a.Name); b != nil {
				a.CreatedAt = b.CreatedAt
			}
			e.Set(a)
		}
		return e, nil
	}}
}

func TestTasks(t *testing.T) {
	s, _ := open(t)
	var told, watched []entity.Change
	defer s.Subscribe(func(c []entity.Change) { told = append(told, c...) })()
	stop := s.Watch(func(_ *store.Tx, c []entity.Change) error { watched = append(watched, c...); return nil })
	a, b := meter(1, entity.TextAttr("status", "online")), meter(2)
	list, err := s.DoAll(t.Context(), []entity.Task{
		put("", a), put("district", b), put("", meter(3)),
		set(entity.Key{ID: meter(1).ID}, entity.TextAttr("status", "silent")),
		set(entity.Key{ID: meter(2).ID}, entity.TextAttr("status", "silent")), // of another tenant
		{Key: entity.Key{ID: meter(3).ID}, Edit: func(*entity.Entity) (*entity.Entity, error) { return nil, nil }},
		{Key: entity.Key{ID: meter(1).ID}, Edit: func(*entity.Entity) (*entity.Entity, error) { panic("an edit's fault") }},
		{Key: entity.Key{ID: meter(1).ID}, Edit: func(old *entity.Entity) (*entity.Entity, error) { return old, nil }},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{-1, -1, -1, -1, int(errs.NotFound), -1, int(errs.Internal), -1} {
		if got := list[i].Err; want < 0 && got != nil || want >= 0 && !errs.Is(got, errs.Kind(want)) {
			t.Errorf("task %d: %v", i, got)
		}
	}
	if v, _ := list[3].Before.Text("status"); v != "online" || list[3].After.Version != 2 || list[7].After != list[7].Before {
		t.Errorf("results: %+v, %+v", list[3], list[7])
	}
	if len(told) != 5 || len(watched) != 5 || told[3].Before == nil || told[1].Tenant != "district" || told[4].Verb != entity.Deleted || told[4].Before == nil {
		t.Errorf("told of %d changes, watched %d: %+v", len(told), len(watched), told)
	}
	stop()

	e, err := s.Find(t.Context(), entity.Key{Tenant: "district", ID: b.ID})
	if err != nil || e.Tenant != "district" || e.ID != b.ID || e.Owner != "power" {
		t.Errorf("found %+v, %v", e, err)
	}
	for _, k := range []entity.Key{{ID: b.ID}, {Tenant: "other", ID: b.ID}, {Tenant: "district", ID: a.ID}, {ID: meter(3).ID}} {
		if _, err := s.Find(t.Context(), k); !errs.Is(err, errs.NotFound) {
			t.Errorf("%v: %v", k, err)
		}
	}
	checkTenants(t, s)

	// Written again is written, though it says the same; the same pointer is not.
	before, _ := s.Find(t.Context(), entity.Key{ID: a.ID})
	r, err := s.Do(t.Context(), set(entity.Key{ID: a.ID}, entity.TextAttr("status", "silent")))
	if err != nil || r.After.Version != 3 || !r.After.Attr("status").ModifiedAt.After(before.Attr("status").ModifiedAt) ||
		!r.After.Attr("address").ModifiedAt.Equal(before.Attr("address").ModifiedAt) || !r.After.Attr("status").CreatedAt.Equal(before.Attr("status").CreatedAt) {
		t.Errorf("written again: %+v, %v", r.After, err)
	}
}

func checkTenants(t *testing.T, s *entity.Store) {
	t.Helper()
	for tenant, want := range map[string]bool{"": true, "district": true, "other": false} {
		if got, err := s.Known(t.Context(), tenant); got != want || err != nil {
			t.Errorf("known %q: %v, %v", tenant, got, err)
		}
	}
	if list, err := s.Tenants(t.Context()); fmt.Sprint(list) != "[district]" || err != nil {
		t.Errorf("tenants %v, %v", list, err)
	}
	for tenant, want := range map[string]string{
		"":         "[{Meter 1 [{address 1 [Property] [Meter]} {status 1 [Property] [Meter]}]}]",
		"district": "[{Meter 1 [{address 1 [Property] [Meter]}]}]",
		"other":    "[]",
	} {
		list, err := s.Types(t.Context(), tenant)
		if fmt.Sprint(list) != want || err != nil {
			t.Errorf("types of %q: %v, %v", tenant, list, err)
		}
		names, err := s.AttrNames(t.Context(), tenant)
		if err != nil || len(list) > 0 && fmt.Sprint(names) != fmt.Sprint(list[0].Attrs) {
			t.Errorf("attributes of %q: %v, %v", tenant, names, err)
		}
		p, err := s.Search(t.Context(), entity.Search{Tenant: tenant, Limit: 10, Count: true})
		if err != nil || int(p.Total) != len(list) || len(p.Entities) != len(list) {
			t.Errorf("search in %q: %+v, %v", tenant, p, err)
		}
	}
}

func TestWatchRefuses(t *testing.T) {
	s, _ := open(t)
	full := errs.Say(errs.Busy, "已满", "full")
	defer s.Watch(func(*store.Tx, []entity.Change) error { return full })()
	if _, err := s.Do(t.Context(), put("", meter(1))); !errs.Is(err, errs.Busy) {
		t.Errorf("%v", err)
	}
	if _, err := s.Find(t.Context(), entity.Key{ID: meter(1).ID}); !errs.Is(err, errs.NotFound) {
		t.Errorf("refused and there: %v", err)
	}
}

// typed selects by types.
func typed(names ...string) *filter.Selection {
	return &filter.Selection{Types: query.SelectTypes(names...)}
}

// The history tells what a change touched, and which instance of several went.
func TestDeltas(t *testing.T) {
	s, db := open(t)
	e := meter(1, entity.TextAttr("status", "a"), entity.TextAttr("status", "b").In("urn:d:1"), entity.TextAttr("status", "c").In("urn:d:2"), entity.TextAttr("note", "n"))
	k := entity.Key{ID: e.ID}
	without := func(name string, datasets ...string) entity.Task {
		return entity.Task{Key: k, Edit: func(old *entity.Entity) (*entity.Entity, error) {
			c := old.Clone()
			c.Attrs = slices.DeleteFunc(c.Attrs, func(a entity.Attr) bool { return a.Name == name && slices.Contains(datasets, a.DatasetID) })
			return c, nil
		}}
	}
	scope := entity.Task{Key: k, Edit: func(old *entity.Entity) (*entity.Entity, error) {
		c := old.Clone()
		c.Scope = []string{"/tianjin"}
		return c, nil
	}}
	if _, err := s.DoAll(t.Context(), []entity.Task{put("", e), without("status", "urn:d:1"), without("note", ""), without("status", "", "urn:d:2"), scope}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"[address note status] [address|=\"000000000001\" note|=\"n\" status|=\"a\" status|urn:d:1=\"b\" status|urn:d:2=\"c\"] []",
		"[status] [status|urn:d:1=null] []", "[note] [] []", "[status] [] []", "[] [] [/tianjin]",
	}
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		num, current, err := s.NumOf(tx, k)
		if err != nil || !current {
			return fmt.Errorf("num %d, current %v: %w", num, current, err)
		}
		rows, err := s.Past(tx, num, 0, 100, nil)
		if len(rows) != len(want) {
			t.Fatalf("%d rows", len(rows))
		}
		for i, r := range rows {
			var attrs []string
			for _, a := range r.Attrs {
				attrs = append(attrs, fmt.Sprintf("%s|%s=%s", a.Name, a.DatasetID, a.Value))
				if !a.ModifiedAt.Equal(r.At) {
					t.Errorf("row %d: %s was written at %v, the row at %v", i, a.Name, a.ModifiedAt, r.At)
				}
			}
			if got := fmt.Sprint(r.Names, attrs, r.Scope); got != want[i] {
				t.Errorf("row %d: %s, want %s", i, got, want[i])
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
