package host

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/rule"
)

// Duty is what those on shift work with, shared by all systems.
type Duty struct {
	Rules  *rule.Engine
	Alarms *alarm.Board
}

// openDuty opens it after the journal.
func (p *Program) openDuty(ctx context.Context) (err error) {
	now := p.o.Clock.Now
	if p.Duty.Rules, err = rule.Open(ctx, p.o.DB, p.Journal, now); err != nil {
		return errs.Wrap("open the rules", err)
	}
	p.Duty.Alarms, err = alarm.Open(ctx, alarm.Options{DB: p.o.DB, Journal: p.Journal, Now: now})
	return errs.Wrap("open the alarms", err)
}
