package incident

import (
	"context"
	"embed"
	"sort"
	"time"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const (
	columns       = `id, class, district, place, plant, substance, located, lon, lat, occurred, opened, verified, dispatched, controlled, closed, written, dead, missing, trapped, serious, injured, drill, merged`
	reportColumns = `id, receipt, incident, source, at, taker, class, district, place, located, lon, lat, plant, dismissed`
)

var (
	qPut = store.Q("emergency_incident_put", `INSERT INTO emergency_incident (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
ON CONFLICT (id) DO UPDATE SET class = excluded.class, district = excluded.district, place = excluded.place, plant = excluded.plant, substance = excluded.substance, located = excluded.located, lon = excluded.lon, lat = excluded.lat,
occurred = excluded.occurred, verified = excluded.verified, dispatched = excluded.dispatched, controlled = excluded.controlled, closed = excluded.closed, written = excluded.written,
dead = excluded.dead, missing = excluded.missing, trapped = excluded.trapped, serious = excluded.serious, injured = excluded.injured, merged = excluded.merged`)
	qGet     = store.Q("emergency_incident_get", `SELECT `+columns+` FROM emergency_incident WHERE id = $1`)
	qOpen    = store.Q("emergency_incident_open", `SELECT `+columns+` FROM emergency_incident WHERE closed = 0 ORDER BY opened DESC, id DESC`)
	qBetween = store.Q("emergency_incident_between", `SELECT `+columns+` FROM emergency_incident WHERE opened >= $1 AND opened < $2 ORDER BY opened, id LIMIT $3`)
	qOfPlant = store.Q("emergency_incident_plant", `SELECT `+columns+` FROM emergency_incident WHERE plant = $1 AND closed = 0 AND NOT drill ORDER BY opened, id`)

	qReport     = store.Q("emergency_report_put", `INSERT INTO emergency_report (`+reportColumns+`, caller, phone, words, hurt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`)
	qReportGet  = store.Q("emergency_report_get", `SELECT `+reportColumns+` FROM emergency_report WHERE id = $1`)
	qReceipt    = store.Q("emergency_report_receipt", `SELECT `+reportColumns+` FROM emergency_report WHERE receipt = $1`)
	qReports    = store.Q("emergency_report_of", `SELECT `+reportColumns+` FROM emergency_report WHERE incident = $1 ORDER BY at, id`)
	qWaiting    = store.Q("emergency_report_waiting", `SELECT `+reportColumns+` FROM emergency_report WHERE incident = '' AND dismissed = '' ORDER BY at, id LIMIT 200`)
	qPersonal   = store.Q("emergency_report_personal", `SELECT caller, phone, words, hurt FROM emergency_report WHERE id = $1`)
	qJoin       = store.Q("emergency_report_join", `UPDATE emergency_report SET incident = $2 WHERE id = $1`)
	qDismiss    = store.Q("emergency_report_dismiss", `UPDATE emergency_report SET dismissed = $2 WHERE id = $1 AND incident = ''`)
	qMoveReport = store.Q("emergency_report_move", `UPDATE emergency_report SET incident = $2 WHERE incident = $1`)
)

func put(tx *store.Tx, x Incident) error {
	_, err := tx.Exec(qPut, x.ID, x.Class, x.District, x.Place, x.Plant, x.Substance, x.Located, x.At[0], x.At[1], micros(x.Occurred), micros(x.Opened), micros(x.Verified), micros(x.Dispatched), micros(x.Controlled), micros(x.Closed), micros(x.Written),
		x.Dead, x.Missing, x.Trapped, x.Serious, x.Injured, x.Drill, x.Merged)
	return err
}

// micros writes a time that may be none as 0.
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

func incidents(tx *store.Tx, q store.Stmt, args ...any) (out []Incident, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var x Incident
		var us [7]int64
		if err := scan(&x.ID, &x.Class, &x.District, &x.Place, &x.Plant, &x.Substance, &x.Located, &x.At[0], &x.At[1], &us[0], &us[1], &us[2], &us[3], &us[4], &us[5], &us[6],
			&x.Dead, &x.Missing, &x.Trapped, &x.Serious, &x.Injured, &x.Drill, &x.Merged); err != nil {
			return err
		}
		x.Times = Times{moment(us[0]), moment(us[1]), moment(us[2]), moment(us[3]), moment(us[4]), moment(us[5]), moment(us[6])}
		out = append(out, x)
		return nil
	})
	return out, err
}

func putReport(tx *store.Tx, r Report) error {
	_, err := tx.Exec(qReport, r.ID, r.Receipt, r.Incident, r.Source, micros(r.Came), r.Taker, r.Class, r.District, r.Place, r.Located, r.At[0], r.At[1], r.Plant, r.Dismissed, r.Caller, r.Phone, r.Words, r.Hurt)
	return err
}

// reports reads them without what is personal.
func reports(tx *store.Tx, q store.Stmt, args ...any) (out []Report, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var r Report
		var at int64
		if err := scan(&r.ID, &r.Receipt, &r.Incident, &r.Source, &at, &r.Taker, &r.Class, &r.District, &r.Place, &r.Located, &r.At[0], &r.At[1], &r.Plant, &r.Dismissed); err != nil {
			return err
		}
		r.Came = moment(at)
		out = append(out, r)
		return nil
	})
	return out, err
}

// read runs a reading in a transaction of its own.
func read[T any](ctx context.Context, db *store.DB, fn func(tx *store.Tx) (T, error)) (out T, err error) {
	err = db.Read(ctx, func(tx *store.Tx) (err error) {
		out, err = fn(tx)
		return err
	})
	return out, err
}

func sortNear(list []Near) {
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if a.Same != b.Same {
			return a.Same
		}
		if (a.Km < 0) != (b.Km < 0) {
			return b.Km < 0
		}
		if a.Km != b.Km {
			return a.Km < b.Km
		}
		return a.Since < b.Since
	})
}
