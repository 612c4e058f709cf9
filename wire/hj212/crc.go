package hj212

// sums holds what a byte does to the checksum: sums[k][x] is the register after x and k bytes of zero. Only the register's high byte goes on to
// the next byte, and all of it is linear, so eight bytes are taken at once instead of one after the other.
var sums = sumTables()

func sumTables() (t [8][256]uint16) {
	for x := range 256 {
		r := uint16(x)
		for range 8 { // HJ 212-2017 annex A
			if r&1 == 1 {
				r = r>>1 ^ 0xA001
			} else {
				r >>= 1
			}
		}
		t[0][x] = r
	}
	for k := 1; k < 8; k++ {
		for x := range 256 {
			t[k][x] = t[0][t[k-1][x]>>8]
		}
	}
	return t
}

// Checksum is that of a data segment: the register begins at FFFF; for each byte its high byte, shifted down, is combined with it, and eight times
// it is shifted and, where a one fell out, combined with A001. HJ 212-2017 annex A
func Checksum(data []byte) uint16 {
	r := uint16(0xFFFF)
	for len(data) >= 8 {
		d := data[:8]
		r = sums[7][byte(r>>8)^d[0]] ^ sums[6][d[1]] ^ sums[5][d[2]] ^ sums[4][d[3]] ^ sums[3][d[4]] ^ sums[2][d[5]] ^ sums[1][d[6]] ^ sums[0][d[7]]
		data = data[8:]
	}
	for _, b := range data {
		r = sums[0][byte(r>>8)^b]
	}
	return r
}
