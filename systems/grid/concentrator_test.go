package grid_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/systems/grid"
	"github.com/haihe-city/haihe/systems/grid/reread"
	"github.com/haihe-city/haihe/wire/dlt698"
)

const (
	near, far       = "200000000001", "200000000002" // concentrators
	mine, second    = "100000000001", "100000000002" // meters behind near
	theirs          = "100000000003"                 // a meter behind far
	strange         = "299999999999"                 // a concentrator that the archive does not know
	registerAtNine  = 1234_5678
	registerInKWh   = 1234.5678
	correctedInKWh  = 1234.5679
	slotNine        = 36 // 09:00
	slotQuarterPast = 37
)

func withTwo(t testing.TB, conf func(*grid.Config)) *room {
	r := open(t, conf)
	r.archive("dlt698", mine+","+near, second+","+near, theirs+","+far)
	return r
}

// TestLogin: a concentrator of the archive gets in and is shown; one that nobody knows is told so and shown the door.
func TestLogin(t *testing.T) {
	r := withTwo(t, nil)
	s := r.station(strange)
	if got := s.link(dlt698.Login); got.Code() != dlt698.LinkIllegal {
		t.Errorf("an unknown concentrator's login is answered %d", got.Code())
	}
	s.hungUp()
	f := r.wantRefused("concentrator 299999999999 is not in the archive")
	if f.Protocol != "dlt698" || f.Hex == "" || !strings.Contains(f.Peer, "127.0.0.1") || !strings.HasPrefix(f.Reason.Zh, "集中器 "+strange) {
		t.Errorf("refused: %+v", f)
	}

	silent := r.station(near)
	silent.put(silent.frame(dlt698.FromServer, silent.report(row(mine, slot(slotNine), 1))))
	r.wantRefused("nothing is taken before the login")
	if got := silent.link(dlt698.Heartbeat); got.Code() != dlt698.LinkIllegal {
		t.Errorf("a heartbeat from nobody is answered %d", got.Code())
	}
	silent.hungUp()

	on := r.station(near)
	if got := on.link(dlt698.Login); got != dlt698.LinkOK|dlt698.ClockTrusted {
		t.Fatalf("login: %d", got)
	}
	if got := on.link(dlt698.Heartbeat); got.Code() != dlt698.LinkOK {
		t.Errorf("heartbeat: %d", got.Code())
	}
	var list struct {
		Concentrators []struct {
			Address string
			Online  bool
			Meters  int
			Peer    string
		}
	}
	r.get("/api/grid/concentrators?state=online", &list)
	if len(list.Concentrators) != 1 || list.Concentrators[0].Address != near || list.Concentrators[0].Meters != 2 || list.Concentrators[0].Peer == "" {
		t.Errorf("online: %+v", list.Concentrators)
	}
	if got := on.link(dlt698.Logout); got.Code() != dlt698.LinkOK {
		t.Errorf("logout: %d", got.Code())
	}
	on.hungUp()
	r.until("the link to be gone", func() bool {
		r.get("/api/grid/concentrators?state=online", &list)
		return len(list.Concentrators) == 0
	})
	if n := len(r.samples()); n != 0 {
		t.Errorf("%d samples stored", n)
	}
}

// TestReport: rows are readable when they are acknowledged, and not acknowledged before they are safe; what comes again is counted
// and not stored again; a correction wins.
func TestReport(t *testing.T) {
	r := withTwo(t, nil)
	s := r.online(near)

	release := r.hold()
	n := s.report(row(mine, slot(slotNine), registerAtNine), row(second, slot(slotNine), 77_0000))
	s.put(s.frame(dlt698.FromServer, n))
	if f, err := s.next(300 * time.Millisecond); err != errLater {
		t.Fatalf("before the commit came %v %v", f, err)
	}
	release()
	s.acknowledged(n)
	r.wantSlot(mine, slotNine, "collected", registerInKWh)
	if d := r.day(mine).Slots[slotNine]; *d.PowerKW != 1.2345 || *d.VoltageV != 220.1 {
		t.Errorf("power %v, voltage %v", *d.PowerKW, *d.VoltageV)
	}
	r.wantSlot(mine, slotNine-1, "missing", 0)

	for range 3 { // in several frames, and twice in one
		s.send(row(mine, slot(slotNine), registerAtNine))
	}
	s.send(row(mine, slot(slotNine), registerAtNine), row(mine, slot(slotNine), registerAtNine))
	r.wantMetric(`readings_total{outcome="duplicate"}`, 5)
	r.wantMetric(`readings_total{outcome="stored"}`, 2)
	if got := r.samples(); len(got) != 2 {
		t.Errorf("%d samples stored: %v", len(got), got)
	}

	s.send(row(mine, slot(slotNine), registerAtNine+1))
	r.wantSlot(mine, slotNine, "collected", correctedInKWh)
	half := row(mine, slot(slotNine), registerAtNine+1)
	half.Power, half.Voltage = dlt698.None, dlt698.None
	s.send(half) // says less, and nothing else
	if d := r.day(mine).Slots[slotNine]; d.PowerKW == nil || *d.PowerKW != 1.2345 {
		t.Error("a repetition without power wiped the power")
	}
	r.wantMetric(`readings_total{outcome="corrected"}`, 1)
	r.wantMetric(`readings_total{outcome="duplicate"}`, 6)

	// thirty seconds off still is the slot, and takes the place of what stands there
	s.send(row(mine, slot(slotNine).Add(30*time.Second), registerAtNine+2))
	if got := r.samples(); len(got) != 2 || got[0].Values[0] != registerAtNine+2 || got[0].At != slot(slotNine).UnixMicro() {
		t.Errorf("samples of one slot: %v", got)
	}

	late := row(mine, slot(slotNine-96), 1200_0000) // of yesterday: a day late
	s.send(late)
	if c := r.coverage("2015-11-19"); c.City.Late != 1 || c.City.Missing != 3*96-1 {
		t.Errorf("yesterday: %+v", c.City)
	}
	for _, p := range []string{"/zh", "/en"} {
		if page := r.As("reader").Get(p + "/grid/meters/" + mine); page.Status != 200 || !strings.Contains(page.Body, "1234.5680") {
			t.Errorf("%s: the meter's page lacks its register (%d)", p, page.Status)
		}
	}
}

