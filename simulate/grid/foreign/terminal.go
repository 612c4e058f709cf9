package foreign

import (
	"slices"
	"time"

	"github.com/haihe-city/haihe/wire/qgdw1376"
)

// curves are what a terminal reports and is asked for.
var curves = []uint8{qgdw1376.PowerCurve, qgdw1376.VoltageCurve, qgdw1376.EnergyCurve}

// Answers are what a terminal answers to a question, each unit in a frame of its own, so that an answer of several units is one of several
// frames; a denial where it has nothing. The n-th meter of the station stands at measuring point n+1.
func Answers(s Station, m qgdw1376.Message) (out []qgdw1376.Message) {
	for _, u := range m.Units {
		if a, ok := unit(s, u); ok {
			say := qgdw1376.Say(m.AFN, m.Seq+uint8(len(out)), false, a)
			say.First, say.Last = len(out) == 0, false
			out = append(out, say)
		}
	}
	if len(out) == 0 {
		return []qgdw1376.Message{qgdw1376.AnswerNo(m.Seq)}
	}
	out[len(out)-1].Last = true
	return out
}

// Reading is what a terminal reports of a meter at a quarter hour.
func Reading(s Station, n int, t time.Time) (out []qgdw1376.Unit) {
	for _, f := range curves {
		out = append(out, qgdw1376.Unit{Point: uint16(n + 1), F: f, Data: curve(s, n, f, t, 1)})
	}
	return out
}

// unit answers one unit; ok is false where the terminal has nothing.
func unit(s Station, u qgdw1376.Unit) (out qgdw1376.Unit, ok bool) {
	out = qgdw1376.Unit{Point: u.Point, F: u.F}
	switch q := u.Data.(type) {
	case qgdw1376.MetersAsk:
		var t qgdw1376.Meters
		for _, n := range q.Numbers {
			if n > 0 && int(n) <= s.Len() {
				address, _, _ := s.Meter(int(n) - 1)
				t.Lines = append(t.Lines, qgdw1376.MeterLine{Number: n, Point: n, Port: 0x61, Protocol: 30, Address: address, Tariffs: 4, Digits: 0x19, Collector: "000000000000"})
			}
		}
		out.Data = t
		return out, true
	case qgdw1376.CurveAsk:
		n := int(u.Point) - 1
		if n < 0 || n >= s.Len() || !slices.Contains(curves, u.F) {
			return out, false
		}
		if _, _, dead := s.Meter(n); dead {
			return out, false
		}
		out.Data = curve(s, n, u.F, align(q.From), int(q.Count))
		return out, true
	case nil:
		if u.Point == 0 && u.F == 2 {
			out.Data = qgdw1376.Clock{Time: s.Now().Truncate(time.Second)}
			return out, true
		}
	}
	return out, false
}

// curve is what a meter shows from a time on; nothing of what is not over yet.
func curve(s Station, meter int, f uint8, from time.Time, n int) qgdw1376.Curve {
	out := qgdw1376.Curve{From: from.Add(s.Drift(meter, from)).Truncate(time.Minute), Density: qgdw1376.Quarter}
	_, installed, dead := s.Meter(meter)
	for i := range n {
		t, v := from.Add(time.Duration(i)*Slot), int64(qgdw1376.None)
		if !dead && !t.After(s.Now()) && !t.Before(installed) {
			energy, power, voltage, ok := s.Shown(meter, t)
			if !ok {
				out.Values = append(out.Values, v)
				continue
			}
			v = map[uint8]int64{qgdw1376.EnergyCurve: energy / 100, qgdw1376.PowerCurve: power, qgdw1376.VoltageCurve: voltage}[f]
		}
		out.Values = append(out.Values, v)
	}
	return out
}
