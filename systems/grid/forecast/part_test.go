package forecast

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/web/ui"
)

// hands is a clock that stands.
type hands struct{ now time.Time }

func (h *hands) Now() time.Time { return h.now }

// TestWork: tomorrow is forecast from what came, stands when the day begins, and is held against the day when it is over.
func TestWork(t *testing.T) {
	clock := &hands{time.Date(2015, 11, 17, 22, 0, 0, 0, book.China)}
	weekend := func(d book.Day) float64 {
		if w := d.Date().Weekday(); w == time.Saturday || w == time.Sunday {
			return 0.5
		}
		return 1
	}
	begins := book.DayOf(time.Date(2015, 10, 20, 0, 0, 0, 0, book.China).UnixMicro())
	c, err := calendar.New()
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(t.Context(), Options{DB: storetest.Open(t), Clock: clock, Days: func() *calendar.Calendar { return c }, Load: func(_ context.Context, district string, d book.Day) ([]float64, error) {
		out := whole(nil)
		if district != "" && district != "120101" || d < begins {
			return out, nil
		}
		out = slices.Clone(out)
		for i := range out {
			if at := d.Date().Add(time.Duration(i) * book.SlotLength); !at.After(clock.now) {
				out[i] = weekend(d) * (100 + float64(i)) * (1 + 0.01*float64(d-begins)) // grows by a hundredth a day
			}
		}
		return out, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	work := func() { // twice is as once
		t.Helper()
		for range 2 {
			if err := p.Work(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	work()
	today := book.DayOf(clock.now.UnixMicro())
	days, err := p.days(t.Context(), "120101", today-60, today+1)
	if err != nil || days[today+1].Said == nil || days[today+1].Was != nil || !days[today+1].Made.Equal(clock.now) || days[today-1].Error != -1 {
		t.Fatalf("%v %+v", err, days[today+1])
	}
	said := days[today+1].Said
	clock.now = clock.now.Add(28 * time.Hour) // 02:00 two days later
	work()
	days, err = p.days(t.Context(), "120101", today-60, today+2)
	if err != nil {
		t.Fatal(err)
	}
	x := days[today+1]
	if !slices.Equal(x.Said, said) || x.Was == nil || x.Error < 0 || x.Error > 3 || math.Abs(x.Naive-100*7.0/129) > 1 || x.Naive <= x.Error {
		t.Errorf("forecast %v, error %.2f, last week's %.2f", slices.Equal(x.Said, said), x.Error, x.Naive)
	}
	if other, err := p.days(t.Context(), "120119", today-60, today+2); err != nil || other[today+1].Said != nil {
		t.Errorf("a district without a load is forecast: %v %v", other[today+1], err)
	}
}

// TestPeaks: peaks above a limit are pointed out, forecast and real; none without a limit.
func TestPeaks(t *testing.T) {
	curve := make([]float64, book.SlotsPerDay)
	curve[76] = 12
	v := view{today: 16_760, days: map[book.Day]Day{16_761: {Said: curve, Error: -1}, 16_758: {Was: curve, Error: -1}}, limits: map[string]float64{}}
	count := func() int {
		n := 0
		for _, b := range v.alarms().Body {
			n += len(itemsOf(b))
		}
		return n
	}
	if n := count(); n != 0 {
		t.Errorf("%d peaks without a limit", n)
	}
	if v.limits[""] = 12; count() != 0 {
		t.Error("a peak at the limit is none")
	}
	if v.limits[""] = 11.9; count() != 2 {
		t.Errorf("%d peaks", count())
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack(make([]float64, book.SlotsPerDay)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if curve := unpack(b); curve != nil && !slices.Equal(pack(curve), b) {
			t.Error("a curve is written otherwise than it was read")
		}
	})
}

func itemsOf(b ui.Block) []ui.Alarm {
	list, _ := b.(ui.Alarms)
	return list.Items
}
