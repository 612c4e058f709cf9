package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/message"
	"github.com/haihe-city/haihe/systems/sharing/record"
)

// clock is one that the test moves; nodes of one test share it.
type clock struct {
	mu sync.Mutex
	by time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.by)
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by += d
}

// stamps is a time-stamp service that can be gone. Its token is the digest with the time.
type stamps struct {
	mu   sync.Mutex
	gone bool
	now  func() time.Time
}

func (s *stamps) set(gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = gone
}

func (s *stamps) ask(_ context.Context, message []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return nil, errors.New("gone")
	}
	digest := sha256.Sum256(message)
	return json.Marshal(token{digest[:], s.now().Unix()})
}

type token struct {
	Digest []byte
	At     int64
}

func stamped(b, message []byte) (time.Time, string, error) {
	digest := sha256.Sum256(message)
	var t token
	if err := json.Unmarshal(b, &t); err != nil || !bytes.Equal(t.Digest, digest[:]) {
		return time.Time{}, "", errors.New("another digest")
	}
	return time.Unix(t.At, 0), "test", nil
}

// station is a node with its server.
type station struct {
	*Node
	url    string
	server *httptest.Server
	alarms map[string]bool
}

// exch is a set of nodes of one exchange: the registry "tianjin" first.
type exch struct {
	clock  *clock
	stamps *stamps
	nodes  []*station
}

func (e *exch) open(t testing.TB, db *store.DB, change func(*Options)) *station {
	t.Helper()
	j, err := journal.Open(t.Context(), db, e.clock.now)
	if err != nil {
		t.Fatal(err)
	}
	v, err := trust.Open(t.Context(), trust.Options{DB: db, Journal: j, Now: e.clock.now, Seal: bytes.Repeat([]byte{7}, trust.SealSize)})
	if err != nil {
		t.Fatal(err)
	}
	s := &station{alarms: map[string]bool{}}
	o := Options{DB: db, Journal: j, Vault: v, Now: e.clock.now, Log: slog.New(slog.DiscardHandler),
		Stamp: record.Stamper{Name: "test", Ask: e.stamps.ask}, Algorithm: pki.ECDSA,
		Alarm: func(_ context.Context, a Alarm) error { s.alarms[a.Key] = a.Came; return nil },
		Serve: func(_ context.Context, c call.Call) call.Answer {
			if c.Resource == "closed" {
				return call.Refuse(403, call.NoGrant, call.RefusalText(call.NoGrant))
			}
			b, _ := json.Marshal(c.Params)
			return call.Answer{Status: 200, Type: "application/json", Body: b, Keep: func(*store.Tx) error { return nil }, Bodies: c.Resource == "kept"}
		}}
	if change != nil {
		change(&o)
	}
	if s.Node, err = Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	s.server = httptest.NewServer(s.Node)
	s.url = s.server.URL
	t.Cleanup(func() {
		s.server.Close()
		_ = s.Close(context.Background())
	})
	e.nodes = append(e.nodes, s)
	return s
}

// found makes an exchange of a registry and so many districts, each in its own database.
func found(t testing.TB, districts int, change func(*Options)) *exch {
	t.Helper()
	e := &exch{clock: &clock{}}
	e.stamps = &stamps{now: e.clock.now}
	city := e.open(t, storetest.Open(t), change)
	who := identity.System("test")
	if err := city.Found(t.Context(), who, member.Entry{ID: "tianjin", Name: lang.T("天津市", "Tianjin"), Kind: member.City, Unit: "economy-it", Address: city.url}); err != nil {
		t.Fatal(err)
	}
	for i := range districts {
		d := e.open(t, storetest.Open(t), change)
		e.join(t, d, fmt.Sprint("district-", i+1))
	}
	return e
}

func (e *exch) join(t testing.TB, d *station, id string) {
	t.Helper()
	invitation, err := e.nodes[0].Invite(t.Context(), identity.System("test"), member.Entry{ID: id, Name: lang.T("某区", "A district"), Kind: member.District, Unit: "districts"})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Join(t.Context(), identity.System("test"), invitation.String(), d.url); err != nil {
		t.Fatal(err)
	}
	if err := d.Join(t.Context(), identity.System("test"), invitation.String(), d.url); !errs.Is(err, errs.Conflict) {
		t.Errorf("joined twice: %v", err)
	}
}

