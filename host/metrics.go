package host

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics registers a system's own metrics, prefixed with haihe_<system>_. The names of metrics are the program's public
// face as much as its pages: they are words of the trade, with the unit at the end (haihe_grid_frame_seconds).
type Metrics struct {
	reg    prometheus.Registerer
	prefix string
}

// newMetrics gives the metrics of one system on a common registry.
func newMetrics(reg prometheus.Registerer, system string) *Metrics {
	return &Metrics{reg: reg, prefix: "haihe_" + system + "_"}
}

// Counter makes a counter; labels are the names of its labels, values are given with each addition in the same order.
func (m *Metrics) Counter(name, help string, labels ...string) func(delta float64, values ...string) {
	c := register(m.reg, prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.prefix + name, Help: help}, labels))
	return func(delta float64, values ...string) { c.WithLabelValues(values...).Add(delta) }
}

// Gauge makes a gauge, which is set.
func (m *Metrics) Gauge(name, help string, labels ...string) func(value float64, values ...string) {
	g := register(m.reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: m.prefix + name, Help: help}, labels))
	return func(value float64, values ...string) { g.WithLabelValues(values...).Set(value) }
}

// Histogram makes a histogram of seconds, from a tenth of a millisecond to a minute and a half.
func (m *Metrics) Histogram(name, help string, labels ...string) func(value float64, values ...string) {
	h := register(m.reg, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: m.prefix + name, Help: help, Buckets: prometheus.ExponentialBuckets(0.0001, 4, 11),
	}, labels))
	return func(value float64, values ...string) { h.WithLabelValues(values...).Observe(value) }
}

// register adds a collector, or gives the one of the same name: two parts of a system may count into one metric.
// Another shape under the same name is a mistake in the program and panics, which marks the system broken.
func register[C prometheus.Collector](reg prometheus.Registerer, c C) C {
	err := reg.Register(c)
	if err == nil {
		return c
	}
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		if old, ok := already.ExistingCollector.(C); ok {
			return old
		}
	}
	panic(err)
}
