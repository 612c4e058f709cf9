package der

import (
	"bytes"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Value gives a value of any kind: identifier octet, length, and the parts as its contents.
func Value(tag byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	out := append(make([]byte, 0, n+6), tag)
	switch {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 1<<8:
		out = append(out, 0x81, byte(n))
	case n < 1<<16:
		out = append(out, 0x82, byte(n>>8), byte(n))
	case n < 1<<24:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	default:
		out = append(out, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// Seq gives a SEQUENCE.
func Seq(parts ...[]byte) []byte { return Value(Sequence, parts...) }

// SetOf gives a SET OF under tag: the parts in ascending order. X.690 11.6
func SetOf(tag byte, parts ...[]byte) []byte {
	sorted := slices.Clone(parts)
	slices.SortFunc(sorted, bytes.Compare)
	return Value(tag, sorted...)
}

// Int gives an INTEGER.
func Int(n int64) []byte { return BigInt(big.NewInt(n)) }

// BigInt gives an INTEGER.
func BigInt(n *big.Int) []byte { return Value(Integer, Digits(n)) }

// Digits gives the contents of an INTEGER: two's complement in its shortest form.
func Digits(n *big.Int) []byte {
	if n.Sign() >= 0 {
		b := n.Bytes()
		if len(b) == 0 || b[0] >= 0x80 {
			b = append([]byte{0}, b...)
		}
		return b
	}
	size := new(big.Int).Not(n).BitLen()/8 + 1
	b := new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size))).Bytes()
	return append(bytes.Repeat([]byte{0}, size-len(b)), b...)
}

// OID gives an OBJECT IDENTIFIER of its dotted form; of a form that is none it gives the identifier 0.0.
func OID(dotted string) []byte { return Value(ObjectID, oidBody(dotted)) }

func oidBody(dotted string) []byte {
	var out []byte
	var lead *big.Int
	for i, s := range strings.Split(dotted, ".") {
		arc, ok := new(big.Int).SetString(s, 10)
		if !ok || arc.Sign() < 0 {
			return []byte{0}
		}
		switch i {
		case 0:
			lead = arc.Mul(arc, big.NewInt(40))
			continue
		case 1:
			arc.Add(arc, lead)
		}
		at := len(out)
		for {
			low := byte(arc.Uint64() & 0x7f) //nolint:gosec // the low seven bits
			if len(out) > at {
				low |= 0x80
			}
			out = append(out, low)
			if arc.Rsh(arc, 7).Sign() == 0 {
				break
			}
		}
		slices.Reverse(out[at:])
	}
	if len(out) == 0 {
		return []byte{0}
	}
	return out
}

// Yes gives BOOLEAN TRUE; FALSE is a default wherever it is used here, and left out.
func Yes() []byte { return []byte{Boolean, 1, 0xff} }

// Nothing gives NULL.
func Nothing() []byte { return []byte{Null, 0} }

// Bytes gives an OCTET STRING.
func Bytes(b []byte) []byte { return Value(OctetString, b) }

// BitsOf gives a BIT STRING of whole octets.
func BitsOf(b []byte) []byte { return Value(BitString, []byte{0}, b) }

// NamedBits gives a BIT STRING of named bits, the highest bit of the first byte being bit 0; trailing zeros go. X.690 11.2
func NamedBits(tag byte, bits uint16) []byte {
	b := []byte{byte(bits >> 8), byte(bits)}
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	unused := 0
	for len(b) > 0 && b[len(b)-1]>>unused&1 == 0 {
		unused++
	}
	return Value(tag, []byte{byte(unused)}, b)
}

// Text gives a UTF8String.
func Text(s string) []byte { return Value(UTF8String, []byte(s)) }

// Moment gives a GeneralizedTime under tag, to the second. RFC 5280 4.1.2.5.2
func Moment(tag byte, at time.Time) []byte {
	return Value(tag, []byte(at.UTC().Format("20060102150405Z")))
}

// Instant gives a GeneralizedTime with its fraction of a second, to the millisecond, without trailing zeros. RFC 3161 2.4.2
func Instant(at time.Time) []byte {
	return Value(GeneralizedTime, []byte(at.UTC().Truncate(time.Millisecond).Format("20060102150405.999Z")))
}

// When gives the time as a certificate must: UTCTime until 2049, GeneralizedTime after. RFC 5280 4.1.2.5
func When(at time.Time) []byte {
	at = at.UTC()
	if y := at.Year(); y < 1950 || y > 2049 {
		return Moment(GeneralizedTime, at)
	}
	return Value(UTCTime, []byte(at.Format("060102150405Z")))
}

// Algorithm gives an AlgorithmIdentifier; without parameters where params is nil. RFC 5280 4.1.1.2
func Algorithm(oid string, params []byte) []byte { return Seq(OID(oid), params) }

// Named tells whether s is the dotted form of an object identifier.
func Named(s string) bool {
	parts := strings.Split(s, ".")
	for i, p := range parts {
		if n, err := strconv.ParseUint(p, 10, 64); err != nil || strconv.FormatUint(n, 10) != p || i == 0 && n > 2 || i == 1 && parts[0] != "2" && n > 39 {
			return false
		}
	}
	return len(parts) > 1
}
