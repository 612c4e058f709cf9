package record

import (
	"context"
	"crypto"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/note"
)

// Name is the log's name among the tiles.
const Name = "exchange"

// Window is how old a request may be, or how far ahead of this node's clock; within it each call's id is taken once.
const Window = 5 * time.Minute

// Log keeps the lines. Its methods may be called from anywhere at once.
type Log struct {
	db    *store.DB
	tree  *tiles.Log
	now   func() time.Time
	stamp Stamper
	limit time.Duration

	mu    sync.Mutex
	queue []*waiter
	busy  bool
	idle  sync.WaitGroup

	seen replay

	first   atomic.Int64 // when the oldest line was written that no stamp covers, microseconds; 0: none
	covered atomic.Int64 // leaves under the newest stamp
}

type waiter struct {
	r    *Record
	done chan error
}

// Options of Open.
type Options struct {
	DB     *store.DB
	Tiles  *tiles.Store
	Member string        // this node
	Key    crypto.Signer // signs the checkpoints; the member's key
	Now    func() time.Time
	Stamp  Stamper       // its Ask is nil where nothing is stamped
	Limit  time.Duration // age of the oldest line without a stamp beyond which calls stop; 0: 4 hours
}

// Origin names a member's log. C2SP tlog-checkpoint
func Origin(member string) string { return "haihe.city/exchange/" + member }

// noteKey is the key of a member as the log's checkpoints name it.
func noteKey(member string, pub crypto.PublicKey) (note.Key, error) {
	a, err := pki.Of(pub)
	if err != nil {
		return note.Key{}, err
	}
	der, err := pki.MarshalPublic(pub)
	if err != nil {
		return note.Key{}, err
	}
	if a == pki.SM2 {
		return note.NewKey(Origin(member), note.Own, append([]byte(note.SM2), der...))
	}
	return note.NewKey(Origin(member), note.ECDSA, der)
}

// Open migrates and opens the log of a node.
func Open(ctx context.Context, o Options) (*Log, error) {
	if err := o.DB.Migrate(ctx, "sharing_record", tables); err != nil {
		return nil, errs.Wrap("migrate the records", err)
	}
	key, err := noteKey(o.Member, o.Key.Public())
	if err != nil {
		return nil, errs.Wrap("open the records", err)
	}
	tree, err := o.Tiles.Log(ctx, tiles.Options{Name: Name, Origin: Origin(o.Member), Signers: []tiles.Signer{{Key: key,
		Sign: func(_ context.Context, m []byte) ([]byte, error) { return pki.Sign(o.Key, m) }}}})
	if err != nil {
		return nil, errs.Wrap("open the records", err)
	}
	l := &Log{db: o.DB, tree: tree, now: o.Now, stamp: o.Stamp, limit: o.Limit, seen: replay{at: map[string]int64{}}}
	if l.limit == 0 {
		l.limit = 4 * time.Hour
	}
	return l, errs.Wrap("open the records", l.recall(ctx))
}

// recall reads which calls were answered within the window, and from where on no stamp covers the lines.
func (l *Log) recall(ctx context.Context) error {
	return l.db.Read(ctx, func(tx *store.Tx) error {
		var from int64
		if err := tx.Get(qSince, []any{store.Micros(l.now().Add(-2 * Window))}, &from); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		err := tx.Each(qRecent, []any{from}, func(scan func(...any) error) error {
			var call string
			var at int64
			if err := scan(&call, &at); err != nil {
				return err
			}
			l.seen.at[call] = at
			return nil
		})
		if err != nil {
			return err
		}
		var size, at int64
		if err := tx.Get(qStampLast, nil, &size, &at); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		return l.uncovered(tx, size)
	})
}

// uncovered notes from when on lines wait for a stamp.
func (l *Log) uncovered(tx *store.Tx, size int64) error {
	var at int64
	err := tx.Get(qAtLeaf, []any{size}, &at)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	l.covered.Store(size)
	l.first.Store(at)
	return nil
}

// Fresh tells that calls may be made and served; errs.Unavailable where lines have waited for a stamp beyond the limit.
func (l *Log) Fresh() error {
	if l.stamp.Ask == nil || l.Waiting() <= l.limit {
		return nil
	}
	return errs.Say(errs.Unavailable, "存证超过 %s 未加盖时间戳，已停止交换；请恢复时间戳服务", "records have waited for a time stamp for more than %s, so exchange has stopped; mend the time-stamp service", l.limit.String())
}

