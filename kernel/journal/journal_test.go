package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

func TestAppendAndList(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		j := open(t, db)
		record(t, db, j, 120)
		var seen []int64
		f := Filter{Limit: 50}
		for pages := 0; ; pages++ {
			es, next, err := j.List(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range es {
				seen = append(seen, e.Seq)
			}
			if f.After = next; next == "" {
				if pages != 2 {
					t.Errorf("%d pages, want 3", pages+1)
				}
				break
			}
		}
		if len(seen) != 120 || seen[0] != 120 || seen[119] != 1 {
			t.Fatalf("listed %v", seen)
		}
		first, _, err := j.List(t.Context(), Filter{To: newClock().at.Add(1500 * time.Millisecond)})
		if err != nil || len(first) != 1 {
			t.Fatal(first, err)
		}
		want := Entry{Seq: 1, At: newClock().at.Add(time.Second), Actor: "person:01A", Unit: "power", Authority: "plan.approve", Verb: "submit",
			Object: "target:sharing-rate", Detail: json.RawMessage(`{"n":0,"ok":true}`), Prev: strings.Repeat("0", 64), Hash: first[0].Hash}
		if !reflect.DeepEqual(first[0], want) {
			t.Errorf("have %+v\nwant %+v", first[0], want)
		}
	})
}

func TestFilters(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		j := open(t, db)
		record(t, db, j, 24)
		at := newClock().at
		for _, c := range []struct {
			name string
			f    Filter
			want int
		}{
			{"all", Filter{}, 24},
			{"actor", Filter{Actor: "token:01B"}, 8},
			{"object", Filter{Object: "urn:ngsi-ld:Meter:1"}, 12},
			{"verb", Filter{Verb: "login"}, 6},
			{"unit", Filter{Unit: "health"}, 12},
			{"actor and unit", Filter{Actor: "token:01B", Unit: "health"}, 4},
			{"from", Filter{From: at.Add(20 * time.Second)}, 5},
			{"to", Filter{To: at.Add(20 * time.Second)}, 19},
			{"span", Filter{From: at.Add(5 * time.Second), To: at.Add(8 * time.Second)}, 3},
			{"none", Filter{Verb: "approve", Unit: "power"}, 0},
			{"not a pattern", Filter{Verb: "%"}, 0},
		} {
			es, next, err := j.List(t.Context(), c.f)
			if err != nil || len(es) != c.want || next != "" {
				t.Errorf("%s: %d entries, next %q, %v; want %d", c.name, len(es), next, err, c.want)
			}
		}
		if _, _, err := j.List(t.Context(), Filter{After: "nonsense"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("a made-up cursor: %v", err)
		}
		if _, _, err := j.List(t.Context(), Filter{After: store.Cursor("-4")}); !errs.Is(err, errs.Invalid) {
			t.Errorf("a cursor before the first: %v", err)
		}
	})
}

// An act that is rolled back leaves neither entry nor gap, and its neighbours in the shared transaction are kept.
func TestRolledBack(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		j := open(t, db)
		record(t, db, j, 2)
		no := errors.New("no")
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			if err := j.Append(tx, Act{Actor: "a", Verb: "v"}); err != nil {
				return err
			}
			return no
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		record(t, db, j, 2)
		if r := verify(t, j); r.Seq != 4 || r.Entries != 4 || len(r.Faults) > 0 {
			t.Errorf("%+v", r)
		}
	})
}

