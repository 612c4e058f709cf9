package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
)

var (
	qRestoreEmpty = Q("store.restore.empty", `SELECT (SELECT COUNT(*) FROM store_migration WHERE owner <> 'store')
		+ (SELECT COUNT(*) FROM store_count) + (SELECT COUNT(*) FROM store_sequence)`)
	qRestoreOwn = Q("store.restore.own", `SELECT checksum FROM store_migration WHERE owner = 'store' AND version = $1`)
	qRestoreAdd = Q("store.restore.migration", `INSERT INTO store_migration (owner, version, name, checksum, applied_at, seq, texts)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`)
)

// maxLine bounds a line of a backup, in bytes: a row.
const maxLine = 1 << 30

// BackupInfo says what is in a backup.
type BackupInfo struct {
	Engine       string // that it was made from
	At           time.Time
	Tables, Rows int64
}

// Restore puts a backup, of either engine, into an empty database: one that was opened and to which nobody but the store
// has migrated anything. It is one transaction: after a failure the database is as empty as before.
func (db *DB) Restore(ctx context.Context, path string) (BackupInfo, error) {
	var info BackupInfo
	err := db.Write(ctx, func(tx *Tx) (err error) {
		var n int64
		if err := tx.Get(qRestoreEmpty, nil, &n); err != nil {
			return err
		}
		if n > 0 {
			return errs.Say(errs.Conflict, "目标数据库不是空的，未恢复；请指定新的数据目录或新建的数据库",
				"the database is not empty and nothing was restored; name a new data folder or a new database")
		}
		info, err = readBackup(path, &restorer{db: db, tx: tx, ctx: ctx})
		tx.OnCommit(func() { db.schema.Add(1) })
		return err
	})
	return info, errs.Wrap("restore", err)
}

// CheckBackup reads a backup to its end and checks its sums.
func CheckBackup(path string) (BackupInfo, error) {
	info, err := readBackup(path, nil)
	return info, errs.Wrap("check backup", err)
}

// backupSink takes a backup's content.
type backupSink interface {
	table(backupTable) error
	row([]json.RawMessage) error
	finish() error
}

func readBackup(path string, sink *restorer) (BackupInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return BackupInfo{}, errs.As(errs.NotFound, err.Error(), errs.Say(errs.NotFound, "备份文件 %s 打不开；请检查路径和权限",
			"the backup file %s cannot be opened; check the path and its permissions", path))
	}
	defer f.Close()
	var s backupSink = nothing{}
	if sink != nil {
		s = sink
	}
	info, err := scanBackup(f, s)
	var bad *backupFault
	if errors.As(err, &bad) {
		return info, errs.As(errs.Invalid, err.Error(), errs.Say(errs.Invalid, "备份文件 %s 不完整或已损坏，未恢复；请使用另一份备份",
			"the backup file %s is damaged or not whole, and nothing was restored; use another one", path))
	}
	return info, err
}

// backupFault is what is wrong with the file itself, at which of its lines.
type backupFault struct {
	line int64
	err  error
}

func (e *backupFault) Error() string { return fmt.Sprintf("backup line %d: %v", e.line, e.err) }
func (e *backupFault) Unwrap() error { return e.err }

// nothing takes a backup that is only checked.
type nothing struct{}

func (nothing) table(backupTable) error     { return nil }
func (nothing) row([]json.RawMessage) error { return nil }
func (nothing) finish() error               { return nil }

type backupReader struct {
	r     *bufio.Reader
	hash  hash.Hash
	lines int64
	buf   []byte
}

func (b *backupReader) fault(err error) error { return &backupFault{b.lines, err} }

// line reads one line, which is valid until the next call. The hash is behind by that line.
func (b *backupReader) line() ([]byte, error) {
	b.hash.Write(b.buf)
	b.buf = b.buf[:0]
	b.lines++
	for {
		part, err := b.r.ReadSlice('\n')
		b.buf = append(b.buf, part...)
		switch {
		case err == nil:
			return b.buf, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, b.fault(err)
		case len(b.buf) > maxLine:
			return nil, b.fault(errors.New("a line is longer than any row can be"))
		}
	}
}

