package journal

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// What is wrong at a place of the chain.
const (
	Changed  = "changed"             // the row is not what was recorded
	Missing  = "missing"             // rows between two others are gone
	Moved    = "moved"               // the row was recorded at another place
	Inserted = "inserted"            // the row was not recorded by the program
	Cut      = "tail missing"        // the newest rows are gone
	Head     = "head does not match" // the head row, or the newest entry together with its hash, was changed
)

// Fault names a place where the chain is broken.
type Fault struct {
	Seq  int64  `json:"seq"`            // the first row of the fault
	To   int64  `json:"to"`             // the last row of it; Seq where it is one row
	What string `json:"what"`           // one of the six constants
	From int64  `json:"from,omitempty"` // Moved: where row Seq was recorded
}

// Text says the fault to the audit administrator.
func (f Fault) Text() lang.Text {
	zh, en := fmt.Sprintf("第 %d 条", f.Seq), fmt.Sprintf("entry %d", f.Seq)
	if f.To > f.Seq {
		zh, en = fmt.Sprintf("第 %d 至 %d 条", f.Seq, f.To), fmt.Sprintf("entries %d to %d", f.Seq, f.To)
	}
	switch f.What {
	case Changed:
		return lang.T(zh+"被改动", en+": changed")
	case Missing:
		return lang.T(zh+"缺失", en+": missing")
	case Moved:
		return lang.T(zh+fmt.Sprintf("被移位，原为第 %d 条", f.From), en+fmt.Sprintf(": moved, recorded as entry %d", f.From))
	case Inserted:
		return lang.T(zh+"系事后插入", en+": inserted afterwards")
	case Cut:
		return lang.T(zh+"（末尾）被截去", en+" (the tail): cut off")
	}
	return lang.T("链头与"+zh+"不符", "the head does not match "+en)
}

// Report is the outcome of a verification.
type Report struct {
	Entries int64   `json:"entries"` // rows read
	Seq     int64   `json:"seq"`     // the newest entry according to the head
	Head    string  `json:"head"`    // hex, its hash; note it elsewhere with Seq, for Witness
	Faults  []Fault `json:"faults"`  // empty: the chain holds
	More    bool    `json:"more"`    // there are more faults than maxFaults
}

const maxFaults = 1000

// maxStray bounds the search for the true places of rows that stand at a wrong one, which costs its square in hashes.
const maxStray = 200

// Verify walks the whole chain; progress (may be nil) is called with the entries done. It reads page by page, each in a snapshot of
// its own, so that no long reader keeps the database from tidying up; the page that finds the end reads the head in the same
// snapshot, so acts recorded meanwhile raise no false alarm.
func (j *Journal) Verify(ctx context.Context, progress func(done int64)) (Report, error) {
	w := walk{cursor: math.MinInt64, prevHash: zero[:], prevSum: zero[:]}
	for {
		var rows []row
		err := j.db.Read(ctx, func(tx *store.Tx) (err error) {
			w.headless = false
			switch err = tx.Get(qHead, nil, &w.headSeq, &w.headHash); {
			case errs.Is(err, errs.NotFound):
				w.headless = true
			case err != nil:
				return err
			}
			rows, err = collect(tx, qWalk, []any{w.cursor, pageRows})
			return err
		})
		if err != nil {
			return Report{}, errs.Wrap("verify journal", err)
		}
		for i := range rows {
			w.step(&rows[i])
		}
		if progress != nil {
			progress(w.entries)
		}
		if len(rows) < pageRows {
			return w.finish(), nil
		}
	}
}

// walk is the state between two rows.
type walk struct {
	headSeq  int64
	headHash []byte
	headless bool

	entries  int64
	cursor   int64  // seq of the newest row read
	last     int64  // seq of the newest row read that lies within the chain
	prevHash []byte // its stored hash
	prevSum  []byte // its hash computed at its place
	shift    int64  // how far the row before stands from its true place
	suspect  int64  // a row that the next one does not acknowledge; the one after that tells which of the two is wrong

	faults []Fault
	more   bool
	stray  []row // faulty rows that may turn out to be moved ones
}

// step checks one row against the one before it.
func (w *walk) step(r *row) {
	w.entries++
	w.cursor = r.seq
	if r.seq < 1 || !w.headless && r.seq > w.headSeq {
		w.fault(Fault{Seq: r.seq, To: r.seq, What: Inserted})
		w.keep(r)
		return
	}
	gap := r.seq != w.last+1
	if gap {
		w.fault(Fault{Seq: w.last + 1, To: r.seq - 1, What: Missing})
	}
	sum := r.digest(r.seq, r.prev)
	sound := bytes.Equal(sum[:], r.hash)
	acks := !gap && w.ack(r.prev)
	w.settle(sound && !gap && !acks || w.pushed(r, sound))
	switch {
	case !sound:
		w.unsound(r)
	case !gap && !acks && w.last == 0: // before the first entry there is nobody else to suspect
		w.fault(Fault{Seq: r.seq, To: r.seq, What: Changed})
	case !gap && !acks:
		w.suspect = w.last
	}
	if sound {
		w.shift = 0
	}
	w.last, w.prevHash, w.prevSum = r.seq, r.hash, sum[:]
}

