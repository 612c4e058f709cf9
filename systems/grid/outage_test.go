package grid_test

import (
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host/hosttest"
	simulate "github.com/haihe-city/haihe/simulate/grid"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/wire/dlt698"
	"github.com/haihe-city/haihe/wire/dlt698/event"
)

// The worked city: meters 1 to 10 in the core on feeder A (1 to 6 behind one concentrator, 7 to 10 behind another), 11 to 20 in
// Dongli on feeder B.
const (
	feederA  = "120101-10kV-01"
	feederB  = "120110-10kV-01"
	listHead = "outage,start,end,cause,feeder,concentrator,meters,note\n"
)

func workedCity(t *testing.T) *room {
	t.Helper()
	r := open(t, nil)
	text := "address,district,feeder,concentrator,category,protocol,installed\n"
	for i := 1; i <= 20; i++ {
		district, feeder, concentrator := "120101", feederA, "200000000001"
		switch {
		case i > 10:
			district, feeder, concentrator = "120110", feederB, "200000000003"
		case i > 6:
			concentrator = "200000000002"
		}
		text += fmt.Sprintf("%012d,%s,%s,%s,residential,dlt698,2010-05-01\n", i, district, feeder, concentrator)
	}
	if got := r.importFile("archive", "archive.csv", []byte(text), false); got.Taken != 20 {
		t.Fatalf("archive: %+v %v", got.Result, got.lines)
	}
	return r
}

// workedList is the year 2015, each outage with its customer-seconds, and three days of the years before, whose SAIDI is e, e
// squared and e cubed minutes: the logarithms 1, 2 and 3 have mean 2 and deviation 1, so that the threshold of major event days is
// exp(2 + 2.5) = 90.0 minutes. 2015-03-01 has 58.5 minutes and is none, 2015-08-12 has 2,160 minutes and is one.
const workedList = listHead +
	"H1,2012-01-05 08:00:00,2012-01-05 08:54:22,fault,,,000000000001,\n" + //     3,262 s: 2.7183 minutes of 20 customers
	"H2,2013-01-05 08:00:00,2013-01-05 10:27:47,fault,,,000000000001,\n" + //     8,867 s: 7.3892 minutes
	"H3,2014-01-05 08:00:00,2014-01-05 14:41:43,fault,,,000000000001,\n" + //    24,103 s: 20.0858 minutes
	"S1,2015-03-01 08:00,2015-03-01 09:00,fault," + feederA + ",200000000001,,\n" + // first stage, 6 x 3,600 = 21,600
	"S1,2015-03-01 08:00,2015-03-01 10:00,fault," + feederA + ",200000000002,,\n" + // second stage, 4 x 7,200 = 28,800
	"P1,2015-03-01 09:30,2015-03-01 11:30,planned,,,000000000009 000000000010 000000000011,\n" + // overlaps for 9 and 10: 2 x 5,400 = 10,800; 11: 7,200
	"T1,2015-03-01 14:00,2015-03-01 14:30,fault,,,000000000001,\n" + // hit twice: 1,800
	"M1,2015-04-02 03:00,2015-04-02 03:05,fault," + feederB + ",,,\n" + // momentary by IEEE, not short by DL/T: 10 x 300 = 3,000
	"M2,2015-04-03 03:00,2015-04-03 03:02,unknown,,,000000000020,\n" + // momentary and short: 120
	"E1,2015-06-10 12:00,2015-06-10 13:00,external," + feederB + ",,,\n" + // 10 x 3,600 = 36,000
	"R1,2015-07-20 18:00,2015-07-20 20:00,rationing,,,000000000019;000000000020,\n" + // 2 x 7,200 = 14,400
	"X1,2015-08-12 00:00,2015-08-13 12:00,fault," + feederA + ",,,storm\n" + // the major event: 20 x 129,600 = 2,592,000
	"X1,2015-08-12 00:00,2015-08-13 12:00,fault," + feederB + ",,,storm\n"

