package loss

import (
	"cmp"
	"io"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/loss/supply"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// The places of this part.
const (
	pathLosses   = "/grid/losses"
	pathSuspects = "/grid/suspects"
	pageSize     = 50
	chartDays    = 30
)

// Routes are the pages and interfaces.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /grid/losses", Grant: grantRead, Page: p.pageLosses},
		{Pattern: "POST /grid/losses/limits", Grant: GrantInspect, Form: p.formLimits},
		{Pattern: "GET /grid/losses/{area}", Grant: grantRead, Page: p.pageArea},
		{Pattern: "GET /grid/suspects", Grant: GrantInspect, Page: p.pageSuspects},
		{Pattern: "GET /grid/suspects/{address}", Grant: GrantInspect, Page: p.pageSuspect},
		{Pattern: "POST /grid/suspects/{address}/finding", Grant: GrantInspect, Form: p.formFinding},
		{Pattern: "GET /api/grid/losses", Grant: grantRead, API: p.apiLosses},
		{Pattern: "GET /api/grid/losses.csv", Grant: grantRead, API: p.apiLossesSheet},
		{Pattern: "GET /api/grid/losses.parquet", Grant: grantRead, API: p.apiLossesSheet},
		{Pattern: "GET /api/grid/suspects", Grant: GrantInspect, API: p.apiSuspects},
		{Pattern: "GET /api/grid/suspects.csv", Grant: GrantInspect, API: p.apiSuspectsSheet},
		{Pattern: "GET /api/grid/suspects.parquet", Grant: GrantInspect, API: p.apiSuspectsSheet},
	}
}

func (p *Part) page(title lang.Text, crumbs ...ui.Link) *ui.Page {
	return p.o.Page(title, pathLosses, append([]ui.Link{{Text: lang.T("线损", "Losses"), Href: pathLosses}}, crumbs...)...)
}

// asked is what a list of areas is asked for.
type asked struct {
	kind, district, stand, sort, after string
	day                                book.Day // 0: nothing was ever summed
	limits                             Limits
	rows                               []AreaDay // of the day and kind, all standings
}

var areaSorts = []string{"", "area", "-area", "rate", "-rate", "lost", "-lost", "supplied", "-supplied"}

// ask reads and checks what a request asks for, and reads the day.
func (p *Part) ask(r *web.Request) (q asked, err error) {
	q = asked{kind: r.Query("kind"), district: r.Query("district"), stand: r.Query("state"), sort: r.Query("sort"), after: r.Query("after")}
	if err := q.check(); err != nil {
		return q, err
	}
	if text := r.Query("day"); text != "" {
		d, ok := book.ParseDay(text)
		if !ok {
			return q, errs.Say(errs.Invalid, "日期“%s”无法识别，请按 2015-11-20 的格式填写", "%q is no date, write it like 2015-11-20", text)
		}
		q.day = d
	}
	err = p.o.DB.Read(r.Context(), func(tx *store.Tx) (err error) {
		if q.limits, err = readLimits(tx); err != nil {
			return err
		}
		return q.newest(tx)
	})
	if err != nil {
		return q, err
	}
	q.rows, err = areas(r.Context(), p.o.DB, qDay, int64(q.day), q.kind, q.district)
	return q, err
}

// check refuses words that are not known.
func (q *asked) check() error {
	if _, ok := kindWords[q.kind]; q.kind != "" && !ok {
		return errs.Say(errs.Invalid, "类别“%s”无法识别，可用 transformer、feeder", "kind %q is not known: transformer or feeder", q.kind)
	}
	if q.district != "" && region.Index(q.district) < 0 {
		return errs.Say(errs.Invalid, "“%s”不是本市的行政区划代码", "%q is no district code of this city", q.district)
	}
	if q.stand != "" && !slices.Contains([]string{standHigh, standNegative, standNormal, standUnjudged}, q.stand) {
		return errs.Say(errs.Invalid, "状态“%s”无法识别", "state %q is not known", q.stand)
	}
	if !slices.Contains(areaSorts, q.sort) {
		return errs.Say(errs.Invalid, "排序“%s”无法识别", "the order %q is not known", q.sort)
	}
	return nil
}

