package grid_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/series"
	simulated "github.com/haihe-city/haihe/simulate/grid"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/ledger"
)

// losses is the answer of the interface.
type losses struct {
	Total int
	Areas []struct {
		Area, State, Day                                        string
		SuppliedKWh, SoldKWh, LossPercent                       float64
		Meters, MetersEstimated, MetersMissing, MetersBackwards int64
	}
}

func (r *room) losses(query string) (x losses) {
	r.t.Helper()
	r.get("/api/grid/losses?"+query, &x)
	return x
}

// registers puts samples of meters in the archive's order: slot 0 of days, in 0.0001 kWh.
func (r *room) registers(add func(b *series.Batch, num func(address string) int64)) {
	r.t.Helper()
	table, err := r.Series.Declare(r.t.Context(), ledger.Family)
	if err != nil {
		r.t.Fatal(err)
	}
	nums := map[string]int64{}
	err = r.Entities.Each(r.t.Context(), entity.Query{Type: book.TypeMeter}, func(e *entity.Entity) error { nums[book.Tail(e.ID)] = e.Num; return nil })
	if err != nil {
		r.t.Fatal(err)
	}
	var b series.Batch
	add(&b, func(address string) int64 { return nums[address] })
	const chunk = 10_000
	for from := 0; from < b.Len(); from += chunk {
		to := min(from+chunk, b.Len())
		part := series.Batch{Keys: b.Keys[from:to], Times: b.Times[from:to], Quality: b.Quality[from:to]}
		for _, v := range b.Values {
			part.Values = append(part.Values, v[from:to])
		}
		if err := r.DB.Write(r.t.Context(), func(tx *store.Tx) error { return table.Append(tx, &part) }); err != nil {
			r.t.Fatal(err)
		}
	}
}

