package model

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/simulate/grid"
)

func cal(t *testing.T) *calendar.Calendar {
	c, err := calendar.New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClassOf(t *testing.T) {
	for day, want := range map[string]Class{"2015-11-20": Working, "2015-11-21": Saturday, "2015-11-22": Holiday, "2015-02-18": Holiday, "2015-02-24": Holiday, "2015-02-25": Working, "2015-10-07": Holiday, "2015-10-08": Working, "2016-01-01": Holiday,
		"2015-10-10": Working, "2015-02-15": Working, "2015-09-03": Holiday, "2015-06-20": Holiday} {
		d, err := calendar.Parse(day)
		if got := ClassOf(cal(t), d); err != nil || got != want {
			t.Errorf("%s is %d, want %d", day, got, want)
		}
	}
}

func TestNext(t *testing.T) {
	flat := func(v float64, c Class) Day { return Day{c, []float64{v, v, v, v, v}} }
	if got := Next(nil, Working, 5); got != nil {
		t.Errorf("of nothing: %v", got)
	}
	if got := Next([]Day{flat(10, Working), flat(10, Working)}, Working, 5); math.Abs(got[2]-10) > 1e-9 {
		t.Errorf("equal days: %v", got)
	}
	// 10, 20: the mean is (20 + 0.75*10)/1.75 = 15.714; the last day lay 100 % above what was said of it, 30 % count, damped 24 %
	if got := Next([]Day{flat(10, Working), flat(20, Working)}, Working, 5); math.Abs(got[0]-27.5/1.75*1.24) > 1e-9 {
		t.Errorf("a rise: %v", got)
	}
	gappy := Day{Working, []float64{10, math.NaN(), 10, 10, 10}}
	if got := Next([]Day{gappy, gappy}, Working, 5); !math.IsNaN(got[1]) || got[0] != 10 {
		t.Errorf("a gap: %v", got)
	}
	if got := Next([]Day{flat(10, Saturday), flat(50, Working)}, Saturday, 5); got[0] < 12 || got[0] > 13 {
		t.Errorf("Saturday's own, lifted at most: %v", got)
	}
}

// compare forecasts every day from the 28th on and prints the error beside that of the same day of the week before.
func compare(t *testing.T, name string, days []Day) (ours, naive float64) {
	t.Helper()
	n := 0
	for k := 28; k < len(days); k++ {
		steps := len(days[k].Curve)
		a, ok := Error(Next(days[max(0, k-56):k], days[k].Class, steps), days[k].Curve)
		b, ok2 := Error(days[k-7].Curve, days[k].Curve)
		if ok && ok2 {
			ours, naive, n = ours+a, naive+b, n+1
		}
	}
	ours, naive = ours/float64(n), naive/float64(n)
	t.Logf("%s: MAPE over %d days %.2f %%, same day last week %.2f %%", name, n, ours, naive)
	return ours, naive
}

func TestPublicCurves(t *testing.T) {
	for _, name := range []string{"ETTh1", "ETTh2"} {
		f, err := os.Open("../../../../../shared/data/grid/" + name + ".csv")
		if err != nil {
			t.Skip("no public load curves beside the tree: ", err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		_ = f.Close()
		if err != nil {
			t.Fatal(err)
		}
		var days []Day
		for _, r := range rows[1:] {
			at, err := time.Parse(time.DateTime, r[0])
			v, err2 := strconv.ParseFloat(r[1], 64) // HUFL, the high useful load
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if at.Hour() == 0 {
				days = append(days, Day{Class: ClassOf(cal(t), calendar.DateOf(at.Add(-8*time.Hour)))})
			}
			days[len(days)-1].Curve = append(days[len(days)-1].Curve, v)
		}
		if ours, naive := compare(t, name, days); ours >= naive {
			t.Errorf("%s: %.2f %% is no better than last week's %.2f %%", name, ours, naive)
		}
	}
}

func TestSimulatedCity(t *testing.T) {
	c, err := grid.NewCity(grid.Options{Meters: 300, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	var days []Day
	start := time.Date(2015, 5, 4, 0, 0, 0, 0, grid.China())
	for d := range 84 {
		date := start.AddDate(0, 0, d)
		day := Day{ClassOf(cal(t), calendar.DateOf(date)), make([]float64, 96)}
		for q := range 96 {
			for i := range c.Meters() {
				day.Curve[q] += float64(c.Power(&c.Meters()[i], date.Add(time.Duration(q)*grid.Slot)))
			}
		}
		days = append(days, day)
	}
	if ours, naive := compare(t, "simulated city", days); ours >= naive {
		t.Errorf("%.2f %% is no better than last week's %.2f %%", ours, naive)
	}
}
