package dlt645

import (
	"bytes"
	"time"
)

// The identifiers of load records. The second byte is the class, 1 to 6, or 0 for all. DL/T 645-2007 A.7
const (
	LoadEarliest DI = 0x06000000 // with a number of blocks
	LoadFrom     DI = 0x06000001 // with a number of blocks and a time
	LoadLatest   DI = 0x06000002 // with a number of blocks
)

// LoadClass makes a load record identifier one of a class.
func LoadClass(d DI, class uint8) DI { return d&^0xFF0000 | DI(class)<<16 }

// isLoad tells whether d is a load record, and gives its class.
func isLoad(d DI) (class int, ok bool) {
	class = int(d >> 16 & 0xFF)
	return class, d>>24 == 6 && class <= 6 && d&0xFFFF <= 2
}

// Classes of a load record.
const (
	LoadVoltage  = iota // voltage A B C, current A B C, frequency
	LoadPower           // active total A B C, reactive total A B C
	LoadFactor          // power factor total A B C
	LoadEnergy          // forward active, reverse active, combined reactive 1 and 2
	LoadQuadrant        // reactive energy of quadrants 1 to 4
	LoadDemand          // present active and reactive demand
)

// loadItems are the values of each class. DL/T 645-2007 B.1
var loadItems = [6][]DI{
	{0x02010100, 0x02010200, 0x02010300, 0x02020100, 0x02020200, 0x02020300, 0x02800002},
	{0x02030000, 0x02030100, 0x02030200, 0x02030300, 0x02040000, 0x02040100, 0x02040200, 0x02040300},
	{0x02060000, 0x02060100, 0x02060200, 0x02060300},
	{0x00010000, 0x00020000, 0x00030000, 0x00040000},
	{0x00050000, 0x00060000, 0x00070000, 0x00080000},
	{0x02800004, 0x02800005},
}

// LoadRecord is one block of a load profile.
type LoadRecord struct {
	Time    time.Time // when it was stored
	Bad     bool      // the meter says itself that the block is not right (E0 E0)
	Classes [6][]Value
	plain   int // separators before and after, where only one class was sent; see loadClasses
	after   int
}

// Find gives the value of an identifier; ok is false where the record does not have it.
func (r LoadRecord) Find(d DI) (v Value, ok bool) {
	for _, class := range r.Classes {
		for _, v := range class {
			if v.DI == d && !v.Absent {
				return v, true
			}
		}
	}
	return Value{}, false
}

// LoadRecords reads the data of an answer to a load record identifier: blocks one behind the other. Where the meter sent
// following frames, hand in all data put together. DL/T 645-2007 B.1:
//
//	A0 A0 (E0 E0: not right), number of bytes, minute hour day month year, six classes each ended by AA, sum, E5
//
// The number of bytes counts from the time to the last AA. A class that is not recorded is empty but for its AA. Where a
// single class was asked for, meters also send that class alone; so it is taken too.
func LoadRecords(d DI, data []byte) ([]LoadRecord, error) {
	class, ok := isLoad(d)
	if !ok {
		return nil, unknown(d)
	}
	var out []LoadRecord
	for at := 0; at < len(data); {
		b := data[at:]
		if len(b) < 3 {
			return nil, refuse(len(data), "B.1", "负荷记录不完整", "the load record is not complete")
		}
		if b[0] != b[1] || b[0] != 0xA0 && b[0] != 0xE0 {
			return nil, refuse(at, "B.1", "负荷记录起始码不是 A0 A0", "a load record starts with A0 A0")
		}
		n := int(b[2])
		if len(b) < n+5 {
			return nil, refuse(len(data), "B.1", "负荷记录不完整", "the load record is not complete")
		}
		if n < 5 {
			return nil, refuse(at+2, "B.1", "负荷记录字节数过小", "the load record is too short")
		}
		if b[n+4] != 0xE5 {
			return nil, refuse(at+n+4, "B.1", "负荷记录结束码不是 E5", "a load record ends with E5")
		}
		if Checksum(b[:n+3]) != b[n+3] {
			return nil, refuse(at+n+3, "B.1", "负荷记录累加校验码不符", "the sum of the load record does not match")
		}
		r := LoadRecord{Bad: b[0] == 0xE0}
		var err error
		if r.Time, err = moment(b[3:], 5, at+3, "B.1"); err != nil {
			return nil, err
		}
		if err := r.loadClasses(class, b[8:n+3], at+8); err != nil {
			return nil, err
		}
		out = append(out, r)
		at += n + 5
	}
	return out, nil
}

