package customer

import (
	"fmt"
	"math"
	"time"

	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/customer/usage"
	"github.com/haihe-city/haihe/systems/grid/outage"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// promised is what the plan promises the core's customers: minutes a year without supply at 99.99 %.
const promised = 52.56

// kwh shows an energy.
func kwh(v int64) string { return ui.Num(float64(v)/1e4, 2) }

// meterPage is a customer's meter: what it drew, how well that is known, its interruptions, and who looked at it.
func (p *Part) meterPage(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	m, b, err := p.mine(r.Context(), r.Who, r.Path("address"))
	if err != nil {
		return nil, err
	}
	day, err := p.queryDay(r)
	if err != nil {
		return nil, err
	}
	v, err := p.view(r.Context(), m, day)
	if err != nil {
		return nil, err
	}
	methods, err := p.o.Methods(r.Context(), m.Num, day)
	if err != nil {
		return nil, err
	}
	here := pathOwn + "/" + m.Address
	out := &ui.Page{Title: meterName(m.Address), Nav: "my-grid", Crumbs: crumbs(ui.Link{Text: lang.Same(m.Address), Href: here}),
		Lead: lang.T(book.DistrictName(m.District).Zh+" · "+m.Category.Text().Zh, book.DistrictName(m.District).En+" · "+m.Category.Text().En)}
	out.Actions = p.actions(m.Address, day)
	cost, err := p.cost(r, v)
	if err != nil {
		return nil, err
	}
	supply, err := p.supply(r, v, wrong)
	if err != nil {
		return nil, err
	}
	looks, err := p.looks(r.Context(), m.Num, b.since)
	if err != nil {
		return nil, err
	}
	quarters := usage.Quarters(v.points, day, p.o.Tolerance)
	out.Body = append(p.warnings(v), v.tiles("usage"), v.dayChart(quarters), quality(quarters, methods, v), v.monthChart(p.o.Tolerance), p.comparison(v))
	out.Body = append(append(append(out.Body, cost...), supply...), p.lookTable(r.Context(), looks),
		ui.Form{ID: "end", Title: lang.T("解除绑定", "End the binding"), Action: here + "/end", Submit: lang.T("解除与本表的绑定", "Stop seeing this meter"), Fields: []ui.Field{
			{Name: "sure", Kind: "checkbox", Required: true, Label: lang.T("我已不在此户用电，或不再需要查看；再次绑定须用新码", "I have left, or need it no more; to bind it again takes a new code")}}})
	return out, nil
}

// actions lead to the days beside one, and to the exports.
func (p *Part) actions(address string, day book.Day) []ui.Action {
	here, api := pathOwn+"/"+address, "/api/grid/my/"+address+"/usage"
	out := []ui.Action{{Text: lang.T("前一日", "Day before"), Href: here + "?day=" + (day - 1).String()}}
	if day < p.today() {
		out = append(out, ui.Action{Text: lang.T("后一日", "Day after"), Href: here + "?day=" + (day + 1).String()})
	}
	return append(out, ui.Action{Text: lang.T("导出 CSV", "Export CSV"), Href: api + ".csv?bom=1"}, ui.Action{Text: lang.T("导出绿色按钮 XML", "Export Green Button XML"), Href: api + ".xml"})
}

// warnings are what a customer should see first: no supply, or soon none.
func (p *Part) warnings(v view) (out []ui.Block) {
	if v.newest.At == 0 {
		out = append(out, ui.Notice{ID: "no-reading", Kind: "info", Text: lang.T("本表最近两个月没有读数。", "This meter has sent no readings in two months.")})
	}
	return out
}

func (v view) tiles(id string) ui.Tiles {
	tile := func(name string, text lang.Text, s usage.Sum, note lang.Text) ui.Tile {
		t := ui.Tile{Name: text, Value: ui.None, Unit: lang.Same("kWh"), Note: note, Source: source}
		if id != "" {
			t.ID = id + "-" + name
		}
		if !s.Known {
			return t
		}
		t.Value = kwh(s.Energy)
		switch {
		case !s.Whole:
			t.Note = lang.T("读数不全，实际更多", "readings are missing: in truth more")
		case s.Estimated:
			t.Note = lang.T("含估算读数", "with estimated readings")
		}
		return t
	}
	newest := ui.Tile{Name: lang.T("最新示数", "Newest reading"), Value: ui.None, Unit: lang.Same("kWh"), Source: source}
	if v.newest.At != 0 {
		newest.Value, newest.At = kwh(v.newest.Value), time.UnixMicro(v.newest.At)
	}
	than := lang.Text{}
	if v.month.Known && v.sofar.Known && v.month.Whole && v.sofar.Whole && v.sofar.Energy > 0 {
		pc := float64(v.month.Energy-v.sofar.Energy) / float64(v.sofar.Energy) * 100
		than = lang.T(fmt.Sprintf("比上月同期 %+.0f%%", pc), fmt.Sprintf("%+.0f %% against the same days of last month", pc))
	}
	return ui.Tiles{ID: id, Title: lang.T("用电量", "Usage"), Items: []ui.Tile{newest, tile("today", lang.T("今日", "Today"), v.today, lang.Text{}), tile("yesterday", lang.T("昨日", "Yesterday"), v.yesterday, lang.Text{}),
		tile("month", lang.T("本月", "This month"), v.month, than), tile("last", lang.T("上月", "Last month"), v.last, lang.Text{})}}
}

// dayChart is the day by quarter hour.
func (v view) dayChart(quarters [book.SlotsPerDay]usage.Quarter) ui.Panel {
	points := make([]float64, len(quarters))
	for i, q := range quarters {
		points[i] = math.NaN()
		if q.Known {
			points[i] = float64(q.Energy) / 1e4
		}
	}
	return ui.Panel{ID: "day", Title: lang.T(v.day.String()+" 用电曲线", "Usage on "+v.day.String()), Body: []ui.Block{ui.Chart{ID: "day-chart", Title: lang.T("每刻钟用电量", "Usage by quarter hour"), Unit: lang.Same("kWh"), From: v.day.Date(), Step: book.SlotLength,
		Lines: []ui.Line{{Name: lang.T("用电量", "Usage"), Style: "now", Points: points}}}}}
}

// monthChart is this month and the last by day.
func (v view) monthChart(tolerance time.Duration) ui.Panel {
	now := v.now.UnixMicro()
	days := func(from, to book.Day) (out []float64) {
		for d := from; d < to; d++ {
			x := math.NaN()
			if s := usage.Between(v.points, d.Start(), (d + 1).Start(), now, tolerance); s.Known && s.Whole && (d+1).Start() <= now {
				x = float64(s.Energy) / 1e4
			}
			out = append(out, x)
		}
		return out
	}
	const longest = 31
	this, last := days(v.monthFrom, book.DayOf(now)+1), days(v.lastFrom, v.monthFrom)
	for len(this) < longest {
		this = append(this, math.NaN())
	}
	for len(last) < longest {
		last = append(last, math.NaN())
	}
	return ui.Panel{ID: "months", Title: lang.T("逐日用电量", "Usage by day"), Body: []ui.Block{ui.Chart{ID: "month-chart", Title: lang.T("本月与上月逐日用电量", "This month and the last, by day"), Unit: lang.Same("kWh"), From: v.monthFrom.Date(), Step: 24 * time.Hour,
		Lines: []ui.Line{{Name: lang.T("本月", "This month"), Style: "now", Points: this}, {Name: lang.T("上月同日", "Last month"), Style: "past", Points: last}}}}}
}

// methodWords say in plain words how an estimate was made.
var methodWords = map[rule.Method]lang.Text{
	rule.Linear:  lang.T("按前后读数均匀补上", "filled in evenly between the readings before and after"),
	rule.Profile: lang.T("按本户平时的用电曲线补上", "filled in by your usual curve, at this day's level"),
	rule.Proxy:   lang.T("参照近几周同一星期几补上", "filled in from the same weekday of the last weeks"),
	rule.Average: lang.T("按本户平时的平均用电补上", "filled in by your usual average"),
	rule.Manual:  lang.T("由工作人员填入", "put in by an officer"),
}

// quality says in plain words how well the day is known.
func quality(quarters [book.SlotsPerDay]usage.Quarter, methods map[rule.Method]book.SlotSet, v view) ui.Panel {
	strip := ui.Slots{ID: "quality-slots", Title: lang.T("各刻钟的数据质量", "Quality of each quarter hour")}
	words := map[string]lang.Text{"collected": lang.T("实测", "measured"), "estimated": lang.T("估算", "estimated"), "late": lang.T("人工更正", "edited"), "missing": lang.T("缺数", "missing"), "future": lang.T("未到时间", "not yet")}
	n := map[string]int{}
	for i, q := range quarters {
		state := "missing"
		switch {
		case q.Known && q.Quality == series.Estimated:
			state = "estimated"
		case q.Known && q.Quality == series.Substituted:
			state = "late"
		case q.Known:
			state = "collected"
		case v.day.Start()+int64(i+1)*book.SlotMicros > v.now.UnixMicro():
			state = "future"
		}
		n[state]++
		at := fmt.Sprintf("%02d:%02d ", i/4, i%4*15)
		strip.Items = append(strip.Items, ui.Slot{State: state, Text: lang.T(at+words[state].Zh, at+words[state].En)})
	}
	facts := ui.Facts{ID: "quality-facts", Items: []ui.Fact{
		{Name: lang.T("实测", "Measured"), Value: lang.T(fmt.Sprintf("%d 个刻钟，由电表直接读得", n["collected"]), fmt.Sprintf("%d quarter hours, read from the meter", n["collected"]))},
		{Name: lang.T("估算", "Estimated"), Value: lang.T(fmt.Sprintf("%d 个刻钟，读数未到，按规则补上；电表补传后以实测为准", n["estimated"]), fmt.Sprintf("%d, the reading did not come and was filled in by a rule; should it come, it takes the place", n["estimated"]))},
		{Name: lang.T("人工更正", "Edited"), Value: lang.T(fmt.Sprintf("%d 个刻钟，由工作人员更正，原值留存", n["late"]), fmt.Sprintf("%d, put right by an officer; the value before is kept", n["late"]))},
		{Name: lang.T("缺数", "Missing"), Value: lang.T(fmt.Sprintf("%d 个刻钟，还没有读数；总电量以示数为准，不受影响", n["missing"]), fmt.Sprintf("%d, no reading yet; the total goes by the register and is not changed by it", n["missing"]))}}}
	for _, k := range rule.Methods {
		if set, ok := methods[k.Method]; ok && set.Count() > 0 {
			facts.Items = append(facts.Items, ui.Fact{Name: lang.T("估算规则："+k.Text.Zh, "Rule: "+k.Text.En), Value: lang.T(fmt.Sprintf("%d 个读数，%s", set.Count(), methodWords[k.Method].Zh), fmt.Sprintf("%d readings, %s", set.Count(), methodWords[k.Method].En))})
		}
	}
	return ui.Panel{ID: "quality", Title: lang.T("这些数据有多可靠", "How well this is known"), Body: []ui.Block{strip, facts}}
}

// comparison holds yesterday against like customers, where that tells of no single one.
func (p *Part) comparison(v view) ui.Panel {
	title := lang.T("与同区同类客户比较", "Against like customers of the district")
	ruleText := lang.T(fmt.Sprintf("规则：同区、同类别至少 %d 户有数据，且没有一户占总量四分之一以上，才显示平均值；每日计算一次，精确到 0.1 kWh。", usage.Fewest),
		fmt.Sprintf("The rule: an average is shown where at least %d customers of the same kind in the district have a figure and none draws more than a quarter of the whole; once a day, to 0.1 kWh.", usage.Fewest))
	mean, ok := p.likeOf(v.m, book.DayOf(v.now.UnixMicro()))
	if !ok {
		return ui.Panel{ID: "like", Title: title, Body: []ui.Block{ui.Prose{Text: lang.T("目前不显示平均值。", "No average is shown now.")}, ui.Prose{Text: ruleText}}}
	}
	own := lang.Same(ui.None)
	if v.yesterday.Known {
		own = lang.Same(kwh(v.yesterday.Energy) + " kWh")
	}
	return ui.Panel{ID: "like", Title: title, Body: []ui.Block{ui.Facts{ID: "like-facts", Items: []ui.Fact{{Name: lang.T("本户昨日", "Yours, yesterday"), Value: own}, {Name: lang.T("同类平均", "Average"), Value: lang.Same(ui.Num(float64(mean)/1e4, 1) + " kWh")}}}, ui.Prose{Text: ruleText}}}
}

// cost is what this month and the last come to, where a tariff was put in.
func (p *Part) cost(r *web.Request, v view) ([]ui.Block, error) {
	t, _, set, err := p.tariff(r.Context(), v.m.Category)
	if err != nil || !set {
		return nil, err
	}
	spread := func(from, to book.Day) (by [book.SlotsPerDay]int64) {
		for d := from; d < to; d++ {
			for i, q := range usage.Quarters(v.points, d, p.o.Tolerance) {
				by[i] += q.Energy
			}
		}
		return by
	}
	today := book.DayOf(v.now.UnixMicro())
	yuan := func(s usage.Sum, from, to book.Day) lang.Text {
		if !s.Known {
			return lang.Same(ui.None)
		}
		fen := t.Cost(s.Energy, spread(from, to))
		return lang.T(fmt.Sprintf("约 %s 元", ui.Num(float64(fen)/100, 2)), "about CNY "+ui.Num(float64(fen)/100, 2))
	}
	return []ui.Block{ui.Panel{ID: "cost", Title: lang.T("电费估算", "What it may cost"), Body: []ui.Block{ui.Facts{ID: "cost-facts", Items: []ui.Fact{
		{Name: lang.T("本月至今", "This month so far"), Value: yuan(v.month, v.monthFrom, today+1)}, {Name: lang.T("上月", "Last month"), Value: yuan(v.last, v.lastFrom, v.monthFrom)}}},
		ui.Prose{Text: lang.T("按供电单位录入的电价估算，缺数的刻钟不计入分时电费；实际以账单为准。", "By the tariff that the power company put in; a tariff by time leaves quarter hours without readings out. The bill decides.")}}}}, nil
}

// supply is a meter's interruptions: those that were this year, those announced, and how to report one.
func (p *Part) supply(r *web.Request, v view, wrong lang.Text) ([]ui.Block, error) {
	at := v.now.In(book.China)
	all, err := p.o.Of(r.Context(), v.m, time.Date(at.Year(), 1, 1, 0, 0, 0, 0, book.China), v.now)
	if err != nil {
		return nil, err
	}
	coming, err := p.notices(r.Context(), v.m.Feeder)
	if err != nil {
		return nil, err
	}
	sent, err := p.reports(r.Context(), qReports, "", r.Who.Person(), "", 10)
	if err != nil {
		return nil, err
	}
	out := []ui.Block{supplyPanel(v, all)}
	for _, n := range coming {
		when := n.starts.In(book.China).Format("01-02 15:04") + " – " + n.ends.In(book.China).Format("01-02 15:04")
		out = append(out, ui.Notice{ID: "n-" + n.id, Kind: "warn", Text: lang.T("停电预告：本线路 "+when+" 停电。"+n.text, "Announced: your feeder is off "+when+". "+n.text)})
	}
	began := r.Form("began")
	if began == "" {
		began = at.Format("2006-01-02 15:04")
	}
	out = append(out, ui.Form{ID: "report", Title: lang.T("报告停电", "Report an outage"), Action: pathOwn + "/" + v.m.Address + "/report", Submit: lang.T("提交", "Send"), Error: wrong, Fields: []ui.Field{
		{Name: "began", Label: lang.T("停电开始时间", "Since when"), Value: began, Required: true, Help: lang.T("形如 2015-11-20 09:30", "like 2015-11-20 09:30")},
		{Name: "note", Label: lang.T("说明（可不填）", "Note (may be empty)"), Value: r.Form("note"), Help: lang.T("请勿填写姓名、电话等个人信息；遇电线落地等险情请立即拨打 95598", "No names or phone numbers, please; where a line is down call 95598 at once")}}})
	return append(out, reportTable(sent, v.m.Num)), nil
}

func supplyPanel(v view, all []outage.Interruption) ui.Panel {
	t := ui.Table{ID: "interruptions", Title: lang.T("本年停电", "Interruptions this year"), Total: int64(len(all)), Empty: lang.T("本年没有停电记录。", "No interruption is on record this year."), Columns: []ui.Column{
		{Key: "from", Text: lang.T("停电", "From")}, {Key: "to", Text: lang.T("恢复", "To")}, {Key: "minutes", Text: lang.T("分钟", "Minutes"), Num: true}, {Key: "cause", Text: lang.T("原因", "Cause")}}}
	begin := time.Date(v.now.In(book.China).Year(), 1, 1, 0, 0, 0, 0, book.China)
	var minutes float64
	var counted time.Time // up to when seconds were counted: outages may overlap
	for _, x := range all {
		end := ui.Cell{Time: x.To}
		to := x.To
		if to.IsZero() {
			to, end = v.now, ui.Cell{Tag: &ui.Tag{Status: ui.StatusBehind, Text: lang.T("停电中", "still off")}}
		}
		from := x.From
		for _, least := range []time.Time{begin, counted} {
			if from.Before(least) {
				from = least
			}
		}
		if to.After(from) {
			minutes += to.Sub(from).Minutes()
			counted = to
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Time: x.From}, end, {Text: lang.Same(ui.Num(to.Sub(x.From).Minutes(), 1))}, {Text: x.Cause}}})
	}
	facts := []ui.Fact{{Name: lang.T("本年停电次数", "Interruptions this year"), Value: lang.Same(fmt.Sprint(len(all)))}, {Name: lang.T("本年停电分钟", "Minutes this year"), Value: lang.Same(ui.Num(minutes, 1))}}
	if i := region.Index(v.m.District); i >= 0 && region.Districts[i].Core {
		tag := ui.Tag{Status: ui.StatusOn, Text: lang.T("在承诺之内", "within the promise")}
		if minutes > promised {
			tag = ui.Tag{Status: ui.StatusBehind, Text: lang.T("超过承诺", "beyond the promise")}
		}
		facts = append(facts, ui.Fact{Name: lang.T("核心区承诺（每户平均每年，供电可靠率 99.99%）", "Promise in the core (a year, mean of all customers, 99.99 %)"), Value: lang.T("52.56 分钟", "52.56 minutes"), Tag: &tag})
	}
	return ui.Panel{ID: "supply", Title: lang.T("供电情况", "Supply"), Body: []ui.Block{ui.Facts{ID: "supply-facts", Items: facts}, t}}
}

var reportWords = map[string]lang.Text{"open": lang.T("待受理", "waiting"), "taken": lang.T("已受理", "taken up"), "dismissed": lang.T("不予受理", "set aside")}

// reportTable lists what a customer sent in about a meter.
func reportTable(sent []report, meter int64) ui.Table {
	t := ui.Table{ID: "reports", Title: lang.T("我的停电报告", "My reports"), Total: -1, Empty: lang.T("没有提交过报告。", "You sent none."), Columns: []ui.Column{
		{Key: "at", Text: lang.T("提交", "Sent")}, {Key: "began", Text: lang.T("停电开始", "Since")}, {Key: "note", Text: lang.T("说明", "Note")}, {Key: "state", Text: lang.T("处理", "State")}}}
	for _, s := range sent {
		if s.meter == meter {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Time: s.at}, {Time: s.began}, {Text: lang.Same(s.note)}, {Text: reportWords[s.state]}}})
		}
	}
	return t
}
