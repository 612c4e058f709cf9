package dlt645

import (
	"fmt"

	"github.com/haihe-city/haihe/lang"
)

// Energy1997 reads the data of an answer of the 1997 edition (without its identifier) where it is an energy: 9xxx, total and
// tariffs in 0.01 kWh or kvarh. In a block (low digit F) the values end with AAH, which may be missing. Identifiers of the
// values are those of 2007 where the present month is meant, otherwise 0.
//
// DL/T 645-1997 B.1: 90, 94, 98 are active energy of this month, the last and the one before; 91, 95, 99 reactive.
func Energy1997(id uint16, data []byte) ([]Value, error) {
	month, name, row, err := lookup1997(id)
	if err != nil {
		return nil, err
	}
	most := 1
	if id&0xF == 0xF {
		most = 15
		if n := len(data); n > 0 && data[n-1] == 0xAA { // the mark that ends a block
			data = data[:n-1]
		}
	}
	if len(data) == 0 || len(data)%4 != 0 || len(data)/4 > most {
		return nil, refuse(len(data)-len(data)%4, "1997 B.1", "数据长度与数据标识不符", "the length of the data does not fit the identifier")
	}
	f := energyFormat
	if id>>8&1 == 1 {
		f.Unit = "kvarh"
	}
	var out []Value
	for at := 0; at < len(data); at += 4 {
		rate := at / 4
		if most == 1 {
			rate = int(id & 0xF)
		}
		n := named(name, 0, uint8(rate), 0)
		v := Value{Info: Info{Name: lang.T(month.Zh+n.Zh, n.En+month.En), Format: f, Clause: "1997 B.1"}}
		if month.Empty() {
			v.DI = DI(row<<16 | rate<<8)
		}
		if v.Absent = filled(data[at : at+4]); !v.Absent {
			if v.Num, err = number(data[at:at+4], false, at, "1997 B.1"); err != nil {
				return nil, err
			}
		}
		out = append(out, v)
	}
	return out, nil
}

// lookup1997 gives the month's name (empty for the present one), the energy's name and its row in the tables of 2007.
func lookup1997(id uint16) (month, name lang.Text, row int, err error) {
	bad := unsupported(0, "1997 B.1", fmt.Sprintf("数据标识 %04X 未定义或不支持", id), fmt.Sprintf("identifier %04X is not defined or not supported", id))
	switch id >> 8 &^ 1 {
	case 0x90:
	case 0x94:
		month = lang.T("上月", ", last month")
	case 0x98:
		month = lang.T("上上月", ", the month before last")
	default:
		return month, name, 0, bad
	}
	kind := int(id >> 4 & 0xF)
	if id>>8&1 == 0 {
		if kind < 1 || kind > 2 {
			return month, name, 0, bad
		}
		return month, energyNames[kind], kind, nil
	}
	// reactive: forward, reverse, then the quadrants 1, 4, 2, 3
	rows := [...]int{3, 4, 5, 8, 6, 7}
	if kind < 1 || kind > len(rows) {
		return month, name, 0, bad
	}
	return month, energyNames[rows[kind-1]], rows[kind-1], nil
}
