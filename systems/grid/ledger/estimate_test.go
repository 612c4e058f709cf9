package ledger

import (
	"testing"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
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
		var p points
		for i := range p {
			p[i].register, p[i].estimate = series.Null, series.Null
		}
		last := c.from
		if c.j >= len(p) { // the neighbour lies outside of the day: only what is inside is drawn
			c.j = len(p) - 1
			c.want = c.j - c.i
		}
		p[c.i-1].register, p[c.j].register = c.from, c.to
		rows := line("1", d, c.i, c.j, &p)
		if len(rows) != c.want {
			t.Fatalf("%+v gives %d rows", c, len(rows))
		}
		for _, r := range rows {
			if r.Energy < last || r.Energy > c.to || r.Quality != series.Estimated {
				t.Errorf("%+v: register %d after %d, quality %d", c, r.Energy, last, r.Quality)
			}
			last = r.Energy
		}
		if n := int64(c.j - c.i + 1); c.j <= book.SlotsPerDay && rows[len(rows)-1].Energy != c.from+(c.to-c.from)*(n-1)/n {
			t.Errorf("%+v ends at %d", c, rows[len(rows)-1].Energy)
		}
		for k, r := range rows {
			p[c.i+k].estimate = r.Energy
		}
		if again := line("1", d, c.i, c.j, &p); len(again) != 0 {
			t.Errorf("%+v: what stands there is drawn again: %v", c, again)
		}
	}
}
