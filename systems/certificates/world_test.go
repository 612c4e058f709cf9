package certificates

import (
	"crypto"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/systems/certificates/ca"
)

// world is a running program with the room alone, whose authorities hang from roots that the test holds.
type world struct {
	*hosttest.App
	t     *testing.T
	roots map[pki.Algorithm]crypto.Signer
	certs map[pki.Algorithm]*cert.Certificate
}

// openWorld runs the room and brings authorities into service over its pages: "official/ecdsa-p256-sha256".
func openWorld(t *testing.T, set func(*host.Settings), authorities ...string) *world {
	t.Helper()
	w := &world{App: hosttest.OpenSet(t, set, System()), t: t, roots: map[pki.Algorithm]crypto.Signer{}, certs: map[pki.Algorithm]*cert.Certificate{}}
	for _, a := range authorities {
		family, alg, _ := strings.Cut(a, "/")
		w.authority(family, pki.Algorithm(alg))
	}
	return w
}

// must ends the test where an answer is not what it should be.
func (w *world) must(a hosttest.Answer, status int) hosttest.Answer {
	w.t.Helper()
	if a.Status != status {
		_, body, _ := strings.Cut(a.Body, "<main")
		w.t.Fatalf("status %d, want %d\n%.1500s", a.Status, status, body)
	}
	return a
}

// authority makes one and has it signed, as the leader and the custodians of the root do.
func (w *world) authority(family string, alg pki.Algorithm) {
	w.t.Helper()
	now := w.Clock.Now().UTC()
	if w.roots[alg] == nil {
		k, err := pki.Generate(alg)
		if err != nil {
			w.t.Fatal(err)
		}
		der, err := cert.MakeRoot(cert.Name{{Type: cert.Country, Value: "CN"}, {Type: cert.CommonName, Value: "test root " + string(alg)}}, k, now.AddDate(0, 0, -1), now.AddDate(20, 0, 0))
		if err != nil {
			w.t.Fatal(err)
		}
		w.roots[alg] = k
		if w.certs[alg], err = cert.Read(der); err != nil {
			w.t.Fatal(err)
		}
	}
	leader := w.As("leader")
	w.must(leader.Post("/zh/certificates/authorities", url.Values{"family": {family}, "algorithm": {string(alg)}}), http.StatusSeeOther)
	var list struct {
		Items []struct{ ID, Family, Algorithm, State string }
	}
	leader.Get("/api/certificates/authorities").JSON(w.t, &list)
	for _, x := range list.Items {
		if x.State != "requested" {
			continue
		}
		req := w.must(leader.Get("/api/certificates/authorities/"+x.ID+"/request"), http.StatusOK)
		block, _ := pem.Decode([]byte(req.Body))
		signed, err := cert.MakeAuthority(w.certs[alg], w.roots[alg], block.Bytes, now.AddDate(0, 0, -1), now.AddDate(10, 0, 0), cert.Place{})
		if err != nil {
			w.t.Fatal(err)
		}
		w.must(leader.Post("/zh/certificates/authorities/"+x.ID+"/activate", url.Values{"text": {string(cert.Armour("CERTIFICATE", signed, w.certs[alg].Raw))}}), http.StatusSeeOther)
	}
}

// request makes a key and a request for a certificate.
func (w *world) request(alg pki.Algorithm) (string, crypto.Signer) {
	w.t.Helper()
	k, err := pki.Generate(alg)
	if err != nil {
		w.t.Fatal(err)
	}
	csr, err := cert.MakeRequest(cert.Name{{Type: cert.CommonName, Value: "asked for"}}, k)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(cert.Armour("CERTIFICATE REQUEST", csr)), k
}

// number is an identity number of an area code that was never given out.
func number(n int) string { return withCheck(fmt.Sprintf("1201991980%02d%02d%03d", n%12+1, n%28+1, n)) }

// official fills in an application for a civil servant.
func official(n int, csr string) url.Values {
	return url.Values{"kind": {ca.Official}, "name": {fmt.Sprintf("示例公务员%02d", n)}, "number": {number(n)}, "organization": {"示例委员会"}, "seen": {"居民身份证"}, "manner": {"presence"}, "text": {csr}}
}

// applied is an application as the list gives it.
type applied struct {
	ID, Kind, Subject, State, Serial string
	High                             bool
}

// apply submits one as the officer and gives it as it then stands.
func (w *world) apply(form url.Values) applied {
	w.t.Helper()
	a := w.must(w.As("officer").Post("/zh/certificates/applications/new", form), http.StatusSeeOther)
	return w.application(path.Base(a.Header.Get("Location")))
}

func (w *world) application(id string) applied {
	w.t.Helper()
	var list struct{ Items []applied }
	w.As("reader").Get("/api/certificates/applications").JSON(w.t, &list)
	for _, a := range list.Items {
		if a.ID == id {
			return a
		}
	}
	w.t.Fatalf("no application %s", id)
	return applied{}
}

// issue leads an application through: the officer applies, the leader decides.
func (w *world) issue(form url.Values) applied {
	w.t.Helper()
	a := w.apply(form)
	w.must(w.As("leader").Post("/zh/certificates/applications/"+a.ID+"/approve", nil), http.StatusSeeOther)
	if a = w.application(a.ID); a.State != "issued" {
		w.t.Fatalf("the application is %s", a.State)
	}
	return a
}

// der fetches a certificate as an officer downloads it.
func (w *world) der(serial string) []byte {
	w.t.Helper()
	block, _ := pem.Decode([]byte(w.must(w.As("officer").Get("/api/certificates/list/"+serial+"/pem"), http.StatusOK).Body))
	return block.Bytes
}
