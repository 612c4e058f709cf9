package host

import (
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/web/ui"
)

// Standing is a target's state as the console draws it. Pages take the state from the board and never judge a target themselves.
func Standing(s indicator.State) ui.Status {
	switch s {
	case indicator.Met:
		return ui.StatusMet
	case indicator.OnPace:
		return ui.StatusOn
	case indicator.AtRisk:
		return ui.StatusRisk
	case indicator.Behind:
		return ui.StatusBehind
	}
	return ui.StatusNone
}