// newest takes the newest day that was summed where none is asked for, and the smaller areas where there are any.
func (q *asked) newest(tx *store.Tx) error {
	for _, kind := range []string{kindTransformer, kindFeeder} {
		if q.kind != "" && q.kind != kind {
			continue
		}
		var day int64
		switch err := tx.Get(qLast, []any{kind}, &kind, &day); {
		case errs.Is(err, errs.NotFound):
			continue
		case err != nil:
			return err
		}
		if q.kind = kind; q.day == 0 {
			q.day = book.Day(day)
		}
		return nil
	}
	if q.kind == "" {
		q.kind = kindTransformer
	}
	return nil
}

// chosen are the rows with the standing that is asked for, in the order that is asked for.
func (q asked) chosen() []AreaDay {
	out := slices.DeleteFunc(slices.Clone(q.rows), func(a AreaDay) bool { return q.stand != "" && a.standing(q.limits) != q.stand })
	by, down := strings.CutPrefix(cmp.Or(q.sort, "-rate"), "-")
	key := func(a AreaDay) int64 {
		switch {
		case !a.Summed:
			return math.MinInt64
		case by == "lost":
			return a.Lost()
		case by == "supplied":
			return a.Supplied
		}
		return a.Rate
	}
	slices.SortStableFunc(out, func(a, b AreaDay) int {
		if c := cmp.Compare(key(a), key(b)); by != "area" && c != 0 {
			if down {
				return -c
			}
			return c
		}
		if by == "area" && down {
			return strings.Compare(b.Area, a.Area)
		}
		return strings.Compare(a.Area, b.Area)
	})
	return out
}

// pageOf cuts a page out of a list.
func (q asked) pageOf(all []AreaDay) (page []AreaDay, next string, err error) {
	from := 0
	if q.after != "" {
		parts, err := store.Uncursor(q.after, 2)
		if err != nil {
			return nil, "", err
		}
		at := slices.IndexFunc(all, func(a AreaDay) bool { return a.Area == parts[1] })
		if parts[0] != q.sort || at < 0 {
			return nil, "", errs.Say(errs.Invalid, "翻页标记已失效，请从第一页重新打开", "the page mark does not hold any more, open the list from its first page")
		}
		from = at + 1
	}
	page = all[from:min(len(all), from+pageSize)]
	if from+pageSize < len(all) {
		next = store.Cursor(q.sort, page[len(page)-1].Area)
	}
	return page, next, nil
}

// pageLosses is the areas of a day, the highest loss first.
func (p *Part) pageLosses(r *web.Request) (*ui.Page, error) { return p.lossesPage(r, lang.Text{}) }

func (p *Part) lossesPage(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	q, err := p.ask(r)
	if err != nil {
		return nil, err
	}
	all := q.chosen()
	page, next, err := q.pageOf(all)
	if err != nil {
		return nil, err
	}
	out := p.page(lang.T("线损", "Line losses"))
	out.Lead = lang.T("线损率 =（供电量 − 售电量）÷ 供电量，按台区或馈线逐日计算。档案未载变压器，以集中器所辖电表为一个台区；缺数电表不计入售电量，并如实列出。",
		"Loss is what was supplied and not sold, over what was supplied, by area and day. The archive has no transformers: the meters of a concentrator are an area. Meters without data are not in the sum, and are shown.")
	if r.Who.Can(GrantInspect) {
		out.Actions = []ui.Action{{Text: lang.T("用电异常线索", "Meters worth a look"), Href: pathSuspects, Primary: true}}
	}
	chart, err := p.chart(r, q)
	if err != nil {
		return nil, err
	}
	out.Body = []ui.Block{p.tiles(q), chart, p.table(r, q, page, int64(len(all)), next)}
	var forms []ui.Block
	if r.Who.Can(GrantInspect) {
		forms = append(forms, limitForm(q.limits, wrong))
	}
	if r.Who.Can(grantImport) {
		forms = append(forms, importForm())
	}
	if len(forms) > 0 {
		out.Body = append(out.Body, ui.Columns{Wide: -1, Cols: [][]ui.Block{forms[:1], forms[1:]}})
	}
	return out, nil
}

