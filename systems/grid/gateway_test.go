package grid_test

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/systems/grid"
	"github.com/haihe-city/haihe/wire/dlt645"
)

const gatewayAddress = "300000000001"

// gateway is a DL/T 645 gateway in a test's hands: it answers for the meters that it has, as it is told to.
type gateway struct {
	t    testing.TB
	conn net.Conn

	mu      sync.Mutex
	answers map[string]func(asked int, m dlt645.Message) (answer dlt645.Message, garble bool) // by meter; nil answer: silence
	asked   map[string]int
	from    map[string][]time.Time // of the load records that were asked for
}

// load answers with records of one meter; register in 0.01 kWh by slot.
func load(t testing.TB, from time.Time, n int, register func(k int) int64, drift time.Duration) []byte {
	var data []byte
	for i := range n {
		at := from.Add(time.Duration(i) * 15 * time.Minute)
		k := int(at.Sub(slot(0)) / (15 * time.Minute))
		rec, err := dlt645.NewLoad(at.Add(drift), map[dlt645.DI]int64{0x00010000: register(k), 0x02010100: 2198, 0x02030000: 5_0000})
		if err == nil {
			data, err = rec.Append(data)
		}
		if err != nil {
			t.Error(err)
		}
	}
	return data
}

func (r *room) gateway(answers map[string]func(int, dlt645.Message) (dlt645.Message, bool)) *gateway {
	g := &gateway{t: r.t, conn: r.dial("dlt645"), answers: answers, asked: map[string]int{}, from: map[string][]time.Time{}}
	var running sync.WaitGroup
	running.Go(g.run)
	r.t.Cleanup(func() {
		g.conn.Close()
		running.Wait()
	})
	return g
}

func (g *gateway) run() {
	var sc dlt645.Scanner
	buf := make([]byte, 1024)
	for {
		it, ok := sc.Next()
		if !ok {
			n, err := g.conn.Read(buf)
			if err != nil {
				return
			}
			sc.Feed(buf[:n])
			continue
		}
		if it.Refused != nil {
			g.t.Errorf("the head-end sent what cannot be read: %v", it.Refused)
			return
		}
		if err := g.serve(it.Frame); err != nil {
			return
		}
	}
}

func (g *gateway) serve(f dlt645.Frame) error {
	m, err := dlt645.Decode(f)
	if err != nil {
		g.t.Error(err)
		return err
	}
	own, _ := dlt645.NewAddress(gatewayAddress)
	if _, ok := m.(dlt645.AskAddress); ok && f.Addr == dlt645.AnyMeter {
		return g.put(own, dlt645.AddressAnswer{Addr: own}, false)
	}
	g.mu.Lock()
	name := f.Addr.String()
	g.asked[name]++
	n, answer := g.asked[name], g.answers[name]
	if q, ok := m.(dlt645.Read); ok {
		g.from[name] = append(g.from[name], q.From)
	}
	g.mu.Unlock()
	if answer == nil {
		return nil
	}
	a, garble := answer(n, m)
	if a == nil {
		return nil
	}
	return g.put(f.Addr, a, garble)
}

func (g *gateway) put(addr dlt645.Address, m dlt645.Message, garble bool) error {
	raw, err := dlt645.Encode(addr, m).Append(nil)
	if err != nil {
		g.t.Error(err)
		return err
	}
	if garble {
		raw[len(raw)/2] ^= 0x04
	}
	_, err = g.conn.Write(raw)
	return err
}

func (g *gateway) count(meter string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked[meter]
}