// Concurrent writers share transactions, some fail; the chain holds all the same.
func TestConcurrent(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		j, err := Open(t.Context(), db, func() time.Time { return newClock().at })
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		for i := range 8 {
			go func() {
				var err error
				for n := range 20 {
					werr := db.Write(context.Background(), func(tx *store.Tx) error {
						if err := j.Append(tx, Act{Actor: fmt.Sprint("person:", i), Verb: "v", Detail: n}); err != nil {
							return err
						}
						if n%5 == 4 {
							return errs.Say(errs.Conflict, "不", "no")
						}
						return nil
					})
					if n%5 != 4 {
						err = errors.Join(err, werr)
					}
				}
				done <- err
			}()
		}
		for range 8 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if r := verify(t, j); r.Seq != 128 || len(r.Faults) > 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestRefused(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		j := open(t, db)
		for _, c := range []struct {
			name string
			act  Act
			kind errs.Kind
		}{
			{"no actor", Act{Verb: "v"}, errs.Invalid},
			{"no verb", Act{Actor: "a"}, errs.Invalid},
			{"line break", Act{Actor: "a\nb", Verb: "v"}, errs.Invalid},
			{"zero byte", Act{Actor: "a", Verb: "v", Object: "\x00"}, errs.Invalid},
			{"not UTF-8", Act{Actor: "a", Verb: "v", Unit: "\xff"}, errs.Invalid},
			{"long object", Act{Actor: "a", Verb: "v", Object: strings.Repeat("x", MaxField+1)}, errs.TooLarge},
			{"not JSON", Act{Actor: "a", Verb: "v", Detail: func() {}}, errs.Invalid},
			{"bad raw JSON", Act{Actor: "a", Verb: "v", Detail: json.RawMessage(`{`)}, errs.Invalid},
			{"detail too large", Act{Actor: "a", Verb: "v", Detail: strings.Repeat("x", MaxDetail)}, errs.TooLarge},
			{"detail far too large", Act{Actor: "a", Verb: "v", Detail: strings.Repeat("x", 7*MaxDetail)}, errs.TooLarge},
		} {
			err := db.Write(t.Context(), func(tx *store.Tx) error { return j.Append(tx, c.act) })
			if !errs.Is(err, c.kind) {
				t.Errorf("%s: %v, want kind %v", c.name, err, c.kind)
			}
		}
		just := Act{Actor: "a", Verb: "v", Detail: strings.Repeat("<", MaxDetail-2)}
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return j.Append(tx, just) }); err != nil {
			t.Errorf("detail of exactly the bound: %v", err)
		}
		if r := verify(t, j); r.Seq != 1 || len(r.Faults) > 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestCanonical(t *testing.T) {
	type part struct {
		B int    `json:"b"`
		A string `json:"a"`
	}
	for _, c := range []struct {
		in   any
		want string
	}{
		{nil, ""},
		{json.RawMessage("null"), ""},
		{part{1, "<河&>"}, `{"a":"<河&>","b":1}`},
		{json.RawMessage("{\"z\" : 1.50, \n \"a\":[ 1e3, 12345678901234567890]}"), `{"a":[1e3,12345678901234567890],"z":1.50}`},
		{map[string]any{"é": 1, "e": 2, "E": 3}, `{"E":3,"e":2,"é":1}`},
	} {
		if have, err := canonical(c.in); err != nil || have != c.want {
			t.Errorf("canonical(%v) = %q, %v; want %q", c.in, have, err, c.want)
		}
	}
}

// The hash of a known entry, computed by hand from the layout in doc.go with another tool:
// printf 'haihe-journal/1\n' + 32 zero bytes + seq 1 + at 1 + six length-prefixed texts, through sha256sum.
func TestDigestVector(t *testing.T) {
	r := row{at: 1, actor: "person:a", unit: "u", authority: "g.v", verb: "v", object: "o", detail: `{"a":1}`}
	sum := r.digest(1, nil)
	if have := fmt.Sprintf("%x", sum); have != vector {
		t.Errorf("have %s\nwant %s", have, vector)
	}
	// What moves from one field to the next must change the hash.
	other := r
	other.unit, other.authority = "ug", ".v"
	if other.digest(1, nil) == sum {
		t.Error("the encoding is ambiguous")
	}
}

func TestExport(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		j := open(t, db)
		record(t, db, j, 2*pageRows+7)
		var out bytes.Buffer
		n, err := j.Export(t.Context(), &out, Filter{})
		if err != nil || n != 2*pageRows+7 {
			t.Fatal(n, err)
		}
		prev := strings.Repeat("0", 64)
		dec := json.NewDecoder(&out)
		for i := int64(1); i <= n; i++ {
			var e Entry
			if err := dec.Decode(&e); err != nil {
				t.Fatal(err)
			}
			// A line bears what a stand-alone verifier needs.
			r := row{at: store.Micros(e.At), actor: e.Actor, unit: e.Unit, authority: e.Authority, verb: e.Verb, object: e.Object, detail: string(e.Detail)}
			var p []byte
			if _, err := fmt.Sscanf(e.Prev, "%x", &p); err != nil {
				t.Fatal(err)
			}
			if sum := r.digest(i, p); e.Seq != i || e.Prev != prev || fmt.Sprintf("%x", sum) != e.Hash {
				t.Fatalf("line %d does not verify: %+v", i, e)
			}
			prev = e.Hash
		}
		out.Reset()
		if n, err := j.Export(t.Context(), &out, Filter{Verb: "login", Unit: "health"}); err != nil || n == 0 || strings.Contains(out.String(), `"submit"`) {
			t.Error(n, err)
		}
	})
}

func TestWitness(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		j := open(t, db)
		record(t, db, j, 5)
		r := verify(t, j)
		record(t, db, j, 5)
		if err := j.Witness(t.Context(), r.Seq, r.Head); err != nil {
			t.Error(err)
		}
		if err := j.Witness(t.Context(), r.Seq, strings.Repeat("ab", 32)); !errs.Is(err, errs.Conflict) {
			t.Error(err)
		}
		if err := j.Witness(t.Context(), 11, r.Head); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}

const vector = "dcb4ed7a0a6a526f9bb25edf3a2bc4cab408e8e6a0d10a35744252bd0a538a97"
