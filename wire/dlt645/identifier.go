package dlt645

import (
	"strconv"

	"github.com/haihe-city/haihe/lang"
)

// Kind is the shape of a value.
type Kind uint8

// The kinds.
const (
	Number   Kind = iota // Num scaled by Decimals
	Demand               // a Number and the time when it occurred
	Moment               // Time
	Date                 // Time at midnight; Num is the weekday, 0 Sunday
	TimeDay              // Num is seconds since midnight
	Text                 // Text, ASCII
	Digits               // Text, decimal digits, highest first
	Bits                 // Num, binary
	MonthDay             // Text MMDDhhmm or DDhh as digits
)

// Format is how a value stands in a frame.
type Format struct {
	Kind     Kind
	Bytes    int
	Decimals int
	Signed   bool   // the top bit of the highest byte
	Unit     string // as printed: kWh, V; empty where there is none
}

// Info is what an identifier names.
type Info struct {
	Name   lang.Text
	Format Format
	Clause string // the table of annex A
}

// Formats that several families share. DL/T 645-2007 A.1 to A.3
var (
	energyFormat   = Format{Kind: Number, Bytes: 4, Decimals: 2, Unit: "kWh"}
	voltageFormat  = Format{Kind: Number, Bytes: 2, Decimals: 1, Unit: "V"}
	currentFormat  = Format{Kind: Number, Bytes: 3, Decimals: 3, Signed: true, Unit: "A"}
	activeFormat   = Format{Kind: Number, Bytes: 3, Decimals: 4, Signed: true, Unit: "kW"}
	reactiveFormat = Format{Kind: Number, Bytes: 3, Decimals: 4, Signed: true, Unit: "kvar"}
	apparentFormat = Format{Kind: Number, Bytes: 3, Decimals: 4, Signed: true, Unit: "kVA"}
	factorFormat   = Format{Kind: Number, Bytes: 2, Decimals: 3, Signed: true}
	angleFormat    = Format{Kind: Number, Bytes: 2, Decimals: 1, Unit: "°"}
	percentFormat  = Format{Kind: Number, Bytes: 2, Decimals: 2, Unit: "%"}
	momentFormat   = Format{Kind: Moment, Bytes: 5}
)

// The energies of DI2 00 to 0A, and again per phase from 15, 29 and 3D. DL/T 645-2007 A.1
var energyNames = [...]lang.Text{
	lang.T("组合有功电能", "combined active energy"),
	lang.T("正向有功电能", "forward active energy"),
	lang.T("反向有功电能", "reverse active energy"),
	lang.T("组合无功 1 电能", "combined reactive energy 1"),
	lang.T("组合无功 2 电能", "combined reactive energy 2"),
	lang.T("第一象限无功电能", "reactive energy, quadrant 1"),
	lang.T("第二象限无功电能", "reactive energy, quadrant 2"),
	lang.T("第三象限无功电能", "reactive energy, quadrant 3"),
	lang.T("第四象限无功电能", "reactive energy, quadrant 4"),
	lang.T("正向视在电能", "forward apparent energy"),
	lang.T("反向视在电能", "reverse apparent energy"),
}

// energyKind maps DI2 to a row of energyNames and a phase (0: all).
func energyKind(di2 uint8) (row, phase int, ok bool) {
	if int(di2) < len(energyNames) {
		return int(di2), 0, true
	}
	for phase, from := range [...]uint8{0x15, 0x29, 0x3D} {
		if di2 >= from && di2 < from+10 {
			return int(di2-from) + 1, phase + 1, true
		}
	}
	return 0, 0, false
}

// lossNames are the active energies of DI2 80 to 86, and again per phase from 94, A8 and BC. DL/T 645-2007 A.1
var lossNames = [...]lang.Text{
	lang.T("关联总电能", "linked energy"),
	lang.T("正向有功基波电能", "forward active energy, fundamental"),
	lang.T("反向有功基波电能", "reverse active energy, fundamental"),
	lang.T("正向有功谐波电能", "forward active energy, harmonics"),
	lang.T("反向有功谐波电能", "reverse active energy, harmonics"),
	lang.T("铜损有功电能补偿量", "copper loss compensation"),
	lang.T("铁损有功电能补偿量", "iron loss compensation"),
}

// energyUnit gives unit and whether the value bears a sign: only what is combined can be negative.
func energyUnit(row int) (unit string, signed bool) {
	switch {
	case row == 0:
		return "kWh", true
	case row <= 2:
		return "kWh", false
	case row <= 4:
		return "kvarh", true
	case row <= 8:
		return "kvarh", false
	}
	return "kVAh", false
}

