package pages

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/reread"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// Topic is the event stream of this room's pages.
const Topic = "grid"

var source = lang.T("智能电网", "Smart grid")

// Routes are the pages and interfaces.
func (s *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /grid", Grant: grantRead, Page: s.pageOverview},
		{Pattern: "GET /grid/meters", Grant: grantRead, Page: s.pageMeters},
		{Pattern: "GET /grid/meters/{address}", Grant: grantRead, Page: s.pageMeter},
		{Pattern: "GET /grid/missing", Grant: grantRead, Page: s.pageMissing},
		{Pattern: "POST /grid/reread", Grant: reread.Grant, Form: s.formReread},
		{Pattern: "GET /grid/rereads", Grant: grantRead, Page: s.pageRereads},
		{Pattern: "GET /grid/rereads/{id}", Grant: grantRead, Page: s.pageReread},
		{Pattern: "GET /grid/concentrators", Grant: grantRead, Page: s.pageConcentrators},
		{Pattern: "GET /grid/imported", Grant: grantRead, Page: s.pageImported},
		{Pattern: "GET /grid/refused", Grant: grantRead, Page: s.pageRefused},
		{Pattern: "GET /grid/data", Grant: grantRead, Page: s.pageData},
		{Pattern: "GET /api/grid/coverage", Grant: grantRead, API: s.apiCoverage},
		{Pattern: "GET /api/grid/meters", Grant: grantRead, API: s.apiMeters},
		{Pattern: "GET /api/grid/meters.csv", Grant: grantRead, API: s.apiMetersSheet},
		{Pattern: "GET /api/grid/meters.parquet", Grant: grantRead, API: s.apiMetersSheet},
		{Pattern: "GET /api/grid/meters/{address}", Grant: grantRead, API: s.apiMeter},
		{Pattern: "GET /api/grid/meters/{address}/day", Grant: grantRead, API: s.apiDay},
		{Pattern: "GET /api/grid/meters/{address}/day.csv", Grant: grantRead, API: s.apiDaySheet},
		{Pattern: "GET /api/grid/meters/{address}/day.parquet", Grant: grantRead, API: s.apiDaySheet},
		{Pattern: "GET /api/grid/load.csv", Grant: grantRead, API: s.apiLoadSheet},
		{Pattern: "GET /api/grid/load.parquet", Grant: grantRead, API: s.apiLoadSheet},
		{Pattern: "GET /api/grid/missing", Grant: grantRead, API: s.apiMissing},
		{Pattern: "GET /api/grid/load", Grant: grantRead, API: s.apiLoad},
		{Pattern: "GET /api/grid/concentrators", Grant: grantRead, API: s.apiConcentrators},
		{Pattern: "GET /api/grid/refused", Grant: grantRead, API: s.apiRefused},
		{Pattern: "POST /api/grid/reread", Grant: reread.Grant, API: s.apiReread},
		{Pattern: "GET /api/grid/rereads", Grant: grantRead, API: s.apiRereads},
		{Pattern: "GET /api/grid/rereads/{id}", Grant: grantRead, API: s.apiRereadOne},
	}
}

// pageOverview is the room at a glance: how much of today has come, from where, and what the city draws.
func (s *Part) pageOverview(r *web.Request) (*ui.Page, error) {
	p := Page(source, "/grid")
	p.Crumbs = p.Crumbs[:2]
	p.Clause = lang.T("方案三（三）3", "Clause 3(3)3")
	p.Lead = lang.T("智能配电网覆盖 371 km²，核心区供电可靠率 99.99%，用电信息采集覆盖率 100%，智能电能表换装 560 万户。", "A smart distribution network over 371 km², 99.99 % reliability in the core, every meter read automatically, 5.6 million smart meters.")
	p.Live = Topic
	p.Actions = []ui.Action{{Text: lang.T("导出电表", "Export meters"), Href: "/api/grid/meters.csv?bom=1"}, {Text: lang.T("查看缺数", "See what is missing"), Href: "/grid/missing", Primary: true}}
	if s.o.Book.Size() == 0 {
		p.Body = []ui.Block{ui.Notice{ID: "grid-empty", Kind: "info", Text: lang.T("还没有电表档案。请先导入档案，集中器接入后数据会自动出现。", "There are no meters yet. Import the archive; readings appear once concentrators connect."), Link: &ui.Link{Text: lang.T("去导入", "Import"), Href: "/grid/data"}}}
		return p, nil
	}
	load, err := s.loadChart(r.Context())
	if err != nil {
		return nil, err
	}
	alarms, err := s.alarms(r.Context())
	if err != nil {
		return nil, err
	}
	d, due := s.today()
	city, by := s.o.Book.Coverage(d, due)
	p.Body = []ui.Block{
		s.tiles(city, d, due),
		ui.Columns{Wide: 1, Cols: [][]ui.Block{
			{s.districtMap(d, by)},
			{ui.Columns{Wide: -1, Cols: [][]ui.Block{{load}, {alarms}}}, s.newestTable()},
		}},
	}
	return p, nil
}

