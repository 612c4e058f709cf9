package dlt698

// crcTable is the reflected table of x^16 + x^12 + x^5 + 1.
var crcTable = makeTable()

func makeTable() (t [256]uint16) {
	for i := range t {
		c := uint16(i)
		for range 8 {
			if c&1 != 0 {
				c = c>>1 ^ 0x8408
			} else {
				c >>= 1
			}
		}
		t[i] = c
	}
	return t
}

// Checksum is CRC-16/X.25 over b, as HCS and FCS carry it, low byte first.
//
// DL/T 698.45-2017 6.2.2.5 refers to its annex for the polynomial; it is that of RFC 1662 C.2.
func Checksum(b []byte) uint16 {
	c := uint16(0xFFFF)
	for _, x := range b {
		c = c>>8 ^ crcTable[byte(c)^x]
	}
	return ^c
}
