package gbt26875

import (
	"bytes"
	"encoding/binary"
	"time"
)

// Type is what the objects of a data unit are. GB/T 26875.3-2011 8.1
type Type uint8

// The types that a device tells, and those that the centre sends.
const (
	SystemState     Type = 1
	ComponentState  Type = 2
	AnalogValue     Type = 3
	Operation       Type = 4
	SystemVersion   Type = 5
	SystemConfig    Type = 6
	ComponentConfig Type = 7
	SystemTime      Type = 8
	DeviceState     Type = 21 // of the transmission device itself
	DeviceOperation Type = 24
	DeviceVersion   Type = 25
	DeviceConfig    Type = 26
	DeviceTime      Type = 28

	AskSystemState     Type = 61
	AskComponentState  Type = 62
	AskAnalogValue     Type = 63
	AskOperation       Type = 64
	AskSystemVersion   Type = 65
	AskSystemConfig    Type = 66
	AskComponentConfig Type = 67
	AskSystemTime      Type = 68
	AskDeviceState     Type = 81
	AskDeviceOperation Type = 84
	AskDeviceVersion   Type = 85
	AskDeviceConfig    Type = 86
	AskDeviceTime      Type = 88
	ResetDevice        Type = 89
	SetDeviceTime      Type = 90
	AskPresence        Type = 91 // 查岗
)

// Object is one object of a data unit; which fields count is the type's affair, see parts.
type Object struct {
	System    uint8     // kind of fire system (1 is the alarm system)
	Place     uint8     // its address
	Component uint8     // kind of component (40 a smoke detector)
	Part      uint32    // its address, 0xCCCCCCCC-style as the panel numbers it
	State     State     // of types 1, 2, 21
	Text      []byte    // what the panel calls the component, or a configuration; GB 18030, without its filling
	Analog    uint8     // kind of analog value
	Value     int16     // in its unit, see AnalogUnit
	Done      uint8     // what was operated, by bits
	Operator  uint8     // number of the person at the panel
	Major     uint8     // version
	Minor     uint8     //
	Count     uint8     // of records asked for, or minutes to answer a call for presence
	Time      time.Time // when it came about, or from when records are asked for
}

// State holds the bits of a state; what they mean depends on the type.
type State uint16

// The bits that systems, components and the transmission device have in common. GB/T 26875.3-2011 8.3
const (
	Working    State = 1 << 0 // 0: under test
	OnFire     State = 1 << 1
	InFault    State = 1 << 2
	Masked     State = 1 << 3 // of systems and components; for the device: main power fault
	Supervised State = 1 << 4
	Started    State = 1 << 5
	FedBack    State = 1 << 6
	Delayed    State = 1 << 7
	PowerFault State = 1 << 8  // component: power; system: main power
	SpareFault State = 1 << 9  // system: spare power
	BusFault   State = 1 << 10 // system
	Manual     State = 1 << 11 // system: 1 by hand, 0 by itself
	Changed    State = 1 << 12 // system: configuration
	Reset      State = 1 << 13 // system
)

// The bits of the transmission device's own state (type 21).
const (
	DeviceMainFault  State = 1 << 3
	DeviceSpareFault State = 1 << 4
	DeviceLineFault  State = 1 << 5 // to the centre
	DevicePanelFault State = 1 << 6 // to the panel
)

// Fields of objects, as bits of a layout, in the order in which they are sent.
const (
	hasPlace = 1 << iota
	hasPart
	hasWideState
	hasPartState
	hasAnalog
	hasByteState
	hasDone
	hasVersion
	hasName  // 31 bytes, filled with zeros
	hasText  // a length and as many bytes
	hasCount // one byte
	hasSpare // one reserved byte
	hasTime
)

// layouts of one object by type. GB/T 26875.3-2011 8.3
var layouts = map[Type]int{
	SystemState: hasPlace | hasWideState | hasTime, ComponentState: hasPlace | hasPart | hasPartState | hasName | hasTime, AnalogValue: hasPlace | hasPart | hasAnalog | hasTime,
	Operation: hasPlace | hasDone | hasTime, SystemVersion: hasPlace | hasVersion, SystemConfig: hasPlace | hasText, ComponentConfig: hasPlace | hasPart | hasName, SystemTime: hasPlace | hasTime,
	DeviceState: hasByteState | hasTime, DeviceOperation: hasDone | hasTime, DeviceVersion: hasVersion, DeviceConfig: hasText, DeviceTime: hasTime,
	AskSystemState: hasPlace, AskComponentState: hasPlace | hasPart, AskAnalogValue: hasPlace | hasPart, AskOperation: hasPlace | hasCount | hasTime, AskSystemVersion: hasPlace, AskSystemConfig: hasPlace,
	AskComponentConfig: hasPlace | hasPart, AskSystemTime: hasPlace, AskDeviceState: hasSpare, AskDeviceOperation: hasCount | hasTime, AskDeviceVersion: hasSpare, AskDeviceConfig: hasSpare,
	AskDeviceTime: hasSpare, ResetDevice: hasSpare, SetDeviceTime: hasTime, AskPresence: hasCount,
}

// single are the types of which a data unit holds one object only.
var single = map[Type]bool{
	DeviceState: true, DeviceVersion: true, DeviceConfig: true, DeviceTime: true, AskDeviceState: true, AskDeviceOperation: true, AskDeviceVersion: true, AskDeviceConfig: true, AskDeviceTime: true,
	ResetDevice: true, SetDeviceTime: true, AskPresence: true, AskOperation: true,
}

