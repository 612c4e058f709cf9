package grid_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/series"
	simulated "github.com/haihe-city/haihe/simulate/grid"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
)

// TestValidation: an officer has a day checked; the list, the meter's day, the interface and the sheet say what was found and by
// which method a gap was estimated; an edit and its way back go through the forms, with reasons.
func TestValidation(t *testing.T) {
	r := withTwo(t, nil)
	day, _ := book.ParseDay("2015-11-19")
	r.registers(func(b *series.Batch, num func(string) int64) {
		for k := range book.SlotsPerDay {
			register := int64(5_000_000 + k*1000)
			if k == 30 {
				register += 9_000_000
			}
			if k < 50 || k >= 54 {
				b.Add(num(mine), day.Start()+int64(k)*book.SlotMicros, series.Measured, register, 4000, 2200+int64(k%7))
			}
		}
	})
	run := url.Values{"day": {"2015-11-19"}}
	r.Rows(t, []hosttest.Row{
		{Name: "run", Method: "POST", Path: "/zh/grid/vee/run", As: "reader", Form: run, Status: 403},
		{Name: "run", Method: "POST", Path: "/zh/grid/vee/run", As: "power-operator", Form: run, Status: 403},
		{Name: "run today", Method: "POST", Path: "/zh/grid/vee/run", As: "power-officer", Form: url.Values{"day": {"2015-11-20"}}, Status: 409, Has: []string{"尚未结束"}},
		{Name: "run", Method: "POST", Path: "/zh/grid/vee/run", As: "power-officer", Form: run, Status: 303},
	})
	var list struct {
		Passes []struct {
			Day, State     string
			Meters, Failed int64
		}
	}
	r.until("the day is checked", func() bool {
		r.get("/api/grid/vee/passes", &list)
		return len(list.Passes) > 0 && list.Passes[0].Day == "2015-11-19" && list.Passes[0].State == "done"
	})
	if p := list.Passes[0]; p.Meters < 2 || p.Failed != 0 {
		t.Errorf("%+v", p)
	}
	of, edit := "/grid/vee/meters/"+mine, "/zh/grid/vee/meters/"+mine+"/edit"
	form := func(register, reason string) url.Values {
		return url.Values{"day": {"2015-11-19"}, "slot": {"30"}, "register": {register}, "power": {""}, "reason": {reason}}
	}
	r.Rows(t, []hosttest.Row{
		{Name: "list", Path: "/zh/grid/vee?day=2015-11-19", As: "reader", Status: 200, Has: []string{"突变", mine, "缺 4 个时段", "07:30", "完成"}, Lacks: []string{"/grid/vee/run"}},
		{Name: "list", Path: "/en/grid/vee?day=2015-11-19&sort=meter&severity=3", As: "power-officer", Status: 200, Has: []string{"Spike", "leaves the readings beside it", "/grid/vee/run"}},
		{Name: "filter", Path: "/zh/grid/vee?day=2015-11-19&rule=missing&district=120119", As: "reader", Status: 200, Has: []string{"没有符合条件的校核结果"}},
		{Name: "rules", Path: "/zh/grid/vee/rules?day=2015-11-19", As: "reader", Status: 200, Has: []string{"电流互感器反接", "2015-11-19"}},
		{Name: "rules", Path: "/en/grid/vee/rules?day=2015-01-01", As: "reader", Status: 200, Has: []string{"Nothing was found on these days"}},
		{Name: "meter", Path: "/zh" + of + "?day=2015-11-19", As: "reader", Status: 200, Has: []string{"线性内插", "突变", "1403.0000"}, Lacks: []string{edit}},
		{Name: "meter", Path: "/en" + of + "?day=2015-11-19", As: "power-officer", Status: 200, Has: []string{"Linear interpolation", "Edit the register of a slot"}},
		{Name: "from the meter's page", Path: "/zh/grid/meters/" + mine, As: "reader", Status: 200, Has: []string{of}},
		{Name: "interface", Path: "/api/grid/vee/findings?day=2015-11-19&rule=spike", As: "reader", Status: 200, Has: []string{`"total":1`, `"slots":[30]`, `"rule":"spike"`}},
		{Name: "sheet", Path: "/api/grid/vee/findings.csv?day=2015-11-19", As: "reader", Status: 200, Has: []string{"2015-11-19," + mine + ",", ",spike,3,07:30,"}},
		{Name: "edits", Path: "/zh/grid/vee/edits", As: "reader", Status: 200, Has: []string{"突变 / Spike"}},
		{Name: "day", Path: "/zh/grid/vee?day=gestern", As: "reader", Status: 400, Has: []string{"无法识别"}},
		{Name: "rule", Path: "/en/grid/vee?rule=theft", As: "reader", Status: 400, Has: []string{"there is no rule"}},
		{Name: "district", Path: "/en/grid/vee?district=1", As: "reader", Status: 400},
		{Name: "severity", Path: "/api/grid/vee/findings?severity=9", As: "reader", Status: 400},
		{Name: "sort", Path: "/api/grid/vee/findings.csv?sort=colour", As: "reader", Status: 400},
		{Name: "mark", Path: "/en/grid/vee?after=9~x~spike", As: "reader", Status: 400, Has: []string{"page mark"}},
		{Name: "no meter", Path: "/en/grid/vee/meters/999", As: "reader", Status: 404},
		{Name: "no edit", Path: "/en/grid/vee/edits/999", As: "reader", Status: 404},
		{Name: "nobody", Path: "/zh/grid/vee", Status: 303},
		{Name: "edit as reader", Method: "POST", Path: edit, As: "reader", Form: form("503", "与现场表码核对"), Status: 403},
		{Name: "no reason", Method: "POST", Path: edit, As: "power-officer", Form: form("503", ""), Status: 422, Has: []string{"请写明理由"}},
		{Name: "no number", Method: "POST", Path: edit, As: "power-officer", Form: form("5,03", "与现场表码核对"), Status: 422, Has: []string{"无法识别"}},
		{Name: "five decimals", Method: "POST", Path: edit, As: "power-officer", Form: form("503.00001", "与现场表码核对"), Status: 422},
		{Name: "edit", Method: "POST", Path: edit, As: "power-officer", Form: form("503.0000", "与现场表码核对"), Status: 303},
		{Name: "twice", Method: "POST", Path: edit, As: "power-officer", Form: form("503.0000", "与现场表码核对"), Status: 422, Has: []string{"请先撤销"}},
		{Name: "edited", Path: "/zh" + of + "?day=2015-11-19", As: "reader", Status: 200, Has: []string{"人工填入", "1403.0000", "与现场表码核对"}},
	})
	m := regexp.MustCompile(`/zh(/grid/vee/edits/[0-9A-Z]+)"`).FindStringSubmatch(r.As("reader").Get("/zh/grid/vee/edits").Body)
	if m == nil {
		t.Fatal("the edit is not in the list")
	}
	undo := url.Values{"reason": {"现场复核后原值无误"}}
	r.Rows(t, []hosttest.Row{
		{Name: "one edit", Path: "/en" + m[1], As: "reader", Status: 200, Has: []string{"503.0000"}, Lacks: []string{"/undo"}},
		{Name: "undo as reader", Method: "POST", Path: "/zh" + m[1] + "/undo", As: "reader", Form: undo, Status: 403},
		{Name: "undo without a reason", Method: "POST", Path: "/zh" + m[1] + "/undo", As: "power-officer", Form: url.Values{"reason": {" "}}, Status: 422, Has: []string{"请写明理由"}},
		{Name: "undo", Method: "POST", Path: "/zh" + m[1] + "/undo", As: "power-officer", Form: undo, Status: 303},
		{Name: "undo twice", Method: "POST", Path: "/zh" + m[1] + "/undo", As: "power-officer", Form: undo, Status: 409},
		{Name: "undone", Path: "/zh" + m[1], As: "reader", Status: 200, Has: []string{"已撤销", "现场复核后原值无误"}},
	})
	if body := r.As("reader").Get("/zh" + of + "?day=2015-11-19").Body; strings.Contains(body, "人工填入") {
		t.Error("the edit still stands")
	}
}

