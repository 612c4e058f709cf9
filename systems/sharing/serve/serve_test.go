package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/sharing/apply"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/catalogue"
	"github.com/haihe-city/haihe/systems/sharing/mask"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/policy"
	"github.com/haihe-city/haihe/systems/sharing/source"
)

// town is a gate with its surroundings, and a second one over the same grants and other data.
type town struct {
	db         *store.DB
	journal    *journal.Journal
	gate, twin *Part
	catalogue  *catalogue.Part
	apply      *apply.Part
	now        time.Time
	grants     map[string]string // unit -> grant
}

func owner() *identity.Principal {
	return identity.NewPrincipal("person:owner", "power", nil, page.GrantRead, page.GrantOffer, page.GrantAllow)
}

func applicant(unit string) *identity.Principal {
	return identity.NewPrincipal("person:"+unit, unit, nil, page.GrantRead, page.GrantApply)
}

func people(id, sharing string) catalogue.Resource {
	r := catalogue.Resource{ID: id, Name: lang.Same("人员"), Abstract: lang.Same("测试"), Unit: "power", Category: "department", Format: "file", Period: "day",
		Sharing: catalogue.Sharing{Type: sharing, Condition: "c", Basis: "b"}, Source: source.Spec{Kind: source.File, Where: "people.csv", Key: "id"}}
	for _, f := range []struct {
		name  string
		kind  policy.Kind
		class mask.Class
	}{{"id", policy.Text, ""}, {"name", policy.Text, mask.Name}, {"idNumber", policy.Text, mask.IDNumber}, {"telephone", policy.Text, mask.Telephone}, {"address", policy.Text, mask.Address}, {"birthday", policy.Date, mask.Birthday},
		{"district", policy.Text, ""}, {"age", policy.Integer, ""}, {"income", policy.Number, mask.Sensitive}, {"member", policy.Boolean, ""}, {"registered", policy.Date, ""}, {"account", policy.Text, mask.Account}} {
		r.Fields = append(r.Fields, catalogue.Field{Name: f.name, Title: lang.Same(f.name), Kind: f.kind, Personal: f.class})
	}
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newTown(t testing.TB) *town {
	t.Helper()
	s := &town{db: storetest.Open(t), now: time.Date(2015, 11, 20, 1, 30, 0, 0, time.UTC), grants: map[string]string{}}
	ctx, now := t.Context(), func() time.Time { return s.now }
	var err error
	s.journal, err = journal.Open(ctx, s.db, now)
	must(t, err)
	var units []identity.Unit
	for _, u := range [][2]string{{"power", ""}, {"binhai", "120116"}, {"heping", "120101"}, {"nankai", "120104"}, {"hebei", "120105"}, {"wuqing", "120114"}, {"xiqing", "120111"}, {"baodi", "120115"}} {
		units = append(units, identity.Unit{ID: u[0], Name: lang.Same(u[0]), District: u[1]})
	}
	grants := append(apply.Grants(), identity.Grant{Name: page.GrantRead, Title: lang.Same("x"), Roles: []string{identity.RoleReader}}, identity.Grant{Name: page.GrantLog, Title: lang.Same("x"), Roles: []string{identity.RoleSecurity}})
	staff, err := identity.Open(ctx, s.db, s.journal, now, units, grants)
	must(t, err)
	cases, err := casework.Open(ctx, casework.Options{DB: s.db, Journal: s.journal, Now: now, Kinds: []casework.Kind{apply.Kind()}})
	must(t, err)
	folder := func(from string) *source.Sources {
		dir := t.TempDir()
		b, err := os.ReadFile("testdata/" + from)
		must(t, err)
		must(t, os.WriteFile(dir+"/people.csv", b, 0o600))
		src, err := source.New(source.Options{Folder: dir, Wait: 5 * time.Second})
		must(t, err)
		t.Cleanup(func() { must(t, src.Close()) })
		return src
	}
	src := folder("people.csv")
	wall := func() time.Time { return s.now }
	s.catalogue, err = catalogue.New(ctx, catalogue.Options{DB: s.db, Journal: s.journal, People: staff, Sources: src, Now: now, Wall: wall, Changed: func() {}})
	must(t, err)
	s.apply, err = apply.New(ctx, apply.Options{DB: s.db, Journal: s.journal, People: staff, Cases: cases, Catalogue: s.catalogue, Now: now, Wall: wall})
	must(t, err)
	o := Options{DB: s.db, Journal: s.journal, People: staff, Catalogue: s.catalogue, Apply: s.apply, Sources: src, Log: slog.New(slog.DiscardHandler), Now: now, Wall: wall, Wait: 5 * time.Second, Bytes: 1 << 20, PerMinute: 1 << 40, PerDay: 1 << 40}
	told := func(call.Call, call.Answer, time.Duration) {}
	s.gate, err = New(ctx, o, told)
	must(t, err)
	o.Sources = folder("other.csv")
	s.twin, err = New(ctx, o, told)
	must(t, err)
	s.offer(t)
	return s
}

// offer publishes the resources and makes the grants that the cases speak of.
func (s *town) offer(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	for _, r := range []catalogue.Resource{people("people", policy.Conditional), people("open-people", policy.Unconditional), people("secret", policy.Conditional), people("gone", policy.Unconditional), people("draft", policy.Unconditional)} {
		must(t, s.catalogue.Save(ctx, owner(), r))
		if r.ID != "draft" {
			must(t, s.catalogue.Move(ctx, owner(), r.ID, catalogue.Published, ""))
		}
	}
	all := []string{"id", "name", "idNumber", "telephone", "address", "birthday", "district", "age", "income", "member", "registered", "account"}
	conds := func(lines ...string) (out []policy.Cond) {
		for _, l := range lines {
			c, err := policy.ParseCond(l)
			must(t, err)
			out = append(out, c)
		}
		return out
	}
	s.grant(t, "people", "binhai", "emergency", policy.Terms{Fields: []string{"id", "name", "telephone", "district", "age"}, Rows: conds("district eq $district")})
	s.grant(t, "people", "heping", "service", policy.Terms{Fields: []string{"id", "name", "telephone", "idNumber", "birthday", "address"}, Unmasked: []string{"name", "telephone"}})
	s.grant(t, "people", "wuqing", "approval", policy.Terms{Fields: all, Rows: conds("district in 120101|120104", "registered ge 2015-01-01")})
	s.grant(t, "people", "nankai", "statistics", policy.Terms{Fields: []string{"id", "district", "age", "income"}, Unmasked: []string{"income"}, Rows: conds("age ge 18", "income lt 9000")})
	s.grant(t, "people", "xiqing", "audit", policy.Terms{Fields: all})
	must(t, s.apply.Revoke(ctx, owner(), s.grants["xiqing"], "测试"))
	s.grant(t, "people", "hebei", "supervision", policy.Terms{Fields: all, Until: s.now.Add(time.Minute)})
	s.grant(t, "secret", "binhai", "emergency", policy.Terms{Fields: all, Unmasked: []string{"name"}})
	must(t, s.catalogue.Save(ctx, owner(), people("secret", policy.NotShared))) // granted before, and no longer shared at all
	must(t, s.catalogue.Move(ctx, owner(), "gone", catalogue.Withdrawn, "测试"))
	s.now = s.now.Add(2 * time.Minute) // the grant of hebei is over
}

func (s *town) grant(t testing.TB, resource, unit, purpose string, terms policy.Terms) {
	t.Helper()
	if terms.Until.IsZero() {
		terms.Until = s.now.AddDate(1, 0, 0)
	}
	terms.PerMinute, terms.PerDay = 100_000, 50_000_000
	a, err := s.apply.Apply(t.Context(), applicant(unit), apply.Application{Resource: resource, Purpose: purpose, Reason: "测试", Basis: "测试", Terms: terms})
	must(t, err)
	a, err = s.apply.Decide(t.Context(), owner(), a.ID, apply.Decision{To: apply.Granted, Terms: terms})
	must(t, err)
	s.grants[unit] = a.Grant
}

func ask4(t testing.TB, unit, purpose, resource, query string) call.Call {
	t.Helper()
	if query == "-" {
		query = ""
	}
	params, err := url.ParseQuery(query)
	if err != nil {
		params = url.Values{"where": {query}}
	}
	return call.Call{Unit: unit, Purpose: purpose, Resource: resource, Params: params}
}

// TestCases holds the gate to what was written by hand: who may see which field of which row, and what is refused.
func TestCases(t *testing.T) {
	s := newTown(t)
	f, err := os.Open("testdata/cases.tsv")
	must(t, err)
	defer f.Close()
	lines, n := bufio.NewScanner(f), 0
	for lines.Scan() {
		c := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		if n++; len(c) != 7 {
			t.Fatalf("case %d has %d columns", n, len(c))
		}
		got := seenBy(t, s.gate.Serve(t.Context(), ask4(t, c[0], c[1], c[2], c[3])), c[4], c[5])
		if got != c[6] {
			t.Errorf("case %d: %s for %s of %s (%s), field %s of row %s: got %s, want %s", n, c[0], c[1], c[2], c[3], c[5], c[4], got, c[6])
		}
	}
	must(t, lines.Err())
	if t.Logf("%d cases", n); n < 200 {
		t.Errorf("only %d cases", n)
	}
}

// seenBy says what an answer shows of a field of a row, in the words of the cases.
func seenBy(t *testing.T, a call.Answer, row, field string) string {
	t.Helper()
	if a.Refused != "" {
		return "!" + a.Refused
	}
	var body struct {
		Fields []struct {
			Name   string
			Masked bool
		}
		Rows []map[string]any
	}
	d := json.NewDecoder(strings.NewReader(string(a.Body)))
	d.UseNumber()
	must(t, d.Decode(&body))
	for _, r := range body.Rows {
		if r["id"] != row {
			continue
		}
		v, ok := r[field]
		for _, f := range body.Fields {
			if f.Name == field && ok {
				mark := "="
				if f.Masked && v != nil {
					mark = "~"
				}
				switch v := v.(type) {
				case string:
					return mark + v
				case json.Number:
					return mark + v.String()
				case bool:
					return mark + strconv.FormatBool(v)
				}
				return mark + "null"
			}
		}
		if ok {
			return "a value of a field that is not listed"
		}
		return "absent"
	}
	return "norow"
}

// TestCursors: a cursor goes on behind its page, and is of no use to another unit, for another question, or under another grant.
func TestCursors(t *testing.T) {
	s := newTown(t)
	first := func(unit, purpose, query string) (next string, ids []string) {
		a := s.gate.Serve(t.Context(), ask4(t, unit, purpose, "people", query))
		var body struct {
			Next string
			Rows []struct{ ID string }
		}
		must(t, json.Unmarshal(a.Body, &body))
		for _, r := range body.Rows {
			ids = append(ids, r.ID)
		}
		if a.Refused != "" {
			ids = []string{a.Refused}
		}
		return body.Next, ids
	}
	want := func(unit, purpose, query, ids string) {
		t.Helper()
		if _, got := first(unit, purpose, query); strings.Join(got, " ") != ids {
			t.Errorf("%s %s %s: got %v, want %s", unit, purpose, query, got, ids)
		}
	}
	next, ids := first("heping", "service", "limit=2")
	if next == "" || strings.Join(ids, " ") != "p1 p2" {
		t.Fatalf("%q %v", next, ids)
	}
	want("heping", "service", "limit=2&after="+next, "p3 p4")
	want("heping", "service", "limit=1&after="+next, "p3")
	want("binhai", "emergency", "limit=2&after="+next, call.Malformed)
	want("nankai", "statistics", "limit=2&after="+next, call.Malformed)
	want("heping", "service", "limit=2&sort=name&after="+next, call.Malformed)
	want("heping", "service", "where=id:prefix:p&after="+next, call.Malformed)
	flipped := []byte(next)
	flipped[len(flipped)/2] ^= 1
	want("heping", "service", "limit=2&after="+string(flipped), call.Malformed)
	if strings.Contains(next, "p2") {
		t.Error("the cursor shows the key")
	}
	sorted, ids := first("nankai", "statistics", "sort=-income&limit=2")
	if strings.Join(ids, " ") != "p3 p1" {
		t.Errorf("sorted: %v", ids)
	}
	want("nankai", "statistics", "sort=-income&limit=2&after="+sorted, "p6")
	s.grant(t, "people", "heping", "service", policy.Terms{Fields: []string{"id"}})
	want("heping", "service", "limit=2&after="+next, call.Malformed)
}

// TestRevokeAndLimits: a revoked grant opens nothing from the next call on; the calls of a minute and of a day end where the grant says, also
// for another instance on the same data.
func TestRevokeAndLimits(t *testing.T) {
	s := newTown(t)
	want := func(p *Part, unit, purpose, refused string) {
		t.Helper()
		if a := p.Serve(t.Context(), ask4(t, unit, purpose, "people", "limit=1")); a.Refused != refused {
			t.Errorf("%s: refused %q, want %q", unit, a.Refused, refused)
		}
	}
	want(s.gate, "heping", "service", "")
	must(t, s.apply.Revoke(t.Context(), owner(), s.grants["heping"], "测试"))
	want(s.gate, "heping", "service", call.NoGrant)
	s.grant(t, "people", "heping", "service", policy.Terms{Fields: []string{"id"}})
	g, err := s.apply.Live(t.Context(), "people", "heping", "service")
	must(t, err)
	g.Terms.PerMinute, g.Terms.PerDay = 3, 5
	for range 3 {
		want(s.gate, "heping", "service", "")
	}
	want(s.gate, "heping", "service", call.Rate)
	s.now = s.now.Add(time.Minute)
	want(s.gate, "heping", "service", "")
	_, err = s.gate.Flush(t.Context())
	must(t, err)
	want(s.twin, "heping", "service", "")
	_, err = s.twin.Flush(t.Context())
	must(t, err)
	_, err = s.gate.Flush(t.Context())
	must(t, err)
	want(s.twin, "heping", "service", call.Quota)
	s.now = s.now.AddDate(0, 0, 1)
	want(s.gate, "heping", "service", "")
}

// TestNoted: what was served is noted with ids and names of fields, no values; personal data in clear are an act of the journal; a person finds
// what was shared about them.
func TestNoted(t *testing.T) {
	s := newTown(t)
	ctx := t.Context()
	local := func(unit, purpose, query string) {
		t.Helper()
		s.now = s.now.Add(time.Second)
		_, err := s.gate.Local(ctx, ask4(t, unit, purpose, "people", query))
		must(t, err)
	}
	local("heping", "service", "fields=id,telephone&where=id:eq:p1")
	local("heping", "service", "fields=id,idNumber")
	local("binhai", "emergency", "where=income:ge:5000")
	list, err := s.gate.Recent(ctx, "power", 10)
	must(t, err)
	if len(list) != 3 || list[0].Refused != call.NoField || len(list[2].Personal) != 1 || list[2].Personal[0] != "telephone" || list[1].Rows != 6 {
		t.Fatalf("%+v", list)
	}
	if text, _ := json.Marshal(list); strings.Contains(string(text), "13812345678") || strings.Contains(string(text), "5000") {
		t.Error("the log holds values")
	}
	acts, _, err := s.journal.List(ctx, journal.Filter{Verb: "read-shared-personal"})
	must(t, err)
	if len(acts) != 1 || strings.Contains(string(acts[0].Detail), "138") {
		t.Errorf("acts: %+v", acts)
	}
	about := func(person string, want int) {
		t.Helper()
		got, _, err := s.gate.About(ctx, person, "", 10)
		must(t, err)
		if len(got) != want {
			t.Errorf("%s: %d calls, want %d", person, len(got), want)
		}
	}
	about("A1", 2)
	about("A2", 1)
	about("A9", 0)
	must(t, s.db.Write(ctx, func(tx *store.Tx) error { return s.gate.Forget(tx, "A1") }))
	if _, _, err := s.gate.Find(ctx, owner(), Search{}); err == nil {
		t.Error("an officer searches the log of all calls")
	}
	found, next, err := s.gate.Find(ctx, identity.NewPrincipal("person:s", "power", nil, page.GrantLog), Search{Outcome: "refused", Limit: 1})
	must(t, err)
	if len(found) != 1 || next != "" {
		t.Errorf("%d calls, next %q", len(found), next)
	}
	moved, err := s.gate.Flush(ctx)
	must(t, err)
	day, err := s.gate.Today(ctx)
	must(t, err)
	if !moved || day.Calls != 3 || day.Refused != 1 || day.Used["people"] != 2 {
		t.Errorf("%+v", day)
	}
}

// TestTry: the owner sees what a unit would see, as that unit sees it; others may not look.
func TestTry(t *testing.T) {
	s := newTown(t)
	got, err := s.gate.Try(t.Context(), owner(), "people", "binhai", "emergency")
	must(t, err)
	if !got.Allowed || len(got.Rows) != 2 || got.Rows[0]["name"] != "张**" || got.Fields[2].How != "" || got.Fields[1].How != "masked" {
		t.Errorf("%+v", got)
	}
	got, err = s.gate.Try(t.Context(), applicant("binhai"), "people", "binhai", "emergency")
	must(t, err)
	if len(got.Rows) != 0 || !got.Allowed {
		t.Errorf("the asking unit is shown rows in a trial: %+v", got)
	}
	if _, err = s.gate.Try(t.Context(), applicant("nankai"), "people", "binhai", "emergency"); err == nil {
		t.Error("a third unit tries another's grant")
	}
}

// FuzzNoWayRound: two worlds that differ only in what binhai was not granted (other rows, other fields, the hidden part of masked ones) answer it
// byte for byte alike, whatever it sends.
func FuzzNoWayRound(f *testing.F) {
	for _, q := range []string{"", "fields=id,name", "fields=income", "fields=Income", "fields=ｉncome", "fields=in%00come", "fields=row.income", "where=income:ge:5000", "where=name:prefix:张三", "where=telephone:eq:13812345678",
		"sort=income", "sort=-telephone", "count=true", "count=true&where=district:eq:120101", "where=district:ne:120116", "where=age:ge:11&sort=-age&limit=1", "limit=1", "after=AAAA", "where=id:ge:p2&count=true", "format=csv", "where=id:prefix:p",
		"fields=id&fields=income", "sort=age&sort=income", "_method=POST", "unit=power", "purpose=audit", "%24filter=income", "fields=id;income"} {
		f.Add(q, "emergency", "people")
	}
	f.Add("", "service", "people")
	f.Add("", "emergency", "PEOPLE")
	f.Add("", "emergency", "secret")
	s := newTown(f)
	f.Fuzz(func(t *testing.T, query, purpose, resource string) {
		if resource == "open-people" { // there it is granted more
			return
		}
		s.now = s.now.Add(time.Millisecond)
		c := ask4(t, "binhai", purpose, resource, query)
		one, two := s.gate.Serve(t.Context(), c), s.twin.Serve(t.Context(), c)
		if one.Status != two.Status || one.Refused != two.Refused || one.Rows != two.Rows || s.plain(t, c, one) != s.plain(t, c, two) {
			t.Errorf("%q %q %q tells what was not granted:\n%s\n%s", query, purpose, resource, one.Body, two.Body)
		}
		for _, secret := range []string{"5200.5", "1980-", "120116198001011234", "13812345678", "张三", "和平", "南开", "洞庭", "person:A", "p2", "p3", "p5", "p6"} {
			if one.Refused == "" && strings.Contains(string(one.Body), secret) {
				t.Errorf("%q shows %s: %s", query, secret, one.Body)
			}
		}
	})
}

// plain is a body with its cursor opened, since a sealed one differs each time.
func (s *town) plain(t *testing.T, c call.Call, a call.Answer) string {
	var body struct{ Next string }
	if a.Type != "application/json" || json.Unmarshal(a.Body, &body) != nil || body.Next == "" {
		return string(a.Body)
	}
	v, no := s.gate.decide(t.Context(), c)
	if no != nil {
		t.Fatal(no.code)
	}
	mark, err := s.gate.seal.open(body.Next, v.bound...)
	must(t, err)
	return strings.ReplaceAll(string(a.Body), body.Next, mark)
}

// BenchmarkDecide is what a decision costs: the call, twelve fields, one row.
func BenchmarkDecide(b *testing.B) {
	s := newTown(b)
	ctx := context.Background()
	c := call.Call{Unit: "wuqing", Purpose: "approval", Resource: "people", Params: map[string][]string{"limit": {"1"}}}
	row := map[string]any{"district": "120101", "registered": "2015-03-02"}
	for b.Loop() {
		v, no := s.gate.decide(ctx, c)
		if no != nil || !v.open(row) {
			b.Fatal("refused")
		}
	}
}
