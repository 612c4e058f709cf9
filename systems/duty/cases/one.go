package cases

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pageOne is a case: what to do next, what it is, what was done.
func (p *Part) pageOne(r *web.Request) (*ui.Page, error) { return p.one(r, "", lang.Text{}) }

// one makes the page; wrong is what was wrong with the form that is named.
func (p *Part) one(r *web.Request, form string, wrong lang.Text) (*ui.Page, error) {
	ctx := r.Context()
	c, err := p.cases.Get(ctx, r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	lines, err := p.cases.Timeline(ctx, r.Who, c.ID)
	if err != nil {
		return nil, err
	}
	title := lang.Same(c.Title)
	out := p.page(title, Path, ui.Link{Text: lang.T("案件", "Cases"), Href: Path}, ui.Link{Text: lang.Same(c.Number)})
	out.Lead = lang.Same(c.Number)
	m := p.cases.Moves(r.Who, c)
	main := p.next(r, &c, m, form, wrong)
	main = append(main, p.facts(ctx, &c))
	beside, err := p.beside(ctx, r, &c)
	if err != nil {
		return nil, err
	}
	main = append(main, beside...)
	side := append([]ui.Block{p.timeline(ctx, &c, lines)}, p.files(&c, lines)...)
	side = append(side, p.extra(r, &c, m, form, wrong)...)
	out.Live, out.Body = Topic, []ui.Block{pulse(c.ID, p.change.Load()), ui.Columns{Wide: 0, Cols: [][]ui.Block{main, side}}}
	return out, nil
}

// next is what the reader is to do: accept what is offered, fill in what the stage needs and lead on.
func (p *Part) next(r *web.Request, c *casework.Case, m casework.Moves, form string, wrong lang.Text) (out []ui.Block) {
	at := Path + "/" + c.ID + "/"
	version := ui.Field{Name: "version", Kind: "hidden", Value: strconv.FormatInt(c.Version, 10)}
	say := func(name string) lang.Text {
		if name == form {
			return wrong
		}
		return lang.Text{}
	}
	if c.Late {
		out = append(out, ui.Notice{ID: "late", Kind: "bad", Text: lang.T("此案件已逾期，请尽快办理。", "This case is overdue.")})
	}
	if m.Accept {
		out = append(out, ui.Panel{ID: "offered", Title: lang.T("本案移交贵单位", "This case is offered to your unit"), Body: []ui.Block{
			ui.Form{ID: "accept", Action: at + "accept", Submit: lang.T("接收", "Accept"), Fields: []ui.Field{version}},
			ui.Form{ID: "refuse", Action: at + "refuse", Submit: lang.T("退回", "Refuse"), Error: say("refuse"), Fields: []ui.Field{version, {Name: "text", Label: lang.T("退回理由", "Why"), Required: true}}}}})
	} else if c.Offered != "" {
		out = append(out, ui.Notice{ID: "offer", Kind: "info", Text: p.offeredText(c)})
	}
	if len(m.Next) > 0 {
		k, _ := p.cases.Kind(c.Kind)
		st, _ := k.Stage(c.Stage)
		var stages []ui.Option
		for _, n := range m.Next {
			stages = append(stages, ui.Option{Value: n.Name, Text: n.Title})
		}
		fields := []ui.Field{version, {Name: "stage", Kind: "select", Label: lang.T("转入", "On to"), Options: stages, Value: r.Form("stage")}}
		for _, f := range st.Needs {
			fields = append(fields, p.input(r, c, f))
		}
		fields = append(fields, ui.Field{Name: "text", Kind: "textarea", Label: lang.T("办理情况", "What was done"), Value: r.Form("text")})
		out = append(out, ui.Form{ID: "advance", Title: lang.T("下一步："+st.Title.Zh, "Next: "+st.Title.En), Action: at + "advance", Submit: lang.T("办理", "Do it"), Error: say("advance"), Fields: fields})
	}
	if m.Reopen {
		out = append(out, ui.Form{ID: "reopen", Title: lang.T("重新办理", "Reopen"), Action: at + "reopen", Submit: lang.T("重新办理", "Reopen"), Error: say("reopen"), Fields: []ui.Field{version, {Name: "text", Label: lang.T("原因", "Why"), Required: true}}})
	}
	return out
}

func (p *Part) offeredText(c *casework.Case) lang.Text {
	u := p.people.UnitName(c.Offered)
	return lang.T("已移交"+u.Zh+"，等待接收。", "Offered to "+u.En+", which has not answered yet.")
}

// input is the field that a stage asks for, with what is known of it.
func (p *Part) input(r *web.Request, c *casework.Case, f casework.Field) ui.Field {
	in := ui.Field{Name: "f." + f.Name, Label: f.Title, Value: c.Fields[f.Name], Required: !f.Optional, Kind: map[string]string{"long": "textarea", "number": "number", "date": "date", "choice": "select"}[f.Type]}
	if v := r.Form(in.Name); v != "" {
		in.Value = v
	}
	for _, o := range f.Choices {
		in.Options = append(in.Options, ui.Option{Value: o, Text: lang.Same(o)})
	}
	return in
}

// extra is what can be done besides: remark, attach, take on, grade, hand over.
func (p *Part) extra(r *web.Request, c *casework.Case, m casework.Moves, form string, wrong lang.Text) (out []ui.Block) {
	at := Path + "/" + c.ID + "/"
	version := ui.Field{Name: "version", Kind: "hidden", Value: strconv.FormatInt(c.Version, 10)}
	add := func(id string, title, submit lang.Text, fields ...ui.Field) {
		f := ui.Form{ID: id, Title: title, Action: at + id, Submit: submit, Fields: append([]ui.Field{version}, fields...)}
		if id == form {
			f.Error = wrong
		}
		out = append(out, f)
	}
	if m.Comment {
		add("comment", lang.T("记录情况", "Remark"), lang.T("记录", "Put on record"), ui.Field{Name: "text", Kind: "textarea", Label: lang.T("内容", "Text"), Required: true})
		add("attach", lang.T("添加附件", "Attach a file"), lang.T("上传", "Upload"), ui.Field{Name: "file", Kind: "file", Label: lang.T("文件（不超过 32 MiB）", "File (32 MiB at most)"), Required: true})
	}
	if !m.Lead {
		return out
	}
	if c.Holder != r.Who.ID {
		add("assign", lang.T("承办人", "Who deals with it"), lang.T("由我承办", "I take it"))
	}
	var levels, units []ui.Option
	for i := 1; i <= 4; i++ {
		levels = append(levels, ui.Option{Value: strconv.Itoa(i), Text: levelText(i)})
	}
	add("level", lang.T("定级", "Grade"), lang.T("定级", "Grade"), ui.Field{Name: "level", Kind: "select", Label: lang.T("级别", "Level"), Value: strconv.Itoa(c.Level), Options: levels}, ui.Field{Name: "text", Label: lang.T("依据", "Why")})
	if m.Offerable {
		for _, u := range p.people.Units() {
			if u.ID != c.Unit {
				units = append(units, ui.Option{Value: u.ID, Text: u.Name})
			}
		}
		add("offer", lang.T("移交其他单位", "Hand over"), lang.T("移交", "Offer"), ui.Field{Name: "unit", Kind: "select", Label: lang.T("移交到", "To"), Options: units}, ui.Field{Name: "text", Label: lang.T("理由", "Why"), Required: true})
	}
	return out
}

// facts are what is known of the case.
func (p *Part) facts(ctx context.Context, c *casework.Case) ui.Facts {
	f := ui.Facts{ID: "case", Title: p.kindText(c.Kind), Items: []ui.Fact{{Name: lang.T("编号", "Number"), Value: lang.Same(c.Number)}, {Name: lang.T("阶段", "Stage"), Tag: p.stateTag(c)}, {Name: lang.T("级别", "Level"), Value: levelText(c.Level)},
		{Name: lang.T("承办单位", "Unit"), Value: p.people.UnitName(c.Unit)}, {Name: lang.T("立案时间", "Opened"), Time: c.Opened}}}
	if c.Holder != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("承办人", "Dealt with by"), Value: p.who(ctx, c.Holder)})
	}
	if !c.Due.IsZero() {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("本阶段时限", "Stage due"), Time: c.Due})
	}
	if !c.Closed.IsZero() {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("办结时间", "Closed"), Time: c.Closed})
	}
	if c.Parent != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("上级案件", "Follows from"), Value: lang.T("查看", "Open"), Href: Path + "/" + url.PathEscape(c.Parent)})
	}
	k, _ := p.cases.Kind(c.Kind)
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		f.Items = append(f.Items, ui.Fact{Name: k.FieldTitle(name), Value: lang.Same(c.Fields[name])})
	}
	return f
}

