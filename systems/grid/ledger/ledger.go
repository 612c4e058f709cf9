package ledger

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Family is the series of the city's meters. The register is a counter; power and voltage are what the meter measured at the
// quarter hour.
var Family = series.Family{Name: "grid.meter", Step: book.SlotLength, Columns: []series.Column{
	{Name: "energy", Unit: "KWH", Decimals: 4}, {Name: "power", Unit: "KWT", Decimals: 4}, {Name: "voltage", Unit: "VLT", Decimals: 1}}}

// Where the values stand in Family.
const (
	PowerColumn   = 1
	VoltageColumn = 2
)

// Options are what a ledger works with. Now is the plan's clock.
type Options struct {
	DB        *store.DB
	Readings  *series.Table // of Family
	Book      *book.Book
	Now       func() time.Time
	Ahead     time.Duration                           // readings further ahead are refused
	Late      time.Duration                           // readings that come later than this after their time are late
	Tolerance time.Duration                           // how far a reading may stand from its quarter hour
	Count     func(outcome string, n int)             // what became of readings
	Stored    func()                                  // called after each commit
	Came      func(keys []int64, marks []book.Placed) // called after each commit of readings, with what was stored; nil where nobody wants to know
}

// Ledger keeps the readings. Its methods may be called from anywhere at once.
type Ledger struct {
	o     Options
	queue chan *delivery

	turn sync.Mutex // held while readings are stored and counted, and of what follows
	rows []row
	old  map[seat]held

	sums    *sums
	olds    atomic.Int64 // counts the commits to days that the book does not hold
	reading sync.Mutex   // of sheet, held while it is read
	sheet   sheet
	summing sync.Mutex // held while a load is summed
	mu      sync.Mutex // of loads and stale, held for moments
	loads   map[loadKey][]float64
	stale   map[book.Day]bool // days that samples were stored for since the last Tick
	ticks   int
}

// New makes a ledger; Run must run for Take to answer.
func New(o Options) *Ledger {
	return &Ledger{o: o, queue: make(chan *delivery, queueLength), loads: map[loadKey][]float64{}, stale: map[book.Day]bool{}, sums: newSums()}
}

// Full tells that the intake does not keep up.
func (l *Ledger) Full() bool { return len(l.queue) == cap(l.queue) }

func (l *Ledger) tolerance() int64 { return int64(l.o.Tolerance / time.Microsecond) }
