package store

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// CommitBounds are the upper bounds of the buckets of Stats.Commits, in seconds; a last bucket holds the rest.
var CommitBounds = [...]float64{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5}

// Stats are figures since the database was opened, for the metrics.
type Stats struct {
	Groups   int64 // transactions committed
	Writes   int64 // writers in them
	Failed   int64 // writers rolled back
	Refused  int64 // writers refused because the queue was full
	Waiting  int   // writers in the queue now
	Wait     time.Duration
	Commits  [len(CommitBounds) + 1]int64 // commits by their seconds
	CommitIn time.Duration                // all commits together
	Stmts    map[string]StmtStats         // by name
}

// StmtStats are a statement's figures.
type StmtStats struct {
	Count, Failed int64
	Time          time.Duration
}

// Stats reads the figures.
func (db *DB) Stats() Stats {
	s := db.stats
	out := Stats{
		Groups: s.groups.Load(), Writes: s.writes.Load(), Failed: s.failed.Load(), Refused: s.refused.Load(),
		Waiting: len(db.lane.queue), Wait: time.Duration(s.wait.Load()), CommitIn: time.Duration(s.commitIn.Load()),
		Stmts: map[string]StmtStats{},
	}
	for i := range s.commits {
		out.Commits[i] = s.commits[i].Load()
	}
	s.stmts.Range(func(k, v any) bool {
		st := v.(*stmtStat)
		out.Stmts[k.(string)] = StmtStats{st.count.Load(), st.failed.Load(), time.Duration(st.nanos.Load())}
		return true
	})
	return out
}

// Size is the bytes that the database takes on disk.
func (db *DB) Size(ctx context.Context) (int64, error) {
	s, err := db.readers.get(ctx)
	if err != nil {
		return 0, err
	}
	defer db.readers.put(s)
	n, err := db.dialect.Size(ctx, s.conn)
	if err != nil {
		return 0, s.fail(err)
	}
	return n, nil
}

type stats struct {
	groups, writes, failed, refused atomic.Int64
	wait, commitIn                  atomic.Int64
	commits                         [len(CommitBounds) + 1]atomic.Int64
	stmts                           sync.Map // name to *stmtStat
}

type stmtStat struct{ count, failed, nanos atomic.Int64 }

func newStats() *stats { return &stats{} }

func (s *stats) stmt(name string) *stmtStat {
	if v, ok := s.stmts.Load(name); ok {
		return v.(*stmtStat)
	}
	v, _ := s.stmts.LoadOrStore(name, &stmtStat{})
	return v.(*stmtStat)
}

func (s *stmtStat) add(d time.Duration, failed bool) {
	s.count.Add(1)
	s.nanos.Add(int64(d))
	if failed {
		s.failed.Add(1)
	}
}

func (s *stats) queued(d time.Duration) { s.wait.Add(int64(d)) }

func (s *stats) committed(d time.Duration, writers int) {
	s.groups.Add(1)
	s.writes.Add(int64(writers))
	s.commitIn.Add(int64(d))
	i := 0
	for i < len(CommitBounds) && d.Seconds() > CommitBounds[i] {
		i++
	}
	s.commits[i].Add(1)
}
