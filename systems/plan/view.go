package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// targetView fills what the console shows of a target, without its history.
func (s *service) targetView(st indicator.Status) ui.Target {
	goal, unit := ui.QuantityLike(st.Value, st.Unit, st.Value)
	t := ui.Target{
		ID: st.ID, Area: st.Area, Name: st.Name, Clause: ui.Clause(st.Section), Owner: s.people.UnitName(st.Owners[0]),
		Source: s.measuredBy(st), Value: lang.Same(ui.None), Goal: opGoal(st.Op, goal), Unit: unit, Status: host.Standing(st.State),
		Expected: clamp(st.Expected()), Forecast: forecastText(st), Due: st.Due, Href: targetPath(st.ID),
	}
	if st.Figure == nil {
		return t
	}
	t.Value, _ = ui.QuantityLike(st.Figure.Value, st.Unit, st.Value)
	t.Progress, t.At = clamp(st.Progress(st.Figure.Value)), st.Figure.At
	if points, ok := st.Gap(); ok && st.State != indicator.Met {
		t.Gap, t.GapBad = ui.Signed(points, 1), points < 0
	}
	return t
}

// opGoal says "more than" where the plan does: 超过 10%.
func opGoal(op string, goal lang.Text) lang.Text {
	if op == ">" {
		return lang.T(">"+goal.Zh, ">"+goal.En)
	}
	return goal
}

func clamp(v float64) float64 { return min(1, max(0, v)) }

// measuredBy is where a figure comes from or is to come from; whether it does, the status beside it says.
func (s *service) measuredBy(st indicator.Status) lang.Text {
	if st.Source == indicator.SourceReport || st.Figure == nil && st.Reported {
		return lang.T("单位填报", "Submitted")
	}
	return s.systemName(st.System)
}

// source names where a figure comes from: the system, with the word for reports, or that it is not there yet.
func (s *service) source(st indicator.Status) lang.Text {
	name := s.systemName(st.System)
	switch {
	case st.Source == indicator.SourceReport:
		return lang.T("单位填报", "Submitted by the unit")
	case st.Figure == nil && !st.Connected && !st.Reported:
		return lang.T(name.Zh+"（未接入）", name.En+" (not connected)")
	case st.Figure == nil && st.Reported:
		return lang.T("单位填报（待报）", "Submitted by the unit (none yet)")
	}
	return name
}

func forecastText(st indicator.Status) lang.Text {
	switch {
	case st.State == indicator.Met:
		return lang.T("已完成", "Met")
	case st.Forecast.IsZero():
		return lang.Text{}
	case st.Forecast.In(indicator.China).Year() > st.Due+5:
		return lang.T(fmt.Sprintf("%d 年后", st.Due+5), fmt.Sprintf("after %d", st.Due+5))
	}
	return ui.Month(st.Forecast)
}

// wayPoints bounds how many points a trajectory is drawn from.
const wayPoints = 80

// withHistory adds the trajectory to a target's view.
func (s *service) withHistory(ctx context.Context, st indicator.Status, t ui.Target) (ui.Target, error) {
	points, err := s.daily(ctx, st.ID)
	if err != nil {
		return t, err
	}
	span := s.plan.End.Sub(s.plan.Start)
	step := max(1, (len(points)+wayPoints-1)/wayPoints)
	for i, p := range points {
		if i%step != 0 && i != len(points)-1 {
			continue
		}
		t.History = append(t.History, ui.HistoryPoint{Time: float64(p.At.Sub(s.plan.Start)) / float64(span), Progress: clamp(st.Progress(p.Value))})
	}
	return t, nil
}

// lead is the head of the plan's page.
func (s *service) lead(all []indicator.Status) ui.PlanLead {
	l := ui.PlanLead{ID: "plan-lead", Name: lang.T(s.plan.Name.Zh+"（"+s.years("—")+"）", s.plan.Name.En+", "+s.years("–")), Total: len(all),
		Counts: map[ui.Status]int{}, Now: s.clock.Now(), Start: s.plan.Start, End: s.plan.End}
	for _, st := range all {
		l.Counts[host.Standing(st.State)]++
	}
	for _, m := range s.plan.Milestones {
		l.Milestones = append(l.Milestones, ui.Milestone{Year: m.Year, Text: m.Text})
	}
	return l
}

func (s *service) years(dash string) string {
	return fmt.Sprintf("%d%s%d", s.plan.Start.In(indicator.China).Year(), dash, s.plan.End.In(indicator.China).Year())
}

// cards draws targets with their trajectories.
func (s *service) cards(ctx context.Context, id string, title lang.Text, list []indicator.Status) (ui.TargetCards, error) {
	c := ui.TargetCards{ID: id, Title: title, Start: s.plan.Start, End: s.plan.End}
	for _, st := range list {
		t, err := s.withHistory(ctx, st, s.targetView(st))
		if err != nil {
			return c, err
		}
		c.Items = append(c.Items, t)
	}
	return c, nil
}

// groups sorts statuses into the plan's areas, in its order; areas without any are left out.
func (s *service) groups(list []indicator.Status) []ui.TargetGroup {
	var out []ui.TargetGroup
	for _, a := range s.plan.Areas {
		g := ui.TargetGroup{ID: a.ID, Name: a.Name}
		for _, st := range list {
			if st.Area == a.ID {
				g.Items = append(g.Items, s.targetView(st))
			}
		}
		if len(g.Items) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// attentionLength is how many targets the list of those that need a push shows.
const attentionLength = 6

// attention lists what is behind or at risk, furthest below its due pace first.
func (s *service) attention(list []indicator.Status) ui.Attention {
	late := slices.DeleteFunc(slices.Clone(list), func(st indicator.Status) bool {
		return st.State != indicator.Behind && st.State != indicator.AtRisk
	})
	slices.SortStableFunc(late, func(a, b indicator.Status) int {
		if c := cmp.Compare(host.Standing(a.State), host.Standing(b.State)); c != 0 {
			return c
		}
		ga, _ := a.Gap()
		gb, _ := b.Gap()
		return cmp.Compare(ga, gb)
	})
	out := ui.Attention{ID: "plan-attention"}
	if len(late) > attentionLength {
		out.More = &ui.Link{Text: lang.T(fmt.Sprintf("共 %d 项，按责任单位查看", len(late)), fmt.Sprintf("All %d, by unit", len(late))), Href: "/plan/units"}
		late = late[:attentionLength]
	}
	for _, st := range late {
		out.Items = append(out.Items, s.targetView(st))
	}
	return out
}

// amountText says a figure of a target with its unit, on the goal's scale.
func amountText(t indicator.Target, v float64) lang.Text {
	n, u := ui.QuantityLike(v, t.Unit, t.Value)
	if t.Unit == "%" {
		return lang.T(n.Zh+"%", n.En+"%")
	}
	return lang.T(n.Zh+" "+u.Zh, n.En+" "+u.En)
}

// asOf says how old a figure is: its time, and how long ago that was where it is more than an hour.
func asOf(at, now time.Time) lang.Text {
	m := ui.Moment(at, now)
	if age := now.Sub(at); age > time.Hour {
		d := ui.Span(age)
		return lang.T(m.Zh+"（"+d.Zh+"前）", m.En+" ("+d.En+" ago)")
	}
	return m
}
