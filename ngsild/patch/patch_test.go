package patch

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// read makes an entity of JSON; a fragment where frag is set.
func read(t testing.TB, text string, frag bool) *ngsi.Entity {
	t.Helper()
	e, err := form.Entity([]byte(text), form.Input{Context: jsonld.Core(), Fragment: frag, Merge: frag})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

func parts(t testing.TB, text string) []ngsi.Attr {
	t.Helper()
	list, err := form.Attr([]byte(text), "a", form.Input{Context: jsonld.Core(), Fragment: true})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return list
}

// text writes the attributes, types and scope of an entity.
func text(e *ngsi.Entity) string {
	if e == nil {
		return "nothing"
	}
	c := e.Clone()
	c.Owner = "city"
	if err := c.Check(); err != nil {
		return err.Error()
	}
	return string(form.Append(nil, c, &form.Output{Context: jsonld.Core(), Format: form.Concise}))
}

func alike(t testing.TB, a, b string) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return reflect.DeepEqual(x, y)
}

const head = `{"id":"urn:x:1","type":"T"`

// Every row: what an entity is, the fragment, what it becomes ("" where it is refused) under update, append and merge.
// ETSI GS CIM 009 V1.9.1 5.5.8, 5.5.12, 5.6.2.4, 5.6.3.4, 5.6.17.4
func TestFragments(t *testing.T) {
	for _, c := range []struct{ name, old, frag, update, appended, merged string }{
		{"example 1 and 2 of 5.5.8, example 1 of 5.5.12",
			`,"t":{"value":25,"unitCode":"CEL","observedAt":"2022-03-14T01:59:26Z"}`, `{"t":{"value":100,"observedAt":"2022-03-14T13:00:00Z"}}`,
			`,"t":{"value":100,"observedAt":"2022-03-14T13:00:00Z"}`, `,"t":{"value":100,"observedAt":"2022-03-14T13:00:00Z"}`,
			`,"t":{"value":100,"unitCode":"CEL","observedAt":"2022-03-14T13:00:00Z"}`},
		{"example 3 of 5.5.8", `,"t":1,"u":2`, `{"t":{"value":"urn:ngsi-ld:null"}}`, `,"u":2`, ``, `,"u":2`},
		{"a Null of what is not there", `,"u":2`, `{"t":"urn:ngsi-ld:null"}`, `,"u":2`, ``, `,"u":2`},
		{"example 2 of 5.5.12", `,"a":{"value":{"street":"S","city":"Berlin","country":"Germany"}}`, `{"a":{"value":{"street":"P","country":"urn:ngsi-ld:null"}}}`,
			``, ``, `,"a":{"value":{"street":"P","city":"Berlin"}}`},
		{"a new one", `,"a":1`, `{"b":2}`, `,"a":1,"b":2`, `,"a":1,"b":2`, `,"a":1,"b":2`},
		{"another dataset", `,"a":1`, `{"a":{"value":2,"datasetId":"urn:d"}}`, `,"a":[{"value":1},{"value":2,"datasetId":"urn:d"}]`, `,"a":[{"value":1},{"value":2,"datasetId":"urn:d"}]`, `,"a":[{"value":1},{"value":2,"datasetId":"urn:d"}]`},
		{"the same dataset", `,"a":[{"value":1},{"value":2,"datasetId":"urn:d"}]`, `{"a":{"value":3,"datasetId":"urn:d"}}`,
			`,"a":[{"value":1},{"value":3,"datasetId":"urn:d"}]`, `,"a":[{"value":1},{"value":3,"datasetId":"urn:d"}]`, `,"a":[{"value":1},{"value":3,"datasetId":"urn:d"}]`},
		{"types are added", ``, `{"type":"U"}`, `,"type":["T","U"]`, `,"type":["T","U"]`, `,"type":["T","U"]`},
		{"a scope that is there", `,"scope":"/a"`, `{"scope":"/b"}`, `,"scope":"/b"`, `,"scope":"/b"`, `,"scope":"/b"`},
		{"a scope that is not there", ``, `{"scope":"/b"}`, ` `, `,"scope":"/b"`, `,"scope":"/b"`},
		{"a scope's Null", `,"scope":"/a"`, `{"scope":"urn:ngsi-ld:null"}`, ` `, ``, ` `},
		{"a sub-attribute", `,"a":{"value":1,"x":1,"y":2}`, `{"a":{"value":1,"x":3}}`, `,"a":{"value":1,"x":3}`, `,"a":{"value":1,"x":3}`, `,"a":{"value":1,"x":3,"y":2}`},
		{"a sub-attribute's Null", `,"a":{"value":1,"x":1,"y":2}`, `{"a":{"type":"Property","x":"urn:ngsi-ld:null"}}`, ``, ``, `,"a":{"value":1,"y":2}`},
		{"a unit's Null", `,"a":{"value":1,"unitCode":"CEL"}`, `{"a":{"value":1,"unitCode":"urn:ngsi-ld:null"}}`, ``, ``, `,"a":1`},
		{"a time's Null", `,"a":{"value":1,"observedAt":"2022-01-01T00:00:00Z"}`, `{"a":{"value":2,"observedAt":"urn:ngsi-ld:null"}}`, ``, ``, `,"a":2`},
		{"another kind", `,"a":1`, `{"a":{"object":"urn:o"}}`, `,"a":{"object":"urn:o"}`, `,"a":{"object":"urn:o"}`, `,"a":{"object":"urn:o"}`},
		{"languages", `,"a":{"languageMap":{"en":"x","fr":"y"}}`, `{"a":{"languageMap":{"fr":"z"}}}`, `,"a":{"languageMap":{"fr":"z"}}`, `,"a":{"languageMap":{"fr":"z"}}`, `,"a":{"languageMap":{"en":"x","fr":"z"}}`},
		{"a geometry is one thing", `,"location":{"type":"Point","coordinates":[1,2]}`, `{"location":{"value":{"type":"LineString","coordinates":[[1,2],[3,4]]}}}`,
			`,"location":{"type":"LineString","coordinates":[[1,2],[3,4]]}`, `,"location":{"type":"LineString","coordinates":[[1,2],[3,4]]}`, `,"location":{"type":"LineString","coordinates":[[1,2],[3,4]]}`},
		{"an array is replaced", `,"a":{"value":[1,2]}`, `{"a":{"value":[3]}}`, `,"a":{"value":[3]}`, `,"a":{"value":[3]}`, `,"a":{"value":[3]}`},
	} {
		old := read(t, head+c.old+"}", false)
		before := text(old)
		for op, do := range map[string]func() (*ngsi.Entity, error){
			"update": func() (*ngsi.Entity, error) { e, _, err := Update(old, read(t, c.frag, true)); return e, err },
			"append": func() (*ngsi.Entity, error) { e, _, err := Append(old, read(t, c.frag, true), true); return e, err },
			"merge":  func() (*ngsi.Entity, error) { return Merge(old, read(t, c.frag, true), MergeOptions{}) },
		} {
			want := map[string]string{"update": c.update, "append": c.appended, "merge": c.merged}[op]
			got, err := do()
			switch {
			case want == "" && err == nil:
				t.Errorf("%s: %s was not refused: %s", c.name, op, text(got))
			case want != "" && err != nil:
				t.Errorf("%s: %s: %v", c.name, op, err)
			case want != "" && !alike(t, text(got), text(read(t, whole(want), false))):
				t.Errorf("%s: %s gives\n%s, want\n%s", c.name, op, text(got), text(read(t, whole(want), false)))
			}
			if text(old) != before {
				t.Fatalf("%s: %s wrote to what it was given", c.name, op)
			}
		}
	}
}

