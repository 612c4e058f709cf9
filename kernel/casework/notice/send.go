package notice

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	mrand "math/rand/v2"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// How deliveries are tried.
const (
	maxTries  = 4                // by one way
	lease     = 10 * time.Minute // after which a delivery that is being tried is taken for abandoned
	sendTime  = 30 * time.Second // for one Send
	firstWait = time.Second      // before the second try, doubling, half of it by chance
	mostClaim = 512              // deliveries of a channel in memory
)

// lane is one channel with what is under way on it.
type lane struct {
	channel Channel
	pace    Pace
	room    int
	jobs    chan job
	stirred chan struct{}

	mu     sync.Mutex
	flight map[string]bool // ids that this process has in hand
}

// job is one delivery to be sent. again says that it was tried before, so that the other side may have it.
type job struct {
	row   *row
	d     Delivery
	again bool
}

// outcome is what came of a job.
type outcome struct {
	lane    *lane
	row     *row
	receipt string
	spared  bool
	err     error
}

func newLane(c Channel, pace Pace) *lane {
	if pace.Parallel <= 0 {
		pace.Parallel = 16
	}
	room := min(max(pace.Parallel*4, 64), mostClaim)
	return &lane{channel: c, pace: pace, room: room, jobs: make(chan job, room), stirred: make(chan struct{}, 1), flight: map[string]bool{}}
}

func (l *lane) stir() { poke(l.stirred) }

func (l *lane) free() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.room - len(l.flight)
}

func (l *lane) take(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.flight[id] {
		return false
	}
	l.flight[id] = true
	return true
}

func (l *lane) drop(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.flight, id)
}

// Run sends what is due and escalates what is not answered, until ctx ends. What was under way then is settled, as far as it came.
func (p *Post) Run(ctx context.Context) error {
	if err := p.takeUp(ctx); err != nil { // also what an earlier Run of this process left half done
		return err
	}
	var senders, settler sync.WaitGroup
	inner, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	guarded := func(fn func(context.Context) error) {
		senders.Go(func() {
			if err := fn(inner); err != nil {
				fail(err)
			}
		})
	}
	for _, l := range p.lanes {
		tokens := l.tokens(inner)
		for range l.pace.Parallel {
			guarded(func(ctx context.Context) error { l.work(ctx, tokens, p.settle); return nil })
		}
		guarded(func(ctx context.Context) error { return p.feed(ctx, l) })
	}
	guarded(p.escalate)
	done := make(chan struct{})
	settler.Go(func() { p.settleAll(inner, done, fail) })
	senders.Wait()
	close(done)
	settler.Wait()
	for _, l := range p.lanes { // what was claimed and not sent is tried again by the next Run, which asks for its key
		for len(l.jobs) > 0 {
			<-l.jobs
		}
		l.mu.Lock()
		clear(l.flight)
		l.mu.Unlock()
	}
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(inner)
}

// feed claims what is due on a lane as there is room, durably, and hands it to the workers.
func (p *Post) feed(ctx context.Context, l *lane) error {
	for ctx.Err() == nil {
		jobs, err := p.claim(ctx, l)
		if err != nil && !errs.Is(err, errs.Busy) {
			return err
		}
		for _, j := range jobs {
			select {
			case l.jobs <- j:
			case <-ctx.Done():
				return nil
			}
		}
		if len(jobs) > 0 && l.free() > l.room/4 {
			continue
		}
		wait := time.NewTimer(p.o.Poll)
		select {
		case <-ctx.Done():
		case <-l.stirred:
		case <-wait.C:
		}
		wait.Stop()
	}
	return nil
}

