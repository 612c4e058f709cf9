package warning

import (
	"context"
	"embed"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const columns = `id, root, version, refers, state, msgtype, exercise, event, colour, unit, author, approver, identifier, origin, made, changed, issued, expires, ended, reason, content`

var (
	qInsert = store.Q("emergency_warning_insert", `INSERT INTO emergency_warning (`+columns+`, cap, gb) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, '', '')`)
	qEdit   = store.Q("emergency_warning_edit", `UPDATE emergency_warning SET state = $3, exercise = $4, event = $5, colour = $6, approver = $7, expires = $8, reason = $9, content = $10, ended = $11, changed = changed + 1 WHERE id = $1 AND changed = $2`)
	qIssue  = store.Q("emergency_warning_issue", `UPDATE emergency_warning SET state = $3, approver = $4, identifier = $5, issued = $6, ended = $7, cap = $8, gb = $9, changed = changed + 1 WHERE id = $1 AND changed = $2`)
	qEnd    = store.Q("emergency_warning_end", `UPDATE emergency_warning SET state = $2, ended = $3, changed = changed + 1 WHERE id = $1 AND state = 'issued'`)
	qGet    = store.Q("emergency_warning_get", `SELECT `+columns+` FROM emergency_warning WHERE id = $1`)
	qNamed  = store.Q("emergency_warning_named", `SELECT `+columns+` FROM emergency_warning WHERE identifier = $1`)
	qOrigin = store.Q("emergency_warning_origin_get", `SELECT `+columns+` FROM emergency_warning WHERE origin = $1 AND state <> 'dropped'`)
	qDocs   = store.Q("emergency_warning_docs", `SELECT cap, gb FROM emergency_warning WHERE id = $1`)
	qChain  = store.Q("emergency_warning_chain", `SELECT `+columns+` FROM emergency_warning WHERE root = $1 ORDER BY version, id`)
	qList   = store.Q("emergency_warning_list", `SELECT `+columns+` FROM emergency_warning WHERE ($1 = '' OR state = $1) AND ($2 = '' OR event = $2) AND ($3 = '' OR colour = $3) AND ($4 < 0 OR exercise = $4) AND ($5 = '' OR made < $6 OR made = $6 AND id < $5) ORDER BY made DESC, id DESC LIMIT $7`)
	qCount  = store.Q("emergency_warning_count", `SELECT COUNT(*) FROM emergency_warning WHERE ($1 = '' OR state = $1) AND ($2 = '' OR event = $2) AND ($3 = '' OR colour = $3) AND ($4 < 0 OR exercise = $4)`)
	qForce  = store.Q("emergency_warning_force", `SELECT `+columns+` FROM emergency_warning WHERE state = 'issued' AND expires > $1 ORDER BY issued DESC, id DESC LIMIT 500`)
	qOver   = store.Q("emergency_warning_over", `SELECT `+columns+` FROM emergency_warning WHERE state = 'issued' AND expires <= $1 ORDER BY expires LIMIT 100`)
	qRecent = store.Q("emergency_warning_recent", `SELECT `+columns+` FROM emergency_warning WHERE issued > $1 AND state <> 'draft' AND state <> 'submitted' AND state <> 'dropped' ORDER BY issued DESC, id DESC LIMIT 100`)
	qOpen   = store.Q("emergency_warning_open", `SELECT COUNT(*) FROM emergency_warning WHERE refers = $1 AND state IN ('draft', 'submitted')`)
)

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return store.Micros(t)
}

func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return store.Time(us)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func insert(tx *store.Tx, w *Warning) error {
	content, err := json.Marshal(w.Content)
	if err != nil {
		return errs.As(errs.Internal, "write a warning", err)
	}
	_, err = tx.Exec(qInsert, w.ID, w.Root, w.Version, w.Refers, w.State, w.MsgType, flag(w.Exercise), w.Event, w.Colour, w.Unit, w.Author, w.Approver, w.Identifier, w.Origin,
		micros(w.Made), w.Changed, micros(w.Issued), micros(w.Expires), micros(w.Ended), w.Reason, string(content))
	return err
}

// edit writes what may change before a message is issued; two hands at once are told so.
func edit(tx *store.Tx, w *Warning) error {
	content, err := json.Marshal(w.Content)
	if err != nil {
		return errs.As(errs.Internal, "write a warning", err)
	}
	n, err := tx.Exec(qEdit, w.ID, w.Changed, w.State, flag(w.Exercise), w.Event, w.Colour, w.Approver, micros(w.Expires), w.Reason, string(content), micros(w.Ended))
	if err == nil && n == 0 {
		return errChanged
	}
	w.Changed++
	return err
}

var errChanged = errs.Say(errs.Conflict, "此预警已被他人修改，请刷新后再试", "somebody else has changed this warning: reload and try again")

func scan(get func(...any) error) (w Warning, err error) {
	var exercise, made, issued, expires, ended int64
	var content string
	if err = get(&w.ID, &w.Root, &w.Version, &w.Refers, &w.State, &w.MsgType, &exercise, &w.Event, &w.Colour, &w.Unit, &w.Author, &w.Approver, &w.Identifier, &w.Origin, &made, &w.Changed, &issued, &expires, &ended, &w.Reason, &content); err != nil {
		return w, err
	}
	w.Exercise, w.Made, w.Issued, w.Expires, w.Ended = exercise == 1, moment(made), moment(issued), moment(expires), moment(ended)
	return w, errs.As(errs.Internal, "read a warning", json.Unmarshal([]byte(content), &w.Content))
}

func read(tx *store.Tx, q store.Stmt, args ...any) (out []Warning, err error) {
	err = tx.Each(q, args, func(get func(...any) error) error {
		w, err := scan(get)
		out = append(out, w)
		return err
	})
	return out, err
}

func one(tx *store.Tx, id string) (*Warning, error) {
	list, err := read(tx, qGet, id)
	if err == nil && len(list) == 0 {
		err = errs.Say(errs.NotFound, "没有这条预警", "there is no such warning")
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

func (p *Part) read(ctx context.Context, q store.Stmt, args ...any) (out []Warning, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out, err = read(tx, q, args...)
		return err
	})
	return out, err
}

// Get reads one message.
func (p *Part) Get(ctx context.Context, id string) (w *Warning, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		w, err = one(tx, id)
		return err
	})
	return w, err
}

// Chain gives the messages of a warning by the id of the first, oldest first.
func (p *Part) Chain(ctx context.Context, root string) ([]Warning, error) {
	return p.read(ctx, qChain, root)
}

// InForce are the messages that hold now, drills too; newest first.
func (p *Part) InForce(ctx context.Context) ([]Warning, error) {
	return p.read(ctx, qForce, micros(p.o.Now()))
}
