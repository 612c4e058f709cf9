package vee

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// The places of this part.
const (
	pathList  = "/grid/vee"
	pathRules = "/grid/vee/rules"
	pathEdits = "/grid/vee/edits"
	pathMeter = "/grid/vee/meters/"
)

// pageSize is how many rows a list shows; apiSize how many the interface gives at once.
const (
	pageSize = 50
	apiSize  = 1000
)

// Tab is where the part stands among the room's pages.
var Tab = ui.Link{Text: lang.T("数据校核", "Validation"), Href: pathList}

// Routes are the pages and the interface of this part.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /grid/vee", Grant: grantRead, Page: p.pageFindings},
		{Pattern: "POST /grid/vee/run", Grant: GrantEdit, Form: p.formRun},
		{Pattern: "GET /grid/vee/rules", Grant: grantRead, Page: p.pageRules},
		{Pattern: "GET /grid/vee/meters/{address}", Grant: grantRead, Page: p.pageMeter},
		{Pattern: "POST /grid/vee/meters/{address}/edit", Grant: GrantEdit, Form: p.formEdit},
		{Pattern: "GET /grid/vee/edits", Grant: grantRead, Page: p.pageEdits},
		{Pattern: "GET /grid/vee/edits/{id}", Grant: grantRead, Page: p.pageEdit},
		{Pattern: "POST /grid/vee/edits/{id}/undo", Grant: GrantEdit, Form: p.formUndo},
		{Pattern: "GET /api/grid/vee/findings", Grant: grantRead, API: p.apiFindings},
		{Pattern: "GET /api/grid/vee/findings.csv", Grant: grantRead, API: p.apiFindingsSheet},
		{Pattern: "GET /api/grid/vee/findings.parquet", Grant: grantRead, API: p.apiFindingsSheet},
		{Pattern: "GET /api/grid/vee/passes", Grant: grantRead, API: p.apiPasses},
	}
}

// queryDay reads the day of a page: the newest that was passed where none is asked for, or yesterday.
func (p *Part) queryDay(r *web.Request) (book.Day, error) {
	text := r.Query("day")
	if text == "" {
		if passed := book.Day(p.passed.Load()); passed > 0 {
			return passed, nil
		}
		return book.DayOf(p.o.Clock.Now().UnixMicro()) - 1, nil
	}
	return parseDay(text)
}

func parseDay(text string) (book.Day, error) {
	d, ok := book.ParseDay(text)
	if !ok {
		return 0, errs.Say(errs.Invalid, "日期“%s”无法识别，请按 2015-11-20 的格式填写", "%q is no date, write it like 2015-11-20", text)
	}
	return d, nil
}

// readQuery reads a list's filters.
func (p *Part) readQuery(r *web.Request) (q query, err error) {
	if q.day, err = p.queryDay(r); err != nil {
		return q, err
	}
	q.rule, q.district, q.limit = rule.Rule(r.Query("rule")), r.Query("district"), pageSize
	if q.rule != "" && !q.rule.Known() {
		return q, errs.Say(errs.Invalid, "没有规则“%s”", "there is no rule %q", string(q.rule))
	}
	if q.district != "" && region.Index(q.district) < 0 {
		return q, errs.Say(errs.Invalid, "“%s”不是本市的行政区划代码", "%q is no district code of this city", q.district)
	}
	switch text := r.Query("severity"); text {
	case "":
	case "1", "2", "3":
		q.severity = rule.Severity(text[0] - '0')
	default:
		return q, errs.Say(errs.Invalid, "严重程度“%s”无法识别，可用 1、2、3", "severity %q is not known: 1, 2 or 3", text)
	}
	switch r.Query("sort") {
	case "", "-severity":
		q.worst = true
	case "meter":
	default:
		return q, errs.Say(errs.Invalid, "排序“%s”无法识别，可用 -severity、meter", "sort %q is not known: -severity or meter", r.Query("sort"))
	}
	q.after, err = parsePlace(r.Query("after"))
	return q, err
}