func ask(resource string) call.Call {
	return call.Call{Resource: resource, Person: "person:01H", Purpose: "service", Params: map[string][]string{"where": {"id=120101"}}}
}

func TestACallIsProvenYearsLater(t *testing.T) {
	for _, together := range []bool{false, true} {
		for _, algorithm := range []pki.Algorithm{pki.ECDSA, pki.SM2} {
			t.Run(fmt.Sprint(algorithm, together), func(t *testing.T) { proven(t, algorithm, together) })
		}
	}
}

func proven(t *testing.T, algorithm pki.Algorithm, together bool) {
	e := found(t, 1, func(o *Options) { o.Algorithm, o.Batch = algorithm, together })
	city, district := e.nodes[0], e.nodes[1]
	a, err := district.Call(t.Context(), "tianjin", ask("kept"))
	if err != nil || a.Status != 200 || string(a.Body) != `{"where":["id=120101"]}` {
		t.Fatalf("%+v, %v", a, err)
	}
	refused, err := district.Call(t.Context(), "tianjin", ask("closed"))
	if err != nil || refused.Status != 403 {
		t.Fatalf("a refusal of the gate: %+v, %v", refused, err)
	}
	if _, err := city.Receipt(t.Context(), a.Call, record.Served); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a receipt before a checkpoint: %v", err)
	}
	for _, s := range e.nodes {
		if err := s.Stamp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var receipts []*record.Receipt
	for _, row := range []struct {
		s    *station
		id   string
		side string
	}{{district, a.Call, record.Asked}, {city, a.Call, record.Served}, {city, refused.Call, record.Served}} {
		r, err := row.s.Receipt(t.Context(), row.id, row.side)
		if err != nil {
			t.Fatal(err)
		}
		receipts = append(receipts, r)
		if b, err := json.Marshal(r); err != nil || strings.Contains(string(b), "120101") {
			t.Errorf("a parameter stands in the receipt: %v", err)
		}
	}
	log, _ := city.Record()
	r, err := log.Find(t.Context(), a.Call, record.Served)
	if err != nil {
		t.Fatal(err)
	}
	if _, answer, err := log.Bodies(t.Context(), r.Leaf); err != nil || !bytes.Equal(answer, a.Body) {
		t.Errorf("the kept body: %q, %v", answer, err)
	}
	if sha256.Sum256(a.Body) != r.Response.Digest {
		t.Error("another digest")
	}
	// Ten years on: the member was revoked, every certificate has expired.
	e.clock.add(time.Hour)
	if err := city.Revoke(t.Context(), identity.System("test"), "district-1"); err != nil {
		t.Fatal(err)
	}
	late, err := city.Receipt(t.Context(), a.Call, record.Served)
	if err != nil {
		t.Fatal(err)
	}
	e.clock.add(10 * 365 * 24 * time.Hour)
	for i, r := range append(receipts, late) {
		p, err := r.Verify(city.Pin(), stamped)
		if err != nil {
			t.Fatalf("receipt %d: %v", i, err)
		}
		if p.Request.Person != "person:01H" || p.Request.Caller != "district-1" || p.Request.Provider != "tianjin" || p.Stamped.IsZero() {
			t.Errorf("receipt %d: %+v", i, p)
		}
		if told := len(p.Ended) == 1 && p.Ended[0].Member == "district-1"; told != (i == len(receipts)) {
			t.Errorf("receipt %d says of revocations: %+v", i, p.Ended)
		}
	}
	tampered(t, receipts[1], city.Pin())
}

