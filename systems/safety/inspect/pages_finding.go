package inspect

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// chosen are the findings that a request asks for: of a grade, of a stage, open ones.
func (p *Part) chosen(r *web.Request) ([]casework.Case, error) {
	grade, stage := r.Query("grade"), r.Query("stage")
	f := casework.Filter{Open: r.Query("open") == "1", Area: p.o.Scope(r.Who), Text: r.Query("q")}
	if stage != "" {
		if _, ok := stageOf(stage); !ok {
			return nil, errs.Say(errs.Invalid, "阶段“%[1]s”无法识别", "the stage %[1]q is not known", stage)
		}
		f.Stages = []string{stage}
	}
	list, err := p.findings(r.Context(), r.Who, f)
	return slices.DeleteFunc(list, func(c casework.Case) bool { return grade != "" && c.Fields[fieldGrade] != grade }), err
}

func stageOf(name string) (casework.Stage, bool) {
	k := Kind()
	return k.Stage(name)
}

func (p *Part) pageFindings(r *web.Request) (*ui.Page, error) {
	list, err := p.chosen(r)
	if err != nil {
		return nil, err
	}
	figures, err := p.Count(r.Context(), p.o.Scope(r.Who))
	if err != nil {
		return nil, err
	}
	from := number(r.Query("after"), 0)
	if from < 0 {
		from = 0
	}
	out := p.page(lang.T("隐患整改", "Rectification"), pathFindings, ui.Link{Text: lang.T("隐患整改", "Rectification"), Href: pathFindings})
	t := p.findingTable("findings", lang.T("隐患", "Findings"), list[min(from, len(list)):min(from+pageSize, len(list))], pathFindings)
	t.Total, t.Paged, t.Query = int64(len(list)), from > 0, map[string]string{}
	if from+pageSize < len(list) {
		t.Next = strconv.Itoa(from + pageSize)
	}
	t.Search = &ui.Field{Name: "q", Label: lang.T("编号或内容", "Number or text"), Placeholder: lang.T("编号或内容", "Number or text"), Value: r.Query("q")}
	stages := []ui.Option{{Text: lang.T("全部阶段", "All stages")}}
	for _, s := range Kind().Stages {
		stages = append(stages, ui.Option{Value: s.Name, Text: s.Title})
	}
	t.Filters = []ui.Field{{Name: "grade", Kind: "select", Label: lang.T("等级", "Grade"), Value: r.Query("grade"), Options: append([]ui.Option{{Text: lang.T("全部等级", "All grades")}}, gradeOptions()...)}, {Name: "stage", Kind: "select", Label: lang.T("阶段", "Stage"), Value: r.Query("stage"), Options: stages},
		{Name: "open", Kind: "select", Label: lang.T("范围", "Which"), Value: r.Query("open"), Options: []ui.Option{{Text: lang.T("全部", "All")}, {Value: "1", Text: lang.T("未销号", "Open")}}}}
	for _, name := range []string{"q", "grade", "stage", "open"} {
		if v := r.Query(name); v != "" {
			t.Query[name] = v
		}
	}
	t.Exports = ui.Exports("/api/safety/inspect/findings", t.Query)[:1]
	out.Body = []ui.Block{p.tiles(figures), t}
	return out, nil
}

// findingTable lists findings; path is that of its page where it is one that can be paged.
func (p *Part) findingTable(id string, title lang.Text, list []casework.Case, path string) ui.Table {
	t := ui.Table{ID: id, Title: title, Total: int64(len(list)), Path: path, Empty: lang.T("没有隐患。", "No findings."), Columns: []ui.Column{{Key: "number", Text: lang.T("编号", "Number")}, {Key: "what", Text: lang.T("隐患", "Finding")}, {Key: "plant", Text: lang.T("企业", "Plant")}, {Key: "grade", Text: lang.T("等级", "Grade")}, {Key: "stage", Text: lang.T("阶段", "Stage")}, {Key: "deadline", Text: lang.T("整改期限", "Due"), Num: true}}}
	for i := range list {
		c := &list[i]
		grade := &ui.Tag{Text: gradeText(c.Fields[fieldGrade])}
		if c.Fields[fieldGrade] == Major {
			grade.Status = ui.StatusBehind
		}
		t.Rows = append(t.Rows, ui.Row{ID: "f-" + c.ID, Cells: []ui.Cell{{Text: lang.Same(c.Number), Href: pathFinding + c.ID, Strong: true}, {Text: lang.Same(c.Title), Sub: lang.Same(c.Fields[fieldClause]), Href: pathFinding + c.ID}, {Text: lang.Same(p.plantName(register.CodeOf(c.Group)))}, {Tag: grade}, {Tag: p.stageTag(c)}, {Text: lang.Same(c.Fields[fieldDeadline])}}})
	}
	return t
}

