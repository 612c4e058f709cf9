// Package reach says whom an area touches (预警影响范围): which districts a polygon or circle reaches, and which places lie in it. Districts
// and shapes are decided exactly, by the same geometry as the city context, so that both ways of choosing give the same.
package reach

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/geo"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
)

// City is the region code of the whole city.
const City = "120000"

// Circle is a place with a radius in km.
type Circle struct {
	At area.Point `json:"at"`
	Km float64    `json:"km"`
}

// Area is where something holds: whole districts (or the city), polygons and circles together.
type Area struct {
	Districts []string       `json:"districts,omitempty"`
	Polygons  []area.Polygon `json:"polygons,omitempty"`
	Circles   []Circle       `json:"circles,omitempty"`
}

// Empty tells whether nothing is chosen.
func (a Area) Empty() bool { return len(a.Districts)+len(a.Polygons)+len(a.Circles) == 0 }

// shapes are the districts' outlines made ready, by code.
var shapes = sync.OnceValues(func() (map[string]*geo.Shape, error) {
	list, err := area.Districts()
	if err != nil {
		return nil, err
	}
	out := map[string]*geo.Shape{}
	for _, d := range list {
		if out[d.Code], err = shapeOf(d.Rings); err != nil {
			return nil, errs.Wrap("read the outline of "+d.Code, err)
		}
	}
	return out, nil
})

// shapeOf makes rings one shape. A ring within a ring is a hole, which an odd number of windings says whatever the order.
func shapeOf(rings []area.Polygon) (*geo.Shape, error) {
	var b strings.Builder
	b.WriteByte('[')
	for i, r := range rings {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('[')
		for j, p := range r {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString("[" + strconv.FormatFloat(p[0], 'g', -1, 64) + "," + strconv.FormatFloat(p[1], 'g', -1, 64) + "]")
		}
		if len(r) > 0 && r[0] != r[len(r)-1] {
			b.WriteString(",[" + strconv.FormatFloat(r[0][0], 'g', -1, 64) + "," + strconv.FormatFloat(r[0][1], 'g', -1, 64) + "]")
		}
		b.WriteByte(']')
	}
	b.WriteByte(']')
	return geo.Read("Polygon", []byte(b.String()))
}

// meet tells whether two surfaces have more than a border in common.
func meet(a, b *geo.Shape) bool {
	return geo.Overlaps(a, b) || geo.Within(a, b) || geo.Within(b, a)
}

// polygons are the shapes of an area that people drew.
func (a Area) polygons() []area.Polygon {
	out := slices.Clone(a.Polygons)
	for _, c := range a.Circles {
		out = append(out, area.Circle(c.At, c.Km))
	}
	return out
}

// Reached are the codes of the districts that the area touches, whole or in part, sorted.
func (a Area) Reached() ([]string, error) {
	all, err := shapes()
	if err != nil {
		return nil, err
	}
	in := map[string]bool{}
	for _, d := range a.Districts {
		if d == City {
			for code := range all {
				in[code] = true
			}
			continue
		}
		if all[d] == nil {
			return nil, errs.Say(errs.Invalid, "“%s”不是本市的行政区划代码", "%q is no district code of this city", d)
		}
		in[d] = true
	}
	for _, p := range a.polygons() {
		s, err := shapeOf([]area.Polygon{p})
		if err != nil {
			return nil, errs.Wrap("read a polygon", err)
		}
		for code, d := range all {
			if !in[code] && meet(s, d) {
				in[code] = true
			}
		}
	}
	out := make([]string, 0, len(in))
	for code := range in {
		out = append(out, code)
	}
	slices.Sort(out)
	return out, nil
}

// Has tells whether a place lies in the area.
func (a Area) Has(p area.Point) bool {
	for _, g := range a.polygons() {
		if g.Has(p) {
			return true
		}
	}
	in := area.DistrictOf(p)
	return in != "" && (slices.Contains(a.Districts, in) || slices.Contains(a.Districts, City))
}

// Outlines are the polygons of a district, or of all for the city: what a reader who knows no codes can draw. Holes are left out: a polygon of
// an alert adds to its area, and cannot take away.
func Outlines(code string) ([]area.Polygon, error) {
	list, err := area.Districts()
	if err != nil {
		return nil, err
	}
	var out []area.Polygon
	for _, d := range list {
		if code != City && d.Code != code {
			continue
		}
		for i, r := range d.Rings {
			if !slices.ContainsFunc(d.Rings[:i], func(o area.Polygon) bool { return len(r) > 0 && o.Has(r[0]) }) {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// People estimates how many live in the area. Where parts lie over one another they are counted once per district at most.
func (a Area) People() (float64, error) {
	list, err := area.Districts()
	if err != nil {
		return 0, err
	}
	sum, whole := 0.0, map[string]bool{}
	for _, d := range list {
		if slices.Contains(a.Districts, d.Code) || slices.Contains(a.Districts, City) {
			whole[d.Code] = true
			sum += float64(d.People)
		}
	}
	part := map[string]float64{}
	for _, g := range a.polygons() {
		_, shares, err := area.People(g)
		if err != nil {
			return 0, err
		}
		for _, s := range shares {
			if !whole[s.District.Code] {
				part[s.District.Code] = min(part[s.District.Code]+s.People, float64(s.District.People))
			}
		}
	}
	for _, v := range part {
		sum += v
	}
	return sum, nil
}

// Name names a district or the city.
func Name(code string) lang.Text {
	if code == City {
		return lang.T("天津市", "Tianjin")
	}
	return region.Name(code)
}
