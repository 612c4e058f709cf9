package inspect

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/keyset"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// The places of this part.
const (
	Path         = "/safety/inspect"
	pathTask     = Path + "/tasks/"
	pathFindings = Path + "/findings"
	pathFinding  = pathFindings + "/"
	pathPlans    = Path + "/plans"
	pathPlan     = pathPlans + "/"
	pathLists    = Path + "/checklists"
	pageSize     = 50
)

// Routes are the pages and interfaces.
func (p *Part) Routes() []web.Route {
	const photo = casework.MaxFile + 1<<20
	return []web.Route{
		{Pattern: "GET /safety/inspect", Grant: grantRead, Page: p.pageTasks},
		{Pattern: "GET /safety/inspect/tasks/{id}", Grant: grantRead, Page: p.pageTask},
		{Pattern: "POST /safety/inspect/tasks/{id}/find", Grant: GrantDo, Form: p.formFind, MaxBody: photo},
		{Pattern: "POST /safety/inspect/tasks/{id}/finish", Grant: GrantDo, Form: p.formFinish},
		{Pattern: "POST /safety/inspect/tasks/{id}/cancel", Grant: GrantPlan, Form: p.formCancel},
		{Pattern: "GET /safety/inspect/findings", Grant: grantRead, Page: p.pageFindings},
		{Pattern: "GET /safety/inspect/findings/{id}", Grant: grantRead, Page: p.pageFinding},
		{Pattern: "POST /safety/inspect/findings/{id}/advance", Grant: grantRead, Form: p.formAdvance},
		{Pattern: "POST /safety/inspect/findings/{id}/attach", Grant: GrantDo, Form: p.formAttach, MaxBody: photo},
		{Pattern: "POST /safety/inspect/findings/{id}/extend", Grant: GrantDo, Form: p.formExtend},
		{Pattern: "POST /safety/inspect/findings/{id}/decide", Grant: GrantApprove, Form: p.formDecide},
		{Pattern: "GET /safety/inspect/plans", Grant: grantRead, Page: p.pagePlans},
		{Pattern: "GET /safety/inspect/plans/{id}", Grant: grantRead, Page: p.pagePlan},
		{Pattern: "POST /safety/inspect/plans", Grant: GrantPlan, Form: p.formPlan},
		{Pattern: "POST /safety/inspect/inspectors", Grant: GrantPlan, Form: p.formInspector},
		{Pattern: "GET /safety/inspect/checklists", Grant: grantRead, Page: p.pageLists},
		{Pattern: "GET /safety/inspect/checklists/{id}/{version}", Grant: grantRead, Page: p.pageChecklist},
		{Pattern: "POST /safety/inspect/checklists", Grant: GrantPlan, Form: p.formChecklist},
		{Pattern: "GET /api/safety/inspect", Grant: grantRead, API: p.apiFigures},
		{Pattern: "GET /api/safety/inspect/tasks.csv", Grant: grantRead, API: p.apiTasks},
		{Pattern: "GET /api/safety/inspect/findings.csv", Grant: grantRead, API: p.apiFindings},
		{Pattern: "GET /api/safety/inspect/plans/{id}/lot.csv", Grant: grantRead, API: p.apiLot},
		{Pattern: "GET /api/safety/inspect/findings/{id}/files/{file}", Grant: grantRead, API: p.apiFile},
	}
}

// page makes a page of this part, with its own pages under the room's tab.
func (p *Part) page(title lang.Text, at string, crumbs ...ui.Link) *ui.Page {
	out := p.o.Page(title, Path, append([]ui.Link{{Text: lang.T("执法检查", "Inspection"), Href: Path}}, crumbs...)...)
	for _, t := range []ui.Tab{{Text: lang.T("检查任务", "Tasks"), Href: Path}, {Text: lang.T("隐患整改", "Rectification"), Href: pathFindings}, {Text: lang.T("计划与双随机", "Plans and lots"), Href: pathPlans}, {Text: lang.T("检查表", "Checklists"), Href: pathLists}} {
		t.Current = t.Href == at
		out.Within = append(out.Within, t)
	}
	return out
}

