package safety_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/systems/plan"
	"github.com/haihe-city/haihe/systems/safety"
	"github.com/haihe-city/haihe/wire/gbt26875"
	"github.com/haihe-city/haihe/wire/hj212"
	"github.com/haihe-city/haihe/wire/modbus"
)

// works is the room behind real listeners.
type works struct {
	*hosttest.App
	t testing.TB
}

const (
	plantHead = "plant,name,kind,district,lon,lat,feed,endpoint,password,state\n"
	pointHead = "point,plant,title,factor,kind,ucum,every,h,hh,key\n"
)

// open runs the room with plants and points; change may change its configuration.
func open(t testing.TB, plants, points string, change func(c *safety.Config)) *works {
	t.Helper()
	s := safety.System()
	if change != nil {
		change(s.Config.(*safety.Config))
	}
	w := &works{hosttest.Open(t, plan.System(), s), t}
	for _, f := range []struct{ kind, body string }{{"plants", plantHead + plants}, {"points", pointHead + points}} {
		var lines []intake.Line
		res, err := w.ImportFile(t.Context(), "safety", f.kind, intake.Run{File: f.kind + ".csv", Size: int64(len(f.body)), Body: bytes.NewReader([]byte(f.body)),
			By: identity.System("safety"), Progress: func(int64) {}, Report: func(l intake.Line) { lines = append(lines, l) }})
		if err != nil || res.Stopped != nil || len(lines) > 0 {
			t.Fatalf("import %s: %+v, %v, %v", f.kind, res, lines, err)
		}
	}
	return w
}

// csv gives a point's readings as lines of time, value and quality.
func (w *works) csv(plant, point string) []string {
	w.t.Helper()
	a := w.As("reader").Get("/api/safety/plants/" + plant + "/points/" + point + "/readings.csv?span=24h")
	if a.Status != 200 {
		w.t.Fatalf("readings of %s: %d %s", point, a.Status, a.Body)
	}
	return strings.Split(strings.TrimSpace(strings.ReplaceAll(a.Body, "\r", "")), "\n")[1:]
}

// eventually waits until something is so.
func (w *works) eventually(what string, so func() bool) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("never: %s", what)
		}
	}
}

func (w *works) refused() string {
	w.t.Helper()
	return w.As("reader").Get("/api/safety/refused").Body
}

// logger is a plant's data logger in a test's hands.
type logger struct {
	w    *works
	conn net.Conn
	sc   hj212.Scanner
	hj212.Station
	n int
}

func (w *works) logger(mn, pw string) *logger {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.Listening()["safety/hj212"])
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	return &logger{w: w, conn: conn, Station: hj212.Station{ST: 31, PW: pw, MN: mn, Version: 1}}
}

// frame is an upload; at is its DataTime.
func (l *logger) frame(cn uint16, at time.Time, items ...string) hj212.Frame {
	l.n++
	f := l.Ask(hj212.QNOf(l.w.Clock.Now().Add(time.Duration(l.n)*time.Millisecond)), cn, hj212.Item{Name: "DataTime", Value: hj212.TimeText(at)})
	for _, it := range items {
		name, value, _ := strings.Cut(it, "=")
		f.Items = append(f.Items, hj212.Item{Name: name, Value: value, Joined: strings.HasSuffix(name, "-Flag")})
	}
	return f
}

func (l *logger) raw(b []byte) {
	l.w.t.Helper()
	if _, err := l.conn.Write(b); err != nil {
		l.w.t.Fatal(err)
	}
}

func (l *logger) put(f hj212.Frame) []byte {
	l.w.t.Helper()
	b, err := f.Append(nil)
	if err != nil {
		l.w.t.Fatal(err)
	}
	l.raw(b)
	return b
}

// next is the next frame of the centre; false where none comes within a time.
func (l *logger) next(within time.Duration) (hj212.Frame, bool) {
	l.w.t.Helper()
	buf := make([]byte, 4096)
	_ = l.conn.SetReadDeadline(time.Now().Add(within))
	for {
		if it, ok := l.sc.Next(); ok {
			if it.Refused != nil {
				l.w.t.Fatalf("the centre sent what cannot be read: %v", it.Refused)
			}
			if err := it.Frame.Check(false); err != nil {
				l.w.t.Fatalf("the centre sent %+v: %v", it.Frame, err)
			}
			return it.Frame, true
		}
		n, err := l.conn.Read(buf)
		if l.sc.Feed(buf[:n]); n == 0 && err != nil {
			return hj212.Frame{}, false
		}
	}
}

