package acme

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
)

// nonceLife is how long a nonce may be used; the used ones are remembered for as long.
const nonceLife = 30 * time.Minute

// nonces gives out values that are good once. They need no memory until they are used: 8 bytes of time, 12 random bytes, 12 bytes of an
// HMAC under a key of this process. RFC 8555 6.5
type nonces struct {
	key [32]byte
	now func() time.Time

	mu       sync.Mutex
	since    time.Time
	new, old map[[20]byte]bool
}

func newNonces(now func() time.Time) *nonces {
	n := &nonces{now: now, since: now(), new: map[[20]byte]bool{}}
	rand.Read(n.key[:]) // never fails: the program ends first
	return n
}

func (n *nonces) make() string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 32), uint64(n.now().UnixMilli()))
	b = b[:20]
	rand.Read(b[8:]) // never fails: the program ends first
	return base64.RawURLEncoding.EncodeToString(append(b, n.mac(b)...))
}

func (n *nonces) mac(b []byte) []byte {
	m := hmac.New(sha256.New, n.key[:])
	m.Write(b)
	return m.Sum(nil)[:12]
}

// genuine tells whether a nonce is ours and still young; it may have been used.
func (n *nonces) genuine(text string) (b [20]byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != 32 || !hmac.Equal(raw[20:], n.mac(raw[:20])) {
		return b, false
	}
	age := n.now().Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(raw))))
	return [20]byte(raw), age >= -time.Second && age < nonceLife
}

// use takes a nonce, once. It is called after the signature was verified, so that strangers cannot fill the memory.
func (n *nonces) use(text string) bool {
	b, ok := n.genuine(text)
	if !ok {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if now := n.now(); now.Sub(n.since) >= nonceLife {
		n.old, n.new, n.since = n.new, map[[20]byte]bool{}, now
	}
	if n.new[b] || n.old[b] {
		return false
	}
	n.new[b] = true
	return true
}