// say turns what a user can mend into a message for the form; any other error stays.
func say(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) || errs.Is(err, errs.Denied))
}

func stateTag(s string) *ui.Tag {
	switch s {
	case Done:
		return &ui.Tag{Status: ui.StatusMet, Text: lang.T("已完成", "Done")}
	case Cancelled:
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已取消", "Called off")}
	}
	return &ui.Tag{Status: ui.StatusOn, Text: lang.T("待检查", "To do")}
}

func (g Grade) tag() *ui.Tag {
	return &ui.Tag{Text: g.Text(), Status: map[Grade]ui.Status{Red: ui.StatusBehind, Orange: ui.StatusRisk, Yellow: ui.StatusOn, Blue: ui.StatusMet}[g]}
}

func districtOptions() []ui.Option {
	out := []ui.Option{{Text: lang.T("全市", "Whole city")}}
	for _, d := range region.Districts {
		out = append(out, ui.Option{Value: d.Code, Text: d.Name})
	}
	return out
}

// selection reads which tasks a request asks for.
func (p *Part) selection(r *web.Request) (args []any, err error) {
	state, district := r.Query("state"), r.Query("district")
	if state != "" && state != ToDo && state != Done && state != Cancelled {
		return nil, errs.Say(errs.Invalid, "状态“%[1]s”无法识别", "the state %[1]q is not known", state)
	}
	if d := p.o.Scope(r.Who); d != "" {
		district = d
	}
	return []any{state, district, r.Query("plan"), r.Query("plant")}, nil
}

// pageTasks is the tasks by their days, with the figures.
func (p *Part) pageTasks(r *web.Request) (*ui.Page, error) {
	args, err := p.selection(r)
	if err != nil {
		return nil, err
	}
	figures, err := p.Count(r.Context(), p.o.Scope(r.Who))
	if err != nil {
		return nil, err
	}
	list, total, err := p.taskPage(r, args)
	if err != nil {
		return nil, err
	}
	out := p.page(lang.T("执法检查", "Inspection"), Path)
	if r.Who.Can(GrantPlan) {
		out.Actions = []ui.Action{{Text: lang.T("制定计划", "Make a plan"), Href: pathPlans, Primary: true}}
	}
	out.Body = []ui.Block{p.tiles(figures), p.taskTable(r, list, total)}
	return out, nil
}

// taskPage reads one page of the tasks and counts all that fit.
func (p *Part) taskPage(r *web.Request, args []any) (list []Task, total int64, err error) {
	day, id, err := keyset.Read(r.Query("after"))
	if err != nil {
		return nil, 0, err
	}
	err = p.o.DB.Read(r.Context(), func(tx *store.Tx) (err error) {
		total = 0
		err = tx.Each(qTaskCount, args, func(scan func(...any) error) error {
			var state string
			var n int64
			err := scan(&state, &n)
			total += n
			return err
		})
		if err == nil {
			list, err = tasksIn(tx, qTaskList, append(args, day, id, pageSize+1)...)
		}
		return err
	})
	return list, total, err
}

