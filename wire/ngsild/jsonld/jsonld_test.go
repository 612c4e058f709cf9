package jsonld

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/piprate/json-gold/ld"

	"github.com/haihe-city/haihe/errs"
)

// shelf is a Loader over a map.
type shelf map[string]string

func (s shelf) load(url string) (json.RawMessage, error) {
	if doc, ok := s[url]; ok {
		return json.RawMessage(doc), nil
	}
	return nil, errNotThere
}

var errNotThere = errors.New("not there")

func compile(t *testing.T, value string, docs shelf) *Context {
	t.Helper()
	c, err := Compile(json.RawMessage(value), docs.load)
	if err != nil {
		t.Fatalf("%s: %v", value, err)
	}
	return c
}

func TestCore(t *testing.T) {
	c := Core()
	for term, want := range map[string]string{
		"location": "location", "Vehicle": "Vehicle", "ngsi-ld:location": "location", "ngsi-ld:default-context/Vehicle": "Vehicle",
		"https://uri.etsi.org/ngsi-ld/location":                 "location",
		"https://uri.etsi.org/ngsi-ld/default-context/location": "https://uri.etsi.org/ngsi-ld/default-context/location",
		"https://uri.etsi.org/ngsi-ld/hasValue":                 "value",
		"non-commercial":                                        "https://uri.etsi.org/ngsi-ld/default-context/non-commercial",
		"geojson:Point":                                         "Point", "ex:a": "ex:a", "urn:x:y": "urn:x:y", "车辆": "车辆",
	} {
		if got := c.Expand(term); got != want {
			t.Errorf("Expand(%s) = %s, want %s", term, got, want)
		}
	}
	for name, want := range map[string]string{
		"location": "location", "Vehicle": "Vehicle", "https://ex.org/a#b": "https://ex.org/a#b",
		"https://uri.etsi.org/ngsi-ld/default-context/location":       "ngsi-ld:default-context/location",
		"https://uri.etsi.org/ngsi-ld/default-context/non-commercial": "non-commercial",
		"https://uri.etsi.org/ngsi-ld/default-context/a:b":            "ngsi-ld:default-context/a:b",
	} {
		if got := c.Compact(name); got != want || c.Expand(got) != name {
			t.Errorf("Compact(%s) = %s, want %s", name, got, want)
		}
	}
	for iri, want := range map[string]string{
		"http://purl.org/dc/terms/title": "title", "https://uri.etsi.org/ngsi-ld/default-context/": "https://uri.etsi.org/ngsi-ld/default-context/",
		"https://uri.etsi.org/ngsi-ld/default-context/x": "x", "urn:a:b": "urn:a:b",
	} {
		if got := Name(iri); got != want || IRI(got) != iri {
			t.Errorf("Name(%s) = %s, want %s; back to %s", iri, got, want, IRI(got))
		}
	}
}

func TestIsCore(t *testing.T) {
	for url, want := range map[string]bool{
		CoreURL: true, "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld": true,
		"http://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld":          true,
		"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-non-existing.jsonld": false,
		"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.10.jsonld":        false,
		"https://evil.example/uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld": false,
		"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld?x":       false,
	} {
		if IsCore(url) != want {
			t.Errorf("IsCore(%s): want %v", url, want)
		}
	}
}

