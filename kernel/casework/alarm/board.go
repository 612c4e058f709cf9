package alarm

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
)

// Board keeps the alarms. Its methods may be called from anywhere at once.
type Board struct {
	db      *store.DB
	journal *journal.Journal
	now     func() time.Time

	mu     sync.RWMutex
	live   map[string]*Alarm // by condition: as the write lane sees them, committed or not
	seen   map[string]*Alarm // by id: as everybody sees them. An Alarm in a map is never changed, only replaced
	fresh  []arrival         // new alarms of the last ten minutes, oldest first
	follow map[int]func([]Alarm)
	next   int
	holds  atomic.Pointer[[]Held] // that have not ended; replaced, never changed
}

// Options are what a board works with.
type Options struct {
	DB      *store.DB
	Journal *journal.Journal
	Now     func() time.Time
}

// The rules of a board's memory.
const (
	chatterTimes = 3                // comings within chatterSpan make a point chatter (ISA-18.2-2016 16.5.5)
	chatterSpan  = time.Minute      //
	reopenWithin = 10 * time.Minute // after it was closed an alarm is opened again by its condition
	floodSpan    = 10 * time.Minute // IEC 62682:2014 16.5.3: ten or more in ten minutes for one operator
	floodCount   = 10
	maxLines     = 50 // comings of one alarm that have a line of their own
)

// Open migrates the tables and reads what is open.
func Open(ctx context.Context, o Options) (*Board, error) {
	if err := o.DB.Migrate(ctx, "alarm", tables); err != nil {
		return nil, errs.Wrap("migrate alarms", err)
	}
	b := &Board{db: o.DB, journal: o.Journal, now: o.Now, live: map[string]*Alarm{}, seen: map[string]*Alarm{}, follow: map[int]func([]Alarm){}}
	err := o.DB.Read(ctx, func(tx *store.Tx) error {
		list, err := readAlarms(tx, qOpen, store.Micros(o.Now().Add(-reopenWithin)))
		if err != nil {
			return err
		}
		for _, a := range list {
			b.live[a.Key], b.seen[a.ID] = a, a
		}
		return b.loadHolds(tx)
	})
	return b, errs.Wrap("read alarms", err)
}

// Follow adds a function that is called after each commit, in order, with the alarms that changed. It must be quick and must not write.
func (b *Board) Follow(fn func(list []Alarm)) (stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id := b.next
	b.next++
	b.follow[id] = fn
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.follow, id)
	}
}

// Standing gives the keys of the conditions of a system that stand, for rule.Engine.Watch.
func (b *Board) Standing(system string) map[string]bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := map[string]bool{}
	for _, a := range b.seen {
		if a.System == system && a.Came {
			out[a.Key] = true
		}
	}
	return out
}

// change is one alarm's way in one transaction: the alarm as it becomes, and the line that tells of it.
type change struct {
	alarm *Alarm
	verb  string
	actor string
	note  string
	fresh bool // a new alarm
}

// put writes changes, shows them to the lane at once and to everybody after the commit. It takes one change for each alarm.
func (b *Board) put(tx *store.Tx, list []change) error {
	if len(list) == 0 {
		return nil
	}
	var rows, lines []any
	now := b.now()
	for i := range list {
		c := &list[i]
		seq, err := tx.Next("alarm_change")
		if err != nil {
			return err
		}
		c.alarm.Change, c.alarm.Touched = seq, now
		if rows, err = c.alarm.args(rows); err != nil {
			return err
		}
		if c.verb == verbCame && c.alarm.Count > maxLines || c.verb == verbGone && c.alarm.Count > maxLines {
			continue
		}
		lines = append(lines, c.alarm.ID, seq, store.Micros(now), c.verb, c.actor, c.note)
	}
	if _, err := tx.ExecBulk(bulkPut, rows); err != nil {
		return err
	}
	if _, err := tx.ExecBulk(bulkLine, lines); err != nil {
		return err
	}
	b.stage(tx, list)
	tx.OnCommit(func() { b.publish(list) })
	return nil
}

// stage shows the changes to what runs after this on the lane, and takes them back with the transaction.
func (b *Board) stage(tx *store.Tx, list []change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := make(map[string]*Alarm, len(list))
	for _, c := range list {
		before[c.alarm.Key] = b.live[c.alarm.Key]
		b.live[c.alarm.Key] = c.alarm
	}
	tx.OnRollback(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for key, a := range before {
			if a == nil {
				delete(b.live, key)
			} else {
				b.live[key] = a
			}
		}
	})
}

// publish shows the changes to everybody.
func (b *Board) publish(list []change) {
	told := make([]Alarm, 0, len(list))
	b.mu.Lock()
	for _, c := range list {
		b.seen[c.alarm.ID] = c.alarm
		if c.fresh {
			b.fresh = append(b.fresh, arrival{c.alarm.Touched, c.alarm.System, c.alarm.Group, c.alarm.Unit, c.alarm.Area, c.alarm.Hold == None})
		}
		told = append(told, *c.alarm)
	}
	fns := make([]func([]Alarm), 0, len(b.follow))
	for id := range b.next {
		if fn := b.follow[id]; fn != nil {
			fns = append(fns, fn)
		}
	}
	b.mu.Unlock()
	for _, fn := range fns {
		fn(told)
	}
}

// Tick ends shelvings whose time has come and forgets what was closed long enough ago. The host calls it each second.
func (b *Board) Tick(ctx context.Context) error {
	now := b.now()
	var due []string
	b.mu.Lock()
	for id, a := range b.seen {
		switch {
		case a.Hold == Shelved && !a.Until.After(now):
			due = append(due, id)
		case a.State == Closed && a.Touched.Before(now.Add(-reopenWithin)) && b.live[a.Key] == a:
			delete(b.seen, id)
			delete(b.live, a.Key)
		}
	}
	b.fresh = slices.DeleteFunc(b.fresh, func(x arrival) bool { return x.at.Before(now.Add(-floodSpan)) })
	b.mu.Unlock()
	if err := b.endHolds(ctx, now); err != nil {
		return err
	}
	if len(due) == 0 {
		return nil
	}
	return errs.Wrap("end shelvings", b.db.Write(ctx, func(tx *store.Tx) error {
		return b.amend(tx, due, func(a *Alarm) *change {
			if a.Hold != Shelved || a.Until.After(now) {
				return nil
			}
			a.Hold, a.Until = None, time.Time{}
			a.Hold = b.holdOf(a)
			return &change{verb: verbUnshelve, actor: "system:alarm", note: ""}
		})
	}))
}

// amend changes alarms by id: fn gets a copy of each that is open and gives what it did to it, nil for nothing.
func (b *Board) amend(tx *store.Tx, ids []string, fn func(a *Alarm) *change) error {
	var list []change
	b.mu.RLock()
	for _, id := range ids {
		seen := b.seen[id]
		if seen == nil {
			continue
		}
		cur := b.live[seen.Key]
		if cur == nil || cur.ID != id {
			continue
		}
		copied := *cur
		if c := fn(&copied); c != nil {
			c.alarm = &copied
			list = append(list, *c)
		}
	}
	b.mu.RUnlock()
	return b.put(tx, list)
}
