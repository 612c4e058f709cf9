package refused

import (
	"sync"
	"time"
)

// Refused frames are kept for inspection, each in a durable write. A peer that sends nothing but rubbish, or many of them, must
// not take the write lane from the readings: beyond this number a minute, and one of each peer, frames are counted and not kept.
const keptOfAll = 1000

// quota counts what was kept in the current minute.
type quota struct {
	ofPeer int
	mu     sync.Mutex
	minute int64
	all    int
	peers  map[string]int
}

// take tells whether one more frame of a peer is to be kept.
func (q *quota) take(peer string, now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if m := now.Unix() / 60; m != q.minute || q.peers == nil {
		q.minute, q.all, q.peers = m, 0, map[string]int{}
	}
	if q.all >= keptOfAll || q.peers[peer] >= q.ofPeer {
		return false
	}
	q.all++
	q.peers[peer]++
	return true
}
