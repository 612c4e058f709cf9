package hj212

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

// vectors are frames of the standard's own examples (annex A and C) and of the dialects in the field, sums computed by its rule.
var vectors = []struct{ name, data string }{
	{"set interval", "QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"},
	{"time-outs", "QN=20160801085857223;ST=32;CN=1000;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&OverTime=5;ReCount=3&&"},
	{"answer", "QN=20160801085857223;ST=91;CN=9011;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&QnRtn=1&&"},
	{"result", "QN=20160801085857223;ST=91;CN=9012;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&ExeRtn=1&&"},
	{"data answer", "QN=20160801085857223;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&"},
	{"real time", "QN=20160801085857223;ST=32;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&DataTime=20160801085857;w01018-SampleTime=20160801085857,w01018-Rtd=1.1,w01018-Flag=N;w21003-Rtd=-2.5e-1,w21003-Flag=T&&"},
	{"minutes", "QN=20160801085857223;ST=32;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&DataTime=20160801084000;w01018-Cou=7,w01018-Min=1.1,w01018-Avg=1.2,w01018-Max=1.3,w01018-Flag=N&&"},
	{"part", "QN=20160801085857223;ST=32;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=7;PNUM=2;PNO=1;CP=&&DataTime=20160801084000;w01018-Avg=1.2,w01018-Flag=N&&"},
	{"history", "QN=20160801085857223;ST=32;CN=2061;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&BeginTime=20160801080000,EndTime=20160801090000&&"},
	{"log", "QN=20160801085857223;ST=32;CN=3020;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&PolId=w01018,DataTime=20160801085857;i11001-Info=//清洗管路；a,b;c//&&"},
	{"2005", "ST=31;CN=2011;PW=123456;MN=88888880000001;CP=&&DataTime=20040516020111;B01-Rtd=100;101-Rtd=1.1,101-Flag=P&&"},
	{"2005 answer", "ST=91;CN=9014;PW=123456;MN=88888880000001;Flag=0;CP=&&QN=20040516010101001&&"},
}

func packed(data string) []byte {
	const digit = "0123456789ABCDEF"
	sum := Checksum([]byte(data))
	return append([]byte("##"+pad(len(data), 4)+data), digit[sum>>12], digit[sum>>8&15], digit[sum>>4&15], digit[sum&15], '\r', '\n')
}

// judge feeds bytes to a fresh scanner, step by step, and gives the frames found.
func judge(b []byte, step int) (found []Frame, why []*Error) {
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
				why = append(why, it.Refused)
			} else {
				found = append(found, it.Frame)
			}
		}
	}
	return found, why
}

func TestStandardExample(t *testing.T) {
	want := "##0101" + vectors[0].data + "1C80\r\n" // HJ 212-2017 annex A
	f, n, err := Parse([]byte(want))
	if err != nil || n != len(want) {
		t.Fatal(n, err)
	}
	if got, err := f.Append(nil); err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	if v, ok := f.Number("RtdInterval"); !ok || v != 30 || f.CN != SetRealTimeGap || f.ST != 32 || !f.Edition2017() || f.Flag&WantsAnswer == 0 {
		t.Errorf("%+v", f)
	}
}

func TestChecksumByTheRule(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		r := uint16(0xFFFF)
		for _, x := range b {
			r = r>>8 ^ uint16(x)
			for range 8 {
				if odd := r & 1; odd == 1 {
					r = r>>1 ^ 0xA001
				} else {
					r >>= 1
				}
			}
		}
		if got := Checksum(b); got != r {
			t.Fatalf("%d bytes: %04X, want %04X", n, got, r)
		}
	}
}

func TestThereAndBack(t *testing.T) {
	for _, v := range vectors {
		raw := packed(v.data)
		f, n, err := Parse(raw)
		if err != nil || n != len(raw) {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		if got, err := f.Append(nil); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%s prints as %q, %v", v.name, got, err)
		}
		if err := f.Check(f.CN >= 2000 && f.CN != HourData); err != nil {
			t.Errorf("%s: %v", v.name, err)
		}
		for cut := range len(raw) {
			if _, _, err := Parse(raw[:cut]); !errors.Is(err, ErrShort) {
				t.Errorf("%s cut to %d: %v", v.name, cut, err)
			}
		}
	}
}

