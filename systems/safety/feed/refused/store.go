package refused

import (
	"context"
	"embed"
	"encoding/hex"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/safety/feed/gate"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qAdd  = store.Q("safety_refused_add", `INSERT INTO safety_refused (num, at, peer, protocol, reason, reason_en, clause, place, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	qList = store.Q("safety_refused_list", `SELECT num, at, peer, protocol, reason, reason_en, clause, place, body FROM safety_refused WHERE num < $1 ORDER BY num DESC LIMIT $2`)
	qCut  = store.Q("safety_refused_cut", `DELETE FROM safety_refused WHERE num <= $1`)
)

// Frame is something that was not taken. Offset is where it breaks off, in bytes; Hex is its beginning.
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

// How many stay for inspection and how much of each; how many of one sender and of all are written down in a minute.
const (
	kept       = 10_000
	keptBytes  = 2048
	keptOfPeer = 100
	keptOfAll  = 1000
)

// Store keeps what was refused.
type Store struct {
	db  *store.DB
	now func() time.Time
	log *slog.Logger

	mu     sync.Mutex
	minute int64
	all    int
	peers  map[string]int
}

// Open migrates the table.
func Open(ctx context.Context, db *store.DB, now func() time.Time, log *slog.Logger) (*Store, error) {
	if err := db.Migrate(ctx, "safety.feed", tables); err != nil {
		return nil, errs.Wrap("migrate what was refused", err)
	}
	return &Store{db: db, now: now, log: log}, nil
}

// admit tells whether one more of a sender is written down in this minute.
func (s *Store) admit(peer string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := now.Unix() / 60; m != s.minute || s.peers == nil {
		s.minute, s.all, s.peers = m, 0, map[string]int{}
	}
	if s.all >= keptOfAll || s.peers[peer] >= keptOfPeer {
		return false
	}
	s.all++
	s.peers[peer]++
	return true
}

// Keep writes one down. It must not fail the connection: what cannot be kept is a matter for the log.
func (s *Store) Keep(ctx context.Context, r gate.Refused, body []byte) {
	host, _, err := net.SplitHostPort(r.Peer)
	if err != nil { // a name rather than an address
		host = r.Peer
	}
	now := s.now()
	if !s.admit(host, now) {
		return
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error { return add(tx, now, r, body) })
	if err != nil && ctx.Err() == nil {
		s.log.Warn("refused frame not kept", "protocol", r.Protocol, "error", err.Error())
	}
}

func add(tx *store.Tx, at time.Time, r gate.Refused, body []byte) error {
	num, err := tx.Next("safety_refused")
	if err != nil {
		return err
	}
	body = append([]byte{}, body[:min(len(body), keptBytes)]...)
	if _, err = tx.Exec(qAdd, num, store.Micros(at), r.Peer, r.Protocol, r.Reason.Zh, r.Reason.En, r.Clause, r.Offset, body); err != nil {
		return err
	}
	if num%1000 != 0 {
		return nil
	}
	_, err = tx.Exec(qCut, num-kept)
	return err
}

// List gives the newest below a number (0: from the newest).
func (s *Store) List(ctx context.Context, below int64, limit int) (out []Frame, err error) {
	out = []Frame{} // an empty list is written as one
	if below <= 0 {
		below = 1<<63 - 1
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qList, []any{below, limit}, func(scan func(...any) error) error {
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
