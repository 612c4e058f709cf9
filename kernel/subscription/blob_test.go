package subscription

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
)

// batches makes some of every kind.
func batches(t testing.TB) [][]byte {
	var out [][]byte
	rnd := rand.New(rand.NewPCG(1, 2))
	b := &batch{at: time.UnixMicro(1_700_000_000_000_001).UTC()}
	for i, c := range changesOf(rnd, 40) {
		c.Entity.Scope, c.Entity.Num, c.Entity.Version = []string{"/tianjin"}, int64(i), 3
		if i%7 == 3 && c.Before != nil {
			c.Entity = nil
		}
		b.changes = append(b.changes, c)
		b.parts = append(b.parts, part{num: int64(i), items: []pick{{0, onCreated}, {i, onUpdated | onDeleted}}})
		doc, err := b.encode()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, doc)
	}
	return out
}

// TestBlob: what is written down reads again, and says the same of what a change touched.
func TestBlob(t *testing.T) {
	for _, doc := range batches(t) {
		b, err := decode(doc)
		if err != nil {
			t.Fatal(err)
		}
		again, err := b.encode()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, doc) {
			t.Fatalf("%x\nreads as %+v\nand writes as %x", doc, b, again)
		}
	}
	before := &entity.Entity{ID: "urn:e:1", Types: []string{"T"}, Attrs: []entity.Attr{entity.NumberAttr("a", 1, ""), entity.NumberAttr("b", 2, ""), entity.NumberAttr("c", 3, "")}}
	after := &entity.Entity{ID: "urn:e:1", Types: []string{"T"}, Attrs: []entity.Attr{entity.NumberAttr("a", 1, ""), entity.NumberAttr("b", 5, ""), entity.NumberAttr("d", 4, "")}}
	after.Attrs[1].Gauge = 7
	doc, err := (&batch{changes: []entity.Change{{ID: "urn:e:1", Before: before, Entity: after}}}).encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := decode(doc)
	if err != nil {
		t.Fatal(err)
	}
	if got := attrNames(b.changes[0].Before); !reflect.DeepEqual(got, []string{"b", "c"}) {
		t.Errorf("of before there is %v, want what was touched", got)
	}
	if v, ok := b.changes[0].Entity.Number("b"); !ok || v != 5 {
		t.Errorf("the value of a gauge is lost: %v", b.changes[0].Entity.Attr("b"))
	}
	for _, broken := range [][]byte{nil, {9}, doc[:len(doc)/2], append(bytes.Clone(doc), 0)} {
		if _, err := decode(broken); err == nil {
			t.Errorf("%x was read", broken)
		}
	}
}

// FuzzDecode: no row makes the program panic, and what reads writes again.
func FuzzDecode(f *testing.F) {
	for _, doc := range batches(f) {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if b, err := decode(doc); err == nil {
			for _, p := range b.parts {
				b.items(p)
			}
			if _, err := b.encode(); err != nil {
				t.Errorf("it reads and does not write: %v", err)
			}
		}
		_ = eachState(doc, func(int64, int64, State) {})
	})
}
