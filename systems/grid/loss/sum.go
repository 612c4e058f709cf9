package loss

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/loss/evidence"
)

const (
	historyDays = 42              // days that clues are taken from
	againDays   = 3               // days that are summed again while something is missing in them
	againAfter  = 3 * time.Hour   // at the earliest
	keepDays    = 90              // days of which each meter's energy is kept; the area's sums stay
	workBatch   = 200             // area days read and written at a time
	nightSlot   = 20              // 05:00
	tolerance   = 2 * time.Minute // how far a reading may stand from its quarter hour
	ripe        = 30 * time.Minute
)

// Work sums the days that wait: those whose supply is new, and recent ones in which something was missing. Stopped at any moment it
// goes on from there.
func (p *Part) Work(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.o.Clock.Now()
	last := book.DayOf(now.Add(-ripe).UnixMicro()) - 1 // whose second midnight has been read
	for {
		began := store.Micros(now.Add(-againAfter))
		todo, err := areas(ctx, p.o.DB, qWork, int64(last), int64(last-againDays), began, workBatch)
		if err != nil {
			return errs.Wrap("read which days wait", err)
		}
		if len(todo) == 0 {
			return errs.Wrap("forget old days", p.thin(ctx, last))
		}
		want := map[string]bool{}
		for _, a := range todo {
			want[a.Area] = true
		}
		members := p.members(want)
		for i := range todo {
			if err := p.sum(ctx, &todo[i], members[todo[i].Area]); err != nil {
				return errs.Wrap("sum an area's day", err)
			}
		}
		err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
			for _, a := range todo {
				if _, err := tx.Exec(qSum, a.Area, int64(a.Day), a.Sold, a.Rate, a.Meters, a.Estimated, a.Missing, a.Wrong, store.Micros(now), a.body, a.Supplied); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return errs.Wrap("write losses", err)
		}
		for area := range want {
			if err := p.weigh(ctx, area, members[area]); err != nil {
				return errs.Wrap("weigh an area's meters", err)
			}
		}
	}
}

// thin forgets the meters' energies of old days: of the week before those that are kept, which is looked at every hour.
func (p *Part) thin(ctx context.Context, last book.Day) error {
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qThin, int64(last-keepDays), []byte{}, int64(last-keepDays-7))
		return err
	})
}

// marks are the registers of one meter that a day needs, and how the two midnights came.
type marks struct {
	begin, night, end int64
	estimated         bool
}

// sum reads the registers of an area's day.
func (p *Part) sum(ctx context.Context, a *AreaDay, members []book.Meter) error {
	keys := make([]int64, 0, len(members))
	for _, m := range members {
		keys = append(keys, m.Num)
	}
	slices.Sort(keys)
	found := make(map[int64]*marks, len(keys))
	slack := int64(tolerance / time.Microsecond)
	var err error
	if len(keys) > 0 { // an empty list of keys would be all of them
		err = p.o.Readings.Scan(ctx, keys, a.Day.Start()-slack, (a.Day+1).Start()+slack+1, func(x series.Sample) error {
			d, slot, fits := book.SlotAt(x.At, tolerance)
			q := x.Quality &^ series.Late
			if !fits || x.Values[0] == series.Null || q == series.Invalid {
				return nil
			}
			m := found[x.Key]
			if m == nil {
				m = &marks{unknown, unknown, unknown, false}
				found[x.Key] = m
			}
			switch {
			case d == a.Day && slot == 0:
				m.begin = x.Values[0]
			case d == a.Day+1 && slot == 0:
				m.end = x.Values[0]
			case d == a.Day && slot == nightSlot:
				m.night = x.Values[0]
				return nil
			default:
				return nil
			}
			m.estimated = m.estimated || q != series.Measured
			return nil
		})
	}
	if err != nil {
		return err
	}
	a.tally(keys, found)
	return nil
}

// A register has six digits before the point: it goes on from 999999.9999 with 0.
const (
	rollover = 1_000_000 * 10_000
	nearTop  = rollover - 10_000*10_000
	nearZero = 10_000 * 10_000
)

