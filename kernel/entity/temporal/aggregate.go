package temporal

import (
	"errors"
	"math"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/temporal/aggregate"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Methods are the names of the aggregation methods.
func Methods() []string { return aggregate.Methods() }

// ineligible is the cause of the error that says so.
type ineligible struct{ attr, method string }

func (e *ineligible) Error() string { return e.method + " is not applicable to " + e.attr }

// Ineligible tells whether an error says that an attribute that was asked for is not eligible for a method: in NGSI-LD an InvalidRequest
// (5.7.4.4).
func Ineligible(err error) bool {
	var e *ineligible
	return errors.As(err, &e)
}

// aggregate turns what was read into aggregates. Periods are counted from the beginning of the span, where it has none from the first
// instance of the entity.
func (f *found) aggregate(q *inquiry) error {
	first, last := f.extent()
	origin, end := first, last
	if q.Times != nil {
		switch q.Times.Rel {
		case "after":
			origin = q.span.From
		case "between":
			origin, end = q.span.From, q.span.To
		case "before":
			end = q.span.To
		}
	}
	for _, c := range f.courses {
		s := aggregate.New(q.methods, time.UnixMicro(origin).UTC(), time.UnixMicro(end).UTC(), q.Period)
		s.Millionths(c.times, c.numbers)
		for i := range c.list {
			if t := &c.list[i]; t.DeletedAt.IsZero() {
				s.Add(t.At, &t.Attr)
			}
		}
		if s.Empty() {
			continue
		}
		for _, m := range q.methods {
			if q.Attrs != nil && !s.Fits(m) {
				return errs.Because(&ineligible{c.name, m.String()}, errs.Invalid, "属性 %s 的值不适用聚合方法 %s", "the values of attribute %s are not eligible for the method %s",
					ngsi.Clip(c.name), m)
			}
		}
		if out := s.Result(); len(out) > 0 {
			f.Attrs = append(f.Attrs, form.Course{Name: c.name, Dataset: c.dataset, Kind: c.kind, Aggregates: out})
		}
	}
	return nil
}

// extent is the time of the first and of the last instance.
func (f *found) extent() (first, last int64) {
	first, last = math.MaxInt64, math.MinInt64
	take := func(at int64) { first, last = min(first, at), max(last, at) }
	for _, c := range f.courses {
		for i := range c.list {
			if c.list[i].DeletedAt.IsZero() {
				take(c.list[i].At)
			}
		}
		for _, at := range c.times {
			take(at)
		}
	}
	return first, last
}
