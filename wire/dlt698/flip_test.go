package dlt698

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// own are frames made here, so that the tests below work without third-party samples.
func own(t testing.TB) (out [][]byte) {
	t.Helper()
	at := time.Date(2015, 11, 3, 14, 15, 0, 0, China())
	rec, err := CurveRecord(MinuteFreeze, true, []CurveRow{
		{Meter: "101010000001", Time: at, Energy: 123456789, Power: 12345, Voltage: 2204},
		{Meter: "101010000002", Time: at, Energy: None, Power: None, Voltage: None},
	})
	if err != nil {
		t.Fatal(err)
	}
	req, err := CurveRequest(9, DayFreeze, false, []string{"101010000001", "101010000002"}, at, at.AddDate(0, 0, 1), TI{Minute, 15})
	if err != nil {
		t.Fatal(err)
	}
	tag := &TimeTag{Sent: AtS(at), Delay: TI{Second, 30}}
	follow := &FollowReport{Normal: []ResultNormal{{OAD: 0x33200200, Data: Array(Of(OAD(0x31140200)))}}}
	for i, a := range []APDU{
		{Body: LinkRequest{PIID: 1, Kind: Heartbeat, Period: 600, Time: At(at)}},
		{Body: AnswerLink(LinkRequest{PIID: 1, Time: At(at)}, ClockTrusted, At(at), At(at))},
		{Body: ReportNotification{PIID: 2, Kind: ReportRecords, Records: []ResultRecord{rec}}},
		{Body: ReportResponse{PIID: 2, Kind: ReportRecords, OADs: []OAD{Collected}}, Tag: tag},
		{Body: req, Tag: tag},
		{Body: GetResponse{PIID: 9, Kind: Next, Last: true, Block: 2, Part: 2, Records: []ResultRecord{rec}}, Follow: follow, Tag: tag},
		{Body: GetResponse{PIID: 9, Kind: Record, Records: []ResultRecord{{OAD: Collected, Cols: CurveColumns(DayFreeze, true), Failed: true, DAR: NotAvailable}}}},
		{Body: SetClock(4, AtS(at))},
		{Body: ConnectRequest{PIID: 5, Limits: Limits{Version: 16, Send: 1024, Receive: 1024, Window: 1, APDU: 1024, TimeoutSeconds: 100}}},
		{Body: ErrorResponse{FromServer: true, PIID: 5, Kind: 1}},
	} {
		body, err := a.Append(nil)
		if err != nil {
			t.Fatalf("apdu %d: %v", i, err)
		}
		sa, err := NewAddress(Single, "201010000001"[:6+i%7])
		if err != nil {
			t.Fatal(err)
		}
		control := FromServer
		if i%3 == 1 {
			control |= controlScrambled
		}
		raw, err := Frame{Control: control, Server: sa, Client: uint8(i), Data: body}.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, raw)
	}
	return out
}

// judge feeds bytes to a fresh scanner and gives the frames found, in one go or byte by byte.
func judge(b []byte, step int) (frames []Frame, refused int) {
	var s Scanner
	for len(b) > 0 {
		n := min(step, len(b))
		s.Feed(b[:n])
		b = b[n:]
		frames, refused = drain(&s, frames, refused)
	}
	for s.Pending() > 0 {
		s.Abandon()
		frames, refused = drain(&s, frames, refused)
	}
	return frames, refused
}

func drain(s *Scanner, frames []Frame, refused int) ([]Frame, int) {
	for {
		it, ok := s.Next()
		if !ok {
			return frames, refused
		}
		if it.Refused != nil {
			refused += len(it.Raw)
			continue
		}
		frames = append(frames, it.Frame)
	}
}

func flips(t *testing.T, raws [][]byte) {
	t.Helper()
	tried := 0
	for k, raw := range raws {
		for i := range len(raw) * 8 {
			bad := bytes.Clone(raw)
			bad[i/8] ^= 1 << (i % 8)
			tried++
			if frames, _ := judge(bad, len(bad)); len(frames) > 0 {
				t.Fatalf("frame %d: bit %d of byte %d flipped gives a frame: %+v", k, i%8, i/8, frames[0])
			}
		}
		for i := range raw { // and every other value of every byte
			for x := range 256 {
				if byte(x) == raw[i] {
					continue
				}
				bad := bytes.Clone(raw)
				bad[i] = byte(x)
				tried++
				if f, _, err := Parse(bad); err == nil {
					t.Fatalf("frame %d: byte %d set to %02X gives a frame: %+v", k, i, x, f)
				}
			}
		}
	}
	t.Logf("%d changes of %d frames, all refused", tried, len(raws))
}

