package plan

import (
	"fmt"
	"github.com/haihe-city/haihe/systems/emergency/incident/event"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/incident"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

const path = "/emergency/plans"

// Routes are the part's pages and its interface.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /emergency/plans", Grant: grantRead, Page: p.pageList},
		{Pattern: "GET /emergency/plans/{id}", Grant: grantRead, Page: p.pageOne},
		{Pattern: "POST /emergency/plans", Grant: GrantEdit, Form: p.formDraft},
		{Pattern: "POST /emergency/plans/{id}/approve", Grant: GrantApprove, Form: p.formApprove},
		{Pattern: "POST /emergency/incidents/{id}/activate", Grant: incident.GrantHandle, Form: p.formActivate},
		{Pattern: "POST /emergency/tasks/{id}/{end}", Grant: incident.GrantHandle, Form: p.formEnd},
		{Pattern: "GET /api/emergency/incidents/{id}/tasks", Grant: grantRead, API: p.apiTasks},
	}
}

func stateTag(s State) *ui.Tag {
	switch s {
	case Draft:
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("草稿", "Draft")}
	case Approved:
		return &ui.Tag{Status: ui.StatusMet, Text: lang.T("已批准", "Approved")}
	}
	return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已废止", "Retired")}
}

func (x *Plan) class() lang.Text {
	if c, ok := event.ClassOf(x.Class); ok {
		return c.Name
	}
	return lang.T("全部类型", "all kinds")
}

func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	list, err := p.plans(r.Context(), qAll)
	if err != nil {
		return nil, err
	}
	title := lang.T("应急预案", "Plans")
	out := page.Of(title, page.Plans, ui.Link{Text: title})
	t := ui.Table{ID: "plans", Title: title, Path: path, Total: int64(len(list)), Empty: lang.T("还没有预案", "No plan yet"), Columns: []ui.Column{{Key: "title", Text: lang.T("预案", "Plan")}, {Key: "class", Text: lang.T("事件类型", "Kind")}, {Key: "level", Text: lang.T("适用级别", "Levels")}, {Key: "version", Text: lang.T("版本", "Version"), Num: true}, {Key: "tasks", Text: lang.T("任务", "Tasks"), Num: true}, {Key: "state", Text: lang.T("状态", "State")}}}
	for _, x := range list {
		level := event.LevelName(x.Level)
		t.Rows = append(t.Rows, ui.Row{ID: "p-" + x.ID, Cells: []ui.Cell{{Text: lang.Same(x.Title), Sub: lang.Same(x.Code), Href: path + "/" + x.ID, Strong: true}, {Text: x.class()}, {Text: lang.T(level.Zh+"及以上", level.En+" and above")}, {Text: lang.Same(strconv.FormatInt(x.Version, 10))}, {Text: lang.Same(strconv.Itoa(len(x.Tasks)))}, {Tag: stateTag(x.State)}}})
	}
	out.Body = []ui.Block{t}
	if r.Who.Can(GrantEdit) {
		out.Body = append(out.Body, form(Plan{Level: 4}, lang.Text{}, "", ""))
	}
	return out, nil
}

// form writes a plan; tasks and needs are what was typed, where it could not be read.
func form(x Plan, wrong lang.Text, tasks, needs string) ui.Form {
	if tasks == "" {
		tasks = FormatTasks(x.Tasks)
	}
	if needs == "" {
		needs = FormatNeeds(x.Needs)
	}
	classes := []ui.Option{{Text: lang.T("全部类型", "all kinds")}}
	for _, c := range event.Classes {
		classes = append(classes, ui.Option{Value: c.ID, Text: c.Name})
	}
	var levels []ui.Option
	for i := 1; i <= 4; i++ {
		n := event.LevelName(i)
		levels = append(levels, ui.Option{Value: strconv.Itoa(i), Text: lang.T(n.Zh+"及以上", n.En+" and above")})
	}
	return ui.Form{ID: "plan", Title: lang.T("编写预案", "Write a plan"), Action: path, Submit: lang.T("存为草稿", "Save as a draft"), Error: wrong, Fields: []ui.Field{
		{Name: "code", Label: lang.T("编号", "Code"), Value: x.Code, Required: true, Help: lang.T("同一编号再次编写即为新版本", "the same code again is the next version")}, {Name: "title", Label: lang.T("名称", "Name"), Value: x.Title, Required: true},
		{Name: "class", Kind: "select", Label: lang.T("事件类型", "Kind of event"), Value: x.Class, Options: classes}, {Name: "level", Kind: "select", Label: lang.T("适用级别", "Levels"), Value: strconv.Itoa(x.Level), Options: levels},
		{Name: "tasks", Kind: "textarea", Label: lang.T("任务", "Tasks"), Value: tasks, Required: true, Help: lang.T("每行一项：单位编号,启动后分钟数,任务。例如 public-security,10,封闭周边道路", "a task a line: unit,minutes after the activation,what. For instance public-security,10,close the roads around")},
		{Name: "needs", Kind: "textarea", Label: lang.T("所需资源", "Resources needed"), Value: needs, Help: lang.T("每行一项：类别,数量。类别为 team、vehicle、material、shelter、expert", "a need a line: kind,number; the kind is team, vehicle, material, shelter or expert")}}}
}

