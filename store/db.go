package store

import (
	"bytes"
	"context"
	"database/sql/driver"
	"embed"
	"io/fs"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/haihe-city/haihe/errs"
)

//go:embed table/*.sql
var tables embed.FS

var errBadConn = driver.ErrBadConn

// DB is a database. Write shares one durable transaction among concurrent callers (group commit).
type DB struct {
	dialect Dialect
	opts    Options
	handles Handles
	lane    *lane
	readers *pool
	stats   *stats
	schema  atomic.Int64 // raised by each migration
	mu      sync.RWMutex // held for writing while closing
	closed  bool
}

// txKey marks the context of a Write's function, to tell a Write inside it.
type txKey struct{}

// Open opens the database of a dialect, checks that it is fit, and readies the package's own tables.
func Open(ctx context.Context, d Dialect, o Options) (*DB, error) {
	o = o.withDefaults()
	h, err := d.Open(ctx, o)
	if err != nil {
		return nil, errs.Wrap("open "+d.Name, err)
	}
	db := &DB{dialect: d, opts: o, handles: h, stats: newStats()}
	db.lane, db.readers = newLane(db), newPool(db, o.Readers)
	if err := db.start(ctx); err != nil {
		_ = db.shut() // why it could not start says more
		return nil, errs.Wrap("open "+d.Name, err)
	}
	return db, nil
}

// start opens the writer before anything else, since its lock is the instance's.
func (db *DB) start(ctx context.Context) error {
	s, err := db.session(ctx, true)
	if err != nil {
		return err
	}
	db.lane.s = s
	if err := db.dialect.Check(ctx, s.conn); err != nil {
		s.close()
		return err
	}
	go db.lane.loop(nil)
	if err := db.begin(ctx); err != nil {
		close(db.lane.queue)
		<-db.lane.idle
		return err
	}
	return nil
}

func (db *DB) shut() error {
	err := db.handles.Writer.Close()
	if rerr := db.handles.Reader.Close(); err == nil {
		err = rerr
	}
	if db.handles.Close != nil {
		if cerr := db.handles.Close(); err == nil {
			err = cerr
		}
	}
	return err
}

// Close waits for the writes and reads under way. Writes that come later are refused.
func (db *DB) Close() error {
	db.mu.Lock()
	was := db.closed
	db.closed = true
	db.mu.Unlock()
	if was {
		return nil
	}
	close(db.lane.queue)
	<-db.lane.idle
	db.readers.close()
	if err := db.shut(); err != nil {
		return errs.As(errs.Unavailable, "close "+db.dialect.Name, err)
	}
	return nil
}

// Engine is "sqlite" or "postgres".
func (db *DB) Engine() string { return db.dialect.Name }

// Claim is what a SELECT of rows to be worked on ends with, so that several instances take different ones; "" where there is
// one writer only.
func (db *DB) Claim() string { return db.dialect.Claim }

// Read runs fn in a read-only snapshot. It never waits for writers. fn should not call Read again: it would hold two
// connections.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) (err error) {
	db.mu.RLock()
	closed := db.closed
	db.mu.RUnlock()
	if closed {
		return errClosed()
	}
	s, err := db.readers.begin(ctx)
	if err != nil {
		return errs.Wrap("read", err)
	}
	defer db.readers.put(s)
	t := &Tx{db: db, s: s, ctx: ctx, run: ctx}
	defer func() { // also when fn panics
		t.over = true
		if !s.broken && s.run(context.WithoutCancel(ctx), "ROLLBACK") != nil {
			s.broken = true
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	return t.err
}

// Write runs fn inside a shared durable transaction, in a savepoint of its own, on the single write lane, and returns after
// the flush. fn must be short, must not call Write, and may be rolled back alone. A full queue answers errs.Busy at once.
//
// A writer whose context ends while it waits is not run and gets the context's error; once fn has begun it runs to its end.
// A panic of fn is rolled back alone and returned as errs.Internal with its stack. An error of the commit itself goes to
// everyone in the group, and nothing of the group was applied; only where the connection to PostgreSQL breaks during the
// commit is that unknown.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if db.Inside(ctx) {
		return internalf("Write inside a Write, which would wait for itself; use the transaction at hand")
	}
	c := &call{ctx: ctx, fn: fn, done: make(chan error, 1), at: db.opts.Now()}
	if err := db.enqueue(c); err != nil {
		return err
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		if c.state.CompareAndSwap(waiting, left) {
			return ctx.Err()
		}
		return <-c.done
	}
}

// Inside tells whether the caller runs in a Write's function already, so that another Write would wait for itself.
func (db *DB) Inside(ctx context.Context) bool {
	return ctx.Value(txKey{}) == db || db.lane.id.Load() == goroutine()
}

// Shared tells whether other instances may work on the same data.
func (db *DB) Shared() bool { return db.opts.Shared }

func (db *DB) enqueue(c *call) error {
	db.mu.RLock()
	defer db.mu.RUnlock()
	if db.closed {
		return errClosed()
	}
	select {
	case db.lane.queue <- c:
		return nil
	default:
		db.stats.refused.Add(1)
		return errs.Say(errs.Busy, "写入请求过多，系统繁忙，请稍后重试", "too many writes are waiting; the system is busy, try again in a moment")
	}
}

func errClosed() error {
	return errs.Say(errs.Unavailable, "数据库已关闭，系统正在停止", "the database is closed; the system is stopping")
}

// goroutine is the number of the running goroutine, read from the head of its stack trace ("goroutine 18 [running]"): the
// only way to tell a Write inside a Write whose context does not say so. It takes about a microsecond.
func goroutine() uint64 {
	var b [40]byte
	head := b[len("goroutine "):runtime.Stack(b[:], false)]
	if i := bytes.IndexByte(head, ' '); i > 0 {
		head = head[:i]
	}
	n, _ := strconv.ParseUint(string(head), 10, 64)
	return n
}

// Overrides lists the files of tables that replace a migration for one engine, NNNN_name.postgres.sql.
func Overrides(tables fs.FS) ([]string, error) {
	ms, err := readMigrations(tables)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range ms {
		names = append(names, m.overrides...)
	}
	return names, nil
}
