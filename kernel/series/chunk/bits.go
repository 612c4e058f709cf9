package chunk

import (
	"encoding/binary"
	"math/bits"
)

// mini is the number of values that share one bit width. 32 values of w bits fill exactly 4*w bytes.
const mini = 32

func zig(v int64) uint64   { return uint64(v<<1) ^ uint64(v>>63) }
func zag(u uint64) int64   { return int64(u>>1) ^ -int64(u&1) }
func width(u uint64) uint8 { return uint8(bits.Len64(u)) }

// packedLen is the number of bytes of n values of w bits.
func packedLen(n int, w uint8) int { return (n*int(w) + 7) / 8 }

// pack appends vals, each below 2^w, as a little-endian stream of w bits a value.
func pack(dst []byte, vals []uint64, w uint8) []byte {
	if w == 0 {
		return dst
	}
	var acc uint64
	var n uint
	for _, v := range vals {
		acc |= v << n
		n += uint(w)
		if n >= 64 {
			dst = binary.LittleEndian.AppendUint64(dst, acc)
			n -= 64
			acc = v >> (uint(w) - n) // a shift by 64 gives 0, which is what the full word left over
		}
	}
	for ; n > 0; n -= min(n, 8) {
		dst = append(dst, byte(acc))
		acc >>= 8
	}
	return dst
}

// unpack reads len(dst) <= mini values of w bits from the start of src, which holds at least packedLen bytes.
func unpack(dst []int64, src []byte, w uint8) {
	if w == 0 {
		clear(dst)
		return
	}
	need := packedLen(len(dst), w)
	var tail [4*64 + 8]byte
	if len(src) < need+8 {
		// The loads below reach up to eight bytes past the values; at the end of a body they read from a copy.
		copy(tail[:], src[:need])
		src = tail[:]
	}
	mask := ^uint64(0) >> (64 - w)
	if w <= 56 {
		for i, off := 0, uint(0); i < len(dst); i++ {
			dst[i] = int64(binary.LittleEndian.Uint64(src[off>>3:]) >> (off & 7) & mask)
			off += uint(w)
		}
		return
	}
	for i, off := 0, uint(0); i < len(dst); i++ {
		low := binary.LittleEndian.Uint64(src[off>>3:]) >> (off & 7)
		high := uint64(src[off>>3+8]) << (64 - off&7) // off&7 == 0 shifts by 64 and adds nothing
		dst[i] = int64((low | high) & mask)
		off += uint(w)
	}
}
