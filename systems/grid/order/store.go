package order

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

const columns = `id, kind, meter, concentrator, batch, reason, state, asker, approver, confirmer, guarded, asked, deadline, sent, ended, looked, looks, code, answer, proof, proof_bytes`

var (
	qAdd = store.Q("grid_order_add", `INSERT INTO grid_order (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', $9, $10, $11, 0, 0, 0, 0, '', $12, '', $12)`)
	qGet = store.Q("grid_order_get", `SELECT `+columns+` FROM grid_order WHERE id = $1`)
	// qOpen are orders of a meter and kind that are still to come to an end.
	qOpen   = store.Q("grid_order_open", `SELECT COUNT(*) FROM grid_order WHERE meter = $1 AND kind = $2 AND state IN ('asked', 'approved', 'sent', 'answered', 'unproven')`)
	qBatch  = store.Q("grid_order_batch", `SELECT `+columns+` FROM grid_order WHERE batch = $1 AND state = 'asked' ORDER BY id`)
	qState  = store.Q("grid_order_in_state", `SELECT `+columns+` FROM grid_order WHERE state = $1 ORDER BY asked, id LIMIT $2`)
	qDue    = store.Q("grid_order_due", `SELECT `+columns+` FROM grid_order WHERE state IN ('asked', 'approved') AND deadline < $1 ORDER BY asked LIMIT 500`)
	qLook   = store.Q("grid_order_look", `SELECT `+columns+` FROM grid_order WHERE state IN ('answered', 'unproven') AND looked < $1 ORDER BY looked, id LIMIT $2`)
	qCut    = store.Q("grid_order_cut", `SELECT COUNT(*) FROM grid_order WHERE kind = 'disconnect' AND sent > $1`)
	qDecide = store.Q("grid_order_decide", `UPDATE grid_order SET state = $3, approver = $4, confirmer = $5, ended = $6 WHERE id = $1 AND state = $2 AND approver = $7`)
	qSent   = store.Q("grid_order_sent", `UPDATE grid_order SET state = 'sent', sent = $2 WHERE id = $1 AND state = 'approved'`)
	qUnsent = store.Q("grid_order_unsent", `UPDATE grid_order SET state = 'approved', sent = 0 WHERE id = $1 AND state = 'sent'`)
	qTold   = store.Q("grid_order_told", `UPDATE grid_order SET state = $2, code = $3, answer = $4, ended = $5 WHERE id = $1 AND state = 'sent'`)
	qProof  = store.Q("grid_order_proof", `UPDATE grid_order SET state = $2, proof = $3, proof_bytes = $4, looked = $5, looks = looks + 1, ended = $6 WHERE id = $1 AND state IN ('answered', 'unproven')`)
	qLost   = store.Q("grid_order_lost", `UPDATE grid_order SET state = 'unproven' WHERE state = 'sent'`)

	qStepAdd = store.Q("grid_order_step_add", `INSERT INTO grid_order_step (num, order_id, at, state, who, note, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	qSteps   = store.Q("grid_order_steps", `SELECT at, state, who, note, bytes FROM grid_order_step WHERE order_id = $1 ORDER BY num`)

	qGuard    = store.Q("grid_order_guard_of", `SELECT why FROM grid_order_guard WHERE meter = $1`)
	qGuards   = store.Q("grid_order_guards", `SELECT meter, why, who, at FROM grid_order_guard WHERE meter > $1 ORDER BY meter LIMIT $2`)
	qGuardN   = store.Q("grid_order_guard_count", `SELECT COUNT(*) FROM grid_order_guard`)
	qGuardPut = store.Q("grid_order_guard_put", `INSERT INTO grid_order_guard (meter, why, who, at) VALUES ($1, $2, $3, $4) ON CONFLICT (meter) DO UPDATE SET why = excluded.why, who = excluded.who, at = excluded.at`)
	qGuardCut = store.Q("grid_order_guard_cut", `DELETE FROM grid_order_guard WHERE meter = $1`)

	qClockPut  = store.Q("grid_order_clock_put", `INSERT INTO grid_order_clock (meter, ahead, off, at, source) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (meter) DO UPDATE SET ahead = excluded.ahead, off = excluded.off, at = excluded.at, source = excluded.source`)
	qClocks    = store.Q("grid_order_clocks", `SELECT meter, ahead, at, source FROM grid_order_clock WHERE off >= $1 AND ($2 = '' OR off < $3 OR off = $3 AND meter > $2) ORDER BY off DESC, meter LIMIT $4`)
	qClockN    = store.Q("grid_order_clock_count", `SELECT COUNT(*) FROM grid_order_clock WHERE off >= $1`)
	qSetting   = store.Q("grid_order_setting_get", `SELECT name, value FROM grid_order_setting`)
	qSettingTo = store.Q("grid_order_setting_put", `INSERT INTO grid_order_setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`)

	qListDown = listStmt("grid_order_list_down", "<", "DESC")
	qListUp   = listStmt("grid_order_list_up", ">", "ASC")
	qCount    = store.Q("grid_order_count", `SELECT COUNT(*) FROM grid_order`+listWhere)
	qByState  = store.Q("grid_order_by_state", `SELECT state, COUNT(*) FROM grid_order GROUP BY state`)
)

const listWhere = ` WHERE ($1 = '' OR state = $1) AND ($2 = '' OR kind = $2) AND ($3 = '' OR asker = $3 OR approver = $3 OR confirmer = $3) AND ($4 = '' OR meter = $4) AND ($5 = '' OR batch = $5)`

// listStmt lists by time asked; ids begin with it, so that they alone are the cursor.
func listStmt(name, sign, order string) store.Stmt {
	return store.Q(name, `SELECT `+columns+` FROM grid_order`+listWhere+` AND ($6 = '' OR id `+sign+` $6) ORDER BY id `+order+` LIMIT $7`)
}

// Bytes are an answer's, printed as hexadecimal digits in interfaces.
type Bytes []byte

// MarshalText prints them.
func (b Bytes) MarshalText() ([]byte, error) {
	return []byte(strings.ToUpper(hex.EncodeToString(b))), nil
}

// Order is one order to one meter.
type Order struct {
	ID           string    `json:"id"`
	Kind         Kind      `json:"kind"`
	Meter        string    `json:"meter"`
	Concentrator string    `json:"concentrator"`
	Batch        string    `json:"batch,omitempty"`
	Reason       string    `json:"reason"`
	State        State     `json:"state"`
	Asker        string    `json:"askedBy"`
	Approver     string    `json:"approvedBy,omitempty"`
	Confirmer    string    `json:"confirmedBy,omitempty"`
	Guarded      bool      `json:"protected"`
	Asked        time.Time `json:"asked"`
	Deadline     time.Time `json:"deadline"`
	Sent         time.Time `json:"sent,omitzero"`
	Ended        time.Time `json:"ended,omitzero"`
	Code         string    `json:"answerCode,omitempty"`
	Answer       Bytes     `json:"answer,omitempty"`
	Proof        string    `json:"proof,omitempty"`
	ProofBytes   Bytes     `json:"proofBytes,omitempty"`
	looks        int64
}

// Step is one step of an order.
type Step struct {
	At    time.Time `json:"at"`
	State State     `json:"state"`
	Who   string    `json:"by,omitempty"`
	Note  string    `json:"note,omitempty"`
	Bytes Bytes     `json:"bytes,omitempty"`
}

func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return store.Time(micros)
}

func read(scan func(...any) error) (o Order, err error) {
	var kind, state string
	var guarded, asked, deadline, sent, ended, looked int64
	var answer, proof []byte
	err = scan(&o.ID, &kind, &o.Meter, &o.Concentrator, &o.Batch, &o.Reason, &state, &o.Asker, &o.Approver, &o.Confirmer, &guarded, &asked, &deadline, &sent, &ended, &looked, &o.looks, &o.Code, &answer, &o.Proof, &proof)
	o.Kind, o.State, o.Guarded, o.Answer, o.ProofBytes = Kind(kind), State(state), guarded != 0, answer, proof
	o.Asked, o.Deadline, o.Sent, o.Ended = moment(asked), moment(deadline), moment(sent), moment(ended)
	return o, err
}

// orders reads the orders of a query.
func (p *Part) orders(ctx context.Context, q store.Stmt, args ...any) (out []Order, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(q, args, func(scan func(...any) error) error {
			o, err := read(scan)
			out = append(out, o)
			return err
		})
	})
	return out, errs.Wrap("read orders", err)
}

func (p *Part) get(ctx context.Context, id string) (Order, error) {
	all, err := p.orders(ctx, qGet, id)
	if err == nil && len(all) == 0 {
		err = errs.Say(errs.NotFound, "没有这条指令", "there is no such order")
	}
	if err != nil {
		return Order{}, err
	}
	return all[0], nil
}

// step keeps what happened; who is "" for the program.
func (p *Part) step(tx *store.Tx, id string, state State, who, note string, bytes []byte) error {
	num, err := tx.Next("grid_order_step")
	if err != nil {
		return err
	}
	_, err = tx.Exec(qStepAdd, num, id, store.Micros(p.o.Clock.Now()), string(state), who, note, some(bytes))
	return err
}

func some(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (p *Part) steps(ctx context.Context, id string) (out []Step, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qSteps, []any{id}, func(scan func(...any) error) error {
			var at int64
			var state string
			var raw []byte
			s := Step{}
			err := scan(&at, &state, &s.Who, &s.Note, &raw)
			s.At, s.State, s.Bytes = store.Time(at), State(state), raw
			out = append(out, s)
			return err
		})
	})
	return out, errs.Wrap("read the steps of an order", err)
}

// Select chooses orders for a list. Sort is "-asked" or "asked".
type Select struct {
	State, Kind, Person, Meter, Batch, Sort, After string
	Limit                                          int
}

// find is a page of the list, how many fit, and where it goes on.
func (p *Part) find(ctx context.Context, s Select) (page []Order, total int64, next string, err error) {
	args := []any{s.State, s.Kind, s.Person, s.Meter, s.Batch}
	q := qListDown
	if s.Sort == "asked" {
		q = qListUp
	}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error { return tx.Get(qCount, args, &total) })
	if err != nil {
		return nil, 0, "", errs.Wrap("count orders", err)
	}
	if page, err = p.orders(ctx, q, append(args, s.After, int64(s.Limit+1))...); err != nil {
		return nil, 0, "", err
	}
	if len(page) > s.Limit {
		page = page[:s.Limit]
		next = page[s.Limit-1].ID
	}
	return page, total, next, nil
}
