package trust

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// desk is a vault with its clock and journal.
type desk struct {
	*Vault
	t   *testing.T
	db  *store.DB
	log *journal.Journal
	mu  sync.Mutex
	at  time.Time
}

var (
	program = identity.System("certificates")
	wang    = identity.NewPrincipal("person:wang", "gov", nil)
	li      = identity.NewPrincipal("person:li", "gov", nil)
	tokenOf = identity.NewPrincipal("token:t1", "gov", nil)
)

func (d *desk) now() time.Time { d.mu.Lock(); defer d.mu.Unlock(); return d.at }

func (d *desk) wait(by time.Duration) { d.mu.Lock(); defer d.mu.Unlock(); d.at = d.at.Add(by) }

func seal(b byte) []byte { return bytes.Repeat([]byte{b}, SealSize) }

func open(t *testing.T, db *store.DB) *desk {
	d := &desk{t: t, db: db, at: time.Date(2016, 3, 1, 9, 0, 0, 0, time.UTC)}
	var err error
	if d.log, err = journal.Open(t.Context(), db, d.now); err != nil {
		t.Fatal(err)
	}
	d.Vault = d.reopen(seal(1))
	return d
}

func (d *desk) reopen(seal []byte) *Vault {
	d.t.Helper()
	v, err := Open(d.t.Context(), Options{DB: d.db, Journal: d.log, Now: d.now, Seal: seal})
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

// verbs lists what was recorded, oldest first.
func (d *desk) verbs() (out []string) {
	d.t.Helper()
	list, _, err := d.log.List(d.t.Context(), journal.Filter{Limit: 1000})
	if err != nil {
		d.t.Fatal(err)
	}
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, list[i].Verb)
	}
	return out
}

