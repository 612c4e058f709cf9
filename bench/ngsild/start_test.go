package ngsild

import (
	"os/exec"
	"testing"
	"time"
)

// BenchmarkStart measures how long after exec the interface answers, on a folder that is there already, and the memory at rest.
func BenchmarkStart(b *testing.B) {
	path, err := built()
	if err != nil {
		b.Fatal(err)
	}
	t, dir := &table{order: []string{"Haihe/SQLite"}}, b.TempDir()
	first := serve(b, "sqlite", dir, "")
	fill(b, candidate{name: "Haihe/SQLite", base: first.base}, &ledger{}, scale{lamps: 1000})
	first.kill()
	for range 5 {
		p := launch(b, exec.Command(path, "serve", "--config", dir+"/haihe.toml"))
		k := connections(b, p.base, 1)[0]
		for {
			status, err := k.do("GET", "/entities/"+lampID(0), nil)
			if err != nil {
				b.Fatal(err)
			}
			if status == 200 {
				break
			}
			if time.Since(p.started) > time.Minute {
				b.Fatalf("not ready: %d %.200s", status, k.body)
			}
			time.Sleep(time.Millisecond)
		}
		t.add("Haihe/SQLite", "ready after exec", "ms", true, float64(time.Since(p.started).Microseconds())/1000)
		k.close()
		time.Sleep(3 * time.Second)
		t.add("Haihe/SQLite", "memory at rest", "MB resident", true, resident(p.cmd.Process.Pid))
		p.kill()
	}
	t.print(b)
}
