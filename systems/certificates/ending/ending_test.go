package ending

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/register"
)

type world struct {
	*Watch
	a      *ca.Authority
	r      *register.Register
	people *identity.Service
	j      *journal.Journal
	db     *store.DB
	at     time.Time
	t      *testing.T
}

// open opens everything on a database, as each start of the program does.
func open(t *testing.T, db *store.DB, at time.Time) *world {
	t.Helper()
	ctx := t.Context()
	w := &world{db: db, at: at, t: t}
	now := func() time.Time { return w.at }
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
	w.r, err = register.New(ctx, register.Options{DB: db, Journal: w.j, Vault: v, Now: now, Issue: w.a.Issue, Wide: []string{"economy-it"}})
	must(err)
	w.people, err = identity.Open(ctx, db, w.j, now, []identity.Unit{{ID: "economy-it", Name: lang.T("经信委", "Economy")}, {ID: "power", Name: lang.T("电力", "Power")}, {ID: "water", Name: lang.T("水务", "Water")}}, nil)
	must(err)
	post, err := notice.Open(ctx, notice.Options{DB: db, Journal: w.j, Now: now, Record: []string{"sms"}})
	must(err)
	w.Watch, err = Open(ctx, Options{DB: db, Journal: w.j, Post: post, People: w.people, Now: now, Own: "economy-it"})
	must(err)
	return w
}

