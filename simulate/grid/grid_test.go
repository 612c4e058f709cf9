package grid

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/wire/dlt698"
)

func TestArchiveIsDeterministicAndExact(t *testing.T) {
	o := Options{Meters: 20_000, Seed: 7}
	a, err := Archive(o)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := Archive(Options{Meters: 20_000, Seed: 7, From: time.Unix(1, 0), Faults: Faults{Dead: 1}})
	if len(a) != 20_000 || len(b) != len(a) {
		t.Fatalf("%d and %d meters", len(a), len(b))
	}
	seen := map[string]bool{}
	kinds := map[Kind]int{}
	var gateways int
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("meter %d differs: %+v, %+v", i, a[i], b[i])
		}
		if seen[a[i].Address] || len(a[i].Address) != 12 || len(a[i].Concentrator) != 12 {
			t.Fatalf("meter %d: address %s behind %s", i, a[i].Address, a[i].Concentrator)
		}
		seen[a[i].Address] = true
		kinds[a[i].Kind]++
		if a[i].Protocol == DLT645 {
			gateways++
		}
	}
	if kinds[Residential] < 16_500 || kinds[Agriculture] < 200 || gateways == 0 || gateways > 3000 {
		t.Errorf("kinds %v, behind gateways %d", kinds, gateways)
	}
	other, _ := Archive(Options{Meters: 20_000, Seed: 8})
	if other[0] == a[0] && other[1] == a[1] && other[2] == a[2] {
		t.Error("another seed gives the same meters")
	}
	var out bytes.Buffer
	small, err := NewCity(Options{Meters: 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := small.WriteArchive(&out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 11 || strings.Join(rows[0], ",") != "address,district,feeder,concentrator,category,protocol,installed" {
		t.Errorf("%v %v", rows, err)
	}
}

// TestRegisters: no register runs backwards, power is the register's difference, and a year of a home is the energy of a home.
func TestRegisters(t *testing.T) {
	c, err := NewCity(Options{Meters: 200, PerConcentrator: 50})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2015, 10, 30, 0, 0, 0, 0, China())
	for i := range c.Meters() {
		m := &c.Meters()[i]
		last := c.Register(m, start.Add(-Slot))
		for k := range 96 * 10 {
			at := start.Add(time.Duration(k) * Slot)
			r := c.Register(m, at)
			if r < last {
				t.Fatalf("meter %s runs backwards at %v: %d after %d", m.Address, at, r, last)
			}
			if p := c.Power(m, at); p != (r-last)*4 {
				t.Fatalf("meter %s at %v: power %d, energy %d", m.Address, at, p, r-last)
			}
			if v := c.Voltage(m, at); v < 2100 || v > 2300 {
				t.Fatalf("voltage %d", v)
			}
			last = r
		}
		if last > 999_999_9999 {
			t.Errorf("meter %s shows %d, more than its register holds", m.Address, last)
		}
		year := c.Register(m, start.AddDate(1, 0, 0)) - c.Register(m, start)
		if m.Kind == Residential && (year < 300_0000 || year > 20_000_0000) {
			t.Errorf("meter %s: a home that takes %d kWh a year", m.Address, year/10000)
		}
	}
}

// headend is a small server for the tests: it keeps what arrives and acknowledges it.
type headend struct {
	mu      sync.Mutex
	rows    map[string]map[int64]dlt698.CurveRow // by meter and slot
	twice   int
	refused int
	missing map[string]bool
	conns   map[net.Conn]dlt698.Address
	answers chan dlt698.GetResponse
}

func listen(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			all.Go(func() { serve(c); _ = c.Close() })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return l.Addr().String()
}

func (h *headend) serve(c net.Conn) {
	var s dlt698.Scanner
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		s.Feed(buf[:n])
		for {
			it, ok := s.Next()
			if !ok {
				break
			}
			if it.Refused != nil {
				h.mu.Lock()
				h.refused++
				h.mu.Unlock()
				continue
			}
			if err := h.frame(c, it.Frame); err != nil {
				return
			}
		}
	}
}

