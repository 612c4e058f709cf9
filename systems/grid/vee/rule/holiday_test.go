package rule

import (
	"testing"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// TestHolidays: shops that close at the Spring Festival and works that close on every holiday are not low nor idle on those days, and
// are without the calendar; a meter that reads nearly nothing on an ordinary day is found with it as without.
func TestHolidays(t *testing.T) {
	const first = book.Day(16_000)
	spring, national := first+60, first+280
	sort := func(d book.Day) Sort {
		switch {
		case d >= spring && d < spring+7:
			return Sort{Class: Spring, Holiday: true}
		case d >= national && d < national+7:
			return Sort{Class: Weekend, Holiday: true}
		}
		return ByWeekday(d)
	}
	low := func(found []Finding) bool {
		for _, f := range found {
			if f.Rule == Low || f.Rule == Zero {
				return true
			}
		}
		return false
	}
	var holiday, plain, ordinary, wrong, days int
	for i := range 60 {
		for with := range 2 {
			m := newMeter(uint64(1 + i*3)) // shops
			if with == 1 {
				m.k = NewChecker(Limits{Sort: sort})
			}
			for d := first; d < national+20; d++ {
				e := m.day(ByWeekday(d).Class)
				closed := sort(d).Holiday && (sort(d).Class == Spring || i%2 == 0)
				if closed || d == national+15 {
					for k := range e {
						e[k] = e[k] * 4 / 100
					}
				}
				found := low(m.check(d, m.readings(d, e)))
				switch {
				case closed && with == 1:
					if days++; found {
						holiday++
					}
				case closed && found:
					plain++
				case d == national+15 && with == 1 && found:
					ordinary++
				case with == 1 && found && d != national+15 && d > first+20:
					wrong++
				}
			}
		}
	}
	t.Logf("closed on holidays: %d of %d days low with the calendar, %d without; nearly nothing on a workday: %d of 60 found; %d false", holiday, days, plain, ordinary, wrong)
	if holiday*200 > days || plain*2 < days || ordinary < 57 || wrong > 60 {
		t.Error("holidays are not judged as such")
	}
}

// TestSolar: what flows back by day is no finding where the archive knows of a plant, and at night it is one.
func TestSolar(t *testing.T) {
	for _, x := range []struct {
		solar, night bool
		want         bool
	}{{false, false, true}, {true, false, false}, {true, true, true}} {
		m := newMeter(4)
		rows := m.readings(16_000, m.day(Workday))
		from, to := 40, 60
		if x.night {
			from, to = 4, 14
		}
		for k := from; k < to; k++ {
			rows[k].power = -9000
		}
		m.check(15_999, m.readings(15_999, m.day(Workday)))
		Begin(&m.d, 16_000, &m.s)
		m.d.Solar = x.solar
		for _, r := range rows {
			m.d.Put(r.at, tolerance, series.Measured, r.reg, r.power, r.voltage)
		}
		m.k.Check(&m.d, &m.s)
		if got := m.k.has(Reversed); got != x.want {
			t.Errorf("%+v: %v", x, got)
		}
	}
}
