package pages

import (
	"slices"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/customer"
	"github.com/haihe-city/haihe/systems/grid/order"
	"github.com/haihe-city/haihe/systems/grid/vee"
	"github.com/haihe-city/haihe/web/ui"
)

// group is one subject of the room's navigation. A part adds its page to the group that an officer would look in; the first page
// is the group's own.
type group struct {
	text  lang.Text
	pages []ui.Link
}

// navigation is the room's pages, in the order of an officer's day: what came, whether it is right, who is without power, what is
// lost, what will be drawn, who is served.
func navigation() []group {
	return []group{
		{lang.T("运行总览", "Overview"), []ui.Link{{Text: lang.T("运行总览", "Overview"), Href: "/grid"}}},
		{lang.T("采集", "Collection"), []ui.Link{
			{Text: lang.T("电能表", "Meters"), Href: "/grid/meters"}, {Text: lang.T("缺数清单", "Missing"), Href: "/grid/missing"}, {Text: lang.T("补抄记录", "Re-reads"), Href: "/grid/rereads"},
			{Text: lang.T("集中器", "Concentrators"), Href: "/grid/concentrators"}, {Text: lang.T("拒收报文", "Refused frames"), Href: "/grid/refused"}, {Text: lang.T("导入的区间数据", "Imported"), Href: "/grid/imported"}}},
		{lang.T("数据质量", "Quality"), []ui.Link{vee.Tab, {Text: lang.T("各规则统计", "Rules by day"), Href: vee.Tab.Href + "/rules"}, {Text: lang.T("编辑记录", "Edits"), Href: vee.Tab.Href + "/edits"}}},
		{lang.T("供电可靠性", "Reliability"), []ui.Link{{Text: lang.T("停电", "Outages"), Href: "/grid/outages"}, {Text: lang.T("可靠性指标", "Indices"), Href: "/grid/reliability"}}},
		{lang.T("线损", "Losses"), []ui.Link{{Text: lang.T("线损", "Losses"), Href: "/grid/losses"}}},
		{lang.T("负荷", "Load"), []ui.Link{{Text: lang.T("负荷预测", "Forecast"), Href: "/grid/forecast"}, {Text: lang.T("尖峰告警", "Peaks"), Href: "/grid/peaks"}, {Text: lang.T("需求响应", "Demand response"), Href: "/grid/response"}}},
		{lang.T("用户服务", "Service"), []ui.Link{order.Tab, {Text: lang.T("电表时钟", "Clocks"), Href: "/grid/clocks"}, customer.Tab}},
		{lang.T("数据与接口", "Data & API"), []ui.Link{{Text: lang.T("数据与接口", "Data & API"), Href: "/grid/data"}}},
	}
}

// Page makes a page of the room: its title, the page of the navigation that it stands under, and the crumbs behind the room's.
// Where a crumb is a page of the navigation too, the deepest one is current.
func Page(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page {
	p := &ui.Page{Title: title, Nav: "grid", Crumbs: append([]ui.Link{{Text: lang.T("城市系统", "City systems"), Href: "/systems"}, {Text: source, Href: "/grid"}}, crumbs...)}
	groups := navigation()
	for _, c := range crumbs {
		if slices.ContainsFunc(groups, func(g group) bool {
			return slices.ContainsFunc(g.pages, func(l ui.Link) bool { return l.Href == c.Href })
		}) {
			tab = c.Href
		}
	}
	for _, g := range groups {
		here := slices.ContainsFunc(g.pages, func(l ui.Link) bool { return l.Href == tab })
		t := ui.Tab{Text: g.text, Href: g.pages[0].Href, Current: here}
		for _, l := range g.pages[1:] {
			t.Else = append(t.Else, l.Href)
		}
		p.Tabs = append(p.Tabs, t)
		if !here || len(g.pages) == 1 {
			continue
		}
		for _, l := range g.pages {
			p.Within = append(p.Within, ui.Tab{Text: l.Text, Href: l.Href, Current: l.Href == tab})
		}
	}
	return p
}