// wants is next with a command that must come.
func (l *logger) wants(cn uint16) hj212.Frame {
	l.w.t.Helper()
	f, ok := l.next(20 * time.Second)
	if !ok || f.CN != cn || f.MN != l.MN {
		l.w.t.Fatalf("came %+v (%v), want command %d", f, ok, cn)
	}
	return f
}

const (
	onePlant  = "P1,一号厂,chemical,120116,117.7,39.0,hj212,,123456,running\n"
	onePoints = "GT-1,P1,,a01,gas,%,10,50,80,yes\nTT-1,P1,,a02,temperature,Cel,10,,,\nQ-MAX,P1,,a02-Max,temperature,Cel,60,,,\n"
)

func TestHJ212(t *testing.T) {
	w := open(t, onePlant, onePoints, nil)
	now := hosttest.Start
	w.Clock.Advance(5 * time.Second)
	l := w.logger("P1", "123456")
	f := l.frame(hj212.RealTime, now, "a01-Rtd=12.5", "a01-Flag=N", "a02-Rtd=300", "a02-Flag=D", "zz9-Rtd=1")
	l.put(f)
	if a := l.wants(hj212.DataAnswer); a.QN != f.QN || a.ST != hj212.AnswerSystem {
		t.Errorf("answered by %+v", a)
	}
	if got := w.csv("P1", "GT-1"); len(got) != 1 || !strings.HasSuffix(got[0], ",12.5,good") {
		t.Errorf("kept %q", got)
	}
	if got := w.csv("P1", "TT-1"); len(got) != 1 || !strings.HasSuffix(got[0], ",bad") {
		t.Errorf("kept %q", got)
	}
	if list := w.refused(); !strings.Contains(list, "zz9") {
		t.Errorf("the unknown factor is not listed: %s", list)
	}
	// The same again, as a logger does that missed the answer: answered, and kept once.
	l.put(f)
	l.wants(hj212.DataAnswer)
	if got := w.csv("P1", "GT-1"); len(got) != 1 {
		t.Errorf("kept %q", got)
	}
	// Over its range the value still reaches the limit.
	l.put(l.frame(hj212.RealTime, now.Add(time.Second), "a01-Rtd=99", "a01-Flag=T"))
	l.wants(hj212.DataAnswer)
	w.eventually("an alarm of the limit", func() bool {
		list, _, err := w.Duty.Alarms.List(t.Context(), alarm.Filter{System: "safety", Classes: []alarm.Class{alarm.Process}, Group: "urn:ngsi-ld:HazardousPlant:P1"})
		return err == nil && len(list) > 0
	})
	// In parts.
	for no, item := range []string{"a01-Rtd=20", "a02-Rtd=21"} {
		p := l.frame(hj212.RealTime, now.Add(2*time.Second), item)
		p.QN = hj212.QNOf(now.Add(time.Minute))
		p.Flag |= hj212.Numbered
		p.PNUM, p.PNO = 2, no+1
		l.put(p)
	}
	l.wants(hj212.DataAnswer)
	if got := w.csv("P1", "TT-1"); len(got) != 2 || !strings.HasSuffix(got[1], ",21,good") {
		t.Errorf("kept %q", got)
	}
	// A statistic that a point names; the average is no value beside real-time data.
	l.put(l.frame(hj212.MinuteData, now, "a02-Avg=5", "a02-Max=44"))
	l.wants(hj212.DataAnswer)
	if got := w.csv("P1", "Q-MAX"); len(got) != 1 || !strings.HasSuffix(got[0], ",44,good") {
		t.Errorf("kept %q", got)
	}
	if got := w.csv("P1", "TT-1"); len(got) != 2 {
		t.Errorf("kept %q", got)
	}
}

