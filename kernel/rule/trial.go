package rule

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
)

// maxTrial bounds how much of the past a trial reads.
const maxTrial = 31 * 24 * time.Hour

// Past gives the readings of some points within a time, in any order.
type Past func(ctx context.Context, keys []int64, from, to int64, fn func(Reading)) error

// Try runs a version over data of the past and keeps what came of it: how often it would have spoken, and where most. One group's readings
// are in memory at a time. progress is told how many groups of all are done; nil where nobody asks.
func (e *Engine) Try(ctx context.Context, by *identity.Principal, id string, version int64, points []Point, past Past, from, to time.Time, progress func(done, all int)) (Trial, error) {
	if !by.Can(GrantEdit) {
		return Trial{}, forbidden()
	}
	if !from.Before(to) || to.Sub(from) > maxTrial {
		return Trial{}, errs.Say(errs.Invalid, "试运行的时段应为正，且不超过 31 天", "a trial runs over a positive time of at most 31 days")
	}
	var r Rule
	err := e.db.Read(ctx, func(tx *store.Tx) (err error) {
		r, err = get(tx, id, version)
		return err
	})
	if err != nil {
		return Trial{}, err
	}
	t, err := Replay(ctx, r, points, past, from, to, progress)
	if err != nil {
		return t, err
	}
	t.At = e.now()
	return t, e.db.Write(ctx, func(tx *store.Tx) error {
		if err := putTrial(tx, id, version, t); err != nil {
			return err
		}
		return e.record(tx, by, GrantEdit, "try-rule", &r, map[string]any{"span": span(from, to), "came": t.Transitions})
	})
}

// Replay runs a rule over readings of the past as if they had come at their own times. Its clock ticks each second in between.
func Replay(ctx context.Context, r Rule, points []Point, past Past, from, to time.Time, progress func(done, all int)) (Trial, error) {
	t := Trial{From: from, To: to}
	if r.Kind == Entity {
		return t, errs.Say(errs.Invalid, "对实体的规则不能用测点历史试运行", "a rule over entities cannot be tried on readings")
	}
	groups := map[string][]Point{}
	for _, p := range points {
		if r.Scope.picks(r.Scope.System, &p) {
			groups[p.Group] = append(groups[p.Group], p)
			t.Points++
		}
	}
	came, done := map[string]int64{}, 0
	for _, list := range groups {
		if err := t.group(ctx, r, list, past, came); err != nil {
			return t, errs.Wrap("try a rule", err)
		}
		if done++; progress != nil {
			progress(done, len(groups))
		}
	}
	for entity, n := range came {
		t.Worst = append(t.Worst, PointCount{entity, n})
	}
	slices.SortFunc(t.Worst, func(a, b PointCount) int {
		return cmp.Or(cmp.Compare(b.Came, a.Came), cmp.Compare(a.Entity, b.Entity))
	})
	t.Worst = t.Worst[:min(10, len(t.Worst))]
	return t, nil
}

// group replays one group.
func (t *Trial) group(ctx context.Context, r Rule, points []Point, past Past, came map[string]int64) error {
	keys := make([]int64, len(points))
	for i, p := range points {
		keys[i] = p.Key
	}
	var readings []Reading
	if err := past(ctx, keys, t.From.UnixMicro(), t.To.UnixMicro(), func(x Reading) { readings = append(readings, x) }); err != nil {
		return err
	}
	slices.SortStableFunc(readings, func(a, b Reading) int { return cmp.Compare(a.At, b.At) })
	t.Readings += int64(len(readings))
	clock := t.From
	w, err := newWatch(r.Scope.System, func() time.Time { return clock }, []*Rule{&r}, nil)
	if err != nil {
		return err
	}
	if err := w.SetPoints(points, nil); err != nil {
		return err
	}
	tell := func(list []Transition) {
		for _, x := range list {
			if x.Came {
				t.Transitions++
				t.Standing++
				came[x.Point.Entity]++
			} else {
				t.Standing--
			}
		}
	}
	step := w.step()
	for i := range readings {
		at := time.UnixMicro(readings[i].At)
		for clock.Add(step).Before(at) {
			if err := ctx.Err(); err != nil {
				return err
			}
			clock = clock.Add(step)
			tell(w.Tick(clock.UnixMicro()))
		}
		clock = at
		tell(w.Evaluate(readings[i : i+1]))
	}
	for ; clock.Before(t.To); clock = clock.Add(step) {
		tell(w.Tick(clock.UnixMicro()))
	}
	return nil
}

// step is how often a replay's clock must tick so that no delay and no silence is told later than a tenth of it: between a second and
// a minute.
func (w *Watch) step() time.Duration {
	step := time.Minute
	for _, r := range w.rules {
		for _, d := range []time.Duration{r.Form.On, r.Form.Off} {
			if d > 0 {
				step = min(step, d/10)
			}
		}
		if r.Kind != Silence {
			continue
		}
		for _, p := range w.points {
			if p.Every > 0 {
				step = min(step, time.Duration(r.Form.Periods*float64(p.Every))/10)
			}
		}
	}
	return max(step, time.Second)
}
