package pages

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/reread"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pageSize is how many rows a list shows.
const pageSize = 50

// meterColumns head a list of meters with their day; their keys are the orders of book.Select.
func meterColumns(today bool) []ui.Column {
	got := lang.T("当日已到", "In that day")
	if today {
		got = lang.T("今日已到", "In today")
	}
	return []ui.Column{
		{Key: "address", Text: lang.T("电表号 · 集中器", "Meter · concentrator"), Sortable: true},
		{Key: "district", Text: lang.T("区", "District")},
		{Key: "category", Text: lang.T("类别", "Kind")},
		{Key: "got", Text: got, Num: true},
		{Key: "gaps", Text: lang.T("应到比例", "Share of due"), Num: true, Sortable: true},
		{Key: "newest", Text: lang.T("最新数据时间", "Newest reading"), Num: true, Sortable: true},
		{Key: "state", Text: lang.T("状态", "State")},
	}
}

// meterRow is a meter with a day of which `due` slots are due.
func meterRow(m book.Standing, d book.Day, due int) ui.Row {
	part := 1.0
	if due > 0 {
		part = float64(due-m.Gaps) / float64(due)
	}
	return ui.Row{ID: "m-" + m.Address, Cells: []ui.Cell{
		{Text: lang.Same(m.Address), Sub: lang.Same(m.Concentrator), Href: "/grid/meters/" + m.Address + "?day=" + d.String(), Strong: true},
		{Text: book.DistrictName(m.District)}, {Text: m.Category.Text()}, {Text: lang.Same(strconv.Itoa(m.Slots.Measured.Count()))},
		{Gauge: &ui.Gauge{Part: part, Expected: -1, Status: meterTag(m).Status}},
		{Time: m.Heard}, {Tag: meterTag(m)},
	}}
}

func meterTag(m book.Standing) *ui.Tag {
	switch {
	case m.Retired:
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已停用", "Retired")}
	case m.Gaps > 0 && m.Stray.After(m.Heard):
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("时钟偏差", "Clock off")}
	case m.Heard.IsZero():
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("从未上报", "Never heard")}
	case m.Gaps == 0:
		return &ui.Tag{Status: ui.StatusMet, Text: lang.T("完整", "Complete")}
	case m.Slots.Measured.Empty():
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("当日无数", "No readings")}
	}
	return &ui.Tag{Status: ui.StatusRisk, Text: lang.T(fmt.Sprintf("缺 %d 点", m.Gaps), fmt.Sprintf("%d missing", m.Gaps))}
}

func districtOptions() []ui.Option {
	out := []ui.Option{{Value: "", Text: lang.T("全部区", "All districts")}}
	for _, d := range region.Districts {
		out = append(out, ui.Option{Value: d.Code, Text: d.Name})
	}
	return out
}

func categoryOptions() []ui.Option {
	out := []ui.Option{{Value: "", Text: lang.T("全部类别", "All kinds")}}
	for _, c := range book.Categories {
		out = append(out, ui.Option{Value: string(c.Category), Text: c.Text})
	}
	return out
}

// selection reads a list's filters from the query.
func selection(r *web.Request) (book.Select, error) {
	sel := book.Select{District: r.Query("district"), Category: book.Category(r.Query("category")), Concentrator: r.Query("concentrator"), Prefix: r.Query("q"), State: r.Query("state"), Sort: r.Query("sort"), Limit: pageSize}
	if _, err := queryDistrict(r); err != nil {
		return sel, err
	}
	switch sel.State {
	case "", "complete", "incomplete", "silent":
	default:
		return sel, errs.Say(errs.Invalid, "状态“%s”无法识别，可用 complete、incomplete、silent", "state %q is not known: complete, incomplete or silent", sel.State)
	}
	if sel.Sort != "" && !slices.Contains(book.Sorts, sel.Sort) {
		return sel, errs.Say(errs.Invalid, "排序“%s”无法识别，可用 address、gaps、newest，前加 - 为降序", "sort %q is not known: address, gaps or newest, with - before it to turn it round", sel.Sort)
	}
	if sel.Category != "" && !sel.Category.Known() {
		return sel, errs.Say(errs.Invalid, "类别“%s”无法识别", "kind %q is not known", string(sel.Category))
	}
	var ok bool
	if sel.After, ok = book.ParseCursor(r.Query("after")); !ok {
		return sel, noPlace(r.Query("after"))
	}
	return sel, nil
}

