package book

import (
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
)

func TestDayAndSlot(t *testing.T) {
	at := func(s string) int64 {
		v, err := time.ParseInLocation("2006-01-02 15:04:05", s, China)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixMicro()
	}
	for _, c := range []struct {
		at   string
		day  string
		slot int
		ok   bool
	}{
		{"2015-11-20 00:00:00", "2015-11-20", 0, true},
		{"2015-11-20 00:15:00", "2015-11-20", 1, true},
		{"2015-11-20 23:45:00", "2015-11-20", 95, true},
		{"2015-11-19 23:59:00", "2015-11-20", 0, true}, // a minute early is the next day's first slot
		{"2015-11-20 09:31:59", "2015-11-20", 38, true},
		{"2015-11-20 09:33:00", "", 0, false}, // three minutes off: the meter's clock is wrong
		{"1969-12-31 07:45:00", "", 0, false},
	} {
		d, s, ok := SlotAt(at(c.at), 2*time.Minute)
		if ok != c.ok || ok && (d.String() != c.day || s != c.slot) {
			t.Errorf("SlotAt(%s) = %v %d %v, want %s %d %v", c.at, d, s, ok, c.day, c.slot, c.ok)
		}
	}
	if d, ok := ParseDay("2015-11-20"); !ok || d.Start() != at("2015-11-20 00:00:00") {
		t.Errorf("ParseDay = %v %v", d, ok)
	}
	for _, bad := range []string{"", "2015-13-01", "0001-01-01", "20151120"} {
		if _, ok := ParseDay(bad); ok {
			t.Errorf("ParseDay(%q) was taken", bad)
		}
	}
}

func TestDueSlots(t *testing.T) {
	d, _ := ParseDay("2015-11-20")
	base := time.UnixMicro(d.Start())
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{-time.Minute, 0}, {14 * time.Minute, 0}, {15 * time.Minute, 1}, {30 * time.Minute, 2}, {9*time.Hour + 30*time.Minute, 38}, {24*time.Hour + 15*time.Minute, 96}, {90 * time.Hour, 96}} {
		if got := DueSlots(d, base.Add(c.after), 15*time.Minute); got != c.want {
			t.Errorf("due %v after midnight = %d, want %d", c.after, got, c.want)
		}
	}
}

func TestSlotStates(t *testing.T) {
	var s Slots
	s.Mark(3, series.Estimated)
	s.Mark(4, series.Measured|series.Late)
	s.Mark(5, series.Measured)
	s.Mark(6, series.Invalid)
	s.Mark(70, series.Estimated)
	s.Mark(60, series.Substituted) // a reading had come
	s.Mark(61, series.Estimated)
	s.Mark(61, series.Invalid) // and the estimate was taken back
	want := map[int]State{0: Missing, 60: Collected, 61: Missing, 3: Estimated, 4: Late, 5: Collected, 6: Missing, 70: Estimated, 71: Missing, 80: Future}
	for i, w := range want {
		if got := s.At(i, 80); got != w {
			t.Errorf("slot %d is %s, want %s", i, got, w)
		}
	}
	s.Mark(3, series.Measured)  // the reading comes after all
	s.Mark(3, series.Estimated) // and no estimate covers it again
	if got := s.At(3, 80); got != Collected {
		t.Errorf("slot 3 is %s after its reading came", got)
	}
	for n := 0; n <= SlotsPerDay; n++ {
		if got := First(n).Count(); got != n {
			t.Errorf("First(%d) holds %d slots", n, got)
		}
	}
}
