// Package systems is the list of the plan's systems (应用系统清单) that this program runs: one line a system, in the order in
// which they open and stand in the menu. Adding a system costs its own folder and one line here.
package systems

import (
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/systems/calendar"
	"github.com/haihe-city/haihe/systems/certificates"
	"github.com/haihe-city/haihe/systems/city"
	"github.com/haihe-city/haihe/systems/duty"
	"github.com/haihe-city/haihe/systems/emergency"
	"github.com/haihe-city/haihe/systems/grid"
	"github.com/haihe-city/haihe/systems/plan"
	"github.com/haihe-city/haihe/systems/safety"
	"github.com/haihe-city/haihe/systems/seal"
	"github.com/haihe-city/haihe/systems/sharing"
)

// All gives the systems, each with a configuration of its own that holds its defaults.
func All() []host.System {
	return []host.System{
		plan.System(),
		city.System(),
		calendar.System(),
		duty.System(),
		grid.System(),
		safety.System(),
		emergency.System(),
		seal.System(),
		certificates.System(),
		sharing.System(),
	}
}
