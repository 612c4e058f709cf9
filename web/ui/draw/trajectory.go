package draw

import "math"

// Tick is a named place on an axis, as a share 0..1 of it.
type Tick struct {
	At   float64
	Text string
}

// Step is one figure of a way: both shares, Time of the plan's span, Progress of the way from baseline to goal.
type Step struct{ Time, Progress float64 }

// Way is what a trajectory shows.
type Way struct {
	Key, Label string // status, words for a screen reader
	Ticks      []Tick // years
	Due        float64
	Now        float64 // today, as a share of the span
	Progress   float64 // NaN: nothing measured yet
	Met        bool
	History    []Step
	W, H       float64 // 0 takes the card's size, 196 by 82
}

// ceiling is how far above the goal a trajectory may rise before it is cut.
const ceiling = 1.08

// leastSpan is the share of the plan's time that figures must cover before a pace is drawn on: about a week of a thousand days,
// which is what the forecast in words asks for as well.
const leastSpan = .007

// Trajectory draws a target's way: dashed the line that it should follow from its baseline to the goal at the due day, solid the
// line that it followed, dotted where the present pace would take it, a ring at the goal.
func Trajectory(v Way) string {
	if v.W == 0 {
		v.W, v.H = 196, 82
	}
	if v.Due <= 0 {
		v.Due = 1
	}
	const px, top, bottom = 3.0, 8.0, 15.0
	x := func(f float64) float64 { return px + clamp(f)*(v.W-2*px-5) }
	y := func(p float64) float64 {
		return top + (1-math.Max(0, math.Min(p, ceiling))/ceiling)*(v.H-top-bottom)
	}
	var b svg
	b.f(`<svg class="traj is-%s" viewBox="0 0 %s %s" role="img" aria-label="%s">`, v.Key, num(v.W), num(v.H), esc(v.Label))
	for _, t := range v.Ticks {
		b.f(`<line class="ax" x1="%[1]s" x2="%[1]s" y1="%[2]s" y2="%[3]s"/>`, num(x(t.At)), num(top), num(v.H-bottom+3))
		b.f(`<text class="axt" x="%s" y="%s">%s</text>`, num(x(t.At)+2), num(v.H-3), esc(t.Text))
	}
	b.f(`<line class="base" x1="%s" x2="%s" y1="%[3]s" y2="%[3]s"/>`, num(x(0)), num(x(1)), num(y(0)))
	b.f(`<line class="plan" x1="%s" y1="%s" x2="%s" y2="%s"/>`, num(x(0)), num(y(0)), num(x(v.Due)), num(y(1)))
	v.past(&b, x, y)
	b.f(`<line class="dead" x1="%[1]s" x2="%[1]s" y1="%[2]s" y2="%[3]s"/>`, num(x(v.Due)), num(top-4), num(v.H-bottom+3))
	b.f(`<circle class="goal" cx="%s" cy="%s" r="3.2"/>`, num(x(v.Due)), num(y(1)))
	if !math.IsNaN(v.Progress) {
		b.f(`<circle class="now" cx="%s" cy="%s" r="3.4"/>`, num(x(v.Now)), num(y(v.Progress)))
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// past draws the line that was followed, the water below it, and the forecast.
func (v Way) past(b *svg, x, y func(float64) float64) {
	if math.IsNaN(v.Progress) {
		return
	}
	h := append(append([]Step(nil), v.History...), Step{v.Now, v.Progress})
	var line, area svg
	for i, s := range h {
		c := "L"
		if i == 0 {
			c = "M"
			area.f("M%s %s", num(x(s.Time)), num(y(0)))
		}
		line.f("%s%s %s", c, num(x(s.Time)), num(y(s.Progress)))
		area.f("L%s %s", num(x(s.Time)), num(y(s.Progress)))
	}
	area.f("L%s %sZ", num(x(v.Now)), num(y(0)))
	b.f(`<path class="fill" d="%s"/><path class="act" d="%s"/>`, area.String(), line.String())
	if v.Met || len(v.History) == 0 || v.Now >= 1 { // a single figure has no pace
		return
	}
	first := v.History[0]
	if v.Now-first.Time < leastSpan {
		return
	}
	pace := (v.Progress - first.Progress) / (v.Now - first.Time)
	if !(pace > 0) || math.IsInf(pace, 0) {
		return
	}
	endX, endY := 1.0, v.Progress+pace*(1-v.Now) // the mean pace so far, carried on
	if endY > ceiling {
		endX, endY = v.Now+(ceiling-v.Progress)/pace, ceiling
	}
	if endX > v.Now {
		b.f(`<line class="proj" x1="%s" y1="%s" x2="%s" y2="%s"/>`, num(x(v.Now)), num(y(v.Progress)), num(x(endX)), num(y(endY)))
	}
}
