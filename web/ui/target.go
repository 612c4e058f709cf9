package ui

import (
	"fmt"
	"math"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui/draw"
)

func orNone(s string) string {
	if s == "" {
		return None
	}
	return s
}

// unknown tells whether a figure is none, which is then not written as boldly as one that is there.
func (e env) unknown(t lang.Text) bool { return orNone(e.t(t)) == None }

func percentOf(f float64) string { return fmt.Sprintf("%.1f%%", 100*f) }

func (t Target) gapClass() string {
	switch {
	case t.Gap == "":
		return "dim"
	case t.GapBad:
		return "neg"
	}
	return "pos"
}

// link is where a target leads: its page, or its row on this one.
func (t Target) link() string {
	if t.Href != "" {
		return t.Href
	}
	return "#r-" + t.ID
}

// measured tells whether there is a figure.
func (t Target) measured() bool { return t.Value.Zh != "" && t.Value.Zh != None }

func (e env) targetGauge(t Target) string {
	if !t.measured() || math.IsNaN(t.Progress) {
		return draw.Gauge("none", "", math.NaN(), -1)
	}
	label := e.w("完成 ", "") + shareText(t.Progress) + e.w("，应达 ", " done, expected ") + shareText(t.Expected)
	return draw.Gauge(t.Status.Key(), label, t.Progress, t.Expected)
}

// way draws a card's trajectory; today is when its figure was taken, or its newest history.
func (e env) way(t Target, start, end time.Time, w, h float64) string {
	now := t.At
	if now.IsZero() {
		now = e.now
	}
	return e.wayAt(t, start, end, now, w, h)
}

func (e env) wayAt(t Target, start, end, now time.Time, w, h float64) string {
	span := end.Sub(start)
	if span <= 0 {
		return ""
	}
	v := draw.Way{Key: t.Status.Key(), Progress: t.Progress, Met: t.Status == StatusMet, W: w, H: h,
		Now: float64(now.Sub(start)) / float64(span), Due: 1}
	v.Now = math.Max(0, math.Min(1, v.Now))
	if t.Due > 0 {
		due := time.Date(t.Due+1, 1, 1, 0, 0, 0, 0, shanghai)
		v.Due = math.Max(.02, math.Min(1, float64(due.Sub(start))/float64(span)))
	}
	if !t.measured() {
		v.Progress = math.NaN()
	}
	for _, p := range t.History {
		if p.Time <= v.Now {
			v.History = append(v.History, draw.Step{Time: p.Time, Progress: p.Progress})
		}
	}
	v.Ticks = append(v.Ticks, draw.Tick{At: 0, Text: start.In(shanghai).Format("2006.1")})
	for y := start.In(shanghai).Year() + 1; ; y++ {
		at := float64(time.Date(y, 1, 1, 0, 0, 0, 0, shanghai).Sub(start)) / float64(span)
		if at > .97 {
			break
		}
		v.Ticks = append(v.Ticks, draw.Tick{At: at, Text: itoa(y)})
	}
	v.Label = e.t(t.Name) + e.w("：实际 ", ": ") + shareText(v.Progress) + e.w("，按进度应达 ", " done, ") + shareText(t.Expected) + e.w("", " expected by today")
	return draw.Trajectory(v)
}

// any tells whether a group has a target of a status.
func (g TargetGroup) any(status string) bool {
	for _, t := range g.Items {
		if status == "" || t.Status.Key() == status {
			return true
		}
	}
	return len(g.Items) == 0 && status == ""
}

// onTrack counts those met or on pace: "5/11".
func (g TargetGroup) onTrack() string {
	n := 0
	for _, t := range g.Items {
		if t.Status >= StatusOn {
			n++
		}
	}
	return fmt.Sprintf("%d/%d", n, len(g.Items))
}

// year is a year of the plan with its quarters; part is how much of a quarter has passed.
type year struct {
	year     int
	state    string // past, now, next
	quarters []quarter
}

type quarter struct {
	state string
	part  float64
}

func (p PlanLead) years() []year {
	var out []year
	if !p.End.After(p.Start) {
		return nil
	}
	for y := p.Start.In(shanghai).Year(); y <= p.End.In(shanghai).Year(); y++ {
		x := year{year: y, state: when(y, p.Now.In(shanghai).Year())}
		for q := range 4 {
			from := time.Date(y, time.Month(q*3+1), 1, 0, 0, 0, 0, shanghai)
			to := from.AddDate(0, 3, 0)
			if !to.After(p.Start) || from.After(p.End) {
				continue
			}
			s := quarter{"past", 1}
			switch {
			case from.After(p.Now):
				s = quarter{"next", 0}
			case to.After(p.Now):
				s = quarter{"now", float64(p.Now.Sub(from)) / float64(to.Sub(from))}
			}
			x.quarters = append(x.quarters, s)
		}
		if len(x.quarters) > 0 {
			out = append(out, x)
		}
	}
	return out
}

func when(y, now int) string {
	switch {
	case y < now:
		return "past"
	case y == now:
		return "now"
	}
	return "next"
}

// daysLeft counts the days to the end of the plan; -1 when it is over or has no end.
func (p PlanLead) daysLeft() int {
	if p.End.IsZero() || p.Now.After(p.End) {
		return -1
	}
	return int(p.End.Sub(p.Now).Hours() / 24)
}

func (p PlanLead) milestone(y int) lang.Text {
	for _, m := range p.Milestones {
		if m.Year == y {
			return m.Text
		}
	}
	return lang.Text{}
}

func (e env) dayMonth(t time.Time) string {
	t = t.In(shanghai)
	return e.w(t.Format("1月2日"), t.Format("2 Jan"))
}
