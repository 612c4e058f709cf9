package storetest

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// types: what goes in comes out, in the five types and NULL.
func (s suite) types(t *testing.T) {
	db := s.open(t)
	type kind string
	blob := bytes.Repeat([]byte{0, 255, 7}, 100_000)
	write(t, db, func(tx *store.Tx) error {
		if _, err := tx.Exec(qUnit, kind("u1"), "一号 'unit'; $1", nil); err != nil {
			return err
		}
		if _, err := tx.Exec(qMeter, int64(math.MaxInt64), "u1", true, 0.1, blob); err != nil {
			return err
		}
		if _, err := tx.Exec(qMeter, 7, "u1", false, 7, nil); err != nil { // a whole number in a DOUBLE PRECISION
			return err
		}
		_, err := tx.Exec(qMeter, -1, "u1", false, nil, []byte(nil))
		return err
	})
	read(t, db, func(tx *store.Tx) error {
		var n int64
		var live bool
		var load float64
		var frame []byte
		var name string
		q := store.Q("types", `SELECT m.num, m.live, m.load, m.frame, u.name FROM room_meter m JOIN room_unit u ON u.id = m.unit WHERE m.live AND m.num = $1`)
		if err := tx.Get(q, []any{int64(math.MaxInt64)}, &n, &live, &load, &frame, &name); err != nil {
			return err
		}
		if n != math.MaxInt64 || !live || load != 0.1 || !bytes.Equal(frame, blob) || name != "一号 'unit'; $1" {
			t.Error("a value came back changed:", n, live, load, len(frame), name)
		}
		var none *float64
		if err := tx.Get(store.Q("null", `SELECT load, frame FROM room_meter WHERE num = $1 AND load IS NULL AND frame IS NULL`), []any{-1}, &none, &frame); err != nil {
			return err
		}
		if none != nil || frame != nil {
			t.Error("NULL came back as a value")
		}
		return nil
	})
	at := time.Date(2015, 11, 5, 8, 15, 0, 123_456_000, time.UTC)
	if got := store.Time(store.Micros(at)); !got.Equal(at) || store.Micros(time.Time{}) != 0 || !store.Time(0).IsZero() {
		t.Error("time did not come back:", got)
	}
}

// differences: the nine constructs that the engines do not share, each in the form that Haihe uses instead.
func (s suite) differences(t *testing.T) {
	db := s.open(t)
	write(t, db, func(tx *store.Tx) error {
		for i, name := range []string{"alpha", "Alpha", "50%_x", `a\b`} {
			if _, err := tx.Exec(qUnit, name, name, nil); err != nil {
				return err
			}
			if _, err := tx.Exec(qMeter, i, name, true, float64(i), nil); err != nil {
				return err
			}
		}
		return nil
	})
	t.Run("list for ANY", func(t *testing.T) {
		q := `SELECT COUNT(*) FROM room_unit WHERE name = $1 OR id IN ` + store.In(2, 2)
		if n := number(t, db, q, "alpha", "Alpha", "nobody"); n != 2 {
			t.Errorf("In found %d, want 2", n)
		}
		if n := number(t, db, `SELECT COUNT(*) FROM room_unit WHERE id IN `+store.In(1, 0)); n != 0 {
			t.Errorf("an empty In found %d", n)
		}
	})
	t.Run("claim for SKIP LOCKED", func(t *testing.T) {
		write(t, db, func(tx *store.Tx) error {
			var n int64
			return tx.Get(store.Q("claim", `SELECT num FROM room_meter WHERE live ORDER BY num LIMIT 1`+db.Claim()), nil, &n)
		})
	})
	t.Run("sequence for identity columns and keys that fill themselves", func(t *testing.T) {
		write(t, db, func(tx *store.Tx) error {
			n, err := tx.Next("room.meter")
			if err != nil {
				return err
			}
			_, err = tx.Exec(qMeter, 1000+n, "alpha", false, nil, nil)
			return err
		})
	})
	t.Run("copy for ALTER TYPE", func(t *testing.T) {
		migrate(t, db, "alter", []string{`CREATE TABLE alter_a (id TEXT NOT NULL PRIMARY KEY, v BIGINT NOT NULL);
			INSERT INTO alter_a (id, v) VALUES ('x', 7);`,
			`ALTER TABLE alter_a ADD COLUMN w TEXT NOT NULL DEFAULT '';
			UPDATE alter_a SET w = CAST(v AS TEXT);
			ALTER TABLE alter_a DROP COLUMN v;
			ALTER TABLE alter_a RENAME COLUMN w TO v;`})
		read(t, db, func(tx *store.Tx) error {
			var v string
			if err := tx.Get(store.Q("alter", `SELECT v FROM alter_a`), nil, &v); err != nil || v != "7" {
				t.Error("the column's values did not move:", v, err)
			}
			return nil
		})
	})
	t.Run("CASE for GREATEST", func(t *testing.T) {
		if n := number(t, db, `SELECT MAX(CASE WHEN num > phase THEN num ELSE phase END) FROM room_meter WHERE num < 10`); n != 3 {
			t.Error(n)
		}
	})
	t.Run("window for LATERAL", func(t *testing.T) {
		if n := number(t, db, `SELECT COUNT(*) FROM (SELECT num, ROW_NUMBER() OVER (PARTITION BY unit ORDER BY num DESC) AS r FROM room_meter) x WHERE r = 1`); n != 4 {
			t.Error(n)
		}
	})
	t.Run("LIKE is exact", func(t *testing.T) {
		for pattern, want := range map[string]int64{store.HasPrefix("al"): 1, store.Contains("lph"): 2, store.Contains("%_"): 1, store.Contains(`\`): 1} {
			if n := number(t, db, `SELECT COUNT(*) FROM room_unit WHERE name LIKE $1 ESCAPE '\'`, pattern); n != want {
				t.Errorf("LIKE %q found %d, want %d", pattern, n, want)
			}
		}
	})
}