// TestHJ212Refusals: what is wrong is answered with the standard's code, listed with its clause, and its password hidden.
func TestHJ212Refusals(t *testing.T) {
	w := open(t, onePlant+"P2,二号厂,chemical,120116,117.7,39.0,modbus,127.0.0.1:1,,running\n", onePoints, nil)
	now := hosttest.Start
	l := w.logger("P1", "123456")
	good, err := func() ([]byte, error) { f := l.frame(hj212.RealTime, now, "a01-Rtd=1"); return f.Append(nil) }()
	if err != nil {
		t.Fatal(err)
	}
	crc := bytes.Clone(good)
	crc[len(crc)-3] ^= 1
	long := append([]byte(fmt.Sprintf("##%04d", len(good)-12+7)), good[6:]...)
	ahead := l.frame(hj212.RealTime, now.Add(time.Hour), "a01-Rtd=1")
	aheadRaw, _ := ahead.Append(nil)
	wrong := hj212.Station{ST: 31, PW: "654321", MN: "P1", Version: 1}.Ask(hj212.QNOf(now), hj212.RealTime, hj212.Item{Name: "DataTime", Value: hj212.TimeText(now)})
	wrongRaw, _ := wrong.Append(nil)
	odd := hj212.Station{ST: 31, PW: "123456", MN: "P1", Version: 1}.Ask(hj212.QNOf(now), 7777)
	oddRaw, _ := odd.Append(nil)
	text := l.frame(hj212.RealTime, now, "a01-Rtd=high")
	textRaw, _ := text.Append(nil)
	for _, c := range []struct {
		name string
		raw  []byte
		code hj212.QnRtn
	}{{"checksum", crc, hj212.BadCRC}, {"length", long, hj212.Unknown}, {"password", wrongRaw, hj212.BadPassword}, {"command", oddRaw, hj212.BadCN}, {"time ahead", aheadRaw, hj212.Rejected}, {"no number", textRaw, hj212.Unknown}} {
		l.raw(c.raw)
		a := l.wants(hj212.Answer)
		if n, _ := a.Number("QnRtn"); hj212.QnRtn(n) != c.code {
			t.Errorf("%s: answered with %d, want %d", c.name, n, c.code)
		}
	}
	if got := w.csv("P1", "GT-1"); len(got) != 0 {
		t.Errorf("kept %q", got)
	}
	for _, mn := range []string{"P9", "P2"} { // unknown, and of another feed: listed, not answered
		x := w.logger(mn, "123456")
		x.put(x.frame(hj212.RealTime, now, "a01-Rtd=1"))
		if f, ok := x.next(300 * time.Millisecond); ok {
			t.Errorf("%s was answered by %+v", mn, f)
		}
	}
	w.eventually("the refusals are listed", func() bool { return strings.Contains(w.refused(), "P9") })
	page := w.As("reader").Get("/zh/safety/refused").Body
	if !strings.Contains(page, "CRC") || !strings.Contains(page, "HJ 212-2017 A") || strings.Contains(page, "654321") || !strings.Contains(page, "PW=******") {
		t.Errorf("the page of refusals lacks something: %s", page[:min(len(page), 3000)])
	}
	l.raw(good) // and the connection goes on
	l.wants(hj212.DataAnswer)
}

// TestHJ212Back: a plant that comes back takes over its place, is asked for what it missed, by hours where it has no minutes, and is told the time.
func TestHJ212Back(t *testing.T) {
	w := open(t, onePlant, onePoints, nil)
	now := hosttest.Start
	l := w.logger("P1", "123456")
	l.put(l.frame(hj212.RealTime, now, "a01-Rtd=1"))
	l.wants(hj212.DataAnswer)
	w.Clock.Advance(30 * time.Minute)
	back := w.logger("P1", "123456")
	f := back.frame(hj212.RealTime, w.Clock.Now(), "a01-Rtd=2")
	f.QN = hj212.QNOf(w.Clock.Now().Add(-10 * time.Minute)) // its clock is late
	back.put(f)
	back.wants(hj212.DataAnswer)
	if c := back.wants(hj212.SetClock); func() string { v, _ := c.Get("SystemTime"); return v }() != hj212.TimeText(w.Clock.Now()) {
		t.Errorf("the clock is set by %+v", c)
	}
	ask := back.wants(hj212.MinuteData)
	from, _ := ask.Get("BeginTime")
	to, _ := ask.Get("EndTime")
	if from != hj212.TimeText(now) || to != hj212.TimeText(w.Clock.Now()) || ask.ST != 31 || ask.PW != "123456" {
		t.Errorf("asked %+v", ask)
	}
	if _, ok := l.next(5 * time.Second); ok {
		t.Error("the old connection is spoken to")
	}
	back.put(back.Answer(ask.QN, hj212.Ready))
	back.put(back.frame(hj212.MinuteData, now.Add(10*time.Minute), "a01-Avg=1.5", "a01-Max=3"))
	back.wants(hj212.DataAnswer)
	if got := w.csv("P1", "GT-1"); len(got) != 3 || !strings.HasSuffix(got[1], ",1.5,good") {
		t.Errorf("kept %q", got)
	}
	back.put(back.Result(ask.QN, hj212.NoData))
	if h := back.wants(hj212.HourData); h.QN == ask.QN {
		t.Errorf("asked for hours with the same number: %+v", h)
	}
}

