package fresh

import (
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// TestKept: a change of one's own is seen at once, another instance's within a second, and a look costs nothing meanwhile.
func TestKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var mu sync.Mutex
		at, loads := time.Unix(1000, 0), 0
		wall := func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
		load := func(tx *store.Tx) (int64, error) { loads++; return tx.Count("things", "") }
		one, two := New(db, "change", wall, load), New(db, "change", wall, func(tx *store.Tx) (int64, error) { return tx.Count("things", "") })
		change := func(k *Kept[int64]) {
			if err := db.Write(t.Context(), func(tx *store.Tx) error {
				if err := tx.Add("things", "", 1); err != nil {
					return err
				}
				return k.Changed(tx)
			}); err != nil {
				t.Fatal(err)
			}
		}
		want := func(k *Kept[int64], n int64) {
			t.Helper()
			if got, err := k.Get(t.Context()); err != nil || got != n {
				t.Errorf("got %d %v, want %d", got, err, n)
			}
		}
		want(one, 0)
		want(two, 0)
		change(one)
		want(one, 1)
		want(two, 0)
		at = at.Add(2 * time.Second)
		want(two, 1)
		want(one, 1)
		if loads != 2 {
			t.Errorf("loaded %d times", loads)
		}
	})
}
