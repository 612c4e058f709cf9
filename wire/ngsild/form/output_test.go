package form

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

func TestLinkedInline(t *testing.T) {
	store := map[string]*ngsi.Entity{}
	for _, body := range []string{
		`{"id":"urn:b:1","type":"Building","name":{"value":"Tower"},"locatedAt":{"type":"Relationship","object":"urn:c:1"},"near":{"object":["urn:c:1","urn:c:9"]},"far":{"object":"urn:c:9"},"way":{"objectList":["urn:c:1"]}}`,
		`{"id":"urn:c:1","type":"City","name":{"value":"Paris"},"in":{"object":"urn:n:1"}}`,
		`{"id":"urn:n:1","type":"Country","name":{"value":"France"},"capital":{"object":"urn:c:1"}}`,
	} {
		e := read(t, body, Input{})
		store[e.ID] = e
	}
	link := func(a *ngsi.Attr) (list []*ngsi.Entity) {
		for id, e := range store {
			if strings.Contains(string(a.Value), `"`+id+`"`) {
				list = append(list, e)
			}
		}
		return list
	}
	for _, tt := range []struct {
		o    Output
		want string
	}{
		{Output{Link: link}, `{"id":"urn:b:1","type":"Building","name":{"type":"Property","value":"Tower"},
		 "locatedAt":{"type":"Relationship","object":"urn:c:1","entity":{"id":"urn:c:1","type":"City","name":{"type":"Property","value":"Paris"},"in":{"type":"Relationship","object":"urn:n:1"}}},
		 "near":{"type":"Relationship","object":["urn:c:1","urn:c:9"],"entity":[{"id":"urn:c:1","type":"City","name":{"type":"Property","value":"Paris"},"in":{"type":"Relationship","object":"urn:n:1"}}]},
		 "far":{"type":"Relationship","object":"urn:c:9"},
		 "way":{"type":"ListRelationship","objectList":[{"object":"urn:c:1"}],"entityList":[{"id":"urn:c:1","type":"City","name":{"type":"Property","value":"Paris"},"in":{"type":"Relationship","object":"urn:n:1"}}]}}`},
		{Output{Link: link, Format: Simplified, Omit: projection(t, "near,way,far")}, `{"id":"urn:b:1","type":"Building","name":"Tower","locatedAt":{"id":"urn:c:1","type":"City","name":"Paris","in":"urn:n:1"}}`},
		{Output{Link: link, Format: Simplified, Pick: projection(t, "near{id},way{id},far")}, `{"near":[{"id":"urn:c:1"},"urn:c:9"],"far":"urn:c:9","way":[{"id":"urn:c:1"}]}`},
		{Output{Link: link, JoinLevel: 2, Format: Simplified, Pick: projection(t, "id,locatedAt{id,name,in{name}}")}, `{"id":"urn:b:1","locatedAt":{"id":"urn:c:1","name":"Paris","in":{"name":"France"}}}`},
		{Output{Link: link, JoinLevel: 3, Format: Concise, Omit: projection(t, "type,name,near,way,far,locatedAt{name,in{type,name,capital}}")},
			`{"id":"urn:b:1","locatedAt":{"object":"urn:c:1","entity":{"id":"urn:c:1","type":"City","in":{"object":"urn:n:1","entity":{"id":"urn:n:1"}}}}}`},
	} {
		tt.o.Context = user
		same(t, "linked", Append(nil, store["urn:b:1"], &tt.o), tt.want)
	}
}

