package grid

import (
	"io"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/simulate/grid/relay"
	"github.com/haihe-city/haihe/simulate/grid/town"
)

// Options say what to simulate. Zero values have defaults where the line says so.
type Options struct {
	Feeds           Feeds
	Meters          int        // 20,000
	PerConcentrator int        // 400
	Share645        float64    // share of stations that are DL/T 645 gateways; 0.04, below 0: none
	Share1376       float64    // share of stations that are Q/GDW 1376.1 terminals; 0: none
	ShareDLMS       float64    // share of stations that are DLMS gateways; 0: none
	Districts       []District // the sixteen of Tianjin
	Seed            uint64     // 1
	Clock           func() time.Time
	From            time.Time     // first slot that is reported; zero: the one that begins next
	Back            int           // days before From that are reported once all from From on is; faults begin there
	To              time.Time     // last slot: Run ends when it is acknowledged; zero: until ctx ends
	Heartbeat       time.Duration // wall time between heartbeats; one minute
	Faults          Faults
	Relays          relay.Plan // the passwords of the meters, and those that do not obey
	Outages         int        // feeders that go dark after From and come back in two stages; From must be set
	HoldBack        int        // meters whose readings are kept back until they are asked for
	Truth           io.Writer  // one line of JSON a fault; nil: nowhere
	Progress        func(Stats)
}

// Feeds are where the server listens for each protocol, host:port; none connects where it is empty.
type Feeds struct{ DLT698, DLT645, QGDW1376, DLMS string }

// of is where the stations of a protocol connect; "": they do not.
func (f Feeds) of(p Protocol) string {
	return map[Protocol]string{DLT698: f.DLT698, DLT645: f.DLT645, QGDW1376: f.QGDW1376, DLMS: f.DLMS}[p]
}

// Faults are shares between 0 and 1. Standing faults (Dead, Drift) are of meters, Duplicate, Garbled and Late of reports; Shares holds those that
// strike a meter or station once, on one of the Days from Options.From on.
type Faults struct {
	Dead      float64 // the meter never answers its concentrator
	Drift     float64 // the meter's clock is wrong by one to ten minutes
	Duplicate float64 // a report is sent twice
	Garbled   float64 // a report is sent with a byte changed, and then rightly
	Late      float64 // a station's report of a slot comes one to eight slots later
	Shares    fault.Shares
	Days      int // 1
}

// Stats counts what happened since the start.
type Stats struct {
	Stations, Connected   int64 // of them connected now
	Reports, Acknowledged int64 // frames of DL/T 698.45 and Q/GDW 1376.1
	Rows, RowsAcked       int64 // readings in them; acknowledged ones counted once
	Resent                int64 // reports sent again because no answer came
	Rereads               int64 // GET requests answered
	Answers645            int64 // frames answered by gateways, of DL/T 645 and DLMS
	Refused               int64 // bytes or messages from the server that could not be read
	Faults                int64 // lines of Truth
	Behind                int64 // slots that stations have yet to report, over all stations
}

const (
	defaultMeters    = 20_000
	defaultPer       = 400
	defaultShare645  = 0.04
	defaultHeartbeat = time.Minute
	maxPer           = 4_000
)

func (o Options) withDefaults() Options {
	if o.Meters == 0 {
		o.Meters = defaultMeters
	}
	if o.PerConcentrator == 0 {
		o.PerConcentrator = defaultPer
	}
	if o.Share645 == 0 {
		o.Share645 = defaultShare645
	}
	if len(o.Districts) == 0 {
		o.Districts = town.Tianjin()
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = defaultHeartbeat
	}
	return o
}

func (o Options) check() error {
	if o.PerConcentrator < 1 || o.PerConcentrator > maxPer {
		return errs.Say(errs.Invalid, "每台集中器的电能表数应为 1 至 %d", "the meters of a concentrator must be 1 to %d", maxPer)
	}
	if o.Share1376 > 0 && o.PerConcentrator > 2040 { // Q/GDW 1376.1-2013 4.3.4.4
		return errs.Say(errs.Invalid, "Q/GDW 1376.1 终端最多接 2040 只电能表", "a Q/GDW 1376.1 terminal has at most 2040 meters")
	}
	for _, p := range []float64{o.Faults.Dead, o.Faults.Drift, o.Faults.Duplicate, o.Faults.Garbled, o.Faults.Late} {
		if p < 0 || p > 1 {
			return errs.Say(errs.Invalid, "比例应在 0 与 1 之间", "a share lies between 0 and 1")
		}
	}
	if o.Back < 0 || o.Back > 0 && o.From.IsZero() {
		return errs.Say(errs.Invalid, "补报天数不能为负；补报需要起始时间", "the days to report back are not negative, and need a beginning of the run")
	}
	return nil
}
