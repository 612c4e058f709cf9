package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Dialect is SQLite on the file at path; its folder is made where it does not exist.
func Dialect(path string) store.Dialect {
	e := engine{path: path}
	return store.Dialect{
		Name: "sqlite",
		// IMMEDIATE takes the write lock at once, so a transaction never fails half-way for want of it.
		BeginWrite: "BEGIN IMMEDIATE",
		BeginRead:  "BEGIN DEFERRED",
		Open:       e.open,
		Setup:      e.setup,
		Check:      e.check,
		Classify:   e.classify,
		Broken:     func(*sql.Conn) bool { return false },
		DDL:        ddl,
		Text:       ordinal,
		Tables:     tables,
		Unbind:     unbind,
		Size:       size,
	}
}

type engine struct{ path string }

func (e engine) open(ctx context.Context, o store.Options) (store.Handles, error) {
	if err := os.MkdirAll(filepath.Dir(e.path), 0o750); err != nil {
		return store.Handles{}, e.noAccess(err)
	}
	if o.Shared {
		return store.Handles{}, errs.Say(errs.Invalid, "SQLite 数据库不能由多个实例共用；请改用 PostgreSQL",
			"a SQLite database cannot be shared by several instances; use PostgreSQL")
	}
	unlock, err := lock(e.path + ".lock")
	if err != nil {
		return store.Handles{}, e.lockError(err)
	}
	// Made here so that it is the owner's alone; SQLite gives -wal and -shm the same mode. An empty file is an empty database.
	f, err := os.OpenFile(e.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		_ = unlock()
		return store.Handles{}, e.noAccess(err)
	}
	_ = f.Close()
	h := store.Handles{Close: unlock}
	dsn := (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(e.path)}).String()
	if h.Writer, err = sql.Open("sqlite", dsn); err == nil {
		h.Reader, err = sql.Open("sqlite", dsn)
	}
	if err != nil {
		_ = unlock()
		return store.Handles{}, e.classify(err)
	}
	// The store holds its connections itself; the pool beneath must not keep others.
	h.Writer.SetMaxIdleConns(0)
	h.Reader.SetMaxIdleConns(0)
	return h, nil
}

// pragmas of every connection. case_sensitive_like makes LIKE exact, as in PostgreSQL; temp_store keeps the savepoints'
// journal out of the file system; fullfsync makes a flush a flush on macOS too.
const pragmas = `PRAGMA busy_timeout = 10000;
PRAGMA foreign_keys = ON;
PRAGMA case_sensitive_like = ON;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF;
PRAGMA fullfsync = ON;
PRAGMA checkpoint_fullfsync = ON;`

// FULL flushes the log at every commit; the longer checkpoint interval and the larger cache spare random updates of the
// same pages a second write.
const writerPragmas = `PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -65536;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA journal_size_limit = 67108864;`

const readerPragmas = `PRAGMA cache_size = -8192;
PRAGMA query_only = ON;`

func (e engine) setup(ctx context.Context, c *sql.Conn, writer bool, _ store.Options) error {
	more := readerPragmas
	if writer {
		more = writerPragmas
	}
	if _, err := c.ExecContext(ctx, pragmas+more); err != nil {
		return e.classify(err)
	}
	return nil
}

// check asks whether the settings that the promise rests on were taken. Text order needs no check: it is by bytes.
func (e engine) check(ctx context.Context, c *sql.Conn) error {
	var journal string
	var synchronous int
	if err := c.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal); err != nil {
		return e.classify(err)
	}
	if err := c.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous); err != nil {
		return e.classify(err)
	}
	if journal != "wal" || synchronous != 2 {
		return e.say(errs.Unavailable, fmt.Errorf("journal_mode %s, synchronous %d", journal, synchronous),
			"%s 所在的文件系统不支持数据库的预写日志；请改用本地磁盘", "the file system of %s does not support the database's write-ahead log; use a local disk")
	}
	return nil
}

func size(ctx context.Context, c *sql.Conn) (int64, error) {
	var pages, page int64
	if err := c.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		return 0, err
	}
	if err := c.QueryRowContext(ctx, "PRAGMA page_size").Scan(&page); err != nil {
		return 0, err
	}
	return pages * page, nil
}
