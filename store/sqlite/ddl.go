package sqlite

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/sqltext"
)

// The five column types in a STRICT table. BIGINT becomes INTEGER, so that a BIGINT primary key is the row's own number
// and needs no second index; BOOLEAN becomes INT, which keeps the same values and can be told from it in the catalogue.
var types = map[string]string{"BIGINT": "INTEGER", "INT": "INTEGER", "BOOLEAN": "INT", "BYTEA": "BLOB"}

// ddl adapts one statement of a migration: the types' names, and STRICT after a CREATE TABLE, so that a column refuses
// values of another type, as PostgreSQL does.
func ddl(statement string) string {
	var b strings.Builder
	words, depth := 0, 0
	table, rowid, lastDouble := false, true, false
	var first [2]string
	for t := range sqltext.Tokens(statement) {
		text := t.Text
		if t.Kind == sqltext.Word {
			up := strings.ToUpper(text)
			if words < 2 {
				first[words] = up
			}
			words++
			table = table || words == 2 && first == [2]string{"CREATE", "TABLE"}
			if as, ok := types[up]; ok {
				text = as
			}
			switch {
			case up == "DOUBLE":
				text, lastDouble = "", true
			case up == "PRECISION" && lastDouble:
				text, lastDouble = "REAL", false
			case up == "WITHOUT" && depth == 0:
				rowid = false
			case up == "AS" && depth == 0:
				table = false // CREATE TABLE ... AS SELECT takes no STRICT
			}
		}
		if t.Kind == sqltext.Mark {
			switch text {
			case "(":
				depth++
			case ")":
				depth--
			}
		}
		b.WriteString(text)
	}
	out := strings.TrimSpace(b.String())
	switch {
	case !table:
		return out
	case rowid:
		return out + "\nSTRICT"
	default:
		return out + ",\nSTRICT"
	}
}

const tablesSQL = `SELECT t.name, c.name, c.type FROM sqlite_master t JOIN pragma_table_info(t.name) c
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY t.rowid, c.cid`

var kinds = map[string]string{"TEXT": "text", "INTEGER": "bigint", "INT": "boolean", "REAL": "double", "BLOB": "bytea"}

// tables lists the tables in the order in which they were made.
func tables(ctx context.Context, c *sql.Conn) ([]store.Table, error) {
	return store.ReadTables(ctx, c, tablesSQL, kinds)
}

// unbind puts the check of the foreign keys off to the commit; SQLite ends this by itself there.
func unbind(ctx context.Context, c *sql.Conn) (func(context.Context) error, error) {
	_, err := c.ExecContext(ctx, "PRAGMA defer_foreign_keys = ON")
	return func(context.Context) error { return nil }, err
}

// ordinal puts ? in place of $1, $2 and so on, where they come in this order and each once. SQLite takes $1 for a name, and the driver
// asks for the name of each parameter, one by one along the list: with the rows of a store.Bulk that was a seventh of all the work.
func ordinal(statement string) string {
	var b strings.Builder
	n := 0
	for t := range sqltext.Tokens(statement) {
		if t.Kind == sqltext.Placeholder {
			if n++; t.Text != "$"+strconv.Itoa(n) {
				return statement
			}
			t.Text = "?"
		}
		b.WriteString(t.Text)
	}
	return b.String()
}