func (s *Part) tiles(city book.Cover, d book.Day, due int) ui.Tiles {
	now := s.o.Clock.Now()
	conc := s.o.Head.Concentrators("", "")
	online := 0
	for _, c := range conc {
		if c.Online {
			online++
		}
	}
	share := func(part, whole int64) float64 {
		if whole == 0 {
			return 0
		}
		return float64(part) / float64(whole)
	}
	slotsDue := city.Meters * int64(due)
	return ui.Tiles{ID: "grid-tiles", Title: lang.T("关键指标", "Key figures"), Items: []ui.Tile{
		{ID: "kpi-coverage", Name: lang.T("用电信息采集覆盖率", "Meter collection coverage"), Value: ui.Num(city.Rate(), 2), Unit: lang.Same("%"), Note: lang.T("目标 100%", "Goal 100 %"),
			Gauge: &ui.Gauge{Part: city.Rate() / 100, Expected: -1, Status: s.standing(TargetCoverage)}, Href: "/plan/target/" + TargetCoverage, At: now, Source: source},
		{ID: "kpi-missing", Name: lang.T("今日缺数电表", "Meters with gaps today"), Value: ui.Num(float64(city.Meters-city.Complete), 0), Unit: lang.T("只", "meters"),
			Note: lang.T(fmt.Sprintf("%s，应到 %d 个时段", d, due), fmt.Sprintf("%s, %d slots due", d, due)), Href: "/grid/missing", At: now, Source: source},
		{ID: "kpi-meters", Name: lang.T("在运智能电能表", "Smart meters in service"), Value: ui.Num(float64(city.Meters), 0), Unit: lang.T("只", "meters"), Note: lang.T("目标 560 万户", "Goal 5.6 m"),
			Gauge: &ui.Gauge{Part: float64(city.Meters) / 5.6e6, Expected: -1, Status: ui.StatusOn}, Href: "/grid/meters", At: now, Source: source},
		{ID: "kpi-slots", Name: lang.T("今日已到数据", "Readings in today"), Value: ui.Num(float64(city.Collected+city.Late), 0), Unit: lang.T("点", "values"),
			Note:  lang.T(fmt.Sprintf("应到 %s，迟到 %s，估计 %s", ui.Num(float64(slotsDue), 0), ui.Num(float64(city.Late), 0), ui.Num(float64(city.Estimated), 0)), fmt.Sprintf("%s due, %s late, %s estimated", ui.Num(float64(slotsDue), 0), ui.Num(float64(city.Late), 0), ui.Num(float64(city.Estimated), 0))),
			Gauge: &ui.Gauge{Part: min(1, share(city.Collected+city.Late, slotsDue)), Expected: -1, Status: ui.StatusOn}, At: now, Source: source},
		{ID: "kpi-online", Name: lang.T("在线集中器", "Concentrators online"), Value: ui.Num(float64(online), 0), Unit: lang.T("台", "units"), Note: lang.T(fmt.Sprintf("共 %d 台", len(conc)), fmt.Sprintf("of %d", len(conc))),
			Gauge: &ui.Gauge{Part: share(int64(online), int64(len(conc))), Expected: -1, Status: ui.StatusOn}, Href: "/grid/concentrators", At: now, Source: source},
	}}
}

// standing is how the plan judges a target.
func (s *Part) standing(target string) ui.Status {
	st, err := s.o.Indicators.Get(context.Background(), target)
	if err != nil {
		return ui.StatusNone
	}
	return host.Standing(st.State)
}

