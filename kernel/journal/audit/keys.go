package audit

import (
	"bytes"
	"encoding/pem"
	"strings"

	"github.com/haihe-city/haihe/errs"
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

// Add takes in keys that somebody trusts for themselves: verifier keys, one a line with empty lines and # allowed; or public keys in PEM, which
// stand for the origin that is named. Certificates are not trusted for themselves: Trust takes in their roots, Bring the rest.
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
		if b.Type != "PUBLIC KEY" {
			return errs.Say(errs.Invalid, "PEM 中的 %s 不是公钥；根证书请用 --root 给出", "%s in PEM is no public key; root certificates are given with --root", b.Type)
		}
		key, err := KeyOf(origin, b.Bytes)
		if err != nil {
			return err
		}
		k.Log = append(k.Log, key)
	}
	if !found {
		return errs.Say(errs.Invalid, "PEM 文件无法解读", "the PEM file cannot be read")
	}
	return nil
}
