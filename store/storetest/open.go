package storetest

import (
	"path/filepath"
	"testing"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/sqlite"
)

// Open gives a test an empty database that is closed at its end.
func Open(t testing.TB) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), sqlite.Dialect(filepath.Join(t.TempDir(), "haihe.db")), store.Options{})
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
