package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// hold keeps the lane in a writer's function until release is called, so that others gather behind it in one group.
func hold(t *testing.T, db *store.DB) (release func() error) {
	t.Helper()
	in, out, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- db.Write(context.Background(), func(tx *store.Tx) error {
			close(in)
			<-out
			_, err := tx.Exec(qLog, 0, "held")
			return err
		})
	}()
	<-in
	return func() error {
		close(out)
		return <-done
	}
}

// waitFor lets n writers come into the queue.
func waitFor(db *store.DB, n int) {
	for db.Stats().Waiting < n {
		runtime.Gosched()
	}
}

// manyWriters: 64 writers share transactions; those who fail do so alone; hooks run in commit order, before the answer.
func (s suite) manyWriters(t *testing.T) {
	db := s.open(t)
	const writers, each = 64, 8
	var mu sync.Mutex
	var hooked []int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				fails := (w+i)%7 == 3
				var n int64
				err := db.Write(context.Background(), func(tx *store.Tx) (err error) {
					if n, err = tx.Next("room.log"); err != nil {
						return err
					}
					tx.OnCommit(func() { mu.Lock(); defer mu.Unlock(); hooked = append(hooked, n) })
					if _, err := tx.Exec(qLog, n, fmt.Sprintf("%d/%d", w, i)); err != nil {
						return err
					}
					switch {
					case fails && i%2 == 0:
						return errs.Say(errs.Denied, "不同意", "refused")
					case fails:
						_, err := tx.Exec(qUnit, "root", "twice", nil)
						return err
					}
					return nil
				})
				if fails != (err != nil) {
					t.Errorf("writer %d/%d: %v", w, i, err)
				}
				mu.Lock()
				if !fails && !slices.Contains(hooked, n) {
					t.Errorf("writer %d/%d was answered before its hook", w, i)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if !slices.IsSorted(hooked) || len(hooked) == 0 || hooked[len(hooked)-1] != int64(len(hooked)) {
		t.Error("hooks did not run in commit order, or a rolled-back number was not given again:", hooked)
	}
	if n := number(t, db, qLogN.SQL); n != int64(len(hooked)) {
		t.Errorf("%d rows, %d hooks", n, len(hooked))
	}
	st := db.Stats()
	if st.Groups >= st.Writes {
		t.Errorf("no transaction was shared: %d groups for %d writers", st.Groups, st.Writes)
	}
}

// panics: a panic is rolled back alone and comes back with its stack; the end of the goroutine does not end the lane.
func (s suite) panics(t *testing.T) {
	db := s.open(t)
	release := hold(t, db)
	var bad, good error
	var wg sync.WaitGroup
	wg.Go(func() {
		bad = db.Write(context.Background(), func(tx *store.Tx) error {
			if _, err := tx.Exec(qLog, 1, "panic"); err != nil {
				return err
			}
			panic("out of order")
		})
	})
	waitFor(db, 1)
	wg.Go(func() {
		good = db.Write(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Exec(qLog, 2, "good")
			return err
		})
	})
	waitFor(db, 2)
	if err := release(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	wantKind(t, "panic", bad, errs.Internal)
	if bad == nil || !strings.Contains(bad.Error(), "out of order") || !strings.Contains(bad.Error(), "suite_group.go") {
		t.Error("the panic's text or stack is missing:", bad)
	}
	if good != nil {
		t.Error(good)
	}
	if n := number(t, db, qLogN.SQL); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
	err := db.Write(context.Background(), func(tx *store.Tx) error {
		runtime.Goexit()
		return nil
	})
	wantKind(t, "goexit", err, errs.Internal)
	write(t, db, func(tx *store.Tx) error {
		tx.OnCommit(func() { panic("in a hook") })
		return nil
	})
	if err := db.Write(context.Background(), func(tx *store.Tx) error {
		tx.OnCommit(runtime.Goexit)
		_, err := tx.Exec(qLog, 3, "goexit in a hook")
		return err
	}); err != nil {
		t.Error("committed, and told otherwise:", err)
	}
	run(t, db, `INSERT INTO room_log (n, id) VALUES (4, 'after')`)
	if n := number(t, db, qLogN.SQL); n != 4 {
		t.Errorf("%d rows, want 4", n)
	}
}

// busy: a full queue refuses at once.
func (s suite) busy(t *testing.T) {
	db := s.openWith(t, store.Options{Queue: 2})
	release := hold(t, db)
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() {
			if err := db.Write(context.Background(), func(tx *store.Tx) error { _, err := tx.Exec(qLog, i, "queued"); return err }); err != nil {
				t.Error(err)
			}
		})
	}
	waitFor(db, 2)
	err := db.Write(context.Background(), func(*store.Tx) error { return nil })
	wantKind(t, "a full queue", err, errs.Busy)
	wantWords(t, "a full queue", err)
	if err := release(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if n := db.Stats().Refused; n != 1 {
		t.Errorf("%d refused, want 1", n)
	}
}

