package grid

import (
	"github.com/haihe-city/haihe/systems/grid/book"
	"testing"
)

// TestLineKeepsTheRegister holds an estimate to what it promises: the registers rise from one reading to the next and the energy
// of the bridged slots adds up.
func TestLineKeepsTheRegister(t *testing.T) {
	d, _ := book.ParseDay("2015-11-20")
	for _, c := range []struct {
		i, j     int
		from, to int64
		want     int
	}{{5, 6, 1000, 1010, 1}, {5, 9, 1000, 1003, 4}, {5, 13, 0, 80_000, 8}, {1, 3, 7, 7, 2}, {95, 98, 10, 40, 2}} {
		rows := line("1", d, c.i, c.j, c.from, c.to, book.First(book.SlotsPerDay))
		if len(rows) != c.want {
			t.Fatalf("%+v gives %d rows", c, len(rows))
		}
		last := c.from
		for _, r := range rows {
			if r.Energy < last || r.Energy > c.to {
				t.Errorf("%+v: register %d after %d", c, r.Energy, last)
			}
			last = r.Energy
		}
		if n := int64(c.j - c.i + 1); c.j <= book.SlotsPerDay && rows[len(rows)-1].Energy != c.from+(c.to-c.from)*(n-1)/n {
			t.Errorf("%+v ends at %d", c, rows[len(rows)-1].Energy)
		}
	}
}