// Lookup says what a single identifier (no FF) names. An identifier outside the tables gives an *Error.
func Lookup(d DI) (Info, error) {
	switch d >> 24 {
	case 0x00:
		return lookupEnergy(d)
	case 0x01:
		return lookupDemand(d)
	case 0x02:
		return lookupVariable(d)
	case 0x04:
		return lookupParameter(d)
	case 0x05:
		return lookupFrozen(d)
	}
	return Info{}, unknown(d)
}

func unknown(d DI) error {
	return unsupported(0, "6.2", "数据标识 "+d.String()+" 未定义或不支持", "identifier "+d.String()+" is not defined or not supported")
}

func lookupEnergy(d DI) (Info, error) {
	di2, di1, di0 := uint8(d>>16), uint8(d>>8), uint8(d)
	for phase, from := range [...]uint8{0x80, 0x94, 0xA8, 0xBC} {
		if i := int(di2) - int(from); i >= 0 && i < len(lossNames) && di1 == 0 && di0 <= 0x0C {
			return Info{Name: named(lossNames[i], phase, 0, di0), Format: energyFormat, Clause: "A.1"}, nil
		}
	}
	row, phase, ok := energyKind(di2)
	if !ok || di1 > 0x3F || di0 > 0x0C {
		return Info{}, unknown(d)
	}
	f := energyFormat
	f.Unit, f.Signed = energyUnit(row)
	return Info{Name: named(energyNames[row], phase, di1, di0), Format: f, Clause: "A.1"}, nil
}

func lookupDemand(d DI) (Info, error) {
	di2, di1, di0 := uint8(d>>16), uint8(d>>8), uint8(d)
	row, phase, ok := energyKind(di2)
	if !ok || row == 0 || di1 > 0x3F || di0 > 0x0C {
		return Info{}, unknown(d)
	}
	f := Format{Kind: Demand, Bytes: 8, Decimals: 4, Unit: "kW"}
	if row > 2 {
		f.Unit = "kvar"
		_, f.Signed = energyUnit(row)
	}
	if row > 8 {
		f.Unit = "kVA"
	}
	n := named(energyNames[row], phase, di1, di0)
	return Info{Name: lang.T(n.Zh+"最大需量", n.En+", maximum demand"), Format: f, Clause: "A.2"}, nil
}

// named adds phase, tariff and settlement day to a name.
func named(n lang.Text, phase int, rate, day uint8) lang.Text {
	if phase > 0 {
		p := string(rune('A' - 1 + phase))
		n = lang.T(p+" 相"+n.Zh, n.En+", phase "+p)
	}
	if rate > 0 {
		r := strconv.Itoa(int(rate))
		n = lang.T(n.Zh+"（费率 "+r+"）", n.En+", tariff "+r)
	}
	if day > 0 {
		s := strconv.Itoa(int(day))
		n = lang.T("上 "+s+" 结算日"+n.Zh, n.En+", settlement day -"+s)
	}
	return n
}

// variables are the families of DI3 02 by DI2. DL/T 645-2007 A.3
var variables = map[uint8]struct {
	name     lang.Text
	format   Format
	hasTotal bool // DI1 00 is the total
}{
	0x01: {lang.T("电压", "voltage"), voltageFormat, false},
	0x02: {lang.T("电流", "current"), currentFormat, false},
	0x03: {lang.T("瞬时有功功率", "active power"), activeFormat, true},
	0x04: {lang.T("瞬时无功功率", "reactive power"), reactiveFormat, true},
	0x05: {lang.T("瞬时视在功率", "apparent power"), apparentFormat, true},
	0x06: {lang.T("功率因数", "power factor"), factorFormat, true},
	0x07: {lang.T("相角", "phase angle"), angleFormat, false},
	0x08: {lang.T("电压波形失真度", "voltage distortion"), percentFormat, false},
	0x09: {lang.T("电流波形失真度", "current distortion"), percentFormat, false},
}

