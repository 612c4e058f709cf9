package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// The write lane: one goroutine that takes the writers who wait, runs each in a savepoint of its own inside one
// transaction, commits once (the flush), calls what they registered for after the commit, and then answers them all.
// While a group is being flushed the next one gathers in the queue, so the group's size finds itself.

// The states of a call. Whoever moves it away from waiting owns it: the lane, or the writer whose context ended.
const (
	waiting int32 = iota
	taken
	left
)

type call struct {
	ctx   context.Context
	fn    func(*Tx) error
	state atomic.Int32
	done  chan error // one answer, buffered
	at    time.Time
}

type lane struct {
	db     *DB
	queue  chan *call
	idle   chan struct{}    // closed when the lane has ended
	s      *session         // nil until first used, and after the connection broke
	id     atomic.Uint64    // the lane's goroutine
	groups int64            // begun so far
	seqs   map[string]int64 // sequences as they were committed last; nothing where others draw from them too
	rest   time.Duration    // back-off before the connection is tried again
	notYet time.Time        // when that may be
}

// maxRest bounds the back-off after a lost connection.
const maxRest = 2 * time.Second

func newLane(db *DB) *lane {
	return &lane{db: db, seqs: map[string]int64{}, queue: make(chan *call, db.opts.Queue), idle: make(chan struct{})}
}

// loop runs until the queue is closed and empty. It outlives runtime.Goexit in a writer's function or in a hook (a test's
// FailNow): a new goroutine takes the lane over, and g is the group that the old one left after its commit.
func (l *lane) loop(g *group) {
	normal := false
	defer func() {
		switch {
		case normal:
			return
		case g.committed: // it was a hook
			go l.loop(g)
		default:
			g.fail(internalf("a writer of this group ended its goroutine"))
			go l.loop(nil)
		}
	}()
	l.id.Store(goroutine())
	if g != nil {
		g.finish()
	}
	for c := range l.queue {
		l.groups++
		g = &group{l: l, number: l.groups}
		g.run(c)
	}
	normal = true
	if l.s != nil {
		l.s.close()
	}
	close(l.idle)
}

// next is the next writer who waits; nil where none does, and when the group has had its share.
func (l *lane) next(g *group) *call {
	if len(g.calls) >= l.db.opts.MaxGroup || l.db.opts.Now().Sub(g.begun) > l.db.opts.Slice {
		return nil
	}
	select {
	case c := <-l.queue:
		return c // nil when the queue is closed and empty
	default:
		return nil
	}
}

// ready gives a connection that works. A lost one is opened again, with back-off between the tries; writers who come
// meanwhile are told at once.
func (l *lane) ready() (*session, error) {
	if l.s != nil && l.s.broken {
		l.s.close()
		l.s = nil
	}
	if l.s != nil {
		l.s.refresh()
		return l.s, nil
	}
	now := l.db.opts.Now()
	if now.Before(l.notYet) {
		return nil, errs.Say(errs.Unavailable, "数据库连接已断开，正在重新连接，请稍后重试", "the database connection is lost and is being opened again; try again in a moment")
	}
	s, err := l.db.session(context.Background(), true)
	if err != nil {
		l.rest = min(max(2*l.rest, 50*time.Millisecond), maxRest)
		l.notYet = now.Add(l.rest)
		l.db.opts.Log.Error("open the database connection", "error", err, "again", l.rest)
		return nil, err
	}
	l.s, l.rest = s, 0
	return s, nil
}

// group is one transaction and the writers in it.
type group struct {
	l       *lane
	number  int64
	s       *session // nil while no transaction is open
	begun   time.Time
	mark    mark    // the savepoint
	calls   []*call // those whose part stands, to be answered after the commit
	current *call   // whose function runs
	part    part

	committed bool
}

func (g *group) run(c *call) {
	g.begun = g.l.db.opts.Now()
	for ; c != nil; c = g.l.next(g) {
		if !c.state.CompareAndSwap(waiting, taken) {
			continue
		}
		if err := c.ctx.Err(); err != nil {
			c.done <- err
			continue
		}
		if !g.take(c) {
			return
		}
	}
	g.commit()
}

// take runs one writer's function in its own part of the transaction; false when the group has ended with it.
func (g *group) take(c *call) bool {
	st := g.l.db.stats
	st.queued(g.l.db.opts.Now().Sub(c.at))
	if g.s == nil {
		if err := g.begin(); err != nil {
			c.done <- errs.Wrap("begin", err)
			return true
		}
	}
	// The first writer needs no savepoint: when it fails there is nothing of others to keep.
	nested := len(g.calls) > 0
	if nested {
		if err := g.savepoint(); err != nil {
			c.done <- errs.Wrap("savepoint", err)
			g.fail(err)
			return false
		}
	}
	tx := g.tx(c.ctx)
	g.current = c
	err := call1(c.fn, tx)
	g.current = nil
	tx.over = true
	if err == nil {
		err = tx.err // a failure that the function swallowed is a failure all the same
	}
	if err == nil {
		if nested {
			g.mark = markUsed
		}
		g.part.merge(&tx.part)
		g.calls = append(g.calls, c)
		return true
	}
	st.failed.Add(1)
	g.takeBack(&tx.part)
	return g.undo(c, nested, err)
}