// reliability is the answer of the interface.
type reliability struct {
	Passed    int64    `json:"secondsPassed"`
	Threshold *float64 `json:"majorDayMinutes"`
	Areas     []struct {
		Kind      string `json:"area"`
		Code      string
		Customers int64
		Figures   []struct {
			Rule                     string
			Seconds                  int64 `json:"customerSeconds"`
			Interruptions, Momentary int64
			SAIDI                    string `json:"saidiSeconds"`
			SAIFI                    string
			CAIDI                    string `json:"caidiSeconds"`
			ASAI                     string `json:"asaiPercent"`
			Kept                     bool   `json:"within9999"`
		}
	}
}

// sums gives seconds, interruptions and momentary ones of an area by a rule.
func (x reliability) sums(t *testing.T, kind, code, rule string) [3]int64 {
	t.Helper()
	for _, a := range x.Areas {
		for _, f := range a.Figures {
			if a.Kind == kind && a.Code == code && f.Rule == rule {
				return [3]int64{f.Seconds, f.Interruptions, f.Momentary}
			}
		}
	}
	t.Fatalf("no %s %s by %s", kind, code, rule)
	return [3]int64{}
}

func TestWorkedOutages(t *testing.T) {
	r := workedCity(t)
	if got := r.importFile("outages", "outages.csv", []byte(workedList), true); got.Taken != 13 || got.Stopped != nil || len(r.outages("")) != 0 {
		t.Fatalf("dry run: %+v %v", got.Result, got.lines)
	}
	if got := r.importFile("outages", "outages.csv", []byte(workedList), false); got.Taken != 13 || got.Counts["new"] != 11 {
		t.Fatalf("import: %+v %v", got.Result, got.lines)
	}
	r.Clock.Set(time.Date(2016, 2, 1, 9, 0, 0, 0, book.China))
	r = r.reopen()
	var x, feeders reliability
	r.get("/api/grid/reliability?period=2015", &x)
	r.get("/api/grid/reliability?period=2015&area=feeder", &feeders)
	if x.Passed != 31_536_000 || x.Threshold == nil || math.Abs(*x.Threshold-math.Exp(4.5)) > 0.05 {
		t.Errorf("passed %d, threshold %v", x.Passed, x.Threshold)
	}
	for _, c := range []struct {
		kind, code, rule string
		want             [3]int64
	}{
		// 21,600 + 28,800 + 10,800 + 7,200 + 1,800 + 36,000 + 14,400 + 2,592,000; 10 + 1 (11; 9 and 10 go on) + 1 + 10 + 2 + 20; 10 + 1
		{"city", "", "ieee", [3]int64{2_712_600, 44, 11}},
		{"city", "", "ieee-without-major", [3]int64{120_600, 24, 11}},
		{"core", "", "ieee", [3]int64{21_600 + 28_800 + 10_800 + 1_800 + 1_296_000, 21, 0}},
		{"core", "", "ieee-without-major", [3]int64{63_000, 11, 0}},
		{"district", "120110", "ieee-without-major", [3]int64{7_200 + 36_000 + 14_400, 13, 11}},
		{"district", "120102", "ieee", [3]int64{}},
		{"city", "", "rs1", [3]int64{2_712_600 + 3_000 + 120, 55, 0}},
		{"city", "", "rs2", [3]int64{2_715_720 - 36_000, 45, 0}},
		{"city", "", "rs3", [3]int64{2_715_720 - 14_400, 53, 0}},
		{"city", "", "rs4", [3]int64{2_715_720 - 120, 54, 1}},
		{"city", "", "rs1-fault", [3]int64{21_600 + 28_800 + 1_800 + 3_000 + 120 + 36_000 + 2_592_000, 10 + 1 + 10 + 1 + 10 + 20, 0}},
		{"city", "", "rs1-plan", [3]int64{3*7_200 + 14_400, 5, 0}},
	} {
		if got := x.sums(t, c.kind, c.code, c.rule); got != c.want {
			t.Errorf("%s %s %s: %v, want %v", c.kind, c.code, c.rule, got, c.want)
		}
	}
	if got := feeders.sums(t, "feeder", feederA, "ieee-without-major"); got != [3]int64{63_000, 11, 0} {
		t.Errorf("feeder A: %v", got)
	}
	r.quotients(x)
	var day, march reliability
	r.get("/api/grid/reliability?period=2015-03-01", &day)
	r.get("/api/grid/reliability?period=2015-03", &march)
	if a, b := day.sums(t, "city", "", "ieee"), march.sums(t, "city", "", "ieee"); a != [3]int64{70_200, 12, 0} || a != b || day.Passed != 86_400 || march.Passed != 31*86_400 {
		t.Errorf("a day %v, its month %v", a, b)
	}
	r.Rows(t, []hosttest.Row{
		{Name: "page", Path: "/en/grid/reliability?period=2015", As: "reader", Status: 200, Has: []string{"2015-08-12", "52.560", "2,260.5"}}, // 2,712,600 / 20 / 60
		{Name: "leap year", Path: "/en/grid/reliability?period=2016", As: "reader", Status: 200, Has: []string{"52.704", "8,784"}},
		{Name: "sheet", Path: "/api/grid/reliability.csv?period=2015", As: "reader", Status: 200, Has: []string{"2015,city,,全市,ieee,20,31536000,2712600,44,11,2260.500000,2.200000,1027.5000,"}},
		{Name: "period", Path: "/en/grid/reliability?period=2015-13", As: "reader", Status: 400},
		{Name: "future", Path: "/zh/grid/reliability?period=2017", As: "reader", Status: 400},
		{Name: "feeders, the worst first", Path: "/en/grid/reliability?period=2015&area=feeder&sort=-saidi", As: "reader", Status: 200, Has: []string{feederA, feederB}, Lacks: []string{"AIHC-1"}},
		{Name: "order", Path: "/en/grid/reliability?sort=luck", As: "reader", Status: 400},
		{Name: "page mark", Path: "/en/grid/reliability?after=x", As: "reader", Status: 400},
		{Name: "area", Path: "/api/grid/reliability?area=moon", As: "reader", Status: 400},
		{Name: "map and list", Path: "/zh/grid/outages", As: "reader", Status: 200, Has: []string{"当前停电用户", "X1", "系统电源不足限电"}, Lacks: []string{"登记停电"}},
	})
}

