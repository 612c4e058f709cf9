package bench

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
)

const (
	batchSize = 5000
	quarter   = int64(15 * time.Minute / time.Microsecond)
	dayMicros = 96 * quarter
)

var (
	tianjin  = time.FixedZone("CST", 8*60*60)
	firstDay = time.Date(2015, 11, 2, 0, 0, 0, 0, tianjin)
)

var metered = series.Family{Name: "metered", Step: 15 * time.Minute, Columns: []series.Column{
	{Name: "energy", Unit: "KWH", Decimals: 3}, {Name: "power", Unit: "KWT", Decimals: 3}, {Name: "voltage", Unit: "VLT", Decimals: 1}}}

// The plain table: integers scaled alike, the key that one meter's day asks for, and the meters' districts beside it.
const plainReadings = `
CREATE TABLE reading (meter bigint NOT NULL, at bigint NOT NULL, energy bigint NOT NULL, power bigint NOT NULL, voltage bigint NOT NULL,
	quality smallint NOT NULL, PRIMARY KEY (meter, at));
CREATE TABLE district (meter bigint PRIMARY KEY, name text NOT NULL);`

const (
	plainDay = `SELECT at, energy, power, voltage, quality FROM reading WHERE meter = $1 AND at >= $2 AND at < $3 ORDER BY at`
	plainSum = `SELECT (at - $1) / 3600000000, sum(power) FROM reading JOIN district USING (meter)
		WHERE name = 'heping' AND at >= $1 AND at < $2 GROUP BY 1`
)

// load is a day of readings in the order in which they arrive: slot by slot, the meters in a random but fixed order.
type load struct {
	r      *rand.Rand
	order  []int
	energy []int64
	base   []int64
}

func newLoad(meters int) *load {
	l := &load{r: rand.New(rand.NewPCG(1, 2)), energy: make([]int64, meters), base: make([]int64, meters)}
	l.order = l.r.Perm(meters)
	for i := range meters {
		l.energy[i], l.base[i] = l.r.Int64N(50_000_000), 100+l.r.Int64N(900)
	}
	return l
}

// day makes the batches of a day, and the power of the district by hour.
func (l *load) day(from int64, s scale) (batches []*series.Batch, hours map[int64]int64) {
	hours = map[int64]int64{}
	for slot := range s.slots {
		at := from + int64(slot)*quarter
		for i, m := range l.order {
			if i%batchSize == 0 {
				batches = append(batches, &series.Batch{})
			}
			power := l.base[m] + l.r.Int64N(60)
			if slot > 24 && slot < 32 || slot > 70 && slot < 88 {
				power *= 2
			}
			l.energy[m] += power / 4
			batches[len(batches)-1].Add(int64(m), at, series.Measured, l.energy[m], power, 2200+l.r.Int64N(40))
			if m < s.district() {
				hours[int64(slot/4)] += power
			}
		}
	}
	return batches, hours
}

// readings measures arrival, the size on disk, one meter's day and a district's hours, the latter two also before the day is
// compacted.
func readings(b *testing.B, t *table, s scale) {
	dbs, path, dsn := haihe(b)
	conn := connect(b, dsn, 1)[0]
	exec(b, conn, plainReadings)
	exec(b, conn, `INSERT INTO district SELECT n, CASE WHEN n < $1 THEN 'heping' ELSE 'hexi' END FROM generate_series(0::bigint, $2::bigint) n`, s.district(), s.meters-1)
	now := firstDay
	var kept [2]*series.Table
	for i, db := range dbs {
		e, err := series.Open(b.Context(), db, func() time.Time { return now })
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = e.Close() })
		if kept[i], err = e.Declare(b.Context(), metered); err != nil {
			b.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(5, 6))
	l := newLoad(s.meters)
	samples := float64(s.meters * s.slots)
	for round := range s.rounds {
		now = firstDay.AddDate(0, 0, round).Add(12 * time.Hour)
		from := firstDay.AddDate(0, 0, round).UnixMicro()
		batches, hours := l.day(from, s)
		for _, c := range turns(r) {
			at := time.Now()
			for _, x := range batches {
				if err := appendBatch(b.Context(), c, dbs, kept, conn, x); err != nil {
					b.Fatal(err)
				}
			}
			t.add(c, "samples arriving, batches of 5,000", "1/s durable", false, samples/time.Since(at).Seconds())
		}
		exec(b, conn, "VACUUM ANALYZE reading")
		ask(b, t, s, r, kept, conn, from, hours, ", day still open")
		for c, tab := range kept {
			at := time.Now()
			if _, err := tab.Compact(b.Context(), firstDay.AddDate(0, 0, round+1).Add(time.Hour)); err != nil {
				b.Fatal(err)
			}
			t.add(c, "compaction of a day", "samples/s", false, samples/time.Since(at).Seconds())
		}
		ask(b, t, s, r, kept, conn, from, hours, "")
	}
	all := samples * float64(s.rounds)
	for c, bytes := range sizes(b, path, conn) {
		t.add(c, "on disk with indexes", "bytes/sample", true, float64(bytes)/all)
	}
}