// begin opens the transaction, on a new connection where the one at hand turns out to be lost: nothing is in it yet.
func (g *group) begin() error {
	for try := 0; ; try++ {
		s, err := g.l.ready()
		if err != nil {
			return err
		}
		if err = s.run(context.Background(), g.l.db.dialect.BeginWrite); err == nil {
			g.s = s
			return nil
		}
		if !s.broken || try > 0 {
			return err
		}
	}
}

// mark is the state of the transaction's one savepoint. It is moved rather than closed, since each statement costs
// PostgreSQL a round trip: COMMIT ends it, and a rollback to it leaves it where the next writer needs it.
type mark uint8

const (
	markNone  mark = iota
	markFresh      // set, and nothing written since
	markUsed       // set before a writer whose part stands
)

// savepoint sets the savepoint in front of the next writer.
func (g *group) savepoint() error {
	text := "SAVEPOINT writer"
	switch g.mark {
	case markFresh:
		return nil
	case markUsed:
		text = "RELEASE SAVEPOINT writer; SAVEPOINT writer"
	}
	g.mark = markFresh
	return g.s.run(context.Background(), text)
}

// undo rolls the last writer back alone; where even that fails, the whole group.
func (g *group) undo(c *call, nested bool, err error) bool {
	c.done <- err
	if !nested && !g.s.broken {
		rerr := g.s.run(context.Background(), "ROLLBACK")
		if rerr != nil {
			g.s.broken = true // unknown state: open another connection
		}
		g.s = nil
		return true
	}
	if !g.s.broken {
		if rerr := g.s.run(context.Background(), "ROLLBACK TO SAVEPOINT writer"); rerr == nil {
			g.mark = markFresh
			return true
		}
		// SQLite ends the whole transaction by itself on a full disk or a failing one.
	}
	g.fail(err)
	return false
}

func (g *group) tx(ctx context.Context) *Tx {
	t := &Tx{db: g.l.db, s: g.s, run: context.Background(), group: g}
	t.ctx = context.WithValue(ctx, txKey{}, g.l.db)
	return t
}

// fail rolls everything back and tells everyone in the group.
func (g *group) fail(err error) {
	if g.s != nil {
		if g.s.broken || g.s.run(context.Background(), "ROLLBACK") != nil {
			g.s.broken = true
		}
		g.s = nil
	}
	if g.current != nil {
		g.current.done <- err
	}
	g.takeBack(&g.part)
	clear(g.l.seqs) // what was committed is not known where the connection broke
	g.l.db.stats.failed.Add(int64(len(g.calls)))
	g.answer(errs.Wrap("commit with others", err))
}

// takeBack calls what a part has registered for its rollback, the last first.
func (g *group) takeBack(p *part) {
	for len(p.undos) > 0 {
		fn := p.undos[len(p.undos)-1]
		p.undos = p.undos[:len(p.undos)-1]
		g.hook(fn)
	}
}

// answer tells everyone whose part stood.
func (g *group) answer(err error) {
	for _, c := range g.calls {
		c.done <- err
	}
	g.calls = nil
}

// commit writes what was gathered, flushes, calls the hooks in order, and answers.
func (g *group) commit() {
	if g.s == nil {
		return
	}
	tx := g.tx(context.Background())
	if err := tx.flush(&g.part); err != nil {
		g.fail(err)
		return
	}
	at := g.l.db.opts.Now()
	if err := g.s.run(context.Background(), "COMMIT"); err != nil {
		if g.s.broken {
			err = errs.As(errs.Unavailable, err.Error(), errs.Say(errs.Unavailable,
				"提交时数据库连接中断，是否已保存无法确定；请核对后再重试",
				"the database connection broke during the commit, and whether it was kept is not known; look before you try again"))
		}
		g.fail(err)
		return
	}
	g.committed = true
	if !g.l.db.opts.Shared {
		maps.Copy(g.l.seqs, g.part.seqs)
	}
	g.l.db.stats.committed(g.l.db.opts.Now().Sub(at), len(g.calls))
	g.finish()
}

// finish calls the hooks that are left, and answers.
func (g *group) finish() {
	for len(g.part.hooks) > 0 {
		h := g.part.hooks[0]
		g.part.hooks = g.part.hooks[1:]
		g.hook(h)
	}
	g.answer(nil)
}

// hook calls one function after the commit. What is committed cannot be taken back, so a panic is logged, not returned.
func (g *group) hook(h func()) {
	defer func() {
		if p := recover(); p != nil {
			g.l.db.opts.Log.Error("panic after a commit", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	h()
}

// call1 calls fn and what it left for its end, and turns a panic into an error that bears the stack.
func call1(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errs.As(errs.Internal, "write", errors.Join(fmt.Errorf("panic: %v", p), errors.New(string(debug.Stack()))))
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.end()
}
