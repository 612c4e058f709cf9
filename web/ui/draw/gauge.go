package draw

import (
	"fmt"
	"math"
)

// Gauge is the water gauge: the level measured and, where expected is not negative, a tick where it should stand today. Both are
// shares 0..1; NaN draws an empty gauge. Widths are percentages, so it needs no inline style and never distorts.
// key is the status whose colour it takes ("" for none); label is its words.
func Gauge(key, label string, part, expected float64) string {
	class := "gauge"
	if key != "" {
		class += " is-" + key
	}
	var b svg
	if label == "" || math.IsNaN(part) {
		b.f(`<svg class="%s" height="14" aria-hidden="true">`, class)
	} else {
		b.f(`<svg class="%s" height="14" role="img" aria-label="%s">`, class, esc(label))
	}
	b.WriteString(`<rect class="track" y="4" width="100%" height="6"/>`)
	if !math.IsNaN(part) {
		b.f(`<rect class="lvl" y="4" width="%s" height="6"/>`, pct(part))
		if expected >= 0 {
			b.f(`<svg x="%s" overflow="visible"><rect class="exp" x="-1" width="2" height="14"/></svg>`, pct(expected))
		}
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// Spark is a small line without axes; the words beside it must say what it shows. Fewer than two numbers draw nothing.
func Spark(vs []float64) string {
	const w, h = 96.0, 24.0
	lo, hi, ok := bounds(vs)
	if !ok || len(vs) < 2 {
		return ""
	}
	if hi == lo {
		lo, hi = lo-1, hi+1
	}
	x := func(i int) float64 { return 1 + float64(i)/float64(len(vs)-1)*(w-5) }
	y := func(v float64) float64 { return h - 3 - (v-lo)/(hi-lo)*(h-6) }
	last := len(vs) - 1
	for last > 0 && math.IsNaN(vs[last]) {
		last--
	}
	return fmt.Sprintf(`<svg class="spark" viewBox="0 0 %s %s" aria-hidden="true"><path d="%s"/><circle cx="%s" cy="%s" r="2"/></svg>`,
		num(w), num(h), path(x, y, vs), num(x(last)), num(y(vs[last])))
}

// Slot is one period of a strip.
type Slot struct{ State, Title string }

// heights say a slot's state by height as well as by colour: nothing may hang on colour alone. Shares of the strip.
var heights = map[string]float64{"collected": 1, "late": .7, "estimated": .45, "invalid": .3, "missing": .16, "future": .06}

// Slots is a strip of periods, with hour marks below where the slots divide a day.
func Slots(label string, slots []Slot) string {
	const h = 40.0
	n := float64(len(slots))
	var b svg
	b.f(`<svg class="slots" height="58" role="img" aria-label="%s">`, esc(label))
	for i, s := range slots {
		part, known := heights[s.State]
		state := s.State
		if !known {
			part, state = heights["missing"], "missing"
		}
		b.f(`<rect class="sl-%s" x="%s" y="%s" width="%s" height="%s">`, state, pct2(float64(i)/n), num(h-h*part), pct2(.8/n), num(h*part))
		if s.Title != "" {
			b.WriteString(title(s.Title))
		}
		b.WriteString(`</rect>`)
	}
	b.f(`<rect class="base" y="%s" width="100%%" height="1"/>`, num(h))
	if len(slots) > 0 && len(slots)%24 == 0 {
		for _, hour := range []int{0, 6, 12, 18} {
			b.f(`<text x="%s" y="55">%02d:00</text>`, pct2(float64(hour)/24), hour)
		}
		b.WriteString(`<text x="100%" y="55" text-anchor="end">24:00</text>`)
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// pct2 is pct with two decimals: 96 slots need them.
func pct2(f float64) string { return fmt.Sprintf("%.2f%%", 100*f) }
