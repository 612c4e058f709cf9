package storetest

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// counts: maintained counts are exact, seen inside the transaction, and go back with a failed writer.
func (s suite) counts(t *testing.T) {
	db := s.open(t)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			err := db.Write(context.Background(), func(tx *store.Tx) error {
				before, err := tx.Count("meters", "河西")
				if err != nil {
					return err
				}
				if err := tx.Add("meters", "河西", 3); err != nil {
					return err
				}
				if err := tx.Add("meters", "", -1); err != nil {
					return err
				}
				after, err := tx.Count("meters", "河西")
				if after != before+3 {
					t.Errorf("count %d, then %d", before, after)
				}
				if i%5 == 0 {
					return errs.Say(errs.Denied, "不同意", "refused")
				}
				return err
			})
			if (err != nil) != (i%5 == 0) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	read(t, db, func(tx *store.Tx) error {
		for key, want := range map[string]int64{"河西": 120, "": -40, "none": 0} {
			if n, err := tx.Count("meters", key); err != nil || n != want {
				t.Errorf("count %q is %d (%v), want %d", key, n, err, want)
			}
		}
		return nil
	})
	err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.Add("meters", "a\x00", 1) })
	wantKind(t, "a zero byte in a key", err, errs.Invalid)
}

// sequences: from 1, without gaps, across a reopening.
func (s suite) sequences(t *testing.T) {
	d := s.Dialect(s.Fresh(t))
	db := OpenWith(t, d, store.Options{})
	next := func(fails bool) (n int64) {
		err := db.Write(t.Context(), func(tx *store.Tx) (err error) {
			if n, err = tx.Next("q"); err == nil && fails {
				err = errs.Say(errs.Denied, "不同意", "refused")
			}
			return err
		})
		if (err != nil) != fails {
			t.Fatal(err)
		}
		return n
	}
	for i, c := range []struct {
		fails bool
		want  int64
	}{{true, 1}, {false, 1}, {true, 2}, {false, 2}, {false, 3}} {
		if n := next(c.fails); n != c.want {
			t.Errorf("step %d: got %d, want %d", i, n, c.want)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = OpenWith(t, d, store.Options{})
	if n := next(false); n != 4 {
		t.Errorf("after reopening: %d, want 4", n)
	}
}

// paging: keyset pages by cursor neither repeat nor miss a row while others are inserted; foreign tokens are refused.
func (s suite) paging(t *testing.T) {
	db := s.open(t)
	insert := func(n int64) {
		run(t, db, qLog.SQL, n/3, fmt.Sprintf("%06d", n)) // n/3: equal values in the first column
	}
	for n := range int64(100) {
		insert(2 * n)
	}
	seen := map[string]int{}
	page := func(token string) (next string, rows int) {
		from, id := int64(-1), ""
		if token != "" {
			parts, err := store.Uncursor(token, 2)
			if err != nil {
				t.Fatal(err)
			}
			from, _ = strconv.ParseInt(parts[0], 10, 64)
			id = parts[1]
		}
		read(t, db, func(tx *store.Tx) error {
			return tx.Each(store.Q("page", `SELECT n, id FROM room_log WHERE (n, id) > ($1, $2) ORDER BY n, id LIMIT 7`), []any{from, id}, func(scan func(...any) error) error {
				var n int64
				var id string
				err := scan(&n, &id)
				seen[id]++
				rows++
				next = store.Cursor(strconv.FormatInt(n, 10), id)
				return err
			})
		})
		return next, rows
	}
	for token, odd := "", int64(1); ; odd += 20 {
		next, rows := page(token)
		if rows == 0 {
			break
		}
		insert(odd % 200)
		token = next
	}
	for n := range int64(100) {
		if c := seen[fmt.Sprintf("%06d", 2*n)]; c != 1 {
			t.Errorf("row %d was seen %d times", 2*n, c)
		}
	}
	for _, token := range []string{"", "x", "!!!", store.Cursor("a"), store.Cursor("a", "b", "c"), "WyJhIiwiYiJd=", strings.Repeat("A", 10_000)} {
		_, err := store.Uncursor(token, 2)
		wantKind(t, "token "+token[:min(len(token), 20)], err, errs.Invalid)
		wantWords(t, "token", err)
	}
	if parts, err := store.Uncursor(store.Cursor("河", ""), 2); err != nil || parts[0] != "河" || parts[1] != "" {
		t.Error(parts, err)
	}
}

// migrations: by owner, once, each in one transaction; what was applied must not change.
func (s suite) migrations(t *testing.T) {
	where := s.Fresh(t)
	db := OpenWith(t, s.Dialect(where), store.Options{})
	one := `CREATE TABLE m_a (id TEXT NOT NULL PRIMARY KEY);`
	two := `INSERT INTO m_a (id) VALUES ('two');`
	bad := `INSERT INTO m_a (id) VALUES ('three'); INSERT INTO nowhere (id) VALUES (1);`
	migrate(t, db, "m", []string{one})
	run(t, db, `INSERT INTO m_a (id) VALUES ('before')`)
	migrate(t, db, "m", []string{one, two})
	migrate(t, db, "m", []string{one, two})
	migrate(t, db, "other", []string{`CREATE TABLE m_b (id TEXT NOT NULL PRIMARY KEY)`})

	err := db.Migrate(t.Context(), "m", files(one, two, bad))
	if err == nil || !strings.Contains(err.Error(), "statement 2") {
		t.Error("a failing migration:", err)
	}
	if n := number(t, db, `SELECT COUNT(*) FROM m_a`); n != 2 {
		t.Errorf("%d rows, want 2: a failed migration must leave nothing", n)
	}
	for name, fsys := range map[string]fstest.MapFS{
		"changed":          files(one, two+" "),
		"a newer database": files(one),
	} {
		err := db.Migrate(t.Context(), "m", fsys)
		wantKind(t, name, err, errs.Conflict)
		wantWords(t, name, err)
	}
	gap := files(one, two, bad)
	delete(gap, "table/0002_step.sql")
	orphan := files(one)
	orphan["table/0002_x.postgres.sql"] = &fstest.MapFile{Data: []byte("-- why\nSELECT 1")}
	mute := files(one)
	mute["table/0001_step.postgres.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE m_c (id TEXT)")}
	twice := files(one)
	twice["table/0001_again.sql"] = &fstest.MapFile{Data: []byte(one)}
	odd := files(one)
	odd["table/first.sql"] = &fstest.MapFile{Data: []byte(one)}
	for name, fsys := range map[string]fstest.MapFS{"gap": gap, "orphan": orphan, "mute": mute, "twice": twice, "odd": odd} {
		wantKind(t, name, db.Migrate(t.Context(), name, fsys), errs.Internal)
	}

	fsys := files(`CREATE TABLE m_d (id TEXT NOT NULL)`, `INSERT INTO m_d (id) VALUES ('common')`)
	maps.Copy(fsys, fstest.MapFS{"table/0002_step.postgres.sql": {Data: []byte("-- Why: to be told apart.\nINSERT INTO m_d (id) VALUES ('override')")}})
	if err := db.Migrate(t.Context(), "over", fsys); err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"postgres": 1}[db.Engine()]
	if n := number(t, db, `SELECT COUNT(*) FROM m_d WHERE id = 'override'`); n != want {
		t.Errorf("the override was taken %d times, want %d", n, want)
	}
	if names, err := store.Overrides(fsys); err != nil || len(names) != 1 || names[0] != "0002_step.postgres.sql" {
		t.Error(names, err)
	}
}

