package vee

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
)

// query is what a list of findings is asked for.
type query struct {
	day      book.Day
	rule     rule.Rule
	district string
	severity rule.Severity // the least
	worst    bool          // the severest first, otherwise in the order of the archive
	after    place
	limit    int
}

// place is where a page of findings ended.
type place struct {
	severity rule.Severity
	meter    int64
	rule     rule.Rule
}

func (q query) args() []any {
	args := []any{int64(q.day), string(q.rule), q.district, int64(q.severity), q.after.meter, string(q.after.rule), q.limit}
	if q.worst {
		args = append(args, int64(q.after.severity))
	}
	return args
}

// findings lists findings, and how many there are of a pass that is over.
func findings(ctx context.Context, db *store.DB, q query) (out []found, total int64, err error) {
	stmt := qFindings
	if q.worst {
		stmt = qFindingsWorst
	}
	err = db.Read(ctx, func(tx *store.Tx) error {
		if err := tx.Get(qFindingCount, []any{int64(q.day), string(q.rule), q.district, int64(q.severity)}, &total); err != nil {
			return err
		}
		out, err = scanFindings(tx, stmt, q.args()...)
		return err
	})
	return out, total, errs.Wrap("read findings", err)
}

// findingsOf lists what was found in a meter's day.
func findingsOf(ctx context.Context, db *store.DB, key int64, day book.Day) (out []found, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error { out, err = scanFindings(tx, qFindingOne, key, int64(day)); return err })
	return out, errs.Wrap("read findings", err)
}

func scanFindings(tx *store.Tx, q store.Stmt, args ...any) (out []found, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var f found
		var a, b int64
		if err := scan(&f.key, &f.Rule, &f.Severity, &a, &b, &f.A, &f.B, &f.C); err != nil {
			return err
		}
		f.Slots = book.SlotSet{uint64(a), uint64(b)}
		out = append(out, f)
		return nil
	})
	return out, err
}
