package notice

import (
	"context"
	"fmt"
	"strings"
	"sync"
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
	noon   = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	keeper = identity.NewPrincipal("person:zhou", "emergency-office", nil, GrantRead, GrantAnswer, GrantContacts)
	wang   = identity.NewPrincipal("person:wang", "work-safety", nil)
)

// outside is the world behind a channel: it counts keys as a real receiver would.
type outside struct {
	name  string
	knows bool // can be asked for a key
	mu    sync.Mutex
	sends map[string]int // by key
	asked int
	last  map[string]Delivery           // by address
	fail  func(d Delivery, n int) error // n is the number of the try
}

func (o *outside) Name() string { return o.name }

func (o *outside) Send(_ context.Context, d Delivery) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := o.sends[d.Key] + 1
	if o.fail != nil {
		if err := o.fail(d, n); err != nil {
			o.sends[d.Key+"!"]++
			return "", err
		}
	}
	o.sends[d.Key] = n
	o.last[d.Address] = d
	return fmt.Sprint("no. ", len(o.sends)), nil
}

func (o *outside) Found(_ context.Context, key string) (string, bool, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked++
	return "found", o.sends[key] > 0, o.knows, nil
}

func (o *outside) told(address string) (Delivery, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	d, ok := o.last[address]
	return d, ok
}

func newOutside(name string) *outside {
	return &outside{name: name, knows: true, sends: map[string]int{}, last: map[string]Delivery{}}
}

// office is a post that runs, with a clock that the test moves.
type office struct {
	*Post
	t    *testing.T
	db   *store.DB
	mu   sync.Mutex
	time time.Time
	stop func()
}

func (o *office) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.time
}

func (o *office) after(d time.Duration) {
	o.mu.Lock()
	o.time = o.time.Add(d)
	o.mu.Unlock()
	o.wake()
}

func openOffice(t *testing.T, db *store.DB, channels ...Channel) *office {
	t.Helper()
	o := &office{t: t, db: db, time: noon}
	o.reopen(channels...)
	return o
}

func (o *office) reopen(channels ...Channel) {
	o.t.Helper()
	j, err := journal.Open(o.t.Context(), o.db, o.now)
	if err != nil {
		o.t.Fatal(err)
	}
	o.Post, err = Open(o.t.Context(), Options{DB: o.db, Journal: j, Now: o.now, Channels: channels, Record: []string{"sms", "mail"}, Poll: 5 * time.Millisecond})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) run() *office {
	ctx, cancel := context.WithCancel(o.t.Context())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	o.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			o.t.Error(err)
		}
	})
	o.t.Cleanup(o.stop)
	return o
}

func (o *office) tell(m Message) string {
	o.t.Helper()
	if m.Title.Empty() {
		m.Title, m.Body = lang.T("储罐超压", "Tank over pressure"), lang.T("请立即核实。", "Check at once.")
	}
	if m.Priority == 0 {
		m.Priority = 1
	}
	var id string
	if err := o.db.Write(o.t.Context(), func(tx *store.Tx) (err error) { id, err = o.Tell(tx, m); return err }); err != nil {
		o.t.Fatal(err)
	}
	return id
}

func (o *office) states(about string) string {
	list, _, err := o.Lines(o.t.Context(), about, "", 100)
	if err != nil {
		o.t.Fatal(err)
	}
	var out []string
	for _, l := range list {
		out = append(out, fmt.Sprintf("%s:%s", l.Contact.ID, l.State))
	}
	return strings.Join(out, " ")
}

// until waits for the states of what is said about something.
func (o *office) until(about, want string) {
	o.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		got := o.states(about)
		if got == want {
			return
		}
		if time.Now().After(end) {
			o.t.Fatalf("%s: %q, want %q", about, got, want)
		}
	}
}

func person(id string, ways ...string) Contact {
	c := Contact{ID: id, Name: lang.Same("某 " + id), Unit: "work-safety", Duty: "leader", Person: "person:" + id}
	for _, w := range ways {
		channel, address, _ := strings.Cut(w, ":")
		c.Ways = append(c.Ways, Way{channel, address})
	}
	return c
}

