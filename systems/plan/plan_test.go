package plan

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

func TestContract(t *testing.T) { hosttest.Check(t, System) }

// meter is a stand-in for the smart grid: it measures one target, as the test says.
type meter struct{ part, whole atomic.Int64 }

func (m *meter) system() host.System {
	return host.System{
		Name: "grid", Title: lang.T("智能电网", "Smart grid"), Icon: "bolt", Sections: []string{"3.3.3"}, Owners: []string{"power"},
		Grants:     []identity.Grant{{Name: "grid.read", Title: lang.T("查看", "Read"), Roles: []string{identity.RoleOfficer}}},
		Indicators: []string{"collection-coverage"},
		Open: func(context.Context, *host.Host) (*host.Opened, error) {
			return &host.Opened{Measures: []host.Measure{{Target: "collection-coverage", Evidence: "/grid/missing", Measure: m.measure}}}, nil
		},
	}
}

func (m *meter) measure(context.Context) (indicator.Figure, error) {
	part, whole := m.part.Load(), m.whole.Load()
	return indicator.Figure{Value: 100 * float64(part) / float64(whole), Part: part, Whole: whole}, nil
}

// city is a running program with the plan and the stand-in; the first figure has arrived.
func city(t *testing.T) (*hosttest.App, *meter) {
	t.Helper()
	m := &meter{}
	m.part.Store(9742)
	m.whole.Store(10_000)
	app := hosttest.Open(t, System(), m.system())
	m.await(t, app, 9742)
	return app, m
}

// await sets the count and waits until the board has it.
func (m *meter) await(t *testing.T, app *hosttest.App, part int64) {
	t.Helper()
	come := make(chan struct{}, 1)
	stop := app.Indicators.Watch(func(_, after indicator.Status) {
		if after.ID == "collection-coverage" && after.Figure != nil && after.Figure.Part == part {
			select {
			case come <- struct{}{}:
			default:
			}
		}
	})
	defer stop()
	m.part.Store(part)
	app.Indicators.Stale("collection-coverage")
	if st, err := app.Indicators.Get(t.Context(), "collection-coverage"); err == nil && st.Figure != nil && st.Figure.Part == part {
		return
	}
	select {
	case <-come:
	case <-t.Context().Done():
		t.Fatal("the figure did not come")
	}
}

