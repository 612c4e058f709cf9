package notice

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// settleMost is how many outcomes one transaction takes.
const settleMost = 512

// settleAll writes what came of the deliveries, many in one transaction, until done is closed and nothing is left.
func (p *Post) settleAll(ctx context.Context, done <-chan struct{}, fail context.CancelCauseFunc) {
	for {
		var list []outcome
		select {
		case o := <-p.settle:
			list = append(list, o)
		case <-done:
			select {
			case o := <-p.settle:
				list = append(list, o)
			default:
				return
			}
		}
		for more := true; more && len(list) < settleMost; {
			select {
			case o := <-p.settle:
				list = append(list, o)
			default:
				more = false
			}
		}
		if err := p.settleSome(context.WithoutCancel(ctx), list); err != nil {
			fail(err) // the marks stay; the keys are asked for
		}
		for _, o := range list {
			o.lane.drop(o.row.id)
			o.lane.stir()
		}
	}
}

func (p *Post) settleSome(ctx context.Context, list []outcome) (err error) {
	for try := range 10 {
		if err = p.o.DB.Write(ctx, func(tx *store.Tx) error { return p.put(tx, list) }); !errs.Is(err, errs.Busy) {
			break
		}
		time.Sleep(time.Duration(try+1) * 20 * time.Millisecond)
	}
	return errs.Wrap("settle notices", err)
}

func (p *Post) put(tx *store.Tx, list []outcome) error {
	now := store.Micros(p.o.Now())
	var lines []Line
	var s Stats
	for _, o := range list {
		r := o.row
		if o.err == nil {
			if _, err := tx.Exec(qTold, now, o.receipt, r.id); err != nil {
				return err
			}
			r.state, r.told, r.receipt, r.reason, r.due = string(Told), now, o.receipt, "", 0
			s.Told++
			if o.spared {
				s.Spared++
			}
		} else if err := p.retry(tx, r, o.err, now, &s); err != nil {
			return err
		}
		lines = append(lines, r.line())
	}
	tx.OnCommit(func() {
		p.counted(func(c *Stats) {
			c.Told, c.Failed, c.Retried, c.Spared = c.Told+s.Told, c.Failed+s.Failed, c.Retried+s.Retried, c.Spared+s.Spared
		})
		p.say(lines)
		if s.Failed > 0 {
			poke(p.stirred)
		}
	})
	return nil
}

// retry sends a row that failed on its way: the same one again after a wait, the next one, or nowhere.
func (p *Post) retry(tx *store.Tx, r *row, cause error, now int64, s *Stats) error {
	var m letter
	if err := m.get(tx, r.message); err != nil {
		return err
	}
	switch {
	case m.recalled > 0:
		r.state, r.due = string(Recalled), 0
		_, err := tx.Exec(qAgain, r.state, r.way, r.channel, r.address, r.tries, 0, errs.KindOf(cause).String(), 0, r.id)
		return err
	case !hopeless(cause) && r.tries < maxTries:
		s.Retried++
		r.state, r.due, r.reason = string(Due), now+backoff(r.tries).Microseconds(), errs.KindOf(cause).String()
		_, err := tx.Exec(qAgain, r.state, r.way, r.channel, r.address, r.tries, r.due, r.reason, 0, r.id)
		return err
	}
	err := p.nextWay(tx, r, now, errs.KindOf(cause).String())
	if r.state == string(Failed) {
		s.Failed++
	}
	return err
}

// hopeless tells whether an address will never take the message.
func hopeless(err error) bool {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.NotFound, errs.Denied, errs.TooLarge:
		return true
	}
	return false
}

// nextWay takes the contact's next way; after the last one the delivery has failed, and the next level is told at once.
func (p *Post) nextWay(tx *store.Tx, r *row, now int64, reason string) error {
	r.reason = reason
	watch := int64(0)
	if p.route(r, int(r.way)+1) {
		r.state, r.tries, r.due = string(Due), 0, now
		tx.OnCommit(p.lanes[r.channel].stir)
	} else {
		r.state, r.due, watch = string(Failed), 0, r.missed(now)
	}
	_, err := tx.Exec(qAgain, r.state, r.way, r.channel, r.address, r.tries, r.due, r.reason, watch, r.id)
	return err
}

// watchMost is how many unanswered deliveries one transaction escalates.
const watchMost = 20_000

// escalate looks for what is unanswered, until ctx ends.
func (p *Post) escalate(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := p.escalateSome(ctx)
		if err != nil && ctx.Err() == nil && !errs.Is(err, errs.Busy) {
			return err
		}
		if n == watchMost {
			continue
		}
		wait := time.NewTimer(p.o.Poll)
		select {
		case <-ctx.Done():
		case <-p.stirred:
		case <-wait.C:
		}
		wait.Stop()
	}
	return nil
}

// step is one level of one message.
type step struct {
	message string
	level   int64
}

func (p *Post) escalateSome(ctx context.Context) (n int, err error) {
	now := store.Micros(p.o.Now())
	some := false
	look := func(fn func(id string, s step)) func(scan func(...any) error) error {
		return func(scan func(...any) error) error {
			var id string
			var s step
			err := scan(&id, &s.message, &s.level)
			fn(id, s)
			return err
		}
	}
	if err := p.o.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qWatch, []any{now, 1}, look(func(string, step) { some = true }))
	}); err != nil || !some {
		return 0, err
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		var ids []string
		var order []step
		missed := map[step]int64{}
		err := tx.Each(qWatch, []any{now, watchMost}, look(func(id string, s step) {
			if missed[s]++; missed[s] == 1 {
				order = append(order, s)
			}
			ids = append(ids, id)
		}))
		if err != nil {
			return err
		}
		n = len(ids)
		if err := each(tx, &qEscaped, now, ids); err != nil {
			return err
		}
		for _, s := range order {
			if err := p.climb(tx, s, missed[s], now); err != nil {
				return err
			}
		}
		tx.OnCommit(func() {
			p.counted(func(c *Stats) { c.Escalated += int64(n) })
			p.wake()
		})
		return nil
	})
	return n, errs.Wrap("escalate notices", err)
}

// climb tells the next level of a message; where that was done before, or there is none, nothing happens but the count.
func (p *Post) climb(tx *store.Tx, s step, missed, now int64) error {
	if _, err := tx.Exec(qMissed, missed, s.message); err != nil {
		return err
	}
	var m letter
	if err := m.get(tx, s.message); err != nil {
		return err
	}
	if m.recalled > 0 {
		return nil
	}
	watch := int64(0)
	if m.AckBy > 0 {
		watch = now + m.AckBy.Microseconds()
	}
	if _, err := tx.Exec(qNextLevel, now, watch, s.message, s.level+1); err != nil {
		return err
	}
	_, err := tx.Exec(qUnreached, now, s.message, s.level+1)
	return err
}