// quotients are the indices as they are written, by hand.
func (r *room) quotients(x reliability) {
	r.t.Helper()
	f := x.Areas[0].Figures[1] // the city, without the major event day
	// 120,600 / 20 = 6,030 s; 24 / 20 = 1.2; 120,600 / 24 = 5,025 s; 1 - 6,030 / 31,536,000 = 99.98087899 %
	if f.SAIDI != "6030.000000" || f.SAIFI != "1.200000" || f.CAIDI != "5025.000" || f.ASAI != "99.98087899" || f.Kept {
		r.t.Errorf("city without the major event day: %+v", f)
	}
}

// outages lists outages through the interface.
func (r *room) outages(query string) []outageLine {
	r.t.Helper()
	var x struct{ Outages []outageLine }
	r.get("/api/grid/outages?limit=1000"+query, &x)
	return x.Outages
}

type outageLine struct {
	ID, Code, Cause, State, Source, Feeder string
	Customers                              int64
	CustomerSeconds                        int64
}

func TestOutageListRefused(t *testing.T) {
	r := workedCity(t)
	bad := listHead +
		"A,2015-03-01 08:00,2015-03-01 09:00,fault," + feederA + ",,,\n" +
		"B,2015-03-01 08:00,2015-03-01 07:00,fault," + feederA + ",,,\n" +
		"C,2015-03-01 08:00,,fault,nowhere,,,\n" +
		"D,2015-03-01 08:00,,fault,,,,\n" +
		"E,2015-03-01 08:00,,fault,,,000000000099,\n" +
		"A,2015-03-01 08:00,2015-03-01 09:00,planned," + feederB + ",,,\n" +
		"F,2115-03-01 08:00,,fault," + feederA + ",,,\n" +
		"G,2015-03-01 08:00,,fault,,299999999999,,\n"
	got := r.importFile("outages", "bad.csv", []byte(bad), false)
	if got.Refused != 7 || got.Stopped == nil || len(r.outages("")) != 0 {
		t.Errorf("%+v %v", got.Result, got.lines)
	}
	for i, line := range []int{3, 4, 5, 6, 7, 8, 9} {
		if i >= len(got.lines) || got.lines[i].Line != line || got.lines[i].Text.Zh == "" || got.lines[i].Text.En == "" {
			t.Errorf("line %d: %+v", line, got.lines)
		}
	}
}

