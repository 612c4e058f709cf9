package register

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/certificates/ca"
)

// The people: two of the authority's own unit, two of another.
var (
	wang   = identity.NewPrincipal("person:wang", "economy-it", nil, GrantApply, GrantApprove)
	li     = identity.NewPrincipal("person:li", "economy-it", nil, GrantApprove)
	zhao   = identity.NewPrincipal("person:zhao", "power", nil, GrantApply)
	qian   = identity.NewPrincipal("person:qian", "power", nil, GrantApply, GrantApprove)
	sun    = identity.NewPrincipal("person:sun", "water", nil, GrantApply, GrantApprove)
	reader = identity.NewPrincipal("person:zhou", "economy-it", nil)
	paper  = Proof{Seen: "居民身份证", Manner: "presence"}
)

type world struct {
	*Register
	a  *ca.Authority
	j  *journal.Journal
	db *store.DB
	t  *testing.T
}

func open(t *testing.T, db *store.DB) *world {
	t.Helper()
	ctx, now := t.Context(), func() time.Time { return time.Date(2016, 3, 1, 9, 0, 0, 0, time.UTC) }
	w := &world{db: db, t: t}
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	var err error
	w.j, err = journal.Open(ctx, db, now)
	must(err)
	v, err := trust.Open(ctx, trust.Options{DB: db, Journal: w.j, Now: now, Seal: bytes.Repeat([]byte{7}, trust.SealSize)})
	must(err)
	logs, err := tiles.Open(ctx, db, now)
	must(err)
	log, err := logs.Log(ctx, tiles.Options{Name: "certificates", Origin: "haihe.test/certificates"})
	must(err)
	w.a, err = ca.Open(ctx, ca.Options{DB: db, Journal: w.j, Vault: v, Log: log, Now: now})
	must(err)
	must(w.a.Demo(ctx))
	w.Register, err = New(ctx, Options{DB: db, Journal: w.j, Vault: v, Now: now, Issue: w.a.Issue, Wide: []string{"economy-it"}})
	must(err)
	return w
}

// number is an identity number of an area code that was never given out.
func number(n int) string {
	s := fmt.Sprintf("1201991980%07d", n)
	for _, c := range "0123456789X" {
		if IdentityNumber(s + string(c)) {
			return s + string(c)
		}
	}
	return s
}

func citizen(n int) Subject {
	return Subject{Kind: ca.Citizen, Name: fmt.Sprintf("示例市民%d", n), Number: number(n)}
}

func official(n int) Subject {
	return Subject{Kind: ca.Official, Name: fmt.Sprintf("示例公务员%d", n), Number: number(n), Organization: "示例委员会"}
}

func (w *world) request(alg pki.Algorithm) []byte {
	w.t.Helper()
	k, err := pki.Generate(alg)
	if err != nil {
		w.t.Fatal(err)
	}
	csr, err := cert.MakeRequest(cert.Name{{Type: cert.CommonName, Value: "asked for"}}, k)
	if err != nil {
		w.t.Fatal(err)
	}
	return csr
}

