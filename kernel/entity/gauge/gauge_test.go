package gauge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/entity/gauge"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

func TestFits(t *testing.T) {
	for text, want := range map[string]bool{
		"0": true, "1": true, "-1": true, "21.5": true, "-0.000001": true, "8999999999999.999999": true, "100": true, "0.5": true,
		"": false, "-": false, "-0": false, "1.50": false, "1.": false, ".5": false, "01": false, "1e3": false, "0.0000001": false,
		"9000000000000": false, "-9000000000000": false, "123456789012345678901": false, `"1"`: false, "1.2.3": false, "true": false,
	} {
		if got := gauge.Fits(json.RawMessage(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func open(t *testing.T, db *store.DB) *gauge.Gauges {
	t.Helper()
	e, err := series.Open(t.Context(), db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	g, err := gauge.Open(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// What is appended comes back as it was, from memory and after a restart.
func TestAppend(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		g := open(t, db)
		at := time.Date(2015, 11, 2, 8, 0, 0, 1000, time.UTC)
		want := []gauge.Value{
			{Number: json.RawMessage("21.5"), ObservedAt: at, ModifiedAt: at.Add(1500 * time.Millisecond)},
			{Number: json.RawMessage("-0.000001"), ModifiedAt: at.Add(time.Minute)},
			{Number: json.RawMessage("8999999999999.999999"), ObservedAt: at.Add(time.Hour), ModifiedAt: at.Add(time.Minute)},
		}
		for _, v := range want {
			err := db.Write(t.Context(), func(tx *store.Tx) error { return g.Append(tx, []int64{7, 8}, []gauge.Value{v, v}) })
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, _, known, err := g.Held(7); known || err != nil {
			t.Errorf("held before it was asked for: %v, %v", known, err)
		}
		for _, g := range []*gauge.Gauges{g, open(t, db)} {
			last, ok, err := g.Last(t.Context(), 7)
			if err != nil || !ok || fmt.Sprint(last) != fmt.Sprint(want[2]) {
				t.Errorf("last %v, %v, %v", last, ok, err)
			}
			if held, ok, known, err := g.Held(7); err != nil || !ok || !known || fmt.Sprint(held) != fmt.Sprint(want[2]) {
				t.Errorf("held %v, %v, %v, %v", held, ok, known, err)
			}
			if _, ok, err := g.Last(t.Context(), 9); ok || err != nil {
				t.Errorf("a gauge that is not there: %v, %v", ok, err)
			}
			var got []gauge.Value
			err = g.Range(context.Background(), 8, at, at.Add(time.Hour), func(v gauge.Value) error { got = append(got, v); return nil })
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want[:2]) {
				t.Errorf("range %v, %v", got, err)
			}
		}
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			return g.Append(tx, []int64{7}, []gauge.Value{{Number: json.RawMessage("1e9"), ModifiedAt: at}})
		})
		if err == nil {
			t.Error("a number that does not fit was taken")
		}
	})
}

// FuzzFits holds the numbers that fit to come back as the same text.
func FuzzFits(f *testing.F) {
	for _, s := range []string{"0", "-1.25", "8999999999999.999999", "1.50", "1e3", "9227000000000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if same, ok := gauge.Round(json.RawMessage(s)); ok && string(same) != s {
			t.Errorf("%q came back as %q", s, same)
		}
	})
}
