package grid

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/refused"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/customer"
	"github.com/haihe-city/haihe/systems/grid/forecast"
	"github.com/haihe-city/haihe/systems/grid/headend"
	"github.com/haihe-city/haihe/systems/grid/headend/mqtt"
	"github.com/haihe-city/haihe/systems/grid/headend/secret"
	"github.com/haihe-city/haihe/systems/grid/interval"
	"github.com/haihe-city/haihe/systems/grid/ledger"
	"github.com/haihe-city/haihe/systems/grid/loss"
	"github.com/haihe-city/haihe/systems/grid/order"
	"github.com/haihe-city/haihe/systems/grid/outage"
	"github.com/haihe-city/haihe/systems/grid/outage/join"
	"github.com/haihe-city/haihe/systems/grid/pages"
	"github.com/haihe-city/haihe/systems/grid/reread"
	"github.com/haihe-city/haihe/systems/grid/response"
	"github.com/haihe-city/haihe/systems/grid/response/peak"
	"github.com/haihe-city/haihe/systems/grid/shelf"
	"github.com/haihe-city/haihe/systems/grid/vee"
)

// owner is the unit whose entities these are.
const owner = "power"

// service holds the verbs of this room: the only code that changes anything.
type service struct {
	conf      Config
	host      *host.Host
	entities  *entity.Store
	intervals *interval.Importer
	book      *book.Book
	ledger    *ledger.Ledger
	head      *headend.HeadEnd
	gateways  *mqtt.Door // nil where it is turned off
	orders    *order.Part
	outages   *outage.Part
	losses    *loss.Part
	forecasts *forecast.Part
	responses *response.Part
	vee       *vee.Part
	customers *customer.Part
	count     counters
	refused   *refused.Store
	rereads   *reread.Part
	pages     *pages.Part
	dirty     atomic.Bool // something changed since the pages were told
}

// leastRaw is how long single readings are kept at least: validation, forecast and baselines look back nine weeks.
const leastRaw = 70 * 24 * time.Hour

// counters are the room's metrics.
type counters struct {
	readings func(delta float64, values ...string)
	frames   func(delta float64, values ...string)
	online   func(value float64, values ...string)
}

