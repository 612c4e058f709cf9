package site

import (
	"fmt"
	"math"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/simulate/grid/town"
)

// City is how many plants the action plan names: 4,000 of hazardous chemicals, 40 of metallurgy and 12 stores of fireworks (3.3.5).
const City = 4052

// Layout says which plants there are.
type Layout struct {
	Plants      int     // City
	Seed        uint64  // 1
	ShareModbus float64 // of plants whose instruments are polled
	ShareMQTT   float64 // of plants that publish
	SharePanel  float64 // of plants of which only the fire panel is connected
}

// Plant is one plant.
type Plant struct {
	Number   int    // 0 to Len()-1
	MN       string // 24 hexadecimal digits: the device's id in HJ 212; of a fire panel 12
	Password string // six digits
	Name     lang.Text
	Sector   Sector
	District string // six digits
	Lat, Lon float64
	Protocol Protocol
	Exposed  int // people within 500 m of its fence
	Stores   []Store

	seed   uint64
	size   float64 // of its equipment, 0.8 to 1.2
	medium medium
}

// Store is what a plant's hazard unit holds at most.
type Store struct {
	Substance
	Tonnes float64
}

// Sites are the plants of a layout. It is safe for concurrent use.
type Sites struct {
	layout Layout
	plants []Plant
}

// Draws of this package; each has a number of its own in the hash.
const (
	drawDistrict = 700 + iota
	drawSize
	drawMedium
	drawTonnes
	drawExposed
	drawPlace
	drawProtocol
	drawPassword
	drawLoad
	drawStock
	drawOwn
	drawNoise
	drawApart
)

// centre is about where a district's works lie, WGS 84, with its weight among them.
type centre struct {
	code     string
	name     lang.Text
	lat, lon float64
	weight   int64
}

var centres = []centre{
	{"120116", lang.T("滨海", "Binhai"), 38.98, 117.66, 560}, {"120110", lang.T("东丽", "Dongli"), 39.09, 117.36, 70}, {"120111", lang.T("西青", "Xiqing"), 39.06, 117.04, 60},
	{"120112", lang.T("津南", "Jinnan"), 38.95, 117.38, 60}, {"120113", lang.T("北辰", "Beichen"), 39.23, 117.13, 70}, {"120114", lang.T("武清", "Wuqing"), 39.38, 117.05, 60},
	{"120115", lang.T("宝坻", "Baodi"), 39.71, 117.30, 30}, {"120117", lang.T("宁河", "Ninghe"), 39.33, 117.82, 30}, {"120118", lang.T("静海", "Jinghai"), 38.93, 116.95, 45}, {"120119", lang.T("蓟州", "Jizhou"), 40.03, 117.41, 15},
}

// New lays out the plants.
func New(l Layout) (*Sites, error) {
	if l.Plants == 0 {
		l.Plants = City
	}
	if l.Seed == 0 {
		l.Seed = 1
	}
	if l.Plants < 3 || l.Plants > 100_000 {
		return nil, errs.Say(errs.Invalid, "企业数应为 3 至 100000", "the plants are to be between 3 and 100000")
	}
	for _, share := range []float64{l.ShareModbus, l.ShareMQTT, l.SharePanel, l.ShareModbus + l.ShareMQTT + l.SharePanel} {
		if !(share >= 0 && share <= 1) {
			return nil, errs.Say(errs.Invalid, "比例应在 0 与 1 之间", "a share lies between 0 and 1")
		}
	}
	s := &Sites{layout: l, plants: make([]Plant, l.Plants)}
	of := func(n int) int { return max(1, int(math.Round(float64(n)*float64(l.Plants)/City))) }
	metal, fire := of(40), of(12)
	for i := range s.plants {
		sector := Chemical
		switch {
		case i >= l.Plants-fire:
			sector = Fireworks
		case i >= l.Plants-fire-metal:
			sector = Metallurgy
		}
		s.plants[i] = s.plant(i, sector)
	}
	return s, nil
}

func (s *Sites) draw(draw, i int, n int64) int64 {
	return town.Below(town.Mix(s.layout.Seed, uint64(draw), uint64(i)), n)
}

func (s *Sites) plant(i int, sector Sector) Plant {
	p := Plant{Number: i, Sector: sector, seed: town.Mix(s.layout.Seed, uint64(i)), size: .8 + .4*float64(s.draw(drawSize, i, 101))/100}
	sum := int64(0)
	for _, c := range centres {
		sum += c.weight
	}
	at := s.draw(drawDistrict, i, sum)
	where := centres[slices.IndexFunc(centres, func(c centre) bool { at -= c.weight; return at < 0 })]
	p.District = where.code
	p.Lat = math.Round((where.lat+float64(s.draw(drawPlace, i, 1000)-500)*1.2e-4)*1e5) / 1e5
	p.Lon = math.Round((where.lon+float64(s.draw(drawPlace, -i-1, 1000)-500)*1.6e-4)*1e5) / 1e5
	p.MN = fmt.Sprintf("%s%02X%016d", p.District, int(sector)+1, i+1)
	p.Password = fmt.Sprintf("%06d", s.draw(drawPassword, i, 1_000_000))
	p.Name = lang.Text{Zh: fmt.Sprintf("%s%04d号%s", where.name.Zh, i+1, sector.Text().Zh), En: fmt.Sprintf("%s %s %04d", where.name.En, sector.Text().En, i+1)}
	p.Exposed = int(s.draw(drawExposed, i, 150))
	p.medium = media[s.draw(drawMedium, i, int64(len(media)))]
	switch sector {
	case Chemical:
		p.Stores = []Store{{p.medium.Substance, float64(1+s.draw(drawTonnes, i, 400)) / 4}}
	case Fireworks:
		p.Stores = []Store{{Substance{Name: "烟花爆竹"}, float64(5 + s.draw(drawTonnes, i, 60))}}
	}
	p.Protocol = HJ212
	switch u := float64(s.draw(drawProtocol, i, 1_000_000)) / 1e6; {
	case sector == Fireworks:
	case u < s.layout.ShareModbus:
		p.Protocol = Modbus
	case u < s.layout.ShareModbus+s.layout.ShareMQTT:
		p.Protocol = MQTT
	case u < s.layout.ShareModbus+s.layout.ShareMQTT+s.layout.SharePanel:
		p.Protocol = Panel
		p.MN = fmt.Sprintf("%s%06d", p.District, i+1) // its device's source address
	}
	return p
}

// Len is how many plants there are.
func (s *Sites) Len() int { return len(s.plants) }

// Seed is the root of all draws.
func (s *Sites) Seed() uint64 { return s.layout.Seed }

// Plant gives a plant by its number; it is shared and must not be changed.
func (s *Sites) Plant(i int) *Plant { return &s.plants[i] }
