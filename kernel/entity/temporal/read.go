package temporal

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/temporal/ident"
	"github.com/haihe-city/haihe/kernel/entity/temporal/span"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// reader gathers the courses of one entity.
type reader struct {
	s    *Store
	tx   *store.Tx
	num  int64
	span span.Span

	want   func(name, dataset string) bool // nil: every course
	limit  int                             // instances a course, 0: all
	newest bool                            // the last ones, else the first ones

	courses map[courseKey]*course
	alive   map[string][]courseKey // by name: the instances that are there after the rows read so far
	scopes  []span.Timed           // the whole course of the scope
	about   header
}

type courseKey struct{ name, dataset string }

// course is the course of one attribute and dataset under way.
type course struct {
	courseKey
	kind   ngsi.AttrKind
	list   []span.Timed
	guises []guise
	gauges []gaugeRef

	times, numbers []int64 // of values of gauges that are only to be summed up, in millionths
}

// gaugeRef is a gauge of a course, with what was deleted from it.
type gaugeRef struct {
	key, forgotten int64
	hidden         []int64
	bound          *entity.Binding // a series of another's; key is the entity's num
}

// header is what the history says of the entity itself.
type header struct {
	seen                       bool
	owner                      string
	types, scope               []string
	created, modified, deleted time.Time
}

func (r *reader) course(k courseKey) *course {
	c := r.courses[k]
	if c == nil {
		c = &course{courseKey: k}
		r.courses[k] = c
	}
	return c
}

// add takes an instance that lies in the span.
func (r *reader) add(k courseKey, seq int64, i form.Instance) {
	if k.name == scopeName {
		every := span.Span{}
		at, _ := every.Time(&i)
		r.scopes = append(r.scopes, span.Timed{At: at, Seq: seq, Instance: i})
		return
	}
	if r.want != nil && !r.want(k.name, k.dataset) {
		return
	}
	at, ok := r.span.Time(&i)
	if !ok {
		return
	}
	c := r.course(k)
	if i.DeletedAt.IsZero() || len(c.list) == 0 {
		c.kind = i.Kind
	}
	c.list = append(c.list, span.Timed{At: at, Seq: seq, Instance: i})
	if r.limit > 0 && len(c.list) >= 4*r.limit+64 {
		c.list = span.Arrange(c.list, r.newest, r.limit)
	}
}

// read gathers everything but the values of gauges, which read transactions of their own.
func (r *reader) read() error {
	r.courses, r.alive, r.scopes, r.about = map[courseKey]*course{}, map[string][]courseKey{}, nil, header{}
	if err := r.changes(); err != nil {
		return err
	}
	if err := r.table(); err != nil {
		return err
	}
	return r.gauges()
}

// pastRows is how many changes are read at a time.
const pastRows = 500

// changes reads what was written to the current state.
func (r *reader) changes() error {
	var scope []string
	for after := int64(0); ; {
		rows, err := r.s.e.Past(r.tx, r.num, after, pastRows, nil)
		if err != nil {
			return err
		}
		for i := range rows {
			p := &rows[i]
			after = p.Seq
			r.row(p)
			next := p.Scope
			if p.Deleted {
				next = nil
			}
			if !slices.Equal(scope, next) {
				r.add(courseKey{name: scopeName}, 0, scopeInstance(p, next))
				scope = next
			}
		}
		if len(rows) < pastRows {
			return nil
		}
	}
}

// scopeInstance is an instance of the course of the scope: of a change of the current state the time of observation is that of the
// change (4.5.6).
func scopeInstance(p *entity.PastRow, scope []string) form.Instance {
	i := form.Instance{Attr: ngsi.Attr{Name: scopeName, CreatedAt: p.At, ModifiedAt: p.At}, InstanceID: ident.ID{Place: ident.Scope, A: p.Seq}.String()}
	if len(scope) == 0 {
		i.DeletedAt = p.At
		return i
	}
	i.ObservedAt = p.At
	i.Value, _ = json.Marshal(scope)
	if len(scope) == 1 {
		i.Value, _ = json.Marshal(scope[0])
	}
	return i
}

// row takes one change in: its touched instances, and a tombstone for each that was there before and is gone (4.5.7).
func (r *reader) row(p *entity.PastRow) {
	h := &r.about
	if !h.seen || !h.deleted.IsZero() {
		h.created = p.CreatedAt
	}
	h.seen, h.owner, h.types, h.scope, h.modified, h.deleted = true, p.Owner, p.Types, p.Scope, p.At, time.Time{}
	if p.Deleted {
		h.deleted = p.At
	}
	// Rows hold what was touched; those of earlier versions hold the whole entity, where what was not touched bears an earlier time.
	whole := slices.ContainsFunc(p.Attrs, func(a ngsi.Attr) bool { return a.ModifiedAt.Before(p.At) || !slices.Contains(p.Names, a.Name) })
	here := map[string][]courseKey{}
	for i := range p.Attrs {
		a := &p.Attrs[i]
		if !slices.Contains(p.Names, a.Name) {
			continue
		}
		k := courseKey{a.Name, a.DatasetID}
		here[a.Name] = append(here[a.Name], k)
		if a.ModifiedAt.Before(p.At) {
			continue
		}
		id, b := idOf(*a)
		b.CreatedAt = p.At
		in := form.Instance{Attr: b, InstanceID: cmp.Or(id, ident.ID{A: p.Seq, B: int64(i)}.String())}
		switch {
		case a.Gauge == 0 && a.Empty(): // one instance went while others of its name stayed
			in.Value, in.DeletedAt = nil, p.At
			r.alive[a.Name] = slices.DeleteFunc(r.alive[a.Name], func(o courseKey) bool { return o == k })
			r.add(k, 0, in)
			continue
		case a.Gauge == 0 && isNull(a):
			in.Value, in.DeletedAt = nil, p.At
			r.add(k, 0, in)
		case a.Gauge == 0:
			r.add(k, 0, in)
		}
		r.course(k).becomes(p.At, &b)
		if !slices.Contains(r.alive[a.Name], k) {
			r.alive[a.Name] = append(r.alive[a.Name], k)
		}
	}
	for n, name := range p.Names {
		if len(here[name]) > 0 && !whole {
			continue
		}
		gone := slices.DeleteFunc(slices.Clone(r.alive[name]), func(k courseKey) bool { return slices.Contains(here[name], k) })
		if len(here[name]) == 0 && len(gone) == 0 {
			gone = append(gone, courseKey{name: name})
		}
		for d, k := range gone {
			r.add(k, 0, form.Instance{Attr: ngsi.Attr{Name: name, DatasetID: k.dataset, Kind: r.course(k).last().Kind, CreatedAt: p.At, ModifiedAt: p.At},
				DeletedAt: p.At, InstanceID: ident.ID{Place: ident.Tombstone, A: p.Seq, B: int64(n*1000 + d)}.String()})
		}
		r.alive[name] = slices.DeleteFunc(r.alive[name], func(k courseKey) bool { return slices.Contains(gone, k) })
	}
}

