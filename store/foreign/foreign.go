// Package foreign is the read-only door to somebody else's PostgreSQL (外部数据库只读接入): a view of another unit's database, read as a list of
// rows. It is a part of the store since only the store touches SQL.
//
// A statement is put together here from names, which are quoted, and values, which travel as parameters; nothing that a caller says
// is ever part of its text. The connection itself is read only, each statement has a time limit, and a transaction sees one snapshot.
package foreign

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/haihe-city/haihe/errs"
)

// Database is another unit's database.
type Database struct {
	db   *sql.DB
	wait time.Duration
}

// Open readies a connection string (postgres://user:password@host:5432/name); nothing is dialled before the first read. wait bounds a
// read, its connecting included.
func Open(dsn string, wait time.Duration) (*Database, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil { // pgx leaves the password out of this error
		return nil, errs.Because(err, errs.Invalid, "外部数据库连接串有误；格式为 postgres://用户:口令@主机:5432/库名",
			"the connection string is wrong; it reads postgres://user:password@host:5432/database")
	}
	cfg.RuntimeParams["default_transaction_read_only"] = "on"
	cfg.RuntimeParams["statement_timeout"] = strconv.FormatInt(wait.Milliseconds(), 10)
	cfg.RuntimeParams["application_name"] = "haihe-sharing"
	d := &Database{db: stdlib.OpenDB(*cfg), wait: wait}
	d.db.SetMaxOpenConns(4)
	d.db.SetMaxIdleConns(1)
	return d, nil
}

// Close ends the connections.
func (d *Database) Close() error { return d.db.Close() }

// Cond narrows the rows: a column, one of = <> < >=, and a value.
type Cond struct {
	Column, Op string
	Value      any
}

// Select is what is read: columns of a view ("name" or "schema.name"), in the order of the key, after a value of it where Past says so.
type Select struct {
	View    string
	Columns []string
	Key     string
	Bytes   bool // the key is text, whose order is by bytes
	Past    bool
	After   any
	Where   []Cond
	Limit   int
}

// text puts the statement together.
func (s Select) text() (string, []any, error) {
	if s.View == "" || s.Key == "" || len(s.Columns) == 0 {
		return "", nil, errs.Say(errs.Invalid, "外部视图、主键和列均须给出", "view, key and columns are needed")
	}
	name := pgx.Identifier(strings.SplitN(s.View, ".", 2)).Sanitize()
	quoted := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		quoted[i] = pgx.Identifier{c}.Sanitize()
	}
	key := pgx.Identifier{s.Key}.Sanitize()
	if s.Bytes {
		key += `::text COLLATE "C"`
	}
	var args []any
	var where []string
	add := func(left, op string, v any) {
		args = append(args, v)
		where = append(where, left+" "+op+" $"+strconv.Itoa(len(args)))
	}
	if s.Past {
		add(key, ">", s.After)
	}
	for _, c := range s.Where {
		switch c.Op {
		case "=", "<>", "<", ">=":
			add(pgx.Identifier{c.Column}.Sanitize(), c.Op, c.Value)
		default:
			return "", nil, errs.Say(errs.Invalid, "不支持的比较“%s”", "there is no comparison %q", c.Op)
		}
	}
	q := "SELECT " + strings.Join(quoted, ", ") + " FROM " + name
	if len(where) > 0 {
		q += " WHERE " + strings.Join(where, " AND ")
	}
	return q + " ORDER BY " + key + " LIMIT " + strconv.Itoa(s.Limit), args, nil
}

// Each calls fn with the values of each row, in the order of the columns: what the driver makes of them (string, int64, float64, bool,
// time.Time, []byte, nil). An error of fn ends the reading and is returned.
func (d *Database) Each(ctx context.Context, s Select, fn func(values []any) error) error {
	text, args, err := s.text()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, d.wait)
	defer cancel()
	tx, err := d.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return down(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was changed
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return down(err)
	}
	defer rows.Close()
	values, into := make([]any, len(s.Columns)), make([]any, len(s.Columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return down(err)
		}
		if err := fn(values); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return down(err)
	}
	return nil
}

func down(err error) error {
	return errs.Because(err, errs.Unavailable, "外部数据库无应答或拒绝查询", "the other database does not answer, or refuses the query")
}
