package safety

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/systems/safety/pages"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// city is a running program with some plants in its register.
type city struct {
	*hosttest.App
	*service
	t testing.TB
}

const plantsFile = `plant,name,kind,district,lon,lat,feed,password,exposed,exposed_at
P1,滨海一厂,chemical,120116,117.71,39.02,hj212,secret1,120,2015-03-01
P2,滨海二厂,chemical,120116,117.72,39.03,mqtt,,0,2015-03-01
P3,东丽钢厂,metallurgy,120110,,,hj212,,,
`

const unitsFile = "unit,plant,name,kind\nU-01,P1,液氯储存单元,storage\n"

const substancesFile = "substance,plant,unit,cas,class,tons,at\n液氯,P1,U-01,7782-50-5,,50,2015-03-01\n"

const pointsFile = `point,plant,title,factor,kind,equipment,hazard_unit,ucum,every,ll,l,h,hh,key
LT-101,P1,1号储罐液位,e1,level,V-101,U-01,m,10,0.3,0.5,8.5,9.2,yes
PT-101,P1,,e2,pressure,V-101,U-01,MPa,10,,,1.2,1.6,yes
GT-101,P1,,e3,gas,,,%,10,,,20,40,
LT-201,P2,,e1,level,,,m,10,,,8,9,yes
TT-301,P3,,e1,temperature,,,Cel,10,,,60,80,yes
`

func open1(t testing.TB) *city {
	t.Helper()
	c := &city{t: t}
	sys := System()
	sys.Open = func(ctx context.Context, h *host.Host) (*host.Opened, error) {
		conf := *sys.Config.(*Config)
		var err error
		if c.service, err = newService(ctx, h, conf); err != nil {
			return nil, err
		}
		return c.service.join(ctx, conf)
	}
	c.App = hosttest.Open(t, sys)
	return c
}

func full(t testing.TB) *city {
	c := open1(t)
	for _, f := range [][2]string{{"plants", plantsFile}, {"units", unitsFile}, {"substances", substancesFile}, {"points", pointsFile}} {
		if a := c.importFile(f[0], f[1], ""); a.Status != 200 || strings.Contains(a.Body, `"stopped"`) {
			t.Fatalf("import %s: %d %s", f[0], a.Status, a.Body)
		}
	}
	return c
}

func (c *city) importFile(kind, body, more string) hosttest.Answer {
	return c.Token(register.Owner, "officer").Do("POST", "/api/import/safety/"+kind+"?file="+kind+".csv"+more, "text/csv", body)
}

// say sends readings of one plant as of now.
func (c *city) say(plant string, values map[string]float64) {
	c.t.Helper()
	var list []register.Value
	for factor, v := range values {
		list = append(list, register.Value{Factor: factor, At: c.Clock.Now(), Value: v})
	}
	if _, _, unknown, err := c.take(c.t.Context(), plant, list); err != nil || len(unknown) > 0 {
		c.t.Fatalf("%s: unknown %v, %v", plant, unknown, err)
	}
}

// figure measures a target as the plan does.
func (c *city) figure(kind register.Kind) float64 {
	c.t.Helper()
	for _, m := range c.pages.Measures() {
		if m.Target == pages.Targets[kind] {
			f, err := m.Measure(c.t.Context())
			if err != nil {
				c.t.Fatal(err)
			}
			return f.Value
		}
	}
	c.t.Fatal("no such target")
	return 0
}

