package draw

import (
	"slices"
	"strings"
)

// Wall is a field of things in rows. Those that are not named by a mark are well.
type Wall struct {
	Total int
	Label string
	Marks []WallMark
}

// WallMark is a thing that is not well; with Href it is a link that says Text.
type WallMark struct {
	At         int
	Look       string // p1 to p4, silent, off
	Href, Text string
}

// The measures of a wall: things in a row, and the distance between two.
const (
	wallRow  = 40
	wallStep = 12
)

// wallShapes are the looks as paths around the middle of a cell: a colour alone tells nobody who does not see it.
var wallShapes = map[string]string{
	"p1":     "m0-8 8 8-8 8-8-8z",
	"p2":     "m0-7 7 12h-14z",
	"p3":     "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
	"p4":     "m-4-2h8v4h-8z",
	"silent": "m-4-4h8v8h-8zm0 0 8 8",
	"off":    "m-4 0h8",
}

// DrawWall draws a wall. Those that are well are one dashed line a row, whatever their number, and shapes without a link are one path a look, so that
// four thousand plants weigh a few kilobytes.
func DrawWall(w Wall) string {
	var b svg
	rows := max(1, (w.Total+wallRow-1)/wallRow)
	b.f(`<svg class="wsvg" viewBox="0 0 %d %d" role="group" aria-label="%s"><path class="well" d="`, wallRow*wallStep, rows*wallStep+4, esc(w.Label))
	for y := range rows {
		if n := min(wallRow, w.Total-y*wallRow); n > 0 {
			b.f("M2 %dh%d", y*wallStep+8, n*wallStep-4)
		}
	}
	b.WriteString(`"/>`)
	plain := map[string]*strings.Builder{}
	var gone svg
	for _, m := range w.Marks {
		if m.At < 0 || m.At >= w.Total || wallShapes[m.Look] == "" {
			continue
		}
		x, y := m.At%wallRow*wallStep, m.At/wallRow*wallStep+2
		gone.f("M%d %dh%dv%dh-%dz", x, y, wallStep, wallStep, wallStep)
		if m.Href == "" {
			p := plain[m.Look]
			if p == nil {
				p = &strings.Builder{}
				plain[m.Look] = p
			}
			p.WriteString("M" + num(float64(x+wallStep/2)) + " " + num(float64(y+wallStep/2)) + wallShapes[m.Look])
		}
	}
	if gone.Len() > 0 {
		b.f(`<path class="gone" d="%s"/>`, gone.String())
	}
	for _, look := range []string{"off", "silent", "p4", "p3", "p2", "p1"} { // the gravest lies on top
		if p := plain[look]; p != nil {
			b.f(`<path class="%s" d="%s"/>`, look, p.String())
		}
	}
	for _, m := range slices.Backward(w.Marks) {
		if m.Href == "" || m.At < 0 || m.At >= w.Total || wallShapes[m.Look] == "" {
			continue
		}
		x, y := m.At%wallRow*wallStep+wallStep/2, m.At/wallRow*wallStep+2+wallStep/2
		b.f(`<a href="%s" aria-label="%s">%s<path class="%s" d="M%d %d%s"/></a>`, esc(m.Href), esc(m.Text), title(m.Text), m.Look, x, y, wallShapes[m.Look])
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// WallSwatch draws one look, for a key; "well" is a thing that is well.
func WallSwatch(look string) string {
	shape, ok := wallShapes[look]
	if !ok {
		look, shape = "wellkey", "m-4-4h8v8h-8z"
	}
	return `<svg class="wsw" viewBox="0 0 18 18" aria-hidden="true"><path class="` + look + `" d="M9 9` + shape + `"/></svg>`
}
