package account

import (
	"crypto/rand"
	"encoding/hex"
)

// Mask hides a token behind random bytes of the same length: hex(random) + hex(token XOR random).
func Mask(token string) string {
	pad := make([]byte, len(token))
	rand.Read(pad) // never fails
	out := make([]byte, 0, 2*len(token))
	out = append(out, pad...)
	for i := range pad {
		out = append(out, token[i]^pad[i])
	}
	return hex.EncodeToString(out)
}

// Unmask is the reverse; "" for what Mask did not make.
func Unmask(masked string) string {
	b, err := hex.DecodeString(masked)
	if err != nil || len(b)%2 != 0 {
		return ""
	}
	n := len(b) / 2
	for i := range n {
		b[n+i] ^= b[i]
	}
	return string(b[n:])
}
