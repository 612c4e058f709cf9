package plan

import (
	"fmt"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// areaOverall is the area of the plan's headline goals.
const areaOverall = "overall"

var (
	headline = lang.T("发展目标", "Headline goals")
	crumb    = ui.Link{Text: lang.T("行动方案", "Action plan"), Href: "/plan"}
)

// exports are the plan's figures as files.
var exports = []ui.Link{
	{Text: lang.Same("CSV"), Href: "/api/plan/targets.csv?bom=1"},
	{Text: lang.Same("JSON"), Href: "/api/plan/targets"},
	{Text: lang.Same("SDMX-JSON"), Href: "/api/plan/sdmx"},
	{Text: lang.T("到期日历（ICS）", "Due dates (ICS)"), Href: "/api/plan/calendar.ics"},
}

// page makes a page of the room; tab is the path of the tab that it stands under.
func (s *service) page(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page {
	p := &ui.Page{Title: title, Nav: "plan", Crumbs: append([]ui.Link{crumb}, crumbs...)}
	for _, t := range []ui.Tab{
		{Text: lang.T("总体进度", "Overall progress"), Href: "/plan"},
		{Text: lang.T("责任单位", "Responsible units"), Href: "/plan/units"},
		{Text: lang.T("填报与审核", "Reports"), Href: "/plan/reports"},
		{Text: lang.T("数据勾稽", "Arithmetic"), Href: "/plan/sums"},
		{Text: lang.T("数据与接口", "Data & API"), Href: "/plan/data"},
	} {
		t.Current = t.Href == tab
		p.Tabs = append(p.Tabs, t)
	}
	return p
}

// filter reads the status that a table is narrowed to.
func filter(r *web.Request) (string, error) {
	key := r.Query("status")
	if _, ok := ui.ParseStatus(key); key != "" && !ok {
		return "", errs.Say(errs.Invalid, "状态“%s”无法识别，可用 met、on、risk、behind、none", "status %q is not known: met, on, risk, behind or none", key)
	}
	return key, nil
}

// inArea picks the targets of an area.
func inArea(all []indicator.Status, area string) []indicator.Status {
	return slices.DeleteFunc(slices.Clone(all), func(st indicator.Status) bool { return st.Area != area })
}

// pageOverview is the plan at a glance.
func (s *service) pageOverview(r *web.Request) (*ui.Page, error) {
	key, err := filter(r)
	if err != nil {
		return nil, err
	}
	all, err := s.board.All(r.Context())
	if err != nil {
		return nil, err
	}
	cards, err := s.cards(r.Context(), "plan-cards", headline, inArea(all, areaOverall))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	feed := slices.Clone(s.feed)
	s.mu.Unlock()
	p := s.page(lang.T("总体进度", "Overall progress"), "/plan", ui.Link{Text: lang.T("总体进度", "Overall progress")})
	p.Live = topicAll
	p.Body = []ui.Block{
		s.lead(all),
		ui.Columns{Wide: 0, Cols: [][]ui.Block{
			{cards, ui.TargetTable{ID: "targets", Groups: s.groups(all), Filter: key, Path: "/plan", Exports: exports}},
			{s.attention(all), ui.Feed{ID: "plan-feed", Title: lang.T("实时测量", "Live measurements"), Items: feed}},
		}},
	}
	return p, nil
}

// pageArea is one area of the plan: its goals with their trajectories, all its targets, what needs a push.
func (s *service) pageArea(r *web.Request) (*ui.Page, error) {
	a, ok := s.area(r.Path("area"))
	if !ok {
		return nil, errs.Say(errs.NotFound, "方案中没有“%s”这一领域", "the plan has no area %q", r.Path("area"))
	}
	key, err := filter(r)
	if err != nil {
		return nil, err
	}
	all, err := s.board.All(r.Context())
	if err != nil {
		return nil, err
	}
	list := inArea(all, a.ID)
	p := s.page(a.Name, "", ui.Link{Text: a.Name})
	p.Nav, p.Clause, p.Live = "plan-"+a.ID, ui.Clause(a.Section), topicAll
	lead := s.people.UnitName(a.Lead)
	counts := map[ui.Status]int{}
	for _, st := range list {
		counts[host.Standing(st.State)]++
	}
	p.Lead = lang.T(
		fmt.Sprintf("%d 项量化目标，由%s牵头：%d 项已完成，%d 项达到进度，%d 项有风险，%d 项落后，%d 项未接入。", len(list), lead.Zh,
			counts[ui.StatusMet], counts[ui.StatusOn], counts[ui.StatusRisk], counts[ui.StatusBehind], counts[ui.StatusNone]),
		fmt.Sprintf("%d targets, led by the %s: %d met, %d on track, %d at risk, %d behind, %d not connected.", len(list), lead.En,
			counts[ui.StatusMet], counts[ui.StatusOn], counts[ui.StatusRisk], counts[ui.StatusBehind], counts[ui.StatusNone]))
	cards, err := s.cards(r.Context(), "area-cards", a.Name, scales(list))
	if err != nil {
		return nil, err
	}
	table := ui.TargetTable{ID: "targets", Title: a.Name, Groups: s.groups(list), Filter: key, Path: "/plan/" + a.ID, Exports: exports}
	p.Body = []ui.Block{ui.Columns{Wide: 0, Cols: [][]ui.Block{{cards, table}, {s.attention(list)}}}}
	return p, nil
}

// scales picks up to four targets for the head of an area: those with a figure before those without, then those that the plan's
// section on goals names, the output first.
func scales(list []indicator.Status) []indicator.Status {
	rank := func(st indicator.Status) (n int) {
		if st.Figure == nil {
			n = 3
		}
		switch {
		case st.Unit == "CNY/year":
			return n
		case len(st.Section) == len("2.1") && st.Section[0] <= '2':
			return n + 1
		}
		return n + 2
	}
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b indicator.Status) int { return rank(a) - rank(b) })
	return out[:min(4, len(out))]
}
