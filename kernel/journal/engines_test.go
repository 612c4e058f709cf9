package journal

import (
	"testing"
	"time"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// engines runs a test on both engines, each time on an empty database.
func engines(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	storetest.Each(t, test)
}

// clock is a clock that the test moves; every reading is a second later, so that entries differ.
type clock struct{ at time.Time }

func (c *clock) now() time.Time {
	c.at = c.at.Add(time.Second)
	return c.at
}

func newClock() *clock { return &clock{at: time.Date(2015, 11, 23, 1, 2, 3, 456789000, time.UTC)} }

func open(t *testing.T, db *store.DB) *Journal {
	t.Helper()
	j, err := Open(t.Context(), db, newClock().now)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// record appends n acts that differ in every field.
func record(t *testing.T, db *store.DB, j *Journal, n int) {
	t.Helper()
	for i := range n {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			return j.Append(tx, Act{Actor: pick(i, "person:01A", "token:01B", "system:grid"), Unit: pick(i, "power", "health"),
				Authority: pick(i, "plan.approve", "grid.reread"), Verb: pick(i, "submit", "approve", "merge", "login"),
				Object: pick(i, "target:sharing-rate", "urn:ngsi-ld:Meter:1"), Detail: map[string]any{"n": i, "ok": i%2 == 0}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func pick(i int, from ...string) string { return from[i%len(from)] }

func run(t *testing.T, db *store.DB, sql string, args ...any) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(store.Q("test", sql), args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, j *Journal) Report {
	t.Helper()
	r, err := j.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