var mapLegend = []lang.Text{lang.Same("<94"), lang.Same("94"), lang.Same("96"), lang.Same("98"), lang.Same("≥99%")}

func rateClass(c book.Cover) int {
	switch v := c.Rate(); {
	case c.Meters == 0:
		return -1
	case v >= 99:
		return 4
	case v >= 98:
		return 3
	case v >= 96:
		return 2
	case v >= 94:
		return 1
	}
	return 0
}

func (s *Part) districtMap(d book.Day, by []book.Cover) ui.Map {
	m := ui.Map{ID: "grid-map", Title: lang.T("各区采集覆盖率", "Coverage by district"), Legend: mapLegend, Plants: true}
	for i, c := range by {
		text := lang.Same(ui.Num(c.Rate(), 2) + "%")
		if c.Meters == 0 {
			text = lang.T("无电表", "no meters")
		}
		m.Areas = append(m.Areas, ui.Area{Code: region.Districts[i].Code, Value: c.Rate(), Class: rateClass(c), Text: text, Href: "/grid/missing?district=" + region.Districts[i].Code + "&day=" + d.String(),
			Rows: []ui.Fact{
				{Name: lang.T("在运电表", "Meters in service"), Value: lang.Same(ui.Num(float64(c.Meters), 0))},
				{Name: lang.T("缺数电表", "Meters with gaps"), Value: lang.Same(ui.Num(float64(c.Meters-c.Complete), 0))},
				{Name: lang.T("缺数时段", "Slots missing"), Value: lang.Same(ui.Num(float64(c.Missing), 0))},
			}})
	}
	return m
}

// alarms are the load peaks that stand, and the concentrators that the archive knows and nobody hears, those with the most meters first.
func (s *Part) alarms(ctx context.Context) (ui.Panel, error) {
	now := s.o.Clock.Now()
	list := ui.Alarms{ID: "grid-alarms", Empty: lang.T("没有尖峰告警，所有集中器在线。", "No peak alarm, and all concentrators are online.")}
	peaks, err := s.o.Peaks(ctx)
	if err != nil {
		return ui.Panel{}, err
	}
	list.Items = append(list.Items, peaks[:min(3, len(peaks))]...)
	off := 0
	for _, c := range s.o.Head.Concentrators("", "offline") {
		if c.Meters == 0 || !c.Heard.IsZero() && now.Sub(c.Heard) < s.o.SilentAfter {
			continue
		}
		off++
		if len(list.Items) == 6 {
			continue
		}
		a := ui.Alarm{Level: 2, Title: lang.T(fmt.Sprintf("集中器 %s 离线，影响 %d 户", c.Address, c.Meters), fmt.Sprintf("Concentrator %s offline, %d meters behind it", c.Address, c.Meters)),
			Place: book.DistrictName(c.District), State: lang.T("未恢复", "open"), At: c.Heard, Href: "/grid/missing?concentrator=" + c.Address}
		if c.Heard.IsZero() {
			a.Level, a.State = 3, lang.T("启动以来未上线", "not seen since the start")
		} else {
			a.For = now.Sub(c.Heard)
		}
		list.Items = append(list.Items, a)
	}
	p := ui.Panel{ID: "grid-alarm-panel", Title: lang.T("告警", "Alarms"), Body: []ui.Block{list}}
	if off > 0 {
		p.More = &ui.Link{Text: lang.T(fmt.Sprintf("全部 %d 条", off), fmt.Sprintf("All %d", off)), Href: "/grid/concentrators?state=offline"}
	}
	return p, nil
}

// loadChart is what the meters say that the city draws, today and yesterday: the sum of the powers that have come.
func (s *Part) loadChart(ctx context.Context) (ui.Panel, error) {
	d, due := s.today()
	today, err := s.o.Ledger.Load(ctx, "", d)
	if err != nil {
		return ui.Panel{}, err
	}
	before, err := s.o.Ledger.Load(ctx, "", d-1)
	if err != nil {
		return ui.Panel{}, err
	}
	today = slices.Clone(today)
	for i := due; i < len(today); i++ {
		today[i] = math.NaN()
	}
	now := "—"
	for _, v := range today {
		if !math.IsNaN(v) {
			now = ui.Num(v, 1)
		}
	}
	return ui.Panel{ID: "grid-load", Title: lang.T("全网负荷", "System load"), Value: now, Unit: lang.Same("MW"), Body: []ui.Block{
		ui.Chart{ID: "grid-load-chart", Title: lang.T("今日与昨日负荷（已到数据之和）", "Load today and yesterday (sum of what has come)"), Unit: lang.Same("MW"), From: d.Date(), Step: book.SlotLength, Lines: []ui.Line{
			{Name: lang.T("今日", "Today"), Style: "now", Points: today}, {Name: lang.T("昨日", "Yesterday"), Style: "past", Points: before}}}}}, nil
}

