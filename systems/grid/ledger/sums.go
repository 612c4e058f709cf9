package ledger

import (
	"context"
	"math"
	"sync"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// regions is how many sums a day has: one a district, and one for meters in none.
const regions = 17

// daySum is the load of a day by district and slot, in 0.0001 kW; nil takes nothing.
type daySum struct {
	sum   [regions][book.SlotsPerDay]int64
	count [regions][book.SlotsPerDay]int64
}

// add counts a sample in, or with sign -1 out. Invalid ones and those without a power do not count; one beside the slots counts
// for the quarter hour that it lies in.
func (s *daySum) add(region int, p book.Placed, q series.Quality, power, sign int64) {
	if s == nil || power == series.Null || q&^series.Late == series.Invalid {
		return
	}
	slot := p.Slot
	if slot < 0 {
		slot = int((p.At - p.Day.Start()) / book.SlotMicros)
	}
	if region < 0 {
		region = regions - 1
	}
	s.sum[region][slot] += sign * power
	s.count[region][slot] += sign
}

// sums are the loads of the days that the book holds. They are restored with the book at start, and follow each commit: a value that
// takes another's place is counted in and the other out. Nothing is scanned for them afterwards.
type sums struct {
	mu   sync.Mutex
	days map[book.Day]*daySum
	lost map[book.Day]bool // days that have samples and no sum: they are summed anew
}

func newSums() *sums { return &sums{days: map[book.Day]*daySum{}, lost: map[book.Day]bool{}} }

// begin starts a day with nothing.
func (s *sums) begin(d book.Day) *daySum {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := new(daySum)
	s.days[d] = x
	return x
}

// change is a sample that was stored, with what stood in its place.
type change struct {
	book.Placed
	power    int64
	there    bool
	was      series.Quality
	wasPower int64
}

// follow counts what was committed. A day that begins now begins with it; days that the book has let go are let go.
func (s *sums) follow(b *book.Book, changes []change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range changes {
		c := &changes[i]
		x := s.days[c.Day]
		if x == nil {
			if !b.Holds(c.Day) || s.lost[c.Day] {
				continue
			}
			x = new(daySum)
			s.days[c.Day] = x
			for d := range s.days {
				if !b.Holds(d) {
					delete(s.days, d)
				}
			}
		}
		region := b.Region(c.Place)
		if c.there {
			x.add(region, c.Placed, c.was, c.wasPower, -1)
		}
		x.add(region, c.Placed, c.Quality, c.power, 1)
	}
}

// load gives a day's sum in MW by slot, of a district or (below 0) of the city; ok is false for a day that is not carried on.
func (s *sums) load(d book.Day, region int) (mw []float64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.days[d]
	if x == nil {
		return nil, false
	}
	mw = make([]float64, book.SlotsPerDay)
	for i := range mw {
		var sum, count int64
		for k := range regions {
			if region < 0 || k == region {
				sum, count = sum+x.sum[k][i], count+x.count[k][i]
			}
		}
		if mw[i] = math.NaN(); count > 0 {
			mw[i] = float64(sum) / 1e4 / 1e3
		}
	}
	return mw, true
}

// lose drops the sums: meters have moved from district to district.
func (s *sums) lose() (lost []book.Day) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for d := range s.days {
		s.lost[d] = true
	}
	clear(s.days)
	for d := range s.lost {
		lost = append(lost, d)
	}
	return lost
}

func (s *sums) found(d book.Day, x *daySum) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.days[d] = x
	delete(s.lost, d)
}

// resum sums a day anew from its samples, in the intake's turn: nothing comes in between.
func (l *Ledger) resum(ctx context.Context, d book.Day) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	x := new(daySum)
	err := l.o.Readings.Scan(ctx, nil, d.Start()-l.tolerance(), (d+1).Start()-l.tolerance(), func(v series.Sample) error {
		if p, ok := l.placed(v); ok {
			x.add(l.o.Book.Region(p.Place), p, v.Quality, v.Values[PowerColumn], 1)
		}
		return nil
	})
	if err != nil {
		return errs.Wrap("sum a day anew", err)
	}
	l.sums.found(d, x)
	return nil
}

// Moved says that meters stand in other districts now: the loads of the days in the book are summed anew, a day at a time, and the
// intake waits meanwhile.
func (l *Ledger) Moved(ctx context.Context) error {
	l.turn.Lock() // what is being counted now is counted before the sums go
	lost := l.sums.lose()
	l.turn.Unlock()
	for _, d := range lost {
		if err := l.resum(ctx, d); err != nil {
			return err
		}
	}
	return nil
}