// issue gives a subject of an office a certificate of so many days.
func (w *world) issue(kind, office string, n, days int) ca.Certificate {
	w.t.Helper()
	ctx := w.t.Context()
	s := register.Subject{Kind: kind, ID: fmt.Sprintf("%s-%s-%d", kind, office, n), Name: "甲"}
	if kind == ca.Citizen || kind == ca.Official {
		if err := w.db.Write(ctx, func(tx *store.Tx) error { return w.r.Enter(tx, "person:x", office, []*register.Subject{&s}) }); err != nil {
			w.t.Fatal(err)
		}
	}
	k, err := pki.Generate(pki.ECDSA)
	if err != nil {
		w.t.Fatal(err)
	}
	csr, err := cert.MakeRequest(cert.Name{{Type: cert.CommonName, Value: "x"}}, k)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := w.a.Issue(ctx, ca.Order{Kind: kind, Subject: s.Of(), CSR: csr, Days: days, By: identity.System("certificates")})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// told gives the notices so far as "about: title -> who", oldest first.
func (w *world) told() (out []string) {
	w.t.Helper()
	letters, _, err := w.o.Post.Letters(w.t.Context(), "", "", 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range letters {
		lines, _, err := w.o.Post.LinesOf(w.t.Context(), l.ID, "", "", 100)
		if err != nil {
			w.t.Fatal(err)
		}
		var who []string
		for _, x := range lines {
			who = append(who, x.Contact.Name.Zh+"/"+x.Delivery.Channel)
		}
		count, _, _ := strings.Cut(l.Title.Zh, " ")
		out = append([]string{strings.TrimPrefix(l.About, "certificates-ending:") + " " + count + " " + strings.Join(who, ",")}, out...)
	}
	return out
}

// TestOnce: each certificate counts once for each of the two warnings, whatever is called how often and however often the program starts.
func TestOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, start := t.Context(), time.Date(2016, 3, 1, 9, 0, 0, 0, time.UTC)
		w := open(t, db, start)
		if _, err := w.people.CreatePerson(ctx, identity.System("identity"), identity.Person{Login: "wang", Name: lang.Same("王"), Unit: "economy-it", Roles: []string{identity.RoleOfficer}}, "a Password of the test 17"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.people.CreatePerson(ctx, identity.System("identity"), identity.Person{Login: "zhao", Name: lang.Same("赵"), Unit: "water", Roles: []string{identity.RoleReader}}, "a Password of the test 17"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.o.Post.Save(ctx, identity.System("notice"), notice.Contact{Name: lang.Same("钱"), Unit: "power", Duty: "certificates", Ways: []notice.Way{{Channel: "sms", Address: "+8613800000000"}}}); err != nil {
			t.Fatal(err)
		}
		w.issue(ca.Citizen, "power", 1, 40)
		w.issue(ca.Citizen, "power", 2, 40)
		w.issue(ca.Citizen, "power", 3, 400)
		revoked := w.issue(ca.Official, "power", 4, 40)
		w.issue(ca.Official, "water", 5, 35) // whose unit has named nobody, and has no officer
		w.issue(ca.Device, "", 6, 5)         // in no register: the authority's own unit
		w.issue(ca.Server, "", 7, 5)         // renews itself
		if err := w.a.Revoke(ctx, identity.System("certificates"), revoked.Serial, cert.Superseded); err != nil {
			t.Fatal(err)
		}
		want := []string{}
		for _, step := range []struct {
			name  string
			after time.Duration
			again bool // the program starts anew
			new   []string
		}{
			{"at once, the nearer warning alone", 0, false, []string{"economy-it-7 1 王/page"}},
			{"a minute later", time.Minute, false, nil},
			{"after a start", time.Minute, true, nil},
			{"six days later", 6 * day, false, []string{"water-30 1 "}},
			{"twelve days later", 12 * day, false, []string{"power-30 2 钱/sms"}},
			{"after a start the next day", 13 * day, true, nil},
			{"28 days later", 28*day + time.Hour, false, []string{"water-7 1 "}},
			{"34 days later", 34 * day, true, []string{"power-7 2 钱/sms"}},
			{"40 days later, all but one have ended", 40*day + time.Hour, false, nil},
		} {
			w.at = start.Add(step.after)
			if step.again {
				w = open(t, db, w.at)
			}
			for range 3 {
				if err := w.Run(ctx); err != nil {
					t.Fatalf("%s: %v", step.name, err)
				}
			}
			want = append(want, step.new...)
			if got := w.told(); strings.Join(got, "; ") != strings.Join(want, "; ") {
				t.Fatalf("%s: %q, want %q", step.name, got, want)
			}
		}
		acts := 0
		list, _, err := w.j.List(ctx, journal.Filter{Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if e.Verb == "certificate.warn" {
				acts++
			}
		}
		if acts != len(want) {
			t.Errorf("%d acts for %d notices", acts, len(want))
		}
	})
}

// TestDaily: a unit is told once a day, however the ends of its certificates lie; what came meanwhile is in the next day's notice.
func TestDaily(t *testing.T) {
	w := open(t, storetest.Open(t), time.Date(2016, 3, 1, 9, 0, 0, 0, time.UTC))
	for n := range 12 { // six a day come within the 30 days, one every four hours
		w.at = w.at.Add(4 * time.Hour)
		w.issue(ca.Citizen, "power", n, 31)
	}
	end := w.at.Add(3 * day)
	for ; w.at.Before(end); w.at = w.at.Add(time.Hour) {
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got := w.told()
	if len(got) < 2 || len(got) > 3 {
		t.Errorf("%d notices: %q", len(got), got)
	}
	total := 0
	for _, s := range got {
		var n int
		if _, err := fmt.Sscanf(s, "power-30 %d", &n); err != nil {
			t.Fatal(err)
		}
		total += n
	}
	if total != 12 {
		t.Errorf("%d certificates were counted: %q", total, got)
	}
}

// TestTogether: the notice and the memory of it stand or fall together.
func TestTogether(t *testing.T) {
	w := open(t, storetest.Open(t), time.Date(2016, 3, 1, 9, 0, 0, 0, time.UTC))
	w.issue(ca.Citizen, "power", 1, 20)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Run(ctx); err == nil {
		t.Fatal("it ran without a context")
	}
	if got := w.told(); len(got) != 0 {
		t.Fatalf("told: %q", got)
	}
	if err := w.Run(t.Context()); err != nil || len(w.told()) != 1 {
		t.Errorf("%q, %v", w.told(), err)
	}
}
