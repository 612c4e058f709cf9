package relay

import (
	"hash/fnv"
	"math"
	"sync"
	"time"
)

// Plan is which passwords meters want, and how many do not obey. Without a password of its kind a meter refuses.
type Plan struct {
	Secret   [4]byte // DL/T 645: level and password
	Password string  // DLMS
	Stuck    float64 // share of meters that say yes and whose relay does not move
	Locked   float64 // share of meters that have another password
	Seed     uint64
}

// Span is for how long a relay was open; To is zero while it is.
type Span struct{ From, To time.Time }

// Relays are those of a city, by the addresses of their meters. They are safe for concurrent use.
type Relays struct {
	plan Plan

	mu    sync.Mutex
	open  map[string][]Span
	ready map[string]bool          // open, and may be closed at the meter
	clock map[string]time.Duration // what setting has added to the clock
	set   map[string]int           // orders that were obeyed
}

// New are relays that are all closed.
func New(p Plan) *Relays {
	return &Relays{plan: p, open: map[string][]Span{}, ready: map[string]bool{}, clock: map[string]time.Duration{}, set: map[string]int{}}
}

// draw is a number from 0 to 1 of a meter.
func (r *Relays) draw(kind byte, meter string) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte{kind, byte(r.plan.Seed), byte(r.plan.Seed >> 8)}) // never fails
	_, _ = h.Write([]byte(meter))
	x := h.Sum64()
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	return float64(x>>11) / math.Exp2(53)
}

// Stuck tells whether a meter's relay does not move.
func (r *Relays) Stuck(meter string) bool { return r.draw(1, meter) < r.plan.Stuck }

// Locked tells whether a meter has another password.
func (r *Relays) Locked(meter string) bool { return r.draw(2, meter) < r.plan.Locked }

// Move opens or closes a relay, or lets it be closed at the meter.
func (r *Relays) Move(meter string, now time.Time, open, ready bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set[meter]++
	if r.Stuck(meter) {
		return
	}
	spans := r.open[meter]
	n := len(spans)
	is := n > 0 && spans[n-1].To.IsZero()
	switch {
	case ready:
		r.ready[meter] = is
	case open && !is:
		r.open[meter] = append(spans, Span{From: now})
	case !open && is:
		spans[n-1].To = now
	}
	if !ready {
		r.ready[meter] = false
	}
}

// State tells whether a relay is open, and whether it may be closed at the meter.
func (r *Relays) State(meter string) (open, ready bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.open[meter]
	return len(s) > 0 && s[len(s)-1].To.IsZero(), r.ready[meter]
}

// Obeyed is how many orders to its relay a meter has obeyed.
func (r *Relays) Obeyed(meter string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.set[meter]
}

// Spans are when a meter's relay was open before t, the last one ending with t where it is open then.
func (r *Relays) Spans(meter string, t time.Time) (out []Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.open[meter] {
		if !s.From.Before(t) {
			break
		}
		if s.To.IsZero() || s.To.After(t) {
			s.To = t
		}
		out = append(out, s)
	}
	return out
}

// Shift is what setting has added to a meter's clock.
func (r *Relays) Shift(meter string) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock[meter]
}

// adjust moves a clock by so much.
func (r *Relays) adjust(meter string, by time.Duration) {
	r.mu.Lock()
	r.clock[meter] += by
	r.mu.Unlock()
}