func kind(t *testing.T, err error, k errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Errorf("%s: %v, wanted %v", what, err, k)
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestLife: a key of each algorithm is made, signs, survives a restart, is retired and destroyed; each act is in the journal, on both
// engines.
func TestLife(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, a := range []pki.Algorithm{pki.SM2, pki.ECDSA} {
			d := open(t, db)
			ctx, before := t.Context(), len(d.verbs())
			spec := Spec{Name: "checkpoint-" + string(a)[:3], Purpose: "journal", Algorithm: a}
			k := must[Key](t)(d.Generate(ctx, program, spec))
			_, err := d.Generate(ctx, program, spec)
			kind(t, err, errs.Conflict, "a second key of the name")
			if same := must[Key](t)(d.Ensure(ctx, program, spec)); same.ID != k.ID {
				t.Errorf("ensured %s instead of %s", same.ID, k.ID)
			}
			s := must[*Signer](t)(d.Signer(ctx, k.ID))
			message := []byte("城市")
			for range 3 {
				sig := must[[]byte](t)(s.SignMessage(message))
				if err := pki.Verify(must[crypto.PublicKey](t)(k.PublicKey()), message, sig); err != nil {
					t.Error(err)
				}
			}
			if err := d.Close(ctx); err != nil {
				t.Fatal(err)
			}
			_, err = s.SignMessage(message)
			kind(t, err, errs.Denied, "signing after the end")

			d.Vault = d.reopen(seal(1))
			s = must[*Signer](t)(d.Signer(ctx, k.ID))
			must[[]byte](t)(s.SignMessage(message))
			d.wait(time.Hour)
			if err := d.Tick(ctx); err != nil {
				t.Fatal(err)
			}
			if k = must[Key](t)(d.Key(ctx, k.ID)); k.Uses != 4 || k.State != Active {
				t.Errorf("the key has %d uses and is %s", k.Uses, k.State)
			}
			if err := d.Retire(ctx, wang, k.ID, "到期更换"); err != nil {
				t.Fatal(err)
			}
			_, err = s.SignMessage(message)
			kind(t, err, errs.Denied, "signing with a retired key")
			_, err = d.Signer(ctx, k.ID)
			kind(t, err, errs.Conflict, "opening a retired key")
			kind(t, d.Retire(ctx, wang, k.ID, ""), errs.Conflict, "retiring twice")
			if next := must[Key](t)(d.Ensure(ctx, program, spec)); next.ID == k.ID {
				t.Error("a retired key was ensured")
			}
			if err := d.Destroy(ctx, wang, k.ID, "不再需要"); err != nil {
				t.Fatal(err)
			}
			kind(t, d.Destroy(ctx, wang, k.ID, ""), errs.Conflict, "destroying twice")
			if k = must[Key](t)(d.Key(ctx, k.ID)); k.State != Destroyed || k.Why != "不再需要" || len(k.Public) == 0 {
				t.Errorf("destroyed: %+v", k)
			}
			want := []string{"trust.generate", "trust.open", "trust.use", "trust.open", "trust.use", "trust.retire", "trust.generate", "trust.destroy"}
			if got := d.verbs()[before:]; !equal(got, want) {
				t.Errorf("recorded %v, wanted %v", got, want)
			}
		}
	})
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestSpecs(t *testing.T) {
	d := open(t, storetest.Open(t))
	for _, c := range []struct {
		name string
		by   Actor
		spec Spec
		want errs.Kind
	}{
		{"nobody", nil, Spec{Name: "a", Purpose: "b"}, errs.Unauthenticated},
		{"no name", program, Spec{Purpose: "b"}, errs.Invalid},
		{"a name with a space", program, Spec{Name: "a b", Purpose: "b"}, errs.Invalid},
		{"a name in capitals", program, Spec{Name: "A", Purpose: "b"}, errs.Invalid},
		{"no purpose", program, Spec{Name: "a"}, errs.Invalid},
		{"an unknown algorithm", program, Spec{Name: "a", Purpose: "b", Algorithm: "rsa"}, errs.Invalid},
		{"an unknown holder", program, Spec{Name: "a", Purpose: "b", Holder: "paper"}, errs.Invalid},
		{"no token", program, Spec{Name: "a", Purpose: "b", Holder: PKCS11}, errs.Unavailable},
	} {
		_, err := d.Generate(t.Context(), c.by, c.spec)
		kind(t, err, c.want, c.name)
	}
	if keys := must[[]Key](t)(d.Keys(t.Context())); len(keys) != 0 {
		t.Errorf("%d keys were made", len(keys))
	}
	_, err := d.Signer(t.Context(), "none")
	kind(t, err, errs.NotFound, "a key that is not there")
	_, err = Open(t.Context(), Options{DB: d.db, Journal: d.log, Now: d.now, Seal: []byte("short")})
	kind(t, err, errs.Invalid, "a short seal")
}

// TestSealed: the private half is not in the database in the clear, and neither another seal, nor another row, nor a changed byte opens it.
func TestSealed(t *testing.T) {
	d := open(t, storetest.Open(t))
	ctx := t.Context()
	one := must[Key](t)(d.Generate(ctx, program, Spec{Name: "one", Purpose: "test"}))
	two := must[Key](t)(d.Generate(ctx, program, Spec{Name: "two", Purpose: "test"}))
	s := must[*Signer](t)(d.Signer(ctx, one.ID))
	der := must[[]byte](t)(pki.MarshalPrivate(s.inner))
	var sealed []byte
	var name string
	read := func(id string) {
		if err := d.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(qKeySealed, []any{id}, &sealed, &name) }); err != nil {
			t.Fatal(err)
		}
	}
	read(one.ID)
	if bytes.Contains(sealed, der[len(der)-64:len(der)-32]) || bytes.Contains(sealed, der[20:40]) {
		t.Error("the private key lies in the clear")
	}
	_, err := d.reopen(seal(2)).Signer(ctx, one.ID)
	kind(t, err, errs.Unavailable, "another seal")
	put := store.Q("test_put", `UPDATE trust_key SET sealed = $2 WHERE id = $1`)
	write := func(id string, b []byte) {
		if err := d.db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(put, id, b); return err }); err != nil {
			t.Fatal(err)
		}
	}
	write(two.ID, sealed)
	_, err = d.reopen(seal(1)).Signer(ctx, two.ID)
	kind(t, err, errs.Unavailable, "another key's row")
	for _, at := range []int{0, 5, len(sealed) - 1} {
		bad := bytes.Clone(sealed)
		bad[at] ^= 1
		write(one.ID, bad)
		_, err = d.reopen(seal(1)).Signer(ctx, one.ID)
		kind(t, err, errs.Unavailable, "a changed byte")
	}
}

