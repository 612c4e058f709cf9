package casework

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

var (
	noon    = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)
	officer = identity.NewPrincipal("person:wang", "work-safety", nil, "x.open", "x.see", "x.deal", "x.close")
	mate    = identity.NewPrincipal("person:li", "work-safety", nil, "x.see")
	police  = identity.NewPrincipal("person:ma", "police", nil, "x.open", "x.see", "x.deal", "x.close")
	leader  = identity.NewPrincipal("person:gao", "emergency-office", nil, "x.all", "x.direct", "x.deal", "x.close")
	auditor = identity.NewPrincipal("person:sun", "emergency-office", nil, "x.all")
	nobody  = identity.NewPrincipal("person:bo", "work-safety", nil)
)

var incident = Kind{Name: "incident", System: "x", Title: lang.T("突发事件", "Incident"), Prefix: "YJ", Open: "x.open", See: "x.see", SeeAll: "x.all", Direct: "x.direct", Stages: []Stage{
	{Name: "report", Title: lang.T("接报", "Report"), Next: []string{"handle", "void"}, Grant: "x.deal", Due: time.Hour, Clock: true, Tell: "duty-officer,leader",
		Needs: []Field{{Name: "place", Title: lang.T("地点", "Place"), Type: "text"}, {Name: "hurt", Title: lang.T("伤亡", "Hurt"), Type: "number", Optional: true}}},
	{Name: "handle", Title: lang.T("处置", "Handling"), Next: []string{"done"}, Grant: "x.close", Due: 8 * time.Hour},
	{Name: "done", Title: lang.T("办结", "Closed")},
	{Name: "void", Title: lang.T("误报", "False alarm")},
}}

// desk is a service with a clock that the test moves.
type desk struct {
	*Service
	t    *testing.T
	db   *store.DB
	j    *journal.Journal
	time time.Time
	told []string
}

func openDesk(t *testing.T, db *store.DB) *desk {
	t.Helper()
	d := &desk{t: t, db: db, time: noon}
	now := func() time.Time { return d.time }
	var err error
	if d.j, err = journal.Open(t.Context(), db, now); err != nil {
		t.Fatal(err)
	}
	other := incident
	other.Name, other.Prefix, other.System = "other", "QT", "y"
	d.Service, err = Open(t.Context(), Options{DB: db, Journal: d.j, Now: now, Kinds: []Kind{incident, other},
		Deadline: func(from time.Time, work time.Duration) time.Time { return from.Add(3 * work) }}) // a third of the day is worked
	if err != nil {
		t.Fatal(err)
	}
	d.Follow(func(list []Case) {
		for _, c := range list {
			d.told = append(d.told, c.Stage)
		}
	})
	return d
}

func (d *desk) start(by *identity.Principal, c Case) (Case, error) {
	if c.Kind == "" {
		c.Kind = "incident"
	}
	if c.Title == "" {
		c.Title = "罐区泄漏"
	}
	err := d.db.Write(d.t.Context(), func(tx *store.Tx) (err error) {
		c, err = d.Start(tx, by, c, nil, "群众来电")
		return err
	})
	return c, err
}

