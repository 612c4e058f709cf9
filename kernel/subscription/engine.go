package subscription

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/store"
)

// Options of Open. What is zero takes the value named.
type Options struct {
	Now     func() time.Time
	Deliver Deliver
	// Parse makes a subscription of its Source again when the engine opens; the binding gives it.
	Parse   func(tenant, id, owner string, source json.RawMessage) (*Subscription, error)
	Pending int           // notices that may wait altogether; beyond it writers are refused with errs.Busy. 100,000
	Share   int           // notices of one receiver that fails; what is older is given up. A tenth of Pending
	Workers int           // deliveries at a time. 64
	Timeout time.Duration // of one delivery where the endpoint says none. 10 s
	First   time.Duration // back-off after the first failure; it doubles. 1 s
	Longest time.Duration // longest back-off. 1 min
	GiveUp  time.Duration // age at which a notice that fails becomes a dead letter. 10 min
	Log     *slog.Logger  // nil: none
}

func (o *Options) fill() {
	o.Pending = cmp.Or(o.Pending, 100_000)
	o.Share = cmp.Or(o.Share, max(o.Pending/10, 1))
	o.Workers = cmp.Or(o.Workers, 64)
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.First = cmp.Or(o.First, time.Second)
	o.Longest = cmp.Or(o.Longest, time.Minute)
	o.GiveUp = cmp.Or(o.GiveUp, 10*time.Minute)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// Engine matches changes to subscriptions inside the transaction that makes them, keeps what is due durably, and delivers it. It is
// safe for concurrent use.
type Engine struct {
	opts     Options
	db       *store.DB
	entities *entity.Store
	ctx      context.Context // of reads on the write lane
	unwatch  func()
	waiting  atomic.Int64

	// Of the write lane.
	index index
	fresh []entity.Change // the changes that are being matched

	mu    sync.Mutex
	subs  map[entity.Key]*sub
	nums  map[int64]*sub
	order []*sub // by num
	line  line
	book  book
}

// sub is a subscription at work. What is not the lane's is guarded by Engine.mu.
type sub struct {
	num   int64
	rule  *rule
	seen  uint64 // the lane's
	state State
	work
}

// Open loads the subscriptions and what is still due, and hooks into the entities (entity.Store.Watch). Nothing is delivered before
// Run.
func Open(ctx context.Context, db *store.DB, e *entity.Store, o Options) (*Engine, error) {
	o.fill()
	if err := db.Migrate(ctx, "subscription", tables); err != nil {
		return nil, errs.Wrap("open subscriptions", err)
	}
	g := &Engine{opts: o, db: db, entities: e, ctx: context.WithoutCancel(ctx), subs: map[entity.Key]*sub{}, nums: map[int64]*sub{}}
	g.book.init()
	if err := db.Read(ctx, g.load); err != nil {
		return nil, errs.Wrap("open subscriptions", err)
	}
	g.unwatch = e.Watch(g.watch)
	return g, nil
}

// Close ends the watching of entities. Run must have ended.
func (g *Engine) Close() { g.unwatch() }

// load reads everything.
func (g *Engine) load(tx *store.Tx) error {
	err := tx.Each(qSubAll, nil, func(scan func(...any) error) error {
		var num int64
		var tenant, id, owner string
		var source []byte
		if err := scan(&num, &tenant, &id, &owner, &source); err != nil {
			return err
		}
		spec, err := g.opts.Parse(tenant, id, owner, source)
		var r *rule
		if err == nil {
			r, err = compile(spec, g.linked(tenant))
		}
		s := &sub{num: num}
		if err != nil { // kept, so that it can be seen and mended; it asks for nothing
			g.opts.Log.Error("a stored subscription cannot be read", "subscription", id, "tenant", tenant, "error", err)
			s.rule = &rule{sub: &Subscription{ID: id, Tenant: tenant, Owner: owner, Source: source}}
			s.state.LastError = clip(err.Error())
		} else {
			s.rule = r
		}
		g.admit(s)
		return nil
	})
	if err == nil {
		err = g.loadStates(tx)
	}
	if err != nil {
		return err
	}
	return tx.Each(qDueAll, nil, func(scan func(...any) error) error {
		var id int64
		var doc []byte
		if err := scan(&id, &doc); err != nil {
			return err
		}
		b, err := decode(doc)
		if err != nil {
			g.opts.Log.Error("what is due cannot be read", "row", id, "error", err)
			return nil // left where it is
		}
		g.take(id, b)
		return nil
	})
}

func (g *Engine) loadStates(tx *store.Tx) error {
	err := tx.Each(qStateAll, nil, func(scan func(...any) error) error {
		var doc []byte
		if err := scan(&doc); err != nil {
			return err
		}
		return eachState(doc, func(num, confirmed int64, st State) {
			if s := g.nums[num]; s != nil {
				if s.state.LastError != "" {
					st.LastError = s.state.LastError
				}
				s.state, s.confirmed = st, confirmed
			}
		})
	})
	if err != nil {
		return err
	}
	return tx.Each(qDeadCount, nil, func(scan func(...any) error) error {
		var num, n int64
		err := scan(&num, &n)
		if s := g.nums[num]; s != nil {
			s.state.Dead = n
		}
		return err
	})
}

// admit takes a subscription into the tables in memory.
func (g *Engine) admit(s *sub) {
	g.mu.Lock()
	defer g.mu.Unlock()
	spec := s.rule.sub
	g.subs[entity.Key{Tenant: spec.Tenant, ID: spec.ID}] = s
	g.nums[s.num] = s
	at, _ := slices.BinarySearchFunc(g.order, s.num, func(o *sub, num int64) int { return cmp.Compare(o.num, num) })
	g.order = slices.Insert(g.order, at, s)
	g.index.add(s)
	g.schedule(s)
}

// Create adds a subscription; errs.Conflict where its id exists in its tenant.
func (g *Engine) Create(ctx context.Context, s *Subscription) error {
	r, err := compile(s, g.linked(s.Tenant))
	if err != nil {
		return err
	}
	err = g.db.Write(ctx, func(tx *store.Tx) error {
		num, err := tx.Next(seqNum)
		if err != nil {
			return err
		}
		n, err := tx.Exec(qSubAdd, num, s.Tenant, s.ID, s.Owner, []byte(s.Source))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.Conflict, "订阅 %s 已存在", "subscription %s exists already", s.ID)
		}
		tx.OnCommit(func() {
			made := &sub{num: num, rule: r}
			made.since = g.opts.Now()
			g.admit(made)
		})
		return nil
	})
	return errs.Wrap("create subscription", err)
}

