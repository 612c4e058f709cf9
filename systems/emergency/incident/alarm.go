package incident

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/store"
)

// critical is the rule by which an alarm opens an incident: it is one of systems/safety, of the most urgent priority, about the process
// and not about silence or a faulty device, it stands, nobody has suppressed it, and it belongs to no case yet.
func critical(a *alarm.Alarm) bool {
	return a.System == "safety" && a.Priority == rule.Critical && a.Class == alarm.Process && a.Came && a.Hold == alarm.None && a.Case == ""
}

// again is after how long the alarms are looked at even where nothing was told.
const again = 10 * time.Second

// watchAlarms opens incidents as alarms come, until ctx ends. What was missed by a crash is found at the next look, since an alarm that
// has been taken belongs to a case.
func (p *Part) watchAlarms(ctx context.Context) error {
	tick := time.NewTicker(again)
	defer tick.Stop()
	for {
		if err := p.TakeAlarms(ctx); err != nil && ctx.Err() == nil {
			return errs.Wrap("open incidents from alarms", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.nudge:
		case <-tick.C:
		}
	}
}

// TakeAlarms makes each critical alarm part of an incident: one a plant while it is open.
func (p *Part) TakeAlarms(ctx context.Context) error {
	list, _, err := p.o.Alarms.List(ctx, alarm.Filter{System: "safety", Priority: rule.Critical, Order: "oldest", Limit: 200})
	if err != nil {
		return err
	}
	for i := range list {
		if a := &list[i]; critical(a) {
			if err := p.takeAlarm(ctx, a); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Part) takeAlarm(ctx context.Context, a *alarm.Alarm) error {
	who := identity.System("emergency")
	where := Where{District: a.Area, Place: a.Name, Plant: a.Group}
	if err := p.plant(ctx, &where); err != nil {
		return err
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if a.Group != "" {
			open, err := incidents(tx, qOfPlant, a.Group)
			if err != nil {
				return err
			}
			if len(open) > 0 {
				if err := p.o.Alarms.Link(tx, []string{a.ID}, open[0].ID); err != nil {
					return err
				}
				return p.Line(tx, who, open[0].ID, "alarm", a.Title.Zh, map[string]string{"alarm": a.ID})
			}
		}
		t := Tell{Class: "hazmat", Where: where, Occurred: a.First}
		_, err := p.start(tx, who, t, []string{a.ID}, a.Title.Zh)
		return err
	})
}
