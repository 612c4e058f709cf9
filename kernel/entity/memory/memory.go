package memory

import (
	"hash/maphash"
	"sync"
)

// shards divide the keys, so that readers do not wait for one lock.
const shards = 32

// Memory holds values of V by K. It is safe for concurrent use.
type Memory[K comparable, V any] struct {
	seed   maphash.Seed
	shards [shards]shard[K, V]
}

// shard is one part, its nodes in a ring from the newest to the oldest.
type shard[K comparable, V any] struct {
	mu    sync.Mutex
	byKey map[K]*node[K, V]
	ring  node[K, V] // next is the newest, prev the oldest
	bytes int64
	limit int64
	epoch uint64 // raised by each writer's change
}

type node[K comparable, V any] struct {
	prev, next *node[K, V]
	key        K
	value      V
	bytes      int64
}

// New makes a memory of so many bytes; 0 holds nothing.
func New[K comparable, V any](bytes int64) *Memory[K, V] {
	m := &Memory[K, V]{seed: maphash.MakeSeed()}
	for i := range m.shards {
		s := &m.shards[i]
		s.byKey, s.limit = map[K]*node[K, V]{}, bytes/shards
		s.ring.prev, s.ring.next = &s.ring, &s.ring
	}
	return m
}

// Ticket tells a fill what was known when it began to read.
type Ticket struct{ epoch uint64 }

func (m *Memory[K, V]) shard(k K) *shard[K, V] {
	return &m.shards[maphash.Comparable(m.seed, k)%shards]
}

// Get gives a value; where there is none, the ticket is for its Fill.
func (m *Memory[K, V]) Get(k K) (v V, ok bool, t Ticket) {
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.byKey[k]
	if n == nil {
		return v, false, Ticket{s.epoch}
	}
	if s.ring.next != n {
		n.unlink()
		s.front(n)
	}
	return n.value, true, Ticket{}
}

// Put holds what was committed.
func (m *Memory[K, V]) Put(k K, v V, bytes int64) {
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	s.put(k, v, bytes)
}

// Drop forgets a key whose value changed.
func (m *Memory[K, V]) Drop(k K) {
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	if n := s.byKey[k]; n != nil {
		s.remove(n)
	}
}

// Fill holds what was read, unless something near it was written since the ticket was taken.
func (m *Memory[K, V]) Fill(k K, v V, bytes int64, t Ticket) {
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch == t.epoch && s.byKey[k] == nil {
		s.put(k, v, bytes)
	}
}

// Bytes is what is held.
func (m *Memory[K, V]) Bytes() (n int64) {
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		n += s.bytes
		s.mu.Unlock()
	}
	return n
}

func (s *shard[K, V]) put(k K, v V, bytes int64) {
	n := s.byKey[k]
	if n != nil {
		s.bytes -= n.bytes
		n.unlink()
	} else {
		n = &node[K, V]{key: k}
		s.byKey[k] = n
	}
	n.value, n.bytes = v, bytes
	s.bytes += bytes
	s.front(n)
	for s.bytes > s.limit {
		s.remove(s.ring.prev)
	}
}

func (s *shard[K, V]) remove(n *node[K, V]) {
	n.unlink()
	delete(s.byKey, n.key)
	s.bytes -= n.bytes
}

func (s *shard[K, V]) front(n *node[K, V]) {
	n.prev, n.next = &s.ring, s.ring.next
	n.prev.next, n.next.prev = n, n
}

func (n *node[K, V]) unlink() { n.prev.next, n.next.prev = n.next, n.prev }