// sticky: after the first failed statement a transaction refuses everything with that error.
func (s suite) sticky(t *testing.T) {
	db := s.open(t)
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		var none string
		if err := tx.Get(store.Q("none", `SELECT id FROM room_unit WHERE id = $1`), []any{"nobody"}, &none); !errs.Is(err, errs.NotFound) {
			t.Error("want not found:", err)
		}
		if _, err := tx.Exec(qUnit, "a", "a", nil); err != nil {
			t.Error("a missing row made the transaction refuse:", err)
		}
		_, first := tx.Exec(qUnit, "a", "a", nil)
		wantKind(t, "duplicate", first, errs.Conflict)
		if _, err := tx.Exec(qUnit, "b", "b", nil); err != first {
			t.Error("Exec after a failure:", err)
		}
		if err := tx.Get(qLogN, nil, new(int)); err != first {
			t.Error("Get after a failure:", err)
		}
		if _, err := tx.Count("c", ""); err != first {
			t.Error("Count after a failure:", err)
		}
		if _, err := tx.Next("s"); err != first {
			t.Error("Next after a failure:", err)
		}
		return nil // swallowed
	})
	wantKind(t, "a swallowed failure", err, errs.Conflict)
	if n := number(t, db, `SELECT COUNT(*) FROM room_unit WHERE id = 'a'`); n != 0 {
		t.Error("a failed write left its rows")
	}
}

// refusedValues: what one engine would take and the other not is refused on both.
func (s suite) refusedValues(t *testing.T) {
	db := s.open(t)
	for _, c := range []struct {
		name string
		q    store.Stmt
		args []any
		kind errs.Kind
	}{
		{"zero byte", qUnit, []any{"z", "a\x00b", nil}, errs.Invalid},
		{"not UTF-8", qUnit, []any{"z", "a\xff", nil}, errs.Invalid},
		{"word in a BIGINT", qMeter, []any{"abc", "root", true, nil, nil}, errs.Invalid},
		{"word in a BOOLEAN", qMeter, []any{1, "root", "notabool", nil, nil}, errs.Invalid},
		{"word in a DOUBLE PRECISION", qMeter, []any{1, "root", true, "much", nil}, errs.Invalid},
		{"fraction in a BIGINT", qMeter, []any{1.5, "root", true, nil, nil}, errs.Invalid},
		{"bytes in a TEXT", qUnit, []any{"z", []byte("z"), nil}, errs.Invalid},
		{"time", qUnit, []any{"z", "z", time.Now()}, errs.Internal},
		{"struct", qUnit, []any{"z", "z", struct{}{}}, errs.Internal},
		{"too few arguments", qUnit, []any{"z", "z"}, errs.Internal},
		{"too many arguments", qUnit, []any{"z", "z", nil, nil}, errs.Internal},
		{"no such table", store.Q("nowhere", `SELECT 1 FROM nowhere`), nil, errs.Internal},
		{"out of the check", store.Q("phase", `INSERT INTO room_meter (num, unit, live, phase) VALUES (1, 'root', $1, $2)`), []any{true, 4}, errs.Invalid},
		{"NULL in NOT NULL", qUnit, []any{"z", nil, nil}, errs.Invalid},
	} {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(c.q, c.args...)
			return err
		})
		wantKind(t, c.name, err, c.kind)
	}
	if n := number(t, db, `SELECT COUNT(*) FROM room_unit`) + number(t, db, `SELECT COUNT(*) FROM room_meter`); n != 1 {
		t.Errorf("%d rows, want the root alone", n)
	}
}