func TestCompile(t *testing.T) {
	docs := shelf{
		"https://ctx.test/compound": `{"@context":["https://ctx.test/a","https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"]}`,
		"https://ctx.test/a":        `{"@context":{"speed":"https://a.test/speed","name":"https://a.test/name"}}`,
		"https://ctx.test/b":        `{"@context":{"speed":"https://b.test/speed"}}`,
	}
	for _, tt := range []struct{ value, term, name, back, url string }{
		{`"https://ctx.test/compound"`, "speed", "https://a.test/speed", "speed", "https://ctx.test/compound"},
		{`["https://ctx.test/a","https://ctx.test/b"]`, "speed", "https://b.test/speed", "speed", ""},
		{`["https://ctx.test/b","https://ctx.test/a"]`, "speed", "https://a.test/speed", "speed", ""},
		{`["https://ctx.test/a",null]`, "speed", "speed", "speed", "https://ctx.test/a"},
		{`["https://ctx.test/a","` + CoreURL + `"]`, "location", "location", "location", "https://ctx.test/a"},
		{`{"location":"https://evil.test/l","Property":"https://evil.test/P"}`, "location", "location", "location", ""},
		{`{"ex":"https://ex.test/#"}`, "ex:a", "https://ex.test/#a", "ex:a", ""},
		{`{"a":"ex:a","ex":"https://ex.test/#"}`, "a", "https://ex.test/#a", "a", ""},
		{`{"a":"b","b":"c","c":"https://ex.test/c"}`, "a", "https://ex.test/c", "a", ""},
		{`{"ex":"https://ex.test/v"}`, "ex:a", "ex:a", "ex:a", ""}, // no delimiter at its end: no prefix
		{`{"ex":{"@id":"https://ex.test/v","@prefix":true}}`, "ex:a", "https://ex.test/va", "ex:a", ""},
		{`{"@vocab":"https://v.test/","a":{"@type":"@id"},"b":"c"}`, "a", "https://v.test/a", "a", ""},
		{`{"@vocab":"https://v.test/","b":"c"}`, "b", "https://v.test/c", "b", ""},
		{`{"@vocab":"https://v.test/"}`, "zzz", "zzz", "zzz", ""}, // the core's @vocab is the last
		{`{"a":{"@id":"https://ex.test/a","@type":"https://ex.test/Int","@container":"@set"}}`, "a", "https://ex.test/a", "a", ""},
		{`{"short":"https://ex.test/a","longer":"https://ex.test/a"}`, "longer", "https://ex.test/a", "short", ""},
		{`{"ab":"https://ex.test/a","aa":"https://ex.test/a"}`, "ab", "https://ex.test/a", "aa", ""},
		{`{"almostFull":"https://x.test/almostFull"}`, "ngsi-ld:default-context/almostFull", "almostFull", "ngsi-ld:default-context/almostFull", ""},
		{`{"velocity":"https://uri.etsi.org/ngsi-ld/default-context/speed"}`, "velocity", "speed", "velocity", ""},
		{`{"pos":"ngsi-ld:location"}`, "pos", "location", "location", ""},
		{`{"identifier":"@id"}`, "identifier", "identifier", "identifier", ""},
		{`{"a":null}`, "a", "a", "a", ""},
		{`[]`, "a", "a", "a", CoreURL},
		{`"` + CoreURL + `"`, "a", "a", "a", CoreURL},
		{`{"@import":"https://ctx.test/a","speed":"https://c.test/s"}`, "name", "https://a.test/name", "name", ""},
	} {
		c := compile(t, tt.value, docs)
		if got := c.Expand(tt.term); got != tt.name {
			t.Errorf("%s: Expand(%s) = %s, want %s", tt.value, tt.term, got, tt.name)
		}
		if got := c.Compact(tt.name); got != tt.back {
			t.Errorf("%s: Compact(%s) = %s, want %s", tt.value, tt.name, got, tt.back)
		}
		if c.URL() != tt.url {
			t.Errorf("%s: URL %q, want %q", tt.value, c.URL(), tt.url)
		}
	}
	if got := string(compile(t, `[ "https://ctx.test/a" ]`, docs).Value()); got != `["https://ctx.test/a"]` {
		t.Errorf("Value is %s", got)
	}
}

