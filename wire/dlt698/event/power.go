package event

import (
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/dlt698"
)

// The objects of an event record. DL/T 698.45-2017 annex A
const (
	PowerDown dlt698.OAD = 0x30110200 // 电能表掉电事件
	Number    dlt698.OAD = 0x20220200 // 事件记录序号
	Began     dlt698.OAD = 0x201E0200 // 事件发生时间
	Ended     dlt698.OAD = 0x20200200 // 事件结束时间
	Source    dlt698.OAD = 0x20240200 // 事件发生源
)

// Power is one power-down of a meter. Back is zero while it lasts: the meter's last gasp.
type Power struct {
	Meter string    // 12 digits
	Down  time.Time // China time
	Back  time.Time
}

func refuse(row int, zh, en string) error {
	return &dlt698.Error{Offset: row, Clause: "7.3.8", Reason: lang.T(zh, en)}
}

// Powers reads the power-downs of a record of object 3011; of any other there are none. The meter is named by the address column,
// or by the event's source where that is an address. What cannot be read is refused row by row: errors are *dlt698.Error, their
// offset is the row.
func Powers(rec dlt698.ResultRecord) (out []Power, refused []error) {
	if rec.Failed || rec.OAD.OI() != PowerDown.OI() {
		return nil, nil
	}
	for i, cells := range rec.Rows {
		p, err := power(i, rec.Cols, cells)
		if err != nil {
			refused = append(refused, err)
			continue
		}
		out = append(out, p)
	}
	return out, refused
}

// power reads one row.
func power(row int, cols dlt698.RCSD, cells []dlt698.Data) (p Power, err error) {
	if len(cells) != len(cols) {
		return p, refuse(row, "记录的列数不符", "a row has not as many values as there are columns")
	}
	for i, c := range cols {
		d := cells[i]
		if c.HasRecord || d.Tag == dlt698.TagNull {
			continue
		}
		switch c.OAD.Whole() {
		case dlt698.MeterAddress, Source:
			digits, ok := dlt698.TSA(d.Bytes).Digits()
			if d.Tag != dlt698.TagTSA || !ok || len(digits) > 12 {
				if c.OAD.Whole() == Source { // a source may be any object
					continue
				}
				return p, refuse(row, "电能表地址无效", "the meter's address is not valid")
			}
			p.Meter = "000000000000"[len(digits):] + digits
		case Began:
			p.Down, err = moment(row, d)
		case Ended:
			p.Back, err = moment(row, d)
		}
		if err != nil {
			return p, err
		}
	}
	switch {
	case p.Meter == "":
		return p, refuse(row, "事件没有电能表地址", "the event names no meter")
	case p.Down.IsZero():
		return p, refuse(row, "事件没有发生时间", "the event has no beginning")
	case !p.Back.IsZero() && p.Back.Before(p.Down):
		return p, refuse(row, "事件结束早于发生", "the event ends before it begins")
	}
	return p, nil
}

func moment(row int, d dlt698.Data) (time.Time, error) {
	s, ok := d.DateTimeS()
	var t time.Time
	if ok {
		t, ok = s.Time()
	}
	if !ok {
		return time.Time{}, refuse(row, "事件时间无效", "the event's time is not valid")
	}
	return t, nil
}

// Record writes power-downs as a concentrator reports them.
func Record(events []Power) (dlt698.ResultRecord, error) {
	rec := dlt698.ResultRecord{OAD: PowerDown, Cols: dlt698.Columns(Number, dlt698.MeterAddress, Began, Ended), Rows: make([][]dlt698.Data, 0, len(events))}
	for i, e := range events {
		address, err := dlt698.MeterTSA(e.Meter)
		if err != nil {
			return dlt698.ResultRecord{}, err
		}
		back := dlt698.Null()
		if !e.Back.IsZero() {
			back = dlt698.Of(dlt698.AtS(e.Back))
		}
		rec.Rows = append(rec.Rows, []dlt698.Data{dlt698.Int(dlt698.TagUint32, int64(i+1)), dlt698.Of(address), dlt698.Of(dlt698.AtS(e.Down)), back})
	}
	return rec, nil
}
