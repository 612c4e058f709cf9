package intake

import (
	"context"
	"math"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
)

// groupLimit bounds the readings of one commit, so that none holds the lane for long; patience is how long a delivery waits for a
// place in the queue.
const (
	groupLimit = 20_000
	patience   = 10 * time.Second
	tickEvery  = time.Second
)

// Options are what an intake works with.
type Options struct {
	DB    *store.DB
	Table *series.Table // one column: the value, scaled by its decimals
	Watch *rule.Watch
	Raise func(tx *store.Tx, list []rule.Transition) error // keeps them, in the readings' transaction
	Came  func(readings []rule.Reading)                    // after each commit, with what was new; nil where nobody wants to know
	Now   func() time.Time
	Queue int // deliveries that may wait; 0: 4,096
}

// Intake takes readings from anywhere at once.
type Intake struct {
	o     Options
	scale float64
	queue chan *delivery
	// Of Run's goroutine alone:
	pending []rule.Transition // that no commit has taken yet
	batch   series.Batch
	newest  map[int64]int64 // time of the newest stored reading, by key
	ticked  int64           // when the watch was last asked what time alone brings, µs UTC
}

// delivery is what one frame brings; done is answered after the commit.
type delivery struct {
	readings        []rule.Reading
	fresh, repeated int
	done            chan error
}

// New makes an intake; Run must run for Take to answer.
func New(o Options) *Intake {
	if o.Queue <= 0 {
		o.Queue = 4096
	}
	return &Intake{o: o, scale: math.Pow10(o.Table.Family().Columns[0].Decimals), queue: make(chan *delivery, o.Queue), newest: map[int64]int64{}}
}

// Full tells that the intake does not keep up.
func (i *Intake) Full() bool { return len(i.queue) == cap(i.queue) }

// Take stores readings and returns after the commit: how many were new, and how many repeated what was known. errs.Busy says that the
// intake does not keep up: the sender keeps its data and comes again. errs.Invalid names a value that cannot be kept; nothing is stored then.
func (i *Intake) Take(ctx context.Context, readings []rule.Reading) (fresh, repeated int, err error) {
	if len(readings) == 0 {
		return 0, 0, nil
	}
	for _, r := range readings {
		if v := r.Value * i.scale; r.Quality != rule.Faulty && !(math.Abs(v) < 1<<62) {
			return 0, 0, errs.Say(errs.Invalid, "数值 %[1]g 超出可保存的范围", "the value %[1]g is beyond what can be kept", r.Value)
		}
	}
	d := &delivery{readings: readings, done: make(chan error, 1)}
	if err := i.enqueue(ctx, d); err != nil {
		return 0, 0, err
	}
	select {
	case err := <-d.done:
		return d.fresh, d.repeated, err
	case <-ctx.Done():
		return 0, 0, ctx.Err() // it may still be stored: the sender was not told, and a repetition is recognised
	}
}

