// Package store is the one door to SQL (contract sketch: signatures are fixed, the bodies come with the package).
package store

import (
	"context"
	"io/fs"
	"time"
)

// Stmt is one SQL statement with the name that its metrics bear. SQL is the common text of both engines: $1 placeholders,
// the column types TEXT, BIGINT, BOOLEAN, DOUBLE PRECISION, BYTEA.
type Stmt struct{ Name, SQL string }

// Q names a statement.
func Q(name, sql string) Stmt { return Stmt{name, sql} }

// DB is a database. Write shares one durable transaction among concurrent callers (group commit).
type DB struct{ contractOnly struct{} }

// Read runs fn in a read-only snapshot.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error { panic("contract") }

// Write runs fn inside a shared durable transaction, in a savepoint of its own, on the single write lane, and returns after
// the flush. fn must be short, must not call Write, and may be rolled back alone. A full queue answers errs.Busy at once.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error { panic("contract") }

// Migrate applies owner's migrations: files NNNN_name.sql in tables (an override NNNN_name.postgres.sql says why in its first line).
func (db *DB) Migrate(ctx context.Context, owner string, tables fs.FS) error { panic("contract") }

// Engine is "sqlite" or "postgres".
func (db *DB) Engine() string { panic("contract") }

// Backup writes a consistent copy while writes go on.
func (db *DB) Backup(ctx context.Context, path string) error { panic("contract") }

// Close waits for the writes under way.
func (db *DB) Close() error { panic("contract") }

// Tx is a transaction. After its first failed statement it refuses everything else with the same error (sticky), on both engines.
type Tx struct{ contractOnly struct{} }

// Exec runs a statement and returns the number of rows it changed.
func (t *Tx) Exec(q Stmt, args ...any) (int64, error) { panic("contract") }

// Get reads one row into dest; errs.NotFound where there is none (which does not make the Tx sticky).
func (t *Tx) Get(q Stmt, args []any, dest ...any) error { panic("contract") }

// Each calls fn for every row; scan reads the row's columns. fn must not use t.
func (t *Tx) Each(q Stmt, args []any, fn func(scan func(dest ...any) error) error) error {
	panic("contract")
}

// Add changes a maintained count by delta (counters are named by their owner; key is a free second part).
func (t *Tx) Add(counter, key string, delta int64) error { panic("contract") }

// Count reads a maintained count; 0 where there is none.
func (t *Tx) Count(counter, key string) (int64, error) { panic("contract") }

// Next gives the next number of a sequence, from 1; numbers of rolled-back writes are given again.
func (t *Tx) Next(sequence string) (int64, error) { panic("contract") }

// OnCommit registers fn to run after the durable commit, in commit order, on the lane, before Write returns. fn must be quick and must not write.
func (t *Tx) OnCommit(fn func()) { panic("contract") }

// Context is the caller's.
func (t *Tx) Context() context.Context { panic("contract") }

// In writes "($n,$n+1,...)" for count values, the first placeholder being first.
func In(first, count int) string { panic("contract") }

// Micros is t as the storage keeps it: microseconds UTC since 1970; the zero time is 0.
func Micros(t time.Time) int64 { panic("contract") }

// Time is the reverse of Micros.
func Time(us int64) time.Time { panic("contract") }

// NewID makes an id of 26 characters that sorts by time and cannot be guessed (80 random bits).
func NewID(now time.Time) string { panic("contract") }

// Cursor packs the sort values of the last row of a page into an opaque token; Uncursor unpacks (errs.Invalid where it is not ours).
func Cursor(parts ...string) string { panic("contract") }

// Uncursor unpacks a token of n parts.
func Uncursor(token string, n int) ([]string, error) { panic("contract") }
