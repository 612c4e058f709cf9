package node

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/postgres"
	"github.com/haihe-city/haihe/store/sqlite"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/record"
)

// The process that is killed is this test's program, told by its environment what it is.
const (
	killWhere = "HAIHE_NODE_STORE"   // path of a SQLite database, or a DSN
	killAs    = "HAIHE_NODE_AS"      // "city", "district"
	killAt    = "HAIHE_NODE_ADDRESS" // where it listens
	killToken = "HAIHE_NODE_TOKEN"   // invitation of the district
)

// Claim: kill -9 of the asking or the serving node at any moment leaves no acknowledged call without its two lines on both sides, and a
// receipt of each verifies.
func TestKilled(t *testing.T) {
	if as := os.Getenv(killAs); as != "" {
		child(t, as)
		return
	}
	if testing.Short() {
		t.Skip("skipped: the kills are left out with -short")
	}
	kills := 2
	if s := os.Getenv("HAIHE_KILLS"); s != "" {
		kills, _ = strconv.Atoi(s)
	}
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		killed(t, kills, filepath.Join(dir, "city.db"), filepath.Join(dir, "district.db"))
	})
	if os.Getenv("HAIHE_KILLS") == "" && os.Getenv("HAIHE_TEST_ENGINE") != "postgres" {
		t.Log("the kills beside PostgreSQL are left out: they run with HAIHE_KILLS or HAIHE_TEST_ENGINE=postgres")
		return
	}
	t.Run("postgres", func(t *testing.T) { killed(t, kills, storetest.Postgres(t), storetest.Postgres(t)) })
}

// process is one node in a process of its own.
type process struct {
	cmd   *exec.Cmd
	acked chan string // ids of calls whose answers the caller had; of a district
	token chan string
	ready chan struct{}
	done  chan struct{}
}

func begin(t *testing.T, as, where, address, token string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(self, "-test.run=^TestKilled$"), acked: make(chan string, 1<<16), token: make(chan string, 1), ready: make(chan struct{}), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), killWhere+"="+where, killAs+"="+as, killAt+"="+address, killToken+"="+token)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var faults bytes.Buffer
	p.cmd.Stderr = &faults
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			word, rest, _ := strings.Cut(lines.Text(), " ")
			switch word {
			case "ready":
				close(p.ready)
			case "token":
				p.token <- rest
			case "acked":
				p.acked <- rest
			}
		}
		_ = p.cmd.Wait()
	}()
	select {
	case <-p.ready:
	case <-p.done:
		t.Fatalf("the %s did not start: %s", as, faults.String())
	case <-time.After(60 * time.Second):
		t.Fatalf("the %s did not start in time", as)
	}
	return p
}

// kill ends it as a power cut would and gives the calls that it acknowledged.
func (p *process) kill() (acked []string) {
	_ = p.cmd.Process.Kill()
	<-p.done
	for {
		select {
		case id := <-p.acked:
			acked = append(acked, id)
		default:
			return acked
		}
	}
}

func killed(t *testing.T, kills int, cityAt, districtAt string) {
	address, far := free(t), free(t)
	city := begin(t, "city", cityAt, address, "")
	district := begin(t, "district", districtAt, far, <-city.token)
	var acked []string
	for k := range kills {
		time.Sleep(300*time.Millisecond + time.Duration(k%5)*37*time.Millisecond)
		if k%2 == 0 {
			_ = city.kill()
			city = begin(t, "city", cityAt, address, "")
		} else {
			acked = append(acked, district.kill()...)
			district = begin(t, "district", districtAt, far, "")
		}
	}
	time.Sleep(300 * time.Millisecond)
	acked = append(acked, district.kill()...)
	_ = city.kill()
	if len(acked) == 0 {
		t.Fatal("no call was acknowledged")
	}
	t.Logf("%d kills, %d calls acknowledged", kills, len(acked))
	a, _ := reopen(t, cityAt, nil)
	b, _ := reopen(t, districtAt, nil)
	for _, n := range []*Node{a, b} {
		if err := n.Stamp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range acked {
		for side, n := range map[string]*Node{record.Served: a, record.Asked: b} {
			log, err := n.Record()
			if err != nil {
				t.Fatal(err)
			}
			if r, err := log.Find(t.Context(), id, side); err != nil || len(r.RequestSig) == 0 || len(r.ResponseSig) == 0 {
				t.Fatalf("the acknowledged call %s has no two lines on the side that %s: %v", id, side, err)
			}
			if i%20 != 0 { // a receipt takes a while
				continue
			}
			c, err := n.Receipt(t.Context(), id, side)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Verify(a.Pin(), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func free(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// reopen opens a node over what a process left.
func reopen(t *testing.T, where string, serve call.Serve) (*Node, *store.DB) {
	t.Helper()
	d := sqlite.Dialect(where)
	if !filepath.IsAbs(where) {
		d = postgres.Dialect(where)
	}
	var db *store.DB
	var err error
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) { // the lock of a killed process goes when its connection does
		if db, err = store.Open(t.Context(), d, store.Options{Now: time.Now}); err == nil || time.Now().After(limit) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	j, err := journal.Open(t.Context(), db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	v, err := trust.Open(t.Context(), trust.Options{DB: db, Journal: j, Now: time.Now, Seal: make([]byte, trust.SealSize)})
	if err != nil {
		t.Fatal(err)
	}
	n, err := Open(t.Context(), Options{DB: db, Journal: j, Vault: v, Now: time.Now, Log: slog.New(slog.DiscardHandler), Algorithm: pki.ECDSA, Serve: serve})
	if err != nil {
		t.Fatal(err)
	}
	return n, db
}

// child is the process: it serves, and a district calls the city without a pause and says which answers it had.
func child(t *testing.T, as string) {
	n, _ := reopen(t, os.Getenv(killWhere), func(_ context.Context, c call.Call) call.Answer {
		return call.Answer{Status: 200, Type: "application/json", Body: []byte(`{}`), Keep: func(*store.Tx) error { return nil }}
	})
	address := os.Getenv(killAt)
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = http.Serve(ln, n) }()
	who := identity.System("test")
	if id, _ := n.Self(); id == "" && as == "city" {
		if err := n.Found(t.Context(), who, member.Entry{ID: "tianjin", Name: lang.T("天津市", "Tianjin"), Kind: member.City, Unit: "economy-it", Address: "http://" + address}); err != nil {
			t.Fatal(err)
		}
		k, err := n.Invite(t.Context(), who, member.Entry{ID: "hedong", Name: lang.T("河东区", "Hedong"), Kind: member.District, Unit: "districts"})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("token", k.String())
	} else if id == "" {
		if err := n.Join(t.Context(), who, os.Getenv(killToken), "http://"+address); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Println("ready")
	go func() {
		for ; ; time.Sleep(100 * time.Millisecond) {
			_ = n.Poll(t.Context()) // a city that is dead just now
		}
	}()
	if as == "city" {
		select {} // until it is killed
	}
	var wg sync.WaitGroup
	var out sync.Mutex
	for range 8 {
		wg.Go(func() {
			for {
				a, err := n.Call(t.Context(), "tianjin", ask("a"))
				if err != nil {
					if errs.Is(err, errs.Unavailable) || errors.Is(err, context.Canceled) {
						time.Sleep(20 * time.Millisecond)
						continue
					}
					t.Error(err)
					os.Exit(1)
				}
				out.Lock()
				fmt.Println("acked", a.Call)
				out.Unlock()
			}
		})
	}
	wg.Wait()
}
