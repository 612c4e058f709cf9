package response

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/response/baseline"
	"github.com/haihe-city/haihe/systems/grid/response/record"
	"github.com/haihe-city/haihe/systems/grid/response/rule"
)

// lookBack is how many days before an event are searched for similar ones.
const lookBack = 45

// window is an event's quarter hours of a day.
func window(e Event, d book.Day) baseline.Window {
	at := func(t time.Time) int {
		return int(max(0, min(book.SlotsPerDay, (t.UnixMicro()-d.Start())/book.SlotMicros)))
	}
	return baseline.Window{From: at(e.Begins), To: at(e.Ends)}
}

// curve is the energy of some meters by quarter hour, in 0.0001 kWh, baseline.Unknown where a meter's register is not known at either end
// or ran backwards; guess marks quarter hours that rest on an estimated or edited register.
type curve struct {
	energy []int64
	guess  []bool
}

// energies sums the register differences of meters over some days.
func (p *Part) energies(ctx context.Context, meters []int64, from book.Day, days int) (curve, error) {
	n, tolerance := days*book.SlotsPerDay, p.o.Tolerance.Microseconds()
	out := curve{make([]int64, n), make([]bool, n)}
	reg, guess := make([]int64, n+1), make([]bool, n+1)
	for _, num := range meters {
		for i := range reg {
			reg[i], guess[i] = baseline.Unknown, false
		}
		samples, err := p.o.Readings.Range(ctx, num, from.Start()-tolerance, (from+book.Day(days)).Start()+tolerance+1)
		if err != nil {
			return curve{}, errs.Wrap("read the meters of a participant", err)
		}
		for _, x := range samples {
			q := x.Quality &^ series.Late
			d, slot, ok := book.SlotAt(x.At, p.o.Tolerance)
			if i := int(d-from)*book.SlotsPerDay + slot; ok && q != series.Invalid && x.Values[0] != series.Null && i >= 0 && i <= n {
				reg[i], guess[i] = x.Values[0], q != series.Measured
			}
		}
		for k := range n {
			if reg[k] == baseline.Unknown || reg[k+1] == baseline.Unknown || reg[k+1] < reg[k] {
				out.energy[k] = baseline.Unknown
			} else if out.energy[k] != baseline.Unknown {
				out.energy[k] += reg[k+1] - reg[k]
				out.guess[k] = out.guess[k] || guess[k] || guess[k+1]
			}
		}
	}
	return out, nil
}

// alike tells whether two days are of one kind by the working calendar: worked days, weekends, public holidays.
func (p *Part) alike(a, b book.Day) bool {
	c := p.o.Days()
	one, two := c.Kind(calendar.Date(a)), c.Kind(calendar.Date(b))
	return one == two || one.Works() && two.Works()
}

// found is what was measured of a participant on the day of an event, and the baseline; ok is false where too few days make one.
type found struct {
	base baseline.Result
	day  curve
	days []book.Day // that the baseline rests on
	ok   bool
}

// find measures a call. Days of other events of the participant, days of another kind, and quarter hours that were not measured make no baseline.
func (p *Part) find(ctx context.Context, e Event, c Call, m baseline.Method) (f found, err error) {
	d := book.DayOf(e.Begins.UnixMicro())
	all, err := p.energies(ctx, c.Meters, d-lookBack, lookBack+1)
	if err != nil {
		return f, err
	}
	busy, err := record.Read(ctx, p.o.DB, func(tx *store.Tx) ([]int64, error) {
		return record.Numbers(tx, record.QBusy, c.Participant, (d - lookBack).Start(), d.Start())
	})
	if err != nil {
		return f, errs.Wrap("read the days of other events", err)
	}
	asked := map[book.Day]bool{}
	for _, us := range busy {
		asked[book.DayOf(us)] = true
	}
	measured := func(i int) []int64 { // a day without what was estimated
		out := make([]int64, book.SlotsPerDay)
		for k := range out {
			if out[k] = all.energy[i*book.SlotsPerDay+k]; all.guess[i*book.SlotsPerDay+k] {
				out[k] = baseline.Unknown
			}
		}
		return out
	}
	var days [][]int64
	var names []book.Day
	for i := lookBack - 1; i >= 0; i-- {
		if day := d - lookBack + book.Day(i); !asked[day] && p.alike(day, d) {
			days, names = append(days, measured(i)), append(names, day)
		}
	}
	at := lookBack * book.SlotsPerDay
	f.day = curve{all.energy[at:], all.guess[at:]}
	f.base, f.ok = baseline.Of(m, days, measured(lookBack), window(e, d), quartersAHour)
	for _, i := range f.base.Used {
		f.days = append(f.days, names[i])
	}
	return f, nil
}

// count makes what was found into a result, without what is paid. Quarter hours without a baseline or a reading count as missing and reduce nothing.
func (f found) count(w baseline.Window, m baseline.Method) (r Result) {
	r.Lift = int64(math.Round(f.base.Lift * 1000))
	if !f.ok {
		r.Missing = int64(w.To - w.From)
		return r
	}
	r.Method = m
	for k := w.From; k < w.To; k++ {
		b, is := f.base.Energy[k], f.day.energy[k]
		if b == baseline.Unknown || is == baseline.Unknown {
			r.Missing++
			continue
		}
		if f.day.guess[k] {
			r.Estimated++
		}
		r.Baseline, r.Measured, r.Reduced = r.Baseline+b, r.Measured+is, r.Reduced+b-is
	}
	return r
}

