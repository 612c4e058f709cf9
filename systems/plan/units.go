package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// duty is what a unit owes.
type duty struct {
	unit     identity.Unit
	leads    []indicator.Status // the unit is named first
	joins    []indicator.Status // the unit is named among others
	counts   map[ui.Status]int  // of both
	late     int                // behind and at risk
	worst    float64            // the greatest lag behind the due pace, in points, 0 or less
	earliest int                // the first year by whose end something is due that is not met; 0: nothing
}

// allDuties sorts the targets by unit, in the units' order.
func (s *service) allDuties(all []indicator.Status) []duty {
	var out []duty
	for _, u := range s.people.Units() {
		d := duty{unit: u, counts: map[ui.Status]int{}}
		for _, st := range all {
			switch i := slices.Index(st.Owners, u.ID); {
			case i == 0:
				d.leads = append(d.leads, st)
			case i > 0:
				d.joins = append(d.joins, st)
			default:
				continue
			}
			d.add(st)
		}
		out = append(out, d)
	}
	return out
}

func (d *duty) add(st indicator.Status) {
	status := host.Standing(st.State)
	d.counts[status]++
	if status == ui.StatusBehind || status == ui.StatusRisk {
		d.late++
		if gap, ok := st.Gap(); ok {
			d.worst = min(d.worst, gap)
		}
	}
	if st.State != indicator.Met && (d.earliest == 0 || st.Due < d.earliest) {
		d.earliest = st.Due
	}
}

func (d *duty) total() int { return len(d.leads) + len(d.joins) }

// unitColumns head the list of units; the keys are what it is sorted by.
var unitColumns = []ui.Column{
	{Key: "unit", Text: lang.T("责任单位", "Unit"), Sortable: true}, {Key: "leads", Text: lang.T("牵头", "Leads"), Num: true, Sortable: true},
	{Key: "joins", Text: lang.T("参与", "Takes part"), Num: true, Sortable: true}, {Key: "met", Text: lang.T("已完成", "Met"), Num: true, Sortable: true},
	{Key: "on", Text: lang.T("达到进度", "On track"), Num: true, Sortable: true}, {Key: "risk", Text: lang.T("有风险", "At risk"), Num: true, Sortable: true},
	{Key: "behind", Text: lang.T("落后", "Behind"), Num: true, Sortable: true}, {Key: "none", Text: lang.T("未接入", "Not connected"), Num: true, Sortable: true},
	{Key: "gap", Text: lang.T("最大差距（百分点）", "Greatest lag (points)"), Num: true, Sortable: true}, {Key: "due", Text: lang.T("最近到期", "Next due"), Num: true, Sortable: true},
}

// sortDuties orders the list of units by a column; a key that is not known is refused.
func sortDuties(list []duty, key string) error {
	column, down := strings.CutPrefix(key, "-")
	value := func(d duty) float64 {
		switch column {
		case "leads":
			return float64(len(d.leads))
		case "joins":
			return float64(len(d.joins))
		case "gap":
			return d.worst
		case "due":
			return float64(d.earliest)
		}
		status, _ := ui.ParseStatus(column)
		return float64(d.counts[status])
	}
	if !slices.ContainsFunc(unitColumns, func(c ui.Column) bool { return c.Key == column }) {
		return errs.Say(errs.Invalid, "不能按“%s”排序", "the list cannot be sorted by %q", column)
	}
	slices.SortStableFunc(list, func(a, b duty) int {
		c := cmp.Compare(value(a), value(b))
		if column == "unit" {
			c = cmp.Compare(a.unit.Name.Zh, b.unit.Name.Zh)
		}
		if down {
			return -c
		}
		return c
	})
	return nil
}

// pageUnits says what each unit owes, and how it stands.
func (s *service) pageUnits(r *web.Request) (*ui.Page, error) {
	all, err := s.board.All(r.Context())
	if err != nil {
		return nil, err
	}
	list := s.allDuties(all)
	q := strings.ToLower(strings.TrimSpace(r.Query("q")))
	list = slices.DeleteFunc(list, func(d duty) bool {
		return !strings.Contains(strings.ToLower(d.unit.Name.Zh+" "+d.unit.Name.En), q)
	})
	if key := r.Query("sort"); key != "" {
		if err := sortDuties(list, key); err != nil {
			return nil, err
		}
	}
	p := s.page(lang.T("责任单位", "Responsible units"), "/plan/units", ui.Link{Text: lang.T("责任单位", "Responsible units")})
	p.Clause = ui.Clause("4.2")
	p.Lead = lang.T("方案点名的每个单位承担哪些目标、何时到期、目前进展如何。", "What each unit that the plan names owes, by when, and how it stands.")
	t := ui.Table{ID: "units", Title: lang.T("责任单位", "Responsible units"), Columns: unitColumns, Total: int64(len(list)), Sort: r.Query("sort"), Path: "/plan/units",
		Search: &ui.Field{Name: "q", Kind: "search", Label: lang.T("单位名称", "Name of the unit"), Value: r.Query("q")}, Empty: lang.T("没有符合的单位", "No unit matches"),
		Query: map[string]string{"q": r.Query("q"), "sort": r.Query("sort")}}
	for _, d := range list {
		t.Rows = append(t.Rows, d.row(s.clock.Now()))
	}
	p.Body = []ui.Block{t}
	return p, nil
}