func TestOutageCorrected(t *testing.T) {
	r := workedCity(t)
	r.importFile("outages", "outages.csv", []byte(workedList), false)
	if got := r.importFile("outages", "outages.csv", []byte(workedList), false); got.Counts["unchanged"] != 11 || got.Counts["changed"] != 0 {
		t.Errorf("again: %v", got.Counts)
	}
	longer := strings.ReplaceAll(workedList, "2015-03-01 14:30,fault", "2015-03-01 14:40,fault")
	if got := r.importFile("outages", "longer.csv", []byte(longer), false); got.Counts["changed"] != 1 {
		t.Errorf("a changed list: %v", got.Counts)
	}
	var one string
	for _, o := range r.outages("") {
		if o.Code == "T1" {
			one = "/grid/outages/" + o.ID
			if o.CustomerSeconds != 2_400 {
				t.Errorf("%+v", o)
			}
		}
	}
	edit := url.Values{"cause": {"external"}, "began": {"2015-03-01 14:00:00"}, "ended": {"2015-03-01 14:20:00"}, "note": {"crane"}, "reason": {"the log of the crew"}}
	without := url.Values{"cause": {"external"}, "reason": {""}}
	voided := url.Values{"cause": {"external"}, "began": {"2015-03-01 14:00:00"}, "ended": {"2015-03-01 14:20:00"}, "note": {"crane"}, "void": {"1"}, "reason": {"told twice"}}
	r.Rows(t, []hosttest.Row{
		{Name: "who may not", Method: "POST", Path: "/zh" + one + "/edit", As: "reader", Form: edit, Status: 403},
		{Name: "no reason", Method: "POST", Path: "/en" + one + "/edit", As: "power-officer", Form: without, Status: 422, Has: []string{"give the reason"}},
		{Name: "corrected", Method: "POST", Path: "/en" + one + "/edit", As: "power-officer", Form: edit, Status: 303},
		{Name: "both values", Path: "/en" + one, As: "reader", Status: 200, Has: []string{"Fault → External", "2015-03-01 14:40:00 → 2015-03-01 14:20:00", "the log of the crew", "import: longer.csv", "000000000001"}},
		{Name: "nothing new", Method: "POST", Path: "/en" + one + "/edit", As: "power-officer", Form: edit, Status: 422, Has: []string{"nothing is different"}},
		{Name: "nowhere", Path: "/en/grid/outages/none", As: "reader", Status: 404},
	})
	if got := r.importFile("outages", "outages.csv", []byte(workedList), false); got.Counts["corrected"] != 1 || got.Counts["changed"] != 0 {
		t.Errorf("a list over a person's correction: %v", got.Counts)
	}
	var x reliability
	r.get("/api/grid/reliability?period=2015", &x)
	if got := x.sums(t, "core", "", "rs2"); got[0] != 21_600+28_800+10_800+1_296_000 { // the crane's 1,200 s are external now
		t.Errorf("core without external influence: %v", got)
	}
	if got := x.sums(t, "core", "", "rs1"); got[0] != 21_600+28_800+10_800+1_296_000+1_200 {
		t.Errorf("core: %v", got)
	}
	r.Rows(t, []hosttest.Row{{Name: "void", Method: "POST", Path: "/zh" + one + "/edit", As: "power-officer", Form: voided, Status: 303}})
	r.get("/api/grid/reliability?period=2015", &x)
	if got := x.sums(t, "core", "", "rs1"); got[0] != 21_600+28_800+10_800+1_296_000 {
		t.Errorf("core without the void one: %v", got)
	}
}

