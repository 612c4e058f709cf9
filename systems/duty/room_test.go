package duty

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// plants is a small room that offers points: two plants with two points each, and their past.
func plants() host.System {
	points := []rule.Point{}
	for g := range 2 {
		for n := range 2 {
			points = append(points, rule.Point{Key: int64(g*2 + n + 1), Entity: fmt.Sprintf("urn:ngsi-ld:Device:%d%d", g, n), Name: fmt.Sprintf("LT-10%d", n+1), Group: fmt.Sprintf("urn:ngsi-ld:Plant:%d", g),
				Title: lang.T("储罐液位", "Level"), UCUM: "%", Tags: []string{"kind:level"}, Every: 10 * time.Second})
		}
	}
	past := func(_ context.Context, keys []int64, from, to int64, fn func(rule.Reading)) error {
		for at := from; at < to; at += int64(time.Minute / time.Microsecond) {
			for _, k := range keys {
				fn(rule.Reading{Key: k, At: at, Value: 50 + 45*math.Sin(float64(at-from)/float64(time.Hour/time.Microsecond))*float64(k)/4})
			}
		}
		return nil
	}
	return host.System{Name: "plants", Title: lang.T("样例企业", "Plants"), Common: true, Sections: []string{"3.3.5"}, Owners: []string{"work-safety"},
		Grants: []identity.Grant{{Name: "plants.read", Title: lang.T("查看", "See"), Roles: []string{identity.RoleOfficer}}},
		Open: func(context.Context, *host.Host) (*host.Opened, error) {
			return &host.Opened{Watched: &host.Watched{
				Points: func(context.Context) ([]rule.Point, error) { return points, nil }, Past: past,
				Curve: func(ctx context.Context, entity string, from, to time.Time) (out []rule.Reading, err error) {
					i := slices.IndexFunc(points, func(p rule.Point) bool { return p.Entity == entity })
					if i < 0 {
						return nil, nil
					}
					err = past(ctx, []int64{points[i].Key}, from.UnixMicro(), to.UnixMicro(), func(r rule.Reading) { out = append(out, r) })
					return out, err
				},
				Name: func(uri string) (lang.Text, bool) {
					return lang.T("企业"+uri[len(uri)-1:], "Plant "+uri[len(uri)-1:]), strings.HasPrefix(uri, "urn:ngsi-ld:Plant:")
				},
				Page: func(uri string) string { return "/plants/" + url.PathEscape(uri) },
			}}, nil
		}}
}

// desk is the room with the small one beside it.
type desk struct {
	*hosttest.App
	t testing.TB
}

func openDesk(t testing.TB) *desk {
	t.Helper()
	return &desk{hosttest.Open(t, plants(), System()), t}
}

// raise lets conditions come or go.
func (d *desk) raise(list ...alarm.Signal) {
	d.t.Helper()
	if err := d.DB.Write(context.Background(), func(tx *store.Tx) error { return d.Duty.Alarms.Apply(tx, list) }); err != nil {
		d.t.Fatal(err)
	}
}

// signal is the n-th condition of a plant.
func signal(d *desk, plant, n int, p rule.Priority) alarm.Signal {
	v, limit := 91.25, 80.0
	return alarm.Signal{Key: fmt.Sprintf("k%d-%d", plant, n), Source: "rule:test", Class: alarm.Process, Came: true, At: d.Clock.Now(), Priority: p, Title: lang.T(fmt.Sprintf("液位高高 %d", n), fmt.Sprintf("Level very high %d", n)),
		Advice: lang.T("停止进料", "Stop the feed"), Entity: fmt.Sprintf("urn:ngsi-ld:Device:%d%d", plant, n%2), Name: "LT-101", Group: fmt.Sprintf("urn:ngsi-ld:Plant:%d", plant), Area: "120116", System: "plants", Value: &v, Limit: &limit, UCUM: "%"}
}

func (d *desk) ids(f alarm.Filter) (out []string) {
	d.t.Helper()
	list, _, err := d.Duty.Alarms.List(context.Background(), f)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, a := range list {
		out = append(out, a.ID)
	}
	return out
}

func contains(t *testing.T, where, body string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(body, w) {
			t.Errorf("%s does not say %q", where, w)
		}
	}
}

