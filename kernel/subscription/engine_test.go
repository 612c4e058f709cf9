package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// spec is the tests' own form of a subscription, which Source holds.
type spec struct {
	IDs, Types, Watched, Triggers []string
	Pattern, Q                    string
	Throttling, Interval          time.Duration
	Cooldown                      time.Duration
	Paused                        bool
	ExpiresAt                     time.Time
}

func parse(tenant, id, owner string, source json.RawMessage) (*Subscription, error) {
	var t spec
	if err := json.Unmarshal(source, &t); err != nil {
		return nil, err
	}
	s := &Subscription{ID: id, Tenant: tenant, Owner: owner, Source: source, Watched: t.Watched, Triggers: t.Triggers,
		Throttling: t.Throttling, Interval: t.Interval, Active: !t.Paused, ExpiresAt: t.ExpiresAt, Endpoint: Endpoint{Cooldown: t.Cooldown}}
	if len(t.IDs)+len(t.Types)+len(t.Pattern) > 0 {
		s.Entities = []Selector{{IDs: t.IDs, IDPattern: t.Pattern, Types: strings.Join(t.Types, ",")}}
	}
	if t.Q != "" {
		x, err := query.ParseQ(t.Q, query.QOptions{})
		if err != nil {
			return nil, err
		}
		s.Filter = filter.Selection{Q: x}
	}
	return s, nil
}

func (t spec) make(tenant, id string) *Subscription {
	raw, err := json.Marshal(t)
	if err != nil {
		panic(err)
	}
	s, err := parse(tenant, id, "unit", raw)
	if err != nil {
		panic(err)
	}
	return s
}

// sink is a receiver that keeps what it gets.
type sink struct {
	mu   sync.Mutex
	got  map[string][]Notice                                   // by subscription
	fail func(s *Subscription, n *Notice) error                // nil: never
	hold func(ctx context.Context, s *Subscription, n *Notice) // before it answers
}