// TestForeignRows: a concentrator speaks for its own meters and in its own name.
func TestForeignRows(t *testing.T) {
	r := withTwo(t, nil)
	s := r.online(near)
	s.send(row(mine, slot(slotNine), 5), row(theirs, slot(slotNine), 666), row("100000000099", slot(slotNine), 667))
	r.wantRefused("2 rows of meters that the archive does not place behind this concentrator")
	if got := r.samples(); len(got) != 1 || got[0].Values[0] != 5 {
		t.Errorf("samples: %v", got)
	}
	other := *s
	other.sa, _ = dlt698.NewAddress(dlt698.Single, far)
	s.put(other.frame(dlt698.FromServer, other.report(row(theirs, slot(slotNine), 668))))
	r.wantRefused("the frame's address is not that of the concentrator that logged in")
	s.send(row(second, slot(slotNine), 6)) // the link lives on
	if got := r.samples(); len(got) != 2 {
		t.Errorf("samples: %v", got)
	}
}

// TestWrongClocks: a reading from the future, or from before there were meters, is refused and told; one beside the quarter hours
// is kept beside them and shown.
func TestWrongClocks(t *testing.T) {
	r := withTwo(t, nil)
	s := r.online(near)
	s.send(row(mine, slot(slotNine), 100), row(mine, hosttest.Start.Add(61*time.Minute), 200), row(mine, time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), 300))
	r.wantRefused("rows of a time that cannot be")
	r.wantMetric(`readings_total{outcome="wrong-time"}`, 2)
	if got := r.samples(); len(got) != 1 || got[0].Values[0] != 100 {
		t.Errorf("samples: %v", got)
	}
	s.send(row(second, slot(slotNine).Add(7*time.Minute), 400))
	r.wantMetric(`readings_total{outcome="off-slot"}`, 1)
	d := r.day(second)
	if len(d.Beside) != 1 || d.Beside[0].Time != "2015-11-20T09:07:00+08:00" || *d.Beside[0].EnergyKWh != 0.04 || d.Slots[slotNine].State != "missing" {
		t.Errorf("beside: %+v, slot %+v", d.Beside, d.Slots[slotNine])
	}
	for p, want := range map[string][]string{"/zh": {"时钟偏差", "不在整刻", "09:07:00"}, "/en": {"Clock off", "Beside the quarter hour", "09:07:00"}} {
		page := r.As("reader").Get(p + "/grid/meters/" + second).Body
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the meter's page lacks %q", p, w)
			}
		}
	}
	s.send(row(second, slot(slotNine).Add(7*time.Minute), 400))
	r.wantMetric(`readings_total{outcome="duplicate"}`, 1)
}

