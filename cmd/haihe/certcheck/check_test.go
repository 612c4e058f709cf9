package certcheck

import (
	"bytes"
	"crypto"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
)

var now = time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)

// files of one chain in a folder of their own.
func chainOf(t *testing.T, alg pki.Algorithm) string {
	t.Helper()
	dir := t.TempDir()
	must := func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	key := func() crypto.Signer {
		k, err := pki.Generate(alg)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	rootKey, caKey, leafKey := key(), key(), key()
	root := must(cert.MakeRoot(cert.Name{{Type: cert.CommonName, Value: "根"}}, rootKey, now.AddDate(-1, 0, 0), now.AddDate(9, 0, 0)))
	rooted, _ := cert.Read(root)
	ca := must(cert.MakeAuthority(rooted, rootKey, must(cert.MakeRequest(cert.Name{{Type: cert.CommonName, Value: "签发"}}, caKey)), now.AddDate(-1, 0, 0), now.AddDate(5, 0, 0), cert.Place{}))
	authority, _ := cert.Read(ca)
	end := func(serial byte, cn string) []byte {
		return must(cert.Make(&cert.Template{Serial: []byte{serial}, Issuer: authority.RawSubject, Subject: cert.Name{{Type: cert.CommonName, Value: cn}}.DER(), From: now.AddDate(-1, 0, 0), To: now.AddDate(1, 0, 0),
			Public: must(pki.MarshalPublic(leafKey.Public())), IssuerKey: authority.SubjectKeyId, Usage: cert.DigitalSignature, Purposes: append(cert.Template{}.Purposes, cert.ServerAuth), DNS: []string{"a.example"}}, caKey))
	}
	list := func(c *cert.Certificate, k crypto.Signer, entries ...cert.Entry) []byte {
		return must(cert.MakeList(&cert.List{Issuer: c.RawSubject, IssuerKey: c.SubjectKeyId, Number: 1, This: now.AddDate(0, 0, -1), Next: now.AddDate(0, 0, 6), Entries: entries}, k))
	}
	for name, b := range map[string][]byte{
		"root.cer": root, "ca.pem": cert.Armour("CERTIFICATE", ca), "leaf.pem": cert.Armour("CERTIFICATE", end(3, "市民")), "gone.cer": end(4, "吊销"), "chain.pem": cert.Armour("CERTIFICATE", end(3, "市民"), ca),
		"lists.pem": cert.Armour("X509 CRL", list(rooted, rootKey), list(authority, caKey, cert.Entry{Serial: []byte{4}, At: now.AddDate(0, 0, -2), Reason: cert.KeyCompromise})),
		"nonsense":  []byte("nonsense"), "empty.pem": cert.Armour("PRIVATE KEY", []byte{1}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run gives what the command prints for a line of flags with the leaf as its last word.
func run(dir, line string) (string, error) {
	f := flag.NewFlagSet("cert", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	q := Flags(f)
	words := strings.Fields(strings.ReplaceAll(line, "@", dir+string(filepath.Separator)))
	if err := f.Parse(words); err != nil {
		return "", err
	}
	var out bytes.Buffer
	err := q.Verify(&out, now, f.Arg(0))
	return out.String(), err
}

// valid stands where the certificate is: no error has this kind here.
const valid = errs.Internal

// TestVerify: verdict, reason and kind of error of the command, in both algorithms.
func TestVerify(t *testing.T) {
	for _, alg := range []pki.Algorithm{pki.ECDSA, pki.SM2} {
		dir := chainOf(t, alg)
		const chain = "-root @root.cer -intermediate @ca.pem "
		for _, r := range []struct {
			line string
			kind errs.Kind
			want string
		}{
			{chain + "@leaf.pem", valid, "verdict=valid"},
			{chain + "@leaf.pem", valid, "chain 2 subject=\"CN=市民\" serial=3"},
			{"-root @root.cer @chain.pem", valid, "verdict=valid"},
			{chain + "-crl @lists.pem @leaf.pem", valid, "verdict=valid"},
			{chain + "-crl @lists.pem @gone.cer", errs.Conflict, "code=revoked certificate=2"},
			{chain + "@gone.cer", valid, "verdict=valid"},
			{chain + "-revocation required @leaf.pem", errs.Conflict, "code=no-revocation-status"},
			{chain + "-revocation known @leaf.pem", valid, "verdict=valid"},
			{chain + "-purpose server -host a.example @leaf.pem", valid, "verdict=valid"},
			{chain + "-purpose 1.3.6.1.5.5.7.3.1 @leaf.pem", valid, "verdict=valid"},
			{chain + "-purpose client @leaf.pem", errs.Conflict, "code=purpose"},
			{chain + "-host b.example @leaf.pem", errs.Conflict, "code=host"},
			{chain + "-time 2028-01-01 @leaf.pem", errs.Conflict, "code=expired"},
			{chain + "-time 2020-01-01T00:00:00Z @leaf.pem", errs.Conflict, "code=not-yet-valid"},
			{chain + "-explicit-policy @leaf.pem", errs.Conflict, "code=policy"},
			{"-root @root.cer @leaf.pem", errs.Conflict, "code=no-path"},
			{"-root @ca.pem @leaf.pem", valid, "verdict=valid"},
			{chain + "-intermediate @nonsense @leaf.pem", valid, "unreadable file="},
			{chain + "-crl @nonsense @leaf.pem", errs.Conflict, "unreadable file="},
			{chain + "@nonsense", errs.Conflict, "code=malformed"},
			{chain + "@missing", errs.NotFound, ""},
			{chain + "@empty.pem", errs.Invalid, ""},
			{"@leaf.pem", errs.Invalid, ""},
			{chain + "-time yesterday @leaf.pem", errs.Invalid, ""},
			{chain + "-purpose friends @leaf.pem", errs.Invalid, ""},
			{chain + "-policy 9.9 @leaf.pem", errs.Invalid, ""},
			{chain + "-revocation maybe @leaf.pem", errs.Invalid, ""},
		} {
			out, err := run(dir, r.line)
			if (err == nil) != (r.kind == valid) || err != nil && errs.KindOf(err) != r.kind || !strings.Contains(out, r.want) {
				t.Errorf("%s %s: %v\n%s", alg, r.line, err, out)
			}
		}
	}
}

// TestPKITS: a valid and an invalid case of NIST's, through the command.
func TestPKITS(t *testing.T) {
	dir, err := filepath.Abs("../../../../shared/data/trust/pkits")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no ../shared/data/trust here")
	}
	const common = "-time 2011-04-15 -root @certs/TrustAnchorRootCertificate.crt -intermediate @certs/GoodCACert.crt -crl @crls/TrustAnchorRootCRL.crl -crl @crls/GoodCACRL.crl "
	if out, err := run(dir, common+"@certs/ValidCertificatePathTest1EE.crt"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := run(dir, common+"@certs/InvalidRevokedEETest3EE.crt"); err == nil || !strings.Contains(out, "code=revoked") {
		t.Errorf("%v\n%s", err, out)
	}
}
