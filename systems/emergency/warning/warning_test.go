package warning

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
	"github.com/haihe-city/haihe/systems/emergency/warning/reach"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/wire/cap"
	"github.com/haihe-city/haihe/wire/gbt35965"
)

// site is a part with a post whose channel "test" keeps what it is given.
type site struct {
	*Part
	t    *testing.T
	db   *store.DB
	j    *journal.Journal
	post *notice.Post
	sent *sent

	mu  sync.Mutex
	now time.Time
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// sent is the outside world that messages go to.
type sent struct {
	mu   sync.Mutex
	keys map[string]notice.Delivery
}

func (s *sent) Name() string { return "test" }

func (s *sent) Send(_ context.Context, d notice.Delivery) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[d.Key] = d
	return "ok", nil
}

func (s *sent) Found(_ context.Context, key string) (string, bool, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.keys[key]
	return "ok", ok, true, nil
}

func (s *sent) to(address string) (n int, last notice.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.keys {
		if d.Address == address {
			n, last = n+1, d
		}
	}
	return n, last
}

var (
	author = identity.NewPrincipal("person:a", "emergency-office", nil, GrantWrite, GrantApprove, notice.GrantContacts)
	second = identity.NewPrincipal("person:b", "emergency-office", nil, GrantWrite, GrantApprove)
	leader = identity.NewPrincipal("person:c", "emergency-office", nil, GrantApprove, GrantGrave)
)