func (p *Part) tiles(f Figures) ui.Tiles {
	now, source := p.o.Now(), lang.T("执法检查", "Inspection")
	rate := ui.None
	if f.Closed > 0 {
		rate = ui.Percent(int64(f.InTime), int64(f.Closed))
	}
	unit, cases := lang.T("项", "tasks"), lang.T("项", "findings")
	return ui.Tiles{ID: "inspect-tiles", Title: lang.T("关键指标", "Key figures"), Items: []ui.Tile{
		{ID: "inspect-todo", Name: lang.T("待检查", "To do"), Value: ui.Grouped(f.Planned), Unit: unit, Note: lang.T(fmt.Sprintf("其中已过计划日期 %d 项，已完成 %d 项", f.Behind, f.Done), fmt.Sprintf("%d behind their day, %d done", f.Behind, f.Done)), Href: Path + "?state=planned", At: now, Source: source},
		{ID: "inspect-major", Name: lang.T("未销号重大隐患", "Open major hazards"), Value: strconv.Itoa(f.OpenMajor), Unit: cases, Href: pathFindings + "?grade=major&open=1", At: now, Source: source},
		{ID: "inspect-overdue", Name: lang.T("逾期未整改", "Overdue"), Value: strconv.Itoa(f.Overdue), Unit: cases, Note: lang.T(fmt.Sprintf("未销号共 %d 项", f.Open), fmt.Sprintf("of %d open", f.Open)), Href: pathFindings + "?open=1", At: now, Source: source},
		{ID: "inspect-intime", Name: lang.T("按期销号率", "Closed by their day"), Value: rate, Note: lang.T(fmt.Sprintf("已销号 %d 项", f.Closed), fmt.Sprintf("of %d closed", f.Closed)), At: now, Source: source},
	}}
}

func (p *Part) taskTable(r *web.Request, list []Task, total int64) ui.Table {
	t := ui.Table{ID: "inspect-tasks", Title: lang.T("检查任务", "Tasks"), Total: total, Paged: r.Query("after") != "", Path: Path, Query: map[string]string{}, Empty: lang.T("没有符合条件的检查任务。", "No task fits."),
		Columns: []ui.Column{{Key: "day", Text: lang.T("计划日期", "Day"), Num: true}, {Key: "plant", Text: lang.T("企业", "Plant")}, {Key: "grade", Text: lang.T("风险等级", "Risk")}, {Key: "who", Text: lang.T("检查人员", "Inspectors")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "found", Text: lang.T("隐患", "Findings"), Num: true}, {Key: "done", Text: lang.T("完成时间", "Done"), Num: true}},
		Search:  &ui.Field{Name: "plant", Label: lang.T("企业编码", "Plant's code"), Placeholder: lang.T("企业编码", "Plant's code"), Value: r.Query("plant")},
		Filters: []ui.Field{{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: r.Query("state"), Options: []ui.Option{{Text: lang.T("全部状态", "All states")}, {Value: ToDo, Text: stateTag(ToDo).Text}, {Value: Done, Text: stateTag(Done).Text}, {Value: Cancelled, Text: stateTag(Cancelled).Text}}}, {Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: r.Query("district"), Options: districtOptions()}}}
	for _, name := range []string{"state", "district", "plan", "plant"} {
		if v := r.Query(name); v != "" {
			t.Query[name] = v
		}
	}
	t.Exports = ui.Exports("/api/safety/inspect/tasks", t.Query)[:1]
	if len(list) > pageSize {
		list = list[:pageSize]
		last := list[pageSize-1]
		t.Next = keyset.Mark(int64(last.Day), last.ID)
	}
	names := p.names(r)
	for _, x := range list {
		found := 0
		for _, n := range x.Found {
			found += n
		}
		state := stateTag(x.State)
		if x.State == ToDo && x.Day < p.today() {
			state = &ui.Tag{Status: ui.StatusRisk, Text: lang.T("已过计划日期", "Behind its day")}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "t-" + x.ID, Cells: []ui.Cell{{Text: lang.Same(x.Day.String()), Href: pathTask + x.ID, Strong: true}, {Text: lang.Same(p.plantName(x.Plant)), Sub: lang.Same(x.Plant), Href: pathTask + x.ID}, {Tag: x.Grade.tag()}, {Text: lang.Same(named(x.Inspectors, names))}, {Tag: state}, {Text: lang.Same(strconv.Itoa(found))}, {Time: x.Done}}})
	}
	return t
}

func (p *Part) plantName(code string) string {
	if s, ok := p.o.Register.Site(code); ok {
		return s.Name
	}
	return code
}

