package ui_test

import (
	"fmt"
	"math"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// The gallery shows every component with every field set, in pages like those that the systems make. Its clock stands still.

var (
	now   = time.Date(2015, 11, 20, 9, 30, 0, 0, ui.Zone())
	start = time.Date(2014, 4, 9, 0, 0, 0, 0, ui.Zone())
	end   = time.Date(2016, 12, 31, 23, 59, 59, 0, ui.Zone())
)

func nav() []ui.NavGroup {
	return []ui.NavGroup{
		{Text: lang.T("行动方案", "Action plan"), Items: []ui.NavItem{
			{ID: "plan", Href: "/plan", Icon: "gauge", Text: lang.T("总体进度", "Overall progress")},
			{ID: "mobile", Href: "/plan?area=mobile", Text: lang.T("移动互联", "Mobile internet"), Badge: "1", Sub: true},
			{ID: "city", Href: "/plan?area=city", Text: lang.T("智慧城市", "Smart city"), Badge: "2", Sub: true},
		}},
		{Text: lang.T("城市系统", "City systems"), Items: []ui.NavItem{
			{ID: "grid", Href: "/grid", Icon: "bolt", Text: lang.T("智能电网", "Smart grid")},
			{ID: "transit", Href: "/transit", Icon: "bus", Text: lang.T("公共交通", "Transit")},
		}},
		{Text: lang.T("系统管理", "Administration"), Items: []ui.NavItem{{ID: "admin", Href: "/admin", Icon: "cog", Text: lang.T("系统状态", "Systems")}}},
	}
}

func shell(l lang.Lang) ui.Shell {
	return ui.Shell{Lang: l, Path: "/plan", Query: "status=met", Static: "/assets/x", Home: "/plan", Nav: nav(), CSRF: "t0ken", Now: now, Version: "0.1.0",
		Banner: lang.T("演示环境：数据为模拟", "Demonstration: the data is simulated"), Search: "集中器",
		User: &ui.User{Name: lang.T("王敏", "Wang Min"), Unit: lang.T("市经济和信息化委", "Industry & IT Commission"), Links: []ui.Link{{Text: lang.T("修改密码", "Change password"), Href: "/account/password"}}}}
}

func target(id string, zh, en string, s ui.Status, progress, expected float64) ui.Target {
	t := ui.Target{ID: id, Area: "overall", Name: lang.T(zh, en), Clause: ui.Clause("3.3.3"), Owner: lang.T("市经济和信息化委", "Industry & IT Commission"), Source: lang.T("智能电网", "Smart grid"),
		Status: s, Progress: progress, Expected: expected, Gap: ui.Signed((progress-expected)*100, 1), GapBad: progress < expected, Forecast: lang.T("2016-07", "Jul 2016"), At: now, Due: 2016, Href: "/plan/targets/" + id}
	t.Value, t.Unit = ui.QuantityLike(progress*5e11, "CNY/year", 5e11)
	t.Goal, _ = ui.Quantity(5e11, "CNY/year")
	for i := range 20 {
		f := float64(i) / 19
		t.History = append(t.History, ui.HistoryPoint{Time: f * .59, Progress: progress * math.Pow(f, 1.2)})
	}
	if s == ui.StatusNone {
		t.Value, t.Gap, t.Forecast, t.Progress = lang.Same(ui.None), "", lang.Text{}, math.NaN()
	}
	return t
}

func targets() []ui.Target {
	return []ui.Target{
		target("scale", "新一代信息服务产业规模", "Information services", ui.StatusRisk, .51, .594),
		target("firms", "年销售收入过亿元企业", "Firms over CNY 100 m", ui.StatusOn, .71, .594),
		target("dual", "IPv4/IPv6 双栈改造率", "IPv4/IPv6 dual stack", ui.StatusMet, 1, .594),
		target("clusters", "创新型产业集群", "Innovation clusters", ui.StatusBehind, .38, .594),
		target("cert", "一市民一证签发率", "Citizens with a certificate", ui.StatusNone, 0, .594),
	}
}

func planPage() *ui.Page {
	ts := targets()
	return &ui.Page{Title: lang.T("总体进度", "Overall progress"), Nav: "plan", Live: "plan",
		Crumbs: []ui.Link{{Text: lang.T("行动方案", "Action plan"), Href: "/plan"}, {Text: lang.T("总体进度", "Overall progress")}},
		Body: []ui.Block{
			ui.PlanLead{ID: "plan-lead", Name: lang.T("新一代信息服务产业发展行动方案 2014–2016", "Information services action plan 2014–2016"), Total: 63, Now: now, Start: start, End: end,
				Counts:     map[ui.Status]int{ui.StatusMet: 4, ui.StatusOn: 21, ui.StatusRisk: 12, ui.StatusBehind: 5, ui.StatusNone: 21},
				Milestones: []ui.Milestone{{Year: 2014, Text: lang.T("IPv6 大规模部署", "IPv6 rolled out at scale")}, {Year: 2015, Text: lang.T("IPv6 升级改造全面完成", "IPv6 upgrade complete")}, {Year: 2016, Text: lang.T("全部量化目标到期", "All measured targets fall due")}}},
			ui.Columns{Wide: 0, Cols: [][]ui.Block{
				{
					ui.TargetCards{ID: "cards", Title: lang.T("重点目标", "Headline goals"), Items: ts[:4], Start: start, End: end},
					ui.TargetTable{ID: "targets", Title: lang.T("全部目标", "All targets"), Path: "/plan", Exports: []ui.Link{{Text: lang.Same("CSV"), Href: "/api/plan/targets.csv"}},
						Groups: []ui.TargetGroup{{ID: "overall", Name: lang.T("总体目标", "City-wide"), Items: ts}, {ID: "city", Name: lang.T("智慧城市", "Smart city"), Items: more(ts)}}},
				},
				{
					ui.Attention{ID: "push", Title: lang.T("需要督办", "Needs a push"), Items: []ui.Target{ts[3], ts[0]}, More: &ui.Link{Text: lang.T("全部", "All"), Href: "/plan?status=behind"}},
					ui.Feed{ID: "feed", Title: lang.T("实时测量", "Live measurements"), Items: []ui.FeedItem{
						{At: now, Name: lang.T("用电信息采集覆盖率", "Meters read automatically"), Source: lang.T("智能电网", "Smart grid"), From: "97.41", To: "97.42%", Href: "/plan/targets/collection"},
						{At: now.Add(-time.Minute), Name: lang.T("无线 Wi-Fi 接入点", "Public Wi-Fi access points"), Source: lang.T("宽带城市", "Broadband"), From: "123,986", To: "124,002"}}},
				},
			}},
		}}
}

func more(ts []ui.Target) []ui.Target {
	var out []ui.Target
	for _, t := range ts {
		t.ID += "-2"
		out = append(out, t)
	}
	return out
}

func curve(n, upto int, base float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		h := float64(i) / float64(n) * 24
		out[i] = math.NaN()
		if i < upto && i != 11 {
			out[i] = base + 1250*math.Exp(-math.Pow((h-10.2)/3.1, 2)) + 1650*math.Exp(-math.Pow((h-18.6)/2.6, 2)) + 90*math.Sin(float64(i)*1.7)
		}
	}
	return out
}

