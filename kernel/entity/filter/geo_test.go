package filter_test

import (
	"sync"
	"testing"

	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

func geoQuery(t testing.TB, rel, kind, coordinates, property string) *query.Geo {
	t.Helper()
	g, err := query.ParseGeo(rel, kind, coordinates, property, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

const district = `{"id":"urn:ngsi-ld:District:1","type":"District",
 "location":[{"type":"GeoProperty","value":{"type":"Polygon","coordinates":[[[117,39],[118,39],[118,40],[117,40],[117,39]]]}},
             {"type":"GeoProperty","datasetId":"urn:d:2","value":{"type":"Point","coordinates":[100,20]}}],
 "centre":{"type":"GeoProperty","value":{"type":"Point","coordinates":[117.5,39.5]}},
 "name":{"type":"Property","value":"location"}}`

func TestMatchGeo(t *testing.T) {
	e := entity(t, district)
	for _, c := range []struct {
		rel, kind, coordinates, property string
		datasets                         []string
		want                             bool
	}{
		{"contains", "Point", "[117.5,39.5]", "", nil, true},
		{"contains", "Point", "[118,39.5]", "", nil, false},
		{"intersects", "Point", "[118,39.5]", "", nil, true},
		{"within", "Polygon", "[[[110,30],[120,30],[120,50],[110,50],[110,30]]]", "", nil, true},
		{"within", "Point", "[117.5,39.5]", "centre", nil, true},
		{"contains", "Polygon", "[[[110,30],[120,30],[120,50],[110,50],[110,30]]]", "", nil, false},
		{"overlaps", "Polygon", "[[[117.5,39.5],[120,39.5],[120,50],[117.5,50],[117.5,39.5]]]", "", nil, true},
		{"equals", "Polygon", "[[[118,40],[117,40],[117,39],[118,39],[118,40]]]", "", nil, true},
		{"disjoint", "Point", "[117.5,39.5]", "", nil, true}, // the other instance is
		{"disjoint", "Point", "[117.5,39.5]", "", []string{"@none"}, false},
		{"equals", "Point", "[100,20]", "", nil, true},
		{"equals", "Point", "[100,20]", "", []string{"@none"}, false},
		{"near;maxDistance==1", "Point", "[117.5,39.5]", "", nil, true},
		{"near;maxDistance==120000", "Point", "[117.5,41]", "", nil, true},
		{"near;maxDistance==110000", "Point", "[117.5,41]", "", nil, false},
		{"near;minDistance==110000", "Point", "[117.5,41]", "centre", nil, true},
		{"near;minDistance==170000", "Point", "[117.5,41]", "centre", nil, false},
		{"disjoint", "Point", "[1,1]", "absent", nil, false},
		{"disjoint", "Point", "[1,1]", "name", nil, false},
	} {
		s := filter.Selection{Geo: geoQuery(t, c.rel, c.kind, c.coordinates, c.property), Datasets: c.datasets}
		if got := s.Match(e); got != c.want {
			t.Errorf("%s: %v, want %v", s.Geo, got, c.want)
		}
		if b, ok := s.Box(); ok && c.want && len(c.datasets) > 0 {
			if _, box, _ := e.Attr("location").Bounds(); !box.Meets(b) {
				t.Errorf("%s: the box %v loses a match", s.Geo, b)
			}
		}
	}
}

func TestBox(t *testing.T) {
	for _, c := range []struct {
		rel, property string
		want          ngsi.Box
		ok            bool
	}{
		{"within", "", ngsi.Box{1, 2, 3, 4}, true}, {"intersects", "location", ngsi.Box{1, 2, 3, 4}, true}, {"disjoint", "", ngsi.Box{}, false},
		{"within", "centre", ngsi.Box{}, false}, {"near;minDistance==5", "", ngsi.Box{}, false},
	} {
		s := filter.Selection{Geo: geoQuery(t, c.rel, "MultiPoint", "[[1,4],[3,2]]", c.property)}
		if got, ok := s.Box(); got != c.want || ok != c.ok {
			t.Errorf("%s: %v %v", s.Geo, got, ok)
		}
	}
	s := filter.Selection{Geo: geoQuery(t, "near;maxDistance==111196", "Point", "[10,60]", "")}
	if b, ok := s.Box(); !ok || b[0] > 8.0 || b[0] < 7.9 || b[1] > 59 || b[1] < 58.99 || b[2] < 12 || b[3] < 61 {
		t.Errorf("a degree around a place: %v %v", b, ok)
	}
	if _, ok := (&filter.Selection{}).Box(); ok {
		t.Error("there is a box without a geo query")
	}
}

// TestMatchAtOnce evaluates one selection from several goroutines, as pages of a query may.
func TestMatchAtOnce(t *testing.T) {
	e := entity(t, district)
	s := &filter.Selection{Geo: geoQuery(t, "contains", "Point", "[117.5,39.5]", "")}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if !s.Match(e) {
					t.Error("no match")
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkMatchGeo(b *testing.B) {
	e := entity(b, station)
	for _, c := range []struct{ name, rel, kind, coordinates string }{
		{"near", "near;maxDistance==2000", "Point", "[8,40.01]"},
		{"within", "within", "Polygon", "[[[7,39],[9,39],[9,41],[7,41],[7,39]]]"},
	} {
		s := &filter.Selection{Geo: geoQuery(b, c.rel, c.kind, c.coordinates, "")}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Match(e)
			}
		})
	}
}
