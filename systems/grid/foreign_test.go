package grid_test

import (
	"net"
	"testing"
	"time"

	simulate "github.com/haihe-city/haihe/simulate/grid"
	"github.com/haihe-city/haihe/systems/grid"
	"github.com/haihe-city/haihe/wire/dlms"
	"github.com/haihe-city/haihe/wire/qgdw1376"
)

// foreign opens the doors of the other protocols.
func foreign(c *grid.Config) {
	c.QGDW1376, c.DLMS = "127.0.0.1:0", "127.0.0.1:0"
	c.Poll645, c.Answer645 = time.Second, 500*time.Millisecond
}

// TestForeignProtocols: a city whose stations speak DL/T 698.45, Q/GDW 1376.1 and DLMS reports, is polled and is read again over TCP;
// every register is the simulated one, and frames that were spoilt on the way are refused and listed.
func TestForeignProtocols(t *testing.T) {
	const meters, back, due = 1500, 40, 6
	r := open(t, foreign)
	r.Clock.Set(slot(due).Add(5 * time.Minute))
	var told truth
	city := r.simulation(simulate.Options{Meters: meters, PerConcentrator: 30, Share645: -1, Share1376: 0.4, ShareDLMS: 0.5, HoldBack: back, Truth: &told, From: slot(0),
		Faults: simulate.Faults{Garbled: 0.02}})
	kinds := map[simulate.Protocol]int{}
	for _, m := range city.Meters() {
		kinds[m.Protocol]++
	}
	if kinds[simulate.QGDW1376] < 200 || kinds[simulate.DLMS] < 200 || kinds[simulate.DLT698] < 200 {
		t.Fatalf("meters by protocol: %v", kinds)
	}
	r.until("all but those that are kept back", func() bool { return r.coverage("").City.Complete == meters-back })
	r.until("the order", func() bool {
		o := r.order(map[string]any{})
		return o.State == "done" && o.Done == back
	})
	if c := r.coverage(""); c.City.Complete != meters || c.City.Missing != 0 {
		t.Errorf("after the re-read: %+v", c.City)
	}
	checked := map[simulate.Protocol]int{}
	for i := range city.Meters() {
		m := &city.Meters()[i]
		if checked[m.Protocol] == 5 {
			continue
		}
		checked[m.Protocol]++
		d := r.day(m.Address)
		for k := range due {
			register := city.Register(m, slot(k))
			if m.Protocol == simulate.QGDW1376 {
				register = register / 100 * 100 // its curve tells 0.01 kWh
			}
			r.wantSlot(m.Address, k, "collected", float64(register)/1e4)
			if s := d.Slots[k]; s.VoltageV == nil || *s.VoltageV != float64(city.Voltage(m, slot(k)))/10 {
				t.Errorf("%s %s slot %d: voltage %v", m.Protocol, m.Address, k, s.VoltageV)
			}
		}
	}
	spoilt := map[string]int{}
	for _, f := range r.refused() {
		if f.Clause == "" || f.Hex == "" {
			t.Errorf("refused without reason: %+v", f)
		}
		spoilt[f.Protocol]++
	}
	if spoilt["qgdw1376"] == 0 || spoilt["dlms"] == 0 {
		t.Errorf("refused by protocol: %v", spoilt)
	}
	t.Logf("meters %v, refused %v", kinds, spoilt)
}

// TestForeignStrangers: a terminal and a gateway that the archive does not know are told of and shown the door; data before the login are
// not taken.
func TestForeignStrangers(t *testing.T) {
	r := open(t, foreign)
	r.archive("qgdw1376", mine+",000010100001")
	conn := r.dial("qgdw1376")
	a, err := qgdw1376.NewAddress("000010100002")
	if err != nil {
		t.Fatal(err)
	}
	curve := qgdw1376.Curve{From: slot(3), Density: qgdw1376.Quarter, Values: []int64{1}}
	put1376(t, conn, qgdw1376.Report, a, qgdw1376.Say(qgdw1376.AFNClass2, 1, true, qgdw1376.Unit{Point: 1, F: qgdw1376.EnergyCurve, Data: curve}))
	r.wantRefused("nothing is taken before the login")
	put1376(t, conn, qgdw1376.Link, a, qgdw1376.Say(qgdw1376.AFNLink, 2, true, qgdw1376.Unit{F: 1}))
	r.wantRefused("terminal 000010100002 is not in the archive")
	if m := get1376(t, conn); m.Units[0].F != 2 || m.Seq != 2 {
		t.Errorf("a stranger's login is answered %+v", m)
	}
	gone(t, conn)
	if n := len(r.samples()); n != 0 {
		t.Errorf("%d samples of a stranger", n)
	}
	dial := r.dial("dlms")
	answerDLMS(t, dial, dlms.Accept(0, dlms.InitiateResponse{Version: 6, MaxAPDU: 100}))
	id := dlms.Octets([]byte("XYZ499999999999"))
	answerDLMS(t, dial, dlms.GetResponse{Kind: dlms.Normal, Invoke: 0xC1, Results: []dlms.Result{{Value: &id}}})
	r.wantRefused("gateway 499999999999 is not in the archive")
	gone(t, dial)
}