func (d *desk) open() Case {
	d.t.Helper()
	c, err := d.start(officer, Case{})
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

func (d *desk) do(by *identity.Principal, c Case, ch Change) (Case, error) {
	err := d.db.Write(d.t.Context(), func(tx *store.Tx) (err error) {
		c, err = d.Do(tx, by, c.ID, c.Version, ch)
		return err
	})
	return c, err
}

func (d *desk) must(by *identity.Principal, c Case, ch Change) Case {
	d.t.Helper()
	c, err := d.do(by, c, ch)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

func (d *desk) verbs(id string) string {
	d.t.Helper()
	list, err := d.Timeline(d.t.Context(), leader, id)
	if err != nil {
		d.t.Fatal(err)
	}
	var out []string
	for _, l := range list {
		out = append(out, l.Verb)
	}
	return strings.Join(out, " ")
}

// is tells whether an error is of a kind; Internal stands for no error, so that tables read well.
func is(err error, k errs.Kind) bool {
	if k == errs.Internal {
		return err == nil
	}
	return errs.Is(err, k)
}

const fine = errs.Internal

func TestStages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := openDesk(t, db)
		c := d.open()
		if c.Number != "YJ20260302-0001" || c.Stage != "report" || !c.Due.Equal(noon.Add(time.Hour)) || c.Unit != "work-safety" {
			t.Fatalf("opened: %+v", c)
		}
		if _, err := d.do(officer, c, Change{Verb: "advance", Stage: "handle"}); !is(err, errs.Invalid) || !strings.Contains(err.Error(), "Place") {
			t.Errorf("a needed field is missing: %v", err)
		}
		if _, err := d.do(officer, c, Change{Verb: "advance", Stage: "handle", Fields: map[string]string{"place": "南港", "hurt": "两人"}}); !is(err, errs.Invalid) {
			t.Errorf("a number that is none: %v", err)
		}
		if _, err := d.do(officer, c, Change{Verb: "advance", Stage: "done"}); !is(err, errs.Invalid) {
			t.Errorf("a stage that does not follow: %v", err)
		}
		old := c
		c = d.must(officer, c, Change{Verb: "advance", Stage: "handle", Fields: map[string]string{"place": " 南港 ", "hurt": "2"}, Text: "属实"})
		if c.Fields["place"] != "南港" || !c.Due.Equal(noon.Add(24*time.Hour)) {
			t.Errorf("moved on: %+v", c)
		}
		if _, err := d.do(officer, old, Change{Verb: "comment", Text: "旧版"}); !is(err, errs.Conflict) {
			t.Errorf("an old version: %v", err)
		}
		two, who := 2, "person:li"
		c = d.must(officer, c, Change{Verb: "level", Level: &two})
		c = d.must(officer, c, Change{Verb: "assign", Holder: &who})
		c = d.must(officer, c, Change{Verb: "edit", Title: "南港罐区泄漏", Fields: map[string]string{"hurt": ""}})
		c = d.must(officer, c, Change{Verb: "advance", Stage: "done"})
		if c.Closed.IsZero() || !c.Due.IsZero() || c.Level != 2 || c.Holder != who || c.Title != "南港罐区泄漏" {
			t.Errorf("closed: %+v", c)
		}
		for _, verb := range []string{"advance", "edit", "level", "assign"} {
			if _, err := d.do(officer, c, Change{Verb: verb, Stage: "handle", Level: &two, Holder: &who, Title: "x"}); !is(err, errs.Conflict) {
				t.Errorf("%s of a closed case: %v", verb, err)
			}
		}
		if _, err := d.do(officer, c, Change{Verb: "reopen"}); !is(err, errs.Invalid) {
			t.Errorf("reopened without a reason: %v", err)
		}
		c = d.must(officer, c, Change{Verb: "reopen", Text: "复燃"})
		if c.Stage != "handle" || !c.Closed.IsZero() || c.Due.IsZero() {
			t.Errorf("reopened: %+v", c)
		}
		if got := d.verbs(c.ID); got != "open advance level assign edit advance reopen" {
			t.Errorf("timeline: %s", got)
		}
		if lines, faults, err := d.Verify(t.Context()); err != nil || lines != 7 || len(faults) != 0 {
			t.Errorf("verify: %d lines, %v, %v", lines, faults, err)
		}
		if strings.Join(d.told, " ") != "report handle handle handle handle done handle" {
			t.Errorf("the followers heard %v", d.told)
		}
	})
}

