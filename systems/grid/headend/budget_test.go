package headend

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// TestBudget: whoever decodes at once never holds more than the budget together, everybody comes to his turn, and all is given back.
func TestBudget(t *testing.T) {
	b := newBudget()
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
				size := b.take(n)
				if now := held.Add(int64(size)); now > decodedLimit {
					t.Errorf("%d bytes are held", now)
				}
				turns.Add(1)
				held.Add(-int64(size))
				b.release(size)
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
	b := newBudget()
	most := b.take(decodedLimit)
	came := make(chan int, 2)
	go func() { b.take(decodedLimit); came <- 1 }()
	for b.queue() < 1 {
	}
	go func() { b.take(1); came <- 2 }()
	for b.queue() < 2 {
	}
	b.release(most)
	if first := <-came; first != 1 {
		t.Error("a later one went first")
	}
	b.release(decodedLimit)
	<-came
}

func (b *budget) queue() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}