// names gives the inspectors' names by id; what cannot be read shows ids.
func (p *Part) names(r *web.Request) map[string]string {
	out := map[string]string{}
	list, err := p.Inspectors(r.Context())
	if err != nil {
		return out
	}
	for _, i := range list {
		out[i.ID] = i.Name
	}
	return out
}

func named(ids []string, names map[string]string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		if out[i] = names[id]; out[i] == "" {
			out[i] = id
		}
	}
	return strings.Join(out, "、")
}

func (p *Part) pagePlans(r *web.Request) (*ui.Page, error) {
	return p.drawPlans(r, lang.Text{}, lang.Text{})
}

// drawPlans is the plans, the form of a new one, and the list of inspectors.
func (p *Part) drawPlans(r *web.Request, wrong, wrongWho lang.Text) (*ui.Page, error) {
	plans, err := p.plans(r.Context(), qPlanAll)
	if err != nil {
		return nil, err
	}
	who, err := p.Inspectors(r.Context())
	if err != nil {
		return nil, err
	}
	lists, err := p.Checklists(r.Context())
	if err != nil {
		return nil, err
	}
	out := p.page(lang.T("计划与双随机", "Plans and lots"), pathPlans, ui.Link{Text: lang.T("计划与双随机", "Plans and lots"), Href: pathPlans})
	out.Lead = lang.T("按风险安排：红色每月、橙色每季、黄色每半年、蓝色每年检查。双随机：抽取企业和检查人员的种子写入审计日志，任何人可复算。", "By risk: red monthly, orange quarterly, yellow half-yearly, blue yearly. By lot: the seed that draws plants and inspectors stands in the journal, and anybody can compute the draw again.")
	t := ui.Table{ID: "inspect-plans", Title: lang.T("计划", "Plans"), Total: int64(len(plans)), Empty: lang.T("还没有计划。", "No plans yet."), Columns: []ui.Column{{Key: "title", Text: lang.T("名称", "Title")}, {Key: "kind", Text: lang.T("方式", "How")}, {Key: "span", Text: lang.T("期间", "Span")}, {Key: "tasks", Text: lang.T("任务", "Tasks"), Num: true}, {Key: "at", Text: lang.T("制定时间", "Made"), Num: true}}}
	for _, x := range plans {
		t.Rows = append(t.Rows, ui.Row{ID: "l-" + x.ID, Cells: []ui.Cell{{Text: lang.Same(x.Title), Href: pathPlan + x.ID, Strong: true}, {Text: howText(x.Lot)}, {Text: lang.Same(x.From.String() + " – " + x.To.String())}, {Text: lang.Same(strconv.Itoa(x.Tasks)), Href: Path + "?plan=" + x.ID}, {Time: x.At}}})
	}
	people := ui.Table{ID: "inspect-who", Title: lang.T("检查人员名录", "Inspectors"), Total: int64(len(who)), Empty: lang.T("名录为空，请先登记检查人员。", "The list is empty: enter inspectors first."), Columns: []ui.Column{{Key: "id", Text: lang.T("执法证号", "Badge")}, {Key: "name", Text: lang.T("姓名", "Name")}, {Key: "active", Text: lang.T("参加抽取", "May be drawn")}}}
	for _, i := range who {
		tag := &ui.Tag{Status: ui.StatusMet, Text: lang.T("是", "Yes")}
		if !i.Active {
			tag = &ui.Tag{Status: ui.StatusNone, Text: lang.T("否", "No")}
		}
		people.Rows = append(people.Rows, ui.Row{ID: "i-" + i.ID, Cells: []ui.Cell{{Text: lang.Same(i.ID), Strong: true}, {Text: lang.Same(i.Name)}, {Tag: tag}}})
	}
	left, right := []ui.Block{t}, []ui.Block{people}
	if r.Who.Can(GrantPlan) {
		left, right = append(left, p.planForm(r, lists, wrong)), append(right, ui.Form{ID: "inspector", Title: lang.T("登记检查人员", "Enter an inspector"), Action: Path + "/inspectors", Submit: lang.T("保存", "Save"), Error: wrongWho, Fields: []ui.Field{
			{Name: "id", Label: lang.T("执法证号", "Badge"), Value: r.Form("id"), Required: true, Help: lang.T("小写字母、数字和连字符", "lower-case letters, digits, hyphens")}, {Name: "name", Label: lang.T("姓名", "Name"), Value: r.Form("name"), Required: true},
			{Name: "active", Kind: "select", Label: lang.T("参加抽取", "May be drawn"), Value: "yes", Options: []ui.Option{{Value: "yes", Text: lang.T("是", "Yes")}, {Value: "no", Text: lang.T("否", "No")}}}}})
	}
	out.Body = []ui.Block{ui.Columns{Wide: -1, Cols: [][]ui.Block{left, right}}}
	return out, nil
}

