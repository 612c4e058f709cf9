// Package piece reads and writes the numbers and texts of a packed archive (档案快照的编码): variable-length numbers as encoding/binary has them,
// texts behind their length.
package piece

import "encoding/binary"

// AppendText writes a text behind its length.
func AppendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// Reader reads what was written. What is damaged makes Bad true, and gives zeros from there on.
type Reader struct {
	Rest []byte // not read yet
	Bad  bool
}

func (r *Reader) spoil() { r.Rest, r.Bad = nil, true }

// Uint reads a number that must be less than below.
func (r *Reader) Uint(below uint64) uint64 {
	v, n := binary.Uvarint(r.Rest)
	if n <= 0 || v >= below {
		r.spoil()
		return 0
	}
	r.Rest = r.Rest[n:]
	return v
}

// Int reads a signed number.
func (r *Reader) Int() int64 {
	v, n := binary.Varint(r.Rest)
	if n <= 0 {
		r.spoil()
		return 0
	}
	r.Rest = r.Rest[n:]
	return v
}

// Text reads a text.
func (r *Reader) Text() string {
	n := r.Uint(uint64(len(r.Rest)) + 1)
	if uint64(len(r.Rest)) < n {
		r.spoil()
		return ""
	}
	s := string(r.Rest[:n])
	r.Rest = r.Rest[n:]
	return s
}
