package alarm

import (
	"embed"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const (
	columns = `id, cond, class, state, hold, priority, system, grp, unit, area, entity, first, gone, touched, change, casefile, body`
	width   = 17
	where   = ` WHERE ($1 = '' OR state = $1) AND ($2 = '' OR class = $2) AND ($3 = 0 OR priority <= $3) AND ($4 = '' OR system = $4) AND ($5 = '' OR grp = $5)
		AND ($6 = '' OR unit = $6) AND ($7 = '' OR area = $7) AND ($8 = '' OR body LIKE $8) AND first >= $9 AND first < $10`
)

var (
	bulkPut = store.NewBulk("alarm.put", `INSERT INTO alarm_alarm (`+columns+`)`, width, `ON CONFLICT (id) DO UPDATE SET class = excluded.class, state = excluded.state, hold = excluded.hold,
		priority = excluded.priority, system = excluded.system, grp = excluded.grp, unit = excluded.unit, area = excluded.area, entity = excluded.entity, gone = excluded.gone,
		touched = excluded.touched, change = excluded.change, casefile = excluded.casefile, body = excluded.body`)
	bulkLine = store.NewBulk("alarm.line", `INSERT INTO alarm_line (alarm, num, at, verb, actor, note)`, 6, `ON CONFLICT DO NOTHING`)
	qOpen    = store.Q("alarm.open", `SELECT `+columns+` FROM alarm_alarm WHERE state <> 'closed' OR (state = 'closed' AND touched >= $1)`)
	qGet     = store.Q("alarm.get", `SELECT `+columns+` FROM alarm_alarm WHERE id = $1`)
	qLines   = store.Q("alarm.lines", `SELECT num, at, verb, actor, note FROM alarm_line WHERE alarm = $1 ORDER BY num`)
	qOfCase  = store.Q("alarm.case", `SELECT `+columns+` FROM alarm_alarm WHERE casefile = $1 ORDER BY first, id`)
	qNewest  = store.Q("alarm.newest", `SELECT `+columns+` FROM alarm_alarm`+where+` AND ($11 = '' OR first < $12 OR (first = $12 AND id < $11)) ORDER BY first DESC, id DESC LIMIT $13`)
	qOldest  = store.Q("alarm.oldest", `SELECT `+columns+` FROM alarm_alarm`+where+` AND ($11 = '' OR first > $12 OR (first = $12 AND id > $11)) ORDER BY first, id LIMIT $13`)

	qMoments = store.Q("alarm.moments", `SELECT l.at, l.verb, a.id, a.cond, a.priority, a.class, a.system, a.unit, a.grp FROM alarm_line l JOIN alarm_alarm a ON a.id = l.alarm
		WHERE l.at >= $1 AND l.at < $2 AND l.verb IN ('came', 'acknowledge') AND a.hold NOT IN ('suppressed', 'out-of-service') ORDER BY l.at, l.num`)

	qHoldPut     = store.Q("alarm.hold.put", `INSERT INTO alarm_hold (id, kind, scope, reason, asker, asked, approver, approved, until, ender, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', 0)`)
	qHoldApprove = store.Q("alarm.hold.approve", `UPDATE alarm_hold SET approver = $1, approved = $2 WHERE id = $3 AND approver = '' AND ended = 0`)
	qHoldEnd     = store.Q("alarm.hold.end", `UPDATE alarm_hold SET ender = $1, ended = $2 WHERE id = $3 AND ended = 0`)
	qHolds       = store.Q("alarm.holds", `SELECT id, kind, scope, reason, asker, asked, approver, approved, until, ender, ended FROM alarm_hold WHERE ended = 0 OR ended >= $1 ORDER BY id DESC`)
)

// body is what the table keeps of an alarm as JSON.
type body struct {
	Source string       `json:"source"`
	At     time.Time    `json:"at"`
	Title  lang.Text    `json:"title"`
	Advice lang.Text    `json:"advice,omitzero"`
	Name   string       `json:"name,omitempty"`
	Value  *float64     `json:"value,omitempty"`
	Limit  *float64     `json:"limit,omitempty"`
	UCUM   string       `json:"ucum,omitempty"`
	Why    []rule.Named `json:"why,omitempty"`
	Until  time.Time    `json:"until,omitzero"`
	Count  int64        `json:"count"`
	Chat   bool         `json:"chatter,omitempty"`
	Acker  string       `json:"acker,omitempty"`
	Acked  time.Time    `json:"acked,omitzero"`
	Note   string       `json:"note,omitempty"`
	Came   bool         `json:"came"`

	Recent [chatterTimes]time.Time `json:"recent"`
}

// args appends the row of an alarm.
func (a *Alarm) args(dst []any) ([]any, error) {
	b, err := json.Marshal(body{a.Source, a.At, a.Title, a.Advice, a.Name, a.Value, a.Limit, a.UCUM, a.Reasons, a.Until, a.Count, a.Chatter, a.Acker, a.AckedAt, a.Note, a.Came, a.recent})
	if err != nil {
		return nil, errs.As(errs.Internal, "write an alarm", err)
	}
	return append(dst, a.ID, a.Key, string(a.Class), string(a.State), string(a.Hold), int64(a.Priority), a.System, a.Group, a.Unit, a.Area, a.Entity,
		store.Micros(a.First), store.Micros(a.Gone), store.Micros(a.Touched), a.Change, a.Case, string(b)), nil
}

func scanAlarm(scan func(...any) error) (*Alarm, error) {
	a := new(Alarm)
	var class, state, hold, text string
	var priority, first, gone, touched int64
	err := scan(&a.ID, &a.Key, &class, &state, &hold, &priority, &a.System, &a.Group, &a.Unit, &a.Area, &a.Entity, &first, &gone, &touched, &a.Change, &a.Case, &text)
	if err != nil {
		return nil, err
	}
	var b body
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return nil, errs.As(errs.Internal, "read alarm "+a.ID, err)
	}
	a.Class, a.State, a.Hold, a.Priority = Class(class), State(state), Hold(hold), rule.Priority(priority)
	a.First, a.Gone, a.Touched = store.Time(first), store.Time(gone), store.Time(touched)
	a.Source, a.At, a.Title, a.Advice, a.Name, a.Value, a.Limit, a.UCUM, a.Reasons = b.Source, b.At, b.Title, b.Advice, b.Name, b.Value, b.Limit, b.UCUM, b.Why
	a.Until, a.Count, a.Chatter, a.Acker, a.AckedAt, a.Note, a.Came, a.recent = b.Until, b.Count, b.Chat, b.Acker, b.Acked, b.Note, b.Came, b.Recent
	return a, nil
}

func readAlarms(tx *store.Tx, q store.Stmt, args ...any) (out []*Alarm, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		a, err := scanAlarm(scan)
		out = append(out, a)
		return err
	})
	return out, err
}
