package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// user is a context as a user brings it.
var user = func() *jsonld.Context {
	c, err := jsonld.Compile(json.RawMessage(`["https://ctx.test/a"]`), func(string) (json.RawMessage, error) {
		return json.RawMessage(`{"@context":{"ex":"https://ex.test/#","Vehicle":"ex:Vehicle","brandName":"ex:brandName","speed":"ex:speed"}}`), nil
	})
	if err != nil {
		panic(err)
	}
	return c
}()

func same(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%s: %v in %s", what, err, got)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatalf("%s: %v in %s", what, err, want)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func read(t *testing.T, body string, in Input) *ngsi.Entity {
	t.Helper()
	if in.Context == nil {
		in.Context = user
	}
	e, err := Entity([]byte(body), in)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return e
}

// all has every kind of attribute, several instances and sub-attributes.
const all = `{"id":"urn:ngsi-ld:Vehicle:1","type":["Vehicle","Car"],"scope":["/a/b","c"],"@context":"https://ctx.test/a","expiresAt":"2099-01-01T00:00:00Z",
 "speed":[{"type":"Property","value":55,"unitCode":"KMH","observedAt":"2026-01-01T00:00:00.5Z","accuracy":{"type":"Property","value":0.9,"by":{"type":"Relationship","object":"urn:x:1"}}},
          {"type":"Property","value":1.0,"datasetId":"urn:d:gps"}],
 "brandName":{"type":"LanguageProperty","languageMap":{"en":"hi","fr":["a","b"]}},
 "street":{"type":"JsonProperty","json":{"a":[1,null],"speed":2}},
 "category":{"type":"VocabProperty","vocab":["non-commercial","Vehicle"]},
 "depths":{"type":"ListProperty","valueList":[1.2,"x"]},
 "isParked":{"type":"Relationship","object":"urn:p:1","objectType":["Vehicle"],"observedAt":"2026-01-01T00:00:00Z"},
 "owners":{"type":"Relationship","object":["urn:o:1","urn:o:2"]},
 "route":{"type":"ListRelationship","objectList":[{"object":"urn:r:1"},{"object":"urn:r:2"}]},
 "location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[8,49.5]}},
 "ex:odd":{"type":"Property","value":{"x":"\u00e9"},"valueType":"DateTime"}}`

func TestNormalized(t *testing.T) {
	e := read(t, all, Input{})
	names := []string{}
	for _, a := range e.Attrs {
		names = append(names, a.Name)
	}
	want := []string{"category", "depths", "https://ex.test/#brandName", "https://ex.test/#odd", "https://ex.test/#speed", "https://ex.test/#speed", "isParked", "location", "owners", "route", "street"}
	if !reflect.DeepEqual(names, want) || e.Types[0] != "https://ex.test/#Vehicle" || e.Types[1] != "Car" {
		t.Errorf("names are %v, types %v", names, e.Types)
	}
	if got := string(e.Attrs[0].Value); got != `["https://uri.etsi.org/ngsi-ld/default-context/non-commercial","https://ex.test/#Vehicle"]` {
		t.Errorf("vocab is stored as %s", got)
	}
	want1 := strings.Replace(strings.Replace(all, `"@context":"https://ctx.test/a",`, ``, 1), `"expiresAt":"2099-01-01T00:00:00Z",`, ``, 1)
	same(t, "normalized", Append(nil, e, &Output{Context: user}), want1)
	e.Owner = "city"
	if err := e.Check(); err != nil {
		t.Error(err)
	}
	same(t, "sysAttrs, @context", Append(nil, e, &Output{Context: user, SysAttrs: true, InBody: true}),
		strings.Replace(all, `"@context":"https://ctx.test/a"`, `"@context":["https://ctx.test/a"]`, 1))
	core := Append(nil, e, &Output{Context: jsonld.Core()})
	for _, s := range []string{`"type":["https://ex.test/#Vehicle","Car"]`, `"https://ex.test/#speed":`, `"vocab":["non-commercial","https://ex.test/#Vehicle"]`, `"valueType":"DateTime"`} {
		if !strings.Contains(string(core), s) {
			t.Errorf("in the core context, %s is missing from %s", s, core)
		}
	}
}

