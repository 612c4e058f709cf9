package loss

import (
	"encoding/binary"
	"errors"
	"math"
)

// use is one meter's day: energies in 0.0001 kWh; unknown where a register was missing. A day below 0 is a register that ran
// backwards.
type use struct {
	meter  int64
	energy int64
	night  int64 // 00:00 to 05:00
}

const unknown = math.MinInt64

// pack writes the day of an area's meters in the order of their keys: per meter the distance to the key before, a byte that says what
// is known, and the energies that are.
func pack(day []use) []byte {
	out := make([]byte, 0, 8*len(day))
	last := int64(0)
	for _, u := range day {
		out = binary.AppendVarint(out, u.meter-last)
		last = u.meter
		have := byte(0)
		if u.energy != unknown {
			have |= 1
		}
		if u.night != unknown {
			have |= 2
		}
		out = append(out, have)
		if u.energy != unknown {
			out = binary.AppendVarint(out, u.energy)
		}
		if u.night != unknown {
			out = binary.AppendVarint(out, u.night)
		}
	}
	return out
}

var errTorn = errors.New("the day of an area's meters is damaged")

// unpack reads what pack wrote.
func unpack(body []byte) (day []use, err error) {
	last := int64(0)
	next := func() int64 {
		v, n := binary.Varint(body)
		if n <= 0 {
			err, body = errTorn, nil
			return 0
		}
		body = body[n:]
		return v
	}
	for len(body) > 0 {
		u := use{energy: unknown, night: unknown}
		u.meter = last + next()
		last = u.meter
		if len(body) == 0 {
			return nil, errTorn
		}
		have := body[0]
		body = body[1:]
		if have > 3 {
			return nil, errTorn
		}
		if have&1 != 0 {
			u.energy = next()
		}
		if have&2 != 0 {
			u.night = next()
		}
		if err != nil {
			return nil, err
		}
		day = append(day, u)
	}
	return day, err
}
