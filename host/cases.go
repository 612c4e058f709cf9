package host

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/channel"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
)

// NoticeSettings is [notice].
type NoticeSettings struct {
	Parallel  int `toml:"parallel" min:"1" max:"1000" doc:"每种通知方式同时发送的条数 / messages of one way that are under way at once"`
	PerSecond int `toml:"per_second" min:"0" max:"100000" doc:"每种通知方式每秒发送的条数上限；0 为不限 / messages of one way in a second at most; 0: no limit"`
}

// recorded are the ways that keep what they would send until a gateway is configured.
var recorded = []string{"sms", "mail"}

// openCases opens notices and cases, after the alarms and the calendar.
func (p *Program) openCases(ctx context.Context) (err error) {
	now := p.o.Clock.Now
	s := p.o.Settings.Notice
	p.Duty.Post, err = notice.Open(ctx, notice.Options{
		DB: p.o.DB, Journal: p.Journal, Now: now, Record: recorded, Pace: notice.Pace{Parallel: s.Parallel, PerSecond: s.PerSecond}, Base: strings.TrimSuffix(p.o.Settings.Server.Address, "/"),
	})
	if err != nil {
		return errs.Wrap("open the notices", err)
	}
	base := strings.TrimSuffix(p.o.Settings.Server.Address, "/")
	ways, err := channel.Open(p.o.Settings.Channel, base, p.Duty.Post.Reply, p.o.Wall)
	if err != nil {
		return errs.Wrap("open the ways of notices", err)
	}
	for _, w := range ways {
		if err := p.Duty.Post.Plug(w, notice.Pace{}); err != nil {
			return err
		}
	}
	p.Duty.Cases, err = casework.Open(ctx, casework.Options{
		DB: p.o.DB, Journal: p.Journal, Now: now, Kinds: kinds(p.o.Systems), Alarms: p.Duty.Alarms, Post: p.Duty.Post,
		Deadline: func(from time.Time, work time.Duration) time.Time {
			return p.Calendar.Now().After(p.Calendar.Hours(""), from, work)
		},
	})
	return errs.Wrap("open the cases", err)
}

// startDuty begins what runs for all systems.
func (p *Program) startDuty() {
	p.work.start(&worker{system: "alarm", kind: "job", name: "tick", every: time.Second, run: p.Duty.Alarms.Tick})
	p.work.start(&worker{system: "notice", kind: "job", name: "send", run: p.Duty.Post.Run})
	p.work.start(&worker{system: "case", kind: "job", name: "late", every: 5 * time.Second, run: p.Duty.Cases.Tick})
}

// kinds are the kinds of case of all systems.
func kinds(systems []System) (out []casework.Kind) {
	for _, s := range systems {
		out = append(out, s.Kinds...)
	}
	return out
}

// checkKinds holds the kinds of case to the system that declares them: they are its own, and ask for grants that somebody declares.
func checkKinds(s *System, say sayFunc) {
	granted := func(name string) bool {
		return slices.ContainsFunc(s.Grants, func(g identity.Grant) bool { return g.Name == name })
	}
	for _, k := range s.Kinds {
		if k.System != s.Name {
			say("kind of case %q is of system %q", k.Name, k.System)
		}
		asked := []string{k.Open, k.See, k.SeeAll}
		if k.Direct != "" {
			asked = append(asked, k.Direct)
		}
		for _, st := range k.Stages {
			if st.Grant != "" {
				asked = append(asked, st.Grant)
			}
		}
		for _, g := range asked {
			if !granted(g) {
				say("kind of case %q asks for grant %q, which the system does not declare", k.Name, g)
			}
		}
	}
}

// verifyCases is what the journal's page holds against the journal besides the chain itself.
func (p *Program) verifyCases(ctx context.Context) (lines int64, faults []lang.Text, err error) {
	lines, found, err := p.Duty.Cases.Verify(ctx)
	for _, f := range found {
		faults = append(faults, f.Said)
	}
	return lines, faults, err
}
