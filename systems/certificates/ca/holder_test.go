package ca

import (
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// TestHolder: who a certificate signs in, and that nothing else does.
func TestHolder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := open(t, db), t.Context()
		for _, row := range []struct {
			kind string
			alg  pki.Algorithm
			in   bool
		}{
			{Citizen, pki.ECDSA, true}, {Citizen, pki.SM2, true}, {Enterprise, pki.ECDSA, true}, {Official, pki.ECDSA, true},
			{Device, pki.ECDSA, false}, {Server, pki.ECDSA, false}, {Seal, pki.ECDSA, false}, {TimeStamp, pki.ECDSA, false},
		} {
			c := w.issue(row.kind, "one-"+string(row.alg), row.alg)
			who, serial, err := w.Holder(ctx, c.DER)
			if row.in && (err != nil || who != row.kind+":one-"+string(row.alg) || serial != c.Serial) || !row.in && !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("%s in %s: %q %q %v", row.kind, row.alg, who, serial, err)
			}
			if e := c.Encryption; e != nil {
				if _, _, err := w.Holder(ctx, e.DER); !errs.Is(err, errs.Unauthenticated) {
					t.Errorf("an encryption certificate of %s: %v", row.kind, err)
				}
			}
		}
		c := w.issue(Official, "two", pki.ECDSA)
		bent := append([]byte{}, c.DER...)
		bent[len(bent)-1] ^= 1 // the same number and name, another signature
		root, _ := w.Issuer(c.Authority)
		for name, leaf := range map[string][]byte{"none": nil, "rubbish": []byte("rubbish"), "another signature": bent, "an authority's own": root.Chain[0], "more behind it": append(append([]byte{}, c.DER...), 0)} {
			if _, _, err := w.Holder(ctx, leaf); !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, step := range []struct {
			name string
			do   func() error
			in   bool
		}{
			{"as issued", func() error { return nil }, true},
			{"on hold", func() error { return w.Suspend(ctx, officer, c.Serial) }, false},
			{"resumed", func() error { return w.Resume(ctx, officer, c.Serial) }, true},
			{"before its time", func() error { w.wait(-2 * time.Minute); return nil }, false},
			{"in its last second", func() error { w.wait(c.To.Sub(w.now()) - time.Second); return nil }, true},
			{"at its end, before the job has marked it", func() error { w.wait(time.Second); return nil }, false},
			{"back in its time", func() error { w.wait(-time.Hour); return nil }, true},
			{"revoked", func() error { return w.Revoke(ctx, officer, c.Serial, cert.KeyCompromise) }, false},
		} {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if _, _, err := w.Holder(ctx, c.DER); step.in != (err == nil) || !step.in && !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("%s: %v", step.name, err)
			}
		}
	})
}