func TestCompileRefuses(t *testing.T) {
	deep := `"https://ctx.test/d0"`
	docs := shelf{
		"https://ctx.test/self": `{"@context":"https://ctx.test/other"}`, "https://ctx.test/other": `{"@context":["https://ctx.test/self"]}`,
		"https://ctx.test/html": `<html>`, "https://ctx.test/bare": `{"speed":"https://a.test/s"}`, "https://ctx.test/text": `"x"`,
		"https://ctx.test/leaf": `{"@context":{}}`,
	}
	for i := range 40 {
		docs[fmt.Sprint("https://ctx.test/d", i)] = fmt.Sprintf(`{"@context":"https://ctx.test/d%d"}`, i+1)
	}
	many := `[` + strings.Repeat(`"https://ctx.test/leaf",`, 100) + `"https://ctx.test/leaf"]`
	for name, value := range map[string]string{
		"scoped": `[{"Vehicle":{"@id":"https://e.test/V","@context":{"speed":"https://e.test/h"}}}]`, "cycle": `"https://ctx.test/self"`,
		"terms in a circle": `{"a":"b","b":"a"}`, "prefixes in a circle": `{"a":"b:x","b":"a:x"}`, "html": `"https://ctx.test/html"`,
		"no context": `"https://ctx.test/bare"`, "text": `"https://ctx.test/text"`, "number": `3`, "nested number": `[[3]]`,
		"relative": `"ctx.jsonld"`, "deep": deep, "many": many, "definition": `{"a":3}`, "no IRI": `{"a":"b c"}`, "reverse": `{"a":{"@reverse":"https://x.test/"}}`,
		"version": `{"@version":1.0}`, "vocab": `{"@vocab":3}`, "broken": `{`, "empty": ``, "depth": strings.Repeat("[", 40) + strings.Repeat("]", 40),
		"grows": grow(), "blank": `{"a":"_:b"}`, "id": `{"a":{"@id":7}}`, "prefixes": odd(),
	} {
		_, err := Compile(json.RawMessage(value), docs.load)
		var bad *Error
		if !errors.As(err, &bad) || !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
		if msg, ok := errs.MsgOf(err); ok && (msg.Zh == "" || msg.En == "") {
			t.Errorf("%s: half a message", name)
		}
	}
	var bad *Error
	if _, err := Compile(json.RawMessage(`"https://ctx.test/none"`), docs.load); !errors.Is(err, errNotThere) || errors.As(err, &bad) {
		t.Errorf("the loader's error became %v", err)
	}
}

// odd has more prefixes than are tried.
func odd() string {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, `,"p%d":{"@id":"https://x.test/v%d","@prefix":true}`, i, i)
	}
	return "{" + b.String()[1:] + "}"
}

// grow is a context whose IRIs double with each term.
func grow() string {
	var b strings.Builder
	b.WriteString(`{"t0":"https://x.test/` + strings.Repeat("x", 200) + `/"`)
	for i := range 40 {
		fmt.Fprintf(&b, `,"t%d":"t%d:%s/"`, i+1, i, strings.Repeat("y", 200))
	}
	return b.String() + "}"
}

func TestCoreDocumentSaysWhatTheTableSays(t *testing.T) {
	var doc struct {
		Context map[string]any `json:"@context"`
	}
	if err := json.Unmarshal(CoreDocument(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Context) != len(coreTerms)+3 { // @version, @protected, @vocab
		t.Errorf("%d members for %d terms", len(doc.Context), len(coreTerms))
	}
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "data", "ngsild", "contexts", "ngsi-ld-core-context-v1.9.jsonld"))
	if err != nil {
		t.Skip("the published core context is not here")
	}
	var published struct {
		Context map[string]any `json:"@context"`
	}
	if err := json.Unmarshal(raw, &published); err != nil {
		t.Fatal(err)
	}
	full := func(v any) any {
		return json.RawMessage(strings.ReplaceAll(strings.ReplaceAll(mustJSON(v), `"ngsi-ld:`, `"`+ngsiLD), `"geojson:`, `"`+geoJSON))
	}
	for term, def := range published.Context {
		if got := doc.Context[term]; mustJSON(full(got)) != mustJSON(full(def)) {
			t.Errorf("%s is %v, published %v", term, got, def)
		}
	}
	if len(doc.Context) != len(published.Context) {
		t.Errorf("%d members, published %d", len(doc.Context), len(published.Context))
	}
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// oracle is json-gold with the same documents.
type oracle struct{ docs shelf }

