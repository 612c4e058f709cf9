package subscription

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/store"
)

// book is what is to be written down: counters that changed, rows that are done, dead letters. It is written in one transaction, so
// that a row goes together with what became of its notices.
type book struct {
	pages map[int64]struct{} // of subscription_state
	rows  []int64
	dead  []corpse
	bell  chan struct{}
}

// corpse is a notice that becomes a dead letter.
type corpse struct {
	num    int64
	at     time.Time
	why    string
	notice *notice
}

// keepEvery is the least time between two writings.
const keepEvery = 100 * time.Millisecond

func (b *book) init() { b.pages, b.bell = map[int64]struct{}{}, make(chan struct{}, 1) }

// touch marks the counters of s.
func (b *book) touch(s *sub) {
	b.pages[s.num/pageSize] = struct{}{}
	b.wake()
}

func (b *book) wake() {
	select {
	case b.bell <- struct{}{}:
	default:
	}
}

// keep writes the book down until ctx ends.
func (g *Engine) keep(ctx context.Context) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.book.bell:
		}
		wait := keepEvery
		if err := g.flush(ctx); err != nil && ctx.Err() == nil {
			if !errs.Is(err, errs.Busy) {
				g.opts.Log.Error("the state of deliveries cannot be written", "error", err)
			}
			wait = 10 * keepEvery
		}
		pause.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// flush writes the book down; after an error nothing is lost, and it is tried again.
func (g *Engine) flush(ctx context.Context) error {
	g.mu.Lock()
	pages, rows, dead := g.book.pages, g.book.rows, g.book.dead
	if len(pages) == 0 && len(rows) == 0 && len(dead) == 0 {
		g.mu.Unlock()
		return nil
	}
	g.book.pages, g.book.rows, g.book.dead = map[int64]struct{}{}, nil, nil
	docs := map[int64][]byte{}
	for p := range pages {
		docs[p] = g.page(p)
	}
	g.mu.Unlock()
	err := g.db.Write(ctx, func(tx *store.Tx) error {
		for p, doc := range docs {
			if _, err := tx.Exec(qStateSet, p, doc); err != nil {
				return err
			}
		}
		for _, c := range dead {
			if err := g.bury(tx, c); err != nil {
				return err
			}
		}
		if err := dropRows(tx, rows); err != nil {
			return err
		}
		if len(dead) > 0 {
			tx.OnCommit(func() { g.buried(dead) })
		}
		return nil
	})
	if err == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for p := range pages {
		g.book.pages[p] = struct{}{}
	}
	g.book.rows, g.book.dead = append(rows, g.book.rows...), append(dead, g.book.dead...)
	g.book.wake()
	return errs.Wrap("write down deliveries", err)
}

// buried lets the rows of dead letters go.
func (g *Engine) buried(dead []corpse) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range dead {
		g.release(c.notice)
	}
}

// page encodes a row of subscription_state. g.mu is held.
func (g *Engine) page(p int64) []byte {
	w := writer{}
	w.uint(pageVersion)
	for num := p * pageSize; num < (p+1)*pageSize; num++ {
		if s := g.nums[num]; s != nil {
			appendState(&w, num, s.confirmed, &s.state)
		}
	}
	return w.b
}

func dropRows(tx *store.Tx, rows []int64) error {
	for len(rows) > 0 {
		q, args := qDueDel, []any{rows[0]}
		if len(rows) >= manyRows {
			q, args = qDueDel64, make([]any, manyRows)
			for i := range args {
				args[i] = rows[i]
			}
		}
		if _, err := tx.Exec(q, args...); err != nil {
			return err
		}
		rows = rows[len(args):]
	}
	return nil
}

// bury writes a dead letter; that of a subscription that was deleted meanwhile is nobody's.
func (g *Engine) bury(tx *store.Tx, c corpse) error {
	g.mu.Lock()
	there := g.nums[c.num] != nil
	g.mu.Unlock()
	if !there {
		return nil
	}
	doc, err := batchOf(c.num, c.notice).encode()
	if err != nil {
		return err
	}
	id, err := tx.Next(seqDead)
	if err != nil {
		return err
	}
	_, err = tx.Exec(qDeadAdd, id, c.num, store.Micros(c.at), c.notice.tries, c.why, doc)
	return err
}

// batchOf is a batch of one notice.
func batchOf(num int64, n *notice) *batch {
	b := &batch{at: n.at, parts: []part{{num: num}}}
	for i, it := range n.items {
		e := it.After
		if e == nil {
			e = it.Before
		}
		b.changes = append(b.changes, entity.Change{ID: e.ID, Tenant: e.Tenant, At: it.At, Entity: it.After, Before: it.Before})
		b.parts[0].items = append(b.parts[0].items, pick{i, maskOf(it.Trigger)})
	}
	return b
}

// Letter is a dead letter: a notice that was given up.
type Letter struct {
	ID           int64
	Subscription string
	At           time.Time // when it was given up
	Tries        int
	Error        string // why, as the last try said
	Notice       Notice
}

