package query_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// refused holds an error to be a *query.Error whose place lies in the text.
func refused(t *testing.T, text string, err error) {
	t.Helper()
	var e *query.Error
	if !errors.As(err, &e) || e.Param == "" || e.At < 0 || e.At > len(text) || e.Zh == "" || e.En == "" {
		t.Errorf("%.80q: %v is no fault with a place", text, err)
	}
}

func TestTypes(t *testing.T) {
	for _, c := range []struct {
		in, want string
		only     string
		yes, no  string // types of an entity
	}{
		{"Building", "Building", "Building", "House Building", "House"},
		{"Building|House", "Building|House", "Building House", "House", "Car"},
		{"Building,House", "Building|House", "Building House", "House", "Car"},
		{"(Home;Vehicle)", "(Home;Vehicle)", "", "Vehicle Home", "Home"},
		{"(Home;Vehicle),Motorhome", "(Home;Vehicle)|Motorhome", "", "Motorhome", "Vehicle"},
		{"(Home)", "Home", "Home", "Home", "Car"},
		{"*", "*", "", "X", ""},
		{"Car", "https://example.org/Car", "https://example.org/Car", "https://example.org/Car", "Car"},
		{"https://example.org/x#y|ex:Z", "https://example.org/x#y|ex:Z", "https://example.org/x#y ex:Z", "ex:Z", "Z"},
		{"建筑", "建筑", "建筑", "建筑", "x"},
	} {
		got, err := query.ParseTypes(c.in, func(s string) string {
			if s == "Car" {
				return "https://example.org/Car"
			}
			return s
		})
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if got.String() != c.want || strings.Join(got.Only(), " ") != c.only || got.All() != (c.in == "*") {
			t.Errorf("%s: %s, only %v, all %v", c.in, got, got.Only(), got.All())
		}
		if !got.Match(strings.Fields(c.yes)) || c.no != "" && got.Match(strings.Fields(c.no)) {
			t.Errorf("%s: matches %v wrongly", c.in, got)
		}
	}
	for _, in := range []string{"", " ", "|", "A|", ",A", "A;B", "(A", "A)", "()", "(A|B)", "((A))", "1A", "A*", "*,A", "A B", strings.Repeat("A,", 300) + "A", "A\x00"} {
		_, err := query.ParseTypes(in, nil)
		refused(t, in, err)
	}
	if s := (*query.Types)(nil); !s.Match(nil) || s.Only() != nil || s.All() {
		t.Error("no selection does not select all")
	}
	if s, _ := query.ParseTypes("(A;B)|C", nil); !slices.Equal(s.Some(), []string{"A", "C"}) {
		t.Errorf("some: %v", s.Some())
	}
	if s := query.SelectTypes("A", "B"); s.String() != "A|B" {
		t.Errorf("made: %s", s)
	}
}

