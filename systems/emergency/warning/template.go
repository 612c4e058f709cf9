package warning

import (
	"fmt"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/warning/reach"
)

// advice is what people are told to do, by kind of event; the author changes it to what the case needs.
var advice = map[string]lang.Text{
	"11B01": lang.T("加固门窗、围板、棚架、广告牌等易被风吹动的搭建物；停止露天集体活动和高空、水上作业；船舶回港避风；居民留在安全的室内。", "Secure doors, windows, hoardings and anything the wind can move. Stop open-air events and work at height and on water. Ships return to port. Stay indoors."),
	"11B03": lang.T("停止户外作业和集体活动；低洼地带人员转移到安全处；车辆绕行积水路段和下凹桥区；切断低洼地带危险的室外电源。", "Stop outdoor work and events. People in low places move to safety. Drive around flooded roads and underpasses. Cut outdoor power in low places."),
	"11B04": lang.T("减少外出；驾车减速、防滑；停用有垮塌危险的建筑和设施；注意防寒保暖。", "Go out less, drive slowly and guard against skidding. Do not use buildings that may collapse under snow. Keep warm."),
	"11B09": lang.T("避免在高温时段户外活动；户外作业人员缩短连续作业时间；注意防暑降温和用电安全。", "Avoid being outdoors in the heat of the day; shorten outdoor shifts. Keep cool and take care with electricity."),
	"11B17": lang.T("减少外出；驾车保持车距、减速慢行；机场、港口、高速公路加强交通管制。", "Go out less, keep your distance and drive slowly. Airports, ports and motorways control traffic."),
	"11E00": lang.T("远离海堤、码头和海滩；船舶加固缆绳或回港；沿海低洼地带人员转移。", "Keep away from sea walls, quays and beaches. Ships secure their moorings or return to port. People in low coastal places move inland."),
	"21D00": lang.T("关闭门窗和通风设备，留在室内；不要前往事故地点；需要撤离时向侧上风方向离开，用湿毛巾捂住口鼻；不要使用明火。", "Stay indoors with doors, windows and ventilation closed. Keep away from the place. If told to leave, go across and up the wind with a wet cloth over mouth and nose. No open flames."),
	"21G00": lang.T("远离火场，为消防车辆让道；听从现场人员指挥有序撤离；关闭门窗防烟。", "Keep away from the fire and let fire engines pass. Leave in order as told. Close doors and windows against smoke."),
}

var commonAdvice = lang.T("请关注后续信息，听从有关部门的安排，做好防范准备。", "Follow further news, do as the authorities say and prepare.")

// holds is how long a warning of a colour is proposed to last.
func holds(colour string) time.Duration {
	if level(colour) <= 2 {
		return 6 * time.Hour
	}
	return 12 * time.Hour
}

// propose fills in what a template can say of a kind, a colour and a place.
func propose(event, colour string, now time.Time) Warning {
	name, c := EventName(event), ColourName(colour)
	w := Warning{MsgType: Alert, Event: event, Colour: colour, Expires: now.Add(holds(colour)).Truncate(time.Minute)}
	w.Headline = lang.T(fmt.Sprintf("天津市发布%s%s预警", name.Zh, c.Zh), fmt.Sprintf("Tianjin: %s, %s warning", name.En, c.En))
	w.Description = lang.T(fmt.Sprintf("预计未来%.0f小时，本市部分区域可能受%s影响，发布%s预警。", holds(colour).Hours(), name.Zh, c.Zh), fmt.Sprintf("%s is expected to affect parts of the city within the next %.0f hours; a %s warning is issued.", name.En, holds(colour).Hours(), c.En))
	if w.Instruction = advice[event]; w.Instruction.Empty() {
		w.Instruction = commonAdvice
	}
	w.Urgency, w.Certainty, w.AckMinutes = "Expected", "Likely", 15
	if level(colour) == 1 {
		w.Urgency, w.AckMinutes = "Immediate", 5
	}
	w.Duties = []string{"district", "plant"}
	w.Area = reach.Area{}
	return w
}
