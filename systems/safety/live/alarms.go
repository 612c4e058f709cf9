package live

import (
	"context"
	"sync"

	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/rule"
)

// alarms counts the open alarms of one system by their group.
type alarms struct {
	mu   sync.Mutex
	open map[string]brief // by id
}

// brief is what a count needs of an alarm.
type brief struct {
	group    string
	priority rule.Priority
	unacked  bool
	silent   bool
	held     bool
}

// tally is one group's count.
type tally struct {
	grave                       rule.Priority
	open, unacked, silent, held int
}

// Follow begins to follow a board's alarms of a system.
func (d *Desk) Follow(ctx context.Context, board *alarm.Board, system string) error {
	d.alarms.open = map[string]brief{}
	take := func(list []alarm.Alarm) {
		d.alarms.mu.Lock()
		defer d.alarms.mu.Unlock()
		for i := range list {
			d.alarms.take(&list[i], system)
		}
	}
	board.Follow(take) // from now on; what is open already is read after, and no change is missed
	holds := []alarm.Hold{alarm.None, alarm.Shelved, alarm.ByDesign, alarm.OutOfService}
	for cursor := ""; ; {
		list, next, err := board.List(ctx, alarm.Filter{System: system, Holds: holds, Order: "oldest", Limit: 1000, Cursor: cursor})
		if err != nil {
			return err
		}
		take(list)
		if cursor = next; next == "" {
			return nil
		}
	}
}

func (a *alarms) take(x *alarm.Alarm, system string) {
	if x.System != system {
		return
	}
	if x.State == alarm.Closed {
		delete(a.open, x.ID)
		return
	}
	a.open[x.ID] = brief{group: x.Group, priority: x.Priority, unacked: x.State == alarm.Unacknowledged, silent: x.Class == alarm.Silent, held: x.Hold != alarm.None}
}

// byGroup counts what is open.
func (a *alarms) byGroup() map[string]*tally {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := map[string]*tally{}
	for _, b := range a.open {
		t := out[b.group]
		if t == nil {
			t = &tally{}
			out[b.group] = t
		}
		if b.held {
			t.held++
			continue
		}
		t.open++
		if t.grave == 0 || b.priority < t.grave {
			t.grave = b.priority
		}
		if b.unacked {
			t.unacked++
		}
		if b.silent {
			t.silent++
		}
	}
	return out
}
