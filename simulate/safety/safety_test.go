package safety

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/simulate/safety/fault"
	"github.com/haihe-city/haihe/simulate/safety/site"
	"github.com/haihe-city/haihe/wire/hj212"
	"github.com/haihe-city/haihe/wire/modbus"
)

// centre is a small platform that speaks HJ 212: it keeps what comes and acknowledges it, but for every fifth frame, whose line it cuts.
type centre struct {
	mu      sync.Mutex
	have    map[string]map[string]int // by MN and DataTime, how often
	values  map[string]string         // by MN, DataTime and item
	refused int
	gone    int
}

func (c *centre) serve(conn net.Conn) {
	defer conn.Close()
	var scan hj212.Scanner
	var in [2048]byte
	for {
		n, err := conn.Read(in[:])
		if err != nil {
			return
		}
		scan.Feed(in[:n])
		for {
			found, ok := scan.Next()
			if !ok {
				break
			}
			if !c.take(conn, &found) {
				return
			}
		}
	}
}

func (c *centre) take(conn net.Conn, found *hj212.Found) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found.Refused != nil {
		c.refused++
		return true
	}
	f := &found.Frame
	at, _ := f.Get("DataTime")
	if c.have[f.MN] == nil {
		c.have[f.MN] = map[string]int{}
	}
	c.have[f.MN][at]++
	for _, it := range f.Items {
		c.values[f.MN+at+it.Name] = it.Value
	}
	if c.gone++; c.gone%5 == 0 {
		return false
	}
	answer := hj212.Frame{QN: f.QN, ST: 91, CN: acknowledged, PW: f.PW, MN: f.MN, Flag: hj212.Version2017, Flagged: true}
	raw, err := answer.Append(nil)
	if err == nil {
		_, err = conn.Write(raw)
	}
	return err == nil
}

func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				all.Go(func() { serve(conn) })
			}
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return l.Addr().String()
}

