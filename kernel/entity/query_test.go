package entity_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/store"
)

const thingSchema = `{"title": "%s", "properties": {
	"word": {"x-index": true}, "size": {"x-index": true}, "flag": {"x-index": true}, "to": {"x-index": true}}}`

var words = []string{"", "a", "ab", "abc", "b", "Z", "长", "长安", "é", "\x00", "a\x00b", strings.Repeat("long", 40), strings.Repeat("long", 40) + "er", "\U0010ffff", "\U0010ffffx", "2015-11-02T08:00:00Z", "2015-11-02T16:00:00+08:00"}
var sizes = []string{"0", "-0", "1", "1.0", "1.5", "-7", "1e3", "1000", "99999999999999999999"}

// random makes an entity of few values, so that queries find some.
func random(r *rand.Rand, i int) *entity.Entity {
	e := &entity.Entity{ID: fmt.Sprintf("urn:x:%c:%d", 'a'+r.IntN(3), i), Owner: []string{"north", "south"}[r.IntN(2)]}
	types := []string{"Thing", "Other", "Plain"}
	r.Shuffle(3, func(a, b int) { types[a], types[b] = types[b], types[a] })
	e.Types = types[:1+r.IntN(2)*r.IntN(2)]
	raw := func(name, v string) { e.Set(entity.Attr{Name: name, Value: json.RawMessage(v)}) }
	word := func() string { b, _ := json.Marshal(words[r.IntN(len(words))]); return string(b) }
	if r.IntN(5) > 0 {
		raw("word", []string{word(), word(), "[" + word() + "," + word() + "]", "[]", `{"@type":"X","@value":` + word() + `}`, "true"}[r.IntN(6)])
		if r.IntN(4) == 0 {
			e.Set(entity.TextAttr("word", words[r.IntN(len(words))]).In("urn:d:1"))
		}
	}
	if r.IntN(5) > 0 {
		raw("size", sizes[r.IntN(len(sizes))])
	}
	if r.IntN(2) == 0 {
		raw("flag", []string{"true", "false", `"true"`}[r.IntN(3)])
	}
	if r.IntN(2) == 0 {
		e.Set(entity.RelAttr("to", []string{"urn:x:1", "urn:x:2"}[:1+r.IntN(2)]...))
	}
	if r.IntN(3) > 0 {
		lon, lat := 117+float64(r.IntN(40))/100, 39+float64(r.IntN(40))/100
		switch r.IntN(6) {
		case 0:
			e.Set(entity.Attr{Name: "location", Kind: entity.GeoProperty, Value: json.RawMessage(fmt.Sprintf(`{"type":"LineString","coordinates":[[%v,%v],[117.2,39.2]]}`, lon, lat))})
		case 1:
			e.Set(entity.PointAttr("location", -180, 90))
			e.Set(entity.PointAttr("location", lon, lat).In("urn:d:1"))
		default:
			e.Set(entity.PointAttr("location", lon, lat))
		}
	}
	return e
}

func randomQuery(r *rand.Rand) entity.Query {
	q := entity.Query{Type: []string{"", "Thing", "Other", "Plain", "Nothing"}[r.IntN(5)], Owner: []string{"", "", "north", "west"}[r.IntN(4)],
		Limit: 1 + r.IntN(40), Desc: r.IntN(2) == 0, Count: true}
	if r.IntN(10) == 0 {
		for range r.IntN(30) {
			q.IDs = append(q.IDs, fmt.Sprintf("urn:x:%c:%d", 'a'+r.IntN(3), r.IntN(400)))
		}
	}
	for range r.IntN(3) {
		c := entity.Cond{Attr: []string{"word", "word", "size", "flag", "to", "id", "type", "absent"}[r.IntN(8)],
			Op: []entity.Op{entity.Eq, entity.Ne, entity.Lt, entity.Le, entity.Gt, entity.Ge, entity.Has, entity.Prefix, entity.Contains}[r.IntN(9)]}
		text := words[r.IntN(len(words))]
		if c.Attr == "id" {
			text = []string{"urn:x:a", "urn:x:b:", "urn:x:c:7", "urn:x:b\x00", ""}[r.IntN(5)]
		}
		if c.Attr == "to" {
			text = []string{"urn:x:1", "urn:x:"}[r.IntN(2)]
		}
		number, _ := json.Number(sizes[r.IntN(len(sizes))]).Float64()
		c.Value = []any{text, text, text, []string{text, "b"}, number, r.IntN(3), r.IntN(2) == 0, time.Date(2015, 11, 2, 8, 0, 0, 0, time.UTC)}[r.IntN(8)]
		q.Where = append(q.Where, c)
	}
	if r.IntN(4) == 0 {
		w, s := 117+r.Float64()*0.4, 39+r.Float64()*0.4
		q.Box = &entity.Box{w, s, w + r.Float64()*0.3, s + r.Float64()*[]float64{0.2, 2}[r.IntN(2)]}
		if r.IntN(3) == 0 { // on the edges of cells
			q.Box = &entity.Box{117.1, 39.1, 117.2, 39.2}
		}
	}
	return q
}