// parsePlace reads where a page ended; "" is the beginning.
func parsePlace(text string) (place, error) {
	if text == "" {
		return place{severity: rule.Major + 1, meter: -1}, nil
	}
	part := strings.Split(text, "~")
	if len(part) == 3 {
		sev, err := strconv.ParseUint(part[0], 10, 8)
		meter, err2 := strconv.ParseInt(part[1], 10, 64)
		if out := (place{rule.Severity(sev), meter, rule.Rule(part[2])}); err == nil && err2 == nil && meter >= 0 && out.rule.Known() && out.severity.Text() != (lang.Text{}) {
			return out, nil
		}
	}
	return place{}, errs.Say(errs.Invalid, "翻页标记“%s”无效，请从第一页重新打开", "the page mark %q is not valid, open the list from its first page", text)
}

func (f found) place() string { return fmt.Sprintf("%d~%d~%s", f.Severity, f.key, f.Rule) }

func keep(r *web.Request, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		if v := r.Query(n); v != "" {
			out[n] = v
		}
	}
	return out
}

func meterPath(address string, d book.Day) string {
	return pathMeter + address + "?day=" + d.String()
}

var severityStatus = map[rule.Severity]ui.Status{rule.Note: ui.StatusOn, rule.Minor: ui.StatusRisk, rule.Major: ui.StatusBehind}

func severityTag(s rule.Severity) *ui.Tag { return &ui.Tag{Status: severityStatus[s], Text: s.Text()} }

func ruleOptions() []ui.Option {
	out := []ui.Option{{Text: lang.T("全部规则", "All rules")}}
	for _, k := range rule.Rules {
		out = append(out, ui.Option{Value: string(k.Rule), Text: k.Text})
	}
	return out
}

func districtOptions() []ui.Option {
	out := []ui.Option{{Text: lang.T("全部区", "All districts")}}
	for _, d := range region.Districts {
		out = append(out, ui.Option{Value: d.Code, Text: d.Name})
	}
	return out
}

// pageFindings is the list of findings of a day, with how the passes stand.
func (p *Part) pageFindings(r *web.Request) (*ui.Page, error) {
	q, err := p.readQuery(r)
	if err != nil {
		return nil, err
	}
	table, err := p.findingTable(r, q)
	if err != nil {
		return nil, err
	}
	list, err := passes(r.Context(), p.o.DB, qPassList, 8)
	if err != nil {
		return nil, err
	}
	out := p.o.Page(lang.T("数据校核", "Validation"), pathList, Tab)
	out.Lead = lang.T("每晚逐表校核前一日的读数：发现的问题只供核查，系统不改动任何实测读数；缺口按规则估算并注明方法。", "Each night the readings of the day before are checked meter by meter. What is found is for people to look at: no measured reading is changed. Gaps are estimated, each with its method.")
	out.Actions = []ui.Action{{Text: lang.T("各规则统计", "Rules by day"), Href: pathRules}, {Text: lang.T("编辑记录", "Edits"), Href: pathEdits}}
	if len(list) == 0 {
		out.Body = append(out.Body, ui.Notice{ID: "vee-none", Kind: "info", Text: lang.T(fmt.Sprintf("尚未校核过任何一日；每日 %d 时起自动校核前一日。", p.o.Hour), fmt.Sprintf("No day was checked yet; the day before is checked every day from %d o'clock on.", p.o.Hour))})
	}
	out.Body = append(out.Body, table, p.passTable(r.Context(), list))
	if r.Who.Can(GrantEdit) {
		out.Body = append(out.Body, ui.Form{ID: "run", Title: lang.T("立即校核", "Check now"), Action: pathList + "/run", Submit: lang.T("开始校核", "Start"), Fields: []ui.Field{
			{Name: "day", Kind: "date", Label: lang.T("日期", "Day"), Value: q.day.String(), Required: true, Help: lang.T("只能校核已结束的日子；已校核过的日子会重新校核。", "A day that is over; one that was checked before is checked again.")}}})
	}
	return out, nil
}

