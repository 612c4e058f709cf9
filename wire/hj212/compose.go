package hj212

import (
	"strconv"
	"time"
)

// Station is what every frame to or from a logger says of it.
type Station struct {
	ST      uint8
	PW, MN  string
	Version uint8 // of the edition, see Flag.Version
}

func (s Station) frame(qn string, st uint8, cn uint16, flag Flag, items ...Item) Frame {
	return Frame{QN: qn, ST: st, CN: cn, PW: s.PW, MN: s.MN, Flag: flag | Flag(s.Version)<<2, Flagged: true, Items: items}
}

// Ask makes a command to a logger, which is to be answered. HJ 212-2017 6.1
func (s Station) Ask(qn string, cn uint16, items ...Item) Frame {
	return s.frame(qn, s.ST, cn, WantsAnswer, items...)
}

// History asks for the data of a span, both ends included: cn is DayData, DeviceDays, MinuteData or HourData.
func (s Station) History(qn string, cn uint16, from, to time.Time) Frame {
	return s.Ask(qn, cn, Item{Name: "BeginTime", Value: TimeText(from)}, Item{Name: "EndTime", Value: TimeText(to), Joined: true})
}

// Clock sets the logger's clock.
func (s Station) Clock(qn string, now time.Time) Frame {
	return s.Ask(qn, SetClock, Item{Name: "SystemTime", Value: TimeText(now)})
}

// Interval sets how often real-time data come, in seconds (SetRealTimeGap), or minute data, in minutes (SetMinuteGap).
func (s Station) Interval(qn string, cn uint16, n int) Frame {
	name := "RtdInterval"
	if cn == SetMinuteGap {
		name = "MinInterval"
	}
	return s.Ask(qn, cn, Item{Name: name, Value: strconv.Itoa(n)})
}

// Timeouts sets how long the logger waits for an answer, in seconds, and how often it repeats. HJ 212-2017 6.2
func (s Station) Timeouts(qn string, seconds, repetitions int) Frame {
	return s.Ask(qn, SetTimeouts, Item{Name: "OverTime", Value: strconv.Itoa(seconds)}, Item{Name: "ReCount", Value: strconv.Itoa(repetitions)})
}

// Answer tells whether a request is taken (9011).
func (s Station) Answer(qn string, code QnRtn) Frame {
	return s.reply(qn, Answer, Item{Name: "QnRtn", Value: strconv.Itoa(int(code))})
}

// Result tells what came of a request (9012).
func (s Station) Result(qn string, code ExeRtn) Frame {
	return s.reply(qn, Result, Item{Name: "ExeRtn", Value: strconv.Itoa(int(code))})
}

// NoticeAnswer and DataAnswer confirm what a logger told (9013, 9014).
func (s Station) NoticeAnswer(qn string) Frame { return s.reply(qn, NoticeAnswer) }

// DataAnswer is described at NoticeAnswer.
func (s Station) DataAnswer(qn string) Frame { return s.reply(qn, DataAnswer) }

// reply makes an answer: of the system 91, and with QN in the data area where the other end is of 2005. HJ 212-2017 6.1
func (s Station) reply(qn string, cn uint16, items ...Item) Frame {
	if s.Version > 0 || qn == "" {
		return s.frame(qn, AnswerSystem, cn, 0, items...)
	}
	return s.frame("", AnswerSystem, cn, 0, append([]Item{{Name: "QN", Value: qn}}, items...)...)
}
