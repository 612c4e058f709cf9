package inspect

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// grace is how many days a finding's form begins with.
const grace = 30

// task reads what the page of a task shows.
func (p *Part) task(r *web.Request) (t Task, list Checklist, site *register.Site, err error) {
	err = p.o.DB.Read(r.Context(), func(tx *store.Tx) (err error) {
		if t, err = taskIn(tx, r.Path("id")); err == nil {
			list, err = listIn(tx, t.List, t.Version)
		}
		return err
	})
	if err == nil {
		site, err = p.site(r.Who, t.Plant)
	}
	return t, list, site, err
}

func (p *Part) pageTask(r *web.Request) (*ui.Page, error) {
	return p.drawTask(r, lang.Text{}, lang.Text{}, lang.Text{})
}

// drawTask is one inspection: what is known of the plant, the findings, and on the spot the forms, one under the other as a telephone shows them.
func (p *Part) drawTask(r *web.Request, wrongFind, wrongFinish, wrongCancel lang.Text) (*ui.Page, error) {
	t, list, site, err := p.task(r)
	if err != nil {
		return nil, err
	}
	all, err := p.findings(r.Context(), r.Who, casework.Filter{Group: site.URI})
	if err != nil {
		return nil, err
	}
	var found, open []casework.Case
	for _, c := range all {
		if c.Fields[fieldTask] == t.ID {
			found = append(found, c)
		} else if c.Closed.IsZero() {
			open = append(open, c)
		}
	}
	title := lang.T(site.Name+" "+t.Day.String()+" 检查", "Inspection of "+site.Name+", "+t.Day.String())
	out := p.page(title, Path, ui.Link{Text: title, Href: pathTask + t.ID})
	out.Actions = []ui.Action{{Text: lang.T("企业监测页", "Plant"), Href: register.PlantPage(site.Code)}}
	out.Body = []ui.Block{p.taskFacts(r, &t, site), p.findingTable("task-found", lang.T("本次发现的隐患", "Found this time"), found, "")}
	if len(open) > 0 {
		out.Body = append(out.Body, p.findingTable("task-open", lang.T("以前未销号的隐患（请一并复查）", "Still open from before: look at these too"), open, ""))
	}
	switch {
	case t.State == ToDo && r.Who.Can(GrantDo):
		out.Body = append(out.Body, p.findForm(r, &t, list, wrongFind), finishForm(r, &t, list, wrongFinish))
	case t.State == Done:
		out.Body = append(out.Body, resultTable(&t, list))
	}
	if t.State == ToDo && r.Who.Can(GrantPlan) {
		out.Body = append(out.Body, ui.Form{ID: "cancel", Title: lang.T("取消任务", "Call it off"), Action: pathTask + t.ID + "/cancel", Submit: lang.T("取消任务", "Call it off"), Error: wrongCancel, Fields: []ui.Field{{Name: "reason", Label: lang.T("理由", "Reason"), Required: true}}})
	}
	return out, nil
}

func (p *Part) taskFacts(r *web.Request, t *Task, site *register.Site) ui.Facts {
	f := ui.Facts{ID: "task-facts", Title: lang.T("检查任务", "Task"), Items: []ui.Fact{{Name: lang.T("状态", "State"), Tag: stateTag(t.State)}, {Name: lang.T("企业", "Plant"), Value: lang.Same(site.Name), Href: register.PlantPage(site.Code)}, {Name: lang.T("风险等级", "Risk"), Tag: t.Grade.tag()}, {Name: lang.T("计划日期", "Day"), Value: lang.Same(t.Day.String())},
		{Name: lang.T("检查人员（随机抽取）", "Inspectors (by lot)"), Value: lang.Same(named(t.Inspectors, p.names(r)))}, {Name: lang.T("计划", "Plan"), Value: lang.T("查看计划", "Open"), Href: pathPlan + t.Plan}, {Name: lang.T("检查表", "Checklist"), Value: lang.Same(fmt.Sprintf("%s (%d)", t.List, t.Version)), Href: fmt.Sprintf("%s/%s/%d", pathLists, t.List, t.Version)}}}
	if t.By != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("提交人", "By"), Value: p.o.People.ActorName(r.Context(), t.By)})
	}
	if !t.Done.IsZero() {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("完成时间", "Done"), Time: t.Done})
	}
	if t.Summary != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("小结", "Summary"), Value: lang.Same(t.Summary)})
	}
	return f
}

func gradeOptions() []ui.Option {
	return []ui.Option{{Value: General, Text: gradeText(General)}, {Value: Major, Text: gradeText(Major)}}
}

