package series

import (
	"context"
	"slices"
	"sync"

	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
)

// lastCache keeps the newest samples of the blocks that somebody has asked for. The first question about a key looks back
// through the days; from then on every fold keeps the answer right. After a restart it is empty, which costs time only.
type lastCache struct {
	mu    sync.Mutex
	pages map[int64]*lastPage // by block
}

// lastPage is 64 keys. An entry may be there before it is known to be the newest: fold writes to every page that exists.
type lastPage struct {
	there, known uint64
	at           [chunk.BlockKeys]int64
	qual         [chunk.BlockKeys]Quality
	vals         [][chunk.BlockKeys]int64 // by column
}

func (p *lastPage) set(slot int, r *chunk.Run, i int) {
	p.there |= 1 << slot
	p.at[slot], p.qual[slot] = r.Times[i], r.Qual[i]
	for c := range p.vals {
		if p.vals[c][slot] = Null; c < len(r.Vals) {
			p.vals[c][slot] = r.Vals[c][i]
		}
	}
}

// update takes a folded run in: a later sample, or the same one written again.
func (l *lastCache) update(r *chunk.Run) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pages) == 0 {
		return
	}
	for at := 0; at < r.Len(); {
		b := r.Keys[at] >> chunk.BlockBits
		n := r.End(at, func(k int64) bool { return k>>chunk.BlockBits == b })
		if p := l.pages[b]; p != nil {
			for i := at; i < at+n; i++ {
				slot := int(r.Keys[i] & (chunk.BlockKeys - 1))
				if p.there&(1<<slot) == 0 || r.Times[i] >= p.at[slot] {
					p.set(slot, r, i)
				}
			}
		}
		at += n
	}
}

func (l *lastCache) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pages = nil
}

// get answers from the cache; known is false where it cannot tell.
func (l *lastCache) get(key int64, cols int) (s Sample, ok, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, slot := l.pages[key>>chunk.BlockBits], int(key&(chunk.BlockKeys-1))
	if p == nil || p.known&(1<<slot) == 0 {
		return s, false, false
	}
	if p.there&(1<<slot) == 0 {
		return s, false, true
	}
	s = Sample{Key: key, At: p.at[slot], Quality: p.qual[slot], Values: make([]int64, cols)}
	for c := range s.Values {
		if s.Values[c] = Null; c < len(p.vals) {
			s.Values[c] = p.vals[c][slot]
		}
	}
	return s, true, true
}

// page gives the page of a block, making it where it is not there. From this moment folds write to it.
func (l *lastCache) page(block int64, cols int) *lastPage {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pages == nil {
		l.pages = map[int64]*lastPage{}
	}
	p := l.pages[block]
	if p == nil || len(p.vals) < cols {
		p = &lastPage{vals: make([][chunk.BlockKeys]int64, cols)}
		l.pages[block] = p
	}
	return p
}

// Last is the newest sample of a key, whatever its quality; ok is false where there is none. Samples that were rolled up do
// not count.
func (t *Table) Last(ctx context.Context, key int64) (s Sample, ok bool, err error) {
	f, cols := t.f, len(t.def.Columns)
	if err := f.fold(); err != nil {
		return s, false, err
	}
	if s, ok, known := f.last.get(key, cols); known {
		return s, ok, nil
	}
	p := f.last.page(key>>chunk.BlockBits, f.cols())
	if err := f.lookBack(ctx, p, key); err != nil {
		return s, false, err
	}
	f.last.mu.Lock()
	defer f.last.mu.Unlock()
	slot := int(key & (chunk.BlockKeys - 1))
	if p.there&(1<<slot) == 0 {
		return s, false, nil
	}
	s = Sample{Key: key, At: p.at[slot], Quality: p.qual[slot], Values: make([]int64, cols)}
	for c := range s.Values {
		s.Values[c] = p.vals[c][slot]
	}
	return s, true, nil
}

// Held is Last from memory alone: known is false where nobody has asked for the key before, and Last has to be. It takes no
// transaction, so that those who hold one may ask.
func (t *Table) Held(key int64) (s Sample, ok, known bool, err error) {
	if err := t.f.fold(); err != nil {
		return s, false, false, err
	}
	s, ok, known = t.f.last.get(key, len(t.def.Columns))
	return s, ok, known, nil
}

// lookBack goes through the days from the newest until the key is found, and notes its neighbours on the way: the first day
// on which a key appears has its newest sample.
func (f *family) lookBack(ctx context.Context, p *lastPage, key int64) error {
	block, want := key>>chunk.BlockBits, uint64(1)<<uint(key&(chunk.BlockKeys-1))
	open, err := f.view(chunk.MinDay, chunk.MaxDay)
	if err != nil {
		return err
	}
	days, err := f.daysOf(ctx, block, open)
	if err != nil {
		return err
	}
	f.last.mu.Lock()
	todo := ^p.known
	f.last.mu.Unlock()
	cols := f.cols()
	var m chunk.Merger
	for _, d := range days {
		if todo&want == 0 {
			break
		}
		rows, err := f.readBlock(ctx, d, block)
		if err != nil {
			return err
		}
		i, _ := slices.BinarySearchFunc(open, d, func(o openRuns, d int64) int { return int(o.day - d) })
		j := min(i+1, len(open))
		if i < len(open) && open[i].day != d {
			j = i
		}
		srcs, err := sources(rows, open[i:j], block, todo, cols)
		if err != nil {
			return err
		}
		f.last.mu.Lock()
		err = m.Each(srcs, cols, func(key int64, s *chunk.Run) error {
			slot := int(key & (chunk.BlockKeys - 1))
			if bit := uint64(1) << slot; todo&bit != 0 {
				// What a fold has put here since is at least as new: of equal times it was written later.
				if n := s.Len() - 1; p.there&bit == 0 || s.Times[n] > p.at[slot] {
					p.set(slot, s, n)
				}
				p.known |= bit
				todo &^= bit
			}
			return nil
		})
		f.last.mu.Unlock()
		if err != nil {
			return err
		}
	}
	if todo&want != 0 { // every day was looked at: none of the rest has a sample
		f.last.mu.Lock()
		p.known |= todo
		f.last.mu.Unlock()
	}
	return nil
}

// daysOf lists the days on which a block may have samples, the newest first.
func (f *family) daysOf(ctx context.Context, block int64, open []openRuns) (days []int64, err error) {
	for _, o := range open {
		if slices.ContainsFunc(o.runs, func(r *chunk.Run) bool { return r.Block(block) != nil }) {
			days = append(days, o.day)
		}
	}
	err = f.e.db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qChunkDays, []any{f.num, block}, func(scan func(...any) error) error {
			var d int64
			if err := scan(&d); err != nil {
				return err
			}
			days = append(days, d)
			return nil
		})
	})
	slices.Sort(days)
	days = slices.Compact(days)
	slices.Reverse(days)
	return days, err
}
