package dlt698

import (
	"math"
	"strings"
	"time"
)

// The objects of frozen curves. DL/T 698.45-2017 annex A
const (
	MinuteFreeze  OAD = 0x50020200 // 分钟冻结: records by the minute, here by the quarter hour
	HourFreeze    OAD = 0x50030200 // 小时冻结
	DayFreeze     OAD = 0x50040200 // 日冻结
	Collected     OAD = 0x60120300 // 采集任务记录: what a concentrator has collected from its meters
	FreezeTime    OAD = 0x20210200 // 数据冻结时间
	MeterAddress  OAD = 0x202A0200 // 目标服务器地址
	StartTime     OAD = 0x60400200 // 采集启动时标
	SuccessTime   OAD = 0x60410200 // 采集成功时标
	StoreTime     OAD = 0x60420200 // 采集存储时标
	ForwardEnergy OAD = 0x00100200 // 正向有功电能, 0.01 kWh; array of total and tariffs
	ForwardFine   OAD = 0x00100400 // the same in 0.0001 kWh
	Voltage       OAD = 0x20000200 // 电压, 0.1 V; array of phases
	ActivePower   OAD = 0x20040200 // 有功功率, 0.1 W; array of total and phases
	commAddress   OAD = 0x40010200 // 通信地址, octet-string: how older terminals name the meter
)

// None marks a value that is not there.
const None = math.MinInt64

// CurveRow is one row of a frozen curve: what one meter showed at one moment.
type CurveRow struct {
	Meter   string    // 12 digits
	Time    time.Time // of the freeze, China time
	Record  OAD       // MinuteFreeze, DayFreeze, ...; 0 where the row does not say
	Energy  int64     // forward active total, 0.0001 kWh; None
	Power   int64     // active total, 0.1 W, negative where it flows back; None
	Voltage int64     // phase A, 0.1 V; None
	Quality CurveQuality
}

// CurveQuality says whether a row is a reading.
type CurveQuality uint8

// The qualities.
const (
	Measured CurveQuality = iota
	Missing               // the concentrator has no energy for this moment
)

// Curves reads the rows of a record that has freeze times. Columns may stand by themselves or inside a ROAD of a freeze
// record; columns that are not of a curve are passed over. meter is used where the record has no address column: the address
// of the frame. What cannot be read is refused row by row (errors are *Error, their offset is the row), so that one bad row
// does not cost the others.
func Curves(rec ResultRecord, meter string) (rows []CurveRow, refused []error) {
	if rec.Failed {
		return nil, nil
	}
	for i, cells := range rec.Rows {
		row := CurveRow{Meter: pad12(meter), Energy: None, Power: None, Voltage: None}
		if rec.OAD != Collected {
			row.Record = rec.OAD
		}
		err := row.cells(rec.Cols, cells)
		switch {
		case err != nil:
		case row.Meter == "":
			err = refuse(i, "7.3.5", "记录没有电能表地址", "the row names no meter")
		case row.Time.IsZero():
			err = refuse(i, "7.3.5", "记录没有冻结时间", "the row has no freeze time")
		}
		if err != nil {
			err.Offset = i
			refused = append(refused, err)
			continue
		}
		if row.Energy == None {
			row.Quality = Missing
		}
		rows = append(rows, row)
	}
	return rows, refused
}

func (row *CurveRow) cells(cols RCSD, cells []Data) *Error {
	if len(cells) != len(cols) {
		return refuse(0, "7.3.5", "记录的列数不符", "a row has not as many values as there are columns")
	}
	for i, c := range cols {
		if !c.HasRecord {
			if err := row.cell(c.OAD, cells[i]); err != nil {
				return err
			}
			continue
		}
		if cells[i].Tag == TagNull { // nothing was collected of this record
			continue
		}
		if cells[i].Tag != TagArray || len(cells[i].Items) != len(c.ROAD.Columns) {
			return refuse(0, "7.3.5", "关联列的数据不是等长数组", "the value of a ROAD column is not an array of its columns")
		}
		row.Record = c.ROAD.Record
		for k, oad := range c.ROAD.Columns {
			if err := row.cell(oad, cells[i].Items[k]); err != nil {
				return err
			}
		}
	}
	return nil
}

// cell takes one value; a Null leaves the row as it is.
func (row *CurveRow) cell(oad OAD, d Data) *Error {
	if d.Tag == TagNull {
		return nil
	}
	switch oad.Whole() {
	case FreezeTime:
		return row.setTime(d)
	case StoreTime:
		if row.Time.IsZero() { // the freeze time, where there is one, says more
			return row.setTime(d)
		}
	case MeterAddress, commAddress:
		t := TSA(d.Bytes)
		if d.Tag == TagOctetString {
			t = append(TSA{byte(len(t) - 1)}, t...)
		}
		s, ok := t.Digits()
		if d.Tag != TagTSA && d.Tag != TagOctetString || !ok {
			return refuse(0, "7.3.1", "电能表地址无效", "the meter's address is not valid")
		}
		row.Meter = pad12(s)
	case ForwardEnergy:
		return number(oad, d, 100, &row.Energy)
	case ForwardFine:
		return number(oad, d, 1, &row.Energy)
	case Voltage:
		return number(oad, d, 1, &row.Voltage)
	case ActivePower:
		return number(oad, d, 1, &row.Power)
	}
	return nil
}