// whole is an event with what belongs to it.
type whole struct {
	Event
	programme Programme
	calls     []Call
	results   []Result // of all settlements
}

func (p *Part) whole(ctx context.Context, id string) (whole, error) {
	return record.Read(ctx, p.o.DB, func(tx *store.Tx) (x whole, err error) {
		if x.Event, err = record.OneEvent(tx, id); err != nil {
			return x, err
		}
		list, err := record.Programmes(tx)
		if err != nil {
			return x, err
		}
		for _, y := range list {
			if y.Code == x.Programme {
				x.programme = y
			}
		}
		if x.calls, err = record.Calls(tx, record.QCalls, id); err != nil {
			return x, err
		}
		x.results, err = record.Results(tx, id)
		return x, err
	})
}

func (x whole) silentIn() bool { return x.programme.Silence == "in" }

// last is the number of the newest settlement; 0 where there is none.
func (x whole) last() (run int64) {
	for _, r := range x.results {
		run = max(run, r.Run)
	}
	return run
}

// Settle counts an event anew and keeps the result: after the event's end, and again with a reason where somebody objects.
func (p *Part) Settle(ctx context.Context, who *identity.Principal, id, reason string) error {
	if err := deny(who, GrantManage); err != nil {
		return err
	}
	x, err := p.whole(ctx, id)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	switch {
	case x.State != Finished && x.State != Settled:
		return errs.Say(errs.Conflict, "事件结束后才能结算", "an event is settled after its end")
	case len(reason) > maxReason || x.State == Settled && reason == "":
		return errs.Say(errs.Invalid, "重新结算请填写理由（不超过 %d 字节）", "settling again needs a reason of at most %d bytes", maxReason)
	}
	now, w := p.o.Clock.Now(), window(x.Event, book.DayOf(x.Begins.UnixMicro()))
	var out []Result
	total := int64(0)
	for _, c := range x.calls {
		f, err := p.find(ctx, x.Event, c, x.programme.Method)
		if err != nil {
			return err
		}
		r := f.count(w, x.programme.Method)
		pay := rule.Pay(r.Reduced, c.KW, int64(w.To-w.From), c.Price, rule.Terms{Least: x.programme.Least, Most: x.programme.Most})
		r.Event, r.Participant, r.Answer, r.Rate = id, c.Participant, "out", pay.Rate
		if c.TakesPart(x.silentIn()) {
			r.Answer, r.Paid, r.Fen = "in", pay.Paid, pay.Fen
		}
		r.Made, r.MadeBy, r.Reason = now, who.ID, reason
		total += r.Fen
		out = append(out, r)
	}
	err = p.change(ctx, id, func(tx *store.Tx, e *Event) error {
		before, err := record.Results(tx, id)
		if err != nil {
			return err
		}
		run := whole{results: before}.last() + 1
		if run != x.last()+1 {
			return errs.Say(errs.Conflict, "他人刚刚完成结算，请刷新后再试", "somebody has just settled it: look again")
		}
		for _, r := range out {
			r.Run = run
			if err := record.AddResult(tx, r); err != nil {
				return err
			}
		}
		e.State, e.Settled = Settled, now
		return p.act(tx, who, GrantManage, "settle-response", "grid.response.event:"+id, map[string]any{"run": run, "fen": total, "reason": reason})
	})
	p.forget(id)
	return err
}

// shown is the curve of an event in kW: what would have been used, what was, and what the target asks for; NaN where nothing is known.
// blind counts participants without a baseline, which it leaves out.
type shown struct {
	at                   time.Time
	state                State
	base, load, goal     []float64
	blind, taking, asked int
}

// shownFor is for how long a curve is kept for the next look; mostShown bounds how many.
const (
	shownFor  = time.Minute
	mostShown = 32
)

func (p *Part) forget(id string) {
	p.mu.Lock()
	delete(p.kept, id)
	p.mu.Unlock()
}

// shown sums the curves of the participants that take part.
func (p *Part) shown(ctx context.Context, x whole) (s shown, err error) {
	now := p.o.Clock.Now()
	p.mu.Lock()
	s, ok := p.kept[x.ID]
	p.mu.Unlock()
	if ok && s.state == x.State && now.Sub(s.at) < shownFor && !now.Before(s.at) {
		return s, nil
	}
	s = shown{at: now, state: x.State, base: make([]float64, book.SlotsPerDay), load: make([]float64, book.SlotsPerDay), asked: len(x.calls)}
	kw := int64(0)
	for _, c := range x.calls {
		if !c.TakesPart(x.silentIn()) {
			continue
		}
		s.taking++
		f, err := p.find(ctx, x.Event, c, x.programme.Method)
		if err != nil {
			return s, err
		}
		if !f.ok {
			s.blind++
			continue
		}
		kw += c.KW
		for k := range s.base {
			s.base[k] += power(f.base.Energy[k])
			s.load[k] += power(f.day.energy[k])
		}
	}
	s.goal = make([]float64, book.SlotsPerDay)
	w := window(x.Event, book.DayOf(x.Begins.UnixMicro()))
	for k := range s.goal {
		if s.goal[k] = math.NaN(); k >= w.From && k < w.To {
			s.goal[k] = s.base[k] - float64(min(kw, x.Target))
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.kept) >= mostShown {
		clear(p.kept)
	}
	p.kept[x.ID] = s
	return s, nil
}

// power is the mean power of a quarter hour's energy, kW.
func power(energy int64) float64 {
	if energy == baseline.Unknown {
		return math.NaN()
	}
	return float64(energy) * quartersAHour / unitsPerKWh
}
