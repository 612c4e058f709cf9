package ngsild

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// tally is what a spell of load came to.
type tally struct {
	done, refused int           // refused: answered with 503 or 429
	took          time.Duration // of the spell
	each          []time.Duration
}

func (t tally) rate() float64 { return float64(t.done) / t.took.Seconds() }

// quantile is the q-th quantile of the answers' times, in milliseconds.
func (t tally) quantile(q float64) float64 {
	if len(t.each) == 0 {
		return 0
	}
	return float64(t.each[min(len(t.each)-1, int(q*float64(len(t.each))))].Microseconds()) / 1000
}

// crowd has workers, each on a connection of its own, call fn over and over for a spell. fn gets the worker and how often it called
// before, and gives the status that it was answered with.
func crowd(b *testing.B, base string, workers int, spell time.Duration, fn func(c *client, worker, turn int) (int, error)) tally {
	b.Helper()
	clients := connections(b, base, workers)
	defer hangUp(clients)
	var wg sync.WaitGroup
	parts, fails := make([]tally, workers), make([]error, workers)
	begun := time.Now()
	for w := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			p := &parts[w]
			for turn := 0; time.Since(begun) < spell; turn++ {
				at := time.Now()
				status, err := fn(clients[w], w, turn)
				if err != nil {
					fails[w] = err
					return
				}
				if !p.count(status) {
					fails[w] = fmt.Errorf("status %d: %.300s", status, clients[w].body)
					return
				}
				p.each = append(p.each, time.Since(at))
			}
		}()
	}
	wg.Wait()
	return join(b, parts, fails, time.Since(begun))
}

func (t *tally) count(status int) bool {
	switch {
	case status >= 200 && status < 300:
		t.done++
	case status == 503 || status == 429:
		t.refused++
	default:
		return false
	}
	return true
}

func connections(b *testing.B, base string, n int) []*client {
	b.Helper()
	list := make([]*client, n)
	for i := range list {
		c, err := dial(base)
		if err != nil {
			b.Fatal(err)
		}
		list[i] = c
	}
	return list
}

func hangUp(list []*client) {
	for _, c := range list {
		c.close()
	}
}

func join(b *testing.B, parts []tally, fails []error, took time.Duration) tally {
	b.Helper()
	all := tally{took: took}
	for i, p := range parts {
		if fails[i] != nil {
			b.Fatal(fails[i])
		}
		all.done, all.refused, all.each = all.done+p.done, all.refused+p.refused, append(all.each, p.each...)
	}
	slices.Sort(all.each)
	return all
}

// paced has calls begin at a steady rate for a spell, whether the earlier ones are answered or not; when all workers wait, the call
// is counted as refused by the generator, and its time counts from when it was due, so that waiting is not left out of the figures.
func paced(b *testing.B, base string, rate float64, workers int, spell time.Duration, fn func(c *client, worker, n int) (int, error)) (t tally, unsent int) {
	b.Helper()
	clients := connections(b, base, workers)
	defer hangUp(clients)
	type due struct {
		n  int
		at time.Time
	}
	line := make(chan due, workers)
	var wg sync.WaitGroup
	var stop atomic.Bool
	parts, fails := make([]tally, workers), make([]error, workers)
	for w := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for d := range line {
				if stop.Load() {
					continue
				}
				status, err := fn(clients[w], w, d.n)
				if err == nil && !parts[w].count(status) {
					err = fmt.Errorf("status %d: %.300s", status, clients[w].body)
				}
				if err != nil {
					fails[w] = err
					stop.Store(true)
					continue
				}
				parts[w].each = append(parts[w].each, time.Since(d.at))
			}
		}()
	}
	begun := time.Now()
	for n := 0; time.Since(begun) < spell && !stop.Load(); {
		want := int(time.Since(begun).Seconds() * rate)
		for ; n < want; n++ {
			select {
			case line <- due{n, begun.Add(time.Duration(float64(n) / rate * float64(time.Second)))}:
			default:
				unsent++
			}
		}
		time.Sleep(500 * time.Microsecond)
	}
	close(line)
	wg.Wait()
	return join(b, parts, fails, time.Since(begun)), unsent
}
