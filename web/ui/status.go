package ui

import "github.com/haihe-city/haihe/lang"

// statusKeys are the names that classes, icons and query parameters use, in the order of the statuses.
var statusKeys = [...]string{"none", "behind", "risk", "on", "met"}

// Key is the status's name in classes, icons and query parameters: none, behind, risk, on, met.
func (s Status) Key() string {
	if s < 0 || int(s) >= len(statusKeys) {
		return statusKeys[StatusNone]
	}
	return statusKeys[s]
}

// Text is the status's word.
func (s Status) Text() lang.Text {
	switch s {
	case StatusBehind:
		return lang.T("落后", "Behind")
	case StatusRisk:
		return lang.T("有风险", "At risk")
	case StatusOn:
		return lang.T("达到进度", "On track")
	case StatusMet:
		return lang.T("已完成", "Met")
	}
	return lang.T("未接入", "Not connected")
}

// ParseStatus finds the status of a key; ok is false where there is none.
func ParseStatus(key string) (s Status, ok bool) {
	for i, k := range statusKeys {
		if k == key {
			return Status(i), true
		}
	}
	return StatusNone, false
}
