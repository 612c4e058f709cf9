package foreign

import (
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/postgres"
	"github.com/haihe-city/haihe/store/storetest"
)

// TestText: names are quoted and values are parameters, whatever they hold.
func TestText(t *testing.T) {
	s := Select{View: `pub.v"; DROP TABLE x; --`, Columns: []string{`a"b`, "c"}, Key: "c", Bytes: true, Past: true, After: "k", Where: []Cond{{`a"b`, "=", "' OR 1=1"}}, Limit: 5}
	text, args, err := s.text()
	if err != nil {
		t.Fatal(err)
	}
	want := `SELECT "a""b", "c" FROM "pub"."v""; DROP TABLE x; --" WHERE "c"::text COLLATE "C" > $1 AND "a""b" = $2 ORDER BY "c"::text COLLATE "C" LIMIT 5`
	if text != want || len(args) != 2 {
		t.Errorf("got  %s\nwant %s (%v)", text, want, args)
	}
	s.Where[0].Op = "= 1 OR"
	if _, _, err := s.text(); !errs.Is(err, errs.Invalid) {
		t.Errorf("an operator of the caller's own: %v", err)
	}
}

// TestEach reads a real PostgreSQL, and cannot write to it even where the view's author would let it.
func TestEach(t *testing.T) {
	dsn := storetest.Postgres(t)
	own, err := store.Open(t.Context(), postgres.Dialect(dsn), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	d, err := Open(dsn, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	read := func(s Select) (out []any, err error) {
		err = d.Each(t.Context(), s, func(v []any) error { out = append(out, v[0]); return nil })
		return out, err
	}
	got, err := read(Select{View: "information_schema.schemata", Columns: []string{"schema_name"}, Key: "schema_name", Bytes: true, Where: []Cond{{"schema_name", ">=", "pg_"}}, Limit: 2})
	if err != nil || len(got) != 2 || !strings.HasPrefix(got[0].(string), "p") {
		t.Fatalf("%v %v", got, err)
	}
	next, err := read(Select{View: "information_schema.schemata", Columns: []string{"schema_name"}, Key: "schema_name", Bytes: true, Past: true, After: got[0], Limit: 1})
	if err != nil || len(next) != 1 || next[0] != got[1] {
		t.Errorf("after %v: %v %v", got[0], next, err)
	}
	if _, err := read(Select{View: "no_such_view", Columns: []string{"a"}, Key: "a", Limit: 1}); !errs.Is(err, errs.Unavailable) {
		t.Errorf("no view: %v", err)
	}
	if _, err := d.db.ExecContext(t.Context(), "CREATE TABLE x (a int)"); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("the door lets one write: %v", err)
	}
}
