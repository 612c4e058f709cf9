package grid

import (
	"sync/atomic"
	"time"
)

// alarm goes off once after a time, in wall time, and then calls its function. It stands in for connection deadlines, which
// would need a look at the wall clock.
type alarm struct {
	timer *time.Timer
	rung  atomic.Bool
	then  func()
}

func newAlarm(then func()) *alarm { return &alarm{then: then} }

// set winds the alarm, again or for the first time.
func (a *alarm) set(d time.Duration) {
	a.rung.Store(false)
	if a.timer == nil {
		a.timer = time.AfterFunc(d, func() {
			a.rung.Store(true)
			a.then()
		})
		return
	}
	a.timer.Reset(d)
}

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}
