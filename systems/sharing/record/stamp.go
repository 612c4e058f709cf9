package record

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/store"
)

// Stamper asks a time-stamp service (RFC 3161) for tokens.
type Stamper struct {
	Name string // of the service, as receipts show it
	// Ask gives the token (a CMS SignedData, DER) over a message: a signed checkpoint. nil: nothing is stamped.
	Ask func(ctx context.Context, message []byte) (token []byte, err error)
}

// Stamp signs a checkpoint where the log has grown and has it time-stamped; a job calls it every few seconds. While the service does not
// answer its error comes back each time, and the stamp that succeeds at last covers all lines before it.
func (l *Log) Stamp(ctx context.Context) error {
	c, err := l.tree.Checkpoint(ctx)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return errs.Wrap("sign a checkpoint", err)
	}
	if int64(c.Size) <= l.covered.Load() {
		return nil
	}
	text := c.Note.String()
	var token []byte
	if l.stamp.Ask != nil {
		if token, err = l.stamp.Ask(ctx, []byte(text)); err != nil {
			return errs.Because(err, errs.Unavailable, "时间戳服务未应答", "the time-stamp service did not answer")
		}
	}
	return errs.Wrap("keep a time stamp", l.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qStampPut, int64(c.Size), text, orEmpty(token), l.stamp.Name, store.Micros(l.now())); err != nil {
			return err
		}
		// Lines that are being written meanwhile come after this on the same lane, so none is missed here.
		return l.uncovered(tx, int64(c.Size))
	}))
}

// Checkpoint signs the log as it stands and gives the newest checkpoint; errs.NotFound while it is empty.
func (l *Log) Checkpoint(ctx context.Context) (tiles.Signed, error) { return l.tree.Checkpoint(ctx) }

func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Status is what there is to know of the records.
type Status struct {
	Records int64
	Covered int64 // leaves under the newest stamp
	Waiting time.Duration
	Limit   time.Duration
	Source  string
	Stamped bool // a service is set
}

// Status reads it.
func (l *Log) Status(ctx context.Context) (s Status, err error) {
	s = Status{Covered: l.covered.Load(), Waiting: l.Waiting(), Limit: l.limit, Source: l.stamp.Name, Stamped: l.stamp.Ask != nil}
	size, err := l.tree.Size(ctx)
	s.Records = int64(size / 2)
	return s, err
}
