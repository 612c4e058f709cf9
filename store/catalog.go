package store

import (
	"context"
	"database/sql"
	"fmt"
)

// ReadTables is Dialect.Tables for an engine whose catalogue can be asked in SQL: query gives table, column and the engine's type,
// ordered by the making of the tables and the place of the columns; kinds gives the Column.Type of the engine's types. A column
// of another type is an error.
func ReadTables(ctx context.Context, c *sql.Conn, query string, kinds map[string]string) ([]Table, error) {
	rows, err := c.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Table
	for rows.Next() {
		var table, column, typ string
		if err := rows.Scan(&table, &column, &typ); err != nil {
			return nil, err
		}
		kind, ok := kinds[typ]
		if !ok {
			return nil, fmt.Errorf("column %s.%s has the type %s, which is none of the five", table, column, typ)
		}
		if len(out) == 0 || out[len(out)-1].Name != table {
			out = append(out, Table{Name: table})
		}
		t := &out[len(out)-1]
		t.Columns = append(t.Columns, Column{Name: column, Type: kind})
	}
	return out, rows.Err()
}