// singles are the identifiers 028000nn. DL/T 645-2007 A.3
var singles = map[uint8]Info{
	0x01: {lang.T("零线电流", "neutral current"), currentFormat, "A.3"},
	0x02: {lang.T("电网频率", "grid frequency"), Format{Kind: Number, Bytes: 2, Decimals: 2, Unit: "Hz"}, "A.3"},
	0x03: {lang.T("一分钟有功总平均功率", "active power, one-minute mean"), activeFormat, "A.3"},
	0x04: {lang.T("当前有功需量", "present active demand"), activeFormat, "A.3"},
	0x05: {lang.T("当前无功需量", "present reactive demand"), reactiveFormat, "A.3"},
	0x06: {lang.T("当前视在需量", "present apparent demand"), apparentFormat, "A.3"},
	0x07: {lang.T("表内温度", "temperature inside"), Format{Kind: Number, Bytes: 2, Decimals: 1, Signed: true, Unit: "°C"}, "A.3"},
	0x08: {lang.T("时钟电池电压", "clock battery voltage"), Format{Kind: Number, Bytes: 2, Decimals: 2, Unit: "V"}, "A.3"},
	0x09: {lang.T("停电抄表电池电压", "reading battery voltage"), Format{Kind: Number, Bytes: 2, Decimals: 2, Unit: "V"}, "A.3"},
	0x0A: {lang.T("内部电池工作时间", "battery working time"), Format{Kind: Number, Bytes: 4, Unit: "min"}, "A.3"},
}

func lookupVariable(d DI) (Info, error) {
	di2, di1, di0 := uint8(d>>16), uint8(d>>8), uint8(d)
	if di2 == 0x80 {
		if i, ok := singles[di0]; ok && di1 == 0 {
			return i, nil
		}
		return Info{}, unknown(d)
	}
	if (di2 == 0x0A || di2 == 0x0B) && di1 >= 1 && di1 <= 3 && di0 >= 1 && di0 <= 21 {
		n := lang.T("电压谐波含量", "voltage harmonic")
		if di2 == 0x0B {
			n = lang.T("电流谐波含量", "current harmonic")
		}
		n = named(n, int(di1), 0, 0)
		k := strconv.Itoa(int(di0))
		return Info{Name: lang.T(n.Zh+"（"+k+" 次）", n.En+", order "+k), Format: percentFormat, Clause: "A.3"}, nil
	}
	v, ok := variables[di2]
	if !ok || di0 != 0 || di1 > 3 || di1 == 0 && !v.hasTotal {
		return Info{}, unknown(d)
	}
	return Info{Name: named(v.name, int(di1), 0, 0), Format: v.format, Clause: "A.3"}, nil
}

// parameters are the identifiers 04xxxxxx that a head-end reads. DL/T 645-2007 A.5
var parameters = map[DI]Info{
	0x04000101: {lang.T("日期及星期", "date and weekday"), Format{Kind: Date, Bytes: 4}, "A.5"},
	0x04000102: {lang.T("时间", "time"), Format{Kind: TimeDay, Bytes: 3}, "A.5"},
	0x04000103: {lang.T("最大需量周期", "demand period"), Format{Kind: Number, Bytes: 1, Unit: "min"}, "A.5"},
	0x04000104: {lang.T("滑差时间", "sliding window"), Format{Kind: Number, Bytes: 1, Unit: "min"}, "A.5"},
	0x04000105: {lang.T("校表脉冲宽度", "pulse width"), Format{Kind: Number, Bytes: 2, Unit: "ms"}, "A.5"},
	0x04000106: {lang.T("两套时区表切换时间", "change of time zone tables"), momentFormat, "A.5"},
	0x04000107: {lang.T("两套日时段表切换时间", "change of day tables"), momentFormat, "A.5"},
	0x04000201: {lang.T("年时区数", "zones of the year"), Format{Kind: Number, Bytes: 1}, "A.5"},
	0x04000202: {lang.T("日时段表数", "day tables"), Format{Kind: Number, Bytes: 1}, "A.5"},
	0x04000203: {lang.T("日时段数", "periods of a day"), Format{Kind: Number, Bytes: 1}, "A.5"},
	0x04000204: {lang.T("费率数", "tariffs"), Format{Kind: Number, Bytes: 1}, "A.5"},
	0x04000205: {lang.T("公共假日数", "holidays"), Format{Kind: Number, Bytes: 2}, "A.5"},
	0x04000401: {lang.T("通信地址", "address"), Format{Kind: Digits, Bytes: 6}, "A.5"},
	0x04000402: {lang.T("表号", "meter number"), Format{Kind: Digits, Bytes: 6}, "A.5"},
	0x04000403: {lang.T("资产管理编码", "asset code"), Format{Kind: Text, Bytes: 32}, "A.5"},
	0x04000404: {lang.T("额定电压", "rated voltage"), Format{Kind: Text, Bytes: 6}, "A.5"},
	0x04000405: {lang.T("额定电流", "rated current"), Format{Kind: Text, Bytes: 6}, "A.5"},
	0x04000406: {lang.T("最大电流", "maximum current"), Format{Kind: Text, Bytes: 6}, "A.5"},
	0x04000407: {lang.T("有功准确度等级", "active accuracy class"), Format{Kind: Text, Bytes: 4}, "A.5"},
	0x04000408: {lang.T("无功准确度等级", "reactive accuracy class"), Format{Kind: Text, Bytes: 4}, "A.5"},
	0x04000409: {lang.T("有功常数", "active constant"), Format{Kind: Number, Bytes: 3, Unit: "imp/kWh"}, "A.5"},
	0x0400040A: {lang.T("无功常数", "reactive constant"), Format{Kind: Number, Bytes: 3, Unit: "imp/kvarh"}, "A.5"},
	0x0400040B: {lang.T("电能表型号", "model"), Format{Kind: Text, Bytes: 10}, "A.5"},
	0x0400040C: {lang.T("生产日期", "date of manufacture"), Format{Kind: Text, Bytes: 10}, "A.5"},
	0x0400040D: {lang.T("协议版本号", "protocol version"), Format{Kind: Text, Bytes: 16}, "A.5"},
	0x04000901: {lang.T("负荷记录模式字", "load record mode"), Format{Kind: Bits, Bytes: 1}, "A.5"},
	0x04000A01: {lang.T("负荷记录起始时间", "start of load records"), Format{Kind: MonthDay, Bytes: 4}, "A.5"},
	0x04000B01: {lang.T("每月第 1 结算日", "settlement day 1"), Format{Kind: MonthDay, Bytes: 2}, "A.5"},
	0x04000B02: {lang.T("每月第 2 结算日", "settlement day 2"), Format{Kind: MonthDay, Bytes: 2}, "A.5"},
	0x04000B03: {lang.T("每月第 3 结算日", "settlement day 3"), Format{Kind: MonthDay, Bytes: 2}, "A.5"},
}

