package modbus

import (
	"bytes"
	"encoding/binary"
)

// Function is what a request asks for.
type Function uint8

// The functions.
const (
	ReadCoils      Function = 1
	ReadInputs     Function = 2
	ReadHolding    Function = 3
	ReadRegisters  Function = 4 // input registers
	WriteCoil      Function = 5
	WriteRegister  Function = 6
	WriteCoils     Function = 15
	WriteRegisters Function = 16
	MaskRegister   Function = 22
	ReadWrite      Function = 23
	Identify       Function = 43 // with MEI type 14
)

// mei is the only type of encapsulated interface that is spoken. Modbus V1.1b3 6.21
const mei = 14

// Bounds of quantities.
const (
	maxReadBits       = 2000 // Modbus V1.1b3 6.1
	maxReadRegisters  = 125  // Modbus V1.1b3 6.3
	maxWriteBits      = 1968 // Modbus V1.1b3 6.11
	maxWriteRegisters = 123  // Modbus V1.1b3 6.12
	maxBothWritten    = 121  // Modbus V1.1b3 6.17
)

// Request is one request; which fields count is the function's affair.
type Request struct {
	Function Function
	Address  uint16
	Quantity uint16   // of what is read, or written by functions 15, 16 (it is the length of Bits or Registers then)
	Bits     []bool   // 5 (one), 15
	Values   []uint16 // 6 (one), 16, 23: registers to write
	To       uint16   // 23: where they go
	And, Or  uint16   // 22
	Code     uint8    // 43/14: 1 basic, 2 regular, 3 extended, 4 one object
	Object   uint8    // 43/14: the first one
}

// Answer is one answer; which fields count is the function's affair.
type Answer struct {
	Function  Function
	Exception Exception // 0: it was done, and the rest holds
	Bits      []bool    // 1, 2: as many as were asked for
	Values    []uint16  // 3, 4, 23
	Echo      Request   // 5, 6, 15, 16, 22: what was done
	Identity  Identity  // 43/14
}

// Identity is what a device says of itself. Modbus V1.1b3 6.21
type Identity struct {
	Code, Conformity uint8
	More             bool
	Next             uint8
	Objects          []Object
}

// Object is one thing that a device says of itself: 0 its maker, 1 its product code, 2 its revision.
type Object struct {
	ID   uint8
	Text []byte
}

var clauses = map[Function]string{
	ReadCoils: "6.1", ReadInputs: "6.2", ReadHolding: "6.3", ReadRegisters: "6.4", WriteCoil: "6.5", WriteRegister: "6.6",
	WriteCoils: "6.11", WriteRegisters: "6.12", MaskRegister: "6.16", ReadWrite: "6.17", Identify: "6.21",
}

func wrongLength(f Function, at int) *Error {
	return refuse(at, clauses[f], IllegalValue, "PDU 长度与功能码不符", "the PDU's length does not fit its function")
}

// span holds a quantity to the bound of its function, and the addresses to the 65,536 that there are.
func span(f Function, address, quantity, most, at int) *Error {
	if quantity < 1 || quantity > most {
		return refuse(at, clauses[f], IllegalValue, "数量超出规定范围", "the quantity is not within its bounds")
	}
	if address+quantity > 1<<16 {
		return refuse(1, clauses[f], IllegalAddress, "地址加数量超过 65536", "address and quantity go beyond 65536")
	}
	return nil
}

// ParseRequest reads a request. It does not hold on to b. The Exception of its *Error is what a server answers.
func ParseRequest(b []byte) (r Request, err error) {
	if len(b) == 0 {
		return r, refuse(0, "4.1", IllegalFunction, "PDU 为空", "the PDU is empty")
	}
	r.Function = Function(b[0])
	var why *Error
	switch r.Function {
	case ReadCoils, ReadInputs, ReadHolding, ReadRegisters, WriteCoil, WriteRegister:
		why = r.parseShort(b)
	case WriteCoils, WriteRegisters:
		why = r.parseWrite(b)
	case MaskRegister:
		if len(b) != 7 {
			why = wrongLength(r.Function, len(b))
			break
		}
		r.Address, r.And, r.Or = u16(b[1:]), u16(b[3:]), u16(b[5:])
	case ReadWrite:
		why = r.parseBoth(b)
	case Identify:
		switch {
		case len(b) != 4:
			why = wrongLength(r.Function, len(b))
		case b[1] != mei:
			why = refuse(1, "6.19", IllegalFunction, "不支持的 MEI 类型", "this MEI type is not spoken")
		case b[2] < 1 || b[2] > 4:
			why = refuse(2, "6.21", IllegalValue, "读设备标识码不在 1 至 4 之间", "the read device id code is not 1 to 4")
		}
		if why == nil {
			r.Code, r.Object = b[2], b[3]
		}
	default:
		why = refuse(0, "5.1", IllegalFunction, "不支持的功能码", "this function is not spoken")
	}
	if why != nil {
		return Request{}, why
	}
	return r, nil
}

