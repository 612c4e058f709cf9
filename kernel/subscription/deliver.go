package subscription

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
)

// Why a notice is given up without another try.
var (
	errPaused  = errs.Say(errs.Unavailable, "订阅已暂停", "the subscription is paused")
	errExpired = errs.Say(errs.Unavailable, "订阅已到期", "the subscription has expired")
	errShare   = errs.Say(errs.Busy, "接收方持续失败，待投递通知超过其限额", "the receiver keeps failing and more notifications wait for it than its share")
)

const (
	// refusals is how often a notice that its receiver calls wrong is tried.
	refusals = 3
	// entitiesPerNotice bounds a periodic notification; where more entities match, further ones follow at once.
	entitiesPerNotice = 1000
)

// work serves a subscription once. g.mu is held, and let go while something is sent.
func (g *Engine) work(s *sub) {
	now := g.opts.Now()
	r := s.rule
	if s.gone {
		return
	}
	if len(s.queue) > 0 && !r.live(now) {
		why := errPaused
		if r.sub.Active {
			why = errExpired
		}
		g.giveUp(s, len(s.queue), why)
		return
	}
	if at, any := s.due(now); !any || at.After(now) {
		return // it was changed meanwhile
	}
	ctx, cancel := context.WithCancel(g.line.ctx)
	defer cancel()
	s.cancel = cancel
	if len(s.queue) == 0 {
		g.tick(ctx, s, r)
		return
	}
	count := 1
	if r.sub.Throttling > 0 {
		count = len(s.queue)
	}
	n := s.notice(count)
	err := g.send(ctx, s, r.sub, n)
	if s.gone {
		return
	}
	switch {
	case err == nil:
		g.confirm(s, count)
	case g.line.ctx.Err() == nil:
		for _, w := range s.queue[:count] {
			w.tries++
		}
		g.retreat(s, r.sub)
		g.tire(s, count, err)
	}
}

// notice makes one notice of the first n that wait.
func (s *sub) notice(n int) *Notice {
	last := s.queue[n-1]
	out := &Notice{Subscription: s.rule.sub.ID, Tenant: s.rule.sub.Tenant, Seq: last.row.id, At: last.at, Items: last.items}
	if n > 1 {
		out.Items = merge(s.queue[:n])
	}
	return out
}

// merge joins what came together while a subscription was throttled: one item an entity, from what it was before the first change
// to what it is after the last, with every trigger that fired.
func merge(list []*notice) (items []Item) {
	at := map[entity.Key]int{}
	for _, n := range list {
		for _, it := range n.items {
			e := it.After
			if e == nil {
				e = it.Before
			}
			k := entity.Key{Tenant: e.Tenant, ID: e.ID}
			i, ok := at[k]
			if !ok {
				at[k] = len(items)
				items = append(items, it)
				continue
			}
			items[i] = join(items[i], it)
		}
	}
	return items
}

func join(first, next Item) Item {
	out := Item{Before: first.Before, After: next.After, At: next.At}
	if out.Before == nil && out.After == nil { // it came and went: what is left to say is that it went
		out.Before = next.Before
	}
	if first.Before != nil && next.Before != nil {
		// What the first change did not touch, the next one may have: before it, that was as before the first.
		b := *first.Before
		b.Attrs = nil
		x, y := first.Before.Attrs, next.Before.Attrs
		for len(x) > 0 || len(y) > 0 {
			switch c := orderOf(x, y); {
			case c < 0:
				b.Attrs, x = append(b.Attrs, x[0]), x[1:]
			case c > 0:
				if first.After == nil || !hasSince(first.After, &y[0]) {
					b.Attrs = append(b.Attrs, y[0])
				}
				y = y[1:]
			default:
				b.Attrs, x, y = append(b.Attrs, x[0]), x[1:], y[1:]
			}
		}
		out.Before = &b
	}
	var m mask
	for i, name := range maskNames {
		for _, t := range append(first.Trigger, next.Trigger...) {
			if t == name {
				m |= 1 << i
			}
		}
	}
	out.Trigger = m.names()
	return out
}

// hasSince tells whether the first change made the instance that a later one found: then it was not there before both.
func hasSince(after *entity.Entity, a *entity.Attr) bool {
	for i := range after.Attrs {
		if b := &after.Attrs[i]; b.Name == a.Name && b.DatasetID == a.DatasetID {
			return b.CreatedAt.Equal(after.ModifiedAt)
		}
	}
	return false
}

// send delivers, without g.mu, and counts.
func (g *Engine) send(ctx context.Context, s *sub, spec *Subscription, n *Notice) error {
	began := g.opts.Now()
	timeout := spec.Endpoint.Timeout
	if timeout <= 0 {
		timeout = g.opts.Timeout
	}
	g.mu.Unlock()
	err := g.call(ctx, timeout, spec, n)
	g.mu.Lock()
	ended := g.opts.Now()
	if s.gone || err != nil && g.line.ctx.Err() != nil { // broken off: nothing is known of it
		return err
	}
	st := &s.state
	st.Sent++
	st.LastNotification = began
	s.slow = err != nil || ended.Sub(began) > slowAfter
	if st.Failing = err != nil; err != nil {
		st.Failed++
		st.LastFail, st.LastError = ended, clip(err.Error())
	} else {
		st.LastSuccess, st.LastError = ended, ""
		s.fails, s.notBefore = 0, time.Time{}
	}
	g.book.touch(s)
	return err
}

