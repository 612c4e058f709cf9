package customer

import (
	"context"
	"embed"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	bulkCode  = store.NewBulk("grid_customer_code_add", `INSERT INTO grid_customer_code (id, hash, meter, issued, issued_by, expires, used_at, revoked_at)`, 8, ``)
	qCode     = store.Q("grid_customer_code_by_hash", `SELECT id, meter, expires, used_at, revoked_at FROM grid_customer_code WHERE hash = $1`)
	qCodeUse  = store.Q("grid_customer_code_use", `UPDATE grid_customer_code SET used_at = $2 WHERE id = $1 AND used_at = 0 AND revoked_at = 0`)
	qCodeGone = store.Q("grid_customer_code_revoke", `UPDATE grid_customer_code SET revoked_at = $2 WHERE id = $1 AND used_at = 0 AND revoked_at = 0`)
	qCodes    = store.Q("grid_customer_code_list", `SELECT id, meter, issued, issued_by, expires, used_at, revoked_at FROM grid_customer_code
		WHERE (CAST($1 AS BIGINT) = 0 OR meter = $1) AND ($2 = '' OR $2 = 'used' AND used_at > 0 OR $2 = 'revoked' AND revoked_at > 0 OR $2 = 'open' AND used_at = 0 AND revoked_at = 0 AND expires > $3
			OR $2 = 'expired' AND used_at = 0 AND revoked_at = 0 AND expires <= $3) AND ($4 = '' OR id < $4) ORDER BY id DESC LIMIT $5`)
	qCodeOld = store.Q("grid_customer_code_old", `DELETE FROM grid_customer_code WHERE expires < $1`)

	qTry      = store.Q("grid_customer_try", `SELECT fails, since FROM grid_customer_try WHERE person = $1`)
	qTrySet   = store.Q("grid_customer_try_set", `INSERT INTO grid_customer_try (person, fails, since) VALUES ($1, $2, $3) ON CONFLICT (person) DO UPDATE SET fails = excluded.fails, since = excluded.since`)
	qTryClear = store.Q("grid_customer_try_clear", `DELETE FROM grid_customer_try WHERE person = $1`)
	qTryOld   = store.Q("grid_customer_try_old", `DELETE FROM grid_customer_try WHERE since < $1`)

	qBind      = store.Q("grid_customer_bind", `INSERT INTO grid_customer_binding (id, person, meter, since, until) VALUES ($1, $2, $3, $4, 0)`)
	qBound     = store.Q("grid_customer_bound", `SELECT id, person, meter, since FROM grid_customer_binding WHERE person = $1 AND until = 0 ORDER BY id`)
	qSharing   = store.Q("grid_customer_sharing", `SELECT COUNT(*) FROM grid_customer_binding WHERE meter = $1 AND until = 0`)
	qBindings  = store.Q("grid_customer_bindings", `SELECT id, person, meter, since FROM grid_customer_binding WHERE until = 0 AND (CAST($1 AS BIGINT) = 0 OR meter = $1) AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`)
	qBinding   = store.Q("grid_customer_binding", `SELECT id, person, meter, since FROM grid_customer_binding WHERE id = $1 AND until = 0`)
	qUnbind    = store.Q("grid_customer_unbind", `UPDATE grid_customer_binding SET until = $2 WHERE id = $1 AND until = 0`)
	qForgetAll = []store.Stmt{
		store.Q("grid_customer_forget_bindings", `DELETE FROM grid_customer_binding WHERE person = $1`),
		store.Q("grid_customer_forget_tries", `DELETE FROM grid_customer_try WHERE person = $1`),
		store.Q("grid_customer_forget_reports", `DELETE FROM grid_customer_report WHERE person = $1`),
	}

	qReadAdd = store.Q("grid_customer_read_add", `INSERT INTO grid_customer_read (meter, day, who, what, unit, times, last) VALUES ($1, $2, $3, $4, $5, 1, $6)
		ON CONFLICT (meter, day, who, what) DO UPDATE SET times = grid_customer_read.times + 1, last = excluded.last`)
	qReads   = store.Q("grid_customer_reads", `SELECT who, what, unit, times, last FROM grid_customer_read WHERE meter = $1 AND day >= $2 ORDER BY last DESC LIMIT $3`)
	qReadOld = store.Q("grid_customer_read_old", `DELETE FROM grid_customer_read WHERE day < $1`)

	qReportAdd  = store.Q("grid_customer_report_add", `INSERT INTO grid_customer_report (id, person, meter, began, at, note, state, outage, done_at, done_by) VALUES ($1, $2, $3, $4, $5, $6, 'open', '', 0, '')`)
	qReportOpen = store.Q("grid_customer_report_open", `SELECT COUNT(*) FROM grid_customer_report WHERE person = $1 AND state = 'open'`)
	qReports    = store.Q("grid_customer_report_list", `SELECT id, meter, began, at, note, state, outage FROM grid_customer_report WHERE ($1 = '' OR state = $1) AND ($2 = '' OR person = $2) AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4`)
	qReport     = store.Q("grid_customer_report", `SELECT id, meter, began, at, note, state, outage FROM grid_customer_report WHERE id = $1`)
	qReportEnd  = store.Q("grid_customer_report_end", `UPDATE grid_customer_report SET state = $2, outage = $3, done_at = $4, done_by = $5 WHERE id = $1 AND state = 'open'`)

	qNoticeAdd  = store.Q("grid_customer_notice_add", `INSERT INTO grid_customer_notice (id, feeder, starts, ends, text, at, who, gone) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)`)
	qNoticeGone = store.Q("grid_customer_notice_gone", `UPDATE grid_customer_notice SET gone = $2 WHERE id = $1 AND gone = 0`)
	qNotices    = store.Q("grid_customer_notice_list", `SELECT id, feeder, starts, ends, text FROM grid_customer_notice WHERE ends > $1 AND gone = 0 AND ($2 = '' OR feeder = $2) ORDER BY starts, id LIMIT 200`)

	qTariffAdd = store.Q("grid_customer_tariff_add", `INSERT INTO grid_customer_tariff (id, category, kind, body, at, who) VALUES ($1, $2, $3, $4, $5, $6)`)
	qTariff    = store.Q("grid_customer_tariff", `SELECT kind, body, at FROM grid_customer_tariff WHERE category = $1 ORDER BY id DESC LIMIT 1`)
)