// parseShort reads the requests of five bytes.
func (r *Request) parseShort(b []byte) *Error {
	if len(b) != 5 {
		return wrongLength(r.Function, len(b))
	}
	r.Address = u16(b[1:])
	n := u16(b[3:])
	switch r.Function {
	case ReadCoils, ReadInputs:
		r.Quantity = n
		return span(r.Function, int(r.Address), int(n), maxReadBits, 3)
	case ReadHolding, ReadRegisters:
		r.Quantity = n
		return span(r.Function, int(r.Address), int(n), maxReadRegisters, 3)
	case WriteCoil:
		if n != 0 && n != 0xFF00 {
			return refuse(3, "6.5", IllegalValue, "线圈值不是 0000 或 FF00", "the value of a coil is not 0000 or FF00")
		}
		r.Bits = []bool{n == 0xFF00}
	case WriteRegister:
		r.Values = []uint16{n}
	}
	return nil
}

func (r *Request) parseWrite(b []byte) *Error {
	if len(b) < 6 || int(b[5]) != len(b)-6 {
		return wrongLength(r.Function, len(b))
	}
	r.Address, r.Quantity = u16(b[1:]), u16(b[3:])
	n, most, size := int(r.Quantity), maxWriteRegisters, 2*int(r.Quantity)
	if r.Function == WriteCoils {
		most, size = maxWriteBits, (n+7)/8
	}
	if why := span(r.Function, int(r.Address), n, most, 3); why != nil {
		return why
	}
	if size != int(b[5]) {
		return refuse(5, clauses[r.Function], IllegalValue, "字节数与数量不符", "the byte count does not fit the quantity")
	}
	if r.Function == WriteRegisters {
		r.Values = registers(b[6:])
		return nil
	}
	if !padded(b[6:], n) {
		return refuse(len(b)-1, "6.11", IllegalValue, "填充位不为零", "the bits behind the last coil are not zero")
	}
	r.Bits = unpack(b[6:], n)
	return nil
}

func (r *Request) parseBoth(b []byte) *Error {
	if len(b) < 10 || int(b[9]) != len(b)-10 {
		return wrongLength(r.Function, len(b))
	}
	r.Address, r.Quantity, r.To = u16(b[1:]), u16(b[3:]), u16(b[5:])
	n := int(u16(b[7:]))
	if why := span(r.Function, int(r.Address), int(r.Quantity), maxReadRegisters, 3); why != nil {
		return why
	}
	if why := span(r.Function, int(r.To), n, maxBothWritten, 7); why != nil {
		return why
	}
	if 2*n != int(b[9]) {
		return refuse(9, "6.17", IllegalValue, "字节数与数量不符", "the byte count does not fit the quantity")
	}
	r.Values = registers(b[10:])
	return nil
}

// Append writes the request behind dst. What ParseRequest would refuse is not written.
func (r Request) Append(dst []byte) ([]byte, error) {
	start := len(dst)
	dst = binary.BigEndian.AppendUint16(append(dst, byte(r.Function)), r.Address)
	switch r.Function {
	case ReadCoils, ReadInputs, ReadHolding, ReadRegisters:
		dst = binary.BigEndian.AppendUint16(dst, r.Quantity)
	case WriteCoil:
		v := uint16(0)
		if len(r.Bits) == 1 && r.Bits[0] {
			v = 0xFF00
		}
		dst = binary.BigEndian.AppendUint16(dst, v)
	case WriteRegister:
		dst = words(dst, r.Values)
	case WriteCoils:
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(r.Bits)))
		dst = pack(append(dst, byte((len(r.Bits)+7)/8)), r.Bits)
	case WriteRegisters:
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(r.Values)))
		dst = words(append(dst, byte(2*len(r.Values))), r.Values)
	case MaskRegister:
		dst = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(dst, r.And), r.Or)
	case ReadWrite:
		dst = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(dst, r.Quantity), r.To)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(r.Values)))
		dst = words(append(dst, byte(2*len(r.Values))), r.Values)
	case Identify:
		dst = append(dst[:start+1], mei, r.Code, r.Object)
	}
	if _, err := ParseRequest(dst[start:]); err != nil {
		return dst[:start], err
	}
	return dst, nil
}

