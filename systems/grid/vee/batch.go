package vee

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
)

// worker works batches off, one after the other.
type worker struct {
	p     *Part
	day   book.Day
	num   int64
	tol   int64
	check *rule.Checker
	cur   rule.Day // the meter that is being read

	// of the batch
	blocks  blocks
	held    []*meter // meters whose day has gaps, or is passed again
	known   map[int64]*meter
	found   []found
	drawn   []book.Reading
	methods map[dayOf]map[rule.Method]book.SlotSet
	sums    [4]int64 // meters by rule.Outcome
	n       int64

	rejected map[at]*Edit // by passes, of the held meters
	refused  []refused    // now
	restored []*Edit      // rejected earlier, fit now
	ctx      context.Context
}

// meter is a day that needs more than its own samples to be judged.
type meter struct {
	key       int64
	day       rule.Day
	again     bool  // what came last before the day is not in the statistics, or not any more
	after     int64 // first register behind the day, and its slot
	afterSlot int
	fills     []rule.Anchor // by people, behind the day
	proxy     rule.Proxied
	wants     []book.Day // days that a proxy is wanted of
}

// found is a finding of a meter.
type found struct {
	key int64
	rule.Finding
}

// dayOf is a meter's day.
type dayOf struct {
	key int64
	day book.Day
}

func newWorker(p *Part, day book.Day, num int64) *worker {
	return &worker{p: p, day: day, num: num, tol: int64(p.o.Tolerance / 1000), check: rule.NewChecker(rule.Limits{Prolonged: p.o.Prolonged, Sort: sort(p.o.Days())})}
}

// batch passes the meters of keys and commits.
func (w *worker) batch(ctx context.Context, keys []int64) (err error) {
	if w.blocks, err = w.p.stats(ctx, keys[0], keys[len(keys)-1]); err != nil {
		return err
	}
	if w.passed(keys) {
		return nil
	}
	w.held, w.found, w.drawn, w.sums, w.n = w.held[:0], w.found[:0], w.drawn[:0], [4]int64{}, int64(len(keys))
	w.refused, w.restored = w.refused[:0], w.restored[:0]
	w.known, w.methods = map[int64]*meter{}, map[dayOf]map[rule.Method]book.SlotSet{}
	if err := w.read(ctx, keys); err != nil {
		return err
	}
	if err := w.complete(ctx); err != nil {
		return err
	}
	for _, m := range w.held {
		w.draw(m)
	}
	return w.commit(ctx, keys)
}

// passed tells whether the pass has been over a batch before it was broken off.
func (w *worker) passed(keys []int64) bool {
	if w.num == 0 {
		return false
	}
	for i, k := range keys {
		if i > 0 && k>>blockBits == keys[i-1]>>blockBits {
			continue
		}
		if w.blocks.of(k).pass != w.num {
			return false
		}
	}
	return true
}

// read needs one day of chunks for most meters: what comes before is in the statistics, and interval i ends at slot i, so that the
// next midnight is not needed. It reads the day of every key: what is whole is judged at once, the rest is held.
func (w *worker) read(ctx context.Context, keys []int64) error {
	next := 0
	begin := func(key int64) { rule.Begin(&w.cur, w.day, w.blocks.of(key).of(key)) }
	end := func() {
		key := keys[next]
		next++
		s := w.blocks.of(key).of(key)
		// passed before, or days were left out since: the reading before the day has to be looked for
		again := s.Taken >= w.day || s.Taken > 0 && s.Taken < w.day-1
		w.cur.Solar = w.p.o.Book.Solar(key)
		list := w.check.Check(&w.cur, s)
		if again || !w.cur.Gaps().Empty() || w.cur.BaseGap > 1 || !w.check.Rejected().Empty() {
			m := &meter{key: key, day: w.cur, again: again, after: series.Null}
			if again {
				m.day.Base, m.day.BaseGap = series.Null, 0
			}
			w.held, w.known[key] = append(w.held, m), m
			return
		}
		for _, f := range list {
			w.found = append(w.found, found{key, f})
		}
		w.settle(&w.cur, &nothing, false)
		w.check.Take(&w.cur, s)
	}
	begin(keys[0])
	err := w.p.o.Readings.Scan(ctx, keys, w.day.Start(), (w.day + 1).Start(), func(x series.Sample) error {
		for keys[next] != x.Key {
			end()
			begin(keys[next])
		}
		w.cur.Put(x.At, w.tol, x.Quality, x.Values[0], x.Values[1], x.Values[2])
		return nil
	})
	if err != nil {
		return err
	}
	for next < len(keys) {
		end()
		if next < len(keys) {
			begin(keys[next])
		}
	}
	return nil
}

// judge notes what the rules find.
func (w *worker) judge(key int64, d *rule.Day, s *rule.Stat) {
	for _, f := range w.check.Check(d, s) {
		w.found = append(w.found, found{key, f})
	}
}

var nothing = func() (f rule.Filled) {
	for i := range f {
		f[i] = series.Null
	}
	return f
}()

func (w *worker) settle(d *rule.Day, filled *rule.Filled, ended bool) {
	w.sums[w.check.Settle(d, filled, ended)]++
}