func (k *sink) deliver(ctx context.Context, s *Subscription, n *Notice) error {
	k.mu.Lock()
	hold, fail := k.hold, k.fail
	k.mu.Unlock()
	if hold != nil {
		hold(ctx, s, n)
	}
	if fail != nil {
		if err := fail(s, n); err != nil {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.got == nil {
		k.got = map[string][]Notice{}
	}
	k.got[s.ID] = append(k.got[s.ID], *n)
	return nil
}

func (k *sink) set(fail func(s *Subscription, n *Notice) error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fail = fail
}

func (k *sink) of(id string) []Notice {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.got[id])
}

// rig is an engine on a database, running.
type rig struct {
	t    testing.TB
	db   *store.DB
	ents *entity.Store
	g    *Engine
	o    Options
	stop context.CancelFunc
	done chan error
}

func newRig(t testing.TB, o Options) *rig {
	r := &rig{t: t, db: storetest.Open(t), o: o}
	var err error
	if r.ents, err = entity.Open(t.Context(), r.db, time.Now); err != nil {
		t.Fatal(err)
	}
	r.open()
	r.run()
	t.Cleanup(func() { r.halt(); r.g.Close() })
	return r
}

func (r *rig) open() {
	r.t.Helper()
	o := r.o
	o.Now, o.Parse = time.Now, parse
	if o.First == 0 {
		o.First = 5 * time.Millisecond
	}
	var err error
	if r.g, err = Open(r.t.Context(), r.db, r.ents, o); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) run() {
	ctx, stop := context.WithCancel(context.Background())
	r.stop, r.done = stop, make(chan error, 1)
	go func() { r.done <- r.g.Run(ctx) }()
}

func (r *rig) halt() {
	r.t.Helper()
	if r.stop == nil {
		return
	}
	r.stop()
	if err := <-r.done; err != nil {
		r.t.Error(err)
	}
	r.stop = nil
}

func (r *rig) subscribe(id string, t spec) {
	r.t.Helper()
	if err := r.g.Create(r.t.Context(), t.make("", id)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) edit(id string, fn entity.Edit) {
	r.t.Helper()
	if _, err := r.ents.Do(r.t.Context(), entity.Task{Key: entity.Key{ID: id}, Owner: "unit", Edit: fn}); err != nil {
		r.t.Fatal(err)
	}
}

// put sets number attributes of an entity, which it makes where there is none.
func put(id, typ string, attrs map[string]float64) entity.Edit {
	return func(old *entity.Entity) (*entity.Entity, error) {
		e := &entity.Entity{ID: id, Types: []string{typ}}
		if old != nil {
			e = old.Clone()
		}
		for name, v := range attrs {
			e.Set(entity.NumberAttr(name, v, ""))
		}
		return e, nil
	}
}

func remove(*entity.Entity) (*entity.Entity, error) { return nil, nil }

// within waits until fn is true.
func within(t testing.TB, what string, fn func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if fn() {
			return
		}
	}
	t.Fatalf("timed out: %s", what)
}

func (r *rig) state(id string) State {
	r.t.Helper()
	_, st, err := r.g.Get(r.t.Context(), "", id)
	if err != nil {
		r.t.Fatal(err)
	}
	return st
}

func (r *rig) drained() bool { return r.g.waiting.Load() == 0 }

func TestTriggers(t *testing.T) {
	k := &sink{}
	r := newRig(t, Options{Deliver: k.deliver})
	all := append(Triggers(), "default", "watched")
	for _, name := range all {
		s := spec{Types: []string{"Lamp"}, Triggers: []string{name}}
		switch name {
		case "default":
			s.Triggers = nil
		case "watched":
			s.Triggers, s.Watched = Triggers(), []string{"power"}
		}
		r.subscribe("urn:s:"+name, s)
	}
	id := "urn:e:1"
	steps := []struct {
		name string
		edit entity.Edit
		want string // who is notified
	}{
		{"create", put(id, "Lamp", map[string]float64{"a": 1}), EntityCreated + " " + EntityUpdated + " " + AttributeCreated + " default"},
		{"update", put(id, "Lamp", map[string]float64{"a": 2}), EntityUpdated + " " + AttributeUpdated + " default"},
		{"same value", put(id, "Lamp", map[string]float64{"a": 2}), ""},
		{"add", put(id, "Lamp", map[string]float64{"power": 5}), EntityUpdated + " " + AttributeCreated + " default watched"},
		{"update watched", put(id, "Lamp", map[string]float64{"power": 6}), EntityUpdated + " " + AttributeUpdated + " default watched"},
		{"take away", func(old *entity.Entity) (*entity.Entity, error) {
			e := old.Clone()
			e.Attrs = slices.DeleteFunc(e.Attrs, func(a entity.Attr) bool { return a.Name == "a" })
			return e, nil
		}, EntityUpdated + " " + AttributeDeleted},
		{"delete", remove, EntityUpdated + " " + EntityDeleted + " " + AttributeDeleted + " watched"},
		{"other type", put("urn:e:2", "Bench", map[string]float64{"power": 1}), ""},
	}
	seen := map[string]int{}
	for _, step := range steps {
		target := id
		if step.name == "other type" {
			target = "urn:e:2"
		}
		r.edit(target, step.edit)
		within(t, step.name, r.drained)
		var who []string
		for _, name := range all {
			list := k.of("urn:s:" + name)
			if len(list) > seen[name]+1 {
				t.Errorf("%s: %s got %d notices", step.name, name, len(list)-seen[name])
			}
			if len(list) > seen[name] {
				who = append(who, name)
			}
			seen[name] = len(list)
		}
		want := strings.Fields(step.want)
		slices.Sort(who)
		slices.Sort(want)
		if !slices.Equal(who, want) {
			t.Errorf("%s: notified %v, want %v", step.name, who, want)
		}
	}
	last := k.of("urn:s:watched")
	if it := last[len(last)-1].Items[0]; it.After != nil || it.Before == nil || !slices.Equal(it.Trigger, []string{EntityDeleted, AttributeDeleted}) {
		t.Errorf("the deletion came as %+v", it)
	}
}

// TestEqualities: the index by value loses no match that filter.Selection would find, of whatever kind the value is.
func TestEqualities(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	values := []string{`"x"`, `"y"`, `"a\\"b"`, `5`, `5.0`, `-0`, `0`, `true`, `["x",5]`, `[]`, `{"@type":"T","@value":"x"}`, `{"k":"x"}`, `"2020-01-01T00:00:00Z"`, `12345678901234567890`}
	kinds := []entity.AttrKind{entity.Property, entity.Property, entity.Property, entity.Relationship, entity.VocabProperty, entity.ListProperty, entity.JSONProperty}
	var x index
	var subs []*sub
	for i, q := range []string{`v=="x"`, `v==x`, `v==5`, `v==0`, `v==true`, `v=="a\"b"`, `v=="2020-01-01T00:00:00Z"`, `v==2020-01-01T00:00:00Z`, `v==12345678901234567890`, `v=="x";w==1`, `w==1;v=="y"`, `v=="x"|w==1`, `v=="x","y"`} {
		r, err := compile(spec{Types: []string{"T"}, Q: q}.make("", fmt.Sprint(i)), nil)
		if err != nil {
			t.Logf("%s: %v", q, err)
			continue
		}
		subs = append(subs, &sub{rule: r})
		x.add(subs[len(subs)-1])
	}
	hits := 0
	for range 3000 {
		e := &entity.Entity{ID: "urn:e:1", Types: []string{"T"}}
		for _, name := range []string{"v", "w"} {
			for i := range rnd.IntN(3) {
				a := entity.Attr{Name: name, Kind: kinds[rnd.IntN(len(kinds))], Value: json.RawMessage(values[rnd.IntN(len(values))])}
				if i > 0 {
					a.DatasetID = "urn:d:1"
				}
				e.Attrs = append(e.Attrs, a)
			}
		}
		found := map[*sub]bool{}
		x.find(entity.Key{ID: e.ID}, e, []string{"v"}, func(s *sub) {
			if found[s] {
				t.Error("found twice")
			}
			found[s] = true
		})
		for _, s := range subs {
			if s.rule.exact.Match(e) {
				if hits++; !found[s] {
					t.Errorf("%s matches %s and was not found", s.rule.sub.Source, e.KeyValues())
				}
			}
		}
	}
	t.Logf("%d matches", hits)
	for _, s := range subs {
		x.drop(s)
	}
	if len(x.ids)+len(x.places)+len(x.values) > 0 {
		t.Errorf("the index keeps %v %v %v", x.ids, x.places, x.values)
	}
}

// brute tells who wants a change, by plain comparison.
func brute(specs map[string]spec, before, after map[string]float64, id, typ string) (who []string) {
	var created, updated, deleted []string
	for a, v := range after {
		if w, ok := before[a]; !ok {
			created = append(created, a)
		} else if v != w {
			updated = append(updated, a)
		}
	}
	for a := range before {
		if _, ok := after[a]; !ok {
			deleted = append(deleted, a)
		}
	}
	stands := after
	if after == nil {
		stands = before
	}
	for sub, s := range specs {
		if len(s.IDs) > 0 && !slices.Contains(s.IDs, id) || len(s.Types) > 0 && !slices.Contains(s.Types, typ) || s.Pattern != "" && !strings.HasSuffix(id, s.Pattern[2:len(s.Pattern)-1]) {
			continue
		}
		if s.Q != "" {
			var attr string
			var than float64
			fmt.Sscanf(strings.NewReplacer(">", " ", "==", " ").Replace(s.Q), "%s %g", &attr, &than)
			if v, ok := stands[attr]; !ok || strings.Contains(s.Q, ">") && !(v > than) || strings.Contains(s.Q, "==") && v != than {
				continue
			}
		}
		triggers := s.Triggers
		if len(triggers) == 0 {
			triggers = []string{AttributeCreated, AttributeUpdated}
		}
		some := func(list []string) bool {
			return slices.ContainsFunc(list, func(a string) bool { return len(s.Watched) == 0 || slices.Contains(s.Watched, a) })
		}
		fires := slices.ContainsFunc(triggers, func(t string) bool {
			switch t {
			case EntityCreated:
				return before == nil && (len(s.Watched) == 0 || some(created))
			case EntityDeleted:
				return after == nil && (len(s.Watched) == 0 || some(deleted))
			case EntityUpdated:
				return some(created) || some(updated) || some(deleted)
			case AttributeCreated:
				return some(created)
			case AttributeUpdated:
				return some(updated)
			}
			return some(deleted)
		})
		if fires {
			who = append(who, sub)
		}
	}
	return who
}

func randomSpec(rnd *rand.Rand) (s spec) {
	typ := func() string { return fmt.Sprintf("T%d", rnd.IntN(200)) }
	attr := func() string { return fmt.Sprintf("a%d", rnd.IntN(8)) }
	switch rnd.IntN(20) {
	case 0: // any entity, so watched attributes must be given
		s.Watched = []string{"rare"}
	case 1, 2, 3, 4:
		s.IDs = []string{fmt.Sprintf("urn:e:%d", rnd.IntN(400))}
	case 5:
		s.Types, s.Pattern = []string{typ()}, fmt.Sprintf(".*%d$", rnd.IntN(10))
	case 6, 7:
		s.Types = []string{typ(), typ()}
	default:
		s.Types = []string{typ()}
	}
	if len(s.Watched) == 0 && rnd.IntN(2) == 0 {
		s.Watched = []string{attr(), attr()}
	}
	switch rnd.IntN(8) {
	case 0, 1:
		s.Q = fmt.Sprintf("%s>%d", attr(), rnd.IntN(4))
	case 2:
		s.Q = fmt.Sprintf("%s==%d", attr(), rnd.IntN(5))
	}
	for rnd.IntN(2) == 0 && len(s.Triggers) < 4 {
		s.Triggers = append(s.Triggers, Triggers()[rnd.IntN(6)])
	}
	return s
}

// change is one random change: of which entity, and its attributes afterwards, nil where it is deleted.
func randomChange(rnd *rand.Rand, now map[string]map[string]float64) (id string, after map[string]float64) {
	id = fmt.Sprintf("urn:e:%d", rnd.IntN(400))
	before := now[id]
	if before != nil && rnd.IntN(15) == 0 {
		return id, nil
	}
	after = map[string]float64{}
	for _, a := range slices.Sorted(maps.Keys(before)) { // in order, so that the seed tells everything
		if rnd.IntN(12) > 0 {
			after[a] = before[a]
		}
	}
	for range 1 + rnd.IntN(3) {
		after[fmt.Sprintf("a%d", rnd.IntN(8))] = float64(rnd.IntN(5))
	}
	if rnd.IntN(30) == 0 {
		after["rare"] = rnd.Float64()
	}
	return id, after
}

func typeOf(id string) string {
	var n int
	fmt.Sscanf(id, "urn:e:%d", &n)
	return fmt.Sprintf("T%d", n%200)
}

// setTo brings an entity to exactly these attributes.
func setTo(id string, attrs map[string]float64) entity.Edit {
	return func(old *entity.Entity) (*entity.Entity, error) {
		if attrs == nil {
			return nil, nil
		}
		e := &entity.Entity{ID: id, Types: []string{typeOf(id)}}
		if old != nil {
			e = old.Clone()
			e.Attrs = slices.DeleteFunc(e.Attrs, func(a entity.Attr) bool { _, ok := attrs[a.Name]; return !ok })
		}
		for name, v := range attrs {
			if a := e.Attr(name); a != nil {
				if was, _ := e.Number(name); was == v {
					continue
				}
			}
			e.Set(entity.NumberAttr(name, v, ""))
		}
		return e, nil
	}
}

// what tells one item from every other.
func what(it Item) string {
	if it.After == nil {
		return fmt.Sprintf("%s deleted %s", it.Before.ID, it.At.Format(time.RFC3339Nano))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s v%d", it.After.ID, it.After.Version)
	for _, a := range it.After.Attrs {
		fmt.Fprintf(&b, " %s=%s", a.Name, a.Value)
	}
	return b.String()
}

// TestBruteForce holds the engine to a matcher that tries every subscription on every change: who gets how many, and the last item of
// each notice.
func TestBruteForce(t *testing.T) {
	subs, changes := 10_000, 2000
	if testing.Short() {
		subs, changes = 1000, 300
	}
	rnd := rand.New(rand.NewPCG(20, 14))
	k := &sink{}
	r := newRig(t, Options{Deliver: k.deliver, Pending: 1 << 30})
	specs := map[string]spec{}
	for from := 0; from < subs; from += 500 {
		var wg sync.WaitGroup
		for i := from; i < min(from+500, subs); i++ {
			id := fmt.Sprintf("urn:s:%d", i)
			specs[id] = randomSpec(rnd)
			s := specs[id].make("", id)
			wg.Go(func() {
				if err := r.g.Create(t.Context(), s); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	now := map[string]map[string]float64{}
	want := map[string][]string{}
	for done := 0; done < changes; {
		var tasks []entity.Task
		for range min(1+rnd.IntN(20), changes-done) {
			id, after := randomChange(rnd, now)
			for _, sub := range brute(specs, now[id], after, id, typeOf(id)) {
				want[sub] = append(want[sub], id+attrsText(after))
			}
			if now[id] = after; after == nil {
				delete(now, id)
			}
			tasks = append(tasks, entity.Task{Key: entity.Key{ID: id}, Owner: "unit", Edit: setTo(id, after)})
			done++
		}
		res, err := r.ents.DoAll(t.Context(), tasks)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range res {
			if x.Err != nil {
				t.Fatal(x.Err)
			}
		}
	}
	within(t, "everything is delivered", r.drained)
	due, wrong := 0, 0
	for id := range specs {
		var got []string
		for _, n := range k.of(id) {
			for _, it := range n.Items {
				got = append(got, itemText(it))
			}
		}
		due += len(want[id])
		if !slices.Equal(got, want[id]) {
			if wrong++; wrong < 5 {
				t.Errorf("%s %+v\n got %v\nwant %v", id, specs[id], got, want[id])
			}
		}
		if st := r.state(id); st.Sent != int64(len(k.of(id))) || st.Failed != 0 || st.Waiting != 0 {
			t.Errorf("%s: state %+v with %d notices", id, st, len(k.of(id)))
		}
	}
	t.Logf("%d subscriptions, %d changes, %d items due, %d subscriptions wrong", subs, changes, due, wrong)
	if due < changes {
		t.Errorf("only %d items were due: the test tests nothing", due)
	}
	within(t, "the rows are gone", func() bool { return rowsLeft(t, r.db) == 0 })
}

func attrsText(attrs map[string]float64) string {
	if attrs == nil {
		return " deleted"
	}
	var names []string
	for a := range attrs {
		names = append(names, a)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, a := range names {
		fmt.Fprintf(&b, " %s=%.3f", a, attrs[a])
	}
	return b.String()
}

func itemText(it Item) string {
	if it.After == nil {
		return it.Before.ID + " deleted"
	}
	attrs := map[string]float64{}
	for _, a := range it.After.Attrs {
		attrs[a.Name], _ = it.After.Number(a.Name)
	}
	return it.After.ID + attrsText(attrs)
}

func rowsLeft(t testing.TB, db *store.DB) (n int) {
	t.Helper()
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Each(qDueAll, nil, func(scan func(...any) error) error { n++; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestKill: an engine that dies at any moment loses nothing that was due; what it had confirmed is not delivered again.
func TestKill(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	k := &sink{}
	r := newRig(t, Options{Deliver: k.deliver, Workers: 4})
	for i := range 20 {
		r.subscribe(fmt.Sprintf("urn:s:%d", i), spec{Types: []string{fmt.Sprintf("T%d", i)}})
	}
	k.mu.Lock()
	k.hold = func(ctx context.Context, s *Subscription, n *Notice) {
		time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
	}
	k.mu.Unlock()
	count := 0
	for life := range 6 {
		for range 40 {
			var tasks []entity.Task
			for i := range 20 {
				id := fmt.Sprintf("urn:e:%d", i)
				count++
				tasks = append(tasks, entity.Task{Key: entity.Key{ID: id}, Owner: "u", Edit: setTo(id, map[string]float64{"n": float64(count)})})
			}
			if _, err := r.ents.DoAll(t.Context(), tasks); err != nil {
				t.Fatal(err)
			}
		}
		if life == 5 {
			break
		}
		time.Sleep(time.Duration(rnd.IntN(150)) * time.Millisecond)
		r.g.Abandon()
		r.open()
		r.run()
	}
	within(t, "everything is delivered", r.drained)
	again := 0
	for i := range 20 {
		var got []float64
		for _, n := range k.of(fmt.Sprintf("urn:s:%d", i)) {
			v, _ := n.Items[0].After.Number("n")
			if at := slices.Index(got, v); at >= 0 {
				again++
				continue
			}
			got = append(got, v)
		}
		if len(got) != 240 || !slices.IsSorted(got) {
			t.Errorf("subscription %d got %d of 240 notices, in order: %v", i, len(got), slices.IsSorted(got))
		}
	}
	t.Logf("%d of %d notices came again after five deaths", again, 20*240)
	within(t, "the rows are gone", func() bool { return rowsLeft(t, r.db) == 0 })
}

// TestRestart: an engine that is stopped in good order delivers exactly once, and its counters go on.
func TestRestart(t *testing.T) {
	k := &sink{}
	r := newRig(t, Options{Deliver: k.deliver})
	r.subscribe("urn:s:1", spec{Types: []string{"T1"}})
	for i := range 100 {
		r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": float64(i)}))
		if i%20 == 10 {
			r.halt()
			r.g.Close()
			r.open()
			r.run()
		}
	}
	within(t, "everything is delivered", r.drained)
	if n := len(k.of("urn:s:1")); n != 100 {
		t.Errorf("%d notices of 100", n)
	}
	if st := r.state("urn:s:1"); st.Sent != 100 || st.LastSuccess.IsZero() || st.LastNotification.IsZero() {
		t.Errorf("state %+v", st)
	}
}

func TestOverload(t *testing.T) {
	k := &sink{}
	open := make(chan struct{})
	k.hold = func(ctx context.Context, s *Subscription, n *Notice) {
		select {
		case <-open:
		case <-ctx.Done():
		}
	}
	r := newRig(t, Options{Deliver: k.deliver, Pending: 50, Timeout: time.Hour})
	r.subscribe("urn:s:1", spec{Types: []string{"T1"}})
	taken, refused := 0, 0
	for i := range 80 {
		_, err := r.ents.Do(t.Context(), entity.Task{Key: entity.Key{ID: "urn:e:1"}, Owner: "unit", Edit: setTo("urn:e:1", map[string]float64{"n": float64(i)})})
		switch {
		case err == nil:
			taken++
		case errs.Is(err, errs.Busy):
			refused++
		default:
			t.Fatal(err)
		}
	}
	if taken != 50 || refused != 30 {
		t.Errorf("%d taken and %d refused, want 50 and 30", taken, refused)
	}
	r.edit("urn:e:2", setTo("urn:e:2", map[string]float64{"n": 1})) // nobody subscribed to it
	e, err := r.ents.Find(t.Context(), entity.Key{ID: "urn:e:1"})
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := e.Number("n"); v != 49 {
		t.Errorf("a refused change was kept: n = %v", v)
	}
	close(open)
	within(t, "everything is delivered", r.drained)
	if n := len(k.of("urn:s:1")); n != 50 {
		t.Errorf("%d notices, want 50", n)
	}
}

func TestRetry(t *testing.T) {
	k := &sink{}
	fails := 3
	k.fail = func(s *Subscription, n *Notice) error {
		if s.ID == "urn:s:bad" && fails > 0 {
			fails--
			return errors.New("out of order")
		}
		return nil
	}
	r := newRig(t, Options{Deliver: k.deliver})
	r.subscribe("urn:s:bad", spec{Types: []string{"T1"}})
	r.subscribe("urn:s:good", spec{Types: []string{"T1"}})
	for i := range 10 {
		r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": float64(i)}))
	}
	within(t, "everything is delivered", r.drained)
	bad, good := k.of("urn:s:bad"), k.of("urn:s:good")
	for i := range 10 {
		for _, list := range [][]Notice{bad, good} {
			if len(list) != 10 {
				t.Fatalf("%d notices", len(list))
			}
			if v, _ := list[i].Items[0].After.Number("n"); v != float64(i) {
				t.Errorf("notice %d bears %v", i, v)
			}
		}
	}
	if st := r.state("urn:s:bad"); st.Sent != 13 || st.Failed != 3 || st.Failing || st.LastFail.IsZero() || st.LastError != "" {
		t.Errorf("state %+v", st)
	}
}

func TestDeadLetters(t *testing.T) {
	k := &sink{}
	refuse := func(s *Subscription, n *Notice) error { return errs.As(errs.Invalid, "notify", errors.New("nonsense")) }
	k.fail = refuse
	r := newRig(t, Options{Deliver: k.deliver})
	r.subscribe("urn:s:1", spec{Types: []string{"T1"}, Triggers: Triggers()})
	for i := range 3 {
		r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": float64(i)}))
	}
	r.edit("urn:e:1", remove)
	within(t, "it is given up", r.drained)
	letters := func() []Letter {
		list, _, err := r.g.Dead(t.Context(), "", "urn:s:1", "", 10)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	within(t, "the letters are written", func() bool { return len(letters()) == 4 })
	list := letters()
	if l := list[0]; l.Tries != 3 || !strings.Contains(l.Error, "nonsense") || l.Notice.Items[0].After != nil {
		t.Errorf("the newest letter is %+v", l)
	}
	if v, _ := list[3].Notice.Items[0].After.Number("n"); v != 0 {
		t.Errorf("the oldest letter bears %v", v)
	}
	if st := r.state("urn:s:1"); st.Dead != 4 || st.Failed != 12 {
		t.Errorf("state %+v", st)
	}
	part, next, err := r.g.Dead(t.Context(), "", "urn:s:1", "", 3)
	if err != nil || len(part) != 3 || next == "" {
		t.Fatalf("a page of 3: %d, %q, %v", len(part), next, err)
	}
	if part, next, err = r.g.Dead(t.Context(), "", "urn:s:1", next, 3); err != nil || len(part) != 1 || next != "" {
		t.Fatalf("the last page: %d, %q, %v", len(part), next, err)
	}
	within(t, "the rows are gone", func() bool { return rowsLeft(t, r.db) == 0 })

	// They outlive a restart, and can be discarded and replayed.
	r.halt()
	r.g.Close()
	r.open()
	r.run()
	k.set(nil)
	if n, err := r.g.Discard(t.Context(), "", "urn:s:1", list[3].ID); n != 1 || err != nil {
		t.Errorf("discard: %d, %v", n, err)
	}
	if _, err := r.g.Discard(t.Context(), "", "urn:s:1", list[3].ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("discarding twice: %v", err)
	}
	if n, err := r.g.Replay(t.Context(), "", "urn:s:1", list[2].ID); n != 1 || err != nil {
		t.Errorf("replay one: %d, %v", n, err)
	}
	if n, err := r.g.Replay(t.Context(), "", "urn:s:1", 0); n != 2 || err != nil {
		t.Errorf("replay the rest: %d, %v", n, err)
	}
	within(t, "they are delivered", r.drained)
	if got := k.of("urn:s:1"); len(got) != 3 || got[2].Items[0].After != nil {
		t.Errorf("replayed: %d notices", len(got))
	}
	if st := r.state("urn:s:1"); st.Dead != 0 || st.Waiting != 0 {
		t.Errorf("state %+v", st)
	}
}

// TestGiveUp: what is too old goes to the dead letters together, and so does what exceeds a failing receiver's share.
func TestGiveUp(t *testing.T) {
	for _, o := range []Options{{GiveUp: 30 * time.Millisecond}, {Share: 5}} {
		k := &sink{fail: func(*Subscription, *Notice) error { return errors.New("gone") }}
		o.Deliver = k.deliver
		r := newRig(t, o)
		r.subscribe("urn:s:1", spec{Types: []string{"T1"}})
		for i := range 20 {
			r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": float64(i)}))
			time.Sleep(time.Millisecond)
		}
		least := int64(20)
		if o.Share > 0 {
			least = 15
		}
		within(t, "they are given up", func() bool { st := r.state("urn:s:1"); return st.Dead >= least })
		if st := r.state("urn:s:1"); st.Dead+st.Waiting != 20 || !st.Failing || st.LastError != "gone" {
			t.Errorf("%+v: state %+v", o, st)
		}
	}
}

func TestThrottling(t *testing.T) {
	k := &sink{}
	r := newRig(t, Options{Deliver: k.deliver})
	const gap = 300 * time.Millisecond
	r.subscribe("urn:s:1", spec{Types: []string{"T1", "T2"}, Throttling: gap, Triggers: Triggers()})
	r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": 0}))
	within(t, "the first goes at once", func() bool { return len(k.of("urn:s:1")) == 1 })
	for i := 1; i <= 200; i++ { // more than are kept singly
		r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": float64(i)}))
	}
	r.edit("urn:e:2", setTo("urn:e:2", map[string]float64{"n": 7}))
	r.edit("urn:e:2", remove)
	within(t, "everything is delivered", r.drained)
	list := k.of("urn:s:1")
	last := map[string]Item{}
	for i, n := range list {
		for _, it := range n.Items {
			last[what(it)[:7]] = it
		}
		if i > 0 && len(n.Items) > 2 {
			t.Errorf("notice %d has %d items: one an entity", i, len(n.Items))
		}
	}
	if len(list) > 100 { // of 203 changes; how many windows they span is the machine's affair
		t.Errorf("%d notices in spite of the throttling", len(list))
	}
	if v, _ := last["urn:e:1"].After.Number("n"); v != 200 {
		t.Errorf("the last value is %v", v)
	}
	if it := last["urn:e:2"]; it.After != nil {
		t.Errorf("the deleted entity came as %+v", it)
	}
	if st := r.state("urn:s:1"); st.Sent != int64(len(list)) {
		t.Errorf("%d sent, %d received", st.Sent, len(list))
	}
	within(t, "the rows are gone", func() bool { return rowsLeft(t, r.db) == 0 })
}

func TestPeriodic(t *testing.T) {
	k := &sink{}
	r := newRig(t, Options{Deliver: k.deliver})
	r.subscribe("urn:s:1", spec{Types: []string{"T1"}, Interval: 30 * time.Millisecond, Q: "n>1"})
	r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": 1})) // does not match
	time.Sleep(100 * time.Millisecond)
	if n := len(k.of("urn:s:1")); n != 0 {
		t.Errorf("%d notices although nothing matches", n)
	}
	r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": 2}))
	r.edit("urn:e:201", setTo("urn:e:201", map[string]float64{"n": 3}))
	within(t, "it comes again and again", func() bool { return len(k.of("urn:s:1")) >= 3 })
	list := k.of("urn:s:1")
	if n := len(list[len(list)-1].Items); n != 2 {
		t.Errorf("%d entities, want 2", n)
	}
}

func TestPauseAndExpiry(t *testing.T) {
	k := &sink{}
	open := make(chan struct{})
	k.hold = func(ctx context.Context, s *Subscription, n *Notice) {
		select {
		case <-open:
		case <-ctx.Done():
		}
	}
	r := newRig(t, Options{Deliver: k.deliver, Timeout: time.Hour})
	r.subscribe("urn:s:1", spec{Types: []string{"T1"}})
	for i := range 4 {
		r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": float64(i)}))
	}
	pause := func(t spec) {
		if err := r.g.Replace(r.t.Context(), t.make("", "urn:s:1"), nil); err != nil {
			r.t.Fatal(err)
		}
	}
	within(t, "the first is under way", func() bool { return r.state("urn:s:1").Waiting == 4 })
	pause(spec{Types: []string{"T1"}, Paused: true})
	close(open)
	within(t, "the rest is given up", func() bool { return r.state("urn:s:1").Dead == 3 })
	r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": 100}))
	pause(spec{Types: []string{"T1"}})
	r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": 101}))
	within(t, "it goes on", func() bool { return len(k.of("urn:s:1")) == 2 })
	if v, _ := k.of("urn:s:1")[1].Items[0].After.Number("n"); v != 101 {
		t.Errorf("a change during the pause was told of: %v", v)
	}
	pause(spec{Types: []string{"T1"}, ExpiresAt: time.Now().Add(-time.Second)})
	r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": 102}))
	if st := r.state("urn:s:1"); st.Waiting != 0 || st.Sent != 2 {
		t.Errorf("an expired subscription: %+v", st)
	}
}

func TestDelete(t *testing.T) {
	k := &sink{}
	broken := make(chan struct{}, 1)
	k.hold = func(ctx context.Context, s *Subscription, n *Notice) { <-ctx.Done(); broken <- struct{}{} }
	k.fail = func(*Subscription, *Notice) error { return errors.New("broken off") }
	r := newRig(t, Options{Deliver: k.deliver, Timeout: time.Hour})
	r.subscribe("urn:s:1", spec{Types: []string{"T1"}})
	if err := r.g.Create(t.Context(), spec{}.make("", "urn:s:1")); !errs.Is(err, errs.Conflict) {
		t.Errorf("twice: %v", err)
	}
	r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": 1}))
	r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": 2}))
	if err := r.g.Delete(t.Context(), "", "urn:s:1"); err != nil {
		t.Fatal(err)
	}
	<-broken
	if _, _, err := r.g.Get(t.Context(), "", "urn:s:1"); !errs.Is(err, errs.NotFound) {
		t.Errorf("after its deletion: %v", err)
	}
	if err := r.g.Delete(t.Context(), "", "urn:s:1"); !errs.Is(err, errs.NotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	within(t, "nothing waits", r.drained)
	within(t, "the rows are gone", func() bool { return rowsLeft(t, r.db) == 0 })
}

// TestSlow: receivers that never answer hold nobody else up.
func TestSlow(t *testing.T) {
	k := &sink{}
	k.hold = func(ctx context.Context, s *Subscription, n *Notice) {
		if strings.HasPrefix(s.ID, "urn:slow") {
			<-ctx.Done()
		}
	}
	k.fail = func(s *Subscription, n *Notice) error {
		if strings.HasPrefix(s.ID, "urn:slow") {
			return context.DeadlineExceeded
		}
		return nil
	}
	r := newRig(t, Options{Deliver: k.deliver, Workers: 8, Timeout: 50 * time.Millisecond})
	for i := range 50 {
		r.subscribe(fmt.Sprintf("urn:slow:%d", i), spec{Types: []string{"T1"}})
	}
	r.subscribe("urn:quick", spec{Types: []string{"T1"}})
	r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": -1}))
	within(t, "all have failed once", func() bool { return r.state("urn:slow:49").Failed > 0 })
	for i := range 20 {
		r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": float64(i)}))
		within(t, "the quick one is served", func() bool { return len(k.of("urn:quick")) == i+2 })
	}
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	if r.g.line.slowOnes > 4 {
		t.Errorf("%d of 8 workers serve slow receivers", r.g.line.slowOnes)
	}
}

// TestReplace: of two that change what they read, one is told that it was late.
func TestReplace(t *testing.T) {
	r := newRig(t, Options{Deliver: (&sink{}).deliver})
	r.subscribe("urn:s:1", spec{Types: []string{"T1"}})
	was, _, err := r.g.Get(t.Context(), "", "urn:s:1")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	fates := make([]error, 10)
	for i := range fates {
		s := spec{Types: []string{"T1"}, Watched: []string{fmt.Sprint("a", i)}}.make("", "urn:s:1")
		wg.Go(func() { fates[i] = r.g.Replace(t.Context(), s, was) })
	}
	wg.Wait()
	won := 0
	for i, err := range fates {
		switch {
		case err == nil:
			won++
			if now, _, _ := r.g.Get(t.Context(), "", "urn:s:1"); now.Watched[0] != fmt.Sprint("a", i) {
				t.Errorf("%d won, and %v stands", i, now.Watched)
			}
		case !errs.Is(err, errs.Conflict):
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
	if err := r.g.Replace(t.Context(), spec{}.make("", "urn:s:2"), nil); !errs.Is(err, errs.NotFound) {
		t.Errorf("of none: %v", err)
	}
}

// TestSettle: whoever asks while a notification is being answered is told of it.
func TestSettle(t *testing.T) {
	k := &sink{}
	begun := make(chan struct{})
	k.hold = func(ctx context.Context, s *Subscription, n *Notice) {
		close(begun)
		time.Sleep(20 * time.Millisecond)
	}
	r := newRig(t, Options{Deliver: k.deliver})
	r.subscribe("urn:s:1", spec{Types: []string{"T1"}})
	r.g.Settle(t.Context(), "", "urn:s:1", time.Hour) // nothing is under way
	r.g.Settle(t.Context(), "", "urn:s:none", time.Hour)
	r.edit("urn:e:1", setTo("urn:e:1", map[string]float64{"n": 1}))
	<-begun
	r.g.Settle(t.Context(), "", "urn:s:1", time.Microsecond) // does not wait for long
	r.g.Settle(t.Context(), "", "urn:s:1", time.Hour)
	if st := r.state("urn:s:1"); st.Sent != 1 || st.LastSuccess.IsZero() {
		t.Errorf("state %+v", st)
	}
}

func TestList(t *testing.T) {
	r := newRig(t, Options{Deliver: (&sink{}).deliver})
	for i := range 7 {
		r.subscribe(fmt.Sprintf("urn:s:%d", i), spec{Types: []string{"T1"}})
	}
	if err := r.g.Create(t.Context(), spec{}.make("other", "urn:s:0")); err != nil {
		t.Fatal(err)
	}
	var got []string
	for after := ""; ; {
		list, states, next, total, err := r.g.List(t.Context(), "", after, 0, 3)
		if err != nil || total != 7 || len(states) != len(list) {
			t.Fatal(total, err)
		}
		for _, s := range list {
			got = append(got, s.ID)
		}
		if after = next; after == "" {
			break
		}
	}
	if strings.Join(got, " ") != "urn:s:0 urn:s:1 urn:s:2 urn:s:3 urn:s:4 urn:s:5 urn:s:6" {
		t.Errorf("pages gave %v", got)
	}
	if list, _, next, _, _ := r.g.List(t.Context(), "", "", 5, 2); len(list) != 2 || list[0].ID != "urn:s:5" || next != "" {
		t.Errorf("by offset: %d, %q", len(list), next)
	}
	if _, _, _, total, _ := r.g.List(t.Context(), "*", "", 0, 1); total != 8 {
		t.Errorf("of all tenants: %d", total)
	}
	if _, _, _, _, err := r.g.List(t.Context(), "", "rubbish", 0, 1); !errs.Is(err, errs.Invalid) {
		t.Errorf("a cursor of nobody: %v", err)
	}
}
