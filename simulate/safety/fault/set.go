package fault

import (
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/grid/town"
	"github.com/haihe-city/haihe/simulate/safety/site"
)

// Quality of what an instrument shows, as its source marks it.
type Quality uint8

// The qualities.
const (
	Good Quality = iota
	Ill          // the instrument says that it is broken
)

// Plan says which faults are made, and how often plants report.
type Plan struct {
	Counts Counts
	From   time.Time     // when the run begins; faults begin a little later
	Over   time.Duration // time in which they begin and, where it is long enough, end
	Every  time.Duration // of the readings; whole seconds
	Flood  int           // alarms of a flood; 1,000
	Cut    time.Duration // of a silence; 2 min
	Fit    bool          // make as many as there are plants for, instead of an error
}

// Episode is one fault of one plant.
type Episode struct {
	Kind       Kind
	Plant      int
	Points     []int // numbers of its points
	Begin, End time.Time
}

func (e *Episode) in(t time.Time) bool { return !t.Before(e.Begin) && t.Before(e.End) }

// Set is the faults of a run. It is safe for concurrent use.
type Set struct {
	sites *site.Sites
	plan  Plan
	list  []Episode     // by the order of the draw
	of    map[int][]int // of list, by plant
}

// Draws of this package; each has a number of its own in the hash.
const (
	drawPlant = 800 + iota
	drawBegin
	drawPoint
	drawPhase
)

// lead is how long a run is calm before anything goes wrong, at most.
const lead = time.Minute

// lengths of the kinds; a chatter's is 500 readings, a silence's the plan's.
var lengths = map[Kind]time.Duration{Leak: 8 * time.Minute, Drift: 10 * time.Minute, Stuck: 150 * time.Minute, Flood: time.Minute,
	Bad: 3 * time.Minute, Garbled: time.Second, Process: 15 * time.Minute, Fire: 2 * time.Minute}

// chatters is how many readings of a chatter there are: each lies on the other side of the limit.
const chatters = 500

// New draws the faults.
func New(sites *site.Sites, p Plan) (*Set, error) {
	if p.Every < time.Second || p.Every%time.Second != 0 {
		return nil, errs.Say(errs.Invalid, "上报周期应为整秒", "the period of the readings is to be whole seconds")
	}
	if p.Flood <= 0 {
		p.Flood = 1000
	}
	if p.Cut <= 0 {
		p.Cut = 2 * time.Minute
	}
	s := &Set{sites: sites, plan: p, of: map[int][]int{}}
	if len(p.Counts) == 0 {
		return s, nil
	}
	order := make([]int, sites.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if s.hash(drawPlant, a) < s.hash(drawPlant, b) {
			return -1
		}
		return 1
	})
	for _, k := range all {
		for n := range p.Counts[k] {
			took := s.take(k, n, order)
			if !took && k != Flood && !p.Fit {
				return nil, errs.Say(errs.Invalid, "企业太少，容不下 %d 个“%s”异常", "there are too few plants for %d faults of %q", p.Counts[k], string(k))
			}
		}
	}
	return s, nil
}

// take finds plants for one fault: a plant has one at most, but floods strike whomever they find.
func (s *Set) take(k Kind, n int, order []int) bool {
	begin := s.begin(k, n)
	left := s.plan.Flood
	for _, i := range order {
		p := s.sites.Plant(i)
		if len(s.of[i]) > 0 || !suits(k, p) {
			continue
		}
		e := Episode{Kind: k, Plant: i, Begin: begin, End: begin.Add(s.length(k)), Points: s.points(k, p)}
		if k == Flood {
			e.Points = e.Points[:min(left, len(e.Points))]
			left -= len(e.Points)
		}
		s.of[i] = append(s.of[i], len(s.list))
		s.list = append(s.list, e)
		if k != Flood || left == 0 {
			return true
		}
	}
	return false
}

func (s *Set) length(k Kind) time.Duration {
	switch k {
	case Chatter:
		return chatters * s.plan.Every
	case Silence:
		return s.plan.Cut
	}
	return lengths[k]
}

// begin draws when a fault begins, so that it ends within the run; where that is too short, in the first half of it.
func (s *Set) begin(k Kind, n int) time.Time {
	lead := min(lead, s.plan.Over/10)
	room := s.plan.Over - lead - s.length(k)
	if room < 0 {
		room = (s.plan.Over - lead) / 2
	}
	h := town.Mix(s.sites.Seed(), drawBegin, uint64(slices.Index(all[:], k)), uint64(n))
	return s.plan.From.Add(lead + time.Duration(town.Below(h, int64(room)+1))).Truncate(time.Second)
}

// suits tells whether a kind can strike a plant.
func suits(k Kind, p *site.Plant) bool {
	switch k {
	case Fire:
		return p.Protocol == site.Panel
	case Leak:
		return p.Sector == site.Chemical && p.Protocol != site.Panel
	case Silence, Garbled:
		return p.Protocol == site.HJ212
	case Bad:
		return p.Protocol == site.HJ212 || p.Protocol == site.MQTT
	}
	return p.Protocol != site.Panel
}

// points draws which points of a plant a kind strikes.
func (s *Set) points(k Kind, p *site.Plant) []int {
	all := p.Points()
	var of []int
	add := func(want func(x *site.Point) bool) {
		for i := range all {
			if want(&all[i]) {
				of = append(of, i)
			}
		}
	}
	one := func() []int { return of[s.hash(drawPoint, p.Number)%uint64(len(of)):][:1] }
	moves := func(x *site.Point) bool {
		return x.Kind == site.Pressure || x.Kind == site.Temperature || x.Kind == site.Flow
	}
	switch k {
	case Silence, Garbled:
		return nil
	case Leak: // at one tank
		add(func(x *site.Point) bool { return x.Kind == site.Level })
		place := all[one()[0]].Place
		of = nil
		add(func(x *site.Point) bool { return x.Place == place && (x.Kind == site.Level || x.Kind == site.Gas) })
		return of
	case Flood:
		add(func(x *site.Point) bool { return x.Limits.High != nil })
		return of[:min(10, len(of))]
	case Process:
		add(moves)
		var half []int
		for i := 0; i < len(of); i += 2 {
			half = append(half, of[i])
		}
		return half
	case Fire:
		add(func(x *site.Point) bool { return x.Kind == site.Fire })
	default:
		add(moves)
	}
	return one()
}

func (s *Set) hash(draw uint64, i int) uint64 { return town.Mix(s.sites.Seed(), draw, uint64(i)) }

// Episodes are all faults of the run; the slice is shared and must not be changed.
func (s *Set) Episodes() []Episode { return s.list }

// Every is how often plants report.
func (s *Set) Every() time.Duration { return s.plan.Every }

// Next is the first time at or after t at which a plant reads its instruments: every plant has a second of its own in the period.
func (s *Set) Next(plant int, t time.Time) time.Time {
	every := int64(s.plan.Every / time.Second)
	phase := town.Below(s.hash(drawPhase, plant), every)
	at := t.Unix()
	if t.Nanosecond() > 0 {
		at++
	}
	at += ((phase-at)%every + every) % every
	return time.Unix(at, 0).In(town.China())
}

// At gives the episode of a kind in which a plant is at a time; ok is false where it is in none.
func (s *Set) At(plant int, k Kind, t time.Time) (e *Episode, ok bool) {
	for _, n := range s.of[plant] {
		if e := &s.list[n]; e.Kind == k && e.in(t) {
			return e, true
		}
	}
	return nil, false
}