// loadClasses takes the classes apart at AA, which no BCD value can hold.
func (r *LoadRecord) loadClasses(class int, b []byte, at int) error {
	parts := bytes.Split(b, []byte{0xAA})
	if len(parts) == 7 && len(parts[6]) == 0 {
		offset := at
		for i, p := range parts[:6] {
			if err := r.loadClass(i, p, offset); err != nil {
				return err
			}
			offset += len(p) + 1
		}
		return nil
	}
	if class > 0 {
		first, full := 0, 0
		for i, p := range parts {
			if len(p) > 0 {
				first, full = i, full+1
			}
		}
		if full == 1 && first <= class-1 && len(parts) < 7 {
			r.plain, r.after = first+1, len(parts)-first-1
			return r.loadClass(class-1, parts[first], at+first)
		}
	}
	return refuse(at, "B.1", "负荷记录应有六个数据块", "a load record has six parts")
}

func (r *LoadRecord) loadClass(class int, b []byte, at int) error {
	if len(b) == 0 {
		return nil
	}
	rest := b
	for _, id := range loadItems[class] {
		info, err := Lookup(id)
		if err != nil {
			return err
		}
		size := info.Format.Bytes
		if len(rest) < size {
			return refuse(at+len(b), "B.1", "数据块长度不符", "a part of the load record has the wrong length")
		}
		v, err := readValue(id, info, rest[:size], at+len(b)-len(rest))
		if err != nil {
			return err
		}
		r.Classes[class] = append(r.Classes[class], v)
		rest = rest[size:]
	}
	if len(rest) > 0 {
		return refuse(at+len(b)-len(rest), "B.1", "数据块长度不符", "a part of the load record has the wrong length")
	}
	return nil
}

// Append prints the record after dst.
func (r LoadRecord) Append(dst []byte) ([]byte, error) {
	from := len(dst)
	mark := byte(0xA0)
	if r.Bad {
		mark = 0xE0
	}
	dst = appendMoment(append(dst, mark, mark, 0), r.Time, 5)
	separators := func(n int) {
		for range n {
			dst = append(dst, 0xAA)
		}
	}
	if r.plain > 0 {
		separators(r.plain - 1)
	}
	var err error
	for _, class := range r.Classes {
		for _, v := range class {
			if dst, err = v.Append(dst); err != nil {
				return dst[:from], err
			}
		}
		if r.plain == 0 {
			dst = append(dst, 0xAA)
		}
	}
	if r.plain > 0 {
		separators(r.after)
	}
	dst[from+2] = byte(len(dst) - from - 3)
	return append(dst, Checksum(dst[from:]), 0xE5), nil
}

// NewLoad makes a record of the given time with the given values, put into their classes. Of a class that has some values
// the others are absent. A value that no class has is left out.
func NewLoad(t time.Time, values map[DI]int64) (LoadRecord, error) {
	r := LoadRecord{Time: t}
	for class, ids := range loadItems {
		has := false
		for _, id := range ids {
			_, ok := values[id]
			has = has || ok
		}
		if !has {
			continue
		}
		for _, id := range ids {
			info, err := Lookup(id)
			if err != nil {
				return r, err
			}
			n, ok := values[id]
			r.Classes[class] = append(r.Classes[class], Value{DI: id, Info: info, Num: n, Absent: !ok})
		}
	}
	return r, nil
}