// find gives a subscription; errs.NotFound where there is none.
func (g *Engine) find(tenant, id string) (*sub, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.subs[entity.Key{Tenant: tenant, ID: id}]; s != nil {
		return s, nil
	}
	return nil, missing(id)
}

func missing(id string) error {
	return errs.Say(errs.NotFound, "订阅 %s 不存在", "there is no subscription %s", id)
}

// Replace puts s in place of the subscription of its tenant and id. The counters go on; what waits is delivered as s says, at once
// where the receiver was failing. Where s is not active what waits becomes dead letters. Where was is not nil it must be what Get
// gave and still stand; errs.Conflict where somebody was faster.
func (g *Engine) Replace(ctx context.Context, s, was *Subscription) error {
	r, err := compile(s, g.linked(s.Tenant))
	if err != nil {
		return err
	}
	old, err := g.find(s.Tenant, s.ID)
	if err != nil {
		return err
	}
	err = g.db.Write(ctx, func(tx *store.Tx) error {
		q, args := qSubSet, []any{old.num, []byte(s.Source)}
		if was != nil {
			q, args = qSubSwap, append(args, []byte(was.Source))
		}
		n, err := tx.Exec(q, args...)
		if err == nil && n == 0 {
			if _, err = g.find(s.Tenant, s.ID); err == nil && was != nil {
				err = errs.Say(errs.Conflict, "订阅 %s 已被他人修改，请重试", "subscription %s was changed by somebody else meanwhile; try again", s.ID)
			} else {
				err = missing(s.ID)
			}
		}
		if err == nil { // a function that fails may share its transaction with others that commit
			tx.OnCommit(func() { g.swap(old, r) })
		}
		return err
	})
	return errs.Wrap("update subscription", err)
}

