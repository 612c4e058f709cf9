package inspect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/safety/hazard"
	"github.com/haihe-city/haihe/systems/safety/register"
)

var (
	monday  = time.Date(2016, 3, 7, 1, 0, 0, 0, time.UTC)
	officer = identity.NewPrincipal("person:wang", "work-safety", nil, grantRead, GrantPlan, GrantDo, register.GrantEdit)
	leader  = identity.NewPrincipal("person:gao", "work-safety", nil, grantRead, GrantPlan, GrantDo, GrantApprove)
	reader  = identity.NewPrincipal("person:zhao", "work-safety", nil, grantRead)
)

// picture begins as a JPEG does.
const picture = "\xff\xd8\xff\xe0\x00\x10JFIF\x00 and so on"

// office is the part with ten plants; a test moves its time.
type office struct {
	*Part
	t       *testing.T
	now     time.Time
	journal *journal.Journal
	db      *store.DB
}

func newOffice(t *testing.T, db *store.DB) *office {
	t.Helper()
	o, ctx := &office{t: t, now: monday, db: db}, t.Context()
	now := func() time.Time { return o.now }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	o.journal, err = journal.Open(ctx, db, now)
	must(err)
	entities, err := entity.Open(ctx, db, now)
	must(err)
	board, err := alarm.Open(ctx, alarm.Options{DB: db, Journal: o.journal, Now: now})
	must(err)
	cal, err := calendar.Open(ctx, db, o.journal, now)
	must(err)
	cases, err := casework.Open(ctx, casework.Options{DB: db, Journal: o.journal, Now: now, Kinds: []casework.Kind{Kind()}, Alarms: board})
	must(err)
	reg, err := register.Open(ctx, register.Options{DB: db, Entities: entities, Journal: o.journal, Now: now})
	must(err)
	var sites []*register.Site
	for i := range 10 {
		sites = append(sites, &register.Site{Plant: register.Plant{Code: "P" + strconv.Itoa(i), Name: "企业" + strconv.Itoa(i), Kind: register.Chemical, Unit: register.Owner, District: "120116", Feed: register.HJ212, State: register.Running}})
	}
	_, err = reg.Update(ctx, register.Deed{By: officer, Grant: register.GrantEdit, Verb: "edit-plant"}, func(map[string]*register.Site) ([]*register.Site, error) { return sites, nil })
	must(err)
	o.Part, err = New(ctx, Options{DB: db, Register: reg, Cases: cases, Alarms: board, Journal: o.journal, Calendar: cal, Now: now, Scope: func(*identity.Principal) string { return "" },
		Warnings: func(context.Context, time.Time) (map[string]int, error) { return map[string]int{"P3": 2}, nil }})
	must(err)
	for _, id := range []string{"zf-1", "zf-2", "zf-3"} {
		must(o.SetInspector(ctx, officer, Inspector{ID: id, Name: "检查员" + id, Active: true}))
	}
	return o
}

func TestRate(t *testing.T) {
	for _, c := range []struct {
		k     Known
		sum   int
		grade Grade
	}{
		{Known{Since: 30}, 0, Blue},
		{Known{Since: -1}, 20, Yellow},
		{Known{Since: 400, Hazard: hazard.III}, 40, Orange},
		{Known{Since: 10, Hazard: hazard.I, Alarms: 100}, 60, Red},
		{Known{Since: 10, Major: 1}, 20, Red},
		{Known{Since: -1, Hazard: hazard.I, Alarms: 100, Warnings: 100, Major: 2, General: 9}, 100, Red},
	} {
		sum, why, grade := Rate(c.k)
		if sum != c.sum || grade != c.grade || sum > 0 && len(why) == 0 {
			t.Errorf("%+v gives %d %v (%v), want %d %v", c.k, sum, grade, why, c.sum, c.grade)
		}
	}
}