func projection(t *testing.T, s string) *query.Projection {
	t.Helper()
	p, err := query.ParseProjection(s, user.Expand)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestGeoJSON(t *testing.T) {
	e := read(t, `{"id":"urn:b:1","type":"Building","name":{"value":"Tower"},"location":{"type":"Point","coordinates":[13,52]},"site":[{"value":{"type":"Point","coordinates":[1,2]},"datasetId":"urn:d:1"}],"text":{"value":"x"}}`, Input{})
	for _, tt := range []struct {
		o    Output
		want string
	}{
		{Output{InBody: true}, `{"id":"urn:b:1","type":"Feature","geometry":{"type":"Point","coordinates":[13,52]},"properties":{"type":"Building","name":{"type":"Property","value":"Tower"},
		 "location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[13,52]}},"site":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]},"datasetId":"urn:d:1"},"text":{"type":"Property","value":"x"}},"@context":["https://ctx.test/a"]}`},
		{Output{Format: Simplified, Geometry: "site", Datasets: []string{"urn:d:1"}}, `{"id":"urn:b:1","type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"type":"Building","site":{"type":"Point","coordinates":[1,2]}}}`},
		{Output{Format: Simplified, Geometry: "site", Pick: projection(t, "name")}, `{"type":"Feature","geometry":null,"properties":{"name":"Tower"}}`},
		{Output{Format: Simplified, Geometry: "text", Pick: projection(t, "id")}, `{"id":"urn:b:1","type":"Feature","geometry":null,"properties":{}}`},
	} {
		tt.o.Context = user
		same(t, "feature", AppendFeature(nil, e, &tt.o), tt.want)
	}
	o := Output{Context: user, Format: Simplified, Pick: projection(t, "id"), InBody: true}
	same(t, "collection", AppendCollection(nil, []*ngsi.Entity{e, e}, &o), `{"type":"FeatureCollection","features":[{"id":"urn:b:1","type":"Feature","geometry":{"type":"Point","coordinates":[13,52]},"properties":{}},
	 {"id":"urn:b:1","type":"Feature","geometry":{"type":"Point","coordinates":[13,52]},"properties":{}}],"@context":["https://ctx.test/a"]}`)
	same(t, "none", AppendCollection(nil, nil, &Output{Context: user}), `{"type":"FeatureCollection","features":[]}`)
}

// TestChanges has the notifications of 5.8.6 with showChanges, and of deletions.
func TestChanges(t *testing.T) {
	before := read(t, `{"id":"urn:b:1","type":"Building","name":{"value":"Tower"},"same":{"value":1},"at":{"object":"urn:c:1"},"street":{"languageMap":{"fr":"x"}},"j":{"json":{"null":null}},"v":{"vocab":"monument"},
	 "l":{"valueList":[1]},"r":{"objectList":["urn:r:1"]},"d":[{"value":1},{"value":2,"datasetId":"urn:d:1"}]}`, Input{})
	after := read(t, `{"id":"urn:b:1","type":"Building","name":{"value":"Dom"},"same":{"value":1},"at":{"object":"urn:c:2"},"street":{"languageMap":{"nl":"y"}},"j":{"json":{"a":1}},"v":{"vocab":"museum"},
	 "l":{"valueList":[2]},"r":{"objectList":["urn:r:2"]},"d":[{"value":1},{"value":3,"datasetId":"urn:d:1"}],"new":{"value":7}}`, Input{})
	same(t, "changes", Append(nil, after, &Output{Context: user, Before: before}), `{"id":"urn:b:1","type":"Building","name":{"type":"Property","value":"Dom","previousValue":"Tower"},"same":{"type":"Property","value":1},
	 "at":{"type":"Relationship","object":"urn:c:2","previousObject":"urn:c:1"},"street":{"type":"LanguageProperty","languageMap":{"nl":"y"},"previousLanguageMap":{"fr":"x"}},
	 "j":{"type":"JsonProperty","json":{"a":1},"previousJson":{"null":null}},"v":{"type":"VocabProperty","vocab":"museum","previousVocab":"monument"},"l":{"type":"ListProperty","valueList":[2],"previousValueList":[1]},
	 "r":{"type":"ListRelationship","objectList":[{"object":"urn:r:2"}],"previousObjectList":[{"object":"urn:r:1"}]},"d":[{"type":"Property","value":1},{"type":"Property","datasetId":"urn:d:1","value":3,"previousValue":2}],"new":{"type":"Property","value":7}}`)
	gone := before.Clone()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range gone.Attrs {
		gone.Attrs[i].Value = json.RawMessage(`"urn:ngsi-ld:null"`)
		gone.Attrs[i].CreatedAt, gone.Attrs[i].ModifiedAt = at, at
	}
	short := Output{Context: user, Omit: projection(t, "at,d,same,j,l")}
	same(t, "deleted", Append(nil, gone, &short), `{"id":"urn:b:1","type":"Building","name":{"type":"Property","value":"urn:ngsi-ld:null"},"street":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"}},
	 "v":{"type":"VocabProperty","vocab":"urn:ngsi-ld:null"},"r":{"type":"ListRelationship","objectList":["urn:ngsi-ld:null"]}}`)
	short.Format = Concise
	same(t, "deleted, concise", Append(nil, gone, &short), `{"id":"urn:b:1","type":"Building","name":"urn:ngsi-ld:null","street":"urn:ngsi-ld:null","v":"urn:ngsi-ld:null","r":"urn:ngsi-ld:null"}`)
	short.Format = Simplified
	same(t, "deleted, simplified", Append(nil, gone, &short), `{"id":"urn:b:1","type":"Building","name":"urn:ngsi-ld:null","street":"urn:ngsi-ld:null","v":"urn:ngsi-ld:null","r":"urn:ngsi-ld:null"}`)
	short = Output{Context: user, Pick: projection(t, "id,name"), SysAttrs: true, Before: before, DeletedAt: at.Add(time.Hour)}
	same(t, "deleted, all told", Append(nil, gone, &short), `{"id":"urn:b:1","deletedAt":"2026-01-02T04:04:05Z","name":{"type":"Property","value":"urn:ngsi-ld:null","previousValue":"Tower",
	 "createdAt":"2026-01-02T03:04:05Z","modifiedAt":"2026-01-02T03:04:05Z","deletedAt":"2026-01-02T04:04:05Z"}}`)
}

func TestTemporalInput(t *testing.T) {
	e := read(t, `{"id":"urn:v:1","type":"Vehicle","scope":[{"type":"Property","value":["/a"],"observedAt":"2026-01-01T00:00:00Z"},{"type":"Property","value":["/b","/c"]}],
	 "speed":[{"type":"Property","value":1,"observedAt":"2026-01-01T00:00:00Z","instanceId":"urn:i:1"},{"type":"Property","value":2,"observedAt":"2026-01-02T00:00:00Z"},
	 {"type":"Property","value":"urn:ngsi-ld:null","observedAt":"2026-01-03T00:00:00Z","deletedAt":"2026-01-03T00:00:00Z"},{"value":9,"datasetId":"urn:d:1","acc":[{"value":1},{"value":2,"datasetId":"urn:d:2"}]}],
	 "at":{"type":"Relationship","object":"urn:p:1"}}`, Input{Temporal: true})
	if !reflect.DeepEqual(e.Scope, []string{"/b", "/c"}) || len(e.Attrs) != 5 {
		t.Fatalf("%+v", e)
	}
	for i, want := range []string{"1", "2", `"urn:ngsi-ld:null"`, "9"} {
		if got := e.Attrs[i+1]; got.Name != "https://ex.test/#speed" || string(got.Value) != want {
			t.Errorf("instance %d is %+v", i, got)
		}
	}
	for _, body := range []string{
		`{"id":"urn:v:1","type":"Vehicle","expiresAt":"urn:ngsi-ld:null"}`, `{"id":"urn:v:1","type":"Vehicle","speed":"urn:ngsi-ld:null"}`,
		`{"id":"urn:v:1","type":"Vehicle","speed":[{"value":1,"acc":[{"value":1},{"value":2}]}]}`, `{"id":"urn:v:1","type":"Vehicle","scope":[{"value":"9x"}]}`,
	} {
		if _, err := Entity([]byte(body), Input{Context: user, Temporal: true}); err == nil {
			t.Errorf("%s was taken", body)
		}
	}
}

func TestEvolution(t *testing.T) {
	at := func(m int) time.Time { return time.Date(2020, 8, 1, 12, m, 0, 0, time.UTC) }
	instance := func(value string, m int) Instance {
		i := Instance{InstanceID: "urn:i:" + value[:1], Attr: ngsi.Attr{ObservedAt: at(m), CreatedAt: at(m + 1), ModifiedAt: at(m + 2)}}
		if value != "" {
			i.Value = json.RawMessage(value)
		}
		return i
	}
	tomb := Instance{DeletedAt: at(30)}
	v := &Evolution{ID: "urn:v:1", Types: []string{"https://ex.test/#Vehicle"}, Scope: []string{"/x"}, CreatedAt: at(0), ModifiedAt: at(1), Attrs: []Course{
		{Name: "cat", Kind: ngsi.VocabProperty, Instances: []Instance{instance(`"https://ex.test/#Vehicle"`, 1)}},
		{Name: "https://ex.test/#speed", Instances: []Instance{instance("120", 3), instance("80", 5)}},
		{Name: "https://ex.test/#speed", Dataset: "urn:d:1", Instances: []Instance{instance("7", 7)}},
		{Name: "name", Kind: ngsi.LanguageProperty, Instances: []Instance{instance(`{"en":"a","fr":"b"}`, 9), tomb}},
		{Name: "route", Kind: ngsi.ListRelationship, Instances: []Instance{instance(`["urn:r:1"]`, 1)}},
		{Name: "scope", Instances: []Instance{instance(`["/x"]`, 1), tomb}},
		{Name: "tickets", Kind: ngsi.JSONProperty, Instances: []Instance{instance(`{"a":1}`, 1)}},
	}}
	same(t, "normalized", AppendEvolution(nil, v, "", &Output{Context: user, Omit: projection(t, "cat,route,tickets")}), `{"id":"urn:v:1","type":"Vehicle",
	 "speed":[{"type":"Property","value":120,"observedAt":"2020-08-01T12:03:00Z","instanceId":"urn:i:1"},{"type":"Property","value":80,"observedAt":"2020-08-01T12:05:00Z","instanceId":"urn:i:8"},
	 {"type":"Property","value":7,"datasetId":"urn:d:1","observedAt":"2020-08-01T12:07:00Z","instanceId":"urn:i:7"}],
	 "name":[{"type":"LanguageProperty","languageMap":{"en":"a","fr":"b"},"observedAt":"2020-08-01T12:09:00Z","instanceId":"urn:i:{"},{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"},"deletedAt":"2020-08-01T12:30:00Z"}],
	 "scope":[{"type":"Property","value":["/x"],"observedAt":"2020-08-01T12:01:00Z","instanceId":"urn:i:["},{"type":"Property","value":[],"deletedAt":"2020-08-01T12:30:00Z"}]}`)
	same(t, "sysAttrs", AppendEvolution(nil, v, "", &Output{Context: user, SysAttrs: true, Format: Concise, Pick: projection(t, "route,createdAt")}),
		`{"createdAt":"2020-08-01T12:00:00Z","route":[{"objectList":["urn:r:1"],"observedAt":"2020-08-01T12:01:00Z","createdAt":"2020-08-01T12:02:00Z","modifiedAt":"2020-08-01T12:03:00Z","instanceId":"urn:i:["}]}`)
	same(t, "temporalValues", AppendEvolution(nil, v, "", &Output{Context: user, Format: TemporalValues}), `{"id":"urn:v:1","type":"Vehicle",
	 "cat":{"type":"VocabProperty","vocabs":[[{"vocab":"Vehicle"},"2020-08-01T12:01:00Z"]]},
	 "speed":[{"type":"Property","values":[[120,"2020-08-01T12:03:00Z"],[80,"2020-08-01T12:05:00Z"]]},{"type":"Property","datasetId":"urn:d:1","values":[[7,"2020-08-01T12:07:00Z"]]}],
	 "name":{"type":"LanguageProperty","languageMaps":[[{"languageMap":{"en":"a","fr":"b"}},"2020-08-01T12:09:00Z"],[{"languageMap":{"@none":"urn:ngsi-ld:null"}},"2020-08-01T12:30:00Z"]]},
	 "route":{"type":"ListRelationship","objectLists":[[["urn:r:1"],"2020-08-01T12:01:00Z"]]},
	 "scope":{"type":"Property","values":[[["/x"],"2020-08-01T12:01:00Z"],[[],"2020-08-01T12:30:00Z"]]},
	 "tickets":{"type":"JsonProperty","jsons":[[{"json":{"a":1}},"2020-08-01T12:01:00Z"]]}}`)
	for property, want := range map[TimeProperty]string{"createdAt": "12:02:00Z", "modifiedAt": "12:03:00Z", "deletedAt": "12:01:00Z"} {
		out := AppendEvolution(nil, v, property, &Output{Context: user, Format: TemporalValues, Pick: projection(t, "route")})
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("%s: %s", property, out)
		}
	}
	same(t, "lang", AppendEvolution(nil, v, "", &Output{Context: user, Format: TemporalValues, Lang: "fr", Pick: projection(t, "name")}),
		`{"name":{"type":"Property","values":[["b","2020-08-01T12:09:00Z"],[{"languageMap":{"@none":"urn:ngsi-ld:null"}},"2020-08-01T12:30:00Z"]]}}`)
	agg := &Evolution{ID: "urn:v:1", Types: []string{"T"}, Attrs: []Course{{Name: "https://ex.test/#speed", Aggregates: map[string][]Aggregate{
		"max": {{json.RawMessage("120"), at(0), at(60)}}, "avg": {{json.RawMessage("100.5"), at(0), at(60)}, {nil, at(60), at(90)}}}}}}
	same(t, "aggregated", AppendEvolution(nil, agg, "", &Output{Context: user, Format: AggregatedValues, InBody: true}), `{"id":"urn:v:1","type":"T","speed":{"type":"Property",
	 "avg":[[100.5,"2020-08-01T12:00:00Z","2020-08-01T13:00:00Z"],[null,"2020-08-01T13:00:00Z","2020-08-01T13:30:00Z"]],"max":[[120,"2020-08-01T12:00:00Z","2020-08-01T13:00:00Z"]]},"@context":["https://ctx.test/a"]}`)
}

