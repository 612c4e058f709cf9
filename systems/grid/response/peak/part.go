package peak

import (
	"context"
	"embed"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/web/ui"
)

//go:embed table/*.sql
var tables embed.FS

// The grants of this part.
const (
	grantRead = "grid.read"
	Grant     = "grid.peak" // acknowledge, and set when alarms are raised
)

// Acts are the verbs that this part records.
var Acts = []journal.Word{
	{Verb: "ack-peak", Title: lang.T("确认尖峰告警", "Acknowledged a peak alarm")},
	{Verb: "set-peak-alarm", Title: lang.T("设置尖峰告警条件", "Set when peak alarms are raised")},
}

// Options are what the part works with. Clock is the plan's; curves are MW by quarter hour, NaN or nil where nothing is known; limits are
// MW by district, "" the city.
type Options struct {
	DB       *store.DB
	Load     func(ctx context.Context, district string, d book.Day) ([]float64, error)
	Said     func(ctx context.Context, district string, d book.Day) ([]float64, error)
	Limits   func(ctx context.Context) (map[string]float64, error)
	DueAfter time.Duration // after which a quarter hour's readings should be there
	Clock    host.Clock
	Journal  *journal.Journal
	People   *identity.Service
	Page     func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page
}

// Part is the alarms of the city.
type Part struct{ o Options }

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "grid.peak", tables); err != nil {
		return nil, err
	}
	return &Part{o}, nil
}

// Jobs are what the part does by itself.
func (p *Part) Jobs() []host.Job {
	return []host.Job{{Name: "peaks", Every: time.Minute, Run: p.Work}}
}

// Settings say when alarms are raised.
type Settings struct {
	Share int64 // of the limit, percent, that a forecast must cross
	On    int64 // quarter hours above before an alarm
	Off   int64 // quarter hours below before its end
	Band  int64 // percent below the limit that the load must fall before it counts as below
}

// setting is one of them as forms, the table and the journal name it.
type setting struct {
	name     string
	title    lang.Text
	min, max int64
	of       func(*Settings) *int64
}

var settings = []setting{
	{"share", lang.T("预测达到限值的百分之几时预警", "Warn where the forecast reaches this share of the limit (%)"), 50, 100, func(s *Settings) *int64 { return &s.Share }},
	{"on", lang.T("连续几个时段越限后告警", "Quarter hours above before the alarm"), 1, 16, func(s *Settings) *int64 { return &s.On }},
	{"off", lang.T("连续几个时段回落后解除", "Quarter hours below before its end"), 1, 16, func(s *Settings) *int64 { return &s.Off }},
	{"band", lang.T("回差（低于限值百分之几才算回落）", "Deadband (% below the limit)"), 0, 30, func(s *Settings) *int64 { return &s.Band }},
}

// settings gives what holds: what people set, over the defaults.
func (p *Part) settings(ctx context.Context) (s Settings, err error) {
	s = Settings{Share: 95, On: 2, Off: 2, Band: 3}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qSettings, nil, func(scan func(...any) error) error {
			var name string
			var v int64
			if err := scan(&name, &v); err != nil {
				return err
			}
			for _, x := range settings {
				if x.name == name {
					*x.of(&s) = v
				}
			}
			return nil
		})
	})
	return s, err
}

// Work brings the alarms up to date with load, forecast and limits.
func (p *Part) Work(ctx context.Context) error {
	limits, err := p.o.Limits(ctx)
	if err != nil {
		return err
	}
	set, err := p.settings(ctx)
	if err != nil {
		return err
	}
	now := p.o.Clock.Now()
	today := book.DayOf(now.UnixMicro())
	stored, err := p.read(ctx, qNear, (today - 1).Start())
	if err != nil || len(limits) == 0 && len(stored) == 0 {
		return err
	}
	var want []Alarm
	for district, mw := range limits {
		during, err := p.during(ctx, district, today, now, Rule{Limit: mw, Band: float64(set.Band) / 100, On: int(set.On), Off: int(set.Off)})
		if err != nil {
			return errs.Wrap("look for peaks of the load", err)
		}
		before, err := p.before(ctx, district, today, now, mw, set, stored)
		if err != nil {
			return errs.Wrap("look for peaks of the forecast", err)
		}
		want = append(append(want, during...), before...)
	}
	changed := reconcile(stored, want, now)
	if len(changed) == 0 {
		return nil
	}
	return errs.Wrap("store peak alarms", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for _, a := range changed {
			if err := put(tx, a); err != nil {
				return err
			}
		}
		return nil
	}))
}

func kw(mw float64) int64 { return int64(math.Round(mw * 1000)) }

// name is a district in an alarm's id.
func name(district string) string {
	if district == "" {
		return "city"
	}
	return district
}

// alarm makes a span of a curve that begins on a day into an alarm.
func alarm(kind, district string, from book.Day, s Span, limit float64) Alarm {
	at := func(step int) time.Time { return from.Date().Add(time.Duration(step) * book.SlotLength).UTC() }
	a := Alarm{Kind: kind, District: district, Began: at(s.Began), Until: at(s.Last + 1), Peak: kw(s.Peak), PeakAt: at(s.PeakAt), Limit: kw(limit)}
	if s.Ended >= 0 {
		a.Ended = at(s.Ended)
	}
	a.ID = fmt.Sprintf("%s-%s-%s", kind, name(district), a.Began.In(book.China).Format("20060102-1504"))
	return a
}