// TestDraw holds the draw to a hand computation with SHA-256, whatever the order of the candidates.
func TestDraw(t *testing.T) {
	const seed = "00112233445566778899aabbccddeeff"
	sum := sha256.Sum256([]byte(seed + " P7"))
	if Ticket(seed, "P7") != hex.EncodeToString(sum[:]) {
		t.Fatal("a ticket is not SHA-256 of seed, blank and candidate")
	}
	all := []string{"P0", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9"}
	got := Draw(seed, all, 4)
	shuffled := slices.Clone(all)
	slices.Reverse(shuffled)
	if again := Draw(seed, append(shuffled, "P3"), 4); !slices.Equal(got, again) {
		t.Errorf("the order of the candidates mattered: %v and %v", got, again)
	}
	for _, c := range all {
		if !slices.Contains(got, c) && Ticket(seed, c) < Ticket(seed, got[3]) {
			t.Errorf("%s has a lesser ticket than %s and was not drawn", c, got[3])
		}
	}
	if len(Draw(seed, all, 99)) != 10 || len(DrawFor(seed, "P1", []string{"a", "b"}, 1)) != 1 {
		t.Error("more were drawn than there are, or fewer")
	}
	// Over many seeds everybody must be drawn about equally often: 4 of 10 in 4,000 draws is 1,600, four deviations are 124.
	times := map[string]int{}
	for i := range 4000 {
		for _, c := range Draw(strconv.Itoa(i), all, 4) {
			times[c]++
		}
	}
	for _, c := range all {
		if times[c] < 1476 || times[c] > 1724 {
			t.Errorf("%s was drawn %d times, about 1,600 are fair", c, times[c])
		}
	}
}

func TestSpread(t *testing.T) {
	var days []calendar.Date
	for i := range 60 {
		days = append(days, calendar.Date(1000+i))
	}
	visits := make([]int, 30)
	for i := range visits {
		visits[i] = 2
	}
	load := map[calendar.Date]int{}
	for _, on := range Spread(visits, days) {
		if len(on) != 2 || on[1]-on[0] < 25 {
			t.Errorf("two visits lie on %v, they should be a month apart", on)
		}
		for _, d := range on {
			load[d]++
		}
	}
	for d, n := range load {
		if n > 2 {
			t.Errorf("day %d has %d of 60 visits", d, n)
		}
	}
	if out := Spread([]int{3}, nil); len(out[0]) != 0 {
		t.Error("visits without working days")
	}
}

// TestPlan lays out a plan by risk, on working days only.
func TestPlan(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o, ctx := newOffice(t, db), t.Context()
		a := Ask{Title: "一季度检查", From: o.today(), To: o.today() + 364, List: "general", Each: 2}
		if _, err := o.Make(ctx, reader, a); !errs.Is(err, errs.Denied) {
			t.Errorf("a reader made a plan: %v", err)
		}
		plan, err := o.Make(ctx, officer, a)
		if err != nil {
			t.Fatal(err)
		}
		if plan.Tasks != 20 { // never inspected: yellow, half-yearly
			t.Errorf("%d tasks, ten yellow plants want twenty a year", plan.Tasks)
		}
		for _, x := range o.tasks() {
			if !o.o.Calendar.Now().Workday(x.Day) || len(x.Inspectors) != 2 || x.Inspectors[0] == x.Inspectors[1] || x.State != ToDo {
				t.Errorf("task %+v", x)
			}
		}
		if a.Each = 4; true {
			if _, err := o.Make(ctx, officer, a); !errs.Is(err, errs.Conflict) {
				t.Errorf("four of three inspectors: %v", err)
			}
		}
	})
}

