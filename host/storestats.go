package host

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/haihe-city/haihe/store"
)

// storeCollector shows the store's figures as metrics; they are read when somebody asks.
type storeCollector struct{ db *store.DB }

var (
	descGroups  = storeDesc("groups_total", "Transactions committed; each is one flush shared by its writers.")
	descWrites  = storeDesc("writes_total", "Writers by what came of them.", "outcome")
	descWaiting = storeDesc("write_queue", "Writers in the queue.")
	descWait    = storeDesc("write_wait_seconds_total", "Time that writers waited in the queue.")
	descCommit  = storeDesc("commit_seconds", "How long a commit took, the flush included.")
	descStmts   = storeDesc("statements_total", "Statements run, by name and outcome.", "name", "outcome")
	descStmtSec = storeDesc("statement_seconds_total", "Time in statements, by name.", "name")
)

func storeDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("haihe_store_"+name, help, labels, nil)
}

func (c storeCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descGroups, descWrites, descWaiting, descWait, descCommit, descStmts, descStmtSec} {
		ch <- d
	}
}

func (c storeCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.db.Stats()
	count := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	count(descGroups, float64(s.Groups))
	count(descWrites, float64(s.Writes), "committed")
	count(descWrites, float64(s.Failed), "rolled-back")
	count(descWrites, float64(s.Refused), "refused")
	count(descWait, s.Wait.Seconds())
	ch <- prometheus.MustNewConstMetric(descWaiting, prometheus.GaugeValue, float64(s.Waiting))
	buckets, sum := map[float64]uint64{}, uint64(0)
	for i, bound := range store.CommitBounds {
		sum += uint64(s.Commits[i])
		buckets[bound] = sum
	}
	sum += uint64(s.Commits[len(store.CommitBounds)])
	ch <- prometheus.MustNewConstHistogram(descCommit, sum, s.CommitIn.Seconds(), buckets)
	for name, st := range s.Stmts {
		count(descStmts, float64(st.Count-st.Failed), name, "ok")
		count(descStmts, float64(st.Failed), name, "failed")
		count(descStmtSec, st.Time.Seconds(), name)
	}
}