func TestScope(t *testing.T) {
	for _, c := range []struct{ in, want, yes, no string }{
		{"/Madrid", "/Madrid", "/Madrid", "/Madrid/Gardens"},
		{"/Madrid", "/Madrid", "Madrid", "/madrid"},
		{"/Madrid/Gardens/#", "/Madrid/Gardens/#", "/Madrid/Gardens", "/Madrid"},
		{"/Madrid/Gardens/#", "/Madrid/Gardens/#", "/Madrid/Gardens/ParqueNorte/Parterre1", "/Madrid/GardensX"},
		{"/Madrid/+/ParqueNorte", "/Madrid/+/ParqueNorte", "/Madrid/Sights/ParqueNorte", "/Madrid/ParqueNorte"},
		{"/+", "/+", "/a", "/a/b"},
		{"/+/#", "/+/#", "/a", ""},
		{"(/Madrid/Districts;/CompanyA)", "(/Madrid/Districts;/CompanyA)", "/CompanyA /Madrid/Districts", "/CompanyA"},
		{"(/Madrid/Districts;/CompanyA)|CompanyB", "(/Madrid/Districts;/CompanyA)|/CompanyB", "/CompanyB", "/CompanyA"},
		{"/Madrid/Districts;/CompanyA", "(/Madrid/Districts;/CompanyA)", "/CompanyA /Madrid/Districts", "/CompanyA"},
		{"/a,/b", "/a|/b", "/b", "/c"},
		{"/#", "/#", "/x", ""},
		{"/天津/和平", "/天津/和平", "/天津/和平", "/天津"},
	} {
		got, err := query.ParseScope(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if got.String() != c.want || !got.Match(strings.Fields(c.yes)) || got.Match(strings.Fields(c.no)) {
			t.Errorf("%s: %s, matches %s: %v, matches %s: %v", c.in, got, c.yes, got.Match(strings.Fields(c.yes)), c.no, got.Match(strings.Fields(c.no)))
		}
	}
	for _, in := range []string{"", "/", "//a", "/a/", "/a//b", "/#/a", "/a#", "/1", "/a-b", "/+a", "(/a", "/a)", "/a|", "(/a|/b)", "/" + strings.Repeat("a", 257), strings.Repeat("/a,", 300) + "/a"} {
		_, err := query.ParseScope(in)
		refused(t, in, err)
	}
	if !(*query.Scope)(nil).Match(nil) {
		t.Error("no scope query does not select all")
	}
}

func TestProjection(t *testing.T) {
	p, err := query.ParseProjection("id,temperature|at{name,owner{age}},at{type},https://example.org/x,x{a},x", nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := "id,temperature,at{name,owner{age},type},https://example.org/x,x"; p.String() != want {
		t.Errorf("%s, want %s", p, want)
	}
	if !p.Has("id") || p.Has("name") || !p.Under("at").Has("name") || !p.Under("at").Under("owner").Has("age") || p.Under("id") != nil || p.Depth() != 2 {
		t.Errorf("%s is not what was read", p)
	}
	if len(p.Names()) != 5 {
		t.Errorf("names: %v", p.Names())
	}
	var none *query.Projection
	if none.Has("id") || none.Under("id") != nil || none.Names() != nil || none.Depth() != 0 {
		t.Error("nil names something")
	}
	for _, in := range []string{"", "id;name", "id,at{name", "id,at{{name}", "id,,name", "id,at{,name}", "id,at{}", "at{name}}", "a b", "-a", "a.b", "name||x", "a,", strings.Repeat("a{", 11) + "a" + strings.Repeat("}", 11), strings.Repeat("a,", 300) + "a"} {
		_, err := query.ParseProjection(in, nil)
		refused(t, in, err)
	}
}

func TestOrderBy(t *testing.T) {
	for in, want := range map[string]string{
		"name": "name", "name,age;desc": "name|age;desc", "name;asc": "name", "address[city]": "address[city]", "address[city];desc": "address[city];desc",
		"name.observedAt": "name.observedAt", "location;dist-asc": "location;dist-asc", "location;dist-desc,id": "location;dist-desc|id", "https://example.org/x;desc": "https://example.org/x;desc",
	} {
		keys, err := query.ParseOrder(in, nil)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		var got []string
		for _, k := range keys {
			got = append(got, k.String())
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s: %v", in, got)
		}
	}
	for _, in := range []string{"", ",", "a,", "a;", "a;up", "a;descx", "a;desc;asc", "a[*]", "a[", "a{b}", "a|b", "a;dist-", strings.Repeat("a,", 16) + "a"} {
		_, err := query.ParseOrder(in, nil)
		refused(t, in, err)
	}
}

func TestGeo(t *testing.T) {
	for _, c := range []struct{ rel, kind, coordinates, property, want string }{
		{"near;maxDistance==2000", "Point", "[8,40]", "observationSpace", "georel=near;maxDistance==2000&geometry=Point&coordinates=[8,40]&geoproperty=observationSpace"},
		{"near;minDistance==1.5e3", "Point", " [ 8 , 40 , 3 ] ", "", "georel=near;minDistance==1500&geometry=Point&coordinates=[8,40,3]&geoproperty=location"},
		{"within", "Polygon", "[[[100.0,0.0],[101.0,0.0],[101.0,1.0],[100.0,1.0],[100.0,0.0]]]", "", "georel=within&geometry=Polygon&coordinates=[[[100.0,0.0],[101.0,0.0],[101.0,1.0],[100.0,1.0],[100.0,0.0]]]&geoproperty=location"},
		{"contains", "MultiPoint", "[[1,2],[3,4]]", "", "georel=contains&geometry=MultiPoint&coordinates=[[1,2],[3,4]]&geoproperty=location"},
		{"overlaps", "LineString", "[[1,2],[3,4]]", "", "georel=overlaps&geometry=LineString&coordinates=[[1,2],[3,4]]&geoproperty=location"},
		{"intersects", "MultiLineString", "[[[1,2],[3,4]]]", "", "georel=intersects&geometry=MultiLineString&coordinates=[[[1,2],[3,4]]]&geoproperty=location"},
		{"equals", "MultiPolygon", "[[[[0,0],[1,0],[1,1],[0,0]]]]", "", "georel=equals&geometry=MultiPolygon&coordinates=[[[[0,0],[1,0],[1,1],[0,0]]]]&geoproperty=location"},
		{"disjoint", "Point", "[-180,-90]", "", "georel=disjoint&geometry=Point&coordinates=[-180,-90]&geoproperty=location"},
	} {
		g, err := query.ParseGeo(c.rel, c.kind, c.coordinates, c.property, nil)
		if err != nil {
			t.Errorf("%v: %v", c, err)
		} else if g.String() != c.want {
			t.Errorf("%s, want %s", g, c.want)
		}
	}
	long := "[" + strings.Repeat("[1,2],", 20_001) + "[1,2]]"
	for _, c := range [][4]string{
		{"", "Point", "[1,2]"}, {"touches", "Point", "[1,2]"}, {"near", "Point", "[1,2]"}, {"near;maxDistance==0", "Point", "[1,2]"}, {"near;maxDistance==-1", "Point", "[1,2]"}, {"near;maxDistance=5", "Point", "[1,2]"},
		{"near;maxDistance==5;minDistance==1", "Point", "[1,2]"}, {"near;maxDistance==inf", "Point", "[1,2]"}, {"near;maxDistance==1e400", "Point", "[1,2]"}, {"near;maxDistance==0x10", "Point", "[1,2]"},
		{"within;maxDistance==5", "Point", "[1,2]"}, {"within", "", "[1,2]"}, {"within", "GeometryCollection", "[]"}, {"within", "point", "[1,2]"}, {"within", "Point", ""}, {"within", "Point", "[1]"},
		{"within", "Point", "[[1,2]]"}, {"within", "Point", "[181,2]"}, {"within", "Point", "[1,-91]"}, {"within", "Point", "[1,2]]"}, {"within", "Point", "[1,2] 3"}, {"within", "Point", "[1,2"}, {"within", "Point", `["1",2]`},
		{"within", "Point", "[1,2,3,4,5]"}, {"within", "Point", "[1e999,2]"}, {"within", "Point", "[1,,2]"}, {"within", "LineString", "[[1,2]]"}, {"within", "MultiPoint", "[]"}, {"within", "Polygon", "[]"}, {"within", "Polygon", "[[]]"},
		{"within", "Polygon", "[[[0,0],[1,0],[1,1]]]"}, {"within", "Polygon", "[[[0,0],[1,0],[0,0]]]"}, {"within", "Polygon", "[[[0,0],[1,0],[1,1],[0,1]]]"}, {"within", "Polygon", "[[0,0],[1,0],[1,1],[0,0]]"},
		{"within", "MultiPoint", long}, {"within", "MultiPoint", strings.Repeat("[", 2<<20)}, {"within", "Point", "[1,2]", "a.b"}, {"within", "Point", "[1,2]", "1"}, {"within", "Point", "{}"}, {"within", "Point", "null"},
	} {
		_, err := query.ParseGeo(c[0], c[1], c[2], c[3], nil)
		refused(t, c[0]+c[1]+c[2]+c[3], err)
	}
}

func TestTimes(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	noon := at("2017-12-13T12:00:00Z")
	for _, c := range []struct {
		rel, at, end    string
		before, on, aft bool // has a second before noon, noon, a second after
	}{
		{"before", "2017-12-13T12:00:00Z", "", true, false, false}, {"after", "2017-12-13T12:00:00,000Z", "", false, true, true}, {"", "", "", true, true, true},
		{"between", "2017-12-13T12:00:00Z", "2017-12-13T12:00:01Z", false, true, false}, {"between", "2017-12-13T11:00:00Z", "2017-12-13T12:00:00Z", true, false, false},
	} {
		q, err := query.ParseTimes(c.rel, c.at, c.end, "")
		if err != nil {
			t.Fatal(err)
		}
		if q.Has(noon.Add(-time.Second)) != c.before || q.Has(noon) != c.on || q.Has(noon.Add(time.Second)) != c.aft || q.Has(time.Time{}) {
			t.Errorf("%s is wrong about noon", q)
		}
		if q.Property != "observedAt" {
			t.Errorf("%s: property", q)
		}
	}
	for _, c := range [][4]string{
		{"during", "2017-12-13T12:00:00Z"}, {"", "2017-12-13T12:00:00Z"}, {"", "", "2017-12-13T12:00:00Z"}, {"before"}, {"after", "2017-12-13"}, {"after", "2017-12-13T12:00:00"}, {"after", "2017-12-13T12:00:00+08:00"},
		{"between", "2017-12-13T12:00:00Z"}, {"between", "2017-12-13T12:00:00Z", "x"}, {"", "", "", "observed"}, {"after", "2017-12-13T12:00:00.1234567Z"}, {"after", "2017-12-13T24:00:00Z"}, {"after", "2017-02-29T12:00:00Z"},
	} {
		_, err := query.ParseTimes(c[0], c[1], c[2], c[3])
		refused(t, strings.Join(c[:], " "), err)
	}
	if !(*query.Times)(nil).Has(noon) {
		t.Error("no query lacks a time")
	}
}

func TestPeriod(t *testing.T) {
	for in, want := range map[string]query.Period{
		"P3Y6M4DT12H30M5S": {Years: 3, Months: 6, Days: 4, Exact: 12*time.Hour + 30*time.Minute + 5*time.Second}, "PT0S": {}, "P0D": {}, "P2W": {Days: 14}, "PT15M": {Exact: 15 * time.Minute},
		"P1M": {Months: 1}, "PT1M": {Exact: time.Minute}, "PT0.25S": {Exact: 250 * time.Millisecond}, "P1YT1S": {Years: 1, Exact: time.Second}, "PT36H": {Exact: 36 * time.Hour},
	} {
		got, err := query.ParsePeriod(in)
		if err != nil || got != want {
			t.Errorf("%s: %+v %v", in, got, err)
		}
		if again, err := query.ParsePeriod(got.String()); err != nil || again != got {
			t.Errorf("%s prints as %s: %+v %v", in, got, again, err)
		}
		if got.Whole() != (in == "PT0S" || in == "P0D") {
			t.Errorf("%s: whole %v", in, got.Whole())
		}
	}
	for _, in := range []string{"", "P", "PT", "P1", "1D", "P1DT", "P1D1Y", "PT1M1H", "P1W1D", "P1Y1W", "P-1D", "P1.5D", "PT1.S", "PT.5S", "P1S", "PT1D", "P1H", "PT1Y", "P9999999999D", "PT9999999H", "PT1,1234567S", "P2020-01-01T00:00:00", "P1D ", "P1D1D"} {
		_, err := query.ParsePeriod(in)
		refused(t, in, err)
	}
	month, _ := query.ParsePeriod("P1M")
	last := time.Date(2024, 1, 31, 10, 0, 0, 0, time.UTC)
	if got := month.After(last); !got.Equal(time.Date(2024, 2, 29, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("a month after 31 January 2024: %v", got)
	}
	if got := month.Times(last, 2); !got.Equal(time.Date(2024, 3, 31, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("two months after 31 January 2024: %v", got)
	}
}

// FuzzGrammars holds every grammar but q to this: what parses prints as what parses and prints the same.
func FuzzGrammars(f *testing.F) {
	for _, s := range []string{"(A;B)|C,https://x/y", "(/a/+;/b)|/c/#", "a,b{c|d{e}},f", "a.b[c.d];desc,e;dist-asc", "[[[0,0],[1,0],[1,1],[0,0]]]", "near;maxDistance==2e3", "P1Y2M3DT4H5M6.7S", "2020-01-01T00:00:00,5Z", "^(a|b)[[:alpha:]]{2,3}$"} {
		f.Add(s)
	}
	type tree interface{ String() string }
	again := func(t *testing.T, s string, parse func(string) (tree, error)) {
		x, err := parse(s)
		if err != nil {
			var e *query.Error
			if !errors.As(err, &e) || e.At < 0 || e.At > len(s) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		y, err := parse(x.String())
		if err != nil || x.String() != y.String() {
			t.Fatalf("%q printed as %q: %v %v", s, x, y, err)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		again(t, s, func(s string) (tree, error) { return query.ParseTypes(s, nil) })
		again(t, s, func(s string) (tree, error) { return query.ParseScope(s) })
		again(t, s, func(s string) (tree, error) { return query.ParseProjection(s, nil) })
		again(t, s, func(s string) (tree, error) { return query.ParsePeriod(s) })
		if keys, err := query.ParseOrder(s, nil); err == nil {
			for _, k := range keys {
				again(t, k.String(), func(s string) (tree, error) {
					keys, err := query.ParseOrder(s, nil)
					if err != nil {
						return nil, err
					}
					return keys[0], nil
				})
			}
		}
		_, _ = query.ParseTimes("after", s, "", "")
		_, _ = query.ParseGeo(s, "Point", "[1,2]", "", nil)
		_, _ = query.Pattern("idPattern", s)
		for _, kind := range []string{"Point", "LineString", "Polygon", "MultiPolygon"} {
			if c, err := query.ParseGeometry("geometry", "coordinates", kind, s); err == nil {
				if d, err := query.ParseGeometry("geometry", "coordinates", kind, string(c)); err != nil || string(c) != string(d) {
					t.Fatalf("%q: %q, %q, %v", s, c, d, err)
				}
			}
		}
	})
}
