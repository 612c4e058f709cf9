package draw

import "fmt"

// Bar is a bar on an axis of time: from and to are shares of the axis, 0..1. What is open goes on behind its end, and is drawn with
// an open edge: nothing may hang on colour alone. The words beside it must say what it shows.
func Bar(from, to float64, open bool) string {
	from, to = clamp(from), clamp(to)
	width := max(to-from, .006) // a short one stays visible
	from = min(from, 1-width)
	edge := ""
	if open {
		edge = fmt.Sprintf(`<rect class="edge" x="%s" y="1" width="3" height="14"/>`, pct(from+width))
	}
	return fmt.Sprintf(`<svg class="span" height="16" aria-hidden="true"><rect class="axis" y="8" width="100%%" height="1"/><rect class="%s" x="%s" y="3" width="%s" height="10"/>%s</svg>`,
		map[bool]string{false: "bar", true: "bar open"}[open], pct(from), pct(width), edge)
}
