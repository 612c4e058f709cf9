package gbt26875

import (
	"strconv"

	"github.com/haihe-city/haihe/lang"
)

// systems names the kinds of fire systems. GB/T 26875.3-2011 8.3
var systems = map[uint8]lang.Text{
	0: lang.T("通用", "general"), 1: lang.T("火灾报警系统", "fire alarm system"), 10: lang.T("消防联动控制器", "fire control linkage"), 11: lang.T("消火栓系统", "hydrants"),
	12: lang.T("自动喷水灭火系统", "sprinklers"), 13: lang.T("气体灭火系统", "gas extinguishing"), 14: lang.T("水喷雾灭火系统（泵启动）", "water spray, by pump"),
	15: lang.T("水喷雾灭火系统（压力容器启动）", "water spray, by pressure"), 16: lang.T("泡沫灭火系统", "foam"), 17: lang.T("干粉灭火系统", "dry powder"), 18: lang.T("防烟排烟系统", "smoke control"),
	19: lang.T("防火门及卷帘系统", "fire doors and shutters"), 20: lang.T("消防电梯", "fire lifts"), 21: lang.T("消防应急广播", "emergency broadcast"),
	22: lang.T("消防应急照明和疏散指示系统", "emergency lighting"), 23: lang.T("消防电源", "fire power supply"), 24: lang.T("消防电话", "fire telephone"),
}

// components names the kinds of components that raise alarms, and those that answer.
var components = map[uint8]lang.Text{
	0: lang.T("通用", "general"), 1: lang.T("火灾报警控制器", "fire panel"), 10: lang.T("可燃气体探测器", "combustible gas detector"), 11: lang.T("点型可燃气体探测器", "point gas detector"),
	12: lang.T("独立式可燃气体探测器", "stand-alone gas detector"), 13: lang.T("线型可燃气体探测器", "line gas detector"), 16: lang.T("电气火灾监控报警器", "electrical fire alarm"),
	17: lang.T("剩余电流式电气火灾监控探测器", "residual current detector"), 18: lang.T("测温式电气火灾监控探测器", "cable temperature detector"), 21: lang.T("探测回路", "detection loop"),
	22: lang.T("火灾显示盘", "repeater panel"), 23: lang.T("手动火灾报警按钮", "manual call point"), 24: lang.T("消火栓按钮", "hydrant button"), 25: lang.T("火灾探测器", "fire detector"),
	30: lang.T("感温火灾探测器", "heat detector"), 31: lang.T("点型感温火灾探测器", "point heat detector"), 34: lang.T("线型感温火灾探测器", "line heat detector"), 37: lang.T("光纤感温火灾探测器", "fibre heat detector"),
	40: lang.T("感烟火灾探测器", "smoke detector"), 41: lang.T("点型离子感烟火灾探测器", "ionisation smoke detector"), 42: lang.T("点型光电感烟火灾探测器", "optical smoke detector"),
	43: lang.T("线型光束感烟火灾探测器", "beam smoke detector"), 44: lang.T("吸气式感烟火灾探测器", "aspirating smoke detector"), 50: lang.T("复合式火灾探测器", "multi-sensor detector"),
	51: lang.T("复合式感烟感温火灾探测器", "smoke and heat detector"), 61: lang.T("紫外火焰探测器", "ultraviolet flame detector"), 62: lang.T("红外火焰探测器", "infrared flame detector"),
	69: lang.T("感光火灾探测器", "flame detector"), 74: lang.T("气体探测器", "gas detector"), 78: lang.T("图像摄像方式火灾探测器", "video fire detector"), 79: lang.T("感声火灾探测器", "acoustic detector"),
	81: lang.T("气体灭火控制器", "gas extinguishing panel"), 82: lang.T("消防电气控制装置", "electrical control"), 83: lang.T("消防控制室图形显示装置", "control room display"),
	84: lang.T("模块", "module"), 85: lang.T("输入模块", "input module"), 86: lang.T("输出模块", "output module"), 87: lang.T("输入/输出模块", "input and output module"), 88: lang.T("中继模块", "relay module"),
	91: lang.T("消防水泵", "fire pump"), 92: lang.T("消防水箱", "fire water tank"), 95: lang.T("喷淋泵", "sprinkler pump"), 96: lang.T("水流指示器", "flow indicator"), 97: lang.T("信号阀", "signal valve"),
	98: lang.T("报警阀", "alarm valve"), 99: lang.T("压力开关", "pressure switch"), 101: lang.T("阀驱动装置", "valve actuator"), 102: lang.T("防火门", "fire door"), 103: lang.T("防火阀", "fire damper"),
	104: lang.T("通风空调", "ventilation"), 105: lang.T("泡沫液泵", "foam pump"), 106: lang.T("管网电磁阀", "solenoid valve"), 111: lang.T("防烟排烟风机", "smoke fan"), 113: lang.T("排烟防火阀", "smoke damper"),
	114: lang.T("常闭送风口", "supply air outlet"), 115: lang.T("排烟口", "smoke outlet"), 116: lang.T("电控挡烟垂壁", "smoke curtain"), 117: lang.T("防火卷帘控制器", "shutter control"),
	118: lang.T("防火门监控器", "fire door monitor"), 121: lang.T("警报装置", "sounder"),
}

// SystemName is the kind of a fire system for people.
func SystemName(kind uint8) lang.Text { return named(systems, kind) }

// ComponentName is the kind of a component for people.
func ComponentName(kind uint8) lang.Text { return named(components, kind) }

func named(list map[uint8]lang.Text, kind uint8) lang.Text {
	if t, ok := list[kind]; ok {
		return t
	}
	n := strconv.Itoa(int(kind))
	return lang.T("类型 "+n, "kind "+n)
}

// AnalogUnit is the unit of an analog value (UCUM) and what its number is multiplied by. GB/T 26875.3-2011 8.3
func AnalogUnit(kind uint8) (ucum string, scale float64, ok bool) {
	switch kind {
	case 1:
		return "{event}", 1, true
	case 2:
		return "m", 0.01, true
	case 3:
		return "Cel", 0.1, true
	case 4:
		return "MPa", 0.1, true
	case 5:
		return "kPa", 0.1, true
	case 6:
		return "%{LEL}", 0.1, true
	case 7:
		return "s", 1, true
	case 8:
		return "V", 0.1, true
	case 9:
		return "A", 0.1, true
	case 10:
		return "L/s", 0.1, true
	case 11:
		return "m3/min", 0.1, true
	case 12:
		return "m/s", 1, true
	}
	return "", 0, false
}
