package audit

import (
	"bytes"
	"encoding/pem"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/note"
)

// KeyOf gives the note key of a public key (SubjectPublicKeyInfo): P-256 as the standard's type 0x02, SM2 as Haihe's own.
func KeyOf(name string, spki []byte) (note.Key, error) {
	pub, err := pki.ParsePublic(spki)
	if err != nil {
		return note.Key{}, errs.Because(err, errs.Invalid, "公钥不是 SM2 或 P-256", "the public key is neither SM2 nor P-256")
	}
	if a, err := pki.Of(pub); err != nil || a == pki.SM2 {
		return note.NewKey(name, note.Own, append([]byte(note.SM2), spki...))
	}
	return note.NewKey(name, note.ECDSA, spki)
}

// Check verifies the signatures of Haihe's own key type: SM2 with SM3. It is the note.Check of everybody here.
func Check(k note.Key, msg, sig []byte) bool {
	spki, ok := bytes.CutPrefix(k.Public, []byte(note.SM2))
	if !ok {
		return false
	}
	pub, err := pki.ParsePublic(spki)
	return err == nil && pki.Verify(pub, msg, sig) == nil
}

// Span is when a key's signatures count: its certificate's validity, shortened by a revocation. What was signed within it counts for ever.
type Span struct{ From, To time.Time }

func (s Span) holds(at time.Time) bool { return !at.Before(s.From) && at.Before(s.To) }

// Add takes in what somebody trusts: verifier keys, one a line with empty lines and # allowed; or certificates and public keys in PEM, which stand
// for the origin that is named; or revocation lists in PEM, which come after the certificates. A certificate that has expired, or was revoked
// later, still speaks for what it signed before: only the time of the signature counts.
func (k *Keys) Add(text []byte, origin string) error {
	before := len(k.Log)
	if bytes.Contains(text, []byte("-----BEGIN ")) {
		return k.addPEM(text, origin)
	}
	list, err := ParseKeys(text)
	k.Log = append(k.Log, list...)
	if err == nil && len(k.Log) == before {
		err = errs.Say(errs.Invalid, "密钥文件中没有密钥", "there is no key in the file of keys")
	}
	return err
}

// ParseKeys reads verifier keys, one a line.
func ParseKeys(text []byte) (keys []note.Key, err error) {
	for line := range strings.SplitSeq(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := note.ParseKey(line)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
		if key.Type == note.Ed25519 { // the same key states the time in a second signature
			timed, err := note.NewKey(key.Name, note.Cosign, key.Public)
			if err != nil {
				return nil, err
			}
			keys = append(keys, timed)
		}
	}
	return keys, nil
}

func (k *Keys) addPEM(text []byte, origin string) error {
	found := false
	for b, rest := pem.Decode(text); b != nil; b, rest = pem.Decode(rest) {
		found = true
		var err error
		switch b.Type {
		case "CERTIFICATE":
			err = k.addCertificate(b.Bytes, origin)
		case "X509 CRL":
			err = k.revoke(b.Bytes)
		case "PUBLIC KEY":
			var key note.Key
			key, err = KeyOf(origin, b.Bytes)
			k.Log = append(k.Log, key)
		default:
			err = errs.Say(errs.Invalid, "PEM 中的 %s 不是证书、公钥或吊销列表", "%s in PEM is no certificate, public key or revocation list", b.Type)
		}
		if err != nil {
			return err
		}
	}
	if !found {
		return errs.Say(errs.Invalid, "PEM 文件无法解读", "the PEM file cannot be read")
	}
	return nil
}

func (k *Keys) addCertificate(der []byte, origin string) error {
	c, err := cert.Read(der)
	if err != nil {
		return errs.Because(err, errs.Invalid, "证书无法解读", "the certificate cannot be read")
	}
	key, err := KeyOf(origin, c.RawSubjectPublicKeyInfo)
	if err != nil {
		return err
	}
	k.Log = append(k.Log, key)
	k.certificates = append(k.certificates, held{id: key.ID, issuer: c.RawIssuer, serial: c.SerialNumber.Bytes(), span: Span{From: c.NotBefore, To: c.NotAfter}})
	return nil
}

// revoke shortens the spans of the certificates that a list names. The list is taken as it was handed in, as the certificates are.
func (k *Keys) revoke(der []byte) error {
	l, err := cert.ReadList(der)
	if err != nil {
		return errs.Because(err, errs.Invalid, "吊销列表无法解读", "the revocation list cannot be read")
	}
	for i := range k.certificates {
		c := &k.certificates[i]
		for _, e := range l.Entries {
			if bytes.Equal(l.Issuer, c.issuer) && bytes.Equal(e.Serial, c.serial) && e.At.Before(c.span.To) {
				c.span.To = e.At
			}
		}
	}
	return nil
}

// held is a certificate that a key came with.
type held struct {
	id             uint32
	issuer, serial []byte
	span           Span
}

// counts drops the signatures that were made outside their certificate's time. A signature that states no time counts where another one on the
// same checkpoint does, at that one's time.
func (k *Keys) counts(signed []note.Signed) (out []note.Signed) {
	var at time.Time
	for _, s := range signed {
		if s.Time > 0 && (at.IsZero() || time.Unix(int64(s.Time), 0).Before(at)) {
			at = time.Unix(int64(s.Time), 0)
		}
	}
	for _, s := range signed {
		when := at
		if s.Time > 0 {
			when = time.Unix(int64(s.Time), 0)
		}
		i := slices.IndexFunc(k.certificates, func(h held) bool { return h.id == s.Key.ID })
		if i < 0 || !when.IsZero() && k.certificates[i].span.holds(when) {
			out = append(out, s)
		}
	}
	return out
}
