package rule

import (
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/rule/cel"
)

// Watch is one system's points and what stands at them. Its methods may be called from anywhere at once.
type Watch struct {
	system string
	now    func() int64 // µs UTC: when readings arrive

	mu       sync.Mutex
	rules    []*Rule
	compiled map[*Rule]*cel.Condition
	points   map[int64]*watched
	groups   map[string]*group
	told     map[string]Transition // conditions that stand, by key: what the coming said
	docs     map[string]*condition // of rules over entities, by key
}

// watched is a point with what is known of it.
type watched struct {
	Point
	newest  Reading
	heard   bool
	arrived int64 // when newest came, or when the watch began where nothing has come yet
	checks  []*condition
	silence []*condition
	home    *group
}

// group is what belongs together: combinations read its points by name.
type group struct {
	names  map[string]*watched
	combos []*combo
	due    []*watched   // its points that report at a period
	place  Point        // as an alarm of the whole group names it
	quiet  []*condition // silence of the whole group
}

// combo is one expression at one group.
type combo struct {
	condition
	expr   *cel.Condition
	first  *watched
	reads  []*watched
	values map[string]float64
	ages   map[string]float64
	bad    map[string]bool
	vars   map[string]any
}

func newWatch(system string, now func() time.Time, rules []*Rule, standing map[string]bool) (*Watch, error) {
	w := &Watch{system: system, now: func() int64 { return now().UnixMicro() }, points: map[int64]*watched{}, groups: map[string]*group{}, told: map[string]Transition{}, docs: map[string]*condition{}}
	for key := range standing {
		id, _, _ := strings.Cut(key, "/")
		w.told[key] = Transition{Key: key, Rule: id, Limit: math.NaN()}
	}
	return w, w.setRules(rules)
}

