package alarm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

var (
	noon     = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	operator = identity.NewPrincipal("person:wang", "work-safety", nil, GrantRead, GrantAck, GrantHold)
	other    = identity.NewPrincipal("person:li", "work-safety", nil, GrantRead, GrantAck, GrantHold)
	reader   = identity.NewPrincipal("person:zhao", "work-safety", nil, GrantRead)
)

// desk is a board with a clock that the test moves.
type desk struct {
	*Board
	t     *testing.T
	db    *store.DB
	clock time.Time
	told  []string
}

func openDesk(t *testing.T, db *store.DB) *desk {
	t.Helper()
	d := &desk{t: t, db: db, clock: noon}
	d.reopen()
	return d
}

func (d *desk) reopen() {
	d.t.Helper()
	now := func() time.Time { return d.clock }
	j, err := journal.Open(d.t.Context(), d.db, now)
	if err != nil {
		d.t.Fatal(err)
	}
	if d.Board, err = Open(d.t.Context(), Options{DB: d.db, Journal: j, Now: now}); err != nil {
		d.t.Fatal(err)
	}
	d.Follow(func(list []Alarm) {
		for _, a := range list {
			d.told = append(d.told, a.Name+":"+string(a.State))
		}
	})
}

func (d *desk) after(span time.Duration) *desk {
	d.t.Helper()
	d.clock = d.clock.Add(span)
	if err := d.Tick(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	return d
}

func (d *desk) signal(name string, came bool, p rule.Priority) Signal {
	return Signal{Key: "r/" + name, Source: "rule:r", Class: Process, Came: came, At: d.clock, Priority: p, Title: lang.T("高", "High"), Entity: "urn:" + name, Name: name,
		Group: "urn:plant:" + name[:1], Unit: "work-safety", Area: "120116", System: "safety"}
}

func (d *desk) apply(list ...Signal) *desk {
	d.t.Helper()
	if err := d.db.Write(d.t.Context(), func(tx *store.Tx) error { return d.Apply(tx, list) }); err != nil {
		d.t.Fatal(err)
	}
	return d
}

func (d *desk) came(name string) *desk { return d.apply(d.signal(name, true, rule.High)) }
func (d *desk) gone(name string) *desk { return d.apply(d.signal(name, false, rule.High)) }

func (d *desk) list(f Filter) []Alarm {
	d.t.Helper()
	list, _, err := d.List(d.t.Context(), f)
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

func (d *desk) ack(list ...Alarm) {
	d.t.Helper()
	var ids []string
	for _, a := range list {
		ids = append(ids, a.ID)
	}
	if _, err := d.Acknowledge(d.t.Context(), operator, ids, "已派人"); err != nil {
		d.t.Fatal(err)
	}
}

func names(list []Alarm) string {
	var out []string
	for _, a := range list {
		out = append(out, a.Name+":"+string(a.State))
	}
	return strings.Join(out, " ")
}

func (d *desk) want(what, want string, f Filter) {
	d.t.Helper()
	if got := names(d.list(f)); got != want {
		d.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestStates(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := openDesk(t, db)
		d.came("a").want("came", "a:unacknowledged", Filter{})
		d.ack(d.list(Filter{})...)
		d.want("acknowledged", "a:acknowledged", Filter{})
		d.after(time.Minute).gone("a").want("gone and acknowledged is closed", "", Filter{})
		d.after(time.Hour).came("b").gone("b").want("gone unanswered stays", "b:returned", Filter{})
		d.came("b").want("comes again into the same alarm", "b:unacknowledged", Filter{})
		if a := d.list(Filter{})[0]; a.Count != 2 || !a.Gone.IsZero() {
			t.Errorf("counted %d, gone %v", a.Count, a.Gone)
		}
		d.gone("b")
		d.ack(d.list(Filter{})...)
		d.want("answered after it had gone", "", Filter{})
		d.gone("c") // of what never came
		past := d.list(Filter{States: []State{Closed}})
		if names(past) != "b:closed a:closed" || past[1].Acker != "person:wang" || past[1].Note != "已派人" {
			t.Errorf("past %v %+v", names(past), past)
		}
		lines, err := d.Lines(t.Context(), past[0].ID)
		var verbs []string
		for _, l := range lines {
			verbs = append(verbs, l.Verb)
		}
		if err != nil || !slices.Equal(verbs, []string{"came", "gone", "came", "gone", "acknowledge"}) {
			t.Errorf("history %v, %v", verbs, err)
		}
	})
}

func TestChattering(t *testing.T) {
	d := openDesk(t, storetest.Open(t))
	for i := range 500 {
		d.came("a")
		if i == 3 {
			d.ack(d.list(Filter{})...)
		}
		d.clock = d.clock.Add(time.Second)
		d.gone("a")
		d.clock = d.clock.Add(time.Second)
		if i%50 == 0 {
			d.after(0)
		}
	}
	all := append(d.list(Filter{}), d.list(Filter{States: []State{Closed}})...)
	if len(all) != 1 || all[0].Count != 500 || !all[0].Chatter {
		t.Fatalf("%d alarms: %+v", len(all), all)
	}
	if lines, err := d.Lines(t.Context(), all[0].ID); err != nil || len(lines) > 2*maxLines+3 {
		t.Errorf("%d lines, %v", len(lines), err)
	}
}

// A flood leaves the gravest on top and loses none.
func TestFlood(t *testing.T) {
	d := openDesk(t, storetest.Open(t))
	for batch := range 10 {
		var list []Signal
		for i := range 100 {
			p := rule.Low
			if batch == 6 && i == 50 {
				p = rule.Critical
			}
			list = append(list, d.signal(fmt.Sprintf("p%02d%02d", batch, i), true, p))
		}
		d.apply(list...)
		d.clock = d.clock.Add(time.Second)
	}
	top := d.list(Filter{Limit: 1})
	c := d.Count(Filter{System: "safety"})
	if c.Open != 1000 || !c.Flood || c.LastTen != 1000 || top[0].Name != "p0650" {
		t.Errorf("%+v, on top %v", c, names(top))
	}
	seen, cursor := map[string]bool{}, ""
	for {
		list, next, err := d.List(t.Context(), Filter{Limit: 77, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			seen[a.ID] = true
		}
		if cursor = next; next == "" {
			break
		}
	}
	if len(seen) != 1000 {
		t.Errorf("%d of 1000 in pages", len(seen))
	}
	d.after(11 * time.Minute)
	if c := d.Count(Filter{}); c.Flood || c.Open != 1000 {
		t.Errorf("after it: %+v", c)
	}
}

// TestGroups: what is folded in a flood is counted by plant, the gravest plant first, and what is held is not counted.
func TestGroups(t *testing.T) {
	d := openDesk(t, storetest.Open(t))
	d.came("a").came("b").came("c")
	list := d.Groups(Filter{})
	total := 0
	for _, g := range list {
		for _, n := range g.ByPriority {
			total += n
		}
	}
	if total != 3 || len(list) == 0 || list[0].Newest.IsZero() {
		t.Errorf("%+v", list)
	}
	if got := d.Groups(Filter{Group: "urn:none"}); len(got) != 0 {
		t.Errorf("another plant: %+v", got)
	}
	f := Filter{States: []State{Returned}, Text: "urn:a"}
	a := d.list(Filter{Text: "urn:a"})[0]
	a.State, a.Hold = Closed, Shelved
	if b := d.list(Filter{Text: "urn:b"})[0]; !f.Touches(&a) || f.Touches(&b) {
		t.Error("a follower is told of what its filter is about, in whatever state")
	}
}

// TestMoments: what came and what was acknowledged, in order, within a time; on both engines.
func TestMoments(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := openDesk(t, db)
		from := d.clock
		d.came("a").after(time.Second).came("b").after(time.Minute)
		if _, err := d.Acknowledge(t.Context(), operator, []string{d.list(Filter{Text: "urn:a"})[0].ID}, ""); err != nil {
			t.Fatal(err)
		}
		said := ""
		err := d.Moments(t.Context(), from, d.clock.Add(time.Second), func(m Moment) {
			said += fmt.Sprintf("%s:%v@%s ", m.Key, m.Came, m.At.Sub(from))
			if m.Priority == 0 || m.Alarm == "" {
				t.Errorf("%+v", m)
			}
		})
		if want := "r/a:true@0s r/b:true@1s r/a:false@1m1s "; err != nil || said != want {
			t.Errorf("%v: %s, want %s", err, said, want)
		}
		if err := d.Moments(t.Context(), from.Add(time.Hour), from.Add(2*time.Hour), func(m Moment) { t.Errorf("%+v", m) }); err != nil {
			t.Error(err)
		}
	})
}

func TestShelf(t *testing.T) {
	d := openDesk(t, storetest.Open(t))
	d.came("a").after(time.Second).came("b")
	ids := []string{d.list(Filter{Text: "urn:a"})[0].ID}
	for name, err := range map[string]error{
		"no reason": d.Shelve(t.Context(), operator, ids, d.clock.Add(time.Hour), " "),
		"too long":  d.Shelve(t.Context(), operator, ids, d.clock.Add(13*time.Hour), "检修"),
		"past":      d.Shelve(t.Context(), operator, ids, d.clock, "检修"),
		"none":      d.Shelve(t.Context(), operator, nil, d.clock.Add(time.Hour), "检修"),
	} {
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := d.Shelve(t.Context(), reader, ids, d.clock.Add(time.Hour), "检修"); !errs.Is(err, errs.Denied) {
		t.Errorf("a reader: %v", err)
	}
	if err := d.Shelve(t.Context(), operator, ids, d.clock.Add(time.Hour), "检修"); err != nil {
		t.Fatal(err)
	}
	d.want("out of the list", "b:unacknowledged", Filter{})
	d.want("on the shelf", "a:unacknowledged", Filter{Holds: []Hold{Shelved}})
	d.reopen()
	d.after(59*time.Minute).want("still", "b:unacknowledged", Filter{})
	d.after(2*time.Minute).want("back by itself", "b:unacknowledged a:unacknowledged", Filter{Order: "newest"})
}

func TestOutOfService(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := openDesk(t, db)
		d.came("a1").after(time.Second).came("b1")
		id, err := d.AskOutOfService(t.Context(), operator, "urn:plant:a", "停产检修", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		d.want("asked is not held", "a1:unacknowledged b1:unacknowledged", Filter{Order: "oldest"})
		if err := d.Approve(t.Context(), operator, id); !errs.Is(err, errs.Denied) {
			t.Errorf("approved by the same hand: %v", err)
		}
		if err := d.Approve(t.Context(), other, id); err != nil {
			t.Fatal(err)
		}
		d.want("held", "b1:unacknowledged", Filter{})
		d.came("a2").want("a new one too", "b1:unacknowledged", Filter{})
		d.reopen()
		d.came("a3").want("after a restart", "b1:unacknowledged", Filter{})
		if c := d.Count(Filter{}); c.OutOfService != 3 || c.Open != 1 {
			t.Errorf("%+v", c)
		}
		if err := d.Return(t.Context(), operator, id); err != nil {
			t.Fatal(err)
		}
		if c := d.Count(Filter{}); c.OutOfService != 0 || c.Open != 4 {
			t.Errorf("returned: %+v", c)
		}
		if _, err := d.Suppress(t.Context(), operator, "urn:b1", "装置停车", d.clock.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if c := d.Count(Filter{}); c.Suppressed != 1 {
			t.Errorf("suppressed: %+v", c)
		}
		d.after(61 * time.Minute)
		if c := d.Count(Filter{}); c.Suppressed != 0 || c.Open != 4 {
			t.Errorf("its time is over: %+v", c)
		}
	})
}

// What is rolled back was never there, alone or after another writer of the same group.
func TestRolledBack(t *testing.T) {
	d := openDesk(t, storetest.Open(t))
	d.came("a")
	bad := errors.New("no")
	err := d.db.Write(t.Context(), func(tx *store.Tx) error {
		if err := d.Apply(tx, []Signal{d.signal("a", false, rule.High), d.signal("b", true, rule.High)}); err != nil {
			return err
		}
		return bad
	})
	if !errors.Is(err, bad) {
		t.Fatal(err)
	}
	d.want("as before", "a:unacknowledged", Filter{})
	d.gone("b").gone("a").want("and the lane knows it", "a:returned", Filter{})
	if !slices.Equal(d.told, []string{"a:unacknowledged", "a:returned"}) {
		t.Errorf("told %v", d.told)
	}
}

func TestRestartAndStanding(t *testing.T) {
	d := openDesk(t, storetest.Open(t))
	d.came("a").came("b").gone("b")
	d.reopen()
	d.want("open again", "a:unacknowledged b:returned", Filter{})
	if s := d.Standing("safety"); len(s) != 1 || !s["r/a"] {
		t.Errorf("standing %v", s)
	}
	if s := d.Standing("grid"); len(s) != 0 {
		t.Errorf("another system's: %v", s)
	}
}

func TestFilters(t *testing.T) {
	d := openDesk(t, storetest.Open(t))
	silent := d.signal("s1", true, rule.Medium)
	silent.Class, silent.Area = Silent, "120101"
	d.apply(d.signal("a1", true, rule.Critical), d.signal("b1", true, rule.Low), silent)
	for name, c := range map[string]struct {
		f    Filter
		want string
	}{
		"class": {Filter{Classes: []Class{Silent}}, "s1:unacknowledged"}, "priority": {Filter{Priority: rule.High}, "a1:unacknowledged"},
		"group": {Filter{Group: "urn:plant:b"}, "b1:unacknowledged"}, "area": {Filter{Area: "120101"}, "s1:unacknowledged"},
		"text": {Filter{Text: "URN:B1"}, "b1:unacknowledged"}, "unit": {Filter{Unit: "power"}, ""}, "urgent": {Filter{}, "a1:unacknowledged s1:unacknowledged b1:unacknowledged"},
	} {
		d.want(name, c.want, c.f)
	}
	if _, _, err := d.List(t.Context(), Filter{Cursor: "x"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a wrong cursor: %v", err)
	}
	if _, err := d.Get(t.Context(), "none"); !errs.Is(err, errs.NotFound) {
		t.Errorf("an unknown alarm: %v", err)
	}
}

func TestLink(t *testing.T) {
	d := openDesk(t, storetest.Open(t))
	d.came("a").gone("a")
	old := d.list(Filter{})[0]
	d.ack(old)
	d.after(time.Hour).came("a")
	now := d.list(Filter{})[0]
	if err := d.db.Write(t.Context(), func(tx *store.Tx) error { return d.Link(tx, []string{old.ID, now.ID}, "case:1") }); err != nil {
		t.Fatal(err)
	}
	if list, err := d.OfCase(t.Context(), "case:1"); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", names(list), err)
	}
	d.want("the open one stays open", "a:unacknowledged", Filter{})
	err := d.db.Write(t.Context(), func(tx *store.Tx) error { return d.Link(tx, []string{"none"}, "case:1") })
	if !errs.Is(err, errs.NotFound) {
		t.Errorf("an unknown alarm: %v", err)
	}
}

func BenchmarkApply(b *testing.B) {
	db := storetest.Open(b)
	j, _ := journal.Open(b.Context(), db, time.Now)
	board, err := Open(b.Context(), Options{DB: db, Journal: j, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		list := make([]Signal, 1000)
		for i := range list {
			n++
			list[i] = Signal{Key: fmt.Sprint("k", n), Class: Process, Came: true, At: noon, Priority: rule.High, Title: lang.T("高", "High"), System: "safety"}
		}
		if err := db.Write(b.Context(), func(tx *store.Tx) error { return board.Apply(tx, list) }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "alarms/s")
}
