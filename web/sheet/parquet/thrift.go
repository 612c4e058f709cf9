package parquet

import "encoding/binary"

// The types of Thrift's compact protocol that the metadata needs.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftI32    = 5
	thriftI64    = 6
	thriftBinary = 8
	thriftList   = 9
	thriftStruct = 12
)

// thrift builds one struct in the compact protocol. Fields must come in rising order of their ids.
type thrift struct {
	b     []byte
	last  int   // id of the field before
	outer []int // ids of the structs around
}

func (t *thrift) field(id int, kind byte) {
	t.b = append(t.b, byte(id-t.last)<<4|kind) // ids of this format lie less than 16 apart
	t.last = id
}

func (t *thrift) zigzag(v int64) { t.b = binary.AppendUvarint(t.b, uint64(v)<<1^uint64(v>>63)) }

func (t *thrift) i32(id int, v int) { t.field(id, thriftI32); t.zigzag(int64(v)) }

func (t *thrift) i64(id int, v int64) { t.field(id, thriftI64); t.zigzag(v) }

func (t *thrift) flag(id int, v bool) {
	if v {
		t.field(id, thriftTrue)
	} else {
		t.field(id, thriftFalse)
	}
}

func (t *thrift) raw(s string) {
	t.b = append(binary.AppendUvarint(t.b, uint64(len(s))), s...)
}

func (t *thrift) text(id int, s string) { t.field(id, thriftBinary); t.raw(s) }

// list begins a list of n values; elements that are structs stand in open and shut.
func (t *thrift) list(id, n int, kind byte) {
	t.field(id, thriftList)
	if n < 15 {
		t.b = append(t.b, byte(n)<<4|kind)
		return
	}
	t.b = binary.AppendUvarint(append(t.b, 0xF0|kind), uint64(n))
}

// in begins a struct as a field, open one as an element of a list; shut ends either.
func (t *thrift) in(id int) { t.field(id, thriftStruct); t.open() }

func (t *thrift) open() { t.outer = append(t.outer, t.last); t.last = 0 }

func (t *thrift) shut() {
	t.b = append(t.b, 0)
	t.last = t.outer[len(t.outer)-1]
	t.outer = t.outer[:len(t.outer)-1]
}
