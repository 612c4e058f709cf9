package plan

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// service is the room: it reads the board and shows it.
type service struct {
	log     *slog.Logger
	clock   host.Clock
	board   *indicator.Board
	people  *identity.Service
	journal *journal.Journal
	hub     *web.Hub
	plan    indicator.Plan

	mu      sync.Mutex
	feed    []ui.FeedItem   // what was measured or approved last, newest first
	fresh   []ui.FeedItem   // of those, what open pages have not been told yet, oldest first
	changed map[string]bool // targets that open pages have not been told of
	wake    chan struct{}
	ways    map[string]way // trajectories, read from the history
}

// way is a target's trajectory as it was read.
type way struct {
	read   time.Time
	points []indicator.Point
}

func newService(h *host.Host) *service {
	return &service{log: h.Log, clock: h.Clock, board: h.Indicators, people: h.People, journal: h.Journal, hub: h.Live,
		plan: h.Indicators.Plan(), changed: map[string]bool{}, wake: make(chan struct{}, 1), ways: map[string]way{}}
}

// wayKeep is for how long a trajectory is good: it shows days, and a change of today's figure moves its end only.
const wayKeep = time.Minute

// daily gives a target's closing figures since the plan's start.
func (s *service) daily(ctx context.Context, id string) ([]indicator.Point, error) {
	now := s.clock.Now()
	s.mu.Lock()
	w, ok := s.ways[id]
	s.mu.Unlock()
	if age := now.Sub(w.read); ok && age >= 0 && age < wayKeep {
		return w.points, nil
	}
	points, err := s.board.Daily(ctx, id, s.plan.Start, time.Time{}, time.Time{})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.ways[id] = way{now, points}
	s.mu.Unlock()
	return points, nil
}

// area finds an area of the plan.
func (s *service) area(id string) (indicator.Area, bool) {
	i := slices.IndexFunc(s.plan.Areas, func(a indicator.Area) bool { return a.ID == id })
	if i < 0 {
		return indicator.Area{}, false
	}
	return s.plan.Areas[i], true
}

// systemName is a system's name in the plan.
func (s *service) systemName(id string) lang.Text {
	if x, ok := s.plan.System(id); ok {
		return x.Name
	}
	return lang.Same(id)
}

// search finds targets and units by their names and ids. Both stand in the plan's public text; no figure is given here.
func (s *service) search(_ context.Context, _ *identity.Principal, q string, limit int) ([]web.Hit, error) {
	q = strings.ToLower(strings.TrimSpace(q))
	if q == "" || limit <= 0 {
		return []web.Hit{}, nil
	}
	match := func(id string, name lang.Text) bool {
		return strings.Contains(strings.ToLower(name.Zh), q) || strings.Contains(strings.ToLower(name.En), q) || strings.Contains(id, q)
	}
	hits := []web.Hit{}
	for _, t := range s.plan.Targets {
		if match(t.ID, t.Name) {
			hits = append(hits, web.Hit{Kind: lang.T("目标", "Target"), Text: t.Name, Sub: between(ui.Clause(t.Section), s.people.UnitName(t.Owners[0])), Href: targetPath(t.ID)})
		}
	}
	for _, u := range s.people.Units() {
		if match(u.ID, u.Name) {
			hits = append(hits, web.Hit{Kind: lang.T("单位", "Unit"), Text: u.Name, Sub: lang.T("责任单位", "Responsible unit"), Href: unitPath(u.ID)})
		}
	}
	return hits[:min(limit, len(hits))], nil
}

func targetPath(id string) string { return "/plan/target/" + id }
func unitPath(id string) string   { return "/plan/unit/" + id }
func reportPath(id string) string { return "/plan/report/" + id }

// between joins two texts by a middle dot.
func between(a, b lang.Text) lang.Text { return lang.T(a.Zh+" · "+b.Zh, a.En+" · "+b.En) }
