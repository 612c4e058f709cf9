package order

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/headend/deed"
)

// The rhythm of the feed. lookGap is the plan's time between two looks at what is not proven; after lastLook of them only a person looks.
const (
	beat     = time.Second
	roundOf  = 5000
	lookGap  = time.Minute
	lastLook = 60
	validFor = 5 * time.Minute // of an order to a relay, on its way
	limitAct = time.Minute     // for a link to take an order and answer
)

// run carries orders out until ctx ends. What is on its way then ends as unproven.
func (p *Part) run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	next := time.NewTicker(beat)
	defer next.Stop()
	for {
		if err := p.round(ctx, &wg); err != nil && ctx.Err() == nil {
			p.o.Log.Warn("orders not carried out", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
		case <-p.wake:
		}
	}
}

// round lets expire what is overdue, sends what is approved, and looks at what is not proven: one order at a time to a concentrator.
func (p *Part) round(ctx context.Context, wg *sync.WaitGroup) error {
	now := p.o.Clock.Now()
	if err := p.expire(ctx, now); err != nil {
		return err
	}
	approved, err := p.orders(ctx, qState, string(Approved), int64(roundOf))
	if err != nil {
		return err
	}
	looks, err := p.orders(ctx, qLook, store.Micros(now.Add(-lookGap)), int64(roundOf))
	if err != nil {
		return err
	}
	for _, o := range append(approved, looks...) {
		if o.looks >= lastLook || !p.o.Linked(o.Concentrator) || !p.take(o.Concentrator) {
			continue
		}
		wg.Go(func() {
			defer p.release(o.Concentrator)
			ctx, cancel := context.WithTimeout(ctx, limitAct)
			defer cancel()
			var err error
			if o.State == Approved {
				err = p.send(ctx, o)
			} else {
				err = p.look(ctx, o)
			}
			if err != nil && ctx.Err() == nil {
				p.o.Log.Warn("order not carried out", "order", o.ID, "error", err.Error())
			}
		})
	}
	return nil
}

func (p *Part) take(concentrator string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy[concentrator] {
		return false
	}
	p.busy[concentrator] = true
	return true
}

func (p *Part) release(concentrator string) {
	p.mu.Lock()
	delete(p.busy, concentrator)
	p.mu.Unlock()
	p.rouse()
}

// expire ends what nobody approved in time, and what no link took.
func (p *Part) expire(ctx context.Context, now time.Time) error {
	due, err := p.orders(ctx, qDue, store.Micros(now))
	if err != nil || len(due) == 0 {
		return err
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for _, o := range due {
			n, err := tx.Exec(qDecide, o.ID, string(o.State), string(Expired), o.Approver, o.Confirmer, store.Micros(now), o.Approver)
			if err == nil && n == 1 {
				err = p.went(tx, o, Expired, "", nil)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// went keeps a step that the program took.
func (p *Part) went(tx *store.Tx, o Order, state State, note string, raw []byte) error {
	if err := p.step(tx, o.ID, state, "", note, raw); err != nil {
		return err
	}
	return p.journal(tx, identity.System("grid"), GrantAsk, "step-order", o.object(), map[string]any{"kind": string(o.Kind), "meter": o.Meter, "state": string(state), "note": note})
}

func (p *Part) deed(o Order, do deed.Kind) (d deed.Deed, err error) {
	_, m, ok := p.o.Book.Find(o.Meter)
	if !ok {
		return d, errs.Say(errs.NotFound, "档案中没有电表 %s", "meter %s is not in the archive", o.Meter)
	}
	return deed.Deed{Kind: do, Meter: o.Meter, Key: p.key(m), Until: p.o.Clock.Now().Add(validFor), Now: p.o.Clock.Now}, nil
}

// send marks an order as sent, commits that, and only then lets it go: whatever stops the program then, it is not sent again.
func (p *Part) send(ctx context.Context, o Order) error {
	d, err := p.deed(o, kinds[o.Kind.at()].do)
	if err != nil {
		return err
	}
	conf, err := p.setting(ctx)
	if err != nil {
		return err
	}
	mine := false
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		now := p.o.Clock.Now()
		if o.Kind == Disconnect {
			var cut int64
			if err := tx.Get(qCut, []any{store.Micros(now.Add(-time.Minute))}, &cut); err != nil || cut >= conf["cuts-a-minute"] {
				return err // it waits for its minute
			}
		}
		n, err := tx.Exec(qSent, o.ID, store.Micros(now))
		if mine = n == 1; err != nil || !mine {
			return err
		}
		return p.went(tx, o, Sent, "", nil)
	})
	if err != nil || !mine {
		return err
	}
	told, err := p.o.Act(ctx, o.Concentrator, d)
	return p.told(context.WithoutCancel(ctx), o, told, err)
}

// told takes what came of an order, and looks for the proof.
func (p *Part) told(ctx context.Context, o Order, told deed.Told, err error) error {
	state, note := Answered, ""
	switch {
	case !told.Sent && errs.Is(err, errs.Unavailable):
		return p.unsent(ctx, o)
	case !told.Sent && err != nil:
		state, note = Failed, "key"
	case err != nil && len(told.Raw) > 0:
		state, note = Unproven, "strange"
	case err != nil:
		state, note = Unproven, "lost"
	case !told.OK:
		state, note = Failed, "no"
	}
	ended := int64(0)
	if state == Failed {
		ended = store.Micros(p.o.Clock.Now())
	}
	werr := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qTold, o.ID, string(state), told.Code, some(told.Raw), ended); err != nil {
			return err
		}
		return p.went(tx, o, state, note, told.Raw)
	})
	if werr != nil || state != Answered {
		return werr
	}
	if o.Kind == ClockRead { // the answer is the proof
		return p.proven(ctx, o, told)
	}
	return p.look(ctx, o)
}