func newService(ctx context.Context, h *host.Host, conf Config) (*service, error) {
	s := &service{conf: conf, host: h, entities: h.Entities, book: book.New(conf.BookDays),
		refused: refused.New(refused.Options{DB: h.DB, Table: "grid_refused", Peer: pages.KeptOfPeer, Now: h.Clock.Now, Log: h.Log})}
	s.count = counters{
		readings: h.Metrics.Counter("readings_total", "Readings taken in, by outcome.", "outcome"),
		frames:   h.Metrics.Counter("frames_total", "Frames received, by protocol and outcome.", "protocol", "outcome"),
		online:   h.Metrics.Gauge("concentrators_online", "Concentrators connected now."),
	}
	if conf.KeepRaw > 0 && conf.KeepRaw < leastRaw {
		return nil, errs.Say(errs.Invalid, "[grid] keep_raw 应为 0 或不少于 %[1]d 天：校核与预测需要这些读数", "[grid] keep_raw is 0 or at least %[1]d days: validation and forecast need the readings", int(leastRaw/(24*time.Hour)))
	}
	readings, err := h.Series.Declare(ctx, ledger.Kept(conf.KeepRaw, conf.RollUp))
	if err != nil {
		return nil, err
	}
	// A meter's readings are its attributes for whoever asks the city context, without lying there.
	var bound []entity.Binding
	for i, c := range ledger.Family.Columns {
		bound = append(bound, entity.FromSeries(c.Name, readings, i))
	}
	if err := h.Entities.Bind(book.TypeMeter, bound); err != nil {
		return nil, err
	}
	s.ledger = ledger.New(ledger.Options{DB: h.DB, Readings: readings, Book: s.book, Now: h.Clock.Now, Ahead: conf.AheadLimit, Late: conf.LateAfter,
		Tolerance: conf.SlotTolerance, Count: func(outcome string, n int) { s.count.readings(float64(n), outcome) }, Stored: s.changed,
		Came: func(keys []int64, marks []book.Placed) { s.vee.Came(keys, marks) }})
	values, err := h.Series.Declare(ctx, interval.Family)
	if err != nil {
		return nil, err
	}
	s.intervals = &interval.Importer{DB: h.DB, Entities: h.Entities, Values: values, Owner: owner, Journal: func(tx *store.Tx, by *identity.Principal, file string) error {
		return h.Journal.Append(tx, act(by, grantImport, "import", "grid.intervals", map[string]any{"file": file}))
	}}
	if err := s.layDistricts(ctx); err != nil {
		return nil, errs.Wrap("lay the districts", err)
	}
	if err := s.load(ctx); err != nil {
		return nil, errs.Wrap("load the archive", err)
	}
	s.outages, err = outage.New(ctx, outage.Options{DB: h.DB, Book: s.book, Readings: readings, Voltage: ledger.VoltageColumn, Clock: h.Clock, Journal: h.Journal, People: h.People,
		Stale: h.Indicators.Stale, Log: h.Log, Page: pages.Page})
	if err != nil {
		return nil, errs.Wrap("open the outages", err)
	}
	s.losses, err = loss.New(ctx, loss.Options{DB: h.DB, Book: s.book, Readings: readings, Clock: h.Clock, Journal: h.Journal, People: h.People, Log: h.Log, Page: pages.Page})
	if err != nil {
		return nil, errs.Wrap("open the losses", err)
	}
	s.forecasts, err = forecast.New(ctx, forecast.Options{DB: h.DB, Load: s.ledger.Load, Clock: h.Clock, Days: h.Calendar.Now, Journal: h.Journal, Page: pages.Page,
		Effect: func(ctx context.Context, district string, d book.Day) ([]float64, error) {
			return s.responses.Effect(ctx, district, d)
		}})
	if err != nil {
		return nil, errs.Wrap("open the forecasts", err)
	}
	s.responses, err = response.New(ctx, response.Options{DB: h.DB, Book: s.book, Readings: readings, Tolerance: conf.SlotTolerance, Days: h.Calendar.Now, Clock: h.Clock, Journal: h.Journal, People: h.People, Page: pages.Page,
		Peak: peak.Options{Load: s.ledger.Load, Said: s.forecasts.Said, Limits: s.forecasts.Limits, DueAfter: conf.DueAfter}})
	if err != nil {
		return nil, errs.Wrap("open the demand response", err)
	}
	s.vee, err = vee.New(ctx, vee.Options{DB: h.DB, Readings: readings, Book: s.book, Ledger: s.ledger, Clock: h.Clock, Days: h.Calendar.Now, Journal: h.Journal, People: h.People, Page: pages.Page,
		Tolerance: conf.SlotTolerance, Hour: conf.EstimateHour, Order: conf.EstimateOrder, Prolonged: conf.ProlongedDays})
	if err != nil {
		return nil, errs.Wrap("open the validation", err)
	}
	s.customers, err = customer.New(ctx, customer.Options{DB: h.DB, Readings: readings, Book: s.book, Clock: h.Clock, Journal: h.Journal, People: h.People, Tolerance: conf.SlotTolerance,
		Methods: s.vee.Methods, Of: s.outages.Of, Tell: s.outages.Tell, Page: pages.Page})
	if err != nil {
		return nil, errs.Wrap("open the customers", err)
	}
	return s, nil
}

// listen opens the head-end for this room, and what works with it: the orders to read again, and the pages.
func (s *service) listen(ctx context.Context) (err error) {
	secrets, err := secret.Load(s.conf.Gateways.Secrets)
	if err != nil {
		return err
	}
	s.head, err = headend.Open(headend.Options{
		Log: s.host.Log, Now: s.host.Clock.Now, Book: s.book, Take: s.take, Power: s.power, Refuse: s.refuse,
		Count:   func(protocol, outcome string) { s.count.frames(1, protocol, outcome) },
		Changed: func() { s.dirty.Store(true) },
		DLT698:  s.conf.DLT698, DLT645: s.conf.DLT645, QGDW1376: s.conf.QGDW1376, DLMS: s.conf.DLMS, Keys: secrets.Meter, SilentAfter: s.conf.SilentAfter, Poll: s.conf.Poll645, Answer: s.conf.Answer645, MaxLinks: s.conf.MaxLinks,
	})
	if err != nil {
		return err
	}
	h := s.host
	s.gateways, err = mqtt.Open(mqtt.Options{Config: s.conf.Gateways, Secrets: secrets, Head: s.head, Log: h.Log, Wall: h.Wall, MaxLinks: s.conf.MaxLinks, Answer: s.conf.Answer645,
		Count: func(protocol, outcome string) { s.count.frames(1, protocol, outcome) }})
	if err != nil {
		return errors.Join(err, s.close(ctx))
	}
	s.orders, err = order.New(ctx, order.Options{DB: h.DB, Book: s.book, Act: s.head.Act, Linked: s.head.Linked, Clock: h.Clock, Journal: h.Journal, People: h.People, Log: h.Log, Page: pages.Page, Keys: s.conf.OrderKeys})
	if err != nil {
		return errs.Wrap("open the orders to meters", errors.Join(err, s.close(ctx)))
	}
	s.rereads, err = reread.New(ctx, reread.Options{DB: h.DB, Book: s.book, Ledger: s.ledger, Head: s.head, Clock: h.Clock, Journal: h.Journal, DueAfter: s.conf.DueAfter, Changed: func() { s.pages.Moved(); s.changed() }})
	if err != nil {
		return errs.Wrap("open the orders to read again", errors.Join(err, s.close(ctx)))
	}
	s.pages = pages.New(pages.Options{Entities: h.Entities, Intervals: s.intervals, MeterOf: meterOf, Book: s.book, Ledger: s.ledger, Head: s.head, Refused: s.refused, Rereads: s.rereads, Dark: s.outages.Of, Clock: h.Clock, People: h.People,
		Peaks: s.responses.Peaks, Live: h.Live, Indicators: h.Indicators, Online: s.count.online, Dirty: &s.dirty, DueAfter: s.conf.DueAfter, SilentAfter: s.conf.SilentAfter, Tolerance: s.conf.SlotTolerance,
		Imports: pages.Imports{Grant: grantImport, Archive: importArchive, Intervals: importNEM}})
	return nil
}

