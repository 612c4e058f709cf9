package ngsild

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// BenchmarkMillion fills Haihe with many entities, walks through all of them by the links that it gives, and compares the first
// page with the last; every entity must come exactly once. It needs -million.
func BenchmarkMillion(b *testing.B) {
	if *million == 0 {
		b.Skip("skipped: takes minutes; give -million 1000000")
	}
	t := &table{}
	for _, c := range cities(b) {
		t.order = append(t.order, c.name)
		t.add(c.name, "memory before", "MB resident", true, resident(c.pid))
		before, l, begun := resident(c.pid), &ledger{}, time.Now()
		fill(b, c, l, scale{lamps: *million})
		t.add(c.name, fmt.Sprintf("filling with %d", *million), "entities/s durable", false, float64(*million)/time.Since(begun).Seconds())
		time.Sleep(5 * time.Second)
		t.add(c.name, "memory after filling", "MB resident", true, resident(c.pid))
		walk(b, t, c)
		t.add(c.name, "memory after the walk", "MB resident", true, resident(c.pid))
		t.add(c.name, "memory an entity", "bytes", true, (resident(c.pid)-before)*1e6/float64(*million))
		get := crowd(b, c.base, 50, 3*time.Second, func(k *client, worker, turn int) (int, error) {
			return k.do("GET", "/entities/"+lampID((worker*7919+turn*104729)%*million), nil)
		})
		t.add(c.name, "retrieve one among all, 50 connections", "1/s", false, get.rate())
	}
	t.print(b)
}

// walk follows the links to the next page to the end, 1,000 a page.
func walk(b *testing.B, t *table, c candidate) {
	b.Helper()
	k := connections(b, c.base, 1)[0]
	defer k.close()
	seen := make([]bool, *million)
	var each []time.Duration
	found := 0
	for path := "/entities?type=Lamp&limit=1000&pick=id"; path != ""; path = k.next() {
		at := time.Now()
		status, err := k.do("GET", path, nil)
		if err != nil || status != 200 {
			b.Fatalf("%s: page %d: %d %v %.300s", c.name, len(each), status, err, k.body)
		}
		each = append(each, time.Since(at))
		for rest := k.body; ; {
			_, after, ok := bytes.Cut(rest, []byte(`"urn:ngsi-ld:Lamp:`))
			if !ok {
				break
			}
			n := 0
			if _, err := fmt.Sscanf(string(after[:7]), "%d", &n); err != nil || n >= len(seen) || seen[n] {
				b.Fatalf("%s: page %d repeats %.20s, or it is none of ours: %v", c.name, len(each), after, err)
			}
			seen[n] = true
			found++
			rest = after
		}
	}
	if found != *million {
		b.Errorf("%s: the walk found %d of %d entities", c.name, found, *million)
	}
	few := min(10, len(each))
	t.add(c.name, "first ten pages of 1,000 ids, each", "ms", true, middle(each[:few]))
	t.add(c.name, "last ten pages, each", "ms", true, middle(each[len(each)-few:]))
}

func middle(list []time.Duration) float64 {
	var all []float64
	for _, d := range list {
		all = append(all, float64(d.Microseconds())/1000)
	}
	return median(all)
}
