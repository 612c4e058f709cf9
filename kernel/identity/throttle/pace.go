package throttle

import (
	"sync"
	"time"
)

// Pace lets each caller through so many times in a while, evenly: for doors that anybody may use and that cost something at each knock,
// where nobody's knock is wrong. A caller who was quiet may take as many at once. It is in memory and bounded: where more callers are about
// than fit, one at random begins anew, which favours it by one burst and nobody else.
type Pace struct {
	mu   sync.Mutex
	now  func() time.Time
	each time.Duration // between two that are let through
	most time.Duration // of credit
	size int
	free map[string]time.Time // when the caller has all its credit again
}

// NewPace lets each caller through n times (at least 1) in a while, and remembers at most so many callers.
func NewPace(now func() time.Time, n int, in time.Duration, size int) *Pace {
	return &Pace{now: now, each: in / time.Duration(max(1, n)), most: in, size: size, free: map[string]time.Time{}}
}

// Take lets a caller through, or says how long it has to wait: whoever waits has used nothing up.
func (p *Pace) Take(caller string) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	at, known := p.free[caller]
	if at.Before(now) {
		at = now
	}
	if at = at.Add(p.each); at.Sub(now) > p.most {
		return at.Sub(now) - p.most
	}
	if !known && len(p.free) >= p.size {
		p.forget(now)
	}
	p.free[caller] = at
	return 0
}

// forget makes room: whoever of a handful has all its credit anyway, else any one.
func (p *Pace) forget(now time.Time) {
	seen, victim := 0, ""
	for k, at := range p.free { // map order is random, which is what a sample wants
		if victim = k; !at.After(now) {
			break
		}
		if seen++; seen == 16 {
			break
		}
	}
	delete(p.free, victim)
}