func open(t *testing.T) *site {
	t.Helper()
	ctx := t.Context()
	s := &site{t: t, db: storetest.Open(t), now: time.Date(2015, 11, 20, 1, 30, 0, 0, time.UTC), sent: &sent{keys: map[string]notice.Delivery{}}}
	var err error
	if s.j, err = journal.Open(ctx, s.db, s.clock); err != nil {
		t.Fatal(err)
	}
	people, err := identity.Open(ctx, s.db, s.j, s.clock, []identity.Unit{{ID: "emergency-office", Name: lang.T("应急办", "Emergency office")}}, Grants())
	if err != nil {
		t.Fatal(err)
	}
	if s.post, err = notice.Open(ctx, notice.Options{DB: s.db, Journal: s.j, Now: s.clock, Channels: []notice.Channel{s.sent}, Poll: 20 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	plants := map[string]area.Point{"urn:plant:in": {117.75, 39.02}, "urn:plant:out": {117.2, 39.12}}
	if s.Part, err = New(ctx, Options{DB: s.db, Journal: s.j, People: people, Post: s.post, Live: new(web.Hub), Now: s.clock, Settings: Defaults(),
		Place: func(_ context.Context, uri string) (area.Point, bool) { p, ok := plants[uri]; return p, ok }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	run, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.post.Run(run) }()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	way := func(a string) []notice.Way { return []notice.Way{{Channel: "test", Address: a}} }
	if _, err := s.post.Save(ctx, author,
		notice.Contact{Name: lang.T("滨海责任人", "Binhai"), Area: "120116", Duty: "district", Ways: way("binhai")},
		notice.Contact{Name: lang.T("和平责任人", "Heping"), Area: "120101", Duty: "district", Ways: way("heping")},
		notice.Contact{Name: lang.T("厂内", "In"), Area: "120116", Group: "urn:plant:in", Duty: "plant", Ways: way("in")},
		notice.Contact{Name: lang.T("厂外", "Out"), Area: "120116", Group: "urn:plant:out", Duty: "plant", Ways: way("out")},
		notice.Contact{Name: lang.T("领导", "Leader"), Duty: "leader", Ways: way("leader")},
	); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) draft() Warning {
	w := propose("21D00", "Red", s.clock())
	w.Circles = []reach.Circle{{At: area.Point{117.75, 39.02}, Km: 3}}
	return w
}

// issue writes, submits and approves.
func (s *site) issue(w Warning) *Warning {
	s.t.Helper()
	made, err := s.Write(s.t.Context(), author, w)
	if err == nil {
		err = s.Submit(s.t.Context(), author, made.ID)
	}
	if err == nil {
		err = s.Approve(s.t.Context(), leader, made.ID)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := s.Get(s.t.Context(), made.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *site) until(what string, is func() bool) {
	s.t.Helper()
	for range 500 {
		if is() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatalf("it did not come to this: %s", what)
}

func (s *site) state(id string) string {
	w, err := s.Get(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return w.State
}

func (s *site) ask(path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	s.serve(rec, httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, path, nil))
	return rec
}

// TestLife: from draft to update and cancellation, with who is told, who is escalated to, and what the public sees.
func TestLife(t *testing.T) {
	s := open(t)
	first := s.issue(s.draft())
	if first.State != Issued || len(first.Identifier) != 31 {
		t.Fatalf("%+v", first)
	}
	s.until("those in the area are told", func() bool { a, _ := s.sent.to("binhai"); b, _ := s.sent.to("in"); return a == 1 && b == 1 })
	for _, a := range []string{"heping", "out", "leader"} {
		if n, _ := s.sent.to(a); n != 0 {
			t.Errorf("%s was told", a)
		}
	}
	_, d := s.sent.to("binhai")
	if err := s.post.Answer(t.Context(), d.Ack, "收到"); err != nil {
		t.Fatal(err)
	}
	s.advance(6 * time.Minute)
	s.until("the leader is told of who has not answered", func() bool { n, _ := s.sent.to("leader"); return n == 1 })

	rec := s.ask(Base + "/" + first.ID + ".cap")
	a, err := cap.Read(rec.Body.Bytes())
	if err != nil || a.Identifier != first.Identifier || a.Status != "Actual" || len(a.Infos) != 2 || a.Infos[0].Severity != "Extreme" || len(a.Infos[1].Areas[0].Circles) != 1 {
		t.Errorf("%v %+v", err, a)
	}
	gb, err := gbt35965.Read(s.ask(Base + "/" + first.ID + ".xml").Body.Bytes())
	if err != nil || gb.Infos[0].Severity != "Red" || gb.Infos[0].EventType != "21D00" || gb.Infos[0].Areas[0].Geocodes[0] != "120116" {
		t.Errorf("%v %+v", err, gb)
	}

	next := s.draft()
	next.Refers, next.Colour = first.ID, "Orange"
	second := s.issue(next)
	if got := s.state(first.ID); got != Superseded || second.MsgType != Update || second.Version != 2 || second.Root != first.ID {
		t.Errorf("%s %+v", got, second)
	}
	if a, err := cap.Read(s.ask(Base + "/" + second.ID + ".cap").Body.Bytes()); err != nil || len(a.References) != 1 || a.References[0].Identifier != first.Identifier || !a.References[0].Sent.Equal(first.Issued) {
		t.Errorf("%v %+v", err, a)
	}
	if _, err := s.Write(t.Context(), author, Warning{Refers: first.ID, MsgType: Cancel}); !errs.Is(err, errs.Conflict) {
		t.Errorf("what is superseded was cancelled: %v", err)
	}
	lift := Warning{Refers: second.ID, MsgType: Cancel}
	lift.Headline, lift.Description = lang.T("解除", "Lifted"), lang.T("解除", "Lifted")
	third := s.issue(lift)
	if s.state(second.ID) != Cancelled || s.state(third.ID) != Lifting || third.Colour != "Orange" {
		t.Errorf("%s %s", s.state(second.ID), s.state(third.ID))
	}
	f, err := cap.ReadFeed(s.ask(Base + "/feed.atom").Body.Bytes())
	if err != nil || len(f.Entries) != 1 || f.Entries[0].Alert.MsgType != "Cancel" {
		t.Errorf("%v %+v", err, f)
	}
	entries, _, err := s.j.List(t.Context(), journal.Filter{Limit: 100})
	verbs := map[string]int{}
	for _, e := range entries {
		verbs[e.Verb]++
	}
	if err != nil || verbs["issue-warning"] != 3 || verbs["submit-warning"] != 3 || verbs["write-warning"] != 3 {
		t.Errorf("%v %v", err, verbs)
	}
}

// TestRights: nobody approves their own, and red is a leader's.
func TestRights(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	w, err := s.Write(ctx, author, s.draft())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Approve(ctx, leader, w.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("a draft was issued: %v", err)
	}
	if err := s.Submit(ctx, author, w.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Approve(ctx, second, w.ID); !errs.Is(err, errs.Denied) {
		t.Errorf("red was approved without the grant: %v", err)
	}
	if err := s.Return(ctx, leader, w.ID, "区域过大"); err != nil {
		t.Fatal(err)
	}
	back, err := s.Get(ctx, w.ID)
	if err != nil || back.State != Draft || back.Reason != "区域过大" {
		t.Fatalf("%+v %v", back, err)
	}
	next := s.draft()
	next.Colour = "Yellow"
	if err := s.Edit(ctx, author, w.ID, back.Changed-1, next); !errs.Is(err, errs.Conflict) {
		t.Errorf("an old form overwrote a newer state: %v", err)
	}
	if err := s.Edit(ctx, author, w.ID, back.Changed, next); err != nil {
		t.Fatal(err)
	}
	if err := s.Submit(ctx, author, w.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Approve(ctx, author, w.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("the author approved: %v", err)
	}
	if err := s.Approve(ctx, second, w.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Approve(ctx, second, w.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("it was issued twice: %v", err)
	}
}

// TestDrill: an exercise is marked everywhere and in no list of actual warnings.
func TestDrill(t *testing.T) {
	s := open(t)
	w := s.draft()
	if w.Exercise = true; w.check(s.clock()) == nil {
		t.Error("a drill without its name was taken")
	}
	w.Note = "2015 年第四季度演练"
	got := s.issue(w)
	a, err := cap.Read(s.ask(Base + "/" + got.ID + ".cap").Body.Bytes())
	if err != nil || a.Status != "Exercise" || a.Note == "" || !strings.HasPrefix(a.Infos[0].Headline, "【演练】") {
		t.Errorf("%v %+v", err, a)
	}
	f, err := cap.ReadFeed(s.ask(Base + "/feed.atom").Body.Bytes())
	if err != nil || len(f.Entries) != 0 {
		t.Errorf("%v %+v", err, f)
	}
	f, err = cap.ReadFeed(s.ask(Base + "/drills.atom").Body.Bytes())
	if err != nil || len(f.Entries) != 1 {
		t.Errorf("%v %+v", err, f)
	}
	s.until("the notice says that it is a drill", func() bool {
		_, d := s.sent.to("binhai")
		return strings.HasPrefix(d.Title, "【演练】")
	})
}

// TestExpire: at its end a warning leaves the public list, and what was still to be told is recalled.
func TestExpire(t *testing.T) {
	s := open(t)
	var became []string
	s.Follow(func(_ *store.Tx, _ *identity.Principal, w *Warning, state, _ string) error {
		became = append(became, w.Root+" "+state)
		return nil
	})
	w := s.issue(s.draft())
	body := s.ask(Base + "/feed.json").Body.String()
	if !strings.Contains(body, w.Identifier) {
		t.Errorf("%s", body)
	}
	s.advance(7 * time.Hour)
	if err := s.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.state(w.ID) != Expired {
		t.Error("it goes on")
	}
	if want := []string{w.Root + " issued", w.Root + " expired"}; !slices.Equal(became, want) {
		t.Errorf("who follows was told %v, not %v", became, want)
	}
	if body := s.ask(Base + "/feed.json").Body.String(); strings.Contains(body, w.Identifier) {
		t.Errorf("%s", body)
	}
	if rec := s.ask(Base + "/" + w.ID + ".cap"); rec.Code != http.StatusOK || rec.Header().Get("ETag") == "" {
		t.Error("its document is gone")
	}
	if rec := s.ask(Base + "/nothing.cap"); rec.Code != http.StatusNotFound {
		t.Errorf("status %d", rec.Code)
	}
}

// TestMany: ten in one second have ten names, the eleventh waits.
func TestMany(t *testing.T) {
	s := open(t)
	seen := map[string]bool{}
	for range 10 {
		seen[s.issue(s.draft()).Identifier] = true
	}
	if len(seen) != 10 {
		t.Errorf("%d names", len(seen))
	}
	w, err := s.Write(t.Context(), author, s.draft())
	if err == nil {
		err = s.Submit(t.Context(), author, w.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Approve(t.Context(), leader, w.ID); !errs.Is(err, errs.Busy) {
		t.Errorf("%v", err)
	}
}

// TestImport: an alert of the weather bureau becomes a draft once, whichever structure it came in.
func TestImport(t *testing.T) {
	s := open(t)
	in := &cap.Alert{Identifier: "12000041600000_20151120092500_0", Sender: "12000041600000", Source: "天津市气象台", Sent: s.clock(), Status: "Actual", MsgType: "Alert", Scope: "Public", Infos: []cap.Info{{Language: "zh-CN", Categories: []string{"Met"}, Event: "大雾", Urgency: "Expected", Severity: "Severe", Certainty: "Likely",
		EventCodes: []cap.Pair{{Name: gbt35965.EventSystem, Value: "11B17"}}, Span: cap.Span{Expires: s.clock().Add(6 * time.Hour)}, Headline: "大雾橙色预警", Description: "能见度小于 200 米", Areas: []cap.Area{{Desc: "滨海新区", Geocodes: []cap.Pair{{Name: gbt35965.RegionSystem, Value: "120116000000"}}}}}}}
	doc, err := cap.Write(in)
	if err != nil {
		t.Fatal(err)
	}
	gb, _, err := gbt35965.FromCAP(in)
	if err != nil {
		t.Fatal(err)
	}
	gbDoc, err := gbt35965.Write(gb)
	if err != nil {
		t.Fatal(err)
	}
	for i, raw := range [][]byte{doc, gbDoc} {
		w, err := s.readAlert(t.Context(), raw)
		if err != nil || w.Event != "11B17" || w.Colour != "Orange" || fmt.Sprint(w.Districts) != "[120116]" || w.Headline.Zh != "大雾橙色预警" || w.Origin != in.Identifier {
			t.Errorf("%d: %v %+v", i, err, w)
		}
	}
	r := &web.Request{HTTP: httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil), Who: author}
	w, err := s.Import(r, author, doc)
	if err != nil || w.State != Draft {
		t.Fatalf("%v %+v", err, w)
	}
	if _, err := s.Import(r, author, gbDoc); !errs.Is(err, errs.Conflict) {
		t.Errorf("it was taken in twice: %v", err)
	}
	lift := *in
	lift.Identifier, lift.MsgType, lift.References = "12000041600000_20151120102500_0", "Cancel", []cap.Reference{{Sender: in.Sender, Identifier: in.Identifier, Sent: in.Sent}}
	over, err := cap.Write(&lift)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(r, author, over); !errs.Is(err, errs.Invalid) {
		t.Errorf("what is not in force was cancelled: %v", err)
	}
	if err := s.Submit(t.Context(), author, w.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Approve(t.Context(), leader, w.ID); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Import(r, author, over); err != nil || c.Refers != w.ID || c.MsgType != Cancel || c.Root != w.ID {
		t.Errorf("%v %+v", err, c)
	}
	if _, err := s.Import(r, author, []byte("<alert/>")); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
}

func TestCheck(t *testing.T) {
	now := time.Date(2015, 11, 20, 1, 30, 0, 0, time.UTC)
	for i, change := range []func(*Warning){
		func(w *Warning) { w.Headline.En = "" }, func(w *Warning) { w.Description.Zh = strings.Repeat("字", 3001) }, func(w *Warning) { w.Event = "99X99" }, func(w *Warning) { w.Colour = "Unknown" },
		func(w *Warning) { w.Expires = now }, func(w *Warning) { w.Expires = now.Add(8 * 24 * time.Hour) }, func(w *Warning) { w.Onset = w.Expires.Add(time.Hour) }, func(w *Warning) { w.Districts = nil },
		func(w *Warning) { w.Districts = []string{"110000"} }, func(w *Warning) { w.Districts, w.Circles = nil, []reach.Circle{{At: area.Point{119.4, 38.1}, Km: 1}} }, func(w *Warning) { w.Urgency = "Soon" }, func(w *Warning) { w.AckMinutes = -1 },
		func(w *Warning) { w.Exercise = true },
	} {
		w := propose("11B03", "Yellow", now)
		w.Districts = []string{"120101"}
		if err := w.check(now); err != nil {
			t.Fatal(err)
		}
		change(&w)
		if err := w.check(now); !errs.Is(err, errs.Invalid) {
			t.Errorf("change %d was taken: %v", i, err)
		}
	}
}

// TestSigned: what is said of a signature that does not hold, and an alert within a feed.
func TestSigned(t *testing.T) {
	s := open(t)
	doc, _, err := s.Documents(t.Context(), s.issue(s.draft()).ID)
	if err != nil {
		t.Fatal(err)
	}
	if w, err := s.readAlert(t.Context(), s.ask(Base+"/feed.atom").Body.Bytes()); err != nil || w.Event != "21D00" {
		t.Errorf("%v %+v", err, w)
	}
	broken := strings.Replace(doc, "</alert>", `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/></Signature></alert>`, 1)
	if w, err := s.readAlert(t.Context(), []byte(broken)); err != nil || !strings.Contains(w.Note, "签名无效") {
		t.Errorf("%v %q", err, w.Note)
	}
}
