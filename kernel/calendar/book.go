package calendar

import (
	"context"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// GrantEdit is what an officer needs to enter notices and to set working hours. It is declared by the room that has the page.
const GrantEdit = "calendar.edit"

// Acts are the words of what this package records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "enter-notice", Title: lang.T("录入节假日安排", "Entered a year's holidays")},
		{Verb: "undo-notice", Title: lang.T("撤销节假日安排", "Took a year's holidays back")},
		{Verb: "set-hours", Title: lang.T("设置工作时间", "Set working hours")},
	}
}

// Book keeps what was entered and gives the calendar as it stands.
type Book struct {
	db  *store.DB
	log *journal.Journal
	now func() time.Time
	cur atomic.Pointer[standing]
}

// standing is what counts now. It is replaced, never changed.
type standing struct {
	calendar *Calendar
	entered  []Entered
	hours    map[string]Hours
}

// Entered is a notice that an officer entered.
type Entered struct {
	Notice
	ID        string
	At        time.Time
	Who       string
	Stands    bool
	UndoneAt  time.Time
	UndoneBy  string
	UndoneWhy string
}

// Open reads what was entered.
func Open(ctx context.Context, db *store.DB, j *journal.Journal, now func() time.Time) (*Book, error) {
	if err := db.Migrate(ctx, "calendar", tables); err != nil {
		return nil, err
	}
	b := &Book{db: db, log: j, now: now}
	return b, b.Refresh(ctx)
}

// Refresh reads again what was entered: another instance on the same database may have.
func (b *Book) Refresh(ctx context.Context) error {
	next := &standing{hours: map[string]Hours{}}
	err := b.db.Read(ctx, func(tx *store.Tx) error {
		next.entered = nil
		err := tx.Each(qNoticeList, nil, func(scan func(...any) error) error {
			var e Entered
			var at, undone int64
			var days, state string
			if err := scan(&e.ID, &e.Year, &e.Title, &e.Source, &days, &at, &e.Who, &state, &undone, &e.UndoneBy, &e.UndoneWhy); err != nil {
				return err
			}
			n, err := ReadNotice(e.Year, e.Title, e.Source, days)
			if err != nil {
				return err
			}
			if e.Notice, e.At, e.Stands = n, store.Time(at), state == "stands"; undone > 0 {
				e.UndoneAt = store.Time(undone)
			}
			next.entered = append(next.entered, e)
			return nil
		})
		if err != nil {
			return err
		}
		return tx.Each(qHoursList, nil, func(scan func(...any) error) error {
			var unit, text string
			if err := scan(&unit, &text); err != nil {
				return err
			}
			h, err := ParseHours(text)
			next.hours[unit] = h
			return err
		})
	})
	if err != nil {
		return errs.Wrap("read the calendar", err)
	}
	var stand []Notice
	for _, e := range next.entered {
		if e.Stands {
			stand = append(stand, e.Notice)
		}
	}
	if next.calendar, err = New(stand...); err != nil {
		return err
	}
	b.cur.Store(next)
	return nil
}

// Now is the calendar as it stands.
func (b *Book) Now() *Calendar { return b.cur.Load().calendar }

// Entered gives what was entered, oldest first, with what was taken back.
func (b *Book) Entered() []Entered { return append([]Entered(nil), b.cur.Load().entered...) }

// Hours are a unit's working hours: its own, the city's, or the usual ones.
func (b *Book) Hours(unit string) Hours {
	s := b.cur.Load()
	if h := s.hours[unit]; h != nil {
		return h
	}
	if h := s.hours[""]; h != nil {
		return h
	}
	return UsualHours()
}

// Own tells whether hours were set for a unit; "" is the city.
func (b *Book) Own(unit string) bool { return b.cur.Load().hours[unit] != nil }

func may(by *identity.Principal) error {
	if !by.Can(GrantEdit) {
		return errs.Say(errs.Denied, "您没有维护工作日历的权限", "you may not edit the working calendar")
	}
	return nil
}

// Enter takes a year's notice in: it takes the place of what was known of the year.
func (b *Book) Enter(ctx context.Context, by *identity.Principal, n Notice) (id string, err error) {
	if err := may(by); err != nil {
		return "", err
	}
	now := b.now()
	id = store.NewID(now)
	err = b.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qNoticeAdd, id, n.Year, n.Title, n.Source, n.CSV(), store.Micros(now), by.ID); err != nil {
			return err
		}
		return b.log.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: GrantEdit, Verb: "enter-notice", Object: "calendar:" + yearText(n.Year),
			Detail: map[string]any{"notice": id, "title": n.Title, "days": len(n.Days)}})
	})
	if err != nil {
		return "", err
	}
	return id, b.Refresh(ctx)
}

// Undo takes an entered notice back: what was known of its year before counts again.
func (b *Book) Undo(ctx context.Context, by *identity.Principal, id, reason string) error {
	if err := may(by); err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 2 || n > 500 {
		return errs.Say(errs.Invalid, "请写明撤销的理由：2 至 500 个字", "give a reason of 2 to 500 characters")
	}
	var found *Entered
	for _, e := range b.Entered() {
		if e.ID == id {
			found = &e
		}
	}
	if found == nil {
		return errs.Say(errs.NotFound, "没有这份节假日安排", "there is no such notice")
	}
	err := b.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qNoticeUndo, id, store.Micros(b.now()), by.ID, reason)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.Conflict, "这份安排已经撤销", "this notice was taken back already")
		}
		return b.log.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: GrantEdit, Verb: "undo-notice", Object: "calendar:" + yearText(found.Year), Detail: map[string]any{"notice": id}})
	})
	if err != nil {
		return err
	}
	return b.Refresh(ctx)
}

// SetHours sets a unit's working hours; "" is the city. An empty text takes them away.
func (b *Book) SetHours(ctx context.Context, by *identity.Principal, unit, text string) error {
	if err := may(by); err != nil {
		return err
	}
	text = strings.TrimSpace(text)
	if text != "" {
		h, err := ParseHours(text)
		if err != nil {
			return err
		}
		text = h.String()
	}
	err := b.db.Write(ctx, func(tx *store.Tx) (err error) {
		if text == "" {
			_, err = tx.Exec(qHoursCut, unit)
		} else {
			_, err = tx.Exec(qHoursPut, unit, text)
		}
		if err != nil {
			return err
		}
		object := "calendar:hours"
		if unit != "" {
			object += ":" + unit
		}
		return b.log.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: GrantEdit, Verb: "set-hours", Object: object, Detail: map[string]any{"hours": text}})
	})
	if err != nil {
		return err
	}
	return b.Refresh(ctx)
}