// whole is an entity with these members; a type among them takes the place of T.
func whole(more string) string {
	if len(more) > 8 && more[:8] == `,"type":` {
		return `{"id":"urn:x:1"` + more + "}"
	}
	return head + more + "}"
}

// ETSI GS CIM 009 V1.9.1 5.6.4.4, 5.6.19.4, 5.6.5.4
func TestInstances(t *testing.T) {
	old := read(t, head+`,"a":[{"value":1,"unitCode":"CEL","x":1},{"value":2,"datasetId":"urn:d"}],"b":1,"scope":"/s"}`, false)
	partial := func(body string) func() (*ngsi.Entity, error) {
		return func() (*ngsi.Entity, error) { return Partial(old, "a", parts(t, body)) }
	}
	replace := func(body string) func() (*ngsi.Entity, error) {
		return func() (*ngsi.Entity, error) { return ReplaceAttr(old, "a", parts(t, body)) }
	}
	remove := func(name, dataset string, all bool) func() (*ngsi.Entity, error) {
		return func() (*ngsi.Entity, error) { return DeleteAttr(old, name, dataset, all) }
	}
	const second, rest = `{"value":2,"datasetId":"urn:d"}`, `,"b":1,"scope":"/s"`
	for _, c := range []struct {
		name string
		do   func() (*ngsi.Entity, error)
		want string
	}{
		{"partial value", partial(`{"value":5}`), `,"a":[{"value":5,"unitCode":"CEL","x":1},` + second + `]` + rest},
		{"partial sub-attribute", partial(`{"x":"urn:ngsi-ld:null","y":2}`), `,"a":[{"value":1,"unitCode":"CEL","y":2},` + second + `]` + rest},
		{"partial dataset", partial(`{"value":5,"datasetId":"urn:d"}`), `,"a":[{"value":1,"unitCode":"CEL","x":1},{"value":5,"datasetId":"urn:d"}]` + rest},
		{"partial Null", partial(`{"type":"Property","value":"urn:ngsi-ld:null"}`), `,"a":` + second + rest},
		{"partial unit's Null", partial(`{"unitCode":"urn:ngsi-ld:null"}`), `,"a":[{"value":1,"x":1},` + second + `]` + rest},
		{"partial kind", partial(`{"type":"Relationship","object":"urn:o"}`), ""},
		{"partial of no such dataset", partial(`{"value":5,"datasetId":"urn:e"}`), ""},
		{"replace", replace(`{"type":"Property","value":5}`), `,"a":[{"value":5},` + second + `]` + rest},
		{"replace by another kind", replace(`{"type":"Relationship","object":"urn:o"}`), `,"a":[{"object":"urn:o"},` + second + `]` + rest},
		{"replace no such dataset", replace(`{"type":"Property","value":5,"datasetId":"urn:e"}`), ""},
		{"delete the default", remove("a", "", false), `,"a":` + second + rest},
		{"delete a dataset", remove("a", "urn:d", false), `,"a":{"value":1,"unitCode":"CEL","x":1}` + rest},
		{"delete all", remove("a", "", true), rest},
		{"delete the scope", remove("scope", "", false), `,"a":[{"value":1,"unitCode":"CEL","x":1},` + second + `],"b":1`},
		{"delete what is not there", remove("c", "", true), ""},
	} {
		got, err := c.do()
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%s was not refused: %s", c.name, text(got))
		case c.want != "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && !alike(t, text(got), text(read(t, head+c.want+"}", false))):
			t.Errorf("%s gives\n%s", c.name, text(got))
		}
	}
	if e, err := DeleteAttr(read(t, head+"}", false), "scope", "", false); err == nil {
		t.Errorf("a scope that is not there was taken away: %s", text(e))
	}
}

