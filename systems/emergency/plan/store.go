package plan

import (
	"embed"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const (
	columns     = `id, code, version, title, class, level, state, tasks, needs, maker, made, approver, approved`
	dutyColumns = `id, incident, plan, num, unit, words, state, due, made, ended, who, note`
)

var (
	qPut = store.Q("emergency_plan_put", `INSERT INTO emergency_plan (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, approver = excluded.approver, approved = excluded.approved`)
	qGet    = store.Q("emergency_plan_get", `SELECT `+columns+` FROM emergency_plan WHERE id = $1`)
	qAll    = store.Q("emergency_plan_all", `SELECT `+columns+` FROM emergency_plan WHERE state <> 'retired' ORDER BY code, version DESC LIMIT 500`)
	qCode   = store.Q("emergency_plan_code", `SELECT `+columns+` FROM emergency_plan WHERE code = $1 ORDER BY version DESC`)
	qRetire = store.Q("emergency_plan_retire", `UPDATE emergency_plan SET state = 'retired' WHERE code = $1 AND state = 'approved'`)

	qDuty = store.Q("emergency_task_put", `INSERT INTO emergency_task (`+dutyColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, ended = excluded.ended, who = excluded.who, note = excluded.note`)
	qDutyGet  = store.Q("emergency_task_get", `SELECT `+dutyColumns+` FROM emergency_task WHERE id = $1`)
	qDuties   = store.Q("emergency_task_of", `SELECT `+dutyColumns+` FROM emergency_task WHERE incident = $1 ORDER BY due, num, id`)
	qDutyMove = store.Q("emergency_task_move", `UPDATE emergency_task SET incident = $2 WHERE incident = $1`)
)

func put(tx *store.Tx, p Plan) error {
	tasks, err := json.Marshal(p.Tasks)
	if err != nil {
		return errs.Wrap("write a plan's tasks", err)
	}
	needs, err := json.Marshal(p.Needs)
	if err != nil {
		return errs.Wrap("write a plan's needs", err)
	}
	_, err = tx.Exec(qPut, p.ID, p.Code, p.Version, p.Title, p.Class, int64(p.Level), string(p.State), string(tasks), string(needs), p.Maker, micros(p.Made), p.Approver, micros(p.Approved))
	return err
}

func plans(tx *store.Tx, q store.Stmt, args ...any) (out []Plan, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var p Plan
		var state, tasks, needs string
		var made, approved, level int64
		if err := scan(&p.ID, &p.Code, &p.Version, &p.Title, &p.Class, &level, &state, &tasks, &needs, &p.Maker, &made, &p.Approver, &approved); err != nil {
			return err
		}
		p.Level, p.State, p.Made, p.Approved = int(level), State(state), moment(made), moment(approved)
		if err := json.Unmarshal([]byte(tasks), &p.Tasks); err != nil {
			return errs.Wrap("read a plan's tasks", err)
		}
		if err := json.Unmarshal([]byte(needs), &p.Needs); err != nil {
			return errs.Wrap("read a plan's needs", err)
		}
		out = append(out, p)
		return nil
	})
	return out, err
}

func putDuty(tx *store.Tx, d Duty) error {
	_, err := tx.Exec(qDuty, d.ID, d.Incident, d.Plan, d.Num, d.Unit, d.Words, d.State, micros(d.Due), micros(d.Made), micros(d.Ended), d.Who, d.Note)
	return err
}

func duties(tx *store.Tx, q store.Stmt, args ...any) (out []Duty, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var d Duty
		var due, made, ended int64
		if err := scan(&d.ID, &d.Incident, &d.Plan, &d.Num, &d.Unit, &d.Words, &d.State, &due, &made, &ended, &d.Who, &d.Note); err != nil {
			return err
		}
		d.Due, d.Made, d.Ended = moment(due), moment(made), moment(ended)
		out = append(out, d)
		return nil
	})
	return out, err
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