func howText(lot bool) lang.Text {
	if lot {
		return lang.T("双随机", "By lot")
	}
	return lang.T("按风险", "By risk")
}

func (p *Part) planForm(r *web.Request, lists []Checklist, wrong lang.Text) ui.Form {
	value := func(name, fallback string) string {
		if v := r.Form(name); v != "" {
			return v
		}
		return fallback
	}
	kinds := []ui.Option{{Text: lang.T("全部企业", "All plants")}}
	for _, k := range register.Kinds {
		kinds = append(kinds, ui.Option{Value: string(k), Text: k.Text()})
	}
	var options []ui.Option
	seen := map[string]bool{}
	for _, c := range lists {
		if !seen[c.ID] {
			seen[c.ID] = true
			options = append(options, ui.Option{Value: c.ID, Text: lang.Same(fmt.Sprintf("%s (%d)", c.Title, c.Version))})
		}
	}
	return ui.Form{ID: "plan", Title: lang.T("制定计划", "Make a plan"), Action: pathPlans, Submit: lang.T("生成任务", "Lay out the tasks"), Error: wrong, Fields: []ui.Field{
		{Name: "title", Label: lang.T("名称", "Title"), Value: r.Form("title"), Required: true}, {Name: "lot", Kind: "select", Label: lang.T("方式", "How"), Value: value("lot", "no"), Options: []ui.Option{{Value: "no", Text: howText(false)}, {Value: "yes", Text: howText(true)}}},
		{Name: "from", Kind: "date", Label: lang.T("自", "From"), Value: value("from", p.today().String()), Required: true}, {Name: "to", Kind: "date", Label: lang.T("至", "To"), Value: value("to", (p.today() + 90).String()), Required: true},
		{Name: "kind", Kind: "select", Label: lang.T("企业类别", "Kind of plant"), Value: r.Form("kind"), Options: kinds}, {Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: r.Form("district"), Options: districtOptions()},
		{Name: "list", Kind: "select", Label: lang.T("检查表", "Checklist"), Value: r.Form("list"), Options: options}, {Name: "each", Kind: "number", Label: lang.T("每家检查人员数", "Inspectors for each plant"), Value: value("each", "2")},
		{Name: "count", Kind: "number", Label: lang.T("抽取企业数（双随机）", "Plants to draw (by lot)"), Value: value("count", "20")}}}
}

func (p *Part) formPlan(r *web.Request) (*ui.Page, string, error) {
	a := Ask{Title: strings.TrimSpace(r.Form("title")), Kind: register.Kind(r.Form("kind")), District: r.Form("district"), List: r.Form("list"), Lot: r.Form("lot") == "yes", Count: number(r.Form("count"), 0), Each: number(r.Form("each"), 0)}
	var err error
	if a.From, err = calendar.Parse(r.Form("from")); err == nil {
		a.To, err = calendar.Parse(r.Form("to"))
	}
	plan := Plan{}
	if err == nil {
		plan, err = p.Make(r.Context(), r.Who, a)
	}
	if msg, ok := say(err); ok {
		page, err := p.drawPlans(r, msg, lang.Text{})
		return page, "", err
	}
	return nil, pathPlan + plan.ID, err
}