func (h *headend) frame(c net.Conn, f dlt698.Frame) error {
	a, err := dlt698.ParseAPDU(f.Data)
	if err != nil {
		return err
	}
	var answer dlt698.Body
	control := dlt698.ToServer
	switch b := a.Body.(type) {
	case dlt698.LinkRequest:
		answer, control = dlt698.AnswerLink(b, dlt698.LinkOK, b.Time, b.Time), dlt698.LinkToServer
		h.mu.Lock()
		h.conns[c] = f.Server
		h.mu.Unlock()
	case dlt698.ReportNotification:
		h.keep(b.Records)
		answer = dlt698.Acknowledge(b)
	case dlt698.GetResponse:
		h.answers <- b
		return nil
	}
	raw, err := frame(nil, f.Server, control, f.Client, dlt698.APDU{Body: answer})
	if err != nil {
		return err
	}
	_, err = c.Write(raw)
	return err
}

func (h *headend) keep(recs []dlt698.ResultRecord) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, rec := range recs {
		rows, refused := dlt698.Curves(rec, "")
		h.refused += len(refused)
		for _, r := range rows {
			if r.Quality == dlt698.Missing {
				h.missing[r.Meter+r.Time.String()] = true
				continue
			}
			if h.rows[r.Meter] == nil {
				h.rows[r.Meter] = map[int64]dlt698.CurveRow{}
			}
			if _, ok := h.rows[r.Meter][slotOf(r.Time)]; ok {
				h.twice++
			}
			h.rows[r.Meter][slotOf(r.Time)] = r
		}
	}
}

func newHeadend() *headend {
	return &headend{rows: map[string]map[int64]dlt698.CurveRow{}, conns: map[net.Conn]dlt698.Address{}, answers: make(chan dlt698.GetResponse, 16), missing: map[string]bool{}}
}