// TestLosses: areas worked out by hand, with a meter that is missing, one that is estimated, one that runs backwards and one whose
// register begins anew.
func TestLosses(t *testing.T) {
	r := workedCity(t)
	d := book.DayOf(r.Clock.Now().UnixMicro()) - 1
	r.registers(func(b *series.Batch, num func(string) int64) {
		for i := 1; i <= 20; i++ {
			address := fmt.Sprintf("%012d", i)
			from, to, q := int64(1_000_000), int64(1_000_000+100_000), series.Measured // 10 kWh
			switch i {
			case 2:
				q = series.Estimated
			case 3:
				continue // nothing came
			case 4:
				to = from - 5
			case 5:
				from, to = 9_999_999_000, 99_000
			}
			b.Add(num(address), d.Start(), series.Measured, from, series.Null, series.Null)
			b.Add(num(address), (d + 1).Start(), q, to, series.Null, series.Null)
		}
	})
	text := "area,day,start,energy_kwh\n" +
		"200000000001," + d.String() + ",,50\n" + // 40 sold by 4 of 6
		"200000000002," + d.String() + ",,44\n" + // 40 sold: 9.09 %
		"200000000003," + d.String() + ",,99\n" + // 100 sold: -1.01 %
		feederB + ",," + d.String() + " 00:00,102\n" // a quarter hour of 96
	bad := text + "nowhere," + d.String() + ",,5\n" + "200000000001," + (d + 1).String() + ",,5\n" + "200000000002,yesterday,,5\n"
	got := r.importFile("supply", "bad.csv", []byte(bad), false)
	if got.Refused != 3 || got.Stopped == nil || len(got.lines) != 3 || r.losses("").Total != 0 {
		t.Fatalf("%+v %v", got.Result, got.lines)
	}
	if got := r.importFile("supply", "supply.csv", []byte(text), true); got.Taken != 4 || r.losses("").Total != 0 {
		t.Fatalf("dry run: %+v", got.Result)
	}
	if got := r.importFile("supply", "supply.csv", []byte(text), false); got.Counts["new"] != 4 {
		t.Fatalf("%+v", got.Result)
	}
	r.until("the sums", func() bool { x := r.losses("sort=area"); return x.Total == 3 && r.losses("kind=feeder").Total == 1 })
	x := r.losses("sort=area").Areas
	if a := x[0]; a.SoldKWh != 40 || a.Meters != 6 || a.MetersEstimated != 1 || a.MetersMissing != 1 || a.MetersBackwards != 1 || a.State != "unjudged" {
		t.Errorf("the area that lacks much: %+v", a)
	}
	if a := x[1]; a.SoldKWh != 40 || a.LossPercent != 9.0909 || a.State != "high" {
		t.Errorf("the high one: %+v", a)
	}
	if a := x[2]; a.SoldKWh != 100 || a.State != "negative" {
		t.Errorf("the negative one: %+v", a)
	}
	if a := r.losses("kind=feeder").Areas[0]; a.SoldKWh != 100 || a.State != "unjudged" {
		t.Errorf("the feeder of one quarter hour: %+v", a)
	}
	if got := r.importFile("supply", "supply.csv", []byte(text), false); got.Counts["unchanged"] != 4 {
		t.Errorf("again: %+v", got.Result)
	}
	limits := url.Values{"high": {"10"}, "low": {"-1"}, "missing": {"2"}, "score": {"25"}}
	wrong := url.Values{"high": {"101"}, "low": {"-1"}, "missing": {"2"}, "score": {"25"}}
	r.Rows(t, []hosttest.Row{
		{Name: "page", Path: "/zh/grid/losses", As: "reader", Status: 200, Has: []string{"200000000002", "9.09", "高损", "负损", "缺数 1", "倒走 1", "含估算 1"}, Lacks: []string{"/grid/losses/limits", "/grid/suspects"}},
		{Name: "feeders", Path: "/en/grid/losses?kind=feeder", As: "reader", Status: 200, Has: []string{"supply 1 of 96 quarter hours", "Too little data"}},
		{Name: "sheet", Path: "/api/grid/losses.csv?state=high", As: "reader", Status: 200, Has: []string{"200000000002,transformer,120101," + d.String() + ",44.0000,40.0000,9.0909,96,4,0,0,0,high"}},
		{Name: "area", Path: "/en/grid/losses/200000000002", As: "reader", Status: 200, Has: []string{d.String(), "9.09"}, Lacks: []string{"Meters to inspect"}},
		{Name: "no such area", Path: "/en/grid/losses/nowhere", As: "reader", Status: 404},
		{Name: "kind", Path: "/en/grid/losses?kind=moon", As: "reader", Status: 400},
		{Name: "state", Path: "/api/grid/losses?state=thief", As: "reader", Status: 400},
		{Name: "day", Path: "/api/grid/losses?day=today", As: "reader", Status: 400},
		{Name: "order", Path: "/api/grid/losses.csv?sort=colour", As: "reader", Status: 400},
		{Name: "mark", Path: "/en/grid/losses?after=x", As: "reader", Status: 400},
		{Name: "suspects are not for all", Path: "/zh/grid/suspects", As: "reader", Status: 403},
		{Name: "nor one", Path: "/zh/grid/suspects/000000000001", As: "reader", Status: 403},
		{Name: "nor the sheet", Path: "/api/grid/suspects.csv", As: "reader", Status: 403},
		{Name: "limits are not for all", Method: "POST", Path: "/zh/grid/losses/limits", As: "reader", Form: limits, Status: 403},
		{Name: "wrong limit", Method: "POST", Path: "/zh/grid/losses/limits", As: "power-officer", Form: wrong, Status: 422, Has: []string{"高损限值应为 0 至 100"}},
		{Name: "limit", Method: "POST", Path: "/zh/grid/losses/limits", As: "power-officer", Form: limits, Status: 303},
		{Name: "held", Path: "/api/grid/losses.csv?state=high", As: "reader", Status: 200, Lacks: []string{"200000000002"}},
	})
}