// TestAnswer: an operator sees what stands, answers for it, shelves it with a reason and takes that back; a reader only looks.
func TestAnswer(t *testing.T) {
	d := openDesk(t)
	silent := signal(d, 0, 1, rule.High)
	silent.Class, silent.Value, silent.Limit, silent.Title = alarm.Silent, nil, nil, lang.T("测点失联", "No reading")
	d.raise(signal(d, 0, 0, rule.Critical), silent, signal(d, 1, 0, rule.Low))
	op, reader := d.As("power-operator"), d.As("reader")
	for lang, words := range map[string][]string{"zh": {"液位高高 0", "企业0 · 滨海新区", "91.25", "≥ 80", "紧急", "未确认", "失联", "确认所选", `aria-keyshortcuts="a"`}, "en": {"Level very high 0", "Plant 0 · Binhai New Area", "Critical", "Unacknowledged", "Silent"}} {
		a := op.Get("/" + lang + "/duty/alarms")
		contains(t, lang, a.Body, words...)
		if at, low := strings.Index(a.Body, `data-p="1"`), strings.Index(a.Body, `data-p="4"`); at < 0 || low < at {
			t.Errorf("critical stands at %d, low at %d", at, low)
		}
	}
	if a := reader.Get("/zh/duty/alarms"); a.Status != http.StatusOK || strings.Contains(a.Body, "data-ack") {
		t.Errorf("a reader: %d", a.Status)
	}
	ids := d.ids(alarm.Filter{})
	if a := reader.Post("/zh/duty/alarms/acknowledge", url.Values{"id": ids}); a.Status != http.StatusForbidden {
		t.Errorf("a reader acknowledged: %d", a.Status)
	}
	if a := op.Post("/zh/duty/alarms/acknowledge", url.Values{"note": {"x"}, "keep.system": {"plants"}}); a.Status != http.StatusOK || !strings.Contains(a.Body, "请先选择告警") {
		t.Errorf("nothing chosen: %d", a.Status)
	}
	a := op.Post("/zh/duty/alarms/acknowledge", url.Values{"id": ids[:1], "note": {"已派人"}, "keep.system": {"plants"}})
	if to := a.Header.Get("Location"); a.Status != http.StatusSeeOther || to != "/zh/duty/alarms?did=acknowledge&n=1&system=plants" {
		t.Fatalf("%d to %s", a.Status, to)
	}
	contains(t, "the list after it", op.Get("/zh/duty/alarms?did=acknowledge&n=1").Body, "已确认 1 条告警", "已确认")
	if a := op.Post("/zh/duty/alarms/shelve", url.Values{"one": ids[2:], "minutes": {"60"}}); !strings.Contains(a.Body, "请填写原因") {
		t.Errorf("shelved without a reason: %d", a.Status)
	}
	a = op.Post("/zh/duty/alarms/shelve", url.Values{"one": ids[2:], "minutes": {"60"}, "note": {"仪表检修"}})
	contains(t, "the list after a shelving", op.Get(a.Header.Get("Location")).Body, "已搁置 1 条告警", "撤销搁置", ids[2])
	contains(t, "the shelf", op.Get("/zh/duty/alarms/shelved").Body, "液位高高 0", "搁置至")
	op.Post("/zh/duty/alarms/unshelve", url.Values{"id": ids[2:]})
	if n := len(d.ids(alarm.Filter{})); n != 3 {
		t.Errorf("%d stand after it was taken back", n)
	}
	page := op.Get("/zh/duty/alarms/" + ids[0]).Body
	contains(t, "the page of an alarm", page, "处置建议：停止进料", "已派人", "触发", "测点曲线", "同一企业的其他告警", "测点失联", "/zh/plants/")
	op.Post("/zh/duty/alarms/"+ids[0]+"/remark", url.Values{"note": {"现场已到"}})
	contains(t, "its history", op.Get("/zh/duty/alarms/"+ids[0]).Body, "现场已到")
}

// TestFlood: in a flood what is of little priority is folded by plant; what is critical never is.
func TestFlood(t *testing.T) {
	d := openDesk(t)
	for n := range 20 {
		d.raise(signal(d, n%2, n, rule.Low))
	}
	d.raise(signal(d, 0, 100, rule.Critical))
	op := d.As("power-operator")
	body := op.Get("/zh/duty/alarms").Body
	contains(t, "a flood", body, "告警洪峰", "液位高高 100", `class="fold"`, "全部展开")
	if n := strings.Count(body, `data-p="4"`); n != 0 {
		t.Errorf("%d low alarms stand one by one", n)
	}
	if n := strings.Count(op.Get("/zh/duty/alarms?fold=0").Body, `data-p="4"`); n != 20 {
		t.Errorf("unfolded: %d", n)
	}
	if n := strings.Count(op.Get("/zh/duty/alarms?group=urn:ngsi-ld:Plant:1&fold=0").Body, `data-p="4"`); n != 10 {
		t.Errorf("of one plant: %d", n)
	}
}