// TestGateway: the gateway is asked who it is, the gaps of its meters are read by load records with their following frames; a
// meter that has none, says nothing or is garbled costs nobody else anything.
func TestGateway(t *testing.T) {
	const plain, none, silent, noisy, drifting = "300000000011", "300000000012", "300000000013", "300000000014", "300000000015"
	r := open(t, func(c *grid.Config) { c.Answer645, c.Poll645 = 500*time.Millisecond, time.Second })
	r.archive("dlt645", plain+","+gatewayAddress, none+","+gatewayAddress, silent+","+gatewayAddress, noisy+","+gatewayAddress, drifting+","+gatewayAddress)
	register := func(k int) int64 { return 100_00 + int64(k) } // 0.01 kWh
	following := map[dlt645.DI][]dlt645.AnswerNext{}
	follows := 0
	read := func(m dlt645.Message, drift time.Duration) dlt645.Message {
		switch q := m.(type) {
		case dlt645.Read:
			if q.DI == dlt645.PowerDowns { // these meters keep no record of their supply
				return dlt645.Failure{Function: dlt645.ReadData, Word: dlt645.NoData}
			}
			if q.DI != dlt645.LoadFrom || q.Blocks == 0 || q.From.IsZero() {
				t.Errorf("asked for %+v", q)
			}
			first, rest := dlt645.SplitAnswer(q.DI, load(t, q.From, int(q.Blocks), register, drift))
			following[q.DI] = rest
			return first
		case dlt645.ReadNext:
			follows++
			for _, a := range following[q.DI] {
				if a.Seq == q.Seq {
					return a
				}
			}
		}
		return dlt645.Failure{Function: dlt645.ReadData, Word: dlt645.NoData}
	}
	g := r.gateway(map[string]func(int, dlt645.Message) (dlt645.Message, bool){
		plain: func(_ int, m dlt645.Message) (dlt645.Message, bool) { return read(m, 0), false },
		none: func(int, dlt645.Message) (dlt645.Message, bool) {
			return dlt645.Failure{Function: dlt645.ReadData, Word: dlt645.NoData}, false
		},
		noisy:    func(n int, m dlt645.Message) (dlt645.Message, bool) { return read(m, 0), n == 1 },
		drifting: func(_ int, m dlt645.Message) (dlt645.Message, bool) { return read(m, 4*time.Minute), false },
	})
	r.until("the gateway's meters to be read", func() bool {
		c := r.coverage("2015-11-20")
		return c.City.Complete == 2 && g.count(silent) > 0
	})
	for _, meter := range []string{plain, noisy} {
		for k := range 38 {
			r.wantSlot(meter, k, "collected", float64(register(k))/100)
		}
	}
	if follows == 0 {
		t.Error("no following frame was asked for")
	}
	if d := r.day(plain).Slots[20]; *d.PowerKW != 5 || *d.VoltageV != 219.8 {
		t.Errorf("power %v, voltage %v", *d.PowerKW, *d.VoltageV)
	}
	for _, meter := range []string{none, silent} {
		r.wantSlot(meter, 20, "missing", 0)
	}
	if d := r.day(drifting); len(d.Beside) == 0 || d.Slots[20].State != "missing" {
		t.Errorf("drifting: %d beside, slot %s", len(d.Beside), d.Slots[20].State)
	}
	r.wantRefused("") // the garbled answer
	if f := r.refused(); len(f) == 0 || f[0].Protocol != "dlt645" || f[0].Clause == "" || !strings.HasPrefix(f[0].Peer, gatewayAddress+" ") {
		t.Errorf("refused: %+v", f)
	}
	// a slot that falls due is asked for by itself, and nothing that is there already
	g.mu.Lock()
	g.from[plain] = nil
	g.mu.Unlock()
	r.Clock.Advance(15 * time.Minute)
	r.until("the new slot", func() bool { return r.day(plain).Slots[39].State == "collected" })
	g.mu.Lock()
	for _, from := range g.from[plain] {
		if from.Before(slot(38)) && from.After(slot(0)) {
			t.Errorf("what is there is asked for again: %v", from)
		}
	}
	g.mu.Unlock()
	if o := r.order(map[string]any{"meters": []string{none, plain}}); o.State != "done" || o.Failed != 1 || o.Done != 1 { // one has nothing, of the other nothing is missing
		t.Errorf("order: %+v", o)
	}
	if err := g.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
	r.until("the gateway to be offline", func() bool {
		var list struct{ Concentrators []struct{ Online bool } }
		r.get("/api/grid/concentrators?state=online", &list)
		return len(list.Concentrators) == 0
	})
}

// TestGatewayNobodyKnows: a gateway outside the archive is told of and hung up on.
func TestGatewayNobodyKnows(t *testing.T) {
	r := open(t, nil)
	r.archive("dlt698", mine+","+near)
	r.gateway(nil)
	f := r.wantRefused("gateway 300000000001 is not in the archive")
	if f.Clause != "7.4" {
		t.Errorf("clause %q", f.Clause)
	}
}
