package emergency

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// desk is a running room with a few short hands.
type desk struct {
	*hosttest.App
	t *testing.T
}

func openRoom(t *testing.T) *desk { return &desk{hosttest.Open(t, System()), t} }

// do posts a form and wants to be led on.
func (d *desk) do(login, path string, form url.Values) string {
	d.t.Helper()
	a := d.As(login).Post("/zh"+path, form)
	if a.Status != http.StatusSeeOther {
		d.t.Fatalf("%s by %s: %d\n%.3000s", path, login, a.Status, text(a.Body))
	}
	return a.Header.Get("Location")
}

// refused posts a form and wants a status and words.
func (d *desk) refused(login, path string, form url.Values, status int, words string) {
	d.t.Helper()
	a := d.As(login).Post("/zh"+path, form)
	if a.Status != status || !strings.Contains(a.Body, words) {
		d.t.Errorf("%s by %s: %d, want %d and %q\n%.1500s", path, login, a.Status, status, words, text(a.Body))
	}
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

func text(body string) string {
	if _, after, ok := strings.Cut(body, "<main"); ok {
		body = after
	}
	return spaces.ReplaceAllString(tags.ReplaceAllString(body, " "), " ")
}

// call is what a call taker types.
func call(more ...string) url.Values {
	v := url.Values{"class": {"hazmat"}, "place": {"临港经济区渤海十路 18 号"}, "at": {"117.75,39.02"}, "words": {"罐区冒白烟，味道很冲"}, "caller": {"王小明"}, "phone": {"13900001234"}, "injured": {"2"}, "substance": {"chlorine"}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

// open takes a call in and gives the incident's path.
func (d *desk) open(more ...string) string {
	d.t.Helper()
	return strings.TrimPrefix(d.do("officer", "/emergency/new", call(more...)), "/zh")
}

type shown struct {
	ID, Number, Stage, Title string
	Level                    int
	Version                  int64
	Drill, Late              bool
	MergedInto               string
	Where                    struct{ District string }
	Timeline                 []struct {
		Verb, Text, Hash string
		Fields           map[string]string
	}
}

func (d *desk) incident(path string) (x shown) {
	d.t.Helper()
	d.As("officer").Get("/api"+path).JSON(d.t, &x)
	return x
}

func (x shown) has(verb, part string) bool {
	for _, l := range x.Timeline {
		raw, _ := json.Marshal(l.Fields)
		if l.Verb == verb && (strings.Contains(l.Text, part) || strings.Contains(string(raw), part)) {
			return true
		}
	}
	return false
}

// TestStory leads one incident from the call to the report.
func TestStory(t *testing.T) {
	d := openRoom(t)
	// A plan, written by one and approved by another.
	plan := url.Values{"code": {"HC-1"}, "title": {"危险化学品事故应急预案"}, "class": {"hazmat"}, "level": {"4"}, "tasks": {"public-security,10,封闭周边道路\nhealth,20,派出救护车"}, "needs": {"team,20"}}
	planPath := strings.TrimPrefix(d.do("leader", "/emergency/plans", plan), "/zh")
	d.refused("leader", planPath+"/approve", nil, http.StatusConflict, "编写人以外")
	planPath = strings.TrimPrefix(d.do("officer", "/emergency/plans", plan), "/zh")
	d.refused("officer", planPath+"/approve", nil, http.StatusForbidden, "")
	d.do("leader", planPath+"/approve", nil)
	d.refused("officer", "/emergency/plans", url.Values{"code": {"x"}, "title": {"y"}, "level": {"4"}, "tasks": {"nobody,5,做事"}}, http.StatusUnprocessableEntity, "没有“nobody”这个单位")

	here := d.open()
	x := d.incident(here)
	if x.Stage != "reported" || x.Where.District != "120116" || !strings.HasPrefix(x.Number, "YJ20151120-") {
		t.Fatalf("%+v", x)
	}
	// The same thing told again is proposed, not opened twice.
	d.refused("officer", "/emergency/new", call("place", "渤海十路附近"), http.StatusUnprocessableEntity, "附近已有事件")
	if to := d.do("officer", "/emergency/new", call("place", "渤海十路附近", "join", x.ID)); !strings.HasSuffix(to, x.ID) {
		t.Errorf("joined %s", to)
	}
	d.Clock.Advance(4 * time.Minute)
	d.do("officer", here+"/advance", url.Values{"stage": {"verified"}})
	d.refused("officer", here+"/level", url.Values{"level": {"3"}}, http.StatusUnprocessableEntity, "定级依据")
	d.do("officer", here+"/level", url.Values{"level": {"3"}, "reason": {"影响范围可能扩大"}})
	d.do("officer", here+"/activate", url.Values{"plan": {planPath[strings.LastIndexByte(planPath, '/')+1:]}})
	var tasks struct {
		Tasks []struct{ ID, Due, State string }
	}
	d.As("officer").Get("/api"+here+"/tasks").JSON(t, &tasks)
	if len(tasks.Tasks) != 2 || tasks.Tasks[0].Due != "2015-11-20T01:44:00Z" {
		t.Fatalf("%+v", tasks)
	}
	d.do("officer", "/emergency/tasks/"+tasks.Tasks[0].ID+"/done", nil)
	d.refused("officer", "/emergency/tasks/"+tasks.Tasks[1].ID+"/skip", nil, http.StatusBadRequest, "理由")

	d.Clock.Advance(2 * time.Minute)
	d.do("officer", here+"/orders", url.Values{"unit": {"power"}, "words": {"切断渤海十路沿线供电"}, "patience": {"5"}})
	d.do("officer", here+"/advance", url.Values{"stage": {"responding"}})
	d.answer()
	d.Clock.Advance(30 * time.Minute)
	d.do("officer", here+"/advance", url.Values{"stage": {"controlled"}})
	d.do("officer", here+"/written", url.Values{"to": {"市政府总值班室"}})
	d.do("leader", here+"/advance", url.Values{"stage": {"closed"}})

	x = d.incident(here)
	if x.Stage != "closed" || x.Level != 3 || !x.has("order", `"state":"onsite"`) || !x.has("task", "封闭周边道路") || !x.has("plan", "HC-1") || !x.has("report", "call") {
		t.Errorf("%+v", x)
	}
	md := d.As("reader").Get("/api" + here + "/report.md").Body
	for _, want := range []string{"接报至核实: 4 分 0 秒", "接报至首次派遣: 6 分 0 秒", "接报至控制: 36 分 0 秒", "切断渤海十路沿线供电", "市电力公司"} {
		if !strings.Contains(md, want) {
			t.Errorf("the report lacks %q\n%s", want, md)
		}
	}
	if csv := d.As("reader").Get("/api" + here + "/timeline.csv").Body; strings.Count(csv, "\r\n") != len(x.Timeline)+1 {
		t.Errorf("%d lines\n%s", len(x.Timeline), csv)
	}
	d.altered(x.ID)
}

// answer leads the one order of the power company through its receipts.
func (d *desk) answer() {
	d.t.Helper()
	var out struct {
		Orders []struct {
			ID, State string
			Next      []string
		}
	}
	d.As("power-operator").Get("/api/emergency/orders").JSON(d.t, &out)
	if len(out.Orders) != 1 || out.Orders[0].State != "sent" {
		d.t.Fatalf("%+v", out)
	}
	here := "/emergency/orders/" + out.Orders[0].ID
	d.refused("officer", here+"/received", nil, http.StatusForbidden, "只有接收单位")
	d.do("power-operator", here+"/received", nil)
	d.do("power-operator", here+"/moving", nil)
	d.refused("power-operator", here+"/received", nil, http.StatusOK, "不能改为")
	if a := d.Token("power", "operator").Send("POST", "/api"+here+"/state", map[string]string{"state": "onsite"}); a.Status != http.StatusOK {
		d.t.Errorf("by token: %d %s", a.Status, a.Body)
	}
	if a := d.Token("health", "operator").Send("POST", "/api"+here+"/state", map[string]string{"state": "done"}); a.Status != http.StatusForbidden {
		d.t.Errorf("another unit answered: %d %s", a.Status, a.Body)
	}
}

// altered: what somebody changes in the database behind the program's back is found.
func (d *desk) altered(id string) {
	d.t.Helper()
	if _, faults, err := d.Duty.Cases.Verify(d.t.Context()); err != nil || len(faults) != 0 {
		d.t.Fatalf("before: %v %v", faults, err)
	}
	err := d.DB.Write(d.t.Context(), func(tx *store.Tx) error {
		n, err := tx.Exec(store.Q("test_alter", `UPDATE case_line SET text = 'nothing happened' WHERE casefile = $1 AND verb = 'level'`), id)
		if err == nil && n != 1 {
			d.t.Errorf("%d lines altered", n)
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	if _, faults, err := d.Duty.Cases.Verify(d.t.Context()); err != nil || len(faults) == 0 || faults[0].Case != id {
		d.t.Errorf("an altered line is not found: %v %v", faults, err)
	}
}

// TestPersonal: who called is seen by few, each look is recorded, and neither log nor timeline holds it.
func TestPersonal(t *testing.T) {
	d := openRoom(t)
	here := d.open()
	for _, login := range []string{"reader", "officer", "leader"} {
		for _, path := range []string{here, "/emergency", here + "/report", "/emergency/wall"} {
			if body := d.As(login).Get("/zh" + path).Body; strings.Contains(body, "13900001234") || strings.Contains(body, "王小明") || strings.Contains(body, "味道很冲") {
				t.Errorf("%s shows the caller to %s", path, login)
			}
		}
	}
	body := d.As("officer").Get("/zh" + here).Body
	link := regexp.MustCompile(`/emergency/reports/([0-9A-Z]+)`).FindStringSubmatch(body)
	if link == nil {
		t.Fatal("no way to the report")
	}
	if strings.Contains(d.As("reader").Get("/zh"+here).Body, link[0]) {
		t.Error("a reader is offered the report")
	}
	if a := d.As("reader").Get("/zh" + link[0]); a.Status != http.StatusForbidden {
		t.Errorf("a reader sees the caller: %d", a.Status)
	}
	if a := d.As("officer").Get("/zh" + link[0]); a.Status != http.StatusOK || !strings.Contains(a.Body, "13900001234") || !strings.Contains(a.Body, "味道很冲") {
		t.Errorf("the call taker does not see the caller: %d", a.Status)
	}
	var all strings.Builder
	if _, err := d.Journal.Export(t.Context(), &all, journal.Filter{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(all.String(), "read-report"); n != 1 {
		t.Errorf("%d looks are recorded", n)
	}
	raw, _ := json.Marshal(d.incident(here))
	for _, secret := range []string{"13900001234", "王小明", "味道很冲"} {
		if strings.Contains(all.String(), secret) || strings.Contains(string(raw), secret) {
			t.Errorf("%s stands in the journal or the timeline", secret)
		}
	}
}

// TestMergeSplitDrill: what is one becomes one, what is two becomes two, and a drill is never mixed with what is real.
func TestMergeSplitDrill(t *testing.T) {
	d := openRoom(t)
	a := d.open()
	b := d.open("join", "apart", "place", "渤海十二路")
	d.do("officer", b+"/orders", url.Values{"unit": {"power"}, "words": {"待命"}})
	drill := d.open("drill", "1")
	if x := d.incident(drill); !x.Drill || !strings.HasPrefix(x.Title, "【演练】") {
		t.Errorf("%+v", x)
	}
	d.refused("officer", drill+"/merge", url.Values{"into": {d.incident(a).ID}}, http.StatusOK, "演练与真实事件不得合并")
	d.do("officer", b+"/merge", url.Values{"into": {d.incident(a).ID}})
	x, y := d.incident(a), d.incident(b)
	if y.Stage != "merged" || y.MergedInto != x.ID || !x.has("related", y.ID) {
		t.Errorf("%+v\n%+v", x, y)
	}
	var orders struct{ Orders []struct{ Incident string } }
	d.As("officer").Get("/api/emergency/orders?incident="+x.ID).JSON(t, &orders)
	if len(orders.Orders) != 1 {
		t.Error("the order did not move")
	}
	body := d.As("officer").Get("/zh" + a).Body
	reports := regexp.MustCompile(`name="(r-[0-9A-Z]+)"`).FindAllStringSubmatch(body, -1)
	if len(reports) != 2 {
		t.Fatalf("%d reports after the merge", len(reports))
	}
	made := strings.TrimPrefix(d.do("officer", a+"/split", url.Values{reports[1][1]: {"1"}}), "/zh")
	if z := d.incident(made); z.Stage != "reported" || !z.has("related", x.ID) {
		t.Errorf("%+v", z)
	}
	if wall := d.As("reader").Get("/zh/emergency/wall").Body; strings.Contains(wall, "【演练】") {
		t.Error("a drill stands on the wall among what is real")
	}
}

// warn writes a warning, sends it for approval and has it issued by somebody else; it gives the warning's id.
func (d *desk) warn(more ...string) string {
	d.t.Helper()
	v := url.Values{"type": {"Alert"}, "event": {"21D00"}, "colour": {"Blue"}, "urgency": {"Immediate"}, "certainty": {"Observed"}, "d-120116": {"1"}, "ack": {"0"}, "expires": {"2015-11-20 12:00"},
		"headline-zh": {"氯气泄漏蓝色预警"}, "headline-en": {"Blue warning of chlorine"}, "description-zh": {"周边有刺激性气味。"}, "description-en": {"There is a smell."}, "instruction-zh": {"关好门窗。"}, "instruction-en": {"Keep windows shut."}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	path := strings.TrimPrefix(d.do("officer", "/emergency/warnings/new", v), "/zh")
	path, _, _ = strings.Cut(path, "?")
	d.do("officer", path+"/submit", nil)
	d.do("leader", path+"/approve", nil)
	return path[strings.LastIndexByte(path, '/')+1:]
}

// TestWarningsOfIncidents: what becomes of a warning is a line of the incident it was written from, and of the one it was tied to, without
// anybody's doing; the report lists it, also after the incidents were merged.
func TestWarningsOfIncidents(t *testing.T) {
	d := openRoom(t)
	here := d.open()
	x := d.incident(here)
	own := d.warn("incident", x.ID)
	if x = d.incident(here); !x.has("warning", own) || !x.has("warning", `"state":"issued"`) {
		t.Fatalf("the timeline does not have the warning: %+v", x.Timeline)
	}
	other := d.warn("headline-zh", "大风蓝色预警", "event", "11B06")
	if x = d.incident(here); x.has("warning", other) {
		t.Fatal("a warning that has nothing to do with it is in the timeline")
	}
	page := d.As("officer").Get("/zh" + here).Body
	if !strings.Contains(page, `id="tie"`) || !strings.Contains(page, "氯气泄漏蓝色预警") {
		t.Error("the incident's page does not show its warnings and the form to tie one")
	}
	d.do("officer", here+"/warnings", url.Values{"warning": {other}})
	d.refused("officer", here+"/warnings", url.Values{"warning": {other}}, http.StatusConflict, "已关联")
	if a := d.As("reader").Post("/zh"+here+"/warnings", url.Values{"warning": {other}}); a.Status != http.StatusForbidden {
		t.Errorf("a reader tied a warning: %d", a.Status)
	}
	second := d.warn("refers", other, "type", "Update", "headline-zh", "大风蓝色预警更新", "event", "11B06")
	if x = d.incident(here); !x.has("warning", `"state":"tied"`) || !x.has("warning", second) || !x.has("warning", `"state":"updated"`) {
		t.Errorf("the update of a tied warning is not told: %+v", x.Timeline)
	}
	md := d.As("reader").Get("/api" + here + "/report.md").Body
	for _, want := range []string{"预警 发布：氯气泄漏蓝色预警", "预警 关联：大风蓝色预警", "预警 更新：大风蓝色预警更新", "## 预警", "蓝色, 已被更新"} {
		if !strings.Contains(md, want) {
			t.Errorf("the report lacks %q\n%s", want, md)
		}
	}
	if report := text(d.As("reader").Get("/zh" + here + "/report").Body); strings.Count(report, "大风蓝色预警更新") < 2 {
		t.Errorf("the report's page: %s", report)
	}
}

// TestPublic: a citizen reports without an account, follows it by its number, and is throttled.
func TestPublic(t *testing.T) {
	d := openRoom(t)
	form := call("class", "fire", "words", "楼上着火")
	form.Del("at")
	form.Set("district", "120103")
	post := func() hosttest.Answer { return d.public("/zh/emergency/tell", form) }
	a := post()
	if a.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.Status, text(a.Body))
	}
	to := a.Header.Get("Location")
	if b := d.Nobody().Get(to); b.Status != http.StatusOK || !strings.Contains(b.Body, "待值班员查看") || strings.Contains(b.Body, "楼上着火") {
		t.Errorf("%d %s", b.Status, text(b.Body))
	}
	inbox := d.As("officer").Get("/zh/emergency").Body
	link := regexp.MustCompile(`/emergency/reports/([0-9A-Z]+)`).FindString(inbox)
	if link == "" {
		t.Fatal("the report waits nowhere")
	}
	here := strings.TrimPrefix(d.do("officer", link, url.Values{"join": {"apart"}}), "/zh")
	if b := d.Nobody().Get(to); !strings.Contains(b.Body, "正在核实") {
		t.Error(text(b.Body))
	}
	d.refused("officer", link, url.Values{"join": {"apart"}}, http.StatusConflict, "已处理")
	d.do("officer", here+"/advance", url.Values{"stage": {"false"}, "text": {"现场核查无火情"}})
	if b := d.Nobody().Get(to); !strings.Contains(b.Body, "已处理完毕") {
		t.Error(text(b.Body))
	}
	status := 0
	for range 6 {
		status = post().Status
	}
	if status != http.StatusUnprocessableEntity {
		t.Errorf("the seventh report in ten minutes: %d", status)
	}
	if b := d.Nobody().Get("/zh/emergency/receipt?number=AAAAAAAAAA"); b.Status != http.StatusOK || !strings.Contains(b.Body, "没有这个回执编号") {
		t.Errorf("a number that nobody has: %d", b.Status)
	}
}

// public posts a form as a browser without an account does: with the cookie and the token of the page.
func (d *desk) public(path string, form url.Values) hosttest.Answer {
	d.t.Helper()
	page := d.Nobody().Get(path)
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(page.Body)
	if token == nil {
		d.t.Fatalf("no token: %d", page.Status)
	}
	form.Set("csrf", token[1])
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range page.Header.Values("Set-Cookie") {
		req.Header.Add("Cookie", strings.SplitN(c, ";", 2)[0])
	}
	res, err := (&http.Transport{}).RoundTrip(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	return hosttest.Answer{Status: res.StatusCode, Header: res.Header}
}

// until waits for what a job does.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("never: %s", what)
}

// TestAlarms: a critical alarm of work safety opens an incident, a second of the plant joins it, others open none.
func TestAlarms(t *testing.T) {
	d := openRoom(t)
	signal := func(key, system string, p rule.Priority, c alarm.Class) alarm.Signal {
		return alarm.Signal{Key: key, Source: "rule:x@1", Class: c, Came: true, At: d.Clock.Now(), Priority: p, Title: lang.T("氯气浓度高高报", "Chlorine high high"), Entity: "urn:ngsi-ld:SafetyPoint:1", Name: key, Group: "urn:ngsi-ld:HazardousPlant:1", Unit: "work-safety", Area: "120116", System: system}
	}
	raise := func(s ...alarm.Signal) {
		t.Helper()
		if err := d.DB.Write(t.Context(), func(tx *store.Tx) error { return d.Duty.Alarms.Apply(tx, s) }); err != nil {
			t.Fatal(err)
		}
	}
	list := func() (out []shown) {
		var x struct{ Incidents []shown }
		d.As("officer").Get("/api/emergency/incidents?open=1").JSON(t, &x)
		return x.Incidents
	}
	raise(signal("a", "safety", rule.High, alarm.Process), signal("b", "safety", rule.Critical, alarm.Silent), signal("c", "grid", rule.Critical, alarm.Process), signal("d", "safety", rule.Critical, alarm.Process))
	until(t, "an incident from the alarm", func() bool { return len(list()) > 0 })
	raise(signal("e", "safety", rule.Critical, alarm.Process))
	until(t, "the second alarm joined", func() bool {
		x := list()
		return len(x) == 1 && d.incident("/emergency/incidents/"+x[0].ID).has("alarm", "氯气")
	})
}

// TestEscalation: an order that nobody receives in its time is written down as such, once.
func TestEscalation(t *testing.T) {
	d := openRoom(t)
	here := d.open()
	d.do("officer", here+"/orders", url.Values{"unit": {"health"}, "words": {"派救护车"}, "patience": {"3"}})
	d.Clock.Advance(4 * time.Minute)
	until(t, "the order escalated", func() bool { return d.incident(here).has("order", "overdue") })
	if body := d.As("reader").Get("/zh" + here).Body; !strings.Contains(body, "无人签收，已上报") {
		t.Error("the page does not say so")
	}
}

// TestLend: the last of a resource goes to one of two.
func TestLend(t *testing.T) {
	d := openRoom(t)
	here := d.open()
	d.do("officer", "/emergency/resources", url.Values{"name": {"防化中队"}, "kind": {"team"}, "unit": {"public-security"}, "total": {"30"}, "at": {"117.76,39.03"}, "ready": {"1"}})
	d.do("officer", "/emergency/resources", url.Values{"name": {"远处中队"}, "kind": {"team"}, "unit": {"public-security"}, "total": {"30"}, "at": {"117.2,39.4"}, "ready": {"1"}})
	var out struct {
		Resources []struct {
			ID, Name string
			Free     int64
			Km       float64
		}
	}
	near := func() {
		t.Helper()
		d.As("officer").Get("/api/emergency/resources?kind=team&at=117.75,39.02").JSON(t, &out)
	}
	near()
	if len(out.Resources) != 2 || out.Resources[0].Name != "防化中队" || out.Resources[0].Km > 2 {
		t.Fatalf("%+v", out)
	}
	id := out.Resources[0].ID
	d.do("officer", here+"/lend", url.Values{"resource": {id}, "amount": {"20"}})
	d.refused("leader", here+"/lend", url.Values{"resource": {id}, "amount": {"11"}}, http.StatusConflict, "不足 11")
	d.do("leader", here+"/lend", url.Values{"resource": {id}, "amount": {"10"}})
	if near(); len(out.Resources) != 1 {
		t.Errorf("what is all lent is offered: %+v", out)
	}
	loan := regexp.MustCompile(`/emergency/loans/([0-9A-Z]+)/return`).FindString(d.As("officer").Get("/zh" + here).Body)
	d.do("officer", loan, nil)
	d.refused("officer", loan, nil, http.StatusConflict, "已经归还")
	if near(); len(out.Resources) != 2 {
		t.Errorf("what came back is not offered: %+v", out)
	}
}

// TestSituation: plume, cordon and people of an incident, each marked as a model.
func TestSituation(t *testing.T) {
	d := openRoom(t)
	here := d.open()
	d.refused("officer", here+"/situation", url.Values{"gas": {"chlorine"}, "rate": {"2"}, "wind": {"0.1"}, "sky": {"clear"}}, http.StatusUnprocessableEntity, "静风")
	d.do("officer", here+"/situation", url.Values{"isolation": {"gas"}, "gas": {"chlorine"}, "rate": {"2"}, "from": {"90"}, "wind": {"3"}, "sky": {"overcast"}, "polygon": {"117.70,39.00\n117.80,39.00\n117.80,39.05"}})
	var s struct {
		Model  bool
		Shapes []struct {
			Kind      string
			Metres    float64
			Residents int64
			Polygon   [][2]float64
		}
	}
	d.As("reader").Get("/api"+here+"/situation").JSON(t, &s)
	if !s.Model || len(s.Shapes) != 4 {
		t.Fatalf("%+v", s)
	}
	reach := map[string]float64{}
	for _, x := range s.Shapes {
		reach[x.Kind] = x.Metres
		if x.Residents <= 0 {
			t.Errorf("nobody lives in %s", x.Kind)
		}
		if x.Kind == "harm" && x.Polygon[24][0] >= 117.75 {
			t.Error("an east wind does not carry to the west")
		}
	}
	if reach["cordon"] != 100 || reach["harm"] <= reach["grave"] || reach["grave"] <= 100 {
		t.Errorf("%v", reach)
	}
	body := d.As("reader").Get("/en" + here + "/situation").Body
	for _, want := range []string{"A model, not a measurement", "Pasquill 1961", "house default after the AEGL", "house default after the orange pages", "census of 1 November 2020", `class="shape harm"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// TestShift: a shift is handed over with its open points and signed by another.
func TestShift(t *testing.T) {
	d := openRoom(t)
	d.open()
	d.do("officer", "/emergency/shift/begin", nil)
	d.refused("leader", "/emergency/shift/begin", nil, http.StatusOK, "请办理交接班")
	link := regexp.MustCompile(`(/emergency/shift/[0-9A-Z]+)/log`).FindStringSubmatch(d.As("officer").Get("/zh/emergency/shift").Body)
	if link == nil {
		t.Fatal("no log")
	}
	d.do("officer", link[1]+"/log", url.Values{"text": {"八时三十分接班，设备正常"}})
	d.refused("officer", link[1]+"/hand", url.Values{}, http.StatusOK, "交班小结")
	d.do("officer", link[1]+"/hand", url.Values{"summary": {"平稳"}, "points": {"等待市局回复"}})
	d.refused("officer", link[1]+"/sign", nil, http.StatusOK, "交班人不能自己签字")
	if body := d.As("leader").Get("/zh/emergency/shift").Body; !strings.Contains(body, "等待市局回复") || !strings.Contains(body, "危险化学品事故（待核实）") {
		t.Error("the open points are not shown\n" + text(body))
	}
	d.do("leader", link[1]+"/sign", nil)
	if body := text(d.As("leader").Get("/zh/emergency/shift").Body); !strings.Contains(body, "接班。未结事项") {
		t.Error("the next shift does not begin with the open points\n" + body)
	}
	d.refused("officer", link[1]+"/log", url.Values{"text": {"补记"}}, http.StatusOK, "该班已交接")
}

// TestHandOver: an incident goes to another unit when that accepts it, not before.
func TestHandOver(t *testing.T) {
	d := openRoom(t)
	here := d.open()
	d.do("officer", here+"/offer", url.Values{"unit": {"power"}, "reason": {"属电力事故"}})
	unit := func() string {
		var x struct{ Unit string }
		d.As("officer").Get("/api"+here).JSON(t, &x)
		return x.Unit
	}
	if u := unit(); u == "power" {
		t.Error("it went before it was accepted")
	}
	d.do("power-officer", here+"/accept", nil)
	if u := unit(); u != "power" {
		t.Errorf("it is with %s", u)
	}
}

// TestAPI: a call centre sends reports; near ones are given back with 409.
func TestAPI(t *testing.T) {
	d := openRoom(t)
	c := d.Token("emergency-office", "operator")
	body := map[string]any{"class": "fire", "where": map[string]any{"place": "解放南路", "district": "120103", "located": true, "at": []float64{117.22, 39.07}}, "source": "call", "reporter": map[string]string{"phone": "13900005678"}}
	a := c.Send("POST", "/api/emergency/reports", body)
	if a.Status != http.StatusCreated {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a = c.Send("POST", "/api/emergency/reports", body); a.Status != http.StatusConflict || !strings.Contains(a.Body, `"near"`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	body["apart"] = true
	if a = c.Send("POST", "/api/emergency/reports", body); a.Status != http.StatusCreated {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	body["colour"] = "red"
	if a = c.Send("POST", "/api/emergency/reports", body); a.Status != http.StatusBadRequest {
		t.Errorf("an unknown member: %d", a.Status)
	}
	if a = d.Token("emergency-office", "reader").Send("POST", "/api/emergency/reports", body); a.Status != http.StatusForbidden {
		t.Errorf("a reader reports: %d", a.Status)
	}
}