func (o *office) tasks() (list []Task) {
	o.t.Helper()
	err := o.db.Read(o.t.Context(), func(tx *store.Tx) (err error) {
		list, err = tasksIn(tx, qTaskList, "", "", "", "", int64(0), "", 1000)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

// TestLot draws three of ten and computes it again from what the journal keeps.
func TestLot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o, ctx := newOffice(t, db), t.Context()
		plan, err := o.Make(ctx, officer, Ask{Title: "双随机", From: o.today(), To: o.today() + 30, List: "general", Each: 2, Lot: true, Count: 3})
		if err != nil {
			t.Fatal(err)
		}
		var said struct{ Seed, Digest string }
		list, _, err := o.journal.List(ctx, journal.Filter{Verb: "draw-inspection"})
		if err != nil || len(list) != 1 || list[0].Object != "inspection-plan:"+plan.ID {
			t.Fatalf("the journal has %+v, %v", list, err)
		}
		if err := json.Unmarshal(list[0].Detail, &said); err != nil {
			t.Fatal(err)
		}
		if said.Seed != plan.Seed || said.Digest != Digest(plan.Candidates) {
			t.Errorf("the journal says %+v", said)
		}
		var plants []string
		for _, x := range o.tasks() {
			plants = append(plants, x.Plant)
			if !slices.Equal(x.Inspectors, DrawFor(plan.Seed, x.Plant, plan.Pool, 2)) {
				t.Errorf("%s is inspected by %v", x.Plant, x.Inspectors)
			}
		}
		want := Draw(plan.Seed, plan.Candidates, 3)
		slices.Sort(plants)
		slices.Sort(want)
		if !slices.Equal(plants, want) {
			t.Errorf("drawn are %v, the seed gives %v", plants, want)
		}
	})
}

// TestInspection goes from the record on the spot to the closed case, with a photo, an extension and an escalation.
func TestInspection(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o, ctx := newOffice(t, db), t.Context()
		if _, err := o.Make(ctx, officer, Ask{Title: "检查", From: o.today(), To: o.today() + 5, List: "general", Each: 1, Lot: true, Count: 1}); err != nil {
			t.Fatal(err)
		}
		task := o.tasks()[0]
		results := map[string]Result{}
		for _, x := range first {
			results[x.Code] = Result{State: "ok"}
		}
		results["3.1"] = Result{State: "bad"}
		if err := o.Finish(ctx, officer, task.ID, results, ""); !errs.Is(err, errs.Invalid) {
			t.Errorf("a bad item without a finding was taken: %v", err)
		}
		c, err := o.Find(ctx, officer, task.ID, Finding{Item: "3.1", Grade: Major, Text: "可燃气体探测器失效", Deadline: o.today() + 10, Photo: strings.NewReader(picture), Name: "a.jpg", Type: "image/jpeg"})
		if err != nil {
			t.Fatal(err)
		}
		if c.Level != 2 || c.Fields[fieldClause] != "《危险化学品安全管理条例》第二十条" || !strings.HasPrefix(c.Number, "ZG") {
			t.Errorf("the case is %+v", c)
		}
		if err := o.Finish(ctx, officer, task.ID, results, "一项不符合"); err != nil {
			t.Fatal(err)
		}
		if err := o.Finish(ctx, officer, task.ID, results, ""); !errs.Is(err, errs.Conflict) {
			t.Errorf("a record was handed in twice: %v", err)
		}
		o.photo(c.ID)
		o.figures("after the inspection", Figures{Done: 1, Open: 1, OpenMajor: 1})
		o.extended(c.ID)
		o.late(c.ID)
		o.close(c.ID)
		o.figures("at the end", Figures{Done: 1, Closed: 1})
		if lines, faults, err := o.o.Cases.Verify(ctx); err != nil || len(faults) > 0 || lines < 8 {
			t.Errorf("%d lines, faults %v, %v", lines, faults, err)
		}
	})
}

// photo reads back what was attached.
func (o *office) photo(id string) {
	o.t.Helper()
	lines, err := o.o.Cases.Timeline(o.t.Context(), officer, id)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, l := range lines {
		if l.File == "" {
			continue
		}
		name, media, body, err := o.o.Cases.File(o.t.Context(), officer, id, l.File)
		if err != nil {
			o.t.Fatal(err)
		}
		defer func() { _ = body.Close() }()
		if got, err := io.ReadAll(body); err != nil || name != "a.jpg" || media != "image/jpeg" || !bytes.Equal(got, []byte(picture)) {
			o.t.Errorf("the photo is %q %s %s, %v", got, name, media, err)
		}
		return
	}
	o.t.Error("the photo is not in the timeline")
}

func (o *office) figures(when string, want Figures) {
	o.t.Helper()
	if got, err := o.Count(o.t.Context(), ""); err != nil || got != want {
		o.t.Errorf("%s the figures are %+v, want %+v, %v", when, got, want, err)
	}
}

