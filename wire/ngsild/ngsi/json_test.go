package ngsi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
)

func TestNormalized(t *testing.T) {
	e := rich()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"type":["Meter","Device"]`, `"scope":["/tianjin/heping","/power"]`,
		`"load":{"type":"Property","value":12.75,"unitCode":"KWT","observedAt":"2015-11-02T08:01:00Z","datasetId":"urn:ngsi-ld:Dataset:a"`,
		`"quality":{"type":"Property","value":"measured","checked":{"type":"Property","value":true}}`,
		`"by":{"type":"Relationship","object":["urn:x:1","urn:x:2"]}`, `"valueType":"xsd:double"`,
		`"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[117.2008,39.0842]}}`,
		`"name":{"type":"LanguageProperty","languageMap":{"zh":"和平 1 号","en":["Heping","No. 1"]}}`,
	} {
		if !strings.Contains(string(b), part) {
			t.Errorf("%s is missing in %s", part, b)
		}
	}
	if strings.Contains(string(b), "createdAt") {
		t.Error("createdAt is there without being asked for")
	}
	if !strings.Contains(string(e.Normalized(true)), `"createdAt":"2015-11-02T09:00:00Z","modifiedAt":"2015-11-02T10:00:00Z"`) {
		t.Errorf("the attribute's times are missing in %s", e.Normalized(true))
	}
	var got Entity
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if string(got.Normalized(false)) != string(b) {
		t.Errorf("\n got %s\nwant %s", got.Normalized(false), b)
	}
	if err := json.Unmarshal(e.Normalized(true), &got); err != nil {
		t.Errorf("what is printed with sysAttrs is not read: %v", err)
	}
}