// TestEveryFlipIsRefused: no frame with one bit, or one byte, changed is a frame.
func TestEveryFlipIsRefused(t *testing.T) { flips(t, own(t)) }

func TestEveryFlipOfThirdPartyFrames(t *testing.T) {
	var raws [][]byte
	for _, s := range samples(t) {
		raws = append(raws, unhex(t, s.Hex))
	}
	flips(t, raws)
}

// TestTwoAndThreeFlips: CRC-16/X.25 finds every change of two or three bits in frames of this length; drawn, not exhaustive.
func TestTwoAndThreeFlips(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for k, raw := range own(t) {
		for range 20_000 {
			bad := bytes.Clone(raw)
			n := 2 + rng.IntN(2)
			for range n {
				i := rng.IntN(len(bad) * 8)
				bad[i/8] ^= 1 << (i % 8)
			}
			if bytes.Equal(bad, raw) {
				continue
			}
			if f, _, err := Parse(bad); err == nil {
				t.Fatalf("frame %d: %x gives %+v", k, bad, f)
			}
		}
	}
}

// TestScannerFindsItsWay: frames between noise, cut anywhere, are all found, and every byte of noise is counted.
func TestScannerFindsItsWay(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	frames := own(t)
	for round := range 300 {
		var stream []byte
		noise := 0
		for range 20 {
			switch rng.IntN(4) {
			case 0: // noise
				n := rng.IntN(40)
				for range n {
					x := byte(rng.Uint32())
					if x == 0xFE || x == 0x68 { // a preamble is no noise; a start would hide what follows until its frame is judged
						x = 0
					}
					stream = append(stream, x)
				}
				noise += n
			case 1: // a broken frame
				bad := bytes.Clone(frames[rng.IntN(len(frames))])
				bad[len(bad)-2] ^= 0x10
				stream = append(stream, bad...)
				noise += len(bad)
			default:
				stream = append(stream, 0xFE, 0xFE)
			}
			stream = append(stream, frames[rng.IntN(len(frames))]...)
		}
		got, refused := judge(stream, 1+rng.IntN(60))
		if len(got) != 20 {
			t.Fatalf("round %d: %d frames of 20", round, len(got))
		}
		if refused < noise || refused > noise+2*20 { // a preamble behind noise counts as noise
			t.Fatalf("round %d: %d bytes refused, %d were noise", round, refused, noise)
		}
	}
}

// TestScannerDoesNotStall: a head that promises more than is agreed does not hold the stream up.
func TestScannerDoesNotStall(t *testing.T) {
	sa, _ := NewAddress(Single, "201010000001")
	long, err := Frame{Control: FromServer, Server: sa, Data: make([]byte, 5000)}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	good := own(t)[0]
	s := Scanner{Limit: 2048}
	s.Feed(append(long[:100:100], good...))
	frames, refused := drain(&s, nil, 0)
	if len(frames) != 1 || refused != 100 {
		t.Errorf("%d frames, %d refused", len(frames), refused)
	}
	var free Scanner // without a limit it waits, until it is told not to
	free.Feed(append(long[:100:100], good...))
	if frames, _ := drain(&free, nil, 0); len(frames) != 0 || free.Pending() == 0 {
		t.Error("it did not wait")
	}
	free.Abandon()
	if frames, _ := drain(&free, nil, 0); len(frames) != 1 {
		t.Error("the frame behind was lost")
	}
}

func TestSegments(t *testing.T) {
	apdu := bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7}, 100)
	pieces := Split(apdu, 128)
	if len(pieces) != 6 || Split(apdu, len(apdu)) != nil {
		t.Fatalf("%d pieces", len(pieces))
	}
	var a Assembler
	for i, p := range pieces {
		q, err := ParseSegment(p.Append(nil))
		if err != nil || q.Kind != p.Kind || q.Seq != p.Seq || !bytes.Equal(q.Piece, p.Piece) {
			t.Fatalf("piece %d reads back as %+v, %v", i, q, err)
		}
		got, done, err := a.Add(q)
		if err != nil || done != (i == len(pieces)-1) {
			t.Fatalf("piece %d: done %v, %v", i, done, err)
		}
		if done && !bytes.Equal(got, apdu) {
			t.Error("the APDU differs")
		}
		if i == 2 { // once more: its confirmation was lost
			if _, done, err := a.Add(q); done || err != nil {
				t.Errorf("a repeated piece: %v %v", done, err)
			}
		}
	}
	for name, order := range map[string][]int{"gap": {0, 1, 3}, "no beginning": {1}} {
		var a Assembler
		var last error
		for _, i := range order {
			_, _, last = a.Add(pieces[i])
		}
		if last == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for _, bad := range [][]byte{{}, {1}, {0, 0}, {0, 0x80, 1}, {0, 0x10, 1}} {
		if _, err := ParseSegment(bad); err == nil {
			t.Errorf("%x is taken", bad)
		}
	}
}