// TestHJ212Old: a logger of 2005 without QN and Flag, and one that sends rubbish.
func TestHJ212Old(t *testing.T) {
	w := open(t, onePlant, onePoints, nil)
	l := w.logger("P1", "123456")
	f := hj212.Frame{ST: 31, CN: hj212.RealTime, PW: "123456", MN: "P1", Items: []hj212.Item{{Name: "DataTime", Value: hj212.TimeText(hosttest.Start)}, {Name: "a01-Rtd", Value: "7"}}}
	l.put(f)
	w.eventually("the reading is kept", func() bool { return len(w.csv("P1", "GT-1")) == 1 })
	f.Flag, f.Flagged, f.Items[1].Value = hj212.WantsAnswer, true, "8"
	f.Items = append([]hj212.Item{{Name: "QN", Value: hj212.QNOf(hosttest.Start)}}, f.Items...)
	l.put(f)
	if a := l.wants(hj212.DataAnswer); a.QN != hj212.QNOf(hosttest.Start) {
		t.Errorf("answered by %+v", a)
	}
	for range 1000 {
		if _, err := l.conn.Write([]byte("##0001x0000\r\n")); err != nil {
			break
		}
	}
	w.eventually("the flood is an alarm and the connection is ended", func() bool {
		list, _, err := w.Duty.Alarms.List(context.Background(), alarm.Filter{System: "safety", Classes: []alarm.Class{alarm.Device}})
		_, open := l.next(10 * time.Millisecond)
		return err == nil && len(list) == 1 && !open
	})
}

// slave is a Modbus device of which the float in registers 4:100 can be set; register 4:300 is refused.
type slave struct {
	ln net.Listener
	mu sync.Mutex
	v  float32
}

func newSlave(t *testing.T) *slave {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &slave{ln: ln, v: 25.5}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return s
}