// TestPublishedExamples reads the examples of Smart Data Models with their own contexts, and writes them as they were.
func TestPublishedExamples(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..", "shared", "data", "ngsild")
	files, _ := filepath.Glob(filepath.Join(root, "*", "*.json*"))
	contexts, _ := filepath.Glob(filepath.Join(root, "contexts", "*-context.jsonld"))
	if len(files) == 0 || len(contexts) == 0 {
		t.Skip("the published examples are not here")
	}
	docs := map[string]json.RawMessage{}
	for _, file := range contexts {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs[filepath.Base(file)] = raw
	}
	n := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var head struct {
			ID, Type any
		}
		if json.Unmarshal(raw, &head) != nil || head.ID == nil || head.Type == nil {
			continue
		}
		for name, doc := range docs {
			var body struct {
				Context json.RawMessage `json:"@context"`
			}
			if json.Unmarshal(doc, &body) != nil {
				t.Fatal(name)
			}
			ctx, err := jsonld.Compile(body.Context, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			e, err := Entity(raw, Input{Context: ctx})
			if err != nil {
				t.Logf("%s: %v", filepath.Base(file), err)
				break
			}
			n++
			for _, f := range []Format{Normalized, Concise} {
				out := Append(nil, e, &Output{Context: ctx, Format: f})
				again, err := Entity(out, Input{Context: ctx})
				if err != nil || !reflect.DeepEqual(e, again) {
					t.Errorf("%s in %s, format %d: %v\n%s", file, name, f, err, out)
				}
			}
		}
	}
	t.Logf("%d readings", n)
	if n == 0 {
		t.Error("no example could be read")
	}
}