func TestTellAndAnswer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		gate := newOutside("gate")
		o := openOffice(t, db, gate).run()
		o.tell(Message{About: "alarm:1", AckBy: 10 * time.Minute, Link: "/duty", Levels: [][]Contact{
			{person("a", "gate:1"), person("b", "gate:2"), person("a", "gate:1")}, {person("boss", "gate:9")}}})
		o.until("alarm:1", "a:told b:told boss:waiting")
		d, _ := gate.told("1")
		if d.Ack == "" || d.Title != "储罐超压" || d.Link != "/duty" || d.Lang != lang.Zh {
			t.Errorf("the delivery: %+v", d)
		}
		l, err := o.Peek(t.Context(), d.Ack)
		if err != nil || l.Delivery.Body != "请立即核实。" || l.State != Told {
			t.Errorf("peek: %+v %v", l, err)
		}
		if err := o.Answer(t.Context(), d.Ack, "已到场\n"); err != nil {
			t.Fatal(err)
		}
		if err := o.Answer(t.Context(), d.Ack, "又一次"); !errs.Is(err, errs.Conflict) {
			t.Errorf("a second answer: %v", err)
		}
		if err := o.Answer(t.Context(), "AAAAAAAAAAAAAAAAAAAAAAAA", "x"); !errs.Is(err, errs.NotFound) {
			t.Errorf("a made-up token: %v", err)
		}
		o.until("alarm:1", "a:answered b:told boss:waiting")
		o.after(11 * time.Minute)
		o.until("alarm:1", "a:answered b:escalated boss:told")
		if d, _ := gate.told("9"); !strings.Contains(d.Body, "上一级有 1 人未按时应答") {
			t.Errorf("the next level reads %q", d.Body)
		}
		list, _, _ := o.Lines(t.Context(), "alarm:1", "", 0)
		if err := o.AnswerAs(t.Context(), wang, list[2].ID, "不是我"); !errs.Is(err, errs.Denied) {
			t.Errorf("somebody else answers: %v", err)
		}
		boss := identity.NewPrincipal("person:boss", "work-safety", nil)
		if err := o.AnswerAs(t.Context(), boss, list[2].ID, "收到"); err != nil {
			t.Error(err)
		}
		if err := o.AnswerFrom(t.Context(), "gate", "2", "1"); err != nil {
			t.Error(err)
		}
		o.until("alarm:1", "a:answered b:answered boss:answered")
		list, _, _ = o.Lines(t.Context(), "alarm:1", "", 0)
		if list[0].Answer != "已到场" || list[0].Answerer != "contact:a" || list[1].EscapedAt.IsZero() {
			t.Errorf("the lines: %+v", list)
		}
		if n, _ := o.Unanswered(t.Context(), boss); n != 0 {
			t.Errorf("the bell shows %d", n)
		}
	})
}

// TestWays: what fails is tried again, then by the next way, then it has failed and the next level is told at once.
func TestWays(t *testing.T) {
	gate, other := newOutside("gate"), newOutside("other")
	gate.fail = func(d Delivery, n int) error {
		switch d.Address {
		case "dead":
			return errs.Say(errs.NotFound, "空号", "no such number")
		case "down":
			return errs.Say(errs.Unavailable, "网关故障", "the gateway is down")
		}
		return nil
	}
	o := openOffice(t, storetest.Open(t), gate, other).run()
	o.tell(Message{About: "x", Levels: [][]Contact{
		{person("a", "gate:dead", "other:1"), person("b", "none:1", "other:2"), person("c", "gate:dead"), person("d"), person("e", "gate:down", "other:5")}, {person("boss", "sms:+8613800000000")}}})
	o.until("x", "a:told b:told c:failed d:failed e:due boss:told")
	for range 2 * maxTries {
		o.after(time.Minute)
		time.Sleep(5 * time.Millisecond)
	}
	o.until("x", "a:told b:told c:failed d:failed e:told boss:told")
	list, _, _ := o.Lines(t.Context(), "x", "", 0)
	if l := list[5]; !l.Recorded || l.Delivery.Channel != "sms" {
		t.Errorf("no gateway is configured, and yet: %+v", l)
	}
	if list[4].Delivery.Channel != "other" || list[2].Reason != "not-found" {
		t.Errorf("%+v", list)
	}
	kept, _, err := o.Recorded(t.Context(), keeper, "", 0)
	if err != nil || len(kept) != 1 || kept[0].Address != "+8613800000000" {
		t.Errorf("recorded: %+v %v", kept, err)
	}
	if _, _, err := o.Recorded(t.Context(), wang, "", 0); !errs.Is(err, errs.Denied) {
		t.Errorf("anybody reads addresses: %v", err)
	}
}

