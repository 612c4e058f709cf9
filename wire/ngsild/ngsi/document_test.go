package ngsi

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// numbering interns names for a test; the number 0 makes every third name be written out.
type numbering struct {
	byName map[string]int64
	byID   map[int64]string
}

func newNumbering() *numbering { return &numbering{map[string]int64{}, map[int64]string{}} }

func (n *numbering) number(name string) (int64, error) {
	id, ok := n.byName[name]
	if !ok {
		if id = int64(len(n.byName) + 1); id%3 == 0 {
			id = 0
		}
		n.byName[name] = id
		n.byID[id] = name
	}
	return id, nil
}

func (n *numbering) name(id int64) (string, bool) { name, ok := n.byID[id]; return name, ok }

var day = time.Date(2015, 11, 2, 8, 0, 0, 0, time.UTC)

// meter is an entity as the grid has them.
func meter() *Entity {
	e := &Entity{ID: "urn:ngsi-ld:Meter:120000123456", Types: []string{"Meter"}, Owner: "power", CreatedAt: day, ModifiedAt: day,
		Attrs: []Attr{
			TextAttr("address", "120000123456"),
			NumberAttr("ratio", 1.5, ""),
			RelAttr("feeder", "urn:ngsi-ld:Feeder:0007"),
			PointAttr("location", 117.2008, 39.0842),
			TextAttr("status", "online"),
			TextAttr("district", "heping"),
			NumberAttr("ratedVoltage", 220, "VLT"),
		}}
	order(e.Attrs)
	for i := range e.Attrs {
		e.Attrs[i].CreatedAt, e.Attrs[i].ModifiedAt = day, day
	}
	return e
}

// rich has everything that an attribute can have.
func rich() *Entity {
	e := meter()
	e.Types = append(e.Types, "Device")
	e.Scope = []string{"/tianjin/heping", "/power"}
	a := NumberAttr("load", 12.75, "KWT").At(day.Add(time.Minute)).In("urn:ngsi-ld:Dataset:a")
	a.Attrs = []Attr{RelAttr("by", "urn:x:1", "urn:x:2"), TextAttr("quality", "measured")}
	a.Attrs[1].Attrs = []Attr{BoolAttr("checked", true)}
	a.Members = []Member{{"valueType", json.RawMessage(`"xsd:double"`)}}
	a.CreatedAt, a.ModifiedAt = day.Add(time.Hour), day.Add(2*time.Hour)
	e.Attrs = append(e.Attrs, a,
		Attr{Name: "name", Kind: LanguageProperty, Value: json.RawMessage(`{"zh":"和平 1 号","en":["Heping","No. 1"]}`)},
		Attr{Name: "raw", Kind: JSONProperty, Value: json.RawMessage(`{"a":[1,2.50,-0.0,1e3,{"b":null}],"c":"\u0001\"\\"}`)},
		Attr{Name: "kind", Kind: VocabProperty, Value: json.RawMessage(`"smart"`)},
		Attr{Name: "list", Kind: ListProperty, Value: json.RawMessage(`[1,"two",true]`)},
		Attr{Name: "chain", Kind: ListRelationship, Value: json.RawMessage(`["urn:a:b","urn:c:d"]`)},
		Attr{Name: "area", Kind: GeoProperty, Value: json.RawMessage(`{"type":"Polygon","coordinates":[[[117,39],[117.1,39],[117,39.1],[117,39]]]}`)},
	)
	e.ExpiresAt = day.AddDate(1, 0, 0)
	e.Attrs[0].ExpiresAt = day.Add(48 * time.Hour)
	gauge := NumberAttr("power", 7, "KWT")
	gauge.Value, gauge.Gauge = nil, 5_600_001
	e.Attrs = append(e.Attrs, gauge)
	order(e.Attrs)
	return e
}