// TestSimulatedCityIsClean: the curves of the simulated city, whose shapes are others than those that the rules were tried on, give
// no rule a reason to speak on more than five days in a thousand.
func TestSimulatedCityIsClean(t *testing.T) {
	const meters, days = 300, 40
	city, err := simulated.NewCity(simulated.Options{Meters: meters, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	first, _ := book.ParseDay("2015-10-12")
	k, wrong, judged := rule.NewChecker(rule.Limits{}), map[rule.Rule]int{}, 0
	for i := range city.Meters() {
		m := &city.Meters()[i]
		s := rule.NewStat()
		for n := range book.Day(days) {
			var d rule.Day
			rule.Begin(&d, first+n, &s)
			for q := range book.SlotsPerDay {
				at := time.UnixMicro((first + n).Start() + int64(q)*book.SlotMicros)
				d.Put(at.UnixMicro(), 120_000_000, series.Measured, city.Register(m, at), city.Power(m, at), city.Voltage(m, at))
			}
			found := k.Check(&d, &s)
			if n >= 14 {
				judged++
				for _, f := range found {
					if wrong[f.Rule]++; wrong[f.Rule] < 4 {
						t.Logf("%s %s: %s %s", m.Address, d.Day, f.Rule, f.Text().En)
					}
				}
			}
			k.Take(&d, &s)
		}
	}
	for r, n := range wrong {
		t.Logf("%s: %d of %d days", r, n, judged)
		if float64(n) > 0.005*float64(judged) {
			t.Errorf("%s is false on %.2f %% of the days", r, 100*float64(n)/float64(judged))
		}
	}
}
