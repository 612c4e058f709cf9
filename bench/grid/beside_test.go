package grid

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	simulate "github.com/haihe-city/haihe/simulate/grid"
	"github.com/haihe-city/haihe/store/storetest"
)

// Of both peers: how many send at once, and how many readings at a time.
const (
	senders = 4
	lot     = 5000
)

// lots hands the readings of a slot out to the senders, and gives how long it took until the last was answered.
func lots(b *testing.B, c *simulate.City, send func(sender int, meters []simulate.Meter) error) time.Duration {
	b.Helper()
	list := c.Meters()
	var mu sync.Mutex
	var failed error
	next := 0
	begun := time.Now()
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for {
				mu.Lock()
				from := next
				next += lot
				stop := failed != nil || from >= len(list)
				mu.Unlock()
				if stop {
					return
				}
				if err := send(s, list[from:min(from+lot, len(list))]); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if failed != nil {
		b.Fatal(failed)
	}
	return time.Since(begun)
}

func number(m *simulate.Meter) int64 {
	n, _ := strconv.ParseInt(m.Address, 10, 64)
	return n
}

// plainRows gives the readings to PostgreSQL.
func plainRows(b *testing.B, c *simulate.City, slot time.Time) {
	b.Helper()
	dsn := storetest.Postgres(b)
	var conns []*pgx.Conn
	for range senders {
		conn, err := pgx.Connect(b.Context(), dsn)
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close(b.Context())
		conns = append(conns, conn)
	}
	if _, err := conns[0].Exec(b.Context(), `CREATE TABLE reading (meter bigint NOT NULL, at bigint NOT NULL, energy bigint NOT NULL, power bigint NOT NULL,
		voltage bigint NOT NULL, quality smallint NOT NULL, PRIMARY KEY (meter, at))`); err != nil {
		b.Fatal(err)
	}
	took := lots(b, c, func(s int, meters []simulate.Meter) error {
		_, err := conns[s].CopyFrom(b.Context(), pgx.Identifier{"reading"}, []string{"meter", "at", "energy", "power", "voltage", "quality"},
			pgx.CopyFromSlice(len(meters), func(i int) ([]any, error) {
				m := &meters[i]
				return []any{number(m), slot.UnixMicro(), c.Register(m, slot), c.Power(m, slot), c.Voltage(m, slot), int16(0)}, nil
			}))
		return err
	})
	var rows int64
	if err := conns[0].QueryRow(b.Context(), `SELECT count(*) FROM reading`).Scan(&rows); err != nil || rows != int64(*meters) {
		b.Errorf("PostgreSQL has %d rows, %v", rows, err)
	}
	var bytes int64
	if err := conns[0].QueryRow(b.Context(), `SELECT pg_total_relation_size('reading')`).Scan(&bytes); err != nil {
		b.Error(err)
	}
	fmt.Printf("PostgreSQL, plain rows by COPY: %.1f s, %.0f readings/s, %.1f bytes a reading, load %s\n", took.Seconds(), float64(*meters)/took.Seconds(), float64(bytes)/float64(*meters), loadAverage())
}

// victoria gives the readings to VictoriaMetrics.
func victoria(b *testing.B, c *simulate.City, slot time.Time) {
	b.Helper()
	path, err := exec.LookPath("victoria-metrics")
	if err != nil {
		fmt.Println("VictoriaMetrics: left out, it is not installed")
		return
	}
	base := fmt.Sprintf("127.0.0.1:%d", freePort(b))
	cmd := exec.Command(path, "-storageDataPath="+b.TempDir(), "-httpListenAddr="+base, "-retentionPeriod=100y", "-loggerLevel=ERROR")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	base = "http://" + base
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(base + "/health")
		if err == nil {
			resp.Body.Close()
			break
		}
		if time.Since(begun) > time.Minute {
			b.Fatal(err)
		}
	}
	at := strconv.FormatInt(slot.UnixNano(), 10)
	took := lots(b, c, func(_ int, meters []simulate.Meter) error {
		var body bytes.Buffer
		for i := range meters {
			m := &meters[i]
			fmt.Fprintf(&body, "grid,meter=%s energy=%d,power=%d,voltage=%d %s\n", m.Address, c.Register(m, slot), c.Power(m, slot), c.Voltage(m, slot), at)
		}
		resp, err := http.Post(base+"/write", "text/plain", &body)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusNoContent {
			text, _ := io.ReadAll(resp.Body)
			return fmt.Errorf("VictoriaMetrics: %s %.200s", resp.Status, text)
		}
		return nil
	})
	pid := cmd.Process.Pid
	fmt.Printf("VictoriaMetrics, lines over HTTP: %.1f s, %.0f readings/s, %.1f s of processor time, peak %.0f MB resident, load %s\n",
		took.Seconds(), float64(*meters)/took.Seconds(), processor(pid).Seconds(), memory(pid, "VmHWM"), loadAverage())
}
