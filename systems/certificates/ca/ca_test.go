package ca

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
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
)

var officer = identity.NewPrincipal("person:wang", "economy-it", nil, GrantManage, GrantRevoke)

type world struct {
	*Authority
	t  *testing.T
	db *store.DB
	at time.Time
	mu sync.Mutex
}

func (w *world) now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.at }

func (w *world) wait(by time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.at = w.at.Add(by) }

func open(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, at: time.Date(2016, 3, 1, 9, 0, 0, 0, time.UTC)}
	w.reopen()
	if err := w.Demo(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) reopen() {
	w.t.Helper()
	ctx := w.t.Context()
	j, err := journal.Open(ctx, w.db, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := trust.Open(ctx, trust.Options{DB: w.db, Journal: j, Now: w.now, Seal: bytes.Repeat([]byte{7}, trust.SealSize)})
	if err != nil {
		w.t.Fatal(err)
	}
	logs, err := tiles.Open(ctx, w.db, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	log, err := logs.Log(ctx, tiles.Options{Name: "certificates", Origin: "haihe.test/certificates"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.Authority, err = Open(ctx, Options{DB: w.db, Journal: j, Vault: v, Log: log, Now: w.now,
		Settings: Settings{Address: "http://pki.test/pki", Province: "天津市", Organization: "海河", PolicyArc: []int{2, 999, 1}, Shard: 4}})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) order(kind, id string, alg pki.Algorithm) (Order, crypto.Signer) {
	w.t.Helper()
	k, err := pki.Generate(alg)
	if err != nil {
		w.t.Fatal(err)
	}
	csr, err := cert.MakeRequest(cert.Name{{Type: cert.CommonName, Value: "asked for"}}, k)
	if err != nil {
		w.t.Fatal(err)
	}
	return Order{Kind: kind, Subject: Subject{ID: id, Name: "张三"}, CSR: csr, By: officer, Grant: GrantManage}, k
}

func (w *world) issue(kind, id string, alg pki.Algorithm) Certificate {
	w.t.Helper()
	o, _ := w.order(kind, id, alg)
	c, err := w.Issue(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// TestProfiles holds what is issued to the table of profiles, as another reader sees it.
func TestProfiles(t *testing.T) {
	w := open(t, storetest.Open(t))
	for _, row := range []struct {
		kind    string
		alg     pki.Algorithm
		usage   int
		purpose string
		dual    bool
		single  bool
	}{
		{Citizen, pki.SM2, 0x03, "1.3.6.1.5.5.7.3.2 1.3.6.1.5.5.7.3.4", true, true},
		{Citizen, pki.ECDSA, 0x03, "1.3.6.1.5.5.7.3.2 1.3.6.1.5.5.7.3.4", false, true},
		{Enterprise, pki.SM2, 0x03, "1.3.6.1.5.5.7.3.2 1.3.6.1.5.5.7.3.4", true, true},
		{Official, pki.SM2, 0x03, "1.3.6.1.5.5.7.3.2 1.3.6.1.5.5.7.3.4", true, true},
		{Device, pki.ECDSA, 0x11, "1.3.6.1.5.5.7.3.2", false, false},
		{Server, pki.SM2, 0x11, "1.3.6.1.5.5.7.3.1 1.3.6.1.5.5.7.3.2", false, false},
		{Seal, pki.SM2, 0x03, "", false, false},
		{TimeStamp, pki.ECDSA, 0x03, "1.3.6.1.5.5.7.3.8", false, false},
		{Log, pki.ECDSA, 0x03, "", false, false},
	} {
		t.Run(row.kind+" "+string(row.alg), func(t *testing.T) {
			got := w.issue(row.kind, "subject-"+row.kind+"-"+string(row.alg), row.alg)
			c, err := cert.Read(got.DER)
			if err != nil {
				t.Fatal(err)
			}
			if int(c.KeyUsage) != row.usage {
				t.Errorf("key usage %#x", int(c.KeyUsage))
			}
			if p := strings.Join(cert.Purposes(c), " "); p != row.purpose {
				t.Errorf("purposes %q", p)
			}
			if c.IsCA || !c.BasicConstraintsValid || len(c.SubjectKeyId) != 20 || len(c.AuthorityKeyId) != 20 {
				t.Errorf("constraints or key ids: %v %v %x %x", c.IsCA, c.BasicConstraintsValid, c.SubjectKeyId, c.AuthorityKeyId)
			}
			if len(c.OCSPServer) != 1 || len(c.IssuingCertificateURL) != 1 || len(c.CRLDistributionPoints) != 1 || len(c.PolicyIdentifiers) != 1 {
				t.Errorf("places: %v %v %v %v", c.OCSPServer, c.IssuingCertificateURL, c.CRLDistributionPoints, c.PolicyIdentifiers)
			}
			if n := c.SerialNumber.BitLen(); n < 121 || n > 128 {
				t.Errorf("a serial of %d bits", n)
			}
			if (got.Encryption != nil) != row.dual {
				t.Errorf("dual: %v", got.Encryption != nil)
			}
			if strings.Contains(string(c.RawSubject), "subject-") != row.single {
				t.Errorf("the internal number is in the name: %v", !row.single)
			}
			if got.Encryption != nil {
				e, err := cert.Read(got.Encryption.DER)
				if err != nil {
					t.Fatal(err)
				}
				if int(e.KeyUsage) != 0x1c {
					t.Errorf("the encryption certificate's usage: %#x", int(e.KeyUsage))
				}
			}
		})
	}
}

// TestOneEach: a second certificate is refused, a renewal supersedes, one on hold goes on counting, a revoked one does not.
func TestOneEach(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db)
		ctx := t.Context()
		first := w.issue(Citizen, "c1", pki.SM2)
		again, key := w.order(Citizen, "c1", pki.SM2)
		if _, err := w.Issue(ctx, again); !errs.Is(err, errs.Conflict) {
			t.Fatalf("a second certificate: %v", err)
		}
		again.Replace, again.ID = true, "renewal-1"
		second, err := w.Issue(ctx, again)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := w.Status(ctx, first.Serial); err != nil || s.State != Revoked || s.Reason != cert.Superseded {
			t.Errorf("the old one: %+v %v", s, err)
		}
		if s, _ := w.Status(ctx, first.Encryption.Serial); s.State != Revoked {
			t.Errorf("the old encryption certificate: %+v", s)
		}
		if same, err := w.Issue(ctx, again); err != nil || same.Serial != second.Serial {
			t.Errorf("the same order gave another certificate: %v", err)
		}
		if k, err := pki.OpenEnvelope(key, second.Encryption.Envelope); err != nil {
			t.Errorf("the holder cannot open the envelope: %v", err)
		} else if c, err := cert.Read(second.Encryption.DER); err != nil || !c.PublicKey.(interface{ Equal(crypto.PublicKey) bool }).Equal(k.Public()) {
			t.Errorf("the envelope holds another key: %v", err)
		}
		if err := w.Suspend(ctx, officer, second.Serial); err != nil {
			t.Fatal(err)
		}
		third, _ := w.order(Citizen, "c1", pki.SM2)
		if _, err := w.Issue(ctx, third); !errs.Is(err, errs.Conflict) {
			t.Errorf("one on hold did not count: %v", err)
		}
		if err := errors.Join(w.Resume(ctx, officer, second.Serial), w.Revoke(ctx, officer, second.Serial, cert.KeyCompromise), w.Revoke(ctx, officer, second.Serial, cert.KeyCompromise)); err != nil {
			t.Fatal(err)
		}
		if err := w.Resume(ctx, officer, second.Serial); !errs.Is(err, errs.Conflict) {
			t.Errorf("a revoked certificate was resumed: %v", err)
		}
		last, err := w.Issue(ctx, third)
		if err != nil {
			t.Errorf("after the revocation: %v", err)
		}
		w.wait(4 * 365 * 24 * time.Hour)
		if s, _ := w.Status(ctx, last.Serial); s.State != Expired {
			t.Errorf("it has ended and is %d", s.State)
		}
		if err := w.Expire(ctx); err != nil {
			t.Fatal(err)
		}
		counts, _ := w.Counts(ctx)
		if counts["citizen/sign/sm2-sm3/valid"] != 0 || counts["citizen/sign/sm2-sm3/expired"] != 1 || counts["citizen/sign/sm2-sm3/revoked"] != 2 {
			t.Errorf("counts %v", counts)
		}
	})
}

// TestIndex: where a program went round the rule, the database refuses.
func TestIndex(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db)
		a, b := w.draftOf("c1"), w.draftOf("c1")
		keep := func(d draft) error {
			return db.Write(t.Context(), func(tx *store.Tx) error { return w.insert(tx, []*draft{&d}) })
		}
		if err := keep(a); err != nil {
			t.Fatal(err)
		}
		if err := keep(b); !errs.Is(err, errs.Conflict) {
			t.Errorf("a second standing certificate was stored: %v", err)
		}
	})
}