// Dead lists the dead letters of a subscription, newest first; limit is 1 to 1000.
func (g *Engine) Dead(ctx context.Context, tenant, id, after string, limit int) (list []Letter, next string, err error) {
	s, err := g.find(tenant, id)
	if err != nil {
		return nil, "", err
	}
	before := int64(math.MaxInt64)
	if after != "" {
		parts, err := store.Uncursor(after, 1)
		if err == nil {
			before, err = strconv.ParseInt(parts[0], 10, 64)
		}
		if err != nil {
			return nil, "", errs.Say(errs.Invalid, "翻页标记无效，请从第一页重新查询", "the page cursor is not valid; start again from the first page")
		}
	}
	limit = min(max(limit, 1), 1000)
	err = g.db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qDeadList, []any{s.num, before, limit + 1}, func(scan func(...any) error) error {
			l := Letter{Subscription: id}
			var at, tries int64
			var doc []byte
			if err := scan(&l.ID, &at, &tries, &l.Error, &doc); err != nil {
				return err
			}
			l.At, l.Tries = store.Time(at), int(tries)
			b, err := decode(doc)
			if err != nil {
				return errs.As(errs.Internal, "read dead letter", err)
			}
			l.Notice = Notice{Subscription: id, Tenant: tenant, At: b.at}
			for _, p := range b.parts {
				l.Notice.Items = append(l.Notice.Items, b.items(p)...)
			}
			list = append(list, l)
			return nil
		})
	})
	if err == nil && len(list) > limit {
		list = list[:limit]
		next = store.Cursor(strconv.FormatInt(list[limit-1].ID, 10))
	}
	return list, next, errs.Wrap("list dead letters", err)
}

// replayAtOnce bounds one transaction of Replay.
const replayAtOnce = 256

// Replay puts a dead letter (0: all) back in line, behind what waits; it tells how many.
func (g *Engine) Replay(ctx context.Context, tenant, id string, letter int64) (total int64, err error) {
	s, err := g.find(tenant, id)
	if err != nil {
		return 0, err
	}
	for {
		n, err := g.replay(ctx, s, letter)
		total += n
		if err != nil || letter != 0 || n < replayAtOnce {
			if err == nil && letter != 0 && n == 0 {
				err = noLetter(letter)
			}
			return total, errs.Wrap("replay dead letters", err)
		}
	}
}

func noLetter(id int64) error {
	return errs.Say(errs.NotFound, "死信 %d 不存在", "there is no dead letter %d", id)
}

func (g *Engine) replay(ctx context.Context, s *sub, letter int64) (count int64, err error) {
	err = g.db.Write(ctx, func(tx *store.Tx) error {
		count = 0
		docs := map[int64][]byte{}
		var ids []int64
		q, args := qDeadSome, []any{s.num, replayAtOnce}
		if letter != 0 {
			q, args = qDeadOne, []any{s.num, letter}
		}
		err := tx.Each(q, args, func(scan func(...any) error) error {
			num, doc := letter, []byte(nil)
			to := []any{&num, &doc}
			if letter != 0 {
				to = to[1:]
			}
			err := scan(to...)
			ids, docs[num] = append(ids, num), doc
			return err
		})
		if err != nil {
			return err
		}
		if g.waiting.Load()+int64(len(ids)) > int64(g.opts.Pending) {
			return errs.Say(errs.Busy, "待投递的订阅通知过多，请稍后再重投", "too many notifications are waiting to be delivered; replay later")
		}
		for _, dead := range ids {
			if err := g.revive(tx, s, dead, docs[dead]); err != nil {
				return err
			}
			count++
		}
		tx.OnCommit(func() { g.undead(s, count) })
		return nil
	})
	return count, err
}

// revive makes a dead letter due again, as if it had become due now.
func (g *Engine) revive(tx *store.Tx, s *sub, dead int64, doc []byte) error {
	b, err := decode(doc)
	if err != nil {
		return errs.As(errs.Internal, "read dead letter", err)
	}
	b.at = g.opts.Now()
	if doc, err = b.encode(); err != nil {
		return err
	}
	id, err := tx.Next(seqDue)
	if err == nil {
		_, err = tx.Exec(qDueAdd, id, doc)
	}
	if err == nil {
		_, err = tx.Exec(qDeadDel, s.num, dead)
	}
	tx.OnCommit(func() { g.take(id, b) })
	return err
}

func (g *Engine) undead(s *sub, n int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.state.Dead -= n
}

// Discard removes a dead letter (0: all) for good; it tells how many.
func (g *Engine) Discard(ctx context.Context, tenant, id string, letter int64) (count int64, err error) {
	s, err := g.find(tenant, id)
	if err != nil {
		return 0, err
	}
	err = g.db.Write(ctx, func(tx *store.Tx) error {
		q, args := qDeadAll, []any{s.num}
		if letter != 0 {
			q, args = qDeadDel, []any{s.num, letter}
		}
		count, err = tx.Exec(q, args...)
		if err == nil && letter != 0 && count == 0 {
			return noLetter(letter)
		}
		tx.OnCommit(func() { g.undead(s, count) })
		return err
	})
	return count, errs.Wrap("discard dead letters", err)
}