// TestRefusals: each broken frame is refused at its place, by its clause.
func TestRefusals(t *testing.T) {
	good := own(t)[0]
	n := int(good[4]&15) + 1
	fix := func(b []byte) []byte { // make both checks right again
		head := 5 + n + 1
		c := Checksum(b[1:head])
		b[head], b[head+1] = byte(c), byte(c>>8)
		c = Checksum(b[1 : len(b)-3])
		b[len(b)-3], b[len(b)-2] = byte(c), byte(c>>8)
		return b
	}
	for _, c := range []struct {
		name   string
		change func([]byte) []byte
		offset int
		clause string
	}{
		{"start", func(b []byte) []byte { b[0] = 0x69; return b }, 0, "6.2.2.1"},
		{"length reserved", func(b []byte) []byte { b[2] |= 0x80; return fix(b) }, 1, "6.2.2.2"},
		{"length in kilobytes", func(b []byte) []byte { b[2] |= 0x40; return fix(b) }, 1, "6.2.2.2"},
		{"length too short", func(b []byte) []byte { b[1] = 5; return fix(b) }, 1, "6.2.2.2"},
		{"control reserved", func(b []byte) []byte { b[3] |= 0x10; return fix(b) }, 3, "6.2.2.3"},
		{"function", func(b []byte) []byte { b[3] = b[3]&^7 | 2; return fix(b) }, 3, "6.2.2.3"},
		{"address not BCD", func(b []byte) []byte { b[5] = 0x1B; return fix(b) }, 5, "6.2.2.4"},
		{"wildcard in a single address", func(b []byte) []byte { b[5] = 0xAA; return fix(b) }, 5, "6.2.2.4"},
		{"HCS", func(b []byte) []byte { b[5+n+1] ^= 1; return b }, 5 + n + 1, "6.2.2.5"},
		{"FCS", func(b []byte) []byte { b[len(b)-2] ^= 1; return b }, len(good) - 3, "6.2.2.7"},
		{"end", func(b []byte) []byte { b[len(b)-1] = 0x17; return b }, len(good) - 1, "6.2.2.8"},
	} {
		_, _, err := Parse(c.change(bytes.Clone(good)))
		var e *Error
		if !errors.As(err, &e) || e.Offset != c.offset || e.Clause != c.clause {
			t.Errorf("%s: %v, want offset %d, clause %s", c.name, err, c.offset, c.clause)
		}
	}
	for n := range len(good) {
		if _, _, err := Parse(good[:n]); !errors.Is(err, ErrShort) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		kind   AddressKind
		digits string
		ok     bool
	}{
		{Single, "201010000001", true}, {Single, "5", true}, {Single, "12345", true}, {Single, "", false},
		{Single, "AA1234", false}, {Wildcard, "AA1234", true}, {Wildcard, "BB", false}, {Group, "01", true},
		{Broadcast, "AA", true}, {Broadcast, "99", false}, {Single, "123456789012345678901234567890123", false}, {4, "1", false},
	} {
		a, err := NewAddress(c.kind, c.digits)
		if (err == nil) != c.ok {
			t.Errorf("%d %q: %v", c.kind, c.digits, err)
			continue
		}
		if !c.ok {
			continue
		}
		if a.String() != c.digits {
			t.Errorf("%q reads back as %q", c.digits, a)
		}
		raw, err := Frame{Control: ToServer, Server: a, Data: []byte{1}}.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if f, _, err := Parse(raw); err != nil || f.Server != a {
			t.Errorf("%q comes back as %v, %v", c.digits, f.Server, err)
		}
	}
	one, _ := NewAddress(Single, "201010000001")
	two, _ := NewAddress(Single, "201010000002")
	some, _ := NewAddress(Wildcard, "AAAAAA000001")
	if !some.Matches(one) || some.Matches(two) || !BroadcastAddress().Matches(two) || one.Matches(two) || !one.Matches(one) {
		t.Error("matching")
	}
}