func (w *world) draftOf(id string) draft {
	w.t.Helper()
	o, _ := w.order(Citizen, id, pki.ECDSA)
	d, err := w.draft(w.t.Context(), &o)
	if err != nil {
		w.t.Fatal(err)
	}
	return d[0]
}

// TestCrash: the program ends between signing and storing. Nothing of the certificate is anywhere, and the same order gives one afterwards.
func TestCrash(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db)
		o, _ := w.order(Citizen, "c1", pki.SM2)
		o.ID = "order-1"
		before, err := w.o.Log.Size(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.signed = func() { panic("the power is gone") }
		func() {
			defer func() { _ = recover() }()
			_, _ = w.Issue(t.Context(), o)
			t.Error("it went on")
		}()
		w.reopen()
		if n, _ := w.o.Log.Size(t.Context()); n != before {
			t.Errorf("the log has %d leaves more", n-before)
		}
		if held, _ := w.Of(t.Context(), Citizen, "c1"); len(held) != 0 {
			t.Errorf("%d certificates are stored", len(held))
		}
		if _, err := w.Issue(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if n, _ := w.o.Log.Size(t.Context()); n != before+2 {
			t.Errorf("the log grew by %d, want a signing and an encryption certificate", n-before)
		}
	})
}

// TestTwoAtOnce: two bulk issues of the same subjects at once give each subject one certificate.
func TestTwoAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db)
		const n = 24
		var jobs [2][]Order
		for i := range jobs {
			for s := range n {
				o, _ := w.order(Enterprise, "e"+string(rune('a'+s)), pki.SM2)
				jobs[i] = append(jobs[i], o)
			}
		}
		var wg sync.WaitGroup
		var issued, refused [2]int
		for i := range jobs {
			wg.Go(func() {
				out, err := w.IssueAll(context.WithoutCancel(t.Context()), jobs[i], nil)
				if err != nil {
					t.Error(err)
				}
				for _, r := range out {
					if r.Err == nil {
						issued[i]++
					} else if errs.Is(r.Err, errs.Conflict) {
						refused[i]++
					}
				}
			})
		}
		wg.Wait()
		if issued[0]+issued[1] != n || refused[0]+refused[1] != n {
			t.Errorf("issued %v, refused %v", issued, refused)
		}
		counts, _ := w.Counts(t.Context())
		if counts["enterprise/sign/sm2-sm3/valid"] != n || counts["enterprise/encrypt/sm2-sm3/valid"] != n {
			t.Errorf("counts %v", counts)
		}
	})
}