func (c *city) open(f alarm.Filter) []alarm.Alarm {
	c.t.Helper()
	f.System = name
	list, _, err := c.Duty.Alarms.List(c.t.Context(), f)
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

// move lets somebody work for another unit.
func (c *city) move(login, unit string) {
	c.t.Helper()
	by := identity.System("identity")
	list, _, err := c.People.People(c.t.Context(), by, identity.PeopleQuery{Search: login})
	if err != nil || len(list) != 1 {
		c.t.Fatalf("%s: %v, %v", login, list, err)
	}
	if err := c.People.EditPerson(c.t.Context(), by, list[0].ID, list[0].Name, unit); err != nil {
		c.t.Fatal(err)
	}
}

func TestImport(t *testing.T) {
	c := full(t)
	if p, u, n := c.register.Size(); p != 3 || u != 1 || n != 5 {
		t.Fatalf("%d plants, %d units, %d points", p, u, n)
	}
	before := c.register.Version()
	for _, f := range [][2]string{{"plants", plantsFile}, {"units", unitsFile}, {"substances", substancesFile}, {"points", pointsFile}} {
		if a := c.importFile(f[0], f[1], ""); a.Status != 200 || c.register.Version() != before {
			t.Errorf("the same %s again changed something: %d %s", f[0], a.Status, a.Body)
		}
	}
	bad := pointsFile + "XT-1,P9,,e9,level,,,m,10,,,,,\nXT-2,P1,,e4,level,,,m,10,5,1,,,\nXT-3,P1,,e1,level,,,m,10,,,,,\n"
	a := c.importFile("points", bad, "")
	for _, want := range []string{"没有企业 P9", "there is no plant P9", "limits stand in order", "have the same code on the wire", `"stopped"`} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("wrong lines: %q is not in %s", want, a.Body)
		}
	}
	if _, _, n := c.register.Size(); n != 5 {
		t.Errorf("a file with wrong lines was taken: %d points", n)
	}
	if a := c.importFile("points", strings.Replace(pointsFile, "GT-101,P1,,e3", "GT-102,P1,,e5", 1), "&dryRun=1"); a.Status != 200 || c.register.Version() != before {
		t.Errorf("a dry run wrote: %d %s", a.Status, a.Body)
	}
	for _, kind := range []string{"plants", "units", "substances", "points"} { // what is exported is imported, and changes nothing
		out := c.Token(register.Owner, "officer").Get("/api/safety/register/" + kind + ".csv")
		if a := c.importFile(kind, out.Body, ""); out.Status != 200 || a.Status != 200 || strings.Contains(a.Body, `"stopped"`) || c.register.Version() != before {
			t.Errorf("%s there and back: %d %d %s", kind, out.Status, a.Status, a.Body)
		}
	}
	if e, err := c.Entities.Get(t.Context(), register.PointURI("P1", "LT-101")); err != nil {
		t.Error(err)
	} else if v, _ := e.Text("controlledProperty"); v != "level" {
		t.Errorf("the entity measures %q", v)
	}
}

