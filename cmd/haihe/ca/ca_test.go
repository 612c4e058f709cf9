package ca

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/custody"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store/storetest"
	room "github.com/haihe-city/haihe/systems/certificates/ca"
)

// desk is the offline machine: a folder, two custodians' files, a clock.
type desk struct {
	t   *testing.T
	dir string
	now time.Time
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, dir: t.TempDir(), now: time.Now().UTC().Truncate(time.Second)} // OpenSSL judges by the machine's clock
	d.put("one", []byte("第一保管人很长的一句口令\n"))
	d.put("two", []byte("the second custodian's sentence\r\n"))
	return d
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *desk) put(name string, b []byte) {
	d.t.Helper()
	if err := os.WriteFile(d.path(name), b, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) get(name string) []byte {
	d.t.Helper()
	b, err := os.ReadFile(d.path(name))
	if err != nil {
		d.t.Fatal(err)
	}
	return b
}

// run gives what a line prints and its exit code. "@" stands for the folder.
func (d *desk) run(line string) (string, int) {
	var out bytes.Buffer
	sh := &cli.Shell{In: strings.NewReader(""), Out: &out, Err: &out, Now: func() time.Time { return d.now }}
	err := command(custody.Cost{Memory: 64, Passes: 1, Lanes: 1}).Run(context.Background(), sh, strings.Fields(strings.ReplaceAll(line, "@", d.dir+string(filepath.Separator))))
	code := sh.Report(err)
	return out.String(), code
}

const both = " --dir @root --custodian-1-file @one --custodian-2-file @two"

// must runs a line that has to succeed.
func (d *desk) must(line string) string {
	d.t.Helper()
	out, code := d.run(line)
	if code != cli.ExitDone {
		d.t.Fatalf("%s: %d %s", line, code, out)
	}
	return out
}

// refused runs a line that has to fail with a code and a word, and has to leave the folder as it was.
func (d *desk) refused(line string, code int, word string) {
	d.t.Helper()
	before := d.files()
	if out, got := d.run(line); got != code || !strings.Contains(out, word) {
		d.t.Errorf("%s: %d %s, want %d and %q", line, got, out, code, word)
	}
	if after := d.files(); before != after {
		d.t.Errorf("%s: the folder was changed", line)
	}
}

// files are all files of the root's folder with their contents.
func (d *desk) files() string {
	var out strings.Builder
	list, _ := filepath.Glob(d.path("root/*"))
	for _, f := range list {
		b, _ := os.ReadFile(f)
		out.WriteString(f + "\n" + string(b))
	}
	return out.String()
}

func (d *desk) request(name string, alg pki.Algorithm) {
	d.t.Helper()
	k, err := pki.Generate(alg)
	if err != nil {
		d.t.Fatal(err)
	}
	b, err := cert.MakeRequest(cert.Name{{Type: cert.CommonName, Value: name}}, k)
	if err != nil {
		d.t.Fatal(err)
	}
	d.put(name+".csr", cert.Armour("CERTIFICATE REQUEST", b))
}

const initSM2 = "init-root --algorithm sm2 --organization 海河市 --address http://pki.test/pki" + both

// TestBoth: with one passphrase, none, a wrong one, two wrong ones, exchanged ones, and where there is no terminal, nothing is signed.
func TestBoth(t *testing.T) {
	d := newDesk(t)
	d.put("wrong", []byte("a sentence that nobody set"))
	d.put("short", []byte("short"))
	d.refused("init-root --organization 海河市 --dir @root --custodian-1-file @one --custodian-2-file @short", cli.ExitUsage, "at least 12")
	d.refused("init-root --organization 海河市 --dir @root --custodian-1-file @one --custodian-2-file @one", cli.ExitUsage, "must differ")
	d.must(initSM2)
	d.request("a", pki.SM2)
	const sign = "sign --request @a.csr --out @root/a.pem --dir @root"
	d.refused(sign+" --custodian-1-file @one", cli.ExitUsage, "--custodian-2-file")
	d.refused(sign+" --custodian-2-file @two", cli.ExitUsage, "--custodian-1-file")
	d.refused(sign, cli.ExitUsage, "no terminal")
	for _, p := range [][2]string{{"one", "wrong"}, {"wrong", "two"}, {"wrong", "wrong"}, {"two", "one"}, {"one", "one"}} {
		d.refused(sign+" --custodian-1-file @"+p[0]+" --custodian-2-file @"+p[1], cli.ExitData, "at least one of the two passphrases")
	}
	if err := os.Chmod(d.path("one"), 0o644); err != nil {
		t.Fatal(err)
	}
	d.refused("crl"+both, cli.ExitUsage, "chmod 600")
	d.refused(initSM2, cli.ExitVerify, "left alone")
	for name, mode := range map[string]os.FileMode{"root.key": 0o600, "root.log": 0o600} {
		if info, err := os.Stat(d.path("root/" + name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if all := d.files(); strings.Contains(all, "口令") || strings.Contains(all, "custodian's") {
		t.Error("a passphrase stands in a file")
	}
}

// TestAltered: a byte changed in certificate, key file or log, a line dropped or moved, another root's files: each is found before anything is
// signed.
func TestAltered(t *testing.T) {
	d := newDesk(t)
	d.must(initSM2)
	d.request("a", pki.SM2)
	d.must("sign --request @a.csr --out @a.pem" + both)
	d.must("crl --revoke @a.pem" + both)
	other := newDesk(t)
	other.must(initSM2)
	lines := bytes.SplitAfter(d.get("root/root.log"), []byte("\n"))
	var key map[string]any
	if err := json.Unmarshal(d.get("root/root.key"), &key); err != nil {
		t.Fatal(err)
	}
	key["address"] = "http://evil.test/pki"
	address, _ := json.Marshal(key)
	for _, r := range []struct {
		name, file string
		b          []byte
		code       int
		word       string
	}{
		{"address in the key file", "root.key", address, cli.ExitData, "the file was changed"},
		{"no key file", "root.key", []byte("{}"), cli.ExitUsage, "no root key file"},
		{"another root's key", "root.key", other.get("root/root.key"), cli.ExitVerify, "different keys"},
		{"another root's certificate", "root.pem", other.get("root/root.pem"), cli.ExitVerify, "different keys"},
		{"another root's log", "root.log", other.get("root/root.log"), cli.ExitVerify, "not signed by the root"},
		{"another root's list", "root.crl", []byte("nonsense"), cli.ExitVerify, "no revocation list"},
		{"a name in the log", "root.log", bytes.Replace(d.get("root/root.log"), []byte("CN=a"), []byte("CN=b"), 1), cli.ExitVerify, "line 2"},
		{"a digest in the log", "root.log", bytes.Replace(d.get("root/root.log"), []byte(`"before":"`), []byte(`"before":"0`), 2), cli.ExitVerify, "line 1"},
		{"a line dropped", "root.log", bytes.Join([][]byte{lines[0], lines[2]}, nil), cli.ExitVerify, "line 2"},
		{"lines exchanged", "root.log", bytes.Join([][]byte{lines[0], lines[2], lines[1]}, nil), cli.ExitVerify, "line 2"},
		{"the first line dropped", "root.log", bytes.Join(lines[1:], nil), cli.ExitVerify, "line 1"},
		{"the end dropped", "root.log", bytes.Join(lines[:2], nil), cli.ExitVerify, "older than"},
		{"emptied", "root.log", nil, cli.ExitVerify, "not this root's"},
	} {
		t.Run(r.name, func(t *testing.T) {
			before := d.get("root/" + r.file)
			d.put("root/"+r.file, r.b)
			d.t = t
			d.refused("crl"+both, r.code, r.word)
			d.put("root/"+r.file, before)
		})
	}
	c, err := cert.Read(d.get("root/root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(c.Raw)
	changed[len(changed)/2] ^= 1
	before := d.get("root/root.pem")
	d.put("root/root.pem", changed)
	if _, code := d.run("crl" + both); code == cli.ExitDone {
		t.Error("a changed certificate is taken")
	}
	d.put("root/root.pem", before)
	// A line that was cut off while it was written is nobody's act: the next takes its place.
	d.put("root/root.log", append(d.get("root/root.log"), lines[1][:40]...))
	if out := d.must("crl" + both); !strings.Contains(out, "not written to its end") || !strings.Contains(out, "log line=4 ") {
		t.Error(out)
	}
	if out := d.must("log --dir @root"); !strings.Contains(out, "log lines=4 ") {
		t.Error(out)
	}
}

// TestRefused: what a root does not sign.
func TestRefused(t *testing.T) {
	d := newDesk(t)
	d.must(initSM2 + " --years 5")
	d.request("sm", pki.SM2)
	d.request("ec", pki.ECDSA)
	b := d.get("sm.csr")
	d.put("bad.csr", append(bytes.Clone(b[:200]), append([]byte("AAAA"), b[204:]...)...))
	d.refused("sign --request @ec.csr --out @x --years 2"+both, cli.ExitUsage, "another algorithm")
	d.refused("sign --request @sm.csr --out @x --years 9"+both, cli.ExitUsage, "the root ends")
	d.refused("sign --request @bad.csr --out @x --years 2"+both, cli.ExitUsage, "no valid request")
	d.refused("sign --request @none.csr --out @x --years 2"+both, cli.ExitUsage, "cannot be read")
	d.refused("sign --request @sm.csr --out @one --years 2"+both, cli.ExitVerify, "left alone")
	d.refused("sign --request @sm.csr"+both, cli.ExitUsage, "--out")
	d.refused("crl --revoke @root/root.pem"+both, cli.ExitUsage, "not issued by this root")
	d.refused("crl --revoke 1234"+both, cli.ExitUsage, "neither")
	d.refused("crl --reason whim"+both, cli.ExitUsage, "--reason")
	d.refused("burn"+both, cli.ExitUsage, "does not know")
	d.refused("sign", cli.ExitUsage, "--dir")
	d.refused("init-root --organization x --algorithm rsa --dir @other", cli.ExitUsage, "sm2 or ecdsa")
	d.refused("init-root --organization x --address https://a --dir @other", cli.ExitUsage, "http://")
	if _, err := os.Stat(d.path("x")); err == nil {
		t.Error("a file was written")
	}
}

// TestPlatform: the platform's request goes to the root and its chain comes back into service; the root's lists are taken, in their order.
func TestPlatform(t *testing.T) {
	for name, alg := range map[string]pki.Algorithm{"sm2": pki.SM2, "ecdsa": pki.ECDSA} {
		t.Run(name, func(t *testing.T) {
			d, ctx := newDesk(t), t.Context()
			d.must(strings.Replace(initSM2, "sm2", name, 1))
			authority := platform(t, d)
			by := identity.NewPrincipal("person:wang", "economy-it", nil, room.GrantManage)
			x, err := authority.RequestAuthority(ctx, by, room.Families()[0].ID, alg)
			if err != nil {
				t.Fatal(err)
			}
			d.put("x.csr", cert.Armour("CERTIFICATE REQUEST", x.CSR))
			out := d.must("sign --request @x.csr --out @x.pem" + both)
			if err := authority.Activate(ctx, by, x.ID, d.get("x.pem")); err != nil {
				t.Fatal(err)
			}
			d.must("crl" + both)
			empty := d.get("root/root.crl")
			if err := authority.BringRootList(ctx, by, empty); err != nil {
				t.Fatal(err)
			}
			serial := regexp.MustCompile(`serial=([0-9a-f]+)`).FindStringSubmatch(out)[1]
			if name == "sm2" {
				d.must("crl --reason superseded --revoke " + serial + both)
			} else {
				d.must("crl --reason superseded --revoke @x.pem" + both)
			}
			if err := authority.BringRootList(ctx, by, cert.Armour("X509 CRL", d.get("root/root.crl"))); err != nil {
				t.Fatal(err)
			}
			if err := authority.BringRootList(ctx, by, empty); err == nil {
				t.Error("an older list takes the place of a newer one")
			}
			d.must("crl" + both) // what was revoked stays on the list
			l, err := cert.ReadList(d.get("root/root.crl"))
			if err != nil || l.Number != 3 || len(l.Entries) != 1 || l.Entries[0].Reason != cert.Superseded {
				t.Errorf("%+v %v", l, err)
			}
			if out := d.must("log --dir @root"); !strings.Contains(out, "log lines=5 ") || !strings.Contains(out, serial) {
				t.Error(out)
			}
			judge(t, d, name)
		})
	}
}

// platform opens the room's authority on an empty database.
func platform(t *testing.T, d *desk) *room.Authority {
	t.Helper()
	ctx, db, now := t.Context(), storetest.Open(t), func() time.Time { return d.now }
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
	a, err := room.Open(ctx, room.Options{DB: db, Journal: j, Vault: v, Log: log, Now: now, Settings: room.Settings{Address: "http://pki.test/pki", Province: "天津市", Organization: "海河"}})
	must(err)
	return a
}

// judge has OpenSSL look at root, authority and list.
func judge(t *testing.T, d *desk, name string) {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Log("no openssl here")
		return
	}
	run := func(args ...string) (string, error) {
		c := exec.Command(openssl, args...)
		c.Dir = d.dir
		out, err := c.CombinedOutput()
		return string(out), err
	}
	verify := []string{"verify", "-x509_strict", "-CAfile", "root/root.pem"}
	if name == "sm2" { // the signer id is taken for the last certificate only
		verify = append(verify, "-vfyopt", "distid:1234567812345678")
	}
	if out, err := run(append(verify, "x.pem")...); err != nil {
		t.Errorf("%s", out)
	}
	if name == "sm2" {
		return
	}
	if out, err := run("crl", "-inform", "DER", "-in", "root/root.crl", "-CAfile", "root/root.pem", "-noout"); err != nil || !strings.Contains(out, "verify OK") {
		t.Errorf("%v %s", err, out)
	}
	d.put("list.pem", cert.Armour("X509 CRL", d.get("root/root.crl")))
	if out, err := run("verify", "-x509_strict", "-crl_check", "-CRLfile", "list.pem", "-CAfile", "root/root.pem", "x.pem"); err == nil || !strings.Contains(out, "certificate revoked") {
		t.Errorf("a revoked authority: %v %s", err, out)
	}
}

// FuzzReadLog: whatever a log file holds makes nothing panic, and no line is taken that the root did not sign.
func FuzzReadLog(f *testing.F) {
	k, err := pki.Generate(pki.SM2)
	if err != nil {
		f.Fatal(err)
	}
	der, err := cert.MakeRoot(cert.Name{{Type: cert.CommonName, Value: "根"}}, k, time.Unix(1e9, 0), time.Unix(2e9, 0))
	if err != nil {
		f.Fatal(err)
	}
	root, err := cert.Read(der)
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), "log")
	var r record
	for range 2 {
		if _, _, err := r.add(path, k, act{At: time.Unix(15e8, 0), Verb: verbSign}); err != nil {
			f.Fatal(err)
		}
		if r, err = readLog(path, root); err != nil {
			f.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-9])
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		name := filepath.Join(dir, "log")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readLog(name, root); err == nil && len(got.acts) > 2 {
			t.Fatalf("%d lines, of which the root signed two", len(got.acts))
		}
	})
}
