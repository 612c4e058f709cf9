package series

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
)

// The open stage of a family: what is committed and not yet flushed.
//
// A commit only puts the encoded batch on a list (arrive). Folding decodes the list and sorts it into runs by day; the worker
// does it in the background, and a reader that comes first does it itself, so a reader always sees what was committed before
// it came. Sixteen runs of one level become one of the next, so a day has a few dozen runs however small its batches are.
const fanIn = 16

// foldAtOnce bounds the samples that are sorted together.
const foldAtOnce = 64 << 10

// family is the state behind the tables of one family.
type family struct {
	e    *Engine
	num  int64
	def  atomic.Pointer[Family]
	last lastCache

	maintain sync.Mutex // one flush, compaction or retention at a time
	folding  sync.Mutex // one fold at a time; guards raw and sorter
	raw      chunk.Run
	sorter   chunk.Sorter

	mu      sync.Mutex // guards what follows; held for moments only
	pending []arrival
	days    map[int64]*openDay
	batches []openBatch
	folded  int64           // the last batch that is in days
	open    int64           // samples in pending and days
	flushed map[int64]int64 // by day: the last batch that series_chunk contains
	untidy  map[int64]bool
	working bool  // the worker runs
	putting bool  // a flush for want of room runs
	patient int64 // after a failed flush: the open samples at which the next one is tried
}

// arrival is a committed batch.
type arrival struct {
	seq     int64
	samples int
	body    []byte
}

// openDay has the runs of a day, the oldest first. While a flush writes frozen, new ones come to runs.
type openDay struct{ frozen, runs []*chunk.Run }

// openBatch is a blob that is still needed: for the days that are not flushed.
type openBatch struct {
	seq  int64
	size int
	days []int64
}

func newFamily(e *Engine, num int64, def Family) *family {
	f := &family{e: e, num: num, days: map[int64]*openDay{}, flushed: map[int64]int64{}, untidy: map[int64]bool{}}
	f.def.Store(&def)
	return f
}

func (f *family) cols() int { return len(f.def.Load().Columns) }

// rolls is the family number under which the roll-ups lie.
func (f *family) rolls() int64 { return f.num + 1 }

// full tells whether appends must wait for the flush.
func (f *family) full() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open > 3*f.e.limits.OpenSamples || len(f.batches)+len(f.pending) > 3*f.e.limits.OpenBatches
}

// crowded tells whether a flush is due for want of room.
func (f *family) crowded() bool {
	if f.open < f.patient {
		return false
	}
	return f.open > f.e.limits.OpenSamples || len(f.batches)+len(f.pending) > f.e.limits.OpenBatches
}

