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

// Bounds of one transaction.
const (
	perWrite = 1000 // tasks of a DoAll
	perGroup = 512  // calls of Do
)

// Do runs one edit. It waits for the flush; concurrent calls share a transaction and its statements. errs.Busy at once where too
// many wait.
func (s *Store) Do(ctx context.Context, t Task) (Result, error) {
	if s.db.Inside(ctx) {
		return Result{}, errs.As(errs.Internal, "edit an entity", errors.New("inside a Write, which it would wait for"))
	}
	r, err := s.combine.Do(ctx, t)
	if err != nil {
		return Result{}, err
	}
	return r, r.Err
}

// group runs the tasks of concurrent callers. Where the transaction fails for a fault of one of them, each runs alone.
func (s *Store) group(tasks []Task, out []Result) error {
	err := s.edits(context.Background(), tasks, out)
	if err == nil || len(tasks) == 1 || errs.Is(err, errs.Busy) || errs.Is(err, errs.Unavailable) {
		return err
	}
	for i := range tasks {
		if err := s.edits(context.Background(), tasks[i:i+1], out[i:i+1]); err != nil {
			out[i] = Result{Err: err}
		}
	}
	return nil
}

// DoAll runs many edits, each of which stands or fails alone, in order, in one transaction a thousand; edits of one entity see
// those before them. The error is that of a transaction: then nothing of it stands, nor of those after it; the results are of the tasks
// before.
func (s *Store) DoAll(ctx context.Context, tasks []Task) ([]Result, error) {
	out := make([]Result, len(tasks))
	for done := 0; done < len(tasks); {
		n := min(perWrite, len(tasks)-done)
		if err := s.edits(ctx, tasks[done:done+n], out[done:done+n]); err != nil {
			return out[:done], errs.Wrap("edit entities", err)
		}
		done += n
	}
	return out, nil
}

// tries bounds how often a transaction is begun anew because another instance was faster.
const tries = 5

// edits runs tasks in one transaction.
func (s *Store) edits(ctx context.Context, tasks []Task, out []Result) (err error) {
	keys := make([]Key, len(tasks))
	for i := range tasks {
		keys[i] = tasks[i].Key
	}
	for range tries {
		err = s.db.Write(ctx, func(tx *store.Tx) error {
			b := s.batchOf(tx)
			if err := b.load(keys); err != nil {
				return err
			}
			for i := range tasks {
				if out[i] = b.task(&tasks[i]); b.err != nil {
					return b.err
				}
			}
			return nil
		})
		if !s.shared || !errs.Is(err, errs.Conflict) {
			break
		}
	}
	return err
}

// task runs one edit.
func (b *batch) task(t *Task) Result {
	it, err := b.get(t.Key)
	if err != nil {
		return Result{Err: err}
	}
	old := it.e
	e, err := call(t.Edit, old)
	switch {
	case err != nil:
		return Result{Err: err}
	case e == old:
		return Result{Before: old, After: old}
	case e == nil:
		if err := b.remove(it); err != nil {
			return Result{Err: err}
		}
		return Result{Before: old}
	}
	if e.Owner == "" {
		e.Owner = t.Owner
	}
	now, err := b.put(it, e, Merged, false)
	if err != nil {
		return Result{Err: err}
	}
	return Result{Before: old, After: now}
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
