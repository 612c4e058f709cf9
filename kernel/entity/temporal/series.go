package temporal

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/gauge"
	"github.com/haihe-city/haihe/kernel/entity/temporal/ident"
	"github.com/haihe-city/haihe/kernel/entity/temporal/span"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// gauges finds the gauges of the courses that are wanted.
func (r *reader) gauges() error {
	if r.s.gauges == nil {
		return nil
	}
	list, err := r.s.e.PastGauges(r.tx, r.num)
	if err != nil {
		return err
	}
	for _, g := range list {
		if r.want != nil && !r.want(g.Name, g.Dataset) {
			continue
		}
		f := gaugeRef{key: g.Key, forgotten: math.MinInt64}
		err := r.tx.Get(qForgottenGet, []any{g.Key}, &f.forgotten)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return errs.Wrap("read history", err)
		}
		err = r.tx.Each(qHiddenGet, []any{g.Key}, func(scan func(...any) error) error {
			var at int64
			err := scan(&at)
			f.hidden = append(f.hidden, at)
			return err
		})
		if err != nil {
			return errs.Wrap("read history", err)
		}
		c := r.course(courseKey{g.Name, g.Dataset})
		c.gauges = append(c.gauges, f)
	}
	return nil
}

// columns reads the values of a gauge in the span, as far as it can be told by their times.
func (r *reader) columns(g *gaugeRef) (c gauge.Columns, err error) {
	ctx := r.tx.Context()
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if r.span.Property == "observedAt" {
		from, to = r.span.From, r.span.To
	}
	if r.limit == 0 || !r.newest {
		err = r.values(g, from, to, &c)
		return r.visible(g, c), err
	}
	last := r.s.gauges.Last
	if g.bound != nil {
		last = g.bound.Last
	}
	v, ok, err := last(ctx, g.key)
	if err != nil || !ok {
		return c, err
	}
	// The newest values are looked for in ever longer stretches before the last one.
	end := min(to, v.Time().UnixMicro()+1)
	for width := time.Hour.Microseconds(); ; width *= 8 {
		begin := from
		if end > math.MinInt64+width && end-width > from {
			begin = end - width
		}
		c = gauge.Columns{}
		if err := r.values(g, begin, end, &c); err != nil {
			return c, err
		}
		if c = r.visible(g, c); r.matching(&c) >= r.limit || begin == from || width > 400*365*24*time.Hour.Microseconds() {
			return c, nil
		}
	}
}

// values reads the values of a gauge, or of a series that is bound, with from <= time < to.
func (r *reader) values(g *gaugeRef, from, to int64, c *gauge.Columns) error {
	if g.bound == nil {
		return r.s.gauges.Columns(r.tx.Context(), g.key, from, to, c)
	}
	const first, last = -62135596800 * 1e6, 253402300800 * 1e6 // years 1 to 9999
	return g.bound.Range(r.tx.Context(), g.key, time.UnixMicro(max(from, first)).UTC(), time.UnixMicro(min(to, last)).UTC(), func(v gauge.Value) error {
		c.Add(&v)
		return nil
	})
}

// now fills what the changes would tell from the current state, where the history was deleted and values of gauges came since.
func (r *reader) now(ctx context.Context, k entity.Key) error {
	if r.about.seen {
		return nil
	}
	e, err := r.s.e.Find(ctx, k)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r.about = header{seen: true, owner: e.Owner, types: e.Types, scope: e.Scope, created: e.CreatedAt, modified: e.ModifiedAt}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if c := r.courses[courseKey{a.Name, a.DatasetID}]; c != nil && len(c.guises) == 0 && len(c.gauges) > 0 {
			c.becomes(e.CreatedAt, a)
		}
	}
	return nil
}

// bind adds the series that are bound to the types of the entity. An attribute that its documents have stays.
func (r *reader) bind(tenant string) {
	if tenant != "" || !r.about.seen || !r.about.deleted.IsZero() {
		return
	}
	for _, typ := range r.about.types {
		for _, b := range r.s.e.Bindings(typ) {
			k := courseKey{name: b.Attr}
			if r.want != nil && !r.want(k.name, "") || r.courses[k] != nil && (len(r.courses[k].guises) > 0 || len(r.courses[k].gauges) > 0) {
				continue
			}
			c := r.course(k)
			c.becomes(time.Time{}, &ngsi.Attr{Name: b.Attr, UnitCode: b.UnitCode})
			c.gauges = append(c.gauges, gaugeRef{key: r.num, forgotten: math.MinInt64, bound: &b})
		}
	}
}

