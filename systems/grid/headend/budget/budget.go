// Package budget bounds the memory of frames that are decoded and not yet stored (解码内存额度), over all links of the head-end together.
package budget

import "sync"

// Budget bounds the memory of what is decoded and not yet stored, over all links together: each link takes what its frame may need
// before it decodes, and waits its turn with the bytes as they came. Without it a city that reports at once would hold a decoded frame
// for each of its thousands of links.
// It is safe for concurrent use.
type Budget struct {
	mu      sync.Mutex
	free    int
	waiting []*turn // the oldest first
}

// turn is a link that waits.
type turn struct {
	size int
	come chan struct{}
}

// What a frame may need in memory: so many times its length; and all frames together.
const (
	decodedSize  = 16
	decodedLimit = 64 << 20
)

// New makes a budget with all of its room.
func New() *Budget { return &Budget{free: decodedLimit} }

// Take waits for room to decode a frame of n bytes, and gives what Release gives back. Every holder gives back what it took when its readings are
// stored or refused, so that nobody waits for longer than that takes; who came first goes first.
func (b *Budget) Take(n int) (size int) {
	size = min(n*decodedSize, decodedLimit)
	b.mu.Lock()
	if len(b.waiting) == 0 && b.free >= size {
		b.free -= size
		b.mu.Unlock()
		return size
	}
	t := &turn{size, make(chan struct{})}
	b.waiting = append(b.waiting, t)
	b.mu.Unlock()
	<-t.come
	return size
}

// Release gives room back.
func (b *Budget) Release(size int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += size
	n := 0
	for n < len(b.waiting) && b.waiting[n].size <= b.free {
		b.free -= b.waiting[n].size
		close(b.waiting[n].come)
		b.waiting[n] = nil
		n++
	}
	b.waiting = b.waiting[n:]
}