// appendBatch stores one batch durably; Haihe may ask to wait while it flushes.
func appendBatch(ctx context.Context, c int, dbs [2]*store.DB, kept [2]*series.Table, conn *pgx.Conn, x *series.Batch) error {
	if c == plain {
		_, err := conn.CopyFrom(ctx, pgx.Identifier{"reading"}, []string{"meter", "at", "energy", "power", "voltage", "quality"},
			pgx.CopyFromSlice(len(x.Keys), func(i int) ([]any, error) {
				return []any{x.Keys[i], x.Times[i], x.Values[0][i], x.Values[1][i], x.Values[2][i], int16(x.Quality[i])}, nil
			}))
		return err
	}
	for {
		err := dbs[c].Write(ctx, func(tx *store.Tx) error { return kept[c].Append(tx, x) })
		if !errs.Is(err, errs.Busy) {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// ask measures the two questions and holds every answer to what was sent.
func ask(b *testing.B, t *table, s scale, r *rand.Rand, kept [2]*series.Table, conn *pgx.Conn, from int64, hours map[int64]int64, when string) {
	b.Helper()
	ctx, to := b.Context(), from+dayMicros
	district := make([]int64, s.district())
	for i := range district {
		district[i] = int64(i)
	}
	for _, c := range turns(r) {
		v := timed(b, s.asks, func(int) error {
			n, err := meterDay(ctx, c, kept, conn, int64(r.IntN(s.meters)), from, to)
			if err == nil && n != s.slots {
				err = fmt.Errorf("%s: %d samples in a day of %d", candidates[c], n, s.slots)
			}
			return err
		})
		t.add(c, "one meter's day"+when, "ms", true, v)
		v = timed(b, s.districts, func(int) error {
			got, err := districtHours(ctx, c, kept, conn, district, from, to)
			for h, want := range hours {
				if err == nil && got[h] != want {
					err = fmt.Errorf("%s: hour %d is %d, want %d", candidates[c], h, got[h], want)
				}
			}
			return err
		})
		t.add(c, "a district's hourly sums"+when, "ms", true, v)
	}
}

func meterDay(ctx context.Context, c int, kept [2]*series.Table, conn *pgx.Conn, meter, from, to int64) (n int, err error) {
	if c != plain {
		list, err := kept[c].Range(ctx, meter, from, to)
		return len(list), err
	}
	rows, err := conn.Query(ctx, plainDay, meter, from, to)
	if err != nil {
		return 0, err
	}
	var at, energy, power, voltage int64
	var quality int16
	_, err = pgx.ForEachRow(rows, []any{&at, &energy, &power, &voltage, &quality}, func() error { n++; return nil })
	return n, err
}

func districtHours(ctx context.Context, c int, kept [2]*series.Table, conn *pgx.Conn, district []int64, from, to int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	if c != plain {
		points, err := kept[c].Aggregate(ctx, district, "power", from, to, time.Hour)
		for _, p := range points {
			out[(p.At-from)/int64(time.Hour/time.Microsecond)] = p.Sum
		}
		return out, err
	}
	rows, err := conn.Query(ctx, plainSum, from, to)
	if err != nil {
		return nil, err
	}
	var hour, sum int64
	_, err = pgx.ForEachRow(rows, []any{&hour, &sum}, func() error { out[hour] = sum; return nil })
	return out, err
}

// sizes gives the bytes in use of the three, free pages not counted.
func sizes(b *testing.B, path string, conn *pgx.Conn) (out [3]int64) {
	b.Helper()
	file, err := sql.Open("sqlite", path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	if err := file.QueryRow(`SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s`).Scan(&out[0]); err != nil {
		b.Fatal(err)
	}
	exec(b, conn, "VACUUM FULL")
	if err := conn.QueryRow(b.Context(), `SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname LIKE 'series%' AND relkind = 'r'`).Scan(&out[1]); err != nil {
		b.Fatal(err)
	}
	if err := conn.QueryRow(b.Context(), `SELECT pg_total_relation_size('reading')`).Scan(&out[2]); err != nil {
		b.Fatal(err)
	}
	return out
}
