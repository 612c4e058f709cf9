package modbus

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/lang"
)

// Kind is how a number lies in registers. The specification knows registers of 16 bits only; the rest is the makers' custom.
type Kind string

// The kinds.
const (
	Int16   Kind = "int16"
	Uint16  Kind = "uint16"
	Int32   Kind = "int32"
	Uint32  Kind = "uint32"
	Int64   Kind = "int64"
	Uint64  Kind = "uint64"
	Float32 Kind = "float32"
	Float64 Kind = "float64"
	Bit     Kind = "bit" // of a coil or an input
)

// Registers is how many a kind takes.
func (k Kind) Registers() int {
	switch k {
	case Int16, Uint16, Bit:
		return 1
	case Int32, Uint32, Float32:
		return 2
	case Int64, Uint64, Float64:
		return 4
	}
	return 0
}

// Order is how bytes lie in registers, as they are told of a number of four bytes: ABCD is most significant first.
type Order string

// The orders.
const (
	ABCD Order = "ABCD"
	CDAB Order = "CDAB" // registers the other way round
	BADC Order = "BADC" // bytes within registers the other way round
	DCBA Order = "DCBA" // both
)

// Field is a number in a device: where it lies and how it is read. The value is raw × Scale + Offset.
type Field struct {
	Function Function // 1 to 4
	Address  uint16   // as on the wire, from 0
	Kind     Kind
	Order    Order
	Scale    float64
	Offset   float64
}

// ParseField reads how a register map states a number:
//
//	4:100:float32               input register 100 and 101
//	3:0:int16:*0.1+-40          holding register 0, tenths, from -40 on
//	3:8:uint32:CDAB:*0.001      registers the other way round
//	2:17:bit                    input 17
//
// Function (1 to 4), address on the wire (from 0) and kind, then the order where it is not ABCD, then *scale and +offset. An error is an *Error.
func ParseField(s string) (f Field, err error) {
	bad := func(zh, en string) (Field, error) { return Field{}, refuse(0, "6", 0, zh, en) }
	part := strings.Split(s, ":")
	if len(part) < 3 || len(part) > 5 {
		return bad("点位应写作 功能码:地址:类型[:字序][:*系数+偏移]", "a register is stated as function:address:kind[:order][:*scale+offset]")
	}
	function, errF := strconv.ParseUint(part[0], 10, 8)
	address, errA := strconv.ParseUint(part[1], 10, 16)
	if errF != nil || function < 1 || function > 4 || errA != nil {
		return bad("功能码应为 1 至 4，地址应为 0 至 65535", "the function must be 1 to 4 and the address 0 to 65535")
	}
	f = Field{Function: Function(function), Address: uint16(address), Kind: Kind(part[2]), Order: ABCD, Scale: 1}
	n := f.Kind.Registers()
	if n == 0 || (f.Kind == Bit) != (f.Function <= ReadInputs) || int(address)+n > 1<<16 {
		return bad("类型与功能码或地址不符", "the kind does not fit the function or the address")
	}
	rest := part[3:]
	if len(rest) > 0 && !strings.HasPrefix(rest[0], "*") {
		f.Order = Order(rest[0])
		rest = rest[1:]
	}
	if f.Order != ABCD && f.Order != CDAB && f.Order != BADC && f.Order != DCBA {
		return bad("字序应为 ABCD、CDAB、BADC 或 DCBA", "the order must be ABCD, CDAB, BADC or DCBA")
	}
	if len(rest) == 0 {
		return f, nil
	}
	scale, offset, both := strings.Cut(strings.TrimPrefix(rest[0], "*"), "+")
	var errS, errO error
	f.Scale, errS = strconv.ParseFloat(scale, 64)
	if both {
		f.Offset, errO = strconv.ParseFloat(offset, 64)
	}
	if len(rest) > 1 || errS != nil || errO != nil || f.Scale == 0 || !finite(f.Scale) || !finite(f.Offset) || !strings.HasPrefix(rest[0], "*") {
		return bad("系数或偏移不是有效数值", "scale or offset is not a number")
	}
	return f, nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// String is what ParseField reads.
func (f Field) String() string {
	s := strconv.Itoa(int(f.Function)) + ":" + strconv.Itoa(int(f.Address)) + ":" + string(f.Kind)
	if f.Order != ABCD {
		s += ":" + string(f.Order)
	}
	if f.Scale != 1 || f.Offset != 0 {
		s += ":*" + strconv.FormatFloat(f.Scale, 'f', -1, 64) + "+" + strconv.FormatFloat(f.Offset, 'f', -1, 64)
	}
	return s
}

// Value makes the number of its registers; NaN and infinity of a float stay such.
func (f Field) Value(r []uint16) float64 {
	raw := f.bits(r)
	var v float64
	switch f.Kind {
	case Int16:
		v = float64(int16(raw))
	case Int32:
		v = float64(int32(raw))
	case Int64:
		v = float64(int64(raw))
	case Float32:
		v = float64(math.Float32frombits(uint32(raw)))
	case Float64:
		v = math.Float64frombits(raw)
	default:
		v = float64(raw)
	}
	if f.Scale == 1 && f.Offset == 0 {
		return v
	}
	return v*f.Scale + f.Offset
}

// bits lays the registers' bytes in order, most significant first.
func (f Field) bits(r []uint16) (raw uint64) {
	n := f.Kind.Registers()
	for i := range n {
		w := r[i]
		if f.Order == CDAB || f.Order == DCBA {
			w = r[n-1-i]
		}
		if f.Order == BADC || f.Order == DCBA {
			w = w<<8 | w>>8
		}
		raw = raw<<16 | uint64(w)
	}
	return raw
}

// Put makes registers of a number, for a server; what the kind cannot hold is refused.
func (f Field) Put(v float64) ([]uint16, error) {
	v = (v - f.Offset) / f.Scale
	var raw uint64
	ok := true
	whole := func(low, high float64) {
		v = math.Round(v)
		ok = v >= low && v <= high
	}
	switch f.Kind {
	case Int16:
		whole(math.MinInt16, math.MaxInt16)
		raw = uint64(int64(v))
	case Uint16:
		whole(0, math.MaxUint16)
		raw = uint64(v)
	case Int32:
		whole(math.MinInt32, math.MaxInt32)
		raw = uint64(int64(v))
	case Uint32:
		whole(0, math.MaxUint32)
		raw = uint64(v)
	case Int64:
		whole(-1<<63, 1<<63-1024)
		raw = uint64(int64(v))
	case Uint64:
		whole(0, 1<<64-2048)
		raw = uint64(v)
	case Float32:
		raw = uint64(math.Float32bits(float32(v)))
	case Float64:
		raw = math.Float64bits(v)
	case Bit:
		whole(0, 1)
		raw = uint64(v)
	}
	if !ok {
		return nil, &Error{Clause: "4.3", Exception: IllegalValue, Reason: lang.T("数值超出类型范围", "the number is beyond its kind")}
	}
	n := f.Kind.Registers()
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], raw<<(64-16*n))
	straight := registers(b[:2*n])
	out := make([]uint16, n)
	for i := range n { // bits undoes itself
		out[i] = uint16(f.bits(straight) >> (16 * (n - 1 - i)))
	}
	return out, nil
}
