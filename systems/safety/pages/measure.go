package pages

import (
	"context"
	"fmt"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// Targets are the plan's targets that this room measures, by the kind of plant.
var Targets = map[register.Kind]string{register.Chemical: "monitored-chemical", register.Metallurgy: "monitored-metallurgy", register.Fireworks: "monitored-fireworks"}

// Measures are the figures that this room gives the plan.
func (p *Part) Measures() (out []host.Measure) {
	for _, k := range register.Kinds {
		out = append(out, host.Measure{Target: Targets[k], Evidence: "/safety/monitored?kind=" + string(k), Measure: func(context.Context) (indicator.Figure, error) {
			n := p.o.Desk.Draw().Kind[k]
			if n.Plants == 0 {
				return indicator.Figure{}, errs.Say(errs.Unavailable, "台账中还没有%[1]s", "the register has no plants of this kind yet (%[1]s)", k.Text().Zh)
			}
			return indicator.Figure{Value: float64(n.Monitored), At: p.o.Clock.Now(), Part: int64(n.Monitored), Whole: int64(n.Plants), Note: lang.T(
				fmt.Sprintf("登记 %d 家，其中全部关键监测点均在周期内上报的 %d 家", n.Plants, n.Monitored),
				fmt.Sprintf("%d registered, %d of them with every key point reporting within its interval", n.Plants, n.Monitored))}, nil
		}})
	}
	return out
}