// TestRights: who may do what, one row each.
func TestRights(t *testing.T) {
	two, who := 2, "person:li"
	place := map[string]string{"place": "南港"}
	acts := []struct {
		name string
		do   func(d *desk, by *identity.Principal, c Case) error
		want map[*identity.Principal]errs.Kind
	}{
		{"open", func(d *desk, by *identity.Principal, _ Case) error { _, err := d.start(by, Case{}); return err },
			map[*identity.Principal]errs.Kind{officer: fine, police: fine, mate: errs.Denied, leader: errs.Denied, auditor: errs.Denied, nobody: errs.Denied}},
		{"see", func(d *desk, by *identity.Principal, c Case) error {
			_, err := d.Get(d.t.Context(), by, c.ID)
			return err
		},
			map[*identity.Principal]errs.Kind{officer: fine, mate: fine, leader: fine, auditor: fine, police: errs.NotFound, nobody: errs.NotFound}},
		{"timeline", func(d *desk, by *identity.Principal, c Case) error {
			_, err := d.Timeline(d.t.Context(), by, c.ID)
			return err
		},
			map[*identity.Principal]errs.Kind{officer: fine, mate: fine, leader: fine, auditor: fine, police: errs.NotFound, nobody: errs.NotFound}},
		{"comment", func(d *desk, by *identity.Principal, c Case) error {
			_, err := d.do(by, c, Change{Verb: "comment", Text: "x"})
			return err
		},
			map[*identity.Principal]errs.Kind{officer: fine, mate: fine, leader: fine, auditor: fine, police: errs.NotFound, nobody: errs.NotFound}},
		{"advance", func(d *desk, by *identity.Principal, c Case) error {
			_, err := d.do(by, c, Change{Verb: "advance", Stage: "handle", Fields: place})
			return err
		},
			map[*identity.Principal]errs.Kind{officer: fine, mate: errs.Denied, leader: fine, auditor: errs.Denied, police: errs.NotFound, nobody: errs.NotFound}},
		{"level", func(d *desk, by *identity.Principal, c Case) error {
			_, err := d.do(by, c, Change{Verb: "level", Level: &two})
			return err
		},
			map[*identity.Principal]errs.Kind{officer: fine, mate: errs.Denied, leader: fine, auditor: errs.Denied, police: errs.NotFound}},
		{"assign", func(d *desk, by *identity.Principal, c Case) error {
			_, err := d.do(by, c, Change{Verb: "assign", Holder: &who})
			return err
		},
			map[*identity.Principal]errs.Kind{officer: fine, mate: errs.Denied, leader: fine, auditor: errs.Denied, police: errs.NotFound}},
		{"offer", func(d *desk, by *identity.Principal, c Case) error {
			return d.Offer(d.t.Context(), by, c.ID, "police", "属地")
		},
			map[*identity.Principal]errs.Kind{officer: fine, mate: errs.Denied, leader: fine, auditor: errs.Denied, police: errs.NotFound}},
		{"accept", func(d *desk, by *identity.Principal, c Case) error {
			if err := d.Offer(d.t.Context(), officer, c.ID, "police", "属地"); err != nil {
				d.t.Fatal(err)
			}
			return d.Accept(d.t.Context(), by, c.ID)
		},
			map[*identity.Principal]errs.Kind{police: fine, officer: errs.Denied, mate: errs.Denied, leader: errs.Denied}},
		{"attach", func(d *desk, by *identity.Principal, c Case) error {
			_, err := d.Attach(d.t.Context(), by, c.ID, "x.txt", "text/plain", strings.NewReader("现场情况"))
			return err
		}, map[*identity.Principal]errs.Kind{officer: fine, mate: fine, police: errs.NotFound, nobody: errs.NotFound}},
		{"record", func(d *desk, by *identity.Principal, c Case) error {
			return d.db.Write(d.t.Context(), func(tx *store.Tx) error { _, err := d.Record(tx, by, c.ID, "order", "调派", nil); return err })
		}, map[*identity.Principal]errs.Kind{officer: fine, identity.System("x"): fine, identity.System("z"): errs.NotFound, police: errs.NotFound}},
		{"record of the service's own", func(d *desk, by *identity.Principal, c Case) error {
			return d.db.Write(d.t.Context(), func(tx *store.Tx) error { _, err := d.Record(tx, by, c.ID, "advance", "", nil); return err })
		}, map[*identity.Principal]errs.Kind{officer: errs.Invalid}},
	}
	d := openDesk(t, storetest.Open(t))
	for _, a := range acts {
		for by, want := range a.want {
			if err := a.do(d, by, d.open()); !is(err, want) {
				t.Errorf("%s by %s: %v, want %s", a.name, by.ID, err, want)
			}
		}
	}
}

