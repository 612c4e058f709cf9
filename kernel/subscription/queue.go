package subscription

import (
	"context"
	"slices"
	"sync"
	"time"
)

// notice is what waits for one subscription.
type notice struct {
	row   *row
	older []*row // of the notices that were merged into this one
	at    time.Time
	items []Item
	tries int
}

// row is a row of subscription_due with the number of its notices that are not done yet.
type row struct {
	id   int64
	left int
}

// phase is where a subscription stands.
type phase uint8

const (
	idle    phase = iota // nothing to do
	resting              // until its timer
	ready                // in the line
	running              // with a worker
)

// work is what a subscription has to do.
type work struct {
	queue     []*notice
	confirmed int64 // the row up to which everything is delivered or given up
	phase     phase
	timer     *time.Timer
	notBefore time.Time // after a failure
	since     time.Time // what the first interval is counted from, where it was never notified
	fails     int       // failures in a row
	slow      bool      // it failed or took long the last time
	told      time.Time // when the log was last told of what was given up
	gone      bool
	calm      chan struct{}      // closed when the delivery under way ends; nil: nobody waits for that
	cancel    context.CancelFunc // of the delivery under way
}

// slowAfter is how long a delivery may take before its receiver counts as slow.
const slowAfter = time.Second

// line is the subscriptions that can be served now. Those that are slow stand in a line of their own and get half of the workers at
// most, so that they do not hold the others up.
type line struct {
	quick, slow  []*sub
	workers      int // that run
	slowOnes     int // of them with a slow subscription
	ctx          context.Context
	done         sync.WaitGroup
	lastWasQuick bool
}

// take puts the notices of a row into the queues. What a crash left that was confirmed is not taken again.
func (g *Engine) take(id int64, b *batch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := &row{id: id}
	for _, p := range b.parts {
		s := g.nums[p.num]
		if s == nil || s.gone || id <= s.confirmed {
			continue
		}
		r.left++
		s.queue = append(s.queue, &notice{row: r, at: b.at, items: b.items(p)})
		g.waiting.Add(1)
		switch {
		case s.phase == running:
		case s.rule.sub.Throttling > 0 && len(s.queue) >= mergeAt:
			g.squeeze(s)
		case s.fails > 0 && len(s.queue) > g.opts.Share:
			g.giveUp(s, 1, errShare)
		}
		g.schedule(s)
	}
	if r.left == 0 {
		g.book.rows = append(g.book.rows, r.id)
		g.book.wake()
	}
}

// release says that a notice is done with.
func (g *Engine) release(n *notice) {
	for _, r := range append(n.older, n.row) {
		if r.left--; r.left == 0 {
			g.book.rows = append(g.book.rows, r.id)
			g.book.wake()
		}
	}
}

// mergeAt is how many notices of a throttled subscription wait singly.
const mergeAt = 64

// squeeze makes one notice of all that wait for a throttled subscription: that is what it will get anyhow.
func (g *Engine) squeeze(s *sub) {
	last := s.queue[len(s.queue)-1]
	one := &notice{row: last.row, at: s.queue[0].at, items: merge(s.queue)}
	for _, n := range s.queue {
		one.older = append(one.older, n.older...)
		if n != last {
			one.older = append(one.older, n.row)
		}
		one.tries = max(one.tries, n.tries)
	}
	g.waiting.Add(1 - int64(len(s.queue)))
	s.queue = []*notice{one}
}

// schedule finds out what a subscription does next. g.mu is held.
func (g *Engine) schedule(s *sub) {
	if s.phase == running || s.phase == ready {
		return
	}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	s.phase = idle
	now := g.opts.Now()
	at, any := s.due(now)
	switch {
	case !any:
	case at.After(now):
		s.phase = resting
		var t *time.Timer
		t = time.AfterFunc(at.Sub(now), func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			if s.timer == t && s.phase == resting {
				s.timer, s.phase = nil, idle
				g.schedule(s)
			}
		})
		s.timer = t
	default:
		s.phase = ready
		g.join(s)
	}
}

