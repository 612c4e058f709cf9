package link

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// Two nodes in one database would share tables: the other's desk here is a list in memory behind its own database.
func TestADayCutOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		far := storetest.Open(t)
		now := time.Date(2016, 3, 1, 8, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		var got []string
		d := &Desk{DB: db, Now: clock, Interval: 30 * time.Second,
			Fill: func(_ *store.Tx, put func(string, string, []byte) error) error {
				return put("note", "first", []byte("0"))
			}}
		o := &Desk{DB: far, Now: clock, Interval: 30 * time.Second, Apply: map[string]Apply{"note": func(tx *store.Tx, peer string, it Item) error {
			if it.Item == "bad" && len(got) < 3 {
				return errors.New("not yet")
			}
			body := string(it.Body)
			tx.OnCommit(func() { got = append(got, body) })
			return nil
		}}}
		for _, x := range []*Desk{d, o} {
			if err := x.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Meet(t.Context(), []string{"city"}); err != nil {
			t.Fatal(err)
		}
		// The line: it is cut, loses receipts, and brings a batch twice.
		random := rand.New(rand.NewPCG(1, 2))
		cut := false
		send := func(ctx context.Context, _ string, b []byte) ([]byte, error) {
			if cut {
				return nil, errors.New("no line")
			}
			answer, err := o.Receive(ctx, "hedong", b)
			if err == nil && random.IntN(3) == 0 {
				return nil, errors.New("the receipt was lost")
			}
			return answer, err
		}
		n := 0
		work := func(count int) {
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				for range count {
					n++
					if err := d.Publish(tx, "note", fmt.Sprint("n", n), fmt.Append(nil, n)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		work(10)
		_ = d.Push(t.Context(), "city", send)
		cut = true
		for range 24 { // a day, hour by hour
			now = now.Add(time.Hour)
			work(150)
			if err := d.Push(t.Context(), "city", send); err == nil {
				t.Fatal("sent through a cut line")
			}
		}
		if changed, err := d.Settle(t.Context()); err != nil || len(changed) > 1 {
			t.Errorf("%v, %v", changed, err)
		}
		if s, _ := d.States(t.Context()); s[0].Live || s[0].Waiting < 3600 {
			t.Errorf("after a day without a line: %+v", s)
		}
		cut = false
		for try := 0; d.Push(t.Context(), "city", send) != nil; try++ {
			if try > 100 {
				t.Fatal("it never caught up")
			}
		}
		var want []string
		for i := range n + 1 {
			want = append(want, fmt.Sprint(i))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d items arrived, %d were sent; the first differ at %v", len(got), len(want), firstDifference(got, want))
		}
		if changed, err := d.Settle(t.Context()); err != nil || len(changed) != 1 || !changed[0].Live || changed[0].Waiting != 0 {
			t.Errorf("after catching up: %+v, %v", changed, err)
		}
	})
}

func firstDifference(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func TestWhatCannotBeAppliedWaits(t *testing.T) {
	db := storetest.Open(t)
	now := func() time.Time { return time.Unix(1448000000, 0) }
	ready := false
	var got []int64
	d := &Desk{DB: db, Now: now, Interval: time.Second, Apply: map[string]Apply{"a": func(tx *store.Tx, _ string, it Item) error {
		if it.Seq == 2 && !ready {
			return errors.New("not yet")
		}
		tx.OnCommit(func() { got = append(got, it.Seq) })
		return nil
	}}}
	if err := d.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	send := func(text string) (string, error) {
		b, err := d.Receive(t.Context(), "x", []byte(text))
		return string(b), err
	}
	for _, row := range []struct {
		name, batch, want string
		ready, fails      bool
	}{
		{"the first", `{"items":[{"seq":1,"kind":"a"}]}`, `{"applied":1}`, false, false},
		{"a gap", `{"items":[{"seq":3,"kind":"a"}]}`, `{"applied":1}`, false, false},
		{"one that fails", `{"items":[{"seq":2,"kind":"a"},{"seq":3,"kind":"a"}]}`, ``, false, true},
		{"the same when it can", `{"items":[{"seq":1,"kind":"a"},{"seq":2,"kind":"a"},{"seq":3,"kind":"a"}]}`, `{"applied":3}`, true, false},
		{"an unknown kind", `{"items":[{"seq":4,"kind":"b"},{"seq":5,"kind":"a"}]}`, `{"applied":3}`, true, false},
		{"no batch", `[`, ``, true, true},
	} {
		ready = row.ready
		if answer, err := send(row.batch); answer != row.want || (err != nil) != row.fails {
			t.Errorf("%s: %s, %v", row.name, answer, err)
		}
	}
	if !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("applied %v", got)
	}
}
