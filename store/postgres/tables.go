package postgres

import (
	"context"
	"database/sql"

	"github.com/haihe-city/haihe/store"
)

const tablesSQL = `SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
ORDER BY c.oid, a.attnum`

var kinds = map[string]string{"text": "text", "bigint": "bigint", "boolean": "boolean", "double precision": "double", "bytea": "bytea", "integer": "bigint"}

// tables lists the schema's tables in the order in which they were made.
func tables(ctx context.Context, c *sql.Conn) ([]store.Table, error) {
	return store.ReadTables(ctx, c, tablesSQL, kinds)
}

const foreignSQL = `SELECT format('ALTER TABLE %I DROP CONSTRAINT %I', c.relname, k.conname),
  format('ALTER TABLE %I ADD CONSTRAINT %I %s', c.relname, k.conname, pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace ORDER BY k.oid`

// unbind drops the foreign keys of the schema, and gives what makes them again, which also checks every row.
func unbind(ctx context.Context, c *sql.Conn) (func(context.Context) error, error) {
	rows, err := c.QueryContext(ctx, foreignSQL)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var drop, add []string
	for rows.Next() {
		var d, a string
		if err := rows.Scan(&d, &a); err != nil {
			return nil, err
		}
		drop, add = append(drop, d), append(add, a)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	all := func(ctx context.Context, texts []string) error {
		for _, s := range texts {
			if _, err := c.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}
	return func(ctx context.Context) error { return all(ctx, add) }, all(ctx, drop)
}

func size(ctx context.Context, c *sql.Conn) (int64, error) {
	var n int64
	err := c.QueryRowContext(ctx, `SELECT COALESCE(SUM(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`).Scan(&n)
	return n, err
}
