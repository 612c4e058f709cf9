package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store/sqltext"
)

// maxPrepared bounds the prepared statements of a connection: statements with lists of many lengths must not pile up.
const maxPrepared = 512

// session is one connection with its prepared statements. One goroutine uses it at a time.
type session struct {
	db       *DB
	conn     *sql.Conn
	writer   bool
	prepared map[string]*prepared
	schema   int64 // generation of the schema that the statements were prepared for
	broken   bool
}

type prepared struct {
	stmt *sql.Stmt
	args int // highest placeholder
	stat *stmtStat
}

func (db *DB) session(ctx context.Context, writer bool) (*session, error) {
	h := db.handles.Reader
	if writer {
		h = db.handles.Writer
	}
	c, err := h.Conn(ctx)
	if err != nil {
		return nil, db.dialect.Classify(err)
	}
	if err := db.dialect.Setup(ctx, c, writer, db.opts); err != nil {
		discard(c)
		return nil, err
	}
	return &session{db: db, conn: c, writer: writer, prepared: map[string]*prepared{}, schema: db.schema.Load()}, nil
}

// discard closes the connection itself rather than handing it back to the pool.
func discard(c *sql.Conn) {
	// An error that Raw's function returns as ErrBadConn takes the connection out of the pool.
	_ = c.Raw(func(any) error { return errBadConn })
	_ = c.Close()
}

func (s *session) close() {
	s.forget()
	discard(s.conn)
}

func (s *session) forget() {
	for _, p := range s.prepared {
		_ = p.stmt.Close()
	}
	clear(s.prepared)
}

// refresh drops statements prepared before a migration: PostgreSQL refuses plans whose result type changed.
func (s *session) refresh() {
	if g := s.db.schema.Load(); g != s.schema {
		s.forget()
		s.schema = g
	}
}

func (s *session) prepare(ctx context.Context, q Stmt) (*prepared, error) {
	if p := s.prepared[q.SQL]; p != nil {
		return p, nil
	}
	if len(s.prepared) >= maxPrepared {
		for k, p := range s.prepared { // any one: which is as good as another
			_ = p.stmt.Close()
			delete(s.prepared, k)
			break
		}
	}
	if !s.writer && !sqltext.Reads(q.SQL) {
		return nil, internalf("a Read changes nothing; use Write")
	}
	st, err := s.conn.PrepareContext(ctx, s.db.dialect.Text(q.SQL))
	if err != nil {
		return nil, s.fail(err)
	}
	p := &prepared{stmt: st, args: sqltext.Placeholders(q.SQL), stat: s.db.stats.stmt(q.Name)}
	s.prepared[q.SQL] = p
	return p, nil
}

// run executes text that is no prepared statement: BEGIN, COMMIT, savepoints, migrations.
func (s *session) run(ctx context.Context, text string) error {
	if _, err := s.conn.ExecContext(ctx, text); err != nil {
		return s.fail(err)
	}
	return nil
}

// fail classifies a driver's error and notes whether the connection survived it.
func (s *session) fail(err error) error {
	if s.db.dialect.Broken(s.conn) {
		s.broken = true
	}
	return s.db.dialect.Classify(err)
}

// pool keeps the readers' sessions.
type pool struct {
	db   *DB
	free chan *session // idle sessions; nil stands for one that may still be opened
	shut chan struct{} // closed when the database closes
}

func newPool(db *DB, n int) *pool {
	p := &pool{db: db, free: make(chan *session, n), shut: make(chan struct{})}
	for range n {
		p.free <- nil
	}
	return p
}

// readerWait bounds the wait for a reader: a Read inside a Read could otherwise wait for itself for ever.
const readerWait = 10 * time.Second

func (p *pool) get(ctx context.Context) (*session, error) {
	var s *session
	select {
	case s = <-p.free:
	default:
		t := time.NewTimer(readerWait)
		defer t.Stop()
		select {
		case s = <-p.free:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-p.shut:
			return nil, errClosed()
		case <-t.C:
			return nil, errs.Say(errs.Busy, "数据库读取繁忙，请稍后重试", "the database is busy reading; try again in a moment")
		}
	}
	if s != nil {
		s.refresh()
		return s, nil
	}
	s, err := p.db.session(ctx, false)
	if err != nil {
		p.free <- nil
		return nil, err
	}
	return s, nil
}

func (p *pool) put(s *session) {
	if s.broken {
		s.close()
		s = nil
	}
	p.free <- s
}

// begin gets a session and begins a snapshot in it. Idle connections that turn out to be lost (the server was restarted)
// are let go one after the other.
func (p *pool) begin(ctx context.Context) (*session, error) {
	for range cap(p.free) {
		s, err := p.get(ctx)
		if err != nil {
			return nil, err
		}
		if err = s.run(ctx, p.db.dialect.BeginRead); err == nil {
			return s, nil
		}
		broken := s.broken
		s.broken = true // a BEGIN whose context ended may have begun all the same: the session must not be used again
		p.put(s)
		if c := ctx.Err(); c != nil {
			return nil, c
		}
		if !broken {
			return nil, err
		}
	}
	return nil, errs.Say(errs.Unavailable, "数据库连接已断开，请稍后重试", "the database connection is lost; try again in a moment")
}

// close waits for the readers under way.
func (p *pool) close() {
	close(p.shut)
	for range cap(p.free) {
		if s := <-p.free; s != nil {
			s.close()
		}
	}
}
