package link

import (
	"context"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Item is one thing that a peer is to know.
type Item struct {
	Seq  int64  `json:"seq"` // of the sender for this peer, from 1 without gaps
	Kind string `json:"kind"`
	Item string `json:"item"` // id of the thing within its kind
	Body []byte `json:"body"`
	At   int64  `json:"at"` // microseconds UTC when it came about
}

// Batch is what is sent at once; empty where there is nothing to say.
type Batch struct {
	Items []Item `json:"items"`
}

// Receipt is the answer: the number of the last item that was applied.
type Receipt struct {
	Applied int64 `json:"applied"`
}

// Apply takes an item of a peer in the transaction that notes its number. An error keeps the item, and all after it, waiting at the sender.
type Apply func(tx *store.Tx, peer string, it Item) error

// Send brings a batch to a peer and gives its answer.
type Send func(ctx context.Context, peer string, batch []byte) ([]byte, error)

// Desk keeps the links of a node.
type Desk struct {
	DB       *store.DB
	Now      func() time.Time
	Interval time.Duration // between sendings where nothing waits
	Apply    map[string]Apply
	Fill     func(tx *store.Tx, put func(kind, item string, body []byte) error) error // what a new peer is told first; may be nil
}

// State is a link as it stands.
type State struct {
	Peer             string
	Waiting, Applied int64
	Sent, Came       time.Time // last success; zero: never
	Live             bool
	Since            time.Time
}

// The bounds of a batch.
const (
	maxItems = 500
	maxBytes = 512 << 10
)

// Open migrates the tables.
func (d *Desk) Open(ctx context.Context) error {
	return errs.Wrap("migrate the links", d.DB.Migrate(ctx, "sharing_link", tables))
}

// Meet makes the links to peers that are new, each told what there is.
func (d *Desk) Meet(ctx context.Context, peers []string) error {
	known := map[string]bool{}
	states, err := d.States(ctx)
	if err != nil {
		return err
	}
	for _, s := range states {
		known[s.Peer] = true
	}
	for _, p := range peers {
		if known[p] {
			continue
		}
		err := d.DB.Write(ctx, func(tx *store.Tx) error {
			n, err := tx.Exec(qMake, p, store.Micros(d.Now()))
			if err != nil || n == 0 || d.Fill == nil {
				return err
			}
			return d.Fill(tx, func(kind, item string, body []byte) error { return d.Put(tx, p, kind, item, body) })
		})
		if err != nil {
			return errs.Wrap("make a link", err)
		}
	}
	return nil
}

// Put leaves an item for a peer in the transaction of the change that it tells of. A peer without a link is nothing.
func (d *Desk) Put(tx *store.Tx, peer, kind, item string, body []byte) error {
	var seq int64
	err := tx.Get(qBump, []any{peer}, &seq)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err == nil {
		_, err = tx.Exec(qPut, peer, seq, kind, item, body, store.Micros(d.Now()))
	}
	return errs.Wrap("leave an item for a peer", err)
}

// Publish leaves an item for every peer.
func (d *Desk) Publish(tx *store.Tx, kind, item string, body []byte) error {
	list, err := states(tx)
	for _, s := range list {
		if err == nil {
			err = d.Put(tx, s.Peer, kind, item, body)
		}
	}
	return err
}

// Push sends a peer what waits for it, batch after batch; an empty one where nothing does. more is false when all was taken.
func (d *Desk) Push(ctx context.Context, peer string, send Send) error {
	for {
		var b Batch
		size := 0
		err := d.DB.Read(ctx, func(tx *store.Tx) error {
			b.Items = b.Items[:0]
			return tx.Each(qNext, []any{peer, int64(maxItems)}, func(scan func(...any) error) error {
				var it Item
				if err := scan(&it.Seq, &it.Kind, &it.Item, &it.Body, &it.At); err != nil {
					return err
				}
				if size += len(it.Body) + 200; size <= maxBytes || len(b.Items) == 0 {
					b.Items = append(b.Items, it)
				}
				return nil
			})
		})
		if err != nil {
			return errs.Wrap("read the outbox", err)
		}
		done, err := d.push(ctx, peer, b, send)
		if err != nil || done {
			return err
		}
	}
}

func (d *Desk) push(ctx context.Context, peer string, b Batch, send Send) (done bool, err error) {
	body, err := json.Marshal(b)
	if err != nil {
		return false, err
	}
	answer, err := send(ctx, peer, body)
	if err != nil {
		return false, err
	}
	var r Receipt
	if err := json.Unmarshal(answer, &r); err != nil {
		return false, errs.As(errs.Invalid, "read a peer's receipt", err)
	}
	// What the peer has is gone from the outbox, also where an earlier receipt was lost.
	err = d.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qDone, peer, r.Applied); err != nil {
			return err
		}
		_, err := tx.Exec(qAcked, peer, r.Applied, store.Micros(d.Now()))
		return err
	})
	if err != nil {
		return false, errs.Wrap("note what a peer has", err)
	}
	if len(b.Items) == 0 {
		return true, nil
	}
	if last := b.Items[len(b.Items)-1].Seq; r.Applied < b.Items[0].Seq {
		return false, errs.Say(errs.Conflict, "对端停在第 %d 项，未受理第 %d 至 %d 项", "the peer stands at item %d and did not take %d to %d", r.Applied, b.Items[0].Seq, last)
	}
	return false, nil
}

