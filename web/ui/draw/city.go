package draw

import (
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"sync"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/static"
)

// District is one of the city's 16 districts.
type District struct {
	Code  string // region code of today, six digits
	Name  lang.Text
	km2   int
	label [2]float64 // longitude, latitude
	path  string     // its outline in the picture, made once
}

// The picture is a Mercator view of the city, W by H units; a unit is about a pixel on a desktop.
const (
	W, H       = 430.0, 487.0
	west, east = 116.68, 118.10
	south      = 38.52
	north      = 40.28
)

// city is the base map, projected and thinned once: it is the same for every page.
type city struct {
	districts   []District
	land, river string
	plants      [][2]float64
	err         error
}

var base = sync.OnceValue(load)

// Districts lists the districts by code; the error says that a map layer in the program is broken.
func Districts() ([]District, error) { return base().districts, base().err }

func mercator(lat float64) float64 {
	return math.Log(math.Tan(math.Pi/4+lat*math.Pi/360)) * 180 / math.Pi
}

// project turns longitude and latitude into the picture's units.
func project(c [2]float64) (x, y float64) {
	y0, y1 := mercator(south), mercator(north)
	s := math.Min(W/(east-west), H/(y1-y0))
	ox, oy := (W-s*(east-west))/2, (H-s*(y1-y0))/2
	return ox + (c[0]-west)*s, H - oy - (mercator(c[1])-y0)*s
}

type feature struct {
	Properties struct {
		Adcode int        `json:"adcode"`
		Name   string     `json:"name"`
		NameEn string     `json:"name_en"`
		Label  [2]float64 `json:"label"`
		Km2    int        `json:"km2"`
		Kind   string     `json:"kind"`
		Status string     `json:"status"`
	} `json:"properties"`
	Geometry struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	} `json:"geometry"`
}

func layer(name string) ([]feature, error) {
	b, err := static.Geo(name)
	if err != nil {
		return nil, err
	}
	var fc struct {
		Features []feature `json:"features"`
	}
	if err := json.Unmarshal(b, &fc); err != nil {
		return nil, fmt.Errorf("map layer %s: %w", name, err)
	}
	return fc.Features, nil
}

// lines gives a geometry's rings or lines, whatever its type.
func (f feature) lines() ([][][2]float64, error) {
	var one [][2]float64
	var two [][][2]float64
	var three [][][][2]float64
	switch f.Geometry.Type {
	case "LineString":
		err := json.Unmarshal(f.Geometry.Coordinates, &one)
		return [][][2]float64{one}, err
	case "Polygon", "MultiLineString":
		err := json.Unmarshal(f.Geometry.Coordinates, &two)
		return two, err
	case "MultiPolygon":
		err := json.Unmarshal(f.Geometry.Coordinates, &three)
		for _, p := range three {
			two = append(two, p...)
		}
		return two, err
	}
	return nil, fmt.Errorf("geometry %q", f.Geometry.Type)
}

func load() (c city) {
	var fs []feature
	if fs, c.err = layer("districts"); c.err != nil {
		return c
	}
	for _, f := range fs {
		p := f.Properties
		d := District{Code: fmt.Sprint(p.Adcode), Name: lang.T(p.Name, p.NameEn), km2: p.Km2, label: p.Label}
		if d.path, c.err = outline([]feature{f}, true); c.err != nil {
			return c
		}
		c.districts = append(c.districts, d)
	}
	sort.Slice(c.districts, func(i, j int) bool { return c.districts[i].Code < c.districts[j].Code })
	if fs, c.err = layer("land"); c.err != nil {
		return c
	}
	if c.land, c.err = outline(fs, true); c.err != nil {
		return c
	}
	if fs, c.err = layer("water"); c.err != nil {
		return c
	}
	var rivers []feature
	for _, f := range fs {
		if f.Properties.Kind == "river" {
			rivers = append(rivers, f)
		}
	}
	if c.river, c.err = outline(rivers, false); c.err != nil {
		return c
	}
	fs, c.err = layer("power-plants")
	for _, f := range fs {
		var at [2]float64
		if f.Properties.Status != "Shutdown" && json.Unmarshal(f.Geometry.Coordinates, &at) == nil {
			c.plants = append(c.plants, at)
		}
	}
	return c
}

// outline writes features as one path. Points closer to the line than 0.4 units are dropped: nobody sees them, and the
// page becomes five times lighter.
func outline(fs []feature, closed bool) (string, error) {
	var b svg
	for _, f := range fs {
		lines, err := f.lines()
		if err != nil {
			return "", err
		}
		for _, l := range lines {
			pts := make([][2]float64, 0, len(l))
			for _, c := range l {
				x, y := project(c)
				p := [2]float64{math.Max(-9, math.Min(W+9, x)), math.Max(-9, math.Min(H+9, y))} // what lies outside is drawn along the edge
				if len(pts) == 0 || p != pts[len(pts)-1] {
					pts = append(pts, p)
				}
			}
			for i, p := range thin(pts, .4) {
				c := "L"
				if i == 0 {
					c = "M"
				}
				b.f("%s%s %s", c, num(p[0]), num(p[1]))
			}
			if closed {
				b.WriteByte('Z')
			}
		}
	}
	return b.String(), nil
}

// thin is Ramer-Douglas-Peucker. A ring is cut at its farthest point first, since its two ends are the same.
func thin(p [][2]float64, tolerance float64) [][2]float64 {
	if len(p) < 3 {
		return p
	}
	far, at := tolerance, 0
	a, z := p[0], p[len(p)-1]
	for i := 1; i < len(p)-1; i++ {
		if d := distance(p[i], a, z); d > far {
			far, at = d, i
		}
	}
	if at == 0 {
		return [][2]float64{a, z}
	}
	left := thin(p[:at+1], tolerance)
	return append(left[:len(left)-1:len(left)-1], thin(p[at:], tolerance)...)
}

func distance(p, a, z [2]float64) float64 {
	dx, dy := z[0]-a[0], z[1]-a[1]
	l := math.Hypot(dx, dy)
	if l == 0 {
		return math.Hypot(p[0]-a[0], p[1]-a[1])
	}
	return math.Abs(dy*(p[0]-a[0])-dx*(p[1]-a[1])) / l
}
