package aggregate

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// Method is an aggregation method (ETSI GS CIM 009 V1.9.1 4.5.19.1).
type Method uint8

const (
	avg Method = iota
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

// String is the name of the method.
func (m Method) String() string { return methodNames[m] }

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

func set(list ...Method) (s uint16) {
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

// Read reads the names of methods, each once.
func Read(names []string) ([]Method, error) {
	var out []Method
	for _, name := range names {
		i := slices.Index(methodNames[:], name)
		if i < 0 {
			return nil, errs.Say(errs.Invalid, "参数 aggrMethods：没有聚合方法 %s，可用的有 %s", "aggrMethods: there is no method %s; there are %s",
				ngsi.Clip(name), strings.Join(methodNames[:], ", "))
		}
		if !slices.Contains(out, Method(i)) {
			out = append(out, Method(i))
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

// Summary aggregates one course.
type Summary struct {
	ask     []Method
	span    *calendar
	wanted  uint16 // methods that something was eligible for
	differs bool   // distinctCount is asked for
	cells   map[int64]*cell
	now     *cell
}

// New begins a summary of periods that are counted from origin; end is where the whole range ends.
func New(ask []Method, origin, end time.Time, p query.Period) *Summary {
	return &Summary{ask: ask, span: cut(origin, end, p), differs: slices.Contains(ask, distinctCount), cells: map[int64]*cell{}}
}

// at gives the cell of a time.
func (s *Summary) at(t int64) *cell {
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

// Millionths takes the values of a gauge in, with their times in microseconds.
func (s *Summary) Millionths(times, values []int64) {
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

// Add takes an instance in that belongs to a time in microseconds.
func (s *Summary) Add(t int64, a *ngsi.Attr) {
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

// Empty tells whether nothing was taken in.
func (s *Summary) Empty() bool { return s.now == nil }

// Fits tells whether a value was eligible for a method.
func (s *Summary) Fits(m Method) bool { return s.wanted&(1<<m) != 0 }

// Result gives the aggregates by method, those that nothing was eligible for left out.
func (s *Summary) Result() map[string][]form.Aggregate {
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
func (c *cell) of(m Method) json.RawMessage {
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
