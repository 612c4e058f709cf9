package rule

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Method is a way to estimate what did not come.
type Method string

// The methods. By says who put a value in where it was a person.
const (
	Linear  Method = "linear"  // a straight line between the readings beside the gap
	Profile Method = "profile" // the meter's usual curve, at the height at which this day runs beside the gap
	Proxy   Method = "proxy"   // the same quarter hours of the same weekday in one of the last four weeks
	Average Method = "average" // the meter's usual curve for such a day
	Manual  Method = "manual"  // a person put it in
)

// Methods are all of them with their words.
var Methods = []struct {
	Method
	Text lang.Text
}{
	{Linear, lang.T("线性内插", "Linear interpolation")},
	{Profile, lang.T("当日曲线", "Same-day profile")},
	{Proxy, lang.T("同类日代替", "Proxy day")},
	{Average, lang.T("历史平均", "Average")},
	{Manual, lang.T("人工填入", "By a person")},
}

// Text names a method; the name itself for none of Methods.
func (m Method) Text() lang.Text {
	for _, k := range Methods {
		if k.Method == m {
			return k.Text
		}
	}
	return lang.Same(string(m))
}

// The greatest gaps, in slots, that the first two methods are trusted with: two hours and twelve. MostSlots is the longest gap
// that is bridged at all: a month.
const (
	linearSlots  = 8
	profileSlots = 48
	MostSlots    = 31 * Slots
)

// DefaultOrder is the order in which methods are tried.
var DefaultOrder = []Method{Linear, Profile, Proxy, Average}

// ParseOrder reads an order written as linear,profile,proxy,average; any of them may be left out.
func ParseOrder(text string) ([]Method, error) {
	var out []Method
	for part := range strings.SplitSeq(text, ",") {
		m := Method(strings.TrimSpace(part))
		if !slices.Contains(DefaultOrder, m) || slices.Contains(out, m) {
			return nil, errs.Say(errs.Invalid, "估算次序“%s”无法识别：应为 linear、profile、proxy、average 的排列，以逗号分隔，可省略其中几项",
				"the order of estimation %q is not known: give linear, profile, proxy, average in any order, with commas, each once at most", text)
		}
		out = append(out, m)
	}
	return out, nil
}

// Gap is a stretch of slots without a reading. Slots are counted from the midnight of Day and may lie before it: From is the first
// slot to fill, To the one after the last.
type Gap struct {
	Day    book.Day
	From   int
	To     int
	Before int64 // register of the slot before From
	Closed bool  // a reading ends it, at slot To
	Energy int64 // where it is closed: from Before to that reading, over To-From+1 quarter hours
	Wrap   int64 // capacity of a register that rolls over within; 0 for one that does not
}

// quarters is over how many quarter hours the gap's energy is spread: where a reading ends it, its own belongs to them.
func (g *Gap) quarters() int {
	if g.Closed {
		return g.To - g.From + 1
	}
	return g.To - g.From
}

// at splits a slot counted from a day's midnight.
func at(d book.Day, slot int) (book.Day, int) {
	for slot < 0 {
		d, slot = d-1, slot+Slots
	}
	return d + book.Day(slot/Slots), slot % Slots
}

