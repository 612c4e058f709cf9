package plume

import (
	"math"

	"github.com/haihe-city/haihe/errs"
)

// Stability is Pasquill's class of the air: A very unstable to F stable.
type Stability byte

// The classes.
const (
	A Stability = 'A' + iota
	B
	C
	D
	E
	F
)

// Sky is what decides the stability beside the wind.
type Sky string

// The skies: by day the sun, by night the clouds (at least half of the sky covered, or less).
const (
	Strong   Sky = "strong"   // midday in midsummer, clear
	Moderate Sky = "moderate" // slight clouds, or a clear day in spring and autumn
	Slight   Sky = "slight"   // as a clear midday in midwinter
	Overcast Sky = "overcast" // day or night: neutral whatever the wind
	Cloudy   Sky = "cloudy"   // a night with clouds
	Clear    Sky = "clear"    // a clear night
)

// Skies are all of them.
var Skies = []Sky{Strong, Moderate, Slight, Overcast, Cloudy, Clear}

// pasquill is Pasquill's table: a row by wind at 10 m below 2, 3, 5, 6 m/s and from 6 on; a column by sky. Where it gives two classes the
// more stable one stands, under which the gas reaches farther. Still nights, for which it gives none, count as F.
var pasquill = [5]map[Sky]Stability{
	{Strong: A, Moderate: B, Slight: B, Cloudy: F, Clear: F},
	{Strong: B, Moderate: B, Slight: C, Cloudy: E, Clear: F},
	{Strong: B, Moderate: C, Slight: C, Cloudy: D, Clear: E},
	{Strong: C, Moderate: D, Slight: D, Cloudy: D, Clear: D},
	{Strong: C, Moderate: D, Slight: D, Cloudy: D, Clear: D},
}

// ClassOf gives the stability of the air by the wind in m/s and the sky; ok is false where the sky is none of Skies.
func ClassOf(wind float64, sky Sky) (s Stability, ok bool) {
	if sky == Overcast {
		return D, true
	}
	row := 4
	for i, limit := range []float64{2, 3, 5, 6} {
		if wind < limit {
			row = i
			break
		}
	}
	s, ok = pasquill[row][sky]
	return s, ok
}

// curve is c·x·(1 + a·x)^p, metres to metres.
type curve struct{ c, a, p float64 }

func (k curve) at(x float64) float64 { return k.c * x * math.Pow(1+k.a*x, k.p) }

// The curves of Briggs by class, open country and town, sideways and upwards.
var (
	openY = map[Stability]curve{A: {.22, .0001, -.5}, B: {.16, .0001, -.5}, C: {.11, .0001, -.5}, D: {.08, .0001, -.5}, E: {.06, .0001, -.5}, F: {.04, .0001, -.5}}
	openZ = map[Stability]curve{A: {.20, 0, 0}, B: {.12, 0, 0}, C: {.08, .0002, -.5}, D: {.06, .0015, -.5}, E: {.03, .0003, -1}, F: {.016, .0003, -1}}
	townY = map[Stability]curve{A: {.32, .0004, -.5}, B: {.32, .0004, -.5}, C: {.22, .0004, -.5}, D: {.16, .0004, -.5}, E: {.11, .0004, -.5}, F: {.11, .0004, -.5}}
	townZ = map[Stability]curve{A: {.24, .001, .5}, B: {.24, .001, .5}, C: {.20, 0, 0}, D: {.14, .0003, -.5}, E: {.08, .0015, -.5}, F: {.08, .0015, -.5}}
)

// The bounds of the model, in metres and m/s.
const (
	ValidFrom = 100
	ValidTo   = 10_000
	farthest  = 50_000 // where the search for a reach ends
	leastWind = .5
)

// Release is a steady release of a gas.
type Release struct {
	Rate   float64 // g/s
	Height float64 // of the leak above ground, m
	Wind   float64 // at 10 m, m/s
	Air    Stability
	Town   bool // curves of built-up ground
}