func scanBackup(r io.Reader, sink backupSink) (BackupInfo, error) {
	b := &backupReader{hash: sha256.New()}
	zip, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<20))
	if err != nil {
		return BackupInfo{}, b.fault(err)
	}
	b.r = bufio.NewReaderSize(zip, 1<<20)
	info, err := b.head()
	if err != nil {
		return info, err
	}
	columns := -1
	for {
		line, err := b.line()
		if err != nil {
			return info, err
		}
		if line[0] == '[' {
			var row []json.RawMessage
			if err := json.Unmarshal(line, &row); err != nil {
				return info, b.fault(err)
			}
			if len(row) != columns {
				return info, b.fault(errors.New("a row with another number of values than its table has columns"))
			}
			info.Rows++
			if err := sink.row(row); err != nil {
				return info, err
			}
			continue
		}
		var t struct {
			backupTable
			End *backupEnd `json:"end"`
		}
		if err := json.Unmarshal(line, &t); err != nil {
			return info, b.fault(err)
		}
		if t.End != nil {
			return info, b.end(info, *t.End, sink)
		}
		info.Tables++
		columns = len(t.Columns)
		if err := sink.table(t.backupTable); err != nil {
			return info, err
		}
	}
}

func (b *backupReader) head() (BackupInfo, error) {
	line, err := b.line()
	if err != nil {
		return BackupInfo{}, err
	}
	var h backupHead
	if err := json.Unmarshal(line, &h); err != nil || h.Format != backupFormat {
		return BackupInfo{}, b.fault(errors.New("not a backup of Haihe"))
	}
	if h.Version > backupVersion {
		return BackupInfo{}, errs.Say(errs.Invalid, "备份文件由更新版本的程序生成；请使用该版本恢复", "the backup was made by a newer program; restore it with that version")
	}
	return BackupInfo{Engine: h.Engine, At: h.At}, nil
}

func (b *backupReader) end(info BackupInfo, e backupEnd, sink backupSink) error {
	if e.Rows != info.Rows || e.Tables != info.Tables || e.SHA256 != hex.EncodeToString(b.hash.Sum(nil)) {
		return b.fault(errors.New("the sums at the end do not agree with the content"))
	}
	if _, err := b.r.ReadByte(); err != io.EOF { // also reads gzip's own sum
		return b.fault(errors.New("something follows the end"))
	}
	return sink.finish()
}

// restorer writes a backup's content into a database, in one transaction.
type restorer struct {
	db      *DB
	tx      *Tx
	ctx     context.Context
	seen    int // tables
	columns []Column
	one     Stmt
	many    Stmt
	pending []any
	rebind  func(context.Context) error
	tables  map[string]Table
}

// batchValues is about the number of values in one insert: measured, 100 is twice as fast as 2,000 on SQLite and alike on
// PostgreSQL.
const batchValues = 100

func (r *restorer) table(t backupTable) error {
	if err := r.flush(); err != nil {
		return err
	}
	r.seen++
	if (t.Table == "store_migration") != (r.seen == 1) {
		return &backupFault{0, errors.New("the migrations are not the first table")}
	}
	if r.seen == 1 {
		return r.match(t, Table{Name: t.Table, Columns: migrationColumns})
	}
	if r.seen == 2 {
		if err := r.clear(); err != nil {
			return err
		}
	}
	have, ok := r.tables[t.Table]
	if !ok {
		return &backupFault{0, fmt.Errorf("table %s is made by none of its migrations", t.Table)}
	}
	return r.match(t, have)
}

var migrationColumns = []Column{{"owner", "text"}, {"version", "bigint"}, {"name", "text"}, {"checksum", "text"},
	{"applied_at", "bigint"}, {"seq", "bigint"}, {"texts", "text"}}

// match finds the columns of a table and makes its inserts.
func (r *restorer) match(t backupTable, have Table) error {
	byName := map[string]Column{}
	for _, c := range have.Columns {
		byName[c.Name] = c
	}
	r.columns = r.columns[:0]
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		col, ok := byName[c.Name]
		if !ok {
			return &backupFault{0, fmt.Errorf("column %s.%s is made by none of its migrations", t.Table, c.Name)}
		}
		r.columns = append(r.columns, col)
		names[i] = quoteName(c.Name)
	}
	insert := "INSERT INTO " + quoteName(t.Table) + " (" + strings.Join(names, ", ") + ") VALUES "
	n := len(names)
	r.one = Q("store.restore", insert+In(1, n))
	rows := make([]string, batch(n)/max(n, 1))
	for i := range rows {
		rows[i] = In(1+i*n, n)
	}
	r.many = Q("store.restore", insert+strings.Join(rows, ", "))
	return nil
}

