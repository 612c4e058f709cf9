package grid_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
)

// TestContract holds this system to the contract of package host.
func TestContract(t *testing.T) {
	hosttest.Check(t, func() host.System { return declared(nil) })
}

// pages and interfaces of the room that anybody may open who may read it.
var pages = []string{"/grid", "/grid/meters", "/grid/meters/" + mine, "/grid/missing", "/grid/rereads", "/grid/concentrators", "/grid/imported", "/grid/refused", "/grid/data", "/grid/vee", "/grid/vee/rules", "/grid/vee/edits", "/grid/vee/meters/" + mine, "/grid/outages", "/grid/reliability", "/grid/reliability/core", "/grid/losses", "/grid/forecast"}

var interfaces = []string{"/api/grid/coverage", "/api/grid/meters", "/api/grid/meters.csv", "/api/grid/meters/" + mine, "/api/grid/meters/" + mine + "/day",
	"/api/grid/meters/" + mine + "/day.csv", "/api/grid/missing", "/api/grid/load", "/api/grid/load?district=120101", "/api/grid/concentrators", "/api/grid/refused", "/api/grid/rereads", "/api/grid/vee/findings", "/api/grid/vee/findings.csv", "/api/grid/vee/passes",
	"/api/grid/outages", "/api/grid/outages.csv", "/api/grid/reliability", "/api/grid/reliability.csv", "/api/grid/losses", "/api/grid/losses.csv", "/api/grid/forecast", "/api/grid/forecast.csv"}

// TestGrants: a reader reads and orders nothing, nobody sees nothing, the administrators are kept out of the room's work.
func TestGrants(t *testing.T) {
	r := withTwo(t, nil)
	var rows []hosttest.Row
	add := func(name, method, path, as string, status int) {
		rows = append(rows, hosttest.Row{Name: name + " " + path + " as " + as, Method: method, Path: path, As: as, Status: status})
	}
	for _, p := range pages {
		for _, l := range []string{"/zh", "/en"} {
			add("page", "GET", l+p, "reader", 200)
			add("page", "GET", l+p, "power-operator", 200)
			add("page", "GET", l+p, "", 303)
			add("page", "GET", l+p, "security", 403)
			add("page", "GET", l+p, "audit", 403)
		}
	}
	for _, p := range interfaces {
		add("interface", "GET", p, "reader", 200)
		add("interface", "GET", p, "token", 200)
		add("interface", "GET", p, "", 401)
		add("interface", "GET", p, "security", 403)
	}
	for as, status := range map[string]int{"": 401, "reader": 403, "system": 403, "power-operator": 202, "leader": 202, "token": 202} {
		rows = append(rows, hosttest.Row{Name: "order as " + as, Method: "POST", Path: "/api/grid/reread", As: as, Body: map[string]any{"meters": []string{mine}}, Status: status})
	}
	form := url.Values{"id": {"m-" + mine}}
	for as, status := range map[string]int{"reader": 403, "audit": 403, "power-operator": 303} {
		rows = append(rows, hosttest.Row{Name: "form as " + as, Method: "POST", Path: "/zh/grid/reread?day=2015-11-20", As: as, Form: form, Status: status})
	}
	for as, status := range map[string]int{"reader": 403, "power-operator": 403, "power-officer": 200} {
		rows = append(rows, hosttest.Row{Name: "import as " + as, Method: "POST", Path: "/api/import/grid/archive?file=a.csv&dryRun=1", As: as, Body: "x", Status: status})
	}
	r.Rows(t, rows)

	for as, may := range map[string]bool{"reader": false, "power-operator": true} {
		missing, meter, data := r.As(as).Get("/zh/grid/missing").Body, r.As(as).Get("/zh/grid/meters/"+mine).Body, r.As(as).Get("/zh/grid/data").Body
		if strings.Contains(missing, "补抄所选") != may || strings.Contains(meter, "补抄 38 点") != may {
			t.Errorf("%s is offered a re-read: list %v, meter %v", as, strings.Contains(missing, "补抄所选"), strings.Contains(meter, "补抄 38 点"))
		}
		if strings.Contains(data, "import-archive") {
			t.Errorf("%s is offered an import", as)
		}
	}
}

