// Package ident is the instanceIds of histories (实例标识): where an instance of an attribute lies, said in a URI that stays.
package ident

import (
	"strconv"
	"strings"
)

// An instanceId tells where its instance lies:
//
//	urn:ngsi-ld:instance:SEQ-INDEX   in a change, at a place of its document
//	urn:ngsi-ld:instance:SEQ-tINDEX  a tombstone of a change: INDEX counts the names that it touched, and their datasets
//	urn:ngsi-ld:instance:SEQ-s0      the scope of a change
//	urn:ngsi-ld:instance:SEQ-r0      in temporal_instance
//	urn:ngsi-ld:instance:KEY-gTIME   in a gauge, at a time in microseconds
//	urn:ngsi-ld:instance:NUM-bTIME   in a series that is bound to the entity, which is not amended here
//
// Where a change is amended its instances move; from then on each bears its id with it, as the member instanceId.
const head = "urn:ngsi-ld:instance:"

// Place is where an instance lies.
type Place byte

// The places.
const (
	Change    Place = 0
	Table     Place = 'r'
	Gauge     Place = 'g'
	Series    Place = 'b'
	Tombstone Place = 't'
	Scope     Place = 's'
)

// ID is an instanceId taken apart: two numbers, of which the place says what they are.
type ID struct {
	Place Place
	A, B  int64
}

// String is the URI.
func (r ID) String() string {
	b := strconv.AppendInt([]byte(head), r.A, 10)
	b = append(b, '-')
	if r.Place != Change {
		b = append(b, byte(r.Place))
	}
	return string(strconv.AppendInt(b, r.B, 10))
}

// Read reads an instanceId; ok is false where it is none of this store's.
func Read(id string) (r ID, ok bool) {
	rest, ok := strings.CutPrefix(id, head)
	a, b, two := strings.Cut(rest, "-")
	if !ok || !two || b == "" {
		return r, false
	}
	switch p := Place(b[0]); p {
	case Table, Gauge, Series, Tombstone, Scope:
		r.Place, b = p, b[1:]
	}
	var err1, err2 error
	r.A, err1 = strconv.ParseInt(a, 10, 64)
	r.B, err2 = strconv.ParseInt(b, 10, 64)
	return r, err1 == nil && err2 == nil && r.A >= 0 && r.String() == id
}