// tampered changes every part of a receipt; none may pass.
func tampered(t *testing.T, r *record.Receipt, pin string) {
	t.Helper()
	whole, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(whole, &parts); err != nil {
		t.Fatal(err)
	}
	verify := func(b []byte) error {
		var c record.Receipt
		if err := json.Unmarshal(b, &c); err != nil {
			return err
		}
		_, err := c.Verify(pin, stamped)
		return err
	}
	if err := verify(whole); err != nil {
		t.Fatal(err)
	}
	for name, part := range parts {
		if name == "source" || name == "stamp" { // its name in words; what stands in this test's token besides the digest is not sealed
			continue
		}
		for at := 0; at < len(part); at += 1 + len(part)/60 {
			b := bytes.Clone(part)
			switch {
			case b[at] >= 'a' && b[at] < 'z', b[at] >= 'A' && b[at] < 'Z', b[at] >= '0' && b[at] < '9':
				b[at]++
			default:
				continue
			}
			changed := map[string]json.RawMessage{}
			for k, v := range parts {
				changed[k] = v
			}
			changed[name] = b
			whole, err := json.Marshal(changed)
			if err != nil {
				continue
			}
			var c record.Receipt
			if json.Unmarshal(whole, &c) == nil && same(&c, r) { // the last bits of base64 that say nothing
				continue
			}
			if err := verify(whole); err == nil {
				t.Errorf("%s changed at byte %d passes", name, at)
			}
		}
	}
	if _, err := r.Verify(strings.Repeat("0", 64), stamped); err == nil {
		t.Error("another registry passes")
	}
}

func same(a, b *record.Receipt) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