func (s *slave) serve(conn net.Conn) {
	defer conn.Close()
	var sc modbus.Scanner
	buf := make([]byte, 512)
	for {
		f, err := sc.Next()
		if err != nil {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			sc.Feed(buf[:n])
			continue
		}
		r, err := modbus.ParseRequest(f.PDU)
		if err != nil {
			return
		}
		a := modbus.Answer{Function: r.Function}
		switch {
		case r.Function <= modbus.ReadInputs:
			a.Bits = make([]bool, r.Quantity)
			a.Bits[0] = true
		case r.Address >= 300:
			a.Exception = modbus.IllegalAddress
		default:
			a.Values = make([]uint16, r.Quantity)
			s.mu.Lock()
			bits := math.Float32bits(s.v)
			s.mu.Unlock()
			var raw [4]byte
			binary.BigEndian.PutUint32(raw[:], bits)
			a.Values[0], a.Values[1] = binary.BigEndian.Uint16(raw[:]), binary.BigEndian.Uint16(raw[2:])
		}
		f.PDU, _ = a.Append(nil)
		out, _ := f.Append(nil)
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

func TestModbus(t *testing.T) {
	s := newSlave(t)
	w := open(t, "M1,三号厂,chemical,120116,117.7,39.0,modbus,"+s.ln.Addr().String()+"/3,,running\n",
		"TT-1,M1,,4:100:float32,temperature,Cel,1,,,yes\nXV-1,M1,,2:5:bit,switch,1,1,,,\nTT-2,M1,,4:300:int16,temperature,Cel,1,,,\nTT-3,M1,,w01,temperature,Cel,1,,,\n", nil)
	last := func(point string) string {
		got := w.csv("M1", point)
		if len(got) == 0 {
			return ""
		}
		return got[len(got)-1]
	}
	w.eventually("the float is read", func() bool { return strings.HasSuffix(last("TT-1"), ",25.5,good") })
	w.eventually("the bit is read", func() bool { return strings.HasSuffix(last("XV-1"), ",1,good") })
	w.eventually("what is refused is bad", func() bool { return strings.HasSuffix(last("TT-2"), ",bad") })
	if list := w.refused(); !strings.Contains(list, "4:300+1") || !strings.Contains(list, "w01") {
		t.Errorf("not listed: %s", list)
	}
	s.mu.Lock()
	s.v = 30
	s.mu.Unlock()
	w.Clock.Advance(10 * time.Second)
	w.eventually("it is polled again", func() bool { return strings.HasSuffix(last("TT-1"), ",30,good") })
}

func TestFire(t *testing.T) {
	w := open(t, "F1,四号厂,chemical,120116,117.7,39.0,gbt26875,010203040506,,running\n", "SD-1,F1,,1.1.42.7,fire,1,0,,,\nAI-1,F1,,1.1.11.9,gas,%,0,50,80,\nHB,F1,,device,switch,1,60,,,yes\n", nil)
	conn, err := net.Dial("tcp", w.Listening()["safety/gbt26875"])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	now := hosttest.Start
	var sc gbt26875.Scanner
	seq := uint16(0)
	tell := func(from gbt26875.Address, u gbt26875.Unit, want gbt26875.Command) {
		t.Helper()
		data, err := u.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		seq++
		raw, err := (&gbt26875.Frame{Sequence: seq, Major: 1, Time: now, From: from, Command: gbt26875.Send, Data: data}).Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(raw); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 1024)
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		for {
			if it, ok := sc.Next(); ok {
				if it.Refused != nil || it.Frame.Command != want || it.Frame.Sequence != seq || it.Frame.To != from {
					t.Fatalf("answered by %+v, want command %d", it, want)
				}
				return
			}
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			sc.Feed(buf[:n])
		}
	}
	own := gbt26875.Address{1, 2, 3, 4, 5, 6}
	part := func(s gbt26875.State) gbt26875.Unit {
		return gbt26875.Unit{Type: gbt26875.ComponentState, Objects: []gbt26875.Object{{System: 1, Place: 1, Component: 42, Part: 7, State: s, Text: []byte("\xb4\xa2\xb9\xde\xc7\xf8"), Time: now}}}
	}
	standing := func() (titles []string) {
		list, _, err := w.Duty.Alarms.List(t.Context(), alarm.Filter{System: "safety", Classes: []alarm.Class{alarm.Device}, Order: "urgent"})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			if a.Came {
				titles = append(titles, fmt.Sprintf("%s %d", a.Title.Zh, a.Priority))
			}
		}
		return titles
	}
	tell(own, part(gbt26875.Working|gbt26875.OnFire), gbt26875.Confirm)
	if got := standing(); len(got) != 1 || got[0] != "火警：储罐区 1" {
		t.Errorf("standing %q", got)
	}
	tell(own, part(gbt26875.Working|gbt26875.OnFire|gbt26875.InFault), gbt26875.Confirm)
	if got := standing(); len(got) != 2 {
		t.Errorf("standing %q", got)
	}
	tell(own, part(gbt26875.Working|gbt26875.OnFire), gbt26875.Confirm)
	tell(own, gbt26875.Unit{Type: gbt26875.DeviceState, Objects: []gbt26875.Object{{State: gbt26875.Working | gbt26875.DevicePanelFault, Time: now}}}, gbt26875.Confirm)
	if got := standing(); len(got) != 2 || !strings.HasPrefix(got[1], "传输装置与火灾报警控制器断开") {
		t.Errorf("standing %q", got)
	}
	tell(own, gbt26875.Unit{Type: gbt26875.SystemState, Objects: []gbt26875.Object{{System: 1, Place: 1, State: gbt26875.Working | gbt26875.Reset, Time: now}}}, gbt26875.Confirm)
	if got := standing(); len(got) != 1 || !strings.HasPrefix(got[0], "传输装置") {
		t.Errorf("after the reset: standing %q", got)
	}
	tell(own, gbt26875.Unit{Type: gbt26875.AnalogValue, Objects: []gbt26875.Object{{System: 1, Place: 1, Component: 11, Part: 9, Analog: 6, Value: 253, Time: now}}}, gbt26875.Confirm)
	if got := w.csv("F1", "AI-1"); len(got) != 1 || !strings.HasSuffix(got[0], ",25.3,good") {
		t.Errorf("kept %q", got)
	}
	if got := w.csv("F1", "HB"); len(got) == 0 {
		t.Error("the sign of life is not kept")
	}
	tell(gbt26875.Address{9}, part(gbt26875.Working), gbt26875.Deny)
	if list := w.refused(); !strings.Contains(list, "090000000000") {
		t.Errorf("the unknown address is not listed: %s", list)
	}
}