func TestConciseAndSimplified(t *testing.T) {
	e := read(t, all, Input{})
	concise := `{"id":"urn:ngsi-ld:Vehicle:1","type":["Vehicle","Car"],"scope":["/a/b","c"],
 "speed":[{"value":55,"unitCode":"KMH","observedAt":"2026-01-01T00:00:00.5Z","accuracy":{"value":0.9,"by":{"object":"urn:x:1"}}},{"value":1.0,"datasetId":"urn:d:gps"}],
 "brandName":{"languageMap":{"en":"hi","fr":["a","b"]}},"street":{"json":{"a":[1,null],"speed":2}},"category":{"vocab":["non-commercial","Vehicle"]},
 "depths":{"valueList":[1.2,"x"]},"isParked":{"object":"urn:p:1","objectType":["Vehicle"],"observedAt":"2026-01-01T00:00:00Z"},
 "owners":{"object":["urn:o:1","urn:o:2"]},"route":{"objectList":["urn:r:1","urn:r:2"]},"location":{"type":"Point","coordinates":[8,49.5]},
 "ex:odd":{"value":{"x":"é"},"valueType":"DateTime"}}`
	out := Append(nil, e, &Output{Context: user, Format: Concise})
	same(t, "concise", out, concise)
	again := read(t, string(out), Input{})
	again.ExpiresAt = e.ExpiresAt
	if !reflect.DeepEqual(e, again) {
		t.Errorf("concise does not read back:\n%+v\n%+v", e, again)
	}
	same(t, "simplified", Append(nil, e, &Output{Context: user, Format: Simplified}), `{"id":"urn:ngsi-ld:Vehicle:1","type":["Vehicle","Car"],"scope":["/a/b","c"],
 "speed":{"dataset":{"@none":55,"urn:d:gps":1.0}},"brandName":{"languageMap":{"en":"hi","fr":["a","b"]}},"street":{"json":{"a":[1,null],"speed":2}},
 "category":{"vocab":["non-commercial","Vehicle"]},"depths":[1.2,"x"],"isParked":"urn:p:1","owners":["urn:o:1","urn:o:2"],"route":["urn:r:1","urn:r:2"],
 "location":{"type":"Point","coordinates":[8,49.5]},"ex:odd":{"x":"é"}}`)
}

// TestConciseIsLossless: values that look like attributes, or like geometries, keep what tells them apart.
func TestConciseIsLossless(t *testing.T) {
	for _, value := range []string{`{"type":"Point","coordinates":[1,2]}`, `{"type":"PostalAddress","street":"x"}`, `{"value":3}`, `[{"type":"Property","value":1}]`,
		`[{"value":1}]`, `[]`, `[1,[2]]`, `{"observedAt":"x"}`, `{"a":{"type":"Property","value":1}}`, `"x"`, `true`, `{}`, `[{"a":1}]`,
		`{"@type":"DateTime","@value":"2026-01-01T00:00:00Z"}`, `{"@value":null,"@type":"@json"}`, `{"@type":"Property","value":1}`} {
		e := read(t, `{"id":"urn:a:b","type":"T","p":{"type":"Property","value":`+value+`}}`, Input{})
		out := Append(nil, e, &Output{Context: user, Format: Concise})
		if again := read(t, string(out), Input{}); !reflect.DeepEqual(e, again) {
			t.Errorf("%s: %s reads back as %+v", value, out, again.Attrs)
		}
	}
}

func TestConciseInput(t *testing.T) {
	e := read(t, `{"@id":"urn:a:b","@type":"Vehicle","speed":55,"location":{"type":"Point","coordinates":[8.0,49.0]},"area":{"value":{"type":"Point","coordinates":[1.0,2.0]}},
	 "plain":{"type":"Property","value":{"type":"Point","coordinates":[1.0,2.0]}},
	 "brandName":{"value":"Volvo","observedAt":"2026-01-01T00:00:00,123Z","createdAt":"x","lang":"fr"},"isParked":{"object":"urn:p:1"},"list":[1,2],"objs":[{"a":1}],"address":{"street":"x"},
	 "geo":{"type":"GeoProperty","value":"{\"type\":\"Point\",\"coordinates\":[1,2]}"},"none":{"value":1,"datasetId":"@none"},
	 "when":{"@type":"DateTime","@value":"2026-01-01T00:00:00Z"}}`, Input{})
	same(t, "concise input", Append(nil, e, &Output{Context: user}), `{"id":"urn:a:b","type":"Vehicle","speed":{"type":"Property","value":55},
	 "location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[8,49]}},"area":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}},
	 "plain":{"type":"Property","value":{"type":"Point","coordinates":[1,2]}},"brandName":{"type":"Property","value":"Volvo","observedAt":"2026-01-01T00:00:00.123Z"},
	 "isParked":{"type":"Relationship","object":"urn:p:1"},"list":{"type":"Property","value":[1,2]},"objs":{"type":"Property","value":[{"a":1}]},"address":{"type":"Property","value":{"street":"x"}},
	 "geo":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}},"none":{"type":"Property","value":1},
	 "when":{"type":"Property","value":{"@type":"DateTime","@value":"2026-01-01T00:00:00Z"}}}`)
}

