package grid

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/headend"
)

var (
	qRefusedAdd = store.Q("grid_refused_add", `INSERT INTO grid_refused (num, at, peer, protocol, reason, reason_en, clause, place, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	qRefused    = store.Q("grid_refused_list", `SELECT num, at, peer, protocol, reason, reason_en, clause, place, body FROM grid_refused WHERE num < $1 ORDER BY num DESC LIMIT $2`)
	qRefusedCut = store.Q("grid_refused_cut", `DELETE FROM grid_refused WHERE num <= $1`)

	qRereadAdd  = store.Q("grid_reread_add", `INSERT INTO grid_reread (id, at, asked_by, day, meters, done, failed, state, note) VALUES ($1, $2, $3, $4, $5, 0, 0, 'running', '')`)
	qRereadEnd  = store.Q("grid_reread_end", `UPDATE grid_reread SET done = $2, failed = $3, state = $4, note = $5 WHERE id = $1`)
	qRereadList = store.Q("grid_reread_list", `SELECT id, at, asked_by, day, meters, done, failed, state, note FROM grid_reread ORDER BY at DESC, id DESC LIMIT $1`)
	qRereadLost = store.Q("grid_reread_lost", `UPDATE grid_reread SET state = 'interrupted' WHERE state = 'running'`)
)

// Refused is a frame that was not taken.
type Refused struct {
	Num      int64     `json:"num"`
	At       time.Time `json:"at"`
	Peer     string    `json:"peer"`
	Protocol string    `json:"protocol"`
	Reason   lang.Text `json:"reason"`
	Clause   string    `json:"clause"`
	Offset   int64     `json:"offset"`
	Hex      string    `json:"hex"`
}

// refusedKept is how many refused frames stay for inspection; refusedBytes how much of each.
const (
	refusedKept  = 10_000
	refusedBytes = 2048
	refusedPage  = 1000 // of the interface
)

func addRefused(tx *store.Tx, at time.Time, r headend.Refused, body []byte) error {
	num, err := tx.Next("grid_refused")
	if err != nil {
		return err
	}
	if len(body) > refusedBytes {
		body = body[:refusedBytes]
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
	_, err = tx.Exec(qRefusedCut, num-refusedKept)
	return err
}

// listRefused gives the newest refused frames below a number (0: from the newest).
func listRefused(ctx context.Context, db *store.DB, below int64, limit int) (out []Refused, err error) {
	out = []Refused{}
	if below <= 0 {
		below = 1<<63 - 1
	}
	err = db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qRefused, []any{below, limit}, func(scan func(...any) error) error {
			var r Refused
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

// Reread is an order to read meters again.
type Reread struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Day    string    `json:"day"`
	Meters int       `json:"meters"`
	Done   int       `json:"done"`
	Failed int       `json:"failed"`
	State  string    `json:"state"` // running, done, interrupted
	Note   string    `json:"note,omitempty"`
}

func listReread(ctx context.Context, db *store.DB, limit int) (out []Reread, err error) {
	out = []Reread{} // an empty list is written as one
	err = db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qRereadList, []any{limit}, func(scan func(...any) error) error {
			var r Reread
			var at, d int64
			if err := scan(&r.ID, &at, &r.By, &d, &r.Meters, &r.Done, &r.Failed, &r.State, &r.Note); err != nil {
				return err
			}
			r.At, r.Day = store.Time(at), book.Day(d).String()
			out = append(out, r)
			return nil
		})
	})
	return out, err
}