// binding is one account's sight of one meter.
type binding struct {
	id, person string
	meter      int64
	since      time.Time
}

func (p *Part) bindings(ctx context.Context, q store.Stmt, args ...any) (out []binding, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) (err error) {
		out, err = bindingsIn(tx, q, args...)
		return err
	})
	return out, errs.Wrap("read bindings", err)
}

func bindingsIn(tx *store.Tx, q store.Stmt, args ...any) (out []binding, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var b binding
		var since int64
		err := scan(&b.id, &b.person, &b.meter, &since)
		b.since = store.Time(since)
		out = append(out, b)
		return err
	})
	return out, err
}

// code is a one-time code without its secret.
type code struct {
	id, by                         string
	meter                          int64
	issued, expires, used, revoked time.Time
}

func (p *Part) codes(ctx context.Context, meter int64, state, after string, limit int) (out []code, err error) {
	now := store.Micros(p.o.Clock.Now())
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qCodes, []any{meter, state, now, after, limit}, func(scan func(...any) error) error {
			var c code
			var issued, expires, used, revoked int64
			err := scan(&c.id, &c.meter, &issued, &c.by, &expires, &used, &revoked)
			c.issued, c.expires, c.used, c.revoked = store.Time(issued), store.Time(expires), store.Time(used), store.Time(revoked)
			out = append(out, c)
			return err
		})
	})
	return out, errs.Wrap("list codes", err)
}

// report is an outage as a customer tells of it.
type report struct {
	id, note, state, outage string
	meter                   int64
	began, at               time.Time
}

func (p *Part) reports(ctx context.Context, q store.Stmt, args ...any) (out []report, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(q, args, func(scan func(...any) error) error {
			var r report
			var began, at int64
			err := scan(&r.id, &r.meter, &began, &at, &r.note, &r.state, &r.outage)
			r.began, r.at = store.Time(began), store.Time(at)
			out = append(out, r)
			return err
		})
	})
	return out, errs.Wrap("read reports", err)
}

// notice is an announced interruption.
type notice struct {
	id, feeder, text string
	starts, ends     time.Time
}

func (p *Part) notices(ctx context.Context, feeder string) (out []notice, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qNotices, []any{store.Micros(p.o.Clock.Now()), feeder}, func(scan func(...any) error) error {
			var n notice
			var starts, ends int64
			err := scan(&n.id, &n.feeder, &starts, &ends, &n.text)
			n.starts, n.ends = store.Time(starts), store.Time(ends)
			out = append(out, n)
			return err
		})
	})
	return out, errs.Wrap("read announcements", err)
}