func (p *Part) findForm(r *web.Request, t *Task, list Checklist, wrong lang.Text) ui.Form {
	var items []ui.Option
	for _, x := range list.Items {
		items = append(items, ui.Option{Value: x.Code, Text: lang.Same(x.Code + " " + x.Text)})
	}
	deadline := r.Form("deadline")
	if deadline == "" {
		deadline = (p.today() + grace).String()
	}
	return ui.Form{ID: "find", Title: lang.T("登记隐患", "Record a finding"), Action: pathTask + t.ID + "/find", Submit: lang.T("登记并责令整改", "Record and order"), Error: wrong, Fields: []ui.Field{
		{Name: "item", Kind: "select", Label: lang.T("检查项", "Item"), Value: r.Form("item"), Options: items}, {Name: "grade", Kind: "select", Label: lang.T("隐患等级", "Grade"), Value: r.Form("grade"), Options: gradeOptions()},
		{Name: "text", Kind: "textarea", Label: lang.T("隐患情况", "What was found"), Value: r.Form("text"), Required: true}, {Name: "deadline", Kind: "date", Label: lang.T("整改期限", "To be put right by"), Value: deadline, Required: true},
		{Name: "photo", Kind: "file", Label: lang.T("照片", "Photo"), Help: lang.T("可直接拍照，不超过 32 MiB", "may be taken at once; at most 32 MiB")}}}
}

// finishForm asks for the result of every item.
func finishForm(r *web.Request, t *Task, list Checklist, wrong lang.Text) ui.Form {
	f := ui.Form{ID: "finish", Title: lang.T("逐项结论", "Item by item"), Action: pathTask + t.ID + "/finish", Submit: lang.T("提交检查记录", "Hand in the record"), Error: wrong}
	for _, x := range list.Items {
		value := r.Form("r." + x.Code)
		if value == "" && t.Found[x.Code] > 0 {
			value = "bad"
		}
		f.Fields = append(f.Fields, ui.Field{Name: "r." + x.Code, Kind: "select", Label: lang.Same(x.Code + " " + x.Text), Help: lang.Same(x.Clause), Value: value, Required: true, Options: []ui.Option{{Text: lang.T("请选择", "Choose")}, {Value: "ok", Text: resultText("ok")}, {Value: "bad", Text: resultText("bad")}, {Value: "na", Text: resultText("na")}}})
	}
	f.Fields = append(f.Fields, ui.Field{Name: "summary", Kind: "textarea", Label: lang.T("检查小结", "Summary"), Value: r.Form("summary")})
	return f
}

func resultText(s string) lang.Text {
	switch s {
	case "ok":
		return lang.T("符合", "In order")
	case "bad":
		return lang.T("不符合", "Not in order")
	}
	return lang.T("不适用", "Does not apply")
}

func resultTable(t *Task, list Checklist) ui.Table {
	out := ui.Table{ID: "task-results", Title: lang.T("检查记录", "Record"), Total: int64(len(list.Items)), Columns: []ui.Column{{Key: "code", Text: lang.T("编号", "Code")}, {Key: "text", Text: lang.T("检查内容", "Item")}, {Key: "clause", Text: lang.T("依据", "Clause")}, {Key: "result", Text: lang.T("结论", "Result")}}}
	for _, x := range list.Items {
		tag := &ui.Tag{Text: resultText(t.Results[x.Code].State), Status: map[string]ui.Status{"ok": ui.StatusMet, "bad": ui.StatusBehind}[t.Results[x.Code].State]}
		out.Rows = append(out.Rows, ui.Row{ID: "x-" + x.Code, Cells: []ui.Cell{{Text: lang.Same(x.Code), Strong: true}, {Text: lang.Same(x.Text)}, {Text: lang.Same(x.Clause)}, {Tag: tag}}})
	}
	return out
}

// photo gives the file of a form, nil where none was chosen.
func photo(r *web.Request, name string) (body io.Reader, file, media string, err error) {
	f, head, err := r.HTTP.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, "", "", nil
	}
	if err != nil {
		return nil, "", "", errs.As(errs.Invalid, "read the photo", err)
	}
	if head.Size == 0 {
		return nil, "", "", nil
	}
	return f, head.Filename, head.Header.Get("Content-Type"), nil // the form's files are removed with the request
}

func (p *Part) formFind(r *web.Request) (*ui.Page, string, error) {
	f := Finding{Item: r.Form("item"), Grade: r.Form("grade"), Text: r.Form("text")}
	var err error
	if f.Photo, f.Name, f.Type, err = photo(r, "photo"); err == nil {
		f.Deadline, err = calendar.Parse(r.Form("deadline"))
	}
	if err == nil {
		_, err = p.Find(r.Context(), r.Who, r.Path("id"), f)
	}
	if msg, ok := say(err); ok {
		page, err := p.drawTask(r, msg, lang.Text{}, lang.Text{})
		return page, "", err
	}
	return nil, pathTask + r.Path("id"), err
}

func (p *Part) formFinish(r *web.Request) (*ui.Page, string, error) {
	results := map[string]Result{}
	for name := range r.HTTP.PostForm {
		if code, ok := strings.CutPrefix(name, "r."); ok {
			results[code] = Result{State: r.Form(name)}
		}
	}
	err := p.Finish(r.Context(), r.Who, r.Path("id"), results, strings.TrimSpace(r.Form("summary")))
	if msg, ok := say(err); ok {
		page, err := p.drawTask(r, lang.Text{}, msg, lang.Text{})
		return page, "", err
	}
	return nil, pathTask + r.Path("id"), err
}

