package series

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/sqlite"
	"github.com/haihe-city/haihe/store/storetest"
)

// killWhere names the database to the child process of TestKill.
const killWhere = "HAIHE_SERIES_KILL"

const killWriters, killBatch = 4, 60

// killSample is sample i of a writer's batch n: every (key, time) is written once, over three days and several blocks.
func killSample(writer, n, i int64) (key, at, value int64) {
	key = writer*1000 + (i*7)%150
	at = chunk.DayStart(firstDay+n%3) + (n*killBatch+i)*10_000
	return key, at, writer*1_000_000_000 + n*1000 + i
}

// TestKill: a process that appends, flushes and compacts is killed at random moments. After each kill whatever was answered is
// there, whole batches only, and nothing is there twice.
func TestKill(t *testing.T) {
	if where := os.Getenv(killWhere); where != "" {
		killed(t, where)
		return
	}
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	where := filepath.Join(t.TempDir(), "haihe.db")
	acked := map[[2]int64]bool{}
	for range rounds {
		killRound(t, where, acked)
		killCheck(t, where, acked)
	}
	t.Logf("%d answered batches in %d rounds", len(acked), rounds)
}

func killRound(t *testing.T, where string, acked map[[2]int64]bool) {
	child := exec.Command(os.Args[0], "-test.run=^TestKill$")
	child.Env = append(os.Environ(), killWhere+"="+where)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for first := true; lines.Scan(); first = false {
		if first {
			time.AfterFunc(time.Duration(30+rand.IntN(300))*time.Millisecond, func() { _ = child.Process.Kill() })
		}
		var w, n int64
		if _, err := fmt.Sscanf(lines.Text(), "batch %d %d", &w, &n); err != nil {
			t.Fatalf("the child says %q", lines.Text())
		}
		acked[[2]int64{w, n}] = true
	}
	if err := child.Wait(); err == nil || strings.Contains(err.Error(), "exit status") {
		t.Fatalf("the child ended by itself: %v", err)
	}
}

func killOpen(t *testing.T, where string) (*store.DB, *Engine, *Table) {
	db := storetest.OpenWith(t, sqlite.Dialect(where), store.Options{})
	e, err := OpenLimited(t.Context(), db, func() time.Time { return midday }, Limits{OpenSamples: 2000})
	if err != nil {
		t.Fatal(err)
	}
	table, err := e.Declare(t.Context(), load)
	if err != nil {
		t.Fatal(err)
	}
	return db, e, table
}

func killCheck(t *testing.T, where string, acked map[[2]int64]bool) {
	db, e, table := killOpen(t, where)
	defer db.Close()
	defer e.Close()
	found := map[[2]int64]int{}
	var total int64
	err := table.Scan(t.Context(), nil, 0, chunk.LastTime, func(s Sample) error {
		v := s.Values[0]
		w, n, i := v/1_000_000_000, v/1000%1_000_000, v%1000
		if key, at, _ := killSample(w, n, i); key != s.Key || at != s.At || s.Values[1] != i {
			t.Errorf("a sample that nobody wrote: %+v", s)
		}
		found[[2]int64{w, n}]++
		total++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for b := range acked {
		if found[b] != killBatch {
			t.Errorf("batch %v was answered; %d of %d samples are there", b, found[b], killBatch)
		}
	}
	for b, n := range found {
		if n != killBatch {
			t.Errorf("batch %v: %d of %d samples", b, n, killBatch)
		}
	}
	points, err := table.Aggregate(t.Context(), nil, "power", 0, chunk.LastTime, 24*time.Hour)
	var count int64
	for _, p := range points {
		count += p.Count
	}
	if err != nil || count != total {
		t.Errorf("the sum counts %d samples, the scan %d, %v", count, total, err)
	}
}

// killed is the child: it writes, and compacts meanwhile, until it is killed. It prints each batch after its answer.
func killed(t *testing.T, where string) {
	db, _, table := killOpen(t, where)
	ctx := context.Background()
	var next [killWriters]int64
	err := table.Scan(ctx, nil, 0, chunk.LastTime, func(s Sample) error {
		w := s.Values[0] / 1_000_000_000
		next[w] = max(next[w], s.Values[0]/1000%1_000_000+1)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			if _, err := table.Compact(ctx, midday.Add(4*24*time.Hour)); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(3)
			}
			time.Sleep(time.Millisecond)
		}
	})
	for w := range int64(killWriters) {
		wg.Go(func() {
			for n := next[w]; ; {
				b := &Batch{}
				for i := range int64(killBatch) {
					key, at, v := killSample(w, n, i)
					b.Add(key, at, Measured, v, i)
				}
				err := db.Write(ctx, func(tx *store.Tx) error { return table.Append(tx, b) })
				if errs.Is(err, errs.Busy) {
					time.Sleep(time.Millisecond)
					continue
				}
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(3)
				}
				mu.Lock()
				_, _ = fmt.Fprintf(os.Stdout, "batch %d %d\n", w, n)
				mu.Unlock()
				n++
			}
		})
	}
	wg.Wait()
}
