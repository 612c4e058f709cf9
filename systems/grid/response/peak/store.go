package peak

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

const columns = `id, kind, district, began, until, raised, ended, peak, peak_at, limit_kw, acked, acked_by, note`

const listWhere = ` WHERE ($1 = '' OR kind = $1) AND ($2 = 'any' OR district = $2) AND ($3 = '' OR $3 = 'open' AND ended = 0 OR $3 = 'new' AND acked = 0 OR $3 = 'ended' AND ended <> 0)`

var (
	qPut = store.Q("grid_peak_put", `INSERT INTO grid_peak_alarm (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (id) DO UPDATE SET began = excluded.began, until = excluded.until, ended = excluded.ended, peak = excluded.peak, peak_at = excluded.peak_at, limit_kw = excluded.limit_kw, acked = excluded.acked, acked_by = excluded.acked_by, note = excluded.note`)
	qGet   = store.Q("grid_peak_get", `SELECT `+columns+` FROM grid_peak_alarm WHERE id = $1`)
	qNear  = store.Q("grid_peak_near", `SELECT `+columns+` FROM grid_peak_alarm WHERE ended = 0 OR ended >= $1 OR until >= $1 ORDER BY began, id`)
	qOpen  = store.Q("grid_peak_open", `SELECT `+columns+` FROM grid_peak_alarm WHERE ended = 0 ORDER BY kind DESC, began, id`)
	qList  = store.Q("grid_peak_list", `SELECT `+columns+` FROM grid_peak_alarm`+listWhere+` AND ($4 = '' OR began < $5 OR began = $5 AND id < $4) ORDER BY began DESC, id DESC LIMIT $6`)
	qCount = store.Q("grid_peak_count", `SELECT COUNT(*) FROM grid_peak_alarm`+listWhere)

	qSettings   = store.Q("grid_peak_settings", `SELECT name, value FROM grid_peak_setting`)
	qSettingPut = store.Q("grid_peak_setting_put", `INSERT INTO grid_peak_setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`)
)

// The kinds of alarm.
const (
	Before = "before" // the forecast crosses the share of the limit
	During = "during" // the measured load crosses the limit
)

// Alarm is one alarm. Powers are in kW; Ended is zero while it stands, Acked until a person has seen it.
type Alarm struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	District string    `json:"district,omitempty"` // "" is the city
	Began    time.Time `json:"began"`              // of the first quarter hour above
	Until    time.Time `json:"until"`              // of the last one's end, as far as known
	Raised   time.Time `json:"raisedAt"`
	Ended    time.Time `json:"endedAt,omitzero"`
	Peak     int64     `json:"peakKW"`
	PeakAt   time.Time `json:"peakAt"`
	Limit    int64     `json:"limitKW"`
	Acked    time.Time `json:"acknowledgedAt,omitzero"`
	AckedBy  string    `json:"-"`
	Note     string    `json:"note,omitempty"`
}

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

func put(tx *store.Tx, a Alarm) error {
	_, err := tx.Exec(qPut, a.ID, a.Kind, a.District, micros(a.Began), micros(a.Until), micros(a.Raised), micros(a.Ended), a.Peak, micros(a.PeakAt), a.Limit, micros(a.Acked), a.AckedBy, a.Note)
	return err
}

// read gives the alarms of a query.
func read(tx *store.Tx, q store.Stmt, args ...any) (out []Alarm, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var a Alarm
		var began, until, raised, ended, peakAt, acked int64
		if err := scan(&a.ID, &a.Kind, &a.District, &began, &until, &raised, &ended, &a.Peak, &peakAt, &a.Limit, &acked, &a.AckedBy, &a.Note); err != nil {
			return err
		}
		a.Began, a.Until, a.Raised, a.Ended, a.PeakAt, a.Acked = moment(began), moment(until), moment(raised), moment(ended), moment(peakAt), moment(acked)
		out = append(out, a)
		return nil
	})
	return out, err
}

func (p *Part) read(ctx context.Context, q store.Stmt, args ...any) (out []Alarm, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out, err = read(tx, q, args...)
		return err
	})
	return out, err
}

// Open lists the alarms that stand: measured ones first, then forecast ones, each the oldest first.
func (p *Part) Open(ctx context.Context) ([]Alarm, error) { return p.read(ctx, qOpen) }

// get reads one.
func (p *Part) get(ctx context.Context, id string) (Alarm, error) {
	all, err := p.read(ctx, qGet, id)
	if err == nil && len(all) == 0 {
		err = errs.Say(errs.NotFound, "没有这条尖峰告警", "there is no such alarm")
	}
	if err != nil {
		return Alarm{}, err
	}
	return all[0], nil
}