// TestNarrowing holds what SQL narrows to the evaluator alone: every query must answer as a scan of everything does, page by
// page, in one stream and in number, while entities are indexed, changed and deleted.
func TestNarrowing(t *testing.T) {
	s, db := open(t)
	if err := s.Register("test", schemas("thing.json", fmt.Sprintf(thingSchema, "Thing"), "other.json", fmt.Sprintf(thingSchema, "Other"))); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 11))
	all := map[string]*entity.Entity{}
	for round := range 4 {
		if round == 2 {
			s.GatherLeast(3)
		}
		write(t, db, func(tx *store.Tx) error {
			for range 150 {
				e := random(r, r.IntN(400))
				var err error
				switch old := all[e.ID]; {
				case old == nil:
					err = s.Create(tx, e)
				case r.IntN(3) == 0:
					err = s.Delete(tx, e.ID)
					e = nil
					delete(all, old.ID)
				default:
					err = s.Replace(tx, e)
				}
				if err != nil {
					return err
				}
				if e != nil {
					all[e.ID] = e
				}
			}
			return nil
		})
		list := make([]*entity.Entity, 0, len(all))
		for _, e := range all {
			list = append(list, e)
		}
		slices.SortFunc(list, func(a, b *entity.Entity) int { return int(a.Num - b.Num) })
		for range 250 {
			compareQuery(t, s, randomQuery(r), list)
		}
	}
	for _, typ := range []string{"", "Thing", "Other", "Plain"} {
		for _, owner := range []string{"", "north", "south"} {
			want := int64(0)
			for _, e := range all {
				if (typ == "" || slices.Contains(e.Types, typ)) && (owner == "" || e.Owner == owner) {
					want++
				}
			}
			if n, err := s.Count(t.Context(), typ, owner); n != want || err != nil {
				t.Errorf("%d of %q owned by %q, want %d: %v", n, typ, owner, want, err)
			}
		}
	}
}

