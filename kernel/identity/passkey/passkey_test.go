package passkey

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

var home = Site{Origin: "https://console.example", Host: "console.example"}

// device is an authenticator of software with one passkey.
type device struct {
	key   *ecdsa.PrivateKey
	id    []byte
	user  string // base64url, as it was told
	count uint32
	flags byte
}

func newDevice(t *testing.T) *device {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	return &device{key: k, id: id, flags: 0x05} // user present, user verified
}

var b64 = base64.RawURLEncoding

// data is the authenticator data, Web Authentication 6.1.
func (d *device) data(host string, more ...byte) []byte {
	sum := sha256.Sum256([]byte(host))
	d.count++
	flags := d.flags
	if len(more) > 0 {
		flags |= 0x40
	}
	return append(binary.BigEndian.AppendUint32(append(sum[:], flags), d.count), more...)
}

func client(kind, challenge, origin string) []byte {
	b, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
	return b
}

// options reads what the page hands to the browser.
func options(t *testing.T, c Ceremony) (challenge, user string) {
	t.Helper()
	var o struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
	}
	if err := json.Unmarshal([]byte(c.Options), &o); err != nil || o.Challenge == "" {
		t.Fatalf("%v: %s", err, c.Options)
	}
	return o.Challenge, o.User.ID
}

// make answers an offer. Attestation "none", written in CBOR by hand.
func (d *device) make(t *testing.T, c Ceremony, at Site) string {
	t.Helper()
	challenge, user := options(t, c)
	d.user = user
	point, err := d.key.PublicKey.Bytes() // 04 x y
	if err != nil {
		t.Fatal(err)
	}
	cose := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, point[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 0x20), point[33:]...)
	held := append(make([]byte, 16), 0, byte(len(d.id)))
	data := d.data(at.Host, append(append(held, d.id...), cose...)...)
	att := append([]byte{0xa3, 0x63}, "fmt"...)
	att = append(append(att, 0x64), "none"...)
	att = append(append(append(att, 0x67), "attStmt"...), 0xa0, 0x68)
	att = append(append(att, "authData"...), 0x58, byte(len(data)))
	att = append(att, data...)
	return d.written(map[string]any{"clientDataJSON": b64.EncodeToString(client("webauthn.create", challenge, at.Origin)), "attestationObject": b64.EncodeToString(att)})
}

