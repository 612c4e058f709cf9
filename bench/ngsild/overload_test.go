package ngsild

import (
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkOverload measures durable updates of one number at the rate that 64 connections reach, and then at twice that rate, begun
// whether or not the earlier ones are answered, over 512 connections. What is refused at once (503) is no goodput, and what is not
// sent because all connections wait is counted too.
func BenchmarkOverload(b *testing.B) {
	s := scaled()
	t := &table{}
	for _, c := range append(append(cities(b), plainProcess(b)), others(b)...) {
		t.order = append(t.order, c.name)
		l := &ledger{}
		fill(b, c, l, s)
		var n atomic.Int64
		update := func(k *client, _, _ int) (int, error) {
			i := n.Add(1)
			return k.do("PATCH", "/entities/"+lampID(int(i)%s.lamps)+"/attrs/level", change(nil, float64(i), time.Now()))
		}
		peak := crowd(b, c.base, 64, 2*s.spell, update)
		over, unsent := paced(b, c.base, 2*peak.rate(), 512, 4*s.spell, update)
		after := crowd(b, c.base, 64, 2*s.spell, update)
		t.add(c.name, "peak, 64 connections", "1/s", false, peak.rate())
		t.add(c.name, "goodput at twice the peak", "1/s", false, over.rate())
		t.add(c.name, "goodput, share of the peak", "%", false, 100*over.rate()/peak.rate())
		t.add(c.name, "answered within, 99 %", "ms", true, over.quantile(0.99))
		t.add(c.name, "refused at once", "1/s", true, float64(over.refused)/over.took.Seconds())
		t.add(c.name, "not sent, all connections wait", "1/s", true, float64(unsent)/over.took.Seconds())
		t.add(c.name, "peak afterwards", "1/s", false, after.rate())
	}
	t.print(b)
}
