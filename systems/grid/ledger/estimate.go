package ledger

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// estimateGap is the longest gap that is bridged, in slots: two hours. Longer gaps stay missing until a rule of its own covers them.
const estimateGap = 8

// Estimate bridges the short gaps of a day between two measured registers by a straight line, so that the registers stay true:
// the energy of the bridged slots adds up to the difference of the readings beside them. What is bridged is marked as estimated,
// does not count as collected, and gives way to the reading should it come after all; the slots beside it are then bridged anew.
func (l *Ledger) Estimate(ctx context.Context, d book.Day) error {
	if !l.o.Book.Holds(d) {
		return nil
	}
	sel := book.Select{State: "incomplete", Limit: 1000}
	for {
		page, _, next := l.o.Book.List(d, book.SlotsPerDay, sel)
		var rows []book.Reading
		for _, m := range page {
			got, err := l.bridge(ctx, m, d)
			if err != nil {
				return err
			}
			rows = append(rows, got...)
		}
		if _, err := l.Take(ctx, rows); err != nil {
			return errs.Wrap("store estimates", err)
		}
		if next.First() {
			return nil
		}
		sel.After = next
	}
}

// points are the samples of a day, from the last slot of the day before to the first of the day after.
type points [book.SlotsPerDay + 2]struct {
	register int64 // measured; Null where there is none
	estimate int64 // as it stands; Null where there is none
}

// bridge makes the estimates of one meter's day that do not stand there already.
func (l *Ledger) bridge(ctx context.Context, m book.Standing, d book.Day) (rows []book.Reading, err error) {
	samples, err := l.o.Readings.Range(ctx, m.Num, d.Start()-book.SlotMicros-l.tolerance(), (d+1).Start()+book.SlotMicros)
	if err != nil {
		return nil, errs.Wrap("read the neighbours of a gap", err)
	}
	var p points
	for i := range p {
		p[i].register, p[i].estimate = series.Null, series.Null
	}
	for _, x := range samples {
		sd, i, ok := book.SlotAt(x.At, l.o.Tolerance)
		k := int(sd-d)*book.SlotsPerDay + i + 1
		switch {
		case !ok || k < 0 || k >= len(p):
		case x.Quality&^series.Late == series.Measured:
			p[k].register = x.Values[0]
		default:
			p[k].estimate = x.Values[0]
		}
	}
	for i := 1; i < len(p); i++ {
		if p[i].register != series.Null || p[i-1].register == series.Null {
			continue
		}
		j := i
		for j < len(p) && p[j].register == series.Null {
			j++
		}
		if j < len(p) && j-i <= estimateGap && p[j].register >= p[i-1].register {
			rows = append(rows, line(m.Address, d, i, j, &p)...)
		}
		i = j
	}
	return rows, nil
}

// line draws the registers between the measured points i-1 and j (a point is one more than its slot), as far as they lie in the
// day and do not stand there.
func line(address string, d book.Day, i, j int, p *points) (rows []book.Reading) {
	from, to, steps := p[i-1].register, p[j].register, int64(j-i+1)
	for k := i; k < j; k++ {
		slot := k - 1
		register := from + (to-from)*int64(k-i+1)/steps
		if slot < 0 || slot >= book.SlotsPerDay || p[k].estimate == register {
			continue
		}
		rows = append(rows, book.Reading{Address: address, At: d.Start() + int64(slot)*book.SlotMicros, Quality: series.Estimated,
			Energy: register, Power: (to - from) * 4 / steps, Voltage: series.Null})
	}
	return rows
}