// TestBadParameters: what cannot be is a 4xx with words in the asker's language, never a 500 and never an empty list.
func TestBadParameters(t *testing.T) {
	r := withTwo(t, nil)
	var rows []hosttest.Row
	add := func(path string, status int, zh, en string) {
		if strings.HasPrefix(path, "/api/") {
			rows = append(rows, hosttest.Row{Name: path, Method: "GET", Path: path, As: "reader", Status: status, Has: []string{zh, en}})
			return
		}
		rows = append(rows, hosttest.Row{Name: "zh " + path, Method: "GET", Path: "/zh" + path, As: "reader", Status: status, Has: []string{zh}},
			hosttest.Row{Name: "en " + path, Method: "GET", Path: "/en" + path, As: "reader", Status: status, Has: []string{en}})
	}
	for _, path := range []string{"/grid/missing", "/grid/meters/" + mine, "/api/grid/coverage", "/api/grid/meters", "/api/grid/missing", "/api/grid/meters.csv", "/api/grid/load", "/api/grid/meters/" + mine + "/day", "/api/grid/meters/" + mine + "/day.csv"} {
		for _, day := range []string{"2015-13-01", "20151120", "yesterday", "0001-01-01"} {
			add(path+"?day="+day, 400, "无法识别", "is no date")
		}
	}
	for _, path := range []string{"/grid/meters", "/grid/missing", "/api/grid/meters", "/api/grid/missing", "/api/grid/meters.csv"} {
		add(path+"?district=999999", 400, "不是本市的行政区划代码", "is no district code")
		add(path+"?state=asleep", 400, "无法识别", "is not known")
		add(path+"?sort=colour", 400, "无法识别", "is not known")
		add(path+"?category=rich", 400, "无法识别", "is not known")
		for _, after := range []string{"x", "-1", "1.x", "99999999999"} {
			add(path+"?after="+after, 400, "翻页标记", "page mark")
		}
	}
	add("/grid/missing?state=complete", 400, "只列有缺数", "gaps only")
	for _, path := range []string{"/grid/concentrators", "/api/grid/concentrators"} {
		add(path+"?district=1", 400, "不是本市的行政区划代码", "is no district code")
		add(path+"?state=half", 400, "无法识别", "is not known")
	}
	add("/grid/concentrators?after=x", 400, "翻页标记", "page mark")
	add("/grid/refused?after=x", 400, "翻页标记", "page mark")
	add("/api/grid/refused?after=x", 400, "翻页标记", "page mark")
	add("/api/grid/load?district=1", 400, "不是本市的行政区划代码", "is no district code")
	for _, limit := range []string{"0", "-1", "10001", "ten"} {
		add("/api/grid/meters?limit="+limit, 400, "1 至 10000", "1 to 10000")
	}
	for _, path := range []string{"/grid/meters/999", "/api/grid/meters/999", "/api/grid/meters/999/day", "/api/grid/meters/999/day.csv"} {
		add(path, 404, "档案中没有电表", "is not in the archive")
	}
	for name, body := range map[string]any{
		"day": map[string]any{"day": "2015-13-01"}, "meter": map[string]any{"meters": []string{"999"}}, "field": map[string]any{"colour": 1}, "district": map[string]any{"district": "1"},
		"nothing due": map[string]any{"day": "2199-01-01", "meters": []string{mine}}, "concentrator": map[string]any{"concentrator": "9"},
	} {
		rows = append(rows, hosttest.Row{Name: "order: " + name, Method: "POST", Path: "/api/grid/reread", As: "power-operator", Body: body, Has: []string{"zh", "en"},
			Status: map[string]int{"meter": 404, "nothing due": 409, "concentrator": 409}[name]})
		if rows[len(rows)-1].Status == 0 {
			rows[len(rows)-1].Status = 400
		}
	}
	rows = append(rows, hosttest.Row{Name: "form without a tick", Method: "POST", Path: "/zh/grid/reread?day=2015-11-20", As: "power-operator", Form: url.Values{}, Status: 400, Has: []string{"请先勾选电表"}})
	r.Rows(t, rows)
}

// link finds a link of a page by its words and gives where it leads, below the language.
func link(t *testing.T, page, words string) string {
	t.Helper()
	m := regexp.MustCompile(`<a[^>]* href="/zh([^"]*)"[^>]*>` + words).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no link %q on the page", words)
	}
	return strings.ReplaceAll(m[1], "&amp;", "&")
}