func areas() []ui.Area {
	var out []ui.Area
	for i, c := range []string{"120101", "120102", "120103", "120104", "120105", "120106", "120110", "120111", "120112", "120113", "120114", "120115", "120116", "120117", "120118"} {
		v := 99.6 - float64(i)*.55
		class := 0
		for k, lo := range []float64{0, 94, 96, 98, 99} {
			if v >= lo {
				class = k
			}
		}
		out = append(out, ui.Area{Code: c, Value: v, Class: class, Text: lang.Same(ui.Num(v, 2) + "%"), Href: "/grid/meters?district=" + c,
			Rows: []ui.Fact{{Name: lang.T("应采", "Due"), Value: lang.Same("300,000")}, {Name: lang.T("缺测", "Missing"), Value: lang.Same(ui.Grouped(int64(i * 1200)))}}})
	}
	return out
}

func gridPage() *ui.Page {
	load := ui.Chart{ID: "load", Title: lang.T("全网负荷", "System load"), Unit: lang.Same("MW"), From: now.Truncate(24 * time.Hour).Add(-8 * time.Hour), Step: 15 * time.Minute,
		Lines: []ui.Line{{Name: lang.T("今日", "Today"), Style: "now", Points: curve(96, 38, 6200)}, {Name: lang.T("昨日", "Yesterday"), Style: "past", Points: curve(96, 96, 6100)}, {Name: lang.T("预测", "Forecast"), Style: "forecast", Points: curve(96, 96, 6250)}},
		Marks: []ui.Mark{{At: now, Text: lang.T("现在", "Now")}}}
	return &ui.Page{Title: lang.T("智能电网", "Smart grid"), Nav: "grid", Live: "grid", Clause: ui.Clause("3.3.3"),
		Lead:   lang.T("智能配电网覆盖 371 km²，核心区供电可靠率 99.99%，用电信息采集覆盖率 100%，智能电能表换装 560 万户。", "A smart distribution network over 371 km², 99.99% reliability in the core, every meter read automatically, 5.6 million smart meters."),
		Crumbs: []ui.Link{{Text: lang.T("城市系统", "City systems"), Href: "/systems"}, {Text: lang.T("智能电网", "Smart grid")}},
		Tabs:   []ui.Tab{{Text: lang.T("运行总览", "Overview"), Href: "/grid", Current: true}, {Text: lang.T("电能表", "Meters"), Href: "/grid/meters"}, {Text: lang.T("数据与接口", "Data & API"), Href: "/grid/data"}},
		Actions: []ui.Action{{Text: lang.T("导出", "Export"), Href: "/api/grid/meters.csv"}, {Text: lang.T("补抄", "Read again"), Href: "/grid/reread", Primary: true, Post: true,
			Confirm: lang.T("将向 42 台集中器下发补抄命令。", "42 concentrators will be asked to read again."), Fields: map[string]string{"day": "2015-11-20"}}},
		Body: []ui.Block{
			ui.Tiles{ID: "keys", Title: lang.T("关键指标", "Key figures"), Items: tiles()},
			ui.Columns{Wide: 1, Cols: [][]ui.Block{
				{ui.Map{ID: "city", Title: lang.T("各区采集覆盖率", "Automatic reading by district"), Plants: true, Areas: areas(),
					Legend: []lang.Text{lang.Same("<94"), lang.Same("94"), lang.Same("96"), lang.Same("98"), lang.Same("≥99%")},
					Points: []ui.Point{{Lon: 117.388, Lat: 39.899, Kind: "alarm1", Text: lang.T("集中器离线", "Concentrator offline"), Href: "/grid/alarms/1"}, {Lon: 117.12, Lat: 38.91, Kind: "alarm2", Text: lang.T("电压越限", "Voltage")}, {Lon: 117.3, Lat: 39.3, Kind: "meter"}}}},
				{
					ui.Columns{Wide: -1, Cols: [][]ui.Block{
						{ui.Panel{ID: "load-p", Title: lang.T("全网负荷", "System load"), Value: "7,620", Unit: lang.Same("MW"), Body: []ui.Block{load}}},
						{ui.Alarms{ID: "alarms", Title: lang.T("告警", "Alarms"), More: &ui.Link{Text: lang.T("全部 12 条", "All 12"), Href: "/grid/alarms"}, Items: alarms()}},
					}},
					meters(),
				},
			}},
		}}
}

