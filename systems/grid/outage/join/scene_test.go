package join

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/systems/grid/book"
)

// stage is a scene over a book of ten meters on feeder F and five on feeder G.
type stage struct {
	*Scene
	book *book.Book
	next int
}

func newStage() *stage {
	s := &stage{Scene: NewScene(), book: book.New(2)}
	for i := range 15 {
		m := book.Meter{Num: int64(i + 1), Address: fmt.Sprintf("%012d", i+1), District: "120101", Feeder: "F", Concentrator: "200000000001"}
		if i >= 10 {
			m.Feeder, m.District, m.Concentrator = "G", "120110", "200000000002"
		}
		s.book.Put(m)
	}
	return s
}

// play works signals in, one delivery each.
func (s *stage) play(signals ...Signal) {
	for _, x := range signals {
		d := s.Draft(s.book, func() string { s.next++; return fmt.Sprintf("o%02d", s.next) })
		d.Work(x)
		for _, o := range d.Result() {
			s.Put(o)
		}
	}
}

// told writes the outages of the scene: feeder, state, and each customer's times with their proofs.
func (s *stage) told() (out []string) {
	for _, o := range s.outages {
		text := fmt.Sprintf("%s %s %s %s %d-%d:", o.ID, o.Feeder, o.State, o.Source, o.Began, o.Ended)
		for _, d := range o.Dark {
			text += fmt.Sprintf(" %d[%d%s %d%s]", d.Customer, d.From, mark(d.Begun), d.To, mark(d.Ended))
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

func mark(p Proof) string { return [...]string{"", "v", "r", "s", "m"}[p] }

func TestScene(t *testing.T) {
	off := func(m, at int64) Signal { return Signal{Kind: Off, Meter: m, At: at} }
	on := func(m, at int64) Signal { return Signal{Kind: On, Meter: m, At: at} }
	dim := func(m, at int64) Signal { return Signal{Kind: Dim, Meter: m, At: at} }
	lit := func(m, at int64) Signal { return Signal{Kind: Lit, Meter: m, At: at} }
	told := func(m, at int64) Signal { return Signal{Kind: Told, Meter: m, At: at} }
	back := func(m, at int64) Signal { return Signal{Kind: ToldBack, Meter: m, At: at} }
	open := func(at int64) Signal { return Signal{Kind: SwitchOpen, Feeder: "G", At: at} }
	shut := func(at int64) Signal { return Signal{Kind: SwitchClose, Feeder: "G", At: at} }
	for _, c := range []struct {
		name string
		in   []Signal
		want []string
	}{
		{"last gasps within five minutes are one outage, with two stages", []Signal{off(1, 1000), off(2, 1003), off(3, 1299), on(1, 2000), on(2, 2010), on(3, 5000)},
			[]string{"o01 F ended meter 1000-5000: 1[1000m 2000m] 2[1003m 2010m] 3[1299m 5000m]"}},
		{"later ones join while it lasts", []Signal{off(1, 1000), off(2, 4000)}, []string{"o01 F open meter 1000-0: 1[1000m 0] 2[4000m 0]"}},
		{"after it ended it is another", []Signal{off(1, 1000), on(1, 1500), off(2, 4000)}, []string{"o01 F ended meter 1000-1500: 1[1000m 1500m]", "o02 F open meter 4000-0: 2[4000m 0]"}},
		{"late news of a gasp joins what has ended", []Signal{off(1, 1000), on(1, 1500), off(2, 1010)}, []string{"o01 F open meter 1000-0: 1[1000m 1500m] 2[1010m 0]"}},
		{"another feeder is another outage", []Signal{off(1, 1000), off(11, 1000)}, []string{"o01 F open meter 1000-0: 1[1000m 0]", "o02 G open meter 1000-0: 11[1000m 0]"}},
		{"a customer hit twice", []Signal{off(1, 1000), on(1, 1500), off(1, 9000), on(1, 9500)}, []string{"o01 F ended meter 1000-1500: 1[1000m 1500m]", "o02 F ended meter 9000-9500: 1[9000m 9500m]"}},
		{"twice in one outage: taken back to clear the fault", []Signal{off(1, 1000), off(2, 1000), on(1, 1500), off(1, 3000), on(1, 4000), on(2, 4000)},
			[]string{"o01 F ended meter 1000-4000: 1[1000m 1500m] 1[3000m 4000m] 2[1000m 4000m]"}},
		{"repetitions say nothing new", []Signal{off(1, 1000), off(1, 1000), on(1, 1500), on(1, 1500), off(1, 1000), off(1, 1200)}, []string{"o01 F ended meter 1000-1500: 1[1000m 1500m]"}},
		{"a switch puts its feeder in the dark; meters know better", []Signal{open(1000), off(11, 1002), on(12, 1900), shut(2000), on(13, 2003)},
			[]string{"o01 G ended switch 1000-2003: 11[1002m 2000s] 12[1000s 1900m] 13[1000s 2003m] 14[1000s 2000s] 15[1000s 2000s]"}},
		{"gasps first, then the switch", []Signal{off(11, 998), open(1000), shut(2000)},
			[]string{"o01 G ended meter 998-2000: 11[998m 2000s] 12[1000s 2000s] 13[1000s 2000s] 14[1000s 2000s] 15[1000s 2000s]"}},
		{"a voltage ends it, the meter's own time wins afterwards", []Signal{off(1, 1000), lit(1, 2700), on(1, 2000)}, []string{"o01 F ended meter 1000-2000: 1[1000m 2000m]"}},
		{"a voltage does not move a better time", []Signal{off(1, 1000), on(1, 2000), lit(1, 2700)}, []string{"o01 F ended meter 1000-2000: 1[1000m 2000m]"}},
		{"no voltage begins one", []Signal{dim(1, 900), dim(1, 1800), lit(1, 2700)}, []string{"o01 F ended voltage 900-2700: 1[900v 2700v]"}},
		{"a report joins what meters told", []Signal{off(1, 1000), told(1, 1100), told(2, 1100), back(1, 2000), back(2, 2000), on(1, 1990)},
			[]string{"o01 F ended meter 1000-2000: 1[1000m 1990m] 2[1100r 2000r]"}},
		{"late news of an earlier spell", []Signal{off(1, 9000), off(1, 1000), on(1, 1500), on(1, 9500)}, []string{"o01 F ended meter 9000-9500: 1[9000m 9500m]", "o02 F ended meter 1000-1500: 1[1000m 1500m]"}},
		{"lost news of a return", []Signal{off(1, 9000), off(1, 1000), on(1, 9500)}, []string{"o01 F ended meter 9000-9500: 1[9000m 9500m]", "o02 F ended meter 1000-9000: 1[1000m 9000m]"}},
		{"an end without a beginning, a stranger, an end before the beginning", []Signal{on(1, 1000), off(99, 1000), on(99, 1000), off(2, 1000), on(2, 900)}, []string{"o01 F open meter 1000-0: 2[1000m 0]"}},
	} {
		s := newStage()
		s.play(c.in...)
		if got := s.told(); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
		}
	}
}

// TestSceneFailed: what is not committed never was.
func TestSceneFailed(t *testing.T) {
	s := newStage()
	s.play(Signal{Kind: Off, Meter: 1, At: 1000})
	before := s.told()
	d := s.Draft(s.book, func() string { return "lost" })
	d.Work(Signal{Kind: On, Meter: 1, At: 2000})
	d.Work(Signal{Kind: Off, Meter: 2, At: 1001})
	d.Work(Signal{Kind: Off, Meter: 11, At: 1001})
	if len(d.Result()) != 2 || !slices.Equal(s.told(), before) {
		t.Errorf("%v", s.told())
	}
}

func TestForget(t *testing.T) {
	s := newStage()
	s.play(Signal{Kind: Off, Meter: 1, At: 1000}, Signal{Kind: On, Meter: 1, At: 1500}, Signal{Kind: Off, Meter: 11, At: 1000}, Signal{Kind: Off, Meter: 2, At: 9000}, Signal{Kind: On, Meter: 2, At: 9500})
	s.Forget(2000)
	if len(s.outages) != 2 || s.outages["o01"] != nil || len(s.hit[1]) != 0 {
		t.Errorf("%v", s.told())
	}
}

func TestStages(t *testing.T) {
	o := &Outage{Dark: []Dark{{Customer: 1, From: 0, To: 100}, {Customer: 2, From: 0, To: 110}, {Customer: 3, From: 50, To: 139}, {Customer: 4, From: 0, To: 200}, {Customer: 5, From: 150}}}
	want := []Stage{{139, 3, 100 + 110 + 89}, {200, 1, 200}, {0, 1, 150}}
	if got := o.Stages(300); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if o.Seconds(300) != 100+110+89+200+150 {
		t.Errorf("%d seconds", o.Seconds(300))
	}
}

func TestPack(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		o := &Outage{}
		for range rng.IntN(40) {
			d := Dark{Customer: rng.Int64N(30), From: rng.Int64N(1 << 31), Begun: Proof(rng.IntN(5))}
			if rng.IntN(3) > 0 {
				d.To, d.Ended = d.From+1+rng.Int64N(1<<20), Proof(rng.IntN(5))
			}
			o.Dark = append(o.Dark, d)
		}
		o.Settle()
		b := Pack(o.Began, o.Dark)
		back, err := Unpack(o.Began, b)
		if err != nil || !slices.Equal(back, o.Dark) {
			t.Fatalf("%v, %v, want %v", back, err, o.Dark)
		}
		if len(b) > 0 {
			if _, err := Unpack(o.Began, b[:len(b)-1]); err == nil {
				t.Fatal("a list that is cut short is read")
			}
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(int64(1_447_000_000), Pack(1_447_000_000, []Dark{{Customer: 5, From: 1_447_000_000, To: 1_447_000_300, Begun: ByMeter, Ended: BySwitch}}))
	f.Fuzz(func(t *testing.T, base int64, b []byte) {
		if out, err := Unpack(base, b); err == nil && len(out) > len(b) {
			t.Errorf("%d customers of %d bytes", len(out), len(b))
		}
	})
}
