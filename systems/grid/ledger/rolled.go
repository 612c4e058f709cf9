package ledger

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Kept is Family under a policy of retention: readings older than raw are kept as sums, minima and maxima per period; raw 0 keeps all.
func Kept(raw, period time.Duration) series.Family {
	f := Family
	f.KeepRaw, f.RollUp = raw, period
	return f
}

// rolled tells whether a day may have been rolled up by now.
func (l *Ledger) rolled(d book.Day) bool {
	f := l.o.Readings.Family()
	return f.KeepRaw > 0 && f.RollUp > 0 && (d+1).Start() <= l.o.Now().Add(-f.KeepRaw).UnixMicro()
}

// aggregate sums power over a day: by quarter hour, or where the day is old enough to have been rolled up by the period of that, in which
// case every quarter hour of the period bears its mean.
func (l *Ledger) aggregate(ctx context.Context, keys []int64, d book.Day) ([]series.Point, error) {
	if !l.rolled(d) {
		points, err := l.o.Readings.Aggregate(ctx, keys, "power", d.Start(), (d + 1).Start(), book.SlotLength)
		return points, errs.Wrap("sum the load", err)
	}
	rolled, period, err := l.coarse(ctx, keys, "power", d)
	if err != nil {
		return nil, errs.Wrap("sum the load", err)
	}
	var points []series.Point
	n := max(1, int64(period/book.SlotLength))
	for _, p := range rolled {
		for i := range n {
			points = append(points, series.Point{At: p.At + i*book.SlotMicros, Sum: p.Sum / n, Min: p.Min, Max: p.Max, Count: (p.Count + n - 1) / n})
		}
	}
	return points, nil
}

// coarse sums a column by the period of the policy, or by the day where the day was rolled up under another policy.
func (l *Ledger) coarse(ctx context.Context, keys []int64, column string, d book.Day) ([]series.Point, time.Duration, error) {
	period := l.o.Readings.Family().RollUp
	points, err := l.o.Readings.Aggregate(ctx, keys, column, d.Start(), (d + 1).Start(), period)
	if errs.Is(err, errs.Invalid) {
		period = 24 * time.Hour
		points, err = l.o.Readings.Aggregate(ctx, keys, column, d.Start(), (d + 1).Start(), period)
	}
	return points, period, err
}

// rolledMeter is a meter's day out of its roll-up: one sample a period, the register as it stood at its beginning, power and voltage as
// their means.
func (l *Ledger) rolledMeter(ctx context.Context, key int64, d book.Day) ([]series.Sample, error) {
	byTime := map[int64]int{}
	var out []series.Sample
	for c, column := range l.o.Readings.Family().Columns {
		points, _, err := l.coarse(ctx, []int64{key}, column.Name, d)
		if err != nil {
			return nil, errs.Wrap("read a meter's day", err)
		}
		for _, p := range points {
			i, ok := byTime[p.At]
			if !ok {
				i = len(out)
				byTime[p.At] = i
				out = append(out, series.Sample{Key: key, At: p.At, Quality: series.Measured, Values: []int64{series.Null, series.Null, series.Null}})
			}
			if p.Count == 0 {
				continue
			}
			if out[i].Values[c] = p.Sum / p.Count; c == 0 {
				out[i].Values[c] = p.Min
			}
		}
	}
	return out, nil
}
