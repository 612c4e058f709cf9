package pages

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/order"
	"github.com/haihe-city/haihe/systems/grid/reread"
	"github.com/haihe-city/haihe/systems/grid/vee"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var stateText = map[book.State]lang.Text{
	book.Collected: lang.T("按时采集", "Collected"),
	book.Late:      lang.T("迟到", "Late"),
	book.Estimated: lang.T("估计", "Estimated"),
	book.Missing:   lang.T("缺数", "Missing"),
	book.Future:    lang.T("未到时间", "Not due"),
}

// slotReading is one quarter hour of a meter's day: its state and what was read.
type slotReading struct {
	Slot  int        `json:"slot"`
	State book.State `json:"state"`
	values
}

// values are what was read, and when.
type values struct {
	Time    string `json:"time"` // RFC 3339, China
	Energy  *ratio `json:"energyKWh"`
	Power   *ratio `json:"powerKW"`
	Voltage *ratio `json:"voltageV"`
}

func valuesOf(x series.Sample) values {
	return values{time.UnixMicro(x.At).In(book.China).Format(time.RFC3339), scaled(x.Values[0], 4), scaled(x.Values[1], 4), scaled(x.Values[2], 1)}
}

// ratio is a scaled integer that is written as a decimal number, exactly.
type ratio struct {
	value    int64
	decimals int
}

// MarshalJSON writes the number without passing through a float.
func (r ratio) MarshalJSON() ([]byte, error) { return []byte(r.String()), nil }

func (r ratio) String() string {
	sign, v := "", r.value
	if v < 0 {
		sign, v = "-", -v
	}
	pow := int64(math.Pow10(r.decimals))
	return fmt.Sprintf("%s%d.%0*d", sign, v/pow, r.decimals, v%pow)
}

// Float is the nearest float, the one that String parses to.
func (r ratio) Float() float64 { return float64(r.value) / math.Pow10(r.decimals) }

func scaled(v int64, decimals int) *ratio {
	if v == series.Null {
		return nil
	}
	return &ratio{v, decimals}
}

// dayOfMeter is a meter's day, slot by slot, and the samples that stand beside every slot.
func (s *Part) dayOfMeter(ctx context.Context, m book.Meter, d book.Day, due int) (rows []slotReading, beside []values, err error) {
	samples, err := s.o.Ledger.Meter(ctx, m.Num, d)
	if err != nil {
		return nil, nil, err
	}
	var st book.Slots
	rows, beside = make([]slotReading, book.SlotsPerDay), []values{}
	for i := range rows {
		rows[i] = slotReading{Slot: i, values: values{Time: time.UnixMicro(d.Start() + int64(i)*book.SlotMicros).In(book.China).Format(time.RFC3339)}}
	}
	for _, sm := range samples {
		sd, i, ok := book.SlotAt(sm.At, s.o.Tolerance)
		if !ok || sd != d {
			beside = append(beside, valuesOf(sm))
			continue
		}
		st.Mark(i, sm.Quality)
		at := rows[i].Time // of the slot, though the reading may stand some seconds beside it
		rows[i].values = valuesOf(sm)
		rows[i].Time = at
	}
	for i := range rows {
		rows[i].State = st.At(i, due)
	}
	return rows, beside, nil
}

// pageMeter is one meter: what the archive says, the strip of its day, its curve, its readings.
func (s *Part) pageMeter(r *web.Request) (*ui.Page, error) {
	address := r.Path("address")
	d, due, err := s.queryDay(r)
	if err != nil {
		return nil, err
	}
	m, ok := s.o.Book.Standing(address, d, due)
	if !ok {
		return s.pageImportedMeter(r, address)
	}
	rows, stray, err := s.dayOfMeter(r.Context(), m.Meter, d, due)
	if err != nil {
		return nil, err
	}
	p := Page(lang.T("电能表 "+address, "Meter "+address), "/grid/meters", ui.Link{Text: lang.T("电能表", "Meters"), Href: "/grid/meters"}, ui.Link{Text: lang.Same(address), Href: "/grid/meters/" + address})
	s.meterActions(r, p, m.Meter, d, missingCount(rows))
	history, err := s.meterHistory(r.Context(), address)
	if err != nil {
		return nil, err
	}
	beside, err := s.beside(r, m.Meter, d)
	if err != nil {
		return nil, err
	}
	p.Body = []ui.Block{
		s.meterFacts(m),
		dayStrip(rows, d),
		ui.Columns{Wide: 0, Cols: [][]ui.Block{{meterChart(rows, d)}, {history}}},
		beside,
		dayTable(rows, stray),
	}
	return p, nil
}