// FuzzEntity: whatever is read is written in a form that reads back as the same; nothing panics.
func FuzzEntity(f *testing.F) {
	for _, s := range []string{all, `{"id":"urn:a:b","type":"T","p":[{"value":1},{"value":2,"datasetId":"urn:d:1"}]}`, `{"id":"urn:a:b","type":"T","p":{"q":{"type":"Property","value":1}}}`,
		`{"A":{"":`, `{"a":"urn:ngsi-ld:null","b":{"observedAt":"urn:ngsi-ld:null"},"c":{"dataset":{"@none":1}}}`, `{"id":"urn:a:b","type":"T","scope":[{"value":["/a"]}],"p":[{"value":1},{"value":2}]}`} {
		for flags := range byte(16) {
			f.Add([]byte(s), flags)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, flags byte) {
		in := Input{Context: user, Fragment: flags&1 != 0, Merge: flags&2 != 0, Temporal: flags&4 != 0, Simplified: flags&8 != 0}
		e, err := Entity(body, in)
		if err != nil {
			return
		}
		for format := Normalized; format <= Simplified; format++ {
			for _, lang := range []string{"", "en"} {
				out := Append(nil, e, &Output{Context: user, Format: format, SysAttrs: true, Lang: lang})
				if !json.Valid(out) {
					t.Fatalf("%s became %s", body, out)
				}
				if flags != 0 || format == Simplified || lang != "" {
					continue
				}
				again, err := Entity(out, in)
				if err != nil || !reflect.DeepEqual(e.Types, again.Types) || !reflect.DeepEqual(e.Attrs, again.Attrs) && len(e.Attrs) > 0 {
					t.Fatalf("%s became %s (%v):\n%+v\n%+v", body, out, err, e.Attrs, again)
				}
			}
		}
		if !json.Valid(AppendFeature(nil, e, &Output{Context: user})) {
			t.Fatalf("%s as a feature", body)
		}
	})
}

