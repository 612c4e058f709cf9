package acme

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/certificates/ca"
)

// judge is a service for a program that others wrote, on the machine's clock, with a port where that program shows its proofs.
func judge(t *testing.T, program string) (w *city, bin, port string) {
	bin, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed here: it does not judge", program)
	}
	if testing.Short() {
		t.Skip("the judges take some seconds")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := ln.Addr().(*net.TCPAddr).Port
	ln.Close()
	w = &city{t: t, db: storetest.Open(t), at: time.Now(), files: map[string]string{}, txt: map[string][]string{}}
	w.start(free)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Work(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return w, bin, strconv.Itoa(free)
}

func (w *city) run(bin string, args ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 90*time.Second)
	defer cancel()
	if out, err := exec.CommandContext(ctx, bin, args...).CombinedOutput(); err != nil {
		w.t.Fatalf("%s %v: %v\n%s", bin, args, err, out)
	}
}

// states counts the authority's server certificates by their standing.
func (w *city) states(name string) map[int64]int {
	w.t.Helper()
	list, err := w.authority.Of(w.t.Context(), ca.Server, name)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[int64]int{}
	for _, c := range list {
		out[c.State]++
	}
	return out
}

func leafIn(t *testing.T, file string) *x509.Certificate {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := pem.Decode(text)
	c, err := x509.ParseCertificate(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestLego: lego gets a certificate, renews it and revokes it.
func TestLego(t *testing.T) {
	w, bin, port := judge(t, "lego")
	b, secret, err := w.Bind(t.Context(), officer, "environment", []string{"tjhb.gov.cn"})
	if err != nil {
		t.Fatal(err)
	}
	dir, name := t.TempDir(), "www.tjhb.gov.cn"
	args := []string{"--server", w.directory, "--accept-tos", "--email", "ops@tjhb.gov.cn", "--eab", "--kid", b.ID, "--hmac", secret, "--path", dir, "--domains", name, "--http", "--http.port", "127.0.0.1:" + port}
	w.run(bin, append(args, "run")...)
	first := leafIn(t, filepath.Join(dir, "certificates", name+".crt"))
	w.run(bin, append(args, "renew", "--days", "1000", "--no-random-sleep")...)
	second := leafIn(t, filepath.Join(dir, "certificates", name+".crt"))
	if first.SerialNumber.Cmp(second.SerialNumber) == 0 || second.VerifyHostname(name) != nil {
		t.Errorf("renewed %v as %v", first.SerialNumber, second.SerialNumber)
	}
	w.run(bin, append(args, "revoke")...)
	if got := w.states(name); got[ca.Valid] != 1 || got[ca.Revoked] != 1 {
		t.Errorf("standing: %v", got)
	}
}

// TestCertbot: the same with certbot, whose account has an RSA key.
func TestCertbot(t *testing.T) {
	if os.Getenv("HAIHE_JUDGES") == "" {
		t.Skip("certbot takes a dozen seconds: HAIHE_JUDGES=1 lets it judge")
	}
	w, bin, port := judge(t, "certbot")
	b, secret, err := w.Bind(t.Context(), officer, "environment", []string{"tjhb.gov.cn"})
	if err != nil {
		t.Fatal(err)
	}
	dir, name := t.TempDir(), "oa.tjhb.gov.cn"
	args := []string{"--server", w.directory, "--config-dir", dir, "--work-dir", dir, "--logs-dir", dir, "--non-interactive"}
	w.run(bin, append([]string{"certonly", "--standalone", "--http-01-address", "127.0.0.1", "--http-01-port", port, "--agree-tos", "-m", "ops@tjhb.gov.cn", "--eab-kid", b.ID, "--eab-hmac-key", secret, "-d", name, "--key-type", "ecdsa"}, args...)...)
	first := leafIn(t, filepath.Join(dir, "live", name, "cert.pem"))
	w.run(bin, append([]string{"renew", "--force-renewal", "--no-random-sleep-on-renew"}, args...)...)
	second := leafIn(t, filepath.Join(dir, "live", name, "cert.pem"))
	if first.SerialNumber.Cmp(second.SerialNumber) == 0 || second.VerifyHostname(name) != nil {
		t.Errorf("renewed %v as %v", first.SerialNumber, second.SerialNumber)
	}
	w.run(bin, append([]string{"revoke", "--cert-path", filepath.Join(dir, "live", name, "cert.pem"), "--reason", "superseded", "--no-delete-after-revoke"}, args...)...)
	if got := w.states(name); got[ca.Valid] != 1 || got[ca.Revoked] != 1 {
		t.Errorf("standing: %v", got)
	}
}
