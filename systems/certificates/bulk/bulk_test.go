package bulk

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
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
	"github.com/haihe-city/haihe/systems/certificates/register"
)

var (
	officer = identity.NewPrincipal("person:wang", "economy-it", nil, register.GrantApply, register.GrantApprove)
	leader  = identity.NewPrincipal("person:li", "economy-it", nil, register.GrantApply, register.GrantApprove)
)

func open(t *testing.T, db *store.DB) (*Bulk, *ca.Authority) {
	t.Helper()
	ctx, now := t.Context(), func() time.Time { return time.Date(2016, 3, 1, 9, 0, 0, 0, time.UTC) }
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	j, err := journal.Open(ctx, db, now)
	must(err)
	v, err := trust.Open(ctx, trust.Options{DB: db, Journal: j, Now: now, Seal: bytes.Repeat([]byte{7}, trust.SealSize)})
	must(err)
	logs, err := tiles.Open(ctx, db, now)
	must(err)
	log, err := logs.Log(ctx, tiles.Options{Name: "certificates", Origin: "haihe.test/certificates"})
	must(err)
	a, err := ca.Open(ctx, ca.Options{DB: db, Journal: j, Vault: v, Log: log, Now: now})
	must(err)
	must(a.Demo(ctx))
	r, err := register.New(ctx, register.Options{DB: db, Journal: j, Vault: v, Now: now, Issue: a.Issue})
	must(err)
	b, err := New(ctx, Options{DB: db, Journal: j, Now: now, Wall: time.Now, Register: r, Issue: a.IssueAll})
	must(err)
	return b, a
}

func number(n int) string {
	s := fmt.Sprintf("1201991980%07d", n)
	for _, c := range "0123456789X" {
		if register.IdentityNumber(s + string(c)) {
			return s + string(c)
		}
	}
	return s
}

func list(t *testing.T, n int) string {
	t.Helper()
	k, err := pki.Generate(pki.SM2)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := cert.MakeRequest(nil, k)
	if err != nil {
		t.Fatal(err)
	}
	out := "name,number,request\n"
	for i := range n {
		out += fmt.Sprintf("市民%d,%s,%s\n", i, number(i), base64.StdEncoding.EncodeToString(csr))
	}
	return out
}

func valid(t *testing.T, a *ca.Authority) int64 {
	t.Helper()
	counts, err := a.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return counts["citizen/sign/sm2-sm3/valid"]
}

// TestList: a dry run issues nothing and says what is wrong by line; who handed the list in does not start it; a job whose transaction fails
// goes on from its place; two jobs of the same subjects at once give each one certificate.
func TestList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, a := open(t, db)
		ctx := context.WithoutCancel(t.Context())
		const n = batchSize + 20
		text := list(t, n)
		first, err := b.Load(ctx, officer, ca.Citizen, "first", false, strings.NewReader(text+"坏行,123,x\n市民0,"+number(0)+",x\n"))
		if err != nil || first.Total != n+2 || first.Refused != 2 || valid(t, a) != 0 {
			t.Fatalf("the dry run: %+v %v", first, err)
		}
		if bad, err := b.Troubles(ctx, first.ID, 0, 10); err != nil || len(bad) != 2 || bad[0].Line != n+2 || bad[0].Had {
			t.Errorf("the report: %+v %v", bad, err)
		}
		if err := b.Start(ctx, officer, first.ID); !errs.Is(err, errs.Conflict) {
			t.Errorf("started by who handed it in: %v", err)
		}
		second, err := b.Load(ctx, leader, ca.Citizen, "second", false, strings.NewReader(text))
		if err := errors.Join(err, b.Start(ctx, leader, first.ID), b.Start(ctx, officer, second.ID)); err != nil {
			t.Fatal(err)
		}
		issue, calls := b.o.Issue, 0
		b.o.Issue = func(ctx context.Context, orders []ca.Order, with func(*store.Tx, []ca.Result) error) ([]ca.Result, error) {
			if calls++; calls == 2 {
				return issue(ctx, orders, func(tx *store.Tx, out []ca.Result) error {
					return errors.Join(with(tx, out), errors.New("the power is gone"))
				})
			}
			return issue(ctx, orders, with)
		}
		if err := b.Work(ctx); err == nil {
			t.Fatal("the broken batch went through")
		}
		if got := valid(t, a); got != batchSize {
			t.Errorf("%d certificates after the break, want those of the first batch", got)
		}
		b.o.Issue = issue
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if err := b.Work(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		x, _ := b.Job(ctx, first.ID)
		y, _ := b.Job(ctx, second.ID)
		if x.State != "done" || y.State != "done" || x.Issued+y.Issued != n || x.Had+y.Had != n || valid(t, a) != n {
			t.Errorf("%+v\n%+v\n%d valid", x, y, valid(t, a))
		}
		m := ca.NewMonitor(a)
		if err := m.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if faults, rounds := m.Faults(); len(faults) != 0 || rounds != 1 {
			t.Errorf("the monitor: %v after %d rounds", faults, rounds)
		}
		// A certificate that is not the leaf it says it is.
		q := store.Q("test_forge", `UPDATE certificates_certificate SET der = $2 WHERE leaf = $1`)
		if err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(q, int64(20), []byte("another")); return err }); err != nil {
			t.Fatal(err)
		}
		if err := m.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if faults, _ := m.Faults(); len(faults) != 1 || faults[0].Leaf != 20 || faults[0].Why != "differs" {
			t.Errorf("a forged row: %v", faults)
		}
	})
}

// TestOffices: a list renews nobody whom another unit entered, and another unit does not act on it.
func TestOffices(t *testing.T) {
	b, a := open(t, storetest.Open(t))
	ctx := t.Context()
	power := identity.NewPrincipal("person:zhao", "power", nil, register.GrantApply, register.GrantApprove)
	first, err := b.Load(ctx, officer, ca.Citizen, "first", false, strings.NewReader(list(t, 2)))
	if err == nil {
		err = b.Start(ctx, leader, first.ID)
	}
	if err = errors.Join(err, b.Work(ctx)); err != nil || valid(t, a) != 2 {
		t.Fatalf("%d certificates, %v", valid(t, a), err)
	}
	other, err := b.Load(ctx, power, ca.Citizen, "renewed by another", true, strings.NewReader(list(t, 3))) // two of the first, and a new one
	if err != nil || other.Total != 3 || other.Refused != 2 {
		t.Fatalf("%+v %v", other, err)
	}
	if bad, err := b.Troubles(ctx, other.ID, 0, 10); err != nil || len(bad) != 2 || !strings.Contains(bad[0].Said.Zh, "其他单位") {
		t.Errorf("%+v %v", bad, err)
	}
	for name, do := range map[string]func() error{"start": func() error { return b.Start(ctx, leader, other.ID) }, "drop": func() error { return b.Drop(ctx, leader, other.ID) }} {
		if err := do(); !errs.Is(err, errs.Denied) {
			t.Errorf("%s by another unit: %v", name, err)
		}
	}
}
