package pages

import (
	"fmt"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/loss"
	"github.com/haihe-city/haihe/systems/grid/order"
	"github.com/haihe-city/haihe/systems/grid/vee"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// eventDays is how far back a meter's page tells of its outages.
const eventDays = 90

// related are the pages of the room's parts that know of a meter; a part adds its own here.
func related(m book.Meter, d book.Day) []struct {
	grant string
	fact  ui.Fact
} {
	return []struct {
		grant string
		fact  ui.Fact
	}{
		{grantRead, ui.Fact{Name: lang.T("数据质量", "Quality"), Value: lang.T("当日校核结果、估算方法与编辑", "findings, estimates and edits of the day"), Href: vee.Tab.Href + "/meters/" + m.Address + "?day=" + d.String()}},
		{grantRead, ui.Fact{Name: lang.T("所在线路停电", "Outages of its feeder"), Value: lang.Same(m.Feeder), Href: "/grid/outages?feeder=" + m.Feeder}},
		{grantRead, ui.Fact{Name: order.Tab.Text, Value: lang.T("停复电、校时等操作及其结果", "orders to this meter and how they ended"), Href: order.Tab.Href + "?meter=" + m.Address}},
		{loss.GrantInspect, ui.Fact{Name: lang.T("用电异常线索", "Clues"), Value: lang.T("线索、依据与检查记录，不作认定", "clues, what they rest on, inspections; no verdict"), Href: "/grid/suspects/" + m.Address}},
	}
}

// beside is what the other parts know of a meter: its outages, and the pages that lead on.
func (s *Part) beside(r *web.Request, m book.Meter, d book.Day) (ui.Columns, error) {
	facts := ui.Facts{ID: "meter-related", Title: lang.T("相关信息", "More of this meter")}
	for _, x := range related(m, d) {
		if r.Who.Can(x.grant) {
			facts.Items = append(facts.Items, x.fact)
		}
	}
	to := (d + 1).Date()
	dark, err := s.o.Dark(r.Context(), m, to.AddDate(0, 0, -eventDays), to)
	if err != nil {
		return ui.Columns{}, err
	}
	t := ui.Timeline{ID: "meter-events", Title: lang.T(fmt.Sprintf("近 %d 天停电", eventDays), fmt.Sprintf("Outages, last %d days", eventDays)), Empty: lang.T("没有停电记录。", "No outage is known.")}
	for i := len(dark) - 1; i >= 0; i-- {
		x := dark[i]
		e := ui.Event{At: x.From, Kind: "bad", Who: x.Cause, What: lang.T("停电，尚未恢复", "without supply, not restored yet")}
		if !x.To.IsZero() {
			min := ui.Num(x.To.Sub(x.From).Minutes(), 1)
			e.Kind, e.What = "", lang.T("停电 "+min+" 分钟，"+x.To.In(book.China).Format("01-02 15:04")+" 恢复", "without supply for "+min+" min, restored "+x.To.In(book.China).Format("01-02 15:04"))
		}
		t.Items = append(t.Items, e)
	}
	return ui.Columns{Wide: -1, Cols: [][]ui.Block{{t}, {facts}}}, nil
}