// during are the peaks of the load, yesterday and today.
func (p *Part) during(ctx context.Context, district string, today book.Day, now time.Time, r Rule) (out []Alarm, err error) {
	var load []float64
	for d := today - 1; d <= today; d++ {
		mw, err := p.o.Load(ctx, district, d)
		if err != nil {
			return nil, err
		}
		load = append(load, mw...)
	}
	for _, s := range Spans(load, book.SlotsPerDay+book.DueSlots(today, now, p.o.DueAfter), r) {
		out = append(out, alarm(During, district, today-1, s, r.Limit))
	}
	return out, nil
}

// before are the peaks that the forecasts of today's rest and of tomorrow see: one alarm a day. One that stands needs the forecast to fall below the
// deadband, since a forecast is made anew every hour.
func (p *Part) before(ctx context.Context, district string, today book.Day, now time.Time, limit float64, set Settings, stored []Alarm) (out []Alarm, err error) {
	for d := today; d <= today+1; d++ {
		said, err := p.o.Said(ctx, district, d)
		if err != nil {
			return nil, err
		}
		id := fmt.Sprintf("%s-%s-%s", Before, name(district), d.Date().Format("20060102"))
		share := limit * float64(set.Share) / 100
		for _, a := range stored {
			if a.ID == id && a.Ended.IsZero() {
				share *= 1 - float64(set.Band)/100
			}
		}
		var all *Alarm
		for _, s := range Spans(said, len(said), Rule{Limit: share, On: 1, Off: 1}) {
			a := alarm(Before, district, d, s, limit)
			switch {
			case all == nil:
				all = &a
			case a.Peak > all.Peak:
				all.Peak, all.PeakAt, all.Until = a.Peak, a.PeakAt, a.Until
			default:
				all.Until = a.Until
			}
		}
		if all == nil {
			continue
		}
		if all.ID, all.Ended = id, (time.Time{}); !all.Until.After(now) {
			all.Ended = all.Until
		}
		out = append(out, *all)
	}
	return out, nil
}

// reconcile gives the alarms to be stored: new ones, those that changed, and those that ended because nothing speaks for them any more. What
// overlaps a stored alarm of its kind and district is that one, so that late readings do not raise a second.
func reconcile(stored, want []Alarm, now time.Time) (out []Alarm) {
	used := map[string]bool{}
	for _, w := range want {
		w.Raised = now
		for _, s := range stored {
			if s.Kind != w.Kind || s.District != w.District || used[s.ID] || s.ID != w.ID && (s.Kind == Before || !s.overlaps(w)) {
				continue
			}
			w.ID, w.Raised, w.Acked, w.AckedBy, w.Note = s.ID, s.Raised, s.Acked, s.AckedBy, s.Note
			if s.Kind == During && s.Began.Before(w.Began) {
				w.Began = s.Began
			}
			if s.Kind == During && s.Peak > w.Peak && s.PeakAt.Before(w.Began) {
				w.Peak, w.PeakAt = s.Peak, s.PeakAt
			}
			used[s.ID] = true
			if w != s {
				out = append(out, w)
			}
			w.ID = ""
			break
		}
		if w.ID != "" && !used[w.ID] {
			used[w.ID] = true
			out = append(out, w)
		}
	}
	for _, s := range stored {
		if !used[s.ID] && s.Ended.IsZero() {
			s.Ended = now
			out = append(out, s)
		}
	}
	return out
}

func (a Alarm) overlaps(b Alarm) bool {
	return (b.Ended.IsZero() || a.Began.Before(b.Ended)) && (a.Ended.IsZero() || b.Began.Before(a.Ended))
}

const maxNote = 300

// Acknowledge notes that a person has seen an alarm, and what they say to it.
func (p *Part) Acknowledge(ctx context.Context, who *identity.Principal, id, note string) error {
	if err := deny(who); err != nil {
		return err
	}
	if note = strings.TrimSpace(note); len(note) > maxNote {
		return errs.Say(errs.Invalid, "说明不超过 %d 字节", "a note has at most %d bytes", maxNote)
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		all, err := read(tx, qGet, id)
		switch {
		case err != nil:
			return err
		case len(all) == 0:
			return errs.Say(errs.NotFound, "没有这条尖峰告警", "there is no such alarm")
		case !all[0].Acked.IsZero():
			return errs.Say(errs.Conflict, "此告警已由他人确认", "the alarm is acknowledged already")
		}
		a := all[0]
		a.Acked, a.AckedBy, a.Note = p.o.Clock.Now(), who.ID, note
		if err := put(tx, a); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: Grant, Verb: "ack-peak", Object: "grid.peak:" + id, Detail: map[string]any{"note": note}})
	})
}

// Set changes when alarms are raised.
func (p *Part) Set(ctx context.Context, who *identity.Principal, s Settings) error {
	if err := deny(who); err != nil {
		return err
	}
	detail := map[string]any{}
	for _, x := range settings {
		v := *x.of(&s)
		if v < x.min || v > x.max {
			return errs.Say(errs.Invalid, fmt.Sprintf("“%s”应在 %d 至 %d 之间", x.title.Zh, x.min, x.max), fmt.Sprintf("%q lies between %d and %d", x.title.En, x.min, x.max))
		}
		detail[x.name] = v
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for _, x := range settings {
			if _, err := tx.Exec(qSettingPut, x.name, *x.of(&s)); err != nil {
				return err
			}
		}
		return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: Grant, Verb: "set-peak-alarm", Object: "grid.peaks", Detail: detail})
	})
}

func deny(who *identity.Principal) error {
	if who.Can(Grant) {
		return nil
	}
	return errs.Say(errs.Denied, "您没有确认和设置尖峰告警的权限", "you may not acknowledge peak alarms or set when they are raised")
}
