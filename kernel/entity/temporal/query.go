package temporal

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/kernel/entity/temporal/aggregate"
	"github.com/haihe-city/haihe/kernel/entity/temporal/span"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// Ask is a temporal query (5.7.3, 5.7.4).
type Ask struct {
	Tenant    string
	Select    *filter.Selection // values of instances are tested (T08)
	Times     *query.Times      // nil: every instance; with a Property and no Rel: those that bear it
	LastN     int               // instances a course, newest; 0: all
	PageSize  int               // instances a request altogether in time (6.3.10); 0: unbounded
	Attrs     []string          // an entity needs one of them in the span, and no others are given
	Wants     func(name string) bool
	Datasets  []string // "@none" is the default one; nil: all
	Aggregate []string // methods; with Period
	Period    query.Period
	Order     string // "" by num, "id", "-id" (T11): all matches are gathered
	After     string // cursor over entities
	Limit     int
	Offset    int64
	Count     bool
}

// Page is a page of evolutions.
type Page struct {
	Evolutions []*form.Evolution
	Next       string
	Total      int64     // -1 where not asked
	From, To   time.Time // of the instances in it, where Cut
	Cut        bool      // instances were left out for PageSize: answer 206 with Content-Range
}

// inquiry is an Ask made ready.
type inquiry struct {
	Ask
	span    span.Span
	methods []aggregate.Method
	sel     *filter.Selection // without its scope query; nil: nothing is tested
}

func (a Ask) ready() (*inquiry, error) {
	q := &inquiry{Ask: a, span: span.Of(a.Times)}
	var err error
	if q.methods, err = aggregate.Read(a.Aggregate); err != nil {
		return nil, err
	}
	if a.LastN < 0 || a.Limit < 0 || a.Offset < 0 || a.PageSize < 0 {
		return nil, errs.Say(errs.Invalid, "lastN、limit 与 offset 不得为负", "lastN, limit and offset must not be negative")
	}
	if a.Select != nil {
		sel := *a.Select
		sel.Scope = nil
		q.sel = &sel
	}
	return q, nil
}

// wants tells whether a course is asked for.
func (q *inquiry) wants(name, dataset string) bool {
	if q.Attrs != nil && !slices.Contains(q.Attrs, name) || q.Wants != nil && !q.Wants(name) {
		return false
	}
	return q.Datasets == nil || slices.Contains(q.Datasets, cmp.Or(dataset, "@none"))
}

// tests tells whether the values of instances decide.
func (q *inquiry) tests() bool {
	return q.Select != nil && (q.Select.Q != nil || q.Select.Geo != nil || q.Select.Scope != nil || q.Select.Attrs != nil)
}

// reads tells whether a course has to be read, be it only to be tested.
func (q *inquiry) reads(name, dataset string) bool {
	return q.wants(name, dataset) || q.tests() && q.sel.Wants(name)
}

// limit is how many instances of a course can matter.
func (q *inquiry) limit() int {
	switch {
	case q.tests() || q.methods != nil:
		return 0
	case q.PageSize == 0:
		return q.LastN
	case q.LastN == 0:
		return q.PageSize + 1
	}
	return min(q.LastN, q.PageSize+1)
}

// found is an evolution under way.
type found struct {
	form.Evolution
	num     int64
	reader  *reader
	courses []*course // those that are asked for and have instances in the span
}

// read gathers the evolution of one entity; nil where it is not part of the answer. lone tells that the entity is asked for by its id:
// then it is there also without instances in the span.
func (s *Store) read(ctx context.Context, q *inquiry, c *candidate, lone bool) (*found, error) {
	f := &found{num: c.num}
	r := &reader{s: s, num: c.num, span: q.span, want: q.reads, limit: q.limit(), newest: q.LastN > 0}
	f.reader = r
	kn := c.known
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		r.tx = tx
		if kn == nil {
			if kn, err = s.known(tx, c.num, c.key); err != nil && !errs.Is(err, errs.NotFound) {
				return err
			} else if err != nil {
				kn = nil
			}
		}
		return r.read()
	})
	if err != nil {
		return nil, err
	}
	if err := r.now(ctx, c.key); err != nil {
		return nil, err
	}
	r.bind(c.key.Tenant)
	f.head(c.key, kn)
	r.scopes = span.Arrange(r.scopes, false, 0)
	for _, c := range r.sorted() {
		load := r.load
		if q.methods != nil && !q.tests() {
			load = r.loadNumbers
		}
		if err := load(c); err != nil {
			return nil, err
		}
		if len(c.list) > 0 || len(c.times) > 0 {
			f.courses = append(f.courses, c)
		}
	}
	if !f.passes(q) && !lone {
		return nil, nil
	}
	f.courses = slices.DeleteFunc(f.courses, func(c *course) bool { return !q.wants(c.name, c.dataset) })
	if len(f.courses) == 0 && !lone {
		return nil, nil
	}
	return f, nil
}

// head fills what is said of the entity itself.
func (f *found) head(k entity.Key, kn *known) {
	h := f.reader.about
	f.ID, f.CreatedAt, f.ModifiedAt, f.DeletedAt = k.ID, h.created, h.modified, h.deleted
	f.Types = h.types
	if kn != nil {
		f.Types = union(h.types, kn.types)
		if f.CreatedAt.IsZero() || kn.created.Before(f.CreatedAt) {
			f.CreatedAt = kn.created
		}
		if kn.modified.After(f.ModifiedAt) {
			f.ModifiedAt = kn.modified
		}
		if len(f.reader.scopes) == 0 {
			f.Scope = kn.scope
		}
	}
}