func tiles() []ui.Tile {
	return []ui.Tile{
		{ID: "k-collect", Name: lang.T("用电信息采集覆盖率", "Meters read automatically"), Value: "97.42", Unit: lang.Same("%"), Note: lang.T("目标 100%", "Goal 100%"), Gap: "+31.9", Gauge: &ui.Gauge{Part: .91, Expected: .594, Status: ui.StatusOn}, Href: "/plan/targets/collection", At: now, Source: lang.T("集中器采集", "Concentrators")},
		{ID: "k-meters", Name: lang.T("智能电能表换装", "Smart meters installed"), Value: "5,214,086", Unit: lang.T("户", "homes"), Note: lang.T("目标 560 万户", "Goal 5.6 m homes"), Gap: "−2.8", Gauge: &ui.Gauge{Part: .55, Expected: .594, Status: ui.StatusRisk}, At: now},
		{Name: lang.T("核心区供电可靠率", "Core-area reliability"), Value: "99.987", Unit: lang.Same("%"), Note: lang.T("目标 99.99%", "Goal 99.99%"), Gauge: &ui.Gauge{Part: .9, Expected: -1}, Source: lang.T("停电记录", "Outage log")},
		{Name: lang.T("在线集中器", "Concentrators online"), Value: "41,827", Unit: lang.T("台", "units")},
	}
}