func TestMQTT(t *testing.T) {
	w := open(t, "Q1,五号厂,chemical,120116,117.7,39.0,mqtt,,a-long-password,running\n", "LT-1,Q1,,LT-101,level,m,10,5,6,yes\nTT-1,Q1,,TT-101,temperature,Cel,10,,,\n", nil)
	dial := func(user, password string) (paho.Client, error) {
		c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + w.Listening()["safety/mqtt"]).SetUsername(user).SetPassword(password).SetClientID("c-" + user).SetAutoReconnect(false).SetConnectRetry(false))
		k := c.Connect()
		k.WaitTimeout(20 * time.Second)
		return c, k.Error()
	}
	if _, err := dial("Q1", "wrong"); err == nil {
		t.Error("let in with a wrong password")
	}
	c, err := dial("Q1", "a-long-password")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Disconnect(10)
	publish := func(topic, body string) {
		t.Helper()
		if k := c.Publish(topic, 1, false, body); !k.WaitTimeout(20 * time.Second) {
			t.Fatalf("no acknowledgement of %s", body)
		}
	}
	publish("haihe/safety/Q1/readings", `{"t":"`+hosttest.Start.Format(time.RFC3339)+`","v":{"LT-101":3.25,"TT-101":null,"XX":1},"q":{"LT-101":"good"}}`)
	if got := w.csv("Q1", "LT-1"); len(got) != 1 || !strings.HasSuffix(got[0], ",3.25,good") {
		t.Errorf("kept %q", got)
	}
	if got := w.csv("Q1", "TT-1"); len(got) != 1 || !strings.HasSuffix(got[0], ",,bad") {
		t.Errorf("kept %q", got)
	}
	publish("haihe/safety/Q1/readings", `{"t":1,"v":{}}`)
	publish("haihe/safety/Q2/readings", `{}`)
	w.eventually("all is listed", func() bool {
		list := w.refused()
		return strings.Contains(list, `"XX`) || strings.Contains(list, "XX") && strings.Contains(list, "主题不属于该企业") && strings.Contains(list, "RFC 3339")
	})
}

// freePort is a port that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

func TestOPCUA(t *testing.T) {
	port := freePort(t)
	s := server.New(server.EndPoint("127.0.0.1", port), server.EnableSecurity("None", ua.MessageSecurityModeNone), server.EnableAuthMode(ua.UserTokenTypeAnonymous))
	ns := server.NewNodeNameSpace(s, "plant")
	level := ns.AddNewVariableStringNode("LT-1", 3.5)
	s.Namespaces()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { go s.Close() }) // it waits ten seconds for its clients
	id := level.ID().String()
	w := open(t, fmt.Sprintf("U1,六号厂,chemical,120116,117.7,39.0,opcua,opc.tcp://127.0.0.1:%d,,running\n", port), "LT-1,U1,,"+id+",level,m,1,5,6,yes\nLT-9,U1,,ns=9;s=none,level,m,1,5,6,\n", nil)
	last := func(point string) string {
		got := w.csv("U1", point)
		if len(got) == 0 {
			return ""
		}
		return got[len(got)-1]
	}
	w.eventually("the node is read", func() bool { return strings.HasSuffix(last("LT-1"), ",3.5,good") })
	w.eventually("a node that is not there is bad", func() bool { return strings.HasSuffix(last("LT-9"), ",bad") })
	if err := level.SetAttribute(ua.AttributeIDValue, server.DataValueFromValue(4.5)); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(5 * time.Second)
	w.eventually("a change is told", func() bool { return strings.HasSuffix(last("LT-1"), ",4.5,good") })
}
