package filter_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// names is the context of the tests.
func names(term string) string {
	switch term {
	case "commercial", "Male":
		return "https://example.org/" + term
	}
	return term
}

const station = `{
 "id": "urn:ngsi-ld:Station:1", "type": ["Station", "Building"], "scope": ["/tianjin/heping", "/unit"],
 "speed": [{"type":"Property","value":30,"unitCode":"KMH","observedAt":"2024-01-01T12:00:00.5Z","source":{"type":"Relationship","object":"urn:s:1"},
            "accuracy":{"type":"Property","value":0.9,"observedAt":"2023-01-01T00:00:00Z"}},
           {"type":"Property","value":50,"datasetId":"urn:d:2"}],
 "name": {"type":"Property","value":"Eiffel Tower"},
 "escaped": {"type":"Property","value":"a\"b\\c\u00e9"},
 "route": {"type":"Property","value":"550"},
 "tags": {"type":"Property","value":["blue","red","green",7,true]},
 "numbers": {"type":"ListProperty","valueList":[1,2,3]},
 "big": {"type":"Property","value":9007199254740993},
 "on": {"type":"Property","value":true},
 "nothing": {"type":"JsonProperty","json":{"a":null,"value":"Overstay 60 minutes","list":[{"b":1}]}},
 "address": {"type":"Property","value":{"city":"Berlin","geo":{"lat":52.5}}},
 "sensor": {"type":"Property","value":40,"rawdata":{"type":"Property","value":{"airquality":{"particulate":40,"PM20":85}}}},
 "when": {"type":"Property","value":{"@type":"DateTime","@value":"2020-05-05T10:00:00Z"}},
 "whenText": {"type":"Property","value":"2020-05-05T10:00:00.000Z"},
 "day": {"type":"Property","value":"2020-05-05"},
 "clock": {"type":"Property","value":"10:30:00Z"},
 "color": {"type":"LanguageProperty","languageMap":{"fr":["chat","rouge"],"en":"red","zh-Hans":"红"}},
 "category": {"type":"VocabProperty","vocab":"https://example.org/commercial"},
 "kinds": {"type":"VocabProperty","vocab":["https://example.org/commercial","https://example.org/park"]},
 "managedBy": {"type":"Relationship","object":"urn:ngsi-ld:Org:1"},
 "visits": {"type":"Relationship","object":["urn:ngsi-ld:Org:1","urn:ngsi-ld:Org:2"]},
 "path": {"type":"ListRelationship","objectList":["urn:ngsi-ld:Org:2","urn:ngsi-ld:Org:3"]},
 "location": {"type":"GeoProperty","value":{"type":"Point","coordinates":[8,40]}}
}`

var world = map[string]string{
	"urn:ngsi-ld:Org:1": `{"id":"urn:ngsi-ld:Org:1","type":"Org","name":{"type":"Property","value":"Pisa Tower"},"boss":{"type":"Relationship","object":"urn:ngsi-ld:Org:2"}}`,
	"urn:ngsi-ld:Org:2": `{"id":"urn:ngsi-ld:Org:2","type":"Firm","name":{"type":"Property","value":"Second"},"load":{"type":"Property","value":3}}`,
}

func entity(t testing.TB, text string) *ngsi.Entity {
	t.Helper()
	e := new(ngsi.Entity)
	if err := json.Unmarshal([]byte(text), e); err != nil {
		t.Fatal(err)
	}
	return e
}

func linked(t testing.TB) func(string) *ngsi.Entity {
	return func(id string) *ngsi.Entity {
		if text, ok := world[id]; ok {
			return entity(t, text)
		}
		return nil
	}
}

