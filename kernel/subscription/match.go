package subscription

import (
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/store"
)

// delta is what a change did, as the triggers see it.
type delta struct {
	e                         *entity.Entity // as it stands, or stood where it was deleted
	born, gone                bool
	created, updated, deleted []string // attributes
	touched                   []string // any of these
}

// deltaOf compares before and after.
func deltaOf(c *entity.Change) delta {
	d := delta{e: c.Entity, born: c.Before == nil, gone: c.Entity == nil}
	switch {
	case d.gone && d.born:
	case d.gone:
		d.e = c.Before
		d.deleted = attrNames(c.Before)
		d.touched = d.deleted
	case d.born:
		d.created = attrNames(c.Entity)
		d.touched = d.created
	default:
		d.compare(c.Before, c.Entity)
	}
	return d
}

// attrNames are the names of an entity's attributes, once each.
func attrNames(e *entity.Entity) (names []string) {
	for i := range e.Attrs {
		if n := e.Attrs[i].Name; len(names) == 0 || names[len(names)-1] != n {
			names = append(names, n)
		}
	}
	return names
}

// compare walks over both lists of attributes, which are ordered by name and dataset. An attribute changes where a member of it is
// updated with another value than it had (5.8.6); an instance that comes or goes counts as its attribute's creation or deletion.
func (d *delta) compare(before, after *entity.Entity) {
	add := func(list *[]string, name string) {
		if n := len(*list); n == 0 || (*list)[n-1] != name {
			*list = append(*list, name)
		}
		if n := len(d.touched); n == 0 || d.touched[n-1] != name {
			d.touched = append(d.touched, name)
		}
	}
	x, y := before.Attrs, after.Attrs
	for len(x) > 0 || len(y) > 0 {
		switch c := orderOf(x, y); {
		case c < 0:
			add(&d.deleted, x[0].Name)
			x = x[1:]
		case c > 0:
			add(&d.created, y[0].Name)
			y = y[1:]
		default:
			if differs(&x[0], &y[0]) {
				add(&d.updated, y[0].Name)
			}
			x, y = x[1:], y[1:]
		}
	}
}

func orderOf(x, y []entity.Attr) int {
	if len(x) == 0 {
		return 1
	}
	if len(y) == 0 {
		return -1
	}
	if c := strings.Compare(x[0].Name, y[0].Name); c != 0 {
		return c
	}
	return strings.Compare(x[0].DatasetID, y[0].DatasetID)
}

// differs tells whether two instances say different things; what was not written is the same memory.
func differs(a, b *entity.Attr) bool {
	if a.ModifiedAt.Equal(b.ModifiedAt) && !a.ModifiedAt.IsZero() && len(a.Value) > 0 && len(a.Value) == len(b.Value) && &a.Value[0] == &b.Value[0] {
		return false
	}
	return !a.Same(b)
}

// fires gives the triggers of r that the change meets.
func (r *rule) fires(d *delta) (m mask) {
	watched := r.sub.Watched
	hit := func(bit mask, on bool, names []string) {
		if r.triggers&bit == 0 || !on {
			return
		}
		if len(watched) == 0 {
			if len(names) > 0 || bit == onEntityCreated || bit == onEntityDeleted {
				m |= bit
			}
			return
		}
		for _, n := range names {
			if slices.Contains(watched, n) {
				m |= bit
				return
			}
		}
	}
	hit(onEntityCreated, d.born, d.created)
	hit(onEntityDeleted, d.gone, d.deleted)
	hit(onCreated, true, d.created)
	hit(onUpdated, true, d.updated)
	hit(onDeleted, true, d.deleted)
	return m
}

// wants is the exact test: the triggers that fire, 0 where the subscription does not want the change.
func (r *rule) wants(d *delta, now time.Time) mask {
	if !r.live(now) || r.sub.Interval > 0 {
		return 0
	}
	m := r.fires(d)
	if m == 0 || !r.selects(d.e) || r.tests && !r.exact.Match(d.e) {
		return 0
	}
	return m
}

// live tells whether notifications may be sent (5.8.6).
func (r *rule) live(now time.Time) bool {
	return r.sub.Active && (r.sub.ExpiresAt.IsZero() || now.Before(r.sub.ExpiresAt))
}

func (r *rule) selects(e *entity.Entity) bool {
	if len(r.selectors) == 0 {
		return true
	}
	for i := range r.selectors {
		if r.selectors[i].Match(e) {
			return true
		}
	}
	return false
}

// batch is what one call of Watch makes due.
type batch struct {
	at      time.Time
	changes []entity.Change // those that somebody wants
	parts   []part
}

// part is what one subscription gets.
type part struct {
	num   int64
	items []pick
}

// pick is one change of a batch, with the triggers that it fired.
type pick struct {
	change int
	fired  mask
}

// match finds who wants the changes. It runs on the write lane.
func (g *Engine) match(changes []entity.Change) *batch {
	now := g.opts.Now()
	g.fresh = changes
	defer func() { g.fresh = nil }()
	var b *batch
	var at map[*sub]int // place in b.parts
	for i := range changes {
		c := &changes[i]
		d := deltaOf(c)
		if d.e == nil || len(d.touched) == 0 && !d.born && !d.gone {
			continue
		}
		used := false
		g.index.find(entity.Key{Tenant: c.Tenant, ID: c.ID}, d.e, d.touched, func(s *sub) {
			fired := s.rule.wants(&d, now)
			if fired == 0 {
				return
			}
			if b == nil {
				b, at = &batch{at: now}, map[*sub]int{}
			}
			if !used {
				used = true
				b.changes = append(b.changes, *c)
			}
			j, ok := at[s]
			if !ok {
				j = len(b.parts)
				at[s] = j
				b.parts = append(b.parts, part{num: s.num})
			}
			b.parts[j].items = append(b.parts[j].items, pick{len(b.changes) - 1, fired})
		})
	}
	return b
}

// watch is called inside each writer's transaction.
func (g *Engine) watch(tx *store.Tx, changes []entity.Change) error {
	b := g.match(changes)
	if b == nil {
		return nil
	}
	if g.waiting.Load()+int64(len(b.parts)) > int64(g.opts.Pending) {
		return errs.Say(errs.Busy, "待投递的订阅通知过多（%d 条），暂不接受此次写入，请稍后重试",
			"too many notifications are waiting to be delivered (%d); this write is not taken now, try again in a moment", g.waiting.Load())
	}
	id, err := tx.Next(seqDue)
	if err != nil {
		return err
	}
	doc, err := b.encode()
	if err != nil {
		return errs.Wrap("encode what is due", err)
	}
	if _, err := tx.Exec(qDueAdd, id, doc); err != nil {
		return errs.Wrap("write what is due", err)
	}
	tx.OnCommit(func() { g.take(id, b) })
	return nil
}

// linked finds an entity for a condition on linked entities (4.9): among the changes under way, else as it was committed.
func (g *Engine) linked(tenant string) func(id string) *entity.Entity {
	return func(id string) *entity.Entity {
		for i := len(g.fresh) - 1; i >= 0; i-- {
			if g.fresh[i].ID == id && g.fresh[i].Tenant == tenant {
				return g.fresh[i].Entity
			}
		}
		e, err := g.entities.Find(g.ctx, entity.Key{Tenant: tenant, ID: id})
		if err != nil {
			return nil
		}
		return e
	}
}