// setRules takes the rules that are live now. Conditions that stand go on standing under the new version until a reading or the clock
// says otherwise; those of a rule that is gone go with the next Tick.
func (w *Watch) setRules(rules []*Rule) error {
	compiled := map[*Rule]*cel.Condition{}
	for _, r := range rules {
		if r.Kind != Expression && r.Kind != Entity {
			continue
		}
		c, err := r.compile()
		if err != nil {
			return errs.Wrap("compile rule "+r.ID, err)
		}
		compiled[r] = c
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules, w.compiled, w.docs = rules, compiled, map[string]*condition{}
	for _, p := range w.points {
		w.attach(p)
	}
	w.combine()
	return nil
}

// SetPoints replaces the points; what is known of those that stay is kept, conditions of those that left go with the next Tick.
// last gives the newest reading that is kept of a point, ok false where there is none; it is asked once for each new point.
// A key or a name in a group that comes twice is errs.Invalid, and nothing changes.
func (w *Watch) SetPoints(points []Point, last func(key int64) (Reading, bool)) error {
	fresh, names := make(map[int64]*watched, len(points)), make(map[string]bool, len(points))
	for _, p := range points {
		if fresh[p.Key] != nil || names[p.Group+"\x00"+p.Name] {
			return errs.Say(errs.Invalid, "测点 %[1]s 在 %[2]s 中重复", "point %[1]s comes twice in %[2]s", p.Name, p.Group)
		}
		fresh[p.Key], names[p.Group+"\x00"+p.Name] = &watched{Point: p}, true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for key, p := range fresh {
		old := w.points[key]
		if old != nil && old.same(&p.Point) {
			fresh[key] = old // nothing to weigh anew: one plant's change must not hold up the readings of all
			continue
		}
		if old != nil {
			p.newest, p.heard, p.arrived, p.checks, p.silence = old.newest, old.heard, old.arrived, old.checks, old.silence
		} else {
			p.arrived = now // the clock of silence begins here: our own absence is not the device's
			if last != nil {
				p.newest, p.heard = last(key)
			}
		}
		w.attach(p)
	}
	w.points = fresh
	w.combine()
	return nil
}

// same tells whether two points are alike in all that rules look at.
func (p *Point) same(o *Point) bool {
	limit := func(a, b *float64) bool { return a == b || a != nil && b != nil && *a == *b }
	return p.Key == o.Key && p.Entity == o.Entity && p.Name == o.Name && p.Title == o.Title && p.Group == o.Group && p.Unit == o.Unit && p.Area == o.Area && slices.Equal(p.Tags, o.Tags) && p.UCUM == o.UCUM && p.Every == o.Every &&
		limit(p.Limits.LowLow, o.Limits.LowLow) && limit(p.Limits.Low, o.Limits.Low) && limit(p.Limits.High, o.Limits.High) && limit(p.Limits.HighHigh, o.Limits.HighHigh)
}

// attach gives a point the conditions of the rules that watch it; those that it has are kept with what they found.
func (w *Watch) attach(p *watched) {
	old := append(p.checks, p.silence...)
	p.checks, p.silence = nil, nil
	for _, r := range w.rules {
		if r.Kind == Expression || r.Kind == Entity || !r.Scope.picks(w.system, &p.Point) {
			continue
		}
		limit, below, ok := r.limit(&p.Point)
		if !ok || r.Kind == Silence && (p.Every <= 0 || r.Form.Whole) {
			continue
		}
		c := w.take(old, r, r.ID+"/"+p.Entity)
		c.limit, c.below = limit, below
		if r.Kind == Silence {
			p.silence = append(p.silence, c)
		} else {
			p.checks = append(p.checks, c)
		}
	}
}

// take gives the condition of a key: the old one under the new version of its rule, or a new one.
func (w *Watch) take(old []*condition, r *Rule, key string) *condition {
	for _, c := range old {
		if c.key == key {
			if c.rule.Kind != r.Kind {
				c.past = nil
			}
			c.rule = r
			return c
		}
	}
	_, told := w.told[key]
	return &condition{rule: r, key: key, told: told, found: told, limit: math.NaN()}
}

// combine lays out the groups and their expressions.
func (w *Watch) combine() {
	old := w.groups
	w.groups = map[string]*group{}
	for _, p := range w.points {
		g := w.groups[p.Group]
		if g == nil {
			g = &group{names: map[string]*watched{}, place: Point{Entity: p.Group, Group: p.Group, Unit: p.Unit, Area: p.Area}}
			w.groups[p.Group] = g
		}
		if g.names[p.Name], p.home = p, g; p.Every > 0 {
			g.due = append(g.due, p)
		}
	}
	for _, r := range w.rules {
		if r.Kind == Silence && r.Form.Whole {
			w.addQuiet(r, old)
		}
		if r.Kind != Expression {
			continue
		}
		for uri, g := range w.groups {
			var before []*condition
			if o := old[uri]; o != nil {
				for _, c := range o.combos {
					before = append(before, &c.condition)
				}
			}
			w.addCombo(g, uri, r, before)
		}
	}
}

// addCombo adds an expression to a group that has all its names, where its scope picks the first of them.
func (w *Watch) addCombo(g *group, uri string, r *Rule, before []*condition) {
	expr := w.compiled[r]
	c := &combo{expr: expr, values: map[string]float64{}, ages: map[string]float64{}, bad: map[string]bool{}}
	for _, name := range expr.Names() {
		p := g.names[name]
		if p == nil || !r.Scope.picks(w.system, &p.Point) {
			return
		}
		c.reads = append(c.reads, p)
	}
	c.condition = *w.take(before, r, r.ID+"/"+uri)
	c.first = c.reads[0]
	c.vars = map[string]any{"v": c.values, "age": c.ages, "bad": c.bad}
	g.combos = append(g.combos, c)
}

// Evaluate takes readings in the order of their arrival. A reading that is not newer than the newest of its point is back-fill: it is
// known to nobody here. The transitions hold good whether or not the caller's transaction does: who fails to commit tries again with the same.
func (w *Watch) Evaluate(readings []Reading) []Transition {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Transition
	now := w.now()
	for _, r := range readings {
		p := w.points[r.Key]
		if p == nil || p.heard && r.At <= p.newest.At {
			continue
		}
		p.newest, p.heard, p.arrived = r, true, now
		for _, c := range p.home.quiet {
			out = w.settle(out, c, &p.home.place, c.find(false, r.At, now), r.At, math.NaN())
		}
		for _, c := range p.silence {
			out = w.settle(out, c, &p.Point, c.find(false, r.At, now), r.At, r.Value)
		}
		for _, c := range p.checks {
			if found, known := c.judge(r); known {
				out = w.settle(out, c, &p.Point, c.find(found, r.At, now), r.At, r.Value)
			}
		}
		for _, c := range p.home.combos {
			if slices.Contains(c.reads, p) {
				out = w.weigh(out, c, r.At, now)
			}
		}
	}
	return out
}

// judge says what one reading means for a rule. A value that its source marks faulty says nothing of limits.
func (c *condition) judge(r Reading) (found, known bool) {
	if c.rule.Kind == Bad {
		return r.Quality == Faulty, true
	}
	if r.Quality == Faulty || math.IsNaN(r.Value) {
		return false, false
	}
	switch c.rule.Kind {
	case Limit:
		return c.beyond(r.Value), true
	case Rate:
		return c.rate(r), true
	default: // Stuck: silence and expressions do not come here
		return c.stuck(r), true
	}
}

// weigh evaluates an expression; where a value is not known, or its source marks it bad, nothing changes.
func (w *Watch) weigh(out []Transition, c *combo, at, now int64) []Transition {
	for _, p := range c.reads {
		if !p.heard {
			continue
		}
		c.ages[p.Name] = float64(now-p.arrived) / float64(time.Second/time.Microsecond)
		c.values[p.Name], c.bad[p.Name] = p.newest.Value, p.newest.Quality == Faulty
		if p.isSilent() || p.newest.Quality == Faulty {
			delete(c.values, p.Name) // what nobody has heard lately is not known
		}
	}
	holds, err := c.expr.Holds(c.vars)
	if err != nil {
		return out
	}
	before := len(out)
	out = w.settle(out, &c.condition, &c.first.Point, c.find(holds, at, now), at, c.first.newest.Value)
	if len(out) > before {
		for _, p := range c.reads {
			out[before].Reasons = append(out[before].Reasons, Named{Name: p.Name, Value: p.newest.Value})
		}
	}
	return out
}

// settle tells a finding where it is to be told.
func (w *Watch) settle(out []Transition, c *condition, p *Point, tell bool, at int64, value float64) []Transition {
	if !tell {
		return out
	}
	c.told = c.found
	limit := math.NaN()
	if c.rule.Kind == Limit || c.rule.Kind == Rate || c.rule.Kind == Stuck {
		limit = c.limit
	}
	t := Transition{Key: c.key, Rule: c.rule.ID, Version: c.rule.Version, Kind: c.rule.Kind, Point: *p, Came: c.told, At: at, Value: value, Limit: limit,
		Priority: c.rule.Priority, Title: c.rule.Title, Advice: c.rule.Advice}
	if c.told {
		w.told[c.key] = t
	} else {
		delete(w.told, c.key)
	}
	return append(out, t)
}
