package draw

import (
	"math"

	"github.com/haihe-city/haihe/lang"
)

// Area is a district of the map with its class 0..4, or -1 where nothing is known, and its words.
type Area struct {
	Class       int
	Title, Text string // "蓟州区 90.92 %", "90.9 %"
	Href        string
}

// Point is a mark. Kind is plant, alarm1, alarm2, alarm3, meter or plain.
type Point struct {
	Lon, Lat          float64
	Kind, Title, Href string
}

// CityMap is what a map shows. Areas are by region code.
type CityMap struct {
	Label  string
	Lang   lang.Lang
	Areas  map[string]Area
	Points []Point
	Shapes []Shape
	View   [4]float64 // west, south, east, north; the whole city where it is zero
	Plants bool
}

// Shape is an area over the map. Kind is grave, harm, cordon or own.
type Shape struct {
	Ring        [][2]float64
	Kind, Title string
}

// lens shows a part of the picture: base units times zoom, moved.
type lens struct{ zoom, x, y float64 }

func (m CityMap) lens() lens {
	if m.View == [4]float64{} {
		return lens{zoom: 1}
	}
	x0, y0 := project([2]float64{m.View[0], m.View[3]})
	x1, y1 := project([2]float64{m.View[2], m.View[1]})
	if x1-x0 <= 0 || y1-y0 <= 0 {
		return lens{zoom: 1}
	}
	z := math.Min(W/(x1-x0), H/(y1-y0))
	return lens{z, W/2 - z*(x0+x1)/2, H/2 - z*(y0+y1)/2}
}

func (l lens) at(c [2]float64) (x, y float64) {
	x, y = project(c)
	return x*l.zoom + l.x, y*l.zoom + l.y
}

// small is the area in km2 below which a district's name does not fit into it.
const small = 100

// City draws the map: the same polygons that MapLibre shows, for browsers without WebGL and readers without script.
func City(m CityMap) string {
	c := base()
	role := "img"
	for _, a := range m.Areas {
		if a.Href != "" {
			role = "group" // a picture must not hide links from a screen reader
		}
	}
	for _, p := range m.Points {
		if p.Href != "" {
			role = "group"
		}
	}
	var b svg
	b.f(`<svg class="dmap" viewBox="0 0 %s %s" role="%s" aria-label="%s">`, num(W), num(H), role, esc(m.Label))
	l := m.lens()
	b.f(`<g transform="translate(%s %s) scale(%s)">`, num(l.x), num(l.y), num(l.zoom))
	b.f(`<path class="land" d="%s"/>`, c.land)
	for _, d := range c.districts {
		a, known := m.Areas[d.Code]
		if !known {
			a = Area{Class: -1, Title: d.Name.In(m.Lang)}
		}
		shape := `<path class="` + class("r", a.Class) + `" d="` + d.path + `">` + title(a.Title) + `</path>`
		if a.Href != "" {
			shape = `<a href="` + esc(a.Href) + `" aria-label="` + esc(a.Title) + `">` + shape + `</a>`
		}
		b.WriteString(shape)
	}
	b.f(`<path class="riv" d="%s"/></g>`, c.river)
	for _, d := range c.districts {
		if d.km2 < small {
			continue
		}
		a, known := m.Areas[d.Code]
		if !known {
			a.Class = -1
		}
		x, y := l.at(d.label)
		b.f(`<text class="%s" x="%s" y="%s">%s</text>`, class("on", a.Class), num(x), num(y), esc(d.Name.In(m.Lang)))
		if a.Text != "" && d.km2 >= 9*small {
			b.f(`<text class="%s v" x="%s" y="%s">%s</text>`, class("on", a.Class), num(x), num(y+12), esc(a.Text))
		}
	}
	if m.Plants {
		for _, p := range c.plants {
			x, y := l.at(p)
			b.f(`<circle class="plant" cx="%s" cy="%s" r="3.4"/>`, num(x), num(y))
		}
	}
	for _, x := range m.Shapes {
		x.draw(&b, l)
	}
	for _, p := range m.Points {
		p.draw(&b, l)
	}
	b.WriteString(`</svg>`)
	return b.String()
}

func class(prefix string, n int) string {
	if n < 0 || n > 4 {
		return prefix + "-none"
	}
	return prefix + string(rune('0'+n))
}

func (s Shape) draw(b *svg, l lens) {
	d := ""
	for i, c := range s.Ring {
		x, y := l.at(c)
		if d += "L"; i == 0 {
			d = "M"
		}
		d += num(x) + " " + num(y)
	}
	b.f(`<path class="shape %s" d="%sZ">%s</path>`, esc(s.Kind), d, title(s.Title))
}

func (p Point) draw(b *svg, l lens) {
	x, y := l.at([2]float64{p.Lon, p.Lat})
	tip := ""
	if p.Title != "" {
		tip = title(p.Title)
	}
	if p.Href != "" {
		b.f(`<a href="%s" aria-label="%s">`, esc(p.Href), esc(p.Title))
		defer b.WriteString(`</a>`)
	}
	switch p.Kind {
	case "alarm1", "alarm2", "alarm3":
		b.f(`<path class="al %s" d="M%s %sl6 6-6 6-6-6z">%s</path>`, p.Kind, num(x), num(y-6), tip)
	case "plant":
		b.f(`<circle class="plant" cx="%s" cy="%s" r="3.4">%s</circle>`, num(x), num(y), tip)
	default:
		b.f(`<circle class="pt" cx="%s" cy="%s" r="4">%s</circle>`, num(x), num(y), tip)
	}
}
