package entities

import (
	"encoding/json"
	"slices"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// maxLinked bounds the linked entities of one answer.
const maxLinked = 10_000

// extra is a linked entity of a flat answer, with the projection that it was reached by.
type extra struct {
	e          *ngsi.Entity
	pick, omit *query.Projection
}

// node is an entity whose relationships are still to be followed.
type node struct {
	e          *ngsi.Entity
	past       []string // ids on the way to it
	pick, omit *query.Projection
}

// linker follows relationships, level by level, one read a level.
type linker struct {
	s      *Service
	x      *exchange.Exchange
	v      *view
	joined map[*ngsi.Attr][]*ngsi.Entity // inline: what an attribute of one entity of the tree is joined with
	extras []extra
	seen   map[string]bool // flat: ids that are in the answer
	n      int
}

// link finds the linked entities (4.5.23). Inline, list comes back as copies whose attributes know what they are joined with; flat,
// the linked ones come as extras, each once. What was met on the way, or is contained by containedBy, is not followed again.
// ETSI GS CIM 009 V1.9.1 4.5.23
func (s *Service) link(x *exchange.Exchange, v *view, list []*ngsi.Entity) ([]*ngsi.Entity, []extra, error) {
	l := &linker{s: s, x: x, v: v, joined: map[*ngsi.Attr][]*ngsi.Entity{}, seen: map[string]bool{}}
	nodes := make([]node, len(list))
	out := make([]*ngsi.Entity, len(list))
	for i, e := range list {
		out[i] = e.Clone()
		l.seen[e.ID] = true
		nodes[i] = node{out[i], append([]string{e.ID}, v.past...), v.Pick, v.Omit}
	}
	for level := 0; level < v.level && len(nodes) > 0; level++ {
		var err error
		if nodes, err = l.next(nodes); err != nil {
			return nil, nil, err
		}
	}
	if v.inline {
		v.JoinLevel = v.level
		v.Link = func(a *ngsi.Attr) []*ngsi.Entity { return l.joined[a] }
	}
	return out, l.extras, nil
}

// edge is one relationship instance that leads on.
type edge struct {
	from *node
	attr *ngsi.Attr
	ids  []string
}

// next follows the relationships of one level.
func (l *linker) next(nodes []node) ([]node, error) {
	var edges []edge
	var keys []entity.Key
	asked := map[string]bool{}
	for i := range nodes {
		n := &nodes[i]
		for k := range n.e.Attrs {
			a := &n.e.Attrs[k]
			if !follows(n, a) {
				continue
			}
			ids := slices.DeleteFunc(targets(a), func(id string) bool { return slices.Contains(n.past, id) })
			for _, id := range ids {
				if !asked[id] {
					asked[id] = true
					keys = append(keys, entity.Key{Tenant: l.x.Tenant, ID: id})
				}
			}
			edges = append(edges, edge{n, a, ids})
		}
	}
	if l.n += len(keys); l.n > maxLinked {
		return nil, exchange.TooManyResults.Say("关联实体超过 %d 个，请缩小查询范围或减小 joinLevel", "there are more than %d linked entities; make the query narrower or joinLevel smaller", maxLinked)
	}
	found, err := l.s.Store.FindAll(l.x.R.Context(), keys)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*ngsi.Entity, len(found))
	for _, e := range found {
		byID[e.ID] = e
	}
	var more []node
	for _, g := range edges {
		for _, id := range g.ids {
			if e := byID[id]; e != nil {
				more = l.reach(more, &g, e)
			}
		}
	}
	return more, nil
}

// reach puts a linked entity into the answer, to be followed on the next level.
func (l *linker) reach(more []node, g *edge, e *ngsi.Entity) []node {
	n := node{past: append(slices.Clip(g.from.past), e.ID), pick: g.from.pick.Under(g.attr.Name), omit: g.from.omit.Under(g.attr.Name)}
	if l.v.inline {
		n.e = e.Clone()
		l.joined[g.attr] = append(l.joined[g.attr], n.e)
		return append(more, n)
	}
	if l.seen[e.ID] {
		return more
	}
	l.seen[e.ID] = true
	n.e = e
	l.extras = append(l.extras, extra{e, n.pick, n.omit})
	return append(more, n)
}

// follows tells whether an attribute leads to linked entities that are shown.
func follows(n *node, a *ngsi.Attr) bool {
	if a.Kind != ngsi.Relationship && a.Kind != ngsi.ListRelationship {
		return false
	}
	return (n.pick == nil || n.pick.Has(a.Name)) && (!n.omit.Has(a.Name) || n.omit.Under(a.Name) != nil)
}

// targets reads the ids that a relationship points to.
func targets(a *ngsi.Attr) []string {
	var one string
	if json.Unmarshal(a.Value, &one) == nil {
		return []string{one}
	}
	var many []string
	if json.Unmarshal(a.Value, &many) == nil {
		return many
	}
	var objects []struct { // a ListRelationship's normalized items
		Object string `json:"object"`
	}
	if json.Unmarshal(a.Value, &objects) != nil {
		return nil
	}
	for _, o := range objects {
		if o.Object != "" {
			many = append(many, o.Object)
		}
	}
	return many
}
