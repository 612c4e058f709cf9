package host

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/channel"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
)

// Duty is what those on shift work with, shared by all systems.
type Duty struct {
	Rules  *rule.Engine
	Alarms *alarm.Board
	Cases  *casework.Service
	Post   *notice.Post
	Push   channel.Browsers // nil where web push is off

	watched map[string]Watched // by system; complete before anything is served
}

// Watched is what a system offers of what its rules watch, for those who write rules and answer for alarms. Names and links are asked for
// often and must be quick; a function that is nil offers nothing.
type Watched struct {
	Title  lang.Text                                       // of the system; the host fills it in
	Points func(ctx context.Context) ([]rule.Point, error) // all of them, as its watch has them
	Past   rule.Past                                       // their readings
	Curve  func(ctx context.Context, entity string, from, to time.Time) ([]rule.Reading, error)
	Name   func(uri string) (lang.Text, bool) // of a plant or a device
	Page   func(uri string) string            // of a plant or a device: a path below the language prefix, "" for none
}

// Watched gives what a system offers; ok is false where it offers nothing.
func (d *Duty) Watched(system string) (w Watched, ok bool) {
	w, ok = d.watched[system]
	return w, ok
}

// Watchers are the systems that offer points, by name.
func (d *Duty) Watchers() []string { return slices.Sorted(maps.Keys(d.watched)) }

func (w Watched) named(title lang.Text) Watched {
	w.Title = title
	return w
}

// offer takes in what a system offers.
func (d *Duty) offer(system string, title lang.Text, w *Watched) {
	if w == nil {
		return
	}
	if d.watched == nil {
		d.watched = map[string]Watched{}
	}
	d.watched[system] = *w
	if w.Title.Empty() {
		d.watched[system] = w.named(title)
	}
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
