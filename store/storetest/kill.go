package storetest

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// killWhere names the database to the child process of the kill test.
const killWhere = "HAIHE_STORETEST_KILL"

const killWriters = 16

// kill: a process that writes is killed at random moments. Whatever it was answered is there when the database is opened
// again, nothing is there twice, and counts and sequences agree with the rows.
func (s suite) kill(t *testing.T) {
	if where := os.Getenv(killWhere); where != "" {
		s.killed(t, where)
		return
	}
	rounds := 5
	if testing.Short() {
		rounds = 2
	}
	where := s.Fresh(t)
	acked := map[string]bool{}
	for round := range rounds {
		s.killRound(t, where, round, acked)
		s.killCheck(t, where, acked)
	}
	t.Logf("%d answered writes in %d rounds, none lost, none twice", len(acked), rounds)
}

// killRound runs the child, kills it some time after its first answer, and gathers what it was answered.
func (s suite) killRound(t *testing.T, where string, round int, acked map[string]bool) {
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()[:len(t.Name())-len("/kill")]+"$/^kill$")
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
	for n := 0; lines.Scan(); n++ {
		if n == 0 {
			time.AfterFunc(time.Duration(20+rand.IntN(200))*time.Millisecond, func() { _ = child.Process.Kill() })
		}
		acked[strconv.Itoa(round)+"/"+lines.Text()] = true
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
}

func (s suite) killCheck(t *testing.T, where string, acked map[string]bool) {
	db := s.reopen(t, where)
	defer func() { _ = db.Close() }() // it was only read
	rounds := map[string]int{}        // ids in the database
	read(t, db, func(tx *store.Tx) error {
		return tx.Each(store.Q("kill", `SELECT id FROM room_log`), nil, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			rounds[id]++
			return err
		})
	})
	for id := range acked {
		if rounds[id] == 0 {
			t.Errorf("answered and lost: %s", id)
		}
	}
	for id, n := range rounds {
		if n > 1 {
			t.Errorf("there %d times: %s", n, id)
		}
	}
	rows := int64(len(rounds))
	read(t, db, func(tx *store.Tx) error {
		if n, err := tx.Count("log", ""); err != nil || n != rows {
			t.Errorf("maintained count %d (%v), rows %d", n, err, rows)
		}
		return nil
	})
	if top := number(t, db, `SELECT COALESCE(MAX(n), 0) FROM room_log`); top != rows {
		t.Errorf("the sequence stands at %d, rows %d", top, rows)
	}
}

// reopen waits for the killed process's lock to be gone: the server needs a moment to see that its client is dead.
func (s suite) reopen(t *testing.T, where string) *store.DB {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		db, err := store.Open(context.Background(), s.Dialect(where), store.Options{})
		if err == nil {
			return db
		}
		if !errs.Is(err, errs.Conflict) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// killed is the child: it writes until it is killed, and prints each id after its answer.
func (s suite) killed(t *testing.T, where string) {
	db := s.reopen(t, where)
	migrate(t, db, "room", rooms)
	round := number(t, db, `SELECT COUNT(DISTINCT SUBSTR(id, 1, 1)) FROM room_log`)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range killWriters {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d/%d", w, i)
				err := db.Write(context.Background(), func(tx *store.Tx) error {
					n, err := tx.Next("log")
					if err != nil {
						return err
					}
					if err := tx.Add("log", "", 1); err != nil {
						return err
					}
					_, err = tx.Exec(qLog, n, fmt.Sprintf("%d/%s", round, id))
					return err
				})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(3)
				}
				mu.Lock()
				_, _ = fmt.Fprintln(os.Stdout, id)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}
