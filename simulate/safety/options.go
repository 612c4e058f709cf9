package safety

import (
	"io"
	"net"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/safety/fault"
	"github.com/haihe-city/haihe/simulate/safety/site"
)

// Options say what to simulate. Zero values have defaults where the line says so.
type Options struct {
	Feeds  Feeds
	Layout site.Layout   // which plants
	Every  time.Duration // between readings; 10 s
	Faults fault.Counts
	Fit    bool          // make as many faults as there are plants for, instead of an error
	Flood  int           // alarms of a flood; 1,000
	Cut    time.Duration // of a silence; 2 min
	Back   time.Duration // readings of so long before the run are sent first
	From   time.Time     // faults begin after it; the clock's time at NewCity
	Over   time.Duration // in which faults begin and end; one hour
	Clock  func() time.Time
	Truth  io.Writer     // one line of JSON a fault; nil: nowhere
	Sent   func(Sending) // is told of every frame with readings, before it is sent and again when it is acknowledged; nil: nobody
	Tell   func(Stats)   // now and then, and at the end
}

// Feeds are where the platform listens, host:port; nobody connects where it is empty. Polled is where polled plants listen
// themselves (see [City.Listen]): the first port, and one more for each.
type Feeds struct{ HJ212, MQTT, Panel, Polled string }

// Sending is a frame of readings, when it is sent or acknowledged.
type Sending struct {
	Plant int
	At    time.Time // of the readings
	Done  bool      // it is acknowledged
	Again bool      // it was sent before
}

// Stats counts what happened since the start.
type Stats struct {
	Plants, Connected  int64 // of them connected now
	Frames, Acked      int64 // with readings
	Readings, Received int64 // in them; received are those acknowledged, each counted once
	Resent             int64 // frames sent again, because no answer came
	Polls              int64 // answered to the platform
	Refused            int64 // bytes or messages from the platform that could not be read
	Behind             int64 // readings whose time has come and that are not acknowledged
	Faults             int64 // lines of Truth
}

func (o Options) withDefaults() (Options, error) {
	if o.Clock == nil {
		return o, errs.Say(errs.Invalid, "模拟需要时钟", "the simulation needs a clock")
	}
	if o.Every == 0 {
		o.Every = 10 * time.Second
	}
	if o.From.IsZero() {
		o.From = o.Clock()
	}
	if o.Over == 0 {
		o.Over = time.Hour
	}
	return o, nil
}

// City is the simulated plants, and how they are run. It is safe for concurrent use.
type City struct {
	*site.Sites
	opt    Options
	faults *fault.Set
	doors  map[int]net.Listener // of polled plants, by number
}

// NewCity lays out the plants and their faults.
func NewCity(o Options) (*City, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	sites, err := site.New(o.Layout)
	if err != nil {
		return nil, err
	}
	set, err := fault.New(sites, fault.Plan{Counts: o.Faults, From: o.From, Over: o.Over, Every: o.Every, Flood: o.Flood, Cut: o.Cut, Fit: o.Fit})
	if err != nil {
		return nil, err
	}
	return &City{Sites: sites, opt: o, faults: set, doors: map[int]net.Listener{}}, nil
}

// Faults are the faults of the run.
func (c *City) Faults() *fault.Set { return c.faults }
