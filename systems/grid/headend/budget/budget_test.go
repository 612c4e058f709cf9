package budget

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// TestBudget: whoever decodes at once never holds more than the budget together, everybody comes to his turn, and all is given back.
func TestBudget(t *testing.T) {
	b := New()
	var all sync.WaitGroup
	var held, turns atomic.Int64
	for i := range 64 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			for range 200 {
				n := 1 + r.IntN(1<<20)
				if i == 0 {
					n = decodedLimit // more than fits beside anybody
				}
				size := b.Take(n)
				if now := held.Add(int64(size)); now > decodedLimit {
					t.Errorf("%d bytes are held", now)
				}
				turns.Add(1)
				held.Add(-int64(size))
				b.Release(size)
			}
		})
	}
	all.Wait()
	if turns.Load() != 64*200 || b.free != decodedLimit || len(b.waiting) > 0 {
		t.Errorf("%d turns, %d bytes free, %d wait", turns.Load(), b.free, len(b.waiting))
	}
}

// TestBudgetInTurn: who came first goes first, also where a later one would fit already.
func TestBudgetInTurn(t *testing.T) {
	b := New()
	most := b.Take(decodedLimit)
	came := make(chan int, 2)
	go func() { b.Take(decodedLimit); came <- 1 }()
	for b.queue() < 1 {
	}
	go func() { b.Take(1); came <- 2 }()
	for b.queue() < 2 {
	}
	b.Release(most)
	if first := <-came; first != 1 {
		t.Error("a later one went first")
	}
	b.Release(decodedLimit)
	<-came
}

func (b *Budget) queue() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}
