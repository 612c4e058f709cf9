package cert

import (
	"encoding/asn1"
	"math/big"
	"time"
)

// Tags of DER, ITU-T X.690 8.
const (
	tagBool     = 0x01
	tagInt      = 0x02
	tagBits     = 0x03
	tagOctets   = 0x04
	tagEnum     = 0x0a
	tagUTF8     = 0x0c
	tagPrintble = 0x13
	tagIA5      = 0x16
	tagUTC      = 0x17
	tagTime     = 0x18
	tagSeq      = 0x30
	tagSet      = 0x31
)

// tlv is a value of DER over the parts one after the other.
func tlv(tag byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b := make([]byte, 0, n+6)
	b = append(b, tag)
	switch {
	case n < 0x80:
		b = append(b, byte(n))
	case n < 0x100:
		b = append(b, 0x81, byte(n))
	case n < 0x10000:
		b = append(b, 0x82, byte(n>>8), byte(n))
	default:
		b = append(b, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func seq(parts ...[]byte) []byte { return tlv(tagSeq, parts...) }

// context is a context-specific tag; constructed ones hold values of their own.
func context(n byte, constructed bool, parts ...[]byte) []byte {
	if n |= 0x80; constructed {
		n |= 0x20
	}
	return tlv(n, parts...)
}

// number writes an unsigned number given in big-endian bytes.
func number(b []byte) []byte {
	for len(b) > 1 && b[0] == 0 {
		b = b[1:]
	}
	if len(b) == 0 {
		b = []byte{0}
	}
	if b[0] >= 0x80 {
		return tlv(tagInt, []byte{0}, b)
	}
	return tlv(tagInt, b)
}

func integer(n int64) []byte { return number(big.NewInt(n).Bytes()) }

// oid writes an object identifier; one that DER cannot hold is a fault of the program.
func oid(id asn1.ObjectIdentifier) []byte {
	b, err := asn1.Marshal(id)
	if err != nil {
		panic("cert: " + err.Error())
	}
	return b
}

// moment is UTCTime through 2049 and GeneralizedTime after. RFC 5280 4.1.2.5
func moment(t time.Time) []byte {
	t = t.UTC()
	if y := t.Year(); y >= 1950 && y < 2050 {
		return tlv(tagUTC, []byte(t.Format("060102150405Z")))
	}
	return tlv(tagTime, []byte(t.Format("20060102150405Z")))
}

func bits(b []byte) []byte { return tlv(tagBits, []byte{0}, b) }

// yes is TRUE.
func yes() []byte { return []byte{tagBool, 1, 0xff} }

// Text is a UTF8String, for the values of extensions.
func Text(s string) []byte { return tlv(tagUTF8, []byte(s)) }
