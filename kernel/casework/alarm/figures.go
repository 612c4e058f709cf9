package alarm

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/store"
)

// Moment is one coming of an alarm, or its acknowledgement, for the figures of the alarm system (IEC 62682:2014 clause 16).
type Moment struct {
	At       time.Time
	Came     bool // false: it was acknowledged
	Alarm    string
	Key      string
	Priority rule.Priority
	Class    Class
	System   string
	Unit     string
	Group    string
}

// Moments gives what came and what was acknowledged within a time, in order. Alarms that are kept out of the list now, by design or out of
// service, are left out; of one that chatters only the first fifty comings have a line.
func (b *Board) Moments(ctx context.Context, from, to time.Time, fn func(m Moment)) error {
	err := b.db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qMoments, []any{store.Micros(from), store.Micros(to)}, func(scan func(...any) error) error {
			var m Moment
			var at, priority int64
			var verb, class string
			if err := scan(&at, &verb, &m.Alarm, &m.Key, &priority, &class, &m.System, &m.Unit, &m.Group); err != nil {
				return err
			}
			m.At, m.Came, m.Priority, m.Class = store.Time(at), verb == verbCame, rule.Priority(priority), Class(class)
			fn(m)
			return nil
		})
	})
	return errs.Wrap("read the comings of alarms", err)
}
