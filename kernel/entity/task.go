package entity

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Edit is given an entity as it stands (nil where there is none; never to be written to: Clone it) and returns it as it shall be:
// nil deletes, the same pointer leaves everything. An attribute instance whose ModifiedAt is zero counts as written now (also where
// it says the same as before); its CreatedAt, where zero, becomes now. It runs on the write lane, together with others' edits in one
// transaction: it must be quick, must not block, and may be run again.
type Edit func(old *Entity) (*Entity, error)

// Task is one edit of a batch.
type Task struct {
	Key
	Owner string // unit of an entity that comes to be
	Edit  Edit
}

// Result is what became of a task. Before and After are shared and never to be written to.
type Result struct {
	Before, After *Entity
	Err           error
}

// perWrite bounds the tasks of one transaction.
const perWrite = 1000

// Do runs one edit. It waits for the flush; concurrent calls share a transaction and its statements. errs.Busy at once where too
// many wait.
func (s *Store) Do(ctx context.Context, t Task) (Result, error) {
	list, err := s.DoAll(ctx, []Task{t})
	if err != nil {
		return Result{}, err
	}
	return list[0], list[0].Err
}

// DoAll runs many edits, each of which stands or fails alone, in order, in one transaction a thousand; edits of one entity see
// those before them. The error is that of the transaction: then nothing stands.
func (s *Store) DoAll(ctx context.Context, tasks []Task) ([]Result, error) {
	out := make([]Result, 0, len(tasks))
	for len(tasks) > 0 {
		part := tasks[:min(perWrite, len(tasks))]
		tasks = tasks[len(part):]
		var list []Result
		err := s.db.Write(ctx, func(tx *store.Tx) error {
			list = make([]Result, len(part))
			for i := range part {
				list[i] = s.task(tx, &part[i])
				if err := s.pendingOf(tx).refused; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return out, errs.Wrap("edit entities", err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// task runs one edit.
func (s *Store) task(tx *store.Tx, t *Task) (r Result) {
	if r.Err = checkTenant(t.Tenant); r.Err != nil {
		return r
	}
	old, err := s.getKey(tx, t.Key)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return Result{Err: err}
	}
	r.Before = old
	e, err := call(t.Edit, old)
	switch {
	case err != nil:
		return Result{Err: err}
	case e == old:
		r.After = old
		return r
	case e == nil:
		r.Err = s.remove(tx, old)
		return r
	}
	e.Tenant, e.ID = t.Tenant, t.ID
	if e.Owner == "" {
		e.Owner = t.Owner
	}
	if old == nil {
		r.Err = s.create(tx, e)
	} else {
		r.Err = s.change(tx, old, e, Merged, false)
	}
	if r.Err == nil {
		r.After = e
	}
	return r
}

// call runs an edit and turns a panic into an error that bears the stack.
func call(edit Edit, old *Entity) (e *Entity, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errs.As(errs.Internal, "edit an entity", errors.Join(fmt.Errorf("panic: %v", p), errors.New(string(debug.Stack()))))
		}
	}()
	return edit(old)
}

// Find reads one entity, with the values of its gauges and bound series; errs.NotFound where there is none. It is shared and never
// to be written to.
func (s *Store) Find(ctx context.Context, k Key) (e *Entity, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		e, err = s.getKey(tx, k)
		return err
	})
	return e, err
}

// FindAll reads those of the keys that are there, in the order given.
func (s *Store) FindAll(ctx context.Context, keys []Key) (list []*Entity, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		for _, k := range keys {
			e, err := s.getKey(tx, k)
			if errs.Is(err, errs.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			list = append(list, e)
		}
		return nil
	})
	return list, err
}
