package rule

import (
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// capacities are the registers at which meters begin at zero again: six digits of kWh before the point, and five of
// older ones; the smaller is tried first.
var capacities = [...]int64{100_000_0000, 1_000_000_0000}

// Unroll is the energy between two registers where the later one is the lower because the meter began at zero again; ok is
// false where it did not: a roll-over starts in the last hundredth of a capacity and ends in the first.
func Unroll(before, after int64) (energy, capacity int64, ok bool) {
	for _, c := range capacities {
		if before < c && before >= c-c/100 && after >= 0 && after < c/100 {
			return after + c - before, c, true
		}
	}
	return 0, 0, false
}

// tenfold is the power of ten by which a value has changed, to half a percent; 0 for none up to a thousand.
func tenfold(before, after int64) int64 {
	for n, f := int64(1), int64(10); n <= 3; n, f = n+1, f*10 {
		if near(after, before*f) {
			return n
		}
		if near(before, after*f) {
			return -n
		}
	}
	return 0
}

func near(a, b int64) bool {
	d := a - b
	return d < 0 && -d <= b/200 || d >= 0 && d <= b/200
}

// scaleFrom is the least register (100 kWh) of which a factor of ten is believed: small ones come near by chance.
const scaleFrom = 100_0000

// slack is by how much (1 Wh) a register may step back without a word: meters round.
const slack = 10

// walk goes from reading to reading: it rejects readings that do not fit between their neighbours, tells a register that was changed
// for good from them, and fills the energy of every quarter hour that both its ends are known of.
func (k *Checker) walk(d *Day) {
	k.bad, k.odd, k.seam, k.total, k.covered = book.SlotSet{}, book.SlotSet{}, book.SlotSet{}, 0, 0
	for i := range k.energy {
		k.energy[i] = series.Null
	}
	k.fit(d)
	pv, pi := d.start()
	for i := range Slots {
		if !d.has(i) || k.bad.Has(i) {
			continue
		}
		r := d.Register[i]
		if pv == series.Null {
			pv, pi = r, i
			continue
		}
		if e, ok := k.step(i, pv, r); ok && pi >= -1 {
			k.total += e
			k.covered += i - pi
			if i-pi == 1 {
				k.energy[i] = e
			}
		}
		pv, pi = r, i
	}
}

// has tells whether a register was read in a slot.
func (d *Day) has(i int) bool { return d.Measured.Has(i) && d.Register[i] != series.Null }

// start is the newest register before the day, and its slot; a person's counts as one.
func (d *Day) start() (register int64, slot int) {
	if n := len(d.Anchors); n > 0 {
		return d.Anchors[n-1].Register, d.Anchors[n-1].Slot
	}
	return d.Base, -d.BaseGap
}

// step is the energy from one accepted register to the next; ok is false where it cannot be told.
func (k *Checker) step(i int, before, r int64) (energy int64, ok bool) {
	if k.seam.Has(i) {
		return 0, false
	}
	if r >= before {
		if n := tenfold(before, r); n != 0 && before >= scaleFrom {
			k.add(Multiplier, Major, from(i), n, before, r)
			k.seam.Add(i)
			return 0, false
		}
		return r - before, true
	}
	if e, c, ok := Unroll(before, r); ok {
		k.add(RollOver, Note, one(i), before, r, c)
		return e, true
	}
	return 0, true // a step back by rounding: fit has seen to the others
}

// The longest run of wrong readings that is rejected (two hours), and how many readings must follow a fall, each at or above the one
// before it, until another register is believed: a meter was replaced or begins anew.
const (
	mostWrong = 8
	confirmed = 4
)

// The kinds of fall, in figure C of a Negative finding.
const (
	fellAlone    = iota // too few readings follow to tell: they are rejected until more come
	fellReplaced        // and goes on from there: another meter, or another register of it
	fellAnew            // to nearly nothing, and goes on from there
)

// anewBelow is the register (10 kWh) below which a meter begins anew rather than being another one.
const anewBelow = 10_0000

// fit finds the readings that fit neither neighbour. A register only rises, so it looks at falls alone: the fewer readings are wrong,
// those before the fall that stand above what follows, or those after it that stand below what was. A fall that stays is a seam.
func (k *Checker) fit(d *Day) {
	prev, _ := d.start()
	k.held = k.held[:0]
	for i := 0; i < Slots; i++ {
		if !d.has(i) || k.bad.Has(i) {
			continue
		}
		r := d.Register[i]
		if prev == series.Null || r >= prev-slack {
			prev, k.held = r, append(k.held, i)
			continue
		}
		if _, _, ok := Unroll(prev, r); ok {
			prev, k.held = r, append(k.held, i)
			continue
		}
		above, below := k.above(d, r), k.below(d, i, prev)
		switch {
		case above > 0 && (below == 0 || above <= below):
			n := len(k.held) - above
			for _, j := range k.held[n:] {
				k.spike(j, d.Register[j], r)
			}
			k.held = append(k.held[:n], i)
			prev = r
		case below > 0:
			for j, left := i, below; left > 0; j++ {
				if d.has(j) {
					k.spike(j, d.Register[j], prev)
					left--
				}
			}
		default:
			if k.fall(d, i, prev, r) {
				prev, k.held = r, append(k.held, i)
			}
		}
	}
}

// sure tells whether no rule may reject the reading of a slot.
func (d *Day) sure(i int) bool { return d.Edited.Has(i) || d.Sure.Has(i) }

// above counts the accepted readings before a fall to r that stand above it, where something at or below r stands before them; 0
// where there are too many, or none can be rejected.
func (k *Checker) above(d *Day, r int64) int {
	for n := range min(len(k.held), mostWrong) + 1 {
		at := len(k.held) - 1 - n
		if at < 0 {
			if base, _ := d.start(); base != series.Null && base <= r+slack {
				return n
			}
			return 0
		}
		if d.Register[k.held[at]] <= r+slack {
			return n
		}
		if d.sure(k.held[at]) || k.seam.Has(k.held[at]) {
			return 0
		}
	}
	return 0
}

// below counts the readings from slot i on that stand below what was before them, where one that does not follows; 0 where there are
// too many, or none can be rejected.
func (k *Checker) below(d *Day, i int, prev int64) int {
	n := 0
	for j := i; j < Slots && n <= mostWrong; j++ {
		if !d.has(j) {
			continue
		}
		if d.Register[j] >= prev-slack {
			return n
		}
		if d.sure(j) {
			return 0
		}
		n++
	}
	return 0
}

// fall judges a fall that stays; it tells whether another register begins there.
func (k *Checker) fall(d *Day, i int, prev, r int64) bool {
	n, last := 0, r
	for j := i; j < Slots && n < confirmed; j++ {
		if !d.has(j) {
			continue
		}
		if d.Register[j] < last-slack {
			break
		}
		n, last = n+1, d.Register[j]
	}
	switch unit := tenfold(prev, r); {
	case unit != 0 && r >= scaleFrom/10:
		k.add(Multiplier, Major, from(i), unit, prev, r)
	case n >= confirmed || d.sure(i):
		kind := int64(fellReplaced)
		if r < anewBelow {
			kind = fellAnew
		}
		k.add(Negative, Major, one(i), prev, r, kind)
	default:
		k.bad.Add(i)
		k.add(Negative, Major, one(i), prev, r, fellAlone)
		return false
	}
	k.seam.Add(i)
	return true
}

func (k *Checker) spike(i int, r, before int64) {
	k.bad.Add(i)
	k.add(Spike, Major, one(i), r, before, spikeRegister)
}

func one(i int) (s book.SlotSet) {
	s.Add(i)
	return s
}

// from is every slot from i on.
func from(i int) book.SlotSet { return book.First(Slots).Minus(book.First(i)) }