// Gaps lists what is to be filled in a day, in order; more than a month is not bridged. A gap that ends where another register begins
// stays open. What a person put into a gap bounds it like a reading. k has just checked d. A gap that began before the day goes back to the
// newest reading that s knows of; after is the first register behind the day (its slot counted from the day's midnight), Null
// where none is known.
func (k *Checker) Gaps(d *Day, s *Stat, after int64, afterSlot int) (out []Gap) {
	pv, pi := d.Base, -d.BaseGap
	drawn := s.Taken == d.Day-1 && s.Drawn == Ended // yesterday's gap knew today's reading already
	bound := func(slot int, r int64) {
		if n := slot - pi - 1; pv != series.Null && n > 0 && n <= MostSlots && !(drawn && pi < 0) {
			g := Gap{Day: d.Day, From: pi + 1, To: slot, Before: pv, Closed: true, Energy: r - pv}
			seam := slot < Slots && slot >= 0 && k.seam.Has(slot) || g.Energy >= 0 && tenfold(pv, r) != 0 && pv >= scaleFrom
			switch {
			case seam:
			case g.Energy < -slack:
				var ok bool
				g.Energy, g.Wrap, ok = Unroll(pv, r)
				seam = !ok
			case g.Energy < 0:
				g.Energy = 0
			}
			if seam { // another register ends it: what flowed is as usual, up to there or to the day's end
				g.Closed, g.Energy, g.Wrap, g.To = false, 0, 0, min(slot, Slots)
			}
			out = append(out, g)
		}
	}
	for _, a := range d.Anchors {
		if a.Slot > pi {
			bound(a.Slot, a.Register)
			pv, pi = a.Register, a.Slot
		}
	}
	for i := range Slots {
		if r := d.Register[i]; d.Measured.Has(i) && r != series.Null && !k.bad.Has(i) {
			bound(i, r)
			pv, pi = r, i
		}
	}
	switch {
	case pi == Slots-1:
	case after != series.Null:
		bound(afterSlot, after)
	case pv != series.Null && pi >= 0 && Slots-1-pi <= MostSlots:
		out = append(out, Gap{Day: d.Day, From: pi + 1, To: Slots, Before: pv})
	case pv != series.Null && pi < 0 && s.Drawn >= 0 && s.Taken == d.Day-1 && Slots-1-pi <= MostSlots:
		out = append(out, Gap{Day: d.Day, From: 0, To: Slots, Before: s.Drawn}) // goes on from where yesterday's estimate ended
	case pv != series.Null && pi == -1:
		out = append(out, Gap{Day: d.Day, From: 0, To: Slots, Before: pv})
	}
	return out
}

// Proxied gives the energies of the proxy day of each day of a gap, by slot.
type Proxied map[book.Day]*[Slots]int64

// proxySlots is the longest gap that is drawn after proxy days: eight days.
const proxySlots = 8 * Slots

// Drawn is an estimate: the registers of the slots From to To-1 of a gap.
type Drawn struct {
	Method    Method
	Registers []int64
}

// Draw takes only the shape from the method where a reading ends the gap: how much was used is known then, and a method that
// guesses the height wrongly does no harm. It fills a gap by the first method of the order that its length and the data at hand allow; ok is false where none does.
// With a closed gap the quarter hours add up to its energy to the last digit. k has just checked the gap's day d.
func (k *Checker) Draw(g *Gap, d *Day, s *Stat, proxy Proxied, order []Method) (out Drawn, ok bool) {
	n := g.quarters()
	weights := make([]int64, n)
	for _, m := range order {
		if !k.weigh(m, g, d, s, proxy, weights) {
			continue
		}
		out.Method = m
		break
	}
	if out.Method == "" {
		if !g.Closed {
			return out, false
		}
		out.Method = Linear // with a reading at each end a line is better than nothing, however long the gap
		for i := range weights {
			weights[i] = 1
		}
	}
	if g.Closed {
		Spread(g.Energy, weights)
	}
	r := g.Before
	out.Registers = make([]int64, g.To-g.From)
	for i := range out.Registers {
		if r += weights[i]; g.Wrap > 0 && r >= g.Wrap {
			r -= g.Wrap
		}
		out.Registers[i] = r
	}
	return out, true
}

// WantsProxy gives the days of a gap that proxy days are looked for; none where another method comes first.
func (k *Checker) WantsProxy(g *Gap, d *Day, s *Stat, order []Method) (days []book.Day) {
	if g.To-g.From > proxySlots {
		return nil
	}
	scratch := make([]int64, g.quarters())
	for _, m := range order {
		if m == Proxy {
			for i := range g.To - g.From {
				if day, _ := at(g.Day, g.From+i); len(days) == 0 || days[len(days)-1] != day {
					days = append(days, day)
				}
			}
			return days
		}
		if k.weigh(m, g, d, s, nil, scratch) {
			return nil
		}
	}
	return nil
}

// weigh fills in what each quarter hour of a gap would take by a method; false where the method does not apply.
func (k *Checker) weigh(m Method, g *Gap, d *Day, s *Stat, proxy Proxied, out []int64) bool {
	n := g.To - g.From
	switch m {
	case Linear:
		if !g.Closed || n > linearSlots {
			return false
		}
		for i := range out {
			out[i] = 1
		}
		return true
	case Profile:
		return n <= profileSlots && g.From >= 0 && g.To <= Slots && k.profile(g, d, s, out)
	case Proxy:
		for i := range out {
			day, slot := at(g.Day, g.From+i)
			switch p := proxy[day]; {
			case p != nil:
				out[i] = p[slot]
			case i >= n && i > 0: // the quarter hour of the reading that ends it lies on the next day
				out[i] = out[i-1]
			default:
				return false
			}
		}
		return n > 0
	case Average:
		for i := range out {
			day, slot := at(g.Day, g.From+i)
			e, ok := s.Expect(k.limits.Sort(day).Class, slot)
			if !ok && k.covered < beside {
				return false
			}
			if !ok { // a meter that is new: as on the rest of the day
				e = k.total / int64(k.covered)
			}
			out[i] = e
		}
		return true
	}
	return false
}

