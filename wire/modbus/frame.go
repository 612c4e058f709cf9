package modbus

import "encoding/binary"

// Bounds: a PDU has at most 253 bytes (Modbus V1.1b3 4.1).
const (
	maxPDU = 253
	header = 7
)

// Frame is a message of the TCP binding. PDU is function and data.
type Frame struct {
	Transaction uint16
	Unit        uint8
	PDU         []byte
}

// ParseFrame reads the frame at the beginning of b and says how long it is. The PDU lies in b. An error is ErrShort or an *Error.
func ParseFrame(b []byte) (f Frame, n int, err error) {
	if len(b) >= 4 && (b[2] != 0 || b[3] != 0) { // Modbus TCP V1.0b 3.1.3
		return f, 0, refuse(2, "TCP 3.1.3", 0, "协议标识不是 0", "the protocol identifier is not 0")
	}
	if len(b) < 6 {
		return f, 0, ErrShort
	}
	size := int(binary.BigEndian.Uint16(b[4:]))
	if size < 2 || size > maxPDU+1 {
		return f, 0, refuse(4, "TCP 3.1.3", 0, "长度不在 2 至 254 之间", "the length is not 2 to 254")
	}
	if n = 6 + size; len(b) < n {
		return f, 0, ErrShort
	}
	return Frame{Transaction: binary.BigEndian.Uint16(b), Unit: b[6], PDU: b[header:n:n]}, n, nil
}

// Append writes the frame behind dst.
func (f Frame) Append(dst []byte) ([]byte, error) {
	if len(f.PDU) == 0 || len(f.PDU) > maxPDU {
		return dst, refuse(header, "4.1", 0, "PDU 不在 1 至 253 字节之间", "the PDU does not have 1 to 253 bytes")
	}
	dst = binary.BigEndian.AppendUint16(dst, f.Transaction)
	dst = append(dst, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(f.PDU)+1))
	return append(append(dst, f.Unit), f.PDU...), nil
}

// Scanner cuts a stream into frames. The binding has no mark by which the way is found again: after a refusal the connection is to be ended
// (Modbus TCP V1.0b 4.2.2). The zero value is ready.
type Scanner struct {
	buf []byte
	at  int
}

// Feed adds bytes that were received. Frames given before are no longer valid.
func (s *Scanner) Feed(b []byte) {
	n := copy(s.buf, s.buf[s.at:])
	s.buf, s.at = append(s.buf[:n], b...), 0
}

// Next gives the next frame; ErrShort where more bytes are needed.
func (s *Scanner) Next() (Frame, error) {
	f, n, err := ParseFrame(s.buf[s.at:])
	s.at += n
	return f, err
}
