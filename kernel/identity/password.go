package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/haihe-city/haihe/errs"
)

// cost is what one hashing takes: RFC 9106 3.1, m in KiB, t passes, p lanes.
type cost struct {
	memory uint32
	passes uint32
	lanes  uint8
}

// Sizes of what is made new, bytes.
const (
	saltSize = 16
	keySize  = 32
)

// presentCost is the least that is used now: 19 MiB, two passes, one lane. Raise it here, and every account is hashed anew at its
// next login.
func presentCost() cost { return cost{memory: 19 << 10, passes: 2, lanes: 1} }

// below tells whether c asks less work than o in any respect.
func (c cost) below(o cost) bool {
	return c.memory < o.memory || c.passes < o.passes || c.lanes < o.lanes
}

// hasher bounds how many passwords are hashed at once: each takes a core for tens of milliseconds and 19 MiB, so a flood of logins
// must neither starve the rest nor eat the memory. Who finds the queue full is told so at once.
type hasher struct {
	cost    cost
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
	made    atomic.Int64 // hashings done, so that tests can count the work instead of timing it
	decoy   string       // a hash that no password has, for logins that do not exist
}

func newHasher(c cost, cores int) *hasher {
	// No password hashes to random bytes, and comparing with them costs the same: the decoy need not be hashed at each start.
	return &hasher{cost: c, slots: make(chan struct{}, cores), queue: int64(8 * cores),
		decoy: phc{cost: c, salt: randomBytes(saltSize), key: randomBytes(keySize)}.String()}
}

func cores() int { return max(1, runtime.GOMAXPROCS(0)) }

// enter takes a slot, or gives errs.Busy.
func (h *hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	default:
	}
	if h.waiting.Add(1) > h.queue {
		h.waiting.Add(-1)
		return errs.Say(errs.Busy, "登录请求过多，请稍后再试", "too many sign-ins at this moment; try again shortly")
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errs.As(errs.Busy, "wait to hash", ctx.Err())
	}
}

// hash gives a password's PHC string.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	return h.derive(normal(password), h.cost, randomBytes(saltSize), keySize).String(), nil
}

// verify compares a password with a PHC string; "" compares with the decoy, so that a login that does not exist costs what one that
// does costs. stale says that the string was made with less than the present cost.
func (h *hasher) verify(ctx context.Context, stored, password string) (ok, stale bool, err error) {
	real := stored != ""
	if !real {
		stored = h.decoy
	}
	p, err := parsePHC(stored)
	if err != nil {
		return false, false, errs.As(errs.Internal, "read stored password", err)
	}
	if err := h.enter(ctx); err != nil {
		return false, false, err
	}
	defer func() { <-h.slots }()
	have := h.derive(normal(password), p.cost, p.salt, uint32(len(p.key)))
	same := subtle.ConstantTimeCompare(have.key, p.key) == 1
	return same && real, p.cost.below(h.cost), nil
}

func (h *hasher) derive(password []byte, c cost, salt []byte, size uint32) phc {
	h.made.Add(1)
	return phc{cost: c, salt: salt, key: argon2.IDKey(password, salt, c.passes, c.memory, c.lanes, size)}
}

// normal is the form in which a password is hashed: NFC, as RFC 8265 4.2.2 has it, so that two keyboards give the same bytes.
func normal(password string) []byte { return norm.NFC.Bytes([]byte(password)) }

// phc is a hash in the PHC string format: $argon2id$v=19$m=19456,t=2,p=1$<salt>$<key>, base64 without padding.
type phc struct {
	cost      cost
	salt, key []byte
}

func (p phc) String() string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.cost.memory, p.cost.passes, p.cost.lanes,
		b.EncodeToString(p.salt), b.EncodeToString(p.key))
}

var errPHC = errors.New("not an argon2id hash in the PHC string format")

// parsePHC reads what String wrote, strictly. The bounds keep a row that somebody put in by hand from costing a gigabyte and a minute
// at every attempt to sign in.
func parsePHC(s string) (phc, error) {
	part := strings.Split(s, "$")
	if len(s) > 256 || len(part) != 6 || part[0] != "" || part[1] != "argon2id" {
		return phc{}, errPHC
	}
	var p phc
	var version int
	if _, err := fmt.Sscanf(part[2]+" "+part[3], "v=%d m=%d,t=%d,p=%d", &version, &p.cost.memory, &p.cost.passes, &p.cost.lanes); err != nil {
		return phc{}, errPHC
	}
	var err1, err2 error
	p.salt, err1 = base64.RawStdEncoding.Strict().DecodeString(part[4])
	p.key, err2 = base64.RawStdEncoding.Strict().DecodeString(part[5])
	c := p.cost
	switch {
	case err1 != nil || err2 != nil || version != argon2.Version:
		return phc{}, errPHC
	case c.lanes < 1 || c.lanes > 16 || c.passes < 1 || c.passes > 16 || c.memory < 8*uint32(c.lanes) || c.memory > 256<<10:
		return phc{}, errPHC
	case len(p.salt) < 8 || len(p.salt) > 48 || len(p.key) < 16 || len(p.key) > 64:
		return phc{}, errPHC
	case p.String() != s: // one spelling only: no leading zeros, signs or blanks
		return phc{}, errPHC
	}
	return p, nil
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program where the system has no randomness
	return b
}

// bucket is what a login is counted under. What cannot be a login shares one, so that nobody fills the memory with long ones.
func bucket(login string) string {
	if !loginForm(login) {
		return "?"
	}
	return login
}