func TestTargetsAPI(t *testing.T) {
	app, _ := city(t)
	var all struct {
		AsOf    string
		Total   int
		States  map[string]int
		Targets []map[string]any
	}
	app.As("reader").Get("/api/plan/targets").JSON(t, &all)
	if all.Total != 63 || len(all.Targets) != 63 || all.States["on-pace"] != 1 || all.States["not-connected"] != 62 {
		t.Fatalf("%d targets, states %v", len(all.Targets), all.States)
	}
	for _, x := range all.Targets {
		for _, key := range []string{"id", "name", "value", "unit", "op", "goal", "state", "asOf", "duePace", "forecast", "evidence", "owners", "system", "section", "due", "kind"} {
			if _, ok := x[key]; !ok {
				t.Errorf("%v lacks %s", x["id"], key)
			}
		}
		if x["id"] != "collection-coverage" && (x["value"] != nil || x["state"] != "not-connected" || x["evidence"] != nil || x["asOf"] != nil) {
			t.Errorf("%v is not connected, and yet it has a figure: %v", x["id"], x)
		}
	}
	var one map[string]any
	app.As("reader").Get("/api/plan/targets/collection-coverage").JSON(t, &one)
	if one["value"] != 97.42 || one["state"] != "on-pace" || one["evidence"] != "/zh/grid/missing" || one["part"] != 9742.0 || one["whole"] != 10000.0 ||
		one["asOf"] != "2015-11-20T09:30:00+08:00" || one["goal"] != 100.0 || one["kind"] != "measured" {
		t.Errorf("%v", one)
	}
	if pace := one["duePace"].(float64); pace < 59.1 || pace > 59.3 {
		t.Errorf("due pace %v: 590.4 of 998 days have passed", pace)
	}
	app.Rows(t, []hosttest.Row{
		{Name: "nobody", Method: "GET", Path: "/api/plan/targets", Status: 401},
		{Name: "unknown target", Method: "GET", Path: "/api/plan/targets/none", As: "reader", Status: 404},
		{Name: "by area", Method: "GET", Path: "/api/plan/targets?area=overall", As: "reader", Status: 200, Has: []string{`"total":4`, "industry-scale"}, Lacks: []string{"smart-meters"}},
		{Name: "by unit", Method: "GET", Path: "/api/plan/targets?unit=power", As: "reader", Status: 200, Has: []string{`"total":4`, "smart-meters"}},
		{Name: "by state", Method: "GET", Path: "/api/plan/targets?state=on-pace", As: "reader", Status: 200, Has: []string{`"total":1`}},
		{Name: "unknown state", Method: "GET", Path: "/api/plan/targets?state=fine", As: "reader", Status: 400},
		{Name: "unknown area", Method: "GET", Path: "/api/plan/targets?area=moon", As: "reader", Status: 400},
		{Name: "unknown unit", Method: "GET", Path: "/api/plan/targets?unit=moon", As: "reader", Status: 400},
		{Name: "a token reads", Method: "GET", Path: "/api/plan/sums", As: "token", Status: 200, Has: []string{`"goalSum":450000000000`, `"difference":null`}},
		{Name: "history", Method: "GET", Path: "/api/plan/targets/collection-coverage/history", As: "reader", Status: 200, Has: []string{`"value":97.42`, `"source":"live"`}},
		{Name: "history as known before", Method: "GET", Path: "/api/plan/targets/collection-coverage/history?known=2015-11-19", As: "reader", Status: 200, Has: []string{`"points":[]`}},
		{Name: "history of a bad day", Method: "GET", Path: "/api/plan/targets/collection-coverage/history?from=yesterday", As: "reader", Status: 400},
		{Name: "history as CSV", Method: "GET", Path: "/api/plan/targets/collection-coverage/history.csv", As: "reader", Status: 200, Has: []string{"collection-coverage,2015-11-20T09:30:00+08:00,"}},
	})
}

func TestCSV(t *testing.T) {
	app, _ := city(t)
	got := app.As("reader").Get("/api/plan/targets.csv")
	rows, err := csv.NewReader(strings.NewReader(got.Body)).ReadAll()
	if err != nil || len(rows) != 64 || rows[0][0] != "id" {
		t.Fatal(len(rows), err)
	}
	if !strings.Contains(got.Body, "collection-coverage,用电信息采集覆盖率,Meter collection coverage,smart-city,3.3.3,measured,97.42,%,>=,100,2016,on-pace,2015-11-20T09:30:00+08:00,") {
		t.Errorf("%.3000s", got.Body)
	}
	if got := app.As("reader").Get("/api/plan/targets.csv?bom=1").Body; !strings.HasPrefix(got, "\ufeff") {
		t.Error("no byte order mark was given where it was asked for")
	}
}

