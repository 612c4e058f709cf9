package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/sqlite"
	"github.com/haihe-city/haihe/store/storetest"
)

func TestSuite(t *testing.T) { storetest.Run(t, storetest.SQLite()) }

// What keeps the database from opening is one clear sentence.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte(strings.Repeat("no database at all\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(dir, "locked")
	if err := os.Mkdir(locked, 0o500); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path string
		o          store.Options
		kind       errs.Kind
	}{
		{"no database", file, store.Options{}, errs.Invalid},
		{"a folder", dir, store.Options{}, errs.Unavailable},
		{"a file for a folder", filepath.Join(file, "haihe.db"), store.Options{}, errs.Unavailable},
		{"shared", filepath.Join(dir, "shared.db"), store.Options{Shared: true}, errs.Invalid},
		{"a folder that cannot be written", filepath.Join(locked, "haihe.db"), store.Options{}, errs.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.path == filepath.Join(locked, "haihe.db") && os.Geteuid() == 0 {
				t.Skip("skipped: root may write anywhere")
			}
			db, err := store.Open(t.Context(), sqlite.Dialect(c.path), c.o)
			if err == nil {
				db.Close()
			}
			if m, ok := errs.MsgOf(err); !errs.Is(err, c.kind) || !ok || m.Zh == "" || m.En == "" {
				t.Errorf("got %v (%v), want %v with words", err, errs.KindOf(err), c.kind)
			}
		})
	}
	b, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(b), "no database") {
		t.Error("a file that is no database was changed")
	}
}

// A full disk is told to every writer concerned; what was answered stays, and writing goes on when there is room again.
func TestFullDisk(t *testing.T) {
	d := sqlite.Dialect(filepath.Join(t.TempDir(), "haihe.db"))
	setup := d.Setup
	var writer *sql.Conn
	d.Setup = func(ctx context.Context, c *sql.Conn, w bool, o store.Options) error {
		if w {
			writer = c
		}
		return setup(ctx, c, w, o)
	}
	db := storetest.OpenWith(t, d, store.Options{})
	if err := db.Migrate(t.Context(), "full", fstest.MapFS{"0001_full.sql": {Data: []byte(`CREATE TABLE full_t (n BIGINT NOT NULL PRIMARY KEY, b BYTEA NOT NULL)`)}}); err != nil {
		t.Fatal(err)
	}
	limit := func(pages string) { // the lane is idle: nobody writes
		if _, err := writer.ExecContext(t.Context(), "PRAGMA max_page_count = "+pages); err != nil {
			t.Fatal(err)
		}
	}
	limit("100")
	insert := store.Q("full", `INSERT INTO full_t (n, b) VALUES ($1, $2)`)
	kept := int64(0)
	var err error
	for err == nil && kept < 1000 {
		err = db.Write(t.Context(), func(tx *store.Tx) error {
			if err := tx.Add("full", "", 1); err != nil {
				return err
			}
			_, err := tx.Exec(insert, kept, make([]byte, 10_000))
			return err
		})
		if err == nil {
			kept++
		}
	}
	if m, ok := errs.MsgOf(err); !errs.Is(err, errs.Unavailable) || !ok || !strings.Contains(m.Zh, "磁盘空间已满") || !strings.Contains(m.En, "disk is full") {
		t.Errorf("got %v", err)
	}
	limit("100000")
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		var rows int64
		if err := tx.Get(store.Q("rows", `SELECT COUNT(*) FROM full_t`), nil, &rows); err != nil {
			return err
		}
		if n, err := tx.Count("full", ""); err != nil || n != kept || rows != kept || kept == 0 {
			t.Errorf("%d rows, count %d, %d answered (%v)", rows, n, kept, err)
		}
		_, err := tx.Exec(insert, kept, make([]byte, 10_000))
		return err
	})
	if err != nil {
		t.Error("with room again:", err)
	}
}

// The tables' types in SQLite's own catalogue.
func TestDDL(t *testing.T) {
	d := sqlite.Dialect("")
	for in, want := range map[string]string{
		"CREATE TABLE a (n bigint PRIMARY KEY, ok BOOLEAN, x DOUBLE PRECISION, b BYTEA, t TEXT DEFAULT 'BIGINT')": "CREATE TABLE a (n INTEGER PRIMARY KEY, ok INT, x  REAL, b BLOB, t TEXT DEFAULT 'BIGINT')\nSTRICT",
		"CREATE TABLE IF NOT EXISTS a (k TEXT PRIMARY KEY) WITHOUT ROWID":                                         "CREATE TABLE IF NOT EXISTS a (k TEXT PRIMARY KEY) WITHOUT ROWID,\nSTRICT",
		"CREATE TABLE a AS SELECT 1":                "CREATE TABLE a AS SELECT 1",
		"ALTER TABLE a ADD COLUMN b BYTEA -- BYTEA": "ALTER TABLE a ADD COLUMN b BLOB -- BYTEA",
		"CREATE INDEX i ON a (n)":                   "CREATE INDEX i ON a (n)",
		"-- t\nCREATE TABLE a (n BIGINT) -- end":    "-- t\nCREATE TABLE a (n INTEGER) -- end\nSTRICT",
	} {
		if got := d.DDL(in); got != want {
			t.Errorf("%q\n gave %q\nwant %q", in, got, want)
		}
	}
	db := storetest.OpenWith(t, sqlite.Dialect(filepath.Join(t.TempDir(), "haihe.db")), store.Options{})
	err := db.Migrate(t.Context(), "odd", fstest.MapFS{"0001_odd.sql": {Data: []byte(`CREATE TABLE odd (n VARCHAR(20))`)}})
	if err == nil {
		t.Error("a sixth type was taken")
	}
}
