package dlt645

// Address is a meter's address as on the wire: six bytes, low byte first, two digits each. It is comparable.
type Address [6]byte

// The addresses that mean more than one meter. DL/T 645-2007 5.2.2
var (
	AnyMeter  = Address{0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA} // the wildcard: whoever is there
	AllMeters = Address{0x99, 0x99, 0x99, 0x99, 0x99, 0x99} // broadcast
)

// AddressKind says whom an address means.
type AddressKind uint8

// The kinds.
const (
	OneMeter   AddressKind = iota
	Shortened              // AAH in the high bytes: every meter that ends in these digits
	Everyone               // 999999999999
	NotAddress             // digits that are not BCD
)

// NewAddress makes an address from up to 12 digits, highest first; A stands for a wildcard digit pair (AA).
func NewAddress(digits string) (Address, error) {
	if len(digits) == 0 || len(digits) > 12 {
		return Address{}, refuse(0, "5.2.2", "地址应为 1 至 12 位数字", "an address has 1 to 12 digits")
	}
	var a Address
	for i := range len(digits) {
		c := digits[len(digits)-1-i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c == 'A' || c == 'a':
			c = 10
		default:
			return Address{}, refuse(len(digits)-1-i, "5.2.2", "地址含有非数字字符", "an address is made of digits")
		}
		a[i/2] |= c << (4 * (i % 2))
	}
	if a.Kind() == NotAddress {
		return Address{}, refuse(0, "5.2.2", "通配符 AA 只能在高位字节", "the wildcard AA stands in the high bytes only")
	}
	return a, nil
}

// String gives twelve digits, highest first.
func (a Address) String() string {
	const hex = "0123456789ABCDEF"
	var s [12]byte
	for i, x := range a {
		s[10-2*i], s[11-2*i] = hex[x>>4], hex[x&15]
	}
	return string(s[:])
}

// Kind says whom the address means. DL/T 645-2007 5.2.2
func (a Address) Kind() AddressKind {
	if a == AllMeters {
		return Everyone
	}
	wild := false
	for _, x := range a {
		switch {
		case x == 0xAA:
			wild = true
		case wild || !isBCD(x):
			return NotAddress
		}
	}
	if wild {
		return Shortened
	}
	return OneMeter
}

// Matches tells whether a, wildcards and broadcast included, means the meter m.
func (a Address) Matches(m Address) bool {
	if a == AllMeters {
		return true
	}
	for i, x := range a {
		if x != m[i] && x != 0xAA {
			return false
		}
	}
	return true
}

func isBCD(x byte) bool { return x>>4 <= 9 && x&15 <= 9 }
