package notice

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// BenchmarkTell measures a message to ten thousand people from Tell until the last state is durable, and the escalation of all of them;
// SQLite, or PostgreSQL with HAIHE_TEST_ENGINE=postgres.
func BenchmarkTell(b *testing.B) {
	const people = 10_000
	db := storetest.Open(b)
	j, err := journal.Open(b.Context(), db, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	p, err := Open(b.Context(), Options{DB: db, Journal: j, Now: time.Now, Channels: []Channel{newOutside("gate")}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	var level []Contact
	for i := range people {
		level = append(level, person(fmt.Sprint("c", i), fmt.Sprint("gate:", i)))
	}
	var telling, climbing time.Duration
	for i := 0; b.Loop(); i++ {
		about := fmt.Sprint("w", i)
		began := time.Now()
		err := db.Write(b.Context(), func(tx *store.Tx) error {
			_, err := p.Tell(tx, Message{About: about, Title: lang.Same("预警"), Priority: 1, AckBy: 10 * time.Second, Levels: [][]Contact{level, {person("boss", "gate:boss")}}})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		state := func(want State, n int64) time.Time {
			for {
				list, _, err := p.Letters(b.Context(), about, "", 1)
				if err != nil {
					b.Fatal(err)
				}
				if list[0].States[want]+list[0].States[Escaped] >= n { // who was told may be escalated by now
					return time.Now()
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
		told := state(Told, people)
		telling += told.Sub(began)
		climbing += state(Escaped, people).Sub(began.Add(10 * time.Second))
	}
	b.ReportMetric(telling.Seconds()/float64(b.N), "s/10k-told")
	b.ReportMetric(climbing.Seconds()/float64(b.N), "s/10k-escalated")
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
