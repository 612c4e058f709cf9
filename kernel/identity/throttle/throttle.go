package throttle

import (
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Rule is how failures slow attempts down.
type Rule struct {
	Free   int           // failures without a delay
	Base   time.Duration // delay after the first failure beyond Free; doubles with each
	Most   time.Duration // the longest delay
	Lock   int           // failures that close the door
	Window time.Duration // for how long, and after which quiet time all is forgotten
}

// Gate counts failed attempts, per name and per address, in memory and bounded. A restart forgets; the journal does not.
type Gate struct {
	mu    sync.Mutex
	now   func() time.Time
	names tally
	addrs tally
}

// Size bounds how many names and how many addresses are remembered.
const Size = 20_000

// New makes a gate that remembers at most so many names and so many addresses.
func New(now func() time.Time, name, addr Rule, names, addrs int) *Gate {
	return &Gate{now: now, names: tally{rule: name, size: names, m: map[string]*tries{}}, addrs: tally{rule: addr, size: addrs, m: map[string]*tries{}}}
}

// Begin asks to try. It counts the attempt as failed at once, so that a hundred attempts at the same moment cannot pass before the
// first of them has failed; Clear or Undo takes it back. wait > 0 means: not now, come again after so long. locks says that this
// attempt, if it fails, closes the door for a window.
func (t *Gate) Begin(name, addr string) (wait time.Duration, locks bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	l, a := t.names.at(name, now), t.addrs.at(addr, now)
	if wait = max(l.next.Sub(now), a.next.Sub(now)); wait > 0 {
		return wait, false
	}
	// Both are counted before either answer is used.
	byLogin, byAddr := t.names.fail(l, now), t.addrs.fail(a, now)
	return 0, byLogin || byAddr
}

// Clear forgets a name's failures after it succeeded, and takes this attempt back from its address.
func (t *Gate) Clear(name, addr string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.names.m, name)
	t.addrs.undo(addr)
}

// Undo takes an attempt back that was neither right nor wrong: the server was too busy to look.
func (t *Gate) Undo(name, addr string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names.undo(name)
	t.addrs.undo(addr)
}

type tries struct {
	fails      int
	last, next time.Time
}

type tally struct {
	rule Rule
	size int
	m    map[string]*tries
}

// at finds or makes the entry of a key; what has been quiet for a window begins anew.
func (y *tally) at(key string, now time.Time) *tries {
	t := y.m[key]
	if t == nil {
		if len(y.m) >= y.size {
			y.evict(now)
		}
		t = &tries{}
		y.m[key] = t
	}
	if t.fails > 0 && now.Sub(t.last) >= y.rule.Window {
		*t = tries{}
	}
	return t
}

func (y *tally) fail(t *tries, now time.Time) (locks bool) {
	t.fails++
	t.last = now
	t.next = now.Add(y.rule.delay(t.fails))
	return t.fails == y.rule.Lock
}

func (y *tally) undo(key string) {
	if t := y.m[key]; t != nil && t.fails > 0 {
		t.fails--
		t.next = time.Time{}
	}
}

// evict makes room: everything that is forgotten anyway, otherwise the least guilty of a handful. A flood of made-up logins thus
// pushes out others of its kind before a login under real attack.
func (y *tally) evict(now time.Time) {
	const sample = 16
	var victim string
	least, seen := -1, 0
	for k, t := range y.m { // map order is random, which is what a sample wants
		if now.Sub(t.last) >= y.rule.Window {
			delete(y.m, k)
			return
		}
		if least < 0 || t.fails < least {
			victim, least = k, t.fails
		}
		if seen++; seen == sample {
			break
		}
	}
	delete(y.m, victim)
}

// delay is how long to wait after the n-th failure.
func (r Rule) delay(n int) time.Duration {
	switch {
	case n >= r.Lock:
		return r.Window
	case n <= r.Free:
		return 0
	}
	d := r.Base
	for range n - r.Free - 1 {
		if d *= 2; d >= r.Most {
			return r.Most
		}
	}
	return d
}

// Place is the address that a caller is throttled by: without its port, and for IPv6 the /64, which one household has for itself.
func Place(addr string) string {
	ap, err := netip.ParseAddrPort(addr)
	ip := ap.Addr()
	if err != nil {
		if ip, err = netip.ParseAddr(strings.Trim(addr, "[]")); err != nil {
			return "?" // all unknown ones share one bucket
		}
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