// TestBackFill: everything but what is kept back or dead arrives, with the values of the city, whatever faults are made; and
// the truth names every fault.
func TestBackFill(t *testing.T) {
	h := newHeadend()
	now := time.Date(2015, 11, 3, 10, 7, 0, 0, China())
	var truth bytes.Buffer
	var last Stats
	o := Options{
		Feeds: Feeds{DLT698: listen(t, h.serve)}, Meters: 600, PerConcentrator: 120, Share645: -1, Districts: []District{{Code: "120101", Weight: 1}, {Code: "120116", Weight: 2}},
		Clock: func() time.Time { return now }, From: now.Add(-2 * time.Hour), To: now, HoldBack: 5, Truth: &truth,
		Faults:   Faults{Dead: 0.02, Drift: 0.02, Duplicate: 0.1, Garbled: 0.1, Late: 0.2},
		Progress: func(s Stats) { last = s },
	}
	c, err := NewCity(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := c.Run(ctx); err != nil || ctx.Err() != nil {
		t.Fatal(err, ctx.Err())
	}
	faults := map[fault.Kind]map[string]int{}
	for dec := json.NewDecoder(&truth); ; {
		var x Truth
		if err := dec.Decode(&x); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if faults[x.Kind] == nil {
			faults[x.Kind] = map[string]int{}
		}
		faults[x.Kind][x.Meter]++
	}
	for _, k := range []fault.Kind{fault.Dead, fault.Clock, fault.Held, fault.Duplicate, fault.Garbled, fault.Late} {
		if len(faults[k]) == 0 {
			t.Errorf("no fault of kind %s", k)
		}
	}
	if len(faults[fault.Held]) != 5 {
		t.Errorf("%d meters kept back, want 5", len(faults[fault.Held]))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refused == 0 || h.twice == 0 || len(h.missing) != 8*len(faults[fault.Dead]) {
		t.Errorf("refused %d, twice %d, missing %d", h.refused, h.twice, len(h.missing))
	}
	for i := range c.Meters() {
		m := &c.Meters()[i]
		got := h.rows[m.Address]
		if faults[fault.Dead][m.Address]+faults[fault.Held][m.Address] > 0 {
			if len(got) != 0 {
				t.Errorf("meter %s gave %d readings, want none", m.Address, len(got))
			}
			continue
		}
		if len(got) != 8 {
			t.Fatalf("meter %s gave %d slots, want 8", m.Address, len(got))
		}
		for slot, r := range got {
			off := r.Time.Sub(slotTime(slot))
			if (off != 0) != (faults[fault.Clock][m.Address] > 0) || r.Energy != c.Register(m, slotTime(slot)) {
				t.Errorf("meter %s slot %v: off by %v, energy %d", m.Address, slotTime(slot), off, r.Energy)
			}
		}
	}
	if last.RowsAcked != int64(8*(len(c.Meters())-5)) || last.Behind != 0 || last.Connected != 0 {
		t.Errorf("stats %+v", last)
	}
}

// TestReread: what was kept back comes when it is asked for, also in blocks.
func TestReread(t *testing.T) {
	h := newHeadend()
	now := time.Date(2015, 11, 3, 10, 7, 0, 0, China())
	o := Options{Feeds: Feeds{DLT698: listen(t, h.serve)}, Meters: 100, PerConcentrator: 100, Share645: -1,
		Districts: []District{{Code: "120101", Weight: 1}}, Clock: func() time.Time { return now }, From: now.Add(-time.Hour)}
	c, err := NewCity(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var run sync.WaitGroup
	run.Go(func() { _ = c.Run(ctx) })
	defer run.Wait()
	defer cancel()
	var conn net.Conn
	var sa dlt698.Address
	for conn == nil {
		h.mu.Lock()
		for k, v := range h.conns {
			conn, sa = k, v
		}
		h.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	meters := []string{c.Meters()[3].Address, c.Meters()[77].Address, "199999999999"}
	day := time.Date(2015, 11, 2, 0, 0, 0, 0, China())
	q, err := dlt698.CurveRequest(5, dlt698.MinuteFreeze, true, meters, day, day.AddDate(0, 0, 1), dlt698.TI{Unit: dlt698.Minute, Count: 15})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for block := 0; ; block++ {
		raw, err := frame(nil, sa, dlt698.FromClient, 1, dlt698.APDU{Body: q})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(raw); err != nil {
			t.Fatal(err)
		}
		r := <-h.answers
		if r.Kind != dlt698.Next || r.Part != 2 || int(r.Block) != block+1 {
			t.Fatalf("answer %+v", r)
		}
		for _, rec := range r.Records {
			rows, refused := dlt698.Curves(rec, "")
			if len(refused) > 0 {
				t.Fatal(refused)
			}
			for _, row := range rows {
				seen[row.Meter]++
				if want := c.Register(c.byAddress(row.Meter), row.Time); row.Energy != want {
					t.Errorf("%s %v: %d, want %d", row.Meter, row.Time, row.Energy, want)
				}
			}
		}
		if r.Last {
			break
		}
		q = dlt698.GetRequest{PIID: 5, Kind: dlt698.Next, Block: r.Block}
	}
	if len(seen) != 2 || seen[meters[0]] != 96 || seen[meters[1]] != 96 {
		t.Errorf("rows by meter: %v", seen)
	}
}

func (c *City) byAddress(a string) *Meter {
	for i := range c.Meters() {
		if c.Meters()[i].Address == a {
			return &c.Meters()[i]
		}
	}
	return nil
}

// TestGateway polls a gateway as a server does: its address, a voltage block, an energy, a day of load records in following frames.
func TestGateway(t *testing.T) {
	now := time.Date(2015, 11, 3, 10, 7, 0, 0, China())
	polled := make(chan error, 1)
	o := Options{Meters: 10, PerConcentrator: 10, Share645: 1, Districts: []District{{Code: "120101", Weight: 1}}, Clock: func() time.Time { return now }}
	c, err := NewCity(o)
	if err != nil {
		t.Fatal(err)
	}
	c.opt.Feeds.DLT645 = listen(t, func(conn net.Conn) {
		select {
		case polled <- poll(conn, c):
		default:
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { _ = c.Run(ctx) })
	defer run.Wait()
	defer cancel()
	if err := <-polled; err != nil {
		t.Error(err)
	}
}