func (p *Part) tiles(q asked) ui.Tiles {
	n := map[string]int{}
	supplied, lost := int64(0), int64(0)
	for _, a := range q.rows {
		s := a.standing(q.limits)
		n[s]++
		if s != standUnjudged {
			supplied, lost = supplied+a.Supplied, lost+a.Lost()
		}
	}
	value := ui.None
	if supplied > 0 {
		value = ui.Num(100*float64(lost)/float64(supplied), 2)
	}
	t := ui.Tiles{ID: "loss-tiles", Title: lang.T("当日线损", "Losses of the day")}
	if q.day == 0 {
		return t
	}
	at := (q.day + 1).Date()
	day := lang.Same(q.day.String())
	link := func(stand string) string {
		return pathLosses + "?" + url.Values{"day": {q.day.String()}, "kind": {q.kind}, "state": {stand}}.Encode()
	}
	t.Items = []ui.Tile{
		{ID: "loss-rate", Name: lang.T("综合线损率", "Loss"), Value: value, Unit: lang.Same("%"), Note: lang.T(q.day.String()+"，数据完整的"+kindWords[q.kind].Zh, q.day.String()+", areas with whole data"), At: at, Source: source},
		{ID: "loss-high", Name: lang.T("高损", "High"), Value: strconv.Itoa(n[standHigh]), Unit: lang.T("个", "areas"), Note: lang.T("高于 "+number(float64(q.limits.High)/percent)+"%", "above "+number(float64(q.limits.High)/percent)+" %"), Href: link(standHigh), At: at, Source: source},
		{ID: "loss-negative", Name: lang.T("负损", "Negative"), Value: strconv.Itoa(n[standNegative]), Unit: lang.T("个", "areas"), Note: lang.T("低于 "+number(float64(q.limits.Low)/percent)+"%", "below "+number(float64(q.limits.Low)/percent)+" %"), Href: link(standNegative), At: at, Source: source},
		{ID: "loss-unjudged", Name: lang.T("数据不足", "Too little data"), Value: strconv.Itoa(n[standUnjudged]), Unit: lang.T("个", "areas"), Note: day, Href: link(standUnjudged), At: at, Source: source},
	}
	return t
}

// chart is the loss of the recent days, over areas whose data were whole.
func (p *Part) chart(r *web.Request, q asked) (ui.Chart, error) {
	from := q.day - chartDays + 1
	c := ui.Chart{ID: "loss-chart", Title: lang.T("近 30 日综合线损率", "Loss of the last 30 days"), Unit: lang.Same("%"), From: from.Date(), Step: 24 * time.Hour, Lines: []ui.Line{{Name: kindWords[q.kind], Style: "now", Points: blank(chartDays)}}}
	err := p.o.DB.Read(r.Context(), func(tx *store.Tx) error {
		return tx.Each(qCity, []any{int64(from - 1), q.kind, q.limits.Missing}, func(scan func(...any) error) error {
			var day, supplied, sold int64
			err := scan(&day, &supplied, &sold)
			if i := int(day) - int(from); i >= 0 && i < chartDays && supplied > 0 {
				c.Lines[0].Points[i] = 100 * float64(supplied-sold) / float64(supplied)
			}
			return err
		})
	})
	return c, err
}

