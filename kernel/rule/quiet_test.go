package rule

import (
	"fmt"
	"testing"
	"time"
)

// works are n points of one plant, each with a value due every ten seconds.
func works(n int) (points []Point) {
	for i := range n {
		p := tank()
		p.Key, p.Entity, p.Name = int64(i+1), fmt.Sprint("urn:tank:", i+1), fmt.Sprint("LT-", i+1)
		points = append(points, p)
	}
	return points
}

func TestWholeSilence(t *testing.T) {
	rules := func() []*Rule {
		return []*Rule{{ID: "s", Kind: Silence, Form: Form{Periods: 3}}, {ID: "whole", Kind: Silence, Form: Form{Periods: 3, Whole: true}}}
	}
	all := func(b *bench) {
		for i := range int64(5) {
			b.read(i+1, 20)
		}
	}
	t.Run("a plant that is cut is one condition", func(t *testing.T) {
		b := newBench(t, rules(), works(5)...)
		all(b.at(5))
		all(b.at(15))
		b.at(60)
		b.want("+whole@45")
		if b.w.told["whole/urn:plant:1"].Point.Entity != "urn:plant:1" {
			t.Errorf("told of %+v", b.w.told)
		}
		due, heard := 0, 0
		b.w.Heard(func(_ string, d, h int) { due, heard = d, h })
		if due != 5 || heard != 0 {
			t.Errorf("%d of %d are heard", heard, due)
		}
		all(b.at(70))
		b.at(75)
		b.want("+whole@45", "-whole@70")
	})
	t.Run("points that come one after the other fall silent together", func(t *testing.T) {
		b := newBench(t, rules(), works(5)...)
		for i := range int64(5) {
			b.at(float64(2*i)).read(i+1, 20)
		}
		b.at(60).want("+whole@38")
	})
	t.Run("one point among others that speak is told by itself", func(t *testing.T) {
		b := newBench(t, rules(), works(2)...)
		b.at(5).read(1, 20).read(2, 20)
		for s := 15; s <= 45; s += 10 {
			b.at(float64(s)).read(1, 20)
		}
		b.want("+s@35")
		b.at(90) // then the other falls silent too
		b.want("+s@35", "+whole@75")
	})
	t.Run("one comes back, the others are told by themselves", func(t *testing.T) {
		b := newBench(t, rules(), works(2)...)
		b.at(40).want("+whole@30")
		b.read(1, 20).at(42)
		b.want("+whole@30", "-whole@40", "+s@41")
	})
	t.Run("it stands over a restart", func(t *testing.T) {
		b := newBench(t, rules(), works(2)...)
		b.at(40)
		w, err := newWatch("safety", func() time.Time { return b.clock }, rules(), map[string]bool{"whole/urn:plant:1": true})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SetPoints(works(2), nil); err != nil {
			t.Fatal(err)
		}
		b.w = w
		b.at(100)
		b.want("+whole@30")
		b.read(1, 20).read(2, 20)
		b.want("+whole@30", "-whole@100")
	})
}