func lookupParameter(d DI) (Info, error) {
	if i, ok := parameters[d]; ok {
		return i, nil
	}
	n := uint8(d)
	k := strconv.Itoa(int(n))
	switch {
	case d>>8 == 0x040005 && n >= 1 && n <= 7: // DL/T 645-2007 annex C
		return Info{lang.T("电能表运行状态字 "+k, "status word "+k), Format{Kind: Bits, Bytes: 2}, "annex C"}, nil
	case d>>8 == 0x04000A && n >= 2 && n <= 7:
		k = strconv.Itoa(int(n) - 1)
		return Info{lang.T("第 "+k+" 类负荷记录间隔时间", "interval of load record "+k), Format{Kind: Number, Bytes: 2, Unit: "min"}, "A.5"}, nil
	}
	return Info{}, unknown(d)
}

// freezes are the triggers of DI2 in family 05. DL/T 645-2007 A.6; 04 to 07 by its supplement
var freezes = map[uint8]lang.Text{
	0x00: lang.T("定时冻结", "timed freeze"),
	0x01: lang.T("瞬时冻结", "instant freeze"),
	0x02: lang.T("两套时区表切换冻结", "freeze at change of zone tables"),
	0x03: lang.T("两套日时段表切换冻结", "freeze at change of day tables"),
	0x04: lang.T("整点冻结", "hourly freeze"),
	0x05: lang.T("两套费率电价切换冻结", "freeze at change of prices"),
	0x06: lang.T("日冻结", "daily freeze"),
	0x07: lang.T("两套阶梯切换冻结", "freeze at change of steps"),
}

func lookupFrozen(d DI) (Info, error) {
	di2, di1, di0 := uint8(d>>16), uint8(d>>8), uint8(d)
	freeze, ok := freezes[di2]
	if !ok || di0 == 0 || di0 == 0xFF {
		return Info{}, unknown(d)
	}
	var what Info
	switch {
	case di1 == 0:
		what = Info{Name: lang.T("时间", "time"), Format: momentFormat}
	case di1 >= 1 && di1 <= 8:
		what.Name, what.Format = energyNames[di1], energyFormat
		what.Format.Unit, what.Format.Signed = energyUnit(int(di1))
	case di1 == 9 || di1 == 0x0A:
		n := energyNames[di1-8]
		what.Name = lang.T(n.Zh+"最大需量", n.En+", maximum demand")
		what.Format = Format{Kind: Demand, Bytes: 8, Decimals: 4, Unit: "kW"}
	case di1 == 0x10:
		what = Info{Name: lang.T("功率", "powers"), Format: activeFormat}
	default:
		return Info{}, unknown(d)
	}
	k := strconv.Itoa(int(di0))
	what.Name = lang.T("上 "+k+" 次"+freeze.Zh+what.Name.Zh, freeze.En+" -"+k+", "+what.Name.En)
	what.Clause = "A.6"
	return what, nil
}