// unsent gives an order back that no link took: it waits for one until its deadline.
func (p *Part) unsent(ctx context.Context, o Order) error {
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qUnsent, o.ID); err != nil {
			return err
		}
		return p.went(tx, o, Approved, "offline", nil)
	})
}

// look reads back what an order was to bring about.
func (p *Part) look(ctx context.Context, o Order) error {
	do := deed.ReadRelay
	if !o.Kind.relay() {
		do = deed.ReadClock
	}
	d, err := p.deed(o, do)
	if err != nil {
		return err
	}
	told, err := p.o.Act(ctx, o.Concentrator, d)
	if err != nil || !told.OK {
		return p.judged(context.WithoutCancel(ctx), o, Unproven, "silent", told)
	}
	return p.proven(context.WithoutCancel(ctx), o, told)
}

// proven judges an order by what was read back. A contradiction is looked at once more before it counts: a relay takes its time.
func (p *Part) proven(ctx context.Context, o Order, told deed.Told) error {
	good, proof := false, map[deed.Relay]string{deed.Open: "open", deed.Closed: "closed", deed.Ready: "ready"}[told.Relay]
	switch o.Kind {
	case Disconnect:
		good = told.Relay == deed.Open
	case Reconnect:
		good = told.Relay == deed.Closed
	case Permit:
		good = told.Relay == deed.Closed || told.Relay == deed.Ready
	case ClockRead, ClockSet:
		conf, err := p.setting(ctx)
		if err != nil {
			return err
		}
		ahead := int64(told.Ahead / time.Second)
		proof = strconv.FormatInt(ahead, 10)
		good = o.Kind == ClockRead || max(ahead, -ahead) <= conf["tolerance"]
		if err := p.keep(ctx, map[string]int64{o.Meter: ahead}, "asked"); err != nil {
			return err
		}
	}
	switch {
	case good:
		return p.judged(ctx, o, Proven, proof, told)
	case o.looks == 0:
		return p.judged(ctx, o, Unproven, proof, told)
	}
	return p.judged(ctx, o, Failed, proof, told)
}

func (p *Part) judged(ctx context.Context, o Order, state State, proof string, told deed.Told) error {
	now, ended := store.Micros(p.o.Clock.Now()), int64(0)
	if state != Unproven {
		ended = now
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if n, err := tx.Exec(qProof, o.ID, string(state), proof, some(told.Raw), now, ended); err != nil || n != 1 {
			return err
		}
		if o.State == state && o.Proof == proof { // nothing new: the look is counted, the timeline stays short
			return nil
		}
		return p.went(tx, o, state, proof, told.Raw)
	})
}