var areaColumnsShown = []ui.Column{{Key: "area", Text: lang.T("台区 / 馈线", "Area"), Sortable: true}, {Key: "district", Text: lang.T("区", "District")}, {Key: "supplied", Text: lang.T("供电量（千瓦时）", "Supplied (kWh)"), Num: true, Sortable: true},
	{Key: "sold", Text: lang.T("售电量（千瓦时）", "Sold (kWh)"), Num: true}, {Key: "lost", Text: lang.T("损失（千瓦时）", "Lost (kWh)"), Num: true, Sortable: true}, {Key: "rate", Text: lang.T("线损率（%）", "Loss (%)"), Num: true, Sortable: true},
	{Key: "coverage", Text: lang.T("计入电表", "Meters counted")}, {Key: "state", Text: lang.T("状态", "State")}}

func (p *Part) table(r *web.Request, q asked, page []AreaDay, total int64, next string) ui.Table {
	states := []ui.Option{{Value: "", Text: lang.T("全部状态", "All states")}}
	for _, s := range standings {
		states = append(states, ui.Option{Value: s.name, Text: s.text})
	}
	districts := []ui.Option{{Value: "", Text: lang.T("全部区", "All districts")}}
	for _, d := range region.Districts {
		districts = append(districts, ui.Option{Value: d.Code, Text: d.Name})
	}
	day := ""
	if q.day != 0 {
		day = q.day.String()
	}
	t := ui.Table{ID: "losses", Title: lang.T("线损清单", "Losses by area"), Total: total, Next: next, Paged: q.after != "", Path: pathLosses, Sort: cmp.Or(q.sort, "-rate"), Query: map[string]string{}, Columns: areaColumnsShown,
		Filters: []ui.Field{{Name: "day", Kind: "date", Label: lang.T("日期", "Day"), Value: day}, {Name: "kind", Kind: "select", Label: lang.T("类别", "Kind"), Value: q.kind, Options: []ui.Option{{Value: kindTransformer, Text: kindWords[kindTransformer]}, {Value: kindFeeder, Text: kindWords[kindFeeder]}}},
			{Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: q.district, Options: districts}, {Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: q.stand, Options: states}},
		Empty: lang.T("没有符合条件的线损数据；请先导入供电量。", "No losses fit; import supplies first.")}
	for _, n := range []string{"day", "kind", "district", "state", "sort"} {
		if v := r.Query(n); v != "" {
			t.Query[n] = v
		}
	}
	t.Exports = ui.Exports("/api/grid/losses", t.Query)
	for _, a := range page {
		t.Rows = append(t.Rows, areaRow(a, q.limits, lang.Same(a.Area), pathLosses+"/"+a.Area))
	}
	return t
}

func areaRow(a AreaDay, l Limits, name lang.Text, href string) ui.Row {
	sold, lost := lang.Same(ui.None), lang.Same(ui.None)
	if a.Summed {
		sold, lost = lang.Same(ui.Num(kwh(a.Sold), 1)), lang.Same(ui.Num(kwh(a.Lost()), 1))
	}
	return ui.Row{ID: "l-" + a.Area + "-" + a.Day.String(), Cells: []ui.Cell{{Text: name, Href: href, Strong: true}, {Text: book.DistrictName(a.District)}, {Text: lang.Same(ui.Num(kwh(a.Supplied), 1))}, {Text: sold}, {Text: lost}, {Text: lang.Same(rate(a))}, {Text: coverage(a)}, {Tag: tag(a.standing(l))}}}
}

func limitForm(l Limits, wrong lang.Text) ui.Form {
	f := ui.Form{ID: "limits", Title: lang.T("线损限值", "Limits"), Action: pathLosses + "/limits", Submit: lang.T("保存", "Save"), Error: wrong}
	for _, x := range limits {
		title := x.title
		if x.unit != "" {
			title = lang.T(title.Zh+"（"+x.unit+"）", title.En+" ("+x.unit+")")
		}
		f.Fields = append(f.Fields, ui.Field{Name: x.name, Label: title, Value: number(float64(*x.of(&l)) / x.scale), Required: true})
	}
	return f
}

