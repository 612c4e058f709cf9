package safety

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/safety/feed"
	"github.com/haihe-city/haihe/systems/safety/feed/gate"
)

// openFeeds opens the doors that plants come in by.
func (s *service) openFeeds(ctx context.Context, conf feed.Config) (err error) {
	s.feeds, err = feed.Open(ctx, s.host, conf, &gate.Desk{Register: s.register, Take: s.take, Raise: s.raise, Open: s.openOf, Newest: s.newest})
	return err
}

// raise has alarms of devices and of doors kept, and returns when they are durable.
func (s *service) raise(ctx context.Context, list []alarm.Signal) error {
	return errs.Wrap("raise alarms of devices", s.host.DB.Write(ctx, func(tx *store.Tx) error { return s.host.Duty.Alarms.Apply(tx, list) }))
}

// openOf gives the alarms of devices that stand at a plant, held or not.
func (s *service) openOf(ctx context.Context, group string) (out []alarm.Alarm, err error) {
	f := alarm.Filter{System: name, Group: group, Classes: []alarm.Class{alarm.Device}, Holds: []alarm.Hold{alarm.None, alarm.Shelved, alarm.ByDesign, alarm.OutOfService}, Order: "oldest", Limit: 1000}
	for {
		list, next, err := s.host.Duty.Alarms.List(ctx, f)
		if out = append(out, list...); err != nil || next == "" {
			return out, err
		}
		f.Cursor = next
	}
}

// newest is when a plant reported last, zero where it never did.
func (s *service) newest(plant string) (at time.Time) {
	points := s.register.Points(plant)
	keys := make([]int64, len(points))
	for i := range points {
		keys[i] = points[i].Num
	}
	s.watch.Look(keys, func(_ int, r rule.Reading, heard, _ bool) {
		if t := time.UnixMicro(r.At); heard && t.After(at) {
			at = t
		}
	})
	return at
}