func (p *Part) findingTable(r *web.Request, q query) (ui.Table, error) {
	q.limit++
	list, total, err := findings(r.Context(), p.o.DB, q)
	if err != nil {
		return ui.Table{}, err
	}
	kept := keep(r, "rule", "district", "severity", "sort")
	kept["day"] = q.day.String()
	t := ui.Table{ID: "findings", Title: lang.T(q.day.String()+" 校核结果", "Findings of "+q.day.String()), Total: total, Paged: r.Query("after") != "", Path: pathList, Query: kept,
		Columns: []ui.Column{{Key: "severity", Text: lang.T("程度", "Severity")}, {Key: "rule", Text: lang.T("规则", "Rule")}, {Key: "meter", Text: lang.T("电表号", "Meter")}, {Key: "district", Text: lang.T("区", "District")},
			{Key: "slots", Text: lang.T("时段", "Slots")}, {Key: "text", Text: lang.T("依据", "On which figures")}},
		Filters: []ui.Field{{Name: "day", Kind: "date", Label: lang.T("日期", "Day"), Value: q.day.String()}, {Name: "rule", Kind: "select", Label: lang.T("规则", "Rule"), Value: string(q.rule), Options: ruleOptions()},
			{Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: q.district, Options: districtOptions()},
			{Name: "severity", Kind: "select", Label: lang.T("程度", "Severity"), Value: r.Query("severity"), Options: []ui.Option{{Text: lang.T("全部程度", "All severities")}, {Value: "2", Text: lang.T("一般以上", "Minor and up")}, {Value: "3", Text: lang.T("仅严重", "Major only")}}},
			{Name: "sort", Kind: "select", Label: lang.T("次序", "Order"), Value: r.Query("sort"), Options: []ui.Option{{Text: lang.T("严重的在前", "Severest first")}, {Value: "meter", Text: lang.T("按档案次序", "As in the archive")}}}},
		Exports: ui.Exports("/api/grid/vee/findings", kept), Empty: lang.T("没有符合条件的校核结果。", "Nothing was found.")}
	for i, f := range list {
		if i == pageSize {
			t.Next = list[i-1].place()
			break
		}
		m, _ := p.o.Book.ByNum(f.key)
		t.Rows = append(t.Rows, ui.Row{ID: "f-" + strconv.FormatInt(f.key, 10) + "-" + string(f.Rule), Cells: []ui.Cell{{Tag: severityTag(f.Severity)}, {Text: f.Rule.Text()},
			{Text: lang.Same(m.Address), Href: meterPath(m.Address, q.day), Strong: true}, {Text: book.DistrictName(m.District)}, {Text: slotsText(f.Slots)}, {Text: f.Text()}}})
	}
	return t, nil
}

// slotsText writes a set of slots as stretches, the first three of them.
func slotsText(s book.SlotSet) lang.Text {
	if s.Empty() {
		return lang.T("全天", "all day")
	}
	var parts []string
	for i := 0; i < rule.Slots; i++ {
		if !s.Has(i) {
			continue
		}
		j := i
		for j+1 < rule.Slots && s.Has(j+1) {
			j++
		}
		if len(parts) == 3 {
			return lang.T(strings.Join(parts, "、")+" 等", strings.Join(parts, ", ")+" and others")
		}
		if i == j {
			parts = append(parts, clock(i))
		} else {
			parts = append(parts, clock(i)+"–"+clock(j))
		}
		i = j
	}
	return lang.T(strings.Join(parts, "、"), strings.Join(parts, ", "))
}

var stateWords = map[string]lang.Text{"waiting": lang.T("等候", "waiting"), "running": lang.T("进行中", "running"), "done": lang.T("完成", "done")}

// passTable is how the passes stand.
func (p *Part) passTable(ctx context.Context, list []Pass) ui.Table {
	t := ui.Table{ID: "passes", Title: lang.T("校核进度", "Passes"), Note: lang.T("估算后核对每只表：各时段电量之和须等于示数差", "after estimation every meter is held to it that its quarter hours add up to its register"), Total: -1, Columns: []ui.Column{
		{Key: "day", Text: lang.T("日期", "Day")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "meters", Text: lang.T("已校核电表", "Meters checked"), Num: true}, {Key: "bar", Text: lang.T("进度", "Progress")},
		{Key: "findings", Text: lang.T("校核结果", "Findings"), Num: true}, {Key: "estimated", Text: lang.T("估算时段", "Slots estimated"), Num: true}, {Key: "balanced", Text: lang.T("核对相符", "Adds up"), Num: true},
		{Key: "unended", Text: lang.T("无首末读数", "No end"), Num: true}, {Key: "torn", Text: lang.T("示数中断", "Torn"), Num: true}, {Key: "failed", Text: lang.T("不符", "Does not"), Num: true},
		{Key: "by", Text: lang.T("下达", "Ordered by")}, {Key: "began", Text: lang.T("下达时间", "Ordered"), Num: true}, {Key: "ended", Text: lang.T("结束", "Ended"), Num: true}}, Empty: lang.T("还没有校核。", "No pass yet.")}
	n := func(v int64) ui.Cell { return ui.Cell{Text: lang.Same(ui.Num(float64(v), 0))} }
	for _, x := range list {
		who := lang.T("自动", "by itself")
		if x.By != system {
			who = p.o.People.ActorName(ctx, x.By)
		}
		status := ui.StatusOn
		if x.State == "done" {
			status = ui.StatusMet
		}
		t.Rows = append(t.Rows, ui.Row{ID: "p-" + strconv.FormatInt(x.Num, 10), Cells: []ui.Cell{{Text: lang.Same(x.Day.String()), Href: pathList + "?day=" + x.Day.String()}, {Tag: &ui.Tag{Status: status, Text: stateWords[x.State]}},
			n(x.Meters), {Gauge: &ui.Gauge{Part: float64(x.Meters) / float64(max(x.Total, 1)), Expected: -1, Status: status}}, n(x.Findings), n(x.Estimated), n(x.Balanced), n(x.Unended), n(x.Torn), n(x.Failed),
			{Text: who}, {Time: x.Began}, {Time: x.Ended}}})
	}
	return t
}

