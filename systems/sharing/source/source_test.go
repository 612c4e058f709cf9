package source

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/postgres"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/sharing/policy"
)

var fields = []Field{{"id", policy.Integer, "no"}, {"name", policy.Text, ""}, {"at", policy.DateTime, ""}, {"size", policy.Number, ""}}

func open(t *testing.T, o Options) *Sources {
	t.Helper()
	o.Wait = 5 * time.Second
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// read gives the names of the rows behind a mark, and the last mark.
func read(t *testing.T, s *Sources, q Query) (names []string, mark string, err error) {
	t.Helper()
	err = s.Each(t.Context(), q, func(r Row) error {
		names, mark = append(names, fmt.Sprint(r.Values["id"], " ", r.Values["name"])), r.Mark
		return nil
	})
	return names, mark, err
}

// TestREST: an upstream of the list is read, one that is not is not, nor where it redirects to, and nothing that only a cloud's own machine
// answers.
func TestREST(t *testing.T) {
	hits := 0
	secret := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { hits++; fmt.Fprint(w, `[{"no":1}]`) }))
	defer secret.Close()
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/rows":
			fmt.Fprint(w, `{"data":{"rows":[{"no":10,"name":"j","size":1.5},{"no":9,"name":"i"},{"no":9,"name":"twice"},{"no":-1,"name":"h"},{"name":"no key"}]}}`)
		case "/away":
			http.Redirect(w, r, secret.URL, http.StatusFound)
		case "/broken":
			fmt.Fprint(w, `[{"no":1}`)
		case "/text":
			fmt.Fprint(w, `["a"]`)
		default:
			http.Error(w, "no", http.StatusInternalServerError)
		}
	}))
	defer up.Close()
	s := open(t, Options{Upstreams: []string{up.URL, "http://169.254.169.254"}})
	at := func(url, items string) Query {
		return Query{Spec: Spec{Kind: REST, Where: url, Items: items, Key: "id"}, Fields: fields}
	}
	got, mark, err := read(t, s, at(up.URL+"/rows", "data.rows"))
	if err != nil || !slices.Equal(got, []string{"-1 h", "9 i", "10 j"}) {
		t.Errorf("%v %v", got, err)
	}
	q := at(up.URL+"/rows", "data.rows")
	if q.After = mark; q.After == "" {
		t.Fatal("no mark")
	}
	if got, _, err := read(t, s, q); err != nil || len(got) != 0 {
		t.Errorf("behind the last row: %v %v", got, err)
	}
	for _, c := range []struct {
		url  string
		kind errs.Kind
	}{
		{secret.URL, errs.Invalid}, {up.URL + "@" + strings.TrimPrefix(secret.URL, "http://"), errs.Invalid}, {"http://x@" + strings.TrimPrefix(up.URL, "http://") + "/rows", errs.Invalid}, {"file:///etc/passwd", errs.Invalid}, {"gopher://" + strings.TrimPrefix(up.URL, "http://"), errs.Invalid},
		{up.URL + "/away", errs.Unavailable}, {up.URL + "/broken", errs.Unavailable}, {up.URL + "/text", errs.Unavailable}, {up.URL + "/none", errs.Unavailable}, {"http://169.254.169.254/latest/meta-data", errs.Unavailable},
	} {
		if got, _, err := read(t, s, at(c.url, "")); !errs.Is(err, c.kind) {
			t.Errorf("%s: %v %v", c.url, got, err)
		}
	}
	if hits != 0 {
		t.Errorf("a server that is not on the list was asked %d times", hits)
	}
	for _, bad := range []string{"ftp://x", "http://x/path", "http://u:p@x", "x"} {
		if _, err := New(Options{Upstreams: []string{bad}}); !errs.Is(err, errs.Invalid) {
			t.Errorf("the list takes %s: %v", bad, err)
		}
	}
}

