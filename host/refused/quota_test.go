package refused

import (
	"strconv"
	"testing"
	"time"
)

func TestQuota(t *testing.T) {
	const keptOfPeer = 500
	q := quota{ofPeer: keptOfPeer}
	now := time.Date(2015, 11, 20, 9, 30, 0, 0, time.UTC)
	kept := 0
	for range 10 * keptOfPeer {
		if q.take("a", now) {
			kept++
		}
	}
	if kept != keptOfPeer {
		t.Errorf("%d frames of one peer were kept, want %d", kept, keptOfPeer)
	}
	if !q.take("b", now) {
		t.Error("another peer's first frame was not kept")
	}
	for i := range 10 * keptOfAll {
		if q.take(strconv.Itoa(i), now) {
			kept++
		}
	}
	if kept++; kept != keptOfAll { // b's
		t.Errorf("%d frames were kept in all, want %d", kept, keptOfAll)
	}
	if !q.take("a", now.Add(time.Minute)) {
		t.Error("the next minute keeps nothing")
	}
}
