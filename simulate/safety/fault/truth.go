package fault

import (
	"encoding/json"
	"io"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/grid/town"
)

// Truth is one line of the truth file: one fault at one plant. docs/guide-developers.md states the schema.
type Truth struct {
	Kind   Kind     `json:"kind"`
	Plant  string   `json:"plant"` // MN
	Name   string   `json:"name"`
	Points []string `json:"points,omitempty"` // tags; none where the whole plant is concerned
	Begin  string   `json:"begin"`            // RFC 3339, China time
	End    string   `json:"end"`              // not in it any more
	Alarm  string   `json:"alarm,omitempty"`  // when the first reading passes a limit; "" where none does
	Times  int      `json:"times,omitempty"`  // of Chatter: how often the value passes the limit; of Flood: points that pass theirs
}

// WriteTruth writes what the set will do, one line of JSON a fault.
func (s *Set) WriteTruth(w io.Writer) error {
	out := json.NewEncoder(w)
	for i := range s.list {
		if err := out.Encode(s.truth(&s.list[i])); err != nil {
			return errs.Wrap("write the truth", err)
		}
	}
	return nil
}

func (s *Set) truth(e *Episode) Truth {
	p := s.sites.Plant(e.Plant)
	x := Truth{Kind: e.Kind, Plant: p.MN, Name: p.Name.Zh, Begin: stamp(e.Begin), End: stamp(e.End)}
	points := p.Points()
	for _, i := range e.Points {
		x.Points = append(x.Points, points[i].Tag)
	}
	if at, ok := s.crosses(e); ok {
		x.Alarm = stamp(at)
	}
	switch e.Kind {
	case Chatter:
		x.Times = int(e.End.Sub(e.Begin) / s.plan.Every)
	case Flood:
		x.Times = len(e.Points)
	}
	return x
}

// crosses is when the first reading of an episode lies beyond a limit.
func (s *Set) crosses(e *Episode) (at time.Time, ok bool) {
	points := s.sites.Plant(e.Plant).Points()
	for t := s.Next(e.Plant, e.Begin); t.Before(e.End); t = t.Add(s.plan.Every) {
		for _, i := range e.Points {
			x := &points[i]
			v, q := s.Shown(e.Plant, x, i, t)
			h, l := x.Limits.High, x.Limits.Low
			if q == Good && (h != nil && v > *h || l != nil && v < *l) {
				return t, true
			}
		}
	}
	return at, false
}

func stamp(t time.Time) string { return t.In(town.China()).Format(time.RFC3339) }
