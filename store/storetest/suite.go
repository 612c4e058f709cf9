package storetest

import (
	"context"
	"os"
	"testing"
	"testing/fstest"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/postgres"
	"github.com/haihe-city/haihe/store/sqlite"
)

// Engine is what the suite runs against.
type Engine struct {
	Fresh   func(t testing.TB) (where string) // makes an empty database: a path, a connection string
	Dialect func(where string) store.Dialect
}

// SQLite and Server are the two engines; Server's tests are skipped where PostgreSQL is not installed.
func SQLite() Engine {
	return Engine{Fresh: func(t testing.TB) string { return t.TempDir() + "/haihe.db" }, Dialect: sqlite.Dialect}
}

// Server is PostgreSQL.
func Server() Engine { return Engine{Fresh: Postgres, Dialect: postgres.Dialect} }

// suite is one engine under test.
type suite struct{ Engine }

// Run holds an engine to the behaviour that the store promises.
func Run(t *testing.T, e Engine) {
	s := suite{e}
	if os.Getenv(killWhere) != "" { // this is the child that the kill test started
		t.Run("kill", s.kill)
		return
	}
	e.Fresh(t) // skips all at once where the engine is not here
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"types", s.types}, {"nine differences", s.differences}, {"sticky", s.sticky}, {"refused values", s.refusedValues},
		{"kinds", s.kinds}, {"misuse", s.misuse}, {"text order", s.textOrder}, {"snapshot", s.snapshot},
		{"many writers", s.manyWriters}, {"panic and goexit", s.panics}, {"busy", s.busy}, {"context", s.contexts}, {"readers who leave", s.leavingReaders},
		{"commit fails", s.commitFails}, {"write inside write", s.nested}, {"close", s.close},
		{"counts", s.counts}, {"counts by prefix", s.prefixes}, {"sequences", s.sequences}, {"bulk", s.bulk}, {"ends", s.ends}, {"paging", s.paging},
		{"migrations", s.migrations}, {"second instance", s.second},
		{"backup", s.backup}, {"backup while writing", s.backupWhileWriting}, {"restore refuses", s.restoreRefuses},
		{"stats", s.stats}, {"kill", s.kill},
	} {
		t.Run(c.name, c.test)
	}
}

func (s suite) open(t *testing.T) *store.DB { return s.openWith(t, store.Options{}) }

func (s suite) openWith(t *testing.T, o store.Options) *store.DB {
	db := OpenWith(t, s.Dialect(s.Fresh(t)), o)
	migrate(t, db, "room", rooms)
	return db
}

// rooms is a small schema with all five column types, a reference and an index.
var rooms = []string{`-- Units; and their meters.
CREATE TABLE room_unit (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE, -- "name; of the unit"
  parent TEXT REFERENCES room_unit (id)
);
CREATE TABLE room_meter (
  num BIGINT NOT NULL PRIMARY KEY,
  unit TEXT NOT NULL REFERENCES room_unit (id) ON DELETE CASCADE,
  live BOOLEAN NOT NULL,
  load DOUBLE PRECISION,
  frame BYTEA,
  phase BIGINT NOT NULL DEFAULT 1 CHECK (phase BETWEEN 1 AND 3)
);
CREATE INDEX room_meter_unit ON room_meter (unit, num DESC);
INSERT INTO room_unit (id, name) VALUES ('root', '天津市; "城市"');`,
	`ALTER TABLE room_meter ADD COLUMN note TEXT;
CREATE TABLE room_log (n BIGINT NOT NULL, id TEXT NOT NULL);
CREATE TABLE room_late (num BIGINT NOT NULL PRIMARY KEY, meter BIGINT REFERENCES room_meter (num) DEFERRABLE INITIALLY DEFERRED);`}

var (
	qUnit  = store.Q("room.unit", `INSERT INTO room_unit (id, name, parent) VALUES ($1, $2, $3)`)
	qMeter = store.Q("room.meter", `INSERT INTO room_meter (num, unit, live, load, frame) VALUES ($1, $2, $3, $4, $5)`)
	qLog   = store.Q("room.log", `INSERT INTO room_log (n, id) VALUES ($1, $2)`)
	qLogN  = store.Q("room.log.count", `SELECT COUNT(*) FROM room_log`)
)

// files makes migrations 0001, 0002, ... of texts.
func files(texts ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i, s := range texts {
		fsys["table/000"+string(rune('1'+i))+"_step.sql"] = &fstest.MapFile{Data: []byte(s)}
	}
	return fsys
}

func migrate(t *testing.T, db *store.DB, owner string, texts []string) {
	t.Helper()
	if err := db.Migrate(t.Context(), owner, files(texts...)); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, db *store.DB, fn func(*store.Tx) error) {
	t.Helper()
	if err := db.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, db *store.DB, fn func(*store.Tx) error) {
	t.Helper()
	if err := db.Read(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, db *store.DB, text string, args ...any) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec(store.Q("test", text), args...)
		return err
	})
}

// number reads one whole number in a snapshot of its own.
func number(t *testing.T, db *store.DB, text string, args ...any) (n int64) {
	t.Helper()
	read(t, db, func(tx *store.Tx) error { return tx.Get(store.Q("test", text), args, &n) })
	return n
}

func wantKind(t *testing.T, what string, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Errorf("%s: got %v (%v), want %v", what, err, errs.KindOf(err), k)
	}
}

// wantWords asks for a message in both languages.
func wantWords(t *testing.T, what string, err error) {
	t.Helper()
	if m, ok := errs.MsgOf(err); !ok || m.Zh == "" || m.En == "" {
		t.Errorf("%s: no message in both languages: %v", what, err)
	}
}
