package remote

import (
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/dlt698"
)

// The methods and attributes of object 8000, and the relay that its parameters name. DL/T 698.45-2017 annex A
const (
	MethodAlarm dlt698.OMD = 0x80007F00 // 触发告警
	MethodCalm  dlt698.OMD = 0x80008000 // 解除告警
	MethodTrip  dlt698.OMD = 0x80008100 // 跳闸
	MethodClose dlt698.OMD = 0x80008200 // 合闸

	RelayState   dlt698.OAD = 0x80000300 // 继电器输出状态, bit-string of 8
	CommandState dlt698.OAD = 0x80000500 // 命令状态, bit-string of 8

	Relay dlt698.OAD = 0xF2050201 // 继电器输出, the first one
)

func refuse(zh, en string) error {
	return &dlt698.Error{Clause: "annex A", Reason: lang.T(zh, en)}
}

// Trip are the parameters of a trip: a delay after the alarm, how long the supply stays off (0: until closed by order), and whether the
// meter closes by itself then.
type Trip struct {
	Delay, Lasting uint16 // minutes; Delay below 256
	Reclose        bool
}

// Data prints them. DL/T 698.45-2017 annex A
func (t Trip) Data() dlt698.Data {
	again := int64(0)
	if t.Reclose {
		again = 1
	}
	return dlt698.Array(dlt698.Structure(dlt698.Of(Relay), dlt698.Int(dlt698.TagUint8, int64(t.Delay)), dlt698.Int(dlt698.TagUint16, int64(t.Lasting)), dlt698.Int(dlt698.TagBool, again)))
}

// ParseTrip reads them.
func ParseTrip(d dlt698.Data) (t Trip, err error) {
	f, err := parameters(d, dlt698.TagUint8, dlt698.TagUint16, dlt698.TagBool)
	if err != nil {
		return t, err
	}
	return Trip{uint16(f[1].Num), uint16(f[2].Num), f[3].Num != 0}, nil
}

// CloseData prints the parameter of a close: at once, or a permission that the customer takes up at the meter. DL/T 698.45-2017 annex A
func CloseData(atOnce bool) dlt698.Data {
	command := int64(0)
	if atOnce {
		command = 1
	}
	return dlt698.Array(dlt698.Structure(dlt698.Of(Relay), dlt698.Int(dlt698.TagEnum, command)))
}

// ParseClose reads it.
func ParseClose(d dlt698.Data) (atOnce bool, err error) {
	f, err := parameters(d, dlt698.TagEnum)
	if err != nil {
		return false, err
	}
	if f[1].Num > 1 {
		return false, refuse("合闸命令未定义", "no such command to close")
	}
	return f[1].Num == 1, nil
}

// parameters is the one structure of an array: the relay, then values of the given types.
func parameters(d dlt698.Data, types ...dlt698.Tag) ([]dlt698.Data, error) {
	bad := refuse("遥控参数无效", "the parameters of the control are not valid")
	if d.Tag != dlt698.TagArray || len(d.Items) != 1 || d.Items[0].Tag != dlt698.TagStructure || len(d.Items[0].Items) != len(types)+1 {
		return nil, bad
	}
	f := d.Items[0].Items
	if f[0].Tag != dlt698.TagOAD {
		return nil, bad
	}
	for i, t := range types {
		if f[i+1].Tag != t {
			return nil, bad
		}
	}
	return f, nil
}

// StateData prints the state of the relays: the first bit is that of the first relay, set where its supply is cut. DL/T 698.45-2017 annex A
func StateData(open bool) dlt698.Data {
	b := byte(0)
	if open {
		b = 0x80
	}
	return dlt698.Data{Tag: dlt698.TagBitString, Num: 8, Bytes: []byte{b}}
}

// ParseState reads it.
func ParseState(d dlt698.Data) (open bool, err error) {
	if d.Tag != dlt698.TagBitString || d.Num != 8 || len(d.Bytes) != 1 {
		return false, refuse("继电器状态无效", "the state of the relay is not valid")
	}
	return d.Bytes[0]&0x80 != 0, nil
}

// ParseClock reads the clock of a device.
func ParseClock(d dlt698.Data) (t time.Time, err error) {
	s, isTime := d.DateTimeS()
	if t, ok := s.Time(); isTime && ok {
		return t, nil
	}
	return t, refuse("时钟无效", "the clock is not valid")
}

// Ask makes the proxy request of one item to one meter, given in 12 digits; data is nil where the service takes none.
func Ask(number uint8, kind dlt698.ProxyList, meter string, seconds uint16, name uint32, data *dlt698.Data) (q dlt698.ProxyRequest, err error) {
	tsa, err := dlt698.MeterTSA(meter)
	if err != nil {
		return q, err
	}
	it := dlt698.ProxyItem{Name: name}
	if data != nil {
		it.Data = *data
	}
	return dlt698.ProxyRequest{PIID: dlt698.PIID(number & 0x3F), Kind: kind, Seconds: seconds,
		Meters: []dlt698.ProxyMeter{{Meter: tsa, Seconds: seconds, Items: []dlt698.ProxyItem{it}}}}, nil
}

// Answer finds the item of an answer to a request of [Ask]: it must be about the same meter and the same name.
func Answer(q dlt698.ProxyRequest, a dlt698.ProxyResponse) (it dlt698.ProxyItem, err error) {
	if a.Kind != q.Kind || len(a.Meters) != 1 || string(a.Meters[0].Meter) != string(q.Meters[0].Meter) || len(a.Meters[0].Items) != 1 || a.Meters[0].Items[0].Name != q.Meters[0].Items[0].Name {
		return it, refuse("代理应答与请求不符", "the terminal's answer is not that to the request")
	}
	return a.Meters[0].Items[0], nil
}