func (o oracle) LoadDocument(url string) (*ld.RemoteDocument, error) {
	body := o.docs[url]
	if IsCore(url) {
		body = string(CoreDocument())
	} else if body == "" {
		body = `{"@context":{}}`
	}
	doc, err := ld.DocumentFromReader(strings.NewReader(body))
	return &ld.RemoteDocument{DocumentURL: url, Document: doc}, err
}

func (o oracle) options() *ld.JsonLdOptions {
	opt := ld.NewJsonLdOptions("")
	opt.DocumentLoader = o
	return opt
}

// randomContext makes a context object that JSON-LD takes; coerced allows for @type.
func randomContext(r *rand.Rand, coerced bool) map[string]any {
	ctx := map[string]any{}
	if r.IntN(2) == 0 {
		ctx["@vocab"] = []string{"https://v.test/", "https://v.test/ns#"}[r.IntN(2)]
	}
	prefixes := []string{"ex", "app", "p1"}
	for _, p := range prefixes {
		switch r.IntN(5) {
		case 0:
			ctx[p] = "https://" + p + ".test/"
		case 1:
			ctx[p] = "https://ex.test/" + p + "#"
		case 2:
			ctx[p] = map[string]any{"@id": "https://ex.test/" + p, "@prefix": true}
		case 3:
			ctx[p] = "https://plain.test/" + p
		}
	}
	for _, name := range pool[:r.IntN(len(pool))] {
		var def any
		switch r.IntN(6) {
		case 0:
			def = "https://ex.test/" + pool[r.IntN(len(pool))]
		case 1:
			def = []string{"ex", "app", "p1", "urn"}[r.IntN(4)] + ":" + pool[r.IntN(len(pool))]
		case 2:
			def = map[string]any{"@id": "https://ex.test/p1#" + name}
		case 3:
			if _, ok := ctx["@vocab"]; !ok {
				continue
			}
			def = map[string]any{}
		case 4:
			def = map[string]any{"@id": "https://uri.etsi.org/ngsi-ld/default-context/" + pool[r.IntN(len(pool))]}
		case 5:
			continue
		}
		if m, ok := def.(map[string]any); ok && coerced && r.IntN(2) == 0 {
			m["@type"] = []string{"@id", "@vocab", "https://ex.test/Int"}[r.IntN(3)]
		}
		if m, ok := def.(map[string]any); ok && len(m) == 0 {
			m["@id"] = name // by @vocab
		}
		ctx[name] = def
	}
	return ctx
}

var pool = []string{"speed", "name", "brand", "owner", "车速", "a", "zz", "location", "Property", "title"}

func TestExpandAgreesWithJSONLD(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	proc := ld.NewJsonLdProcessor()
	for range 200 {
		docs := shelf{"https://ctx.test/u": mustJSON(map[string]any{"@context": randomContext(r, true)})}
		value := mustJSON([]any{randomContext(r, true), "https://ctx.test/u", CoreURL})
		terms := append([]string{"ex:x", "app:y/z", "p1:q", "ngsi-ld:foo", "https://full.test/t", "urn:a:b", "unheard"}, pool...)
		c := compile(t, value, docs)
		doc := map[string]any{"@context": json.RawMessage(value), "id": "urn:e:1", "type": terms}
		for i, term := range terms {
			doc["ngsi-ld:attr"+strconv.Itoa(i)] = map[string]any{term: map[string]any{"type": "Property"}}
		}
		var in any
		_ = json.Unmarshal([]byte(mustJSON(doc)), &in)
		out, err := proc.Expand(in, oracle{docs}.options())
		if err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		node := out[0].(map[string]any)
		for i, term := range terms {
			got := IRI(c.Expand(term))
			if want := node["@type"].([]any)[i]; got != want {
				t.Fatalf("%s with %s: type %s expands to %s, JSON-LD says %v", value, docs["https://ctx.test/u"], term, got, want)
			}
			inner := node[ngsiLD+"attr"+strconv.Itoa(i)].([]any)[0].(map[string]any)
			if _, ok := inner[got]; !ok {
				t.Fatalf("%s: attribute %s expands to %s, JSON-LD says %v", value, term, got, inner)
			}
		}
	}
}

