package notice

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
)

// recorded is the receipt of what was kept and not sent.
const recorded = "recorded"

// recorder stands for a channel that is not configured: it keeps what would have been sent, without the token, which is nobody's
// but the receiver's.
type recorder struct {
	name string
	db   *store.DB
	now  func() time.Time
}

// Name is that of the channel it stands for.
func (r recorder) Name() string { return r.name }

// Send keeps a delivery; one whose key was kept before is counted and not kept again.
func (r recorder) Send(ctx context.Context, d Delivery) (string, error) {
	err := r.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qRecord, d.Key, d.Channel, d.Address, d.Title, d.Body, d.Link, store.Micros(r.now()))
		return err
	})
	return recorded, errs.Wrap("record a notice", err)
}

// Found looks a key up.
func (r recorder) Found(ctx context.Context, key string) (receipt string, found, known bool, err error) {
	err = r.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(qFound, []any{key}, &key) })
	if errs.Is(err, errs.NotFound) {
		return "", false, true, nil
	}
	return recorded, err == nil, err == nil, errs.Wrap("look a recorded notice up", err)
}

// page shows a notice to somebody who is signed in: the row itself is what their page lists, so there is nothing to carry.
type page struct{}

// Name is "page"; its address is an account, "person:…".
func (page) Name() string { return "page" }

// Send has nothing to do.
func (page) Send(context.Context, Delivery) (string, error) { return "page", nil }

// Found knows that what is due has not been shown.
func (page) Found(context.Context, string) (string, bool, bool, error) { return "", false, true, nil }

// Record is what would have been sent.
type Record struct {
	Key, Channel, Address, Title, Body, Link string
	At                                       time.Time
}

// Recorded lists what was kept and not sent, newest first (GrantContacts: it bears addresses).
func (p *Post) Recorded(ctx context.Context, by *identity.Principal, cursor string, limit int) (list []Record, next string, err error) {
	if !by.Can(GrantContacts) {
		return nil, "", errContacts
	}
	limit = bounded(limit)
	at, id, err := mark(cursor)
	if err != nil {
		return nil, "", err
	}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		list = nil
		return tx.Each(qRecords, []any{at, id, limit + 1}, func(scan func(...any) error) error {
			var r Record
			var at int64
			err := scan(&r.Key, &r.Channel, &r.Address, &r.Title, &r.Body, &r.Link, &at)
			r.At = store.Time(at)
			list = append(list, r)
			return err
		})
	})
	if len(list) > limit {
		list = list[:limit]
		next = unmark(list[limit-1].At, list[limit-1].Key)
	}
	return list, next, errs.Wrap("list recorded notices", err)
}