func TestKeyValues(t *testing.T) {
	e := meter()
	e.Attrs = []Attr{
		RelAttr("feeder", "urn:x:1"),
		{Name: "kind", Kind: VocabProperty, Value: json.RawMessage(`"smart"`)},
		NumberAttr("load", 1, "KWT"), NumberAttr("load", 2, "KWT").In("urn:d:1"),
	}
	const want = `{"id":"urn:ngsi-ld:Meter:120000123456","type":"Meter","feeder":"urn:x:1","kind":{"vocab":"smart"},"load":{"dataset":{"@none":1,"urn:d:1":2}}}`
	if got := string(e.KeyValues()); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	for in, say := range map[string]string{
		`{"id":"urn:a:b","type":"T","x":1}`:                                              "must be an object",
		`{"id":"urn:a:b","type":"T","x":{"value":1}}`:                                    "does not go with",
		`{"id":"urn:a:b","type":"T","x":{"type":"Property","object":"urn:a:b"}}`:         "does not go with",
		`{"id":"urn:a:b","type":"T","x":{"type":"Property","value":1,"json":1}}`:         "second value",
		`{"id":"urn:a:b","id":"urn:a:c","type":"T"}`:                                     "member twice",
		`{"id":"urn:a:b","type":"T","x":{"type":"Property","value":1,"observedAt":"x"}}`: "RFC 3339",
		`{"id":"urn:a:b","type":"T"} x`:                                                  "after",
		`{"id":"\ud800","type":"T"}`:                                                     "surrogate",
		`[]`:                                                                             "expected {",
	} {
		var e Entity
		err := e.UnmarshalJSON([]byte(in))
		msg, ok := errs.MsgOf(err)
		if !errs.Is(err, errs.Invalid) || !ok || !strings.Contains(msg.En, say) || msg.Zh == "" {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestCheck(t *testing.T) {
	many := make([]Attr, maxAttrs+1)
	for i := range many {
		many[i] = NumberAttr("a", 1, "").In(fmt.Sprintf("urn:d:%d", i))
	}
	deep := TextAttr("x", "")
	for range maxNest + 1 {
		deep = Attr{Name: "x", Value: json.RawMessage("1"), Attrs: []Attr{deep}}
	}
	for _, c := range []struct {
		name string
		edit func(*Entity)
		kind errs.Kind
		say  string
	}{
		{"id", func(e *Entity) { e.ID = "meter 1" }, errs.Invalid, "not a URI"},
		{"owner", func(e *Entity) { e.Owner = "" }, errs.Invalid, "owner"},
		{"no type", func(e *Entity) { e.Types = nil }, errs.Invalid, "1 to 16 types"},
		{"type twice", func(e *Entity) { e.Types = []string{"A", "A"} }, errs.Invalid, "twice"},
		{"type name", func(e *Entity) { e.Types = []string{"1st"} }, errs.Invalid, "not a valid name"},
		{"attribute name", func(e *Entity) { e.Attrs[0].Name = "a b" }, errs.Invalid, "not a valid name"},
		{"reserved", func(e *Entity) { e.Attrs[0].Name = "createdAt" }, errs.Invalid, "reserved"},
		{"reserved below", func(e *Entity) { e.Attrs[0].Attrs = []Attr{TextAttr("unitCode", "x")} }, errs.Invalid, "reserved"},
		{"scope", func(e *Entity) { e.Scope = []string{"/a//b"} }, errs.Invalid, "scope"},
		{"twice", func(e *Entity) { e.Attrs = append(e.Attrs, TextAttr("status", "x")) }, errs.Invalid, "there twice"},
		{"dataset", func(e *Entity) { e.Attrs[0].DatasetID = "x" }, errs.Invalid, "datasetId"},
		{"null", func(e *Entity) { e.Attrs[0].Value = json.RawMessage("null") }, errs.Invalid, "no value"},
		{"nan", func(e *Entity) { zero := 0.0; e.Set(NumberAttr("status", zero/zero, "")) }, errs.Invalid, "no value"},
		{"not json", func(e *Entity) { e.Attrs[0].Value = json.RawMessage("{") }, errs.Invalid, "not valid"},
		{"two values", func(e *Entity) { e.Attrs[0].Value = json.RawMessage("1 2") }, errs.Invalid, "not valid"},
		{"relationship", func(e *Entity) { e.Set(RelAttr("feeder", "seven")) }, errs.Invalid, "relationship"},
		{"no objects", func(e *Entity) { e.Set(RelAttr("feeder")) }, errs.Invalid, "relationship"},
		{"geometry", func(e *Entity) { e.Set(PointAttr("location", 117, 139)) }, errs.Invalid, "GeoJSON"},
		{"language", func(e *Entity) {
			e.Set(Attr{Name: "n", Kind: LanguageProperty, Value: json.RawMessage(`{"zh":1}`)})
		}, errs.Invalid, "not valid"},
		{"deep value", func(e *Entity) {
			e.Attrs[0].Value = json.RawMessage(strings.Repeat("[", 33) + strings.Repeat("]", 33))
		}, errs.Invalid, "too deep"},
		{"deep attributes", func(e *Entity) { e.Attrs = []Attr{deep} }, errs.Invalid, "nested too deep"},
		{"many", func(e *Entity) { e.Attrs = many }, errs.TooLarge, "too many attributes"},
		{"good full names", func(e *Entity) { e.Types = []string{"https://uri.example/Meter"}; e.Attrs[0].Name = "电压" }, 0, ""},
		{"good", func(e *Entity) {}, 0, ""},
	} {
		e := meter()
		c.edit(e)
		err := e.Check()
		if c.say == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		msg, _ := errs.MsgOf(err)
		if !errs.Is(err, c.kind) || !strings.Contains(msg.En, c.say) || msg.Zh == "" {
			t.Errorf("%s: got %v, want %v with %q", c.name, err, c.kind, c.say)
		}
	}
}

func TestAccessors(t *testing.T) {
	e := rich()
	if s, ok := e.Text("status"); s != "online" || !ok {
		t.Error(s, ok)
	}
	if _, ok := e.Text("ratio"); ok {
		t.Error("a number was read as a text")
	}
	if n, ok := e.Number("ratio"); n != 1.5 || !ok {
		t.Error(n, ok)
	}
	if _, ok := e.Number("load"); ok {
		t.Error("an instance of a dataset was taken for the default one")
	}
	if o, ok := e.Object("feeder"); o != "urn:ngsi-ld:Feeder:0007" || !ok {
		t.Error(o, ok)
	}
	if lon, lat, ok := e.Point("location"); lon != 117.2008 || lat != 39.0842 || !ok {
		t.Error(lon, lat, ok)
	}
	if _, _, ok := e.Point("area"); ok {
		t.Error("a polygon was taken for a point")
	}
	if e.Attr("nothing") != nil {
		t.Error("an attribute that is not there")
	}
}

// FuzzScanner holds the scanner to encoding/json: what it takes, that takes with the same meaning. It takes less: no member
// twice, no lone surrogates, valid UTF-8, no great depth.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e-3,"\u00e9\ud83d\ude00",null,true]}`, ` [ ] `, `"\\"`, `-0`, `01`, `{"a":1,"a":2}`, "\"\xff\"", `{"type":"Point","coordinates":[1,2]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		s := scanner{b: []byte(in)}
		v, err := s.plain()
		if err == nil {
			err = s.end()
		}
		d := json.NewDecoder(strings.NewReader(in))
		d.UseNumber()
		var want any
		jerr := d.Decode(&want)
		if err != nil {
			return
		}
		if jerr != nil || !utf8.ValidString(in) {
			t.Fatalf("%q was taken; encoding/json: %v", in, jerr)
		}
		if !reflect.DeepEqual(v, want) {
			t.Fatalf("%q: %v, want %v", in, v, want)
		}
		if got := canonical(json.RawMessage(in)); !json.Valid(got) {
			t.Fatalf("%q became %q", in, got)
		}
	})
}

// FuzzEntity: what is read as an entity prints, and reads again to the same.
func FuzzEntity(f *testing.F) {
	f.Add(rich().Normalized(true))
	f.Add(meter().Normalized(false))
	f.Add([]byte(`{"id":"urn:a:b","type":["T"],"x":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:d:1"}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		var a, b Entity
		if a.UnmarshalJSON(in) != nil {
			return
		}
		out := a.Normalized(false)
		if err := b.UnmarshalJSON(out); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if again := b.Normalized(false); string(again) != string(out) {
			t.Fatalf("\n%s\n%s", out, again)
		}
		if a.Check() == nil && !json.Valid(a.KeyValues()) {
			t.Fatalf("%s", a.KeyValues())
		}
	})
}

func TestScanAgrees(t *testing.T) {
	for _, s := range []string{`01`, `1.`, `.5`, `+1`, `1e`, `tru`, `"a`, `"\x"`, `"\u12"`, "\"\x01\"", `[1,]`, `{"a":1,}`, `{a:1}`, `{"a" 1}`, `[1 2]`, ``, `nul`} {
		sc := scanner{b: []byte(s)}
		_, err := sc.skip()
		if err == nil {
			err = sc.end()
		}
		if err == nil || json.Valid([]byte(s)) {
			t.Errorf("%q: %v", s, err)
		}
	}
}
