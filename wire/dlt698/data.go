package dlt698

import "math"

// Tag is the type code of a value. DL/T 698.45-2017 7.3.1
type Tag uint8

// The types.
const (
	TagNull          Tag = 0
	TagArray         Tag = 1
	TagStructure     Tag = 2
	TagBool          Tag = 3
	TagBitString     Tag = 4
	TagInt32         Tag = 5  // double-long
	TagUint32        Tag = 6  // double-long-unsigned
	TagOctetString   Tag = 9  // octet-string
	TagVisibleString Tag = 10 // visible-string
	TagUTF8          Tag = 12 // UTF8-string
	TagInt8          Tag = 15 // integer
	TagInt16         Tag = 16 // long
	TagUint8         Tag = 17 // unsigned
	TagUint16        Tag = 18 // long-unsigned
	TagInt64         Tag = 20 // long64
	TagUint64        Tag = 21 // long64-unsigned
	TagEnum          Tag = 22
	TagFloat32       Tag = 23
	TagFloat64       Tag = 24
	TagDateTime      Tag = 25 // date_time
	TagDate          Tag = 26
	TagTime          Tag = 27
	TagDateTimeS     Tag = 28 // date_time_s
	TagOI            Tag = 80
	TagOAD           Tag = 81
	TagROAD          Tag = 82
	TagOMD           Tag = 83
	TagTI            Tag = 84
	TagTSA           Tag = 85
	TagMAC           Tag = 86
	TagRN            Tag = 87
	TagRegion        Tag = 88
	TagScalerUnit    Tag = 89
	TagRSD           Tag = 90
	TagCSD           Tag = 91
	TagMS            Tag = 92
	TagSID           Tag = 93
	TagSIDMAC        Tag = 94
	TagCOMDCB        Tag = 95
	TagRCSD          Tag = 96
)

// Data is one value with its type. Which field holds it depends on Tag:
//
//	Num    bool, enum, integers (two's complement of the type's width), floats (IEEE 754 bits), and the fixed-size types of up
//	       to 8 bytes as one big-endian number: date, time, date_time_s, OI, OAD, OMD, TI, Scaler_Unit, COMDCB;
//	       of a bit-string the number of bits
//	Bytes  bit-string, octet-string, visible-string, UTF8-string, TSA, MAC, RN, date_time (10 bytes)
//	Items  array, structure
//	Val    ROAD, Region, RSD, CSD, MS, SID, SIDMAC, RCSD (the Go types of those names)
//
// Bytes may be a part of what was parsed.
type Data struct {
	Tag   Tag
	Num   uint64
	Bytes []byte
	Items []Data
	Val   any
}

// Null is the value that is not there.
func Null() Data { return Data{} }

// Array makes an array.
func Array(items ...Data) Data { return Data{Tag: TagArray, Items: items} }

// Structure makes a structure.
func Structure(items ...Data) Data { return Data{Tag: TagStructure, Items: items} }

// Int makes an integer of the given type; the value is cut to its width.
func Int(tag Tag, v int64) Data {
	d := Data{Tag: tag, Num: uint64(v)}
	if w := fixedWidth(tag); w > 0 && w < 8 {
		d.Num &= 1<<(8*w) - 1
	}
	return d
}

// OctetString makes an octet-string.
func OctetString(b []byte) Data { return Data{Tag: TagOctetString, Bytes: b} }

// VisibleString makes a visible-string.
func VisibleString(s string) Data { return Data{Tag: TagVisibleString, Bytes: []byte(s)} }

// Of makes a Data of a ROAD, Region, RSD, CSD, MS, SID, SIDMAC or RCSD; of an OAD, OMD, OI, TI, DateTime or DateTimeS.
// Anything else gives Null.
func Of(v any) Data {
	switch v := v.(type) {
	case ROAD:
		return Data{Tag: TagROAD, Val: v}
	case Region:
		return Data{Tag: TagRegion, Val: v}
	case RSD:
		return Data{Tag: TagRSD, Val: v}
	case CSD:
		return Data{Tag: TagCSD, Val: v}
	case MS:
		return Data{Tag: TagMS, Val: v}
	case SID:
		return Data{Tag: TagSID, Val: v}
	case SIDMAC:
		return Data{Tag: TagSIDMAC, Val: v}
	case RCSD:
		return Data{Tag: TagRCSD, Val: v}
	case OAD:
		return Data{Tag: TagOAD, Num: uint64(v)}
	case OMD:
		return Data{Tag: TagOMD, Num: uint64(v)}
	case OI:
		return Data{Tag: TagOI, Num: uint64(v)}
	case TI:
		return Data{Tag: TagTI, Num: uint64(v.Unit)<<16 | uint64(v.Count)}
	case TSA:
		return Data{Tag: TagTSA, Bytes: v}
	case DateTimeS:
		return Data{Tag: TagDateTimeS, Num: v.num()}
	case DateTime:
		return Data{Tag: TagDateTime, Bytes: v.append(nil)}
	}
	return Data{}
}

// Int64 gives the number of an integer, enum or bool; ok is false for any other type and for an unsigned number beyond int64.
func (d Data) Int64() (v int64, ok bool) {
	switch d.Tag {
	case TagInt8:
		return int64(int8(d.Num)), true
	case TagInt16:
		return int64(int16(d.Num)), true
	case TagInt32:
		return int64(int32(d.Num)), true
	case TagInt64:
		return int64(d.Num), true
	case TagBool, TagEnum, TagUint8, TagUint16, TagUint32:
		return int64(d.Num), true
	case TagUint64:
		return int64(d.Num), d.Num <= math.MaxInt64
	}
	return 0, false
}

// Float64 gives the number of a float32 or float64.
func (d Data) Float64() (v float64, ok bool) {
	switch d.Tag {
	case TagFloat32:
		return float64(math.Float32frombits(uint32(d.Num))), true
	case TagFloat64:
		return math.Float64frombits(d.Num), true
	}
	return 0, false
}

// Text gives the content of a visible-string or UTF8-string.
func (d Data) Text() (s string, ok bool) {
	return string(d.Bytes), d.Tag == TagVisibleString || d.Tag == TagUTF8
}

// fixedWidth is the number of bytes of a type whose value lies in Num; 0 for the others.
func fixedWidth(t Tag) int {
	switch t {
	case TagBool, TagInt8, TagUint8, TagEnum:
		return 1
	case TagInt16, TagUint16, TagOI, TagScalerUnit:
		return 2
	case TagTime, TagTI:
		return 3
	case TagInt32, TagUint32, TagFloat32, TagOAD, TagOMD:
		return 4
	case TagDate, TagCOMDCB:
		return 5
	case TagDateTimeS:
		return 7
	case TagInt64, TagUint64, TagFloat64:
		return 8
	}
	return 0
}