// beside is how many quarter hours on each side say at what height a day runs.
const beside = 12

// profile scales the usual curve by how the day runs before and after the gap, from the one to the other.
func (k *Checker) profile(g *Gap, d *Day, s *Stat, out []int64) bool {
	u := s.shape(d.Sort)
	if u == nil {
		return false
	}
	before, okBefore := k.height(u, g.From-beside, g.From)
	after, okAfter := k.height(u, g.To+1, g.To+1+beside)
	switch {
	case !okBefore && !okAfter:
		return false
	case !okBefore:
		before = after
	case !okAfter:
		after = before
	}
	for i := range out {
		_, slot := at(g.Day, g.From+i)
		part := before + (after-before)*int64(i+1)/int64(len(out)+1)
		out[i] = scale(u.slot(slot), part, heightUnit)
	}
	return true
}

// heightUnit is the height of a day that runs as usual.
const heightUnit = 1 << 16

// height is how high the day runs in some slots against what is usual; false where too few are known.
func (k *Checker) height(u *Usual, from, to int) (int64, bool) {
	got, usual, n := int64(0), int64(0), 0
	for i := max(from, 0); i < min(to, Slots); i++ {
		if e := k.energy[i]; e != series.Null {
			got, usual, n = got+e, usual+u.slot(i), n+1
		}
	}
	if n < beside/3 || usual <= 0 {
		return 0, false
	}
	return min(scale(got, heightUnit, usual), 64*heightUnit), true
}

// heaviest bounds a weight, so that those of a gap of years still add up in 64 bits.
const heaviest = 1 << 46

// scale is a*b/by (by > 0), rounded down: 0 where a factor is negative, [heaviest] at most.
func scale(a, b, by int64) int64 {
	if a <= 0 || b <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi >= uint64(by) {
		return heaviest
	}
	q, _ := bits.Div64(hi, lo, uint64(by))
	return int64(min(q, heaviest)) //nolint:gosec // bounded
}

// Spread turns weights (none negative) into whole parts of total that are in proportion to them and add up to it exactly: each
// gets its share rounded down, and the largest remainders one more each. Where all weights are zero the parts are even.
func Spread(total int64, weights []int64) {
	sum := uint64(0)
	for _, w := range weights {
		sum += uint64(min(max(w, 0), heaviest)) //nolint:gosec // not negative
	}
	type rest struct {
		i int
		r uint64
	}
	rests := make([]rest, len(weights))
	left := total
	for i, w := range weights {
		w = min(max(w, 0), heaviest)
		if sum == 0 {
			w = 1
		}
		hi, lo := bits.Mul64(uint64(total), uint64(w))
		q, r := bits.Div64(hi, lo, max(sum, uint64(len(weights))*b2u(sum == 0)))
		weights[i], rests[i] = int64(q), rest{i, r}
		left -= int64(q)
	}
	if left == 0 {
		return
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return cmp.Compare(b.r, a.r) })
	for _, x := range rests[:left] {
		weights[x.i]++
	}
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// AddsUp is the sum check after estimation: the quarter hours of a closed gap, each from one register to the next, add up to
// the difference of the readings at its ends, in whole watt-hours as in tenths.
func AddsUp(g *Gap, registers []int64) bool {
	if !g.Closed || len(registers) != g.To-g.From {
		return !g.Closed
	}
	last, sum, hours := g.Before, int64(0), int64(0)
	end := g.Before + g.Energy
	if g.Wrap > 0 && end >= g.Wrap {
		end -= g.Wrap
	}
	for _, r := range append(slices.Clone(registers), end) {
		e, wh := r-last, r/10-last/10
		if e < 0 && g.Wrap > 0 {
			e, wh = e+g.Wrap, wh+g.Wrap/10
		}
		if e < 0 {
			return false
		}
		sum, hours, last = sum+e, hours+wh, r
	}
	wh := end/10 - g.Before/10
	if g.Wrap > 0 && end < g.Before {
		wh += g.Wrap / 10
	}
	return sum == g.Energy && hours == wh
}