// scan reads samples of those held meters that want takes.
func (w *worker) scan(ctx context.Context, from, to int64, want func(*meter) bool, fn func(m *meter, x series.Sample)) error {
	var keys []int64
	for _, m := range w.held {
		if want(m) {
			keys = append(keys, m.key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return w.p.o.Readings.Scan(ctx, keys, from, to, func(x series.Sample) error { fn(w.known[x.Key], x); return nil })
}

func isReading(q series.Quality) bool {
	q &^= series.Late
	return q == series.Measured || q == series.Substituted
}

// complete asks for few meters and for all of them together: a scan by keys decodes only theirs out of each block. It reads what the held meters need from beside their day: readings that stand before midnight for its first slot, the
// reading before it where the statistics do not have it any more, the first reading behind it, and a proxy day.
func (w *worker) complete(ctx context.Context) error {
	half := book.SlotMicros / 2
	err := w.scan(ctx, w.day.Start()-half, w.day.Start(), func(m *meter) bool { return !m.day.Measured.Has(0) }, func(m *meter, x series.Sample) {
		m.day.Put(x.At, w.tol, x.Quality, x.Values[0], x.Values[1], x.Values[2])
	})
	if err != nil {
		return err
	}
	for _, back := range []book.Day{1, rule.MostSlots / rule.Slots} {
		err := w.scan(ctx, (w.day - back).Start(), w.day.Start()-half, func(m *meter) bool { return m.again && m.day.Base == series.Null }, func(m *meter, x series.Sample) {
			if d, slot, ok := book.SlotAt(x.At, w.p.o.Tolerance); ok && isReading(x.Quality) && x.Values[0] != series.Null {
				m.day.Base, m.day.BaseGap = x.Values[0], int(w.day-d)*rule.Slots-slot
			}
		})
		if err != nil {
			return err
		}
	}
	if err := w.decided(ctx); err != nil {
		return err
	}
	open := map[int64]bool{} // nothing that is accepted stands in the last slot
	for _, m := range w.held {
		w.check.Check(&m.day, w.blocks.of(m.key).of(m.key))
		open[m.key] = !m.day.Measured.Has(rule.Slots-1) || w.check.Bad(rule.Slots-1)
	}
	err = w.scan(ctx, (w.day+1).Start()-half, (w.day + 2).Start(), func(m *meter) bool { return open[m.key] }, func(m *meter, x series.Sample) {
		d, slot, ok := book.SlotAt(x.At, w.p.o.Tolerance)
		_, wrong := w.rejected[at{dayOf{m.key, d}, slot}]
		if ok && d > w.day && !wrong && m.after == series.Null && isReading(x.Quality) && x.Values[0] != series.Null {
			m.after, m.afterSlot = x.Values[0], int(d-w.day)*rule.Slots+slot
		}
	})
	if err != nil {
		return err
	}
	for _, m := range w.held {
		m.bounded()
		s := w.blocks.of(m.key).of(m.key)
		w.check.Check(&m.day, s)
		for _, g := range w.check.Gaps(&m.day, s, m.after, m.afterSlot) {
			m.wants = append(m.wants, w.check.WantsProxy(&g, &m.day, s, w.p.order)...)
		}
	}
	return w.proxies(ctx)
}

// proxies looks, for each day that wants one, for the same weekday in the last four weeks, the nearest first, of which every quarter
// hour was measured. A holiday is no proxy for a day of another kind.
func (w *worker) proxies(ctx context.Context) error {
	wanted := map[book.Day]bool{}
	for _, m := range w.held {
		for _, d := range m.wants {
			wanted[d] = true
		}
	}
	kind := sort(w.p.o.Days())
	for d := range wanted {
		for week := book.Day(7); week <= 28; week += 7 {
			if kind(d) != kind(d-week) {
				continue
			}
			if err := w.proxy(ctx, d, d-week); err != nil {
				return err
			}
		}
	}
	return nil
}

// proxy gives the held meters that want one the day from as proxy of the day d. Its first quarter hour begins with the last reading of
// the day before; where that is missing the second stands for it.
func (w *worker) proxy(ctx context.Context, d, from book.Day) error {
	var day rule.Day
	cur, before := (*meter)(nil), int64(series.Null)
	end := func() {
		if cur == nil || !day.Gaps().Empty() {
			return
		}
		var e [rule.Slots]int64
		for i := 1; i < rule.Slots; i++ {
			if e[i] = day.Register[i] - day.Register[i-1]; e[i] < 0 {
				return
			}
		}
		if e[0] = e[1]; before != series.Null && day.Register[0] >= before {
			e[0] = day.Register[0] - before
		}
		if cur.proxy == nil {
			cur.proxy = rule.Proxied{}
		}
		cur.proxy[d] = &e
	}
	want := func(m *meter) bool { return m.proxy[d] == nil && slices.Contains(m.wants, d) }
	err := w.scan(ctx, from.Start()-book.SlotMicros*3/2, (from + 1).Start(), want, func(m *meter, x series.Sample) {
		if m != cur {
			end()
			cur, before = m, series.Null
			day.Begin(from)
		}
		if at, slot, ok := book.SlotAt(x.At, w.p.o.Tolerance); ok && at == from-1 && slot == rule.Slots-1 && isReading(x.Quality) {
			before = x.Values[0]
		}
		day.Put(x.At, w.tol, x.Quality, x.Values[0], x.Values[1], x.Values[2])
	})
	end()
	return err
}