// TestTerminalSpeaksForItsOwn: a terminal whose table names a meter of another is not believed; its own rows are taken and confirmed.
func TestTerminalSpeaksForItsOwn(t *testing.T) {
	const own, other = "000010100001", "000010100002"
	r := open(t, foreign)
	r.archive("qgdw1376", mine+","+own, second+","+own, theirs+","+other)
	conn := r.dial("qgdw1376")
	a, err := qgdw1376.NewAddress(own)
	if err != nil {
		t.Fatal(err)
	}
	put1376(t, conn, qgdw1376.Link, a, qgdw1376.Say(qgdw1376.AFNLink, 1, true, qgdw1376.Unit{F: 1}))
	if m := get1376(t, conn); m.Units[0].F != 1 {
		t.Fatalf("login: %+v", m)
	}
	ask := get1376(t, conn)
	if q, ok := ask.Units[0].Data.(qgdw1376.MetersAsk); !ok || len(q.Numbers) != 2 {
		t.Fatalf("table: %+v", ask)
	}
	// a report that comes before the table is known waits for it
	unit := func(p uint16, v int64) qgdw1376.Unit {
		return qgdw1376.Unit{Point: p, F: qgdw1376.EnergyCurve, Data: qgdw1376.Curve{From: slot(3), Density: qgdw1376.Quarter, Values: []int64{v, qgdw1376.None, v + 1}}}
	}
	put1376(t, conn, qgdw1376.Report, a, qgdw1376.Say(qgdw1376.AFNClass2, 7, true, unit(1, 1000), unit(2, 2000), unit(3, 3000)))
	line := func(n uint16, meter string) qgdw1376.MeterLine {
		return qgdw1376.MeterLine{Number: n, Point: n, Protocol: 30, Address: meter, Collector: "000000000000"}
	}
	put1376(t, conn, qgdw1376.Answer, a, qgdw1376.Say(qgdw1376.AFNQuery, ask.Seq, false, qgdw1376.Unit{F: 10, Data: qgdw1376.Meters{Lines: []qgdw1376.MeterLine{line(1, mine), line(2, theirs)}}}))
	if m := get1376(t, conn); m.AFN != qgdw1376.AFNConfirm || m.Units[0].F != 1 || m.Seq != 7 {
		t.Fatalf("report: %+v", m)
	}
	r.wantSlot(mine, 3, "collected", 10)
	r.wantSlot(mine, 4, "missing", 0)
	r.wantSlot(mine, 5, "collected", 10.01)
	r.wantSlot(theirs, 3, "missing", 0)
	r.wantRefused("2 measuring points whose meters")
}

func put1376(t *testing.T, conn net.Conn, c qgdw1376.Control, a qgdw1376.Address, m qgdw1376.Message) {
	t.Helper()
	f, err := qgdw1376.Encode(c, a, m)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := f.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(raw); err != nil {
		t.Fatal(err)
	}
}

// get1376 reads one message, byte by byte so that nothing of the next is lost.
func get1376(t *testing.T, conn net.Conn) qgdw1376.Message {
	t.Helper()
	var raw []byte
	for one := make([]byte, 1); ; {
		if _, err := conn.Read(one); err != nil {
			t.Fatal(err)
		}
		raw = append(raw, one[0])
		if f, _, err := qgdw1376.Parse(raw); err == nil {
			m, err := qgdw1376.Decode(f)
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
	}
}

// answerDLMS waits for a question and answers it.
func answerDLMS(t *testing.T, conn net.Conn, a dlms.APDU) {
	t.Helper()
	var raw []byte
	for one := make([]byte, 1); ; {
		if _, err := conn.Read(one); err != nil {
			t.Fatal(err)
		}
		raw = append(raw, one[0])
		if f, _, err := dlms.Parse(raw, 0); err == nil {
			out, err := dlms.Frame{Source: f.Destination, Destination: f.Source, Data: dlms.Encode(a)}.Append(nil)
			if err == nil {
				_, err = conn.Write(out)
			}
			if err != nil {
				t.Fatal(err)
			}
			return
		}
	}
}

// gone waits for the end of a connection.
func gone(t *testing.T, conn net.Conn) {
	t.Helper()
	buf := make([]byte, 64)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}