// Check refuses what the model cannot say anything about.
func (r Release) Check() error {
	switch {
	case !(r.Rate > 0 && r.Rate <= 1e6):
		return errs.Say(errs.Invalid, "泄漏速率应大于 0，不超过 1000 千克/秒", "the rate lies above 0 and up to 1,000 kg/s")
	case !(r.Height >= 0 && r.Height <= 200):
		return errs.Say(errs.Invalid, "泄漏高度应为 0 至 200 米", "the height of the leak lies between 0 and 200 m")
	case !(r.Wind >= leastWind && r.Wind <= 60):
		return errs.Say(errs.Invalid, "风速应为 0.5 至 60 米/秒；静风时本模型不适用，请按初始隔离距离四周疏散", "the wind lies between 0.5 and 60 m/s; the model does not hold in calm air: clear the circle of first isolation")
	case r.Air < A || r.Air > F:
		return errs.Say(errs.Invalid, "大气稳定度应为 A 至 F", "the stability is one of A to F")
	}
	return nil
}

// Sigma gives the spread of the plume at x metres downwind, sideways and upwards, in metres.
func (r Release) Sigma(x float64) (y, z float64) {
	if r.Town {
		return townY[r.Air].at(x), townZ[r.Air].at(x)
	}
	return openY[r.Air].at(x), openZ[r.Air].at(x)
}

// At gives the concentration at the ground in g/m³, x metres downwind and y metres beside the axis.
func (r Release) At(x, y float64) float64 {
	if x <= 0 {
		return 0
	}
	sy, sz := r.Sigma(x)
	return r.Rate / (math.Pi * r.Wind * sy * sz) * math.Exp(-y*y/(2*sy*sy)-r.Height*r.Height/(2*sz*sz))
}

// Half is how far beside the axis the concentration reaches a limit at x metres downwind; 0 where it does not.
func (r Release) Half(x, limit float64) float64 {
	mid := r.At(x, 0)
	if limit <= 0 || mid <= limit {
		return 0
	}
	sy, _ := r.Sigma(x)
	return sy * math.Sqrt(2*math.Log(mid/limit))
}

// Reach is the greatest distance downwind, in metres, at which the axis at the ground reaches a limit in g/m³; 0 where it does nowhere.
// far tells that it lies beyond what the curves are stated for.
func (r Release) Reach(limit float64) (x float64, far bool) {
	if limit <= 0 {
		return 0, false
	}
	const step = 1.02
	hi := float64(farthest)
	if r.At(hi, 0) >= limit {
		return hi, true
	}
	lo := hi
	for lo >= 1 && r.At(lo, 0) < limit { // from afar, since a raised leak touches the ground only at a distance
		hi, lo = lo, lo/step
	}
	if lo < 1 {
		return 0, false
	}
	for range 60 {
		if mid := (lo + hi) / 2; r.At(mid, 0) >= limit {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo, lo > ValidTo
}

// Outline gives the area in which the ground reaches a limit, as metres downwind and metres to the right of the wind, closed; nil where
// there is none.
func (r Release) Outline(limit float64) [][2]float64 {
	reach, _ := r.Reach(limit)
	if reach == 0 {
		return nil
	}
	const points = 48
	var right, left [][2]float64
	for i := 1; i < points; i++ {
		// Points lie closer where the plume begins and ends.
		x := reach * (1 - math.Cos(math.Pi*float64(i)/points)) / 2
		if h := r.Half(x, limit); h > 0 {
			right, left = append(right, [2]float64{x, h}), append(left, [2]float64{x, -h})
		}
	}
	out := [][2]float64{{0, 0}}
	if r.Height > 0 && len(right) > 0 {
		out = [][2]float64{{right[0][0], 0}}
	}
	out = append(append(out, right...), [2]float64{reach, 0})
	for i := len(left) - 1; i >= 0; i-- {
		out = append(out, left[i])
	}
	return append(out, out[0])
}