// call calls Deliver; a panic of it is a failure.
func (g *Engine) call(ctx context.Context, timeout time.Duration, spec *Subscription, n *Notice) (err error) {
	defer func() {
		if p := recover(); p != nil {
			g.opts.Log.Error("panic in a delivery", "subscription", spec.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic in the delivery: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return g.opts.Deliver(ctx, spec, n)
}

// confirm takes the first n notices as delivered.
func (g *Engine) confirm(s *sub, n int) {
	for _, w := range s.queue[:n] {
		s.confirmed = w.row.id
		g.release(w)
	}
	s.drop(n)
	g.waiting.Add(-int64(n))
	g.book.touch(s)
}

// retreat sets the time before which a failing receiver is left alone (5.2.15: cooldown).
func (g *Engine) retreat(s *sub, spec *Subscription) {
	s.fails++
	wait := g.opts.Longest
	if s.fails < 30 {
		wait = min(g.opts.First<<(s.fails-1), g.opts.Longest)
	}
	wait = time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64())) // so that what failed together does not come back together
	s.notBefore = g.opts.Now().Add(max(wait, spec.Endpoint.Cooldown))
}

// tire gives up what has waited too long, or was refused too often; count notices were just tried.
func (g *Engine) tire(s *sub, count int, err error) {
	now := g.opts.Now()
	if errs.Is(err, errs.Invalid) && s.queue[0].tries >= refusals {
		g.giveUp(s, count, err)
		// The receiver is there and may like the next one better.
		s.fails, s.notBefore = 0, now.Add(s.rule.sub.Endpoint.Cooldown)
		return
	}
	n := 0
	for n < len(s.queue) && (now.Sub(s.queue[n].at) >= g.opts.GiveUp || len(s.queue)-n > g.opts.Share) {
		n++
	}
	g.giveUp(s, n, err)
}

// giveUp makes dead letters of the first n notices.
func (g *Engine) giveUp(s *sub, n int, why error) {
	if n == 0 {
		return
	}
	now := g.opts.Now()
	for _, w := range s.queue[:n] {
		s.confirmed = w.row.id
		g.book.dead = append(g.book.dead, corpse{num: s.num, at: now, why: clip(why.Error()), notice: w})
	}
	s.drop(n)
	s.state.Dead += int64(n)
	g.waiting.Add(-int64(n))
	g.book.touch(s)
	if now.Sub(s.told) >= time.Minute { // every one is kept; the log need not repeat them
		s.told = now
		g.opts.Log.Warn("notifications are given up", "subscription", s.rule.sub.ID, "tenant", s.rule.sub.Tenant, "dead", s.state.Dead, "error", why)
	}
}

// tick sends the notification of a periodic subscription (5.8.6): every entity that matches as it stands; none where none does. It
// is not kept where it fails: the next one tells more.
func (g *Engine) tick(ctx context.Context, s *sub, r *rule) {
	g.mu.Unlock()
	err := g.eachChunk(ctx, r, func(list []*entity.Entity) error {
		now := g.opts.Now()
		n := &Notice{Subscription: r.sub.ID, Tenant: r.sub.Tenant, At: now, Items: make([]Item, len(list))}
		for i, e := range list {
			n.Items[i] = Item{After: e, At: now}
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.send(ctx, s, r.sub, n)
	})
	g.mu.Lock()
	s.since = g.opts.Now()
	if err != nil && !s.gone && g.line.ctx.Err() == nil {
		s.slow = true
		s.notBefore = s.since.Add(r.sub.Endpoint.Cooldown)
		if !s.state.Failing {
			s.state.LastError = clip(err.Error())
		}
	}
}

// eachChunk calls fn with the entities that a rule selects, some at a time.
func (g *Engine) eachChunk(ctx context.Context, r *rule, fn func([]*entity.Entity) error) error {
	var list []*entity.Entity
	for i := range max(len(r.selectors), 1) {
		sel := r.exact
		sel.Linked = nil // the store's own
		if len(r.selectors) > 0 {
			one := r.selectors[i]
			sel.IDs, sel.IDPattern, sel.Types = one.IDs, one.IDPattern, one.Types
		}
		for after := ""; ; {
			page, err := g.entities.Search(ctx, entity.Search{Tenant: r.sub.Tenant, Select: &sel, After: after, Limit: entitiesPerNotice})
			if err != nil {
				return errs.Wrap("find the entities of a periodic subscription", err)
			}
			for _, e := range page.Entities {
				if !selectedBy(r, i, e) {
					list = append(list, e)
				}
			}
			for len(list) >= entitiesPerNotice {
				if err := fn(list[:entitiesPerNotice:entitiesPerNotice]); err != nil {
					return err
				}
				list = list[entitiesPerNotice:]
			}
			if after = page.Next; after == "" {
				break
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	return fn(list)
}

// selectedBy tells whether one of the first n selectors has given e already.
func selectedBy(r *rule, n int, e *entity.Entity) bool {
	for j := range min(n, len(r.selectors)) {
		if r.selectors[j].Match(e) {
			return true
		}
	}
	return false
}
