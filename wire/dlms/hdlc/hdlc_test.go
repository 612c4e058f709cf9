package hdlc

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestKnownFrames: frames as they are printed in published traces of meters.
func TestKnownFrames(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		want      Frame
	}{
		{"SNRM", "7EA0070321930F017E", Frame{Destination: ServerAddress(1, 0), Source: ClientAddress(16), Kind: SNRM, Final: true}},
		{"UA", "7EA01E2103 73C37A 818012 050180 060180 070400000001 080400000001 533B7E", Frame{Destination: ClientAddress(16), Source: ServerAddress(1, 0), Kind: UA, Final: true,
			Info: unhex(t, "818012050180060180070400000001080400000001")}},
	} {
		raw := unhex(t, string(bytes.ReplaceAll([]byte(c.hex), []byte(" "), nil)))
		got, n, err := Parse(raw)
		if err != nil || n != len(raw)-1 {
			t.Errorf("%s: %d %v", c.name, n, err)
			continue
		}
		back, err := c.want.Append(nil)
		if c.name == "SNRM" {
			c.want.Destination, c.want.Source = got.Destination, got.Source
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v", c.name, got)
		}
		if again, gerr := got.Append(nil); gerr != nil || !bytes.Equal(again, raw) {
			t.Errorf("%s: printed %X, %v %v", c.name, again, err, back)
		}
	}
	o, err := readOffer(unhex(t, "818012050180060180070400000001080400000001"))
	if err != nil || o != (offer{standard, standard}) {
		t.Errorf("offer %+v %v", o, err)
	}
}

// TestAddresses: all three lengths there and back, and what is none.
func TestAddresses(t *testing.T) {
	for _, a := range []Address{ClientAddress(1), ClientAddress(127), ServerAddress(1, 0), ServerAddress(1, 17), ServerAddress(127, 127), ServerAddress(128, 0), ServerAddress(16383, 16383)} {
		b, err := a.append(nil)
		if err != nil || len(b) != int(a.Size) {
			t.Fatalf("%+v: %X %v", a, b, err)
		}
		if got, n, err := readAddress(b, 0); got != a || n != len(b) || err != nil {
			t.Errorf("%+v: read as %+v %d %v", a, got, n, err)
		}
	}
	for _, s := range []string{"", "02", "020203", "0202020203", "02020202"} {
		if _, _, err := readAddress(unhex(t, s), 0); err == nil {
			t.Errorf("%s is an address", s)
		}
	}
	for _, a := range []Address{{128, 0, 1}, {1, 1, 1}, {128, 1, 2}, {1, 128, 2}, {1 << 14, 0, 4}, {1, 1, 3}} {
		if _, err := a.append(nil); err == nil {
			t.Errorf("%+v is printed", a)
		}
	}
}

// TestEveryByteChanged: every byte of a frame, changed in three ways, is refused, and the good frame behind it is found.
func TestEveryByteChanged(t *testing.T) {
	for _, f := range []Frame{
		{Destination: ServerAddress(1, 17), Source: ClientAddress(1), Kind: I, Final: true, Send: 3, Receive: 5, Info: []byte("a message of some length")},
		{Destination: ClientAddress(1), Source: ServerAddress(300, 17), Kind: RR, Final: true, Receive: 5},
	} {
		good, err := f.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range good {
			for _, mask := range []byte{0x01, 0x80, 0xFF} {
				bad := bytes.Clone(good)
				bad[i] ^= mask
				var s Scanner
				s.Feed(bad)
				s.Feed(good)
				s.Feed(good)
				frames := 0
				for {
					it, ok := s.Next()
					if !ok {
						if it, ok = s.Abandon(); !ok {
							break
						}
					}
					if it.Refused != nil {
						if it.Refused.Clause == "" || it.Refused.Reason.Zh == "" {
							t.Errorf("refused without a reason: %+v", it.Refused)
						}
						continue
					}
					if !reflect.DeepEqual(it.Frame, f) {
						t.Fatalf("byte %d ^ %02X is read as %+v", i, mask, it.Frame)
					}
					frames++
				}
				if frames < 1 {
					t.Errorf("byte %d ^ %02X: no good frame is found behind it", i, mask)
				}
			}
		}
	}
}

