//go:build pkcs11

package token

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store/storetest"
)

// module finds SoftHSM's library.
func module(t *testing.T) string {
	for _, m := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"} {
		if _, err := os.Stat(m); err == nil {
			if _, err := exec.LookPath("softhsm2-util"); err == nil {
				return m
			}
		}
	}
	t.Skip("SoftHSM (softhsm2) is not installed here: the token is not tried")
	return ""
}

// TestToken goes a key's whole life in SoftHSM, through the vault.
func TestToken(t *testing.T) {
	lib, dir := module(t), t.TempDir()
	conf := filepath.Join(dir, "softhsm2.conf")
	if err := os.WriteFile(conf, []byte("directories.tokendir = "+dir+"\nobjectstore.backend = file\nlog.level = ERROR\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	if out, err := exec.Command("softhsm2-util", "--init-token", "--free", "--label", "haihe", "--so-pin", "12345678", "--pin", "87654321").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, c := range []struct {
		name string
		o    Options
	}{{"no library", Options{Module: dir + "/none.so"}}, {"no token", Options{Module: lib, Label: "other", PIN: "87654321"}}, {"a wrong PIN", Options{Module: lib, Label: "haihe", PIN: "0000"}}} {
		if _, err := Open(c.o); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	tok, err := Open(Options{Module: lib, Label: "haihe", PIN: "87654321"})
	if err != nil {
		t.Fatal(err)
	}
	db, ctx, by := storetest.Open(t), t.Context(), identity.System("certificates")
	now := func() time.Time { return time.Date(2016, 3, 1, 9, 0, 0, 0, time.UTC) }
	log, err := journal.Open(ctx, db, now)
	if err != nil {
		t.Fatal(err)
	}
	vault := func(tok trust.Token) *trust.Vault {
		v, err := trust.Open(ctx, trust.Options{DB: db, Journal: log, Now: now, Seal: make([]byte, trust.SealSize), Token: tok, Prefer: trust.PKCS11})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := vault(tok)
	k, err := v.Generate(ctx, by, trust.Spec{Name: "root", Purpose: "ca", Algorithm: pki.ECDSA})
	if err != nil || k.Holder != trust.PKCS11 {
		t.Fatal(k, err)
	}
	if soft, err := v.Generate(ctx, by, trust.Spec{Name: "soft", Purpose: "ca"}); err != nil || soft.Holder != trust.Software {
		t.Errorf("an SM2 key: %+v, %v", soft, err)
	}
	if _, err := v.Generate(ctx, by, trust.Spec{Name: "sm2", Purpose: "ca", Algorithm: pki.SM2, Holder: trust.PKCS11}); !errs.Is(err, errs.Invalid) {
		t.Errorf("SM2 in the token: %v", err)
	}
	s, err := vault(tok).Signer(ctx, k.ID)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := k.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			message := bytes.Repeat([]byte{byte(i)}, 100)
			sig, err := s.SignMessage(message)
			if err == nil {
				err = pki.Verify(pub, message, sig)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if _, err := vault(nil).Signer(ctx, k.ID); !errs.Is(err, errs.Unavailable) {
		t.Errorf("without the token: %v", err)
	}
	if err := v.Destroy(ctx, by, k.ID, "试验结束"); err != nil {
		t.Fatal(err)
	}
	if _, err := tok.Signer(k.ID, pub); !errs.Is(err, errs.Unavailable) {
		t.Errorf("the destroyed key is still in the token: %v", err)
	}
}
