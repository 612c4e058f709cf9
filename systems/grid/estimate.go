package grid

import (
	"context"
	"github.com/haihe-city/haihe/systems/grid/book"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
)

// estimateGap is the longest gap that is bridged, in slots: two hours. Longer gaps stay missing until a rule of its own covers them.
const estimateGap = 8

// estimate bridges the short gaps of yesterday between two measured registers by a straight line, so that the registers stay
// true: the energy of the bridged slots adds up to the difference of the readings beside them. What is bridged is marked as
// estimated, does not count as collected, and gives way to the reading should it come after all.
func (s *service) estimate(ctx context.Context) error {
	now := s.clock.Now()
	d := book.DayOf(now.UnixMicro()) - 1
	if now.In(book.China).Hour() < s.conf.EstimateHour || !s.book.Holds(d) {
		return nil
	}
	sel := book.Select{State: "incomplete", After: -1, Limit: 1000}
	for {
		page, _, more := s.book.List(d, book.SlotsPerDay, sel)
		var rows []book.Reading
		for _, m := range page {
			sel.After = m.Place
			got, err := s.bridge(ctx, m, d)
			if err != nil {
				return err
			}
			rows = append(rows, got...)
		}
		if len(rows) > 0 {
			if _, err := s.intake.take(ctx, rows); err != nil {
				return errs.Wrap("store estimates", err)
			}
		}
		if !more {
			return nil
		}
	}
}

// bridge makes the estimates of one meter's day.
func (s *service) bridge(ctx context.Context, m book.Standing, d book.Day) (rows []book.Reading, err error) {
	open := book.First(book.SlotsPerDay).Minus(m.Slots.Measured).Minus(m.Slots.Estimated)
	if open.Empty() {
		return nil, nil
	}
	tolerance := int64(s.conf.SlotTolerance / time.Microsecond)
	samples, err := s.readings.Range(ctx, m.Num, d.Start()-book.SlotMicros-tolerance, (d+1).Start()+book.SlotMicros)
	if err != nil {
		return nil, errs.Wrap("read the neighbours of a gap", err)
	}
	var registers [book.SlotsPerDay + 2]int64 // from the last slot of the day before to the first of the day after
	for i := range registers {
		registers[i] = series.Null
	}
	for _, x := range samples {
		if sd, i, ok := book.SlotAt(x.At, s.conf.SlotTolerance); ok && x.Quality&^series.Late == series.Measured {
			if k := int(sd-d)*book.SlotsPerDay + i + 1; k >= 0 && k < len(registers) {
				registers[k] = x.Values[0]
			}
		}
	}
	for i := 1; i < len(registers); i++ {
		if registers[i] != series.Null || registers[i-1] == series.Null {
			continue
		}
		j := i
		for j < len(registers) && registers[j] == series.Null {
			j++
		}
		if j < len(registers) && j-i <= estimateGap && registers[j] >= registers[i-1] {
			rows = append(rows, line(m.Address, d, i, j, registers[i-1], registers[j], open)...)
		}
		i = j
	}
	return rows, nil
}

// line draws the registers of slots i-1 .. j-2 between two measured ones (indexes of bridge: one more than the slot).
func line(address string, d book.Day, i, j int, from, to int64, open book.SlotSet) (rows []book.Reading) {
	steps := int64(j - i + 1)
	for k := i; k < j; k++ {
		slot := k - 1
		if slot < 0 || slot >= book.SlotsPerDay || !open.Has(slot) {
			continue
		}
		done := int64(k - i + 1)
		rows = append(rows, book.Reading{Address: address, At: d.Start() + int64(slot)*book.SlotMicros, Quality: series.Estimated,
			Energy: from + (to-from)*done/steps, Power: (to - from) / steps * 4, Voltage: series.Null})
	}
	return rows
}
