package entity_test

import (
	"testing"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// TestFetch: what was fetched ahead is what the verbs see, also what is not there, and what the transaction did before is kept.
func TestFetch(t *testing.T) {
	s, db := open(t)
	create(t, s, db, meter(1), meter(2))
	write(t, db, func(tx *store.Tx) error {
		if err := s.Create(tx, meter(3)); err != nil {
			return err
		}
		if err := s.Delete(tx, meter(2).ID); err != nil {
			return err
		}
		var ids []string
		for i := range 1500 {
			ids = append(ids, meter(i).ID)
		}
		if err := s.Fetch(tx, append(ids, ids[:10]...)); err != nil {
			return err
		}
		for i := range 1500 {
			_, err := s.GetTx(tx, meter(i).ID)
			if there := i == 1 || i == 3; there != (err == nil) || !there && !errs.Is(err, errs.NotFound) {
				t.Errorf("meter %d: %v", i, err)
			}
		}
		if err := s.Create(tx, meter(1)); !errs.Is(err, errs.Conflict) {
			t.Errorf("created twice: %v", err)
		}
		return s.Create(tx, meter(1000))
	})
	if n, err := s.Count(t.Context(), "Meter", ""); err != nil || n != 3 {
		t.Errorf("%d meters, %v", n, err)
	}
	err := db.Read(t.Context(), func(tx *store.Tx) error { return s.Fetch(tx, []string{meter(1).ID}) })
	if !errs.Is(err, errs.Internal) {
		t.Errorf("fetched ahead by a reader: %v", err)
	}
}