// TestGarbled changes every byte of a report in several ways, one after the other on one connection: nothing of it becomes a
// reading, all of it is counted and can be seen, and the rightly sent report gets through.
func TestGarbled(t *testing.T) {
	r := withTwo(t, nil)
	s := r.online(near)
	right := s.report(row(mine, slot(slotNine), registerAtNine), row(second, slot(slotNine), 77_0000))
	raw := s.frame(dlt698.FromServer, right)
	sent := 0
	for _, x := range []byte{0x01, 0x80, 0xFF} {
		for i := range raw {
			bad := slices.Clone(raw)
			bad[i] ^= x
			s.put(bad)
			sent++
			s.settle()
		}
	}
	s.put(raw)
	s.acknowledged(right)
	got := r.samples()
	if len(got) != 2 || got[0].Values[0] != registerAtNine || got[1].Values[0] != 77_0000 {
		t.Errorf("samples after the noise: %v", got)
	}
	if n := r.metric(`frames_total{outcome="refused",protocol="dlt698"}`); n < float64(sent) {
		t.Errorf("%d frames were garbled, %v refusals counted", sent, n)
	}
	list := r.refused()
	if len(list) < sent || len(list) > refusedShown {
		t.Fatalf("%d refusals listed of %d garbled frames", len(list), sent)
	}
	for _, f := range list {
		if f.Reason.Zh == "" || f.Reason.En == "" || f.Clause == "" || f.Hex == "" {
			t.Fatalf("a refusal without reason, clause or bytes: %+v", f)
		}
	}
	if shown := r.pageRows("/zh/grid/refused", "f-"); len(shown) < sent {
		t.Errorf("%d refusals on the pages", len(shown))
	}
	t.Logf("%d garbled frames, %v refusals, 0 wrong readings", sent, r.metric(`frames_total{outcome="refused",protocol="dlt698"}`))
}

const refusedShown = 1000

// settle sends heartbeats until one is answered: a frame whose length was changed swallows what follows it.
func (s *station) settle() {
	s.t.Helper()
	for {
		s.put(s.frame(dlt698.LinkFromServer, dlt698.LinkRequest{PIID: s.number(), Kind: dlt698.Heartbeat, Period: 60, Time: dlt698.At(hosttest.Start)}))
		if _, err := s.next(100 * time.Millisecond); err == nil {
			break
		} else if err != errLater {
			s.t.Fatalf("the link did not outlive the noise: %v", err)
		}
	}
	for { // answers to those that were given up
		if _, err := s.next(time.Millisecond); err != nil {
			return
		}
	}
}