func (d *duty) row(now time.Time) ui.Row {
	num := func(n int) ui.Cell { return ui.Cell{Text: lang.Same(ui.Grouped(int64(n)))} }
	gap, due := lang.Same(ui.None), lang.Same(ui.None)
	if d.worst < 0 {
		gap = lang.Same(ui.Signed(d.worst, 1))
	}
	if d.earliest > 0 {
		due = lang.T(fmt.Sprintf("%d 年底", d.earliest), fmt.Sprintf("end of %d", d.earliest))
		if now.In(indicator.China).Year() > d.earliest {
			due = lang.T(due.Zh+"（已逾期）", due.En+" (past)")
		}
	}
	return ui.Row{ID: "u-" + d.unit.ID, Cells: []ui.Cell{
		{Text: d.unit.Name, Href: unitPath(d.unit.ID), Strong: true}, num(len(d.leads)), num(len(d.joins)), num(d.counts[ui.StatusMet]),
		num(d.counts[ui.StatusOn]), num(d.counts[ui.StatusRisk]), num(d.counts[ui.StatusBehind]), num(d.counts[ui.StatusNone]), {Text: gap}, {Text: due},
	}}
}

// lead says in a sentence what a unit owes and how it stands.
func (d *duty) lead() lang.Text {
	return lang.T(fmt.Sprintf("牵头 %d 项、参与 %d 项：%d 项已完成，%d 项达到进度，%d 项有风险，%d 项落后，%d 项未接入。", len(d.leads), len(d.joins),
		d.counts[ui.StatusMet], d.counts[ui.StatusOn], d.counts[ui.StatusRisk], d.counts[ui.StatusBehind], d.counts[ui.StatusNone]),
		fmt.Sprintf("Leads %d targets and takes part in %d: %d met, %d on track, %d at risk, %d behind, %d not connected.", len(d.leads), len(d.joins),
			d.counts[ui.StatusMet], d.counts[ui.StatusOn], d.counts[ui.StatusRisk], d.counts[ui.StatusBehind], d.counts[ui.StatusNone]))
}

// pageUnit is one unit with the targets that it leads and those that it takes part in.
func (s *service) pageUnit(r *web.Request) (*ui.Page, error) {
	u, err := s.people.Unit(r.Path("id"))
	if err != nil {
		return nil, err
	}
	key, err := filter(r)
	if err != nil {
		return nil, err
	}
	all, err := s.board.All(r.Context())
	if err != nil {
		return nil, err
	}
	list := s.allDuties(all)
	d := list[slices.IndexFunc(list, func(d duty) bool { return d.unit.ID == u.ID })]
	p := s.page(u.Name, "/plan/units", ui.Link{Text: lang.T("责任单位", "Responsible units"), Href: "/plan/units"}, ui.Link{Text: u.Name})
	p.Lead = d.lead()
	if d.total() == 0 {
		p.Body = []ui.Block{ui.Notice{ID: "unit-none", Kind: "info", Text: lang.T("该单位承担方案任务，但没有量化目标。", "The plan gives this unit tasks, but no measured target.")}}
		return p, nil
	}
	t := ui.TargetTable{ID: "targets", Title: lang.T("承担的目标", "Its targets"), Filter: key, Path: unitPath(u.ID), Exports: []ui.Link{
		{Text: lang.Same("CSV"), Href: "/api/plan/targets.csv?bom=1&unit=" + u.ID}, {Text: lang.T("到期日历（ICS）", "Due dates (ICS)"), Href: "/api/plan/calendar.ics?unit=" + u.ID}}}
	for _, g := range []struct {
		id   string
		name lang.Text
		list []indicator.Status
	}{{"leads", lang.T("牵头", "Leads"), d.leads}, {"joins", lang.T("参与", "Takes part"), d.joins}} {
		group := ui.TargetGroup{ID: g.id, Name: g.name}
		for _, st := range g.list {
			group.Items = append(group.Items, s.targetView(st))
		}
		if len(group.Items) > 0 {
			t.Groups = append(t.Groups, group)
		}
	}
	p.Body = []ui.Block{ui.Columns{Wide: 0, Cols: [][]ui.Block{{t}, {s.attention(slices.Concat(d.leads, d.joins))}}}}
	return p, nil
}
