package hdlc

// flag stands before and behind a frame; one between two frames is enough. IEC 62056-46 6.4.3.1
const flag = 0x7E

// Sizes of a frame: its length has eleven bits and counts all between the flags.
const (
	maxFrame = 2047
	minFrame = 7 // format, two addresses, control, check
	// MaxInfo is the greatest information field: what a frame holds beside format, longest addresses, control and both checks.
	MaxInfo = maxFrame - 2 - 5 - 1 - 4
)

// Address is one end. A client's has one byte. A server's has one (Upper alone), two (seven bits each) or four (fourteen bits each): Upper is
// the logical device, Lower the physical one. IEC 62056-46 6.4.2
type Address struct {
	Upper, Lower uint16
	Size         uint8 // bytes: 1, 2 or 4
}

// ClientAddress is the address of a client.
func ClientAddress(n uint8) Address { return Address{Upper: uint16(n), Size: 1} }

// ServerAddress is the address of a server in the fewest bytes that hold it; lower 0 with an upper below 128 has one.
func ServerAddress(upper, lower uint16) Address {
	switch {
	case upper < 128 && lower == 0:
		return Address{Upper: upper, Size: 1}
	case upper < 128 && lower < 128:
		return Address{upper, lower, 2}
	}
	return Address{upper, lower, 4}
}

// allStations as Upper calls everybody. IEC 62056-46 6.4.2.3
func (a Address) allStations() bool {
	switch a.Size {
	case 1, 2:
		return a.Upper == 0x7F
	}
	return a.Upper == 0x3FFF
}

func (a Address) append(dst []byte) ([]byte, error) {
	limit := uint16(1 << 7)
	if a.Size == 4 {
		limit = 1 << 14
	}
	if a.Upper >= limit || a.Lower >= limit || a.Size == 1 && a.Lower != 0 {
		return dst, refuse(2, "6.4.2", "地址超出其长度", "the address does not fit its length")
	}
	switch a.Size {
	case 1:
		return append(dst, byte(a.Upper<<1|1)), nil
	case 2:
		return append(dst, byte(a.Upper<<1), byte(a.Lower<<1|1)), nil
	case 4:
		return append(dst, byte(a.Upper>>7<<1), byte(a.Upper<<1), byte(a.Lower>>7<<1), byte(a.Lower<<1|1)), nil
	}
	return dst, refuse(2, "6.4.2", "地址长度应为 1、2 或 4 字节", "an address has 1, 2 or 4 bytes")
}

// readAddress reads an address: its last byte is the one with the lowest bit set.
func readAddress(b []byte, offset int) (a Address, n int, err error) {
	for n = 1; n <= len(b) && b[n-1]&1 == 0; n++ {
		if n == 4 {
			break
		}
	}
	if n > len(b) || b[n-1]&1 == 0 || n == 3 {
		return a, 0, refuse(offset, "6.4.2", "地址长度应为 1、2 或 4 字节", "an address has 1, 2 or 4 bytes")
	}
	part := func(i int) uint16 { return uint16(b[i] >> 1) }
	switch n {
	case 1:
		return Address{part(0), 0, 1}, 1, nil
	case 2:
		return Address{part(0), part(1), 2}, 2, nil
	}
	return Address{part(0)<<7 | part(1), part(2)<<7 | part(3), 4}, 4, nil
}

// Kind is what a frame is.
type Kind uint8

// The kinds. IEC 62056-46 6.4.3
const (
	I    Kind = iota // information, numbered
	RR               // ready to receive
	RNR              // not ready to receive
	SNRM             // connect
	DISC             // disconnect
	UA               // agreed
	DM               // not connected
	FRMR             // a frame that cannot be
	UI               // information, not numbered
)

// unnumbered are the control bytes of frames without numbers, the poll bit off.
var unnumbered = map[byte]Kind{0x83: SNRM, 0x43: DISC, 0x63: UA, 0x0F: DM, 0x87: FRMR, 0x03: UI}

// poll is the bit by which a client calls for an answer and a server says that its answer is over.
const poll = 0x10

// Frame is one frame. Send and Receive are the numbers N(S) and N(R), of I; Receive also of RR and RNR.
type Frame struct {
	Destination, Source Address
	Kind                Kind
	Final               bool // the poll bit of a client, the final bit of a server
	Segmented           bool // more of the message follows in the next frame
	Send, Receive       uint8
	Info                []byte
}

func (f Frame) control() byte {
	c := byte(0)
	switch f.Kind {
	case I:
		c = f.Send&7<<1 | f.Receive&7<<5
	case RR:
		c = 0x01 | f.Receive&7<<5
	case RNR:
		c = 0x05 | f.Receive&7<<5
	default:
		for b, k := range unnumbered {
			if k == f.Kind {
				c = b
			}
		}
	}
	if f.Final {
		c |= poll
	}
	return c
}

