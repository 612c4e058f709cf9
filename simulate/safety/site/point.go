package site

import (
	"fmt"

	"github.com/haihe-city/haihe/lang"
)

// Point is one instrument of a plant.
type Point struct {
	Tag      string // within its plant: "LT-101"
	Code     string // factor code in frames and messages: "s01101"
	Register int    // of Modbus: the first of two input registers that hold a float, high word first
	Kind     Kind
	Title    lang.Text
	Place    string // tag number of what it stands at: points of one place belong together
	Medium   string // that it looks for or measures; "" where none is named
	UCUM     string
	Decimals int
	Range    [2]float64 // of the instrument
	Limits   Limits

	nature *nature
	scale  float64 // of the plant
	index  uint64
}

// Limits are a point's alarm limits; nil where there is none.
type Limits struct{ LowLow, Low, High, HighHigh *float64 }

// group is a run of like instruments of a sector: from "101" on, so many.
type group struct {
	kind   Kind
	from   int
	count  int
	zh, en string // of the place; %d is its number
}

// layouts is what the plants of each sector have: thirty points.
var layouts = [3][]group{
	Chemical: {
		{Level, 101, 6, "%d号储罐", "tank %d"}, {Temperature, 101, 6, "%d号储罐", "tank %d"}, {Pressure, 101, 4, "%d号储罐", "tank %d"},
		{Temperature, 201, 1, "%d号反应釜", "reactor %d"}, {Pressure, 201, 1, "%d号反应釜", "reactor %d"}, {Flow, 201, 2, "%d号反应釜进料", "feed %d of the reactor"},
		{Flow, 301, 2, "%d号装卸鹤管", "loading arm %d"}, {Gas, 101, 6, "%d号储罐", "tank %d"}, {Toxic, 401, 2, "%d号有毒气体检测点", "toxic gas detector %d"},
	},
	Metallurgy: {
		{Temperature, 101, 4, "%d号炉冷却水", "cooling water of furnace %d"}, {Flow, 101, 4, "%d号炉冷却水", "cooling water of furnace %d"},
		{Pressure, 201, 4, "%d号煤气管道", "gas main %d"}, {Level, 201, 2, "%d号煤气柜", "gas holder %d"}, {Toxic, 301, 10, "%d号煤气区域", "gas area %d"},
		{Pressure, 401, 2, "%d号氧气管道", "oxygen main %d"}, {Flow, 401, 2, "%d号氧气管道", "oxygen main %d"}, {Temperature, 401, 2, "%d号氧气管道", "oxygen main %d"},
	},
	Fireworks: {
		{Temperature, 101, 10, "%d号库房", "store room %d"}, {Humidity, 101, 10, "%d号库房", "store room %d"}, {Smoke, 101, 10, "%d号库房", "store room %d"},
	},
}

// detectors is what a plant has of which only the fire panel is connected.
var detectors = []group{{Fire, 101, 29, "%d号探测区", "zone %d"}, {Link, 1, 1, "%d号用户信息传输装置", "transmission device %d"}}

// Points are a plant's instruments, in an order that never changes: a point's place in it is its number.
func (p *Plant) Points() []Point {
	out := make([]Point, 0, 30)
	groups := layouts[p.Sector]
	if p.Protocol == Panel {
		groups = detectors
	}
	for _, g := range groups {
		for i := range g.count {
			out = append(out, p.point(g, i, len(out)))
		}
	}
	return out
}

func (p *Plant) point(g group, i, index int) Point {
	n := &natures[g.kind]
	number := g.from + i
	x := Point{Tag: fmt.Sprintf("%s-%03d", n.tag, number), Code: fmt.Sprintf("s%02d%03d", int(g.kind)+1, number), Register: 2 * index, Kind: g.kind,
		Title: lang.Text{Zh: fmt.Sprintf(g.zh, i+1) + n.name.Zh, En: n.name.En + " of " + fmt.Sprintf(g.en, i+1)},
		Place: fmt.Sprintf("%d", number), UCUM: n.ucum, Decimals: n.decimals, nature: n, scale: 1, index: uint64(index)}
	if p.Sector == Chemical && (g.kind == Level || g.kind == Toxic) {
		x.Medium = p.medium.Name
	}
	switch {
	case n.scalesWithPlant:
		x.scale = p.size
	case g.kind == Toxic && p.Sector == Metallurgy:
		x.scale, x.Medium = 30, "一氧化碳"
	case g.kind == Toxic:
		x.scale = p.medium.limit
	}
	limit := func(v float64) *float64 {
		if v == none {
			return nil
		}
		v = round(v*x.scale, n.decimals)
		return &v
	}
	x.Limits = Limits{limit(n.ll), limit(n.l), limit(n.h), limit(n.hh)}
	x.Range = [2]float64{0, max(1, round(1.25*n.hh*x.scale, n.decimals))}
	return x
}

// Span is how far clean values lie from the middle at most.
func (x *Point) Span() float64 { return x.nature.span * x.scale }

// Middle is what clean values lie around.
func (x *Point) Middle() float64 { return x.nature.mid * x.scale }