func importForm() ui.Form {
	return ui.Form{ID: "import-supply", Title: lang.T("导入供电量（CSV）", "Import supplies (CSV)"), Action: "/grid/import/" + ImportName, Submit: lang.T("上传", "Upload"), Fields: []ui.Field{
		{Name: "file", Kind: "file", Label: lang.T("文件", "File"), Required: true, Help: lang.T("列："+strings.Join(supply.Columns, ",")+"；area 填集中器地址或馈线编号，day 与 start 二选一", "columns: "+strings.Join(supply.Columns, ",")+"; area is a concentrator's address or a feeder; day for a whole day, start for a quarter hour")},
		{Name: "dry", Kind: "checkbox", Label: lang.T("只试导入，不写入", "Try only, change nothing"), Value: "1"}}}
}

// formLimits takes new limits.
func (p *Part) formLimits(r *web.Request) (*ui.Page, string, error) {
	texts := map[string]string{}
	for _, x := range limits {
		texts[x.name] = r.Form(x.name)
	}
	err := p.SetLimits(r.Context(), r.Who, texts)
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		page, err := p.lossesPage(r, msg)
		return page, "", err
	}
	return nil, pathLosses, err
}

// pageArea is one area: its losses by day, and the meters of it that are worth a look.
func (p *Part) pageArea(r *web.Request) (*ui.Page, error) {
	area := r.Path("area")
	var l Limits
	if err := p.o.DB.Read(r.Context(), func(tx *store.Tx) (err error) { l, err = readLimits(tx); return err }); err != nil {
		return nil, err
	}
	last := book.DayOf(p.o.Clock.Now().UnixMicro())
	days, err := areas(r.Context(), p.o.DB, qArea, area, int64(last-keepDays))
	if err != nil {
		return nil, err
	}
	if len(days) == 0 {
		return nil, errs.Say(errs.NotFound, "“%s”近 90 天没有供电量", "no supply of %q came in the last 90 days", area)
	}
	newest := days[len(days)-1]
	title := lang.T(kindWords[newest.Kind].Zh+" "+area, kindWords[newest.Kind].En+" "+area)
	out := p.page(title, ui.Link{Text: title, Href: pathLosses + "/" + area})
	charts, t := areaDays(days, l)
	out.Body = []ui.Block{charts}
	if r.Who.Can(GrantInspect) {
		found, err := suspects(r.Context(), p.o.DB, qSuspects, "", area, l.Score, pageSize)
		if err != nil {
			return nil, err
		}
		out.Body = append(out.Body, p.suspectTable(found, int64(len(found)), "area-suspects"))
	}
	out.Body = append(out.Body, t)
	return out, nil
}

// areaDays draws the days of an area, and lists them, the newest first.
func areaDays(days []AreaDay, l Limits) (ui.Columns, ui.Table) {
	from := days[0].Day
	n := int(days[len(days)-1].Day-from) + 1
	fed, sold, share := blank(n), blank(n), blank(n)
	t := ui.Table{ID: "days", Title: lang.T("逐日线损", "Losses by day"), Total: int64(len(days)), Columns: areaColumnsShown, Empty: lang.T("没有数据。", "No data.")}
	t.Columns = slices.Clone(t.Columns)
	for i := range t.Columns {
		t.Columns[i].Sortable = false
	}
	t.Columns[0].Text = lang.T("日期", "Day")
	for _, a := range slices.Backward(days) {
		i := int(a.Day - from)
		fed[i] = kwh(a.Supplied)
		if a.Summed {
			sold[i] = kwh(a.Sold)
		}
		if a.Judged(l) {
			share[i] = float64(a.Rate) / percent
		}
		t.Rows = append(t.Rows, areaRow(a, l, lang.Same(a.Day.String()), pathLosses+"?day="+a.Day.String()+"&kind="+a.Kind))
	}
	return ui.Columns{Wide: -1, Cols: [][]ui.Block{{ui.Chart{ID: "area-energy", Title: lang.T("供电量与售电量", "Supplied and sold"), Unit: lang.T("千瓦时", "kWh"), From: from.Date(), Step: 24 * time.Hour, Lines: []ui.Line{{Name: lang.T("供电量", "Supplied"), Style: "now", Points: fed}, {Name: lang.T("售电量", "Sold"), Style: "past", Points: sold}}}},
		{ui.Chart{ID: "area-rate", Title: lang.T("线损率", "Loss"), Unit: lang.Same("%"), From: from.Date(), Step: 24 * time.Hour, Lines: []ui.Line{{Name: lang.T("线损率", "Loss"), Style: "now", Points: share}}}}}}, t
}

