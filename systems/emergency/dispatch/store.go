package dispatch

import (
	"embed"
	"time"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const columns = `id, incident, num, unit, resource, words, state, maker, patience, sent, received, accepted, moving, onsite, done, escalated, reason, drill`

var (
	qPut = store.Q("emergency_order_put", `INSERT INTO emergency_order (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, received = excluded.received, accepted = excluded.accepted, moving = excluded.moving, onsite = excluded.onsite, done = excluded.done, escalated = excluded.escalated, reason = excluded.reason`)
	qGet  = store.Q("emergency_order_get", `SELECT `+columns+` FROM emergency_order WHERE id = $1`)
	qOf   = store.Q("emergency_order_of", `SELECT `+columns+` FROM emergency_order WHERE incident = $1 ORDER BY num`)
	qUnit = store.Q("emergency_order_unit", `SELECT `+columns+` FROM emergency_order WHERE unit = $1 ORDER BY sent DESC, id DESC LIMIT 200`)
	qAll  = store.Q("emergency_order_all", `SELECT `+columns+` FROM emergency_order ORDER BY sent DESC, id DESC LIMIT 200`)
	qMute = store.Q("emergency_order_mute", `SELECT `+columns+` FROM emergency_order WHERE state = 'sent' AND escalated = 0 ORDER BY sent, id LIMIT 500`)
	qLast = store.Q("emergency_order_last", `SELECT COALESCE(MAX(num), 0) FROM emergency_order WHERE incident = $1`)
	qMove = store.Q("emergency_order_move", `UPDATE emergency_order SET incident = $2, num = num + $3 WHERE incident = $1`)
)

func put(tx *store.Tx, o Order) error {
	_, err := tx.Exec(qPut, o.ID, o.Incident, o.Num, o.Unit, o.Resource, o.Words, string(o.State), o.Maker, o.Patience.Microseconds(), micros(o.Sent), micros(o.Received), micros(o.Accepted), micros(o.Moving), micros(o.OnSite), micros(o.Done), micros(o.Escalated), o.Reason, o.Drill)
	return err
}

func orders(tx *store.Tx, q store.Stmt, args ...any) (out []Order, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var o Order
		var state string
		var patience int64
		var us [7]int64
		if err := scan(&o.ID, &o.Incident, &o.Num, &o.Unit, &o.Resource, &o.Words, &state, &o.Maker, &patience, &us[0], &us[1], &us[2], &us[3], &us[4], &us[5], &us[6], &o.Reason, &o.Drill); err != nil {
			return err
		}
		o.State, o.Patience = State(state), time.Duration(patience)*time.Microsecond
		for i, t := range []*time.Time{&o.Sent, &o.Received, &o.Accepted, &o.Moving, &o.OnSite, &o.Done, &o.Escalated} {
			if us[i] != 0 {
				*t = store.Time(us[i])
			}
		}
		out = append(out, o)
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
