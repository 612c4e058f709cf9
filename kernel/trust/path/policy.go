package path

import (
	"slices"
	"sort"

	"github.com/haihe-city/haihe/wire/x509"
)

const anyPolicy = x509.OIDAnyPolicy

// node is a policy at one depth, which several nodes of the depth before may lead to. RFC 9618 5.2
type node struct {
	policy   string
	expected []string
	parents  []*node
}

// graph is the valid policy graph: one set of nodes by policy a depth; nil levels once it is NULL. RFC 9618 5.1
type graph struct {
	levels []map[string]*node
}

func newGraph() *graph {
	return &graph{levels: []map[string]*node{{anyPolicy: {policy: anyPolicy, expected: []string{anyPolicy}}}}}
}

func (g *graph) null() bool { return g.levels == nil }

func (g *graph) last() map[string]*node { return g.levels[len(g.levels)-1] }

// add processes the policies of one certificate. anyAllowed tells whether its anyPolicy counts. RFC 9618 5.3 (d), (e)
func (g *graph) add(policies []x509.Policy, anyAllowed bool) {
	if g.null() {
		return
	}
	if policies == nil {
		g.levels = nil
		return
	}
	before, level := g.last(), map[string]*node{}
	leading := map[string][]*node{} // nodes before, by the policies that they expect
	for _, p := range sorted(before) {
		for _, e := range before[p].expected {
			leading[e] = append(leading[e], before[p])
		}
	}
	hasAny := false
	for _, p := range policies {
		if p.OID == anyPolicy {
			hasAny = true
			continue
		}
		parents := leading[p.OID]
		if len(parents) == 0 && before[anyPolicy] != nil {
			parents = []*node{before[anyPolicy]}
		}
		if len(parents) > 0 {
			level[p.OID] = &node{policy: p.OID, expected: []string{p.OID}, parents: parents}
		}
	}
	if hasAny && anyAllowed {
		for e, parents := range leading {
			if level[e] == nil {
				level[e] = &node{policy: e, expected: []string{e}, parents: parents}
			}
		}
	}
	g.levels = append(g.levels, level)
	g.prune()
}

// apply processes the mappings of a CA certificate. RFC 9618 5.4 (b)
func (g *graph) apply(mappings []x509.Mapping, allowed bool) {
	if g.null() || len(mappings) == 0 {
		return
	}
	level, before := g.last(), g.levels[len(g.levels)-2]
	to := map[string][]string{}
	for _, m := range mappings {
		if !slices.Contains(to[m.Issuer], m.Subject) {
			to[m.Issuer] = append(to[m.Issuer], m.Subject)
		}
	}
	for from, subjects := range to {
		switch n := level[from]; {
		case !allowed:
			delete(level, from)
		case n != nil:
			n.expected = subjects
		case level[anyPolicy] != nil && before[anyPolicy] != nil:
			level[from] = &node{policy: from, expected: subjects, parents: []*node{before[anyPolicy]}}
		}
	}
	g.prune()
}

// prune deletes nodes of earlier depths that lead nowhere, and the whole graph when nothing is left. RFC 9618 5.3 (d) (3)
func (g *graph) prune() {
	for i := len(g.levels) - 1; i > 0; i-- {
		used := map[*node]bool{}
		for _, n := range g.levels[i] {
			for _, p := range n.parents {
				used[p] = true
			}
		}
		for p, n := range g.levels[i-1] {
			if !used[n] {
				delete(g.levels[i-1], p)
			}
		}
	}
	if len(g.last()) == 0 {
		g.levels = nil
	}
}

// outcome gives the policies that the path is valid under, narrowed to those the user asks for (none asked: any). RFC 9618 5.5 (g)
func (g *graph) outcome(asked []string) []string {
	if g.null() {
		return nil
	}
	authority := map[string]*node{}
	for i := 1; i < len(g.levels); i++ {
		for p, n := range g.levels[i] {
			if p != anyPolicy && slices.ContainsFunc(n.parents, func(x *node) bool { return x.policy == anyPolicy }) {
				authority[p] = n
			}
		}
	}
	if a := g.last()[anyPolicy]; a != nil {
		authority[anyPolicy] = a
	}
	if len(asked) == 0 || slices.Contains(asked, anyPolicy) {
		return sorted(authority)
	}
	var out []string
	for _, p := range asked {
		if (authority[p] != nil || authority[anyPolicy] != nil) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

func sorted(m map[string]*node) []string {
	out := make([]string, 0, len(m))
	for p := range m {
		out = append(out, p)
	}
	sort.Strings(out)
	return out
}