func keepQuery(r *web.Request, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		if v := r.Query(n); v != "" {
			out[n] = v
		}
	}
	return out
}

// meterTable is a page of meters; missing lists only those with gaps.
func (s *Part) meterTable(r *web.Request, id, path string, sel book.Select, d book.Day, due int) (ui.Table, error) {
	b, err := s.o.Ledger.Day(r.Context(), d)
	if err != nil {
		return ui.Table{}, err
	}
	page, total, next := b.List(d, due, sel)
	today, _ := s.today()
	t := ui.Table{ID: id, Columns: meterColumns(d == today), Sort: sel.Sort, Total: total, Next: next.String(), Paged: !sel.After.First(), Path: path, Query: keepQuery(r, "q", "district", "category", "state", "concentrator", "day", "sort"),
		Search:  &ui.Field{Name: "q", Kind: "search", Label: lang.T("电表号开头", "Meter number begins with"), Placeholder: lang.T("电表号", "Meter number"), Value: sel.Prefix},
		Filters: []ui.Field{{Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: sel.District, Options: districtOptions()}, {Name: "category", Kind: "select", Label: lang.T("类别", "Kind"), Value: string(sel.Category), Options: categoryOptions()}},
		Empty:   lang.T("没有符合条件的电表。", "No meter fits."),
	}
	for _, m := range page {
		t.Rows = append(t.Rows, meterRow(m, d, due))
	}
	return t, nil
}

// pageMeters lists the archive.
func (s *Part) pageMeters(r *web.Request) (*ui.Page, error) {
	sel, err := selection(r)
	if err != nil {
		return nil, err
	}
	d, due := s.today()
	t, err := s.meterTable(r, "meters", "/grid/meters", sel, d, due)
	if err != nil {
		return nil, err
	}
	t.Title = lang.T("电能表", "Meters")
	t.Filters = append(t.Filters, ui.Field{Name: "state", Kind: "select", Label: lang.T("今日数据", "Today"), Value: sel.State, Options: []ui.Option{
		{Value: "", Text: lang.T("全部状态", "All states")}, {Value: "complete", Text: lang.T("完整", "Complete")}, {Value: "incomplete", Text: lang.T("有缺数", "With gaps")}, {Value: "silent", Text: lang.T("今日无数", "No readings")}}})
	t.Exports = ui.Exports("/api/grid/meters", t.Query)
	p := Page(lang.T("电能表", "Meters"), "/grid/meters", ui.Link{Text: lang.T("电能表", "Meters"), Href: "/grid/meters"})
	p.Body = []ui.Block{t}
	return p, nil
}

// pageMissing lists exactly the meters that keep the coverage from being whole.
func (s *Part) pageMissing(r *web.Request) (*ui.Page, error) {
	sel, err := selection(r)
	if err != nil {
		return nil, err
	}
	d, due, err := s.queryDay(r)
	if err != nil {
		return nil, err
	}
	switch sel.State {
	case "":
		sel.State = "incomplete"
	case "complete":
		return nil, errs.Say(errs.Invalid, "缺数清单只列有缺数的电表，状态可用 incomplete、silent", "this list has the meters with gaps only: incomplete or silent")
	}
	t, err := s.meterTable(r, "missing", "/grid/missing", sel, d, due)
	if err != nil {
		return nil, err
	}
	b, err := s.o.Ledger.Day(r.Context(), d)
	if err != nil {
		return nil, err
	}
	city, by := b.Coverage(d, due)
	scope := city
	if k := region.Index(sel.District); k >= 0 {
		scope = by[k]
	}
	s.asMissing(r, &t, sel, d)
	p := Page(lang.T("缺数清单", "Missing readings"), "/grid/missing", ui.Link{Text: lang.T("缺数清单", "Missing"), Href: "/grid/missing"})
	p.Lead = lang.T(
		fmt.Sprintf("%s 应到 %d 个时段：在运 %s 只，到齐 %s 只，缺数 %s 只，覆盖率 %s%%。", d, due, ui.Num(float64(scope.Meters), 0), ui.Num(float64(scope.Complete), 0), ui.Num(float64(scope.Meters-scope.Complete), 0), ui.Num(scope.Rate(), 3)),
		fmt.Sprintf("%s, %d slots due: %s meters in service, %s complete, %s with gaps, coverage %s %%.", d, due, ui.Num(float64(scope.Meters), 0), ui.Num(float64(scope.Complete), 0), ui.Num(float64(scope.Meters-scope.Complete), 0), ui.Num(scope.Rate(), 3)))
	p.Actions = []ui.Action{{Text: lang.T("补抄记录", "Re-reads"), Href: "/grid/rereads"}}
	p.Body = []ui.Block{s.districtTable(d, by), t}
	return p, nil
}

