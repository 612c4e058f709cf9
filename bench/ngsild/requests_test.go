package ngsild

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// scale is how much is done.
type scale struct {
	rounds, lamps, batch, instances, asks int
	spell                                 time.Duration
}

func scaled() scale {
	if testing.Short() {
		return scale{rounds: 2, lamps: 2000, batch: 500, instances: 5000, asks: 20, spell: 500 * time.Millisecond}
	}
	return scale{rounds: 3, lamps: 20_000, batch: 1000, instances: 100_000, asks: 100, spell: 3 * time.Second}
}

// ledger knows what a candidate acknowledged: the last level of each lamp and how often it was written.
type ledger struct {
	level  []float64
	writes []int
	next   int // lamps created so far
}

// BenchmarkRequests measures single requests, batches and aggregates, in rounds, each round in another order.
func BenchmarkRequests(b *testing.B) {
	s := scaled()
	all := append(append(cities(b), plainProcess(b)), others(b)...)
	t, books := &table{}, map[string]*ledger{}
	if *only == "aggregate" {
		s.rounds, s.lamps = 0, 0
	}
	for _, c := range all {
		t.order = append(t.order, c.name)
		books[c.name] = &ledger{level: make([]float64, s.lamps), writes: make([]int, s.lamps)}
		fill(b, c, books[c.name], s)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range s.rounds {
		for _, step := range []func(*testing.B, *table, candidate, *ledger, scale){reads, numbers, documents, batches} {
			for _, i := range r.Perm(len(all)) {
				step(b, t, all[i], books[all[i].name], s)
			}
		}
	}
	for _, c := range all {
		if c.name != plainWay && s.rounds > 0 {
			readBack(b, c, books[c.name])
		}
	}
	for _, c := range all {
		if c.name != plainWay {
			aggregates(b, t, c, s)
		}
	}
	t.print(b)
}

// fill creates the lamps that are read and changed.
func fill(b *testing.B, c candidate, l *ledger, s scale) {
	b.Helper()
	k := connections(b, c.base, 1)[0]
	defer k.close()
	for l.next < s.lamps {
		if status, err := k.do("POST", "/entityOperations/create", lamps(l.next, min(1000, s.lamps-l.next))); err != nil || status/100 != 2 {
			b.Fatalf("%s: create: %d %v %.300s", c.name, status, err, k.body)
		}
		l.next += min(1000, s.lamps-l.next)
	}
}

// lamps is the body of a batch.
func lamps(from, n int) []byte {
	body := []byte{'['}
	for i := range n {
		if i > 0 {
			body = append(body, ',')
		}
		body = lamp(body, from+i, 0)
	}
	return append(body, ']')
}

// reads measures retrieving one lamp and querying twenty, by 50 connections; each answer must bear the lamp asked for, or twenty.
func reads(b *testing.B, t *table, c candidate, _ *ledger, s scale) {
	get := crowd(b, c.base, 50, s.spell, func(k *client, worker, turn int) (int, error) {
		id := lampID((worker*7919 + turn*104729) % s.lamps)
		status, err := k.do("GET", "/entities/"+id, nil)
		if err == nil && c.name != plainWay && !bytes.Contains(k.body, []byte(id)) {
			err = fmt.Errorf("%s: asked for %s, got %.200s", c.name, id, k.body)
		}
		return status, err
	})
	t.add(c.name, "retrieve one, 50 connections", "1/s", false, get.rate())
	t.add(c.name, "retrieve one, 99 %", "ms", true, get.quantile(0.99))
	find := crowd(b, c.base, 50, s.spell, func(k *client, _, _ int) (int, error) {
		status, err := k.do("GET", "/entities?type=Lamp&limit=20", nil)
		if n := bytes.Count(k.body, []byte(`"urn:ngsi-ld:Lamp:`)); err == nil && n != 20 {
			err = fmt.Errorf("%s: %d lamps instead of 20: %.200s", c.name, n, k.body)
		}
		return status, err
	})
	t.add(c.name, "query 20 of a type, 50 connections", "1/s", false, find.rate())
	t.add(c.name, "query 20, 99 %", "ms", true, find.quantile(0.99))
}

// numbers measures durable updates of one number by 64 connections, each of which has lamps of its own, so that the last level is known.
func numbers(b *testing.B, t *table, c candidate, l *ledger, s scale) {
	got := crowd(b, c.base, 64, s.spell, func(k *client, worker, turn int) (int, error) {
		n := (worker + 64*turn) % (s.lamps - s.lamps%64)
		level := float64(l.writes[n]*10+worker%10)/4 + 1
		status, err := k.do("PATCH", "/entities/"+lampID(n)+"/attrs/level", change(nil, level, time.Now()))
		if err == nil && status/100 == 2 {
			l.level[n] = level
			l.writes[n]++
		}
		return status, err
	})
	t.add(c.name, "update one number, 64 connections", "1/s durable", false, got.rate())
	t.add(c.name, "update one number, 50 %", "ms", true, got.quantile(0.5))
	t.add(c.name, "update one number, 99 %", "ms", true, got.quantile(0.99))
}

// documents measures replacing whole lamps, likewise.
func documents(b *testing.B, t *table, c candidate, l *ledger, s scale) {
	got := crowd(b, c.base, 64, s.spell, func(k *client, worker, turn int) (int, error) {
		n := (worker + 64*turn) % (s.lamps - s.lamps%64)
		level := float64(turn*100+worker) + 0.5
		status, err := k.do("PUT", "/entities/"+lampID(n), lamp(nil, n, level))
		if err == nil && status/100 == 2 {
			l.level[n] = level
			l.writes[n]++
		}
		return status, err
	})
	t.add(c.name, "replace a whole entity, 64 connections", "1/s durable", false, got.rate())
	t.add(c.name, "replace a whole entity, 99 %", "ms", true, got.quantile(0.99))
}

// batches measures batch creation by four connections.
func batches(b *testing.B, t *table, c candidate, l *ledger, s scale) {
	var next atomic.Int64
	next.Store(int64(l.next))
	got := crowd(b, c.base, 4, s.spell, func(k *client, _, _ int) (int, error) {
		from := int(next.Add(int64(s.batch))) - s.batch
		return k.do("POST", "/entityOperations/create", lamps(from, s.batch))
	})
	l.next = int(next.Load())
	t.add(c.name, fmt.Sprintf("batch create, %d a request", s.batch), "entities/s durable", false, got.rate()*float64(s.batch))
	if c.name == plainWay {
		return
	}
	k := connections(b, c.base, 1)[0]
	defer k.close()
	if n := count(b, k, c, "type=Lamp"); n != l.next {
		c.fault(b)("%s: %d lamps are there, %d were acknowledged", c.name, n, l.next)
	}
}

// count asks for the number of entities.
func count(b *testing.B, k *client, c candidate, query string) int {
	b.Helper()
	total := -1
	k.seen = func(name, value []byte) {
		if bytes.EqualFold(name, []byte("NGSILD-Results-Count")) {
			_, _ = fmt.Sscan(string(value), &total)
		}
	}
	if status, err := k.do("GET", "/entities?limit=0&count=true&"+query, nil); err != nil || status != 200 {
		b.Fatalf("%s: count: %d %v %.300s", c.name, status, err, k.body)
	}
	return total
}

// readBack compares lamps with the last level that was acknowledged, and the length of their histories with the acknowledged writes.
func readBack(b *testing.B, c candidate, l *ledger) {
	k := connections(b, c.base, 1)[0]
	defer k.close()
	r := rand.New(rand.NewPCG(3, 4))
	for range min(300, len(l.level)) {
		n := r.IntN(len(l.level))
		if status, err := k.do("GET", "/entities/"+lampID(n), nil); err != nil || status != 200 {
			b.Fatalf("%s: %s: %d %v", c.name, lampID(n), status, err)
		}
		if got := levelOf(k.body); l.writes[n] > 0 && got != l.level[n] {
			c.fault(b)("%s: %s is at %v, %v was acknowledged last", c.name, lampID(n), got, l.level[n])
		}
		if !c.haihe {
			continue
		}
		status, err := k.do("GET", "/temporal/entities/"+lampID(n)+"?attrs=level&format=aggregatedValues&aggrMethods=totalCount&aggrPeriodDuration=PT0S"+
			"&timeproperty=modifiedAt&timerel=after&timeAt=2000-01-01T00:00:00Z", nil)
		if err != nil || status != 200 {
			b.Fatalf("%s: history of %s: %d %v %.300s", c.name, lampID(n), status, err, k.body)
		}
		if got := totalCount(k.body); got != l.writes[n]+1 {
			c.fault(b)("%s: the history of %s has %d levels, %d were acknowledged", c.name, lampID(n), got, l.writes[n]+1)
		}
	}
}

// totalCount reads the one aggregate of a level.
func totalCount(body []byte) int {
	var e struct {
		Level struct{ TotalCount [][]any }
	}
	if json.Unmarshal(body, &e) != nil || len(e.Level.TotalCount) != 1 || len(e.Level.TotalCount[0]) == 0 {
		return -1
	}
	n, _ := e.Level.TotalCount[0][0].(float64)
	return int(n)
}
