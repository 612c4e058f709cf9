package throttle

import (
	"strconv"
	"testing"
	"time"
)

// TestPace: a burst, then evenly; others are not slowed; a clock that goes back shuts nobody out for long; the memory is bounded.
func TestPace(t *testing.T) {
	now := time.Date(2015, 11, 23, 8, 0, 0, 0, time.UTC)
	p := NewPace(func() time.Time { return now }, 60, time.Minute, 100)
	through := func(who string, tries int) (n int) {
		for range tries {
			if p.Take(who) == 0 {
				n++
			}
		}
		return n
	}
	for _, row := range []struct {
		name  string
		after time.Duration
		who   string
		tries int
		want  int
	}{
		{"a burst", 0, "a", 500, 60}, {"another caller", 0, "b", 1, 1}, {"half a second later", time.Second / 2, "a", 500, 0}, {"a second later", time.Second / 2, "a", 500, 1},
		{"ten seconds later", 10 * time.Second, "a", 500, 10}, {"a quiet hour later", time.Hour, "a", 500, 60}, {"evenly", time.Minute, "a", 60, 60},
	} {
		now = now.Add(row.after)
		if got := through(row.who, row.tries); got != row.want {
			t.Errorf("%s: %d of %d, want %d", row.name, got, row.tries, row.want)
		}
	}
	if wait := p.Take("a"); wait <= 0 || wait > time.Second {
		t.Errorf("the next is %v away", wait)
	}
	for i := range 10_000 {
		p.Take(strconv.Itoa(i))
	}
	if len(p.free) > 100 {
		t.Errorf("%d callers are remembered", len(p.free))
	}
}
