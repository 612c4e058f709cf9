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

// walk looks one reading ahead, so that a single wrong one is told from a register that was changed for good: the first returns, the
// second does not. It goes from reading to reading: it fills the energy of every quarter hour that both its ends are known of, and finds
// readings that do not fit between their neighbours.
func (k *Checker) walk(d *Day) {
	k.bad, k.total, k.covered = book.SlotSet{}, 0, 0
	for i := range k.energy {
		k.energy[i] = series.Null
	}
	pv, pi := d.Base, -d.BaseGap
	for i := 0; i < Slots; i++ {
		if !d.Measured.Has(i) || d.Register[i] == series.Null {
			continue
		}
		r := d.Register[i]
		if pv == series.Null {
			pv, pi = r, i
			continue
		}
		e, keep := k.step(d, i, pv, r)
		if !keep {
			continue // the next reading is held against the one before this
		}
		if e >= 0 && pi >= -1 {
			k.total += e
			k.covered += i - pi
			if i-pi == 1 {
				k.energy[i] = e
			}
		}
		pv, pi = r, i
	}
}

// step judges a register by the trusted one before it and the reading after it. energy is negative where it cannot be told;
// keep is false for a reading that fits neither.
func (k *Checker) step(d *Day, i int, before, r int64) (energy int64, keep bool) {
	after := next(d, i)
	if r >= before {
		if after != series.Null && after < r-slack && after >= before {
			k.spike(i, r, before)
			return -1, false
		}
		if n := tenfold(before, r); n != 0 && before >= scaleFrom {
			k.add(Multiplier, Major, from(i), n, before, r)
			return -1, true
		}
		return r - before, true
	}
	if e, c, ok := Unroll(before, r); ok {
		k.add(RollOver, Note, one(i), before, r, c)
		return e, true
	}
	// what follows goes on from what was before: this reading alone is wrong
	if after != series.Null && after >= before {
		if r < before-slack {
			k.spike(i, r, before)
		}
		return -1, false
	}
	if n := tenfold(before, r); n != 0 && r >= scaleFrom/10 {
		k.add(Multiplier, Major, from(i), n, before, r)
		return -1, true
	}
	if r >= before-slack {
		return 0, true
	}
	k.add(Negative, Major, one(i), before, r, 0)
	return -1, true
}

func (k *Checker) spike(i int, r, before int64) {
	k.bad.Add(i)
	k.add(Spike, Major, one(i), r, before, spikeRegister)
}

// next is the register of the reading after slot i; Null where the day has none.
func next(d *Day, i int) int64 {
	for j := i + 1; j < Slots; j++ {
		if d.Measured.Has(j) && d.Register[j] != series.Null {
			return d.Register[j]
		}
	}
	return series.Null
}

func one(i int) (s book.SlotSet) {
	s.Add(i)
	return s
}

// from is every slot from i on.
func from(i int) book.SlotSet { return book.First(Slots).Minus(book.First(i)) }
