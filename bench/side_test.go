package bench

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/postgres"
	"github.com/haihe-city/haihe/store/sqlite"
	"github.com/haihe-city/haihe/store/storetest"
)

// candidates are the columns of the table; the last is what the others are measured against.
var candidates = []string{"Haihe/SQLite", "Haihe/PostgreSQL", "plain rows/PostgreSQL"}

const plain = 2

// figure is one line: a value a round for each candidate.
type figure struct {
	name, unit string
	less       bool // less is better
	values     [3][]float64
}

// table gathers figures.
type table struct{ figures []*figure }

func (t *table) add(candidate int, name, unit string, less bool, v float64) {
	i := slices.IndexFunc(t.figures, func(f *figure) bool { return f.name == name })
	if i < 0 {
		i = len(t.figures)
		t.figures = append(t.figures, &figure{name: name, unit: unit, less: less})
	}
	t.figures[i].values[candidate] = append(t.figures[i].values[candidate], v)
}

// ratio is how many times better than plain rows a candidate is, the median over the rounds.
func (f *figure) ratio(candidate int) float64 {
	var all []float64
	for r := range min(len(f.values[candidate]), len(f.values[plain])) {
		v := f.values[candidate][r] / f.values[plain][r]
		if f.less {
			v = 1 / v
		}
		all = append(all, v)
	}
	return median(all)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Clone(v)
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// print writes the table: medians, and in brackets how many times better than plain rows.
func (t *table) print(b *testing.B) {
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "\nfigure\tunit\t%s\n", strings.Join(candidates, "\t"))
	for _, f := range t.figures {
		fmt.Fprintf(w, "%s\t%s", f.name, f.unit)
		for c := range candidates {
			switch {
			case len(f.values[c]) == 0:
				fmt.Fprint(w, "\t-")
			case c == plain || len(f.values[plain]) == 0:
				fmt.Fprintf(w, "\t%s", show(median(f.values[c])))
			default:
				fmt.Fprintf(w, "\t%s (%.2g x)", show(median(f.values[c])), f.ratio(c))
			}
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		b.Error(err)
	}
	if testing.Verbose() {
		for _, f := range t.figures {
			for c, v := range f.values {
				fmt.Printf("%s, %s, round by round: %s\n", f.name, candidates[c], strings.Join(strings.Fields(fmt.Sprintf("%.4g", v)), " "))
			}
		}
	}
}

func show(v float64) string {
	switch {
	case v >= 1000:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// scale is how much is done.
type scale struct {
	rounds          int
	spell           time.Duration // of one candidate's entity writes in a round
	known           int           // entities there before
	meters, slots   int           // readings in a round
	asks, districts int           // questions in a round
}

func (s scale) district() int { return s.meters / 2 }

// BenchmarkSideBySide runs everything once and prints the table.
func BenchmarkSideBySide(b *testing.B) {
	s := scale{rounds: 5, spell: 1500 * time.Millisecond, known: 20_000, meters: 25_000, slots: 96, asks: 200, districts: 7}
	if testing.Short() {
		s = scale{rounds: 3, spell: 300 * time.Millisecond, known: 3000, meters: 3000, slots: 96, asks: 60, districts: 3}
	}
	begun := time.Now()
	t := new(table)
	entities(b, t, s)
	s.rounds = min(s.rounds, 3) // a round of readings is a day
	readings(b, t, s)
	b.StopTimer()
	t.print(b)
	fmt.Printf("\n%s %s/%s, %d processors, %d meters a round of readings, a district of %d, %s in all\n\n", runtime.Version(), runtime.GOOS,
		runtime.GOARCH, runtime.NumCPU(), s.meters, s.district(), time.Since(begun).Round(time.Second))
	for _, f := range t.figures {
		if len(f.values[plain]) == 0 {
			continue
		}
		b.ReportMetric(f.ratio(0), strings.ReplaceAll(f.name, " ", "-")+"-x")
	}
}

// haihe opens the two engines; path is the SQLite file.
func haihe(b *testing.B) (dbs [2]*store.DB, path, dsn string) {
	b.Helper()
	path, dsn = filepath.Join(b.TempDir(), "haihe.db"), storetest.Postgres(b)
	dbs[0] = storetest.OpenWith(b, sqlite.Dialect(path), store.Options{})
	dbs[1] = storetest.OpenWith(b, postgres.Dialect(dsn), store.Options{})
	return dbs, path, dsn
}

// connect opens n connections for plain rows.
func connect(b *testing.B, dsn string, n int) []*pgx.Conn {
	b.Helper()
	var conns []*pgx.Conn
	for range n {
		c, err := pgx.Connect(b.Context(), dsn)
		if err != nil {
			b.Fatal(err)
		}
		conns = append(conns, c)
		b.Cleanup(func() { _ = c.Close(b.Context()) })
	}
	return conns
}

func exec(b *testing.B, c *pgx.Conn, sql string, args ...any) {
	b.Helper()
	if _, err := c.Exec(b.Context(), sql, args...); err != nil {
		b.Fatal(err)
	}
}

// turns gives the candidates in another order each round, so that none is always the first.
func turns(r *rand.Rand) []int { return r.Perm(len(candidates)) }

// crowd has writers call fn over and over for a spell and gives the calls a second; fn gets the writer and a number that nobody
// else has.
func crowd(b *testing.B, writers int, spell time.Duration, fn func(writer, n int) error) float64 {
	b.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failed error
	calls, next := 0, 0
	begun := time.Now()
	for w := range writers {
		wg.Go(func() {
			done := 0
			for time.Since(begun) < spell {
				mu.Lock()
				n := next
				next++
				mu.Unlock()
				if err := fn(w, n); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
				done++
			}
			mu.Lock()
			calls += done
			mu.Unlock()
		})
	}
	wg.Wait()
	took := time.Since(begun)
	if failed != nil {
		b.Fatal(failed)
	}
	return float64(calls) / took.Seconds()
}

// timed is the median duration of n calls in milliseconds.
func timed(b *testing.B, n int, fn func(i int) error) float64 {
	b.Helper()
	var all []float64
	for i := range n {
		at := time.Now()
		if err := fn(i); err != nil {
			b.Fatal(err)
		}
		all = append(all, time.Since(at).Seconds()*1000)
	}
	return median(all)
}
