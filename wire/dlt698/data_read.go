package dlt698

import "encoding/binary"

// Bounds that keep a hostile frame cheap: how deep values may lie in each other, and how many there may be in one APDU.
const (
	maxDepth = 16
	maxItems = 8192
)

// reader takes fields off a byte slice; after the first error it gives zeros.
type reader struct {
	b     []byte
	at    int
	depth int
	items int
	err   *Error
}

func (r *reader) fail(at int, clause, zh, en string) {
	if r.err == nil {
		r.err = refuse(at, clause, zh, en)
	}
}

func (r *reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || n > len(r.b)-r.at {
		r.fail(len(r.b), "7.3.1", "数据不完整", "the data end too early")
		return nil
	}
	r.at += n
	return r.b[r.at-n : r.at : r.at]
}

func (r *reader) u8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) num(width int) (n uint64) {
	for _, x := range r.take(width) {
		n = n<<8 | uint64(x)
	}
	return n
}

// choice takes one byte that must be at most max.
func (r *reader) choice(max uint8, clause string) uint8 {
	c := r.u8()
	if r.err == nil && c > max {
		r.fail(r.at-1, clause, "选项代码未定义", "no such choice")
	}
	return c
}

// length takes a length in A-XDR's form: one byte below 128, or the number of bytes that follow.
func (r *reader) length() int {
	at := r.at
	n := int(r.u8())
	if n < 0x80 {
		return n
	}
	width := n & 0x7F
	if width < 1 || width > 3 {
		r.fail(at, "7.3.1", "长度编码无效", "the coded length is not valid")
		return 0
	}
	v := int(r.num(width))
	// A-XDR lets a sender pad; we do not take that, so that what is printed equals what was parsed
	if r.err == nil && (v < 0x80 || width == 2 && v < 0x100 || width == 3 && v < 0x10000) {
		r.fail(at, "7.3.1", "长度未按最短形式编码", "the length is not in its shortest form")
	}
	return v
}

// count takes the number of elements of a list; each has at least min bytes.
func (r *reader) count(min int) int {
	at := r.at
	n := r.length()
	if r.err != nil {
		return 0
	}
	if n*min > len(r.b)-r.at {
		r.fail(at, "7.3.1", "元素个数超出数据长度", "more elements than the data can hold")
		return 0
	}
	if r.items += n; r.items > maxItems {
		r.fail(at, "7.3.1", "元素过多", "too many elements")
		return 0
	}
	return n
}

func (r *reader) bytes() []byte { return r.take(r.length()) }

func (r *reader) enter() bool {
	if r.depth++; r.depth > maxDepth {
		r.fail(r.at, "7.3.1", "数据嵌套过深", "the data are nested too deep")
	}
	return r.err == nil
}

func (r *reader) data() (d Data) {
	if r.err != nil || !r.enter() {
		return d
	}
	defer func() { r.depth-- }()
	at := r.at
	d.Tag = Tag(r.u8())
	switch d.Tag {
	case TagNull:
	case TagArray, TagStructure:
		n := r.count(1)
		d.Items = make([]Data, 0, n)
		for range n {
			d.Items = append(d.Items, r.data())
			if r.err != nil {
				return d
			}
		}
	case TagBitString:
		n := r.length()
		d.Num, d.Bytes = uint64(n), r.take((n+7)/8)
	case TagOctetString, TagVisibleString, TagUTF8, TagMAC, TagRN:
		d.Bytes = r.bytes()
	case TagTSA:
		d.Bytes = r.tsa()
	case TagDateTime:
		d.Bytes = r.take(10)
	case TagROAD:
		d.Val = r.road()
	case TagRegion:
		d.Val = r.region()
	case TagRSD:
		d.Val = r.rsd()
	case TagCSD:
		d.Val = r.csd()
	case TagMS:
		d.Val = r.ms()
	case TagSID:
		d.Val = r.sid()
	case TagSIDMAC:
		d.Val = SIDMAC{SID: r.sid(), MAC: r.bytes()}
	case TagRCSD:
		d.Val = r.rcsd()
	default:
		w := fixedWidth(d.Tag)
		if w == 0 {
			r.fail(at, "7.3.1", "数据类型未定义", "no such data type")
			return d
		}
		d.Num = r.num(w)
	}
	return d
}

