package stream

// x25 is the reflected table of x^16 + x^12 + x^5 + 1.
var x25 = func() (t [256]uint16) {
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
}()

// X25 is CRC-16/X.25 over b, as RFC 1662 C.2 has it; frames carry it low byte first.
func X25(b []byte) uint16 {
	c := uint16(0xFFFF)
	for _, x := range b {
		c = c>>8 ^ x25[byte(c)^x]
	}
	return ^c
}