// TestFrames holds the codec to frames of third parties with their verdicts.
func TestFrames(t *testing.T) {
	raw, err := os.ReadFile("../../../shared/data/safety/hj212-frames.json")
	if err != nil {
		t.Skip("skipped: the sample frames are not here")
	}
	var set struct {
		Frames []struct {
			ID, Frame, End, Verdict, Reason string
			Fields                          struct {
				QN, ST, CN, PW, MN, Flag string
				CP                       map[string]string
			}
		}
		Fragments []struct{ ID, Text, Verdict string }
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		t.Fatal(err)
	}
	for _, c := range set.Frames {
		end := "\r\n"
		if c.End != "CRLF" {
			end = "\n"
		}
		found, why := judge([]byte(c.Frame+end), 7)
		if c.Verdict == "refuse" {
			if len(found) != 0 || len(why) == 0 {
				t.Errorf("%s is taken: %s", c.ID, c.Reason)
				continue
			}
			want := Unknown
			if strings.HasPrefix(c.Reason, "wrong CRC") || strings.Contains(c.Reason, "and CRC wrong") && !strings.HasPrefix(c.Reason, "length") {
				want = BadCRC
			}
			t.Logf("%s: %v", c.ID, why[0])
			if why[0].Code != want {
				t.Errorf("%s: code %d, want %d", c.ID, why[0].Code, want)
			}
			continue
		}
		if len(found) != 1 || len(why) != 0 {
			t.Errorf("%s is refused: %v", c.ID, why)
			continue
		}
		f := found[0]
		if f.QN != c.Fields.QN || pad(int(f.ST), 2) != c.Fields.ST || pad(int(f.CN), 4) != c.Fields.CN || f.PW != c.Fields.PW || f.MN != c.Fields.MN || len(f.Items) != len(c.Fields.CP) {
			t.Errorf("%s: %+v", c.ID, f)
		}
		for name, want := range c.Fields.CP {
			if got, ok := f.Get(name); !ok || got != want {
				t.Errorf("%s: %s is %q, want %q", c.ID, name, got, want)
			}
		}
		if r, err := Reports(&f); err != nil || len(r) != 1 || len(r[0].Values) == 0 || r[0].At.IsZero() {
			t.Errorf("%s: %+v, %v", c.ID, r, err)
		}
		if back, err := f.Append(nil); err != nil || !strings.EqualFold(string(back), c.Frame+end) {
			t.Errorf("%s prints as %q, %v", c.ID, back, err)
		}
	}
	for _, c := range set.Fragments {
		if found, why := judge([]byte(c.Text), 1); len(found) != 0 || len(why) == 0 {
			t.Errorf("%s is taken", c.ID)
		}
	}
}

// TestEveryChange: no frame with one byte changed is another frame. A letter of the checksum may change its size.
func TestEveryChange(t *testing.T) {
	tried := 0
	for _, v := range vectors {
		raw := packed(v.data)
		good, _, _ := Parse(raw)
		for i := range raw {
			for x := range 256 {
				if byte(x) == raw[i] {
					continue
				}
				bad := bytes.Clone(raw)
				bad[i] = byte(x)
				tried++
				found, _ := judge(bad, len(bad))
				if len(found) == 0 {
					continue
				}
				a, _ := found[0].Append(nil)
				b, _ := good.Append(nil)
				if len(found) > 1 || !bytes.Equal(a, b) || i < len(raw)-6 || !strings.EqualFold(string(bad), string(raw)) {
					t.Fatalf("%s: byte %d set to %02X gives %+v", v.name, i, x, found)
				}
			}
		}
	}
	t.Logf("%d changes", tried)
}

