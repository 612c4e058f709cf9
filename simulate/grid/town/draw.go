package town

import "math/bits"

// Mix is a hash of numbers (splitmix64): every draw of the simulation comes from it, so that any of them can be repeated alone.
func Mix(xs ...uint64) uint64 {
	h := uint64(0x9E3779B97F4A7C15)
	for _, x := range xs {
		h ^= x
		h += 0x9E3779B97F4A7C15
		h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
		h = (h ^ h>>27) * 0x94D049BB133111EB
		h ^= h >> 31
	}
	return h
}

// Below draws a number from 0 to n-1.
func Below(h uint64, n int64) int64 {
	hi, _ := bits.Mul64(h, uint64(n))
	return int64(hi)
}

// Chance draws true with probability p.
func Chance(h uint64, p float64) bool { return float64(h>>11)/(1<<53) < p }
