package early

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/safety/register"
)

var (
	begin   = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	officer = identity.NewPrincipal("person:wang", "work-safety", nil, grantRead, GrantEdit, register.GrantEdit)
	reader  = identity.NewPrincipal("person:zhao", "work-safety", nil, grantRead)
)

// scene is one plant with six points that follow two causes, and what keeps and watches them. Time is now, and moves by say.
type scene struct {
	t     *testing.T
	o     Options
	part  *Part
	now   time.Time
	a, b  float64
	lot   *rand.Rand
	board *alarm.Board
	keys  []int64
}

const plant = "12011500000001"

func newScene(t *testing.T, db *store.DB) *scene {
	t.Helper()
	s := &scene{t: t, now: begin, lot: rand.New(rand.NewPCG(1, 2))}
	now, ctx := func() time.Time { return s.now }, t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	j, err := journal.Open(ctx, db, now)
	must(err)
	e, err := series.Open(ctx, db, now)
	must(err)
	t.Cleanup(func() { _ = e.Close() })
	entities, err := entity.Open(ctx, db, now)
	must(err)
	s.board, err = alarm.Open(ctx, alarm.Options{DB: db, Journal: j, Now: now})
	must(err)
	table, err := e.Declare(ctx, series.Family{Name: "safety.point", Columns: []series.Column{{Name: "value", Decimals: 4}}})
	must(err)
	reg, err := register.Open(ctx, register.Options{DB: db, Entities: entities, Journal: j, Now: now})
	must(err)
	site := &register.Site{Plant: register.Plant{Code: plant, Name: "试验化工", Kind: register.Chemical, Unit: register.Owner, District: "120115", Feed: register.HJ212, State: register.Running}}
	for _, n := range []string{"FT-1", "LT-1", "PT-1", "PT-2", "TT-1", "TT-2"} {
		site.Points = append(site.Points, register.Point{Plant: plant, Name: n, Factor: n, Kind: register.Temperature, Every: 30 * time.Second})
	}
	_, err = reg.Update(ctx, register.Deed{By: officer, Grant: register.GrantEdit, Verb: "edit-plant"}, func(map[string]*register.Site) ([]*register.Site, error) { return []*register.Site{site}, nil })
	must(err)
	for _, p := range reg.Points(plant) {
		s.keys = append(s.keys, p.Num)
	}
	s.o = Options{DB: db, Series: e, Readings: table, Register: reg, Alarms: s.board, Journal: j, Now: now, Interval: time.Minute, Window: 24 * time.Hour, Renew: 30 * 24 * time.Hour}
	s.open()
	return s
}

func (s *scene) open() {
	s.t.Helper()
	var err error
	if s.part, err = New(s.t.Context(), s.o); err != nil {
		s.t.Fatal(err)
	}
}

// say lets the plant report for a while, each half minute; change may spoil a row. Every reading is stored and observed, as the intake does it.
func (s *scene) say(d time.Duration, change func(row []float64, since time.Duration)) {
	s.t.Helper()
	var batch series.Batch
	for since := time.Duration(0); since < d; since += 30 * time.Second {
		r := s.lot
		s.a, s.b = 0.9*s.a+0.44*r.NormFloat64(), 0.8*s.b+0.6*r.NormFloat64()
		e := func() float64 { return 0.2 * r.NormFloat64() }
		row := []float64{50 + 5*(s.a+e()), 20 - 2*(s.a+e()), 300 + 30*(s.b+e()), 7 + s.b + e(), 1.5 + 0.1*(s.a+s.b+e()), 90 + 4*(s.a-s.b+e())}
		if change != nil {
			change(row, since)
		}
		var list []rule.Reading
		for i, key := range s.keys {
			list = append(list, rule.Reading{Key: key, At: s.now.UnixMicro(), Value: row[i]})
			batch.Add(key, s.now.UnixMicro(), series.Measured, int64(row[i]*1e4))
		}
		s.part.Observe(list)
		if s.now = s.now.Add(30 * time.Second); s.now.Second() == 30 {
			s.tick()
		}
	}
	if err := s.o.DB.Write(s.t.Context(), func(tx *store.Tx) error { return s.o.Readings.Append(tx, &batch) }); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) tick() {
	s.t.Helper()
	if err := s.part.Tick(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// standing gives the early warnings that stand.
func (s *scene) standing() (list []alarm.Alarm) {
	s.t.Helper()
	all, _, err := s.board.List(s.t.Context(), alarm.Filter{Classes: []alarm.Class{alarm.Early}})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, a := range all {
		if a.Gone.IsZero() {
			list = append(list, a)
		}
	}
	return list
}

// drift lets the third point leave its fellow slowly, as a sensor does: one deviation in half an hour.
func drift(row []float64, since time.Duration) { row[2] += since.Hours() * 60 }

// TestDrift follows a plant from its first lesson through a drift, a restart, the verdict and a refused lesson.
func TestDrift(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, ctx := newScene(t, db), t.Context()
		s.say(24*time.Hour, nil)
		if err := s.part.LearnDue(ctx); err != nil {
			t.Fatal(err)
		}
		if v := s.part.watches[plant]; v == nil || v.of.Version != 1 || v.of.Rows < 1400 {
			t.Fatalf("the schedule learnt %+v", v)
		}
		s.say(4*time.Hour, nil)
		if list := s.standing(); len(list) != 0 {
			t.Fatalf("a plant that is well has the warning %+v", list[0])
		}
		s.say(2*time.Hour, drift)
		list := s.standing()
		if len(list) != 1 || list[0].Class != alarm.Early || list[0].Group != register.PlantURI(plant) || *list[0].Limit != 1 || *list[0].Value <= 1 {
			t.Fatalf("a drift of two hours gave %+v", list)
		}
		if why := list[0].Reasons; len(why) == 0 || why[0].Name != "PT-1" {
			t.Errorf("the points named are %v, PT-1 drifts", why)
		}
		s.open()
		s.part.refresh()
		if w := s.part.watches[plant]; w.warning == nil || !w.state.Standing() || w.of.Version != 1 {
			t.Fatal("a restart forgot the warning that stands")
		}
		s.say(time.Hour, nil)
		if list := s.standing(); len(list) != 0 {
			t.Fatalf("the warning still stands an hour after the drift: %+v", list)
		}
		s.judged(list[0])
		s.refused()
	})
}