func TestCalendar(t *testing.T) {
	app, _ := city(t)
	got := app.As("reader").Get("/api/plan/calendar.ics?lang=zh")
	if !strings.HasPrefix(got.Header.Get("Content-Type"), "text/calendar") || strings.Count(got.Body, "BEGIN:VEVENT\r\n") != 63 {
		t.Fatalf("%s %.500s", got.Header.Get("Content-Type"), got.Body)
	}
	for line := range strings.SplitSeq(got.Body, "\r\n") {
		if len(line) > 75 || strings.Contains(line, "\n") {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
	whole := strings.ReplaceAll(got.Body, "\r\n ", "")
	for _, want := range []string{"UID:ipv6-deployment@plan.haihe\r\n", "DTSTART;VALUE=DATE:20141231\r\n", "DTEND;VALUE=DATE:20150101\r\n",
		"SUMMARY:网络零售额占社零总额比重：超过 10%\r\n", `DESCRIPTION:责任单位：市电力公司\n现值：97.42%\n状态：达到进度`} {
		if !strings.Contains(whole, want) {
			t.Errorf("the calendar lacks %q", want)
		}
	}
	if n := strings.Count(app.As("reader").Get("/api/plan/calendar.ics?unit=power").Body, "BEGIN:VEVENT"); n != 4 {
		t.Errorf("the unit's calendar has %d events, want 4", n)
	}
}

// TestSDMX holds the message to the shape that sdmx.go describes: every index points at something.
func TestSDMX(t *testing.T) {
	app, _ := city(t)
	got := app.As("reader").Get("/api/plan/sdmx")
	var m sdmxMessage
	got.JSON(t, &m)
	if got.Status != 200 || !strings.Contains(got.Header.Get("Content-Type"), "vnd.sdmx.data+json") || m.Meta.Schema != sdmxSchema || m.Meta.Sender.ID != "economy-it" {
		t.Fatalf("%d %v %+v", got.Status, got.Header, m.Meta)
	}
	st, set := m.Data.Structures[0], m.Data.DataSets[0]
	targets, days := st.Dimensions.Series[0].Values, st.Dimensions.Observation[0].Values
	if len(targets) != 63 || len(set.Series) != 63 || len(set.Links) == 0 {
		t.Fatalf("%d targets, %d series", len(targets), len(set.Series))
	}
	positions := []int{*st.Dimensions.DataSet[0].KeyPosition, *st.Dimensions.Series[0].KeyPosition, *st.Dimensions.Observation[0].KeyPosition}
	if !slices.Equal(positions, []int{0, 1, 2}) {
		t.Errorf("key positions %v", positions)
	}
	observed := 0
	for key, series := range set.Series {
		i := index(t, key)
		if i >= len(targets) || len(series.Attributes) != len(st.Attributes.Series) {
			t.Errorf("series %s: no such target, or %d attributes for %d", key, len(series.Attributes), len(st.Attributes.Series))
		}
		for day, values := range series.Observations {
			observed++
			if d := index(t, day); d >= len(days) || days[d].ID != "2015-11-20" || targets[i].ID != "collection-coverage" || values[0] != 97.42 || values[1] != 0.0 {
				t.Errorf("%s on %s: %v", key, day, values)
			}
		}
	}
	if observed != 1 {
		t.Errorf("%d observations, want 1", observed)
	}
	if got := app.As("reader").Get("/api/plan/sdmx?unit=post"); got.Status != 404 {
		t.Errorf("a unit without targets: %d", got.Status)
	}
}

func index(t *testing.T, s string) int {
	t.Helper()
	var i int
	if err := json.Unmarshal([]byte(s), &i); err != nil {
		t.Fatal(err)
	}
	return i
}

// TestPages looks at what the pages say, with a figure and without.
func TestPages(t *testing.T) {
	app, _ := city(t)
	get := func(name, path string, status int, has ...string) hosttest.Row {
		return hosttest.Row{Name: name, Method: "GET", Path: path, As: "officer", Status: status, Has: has}
	}
	app.Rows(t, []hosttest.Row{
		get("overview", "/zh/plan", 200, "63 项量化目标", "97.42", "智能电网", "IPv6 升级改造全面完成", "下一代互联网", "targets.csv"),
		get("overview in English", "/en/plan", 200, "Meter collection coverage", "500", "bn CNY"),
		get("filtered", "/zh/plan?status=on", 200, "用电信息采集覆盖率"),
		get("filtered by nonsense", "/zh/plan?status=fine", 400),
		get("area", "/zh/plan/smart-city", 200, "智能电能表换装", "方案二（三）"),
		get("no area", "/zh/plan/moon", 404),
		get("target", "/zh/plan/target/collection-coverage", 200, "97.42", "9,742 / 10,000", "/zh/grid/missing", "市电力公司", "用电信息采集系统覆盖率达到100%", "达到 100%", "无期初数据"),
		get("target in English", "/en/plan/target/collection-coverage", 200, "9,742 of 10,000", "Electric Power Company"),
		get("a target whose system is not there", "/zh/plan/target/iptv-households", 200, "未接入", "三网融合与 IPTV"),
		get("a reported target", "/zh/plan/target/industry-scale", 200, "尚无经审核的填报数据", "5,000", "亿元"),
		get("no target", "/zh/plan/target/none", 404),
		get("history as known", "/zh/plan/target/collection-coverage?known=2015-11-19", 200, "没有数据"),
		get("a bad day", "/zh/plan/target/collection-coverage?known=gestern", 400),
		get("units", "/zh/plan/units", 200, "市经济和信息化委", "市邮政局"),
		get("units sorted", "/zh/plan/units?sort=-leads", 200),
		get("units sorted by nonsense", "/zh/plan/units?sort=size", 400),
		get("units searched", "/zh/plan/units?q=电力", 200, "市电力公司"),
		get("unit", "/zh/plan/unit/power", 200, "用电信息采集覆盖率", "牵头 4 项"),
		get("unit without targets", "/zh/plan/unit/post", 200, "没有量化目标"),
		get("no unit", "/zh/plan/unit/none", 404),
		get("sums", "/zh/plan/sums", 200, "4,500", "5,000", "数据不全"),
		get("reports", "/zh/plan/reports", 200, "填报类目标", "/zh/plan/target/industry-scale/report"),
		get("data", "/zh/plan/data", 200, "/api/plan/sdmx"),
	})
}

// TestReport follows a figure from the officer's form through the leader's approval to the plan's page, and a correction.
func TestReport(t *testing.T) {
	app, _ := city(t)
	app.Clock.Set(time.Date(2015, 11, 20, 23, 50, 0, 0, indicator.China))
	officer, leader := app.As("officer"), app.As("leader")
	form := func(value, period, evidence string) url.Values {
		return url.Values{"value": {value}, "period": {period}, "evidence": {evidence}, "note": {""}}
	}
	const path = "/zh/plan/target/six-clouds-scale/report"
	app.Rows(t, []hosttest.Row{
		{Name: "the form", Method: "GET", Path: path, As: "officer", Status: 200, Has: []string{"数值（亿元）"}},
		{Name: "no number", Method: "POST", Path: path, As: "officer", Form: form("八百", "2015-09-30", "x"), Status: 422, Has: []string{"不是数", "八百"}},
		{Name: "no day", Method: "POST", Path: path, As: "officer", Form: form("800", "30.9.2015", "x"), Status: 422, Has: []string{"无法识别"}},
		{Name: "no evidence", Method: "POST", Path: path, As: "officer", Form: form("800", "2015-09-30", " "), Status: 422, Has: []string{"数据依据"}},
		{Name: "a measured target", Method: "GET", Path: "/zh/plan/target/smart-meters/report", As: "officer", Status: 409},
		{Name: "a unit that does not owe it", Method: "POST", Path: path, As: "power-officer", Form: form("800", "2015-09-30", "x"), Status: 403},
		{Name: "a reader", Method: "POST", Path: path, As: "reader", Form: form("800", "2015-09-30", "x"), Status: 403},
	})
	submit := func(value, period string) string {
		t.Helper()
		got := officer.Post(path, form(value, period, "津经信〔2015〕12 号"))
		at := got.Header.Get("Location")
		if got.Status != 303 || !strings.HasPrefix(at, "/zh/plan/report/") {
			t.Fatalf("status %d to %q\n%.800s", got.Status, at, got.Body)
		}
		return at
	}
	first := submit("812.5", "2015-09-30")
	if got := officer.Get(first).Body; !strings.Contains(got, "待审核") || strings.Contains(got, "提交审核结果") {
		t.Error("who submitted it is offered the approval, or is not told that it waits")
	}
	if got := officer.Post(first, url.Values{"decision": {"approve"}}); got.Status != 403 {
		t.Errorf("an officer approves: %d", got.Status)
	}
	if got := leader.Post(first, url.Values{"decision": {""}}); got.Status != 422 || !strings.Contains(got.Body, "请选择通过或退回") {
		t.Errorf("no decision: %d", got.Status)
	}
	if got := leader.Post(first, url.Values{"decision": {"reject"}, "reason": {""}}); got.Status != 422 || !strings.Contains(got.Body, "说明理由") {
		t.Errorf("a rejection without a reason: %d", got.Status)
	}
	if got := leader.Post(first, url.Values{"decision": {"approve"}}); got.Status != 303 {
		t.Fatalf("%d %.800s", got.Status, got.Body)
	}
	if got := leader.Post(first, url.Values{"decision": {"approve"}}); got.Status != 409 || !strings.Contains(got.Body, "已经审核") {
		t.Errorf("decided twice: %d", got.Status)
	}
	for page, has := range map[string]string{"/zh/plan": "812.5", "/zh/plan/target/six-clouds-scale": "812.5 亿元", "/en/plan/target/six-clouds-scale": "81.2 bn CNY", "/zh/plan/sums": "已有分项合计"} {
		if got := officer.Get(page).Body; !strings.Contains(got, has) {
			t.Errorf("%s does not show %q", page, has)
		}
	}
	second := submit("8.1", "2015-10-31")
	if got := leader.Get(second).Body; !strings.Contains(got, "存疑") || !strings.Contains(got, "计量单位") {
		t.Error("a figure a hundred times too small is not flagged to who decides")
	}
	app.Clock.Advance(15 * time.Minute) // past midnight
	correction := submit("810", "2015-09-30")
	if got := leader.Post(correction, url.Values{"decision": {"approve"}, "reason": {"统计口径调整"}}); got.Status != 303 {
		t.Fatal(got.Status)
	}
	var target struct {
		Value    float64
		AsOf     string
		Evidence string
		State    string
	}
	app.As("reader").Get("/api/plan/targets/six-clouds-scale").JSON(t, &target)
	if target.Value != 810e8 || target.AsOf != "2015-09-30T00:00:00+08:00" || target.Evidence != correction || target.State != "on-pace" {
		t.Errorf("%+v", target)
	}
	app.Rows(t, []hosttest.Row{
		{Name: "as known before the correction", Method: "GET", Path: "/zh/plan/target/six-clouds-scale?known=2015-11-20", As: "reader", Status: 200, Has: []string{"812.5 亿元"}},
		{Name: "the corrected report", Method: "GET", Path: first, As: "reader", Status: 200, Has: []string{"已更正"}},
		{Name: "waiting", Method: "GET", Path: "/api/plan/reports?state=submitted", As: "reader", Status: 200, Has: []string{second[len("/zh/plan/report/"):]}},
		{Name: "acts", Method: "GET", Path: "/zh/plan/target/six-clouds-scale", As: "officer", Status: 200, Has: []string{"审核通过", "经信委负责人"}},
	})
}

// TestReportAPI submits and decides by programs.
func TestReportAPI(t *testing.T) {
	app, _ := city(t)
	const path = "/api/plan/targets/security-scale/reports"
	app.Rows(t, []hosttest.Row{
		{Name: "unknown key", Method: "POST", Path: path, As: "officer", Body: map[string]any{"value": 1, "colour": "red"}, Status: 400},
		{Name: "no day", Method: "POST", Path: path, As: "officer", Body: map[string]any{"value": 69e8, "evidence": "x"}, Status: 400},
		{Name: "a unit that does not owe it", Method: "POST", Path: path, As: "token", Body: map[string]any{"value": 69e8, "period": "2015-09-30", "evidence": "x"}, Status: 403},
	})
	got := app.As("officer").Send("POST", path, map[string]any{"value": 69e8, "period": "2015-09-30", "evidence": "x"})
	var rep reportJSON
	got.JSON(t, &rep)
	if got.Status != 201 || rep.State != indicator.Submitted || rep.Period != "2015-09-30" {
		t.Fatalf("%d %+v", got.Status, rep)
	}
	app.Rows(t, []hosttest.Row{
		{Name: "again", Method: "POST", Path: path, As: "officer", Body: map[string]any{"value": 69e8, "period": "2015-09-30", "evidence": "x"}, Status: 409},
		{Name: "no decision", Method: "POST", Path: "/api/plan/reports/" + rep.ID + "/decision", As: "leader", Body: map[string]any{}, Status: 400},
		{Name: "approve", Method: "POST", Path: "/api/plan/reports/" + rep.ID + "/decision", As: "leader", Body: map[string]any{"approve": true}, Status: 200, Has: []string{`"approved"`}},
		{Name: "the figure", Method: "GET", Path: "/api/plan/targets/security-scale", As: "reader", Status: 200, Has: []string{`"value":6900000000`, `"source":"report"`}},
	})
}

// TestLive shows what open pages are told: the row that moved, the head, the lists, and nothing of targets that did not move.
func TestLive(t *testing.T) {
	app, m := city(t)
	s := newService(&host.Host{Clock: app.Clock, Indicators: app.Indicators, People: app.People, Journal: app.Journal})
	stop := app.Indicators.Watch(s.heard)
	defer stop()
	m.await(t, app, 9800)
	s.mu.Lock()
	changed, fresh := s.changed, s.fresh
	s.mu.Unlock()
	if !changed["collection-coverage"] || len(changed) != 1 || len(fresh) != 1 || fresh[0].From != "97.42%" || fresh[0].To != "98%" {
		t.Fatalf("%v %+v", changed, fresh)
	}
	all, err := app.Indicators.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	updates, err := s.overviewUpdates(t.Context(), all, changed, fresh)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, u := range updates {
		keys = append(keys, strings.TrimSpace(u.Key()))
	}
	want := []string{"plan-lead", "plan-attention", "r-collection-coverage", "plan-feed"}
	if !slices.Equal(keys, want) {
		t.Errorf("updates of %v, want %v", keys, want)
	}
	again := newService(&host.Host{Clock: app.Clock, Indicators: app.Indicators, People: app.People, Journal: app.Journal})
	if err := again.seed(t.Context()); err != nil || len(again.feed) != 1 || again.feed[0].Href != "/plan/target/collection-coverage" {
		t.Errorf("after a restart the list of the newest holds %+v (%v)", again.feed, err)
	}
}

func TestSearch(t *testing.T) {
	app, _ := city(t)
	s := newService(&host.Host{Clock: app.Clock, Indicators: app.Indicators, People: app.People, Journal: app.Journal})
	for q, want := range map[string]string{"电能表": "/plan/target/smart-meters", "METER": "/plan/target/collection-coverage", "电力公司": "/plan/unit/power", "": "", "没有这个": ""} {
		hits, err := s.search(t.Context(), nil, q, 5)
		if err != nil || (want == "") != (len(hits) == 0) || want != "" && hits[0].Href != want {
			t.Errorf("%q: %v %v", q, hits, err)
		}
	}
	if hits, _ := s.search(t.Context(), nil, "i", 3); len(hits) != 3 {
		t.Errorf("%d hits for a limit of 3", len(hits))
	}
}

func TestScale(t *testing.T) {
	for _, c := range []struct {
		unit       string
		goal       float64
		l          lang.Lang
		factor     float64
		word, zero string
	}{
		{"CNY/year", 5000e8, lang.Zh, 1e8, "亿元", ""}, {"CNY/year", 5000e8, lang.En, 1e9, "bn CNY", ""}, {"CNY/year", 400e8, lang.Zh, 1e8, "亿元", ""},
		{"units/year", 2e8, lang.Zh, 1e8, "亿部", ""}, {"units/year", 3e7, lang.Zh, 1e4, "万部", ""}, {"units/year", 3e7, lang.En, 1e6, "m units", ""},
		{"%", 100, lang.Zh, 1, "%", ""}, {"enterprises", 2000, lang.Zh, 1, "家", ""},
	} {
		f, u := scaleOf(indicator.Target{Unit: c.unit, Value: c.goal}, c.l)
		if f != c.factor || u.In(c.l) != c.word {
			t.Errorf("%v %s in %s: %v %s", c.goal, c.unit, c.l, f, u.In(c.l))
		}
	}
}

func TestFold(t *testing.T) {
	for _, s := range []string{"short", strings.Repeat("a", 75), strings.Repeat("a", 76), strings.Repeat("海河", 60)} {
		got := fold(s)
		if strings.ReplaceAll(strings.TrimSuffix(got, "\r\n"), "\r\n ", "") != s {
			t.Errorf("%q folds to %q, which does not unfold again", s, got)
		}
		for line := range strings.SplitSeq(got, "\r\n") {
			if len(line) > 75 {
				t.Errorf("%d octets", len(line))
			}
		}
	}
	if got := escape("a,b;c\\d\ne"); got != `a\,b\;c\\d\ne` {
		t.Error(got)
	}
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		state indicator.State
		want  ui.Status
	}{{indicator.Met, ui.StatusMet}, {indicator.OnPace, ui.StatusOn}, {indicator.AtRisk, ui.StatusRisk}, {indicator.Behind, ui.StatusBehind}, {indicator.NotConnected, ui.StatusNone}} {
		if got := host.Standing(c.state); got != c.want {
			t.Errorf("%s is drawn as %v", c.state, got.Key())
		}
	}
}