// load reads the blobs back after a start.
func (f *family) load(ctx context.Context) error {
	err := f.e.db.Read(ctx, func(tx *store.Tx) error {
		err := tx.Each(qDays, []any{f.num, int64(chunk.MinDay), int64(chunk.MaxDay)}, func(scan func(...any) error) error {
			var d dayRow
			if err := d.scan(scan); err != nil {
				return err
			}
			f.flushed[d.day] = d.flushed
			return nil
		})
		for after, more := int64(0), true; more && err == nil; {
			more = false
			err = tx.Each(qBlobs, []any{f.num, after}, func(scan func(...any) error) error {
				var a arrival
				if err := scan(&a.seq, &a.samples, &a.body); err != nil {
					return err
				}
				f.pending, f.open = append(f.pending, a), f.open+int64(a.samples)
				after, more = a.seq, true
				return nil
			})
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := f.fold(); err != nil {
		return err
	}
	f.wake()
	return nil
}

// arrive takes a committed batch. It runs on the write lane.
func (f *family) arrive(a arrival) {
	f.mu.Lock()
	f.pending, f.open = append(f.pending, a), f.open+int64(a.samples)
	f.mu.Unlock()
	f.wake()
}

// wake starts the worker where it does not run.
func (f *family) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.working {
		f.working = f.e.start(f.worker)
	}
}

// worker folds, merges runs, and has the stage flushed when it is crowded, until there is nothing to do.
func (f *family) worker() {
	for {
		err := f.fold()
		f.tidy()
		f.mu.Lock()
		if f.crowded() && !f.putting && err == nil {
			f.putting = f.e.start(f.putAway)
		}
		if len(f.pending) == 0 || err != nil || f.e.ctx.Err() != nil {
			f.working = false
			f.mu.Unlock()
			if err != nil {
				f.e.noteError(err)
			}
			return
		}
		f.mu.Unlock()
	}
}

// putAway flushes the whole stage.
func (f *family) putAway() {
	f.maintain.Lock()
	_, _, err := f.flush(f.e.ctx, func(int64) bool { return true })
	f.maintain.Unlock()
	f.mu.Lock()
	f.putting, f.patient = false, 0
	if err != nil {
		f.patient = f.open + f.e.limits.OpenSamples/8
	}
	f.mu.Unlock()
	if err != nil {
		f.e.noteError(errs.Wrap("flush series "+f.def.Load().Name, err))
	}
}

// fold brings everything that has arrived into the days' runs.
func (f *family) fold() error {
	f.folding.Lock()
	defer f.folding.Unlock()
	for {
		f.mu.Lock()
		take, samples := 0, 0
		for take < len(f.pending) && (take == 0 || samples+f.pending[take].samples <= foldAtOnce) {
			samples += f.pending[take].samples
			take++
		}
		batch := f.pending[:take:take]
		f.mu.Unlock()
		if take == 0 {
			return nil
		}
		if err := f.foldBatch(batch); err != nil {
			return err
		}
	}
}

// foldBatch sorts some arrivals and publishes their runs. The arrivals leave the list in the same moment.
func (f *family) foldBatch(batch []arrival) error {
	f.raw.Reset(f.cols())
	open := make([]openBatch, 0, len(batch))
	samples := 0
	for _, a := range batch {
		at := f.raw.Len()
		if err := f.raw.AddBatch(a.body); err != nil {
			return errs.Wrap("decode batch", damaged(err, "时序数据第 %d 批", "batch %d of the series", a.seq))
		}
		samples += a.samples
		open = append(open, openBatch{seq: a.seq, size: len(a.body), days: f.dropFlushed(at, a.seq)})
	}
	var days map[int64]*chunk.Run
	if f.raw.Len() > 0 {
		days = f.sorter.Split(&f.raw)
	}
	f.publish(batch, samples, days, open)
	// After the runs: see Last. Still inside the fold, so that a reader who has folded finds both.
	for _, r := range days {
		f.last.update(r)
	}
	return nil
}

// publish moves arrivals from the list to the days, in one moment for readers.
func (f *family) publish(batch []arrival, samples int, days map[int64]*chunk.Run, open []openBatch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open -= int64(samples)
	for d, r := range days {
		o := f.days[d]
		if o == nil {
			o = &openDay{}
			f.days[d] = o
		}
		o.runs = append(o.runs, r)
		f.open += int64(r.Len())
		if len(o.runs) >= fanIn {
			f.untidy[d] = true
		}
	}
	f.batches = append(f.batches, open...)
	f.folded = batch[len(batch)-1].seq
	f.pending = f.pending[len(batch):]
	if len(f.pending) == 0 {
		f.pending = nil // gives the list's memory back
	}
}

// dropFlushed takes out of f.raw, from at on, what series_chunk contains already (after a crash between a flush and the
// deletion of its blobs, or where a blob waits for another of its days), and gives the days that remain.
func (f *family) dropFlushed(at int, seq int64) (days []int64) {
	day, wanted := int64(chunk.MinDay)-1, false
	f.raw.Keep(at, func(i int) bool {
		if d := chunk.DayOf(f.raw.Times[i]); d != day {
			day, wanted = d, f.flushedBefore(d) < seq
			if wanted && !slices.Contains(days, d) {
				days = append(days, d)
			}
		}
		return wanted
	})
	return days
}

func (f *family) flushedBefore(day int64) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.flushed[day]
}

// tidy merges runs, fanIn at a time. Only the worker does it, on runs that stay readable meanwhile.
func (f *family) tidy() {
	for f.e.ctx.Err() == nil {
		f.mu.Lock()
		var day int64
		var srcs []*chunk.Run
		for d := range f.untidy {
			if o := f.days[d]; o != nil {
				srcs = group(o.runs)
			}
			if day = d; srcs != nil {
				break
			}
			delete(f.untidy, d)
		}
		f.mu.Unlock()
		if srcs == nil {
			return
		}
		one := chunk.Merge(srcs, f.cols())
		one.Level = srcs[0].Level + 1
		f.mu.Lock()
		if o := f.days[day]; o != nil {
			// A flush may have taken the runs away meanwhile; then the merged one is dropped.
			if i := slices.Index(o.runs, srcs[0]); i >= 0 {
				o.runs = slices.Replace(slices.Clone(o.runs), i, i+len(srcs), one)
				f.open -= int64(total(srcs) - one.Len())
			}
		}
		f.mu.Unlock()
	}
}

// group gives the first fanIn neighbours of one level. Merging from the old end keeps the levels falling from old to new.
func group(runs []*chunk.Run) []*chunk.Run {
	same := 0
	for i, r := range runs {
		if i > 0 && r.Level == runs[i-1].Level {
			same++
		} else {
			same = 1
		}
		if same == fanIn {
			return slices.Clone(runs[i+1-fanIn : i+1])
		}
	}
	return nil
}

func total(runs []*chunk.Run) (n int) {
	for _, r := range runs {
		n += r.Len()
	}
	return n
}

// openRuns is a day of the stage as a reader sees it.
type openRuns struct {
	day  int64
	runs []*chunk.Run
}

// view gives the open days first to last, with everything that was committed before the call.
func (f *family) view(first, last int64) ([]openRuns, error) {
	if err := f.fold(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []openRuns
	for d, o := range f.days {
		if d >= first && d <= last && len(o.frozen)+len(o.runs) > 0 {
			out = append(out, openRuns{d, slices.Concat(o.frozen, o.runs)})
		}
	}
	slices.SortFunc(out, func(a, b openRuns) int { return int(a.day - b.day) })
	return out, nil
}

// freeze sets the runs of the due days apart for a flush. seq is the last batch among them.
func (f *family) freeze(due func(day int64) bool) (days []openRuns, seq int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for d, o := range f.days {
		if due(d) && len(o.runs) > 0 {
			o.frozen, o.runs = o.runs, nil
			days = append(days, openRuns{d, o.frozen})
		}
	}
	slices.SortFunc(days, func(a, b openRuns) int { return int(a.day - b.day) })
	return days, f.folded
}

// held counts the blobs up to seq that are not deleted yet.
func (f *family) held(seq int64) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n < len(f.batches) && f.batches[n].seq <= seq {
		n++
	}
	return n
}

// thaw takes a freeze back after a failed flush.
func (f *family) thaw() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for d, o := range f.days {
		if len(o.frozen) > 0 {
			o.runs, o.frozen = append(o.frozen, o.runs...), nil
			f.untidy[d] = true
		}
	}
}

// release drops the frozen runs after their rows are committed, and gives the blobs that nobody needs any more.
func (f *family) release(days []openRuns, seq int64) (idle []openBatch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range days {
		o := f.days[d.day]
		f.open -= int64(total(o.frozen))
		f.flushed[d.day] = seq
		if o.frozen = nil; len(o.runs) == 0 {
			delete(f.days, d.day)
		}
	}
	for i := range f.batches {
		b := &f.batches[i]
		if b.seq > seq {
			break
		}
		b.days = slices.DeleteFunc(b.days, func(d int64) bool { return f.flushed[d] >= b.seq })
		if len(b.days) == 0 {
			idle = append(idle, *b)
		}
	}
	return idle
}

// forget takes deleted blobs off the list.
func (f *family) forget(gone []openBatch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := 0
	f.batches = slices.DeleteFunc(f.batches, func(b openBatch) bool {
		if at < len(gone) && gone[at].seq == b.seq {
			at++
			return true
		}
		return false
	})
}
