package journal

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// names is what a report says, in short: "changed 3", "moved 5-9<6".
func names(r Report) []string {
	var out []string
	for _, f := range r.Faults {
		s := fmt.Sprintf("%s %d", f.What, f.Seq)
		if f.To != f.Seq {
			s += fmt.Sprintf("-%d", f.To)
		}
		if f.From != 0 {
			s += fmt.Sprintf("<%d", f.From)
		}
		out = append(out, s)
	}
	return out
}

func TestSound(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		j := open(t, db)
		if r := verify(t, j); r.Entries != 0 || r.Seq != 0 || len(r.Faults) != 0 {
			t.Errorf("empty: %+v", r)
		}
		record(t, db, j, pageRows) // exactly a page, then one more
		var done []int64
		r, err := j.Verify(t.Context(), func(n int64) { done = append(done, n) })
		if err != nil || r.Entries != pageRows || len(r.Faults) != 0 || !reflect.DeepEqual(done, []int64{pageRows, pageRows}) {
			t.Errorf("%+v, progress %v, %v", r, done, err)
		}
		record(t, db, j, 1)
		if r := verify(t, j); r.Entries != pageRows+1 || len(r.Faults) != 0 || len(r.Head) != 64 {
			t.Errorf("%+v", r)
		}
	})
}

// Any single column of any row, changed beside the program, is found, and the row is named.
func TestEveryColumnOfEveryRow(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		j := open(t, db)
		const rows = 6
		record(t, db, j, rows)
		texts := []string{"actor", "unit", "authority", "verb", "object", "detail"}
		for seq := 1; seq <= rows; seq++ {
			for _, col := range append(texts, "at", "prev", "hash") {
				var was, now any
				switch col {
				case "at":
					was, now = get[int64](t, db, col, seq), get[int64](t, db, col, seq)+1
				case "prev", "hash":
					b := get[[]byte](t, db, col, seq)
					flipped := append([]byte(nil), b...)
					flipped[31] ^= 1
					was, now = b, flipped
				default:
					was, now = get[string](t, db, col, seq), get[string](t, db, col, seq)+" "
				}
				run(t, db, `UPDATE journal_entry SET `+col+` = $1 WHERE seq = $2`, now, seq)
				want := []string{fmt.Sprint("changed ", seq)}
				if have := names(verify(t, j)); !reflect.DeepEqual(have, want) {
					t.Errorf("%s of row %d changed: %q, want %q", col, seq, have, want)
				}
				run(t, db, `UPDATE journal_entry SET `+col+` = $1 WHERE seq = $2`, was, seq)
			}
		}
		if have := names(verify(t, j)); have != nil {
			t.Errorf("all put back: %q", have)
		}
	})
}