func (i *Intake) enqueue(ctx context.Context, d *delivery) error {
	select {
	case i.queue <- d:
		return nil
	default:
	}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case i.queue <- d:
		return nil
	case <-limit.C:
		return errs.Say(errs.Busy, "采集入口已满，请稍后重送", "the intake is full, send again later")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run commits deliveries in groups and ticks the watch each second, until ctx ends.
func (i *Intake) Run(ctx context.Context) error {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for {
		var group []*delivery
		select {
		case d := <-i.queue:
			group = i.gather(d)
		case <-ticker.C:
		case <-ctx.Done():
			return i.refuseRest(ctx.Err())
		}
		if err := i.commit(ctx, group); err != nil && len(group) == 0 && ctx.Err() == nil {
			return err // nobody waits for it: the supervisor logs it and runs this again, and pending is kept
		}
	}
}

func (i *Intake) gather(first *delivery) []*delivery {
	group, n := []*delivery{first}, len(first.readings)
	for n < groupLimit {
		select {
		case d := <-i.queue:
			group, n = append(group, d), n+len(d.readings)
		default:
			return group
		}
	}
	return group
}

func (i *Intake) refuseRest(cause error) error {
	for {
		select {
		case d := <-i.queue:
			d.done <- errs.As(errs.Unavailable, "stop the intake", cause)
		default:
			return nil
		}
	}
}

// commit stores a group, with what the rules say of it and what time alone brought.
func (i *Intake) commit(ctx context.Context, group []*delivery) error {
	fresh, err := i.sort(ctx, group)
	if err == nil {
		i.pending = append(i.pending, i.o.Watch.Evaluate(fresh)...)
		i.tick()
		err = i.write(ctx, fresh)
	}
	for _, d := range group {
		d.done <- err
	}
	return err
}

// tick asks once a second: it looks at every point.
func (i *Intake) tick() {
	now := i.o.Now().UnixMicro()
	if now-i.ticked < int64(tickEvery/time.Microsecond) {
		return
	}
	i.ticked = now
	i.pending = append(i.pending, i.o.Watch.Tick(now)...)
}

// write commits what is new and the transitions. Where that fails the transitions wait for the next commit: the watch has told them.
func (i *Intake) write(ctx context.Context, fresh []rule.Reading) error {
	if len(fresh) == 0 && len(i.pending) == 0 {
		return nil
	}
	i.batch.Reset()
	for _, r := range fresh {
		q, v := series.Measured, int64(series.Null)
		if r.Quality == rule.Faulty {
			q = series.Invalid
		}
		if x := r.Value * i.scale; math.Abs(x) < 1<<62 {
			v = int64(math.Round(x))
		}
		i.batch.Add(r.Key, r.At, q, v)
	}
	err := i.o.DB.Write(ctx, func(tx *store.Tx) error {
		if len(fresh) > 0 {
			if err := i.o.Table.Append(tx, &i.batch); err != nil {
				return err
			}
		}
		if len(i.pending) == 0 {
			return nil
		}
		return i.o.Raise(tx, i.pending)
	})
	if err != nil {
		return errs.Wrap("store readings", err)
	}
	i.pending = i.pending[:0]
	for _, r := range fresh {
		i.newest[r.Key] = max(i.newest[r.Key], r.At)
	}
	if len(fresh) > 0 && i.o.Came != nil {
		i.o.Came(fresh)
	}
	return nil
}

// sort tells what is new from what repeats, in the order in which it came.
func (i *Intake) sort(ctx context.Context, group []*delivery) (fresh []rule.Reading, err error) {
	type moment struct{ key, at int64 }
	seen := map[moment]float64{}
	for _, d := range group {
		d.fresh, d.repeated = 0, 0
		for _, r := range d.readings {
			m := moment{r.Key, r.At}
			before, twice := seen[m]
			if !twice {
				before, twice, err = i.held(ctx, r)
				if err != nil {
					return nil, err
				}
			}
			if twice && (same(before, r.Value, i.scale) || r.Quality == rule.Faulty) {
				d.repeated++
				continue
			}
			seen[m] = r.Value
			fresh = append(fresh, r)
			d.fresh++
		}
	}
	return fresh, nil
}

// same compares as the series keeps values.
func same(a, b, scale float64) bool { return math.Round(a*scale) == math.Round(b*scale) }

// held gives what the series holds of a point at a moment. What is newer than the newest is not looked for.
func (i *Intake) held(ctx context.Context, r rule.Reading) (v float64, ok bool, err error) {
	newest, known := i.newest[r.Key]
	if !known {
		last, there, err := i.o.Table.Last(ctx, r.Key)
		if err != nil {
			return 0, false, err
		}
		newest = math.MinInt64
		if there {
			newest = last.At
		}
		i.newest[r.Key] = newest
	}
	if r.At > newest {
		return 0, false, nil
	}
	list, err := i.o.Table.Range(ctx, r.Key, r.At, r.At+1)
	if err != nil || len(list) == 0 {
		return 0, false, err
	}
	return float64(list[0].Values[0]) / i.scale, true, nil
}
