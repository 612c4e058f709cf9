package entity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// clock moves a second at each look.
type clock struct{ n atomic.Int64 }

func (c *clock) now() time.Time {
	return time.Date(2015, 11, 2, 8, 0, int(c.n.Add(1)), 0, time.UTC)
}

func open(t testing.TB) (*entity.Store, *store.DB) {
	t.Helper()
	db := storetest.Open(t)
	s, err := entity.Open(t.Context(), db, new(clock).now)
	if err != nil {
		t.Fatal(err)
	}
	return s, db
}

func meter(n int, attrs ...entity.Attr) *entity.Entity {
	return &entity.Entity{ID: fmt.Sprintf("urn:ngsi-ld:Meter:%06d", n), Types: []string{"Meter"}, Owner: "power",
		Attrs: append([]entity.Attr{entity.TextAttr("address", fmt.Sprintf("%012d", n))}, attrs...)}
}

func write(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func create(t testing.TB, s *entity.Store, db *store.DB, list ...*entity.Entity) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		for _, e := range list {
			if err := s.Create(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func said(err error) string {
	msg, _ := errs.MsgOf(err)
	return msg.En + "|" + msg.Zh
}

func TestLife(t *testing.T) {
	s, db := open(t)
	var feed []entity.Change
	stop := s.Subscribe(func(c []entity.Change) { feed = append(feed, c...) })
	defer stop()

	e := meter(1, entity.TextAttr("status", "online"), entity.NumberAttr("load", 1.50, "KWT"), entity.PointAttr("location", 117.2, 39.1))
	e.Types = append(e.Types, "Device")
	e.Scope = []string{"/tianjin/heping"}
	create(t, s, db, e)
	if e.Num == 0 || e.Version != 1 || e.CreatedAt.IsZero() || !e.CreatedAt.Equal(e.ModifiedAt) {
		t.Errorf("not filled: %+v", e)
	}
	got, err := s.Get(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Normalized(true)) != string(e.Normalized(true)) || got.Owner != "power" || got.Num != e.Num || got.Version != 1 {
		t.Errorf("\n got %s\nwant %s", got.Normalized(true), e.Normalized(true))
	}

	var merged *entity.Entity
	write(t, db, func(tx *store.Tx) (err error) {
		merged, err = s.Merge(tx, e.ID, entity.TextAttr("status", "silent"), entity.Attr{Name: "load"}, entity.BoolAttr("sealed", true))
		return err
	})
	if st, _ := merged.Text("status"); st != "silent" || merged.Attr("load") != nil || merged.Version != 2 || merged.Attr("address") == nil {
		t.Errorf("merged: %s", merged.Normalized(true))
	}
	if a := merged.Attr("address"); !a.ModifiedAt.Equal(e.CreatedAt) {
		t.Error("an attribute that nobody touched is modified")
	}
	if a := merged.Attr("status"); !a.CreatedAt.Equal(e.CreatedAt) || !a.ModifiedAt.Equal(merged.ModifiedAt) {
		t.Error("the times of a merged attribute are wrong")
	}

	write(t, db, func(tx *store.Tx) error { // the same again changes nothing
		again, err := s.Merge(tx, e.ID, entity.Attr{Name: "status", Value: json.RawMessage(" \"sil\\u0065nt\" ")})
		if err == nil && again.Version != 2 {
			err = fmt.Errorf("version %d", again.Version)
		}
		return err
	})

	next := meter(1, entity.TextAttr("status", "online"))
	next.Version, next.Owner = 2, "water"
	write(t, db, func(tx *store.Tx) error { return s.Replace(tx, next) })
	if next.Version != 3 || next.Num != e.Num || !next.CreatedAt.Equal(e.CreatedAt) {
		t.Errorf("replaced: %+v", next)
	}
	next.Version = 2
	if err := db.Write(t.Context(), func(tx *store.Tx) error { return s.Replace(tx, next) }); !errs.Is(err, errs.Conflict) || !strings.Contains(said(err), "他人修改") {
		t.Errorf("an old version was taken: %v", err)
	}

	write(t, db, func(tx *store.Tx) error { return s.Delete(tx, e.ID) })
	if _, err := s.Get(t.Context(), e.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("deleted and still there: %v", err)
	}
	for _, fn := range []func(tx *store.Tx) error{
		func(tx *store.Tx) error { return s.Delete(tx, e.ID) },
		func(tx *store.Tx) error { return s.Replace(tx, meter(1)) },
		func(tx *store.Tx) error { _, err := s.Merge(tx, e.ID, entity.TextAttr("a", "b")); return err },
	} {
		if err := db.Write(t.Context(), fn); !errs.Is(err, errs.NotFound) {
			t.Errorf("a deleted entity: %v", err)
		}
	}
	back := meter(1)
	create(t, s, db, back)
	if back.Num != e.Num || back.Version != 1 || !back.CreatedAt.After(e.CreatedAt) {
		t.Errorf("come back as %+v", back)
	}
	checkHistory(t, s, e.ID, feed)
}

func checkHistory(t *testing.T, s *entity.Store, id string, feed []entity.Change) {
	t.Helper()
	var all []entity.Change
	for after := ""; ; {
		list, next, err := s.History(t.Context(), id, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
		if after = next; next == "" {
			break
		}
	}
	want := []string{"create power [address load location status]", "merge power [load sealed status]",
		"replace water [location sealed status]", "delete water [address status]", "create power [address]"}
	show := func(c entity.Change) string { return fmt.Sprintf("%s %s %v", c.Verb, c.Owner, c.Attrs) }
	if len(all) != len(want) || len(feed) != len(want) {
		t.Fatalf("%d changes in history, %d in the feed, want %d", len(all), len(feed), len(want))
	}
	slices.Reverse(all)
	for i := range want {
		h, f := all[i], feed[i]
		if show(h) != want[i] || show(f) != want[i] {
			t.Errorf("history %q, feed %q, want %q", show(h), show(f), want[i])
		}
		if h.Seq != f.Seq || h.Num != f.Num || h.ID != id || h.Type != "Meter" || !h.At.Equal(f.At) || h.Version != f.Version {
			t.Errorf("history %+v, feed %+v", h, f)
		}
		if (h.Entity == nil) != (h.Verb == "delete") || (f.Entity == nil) != (f.Verb == "delete") {
			t.Errorf("%s: the entity after the change is wrong", h.Verb)
		}
		if h.Entity == nil {
			continue
		}
		told := f.Entity.Clone() // the feed tells the whole, the history what was touched
		told.Attrs = slices.DeleteFunc(told.Attrs, func(a entity.Attr) bool { return !slices.Contains(f.Attrs, a.Name) })
		if string(h.Entity.Normalized(true)) != string(told.Normalized(true)) {
			t.Errorf("\nhistory %s\nfeed    %s", h.Entity.Normalized(true), told.Normalized(true))
		}
	}
	if _, _, err := s.History(t.Context(), "urn:x:never", "", 0); !errs.Is(err, errs.NotFound) {
		t.Errorf("history of nothing: %v", err)
	}
	if _, _, err := s.History(t.Context(), id, "nonsense", 0); !errs.Is(err, errs.Invalid) {
		t.Errorf("a cursor of somebody else: %v", err)
	}
}

func TestCreateRefuses(t *testing.T) {
	s, db := open(t)
	create(t, s, db, meter(1))
	told := 0
	defer s.Subscribe(func(c []entity.Change) { told += len(c) })()
	if err := db.Write(t.Context(), func(tx *store.Tx) error { return s.Create(tx, meter(1)) }); !errs.Is(err, errs.Conflict) || !strings.Contains(said(err), "已存在") {
		t.Errorf("twice: %v", err)
	}
	bad := meter(2)
	bad.ID = "2"
	if err := db.Write(t.Context(), func(tx *store.Tx) error { return s.Create(tx, bad) }); !errs.Is(err, errs.Invalid) {
		t.Errorf("a bad id: %v", err)
	}
	big := meter(3, entity.TextAttr("big", strings.Repeat("x", 1<<20)))
	if err := db.Write(t.Context(), func(tx *store.Tx) error { return s.Create(tx, big) }); !errs.Is(err, errs.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	// What a failed writer did is gone: its entity, its new names, its count, its change.
	fail := errors.New("no")
	if err := db.Write(t.Context(), func(tx *store.Tx) error {
		if err := s.Create(tx, meter(4, entity.TextAttr("fresh", "x"))); err != nil {
			return err
		}
		return fail
	}); !errors.Is(err, fail) {
		t.Error(err)
	}
	if told != 0 {
		t.Errorf("%d changes were told that never were", told)
	}
	create(t, s, db, meter(5, entity.TextAttr("other", "x")))
	e, err := s.Get(t.Context(), meter(5).ID)
	if err != nil || e.Attr("other") == nil {
		t.Errorf("a name of a writer that failed was kept: %v", err)
	}
	if n, _ := s.Count(t.Context(), "Meter", ""); n != 2 || told != 1 {
		t.Errorf("%d meters, %d told", n, told)
	}
}

func TestFeed(t *testing.T) {
	s, db := open(t)
	var order []int64
	var batches int
	defer s.Subscribe(func([]entity.Change) { panic("a subscriber's fault") })()
	stop := s.Subscribe(func(c []entity.Change) {
		batches++
		for _, x := range c {
			order = append(order, x.Seq)
		}
	})
	done := make(chan error)
	const writers, each = 8, 20
	for w := range writers {
		go func() {
			var err error
			for i := range each {
				if err == nil {
					err = db.Write(context.Background(), func(tx *store.Tx) error {
						if err := s.Create(tx, meter(1000*w+i)); err != nil {
							return err
						}
						_, err := s.Merge(tx, meter(1000*w+i).ID, entity.TextAttr("status", "x"))
						return err
					})
				}
			}
			done <- err
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if len(order) != 2*writers*each || batches != writers*each || !slices.IsSorted(order) {
		t.Errorf("%d changes in %d batches, in order: %v", len(order), batches, slices.IsSorted(order))
	}
	stop()
	create(t, s, db, meter(99999))
	if batches != writers*each {
		t.Error("told after stop")
	}
}

var meterSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Meter", "type": "object",
  "properties": {
    "id": {"type": "string"}, "type": {"const": "Meter"},
    "address": {"type": "string", "pattern": "^[0-9]{12}$", "x-index": true},
    "status": {"enum": ["online", "silent"], "x-index": true},
    "load": {"type": "number", "minimum": 0, "x-index": true},
    "feeder": {"$ref": "common.json#/$defs/one"},
    "location": {"type": "object"}
  },
  "required": ["address"], "additionalProperties": false
}`

var commonSchema = `{"$defs": {"one": {"type": "string", "format": "uri"}}}`

func schemas(files ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		m[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return m
}

func TestModels(t *testing.T) {
	s, db := open(t)
	if err := s.Register("grid", schemas("schema/meter.json", meterSchema, "schema/common.json", commonSchema)); err != nil {
		t.Fatal(err)
	}
	if s.Owner("Meter") != "grid" || s.Owner("Feeder") != "" {
		t.Error("the owner was not kept")
	}
	if err := s.Register("water", schemas("m.json", `{"title":"Meter"}`)); !errs.Is(err, errs.Conflict) || !strings.Contains(said(err), "grid") {
		t.Errorf("a second owner: %v", err)
	}
	if err := s.Register("grid", schemas("schema/meter.json", meterSchema, "schema/common.json", commonSchema)); err != nil {
		t.Errorf("the same owner again: %v", err)
	}
	for _, c := range []struct {
		e    *entity.Entity
		says []string
	}{
		{meter(1, entity.TextAttr("status", "online"), entity.RelAttr("feeder", "urn:x:1")), nil},
		{meter(2, entity.TextAttr("status", "lost")), []string{"status", "one of", "之一"}},
		{meter(2, entity.NumberAttr("load", -1, "")), []string{"load", "at least 0", "不得小于 0"}},
		{meter(2, entity.NumberAttr("load", 1, ""), entity.NumberAttr("load", -1, "").In("urn:d:1")), []string{"load", "at least"}},
		{meter(2, entity.TextAttr("load", "1")), []string{"load", "should be number", "类型应为"}},
		{meter(2, entity.TextAttr("note", "x")), []string{"note", "has no note", "没有 note"}},
		{&entity.Entity{ID: "urn:x:2", Types: []string{"Meter"}, Owner: "power"}, []string{"address", "missing", "缺少"}},
		{&entity.Entity{ID: "urn:x:2", Types: []string{"Thing", "Meter"}, Owner: "power"}, []string{"address", "missing"}},
		{&entity.Entity{ID: "urn:x:2", Types: []string{"Thing"}, Owner: "power"}, nil},
	} {
		err := db.Write(t.Context(), func(tx *store.Tx) error { return s.Create(tx, c.e) })
		if c.says == nil {
			if err != nil {
				t.Errorf("%s: %v", c.e.ID, err)
			}
			continue
		}
		for _, say := range c.says {
			if !errs.Is(err, errs.Invalid) || !strings.Contains(said(err), say) {
				t.Errorf("%s: %q lacks %q", c.e.KeyValues(), said(err), say)
			}
		}
	}
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := s.Merge(tx, meter(1).ID, entity.Attr{Name: "address"})
		return err
	})
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("a merge took away what the model wants: %v", err)
	}
}

func TestBadModels(t *testing.T) {
	s, _ := open(t)
	for name, files := range map[string]fstest.MapFS{
		"network":    schemas("a.json", `{"title":"A","properties":{"x":{"$ref":"https://example.org/x.json"}}}`),
		"no json":    schemas("a.json", `{`),
		"no object":  schemas("a.json", `[]`),
		"bad schema": schemas("a.json", `{"title":"A","type":7}`),
		"twice":      schemas("a.json", `{"title":"A"}`, "b.json", `{"title":"A"}`),
		"name":       schemas("a.json", `{"title":"A b"}`),
	} {
		if err := s.Register("x", files); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.Owner("A") != "" {
		t.Error("a model that was refused is registered")
	}
}

func TestReopen(t *testing.T) {
	s, db := open(t)
	create(t, s, db, meter(1, entity.TextAttr("status", "online")), meter(2, entity.TextAttr("status", "silent")))
	if err := s.Register("grid", schemas("meter.json", meterSchema, "common.json", commonSchema)); err != nil {
		t.Fatal(err) // fills the index with what is there
	}
	again, err := entity.Open(t.Context(), db, new(clock).now)
	if err != nil {
		t.Fatal(err)
	}
	// Before the owner has registered in this run, its indexes are kept all the same.
	write(t, db, func(tx *store.Tx) error {
		_, err := again.Merge(tx, meter(1).ID, entity.TextAttr("status", "silent"))
		return err
	})
	p, err := again.Query(t.Context(), entity.Query{Type: "Meter", Where: []entity.Cond{{Attr: "status", Op: entity.Eq, Value: "silent"}}, Count: true})
	if err != nil || len(p.Entities) != 2 || p.Total != 2 {
		t.Errorf("%d of %d: %v", len(p.Entities), p.Total, err)
	}
}

// TestBackup: what a backup holds comes back whole, indexes and counts included.
func TestBackup(t *testing.T) {
	s, db := open(t)
	if err := s.Register("grid", schemas("meter.json", meterSchema, "common.json", commonSchema)); err != nil {
		t.Fatal(err)
	}
	create(t, s, db, meter(1, entity.TextAttr("status", "online")), meter(2, entity.TextAttr("status", "silent")))
	file := filepath.Join(t.TempDir(), "backup")
	if err := db.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	other := storetest.Open(t)
	if _, err := other.Restore(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	back, err := entity.Open(t.Context(), other, new(clock).now)
	if err != nil {
		t.Fatal(err)
	}
	p, err := back.Query(t.Context(), entity.Query{Type: "Meter", Where: []entity.Cond{{Attr: "status", Op: entity.Eq, Value: "silent"}}, Count: true})
	if err != nil || len(p.Entities) != 1 || p.Total != 1 || p.Entities[0].ID != meter(2).ID {
		t.Errorf("%+v %v", p, err)
	}
	if n, err := back.Count(t.Context(), "Meter", "power"); n != 2 || err != nil {
		t.Error(n, err)
	}
}

// TestOverrides counts the migrations that are written for one engine alone.
func TestOverrides(t *testing.T) {
	names, err := store.Overrides(entity.Tables())
	if err != nil || len(names) != 1 || !strings.Contains(names[0], "0002_keys.sqlite") {
		t.Errorf("%v %v", names, err)
	}
}
