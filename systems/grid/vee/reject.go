package vee

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
)

// at is a slot of a meter's day.
type at struct {
	dayOf
	slot int
}

// byPass tells whether the pass put the value there and no person: a reading that it rejected, with the estimate in its place.
func (e *Edit) byPass() bool { return e.Who == system }

// held reads what people and earlier passes decided about the held meters: what people put into gaps counts like a reading, in the
// day as before and behind it; a rejected reading is laid before the rules again; one that a person let stand is not rejected twice.
func (w *worker) decided(ctx context.Context) error {
	w.rejected = map[at]*Edit{}
	if len(w.held) == 0 {
		return nil
	}
	span := book.Day(rule.MostSlots / rule.Slots)
	list, err := edits(ctx, w.p.o.DB, qEditAround, w.held[0].key, w.held[len(w.held)-1].key, int64(w.day-span), int64(w.day+1), system)
	if err != nil {
		return err
	}
	for i := range list { // people first: a rejection never goes over what they put there
		e := &list[i]
		if m := w.known[e.Meter]; m != nil && !e.byPass() && e.Now.Quality == series.Estimated {
			w.fill(m, e)
		}
	}
	for i := range list {
		e := &list[i]
		m := w.known[e.Meter]
		switch {
		case m == nil || !e.byPass():
		case e.State == "stands":
			w.rejected[at{dayOf{e.Meter, e.Day}, e.Slot}] = e
			if e.Day == w.day && !m.day.Measured.Has(e.Slot) {
				m.day.Restore(e.Slot, e.Was.Register, e.Was.Power, e.Was.Voltage)
			}
		case e.Day == w.day && e.UndoneBy != system:
			m.day.Sure.Add(e.Slot)
		}
	}
	return nil
}

// fill takes what a person put into a gap for a reading.
func (w *worker) fill(m *meter, e *Edit) {
	slot := int(e.Day-w.day)*rule.Slots + e.Slot
	switch {
	case e.Day == w.day:
		m.day.Trust(e.Slot)
	case slot < 0 && m.day.Base != series.Null && slot > -m.day.BaseGap:
		m.day.Anchors = append(m.day.Anchors, rule.Anchor{Slot: slot, Register: e.Now.Register})
	case slot >= rule.Slots:
		m.fills = append(m.fills, rule.Anchor{Slot: slot, Register: e.Now.Register})
	}
}

// bounded lets what a person put behind the day end a gap before a later reading does.
func (m *meter) bounded() {
	for _, f := range m.fills {
		if m.after == series.Null || f.Slot < m.afterSlot {
			m.after, m.afterSlot = f.Register, f.Slot
		}
	}
}

// reject lays an estimate over a reading that fits neither neighbour. The reading is kept in an edit of the pass's own, which a person
// may take back. Where the same reading came again nothing new is written down; where another came it is judged for itself.
func (w *worker) reject(tx *store.Tx, x *refused) (out []series.Sample, err error) {
	now := w.p.o.Clock.Now()
	stands, err := w.p.standing(w.ctx, x.key, x.day, x.slot)
	if err != nil || stands.At == 0 || !isReading(stands.Quality) || stands.Register != x.was {
		return nil, err // rejected before, or something else came since: the day is passed again for it
	}
	old := w.rejected[x.at]
	if old == nil || old.Was.Register != stands.Register {
		if old != nil {
			if _, err := tx.Exec(qEditUndo, old.ID, store.Micros(now), system, ""); err != nil {
				return nil, err
			}
		}
		e := Edit{ID: store.NewID(now), Meter: x.key, Day: x.day, Slot: x.slot, At: now, Who: system, Reason: x.rule.Text().Zh + " / " + x.rule.Text().En, State: "stands", Was: stands,
			Now: Value{At: stands.At, Quality: series.Estimated, Register: x.register, Power: x.power, Voltage: series.Null}}
		if err := w.p.account(tx, &e); err != nil {
			return nil, err
		}
	}
	return []series.Sample{{Key: x.key, At: stands.At, Quality: series.Estimated, Values: []int64{x.register, x.power, series.Null}}}, nil
}

// refused is a reading that is rejected, with what stands in its place.
type refused struct {
	at
	rule            rule.Rule
	was             int64
	register, power int64
}

// restore lets a reading stand again that was rejected and fits by now: what was beside it changed.
func (w *worker) restore(tx *store.Tx, e *Edit) ([]series.Sample, error) {
	if _, err := tx.Exec(qEditUndo, e.ID, store.Micros(w.p.o.Clock.Now()), system, ""); err != nil {
		return nil, err
	}
	stands, err := w.p.standing(w.ctx, e.Meter, e.Day, e.Slot)
	if err != nil || isReading(stands.Quality) {
		return nil, err
	}
	return []series.Sample{{Key: e.Meter, At: e.Was.At, Quality: e.Was.Quality, Values: e.Was.values()}}, nil
}

// decide stores what the batch rejects and lets stand again, with the account of it, in one transaction of the ledger.
func (w *worker) decide(ctx context.Context) error {
	if len(w.refused)+len(w.restored) == 0 {
		return nil
	}
	w.ctx = ctx
	err := w.p.o.Ledger.Decide(ctx, func(tx *store.Tx) (out []series.Sample, err error) {
		for i := range w.refused {
			s, err := w.reject(tx, &w.refused[i])
			if err != nil {
				return nil, err
			}
			out = append(out, s...)
		}
		for _, e := range w.restored {
			s, err := w.restore(tx, e)
			if err != nil {
				return nil, err
			}
			out = append(out, s...)
		}
		return out, nil
	})
	return errs.Wrap("reject readings", err)
}
