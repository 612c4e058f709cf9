package pages

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/refused"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/headend"
	"github.com/haihe-city/haihe/systems/grid/interval"
	"github.com/haihe-city/haihe/systems/grid/ledger"
	"github.com/haihe-city/haihe/systems/grid/outage"
	"github.com/haihe-city/haihe/systems/grid/reread"
	"github.com/haihe-city/haihe/web/live"
	"github.com/haihe-city/haihe/web/ui"
)

const grantRead = "grid.read"

// Options are what the pages show. Clock is the plan's; Dirty is set by whoever changed something that open pages show.
type Options struct {
	Entities    *entity.Store
	Intervals   *interval.Importer
	MeterOf     func(*entity.Entity) book.Meter
	Book        *book.Book
	Ledger      *ledger.Ledger
	Head        *headend.HeadEnd
	Refused     *refused.Store
	Rereads     *reread.Part
	Dark        func(ctx context.Context, m book.Meter, from, to time.Time) ([]outage.Interruption, error) // times without supply
	Clock       host.Clock
	People      *identity.Service
	Live        *live.Hub
	Indicators  *indicator.Board
	Online      func(value float64, values ...string) // the gauge of concentrators that are connected
	Dirty       *atomic.Bool
	DueAfter    time.Duration
	SilentAfter time.Duration
	Tolerance   time.Duration // of a slot
	Imports     Imports
	Peaks       func(ctx context.Context) ([]ui.Alarm, error) // alarms of load peaks that stand
}

// Imports are the room's imports: who may import, and the names of the kinds of file.
type Imports struct{ Grant, Archive, Intervals string }

// Part is the pages.
type Part struct {
	o     Options
	ticks int         // rounds of publish, which alone uses it
	moved atomic.Bool // an order to read again has moved on
}

// New makes the pages.
func New(o Options) *Part { return &Part{o: o} }

// Moved says that an order to read again has moved on.
func (s *Part) Moved() { s.moved.Store(true) }

// today is the day of the plan's clock and how many of its slots are due; before the first is due it is yesterday, whole.
func (s *Part) today() (d book.Day, due int) {
	now := s.o.Clock.Now()
	d = book.DayOf(now.UnixMicro())
	if due = book.DueSlots(d, now, s.o.DueAfter); due == 0 {
		d--
		due = book.DueSlots(d, now, s.o.DueAfter)
	}
	return d, due
}
