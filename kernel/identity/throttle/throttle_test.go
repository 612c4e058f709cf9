package throttle

import (
	"strings"
	"testing"
	"time"
)

func TestTries(t *testing.T) {
	now := time.Date(2015, 11, 23, 8, 0, 0, 0, time.UTC)
	name := Rule{Free: 3, Base: time.Second, Most: time.Minute, Lock: 10, Window: 15 * time.Minute}
	addr := Rule{Free: 20, Base: time.Second, Most: time.Minute, Lock: 100, Window: 15 * time.Minute}
	th := New(func() time.Time { return now }, name, addr, 100, 100)
	// Attempts at the same moment are counted before any has failed.
	passed := 0
	for range 50 {
		if wait, _ := th.Begin("a", "1"); wait == 0 {
			passed++
		}
	}
	if passed != 4 {
		t.Errorf("%d attempts at once, want 4", passed)
	}
	// A flood of made-up logins stays within the bound and does not push out the one under attack.
	for i := range 1000 {
		th.Begin(strings.Repeat("x", i+2), strings.Repeat("y", i))
	}
	if len(th.names.m) > 100 || len(th.addrs.m) > 100 {
		t.Errorf("%d names, %d addresses", len(th.names.m), len(th.addrs.m))
	}
	if wait, _ := th.Begin("a", "2"); wait == 0 {
		t.Error("the login under attack was forgotten")
	}
	for n, want := range map[int]time.Duration{1: 0, 3: 0, 4: time.Second, 5: 2 * time.Second, 9: 32 * time.Second, 10: 15 * time.Minute, 99: 15 * time.Minute} {
		if d := name.delay(n); d != want {
			t.Errorf("delay after %d failures: %v, want %v", n, d, want)
		}
	}
	if d := addr.delay(90); d != time.Minute {
		t.Errorf("delay of an address after 90: %v", d)
	}
}

func TestPlace(t *testing.T) {
	for in, want := range map[string]string{
		"10.1.2.3:443": "10.1.2.3", "10.1.2.3": "10.1.2.3", "[2001:db8:1:2:3::4]:80": "2001:db8:1:2::/64", "2001:db8:1:2:9::": "2001:db8:1:2::/64",
		"[::ffff:10.1.2.3]:5": "10.1.2.3", "[fe80::1%eth0]:5": "fe80::/64", "": "?", "unix": "?", "10.1.2.3.4:1": "?",
	} {
		if have := Place(in); have != want {
			t.Errorf("Place(%q) = %q, want %q", in, have, want)
		}
	}
}