// ParseAnswer reads the answer to a request, and refuses what cannot be one. It does not hold on to b.
func ParseAnswer(b []byte, to Request) (a Answer, err error) {
	if len(b) == 0 {
		return a, refuse(0, "4.1", 0, "PDU 为空", "the PDU is empty")
	}
	if Function(b[0]&0x7F) != to.Function {
		return a, refuse(0, "4.1", 0, "应答的功能码与请求不符", "the answer is one to another function")
	}
	a.Function = to.Function
	if b[0]&0x80 != 0 { // Modbus V1.1b3 7
		if len(b) != 2 || b[1] == 0 {
			return Answer{}, refuse(1, "7", 0, "异常应答格式错误", "the exception is malformed")
		}
		a.Exception = Exception(b[1])
		return a, nil
	}
	switch to.Function {
	case ReadCoils, ReadInputs:
		n := int(to.Quantity)
		switch {
		case len(b) < 2 || int(b[1]) != len(b)-2 || int(b[1]) != (n+7)/8:
			return Answer{}, wrongLength(to.Function, len(b))
		case !padded(b[2:], n):
			return Answer{}, refuse(len(b)-1, clauses[to.Function], 0, "填充位不为零", "the bits behind the last one are not zero")
		}
		a.Bits = unpack(b[2:], n)
	case ReadHolding, ReadRegisters, ReadWrite:
		if len(b) < 2 || int(b[1]) != len(b)-2 || int(b[1]) != 2*int(to.Quantity) {
			return Answer{}, wrongLength(to.Function, len(b))
		}
		a.Values = registers(b[2:])
	case WriteCoil, WriteRegister, MaskRegister, WriteCoils, WriteRegisters:
		want, err := to.Append(nil)
		if err != nil {
			return Answer{}, err
		}
		if to.Function == WriteCoils || to.Function == WriteRegisters {
			want = want[:5]
		}
		if !bytes.Equal(b, want) {
			return Answer{}, refuse(1, clauses[to.Function], 0, "应答与写入内容不符", "the answer does not say what was to be written")
		}
		a.Echo = to
	case Identify:
		if why := a.Identity.parse(b); why != nil {
			return Answer{}, why
		}
	default:
		return Answer{}, refuse(0, "5.1", 0, "不支持的功能码", "this function is not spoken")
	}
	return a, nil
}

func (d *Identity) parse(b []byte) *Error {
	if len(b) < 7 || b[1] != mei {
		return wrongLength(Identify, len(b))
	}
	if b[4] != 0 && b[4] != 0xFF {
		return refuse(4, "6.21", 0, "后续标志不是 00 或 FF", "more follows is not 00 or FF")
	}
	d.Code, d.Conformity, d.More, d.Next = b[2], b[3], b[4] == 0xFF, b[5]
	at := 7
	for range b[6] {
		if at+2 > len(b) || at+2+int(b[at+1]) > len(b) {
			return wrongLength(Identify, at)
		}
		d.Objects = append(d.Objects, Object{b[at], bytes.Clone(b[at+2 : at+2+int(b[at+1])])})
		at += 2 + int(b[at+1])
	}
	if at != len(b) {
		return wrongLength(Identify, at)
	}
	return nil
}

// Append writes the answer behind dst.
func (a Answer) Append(dst []byte) ([]byte, error) {
	start := len(dst)
	if a.Exception != 0 {
		return append(dst, byte(a.Function)|0x80, byte(a.Exception)), nil
	}
	dst = append(dst, byte(a.Function))
	switch a.Function {
	case ReadCoils, ReadInputs:
		if len(a.Bits) > maxReadBits {
			return dst[:start], wrongLength(a.Function, 1)
		}
		return pack(append(dst, byte((len(a.Bits)+7)/8)), a.Bits), nil
	case ReadHolding, ReadRegisters, ReadWrite:
		if len(a.Values) > maxReadRegisters {
			return dst[:start], wrongLength(a.Function, 1)
		}
		return words(append(dst, byte(2*len(a.Values))), a.Values), nil
	case WriteCoil, WriteRegister, MaskRegister, WriteCoils, WriteRegisters:
		a.Echo.Function = a.Function
		out, err := a.Echo.Append(dst[:start])
		if err == nil && (a.Function == WriteCoils || a.Function == WriteRegisters) {
			out = out[:start+5]
		}
		return out, err
	case Identify:
		d := a.Identity
		more := byte(0)
		if d.More {
			more = 0xFF
		}
		dst = append(dst, mei, d.Code, d.Conformity, more, d.Next, byte(len(d.Objects)))
		for _, o := range d.Objects {
			if len(o.Text) > maxPDU {
				return dst[:start], wrongLength(a.Function, 1)
			}
			dst = append(append(dst, o.ID, byte(len(o.Text))), o.Text...)
		}
		if len(dst)-start > maxPDU {
			return dst[:start], wrongLength(a.Function, 1)
		}
		return dst, nil
	}
	return dst[:start], refuse(0, "5.1", IllegalFunction, "不支持的功能码", "this function is not spoken")
}

func u16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }

func registers(b []byte) []uint16 {
	out := make([]uint16, len(b)/2)
	for i := range out {
		out[i] = u16(b[2*i:])
	}
	return out
}

func words(dst []byte, v []uint16) []byte {
	for _, x := range v {
		dst = binary.BigEndian.AppendUint16(dst, x)
	}
	return dst
}

func pack(dst []byte, bits []bool) []byte {
	for i, on := range bits {
		if i%8 == 0 {
			dst = append(dst, 0)
		}
		if on {
			dst[len(dst)-1] |= 1 << (i % 8)
		}
	}
	return dst
}

func unpack(b []byte, n int) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = b[i/8]>>(i%8)&1 == 1
	}
	return out
}

// padded tells whether what stands behind the last of n bits is zero.
func padded(b []byte, n int) bool { return n%8 == 0 || b[len(b)-1]>>(n%8) == 0 }