// TestDual: what two people open, and what one alone does not.
func TestDual(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, ctx := open(t, db), t.Context()
		k := must[Key](t)(d.Generate(ctx, program, Spec{Name: "root", Purpose: "ca", Dual: true}))
		plain := must[Key](t)(d.Generate(ctx, program, Spec{Name: "plain", Purpose: "ca"}))
		_, err := d.Signer(ctx, k.ID)
		kind(t, err, errs.Denied, "a dual key without request")
		kind(t, d.Destroy(ctx, wang, k.ID, "x"), errs.Denied, "destroying it alone")
		for _, c := range []struct {
			name   string
			by     Actor
			key    string
			reason string
			want   errs.Kind
		}{
			{"a token asks", tokenOf, k.ID, "签发", errs.Denied}, {"the program asks", program, k.ID, "签发", errs.Denied}, {"nobody asks", nil, k.ID, "签发", errs.Denied},
			{"no reason", wang, k.ID, " ", errs.Invalid}, {"no key", wang, "none", "签发", errs.NotFound}, {"no dual key", wang, plain.ID, "签发", errs.Conflict},
		} {
			_, err := d.Ask(ctx, c.by, c.key, c.reason)
			kind(t, err, c.want, c.name)
		}
		r := must[Request](t)(d.Ask(ctx, wang, k.ID, "签发运营根证书"))
		for _, c := range []struct {
			name string
			by   Actor
			id   string
			want errs.Kind
		}{{"who asked", wang, r.ID, errs.Conflict}, {"a token", tokenOf, r.ID, errs.Denied}, {"no request", li, "none", errs.NotFound}} {
			_, err := d.Allow(ctx, c.by, c.id)
			kind(t, err, c.want, "allowed by "+c.name)
		}
		_, err = d.Signer(ctx, k.ID)
		kind(t, err, errs.Denied, "asked only")
		until := must[time.Time](t)(d.Allow(ctx, li, r.ID))
		_, err = d.Allow(ctx, li, r.ID)
		kind(t, err, errs.Conflict, "allowed twice")
		s := must[*Signer](t)(d.Signer(ctx, k.ID))
		must[[]byte](t)(s.SignMessage([]byte("m")))
		d.wait(until.Sub(d.now()))
		_, err = s.SignMessage([]byte("m"))
		kind(t, err, errs.Denied, "after its time")
		_, err = d.Signer(ctx, k.ID)
		kind(t, err, errs.Denied, "opened after its time")

		r = must[Request](t)(d.Ask(ctx, wang, k.ID, "再次"))
		d.wait(25 * time.Hour)
		_, err = d.Allow(ctx, li, r.ID)
		kind(t, err, errs.Conflict, "a lapsed request")
		if err := d.Refuse(ctx, wang, r.ID); err != nil {
			t.Error(err)
		}
		r = must[Request](t)(d.Ask(ctx, li, k.ID, "销毁"))
		must[time.Time](t)(d.Allow(ctx, wang, r.ID))
		s = must[*Signer](t)(d.Signer(ctx, k.ID))
		if err := d.Shut(ctx, wang, k.ID); err != nil {
			t.Fatal(err)
		}
		_, err = s.SignMessage([]byte("m"))
		kind(t, err, errs.Denied, "after it was shut")
		_, err = d.Signer(ctx, k.ID)
		kind(t, err, errs.Denied, "opened after it was shut")
		d.wait(time.Second)
		r = must[Request](t)(d.Ask(ctx, li, k.ID, "销毁"))
		must[time.Time](t)(d.Allow(ctx, wang, r.ID))
		must[*Signer](t)(d.Signer(ctx, k.ID))
		if err := d.Destroy(ctx, li, k.ID, "试验结束"); err != nil {
			t.Error(err)
		}
		if err := d.Tick(ctx); err != nil {
			t.Error(err)
		}
		if got := must[Key](t)(d.Key(ctx, k.ID)); got.Uses != 1 {
			t.Errorf("%d uses recorded", got.Uses)
		}
		if list := must[[]Request](t)(d.Requests(ctx, 10)); len(list) != 4 || list[0].State != Allowed || list[2].State != Refused {
			t.Errorf("requests: %+v", list)
		}
	})
}

