package headend

import "sync"

// budget bounds the memory of what is decoded and not yet stored, over all links together: each link takes what its frame may need
// before it decodes, and waits its turn with the bytes as they came. Without it a city that reports at once would hold a decoded frame
// for each of its thousands of links.
type budget struct {
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

func newBudget() *budget { return &budget{free: decodedLimit} }

// take waits for room to decode a frame of n bytes, and gives what release gives back. Every holder gives back what it took when its readings are
// stored or refused, so that nobody waits for longer than that takes; who came first goes first.
func (b *budget) take(n int) (size int) {
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

func (b *budget) release(size int) {
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
