package safety

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/kernel/rule/intake"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/safety/early"
	"github.com/haihe-city/haihe/systems/safety/feed"
	"github.com/haihe-city/haihe/systems/safety/inspect"
	"github.com/haihe-city/haihe/systems/safety/live"
	"github.com/haihe-city/haihe/systems/safety/pages"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// name of this room, of its watch and of its alarms.
const name = "safety"

// decimals that a value is kept with.
const decimals = 4

// service holds the verbs of this room.
type service struct {
	host     *host.Host
	register *register.Register
	readings *series.Table
	watch    *rule.Watch
	intake   *intake.Intake
	feeds    *feed.Feeds
	desk     *live.Desk
	pages    *pages.Part

	suppressing sync.Mutex // one at a time
	early       *early.Part
	inspect     *inspect.Part
}

func newService(ctx context.Context, h *host.Host, conf Config) (*service, error) {
	s := &service{host: h}
	var err error
	s.readings, err = h.Series.Declare(ctx, series.Family{Name: "safety.point", Columns: []series.Column{{Name: "value", Decimals: decimals}},
		KeepRaw: time.Duration(conf.KeepDays) * 24 * time.Hour, RollUp: 10 * time.Minute})
	if err != nil {
		return nil, err
	}
	// A point's value is its attribute for whoever asks the city context, without lying there.
	if err := h.Entities.Bind(register.TypePoint, []entity.Binding{entity.FromSeries("value", s.readings, 0)}); err != nil {
		return nil, err
	}
	s.register, err = register.Open(ctx, register.Options{DB: h.DB, Entities: h.Entities, Journal: h.Journal, Now: h.Clock.Now})
	if err != nil {
		return nil, err
	}
	if err := h.Duty.Rules.Declare(ctx, name, rules()); err != nil {
		return nil, errs.Wrap("declare the rules", err)
	}
	s.watch, err = h.Duty.Rules.Watch(name, h.Duty.Alarms.Standing(name))
	if err != nil {
		return nil, err
	}
	s.intake = intake.New(intake.Options{DB: h.DB, Table: s.readings, Watch: s.watch, Now: h.Clock.Now,
		Raise: func(tx *store.Tx, list []rule.Transition) error {
			return h.Duty.Alarms.Apply(tx, alarm.FromRules(name, list))
		},
		Came: func(readings []rule.Reading) { s.early.Observe(readings) }})
	if err := s.repoint(); err != nil {
		return nil, errs.Wrap("set the points", err)
	}
	s.desk = live.New(live.Options{Register: s.register, Watch: s.watch, Now: h.Clock.Now})
	if err := s.desk.Follow(ctx, h.Duty.Alarms, name); err != nil {
		return nil, errs.Wrap("read the open alarms", err)
	}
	s.pages = pages.New(pages.Options{Register: s.register, Desk: s.desk, Readings: s.readings, Watch: s.watch, Rules: h.Duty.Rules, Alarms: h.Duty.Alarms, People: h.People, Clock: h.Clock, Live: h.Live, Decimals: decimals,
		Inventory: time.Duration(conf.InventoryDays) * 24 * time.Hour, Changed: s.changed, SetState: s.setState, Contact: s.contact})
	return s, nil
}

// jobs are what this room does by itself.
func (s *service) jobs() []host.Job {
	return []host.Job{{Name: "pages", Every: time.Second, Run: s.tick}, {Name: "suppress", Every: time.Minute, Run: s.suppress}}
}

// tick draws the city anew, tells open pages, and the plan where the number of plants that are monitored has moved.
func (s *service) tick(ctx context.Context) error {
	before := s.desk.Last(time.Hour).Kind
	if err := s.pages.Publish(ctx); err != nil {
		return err
	}
	after := s.desk.Last(time.Hour).Kind
	for kind, target := range pages.Targets {
		if before[kind].Monitored != after[kind].Monitored || before[kind].Plants != after[kind].Plants {
			s.host.Indicators.Stale(target)
		}
	}
	return nil
}

// points gives the whole register as rules watch it.
func (s *service) points() []rule.Point {
	_, _, n := s.register.Size()
	out := make([]rule.Point, 0, n)
	for _, site := range s.register.Sites(register.Filter{}) {
		for i := range site.Points {
			out = append(out, site.Points[i].Rule(&site.Plant))
		}
	}
	return out
}

// repoint hands the register's points to the watch, with the newest reading of those that are new there.
func (s *service) repoint() error {
	return s.watch.SetPoints(s.points(), func(key int64) (rule.Reading, bool) {
		last, ok, err := s.readings.Last(context.Background(), key)
		if err != nil || !ok {
			return rule.Reading{}, false // not known is not heard: the point counts as silent until it speaks
		}
		return live.ReadingOf(last, decimals), true
	})
}

// changed follows a change of the register.
func (s *service) changed(context.Context) error {
	if err := s.repoint(); err != nil {
		return errs.Wrap("set the points", err)
	}
	s.desk.Draw()
	for _, target := range pages.Targets {
		s.host.Indicators.Stale(target)
	}
	return nil
}

// take stores what a feed brings of one plant, and returns when it is durable. unknown are the factors that the register does not have; they
// stop nothing.
func (s *service) take(ctx context.Context, plant string, list []register.Value) (fresh, repeated int, unknown []string, err error) {
	if _, ok := s.register.ByMN(plant); !ok {
		return 0, 0, nil, errs.Say(errs.NotFound, "没有企业 %[1]s", "there is no plant %[1]s", plant)
	}
	readings := make([]rule.Reading, 0, len(list))
	for _, v := range list {
		p, ok := s.register.Point(plant, v.Factor)
		if !ok {
			unknown = append(unknown, v.Factor)
			continue
		}
		readings = append(readings, rule.Reading{Key: p.Num, At: v.At.UnixMicro(), Value: v.Value, Quality: v.Quality})
	}
	fresh, repeated, err = s.intake.Take(ctx, readings)
	return fresh, repeated, unknown, err
}

// health fails while the intake does not keep up.
func (s *service) health(context.Context) error {
	if s.intake.Full() {
		return errs.Say(errs.Busy, "采集入口已满", "the intake is full")
	}
	return nil
}

// contact names somebody responsible to who may know them; to others their id is all that is said.
func (s *service) contact(ctx context.Context, who *identity.Principal, id string) (name lang.Text, href string, ok bool) {
	c, err := s.host.Duty.Post.Contact(ctx, who, id)
	if err != nil {
		return lang.Text{}, "", false
	}
	return c.Name, "/duty/notices/contacts/" + url.PathEscape(id), true
}