// Waiting tells how long the oldest line without a stamp has waited; 0 where there is none.
func (l *Log) Waiting() time.Duration {
	first := l.first.Load()
	if first == 0 {
		return 0
	}
	return max(0, l.now().Sub(store.Time(first)))
}

// Claim takes a call's id for a request that is to be served, once within the window. created is what its signature states.
// A request out of the window is errs.Invalid, one that came before errs.Conflict.
func (l *Log) Claim(call string, created time.Time) error {
	now := l.now()
	if d := now.Sub(created); d > Window || d < -Window {
		return errs.Say(errs.Invalid, "请求时间 %s 与本节点时钟相差超过 %s；请校准时钟后重发", "the request's time %s and this node's clock differ by more than %s; set the clocks and send it anew",
			created.UTC().Format(time.RFC3339), Window.String())
	}
	if !l.seen.take(call, store.Micros(now)) {
		return errReplay()
	}
	return nil
}

func errReplay() error {
	return errs.Say(errs.Conflict, "该请求已经收到过，拒绝重放", "this request came before; a replay is refused")
}

// replay remembers the ids of calls for as long as a request may be old, and a bit.
type replay struct {
	mu   sync.Mutex
	at   map[string]int64
	next int64 // when it is swept
}

func (p *replay) take(call string, now int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now >= p.next {
		for k, at := range p.at {
			if at < now-2*Window.Microseconds() {
				delete(p.at, k)
			}
		}
		p.next = now + time.Minute.Microseconds()
	}
	if _, there := p.at[call]; there {
		return false
	}
	p.at[call] = now
	return true
}

// Keep writes the two lines of a call and returns when they are durable; what came at the same time is written together. A call that
// was recorded before is errs.Conflict.
func (l *Log) Keep(r *Record) error {
	w := &waiter{r: r, done: make(chan error, 1)}
	l.mu.Lock()
	l.queue = append(l.queue, w)
	lead := !l.busy
	if lead {
		l.busy = true
		l.idle.Add(1)
	}
	l.mu.Unlock()
	if lead {
		go l.drain()
	}
	return <-w.done
}

// maxGroup bounds the calls of one transaction.
const maxGroup = 256

// drain writes what waits until nothing does.
func (l *Log) drain() {
	defer l.idle.Done()
	for {
		l.mu.Lock()
		n := min(len(l.queue), maxGroup)
		group := l.queue[:n:n]
		l.queue = l.queue[n:]
		if n == 0 {
			l.busy, l.queue = false, nil
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		err := l.write(group)
		if err != nil && n > 1 && !errs.Is(err, errs.Busy) && !errs.Is(err, errs.Unavailable) { // one of them spoils it for all: each by itself
			for i := range group {
				group[i].done <- l.write(group[i : i+1])
			}
			continue
		}
		for _, w := range group {
			w.done <- err
		}
	}
}

func (l *Log) write(group []*waiter) error {
	lines := make([][]byte, 0, 2*len(group))
	leaves := make([][merkle.Size]byte, 0, 2*len(group))
	for _, w := range group {
		asked := w.r.asked()
		hash := merkle.LeafHash(asked)
		answer := w.r.answer(hash)
		lines, leaves = append(lines, asked, answer), append(leaves, hash, merkle.LeafHash(answer))
	}
	return errs.Wrap("record calls", l.db.Write(context.Background(), func(tx *store.Tx) error {
		first, err := l.tree.Append(tx, leaves)
		if err != nil {
			return err
		}
		args := make([]any, 0, 9*len(group))
		for i, w := range group {
			r := w.r
			r.Leaf = first + uint64(2*i)
			args = append(args, int64(r.Leaf), r.Request.Call, r.Side, store.Micros(r.Answered), r.Request.Caller, r.Request.Provider, int64(r.Response.Status), lines[2*i], lines[2*i+1])
			if len(r.Bodies) == 2 {
				if _, err := tx.Exec(qBody, int64(r.Leaf), r.Bodies[0], r.Bodies[1]); err != nil {
					return err
				}
			}
			if r.Keep != nil {
				if err := r.Keep(tx); err != nil {
					return err
				}
			}
		}
		n, err := tx.ExecBulk(qInsert, args)
		if err == nil && n != int64(len(group)) {
			err = errReplay()
		}
		at := store.Micros(group[0].r.Answered)
		tx.OnCommit(func() { l.first.CompareAndSwap(0, at) })
		return err
	}))
}

// Close waits until everything that was handed in is written.
func (l *Log) Close() { l.idle.Wait() }