func TestRefused(t *testing.T) {
	long := strings.Repeat("a", 951)
	for _, c := range []struct {
		name, data, clause string
		code               QnRtn
	}{
		{"no ST", "CN=2011;PW=1;MN=a;CP=&&&&", "6.3.2", BadST},
		{"unknown ST", "ST=99;CN=2011;PW=1;MN=a;CP=&&&&", "6.6.1", BadST},
		{"no CN", "ST=32;PW=1;MN=a;CP=&&&&", "6.3.2", BadCN},
		{"CN of letters", "ST=32;CN=20A1;PW=1;MN=a;CP=&&&&", "6.6.5", BadCN},
		{"no PW", "ST=32;CN=2011;MN=a;CP=&&&&", "6.3.2", BadPassword},
		{"long PW", "ST=32;CN=2011;PW=1234567;MN=a;CP=&&&&", "6.3.2", BadPassword},
		{"no MN", "ST=32;CN=2011;PW=1;CP=&&&&", "6.3.2", BadMN},
		{"long MN", "ST=32;CN=2011;PW=1;MN=1234567890123456789012345;CP=&&&&", "6.3.2", BadMN},
		{"QN of 14 digits", "QN=20160801085857;ST=32;CN=2011;PW=1;MN=a;CP=&&&&", "6.3.2", BadQN},
		{"QN of February 30th", "QN=20160230085857000;ST=32;CN=2011;PW=1;MN=a;CP=&&&&", "6.3.2", BadQN},
		{"Flag of 256", "ST=32;CN=2011;PW=1;MN=a;Flag=256;CP=&&&&", "6.3.2", BadFlag},
		{"no PNO", "ST=32;CN=2011;PW=1;MN=a;Flag=6;PNUM=2;CP=&&&&", "6.3.2", BadFlag},
		{"PNO without D", "ST=32;CN=2011;PW=1;MN=a;Flag=4;PNUM=2;PNO=1;CP=&&&&", "6.3.2", BadFlag},
		{"PNO over PNUM", "ST=32;CN=2011;PW=1;MN=a;Flag=6;PNUM=2;PNO=3;CP=&&&&", "6.3.2", Unknown},
		{"twice", "ST=32;ST=32;CN=2011;PW=1;MN=a;CP=&&&&", "6.3.2", Unknown},
		{"unknown field", "ST=32;CN=2011;PW=1;MN=a;XX=1;CP=&&&&", "6.3.2", Unknown},
		{"no CP", "ST=32;CN=2011;PW=1;MN=a", "6.3.2", Unknown},
		{"open CP", "ST=32;CN=2011;PW=1;MN=a;CP=&&a=1", "6.3.3", Unknown},
		{"no equals sign", "ST=32;CN=2011;PW=1;MN=a;CP=&&a&&", "6.3.3", Unknown},
		{"two equals signs", "ST=32;CN=2011;PW=1;MN=a;CP=&&a=1=2&&", "6.3.3", Unknown},
		{"empty field", "ST=32;CN=2011;PW=1;MN=a;CP=&&a=1;;b=2&&", "6.3.3", Unknown},
		{"area too long", "ST=32;CN=2011;PW=1;MN=a;Flag=4;CP=&&a=" + long + "&&", "6.3.2", Unknown},
	} {
		_, _, err := Parse(packed(c.data))
		var e *Error
		if !errors.As(err, &e) || e.Clause != c.clause || e.Code != c.code || e.Reason.Zh == "" {
			t.Errorf("%s: %v, want clause %s and code %d", c.name, err, c.clause, c.code)
		}
	}
	good := packed(vectors[0].data)
	for name, raw := range map[string][]byte{
		"stated too long":  append([]byte("##0102"), good[6:]...),
		"stated too short": append([]byte("##0100"), good[6:]...),
	} {
		_, why := judge(raw, len(raw))
		if len(why) == 0 || !strings.Contains(why[0].Reason.En, "Length") || why[0].Clause != "6.3.1" {
			t.Errorf("%s: %v", name, why)
		}
	}
}

