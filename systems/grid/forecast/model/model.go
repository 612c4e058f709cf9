package model

import (
	"math"
	"time"

	"github.com/haihe-city/haihe/kernel/calendar"
)

// Class is the kind of a day.
type Class int

// The classes.
const (
	Working Class = iota
	Saturday
	Holiday // Sundays and public holidays
)

// ClassOf is the class of a day by the working calendar: a weekend day that is worked for a holiday is a working day.
func ClassOf(c *calendar.Calendar, d calendar.Date) Class {
	switch k := c.Kind(d); {
	case k.Works():
		return Working
	case k == calendar.Weekend && d.Weekday() == time.Saturday:
		return Saturday
	}
	return Holiday
}

// Day is one day's curve, NaN where nothing is known.
type Day struct {
	Class Class
	Curve []float64
}

const (
	fade   = 0.75 // weight of a day against the one of its kind after it
	most   = 8    // days of a kind that are used
	damp   = 0.8  // how much of the last day's deviation is carried on
	bounds = 0.3  // and at most so much either way
	least  = 4    // steps of the last day that must be known
)

// Next forecasts the day after the days given, oldest first, of the class given; each may be gappy, the last may have just begun. nil
// where no day of any kind is known.
func Next(days []Day, class Class, steps int) []float64 {
	base := mean(days, class, steps)
	if base == nil || len(days) == 0 {
		return base
	}
	last := days[len(days)-1]
	said := mean(days[:len(days)-1], last.Class, steps)
	if said == nil {
		return base
	}
	was, is, n := 0.0, 0.0, 0
	for i, v := range last.Curve {
		if i < steps && !math.IsNaN(v) && !math.IsNaN(said[i]) {
			was, is, n = was+said[i], is+v, n+1
		}
	}
	if n < least || was <= 0 {
		return base
	}
	lift := 1 + damp*max(-bounds, min(bounds, is/was-1))
	for i := range base {
		base[i] *= lift
	}
	return base
}

// mean is the weighted mean of the newest days of a class; of all days where there is none of it.
func mean(days []Day, class Class, steps int) []float64 {
	out := fold(days, steps, func(d Day) bool { return d.Class == class })
	if out == nil {
		out = fold(days, steps, func(Day) bool { return true })
	}
	return out
}

func fold(days []Day, steps int, take func(Day) bool) []float64 {
	sum, weight := make([]float64, steps), make([]float64, steps)
	w, used := 1.0, 0
	for i := len(days) - 1; i >= 0 && used < most; i-- {
		if !take(days[i]) {
			continue
		}
		some := false
		for k := 0; k < min(steps, len(days[i].Curve)); k++ {
			if v := days[i].Curve[k]; !math.IsNaN(v) {
				sum[k], weight[k] = sum[k]+w*v, weight[k]+w
				some = true
			}
		}
		if some {
			w *= fade
			used++
		}
	}
	if used == 0 {
		return nil
	}
	for k := range sum {
		sum[k] /= weight[k] // NaN where no day knows the step
	}
	return sum
}

// Error is the mean absolute error of a forecast in percent of what was (MAPE); steps at which either is unknown, or nothing was used,
// do not count. ok is false where none does.
func Error(said, was []float64) (percent float64, ok bool) {
	sum, n := 0.0, 0
	for i := range min(len(said), len(was)) {
		if !math.IsNaN(said[i]) && !math.IsNaN(was[i]) && was[i] > 0 {
			sum += math.Abs(said[i]-was[i]) / was[i]
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return 100 * sum / float64(n), true
}

// Peak is the highest step of a curve; -1 where nothing is known.
func Peak(curve []float64) (step int, value float64) {
	step = -1
	for i, v := range curve {
		if !math.IsNaN(v) && (step < 0 || v > value) {
			step, value = i, v
		}
	}
	return step, value
}
