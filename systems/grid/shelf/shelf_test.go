package shelf

import (
	"fmt"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/grid/book"
)

const owner = "power"

func meter(i int) *entity.Entity {
	address := fmt.Sprintf("1%011d", i)
	return &entity.Entity{ID: book.MeterID(address), Types: []string{book.TypeMeter}, Owner: owner, Attrs: []entity.Attr{
		entity.TextAttr("address", address), entity.TextAttr("district", region.Districts[i%16].Code)}}
}

// TestFill: what is packed is used as long as nothing changed a meter, and never after that.
func TestFill(t *testing.T) {
	db := storetest.Open(t)
	at := time.Date(2015, 11, 20, 9, 30, 0, 0, time.UTC)
	read := 0 // meters, from their entities
	start := func() (*entity.Store, *book.Book) {
		t.Helper()
		es, err := entity.Open(t.Context(), db, func() time.Time { at = at.Add(time.Millisecond); return at })
		if err != nil {
			t.Fatal(err)
		}
		b := book.New(2)
		read = 0
		err = Fill(t.Context(), Options{DB: db, Entities: es, Book: b, Log: slog.New(slog.DiscardHandler), MeterOf: func(e *entity.Entity) book.Meter {
			read++
			address, _ := e.Text("address")
			district, _ := e.Text("district")
			return book.Meter{Num: e.Num, Address: address, District: district, Concentrator: "000000000001", Protocol: book.DLT698}
		}})
		if err != nil {
			t.Fatal(err)
		}
		return es, b
	}
	write := func(fn func(tx *store.Tx) error) {
		t.Helper()
		if err := db.Write(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	const n = 300
	es, empty := start()
	if empty.Len() != 0 {
		t.Error("meters of nothing")
	}
	write(func(tx *store.Tx) error {
		for i := range n {
			if err := es.Create(tx, meter(i)); err != nil {
				return err
			}
		}
		return nil
	})
	_, first := start()
	if read != n || first.Len() != n {
		t.Fatalf("the first start read %d, and has %d", read, first.Len())
	}
	again := func(what string, want int, meters int) *book.Book {
		t.Helper()
		var b *book.Book
		es, b = start()
		if read != want || b.Len() != meters {
			t.Errorf("%s: %d meters read, want %d; the book has %d, want %d", what, read, want, b.Len(), meters)
		}
		return b
	}
	if b := again("nothing changed", 0, n); !reflect.DeepEqual(b.Meters(0, n), first.Meters(0, n)) {
		t.Error("the packed meters differ")
	}
	write(func(tx *store.Tx) error {
		return es.Create(tx, &entity.Entity{ID: "urn:ngsi-ld:Pump:1", Types: []string{"Pump"}, Owner: owner})
	})
	again("something else changed", 0, n)
	write(func(tx *store.Tx) error {
		_, err := es.Merge(tx, meter(3).ID, entity.TextAttr("district", "120119"))
		return err
	})
	if b := again("a meter moved", n, n); b.Region(3) != 15 {
		t.Error("it did not")
	}
	again("after that", 0, n)
	write(func(tx *store.Tx) error { return es.Delete(tx, meter(7).ID) })
	again("a meter was deleted", n-1, n-1)
	again("after that", 0, n-1)
	spoil := store.Q("test-spoil", `UPDATE grid_shelf_piece SET body = $1 WHERE num = 1`)
	write(func(tx *store.Tx) error { _, err := tx.Exec(spoil, []byte{1, 2, 3}); return err })
	again("a piece is damaged", n-1, n-1)
	write(func(tx *store.Tx) error { _, err := tx.Exec(qClear); return err }) // as a crash while it is packed leaves it
	again("not packed to the end", n-1, n-1)
	again("after that", 0, n-1)
}
