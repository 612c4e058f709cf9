package temporal

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// method is an aggregation method (ETSI GS CIM 009 V1.9.1 4.5.19.1).
type method uint8

const (
	avg method = iota
	distinctCount
	most
	least
	stddev
	sum
	sumsq
	totalCount
	methods
)

var methodNames = [methods]string{"avg", "distinctCount", "max", "min", "stddev", "sum", "sumsq", "totalCount"}

// Methods are the names of the aggregation methods.
func Methods() []string { return slices.Clone(methodNames[:]) }

// class is the data type that a method is applied to (tables 4.5.19.1-1 to -3).
type class uint8

const (
	text class = iota
	number
	object
	array
	boolean
	dateTime
	date
	clock
	uri
	relation
	classes
)

func set(list ...method) (s uint16) {
	for _, m := range list {
		s |= 1 << m
	}
	return s
}

// eligible holds the methods of each data type; the others are not applicable.
var eligible = [classes]uint16{
	text:     set(distinctCount, most, least, totalCount),
	number:   1<<methods - 1,
	object:   set(distinctCount, totalCount),
	array:    set(avg, distinctCount, most, least, sum, totalCount),
	boolean:  1<<methods - 1,
	dateTime: set(distinctCount, most, least, totalCount),
	date:     set(distinctCount, most, least, totalCount),
	clock:    set(avg, distinctCount, most, least, totalCount),
	uri:      set(distinctCount, totalCount),
	relation: set(distinctCount, totalCount),
}

// readMethods reads the names of methods, each once.
func readMethods(names []string) ([]method, error) {
	var out []method
	for _, name := range names {
		i := slices.Index(methodNames[:], name)
		if i < 0 {
			return nil, errs.Say(errs.Invalid, "参数 aggrMethods：没有聚合方法 %s，可用的有 %s", "aggrMethods: there is no method %s; there are %s",
				ngsi.Clip(name), strings.Join(methodNames[:], ", "))
		}
		if !slices.Contains(out, method(i)) {
			out = append(out, method(i))
		}
	}
	return out, nil
}

// value is what a method sees of an instance.
type value struct {
	class  class
	number float64         // number, boolean, size of an array, seconds of the day of a time
	text   string          // what texts and times are ordered by
	raw    json.RawMessage // what max and min give back
}

// valueOf classes the value of an instance.
func valueOf(a *ngsi.Attr) value {
	v := value{class: object, raw: a.Value}
	switch a.Kind {
	case ngsi.Relationship, ngsi.ListRelationship:
		v.class = relation
		return v
	case ngsi.GeoProperty, ngsi.LanguageProperty, ngsi.JSONProperty:
		return v
	}
	if len(a.Value) == 0 {
		return v
	}
	switch c := a.Value[0]; c {
	case '"':
		v.class = text
		_ = json.Unmarshal(a.Value, &v.text)
		if a.Kind == ngsi.VocabProperty {
			v.class = uri
		}
	case '[':
		var items []json.RawMessage
		if json.Unmarshal(a.Value, &items) == nil {
			v.class, v.number = array, float64(len(items))
		}
	case 't', 'f':
		v.class = boolean
		if c == 't' {
			v.number = 1 // table 4.5.19.1-1, note
		}
	case '{':
		return typedValue(v)
	default:
		if f, err := strconv.ParseFloat(string(a.Value), 64); err == nil {
			v.class, v.number = number, f
		}
	}
	return v
}

// typedValue looks into an object: a value with a data type of its own (4.6.3, 4.6.4) is no object.
func typedValue(v value) value {
	if !bytes.Contains(v.raw, []byte(`"@value"`)) {
		return v
	}
	var typed struct {
		Type  string          `json:"@type"`
		Value json.RawMessage `json:"@value"`
	}
	if json.Unmarshal(v.raw, &typed) != nil || len(typed.Value) == 0 {
		return v
	}
	name := typed.Type[strings.LastIndexAny(typed.Type, "/#:")+1:]
	kinds := map[string]class{"DateTime": dateTime, "dateTime": dateTime, "Date": date, "date": date, "Time": clock, "time": clock,
		"URI": uri, "anyURI": uri, "@id": uri}
	c, ok := kinds[name]
	if !ok || typed.Value[0] != '"' {
		plain := valueOf(&ngsi.Attr{Value: typed.Value})
		return plain
	}
	v.class, v.raw = c, typed.Value
	_ = json.Unmarshal(typed.Value, &v.text)
	switch c {
	case dateTime:
		if t, err := time.Parse(time.RFC3339Nano, strings.Replace(v.text, ",", ".", 1)); err == nil {
			v.text = t.UTC().Format("2006-01-02T15:04:05.000000000")
		}
	case clock:
		v.number = clockSeconds(v.text)
	}
	return v
}

// clockSeconds is a time of the day in seconds; NaN where it is none.
func clockSeconds(s string) float64 {
	parts := strings.Split(strings.TrimSuffix(strings.Replace(s, ",", ".", 1), "Z"), ":")
	if len(parts) != 3 {
		return math.NaN()
	}
	total := 0.0
	for _, p := range parts {
		f, err := strconv.ParseFloat(p, 64)
		if err != nil {
			return math.NaN()
		}
		total = 60*total + f
	}
	return total
}

// cell is what was seen in one period. Whole gauges are summed in millionths beside the values of documents.
type cell struct {
	from, to    int64
	n           int64
	gauge       figures
	plain       figures // numbers, booleans, sizes of arrays
	clocks      figures
	least, most value // of texts and times
	texts       bool
	whole       distinct
	other       map[string]struct{}
}