func (r *reader) oad() OAD { return OAD(r.u32()) }

func (r *reader) dateTimeS() DateTimeS { return dateTimeSFrom(r.num(7)) }

func (r *reader) dateTime() (d DateTime) {
	if b := r.take(10); b != nil {
		d = dateTimeFrom(b)
	}
	return d
}

func (r *reader) ti() TI { return TI{Unit: Unit(r.choice(uint8(Year), "7.3.1")), Count: r.u16()} }

func (r *reader) tsa() TSA {
	at := r.at
	b := r.bytes()
	if r.err == nil && (len(b) < 1 || len(b) > 17) {
		r.fail(at, "7.3.1", "目标服务器地址长度无效", "a target server address has 1 to 17 bytes")
	}
	return b
}

func (r *reader) road() (v ROAD) {
	v.Record = r.oad()
	n := r.count(4)
	v.Columns = make([]OAD, 0, n)
	for range n {
		v.Columns = append(v.Columns, r.oad())
	}
	return v
}

func (r *reader) csd() (v CSD) {
	if r.choice(1, "7.3.1") == 1 {
		v.HasRecord, v.ROAD = true, r.road()
	} else {
		v.OAD = r.oad()
	}
	return v
}

func (r *reader) rcsd() RCSD {
	n := r.count(5)
	v := make(RCSD, 0, n)
	for range n {
		v = append(v, r.csd())
	}
	return v
}

func (r *reader) region() (v Region) {
	v.Ends = r.choice(3, "7.3.1")
	v.From, v.To = r.data(), r.data()
	return v
}

func (r *reader) sid() (v SID) {
	v.ID = r.u32()
	v.Extra = r.bytes()
	return v
}

func (r *reader) rangeOf() (v Range) {
	v.OAD = r.oad()
	v.From, v.To, v.Step = r.data(), r.data(), r.data()
	return v
}

func (r *reader) rsd() (v RSD) {
	v.Method = r.choice(10, "7.3.1")
	switch v.Method {
	case 1:
		v.OAD, v.Value = r.oad(), r.data()
	case 2:
		v.Ranges = []Range{r.rangeOf()}
	case 3:
		for range r.count(7) {
			v.Ranges = append(v.Ranges, r.rangeOf())
		}
	case 4, 5:
		v.From, v.Meters = r.dateTimeS(), r.ms()
	case 6, 7, 8:
		v.From, v.To, v.Step, v.Meters = r.dateTimeS(), r.dateTimeS(), r.ti(), r.ms()
	case 9:
		v.Last = r.u8()
	case 10:
		v.Last, v.Meters = r.u8(), r.ms()
	}
	return v
}

func (r *reader) ms() (v MS) {
	v.Kind = MSKind(r.choice(uint8(MetersInNumbers), "7.3.1"))
	switch v.Kind {
	case MetersByUserType:
		v.Types = r.take(r.count(1))
	case MetersByAddress:
		for range r.count(2) {
			v.Addresses = append(v.Addresses, r.tsa())
		}
	case MetersByNumber:
		for range r.count(2) {
			v.Numbers = append(v.Numbers, r.u16())
		}
	case MetersInUserTypes, MetersInAddresses, MetersInNumbers:
		for range r.count(3) {
			v.Regions = append(v.Regions, r.region())
			if r.err != nil {
				break
			}
		}
	}
	return v
}

// ParseData reads one value that must fill b.
func ParseData(b []byte) (Data, error) {
	r := reader{b: b}
	d := r.data()
	if r.err == nil && r.at != len(b) {
		r.fail(r.at, "7.3.1", "数据之后有多余字节", "bytes are left over after the data")
	}
	if r.err != nil {
		return Data{}, r.err
	}
	return d, nil
}