// TestApplyRefused: what an application has to be, row by row.
func TestApplyRefused(t *testing.T) {
	w := open(t, storetest.Open(t))
	good := w.request(pki.SM2)
	bent := append([]byte{}, good...)
	bent[len(bent)-1] ^= 1
	enterprise := func(code string) Subject { return Subject{Kind: ca.Enterprise, Name: "示例企业", Code: code} }
	for _, row := range []struct {
		name string
		by   *identity.Principal
		s    Subject
		p    Proof
		csr  []byte
		want errs.Kind
	}{
		{"no right", reader, citizen(1), paper, nil, errs.Denied},
		{"may decide, not apply", li, citizen(1), paper, nil, errs.Denied},
		{"no kind", wang, Subject{Name: "甲", Number: number(1)}, paper, nil, errs.Invalid},
		{"a device", wang, Subject{Kind: ca.Device, Name: "甲", Number: number(1)}, paper, nil, errs.Invalid},
		{"no name", wang, Subject{Kind: ca.Citizen, Number: number(1)}, paper, nil, errs.Invalid},
		{"a name of 65", wang, Subject{Kind: ca.Citizen, Name: strings.Repeat("长", 65), Number: number(1)}, paper, nil, errs.Invalid},
		{"a name with a line break", wang, Subject{Kind: ca.Citizen, Name: "甲\n乙", Number: number(1)}, paper, nil, errs.Invalid},
		{"no number", wang, Subject{Kind: ca.Citizen, Name: "甲"}, paper, nil, errs.Invalid},
		{"a wrong last character", wang, Subject{Kind: ca.Citizen, Name: "甲", Number: "12019919800101000" + string("10X98765432"[0])}, paper, nil, errs.Invalid},
		{"a civil servant of nowhere", wang, Subject{Kind: ca.Official, Name: "甲", Number: number(1)}, paper, nil, errs.Invalid},
		{"an enterprise without its code", wang, enterprise(""), paper, nil, errs.Invalid},
		{"an enterprise with a wrong code", wang, enterprise("91120199MA0000001A"), paper, nil, errs.Invalid},
		{"no paper seen", wang, citizen(1), Proof{Manner: "presence"}, nil, errs.Invalid},
		{"no manner", wang, citizen(1), Proof{Seen: "居民身份证"}, nil, errs.Invalid},
		{"a manner of nobody's", wang, citizen(1), Proof{Seen: "居民身份证", Manner: "telepathy"}, nil, errs.Invalid},
		{"rubbish for a request", wang, citizen(1), paper, []byte("rubbish"), errs.Invalid},
		{"a request with another signature", wang, citizen(1), paper, bent, errs.Invalid},
	} {
		if _, err := w.Apply(t.Context(), row.by, row.s, row.p, row.csr, false); !errs.Is(err, row.want) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	if n, err := w.Total(t.Context(), ca.Citizen); err != nil || n != 0 {
		t.Errorf("%d subjects came in by refused applications, %v", n, err)
	}
}

// TestRoad: an application from the counter to the certificate, its renewal, and each hand that may not touch it.
func TestRoad(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := open(t, db), t.Context()
		a, err := w.Apply(ctx, qian, official(1), paper, nil, false)
		if err != nil || !a.High || a.State != "submitted" {
			t.Fatalf("%+v %v", a, err)
		}
		if _, err := w.Apply(ctx, zhao, official(1), paper, nil, false); !errs.Is(err, errs.Conflict) {
			t.Errorf("a second application: %v", err)
		}
		for _, row := range []struct {
			name string
			by   *identity.Principal
			want errs.Kind
		}{{"no right", reader, errs.Denied}, {"may apply, not decide", zhao, errs.Denied}, {"another unit", sun, errs.Denied}, {"who saw the paper", qian, errs.Conflict}} {
			if _, err := w.Approve(ctx, row.by, a.ID); !errs.Is(err, row.want) {
				t.Errorf("approve, %s: %v", row.name, err)
			}
			if row.by != qian {
				if err := w.Refuse(ctx, row.by, a.ID, "不符"); !errs.Is(err, errs.Denied) {
					t.Errorf("refuse, %s: %v", row.name, err)
				}
			}
		}
		code, err := w.Approve(ctx, li, a.ID)
		if err != nil || len(code) != 20 {
			t.Fatalf("%q %v", code, err)
		}
		if _, err := w.Approve(ctx, li, a.ID); !errs.Is(err, errs.Conflict) {
			t.Errorf("approved twice: %v", err)
		}
		if _, err := w.Collect(ctx, code[1:]+"A", w.request(pki.SM2)); !errs.Is(err, errs.NotFound) {
			t.Errorf("a wrong code: %v", err)
		}
		if _, err := w.Collect(ctx, code, []byte("rubbish")); !errs.Is(err, errs.Invalid) {
			t.Errorf("rubbish with the code: %v", err)
		}
		c, err := w.Collect(ctx, " "+strings.ToLower(code)+"\n", w.request(pki.SM2))
		if err != nil || c.Kind != ca.Official || c.Encryption == nil || c.Name != "示例公务员1" {
			t.Fatalf("%+v %v", c, err)
		}
		if _, err := w.Collect(ctx, code, w.request(pki.SM2)); !errs.Is(err, errs.NotFound) {
			t.Errorf("the code twice: %v", err)
		}
		if a, err = w.Application(ctx, a.ID); err != nil || a.State != "issued" || a.Serial != c.Serial {
			t.Errorf("%+v %v", a, err)
		}

		// Who stands in the register: of that office, and of the authority's own units.
		for _, row := range []struct {
			by   *identity.Principal
			mine bool
		}{{zhao, true}, {qian, true}, {wang, true}, {sun, false}, {identity.System("certificates"), true}} {
			if err := w.Mine(ctx, row.by, ca.Official, a.Subject); row.mine != (err == nil) || !row.mine && !errs.Is(err, errs.Denied) {
				t.Errorf("%s: %v", row.by.ID, err)
			}
		}
		if err := w.Mine(ctx, zhao, ca.Device, "meter-1"); !errs.Is(err, errs.Denied) {
			t.Errorf("a device, by a unit that is none of the authority's own: %v", err)
		}
		if _, err := w.Apply(ctx, sun, official(1), paper, w.request(pki.SM2), true); !errs.Is(err, errs.Denied) {
			t.Errorf("renewed by another unit: %v", err)
		}
		if _, err := w.Apply(ctx, zhao, official(1), paper, w.request(pki.SM2), false); !errs.Is(err, errs.Conflict) {
			t.Errorf("a second certificate: %v", err)
		}
		next, err := w.Apply(ctx, zhao, official(1), paper, w.request(pki.SM2), true)
		if err != nil || next.Subject != a.Subject {
			t.Fatalf("%+v %v", next, err)
		}
		if code, err := w.Approve(ctx, qian, next.ID); err != nil || code != "" {
			t.Fatalf("%q %v", code, err)
		}
		had, err := w.a.Of(ctx, ca.Official, a.Subject)
		if err != nil {
			t.Fatal(err)
		}
		valid := 0
		for i := range had {
			if had[i].State == ca.Valid && had[i].Use == ca.Sign {
				valid++
			}
		}
		if s, err := w.a.Status(ctx, c.Serial); err != nil || s.State != ca.Revoked || s.Reason != cert.Superseded || valid != 1 || len(had) != 4 {
			t.Errorf("after the renewal: %+v %v, %d valid of %d", s, err, valid, len(had))
		}
	})
}