func alarms() []ui.Alarm {
	return []ui.Alarm{
		{Level: 1, Title: lang.T("集中器离线，影响 412 户", "Concentrator offline, 412 homes"), Place: lang.T("蓟州区 上仓镇", "Shangcang, Jizhou"), State: lang.T("已派单", "Crew sent"), At: now.Add(-6 * time.Minute), For: 6 * time.Minute, Href: "/grid/alarms/1"},
		{Level: 2, Title: lang.T("10 kV 津南 314 线负载率 92%", "10 kV feeder Jinnan 314 at 92%"), Place: lang.T("津南区", "Jinnan"), State: lang.T("待确认", "To confirm"), At: now.Add(-3 * time.Hour), For: 3 * time.Hour},
		{Level: 3, Title: lang.T("抄表失败率高于 5%", "More than 5% of reads failed"), Place: lang.T("宁河区", "Ninghe"), At: now.Add(-50 * time.Hour), For: 50 * time.Hour},
	}
}

func meters() ui.Table {
	t := ui.Table{ID: "meters", Title: lang.T("电能表", "Meters"), Note: lang.T("最近有变化的在前", "Last changed first"), Path: "/grid/meters", Query: map[string]string{"sort": "-at", "district": "120101", "view": "wide"}, Sort: "-at",
		Columns: []ui.Column{{Key: "no", Text: lang.T("电表号 · 户号", "Meter · account"), Sortable: true}, {Key: "district", Text: lang.T("区", "District")}, {Key: "kwh", Text: lang.T("示数 kWh", "Reading kWh"), Num: true, Sortable: true},
			{Key: "day", Text: lang.T("24 小时", "24 hours")}, {Key: "share", Text: lang.T("到数", "Read")}, {Key: "at", Text: lang.T("抄读时间", "Read at"), Num: true, Sortable: true}, {Key: "state", Text: lang.T("状态", "State")}},
		Total: 5214086, Next: "abc", Paged: true, Search: &ui.Field{Name: "q", Label: lang.T("电表号或户号", "Meter or account"), Value: "12"},
		Filters: []ui.Field{{Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: "120101", Options: []ui.Option{{Text: lang.T("全部区", "All districts")}, {Value: "120101", Text: lang.T("和平区", "Heping")}}}},
		Exports: []ui.Link{{Text: lang.Same("CSV"), Href: "/api/grid/meters.csv"}},
	}
	states := []ui.Tag{{Status: ui.StatusOn, Text: lang.T("正常", "Normal")}, {Status: ui.StatusBehind, Text: lang.T("离线 2 小时", "Offline 2 h")}, {Status: ui.StatusRisk, Text: lang.T("电压越限", "Voltage")}, {Status: ui.StatusNone}}
	for i := range 8 {
		no := fmt.Sprintf("12304%05d", 17000+i*731)
		t.Rows = append(t.Rows, ui.Row{ID: "m-" + no, Cells: []ui.Cell{{Text: lang.Same(no), Sub: lang.T("户号 0205****", "Account 0205****"), Href: "/grid/meters/" + no, Strong: true}, {Text: lang.T("和平区", "Heping")},
			{Text: lang.Same(ui.Num(16961.88+float64(i*917), 2)), Strong: true}, {Spark: curve(24, 24, 300)}, {Gauge: &ui.Gauge{Part: .4 + float64(i)*.07, Expected: -1, Status: ui.StatusOn}, Sub: lang.Same("38/96")}, {Time: now.Add(-time.Duration(i*i) * time.Hour)}, {Tag: &states[i%4]}}})
	}
	return t
}