// second: a second instance on the same data is refused, until the first has closed.
func (s suite) second(t *testing.T) {
	d := s.Dialect(s.Fresh(t))
	first := OpenWith(t, d, store.Options{})
	_, err := store.Open(t.Context(), d, store.Options{})
	wantKind(t, "second instance", err, errs.Conflict)
	wantWords(t, "second instance", err)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	OpenWith(t, d, store.Options{})
}

// stats: what the metrics show.
func (s suite) stats(t *testing.T) {
	db := s.open(t)
	before := db.Stats()
	for i := range 3 {
		run(t, db, qLog.SQL, i, "x")
	}
	_ = db.Write(t.Context(), func(*store.Tx) error { return errs.Say(errs.Denied, "不同意", "refused") })
	st := db.Stats()
	if st.Groups-before.Groups != 3 || st.Writes-before.Writes != 3 || st.Failed-before.Failed != 1 || st.Stmts["test"].Count != 3 {
		t.Errorf("%+v", st)
	}
	var commits int64
	for _, n := range st.Commits {
		commits += n
	}
	if commits != st.Groups {
		t.Errorf("%d commits in the buckets, %d groups", commits, st.Groups)
	}
	if n, err := db.Size(t.Context()); err != nil || n < 8192 {
		t.Error("size:", n, err)
	}
}