// kinds: the driver's errors leave the store as kinds.
func (s suite) kinds(t *testing.T) {
	db := s.open(t)
	run(t, db, `INSERT INTO room_unit (id, name, parent) VALUES ('a', 'A', 'root')`)
	for _, c := range []struct {
		name, text string
		kind       errs.Kind
	}{
		{"duplicate key", `INSERT INTO room_unit (id, name) VALUES ('a', 'B')`, errs.Conflict},
		{"duplicate value", `INSERT INTO room_unit (id, name) VALUES ('b', 'A')`, errs.Conflict},
		{"reference to nothing", `INSERT INTO room_unit (id, name, parent) VALUES ('c', 'C', 'nobody')`, errs.Conflict},
		{"delete of what is referred to", `DELETE FROM room_unit WHERE id = 'root'`, errs.Conflict},
		{"syntax", `INSERT OR ELSE`, errs.Internal},
	} {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(store.Q("kinds", c.text))
			return err
		})
		wantKind(t, c.name, err, c.kind)
	}
}

// misuse: faults of the program are told, alike on both engines.
func (s suite) misuse(t *testing.T) {
	db := s.open(t)
	var kept *store.Tx
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		kept = tx
		_, err := tx.Exec(qLog, 1, "x")
		return err
	})
	wantKind(t, "Exec in a Read", err, errs.Internal)
	err = db.Read(t.Context(), func(tx *store.Tx) error { return tx.Add("c", "", 1) })
	wantKind(t, "Add in a Read", err, errs.Internal)
	err = db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Get(store.Q("sly", `INSERT INTO room_log (n, id) VALUES (1, 'x') RETURNING n`), nil, new(int))
	})
	wantKind(t, "INSERT in a Read", err, errs.Internal)
	wantKind(t, "a transaction that is over", kept.Get(qLogN, nil, new(int)), errs.Internal)
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		return tx.Each(store.Q("outer", `SELECT id FROM room_unit`), nil, func(scan func(...any) error) error {
			_, err := tx.Exec(qLog, 1, "x")
			return err
		})
	})
	wantKind(t, "Exec inside Each", err, errs.Internal)
	err = db.Write(t.Context(), func(tx *store.Tx) error { return tx.Get(qLogN, nil, new(bool), new(int)) })
	wantKind(t, "another number of columns", err, errs.Internal)
	if n := number(t, db, qLogN.SQL); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
}

// textOrder: by bytes.
func (s suite) textOrder(t *testing.T) {
	db := s.open(t)
	names := []string{"a b", "B", "aa", "a", "区", "𠀀", "Ä", "_", "中", "~", "aB", "10", "9"}
	for _, n := range names {
		run(t, db, `INSERT INTO room_log (n, id) VALUES (1, $1)`, n)
	}
	slices.Sort(names)
	var got []string
	read(t, db, func(tx *store.Tx) error {
		return tx.Each(store.Q("order", `SELECT id FROM room_log ORDER BY id`), nil, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			got = append(got, id)
			return err
		})
	})
	if !slices.Equal(got, names) {
		t.Errorf("got %q, want %q", got, names)
	}
	if got := number(t, db, `SELECT CASE WHEN 'B' < 'a' THEN 1 ELSE 0 END`); got != 1 {
		t.Error("'B' does not stand before 'a'")
	}
	if !strings.HasPrefix(store.NewID(time.UnixMilli(1)), "0000000001") || len(store.NewID(time.Now())) != 26 {
		t.Error("NewID:", store.NewID(time.UnixMilli(1)))
	}
	if a, b := store.NewID(time.UnixMilli(1_447_000_000_000)), store.NewID(time.UnixMilli(1_447_000_000_001)); a >= b {
		t.Error("ids do not sort by time:", a, b)
	}
}

// snapshot: a Read sees one state, and its own process's writes that were answered before it began.
func (s suite) snapshot(t *testing.T) {
	db := s.open(t)
	run(t, db, `INSERT INTO room_log (n, id) VALUES (1, 'x')`)
	read(t, db, func(tx *store.Tx) error {
		var n int
		if err := tx.Get(qLogN, nil, &n); err != nil || n != 1 {
			t.Error("an answered write is not seen:", n, err)
		}
		run(t, db, `INSERT INTO room_log (n, id) VALUES (2, 'y')`)
		if err := tx.Get(qLogN, nil, &n); err != nil || n != 1 {
			t.Error("the snapshot moved:", n, err)
		}
		return nil
	})
}
