package notice

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/keyset"
)

// maxPage bounds a page of any list.
const maxPage = 1000

func bounded(limit int) int {
	if limit <= 0 || limit > maxPage {
		return 100
	}
	return limit
}

// mark reads the cursor of a list that is newest first; without one it stands after everything.
func mark(cursor string) (at int64, id string, err error) {
	if cursor == "" {
		return 1 << 62, "", nil
	}
	return keyset.Read(cursor)
}

func unmark(at time.Time, id string) string {
	return keyset.Mark(store.Micros(at), id)
}

// Lines gives who was told about something, in the order of messages and levels.
func (p *Post) Lines(ctx context.Context, about, cursor string, limit int) (list []Line, next string, err error) {
	return p.lines(ctx, qLines, bounded(limit), about, cursor)
}

// LinesOf gives who was told by one message, of one state where it is not "".
func (p *Post) LinesOf(ctx context.Context, message string, state State, cursor string, limit int) (list []Line, next string, err error) {
	return p.lines(ctx, qOfMsg, bounded(limit), message, cursor, string(state))
}

// OfPerson gives what somebody who is signed in was told, newest first.
func (p *Post) OfPerson(ctx context.Context, by *identity.Principal, cursor string, limit int) (list []Line, next string, err error) {
	if by.Anonymous() {
		return nil, "", nil
	}
	return p.lines(ctx, qOfPerson, bounded(limit), by.ID, cursor)
}

// Unanswered counts what waits for the answer of somebody who is signed in: the figure at the bell.
func (p *Post) Unanswered(ctx context.Context, by *identity.Principal) (n int64, err error) {
	if by.Anonymous() {
		return 0, nil
	}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error { return tx.Get(qOpenOf, []any{by.ID}, &n) })
	return n, errs.Wrap("count notices", err)
}

func (p *Post) lines(ctx context.Context, q store.Stmt, limit int, args ...any) (list []Line, next string, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		list = nil
		got, err := rows(tx, q, append(args, limit+1)...)
		if err != nil {
			return err
		}
		letters := map[string]*letter{}
		for _, r := range got {
			m := letters[r.message]
			if m == nil {
				m = new(letter)
				if err := m.get(tx, r.message); err != nil {
					return err
				}
				letters[r.message] = m
			}
			l := r.line()
			l.Delivery = compose(r, m, "")
			list = append(list, l)
		}
		return nil
	})
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].ID
	}
	return list, next, errs.Wrap("list notices", err)
}

// Get gives one line.
func (p *Post) Get(ctx context.Context, id string) (l Line, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		r, err := byID(tx, id)
		if err != nil {
			return err
		}
		var m letter
		if err := m.get(tx, r.message); err != nil {
			return err
		}
		l = r.line()
		l.Delivery = compose(r, &m, "")
		return nil
	})
	return l, errs.Wrap("read a notice", err)
}

// Letter is a message with how it stands.
type Letter struct {
	Message  // without Levels
	ID       string
	Made     time.Time
	Recalled time.Time
	For      int64           // people, over all levels
	Missed   int64           // unanswered in time
	States   map[State]int64 // of the deliveries
}

// Letters gives the messages, newest first; about is a prefix, "" picks all.
func (p *Post) Letters(ctx context.Context, about, cursor string, limit int) (list []Letter, next string, err error) {
	limit = bounded(limit)
	if about != "" {
		about = store.HasPrefix(about)
	}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		list = nil
		err := tx.Each(qMessages, []any{cursor, about, limit + 1}, func(scan func(...any) error) error {
			var m letter
			err := m.scan(scan)
			list = append(list, m.letter())
			return err
		})
		if err != nil {
			return err
		}
		for i := range list {
			if err := list[i].count(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].ID
	}
	return list, next, errs.Wrap("list notices", err)
}

// Letter gives one message.
func (p *Post) Letter(ctx context.Context, id string) (out Letter, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		var m letter
		err := m.get(tx, id)
		if errs.Is(err, errs.NotFound) {
			return errs.Say(errs.NotFound, "没有这条通知", "there is no such notice")
		}
		if err != nil {
			return err
		}
		out = m.letter()
		return out.count(tx)
	})
	return out, errs.Wrap("read a notice", err)
}

func (m *letter) letter() Letter {
	return Letter{Message: m.Message, ID: m.id, Made: store.Time(m.made), Recalled: store.Time(m.recalled), For: m.told, Missed: m.missed}
}

func (l *Letter) count(tx *store.Tx) error {
	l.States = map[State]int64{}
	return tx.Each(qStates, []any{l.ID}, func(scan func(...any) error) error {
		var state string
		var escaped, n int64
		err := scan(&state, &escaped, &n)
		if State(state) == Told && escaped > 0 {
			state = string(Escaped)
		}
		l.States[State(state)] += n
		return err
	})
}
