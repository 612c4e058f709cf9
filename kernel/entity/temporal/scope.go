package temporal

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/kernel/entity/temporal/span"
	"github.com/haihe-city/haihe/wire/ngsild/form"
)

// A scope is valid from the time when it was set until it was set anew or removed (ETSI GS CIM 009 V1.9.1 4.18, C.5.16).

// stretch is a part of time: from <= time < to.
type stretch struct{ from, to int64 }

// scopesOf reads the value of an instance of the course of the scope.
func scopesOf(i *form.Instance) (list []string) {
	if !i.DeletedAt.IsZero() {
		return nil
	}
	if json.Unmarshal(i.Value, &list) == nil {
		return list
	}
	var one string
	if json.Unmarshal(i.Value, &one) == nil {
		list = []string{one}
	}
	return list
}

// valid lists the stretches in which the scope of an entity matched a scope query; plain is a scope that has no course.
func valid(sel *filter.Selection, e *entity.Entity, plain []string, course []span.Timed) (out []stretch) {
	only := filter.Selection{Scope: sel.Scope}
	matches := func(scope []string) bool {
		probe := *e
		probe.Scope = scope
		return only.Match(&probe)
	}
	if len(course) == 0 {
		if matches(plain) {
			out = append(out, stretch{math.MinInt64, math.MaxInt64})
		}
		return out
	}
	for i := range course {
		to := int64(math.MaxInt64)
		if i+1 < len(course) {
			to = course[i+1].At
		}
		if matches(scopesOf(&course[i].Instance)) {
			out = append(out, stretch{course[i].At, to})
		}
	}
	return out
}

// within keeps the instances whose times lie in one of the stretches.
func within(list []span.Timed, parts []stretch) []span.Timed {
	return slices.DeleteFunc(list, func(t span.Timed) bool {
		return !slices.ContainsFunc(parts, func(p stretch) bool { return t.At >= p.from && t.At < p.to })
	})
}

// shown gives the instances of the scope's course that belong to a span: those in it, and the one that was valid where it begins.
func shown(s *span.Span, course []span.Timed) (out []form.Instance) {
	var before *span.Timed
	for i := range course {
		t := &course[i]
		at, ok := s.Time(&t.Instance)
		switch {
		case ok:
			out = append(out, t.Instance)
		case s.Property == "observedAt" && !t.ObservedAt.IsZero() && at < s.From && t.At < s.From:
			before = t
		case s.Property == "observedAt" && !t.DeletedAt.IsZero() && t.At < s.From:
			before = nil
		}
	}
	if before != nil {
		out = append([]form.Instance{before.Instance}, out...)
	}
	return out
}