func TestHandOver(t *testing.T) {
	d, ctx := openDesk(t, storetest.Open(t)), t.Context()
	c := d.open()
	if err := d.Offer(ctx, officer, c.ID, "police", ""); !is(err, errs.Invalid) {
		t.Errorf("offered without a reason: %v", err)
	}
	if err := d.Offer(ctx, officer, c.ID, "police", "属交警职责"); err != nil {
		t.Fatal(err)
	}
	if err := d.Offer(ctx, officer, c.ID, "fire", "x"); !is(err, errs.Conflict) {
		t.Errorf("offered twice: %v", err)
	}
	c, err := d.Get(ctx, police, c.ID)
	if err != nil || c.Unit != "work-safety" || c.Offered != "police" {
		t.Fatalf("the other unit sees %+v %v", c, err)
	}
	if _, err := d.do(officer, c, Change{Verb: "advance", Stage: "void", Fields: map[string]string{"place": "x"}}); !is(err, errs.Conflict) {
		t.Errorf("moved on while it is offered: %v", err)
	}
	if err := d.Refuse(ctx, police, c.ID, "非我辖区"); err != nil {
		t.Fatal(err)
	}
	if err := d.Accept(ctx, police, c.ID); !is(err, errs.Conflict) {
		t.Errorf("accepted after it was refused: %v", err)
	}
	if err := d.Offer(ctx, officer, c.ID, "police", "已核实辖区"); err != nil {
		t.Fatal(err)
	}
	if err := d.Accept(ctx, police, c.ID); err != nil {
		t.Fatal(err)
	}
	c, err = d.Get(ctx, officer, c.ID) // the unit that had it still sees it
	if err != nil || c.Unit != "police" || c.Holder != "person:ma" || c.Offered != "" {
		t.Errorf("after the hand-over: %+v %v", c, err)
	}
	if _, err := d.do(officer, c, Change{Verb: "advance", Stage: "void", Fields: map[string]string{"place": "x"}}); !is(err, errs.Denied) {
		t.Errorf("the unit that had it still deals with it: %v", err)
	}
	if lines, faults, err := d.Verify(ctx); err != nil || lines != 5 || len(faults) != 0 {
		t.Errorf("verify: %d %v %v", lines, faults, err)
	}
}