func partsPage() *ui.Page {
	slots := ui.Slots{ID: "day", Title: lang.T("2015-11-20 各刻采集", "Quarter hours of 20 Nov 2015"), Key: []ui.Fact{{Name: lang.Same("collected"), Value: lang.Same("30")}, {Name: lang.Same("late"), Value: lang.Same("4")}, {Name: lang.Same("estimated"), Value: lang.Same("2")}, {Name: lang.Same("missing"), Value: lang.Same("2")}, {Name: lang.Same("future"), Value: lang.Same("58")}}}
	for i := range 96 {
		s := []string{"collected", "collected", "late", "collected", "collected", "estimated", "missing", "collected", "invalid"}[i%9]
		if i >= 38 {
			s = "future"
		}
		slots.Items = append(slots.Items, ui.Slot{State: s, Text: lang.Same(fmt.Sprintf("%02d:%02d", i/4, i%4*15))})
	}
	bulk := ui.Table{ID: "missing", Title: lang.T("缺测电表", "Missing meters"), Path: "/grid/missing", Total: 2, Columns: []ui.Column{{Key: "no", Text: lang.T("电表号", "Meter")}, {Key: "why", Text: lang.T("原因", "Why")}},
		Rows: []ui.Row{{ID: "m-1", Cells: []ui.Cell{{Text: lang.Same("1230417000")}, {Text: lang.T("终端无应答", "no answer")}}}, {ID: "m-2", Cells: []ui.Cell{{Text: lang.Same("1230417001")}, {Text: lang.T("校验错", "bad sum")}}}},
		Post: &ui.BulkAction{Text: lang.T("补抄", "Read again"), Href: "/grid/reread", All: true, Confirm: lang.T("将重新抄读所选电表。", "The meters chosen will be read again.")}}
	return &ui.Page{Title: lang.T("组件", "Parts"), Crumbs: []ui.Link{{Text: lang.T("组件", "Parts")}},
		Body: []ui.Block{
			ui.Notice{ID: "n1", Kind: "warn", Text: lang.T("数据停在 09:12：智能电网 18 分钟没有新读数。", "Data stopped at 09:12: no new smart-grid readings for 18 minutes."), Link: &ui.Link{Text: lang.T("查看接口日志", "See the log"), Href: "/admin"}},
			ui.Notice{Kind: "bad", Text: lang.T("没有保存：另一人刚改过。", "Not saved: someone else changed it.")}, ui.Notice{Kind: "good", Text: lang.T("已批准。", "Approved.")}, ui.Notice{Kind: "info", Text: lang.T("本页每分钟更新。", "This page updates every minute.")},
			ui.Trajectory{ID: "way", Target: targets()[0], Start: start, End: end, Now: now},
			ui.Columns{Wide: 0, Cols: [][]ui.Block{
				{
					ui.Panel{ID: "p1", Title: lang.T("电表 1230417000", "Meter 1230417000"), More: &ui.Link{Text: lang.T("历史", "History"), Href: "/grid/meters/1/history"}, Body: []ui.Block{slots,
						ui.Facts{ID: "facts", Title: lang.T("档案", "Record"), Items: []ui.Fact{{Name: lang.T("地址", "Address"), Value: lang.T("蓟州区 上仓镇 二分台区", "Transformer 2, Shangcang")}, {Name: lang.T("状态", "State"), Tag: &ui.Tag{Status: ui.StatusOn}}, {Name: lang.T("最近抄读", "Last read"), Time: now}, {Name: lang.T("关联目标", "Target"), Value: lang.T("用电信息采集覆盖率", "Collection coverage"), Href: "/plan/targets/collection"}}}}},
					bulk,
					ui.Chart{ID: "empty-c", Title: lang.T("电压", "Voltage"), Unit: lang.Same("V"), From: now, Step: time.Hour, Lines: []ui.Line{{Name: lang.T("A 相", "Phase A")}}},
				},
				{
					ui.Form{ID: "report", Title: lang.T("填报数据", "Submit a figure"), Action: "/plan/targets/x/reports", Submit: lang.T("提交审核", "Submit for approval"), Error: lang.T("有 1 处需要改正", "One thing needs correcting"), Cancel: &ui.Link{Text: lang.T("取消", "Cancel"), Href: "/plan"}, Fields: fieldKinds()},
					ui.Timeline{ID: "story", Title: lang.T("办理过程", "What was done"), More: &ui.Link{Text: lang.T("全部", "All"), Href: "/x"}, Items: []ui.Event{{At: now, Who: lang.T("智能电网", "Smart grid"), What: lang.T("集中器 C-19-0417 三次未应答", "concentrator C-19-0417 missed three polls"), Kind: "bad", Href: "/x"}, {At: now, Who: lang.T("规则 R-12", "Rule R-12"), What: lang.T("定为紧急", "urgent"), Kind: "sys"}, {At: now.AddDate(-1, 0, 0), What: lang.T("建档", "registered"), Kind: "good"}}},
				},
			}},
			ui.Prose{Text: lang.T("一段说明文字。", "A paragraph of words.")},
			ui.Code{ID: "line", Title: lang.T("命令行", "On the command line"), Text: "curl -s https://haihe.example.cn/ngsi-ld/v1/entities?type=Meter \\\n  -H 'Authorization: Bearer hh_…'"},
			ui.Failure{Status: 404, Text: lang.T("没有这个页面。", "There is no such page."), RequestID: "r1", Links: []ui.Link{{Text: lang.T("回首页", "To the start"), Href: "/plan"}}},
		}}
}

