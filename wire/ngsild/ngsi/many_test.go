package ngsi

import (
	"fmt"
	"strings"
	"testing"
)

// TestManyMembers: an object of very many members is stored and read in time that grows as it does; were each key held against all
// before it, this would take minutes.
func TestManyMembers(t *testing.T) {
	var b strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&b, `,"k%d":%d`, i, i)
	}
	body := "{" + b.String()[1:] + "}"
	x := &Entity{ID: "urn:a:b", Types: []string{"T"}, Attrs: []Attr{{Name: "p", Kind: Property, Value: []byte(body)}}}
	var names []string
	doc, err := Encode(x, func(n string) (int64, error) { names = append(names, n); return int64(len(names)), nil })
	if err != nil {
		t.Fatal(err)
	}
	var y Entity
	if err := Decode(doc, &y, func(n int64) (string, bool) { return names[n-1], true }, nil); err != nil || string(y.Attrs[0].Value) != body {
		t.Errorf("%v, %d of %d bytes", err, len(y.Attrs[0].Value), len(body))
	}
}

// TestMemberTwice: a key that stands twice in a stored object is found among few and among many.
func TestMemberTwice(t *testing.T) {
	for _, n := range []int{1, 2, 15, 16, 17, 18, 40} {
		for _, again := range []int{0, n - 1} {
			s := scanner{b: []byte("{" + strings.Repeat(`"k00":1,`, n) + `"k99":1}`)}
			for i := range n { // keys of one length, so that they can be changed in the stored form
				copy(s.b[1+8*i:], fmt.Sprintf(`"k%02d"`, i))
			}
			stored, err := appendValue(nil, &s)
			if err != nil {
				t.Fatal(err)
			}
			fine := decoder{b: stored}
			if fine.value(0); fine.err != nil {
				t.Fatalf("%d members: %v", n, fine.err)
			}
			bad := decoder{b: []byte(strings.Replace(string(stored), "k99", fmt.Sprintf("k%02d", again), 1))}
			if bad.value(0); bad.err == nil {
				t.Errorf("%d members: number %d stands twice and is not found", n, again)
			}
		}
	}
}
