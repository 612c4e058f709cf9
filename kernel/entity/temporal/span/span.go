// Package span is the part of time that a temporal query asks for (时间范围), and instances by their times in it.
package span

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// Span is the part of time that is asked for: From <= time < To, in microseconds, of one time property.
type Span struct {
	Property string // "": whatever time an instance bears, and every instance matches
	From, To int64
}

// Of reads a temporal query (ETSI GS CIM 009 V1.9.1 4.11): before is exclusive, after inclusive, between half open.
func Of(t *query.Times) Span {
	s := Span{From: math.MinInt64, To: math.MaxInt64}
	if t == nil {
		return s
	}
	if s.Property = t.Property; s.Property == "" {
		s.Property = "observedAt"
	}
	switch t.Rel {
	case "before":
		s.To = micros(t.At)
	case "after":
		s.From = micros(t.At)
	case "between":
		s.From, s.To = micros(t.At), micros(t.End)
	}
	return s
}

// micros rounds up, so that what lies between two microseconds bounds as it should.
func micros(t time.Time) int64 {
	us := t.UnixMicro()
	if t.Nanosecond()%1000 != 0 {
		us++
	}
	return us
}

// Time gives the time of an instance, and whether it lies in the span.
func (s *Span) Time(i *form.Instance) (at int64, ok bool) {
	var t time.Time
	switch s.Property {
	case "observedAt":
		t = i.ObservedAt
	case "createdAt":
		t = i.CreatedAt
	case "modifiedAt":
		t = i.ModifiedAt
	case "deletedAt":
		t = i.DeletedAt
	default:
		if t = i.ObservedAt; t.IsZero() {
			if t = i.DeletedAt; t.IsZero() {
				t = i.CreatedAt
			}
		}
		return t.UnixMicro(), true
	}
	if t.IsZero() { // an instance that does not bear the property does not match
		return 0, false
	}
	at = t.UnixMicro()
	return at, at >= s.From && at < s.To
}

// Timed is an instance with its time in the span, in microseconds.
type Timed struct {
	At  int64
	Seq int64 // its row's, where it has one of its own
	form.Instance
}

// Arrange sorts instances by time, newest first where newest is set, and keeps at most limit of them (0: all).
func Arrange(list []Timed, newest bool, limit int) []Timed {
	slices.SortStableFunc(list, func(a, b Timed) int {
		if newest {
			return cmp.Compare(b.At, a.At)
		}
		return cmp.Compare(a.At, b.At)
	})
	if limit > 0 && len(list) > limit {
		clear(list[limit:])
		list = list[:limit]
	}
	return list
}
