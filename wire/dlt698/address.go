package dlt698

import "strings"

// AddressKind is the kind of a server address.
type AddressKind uint8

// The kinds. DL/T 698.45-2017 6.2.2.4
const (
	Single AddressKind = iota
	Wildcard
	Group
	Broadcast
)

// Address is a server address (SA): kind, logical address and up to 16 bytes of BCD digits. It is comparable.
type Address struct {
	Kind    AddressKind
	Logical uint8 // bits 4 and 5 of the first byte as they stand; bit 5 set: the first address byte extends the logical address
	n       uint8
	b       [16]byte // as on the wire: low byte first
}

// NewAddress makes an address from digits, highest first. A wildcard address may hold A for any digit; an odd number of
// digits is filled up with a leading F. Offset of the error: the digit.
func NewAddress(kind AddressKind, digits string) (Address, error) {
	if kind > Broadcast {
		return Address{}, refuse(0, "6.2.2.4", "地址类型无效", "no such kind of address")
	}
	a := Address{Kind: kind}
	if len(digits)%2 != 0 {
		digits = "F" + digits
	}
	if len(digits) == 0 || len(digits) > 32 {
		return Address{}, refuse(0, "6.2.2.4", "地址长度应为 1 至 16 字节", "an address has 1 to 16 bytes")
	}
	a.n = uint8(len(digits) / 2)
	for i := range int(a.n) {
		hi, lo := nibble(digits[2*i]), nibble(digits[2*i+1])
		if hi > 15 || lo > 15 {
			return Address{}, refuse(2*i, "6.2.2.4", "地址含有非数字字符", "an address is made of digits")
		}
		a.b[int(a.n)-1-i] = hi<<4 | lo
	}
	if err := a.check(0); err != nil {
		return Address{}, err
	}
	return a, nil
}

// BroadcastAddress is the address of all.
func BroadcastAddress() Address {
	return Address{Kind: Broadcast, n: 1, b: [16]byte{0xAA}}
}

// String gives the digits, highest first, without the filling F.
func (a Address) String() string {
	const hex = "0123456789ABCDEF"
	var s [32]byte
	for i := range int(a.n) {
		x := a.b[int(a.n)-1-i]
		s[2*i], s[2*i+1] = hex[x>>4], hex[x&15]
	}
	return strings.TrimPrefix(string(s[:2*int(a.n)]), "F")
}

// Matches tells whether a (wildcards and broadcast allowed) means the single address of other.
func (a Address) Matches(other Address) bool {
	if a.Kind == Broadcast {
		return true
	}
	if a.n != other.n {
		return false
	}
	for i := range int(a.n) {
		x, y := a.b[i], other.b[i]
		if hi := x >> 4; hi != y>>4 && !(a.Kind == Wildcard && hi == 0xA) {
			return false
		}
		if lo := x & 15; lo != y&15 && !(a.Kind == Wildcard && lo == 0xA) {
			return false
		}
	}
	return true
}

// check holds the digits to the kind; at is the offset of the first address byte.
func (a Address) check(at int) error {
	if a.Kind == Broadcast { // DL/T 698.45-2017 6.2.2.4: the broadcast address is one byte AAH
		if a.n != 1 || a.b[0] != 0xAA {
			return refuse(at, "6.2.2.4", "广播地址应为 AA", "the broadcast address is AA")
		}
		return nil
	}
	first := 0
	if a.Logical&2 != 0 { // the extended logical address is binary
		first = 1
	}
	for i := first; i < int(a.n); i++ {
		hi, lo := a.b[i]>>4, a.b[i]&15
		okHi := hi <= 9 || hi == 0xA && a.Kind == Wildcard || hi == 0xF && i == int(a.n)-1
		okLo := lo <= 9 || lo == 0xA && a.Kind == Wildcard
		if !okHi || !okLo {
			return refuse(at+i, "6.2.2.4", "地址不是压缩 BCD 码", "the address is not packed BCD")
		}
	}
	return nil
}

func (a Address) flag() byte { return byte(a.Kind)<<6 | a.Logical&3<<4 | (a.n-1)&15 }

func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}