// matching counts the values that the span may keep.
func (r *reader) matching(c *gauge.Columns) int {
	if r.span.Property == "" {
		return len(c.Times)
	}
	n := 0
	for i := range c.Times {
		if _, ok := r.gaugeTime(c, i); ok {
			n++
		}
	}
	return n
}

// gaugeTime is span.of for a value of a gauge.
func (r *reader) gaugeTime(c *gauge.Columns, i int) (at int64, ok bool) {
	observed := c.Lags[i] != math.MinInt64
	switch r.span.Property {
	case "":
		return c.Times[i], true
	case "observedAt":
		return c.Times[i], observed && c.Times[i] >= r.span.From && c.Times[i] < r.span.To
	case "deletedAt":
		return 0, false
	}
	at = c.Times[i]
	if observed {
		at += c.Lags[i]
	}
	return at, at >= r.span.From && at < r.span.To
}

// visible leaves out what was deleted from the history.
func (r *reader) visible(g *gaugeRef, c gauge.Columns) gauge.Columns {
	if g.forgotten == math.MinInt64 && len(g.hidden) == 0 {
		return c
	}
	var left gauge.Columns
	for i, t := range c.Times {
		entered := t
		if c.Lags[i] != math.MinInt64 {
			entered += c.Lags[i]
		}
		if _, hidden := slices.BinarySearch(g.hidden, t); entered <= g.forgotten || hidden {
			continue
		}
		left.Times, left.Values, left.Lags = append(left.Times, t), append(left.Values, c.Values[i]), append(left.Lags, c.Lags[i])
	}
	return left
}

// load adds the values of a course's gauges to its instances, no more of them than can matter.
func (r *reader) load(c *course) error {
	for i := range c.gauges {
		g := &c.gauges[i]
		cols, err := r.columns(g)
		if err != nil {
			return err
		}
		var keep []int
		for i := range cols.Times {
			if _, ok := r.gaugeTime(&cols, i); ok {
				keep = append(keep, i)
			}
		}
		if r.limit > 0 && len(keep) > r.limit && (r.span.Property == "" || r.span.Property == "observedAt") {
			if r.newest {
				keep = keep[len(keep)-r.limit:]
			} else {
				keep = keep[:r.limit]
			}
		}
		for _, i := range keep {
			v := cols.At(i)
			a := c.guise(v.ModifiedAt)
			a.Name, a.DatasetID, a.Value = c.name, c.dataset, v.Number
			a.ObservedAt, a.CreatedAt, a.ModifiedAt = v.ObservedAt, v.ModifiedAt, v.ModifiedAt
			at, _ := r.gaugeTime(&cols, i)
			c.list = append(c.list, span.Timed{At: at, Instance: form.Instance{Attr: a, InstanceID: g.id(cols.Times[i])}})
		}
	}
	return nil
}

// loadNumbers is load for a course that is only to be summed up.
func (r *reader) loadNumbers(c *course) error {
	for i := range c.gauges {
		g := &c.gauges[i]
		take := func(cols gauge.Columns) error {
			cols = r.visible(g, cols)
			n := len(c.times) + len(cols.Times)
			if n > cap(c.times) {
				c.times, c.numbers = slices.Grow(c.times, n), slices.Grow(c.numbers, n)
			}
			for i := range cols.Times {
				if at, ok := r.gaugeTime(&cols, i); ok {
					c.times, c.numbers = append(c.times, at), append(c.numbers, cols.Values[i])
				}
			}
			return nil
		}
		from, to := int64(math.MinInt64), int64(math.MaxInt64)
		if r.span.Property == "observedAt" {
			from, to = r.span.From, r.span.To
		}
		if g.bound == nil {
			if err := r.s.gauges.Pieces(r.tx.Context(), g.key, from, to, take); err != nil {
				return err
			}
			continue
		}
		var cols gauge.Columns
		if err := r.values(g, from, to, &cols); err != nil {
			return err
		}
		_ = take(cols) // it never fails
	}
	return nil
}

// id is the instanceId of a value.
func (g *gaugeRef) id(at int64) string {
	if g.bound != nil {
		return ident.ID{Place: ident.Series, A: g.key, B: at}.String()
	}
	return ident.ID{Place: ident.Gauge, A: g.key, B: at}.String()
}