// TestOutageTold: what officers report and switches do, up to the plan's figure.
func TestOutageTold(t *testing.T) {
	r := workedCity(t)
	report := url.Values{"feeder": {feederA}, "from": {"2015-11-20 08:00"}, "to": {"2015-11-20 09:00"}, "cause": {"fault"}, "note": {"tree"}}
	bad := url.Values{"feeder": {feederA}, "from": {"2015-11-20 08:00"}, "to": {"2015-11-20 07:00"}, "cause": {"fault"}}
	twist := func(position, at string) map[string]string {
		return map[string]string{"feeder": feederB, "position": position, "at": at}
	}
	var none target
	if r.get("/api/plan/targets/supply-reliability", &none); none.Value != nil {
		t.Errorf("without any record of an outage the plan says %v", *none.Value)
	}
	r.Rows(t, []hosttest.Row{
		{Name: "forms", Path: "/zh/grid/outages/new", As: "power-officer", Status: 200, Has: []string{"登记线路开关操作", "导入停电清单"}},
		{Name: "reader", Path: "/zh/grid/outages/new", As: "reader", Status: 403},
		{Name: "times", Method: "POST", Path: "/zh/grid/outages/new", As: "power-officer", Form: bad, Status: 422, Has: []string{"恢复时间应晚于停电时间"}},
		{Name: "report", Method: "POST", Path: "/zh/grid/outages/new", As: "power-officer", Form: report, Status: 303},
		{Name: "twice", Method: "POST", Path: "/zh/grid/outages/new", As: "power-officer", Form: report, Status: 422, Has: []string{"已有记录"}},
		{Name: "switch opened", Method: "POST", Path: "/api/grid/switches", As: "token", Body: twist("open", "2015-11-20 09:00"), Status: 204},
		{Name: "no position", Method: "POST", Path: "/api/grid/switches", As: "token", Body: twist("ajar", "2015-11-20 09:00"), Status: 400},
		{Name: "in the future", Method: "POST", Path: "/api/grid/switches", As: "token", Body: twist("close", "2015-11-20 12:00"), Status: 400},
		{Name: "dark now", Path: "/en/grid/outages?state=open", As: "reader", Status: 200, Has: []string{feederB, "Dark"}},
	})
	r.Clock.Advance(time.Minute)
	r = r.reopen() // what is open is read back
	r.Rows(t, []hosttest.Row{{Name: "switch closed", Method: "POST", Path: "/zh/grid/outages/switch", As: "power-officer", Form: url.Values{"feeder": {feederB}, "position": {"close"}, "at": {"2015-11-20 09:20"}}, Status: 303}})
	var seconds int64
	for _, o := range r.outages("") {
		if o.State != "ended" {
			t.Errorf("%+v", o)
		}
		seconds += o.CustomerSeconds
	}
	if seconds != 10*3_600+10*1_200 {
		t.Errorf("%d customer-seconds", seconds)
	}
	// the core: 10 customers, 36,000 s, over the time from 1 January to 20 November 09:31: 323 days and 34,260 s
	passed := int64(323*86_400 + 34_260)
	want := 100 * (1 - 36_000/float64(10*passed))
	var goal struct {
		Value float64
		Part  int64
		Whole int64
	}
	r.until("the plan's figure", func() bool {
		r.get("/api/plan/targets/supply-reliability", &goal)
		return math.Abs(goal.Value-want) < 1e-9
	})
	r.Rows(t, []hosttest.Row{{Name: "evidence", Path: "/en/grid/reliability/core", As: "reader", Status: 200, Has: []string{"36,000", "/grid/outages/", "Outages that hit the core"}}})
}

