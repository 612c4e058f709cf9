package model

import (
	"math"
	"slices"
)

// quantile gives the p-quantile of sorted values, between neighbours by straight line.
func quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	x := p * float64(len(sorted)-1)
	i := int(x)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (x-float64(i))*(sorted[i+1]-sorted[i])
}

func median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return quantile(sorted, 0.5)
}

// normal gives the p-quantile of the standard normal distribution.
func normal(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// box is the p-quantile of g·χ²(h) with the mean and variance of the values (Box 1954); the quantile of χ² by Wilson and Hilferty.
func box(values []float64, p float64) float64 {
	mean, variance := moments(values)
	if mean <= 0 || variance <= 0 {
		return mean
	}
	g, h := variance/(2*mean), 2*mean*mean/variance
	c := 2 / (9 * h)
	x := 1 - c + normal(p)*math.Sqrt(c)
	return g * h * math.Max(x, 0) * x * x
}

func moments(values []float64) (mean, variance float64) {
	if len(values) < 2 {
		return math.NaN(), math.NaN()
	}
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	for _, v := range values {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(len(values)-1)
}

// limit of held-out scores: the greater of Box's approximation and of what was seen.
func limit(values []float64, level, margin float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return margin * math.Max(box(sorted, level), quantile(sorted, level))
}

// centre gives a winsorised mean and deviation: values farther than five robust deviations from the median count as lying there, so
// that a spike in the window does not widen what is normal. Without spread the deviation is 0.
func centre(values []float64) (mean, deviation float64) {
	kept := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			kept = append(kept, v)
		}
	}
	if len(kept) < 2 {
		return math.NaN(), 0
	}
	slices.Sort(kept)
	middle := quantile(kept, 0.5)
	away := make([]float64, len(kept))
	for i, v := range kept {
		away[i] = math.Abs(v - middle)
	}
	slices.Sort(away)
	if reach := 5 * 1.4826 * quantile(away, 0.5); reach > 0 { // a coarse scale may have half of its values on the median
		for i, v := range kept {
			kept[i] = math.Min(math.Max(v, middle-reach), middle+reach)
		}
	}
	mean, variance := moments(kept)
	return mean, math.Sqrt(variance)
}
