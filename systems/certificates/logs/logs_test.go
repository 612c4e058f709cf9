package logs

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/audit"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/status"
)

// world is a platform with an authority and a journal whose log one SM2 key signs.
type world struct {
	t       *testing.T
	at      time.Time
	db      *store.DB
	journal *journal.Journal
	ca      *ca.Authority
	fold    tiles.Fold
	keys    *Service
}

func open(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{t: t, at: time.Date(2015, 11, 20, 9, 0, 0, 0, time.UTC), db: db}
	now := func() time.Time { return w.at }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	var err error
	w.journal, err = journal.Open(ctx, db, now)
	must(err)
	vault, err := trust.Open(ctx, trust.Options{DB: db, Journal: w.journal, Now: now, Seal: make([]byte, trust.SealSize)})
	must(err)
	all, err := tiles.Open(ctx, db, now)
	must(err)
	issuance, err := all.Log(ctx, tiles.Options{Name: "certificates", Origin: "haihe.example/certificates"})
	must(err)
	w.ca, err = ca.Open(ctx, ca.Options{DB: db, Journal: w.journal, Vault: vault, Log: issuance, Now: now, Settings: ca.Settings{Organization: "示例中心"}})
	must(err)
	lists, err := status.New(ctx, status.Options{DB: db, Authority: w.ca, Now: now, Shard: 100_000})
	must(err)
	key, err := vault.Generate(ctx, identity.System("seal"), trust.Spec{Name: "k", Purpose: "checkpoint", Algorithm: pki.SM2})
	must(err)
	signer, err := vault.Signer(ctx, key.ID)
	must(err)
	k, err := audit.KeyOf("haihe.example/journal", key.Public)
	must(err)
	log, err := all.Log(ctx, tiles.Options{Name: "journal", Origin: "haihe.example/journal", Signers: []tiles.Signer{{Key: k, Sign: func(_ context.Context, m []byte) ([]byte, error) { return signer.SignMessage(m) }}}})
	must(err)
	w.fold = tiles.Fold{Journal: w.journal, Log: log}
	w.keys = New(Options{Logs: all, Now: now, Issue: w.ca.Issue, Of: w.ca.Of, Get: w.ca.Get, Roots: w.ca.Roots, List: lists.Bytes})
	return w
}

func (w *world) run() {
	w.t.Helper()
	if err := w.keys.Run(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// sign records something and signs it.
func (w *world) sign() {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(tx *store.Tx) error {
		return w.journal.Append(tx, journal.Act{Actor: "person:01A", Unit: "power", Verb: "approve", Object: "target:x"})
	})
	if err == nil {
		err = w.fold.Run(w.t.Context())
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// check exports the log and checks it with the roots alone.
func (w *world) check() audit.Report {
	w.t.Helper()
	files := fstest.MapFS{}
	put := func(name string, data []byte) error {
		files[name] = &fstest.MapFile{Data: bytes.Clone(data)}
		return nil
	}
	if _, err := w.fold.Export(w.t.Context(), put, func(int64) {}); err != nil {
		w.t.Fatal(err)
	}
	roots, err := w.ca.Roots(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var keys audit.Keys
	for _, r := range roots {
		if err := keys.Trust(r.DER); err != nil {
			w.t.Fatal(err)
		}
	}
	r, err := audit.Dir(files, &keys, nil, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// TestCertified is a log's life under an authority: nothing is there, it is certified, its certificate is revoked, and years pass.
func TestCertified(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db)
		w.run() // no authority is in service yet
		if all, err := w.keys.o.Logs.Along(t.Context(), "journal"); err != nil || len(all) != 0 {
			t.Fatalf("%v, %v", all, err)
		}
		w.sign() // before there is a certificate
		if err := w.ca.Demo(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.at = w.at.Add(time.Hour)
		w.run()
		w.run() // once is enough
		mine, err := w.ca.Of(t.Context(), ca.Log, w.subject())
		if err != nil || len(mine) != 1 || mine[0].Name != "haihe.example/journal" {
			t.Fatalf("%+v, %v", mine, err)
		}
		w.at = w.at.Add(time.Hour)
		w.sign()
		if r := w.check(); len(r.Findings) > 0 || r.Checkpoints != 2 || !strings.Contains(r.Signed[0].By, "haihe.example/journal") || len(r.Notes) != 1 || !r.Signed[0].Listed {
			t.Fatalf("%+v %v", r.Findings, r.Notes)
		}

		// Revoked an hour later as superseded: what was signed before holds, and says so.
		w.at = w.at.Add(time.Hour)
		if err := w.ca.Revoke(t.Context(), identity.System("certificates"), mine[0].Serial, cert.Superseded); err != nil {
			t.Fatal(err)
		}
		w.at = w.at.Add(25 * time.Hour) // the lists are made anew daily
		w.run()
		r := w.check()
		if len(r.Findings) > 0 || r.Signed[0].Revoked.IsZero() || len(r.Notes) != 2 {
			t.Fatalf("revoked later: %+v %v %+v", r.Findings, r.Notes, r.Signed)
		}

		// What the key signs after its revocation does not count.
		w.sign()
		r = w.check()
		if len(r.Findings) == 0 || r.Findings[0].What != audit.Void || r.Findings[0].File != "checkpoint" || !strings.Contains(r.Findings[0].Said.En, "revoked") {
			t.Fatalf("signed after its revocation: %+v", r.Findings)
		}
	})
}

// TestYearsLater: certificates are followed by others before they end, and everything holds when all of them have ended.
func TestYearsLater(t *testing.T) {
	w := open(t, storetest.Open(t))
	if err := w.ca.Demo(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.run()
		w.sign()
		w.at = w.at.AddDate(0, 23, 15)
		w.run()
	}
	mine, err := w.ca.Of(t.Context(), ca.Log, w.subject())
	if err != nil || len(mine) != 4 {
		t.Fatalf("%d certificates, %v", len(mine), err)
	}
	w.at = w.at.AddDate(10, 0, 0)
	if r := w.check(); len(r.Findings) > 0 || r.Checkpoints != 3 || !r.Signed[0].Until.Before(w.at) || !r.Signed[0].Listed {
		t.Errorf("%+v %+v", r.Findings, r.Signed)
	}
}

// subject is how the authority knows the log's key.
func (w *world) subject() string {
	w.t.Helper()
	keys, err := w.keys.o.Logs.Signers(w.t.Context())
	if err != nil || len(keys) != 1 {
		w.t.Fatalf("%v, %v", keys, err)
	}
	return subject(keys[0])
}