// TestNumbers: without gaps by kind and year, also where an opening is rolled back.
func TestNumbers(t *testing.T) {
	d := openDesk(t, storetest.Open(t))
	d.open()
	boom := errors.New("boom")
	err := d.db.Write(t.Context(), func(tx *store.Tx) error {
		if _, err := d.Start(tx, officer, Case{Kind: "incident", Title: "x"}, nil, ""); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	other, _ := d.start(officer, Case{Kind: "other"})
	second := d.open()
	d.time = time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC) // midnight in China: a new year
	third := d.open()
	if other.Number != "QT20260302-0001" || second.Number != "YJ20260302-0002" || third.Number != "YJ20270101-0001" {
		t.Errorf("numbers: %s %s %s", other.Number, second.Number, third.Number)
	}
	if c, err := d.ByNumber(t.Context(), officer, second.Number); err != nil || c.ID != second.ID {
		t.Errorf("by number: %+v %v", c, err)
	}
}

func TestLate(t *testing.T) {
	d := openDesk(t, storetest.Open(t))
	c, done := d.open(), d.open()
	d.must(officer, done, Change{Verb: "advance", Stage: "void", Fields: map[string]string{"place": "x"}})
	for range 2 { // the second finds nothing more
		d.time = d.time.Add(2 * time.Hour)
		if err := d.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.verbs(c.ID) + "; " + d.verbs(done.ID); got != "open late; open advance" {
		t.Errorf("timelines: %s", got)
	}
	list, _, err := d.List(t.Context(), officer, Filter{Late: true, Open: true})
	if err != nil || len(list) != 1 || !list[0].Late {
		t.Errorf("late: %+v %v", list, err)
	}
	c = d.must(officer, list[0], Change{Verb: "advance", Stage: "handle", Fields: map[string]string{"place": "x"}})
	if c.Late {
		t.Error("the next stage begins late")
	}
}

func TestList(t *testing.T) {
	d := openDesk(t, storetest.Open(t))
	for i, c := range []Case{{Title: "南港泄漏", Level: 2, Area: "120116"}, {Title: "北辰火情", Level: 1}, {Title: "东丽中毒", Kind: "other"}, {Title: "50%_浓度", Fields: map[string]string{"place": "Tank A"}}} {
		d.time = noon.Add(time.Duration(i) * time.Minute)
		if _, err := d.start(officer, c); err != nil {
			t.Fatal(err)
		}
	}
	d.time = noon.Add(time.Hour)
	if _, err := d.start(police, Case{Title: "交警案件"}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		by   *identity.Principal
		f    Filter
		want string
	}{
		{officer, Filter{}, "50%_浓度 东丽中毒 北辰火情 南港泄漏"},
		{auditor, Filter{Order: "oldest"}, "南港泄漏 北辰火情 东丽中毒 50%_浓度 交警案件"},
		{officer, Filter{Order: "level"}, "北辰火情 南港泄漏 东丽中毒 50%_浓度"},
		{officer, Filter{Order: "due", Kinds: []string{"incident"}}, "南港泄漏 北辰火情 50%_浓度"},
		{officer, Filter{System: "y"}, "东丽中毒"},
		{officer, Filter{Area: "120116"}, "南港泄漏"},
		{officer, Filter{Text: "tank a"}, "50%_浓度"},
		{officer, Filter{Text: "%_"}, "50%_浓度"},
		{officer, Filter{Text: "YJ20260302-0002"}, "北辰火情"},
		{auditor, Filter{Units: []string{"police"}}, "交警案件"},
		{officer, Filter{Stages: []string{"done"}}, ""},
		{officer, Filter{From: noon.Add(time.Minute), To: noon.Add(2 * time.Minute)}, "北辰火情"},
		{nobody, Filter{}, ""},
	} {
		var got []string
		f := row.f
		f.Limit = 2
		for {
			list, next, err := d.List(t.Context(), row.by, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range list {
				got = append(got, c.Title)
			}
			if f.Cursor = next; next == "" {
				break
			}
		}
		if s := strings.Join(got, " "); s != row.want {
			t.Errorf("%s %+v: %q, want %q", row.by.ID, row.f, s, row.want)
		}
	}
}

func TestAttach(t *testing.T) {
	d, ctx := openDesk(t, storetest.Open(t)), t.Context()
	c := d.open()
	pdf := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("x"), 2*piece)...)
	l, err := d.Attach(ctx, officer, c.ID, `C:\现场\报告.pdf`, "application/pdf", bytes.NewReader(pdf))
	if err != nil || l.Text != "报告.pdf" || len(l.Sum) != 64 {
		t.Fatal(l, err)
	}
	name, kind, r, err := d.File(ctx, mate, c.ID, l.File)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, pdf) || name != "报告.pdf" || kind != "application/pdf" {
		t.Errorf("read back: %d bytes, %s, %s, %v", len(got), name, kind, err)
	}
	if _, _, _, err := d.File(ctx, police, c.ID, l.File); !is(err, errs.NotFound) {
		t.Errorf("a file of a case that is not theirs: %v", err)
	}
	for _, row := range []struct {
		name, kind, body string
		want             errs.Kind
	}{
		{"a.html", "text/html", "<html>", errs.Invalid},
		{"a.txt", "text/plain", "<html><script>", errs.Invalid},
		{"a.png", "image/png", "%PDF-", errs.Invalid},
		{"a.pdf", "application/pdf", "", errs.Invalid},
		{"", "text/plain", "x", errs.Invalid},
		{"a.pdf", "application/pdf", "%PDF-" + strings.Repeat("x", MaxFile), errs.TooLarge},
	} {
		if _, err := d.Attach(ctx, officer, c.ID, row.name, row.kind, strings.NewReader(row.body)); !is(err, row.want) {
			t.Errorf("%s %s: %v", row.name, row.kind, err)
		}
	}
	var n int64
	err = d.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(store.Q("n", `SELECT COUNT(*) FROM case_piece`), nil, &n) })
	if err != nil || n != 3 {
		t.Errorf("%d pieces are kept, of which 3 belong to a file (%v)", n, err)
	}
}