// lossJSON is an area's day as the interface gives it.
type lossJSON struct {
	Area      string  `json:"area"`
	Kind      string  `json:"kind"`
	District  string  `json:"district"`
	Day       string  `json:"day"`
	Supplied  float64 `json:"suppliedKWh"`
	Sold      float64 `json:"soldKWh"`
	Rate      float64 `json:"lossPercent"`
	Parts     int64   `json:"supplySlots"`
	Meters    int64   `json:"meters"`
	Estimated int64   `json:"metersEstimated"`
	Missing   int64   `json:"metersMissing"`
	Wrong     int64   `json:"metersBackwards"`
	State     string  `json:"state"`
}

func (p *Part) apiLosses(r *web.Request) (any, error) {
	q, err := p.ask(r)
	if err != nil {
		return nil, err
	}
	all := q.chosen()
	page, next, err := q.pageOf(all)
	if err != nil {
		return nil, err
	}
	out := struct {
		Total int        `json:"total"`
		Areas []lossJSON `json:"areas"`
		Next  string     `json:"next,omitempty"`
	}{len(all), []lossJSON{}, next}
	for _, a := range page {
		out.Areas = append(out.Areas, lossJSON{a.Area, a.Kind, a.District, a.Day.String(), kwh(a.Supplied), kwh(a.Sold), float64(a.Rate) / percent, a.Parts, a.Meters, a.Estimated, a.Missing, a.Wrong, a.standing(q.limits)})
	}
	return out, nil
}

var lossSheet = []sheet.Column{sheet.Text("area", "台区或馈线 / area"), sheet.Text("kind", "类别 / kind"), sheet.Text("district", "区划代码 / district code"), sheet.Text("day", "数据日 / day"), sheet.Number("supplied_kwh", 4, "kWh", "供电量 / supplied"), sheet.Number("sold_kwh", 4, "kWh", "售电量 / sold"), sheet.Number("loss_percent", 4, "%", "线损率 / loss"),
	sheet.Whole("supply_slots", "quarter hours", "供电量时段 / slots of the supply"), sheet.Whole("meters", "", "电表 / meters"), sheet.Whole("estimated", "", "估算电表 / estimated"), sheet.Whole("missing", "", "缺数电表 / missing"), sheet.Whole("backwards", "", "倒走电表 / backwards"), sheet.Text("state", "状态 / state")}

// apiLossesSheet is the same as a table.
func (p *Part) apiLossesSheet(r *web.Request) (any, error) {
	q, err := p.ask(r)
	if err != nil {
		return nil, err
	}
	f, all := sheet.Of(r.HTTP.URL.Path, r.Query("bom") == "1"), q.chosen()
	return web.Reply{Type: f.Type(), Name: f.File("losses"), Body: func(w io.Writer) error {
		return f.Write(w, lossSheet, func(out *sheet.Rows) error {
			for _, a := range all {
				out.Add(a.Area, a.Kind, a.District, a.Day.String(), kwh(a.Supplied), kwh(a.Sold), float64(a.Rate)/percent, a.Parts, a.Meters, a.Estimated, a.Missing, a.Wrong, a.standing(q.limits))
			}
			return out.Flush()
		})
	}}, nil
}