func fieldKinds() []ui.Field {
	return []ui.Field{
		{Name: "csrf2", Kind: "hidden", Value: "1"},
		{Name: "value", Kind: "number", Label: lang.T("数值", "Value"), Help: lang.T("单位：亿元", "In 100 million yuan"), Required: true, Value: "38x", Error: lang.T("不是数字", "Not a number")},
		{Name: "day", Kind: "date", Label: lang.T("日期", "Day"), Value: "2015-11-20"},
		{Name: "unit", Kind: "select", Label: lang.T("单位", "Unit"), Value: "b", Options: []ui.Option{{Value: "a", Text: lang.T("市教委", "Education")}, {Value: "b", Text: lang.T("市商务委", "Commerce")}}},
		{Name: "doc", Label: lang.T("依据文号", "Document"), Placeholder: lang.T("津统〔2015〕12 号", "TJ 2015-12"), Autocomplete: "off"},
		{Name: "note", Kind: "textarea", Label: lang.T("说明", "Note"), Value: "…"},
		{Name: "file", Kind: "file", Label: lang.T("附件", "File")},
		{Name: "pw", Kind: "password", Label: lang.T("口令", "Password"), Autocomplete: "current-password", Required: true},
		{Kind: "group", Label: lang.T("声明", "Statement")},
		{Name: "sure", Kind: "checkbox", Label: lang.T("数据属实", "The figure is true"), Value: "1", Help: lang.T("虚报将记入日志", "It goes to the journal")},
	}
}

func signPage() *ui.Page {
	return &ui.Page{Title: lang.T("登录", "Sign in"), Body: []ui.Block{ui.Form{ID: "login", Action: "/login", Submit: lang.T("登录", "Sign in"), Fields: []ui.Field{{Name: "login", Label: lang.T("账号", "Account"), Required: true, Autocomplete: "username"}, {Name: "password", Kind: "password", Label: lang.T("密码", "Password"), Required: true, Autocomplete: "current-password"}}}}}
}