// TestVerify: whatever is done to the tables beside the program is named, with the case and the line.
func TestVerify(t *testing.T) {
	for _, row := range []struct{ name, sql, want string }{
		{"text", `UPDATE case_line SET text = 'x' WHERE seq = 2 AND casefile = $1`, "2:changed"},
		{"actor", `UPDATE case_line SET actor = 'person:li' WHERE seq = 1 AND casefile = $1`, "1:changed"},
		{"fields", `UPDATE case_line SET fields = '{}' WHERE seq = 2 AND casefile = $1`, "2:changed"},
		{"time", `UPDATE case_line SET at = at + 1 WHERE seq = 3 AND casefile = $1`, "3:changed"},
		{"hash", `UPDATE case_line SET hash = 'x' WHERE seq = 2 AND casefile = $1`, "2:changed"},
		{"deleted", `DELETE FROM case_line WHERE seq = 2 AND casefile = $1`, "2:missing"},
		{"the last deleted", `DELETE FROM case_line WHERE seq = 4 AND casefile = $1`, "4:missing"},
		{"added", `INSERT INTO case_line SELECT casefile, 9, at, actor, unit, verb, text, fields, file, sum, prev, hash FROM case_line WHERE seq = 2 AND casefile = $1`, "9:added"},
		{"exchanged", `UPDATE case_line SET seq = CASE seq WHEN 2 THEN -3 WHEN 3 THEN -2 ELSE seq END WHERE casefile = $1; UPDATE case_line SET seq = -seq WHERE seq < 0 AND casefile = $1`, "2:exchanged 3:exchanged"},
		{"stage", `UPDATE case_case SET stage = 'done' WHERE id = $1`, "0:altered"},
		{"deadline", `UPDATE case_case SET due = due + 1 WHERE id = $1`, "0:altered"},
		{"case deleted", `DELETE FROM case_case WHERE id = $1`, "0:gone"},
		{"all deleted", `DELETE FROM case_case WHERE id = $1; DELETE FROM case_line WHERE casefile = $1`, "0:gone 1:missing 2:missing 3:missing 4:missing"},
		{"case added", `INSERT INTO case_case SELECT 'AAA', 'YJ1', kind, stage, title, level, unit, area, holder, opened, entered, due, closed, late, grp, parent, fields, offered, version, search, lines, hash FROM case_case WHERE id = $1`, "AAA 0:added"},
		{"attachment", `UPDATE case_piece SET body = file_body WHERE num = 0`, "4:content"},
		{"nothing", `SELECT`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := openDesk(t, storetest.Open(t))
			d.open() // another case, which nobody touches
			c := d.open()
			c = d.must(officer, c, Change{Verb: "advance", Stage: "handle", Fields: map[string]string{"place": "南港"}, Text: "属实"})
			d.must(officer, c, Change{Verb: "comment", Text: "增援已到"})
			if _, err := d.Attach(t.Context(), officer, c.ID, "x.txt", "text/plain", strings.NewReader("现场")); err != nil {
				t.Fatal(err)
			}
			for part := range strings.SplitSeq(row.sql, "; ") {
				args := []any{c.ID}
				switch {
				case part == "SELECT":
					continue
				case strings.Contains(part, "file_body"):
					part, args = `UPDATE case_piece SET body = $1 WHERE num = 0`, []any{[]byte("假的")}
				}
				if err := d.db.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(store.Q("tamper", part), args...); return err }); err != nil {
					t.Fatal(err)
				}
			}
			_, faults, err := d.Verify(t.Context())
			var got []string
			for _, f := range faults {
				s := string(rune('0'+f.Seq)) + ":" + f.What
				if f.Case != c.ID {
					s = f.Case + " " + s
				}
				got = append(got, s)
				if f.Number != c.Number && f.Number != "" || f.Said.Zh == "" || f.Said.En == "" {
					t.Errorf("the fault says %+v", f)
				}
			}
			if s := strings.Join(got, " "); err != nil || s != row.want {
				t.Errorf("found %q, want %q (%v)", s, row.want, err)
			}
		})
	}
}
