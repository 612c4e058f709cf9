package entity

import (
	"slices"
	"sync"

	"github.com/haihe-city/haihe/store"
)

// feed tells subscribers what was committed.
type feed struct {
	mu   sync.Mutex
	subs []*subscriber // never changed in place
}

type subscriber struct{ fn func([]Change) }

// Subscribe calls fn with the changes of each committed transaction, in commit order, after the flush and before the writer
// is answered. fn runs on the write lane: it must hand over and return, and must not write. The changes are shared and must
// not be written to. stop ends it; a call under way may still finish.
func (s *Store) Subscribe(fn func([]Change)) (stop func()) {
	sub := &subscriber{fn}
	f := &s.feed
	f.mu.Lock()
	f.subs = append(slices.Clone(f.subs), sub)
	f.mu.Unlock()
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.subs = slices.DeleteFunc(slices.Clone(f.subs), func(o *subscriber) bool { return o == sub })
	}
}

// publish calls every subscriber. One that panics does not keep the others from being told; the first panic goes on to the
// store, which logs it with its stack.
func (f *feed) publish(changes []Change) {
	if len(changes) == 0 {
		return
	}
	f.mu.Lock()
	subs := f.subs
	f.mu.Unlock()
	f.tell(subs, changes)
}

func (f *feed) tell(subs []*subscriber, changes []Change) {
	if len(subs) == 0 {
		return
	}
	defer f.tell(subs[1:], changes) // runs whether or not this one panics
	subs[0].fn(changes)
}

// watch tells those who write along with a writer.
type watch struct {
	mu   sync.Mutex
	subs []*watcher // never changed in place
}

type watcher struct {
	fn func(tx *store.Tx, changes []Change) error
}

// Watch calls fn inside each writer's transaction with the changes that it made, before the commit: what fn writes to tx stands or
// falls with them; an error of fn refuses the changes. There may be several; each must be quick.
func (s *Store) Watch(fn func(tx *store.Tx, changes []Change) error) (stop func()) {
	w, sub := &s.watch, &watcher{fn}
	w.mu.Lock()
	w.subs = append(slices.Clone(w.subs), sub)
	w.mu.Unlock()
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.subs = slices.DeleteFunc(slices.Clone(w.subs), func(o *watcher) bool { return o == sub })
	}
}

func (w *watch) tell(tx *store.Tx, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	w.mu.Lock()
	subs := w.subs
	w.mu.Unlock()
	for _, sub := range subs {
		if err := sub.fn(tx, changes); err != nil {
			return err
		}
	}
	return nil
}