// judged marks the warning and looks at the figures.
func (s *scene) judged(a alarm.Alarm) {
	s.t.Helper()
	ctx := s.t.Context()
	list, err := s.part.readWarnings(ctx, qWarnOf, plant, int64(0), int64(1)<<62)
	if err != nil || len(list) != 1 || list[0].Gone.IsZero() || !list[0].Came.Equal(a.First) || list[0].Parts[0].Point != "PT-1" {
		s.t.Fatalf("kept are %+v, %v", list, err)
	}
	if err := s.part.Judge(ctx, reader, list[0].ID, True, ""); !errs.Is(err, errs.Denied) {
		s.t.Errorf("a reader judged: %v", err)
	}
	if err := s.part.Judge(ctx, officer, list[0].ID, True, "传感器漂移"); err != nil {
		s.t.Fatal(err)
	}
	if tally, err := s.part.Tally(ctx, begin); err != nil || tally != (Tally{All: 1, True: 1}) {
		s.t.Errorf("the figures are %+v, %v", tally, err)
	}
}

// refused sees that a drift is not learnt unseen, and that a person may with a reason.
func (s *scene) refused() {
	s.t.Helper()
	ctx := s.t.Context()
	l := Lesson{From: s.now.Add(-3 * time.Hour), To: s.now, Reason: "试验"}
	v, err := s.part.prepare(ctx, plant, l)
	if err != nil {
		s.t.Fatalf("slots under the warning are left out, and the rest is well: %v", err)
	}
	if v.LeftOut < 60 || v.LeftOut > 140 {
		s.t.Errorf("%d slots were left out", v.LeftOut)
	}
	// Judged false the drift is no disturbance any more: the guards must see it.
	list, _ := s.part.readWarnings(ctx, qWarnOf, plant, int64(0), int64(1)<<62)
	if err := s.part.Judge(ctx, officer, list[0].ID, False, ""); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.part.Learn(ctx, officer, plant, l); !errs.Is(err, errs.Conflict) {
		s.t.Errorf("a drift was learnt unseen: %v", err)
	}
	l.Accept = true
	if v, err = s.part.Learn(ctx, officer, plant, l); err != nil || v.Version != 2 || v.Warned <= maxWarned {
		s.t.Errorf("with a reason: version %d, warned in %.2f, %v", v.Version, v.Warned, err)
	}
	if _, err := s.part.Learn(ctx, reader, plant, l); !errs.Is(err, errs.Denied) {
		s.t.Errorf("a reader taught: %v", err)
	}
	if versions, err := s.part.versions(ctx, plant); err != nil || len(versions) != 2 || versions[0].Who != officer.ID || versions[1].Who != "" {
		s.t.Errorf("versions %+v, %v", versions, err)
	}
}

// TestStandstill does not score a plant that stands, one by the register and one by its own point, nor one that is silent.
func TestStandstill(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, ctx := newScene(t, db), t.Context()
		s.say(24*time.Hour, nil)
		if err := s.part.LearnDue(ctx); err != nil {
			t.Fatal(err)
		}
		stopped := func(row []float64, _ time.Duration) { clear(row) }
		if err := s.part.Configure(ctx, officer, plant, false, "FT-1", 10); err != nil {
			t.Fatal(err)
		}
		s.say(time.Hour, stopped)
		if list := s.standing(); len(list) != 0 {
			t.Errorf("a plant that does not operate was warned of: %+v", list)
		}
		if why := s.part.watches[plant].why.En; !strings.Contains(why, "FT-1") {
			t.Errorf("the reason is %q", why)
		}
		if err := s.part.Configure(ctx, officer, plant, false, "", 0); err != nil {
			t.Fatal(err)
		}
		s.say(time.Hour, stopped)
		if list := s.standing(); len(list) != 1 {
			t.Fatalf("%d warnings stand, the plant counts as running", len(list))
		}
		set(t, s, register.Stopped)
		s.say(5*time.Minute, stopped)
		if list := s.standing(); len(list) != 0 {
			t.Errorf("a plant that was stopped is still warned of: %+v", list)
		}
		set(t, s, register.Running)
		for range 10 {
			s.now = s.now.Add(time.Minute)
			s.tick()
		}
		if why := s.part.watches[plant].why; why.Empty() || len(s.standing()) != 0 {
			t.Errorf("ten minutes of silence: %v, %d warnings", why, len(s.standing()))
		}
	})
}

func set(t *testing.T, s *scene, state register.State) {
	t.Helper()
	_, err := s.o.Register.Update(context.Background(), register.Deed{By: officer, Grant: register.GrantEdit, Verb: "set-plant-state"}, func(now map[string]*register.Site) ([]*register.Site, error) {
		c := now[plant].Copy()
		c.State = state
		return []*register.Site{c}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
