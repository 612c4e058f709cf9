package host

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func testSupervisor(t *testing.T) *supervisor {
	t.Helper()
	return newSupervisor(slog.New(slog.DiscardHandler), time.Now, newMetrics(prometheus.NewRegistry(), "host"))
}

// until waits for a condition that is bound to come; the test's own time limit ends it otherwise.
func until(t *testing.T, cond func() bool) {
	t.Helper()
	for !cond() {
		if !sleep(t.Context(), time.Millisecond) {
			t.Fatal("the test ended while it waited")
		}
	}
}

func TestPanicStopsOneWorkerOnly(t *testing.T) {
	s := testSupervisor(t)
	var good atomic.Int64
	s.start(&worker{system: "a", kind: "job", name: "bad", every: time.Hour, run: func(context.Context) error { panic("boom") }})
	s.start(&worker{system: "b", kind: "job", name: "good", every: time.Millisecond, run: func(context.Context) error { good.Add(1); return nil }})
	until(t, func() bool { return good.Load() > 3 && s.status()[0].Failures > 0 })
	if late := s.stop(t.Context()); late != nil {
		t.Fatal("did not stop:", late)
	}
	if w := s.status()[0]; !strings.Contains(w.Error, "boom") || !strings.Contains(w.Error, "supervise_test.go") {
		t.Errorf("the panic and its stack are not kept: %q", w.Error)
	}
}

func TestFeedIsRestartedAndJobsNeverOverlap(t *testing.T) {
	s := testSupervisor(t)
	var feeds, inside, overlaps atomic.Int64
	s.start(&worker{system: "a", kind: "feed", name: "f", run: func(context.Context) error {
		feeds.Add(1)
		return errors.New("line lost")
	}})
	s.start(&worker{system: "a", kind: "job", name: "j", every: time.Microsecond, run: func(context.Context) error {
		if inside.Add(1) > 1 {
			overlaps.Add(1)
		}
		time.Sleep(time.Millisecond)
		inside.Add(-1)
		return nil
	}})
	until(t, func() bool { return feeds.Load() >= 2 })
	s.stop(t.Context())
	if overlaps.Load() > 0 {
		t.Error("a job ran twice at once")
	}
}

func TestFeedThatEndsIsDone(t *testing.T) {
	s := testSupervisor(t)
	s.start(&worker{system: "a", kind: "feed", name: "f", run: func(context.Context) error { return nil }})
	until(t, func() bool { return s.status()[0].Done })
	if w := s.status()[0]; w.Runs != 1 || w.Error != "" {
		t.Errorf("got %+v", w)
	}
	s.stop(t.Context())
}

func TestStopNamesWhoIsLate(t *testing.T) {
	s := testSupervisor(t)
	release := make(chan struct{})
	s.start(&worker{system: "a", kind: "job", name: "stuck", run: func(context.Context) error { <-release; return nil }})
	s.start(&worker{system: "a", kind: "job", name: "fine", run: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }})
	until(t, func() bool { return s.status()[0].Running && s.status()[1].Running })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { until(t, func() bool { return !s.status()[1].Running }); cancel() }()
	if late := s.stop(ctx); len(late) != 1 || late[0] != "a/stuck" {
		t.Errorf("late: %v", late)
	}
	if w := s.status()[1]; w.Failures != 0 {
		t.Errorf("being stopped counted as a failure: %+v", w)
	}
	close(release)
	s.wg.Wait()
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	for n := 1; n < 100; n++ {
		full := backoffLast
		if n < 7 {
			full = backoffFirst << (n - 1)
		}
		for range 50 {
			if d := backoff(n); d < min(full, backoffLast)/2 || d > min(full, backoffLast) {
				t.Fatalf("failure %d waits %s", n, d)
			}
		}
	}
}
