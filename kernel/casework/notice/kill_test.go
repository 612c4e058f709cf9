package notice

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// killWhere names the database to the child process of TestKill, killGate the receiver's address.
const (
	killWhere = "HAIHE_NOTICE_KILL"
	killGate  = "HAIHE_NOTICE_GATE"
)

// receiver is the world outside, in the parent: it counts what it takes by key, and answers whether it has a key.
type receiver struct {
	mu    sync.Mutex
	taken map[string]int
	asked int
	limit chan struct{} // closed when as many as wanted were taken
	want  int
}

func (r *receiver) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go r.talk(c)
	}
}

func (r *receiver) talk(c net.Conn) {
	defer c.Close()
	for in := bufio.NewScanner(c); in.Scan(); {
		verb, key, _ := strings.Cut(in.Text(), " ")
		r.mu.Lock()
		said := "no"
		switch {
		case verb == "send":
			if r.taken[key]++; len(r.taken) == r.want {
				close(r.limit)
				r.want = -1
			}
			said = "ok"
		case r.taken[key] > 0:
			said = "yes"
		}
		if verb == "ask" {
			r.asked++
		}
		r.mu.Unlock()
		if _, err := fmt.Fprintln(c, said); err != nil {
			return
		}
	}
}

// gate is the child's channel to the receiver: a connection for each of its workers.
type gate struct {
	addr string
	idle chan net.Conn
}

func (g gate) Name() string { return "gate" }

func (g gate) say(ctx context.Context, line string) (string, error) {
	var c net.Conn
	select {
	case c = <-g.idle:
	default:
		var err error
		if c, err = new(net.Dialer).DialContext(ctx, "tcp", g.addr); err != nil {
			return "", err
		}
	}
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	if err == nil {
		g.idle <- c
	}
	return strings.TrimSpace(answer), err
}

func (g gate) Send(ctx context.Context, d Delivery) (string, error) { return g.say(ctx, "send "+d.Key) }

func (g gate) Found(ctx context.Context, key string) (string, bool, bool, error) {
	said, err := g.say(ctx, "ask "+key)
	return said, said == "yes", err == nil, err
}

// TestKill: ten thousand people are told and the process is killed again and again meanwhile. Each is told, none is told twice, and each who
// has not answered is escalated, once.
func TestKill(t *testing.T) {
	for _, e := range []storetest.Engine{storetest.SQLite(), storetest.Server()} {
		t.Run(e.Dialect("").Name, func(t *testing.T) {
			if where := os.Getenv(killWhere); where != "" {
				killed(t, e.Dialect(where))
				return
			}
			people := 10_000
			if testing.Short() {
				people = 1000
			}
			killRounds(t, e, people)
		})
	}
}

func killRounds(t *testing.T, e storetest.Engine, people int) {
	where := e.Fresh(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := &receiver{taken: map[string]int{}, limit: make(chan struct{}), want: people + 1}
	go r.serve(l)
	p, db := killOpen(t, e.Dialect(where), "")
	var level []Contact
	for i := range people {
		level = append(level, person(fmt.Sprint("c", i), fmt.Sprint("gate:", i)))
	}
	began := time.Now()
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := p.Tell(tx, Message{About: "w", Title: lang.Same("暴雨红色预警"), Priority: 1, AckBy: time.Minute, Levels: [][]Contact{level, {person("boss", "gate:boss")}}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows were made due in %v", people, time.Since(began))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	rounds := 0
	for done := false; !done; rounds++ {
		done = killRound(t, where, l.Addr().String(), r)
	}
	killCheck(t, e, where, r, people)
	t.Logf("%d people in %d rounds, %v in all; %d keys were asked for", people, rounds, time.Since(began), r.asked)
}

// killRound runs the child and kills it after a while, or, when all have been told, lets it escalate and ends it.
func killRound(t *testing.T, where, addr string, r *receiver) (done bool) {
	child := exec.Command(os.Args[0], "-test.run=^TestKill$/^"+strings.Split(t.Name(), "/")[1]+"$")
	child.Env = append(os.Environ(), killWhere+"="+where, killGate+"="+addr)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan() // the child runs
	select {
	case <-time.After(time.Duration(50+rand.IntN(400)) * time.Millisecond):
	case <-r.limit: // also the boss was told
		done = true
		lines.Scan() // the child has settled everything
	}
	_ = child.Process.Kill()
	if err := child.Wait(); err == nil || strings.Contains(err.Error(), "exit status") {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return done
}

func killOpen(t *testing.T, d store.Dialect, gateAt string) (*Post, *store.DB) {
	var db *store.DB
	var err error
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if db, err = store.Open(context.Background(), d, store.Options{}); err == nil {
			break
		}
		if !errs.Is(err, errs.Conflict) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
	j, err := journal.Open(context.Background(), db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Open(context.Background(), Options{DB: db, Journal: j, Now: killNow, Poll: 20 * time.Millisecond, Pace: Pace{Parallel: 32},
		Channels: []Channel{gate{gateAt, make(chan net.Conn, 1000)}}})
	if err != nil {
		t.Fatal(err)
	}
	return p, db
}

// killNow is the children's clock: it runs twenty times as fast, so that what is unanswered is escalated within the test.
func killNow() time.Time {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return start.Add(time.Since(start) * 20)
}

// killed is the child: it tells until it is killed, and says when nothing is left to do.
func killed(t *testing.T, d store.Dialect) {
	p, db := killOpen(t, d, os.Getenv(killGate))
	go func() {
		if err := p.Run(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
	}()
	fmt.Println("running")
	for left := int64(1); left > 0; time.Sleep(20 * time.Millisecond) {
		err := db.Read(context.Background(), func(tx *store.Tx) error {
			return tx.Get(store.Q("left", `SELECT COUNT(*) FROM notice_delivery WHERE state <> 'told' OR (level = 0 AND escaped = 0)`), nil, &left)
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
	}
	fmt.Println("done")
	select {}
}

func killCheck(t *testing.T, e storetest.Engine, where string, r *receiver, people int) {
	p, db := killOpen(t, e.Dialect(where), "")
	defer db.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, n := range r.taken {
		if n != 1 {
			t.Errorf("%s was told %d times", key, n)
		}
	}
	if len(r.taken) != people+1 {
		t.Errorf("%d were told, of %d", len(r.taken), people+1)
	}
	list, _, err := p.Letters(t.Context(), "w", "", 0)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	boss := list[0].Missed - int64(people) // on a slow machine the boss's time is over too
	if boss != 0 && boss != 1 || list[0].States[Escaped] != list[0].Missed || list[0].States[Told] != 1-boss {
		t.Errorf("the message: %+v %v", list, err)
	}
}
