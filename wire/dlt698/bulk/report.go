package bulk

import (
	"encoding/binary"
	"math"

	"github.com/haihe-city/haihe/wire/dlt698"
)

// None marks a value that is not there.
const None = dlt698.None

// Row is what one meter showed at one moment.
type Row struct {
	Meter   uint64 // its address of twelve digits as a number
	At      int64  // of the freeze, microseconds UTC
	Energy  int64  // forward active total, 0.0001 kWh; None
	Power   int64  // active total, 0.1 W; None
	Voltage int64  // phase A, 0.1 V; None
}

// mostRows bounds a report: one with more has more elements than the long way takes.
const mostRows = 1000

// mostColumns bounds the columns of the freeze record.
const mostColumns = 8

// column is what a column of the record means for a row.
type column uint8

const (
	skipped column = iota // a number that a row does not hold
	freezeTime
	energy
	voltage
	power
)

// plan is how the cells of a record are read.
type plan struct {
	cols  [mostColumns]column
	scale [mostColumns]int64
	n     int
}

// cursor walks over bytes; after the first thing that is not of the shape ok is false and it gives zeros.
type cursor struct {
	b  []byte
	ok bool
}

func (c *cursor) take(n int) []byte {
	if !c.ok || len(c.b) < n {
		c.ok = false
		return nil
	}
	out := c.b[:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) byte() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) want(x byte) {
	if c.byte() != x {
		c.ok = false
	}
}

func (c *cursor) oad() dlt698.OAD {
	if b := c.take(4); b != nil {
		return dlt698.OAD(binary.BigEndian.Uint32(b))
	}
	return 0
}

// length reads the number of elements of a list. DL/T 698.45-2017 7.3.1
func (c *cursor) length() int {
	switch first := c.byte(); {
	case first < 0x80:
		return int(first)
	case first == 0x81:
		return int(c.byte())
	case first == 0x82:
		if b := c.take(2); b != nil {
			return int(binary.BigEndian.Uint16(b))
		}
	}
	c.ok = false
	return 0
}

// Report reads a REPORT-Notification with one record of collected curves: the meters' addresses, and of a freeze record times and
// values. It appends the rows to `to`. n has what the acknowledgement needs and no rows. Where ok is false the message is of another
// shape, or wrong, and nothing was taken. DL/T 698.45-2017 7.3.8
func Report(apdu []byte, to []Row) (n dlt698.ReportNotification, rows []Row, ok bool) {
	c := cursor{apdu, true}
	c.want(0x88)
	c.want(byte(dlt698.ReportRecords))
	n.PIID, n.Kind = dlt698.PIID(c.byte()), dlt698.ReportRecords
	c.want(1)
	if c.oad() != dlt698.Collected {
		return n, to, false
	}
	var p plan
	c.columns(&p)
	c.want(1) // rows, and no reason why there are none
	count := c.length()
	if !c.ok || count > mostRows {
		return n, to, false
	}
	rows = to
	var last [7]byte
	var at int64
	for range count {
		row := Row{Energy: None, Power: None, Voltage: None}
		row.Meter = c.meter()
		if c.cells(&p, &row, &last, &at); !c.ok {
			return n, to, false
		}
		rows = append(rows, row)
	}
	c.want(0) // no follow report
	c.want(0) // no time tag
	if !c.ok || len(c.b) > 0 {
		return n, to, false
	}
	n.Records = []dlt698.ResultRecord{{OAD: dlt698.Collected}}
	return n, rows, true
}