// FuzzAttr: the body of an operation on one attribute.
func FuzzAttr(f *testing.F) {
	for _, s := range []string{`{"value":5}`, `[{"object":"urn:a:b"},{"object":"urn:a:c","datasetId":"urn:d:1"}]`, `{"observedAt":"urn:ngsi-ld:null","x":{"type":"Property","value":1}}`} {
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, fragment bool) {
		list, err := Attr(body, "speed", Input{Context: user, Fragment: fragment, Merge: fragment})
		if err != nil {
			return
		}
		e := &ngsi.Entity{ID: "urn:a:b", Types: []string{"T"}, Attrs: list}
		if out := Append(nil, e, &Output{Context: user}); !json.Valid(out) {
			t.Fatalf("%s became %s", body, out)
		}
	})
}

const five = `{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":{"type":"Property","value":55.5,"unitCode":"KMH","observedAt":"2026-01-01T00:00:00Z"},
 "brandName":{"type":"Property","value":"Mercedes"},"isParked":{"type":"Relationship","object":"urn:ngsi-ld:OffStreetParking:1"},
 "location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[117.2,39.1]}},"status":{"type":"Property","value":"moving"}}`

func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Entity([]byte(five), Input{Context: user}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	e, err := Entity([]byte(five), Input{Context: user})
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	for _, f := range []Format{Normalized, Concise, Simplified} {
		b.Run([]string{"normalized", "concise", "simplified"}[f], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buf = Append(buf[:0], e, &Output{Context: user, Format: f})
			}
		})
	}
}