// clear empties what the migrations filled, with the references between tables put off.
func (r *restorer) clear() error {
	rebind, err := r.db.dialect.Unbind(r.ctx, r.tx.s.conn)
	if err != nil {
		return r.tx.stick(r.tx.s.fail(err))
	}
	r.rebind = rebind
	list, err := r.db.dialect.Tables(r.ctx, r.tx.s.conn)
	if err != nil {
		return r.tx.stick(r.tx.s.fail(err))
	}
	r.tables = map[string]Table{}
	for _, t := range list {
		r.tables[t.Name] = t
		if t.Name != "store_migration" {
			if err := r.tx.raw("DELETE FROM " + quoteName(t.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *restorer) row(row []json.RawMessage) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	for i, raw := range row {
		v, err := value(r.columns[i].Type, raw)
		if err != nil {
			return &backupFault{0, fmt.Errorf("column %s: %w", r.columns[i].Name, err)}
		}
		r.pending = append(r.pending, v)
	}
	if r.seen == 1 {
		err := r.migrate(r.pending)
		r.pending = r.pending[:0]
		return err
	}
	if len(r.pending) == batch(len(row)) {
		return r.flush()
	}
	return nil
}

// batch is the number of values in an insert of many rows of n columns.
func batch(n int) int { return max(1, batchValues/max(n, 1)) * n }

// flush inserts the rows that wait: a whole batch at once, a rest row by row.
func (r *restorer) flush() error {
	q, n := r.one, len(r.columns)
	if len(r.pending) == batch(n) {
		q, n = r.many, len(r.pending)
	}
	for i := 0; i < len(r.pending); i += n {
		if _, err := r.tx.Exec(q, r.pending[i:i+n]...); err != nil {
			return err
		}
	}
	r.pending = r.pending[:0]
	return nil
}

// migrate applies a migration as the backup has it. The store's own are there already and must be the same.
func (r *restorer) migrate(row []any) error {
	owner, _ := row[0].(string)
	version, _ := row[1].(int64)
	name, _ := row[2].(string)
	sum, _ := row[3].(string)
	texts, _ := row[6].(string)
	if owner == "store" {
		var have string
		err := r.tx.Get(qRestoreOwn, []any{version}, &have)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if have != sum {
			return errs.Say(errs.Conflict, "备份文件由其他版本的程序生成；请使用该版本恢复", "the backup was made by another version of the program; restore it with that version")
		}
		return nil
	}
	m := migration{version: version, name: name}
	if err := json.Unmarshal([]byte(texts), &m.texts); err != nil || m.checksum() != sum {
		return &backupFault{0, fmt.Errorf("migration %s %04d does not agree with its sum", owner, version)}
	}
	if err := r.db.applyTexts(r.tx, &m); err != nil {
		return errs.Wrap("migrate "+owner, err)
	}
	_, err := r.tx.Exec(qRestoreAdd, row...)
	return err
}

func (r *restorer) finish() error {
	if err := r.flush(); err != nil {
		return err
	}
	if r.rebind == nil {
		return &backupFault{0, errors.New("no tables")}
	}
	if err := r.rebind(r.ctx); err != nil {
		return r.tx.stick(r.tx.s.fail(err))
	}
	return nil
}

// value reads a value of the format as a column's type takes it.
func value(typ string, raw json.RawMessage) (any, error) {
	if bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	var s string
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, err
		}
	} else {
		s = string(raw)
	}
	switch typ {
	case "text":
		return s, nil
	case "bigint":
		return strconv.ParseInt(s, 10, 64)
	case "boolean":
		return strconv.ParseBool(s)
	case "double":
		return strconv.ParseFloat(s, 64)
	case "bytea":
		return base64.StdEncoding.DecodeString(s)
	}
	return nil, fmt.Errorf("type %s is none of the five", typ)
}

func fmtFloat(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