// TestLists: lists are sorted by the server, page by page without a gap or a repetition; filters and order survive in every link
// and reach the exports; an order for all that match is for those and no others.
func TestLists(t *testing.T) {
	r := open(t, nil)
	var lines []string
	for i := range 130 {
		lines = append(lines, fmt.Sprintf("1000000%05d,%s", (i*37)%130, []string{near, far}[i%2])) // not in the order of their numbers
	}
	r.archive("dlt698", lines...)
	s := r.online(near)
	for i, l := range lines {
		for k := range i % 5 * 2 { // 0, 2, 4, 6 or 8 readings; only those behind near
			if address, c, _ := strings.Cut(l, ","); c == near {
				s.send(row(address, slot(k), int64(k+1)))
			}
		}
	}
	all := func(query string) (out []string, gaps []int, newest []string) {
		for after := ""; ; {
			var m meters
			r.get("/api/grid/meters?limit=7"+query+"&after="+after, &m)
			for _, x := range m.Meters {
				out, gaps, newest = append(out, x.Address), append(gaps, x.MissingSlots), append(newest, x.Newest)
			}
			if after = m.Next; after == "" {
				return out, gaps, newest
			}
		}
	}
	for _, order := range []string{"", "address", "-address", "gaps", "-gaps", "newest", "-newest"} {
		list, gaps, newest := all("&sort=" + order)
		if sorted := slices.Compact(slices.Sorted(slices.Values(list))); len(list) != 130 || len(sorted) != 130 {
			t.Errorf("sort %q: %d meters, %d different ones", order, len(list), len(sorted))
		}
		switch order {
		case "address", "-address":
			if order[0] == '-' {
				slices.Reverse(list)
			}
			if !slices.IsSorted(list) {
				t.Errorf("sort %q: %v", order, list[:10])
			}
		case "gaps", "-gaps":
			if order[0] == '-' {
				slices.Reverse(gaps)
			}
			if !slices.IsSorted(gaps) {
				t.Errorf("sort %q: %v", order, gaps)
			}
		case "newest", "-newest":
			if order[0] == '-' {
				slices.Reverse(newest)
			}
			if !slices.IsSorted(newest) {
				t.Errorf("sort %q: %v", order, newest)
			}
		}
	}
	page := func(path string) string {
		t.Helper()
		got := r.As("power-operator").Get("/zh" + path)
		if got.Status != 200 {
			t.Fatalf("%s: %d", path, got.Status)
		}
		return got.Body
	}
	const filtered = "/grid/missing?state=silent&category=residential&day=2015-11-20&q=1000000&sort=address"
	first := page(filtered)
	second := link(t, first, "下一页")
	for _, keep := range []string{"state=silent", "category=residential", "day=2015-11-20", "q=1000000", "sort=address", "after="} {
		if !strings.Contains(second, keep) {
			t.Errorf("the next page loses %q: %s", keep, second)
		}
	}
	turned := link(t, first, "应到比例")
	for _, keep := range []string{"state=silent", "category=residential", "day=2015-11-20", "sort=-gaps"} {
		if !strings.Contains(turned, keep) {
			t.Errorf("the link to sort loses %q: %s", keep, turned)
		}
	}
	if strings.Contains(turned, "after=") {
		t.Errorf("the link to sort goes on in the middle: %s", turned)
	}
	shown := r.pageRows("/zh"+filtered, "m-")
	if !slices.IsSorted(shown) || len(shown) != 65+13 { // behind far all, behind near each fifth
		t.Errorf("%d silent meters on the pages", len(shown))
	}
	export := regexp.MustCompile(`href="(/api/grid/meters\.csv[^"]*)"`).FindStringSubmatch(first)
	if export == nil {
		t.Fatal("no export")
	}
	csv := r.As("reader").Get(strings.ReplaceAll(export[1], "&amp;", "&")).Body
	if n := strings.Count(csv, "\n"); n != len(shown)+1 {
		t.Errorf("the export of %s has %d lines for %d meters", export[1], n, len(shown))
	}
	// the form of the list asks for what the list shows
	action := regexp.MustCompile(`action="/zh(/grid/reread[^"]*)"`).FindStringSubmatch(first)
	if action == nil {
		t.Fatal("no form to read again")
	}
	got := r.As("power-operator").Post("/zh"+strings.ReplaceAll(action[1], "&amp;", "&"), url.Values{"all": {"1"}})
	if got.Status != 303 || !strings.Contains(got.Header.Get("Location"), "/grid/rereads/") {
		t.Fatalf("order: %d %s", got.Status, got.Body)
	}
	var list struct {
		Rereads []struct{ Meters int }
	}
	r.get("/api/grid/rereads", &list)
	if len(list.Rereads) != 1 || list.Rereads[0].Meters != len(shown) {
		t.Errorf("ordered: %+v, the list has %d", list.Rereads, len(shown))
	}
	// the last page, and a list of nothing
	if body := page("/grid/meters?q=777"); !strings.Contains(body, "没有符合条件的电表") || strings.Contains(body, "下一页") {
		t.Error("an empty list does not say so")
	}
	if body := page("/grid/missing?day=2014-01-01&q=777"); !strings.Contains(body, "当日应到的数据全部到齐") {
		t.Error("an empty missing list does not say so")
	}
	// another day's list speaks of that day
	if body := page("/grid/missing?day=2015-11-19"); !strings.Contains(body, "当日已到") || strings.Contains(body, "今日已到") || !strings.Contains(body, "应到 96 个时段") {
		t.Error("the list of yesterday speaks of today")
	}
}

// TestEmptyRoom: before anything has come every page says what to do, and no figure is made up.
func TestEmptyRoom(t *testing.T) {
	r := open(t, nil)
	for path, words := range map[string]string{
		"/zh/grid": "还没有电表档案", "/en/grid": "There are no meters yet", "/zh/grid/meters": "没有符合条件的电表", "/zh/grid/concentrators": "没有集中器",
		"/zh/grid/imported": "还没有导入区间数据", "/zh/grid/refused": "没有拒收的报文", "/zh/grid/rereads": "还没有补抄", "/en/grid/refused": "No frame was refused",
	} {
		if got := r.As("reader").Get(path); got.Status != 200 || !strings.Contains(got.Body, words) {
			t.Errorf("%s (%d) does not say %q", path, got.Status, words)
		}
	}
	var x target
	r.get("/api/plan/targets/collection-coverage", &x)
	if x.Value != nil || x.State != "not-connected" {
		t.Errorf("coverage of no meters: %v, state %s", x.Value, x.State)
	}
}
