package ngsi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// TestPublishedExamples reads the examples that Smart Data Models publish in normalized form, stores and reads them, and holds
// what is printed to them. One of them has an id that is no URI, which the standard does not allow.
func TestPublishedExamples(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..", "shared", "data", "ngsild")
	files, _ := filepath.Glob(filepath.Join(root, "*", "example-normalized.jsonld"))
	if len(files) == 0 {
		t.Skip("skipped: needs the published examples in ../shared/data/ngsild")
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var e Entity
		if err := json.Unmarshal(b, &e); err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		e.Owner = "test"
		if err := e.Check(); !IsURI(e.ID) {
			if err == nil {
				t.Errorf("%s: the id %q was taken", f, e.ID)
			}
			continue
		} else if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		n := newNumbering()
		doc, err := Encode(&e, n.number)
		if err != nil {
			t.Fatal(err)
		}
		got := Entity{ID: e.ID}
		if err := Decode(doc, &got, n.name, nil); err != nil {
			t.Fatal(err)
		}
		sameJSON(t, f, got.Normalized(false), b)
		t.Logf("%-24s %5d bytes stored, %5d as JSON", e.Types[0], len(doc), len(got.Normalized(false)))
	}
}

func sameJSON(t *testing.T, name string, got, want []byte) {
	t.Helper()
	var a, b map[string]any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(want, &b); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"@context", "createdAt", "modifiedAt"} { // ours to say
		delete(a, k)
		delete(b, k)
	}
	for k := range b {
		if !reflect.DeepEqual(a[k], b[k]) {
			t.Errorf("%s: %s is %v, want %v", name, k, a[k], b[k])
		}
	}
	if len(a) != len(b) {
		t.Errorf("%s: %d members, want %d", name, len(a), len(b))
	}
}
