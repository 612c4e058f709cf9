package dlt698

import "encoding/binary"

// writer appends fields; after the first error it appends nothing.
type writer struct {
	b     []byte
	depth int
	err   *Error
}

func (w *writer) fail(zh, en string) {
	if w.err == nil {
		w.err = refuse(len(w.b), "7.3.1", zh, en)
	}
}

func (w *writer) u8(v uint8)   { w.b = append(w.b, v) }
func (w *writer) u16(v uint16) { w.b = binary.BigEndian.AppendUint16(w.b, v) }
func (w *writer) u32(v uint32) { w.b = binary.BigEndian.AppendUint32(w.b, v) }

func (w *writer) num(v uint64, width int) {
	for i := width - 1; i >= 0; i-- {
		w.b = append(w.b, byte(v>>(8*i)))
	}
}

func (w *writer) length(n int) {
	switch {
	case n < 0x80:
		w.u8(uint8(n))
	case n < 0x100:
		w.b = append(w.b, 0x81, byte(n))
	case n < 0x10000:
		w.b = append(w.b, 0x82, byte(n>>8), byte(n))
	default:
		w.fail("长度超过 65535", "a length is over 65535")
	}
}

func (w *writer) bytes(b []byte) {
	w.length(len(b))
	w.b = append(w.b, b...)
}

func (w *writer) data(d Data) {
	if w.err != nil {
		return
	}
	if w.depth++; w.depth > maxDepth {
		w.fail("数据嵌套过深", "the data are nested too deep")
		return
	}
	defer func() { w.depth-- }()
	w.u8(uint8(d.Tag))
	if n := fixedWidth(d.Tag); n > 0 {
		w.num(d.Num, n)
		return
	}
	switch d.Tag {
	case TagNull:
	case TagArray, TagStructure:
		w.length(len(d.Items))
		for _, it := range d.Items {
			w.data(it)
		}
	case TagBitString:
		if uint64(len(d.Bytes)) != (d.Num+7)/8 {
			w.fail("位串长度与字节数不符", "the bits of a bit-string do not fill its bytes")
			return
		}
		w.length(int(d.Num))
		w.b = append(w.b, d.Bytes...)
	case TagOctetString, TagVisibleString, TagUTF8, TagMAC, TagRN:
		w.bytes(d.Bytes)
	case TagTSA:
		w.tsa(d.Bytes)
	case TagDateTime:
		if len(d.Bytes) != 10 {
			w.fail("date_time 应为 10 字节", "a date_time has 10 bytes")
			return
		}
		w.b = append(w.b, d.Bytes...)
	default:
		w.composite(d)
	}
}

// composite writes the values that lie in Val.
func (w *writer) composite(d Data) {
	switch v := d.Val.(type) {
	case ROAD:
		w.road(v)
	case Region:
		w.region(v)
	case RSD:
		w.rsd(v)
	case CSD:
		w.csd(v)
	case MS:
		w.ms(v)
	case SID:
		w.sid(v)
	case SIDMAC:
		w.sid(v.SID)
		w.bytes(v.MAC)
	case RCSD:
		w.rcsd(v)
	default:
		w.fail("数据类型未定义", "no such data type")
	}
	if w.err == nil && Of(d.Val).Tag != d.Tag {
		w.fail("类型代码与值不符", "the type code does not fit the value")
	}
}

func (w *writer) oad(o OAD) { w.u32(uint32(o)) }

func (w *writer) dateTimeS(d DateTimeS) { w.b = d.append(w.b) }

func (w *writer) dateTime(d DateTime) { w.b = d.append(w.b) }

func (w *writer) ti(t TI) {
	w.u8(uint8(t.Unit))
	w.u16(t.Count)
}

func (w *writer) tsa(t TSA) {
	if len(t) < 1 || len(t) > 17 {
		w.fail("目标服务器地址长度无效", "a target server address has 1 to 17 bytes")
		return
	}
	w.bytes(t)
}

func (w *writer) road(v ROAD) {
	w.oad(v.Record)
	w.length(len(v.Columns))
	for _, c := range v.Columns {
		w.oad(c)
	}
}

func (w *writer) csd(v CSD) {
	if v.HasRecord {
		w.u8(1)
		w.road(v.ROAD)
		return
	}
	w.u8(0)
	w.oad(v.OAD)
}

func (w *writer) rcsd(v RCSD) {
	w.length(len(v))
	for _, c := range v {
		w.csd(c)
	}
}

func (w *writer) region(v Region) {
	w.u8(v.Ends)
	w.data(v.From)
	w.data(v.To)
}

func (w *writer) sid(v SID) {
	w.u32(v.ID)
	w.bytes(v.Extra)
}

func (w *writer) rangeOf(v Range) {
	w.oad(v.OAD)
	w.data(v.From)
	w.data(v.To)
	w.data(v.Step)
}

func (w *writer) rsd(v RSD) {
	w.u8(v.Method)
	switch v.Method {
	case 0:
	case 1:
		w.oad(v.OAD)
		w.data(v.Value)
	case 2:
		if len(v.Ranges) != 1 {
			w.fail("选择方法 2 应有一个区间", "method 2 takes one range")
			return
		}
		w.rangeOf(v.Ranges[0])
	case 3:
		w.length(len(v.Ranges))
		for _, x := range v.Ranges {
			w.rangeOf(x)
		}
	case 4, 5:
		w.dateTimeS(v.From)
		w.ms(v.Meters)
	case 6, 7, 8:
		w.dateTimeS(v.From)
		w.dateTimeS(v.To)
		w.ti(v.Step)
		w.ms(v.Meters)
	case 9:
		w.u8(v.Last)
	case 10:
		w.u8(v.Last)
		w.ms(v.Meters)
	default:
		w.fail("行选择方法未定义", "no such method of row selection")
	}
}

func (w *writer) ms(v MS) {
	w.u8(uint8(v.Kind))
	switch v.Kind {
	case NoMeter, AllMeters:
	case MetersByUserType:
		w.bytes(v.Types)
	case MetersByAddress:
		w.length(len(v.Addresses))
		for _, a := range v.Addresses {
			w.tsa(a)
		}
	case MetersByNumber:
		w.length(len(v.Numbers))
		for _, n := range v.Numbers {
			w.u16(n)
		}
	case MetersInUserTypes, MetersInAddresses, MetersInNumbers:
		w.length(len(v.Regions))
		for _, x := range v.Regions {
			w.region(x)
		}
	default:
		w.fail("电能表集合类型未定义", "no such kind of meter set")
	}
}

// Append prints the value after dst.
func (d Data) Append(dst []byte) ([]byte, error) {
	w := writer{b: dst}
	w.data(d)
	if w.err != nil {
		return dst, w.err
	}
	return w.b, nil
}
