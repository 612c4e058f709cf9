package hj212

import (
	"strings"

	"github.com/haihe-city/haihe/lang"
)

// The commands of HJ 212-2017 6.6.5 that this program sends or answers by name; [Lookup] knows all.
const (
	SetTimeouts    uint16 = 1000
	AskClock       uint16 = 1011
	SetClock       uint16 = 1012
	ClockNotice    uint16 = 1013
	AskRealTimeGap uint16 = 1061
	SetRealTimeGap uint16 = 1062
	AskMinuteGap   uint16 = 1063
	SetMinuteGap   uint16 = 1064
	SetPassword    uint16 = 1072
	RealTime       uint16 = 2011
	StopRealTime   uint16 = 2012
	DeviceStates   uint16 = 2021
	StopStates     uint16 = 2022
	DayData        uint16 = 2031
	DeviceDays     uint16 = 2041
	MinuteData     uint16 = 2051
	HourData       uint16 = 2061
	StartTimes     uint16 = 2081
	AskIdentity    uint16 = 3019
	AskInfo        uint16 = 3020
	SetInfo        uint16 = 3021
	Answer         uint16 = 9011
	Result         uint16 = 9012
	NoticeAnswer   uint16 = 9013
	DataAnswer     uint16 = 9014
)

// Command is what a CN means. Down are the fields that the centre must send with it, Up those that the logger must.
type Command struct {
	CN       uint16
	Name     lang.Text
	Down, Up []string
	Data     bool // what comes up are readings
	Only2005 bool // gone from the edition of 2017
}

func command(cn uint16, zh, en, down, up string) Command {
	return Command{CN: cn, Name: lang.T(zh, en), Down: strings.Fields(down), Up: strings.Fields(up), Data: cn >= 2011 && cn < 2080 && cn != 2012 && cn != 2022}
}

func old(c Command) Command {
	c.Only2005, c.Data = true, false
	return c
}

// commands by CN. HJ 212-2017 6.6.5, and HJ/T 212-2005 6.4.6 where the edition of 2017 has them no more.
var commands = func() map[uint16]Command {
	out := map[uint16]Command{}
	for _, c := range []Command{
		command(SetTimeouts, "设置超时时间及重发次数", "set time-out and repetitions", "OverTime ReCount", ""),
		command(AskClock, "提取/上传现场机时间", "ask for the logger's clock", "", "SystemTime"),
		command(SetClock, "设置现场机时间", "set the logger's clock", "SystemTime", ""),
		command(ClockNotice, "现场机时间校准请求", "the logger asks for the time", "", ""),
		old(command(1021, "提取/上传报警门限值", "ask for alarm limits", "", "")),
		old(command(1022, "设置报警门限值", "set alarm limits", "", "")),
		old(command(1031, "提取/上传上位机地址", "ask for the centre's address", "", "")),
		old(command(1032, "设置上位机地址", "set the centre's address", "", "")),
		old(command(1041, "提取/上传数据上报时间", "ask for the time of reports", "", "")),
		old(command(1042, "设置数据上报时间", "set the time of reports", "", "")),
		command(AskRealTimeGap, "提取/上传实时数据间隔", "ask for the interval of real-time data", "", "RtdInterval"),
		command(SetRealTimeGap, "设置实时数据间隔", "set the interval of real-time data", "RtdInterval", ""),
		command(AskMinuteGap, "提取/上传分钟数据间隔", "ask for the interval of minute data", "", "MinInterval"),
		command(SetMinuteGap, "设置分钟数据间隔", "set the interval of minute data", "MinInterval", ""),
		command(SetPassword, "设置现场机密码", "set the logger's password", "NewPW", ""),
		command(RealTime, "取/上传污染物实时数据", "real-time data", "", "DataTime"),
		command(StopRealTime, "停止察看污染物实时数据", "stop real-time data", "", ""),
		command(DeviceStates, "取/上传设备运行状态数据", "states of devices", "", "DataTime"),
		command(StopStates, "停止察看设备运行状态", "stop states of devices", "", ""),
		command(DayData, "取/上传污染物日历史数据", "data of days", "BeginTime EndTime", "DataTime"),
		command(DeviceDays, "取/上传设备运行时间日历史数据", "running times of devices by day", "BeginTime EndTime", "DataTime"),
		command(MinuteData, "取/上传污染物分钟数据", "data of minutes", "BeginTime EndTime", "DataTime"),
		command(HourData, "取/上传污染物小时数据", "data of hours", "BeginTime EndTime", "DataTime"),
		old(command(2071, "取/上传污染物报警记录", "records of alarms", "BeginTime EndTime", "")),
		old(command(2072, "上传报警事件", "an alarm", "", "")),
		command(StartTimes, "上传数采仪开机时间", "when the logger started", "", "DataTime RestartTime"),
		command(3011, "零点校准、量程校准", "calibrate zero and range", "", ""),
		command(3012, "即时采样", "sample now", "", ""),
		command(3013, "启动清洗/反吹", "clean", "", ""),
		command(3014, "比对采样", "sample for comparison", "", ""),
		command(3015, "超标留样", "keep a sample", "", ""),
		command(3016, "设置采样时间周期", "set the cycle of sampling", "", ""),
		command(3017, "提取采样时间周期", "ask for the cycle of sampling", "", ""),
		command(3018, "提取出样时间", "ask for the time that a sample takes", "", ""),
		command(AskIdentity, "提取设备唯一标识", "ask for a device's identity", "", ""),
		command(AskInfo, "提取现场机信息", "ask for the logger's information", "", ""),
		command(SetInfo, "设置现场机参数", "set the logger's parameters", "", ""),
		command(Answer, "请求应答", "answer to a request", "QnRtn", "QnRtn"),
		command(Result, "执行结果", "result of a request", "ExeRtn", "ExeRtn"),
		command(NoticeAnswer, "通知应答", "answer to a notice", "", ""),
		command(DataAnswer, "数据应答", "answer to data", "", ""),
	} {
		out[c.CN] = c
	}
	return out
}()