// meterActions are the buttons of a meter's day.
func (s *Part) meterActions(r *web.Request, p *ui.Page, m book.Meter, d book.Day, gaps int) {
	address := m.Address
	here := "/grid/meters/" + address
	p.Actions = []ui.Action{{Text: lang.T("前一日", "Day before"), Href: here + "?day=" + (d - 1).String()}}
	if d < book.DayOf(s.o.Clock.Now().UnixMicro()) {
		p.Actions = append(p.Actions, ui.Action{Text: lang.T("后一日", "Day after"), Href: here + "?day=" + (d + 1).String()})
	}
	p.Actions = append(p.Actions, ui.Action{Text: lang.T("校核与编辑", "Validation and edits"), Href: vee.Tab.Href + "/meters/" + address + "?day=" + d.String()})
	for _, x := range ui.Exports("/api"+here+"/day", map[string]string{"day": d.String()}) {
		p.Actions = append(p.Actions, ui.Action{Text: lang.T("导出 "+x.Text.Zh, "Export "+x.Text.En), Href: x.Href})
	}
	if r.Who.Can(reread.Grant) && gaps > 0 {
		p.Actions = append(p.Actions, ui.Action{Text: lang.T(fmt.Sprintf("补抄 %d 点", gaps), fmt.Sprintf("Read %d again", gaps)), Href: "/grid/reread?day=" + d.String(), Primary: true, Post: true, Fields: map[string]string{"id": address}})
	}
	if r.Who.Can(order.GrantAsk) {
		p.Actions = append(p.Actions, ui.Action{Text: lang.T("申请指令", "Ask for an order"), Href: order.Tab.Href + "/new?meter=" + address})
	}
	p.Actions = append(p.Actions, ui.Action{Text: lang.T("电表指令", "Orders"), Href: order.Tab.Href + "?meter=" + address})
}

func missingCount(rows []slotReading) (n int) {
	for _, r := range rows {
		if r.State == book.Missing || r.State == book.Estimated {
			n++
		}
	}
	return n
}

func (s *Part) meterFacts(m book.Standing) ui.Facts {
	link := ui.Tag{Status: ui.StatusBehind, Text: lang.T("离线", "Offline")}
	if s.o.Head.Linked(m.Concentrator) {
		link = ui.Tag{Status: ui.StatusMet, Text: lang.T("在线", "Online")}
	}
	installed := "—"
	if !m.Installed.IsZero() {
		installed = m.Installed.In(book.China).Format("2006-01-02")
	}
	return ui.Facts{ID: "meter-facts", Title: lang.T("档案", "Archive"), Items: []ui.Fact{
		{Name: lang.T("区", "District"), Value: book.DistrictName(m.District), Href: "/grid/meters?district=" + m.District},
		{Name: lang.T("类别", "Kind"), Value: m.Category.Text()},
		{Name: lang.T("馈线", "Feeder"), Value: lang.Same(m.Feeder)},
		{Name: lang.T("集中器", "Concentrator"), Value: lang.Same(m.Concentrator), Href: "/grid/meters?concentrator=" + m.Concentrator, Tag: &link},
		{Name: lang.T("规约", "Protocol"), Value: m.Protocol.Text()},
		{Name: lang.T("装表日期", "Installed"), Value: lang.Same(installed)},
		{Name: lang.T("最新数据", "Newest reading"), Time: m.Heard},
		{Name: lang.T("当日", "This day"), Tag: meterTag(m)},
	}}
}

