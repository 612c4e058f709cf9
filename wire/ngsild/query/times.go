package query

import (
	"slices"
	"time"
)

// Times is a temporal query (4.11).
type Times struct {
	Rel      string // before, after, between; "" where no interval is asked for
	At, End  time.Time
	Property string // observedAt, createdAt, modifiedAt, deletedAt
}

// ParseTimes reads the parameters of a temporal query; "" is a parameter that was not given. ETSI GS CIM 009 V1.9.1 4.11.
func ParseTimes(timerel, timeAt, endTimeAt, timeproperty string) (*Times, error) {
	t := &Times{Rel: timerel, Property: timeproperty}
	if t.Property == "" {
		t.Property = "observedAt"
	}
	if !slices.Contains([]string{"observedAt", "createdAt", "modifiedAt", "deletedAt"}, t.Property) {
		return nil, &Error{Param: "timeproperty", Zh: "应为 observedAt、createdAt、modifiedAt 或 deletedAt", En: "expected observedAt, createdAt, modifiedAt or deletedAt"}
	}
	switch timerel {
	case "before", "after", "between":
	case "":
		if timeAt != "" || endTimeAt != "" {
			return nil, &Error{Param: "timerel", Zh: "给出 timeAt 或 endTimeAt 时须给出 timerel", En: "must be given where timeAt or endTimeAt is"}
		}
		return t, nil
	default:
		return nil, &Error{Param: "timerel", Zh: "应为 before、after 或 between", En: "expected before, after or between"}
	}
	var err error
	if t.At, err = instant("timeAt", timeAt); err != nil {
		return nil, err
	}
	if timerel == "between" {
		t.End, err = instant("endTimeAt", endTimeAt)
	} // the others do not use endTimeAt
	if err != nil {
		return nil, err
	}
	return t, nil
}

func instant(param, s string) (time.Time, error) {
	at, kind, ok := ParseInstant(s)
	if !ok || kind != DateTime {
		return at, &Error{Param: param, Zh: "应为 UTC 日期时间，形如 2026-01-31T08:00:00Z", En: "expected a date and time in UTC like 2026-01-31T08:00:00Z"}
	}
	return at, nil
}

// Has tells whether t lies in the interval: before is exclusive, after inclusive, between half open. Nil, and a query without
// interval, have every time but none at all.
func (t *Times) Has(at time.Time) bool {
	switch {
	case at.IsZero():
		return false
	case t == nil:
		return true
	}
	switch t.Rel {
	case "before":
		return at.Before(t.At)
	case "after":
		return !at.Before(t.At)
	case "between":
		return !at.Before(t.At) && at.Before(t.End)
	}
	return true
}

// String gives the query as parameters.
func (t *Times) String() string {
	s := "timeproperty=" + t.Property
	if t.Rel != "" {
		s += "&timerel=" + t.Rel + "&timeAt=" + t.At.Format(time.RFC3339Nano)
	}
	if t.Rel == "between" {
		s += "&endTimeAt=" + t.End.Format(time.RFC3339Nano)
	}
	return s
}