// TestTheftsThroughTheProgram: a simulated city of 800 meters in four areas, 35 days of registers and supplies from files; the meters at
// the top of the list are those that were tampered with, an officer records what was found, and nothing calls anybody a thief.
func TestTheftsThroughTheProgram(t *testing.T) {
	r := open(t, nil)
	city, err := simulated.NewCity(simulated.Options{Meters: 800, PerConcentrator: 200, Districts: []simulated.District{{Code: "120104", Weight: 1}}, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	var archive strings.Builder
	if err := city.WriteArchive(&archive); err != nil {
		t.Fatal(err)
	}
	if got := r.importFile("archive", "archive.csv", []byte(archive.String()), false); got.Taken != 800 {
		t.Fatalf("%+v", got.Result)
	}
	const days = 35
	today := book.DayOf(r.Clock.Now().UnixMicro())
	first := today - days
	thefts, err := city.Thefts(simulated.Theft{Share: 0.01, Away: 0.01, From: (first + 15).Date(), Over: 8})
	if err != nil {
		t.Fatal(err)
	}
	r.registers(func(b *series.Batch, num func(string) int64) {
		for i := range city.Meters() {
			m := &city.Meters()[i]
			for d := first; d <= today; d++ {
				b.Add(num(m.Address), d.Start(), series.Measured, thefts.Shown(m, d.Date()), series.Null, series.Null)
				b.Add(num(m.Address), d.Start()+20*book.SlotMicros, series.Measured, thefts.Shown(m, d.Date().Add(5*time.Hour)), series.Null, series.Null)
			}
		}
	})
	var supplies strings.Builder
	supplies.WriteString("area,day,energy_kwh\n")
	for _, area := range city.Areas() {
		for d := first; d < today; d++ {
			fmt.Fprintf(&supplies, "%s,%s,%.4f\n", area[0].Concentrator, d, float64(thefts.Supplied(area, d.Date(), (d+1).Date()))/1e4)
		}
	}
	if got := r.importFile("supply", "supply.csv", []byte(supplies.String()), false); got.Counts["new"] != 4*days {
		t.Fatalf("%+v %v", got.Result, got.lines)
	}
	truth, seen := map[string]bool{}, 0
	for _, x := range thefts.Truth() {
		truth[x.Meter] = true
		if x.Kind != "theft-night" { // a third of a home's night drowns in what the lines lose
			seen++
		}
	}
	var list struct {
		Total  int
		Meters []struct {
			Meter, Since string
			Score        int
			Clues        []struct{ Kind string }
		}
	}
	hits := 0
	r.until("the clues", func() bool { // area by area
		r.get("/api/grid/suspects", &list)
		hits = 0
		for _, m := range list.Meters[:min(seen, len(list.Meters))] {
			if truth[m.Meter] {
				hits++
			}
		}
		return hits*10 >= seen*8
	})
	for i, m := range list.Meters[1:] {
		if m.Score > list.Meters[i].Score {
			t.Errorf("the list is out of order: %+v", list.Meters)
		}
	}
	t.Logf("%d thefts among 800 meters, %d of them by day, as many away; %d of the first %d of the list", len(truth), seen, hits, seen)
	top := "/grid/suspects/" + list.Meters[0].Meter
	r.Rows(t, []hosttest.Row{
		{Name: "list", Path: "/zh/grid/suspects", As: "power-officer", Status: 200, Has: []string{list.Meters[0].Meter, "不是认定", "用电下降"}, Lacks: []string{"窃电"}},
		{Name: "clues", Path: "/en" + top, As: "power-officer", Status: 200, Has: []string{"Against its own past", "What to look at", "no verdict", "changed here"}, Lacks: []string{"theft", "thief"}},
		{Name: "nowhere", Path: "/en/grid/suspects/999999999999", As: "power-officer", Status: 404},
		{Name: "nothing chosen", Method: "POST", Path: "/zh" + top + "/finding", As: "power-officer", Form: url.Values{"note": {"x"}}, Status: 422, Has: []string{"请选择检查结果"}},
		{Name: "nothing seen", Method: "POST", Path: "/zh" + top + "/finding", As: "power-officer", Form: url.Values{"result": {"normal"}}, Status: 422, Has: []string{"请填写现场情况"}},
		{Name: "who may not", Method: "POST", Path: "/zh" + top + "/finding", As: "reader", Form: url.Values{"result": {"normal"}, "note": {"x"}}, Status: 403},
		{Name: "found", Method: "POST", Path: "/zh" + top + "/finding", As: "power-officer", Form: url.Values{"result": {"wiring"}, "note": {"phases crossed at the box"}}, Status: 303},
		{Name: "kept", Path: "/zh" + top, As: "power-officer", Status: 200, Has: []string{"接线错误，已更正。phases crossed at the box"}},
		{Name: "sheet", Path: "/api/grid/suspects.csv", As: "power-officer", Status: 200, Has: []string{"meter,area,district,score,since,clues", list.Meters[0].Meter}},
		{Name: "area's meters", Path: "/zh/grid/losses/" + city.Areas()[0][0].Concentrator, As: "power-officer", Status: 200, Has: []string{"建议检查的电表"}},
		{Name: "district", Path: "/zh/grid/suspects?district=1", As: "power-officer", Status: 400},
	})
}