func TestDocumentRoundTrip(t *testing.T) {
	for name, e := range map[string]*Entity{"meter": meter(), "rich": rich(), "empty": {Types: []string{"Empty"}, CreatedAt: day}} {
		n := newNumbering()
		doc, err := Encode(e, n.number)
		if err != nil {
			t.Fatal(err)
		}
		got := &Entity{ID: e.ID, Owner: e.Owner, ModifiedAt: e.ModifiedAt}
		if err := Decode(doc, got, n.name, nil); err != nil {
			t.Fatal(name, err)
		}
		want := e.Clone()
		for i := range want.Attrs {
			if want.Attrs[i].CreatedAt.IsZero() { // never stamped: the document says nothing, so it has the entity's
				want.Attrs[i].CreatedAt, want.Attrs[i].ModifiedAt = got.Attrs[i].CreatedAt, got.Attrs[i].ModifiedAt
			}
		}
		for i := range want.Attrs {
			if !want.Attrs[i].Same(&got.Attrs[i]) {
				t.Errorf("%s: attribute %s is %+v, want %+v", name, want.Attrs[i].Name, got.Attrs[i], want.Attrs[i])
			}
		}
		if !got.ExpiresAt.Equal(want.ExpiresAt) || string(got.Normalized(true)) != string(want.Normalized(true)) {
			t.Errorf("%s:\n got %s\nwant %s", name, got.Normalized(true), want.Normalized(true))
		}
		t.Logf("%s: %d bytes stored, %d as JSON", name, len(doc), len(e.Normalized(false)))
	}
}

func TestMeterIsSmall(t *testing.T) {
	n := newNumbering()
	n.byName = map[string]int64{}
	for i, name := range strings.Fields("Meter address ratio feeder location status district ratedVoltage VLT") {
		n.byName[name] = int64(i + 1)
	}
	doc, err := Encode(meter(), n.number)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc) > 200 {
		t.Errorf("a meter takes %d bytes, want 200 at most", len(doc))
	}
	t.Logf("%d bytes", len(doc))
}

func TestDecodeWanted(t *testing.T) {
	n := newNumbering()
	doc, _ := Encode(rich(), n.number)
	var got Entity
	if err := Decode(doc, &got, n.name, func(name string) bool { return name == "status" || name == "load" }); err != nil {
		t.Fatal(err)
	}
	if len(got.Attrs) != 2 || got.Attrs[0].Name != "load" || len(got.Attrs[0].Attrs) != 2 || got.Attrs[1].Name != "status" {
		t.Errorf("got %s", got.Normalized(false))
	}
}

// TestLaterKind stands for a kind of attribute that a later version stores: this one must give it back as it came.
func TestLaterKind(t *testing.T) {
	n := newNumbering()
	e := &Entity{Types: []string{"T"}, Attrs: []Attr{{Name: "x", Kind: 200, Value: json.RawMessage(`{"what":[1,2]}`)}}}
	doc, _ := Encode(e, n.number)
	var got Entity
	if err := Decode(doc, &got, n.name, nil); err != nil {
		t.Fatal(err)
	}
	if again, _ := Encode(&got, n.number); !bytes.Equal(doc, again) || got.Attrs[0].Kind != 200 {
		t.Errorf("kind %d, %x, want %x", got.Attrs[0].Kind, again, doc)
	}
}

