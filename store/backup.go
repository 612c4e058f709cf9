package store

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// The format of a backup: one gzip stream of JSON lines, the same for both engines, so that a backup of one restores into
// the other, and `zcat` shows it.
//
//	{"format":"haihe-backup","version":1,"engine":"sqlite","at":"2026-11-23T04:05:06Z"}
//	{"table":"store_migration","columns":[{"name":"owner","type":"text"},...]}
//	["grid",1,"meters",...]                        one row a line, values in the order of the columns
//	...                                            the other tables, in the order in which they were made
//	{"end":{"tables":12,"rows":34567,"sha256":"..."}}
//
// text is a string, bigint a whole number, boolean true or false, double a number ("NaN", "Inf", "-Inf" as strings), bytea
// base64 with padding (RFC 4648 section 4), NULL null. The first table is store_migration in the order of application: its
// texts make the schema. sha256 is of all bytes before the last line.
const (
	backupFormat  = "haihe-backup"
	backupVersion = 1
)

type backupHead struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Engine  string    `json:"engine"`
	At      time.Time `json:"at"`
}

type backupTable struct {
	Table   string         `json:"table"`
	Columns []backupColumn `json:"columns"`
}

type backupColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type backupEnd struct {
	Tables int64  `json:"tables"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// Backup writes a consistent copy of everything to path while writes go on: a snapshot as of its beginning. It writes
// beside path and renames when all is flushed, so a file at path is whole. A file that is there already is errs.Conflict.
func (db *DB) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return errs.Say(errs.Conflict, "备份文件 %s 已存在；请另选文件名", "the backup file %s exists already; choose another name", path)
	}
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return backupFile(path, err)
	}
	err = db.writeBackup(ctx, f)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		_ = os.Remove(part)
		return backupFile(path, err)
	}
	return nil
}

// backupFile gives an error of the file system its words; others stay what they are.
func backupFile(path string, err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	if !errors.As(err, &pe) && !errors.As(err, &le) {
		return errs.Wrap("backup", err)
	}
	return errs.As(errs.Unavailable, "backup: "+err.Error(), errs.Say(errs.Unavailable,
		"无法写入备份文件 %s；请检查目录权限和磁盘空间", "the backup file %s cannot be written; check the folder's permissions and the disk's space", path))
}

// syncDir flushes a folder, so that a rename in it survives a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	// Some file systems cannot flush a folder; the file itself is flushed already.
	if err := d.Sync(); err != nil && !errors.Is(err, fs.ErrInvalid) {
		return nil
	}
	return nil
}

func (db *DB) writeBackup(ctx context.Context, f io.Writer) error {
	buf := bufio.NewWriterSize(f, 1<<20)
	zip, err := gzip.NewWriterLevel(buf, gzip.BestSpeed)
	if err != nil {
		return err
	}
	w := newBackupWriter(zip)
	if err := db.Read(ctx, func(tx *Tx) error { return db.dump(ctx, tx, w) }); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	return buf.Flush()
}

func (db *DB) dump(ctx context.Context, tx *Tx, w *backupWriter) error {
	if err := w.line(backupHead{backupFormat, backupVersion, db.dialect.Name, db.opts.Now().UTC()}); err != nil {
		return err
	}
	tables, err := db.dialect.Tables(ctx, tx.s.conn)
	if err != nil {
		return tx.s.fail(err)
	}
	for _, first := range []bool{true, false} {
		for _, t := range tables {
			if (t.Name == "store_migration") != first {
				continue
			}
			if err := w.table(tx, t); err != nil {
				return errs.Wrap("table "+t.Name, err)
			}
		}
	}
	return w.end()
}

type backupWriter struct {
	w    io.Writer
	hash hash.Hash
	json *json.Encoder
	sums backupEnd
}

func newBackupWriter(w io.Writer) *backupWriter {
	b := &backupWriter{w: w, hash: sha256.New()}
	b.json = json.NewEncoder(io.MultiWriter(w, b.hash))
	b.json.SetEscapeHTML(false)
	return b
}

func (w *backupWriter) line(v any) error { return w.json.Encode(v) }

func (w *backupWriter) table(tx *Tx, t Table) error {
	head := backupTable{Table: t.Name}
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head.Columns = append(head.Columns, backupColumn(c))
		names[i] = quoteName(c.Name)
	}
	if err := w.line(head); err != nil {
		return err
	}
	w.sums.Tables++
	text := "SELECT " + strings.Join(names, ", ") + " FROM " + quoteName(t.Name)
	if t.Name == "store_migration" {
		text += " ORDER BY seq"
	}
	row := make([]any, len(names))
	dest := make([]any, len(names))
	for i := range row {
		dest[i] = &row[i]
	}
	return tx.Each(Q("store.backup", text), nil, func(scan func(...any) error) error {
		if err := scan(dest...); err != nil {
			return err
		}
		for i, c := range t.Columns {
			row[i] = portable(c.Type, row[i])
		}
		w.sums.Rows++
		return w.line(row)
	})
}

func (w *backupWriter) end() error {
	w.sums.SHA256 = hex.EncodeToString(w.hash.Sum(nil))
	return w.line(map[string]backupEnd{"end": w.sums})
}

// portable brings what a driver scanned to what the format says about the column's type.
func portable(typ string, v any) any {
	switch x := v.(type) {
	case int64:
		if typ == "boolean" {
			return x != 0
		}
	case []byte:
		if typ == "text" {
			return string(x)
		}
		return append([]byte{}, x...) // SQLite's driver gives a nil slice for no bytes, which is not NULL
	case float64:
		if math.IsNaN(x) {
			return "NaN"
		}
		if math.IsInf(x, 0) {
			return strings.TrimPrefix(fmtFloat(x), "+")
		}
	}
	return v
}

// quoteName quotes a table's or a column's name.
func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
