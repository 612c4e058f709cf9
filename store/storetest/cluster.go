package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Postgres gives a test an empty database on this process's own PostgreSQL, and its connection string; the test is skipped
// where the server's programs are not installed. The cluster is started at the first call, listens on a Unix socket in a
// temporary folder only, flushes as a real one does, and ends with the test process, however that ends.
func Postgres(t testing.TB) (dsn string) {
	t.Helper()
	c, err := cluster()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	if c == nil {
		t.Skip("skipped: needs PostgreSQL 15 or later on this machine (initdb and postgres in PATH or /usr/lib/postgresql/*/bin)")
		return ""
	}
	name := fmt.Sprintf("t%d", c.count.Add(1))
	// template0, so that creating does not wait for other connections; its order of text is the cluster's, which is C.
	if err := c.admin("CREATE DATABASE " + name + " TEMPLATE template0"); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		if err := c.admin("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Logf("drop database: %v", err)
		}
	})
	return c.dsn(name)
}

// pgCluster is a running private server.
type pgCluster struct {
	dir   string
	count atomic.Int64
	life  io.WriteCloser // closing it ends the server
}

func (c *pgCluster) dsn(database string) string {
	return fmt.Sprintf("host=%s port=5432 user=haihe dbname=%s sslmode=disable", c.dir, database)
}

// cluster starts the process's server once; nil where there are no programs.
var cluster = sync.OnceValues(func() (*pgCluster, error) {
	bin := binaries()
	if bin == "" {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "haihe-pg-")
	if err != nil {
		return nil, err
	}
	c := &pgCluster{dir: dir}
	if err := c.start(bin); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return c, nil
})

// supervise runs the server until its standard input closes, which the kernel sees to when the test process is gone, and
// then removes the folder. Nothing has to be called at the end of a test process, and a killed one leaves nothing behind.
const supervise = `trap '' INT TERM HUP
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=200 -c fsync=on >"$2/log" 2>&1 &
server=$!
cat >/dev/null
kill -INT $server
wait $server
rm -rf "$2"`

func (c *pgCluster) start(bin string) error {
	attr, err := asServer(c.dir)
	if err != nil {
		return err
	}
	init := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(c.dir, "data"), "-U", "haihe", "-A", "trust",
		"-E", "UTF8", "--locale=C", "-N")
	init.Dir, init.SysProcAttr = c.dir, attr
	if out, err := init.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	run := exec.Command("/bin/sh", "-c", supervise, "sh", bin, c.dir)
	run.Dir, run.SysProcAttr = c.dir, attr
	if c.life, err = run.StdinPipe(); err != nil {
		return err
	}
	if err := run.Start(); err != nil {
		return err
	}
	go func() { _ = run.Wait() }()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err = c.admin("SELECT 1"); err == nil {
			return nil
		}
		if time.Now().After(end) {
			log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			_ = c.life.Close()
			return fmt.Errorf("%w: %s", err, log)
		}
	}
}

// admin runs one statement as the server's owner; the driver "pgx" comes with store/postgres.
func (c *pgCluster) admin(text string) error {
	db, err := sql.Open("pgx", c.dsn("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(context.Background(), text)
	return err
}

// binaries finds the folder of the newest server of version 15 or later; "" where there is none.
func binaries() string {
	var dirs []string
	if p, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"} {
		found, _ := filepath.Glob(pattern)
		dirs = append(dirs, found...)
	}
	best, newest := "", 14
	for _, d := range dirs {
		out, err := exec.Command(filepath.Join(d, "postgres"), "--version").Output() // postgres (PostgreSQL) 15.18 (Debian ...)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(out), ") ")
		major, _, _ := strings.Cut(rest, ".")
		if v, _ := strconv.Atoi(strings.TrimSpace(major)); v > newest {
			best, newest = d, v
		}
	}
	return best
}
