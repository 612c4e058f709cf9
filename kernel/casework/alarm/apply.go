package alarm

import (
	"math"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/store"
)

// The verbs of an alarm's lines.
const (
	verbCame        = "came"
	verbGone        = "gone"
	verbAcknowledge = "acknowledge"
	verbShelve      = "shelve"
	verbUnshelve    = "unshelve"
	verbHold        = "hold"
	verbRelease     = "release"
	verbLink        = "link"
	verbNote        = "note"
)

// FromRules turns transitions of rules into signals.
func FromRules(system string, list []rule.Transition) []Signal {
	out := make([]Signal, len(list))
	for i, t := range list {
		s := Signal{Key: t.Key, Source: "rule:" + t.Rule, Class: classOf(t.Kind), Came: t.Came, At: store.Time(t.At), Priority: t.Priority, Title: t.Title, Advice: t.Advice,
			Entity: t.Point.Entity, Name: t.Point.Name, Group: t.Point.Group, Unit: t.Point.Unit, Area: t.Point.Area, System: system, UCUM: t.Point.UCUM, Reasons: t.Reasons}
		if !math.IsNaN(t.Value) {
			s.Value = &t.Value
		}
		if t.Kind == rule.Limit && !math.IsNaN(t.Limit) { // that of a rate or of a movement is none of the value
			s.Limit = &t.Limit
		}
		out[i] = s
	}
	return out
}

func classOf(k rule.Kind) Class {
	switch k {
	case rule.Silence:
		return Silent
	case rule.Bad, rule.Stuck:
		return Quality
	}
	return Process
}

// Apply takes signals in the caller's transaction. A condition that came again while its alarm is open counts there; the going of what
// has no alarm is nothing.
func (b *Board) Apply(tx *store.Tx, list []Signal) error {
	now := b.now()
	pending, order := map[string]*change{}, []string(nil) // one change for each condition, as the last signal leaves it
	for _, s := range list {
		if s.Key == "" || s.Priority < rule.Critical && s.Came || s.Priority > rule.Low {
			return errs.Say(errs.Internal, "告警信号缺少条件或优先级：%[1]q", "a signal lacks its condition or its priority: %[1]q", s.Key)
		}
		cur := b.current(s.Key, pending)
		c := b.step(cur, s, now)
		if c == nil {
			continue
		}
		if p := pending[s.Key]; p != nil {
			c.fresh = c.fresh || p.fresh
		} else {
			order = append(order, s.Key)
		}
		pending[s.Key] = c
	}
	changes := make([]change, 0, len(order))
	for _, key := range order {
		changes = append(changes, *pending[key])
	}
	return b.put(tx, changes)
}

func (b *Board) current(key string, pending map[string]*change) *Alarm {
	if c := pending[key]; c != nil {
		return c.alarm
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.live[key]
}

// step is one signal's effect on the alarm of its condition, nil for none (IEC 62682:2014 figure 3).
func (b *Board) step(cur *Alarm, s Signal, now time.Time) *change {
	if !s.Came {
		return gone(cur, s)
	}
	if cur == nil || cur.State == Closed && cur.Touched.Before(now.Add(-reopenWithin)) {
		a := &Alarm{ID: store.NewID(now), Signal: s, State: Unacknowledged, First: s.At, Count: 1}
		a.note(now)
		a.Hold = b.holdOf(a)
		return &change{alarm: a, verb: verbCame, actor: s.Source, fresh: true}
	}
	a := *cur
	standing := cur.Came
	a.Signal = s
	if standing && s.Priority > cur.Priority {
		a.Priority = cur.Priority // two sources of one condition: the graver holds
	}
	if standing {
		if a.Priority == cur.Priority {
			return nil
		}
		return &change{alarm: &a, verb: verbCame, actor: s.Source}
	}
	a.Gone = time.Time{}
	a.Count++
	a.note(now)
	switch {
	case a.Chatter && a.AckedAt.After(now.Add(-reopenWithin)):
		a.State = Acknowledged // somebody has answered for a point that chatters
	default:
		a.State = Unacknowledged
	}
	return &change{alarm: &a, verb: verbCame, actor: s.Source}
}

// gone is the going of a condition.
func gone(cur *Alarm, s Signal) *change {
	if cur == nil || !cur.Came {
		return nil
	}
	a := *cur
	a.Came, a.Gone, a.At = false, s.At, s.At
	if s.Value != nil {
		a.Value = s.Value
	}
	if a.State == Acknowledged {
		a.State = Closed
	} else {
		a.State = Returned
	}
	return &change{alarm: &a, verb: verbGone, actor: s.Source}
}

// note remembers a coming, and tells whether the point chatters: three comings within a minute begin it, ten quiet minutes end it.
func (a *Alarm) note(now time.Time) {
	last := a.recent[chatterTimes-1]
	copy(a.recent[:], a.recent[1:])
	a.recent[chatterTimes-1] = now
	if !a.recent[0].IsZero() && now.Sub(a.recent[0]) <= chatterSpan {
		a.Chatter = true
	} else if now.Sub(last) > reopenWithin {
		a.Chatter = false
	}
}

// Link ties alarms to a case, in the caller's transaction; those that were closed long ago too.
func (b *Board) Link(tx *store.Tx, ids []string, caseID string) error {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var rows []any
	for _, id := range ids {
		if b.holdsInMemory(id) {
			continue
		}
		a, err := scanAlarm(func(dest ...any) error { return tx.Get(qGet, []any{id}, dest...) })
		if errs.Is(err, errs.NotFound) {
			return errs.Say(errs.NotFound, "没有告警 %[1]s", "there is no alarm %[1]s", id)
		}
		if err != nil {
			return err
		}
		a.Case = caseID
		if rows, err = a.args(rows); err != nil {
			return err
		}
	}
	if _, err := tx.ExecBulk(bulkPut, rows); err != nil {
		return err
	}
	return b.amend(tx, ids, func(a *Alarm) *change {
		if a.Case == caseID {
			return nil
		}
		a.Case = caseID
		return &change{verb: verbLink, actor: "system:casework", note: caseID}
	})
}

func (b *Board) holdsInMemory(id string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.seen[id] != nil
}