func dayStrip(rows []slotReading, d book.Day) ui.Slots {
	strip := ui.Slots{ID: "meter-slots", Title: lang.T(d.String()+" 各时段", "Slots of "+d.String())}
	n := map[book.State]int{}
	for _, r := range rows {
		n[r.State]++
		t := stateText[r.State]
		strip.Items = append(strip.Items, ui.Slot{State: string(r.State), Text: lang.T(clock(r.Slot)+" "+t.Zh, clock(r.Slot)+" "+t.En)})
	}
	for _, st := range []book.State{book.Collected, book.Late, book.Estimated, book.Missing, book.Future} {
		strip.Key = append(strip.Key, ui.Fact{Name: lang.T(stateText[st].Zh, string(st)), Value: lang.Same(fmt.Sprint(n[st]))})
	}
	return strip
}

func meterChart(rows []slotReading, d book.Day) ui.Panel {
	points := make([]float64, len(rows))
	for i, r := range rows {
		points[i] = math.NaN()
		if r.Power != nil {
			points[i] = float64(r.Power.value) / 1e4
		}
	}
	return ui.Panel{ID: "meter-power", Title: lang.T("功率曲线", "Power"), Body: []ui.Block{ui.Chart{ID: "meter-chart", Title: lang.T("当日功率", "Power of the day"), Unit: lang.Same("kW"), From: d.Date(), Step: book.SlotLength,
		Lines: []ui.Line{{Name: lang.T("有功功率", "Active power"), Style: "now", Points: points}}}}}
}

var stateStatus = map[book.State]ui.Status{book.Collected: ui.StatusMet, book.Late: ui.StatusOn, book.Estimated: ui.StatusRisk, book.Missing: ui.StatusBehind, book.Future: ui.StatusNone}

func dayTable(rows []slotReading, beside []values) ui.Table {
	t := ui.Table{ID: "meter-day", Title: lang.T("当日读数", "Readings of the day"), Total: -1, Empty: lang.T("当日没有读数。", "No readings on this day."), Columns: []ui.Column{
		{Key: "time", Text: lang.T("时间", "Time")}, {Key: "energy", Text: lang.T("正向有功示数 kWh", "Register kWh"), Num: true}, {Key: "power", Text: lang.T("有功功率 kW", "Power kW"), Num: true},
		{Key: "voltage", Text: lang.T("A 相电压 V", "Voltage V"), Num: true}, {Key: "state", Text: lang.T("状态", "State")}}}
	cell := func(v *ratio) ui.Cell {
		if v == nil {
			return ui.Cell{Text: lang.Same("—")}
		}
		return ui.Cell{Text: lang.Same(v.String())}
	}
	for i := len(rows) - 1; i >= 0; i-- {
		r := rows[i]
		if r.State == book.Future {
			continue
		}
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("s-%d", r.Slot), Cells: []ui.Cell{{Text: lang.Same(clock(r.Slot))}, cell(r.Energy), cell(r.Power), cell(r.Voltage), {Tag: &ui.Tag{Status: stateStatus[r.State], Text: stateText[r.State]}}}})
	}
	for i, b := range beside {
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("b-%d", i), Cells: []ui.Cell{{Text: lang.Same(b.Time[len("2015-11-20T"):len("2015-11-20T09:30:00")])}, cell(b.Energy), cell(b.Power), cell(b.Voltage),
			{Tag: &ui.Tag{Status: ui.StatusRisk, Text: lang.T("不在整刻：电表时钟有偏差", "Beside the quarter hour: the meter's clock is off")}}}})
	}
	return t
}

// meterHistory is what happened to the archive entry.
func (s *Part) meterHistory(ctx context.Context, address string) (ui.Timeline, error) {
	changes, _, err := s.o.Entities.History(ctx, book.MeterID(address), "", 8)
	if err != nil {
		return ui.Timeline{}, errs.Wrap("read the archive's history", err)
	}
	t := ui.Timeline{ID: "meter-history", Title: lang.T("档案变更", "Changes of the archive"), Empty: lang.T("没有变更。", "No changes.")}
	for _, c := range changes {
		t.Items = append(t.Items, ui.Event{At: c.At, Who: s.o.People.UnitName(c.Owner), What: changeText(c)})
	}
	return t, nil
}

func changeText(c entity.Change) lang.Text {
	switch c.Verb {
	case "create":
		return lang.T("建立档案", "entered into the archive")
	case "delete":
		return lang.T("删除档案", "removed from the archive")
	}
	return lang.T(fmt.Sprintf("更新档案 %d 项", len(c.Attrs)), fmt.Sprintf("%d entries of the archive changed", len(c.Attrs)))
}