func (o *office) get(id string) (c casework.Case) {
	o.t.Helper()
	c, err := o.o.Cases.Get(o.t.Context(), officer, id)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

// extended asks for five more days; who asks does not decide.
func (o *office) extended(id string) {
	o.t.Helper()
	ctx := o.t.Context()
	if err := o.Extend(ctx, leader, id, o.today()+15, "备件未到"); err != nil {
		o.t.Fatal(err)
	}
	if err := o.Extend(ctx, leader, id, o.today()+16, "再延"); !errs.Is(err, errs.Conflict) {
		o.t.Errorf("two requests wait: %v", err)
	}
	if err := o.Decide(ctx, leader, id, true); !errs.Is(err, errs.Denied) {
		o.t.Errorf("who asked decided: %v", err)
	}
	if err := o.Decide(ctx, officer, id, true); !errs.Is(err, errs.Denied) {
		o.t.Errorf("an officer decided: %v", err)
	}
	other := identity.NewPrincipal("person:sun", "work-safety", nil, grantRead, GrantPlan, GrantApprove, GrantDo)
	if err := o.Decide(ctx, other, id, true); err != nil {
		o.t.Fatal(err)
	}
	if c := o.get(id); c.Fields[fieldDeadline] != (o.today() + 15).String() {
		o.t.Errorf("the day of grace is %s", c.Fields[fieldDeadline])
	}
}

// late lets the day of grace pass: the level rises once.
func (o *office) late(id string) {
	o.t.Helper()
	o.now = o.now.AddDate(0, 0, 16)
	for range 2 {
		if err := o.Escalate(o.t.Context()); err != nil {
			o.t.Fatal(err)
		}
	}
	if c := o.get(id); c.Level != 1 || c.Fields[fieldOverdue] != c.Fields[fieldDeadline] {
		o.t.Errorf("after its day the case has level %d and %v", c.Level, c.Fields)
	}
	o.figures("overdue", Figures{Done: 1, Open: 1, OpenMajor: 1, Overdue: 1})
}

// close leads the case through its stages.
func (o *office) close(id string) {
	o.t.Helper()
	ctx := o.t.Context()
	for _, s := range []struct {
		to     string
		by     *identity.Principal
		fields map[string]string
	}{
		{Planned, officer, map[string]string{"measure": "更换探测器"}},
		{Rectified, officer, map[string]string{"result": "已更换并标定"}},
		{Reinspected, officer, map[string]string{"review": "现场测试报警正常", "passed": "合格"}},
		{Closed, leader, nil},
	} {
		err := o.db.Write(ctx, func(tx *store.Tx) error {
			_, err := o.o.Cases.Do(tx, s.by, id, o.get(id).Version, casework.Change{Verb: "advance", Stage: s.to, Fields: s.fields})
			return err
		})
		if err != nil {
			o.t.Fatalf("to %s: %v", s.to, err)
		}
	}
}

func TestParseItems(t *testing.T) {
	items, err := ParseItems("\ufeffcode,text,clause\n1.1,\"甲,乙\",第一条\n1.2,丙,第二条\n")
	if err != nil || len(items) != 2 || items[0] != (Item{"1.1", "甲,乙", "第一条"}) {
		t.Errorf("%v, %v", items, err)
	}
	for name, body := range map[string]string{"empty": "", "other head": "a,b,c\n", "no items": "code,text,clause\n", "two columns": "code,text,clause\n1,2\n", "twice": "code,text,clause\n1,a,b\n1,c,d\n", "no clause": "code,text,clause\n1,a,\n", "a letter": "code,text,clause\nx,a,b\n", "quote": "code,text,clause\n1,\"a,b\n"} {
		if _, err := ParseItems(body); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseItems(f *testing.F) {
	f.Add("code,text,clause\n1.1,a,b\n")
	f.Add("\ufeffcode,text,clause\n1,\"a\"\"b\",c\n")
	f.Fuzz(func(t *testing.T, body string) {
		items, err := ParseItems(body)
		if err != nil {
			return
		}
		if len(items) == 0 || len(items) > maxItems {
			t.Errorf("%d items", len(items))
		}
		for _, x := range items {
			if x.Text == "" || x.Clause == "" || x.Code == "" {
				t.Errorf("item %+v", x)
			}
		}
	})
}
