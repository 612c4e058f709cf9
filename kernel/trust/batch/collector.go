package batch

import (
	"context"
	"crypto"
	"errors"
	"sync"
	"time"
)

// Collector signs messages of concurrent callers together: the first waits for at most Wait, or until Most are there, and then one
// signature is made for all. It is safe for concurrent use; the fields are set before the first call.
type Collector struct {
	Key  crypto.Signer
	Wait time.Duration // 1 ms where 0
	Most int           // messages in a batch; 256 where 0, [Max] at most

	mu   sync.Mutex
	open *gathering
}

// gathering is a batch that still takes messages.
type gathering struct {
	messages [][]byte
	full     chan struct{}
	done     chan struct{}
	out      []Signature
	err      error
}

// Sign signs one message, together with what others bring meanwhile. The message must not change until it returns. It returns early with
// ctx's error; the message may then have been signed all the same.
func (c *Collector) Sign(ctx context.Context, message []byte) (Signature, error) {
	if err := ctx.Err(); err != nil {
		return Signature{}, err
	}
	g, i := c.join(message)
	select {
	case <-g.done:
	case <-ctx.Done():
		return Signature{}, ctx.Err()
	}
	if g.err != nil {
		return Signature{}, g.err
	}
	return g.out[i], nil
}

func (c *Collector) join(message []byte) (g *gathering, place int) {
	most := c.Most
	if most <= 0 {
		most = 256
	}
	most = min(most, Max)
	c.mu.Lock()
	defer c.mu.Unlock()
	if g = c.open; g == nil {
		g = &gathering{full: make(chan struct{}), done: make(chan struct{})}
		c.open = g
		go c.run(g)
	}
	g.messages = append(g.messages, message)
	place = len(g.messages) - 1
	if len(g.messages) == most {
		c.open = nil
		close(g.full)
	}
	return g, place
}

// run waits, closes the batch to further messages and signs it.
func (c *Collector) run(g *gathering) {
	defer close(g.done)
	wait := c.Wait
	if wait <= 0 {
		wait = time.Millisecond
	}
	late := time.NewTimer(wait)
	defer late.Stop()
	select {
	case <-g.full:
	case <-late.C:
		c.mu.Lock()
		if c.open == g {
			c.open = nil
		}
		c.mu.Unlock()
	}
	g.err = errors.New("the batch was not signed") // stands where the key panics
	g.out, g.err = Sign(c.Key, g.messages)
}
