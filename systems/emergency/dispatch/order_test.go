package dispatch

import (
	"testing"
	"time"
)

// TestStep: forward steps may be left out, none goes back, and what is over stays so.
func TestStep(t *testing.T) {
	now := time.Date(2015, 11, 20, 9, 30, 0, 0, time.UTC)
	all := []State{Sent, Received, Accepted, Refused, Moving, OnSite, Done, Recalled}
	rank := map[State]int{Sent: 0, Received: 1, Accepted: 2, Moving: 3, OnSite: 4, Done: 5}
	for _, from := range all {
		for _, to := range all {
			o := Order{State: from, Sent: now, Patience: time.Minute}
			err := o.step(to, now, "because")
			_, forward := rank[to]
			_, live := rank[from]
			if err == nil && (from == to || !live || from == Done || forward && rank[to] <= rank[from]) {
				t.Errorf("%s became %s", from, to)
			}
			if err == nil && to != Recalled && o.Received.IsZero() {
				t.Errorf("%s became %s without having been received", from, to)
			}
		}
	}
	o := Order{State: Sent}
	if o.step(Refused, now, "") == nil || o.State != Sent {
		t.Error("refused without a reason")
	}
}

func TestOverdue(t *testing.T) {
	now := time.Date(2015, 11, 20, 9, 30, 0, 0, time.UTC)
	o := Order{State: Sent, Sent: now, Patience: 5 * time.Minute}
	if o.overdue(now.Add(5*time.Minute - 1)) {
		t.Error("too early")
	}
	if !o.overdue(now.Add(5 * time.Minute)) {
		t.Error("not in time")
	}
	if o.Escalated = now; o.overdue(now.Add(time.Hour)) {
		t.Error("twice")
	}
}