// TestOpenSSL has OpenSSL judge both chains. SM2 is verified link by link, since `openssl verify` takes the signer's id for one link.
func TestOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("no openssl here")
	}
	w := open(t, storetest.Open(t))
	dir := t.TempDir()
	put := func(name string, der ...[]byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, cert.Armour("CERTIFICATE", der...), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput(); err != nil {
			t.Errorf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	at := "1456822860" // within the certificates' time
	for _, alg := range []pki.Algorithm{pki.ECDSA, pki.SM2} {
		c := w.issue(Citizen, "judged-"+string(alg), alg)
		leaf, authority, root := put("leaf.pem", c.DER), put("authority.pem", c.Chain[0]), put("root.pem", c.Chain[1])
		if alg == pki.ECDSA {
			run("verify", "-attime", at, "-x509_strict", "-CAfile", root, "-untrusted", authority, leaf)
			continue
		}
		id := "distid:" + pki.SignerID
		run("verify", "-attime", at, "-x509_strict", "-vfyopt", id, "-CAfile", root, authority)
		run("verify", "-attime", at, "-x509_strict", "-partial_chain", "-vfyopt", id, "-CAfile", authority, leaf)
		run("verify", "-attime", at, "-x509_strict", "-partial_chain", "-vfyopt", id, "-CAfile", authority, put("encryption.pem", c.Encryption.DER))
	}
}
