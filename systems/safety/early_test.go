package safety

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/systems/safety/early"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// six points of one plant, without limits: what is said of them below is not an alarm of a limit.
const earlyPoints = `point,plant,title,factor,kind,equipment,hazard_unit,ucum,every,ll,l,h,hh,key
FT-1,P1,,f1,flow,,,m3/h,30,,,,,
LT-1,P1,,f2,level,,,m,30,,,,,
PT-1,P1,,f3,pressure,,,kPa,30,,,,,
PT-2,P1,,f4,pressure,,,kPa,30,,,,,
TT-1,P1,,f5,temperature,,,Cel,30,,,,,
TT-2,P1,,f6,temperature,,,Cel,30,,,,,
`

// process gives the readings of a plant whose six points follow two hidden causes, so that they have something in common to learn.
type process struct {
	lot  *rand.Rand
	a, b float64
}

func (p *process) row(at time.Time, drift float64) []register.Value {
	r := p.lot
	p.a, p.b = 0.9*p.a+0.44*r.NormFloat64(), 0.8*p.b+0.6*r.NormFloat64()
	e := func() float64 { return 0.2 * r.NormFloat64() }
	values := []float64{50 + 5*(p.a+e()), 20 - 2*(p.a+e()), 300 + 30*(p.b+e()) + drift, 70 + 10*(p.b+e()), 15 + p.a + p.b + e(), 90 + 4*(p.a-p.b+e())}
	out := make([]register.Value, len(values))
	for i, v := range values {
		out[i] = register.Value{Factor: fmt.Sprintf("f%d", i+1), At: at, Value: v}
	}
	return out
}

// TestEarlyThroughTheRoom: what a plant's feed hands to the room reaches the early warning, which was taught from what the room kept; a drift
// below every limit gives one warning that names the point, on the alarms' board and on the plant's page. Nothing here calls the part but as
// the room's jobs do: the room joins it to its intake, or this fails.
func TestEarlyThroughTheRoom(t *testing.T) {
	c := open1(t)
	for _, f := range [][2]string{{"plants", plantsFile}, {"points", earlyPoints}} {
		if a := c.importFile(f[0], f[1], ""); a.Status != 200 || strings.Contains(a.Body, `"stopped"`) {
			t.Fatalf("import %s: %d %s", f[0], a.Status, a.Body)
		}
	}
	take := func(list []register.Value) {
		t.Helper()
		if _, _, unknown, err := c.take(t.Context(), "P1", list); err != nil || len(unknown) > 0 {
			t.Fatalf("unknown %v, %v", unknown, err)
		}
	}
	p, now := &process{lot: rand.New(rand.NewPCG(1, 2))}, hosttest.Start.Add(24*time.Hour)
	var history []register.Value
	for at := hosttest.Start; at.Before(now); at = at.Add(30 * time.Second) {
		history = append(history, p.row(at, 0)...)
	}
	c.Clock.Set(now)
	take(history)
	who := identity.NewPrincipal("person:wang", register.Owner, nil, early.GrantEdit)
	if _, err := c.early.Learn(t.Context(), who, "P1", early.Lesson{From: hosttest.Start, To: now, Reason: "试验"}); err != nil {
		t.Fatal(err)
	}
	report := func(d time.Duration, step float64) {
		t.Helper()
		for i := range int(d / (30 * time.Second)) {
			take(p.row(c.Clock.Now(), step*float64(i)))
			c.Clock.Advance(30 * time.Second)
			if i%2 == 1 {
				if err := c.early.Tick(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	warnings := func() []alarm.Alarm { return c.open(alarm.Filter{Classes: []alarm.Class{alarm.Early}}) }
	report(30*time.Minute, 0)
	if list := warnings(); len(list) != 0 {
		t.Fatalf("a plant that is well is warned of: %+v", list)
	}
	report(time.Hour, 2)
	list := warnings()
	if len(list) != 1 || list[0].Group != register.PlantURI("P1") || len(list[0].Reasons) == 0 || list[0].Reasons[0].Name != "PT-1" {
		t.Fatalf("a drift of PT-1 gave %+v", list)
	}
	if all := c.open(alarm.Filter{Classes: []alarm.Class{alarm.Process}}); len(all) != 0 {
		t.Errorf("no limit is set, yet there are %+v", all)
	}
	page := c.As("reader").Get("/zh/safety/early/plants/P1")
	if page.Status != 200 || !strings.Contains(page.Body, "PT-1") {
		t.Errorf("the plant's early warning: %d", page.Status)
	}
}
