package outage

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
	"github.com/haihe-city/haihe/systems/grid/outage/join"
	"github.com/haihe-city/haihe/systems/grid/outage/list"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// share is what one outage took from the core's customers.
type share struct {
	o         *join.Outage
	customers int
	seconds   int64
}

// coreShares opens the core's figure into the outages under it, the greatest first: those of a year that hit core customers.
func (p *Part) coreShares(r *web.Request, span index.Period) (out []share, err error) {
	all, err := wholes(r.Context(), p.o.DB, qIn, span.From*second, span.To*second)
	if err != nil {
		return nil, err
	}
	now := p.now()
	for _, o := range all {
		s := share{o: o}
		for _, d := range o.Dark {
			m, _ := p.o.Book.ByNum(d.Customer)
			if k := region.Index(m.District); k >= 0 && region.Districts[k].Core {
				s.customers++
				s.seconds += d.Until(now) - d.From
			}
		}
		if s.customers > 0 {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b share) int { return int(min(1, max(-1, b.seconds-a.seconds))) })
	return out, nil
}

// pageEvidence is what the plan's figure rests on: the core's customers, their time, and each outage under it.
func (p *Part) pageEvidence(r *web.Request) (*ui.Page, error) {
	span := Year(p.o.Clock.Now())
	rep, err := p.Report(r.Context(), span)
	if err != nil {
		return nil, err
	}
	under, err := p.coreShares(r, span)
	if err != nil {
		return nil, err
	}
	title := lang.T("核心区供电可靠率依据", "What the core's reliability rests on")
	out := p.o.Page(title, pathReliability, ui.Link{Text: lang.T("供电可靠性", "Reliability"), Href: pathReliability}, ui.Link{Text: title, Href: "/grid/reliability/core"})
	out.Body = []ui.Block{evidenceFacts(rep, under), p.evidenceTable(under)}
	return out, nil
}

func evidenceFacts(rep *Report, under []share) ui.Facts {
	f := rep.Areas[areaCore].ByRule[byIEEE]
	var sum int64
	for _, s := range under {
		sum += s.seconds
	}
	text := func(zh, en string) lang.Text { return lang.T(zh, en) }
	n := func(v int64) lang.Text { return lang.Same(ui.Grouped(v)) }
	return ui.Facts{ID: "evidence-facts", Title: lang.T("本年以来", "The year so far"), Items: []ui.Fact{
		{Name: text("核心区用户", "Core customers"), Value: n(f.Customers), Href: "/grid/meters"},
		{Name: text("已过时间（小时）", "Hours passed"), Value: lang.Same(ui.Num(float64(f.Span)/3600, 2))},
		{Name: text("应供电用户小时", "Customer-hours"), Value: lang.Same(ui.Num(float64(f.Customers)*float64(f.Span)/3600, 0))},
		{Name: text("持续停电用户秒（5 分钟以上，重叠只计一次）", "Customer-seconds without supply (over five minutes, overlaps once)"), Value: n(f.Seconds)},
		{Name: text("各停电用户秒之和（含短时与重叠）", "Sum over the outages (short ones and overlaps as well)"), Value: n(sum)},
		{Name: text("允许用户秒（万分之一）", "Customer-seconds allowed (a ten-thousandth)"), Value: n(f.Customers * f.Span / index.BudgetParts)},
		{Name: text("供电可靠率", "Availability"), Value: lang.Same(f.ASAI().Cut(100, 6) + "%"), Href: "/plan/target/" + Target}}}
}

// evidenceShown is how many outages the evidence lists; the rest is in the list of outages.
const evidenceShown = 500

