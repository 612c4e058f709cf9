package intake

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

type road struct {
	*Intake
	table  *series.Table
	raised []rule.Transition
	broken atomic.Bool
}

func open(t *testing.T, db *store.DB) *road {
	t.Helper()
	now := func() time.Time { return noon }
	e, err := series.Open(t.Context(), db, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	x := &road{}
	x.table, err = e.Declare(t.Context(), series.Family{Name: "test.point", Columns: []series.Column{{Name: "value", Decimals: 4}}})
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), db, now)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := rule.Open(t.Context(), db, j, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := rules.Declare(t.Context(), "test", []rule.Rule{{ID: "test.high", Title: lang.T("高", "High"), Kind: rule.Limit, Form: rule.Form{Value: 80}, Priority: rule.High}}); err != nil {
		t.Fatal(err)
	}
	w, err := rules.Watch("test", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetPoints([]rule.Point{{Key: 1, Entity: "urn:1", Name: "a", Group: "g"}, {Key: 2, Entity: "urn:2", Name: "b", Group: "g"}}, nil); err != nil {
		t.Fatal(err)
	}
	x.Intake = New(Options{DB: db, Table: x.table, Watch: w, Now: now, Raise: func(tx *store.Tx, list []rule.Transition) error {
		if x.broken.Load() {
			return errors.New("the board is broken")
		}
		kept := append([]rule.Transition(nil), list...)
		tx.OnCommit(func() { x.raised = append(x.raised, kept...) })
		return nil
	}})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return x
}

func at(second int, key int64, v float64) rule.Reading {
	return rule.Reading{Key: key, At: noon.Add(time.Duration(second) * time.Second).UnixMicro(), Value: v}
}

func TestRoad(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := open(t, db)
		take := func(what string, fresh, repeated int, list ...rule.Reading) {
			t.Helper()
			f, r, err := x.Take(t.Context(), list)
			if err != nil || f != fresh || r != repeated {
				t.Errorf("%s: %d new and %d repeated, %v; want %d and %d", what, f, r, err, fresh, repeated)
			}
		}
		take("two points", 2, 0, at(0, 1, 50), at(0, 2, 99))
		take("once more", 0, 2, at(0, 1, 50), at(0, 2, 99))
		take("another value for the same moment", 1, 0, at(0, 1, 51))
		take("back-fill", 2, 0, at(-20, 1, 95), at(-10, 1, 96))
		take("the same back-fill", 0, 2, at(-20, 1, 95), at(-10, 1, 96))
		take("twice in one frame", 1, 1, at(5, 1, 10), at(5, 1, 10))
		if len(x.raised) != 1 || x.raised[0].Point.Entity != "urn:2" {
			t.Errorf("raised %v", x.raised)
		}
		got, err := x.table.Range(t.Context(), 1, at(-60, 1, 0).At, at(60, 1, 0).At)
		if err != nil || len(got) != 4 || got[2].Values[0] != 510000 {
			t.Errorf("kept %v, %v", got, err)
		}
	})
}

// What a commit failed to keep is told with the next one; the reading was not acknowledged and comes again.
func TestBrokenCommit(t *testing.T) {
	x := open(t, storetest.Open(t))
	x.broken.Store(true)
	if _, _, err := x.Take(t.Context(), []rule.Reading{at(0, 1, 99)}); err == nil {
		t.Fatal("acknowledged what was not kept")
	}
	x.broken.Store(false)
	if f, _, err := x.Take(t.Context(), []rule.Reading{at(0, 1, 99)}); err != nil || f != 1 {
		t.Fatalf("again: %d, %v", f, err)
	}
	if len(x.raised) != 1 || !x.raised[0].Came {
		t.Errorf("raised %v", x.raised)
	}
}

func TestRefusesWhatCannotBeKept(t *testing.T) {
	x := open(t, storetest.Open(t))
	for _, v := range []float64{1e300, -1e300} {
		if _, _, err := x.Take(t.Context(), []rule.Reading{at(0, 1, v)}); err == nil {
			t.Errorf("took %g", v)
		}
	}
}