// Lookup gives the command of a CN. Numbers that the standard leaves open are not known.
func Lookup(cn uint16) (Command, bool) {
	c, ok := commands[cn]
	return c, ok
}

// KnownSystem tells whether a code stands in the list of systems of one of the editions. HJ 212-2017 6.6.1
func KnownSystem(st uint8) bool {
	return st >= 21 && st <= 27 || st >= 31 && st <= 39 || st == 41 || st == 51 || st == 52 || st == 91
}

// AnswerSystem is the ST of answers. HJ 212-2017 6.6.1
const AnswerSystem = 91

// formats of the fields that commands have, by name: t a time, n digits so many.
var formats = map[string]string{
	"SystemTime": "t", "DataTime": "t", "BeginTime": "t", "EndTime": "t", "RestartTime": "t", "AlarmTime": "t",
	"QnRtn": "n3", "ExeRtn": "n3", "OverTime": "n5", "ReCount": "n2", "RtdInterval": "n4", "MinInterval": "n4",
}

// Check holds the data area to the command: that it is known, that what it wants is there, and that times and numbers are such. up says that
// the frame came from a logger. HJ 212-2017 6.3.3
func (f *Frame) Check(up bool) error {
	c, ok := commands[f.CN]
	if !ok {
		return refuse(0, "6.6.5", BadCN, "命令编码未定义", "the command is not defined")
	}
	for i := range f.Items {
		it := &f.Items[i]
		switch form := formats[it.Name]; {
		case form == "t":
			if _, ok := Time(it.Value); !ok {
				return refuse(0, "6.3.3", Unknown, "字段 "+it.Name+" 不是时间", "the field "+it.Name+" is not a time")
			}
		case form != "":
			if _, ok := digits(it.Value, 1, int(form[1]-'0')); !ok {
				return refuse(0, "6.3.3", Unknown, "字段 "+it.Name+" 不是整数", "the field "+it.Name+" is not a whole number")
			}
		}
	}
	need := c.Down
	if up {
		need = c.Up
	}
	for _, name := range need {
		if _, ok := f.Get(name); !ok {
			return refuse(0, "6.3.3", Unknown, "数据区缺少字段 "+name, "the data area lacks the field "+name)
		}
	}
	return nil
}

// Number reads a field of the data area that is a whole number.
func (f *Frame) Number(name string) (n int, ok bool) {
	v, there := f.Get(name)
	if !there {
		return 0, false
	}
	return digits(v, 1, 9)
}