// formRun orders a pass.
func (p *Part) formRun(r *web.Request) (*ui.Page, string, error) {
	day, err := parseDay(r.Form("day"))
	if err != nil {
		return nil, "", err
	}
	return nil, pathList, p.Order(r.Context(), r.Who, day)
}

// ruleDays is how many days the statistics of the rules look back.
const ruleDays = 14

// tallies reads how many meters each rule found on the days up to last.
func tallies(ctx context.Context, db *store.DB, last book.Day) (map[book.Day]map[rule.Rule]int64, error) {
	counts := map[book.Day]map[rule.Rule]int64{}
	err := db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qTallies, []any{int64(last - ruleDays), int64(last)}, func(scan func(...any) error) error {
			var d book.Day
			var k rule.Rule
			var n int64
			if err := scan(&d, &k, &n); err != nil {
				return err
			}
			if counts[d] == nil {
				counts[d] = map[rule.Rule]int64{}
			}
			counts[d][k] = n
			return nil
		})
	})
	return counts, errs.Wrap("read the counts of findings", err)
}

// pageRules counts what each rule found, day by day.
func (p *Part) pageRules(r *web.Request) (*ui.Page, error) {
	last, err := p.queryDay(r)
	if err != nil {
		return nil, err
	}
	counts, err := tallies(r.Context(), p.o.DB, last)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "rules", Title: lang.T("各规则每日发现的电表数", "Meters found by each rule, by day"), Total: -1, Path: pathRules, Columns: []ui.Column{{Key: "day", Text: lang.T("日期", "Day")}},
		Filters: []ui.Field{{Name: "day", Kind: "date", Label: lang.T("截至", "Up to"), Value: last.String()}}, Empty: lang.T("这些日子没有校核结果。", "Nothing was found on these days.")}
	for _, k := range rule.Rules {
		t.Columns = append(t.Columns, ui.Column{Key: string(k.Rule), Text: k.Text, Num: true})
	}
	for d := last; d > last-ruleDays; d-- {
		if counts[d] == nil {
			continue
		}
		row := ui.Row{ID: "d-" + d.String(), Cells: []ui.Cell{{Text: lang.Same(d.String()), Href: pathList + "?day=" + d.String()}}}
		for _, k := range rule.Rules {
			row.Cells = append(row.Cells, ui.Cell{Text: lang.Same(ui.Num(float64(counts[d][k.Rule]), 0)), Href: pathList + "?day=" + d.String() + "&rule=" + string(k.Rule)})
		}
		t.Rows = append(t.Rows, row)
	}
	out := p.o.Page(lang.T("各规则统计", "Rules by day"), pathList, Tab, ui.Link{Text: lang.T("各规则统计", "Rules by day"), Href: pathRules})
	out.Body = []ui.Block{t}
	return out, nil
}

// stamp writes a moment of a sample in China.
func stamp(us int64) string { return time.UnixMicro(us).In(book.China).Format(time.RFC3339) }

// qualityWords names where a value comes from.
func qualityWords(q series.Quality) lang.Text {
	switch q &^ series.Late {
	case series.Measured:
		return lang.T("实测", "measured")
	case series.Estimated:
		return lang.T("估算", "estimated")
	case series.Substituted:
		return lang.T("人工替代", "put in by a person")
	}
	return lang.T("无效", "void")
}
