package loss

import (
	"context"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/loss/evidence"
)

const areaColumns = `area, day, kind, district, state, supplied, parts, sold, rate, meters, estimated, missing, wrong, summed`

var (
	qSupply = store.Q("grid_loss_supply", `INSERT INTO grid_loss_area (`+areaColumns+`, body) VALUES ($1, $2, $3, $4, 'new', $5, $6, 0, 0, 0, 0, 0, 0, 0, $7)
ON CONFLICT (area, day) DO UPDATE SET kind = excluded.kind, district = excluded.district, state = 'new', supplied = excluded.supplied, parts = excluded.parts`)
	qSum = store.Q("grid_loss_sum", `UPDATE grid_loss_area SET state = 'summed', sold = $3, rate = $4, meters = $5, estimated = $6, missing = $7, wrong = $8, summed = $9, body = $10
WHERE area = $1 AND day = $2 AND supplied = $11`)
	qOne  = store.Q("grid_loss_one", `SELECT supplied, parts FROM grid_loss_area WHERE area = $1 AND day = $2`)
	qWork = store.Q("grid_loss_work", `SELECT `+areaColumns+` FROM grid_loss_area WHERE day <= $1 AND (state = 'new' OR day >= $2 AND summed < $3 AND estimated + missing + wrong > 0) ORDER BY area, day LIMIT $4`)
	qDay  = store.Q("grid_loss_day", `SELECT `+areaColumns+` FROM grid_loss_area WHERE day = $1 AND kind = $2 AND ($3 = '' OR district = $3) ORDER BY area`)
	qArea = store.Q("grid_loss_of", `SELECT `+areaColumns+` FROM grid_loss_area WHERE area = $1 AND day > $2 ORDER BY day`)
	qBody = store.Q("grid_loss_bodies", `SELECT `+areaColumns+`, body FROM grid_loss_area WHERE area = $1 AND day > $2 AND state = 'summed' ORDER BY day`)
	qLast = store.Q("grid_loss_last", `SELECT kind, MAX(day) FROM grid_loss_area WHERE state = 'summed' AND kind = $1 GROUP BY kind`)
	qCity = store.Q("grid_loss_city", `SELECT day, CAST(SUM(supplied) AS BIGINT), CAST(SUM(sold) AS BIGINT) FROM grid_loss_area WHERE day > $1 AND kind = $2 AND state = 'summed' AND parts = 96 AND (missing + wrong) * 1000000 <= meters * $3 GROUP BY day ORDER BY day`)
	qThin = store.Q("grid_loss_thin", `UPDATE grid_loss_area SET body = $2 WHERE day < $1 AND day >= $3 AND LENGTH(body) > 0`)

	qSuspectCut = store.Q("grid_loss_suspect_cut", `DELETE FROM grid_loss_suspect WHERE area = $1`)
	qSuspectPut = store.Q("grid_loss_suspect_put", `INSERT INTO grid_loss_suspect (area, meter, district, score, since, day, clues) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	qSuspects   = store.Q("grid_loss_suspects", `SELECT area, meter, district, score, since, day, clues FROM grid_loss_suspect WHERE ($1 = '' OR district = $1) AND ($2 = '' OR area = $2) AND score >= $3 ORDER BY score DESC, area, meter LIMIT $4`)
	qSuspectsOf = store.Q("grid_loss_suspects_of", `SELECT area, meter, district, score, since, day, clues FROM grid_loss_suspect WHERE meter = $1 ORDER BY score DESC, area`)

	qFindingAdd = store.Q("grid_loss_finding_add", `INSERT INTO grid_loss_finding (id, meter, at, who, result, note) VALUES ($1, $2, $3, $4, $5, $6)`)
	qFindings   = store.Q("grid_loss_findings", `SELECT id, meter, at, who, result, note FROM grid_loss_finding WHERE meter = $1 ORDER BY at DESC, id DESC`)

	qLimits   = store.Q("grid_loss_limits", `SELECT name, value FROM grid_loss_limit ORDER BY name`)
	qLimitPut = store.Q("grid_loss_limit_put", `INSERT INTO grid_loss_limit (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`)
)

// AreaDay is an area's day. Energies are 0.0001 kWh, Rate millionths of what was supplied.
type AreaDay struct {
	Area, Kind, District      string
	Day                       book.Day
	Summed                    bool
	Supplied, Sold, Rate      int64
	Parts                     int64 // quarter hours of which the supply came, of 96
	Meters                    int64
	Estimated, Missing, Wrong int64 // meters: counted with an estimate; not counted; not counted, since the register ran backwards
	at                        time.Time
	body                      []byte
}

// Lost is what was supplied and not sold.
func (a AreaDay) Lost() int64 { return a.Supplied - a.Sold }

// Judged tells whether the day is known well enough to be held against the limits.
func (a AreaDay) Judged(l Limits) bool {
	return a.Summed && a.Parts == book.SlotsPerDay && a.Meters > 0 && a.Supplied > 0 && (a.Missing+a.Wrong)*1_000_000 <= a.Meters*l.Missing
}

func scanArea(scan func(...any) error, more ...any) (a AreaDay, err error) {
	var day, at int64
	var state string
	err = scan(append([]any{&a.Area, &day, &a.Kind, &a.District, &state, &a.Supplied, &a.Parts, &a.Sold, &a.Rate, &a.Meters, &a.Estimated, &a.Missing, &a.Wrong, &at}, more...)...)
	a.Day, a.Summed, a.at = book.Day(day), state == "summed", store.Time(at)
	return a, err
}

// areas reads the rows of a query.
func areas(ctx context.Context, db *store.DB, q store.Stmt, args ...any) (out []AreaDay, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		out = []AreaDay{}
		return tx.Each(q, args, func(scan func(...any) error) error {
			a, err := scanArea(scan)
			out = append(out, a)
			return err
		})
	})
	return out, err
}

// bodies reads an area's days with those of its meters, oldest first.
func bodies(ctx context.Context, db *store.DB, area string, after book.Day) (out []AreaDay, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qBody, []any{area, int64(after)}, func(scan func(...any) error) error {
			var body []byte
			a, err := scanArea(scan, &body)
			a.body = body
			out = append(out, a)
			return err
		})
	})
	return out, err
}

// Suspect is a meter worth a look.
type Suspect struct {
	Area, District string
	Meter          int64
	Score          int64
	Since, Day     book.Day // Since 0: no day stands out
	Clues          []evidence.Clue
}

func suspects(ctx context.Context, db *store.DB, q store.Stmt, args ...any) (out []Suspect, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		out = []Suspect{}
		return tx.Each(q, args, func(scan func(...any) error) error {
			var s Suspect
			var since, day int64
			var clues string
			if err := scan(&s.Area, &s.Meter, &s.District, &s.Score, &since, &day, &clues); err != nil {
				return err
			}
			s.Since, s.Day = book.Day(since), book.Day(day)
			out = append(out, s)
			return errs.Wrap("read clues", json.Unmarshal([]byte(clues), &out[len(out)-1].Clues))
		})
	})
	return out, err
}

// Finding is what an inspector found on site.
type Finding struct {
	ID     string
	Meter  int64
	At     time.Time
	Who    string
	Result string
	Note   string
}

func findings(ctx context.Context, db *store.DB, meter int64) (out []Finding, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qFindings, []any{meter}, func(scan func(...any) error) error {
			var f Finding
			var at int64
			err := scan(&f.ID, &f.Meter, &at, &f.Who, &f.Result, &f.Note)
			f.At = store.Time(at)
			out = append(out, f)
			return err
		})
	})
	return out, err
}
