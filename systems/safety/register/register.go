package register

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
)

// Owner is the unit whose entities these are.
const Owner = "work-safety"

// Options are what a register works with.
type Options struct {
	DB       *store.DB
	Entities *entity.Store
	Journal  *journal.Journal
	Now      func() time.Time
}

// Register holds all plants. Its methods may be called from anywhere at once; what they give is never changed, only replaced.
type Register struct {
	o        Options
	changing sync.Mutex // one change at a time: each is judged by what the one before left
	state    atomic.Pointer[state]
	version  atomic.Int64
	proofs   sync.Map // code → proof: passwords that were found right
	mu       sync.RWMutex
	plantOf  map[int64]string // code of the plant, by Num of a point; a point never moves
	follow   []func()
}

// state is the register at one moment.
type state struct {
	sites map[string]*Site // by code
	order []*Site          // by code
	units int
	count int // points that are in service
}

// Site is a plant with all that stands in it. It is never changed once it is in the register.
type Site struct {
	Plant
	Units   []HazardUnit // by code
	Points  []Point      // in service, by name
	Retired []Point      // out of service: their readings stay
	factors map[string]int
}

// Point finds a point in service by its name.
func (s *Site) Point(name string) (Point, bool) {
	i, ok := slices.BinarySearchFunc(s.Points, name, func(p Point, name string) int { return cmp.Compare(p.Name, name) })
	if !ok {
		return Point{}, false
	}
	return s.Points[i], true
}

// KeyPoints counts the points by which the plant counts as monitored.
func (s *Site) KeyPoints() (n int) {
	for i := range s.Points {
		if s.Points[i].Key {
			n++
		}
	}
	return n
}

// Unit finds a hazard unit by its code.
func (s *Site) Unit(code string) (HazardUnit, bool) {
	for _, u := range s.Units {
		if u.Code == code {
			return u, true
		}
	}
	return HazardUnit{}, false
}

// ready sorts a site and lays out its look-ups.
func (s *Site) ready() *Site {
	slices.SortFunc(s.Points, func(a, b Point) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Retired, func(a, b Point) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Units, func(a, b HazardUnit) int { return cmp.Compare(a.Code, b.Code) })
	s.factors = make(map[string]int, len(s.Points))
	for i := range s.Points {
		s.factors[s.Points[i].Factor] = i
	}
	return s
}

// Open migrates the tables and reads the register.
func Open(ctx context.Context, o Options) (*Register, error) {
	if err := o.DB.Migrate(ctx, "safety.register", tables); err != nil {
		return nil, errs.Wrap("migrate the register", err)
	}
	r := &Register{o: o, plantOf: map[int64]string{}}
	sites, err := r.read(ctx)
	if err != nil {
		return nil, errs.Wrap("read the register", err)
	}
	r.show(sites)
	return r, nil
}

// show puts sites in the place of those of the same code, and tells everybody.
func (r *Register) show(changed map[string]*Site) {
	now := &state{sites: map[string]*Site{}}
	if old := r.state.Load(); old != nil {
		for code, s := range old.sites {
			now.sites[code] = s
		}
	}
	r.mu.Lock()
	for code, s := range changed {
		now.sites[code] = s.ready()
		for i := range s.Points {
			r.plantOf[s.Points[i].Num] = code
		}
		r.proofs.Delete(code)
	}
	follow := slices.Clone(r.follow)
	r.mu.Unlock()
	for _, s := range now.sites {
		now.order = append(now.order, s)
		now.count += len(s.Points)
		now.units += len(s.Units)
	}
	slices.SortFunc(now.order, func(a, b *Site) int { return cmp.Compare(a.Code, b.Code) })
	r.state.Store(now)
	r.version.Add(1)
	for _, fn := range follow {
		fn()
	}
}

// Follow calls a function after every change, in the goroutine that made it. It must be quick.
func (r *Register) Follow(fn func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.follow = append(r.follow, fn)
}