// noOverwrite tells what it left. ETSI GS CIM 009 V1.9.1 5.2.18, 5.6.3.4
func TestAppendWithoutOverwriting(t *testing.T) {
	old := read(t, head+`,"a":1,"scope":"/a"}`, false)
	e, out, err := Append(old, read(t, `{"a":[{"value":2},{"value":3,"datasetId":"urn:d"}],"b":4,"scope":["/a","/b"]}`, true), false)
	if err != nil {
		t.Fatal(err)
	}
	if want := head + `,"a":[{"value":1},{"value":3,"datasetId":"urn:d"}],"b":4,"scope":["/a","/b"]}`; !alike(t, text(e), text(read(t, want, false))) {
		t.Error(text(e))
	}
	if len(out.Skipped) != 1 || out.Skipped[0].Name != "a" || len(out.Updated) != 2 {
		t.Errorf("%+v", out)
	}
	if _, out, err := Update(read(t, head+"}", false), read(t, `{"scope":"/x"}`, true)); err != nil || len(out.Skipped) != 1 || out.Skipped[0].Name != "scope" {
		t.Errorf("%+v %v", out, err)
	}
}

// createdAt stays, modifiedAt is the store's to give.
func TestTimes(t *testing.T) {
	then := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	old := read(t, head+`,"a":1,"b":2}`, false)
	for i := range old.Attrs {
		old.Attrs[i].CreatedAt, old.Attrs[i].ModifiedAt, old.Attrs[i].Gauge = then, then, 7
	}
	frag := read(t, `{"a":5,"c":6}`, true)
	updated, _, err := Update(old, frag)
	if err != nil {
		t.Fatal(err)
	}
	merged, err := Merge(old, frag, MergeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	replaced, err := Replace(old, read(t, head+`,"a":5,"c":6}`, false))
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]*ngsi.Entity{"update": updated, "merge": merged, "replace": replaced} {
		a, c := e.Attr("a"), e.Attr("c")
		if !a.CreatedAt.Equal(then) || !a.ModifiedAt.IsZero() || a.Gauge != 0 || !c.CreatedAt.IsZero() {
			t.Errorf("%s: %+v %+v", name, a, c)
		}
		if b := e.Attr("b"); b != nil && (!b.ModifiedAt.Equal(then) || b.Gauge != 7) {
			t.Errorf("%s touched another attribute: %+v", name, b)
		}
	}
}