func compareQuery(t *testing.T, s *entity.Store, q entity.Query, list []*entity.Entity) {
	t.Helper()
	var want []string
	for _, e := range list {
		ok, err := entity.Matches(q, e)
		if err != nil { // some conditions are not valid: all agree on it
			if _, err := s.Query(t.Context(), q); !errs.Is(err, errs.Invalid) {
				t.Fatalf("%+v: %v", q, err)
			}
			return
		}
		if ok {
			want = append(want, e.ID)
		}
	}
	if q.Desc {
		slices.Reverse(want)
	}
	var got []string
	for {
		p, err := s.Query(t.Context(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		for _, e := range p.Entities {
			got = append(got, e.ID)
		}
		if p.Total != int64(len(want)) {
			t.Fatalf("%+v: total %d, want %d", q, p.Total, len(want))
		}
		if len(p.Entities) > q.Limit || p.Next != "" && len(p.Entities) != q.Limit {
			t.Fatalf("%+v: a page of %d", q, len(p.Entities))
		}
		if q.After = p.Next; q.After == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%+v:\n got %v\nwant %v", q, got, want)
	}
	got = nil
	if err := s.Each(t.Context(), q, func(e *entity.Entity) error { got = append(got, e.ID); return nil }); err != nil || !slices.Equal(got, want) {
		t.Fatalf("each %+v: %v\n got %v\nwant %v", q, err, got, want)
	}
}

// TestPagingUnderWrites: while entities come, change and go, no page repeats one, and none that is there throughout is missed.
func TestPagingUnderWrites(t *testing.T) {
	s, db := open(t)
	const stay = 300
	var list []*entity.Entity
	for i := range 2 * stay {
		list = append(list, meter(i, entity.TextAttr("status", "online")))
	}
	create(t, s, db, list...)
	var wg sync.WaitGroup
	end := make(chan struct{})
	wg.Go(func() { // even ones stay and change, odd ones go and come back, new ones come
		for i := 0; ; i++ {
			select {
			case <-end:
				return
			default:
			}
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				n := i % (2 * stay)
				if n%2 == 0 {
					_, err := s.Merge(tx, meter(n).ID, entity.NumberAttr("load", float64(i), ""))
					return err
				}
				if err := s.Delete(tx, meter(n).ID); errs.Is(err, errs.NotFound) {
					return s.Create(tx, meter(n, entity.TextAttr("status", "online")))
				} else if err != nil {
					return err
				}
				return s.Create(tx, meter(10_000+i, entity.TextAttr("status", "online")))
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for round := range 6 {
		q := entity.Query{Type: "Meter", Limit: 17, Desc: round%2 == 1, Where: []entity.Cond{{Attr: "status", Op: entity.Eq, Value: "online"}}}
		seen := map[string]bool{}
		for {
			p, err := s.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range p.Entities {
				if seen[e.ID] {
					t.Fatalf("%s twice", e.ID)
				}
				seen[e.ID] = true
			}
			if q.After = p.Next; q.After == "" {
				break
			}
		}
		for n := 0; n < 2*stay; n += 2 {
			if !seen[meter(n).ID] {
				t.Fatalf("%s missed", meter(n).ID)
			}
		}
	}
	close(end)
	wg.Wait()
}

func TestQueryRefuses(t *testing.T) {
	s, db := open(t)
	create(t, s, db, meter(1))
	for name, q := range map[string]entity.Query{
		"limit":     {Limit: 1001},
		"cursor":    {After: "x"},
		"box":       {Box: &entity.Box{118, 39, 117, 40}},
		"op":        {Where: []entity.Cond{{Attr: "a", Op: "=", Value: 1}}},
		"value":     {Where: []entity.Cond{{Attr: "a", Op: entity.Eq, Value: struct{}{}}}},
		"no value":  {Where: []entity.Cond{{Attr: "a", Op: entity.Eq}}},
		"less bool": {Where: []entity.Cond{{Attr: "a", Op: entity.Lt, Value: true}}},
		"prefix":    {Where: []entity.Cond{{Attr: "a", Op: entity.Prefix, Value: 1}}},
		"utf-8":     {Where: []entity.Cond{{Attr: "a", Op: entity.Ge, Value: "\xff"}}},
		"many ids":  {IDs: make([]string, 1001)},
	} {
		if _, err := s.Query(t.Context(), q); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, err := s.Query(t.Context(), entity.Query{})
	if err != nil || len(p.Entities) != 1 || p.Total != -1 || p.Next != "" {
		t.Errorf("%+v %v", p, err)
	}
}

// BenchmarkCreate writes entities with two indexed attributes and a model in transactions of a thousand.
func BenchmarkCreate(b *testing.B) {
	s, db := open(b)
	if err := s.Register("grid", schemas("meter.json", meterSchema, "common.json", commonSchema)); err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		var list []*entity.Entity
		for range 1000 {
			n++
			list = append(list, meter(n, entity.TextAttr("status", "online"), entity.PointAttr("location", 117+float64(n%100)/100, 39.1), entity.RelAttr("feeder", "urn:ngsi-ld:Feeder:1")))
		}
		create(b, s, db, list...)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entities/s")
}

// BenchmarkQuery asks among 100,000 meters.
func BenchmarkQuery(b *testing.B) {
	s, db := open(b)
	if err := s.Register("grid", schemas("meter.json", meterSchema, "common.json", commonSchema)); err != nil {
		b.Fatal(err)
	}
	for k := range 100 {
		var list []*entity.Entity
		for i := range 1000 {
			n := 1000*k + i
			list = append(list, meter(n, entity.TextAttr("status", []string{"online", "silent"}[min(1, n%100/99)]),
				entity.PointAttr("location", 117+float64(n%1000)/1000, 39+float64(n/1000)/100)))
		}
		create(b, s, db, list...)
	}
	for _, c := range []struct {
		name string
		q    entity.Query
	}{
		{"page", entity.Query{Type: "Meter", Count: true}},
		{"page-owner", entity.Query{Owner: "power", Count: true}},
		{"equal-text", entity.Query{Type: "Meter", Where: []entity.Cond{{Attr: "address", Op: entity.Eq, Value: "000000077777"}}, Count: true}},
		{"equal-silent", entity.Query{Type: "Meter", Where: []entity.Cond{{Attr: "status", Op: entity.Eq, Value: "silent"}}}},
		{"equal-silent-count", entity.Query{Type: "Meter", Where: []entity.Cond{{Attr: "status", Op: entity.Eq, Value: "silent"}}, Count: true}},
		{"prefix", entity.Query{Type: "Meter", Where: []entity.Cond{{Attr: "address", Op: entity.Prefix, Value: "00000007777"}}, Count: true}},
		{"contains-walk", entity.Query{Type: "Meter", Where: []entity.Cond{{Attr: "address", Op: entity.Contains, Value: "777"}}, Count: true}},
		{"box-1000", entity.Query{Type: "Meter", Box: &entity.Box{117.1, 39.1, 117.2, 39.2}, Limit: 1000}},
		{"box-count", entity.Query{Type: "Meter", Box: &entity.Box{117.1, 39.1, 117.2, 39.2}, Count: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Query(b.Context(), c.q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
