package reread

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
)

var (
	qAdd    = store.Q("grid_reread_add", `INSERT INTO grid_reread (id, at, asked_by, day, meters, done, failed, state, note) VALUES ($1, $2, $3, $4, $5, 0, 0, 'running', '')`)
	qSoFar  = store.Q("grid_reread_so_far", `UPDATE grid_reread SET done = $2, failed = $3 WHERE id = $1`)
	qEnd    = store.Q("grid_reread_end", `UPDATE grid_reread SET done = $2, failed = $3, state = $4, note = $5 WHERE id = $1`)
	qList   = store.Q("grid_reread_list", `SELECT id, at, asked_by, day, meters, done, failed, state, note FROM grid_reread ORDER BY at DESC, id DESC LIMIT $1`)
	qGet    = store.Q("grid_reread_get", `SELECT id, at, asked_by, day, meters, done, failed, state, note FROM grid_reread WHERE id = $1`)
	qLost   = store.Q("grid_reread_lost", `UPDATE grid_reread SET state = 'interrupted' WHERE state = 'running'`)
	qMeter  = store.Q("grid_reread_meter_put", `INSERT INTO grid_reread_meter (reread, address, concentrator, at, gaps, still, state) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	qMeters = store.Q("grid_reread_meters", `SELECT address, concentrator, at, gaps, still, state FROM grid_reread_meter WHERE reread = $1 AND address > $2 AND (state = $3 OR $4 = '') ORDER BY address LIMIT $5`)
	qCount  = store.Q("grid_reread_states", `SELECT state, count(*) FROM grid_reread_meter WHERE reread = $1 GROUP BY state`)
	qCut    = store.Q("grid_reread_cut", `DELETE FROM grid_reread_meter WHERE reread IN (SELECT id FROM grid_reread WHERE at < $1)`)
)

// keptFor is how long the results meter by meter are kept; the order and its sums stay.
const keptFor = 30 * 24 * time.Hour

// Order is an order to read meters again. Done meters gave an answer, Failed ones did not.
type Order struct {
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

// The results of a meter.
const (
	Whole   = "whole"   // every due slot is there now
	Partial = "partial" // some of what was missing came
	Nothing = "nothing" // its concentrator answered, and nothing came
	Offline = "offline" // its concentrator is offline or did not answer
)

// States are the results in the order of a filter.
var States = [...]string{Whole, Partial, Nothing, Offline}

// Result is what came of an order for a meter: the due slots missing before and after.
type Result struct {
	Address      string    `json:"address"`
	Concentrator string    `json:"concentrator"`
	At           time.Time `json:"at"`
	Gaps         int       `json:"missingBefore"`
	Still        int       `json:"missingAfter"`
	State        string    `json:"state"`
}

func scanOrder(scan func(...any) error) (r Order, err error) {
	var at, d int64
	err = scan(&r.ID, &at, &r.By, &d, &r.Meters, &r.Done, &r.Failed, &r.State, &r.Note)
	r.At, r.Day = store.Time(at), book.Day(d).String()
	return r, err
}

// List gives the newest orders.
func (p *Part) List(ctx context.Context, limit int) (out []Order, err error) {
	out = []Order{} // an empty list is written as one
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qList, []any{limit}, func(scan func(...any) error) error {
			r, err := scanOrder(scan)
			out = append(out, r)
			return err
		})
	})
	return out, err
}

// Get gives an order, and how many of its meters ended in which state.
func (p *Part) Get(ctx context.Context, id string) (r Order, counts map[string]int, err error) {
	counts = map[string]int{}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		found := false
		err := tx.Each(qGet, []any{id}, func(scan func(...any) error) (err error) {
			r, err = scanOrder(scan)
			found = true
			return err
		})
		if err != nil {
			return err
		}
		if !found {
			return noOrder(id)
		}
		return tx.Each(qCount, []any{id}, func(scan func(...any) error) error {
			var state string
			var n int
			err := scan(&state, &n)
			counts[state] = n
			return err
		})
	})
	return r, counts, err
}

// Results gives the meters of an order behind an address, in the order of their numbers; state "" is any.
func (p *Part) Results(ctx context.Context, id, after, state string, limit int) (out []Result, err error) {
	out = []Result{}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qMeters, []any{id, after, state, state, limit}, func(scan func(...any) error) error {
			var r Result
			var at int64
			err := scan(&r.Address, &r.Concentrator, &at, &r.Gaps, &r.Still, &r.State)
			r.At = store.Time(at)
			out = append(out, r)
			return err
		})
	})
	return out, err
}