func TestDialects(t *testing.T) {
	for name, data := range map[string]string{
		"another order":      "MN=a;PW=123456;CN=2011;ST=22;CP=&&DataTime=20200101000000;a01-Rtd=1.5,a01-Flag=N&&",
		"CP not last":        "ST=22;CN=2011;PW=123456;MN=a;CP=&&DataTime=20200101000000;a01-Rtd=1.5,a01-Flag=N&&;Flag=4",
		"spaces":             "ST=22;CN=2011;PW=123456;MN=a;CP=&&DataTime = 20200101000000 ; a01-Rtd= 1.5 ,a01-Flag=N&&",
		"last semicolon":     "ST=22;CN=2011;PW=123456;MN=a;CP=&&DataTime=20200101000000;a01-Rtd=1.5,a01-Flag=N;&&",
		"flag before":        "ST=22;CN=2011;PW=123456;MN=a;CP=&&DataTime=20200101000000;a01-Flag=N;a01-Rtd=1.50&&",
		"milliseconds":       "ST=22;CN=2011;PW=123456;MN=a;CP=&&DataTime=20200101000000000;a01-Rtd=+1.5&&",
		"an exponent":        "ST=22;CN=2011;PW=123456;MN=a;CP=&&DataTime=20200101000000;a01-Rtd=1.5E+00&&",
		"with a sample time": "ST=22;CN=2011;PW=123456;MN=a;CP=&&DataTime=20200101000000;a01-SampleTime=20200101000000,a01-Rtd=1.5&&",
	} {
		f, _, err := Parse(packed(data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r, err := Reports(&f)
		if err != nil || len(r) != 1 || len(r[0].Values) != 1 {
			t.Errorf("%s: %+v, %v", name, r, err)
			continue
		}
		v := r[0].Values[0]
		if v.Factor != "a01" || v.Stat != "Rtd" || v.Num != 1.5 || v.Quality() != Normal || !r[0].At.Equal(time.Date(2020, 1, 1, 0, 0, 0, 0, China())) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	f, _, err := Parse(packed(vectors[len(vectors)-1].data))
	if err != nil || f.QN != "20040516010101001" {
		t.Errorf("QN in the data area: %+v, %v", f, err)
	}
}

func TestReports(t *testing.T) {
	one := func(area string) ([]Report, error) {
		f, _, err := Parse(packed("ST=32;CN=2061;PW=1;MN=a;CP=&&" + area + "&&"))
		if err != nil {
			t.Fatal(err)
		}
		return Reports(&f)
	}
	r, err := one("DataTime=20200101000000;a-Cou=1,a-Min=2,a-Avg=3,a-Max=4,a-Flag=D;b-Avg=,b-Flag=N;DataTime=20200101010000;a-Avg=5")
	if err != nil || len(r) != 2 || len(r[0].Values) != 5 || len(r[1].Values) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	for i, v := range r[0].Values {
		if v.Quality() != Bad || i < 4 && (v.Mark != "D" || v.Num != float64(i+1)) {
			t.Errorf("%+v", v)
		}
	}
	for _, bad := range []string{"a-Avg=1", "DataTime=20200101000000;a-Avg=1;a-Avg=1", "DataTime=20200101000000;a-Avg=1x", "DataTime=20200101000000;a-Avg=NaN", "DataTime=20200101000000;a-Avg=Inf",
		"DataTime=20200101000000;a-Avg=0x10", "DataTime=20200101000000;a-Avg=1_0", "DataTime=20200101000000;a-Avg=-", "DataTime=20200101000000;a-Avg=1e999", "DataTime=20201301000000;a-Avg=1",
		"DataTime=20200101000000;a-Avg=1,a-Flag=N,a-Flag=D", "DataTime=20200101000000;a-SampleTime=1", "PolId=a"} {
		if r, err := one(bad); err == nil {
			t.Errorf("%s is read as %+v", bad, r)
		}
	}
	for mark, want := range map[string]Quality{"": Normal, "N": Normal, "T": Doubtful, "F": Doubtful, "S": Doubtful, "D": Bad, "M": Bad, "C": Bad, "B": Bad, "P": Bad, "0": Bad, "3": Normal, "?": Doubtful} {
		if QualityOf(mark) != want || MarkName(mark).Zh == "" {
			t.Errorf("mark %q", mark)
		}
	}
}

func TestNumbers(t *testing.T) {
	for s, want := range map[string]float64{"0": 0, "-0.427": -0.427, "231.0": 231, ".5": .5, "5.": 5, "123456789012345678": 123456789012345678, "0.1": 0.1, "1.803": 1.803, "99999.99999": 99999.99999, "1e3": 1000} {
		if v, ok := number(s); !ok || v != want {
			t.Errorf("%s: %v", s, v)
		}
	}
	if v, ok := number(""); !ok || !math.IsNaN(v) {
		t.Error("an empty number is not absent")
	}
}

func TestGather(t *testing.T) {
	part := func(no int, area string) Frame {
		f, _, err := Parse(packed("QN=20160801085857223;ST=32;CN=2051;PW=1;MN=a;Flag=7;PNUM=3;PNO=" + pad(no, 1) + ";CP=&&" + area + "&&"))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	now := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	areas := []string{"DataTime=20200101000000;a-Avg=1", "DataTime=20200101000000;b-Avg=2,b-Flag=T", "DataTime=20200101010000;a-Avg=3"}
	for _, order := range [][]int{{1, 2, 3}, {3, 1, 2}, {2, 2, 1, 1, 3}} {
		var g Gather
		for i, no := range order {
			whole, err := g.Add(part(no, areas[no-1]), now)
			if err != nil || (whole != nil) != (i == len(order)-1) {
				t.Fatalf("%v at %d: %v, %v", order, i, whole, err)
			}
			if whole == nil {
				continue
			}
			r, err := Reports(whole)
			if err != nil || len(r) != 2 || len(r[0].Values) != 2 || r[0].Values[1].Mark != "T" || r[1].Values[0].Num != 3 || len(g.sets) != 0 {
				t.Errorf("%v: %+v, %v", order, r, err)
			}
		}
	}
	var g Gather
	_, _ = g.Add(part(2, areas[1]), now)
	if _, err := g.Add(part(2, areas[0]), now); err == nil {
		t.Error("a part that contradicts the one before is taken")
	}
	if l := g.Lapse(now); len(l) != 0 {
		t.Error("given up too early")
	}
	if l := g.Lapse(now.Add(time.Second)); len(l) != 1 || len(l[0].Parts) != 1 || len(l[0].Missing) != 2 || len(g.sets) != 0 {
		t.Errorf("%+v", l)
	}
	for i := range maxSets + 1 {
		f := part(1, areas[0])
		f.QN = QNOf(now.Add(time.Duration(i) * time.Millisecond))
		if _, err := g.Add(f, now); (err != nil) != (i == maxSets) {
			t.Errorf("packet %d: %v", i, err)
		}
	}
	big := part(1, areas[0])
	big.PNUM = 9999
	if _, err := g.Add(big, now); err == nil {
		t.Error("9999 parts are taken")
	}
}

func TestCompose(t *testing.T) {
	at := time.Date(2016, 8, 1, 8, 58, 57, 223e6, China())
	qn := QNOf(at)
	s := Station{ST: 32, PW: "123456", MN: "a", Version: 1}
	old := Station{ST: 32, PW: "123456", MN: "a"}
	for _, f := range []Frame{s.Clock(qn, at), s.History(qn, MinuteData, at.Add(-time.Hour), at), s.Interval(qn, SetRealTimeGap, 30), s.Interval(qn, SetMinuteGap, 10), s.Timeouts(qn, 5, 3), s.Ask(qn, RealTime),
		s.Answer(qn, BadCRC), s.Result(qn, Done), s.NoticeAnswer(qn), s.DataAnswer(qn), old.DataAnswer(qn), old.Answer(qn, Ready), old.History(qn, HourData, at, at), s.Answer("", Unknown)} {
		raw, err := f.Append(nil)
		if err != nil {
			t.Errorf("%+v: %v", f, err)
			continue
		}
		g, _, err := Parse(raw)
		if err != nil || g.CN != f.CN {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if err := g.Check(false); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		if g.QN != qn && f.CN != Answer {
			t.Errorf("%s: QN %q", raw, g.QN)
		}
	}
	for _, bad := range []Frame{{CN: 7777, ST: 32}, {CN: SetClock}, {CN: Answer, Items: []Item{{Name: "QnRtn", Value: "x"}}}, {CN: HourData, Items: []Item{{Name: "BeginTime", Value: "20200101000000"}, {Name: "EndTime", Value: "1"}}}} {
		if bad.Check(false) == nil {
			t.Errorf("%+v is well", bad)
		}
	}
	if _, err := (&Frame{ST: 32, CN: 2011, PW: "1", MN: "a;b"}).Append(nil); err == nil {
		t.Error("an MN with a semicolon is printed")
	}
	if c, ok := Lookup(MinuteData); !ok || !c.Data || c.Name.Zh == "" {
		t.Errorf("%+v", c)
	}
}

func TestGlimpse(t *testing.T) {
	raw := packed(vectors[5].data)
	raw[len(raw)-3] ^= 1
	if f := Glimpse(raw); f.QN != "20160801085857223" || f.MN != "010000A8900016F000169DC0" || f.ST != 32 || f.CN != 2011 || !f.Flagged {
		t.Errorf("%+v", f)
	}
	if f := Glimpse([]byte("##")); f.MN != "" {
		t.Errorf("%+v", f)
	}
}

// TestScannerFindsItsWay: frames between noise, cut anywhere, are all found.
func TestScannerFindsItsWay(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for round := range 300 {
		var stream []byte
		for range 20 {
			switch rng.IntN(5) {
			case 0:
				for range rng.IntN(30) {
					if x := byte(rng.Uint32()); x != '#' && x != '\n' {
						stream = append(stream, x)
					}
				}
			case 1:
				bad := packed(vectors[rng.IntN(len(vectors))].data)
				bad[len(bad)-4] ^= 0x02
				stream = append(stream, bad...)
			case 2:
				stream = append(stream, "##0900ST=32;"...)
			case 3:
				stream = append(stream, "\r\n"...)
			}
			stream = append(stream, packed(vectors[rng.IntN(len(vectors))].data)...)
		}
		if found, _ := judge(stream, 1+rng.IntN(50)); len(found) != 20 {
			t.Fatalf("round %d: %d frames of 20", round, len(found))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range vectors {
		f.Add(packed(v.data), []byte(v.data))
	}
	f.Fuzz(func(t *testing.T, b, data []byte) {
		judge(b, 5)
		Glimpse(b)
		for _, raw := range [][]byte{b, packed(string(data[:min(len(data), 9999)]))} {
			fr, n, err := Parse(raw)
			if err != nil {
				continue
			}
			out, err := fr.Append(nil)
			if err != nil {
				t.Fatalf("%q does not print: %v", raw[:n], err)
			}
			again, _, err := Parse(out)
			if err != nil {
				t.Fatalf("%q prints as %q: %v", raw[:n], out, err)
			}
			if two, err := again.Append(nil); err != nil || !bytes.Equal(two, out) || len(again.Items) != len(fr.Items) {
				t.Fatalf("%q, then %q", out, two)
			}
			_ = fr.Check(true)
			if r, err := Reports(&fr); err == nil {
				for _, x := range r {
					for _, v := range x.Values {
						if math.IsInf(v.Num, 0) || v.Stat == "Flag" {
							t.Fatalf("%q: %+v", raw, v)
						}
					}
				}
			}
		}
	})
}

// benchFrame has 411 bytes of data and eleven factors, as a station of air quality sends.
const benchFrame = "QN=20220513162608370;ST=22;CN=2051;PW=123456;MN=STATION_AIR01_0001;Flag=4;CP=&&DataTime=20220513162600;a21004-Avg=4,a21004-Flag=N;a05024-Avg=63,a05024-Flag=N;a21026-Avg=6,a21026-Flag=N;" +
	"a21005-Avg=0.427,a21005-Flag=N;a34004-Avg=14,a34004-Flag=N;a34002-Avg=31,a34002-Flag=N;a01007-Avg=1,a01007-Flag=N;a01008-Avg=11,a01008-Flag=N;a01001-Avg=17,a01001-Flag=N;a01002-Avg=85,a01002-Flag=N;a01006-Avg=9,a01006-Flag=N&&"

func BenchmarkFrame(b *testing.B) {
	raw := packed(benchFrame)
	if len(benchFrame) != 411 {
		b.Fatal(len(benchFrame))
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		f, _, err := Parse(raw)
		if err != nil {
			b.Fatal(err)
		}
		r, err := Reports(&f)
		if err != nil || len(r[0].Values) != 11 {
			b.Fatal(err)
		}
	}
}
