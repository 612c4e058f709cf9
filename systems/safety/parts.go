package safety

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/systems/safety/early"
	"github.com/haihe-city/haihe/systems/safety/inspect"
	"github.com/haihe-city/haihe/systems/safety/pages"
)

// openEarly opens the early warning over the points of the register.
func (s *service) openEarly(ctx context.Context, conf Config) (err error) {
	h := s.host
	s.early, err = early.New(ctx, early.Options{DB: h.DB, Series: h.Series, Readings: s.readings, Register: s.register, Alarms: h.Duty.Alarms, Journal: h.Journal, People: h.People,
		Now: h.Clock.Now, Page: pages.Page, Scope: s.district, Interval: time.Minute, Window: time.Duration(conf.EarlyWindow) * time.Hour, Renew: time.Duration(conf.EarlyRenew) * 24 * time.Hour})
	return err
}

// openInspect opens the inspection of the register's plants.
func (s *service) openInspect(ctx context.Context) (err error) {
	h := s.host
	s.inspect, err = inspect.New(ctx, inspect.Options{DB: h.DB, Register: s.register, Cases: h.Duty.Cases, Alarms: h.Duty.Alarms, Journal: h.Journal, People: h.People, Calendar: h.Calendar,
		Now: h.Clock.Now, Page: pages.Page, Scope: s.district, Warnings: s.early.Warnings})
	return err
}

// district is the one that somebody's unit is of, "" for those of the whole city.
func (s *service) district(who *identity.Principal) string {
	u, err := s.host.People.Unit(who.Unit)
	if err != nil {
		return ""
	}
	return u.District
}
