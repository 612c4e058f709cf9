package area

import (
	"encoding/json"
	"math"
	"strconv"
	"sync"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/static"
)

// Source says where the figures of people come from.
var Source = lang.T("第七次全国人口普查常住人口（2020-11-01），按区内均匀分布估算", "residents of the census of 1 November 2020, spread evenly within each district")

// residents are those of the seventh national census by region code; they sum to 13,866,009.
var residents = map[string]int64{
	"120101": 355_000, "120102": 858_787, "120103": 822_174, "120104": 890_422, "120105": 647_702, "120106": 483_130,
	"120110": 857_027, "120111": 1_195_124, "120112": 928_066, "120113": 909_643, "120114": 1_151_313, "120115": 722_367,
	"120116": 2_067_318, "120117": 395_314, "120118": 787_106, "120119": 795_516,
}

// District is one of the city's 16 with its outline and its people.
type District struct {
	Code   string
	Name   lang.Text
	Label  Point // where its name stands on the map
	People int64
	Rings  []Polygon
}

// Has tells whether a place lies in the district.
func (d District) Has(p Point) bool {
	in := false
	for _, r := range d.Rings {
		if r.Has(p) { // a hole is a ring within a ring
			in = !in
		}
	}
	return in
}

// Districts gives them by code. The error says that the program's map layer is broken.
var Districts = sync.OnceValues(load)

func load() ([]District, error) {
	raw, err := static.Geo("districts")
	if err != nil {
		return nil, errs.Wrap("read the districts", err)
	}
	var fc struct {
		Features []struct {
			Properties struct {
				Code  int   `json:"adcode"`
				Label Point `json:"label"`
			} `json:"properties"`
			Geometry struct {
				Type        string          `json:"type"`
				Coordinates json.RawMessage `json:"coordinates"`
			} `json:"geometry"`
		} `json:"features"`
	}
	if err := json.Unmarshal(raw, &fc); err != nil {
		return nil, errs.Wrap("read the districts", err)
	}
	var out []District
	for _, f := range fc.Features {
		code := strconv.Itoa(f.Properties.Code)
		d := District{Code: code, Name: region.Name(code), Label: f.Properties.Label, People: residents[code]}
		if f.Geometry.Type == "Polygon" {
			err = json.Unmarshal(f.Geometry.Coordinates, &d.Rings)
		} else {
			var many [][]Polygon
			err = json.Unmarshal(f.Geometry.Coordinates, &many)
			for _, rings := range many {
				d.Rings = append(d.Rings, rings...)
			}
		}
		if err != nil {
			return nil, errs.Wrap("read the outline of "+code, err)
		}
		out = append(out, d)
	}
	return out, nil
}

// DistrictOf finds the district in which a place lies; "" where it lies in none.
func DistrictOf(p Point) string {
	list, _ := Districts() // a broken layer is told where people are counted
	for _, d := range list {
		if d.Has(p) {
			return d.Code
		}
	}
	return ""
}

// Share is what of an area lies in one district.
type Share struct {
	District District
	Km2      float64
	People   float64 // estimated
}

// grid is how finely an area is sampled: so many points along its longer side.
const grid = 240

// People estimates how many people live in an area, by district; the parts that lie in no district (sea, other provinces) count nobody.
func People(g Polygon) (all float64, shares []Share, err error) {
	list, err := Districts()
	if err != nil || len(g) < 3 {
		return 0, nil, err
	}
	w, s, e, n := g.Bounds()
	step := math.Max(e-w, n-s) / grid
	if step <= 0 {
		return 0, nil, nil
	}
	hits, inside := make([]int, len(list)), 0
	for y := s + step/2; y < n; y += step {
		for x := w + step/2; x < e; x += step {
			p := Point{x, y}
			if !g.Has(p) {
				continue
			}
			inside++
			for i, d := range list {
				if d.Has(p) {
					hits[i]++
					break
				}
			}
		}
	}
	if inside == 0 {
		return 0, nil, nil
	}
	km2 := g.Km2()
	for i, h := range hits {
		if h == 0 {
			continue
		}
		part := Share{District: list[i], Km2: km2 * float64(h) / float64(inside)}
		part.People = math.Min(float64(part.District.People), part.Km2*part.District.density())
		all += part.People
		shares = append(shares, part)
	}
	return all, shares, nil
}

// density is the people per km² of the outline: so the whole outline has the census's figure.
func (d District) density() float64 {
	km2 := 0.0
	for _, r := range d.Rings {
		km2 += r.Km2()
	}
	if km2 == 0 {
		return 0
	}
	return float64(d.People) / km2
}
