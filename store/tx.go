package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/haihe-city/haihe/errs"
)

// Tx is a transaction, valid during the function that it was handed to, on that function's goroutine. After its first
// failed statement it refuses everything else with the same error (sticky), on both engines.
type Tx struct {
	db    *DB
	s     *session
	ctx   context.Context // the caller's, marked
	run   context.Context // of the statements
	group *group          // nil in a Read
	err   error           // the first failure
	over  bool
	rows  bool // inside Each
	part  part
	ends  []func() error
}

// Context is the caller's.
func (t *Tx) Context() context.Context { return t.ctx }

// Writes tells whether this is a Write's transaction.
func (t *Tx) Writes() bool { return t.group != nil }

// Exec runs a statement and returns the number of rows it changed.
func (t *Tx) Exec(q Stmt, args ...any) (int64, error) {
	if t.group == nil {
		return 0, t.stick(internalf("statement %s: Exec in a Read, which changes nothing; use Write", q.Name))
	}
	p, args, err := t.ready(q, args)
	if err != nil {
		return 0, err
	}
	at := t.db.opts.Now()
	res, err := p.stmt.ExecContext(t.run, args...)
	p.stat.add(t.db.opts.Now().Sub(at), err != nil)
	if err != nil {
		return 0, t.failed(q, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, t.failed(q, err)
	}
	return n, nil
}

// Get reads one row into dest; errs.NotFound where there is none (which does not make the Tx sticky).
func (t *Tx) Get(q Stmt, args []any, dest ...any) error {
	found := false
	err := t.each(q, args, true, func(scan func(...any) error) error {
		found = true
		return scan(dest...)
	})
	if err == nil && !found {
		return errs.As(errs.NotFound, "statement "+q.Name, sql.ErrNoRows)
	}
	return err
}

// Each calls fn for every row; scan reads the row's columns. fn must not use t: PostgreSQL has one cursor a connection.
// An error of fn ends the rows and is returned; it does not make the Tx sticky. A []byte that was scanned is fn's to keep.
func (t *Tx) Each(q Stmt, args []any, fn func(scan func(dest ...any) error) error) error {
	return t.each(q, args, false, fn)
}

func (t *Tx) each(q Stmt, args []any, one bool, fn func(scan func(dest ...any) error) error) error {
	p, args, err := t.ready(q, args)
	if err != nil {
		return err
	}
	at := t.db.opts.Now()
	rows, err := p.stmt.QueryContext(t.run, args...)
	if err != nil {
		p.stat.add(t.db.opts.Now().Sub(at), true)
		return t.failed(q, err)
	}
	t.rows = true
	var own error // fn's
	for own == nil && rows.Next() {
		own = fn(func(dest ...any) error {
			if err := rows.Scan(dest...); err != nil {
				return t.failed(q, err)
			}
			return nil
		})
		if one {
			break
		}
	}
	t.rows = false
	err = rows.Err()
	if cerr := rows.Close(); err == nil {
		err = cerr
	}
	p.stat.add(t.db.opts.Now().Sub(at), err != nil)
	if err != nil {
		return t.failed(q, err)
	}
	return own
}

// OnCommit registers fn to run after the durable commit, in commit order, on the lane, before Write returns. fn must be
// quick and must not write. In a Read it is never called.
func (t *Tx) OnCommit(fn func()) { t.part.hooks = append(t.part.hooks, fn) }

// OnRollback registers fn to run when what this writer did is rolled back, alone or with its group; the last one registered runs first.
// fn is as quick as those of OnCommit.
func (t *Tx) OnRollback(fn func()) { t.part.undos = append(t.part.undos, fn) }

// AtEnd registers fn to run when the writer's function has returned without an error, still as a part of it: what was gathered is
// written at once. Its error is the writer's.
func (t *Tx) AtEnd(fn func() error) { t.ends = append(t.ends, fn) }

// Group is the number of the shared transaction that a Write is part of, 0 in a Read: writers of one group see each other's work
// before it is committed.
func (t *Tx) Group() int64 {
	if t.group == nil {
		return 0
	}
	return t.group.number
}

// end runs what AtEnd registered.
func (t *Tx) end() error {
	for len(t.ends) > 0 {
		fn := t.ends[0]
		t.ends = t.ends[1:]
		if err := fn(); err != nil {
			return err
		}
	}
	return nil
}

// ready checks that t may run q, and brings the arguments to the columns' types.
func (t *Tx) ready(q Stmt, args []any) (*prepared, []any, error) {
	switch {
	case t.over:
		return nil, nil, internalf("statement %s: its transaction is over", q.Name)
	case t.err != nil:
		return nil, nil, t.err
	case t.rows:
		return nil, nil, t.stick(internalf("statement %s: a statement inside Each; read the rows first", q.Name))
	}
	args, err := checkArgs(q, args)
	if err != nil {
		return nil, nil, t.stick(err)
	}
	p, err := t.s.prepare(t.run, q)
	if err != nil {
		return nil, nil, t.stick(errs.Wrap("statement "+q.Name, t.ended(err)))
	}
	if p.args != len(args) {
		return nil, nil, t.stick(internalf("statement %s: %d arguments for %d placeholders", q.Name, len(args), p.args))
	}
	return p, args, nil
}

func (t *Tx) failed(q Stmt, err error) error {
	return t.stick(errs.Wrap("statement "+q.Name, t.ended(t.s.fail(err))))
}

// ended tells a caller whose context ended so, rather than what the driver made of it.
func (t *Tx) ended(err error) error {
	if c := t.run.Err(); c != nil && !errors.Is(err, c) {
		return errors.Join(c, err)
	}
	return err
}

func (t *Tx) stick(err error) error {
	if t.err == nil {
		t.err = err
	}
	return t.err
}

// raw runs a statement of a migration or of a restore.
func (t *Tx) raw(text string) error {
	if t.err != nil {
		return t.err
	}
	if t.group != nil {
		clear(t.group.l.seqs) // a restore writes them
	}
	if err := t.s.run(t.run, text); err != nil {
		return t.stick(err)
	}
	return nil
}