// asMissing makes a table of meters the missing list: the day can be chosen, and what is ticked can be read again.
func (s *Part) asMissing(r *web.Request, t *ui.Table, sel book.Select, d book.Day) {
	t.Title = lang.T("缺数电表", "Meters with gaps")
	t.Empty = lang.T("当日应到的数据全部到齐。", "Everything due on this day has come.")
	t.Filters = append(t.Filters, ui.Field{Name: "state", Kind: "select", Label: lang.T("缺数情况", "Gaps"), Value: r.Query("state"), Options: []ui.Option{
		{Value: "", Text: lang.T("有缺数", "With gaps")}, {Value: "silent", Text: lang.T("当日无数", "No readings")}}}, ui.Field{Name: "day", Kind: "date", Label: lang.T("日期", "Day"), Value: d.String()})
	t.Query["day"] = d.String()
	t.Exports = ui.Exports("/api/grid/meters", with(t.Query, "state", sel.State))
	if r.Who.Can(reread.Grant) && t.Total > 0 {
		t.Post = &ui.BulkAction{Text: lang.T("补抄所选", "Read again"), Href: "/grid/reread" + queryString(t.Query), All: true,
			Confirm: lang.T("将向集中器下达补抄，是否继续？", "Concentrators will be asked to send these readings again. Go on?")}
	}
}

// districtTable opens the city's figure into its region.Districts.
func (s *Part) districtTable(d book.Day, by []book.Cover) ui.Table {
	t := ui.Table{ID: "by-district", Title: lang.T("分区覆盖率", "Coverage by district"), Total: -1, Path: "/grid/missing", Columns: []ui.Column{
		{Key: "district", Text: lang.T("区", "District")}, {Key: "rate", Text: lang.T("覆盖率", "Coverage"), Num: true}, {Key: "bar", Text: lang.T("进度", "Level")},
		{Key: "meters", Text: lang.T("在运", "In service"), Num: true}, {Key: "gaps", Text: lang.T("缺数电表", "With gaps"), Num: true}, {Key: "late", Text: lang.T("迟到点数", "Late"), Num: true},
		{Key: "estimated", Text: lang.T("估计点数", "Estimated"), Num: true}, {Key: "missing", Text: lang.T("缺数点数", "Missing"), Num: true}}}
	for i, c := range by {
		if c.Meters == 0 {
			continue
		}
		n := func(v int64) ui.Cell { return ui.Cell{Text: lang.Same(ui.Num(float64(v), 0))} }
		t.Rows = append(t.Rows, ui.Row{ID: "d-" + region.Districts[i].Code, Cells: []ui.Cell{
			{Text: region.Districts[i].Name, Href: "/grid/missing?district=" + region.Districts[i].Code + "&day=" + d.String()},
			{Text: lang.Same(ui.Num(c.Rate(), 2) + "%"), Strong: true}, {Gauge: &ui.Gauge{Part: c.Rate() / 100, Expected: -1, Status: ui.StatusOn}},
			n(c.Meters), n(c.Meters - c.Complete), n(c.Late), n(c.Estimated), n(c.Missing)}})
	}
	return t
}

// formReread takes the order of the missing list.
func (s *Part) formReread(r *web.Request) (*ui.Page, string, error) {
	d, _, err := s.queryDay(r)
	if err != nil {
		return nil, "", err
	}
	sel, err := selection(r)
	if err != nil {
		return nil, "", err
	}
	if err := r.HTTP.ParseForm(); err != nil {
		return nil, "", errs.As(errs.Invalid, "read the form", err)
	}
	meters := r.HTTP.PostForm["id"]
	for i := range meters {
		meters[i] = strings.TrimPrefix(meters[i], "m-")
	}
	if r.Form("all") == "1" {
		meters = nil
	} else if len(meters) == 0 {
		return nil, "", errs.Say(errs.Invalid, "请先勾选电表，或选择“全部符合条件的”", "tick meters first, or choose all that match")
	}
	order, err := s.o.Rereads.Order(r.Context(), r.Who, d, meters, sel)
	return nil, pathRereads + "/" + order.ID, err
}