func get[T any](t *testing.T, db *store.DB, col string, seq int) (v T) {
	t.Helper()
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Get(store.Q("test", `SELECT `+col+` FROM journal_entry WHERE seq = $1`), []any{seq}, &v)
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// forge writes a row whose hash is right for where it is put: what somebody does who knows the layout.
func forge(t *testing.T, db *store.DB, seq int64, prev []byte) {
	t.Helper()
	r := row{at: 7, actor: "person:x", verb: "approve", object: "target:x"}
	sum := r.digest(seq, prev)
	run(t, db, `INSERT INTO journal_entry (seq, at, actor, unit, authority, verb, object, detail, prev, hash)
		VALUES ($1, 7, 'person:x', '', '', 'approve', 'target:x', '', $2, $3)`, seq, prev, sum[:])
}

func renumber(t *testing.T, db *store.DB, from int, by int) {
	t.Helper()
	run(t, db, `UPDATE journal_entry SET seq = -seq WHERE seq >= $1`, from)
	run(t, db, `UPDATE journal_entry SET seq = -seq + $1 WHERE seq < 0`, by)
}

// swap exchanges the places of two rows, or with both sealed all their columns but prev and hash.
func swap(t *testing.T, db *store.DB, a, b int) {
	t.Helper()
	run(t, db, `UPDATE journal_entry SET seq = -1000 WHERE seq = $1`, a)
	run(t, db, `UPDATE journal_entry SET seq = $1 WHERE seq = $2`, a, b)
	run(t, db, `UPDATE journal_entry SET seq = $1 WHERE seq = -1000`, b)
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, db *store.DB)
		want string
	}{
		{"first row removed", func(t *testing.T, db *store.DB) { run(t, db, `DELETE FROM journal_entry WHERE seq = 1`) }, "missing 1"},
		{"a row removed", func(t *testing.T, db *store.DB) { run(t, db, `DELETE FROM journal_entry WHERE seq = 5`) }, "missing 5"},
		{"three rows removed", func(t *testing.T, db *store.DB) { run(t, db, `DELETE FROM journal_entry WHERE seq IN (4,5,6)`) }, "missing 4-6"},
		{"every second row removed", func(t *testing.T, db *store.DB) { run(t, db, `DELETE FROM journal_entry WHERE seq % 2 = 0`) },
			"missing 2, missing 4, missing 6, missing 8, tail missing 10"},
		{"tail cut", func(t *testing.T, db *store.DB) { run(t, db, `DELETE FROM journal_entry WHERE seq > 7`) }, "tail missing 8-10"},
		{"all removed", func(t *testing.T, db *store.DB) { run(t, db, `DELETE FROM journal_entry`) }, "tail missing 1-10"},
		{"tail cut and head put back", func(t *testing.T, db *store.DB) {
			run(t, db, `DELETE FROM journal_entry WHERE seq > 7`)
			run(t, db, `UPDATE journal_head SET seq = 7`)
		}, "head does not match 7"},
		{"neighbours swapped", func(t *testing.T, db *store.DB) { swap(t, db, 3, 4) }, "moved 3<4, moved 4<3"},
		{"distant rows swapped", func(t *testing.T, db *store.DB) { swap(t, db, 3, 8) }, "moved 3<8, moved 8<3"},
		{"last row swapped", func(t *testing.T, db *store.DB) { swap(t, db, 2, 10) }, "moved 2<10, moved 10<2"},
		{"seq of a row set far ahead", func(t *testing.T, db *store.DB) { run(t, db, `UPDATE journal_entry SET seq = 500 WHERE seq = 5`) },
			"missing 5, moved 500<5"},
		{"seq of a row set below the first", func(t *testing.T, db *store.DB) { run(t, db, `UPDATE journal_entry SET seq = -3 WHERE seq = 5`) },
			"moved -3<5, missing 5"},
		{"row inserted, the rest pushed on", func(t *testing.T, db *store.DB) {
			prev := get[[]byte](t, db, "hash", 4)
			renumber(t, db, 5, 1)
			forge(t, db, 5, prev)
		}, "inserted 5, moved 6-10<5, moved 11<10"},
		{"row inserted with a false hash", func(t *testing.T, db *store.DB) {
			renumber(t, db, 5, 1)
			forge(t, db, 5, make([]byte, 32))
		}, "inserted 5, moved 6-10<5, moved 11<10"},
		{"row inserted at the end", func(t *testing.T, db *store.DB) { forge(t, db, 11, get[[]byte](t, db, "hash", 10)) }, "inserted 11"},
		{"row replaced with a right hash", func(t *testing.T, db *store.DB) {
			run(t, db, `DELETE FROM journal_entry WHERE seq = 5`)
			forge(t, db, 5, get[[]byte](t, db, "hash", 4))
		}, "changed 5"},
		{"row replaced with a right hash over a false predecessor", func(t *testing.T, db *store.DB) {
			run(t, db, `DELETE FROM journal_entry WHERE seq = 5`)
			forge(t, db, 5, make([]byte, 32))
		}, "changed 5"},
		{"last row replaced with a right hash over a false predecessor", func(t *testing.T, db *store.DB) {
			run(t, db, `DELETE FROM journal_entry WHERE seq = 10`)
			forge(t, db, 10, make([]byte, 32))
		}, "head does not match 10"},
		{"two rows replaced, chained to each other", func(t *testing.T, db *store.DB) {
			run(t, db, `DELETE FROM journal_entry WHERE seq IN (5, 6)`)
			forge(t, db, 5, get[[]byte](t, db, "hash", 4))
			forge(t, db, 6, get[[]byte](t, db, "hash", 5))
		}, "changed 6"},
		{"first row replaced with a right hash", func(t *testing.T, db *store.DB) {
			run(t, db, `DELETE FROM journal_entry WHERE seq = 1`)
			forge(t, db, 1, make([]byte, 32))
		}, "changed 1"},
		{"last row replaced with a right hash", func(t *testing.T, db *store.DB) {
			run(t, db, `DELETE FROM journal_entry WHERE seq = 10`)
			forge(t, db, 10, get[[]byte](t, db, "hash", 9))
		}, "head does not match 10"},
		{"row removed, the rest pulled up", func(t *testing.T, db *store.DB) {
			run(t, db, `DELETE FROM journal_entry WHERE seq = 5`)
			renumber(t, db, 6, -1)
		}, "moved 5-9<6, tail missing 10"},
		{"contents of two rows exchanged, hashes left", func(t *testing.T, db *store.DB) {
			for _, col := range []string{"actor", "verb", "object", "detail"} {
				a, b := get[string](t, db, col, 4), get[string](t, db, col, 7)
				run(t, db, `UPDATE journal_entry SET `+col+` = $1 WHERE seq = 4`, b)
				run(t, db, `UPDATE journal_entry SET `+col+` = $1 WHERE seq = 7`, a)
			}
		}, "changed 4, changed 7"},
		{"rows in a run changed", func(t *testing.T, db *store.DB) {
			run(t, db, `UPDATE journal_entry SET unit = 'x' WHERE seq BETWEEN 3 AND 6`)
		}, "changed 3-6"},
		{"head hash changed", func(t *testing.T, db *store.DB) { run(t, db, `UPDATE journal_head SET hash = $1`, make([]byte, 32)) }, "head does not match 10"},
		{"head moved on", func(t *testing.T, db *store.DB) { run(t, db, `UPDATE journal_head SET seq = 12`) }, "tail missing 11-12"},
		{"head moved back", func(t *testing.T, db *store.DB) { run(t, db, `UPDATE journal_head SET seq = 9`) }, "inserted 10, head does not match 9"},
		{"head removed", func(t *testing.T, db *store.DB) { run(t, db, `DELETE FROM journal_head`) }, "head does not match 10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *store.DB) {
				j := open(t, db)
				record(t, db, j, 10)
				c.do(t, db)
				r := verify(t, j)
				if have := strings.Join(names(r), ", "); have != c.want {
					t.Errorf("found %q, want %q", have, c.want)
				}
				for _, f := range r.Faults {
					if x := f.Text(); x.Zh == "" || x.En == "" {
						t.Errorf("%+v has no words", f)
					}
				}
			})
		})
	}
}