// Receive applies a peer's batch and answers how far it came.
func (d *Desk) Receive(ctx context.Context, peer string, body []byte) ([]byte, error) {
	var b Batch
	if err := json.Unmarshal(body, &b); err != nil {
		return nil, errs.Because(err, errs.Invalid, "同步批次格式不符", "the batch is none")
	}
	var r Receipt
	err := d.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qMake, peer, store.Micros(d.Now())); err != nil {
			return err
		}
		if err := tx.Get(qIn, []any{peer}, &r.Applied); err != nil {
			return err
		}
		for _, it := range b.Items {
			if it.Seq <= r.Applied { // its receipt was lost
				continue
			}
			if it.Seq != r.Applied+1 {
				break
			}
			apply := d.Apply[it.Kind]
			if apply == nil { // a newer program's kind: waits until this one knows it
				break
			}
			if err := apply(tx, peer, it); err != nil {
				return err
			}
			r.Applied = it.Seq
		}
		_, err := tx.Exec(qCame, peer, r.Applied, store.Micros(d.Now()))
		return err
	})
	if err != nil {
		return nil, errs.Wrap("apply a peer's items", err)
	}
	return json.Marshal(r)
}

func states(tx *store.Tx) (list []State, err error) {
	return list, tx.Each(qLinks, nil, func(scan func(...any) error) error {
		var s State
		var made, acked, sent, came, since int64
		if err := scan(&s.Peer, &made, &acked, &s.Applied, &sent, &came, &s.Live, &since); err != nil {
			return err
		}
		s.Waiting, s.Sent, s.Came, s.Since = made-acked, store.Time(sent), store.Time(came), store.Time(since)
		list = append(list, s)
		return nil
	})
}

// States gives the links by peer.
func (d *Desk) States(ctx context.Context) (list []State, err error) {
	err = d.DB.Read(ctx, func(tx *store.Tx) error {
		list, err = states(tx)
		return err
	})
	return list, errs.Wrap("read the links", err)
}

// Settle notes which links came to life and which fell silent since the last time, and gives those that changed. A job calls it.
func (d *Desk) Settle(ctx context.Context) (changed []State, err error) {
	list, err := d.States(ctx)
	if err != nil {
		return nil, err
	}
	now := d.Now()
	for _, s := range list {
		last := s.Sent
		if s.Came.After(last) {
			last = s.Came
		}
		if live := now.Sub(last) <= 3*d.Interval; live != s.Live {
			s.Live, s.Since = live, now
			changed = append(changed, s)
		}
	}
	if len(changed) == 0 {
		return nil, nil
	}
	return changed, errs.Wrap("note the links' states", d.DB.Write(ctx, func(tx *store.Tx) error {
		for _, s := range changed {
			if _, err := tx.Exec(qState, s.Peer, s.Live, store.Micros(s.Since)); err != nil {
				return err
			}
		}
		return nil
	}))
}
