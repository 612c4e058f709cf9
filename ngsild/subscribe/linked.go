package subscribe

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// maxLinked bounds the linked entities of one notification; what is beyond is left as the Relationship alone.
const maxLinked = 1000

// reached is an entity whose relationships are followed next, with the projection that holds for it.
type reached struct {
	e          *ngsi.Entity
	past       []string // ids on the way to it, which are not followed again
	pick, omit *query.Projection
}

// links are the entities that relationships of a notification lead to (4.5.23).
type links struct {
	joined map[*ngsi.Attr][]*ngsi.Entity // inline
	flat   []reached                     // flat: each once
}

// follow reads the linked entities, one read a level. The entities of list must be the notification's own: their attributes are what
// links.joined is asked with.
// ETSI GS CIM 009 V1.9.1 4.5.23
func (s *Service) follow(ctx context.Context, p *plan, tenant string, list []shown) (l links, err error) {
	l.joined = map[*ngsi.Attr][]*ngsi.Entity{}
	seen := map[string]bool{}
	var nodes []reached
	for _, it := range list {
		seen[it.e.ID] = true
		if it.deleted.IsZero() {
			nodes = append(nodes, reached{it.e, []string{it.e.ID}, p.pick, p.omit})
		}
	}
	for n, level := 0, 0; level < p.level && len(nodes) > 0; level++ {
		var keys []entity.Key
		for i := range nodes {
			nodes[i].each(func(_ *ngsi.Attr, id string) {
				k := entity.Key{Tenant: tenant, ID: id}
				if n < maxLinked && !slices.Contains(keys, k) {
					keys = append(keys, k)
					n++
				}
			})
		}
		found, err := s.o.Entities.FindAll(ctx, keys)
		if err != nil {
			return l, err
		}
		byID := map[string]*ngsi.Entity{}
		for _, e := range found {
			byID[e.ID] = e
		}
		nodes = l.level(p, nodes, byID, seen)
	}
	return l, nil
}

// level takes in what the relationships of nodes lead to.
func (l *links) level(p *plan, nodes []reached, byID map[string]*ngsi.Entity, seen map[string]bool) (next []reached) {
	for i := range nodes {
		from := &nodes[i]
		from.each(func(a *ngsi.Attr, id string) {
			e := byID[id]
			if e == nil || p.join == "flat" && seen[id] {
				return
			}
			seen[id] = true
			to := reached{e, append(slices.Clip(from.past), id), from.pick.Under(a.Name), from.omit.Under(a.Name)}
			if p.join == "inline" {
				to.e = e.Clone() // a place of its own in the tree
				l.joined[a] = append(l.joined[a], to.e)
			} else {
				l.flat = append(l.flat, to)
			}
			next = append(next, to)
		})
	}
	return next
}

// each calls fn with every relationship that leads on, and where to.
func (r *reached) each(fn func(a *ngsi.Attr, id string)) {
	for i := range r.e.Attrs {
		a := &r.e.Attrs[i]
		if a.Kind != ngsi.Relationship && a.Kind != ngsi.ListRelationship || r.pick != nil && !r.pick.Has(a.Name) ||
			r.omit.Has(a.Name) && r.omit.Under(a.Name) == nil {
			continue
		}
		for _, id := range objects(a.Value) {
			if !slices.Contains(r.past, id) {
				fn(a, id)
			}
		}
	}
}

// objects reads the ids in the value of a relationship.
func objects(raw json.RawMessage) (ids []string) {
	var one string
	var items []struct {
		Object string `json:"object"`
	}
	switch {
	case json.Unmarshal(raw, &one) == nil:
		return []string{one}
	case json.Unmarshal(raw, &ids) == nil:
		return ids
	case json.Unmarshal(raw, &items) == nil:
		ids = nil
		for _, it := range items {
			ids = append(ids, it.Object)
		}
		return ids
	}
	return nil
}
