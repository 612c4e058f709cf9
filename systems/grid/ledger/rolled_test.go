package ledger

import (
	"math"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// A day that was rolled up still tells its load and a meter's curve, by the hour.
func TestRolledUp(t *testing.T) {
	d := newDesk(t, 3)
	today := book.DayOf(d.now.UnixMicro())
	old := today - 4 // before what the book holds
	for meter := range 3 {
		var rows []book.Reading
		for slot := range book.SlotsPerDay {
			x := measured(old, slot, int64(1000+slot*10))
			x.Address, x.Power, x.Voltage = address(meter), int64(meter+1)*10_000*int64(1+slot/48), 2300
			rows = append(rows, x)
		}
		d.take(rows...)
	}
	if mw, err := d.Load(t.Context(), "", old); err != nil || mw[0] != 0.006 || mw[95] != 0.012 {
		t.Fatalf("before: %v %v, %v", mw[0], mw[95], err)
	}
	// Another engine on the same data applies the policy, as after a restart with new settings.
	e, err := series.Open(t.Context(), d.o.DB, func() time.Time { return d.now })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	table, err := e.Declare(t.Context(), Kept(3*24*time.Hour, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if raw, err := table.Range(t.Context(), 1, old.Start(), (old + 1).Start()); err != nil || len(raw) != 0 {
		t.Fatalf("%d readings are still there, %v", len(raw), err)
	}
	l := New(Options{DB: d.o.DB, Readings: table, Book: d.o.Book, Now: d.o.Now, Tolerance: d.o.Tolerance, Stored: func() {}, Count: func(string, int) {}})
	mw, err := l.Load(t.Context(), "", old)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range mw {
		if want := 0.006 * float64(1+i/48); math.Abs(v-want) > 1e-9 {
			t.Fatalf("load of slot %d is %v, want %v", i, v, want)
		}
	}
	curve, err := l.Meter(t.Context(), 2, old)
	if err != nil || len(curve) != 24 {
		t.Fatalf("%d hours, %v", len(curve), err)
	}
	for h, x := range curve {
		first := measured(old, h*4, int64(1000+h*40))
		if x.At != first.At || x.Values[0] != first.Energy || x.Values[PowerColumn] != 20_000*int64(1+h/12) || x.Values[VoltageColumn] != 2300 {
			t.Fatalf("hour %d: %+v, want register %d", h, x, first.Energy)
		}
	}
}
