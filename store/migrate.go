package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store/sqltext"
)

// Every migration is kept with its texts, so that a backup carries its own schema and can be restored into either engine.
const migrationTable = `CREATE TABLE IF NOT EXISTS store_migration (
  owner TEXT NOT NULL,
  version BIGINT NOT NULL,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  texts TEXT NOT NULL,
  PRIMARY KEY (owner, version)
)`

var (
	qMigrationList = Q("store.migration.list", `SELECT version, name, checksum FROM store_migration WHERE owner = $1 ORDER BY version`)
	qMigrationAdd  = Q("store.migration.add", `INSERT INTO store_migration (owner, version, name, checksum, applied_at, seq, texts)
		VALUES ($1, $2, $3, $4, $5, (SELECT COALESCE(MAX(seq), 0) + 1 FROM store_migration), $6)`)
)

// migration is one file, with the files that override it.
type migration struct {
	version   int64
	name      string
	texts     map[string]string // by engine; "" is the common text
	overrides []string          // their file names
}

func (m *migration) text(engine string) string {
	if t, ok := m.texts[engine]; ok {
		return t
	}
	return m.texts[""]
}

// checksum covers the texts of all engines, so that a database moved between them keeps its record.
func (m *migration) checksum() string {
	h := sha256.New()
	for _, e := range slices.Sorted(maps.Keys(m.texts)) {
		fmt.Fprintf(h, "%q:%q\n", e, m.texts[e])
	}
	return hex.EncodeToString(h.Sum(nil))
}

var migrationName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+)(?:\.([a-z]+))?\.sql$`)

// readMigrations reads every .sql file of tables, in whatever folder, in order of version. Versions run from 1 without a gap.
func readMigrations(tables fs.FS) ([]*migration, error) {
	byVersion := map[int64]*migration{}
	err := fs.WalkDir(tables, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != ".sql" {
			return err
		}
		return readMigration(tables, p, byVersion)
	})
	if err != nil {
		return nil, errs.As(errs.Internal, "read migrations", err)
	}
	out := make([]*migration, len(byVersion))
	for i := range out {
		m := byVersion[int64(i+1)]
		if m == nil || m.texts[""] == "" {
			return nil, internalf("migration %04d is missing: numbers run from 0001 without a gap, and an override needs its common file", i+1)
		}
		out[i] = m
	}
	return out, nil
}

func readMigration(tables fs.FS, p string, byVersion map[int64]*migration) error {
	parts := migrationName.FindStringSubmatch(path.Base(p))
	if parts == nil {
		return fmt.Errorf("file %s is not named like 0001_name.sql", p)
	}
	b, err := fs.ReadFile(tables, p)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(b), "\r\n", "\n")
	v, _ := strconv.ParseInt(parts[1], 10, 64)
	m := byVersion[v]
	if m == nil {
		m = &migration{version: v, name: parts[2], texts: map[string]string{}}
		byVersion[v] = m
	}
	if _, twice := m.texts[parts[3]]; twice || m.name != parts[2] {
		return fmt.Errorf("file %s: number %04d is used twice", p, v)
	}
	if parts[3] != "" {
		why, ok := strings.CutPrefix(text, "--")
		why, _, _ = strings.Cut(why, "\n")
		if !ok || strings.TrimSpace(why) == "" {
			return fmt.Errorf("file %s: an override begins with a comment that says why it is needed", p)
		}
		m.overrides = append(m.overrides, path.Base(p))
	}
	m.texts[parts[3]] = text
	return nil
}

// begin makes the package's own tables.
func (db *DB) begin(ctx context.Context) error {
	err := db.Write(ctx, func(tx *Tx) error { return tx.raw(db.dialect.DDL(migrationTable)) })
	if err != nil {
		// Two instances that share an empty database may meet here; the second try finds the table.
		if err = db.Write(ctx, func(tx *Tx) error { return tx.raw(db.dialect.DDL(migrationTable)) }); err != nil {
			return err
		}
	}
	return db.Migrate(ctx, "store", tables)
}

// Migrate applies owner's migrations: the files NNNN_name.sql in tables, in whatever folder, each in one transaction. An
// override NNNN_name.postgres.sql stands beside its common file and says why in its first line. What was applied must not
// change afterwards: a changed text, or a database that is ahead of the program, is an error.
func (db *DB) Migrate(ctx context.Context, owner string, tables fs.FS) error {
	ms, err := readMigrations(tables)
	if err != nil {
		return errs.Wrap("migrate "+owner, err)
	}
	for i := 0; i < len(ms); {
		var applied int
		err := db.Write(ctx, func(tx *Tx) error {
			applied, err = db.migrateNext(tx, owner, ms)
			return err
		})
		if err != nil {
			return errs.Wrap("migrate "+owner, err)
		}
		i = applied
	}
	return nil
}

// migrateNext applies the first of ms that is not applied, and returns how many are.
func (db *DB) migrateNext(tx *Tx, owner string, ms []*migration) (int, error) {
	n := 0
	err := tx.Each(qMigrationList, []any{owner}, func(scan func(...any) error) error {
		var version int64
		var name, sum string
		if err := scan(&version, &name, &sum); err != nil {
			return err
		}
		if n >= len(ms) {
			return errs.Say(errs.Conflict, "数据库由更新版本的程序建立（%s 第 %04d 号）；请使用不低于该版本的程序",
				"the database was made by a newer program (%s number %04d); use that version or a later one", owner, version)
		}
		m := ms[n]
		n++
		if version != m.version || sum != m.checksum() {
			return errs.Say(errs.Conflict, "数据表定义 %s 第 %04d 号（%s）与数据库中已执行的不一致；请使用原版本程序，或新增一个编号",
				"migration %s number %04d (%s) differs from the one that was applied; use the program that applied it, or add a new number", owner, version, name)
		}
		return nil
	})
	if err != nil || n == len(ms) {
		return n, err
	}
	if err := db.apply(tx, owner, ms[n]); err != nil {
		return n, err
	}
	return n + 1, nil
}

// applyTexts runs the statements of one migration.
func (db *DB) applyTexts(tx *Tx, m *migration) error {
	for i, s := range sqltext.Statements(m.text(db.dialect.Name)) {
		if err := tx.raw(db.dialect.DDL(s)); err != nil {
			return errs.Wrap(fmt.Sprintf("%04d_%s, statement %d", m.version, m.name, i+1), err)
		}
	}
	return nil
}

func (db *DB) apply(tx *Tx, owner string, m *migration) error {
	if err := db.applyTexts(tx, m); err != nil {
		return err
	}
	texts, err := json.Marshal(m.texts)
	if err != nil {
		return err
	}
	tx.OnCommit(func() { db.schema.Add(1) })
	_, err = tx.Exec(qMigrationAdd, owner, m.version, m.name, m.checksum(), Micros(db.opts.Now()), string(texts))
	return err
}
