package identity

import (
	"crypto/sha256"
	"sync"
	"time"
)

// Bounds of the cache. The time to live bounds only what another process on the same database changed: this one forgets at once.
const (
	cacheTTL  = 10 * time.Second
	cacheSize = 50_000
)

// key is the SHA-256 of a cookie or token.
type key [sha256.Size]byte

func keyOf(secret string) key { return sha256.Sum256([]byte(secret)) }

// seat is what is known about one secret.
type seat struct {
	who     *Principal
	expires time.Time // absolute
	seen    time.Time // last use, in memory
	stored  time.Time // last use as written to the database
	loaded  time.Time
}

// cache maps secrets' hashes to principals. gen counts what was forgotten: a reader that began before a change was committed must not
// put what it read back after it.
type cache struct {
	mu    sync.Mutex
	gen   uint64
	seats map[key]*seat
}

func newCache() *cache { return &cache{seats: map[key]*seat{}} }

// get gives a copy of a seat that is fresh enough at now, with the present generation.
func (c *cache) get(k key, now time.Time) (s seat, ok bool, gen uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.seats[k]; p != nil {
		return *p, now.Sub(p.loaded) < cacheTTL, c.gen
	}
	return seat{}, false, c.gen
}

// put keeps a seat read from the database at generation gen.
func (c *cache) put(k key, s seat, gen uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if gen != c.gen {
		return
	}
	if len(c.seats) >= cacheSize && c.seats[k] == nil {
		for old := range c.seats { // any: it costs its owner one read
			delete(c.seats, old)
			break
		}
	}
	c.seats[k] = &s
}

// touch notes a use; write says that it is time to write it down, and that the caller is the one to do it.
func (c *cache) touch(k key, now time.Time, every time.Duration) (write bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.seats[k]
	if s == nil {
		return false
	}
	s.seen = now
	if now.Sub(s.stored) < every {
		return false
	}
	s.stored = now
	return true
}

// forget lets go of a secret that has ended by itself. It leaves gen alone, so that a flood of made-up cookies does not keep the
// others out of the cache.
func (c *cache) forget(k key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.seats, k)
}

// drop forgets a secret that was ended by a change.
func (c *cache) drop(k key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gen++
	delete(c.seats, k)
}

// dropAll forgets every secret of a principal.
func (c *cache) dropAll(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gen++
	for k, s := range c.seats {
		if s.who.ID == id {
			delete(c.seats, k)
		}
	}
}

// clear forgets everything.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gen++
	clear(c.seats)
}
