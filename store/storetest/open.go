package storetest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/postgres"
	"github.com/haihe-city/haihe/store/sqlite"
)

// Open gives a test an empty database that is closed at its end: SQLite, or PostgreSQL where the environment says
// HAIHE_TEST_ENGINE=postgres, so that every package's tests run on both without a line of their own.
func Open(t testing.TB) *store.DB { return OpenWith(t, Dialect(t), store.Options{}) }

// OpenWith opens a dialect with options, and closes it at the test's end. It may be used again on the same dialect after Close.
func OpenWith(t testing.TB, d store.Dialect, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Dialect gives an empty database of the engine that Open uses, for tests that open it more than once.
func Dialect(t testing.TB) store.Dialect {
	t.Helper()
	if os.Getenv("HAIHE_TEST_ENGINE") == "postgres" {
		return postgres.Dialect(Postgres(t))
	}
	return sqlite.Dialect(filepath.Join(t.TempDir(), "haihe.db"))
}

// Each runs a test on both engines, each time on an empty database; PostgreSQL's is skipped where it is not installed.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	for _, e := range []Engine{SQLite(), Server()} {
		t.Run(e.Dialect("").Name, func(t *testing.T) { test(t, OpenWith(t, e.Dialect(e.Fresh(t)), store.Options{})) })
	}
}