// TestOffers: what is malformed is refused, what is not known passed over.
func TestOffers(t *testing.T) {
	for s, want := range map[string]*offer{
		"":                       {standard, standard},
		"8180030501FF":           {Params{255, 1}, standard},
		"818004060207E0":         {standard, Params{2016, 1}},
		"818006070400000007":     {Params{128, 7}, standard},
		"818006080400000008":     nil, // a window of eight
		"8180030501":             nil,
		"818003050100":           nil, // a size of nothing
		"81800305":               nil,
		"80800305018":            nil,
		"8180067F0400000001":     {standard, standard},
		"8180090605000000010001": nil,                  // five bytes
		"818103050180":           {standard, standard}, // of users
		"8180140502040006020400070400000003080400000005": {Params{1024, 3}, Params{1024, 5}},
	} {
		b, err := hex.DecodeString(s)
		if err != nil {
			b = []byte{0x80, 0x80, 3, 5, 1, 0x80}
		}
		got, err := readOffer(b)
		if (err == nil) != (want != nil) || want != nil && got != *want {
			t.Errorf("%s: %+v %v", s, got, err)
		}
	}
}

// wire carries frames from one side to the other as bytes and loses some.
type wire struct {
	t    testing.TB
	r    *rand.Rand
	loss float64
	scan Scanner
}

func (w *wire) carry(frames []Frame) (out []Frame) {
	for _, f := range frames {
		raw, err := f.Append(nil)
		if err != nil {
			w.t.Fatal(err)
		}
		switch x := w.r.Float64(); {
		case x < w.loss/2:
			continue
		case x < w.loss:
			raw[w.r.IntN(len(raw))] ^= 1 << w.r.IntN(8)
		}
		w.scan.Feed(raw)
	}
	for {
		it, ok := w.scan.Next()
		if !ok {
			if _, ok = w.scan.Abandon(); !ok {
				return out
			}
			continue
		}
		if it.Refused == nil {
			out = append(out, it.Frame)
		}
	}
}

// TestConversations: messages of all lengths, with all windows and sizes, over a wire that loses a frame in four, arrive whole, once and in order.
func TestConversations(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		up, down := &wire{t: t, r: r, loss: float64(seed%3) / 8}, &wire{t: t, r: r, loss: float64(seed%3) / 8}
		params := func() Params { return Params{1 + r.IntN(MaxInfo), 1 + r.IntN(7)} }
		if seed%4 == 0 {
			params = func() Params { return Params{16 + r.IntN(40), 1 + r.IntN(7)} }
		}
		at := []Address{ServerAddress(1, 0), ServerAddress(1, 17), ServerAddress(500, 17)}[seed%3]
		c, s := NewClient(ClientAddress(1), at, params()), NewServer(at, params())
		served := 0
		talk := func(send []Frame, done func(Event) bool) {
			for silence := 0; ; {
				var back []Frame
				for _, f := range up.carry(send) {
					e := s.Handle(f)
					if e.Message != nil {
						served++
						e.Send = s.Reply(append([]byte("re:"), e.Message...))
					}
					back = append(back, e.Send...)
				}
				send = nil
				for _, f := range down.carry(back) {
					e, err := c.Handle(f)
					if err != nil {
						t.Fatalf("seed %d: %v", seed, err)
					}
					if done(e) {
						return
					}
					send = append(send, e.Send...)
				}
				if len(send) == 0 {
					if silence++; silence > 2000 {
						t.Fatalf("seed %d: nothing arrives", seed)
					}
					send = c.Again()
				}
			}
		}
		talk(c.Connect(), func(e Event) bool { return e.Connected })
		for k := range 6 {
			question := make([]byte, 1+r.IntN(3000))
			for i := range question {
				question[i] = byte(r.Uint32())
			}
			var answer []byte
			talk(c.Ask(question), func(e Event) bool { answer = e.Message; return answer != nil })
			if !bytes.Equal(answer, append([]byte("re:"), question...)) || served != k+1 {
				t.Fatalf("seed %d: question %d of %d bytes is answered with %d bytes, served %d times", seed, k, len(question), len(answer), served)
			}
		}
	}
}

