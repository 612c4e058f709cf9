package index

import (
	"math"
	"math/big"
	"math/bits"
)

// Ratio is an exact share of two whole numbers; a Den of 0 is no figure.
type Ratio struct{ Num, Den int64 }

// None tells that there is no figure.
func (r Ratio) None() bool { return r.Den == 0 }

// Float is the double nearest to scale times the ratio; NaN for none. 99.99 percent gives the same double as the literal 99.99,
// so that a target that is exactly met compares as met.
func (r Ratio) Float(scale int64) float64 {
	if r.None() {
		return math.NaN()
	}
	f, _ := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(r.Num), big.NewInt(scale)), big.NewInt(r.Den)).Float64()
	return f
}

// Decimal writes scale times the ratio with so many digits, rounded half away from zero; "—" for none.
func (r Ratio) Decimal(scale int64, digits int) string {
	if r.None() {
		return "—"
	}
	return new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(r.Num), big.NewInt(scale)), big.NewInt(r.Den)).FloatString(digits)
}

// Figures are the indices of one area over one period.
type Figures struct {
	Sum
	Customers int64 // served
	Span      int64 // seconds of the period
}

// SAIDI is the mean time without supply of a customer, in seconds; AIHC of DL/T 836.1-2016. IEEE 1366-2012 3.2
func (f Figures) SAIDI() Ratio { return Ratio{f.Seconds, f.Customers} }

// SAIFI is how often a customer was interrupted on average; AITC of DL/T 836.1-2016. IEEE 1366-2012 3.2
func (f Figures) SAIFI() Ratio { return Ratio{f.Interruptions, f.Customers} }

// CAIDI is how long an interruption lasted for a customer on average, in seconds. IEEE 1366-2012 3.2
func (f Figures) CAIDI() Ratio { return Ratio{f.Seconds, f.Interruptions} }

// ASAI is the share of the customers' time with supply; RS of DL/T 836.1-2016. IEEE 1366-2012 3.2
func (f Figures) ASAI() Ratio {
	all := f.Customers * f.Span // 5.6 million customers over a year: 1.8e14
	return Ratio{all - f.Seconds, all}
}

// CEMI is the share of customers with more than ManyAbove sustained interruptions. IEEE 1366-2012 3.2
func (f Figures) CEMI() Ratio { return Ratio{f.Many, f.Customers} }

// MAIFI is how often a customer was interrupted for a moment on average. IEEE 1366-2012 3.4
func (f Figures) MAIFI() Ratio { return Ratio{f.Momentary, f.Customers} }

// The promise of the plan: at most one part in BudgetParts of the customers' time without supply, 99.99 %.
const BudgetParts = 10_000

// Budget is the time without supply that the promise allows a customer over a span of seconds: 3,153.6 s or 52.56 minutes in a
// year of 8,760 hours, 52.704 minutes in one of 8,784.
func Budget(span int64) Ratio { return Ratio{span, BudgetParts} }

// Kept tells whether the promise was kept, to the last customer-second.
func (f Figures) Kept() bool {
	usedHi, usedLo := bits.Mul64(uint64(f.Seconds), BudgetParts)
	allHi, allLo := bits.Mul64(uint64(f.Customers), uint64(f.Span))
	return usedHi < allHi || usedHi == allHi && usedLo <= allLo
}

// Cut is like Decimal, but cut off and never rounded up: a share that misses 99.99 by anything is not shown as 99.99.
func (r Ratio) Cut(scale int64, digits int) string {
	if r.None() {
		return "—"
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	n := new(big.Int).Mul(big.NewInt(r.Num), big.NewInt(scale))
	n.Mul(n, unit).Div(n, big.NewInt(r.Den))
	return new(big.Rat).SetFrac(n, unit).FloatString(digits)
}