// TestHolds: one person asks, another approves; alarms are out of the list meanwhile.
func TestHolds(t *testing.T) {
	d := openDesk(t)
	d.raise(signal(d, 0, 0, rule.High))
	officer, leader := d.As("officer"), d.As("leader")
	if a := d.As("power-operator").Post("/zh/duty/alarms/holds", url.Values{"scope": {"urn:ngsi-ld:Plant:0"}, "reason": {"x"}, "hours": {"8"}}); a.Status != http.StatusForbidden {
		t.Errorf("an operator asked: %d", a.Status)
	}
	if a := officer.Post("/zh/duty/alarms/holds", url.Values{"scope": {"urn:ngsi-ld:Plant:0"}, "reason": {""}, "hours": {"8"}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "urn:ngsi-ld:Plant:0") {
		t.Errorf("without a reason: %d", a.Status)
	}
	officer.Post("/zh/duty/alarms/holds", url.Values{"scope": {"urn:ngsi-ld:Plant:0"}, "reason": {"停车大修"}, "hours": {"8"}})
	list, err := d.Duty.Alarms.Holds(context.Background())
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	path := "/zh/duty/alarms/holds/" + list[0].ID
	contains(t, "the asker's page", officer.Get(path).Body, "待批准", "撤回或驳回")
	if strings.Contains(officer.Get(path).Body, path+"/approve") {
		t.Error("the asker is offered to approve")
	}
	if len(d.ids(alarm.Filter{})) != 1 {
		t.Error("held before it was approved")
	}
	if a := leader.Post(path+"/approve", nil); a.Status != http.StatusSeeOther || len(d.ids(alarm.Filter{})) != 0 {
		t.Errorf("approved: %d, %v", a.Status, d.ids(alarm.Filter{}))
	}
	contains(t, "the list of holds", leader.Get("/en/duty/alarms/holds").Body, "Plant 0", "Holds")
	if leader.Post(path+"/return", nil); len(d.ids(alarm.Filter{})) != 1 {
		t.Error("not returned")
	}
}

// TestInterface: programs list, act and take sheets.
func TestInterface(t *testing.T) {
	d := openDesk(t)
	for n := range 5 {
		d.raise(signal(d, 0, n, rule.Medium))
	}
	op := d.As("power-operator")
	var page struct {
		Alarms []struct {
			ID    string
			State string
			Place struct{ Group string }
		}
		Next   string
		Counts struct{ Open int }
	}
	op.Get("/api/duty/alarms?limit=3&system=plants").JSON(t, &page)
	if len(page.Alarms) != 3 || page.Next == "" || page.Counts.Open != 5 || page.Alarms[0].Place.Group != "urn:ngsi-ld:Plant:0" {
		t.Fatalf("%+v", page)
	}
	if a := op.Send(http.MethodPost, "/api/duty/alarms/acknowledge", map[string]any{"ids": []string{page.Alarms[0].ID}, "note": "ok"}); a.Status != http.StatusOK || !strings.Contains(a.Body, `"changed":1`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := op.Send(http.MethodPost, "/api/duty/alarms/shelve", map[string]any{"ids": []string{page.Alarms[1].ID}, "note": "检修", "minutes": 30}); a.Status != http.StatusOK {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := op.Send(http.MethodPost, "/api/duty/alarms/unshelve", map[string]any{"ids": []string{page.Alarms[1].ID}}); a.Status != http.StatusOK {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	one := op.Get("/api/duty/alarms/" + page.Alarms[1].ID).Body
	contains(t, "an alarm", one, `"verb":"shelve"`, `"verb":"unshelve"`, `"unit":"%"`)
	if csv := op.Get("/api/duty/alarms.csv").Body; strings.Count(csv, "\r\n") != 6 || !strings.Contains(csv, "91.25") {
		t.Errorf("%s", csv)
	}
	for _, bad := range []string{"priority=9", "class=x", "state=x", "order=x", "from=x", "limit=0", "hold=x", "after=x"} {
		if a := op.Get("/api/duty/alarms?" + bad); a.Status != http.StatusBadRequest {
			t.Errorf("%s gives %d", bad, a.Status)
		}
	}
}

// TestPerformance: the page and the sheet give the figures of the time that is asked for.
func TestPerformance(t *testing.T) {
	d := openDesk(t)
	for n := range 12 {
		d.raise(signal(d, 0, n, rule.Low))
	}
	d.Clock.Advance(5 * time.Minute)
	officer := d.As("officer")
	officer.Post("/zh/duty/alarms/acknowledge", url.Values{"id": d.ids(alarm.Filter{})[:6]})
	d.Clock.Advance(25 * time.Hour)
	officer = d.As("officer")
	contains(t, "the page", officer.Get("/zh/duty/performance?operators=1").Body, "每人每 10 分钟告警", "液位高高", "滞留告警", "5.0", "100.0")
	day := d.Clock.Now().Add(-25 * time.Hour).Format(time.DateOnly)
	csv := officer.Get("/api/duty/performance.csv?from=" + day + "&to=" + day).Body
	if !strings.Contains(csv, ",12,") || !strings.Contains(csv, ",12.0,") || !strings.Contains(csv, ",5.0,5.0,0,0,0,12") {
		t.Errorf("%s", csv)
	}
	for _, bad := range []string{"from=x", "operators=0", "from=2015-11-20&to=2015-11-19", "from=2014-01-01"} {
		if a := officer.Get("/api/duty/performance.csv?" + bad); a.Status != http.StatusBadRequest {
			t.Errorf("%s gives %d", bad, a.Status)
		}
	}
}