// TestServerIsStrict: before the connection there is DM, afterwards what cannot be is answered with FRMR; a stranger is not served on another's connection.
func TestServerIsStrict(t *testing.T) {
	at, client := ServerAddress(1, 17), ClientAddress(1)
	from := func(f Frame) Frame { f.Destination, f.Source = at, client; return f }
	open := func() *Server {
		s := NewServer(at, Params{128, 1})
		if e := s.Handle(from(Frame{Kind: SNRM, Final: true})); !e.Connected || e.Send[0].Kind != UA || e.Send[0].Info != nil {
			t.Fatalf("SNRM: %+v", e)
		}
		return s
	}
	for _, c := range []struct {
		name string
		s    *Server
		f    Frame
		want Kind
		none bool
	}{
		{"information before the connection", NewServer(at, standard), from(Frame{Kind: I, Final: true, Info: []byte{1}}), DM, false},
		{"without poll", NewServer(at, standard), from(Frame{Kind: I, Info: []byte{1}}), DM, true},
		{"DISC without a connection", NewServer(at, standard), from(Frame{Kind: DISC, Final: true}), DM, false},
		{"DISC", open(), from(Frame{Kind: DISC, Final: true}), UA, false},
		{"an acknowledgement of what was not sent", open(), from(Frame{Kind: RR, Final: true, Receive: 3}), FRMR, false},
		{"no LLC", open(), from(Frame{Kind: I, Final: true, Info: []byte{0xE6, 0xE7, 0, 1}}), FRMR, false},
		{"too long a field", open(), from(Frame{Kind: I, Final: true, Info: make([]byte, 129)}), FRMR, false},
		{"a wrong offer", NewServer(at, standard), from(Frame{Kind: SNRM, Final: true, Info: []byte{0x81, 0x80, 9}}), FRMR, false},
		{"another's connection", open(), Frame{Destination: at, Source: ClientAddress(2), Kind: RR, Final: true}, DM, false},
		{"somebody else's frame", open(), Frame{Destination: ServerAddress(2, 17), Source: client, Kind: RR, Final: true}, RR, true},
		{"out of its order", open(), from(Frame{Kind: I, Final: true, Send: 2, Info: []byte{0xE6, 0xE6, 0, 1}}), RR, false},
	} {
		e := c.s.Handle(c.f)
		if c.none != (len(e.Send) == 0) || !c.none && e.Send[0].Kind != c.want || e.Message != nil {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
	c := NewClient(client, at, standard)
	if e, err := c.Handle(Frame{Destination: client, Source: at, Kind: DM, Final: true}); err != nil || !e.Ended {
		t.Errorf("DM: %+v %v", e, err)
	}
	var want *Error
	if _, err := c.Handle(Frame{Destination: client, Source: at, Kind: FRMR, Final: true}); !errors.As(err, &want) || want.Clause == "" {
		t.Errorf("FRMR: %v", err)
	}
	s := open()
	n := s.Notify([]byte{0x0F, 1})
	if e, err := c.Handle(n[0]); err != nil || !bytes.Equal(e.Notice, []byte{0x0F, 1}) {
		t.Errorf("UI: %+v %v", e, err)
	}
}

// FuzzParse: a frame that is read is printed as it came; nothing panics.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"7EA0070321930F017E", "7EA01E210373C37A818012050180060180070400000001080400000001533B7E", "7E7E7EA0"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		x, n, err := Parse(b)
		if err == nil {
			again, err := x.Append(nil)
			if err != nil || !bytes.Equal(again[:len(again)-1], b[:n]) {
				t.Fatalf("%X is printed as %X %v", b[:n], again, err)
			}
		}
		var s Scanner
		s.Feed(b)
		for n := 0; ; n++ {
			_, ok := s.Next()
			if !ok {
				if _, ok = s.Abandon(); !ok {
					break
				}
			}
			if n > len(b) {
				t.Fatal("more items than bytes")
			}
		}
	})
}

// FuzzServer: whatever frames come, the server answers or keeps silent.
func FuzzServer(f *testing.F) {
	f.Add([]byte{3, 1, 0, 0, 1, 0, 5, 0xE6, 0xE6, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewServer(ServerAddress(1, 17), Params{64, 3})
		c := NewClient(ClientAddress(1), ServerAddress(1, 17), Params{64, 3})
		for len(b) >= 3 {
			n := min(int(b[2]&15), len(b)-3)
			x := Frame{Destination: s.self, Source: c.self, Kind: Kind(b[0] & 15), Final: b[1]&1 != 0, Segmented: b[1]&2 != 0, Send: b[1] >> 2 & 7, Receive: b[1] >> 5, Info: b[3 : 3+n]}
			if e := s.Handle(x); e.Message != nil {
				s.Reply(bytes.Repeat(e.Message, 9))
			}
			x.Destination, x.Source = c.self, s.self
			if e, err := c.Handle(x); err == nil && e.Connected {
				c.Ask(b)
			}
			b = b[3+n:]
		}
	})
}