func (d *device) written(response map[string]any) string {
	b, _ := json.Marshal(map[string]any{"id": b64.EncodeToString(d.id), "rawId": b64.EncodeToString(d.id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response})
	return string(b)
}

// sign answers a question.
func (d *device) sign(t *testing.T, c Ceremony, at Site) string {
	t.Helper()
	challenge, _ := options(t, c)
	said, data := client("webauthn.get", challenge, at.Origin), d.data(at.Host)
	sum := sha256.Sum256(said)
	digest := sha256.Sum256(append(append([]byte{}, data...), sum[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return d.written(map[string]any{"clientDataJSON": b64.EncodeToString(said), "authenticatorData": b64.EncodeToString(data), "signature": b64.EncodeToString(sig), "userHandle": d.user})
}

// house is a book with two people.
type house struct {
	*Book
	people *identity.Service
	who    [2]*identity.Principal
	clock  time.Time
}

func open(t *testing.T, db *store.DB) *house {
	t.Helper()
	ctx := context.Background()
	h := &house{clock: time.Date(2016, 3, 1, 8, 0, 0, 0, time.UTC)}
	now := func() time.Time { return h.clock }
	j, err := journal.Open(ctx, db, now)
	if err != nil {
		t.Fatal(err)
	}
	if h.people, err = identity.Open(ctx, db, j, now, []identity.Unit{{ID: "power", Name: lang.T("电力", "Power")}}, nil); err != nil {
		t.Fatal(err)
	}
	if h.Book, err = Open(ctx, db, j, h.people, now); err != nil {
		t.Fatal(err)
	}
	for i, login := range []string{"first", "second"} {
		p, err := h.people.CreatePerson(ctx, identity.System("identity"), identity.Person{Login: login, Name: lang.Same(login), Unit: "power", Roles: []string{identity.RoleReader}}, "a Password of the test 17")
		if err != nil {
			t.Fatal(err)
		}
		cookie, _, err := h.people.Prove(ctx, p.ID, identity.Proof{Way: "test", Ref: "1"}, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if h.who[i], err = h.people.Session(ctx, cookie); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// register adds a device's passkey for a person.
func (h *house) register(t *testing.T, who *identity.Principal, d *device) {
	t.Helper()
	c, err := h.Offer(t.Context(), who, home)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Keep(t.Context(), who, home, c.State, d.make(t, c, home), "office"); err != nil {
		t.Fatal(err)
	}
}

func (h *house) ask(t *testing.T, at Site) Ceremony {
	t.Helper()
	c, err := h.Ask(at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func refusedAs(t *testing.T, what string, err error, want errs.Kind) {
	t.Helper()
	if !errs.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func TestPasskey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, d := open(t, db), newDevice(t)
		h.register(t, h.who[0], d)
		c := h.ask(t, home)
		answer := d.sign(t, c, home)
		k, err := h.Answer(t.Context(), home, c.State, answer)
		if err != nil || k.Person != h.who[0].Person() || k.Name != "office" {
			t.Fatalf("%+v, %v", k, err)
		}
		list, err := h.Keys(t.Context(), h.who[0].Person())
		if err != nil || len(list) != 1 || !list[0].Used.Equal(h.clock) {
			t.Errorf("%+v, %v", list, err)
		}
		_, err = h.Answer(t.Context(), home, c.State, answer)
		refusedAs(t, "the same answer again", err, errs.Unauthenticated) // its counter stands still
		refusedAs(t, "deleted by another", h.Remove(t.Context(), h.who[1], k.ID), errs.NotFound)
		if err := h.Remove(t.Context(), h.who[0], k.ID); err != nil {
			t.Fatal(err)
		}
		c = h.ask(t, home)
		_, err = h.Answer(t.Context(), home, c.State, d.sign(t, c, home))
		refusedAs(t, "deleted", err, errs.Unauthenticated)
	})
}

// What an attacker sends, or a browser at another site.
func TestRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, d := open(t, db), newDevice(t)
		h.register(t, h.who[0], d)
		elsewhere := Site{Origin: "https://c0nsole.example", Host: "c0nsole.example"}
		for _, c := range []struct {
			name string
			try  func(c Ceremony) (state, answer string)
			want errs.Kind
		}{
			{"signed for another site", func(c Ceremony) (string, string) { return c.State, d.sign(t, c, elsewhere) }, errs.Unauthenticated},
			{"another challenge", func(c Ceremony) (string, string) { return c.State, d.sign(t, h.ask(t, home), home) }, errs.Unauthenticated},
			{"a state of nobody's", func(c Ceremony) (string, string) { return c.State[:len(c.State)-2] + "AA", d.sign(t, c, home) }, errs.Invalid},
			{"no state", func(c Ceremony) (string, string) { return "", d.sign(t, c, home) }, errs.Invalid},
			{"another's key", func(c Ceremony) (string, string) {
				thief := newDevice(t)
				thief.id, thief.user, thief.count = d.id, d.user, d.count
				return c.State, thief.sign(t, c, home)
			}, errs.Unauthenticated},
			{"not verified", func(c Ceremony) (string, string) {
				d.flags = 0x01
				defer func() { d.flags = 0x05 }()
				return c.State, d.sign(t, c, home)
			}, errs.Unauthenticated},
			{"a counter that went back", func(c Ceremony) (string, string) {
				d.count--
				return c.State, d.sign(t, c, home)
			}, errs.Unauthenticated},
			{"no JSON", func(c Ceremony) (string, string) { return c.State, strings.Repeat("{", 5000) }, errs.Unauthenticated},
			{"too late", func(c Ceremony) (string, string) {
				answer := d.sign(t, c, home)
				h.clock = h.clock.Add(Window + time.Second)
				return c.State, answer
			}, errs.Invalid},
		} {
			// A good one first, so that the counter stands above zero, and so that what follows fails for its own reason.
			good := h.ask(t, home)
			if _, err := h.Answer(t.Context(), home, good.State, d.sign(t, good, home)); err != nil {
				t.Fatalf("before %s: %v", c.name, err)
			}
			state, answer := c.try(h.ask(t, home))
			_, err := h.Answer(t.Context(), home, state, answer)
			refusedAs(t, c.name, err, c.want)
		}
		c, err := h.Offer(t.Context(), h.who[0], home)
		if err != nil {
			t.Fatal(err)
		}
		other := newDevice(t)
		refusedAs(t, "an offer to another person", h.Keep(t.Context(), h.who[1], home, c.State, other.make(t, c, home), "x"), errs.Invalid)
		refusedAs(t, "a passkey without a name", h.Keep(t.Context(), h.who[0], home, c.State, other.make(t, c, home), " "), errs.Invalid)
		if _, err := h.Ask(Site{Origin: "http://192.0.2.7:8080", Host: ""}); err == nil {
			t.Error("asked at a site without a name")
		}
	})
}

// A disabled account does not come in, whatever it proves; and each way in stands in the journal.
func TestProve(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := open(t, db)
		person := h.who[0].Person()
		if err := h.people.SetDisabled(t.Context(), identity.System("identity"), person, true); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{person, "nobody"} {
			_, _, err := h.people.Prove(t.Context(), id, identity.Proof{Way: "passkey", Ref: "1"}, "192.0.2.1")
			refusedAs(t, id, err, errs.Unauthenticated)
		}
		list, _, err := h.journal.List(t.Context(), journal.Filter{Verb: "login", Limit: 10})
		if err != nil || len(list) != 2 || !strings.Contains(string(list[0].Detail), `"by":"test:1"`) {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