// A damaged head stops the journal instead of starting a second chain, and with it every act that must be recorded.
func TestAppendWithoutHead(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		j := open(t, db)
		run(t, db, `DELETE FROM journal_head`)
		err := db.Write(t.Context(), func(tx *store.Tx) error { return j.Append(tx, Act{Actor: "a", Verb: "v"}) })
		if !errs.Is(err, errs.Unavailable) {
			t.Error(err)
		}
		if _, err := Open(t.Context(), db, newClock().now); err != nil {
			t.Error(err)
		}
		if r := verify(t, j); len(r.Faults) != 1 {
			t.Errorf("opening again healed the head: %+v", r)
		}
	})
}

func TestFaultsAreBounded(t *testing.T) {
	w := walk{headSeq: 1 << 20}
	for i := int64(1); i <= 5000; i++ {
		w.step(&row{seq: 2 * i})
	}
	if r := w.finish(); len(r.Faults) > maxFaults || !r.More {
		t.Errorf("%d faults, more %v", len(r.Faults), r.More)
	}
}

// Acts that are recorded while the chain is walked raise no false alarm.
func TestVerifyWhileWriting(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		j, err := Open(t.Context(), db, func() time.Time { return newClock().at })
		if err != nil {
			t.Fatal(err)
		}
		record(t, db, j, 50)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for ctx.Err() == nil {
				_ = db.Write(ctx, func(tx *store.Tx) error { return j.Append(tx, Act{Actor: "a", Verb: "v"}) })
			}
		}()
		for range 20 {
			if r := verify(t, j); len(r.Faults) > 0 {
				t.Errorf("%q", names(r))
			}
		}
		stop()
		<-done
	})
}