func TestMatchQ(t *testing.T) {
	e := entity(t, station)
	e.CreatedAt = time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		q    string
		want bool
	}{
		// Existence.
		{`speed`, true}, {`absent`, false}, {`!absent`, true}, {`!speed`, false}, {`speed.accuracy`, true}, {`speed.absent`, false}, {`speed.unitCode`, true},
		{`route.unitCode`, false}, {`managedBy`, true}, {`location`, true}, {`address[city]`, true}, {`address[postcode]`, false}, {`address[geo.lat]`, true},
		{`nothing[a]`, true}, {`nothing[list.b]`, false}, {`color[en]`, true}, {`color[de]`, false}, {`color[*]`, true}, {`!color[de]`, true}, {`managedBy[x]`, false},
		// Numbers, and types that do not agree.
		{`speed==30`, true}, {`speed==50`, true}, {`speed==40`, false}, {`speed==30.0`, true}, {`speed=="30"`, false}, {`speed!=30`, true}, {`speed>49`, true},
		{`speed>50`, false}, {`speed>=50`, true}, {`speed<30`, false}, {`speed<=30`, true}, {`route>100`, false}, {`route>"500"`, true}, {`route!=550`, true},
		{`speed=="thirty"`, false}, {`speed!="thirty"`, true}, {`absent!=1`, false}, {`absent!~=x`, false}, {`speed==true`, false},
		{`speed==10..29.9`, false}, {`speed==30..40`, true}, {`speed!=29..51`, false}, {`speed!=10..30`, true}, {`speed==1,30`, true}, {`speed!=30,50`, false},
		{`big==9007199254740993`, true}, {`big==9007199254740992`, false}, {`big>9007199254740992`, true}, {`big!=9007199254740993`, false},
		{`on==true`, true}, {`on==false`, false}, {`on!=false`, true}, {`on!=true,false`, false}, {`sensor.rawdata[airquality.particulate]==40`, true},
		// Texts.
		{`name=="Eiffel Tower"`, true}, {`name=="Eiffel"`, false}, {`name!="Mercedes"`, true}, {`name!="Eiffel Tower","Big Ben"`, false}, {`name=="x","Eiffel Tower"`, true},
		{`name~="^Eiffel"`, true}, {`name~=Tower$`, true}, {`name~=^tower`, false}, {`name!~="^Eiffel"`, false}, {`name!~=^Pisa`, true}, {`speed~=3`, false}, {`speed!~=9`, false},
		{`name=="A".."F"`, true}, {`name=="F".."G"`, false}, {`name>"Eiffel"`, true}, {`escaped=="a\"b\\cé"`, true}, {`escaped>"a\"b"`, true}, {`escaped~=é$`, true},
		// Arrays.
		{`tags=="red"`, true}, {`tags=="black","blue"`, true}, {`tags=="black"`, false}, {`tags!="red"`, false}, {`tags!="black"`, true}, {`tags!="black","red"`, false},
		{`tags==7`, true}, {`tags==true`, true}, {`tags==false`, false}, {`tags~=red`, false}, {`tags>"a"`, false}, {`numbers==2`, true}, {`numbers!=2`, false}, {`numbers==4`, false}, {`numbers==1..9`, false},
		// Compound values.
		{`address[city]=="Berlin"`, true}, {`address[city]!="Berlin"`, false}, {`address[postcode]!="x"`, false}, {`address=="Berlin"`, false}, {`address!="Berlin"`, true},
		{`address[geo.lat]>52`, true}, {`nothing[value]=="Overstay 60 minutes"`, true}, {`nothing[a]==1`, false}, {`nothing[a]!=1`, true},
		// Times.
		{`speed.observedAt>=2024-01-01T12:00:00Z`, true}, {`speed.observedAt==2024-01-01T12:00:00.500Z`, true}, {`speed.observedAt<2024-01-01T12:00:00,5Z`, false},
		{`speed.observedAt>"2023-01-01T00:00:00Z"`, true}, {`speed.accuracy.observedAt<2024-01-01T00:00:00Z`, true}, {`speed.observedAt==2024-01-01T00:00:00Z..2024-01-02T00:00:00Z`, true},
		{`speed.observedAt>2023-01-01`, false}, {`speed.observedAt!=2023-01-01`, true}, {`createdAt>2024-01-01T00:00:00Z`, true}, {`createdAt<"2024-01-01T00:00:00Z"`, false}, {`modifiedAt`, false},
		{`when==2020-05-05T10:00:00.000Z`, true}, {`when=="2020-05-05T10:00:00.0Z"`, true}, {`when<2020-05-05T10:00:00Z`, false}, {`whenText==2020-05-05T10:00:00Z`, true},
		{`whenText=="2020-05-05T10:00:00Z"`, false}, {`whenText>2020-05-05T09:59:59Z`, true}, {`day==2020-05-05`, true}, {`day>2020-05-04`, true}, {`day==2020-05-05T00:00:00Z`, false},
		{`clock==10:00:00Z..11:00:00Z`, true}, {`clock>10:30:00Z`, false}, {`day=="2020-05-05"`, true}, {`when~=^2020`, true},
		// Languages.
		{`color[en]=="red"`, true}, {`color[EN]=="red"`, true}, {`color[en]=="rouge"`, false}, {`color[fr]=="rouge"`, true}, {`color[fr]!="rouge"`, false}, {`color[en]!="rouge"`, true},
		{`color[*]=="rouge"`, true}, {`color[*]!="red"`, false}, {`color[*]!="blue"`, true}, {`color=="红"`, true}, {`color!="red"`, false}, {`color[zh-Hans]=="红"`, true},
		{`color[en]~=^r`, true}, {`color~=^r`, true}, {`color[*]!~=^x`, false}, {`color[de]!="x"`, false},
		// Vocabularies.
		{`category==commercial`, false}, {`category!=commercial`, true}, {`category=="https://example.org/commercial"`, true}, {`category==https://example.org/commercial`, true},
		{`kinds==https://example.org/park`, true}, {`kinds!=https://example.org/park`, false}, {`category>"a"`, false}, {`category~=commercial`, false},
		// Relationships.
		{`managedBy==urn:ngsi-ld:Org:1`, true}, {`managedBy=="urn:ngsi-ld:Org:1"`, true}, {`managedBy!="urn:ngsi-ld:Org:1"`, false}, {`managedBy=="urn:x","urn:ngsi-ld:Org:1"`, true},
		{`managedBy>"urn:a"`, false}, {`managedBy~=urn`, false}, {`managedBy!~=x`, false}, {`visits=="urn:ngsi-ld:Org:2"`, true}, {`visits!="urn:ngsi-ld:Org:2"`, false}, {`visits!=urn:x`, true},
		{`path==urn:ngsi-ld:Org:3`, true}, {`path!=urn:ngsi-ld:Org:3`, false}, {`speed.source==urn:s:1`, true}, {`managedBy==1..2`, false}, {`managedBy!=1..2`, true},
		// Linked entities.
		{`managedBy{name}=="Pisa Tower"`, true}, {`managedBy{name}!="Pisa Tower"`, false}, {`managedBy{Org:name}=="Pisa Tower"`, true}, {`managedBy{Firm:name}=="Pisa Tower"`, false},
		{`managedBy{Firm,Org:name}`, true}, {`managedBy{boss{load}}>2`, true}, {`managedBy{boss{Firm:load}}>2`, true}, {`visits{load}==3`, true}, {`path{name}=="Second"`, true}, {`speed{name}`, false},
		{`!managedBy{load}`, true}, {`name{load}`, false}, {`managedBy{id}=="urn:ngsi-ld:Org:1"`, true},
		// Members of the entity.
		{`id=="urn:ngsi-ld:Station:1"`, true}, {`id~=Station`, true}, {`type==Building`, true}, {`type!=Building`, false}, {`scope=="/unit"`, true}, {`id=="urn:x"`, false}, {`id>"urn:a"`, true},
		{`speed.unitCode=="KMH"`, true}, {`speed.unitCode!~=^K`, false}, {`speed.datasetId==urn:d:2`, true}, {`id.x`, false},
		// Joined.
		{`speed==30;name=="x"`, false}, {`speed==30|name=="x"`, true}, {`name=="x";speed==30|on==true`, true}, {`name=="x";(speed==30|on==true)`, false}, {`location=="x"`, false}, {`location!="x"`, true},
		{`location[type]=="Point"`, true},
	} {
		x, err := query.ParseQ(c.q, query.QOptions{Names: names})
		if err != nil {
			t.Errorf("%s: %v", c.q, err)
			continue
		}
		s := filter.Selection{Q: x, Linked: linked(t)}
		if got := s.Match(e); got != c.want {
			t.Errorf("%s: %v, want %v", c.q, got, c.want)
		}
	}
}