// raw sends a signed request as it is made by change, and gives status and words.
func raw(t *testing.T, e *exch, change func(q *message.Request, r *http.Request, body *[]byte), after func(r *http.Request)) (int, string) {
	t.Helper()
	d := e.nodes[1]
	m := d.live.Load()
	self, _ := m.Book.Get(m.Self) // also where it has been revoked
	body := []byte(`{"params":{}}`)
	q := message.Request{Call: store.NewID(e.clock.now()), Caller: m.Self, Provider: "tianjin", Person: "p", Purpose: "service", Resource: "a",
		Type: "application/vnd.haihe.call+json", Digest: sha256.Sum256(body), Created: e.clock.now().Unix(), KeyID: self.Thumb, Alg: m.Seal.Alg}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.nodes[0].url+message.Path("a"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&q, r, &body)
	}
	base, err := q.Base()
	if err != nil {
		t.Fatal(err)
	}
	sig, err := m.Seal.Sign(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Put(r.Header, sig); err != nil {
		t.Fatal(err)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if after != nil {
		after(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

func TestWhatIsRefused(t *testing.T) {
	e := found(t, 2, nil)
	other := e.nodes[2].live.Load()
	otherSelf, _ := other.Book.Get("district-2")
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	again := store.NewID(e.clock.now())
	rows := []struct {
		name   string
		status int
		change func(q *message.Request, r *http.Request, body *[]byte)
		after  func(r *http.Request)
	}{
		{"as it should be", 200, nil, nil},
		{"first", 200, func(q *message.Request, _ *http.Request, _ *[]byte) { q.Call = again }, nil},
		{"a replay", 409, func(q *message.Request, _ *http.Request, _ *[]byte) { q.Call = again }, nil},
		{"old", 400, func(q *message.Request, _ *http.Request, _ *[]byte) { q.Created -= 400 }, nil},
		{"from the future", 400, func(q *message.Request, _ *http.Request, _ *[]byte) { q.Created += 400 }, nil},
		{"to another member", 403, func(q *message.Request, _ *http.Request, _ *[]byte) { q.Provider = "district-2" }, nil},
		{"in another's name", 403, func(q *message.Request, _ *http.Request, _ *[]byte) { q.Caller = "district-2" }, nil},
		{"with another's certificate", 401, func(q *message.Request, _ *http.Request, _ *[]byte) {
			q.Caller, q.KeyID = "district-2", otherSelf.Thumb
		}, nil},
		{"with nobody's certificate", 401, func(q *message.Request, _ *http.Request, _ *[]byte) { q.KeyID = strings.Repeat("a", 64) }, nil},
		{"body changed", 400, nil, func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"params":[]}`)) }},
		{"person changed", 401, nil, set("Haihe-Person", "leader")},
		{"purpose changed", 401, nil, set("Haihe-Purpose", "audit")},
		{"resource changed", 401, nil, func(r *http.Request) { r.URL.Path = message.Path("b") }},
		{"two persons", 400, nil, func(r *http.Request) { r.Header["Haihe-Person"] = []string{"p", "q"} }},
		{"an unknown field", 400, nil, set("Haihe-Grant", "all")},
		{"a query", 400, nil, func(r *http.Request) { r.URL.RawQuery = "x=1" }},
		{"chunked", 400, nil, func(r *http.Request) { r.ContentLength = -1 }},
		{"packed", 400, nil, set("Content-Encoding", "gzip")},
		{"too large", 413, func(q *message.Request, _ *http.Request, b *[]byte) {
			*b = bytes.Repeat([]byte("x"), 17<<20)
			q.Digest = sha256.Sum256(*b)
		}, nil},
		{"no signature", 400, nil, func(r *http.Request) { r.Header.Del("Signature") }},
		{"a second signature", 400, nil, func(r *http.Request) { r.Header.Add("Signature", r.Header.Get("Signature")) }},
		{"covers less", 400, nil, func(r *http.Request) {
			r.Header.Set("Signature-Input", strings.Replace(r.Header.Get("Signature-Input"), ` "haihe-purpose"`, "", 1))
		}},
		{"another algorithm", 401, func(q *message.Request, _ *http.Request, _ *[]byte) { q.Alg = "sm2-sm3" }, nil},
		{"not JSON", 400, func(q *message.Request, _ *http.Request, b *[]byte) { *b = []byte("x"); q.Digest = sha256.Sum256(*b) }, nil},
		{"a quoted path", 400, nil, func(r *http.Request) { r.URL.Path, r.URL.RawPath = message.Path("a/b"), message.Path("a%2Fb") }},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			status, words := raw(t, e, row.change, row.after)
			if status != row.status {
				t.Errorf("%d, want %d: %s", status, row.status, words)
			}
			if status >= 400 && row.name != "not JSON" && (!strings.Contains(words, `"detail":"`) || !strings.Contains(words, `"detail_zh":"`)) {
				t.Errorf("no words in both languages: %s", words)
			}
		})
	}
}

// TestRevokedBefore: a receipt of a call that was signed after the member's revocation, by a node that had not heard of it, is refused and says
// whose signature and when.
func TestRevokedBefore(t *testing.T) {
	e := found(t, 1, nil)
	city, one := e.nodes[0], e.nodes[1]
	a, err := one.Call(t.Context(), "tianjin", ask("a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := city.Stamp(t.Context()); err != nil {
		t.Fatal(err)
	}
	early, err := city.Receipt(t.Context(), a.Call, record.Served)
	if err != nil {
		t.Fatal(err)
	}
	e.clock.add(-time.Hour) // the registry revoked it an hour before
	if err := city.Revoke(t.Context(), identity.System("test"), "district-1"); err != nil {
		t.Fatal(err)
	}
	e.clock.add(2 * time.Hour) // and its list comes late
	for _, s := range e.nodes {
		if err := s.Poll(t.Context()); err != nil && s == city {
			t.Fatal(err)
		}
	}
	r, err := city.Receipt(t.Context(), a.Call, record.Served)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Verify(city.Pin(), nil)
	if words, ok := errs.MsgOf(err); !ok || !errs.Is(err, errs.Conflict) || !strings.Contains(words.En, "district-1") || !strings.Contains(words.En, "after its certificate was revoked at") {
		t.Errorf("signed after its revocation: %v", err)
	}
	// A receipt of before knows nothing of it: the registry's list of today tells.
	if _, err := early.Verify(city.Pin(), nil); err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(member.List{Members: r.Now})
	if err == nil {
		err = early.Later(list)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := early.Verify(city.Pin(), nil); !errs.Is(err, errs.Conflict) {
		t.Errorf("with the list of today: %v", err)
	}
	if early.Later([]byte("{}")) == nil || early.Later([]byte("x")) == nil {
		t.Error("rubbish is no list")
	}
}

func TestRevoked(t *testing.T) {
	e := found(t, 2, nil)
	city, one, two := e.nodes[0], e.nodes[1], e.nodes[2]
	if err := two.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Call(t.Context(), "district-2", ask("a")); err != nil {
		t.Fatal(err)
	}
	if err := city.Revoke(t.Context(), identity.System("test"), "district-1"); err != nil {
		t.Fatal(err)
	}
	// The push reached every node before Revoke returned.
	if status, words := raw(t, e, nil, nil); status != 403 {
		t.Errorf("the city served a revoked member: %d %s", status, words)
	}
	if _, err := two.live.Load().Book.Get("district-1"); !errs.Is(err, errs.Denied) {
		t.Errorf("the other district knows nothing of it: %v", err)
	}
	if _, err := one.Call(t.Context(), "district-2", ask("a")); err == nil {
		t.Error("a revoked member called")
	}
	// One that was cut off when it was pushed learns it from the next poll.
	two.server.Close()
	if err := city.Revoke(t.Context(), identity.System("test"), "district-2"); err != nil {
		t.Fatal(err)
	}
	if err := two.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Call(t.Context(), "tianjin", ask("a")); !errs.Is(err, errs.Denied) {
		t.Errorf("after its poll: %v", err)
	}
}

func TestTheListGrowsOld(t *testing.T) {
	e := found(t, 1, nil)
	city, d := e.nodes[0], e.nodes[1]
	city.server.Close()
	e.clock.add(59 * time.Minute)
	if err := d.Poll(t.Context()); err != nil || d.alarms["sharing.members"] {
		t.Errorf("%v %v", err, d.alarms)
	}
	e.clock.add(2 * time.Minute)
	if err := d.Poll(t.Context()); err == nil || !d.alarms["sharing.members"] {
		t.Errorf("%v %v", err, d.alarms)
	}
	if _, err := d.Call(t.Context(), "tianjin", ask("a")); !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
}

func TestTimeStampsGone(t *testing.T) {
	e := found(t, 1, nil)
	city, d := e.nodes[0], e.nodes[1]
	e.stamps.set(true)
	poll := func() {
		t.Helper()
		for _, s := range e.nodes {
			if err := s.Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	var calls []string
	for range 4 {
		a, err := d.Call(t.Context(), "tianjin", ask("a"))
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, a.Call)
		if err := city.Stamp(t.Context()); err != nil || city.alarms["sharing.stamp"] {
			t.Fatalf("%v, %v", err, city.alarms)
		}
		e.clock.add(20 * time.Minute)
		poll()
	}
	e.stamps.set(false)
	for _, s := range e.nodes {
		if err := s.Stamp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range calls { // the gap is closed
		r, err := city.Receipt(t.Context(), id, record.Served)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := r.Verify(city.Pin(), stamped); err != nil || p.Stamped.IsZero() {
			t.Errorf("%v", err)
		}
	}
	e.stamps.set(true)
	if _, err := d.Call(t.Context(), "tianjin", ask("a")); err != nil {
		t.Fatal(err)
	}
	for range 13 {
		e.clock.add(20 * time.Minute)
		poll()
	}
	if err := city.Stamp(t.Context()); err == nil || !city.alarms["sharing.stamp"] {
		t.Errorf("past the limit: %v, %v", err, city.alarms)
	}
	if _, err := d.Call(t.Context(), "tianjin", ask("a")); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a call past the limit: %v", err)
	}
	if status, _ := raw(t, e, nil, nil); status != 503 {
		t.Errorf("the city served past the limit: %d", status)
	}
	e.stamps.set(false)
	for _, s := range e.nodes {
		if err := s.Stamp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Call(t.Context(), "tianjin", ask("a")); err != nil || city.alarms["sharing.stamp"] {
		t.Errorf("after the service came back: %v, %v", err, city.alarms)
	}
}

func TestLinks(t *testing.T) {
	e := found(t, 1, nil)
	city, d := e.nodes[0], e.nodes[1]
	for range 3 {
		if _, err := d.Call(t.Context(), "tianjin", ask("a")); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range e.nodes {
		if err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if size, err := city.Witnessed(t.Context(), "district-1"); err != nil || size != 6 {
		t.Errorf("the city knows %d lines of the district, %v", size, err)
	}
	live := func(want bool) {
		t.Helper()
		list, err := city.Links(t.Context())
		if err != nil || len(list) != 2 || list[0].Live != want || !list[1].Live {
			t.Errorf("%+v, %v", list, err)
		}
	}
	live(true)
	d.server.Close()
	e.clock.add(2 * time.Minute)
	if err := city.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	live(false)
}

// Whoever starts again knows which calls were answered, and refuses a replay.
func TestReplayAfterARestart(t *testing.T) {
	e := found(t, 1, nil)
	id := store.NewID(e.clock.now())
	fix := func(q *message.Request, _ *http.Request, _ *[]byte) { q.Call = id }
	if status, words := raw(t, e, fix, nil); status != 200 {
		t.Fatal(words)
	}
	if err := e.nodes[0].start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, _ := raw(t, e, fix, nil); status != 409 {
		t.Errorf("a replay after the start: %d", status)
	}
}
