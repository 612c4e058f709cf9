package subscription

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
)

// city subscribes 10,000 times, as TestBruteForce does.
func city(b *testing.B, o Options) (*rig, *rand.Rand) {
	rnd := rand.New(rand.NewPCG(20, 14))
	o.Pending = 1 << 30
	r := newRig(b, o)
	for i := range 10_000 {
		r.subscribe(fmt.Sprintf("urn:s:%d", i), randomSpec(rnd))
	}
	return r, rnd
}

// changesOf makes changes as the entities' store tells of them.
func changesOf(rnd *rand.Rand, n int) []entity.Change {
	stored := map[string]*entity.Entity{}
	plain := map[string]map[string]float64{}
	var out []entity.Change
	for i := range n {
		id, after := randomChange(rnd, plain)
		if after == nil {
			continue
		}
		e, err := setTo(id, after)(stored[id])
		if err != nil {
			panic(err)
		}
		e.Owner = "unit"
		if err := e.Check(); err != nil {
			panic(err)
		}
		e.ModifiedAt = time.UnixMicro(int64(i))
		out = append(out, entity.Change{ID: id, Before: stored[id], Entity: e, At: e.ModifiedAt})
		stored[id], plain[id] = e, after
	}
	return out
}

// BenchmarkMatch is what one change costs its writer: finding who wants it among 10,000 subscriptions, and encoding what is due. At
// 2,000 changes a second the matching takes ns/op x 2,000 of one processor's time.
func BenchmarkMatch(b *testing.B) {
	r, rnd := city(b, Options{Deliver: func(context.Context, *Subscription, *Notice) error { return nil }})
	changes := changesOf(rnd, 5000)
	found, size := 0, 0
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if due := r.g.match(changes[i%len(changes) : i%len(changes)+1]); due != nil {
			doc, err := due.encode()
			if err != nil {
				b.Fatal(err)
			}
			found += len(due.parts)
			size += len(doc)
		}
	}
	b.ReportMetric(float64(found)/float64(b.N), "notices/op")
	b.ReportMetric(float64(size)/float64(b.N), "bytes/op-due")
}

// BenchmarkWhole is the whole way without the network: changes in batches of 20, durable, delivered to 10,000 subscriptions.
func BenchmarkWhole(b *testing.B) {
	k := &counter{}
	r, rnd := city(b, Options{Deliver: k.deliver})
	now := map[string]map[string]float64{}
	b.ResetTimer()
	for done := 0; done < b.N; done += 20 {
		var tasks []entity.Task
		for range 20 {
			id, after := randomChange(rnd, now)
			if now[id] = after; after == nil {
				delete(now, id)
			}
			tasks = append(tasks, entity.Task{Key: entity.Key{ID: id}, Owner: "unit", Edit: setTo(id, after)})
		}
		if _, err := r.ents.DoAll(b.Context(), tasks); err != nil {
			b.Fatal(err)
		}
	}
	within(b, "everything is delivered", r.drained)
	b.ReportMetric(float64(k.n.Load())/float64(b.N), "notices/op")
}

// counter is a receiver that counts.
type counter struct{ n atomic.Int64 }

func (k *counter) deliver(context.Context, *Subscription, *Notice) error {
	k.n.Add(1)
	return nil
}