// passes tests what is read against the selection (5.7.4.4, S1 to S4), and leaves out what lies outside of a matching scope.
func (f *found) passes(q *inquiry) bool {
	e := &entity.Entity{Num: f.num, ID: f.ID, Tenant: q.Tenant, Types: f.Types}
	if q.Select != nil && q.Select.Scope != nil {
		parts := valid(q.Select, e, f.Scope, f.reader.scopes)
		for _, c := range f.courses {
			c.list = within(c.list, parts)
		}
		f.courses = slices.DeleteFunc(f.courses, func(c *course) bool { return len(c.list) == 0 })
	}
	if q.sel == nil {
		return true
	}
	if q.tests() {
		for _, c := range f.courses {
			for i := range c.list {
				if t := &c.list[i]; t.DeletedAt.IsZero() {
					e.Attrs = append(e.Attrs, t.Attr)
				}
			}
		}
	}
	return q.sel.Match(e)
}

// finish turns what was read into an evolution.
func (f *found) finish(q *inquiry) error {
	if q.methods != nil {
		return f.aggregate(q)
	}
	for _, c := range f.courses {
		c.list = span.Arrange(c.list, q.LastN > 0, q.LastN)
		out := form.Course{Name: c.name, Dataset: c.dataset, Kind: c.kind, Instances: make([]form.Instance, 0, len(c.list))}
		for _, t := range c.list {
			out.Instances = append(out.Instances, t.Instance)
		}
		f.Attrs = append(f.Attrs, out)
	}
	if list := shown(&q.span, f.reader.scopes); len(list) > 0 {
		f.Attrs = append(f.Attrs, form.Course{Name: scopeName, Instances: list})
		slices.SortStableFunc(f.Attrs, func(a, b form.Course) int { return strings.Compare(a.Name, b.Name) })
	}
	return nil
}

// Get answers for one entity; errs.NotFound where it has no history, or none of the attributes that are asked for.
func (s *Store) Get(ctx context.Context, k entity.Key, a Ask) (Page, error) {
	p := Page{Total: -1}
	a.Tenant = k.Tenant
	q, err := a.ready()
	if err != nil {
		return p, err
	}
	num, err := s.find(ctx, k)
	if err != nil {
		return p, err
	}
	c := &candidate{num: num, key: k}
	f, err := s.read(ctx, q, c, true)
	if err != nil {
		return p, err
	}
	if len(f.courses) == 0 && q.Attrs != nil {
		ever := *q
		ever.span, ever.Select, ever.sel, ever.methods, ever.PageSize, ever.LastN = span.Of(nil), nil, nil, nil, 1, 0
		if any, err := s.read(ctx, &ever, c, true); err != nil {
			return p, err
		} else if len(any.courses) == 0 {
			return p, noAttr(k, strings.Join(q.Attrs, ", "))
		}
	}
	return p, q.page(&p, []*found{f})
}

// find gives the num of an entity that has a history; errs.NotFound where it has none.
func (s *Store) find(ctx context.Context, k entity.Key) (num int64, err error) {
	var there bool
	var gauges []gaugeRef
	err = s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if num, _, err = s.e.NumOf(tx, k); err != nil {
			return err
		}
		if there, err = s.has(tx, num); err == nil && !there {
			gauges, err = s.gaugesOf(tx, num)
		}
		return err
	})
	if err == nil && !there {
		there, err = s.hasGauge(ctx, gauges)
	}
	if err == nil && !there {
		err = noEntity(k)
	}
	return num, err
}

// page fills p with what was found, cut to the size of a page in time.
func (q *inquiry) page(p *Page, list []*found) error {
	if q.methods == nil && q.PageSize > 0 {
		q.cut(p, list)
	}
	for _, f := range list {
		if err := f.finish(q); err != nil {
			return err
		}
		p.Evolutions = append(p.Evolutions, &f.Evolution)
	}
	return nil
}

// cut leaves out what goes beyond PageSize (6.3.10): the newest instances, with lastN the oldest. Instances of one time are not parted,
// so that whoever asks on from the last time misses none; a page that begins with more of one time than it may hold has them all.
func (q *inquiry) cut(p *Page, list []*found) {
	var times []int64
	for _, f := range list {
		for _, c := range f.courses {
			c.list = span.Arrange(c.list, q.LastN > 0, q.LastN)
			for i := range c.list {
				times = append(times, c.list[i].At)
			}
		}
	}
	if len(times) <= q.PageSize {
		return
	}
	slices.Sort(times)
	if q.LastN > 0 {
		slices.Reverse(times)
	}
	edge, first := times[q.PageSize], times[0]
	inside := func(at int64) bool {
		switch {
		case edge == first:
			return at == edge
		case q.LastN > 0:
			return at > edge
		}
		return at < edge
	}
	last := first
	p.Cut = false
	for _, f := range list {
		for _, c := range f.courses {
			n := 0
			for n < len(c.list) && inside(c.list[n].At) {
				if at := c.list[n].At; (at < last) == (q.LastN > 0) {
					last = at
				}
				n++
			}
			p.Cut = p.Cut || n < len(c.list)
			c.list = c.list[:n]
		}
	}
	if p.Cut {
		p.From, p.To = time.UnixMicro(min(first, last)).UTC(), time.UnixMicro(max(first, last)).UTC()
	}
}