func (row *CurveRow) setTime(d Data) *Error {
	s, ok := d.DateTimeS()
	if ok {
		row.Time, ok = s.Time()
	}
	if !ok {
		return refuse(0, "7.3.1", "冻结时间无效", "the freeze time is not valid")
	}
	return nil
}

// number takes the value of an attribute, or the first one of its array: the total, or phase A. An element index above 1 is
// a tariff or another phase and is passed over.
func number(oad OAD, d Data, scale int64, to *int64) *Error {
	if oad.Index() > 1 {
		return nil
	}
	if d.Tag == TagArray {
		if len(d.Items) == 0 || d.Items[0].Tag == TagNull {
			return nil
		}
		d = d.Items[0]
	}
	switch d.Tag {
	case TagInt8, TagInt16, TagInt32, TagInt64, TagUint8, TagUint16, TagUint32, TagUint64:
	default:
		return refuse(0, "7.3.1", "数据类型与对象属性不符", "the data type does not fit the attribute")
	}
	v, ok := d.Int64()
	if !ok || v > math.MaxInt64/scale || v < -math.MaxInt64/scale {
		return refuse(0, "7.3.1", "数值超出范围", "the number is out of range")
	}
	*to = v * scale
	return nil
}

func pad12(s string) string {
	if s == "" || len(s) >= 12 {
		return s
	}
	return strings.Repeat("0", 12-len(s)) + s
}

// CurveColumns are the columns of a curve as [CurveRecord] writes them: the meter's address, and of the freeze record time,
// energy, voltage and power.
func CurveColumns(record OAD, fine bool) RCSD {
	energy := ForwardEnergy
	if fine {
		energy = ForwardFine
	}
	return RCSD{
		{OAD: MeterAddress},
		{HasRecord: true, ROAD: ROAD{Record: record, Columns: []OAD{FreezeTime, energy + 1, Voltage + 1, ActivePower + 1}}},
	}
}

// CurveRecord writes rows of one freeze record as a concentrator reports them (60120300). fine writes energy in 0.0001 kWh
// (long64-unsigned), otherwise in 0.01 kWh, cut off. None becomes Null.
func CurveRecord(record OAD, fine bool, rows []CurveRow) (ResultRecord, error) {
	rec := ResultRecord{OAD: Collected, Cols: CurveColumns(record, fine), Rows: make([][]Data, 0, len(rows))}
	for _, row := range rows {
		t, err := MeterTSA(row.Meter)
		if err != nil {
			return ResultRecord{}, err
		}
		energy := opt(TagUint32, row.Energy, 100)
		if fine {
			energy = opt(TagUint64, row.Energy, 1)
		}
		rec.Rows = append(rec.Rows, []Data{Of(t), Array(Of(AtS(row.Time)), energy,
			opt(TagUint16, row.Voltage, 1), opt(TagInt32, row.Power, 1))})
	}
	return rec, nil
}

func opt(tag Tag, v, scale int64) Data {
	if v == None {
		return Null()
	}
	return Int(tag, v/scale)
}

// CurveRequest asks a concentrator for what it collected from the given meters (12 digits each) with from <= freeze time < to.
func CurveRequest(p PIID, record OAD, fine bool, meters []string, from, to time.Time, step TI) (GetRequest, error) {
	ms := MS{Kind: MetersByAddress}
	for _, m := range meters {
		t, err := MeterTSA(m)
		if err != nil {
			return GetRequest{}, err
		}
		ms.Addresses = append(ms.Addresses, t)
	}
	rows := RSD{Method: 7, From: AtS(from), To: AtS(to), Step: step, Meters: ms}
	return GetRequest{PIID: p, Kind: Record, Records: []GetRecord{{OAD: Collected, Rows: rows, Cols: CurveColumns(record, fine)}}}, nil
}

// Between chooses rows by time, as a meter takes it: from <= freeze time < to.
func Between(from, to time.Time, step TI) RSD {
	return RSD{Method: 2, Ranges: []Range{{OAD: FreezeTime, From: Of(AtS(from)), To: Of(AtS(to)), Step: Of(step)}}}
}

// LastRows chooses the last n rows.
func LastRows(n uint8) RSD { return RSD{Method: 9, Last: n} }
