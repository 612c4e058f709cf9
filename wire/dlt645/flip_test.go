package dlt645

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

func addr(t testing.TB, s string) Address {
	t.Helper()
	a, err := NewAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// messages are one of each kind.
func messages(t testing.TB) []Message {
	t.Helper()
	at := time.Date(2015, 11, 3, 14, 15, 9, 0, China())
	minute := at.Truncate(time.Minute)
	load, err := NewLoad(minute, map[DI]int64{0x02010100: 2204, 0x02030000: 12345, 0x00010000: 1079330})
	if err != nil {
		t.Fatal(err)
	}
	data, err := load.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return []Message{
		Read{DI: 0x00010000}, Read{DI: LoadEarliest, Blocks: 3}, Read{DI: LoadFrom, Blocks: 96, From: minute},
		ReadNext{DI: LoadFrom, Seq: 2}, AskAddress{}, SetAddress{Addr: addr(t, "101010000001")}, SetTime{Time: at},
		Write{DI: 0x04000103, Secret: Secret{2, 1, 2, 3}, Operator: Operator{4, 5, 6, 7}, Data: []byte{0x15}},
		FreezeNow{Minute: 0, Hour: 99, Day: 99, Month: 99}, SetBaud{Code: 8}, SetPassword{DI: 0x04000C01, Old: Secret{2}, New: Secret{2, 9}},
		Clear{Function: ClearDemand, Secret: Secret{2}}, Clear{Function: ClearMeter}, Clear{Function: ClearEvents, Events: 0xFFFFFFFF},
		Answer{DI: 0x00010000, Data: []byte{0x30, 0x93, 0x07, 0x01}}, Answer{DI: LoadFrom, Data: data, More: true},
		AnswerNext{DI: LoadFrom, Data: data, Seq: 1}, AddressAnswer{Addr: addr(t, "101010000001")}, Done{Function: WriteData},
		Done{Function: ChangeBaud, Data: []byte{8}}, Failure{Function: ReadData, Word: NoData}, Failure{Function: ReadFollowing, Word: OtherError},
		Read1997{DI: 0x901F}, Answer1997{DI: 0x9010, Data: []byte{0x30, 0x93, 0x07, 0x01}},
	}
}

func frames(t testing.TB) (out [][]byte) {
	t.Helper()
	for _, m := range messages(t) {
		raw, err := Encode(addr(t, "101010000001"), m).Append(nil)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		out = append(out, raw)
	}
	return out
}

// judge feeds bytes to a fresh scanner, step by step, and gives the frames found.
func judge(b []byte, step int) (found []Frame, refused int) {
	var s Scanner
	for len(b) > 0 || s.Pending() > 0 {
		if n := min(step, len(b)); n > 0 {
			s.Feed(b[:n])
			b = b[n:]
		} else {
			s.Abandon()
		}
		for {
			it, ok := s.Next()
			if !ok {
				break
			}
			if it.Refused != nil {
				refused += len(it.Raw)
			} else {
				found = append(found, it.Frame)
			}
		}
	}
	return found, refused
}

func flips(t *testing.T, raws [][]byte) {
	t.Helper()
	tried := 0
	for k, raw := range raws {
		for i := range raw {
			for x := range 256 {
				if byte(x) == raw[i] {
					continue
				}
				bad := bytes.Clone(raw)
				bad[i] = byte(x)
				tried++
				if found, _ := judge(bad, len(bad)); len(found) > 0 {
					t.Fatalf("frame %d: byte %d set to %02X gives a frame: %+v", k, i, x, found[0])
				}
			}
		}
	}
	t.Logf("%d changes of %d frames, all refused", tried, len(raws))
}

// TestEveryFlipIsRefused: no frame with one byte changed, and so none with one bit changed, is a frame.
func TestEveryFlipIsRefused(t *testing.T) { flips(t, frames(t)) }

func TestEveryFlipOfThirdPartyFrames(t *testing.T) {
	var raws [][]byte
	for _, s := range samples(t) {
		if s.Valid {
			raws = append(raws, unhex(t, s.Hex))
		}
	}
	flips(t, raws)
}

// TestTwoFlipsThatCancel shows the limit that the package's documentation tells of: a sum does not see them.
func TestTwoFlipsThatCancel(t *testing.T) {
	raw := frames(t)[14] // an energy
	bad := bytes.Clone(raw)
	bad[14]++
	bad[15]--
	if _, _, err := Parse(bad); err != nil {
		t.Errorf("the sum saw it: mend the documentation (%v)", err)
	}
}

func TestMessagesThereAndBack(t *testing.T) {
	for _, m := range messages(t) {
		f := Encode(addr(t, "101010000001"), m)
		raw, err := f.Append(Wake(nil))
		if err != nil {
			t.Fatal(err)
		}
		g, n, err := Parse(raw)
		if err != nil || n != len(raw) {
			t.Errorf("%T: took %d of %d: %v", m, n, len(raw), err)
			continue
		}
		back, err := Decode(g)
		if err != nil {
			t.Errorf("%T: %v", m, err)
			continue
		}
		if h := Encode(g.Addr, back); h.Control != f.Control || !bytes.Equal(h.Data, f.Data) {
			t.Errorf("%+v reads back as %+v", m, back)
		}
	}
}

func TestFramesRefused(t *testing.T) {
	good := frames(t)[14]
	sum := func(b []byte) []byte { b[len(b)-2] = Checksum(b[:len(b)-2]); return b }
	for _, c := range []struct {
		name   string
		change func([]byte) []byte
		offset int
		clause string
	}{
		{"start", func(b []byte) []byte { b[0] = 0x69; return b }, 0, "5.2.1"},
		{"second start", func(b []byte) []byte { b[7] = 0x69; return sum(b) }, 7, "5.2.1"},
		{"an order with an answer's flags", func(b []byte) []byte { b[8] = 0x51; return sum(b) }, 8, "5.2.3"},
		{"reserved function", func(b []byte) []byte { b[8] = 0x80; return sum(b) }, 8, "5.2.3"},
		{"length", func(b []byte) []byte { b[9] = 201; return sum(b) }, 9, "5.2.4"},
		{"sum", func(b []byte) []byte { b[len(b)-2]++; return b }, len(good) - 2, "5.2.6"},
		{"end", func(b []byte) []byte { b[len(b)-1]++; return b }, len(good) - 1, "5.2.7"},
	} {
		_, _, err := Parse(append([]byte{0xFE, 0xFE}, c.change(bytes.Clone(good))...))
		var e *Error
		if !errors.As(err, &e) || e.Offset != c.offset+2 || e.Clause != c.clause || e.Reason.Zh == "" {
			t.Errorf("%s: %v, want offset %d, clause %s", c.name, err, c.offset+2, c.clause)
		}
	}
	for n := range len(good) {
		if _, _, err := Parse(good[:n]); !errors.Is(err, ErrShort) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if _, err := (Frame{Data: make([]byte, 201)}).Append(nil); err == nil {
		t.Error("a frame of 201 bytes of data is printed")
	}
}

func TestMessagesRefused(t *testing.T) {
	one := addr(t, "101010000001")
	for name, f := range map[string]Frame{
		"an answer from the wildcard":    {AnyMeter, 0x91, []byte{0, 0, 1, 0, 1}},
		"an answer without identifier":   {one, 0x91, []byte{0, 0, 1}},
		"a refusal of two bytes":         {one, 0xD1, []byte{1, 2}},
		"a refusal with more to come":    {one, 0xF1, []byte{1}},
		"more to come of a write":        {one, 0xB4, nil},
		"an address with letters":        {one, 0x93, []byte{1, 2, 3, 4, 5, 0xAB}},
		"an address of five bytes":       {one, 0x93, []byte{1, 2, 3, 4, 5}},
		"a read of six bytes":            {one, 0x11, []byte{0, 0, 1, 0, 1, 2}},
		"a read of no blocks":            {one, 0x11, []byte{0, 0, 0, 6, 0}},
		"a read from the 31st of April":  {one, 0x11, []byte{1, 0, 0, 6, 1, 0, 0, 0x31, 4, 0x15}},
		"a time of 25 o'clock":           {one, 0x08, []byte{0, 0, 0x25, 1, 1, 0x15}},
		"a time that is not BCD":         {one, 0x08, []byte{0, 0x1A, 0x20, 1, 1, 0x15}},
		"a write without a password":     {one, 0x14, []byte{1, 2, 3, 4, 5, 6, 7, 8}},
		"a function that nobody defined": {one, 0x1F, nil},
	} {
		m, err := Decode(f)
		var e *Error
		if !errors.As(err, &e) || m != nil {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		in, out string
		kind    AddressKind
	}{
		{"101010000001", "101010000001", OneMeter}, {"75", "000000000075", OneMeter}, {"AAAAAA000001", "AAAAAA000001", Shortened},
		{"AAAAAAAAAAAA", "AAAAAAAAAAAA", Shortened}, {"999999999999", "999999999999", Everyone},
	} {
		a, err := NewAddress(c.in)
		if err != nil || a.String() != c.out || a.Kind() != c.kind {
			t.Errorf("%s: %s, kind %d, %v", c.in, a, a.Kind(), err)
		}
	}
	for _, bad := range []string{"", "1234567890123", "12345x", "12AA34", "1A"} {
		if a, err := NewAddress(bad); err == nil {
			t.Errorf("%q is taken for %s", bad, a)
		}
	}
	one := addr(t, "101010000001")
	if !AnyMeter.Matches(one) || !AllMeters.Matches(one) || !addr(t, "AAAAAA000001").Matches(one) || addr(t, "AAAAAA000002").Matches(one) || !one.Matches(one) {
		t.Error("matching")
	}
}

// TestScannerFindsItsWay: frames between noise, cut anywhere, are all found.
func TestScannerFindsItsWay(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	good := frames(t)
	for round := range 300 {
		var stream []byte
		for range 20 {
			switch rng.IntN(4) {
			case 0:
				for range rng.IntN(30) {
					if x := byte(rng.Uint32()); x != 0x68 {
						stream = append(stream, x)
					}
				}
			case 1:
				bad := bytes.Clone(good[rng.IntN(len(good))])
				bad[len(bad)-2] ^= 0x10
				stream = append(stream, bad...)
			default:
				stream = Wake(stream)
			}
			stream = append(stream, good[rng.IntN(len(good))]...)
		}
		if found, _ := judge(stream, 1+rng.IntN(50)); len(found) != 20 {
			t.Fatalf("round %d: %d frames of 20", round, len(found))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, raw := range frames(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		judge(b, 5)
		fr, n, err := Parse(b)
		if err != nil {
			return
		}
		if out, err := fr.Append(nil); err != nil || !bytes.HasSuffix(b[:n], out) {
			t.Fatalf("%x prints as %x, %v", b[:n], out, err)
		}
		m, err := Decode(fr)
		if err != nil {
			return
		}
		if g := Encode(fr.Addr, m); g.Control != fr.Control || !bytes.Equal(g.Data, fr.Data) {
			t.Fatalf("%+v prints as %+v, was %+v", m, g, fr)
		}
	})
}
