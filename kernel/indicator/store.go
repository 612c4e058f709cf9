package indicator

import (
	"embed"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

// The sources of a figure.
const (
	SourceLive   = "live"
	SourceReport = "report"
)

const (
	figureColumns = `seq, target, at, known, value, part, whole, note_zh, note_en, source, ref`
	reportColumns = `id, target, value, period, evidence, note, by_whom, unit, at, state, decided_by, reason, decided_at, replaces`
)

var (
	qPut = store.Q("indicator.put", `INSERT INTO indicator_figure
		(seq, target, at, day, known, value, part, whole, note_zh, note_en, source, ref, superseded)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)`)
	qSupersede = store.Q("indicator.supersede", `UPDATE indicator_figure SET superseded = $1
		WHERE target = $2 AND at = $3 AND source = 'report' AND superseded = 0`)
	qLatest = store.Q("indicator.latest", `SELECT `+figureColumns+` FROM indicator_figure
		WHERE target = $1 AND source = $2 AND superseded = 0 ORDER BY at DESC, seq DESC LIMIT 1`)
	qFirst = store.Q("indicator.first", `SELECT value FROM indicator_figure
		WHERE target = $1 AND superseded = 0 AND at >= $2 AND at < $3 ORDER BY at, seq LIMIT 1`)
	// What was valid on a day, for the sums: the newest approved figure for that day or an earlier one.
	qUntil = store.Q("indicator.until", `SELECT `+figureColumns+` FROM indicator_figure
		WHERE target = $1 AND superseded = 0 AND at <= $2 ORDER BY at DESC, seq DESC LIMIT 1`)

	// A figure was known at $4 when it had been learnt by then and nothing had taken its place by then.
	qHistory = store.Q("indicator.history", `SELECT `+figureColumns+` FROM indicator_figure
		WHERE target = $1 AND at >= $2 AND at < $3 AND known <= $4 AND (superseded = 0 OR superseded > $4) ORDER BY at, seq`)
	qHistoryDown = store.Q("indicator.history_down", `SELECT `+figureColumns+` FROM indicator_figure
		WHERE target = $1 AND at >= $2 AND at < $3 AND known <= $4 AND (superseded = 0 OR superseded > $4)
		AND (at < $5 OR (at = $5 AND seq < $6)) ORDER BY at DESC, seq DESC LIMIT $7`)
	// The closing figure of each day is the one recorded last.
	qDaily = store.Q("indicator.daily", `SELECT `+figureColumns+` FROM indicator_figure WHERE seq IN (
		SELECT MAX(seq) FROM indicator_figure
		WHERE target = $1 AND day >= $2 AND day <= $3 AND known <= $4 AND (superseded = 0 OR superseded > $4) GROUP BY day)
		ORDER BY at, seq`)
	qThin = store.Q("indicator.thin", `DELETE FROM indicator_figure
		WHERE target = $1 AND source = 'live' AND day < $2 AND seq NOT IN (
		SELECT MAX(seq) FROM indicator_figure WHERE target = $1 AND source = 'live' AND day < $2 GROUP BY day)`)

	qReportPut = store.Q("indicator.report_put", `INSERT INTO indicator_report (`+reportColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`)
	qReport       = store.Q("indicator.report", `SELECT `+reportColumns+` FROM indicator_report WHERE id = $1`)
	qReportSame   = store.Q("indicator.report_same", `SELECT id FROM indicator_report WHERE target = $1 AND period = $2 AND state = $3`)
	qReportDecide = store.Q("indicator.report_decide", `UPDATE indicator_report
		SET state = $1, decided_by = $2, reason = $3, decided_at = $4, replaces = $5 WHERE id = $6 AND state = 'submitted'`)
	qReportOld = store.Q("indicator.report_old", `UPDATE indicator_report SET state = 'superseded' WHERE id = $1`)
	// Ids sort by time. Empty parameters do not narrow.
	qReports = store.Q("indicator.reports", `SELECT `+reportColumns+` FROM indicator_report
		WHERE ($1 = '' OR target = $1) AND ($2 = '' OR state = $2) ORDER BY id DESC LIMIT $3`)
)

// endless is later than any figure, in microseconds; it is also "as known now".
const endless = int64(1) << 62

// chinaDay counts days of China since 1970-01-01.
func chinaDay(t time.Time) int64 {
	s := t.Unix() + 8*60*60
	if s < 0 {
		s -= 86399
	}
	return s / 86400
}

// chinaMidnight is the first moment of t's day in China.
func chinaMidnight(t time.Time) time.Time {
	y, m, d := t.In(China).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, China)
}

// putFigure records a figure of a target.
func putFigure(tx *store.Tx, target string, f Figure, known time.Time, source, ref string) error {
	seq, err := tx.Next("indicator_figure")
	if err != nil {
		return err
	}
	_, err = tx.Exec(qPut, seq, target, store.Micros(f.At), chinaDay(f.At), store.Micros(known), f.Value, f.Part, f.Whole,
		f.Note.Zh, f.Note.En, source, ref)
	return err
}

// scanPoint reads figureColumns.
func scanPoint(scan func(dest ...any) error) (Point, error) {
	var p Point
	var target string
	var at, known int64
	err := scan(&p.seq, &target, &at, &known, &p.Value, &p.Part, &p.Whole, &p.Note.Zh, &p.Note.En, &p.Source, &p.Report)
	p.At, p.Known = store.Time(at), store.Time(known)
	return p, err
}

// getPoint reads the first row of a query of figureColumns; errs.NotFound where there is none.
func getPoint(tx *store.Tx, q store.Stmt, args ...any) (Point, error) {
	return scanPoint(func(dest ...any) error { return tx.Get(q, args, dest...) })
}

// scanReport reads reportColumns.
func scanReport(scan func(dest ...any) error) (Report, error) {
	var r Report
	var period, at, decided int64
	err := scan(&r.ID, &r.Target, &r.Value, &period, &r.Evidence, &r.Note, &r.By, &r.Unit, &at, &r.State, &r.DecidedBy,
		&r.Reason, &decided, &r.Replaces)
	r.Period, r.At, r.DecidedAt = store.Time(period), store.Time(at), store.Time(decided)
	return r, err
}

// figure is the point as a measurement.
func (p Point) figure() *Figure {
	return &Figure{Value: p.Value, At: p.At, Part: p.Part, Whole: p.Whole, Note: lang.Text{Zh: p.Note.Zh, En: p.Note.En}}
}