// TestRecall: what is due is not sent any more, what was told is no longer waited for.
func TestRecall(t *testing.T) {
	gate := newOutside("gate")
	gate.fail = func(d Delivery, _ int) error {
		if d.Address == "2" {
			return errs.Say(errs.Unavailable, "网关故障", "the gateway is down")
		}
		return nil
	}
	o := openOffice(t, storetest.Open(t), gate).run()
	o.tell(Message{About: "w@1", AckBy: time.Minute, Levels: [][]Contact{{person("a", "gate:1"), person("b", "gate:2")}, {person("boss", "gate:3")}}})
	o.until("w@1", "a:told b:due boss:waiting")
	if err := o.db.Write(t.Context(), func(tx *store.Tx) error { return o.Recall(tx, "w@1") }); err != nil {
		t.Fatal(err)
	}
	o.after(time.Hour)
	o.until("w@1", "a:told b:recalled boss:recalled")
	d, _ := gate.told("1")
	if l, err := o.Peek(t.Context(), d.Ack); err != nil || l.State != Recalled {
		t.Errorf("the page of a recalled notice: %+v %v", l, err)
	}
}

// TestAsked: what was being tried when the process ended is asked for by its key; what the other side has is not sent again, and one that
// cannot say is given the same key.
func TestAsked(t *testing.T) {
	for _, knows := range []bool{true, false} {
		db := storetest.Open(t)
		gate := newOutside("gate")
		gate.knows = knows
		o := openOffice(t, db, gate)
		id := o.tell(Message{About: "x", Levels: [][]Contact{{person("a", "gate:1"), person("b", "gate:2")}}})
		jobs, err := o.claim(t.Context(), o.lanes["gate"])
		if err != nil || len(jobs) != 2 {
			t.Fatal(jobs, err)
		}
		if _, err := gate.Send(t.Context(), jobs[0].d); err != nil { // the first is sent, and the process dies before it is settled
			t.Fatal(err)
		}
		o.reopen(gate)
		o.run().until("x", "a:told b:told")
		o.stop()
		want := 1
		if !knows {
			want = 2
		}
		if got := gate.sends[id+"-000001-0"]; got != want || gate.sends[id+"-000002-0"] != 1 || gate.asked != 2 {
			t.Errorf("knows %t: sent %v, asked %d", knows, gate.sends, gate.asked)
		}
	}
}

func TestContacts(t *testing.T) {
	o := openOffice(t, storetest.Open(t))
	ctx := t.Context()
	c := person("", "sms:+8613900000000")
	c.Area, c.Person = "120116", ""
	ids, err := o.Save(ctx, keeper, c)
	if err != nil {
		t.Fatal(err)
	}
	c.Area = ""
	if _, err := o.Save(ctx, keeper, c); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Save(ctx, wang, c); !errs.Is(err, errs.Denied) {
		t.Errorf("anybody writes contacts: %v", err)
	}
	who := func(w Wanted) (n int) {
		err := o.db.Read(ctx, func(tx *store.Tx) error {
			list, err := o.Who(tx, w)
			n = len(list)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if a, b, z := who(Wanted{Duty: "leader", Area: "120116"}), who(Wanted{Duty: "leader", Area: "120101", Unit: "police"}), who(Wanted{Duty: "nobody"}); a != 1 || b != 2 || z != 0 {
		t.Errorf("found %d, %d, %d", a, b, z)
	}
	o.run().tell(Message{About: "x", Levels: [][]Contact{{{ID: ids[0], Name: c.Name, Ways: c.Ways}}}})
	o.until("x", ids[0]+":told")
	if err := o.Erase(ctx, keeper, ids[0]); err != nil {
		t.Fatal(err)
	}
	list, _, _ := o.Lines(ctx, "x", "", 0)
	kept, _, _ := o.Recorded(ctx, keeper, "", 0)
	if len(list) != 1 || !list[0].Contact.Name.Empty() || list[0].Delivery.Address != "" || len(list[0].Contact.Ways) != 0 || len(kept) != 0 {
		t.Errorf("after the erasure: %+v %+v", list, kept)
	}
	var leak int64
	err = o.db.Read(ctx, func(tx *store.Tx) error {
		return tx.Get(store.Q("leak", `SELECT COUNT(*) FROM journal_entry WHERE detail LIKE '%139%' OR detail LIKE '%某%'`), nil, &leak)
	})
	if err != nil || leak != 0 {
		t.Errorf("the journal holds personal data: %d %v", leak, err)
	}
	for _, text := range []string{"sms", "sms:", ":1"} {
		if _, err := ParseWays(text); !errs.Is(err, errs.Invalid) {
			t.Errorf("ways %q: %v", text, err)
		}
	}
	if w, err := ParseWays("SMS：+86138；page:person:x"); err != nil || FormatWays(w) != "sms:+86138; page:person:x" {
		t.Errorf("%v %v", w, err)
	}
}
