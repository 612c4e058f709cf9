package sqlite_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

func TestFirst(t *testing.T) {
	db := storetest.Open(t)
	fsys := fstest.MapFS{"table/0001_a.sql": {Data: []byte("-- a; b\nCREATE TABLE a_t (id BIGINT PRIMARY KEY, name TEXT NOT NULL, ok BOOLEAN NOT NULL, x DOUBLE PRECISION, b BYTEA);\nCREATE INDEX a_i ON a_t (name);")}}
	for range 2 {
		if err := db.Migrate(t.Context(), "a", fsys); err != nil {
			t.Fatal(err)
		}
	}
	ins := store.Q("a.ins", `INSERT INTO a_t (id, name, ok, x, b) VALUES ($1, $2, $3, $4, $5)`)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var ids []int64
	for i := range 200 {
		wg.Go(func() {
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				n, err := tx.Next("a")
				if err != nil {
					return err
				}
				if err := tx.Add("a", "x", 1); err != nil {
					return err
				}
				if _, err := tx.Exec(ins, n, fmt.Sprint("n", i), true, 1.5, []byte{0}); err != nil {
					return err
				}
				if i%10 == 3 {
					return errs.Say(errs.Invalid, "否", "no")
				}
				tx.OnCommit(func() { mu.Lock(); ids = append(ids, n); mu.Unlock() })
				return nil
			})
			if (err != nil) != (i%10 == 3) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		n, err := tx.Count("a", "x")
		if n != 180 {
			t.Error(n)
		}
		var rows int
		tx.Get(store.Q("n", `SELECT COUNT(*) FROM a_t WHERE ok`), nil, &rows)
		if rows != 180 {
			t.Error(rows)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range ids {
		if n != int64(i+1) {
			t.Fatal("out of order", ids)
		}
	}
	t.Logf("%+v", db.Stats())
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(ins, 1000, []byte("x"), true, nil, nil)
		if err == nil {
			t.Error("bytes into TEXT")
		}
		return nil
	})
	t.Log(err)
	if !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
