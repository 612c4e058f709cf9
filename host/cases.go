package host

import (
	"context"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/channel"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/lang"
)

// NoticeSettings is [notice].
type NoticeSettings struct {
	Parallel  int `toml:"parallel" min:"1" max:"1000" doc:"每种通知方式同时发送的条数 / messages of one way that are under way at once"`
	PerSecond int `toml:"per_second" min:"0" max:"100000" doc:"每种通知方式每秒发送的条数上限；0 为不限 / messages of one way in a second at most; 0: no limit"`
}

// openCases opens notices and cases, after the alarms and the calendar.
func (p *Program) openCases(ctx context.Context) (err error) {
	now := p.o.Clock.Now
	s, base := p.o.Settings.Notice, strings.TrimSuffix(p.o.Settings.Server.Address, "/")
	p.Duty.Post, err = notice.Open(ctx, notice.Options{
		DB: p.o.DB, Journal: p.Journal, Now: now, Record: []string{"sms", "mail"}, Pace: notice.Pace{Parallel: s.Parallel, PerSecond: s.PerSecond}, Base: base,
	})
	if err != nil {
		return errs.Wrap("open the notices", err)
	}
	key := func() (string, error) { return p.Duty.Post.Key(ctx, "push", channel.NewPushKey) }
	ways, err := channel.Open(p.o.Settings.Channel, key, base, p.Duty.Post.Reply, p.o.Wall)
	if err != nil {
		return errs.Wrap("open the ways of notices", err)
	}
	for _, w := range ways {
		if err := p.Duty.Post.Plug(w, notice.Pace{}); err != nil {
			return err
		}
	}
	p.Duty.Push = channel.BrowsersOf(ways)
	var kinds []casework.Kind
	for _, sys := range p.o.Systems {
		kinds = append(kinds, sys.Kinds...)
	}
	p.Duty.Cases, err = casework.Open(ctx, casework.Options{
		DB: p.o.DB, Journal: p.Journal, Now: now, Kinds: kinds, Alarms: p.Duty.Alarms, Post: p.Duty.Post,
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

// verifyCases is what the journal's page holds against the journal besides the chain itself.
func (p *Program) verifyCases(ctx context.Context) (lines int64, faults []lang.Text, err error) {
	lines, found, err := p.Duty.Cases.Verify(ctx)
	for _, f := range found {
		faults = append(faults, f.Said)
	}
	return lines, faults, err
}
