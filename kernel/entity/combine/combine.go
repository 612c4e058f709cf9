package combine

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/haihe-city/haihe/errs"
)

// Combiner runs tasks of T in groups. Run gets a group and fills in the results; it works on one group at a time, on a goroutine of its
// own. It is safe for concurrent use.
type Combiner[T, R any] struct {
	run   func(tasks []T, out []R) error
	group int // tasks in a group at most
	queue int // calls that may wait

	mu      sync.Mutex
	waiting []*call[T, R]
	running bool
}

// The states of a call: whoever moves it away from waiting owns it.
const (
	waiting int32 = iota
	taken
	left
)

type call[T, R any] struct {
	task   T
	result R
	err    error
	state  atomic.Int32
	done   chan struct{}
}

// New makes a combiner.
func New[T, R any](group, queue int, run func(tasks []T, out []R) error) *Combiner[T, R] {
	return &Combiner[T, R]{run: run, group: group, queue: queue}
}

// Do runs a task together with others', and gives its result; the error is that of the group. A caller whose context ends while the
// task waits is not served; once it runs, it is. errs.Busy at once where too many wait.
func (c *Combiner[T, R]) Do(ctx context.Context, task T) (r R, err error) {
	k := &call[T, R]{task: task, done: make(chan struct{})}
	c.mu.Lock()
	if len(c.waiting) >= c.queue {
		c.mu.Unlock()
		return r, errs.Say(errs.Busy, "写入请求过多，系统繁忙，请稍后重试", "too many writes are waiting; the system is busy, try again in a moment")
	}
	c.waiting = append(c.waiting, k)
	if !c.running {
		c.running = true
		go c.work()
	}
	c.mu.Unlock()
	select {
	case <-k.done:
	case <-ctx.Done():
		if k.state.CompareAndSwap(waiting, left) {
			return r, ctx.Err()
		}
		<-k.done
	}
	return k.result, k.err
}

// work serves groups until nobody waits.
func (c *Combiner[T, R]) work() {
	var calls []*call[T, R]
	var tasks []T
	var results []R
	for {
		c.mu.Lock()
		n := min(c.group, len(c.waiting))
		if n == 0 {
			c.running, c.waiting = false, nil
			c.mu.Unlock()
			return
		}
		calls, tasks = calls[:0], tasks[:0]
		for _, k := range c.waiting[:n] {
			if k.state.CompareAndSwap(waiting, taken) {
				calls, tasks = append(calls, k), append(tasks, k.task)
			}
		}
		clear(c.waiting[:n])
		c.waiting = c.waiting[n:]
		c.mu.Unlock()
		if len(calls) == 0 {
			continue
		}
		results = append(results[:0], make([]R, len(calls))...)
		err := c.run(tasks, results)
		for i, k := range calls {
			k.result, k.err = results[i], err
			close(k.done)
		}
		// Those who were answered and come again at once are to be part of the next group, not of the one after it.
		for range 2 {
			runtime.Gosched()
		}
		clear(calls)
		clear(tasks)
		clear(results)
	}
}