// between is the energy from one register to a later one.
func between(from, to int64) int64 {
	switch {
	case from == unknown || to == unknown:
		return unknown
	case from >= nearTop && from < rollover && to < nearZero:
		return to + rollover - from
	}
	return to - from
}

// tally counts an area's day from the registers of its meters.
func (a *AreaDay) tally(keys []int64, found map[int64]*marks) {
	a.Sold, a.Estimated, a.Missing, a.Wrong, a.Meters, a.Rate = 0, 0, 0, 0, int64(len(keys)), 0
	day := make([]use, 0, len(keys))
	for _, k := range keys {
		u := use{k, unknown, unknown}
		m := found[k]
		if m != nil {
			u.energy, u.night = between(m.begin, m.end), between(m.begin, m.night)
		}
		day = append(day, u)
		switch {
		case u.energy == unknown:
			a.Missing++
		case u.energy < 0:
			a.Wrong++
		default:
			a.Sold += u.energy
			if m.estimated {
				a.Estimated++
			}
		}
	}
	if a.Supplied > 0 {
		a.Rate = int64(math.Round(max(-1e9, min(1e9, float64(a.Lost())/float64(a.Supplied)*1e6))))
	}
	a.body = pack(day)
}

// weigh looks at the recent days of an area's meters and writes those with clues.
func (p *Part) weigh(ctx context.Context, area string, members []book.Meter) error {
	last := book.DayOf(p.o.Clock.Now().UnixMicro())
	rows, err := bodies(ctx, p.o.DB, area, last-historyDays-1)
	if err != nil {
		return err
	}
	var l Limits
	if err := p.o.DB.Read(ctx, func(tx *store.Tx) (err error) { l, err = readLimits(tx); return err }); err != nil {
		return err
	}
	var found []evidence.Suspect
	var first book.Day
	newest := book.Day(0)
	if len(rows) > 0 {
		first, newest = rows[0].Day, rows[len(rows)-1].Day
		a, err := history(rows, members, l)
		if err != nil {
			return errs.Wrap("read the days of area "+area, err)
		}
		found = evidence.Weigh(a)
	}
	district := map[int64]string{}
	for _, m := range members {
		district[m.Num] = m.District
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qSuspectCut, area); err != nil {
			return err
		}
		for _, s := range found {
			clues, err := json.Marshal(s.Clues)
			if err != nil {
				return err
			}
			since := book.Day(0)
			if s.Since >= 0 {
				since = first + book.Day(s.Since)
			}
			if _, err := tx.Exec(qSuspectPut, area, s.Num, district[s.Num], int64(s.Score), int64(since), int64(newest), string(clues)); err != nil {
				return err
			}
		}
		return nil
	})
}

// history lays the days of an area out by meter, gaps included.
func history(rows []AreaDay, members []book.Meter, l Limits) (evidence.Area, error) {
	first := rows[0].Day
	n := int(rows[len(rows)-1].Day-first) + 1
	a := evidence.Area{Supplied: blank(n), Loss: blank(n)}
	place := map[int64]int{}
	sorted := slices.SortedFunc(slices.Values(members), func(x, y book.Meter) int { return cmp.Compare(x.Num, y.Num) })
	for _, m := range sorted {
		place[m.Num] = len(a.Meters)
		a.Meters = append(a.Meters, evidence.Meter{Num: m.Num, Kind: string(m.Category), Energy: blank(n), Night: blank(n)})
	}
	for _, r := range rows {
		t := int(r.Day - first)
		if r.Judged(l) {
			a.Supplied[t], a.Loss[t] = kwh(r.Supplied), kwh(r.Lost())
		}
		day, err := unpack(r.body)
		if err != nil {
			return a, err
		}
		for _, u := range day {
			i, ok := place[u.meter]
			if !ok {
				continue // it has left the area since
			}
			if u.energy != unknown {
				a.Meters[i].Energy[t] = kwh(u.energy)
			}
			if u.night != unknown {
				a.Meters[i].Night[t] = kwh(u.night)
			}
		}
	}
	return a, nil
}

func blank(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

// kwh turns 0.0001 kWh into kWh.
func kwh(v int64) float64 { return float64(v) / 10_000 }
