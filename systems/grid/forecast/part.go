package forecast

import (
	"context"
	"embed"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/forecast/model"
	"github.com/haihe-city/haihe/web/ui"
)

//go:embed table/*.sql
var tables embed.FS

// The grants of this part.
const (
	grantRead  = "grid.read"
	GrantLimit = "grid.forecast"
)

// Acts are the verbs that this part records.
var Acts = []journal.Word{{Verb: "set-load-limit", Title: lang.T("设置负荷限值", "Set a limit of load")}}

var (
	qDays = store.Q("grid_forecast_days", `SELECT day, made, said, was, error, naive FROM grid_forecast_day WHERE district = $1 AND day >= $2 AND day <= $3 ORDER BY day`)
	qWas  = store.Q("grid_forecast_was", `INSERT INTO grid_forecast_day (district, day, made, said, was, error, naive) VALUES ($1, $2, 0, $3, $4, $5, $6)
ON CONFLICT (district, day) DO UPDATE SET was = excluded.was, error = excluded.error, naive = excluded.naive`)
	qSaid = store.Q("grid_forecast_said", `INSERT INTO grid_forecast_day (district, day, made, said, was, error, naive) VALUES ($1, $2, $3, $4, $5, -1, -1)
ON CONFLICT (district, day) DO UPDATE SET made = excluded.made, said = excluded.said`)
	qLimits   = store.Q("grid_forecast_limits", `SELECT district, kw FROM grid_forecast_limit`)
	qLimitPut = store.Q("grid_forecast_limit_put", `INSERT INTO grid_forecast_limit (district, kw) VALUES ($1, $2) ON CONFLICT (district) DO UPDATE SET kw = excluded.kw`)
	qLimitCut = store.Q("grid_forecast_limit_cut", `DELETE FROM grid_forecast_limit WHERE district = $1`)
)

// PageFunc makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

// Options are what the part works with. Clock is the plan's.
type Options struct {
	DB      *store.DB
	Load    func(ctx context.Context, district string, d book.Day) ([]float64, error) // MW by quarter hour, NaN where nothing came; "" is the city
	Clock   host.Clock
	Days    func() *calendar.Calendar
	Journal *journal.Journal
	Page    PageFunc
	Effect  func(ctx context.Context, district string, d book.Day) ([]float64, error) // MW by which events of demand response are to lower the load; nil where there is none
}

// Part is the forecasts of the city.
type Part struct{ o Options }

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "grid.forecast", tables); err != nil {
		return nil, err
	}
	return &Part{o}, nil
}

// Jobs are what the part does by itself.
func (p *Part) Jobs() []host.Job {
	var last time.Time
	return []host.Job{{Name: "forecast", Every: time.Minute, Run: func(ctx context.Context) error {
		now := p.o.Clock.Now()
		if now.Sub(last) < time.Hour {
			said, err := p.Said(ctx, "", book.DayOf(now.UnixMicro())+1)
			if err != nil || said != nil { // until the first day has come, look for it each minute
				return err
			}
		}
		last = now
		return p.Work(ctx)
	}}}
}

// Day is a district's day. Said and Was are nil where there is none; errors are percent, below 0 where there is none.
type Day struct {
	Day          book.Day
	Made         time.Time
	Said, Was    []float64
	Error, Naive float64
}

const (
	learnDays = 56 // that forecasts are made from
	freshDays = 2  // days that are read again, since late readings still come
)

// districts are the areas that are forecast: the city and its districts.
func districts() []string {
	out := []string{""}
	for _, d := range region.Districts {
		out = append(out, d.Code)
	}
	return out
}

// Work keeps what was, counts the errors of the forecasts for it, and forecasts tomorrow.
func (p *Part) Work(ctx context.Context) error {
	now := p.o.Clock.Now()
	today := book.DayOf(now.UnixMicro())
	for _, d := range districts() {
		if err := p.district(ctx, d, today, now); err != nil {
			return errs.Wrap("forecast the load", err)
		}
	}
	return nil
}

func (p *Part) district(ctx context.Context, district string, today book.Day, now time.Time) error {
	days, err := p.days(ctx, district, today-learnDays-7, today+1)
	if err != nil {
		return err
	}
	for d := today - learnDays; d < today; d++ {
		old := days[d]
		if old.Was != nil && d < today-freshDays {
			continue
		}
		was, err := p.o.Load(ctx, district, d)
		if err != nil {
			return err
		}
		x := Day{Day: d, Said: old.Said, Was: was, Error: -1, Naive: -1}
		if e, ok := model.Error(old.Said, was); ok {
			x.Error = e
			if e, ok := model.Error(days[d-7].Was, was); ok {
				x.Naive = e
			}
		}
		days[d] = x
		if err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qWas, district, int64(d), []byte{}, pack(was), hundredths(x.Error), hundredths(x.Naive))
			return err
		}); err != nil {
			return err
		}
	}
	so, err := p.o.Load(ctx, district, today)
	if err != nil {
		return err
	}
	said := Forecast(p.o.Days(), days, so, today)
	if said == nil {
		return nil
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qSaid, district, int64(today+1), store.Micros(now), pack(said), []byte{})
		return err
	})
}

