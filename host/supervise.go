package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// How long a worker that failed waits: from a second, doubling, up to a minute. A run that held for longer than the longest
// wait counts as a new beginning.
const (
	backoffFirst = time.Second
	backoffLast  = time.Minute
)

// worker is one job or feed with what is known about it.
type worker struct {
	system, kind, name string
	every              time.Duration // 0: one long run
	run                func(context.Context) error

	mu   sync.Mutex
	seen Work
}

// Work is how a job or feed stands.
type Work struct {
	System, Kind, Name string
	Every              time.Duration
	Running, Done      bool
	Runs, Failures     int64
	Started, Ended     time.Time // of the last run, by the wall clock
	Error              string    // of the last run; "" where it went well
}

// supervisor runs workers, each in one goroutine, never twice at once, until it is stopped.
type supervisor struct {
	log    *slog.Logger
	wall   func() time.Time
	runs   func(delta float64, values ...string)
	took   func(value float64, values ...string)
	cancel context.CancelFunc
	ctx    context.Context
	wg     sync.WaitGroup

	mu      sync.Mutex
	workers []*worker
}

func newSupervisor(log *slog.Logger, wall func() time.Time, m *Metrics) *supervisor {
	ctx, cancel := context.WithCancel(context.Background())
	return &supervisor{
		log: log, wall: wall, ctx: ctx, cancel: cancel,
		runs: m.Counter("work_runs_total", "Runs of jobs and feeds that ended.", "system", "kind", "name", "outcome"),
		took: m.Histogram("work_seconds", "How long a run of a job took.", "system", "kind", "name"),
	}
}

// start runs a worker until the supervisor is stopped.
func (s *supervisor) start(w *worker) {
	w.seen = Work{System: w.system, Kind: w.kind, Name: w.name, Every: w.every}
	s.mu.Lock()
	s.workers = append(s.workers, w)
	s.mu.Unlock()
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		s.loop(w)
	}()
}

func (s *supervisor) loop(w *worker) {
	failed := 0
	for s.ctx.Err() == nil {
		began := s.wall()
		err := s.once(w, began)
		if s.ctx.Err() != nil {
			return
		}
		wait := w.every
		switch {
		case err != nil:
			if s.wall().Sub(began) > backoffLast {
				failed = 0
			}
			failed++
			wait = backoff(failed)
		case w.every == 0:
			w.mu.Lock()
			w.seen.Done = true
			w.mu.Unlock()
			return
		default:
			failed = 0
		}
		if !sleep(s.ctx, wait) {
			return
		}
	}
}

// once runs a worker once, under the guard, and keeps what came of it.
func (s *supervisor) once(w *worker, began time.Time) error {
	w.mu.Lock()
	w.seen.Running, w.seen.Started = true, began
	w.mu.Unlock()
	err := guard(func() error { return w.run(s.ctx) })
	ended := s.wall()
	if s.ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = nil
	}
	outcome := "ok"
	if err != nil {
		outcome = "failed"
		s.log.Error("a worker failed", "system", w.system, "kind", w.kind, "name", w.name, "error", err)
	}
	s.runs(1, w.system, w.kind, w.name, outcome)
	if w.every > 0 {
		s.took(ended.Sub(began).Seconds(), w.system, w.kind, w.name)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.Running, w.seen.Ended, w.seen.Error = false, ended, ""
	w.seen.Runs++
	if err != nil {
		w.seen.Failures++
		w.seen.Error = err.Error()
	}
	return err
}

// stop ends all workers and waits for them until ctx ends; it names those that did not stop.
func (s *supervisor) stop(ctx context.Context) (late []string) {
	s.cancel()
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	for _, w := range s.status() {
		if w.Running {
			late = append(late, w.System+"/"+w.Name)
		}
	}
	return late
}

// status lists the workers, by system and name.
func (s *supervisor) status() (out []Work) {
	s.mu.Lock()
	workers := slices.Clone(s.workers)
	s.mu.Unlock()
	for _, w := range workers {
		w.mu.Lock()
		out = append(out, w.seen)
		w.mu.Unlock()
	}
	return out
}

// guard turns a panic into an error with its stack: one system's mistake must not end the others.
func guard(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}

// backoff is how long to wait after the n-th failure in a row: half of it fixed, half by chance, so that what failed
// together does not come back together.
func backoff(n int) time.Duration {
	d := backoffLast
	if n < 7 {
		d = min(backoffLast, backoffFirst<<(n-1))
	}
	return d/2 + rand.N(d/2+1)
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
