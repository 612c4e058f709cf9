package customer

import (
	"context"

	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/customer/usage"
)

// likeKey is what like customers have in common.
type likeKey struct {
	district string
	category book.Category
}

// averages are what like customers drew on the day before day, in 0.0001 kWh, where it may be shown.
type averages struct {
	day book.Day
	by  map[likeKey]int64
}

// sampleSize is how many meters of a kind in a district are averaged: enough for a tenth of a kWh, and counted in a second.
const sampleSize = 200

// samples picks the meters whose average is shown: those of a kind in a district with the smallest scrambled keys, so that it is the
// same ones every day and nobody chooses them.
func (p *Part) samples() map[likeKey][]int64 {
	out := map[likeKey][]int64{}
	size := map[likeKey]uint64{}
	p.o.Book.Each(func(m book.Meter) {
		if m.Retired || m.Num == 0 {
			return
		}
		k := likeKey{m.District, m.Category}
		size[k]++
		if n := size[k]; n <= sampleSize {
			out[k] = append(out[k], m.Num)
		} else if at := scramble(uint64(m.Num)) % n; at < sampleSize { // a reservoir, whose dice is the meter's own key
			out[k][at] = m.Num
		}
	})
	return out
}

// scramble is the finalizer of SplitMix64.
func scramble(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// likeOf is the average of yesterday of the customers that are like m's; ok is false where none is shown.
func (p *Part) likeOf(m book.Meter, today book.Day) (mean int64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.like.day != today {
		return 0, false
	}
	mean, ok = p.like.by[likeKey{m.District, m.Category}]
	return mean, ok
}

// points are a meter's registers from one day to the end of another.
func (p *Part) points(ctx context.Context, meter int64, from, to book.Day) ([]usage.Point, error) {
	samples, err := p.o.Readings.Range(ctx, meter, from.Start()-book.SlotMicros, (to+1).Start()+book.SlotMicros)
	return usage.Points(samples), err
}

// dayEnergy is what a meter drew on a day that is over.
func (p *Part) dayEnergy(ctx context.Context, meter int64, d book.Day) (usage.Sum, error) {
	all, err := p.points(ctx, meter, d, d)
	return usage.Between(all, d.Start(), (d + 1).Start(), p.o.Clock.Now().UnixMicro(), p.o.Tolerance), err
}

// compare counts the averages of like customers of yesterday, once a day: from at most sampleSize meters of a kind in a district.
func (p *Part) compare(ctx context.Context) error {
	today := book.DayOf(p.o.Clock.Now().UnixMicro())
	p.mu.Lock()
	fresh := p.like.day == today
	p.mu.Unlock()
	if fresh {
		return nil
	}
	a := averages{day: today, by: map[likeKey]int64{}}
	for key, nums := range p.samples() {
		var energies []int64
		for _, num := range nums {
			s, err := p.dayEnergy(ctx, num, today-1)
			if err != nil {
				return err
			}
			if s.Known && s.Whole {
				energies = append(energies, s.Energy)
			}
		}
		if mean, ok := usage.Average(energies); ok {
			a.by[key] = mean
		}
	}
	p.mu.Lock()
	p.like = a
	p.mu.Unlock()
	return nil
}
