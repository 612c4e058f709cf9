package plan

import (
	"context"
	"slices"
	"time"

	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// topicAll is the event stream of the plan's page; each target's page has one of its own.
const topicAll = "plan"

func topicOf(id string) string { return "plan/" + id }

// feedLength is how many measurements the list of the newest holds.
const feedLength = 12

// seed fills the list of the newest figures from the history, so that it is not empty after a restart.
func (s *service) seed(ctx context.Context) error {
	type known struct {
		at   time.Time
		item ui.FeedItem
	}
	var all []known
	for _, t := range s.plan.Targets {
		page, _, err := s.board.HistoryPage(ctx, t.ID, time.Time{}, time.Time{}, time.Time{}, "", 2)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			continue
		}
		before := indicator.Status{Target: t}
		if len(page) > 1 {
			before.Figure = &indicator.Figure{Value: page[1].Value}
		}
		after := indicator.Status{Target: t, Figure: &indicator.Figure{Value: page[0].Value}, Source: page[0].Source, Report: page[0].Report}
		all = append(all, known{page[0].Known, s.feedItem(before, after, page[0].Known)})
	}
	slices.SortFunc(all, func(a, b known) int { return b.at.Compare(a.at) })
	for _, k := range all[:min(feedLength, len(all))] {
		s.feed = append(s.feed, k.item)
	}
	return nil
}

// feedItem is a change of a figure as the list of the newest shows it.
func (s *service) feedItem(before, after indicator.Status, at time.Time) ui.FeedItem {
	say := func(f *indicator.Figure) string {
		if f == nil {
			return ui.None
		}
		n, _ := ui.QuantityLike(f.Value, after.Unit, after.Value)
		if after.Unit == "%" {
			return n.Zh + "%"
		}
		return n.Zh
	}
	item := ui.FeedItem{At: at, Name: after.Name, Source: s.systemName(after.System), From: say(before.Figure), To: say(after.Figure), Href: targetPath(after.ID)}
	if after.Source == indicator.SourceReport {
		item.Source = lang.T("单位填报，已审核", "Submitted and approved")
	}
	return item
}

// heard takes a change in from the board. It must be quick: pages are told by live.
func (s *service) heard(before, after indicator.Status) {
	now := s.clock.Now()
	s.mu.Lock()
	s.changed[after.ID] = true
	if after.Figure != nil && (before.Figure == nil || before.Figure.Value != after.Figure.Value) {
		item := s.feedItem(before, after, now)
		s.feed = append([]ui.FeedItem{item}, s.feed...)
		s.feed = s.feed[:min(feedLength, len(s.feed))]
		s.fresh = append(s.fresh, item)
		if len(s.fresh) > feedLength {
			s.fresh = s.fresh[len(s.fresh)-feedLength:]
		}
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // live will look anyway
	}
}

// failing writes down measurements that fail, and that they work again.
func (s *service) failing(target string, err error) {
	if err != nil {
		s.log.Warn("a target could not be measured", "target", target, "error", err)
		return
	}
	s.log.Info("a target is measured again", "target", target)
}

// live tells open pages what changed, until ctx ends.
func (s *service) live(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
			if err := s.publish(ctx); err != nil {
				return err
			}
		}
	}
}

// publish tells the pages that are open; what nobody looks at is not even drawn.
func (s *service) publish(ctx context.Context) error {
	s.mu.Lock()
	changed, fresh := s.changed, s.fresh
	s.changed, s.fresh = map[string]bool{}, nil
	s.mu.Unlock()
	all, err := s.board.All(ctx)
	if err != nil {
		return err
	}
	if s.hub.Watched(topicAll) {
		updates, err := s.overviewUpdates(ctx, all, changed, fresh)
		if err != nil {
			return err
		}
		s.hub.Publish(topicAll, updates...)
	}
	for _, st := range all {
		if !changed[st.ID] || !s.hub.Watched(topicOf(st.ID)) {
			continue
		}
		way, err := s.trajectory(ctx, st)
		if err != nil {
			return err
		}
		s.hub.Publish(topicOf(st.ID), ui.Update{Block: way}, ui.Update{Block: s.facts(st)})
	}
	return nil
}

// overviewUpdates is what moves on the plan's page: the rows that changed, the head, the cards, the lists at the side.
func (s *service) overviewUpdates(ctx context.Context, all []indicator.Status, changed map[string]bool, fresh []ui.FeedItem) ([]ui.Update, error) {
	rows := slices.DeleteFunc(slices.Clone(all), func(st indicator.Status) bool { return !changed[st.ID] })
	updates := []ui.Update{{Block: s.lead(all)}, {Block: s.attention(all)}, {Block: ui.TargetTable{Groups: s.groups(rows)}}}
	if overall := inArea(all, areaOverall); slices.ContainsFunc(overall, func(st indicator.Status) bool { return changed[st.ID] }) {
		cards, err := s.cards(ctx, "plan-cards", headline, overall)
		if err != nil {
			return nil, err
		}
		updates = append(updates, ui.Update{Block: cards})
	}
	if len(fresh) > 0 {
		slices.Reverse(fresh) // newest first, as the list stands
		updates = append(updates, ui.Update{Block: ui.Feed{ID: "plan-feed", Items: fresh}, Prepend: true})
	}
	return updates, nil
}
