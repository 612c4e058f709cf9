package grid

import (
	"encoding/json"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/town"
)

// The kinds of fault, as Truth names them.
const (
	faultDead      = "dead"      // from Slot on the meter gives nothing
	faultDrift     = "drift"     // from Slot on its freeze times are Seconds late
	faultHeld      = "held"      // the reading of Slot is kept back until asked for
	faultDuplicate = "duplicate" // the report with the reading of Slot was sent twice
	faultGarbled   = "garbled"   // the report was sent with a byte changed, then rightly
	faultLate      = "late"      // the reading of Slot comes Seconds after its slot
)

// Truth is one line of Options.Truth: a fault that was made.
type Truth struct {
	Kind         string `json:"kind"`
	Meter        string `json:"meter"`
	Concentrator string `json:"concentrator"`
	Slot         string `json:"slot"` // RFC 3339, China time
	Seconds      int64  `json:"seconds,omitempty"`
}

// ledger writes what was done wrong on purpose.
type ledger struct {
	mu    sync.Mutex
	out   *json.Encoder
	lines atomic.Int64
}

func newLedger(w io.Writer) *ledger {
	if w == nil {
		return &ledger{}
	}
	return &ledger{out: json.NewEncoder(w)}
}

// write notes a fault of each meter. A sink that fails costs the notes, not the simulation.
func (l *ledger) write(kind string, meters []*Meter, slot time.Time, wait time.Duration) {
	l.lines.Add(int64(len(meters)))
	if l.out == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range meters {
		_ = l.out.Encode(Truth{Kind: kind, Meter: m.Address, Concentrator: m.Concentrator,
			Slot: slot.In(China()).Format(time.RFC3339), Seconds: int64(wait / time.Second)})
	}
}

// Draws of faults; each has a number of its own in the hash.
const (
	drawDead = 100 + iota
	drawDrift
	drawDriftBy
	drawHeld
	drawDuplicate
	drawGarbled
	drawGarbledAt
	drawLate
	drawLateBy
)

func (c *City) dead(m *Meter) bool {
	return town.Chance(town.Mix(c.opt.Seed, drawDead, m.Index()), c.opt.Faults.Dead)
}

// drift is how far the meter's clock is ahead of the true time: 0, or one to ten minutes.
func (c *City) drift(m *Meter) time.Duration {
	if !town.Chance(town.Mix(c.opt.Seed, drawDrift, m.Index()), c.opt.Faults.Drift) {
		return 0
	}
	return time.Duration(60+town.Below(town.Mix(c.opt.Seed, drawDriftBy, m.Index()), 541)) * time.Second
}

// lateBy is how many slots later a station reports a slot.
func (c *City) lateBy(station int, slot int64) int64 {
	if !town.Chance(town.Mix(c.opt.Seed, drawLate, uint64(station), uint64(slot)), c.opt.Faults.Late) {
		return 0
	}
	return 1 + town.Below(town.Mix(c.opt.Seed, drawLateBy, uint64(station), uint64(slot)), 8)
}

// held chooses the meters that are kept back: the HoldBack ones with the lowest draws among living DL/T 698.45 meters.
func (c *City) held() map[uint64]bool {
	if c.opt.HoldBack <= 0 {
		return nil
	}
	type draw struct{ h, index uint64 }
	var all []draw
	for each := range c.Each() {
		if m := &each; m.Protocol.Reports() && !c.dead(m) && c.drift(m) == 0 {
			all = append(all, draw{town.Mix(c.opt.Seed, drawHeld, m.Index()), m.Index()})
		}
	}
	sortDraws(all, func(a, b draw) bool { return a.h < b.h })
	out := map[uint64]bool{}
	for _, d := range all[:min(c.opt.HoldBack, len(all))] {
		out[d.index] = true
	}
	return out
}
