package vee

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
)

// draw does not stop the pass where something cannot be drawn: one odd meter must not keep a city from its night. It judges a held meter and estimates what is missing.
func (w *worker) draw(m *meter) {
	d, s := &m.day, w.blocks.of(m.key).of(m.key)
	w.judge(m.key, d, s)
	place, _ := w.p.o.Book.PlaceOf(m.key)
	seat := book.Seat{Place: place, Num: m.key}
	filled, ended, failed := nothing, int64(series.Null), false
	if m.again {
		w.methods[dayOf{m.key, d.Day}] = map[rule.Method]book.SlotSet{}
	}
	for _, g := range w.check.Gaps(d, s, m.after, m.afterSlot) {
		out, ok := w.check.Draw(&g, d, s, m.proxy, w.p.order)
		if !ok {
			continue
		}
		if g.Closed && !rule.AddsUp(&g, out.Registers) {
			failed = true // an error of ours: counted, and nothing of it is stored
			continue
		}
		before := g.Before
		for i, r := range out.Registers {
			e := r - before
			if before = r; e < 0 {
				e += g.Wrap
			}
			day, slot := g.Day+book.Day(floor(g.From+i, rule.Slots)), (g.From+i+rule.MostSlots)%rule.Slots
			x := at{dayOf{m.key, day}, slot}
			when := day.Start() + int64(slot)*book.SlotMicros
			if old := w.rejected[x]; old != nil {
				when = old.Was.At // where the reading stood: one value a slot
			}
			if day == d.Day {
				filled[slot] = r
				if d.Measured.Has(slot) { // it fits neither neighbour
					w.refused = append(w.refused, refused{x, w.check.Why(slot), d.Register[slot], r, e * 4})
				}
			}
			w.note(m.key, day, slot, out.Method)
			w.drawn = append(w.drawn, book.Reading{Seat: seat, At: when, Quality: series.Estimated, Energy: r, Power: e * 4, Voltage: series.Null})
		}
		switch {
		case g.To < rule.Slots:
		case g.Closed:
			ended = rule.Ended
		default:
			ended = out.Registers[len(out.Registers)-1]
		}
	}
	for slot := range rule.Slots {
		if old := w.rejected[at{dayOf{m.key, d.Day}, slot}]; old != nil && d.Measured.Has(slot) && !w.check.Bad(slot) && !d.Edited.Has(slot) {
			w.restored = append(w.restored, old)
		}
	}
	if failed {
		w.sums[rule.Failed]++
	} else {
		w.settle(d, &filled, ended == rule.Ended)
	}
	w.check.Take(d, s)
	if s.Taken == d.Day {
		s.Drawn = ended
	}
}

// floor divides towards the past.
func floor(a, b int) int {
	if a < 0 {
		return -((b - 1 - a) / b)
	}
	return a / b
}

// note remembers by which method a slot was estimated.
func (w *worker) note(key int64, day book.Day, slot int, m rule.Method) {
	of := w.methods[dayOf{key, day}]
	if of == nil {
		of = map[rule.Method]book.SlotSet{}
		w.methods[dayOf{key, day}] = of
	}
	set := of[m]
	set.Add(slot)
	of[m] = set
}

// stats reads the statistics of keys first to last.
func (p *Part) stats(ctx context.Context, first, last int64) (out blocks, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error { out, err = readBlocks(tx, first, last); return err })
	return out, errs.Wrap("read statistics", err)
}

// takeRows is the number of estimates that are handed to the ledger at once.
const takeRows = 10_000

// commit stores the estimates, and then, in one transaction, what was found, by which methods was estimated, what is usual now,
// and that the batch was passed. A crash between the two leaves estimates that the next try makes again, the same ones.
func (w *worker) commit(ctx context.Context, keys []int64) error {
	p, slots := w.p, int64(len(w.drawn))
	if err := w.decide(ctx); err != nil {
		return err
	}
	for rows := w.drawn; len(rows) > 0; {
		n := min(takeRows, len(rows))
		if _, err := p.o.Ledger.Take(ctx, rows[:n]); err != nil {
			return errs.Wrap("store estimates", err)
		}
		rows = rows[n:]
	}
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := w.writeFindings(tx, keys); err != nil {
			return err
		}
		if err := w.writeMethods(tx); err != nil {
			return err
		}
		var args []any
		for i, k := range keys {
			if i > 0 && k>>blockBits == keys[i-1]>>blockBits {
				continue
			}
			b := w.blocks.of(k)
			pass := b.pass
			if w.num != 0 {
				pass = w.num
			}
			args = append(args, b.num, pass, b.pack())
		}
		if _, err := tx.ExecBulk(bulkStat, args); err != nil {
			return err
		}
		if w.num == 0 {
			return nil
		}
		_, err := tx.Exec(qPassMove, w.num, w.n, int64(len(w.found)), slots, w.sums[rule.Balanced], w.sums[rule.Unended], w.sums[rule.Torn], w.sums[rule.Failed])
		return err
	})
	return errs.Wrap("store findings", err)
}

// writeFindings deletes by stretch of keys where the batch is all that lies in it, so that a meter whose trouble is over loses its
// finding. It puts the findings of the batch in the place of those of an earlier pass of the day.
func (w *worker) writeFindings(tx *store.Tx, keys []int64) error {
	if w.num != 0 {
		if _, err := tx.Exec(qFindingCut, int64(w.day), keys[0], keys[len(keys)-1]); err != nil {
			return err
		}
	} else {
		for _, k := range keys {
			if _, err := tx.Exec(qFindingCut, int64(w.day), k, k); err != nil {
				return err
			}
		}
	}
	args := make([]any, 0, 10*len(w.found))
	for _, f := range w.found {
		m, _ := w.p.o.Book.ByNum(f.key)
		args = append(args, int64(w.day), f.key, string(f.Rule), int64(f.Severity), m.District, int64(f.Slots[0]), int64(f.Slots[1]), f.A, f.B, f.C)
	}
	_, err := tx.ExecBulk(bulkFinding, args)
	return err
}

// writeMethods notes by which methods slots were estimated, over what was noted of them before.
func (w *worker) writeMethods(tx *store.Tx) error {
	at := store.Micros(w.p.o.Clock.Now())
	var args []any
	for of, fresh := range w.methods {
		var all book.SlotSet
		for _, set := range fresh {
			all = all.Or(set)
		}
		old, err := methodsOf(tx, of)
		if err != nil {
			return err
		}
		for m, set := range old {
			if of.day == w.day { // the day was estimated as a whole
				if m != rule.Manual {
					continue
				}
			}
			if set = set.Minus(all); !set.Empty() {
				fresh[m] = fresh[m].Or(set)
			}
		}
		if len(old) > 0 {
			if _, err := tx.Exec(qEstimateCut, of.key, int64(of.day)); err != nil {
				return err
			}
		}
		for m, set := range fresh {
			args = append(args, of.key, int64(of.day), string(m), int64(set[0]), int64(set[1]), at)
		}
	}
	_, err := tx.ExecBulk(bulkEstimate, args)
	return err
}

// methodsOf reads by which methods the slots of a meter's day were estimated.
func methodsOf(tx *store.Tx, of dayOf) (map[rule.Method]book.SlotSet, error) {
	out := map[rule.Method]book.SlotSet{}
	err := tx.Each(qEstimates, []any{of.key, int64(of.day)}, func(scan func(...any) error) error {
		var m string
		var a, b int64
		if err := scan(&m, &a, &b); err != nil {
			return err
		}
		out[rule.Method(m)] = book.SlotSet{uint64(a), uint64(b)}
		return nil
	})
	return out, err
}