// alarmDesk is a list of alarms in a flood, with something said and something to undo.
func alarmDesk() ui.AlarmList {
	l := ui.AlarmList{ID: "desk", Title: lang.T("当前告警", "Alarms now"), Path: "/duty/alarms", Query: map[string]string{"system": "safety"}, At: now, Change: 7, Total: 12, Next: "20", Paged: true, Exports: []ui.Link{{Text: lang.Same("CSV"), Href: "/api/duty/alarms.csv"}},
		Fields: []ui.Field{{Name: "q", Kind: "search", Label: lang.T("告警、企业", "Alarm, plant")}, {Name: "from", Kind: "date", Label: lang.T("自", "From")}, {Name: "order", Kind: "select", Label: lang.T("排序", "Order"), Options: []ui.Option{{Text: lang.T("最急在前", "Most urgent")}}}},
		Flood:  lang.T("告警洪峰：最近 10 分钟新增 24 条。", "Alarm flood: 24 new in ten minutes."), Fold: &ui.Link{Text: lang.T("全部展开", "Unfold all"), Href: "/duty/alarms?fold=0"}, Said: lang.T("已搁置 1 条告警", "1 shelved"), Undo: []string{"01A"},
		Acts:  ui.AlarmActs{Acknowledge: "/duty/alarms/acknowledge", Shelve: "/duty/alarms/shelve", Unshelve: "/duty/alarms/unshelve"},
		Folds: []ui.AlarmFold{{ID: "urn:p:1", Place: lang.T("渤海化工", "Bohai Chemicals"), Href: "/duty/alarms?group=1", Counts: [5]int{3: 12, 4: 30}, Newest: now}}}
	for i, state := range []string{"unacknowledged", "acknowledged", "returned", "closed"} {
		p := i + 1
		r := ui.AlarmRow{ID: fmt.Sprintf("01%d", i), Href: "/duty/alarms/1", Priority: p, Class: "process", Title: lang.T("储罐液位高高", "Tank level very high"), Place: lang.T("渤海化工 · 滨海新区", "Bohai Chemicals · Binhai"), PlaceHref: "/safety/plants/1", Point: "LT-101", State: state, StateText: lang.T("未确认", "Unacknowledged"),
			Who: lang.T("王敏 09:12", "Wang Min 09:12"), Value: "91.25", Limit: "80", Below: i == 1, Unit: "%", First: now.Add(-time.Duration(i+1) * time.Hour), Count: int64(i), Chatter: i == 3, CaseHref: "/duty/cases/1"}
		if i == 2 {
			r.Class, r.ClassText, r.Value, r.Hold = "silence", lang.T("失联", "Silent"), "", lang.T("搁置至 12:00", "shelved until 12:00")
		}
		l.Rows = append(l.Rows, r)
		l.Counts = append(l.Counts, ui.AlarmCount{Priority: p, Text: ui.PriorityText(p), Count: 3 - i, Href: "/duty/alarms?priority=1", Current: i == 1})
	}
	return l
}

// emptyPage holds every block with nothing set.
func emptyPage() *ui.Page {
	return &ui.Page{Title: lang.T("空", "Empty"), Body: []ui.Block{ui.Tiles{Items: []ui.Tile{{}}}, ui.Panel{}, ui.Panel{Body: []ui.Block{ui.Map{}}}, ui.Columns{}, ui.Table{}, ui.Form{}, ui.Facts{}, ui.Prose{}, ui.Code{}, ui.Notice{}, ui.Chart{}, ui.Map{}, ui.Alarms{}, ui.Timeline{}, ui.Slots{}, ui.Spans{}, ui.Spans{Items: []ui.Stretch{{}}}, ui.Feed{}, ui.TargetCards{}, ui.TargetTable{}, ui.Attention{}, ui.Trajectory{}, ui.Failure{}, ui.Wall{}, ui.WallGroup{}, ui.AlarmList{}, ui.AlarmPulse{},
		ui.TargetCards{ID: "c2", Start: start, End: end, Items: []ui.Target{{}}}, ui.Alarms{ID: "a2", Items: []ui.Alarm{{}}}, ui.Timeline{ID: "t2", Items: []ui.Event{{}}}, ui.Feed{ID: "f2", Items: []ui.FeedItem{{}}}, ui.Table{ID: "tb2", Columns: []ui.Column{{}}, Rows: []ui.Row{{Cells: []ui.Cell{{}, {}}}, {}}}}}
}

// pages are the gallery.
func pages() map[string]*ui.Page {
	return map[string]*ui.Page{"plan": planPage(), "grid": gridPage(), "parts": partsPage(), "sign": signPage(), "alarms": {Title: lang.T("告警", "Alarms"), Nav: "duty", Body: []ui.Block{ui.AlarmPulse{ID: "pulse", Change: 7}, alarmDesk()}}, "empty": emptyPage()}
}

func shellFor(name string, l lang.Lang) ui.Shell {
	s := shell(l)
	s.Path = "/" + name
	if name == "sign" {
		s.Bare, s.User = true, nil
	}
	return s
}
