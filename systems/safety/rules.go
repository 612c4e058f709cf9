package safety

import (
	"time"

	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// manner is how the points of a measure are watched. The shares and times of return are the starting points of IEC 62682:2014 12.3.4 and 12.3.5;
// nothing delays a coming, since what is told late here costs more than what is told once too often.
type manner struct {
	of     register.Measure
	share  float64
	off    time.Duration
	high   rule.Priority // of HH
	rising lang.Text     // what to do when it is too high
	low    rule.Priority // of LL
	fallen lang.Text
}

// manners of the measures that have limits.
var manners = []manner{
	{register.Level, 0.05, time.Minute, rule.Critical, lang.T("停止进料，核对液位计，准备倒罐，清除围堰内点火源。", "Stop the inflow, check the gauge, prepare to transfer, clear the bund of ignition sources."),
		rule.High, lang.T("停泵防抽空，核对是否泄漏。", "Stop the pump before it runs dry; look for a leak.")},
	{register.Temperature, 0.01, time.Minute, rule.Critical, lang.T("加大冷却或喷淋，停止加热和进料，防止失控反应。", "Cool or spray, stop heating and feeding; a runaway reaction must not start."),
		rule.Medium, lang.T("检查伴热和介质是否凝固。", "Check the tracing; the medium may set.")},
	{register.Pressure, 0.02, 15 * time.Second, rule.Critical, lang.T("泄压或切断进气，确认安全阀动作，人员撤离。", "Relieve or shut off the supply, see that the safety valve works, keep people away."),
		rule.High, lang.T("核对是否泄漏或断料。", "Look for a leak or a loss of supply.")},
	{register.Flow, 0.05, 15 * time.Second, rule.High, lang.T("核对阀位和管线是否破裂。", "Check the valves and the line for a break."),
		rule.Medium, lang.T("核对供料和泵的运行。", "Check the supply and the pump.")},
	{register.Gas, 0.05, time.Minute, rule.Critical, lang.T("撤离人员，切断泄漏源和点火源，启动通风，按预案报告。", "Clear people out, shut off the leak and every ignition source, ventilate, report by the plan."),
		rule.Medium, lang.T("探测器可能零点漂移，安排校验。", "The detector's zero may have drifted: have it calibrated.")},
	{register.Toxic, 0.05, time.Minute, rule.Critical, lang.T("向上风向撤离，佩戴呼吸防护后处置，按预案报告。", "Leave upwind, act only with breathing protection, report by the plan."),
		rule.Medium, lang.T("探测器可能零点漂移，安排校验。", "The detector's zero may have drifted: have it calibrated.")},
	{register.Oxygen, 0.02, time.Minute, rule.High, lang.T("富氧：切断氧源，严禁动火。", "Rich in oxygen: shut off its source, no hot work."),
		rule.Critical, lang.T("缺氧：撤离人员，通风后复测。", "Short of oxygen: clear people out, ventilate, measure again.")},
	{register.Humidity, 0.05, time.Minute, rule.Medium, lang.T("通风除湿，检查库房渗漏。", "Dry the store, look for water coming in."),
		rule.Medium, lang.T("加湿，防静电积聚。", "Moisten the air: static charge builds up.")},
	{register.Current, 0.05, 15 * time.Second, rule.High, lang.T("检查设备是否过载或卡阻。", "The machine may be overloaded or jammed."),
		rule.Medium, lang.T("检查设备是否停运。", "The machine may have stopped.")},
	{register.Other, 0.05, time.Minute, rule.High, lang.T("现场核实并按操作规程处置。", "Look on the spot and act by the operating rules."),
		rule.High, lang.T("现场核实并按操作规程处置。", "Look on the spot and act by the operating rules.")},
}

// edges are the four limits of a point. The outer ones are the trips' neighbours, the inner ones warn one step milder.
var edges = []struct {
	own    string
	zh, en string
	low    bool
	outer  bool
}{{"HH", "高高", "very high", false, true}, {"H", "高", "high", false, false}, {"L", "低", "low", true, false}, {"LL", "低低", "very low", true, true}}

// silentAfter is how many periods without a reading make a point silent.
const silentAfter = 3

// rules are what the room watches by from the first day.
func rules() []rule.Rule {
	scope := func(tags ...string) rule.Scope { return rule.Scope{System: name, Tags: tags} }
	var out []rule.Rule
	for _, m := range manners {
		text := m.of.Text()
		for _, e := range edges {
			priority, advice := m.high, m.rising
			if e.low {
				priority, advice = m.low, m.fallen
			}
			if !e.outer {
				priority = min(priority+1, rule.Low)
			}
			out = append(out, rule.Rule{ID: "safety." + string(m.of) + "." + lower[e.own], Title: lang.T(text.Zh+e.zh, text.En+" "+e.en), Advice: advice, Unit: register.Owner, Kind: rule.Limit,
				Scope: scope("kind:" + string(m.of)), Form: rule.Form{Own: e.own, Share: m.share, Off: m.off}, Priority: priority})
		}
	}
	return append(out,
		rule.Rule{ID: "safety.fire", Title: lang.T("火灾报警", "Fire"), Advice: lang.T("核实火情，按预案报警、疏散、灭火。", "Confirm the fire; call, clear out and fight it by the plan."), Unit: register.Owner, Kind: rule.Limit,
			Scope: scope("kind:fire"), Form: rule.Form{Value: 1, Off: time.Minute}, Priority: rule.Critical},
		rule.Rule{ID: "safety.gas.rate", Title: lang.T("可燃气体快速上升", "Combustible gas rising fast"), Advice: lang.T("可能正在泄漏：查看相邻探测器，通知现场人员。", "A leak may have begun: look at the detectors beside it and warn those on site."), Unit: register.Owner, Kind: rule.Rate,
			Scope: scope("kind:gas"), Form: rule.Form{Value: 10, Deadband: 2, Window: time.Minute, Off: time.Minute}, Priority: rule.High},
		rule.Rule{ID: "safety.silence.plant", Title: lang.T("企业失联", "Plant silent"), Advice: lang.T("全部监测点无数据，无数据不等于安全：立即联系企业核实现场，检查供电、网络和数采仪。", "Nothing comes from any point. Silence is not safety: call the plant at once, check power, network and logger."), Unit: register.Owner, Kind: rule.Silence,
			Scope: scope(), Form: rule.Form{Periods: silentAfter, Whole: true}, Priority: rule.High},
		rule.Rule{ID: "safety.silence.key", Title: lang.T("关键监测点无数据", "Key point silent"), Advice: lang.T("无数据不等于安全：联系企业核实现场，检查采集和网络。", "Silence is not safety: call the plant, check logger and network."), Unit: register.Owner, Kind: rule.Silence,
			Scope: scope("key"), Form: rule.Form{Periods: silentAfter}, Priority: rule.High},
		rule.Rule{ID: "safety.silence", Title: lang.T("监测点无数据", "Point silent"), Advice: lang.T("检查采集和网络。", "Check logger and network."), Unit: register.Owner, Kind: rule.Silence,
			Scope: scope("ordinary"), Form: rule.Form{Periods: silentAfter}, Priority: rule.Low},
		rule.Rule{ID: "safety.bad.key", Title: lang.T("关键监测点数据异常", "Key point marked bad"), Advice: lang.T("设备自报数据无效：安排检修，期间人工巡检。", "The device calls its own value bad: have it mended, and look by hand meanwhile."), Unit: register.Owner, Kind: rule.Bad,
			Scope: scope("key"), Form: rule.Form{Off: time.Minute}, Priority: rule.Medium},
		rule.Rule{ID: "safety.bad", Title: lang.T("监测点数据异常", "Point marked bad"), Advice: lang.T("设备自报数据无效：安排检修。", "The device calls its own value bad: have it mended."), Unit: register.Owner, Kind: rule.Bad,
			Scope: scope("ordinary"), Form: rule.Form{Off: time.Minute}, Priority: rule.Low},
		stuck(register.Temperature, 2*time.Hour), stuck(register.Pressure, 2*time.Hour), stuck(register.Flow, 2*time.Hour), stuck(register.Level, 12*time.Hour))
}

// stuck watches for a value that does not move at all though the world does: a tank at rest may keep its level for half a day.
func stuck(m register.Measure, window time.Duration) rule.Rule {
	text := m.Text()
	return rule.Rule{ID: "safety." + string(m) + ".stuck", Title: lang.T(text.Zh+"示值不变", text.En+" does not move"), Advice: lang.T("仪表可能卡滞或通道冻结：现场核对。", "The instrument may be stuck or its channel frozen: compare on site."),
		Unit: register.Owner, Kind: rule.Stuck, Scope: rule.Scope{System: name, Tags: []string{"kind:" + string(m)}}, Form: rule.Form{Window: window}, Priority: rule.Low}
}

// lower are the limits as ids say them.
var lower = map[string]string{"HH": "hh", "H": "h", "L": "l", "LL": "ll"}
