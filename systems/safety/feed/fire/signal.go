package fire

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/feed/gate"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/wire/gbt26875"
)

// sign is what a bit of a state means to those on shift.
type sign struct {
	bit      gbt26875.State
	id       string
	priority rule.Priority
	title    lang.Text
	advice   lang.Text
}

// The bits that are alarms. Started, fed back and delayed are the system's own work and told by nobody's alarm. GB/T 26875.3-2011 8.3
var (
	fire       = sign{gbt26875.OnFire, "fire", rule.Critical, lang.T("火警", "Fire"), lang.T("立即核实现场，按预案报警和疏散。", "Verify on site at once; call the fire brigade and evacuate by the plan.")}
	fault      = sign{gbt26875.InFault, "fault", rule.Medium, lang.T("消防设施故障", "Fault of fire protection"), lang.T("通知消防维保单位。", "Call the maintenance of fire protection.")}
	masked     = sign{gbt26875.Masked, "masked", rule.Medium, lang.T("消防设施屏蔽", "Fire protection masked"), lang.T("核实屏蔽原因，修复后恢复。", "Find out why, mend and unmask.")}
	supervised = sign{gbt26875.Supervised, "supervised", rule.High, lang.T("消防设施监管报警", "Supervisory alarm"), lang.T("核实阀门、水位等监管状态。", "Look at valves and water levels.")}
	power      = sign{gbt26875.PowerFault, "power", rule.Medium, lang.T("消防设施电源故障", "Power fault of fire protection"), lang.T("检查主电源。", "Look at the main power.")}
	spare      = sign{gbt26875.SpareFault, "spare", rule.Medium, lang.T("消防设施备用电源故障", "Spare power fault of fire protection"), lang.T("检查备用电源。", "Look at the spare power.")}
	bus        = sign{gbt26875.BusFault, "bus", rule.Medium, lang.T("消防系统总线故障", "Bus fault of a fire system"), lang.T("通知消防维保单位。", "Call the maintenance of fire protection.")}

	ofSystem    = []sign{fire, fault, masked, supervised, power, spare, bus}
	ofComponent = []sign{fire, fault, masked, supervised, power}
	ofDevice    = []sign{fire, fault,
		{gbt26875.DeviceMainFault, "power", rule.Medium, lang.T("传输装置主电故障", "Main power fault of a transmission device"), power.advice},
		{gbt26875.DeviceSpareFault, "spare", rule.Medium, lang.T("传输装置备电故障", "Spare power fault of a transmission device"), spare.advice},
		{gbt26875.DeviceLineFault, "line", rule.Medium, lang.T("传输装置通信故障", "Line fault of a transmission device"), lang.T("检查通信线路。", "Look at the line.")},
		{gbt26875.DevicePanelFault, "panel", rule.High, lang.T("传输装置与火灾报警控制器断开", "A transmission device has lost its fire panel"), lang.T("该单位火警可能无法上传，请派人值守。", "Fires there may go untold: send somebody.")},
	}
)

// The operations at a panel that matter here. GB/T 26875.3-2011 8.3
const (
	opReset  = 1 << 0
	opManual = 1 << 2
)

// resets tells whether a panel was reset: what it had raised is over.
func resets(u *gbt26875.Unit) bool {
	for i := range u.Objects {
		o := &u.Objects[i]
		if u.Type == gbt26875.SystemState && o.State&gbt26875.Reset != 0 || (u.Type == gbt26875.Operation || u.Type == gbt26875.DeviceOperation) && o.Done&opReset != 0 {
			return true
		}
	}
	return false
}

