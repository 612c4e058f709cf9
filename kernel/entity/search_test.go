package entity_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

func same(term string) string { return term }

// selection makes a selection of NGSI-LD's parameters.
func selection(t testing.TB, types, q, geo string) *filter.Selection {
	t.Helper()
	s := new(filter.Selection)
	var err error
	if types != "" {
		if s.Types, err = query.ParseTypes(types, same); err != nil {
			t.Fatal(err)
		}
	}
	if q != "" {
		if s.Q, err = query.ParseQ(q, query.QOptions{Names: same}); err != nil {
			t.Fatal(err)
		}
	}
	if geo != "" {
		rel, coordinates, _ := strings.Cut(geo, " ")
		kind := "Point"
		if strings.HasPrefix(coordinates, "[[") {
			kind = "Polygon"
		}
		if s.Geo, err = query.ParseGeo(rel, kind, coordinates, "", same); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// city is a random city of several types and tenants.
func city(r *rand.Rand, n int) (tasks []entity.Task) {
	types := [][]string{{"Busy"}, {"Busy"}, {"Busy"}, {"Busy"}, {"Busy", "Rare"}, {"Rare", "Busy"}, {"Lamp"}, {"Lamp", "Busy"}}
	for i := range n {
		tenant := []string{"", "", "", "north"}[r.IntN(4)]
		e := &entity.Entity{ID: fmt.Sprintf("urn:ngsi-ld:Thing:%05d", r.IntN(n)), Types: types[r.IntN(len(types))], Attrs: []entity.Attr{
			entity.TextAttr("code", fmt.Sprintf("c%d", r.IntN(8))), entity.NumberAttr("level", float64(r.IntN(10)), "")}}
		if r.IntN(3) > 0 {
			e.Attrs = append(e.Attrs, entity.PointAttr("location", 117+r.Float64(), 39+r.Float64()))
		}
		if r.IntN(5) == 0 {
			e.Attrs = append(e.Attrs, entity.TextAttr("note", "x"))
		}
		tasks = append(tasks, put(tenant, e))
		if i%7 == 0 {
			tasks = append(tasks, entity.Task{Key: entity.Key{Tenant: tenant, ID: e.ID}, Edit: func(*entity.Entity) (*entity.Entity, error) { return nil, nil }})
		}
	}
	return tasks
}

// SQL only narrows: whatever the selection, the answer is what the evaluator alone says of everything there is.
func TestSearchNarrows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := gauged(t, db, time.Now, entity.Options{})
		models := fstest.MapFS{"busy.json": {Data: []byte(`{"title": "Busy", "properties": {"code": {"x-index": true}, "level": {"x-index": true}}}`)}}
		if err := s.Register("test", models); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DoAll(t.Context(), city(rand.New(rand.NewPCG(3, 4)), 600)); err != nil {
			t.Fatal(err)
		}
		polygon := `[[[117.2,39.2],[117.6,39.2],[117.6,39.6],[117.2,39.6],[117.2,39.2]]]`
		pick := rand.New(rand.NewPCG(5, 6))
		for _, tenant := range []string{"", "north", "none"} {
			all := everything(t, s, tenant)
			for _, types := range []string{"", "Busy", "Rare", "Lamp", "Busy,Rare", "(Busy;Rare)", "(Busy;Lamp)|Rare", "Never", "Never,Lamp", "*"} {
				for _, q := range []string{"", `code=="c3"`, `code=="c3";level>4`, `level==5`, `level==5|code=="c1"`, `note`, `!note`, `code~="c[12]"`, `level==1..3`} {
					for _, geo := range []string{"", "near;maxDistance==20000 [117.4,39.4]", "within " + polygon, "disjoint " + polygon, "near;minDistance==50000 [117.4,39.4]"} {
						if pick.IntN(5) > 0 && types+q+geo != "" {
							continue
						}
						sel := selection(t, types, q, geo)
						checkSearch(t, s, tenant, sel, all, types+" "+q+" "+geo)
					}
				}
			}
			ids := &filter.Selection{IDs: []string{"urn:ngsi-ld:Thing:00001", "urn:ngsi-ld:Thing:00017", "urn:ngsi-ld:Thing:00230", "no uri"}}
			checkSearch(t, s, tenant, ids, all, "ids")
			attrs := selection(t, "Busy", "", "")
			attrs.Attrs = []string{"note"}
			checkSearch(t, s, tenant, attrs, all, "attrs")
			attrs = &filter.Selection{Attrs: []string{"note", "never"}}
			checkSearch(t, s, tenant, attrs, all, "attrs of any type")
		}
	})
}

