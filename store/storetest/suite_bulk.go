package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

var bulkLog = store.NewBulk("room.log.bulk", `INSERT INTO room_log (n, id)`, 2, ``)

// bulk: any number of rows is written once each, in order, and one that is refused takes all with it.
func (s suite) bulk(t *testing.T) {
	db := s.open(t)
	total := int64(0)
	for _, n := range []int{0, 1, 2, 9, 31, 63, 64, 65, 129, 1000} {
		var rows []any
		for i := range n {
			rows = append(rows, int64(i), fmt.Sprintf("河%d", i))
		}
		write(t, db, func(tx *store.Tx) error {
			changed, err := tx.ExecBulk(bulkLog, rows)
			if int(changed) != n {
				t.Errorf("%d of %d rows", changed, n)
			}
			return err
		})
		total += int64(n)
		if got := number(t, db, `SELECT COUNT(*) FROM room_log`); got != total {
			t.Fatalf("%d rows are there, want %d", got, total)
		}
	}
	if got := number(t, db, `SELECT COUNT(*) FROM room_log WHERE n = $1 AND id = $2`, 999, "河999"); got != 1 {
		t.Errorf("the last row is there %d times", got)
	}
	for what, rows := range map[string][]any{"a row too short": {1, "a", 2}, "a zero byte": {1, "a", 2, "b\x00"}} {
		if err := db.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.ExecBulk(bulkLog, rows); return err }); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	if got := number(t, db, `SELECT COUNT(*) FROM room_log`); got != total {
		t.Errorf("%d rows are there after what was refused, want %d", got, total)
	}
}

// ends: what a writer leaves for its end is part of it; what it registers for its rollback runs then and only then, the last first.
func (s suite) ends(t *testing.T) {
	db := s.open(t)
	var told []string
	tell := func(what string) func() { return func() { told = append(told, what) } }
	fault := errors.New("refused at the end")
	writer := func(end error) error {
		return db.Write(t.Context(), func(tx *store.Tx) error {
			if tx.Group() == 0 {
				t.Error("a writer without a group")
			}
			tx.OnRollback(tell("undo 1"))
			tx.OnRollback(tell("undo 2"))
			tx.OnCommit(tell("commit"))
			tx.AtEnd(func() error {
				told = append(told, "end")
				if _, err := tx.Exec(qLog, 1, "end"); err != nil {
					return err
				}
				tx.AtEnd(func() error { told = append(told, "end of the end"); return end })
				return nil
			})
			told = append(told, "fn")
			return nil
		})
	}
	for _, c := range []struct {
		end  error
		want []string
		rows int64
	}{
		{nil, []string{"fn", "end", "end of the end", "commit"}, 1},
		{fault, []string{"fn", "end", "end of the end", "undo 2", "undo 1"}, 1},
	} {
		told = nil
		if err := writer(c.end); !errors.Is(err, c.end) || err == nil != (c.end == nil) {
			t.Errorf("got %v, want %v", err, c.end)
		}
		if !slices.Equal(told, c.want) {
			t.Errorf("told %v, want %v", told, c.want)
		}
		if n := number(t, db, `SELECT COUNT(*) FROM room_log`); n != c.rows {
			t.Errorf("%d rows, want %d", n, c.rows)
		}
	}
	if err := db.Write(t.Context(), func(tx *store.Tx) error {
		tx.AtEnd(func() error { panic("at the end") })
		return nil
	}); !errs.Is(err, errs.Internal) {
		t.Errorf("a panic at the end: %v", err)
	}
	read(t, db, func(tx *store.Tx) error {
		if tx.Group() != 0 || db.Inside(tx.Context()) {
			t.Error("a Read is taken for a Write")
		}
		return nil
	})
	write(t, db, func(tx *store.Tx) error {
		if !db.Inside(tx.Context()) || !db.Inside(context.Background()) {
			t.Error("a Write does not know itself")
		}
		return nil
	})
}

// prefixes: counts are listed by the beginning of their keys, in the order of the bytes.
func (s suite) prefixes(t *testing.T) {
	db := s.open(t)
	write(t, db, func(tx *store.Tx) error {
		for i, key := range []string{"b", "a\x1f2", "a\x1f10", "a", "ab", "", "河\x1fx"} {
			if err := tx.Add("list", key, int64(i+1)); err != nil {
				return err
			}
		}
		return tx.Add("other", "a\x1f1", 1)
	})
	for prefix, want := range map[string]string{"a\x1f": "a\x1f10=3 a\x1f2=2 ", "河": "河\x1fx=7 ", "c": "", "": "=6 a=4 a\x1f10=3 a\x1f2=2 ab=5 b=1 河\x1fx=7 "} {
		got := ""
		read(t, db, func(tx *store.Tx) error {
			return tx.Counts("list", prefix, func(key string, n int64) error { got += fmt.Sprintf("%s=%d ", key, n); return nil })
		})
		if got != want {
			t.Errorf("%q: %q, want %q", prefix, got, want)
		}
	}
}