// TestOutageOfMeters: feeders go dark and come back in two stages; what the meters tell gives each outage with every customer to the
// second, and the indices that the truth gives.
func TestOutageOfMeters(t *testing.T) {
	const feeders = 3
	r := open(t, nil)
	r.Clock.Set(slot(0).Add(23 * time.Hour))
	var said truth
	city := r.simulation(simulate.Options{Meters: 3_000, PerConcentrator: 60, Share645: -1, Outages: feeders, From: slot(0), Truth: &said})
	want, seconds := map[string]string{}, int64(0)
	for _, x := range said.of(t, "outage") {
		off, err := time.Parse(time.RFC3339, x.Slot)
		if err != nil {
			t.Fatal(err)
		}
		want[x.Meter] = off.UTC().Format(time.RFC3339) + " " + off.Add(time.Duration(x.Seconds)*time.Second).UTC().Format(time.RFC3339)
		seconds += x.Seconds
	}
	if len(city.Outages()) != feeders || len(want) < 3*60 {
		t.Fatalf("%d outages of %d meters", len(city.Outages()), len(want))
	}
	r.until("every outage is over", func() bool { return len(r.outages("&state=ended")) == feeders && len(r.outages("&state=open")) == 0 })
	for _, o := range r.outages("") {
		var x struct {
			Stages []struct{ Customers int }
			Dark   []struct {
				Meter, From, To  string
				BegunBy, EndedBy string
			} `json:"customersDark"`
		}
		r.get("/api/grid/outages/"+o.ID, &x)
		if len(x.Stages) != 2 || o.Source != "meter" {
			t.Errorf("%+v: stages %v", o, x.Stages)
		}
		for _, d := range x.Dark {
			if want[d.Meter] != d.From+" "+d.To || d.BegunBy != "meter" || d.EndedBy != "meter" {
				t.Errorf("%s: %+v, want %s", o.Feeder, d, want[d.Meter])
			}
			delete(want, d.Meter)
		}
	}
	if len(want) != 0 {
		t.Errorf("%d meters in the dark are not known: %v", len(want), want)
	}
	var x reliability
	r.get("/api/grid/reliability?period=2015-11-20", &x)
	if got := x.sums(t, "city", "", "ieee"); got[0] != seconds {
		t.Errorf("%d customer-seconds, the truth has %d", got[0], seconds)
	}
}

// TestOutageByVoltage: a quarter hour without voltage begins an outage, one with voltage ends it.
func TestOutageByVoltage(t *testing.T) {
	r := open(t, nil)
	r.archive("dlt698", mine+","+near)
	c := r.online(near)
	none, some := row(mine, slot(4), 1_000), row(mine, slot(8), 2_000)
	none.Voltage, none.Power = 0, 0
	c.send(none)
	c.send(some)
	r.until("the outage is over", func() bool { return len(r.outages("&state=ended&source=voltage")) == 1 })
	if o := r.outages("")[0]; o.Customers != 1 || o.CustomerSeconds != 3_600 {
		t.Errorf("%+v", o)
	}
	// a report of an outage during which the meter had voltage is taken, and shown for what it is
	c.send(row(mine, slot(24), 3_000), row(mine, slot(25), 3_100))
	report := url.Values{"meters": {mine}, "from": {"2015-11-20 05:30"}, "to": {"2015-11-20 07:00"}, "cause": {"fault"}}
	r.Rows(t, []hosttest.Row{{Name: "report", Method: "POST", Path: "/en/grid/outages/new", As: "power-officer", Form: report, Status: 303}})
	for _, o := range r.outages("&source=report") {
		// 05:45 to 06:45 are four quarter hours: 06:00 and 06:15 had voltage, of the others there is no reading
		r.Rows(t, []hosttest.Row{{Name: "doubt", Path: "/en/grid/outages/" + o.ID, As: "reader", Status: 200, Has: []string{"4 quarter hours looked at: 0 without voltage, 2 without a reading, 2 with voltage", "please look"}}})
	}
}

// TestOutageForeign: a concentrator speaks for its own meters, and of no time to come.
func TestOutageForeign(t *testing.T) {
	r := withTwo(t, nil)
	c := r.online(near)
	rec, err := event.Record([]event.Power{{Meter: theirs, Down: slot(4)}, {Meter: mine, Down: slot(80)}, {Meter: mine, Down: slot(4)}})
	if err != nil {
		t.Fatal(err)
	}
	n := dlt698.ReportNotification{PIID: c.number(), Kind: dlt698.ReportRecords, Records: []dlt698.ResultRecord{rec}}
	c.put(c.frame(dlt698.FromServer, n))
	c.acknowledged(n)
	if got := r.wantRefused("2 power events"); got.Protocol != "dlt698" {
		t.Errorf("%+v", got)
	}
	list := r.outages("")
	if len(list) != 1 || list[0].Customers != 1 || list[0].State != "open" || list[0].Source != "meter" { // acknowledged, so it is there
		t.Errorf("%+v", list)
	}
}
