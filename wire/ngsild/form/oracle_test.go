package form

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/piprate/json-gold/ld"

	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
)

// goldLoader gives json-gold the core context, and empty ones for what that refers to.
type goldLoader struct{}

func (goldLoader) LoadDocument(url string) (*ld.RemoteDocument, error) {
	body := `{"@context":{}}`
	if jsonld.IsCore(url) {
		body = string(jsonld.CoreDocument())
	}
	doc, err := ld.DocumentFromReader(strings.NewReader(body))
	return &ld.RemoteDocument{DocumentURL: url, Document: doc}, err
}

// expanded is what JSON-LD makes of an entity in a context.
func expanded(t *testing.T, entity []byte, context string) string {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(entity, &doc); err != nil {
		t.Fatalf("%v in %s", err, entity)
	}
	var ctx any
	_ = json.Unmarshal([]byte(context), &ctx)
	doc["@context"] = ctx
	opt := ld.NewJsonLdOptions("")
	opt.DocumentLoader = goldLoader{}
	out, err := ld.NewJsonLdProcessor().Expand(doc, opt)
	if err != nil {
		t.Fatalf("%v in %s", err, entity)
	}
	b, _ := json.Marshal(out)
	return string(b)
}

// dice makes random entities in the normalized form whose values mean the same in every context.
type dice struct{ *rand.Rand }

func (d dice) of(list ...string) string { return list[d.IntN(len(list))] }

func (d dice) term() string {
	return d.of("speed", "brandName", "name", "ex:part", "车速", "https://full.test/x", "owner", "status", "location")
}

func (d dice) attr(depth int) string {
	scalar := func() string { return d.of("1", "-2.5", "true", `"x"`, `"urn:a:b"`) }
	uri := func() string { return d.of(`"urn:a:b"`, `"https://e.test/1"`) }
	var b strings.Builder
	switch d.IntN(8) {
	case 0, 1:
		fmt.Fprintf(&b, `"type":"Property","value":%s,"unitCode":"KMH"`, scalar())
		if d.IntN(3) == 0 {
			fmt.Fprintf(&b, `,"valueType":"%s"`, d.of("DateTime", "Vehicle", "ex:Int"))
		}
	case 2:
		fmt.Fprintf(&b, `"type":"Relationship","object":%s`, d.of(uri(), "["+uri()+`,"urn:c:d"]`))
		if d.IntN(2) == 0 {
			fmt.Fprintf(&b, `,"objectType":%s`, d.of(`"Vehicle"`, `["Vehicle","Other"]`))
		}
	case 3:
		b.WriteString(`"type":"GeoProperty","value":{"type":"Point","coordinates":[117.2,39.1]}`)
	case 4:
		fmt.Fprintf(&b, `"type":"LanguageProperty","languageMap":{"en":"x","zh-CN":["y","z"]}`)
	case 5:
		fmt.Fprintf(&b, `"type":"VocabProperty","vocab":%s`, d.of(`"Vehicle"`, `["speed","plain","ex:q"]`, `"non-commercial"`))
	case 6:
		fmt.Fprintf(&b, `"type":"ListProperty","valueList":[%s,%s]`, scalar(), scalar())
	case 7:
		b.WriteString(`"type":"JsonProperty","json":{"speed":[1,{"type":"raw"}]}`)
	}
	if d.IntN(2) == 0 {
		b.WriteString(`,"observedAt":"2026-01-01T00:00:00Z"`)
	}
	if depth > 0 && d.IntN(2) == 0 {
		fmt.Fprintf(&b, `,"%s":{%s}`, d.of("speed", "accuracy", "ex:by"), d.attr(depth-1))
	}
	return b.String()
}

func (d dice) entity() string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"id":"urn:ngsi-ld:E:1","type":%s,"scope":"/a/b"`, d.of(`"Vehicle"`, `["Vehicle","Car","ex:Thing"]`, `"https://full.test/T"`))
	seen := map[string]bool{}
	for range 1 + d.IntN(5) {
		name := d.term()
		if seen[name] {
			continue
		}
		seen[name] = true
		if d.IntN(4) == 0 {
			fmt.Fprintf(&b, `,"%s":[{%s},{%s,"datasetId":"urn:d:1"}]`, name, d.attr(1), d.attr(1))
		} else {
			fmt.Fprintf(&b, `,"%s":{%s}`, name, d.attr(2))
		}
	}
	return b.String() + "}"
}

// TestMeansTheSameInJSONLD: an entity that is read in one context and written in another means the same, as JSON-LD understands both.
func TestMeansTheSameInJSONLD(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(7, 7))}
	contexts := []string{
		`["` + jsonld.CoreURL + `"]`,
		`[{"ex":"https://ex.test/#","Vehicle":"ex:Vehicle","speed":"ex:speed","brandName":"https://ex.test/brand"},"` + jsonld.CoreURL + `"]`,
		`[{"ex":"https://other.test/","name":"https://ex.test/#speed","status":"https://full.test/x","plain":"https://p.test/plain"},"` + jsonld.CoreURL + `"]`,
	}
	var compiled []*jsonld.Context
	for _, c := range contexts {
		ctx, err := jsonld.Compile(json.RawMessage(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		compiled = append(compiled, ctx)
	}
	for range 200 {
		body := d.entity()
		from, to := d.IntN(3), d.IntN(3)
		if from == 0 { // ex: is a scheme there, which the other contexts have no way to write
			body = strings.ReplaceAll(body, `"ex:`, `"https://scheme.test/`)
		}
		e, err := Entity([]byte(body), Input{Context: compiled[from]})
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		out := Append(nil, e, &Output{Context: compiled[to]})
		if a, b := expanded(t, []byte(body), contexts[from]), expanded(t, out, contexts[to]); a != b {
			t.Fatalf("%s in %s\nbecame %s in %s:\n%s\n%s", body, contexts[from], out, contexts[to], a, b)
		}
	}
}
