package draw

import (
	"math"
	"strconv"
	"time"
)

// Line is one line of a chart; Style is now, past or forecast.
type Line struct {
	Style  string
	Points []float64
}

// Mark is a moment with a word.
type Mark struct {
	At   time.Time
	Text string
}

// Plot is a chart over time: points stand Step apart from From.
type Plot struct {
	Label string
	From  time.Time
	Step  time.Duration
	Lines []Line
	Marks []Mark
	Zone  *time.Location
}

// Chart draws a plot that fills its box: lines stretch with it (their width does not), words do not.
// The inner pictures take their box from the style sheet, since attributes cannot say "100 % less 52 px".
func Chart(p Plot) string {
	var rows [][]float64
	n := 0
	for _, l := range p.Lines {
		rows = append(rows, l.Points)
		n = max(n, len(l.Points))
	}
	var b svg
	b.f(`<svg class="plot" width="100%%" height="100%%" role="img" aria-label="%s">`, esc(p.Label))
	lo, hi, ok := bounds(rows...)
	if ok && n > 1 {
		lo, hi, step := Nice(lo, hi, 4)
		span := time.Duration(n-1) * p.Step
		b.WriteString(`<svg class="plot-y" x="0" y="8" width="100%" height="82%" overflow="visible">`)
		for v := lo; v <= hi+step/2; v += step {
			at := pct2(1 - (v-lo)/(hi-lo))
			b.f(`<line class="gr" x1="46" x2="100%%" y1="%[1]s" y2="%[1]s"/><text x="40" y="%[1]s" dy="4" text-anchor="end">%[2]s</text>`, at, tickText(v, step))
		}
		b.WriteString(`</svg><svg class="plot-in" x="46" y="8" width="86%" height="82%" viewBox="0 0 1000 1000" preserveAspectRatio="none">`)
		x := func(i int) float64 { return float64(i) / float64(n-1) * 1000 }
		y := func(v float64) float64 { return 1000 - (v-lo)/(hi-lo)*1000 }
		for i := len(p.Lines) - 1; i >= 0; i-- { // the first line lies on top
			p.Lines[i].draw(&b, x, y)
		}
		b.WriteString(`</svg><svg class="plot-x" x="46" y="8" width="86%" height="82%" overflow="visible">`)
		for _, t := range Hours(p.From, span, p.Zone) {
			b.f(`<text x="%s" y="100%%" dy="17" text-anchor="%s">%s</text>`, pct2(t.At), anchor(t.At), esc(t.Text))
		}
		for _, m := range p.Marks {
			if f := float64(m.At.Sub(p.From)) / float64(span); f >= 0 && f <= 1 {
				b.f(`<line class="mk" x1="%[1]s" x2="%[1]s" y1="0" y2="100%%"/><text class="mkt" x="%[1]s" y="2" dy="7" dx="%[2]s" text-anchor="%[3]s">%[4]s</text>`,
					pct2(f), map[bool]string{true: "-4", false: "4"}[f > .6], map[bool]string{true: "end", false: "start"}[f > .6], esc(m.Text))
			}
		}
		b.WriteString(`</svg>`)
	}
	b.WriteString(`</svg>`)
	return b.String()
}

func (l Line) draw(b *svg, x func(int) float64, y func(float64) float64) {
	style := l.Style
	if style != "past" && style != "forecast" {
		style = "now"
		area := l.area(x, y)
		b.f(`<path class="pf" d="%s"/>`, area)
	}
	b.f(`<path class="pl-%s" vector-effect="non-scaling-stroke" d="%s"/>`, style, path(x, y, l.Points))
}

// area is the water below a line: each run of numbers closed down to the axis.
func (l Line) area(x func(int) float64, y func(float64) float64) string {
	var b svg
	start := -1
	for i := 0; i <= len(l.Points); i++ {
		gap := i == len(l.Points) || math.IsNaN(l.Points[i])
		switch {
		case !gap && start < 0:
			start = i
			b.f("M%s 1000L%s %s", num(x(i)), num(x(i)), num(y(l.Points[i])))
		case !gap:
			b.f("L%s %s", num(x(i)), num(y(l.Points[i])))
		case start >= 0:
			b.f("L%s 1000Z", num(x(i-1)))
			start = -1
		}
	}
	return b.String()
}

// anchor keeps the words at both ends inside the picture.
func anchor(at float64) string {
	switch {
	case at < .04:
		return "start"
	case at > .96:
		return "end"
	}
	return "middle"
}

// Nice widens lo..hi to round numbers with about n steps between them.
func Nice(lo, hi float64, n int) (from, to, step float64) {
	if lo > 0 && lo < hi*.35 {
		lo = 0
	}
	if hi == lo {
		lo, hi = lo-1, hi+1
	}
	raw := (hi - lo) / float64(n)
	mag := math.Pow(10, math.Floor(math.Log10(raw)))
	step = 10 * mag
	for _, m := range []float64{1, 2, 2.5, 5} {
		if raw <= m*mag {
			step = m * mag
			break
		}
	}
	return math.Floor(lo/step) * step, math.Ceil(hi/step) * step, step
}

func tickText(v, step float64) string {
	dec := 0
	if step < 1 {
		dec = int(math.Ceil(-math.Log10(step) - 1e-9))
	}
	s := strconv.FormatFloat(v, 'f', dec, 64)
	if math.Abs(v) < 10000 && dec > 0 || math.Abs(v) < 1000 {
		return s
	}
	out := ""
	neg := s[0] == '-'
	if neg {
		s = s[1:]
	}
	for len(s) > 3 {
		out = "," + s[len(s)-3:] + out
		s = s[:len(s)-3]
	}
	if neg {
		return "−" + s + out
	}
	return s + out
}

// Hours places four or five round moments on a span of time.
func Hours(from time.Time, span time.Duration, zone *time.Location) []Tick {
	const day = 24 * time.Hour
	if zone == nil {
		zone = time.UTC
	}
	step, layout := 365*day, "2006"
	for _, s := range []struct {
		step   time.Duration
		layout string
	}{{time.Minute, "15:04"}, {5 * time.Minute, "15:04"}, {15 * time.Minute, "15:04"}, {time.Hour, "15:04"}, {2 * time.Hour, "15:04"}, {6 * time.Hour, "15:04"},
		{day, "01-02"}, {2 * day, "01-02"}, {7 * day, "01-02"}, {30 * day, "01-02"}, {91 * day, "2006-01"}, {182 * day, "2006-01"}} {
		if span <= 5*s.step {
			step, layout = s.step, s.layout
			break
		}
	}
	if span <= 0 {
		return nil
	}
	_, off := from.In(zone).Zone()
	shift := time.Duration(off) * time.Second
	first := from.Add(shift).Truncate(step).Add(-shift)
	var out []Tick
	for t := first; !t.After(from.Add(span)); t = t.Add(step) {
		if !t.Before(from) {
			out = append(out, Tick{At: float64(t.Sub(from)) / float64(span), Text: t.In(zone).Format(layout)})
		}
	}
	return out
}
