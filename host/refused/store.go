package refused

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Refusal says why something was not taken: who sent it, in which protocol, by which clause of the protocol's standard, and where in the stream.
type Refusal struct {
	Peer, Protocol string
	Reason         lang.Text
	Clause         string
	Offset         int64
}

// Frame is something that was not taken, as it is kept. Offset is where it breaks off, in bytes; Hex is its beginning.
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

// Options are what a store works with. Table is a table of the room's, which it migrates: num, at, peer, protocol, reason, reason_en, clause,
// place and body. Now is the plan's clock.
type Options struct {
	DB    *store.DB
	Table string
	Peer  int // of one sender are written down in a minute
	Now   func() time.Time
	Log   *slog.Logger
}

// Store keeps what was refused.
type Store struct {
	o              Options
	add, list, cut store.Stmt
	quota          quota
}

// New makes the store over a table that is there.
func New(o Options) *Store {
	const columns = `num, at, peer, protocol, reason, reason_en, clause, place, body`
	return &Store{o: o, quota: quota{ofPeer: o.Peer},
		add:  store.Q(o.Table+"_add", `INSERT INTO `+o.Table+` (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`),
		list: store.Q(o.Table+"_list", `SELECT `+columns+` FROM `+o.Table+` WHERE num < $1 ORDER BY num DESC LIMIT $2`),
		cut:  store.Q(o.Table+"_cut", `DELETE FROM `+o.Table+` WHERE num <= $1`)}
}

// Keep writes one down where its sender has not sent too many. It must not fail the connection: what cannot be kept is a matter for the log.
func (s *Store) Keep(ctx context.Context, r Refusal, body []byte) {
	host, _, err := net.SplitHostPort(r.Peer)
	if err != nil { // a name rather than an address
		host = r.Peer
	}
	now := s.o.Now()
	if !s.quota.take(host, now) {
		return
	}
	err = s.o.DB.Write(ctx, func(tx *store.Tx) error { return s.put(tx, now, r, body) })
	if err != nil && ctx.Err() == nil {
		s.o.Log.Warn("refused frame not kept", "protocol", r.Protocol, "error", err.Error())
	}
}

func (s *Store) put(tx *store.Tx, at time.Time, r Refusal, body []byte) error {
	num, err := tx.Next(s.o.Table)
	if err != nil {
		return err
	}
	body = append([]byte{}, body[:min(len(body), keptBytes)]...)
	if _, err = tx.Exec(s.add, num, store.Micros(at), r.Peer, r.Protocol, r.Reason.Zh, r.Reason.En, r.Clause, r.Offset, body); err != nil {
		return err
	}
	if num%1000 != 0 {
		return nil
	}
	_, err = tx.Exec(s.cut, num-kept)
	return err
}

// List gives the newest below a number (0: from the newest).
func (s *Store) List(ctx context.Context, below int64, limit int) (out []Frame, err error) {
	if below <= 0 {
		below = 1<<63 - 1
	}
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = []Frame{} // an empty list is written as one
		return tx.Each(s.list, []any{below, limit}, func(scan func(...any) error) error {
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