func (p *Part) formCancel(r *web.Request) (*ui.Page, string, error) {
	err := p.Cancel(r.Context(), r.Who, r.Path("id"), strings.TrimSpace(r.Form("reason")))
	if msg, ok := say(err); ok {
		page, err := p.drawTask(r, lang.Text{}, lang.Text{}, msg)
		return page, "", err
	}
	return nil, pathTask + r.Path("id"), err
}

func (p *Part) pageLists(r *web.Request) (*ui.Page, error) { return p.drawLists(r, lang.Text{}) }

// drawLists is the checklists with all their versions, and the form that issues one.
func (p *Part) drawLists(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	lists, err := p.Checklists(r.Context())
	if err != nil {
		return nil, err
	}
	out := p.page(lang.T("检查表", "Checklists"), pathLists, ui.Link{Text: lang.T("检查表", "Checklists"), Href: pathLists})
	t := ui.Table{ID: "checklists", Title: lang.T("检查表", "Checklists"), Total: int64(len(lists)), Columns: []ui.Column{{Key: "title", Text: lang.T("名称", "Title")}, {Key: "id", Text: lang.T("编号", "Id")}, {Key: "version", Text: lang.T("版本", "Version"), Num: true}, {Key: "items", Text: lang.T("项数", "Items"), Num: true}, {Key: "at", Text: lang.T("发布时间", "Issued"), Num: true}}}
	for _, c := range lists {
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("k-%s-%d", c.ID, c.Version), Cells: []ui.Cell{{Text: lang.Same(c.Title), Href: fmt.Sprintf("%s/%s/%d", pathLists, c.ID, c.Version), Strong: true}, {Text: lang.Same(c.ID)}, {Text: lang.Same(strconv.FormatInt(c.Version, 10))}, {Text: lang.Same(strconv.Itoa(len(c.Items)))}, {Time: c.At}}})
	}
	out.Body = []ui.Block{t}
	if r.Who.Can(GrantPlan) {
		out.Body = append(out.Body, ui.Form{ID: "checklist", Title: lang.T("发布检查表", "Issue a checklist"), Action: pathLists, Submit: lang.T("发布新版本", "Issue a new version"), Error: wrong, Fields: []ui.Field{{Name: "id", Label: lang.T("编号", "Id"), Value: r.Form("id"), Required: true, Help: lang.T("已有编号发布为新版本，旧版本保留", "an id that exists gets a new version; the old ones stay")}, {Name: "title", Label: lang.T("名称", "Title"), Value: r.Form("title"), Required: true},
			{Name: "file", Kind: "file", Label: lang.T("CSV 文件", "CSV file"), Help: lang.T("首行 code,text,clause，UTF-8", "first line code,text,clause; UTF-8"), Required: true}}})
	}
	return out, nil
}

func (p *Part) formChecklist(r *web.Request) (*ui.Page, string, error) {
	body, _, _, err := photo(r, "file")
	var text []byte
	if err == nil && body != nil {
		text, err = io.ReadAll(io.LimitReader(body, 1<<20))
	}
	var items []Item
	if err == nil {
		items, err = ParseItems(string(text))
	}
	c := Checklist{}
	if err == nil {
		c, err = p.PutChecklist(r.Context(), r.Who, strings.TrimSpace(r.Form("id")), strings.TrimSpace(r.Form("title")), items)
	}
	if msg, ok := say(err); ok {
		page, err := p.drawLists(r, msg)
		return page, "", err
	}
	return nil, fmt.Sprintf("%s/%s/%d", pathLists, c.ID, c.Version), err
}

func (p *Part) pageChecklist(r *web.Request) (*ui.Page, error) {
	version, err := strconv.ParseInt(r.Path("version"), 10, 64)
	if err != nil {
		return nil, errs.Say(errs.NotFound, "没有这份检查表", "there is no such checklist")
	}
	var c Checklist
	err = p.o.DB.Read(r.Context(), func(tx *store.Tx) (err error) {
		c, err = listIn(tx, r.Path("id"), version)
		return err
	})
	if err != nil {
		return nil, err
	}
	title := lang.T(fmt.Sprintf("%s（第 %d 版）", c.Title, c.Version), fmt.Sprintf("%s (version %d)", c.Title, c.Version))
	out := p.page(title, pathLists, ui.Link{Text: lang.T("检查表", "Checklists"), Href: pathLists}, ui.Link{Text: title, Href: fmt.Sprintf("%s/%s/%d", pathLists, c.ID, c.Version)})
	t := ui.Table{ID: "items", Title: lang.T("检查项", "Items"), Total: int64(len(c.Items)), Columns: []ui.Column{{Key: "code", Text: lang.T("编号", "Code")}, {Key: "text", Text: lang.T("检查内容", "Item")}, {Key: "clause", Text: lang.T("依据条款", "Clause")}}}
	for _, x := range c.Items {
		t.Rows = append(t.Rows, ui.Row{ID: "x-" + x.Code, Cells: []ui.Cell{{Text: lang.Same(x.Code), Strong: true}, {Text: lang.Same(x.Text)}, {Text: lang.Same(x.Clause)}}})
	}
	out.Body = []ui.Block{t}
	return out, nil
}
