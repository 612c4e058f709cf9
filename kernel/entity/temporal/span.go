package temporal

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// span is the part of time that is asked for: from <= time < to, in microseconds, of one time property.
type span struct {
	property string // "": whatever time an instance bears, and every instance matches
	bounded  bool
	from, to int64
}

// spanOf reads a temporal query (ETSI GS CIM 009 V1.9.1 4.11): before is exclusive, after inclusive, between half open.
func spanOf(t *query.Times) span {
	s := span{from: math.MinInt64, to: math.MaxInt64}
	if t == nil {
		return s
	}
	if s.property = t.Property; s.property == "" {
		s.property = "observedAt"
	}
	s.bounded = t.Rel != ""
	switch t.Rel {
	case "before":
		s.to = micros(t.At)
	case "after":
		s.from = micros(t.At)
	case "between":
		s.from, s.to = micros(t.At), micros(t.End)
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

// of gives the time of an instance, and whether it lies in the span.
func (s *span) of(i *form.Instance) (at int64, ok bool) {
	var t time.Time
	switch s.property {
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
	return at, at >= s.from && at < s.to
}

// timed is an instance with its time in the span.
type timed struct {
	at  int64
	seq int64 // its row's, in the table
	form.Instance
}

// arrange sorts instances by time, newest first where newest is set, and keeps at most limit of them (0: all).
func arrange(list []timed, newest bool, limit int) []timed {
	slices.SortStableFunc(list, func(a, b timed) int {
		if newest {
			return cmp.Compare(b.at, a.at)
		}
		return cmp.Compare(a.at, b.at)
	})
	if limit > 0 && len(list) > limit {
		clear(list[limit:])
		list = list[:limit]
	}
	return list
}
