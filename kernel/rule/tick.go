package rule

import (
	"cmp"
	"slices"
	"time"
)

// Tick tells what time alone brings: silence, delays that have run out, expressions that read ages, and the going of conditions whose
// rule or point is no more. now in µs UTC.
func (w *Watch) Tick(now int64) []Transition {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Transition
	waits := map[*group]bool{}
	for _, g := range w.groups {
		out, waits[g] = w.hush(out, g, now)
	}
	for _, p := range w.points {
		for _, c := range p.silence {
			if waits[p.home] {
				break
			}
			if due := p.arrived + int64(c.rule.Form.Periods*float64(p.Every/time.Microsecond)); now >= due {
				out = w.settle(out, c, &p.Point, c.find(true, due, due) || c.ripe(now), now, p.newest.Value)
			}
		}
		for _, c := range p.checks {
			if c.ripe(now) {
				out = w.settle(out, c, &p.Point, true, now, p.newest.Value)
			}
		}
	}
	for _, g := range w.groups {
		for _, c := range g.combos {
			out = w.weigh(out, c, now, now)
		}
	}
	out = w.leave(out, now)
	// Maps have no order: the grave ones first, then by key, so that the same state tells the same.
	slices.SortFunc(out, func(a, b Transition) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Key, b.Key))
	})
	return out
}

// leave ends what stands without a rule or a point that could end it.
func (w *Watch) leave(out []Transition, now int64) []Transition {
	if len(w.told) == 0 {
		return out
	}
	kept := make(map[string]bool, len(w.told))
	for _, p := range w.points {
		for _, list := range [2][]*condition{p.checks, p.silence} {
			for _, c := range list {
				if c.told {
					kept[c.key] = true
				}
			}
		}
	}
	for _, g := range w.groups {
		for _, c := range g.combos {
			if c.told {
				kept[c.key] = true
			}
		}
		for _, c := range g.quiet {
			if c.told {
				kept[c.key] = true
			}
		}
	}
	for key, c := range w.docs {
		if c.told {
			kept[key] = true
		}
	}
	for key, t := range w.told {
		if kept[key] || w.later(key) {
			continue
		}
		t.Came, t.At = false, now
		delete(w.told, key)
		out = append(out, t)
	}
	return out
}

// later tells whether a key belongs to a rule over entities that is live: such a condition goes when its entity says so.
func (w *Watch) later(key string) bool {
	for _, r := range w.rules {
		if r.Kind == Entity && len(key) > len(r.ID) && key[:len(r.ID)] == r.ID && key[len(r.ID)] == '/' {
			return true
		}
	}
	return false
}

// Newest gives the newest reading of a point and whether it is silent.
func (w *Watch) Newest(key int64) (r Reading, silent, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.points[key]
	if p == nil || !p.heard {
		return Reading{}, p != nil && p.isSilent(), false
	}
	return p.newest, p.isSilent(), true
}

// Look gives what is known of some points, all at one moment: the newest reading, whether there was one, whether the point is silent. Points that
// are not watched are left out; i is the place among the keys. fn must be quick.
func (w *Watch) Look(keys []int64, fn func(i int, r Reading, heard, silent bool)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, key := range keys {
		p := w.points[key]
		if p == nil {
			continue
		}
		r := p.newest
		r.Key = key
		fn(i, r, p.heard, p.isSilent())
	}
}

func (p *watched) isSilent() bool {
	return slices.ContainsFunc(p.silence, func(c *condition) bool { return c.told }) || len(p.silence) > 0 && p.home != nil && p.home.isQuiet()
}

// Heard counts the points of each group: all that are due, those of them that are not silent and were heard at all.
func (w *Watch) Heard(fn func(group string, due, heard int)) {
	type tally struct{ due, heard int }
	w.mu.Lock()
	tallies := make(map[string]tally, len(w.groups))
	for uri, g := range w.groups {
		var n tally
		for _, p := range g.names {
			if p.Every <= 0 {
				continue
			}
			n.due++
			if p.heard && !p.isSilent() {
				n.heard++
			}
		}
		tallies[uri] = n
	}
	w.mu.Unlock()
	for uri, n := range tallies {
		fn(uri, n.due, n.heard)
	}
}
