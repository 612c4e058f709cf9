package rule

import (
	"slices"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Limits are what a Checker holds days against; the zero value stands for the defaults.
type Limits struct {
	Prolonged int                 // days in a row that may be mostly estimated; 3
	Sort      func(book.Day) Sort // what kind of day it is; ByWeekday
}

// Checker checks one day after the other. It keeps scratch memory and is for one goroutine.
type Checker struct {
	limits  Limits
	found   []Finding
	energy  [Slots]int64 // of the quarter hour that ends at each slot; Null where it is not known
	total   int64        // energy over the covered slots
	covered int
	bad     book.SlotSet // readings that fit neither neighbour: rejected
	odd     book.SlotSet // slots whose power or energy is out of proportion, though the register goes on
	seam    book.SlotSet // slots from which on another register counts: nothing can be told across
	held    []int        // slots that walk has accepted so far
	sorted  []int64
	print   uint32
	part    [parts]int64 // mean energy of a quarter hour; negative where not known
}

// NewChecker makes a checker.
func NewChecker(l Limits) *Checker {
	if l.Prolonged <= 0 {
		l.Prolonged = 3
	}
	if l.Sort == nil {
		l.Sort = ByWeekday
	}
	return &Checker{limits: l}
}

func (k *Checker) add(r Rule, s Severity, slots book.SlotSet, a, b, c int64) {
	for i := range k.found {
		if f := &k.found[i]; f.Rule == r { // one finding a rule and day, with the figures of the first and the slots of all
			f.Slots, f.Severity = f.Slots.Or(slots), max(f.Severity, s)
			return
		}
	}
	k.found = append(k.found, Finding{r, s, slots, a, b, c})
}

func (k *Checker) has(rules ...Rule) bool {
	return slices.ContainsFunc(k.found, func(f Finding) bool { return slices.Contains(rules, f.Rule) })
}

// Check gives what the rules find in a day, held against what was known before it; the answer is valid until the next call.
// s is not changed: see [Checker.Take].
func (k *Checker) Check(d *Day, s *Stat) []Finding {
	k.found = k.found[:0]
	d.Sort = k.limits.Sort(d.Day)
	k.walk(d)
	k.fold(d)
	k.missing(d, s)
	k.repeated(d, s)
	k.drift(d, s)
	k.reversed(d)
	k.spikes(d, s)
	k.zero(d, s)
	k.sum(d, s)
	k.amounts(d, s)
	return k.found
}

// fold prints the voltages too: a load that never changes gives the same energies every day, but no voltage does that.
// It makes the means of the two-hour parts and the print of the day.
func (k *Checker) fold(d *Day) {
	h := uint32(2166136261)
	mix := func(v int64) { h = (h ^ uint32(v) ^ uint32(v>>32)) * 16777619 }
	for p := range k.part {
		sum, n := int64(0), int64(0)
		for i := p * partSlots; i < (p+1)*partSlots; i++ {
			if e := k.energy[i]; e != series.Null {
				sum, n = sum+e, n+1
				mix(e)
			}
			mix(d.Power[i])
			mix(d.Voltage[i])
		}
		if k.part[p] = -1; n >= partSlots/2 {
			k.part[p] = sum / n
		}
	}
	if k.print = h; k.covered < Slots || k.total == 0 {
		k.print = 0 // a day with holes or without consumption looks like others
	}
}

// missing: slots of which nothing came at a meter that was heard before, and too many days of it.
func (k *Checker) missing(d *Day, s *Stat) {
	if s.Register == series.Null && d.Measured.Empty() && d.Stray.Empty() {
		return // a meter that never spoke: the list of what is missing has it
	}
	absent := d.Absent()
	if n := absent.Count(); n > 0 {
		run, longest := 0, 0
		for i := range Slots {
			if run++; !absent.Has(i) {
				run = 0
			}
			longest = max(longest, run)
		}
		sev := Minor
		if longest > 8 {
			sev = Major
		}
		k.add(Missing, sev, absent, int64(n), int64(longest), 0)
	}
	days := int(s.Sparse) + 1
	if s.Taken == d.Day {
		days = int(s.Sparse) // this day is among them
	}
	if d.Gaps().Count() > Slots/2 && days > k.limits.Prolonged && s.Taken <= d.Day {
		k.add(Prolonged, Major, book.SlotSet{}, int64(days), int64(k.limits.Prolonged), 0)
	}
}

// repeatFrom is the least energy (20 Wh) that a quarter hour's power must stand for before an unmoved register is a repetition.
const repeatFrom = 200

// repeated: the same slot twice, the same reading under another time, the same day under another date.
func (k *Checker) repeated(d *Day, s *Stat) {
	if !d.Twice.Empty() {
		k.add(Duplicate, Minor, d.Twice, twiceSlot, int64(d.Twice.Count()), 0)
	}
	var same book.SlotSet
	for i := 1; i < Slots; i++ {
		if k.energy[i] == 0 && d.Power[i] != series.Null && d.Power[i]/4 >= repeatFrom && d.Power[i] == d.Power[i-1] && d.Voltage[i] == d.Voltage[i-1] {
			same.Add(i)
		}
	}
	if !same.Empty() {
		k.add(Duplicate, Minor, same, twiceValue, int64(same.Count()), 0)
	}
	if k.print != 0 && k.print == s.Print && s.Taken == d.Day-1 {
		k.add(Duplicate, Major, book.First(Slots), twiceDay, 1, 0)
	}
}

// The limits of a meter's clock, in seconds: a reading further beside its quarter hour counts as beside; a clock that moves by
// driftMove within a day is drifting before it gets there.
const (
	driftFrom  = 30
	driftMove  = 15
	driftCount = 4
)

// drift: readings that stand beside their quarter hour, or move away from it, within the day or since the day before.
func (k *Checker) drift(d *Day, s *Stat) {
	var off book.SlotSet
	k.sorted = k.sorted[:0]
	first, last := int64(0), int64(0)
	for i := range Slots {
		if !d.Measured.Has(i) && !d.Stray.Has(i) || d.Edited.Has(i) {
			continue
		}
		o := int64(d.Offset[i])
		if len(k.sorted) == 0 {
			first = o
		}
		last = o
		k.sorted = append(k.sorted, o)
		if o >= driftFrom || o <= -driftFrom {
			off.Add(i)
		}
	}
	if len(k.sorted) == 0 {
		return
	}
	slices.Sort(k.sorted)
	n := off.Count()
	spread := k.sorted[len(k.sorted)*9/10] - k.sorted[len(k.sorted)/10]
	middle := k.sorted[len(k.sorted)/2]
	moved := last - first
	moving := len(k.sorted) >= 12 && spread >= driftMove && abs(moved) >= driftMove
	if since := middle - int64(s.Offset); s.Taken == d.Day-1 && abs(since) >= driftMove && abs(middle) >= driftMove {
		moving, moved = true, max(moved, since) // a little more every day
	}
	if n >= driftCount || moving {
		k.add(Drift, Minor, off, middle, moved, int64(n))
	}
}

func abs(v int64) int64 { return max(v, -v) }

// The sun does not shine in these slots (before 05:00 and from 20:00 on) in any season here: what flows back then comes from no
// solar plant.
func night(i int) bool { return i <= 20 || i >= 80 }

// reversedFrom is the least power (10 W) that counts as flowing back.
const reversedFrom = 100

// reversed: power is negative at a customer who only draws. By day only, it may be a solar plant that the archive does not know; one
// that it knows is no finding as long as the sun can shine.
func (k *Checker) reversed(d *Day) {
	var back book.SlotSet
	dark, lowest := int64(0), int64(0)
	for i := range Slots {
		if p := d.Power[i]; d.Measured.Has(i) && p != series.Null && p <= -reversedFrom {
			back.Add(i)
			lowest = min(lowest, p)
			if night(i) {
				dark++
			}
		}
	}
	if d.Solar && dark == 0 {
		return
	}
	if n := back.Count(); n >= 4 {
		sev := Minor
		if dark > 0 {
			sev = Major
		}
		k.add(Reversed, sev, back, int64(n), dark, lowest)
	}
}

// third is the third greatest of values, and the greatest with its place.
func (k *Checker) third(values func(i int) int64) (top, third int64, at int) {
	var v [3]int64
	for i := range Slots {
		x := values(i)
		if x == series.Null {
			continue
		}
		switch {
		case x > v[0]:
			v[2], v[1], v[0], at = v[1], v[0], x, i
		case x > v[1]:
			v[2], v[1] = v[1], x
		case x > v[2]:
			v[2] = x
		}
	}
	return v[0], v[2], at
}

// spikeFrom is the least energy of a quarter hour (0.25 kWh: 1 kW) that is worth the word.
const spikeFrom = 2500

// spikes: held against the third greatest, since a spike often comes as two (up in one quarter hour, the rest in the next) and a
// mean would be drawn up by it. A quarter hour whose energy stands far above the day's third greatest and above what is usual, or a power that the
// register does not bear out.
func (k *Checker) spikes(d *Day, s *Stat) {
	usual := int64(0)
	if _, most := s.basis(d.Sort); most != nil {
		usual = amount(most.Peak)
	}
	top, third, at := k.third(func(i int) int64 { return k.energy[i] })
	if top >= spikeFrom && top > 5*third && top > 4*usual {
		k.odd.Add(at)
		k.add(Spike, Major, one(at), top, third, spikeEnergy)
	}
	top, third, at = k.third(func(i int) int64 { return d.Power[i] })
	if e := k.energy[at]; top >= 4*spikeFrom && top > 5*third && (e == series.Null || top/4 > 4*e) && top/4 > 4*usual {
		k.odd.Add(at)
		k.add(Spike, Minor, one(at), top, third, spikePower)
	}
}

// The bounds of a stretch without consumption: four hours, and two more than is usual, in which half a kWh would be used.
const (
	idleSlots  = 16
	idleBeyond = 8
	idleEnergy = 5000
)

// idle asks the power besides the register, since a register of coarse steps stands still while little flows. It finds the longest stretch in which the register stood still and no power flowed.
func (k *Checker) idle(d *Day) (start, length int) {
	run := 0
	for i := range Slots {
		p := d.Power[i]
		if run++; k.energy[i] != 0 || p != series.Null && p/4 >= repeatFrom || p != series.Null && p <= -reversedFrom {
			run = 0
		}
		if run > length {
			start, length = i-run+1, run
		}
	}
	return start, length
}

// zero: a usual consumer draws nothing for long.
func (k *Checker) zero(d *Day, s *Stat) {
	u, _ := s.basis(d.Sort)
	start, n := k.idle(d)
	if n < idleSlots || n < int(s.Idle)+idleBeyond || u == nil {
		return
	}
	expect, slots := int64(0), book.SlotSet{}
	for i := start; i < start+n; i++ {
		expect += u.slot(i)
		slots.Add(i)
	}
	if expect >= idleEnergy {
		k.add(Zero, Minor, slots, int64(n), expect, 0)
	}
}

// The bounds of the sum check: a tenth of the energy and 0.5 kWh.
const (
	sumPart   = 10
	sumFrom   = 5000
	sumSlots  = 24
	sumFactor = 3 * octave // eight times: rather a unit than a difference
)

// sums adds up the registers' energy and the powers' energy over the slots that have both.
func (k *Checker) sums(d *Day) (registers, powers int64, slots book.SlotSet) {
	for i, e := range k.energy {
		if p := d.Power[i]; e != series.Null && p != series.Null && p >= 0 && !k.bad.Has(i) && !k.odd.Has(i) {
			registers, powers = registers+e, powers+p
			slots.Add(i)
		}
	}
	return registers, powers / 4, slots
}

// sum is done over the day and not by slot: where a meter gives the power of the moment, single quarter hours differ by half and
// more, a day by some percent. The register's difference against the sum of the intervals that its powers make, with what is usual for the meter: its
// power may be of the moment rather than the mean of the quarter hour.
func (k *Checker) sum(d *Day, s *Stat) {
	a, b, slots := k.sums(d)
	if slots.Count() < sumSlots || k.has(Negative, Reversed, Multiplier) {
		return
	}
	ratio := int64(level(a)) - int64(level(b))
	if n := (abs(ratio) + 5*octave/3) / (10 * octave / 3); abs(ratio) >= sumFactor && n >= 1 && n <= 3 && min(a, b) > 0 {
		if ratio < 0 {
			n = -n
		}
		if abs(ratio-n*850) <= octave/2 {
			k.add(Multiplier, Major, slots, n, b, a)
			return
		}
	}
	usual := int64(0)
	if s.Class[Workday].Days >= 5 {
		usual = max(-octave/4, min(octave/4, int64(s.Ratio)))
	}
	expect := a
	if usual != 0 {
		expect = amount(int16(max(0, int64(level(a))-usual)))
	}
	if diff := abs(expect - b); diff > max(a, b)/sumPart && diff > sumFrom {
		k.add(Sum, Major, slots, a, b, 0)
	}
}

// The bounds of what is usual, in octaves: a day further than farHigh above (2.4 times) or farLow below (a quarter), and six
// mean distances, is out of the ordinary.
const (
	farHigh = 5 * octave / 4
	farLow  = 2 * octave
)

// day is the energy of the whole day, brought up from what is covered; ok is false where too little is.
func (k *Checker) day() (energy int64, ok bool) {
	if k.covered < Slots*3/4 || k.has(Negative) {
		return 0, false
	}
	return k.total * Slots / int64(k.covered), true
}

// amounts: the day's energy against what is usual, and jumps by a factor of ten.
func (k *Checker) amounts(d *Day, s *Stat) {
	least, most := s.basis(d.Sort)
	if most == nil || k.has(Multiplier) || !d.Holiday && k.jump(most) {
		return
	}
	energy, ok := k.day()
	if !ok || k.has(Spike) || k.has(Zero) || k.has(Reversed) {
		return
	}
	above := func(u *Usual) (x, far int64) { return int64(level(energy)) - int64(u.Energy), 6 * int64(u.Spread) }
	if x, far := above(most); x > max(farHigh, far) {
		k.add(High, Minor, book.SlotSet{}, energy, amount(most.Energy), 0)
	}
	if least == nil {
		return
	}
	if x, far := above(least); x < -max(farLow, far) && energy > 0 {
		k.add(Low, Minor, book.SlotSet{}, energy, amount(least.Energy), 0)
	}
}

// jump works on two-hour means, which single loads do not carry, and wants three of them: a kettle is ten times a sleeping flat,
// but not for six hours in the same proportion to every habit of the day. It looks for a part of the day from which on every two hours stand at ten, a hundred or a thousand times what is usual, or at
// a tenth and so on, while those before stand where they use to.
func (k *Checker) jump(u *Usual) bool {
	var dist [parts]int64
	for p, v := range k.part {
		if v < 0 || u.Part[p] < 5*octave { // too little to tell
			return false
		}
		dist[p] = int64(level(v)) - int64(u.Part[p])
	}
	for start := 0; start <= parts-3; start++ {
		if start == 1 || start == 2 {
			continue
		}
		n := k.factor(dist[:start], dist[start:], int64(u.Spread))
		if n == 0 {
			continue
		}
		k.add(Multiplier, Major, from(start*partSlots), n, amount(u.Part[parts-1]), k.part[parts-1])
		return start > 0 // a whole day of ten times is high as well: somebody may just have used so much
	}
	return false
}

// jumpWidth is how far (0.65 octaves) a jump may stand beside a power of ten: days differ.
const jumpWidth = 166

// factor takes the middle of each stretch and wants all of it within an octave of that: a factor moves everything alike, a change
// of habits does not. It is the power of ten between two stretches of a day; 0 for none.
func (k *Checker) factor(before, after []int64, spread int64) int64 {
	m := k.middle(after)
	base := int64(0)
	if len(before) > 0 {
		base = k.middle(before)
	}
	if abs(base) > octave || spread > octave {
		return 0
	}
	n := (abs(m-base) + 425) / 850
	if n < 1 || n > 3 || abs(abs(m-base)-n*850) > jumpWidth {
		return 0
	}
	for _, v := range after {
		if abs(v-m) > octave {
			return 0
		}
	}
	for _, v := range before {
		if abs(v-base) > octave {
			return 0
		}
	}
	if m < base {
		n = -n
	}
	return n
}

func (k *Checker) middle(v []int64) int64 {
	k.sorted = append(k.sorted[:0], v...)
	slices.Sort(k.sorted)
	return k.sorted[len(k.sorted)/2]
}
