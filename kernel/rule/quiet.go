package rule

import (
	"math"
	"time"
)

// addQuiet gives every group that a rule of whole silence picks its condition: a group is picked by any of its points that are due.
func (w *Watch) addQuiet(r *Rule, old map[string]*group) {
	for uri, g := range w.groups {
		picked := false
		for _, p := range g.due {
			picked = picked || r.Scope.picks(w.system, &p.Point)
		}
		if !picked {
			continue
		}
		var before []*condition
		if o := old[uri]; o != nil {
			before = o.quiet
		}
		g.quiet = append(g.quiet, w.take(before, r, r.ID+"/"+uri))
	}
}

// hush tells a group whose every due point has been silent for the rule's periods. It gives whether the silences of single points wait: while
// nothing at all comes, the cut is the group's, and is told once.
func (w *Watch) hush(out []Transition, g *group, now int64) ([]Transition, bool) {
	if len(g.quiet) == 0 {
		return out, false
	}
	newest, every := int64(0), time.Duration(0)
	for _, p := range g.due {
		if p.arrived >= newest {
			newest, every = p.arrived, p.Every
		}
	}
	waits := len(g.due) > 1 && now-newest >= int64(every/time.Microsecond)*3/2
	for _, c := range g.quiet {
		all, last := true, int64(0)
		for _, p := range g.due {
			at := p.arrived + int64(c.rule.Form.Periods*float64(p.Every/time.Microsecond))
			all, last = all && now >= at, max(last, at)
		}
		if all {
			out = w.settle(out, c, &g.place, c.find(true, last, last) || c.ripe(now), now, math.NaN())
		}
	}
	return out, waits || g.isQuiet()
}

// isQuiet tells whether the group stands as silent.
func (g *group) isQuiet() bool {
	for _, c := range g.quiet {
		if c.told {
			return true
		}
	}
	return false
}
