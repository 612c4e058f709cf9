package forecast

import (
	"context"
	"math"

	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/forecast/model"
	"github.com/haihe-city/haihe/web/ui"
)

// mapLegend are the classes of the map, which runs from the least load to the greatest: what a district's peak is of the greatest one.
var mapLegend = []lang.Text{lang.Same("<20%"), lang.Same("20%"), lang.Same("40%"), lang.Same("60%"), lang.Same("≥80%")}

// districtMap is tomorrow's peak of every district, beside what it draws now.
func (p *Part) districtMap(ctx context.Context, today book.Day) (ui.Map, error) {
	m := ui.Map{ID: "forecast-map", Title: lang.T("各区明日预测高峰（MW）", "Tomorrow's peak by district (MW)"), Legend: mapLegend}
	peaks, most := make([]float64, len(region.Districts)), 0.0
	for i, d := range region.Districts {
		days, err := p.days(ctx, d.Code, today, today+1)
		if err != nil {
			return m, err
		}
		so, err := p.o.Load(ctx, d.Code, today)
		if err != nil {
			return m, err
		}
		step, mw := model.Peak(days[today+1].Said)
		a := ui.Area{Code: d.Code, Class: -1, Text: lang.T("暂无预测", "no forecast"), Href: path + "?district=" + d.Code}
		at := ui.None
		if step >= 0 {
			peaks[i], most = mw, max(most, mw)
			a.Value, a.Text, at = mw, lang.Same(ui.Num(mw, 3)+" MW"), clock(step)
		}
		now := ui.None
		for _, v := range so {
			if !math.IsNaN(v) {
				now = ui.Num(v, 3) + " MW"
			}
		}
		a.Rows = []ui.Fact{{Name: lang.T("高峰时刻", "At"), Value: lang.Same(at)}, {Name: lang.T("当前负荷", "Load now"), Value: lang.Same(now)}}
		m.Areas = append(m.Areas, a)
	}
	for i := range m.Areas {
		if peaks[i] > 0 {
			m.Areas[i].Class = min(4, int(5*peaks[i]/most))
		}
	}
	return m, nil
}
