package identity

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
)

func TestPresentCost(t *testing.T) {
	h := newHasher(presentCost(), 1)
	s, err := h.hash(t.Context(), password)
	if err != nil || !strings.HasPrefix(s, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatal(s, err)
	}
	ok, stale, err := h.verify(t.Context(), s, password)
	if !ok || stale || err != nil {
		t.Error(ok, stale, err)
	}
	if ok, _, _ := h.verify(t.Context(), s, password+" "); ok {
		t.Error("another password passed")
	}
	again, _ := h.hash(t.Context(), password)
	if again == s {
		t.Error("no salt")
	}
}

// A hash of the reference program (phc-winner-argon2, `argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32` on "password"), as its test.c has it.
func TestReferenceHash(t *testing.T) {
	const ref = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	h := newHasher(cheap(), 1)
	if ok, stale, err := h.verify(t.Context(), ref, "password"); !ok || stale || err != nil {
		t.Error(ok, stale, err)
	}
}

func TestNormalForm(t *testing.T) {
	h := newHasher(cheap(), 1)
	s, _ := h.hash(t.Context(), "cafe\u0301 cafe\u0301")
	if ok, _, _ := h.verify(t.Context(), s, "caf\u00e9 caf\u00e9"); !ok {
		t.Error("two spellings of one text give two passwords")
	}
}

func TestPHC(t *testing.T) {
	h := newHasher(cheap(), 1)
	good := h.decoy
	if _, err := parsePHC(good); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", "$", good + "$", good[1:], strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=16", "m=016", 1), strings.Replace(good, "m=16", "m=+16", 1), strings.Replace(good, "m=16", "m=4", 1),
		strings.Replace(good, "m=16", "m=4000000", 1), strings.Replace(good, "t=1", "t=0", 1), strings.Replace(good, "t=1", "t=1000000", 1),
		strings.Replace(good, "p=1", "p=300", 1), strings.Replace(good, "p=1", "p=1,x=2", 1), good[:len(good)-30], good + "=", good + "\n",
		strings.Replace(good, ",", " ,", 1), strings.Repeat(good, 10),
	} {
		if _, err := parsePHC(bad); err == nil {
			t.Errorf("took %q", bad)
		}
	}
	_, _, err := h.verify(context.Background(), "garbage", password)
	if !errs.Is(err, errs.Internal) {
		t.Error(err)
	}
}

// What parses prints and parses again, and never costs more than the bounds.
func FuzzPHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err != nil {
			return
		}
		if p.String() != s || p.cost.memory > 256<<10 || p.cost.passes > 16 {
			t.Errorf("%q became %q", s, p)
		}
	})
}

// When the cost rises, the next login hashes anew, and the one after has nothing left to do.
func TestRehash(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		stored := func() string {
			a, err := e.accountOf(t.Context(), "the-reader")
			if err != nil {
				t.Fatal(err)
			}
			return a.password
		}
		before := stored()
		e.open(e.db, cost{memory: 32, passes: 2, lanes: 1})
		if _, _, err := e.Login(t.Context(), "the-reader", "wrong", "192.0.2.1"); err == nil || stored() != before {
			t.Error("a failed login changed the hash")
		}
		e.login(RoleReader)
		after := stored()
		if !strings.Contains(after, "m=32,t=2,p=1") {
			t.Fatal(after)
		}
		e.login(RoleReader)
		if stored() != after {
			t.Error("hashed anew without need")
		}
	})
}

// More hashings than cores wait; more than the queue are refused at once.
func TestHasherSheds(t *testing.T) {
	h := newHasher(cheap(), 2)
	h.slots <- struct{}{}
	h.slots <- struct{}{} // both cores are taken
	var wait sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for range h.queue {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if _, err := h.hash(ctx, password); !errs.Is(err, errs.Busy) {
				t.Errorf("a waiting one whose caller left: %v", err)
			}
		}()
	}
	for h.waiting.Load() != h.queue {
		time.Sleep(time.Millisecond)
	}
	_, err := h.hash(t.Context(), password)
	wantKind(t, "beyond the queue", err, errs.Busy)
	made := h.made.Load()
	stop()
	wait.Wait()
	if h.made.Load() != made {
		t.Error("hashed for callers who had left")
	}
	<-h.slots
	if _, err := h.hash(t.Context(), password); err != nil {
		t.Error(err)
	}
}

func TestPolicy(t *testing.T) {
	for _, c := range []struct {
		password string
		ok       bool
	}{
		{"correct horse", true},
		{"海河水务信息化平台口令", true}, // eleven characters
		{"kq7 vd2 xp9", true},
		{"short", false},
		{"海河水务信息化平", false}, // many bytes, eight characters
		{"1234567890", false},
		{"password123!", false},
		{"Passw0rd2015", false},
		{"admin12345678", false},
		{"tianjin2015!", false},
		{"aaaaaaaaaaaaa", false},
		{"abababababab", false},
		{"1qaz2wsx3edc", false},
		{"my wangmin password", false},
		{"WANGMIN is my name", false},
		{strings.Repeat("long word ", 26), false},
		{"\xff\xfe invalid bytes", false},
	} {
		err := CheckPassword("wangmin", c.password)
		if c.ok && err != nil {
			t.Errorf("%q: %v", c.password, err)
		}
		if !c.ok {
			wantKind(t, c.password, err, errs.Invalid)
		}
	}
	seen := map[string]bool{}
	for range 1000 {
		p := NewPassword()
		if len(p) != 23 || strings.Count(p, "-") != 3 || seen[p] || CheckPassword("security", p) != nil {
			t.Fatal(p)
		}
		seen[p] = true
	}
}