// Forecast says what the day after today will be, from the days before and as much of today as has come; nil where nothing is known.
func Forecast(c *calendar.Calendar, days map[book.Day]Day, so []float64, today book.Day) []float64 {
	var known []model.Day
	for d := today - learnDays; d < today; d++ {
		if was := days[d].Was; was != nil {
			if step, _ := model.Peak(was); step >= 0 {
				known = append(known, model.Day{Class: model.ClassOf(c, calendar.Date(d)), Curve: was})
			}
		}
	}
	if come := came(so); come >= leastToday || come > 0 && len(known) > 0 { // the morning alone says nothing of an evening
		known = append(known, model.Day{Class: model.ClassOf(c, calendar.Date(today)), Curve: so})
	}
	return model.Next(known, model.ClassOf(c, calendar.Date(today+1)), book.SlotsPerDay)
}

// leastToday is how much of a first day must have come before it alone is taken for what days look like.
const leastToday = book.SlotsPerDay * 9 / 10

func came(curve []float64) (n int) {
	for _, v := range curve {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// days reads a district's days.
func (p *Part) days(ctx context.Context, district string, from, to book.Day) (out map[book.Day]Day, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = map[book.Day]Day{}
		return tx.Each(qDays, []any{district, int64(from), int64(to)}, func(scan func(...any) error) error {
			var day, made, e, naive int64
			var said, was []byte
			if err := scan(&day, &made, &said, &was, &e, &naive); err != nil {
				return err
			}
			x := Day{Day: book.Day(day), Said: unpack(said), Was: unpack(was), Error: share(e), Naive: share(naive)}
			if made != 0 {
				x.Made = store.Time(made)
			}
			out[x.Day] = x
			return nil
		})
	})
	return out, err
}

func hundredths(percent float64) int64 {
	if percent < 0 {
		return -1
	}
	return int64(math.Round(min(percent, 1e9) * 100))
}

// share reads hundredths back.
func share(hundredths int64) float64 {
	if hundredths < 0 {
		return -1
	}
	return float64(hundredths) / 100
}

func pack(curve []float64) []byte {
	out := make([]byte, 0, 8*len(curve))
	for _, v := range curve {
		out = binary.BigEndian.AppendUint64(out, math.Float64bits(v))
	}
	return out
}

// unpack reads what pack wrote; nil where there is nothing, or not a day.
func unpack(body []byte) []float64 {
	if len(body) != 8*book.SlotsPerDay {
		return nil
	}
	out := make([]float64, book.SlotsPerDay)
	for i := range out {
		out[i] = math.Float64frombits(binary.BigEndian.Uint64(body[8*i:]))
	}
	return out
}

// Said is a day's forecast of a district ("" the city) in MW by quarter hour; nil where none was made.
func (p *Part) Said(ctx context.Context, district string, d book.Day) ([]float64, error) {
	days, err := p.days(ctx, district, d, d)
	return days[d].Said, err
}

// Limits reads the limits of districts, in MW.
func (p *Part) Limits(ctx context.Context) (out map[string]float64, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = map[string]float64{}
		return tx.Each(qLimits, nil, func(scan func(...any) error) error {
			var district string
			var kw int64
			err := scan(&district, &kw)
			out[district] = float64(kw) / 1000
			return err
		})
	})
	return out, err
}

// SetLimit sets the load above which a district's peak is pointed out, in MW; an empty text takes the limit away.
func (p *Part) SetLimit(ctx context.Context, who *identity.Principal, district, text string) error {
	if !who.Can(GrantLimit) {
		return errs.Say(errs.Denied, "您没有设置负荷限值的权限", "you may not set limits of load")
	}
	if district != "" && region.Index(district) < 0 {
		return noDistrict(district)
	}
	text = strings.TrimSpace(text)
	mw, err := strconv.ParseFloat(text, 64)
	if text != "" && (err != nil || !(mw >= 0.001 && mw <= 1e6)) {
		return errs.Say(errs.Invalid, "负荷限值应为 0.001 至 1000000 兆瓦，留空表示不设", "a limit lies between 0.001 and 1000000 MW; leave it empty for none")
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if text == "" {
			_, err = tx.Exec(qLimitCut, district)
		} else {
			_, err = tx.Exec(qLimitPut, district, int64(math.Round(mw*1000)))
		}
		if err != nil {
			return err
		}
		object := "grid.city"
		if district != "" {
			object = book.DistrictID(district)
		}
		return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: GrantLimit, Verb: "set-load-limit", Object: object, Detail: map[string]any{"mw": text}})
	})
}

func noDistrict(code string) error {
	return errs.Say(errs.Invalid, "“%s”不是本市的行政区划代码", "%q is no district code of this city", code)
}
