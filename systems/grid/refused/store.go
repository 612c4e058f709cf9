package refused

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/headend"
)

var (
	qRefusedAdd = store.Q("grid_refused_add", `INSERT INTO grid_refused (num, at, peer, protocol, reason, reason_en, clause, place, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	qRefused    = store.Q("grid_refused_list", `SELECT num, at, peer, protocol, reason, reason_en, clause, place, body FROM grid_refused WHERE num < $1 ORDER BY num DESC LIMIT $2`)
	qRefusedCut = store.Q("grid_refused_cut", `DELETE FROM grid_refused WHERE num <= $1`)
)

// Frame is a frame that was not taken. Offset is where it breaks off, in bytes; Hex is its beginning.
type Frame struct {
	Num      int64     `json:"num"`
	At       time.Time `json:"at"`
	Peer     string    `json:"peer"`
	Protocol string    `json:"protocol"`
	Reason   lang.Text `json:"reason"`
	Clause   string    `json:"clause"`
	Offset   int64     `json:"offset"`
	Hex      string    `json:"hex"`
}

// kept is how many frames stay for inspection; keptBytes how much of each.
const (
	kept      = 10_000
	keptBytes = 2048
)

// Store keeps frames. Now is the plan's clock.
type Store struct {
	DB    *store.DB
	Now   func() time.Time
	Log   *slog.Logger
	quota quota
}

// Keep writes a frame down where its sender has not sent too many. It must not fail the connection: a store that cannot keep it is
// a matter for the log.
func (s *Store) Keep(ctx context.Context, r headend.Refused, body []byte) {
	host, _, err := net.SplitHostPort(r.Peer)
	if err != nil { // a name rather than an address
		host = r.Peer
	}
	now := s.Now()
	if !s.quota.take(host, now) {
		return
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error { return add(tx, now, r, body) })
	if err != nil && ctx.Err() == nil {
		s.Log.Warn("refused frame not kept", "protocol", r.Protocol, "error", err.Error())
	}
}

func add(tx *store.Tx, at time.Time, r headend.Refused, body []byte) error {
	num, err := tx.Next("grid_refused")
	if err != nil {
		return err
	}
	if len(body) > keptBytes {
		body = body[:keptBytes]
	}
	if body == nil {
		body = []byte{}
	}
	if _, err = tx.Exec(qRefusedAdd, num, store.Micros(at), r.Peer, r.Protocol, r.Reason.Zh, r.Reason.En, r.Clause, r.Offset, body); err != nil {
		return err
	}
	if num%1000 != 0 {
		return nil
	}
	_, err = tx.Exec(qRefusedCut, num-kept)
	return err
}

// List gives the newest frames below a number (0: from the newest).
func (s *Store) List(ctx context.Context, below int64, limit int) (out []Frame, err error) {
	out = []Frame{} // an empty list is written as one
	if below <= 0 {
		below = 1<<63 - 1
	}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qRefused, []any{below, limit}, func(scan func(...any) error) error {
			var r Frame
			var at int64
			var body []byte
			if err := scan(&r.Num, &at, &r.Peer, &r.Protocol, &r.Reason.Zh, &r.Reason.En, &r.Clause, &r.Offset, &body); err != nil {
				return err
			}
			r.At, r.Hex = store.Time(at), hex.EncodeToString(body)
			out = append(out, r)
			return nil
		})
	})
	return out, err
}
