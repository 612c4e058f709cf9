package foreign

import (
	"slices"
	"time"

	"github.com/haihe-city/haihe/wire/dlt645"
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
	case qgdw1376.Forward:
		out.Data = qgdw1376.Forwarded{Port: q.Port, Data: forwarded(s, q.Data)}
		return out, true
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

// forwarded is what a meter behind a terminal answers to a DL/T 645 frame; nothing where it is not here, is dead, or was asked something else than
// of its relay and clock.
func forwarded(s Station, raw []byte) []byte {
	f, _, err := dlt645.Parse(raw)
	if err != nil {
		return nil
	}
	q, err := dlt645.Decode(f)
	for n := range s.Len() {
		address, _, dead := s.Meter(n)
		if err != nil || dead || address != f.Addr.String() {
			continue
		}
		r, m := s.Ask(n)
		a, ok := r.Over645(m, q)
		if x, reads := q.(dlt645.Read); !ok && reads {
			a, ok = clock(m.Shows, x.DI)
		}
		if !ok || a == nil {
			return nil
		}
		out, err := dlt645.Encode(f.Addr, a).Append(nil)
		if err != nil {
			return nil
		}
		return out
	}
	return nil
}

// clock is a meter's date or time of day.
func clock(shows time.Time, id dlt645.DI) (dlt645.Message, bool) {
	if id != dlt645.ClockDate && id != dlt645.ClockTime {
		return nil, false
	}
	shows = shows.In(china)
	info, err := dlt645.Lookup(id)
	v := dlt645.Value{DI: id, Info: info, Time: shows, Num: int64(shows.Weekday())}
	if id == dlt645.ClockTime {
		v.Num = int64(shows.Hour()*3600 + shows.Minute()*60 + shows.Second())
	}
	b, berr := v.Append(nil)
	return dlt645.Answer{DI: id, Data: b}, err == nil && berr == nil
}