// close ends the doors; what was acknowledged is stored, the rest comes again.
func (s *service) close(ctx context.Context) error {
	s.gateways.Close()
	return s.head.Close(ctx)
}

// jobs are what this room does by itself.
func (s *service) jobs() []host.Job {
	return append(slices.Concat(s.outages.Jobs(), s.orders.Jobs(), s.vee.Jobs(), s.customers.Jobs(), s.losses.Jobs(), s.forecasts.Jobs(), s.responses.Jobs(), s.rereads.Jobs(), s.pages.Jobs()),
		host.Job{Name: "slots", Every: time.Minute, Run: func(context.Context) error { s.changed(); return nil }}) // a slot falls due without anything arriving
}

// take stores readings, and lets their voltages tell of outages.
func (s *service) take(ctx context.Context, readings []book.Reading) (book.Taken, error) {
	taken, err := s.ledger.Take(ctx, readings)
	if err == nil {
		s.outages.Observe(ctx, readings)
		s.orders.Observe(readings)
	}
	return taken, err
}

// power takes what meters tell of their supply.
func (s *service) power(ctx context.Context, events []headend.Power) error {
	var signals []join.Signal
	for _, e := range events {
		signals = append(signals, join.Signal{Kind: join.Off, Meter: e.Meter, At: e.Down})
		if e.Back != 0 {
			signals = append(signals, join.Signal{Kind: join.On, Meter: e.Meter, At: e.Back})
		}
	}
	return s.outages.Take(ctx, signals)
}

// layDistricts makes the sixteen region.Districts known as entities, once.
func (s *service) layDistricts(ctx context.Context) error {
	n, err := s.entities.Count(ctx, book.TypeDistrict, "")
	if err != nil || n >= int64(len(region.Districts)) {
		return err
	}
	return s.host.DB.Write(ctx, func(tx *store.Tx) error {
		for _, d := range region.Districts {
			e := &entity.Entity{ID: book.DistrictID(d.Code), Types: []string{book.TypeDistrict}, Owner: owner, Attrs: []entity.Attr{
				entity.TextAttr("code", d.Code), entity.TextAttr("name", d.Name.Zh), entity.BoolAttr("core", d.Core)}}
			if err := s.entities.Create(tx, e); err != nil && !errs.Is(err, errs.Conflict) {
				return err
			}
		}
		return nil
	})
}

// load fills the book from the archive and from the samples of the recent days.
func (s *service) load(ctx context.Context) error {
	if err := shelf.Fill(ctx, shelf.Options{DB: s.host.DB, Entities: s.entities, Book: s.book, MeterOf: meterOf, Log: s.host.Log}); err != nil {
		return err
	}
	return s.ledger.Recall(ctx)
}

// changed says that readings were stored: the figures of the plan are stale, and open pages want the new ones.
func (s *service) changed() {
	s.dirty.Store(true)
	s.host.Indicators.Stale(pages.TargetCoverage)
}

// refuse counts what was not taken, and keeps it for inspection.
func (s *service) refuse(ctx context.Context, r headend.Refused, body []byte) {
	s.count.frames(1, r.Protocol, "refused")
	s.refused.Keep(ctx, r, body)
}

// act is a journal line in this room's name.
func act(by *identity.Principal, authority, verb, object string, detail any) journal.Act {
	return journal.Act{Actor: by.ID, Unit: by.Unit, Authority: authority, Verb: verb, Object: object, Detail: detail}
}

// health fails while the intake does not keep up: what waits is refused.
func (s *service) health(context.Context) error {
	if s.ledger.Full() {
		return errs.Say(errs.Busy, "采集入口已满", "the intake is full")
	}
	return nil
}
