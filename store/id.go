package store

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// crockford is Crockford's base 32 alphabet: no I, L, O, U; its order is the order of the bytes.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewID makes an id of 26 characters that sorts by time (milliseconds) and cannot be guessed (80 random bits).
func NewID(now time.Time) string {
	var b [16]byte
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	rand.Read(b[6:]) // never fails: crypto/rand ends the program where the system has no randomness
	var out [26]byte
	// 128 bits in 26 digits of five: the first digit holds three bits only.
	var acc uint32
	bits, n := 2, 0 // two zero bits in front
	for _, x := range b {
		acc = acc<<8 | uint32(x)
		for bits += 8; bits >= 5; n++ {
			bits -= 5
			out[n] = crockford[acc>>bits&31]
		}
	}
	return string(out[:])
}

// maxCursor bounds a cursor, in characters; ours are far shorter.
const maxCursor = 4096

// Cursor packs the sort values of the last row of a page into an opaque token for keyset paging.
func Cursor(parts ...string) string {
	b, err := json.Marshal(parts)
	if err != nil { // strings always marshal
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Uncursor unpacks a token of n parts; errs.Invalid where the token is not one of ours.
func Uncursor(token string, n int) ([]string, error) {
	if len(token) > maxCursor {
		return nil, badCursor(errors.New("longer than a cursor can be"))
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return nil, badCursor(err)
	}
	var parts []string
	if err := json.Unmarshal(b, &parts); err != nil {
		return nil, badCursor(err)
	}
	if len(parts) != n {
		return nil, badCursor(errors.New("another number of parts"))
	}
	return parts, nil
}

func badCursor(cause error) error {
	return errs.Wrap("cursor: "+cause.Error(), errs.Say(errs.Invalid,
		"翻页标记无效；请从第一页重新查询",
		"the page cursor is not valid; start again from the first page"))
}
