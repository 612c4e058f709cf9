package grid_test

import (
	"net/url"
	"testing"

	"github.com/haihe-city/haihe/host/hosttest"
)

// TestForecastPages: the page stands without data, limits are set by who may and refused where they are none.
func TestForecastPages(t *testing.T) {
	r := workedCity(t)
	limit := func(district, mw string) url.Values { return url.Values{"district": {district}, "mw": {mw}} }
	r.Rows(t, []hosttest.Row{
		{Name: "page", Path: "/zh/grid/forecast", As: "reader", Status: 200, Has: []string{"负荷预测", "未设负荷限值"}, Lacks: []string{"/grid/forecast/limit"}},
		{Name: "district", Path: "/en/grid/forecast?district=120101", As: "power-officer", Status: 200, Has: []string{"Heping", "/grid/forecast/limit"}},
		{Name: "no district", Path: "/en/grid/forecast?district=1", As: "reader", Status: 400},
		{Name: "interface", Path: "/api/grid/forecast?district=120101", As: "reader", Status: 200, Has: []string{`"district":"120101"`, `"days"`}},
		{Name: "sheet", Path: "/api/grid/forecast.csv", As: "reader", Status: 200, Has: []string{"district,at,forecast_mw,load_mw"}},
		{Name: "no sheet", Path: "/api/grid/forecast.csv?district=1", As: "reader", Status: 400},
		{Name: "who may not", Method: "POST", Path: "/zh/grid/forecast/limit", As: "reader", Form: limit("120101", "5"), Status: 403},
		{Name: "no number", Method: "POST", Path: "/zh/grid/forecast/limit", As: "power-officer", Form: limit("120101", "much"), Status: 422, Has: []string{"负荷限值应为"}},
		{Name: "NaN", Method: "POST", Path: "/zh/grid/forecast/limit", As: "power-officer", Form: limit("120101", "NaN"), Status: 422},
		{Name: "set", Method: "POST", Path: "/zh/grid/forecast/limit", As: "power-officer", Form: limit("120101", "5.5"), Status: 303},
		{Name: "kept", Path: "/zh/grid/forecast?district=120101", As: "power-officer", Status: 200, Has: []string{`value="5.5"`}, Lacks: []string{"未设负荷限值"}},
		{Name: "taken away", Method: "POST", Path: "/zh/grid/forecast/limit", As: "power-officer", Form: limit("120101", ""), Status: 303},
		{Name: "gone", Path: "/zh/grid/forecast?district=120101", As: "reader", Status: 200, Has: []string{"未设负荷限值"}},
	})
}