// newestTable shows the meters that were heard last.
func (s *Part) newestTable() ui.Table {
	d, due := s.today()
	t := ui.Table{ID: "grid-newest", Title: lang.T("电能表", "Meters"), Note: lang.T("最新数据在前", "Newest reading first"), Columns: meterColumns(true), Sort: "-newest", Total: -1, Path: "/grid/meters",
		Search: &ui.Field{Name: "q", Label: lang.T("电表号", "Meter number"), Placeholder: lang.T("电表号", "Meter number")}, Empty: lang.T("还没有数据。", "No readings yet.")}
	page, _, _ := s.o.Book.List(d, due, book.Select{Sort: t.Sort, Limit: 12})
	for _, m := range page {
		t.Rows = append(t.Rows, meterRow(m, d, due))
	}
	return t
}

// loadTicks is after how many rounds of publish the load is summed anew where readings have come: it is the sum of a city.
const loadTicks = 3

// publish tells the open pages what has changed, at most every other second.
func (s *Part) publish(ctx context.Context) error {
	s.o.Online(float64(s.o.Head.Online()))
	if s.ticks++; s.ticks%loadTicks == 0 {
		s.o.Ledger.Tick()
	}
	if s.moved.Swap(false) && s.o.Live.Watched(Topic) {
		blocks, err := s.rereadBlocks(ctx)
		if err != nil {
			return err
		}
		s.o.Live.Publish(Topic, blocks...)
	}
	if !s.o.Dirty.Swap(false) || !s.o.Live.Watched(Topic) {
		return nil
	}
	d, due := s.today()
	city, by := s.o.Book.Coverage(d, due)
	load, err := s.loadChart(ctx)
	if err != nil {
		return err
	}
	alarms, err := s.alarms(ctx)
	if err != nil {
		return err
	}
	s.o.Live.Publish(Topic, ui.Update{Block: s.tiles(city, d, due)}, ui.Update{Block: s.districtMap(d, by)}, ui.Update{Block: load}, ui.Update{Block: alarms}, ui.Update{Block: s.newestTable()})
	return nil
}

func clock(slot int) string {
	return fmt.Sprintf("%02d:%02d", slot/4, slot%4*15)
}

// queryDay reads the day of a page, today where none is asked for.
func (s *Part) queryDay(r *web.Request) (d book.Day, due int, err error) {
	text := r.Query("day")
	if text == "" {
		d, due = s.today()
		return d, due, nil
	}
	d, ok := book.ParseDay(text)
	if !ok {
		return 0, 0, errs.Say(errs.Invalid, "日期“%s”无法识别，请按 2015-11-20 的格式填写", "%q is no date, write it like 2015-11-20", text)
	}
	return d, book.DueSlots(d, s.o.Clock.Now(), s.o.DueAfter), nil
}

// queryPlace reads the cursor of a list of numbered rows; -1 is the beginning.
func queryPlace(r *web.Request) (int64, error) {
	text := r.Query("after")
	if text == "" {
		return -1, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, noPlace(text)
	}
	return n, nil
}

func noPlace(text string) error {
	return errs.Say(errs.Invalid, "翻页标记“%s”无效，请从第一页重新打开", "the page mark %q is not valid, open the list from its first page", text)
}

// queryDistrict reads a district's code; "" where none is asked for.
func queryDistrict(r *web.Request) (string, error) {
	code := r.Query("district")
	if code != "" && region.Index(code) < 0 {
		return "", noDistrict(code)
	}
	return code, nil
}

func noDistrict(code string) error {
	return errs.Say(errs.Invalid, "“%s”不是本市的行政区划代码", "%q is no district code of this city", code)
}
