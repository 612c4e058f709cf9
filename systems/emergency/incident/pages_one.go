package incident

import (
	"context"
	"fmt"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/systems/emergency/incident/event"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

func (p *Part) pageOne(r *web.Request) (*ui.Page, error) {
	x, err := p.Get(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	return p.onePage(r, x, lang.Text{})
}

// onePage is an incident: its state and what to do next before everything else, then what hangs on it, then the whole line of time.
func (p *Part) onePage(r *web.Request, x Whole, wrong lang.Text) (*ui.Page, error) {
	out := page.Of(lang.Same(x.Case.Title), page.Incidents, ui.Link{Text: lang.Same(x.Case.Number)})
	out.Live = page.Topic
	here := pathOne + x.ID
	out.Actions = p.actions(r, x)
	forms, err := p.forms(r, x, here)
	if err != nil {
		return nil, err
	}
	if !wrong.Empty() && !blame(forms, r.HTTP.URL.Path, wrong) {
		out.Body = append(out.Body, ui.Notice{ID: "wrong", Kind: "bad", Text: wrong})
	}
	if x.Drill {
		out.Body = append(out.Body, ui.Notice{ID: "drill", Kind: "warn", Text: lang.T("演练：以下一切均为演练，不计入任何统计。", "A drill: nothing here is real, and nothing of it is counted.")})
	}
	if x.Merged != "" {
		out.Body = append(out.Body, ui.Notice{ID: "merged", Kind: "info", Text: lang.T("本事件已并入另一事件。", "This incident has become part of another."), Link: &ui.Link{Text: lang.T("查看", "Open it"), Href: pathOne + x.Merged}})
	}
	out.Body = append(out.Body, p.head(x))
	for _, s := range p.sections {
		blocks, err := s(r, x)
		if err != nil {
			return nil, err
		}
		out.Body = append(out.Body, blocks...)
	}
	lines, err := p.o.Cases.Timeline(r.Context(), r.Who, x.ID)
	if err != nil {
		return nil, errs.Wrap("read the timeline", err)
	}
	reports, err := p.Reports(r.Context(), x.ID)
	if err != nil {
		return nil, errs.Wrap("read the reports", err)
	}
	out.Body = append(out.Body, ui.Columns{Wide: 0, Cols: [][]ui.Block{append([]ui.Block{p.facts(x)}, forms...), {p.reportTable(x, reports, r.Who.Can(GrantPersonal)), ui.Panel{ID: "log", Title: lang.T("全程记录", "Timeline"), Body: []ui.Block{p.timeline(r.Context(), x, lines)}}}}})
	return out, nil
}

// blame says an error on the form that was sent; false where it was a button.
func blame(forms []ui.Block, path string, wrong lang.Text) bool {
	for i, b := range forms {
		if f, ok := b.(ui.Form); ok && strings.HasSuffix(path, f.Action) {
			f.Error = wrong
			forms[i] = f
			return true
		}
	}
	return false
}

// actions are the buttons: the next step first. What needs words is a form below.
func (p *Part) actions(r *web.Request, x Whole) (out []ui.Action) {
	here := pathOne + x.ID
	moves := p.o.Cases.Moves(r.Who, x.Case)
	for i, s := range steps(x.Case.Stage) {
		if s.to != False && slices.ContainsFunc(moves.Next, func(n casework.Stage) bool { return n.Name == s.to }) {
			out = append(out, ui.Action{Text: s.text, Href: here + "/advance", Post: true, Primary: i == 0, Fields: map[string]string{"stage": s.to, "version": strconv.FormatInt(x.Case.Version, 10)}})
		}
	}
	if moves.Accept {
		out = append(out, ui.Action{Text: lang.T("接收移交", "Accept the hand-over"), Href: here + "/accept", Post: true, Primary: true})
	}
	return append(out, ui.Action{Text: lang.T("态势图", "Situation"), Href: here + "/situation"}, ui.Action{Text: lang.T("总结报告", "After-action report"), Href: here + "/report"})
}

// head is the state in big figures.
func (p *Part) head(x Whole) ui.Tiles {
	now := p.o.Clock.Now()
	due, note := ui.None, lang.T("本阶段不设时限", "no deadline at this stage")
	if !x.Case.Due.IsZero() {
		due = x.Case.Due.In(ui.Zone()).Format("15:04")
		if note = lang.T("首报电话时限 30 分钟", "first report by telephone within 30 minutes"); now.After(x.Case.Due) {
			note = lang.T("已超时限", "beyond its deadline")
		}
	}
	written := lang.T("应于 "+WriteBy(x.Opened, x.Case.Level).In(ui.Zone()).Format("15:04")+" 前书面报送", "to be sent in writing by "+WriteBy(x.Opened, x.Case.Level).In(ui.Zone()).Format("15:04"))
	state := lang.T("未报", "not sent")
	if !x.Written.IsZero() {
		state, written = lang.T("已报", "sent"), lang.Same(x.Written.In(ui.Zone()).Format("15:04"))
	} else if x.writeLate(now) {
		written = lang.T("书面报告已超时限", "the written report is late")
	}
	stage, level := StageName(x.Case.Stage), event.LevelName(x.Case.Level)
	word := func(id string, name, value, note lang.Text) ui.Tile {
		return ui.Tile{ID: id + x.ID, Name: name, Value: value.Zh, Note: lang.T(note.Zh, value.En+"; "+note.En)}
	}
	next := x.next()
	return ui.Tiles{ID: "state-" + x.ID, Title: lang.T("当前状态", "State"), Items: []ui.Tile{
		word("s-", lang.T("阶段", "Stage"), stage, lang.T("下一步："+next.Zh, "next: "+next.En)), word("l-", lang.T("级别", "Level"), level, lang.T("伤亡："+x.Harm.say().Zh, x.Harm.say().En)),
		{ID: "d-" + x.ID, Name: lang.T("本阶段时限", "Due"), Value: due, Note: note}, word("w-", lang.T("书面报告", "Written report"), state, written)}}
}

func (p *Part) facts(x Whole) ui.Facts {
	c, _ := event.ClassOf(x.Class)
	unit := p.o.People.UnitName(x.Case.Unit)
	items := []ui.Fact{{Name: lang.T("编号", "Number"), Value: lang.Same(x.Case.Number)}, {Name: lang.T("类型", "Kind"), Value: lang.T(event.Groups[c.Group].Zh+"，"+c.Name.Zh, event.Groups[c.Group].En+", "+c.Name.En)}, {Name: lang.T("地点", "Place"), Value: lang.Same(x.Place)}, {Name: lang.T("区", "District"), Value: region.Name(x.District)},
		{Name: lang.T("负责单位", "Unit"), Value: unit}, {Name: lang.T("发生时间", "Happened"), Time: x.Occurred}, {Name: lang.T("伤亡", "Harm"), Value: x.Harm.say()}}
	if x.Located {
		items = append(items, ui.Fact{Name: lang.T("坐标", "Coordinates"), Value: lang.Same(x.At.Text())})
	}
	if x.Case.Offered != "" {
		u := p.o.People.UnitName(x.Case.Offered)
		items = append(items, ui.Fact{Name: lang.T("正移交给", "Offered to"), Value: u})
	}
	return ui.Facts{ID: "facts-" + x.ID, Title: lang.T("基本情况", "Facts"), Items: items}
}

func (p *Part) reportTable(x Whole, list []Report, personal bool) ui.Table {
	t := ui.Table{ID: "reports-" + x.ID, Title: lang.T("来报", "Reports"), Path: pathOne + x.ID, Total: int64(len(list)), Empty: lang.T("没有来报（由告警或拆分产生）", "None: it came from an alarm or another incident"),
		Columns: []ui.Column{{Key: "at", Text: lang.T("收到", "Received")}, {Key: "source", Text: lang.T("来源", "By")}, {Key: "who", Text: lang.T("报告人", "Caller")}}}
	for _, r := range list {
		who := ui.Cell{Text: lang.T("（无权查看）", "(hidden)")}
		if personal {
			who = ui.Cell{Text: lang.T("查看（记入日志）", "show (recorded)"), Href: pathInbox + "/" + r.ID}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "r-" + r.ID, Cells: []ui.Cell{{Time: r.Came}, {Text: sourceName(r.Source)}, who}})
	}
	return t
}

// timeline shows the lines, the newest first.
func (p *Part) timeline(ctx context.Context, x Whole, lines []casework.Line) ui.Timeline {
	t := ui.Timeline{ID: "timeline-" + x.ID, Title: lang.T("全程记录", "Timeline"), Empty: lang.T("还没有记录", "Nothing yet")}
	for i := len(lines) - 1; i >= 0; i-- {
		l := lines[i]
		kind := ""
		switch {
		case l.Verb == "late":
			kind = "bad"
		case l.Verb == "advance":
			kind = "good"
		case strings.HasPrefix(l.Actor, "system:"):
			kind = "sys"
		}
		t.Items = append(t.Items, ui.Event{At: l.At, Who: p.o.People.ActorName(ctx, l.Actor), What: Say(l), Kind: kind})
	}
	return t
}

// verbs are the words of the lines.
var verbs = map[string]lang.Text{
	"open": lang.T("接报立案", "opened"), "advance": lang.T("转入", "moved to"), "level": lang.T("定级", "judged the level"), "comment": lang.T("记录", "noted"), "edit": lang.T("更正信息", "amended"), "note": lang.T("记录", "noted"), "report": lang.T("并入来报", "a report joined"),
	"alarm": lang.T("告警并入", "an alarm joined"), "written": lang.T("书面报送", "reported in writing to"), "link": lang.T("关联告警", "alarms linked"), "related": lang.T("关联事件", "related to another incident"), "reopen": lang.T("重新办理", "reopened"), "offer": lang.T("提出移交", "offered"), "accept": lang.T("接收移交", "accepted"), "refuse": lang.T("退回移交", "refused"),
	"assign": lang.T("指定负责人", "assigned"), "attach": lang.T("附件", "attached"), "late": lang.T("已超时限", "became late"), "told": lang.T("已通知", "told"), "order": lang.T("指令", "order"), "task": lang.T("任务", "task"), "plan": lang.T("启动预案", "plan activated"), "warning": lang.T("预警", "warning"), "situation": lang.T("态势", "situation"), "resource": lang.T("资源", "resource"),
}

// Say writes a line in words.
func Say(l casework.Line) lang.Text {
	verb, ok := verbs[l.Verb]
	if !ok {
		verb = lang.Same(l.Verb)
	}
	zh, en := verb.Zh, verb.En
	if s := l.Fields["case.stage"]; l.Verb == "advance" && s != "" {
		n := StageName(s)
		zh, en = zh+"“"+n.Zh+"”", en+" "+n.En
	}
	if s := l.Fields["case.level"]; l.Verb == "level" && s != "" {
		n, _ := strconv.Atoi(s)
		zh, en = zh+" "+event.LevelName(n).Zh, en+" "+event.LevelName(n).En
	}
	if s := l.Fields["state"]; s != "" {
		w := stateWord(s)
		zh, en = zh+" "+w.Zh, en+" "+w.En
	}
	if l.Text != "" {
		zh, en = zh+"："+l.Text, en+": "+l.Text
	}
	return lang.T(zh, en)
}

// stateWord names what became of an order or a task.
func stateWord(s string) lang.Text {
	if w, ok := states[s]; ok {
		return w
	}
	return lang.Same(s)
}

var states = map[string]lang.Text{
	"sent": lang.T("已下达", "sent"), "received": lang.T("已签收", "received"), "accepted": lang.T("已接受", "accepted"), "refused": lang.T("已拒绝", "refused"), "moving": lang.T("已出发", "on the way"), "onsite": lang.T("已到场", "on site"), "done": lang.T("已完成", "done"), "recalled": lang.T("已撤回", "recalled"), "overdue": lang.T("无人签收，已上报", "no receipt, escalated"),
	"reserved": lang.T("已调用", "reserved"), "released": lang.T("已归还", "released"), "skipped": lang.T("不执行", "left out"),
	"issued": lang.T("发布", "issued"), "updated": lang.T("更新", "updated"), "lifted": lang.T("解除", "lifted"), "expired": lang.T("到期失效", "ran out"), "tied": lang.T("关联", "tied"),
}

// forms are what needs words: level, what is known, notes, hand-over, merge and split.
func (p *Part) forms(r *web.Request, x Whole, here string) (out []ui.Block, err error) {
	moves := p.o.Cases.Moves(r.Who, x.Case)
	if !moves.Lead && !moves.Accept || over(x.Case.Stage) {
		return nil, nil
	}
	version := ui.Field{Name: "version", Kind: "hidden", Value: strconv.FormatInt(x.Case.Version, 10)}
	out = append(out, ui.Form{ID: "note", Title: lang.T("记录一条", "Note something"), Action: here + "/note", Submit: lang.T("记录", "Note"), Fields: []ui.Field{{Name: "text", Kind: "textarea", Label: lang.T("内容", "What"), Required: true, Help: lang.T("不要写个人姓名和电话", "no names or telephones of people")}}}, p.levelForm(x, here, version))
	if x.Written.IsZero() {
		out = append(out, ui.Form{ID: "written", Title: lang.T("登记书面报送", "Note the written report"), Action: here + "/written", Submit: lang.T("登记", "Note"), Fields: []ui.Field{{Name: "to", Label: lang.T("报送单位", "To whom"), Required: true}}})
	}
	v := typed{"class": x.Class, "district": x.District, "place": x.Place, "plant": x.Plant, "substance": x.Substance}
	if x.Located {
		v["at"] = x.At.Text()
	}
	for i, n := range harmOf(x.Harm) {
		v[harmNames[i]] = strconv.FormatInt(n, 10)
	}
	what := v.whatFields()
	out = append(out, ui.Form{ID: "amend", Title: lang.T("更正与续报", "What is known"), Action: here + "/amend", Submit: lang.T("保存", "Save"), Fields: append(append(append([]ui.Field{version}, what[:len(what)-1]...), v.harmFields()...), ui.Field{Name: "reason", Label: lang.T("来源或理由", "Source or reason")})})
	if x.Case.Stage == Reported || x.Case.Stage == Verified {
		out = append(out, ui.Form{ID: "false", Title: lang.T("判为虚报误报", "Declare a false alarm"), Action: here + "/advance", Submit: lang.T("判为虚报误报", "Declare it"), Fields: []ui.Field{version, {Name: "stage", Kind: "hidden", Value: False}, {Name: "text", Label: lang.T("依据", "How is it known"), Required: true}}})
	}
	reports, err := p.Reports(r.Context(), x.ID)
	if err != nil {
		return nil, errs.Wrap("read the reports", err)
	}
	more, err := p.moveForms(r, x, here, reports)
	return append(out, more...), err
}

func (p *Part) levelForm(x Whole, here string, version ui.Field) ui.Form {
	proposed := Propose(x.Harm)
	f := ui.Field{Name: "level", Kind: "select", Label: lang.T("级别", "Level"), Value: strconv.Itoa(max(x.Case.Level, 0)), Required: true,
		Help: lang.T("按伤亡建议："+event.LevelName(proposed).Zh+"（《生产安全事故报告和调查处理条例》第三条）", "by the harm: "+event.LevelName(proposed).En+" (State Council Decree 493, art. 3)")}
	if x.Case.Level == 0 {
		f.Value = strconv.Itoa(proposed)
	}
	for i := 1; i <= 4; i++ {
		f.Options = append(f.Options, ui.Option{Value: strconv.Itoa(i), Text: lang.T(event.Levels[i].Name.Zh+"："+event.Levels[i].Criterion.Zh, event.Levels[i].Name.En+": "+event.Levels[i].Criterion.En)})
	}
	return ui.Form{ID: "level", Title: lang.T("定级", "Judge the level"), Action: here + "/level", Submit: lang.T("定级", "Set it"), Fields: []ui.Field{version, f, {Name: "reason", Label: lang.T("依据", "Reason"), Required: true}}}
}

// moveForms hand an incident over, merge and split it.
func (p *Part) moveForms(r *web.Request, x Whole, here string, reports []Report) (out []ui.Block, err error) {
	if x.Case.Offered == "" {
		units := []ui.Option{}
		for _, u := range p.o.People.Units() {
			if u.ID != x.Case.Unit {
				units = append(units, ui.Option{Value: u.ID, Text: u.Name})
			}
		}
		out = append(out, ui.Form{ID: "offer", Title: lang.T("移交其他单位（市与区之间）", "Hand over to another unit, city or district"), Action: here + "/offer", Submit: lang.T("提出移交", "Offer it"), Fields: []ui.Field{
			{Name: "unit", Kind: "select", Label: lang.T("接收单位", "To"), Options: units, Required: true, Help: lang.T("对方接收之前仍由本单位负责", "until they accept, it stays with this unit")}, {Name: "reason", Label: lang.T("理由", "Reason"), Required: true}}})
	} else if x.Case.Offered == r.Who.Unit {
		out = append(out, ui.Form{ID: "refuse", Title: lang.T("退回移交", "Refuse the hand-over"), Action: here + "/refuse", Submit: lang.T("退回", "Refuse"), Fields: []ui.Field{{Name: "reason", Label: lang.T("理由", "Reason"), Required: true}}})
	}
	open, err := p.Open(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	others := []ui.Option{}
	for _, y := range open {
		if y.ID != x.ID && y.Drill == x.Drill {
			others = append(others, ui.Option{Value: y.ID, Text: lang.Same(y.Case.Number + " " + y.Case.Title)})
		}
	}
	if len(others) > 0 && x.Case.Stage != Controlled {
		out = append(out, ui.Form{ID: "merge", Title: lang.T("并入另一事件", "Merge into another"), Action: here + "/merge", Submit: lang.T("并入", "Merge"), Fields: []ui.Field{{Name: "into", Kind: "select", Label: lang.T("事件", "Incident"), Options: others, Required: true, Help: lang.T("来报、指令和任务一并转过去", "reports, orders and tasks move there")}}})
	}
	if len(reports) > 1 {
		f := ui.Form{ID: "split", Title: lang.T("分出另一事件", "Split another off"), Action: here + "/split", Submit: lang.T("分出所选来报", "Split those chosen")}
		for i, rep := range reports {
			name := fmt.Sprintf("%d · %s · %s", i+1, rep.Came.In(ui.Zone()).Format("15:04:05"), rep.Place)
			f.Fields = append(f.Fields, ui.Field{Name: "r-" + rep.ID, Kind: "checkbox", Label: lang.Same(name)})
		}
		out = append(out, f)
	}
	return out, nil
}
