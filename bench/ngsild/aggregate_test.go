package ngsild

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"
)

// aggregates measures hourly averages and maxima over one attribute's many instances, and compares every one with the sum that the
// generator kept. The instances are a minute apart.
func aggregates(b *testing.B, t *table, c candidate, s scale) {
	k := connections(b, c.base, 1)[0]
	defer k.close()
	const id = "urn:ngsi-ld:Gauge:aggregate"
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	value := func(i int) float64 { return float64(i*7919%1000) / 4 }
	begun := time.Now()
	for i := 0; i < s.instances; {
		n := min(2000, s.instances-i)
		body := fmt.Appendf(nil, `{"id":"%s","type":"Gauge","level":[`, id)
		for j := range n {
			if j > 0 {
				body = append(body, ',')
			}
			body = change(body, value(i+j), from.Add(time.Duration(i+j)*time.Minute))
		}
		if status, err := k.do("POST", "/temporal/entities", append(body, ']', '}')); err != nil || status/100 != 2 {
			b.Fatalf("%s: instances: %d %v %.300s", c.name, status, err, k.body)
		}
		i += n
	}
	t.add(c.name, "instances of history arriving, 2,000 a request", "1/s durable", false, float64(s.instances)/time.Since(begun).Seconds())
	to := from.Add(time.Duration(s.instances) * time.Minute)
	path := "/temporal/entities/" + id + "?attrs=level&format=aggregatedValues&aggrMethods=avg,max&aggrPeriodDuration=P1D&timerel=between&timeAt=" +
		from.Format(time.RFC3339) + "&endTimeAt=" + to.Format(time.RFC3339)
	var each tally
	for range s.asks {
		at := time.Now()
		status, err := k.do("GET", path, nil)
		if err != nil || status/100 != 2 {
			b.Fatalf("%s: aggregate: %d %v %.300s", c.name, status, err, k.body)
		}
		each.each = append(each.each, time.Since(at))
	}
	each = join(b, []tally{each}, []error{nil}, time.Second)
	name := fmt.Sprintf("aggregate %d instances by day", s.instances)
	t.add(c.name, name+", 50 %", "ms", true, each.quantile(0.5))
	t.add(c.name, name+", 95 %", "ms", true, each.quantile(0.95))
	checkAggregates(b, c, k.body, s.instances, value)
}

// checkAggregates compares the averages and maxima of days.
func checkAggregates(b *testing.B, c candidate, body []byte, instances int, value func(int) float64) {
	var e struct {
		Level struct{ Avg, Max [][]any }
	}
	if err := json.Unmarshal(body, &e); err != nil {
		c.fault(b)("%s: %v", c.name, err)
		return
	}
	const day = 24 * 60
	days := (instances + day - 1) / day
	if len(e.Level.Avg) != days || len(e.Level.Max) != days {
		c.fault(b)("%s: %d averages and %d maxima of %d days", c.name, len(e.Level.Avg), len(e.Level.Max), days)
		return
	}
	for d := range days {
		sum, top, n := 0.0, 0.0, 0
		for i := d * day; i < min(instances, (d+1)*day); i++ {
			sum, top, n = sum+value(i), max(top, value(i)), n+1
		}
		avg, _ := e.Level.Avg[d][0].(float64)
		most, _ := e.Level.Max[d][0].(float64)
		if math.Abs(avg-sum/float64(n)) > 1e-6 || most != top {
			c.fault(b)("%s: day %d has average %v and maximum %v instead of %v and %v", c.name, d, avg, most, sum/float64(n), top)
			return
		}
	}
}