// beside is what hangs on the case: its alarms, who was told, the cases that follow from it.
func (p *Part) beside(ctx context.Context, r *web.Request, c *casework.Case) (out []ui.Block, err error) {
	list, err := p.alarms.OfCase(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		t := ui.Table{ID: "alarms", Title: lang.T("关联告警", "Alarms"), Total: int64(len(list)), Columns: []ui.Column{{Key: "what", Text: lang.T("告警", "Alarm")}, {Key: "at", Text: lang.T("时间", "Time")}}}
		for _, a := range list {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: a.Title, Sub: lang.Same(a.Name), Href: "/duty/alarms/" + a.ID, Strong: true}, {Time: a.First}}})
		}
		out = append(out, t)
	}
	told, _, err := p.post.Letters(ctx, "case:"+c.ID, "", 10)
	if err != nil {
		return nil, err
	}
	if len(told) > 0 {
		t := ui.Table{ID: "told", Title: lang.T("已发通知", "Notices"), Total: int64(len(told)), Columns: []ui.Column{{Key: "what", Text: lang.T("通知", "Notice")}, {Key: "at", Text: lang.T("时间", "Time")}, {Key: "n", Text: lang.T("人数", "People"), Num: true}}}
		for _, l := range told {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: l.Title, Href: "/duty/notices/" + l.ID, Strong: true}, {Time: l.Made}, {Text: lang.Same(ui.Grouped(l.For))}}})
		}
		out = append(out, t)
	}
	after, _, err := p.cases.List(ctx, r.Who, casework.Filter{Parent: c.ID, Limit: 50})
	if err != nil || len(after) == 0 {
		return out, err
	}
	t := ui.Table{ID: "children", Title: lang.T("后续案件", "Cases that follow"), Total: -1, Columns: []ui.Column{{Key: "case", Text: lang.T("案件", "Case")}, {Key: "stage", Text: lang.T("阶段", "Stage")}}}
	for i := range after {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: lang.Same(after[i].Title), Sub: lang.Same(after[i].Number), Href: Path + "/" + after[i].ID, Strong: true}, {Tag: p.stateTag(&after[i])}}})
	}
	return append(out, t), nil
}