// due tells when the subscription is to be served next; any is false where it has nothing to do.
func (s *sub) due(now time.Time) (at time.Time, any bool) {
	spec := s.rule.sub
	if s.gone {
		return at, false
	}
	if len(s.queue) > 0 {
		if !s.rule.live(now) {
			return at, true // to be given up
		}
		// 5.2.12: throttling is the least time between two consecutive notifications.
		if spec.Throttling > 0 && !s.state.LastNotification.IsZero() {
			at = s.state.LastNotification.Add(spec.Throttling)
		}
		if at.Before(s.notBefore) {
			at = s.notBefore
		}
		if ends := spec.ExpiresAt; !ends.IsZero() && at.After(ends) {
			at = ends
		}
		return at, true
	}
	if spec.Interval <= 0 || !s.rule.live(now) {
		return at, false
	}
	from := s.since
	if from.Before(s.state.LastNotification) {
		from = s.state.LastNotification
	}
	if from.Before(s.state.LastFail) {
		from = s.state.LastFail
	}
	if from.IsZero() {
		s.since, from = now, now
	}
	if at = from.Add(spec.Interval); at.Before(s.notBefore) {
		at = s.notBefore
	}
	return at, true
}

// join puts s into its line and sees that there is a worker.
func (g *Engine) join(s *sub) {
	l := &g.line
	if s.slow {
		l.slow = append(l.slow, s)
	} else {
		l.quick = append(l.quick, s)
	}
	g.hire()
}

// hire starts a worker where there is work that one may take.
func (g *Engine) hire() {
	l := &g.line
	if l.ctx == nil || l.ctx.Err() != nil || l.workers >= g.opts.Workers {
		return
	}
	if len(l.quick) == 0 && (len(l.slow) == 0 || l.slowOnes >= g.slowMost()) {
		return
	}
	l.workers++
	l.done.Add(1)
	go g.serve()
}

func (g *Engine) slowMost() int { return max(g.opts.Workers/2, 1) }

// next takes the subscription that is to be served; nil where there is none for now. g.mu is held.
func (g *Engine) next() *sub {
	l := &g.line
	maySlow := len(l.slow) > 0 && l.slowOnes < g.slowMost()
	from := &l.quick
	if maySlow && (len(l.quick) == 0 || l.lastWasQuick) {
		from = &l.slow
		l.slowOnes++
	} else if len(l.quick) == 0 {
		return nil
	}
	l.lastWasQuick = from == &l.quick
	s := (*from)[0]
	(*from)[0] = nil
	if *from = (*from)[1:]; len(*from) == 0 {
		*from = nil
	}
	return s
}

// serve is a worker: it serves one subscription after another until there is none.
func (g *Engine) serve() {
	l := &g.line
	defer l.done.Done()
	g.mu.Lock()
	defer g.mu.Unlock()
	for l.ctx.Err() == nil {
		s := g.next()
		if s == nil {
			break
		}
		slow := !l.lastWasQuick
		s.phase = running
		g.work(s)
		s.phase = idle
		if s.calm != nil {
			close(s.calm)
			s.calm = nil
		}
		if slow {
			l.slowOnes--
		}
		g.schedule(s)
	}
	l.workers--
}

// Run delivers until ctx ends, and then writes down how far it came.
func (g *Engine) Run(ctx context.Context) error {
	g.mu.Lock()
	g.line.ctx = ctx
	for _, s := range g.order {
		g.schedule(s)
	}
	for range g.opts.Workers {
		g.hire()
	}
	g.mu.Unlock()
	g.keep(ctx)
	g.line.done.Wait()
	g.mu.Lock()
	g.line.ctx = nil
	for _, s := range g.order {
		if s.timer != nil {
			s.timer.Stop()
			s.timer, s.phase = nil, idle
		}
	}
	g.mu.Unlock()
	return g.flush(context.WithoutCancel(ctx))
}

// drop takes the first n notices off a queue.
func (s *sub) drop(n int) {
	clear(s.queue[:n])
	if s.queue = s.queue[n:]; len(s.queue) == 0 {
		s.queue = nil
	} else if cap(s.queue) > 1024 && len(s.queue) < cap(s.queue)/4 {
		s.queue = slices.Clone(s.queue)
	}
}