// TestEscrow: an encryption key leaves to its holder, and again only by two people, once.
func TestEscrow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, ctx := open(t, db), t.Context()
		holder, court := must[crypto.Signer](t)(pki.Generate(pki.SM2)), must[crypto.Signer](t)(pki.Generate(pki.SM2))
		var e Escrowed
		err := d.db.Write(ctx, func(tx *store.Tx) (err error) { e, err = d.Escrow(tx, "subject-1", holder.Public()); return err })
		if err != nil {
			t.Fatal(err)
		}
		own, err := pki.OpenEnvelope(holder, e.Envelope)
		if err != nil || !bytes.Equal(must[[]byte](t)(pki.MarshalPublic(own.Public())), e.Public) {
			t.Fatalf("the holder opened %v, %v", own, err)
		}
		_, err = d.AskRecovery(ctx, wang, "none", "取证")
		kind(t, err, errs.NotFound, "no such key")
		r := must[Request](t)(d.AskRecovery(ctx, wang, e.ID, "取证，案号略"))
		_, err = d.Recover(ctx, wang, r.ID, court.Public())
		kind(t, err, errs.Denied, "without consent")
		must[time.Time](t)(d.Allow(ctx, li, r.ID))
		_, err = d.Recover(ctx, li, r.ID, court.Public())
		kind(t, err, errs.Denied, "by another than who asked")
		p256, _ := pki.Generate(pki.ECDSA)
		_, err = d.Recover(ctx, wang, r.ID, p256.Public())
		kind(t, err, errs.Invalid, "to a key that is not SM2")
		envelope := must[[]byte](t)(d.Recover(ctx, wang, r.ID, court.Public()))
		if back, err := pki.OpenEnvelope(court, envelope); err != nil || !bytes.Equal(must[[]byte](t)(pki.MarshalPublic(back.Public())), e.Public) {
			t.Errorf("recovered %v, %v", back, err)
		}
		_, err = d.Recover(ctx, wang, r.ID, court.Public())
		kind(t, err, errs.Denied, "twice")
	})
}

// TestOtherInstance: what another instance retires shuts here with the next tick.
func TestOtherInstance(t *testing.T) {
	d, ctx := open(t, storetest.Open(t)), t.Context()
	k := must[Key](t)(d.Generate(ctx, program, Spec{Name: "one", Purpose: "test"}))
	s := must[*Signer](t)(d.Signer(ctx, k.ID))
	must[[]byte](t)(s.Sign(rand.Reader, bytes.Repeat([]byte{1}, 32), nil))
	if err := d.reopen(seal(1)).Retire(ctx, wang, k.ID, ""); err != nil {
		t.Fatal(err)
	}
	if err := d.Tick(ctx); err != nil {
		t.Fatal(err)
	}
	_, err := s.SignMessage([]byte("m"))
	kind(t, err, errs.Denied, "retired elsewhere")
	if got := must[Key](t)(d.Key(ctx, k.ID)); got.Uses != 1 {
		t.Errorf("%d uses recorded", got.Uses)
	}
}

// TestTogether: many callers open, sign and count at once.
func TestTogether(t *testing.T) {
	d, ctx := open(t, storetest.Open(t)), t.Context()
	k := must[Key](t)(d.Generate(ctx, program, Spec{Name: "one", Purpose: "test", Algorithm: pki.ECDSA}))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				s, err := d.Signer(context.Background(), k.ID)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := s.SignMessage([]byte("m")); err != nil {
					t.Error(err)
				}
			}
			if err := d.Flush(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := d.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if got := must[Key](t)(d.Key(ctx, k.ID)); got.Uses != 80 {
		t.Errorf("%d uses recorded", got.Uses)
	}
}
