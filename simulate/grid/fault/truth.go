package fault

import (
	"encoding/json"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/town"
)

// Truth is one line of the truth file: a fault that was made, at one meter. docs/guide-developers.md states the schema.
type Truth struct {
	Kind         Kind   `json:"kind"`
	Meter        string `json:"meter"`
	Concentrator string `json:"concentrator"`
	Feeder       string `json:"feeder,omitempty"`
	Slot         string `json:"slot"`              // its first quarter hour, or the moment of an outage: RFC 3339, China time
	End          string `json:"end,omitempty"`     // not in it any more; "" where it stays or is of one reading
	Seconds      int64  `json:"seconds,omitempty"` // of Clock how far ahead, of Late how much later, of Outage how long
	Size         int64  `json:"size,omitempty"`    // Episode.Size
}

// Ledger writes what was done wrong on purpose. It is safe for concurrent use.
type Ledger struct {
	mu    sync.Mutex
	out   *json.Encoder
	lines atomic.Int64
}

// NewLedger writes to w; nil counts only.
func NewLedger(w io.Writer) *Ledger {
	if w == nil {
		return &Ledger{}
	}
	return &Ledger{out: json.NewEncoder(w)}
}

// Lines is how many faults were noted.
func (l *Ledger) Lines() int64 { return l.lines.Load() }

// Write notes a fault of each meter. A sink that fails costs the notes, not the simulation.
func (l *Ledger) Write(meters []*town.Meter, e Episode, wait time.Duration) {
	l.lines.Add(int64(len(meters)))
	if l.out == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range meters {
		x := Truth{Kind: e.Kind, Meter: m.Address, Concentrator: m.Concentrator, Feeder: m.Feeder, Slot: stamp(e.Begin), Seconds: int64(wait / time.Second), Size: e.Size}
		if !e.End.IsZero() {
			x.End = stamp(e.End)
		}
		_ = l.out.Encode(x)
	}
}

func stamp(t time.Time) string { return t.In(town.China()).Format(time.RFC3339) }
