package ledger

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// markLimit bounds the samples that are held while a day is read back.
const markLimit = 8192

// Recall fills the book: the slots of the recent days, and of each meter not heard in them its newest reading.
func (l *Ledger) Recall(ctx context.Context) error {
	now := l.o.Now()
	today, last := book.DayOf(now.UnixMicro()), book.DayOf(now.Add(l.o.Ahead).UnixMicro()) // readings may be ahead a little
	for d := today - book.Day(l.o.Book.Keeps()) + 1; d <= last; d++ {
		if err := l.recall(ctx, l.o.Book, d, l.sums.begin(d)); err != nil {
			return err
		}
	}
	return l.lastHeard(ctx)
}

// recall reads a day's slots back from its samples into b, and its load into sum where one is given.
func (l *Ledger) recall(ctx context.Context, b *book.Book, d book.Day, sum *daySum) error {
	b.Open(d)
	marks := make([]book.Placed, 0, markLimit)
	err := l.o.Readings.Scan(ctx, nil, d.Start()-l.tolerance(), (d+1).Start()-l.tolerance(), func(x series.Sample) error {
		p, ok := l.placed(x)
		if !ok {
			return nil
		}
		sum.add(b.Region(p.Place), p, x.Quality, x.Values[PowerColumn], 1)
		if marks = append(marks, p); len(marks) == markLimit {
			b.Mark(marks)
			marks = marks[:0]
		}
		return nil
	})
	b.Mark(marks)
	return errs.Wrap("read a day back", err)
}

// lastHeard looks further back for meters that the recent days do not know: day by day, the newest first, until all are found.
func (l *Ledger) lastHeard(ctx context.Context) error {
	days, err := l.o.Readings.Days(ctx)
	if err != nil {
		return errs.Wrap("list the days of readings", err)
	}
	recent := (book.DayOf(l.o.Now().UnixMicro()) - book.Day(l.o.Book.Keeps()) + 1).Date()
	for _, day := range slices.Backward(days) {
		if !day.Before(recent) {
			continue
		}
		keys := l.o.Book.Unheard()
		if len(keys) == 0 {
			return nil
		}
		type which struct {
			place  int32
			beside bool
		}
		newest := map[which]book.Placed{}
		from := day.UnixMicro()
		err := l.o.Readings.Scan(ctx, keys, from, from+24*time.Hour.Microseconds(), func(x series.Sample) error {
			p, ok := l.placed(x)
			if w := (which{p.Place, p.Slot < 0}); ok && (w.beside || p.Quality&^series.Late == series.Measured) && newest[w].At <= p.At {
				newest[w] = p
			}
			return nil
		})
		if err != nil {
			return errs.Wrap("look for the newest readings", err)
		}
		l.o.Book.Mark(slices.Collect(maps.Values(newest)))
	}
	return nil
}

// placed finds the place of a stored sample; ok is false for a meter that the archive does not know.
func (l *Ledger) placed(x series.Sample) (p book.Placed, ok bool) {
	place, ok := l.o.Book.PlaceOf(x.Key)
	p = book.Placed{Place: place, At: x.At, Quality: x.Quality, Slot: -1, Day: book.DayOf(x.At)}
	if sd, slot, fits := book.SlotAt(x.At, l.o.Tolerance); fits {
		p.Day, p.Slot = sd, slot
	}
	return p, ok
}

// sheetAge is for how long an older day that was read back is kept for the next question.
const sheetAge = time.Minute

// sheet is an older day that was read back.
type sheet struct {
	day  book.Day
	at   time.Time
	olds int64 // of Ledger when it was read
	book *book.Book
}

// Day gives a book in which a day is held: the one in memory, or for an older day a sheet that is read back and kept for a minute.
func (l *Ledger) Day(ctx context.Context, d book.Day) (*book.Book, error) {
	if l.o.Book.Holds(d) {
		return l.o.Book, nil
	}
	l.reading.Lock()
	defer l.reading.Unlock() // one reads, the others wait for what it finds
	now, olds := l.o.Now(), l.olds.Load()
	if s := &l.sheet; s.book != nil && s.day == d && s.olds == olds && !now.Before(s.at) && now.Sub(s.at) < sheetAge {
		return s.book, nil
	}
	b := l.o.Book.Sheet()
	if err := l.recall(ctx, b, d, nil); err != nil {
		return nil, err
	}
	l.sheet = sheet{d, now, olds, b}
	return b, nil
}

// changed says that samples were stored: what is kept for repeated questions does not hold any more.
func (l *Ledger) changed(marks []book.Placed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, p := range marks {
		if i > 0 && p.Day == marks[i-1].Day {
			continue
		}
		if l.stale[p.Day] = true; !l.o.Book.Holds(p.Day) {
			l.olds.Add(1)
		}
	}
}

// Forget drops what is kept of older days: the archive has changed.
func (l *Ledger) Forget() {
	l.olds.Add(1)
	l.mu.Lock()
	clear(l.loads)
	l.mu.Unlock()
}

// Tick drops the sums that readings have come for since; whoever calls it says by its rhythm how old a sum may be.
func (l *Ledger) Tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key := range l.loads {
		if l.stale[key.day] {
			delete(l.loads, key)
		}
	}
	clear(l.stale)
	l.ticks++
}

// Meter gives a meter's samples of a day, those beside its slots included; of a day that was rolled up one sample a period.
func (l *Ledger) Meter(ctx context.Context, key int64, d book.Day) ([]series.Sample, error) {
	out, err := l.o.Readings.Range(ctx, key, d.Start()-l.tolerance(), (d+1).Start()-l.tolerance())
	if err == nil && len(out) == 0 && l.rolled(d) {
		return l.rolledMeter(ctx, key, d)
	}
	return out, errs.Wrap("read a meter's day", err)
}

type loadKey struct {
	day      book.Day
	district string
}

// Load is the sum of the powers that have come, by slot, in MW, of the city or of a district; NaN where nothing has come. The
// days of the book answer from sums that are carried on; an older day is summed when it is asked for, and may lag behind by a Tick.
// The caller does not change it.
func (l *Ledger) Load(ctx context.Context, district string, d book.Day) ([]float64, error) {
	if mw, ok := l.sums.load(d, region.Index(district)); ok {
		return mw, nil
	}
	l.summing.Lock() // one sums, the others wait for what it finds
	defer l.summing.Unlock()
	l.mu.Lock()
	mw, ok := l.loads[loadKey{d, district}]
	ticks := l.ticks
	l.mu.Unlock()
	if ok {
		return mw, nil
	}
	var keys []int64 // all
	if district != "" {
		keys = append([]int64{}, l.o.Book.Keys(book.Select{District: district})...)
	}
	points, err := l.aggregate(ctx, keys, d)
	if err != nil {
		return nil, err
	}
	mw = make([]float64, book.SlotsPerDay)
	for i := range mw {
		mw[i] = math.NaN()
	}
	for _, p := range points {
		if i := (p.At - d.Start()) / book.SlotMicros; i >= 0 && i < book.SlotsPerDay && p.Count > 0 {
			mw[i] = float64(p.Sum) / 1e4 / 1e3
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.loads) >= mostLoads {
		clear(l.loads)
	}
	if l.ticks == ticks { // or readings may have come that the sum lacks and no Tick will tell of
		l.loads[loadKey{d, district}] = mw
	}
	return mw, nil
}

// mostLoads bounds the sums that are kept.
const mostLoads = 64
