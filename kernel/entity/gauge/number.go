package gauge

import (
	"encoding/json"
	"strconv"
	"time"
)

// limit is the least number, without its sign, that does not fit.
const limit = 9_000_000_000_000 * million

const million = 1_000_000

// scale reads a JSON number as millionths; ok is false where it has more digits, another form (an exponent, zeros at the end) or is
// too great, so that unscale would not give the same text.
func scale(number json.RawMessage) (n int64, ok bool) {
	b := number
	minus := len(b) > 0 && b[0] == '-'
	if minus {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 20 || b[0] == '0' && len(b) > 1 && b[1] != '.' {
		return 0, false
	}
	places := -1 // digits behind the point
	for i, c := range b {
		switch {
		case c == '.' && places < 0 && i > 0:
			places = 0
			continue
		case c < '0' || c > '9':
			return 0, false
		case places >= 0:
			places++
		}
		if n >= limit/10 { // ten times as much would be too great, or too great for 64 bits
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if places == 0 || places > decimals || places > 0 && b[len(b)-1] == '0' {
		return 0, false
	}
	for i := max(places, 0); i < decimals; i++ {
		if n >= limit/10 {
			return 0, false
		}
		n *= 10
	}
	if minus && n == 0 {
		return 0, false
	}
	if minus {
		n = -n
	}
	return n, true
}

// unscale writes millionths as a JSON number, without zeros at the end.
func unscale(n int64) json.RawMessage { return decimal(n, decimals) }

// decimal writes an integer scaled by a power of ten as a JSON number, without zeros at the end.
func decimal(n int64, places int) json.RawMessage {
	b := make([]byte, 0, 24)
	u := uint64(n)
	if n < 0 {
		b = append(b, '-')
		u = -u
	}
	one := uint64(1)
	for range places {
		one *= 10
	}
	b = strconv.AppendUint(b, u/one, 10)
	rest := u % one
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	for unit := one / 10; rest > 0; unit /= 10 {
		b = append(b, byte('0'+rest/unit))
		rest %= unit
	}
	return b
}

// A series holds the times of the years 1900 to 2199.
var firstTime, lastTime = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// Spans tells whether a series can hold a time at all.
func Spans(t time.Time) bool { return !t.Before(firstTime) && t.Before(lastTime) }