// timeline is what was done, newest first.
func (p *Part) timeline(ctx context.Context, c *casework.Case, lines []casework.Line) ui.Timeline {
	k, _ := p.cases.Kind(c.Kind)
	t := ui.Timeline{ID: "timeline", Title: lang.T("办理经过", "Timeline")}
	for _, l := range slices.Backward(lines) {
		said, _ := casework.VerbText(l.Verb)
		zh, en := []string{said.Zh}, []string{said.En}
		if to, ok := k.Stage(l.Fields["case.stage"]); ok && l.Verb != "open" {
			zh, en = append(zh, "→ "+to.Title.Zh), append(en, "→ "+to.Title.En)
		}
		for name, value := range map[string]lang.Text{"case.unit": p.people.UnitName(l.Fields["case.unit"]), "case.offered": p.people.UnitName(l.Fields["case.offered"])} {
			if l.Fields[name] != "" && l.Verb != "open" {
				zh, en = append(zh, value.Zh), append(en, value.En)
			}
		}
		if l.Verb == "level" {
			n, _ := strconv.Atoi(l.Fields["case.level"]) // another text is level 0
			zh, en = append(zh, levelText(n).Zh), append(en, levelText(n).En)
		}
		if l.Text != "" {
			zh, en = append(zh, l.Text), append(en, l.Text)
		}
		e := ui.Event{At: l.At, Who: p.who(ctx, l.Actor), What: lang.T(strings.Join(zh, " "), strings.Join(en, " ")), Kind: map[string]string{"late": "bad", "accept": "good"}[l.Verb]}
		if l.File != "" {
			e.Href = fileHref(c.ID, l.File)
		}
		t.Items = append(t.Items, e)
	}
	return t
}