func (p *Part) evidenceTable(under []share) ui.Table {
	t := ui.Table{ID: "evidence", Title: lang.T("影响核心区的停电", "Outages that hit the core"), Total: int64(len(under)), Columns: []ui.Column{{Key: "began", Text: lang.T("停电时间", "Began"), Num: true}, {Key: "ended", Text: lang.T("恢复时间", "Restored"), Num: true}, {Key: "feeder", Text: lang.T("线路", "Feeder")},
		{Key: "cause", Text: lang.T("原因", "Cause")}, {Key: "customers", Text: lang.T("核心区用户", "Core customers"), Num: true}, {Key: "seconds", Text: lang.T("核心区用户秒", "Core customer-seconds"), Num: true}}, Empty: lang.T("本年核心区没有停电。", "No outage hit the core this year.")}
	for _, s := range under[:min(evidenceShown, len(under))] {
		ended := ui.Cell{Time: clock(s.o.Ended)}
		if s.o.State == join.Open {
			ended = ui.Cell{Tag: stateTag(s.o.State)}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "e-" + s.o.ID, Cells: []ui.Cell{{Time: clock(s.o.Began), Href: pathList + "/" + s.o.ID, Strong: true}, ended, {Text: lang.Same(s.o.Feeder), Href: pathList + "/" + s.o.ID}, {Text: causeWords[s.o.Cause]}, number(int64(s.customers)), number(s.seconds)}})
	}
	return t
}

// darkJSON is a customer of an outage as the interface gives it.
type darkJSON struct {
	Meter string    `json:"meter"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to,omitzero"`
	Begun string    `json:"begunBy"`
	Ended string    `json:"endedBy,omitempty"`
}

// apiOne answers an outage with its customers.
func (p *Part) apiOne(r *web.Request) (any, error) {
	o, err := p.get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	out := struct {
		Line
		Stages []join.Stage `json:"stages"`
		Dark   []darkJSON   `json:"customersDark"`
	}{Line: Line{ID: o.ID, Code: o.Code, Feeder: o.Feeder, District: o.District, Cause: list.CauseNames[o.Cause], Source: o.Source, State: o.State, Began: clock(o.Began), Ended: clock(o.Ended), Customers: int64(o.Customers()), Seconds: o.Seconds(p.now()), Note: o.Note}, Stages: o.Stages(p.now())}
	for _, d := range o.Dark {
		m, _ := p.o.Book.ByNum(d.Customer)
		out.Dark = append(out.Dark, darkJSON{m.Address, clock(d.From), clock(d.To), d.Begun.Source(), d.Ended.Source()})
	}
	return out, nil
}

// ruleNames name the rules of a report in interfaces, in the order of Area.ByRule.
var ruleNames = [rules]string{"ieee", "ieee-without-major", "rs1", "rs2", "rs3", "rs4", "rs1-fault", "rs1-plan"}

// figuresJSON is the indices of an area by one rule as the interface gives them.
type figuresJSON struct {
	Rule          string `json:"rule"`
	Seconds       int64  `json:"customerSeconds"`
	Interruptions int64  `json:"interruptions"`
	Momentary     int64  `json:"momentary"`
	SAIDI         string `json:"saidiSeconds"`
	SAIFI         string `json:"saifi"`
	CAIDI         string `json:"caidiSeconds"`
	ASAI          string `json:"asaiPercent"`
	Kept          bool   `json:"within9999"`
}

// apiReliability answers the indices of a period: exact sums, so that whoever wants can divide.
func (p *Part) apiReliability(r *web.Request) (any, error) {
	text, _, rep, areas, err := p.asked(r)
	if err != nil {
		return nil, err
	}
	type area struct {
		Kind      string        `json:"area"`
		Code      string        `json:"code,omitempty"`
		Name      lang.Text     `json:"name"`
		Customers int64         `json:"customers"`
		Figures   []figuresJSON `json:"figures"`
	}
	out := struct {
		Period    string   `json:"period"`
		Passed    int64    `json:"secondsPassed"`
		Threshold *float64 `json:"majorDayMinutes"`
		Areas     []area   `json:"areas"`
	}{Period: text, Passed: rep.Until - rep.Period.From}
	if m := rep.Threshold.Minutes; !math.IsInf(m, 1) {
		out.Threshold = &m
	}
	for _, a := range areas {
		x := area{a.Kind, a.Code, a.Name, a.ByRule[byIEEE].Customers, nil}
		for i, f := range a.ByRule {
			x.Figures = append(x.Figures, figuresJSON{ruleNames[i], f.Seconds, f.Interruptions, f.Momentary, f.SAIDI().Decimal(1, 6), f.SAIFI().Decimal(1, 6), f.CAIDI().Decimal(1, 3), f.ASAI().Cut(100, 8), f.Kept()})
		}
		out.Areas = append(out.Areas, x)
	}
	return out, nil
}

