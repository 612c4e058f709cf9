package ui

import (
	"time"

	"github.com/haihe-city/haihe/lang"
)

// AlarmList is the list of alarms that an operator works from: one line an alarm in fixed columns, with what can be done to those that
// are ticked. With script its rows never move under the pointer or the keyboard: what is new waits in a bar until it is asked for.
// It is brought up to date by an AlarmPulse on the page's topic: the page then asks its own address again.
type AlarmList struct {
	ID       string
	Title    lang.Text
	Counts   []AlarmCount
	Fields   []Field // of the filter, the search among them
	Flood    lang.Text
	Fold     *Link // unfolds or folds, in a flood
	Said     lang.Text
	Bad      bool     // what is said is that something went wrong
	Undo     []string // alarms that a shelving took away: a button brings them back
	Rows     []AlarmRow
	Folds    []AlarmFold // below the rows
	Acts     AlarmActs
	Empty    lang.Text
	Total    int64
	Next     string // cursor, query parameter "after"
	Paged    bool
	Exports  []Link
	Path     string
	Query    map[string]string
	At       time.Time // the clock of the ages
	Change   int64     // number of the newest change that the list knows
	NoSounds bool      // a list that does not move is silent
}

// AlarmActs are the paths that the forms go to; "" offers nothing.
type AlarmActs struct{ Acknowledge, Shelve, Unshelve string }

// any tells whether rows can be ticked.
func (a AlarmActs) any() bool { return a.Acknowledge != "" || a.Shelve != "" || a.Unshelve != "" }

// first is where the form goes where no button says otherwise.
func (a AlarmActs) first() string {
	for _, p := range []string{a.Acknowledge, a.Unshelve, a.Shelve} {
		if p != "" {
			return p
		}
	}
	return ""
}

// AlarmCount is a counter over the list that filters it.
type AlarmCount struct {
	Priority int // 1 to 4; 0 for a counter of something else
	Text     lang.Text
	Count    int
	Href     string
	Current  bool
}

// AlarmRow is one alarm. Priority is 1 (critical) to 4 (low).
type AlarmRow struct {
	ID        string
	Href      string
	Priority  int
	Class     string    // "process" and the others of kernel/casework/alarm: its look
	ClassText lang.Text // said where it is not a measured value
	Title     lang.Text
	Place     lang.Text
	PlaceHref string
	Point     string
	State     string // "unacknowledged", "acknowledged", "returned", "closed": its look
	StateText lang.Text
	Hold      lang.Text // why it is kept out of the list, with its end
	Who       lang.Text // who answered
	Value     string    // "85.3", "" where there is none
	Limit     string    // "80"
	Below     bool      // the value lies under its limit
	Unit      string
	First     time.Time
	Gone      time.Time
	Count     int64 // how often it came
	Chatter   bool
	CaseHref  string
}

// AlarmFold stands for the alarms of little priority of one place in a flood.
type AlarmFold struct {
	ID     string
	Place  lang.Text
	Href   string
	Counts [5]int // by priority
	Newest time.Time
}

// AlarmPulse tells an open AlarmList that something changed. It shows nothing.
type AlarmPulse struct {
	ID     string
	Change int64
}

func (AlarmList) block()  {}
func (AlarmPulse) block() {}

// PriorityText is the word of an alarm's priority, 1 to 4.
func PriorityText(p int) lang.Text {
	switch p {
	case 1:
		return lang.T("紧急", "Critical")
	case 2:
		return lang.T("重要", "High")
	case 3:
		return lang.T("一般", "Medium")
	}
	return lang.T("提示", "Low")
}

// priorityIcon is its shape: no two priorities share one, so that colour is not needed to tell them apart.
func priorityIcon(p int) string {
	switch p {
	case 1:
		return "behind"
	case 2:
		return "risk"
	case 3:
		return "square"
	}
	return "bar"
}

// stateIcon is the shape of a state.
func stateIcon(state string) string {
	switch state {
	case "unacknowledged":
		return "bellon"
	case "acknowledged":
		return "met"
	case "returned":
		return "back"
	}
	return "none"
}

// classIcon is the shape of a class that is no measured value.
func classIcon(class string) string {
	if class == "silence" {
		return "quiet"
	}
	return "on"
}

func (a AlarmRow) look() string {
	s := "p" + itoa(min(max(a.Priority, 1), 4)) + " s-" + a.State
	if a.Class == "silence" {
		s += " quiet"
	}
	return s
}

// sign stands between value and limit.
func (a AlarmRow) sign() string {
	if a.Below {
		return "≤"
	}
	return "≥"
}

func (a AlarmList) mood() string {
	if a.Bad {
		return "bad"
	}
	return "good"
}

// width is how many columns the table has.
func (a AlarmList) width() int {
	if a.Acts.any() {
		return 8
	}
	return 6
}

// shelfTimes are the terms that an alarm can be shelved for, in minutes.
var shelfTimes = []struct {
	minutes string
	text    lang.Text
}{
	{"15", lang.T("15 分钟", "15 minutes")}, {"30", lang.T("30 分钟", "30 minutes")}, {"60", lang.T("1 小时", "1 hour")}, {"120", lang.T("2 小时", "2 hours")},
	{"240", lang.T("4 小时", "4 hours")}, {"480", lang.T("8 小时", "8 hours")}, {"720", lang.T("12 小时", "12 hours")},
}

// alarmKeys are the keys of the list, as its help says them.
var alarmKeys = []struct {
	key  string
	text lang.Text
}{
	{"j / k", lang.T("下一条、上一条", "next, previous alarm")}, {"Space", lang.T("选择或取消选择", "select or unselect")}, {"a", lang.T("确认所选（未选时为当前条）", "acknowledge the selected, or the one in focus")},
	{"s", lang.T("搁置所选（先填原因）", "shelve the selected; say why first")}, {"z", lang.T("撤销刚才的搁置", "undo the last shelving")}, {"n", lang.T("显示新告警", "show new alarms")},
	{"Enter", lang.T("打开告警", "open the alarm")}, {"Esc", lang.T("取消选择", "clear the selection")}, {"?", lang.T("显示本说明", "show this help")},
}

// alarmWords are what the module says.
func (e env) alarmWords() map[string]string {
	return map[string]string{
		"fresh": e.w("新告警 {n} 条：显示", "{n} new: show"), "grave": e.w("新告警 {n} 条，其中紧急 {c} 条：显示", "{n} new, {c} critical: show"),
		"left": e.w("已离开列表", "left the list"), "picked": e.w("已选 {n} 条", "{n} selected"), "why": e.w("请先填写搁置原因", "Say why first"),
		"soundOn": e.w("声音已开", "Sound is on"), "soundOff": e.w("开启声音", "Turn sound on"), "lost": e.w("未能更新列表，正在重试", "The list could not be brought up to date; trying again"),
		"s": e.w("{n} 秒", "{n} s"), "m": e.w("{n} 分 {r} 秒", "{n} min {r} s"), "h": e.w("{n} 小时 {r} 分", "{n} h {r} min"), "d": e.w("{n} 天 {r} 小时", "{n} d {r} h"),
	}
}
