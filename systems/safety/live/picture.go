package live

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// Standing is what stands at one plant.
type Standing struct {
	*register.Site
	Keys      int           // key points
	Heard     int           // of them, those that report within their interval
	Monitored bool          // all of them do, and there is one
	Newest    time.Time     // newest reading of a key point; zero where there is none
	Grave     rule.Priority // the gravest of its open alarms, 0 where there is none
	Open      int           // alarms in the operators' list
	Unacked   int           // of them, those that nobody has acknowledged
	Silent    int           // of them, those of silence
	Held      int           // alarms that are kept out of the list
}

// Quiet tells whether nothing at the plant wants an eye.
func (s *Standing) Quiet() bool { return s.Monitored && s.Grave == 0 && s.State == register.Running }

// Sum counts plants.
type Sum struct {
	Plants, Monitored, Alarmed, Stopped int
	Points                              int // in service
	ByPriority                          [5]int
	Unacked                             int
}

func (n *Sum) add(s *Standing) {
	n.Plants++
	n.Points += len(s.Points)
	n.Unacked += s.Unacked
	if s.Monitored {
		n.Monitored++
	}
	if s.Grave > 0 {
		n.Alarmed++
		n.ByPriority[s.Grave]++
	}
	if s.State != register.Running {
		n.Stopped++
	}
}

// Picture is the city at one moment. It is never changed.
type Picture struct {
	At       time.Time
	Plants   []Standing // by code
	City     Sum
	Kind     map[register.Kind]Sum
	District map[string]Sum
	index    map[string]int
}

// Plant gives one plant's standing.
func (p *Picture) Plant(code string) (Standing, bool) {
	i, ok := p.index[code]
	if !ok {
		return Standing{}, false
	}
	return p.Plants[i], true
}

// Options are what a desk looks at.
type Options struct {
	Register *register.Register
	Watch    *rule.Watch
	Now      func() time.Time
}

// Desk draws pictures. Its methods may be called from anywhere at once.
type Desk struct {
	o      Options
	alarms alarms
	drawn  sync.Mutex // one at a time
	layout *layout    // under drawn
	last   atomic.Pointer[Picture]
}

// New makes a desk; Alarms has to be followed for it to know of alarms.
func New(o Options) *Desk { return &Desk{o: o} }

// slack is how far behind its arrival a device's clock may be before its readings no longer tell of now. It also ends what is remembered from before a restart.
const slack = 10 * time.Minute

// fresh tells whether a point's newest reading was within its interval: no rule calls it silent, and it is not from another time.
func fresh(p *register.Point, r rule.Reading, heard, silent bool, now time.Time) bool {
	return heard && !silent && now.Sub(time.UnixMicro(r.At)) <= 3*p.Every+slack
}

// Draw draws the city as it is now.
func (d *Desk) Draw() *Picture {
	d.drawn.Lock()
	defer d.drawn.Unlock()
	version := d.o.Register.Version() // before the plants: a change in between lays them out again
	sites := d.o.Register.Sites(register.Filter{})
	p := &Picture{At: d.o.Now(), Plants: make([]Standing, len(sites)), Kind: map[register.Kind]Sum{}, District: map[string]Sum{}, index: make(map[string]int, len(sites))}
	d.fill(p, version, sites)
	byGroup := d.alarms.byGroup()
	for i := range p.Plants {
		s := &p.Plants[i]
		if a := byGroup[s.URI]; a != nil {
			s.Grave, s.Open, s.Unacked, s.Silent, s.Held = a.grave, a.open, a.unacked, a.silent, a.held
		}
		s.Monitored = s.Keys > 0 && s.Heard == s.Keys
		p.index[s.Code] = i
		p.City.add(s)
		k, r := p.Kind[s.Kind], p.District[s.District]
		k.add(s)
		r.add(s)
		p.Kind[s.Kind], p.District[s.District] = k, r
	}
	d.last.Store(p)
	return p
}

// layout is the key points of the register, as they are looked at again and again.
type layout struct {
	version int64 // of the register
	keys    []int64
	places  []place
	of      []int // key points of each plant
}

type place struct {
	plant int
	point *register.Point
}

// lay lays the key points out; it is of the drawer alone.
func (d *Desk) lay(version int64, sites []*register.Site) *layout {
	if d.layout != nil && d.layout.version == version && len(d.layout.of) == len(sites) {
		return d.layout
	}
	l := &layout{version: version, of: make([]int, len(sites))}
	for i, site := range sites {
		for j := range site.Points {
			if x := &site.Points[j]; x.Key {
				l.keys, l.places = append(l.keys, x.Num), append(l.places, place{i, x})
				l.of[i]++
			}
		}
	}
	d.layout = l
	return l
}

// fill looks at the key points of all plants at one moment.
func (d *Desk) fill(p *Picture, version int64, sites []*register.Site) {
	l := d.lay(version, sites)
	for i, site := range sites {
		p.Plants[i].Site, p.Plants[i].Keys = site, l.of[i]
	}
	newest := make([]int64, len(sites))
	d.o.Watch.Look(l.keys, func(i int, r rule.Reading, heard, silent bool) {
		w := l.places[i]
		if fresh(w.point, r, heard, silent, p.At) {
			p.Plants[w.plant].Heard++
		}
		if heard {
			newest[w.plant] = max(newest[w.plant], r.At)
		}
	})
	for i, at := range newest {
		if at > 0 {
			p.Plants[i].Newest = time.UnixMicro(at)
		}
	}
}

// Last is the picture that was drawn last; it is drawn where there is none, or where it is older than a while.
func (d *Desk) Last(while time.Duration) *Picture {
	if p := d.last.Load(); p != nil && d.o.Now().Sub(p.At) <= while {
		return p
	}
	return d.Draw()
}

// Seen is one point with what is known of it.
type Seen struct {
	register.Point
	Reading rule.Reading
	Heard   bool // ever
	Silent  bool
	Fresh   bool // within its interval, where it has one
}

// Points gives a plant's points with what is known of each, by name.
func (d *Desk) Points(site *register.Site) []Seen {
	out := make([]Seen, len(site.Points))
	keys := make([]int64, len(site.Points))
	for i, p := range site.Points {
		out[i].Point, keys[i] = p, p.Num
	}
	now := d.o.Now()
	d.o.Watch.Look(keys, func(i int, r rule.Reading, heard, silent bool) {
		s := &out[i]
		s.Reading, s.Heard, s.Silent = r, heard, silent
		s.Fresh = fresh(&s.Point, r, heard, silent, now)
	})
	return out
}

// Missing says why a key point does not count, empty where it does.
func (s *Seen) Missing() lang.Text {
	switch {
	case s.Fresh:
		return lang.Text{}
	case !s.Heard:
		return lang.T("从未上报", "never reported")
	case s.Silent:
		return lang.T("超过 3 个周期无数据", "nothing for three periods")
	}
	return lang.T("数据时间早于当前", "readings are of an earlier time")
}
