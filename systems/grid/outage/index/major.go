package index

import (
	"math"
	"slices"
)

// Threshold is the daily SAIDI above which a day is a major event day.
type Threshold struct {
	Days        int     // with interruptions that it was taken from
	Alpha, Beta float64 // mean and deviation of the logarithms of the daily SAIDI in minutes
	Minutes     float64 // exp(Alpha + 2.5 Beta); +Inf where there are fewer than two days: then no day is a major one
}

// ThresholdOf takes the threshold from the customer-seconds of the days of the five years before. IEEE 1366-2012 3.5: days
// without an interruption are left out, the logarithms are natural, and fewer years are taken where there are no more. The
// deviation is that of a sample (n-1), as the standard's example has it.
func ThresholdOf(daily map[int64]int64, customers int64) Threshold {
	t := Threshold{Minutes: math.Inf(1)}
	var logs []float64
	for _, s := range daily {
		if s > 0 && customers > 0 {
			logs = append(logs, math.Log(float64(s)/60/float64(customers)))
		}
	}
	slices.Sort(logs) // a map gives its days in any order, and sums of floats depend on it
	t.Days = len(logs)
	for _, l := range logs {
		t.Alpha += l / float64(len(logs))
	}
	if t.Days < 2 {
		return t
	}
	for _, l := range logs {
		t.Beta += (l - t.Alpha) * (l - t.Alpha)
	}
	t.Beta = math.Sqrt(t.Beta / float64(t.Days-1))
	t.Minutes = math.Exp(t.Alpha + 2.5*t.Beta)
	return t
}

// Major gives the days whose SAIDI lies above the threshold. IEEE 1366-2012 3.5
func (t Threshold) Major(daily map[int64]int64, customers int64) map[int64]bool {
	out := map[int64]bool{}
	for d, s := range daily {
		if customers > 0 && float64(s)/60/float64(customers) > t.Minutes {
			out[d] = true
		}
	}
	return out
}