// TestSegments: a report in pieces is put together, each piece confirmed; a piece out of order is refused.
func TestSegments(t *testing.T) {
	r := withTwo(t, nil)
	s := r.online(near)
	n := s.report(row(mine, slot(slotNine), registerAtNine), row(second, slot(slotNine), 77_0000))
	body, err := dlt698.APDU{Body: n}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	pieces := dlt698.Split(body, 40)
	if len(pieces) < 3 {
		t.Fatalf("%d pieces", len(pieces))
	}
	put := func(p dlt698.Segment) {
		raw, err := dlt698.Frame{Control: dlt698.FromServer | 0x20, Server: s.sa, Data: p.Append(nil)}.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		s.put(raw)
	}
	for i, p := range pieces {
		put(p)
		if i == len(pieces)-1 {
			break
		}
		f, err := s.next(time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		c, err := dlt698.ParseSegment(f.Data)
		if err != nil || !f.Control.Segmented() || c.Kind != dlt698.Confirm || c.Seq != p.Seq {
			t.Fatalf("piece %d is answered %+v %v", i, c, err)
		}
	}
	s.acknowledged(n)
	r.wantSlot(mine, slotNine, "collected", registerInKWh)
	put(pieces[0])
	if _, err := s.next(time.Minute); err != nil {
		t.Fatal(err)
	}
	put(pieces[2])
	r.until("the piece to be refused", func() bool { return len(r.refused()) == 1 })
}

// TestTakeOver: a concentrator that connects again has lost its old connection, which is ended.
func TestTakeOver(t *testing.T) {
	r := withTwo(t, nil)
	old := r.online(near)
	now := r.online(near)
	old.hungUp()
	now.send(row(mine, slot(slotNine), 1))
	if n := r.metric("concentrators_online"); n > 1 {
		t.Errorf("%v online", n)
	}
	var list struct {
		Concentrators []struct{ Address, Peer string }
	}
	r.get("/api/grid/concentrators?state=online", &list)
	if len(list.Concentrators) != 1 || list.Concentrators[0].Peer != now.conn.LocalAddr().String() {
		t.Errorf("online: %+v", list)
	}
}

// TestMaxLinks: more connections than allowed are turned away, and one that ends makes room.
func TestMaxLinks(t *testing.T) {
	r := withTwo(t, func(c *grid.Config) { c.MaxLinks = 2 })
	a, b := r.online(near), r.online(far)
	c := r.station(near)
	c.hungUp()
	r.wantMetric(`frames_total{outcome="turned-away",protocol="dlt698"}`, 1)
	b.send(row(theirs, slot(slotNine), 1))
	if a.conn.Close() != nil {
		t.Fatal("close")
	}
	r.until("room to be made", func() bool {
		s := r.station(near)
		s.put(s.frame(dlt698.LinkFromServer, dlt698.LinkRequest{PIID: 1, Kind: dlt698.Login, Period: 60, Time: dlt698.At(hosttest.Start)}))
		_, err := s.next(time.Minute)
		return err == nil
	})
}

// TestOrders: what is missing is asked for and taken, whether the answer comes in blocks or in segments.
func TestOrders(t *testing.T) {
	r := withTwo(t, nil)
	s := r.online(near)
	done := make(chan reread.Order)
	go func() { done <- r.order(map[string]any{"meters": []string{mine}}) }()
	q, ok := s.answer().(dlt698.GetRequest)
	if !ok || q.Kind != dlt698.Record && q.Kind != dlt698.RecordList || len(q.Records) != 1 {
		t.Fatalf("asked: %+v", q)
	}
	rec := func(k int) []dlt698.ResultRecord {
		rec, err := dlt698.CurveRecord(dlt698.MinuteFreeze, true, []dlt698.CurveRow{row(mine, slot(k), int64(k)*10_000)})
		if err != nil {
			t.Fatal(err)
		}
		return []dlt698.ResultRecord{rec}
	}
	for block := uint16(1); block <= 3; block++ {
		s.put(s.frame(dlt698.ToClient, dlt698.GetResponse{PIID: q.PIID, Kind: dlt698.Next, Block: block, Last: block == 3, Part: 2, Records: rec(int(block))}))
		if block == 3 {
			break
		}
		n, ok := s.answer().(dlt698.GetRequest)
		if !ok || n.Kind != dlt698.Next || n.Block != block {
			t.Fatalf("after block %d: %+v", block, n)
		}
	}
	o := <-done
	if o.State != "done" || o.Done != 1 || o.Failed != 0 || o.By == "" {
		t.Errorf("order: %+v", o)
	}
	for k := 1; k <= 3; k++ {
		r.wantSlot(mine, k, "collected", float64(k))
	}
	x := r.results(o.ID)
	if len(x) != 1 {
		t.Fatalf("%d results of one meter", len(x))
	}
	if first := x[0]; first.Address != mine || first.State != reread.Partial || first.Gaps-first.Still != 3 {
		t.Errorf("the meter's result: %+v", x[0])
	}

	go func() { done <- r.order(map[string]any{"meters": []string{second}}) }()
	q, _ = s.answer().(dlt698.GetRequest)
	all, err := dlt698.CurveRecord(dlt698.MinuteFreeze, true, []dlt698.CurveRow{row(second, slot(1), 10_000), row(second, slot(2), 20_000), row(second, slot(3), 30_000)})
	if err != nil {
		t.Fatal(err)
	}
	body, err := dlt698.APDU{Body: dlt698.GetResponse{PIID: q.PIID, Kind: q.Kind, Records: []dlt698.ResultRecord{all}}}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	pieces := dlt698.Split(body, 50)
	for i, p := range pieces {
		raw, err := dlt698.Frame{Control: dlt698.ToClient | 0x20, Server: s.sa, Client: 1, Data: p.Append(nil)}.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		s.put(raw)
		if i < len(pieces)-1 {
			if f, err := s.next(time.Minute); err != nil || !f.Control.Segmented() {
				t.Fatalf("piece %d: %v", i, err)
			}
		}
	}
	if o := <-done; o.State != "done" || o.Done != 1 {
		t.Errorf("order: %+v", o)
	}
	r.wantSlot(second, 3, "collected", 3)

	// a link that breaks in the middle of an order answers it
	go func() { done <- r.order(map[string]any{"meters": []string{mine, second}}) }()
	s.answer()
	if s.conn.Close() != nil {
		t.Fatal("close")
	}
	if o := <-done; o.Done != 0 || o.Failed != 2 {
		t.Errorf("order on a broken link: %+v", o)
	}
	if o = r.order(map[string]any{"meters": []string{theirs}}); o.Failed != 1 || !strings.Contains(o.Note, "offline") {
		t.Errorf("order to a concentrator that is offline: %+v", o)
	}
	if x := r.results(o.ID); len(x) != 1 || x[0].State != reread.Offline || x[0].Gaps != x[0].Still {
		t.Errorf("results of a concentrator that is offline: %+v", x)
	}
}

// results are those of an order, which its page shows too.
func (r *room) results(id string) []reread.Result {
	r.t.Helper()
	var one struct{ Results []reread.Result }
	r.get("/api/grid/rereads/"+id, &one)
	page := r.As("reader").Get("/zh/grid/rereads/" + id)
	for _, x := range one.Results {
		if page.Status != 200 || !strings.Contains(page.Body, x.Address) {
			r.t.Errorf("the order's page (%d) does not show meter %s", page.Status, x.Address)
		}
	}
	return one.Results
}