const nameSize = 31

// Unit is a data unit: objects of one type.
type Unit struct {
	Type    Type
	Objects []Object
}

// DecodeUnit reads a data unit. Types from 128 on are makers' own and are refused as unknown.
func DecodeUnit(b []byte) (u Unit, err error) {
	if len(b) < 2 {
		return u, refuse(len(b), "7", "应用数据单元缺少类型标志或对象数目", "the data unit lacks its type or its count")
	}
	u.Type = Type(b[0])
	layout, ok := layouts[u.Type]
	if !ok {
		return u, refuse(0, "8.1", "类型标志未定义", "the type is not defined")
	}
	n := int(b[1])
	if n == 0 || single[u.Type] && n > 1 {
		return u, refuse(1, "8.1", "信息对象数目与类型不符", "the count of objects does not fit the type")
	}
	at := 2
	u.Objects = make([]Object, 0, min(n, 32))
	for range n {
		var o Object
		size, why := o.parse(b[at:], layout)
		if why != nil {
			why.Offset += at
			return Unit{}, why
		}
		at += size
		u.Objects = append(u.Objects, o)
	}
	if at != len(b) {
		return Unit{}, refuse(at, "7", "信息对象之后还有内容", "something stands behind the objects")
	}
	return u, nil
}

// sizes of fixed fields by their bit.
var sizes = []int{2, 5, 2, 2, 3, 1, 2, 2, nameSize, 1, 1, 1, 6}

// parse reads one object and says how long it is.
func (o *Object) parse(b []byte, layout int) (n int, why *Error) {
	for bit, size := range sizes {
		if layout&(1<<bit) == 0 {
			continue
		}
		if 1<<bit == hasText && n < len(b) {
			size += int(b[n])
		}
		if n+size > len(b) {
			return 0, refuse(len(b), "8.2.1", "信息对象不完整", "the object is not complete")
		}
		if !o.take(1<<bit, b[n:n+size]) {
			return 0, refuse(n, "8.2.2", "时间标签不是有效时间", "the time is not one that there is")
		}
		n += size
	}
	return n, nil
}

// take reads one field; false where a time is none.
func (o *Object) take(field int, b []byte) (ok bool) {
	switch field {
	case hasPlace:
		o.System, o.Place = b[0], b[1]
	case hasPart:
		o.Component, o.Part = b[0], binary.LittleEndian.Uint32(b[1:])
	case hasWideState, hasPartState:
		o.State = State(binary.LittleEndian.Uint16(b))
	case hasAnalog:
		o.Analog, o.Value = b[0], int16(binary.LittleEndian.Uint16(b[1:]))
	case hasByteState:
		o.State = State(b[0])
	case hasDone:
		o.Done, o.Operator = b[0], b[1]
	case hasVersion:
		o.Major, o.Minor = b[0], b[1]
	case hasName:
		o.Text = append([]byte(nil), bytes.TrimRight(b, "\x00")...)
	case hasText:
		o.Text = append([]byte(nil), b[1:]...)
	case hasCount:
		o.Count = b[0]
	case hasTime:
		o.Time, ok = timeOf(b)
		return ok
	}
	return true
}

// Append writes the data unit behind dst.
func (u Unit) Append(dst []byte) ([]byte, error) {
	layout, ok := layouts[u.Type]
	if !ok || len(u.Objects) == 0 || len(u.Objects) > 255 {
		return dst, refuse(0, "8.1", "类型标志未定义，或对象数目不在 1 至 255 之间", "the type is not defined, or the count of objects is not 1 to 255")
	}
	start := len(dst)
	dst = append(dst, byte(u.Type), byte(len(u.Objects)))
	for i := range u.Objects {
		o := &u.Objects[i]
		if layout&hasName != 0 && len(o.Text) > nameSize || len(o.Text) > 255 {
			return dst[:start], refuse(0, "8.2.1", "说明文字过长", "the text is too long")
		}
		if y := o.Time.In(china).Year(); layout&hasTime != 0 && (y < 2000 || y > 2099) {
			return dst[:start], refuse(0, "8.2.2", "时间不在 2000 至 2099 年之间", "the time is not within 2000 and 2099")
		}
		for bit := range sizes {
			if layout&(1<<bit) != 0 {
				dst = o.put(dst, 1<<bit)
			}
		}
	}
	if len(dst)-start > maxUnit {
		return dst[:start], refuse(0, "6.6.2", "应用数据单元长度超过 1024", "the data unit is longer than 1024 bytes")
	}
	return dst, nil
}

func (o *Object) put(dst []byte, field int) []byte {
	switch field {
	case hasPlace:
		return append(dst, o.System, o.Place)
	case hasPart:
		return binary.LittleEndian.AppendUint32(append(dst, o.Component), o.Part)
	case hasWideState, hasPartState:
		return binary.LittleEndian.AppendUint16(dst, uint16(o.State))
	case hasAnalog:
		return binary.LittleEndian.AppendUint16(append(dst, o.Analog), uint16(o.Value))
	case hasByteState:
		return append(dst, byte(o.State))
	case hasDone:
		return append(dst, o.Done, o.Operator)
	case hasVersion:
		return append(dst, o.Major, o.Minor)
	case hasName:
		return append(append(dst, o.Text...), make([]byte, nameSize-len(o.Text))...)
	case hasText:
		return append(append(dst, byte(len(o.Text))), o.Text...)
	case hasCount:
		return append(dst, o.Count)
	case hasSpare:
		return append(dst, 0)
	}
	return appendTime(dst, o.Time)
}
