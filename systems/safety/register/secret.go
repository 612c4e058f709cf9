package register

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// rounds of the sealing. The password of HJ 212 has six characters, so no number of rounds saves one that leaks; these keep
// the reconnecting of four thousand plants within seconds.
const rounds = 4096

// Seal makes of a password what the register keeps. It is not shown to anybody again.
func Seal(password string) (string, error) {
	if password == "" {
		return "", nil
	}
	salt := make([]byte, 16)
	rand.Read(salt) // never fails (crypto/rand)
	sum, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(salt) + "$" + hex.EncodeToString(sum), nil
}

// proof is a password that was found right, as its digest under the seal that it opened.
type proof [sha256.Size]byte

func proofOf(seal, password string) proof {
	h := hmac.New(sha256.New, []byte(seal))
	h.Write([]byte(password))
	return proof(h.Sum(nil))
}

// Opens tells whether a password is a plant's. A plant without a password is opened by none but the empty one.
func (r *Register) Opens(code, password string) bool {
	s, ok := r.state.Load().sites[code]
	if !ok {
		return false
	}
	if s.Secret == "" || password == "" {
		return s.Secret == password
	}
	p := proofOf(s.Secret, password)
	if was, ok := r.proofs.Load(code); ok && was.(proof) == p {
		return true
	}
	if !opens(s.Secret, password) {
		return false
	}
	r.proofs.Store(code, p)
	return true
}

func opens(seal, password string) bool {
	head, tail, _ := strings.Cut(seal, "$")
	salt, err := hex.DecodeString(head)
	if err != nil {
		return false
	}
	want, err := hex.DecodeString(tail)
	if err != nil {
		return false
	}
	got, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	return err == nil && hmac.Equal(got, want)
}

// Opens tells whether a password is the plant's, without the register's memory of those found right.
func (p *Plant) Opens(password string) bool { return p.Secret != "" && opens(p.Secret, password) }
