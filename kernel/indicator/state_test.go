package indicator

import (
	"testing"
	"time"

	"github.com/haihe-city/haihe/lang"
)

func TestState(t *testing.T) {
	p := small()
	target := func(id string) Target { x, _ := p.Target(id); return x }
	now := china(2015, 11, 20, 9, 30)
	// The plan lasts 998 days; by 20 November 2015 590.4 of them have passed.
	for _, c := range []struct {
		name, id string
		value    float64
		forecast time.Time
		now      time.Time
		want     State
	}{
		{"reached", "coverage", 100, time.Time{}, now, Met},
		{"reached, over", "coverage", 100.5, time.Time{}, now, Met},
		{"over the pace", "coverage", 59.3, time.Time{}, now, OnPace},
		{"under the pace, within 90 %", "coverage", 58.9, time.Time{}, now, AtRisk},
		{"just within 90 %", "coverage", 53.3, time.Time{}, now, AtRisk},
		{"under 90 %", "coverage", 53.0, time.Time{}, now, Behind},
		{"under 90 %, but soon there", "coverage", 20, china(2016, 12, 31, 23, 0), now, AtRisk},
		{"under 90 %, there too late", "coverage", 20, china(2017, 1, 1, 1, 0), now, Behind},
		{"more than, at the goal", "share", 10, time.Time{}, now, OnPace},
		{"more than, over the goal", "share", 10.01, time.Time{}, now, Met},
		{"past due, not there", "early", 99, time.Time{}, now, AtRisk},
		{"past due, far", "early", 80, time.Time{}, now, Behind},
		{"past due, there", "early", 100, time.Time{}, now, Met},
		{"past due, soon there", "early", 80, china(2015, 12, 1, 0, 0), now, Behind},
		{"more than, at the goal, past due", "share", 10, time.Time{}, china(2017, 3, 1, 0, 0), AtRisk},
		{"before the plan", "coverage", 0, time.Time{}, china(2014, 1, 1, 0, 0), OnPace},
	} {
		x := target(c.id)
		s := Status{Target: x, Figure: &Figure{Value: c.value}, Forecast: c.forecast, DuePace: duePace(p.Start, x, 0, c.now)}
		if got := judge(s, c.now); got != c.want {
			t.Errorf("%s: %s, want %s (pace %.3f)", c.name, got, c.want, s.DuePace)
		}
	}
	if got := judge(Status{Target: target("coverage")}, now); got != NotConnected {
		t.Errorf("without a figure: %s", got)
	}
}

func TestDuePace(t *testing.T) {
	start := china(2014, 4, 9, 0, 0)
	x := Target{Value: 100, Due: 2016}
	half := start.Add(x.DueEnd().Sub(start) / 2)
	for _, c := range []struct {
		base float64
		now  time.Time
		want float64
	}{
		{0, start, 0}, {0, half, 50}, {40, half, 70}, {40, start.AddDate(-1, 0, 0), 40}, {0, x.DueEnd(), 100}, {0, x.DueEnd().AddDate(1, 0, 0), 100},
	} {
		if got := duePace(start, x, c.base, c.now); got < c.want-1e-4 || got > c.want+1e-4 {
			t.Errorf("from %v at %v: %v, want %v", c.base, c.now, got, c.want)
		}
	}
}

func TestBaseline(t *testing.T) {
	base, low, high := 30.0, 12.0, 120.0
	for _, c := range []struct {
		name  string
		t     Target
		first *float64
		want  float64
		from  string
	}{
		{"nothing known", Target{Value: 100}, nil, 0, FromZero},
		{"the first figure", Target{Value: 100}, &low, 12, FromFirst},
		{"the first figure is over the goal", Target{Value: 100}, &high, 0, FromZero},
		{"the data", Target{Value: 100, Base: &base}, &low, 30, FromData},
	} {
		if got, from := baselineOf(c.t, c.first); got != c.want || from != c.from {
			t.Errorf("%s: %v %s", c.name, got, from)
		}
	}
}

func TestForecast(t *testing.T) {
	today := int64(16759) // 20 November 2015
	line := func(from, to, step int64, a, b float64) (out []closing) {
		for d := from; d <= to; d += step {
			out = append(out, closing{d, a + b*float64(d)})
		}
		return out
	}
	spoilt := line(today-80, today, 1, 0, 0.5)
	for i := range 10 {
		spoilt[i*7].value = 1e6 // wrong figures must not move the pace
	}
	for _, c := range []struct {
		name string
		days []closing
		want float64
		ok   bool
	}{
		{"none", nil, 0, false},
		{"two", line(today-1, today, 1, 0, 1), 0, false},
		{"three in three days", line(today-2, today, 1, 0, 1), 0, false},
		{"three in eight days", line(today-8, today, 4, 0, 1), 1, true},
		{"ninety days", line(today-89, today, 1, 5, 0.25), 0.25, true},
		{"older pace is forgotten", append(line(today-200, today-91, 1, 0, 9), line(today-90, today, 1, 5, 0.25)...), 0.25, true},
		{"wrong figures among them", spoilt, 0.5, true},
		{"quarterly returns", line(today-330, today-50, 92, 0, 2), 2, true},
		{"returns of long ago", line(today-1000, today-500, 92, 0, 2), 0, false},
		{"falling", line(today-30, today, 1, 0, -1), -1, true},
	} {
		got, ok := pace(c.days, today)
		if ok != c.ok || got < c.want-1e-9 || got > c.want+1e-9 {
			t.Errorf("%s: %v %v, want %v %v", c.name, got, ok, c.want, c.ok)
		}
	}
	now := china(2015, 11, 20, 12, 0)
	for _, c := range []struct {
		name                string
		value, goal, perDay float64
		want                time.Time
	}{
		{"ten days", 90, 100, 1, now.AddDate(0, 0, 10)},
		{"falling", 90, 100, -1, time.Time{}},
		{"standing", 90, 100, 0, time.Time{}},
		{"in a thousand years", 0, 100, 1e-4, time.Time{}},
		{"there", 100, 100, 1, time.Time{}},
	} {
		if got := forecast(c.value, c.goal, c.perDay, now, now); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := forecast(90, 100, 1, now.AddDate(0, 0, -30), now); !got.Equal(now) {
		t.Errorf("what should have come is expected now, not in the past: %v", got)
	}
}

func TestChinaDay(t *testing.T) {
	for _, c := range []struct {
		t    time.Time
		want int64
	}{
		{time.Date(1970, 1, 1, 15, 59, 0, 0, time.UTC), 0}, {time.Date(1970, 1, 1, 16, 0, 0, 0, time.UTC), 1},
		{time.Date(1969, 12, 31, 15, 59, 59, 0, time.UTC), -1}, {china(2015, 11, 20, 0, 0), 16759}, {china(2015, 11, 20, 23, 59), 16759},
	} {
		if got := chinaDay(c.t); got != c.want {
			t.Errorf("%v is day %d, want %d", c.t, got, c.want)
		}
	}
	if s := (Status{Target: Target{Name: lang.T("甲", "a"), Value: 0}}); s.Progress(3) != 0 {
		t.Error("a way of no length")
	}
}