// summary aggregates one course.
type summary struct {
	ask     []method
	span    *calendar
	wanted  uint16 // methods that something was eligible for
	differs bool   // distinctCount is asked for
	cells   map[int64]*cell
	now     *cell
}

func newSummary(ask []method, span *calendar) *summary {
	return &summary{ask: ask, span: span, differs: slices.Contains(ask, distinctCount), cells: map[int64]*cell{}}
}

// at gives the cell of a time.
func (s *summary) at(t int64) *cell {
	if !s.span.at(t) && s.now != nil {
		return s.now
	}
	c := s.cells[s.span.from]
	if c == nil {
		c = &cell{from: s.span.from, to: s.span.to}
		s.cells[s.span.from] = c
	}
	s.now = c
	return c
}

// gauges takes values of a gauge in, in millionths.
func (s *summary) gauges(times, values []int64) {
	if len(values) == 0 {
		return
	}
	s.wanted |= eligible[number]
	for i, v := range values {
		c := s.at(times[i])
		c.n++
		c.gauge.sum.add(v)
		c.gauge.moments(float64(v))
		if s.differs {
			c.whole.add(v)
		}
	}
}

// add takes an instance in.
func (s *summary) add(t int64, a *ngsi.Attr) {
	v := valueOf(a)
	s.wanted |= eligible[v.class]
	c := s.at(t)
	c.n++
	if s.differs {
		c.differ(&v)
	}
	switch v.class {
	case number, boolean, array:
		c.plain.add(v.number)
	case clock:
		c.clocks.add(v.number)
	}
	if v.class == text || v.class >= dateTime && v.class <= clock {
		if !c.texts || v.text < c.least.text {
			c.least = v
		}
		if !c.texts || v.text > c.most.text {
			c.most = v
		}
		c.texts = true
	}
}

// differ notes a value that may be new. Numbers that a gauge could hold are noted as it would.
func (c *cell) differ(v *value) {
	if v.class == number {
		if m := math.Round(v.number * millionths); math.Abs(m) < 1<<53 && m/millionths == v.number {
			c.whole.add(int64(m))
			return
		}
	}
	if c.other == nil {
		c.other = map[string]struct{}{}
	}
	c.other[string(v.raw)] = struct{}{}
}

// result gives the aggregates by method, those that nothing was eligible for left out.
func (s *summary) result() map[string][]form.Aggregate {
	cells := make([]*cell, 0, len(s.cells))
	for _, c := range s.cells {
		cells = append(cells, c)
	}
	slices.SortFunc(cells, func(a, b *cell) int { return int(min(max(a.from-b.from, -1), 1)) })
	out := map[string][]form.Aggregate{}
	for _, m := range s.ask {
		if s.wanted&(1<<m) == 0 {
			continue
		}
		list := make([]form.Aggregate, 0, len(cells))
		for _, c := range cells {
			if v := c.of(m); v != nil {
				list = append(list, form.Aggregate{Value: v, From: time.UnixMicro(c.from).UTC(), To: time.UnixMicro(c.to).UTC()})
			}
		}
		out[methodNames[m]] = list
	}
	return out
}

// of gives the value of a method; nil where no value in the cell is eligible.
func (c *cell) of(m method) json.RawMessage {
	switch {
	case m == totalCount:
		return strconv.AppendInt(nil, c.n, 10)
	case m == distinctCount:
		return strconv.AppendInt(nil, int64(c.whole.count()+len(c.other)), 10)
	case c.gauge.n > 0 && c.plain.n > 0:
		f := c.gauge.scaled()
		f.join(&c.plain)
		return appendNumber(nil, f.of(m, 1))
	case c.gauge.n > 0:
		return appendNumber(nil, c.gauge.of(m, millionths))
	case c.plain.n > 0:
		return appendNumber(nil, c.plain.of(m, 1))
	case m == least && c.texts:
		return c.least.raw
	case m == most && c.texts:
		return c.most.raw
	case m == avg && c.clocks.n > 0:
		return clockText(c.clocks.of(avg, 1))
	}
	return nil
}

// clockText writes seconds of the day as a time.
func clockText(seconds float64) json.RawMessage {
	if math.IsNaN(seconds) {
		return nil
	}
	at := time.Unix(0, 0).UTC().Add(time.Duration(math.Round(seconds*1e6)) * time.Microsecond)
	return json.RawMessage(at.Format(`"15:04:05.999999Z"`))
}

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
			origin = q.span.from
		case "between":
			origin, end = q.span.from, q.span.to
		case "before":
			end = q.span.to
		}
	}
	for _, c := range f.courses {
		s := newSummary(q.methods, cut(time.UnixMicro(origin).UTC(), time.UnixMicro(end).UTC(), q.Period))
		s.gauges(c.times, c.numbers)
		for i := range c.list {
			if t := &c.list[i]; t.DeletedAt.IsZero() {
				s.add(t.at, &t.Attr)
			}
		}
		if s.now == nil {
			continue
		}
		for _, m := range q.methods {
			if q.Attrs != nil && s.wanted&(1<<m) == 0 {
				return errs.Because(&ineligible{c.name, methodNames[m]}, errs.Invalid, "属性 %s 的值不适用聚合方法 %s", "the values of attribute %s are not eligible for the method %s",
					ngsi.Clip(c.name), methodNames[m])
			}
		}
		if out := s.result(); len(out) > 0 {
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
				take(c.list[i].at)
			}
		}
		for _, at := range c.times {
			take(at)
		}
	}
	return first, last
}
