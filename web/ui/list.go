package ui

import (
	"strings"
	"time"

	"github.com/haihe-city/haihe/lang"
)

func (n Notice) status() Status {
	switch n.Kind {
	case "warn":
		return StatusRisk
	case "bad":
		return StatusBehind
	case "good":
		return StatusMet
	}
	return StatusOn
}

// look, icon and word say an alarm's urgency by colour, shape and, for a screen reader, by name. A level that does not exist is
// shown as the least urgent.
func (a Alarm) look() string { return "lv" + itoa(a.level()) }

func (a Alarm) icon() string { return [...]string{"behind", "risk", "none"}[a.level()-1] }

func (a Alarm) word() lang.Text {
	return [...]lang.Text{lang.T("紧急", "Urgent:"), lang.T("重要", "Important:"), lang.T("一般", "Minor:")}[a.level()-1]
}

func (a Alarm) level() int {
	if a.Level < 1 || a.Level > 3 {
		return 3
	}
	return a.Level
}

// nothing tells whether a fact has no value of any kind.
func (x Fact) nothing() bool { return x.Value.Empty() && x.Tag == nil && x.Time.IsZero() }

// nothing is said of an empty list that has no better words.
var nothing = lang.T("暂无记录", "Nothing here yet")

func orText(t, or lang.Text) lang.Text {
	if t.Empty() {
		return or
	}
	return t
}

// join puts texts in a row with a middle dot between those that are there.
func (e env) join(ts ...lang.Text) string {
	var out []string
	for _, t := range ts {
		if s := e.t(t); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " · ")
}

// tick is the clock with seconds, or the day where that is not today.
func (e env) tick(t time.Time) string {
	if s := e.short(t); len(s) != len("15:04") || s[2] != ':' {
		return s
	}
	return t.In(shanghai).Format(time.TimeOnly)
}

// short is the clock without seconds where a list has little room.
func (e env) short(t time.Time) string {
	if t.In(shanghai).Format(time.DateOnly) == e.now.In(shanghai).Format(time.DateOnly) {
		return t.In(shanghai).Format("15:04")
	}
	return t.In(shanghai).Format("01-02")
}
