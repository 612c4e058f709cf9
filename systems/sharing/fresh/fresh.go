// Package fresh keeps something small and often asked for in memory (内存副本), true to the database: a change through this process is seen at the
// next look, one through another instance within a second.
package fresh

import (
	"context"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// within is how long what another instance changed may go unseen.
const within = time.Second

// Kept is a value that is loaded from the database; what it points to is never written to.
type Kept[T any] struct {
	db      *store.DB
	counter string // of the store's maintained counts, raised by every change
	load    func(tx *store.Tx) (T, error)
	wall    func() time.Time

	mu     sync.RWMutex
	value  T
	state  int64
	looked time.Time // zero: to be loaded
}

// New keeps what load reads; wall is the machine's clock.
func New[T any](db *store.DB, counter string, wall func() time.Time, load func(tx *store.Tx) (T, error)) *Kept[T] {
	return &Kept[T]{db: db, counter: counter, load: load, wall: wall, state: -1}
}

// Changed notes a change, in its transaction.
func (k *Kept[T]) Changed(tx *store.Tx) error {
	tx.OnCommit(func() {
		k.mu.Lock()
		k.looked = time.Time{}
		k.mu.Unlock()
	})
	return tx.Add(k.counter, "", 1)
}

// Get gives the value.
func (k *Kept[T]) Get(ctx context.Context) (T, error) {
	now := k.wall()
	k.mu.RLock()
	v, looked := k.value, k.looked
	k.mu.RUnlock()
	if !looked.IsZero() && now.Sub(looked) < within {
		return v, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.db.Read(ctx, func(tx *store.Tx) error {
		n, err := tx.Count(k.counter, "")
		if err != nil || n == k.state {
			return err
		}
		fresh, err := k.load(tx)
		if err == nil {
			k.value, k.state = fresh, n
		}
		return err
	})
	if err != nil {
		var none T
		return none, errs.Wrap("read "+k.counter, err)
	}
	k.looked = now
	return k.value, nil
}