// contexts: who left the queue is not run; a function that has begun runs to its end.
func (s suite) contexts(t *testing.T) {
	db := s.open(t)
	release := hold(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		left <- db.Write(ctx, func(*store.Tx) error { t.Error("a writer who left was run"); return nil })
	}()
	waitFor(db, 1)
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if err := db.Write(ctx, func(*store.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Error("an ended context:", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	err := db.Write(ctx, func(tx *store.Tx) error {
		cancel()
		_, err := tx.Exec(qLog, 1, "begun")
		return err
	})
	if err != nil {
		t.Error("a write that had begun:", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = db.Read(ctx, func(tx *store.Tx) error {
		return tx.Get(store.Q("long", `WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000000) SELECT COUNT(*) FROM c`), nil, new(int64))
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error("a long read with a deadline:", err)
	}
	number(t, db, qLogN.SQL) // the reader is of use again
}

// leavingReaders: a reader whose time runs out while its snapshot begins must not leave the session inside a transaction for
// the next one.
func (s suite) leavingReaders(t *testing.T) {
	db := s.open(t)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration((7*w+i)%61)*time.Microsecond)
				_ = db.Read(ctx, func(*store.Tx) error { return nil }) // it may or may not come in time
				cancel()
				if err := db.Read(t.Context(), func(tx *store.Tx) error { return tx.Get(qLogN, nil, new(int64)) }); err != nil {
					t.Error("a reader after one who left:", err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// commitFails: when the commit itself fails everyone in the group is told, nothing stands, and no number gathered survives.
func (s suite) commitFails(t *testing.T) {
	db := s.openWith(t, store.Options{Slice: time.Minute}) // one group, however slow the machine is
	release := hold(t, db)
	results := make([]error, 2)
	hooks := 0
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() {
			results[i] = db.Write(context.Background(), func(tx *store.Tx) error {
				n, err := tx.Next("room.late")
				if err != nil {
					return err
				}
				tx.OnCommit(func() { hooks++ })
				if err := tx.Add("late", "", 1); err != nil {
					return err
				}
				// The reference of the second is checked at the commit only, and refers to nothing.
				_, err = tx.Exec(store.Q("late", `INSERT INTO room_late (num, meter) VALUES ($1, CASE WHEN $2 THEN 99 ELSE NULL END)`), n, i == 1)
				return err
			})
		})
		waitFor(db, i+1)
	}
	if err := release(); err == nil {
		t.Error("the first of the group was told nothing")
	}
	wg.Wait()
	for i, err := range results {
		if err == nil {
			t.Errorf("writer %d was told nothing", i)
		}
	}
	if hooks != 0 {
		t.Error("a hook ran after a failed commit")
	}
	if n := number(t, db, `SELECT COUNT(*) FROM room_late`) + number(t, db, qLogN.SQL); n != 0 {
		t.Errorf("%d rows stand", n)
	}
	write(t, db, func(tx *store.Tx) error {
		n, err := tx.Next("room.late")
		if err != nil || n != 1 {
			t.Error("the sequence survived the failed commit:", n, err)
		}
		c, err := tx.Count("late", "")
		if err != nil || c != 0 {
			t.Error("the count survived the failed commit:", c, err)
		}
		return err
	})
}

// nested: a Write inside a Write is told, with the transaction's context or without.
func (s suite) nested(t *testing.T) {
	db := s.open(t)
	for name, ctx := range map[string]func(*store.Tx) context.Context{
		"its context":       (*store.Tx).Context,
		"another's context": func(*store.Tx) context.Context { return context.Background() },
	} {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			return db.Write(ctx(tx), func(*store.Tx) error { return nil })
		})
		wantKind(t, name, err, errs.Internal)
	}
	write(t, db, func(tx *store.Tx) error {
		tx.OnCommit(func() {
			wantKind(t, "Write in a hook", db.Write(context.Background(), func(*store.Tx) error { return nil }), errs.Internal)
		})
		return nil
	})
}

// close: writes under way are finished, later ones refused.
func (s suite) close(t *testing.T) {
	db := s.open(t)
	release := hold(t, db)
	queued := make(chan error, 1)
	go func() {
		queued <- db.Write(context.Background(), func(tx *store.Tx) error { _, err := tx.Exec(qLog, 1, "queued"); return err })
	}()
	waitFor(db, 1)
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	for !errs.Is(db.Read(t.Context(), func(*store.Tx) error { return nil }), errs.Unavailable) {
		runtime.Gosched()
	}
	err := db.Write(t.Context(), func(*store.Tx) error { return nil })
	wantKind(t, "Write after Close", err, errs.Unavailable)
	wantWords(t, "Write after Close", err)
	if err := release(); err != nil {
		t.Error(err)
	}
	if err := <-queued; err != nil {
		t.Error("a write that was queued before Close:", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error("Close again:", err)
	}
}
