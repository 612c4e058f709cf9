package dlt698

import "fmt"

// OI names an object. DL/T 698.45-2017 7.3.1
type OI uint16

// OAD names an attribute of an object, or an element of it: object (2 bytes), attribute and feature (1), element index (1; 0
// means the whole attribute, or of a record the n-th last).
type OAD uint32

// OI is the object.
func (o OAD) OI() OI { return OI(o >> 16) }

// Attribute is the number of the attribute, without its feature (the three high bits).
func (o OAD) Attribute() uint8 { return uint8(o>>8) & 0x1F }

// Index is the element.
func (o OAD) Index() uint8 { return uint8(o) }

// Whole is the attribute without the element index.
func (o OAD) Whole() OAD { return o &^ 0xFF }

// String gives eight hexadecimal digits.
func (o OAD) String() string { return fmt.Sprintf("%08X", uint32(o)) }

// OMD names a method of an object: object (2 bytes), method (1), mode (1, always 0).
type OMD uint32

// String gives eight hexadecimal digits.
func (o OMD) String() string { return fmt.Sprintf("%08X", uint32(o)) }

// ROAD names columns of a record: the record and the attributes that it holds.
type ROAD struct {
	Record  OAD
	Columns []OAD
}

// CSD is one column: an attribute, or the columns of a record. Of the two that is meant which HasRecord says.
type CSD struct {
	HasRecord bool
	OAD       OAD
	ROAD      ROAD
}

// RCSD is a choice of columns; empty means all.
type RCSD []CSD

// Columns makes a choice of plain attributes.
func Columns(oads ...OAD) RCSD {
	r := make(RCSD, len(oads))
	for i, o := range oads {
		r[i].OAD = o
	}
	return r
}

// TSA is the address of a target server: a first byte like that of a link address, then the digits, highest first.
type TSA []byte

// MeterTSA makes the TSA of a meter from 12 digits, highest first.
func MeterTSA(digits string) (TSA, error) {
	a, err := NewAddress(Single, digits)
	if err != nil {
		return nil, err
	}
	t := make(TSA, 1, 1+a.n)
	t[0] = a.flag()
	for i := int(a.n) - 1; i >= 0; i-- {
		t = append(t, a.b[i])
	}
	return t, nil
}

// Digits gives the digits; ok is false where the TSA does not hold a single address of BCD digits.
func (t TSA) Digits() (s string, ok bool) {
	if len(t) < 2 || int(t[0]&15)+1 != len(t)-1 || t[0]>>6 != byte(Single) {
		return "", false
	}
	a := Address{Logical: t[0] >> 4 & 3, n: uint8(len(t) - 1)}
	for i, x := range t[1:] {
		a.b[len(t)-2-i] = x
	}
	if a.check(0) != nil {
		return "", false
	}
	return a.String(), true
}

// Unit is the unit of a [TI].
type Unit uint8

// The units.
const (
	Second Unit = iota
	Minute
	Hour
	Day
	Month
	Year
)

// TI is a time interval.
type TI struct {
	Unit  Unit
	Count uint16
}

// Region is a range of values. Ends: 0 [a,b) 1 (a,b] 2 [a,b] 3 (a,b).
type Region struct {
	Ends     uint8
	From, To Data
}

// Range is the condition of the methods 2 and 3 of an [RSD]: From <= attribute < To, every Step (TI, or Null).
type Range struct {
	OAD            OAD
	From, To, Step Data
}

// RSD chooses rows of a record. DL/T 698.45-2017 7.3.1: which fields count depends on Method:
//
//	0       all rows
//	1       OAD, Value
//	2, 3    Ranges (2: exactly one)
//	4, 5    From (start or store time), Meters
//	6, 7, 8 From, To (start, store or success time), Step, Meters
//	9       Last n rows
//	10      Last n rows, Meters
type RSD struct {
	Method   uint8
	OAD      OAD
	Value    Data
	Ranges   []Range
	From, To DateTimeS
	Step     TI
	Meters   MS
	Last     uint8
}

// MSKind is the kind of a meter set.
type MSKind uint8

// The kinds.
const (
	NoMeter MSKind = iota
	AllMeters
	MetersByUserType  // Types
	MetersByAddress   // Addresses
	MetersByNumber    // Numbers
	MetersInUserTypes // Regions
	MetersInAddresses // Regions
	MetersInNumbers   // Regions
)

// MS is a set of meters.
type MS struct {
	Kind      MSKind
	Types     []byte
	Addresses []TSA
	Numbers   []uint16
	Regions   []Region
}

// SID is a security identifier.
type SID struct {
	ID    uint32
	Extra []byte
}

// SIDMAC is a security identifier with the MAC of the data.
type SIDMAC struct {
	SID SID
	MAC []byte
}