func TestExpandValues(t *testing.T) {
	e := entity(t, station)
	for q, want := range map[string]bool{`category==commercial`: true, `category!=commercial`: false, `category==park`: false, `category=="commercial"`: true} {
		x, err := query.ParseQ(q, query.QOptions{Names: names, ExpandValues: []string{"category"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := (&filter.Selection{Q: x}).Match(e); got != want {
			t.Errorf("%s with expandValues: %v, want %v", q, got, want)
		}
	}
}

func TestDatasets(t *testing.T) {
	e := entity(t, station)
	for _, c := range []struct {
		q        string
		datasets []string
		want     bool
	}{
		{`speed==50`, nil, true}, {`speed==50`, []string{"@none"}, false}, {`speed==30`, []string{"@none"}, true}, {`speed==50`, []string{"urn:d:2"}, true},
		{`speed==30`, []string{"urn:d:2"}, false}, {`speed==30`, []string{"urn:d:2", "@none"}, true}, {`name`, []string{"urn:d:2"}, false},
	} {
		x, _ := query.ParseQ(c.q, query.QOptions{})
		if got := (&filter.Selection{Q: x, Datasets: c.datasets}).Match(e); got != c.want {
			t.Errorf("%s of %v: %v, want %v", c.q, c.datasets, got, c.want)
		}
	}
}

func TestMatchHead(t *testing.T) {
	e := entity(t, station)
	types := func(s string) *query.Types {
		v, err := query.ParseTypes(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	scope := func(s string) *query.Scope {
		v, err := query.ParseScope(s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	pattern, err := filter.Pattern("Station:[0-9]+$")
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		s    filter.Selection
		want bool
	}{
		{filter.Selection{}, true},
		{filter.Selection{IDs: []string{"urn:x", e.ID}}, true},
		{filter.Selection{IDs: []string{"urn:x"}}, false},
		{filter.Selection{IDPattern: pattern}, true},
		{filter.Selection{Types: types("*")}, true},
		{filter.Selection{Types: types("Car,Station")}, true},
		{filter.Selection{Types: types("(Station;Building)")}, true},
		{filter.Selection{Types: types("(Station;Car)|Bus")}, false},
		{filter.Selection{Attrs: []string{"absent", "name"}}, true},
		{filter.Selection{Attrs: []string{"absent"}}, false},
		{filter.Selection{Attrs: []string{"id"}}, false},
		{filter.Selection{Attrs: []string{"scope"}}, true},
		{filter.Selection{Scope: scope("/tianjin/heping")}, true},
		{filter.Selection{Scope: scope("/tianjin")}, false},
		{filter.Selection{Scope: scope("/tianjin/#")}, true},
	} {
		if got := c.s.Match(e); got != c.want {
			t.Errorf("%d: %v, want %v", i, got, c.want)
		}
	}
	for _, bad := range []string{"", "**", "(", strings.Repeat("x", 2000), "((a{100}){100}){100}"} {
		if _, err := filter.Pattern(bad); err == nil {
			t.Errorf("the pattern %.20q passed", bad)
		}
	}
}

func TestHints(t *testing.T) {
	x, err := query.ParseQ(`a==1;b=="x";c==true;d==1,2;e>1;f.g==1;h[i]==1;j==1..2;(k==1|l==2);m{n}==1;o==2020-01-01;id=="x";p==urn:q;r=="2020-01-01T00:00:00Z"`, query.QOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := filter.Selection{Q: x, Attrs: []string{"y"}}
	want := []filter.Equal{{Attr: "a", Value: 1.0}, {Attr: "b", Value: "x"}, {Attr: "c", Value: true}, {Attr: "p", Value: "urn:q"}}
	got := s.Equals()
	if len(got) != len(want) {
		t.Fatalf("equals: %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("equals: %v, want %v", got[i], want[i])
		}
	}
	for name, want := range map[string]bool{"a": true, "f": true, "k": true, "l": true, "m": true, "n": false, "y": true, "z": false, "location": false} {
		if s.Wants(name) != want {
			t.Errorf("wants %s: %v", name, !want)
		}
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	e := entity(t, station)
	x, err := query.ParseQ(`speed>20;name=="Eiffel Tower";(color[en]=="red"|route=="1");tags!="black";address[city]~="^B";speed.observedAt>2020-01-01T00:00:00Z;managedBy==urn:ngsi-ld:Org:1;whenText>2019-01-01T00:00:00Z`, query.QOptions{})
	if err != nil {
		t.Fatal(err)
	}
	types, _ := query.ParseTypes("Station", nil)
	s := &filter.Selection{Q: x, Types: types, Attrs: []string{"name"}}
	if !s.Match(e) {
		t.Fatal("no match")
	}
	if n := testing.AllocsPerRun(100, func() { s.Match(e) }); n != 0 {
		t.Errorf("a match allocates %v times", n)
	}
}

func BenchmarkMatch(b *testing.B) {
	e := entity(b, station)
	x, _ := query.ParseQ(`speed>20;name=="Eiffel Tower"`, query.QOptions{})
	s := &filter.Selection{Q: x}
	for b.Loop() {
		s.Match(e)
	}
}