// swap gives s another rule, on the lane.
func (g *Engine) swap(s *sub, r *rule) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.index.drop(s)
	if s.rule.sub.Interval != r.sub.Interval || !s.rule.sub.Active {
		s.since = g.opts.Now()
	}
	s.rule = r
	s.notBefore, s.fails = time.Time{}, 0
	g.index.add(s)
	g.schedule(s)
}

// Delete removes a subscription with all that waits for it and its dead letters. A delivery under way is broken off.
func (g *Engine) Delete(ctx context.Context, tenant, id string) error {
	s, err := g.find(tenant, id)
	if err != nil {
		return err
	}
	err = g.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qSubDel, s.num)
		if err == nil && n == 0 {
			err = missing(id)
		}
		if err == nil {
			_, err = tx.Exec(qDeadAll, s.num)
		}
		tx.OnCommit(func() { g.forget(s) })
		return err
	})
	return errs.Wrap("delete subscription", err)
}

// forget takes s out of everything, on the lane.
func (g *Engine) forget(s *sub) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.index.drop(s)
	spec := s.rule.sub
	delete(g.subs, entity.Key{Tenant: spec.Tenant, ID: spec.ID})
	delete(g.nums, s.num)
	if at, ok := slices.BinarySearchFunc(g.order, s.num, func(o *sub, num int64) int { return cmp.Compare(o.num, num) }); ok {
		g.order = slices.Delete(g.order, at, at+1)
	}
	s.gone = true
	if s.cancel != nil {
		s.cancel()
	}
	for _, n := range s.queue {
		g.release(n)
	}
	g.waiting.Add(-int64(len(s.queue)))
	s.queue = nil
	g.book.touch(s)
	g.schedule(s)
}

// Get gives a subscription and its state; errs.NotFound where there is none.
func (g *Engine) Get(ctx context.Context, tenant, id string) (*Subscription, State, error) {
	s, err := g.find(tenant, id)
	if err != nil {
		return nil, State{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return s.rule.sub, s.view(), nil
}

// Settle waits until a delivery of a subscription that is under way has ended, for a while at most: a receiver that has answered a
// notification then finds it counted.
func (g *Engine) Settle(ctx context.Context, tenant, id string, most time.Duration) {
	s, err := g.find(tenant, id)
	if err != nil {
		return
	}
	g.mu.Lock()
	if s.phase != running {
		g.mu.Unlock()
		return
	}
	if s.calm == nil {
		s.calm = make(chan struct{})
	}
	calm := s.calm
	g.mu.Unlock()
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-calm:
	case <-t.C:
	case <-ctx.Done():
	}
}

func (s *sub) view() State {
	st := s.state
	st.Waiting = int64(len(s.queue))
	return st
}

// List pages through the subscriptions of a tenant ("*": of all) in the order in which they were made; next is the cursor of the
// following page, "" at the end.
func (g *Engine) List(ctx context.Context, tenant, after string, offset int64, limit int) (list []*Subscription, states []State, next string, total int64, err error) {
	last := int64(0)
	if after != "" {
		parts, err := store.Uncursor(after, 1)
		if err == nil {
			last, err = strconv.ParseInt(parts[0], 10, 64)
		}
		if err != nil {
			return nil, nil, "", 0, errs.Say(errs.Invalid, "翻页标记无效，请从第一页重新查询", "the page cursor is not valid; start again from the first page")
		}
		offset = 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	var end int64
	for _, s := range g.order {
		if tenant != "*" && s.rule.sub.Tenant != tenant {
			continue
		}
		total++
		switch {
		case s.num <= last:
		case offset > 0:
			offset--
		case len(list) < limit:
			list, states, end = append(list, s.rule.sub), append(states, s.view()), s.num
		case next == "" && limit > 0:
			next = store.Cursor(strconv.FormatInt(end, 10))
		}
	}
	return list, states, next, total, nil
}

// clip bounds the text of an error, and makes it one that the database takes.
func clip(s string) string {
	const most = 300
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
	if len(s) <= most {
		return s
	}
	for i := range s {
		if i > most {
			return s[:i] + "…"
		}
	}
	return s
}