// guise is what an attribute looks like, besides its value and times, from a time on. The values of a gauge have that of their time.
type guise struct {
	from time.Time
	attr ngsi.Attr
}

func (c *course) becomes(at time.Time, a *ngsi.Attr) {
	g := guise{at, *a}
	g.attr.Value, g.attr.ObservedAt, g.attr.CreatedAt, g.attr.ModifiedAt, g.attr.Gauge = nil, time.Time{}, time.Time{}, time.Time{}, 0
	if n := len(c.guises); n > 0 && c.guises[n-1].attr.Same(&g.attr) {
		return
	}
	c.guises = append(c.guises, g)
}

func (c *course) last() ngsi.Attr {
	if n := len(c.guises); n > 0 {
		return c.guises[n-1].attr
	}
	return ngsi.Attr{}
}

// guise gives the look that a value had that was entered at a time.
func (c *course) guise(at time.Time) ngsi.Attr {
	for i := len(c.guises) - 1; i > 0; i-- {
		if !c.guises[i].from.After(at) {
			return c.guises[i].attr
		}
	}
	if len(c.guises) > 0 {
		return c.guises[0].attr
	}
	return ngsi.Attr{}
}

// table reads what was given to the history itself, course by course.
func (r *reader) table() error {
	attr, dataset := int64(math.MinInt64), ""
	for {
		err := r.tx.Get(qInstanceNext, []any{r.num, attr, dataset}, &attr, &dataset)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return errs.Wrap("read history", err)
		}
		name, ok := r.s.e.NameOf(r.tx, attr)
		if !ok || name != scopeName && r.want != nil && !r.want(name, dataset) {
			continue
		}
		if err := r.tableCourse(attr, dataset, name == scopeName); err != nil {
			return err
		}
	}
}

// everObserved parts the instances that say when they were observed from the others, which lie before.
const everObserved = math.MinInt64 / 2

// tableCourse reads one course; only where the order of the table is that of the span it need not be read whole.
func (r *reader) tableCourse(attr int64, dataset string, scope bool) error {
	if scope {
		return r.tableRange(attr, dataset, math.MinInt64, math.MaxInt64, 0)
	}
	switch r.span.Property {
	case "observedAt":
		return r.tableRange(attr, dataset, max(r.span.From, everObserved), r.span.To, r.limit)
	case "":
		if err := r.tableRange(attr, dataset, math.MinInt64, everObserved, 0); err != nil {
			return err
		}
		return r.tableRange(attr, dataset, everObserved, math.MaxInt64, r.limit)
	}
	return r.tableRange(attr, dataset, math.MinInt64, math.MaxInt64, 0)
}

func (r *reader) tableRange(attr int64, dataset string, from, to int64, limit int) error {
	type stored struct {
		seq int64
		doc []byte
	}
	if limit == 0 {
		limit = math.MaxInt32
	}
	q := qInstanceUp
	if r.newest {
		q = qInstanceDown
	}
	var rows []stored
	err := r.tx.Each(q, []any{r.num, attr, dataset, from, to, limit}, func(scan func(...any) error) error {
		var s stored
		err := scan(&s.seq, &s.doc)
		rows = append(rows, s)
		return err
	})
	if err != nil {
		return errs.Wrap("read history", err)
	}
	for _, s := range rows {
		var e entity.Entity
		if err := r.s.e.DecodeDoc(r.tx, s.doc, &e); err != nil {
			return err
		}
		for _, a := range e.Attrs {
			id, a := idOf(a)
			i := form.Instance{Attr: a, InstanceID: cmp.Or(id, ident.ID{Place: ident.Table, A: s.seq}.String())}
			if isNull(&a) {
				i.Value, i.DeletedAt = nil, cmp.Or(a.ObservedAt, a.CreatedAt)
			}
			r.add(courseKey{a.Name, a.DatasetID}, s.seq, i)
		}
	}
	return nil
}

// sorted lists the courses by name, then dataset, the default one first.
func (r *reader) sorted() []*course {
	out := make([]*course, 0, len(r.courses))
	for _, c := range r.courses {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *course) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.dataset, b.dataset))
	})
	return out
}