func TestCompactAgreesWithJSONLD(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 2))
	proc := ld.NewJsonLdProcessor()
	for range 200 {
		value := mustJSON([]any{randomContext(r, false), randomContext(r, false), CoreURL})
		c := compile(t, value, nil)
		var iris []string
		for _, p := range pool {
			iris = append(iris, defaultVocab+p, "https://ex.test/"+p, "https://ex.test/p1#"+p, "https://app.test/"+p, "https://v.test/"+p)
		}
		node := map[string]any{"@id": "urn:e:1"}
		types := []any{}
		for _, iri := range iris {
			types = append(types, iri)
			node[iri] = []any{map[string]any{"@type": []any{ngsiLD + "Property"}, ngsiLD + "hasValue": []any{map[string]any{"@value": iri}}}}
		}
		node["@type"] = types
		var ctx any
		_ = json.Unmarshal([]byte(value), &ctx)
		out, err := proc.Compact([]any{node}, map[string]any{"@context": ctx}, oracle{}.options())
		if err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		for i, iri := range iris {
			got := c.Compact(Name(iri))
			if want := out["type"].([]any)[i]; want != any(got) {
				t.Fatalf("%s: %s compacts to %s, JSON-LD says %v", value, iri, got, want)
			}
			if attr, ok := out[got].(map[string]any); !ok || attr["value"] != iri {
				t.Fatalf("%s: %s compacts to %s, JSON-LD says %v", value, iri, got, out)
			}
			if back := c.Expand(got); back != Name(iri) {
				t.Fatalf("%s: %s compacts to %s, which is %s", value, iri, got, back)
			}
		}
	}
}

// FuzzCompile: whatever compiles expands and compacts one to one.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{`{"a":"https://x.test/a"}`, `["https://ctx.test/a",{"ex":"https://e.test/#","b":{"@id":"ex:b","@type":"@id"}}]`, `null`, `"x"`,
		`{"@vocab":"https://v.test/","a":"b","b":{"@prefix":true,"@id":"c:d"}}`, `{"a":null,"b":{"@id":null}}`} {
		f.Add(s, "a")
	}
	docs := shelf{"https://ctx.test/a": `{"@context":{"a":"https://a.test/a"}}`}
	f.Fuzz(func(t *testing.T, value, term string) {
		c, err := Compile(json.RawMessage(value), docs.load)
		if err != nil {
			return
		}
		name := c.Expand(term)
		if Name(IRI(name)) != name && term != "" && name[0] != '@' {
			t.Fatalf("%s: %q is the name %q, of IRI %q, of name %q", value, term, name, IRI(name), Name(IRI(name)))
		}
		if back := c.Expand(c.Compact(name)); back != name {
			t.Fatalf("%s: %q expands to %q, is shown as %q, which is %q", value, term, name, c.Compact(name), back)
		}
		if !json.Valid(c.Value()) {
			t.Fatalf("%s: value %s", value, c.Value())
		}
	})
}

func BenchmarkExpandCompact(b *testing.B) {
	c, _ := Compile(json.RawMessage(`{"speed":"https://a.test/speed","name":"https://a.test/name"}`), nil)
	b.ReportAllocs()
	for b.Loop() {
		for _, term := range []string{"speed", "location", "Vehicle"} {
			c.Compact(c.Expand(term))
		}
	}
}
