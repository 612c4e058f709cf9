package postgres

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Dialect is PostgreSQL behind dsn, a URL or a list of key=value, as libpq takes them
// (postgres://user:password@host:5432/haihe?search_path=haihe).
func Dialect(dsn string) store.Dialect {
	e := &engine{dsn: dsn}
	return store.Dialect{
		Name:       "postgres",
		BeginWrite: "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
		BeginRead:  "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
		Claim:      " FOR UPDATE SKIP LOCKED",
		Open:       e.open,
		Setup:      e.setup,
		Check:      check,
		Classify:   classify,
		Broken:     broken,
		DDL:        func(s string) string { return s },
		Text:       func(s string) string { return s },
		Tables:     tables,
		Unbind:     unbind,
		Size:       size,
	}
}

type engine struct {
	dsn    string
	schema string // to be made where it does not exist; "" for none
}

// plainName is a schema name that needs no quoting.
var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func (e *engine) open(_ context.Context, _ store.Options) (store.Handles, error) {
	cfg, err := pgx.ParseConfig(e.dsn)
	if err != nil { // pgx leaves the password out of this error
		return store.Handles{}, say(errs.Invalid, err, "数据库连接串有误；格式为 postgres://用户:口令@主机:5432/库名",
			"the database connection string is wrong; it reads postgres://user:password@host:5432/database")
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "haihe"
	}
	if s := cfg.RuntimeParams["search_path"]; plainName.MatchString(s) && s != "public" {
		e.schema = s
	}
	each := stdlib.OptionAfterConnect(strict)
	h := store.Handles{Writer: stdlib.OpenDB(*cfg, each), Reader: stdlib.OpenDB(*cfg, each)}
	// The store holds its connections itself; the pool beneath must not keep others.
	h.Writer.SetMaxIdleConns(0)
	h.Reader.SetMaxIdleConns(0)
	return h, nil
}

// writerSettings make a commit wait for the flush whatever the server's default is, and let the server notice within a
// minute that an instance has gone without a word, so that its lock is free again.
const writerSettings = `SET synchronous_commit = on;
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET tcp_keepalives_idle = 20;
SET tcp_keepalives_interval = 10;
SET tcp_keepalives_count = 3;`

func (e *engine) setup(ctx context.Context, c *sql.Conn, writer bool, o store.Options) error {
	if !writer {
		return nil
	}
	if _, err := c.ExecContext(ctx, writerSettings); err != nil {
		return classify(err)
	}
	if e.schema != "" {
		if err := e.makeSchema(ctx, c); err != nil {
			return err
		}
	}
	if o.Shared {
		return nil
	}
	return lock(ctx, c)
}

// A process that was killed leaves its server process behind for a moment: that one notices that nobody is there any more when
// the flush under way is done. A start right after a crash waits for it rather than calling it another instance.
const (
	lockTries = 30
	lockPause = 100 * time.Millisecond
)

// lock takes the lock of the instance, which the server gives back when the connection ends.
func lock(ctx context.Context, c *sql.Conn) error {
	for try := 1; ; try++ {
		var got bool
		err := c.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(hashtextextended('haihe instance ' || current_schema(), 0))`).Scan(&got)
		if err != nil {
			return classify(err)
		}
		if got {
			return nil
		}
		if try == lockTries {
			return errs.Say(errs.Conflict, "该数据库正被另一个实例使用；请先停止该实例，或为本实例指定其他数据库",
				"another instance is using this database; stop it first, or give this one another database")
		}
		select {
		case <-ctx.Done():
			return errs.As(errs.Unavailable, "wait for the lock of the instance", ctx.Err())
		case <-time.After(lockPause):
		}
	}
}

func (e *engine) makeSchema(ctx context.Context, c *sql.Conn) error {
	var there bool
	if err := c.QueryRowContext(ctx, `SELECT to_regnamespace($1) IS NOT NULL`, e.schema).Scan(&there); err != nil {
		return classify(err)
	}
	if there {
		return nil
	}
	if _, err := c.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+e.schema); err != nil {
		return classify(err)
	}
	return nil
}

const oldest = 150000

func check(ctx context.Context, c *sql.Conn) error {
	var version int
	var encoding, flush string
	var bytewise bool
	err := c.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
		current_setting('fsync'), 'B' < 'a' AND '区' < '𠀀' AND 'a b' < 'aa'`).Scan(&version, &encoding, &flush, &bytewise)
	switch {
	case err != nil:
		return classify(err)
	case version < oldest:
		return errs.Say(errs.Invalid, "PostgreSQL 版本过低（%d），需要 15 或更高版本", "PostgreSQL is too old (%d); version 15 or later is needed", version/10000)
	case !bytewise || encoding != "UTF8":
		return errs.Say(errs.Invalid,
			"数据库的文本未按字节排序，或编码不是 UTF8；请这样建库：CREATE DATABASE haihe TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'",
			"the database does not sort text by bytes, or is not UTF8; create it like this: CREATE DATABASE haihe TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'")
	case flush != "on":
		return errs.Say(errs.Invalid, "PostgreSQL 的 fsync 已关闭，断电会丢失数据；请在 postgresql.conf 中设为 fsync = on",
			"PostgreSQL runs with fsync off and would lose data on a power cut; set fsync = on in postgresql.conf")
	}
	return nil
}

// broken asks pgx: it closes a connection whose state it does not know, after a network failure or a cancelled statement.
func broken(c *sql.Conn) bool {
	closed := false
	err := c.Raw(func(d any) error {
		closed = d.(*stdlib.Conn).Conn().IsClosed()
		return nil
	})
	return closed || err != nil
}

// say makes an error with a message, keeping the cause.
func say(k errs.Kind, cause error, zh, en string, args ...any) error {
	msg := errs.Say(k, zh, en, args...)
	var m *errs.Error
	if errors.As(msg, &m) {
		m.Op, m.Err = "postgres", cause
	}
	return msg
}
