package serve

import (
	"context"
	"sync"
	"time"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/call"
)

// limits counts the calls under each grant: by the minute in this process, by the day with what other instances have written down.
type limits struct {
	db *store.DB

	mu  sync.Mutex
	use map[string]*usage
}

type usage struct {
	minute  time.Time // that count is of
	inIt    int64
	day     string // that today is of
	today   int64
	unsaved int64
}

const dayCounter = "sharing.day"

// mostUsages bounds what is kept in memory; beyond it what is of another day goes.
const mostUsages = 20_000

// take counts one call, or tells which bound it would break.
func (l *limits) take(ctx context.Context, key string, perMinute, perDay int64, now time.Time) (refused string, err error) {
	minute, day := now.Truncate(time.Minute), now.UTC().Format(time.DateOnly)
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.use[key]
	if u == nil || u.day != day {
		var n int64
		if err := l.db.Read(ctx, func(tx *store.Tx) (err error) { n, err = tx.Count(dayCounter, day+"|"+key); return err }); err != nil {
			return "", err
		}
		if len(l.use) >= mostUsages {
			for k, other := range l.use {
				if other.day != day && other.unsaved == 0 {
					delete(l.use, k)
				}
			}
		}
		u = &usage{day: day, today: n}
		l.use[key] = u
	}
	if !u.minute.Equal(minute) {
		u.minute, u.inIt = minute, 0
	}
	switch {
	case u.inIt >= perMinute:
		return call.Rate, nil
	case u.today >= perDay:
		return call.Quota, nil
	}
	u.inIt++
	u.today++
	u.unsaved++
	return "", nil
}

// save writes down what was counted, and learns what other instances have counted.
func (l *limits) save(tx *store.Tx) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, u := range l.use {
		if u.unsaved == 0 {
			continue
		}
		if err := tx.Add(dayCounter, u.day+"|"+key, u.unsaved); err != nil {
			return err
		}
		n, err := tx.Count(dayCounter, u.day+"|"+key)
		if err != nil {
			return err
		}
		was := *u
		u.today, u.unsaved = n, 0
		tx.OnRollback(func() {
			l.mu.Lock()
			u.today, u.unsaved = was.today, u.unsaved+was.unsaved
			l.mu.Unlock()
		})
	}
	return nil
}