func TestRefused(t *testing.T) {
	at := func(attr string) string { return `{"id":"urn:a:b","type":"T","p":` + attr + `}` }
	for _, tt := range []struct{ body, pointer, clause string }{
		{at(`{"type":"Property","value":1,"object":"urn:x:1"}`), "/p/object", "4.5.2"},
		{at(`{"type":"Property","value":1,"previousValue":0}`), "/p/previousValue", "4.5.1"},
		{at(`{"type":"Property","value":1,"entityIdSealed":true}`), "/p/entityIdSealed", "4.5.1"},
		{at(`{"type":"Property","object":"urn:x:1"}`), "/p", "4.5.2"}, {at(`{"type":"Property"}`), "/p", "4.5.2"},
		{at(`{"type":"Thing","value":1}`), "/p/type", "4.5.2"}, {at(`{"type":"Relationship","object":"urn:x:1","unitCode":"KMH"}`), "/p", "4.5.3"},
		{at(`{"type":"Relationship","object":"not a uri"}`), "/p/object", "4.5.3"}, {at(`{"type":"Relationship","object":["urn:x:1",7]}`), "/p/object/1", "4.5.3"},
		{at(`{"type":"ListRelationship","objectList":[{"object":"x"}]}`), "/p/objectList/0/object", "4.5.3"}, {at(`{"type":"ListRelationship","objectList":"urn:x:1"}`), "/p/objectList", "4.5.22"},
		{at(`{"type":"ListProperty","valueList":3}`), "/p/valueList", "4.5.21"}, {at(`{"type":"JsonProperty","json":5}`), "/p/json", "4.5.24"},
		{at(`{"type":"JsonProperty","json":{"a":1},"unitCode":"MTR"}`), "/p", "4.5.3"}, {at(`{"type":"LanguageProperty","languageMap":{"e n":"x"}}`), "/p/languageMap/e n", "4.6.5"},
		{at(`{"type":"LanguageProperty","languageMap":{"en":3}}`), "/p/languageMap/en", "5.5.4"}, {at(`{"type":"VocabProperty","vocab":[3]}`), "/p/vocab/0", "5.5.4"},
		{at(`{"type":"GeoProperty","value":{"type":"GeometryCollection","geometries":[]}}`), "/p/value", "4.7"}, {at(`{"type":"GeoProperty","value":"x"}`), "/p/value", "4.7.2"},
		{at(`{"type":"Property","value":null}`), "/p/value", "4.5.0"}, {at(`null`), "/p", "4.5.0"}, {at(`"urn:ngsi-ld:null"`), "/p", "5.5.4"},
		{at(`{"type":"Property","value":"urn:ngsi-ld:null"}`), "/p/value", "5.5.4"}, {at(`{"value":{"a":{"b":"urn:ngsi-ld:null"}}}`), "/p/value/a/b", "5.5.4"},
		{at(`{"value":1,"observedAt":"2026-08-10T12:00:00+02:00"}`), "/p/observedAt", "4.6.3"}, {at(`{"value":1,"observedAt":"2026-08-10"}`), "/p/observedAt", "4.6.3"},
		{at(`{"value":1,"observedAt":{"type":"Property","value":"x"}}`), "/p/observedAt", "5.5.4"}, {at(`{"value":1,"observedAt":"2026-08-10T12:00:00.1234567Z"}`), "/p/observedAt", "4.6.3"},
		{at(`{"value":1,"datasetId":"x"}`), "/p/datasetId", "4.5.5"}, {at(`[{"value":1},{"value":2}]`), "", "4.5.5"}, {at(`[{"value":1},2]`), "/p/1", "4.5.5"},
		{at(`{"value":1,"@context":{}}`), "/p/@context", "5.5.7"}, {at(`{"value":1,"a~/b":1}`), "/p/a~0~1b", "4.6.2"}, {at(`{"observedAt":"2026-08-10T12:00:00Z"}`), "/p", "4.5.2"},
		{`{"id":"urn:a:b","type":"T","my attr":1}`, "/my attr", "4.6.2"}, {`{"id":"urn:a:b","type":"9T"}`, "/type", "4.6.2"}, {`{"id":"x","type":"T"}`, "/id", "4.5.1"},
		{`{"id":"urn:ngsi-ld:null","type":"T"}`, "/id", "4.5.1"}, {`{"type":"T"}`, "", "4.5.1"}, {`{"id":"urn:a:b"}`, "", "4.5.1"}, {`{"id":"urn:a:b","type":[]}`, "/type", "4.5.1"},
		{`{"id":"urn:a:b","type":"T","scope":"9bad"}`, "/scope", "4.18"}, {`{"id":"urn:a:b","type":"T","scope":["/ok","a//b"]}`, "/scope/1", "4.18"},
		{`{"id":"urn:a:b","type":"T","scope":"urn:ngsi-ld:null"}`, "/scope", "4.18"}, {`{"id":"urn:a:b","type":"T","expiresAt":"urn:ngsi-ld:null"}`, "/expiresAt", "4.6.3"},
		{`{"id":"urn:a:b","type":"T","datasetId":{"type":"Property","value":1}}`, "/datasetId", "4.5.1"}, {`{"id":"urn:a:b","@id":"urn:a:b","type":"T"}`, "/@id", "4.4"},
		{at(strings.Repeat(`{"value":1,"q":`, 12) + `1` + strings.Repeat(`}`, 12)), "/p" + strings.Repeat("/q", 9), "4.5.2"}, {`[]`, "", "5.5.4"}, {`7`, "", "5.5.4"},
	} {
		_, err := Entity([]byte(tt.body), Input{Context: user})
		var bad *Error
		if !errors.As(err, &bad) || bad.Pointer != tt.pointer || bad.Clause != tt.clause || bad.Syntax || !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v, want %s %s (%+v)", tt.body, err, tt.pointer, tt.clause, bad)
			continue
		}
		if msg, ok := errs.MsgOf(err); !ok || msg.Zh == "" || msg.En == "" || strings.Contains(msg.En, "%!") || strings.Contains(msg.Zh, "%!") {
			t.Errorf("%s: message %+v", tt.body, msg)
		}
	}
	for _, body := range []string{``, `{`, `{"id":"urn:a:b","type":`, `{"id":7,}`, `{"id":"urn:a:b","type":"T","a":1,"a":2}`, `{"id":"x"} x`, "{\"id\":\"\xff\"}"} {
		_, err := Entity([]byte(body), Input{Context: user})
		var bad *Error
		if !errors.As(err, &bad) || !bad.Syntax {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestFragments(t *testing.T) {
	e := read(t, `{"scope":"urn:ngsi-ld:null","expiresAt":"urn:ngsi-ld:null","a":"urn:ngsi-ld:null","b":{"type":"Property","value":"urn:ngsi-ld:null"},
	 "c":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"}},"d":{"type":"ListRelationship","objectList":[{"object":"urn:ngsi-ld:null"}]},
	 "e":{"type":"ListProperty","valueList":["urn:ngsi-ld:null"]},"f":{"observedAt":"urn:ngsi-ld:null","unitCode":"urn:ngsi-ld:null","by":"urn:ngsi-ld:null"},
	 "g":{"object":"urn:ngsi-ld:null","datasetId":"urn:d:1"},"h":{"sub":{"type":"Property","value":3}},"i":7,"j":{"street":"x"}}`, Input{Fragment: true})
	if len(e.Scope) != 1 || e.Scope[0] != ngsi.Null || !ngsi.IsNullTime(e.ExpiresAt) || e.ID != "" {
		t.Errorf("%+v", e)
	}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		if a := e.Attr(name); a == nil || !ngsi.IsNull(a.Value) {
			t.Errorf("%s is %+v", name, a)
		}
	}
	if f := e.Attr("f"); f.Kind != ngsi.Unsaid || f.Value != nil || !ngsi.IsNullTime(f.ObservedAt) || f.UnitCode != ngsi.Null || !ngsi.IsNull(f.Attrs[0].Value) {
		t.Errorf("f is %+v", f)
	}
	if h := e.Attr("h"); h.Kind != ngsi.Unsaid || len(h.Attrs) != 1 || h.Attrs[0].Kind != ngsi.Property {
		t.Errorf("h is %+v", h)
	}
	if j := e.Attr("j"); j.Kind != ngsi.Property || string(j.Value) != `{"street":"x"}` {
		t.Errorf("j is %+v", j)
	}
	nested := `{"a":{"value":{"b":"urn:ngsi-ld:null"}},"l":{"languageMap":{"en":"urn:ngsi-ld:null"}}}`
	if _, err := Entity([]byte(nested), Input{Context: user, Fragment: true}); err == nil {
		t.Error("a Null within a value was taken outside of a merge")
	}
	read(t, nested, Input{Fragment: true, Merge: true})
	s := read(t, `{"speed":55,"where":{"type":"Point","coordinates":[1,2]},"name":{"languageMap":{"en":"x"}},"what":{"vocab":"Vehicle"},"gone":"urn:ngsi-ld:null",
	 "obj":{"type":"Property","value":3},"many":{"dataset":{"@none":1,"urn:d:1":2}}}`, Input{Fragment: true, Merge: true, Simplified: true})
	kinds := map[string]ngsi.AttrKind{"https://ex.test/#speed": ngsi.Unsaid, "where": ngsi.GeoProperty, "name": ngsi.LanguageProperty, "what": ngsi.VocabProperty, "gone": ngsi.Unsaid, "obj": ngsi.Unsaid, "many": ngsi.Unsaid}
	for name, kind := range kinds {
		if a := s.Attr(name); a == nil || a.Kind != kind {
			t.Errorf("simplified %s is %+v", name, a)
		}
	}
	if len(s.Attrs) != 8 {
		t.Errorf("%d attributes", len(s.Attrs))
	}
}

func TestAttr(t *testing.T) {
	in := Input{Context: user, Fragment: true}
	list, err := Attr([]byte(`{"value":5,"observedAt":"2026-01-01T00:00:00Z"}`), "speed", in)
	if err != nil || len(list) != 1 || list[0].Kind != ngsi.Property || list[0].Name != "speed" {
		t.Errorf("%+v %v", list, err)
	}
	list, err = Attr([]byte(`{"accuracy":{"type":"Property","value":1},"@context":"https://ctx.test/a"}`), "speed", in)
	if err != nil || list[0].Kind != ngsi.Unsaid || list[0].Value != nil || len(list[0].Attrs) != 1 {
		t.Errorf("%+v %v", list, err)
	}
	list, err = Attr([]byte(`[{"object":"urn:a:b"},{"object":"urn:a:c","datasetId":"urn:d:1"}]`), "r", Input{Context: user})
	if err != nil || len(list) != 2 || list[1].DatasetID != "urn:d:1" {
		t.Errorf("%+v %v", list, err)
	}
	for _, body := range []string{`3`, `[]`, `[3]`, `{"value":1,"object":"urn:a:b"}`, `{`, `[{"value":1},{"value":2}]`} {
		if list, err := Attr([]byte(body), "speed", in); err == nil {
			t.Errorf("%s was taken as %+v", body, list)
		}
	}
}

// TestManyTypesAndScopes: a list that is far too long is refused, and read in time that grows as it does.
func TestManyTypesAndScopes(t *testing.T) {
	for _, list := range []string{`"type":[`, `"type":"T","scope":[`} {
		var b strings.Builder
		b.WriteString(`{"id":"urn:a:b",` + list)
		for i := range 300_000 {
			fmt.Fprintf(&b, `"/T%d",`, i)
		}
		body := b.String() + `"/T"]}`
		if !strings.Contains(list, "scope") {
			body = strings.ReplaceAll(body, "/", "")
		}
		e, err := Entity([]byte(body), Input{Context: jsonld.Core()})
		if err == nil {
			err = e.Check()
		}
		if err == nil {
			t.Errorf("%s was taken", list)
		}
	}
}

func TestSplitAndElements(t *testing.T) {
	if c, err := Split([]byte(` {"id":1,"@context":["x"]}`)); err != nil || string(c) != `["x"]` {
		t.Errorf("%s %v", c, err)
	}
	if c, err := Split([]byte(`{}`)); err != nil || c != nil {
		t.Errorf("%s %v", c, err)
	}
	for body, syntax := range map[string]bool{`[]`: false, `{"a":}`: true, `{} {}`: true, ``: true} {
		_, err := Split([]byte(body))
		var bad *Error
		if !errors.As(err, &bad) || bad.Syntax != syntax {
			t.Errorf("%s: %v", body, err)
		}
	}
	if l, err := Elements([]byte(`[{"a":1}, 2]`)); err != nil || len(l) != 2 || string(l[1]) != `2` {
		t.Errorf("%s %v", l, err)
	}
	for n, want := range map[int]errs.Kind{MaxElements: errs.Internal, MaxElements + 1: errs.TooLarge, 5_000_000: errs.TooLarge} {
		l, err := Elements([]byte("[" + strings.Repeat("0,", n-1) + "0]"))
		if (err == nil) != (n == MaxElements) || err != nil && errs.KindOf(err) != want || len(l) > MaxElements {
			t.Errorf("%d elements: %d, %v", n, len(l), err)
		}
	}
	if _, err := Elements([]byte(`{}`)); err == nil {
		t.Error("an object was taken as an array")
	}
}

func TestLanguages(t *testing.T) {
	e := read(t, `{"id":"urn:a:b","type":"T","s":{"languageMap":{"fr":"Grand Place","nl":"Grote Markt"}},"d":{"languageMap":{"de":"x","en-US":["Main","Square"],"@none":"y"}}}`, Input{})
	for _, tt := range []struct{ lang, s, d string }{
		{"fr;q=0.2,nl;q=0.9", "nl", "@none"}, {"FR", "fr", "@none"}, {"nl-BE", "nl", "@none"}, {"en", "fr", "en-US"}, {"pt", "fr", "@none"}, {"*", "fr", "@none"},
		{"pt,nl;q=0.5,*;q=0.1", "nl", "@none"}, {"nl;q=0,de", "fr", "de"}, {"x;q=z", "fr", "@none"},
	} {
		var got struct{ S, D struct{ Type, Lang string } }
		if err := json.Unmarshal(Append(nil, e, &Output{Context: user, Lang: tt.lang}), &got); err != nil {
			t.Fatal(err)
		}
		if got.S.Lang != tt.s || got.D.Lang != tt.d || got.S.Type != "Property" {
			t.Errorf("%s gave %+v", tt.lang, got)
		}
	}
	same(t, "simplified", Append(nil, e, &Output{Context: user, Lang: "en", Format: Simplified}), `{"id":"urn:a:b","type":"T","s":"Grand Place","d":["Main","Square"]}`)
	same(t, "concise", Append(nil, e, &Output{Context: user, Lang: "en", Format: Concise}), `{"id":"urn:a:b","type":"T","s":{"value":"Grand Place","lang":"fr"},"d":{"value":["Main","Square"],"lang":"en-US"}}`)
}

func TestDatasetsAndProjections(t *testing.T) {
	e := read(t, `{"id":"urn:a:b","type":"T","scope":"/x","p":[{"value":1},{"value":2,"datasetId":"urn:d:1"},{"value":3,"datasetId":"urn:d:2"}],"q":{"value":4}}`, Input{})
	e.CreatedAt = time.Unix(1, 0).UTC()
	project := func(s string) *query.Projection {
		p, err := query.ParseProjection(s, user.Expand)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, tt := range []struct {
		o    Output
		want string
	}{
		{Output{Datasets: []string{"urn:d:1"}}, `{"id":"urn:a:b","type":"T","scope":"/x","p":{"type":"Property","value":2,"datasetId":"urn:d:1"}}`},
		{Output{Datasets: []string{"@none", "urn:d:2"}, Format: Simplified}, `{"id":"urn:a:b","type":"T","scope":"/x","p":{"dataset":{"@none":1,"urn:d:2":3}},"q":4}`},
		{Output{Pick: project("id,q"), Format: Simplified}, `{"id":"urn:a:b","q":4}`},
		{Output{Pick: project("q")}, `{"q":{"type":"Property","value":4}}`},
		{Output{Pick: project("scope,createdAt"), SysAttrs: true}, `{"scope":"/x","createdAt":"1970-01-01T00:00:01Z"}`},
		{Output{Omit: project("type,p,scope"), Format: Simplified}, `{"id":"urn:a:b","q":4}`},
		{Output{Omit: project("id,type,p,scope,q")}, `{}`},
	} {
		tt.o.Context = user
		same(t, "output", Append(nil, e, &tt.o), tt.want)
	}
}
