package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// Dialect is what differs between the engines, and nothing else. store/sqlite and store/postgres make one each.
type Dialect struct {
	Name       string // "sqlite", "postgres"; also the suffix of its migration overrides
	BeginWrite string // begins the lane's transaction
	BeginRead  string // begins a snapshot
	Claim      string // what a SELECT of work to be claimed ends with; "" where there is one writer only

	// Open opens the handles and takes the lock of the instance where it lies outside the database.
	Open func(ctx context.Context, o Options) (Handles, error)
	// Setup readies a new connection: settings, and for the writer the lock of the instance where it lies inside the database.
	Setup func(ctx context.Context, c *sql.Conn, writer bool, o Options) error
	// Check tells, at start, what would make the engine unfit: text order, a flush that is turned off.
	Check func(ctx context.Context, c *sql.Conn) error
	// Classify gives a driver's error its kind and, where a user can act, its message.
	Classify func(err error) error
	// Broken tells, after an error, whether the connection is of no more use.
	Broken func(c *sql.Conn) bool
	// DDL adapts one statement of a migration.
	DDL func(statement string) string
	// Text adapts a statement before it is prepared.
	Text func(statement string) string
	// Tables lists the tables with their columns, in the order in which they were made.
	Tables func(ctx context.Context, c *sql.Conn) ([]Table, error)
	// Unbind puts references between tables off until the rows of a restore are in; the function that it returns puts them back.
	Unbind func(ctx context.Context, c *sql.Conn) (func(ctx context.Context) error, error)
	// Size is the bytes that the database takes on disk.
	Size func(ctx context.Context, c *sql.Conn) (int64, error)
}

// Handles are an engine's open connections.
type Handles struct {
	Writer, Reader *sql.DB
	Close          func() error // gives the lock of the instance back; may be nil
}

// Table is a table as an engine's catalogue shows it.
type Table struct {
	Name    string
	Columns []Column
}

// Column is a column of a Table; Type is one of text, bigint, boolean, double, bytea.
type Column struct{ Name, Type string }

// Options of Open. The zero value works.
type Options struct {
	Queue    int              // writers that may wait; beyond it Write answers errs.Busy. 4096
	MaxGroup int              // writers in one transaction. 512
	Slice    time.Duration    // work after which a group commits although others wait. 20 ms
	Readers  int              // connections for reading. 4 a processor, at least 8
	Shared   bool             // several instances may work on the same data (PostgreSQL only)
	Now      func() time.Time // wall clock
	Log      *slog.Logger     // what goes wrong behind the callers' backs; discarded where nil
}

func (o Options) withDefaults() Options {
	if o.Queue <= 0 {
		o.Queue = 4096
	}
	if o.MaxGroup <= 0 {
		o.MaxGroup = 512
	}
	if o.Slice <= 0 {
		o.Slice = 20 * time.Millisecond
	}
	if o.Readers <= 0 {
		o.Readers = max(8, 4*runtime.GOMAXPROCS(0))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// internalf is a fault of the program, without words for a user.
func internalf(format string, args ...any) error {
	return errs.As(errs.Internal, "store", fmt.Errorf(format, args...))
}