func (p *Part) pageOne(r *web.Request) (*ui.Page, error) {
	list, err := p.plans(r.Context(), qGet, r.Path("id"))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, missing()
	}
	x := list[0]
	versions, err := p.plans(r.Context(), qCode, x.Code)
	if err != nil {
		return nil, err
	}
	out := page.Of(lang.Same(x.Title), page.Plans, ui.Link{Text: lang.T("应急预案", "Plans"), Href: path}, ui.Link{Text: lang.Same(x.Code)})
	if x.State == Draft && r.Who.Can(GrantApprove) && r.Who.ID != x.Maker {
		out.Actions = []ui.Action{{Text: lang.T("批准", "Approve"), Href: path + "/" + x.ID + "/approve", Post: true, Primary: true, Confirm: lang.T("批准后立即生效，原版本废止。", "It counts at once, and the version before retires.")}}
	}
	level := event.LevelName(x.Level)
	facts := ui.Facts{ID: "plan-facts", Title: lang.T("预案", "Plan"), Items: []ui.Fact{{Name: lang.T("状态", "State"), Tag: stateTag(x.State)}, {Name: lang.T("版本", "Version"), Value: lang.Same(strconv.FormatInt(x.Version, 10))}, {Name: lang.T("事件类型", "Kind"), Value: x.class()}, {Name: lang.T("适用级别", "Levels"), Value: lang.T(level.Zh+"及以上", level.En+" and above")},
		{Name: lang.T("编写", "Written by"), Value: p.o.People.ActorName(r.Context(), x.Maker)}, {Name: lang.T("编写时间", "Written"), Time: x.Made}}}
	if x.Approver != "" {
		facts.Items = append(facts.Items, ui.Fact{Name: lang.T("批准", "Approved by"), Value: p.o.People.ActorName(r.Context(), x.Approver)}, ui.Fact{Name: lang.T("批准时间", "Approved"), Time: x.Approved})
	}
	tasks := ui.Table{ID: "tasks", Title: lang.T("任务", "Tasks"), Path: path, Total: int64(len(x.Tasks)), Columns: []ui.Column{{Key: "after", Text: lang.T("启动后", "After")}, {Key: "unit", Text: lang.T("单位", "Unit")}, {Key: "words", Text: lang.T("任务", "What")}}}
	for i, t := range x.Tasks {
		tasks.Rows = append(tasks.Rows, ui.Row{ID: fmt.Sprintf("t-%d", i), Cells: []ui.Cell{{Text: ui.Span(t.After)}, {Text: p.o.People.UnitName(t.Unit)}, {Text: lang.Same(t.Words), Strong: true}}})
	}
	history := ui.Table{ID: "versions", Title: lang.T("版本", "Versions"), Path: path, Total: int64(len(versions)), Columns: []ui.Column{{Key: "version", Text: lang.T("版本", "Version")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "made", Text: lang.T("编写时间", "Written")}}}
	for _, v := range versions {
		history.Rows = append(history.Rows, ui.Row{ID: "v-" + v.ID, Cells: []ui.Cell{{Text: lang.Same(strconv.FormatInt(v.Version, 10)), Href: path + "/" + v.ID, Strong: v.ID == x.ID}, {Tag: stateTag(v.State)}, {Time: v.Made}}})
	}
	out.Body = []ui.Block{facts, tasks, p.needs(x.Needs), history}
	if r.Who.Can(GrantEdit) {
		out.Body = append(out.Body, form(x, lang.Text{}, "", ""))
	}
	return out, nil
}

func (p *Part) needs(list []Need) ui.Facts {
	f := ui.Facts{ID: "needs", Title: lang.T("所需资源", "Resources needed")}
	for _, n := range list {
		f.Items = append(f.Items, ui.Fact{Name: n.Kind.Text(), Value: lang.Same(strconv.FormatInt(n.Count, 10))})
	}
	return f
}

func (p *Part) formDraft(r *web.Request) (*ui.Page, string, error) {
	level, _ := strconv.Atoi(r.Form("level")) // 0 is refused
	x := Plan{Code: r.Form("code"), Title: r.Form("title"), Class: r.Form("class"), Level: level}
	var err error
	if x.Tasks, err = ParseTasks(r.Form("tasks")); err == nil {
		x.Needs, err = ParseNeeds(r.Form("needs"))
	}
	if err == nil {
		x, err = p.Draft(r.Context(), r.Who, x)
	}
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		title := lang.T("应急预案", "Plans")
		out := page.Of(title, page.Plans, ui.Link{Text: title, Href: path})
		out.Body = []ui.Block{form(x, msg, r.Form("tasks"), r.Form("needs"))}
		return out, "", nil
	}
	return nil, path + "/" + x.ID, err
}