// TestRestart: the register is what it was after a restart, retired points too.
func TestRestart(t *testing.T) {
	c := full(t)
	if a := c.importFile("points", "point,plant,factor,kind,retired\nGT-101,P1,e3,gas,yes\n", ""); a.Status != 200 {
		t.Fatal(a.Body)
	}
	was, _ := c.register.Site("P1")
	if len(was.Points) != 2 || len(was.Retired) != 1 || was.Retired[0].Limits.HighHigh == nil {
		t.Fatalf("retired: %+v", was)
	}
	r, err := register.Open(t.Context(), register.Options{DB: c.DB, Entities: c.Entities, Journal: c.Journal, Now: c.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	now, _ := r.Site("P1")
	if d := register.Differ(was, now); len(d) > 0 || now.Num != was.Num || now.Points[0].Num != was.Points[0].Num || !r.Opens("P1", "secret1") || r.Opens("P1", "secret2") {
		t.Errorf("after a restart differs: %v", d)
	}
}

// TestMonitored: cutting one plant makes the indicator fall by exactly one, its silence is an alarm of another class than a process alarm, and its coming back restores it.
func TestMonitored(t *testing.T) {
	c := full(t)
	p1, p2 := map[string]float64{"e1": 5, "e2": 0.8, "e3": 1}, map[string]float64{"e1": 4}
	if got := c.figure(register.Chemical); got != 0 {
		t.Errorf("nobody has reported, %g count", got)
	}
	c.say("P1", map[string]float64{"e1": 5})
	if got := c.figure(register.Chemical); got != 0 {
		t.Errorf("a plant with one of two key points counts: %g", got)
	}
	c.say("P1", p1)
	c.say("P2", p2)
	c.say("P3", map[string]float64{"e1": 30})
	if got := c.figure(register.Chemical); got != 2 {
		t.Fatalf("%g chemical plants count, not 2", got)
	}
	for range 3 { // P2 is cut
		c.Clock.Advance(10 * time.Second)
		c.say("P1", p1)
		c.say("P3", map[string]float64{"e1": 30})
	}
	if got := c.figure(register.Chemical); got != 1 {
		t.Errorf("one plant was cut, %g count", got)
	}
	if got := c.figure(register.Metallurgy); got != 1 {
		t.Errorf("metallurgy counts %g", got)
	}
	list := c.open(alarm.Filter{})
	if len(list) != 1 || list[0].Class != alarm.Silent || list[0].Group != register.PlantURI("P2") || list[0].Area != "120116" {
		t.Errorf("alarms %+v", list)
	}
	if list[0].Title.Zh != "企业失联" || list[0].Entity != register.PlantURI("P2") {
		t.Errorf("the plant as a whole is not told: %+v", list[0])
	}
	page := c.As("reader").Get("/zh/safety/monitored?kind=chemical")
	if page.Status != 200 || !strings.Contains(page.Body, "LT-201") || !strings.Contains(page.Body, "滨海二厂") || strings.Contains(page.Body, "滨海一厂") {
		t.Errorf("the evidence: %d", page.Status)
	}
	list0 := []register.Value{}
	for i := range 3 { // it comes back with what it had stored
		list0 = append(list0, register.Value{Factor: "e1", At: c.Clock.Now().Add(time.Duration(i-2) * 10 * time.Second), Value: 4})
	}
	if fresh, repeated, _, err := c.take(t.Context(), "P2", list0); err != nil || fresh != 3 || repeated != 0 {
		t.Errorf("back-fill: %d new, %d known, %v", fresh, repeated, err)
	}
	if got := c.figure(register.Chemical); got != 2 {
		t.Errorf("reconnected, %g count", got)
	}
	if list := c.open(alarm.Filter{}); len(list) != 1 || list[0].State != alarm.Returned {
		t.Errorf("the silence still stands: %+v", list)
	}
}

// TestLimits: each limit is an alarm of its own priority, once, with the deadband between coming and going.
func TestLimits(t *testing.T) {
	c := full(t)
	for i, v := range []float64{5, 8.6, 9.3, 9.1, 9.3, 9.1, 9.3} {
		c.Clock.Advance(10 * time.Second)
		c.say("P1", map[string]float64{"e1": v, "e2": 0.8 + float64(i)/100, "e3": 1})
	}
	list := c.open(alarm.Filter{Classes: []alarm.Class{alarm.Process}})
	if len(list) != 2 || list[0].Priority != rule.Critical || list[1].Priority != rule.High || list[0].Count != 1 || list[0].Advice.Zh == "" {
		t.Fatalf("alarms %+v", list)
	}
	page := c.As("reader").Get("/zh/safety/plants/P1")
	for _, want := range []string{"高高", "液位高高", "LT-101", "9.3 m", "二级", "2 × 40 = 80"} { // 50/5·4 = 40, 120 people: 2·40 = 80
		if !strings.Contains(page.Body, want) {
			t.Errorf("the plant's page lacks %q", want)
		}
	}
	point := c.As("reader").Get("/en/safety/plants/P1/points/LT-101")
	for _, want := range []string{"Level very high", "Rules that watch this point", "Critical"} {
		if !strings.Contains(point.Body, want) {
			t.Errorf("the point's page lacks %q", want)
		}
	}
	wall := c.As("reader").Get("/zh/safety")
	if !strings.Contains(wall.Body, `class="p1"`) || !strings.Contains(wall.Body, "紧急告警") {
		t.Error("the wall does not show the plant")
	}
}

// TestStopped: while a plant does not run, alarms of its pressure are kept out by design and those of its level are not.
func TestStopped(t *testing.T) {
	c := full(t)
	officer := c.As("officer")
	if a := officer.Post("/zh/safety/plants/P1/state", url.Values{"state": {"stopped"}}); a.Status != 422 {
		t.Errorf("without a reason: %d", a.Status)
	}
	if a := officer.Post("/zh/safety/plants/P1/state", url.Values{"state": {"stopped"}, "reason": {"年度检修"}}); a.Status != 303 {
		t.Fatalf("stop: %d %s", a.Status, a.Body)
	}
	c.say("P1", map[string]float64{"e1": 9.5, "e2": 1.7})
	listed, held := c.open(alarm.Filter{Classes: []alarm.Class{alarm.Process}}), c.open(alarm.Filter{Classes: []alarm.Class{alarm.Process}, Holds: []alarm.Hold{alarm.ByDesign}})
	if len(listed) != 2 || listed[0].Name != "LT-101" || listed[1].Name != "LT-101" {
		t.Errorf("listed %+v", listed)
	}
	if len(held) != 2 || held[0].Name != "PT-101" {
		t.Errorf("held %+v", held)
	}
	if a := officer.Post("/zh/safety/plants/P1/state", url.Values{"state": {"running"}, "reason": {"复产"}}); a.Status != 303 {
		t.Fatalf("start: %d", a.Status)
	}
	if listed := c.open(alarm.Filter{Classes: []alarm.Class{alarm.Process}}); len(listed) != 4 {
		t.Errorf("after the start %d are listed", len(listed))
	}
	seen := map[string]int{}
	entries, _, err := c.Journal.List(t.Context(), journal.Filter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		seen[e.Verb]++
	}
	if seen["set-plant-state"] != 2 || seen["suppress-alarms"] != 1 || seen["end-hold"] != 1 {
		t.Errorf("the journal has %v", seen)
	}
}

// TestRights: who works for a district sees that district's plants; a password is shown to nobody.
func TestRights(t *testing.T) {
	c := full(t)
	c.move("power-officer", "binhai")
	binhai, all := c.As("power-officer"), c.As("officer")
	for path, want := range map[string][2]int{"/zh/safety/plants/P1": {200, 200}, "/zh/safety/plants/P3": {404, 200}, "/api/safety/plants/P3": {404, 200}, "/api/safety/plants?district=120110": {403, 200}, "/api/safety/register/points.csv?plant=P3": {404, 200}, "/zh/safety/map?district=120110": {403, 200}} {
		if a, b := binhai.Get(path).Status, all.Get(path).Status; a != want[0] || b != want[1] {
			t.Errorf("%s: %d for the district, %d for the city; want %v", path, a, b, want)
		}
	}
	for _, path := range []string{"/zh/safety", "/zh/safety/wall", "/zh/safety/map", "/en/safety/districts", "/en/safety/monitored", "/en/safety/plants", "/zh/safety/data", "/zh/safety/plants/P1", "/zh/safety/plants/P1/edit", "/zh/safety/plants/P1/points/LT-101", "/zh/safety/plants/P1/points/LT-101/edit", "/api/safety/plants", "/api/safety/plants.csv", "/api/safety/plants/P1", "/api/safety/register/plants.csv"} {
		site, _ := c.register.Site("P1")
		a := all.Get(path)
		if a.Status != 200 || strings.Contains(a.Body, "secret1") || strings.Contains(a.Body, site.Secret) {
			t.Errorf("%s: %d, or the password is in it", path, a.Status)
		}
		if b := binhai.Get(path); strings.Contains(b.Body, "东丽钢厂") {
			t.Errorf("%s shows another district's plant", path)
		}
	}
	if a := c.As("reader").Get("/zh/safety/plants/P1/edit"); a.Status != 403 {
		t.Errorf("a reader gets the form: %d", a.Status)
	}
}

// TestForms: a plant and a point are changed by their forms; what was typed wrong stays, and the journal names what changed.
func TestForms(t *testing.T) {
	c := full(t)
	officer := c.As("officer")
	point := url.Values{"title": {"液位"}, "factor": {"e1"}, "kind": {"level"}, "ucum": {"m"}, "every": {"10"}, "h": {"7"}, "hh": {"6"}, "key": {"1"}, "reason": {"校核"}}
	if a := officer.Post("/zh/safety/plants/P1/points/LT-101/edit", point); a.Status != 422 || !strings.Contains(a.Body, "低低 ≤ 低 ≤ 高 ≤ 高高") || !strings.Contains(a.Body, `value="6"`) {
		t.Errorf("limits in the wrong order: %d", a.Status)
	}
	point.Set("hh", "8")
	if a := officer.Post("/zh/safety/plants/P1/points/LT-101/edit", point); a.Status != 303 {
		t.Fatalf("change a point: %d %s", a.Status, a.Body)
	}
	c.say("P1", map[string]float64{"e1": 7.5})
	if list := c.open(alarm.Filter{Classes: []alarm.Class{alarm.Process}}); len(list) != 1 || *list[0].Limit != 7 {
		t.Errorf("the new limit does not watch: %+v", list)
	}
	plant := url.Values{"name": {"滨海一厂（新）"}, "kind": {"chemical"}, "district": {"120116"}, "unit": {"binhai"}, "feed": {"hj212"}, "password": {"654321"}, "exposed": {"30"}, "exposed_at": {"2015-10-01"}, "reason": {"更名"}}
	if a := officer.Post("/zh/safety/plants/P1/edit", plant); a.Status != 303 {
		t.Fatalf("change a plant: %d %s", a.Status, a.Body)
	}
	if !c.register.Opens("P1", "654321") || c.register.Opens("P1", "secret1") {
		t.Error("the new password does not hold")
	}
	if a := officer.Post("/zh/safety/plants/P1/substances", url.Values{"unit": {"U-02"}, "unit_name": {"装置"}, "unit_kind": {"process"}, "name": {"甲醇"}, "tons": {"1000"}, "at": {"2015-10-01"}}); a.Status != 303 {
		t.Fatalf("a substance: %d %s", a.Status, a.Body)
	}
	site, _ := c.register.Site("P1")
	if len(site.Units) != 2 || site.Name != "滨海一厂（新）" || site.Exposed != 30 {
		t.Errorf("the register has %+v", site.Plant)
	}
	entries, _, err := c.Journal.List(t.Context(), journal.Filter{Verb: "edit-plant"})
	if err != nil || len(entries) != 3 {
		t.Fatalf("%d lines, %v", len(entries), err)
	}
	if all := fmt.Sprint(string(entries[0].Detail), string(entries[1].Detail), string(entries[2].Detail)); !strings.Contains(all, "point:LT-101") || !strings.Contains(all, "password") || strings.Contains(all, "654321") {
		t.Errorf("the journal says %s", all)
	}
}
