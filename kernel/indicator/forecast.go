package indicator

import (
	"slices"
	"time"
)

// The forecast draws the present pace on: the slope is the median of the slopes between every two daily closing figures of
// the last 90 days (Theil and Sen), which one wrong or missing day does not move. Where the 90 days hold fewer than three
// figures, as with quarterly returns, the last four figures of the last 400 days are taken instead. Fewer than three
// figures, or less than seven days between the first and the last, make no pace: the forecast is unknown.
const (
	forecastDays  = 90
	forecastBack  = 400
	forecastSpan  = 7
	forecastLeast = 3
	forecastLast  = 4
	forecastYears = 50 // further away than this is "never"
)

// closing is the closing figure of a day (days since 1970 in China).
type closing struct {
	day   int64
	value float64
}

// slope is the pace as computed on a day.
type slope struct {
	day    int64
	perDay float64
	ok     bool
}

// window picks the closings that make the pace, of those in days (oldest first), on day today.
func window(days []closing, today int64) []closing {
	from := func(back int64) []closing {
		i, _ := slices.BinarySearchFunc(days, today-back, func(c closing, d int64) int { return int(c.day - d) })
		return days[i:]
	}
	w := from(forecastDays)
	if len(w) < forecastLeast {
		w = from(forecastBack)
		w = w[max(0, len(w)-forecastLast):]
	}
	if len(w) < forecastLeast || w[len(w)-1].day-w[0].day < forecastSpan {
		return nil
	}
	return w
}

// pace is the robust slope of days in units a day; ok is false where there is none.
func pace(days []closing, today int64) (perDay float64, ok bool) {
	w := window(days, today)
	if w == nil {
		return 0, false
	}
	slopes := make([]float64, 0, len(w)*(len(w)-1)/2)
	for i, a := range w {
		for _, b := range w[i+1:] {
			slopes = append(slopes, (b.value-a.value)/float64(b.day-a.day))
		}
	}
	slices.Sort(slopes)
	n := len(slopes)
	return (slopes[(n-1)/2] + slopes[n/2]) / 2, true
}

// forecast is when value, reached at `at`, becomes goal at perDay; zero where it never does. What should have come by now
// and has not is expected now.
func forecast(value, goal, perDay float64, at, now time.Time) time.Time {
	if perDay <= 0 || value >= goal {
		return time.Time{}
	}
	days := (goal - value) / perDay
	if days > forecastYears*366 {
		return time.Time{}
	}
	t := at.Add(time.Duration(days * 24 * float64(time.Hour)))
	if t.Before(now) {
		return now
	}
	return t
}

// addClosing puts a figure among the closings of a target, oldest first; a later figure of the same day takes its place.
func addClosing(days []closing, day int64, value float64) []closing {
	i, found := slices.BinarySearchFunc(days, day, func(c closing, d int64) int { return int(c.day - d) })
	if found {
		days[i].value = value
		return days
	}
	return slices.Insert(days, i, closing{day, value})
}
