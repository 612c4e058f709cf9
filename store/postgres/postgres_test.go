package postgres_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/postgres"
	"github.com/haihe-city/haihe/store/storetest"
)

func TestSuite(t *testing.T) { storetest.Run(t, storetest.Server()) }

func admin(t *testing.T, dsn, text string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), text); err != nil {
		t.Fatal(err)
	}
}

// What keeps the database from opening is one clear sentence, which never shows the password.
func TestOpenRefuses(t *testing.T) {
	dsn := storetest.Postgres(t)
	admin(t, dsn, `CREATE DATABASE sorted TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'`)
	t.Cleanup(func() { admin(t, dsn, `DROP DATABASE sorted WITH (FORCE)`) })
	other := func(name string) string {
		head, tail, _ := strings.Cut(dsn, "dbname=")
		_, tail, _ = strings.Cut(tail, " ")
		return head + "dbname=" + name + " " + tail
	}
	for name, c := range map[string]struct {
		dsn  string
		kind errs.Kind
	}{
		"text not sorted by bytes": {other("sorted"), errs.Invalid},
		"no such database":         {other("nowhere"), errs.Unavailable},
		"no such user":             {strings.Replace(dsn, "user=haihe", "user=nobody password=hunter2", 1), errs.Unavailable},
		"no server":                {"postgres://haihe:hunter2@127.0.0.1:1/haihe?sslmode=disable", errs.Unavailable},
		"no connection string":     {"postgres://haihe:hunter2@[::1/", errs.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), postgres.Dialect(c.dsn), store.Options{})
			if err == nil {
				db.Close()
			}
			m, ok := errs.MsgOf(err)
			if !errs.Is(err, c.kind) || !ok || m.Zh == "" || m.En == "" {
				t.Fatalf("got %v (%v), want %v with words", err, errs.KindOf(err), c.kind)
			}
			if strings.Contains(err.Error()+m.Zh+m.En, "hunter2") {
				t.Error("the password is shown:", err)
			}
		})
	}
}

// A lost connection is opened again by itself, for writers and readers.
func TestLostConnection(t *testing.T) {
	dsn := storetest.Postgres(t)
	db := storetest.OpenWith(t, postgres.Dialect(dsn), store.Options{})
	if err := db.Migrate(t.Context(), "lost", fstest.MapFS{"0001_lost.sql": {Data: []byte(`CREATE TABLE lost_t (n BIGINT NOT NULL PRIMARY KEY)`)}}); err != nil {
		t.Fatal(err)
	}
	insert := store.Q("lost", `INSERT INTO lost_t (n) VALUES ($1)`)
	count := store.Q("count", `SELECT COUNT(*) FROM lost_t`)
	terminate := `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
	rows := func() (n int64) {
		if err := db.Read(t.Context(), func(tx *store.Tx) error { return tx.Get(count, nil, &n) }); err != nil {
			t.Error("read:", err)
		}
		return n
	}
	write := func(n int64, between func()) error {
		return db.Write(t.Context(), func(tx *store.Tx) error {
			if between != nil {
				between()
			}
			_, err := tx.Exec(insert, n)
			return err
		})
	}
	if err := write(1, nil); err != nil || rows() != 1 {
		t.Fatal(err)
	}
	admin(t, dsn, terminate) // while nothing is under way: nobody notices
	if err := write(2, nil); err != nil {
		t.Error("after an idle connection was lost:", err)
	}
	if n := rows(); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
	// In the middle of a write: that writer is told, the next one works.
	if err := write(3, func() { admin(t, dsn, terminate) }); !errs.Is(err, errs.Unavailable) {
		t.Error("lost in a write:", err)
	}
	if err := write(4, nil); err != nil {
		t.Error("after a loss in a write:", err)
	}
	if n := rows(); n != 3 {
		t.Errorf("%d rows, want 3", n)
	}
}

// Two instances may share the data where both say so: numbers are not given twice and counts stay exact.
func TestShared(t *testing.T) {
	dsn := storetest.Postgres(t)
	var dbs [2]*store.DB
	for i := range dbs {
		dbs[i] = storetest.OpenWith(t, postgres.Dialect(dsn), store.Options{Shared: true})
	}
	done := make(chan error)
	for _, db := range dbs {
		go func() {
			var err error
			for range 100 {
				if err = db.Write(context.Background(), func(tx *store.Tx) error {
					if _, err := tx.Next("shared"); err != nil {
						return err
					}
					return tx.Add("shared", "", 1)
				}); err != nil {
					break
				}
			}
			done <- err
		}()
	}
	for range dbs {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	err := dbs[0].Write(t.Context(), func(tx *store.Tx) error {
		n, err := tx.Next("shared")
		if err != nil {
			return err
		}
		if c, err := tx.Count("shared", ""); n != 201 || c != 200 {
			t.Errorf("next %d, count %d (%v)", n, c, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Several schemas of one database are several stores, each with its own instance.
func TestSchema(t *testing.T) {
	dsn := storetest.Postgres(t)
	for _, schema := range []string{"hexi", "heping"} {
		db := storetest.OpenWith(t, postgres.Dialect(dsn+" search_path="+schema), store.Options{})
		if err := db.Migrate(t.Context(), "s", fstest.MapFS{"0001_s.sql": {Data: []byte(`CREATE TABLE s_t (n BIGINT NOT NULL)`)}}); err != nil {
			t.Error(schema, err)
		}
	}
}
