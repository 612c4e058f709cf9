package combine_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/combine"
)

// Everybody gets the result of the own task; a group never is greater than allowed, and two never run at once.
func TestResults(t *testing.T) {
	var running atomic.Int32
	c := combine.New(16, 1000, func(tasks []int, out []int) error {
		if running.Add(1) != 1 || len(tasks) > 16 {
			t.Errorf("%d tasks, or two groups at once", len(tasks))
		}
		for i, n := range tasks {
			out[i] = n * n
		}
		running.Add(-1)
		return nil
	})
	var all sync.WaitGroup
	for n := range 500 {
		all.Go(func() {
			if r, err := c.Do(t.Context(), n); r != n*n || err != nil {
				t.Errorf("%d: %d, %v", n, r, err)
			}
		})
	}
	all.Wait()
}

func TestBusyAndLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		var served []int
		fault := errors.New("the group's fault")
		c := combine.New(10, 2, func(tasks []int, _ []int) error { <-gate; served = append(served, tasks...); return fault })
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		do := func(ctx context.Context, n int, want error) {
			all.Go(func() {
				if _, err := c.Do(ctx, n); !errors.Is(err, want) {
					t.Errorf("%d: %v", n, err)
				}
			})
			synctest.Wait()
		}
		do(t.Context(), 1, fault)    // runs
		do(ctx, 2, context.Canceled) // waits
		do(t.Context(), 3, fault)    // waits
		if _, err := c.Do(ctx, 4); !errs.Is(err, errs.Busy) {
			t.Errorf("beyond the queue: %v", err)
		}
		cancel()
		synctest.Wait()
		close(gate)
		all.Wait()
		if len(served) != 2 || served[0] != 1 || served[1] != 3 {
			t.Errorf("served %v", served)
		}
	})
}
