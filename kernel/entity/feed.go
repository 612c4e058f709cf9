package entity

import "github.com/haihe-city/haihe/store"

// Subscribe calls fn with the changes of each committed transaction, in commit order, after the flush and before the writer
// is answered. fn runs on the write lane: it must hand over and return, and must not write. The changes are shared and must
// not be written to. stop ends it; a call under way may still finish.
func (s *Store) Subscribe(fn func([]Change)) (stop func()) { return s.feed.Add(fn) }

// Watch calls fn inside each writer's transaction with the changes that it made, before the commit: what fn writes to tx stands or
// falls with them; an error of fn refuses the changes. There may be several; each must be quick.
func (s *Store) Watch(fn func(tx *store.Tx, changes []Change) error) (stop func()) {
	return s.watch.Add(fn)
}

// watched tells the watchers.
func (s *Store) watched(tx *store.Tx, changes []Change) error {
	for _, fn := range s.watch.All() {
		if err := (*fn)(tx, changes); err != nil {
			return err
		}
	}
	return nil
}
