package ngsild

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"
)

// aggregates measures daily averages and maxima over one attribute's many instances, a minute apart, and compares every one with the
// sum that the generator kept: instances that were given to the history itself, and a number that was updated as often, which is how
// a meter or a sensor comes to its history.
func aggregates(b *testing.B, t *table, c candidate, s scale) {
	k := connections(b, c.base, 1)[0]
	defer k.close()
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	value := func(i int) float64 { return float64(i*7919%1000) / 4 }
	at := func(i int) time.Time { return from.Add(time.Duration(i) * time.Minute) }
	send := func(path string, body []byte) {
		if status, err := k.do("POST", path, body); err != nil || status/100 != 2 || status == 207 {
			b.Fatalf("%s: %s: %d %v %.300s", c.name, path, status, err, k.body)
		}
	}
	given, updated := "urn:ngsi-ld:Gauge:given", "urn:ngsi-ld:Gauge:updated"
	begun := time.Now()
	for i := 0; i < s.instances; i += 2000 {
		body := fmt.Appendf(nil, `{"id":"%s","type":"Gauge","level":[`, given)
		for j := i; j < min(i+2000, s.instances); j++ {
			if j > i {
				body = append(body, ',')
			}
			body = change(body, value(j), at(j))
		}
		send("/temporal/entities", append(body, ']', '}'))
	}
	t.add(c.name, "instances given to the history, 2,000 a request", "1/s durable", false, float64(s.instances)/time.Since(begun).Seconds())
	begun = time.Now()
	for i := 0; i < s.instances; i += 1000 {
		body := []byte{'['}
		for j := i; j < min(i+1000, s.instances); j++ {
			body = append(fmt.Appendf(append(body, ","[:min(j-i, 1)]...), `{"id":"%s","type":"Gauge","level":`, updated), change(nil, value(j), at(j))...)
			body = append(body, '}')
		}
		send("/entityOperations/upsert?options=update", append(body, ']'))
	}
	t.add(c.name, "updates of one number in batches of 1,000", "1/s durable", false, float64(s.instances)/time.Since(begun).Seconds())
	for _, id := range []string{given, updated} {
		path := "/temporal/entities/" + id + "?attrs=level&format=aggregatedValues&aggrMethods=avg,max&aggrPeriodDuration=P1D&timerel=between&timeAt=" +
			from.Format(time.RFC3339) + "&endTimeAt=" + at(s.instances).Format(time.RFC3339)
		ask(b, t, c, s, k, path, map[string]string{given: "given", updated: "updated"}[id])
		checkAggregates(b, c, k.body, s.instances, value)
	}
}

// ask asks for the aggregates many times over.
func ask(b *testing.B, t *table, c candidate, s scale, k *client, path, what string) {
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
	name := fmt.Sprintf("aggregate %d values %s, by day", s.instances, what)
	t.add(c.name, name+", 50 %", "ms", true, each.quantile(0.5))
	t.add(c.name, name+", 95 %", "ms", true, each.quantile(0.95))
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