func fileHref(id, file string) string {
	return "/api/duty/cases/" + url.PathEscape(id) + "/files/" + url.PathEscape(file)
}

func (p *Part) files(c *casework.Case, lines []casework.Line) []ui.Block {
	f := ui.Facts{ID: "files", Title: lang.T("附件", "Attachments")}
	for _, l := range lines {
		if l.File != "" {
			f.Items = append(f.Items, ui.Fact{Name: lang.Same(l.Text), Value: lang.T("下载", "Download"), Href: fileHref(c.ID, l.File)})
		}
	}
	if len(f.Items) == 0 {
		return nil
	}
	return []ui.Block{f}
}

// again shows the case's page with what was wrong with a form; what is no fault of the form's fails as it is.
func (p *Part) again(r *web.Request, form string, wrong error) (*ui.Page, string, error) {
	msg, ok := errs.MsgOf(wrong)
	if !ok || !errs.Is(wrong, errs.Invalid) && !errs.Is(wrong, errs.TooLarge) && !errs.Is(wrong, errs.Conflict) {
		return nil, "", wrong
	}
	page, err := p.one(r, form, msg)
	return page, "", err
}

func (p *Part) formAdvance(r *web.Request) (*ui.Page, string, error) {
	fields := map[string]string{}
	for name, values := range r.HTTP.PostForm {
		if f, ok := strings.CutPrefix(name, "f."); ok && len(values) > 0 {
			fields[f] = values[0]
		}
	}
	return p.do(r, casework.Change{Verb: "advance", Stage: r.Form("stage"), Text: r.Form("text"), Fields: fields})
}

// do carries a change out and goes back to the case.
func (p *Part) do(r *web.Request, c casework.Change) (*ui.Page, string, error) {
	err := p.db.Write(r.Context(), func(tx *store.Tx) error {
		_, err := p.cases.Do(tx, r.Who, r.Path("id"), formVersion(r), c)
		return err
	})
	if err != nil {
		return p.again(r, c.Verb, err)
	}
	return nil, Path + "/" + url.PathEscape(r.Path("id")), nil
}

// formAct is every other act.
func (p *Part) formAct(r *web.Request) (*ui.Page, string, error) {
	verb, text, id := r.Path("verb"), r.Form("text"), r.Path("id")
	var err error
	switch verb {
	case "comment", "reopen":
		return p.do(r, casework.Change{Verb: verb, Text: text})
	case "assign":
		return p.do(r, casework.Change{Verb: verb, Holder: &r.Who.ID, Text: text})
	case "level":
		n, _ := strconv.Atoi(r.Form("level")) // another text is level 0, which is refused
		return p.do(r, casework.Change{Verb: verb, Level: &n, Text: text})
	case "offer":
		err = p.cases.Offer(r.Context(), r.Who, id, r.Form("unit"), text)
	case "accept":
		err = p.cases.Accept(r.Context(), r.Who, id)
	case "refuse":
		err = p.cases.Refuse(r.Context(), r.Who, id, text)
	default:
		return nil, "", errs.Say(errs.NotFound, "没有“%[1]s”这一操作", "there is no act %[1]q", verb)
	}
	if err != nil {
		return p.again(r, verb, err)
	}
	return nil, Path + "/" + url.PathEscape(id), nil
}

func (p *Part) formAttach(r *web.Request) (*ui.Page, string, error) {
	file, head, err := r.HTTP.FormFile("file")
	if err != nil {
		return p.again(r, "attach", errs.Say(errs.Invalid, "请选择文件", "choose a file"))
	}
	defer file.Close()
	if _, err := p.cases.Attach(r.Context(), r.Who, r.Path("id"), head.Filename, head.Header.Get("Content-Type"), file); err != nil {
		return p.again(r, "attach", err)
	}
	return nil, Path + "/" + url.PathEscape(r.Path("id")), nil
}