// TestNeverCollected: an approved application whose holder does not come is refused, and makes way for another.
func TestNeverCollected(t *testing.T) {
	w, ctx := open(t, storetest.Open(t)), t.Context()
	a, err := w.Apply(ctx, wang, citizen(1), paper, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	code, err := w.Approve(ctx, wang, a.ID) // of normal assurance: one person is enough
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Refuse(ctx, li, a.ID, " "); !errs.Is(err, errs.Invalid) {
		t.Errorf("without a reason: %v", err)
	}
	if err := w.Refuse(ctx, li, a.ID, "逾期未领"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Collect(ctx, code, w.request(pki.SM2)); !errs.Is(err, errs.NotFound) {
		t.Errorf("collected after it was refused: %v", err)
	}
	if err := w.Refuse(ctx, li, a.ID, "逾期未领"); !errs.Is(err, errs.Conflict) {
		t.Errorf("refused twice: %v", err)
	}
	if _, err := w.Apply(ctx, wang, citizen(1), paper, nil, false); err != nil {
		t.Errorf("another application: %v", err)
	}
}

// TestAtOnce: however many hands are at it at the same moment, a subject has one application under way and one standing certificate.
func TestAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := open(t, db), t.Context()
		// at runs one thing in eight places and counts what succeeded; the others must be refused, not fail.
		at := func(name string, do func(i int) error) (ok int) {
			var wg sync.WaitGroup
			var mu sync.Mutex
			for i := range 8 {
				wg.Go(func() {
					err := do(i)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						ok++
					case !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.NotFound):
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			wg.Wait()
			return ok
		}
		var id, code string
		if n := at("apply", func(int) error {
			a, err := w.Apply(ctx, wang, citizen(7), paper, nil, false)
			if err == nil {
				id = a.ID
			}
			return err
		}); n != 1 {
			t.Fatalf("%d applications", n)
		}
		if n := at("approve", func(int) error {
			c, err := w.Approve(ctx, li, id)
			if err == nil {
				code = c
			}
			return err
		}); n != 1 {
			t.Fatalf("approved %d times", n)
		}
		var requests [8][]byte
		for i := range requests {
			requests[i] = w.request(pki.ECDSA)
		}
		var mu sync.Mutex
		serials := map[string]bool{}
		at("collect", func(i int) error {
			c, err := w.Collect(ctx, code, requests[i])
			if err == nil {
				mu.Lock()
				serials[c.Serial] = true
				mu.Unlock()
			}
			return err
		})
		a, err := w.Application(ctx, id)
		if err != nil || len(serials) != 1 || !serials[a.Serial] {
			t.Fatalf("%d certificates, the application has %q, %v", len(serials), a.Serial, err)
		}
		// The rule gone round, the database refuses.
		copied := store.Q("test_second", `INSERT INTO certificates_certificate (serial, authority, kind, key_use, subject, name, single, algorithm, ordered, not_before, not_after, state, reason, changed, shard, leaf, der, envelope, escrow)
			SELECT 'ff', authority, kind, key_use, subject, name, single, algorithm, NULL, not_before, not_after, state, reason, changed, shard, 99, der, envelope, escrow FROM certificates_certificate WHERE serial = $1`)
		if err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(copied, a.Serial); return err }); !errs.Is(err, errs.Conflict) {
			t.Errorf("a second row in the table: %v", err)
		}
	})
}