func (p *Part) formInspector(r *web.Request) (*ui.Page, string, error) {
	err := p.SetInspector(r.Context(), r.Who, Inspector{ID: strings.TrimSpace(r.Form("id")), Name: strings.TrimSpace(r.Form("name")), Active: r.Form("active") == "yes"})
	if msg, ok := say(err); ok {
		page, err := p.drawPlans(r, lang.Text{}, msg)
		return page, "", err
	}
	return nil, pathPlans, err
}

// plan reads one.
func (p *Part) plan(r *web.Request) (Plan, error) {
	list, err := p.plans(r.Context(), qPlanGet, r.Path("id"))
	if err == nil && len(list) == 0 {
		err = errs.Say(errs.NotFound, "没有这个计划", "there is no such plan")
	}
	if err != nil {
		return Plan{}, err
	}
	return list[0], nil
}

// pagePlan is one plan with what it takes to compute its draw again.
func (p *Part) pagePlan(r *web.Request) (*ui.Page, error) {
	x, err := p.plan(r)
	if err != nil {
		return nil, err
	}
	out := p.page(lang.Same(x.Title), pathPlans, ui.Link{Text: lang.T("计划与双随机", "Plans and lots"), Href: pathPlans}, ui.Link{Text: lang.Same(x.Title), Href: pathPlan + x.ID})
	out.Actions = []ui.Action{{Text: lang.T("任务", "Tasks"), Href: Path + "?plan=" + x.ID, Primary: true}, {Text: lang.T("候选与抽签号（CSV）", "Candidates and tickets (CSV)"), Href: "/api/safety/inspect/plans/" + url.PathEscape(x.ID) + "/lot.csv"}}
	if r.Who.Can("journal.read") {
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("审计日志", "Journal"), Href: "/admin/journal?object=" + url.QueryEscape("inspection-plan:"+x.ID)})
	}
	f := ui.Facts{ID: "plan-facts", Title: lang.T("计划", "Plan"), Items: []ui.Fact{{Name: lang.T("方式", "How"), Value: howText(x.Lot)}, {Name: lang.T("期间", "Span"), Value: lang.Same(x.From.String() + " – " + x.To.String())}, {Name: lang.T("候选企业", "Candidates"), Value: lang.Same(strconv.Itoa(len(x.Candidates)))}, {Name: lang.T("候选检查人员", "Inspectors to draw from"), Value: lang.Same(strconv.Itoa(len(x.Pool)))},
		{Name: lang.T("每家检查人员数", "Inspectors for each plant"), Value: lang.Same(strconv.Itoa(x.Each))}, {Name: lang.T("任务", "Tasks"), Value: lang.Same(strconv.Itoa(x.Tasks)), Href: Path + "?plan=" + x.ID}, {Name: lang.T("检查表", "Checklist"), Value: lang.Same(fmt.Sprintf("%s (%d)", x.List, x.Version)), Href: fmt.Sprintf("%s/%s/%d", pathLists, x.List, x.Version)},
		{Name: lang.T("制定人", "Made by"), Value: p.o.People.ActorName(r.Context(), x.By)}, {Name: lang.T("制定时间", "Made"), Time: x.At}, {Name: lang.T("种子", "Seed"), Value: lang.Same(x.Seed)}, {Name: lang.T("候选摘要", "Digest of the candidates"), Value: lang.Same(Digest(x.Candidates))}}}
	how := ui.Code{ID: "plan-how", Title: lang.T("复算：抽签号最小的前 n 家入选；检查人员同理，以“企业编码 证号”抽签", "To compute it again: the n least tickets are drawn; inspectors alike, by \"plant badge\""), Text: "printf '%s %s' " + x.Seed + " CODE | sha256sum\nprintf '%s %s %s' " + x.Seed + " CODE BADGE | sha256sum"}
	out.Body = []ui.Block{f, how}
	return out, nil
}
