package baseline

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// flat is a day of hours that all use the same, but for its window.
func flat(level, inside int64, w Window) []int64 {
	out := make([]int64, 24)
	for i := range out {
		if out[i] = level; i >= w.From && i < w.To {
			out[i] = inside
		}
	}
	return out
}

// TestWorked: both methods on days that can be counted by hand.
func TestWorked(t *testing.T) {
	w := Window{18, 20}
	var days [][]int64
	for i := range 12 { // 100, 110, ... newest first; day 3 has a hole in the window
		days = append(days, flat(100, int64(100+10*i), w))
	}
	days[3][19] = Unknown
	today := flat(100, 50, w)
	high, ok := Of(High5of10, days, today, w, 1)
	// eligible: 0 1 2 4 5 6 7 8 9 10; the five highest: 6 to 10, mean 180
	if !ok || !slices.Equal(high.Used, []int{6, 7, 8, 9, 10}) || high.Energy[18] != 180 || high.Energy[3] != 100 || high.Lift != 1 {
		t.Errorf("high5of10: %+v", high)
	}
	mid, ok := Of(Mid4of6, days, today, w, 1)
	// eligible: 0 1 2 4 5 6; without 0 and 6: mean of 110 120 140 150 = 130
	if !ok || !slices.Equal(mid.Used, []int{1, 2, 4, 5}) || mid.Energy[19] != 130 {
		t.Errorf("mid4of6: %+v", mid)
	}
	for _, c := range []struct {
		name  string
		level int64
		lift  float64
	}{{"a tenth more", 110, 1.1}, {"bounded above", 190, 1.2}, {"bounded below", 10, 0.8}} {
		got, _ := Of(Mid4of6, days, flat(c.level, 50, w), w, 1)
		if got.Lift != c.lift || got.Energy[18] != int64(math.Round(130*c.lift)) {
			t.Errorf("%s: lift %v, %d", c.name, got.Lift, got.Energy[18])
		}
	}
	blind := flat(Unknown, 50, w)
	if got, ok := Of(Mid4of6, days, blind, w, 1); !ok || got.Lift != 1 {
		t.Errorf("a day that is not known: %+v", got)
	}
	if _, ok := Of(High5of10, days[:4], today, w, 1); ok {
		t.Error("three days make a baseline")
	}
	if _, ok := Of(Mid4of6, days[:6], today, w, 1); ok {
		t.Error("five days make a mid4of6")
	}
	if _, ok := Of(Mid4of6, days, today, Window{20, 20}, 1); ok {
		t.Error("an empty window has a baseline")
	}
}

// TestRealCurves prints the error of each method on real transformer curves, against the same day last week; the ceiling is a bar that may
// not be lost. Every third day is taken for an event from 17:00 to 19:00 that nobody answers: the baseline should be what was used.
func TestRealCurves(t *testing.T) {
	for _, file := range []string{"ETTh1", "ETTh2"} {
		days, classes := real(t, "../../../../../shared/data/grid/"+file+".csv")
		w := Window{17, 19}
		type tally struct {
			abs, bias, load float64
			n               int
		}
		sums := map[string]*tally{"high5of10": {}, "mid4of6": {}, "last week": {}}
		note := func(name string, said, was []int64) {
			s := sums[name]
			for k := w.From; k < w.To; k++ {
				s.abs += math.Abs(float64(said[k] - was[k]))
				s.bias += float64(said[k] - was[k])
				s.load += math.Abs(float64(was[k]))
			}
			s.n++
		}
		for i := 45; i < len(days); i += 3 {
			var similar [][]int64
			for j := i - 1; j >= i-45; j-- {
				if classes[j] == classes[i] {
					similar = append(similar, days[j])
				}
			}
			high, ok1 := Of(High5of10, similar, days[i], w, 1)
			mid, ok2 := Of(Mid4of6, similar, days[i], w, 1)
			if _, known := total(days[i], w); !ok1 || !ok2 || !known {
				continue
			}
			note("high5of10", high.Energy, days[i])
			note("mid4of6", mid.Energy, days[i])
			note("last week", days[i-7], days[i])
		}
		for _, name := range []string{"high5of10", "mid4of6", "last week"} {
			s := sums[name]
			t.Logf("%s %-10s %d events: error %.2f %%, bias %+.2f %% of the load in the window", file, name, s.n, 100*s.abs/s.load, 100*s.bias/s.load)
		}
		if mid, week := sums["mid4of6"], sums["last week"]; mid.abs >= week.abs {
			t.Errorf("%s: mid4of6 is worse than the same day last week", file)
		}
	}
}

// real reads HUFL, the high useful load, by hours, in thousandths; and which days are weekends.
func real(t *testing.T, name string) (days [][]int64, weekend []bool) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Skipf("public curves are absent: %v", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		at, err := time.Parse("2006-01-02 15:04:05", r[0])
		if err != nil {
			t.Fatal(err)
		}
		v, err := strconv.ParseFloat(r[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if at.Hour() == 0 {
			days, weekend = append(days, nil), append(weekend, at.Weekday() == time.Saturday || at.Weekday() == time.Sunday)
		}
		days[len(days)-1] = append(days[len(days)-1], int64(math.Round(v*1000)))
	}
	for i := range days {
		for len(days[i]) < 24 {
			days[i] = append(days[i], Unknown)
		}
	}
	return days, weekend
}
