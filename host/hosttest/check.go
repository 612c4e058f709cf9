package hosttest

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/plans/tianjin"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// Check holds a system to the contract: its declaration, its schemas and migrations on an empty store, every page that it
// answers in both languages, every text of those pages, and that it closes without leaving a goroutine behind. make gives
// a new value of the system each time, as its System function does.
func Check(t *testing.T, make func() host.System) {
	t.Run("declaration", func(t *testing.T) { checkDeclaration(t, make()) })
	t.Run("pages", func(t *testing.T) { checkPages(t, make()) })
	t.Run("close", func(t *testing.T) { checkClose(t, make) })
}

func checkDeclaration(t *testing.T, s host.System) {
	plan, units, err := tianjin.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range host.Check([]host.System{s}, plan, units) {
		t.Error(fault)
	}
	if _, ok := plan.System(s.Name); ok == s.Common {
		t.Errorf("system %q: the plan names it (%v), and it calls itself common to all (%v)", s.Name, ok, s.Common)
	}
	if len(s.Sections) == 0 || len(s.Owners) == 0 {
		t.Error("Sections and Owners say which part of the plan the system answers, and for whom")
	}
	texts(t, s.Name, reflect.ValueOf(s.Title), reflect.ValueOf(s.Grants), reflect.ValueOf(s.Imports))
	conf := host.Defaults()
	var b strings.Builder
	if err := host.Sample(&b, []host.System{s}); err != nil {
		t.Fatal(err)
	}
	if err := host.ReadConfig("sample", b.String(), &conf, []host.System{s}); err != nil {
		t.Errorf("its section of the sample cannot be read back: %v", err)
	}
}

// spied is a system whose opening is watched.
func spied(s host.System, opened **host.Opened) host.System {
	open := s.Open
	s.Open = func(ctx context.Context, h *host.Host) (*host.Opened, error) {
		o, err := open(ctx, h)
		*opened = o
		return o, err
	}
	return s
}

var wildcard = regexp.MustCompile(`\{[^}]+\}`)

// checkPages asks for every GET route as somebody who may: over HTTP in both languages, and once more inside the program in
// order to look at the texts of the typed page.
func checkPages(t *testing.T, s host.System) {
	var opened *host.Opened
	app := Open(t, spied(s, &opened))
	for _, r := range opened.Routes {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if method != http.MethodGet {
			continue
		}
		t.Run(r.Pattern, func(t *testing.T) {
			login := app.allowed(r.Grant)
			if login == "" {
				t.Fatalf("no role has the grant %q by default", r.Grant)
			}
			asked := wildcard.ReplaceAllString(path, "nothing")
			unknown := asked != path // an example of a wildcard is not known here: the answer may be that there is none
			for _, prefix := range prefixes(r) {
				got := app.As(login).Get(prefix + asked)
				if got.Status != http.StatusOK && !(unknown && got.Status >= 400 && got.Status < 500) {
					t.Errorf("%s%s as %s: status %d\n%.1500s", prefix, asked, login, got.Status, got.main())
				}
				if nobody := app.Nobody().Get(prefix + asked); r.Grant != web.Public && nobody.Status == http.StatusOK {
					t.Errorf("%s%s is shown to somebody who is not signed in", prefix, asked)
				}
			}
			if r.Page != nil {
				checkTexts(t, app, r, asked, login)
			}
		})
	}
}

// prefixes are the languages under which a route answers; "" for an interface.
func prefixes(r web.Route) []string {
	if r.API != nil {
		return []string{""}
	}
	return []string{"/" + string(lang.Zh), "/" + string(lang.En)}
}

// allowed finds an account with a grant.
func (a *App) allowed(grant string) string {
	for _, login := range []string{"officer", "power-operator", "leader", "reader", "system", "security", "audit", "customer"} {
		who, err := a.People.Session(a.t.Context(), a.As(login).cookie)
		if err != nil {
			a.t.Fatal(err)
		}
		if grant == "" || grant == web.Public || who.Can(grant) {
			return login
		}
	}
	return ""
}

func checkTexts(t *testing.T, app *App, r web.Route, path, login string) {
	who, err := app.People.Session(t.Context(), app.As(login).cookie)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, pattern, _ := strings.Cut(r.Pattern, " ")
	for _, w := range wildcard.FindAllString(pattern, -1) {
		req.SetPathValue(strings.Trim(strings.TrimSuffix(w, "...}"), "{}"), "nothing")
	}
	page, err := r.Page(&web.Request{HTTP: req, Lang: lang.Zh, Who: who, Now: app.Clock.Now()})
	if err != nil {
		if msg, ok := errs.MsgOf(err); !ok || msg.Zh == "" || msg.En == "" {
			t.Errorf("the page fails without words for its reader: %v", err)
		}
		return
	}
	if page == nil {
		t.Error("neither a page nor an error")
		return
	}
	if page.Title.Empty() {
		t.Error("the page has no title")
	}
	texts(t, path, reflect.ValueOf(page))
	ids(t, page)
}

// texts walks values and finds every text of which one half is missing.
func texts(t *testing.T, where string, values ...reflect.Value) {
	t.Helper()
	for _, v := range values {
		walk(v, where, func(at string, text lang.Text) {
			if (text.Zh == "") != (text.En == "") {
				t.Errorf("%s: half of a text is missing: %q, %q", at, text.Zh, text.En)
			}
		})
	}
}

func walk(v reflect.Value, at string, fn func(at string, text lang.Text)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), at, fn)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(v.Index(i), fmt.Sprintf("%s[%d]", at, i), fn)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			walk(v.MapIndex(k), fmt.Sprintf("%s[%v]", at, k), fn)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[lang.Text]() {
			fn(at, lang.Text{Zh: v.Field(0).String(), En: v.Field(1).String()})
			return
		}
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				walk(v.Field(i), at+"."+f.Name, fn)
			}
		}
	}
}

// ids finds two blocks of a page that bear the same id: a live update would reach only one of them.
func ids(t *testing.T, p *ui.Page) {
	seen := map[string]bool{}
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				visit(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				visit(v.Index(i))
			}
		case reflect.Struct:
			if _, ok := v.Interface().(ui.Block); ok {
				if id := v.FieldByName("ID"); id.IsValid() && id.String() != "" {
					if seen[id.String()] {
						t.Errorf("two blocks of the page bear the id %q", id.String())
					}
					seen[id.String()] = true
				}
			}
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() && f.Type.Kind() != reflect.String {
					visit(v.Field(i))
				}
			}
		}
	}
	visit(reflect.ValueOf(p.Body))
}

// checkClose opens and closes the system twice on the same data, and counts goroutines.
func checkClose(t *testing.T, make func() host.System) {
	before := runtime.NumGoroutine()
	for range 2 {
		t.Run("once", func(t *testing.T) {
			app := Open(t, make())
			app.As("officer").Get("/zh/systems")
			app.Stop()
		})
	}
	// What has ended may need a moment to be gone; what has not never goes.
	for range 500 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	buf := [1 << 20]byte{}
	t.Errorf("%d goroutines before, %d after closing:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf[:], true)])
}
