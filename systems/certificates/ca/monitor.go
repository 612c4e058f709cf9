package ca

import (
	"context"
	"strconv"
	"sync"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/store"
)

// Monitor holds the certificates to the log, both ways: each row is the leaf that it says, and each leaf has its row. What was written
// beside the program, or taken out of it, is found here.
type Monitor struct {
	a *Authority

	mu     sync.Mutex
	next   int64 // the leaf to look at
	rounds int64
	faults []Fault
}

// Fault is a certificate outside the log, or a leaf without a certificate.
type Fault struct {
	Leaf   int64
	Serial string // "" where no row has the leaf
	Why    string // outside, differs or missing
}

// NewMonitor begins at the first leaf.
func NewMonitor(a *Authority) *Monitor { return &Monitor{a: a} }

// mostFaults bounds what is kept: whoever has a hundred has seen enough.
const mostFaults = 100

// Step looks at the next leaves, at most limit, and tells whether it has come to the end; the next step then begins anew.
func (m *Monitor) Step(ctx context.Context, limit int) (end bool, err error) {
	m.mu.Lock()
	from := m.next
	m.mu.Unlock()
	size, err := m.a.o.Log.Size(ctx)
	if err != nil {
		return false, err
	}
	var rows []Certificate
	err = m.a.o.DB.Read(ctx, func(tx *store.Tx) error {
		rows, err = list(tx, qLeaves, from, limit)
		return err
	})
	if err != nil {
		return false, err
	}
	to := int64(size)
	if len(rows) == limit {
		to = min(to, rows[len(rows)-1].Leaf+1)
	}
	faults, err := m.compare(ctx, rows, from, to, size)
	if err != nil {
		return false, err
	}
	end = len(rows) < limit
	return end, m.keep(ctx, faults, to, end)
}

// compare holds rows to the leaves [from, to).
func (m *Monitor) compare(ctx context.Context, rows []Certificate, from, to int64, size uint64) (faults []Fault, err error) {
	at := from
	var bundle []byte
	bundleAt := int64(-1)
	for i := range rows {
		c := &rows[i]
		for ; at < min(c.Leaf, to); at++ {
			faults = append(faults, Fault{Leaf: at, Why: "missing"})
		}
		switch {
		case c.Leaf >= int64(size) || c.Leaf < at: // past the end of the log, or a second row of one leaf
			faults = append(faults, Fault{Leaf: c.Leaf, Serial: c.Serial, Why: "outside"})
			continue
		case c.Leaf/256 != bundleAt:
			bundleAt = c.Leaf / 256
			if bundle, err = m.a.o.Log.Tile(ctx, merkle.Tile{N: uint64(bundleAt), W: merkle.WidthAt(0, uint64(bundleAt), size)}); err != nil {
				return nil, errs.Wrap("read the log of certificates", err)
			}
		}
		if k := int(c.Leaf%256) * merkle.Size; LeafOf(c.DER) != [32]byte(bundle[k:k+merkle.Size]) {
			faults = append(faults, Fault{Leaf: c.Leaf, Serial: c.Serial, Why: "differs"})
		}
		at = c.Leaf + 1
	}
	for ; at < to; at++ {
		faults = append(faults, Fault{Leaf: at, Why: "missing"})
	}
	return faults, nil
}

// keep remembers faults, each once, and puts new ones into the journal.
func (m *Monitor) keep(ctx context.Context, faults []Fault, to int64, end bool) error {
	m.mu.Lock()
	var fresh []Fault
	for _, f := range faults {
		known := false
		for _, g := range m.faults {
			known = known || f == g
		}
		if !known && len(m.faults) < mostFaults {
			m.faults, fresh = append(m.faults, f), append(fresh, f)
		}
	}
	if m.next = to; end {
		m.next = 0
		m.rounds++
	}
	m.mu.Unlock()
	for _, f := range fresh {
		err := m.a.o.DB.Write(ctx, func(tx *store.Tx) error {
			return m.a.record(tx, identity.System("certificates"), "", "certificate.outside-log", "certificate-log:"+strconv.FormatInt(f.Leaf, 10), map[string]any{"serial": f.Serial, "why": f.Why})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Run goes through the log once, a thousand leaves at a time.
func (m *Monitor) Run(ctx context.Context) error {
	for {
		end, err := m.Step(ctx, 1000)
		if err != nil || end || ctx.Err() != nil {
			return err
		}
	}
}

// Faults gives what was found, and how often the whole log was gone through.
func (m *Monitor) Faults() ([]Fault, int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Fault{}, m.faults...), m.rounds
}

// Proof is the inclusion of a certificate in a signed checkpoint of the log.
type Proof struct {
	Leaf       int64
	Size       uint64
	Root       [32]byte
	Path       [][32]byte
	Checkpoint tiles.Signed
}

// Prove gives the proof of a certificate in the newest checkpoint; errs.NotFound where none was signed since it was issued.
func (a *Authority) Prove(ctx context.Context, c *Certificate) (Proof, error) {
	s, err := a.o.Log.Latest(ctx)
	if err == nil && uint64(c.Leaf) >= s.Size {
		err = errs.Say(errs.NotFound, "日志尚未签署到这张证书，请稍候", "the log has not been signed up to this certificate yet; wait a moment")
	}
	if err != nil {
		return Proof{}, err
	}
	path, err := a.o.Log.Prove(ctx, uint64(c.Leaf), s.Size)
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Leaf: c.Leaf, Size: s.Size, Root: s.Root, Path: path, Checkpoint: s}
	return p, merkle.VerifyInclusion(LeafOf(c.DER), uint64(c.Leaf), s.Size, path, s.Root)
}
