package rule

import (
	"context"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

var (
	writer = identity.NewPrincipal("person:wang", "work-safety", nil, GrantRead, GrantEdit, GrantLive)
	second = identity.NewPrincipal("person:li", "work-safety", nil, GrantRead, GrantLive)
	reader = identity.NewPrincipal("person:zhao", "work-safety", nil, GrantRead)
)

func openEngine(t *testing.T, db *store.DB) *Engine {
	t.Helper()
	now := func() time.Time { return noon }
	j, err := journal.Open(t.Context(), db, now)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), db, j, now)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// yesterday is a tank that was too full twice.
func yesterday(_ context.Context, keys []int64, from, to int64, fn func(Reading)) error {
	for i := range 360 {
		v := 50.0
		if i >= 100 && i < 110 || i >= 200 && i < 203 {
			v = 85
		}
		fn(Reading{Key: keys[0], At: from + int64(i)*10_000_000, Value: v})
	}
	return nil
}

func wantKind(t *testing.T, what string, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Errorf("%s: %v, want %v", what, err, k)
	}
}

func TestLifeOfARule(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		e := openEngine(t, db)
		w, err := e.Watch("safety", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SetPoints([]Point{tank()}, nil); err != nil {
			t.Fatal(err)
		}
		r := Rule{Title: lang.T("液位高", "Level high"), Kind: Limit, Form: Form{Own: "H", On: 50 * time.Second}, Priority: High}
		_, err = e.Save(ctx, reader, r)
		wantKind(t, "a reader saves", err, errs.Denied)
		r, err = e.Save(ctx, writer, r)
		if err != nil || r.Version != 1 || r.State != Draft {
			t.Fatalf("saved %+v, %v", r, err)
		}
		wantKind(t, "live untried", e.GoLive(ctx, second, r.ID, 1), errs.Conflict)
		trial, err := e.Try(ctx, writer, r.ID, 1, []Point{tank()}, yesterday, noon.Add(-24*time.Hour), noon.Add(-23*time.Hour), nil)
		if err != nil || trial.Readings != 360 || trial.Transitions != 1 || trial.Standing != 0 || trial.Points != 1 || trial.Worst[0].Entity != "urn:tank:1" {
			t.Errorf("tried %+v, %v", trial, err)
		}
		wantKind(t, "live by its author", e.GoLive(ctx, writer, r.ID, 1), errs.Denied)
		if got := w.Evaluate([]Reading{{Key: 1, At: 1, Value: 99}, {Key: 1, At: 60_000_000, Value: 99}}); len(got) != 0 {
			t.Errorf("a draft speaks: %v", got)
		}
		if err := e.GoLive(ctx, second, r.ID, 1); err != nil {
			t.Fatal(err)
		}
		if got := w.Evaluate([]Reading{{Key: 1, At: 70_000_000, Value: 99}, {Key: 1, At: 130_000_000, Value: 99}}); len(got) != 1 || !got[0].Came {
			t.Errorf("live says %v", got)
		}
		r.Form.Own = "HH"
		if r, err = e.Save(ctx, writer, r); err != nil || r.Version != 2 {
			t.Fatalf("version 2: %+v, %v", r, err)
		}
		if heads, err := e.Rules(ctx); err != nil || len(heads) != 1 || heads[0].Version != 1 || heads[0].Trial == nil {
			t.Errorf("heads %+v, %v", heads, err)
		}
		wantKind(t, "retire without a reason", e.Retire(ctx, second, r.ID, " "), errs.Invalid)
		if err := e.Retire(ctx, second, r.ID, "被新规则替代"); err != nil {
			t.Fatal(err)
		}
		if got := w.Tick(noon.UnixMicro()); len(got) != 1 || got[0].Came {
			t.Errorf("after it was retired: %v", got)
		}
		if vs, err := e.Versions(ctx, r.ID); err != nil || len(vs) != 2 || vs[1].State != Retired {
			t.Errorf("versions %+v, %v", vs, err)
		}
	})
}

func TestDeclare(t *testing.T) {
	db := storetest.Open(t)
	e := openEngine(t, db)
	r := Rule{ID: "safety.silence", Title: lang.T("测点静默", "Point silent"), Kind: Silence, Form: Form{Periods: 3}, Priority: Medium}
	if err := e.Declare(t.Context(), "safety", []Rule{r}); err != nil {
		t.Fatal(err)
	}
	if err := e.Retire(t.Context(), second, r.ID, "试验"); err != nil {
		t.Fatal(err)
	}
	e = openEngine(t, db)
	if err := e.Declare(t.Context(), "safety", []Rule{r}); err != nil {
		t.Fatal(err)
	}
	if vs, err := e.Versions(t.Context(), r.ID); err != nil || len(vs) != 1 || vs[0].State != Retired {
		t.Errorf("what people retired came back: %+v, %v", vs, err)
	}
	wantKind(t, "another's name", e.Declare(t.Context(), "grid", []Rule{r}), errs.Internal)
}

func TestChecks(t *testing.T) {
	good := Rule{Title: lang.T("甲", "A"), Kind: Limit, Form: Form{Own: "H"}, Priority: High}
	for name, change := range map[string]func(*Rule){
		"no English": func(r *Rule) { r.Title.En = "" }, "priority": func(r *Rule) { r.Priority = 5 }, "own": func(r *Rule) { r.Form.Own = "X" },
		"deadband": func(r *Rule) { r.Form.Deadband = -1 }, "delay": func(r *Rule) { r.Form.On = 25 * time.Hour }, "kind": func(r *Rule) { r.Kind = "x" },
		"window": func(r *Rule) { r.Kind, r.Form = Rate, Form{Value: 1} }, "rate": func(r *Rule) { r.Kind, r.Form = Rate, Form{Window: time.Minute} },
		"periods": func(r *Rule) { r.Kind = Silence }, "syntax": func(r *Rule) { r.Kind, r.Expr = Expression, `v["a"] >` },
		"type": func(r *Rule) { r.Kind, r.Expr = Expression, `v["a"] + 1.0` }, "no point": func(r *Rule) { r.Kind, r.Expr = Expression, `1.0 > 2.0` },
		"computed name": func(r *Rule) { r.Kind, r.Expr = Expression, `v["a" + "b"] > 1.0` }, "int": func(r *Rule) { r.Kind, r.Expr = Expression, `v["a"] == "x"` },
	} {
		r := good
		change(&r)
		wantKind(t, name, r.Check(), errs.Invalid)
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

// The fuzzed expression compiles or is refused; it never breaks the program, and what compiles is evaluated within its cost.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{`v["a"] > 1.0`, `v["a"] > 1.0 && age["b"] < 3.0 || bad["a"]`, `v.exists(k, v[k] > 1.0)`, `v["a"] in [1.0, 2.0]`, "v[\"\xff\"] > 1.0", `{"a": v["a"]}["a"] == 1.0`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := Rule{Kind: Expression, Expr: s}
		c, err := r.compile()
		if err != nil {
			return
		}
		_, _ = c.Holds(map[string]any{"v": map[string]float64{"a": 1}, "age": map[string]float64{"b": 1}, "bad": map[string]bool{}})
	})
}