// TestFiles: files of the folder are read, and nothing outside it.
func TestFiles(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret.csv")
	for name, text := range map[string]string{filepath.Join(dir, "a.csv"): "\uFEFFno,name,at,size\n2,b,2015-01-01T08:00:00+08:00,x\n1,a,,2.5\n", filepath.Join(dir, "b.json"): `[{"no":3,"name":"c","at":"2015"}]`, filepath.Join(dir, "short.csv"): "no,name\n1\n", outside: "no,name\n9,secret\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.csv")); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{Folder: dir})
	at := func(name string) Query {
		return Query{Spec: Spec{Kind: File, Where: name, Key: "id"}, Fields: fields}
	}
	if got, _, err := read(t, s, at("a.csv")); err != nil || !slices.Equal(got, []string{"1 a", "2 b"}) {
		t.Errorf("%v %v", got, err)
	}
	if got, _, err := read(t, s, at("b.json")); err != nil || !slices.Equal(got, []string{"3 c"}) {
		t.Errorf("%v %v", got, err)
	}
	for _, bad := range []string{"../secret.csv", outside, "link.csv", "a.txt", ".csv", "a/b.csv", "short.csv", "none.csv", "a.csv\x00"} {
		if got, _, err := read(t, s, at(bad)); err == nil {
			t.Errorf("%q is read: %v", bad, got)
		}
	}
}

// TestSQL reads a view of a real PostgreSQL, in the order of its key, narrowed where that says the same.
func TestSQL(t *testing.T) {
	dsn := storetest.Postgres(t)
	own, err := store.Open(t.Context(), postgres.Dialect(dsn), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if err := own.Write(t.Context(), func(tx *store.Tx) error {
		for _, q := range []string{`CREATE TABLE people (no BIGINT, name TEXT, at TIMESTAMPTZ, size NUMERIC)`, `INSERT INTO people VALUES (10, 'j', '2015-01-01T08:00:00+08:00', 1.5), (9, 'i', NULL, NULL), (-5, 'h', NULL, 2)`} {
			if _, err := tx.Exec(store.Q("test", q)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{Databases: []string{"power=" + dsn}})
	q := Query{Spec: Spec{Kind: SQL, Where: "power/people", Key: "id"}, Fields: fields}
	if err := s.Check(q); err != nil {
		t.Fatal(err)
	}
	var first Row
	n := 0
	if err := s.Each(t.Context(), q, func(r Row) error {
		if n++; n == 3 {
			first = r
		}
		return nil
	}); err != nil || n != 3 || first.Values["at"] != "2015-01-01T00:00:00Z" || first.Values["size"] != 1.5 {
		t.Errorf("%d rows, the last %v, %v", n, first, err)
	}
	got, _, err := read(t, s, q)
	if err != nil || !slices.Equal(got, []string{"-5 h", "9 i", "10 j"}) {
		t.Errorf("%v %v", got, err)
	}
	q.After = markOf(fields[0], int64(-5))
	q.Narrow = []policy.Cond{{Field: "name", Op: "eq", Values: []string{"j"}}, {Field: "size", Op: "ge", Values: []string{"100"}}}
	if got, _, err := read(t, s, q); err != nil || !slices.Equal(got, []string{"10 j"}) {
		t.Errorf("narrowed: %v %v", got, err)
	}
	for _, bad := range []string{"power/people; DROP TABLE people", "power/", "other/people", `power/"people"`, "people"} {
		q.Spec.Where = bad
		if err := s.Check(q); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// FuzzMark: the marks of integers sort as the integers do, and lead back to them.
func FuzzMark(f *testing.F) {
	f.Add(int64(0), int64(-1))
	f.Add(int64(9), int64(10))
	f.Fuzz(func(t *testing.T, a, b int64) {
		x, y := markOf(fields[0], a), markOf(fields[0], b)
		if back, ok := keyOf(x); !ok || back != a || (a < b) != (x < y) {
			t.Errorf("%d %d: %q %q", a, b, x, y)
		}
	})
}

// FuzzList: a document of an upstream is read or refused, and never breaks anything.
func FuzzList(f *testing.F) {
	f.Add(`{"a":[{"no":1}]}`, "a")
	f.Add(`[{"no":1e99}]`, "")
	f.Fuzz(func(t *testing.T, body, items string) {
		rows, err := list([]byte(body), items)
		if err != nil {
			return
		}
		_ = hand(Query{Spec: Spec{Key: "id"}, Fields: fields}, rows, func(r Row) error {
			if r.Mark == "" {
				t.Error("a row without a mark")
			}
			return nil
		})
	})
}
