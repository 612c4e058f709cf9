package calendar

import (
	"fmt"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// Span is a stretch of a day, from midnight on.
type Span struct{ From, To time.Duration }

// Hours are the working hours of a workday: stretches in order that do not touch.
type Hours []Span

// UsualHours are 8:30 to 12:00 and 13:30 to 17:30, the city's where a unit has none of its own.
func UsualHours() Hours {
	return Hours{{8*time.Hour + 30*time.Minute, 12 * time.Hour}, {13*time.Hour + 30*time.Minute, 17*time.Hour + 30*time.Minute}}
}

const mostSpans = 6

// ParseHours reads 8:30-12:00,13:30-17:30: up to six stretches of whole minutes.
func ParseHours(text string) (Hours, error) {
	wrong := errs.Say(errs.Invalid, "工作时间“%s”有误，应形如 8:30-12:00,13:30-17:30，按先后排列，不得重叠",
		"the working hours %q are not understood: write them like 8:30-12:00,13:30-17:30, in order and apart", text)
	var out Hours
	for part := range strings.SplitSeq(strings.NewReplacer("，", ",", "：", ":", "、", ",").Replace(text), ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(part), "-")
		a, okA := minute(from)
		b, okB := minute(to)
		if !ok || !okA || !okB || a >= b || len(out) == mostSpans || len(out) > 0 && a <= out[len(out)-1].To {
			return nil, wrong
		}
		out = append(out, Span{a, b})
	}
	return out, nil
}

func minute(text string) (time.Duration, bool) {
	h, m, ok := strings.Cut(strings.TrimSpace(text), ":")
	if !ok || len(h) < 1 || len(h) > 2 || len(m) != 2 {
		return 0, false
	}
	n := [2]int{}
	for i, s := range [2]string{h, m} {
		for _, c := range []byte(s) {
			if c < '0' || c > '9' {
				return 0, false
			}
			n[i] = n[i]*10 + int(c-'0')
		}
	}
	d := time.Duration(n[0])*time.Hour + time.Duration(n[1])*time.Minute
	return d, n[1] < 60 && d <= 24*time.Hour
}

// String writes the hours as ParseHours reads them.
func (h Hours) String() string {
	var out []string
	for _, s := range h {
		out = append(out, clockText(s.From)+"-"+clockText(s.To))
	}
	return strings.Join(out, ",")
}

func clockText(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// Total is the working time of a workday.
func (h Hours) Total() (out time.Duration) {
	for _, s := range h {
		out += s.To - s.From
	}
	return out
}

// worked is the working time of a workday before a time of that day.
func (h Hours) worked(until time.Duration) (out time.Duration) {
	for _, s := range h {
		out += max(0, min(until, s.To)-s.From)
	}
	return out
}

// reach is the earliest time of a workday by which so much was worked; work is above 0 and at most Total.
func (h Hours) reach(work time.Duration) time.Duration {
	for _, s := range h {
		if d := s.To - s.From; work > d {
			work -= d
			continue
		}
		return s.From + work
	}
	return 24 * time.Hour
}

// After is the moment at which work of that length, begun at t, is done: the earliest one with Between(t, it) == work. It is t itself
// for work of nothing or less, and where the hours are empty.
func (c *Calendar) After(h Hours, t time.Time, work time.Duration) time.Time {
	total := h.Total()
	if work <= 0 || total <= 0 {
		return t
	}
	d := DateOf(t)
	if c.Workday(d) {
		done := h.worked(t.Sub(d.Start()))
		if work <= total-done {
			return d.Start().Add(h.reach(done + work))
		}
		work -= total - done
	}
	for d++; ; d++ {
		if !c.Workday(d) {
			continue
		}
		if work <= total {
			return d.Start().Add(h.reach(work))
		}
		work -= total
	}
}

// Between is the working time from a to b; negative where b lies before a.
func (c *Calendar) Between(h Hours, a, b time.Time) time.Duration {
	if b.Before(a) {
		return -c.Between(h, b, a)
	}
	from, to := DateOf(a), DateOf(b)
	part := func(d Date, t time.Time) time.Duration {
		if !c.Workday(d) {
			return 0
		}
		return h.worked(t.Sub(d.Start()))
	}
	return time.Duration(c.Workdays(from, to))*h.Total() + part(to, b) - part(from, a)
}

// Working tells whether a moment lies within the working hours.
func (c *Calendar) Working(h Hours, t time.Time) bool {
	d := DateOf(t)
	if !c.Workday(d) {
		return false
	}
	at := t.Sub(d.Start())
	for _, s := range h {
		if at >= s.From && at < s.To {
			return true
		}
	}
	return false
}