func everything(t *testing.T, s *entity.Store, tenant string) (all []*entity.Entity) {
	t.Helper()
	err := s.EachMatch(t.Context(), tenant, nil, func(e *entity.Entity) error {
		if e.Tenant != tenant {
			t.Errorf("%q gives %q", tenant, e.Tenant)
		}
		all = append(all, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func checkSearch(t *testing.T, s *entity.Store, tenant string, sel *filter.Selection, all []*entity.Entity, what string) {
	t.Helper()
	var want []string
	for _, e := range all {
		if sel.Match(e) {
			want = append(want, e.ID)
		}
	}
	var got []string
	for after := ""; ; {
		p, err := s.Search(t.Context(), entity.Search{Tenant: tenant, Select: sel, After: after, Limit: 37, Count: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Entities {
			got = append(got, e.ID)
		}
		if int(p.Total) != len(want) {
			t.Errorf("%q %s: %d are counted, want %d", tenant, what, p.Total, len(want))
		}
		if after = p.Next; after == "" {
			break
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q %s:\n got %v\nwant %v", tenant, what, got, want)
	}
	for _, offset := range []int{0, 1, 5, len(want) - 1, len(want), len(want) + 3} {
		if offset < 0 {
			continue
		}
		p, err := s.Search(t.Context(), entity.Search{Tenant: tenant, Select: sel, Offset: int64(offset), Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		rest := want[min(offset, len(want)):]
		rest = rest[:min(3, len(rest))]
		for i := range max(len(rest), len(p.Entities)) {
			if i >= len(rest) || i >= len(p.Entities) || p.Entities[i].ID != rest[i] {
				t.Errorf("%q %s: from %d on got %d, want %v", tenant, what, offset, len(p.Entities), rest)
				break
			}
		}
	}
}

// Pages neither repeat nor miss what exists throughout, while others write.
func TestSearchUnderWrites(t *testing.T) {
	db := storetest.Open(t)
	s := gauged(t, db, time.Now, entity.Options{})
	var tasks []entity.Task
	for i := range 300 {
		tasks = append(tasks, put("", meter(i)))
	}
	if _, err := s.DoAll(t.Context(), tasks); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for g := range 2 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 0))
			for ctx.Err() == nil {
				id := meter(1000 + r.IntN(50)).ID
				edit := func(old *entity.Entity) (*entity.Entity, error) {
					if old != nil {
						return nil, nil
					}
					e := meter(0)
					e.Types = []string{"Meter", "Other"}[r.IntN(2):][:1]
					return e, nil
				}
				if _, err := s.Do(context.Background(), entity.Task{Key: entity.Key{ID: id}, Owner: "power", Edit: edit}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 5 {
		seen := map[string]int{}
		for after := ""; ; {
			p, err := s.Search(t.Context(), entity.Search{Select: typed("Meter", "Other"), After: after, Limit: 23})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range p.Entities {
				seen[e.ID]++
			}
			if after = p.Next; after == "" {
				break
			}
		}
		for i := range 300 {
			if seen[meter(i).ID] != 1 {
				t.Errorf("%s was seen %d times", meter(i).ID, seen[meter(i).ID])
			}
		}
	}
	cancel()
	all.Wait()
}

// Beyond the queue callers are refused at once, and those who were taken are served.
func TestOverload(t *testing.T) {
	db := storetest.Open(t)
	s, err := entity.OpenWith(t.Context(), db, time.Now, entity.Options{Queue: 8})
	if err != nil {
		t.Fatal(err)
	}
	gate, entered := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_, err := s.Do(t.Context(), entity.Task{Key: entity.Key{ID: meter(0).ID}, Owner: "power", Edit: func(*entity.Entity) (*entity.Entity, error) {
			close(entered)
			<-gate
			return meter(0), nil
		}})
		if err != nil {
			t.Error(err)
		}
	})
	<-entered
	outcome := make(chan error, 40)
	for i := range 40 {
		all.Go(func() {
			_, err := s.Do(t.Context(), put("", meter(1+i)))
			outcome <- err
		})
	}
	busy := 0
	for range 32 { // all that come beyond the queue
		if err := <-outcome; !errs.Is(err, errs.Busy) {
			t.Errorf("beyond the queue: %v", err)
		}
		busy++
	}
	close(gate)
	all.Wait()
	for range 8 {
		if err := <-outcome; err != nil {
			t.Errorf("taken and not served: %v", err)
		}
	}
	if n, _ := s.Count(t.Context(), "Meter", ""); n != 9 || busy != 32 {
		t.Errorf("%d are there, %d were refused", n, busy)
	}
}