// Whatever becomes of the line, every reading comes, with the value that it has; and what is acknowledged comes once.
func TestEveryReadingComes(t *testing.T) {
	c := &centre{have: map[string]map[string]int{}, values: map[string]string{}}
	begin := time.Date(2015, 11, 20, 9, 30, 0, 0, hj212.China())
	o := Options{Feeds: Feeds{HJ212: listen(t, c.serve)}, Layout: site.Layout{Plants: 8}, Every: time.Second, Back: 6 * time.Second, From: begin.Add(-6 * time.Second), Over: 6 * time.Second,
		Faults: fault.Counts{fault.Garbled: 2, fault.Bad: 1}, Clock: func() time.Time { return begin }}
	var truth bytes.Buffer
	o.Truth = &truth
	ctx, stop := context.WithCancel(t.Context())
	o.Tell = func(s Stats) {
		if s.Behind == 0 && s.Acked > 0 {
			stop()
		}
	}
	city, err := NewCity(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := city.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(truth.String(), "\n"); n != 3 {
		t.Errorf("%d lines of truth", n)
	}
	for i := range city.Len() {
		p := city.Plant(i)
		for at := city.Faults().Next(i, begin.Add(-o.Back)); at.Before(begin.Add(-time.Second)); at = at.Add(o.Every) {
			stamp := hj212.TimeText(at)
			if c.have[p.MN][stamp] == 0 {
				t.Errorf("%s: the readings of %s did not come", p.MN, stamp)
				continue
			}
			points := p.Points()
			for j := range points {
				v, q := city.Faults().Shown(i, &points[j], j, at)
				got := c.values[p.MN+stamp+points[j].Code+"-Rtd"]
				if got != strconv.FormatFloat(v, 'f', points[j].Decimals, 64) {
					t.Errorf("%s %s at %s came as %s, is %v", p.MN, points[j].Tag, stamp, got, v)
				}
				if flag := c.values[p.MN+stamp+points[j].Code+"-Flag"]; (flag == "D") != (q == fault.Ill) {
					t.Errorf("%s %s at %s is marked %q", p.MN, points[j].Tag, stamp, flag)
				}
			}
		}
	}
	if c.refused < 2 {
		t.Errorf("%d garbled frames", c.refused)
	}
}

// The register names every plant and point in the columns of the platform's forms, and stays the same.
func TestRegister(t *testing.T) {
	now := func() time.Time { return time.Date(2015, 11, 20, 1, 30, 0, 0, time.UTC) }
	city, err := NewCity(Options{Layout: site.Layout{Plants: 400, ShareModbus: .05, ShareMQTT: .05, SharePanel: .05}, Feeds: Feeds{Polled: "127.0.0.1:0"}, Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	if err := city.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(city.close)
	first := map[string]string{"plants": "plant,name,", "units": "unit,plant,", "substances": "substance,plant,", "points": "point,plant,"}
	endpoints := map[string]bool{}
	for _, file := range Files() {
		var a, b bytes.Buffer
		if err := errors.Join(city.WriteRegister(file, &a), city.WriteRegister(file, &b)); err != nil || a.String() != b.String() || !strings.HasPrefix(a.String(), first[file]) {
			t.Fatalf("%s: %v\n%.200s", file, err, a.String())
		}
		rows, err := csv.NewReader(&a).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if want := map[string]int{"plants": 401, "points": 12001}[file]; want > 0 && len(rows) != want {
			t.Errorf("%s has %d rows, want %d", file, len(rows), want)
		}
		for _, row := range rows[1:] {
			if file != "plants" || row[6] != "modbus" {
				continue
			}
			if endpoints[row[7]] || row[7] == "" {
				t.Errorf("two plants are polled at %q", row[7])
			}
			endpoints[row[7]] = true
		}
	}
	if len(endpoints) < 5 {
		t.Errorf("%d polled plants", len(endpoints))
	}
	if err := city.WriteRegister("people", &bytes.Buffer{}); err == nil {
		t.Error("a form that there is not is written")
	}
}

// A polled plant answers with what its instruments show, and refuses what it does not have.
func TestPolled(t *testing.T) {
	now := time.Date(2015, 11, 20, 9, 30, 0, 0, hj212.China())
	city, err := NewCity(Options{Layout: site.Layout{Plants: 12, ShareModbus: 1}, Feeds: Feeds{Polled: "127.0.0.1:0"}, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if err := city.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- city.Run(ctx) }()
	defer func() { stop(); <-done }()
	p := city.Plant(3)
	conn, err := net.Dial("tcp", city.polledAt(p))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ask := func(q modbus.Request) modbus.Answer {
		t.Helper()
		pdu, err := q.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := modbus.Frame{Transaction: 7, Unit: 1, PDU: pdu}.Append(nil)
		if _, err := conn.Write(raw); err != nil {
			t.Fatal(err)
		}
		in := make([]byte, 512)
		n, err := conn.Read(in)
		if err != nil {
			t.Fatal(err)
		}
		f, _, err := modbus.ParseFrame(in[:n])
		if err != nil || f.Transaction != 7 {
			t.Fatalf("%+v, %v", f, err)
		}
		a, err := modbus.ParseAnswer(f.PDU, q)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := ask(modbus.Request{Function: modbus.ReadRegisters, Quantity: 60})
	for i, x := range p.Points() {
		if got, want := field(&x).Value(a.Values[x.Register:x.Register+2]), p.Clean(&x, now); float32(got) != float32(want) {
			t.Errorf("%s is %v, want %v", x.Tag, got, want)
		}
		if x.Register != 2*i {
			t.Errorf("point %d lies at %d", i, x.Register)
		}
	}
	if a := ask(modbus.Request{Function: modbus.ReadRegisters, Address: 58, Quantity: 4}); a.Exception != modbus.IllegalAddress {
		t.Errorf("beyond the end: %+v", a)
	}
	if a := ask(modbus.Request{Function: modbus.ReadHolding, Quantity: 2}); a.Exception != modbus.IllegalFunction {
		t.Errorf("another function: %+v", a)
	}
}