// Version grows with every change.
func (r *Register) Version() int64 { return r.version.Load() }

// ByMN finds a plant by its code, which is the MN of HJ 212.
func (r *Register) ByMN(mn string) (Plant, bool) {
	s, ok := r.state.Load().sites[mn]
	if !ok {
		return Plant{}, false
	}
	return s.Plant, true
}

// Point finds a point in service by its plant's code and its factor on the wire.
func (r *Register) Point(plant, factor string) (Point, bool) {
	s, ok := r.state.Load().sites[plant]
	if !ok {
		return Point{}, false
	}
	i, ok := s.factors[factor]
	if !ok {
		return Point{}, false
	}
	return s.Points[i], true
}

// Points gives the points of a plant that are in service, by name. They are not to be changed.
func (r *Register) Points(plant string) []Point {
	if s, ok := r.state.Load().sites[plant]; ok {
		return s.Points
	}
	return nil
}

// Site gives a plant with all that stands in it.
func (r *Register) Site(code string) (*Site, bool) {
	s, ok := r.state.Load().sites[code]
	return s, ok
}

// Of gives the plant's code of a point by its Num.
func (r *Register) Of(num int64) (code string, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	code, ok = r.plantOf[num]
	return code, ok
}

// CodeOf gives the code in a plant's URI, "" where it is none.
func CodeOf(uri string) string {
	code, _ := strings.CutPrefix(uri, PlantURI(""))
	if code == uri {
		return ""
	}
	return code
}

// Filter picks plants. Empty fields pick all.
type Filter struct {
	Kind     Kind
	District string
	State    State
	Feed     Feed
	Unit     string
	Text     string // in code or name
}

func (f *Filter) picks(p *Plant) bool {
	return (f.Kind == "" || f.Kind == p.Kind) && (f.District == "" || f.District == p.District) && (f.State == "" || f.State == p.State) && (f.Feed == "" || f.Feed == p.Feed) &&
		(f.Unit == "" || f.Unit == p.Unit) && (f.Text == "" || strings.Contains(strings.ToLower(p.Code), strings.ToLower(f.Text)) || strings.Contains(strings.ToLower(p.Name), strings.ToLower(f.Text)))
}

// Sites gives the plants that a filter picks, by code, each with all that stands in it.
func (r *Register) Sites(f Filter) []*Site {
	all := r.state.Load().order
	if f == (Filter{}) {
		return all
	}
	var out []*Site
	for _, s := range all {
		if f.picks(&s.Plant) {
			out = append(out, s)
		}
	}
	return out
}

// Plants gives the plants that a filter picks, by code.
func (r *Register) Plants(f Filter) []Plant {
	sites := r.Sites(f)
	out := make([]Plant, len(sites))
	for i, s := range sites {
		out[i] = s.Plant
	}
	return out
}

// Size counts plants, hazard units and points in service.
func (r *Register) Size() (plants, units, points int) {
	s := r.state.Load()
	return len(s.order), s.units, s.count
}

// ByURI finds a plant, or a plant and one of its points in service; site is nil where the URI is neither's.
func (r *Register) ByURI(uri string) (site *Site, p Point, point bool) {
	if code := CodeOf(uri); code != "" {
		return r.state.Load().sites[code], Point{}, false
	}
	rest, ok := strings.CutPrefix(uri, "urn:ngsi-ld:"+TypePoint+":")
	if !ok {
		return nil, Point{}, false
	}
	code, name, _ := strings.Cut(rest, ":")
	if site = r.state.Load().sites[code]; site == nil {
		return nil, Point{}, false
	}
	p, point = site.Point(name)
	return site, p, point
}

// PlantPage is the path of a plant's page, below the language prefix.
func PlantPage(code string) string { return "/safety/plants/" + url.PathEscape(code) }

// PointPage is the path of a point's page.
func PointPage(code, name string) string { return PlantPage(code) + "/points/" + url.PathEscape(name) }