// ack tells whether prev names the row before: by its stored hash or by the one that it should have.
func (w *walk) ack(prev []byte) bool {
	return bytes.Equal(prev, w.prevHash) || bytes.Equal(prev, w.prevSum)
}

// settle ends a suspicion: cleared says that the row that raised it turned out to be false itself.
func (w *walk) settle(cleared bool) {
	if w.suspect > 0 && !cleared && !w.named(w.suspect) {
		w.fault(Fault{Seq: w.suspect, To: w.suspect, What: Changed})
	}
	w.suspect = 0
}

// pushed tells whether r was recorded one place before, and is the first of such a run: then what stands in its place was put in.
func (w *walk) pushed(r *row, sound bool) bool {
	if sound || w.shift != 0 || w.last < 1 || w.last != r.seq-1 {
		return false
	}
	s := r.digest(r.seq-1, r.prev)
	return bytes.Equal(s[:], r.hash)
}

// unsound names a row whose hash is not that of its content at its place.
func (w *walk) unsound(r *row) {
	for _, d := range [...]int64{w.shift, -1, 1} {
		if d == 0 {
			continue
		}
		if s := r.digest(r.seq+d, r.prev); !bytes.Equal(s[:], r.hash) {
			continue
		}
		if w.pushed(r, false) && d == -1 {
			w.putIn(w.last)
		}
		w.shift = d
		w.fault(Fault{Seq: r.seq, To: r.seq, What: Moved, From: r.seq + d})
		return
	}
	w.shift = 0
	w.fault(Fault{Seq: r.seq, To: r.seq, What: Changed})
	w.keep(r)
}

// putIn names the row at seq as inserted, also where it was called changed before.
func (w *walk) putIn(seq int64) {
	if n := len(w.faults); n > 0 && w.faults[n-1].To == seq && w.faults[n-1].What == Changed {
		if w.faults[n-1].To--; w.faults[n-1].To < w.faults[n-1].Seq {
			w.faults = w.faults[:n-1]
		}
	}
	w.fault(Fault{Seq: seq, To: seq, What: Inserted})
}

// named tells whether a fault covers seq already. Only the newest faults can, as the rows come in order.
func (w *walk) named(seq int64) bool {
	for i := len(w.faults) - 1; i >= 0 && i >= len(w.faults)-3; i-- {
		if w.faults[i].Seq <= seq && seq <= w.faults[i].To {
			return true
		}
	}
	return false
}

func (w *walk) keep(r *row) {
	if len(w.stray) < maxStray {
		w.stray = append(w.stray, *r)
	}
}

// fault adds f, joined to the one before where they are of one kind and adjacent.
func (w *walk) fault(f Fault) {
	if n := len(w.faults); n > 0 {
		if p := &w.faults[n-1]; p.What == f.What && p.To+1 == f.Seq &&
			(f.What != Moved || p.From-p.Seq == f.From-f.Seq) {
			p.To = f.To
			return
		}
	}
	if len(w.faults) >= maxFaults {
		w.more = true
		return
	}
	w.faults = append(w.faults, f)
}

// finish compares the end of the chain with the head.
func (w *walk) finish() Report {
	head := w.headHash
	if len(head) == 0 {
		head = zero[:]
	}
	holds := bytes.Equal(head, w.prevHash) || bytes.Equal(head, w.prevSum)
	w.settle(!w.headless && w.last == w.headSeq && !holds)
	switch {
	case w.headless:
		w.fault(Fault{Seq: w.last, To: w.last, What: Head})
	case w.last < w.headSeq:
		w.fault(Fault{Seq: w.last + 1, To: w.headSeq, What: Cut})
	case !holds && !w.named(w.headSeq):
		w.fault(Fault{Seq: w.headSeq, To: w.headSeq, What: Head})
	}
	w.place()
	r := Report{Entries: w.entries, Seq: w.headSeq, Head: hex.EncodeToString(head), Faults: w.faults, More: w.more}
	if r.Faults == nil {
		r.Faults = []Fault{}
	}
	return r
}

// place looks for the true places of the rows that were found changed or beyond the head: among the places of the others like
// them, and among those that are missing.
func (w *walk) place() {
	var places []int64
	for _, f := range w.faults {
		for s := f.Seq; s <= f.To && len(places) < maxStray; s++ {
			places = append(places, s)
		}
	}
	for i := range w.stray {
		r := &w.stray[i]
		for _, s := range places {
			if s == r.seq {
				continue
			}
			if sum := r.digest(s, r.prev); bytes.Equal(sum[:], r.hash) {
				w.rename(r.seq, s)
				break
			}
		}
	}
}

// rename turns the fault at seq into Moved, splitting a range that holds it.
func (w *walk) rename(seq, from int64) {
	for i, f := range w.faults {
		if seq < f.Seq || seq > f.To || f.What != Changed && f.What != Inserted {
			continue
		}
		parts := make([]Fault, 0, 3)
		if f.Seq < seq {
			parts = append(parts, Fault{Seq: f.Seq, To: seq - 1, What: f.What})
		}
		parts = append(parts, Fault{Seq: seq, To: seq, What: Moved, From: from})
		if seq < f.To {
			parts = append(parts, Fault{Seq: seq + 1, To: f.To, What: f.What})
		}
		w.faults = append(w.faults[:i], append(parts, w.faults[i+1:]...)...)
		return
	}
}
