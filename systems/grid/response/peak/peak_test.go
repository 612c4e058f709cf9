package peak

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// TestSpans: on and off delay, deadband, gaps, and steps that are still filling.
func TestSpans(t *testing.T) {
	nan := math.NaN()
	rule := Rule{Limit: 100, Band: 0.05, On: 2, Off: 2}
	for _, c := range []struct {
		name string
		load []float64
		due  int
		want []Span
	}{
		{"one step is none", []float64{90, 101, 90, 90}, 4, nil},
		{"at the limit is none", []float64{100, 100, 100}, 3, nil},
		{"two raise, two end", []float64{90, 101, 110, 94, 93, 90}, 6, []Span{{1, 3, 2, 2, 110}}},
		{"inside the deadband it stands", []float64{101, 102, 96, 99, 96, 97}, 6, []Span{{0, -1, 1, 1, 102}}},
		{"no chatter", []float64{101, 102, 94, 101, 94, 101, 94, 94}, 8, []Span{{0, 6, 5, 1, 102}}},
		{"gaps break nothing", []float64{101, nan, 102, nan, 94, nan, 93}, 7, []Span{{0, 4, 2, 2, 102}}},
		{"a filling step ends nothing", []float64{101, 102, 10, 5}, 2, []Span{{0, -1, 1, 1, 102}}},
		{"a filling step may begin", []float64{101, 102}, 0, []Span{{0, -1, 1, 1, 102}}},
		{"a break before the alarm", []float64{101, 90, 101, 90}, 4, nil},
		{"twice", []float64{101, 102, 90, 90, 103, 104}, 6, []Span{{0, 2, 1, 1, 102}, {4, -1, 5, 5, 104}}},
	} {
		got := Spans(c.load, c.due, rule)
		if len(got) != len(c.want) {
			t.Errorf("%s: %+v", c.name, got)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %+v, want %+v", c.name, got[i], c.want[i])
			}
		}
	}
}

// hands is a clock that stands.
type hands struct{ now time.Time }

func (h *hands) Now() time.Time { return h.now }

// TestWork: alarms come and go with the curves; doing the work again changes nothing; what a person noted stays.
func TestWork(t *testing.T) {
	clock := &hands{time.Date(2015, 11, 17, 10, 0, 0, 0, book.China)}
	today := book.DayOf(clock.now.UnixMicro())
	empty := func() []float64 {
		out := make([]float64, book.SlotsPerDay)
		for i := range out {
			out[i] = math.NaN()
		}
		return out
	}
	load, said := map[book.Day][]float64{today - 1: empty(), today: empty()}, map[book.Day][]float64{}
	limits := map[string]float64{"120101": 100}
	p, err := New(t.Context(), Options{DB: storetest.Open(t), Clock: clock, DueAfter: 15 * time.Minute,
		Load:   func(_ context.Context, _ string, d book.Day) ([]float64, error) { return load[d], nil },
		Said:   func(_ context.Context, _ string, d book.Day) ([]float64, error) { return said[d], nil },
		Limits: func(context.Context) (map[string]float64, error) { return limits, nil }})
	if err != nil {
		t.Fatal(err)
	}
	work := func(want ...string) []Alarm {
		t.Helper()
		var open []Alarm
		for range 2 {
			if err := p.Work(t.Context()); err != nil {
				t.Fatal(err)
			}
			if open, err = p.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(open) != len(want) {
				t.Fatalf("%d alarms stand, want %v: %+v", len(open), want, open)
			}
			for i := range want {
				if open[i].ID != want[i] {
					t.Errorf("alarm %s, want %s", open[i].ID, want[i])
				}
			}
		}
		return open
	}
	work()
	curve := make([]float64, book.SlotsPerDay)
	curve[70], curve[71], curve[75] = 96, 98, 120
	said[today+1] = curve
	a := work("before-120101-20151118")[0]
	if a.Peak != 120_000 || a.Until.In(book.China).Format("15:04") != "19:00" || a.Began.In(book.China).Format("15:04") != "17:30" {
		t.Errorf("%+v", a)
	}
	for i := 30; i < 40; i++ {
		load[today][i] = 90
	}
	load[today][37], load[today][38], load[today][39] = 105, 107, 106
	b := work("during-120101-20151117-0915", "before-120101-20151118")[0]
	if b.Peak != 107_000 || b.Limit != 100_000 {
		t.Errorf("%+v", b)
	}
	load[today][36] = 103 // late readings
	if c := work("during-120101-20151117-0915", "before-120101-20151118")[0]; c.Began.Equal(b.Began) || !c.Raised.Equal(b.Raised) {
		t.Errorf("an alarm is not carried back: %+v", c)
	}
	curve[75] = 93 // below the share, inside the deadband
	curve[70], curve[71] = 0, 0
	work("during-120101-20151117-0915", "before-120101-20151118")
	curve[75] = 92
	clock.now = clock.now.Add(time.Hour)
	load[today][40], load[today][41], load[today][42] = 96, 98, 96
	work("during-120101-20151117-0915")
	load[today][41], load[today][42] = 96.5, 97 // at the deadband counts as below
	work()
	page, total, _, err := p.list(t.Context(), chosen{}, 10)
	if err != nil || total != 2 || page[1].Ended.In(book.China).Format("15:04") != "10:00" {
		t.Errorf("%v %+v", err, page)
	}
	limits = map[string]float64{}
	work()
}

// FuzzSpans: spans are in order, do not overlap, and hold a step above the limit.
func FuzzSpans(f *testing.F) {
	f.Add([]byte{90, 101, 110, 94, 93, 90}, uint8(6), uint8(2), uint8(2))
	f.Fuzz(func(t *testing.T, raw []byte, due, on, off uint8) {
		load := make([]float64, len(raw))
		for i, b := range raw {
			if load[i] = float64(b); b == 0 {
				load[i] = math.NaN()
			}
		}
		last := -1
		for _, s := range Spans(load, int(due), Rule{Limit: 100, Band: 0.05, On: int(on%8) + 1, Off: int(off%8) + 1}) {
			if s.Began <= last || s.Last < s.Began || s.Ended >= 0 && s.Ended <= s.Last || s.Peak <= 100 || load[s.PeakAt] != s.Peak {
				t.Fatalf("%+v after %d", s, last)
			}
			if last = s.Ended - 1; s.Ended < 0 {
				last = len(load)
			}
		}
	})
}
