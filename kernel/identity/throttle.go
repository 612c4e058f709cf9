package identity

import (
	"net/netip"
	"strings"
	"sync"
	"time"
)

// rule is how failures slow attempts down.
type rule struct {
	free   int           // failures without a delay
	base   time.Duration // delay after the first failure beyond free; doubles with each
	most   time.Duration // the longest delay
	lock   int           // failures that close the door
	window time.Duration // for how long, and after which quiet time all is forgotten
}

// A login is locked after ten failures; an address, behind which a whole office may sit, after a hundred.
func loginRule() rule {
	return rule{free: 3, base: time.Second, most: time.Minute, lock: 10, window: 15 * time.Minute}
}
func addrRule() rule {
	return rule{free: 20, base: time.Second, most: time.Minute, lock: 100, window: 15 * time.Minute}
}

// throttle counts failed logins, per login and per address, in memory and bounded. A restart forgets; the journal does not.
type throttle struct {
	mu     sync.Mutex
	now    func() time.Time
	logins tally
	addrs  tally
}

func newThrottle(now func() time.Time, size int) *throttle {
	return &throttle{now: now, logins: tally{rule: loginRule(), size: size, m: map[string]*tries{}},
		addrs: tally{rule: addrRule(), size: size, m: map[string]*tries{}}}
}

// begin asks to try. It counts the attempt as failed at once, so that a hundred attempts at the same moment cannot pass before the
// first of them has failed; clear or undo takes it back. wait > 0 means: not now, come again after so long. locks says that this
// attempt, if it fails, closes the door for a window.
func (t *throttle) begin(login, addr string) (wait time.Duration, locks bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	l, a := t.logins.at(login, now), t.addrs.at(addr, now)
	if wait = max(l.next.Sub(now), a.next.Sub(now)); wait > 0 {
		return wait, false
	}
	// Both are counted before either answer is used.
	byLogin, byAddr := t.logins.fail(l, now), t.addrs.fail(a, now)
	return 0, byLogin || byAddr
}

// clear forgets a login's failures after it succeeded, and takes this attempt back from its address.
func (t *throttle) clear(login, addr string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.logins.m, login)
	t.addrs.undo(addr)
}

// undo takes an attempt back that was neither right nor wrong: the server was too busy to look.
func (t *throttle) undo(login, addr string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.logins.undo(login)
	t.addrs.undo(addr)
}

type tries struct {
	fails      int
	last, next time.Time
}

type tally struct {
	rule rule
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
	if t.fails > 0 && now.Sub(t.last) >= y.rule.window {
		*t = tries{}
	}
	return t
}

func (y *tally) fail(t *tries, now time.Time) (locks bool) {
	t.fails++
	t.last = now
	t.next = now.Add(y.rule.delay(t.fails))
	return t.fails == y.rule.lock
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
		if now.Sub(t.last) >= y.rule.window {
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
func (r rule) delay(n int) time.Duration {
	switch {
	case n >= r.lock:
		return r.window
	case n <= r.free:
		return 0
	}
	d := r.base
	for range n - r.free - 1 {
		if d *= 2; d >= r.most {
			return r.most
		}
	}
	return d
}

// bucket is what a login is counted under. What cannot be a login shares one, so that nobody fills the memory with long ones.
func bucket(login string) string {
	if !loginForm(login) {
		return "?"
	}
	return login
}

// place is the address that a caller is throttled by: without its port, and for IPv6 the /64, which one household has for itself.
func place(addr string) string {
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
