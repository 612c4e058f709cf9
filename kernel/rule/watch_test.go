package rule

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/lang"
)

// bench is a watch with a clock that the test moves.
type bench struct {
	t     *testing.T
	w     *Watch
	clock time.Time
	said  []string
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func ptr(v float64) *float64 { return &v }

// tank is one point with limits: key 1, a value each ten seconds.
func tank() Point {
	return Point{Key: 1, Entity: "urn:tank:1", Name: "LT-1", Group: "urn:plant:1", Every: 10 * time.Second, Tags: []string{"kind:level"},
		Limits: Limits{High: ptr(80), HighHigh: ptr(90), Low: ptr(10)}}
}

func newBench(t *testing.T, rules []*Rule, points ...Point) *bench {
	t.Helper()
	b := &bench{t: t, clock: noon}
	for i, r := range rules {
		if r.Title.Empty() {
			r.Title = lang.Same(r.ID)
		}
		r.Priority = max(r.Priority, Critical)
		if err := r.Check(); err != nil {
			t.Fatalf("rule %d: %v", i, err)
		}
	}
	w, err := newWatch("safety", func() time.Time { return b.clock }, rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetPoints(points, nil); err != nil {
		t.Fatal(err)
	}
	b.w = w
	return b
}

// at moves the clock to a second after noon and ticks on the way, each second.
func (b *bench) at(second float64) *bench {
	to := noon.Add(time.Duration(second * float64(time.Second)))
	for b.clock.Add(time.Second).Before(to) {
		b.clock = b.clock.Add(time.Second)
		b.note(b.w.Tick(b.clock.UnixMicro()))
	}
	b.clock = to
	b.note(b.w.Tick(b.clock.UnixMicro()))
	return b
}

// read brings a value that was measured now.
func (b *bench) read(key int64, v float64) *bench {
	b.note(b.w.Evaluate([]Reading{{Key: key, At: b.clock.UnixMicro(), Value: v}}))
	return b
}

func (b *bench) note(list []Transition) {
	for _, t := range list {
		sign := "-"
		if t.Came {
			sign = "+"
		}
		b.said = append(b.said, fmt.Sprintf("%s%s@%g", sign, t.Rule, time.UnixMicro(t.At).Sub(noon).Seconds()))
	}
}

func (b *bench) want(said ...string) {
	b.t.Helper()
	if !slices.Equal(b.said, said) {
		b.t.Errorf("said %s, want %s", strings.Join(b.said, " "), strings.Join(said, " "))
	}
}

func TestLimits(t *testing.T) {
	rule := func(f Form) []*Rule { return []*Rule{{ID: "r", Kind: Limit, Form: f}} }
	for name, c := range map[string]struct {
		form Form
		run  func(b *bench)
		want []string
	}{
		"at the limit it comes, below it goes": {Form{Own: "H"}, func(b *bench) { b.read(1, 79.9).at(10).read(1, 80).at(20).read(1, 79.9) }, []string{"+r@10", "-r@20"}},
		"a deadband keeps it":                  {Form{Own: "H", Deadband: 2}, func(b *bench) { b.read(1, 81).at(10).read(1, 78.5).at(20).read(1, 77.9) }, []string{"+r@0", "-r@20"}},
		"a low limit looks downwards":          {Form{Own: "L", Deadband: 1}, func(b *bench) { b.read(1, 10).at(10).read(1, 10.9).at(20).read(1, 11.1) }, []string{"+r@0", "-r@20"}},
		"a point without that limit":           {Form{Own: "LL"}, func(b *bench) { b.read(1, -100) }, nil},
		"a limit of the rule's own":            {Form{Value: 50, Below: true}, func(b *bench) { b.read(1, 49) }, []string{"+r@0"}},
		"a short excursion within the delay":   {Form{Own: "H", On: 15 * time.Second}, func(b *bench) { b.read(1, 81).at(10).read(1, 70).at(60) }, nil},
		"the delay ends at a reading":          {Form{Own: "H", On: 10 * time.Second}, func(b *bench) { b.read(1, 81).at(9).read(1, 82).at(9.5).read(1, 82).at(10).read(1, 82) }, []string{"+r@10"}},
		"the delay ends though nothing comes":  {Form{Own: "H", On: 15 * time.Second}, func(b *bench) { b.read(1, 81).at(14).at(20) }, []string{"+r@15"}},
		"an off delay":                         {Form{Own: "H", Off: 5 * time.Second}, func(b *bench) { b.read(1, 81).at(1).read(1, 70).at(2).read(1, 81).at(3).read(1, 70).at(10) }, []string{"+r@0", "-r@8"}},
		"it does not come twice":               {Form{Own: "H"}, func(b *bench) { b.read(1, 81).at(1).read(1, 99).at(2).read(1, 82) }, []string{"+r@0"}},
		"not a number says nothing":            {Form{Own: "H"}, func(b *bench) { b.read(1, math.NaN()).at(1).read(1, 81).at(2).read(1, math.NaN()) }, []string{"+r@1"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, rule(c.form), tank())
			c.run(b)
			b.want(c.want...)
		})
	}
}

func TestBackfillIsNotJudged(t *testing.T) {
	b := newBench(t, []*Rule{{ID: "r", Kind: Limit, Form: Form{Own: "H"}}}, tank())
	b.at(60).read(1, 20)
	b.note(b.w.Evaluate([]Reading{{Key: 1, At: noon.UnixMicro(), Value: 99}, {Key: 1, At: b.clock.UnixMicro(), Value: 99}, {Key: 7, At: b.clock.UnixMicro(), Value: 99}}))
	b.want()
	if r, _, ok := b.w.Newest(1); !ok || r.Value != 20 {
		t.Errorf("the newest is %v, %v", r, ok)
	}
}

// What a device had stored while it was cut off tells of an excursion by its own times.
func TestStoredExcursionWithDelay(t *testing.T) {
	b := newBench(t, []*Rule{{ID: "r", Kind: Limit, Form: Form{Own: "H", On: 30 * time.Second}}}, tank())
	b.at(600)
	var stored []Reading
	for i := range 12 {
		v := 20.0
		if i >= 2 && i < 7 {
			v = 85
		}
		stored = append(stored, Reading{Key: 1, At: noon.Add(time.Duration(i) * 10 * time.Second).UnixMicro(), Value: v})
	}
	b.note(b.w.Evaluate(stored))
	b.want("+r@50", "-r@70")
}

func TestSilence(t *testing.T) {
	rules := func() []*Rule { return []*Rule{{ID: "s", Kind: Silence, Form: Form{Periods: 3}}} }
	t.Run("three periods after the last", func(t *testing.T) {
		b := newBench(t, rules(), tank())
		b.at(5).read(1, 20).at(34)
		b.want()
		b.at(36)
		b.want("+s@35")
		if _, silent, _ := b.w.Newest(1); !silent {
			t.Error("the point does not count as silent")
		}
		b.at(50).read(1, 20).at(60)
		b.want("+s@35", "-s@50")
	})
	t.Run("never heard at all", func(t *testing.T) {
		newBench(t, rules(), tank()).at(31).want("+s@30")
	})
	t.Run("a point that reports by event is not watched", func(t *testing.T) {
		p := tank()
		p.Every = 0
		newBench(t, rules(), p).at(1000).want()
	})
	t.Run("it counts as heard or not", func(t *testing.T) {
		two := tank()
		two.Key, two.Entity, two.Name = 2, "urn:tank:2", "LT-2"
		b := newBench(t, rules(), tank(), two)
		count := func() (due, heard int) {
			b.w.Heard(func(g string, d, h int) { due, heard = d, h })
			return
		}
		if d, h := count(); d != 2 || h != 0 {
			t.Errorf("before: %d of %d", h, d)
		}
		b.at(20).read(1, 1).read(2, 1).at(40).read(1, 1).at(52)
		if d, h := count(); d != 2 || h != 1 {
			t.Errorf("with one silent: %d of %d", h, d)
		}
	})
}

// After a restart what stands is not told again, and our own absence makes nobody silent.
func TestRestart(t *testing.T) {
	rules := []*Rule{{ID: "r", Kind: Limit, Form: Form{Own: "H"}, Title: lang.Same("r"), Priority: High}, {ID: "s", Kind: Silence, Form: Form{Periods: 3}, Title: lang.Same("s"), Priority: High}}
	b := &bench{t: t, clock: noon}
	w, err := newWatch("safety", func() time.Time { return b.clock }, rules, map[string]bool{"r/urn:tank:1": true, "r/urn:gone": true})
	if err != nil {
		t.Fatal(err)
	}
	b.w = w
	if err := w.SetPoints([]Point{tank()}, func(int64) (Reading, bool) {
		return Reading{Key: 1, At: noon.Add(-time.Hour).UnixMicro(), Value: 95}, true
	}); err != nil {
		t.Fatal(err)
	}
	b.at(1).read(1, 95).at(5)
	b.want("-r@1") // of the point that is no more
	b.read(1, 20)
	b.want("-r@1", "-r@5")
}

func TestRate(t *testing.T) {
	rules := []*Rule{{ID: "r", Kind: Rate, Form: Form{Value: 5, Window: time.Minute}}}
	b := newBench(t, rules, tank())
	for i := range 12 { // four a minute
		b.at(float64(i*10)).read(1, 20+float64(i)*4/6)
	}
	b.want()
	for i := 12; i < 18; i++ { // eight a minute
		b.at(float64(i*10)).read(1, 28+float64(i-12)*8/6)
	}
	if len(b.said) != 1 || !strings.HasPrefix(b.said[0], "+r@") {
		t.Errorf("said %v", b.said)
	}
}

func TestStuck(t *testing.T) {
	b := newBench(t, []*Rule{{ID: "r", Kind: Stuck, Form: Form{Value: 0.01, Window: time.Minute}}}, tank())
	b.read(1, 20).at(30).read(1, 20.005).at(59).read(1, 20).at(60).read(1, 20).at(70).read(1, 20.5)
	b.want("+r@60", "-r@70")
}

func TestQualityIsAConditionOfItsOwn(t *testing.T) {
	b := newBench(t, []*Rule{{ID: "q", Kind: Bad}, {ID: "r", Kind: Limit, Form: Form{Own: "H"}}}, tank())
	b.note(b.w.Evaluate([]Reading{{Key: 1, At: noon.UnixMicro(), Value: 99, Quality: Faulty}}))
	b.want("+q@0") // and no alarm of its value
	b.at(1).read(1, 20)
	b.want("+q@0", "-q@1")
}

func TestExpression(t *testing.T) {
	pump := Point{Key: 2, Entity: "urn:pump:1", Name: "P-1", Group: "urn:plant:1", Every: 10 * time.Second}
	other := Point{Key: 3, Entity: "urn:tank:9", Name: "LT-1", Group: "urn:plant:2", Every: 10 * time.Second}
	r := &Rule{ID: "e", Kind: Expression, Expr: `v["LT-1"] > 80.0 && v["P-1"] > 0.5`}
	b := newBench(t, []*Rule{r, {ID: "s", Kind: Silence, Form: Form{Periods: 3}}}, tank(), pump, other)
	b.read(1, 85) // the pump is not known: nobody can tell
	b.want()
	b.at(1).read(2, 1)
	b.want("+e@1")
	b.at(2).read(2, 0)
	b.want("+e@1", "-e@2")
	b.at(3).read(3, 99) // of a plant that has no pump
	b.want("+e@1", "-e@2")
}

func TestScopes(t *testing.T) {
	p := tank()
	for name, c := range map[string]struct {
		s    Scope
		want bool
	}{
		"all": {Scope{}, true}, "tag": {Scope{Tags: []string{"kind:level"}}, true}, "another tag": {Scope{Tags: []string{"kind:level", "x"}}, false},
		"group": {Scope{Groups: []string{"urn:plant:1"}}, true}, "another group": {Scope{Groups: []string{"urn:plant:2"}}, false},
		"point": {Scope{Points: []string{p.Entity}}, true}, "another point": {Scope{Points: []string{"urn:x"}}, false},
		"system": {Scope{System: "safety"}, true}, "another system": {Scope{System: "grid"}, false},
	} {
		if got := c.s.picks("safety", &p); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A new version takes over what stands: it is told once.
func TestNewVersion(t *testing.T) {
	v1 := &Rule{ID: "r", Version: 1, Kind: Limit, Form: Form{Own: "H"}}
	b := newBench(t, []*Rule{v1}, tank())
	b.read(1, 85)
	v2 := *v1
	v2.Version, v2.Form.Own = 2, "HH"
	if err := b.w.setRules([]*Rule{&v2}); err != nil {
		t.Fatal(err)
	}
	b.at(10).read(1, 86)
	b.want("+r@0", "-r@10")
	if err := b.w.setRules([]*Rule{v1}); err != nil {
		t.Fatal(err)
	}
	b.at(20).read(1, 86)
	if err := b.w.setRules(nil); err != nil {
		t.Fatal(err)
	}
	b.at(21)
	b.want("+r@0", "-r@10", "+r@20", "-r@21")
}

func TestDocuments(t *testing.T) {
	r := &Rule{ID: "d", Kind: Entity, Expr: `entity["fillingLevel"] > 0.8`, Scope: Scope{Types: []string{"WasteContainer"}}}
	b := newBench(t, []*Rule{r})
	doc := func(v any, gone bool) {
		b.note(b.w.Judge([]Document{{ID: "urn:w:1", Type: "WasteContainer", At: b.clock.UnixMicro(), Values: map[string]any{"fillingLevel": v}, Gone: gone},
			{ID: "urn:x:1", Type: "Other", At: b.clock.UnixMicro(), Values: map[string]any{"fillingLevel": 1.0}}}))
	}
	doc(0.9, false)
	doc(0.95, false)
	b.at(1)
	doc("full", false) // no number: nobody can tell
	b.at(2)
	doc(nil, true)
	b.want("+d@0", "-d@2")
}

// TestUntell: what could not be kept is told again, coming and going alike.
func TestUntell(t *testing.T) {
	b := newBench(t, []*Rule{{ID: "d", Kind: Entity, Expr: `entity["fillingLevel"] > 0.8`, Scope: Scope{Types: []string{"WasteContainer"}}}})
	doc := func(v float64) []Transition {
		return b.w.Judge([]Document{{ID: "urn:w:1", Type: "WasteContainer", At: b.clock.UnixMicro(), Values: map[string]any{"fillingLevel": v}}})
	}
	if !b.w.Reads("WasteContainer") || b.w.Reads("Other") {
		t.Error("which types are read")
	}
	for _, step := range []struct {
		value float64
		came  bool
	}{{0.9, true}, {0.1, false}} {
		lost := doc(step.value)
		b.w.Untell(lost)
		if again := doc(step.value); len(lost) != 1 || len(again) != 1 || again[0].Came != step.came || again[0].Key != lost[0].Key {
			t.Errorf("%v: %v, then %v", step.value, lost, again)
		}
		if third := doc(step.value); len(third) != 0 {
			t.Errorf("%v: told twice: %v", step.value, third)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	rules := []*Rule{}
	for _, own := range []string{"HH", "H", "L", "LL"} {
		rules = append(rules, &Rule{ID: own, Kind: Limit, Form: Form{Own: own, Deadband: 1, On: time.Second}, Priority: High})
	}
	rules = append(rules, &Rule{ID: "s", Kind: Silence, Form: Form{Periods: 3}, Priority: High}, &Rule{ID: "rate", Kind: Rate, Form: Form{Value: 5, Window: time.Minute}, Priority: High})
	points := make([]Point, 121_560)
	for i := range points {
		p := tank()
		p.Key, p.Entity, p.Group, p.Name = int64(i), fmt.Sprint("urn:p:", i), fmt.Sprint("urn:g:", i/30), fmt.Sprint("P", i%30)
		points[i] = p
	}
	clock := noon
	w, _ := newWatch("safety", func() time.Time { return clock }, rules, nil)
	if err := w.SetPoints(points, nil); err != nil {
		b.Fatal(err)
	}
	frame, n := make([]Reading, 30), 0
	b.ResetTimer()
	for b.Loop() {
		for i := range frame {
			frame[i] = Reading{Key: int64((n + i) % len(points)), At: clock.UnixMicro(), Value: 50}
		}
		w.Evaluate(frame)
		n += len(frame)
		clock = clock.Add(2 * time.Millisecond)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/reading")
}

func BenchmarkTick(b *testing.B) {
	points := make([]Point, 121_560)
	for i := range points {
		p := tank()
		p.Key, p.Entity, p.Group, p.Name = int64(i), fmt.Sprint("urn:p:", i), fmt.Sprint("urn:g:", i/30), fmt.Sprint("P", i%30)
		points[i] = p
	}
	rules := []*Rule{{ID: "s", Kind: Silence, Form: Form{Periods: 3}, Priority: High}, {ID: "h", Kind: Limit, Form: Form{Own: "H"}, Priority: High}}
	w, _ := newWatch("safety", func() time.Time { return noon }, rules, nil)
	if err := w.SetPoints(points, nil); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		w.Tick(noon.UnixMicro())
	}
}