// The options of Merge Entity. ETSI GS CIM 009 V1.9.1 6.5.3.4
func TestMergeOptions(t *testing.T) {
	old := read(t, head+`,"l":{"languageMap":{"en":"x"}},"a":{"value":1,"observedAt":"2022-01-01T00:00:00Z"},"b":1,"r":{"object":"urn:o"}}`, false)
	simple := func(body string, o MergeOptions) (*ngsi.Entity, error) {
		f, err := form.Entity([]byte(body), form.Input{Context: jsonld.Core(), Fragment: true, Merge: true, Simplified: true})
		if err != nil {
			t.Fatal(err)
		}
		o.Simplified = true
		return Merge(old, f, o)
	}
	e, err := simple(`{"l":"y","a":2,"b":3,"r":"urn:p","n":{"k":1}}`, MergeOptions{Lang: "fr", ObservedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	want := head + `,"l":{"languageMap":{"en":"x","fr":"y"}},"a":{"value":2,"observedAt":"2026-01-01T00:00:00Z"},"b":3,"r":{"object":"urn:p"},"n":{"value":{"k":1}}}`
	if err != nil || !alike(t, text(e), text(read(t, want, false))) {
		t.Errorf("%v %s", err, text(e))
	}
	if e, err := simple(`{"b":{"languageMap":{"en":"x"}}}`, MergeOptions{}); err == nil {
		t.Errorf("a simplified merge changed a kind: %s", text(e))
	}
}

// ETSI GS CIM 009 V1.9.1 5.6.21.4
func TestTrim(t *testing.T) {
	old := read(t, head+`,"a":1,"b":2,"scope":"/s"}`, false)
	for _, c := range []struct {
		drop, keep []string
		want       string
	}{
		{[]string{"a"}, nil, `,"b":2,"scope":"/s"`}, {nil, []string{"a"}, `,"a":1`}, {nil, []string{"a", "scope"}, `,"a":1,"scope":"/s"`}, {[]string{"scope", "b"}, nil, `,"a":1`},
	} {
		if got := Trim(old, c.drop, c.keep); !alike(t, text(got), text(read(t, head+c.want+"}", false))) {
			t.Errorf("%v %v: %s", c.drop, c.keep, text(got))
		}
	}
	if Trim(old, []string{"nothing"}, nil) != old {
		t.Error("an entity that stays came back as another")
	}
}

// oracle is RFC 7396 on decoded values.
func oracle(old, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	t, ok := old.(map[string]any)
	if !ok {
		t = map[string]any{}
	}
	for k, v := range p {
		if v == ngsi.Null {
			delete(t, k)
		} else {
			t[k] = oracle(t[k], v)
		}
	}
	return t
}

func FuzzMergeJSON(f *testing.F) {
	for _, s := range [][2]string{{`{"a":1,"b":{"c":2}}`, `{"b":{"c":"urn:ngsi-ld:null","d":3}}`}, {`[1]`, `{"a":"urn:ngsi-ld:null","b":{"c":"urn:ngsi-ld:null"}}`}, {`{"a":1}`, `2`}, {`{}`, `{"":{"":[]}}`}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, old, patch string) {
		var a, b any
		if json.Unmarshal([]byte(old), &a) != nil || json.Unmarshal([]byte(patch), &b) != nil || twice(old) || twice(patch) {
			t.Skip()
		}
		got := mergeJSON(json.RawMessage(old), json.RawMessage(patch))
		var g any
		if err := json.Unmarshal(got, &g); err != nil {
			t.Fatalf("%s + %s = %s: %v", old, patch, got, err)
		}
		if want := oracle(a, b); !reflect.DeepEqual(g, want) {
			t.Errorf("%s + %s = %s, want %v", old, patch, got, want)
		}
	})
}

// twice tells whether an object bears a key twice: then there is no one answer.
func twice(text string) bool {
	list, ok := object(json.RawMessage(text))
	var items []json.RawMessage
	if !ok && json.Unmarshal([]byte(text), &items) != nil {
		return false
	}
	seen := map[string]bool{}
	for _, m := range list {
		if seen[m.key] {
			return true
		}
		seen[m.key] = true
		items = append(items, m.val)
	}
	return slices.ContainsFunc(items, func(v json.RawMessage) bool { return twice(string(v)) })
}