func (f *Frame) setControl(c byte) bool {
	f.Final = c&poll != 0
	switch k, ok := unnumbered[c&^poll]; {
	case c&1 == 0:
		f.Kind, f.Send, f.Receive = I, c>>1&7, c>>5
	case c&0x0F == 0x01:
		f.Kind, f.Receive = RR, c>>5
	case c&0x0F == 0x05:
		f.Kind, f.Receive = RNR, c>>5
	case ok:
		f.Kind = k
	default:
		return false
	}
	return true
}

// Append prints the frame with both flags after dst.
func (f Frame) Append(dst []byte) ([]byte, error) {
	head, err := f.Destination.append(append(make([]byte, 0, 16), 0xA0, 0))
	if err == nil {
		head, err = f.Source.append(head)
	}
	if err != nil {
		return dst, err
	}
	head = append(head, f.control())
	n := len(head) + 2
	if len(f.Info) > 0 {
		n += len(f.Info) + 2
	}
	if n > maxFrame {
		return dst, refuse(0, "6.4.1", "帧过长", "the frame is too long")
	}
	head[0] |= byte(n >> 8)
	if head[1] = byte(n); f.Segmented {
		head[0] |= 0x08
	}
	dst = append(append(dst, flag), head...)
	sum := check(head) // IEC 62056-46 6.4.4: of the header alone, then of everything
	dst = append(dst, byte(sum), byte(sum>>8))
	if len(f.Info) > 0 {
		dst = append(dst, f.Info...)
		sum = check(dst[len(dst)-len(f.Info)-2-len(head):])
		dst = append(dst, byte(sum), byte(sum>>8))
	}
	return append(dst, flag), nil
}

// Parse reads one frame that begins with its flag, and gives the bytes taken, the flag behind it not among them: it may begin the next frame.
// Info is a copy. ErrShort: b is a good beginning. Any other error is an *Error.
func Parse(b []byte) (f Frame, n int, err error) {
	if len(b) > 0 && b[0] != flag { // IEC 62056-46 6.4.3.1
		return f, 0, refuse(0, "6.4.3.1", "帧标志不是 7E", "the flag is not 7E")
	}
	if len(b) > 1 && b[1]&0xF0 != 0xA0 { // IEC 62056-46 6.4.1
		return f, 0, refuse(1, "6.4.1", "帧格式不是类型 3", "the frame format is not type 3")
	}
	if len(b) < 3 {
		return f, 0, ErrShort
	}
	n = int(b[1]&7)<<8 | int(b[2])
	if n < minFrame {
		return f, 0, refuse(1, "6.4.1", "帧长度过小", "the frame is too short")
	}
	if len(b) < n+2 {
		return f, 0, ErrShort
	}
	if b[n+1] != flag {
		return f, 0, refuse(n+1, "6.4.3.1", "帧长度之后不是标志", "no flag stands behind the length of the frame")
	}
	if err := f.read(b[1 : n+1]); err != nil {
		err.Offset++
		return f, 0, err
	}
	return f, n + 1, nil
}

// read takes what stands between the flags.
func (f *Frame) read(b []byte) *Error {
	if check(b[:len(b)-2]) != uint16(b[len(b)-2])|uint16(b[len(b)-1])<<8 { // IEC 62056-46 6.4.4
		return refuse(len(b)-2, "6.4.4", "帧校验不符", "the frame check does not match")
	}
	f.Segmented = b[0]&0x08 != 0
	at := 2
	for _, a := range []*Address{&f.Destination, &f.Source} {
		x, n, err := readAddress(b[at:len(b)-2], at)
		if err != nil {
			return err.(*Error) //nolint:errorlint,forcetypeassert // readAddress gives no other
		}
		*a, at = x, at+n
	}
	if at >= len(b)-2 {
		return refuse(at, "6.4.3", "缺少控制域", "the control byte is missing")
	}
	if !f.setControl(b[at]) {
		return refuse(at, "6.4.3", "控制域无效", "there is no such control byte")
	}
	at++
	if at == len(b)-2 { // the check of the frame is that of its header
		if f.Segmented {
			return refuse(0, "6.4.1", "无信息域的帧不能分段", "a frame without information is no segment")
		}
		return nil
	}
	if at+2 >= len(b)-2 || check(b[:at]) != uint16(b[at])|uint16(b[at+1])<<8 { // IEC 62056-46 6.4.4
		return refuse(at, "6.4.4", "帧头校验不符", "the header check does not match")
	}
	if f.Kind == RR || f.Kind == RNR {
		return refuse(at, "6.4.3", "该帧不应有信息域", "a frame of this kind has no information")
	}
	if f.Segmented && f.Kind != I && f.Kind != UI {
		return refuse(0, "6.4.1", "该帧不能分段", "a frame of this kind is no segment")
	}
	f.Info = append([]byte(nil), b[at+2:len(b)-2]...)
	return nil
}

// check is the sum of ISO/IEC 13239: polynomial 1021 reflected, all ones before and after. IEC 62056-46 annex A
func check(b []byte) uint16 {
	sum := uint16(0xFFFF)
	for _, x := range b {
		sum ^= uint16(x)
		for range 8 {
			if sum&1 != 0 {
				sum = sum>>1 ^ 0x8408
			} else {
				sum >>= 1
			}
		}
	}
	return ^sum
}
