package safety

import (
	"context"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// idle are the measures that say little while a plant does not run. Level, temperature, gas and fire do: the substances are still there.
var idle = map[register.Measure]bool{register.Flow: true, register.Pressure: true, register.Current: true, register.Switch: true, register.Humidity: true}

// designer is in whose name alarms are suppressed by design; the officer's act is the plant's state.
var designer = identity.NewPrincipal("system:safety", register.Owner, nil, alarm.GrantHold)

// setState records whether a plant runs, and lets the suppression of its alarms follow.
func (s *service) setState(ctx context.Context, by *identity.Principal, code string, to register.State, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" || len([]rune(reason)) > 200 {
		return errs.Say(errs.Invalid, "请填写原因，不超过 200 字", "say why, in at most 200 characters")
	}
	detail := map[string]any{"state": string(to), "reason": reason}
	_, err := s.register.Update(ctx, register.Deed{By: by, Grant: register.GrantEdit, Verb: "set-plant-state", Detail: detail}, func(now map[string]*register.Site) ([]*register.Site, error) {
		was, ok := now[code]
		if !ok {
			return nil, errs.Say(errs.NotFound, "没有企业 %[1]s", "there is no plant %[1]s", code)
		}
		site := was.Copy()
		detail["was"], site.State = string(was.State), to
		return []*register.Site{site}, nil
	})
	if err != nil {
		return err
	}
	if err := s.changed(ctx); err != nil {
		return err
	}
	return s.suppress(ctx)
}

// suppress brings the alarms that are suppressed by design into line with the states of the plants: what a file or a restart left out is made good.
func (s *service) suppress(ctx context.Context) error {
	s.suppressing.Lock()
	defer s.suppressing.Unlock()
	want := map[string]register.State{}
	for _, site := range s.register.Sites(register.Filter{}) {
		if site.State == register.Running {
			continue
		}
		for i := range site.Points {
			if p := &site.Points[i]; idle[p.Kind] {
				want[p.URI] = site.State
			}
		}
	}
	holds, err := s.host.Duty.Alarms.Holds(ctx)
	if err != nil {
		return err
	}
	for _, h := range holds {
		if h.Kind != alarm.ByDesign || h.Asker != designer.ID || !h.Ended.IsZero() {
			continue
		}
		if _, ok := want[h.Scope]; ok {
			delete(want, h.Scope)
			continue
		}
		if err := s.host.Duty.Alarms.Return(ctx, designer, h.ID); err != nil {
			return errs.Wrap("end a suppression", err)
		}
	}
	for uri, state := range want {
		t := state.Text()
		if _, err := s.host.Duty.Alarms.Suppress(ctx, designer, uri, t.Zh+" / "+t.En, time.Time{}); err != nil {
			return errs.Wrap("suppress alarms", err)
		}
	}
	return nil
}