// columns reads the description of the columns: the address, and a record with its own. DL/T 698.45-2017 7.3.5
func (c *cursor) columns(p *plan) {
	c.want(2)
	c.want(0)
	if c.oad() != dlt698.MeterAddress {
		c.ok = false
	}
	c.want(1)
	c.oad() // which freeze it was, the rows tell by their times
	if p.n = c.length(); !c.ok || p.n > mostColumns {
		c.ok = false
		return
	}
	seen := [power + 1]bool{}
	for i := range p.n {
		oad := c.oad()
		var col column
		p.scale[i] = 1
		switch oad.Whole() {
		case dlt698.FreezeTime:
			col = freezeTime
		case dlt698.ForwardEnergy:
			col, p.scale[i] = energy, 100
		case dlt698.ForwardFine:
			col = energy
		case dlt698.Voltage:
			col = voltage
		case dlt698.ActivePower:
			col = power
		default:
			c.ok = false // another object may have a shape of its own
			return
		}
		if seen[col] { // the last one holds, or the finer: the long way knows
			c.ok = false
		}
		seen[col] = true
		if col != freezeTime && oad.Index() > 1 { // a tariff, or another phase
			col = skipped
		}
		p.cols[i] = col
	}
	c.ok = c.ok && seen[freezeTime]
}

// meter reads an address of at most twelve digits. DL/T 698.45-2017 6.2.2.4
func (c *cursor) meter() (n uint64) {
	c.want(byte(dlt698.TagTSA))
	size := int(c.byte())
	if size < 2 || size > 7 {
		c.ok = false
		return 0
	}
	b := c.take(size)
	if b == nil || int(b[0])+1 != size-1 { // a single address without a logical one
		c.ok = false
		return 0
	}
	for _, x := range b[1:] {
		if x>>4 > 9 || x&15 > 9 {
			c.ok = false
		}
		n = 100*n + 10*uint64(x>>4) + uint64(x&15)
	}
	return n
}

// cells reads the values of a row. last and at are the time of the row before, as bytes and as a moment: most often it is the same.
func (c *cursor) cells(p *plan, row *Row, last *[7]byte, at *int64) {
	c.want(byte(dlt698.TagArray))
	if c.length() != p.n {
		c.ok = false
	}
	for i := range p.n {
		if p.cols[i] == freezeTime {
			row.At = c.time(last, at)
			continue
		}
		v, there := c.number()
		if !c.ok {
			return
		}
		if !there {
			continue
		}
		if v > math.MaxInt64/p.scale[i] || v < -math.MaxInt64/p.scale[i] {
			c.ok = false
			return
		}
		switch v *= p.scale[i]; p.cols[i] {
		case energy:
			row.Energy = v
		case voltage:
			row.Voltage = v
		case power:
			row.Power = v
		}
	}
}

// time reads a date_time_s. DL/T 698.45-2017 7.3.1
func (c *cursor) time(last *[7]byte, at *int64) int64 {
	c.want(byte(dlt698.TagDateTimeS))
	b := c.take(7)
	if b == nil {
		return 0
	}
	if now := [7]byte(b); *at == 0 || now != *last {
		t, ok := dlt698.DateTimeS{Year: binary.BigEndian.Uint16(b), Month: b[2], Day: b[3], Hour: b[4], Minute: b[5], Second: b[6]}.Time()
		if !ok || t.IsZero() {
			c.ok = false
			return 0
		}
		*last, *at = now, t.UnixMicro()
	}
	return *at
}

// number reads an integer of any width, or Null. DL/T 698.45-2017 7.3.1
func (c *cursor) number() (v int64, there bool) {
	switch dlt698.Tag(c.byte()) {
	case dlt698.TagNull:
		return 0, false
	case dlt698.TagInt32:
		return int64(int32(c.oad())), true
	case dlt698.TagUint32:
		return int64(c.oad()), true
	case dlt698.TagInt8:
		return int64(int8(c.byte())), true
	case dlt698.TagUint8:
		return int64(c.byte()), true
	case dlt698.TagInt16:
		return int64(int16(c.short())), true
	case dlt698.TagUint16:
		return int64(c.short()), true
	case dlt698.TagInt64:
		return int64(c.long()), true
	case dlt698.TagUint64:
		n := c.long()
		c.ok = c.ok && n <= math.MaxInt64
		return int64(n), true
	}
	c.ok = false
	return 0, false
}

func (c *cursor) short() uint16 {
	if b := c.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) long() uint64 {
	if b := c.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}