// TestInterrupted: what was approved with its key, and not issued because the program ended, is issued by the job.
func TestInterrupted(t *testing.T) {
	w, ctx := open(t, storetest.Open(t)), t.Context()
	a, err := w.Apply(ctx, wang, citizen(1), paper, w.request(pki.SM2), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.approve(ctx, li, &a, digest("x")); err != nil { // and here it ended
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Finish(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if a, err = w.Application(ctx, a.ID); err != nil || a.State != "issued" {
		t.Errorf("%+v %v", a, err)
	}
	if had, err := w.a.Of(ctx, ca.Citizen, a.Subject); err != nil || len(had) != 2 { // signing and encryption
		t.Errorf("%d certificates, %v", len(had), err)
	}
	if err := w.Issue(ctx, wang, a.ID); !errs.Is(err, errs.Denied) {
		t.Errorf("a person issues without the second one: %v", err)
	}
}

// TestNothingPersonal: neither the journal nor the tables know an identity number, and the journal knows no name.
func TestNothingPersonal(t *testing.T) {
	w, ctx := open(t, storetest.Open(t)), t.Context()
	s := citizen(1)
	a, err := w.Apply(ctx, wang, s, paper, w.request(pki.SM2), false)
	if err == nil {
		_, err = w.Approve(ctx, li, a.ID)
	}
	if err == nil {
		err = w.Saw(ctx, reader, "subjects", []string{a.Subject}, 0)
	}
	if err == nil {
		err = w.Saw(ctx, reader, "nobody", nil, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := w.j.List(ctx, journal.Filter{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, e := range list {
		text := e.Actor + " " + e.Verb + " " + e.Object + " " + string(e.Detail)
		if strings.Contains(text, s.Number) || strings.Contains(text, s.Name) || strings.Contains(text, "nobody") {
			t.Errorf("the journal has %s", text)
		}
		if e.Verb == "certificate.read-personal" && e.Actor == reader.ID && strings.Contains(text, a.Subject) {
			seen++
		}
	}
	if seen != 1 {
		t.Errorf("the look is %d times in the journal", seen)
	}
	got, err := w.Subject(ctx, ca.Citizen, a.Subject)
	if err != nil || got.Number != "" || got.Tail != s.Number[14:] || got.Office != "economy-it" {
		t.Errorf("%+v %v", got, err)
	}
	// Found by nothing but whole words, paged without a gap.
	for i := 2; i < 8; i++ {
		if _, err := w.Apply(ctx, wang, citizen(i), paper, nil, false); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		find string
		held int64
		want int
	}{{"", 0, 7}, {"", 1, 1}, {"", 2, 6}, {s.Name, 0, 1}, {a.Subject, 0, 1}, {"示例", 0, 0}, {"%", 0, 0}, {s.Number, 0, 0}} {
		n, after := 0, ""
		for {
			list, total, next, err := w.Subjects(ctx, ca.Citizen, row.find, row.held, after, 3)
			if err != nil || total != 7 {
				t.Fatalf("%d %v", total, err)
			}
			if n += len(list); next == "" {
				break
			}
			after = next
		}
		if n != row.want {
			t.Errorf("%q, held %d: %d", row.find, row.held, n)
		}
	}
	n, after := 0, ""
	for {
		list, total, next, err := w.Applications(ctx, "submitted", ca.Citizen, after, 4)
		if err != nil || total != 6 {
			t.Fatalf("%d %v", total, err)
		}
		if n += len(list); next == "" {
			break
		}
		after = next
	}
	if n != 6 {
		t.Errorf("%d applications over the pages", n)
	}
}

// TestNumbers holds the check characters to published examples and to every single wrong digit.
func TestNumbers(t *testing.T) {
	for _, row := range []struct {
		ok   func(string) bool
		good string
	}{{IdentityNumber, "11010519491231002X"}, {IdentityNumber, "440524188001010014"}, {CreditCode, "91350100M000100Y43"}} {
		if !row.ok(row.good) {
			t.Errorf("%s is refused", row.good)
		}
		for i := range row.good {
			for _, c := range "0123456789" {
				if bad := row.good[:i] + string(c) + row.good[i+1:]; bad != row.good && row.ok(bad) {
					t.Errorf("%s goes for right", bad)
				}
			}
		}
		for _, bad := range []string{"", row.good[1:], row.good + "0", strings.Repeat("甲", 6)} {
			if row.ok(bad) {
				t.Errorf("%q goes for right", bad)
			}
		}
	}
}