func (p *Part) formApprove(r *web.Request) (*ui.Page, string, error) {
	return nil, path + "/" + r.Path("id"), p.Approve(r.Context(), r.Who, r.Path("id"))
}

func (p *Part) formActivate(r *web.Request) (*ui.Page, string, error) {
	return nil, "/emergency/incidents/" + r.Path("id"), p.Activate(r.Context(), r.Who, r.Path("id"), r.Form("plan"))
}

func (p *Part) formEnd(r *web.Request) (*ui.Page, string, error) {
	id, err := p.End(r.Context(), r.Who, r.Path("id"), r.Path("end") == "done", r.Form("note"))
	return nil, "/emergency/incidents/" + id, err
}

// section shows an incident's tasks, the next one first, with the plans that fit it and the resources near it.
func (p *Part) section(r *web.Request, x incident.Whole) (out []ui.Block, err error) {
	list, err := p.Duties(r.Context(), x.ID)
	if err != nil {
		return nil, err
	}
	may := r.Who.Can(incident.GrantHandle) && x.Times.Closed.IsZero()
	active := map[string]bool{}
	t := ui.Table{ID: "tasks-" + x.ID, Title: lang.T("预案任务", "Tasks"), Path: path, Total: int64(len(list)), Empty: lang.T("还没有启动预案", "No plan is active"), Columns: []ui.Column{{Key: "words", Text: lang.T("任务", "What")}, {Key: "unit", Text: lang.T("单位", "Unit")}, {Key: "due", Text: lang.T("时限", "Due")}, {Key: "state", Text: lang.T("状态", "State")}}}
	var next *Duty
	for i := range list {
		d := &list[i]
		active[d.Plan] = true
		if next == nil && d.State == "open" {
			next = d
		}
		t.Rows = append(t.Rows, ui.Row{ID: "d-" + d.ID, Cells: []ui.Cell{{Text: lang.Same(d.Words), Strong: d.State == "open", Sub: lang.Same(d.Note)}, {Text: p.o.People.UnitName(d.Unit)}, {Time: d.Due}, {Tag: d.tag(r.Now)}}})
	}
	out = append(out, t)
	if may && next != nil {
		f := ui.Field{Name: "note", Label: lang.T("说明", "Note")}
		out = append(out, ui.Form{ID: "end-" + next.ID, Title: lang.T("下一项："+next.Words, "Next: "+next.Words), Action: "/emergency/tasks/" + next.ID + "/done", Submit: lang.T("已完成", "Done"), Fields: []ui.Field{f}},
			ui.Form{ID: "skip-" + next.ID, Title: lang.T("不执行这一项", "Leave it out"), Action: "/emergency/tasks/" + next.ID + "/skip", Submit: lang.T("不执行", "Leave out"), Fields: []ui.Field{{Name: "note", Label: lang.T("理由", "Reason"), Required: true}}})
	}
	if !may {
		return out, nil
	}
	return p.offer(r, x, active, out)
}

// offer adds the form that activates a plan that fits and is not active yet.
func (p *Part) offer(r *web.Request, x incident.Whole, active map[string]bool, out []ui.Block) ([]ui.Block, error) {
	known, err := p.plans(r.Context(), qAll)
	if err != nil {
		return nil, err
	}
	var options []ui.Option
	for _, y := range known {
		if y.fits(x.Class, x.Case.Level) && !active[y.ID] {
			options = append(options, ui.Option{Value: y.ID, Text: lang.Same(y.Title)})
		}
	}
	if len(options) > 0 {
		out = append(out, ui.Form{ID: "activate", Title: lang.T("启动预案", "Activate a plan"), Action: "/emergency/incidents/" + x.ID + "/activate", Submit: lang.T("启动", "Activate"), Fields: []ui.Field{{Name: "plan", Kind: "select", Label: lang.T("预案", "Plan"), Options: options, Required: true}}})
	}
	return out, nil
}

func (d *Duty) tag(now time.Time) *ui.Tag {
	switch {
	case d.State == "done":
		return &ui.Tag{Status: ui.StatusMet, Text: lang.T("已完成", "Done")}
	case d.State == "skipped":
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("不执行", "Left out")}
	case d.late(now):
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("已超时限", "Late")}
	}
	return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("待办", "To do")}
}

func (p *Part) apiTasks(r *web.Request) (any, error) {
	if _, err := p.o.Incidents.Get(r.Context(), r.Who, r.Path("id")); err != nil {
		return nil, err
	}
	list, err := p.Duties(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	type taskJSON struct {
		ID    string `json:"id"`
		Unit  string `json:"unit"`
		Words string `json:"words"`
		State string `json:"state"`
		Due   string `json:"due"`
		Late  bool   `json:"late"`
	}
	out := []taskJSON{}
	for _, d := range list {
		out = append(out, taskJSON{d.ID, d.Unit, d.Words, d.State, d.Due.UTC().Format("2006-01-02T15:04:05Z"), d.late(r.Now)})
	}
	return map[string]any{"tasks": out}, nil
}
