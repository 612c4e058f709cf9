package draw

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// svg gathers markup. Numbers are written short: a tenth of a pixel is finer than any screen.
type svg struct{ strings.Builder }

func (b *svg) f(format string, args ...any) { fmt.Fprintf(&b.Builder, format, args...) }

// num writes a coordinate with at most one decimal.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}

// pct writes a share 0..1 as a percentage for an attribute.
func pct(f float64) string { return num(100*clamp(f)) + "%" }

func esc(s string) string { return html.EscapeString(s) }

func clamp(f float64) float64 {
	if math.IsNaN(f) {
		return 0
	}
	return math.Max(0, math.Min(1, f))
}

// bounds finds the least and greatest number; ok is false where there is none.
func bounds(rows ...[]float64) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, r := range rows {
		for _, v := range r {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
		}
	}
	return lo, hi, lo <= hi
}

// path writes a line through points; a NaN lifts the pen. A lone point becomes a stroke of no length, which round caps show as a dot.
func path(xs func(i int) float64, ys func(v float64) float64, vs []float64) string {
	var b svg
	pen := false
	for i, v := range vs {
		if math.IsNaN(v) {
			pen = false
			continue
		}
		c := "L"
		if !pen {
			c = "M"
		}
		b.f("%s%s %s", c, num(xs(i)), num(ys(v)))
		if !pen && (i+1 == len(vs) || math.IsNaN(vs[i+1])) {
			b.WriteString("h0")
		}
		pen = true
	}
	return b.String()
}