func TestDecodeRefuses(t *testing.T) {
	n := newNumbering()
	doc, _ := Encode(rich(), n.number)
	for i := range doc { // every cut is found
		var got Entity
		var bad *DocError
		if err := Decode(doc[:i], &got, n.name, nil); !errors.As(err, &bad) {
			t.Fatalf("cut at %d of %d: %v", i, len(doc), err)
		}
	}
	for name, b := range map[string][]byte{
		"left over":      append(bytes.Clone(doc), 0),
		"later version":  append([]byte{9}, doc[1:]...),
		"unknown name":   {docVersion, 0, 1, 99, 0, 0},
		"many items":     {docVersion, 0, 0xff, 0xff, 0xff, 0x7f},
		"not utf-8":      {docVersion, 0, 1, 0, 1, 0xff, 0, 0},
		"unknown tag":    {docVersion, 0, 0, 0, 1, 1, 0, 0, 0x30},
		"unknown part":   {docVersion, 0, 0, 0, 1, 1, 0, 0x80, tagNull},
		"unknown more":   {docVersion, 0, 0, 0, 1, 1, 0, hasMore, 2, tagNull},
		"gauge 0":        {docVersion, 0, 0, 0, 1, 1, 0, 0, tagGauge, 0},
		"gauge in value": {docVersion, 0, 0, 0, 1, 1, 0, 0, tagArray, 1, tagGauge, 1},
		"member twice":   {docVersion, 0, 0, 0, 1, 1, 0, 0, tagObject, 2, 1, 'a', tagNull, 1, 'a', tagNull},
		"deep":           append([]byte{docVersion, 0, 0, 0, 1, 1, 0, 0}, bytes.Repeat([]byte{tagArray, 1}, 60)...),
		"number is text": {docVersion, 0, 0, 0, 1, 1, 0, 0, tagNumber, 2, '1', 'x'},
		"scale":          {docVersion, 0, 0, 0, 1, 1, 0, 0, tagDecimal, 200, 2},
	} {
		var got Entity
		if err := Decode(b, &got, n.name, nil); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestNumbersKeepTheirDigits(t *testing.T) {
	for _, s := range strings.Fields("0 -0 1 -1 0.5 -0.5 0.50 -0.0 100 1.00 227.5 9223372036854775807 -9223372036854775808 9223372036854775808 " +
		"0.000000000000000001 1e3 1E-7 123456789012345678901234567890 0.1234567890123456789 -12.3400") {
		if got := string(canonical(json.RawMessage(s))); got != s {
			t.Errorf("%s became %s", s, got)
		}
	}
}

func TestNames(t *testing.T) {
	n := newNumbering()
	list := []string{"a", "b", "c", "d", "长"}
	b, _ := EncodeNames(list, n.number)
	got, err := DecodeNames(b, n.name)
	if err != nil || !reflect.DeepEqual(got, list) {
		t.Errorf("%v %v", got, err)
	}
	if _, err := DecodeNames(b[:4], n.name); err == nil {
		t.Error("a cut list was taken")
	}
}

func TestIsNull(t *testing.T) {
	for raw, want := range map[string]bool{
		`"urn:ngsi-ld:null"`: true, `{"@none":"urn:ngsi-ld:null"}`: true, `{ "@none" : "urn:ngsi-ld:null" }`: true,
		`"urn:ngsi-ld:Null"`: false, `{"@none":"urn:ngsi-ld:null","en":"x"}`: false, `{}`: false, `null`: false, ``: false,
		`["urn:ngsi-ld:null"]`: false, `{"en":"urn:ngsi-ld:null"}`: false, `3`: false,
	} {
		if IsNull(json.RawMessage(raw)) != want {
			t.Errorf("%s: want %v", raw, want)
		}
	}
}

// FuzzDocument: whatever decodes is an entity that encodes and decodes to the same.
func FuzzDocument(f *testing.F) {
	n := newNumbering()
	for _, e := range []*Entity{meter(), rich(), {Types: []string{"Empty"}}} {
		doc, _ := Encode(e, n.number)
		f.Add(doc)
	}
	name := func(id int64) (string, bool) {
		if name, ok := n.name(id); ok && id > 0 {
			return name, ok
		}
		return "n", id == 1000
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var a, b Entity
		if Decode(doc, &a, name, nil) != nil {
			return
		}
		again, err := Encode(&a, func(string) (int64, error) { return 0, nil })
		if err != nil {
			t.Fatalf("%x decodes and does not encode: %v", doc, err)
		}
		if err := Decode(again, &b, name, nil); err != nil {
			t.Fatalf("%x: %v", again, err)
		}
		if x, y := a.Normalized(true), b.Normalized(true); !bytes.Equal(x, y) {
			t.Fatalf("\n%s\n%s", x, y)
		}
		var c Entity // stepping over finds what reading finds, but for texts
		if err := Decode(doc, &c, name, func(string) bool { return false }); err != nil || len(c.Attrs) != 0 {
			t.Fatalf("%x: stepped over: %v", doc, err)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	n, e := newNumbering(), meter()
	for b.Loop() {
		if _, err := Encode(e, n.number); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	n := newNumbering()
	doc, _ := Encode(meter(), n.number)
	for b.Loop() {
		var e Entity
		if err := Decode(doc, &e, n.name, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeOne(b *testing.B) {
	n := newNumbering()
	doc, _ := Encode(meter(), n.number)
	for b.Loop() {
		var e Entity
		if err := Decode(doc, &e, n.name, func(name string) bool { return name == "status" }); err != nil {
			b.Fatal(err)
		}
	}
}

// randomJSON makes a value that I-JSON allows.
func randomJSON(r *rand.Rand, depth int) string {
	switch k := r.IntN(8); {
	case k < 2 && depth > 0:
		parts := make([]string, r.IntN(4))
		for i := range parts {
			parts[i] = randomJSON(r, depth-1)
		}
		return "[" + strings.Join(parts, " , ") + "]"
	case k < 4 && depth > 0:
		var parts []string
		for _, key := range []string{"a", "b c", "值", `\u00e9\n`}[:r.IntN(5)] {
			parts = append(parts, `"`+key+`" : `+randomJSON(r, depth-1))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case k == 4:
		return []string{"null", "true", "false"}[r.IntN(3)]
	case k == 5:
		return []string{`""`, `"urn:ngsi-ld:Meter:1"`, `"\ud83d\ude00\t\/"`, `"` + strings.Repeat("长", 40) + `"`}[r.IntN(4)]
	}
	return []string{"0", "-1", "3.50", "-0.001", "1e9", "6.02E+23", "99999999999999999999"}[r.IntN(7)]
}

func TestCanonicalSaysTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		raw := randomJSON(r, 5)
		got := canonical(json.RawMessage(raw))
		var a, b any
		if err := json.Unmarshal([]byte(raw), &a); err != nil {
			t.Fatal(raw, err)
		}
		if err := json.Unmarshal(got, &b); err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%s became %s: %v", raw, got, err)
		}
		if again := canonical(got); !bytes.Equal(again, got) {
			t.Fatalf("%s became %s the second time", got, again)
		}
	}
}

func TestIsURI(t *testing.T) {
	for s, want := range map[string]bool{
		"urn:ngsi-ld:Meter:1": true, "http://a.b/c?d#e": true, "urn:路灯:海河东路": true, "urn:x:é": true, "x": false, ":x": false, "urn:": false, "1a:b": false, "urn:a b": false,
		"urn:a<b": false, "urn:a\u202eb": false, "urn:a\u200bb": false, "urn:a\ufeffb": false, "urn:a\u2028b": false, "urn:a\u00a0b": false, "urn:a\ufe0fb": false,
		"urn:a\U000e0100b": false, "urn:a\ufdd0b": false, "urn:a\ufffeb": false, "urn:a\u115fb": false, "urn:a\u3164b": false, "urn:a\uffa0b": false, "urn:a\u2800b": false,
	} {
		if IsURI(s) != want {
			t.Errorf("IsURI(%q) is %v", s, !want)
		}
	}
}

func TestCheckKinds(t *testing.T) {
	lang := func(valueType string) Attr {
		return Attr{Name: "p", Kind: LanguageProperty, Value: []byte(`{"en":"x"}`), Members: []Member{{"valueType", []byte(valueType)}}}
	}
	for _, tt := range []struct {
		attr Attr
		ok   bool
	}{
		{NumberAttr("location", 7, ""), false}, {TextAttr("operationSpace", "x"), false}, {PointAttr("location", 117, 39), true},
		{Attr{Name: "p", Kind: Property, Value: []byte("1"), Attrs: []Attr{NumberAttr("location", 7, "")}}, true}, // 4.7.1 speaks of entities
		{lang(`"langString"`), true}, {lang(`"http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"`), true}, {lang(`"xsd:string"`), false},
	} {
		e := &Entity{ID: "urn:a:b", Types: []string{"T"}, Owner: "u", Attrs: []Attr{tt.attr}}
		if err := e.Check(); (err == nil) != tt.ok {
			t.Errorf("%s %s: %v", tt.attr.Name, tt.attr.Value, err)
		}
	}
}