// asked reads which report a request wants.
func (p *Part) asked(r *web.Request) (text string, span index.Period, rep *Report, areas []Area, err error) {
	if text, span, err = p.readPeriod(r); err != nil {
		return
	}
	if rep, err = p.Report(r.Context(), span); err != nil {
		return
	}
	areas, err = chosen(r, rep)
	return
}

var reliabilitySheet = []sheet.Column{sheet.Text("period", "期间 / period"), sheet.Text("area", "范围类别 / kind of area"), sheet.Text("code", "代码 / code"), sheet.Text("name", "名称 / name"), sheet.Text("rule", "统计口径 / rule"), sheet.Whole("customers", "", "用户数 / customers"), sheet.Whole("seconds_passed", "s", "已过时间 / time passed"),
	sheet.Whole("customer_seconds", "s", "用户停电时间 / customer time lost"), sheet.Whole("interruptions", "", "持续停电户次 / customer interruptions"), sheet.Whole("momentary", "", "短时停电户次 / momentary"), sheet.Number("saidi_minutes", 6, "min", "SAIDI"), sheet.Number("saifi", 6, "", "SAIFI"), sheet.Number("caidi_minutes", 4, "min", "CAIDI"),
	sheet.Number("asai_percent", 8, "%", "ASAI"), sheet.Number("maifi", 6, "", "MAIFI"), sheet.Number("cemi3_percent", 4, "%", "CEMI-3")}

// apiReliabilitySheet is the indices of a period, a line an area and rule.
func (p *Part) apiReliabilitySheet(r *web.Request) (any, error) {
	text, _, _, areas, err := p.asked(r)
	if err != nil {
		return nil, err
	}
	f := sheet.Of(r.HTTP.URL.Path, r.Query("bom") == "1")
	return web.Reply{Type: f.Type(), Name: f.File("reliability-" + text), Body: func(w io.Writer) error {
		return f.Write(w, reliabilitySheet, func(out *sheet.Rows) error {
			for _, a := range areas {
				for i, f := range a.ByRule {
					out.Add(text, a.Kind, a.Code, a.Name.Zh, ruleNames[i], f.Customers, f.Span, f.Seconds, f.Interruptions, f.Momentary, decimal(index.Ratio{Num: f.Seconds, Den: f.Customers * 60}.Decimal(1, 6)), decimal(f.SAIFI().Decimal(1, 6)),
						decimal(index.Ratio{Num: f.Seconds, Den: f.Interruptions * 60}.Decimal(1, 4)), decimal(f.ASAI().Cut(100, 8)), decimal(f.MAIFI().Decimal(1, 6)), decimal(f.CEMI().Decimal(100, 4)))
				}
			}
			return out.Flush()
		})
	}}, nil
}

// decimal reads an exact decimal for a typed column; what is no number is none.
func decimal(text string) any {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil
	}
	return v
}

// apiSwitch takes a switch's operation: {"feeder": …, "position": "open" or "close", "at": RFC 3339}.
func (p *Part) apiSwitch(r *web.Request) (any, error) {
	var q struct{ Feeder, Position, At string }
	d := json.NewDecoder(r.HTTP.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		return nil, errs.Say(errs.Invalid, "请求不是合规的 JSON：%s", "the request is no well-formed JSON: %s", fmt.Sprint(err))
	}
	at, err := list.ParseTime(q.At)
	if err != nil {
		return nil, err
	}
	return nil, p.turn(r, q.Feeder, q.Position, at)
}