// signals are what a data unit says of alarms; open are the plant's alarms of devices, asked for where the panel was reset.
func signals(plant *register.Plant, u *gbt26875.Unit, open []alarm.Alarm) (out []alarm.Signal) {
	for i := range u.Objects {
		o := &u.Objects[i]
		system := fmt.Sprintf("%d.%d", o.System, o.Place)
		switch u.Type {
		case gbt26875.SystemState:
			if o.State&gbt26875.Reset != 0 {
				out = append(out, over(plant, system, o.Time, open)...)
			}
			out = append(out, states(plant, ofSystem, o, system, gbt26875.SystemName(o.System))...)
		case gbt26875.ComponentState:
			what := gbt26875.ComponentName(o.Component)
			if own := words(o.Text); own != "" {
				what = lang.T(own, own)
			}
			out = append(out, states(plant, ofComponent, o, part(o), what)...)
		case gbt26875.DeviceState:
			out = append(out, states(plant, ofDevice, o, "device", lang.T("用户信息传输装置", "transmission device"))...)
		case gbt26875.Operation, gbt26875.DeviceOperation:
			at, what := system, gbt26875.SystemName(o.System)
			if u.Type == gbt26875.DeviceOperation {
				at, what = "device", lang.T("用户信息传输装置", "transmission device")
			}
			if o.Done&opReset != 0 {
				out = append(out, over(plant, at, o.Time, open)...)
			}
			if o.Done&opManual != 0 {
				manual := fire
				manual.title = lang.T("手动火警", "Fire, called by hand")
				out = append(out, signal(plant, &manual, at+":manual", what, true, o.Time))
			}
		}
	}
	return out
}

// part is a component as factors and alarms name it.
func part(o *gbt26875.Object) string {
	return fmt.Sprintf("%d.%d.%d.%d", o.System, o.Place, o.Component, o.Part)
}

func states(plant *register.Plant, signs []sign, o *gbt26875.Object, at string, what lang.Text) (out []alarm.Signal) {
	for i := range signs {
		out = append(out, signal(plant, &signs[i], at+":"+signs[i].id, what, o.State&signs[i].bit != 0, o.Time))
	}
	return out
}

func signal(plant *register.Plant, s *sign, key string, what lang.Text, came bool, at time.Time) alarm.Signal {
	name, _, _ := strings.Cut(key, ":")
	return alarm.Signal{Key: prefix(plant) + key, Source: "device:gbt26875", Class: alarm.Device, Came: came, At: at, Priority: s.priority,
		Title: lang.T(s.title.Zh+"："+what.Zh, s.title.En+": "+what.En), Advice: s.advice, Entity: plant.URI, Name: name, Group: plant.URI, Unit: plant.Unit, Area: plant.District, System: gate.System}
}

func prefix(plant *register.Plant) string { return "fire:" + plant.Code + ":" }

// over ends what a system, with its components, or the device itself had raised.
func over(plant *register.Plant, at string, when time.Time, open []alarm.Alarm) (out []alarm.Signal) {
	for i := range open {
		own, ok := strings.CutPrefix(open[i].Key, prefix(plant))
		if ok && (strings.HasPrefix(own, at+":") || strings.HasPrefix(own, at+".")) {
			s := open[i].Signal
			s.Came, s.At = false, when
			out = append(out, s)
		}
	}
	return out
}

// readings are what a data unit says of points: analog values, and whether a component is on fire.
func readings(u *gbt26875.Unit) (out []register.Value) {
	if u == nil {
		return nil
	}
	for i := range u.Objects {
		o := &u.Objects[i]
		switch u.Type {
		case gbt26875.AnalogValue:
			if _, scale, ok := gbt26875.AnalogUnit(o.Analog); ok {
				out = append(out, register.Value{Factor: part(o), At: o.Time, Value: float64(o.Value) * scale})
			}
		case gbt26875.ComponentState:
			v := register.Value{Factor: part(o), At: o.Time}
			if o.State&gbt26875.OnFire != 0 {
				v.Value = 1
			}
			if o.State&(gbt26875.InFault|gbt26875.Masked) != 0 {
				v.Quality = rule.Faulty
			}
			out = append(out, v)
		}
	}
	return out
}

// words reads a panel's text, GB 18030.
func words(b []byte) string {
	s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == '\uFFFD' {
			return -1
		}
		return r
	}, string(s)))
}