func (p *Part) stageTag(c *casework.Case) *ui.Tag {
	t := &ui.Tag{Text: stageText(c.Stage), Status: ui.StatusOn}
	switch {
	case p.overdue(c):
		t.Status, t.Text = ui.StatusBehind, lang.T(t.Text.Zh+"，逾期", t.Text.En+", overdue")
	case c.Stage == Closed:
		t.Status = ui.StatusMet
	}
	return t
}

func (p *Part) pageFinding(r *web.Request) (*ui.Page, error) { return p.drawFinding(r, lang.Text{}) }

// drawFinding is one rectification: what was found, how far it is, its timeline, and what may be done.
func (p *Part) drawFinding(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	var c casework.Case
	var more []Extension
	err := p.o.DB.Read(r.Context(), func(tx *store.Tx) (err error) {
		if c, err = p.finding(tx, r.Who, r.Path("id")); err == nil {
			more, err = extensions(tx, c.ID)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	lines, err := p.o.Cases.Timeline(r.Context(), r.Who, c.ID)
	if err != nil {
		return nil, err
	}
	out := p.page(lang.Same(c.Number), pathFindings, ui.Link{Text: lang.T("隐患整改", "Rectification"), Href: pathFindings}, ui.Link{Text: lang.Same(c.Number), Href: pathFinding + c.ID})
	code := register.CodeOf(c.Group)
	f := ui.Facts{ID: "finding-facts", Title: lang.Same(c.Title), Items: []ui.Fact{{Name: lang.T("等级", "Grade"), Value: gradeText(c.Fields[fieldGrade])}, {Name: lang.T("阶段", "Stage"), Tag: p.stageTag(&c)}, {Name: lang.T("企业", "Plant"), Value: lang.Same(p.plantName(code)), Href: register.PlantPage(code)}, {Name: lang.T("整改期限", "To be put right by"), Value: lang.Same(c.Fields[fieldDeadline])},
		{Name: lang.T("检查项", "Item"), Value: lang.Same(c.Fields[fieldItem]), Href: pathTask + c.Fields[fieldTask]}, {Name: lang.T("依据", "Clause"), Value: lang.Same(c.Fields[fieldClause])}, {Name: lang.T("登记时间", "Found"), Time: c.Opened}, {Name: lang.T("本阶段时限", "This stage by"), Time: c.Due}, {Name: lang.T("销号时间", "Closed"), Time: c.Closed}}}
	left := []ui.Block{f}
	if !wrong.Empty() {
		left = append([]ui.Block{ui.Notice{ID: "wrong", Kind: "error", Text: wrong}}, left...)
	}
	left = append(left, p.moves(r, &c)...)
	left = append(left, p.extensionBlocks(r, &c, more)...)
	out.Body = []ui.Block{ui.Columns{Wide: -1, Cols: [][]ui.Block{left, {p.timeline(r, &c, lines)}}}}
	return out, nil
}

// moves are the forms that lead the case on.
func (p *Part) moves(r *web.Request, c *casework.Case) (out []ui.Block) {
	m := p.o.Cases.Moves(r.Who, *c)
	stage, _ := stageOf(c.Stage)
	for _, next := range m.Next {
		form := ui.Form{ID: "to-" + next.Name, Title: lang.T("转入："+next.Title.Zh, "On to: "+next.Title.En), Action: pathFinding + c.ID + "/advance", Submit: next.Title, Fields: []ui.Field{{Name: "stage", Kind: "hidden", Value: next.Name}, {Name: "version", Kind: "hidden", Value: strconv.FormatInt(c.Version, 10)}}}
		for _, x := range stage.Needs {
			field := ui.Field{Name: "x." + x.Name, Label: x.Title, Value: c.Fields[x.Name], Required: !x.Optional}
			switch x.Type {
			case "long":
				field.Kind = "textarea"
			case "choice":
				field.Kind = "select"
				for _, choice := range x.Choices {
					field.Options = append(field.Options, ui.Option{Value: choice, Text: choiceText(choice)})
				}
			}
			form.Fields = append(form.Fields, field)
		}
		form.Fields = append(form.Fields, ui.Field{Name: "text", Kind: "textarea", Label: lang.T("说明", "Note")})
		out = append(out, form)
	}
	if c.Closed.IsZero() && r.Who.Can(GrantDo) {
		out = append(out, ui.Form{ID: "attach", Title: lang.T("上传照片或文件", "Add a photo or a file"), Action: pathFinding + c.ID + "/attach", Submit: lang.T("上传", "Add"), Fields: []ui.Field{{Name: "file", Kind: "file", Label: lang.T("文件", "File"), Required: true}}})
	}
	return out
}

func choiceText(s string) lang.Text {
	if s == "合格" {
		return lang.T("合格", "Passed")
	}
	return lang.T("不合格", "Not passed")
}

// extensionBlocks are the requests for more time, the form of a new one, and the decision.
func (p *Part) extensionBlocks(r *web.Request, c *casework.Case, list []Extension) (out []ui.Block) {
	state := map[string]ui.Tag{"asked": {Status: ui.StatusRisk, Text: lang.T("待审批", "Waits")}, "approved": {Status: ui.StatusMet, Text: lang.T("已批准", "Approved")}, "refused": {Status: ui.StatusNone, Text: lang.T("未批准", "Refused")}}
	t := ui.Table{ID: "extensions", Title: lang.T("延期", "More time"), Total: -1, Columns: []ui.Column{{Key: "until", Text: lang.T("延至", "Until"), Num: true}, {Key: "reason", Text: lang.T("理由", "Reason")}, {Key: "asker", Text: lang.T("申请人", "Asked by")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "decider", Text: lang.T("审批人", "Decided by")}}}
	waits := false
	for _, x := range list {
		tag := state[x.State]
		waits = waits || x.State == "asked"
		t.Rows = append(t.Rows, ui.Row{ID: "e-" + x.ID, Cells: []ui.Cell{{Text: lang.Same(x.Until.String())}, {Text: lang.Same(x.Reason)}, {Text: p.o.People.ActorName(r.Context(), x.Asker)}, {Tag: &tag}, {Text: p.decider(r, x)}}})
	}
	if len(list) > 0 {
		out = append(out, t)
	}
	switch {
	case waits && r.Who.Can(GrantApprove):
		out = append(out, ui.Form{ID: "decide", Title: lang.T("审批延期", "Decide on more time"), Action: pathFinding + c.ID + "/decide", Submit: lang.T("提交审批", "Decide"), Fields: []ui.Field{{Name: "decision", Kind: "select", Label: lang.T("意见", "Decision"), Options: []ui.Option{{Value: "yes", Text: lang.T("同意", "Approve")}, {Value: "no", Text: lang.T("不同意", "Refuse")}}}}})
	case !waits && c.Closed.IsZero() && r.Who.Can(GrantDo):
		out = append(out, ui.Form{ID: "extend", Title: lang.T("申请延期", "Ask for more time"), Action: pathFinding + c.ID + "/extend", Submit: lang.T("申请", "Ask"), Fields: []ui.Field{{Name: "until", Kind: "date", Label: lang.T("延至", "Until"), Required: true}, {Name: "reason", Kind: "textarea", Label: lang.T("理由", "Reason"), Required: true}}})
	}
	return out
}

func (p *Part) decider(r *web.Request, x Extension) lang.Text {
	if x.Decider == "" {
		return lang.Same(ui.None)
	}
	return p.o.People.ActorName(r.Context(), x.Decider)
}

// timeline is what was done, with what was filled in and the files.
func (p *Part) timeline(r *web.Request, c *casework.Case, lines []casework.Line) ui.Timeline {
	t := ui.Timeline{ID: "timeline", Title: lang.T("办理记录", "Timeline"), Empty: lang.T("没有记录。", "Nothing yet.")}
	k := Kind()
	for _, l := range lines {
		said, ok := casework.VerbText(l.Verb)
		if !ok {
			said = actText(l.Verb)
		}
		zh, en := []string{said.Zh}, []string{said.En}
		for _, name := range slices.Sorted(maps.Keys(l.Fields)) {
			if title := k.FieldTitle(name); !title.Empty() && l.Fields[name] != "" && name != fieldTask {
				zh, en = append(zh, title.Zh+"："+l.Fields[name]), append(en, title.En+": "+l.Fields[name])
			}
		}
		if l.Text != "" {
			zh, en = append(zh, l.Text), append(en, l.Text)
		}
		e := ui.Event{At: l.At, Who: p.o.People.ActorName(r.Context(), l.Actor), What: lang.T(strings.Join(zh, "；"), strings.Join(en, "; "))}
		if l.File != "" {
			e.Href = "/api/safety/inspect/findings/" + c.ID + "/files/" + l.File
		}
		t.Items = append(t.Items, e)
	}
	slices.Reverse(t.Items)
	return t
}

func actText(verb string) lang.Text {
	for _, w := range Acts() {
		if w.Verb == verb {
			return w.Title
		}
	}
	return lang.Same(verb)
}

// after draws a finding's page again with what is wrong, or goes back to it.
func (p *Part) after(r *web.Request, err error) (*ui.Page, string, error) {
	if msg, ok := say(err); ok {
		page, err := p.drawFinding(r, msg)
		return page, "", err
	}
	return nil, pathFinding + r.Path("id"), err
}

func (p *Part) formAdvance(r *web.Request) (*ui.Page, string, error) {
	version, err := strconv.ParseInt(r.Form("version"), 10, 64)
	if err != nil {
		return p.after(r, errs.Say(errs.Invalid, "表单无效，请重新打开页面", "the form is not valid, open the page again"))
	}
	change := casework.Change{Verb: verbAdvance, Stage: r.Form("stage"), Text: strings.TrimSpace(r.Form("text")), Fields: map[string]string{}}
	for name := range r.HTTP.PostForm {
		if field, ok := strings.CutPrefix(name, "x."); ok {
			change.Fields[field] = strings.TrimSpace(r.Form(name))
		}
	}
	return p.after(r, p.o.DB.Write(r.Context(), func(tx *store.Tx) error {
		c, err := p.finding(tx, r.Who, r.Path("id"))
		if err != nil {
			return err
		}
		stage, _ := stageOf(c.Stage)
		maps.DeleteFunc(change.Fields, func(name, _ string) bool {
			return !slices.ContainsFunc(stage.Needs, func(f casework.Field) bool { return f.Name == name })
		})
		if change.Stage == Closed && c.Fields["passed"] != "合格" {
			return errs.Say(errs.Conflict, "复查不合格，不能销号，请退回整改", "it did not pass the re-inspection: send it back")
		}
		_, err = p.o.Cases.Do(tx, r.Who, c.ID, version, change)
		return err
	}))
}

func (p *Part) formAttach(r *web.Request) (*ui.Page, string, error) {
	body, name, media, err := photo(r, "file")
	if err == nil && body == nil {
		err = errs.Say(errs.Invalid, "请选择文件", "choose a file")
	}
	if err == nil {
		err = p.o.DB.Read(r.Context(), func(tx *store.Tx) error { _, err := p.finding(tx, r.Who, r.Path("id")); return err })
	}
	if err == nil {
		_, err = p.o.Cases.Attach(r.Context(), r.Who, r.Path("id"), name, media, body)
	}
	return p.after(r, err)
}

func (p *Part) formExtend(r *web.Request) (*ui.Page, string, error) {
	until, err := calendar.Parse(r.Form("until"))
	if err == nil {
		err = p.Extend(r.Context(), r.Who, r.Path("id"), until, strings.TrimSpace(r.Form("reason")))
	}
	return p.after(r, err)
}

func (p *Part) formDecide(r *web.Request) (*ui.Page, string, error) {
	return p.after(r, p.Decide(r.Context(), r.Who, r.Path("id"), r.Form("decision") == "yes"))
}

// apiFile hands out an attachment as a download.
func (p *Part) apiFile(r *web.Request) (any, error) {
	err := p.o.DB.Read(r.Context(), func(tx *store.Tx) error { _, err := p.finding(tx, r.Who, r.Path("id")); return err })
	if err != nil {
		return nil, err
	}
	name, media, body, err := p.o.Cases.File(r.Context(), r.Who, r.Path("id"), r.Path("file"))
	if err != nil {
		return nil, err
	}
	return web.Reply{Type: media, Name: name, Body: func(w io.Writer) error {
		defer func() { _ = body.Close() }()
		_, err := io.Copy(w, body)
		return err
	}}, nil
}

func (p *Part) apiFigures(r *web.Request) (any, error) { return p.Count(r.Context(), p.o.Scope(r.Who)) }

var taskSheet = []sheet.Column{sheet.Text("id", ""), sheet.Text("day", "计划日期 / day"), sheet.Text("plant", "企业编码 / plant's code"), sheet.Text("name", "企业 / plant"), sheet.Text("district", "区划代码 / district code"), sheet.Whole("risk", "", "风险等级 1 红 4 蓝 / risk, 1 red to 4 blue"), sheet.Text("inspectors", "检查人员证号 / inspectors' badges"), sheet.Text("state", "状态 / state"), sheet.At("done", "完成 / done"), sheet.Whole("findings", "", "隐患数 / findings")}

func (p *Part) apiTasks(r *web.Request) (any, error) {
	args, err := p.selection(r)
	if err != nil {
		return nil, err
	}
	var list []Task
	err = p.o.DB.Read(r.Context(), func(tx *store.Tx) (err error) {
		list, err = tasksIn(tx, qTaskList, append(args, int64(0), "", maxTasks)...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.sheet(r, "inspection-tasks", taskSheet, func(out *sheet.Rows) {
		for _, t := range list {
			found := 0
			for _, n := range t.Found {
				found += n
			}
			out.Add(t.ID, t.Day.String(), t.Plant, p.plantName(t.Plant), t.District, int64(t.Grade), strings.Join(t.Inspectors, " "), t.State, t.Done, int64(found))
		}
	}), nil
}

var findingSheet = []sheet.Column{sheet.Text("number", "编号 / number"), sheet.Text("plant", "企业编码 / plant's code"), sheet.Text("name", "企业 / plant"), sheet.Text("grade", "等级 / grade"), sheet.Text("finding", "隐患 / finding"), sheet.Text("clause", "依据 / clause"), sheet.Text("stage", "阶段 / stage"), sheet.Text("deadline", "期限 / due"), sheet.At("opened", "登记 / found"), sheet.At("closed", "销号 / closed"), sheet.Flag("overdue", "逾期 / overdue")}

func (p *Part) apiFindings(r *web.Request) (any, error) {
	list, err := p.chosen(r)
	if err != nil {
		return nil, err
	}
	return p.sheet(r, "rectifications", findingSheet, func(out *sheet.Rows) {
		for i := range list {
			c := &list[i]
			code := register.CodeOf(c.Group)
			out.Add(c.Number, code, p.plantName(code), c.Fields[fieldGrade], c.Title, c.Fields[fieldClause], c.Stage, c.Fields[fieldDeadline], c.Opened, c.Closed, p.overdue(c))
		}
	}), nil
}

var lotSheet = []sheet.Column{sheet.Text("plant", "企业编码 / plant's code"), sheet.Text("ticket", "抽签号 / ticket"), sheet.Flag("drawn", "入选 / drawn"), sheet.Text("inspectors", "检查人员证号 / inspectors' badges")}

// apiLot gives every candidate with its ticket, so that the draw can be held against the journal's seed and digest.
func (p *Part) apiLot(r *web.Request) (any, error) {
	x, err := p.plan(r)
	if err != nil {
		return nil, err
	}
	drawn := x.Candidates
	if x.Lot {
		drawn = Draw(x.Seed, x.Candidates, x.Count)
	}
	return p.sheet(r, "lot", lotSheet, func(out *sheet.Rows) {
		for _, c := range Draw(x.Seed, x.Candidates, len(x.Candidates)) {
			in, who := slices.Contains(drawn, c), ""
			if in {
				who = strings.Join(DrawFor(x.Seed, c, x.Pool, x.Each), " ")
			}
			out.Add(c, Ticket(x.Seed, c), in, who)
		}
	}), nil
}

// sheet writes rows as a download.
func (p *Part) sheet(r *web.Request, name string, columns []sheet.Column, rows func(out *sheet.Rows)) web.Reply {
	f := sheet.Of(r.HTTP.URL.Path, r.Query("bom") == "1")
	return web.Reply{Type: f.Type(), Name: f.File(name), Body: func(w io.Writer) error {
		return f.Write(w, columns, func(out *sheet.Rows) error {
			rows(out)
			return out.Flush()
		})
	}}
}