// claim marks what is due as being tried, and gives it as jobs. The mark is durable before anything is sent.
func (p *Post) claim(ctx context.Context, l *lane) (jobs []job, err error) {
	n := l.free()
	if n <= l.room/4 {
		return nil, nil
	}
	now := p.o.Now()
	some := false
	if err := p.o.DB.Read(ctx, func(tx *store.Tx) error { // most looks find nothing, and need no write
		return tx.Each(store.Q("notice.some", qDue), []any{l.channel.Name(), store.Micros(now), 1}, func(scan func(...any) error) error {
			some = true
			return nil
		})
	}); err != nil || !some {
		return nil, err
	}
	var taken []string
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for _, id := range taken {
			l.drop(id)
		}
		jobs, taken = nil, nil
		list, err := rows(tx, store.Q("notice.due", qDue+p.o.DB.Claim()), l.channel.Name(), store.Micros(now), int64(n))
		if err != nil {
			return err
		}
		letters := map[string]*letter{}
		var ids []string
		var tokens []any
		for _, r := range list {
			if !l.take(r.id) {
				continue
			}
			taken = append(taken, r.id)
			j, hash, err := p.prepare(tx, r, letters)
			if err != nil {
				return err
			}
			if hash != nil {
				tokens = append(tokens, hash, r.id)
			}
			ids, jobs = append(ids, r.id), append(jobs, j)
		}
		if err := each(tx, &qTry, store.Micros(now.Add(lease)), ids); err != nil {
			return err
		}
		_, err = tx.ExecBulk(bulkToken, tokens)
		return err
	})
	if err != nil {
		for _, id := range taken {
			l.drop(id)
		}
		return nil, errs.Wrap("claim notices", err)
	}
	return jobs, nil
}

// prepare makes the job of a row, with a fresh token where an answer is wanted: only its hash is kept, so an old one cannot be told again.
func (p *Post) prepare(tx *store.Tx, r *row, letters map[string]*letter) (j job, hash []byte, err error) {
	m := letters[r.message]
	if m == nil {
		m = new(letter)
		if err := m.get(tx, r.message); err != nil {
			return j, nil, err
		}
		letters[r.message] = m
	}
	ack := ""
	if m.AckBy > 0 && r.who.Duty != Public {
		ack, hash = newToken()
	}
	again := r.tries > 0
	r.tries++
	return job{row: r, d: compose(r, m, ack), again: again}, hash, nil
}

func newToken() (token string, hash []byte) {
	var b [18]byte
	_, _ = rand.Read(b[:]) // never fails
	token = base64.RawURLEncoding.EncodeToString(b[:])
	return token, hashOf(token)
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// tokens gives one value for each delivery that the lane may send now; nil where it may send as fast as it is taken.
func (l *lane) tokens(ctx context.Context) <-chan struct{} {
	rate := l.pace.PerSecond
	if rate <= 0 {
		return nil
	}
	step, each := time.Second/time.Duration(rate), 1
	if rate > 100 {
		step, each = 10*time.Millisecond, rate/100
	}
	out := make(chan struct{}, each)
	go func() {
		tick := time.NewTicker(step)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			for range each {
				poke(out)
			}
		}
	}()
	return out
}

// work sends jobs until ctx ends.
func (l *lane) work(ctx context.Context, tokens <-chan struct{}, settle chan<- outcome) {
	for {
		var j job
		select {
		case <-ctx.Done():
			return
		case j = <-l.jobs:
		}
		if tokens != nil {
			select {
			case <-ctx.Done():
				return
			case <-tokens:
			}
		}
		o := l.send(ctx, j)
		if o.err != nil && ctx.Err() != nil {
			return // cut off by the end of the program: the mark stays, and the key is asked for
		}
		settle <- o
	}
}

// send gives a job to the channel; what was tried before is asked for first.
func (l *lane) send(ctx context.Context, j job) (o outcome) {
	o = outcome{lane: l, row: j.row}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	defer func() {
		if x := recover(); x != nil {
			o.err = errs.Say(errs.Internal, "通道“%[1]s”出错", "the channel %[1]q failed", l.channel.Name())
		}
	}()
	if j.again {
		receipt, found, known, err := l.found(ctx, j.d)
		switch {
		case err != nil:
			o.err = err
			return o
		case known && found:
			o.receipt, o.spared = receipt, true
			return o
		}
	}
	o.receipt, o.err = l.channel.Send(ctx, j.d)
	return o
}

// found asks whether the other side has taken a delivery.
func (l *lane) found(ctx context.Context, d Delivery) (receipt string, found, known bool, err error) {
	if s, ok := l.channel.(Searcher); ok {
		return s.FoundFor(ctx, d)
	}
	return l.channel.Found(ctx, d.Key)
}

// backoff is the wait before a try: from a second, doubling, half of it by chance, so that what failed together does not come back
// together.
func backoff(tries int64) time.Duration {
	d := firstWait << min(tries-1, 6)
	return d/2 + mrand.N(d/2+1)
}
