package notices

import (
	"context"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var (
	titleList     = lang.T("通知", "Notices")
	titleMine     = lang.T("发给我的通知", "Told to me")
	titleContacts = lang.T("联系人", "Contacts")
	titleRecorded = lang.T("只记录未发送", "Recorded, not sent")
)

// stateTag says a state.
func stateTag(s notice.State, recorded bool) *ui.Tag {
	if recorded && s == notice.Told {
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("只记录，未发送", "Recorded, not sent")}
	}
	t := map[notice.State]ui.Tag{
		notice.Waiting: {Status: ui.StatusNone, Text: lang.T("未轮到", "Next level")}, notice.Due: {Status: ui.StatusNone, Text: lang.T("待发送", "Due")},
		notice.Trying: {Status: ui.StatusNone, Text: lang.T("发送中", "Being sent")}, notice.Told: {Status: ui.StatusOn, Text: lang.T("已送达", "Told")},
		notice.Answered: {Status: ui.StatusMet, Text: lang.T("已应答", "Answered")}, notice.Failed: {Status: ui.StatusBehind, Text: lang.T("未能送达", "Failed")},
		notice.Escaped: {Status: ui.StatusRisk, Text: lang.T("逾时未应答，已升级", "Unanswered, escalated")}, notice.Recalled: {Status: ui.StatusNone, Text: lang.T("已撤回", "Recalled")},
	}[s]
	return &t
}

func channelText(name string) lang.Text {
	if t, ok := map[string]lang.Text{"sms": lang.T("短信", "Short message"), "mail": lang.T("邮件", "Mail"), "page": lang.T("站内", "Console"), "push": lang.T("推送", "Push"), "mqtt": lang.T("MQTT", "MQTT"), "http": lang.T("接口", "Webhook")}[name]; ok {
		return t
	}
	return lang.Same(name)
}

// within adds the pages of this tab.
func (p *Part) within(title lang.Text, at string, crumbs ...ui.Link) *ui.Page {
	out := p.page(title, Path, crumbs...)
	for _, t := range []ui.Link{{Text: titleList, Href: Path}, {Text: titleMine, Href: pathMine}, {Text: titleContacts, Href: pathContacts}, {Text: titleRecorded, Href: pathRecorded}} {
		out.Within = append(out.Within, ui.Tab{Text: t.Text, Href: t.Href, Current: t.Href == at})
	}
	return out
}

// pageList lists the messages, newest first.
func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	about := r.Query("about")
	list, next, err := p.post.Letters(r.Context(), about, r.Query("after"), 50)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "notices", Title: titleList, Path: Path, Total: -1, Next: next, Paged: r.Query("after") != "", Query: map[string]string{"about": about},
		Filters: []ui.Field{{Name: "about", Kind: "select", Label: lang.T("所涉事项", "About"), Value: about, Options: []ui.Option{{Text: lang.T("全部", "All")}, {Value: "alarm:", Text: lang.T("告警", "Alarms")},
			{Value: "case:", Text: lang.T("案件", "Cases")}, {Value: "warning:", Text: lang.T("预警", "Warnings")}}}},
		Columns: []ui.Column{{Key: "title", Text: lang.T("通知", "Notice")}, {Key: "made", Text: lang.T("时间", "Time")}, {Key: "for", Text: lang.T("人数", "People"), Num: true}, {Key: "told", Text: lang.T("已送达", "Told"), Num: true},
			{Key: "answered", Text: lang.T("已应答", "Answered"), Num: true}, {Key: "escaped", Text: lang.T("已升级", "Escalated"), Num: true}, {Key: "failed", Text: lang.T("未能送达", "Failed"), Num: true}},
		Empty: lang.T("还没有发出通知", "Nothing was told yet")}
	for _, l := range list {
		told := l.States[notice.Told] + l.States[notice.Answered] + l.States[notice.Escaped]
		row := ui.Row{Cells: []ui.Cell{{Text: l.Title, Sub: lang.Same(l.About), Href: Path + "/" + l.ID, Strong: true}, {Time: l.Made}, count(l.For), count(told), count(l.States[notice.Answered]), count(l.Missed), count(l.States[notice.Failed])}}
		if l.For == 0 {
			row.Cells[2] = ui.Cell{Tag: &ui.Tag{Status: ui.StatusBehind, Text: lang.T("无联系人", "Nobody to tell")}}
		}
		t.Rows = append(t.Rows, row)
	}
	out := p.within(titleList, Path)
	out.Lead = lang.T("发给谁、何时送达、是否应答，逐人可查；逾时未应答的自动升级到上一级。", "Who was told, when, and who answered; what is not answered in time goes to the next level.")
	out.Body = append(p.gateways(), t)
	return out, nil
}

// gateways says which ways only record.
func (p *Part) gateways() (out []ui.Block) {
	for _, c := range p.post.Channels() {
		if _, records := p.post.Has(c); records {
			name := channelText(c)
			out = append(out, ui.Notice{ID: "records-" + c, Kind: "warn", Text: lang.T(name.Zh+"网关尚未配置：该方式的通知只作记录，并未发出。", name.En+": no gateway is configured, so these notices are recorded and not sent."), Link: &ui.Link{Text: titleRecorded, Href: pathRecorded}})
		}
	}
	return out
}

func count(n int64) ui.Cell { return ui.Cell{Text: lang.Same(ui.Grouped(n))} }

// pageOne is a message with everybody it is for. Names are shown to those who look after the contacts, units to all.
func (p *Part) pageOne(r *web.Request) (*ui.Page, error) {
	ctx := r.Context()
	l, err := p.post.Letter(ctx, r.Path("id"))
	if err != nil {
		return nil, err
	}
	state := r.Query("state")
	list, next, err := p.post.LinesOf(ctx, l.ID, notice.State(state), r.Query("after"), 100)
	if err != nil {
		return nil, err
	}
	out := p.within(l.Title, Path, ui.Link{Text: titleList, Href: Path}, ui.Link{Text: l.Title})
	facts := ui.Facts{ID: "letter", Title: lang.T("通知内容", "What was told"), Items: []ui.Fact{{Name: lang.T("标题", "Title"), Value: l.Title}, {Name: lang.T("正文", "Text"), Value: l.Body}, {Name: lang.T("所涉事项", "About"), Value: lang.Same(l.About), Href: l.Link},
		{Name: lang.T("发起时间", "Made due"), Time: l.Made}, {Name: lang.T("应答时限", "To be answered within"), Value: ui.Span(l.AckBy)}, {Name: lang.T("人数", "People"), Value: lang.Same(ui.Grouped(l.For))}}}
	if !l.Recalled.IsZero() {
		facts.Items = append(facts.Items, ui.Fact{Name: lang.T("撤回时间", "Recalled"), Time: l.Recalled})
	}
	t := p.lines(ctx, r, list)
	t.Path, t.Next, t.Paged, t.Query = Path+"/"+l.ID, next, r.Query("after") != "", map[string]string{"state": state}
	t.Filters = []ui.Field{{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: state, Options: stateOptions()}}
	out.Body = []ui.Block{facts, t}
	return out, nil
}

func stateOptions() []ui.Option {
	out := []ui.Option{{Text: lang.T("全部状态", "All states")}}
	for _, s := range []notice.State{notice.Waiting, notice.Due, notice.Trying, notice.Told, notice.Answered, notice.Failed, notice.Recalled} {
		out = append(out, ui.Option{Value: string(s), Text: stateTag(s, false).Text})
	}
	return out
}

func (p *Part) lines(ctx context.Context, r *web.Request, list []notice.Line) ui.Table {
	t := ui.Table{ID: "lines", Title: lang.T("通知对象", "Who was told"), Total: -1, Empty: lang.T("没有符合条件的人", "Nobody matches"),
		Columns: []ui.Column{{Key: "who", Text: lang.T("对象", "Who")}, {Key: "level", Text: lang.T("级次", "Level"), Num: true}, {Key: "way", Text: lang.T("方式", "Way")}, {Key: "state", Text: lang.T("状态", "State")},
			{Key: "told", Text: lang.T("送达", "Told")}, {Key: "answer", Text: lang.T("应答", "Answer")}}}
	for _, l := range list {
		name, address := l.Contact.Name, lang.Same(shown(l.Delivery.Channel, l.Delivery.Address))
		if !r.Who.Can(notice.GrantContacts) || name.Empty() {
			name, address = lang.T("联系人 "+short(l.Contact.ID), "Contact "+short(l.Contact.ID)), lang.Text{}
		}
		sub := p.people.UnitName(l.Contact.Unit)
		answer := ui.Cell{Text: lang.Same(l.Answer)}
		if !l.AnswerAt.IsZero() {
			answer.Time, answer.Sub = l.AnswerAt, lang.Same(l.Answer)
		}
		told := ui.Cell{Text: lang.Same("—")}
		if !l.ToldAt.IsZero() {
			told = ui.Cell{Time: l.ToldAt}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: name, Sub: sub, Strong: true}, {Text: lang.Same(strconv.Itoa(l.Level + 1))}, {Text: channelText(l.Delivery.Channel), Sub: address}, {Tag: stateTag(l.State, l.Recorded)}, told, answer}})
	}
	return t
}

// short is the end of an id, enough to tell two apart.
func short(id string) string {
	if len(id) > 6 {
		return id[len(id)-6:]
	}
	return id
}

// pageMine lists what the reader was told, with a button to answer.
func (p *Part) pageMine(r *web.Request) (*ui.Page, error) {
	list, next, err := p.post.OfPerson(r.Context(), r.Who, r.Query("after"), 30)
	if err != nil {
		return nil, err
	}
	out := p.within(titleMine, pathMine)
	if r.Query("did") == "answer" {
		out.Body = append(out.Body, ui.Notice{ID: "did", Kind: "good", Text: lang.T("应答已记录。", "Your answer was taken.")})
	}
	waiting := 0
	for _, l := range list {
		if open(l) && waiting < 10 {
			waiting++
			out.Body = append(out.Body, ui.Panel{ID: "n-" + l.ID, Title: lang.Same(l.Delivery.Title), Body: []ui.Block{ui.Prose{Text: lang.Same(l.Delivery.Body)},
				ui.Form{ID: "answer-" + l.ID, Action: Path + "/answer", Submit: lang.T("确认收到", "Confirm"), Fields: []ui.Field{{Name: "id", Kind: "hidden", Value: l.ID}, {Name: "answer", Label: lang.T("回复（可不填）", "Answer, if you like")}}}}})
		}
	}
	push, err := p.browsers(r, lang.Text{})
	if err != nil {
		return nil, err
	}
	t := p.lines(r.Context(), r, list)
	t.Title, t.Path, t.Next, t.Paged, t.Empty = titleMine, pathMine, next, r.Query("after") != "", lang.T("没有发给您的通知", "Nothing was told to you")
	for i := range t.Rows {
		t.Rows[i].Cells[0] = ui.Cell{Text: lang.Same(list[i].Delivery.Title), Sub: lang.Same(list[i].Delivery.Body), Href: list[i].Delivery.Link, Strong: true}
	}
	out.Body = append(append(out.Body, t), push...)
	return out, nil
}

// open tells whether a line waits for an answer.
func open(l notice.Line) bool {
	return l.State == notice.Told || l.State == notice.Escaped || l.State == notice.Due || l.State == notice.Trying
}

func (p *Part) formAnswer(r *web.Request) (*ui.Page, string, error) {
	answer := r.Form("answer")
	if answer == "" {
		answer = lang.T("收到", "Received").In(r.Lang)
	}
	if err := p.post.AnswerAs(r.Context(), r.Who, r.Form("id"), answer); err != nil {
		return nil, "", err
	}
	return nil, pathMine + "?did=answer", nil
}

// pageRecorded lists what would have been sent.
func (p *Part) pageRecorded(r *web.Request) (*ui.Page, error) {
	list, next, err := p.post.Recorded(r.Context(), r.Who, r.Query("after"), 50)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "recorded", Title: titleRecorded, Path: pathRecorded, Total: -1, Next: next, Paged: r.Query("after") != "", Empty: lang.T("没有记录", "Nothing is recorded"),
		Columns: []ui.Column{{Key: "at", Text: lang.T("时间", "Time")}, {Key: "way", Text: lang.T("方式", "Way")}, {Key: "to", Text: lang.T("收件地址", "Address")}, {Key: "what", Text: lang.T("内容", "What")}, {Key: "state", Text: lang.T("状态", "State")}}}
	for _, x := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Time: x.At}, {Text: channelText(x.Channel)}, {Text: lang.Same(x.Address)}, {Text: lang.Same(x.Title), Sub: lang.Same(x.Body), Href: x.Link}, {Tag: stateTag(notice.Told, true)}}})
	}
	out := p.within(titleRecorded, pathRecorded)
	out.Lead = lang.T("以下通知因网关未配置而没有发出，仅供核对内容。", "No gateway is configured for these: they were not sent, and are kept for inspection only.")
	out.Body = append(p.gateways(), t)
	return out, nil
}

// pageAck shows what a link answers, with one button. No sign-in.
func (p *Part) pageAck(r *web.Request) (*ui.Page, error) {
	if err := p.bad.check(r.HTTP.RemoteAddr, p.wall(), false); err != nil {
		return nil, err
	}
	l, err := p.post.Peek(r.Context(), r.Path("token"))
	if errs.Is(err, errs.NotFound) {
		if busy := p.bad.check(r.HTTP.RemoteAddr, p.wall(), true); busy != nil {
			return nil, busy
		}
	}
	if err != nil {
		return nil, err
	}
	title := lang.T("应答通知", "Answer a notice")
	out := &ui.Page{Title: title}
	body := []ui.Block{ui.Panel{ID: "what", Title: lang.Same(l.Delivery.Title), Body: []ui.Block{ui.Prose{Text: lang.Same(l.Delivery.Body)}, ui.Facts{ID: "when", Items: []ui.Fact{{Name: lang.T("发出时间", "Sent"), Time: l.DueAt}}}}}}
	switch l.State {
	case notice.Answered:
		body = append(body, ui.Notice{ID: "state", Kind: "good", Text: lang.T("您的应答已收到，谢谢。", "Your answer was received. Thank you.")})
	case notice.Recalled:
		body = append(body, ui.Notice{ID: "state", Kind: "info", Text: lang.T("此通知已撤回，无须应答。", "This notice was recalled; no answer is needed.")})
	default:
		body = append(body, ui.Form{ID: "ack", Action: pathAck + r.Path("token"), Submit: lang.T("确认收到", "Confirm"), Fields: []ui.Field{{Name: "answer", Label: lang.T("回复（可不填）", "Answer, if you like")}}})
	}
	out.Body = body
	return out, nil
}

// formAck takes the answer.
func (p *Part) formAck(r *web.Request) (*ui.Page, string, error) {
	if err := p.bad.check(r.HTTP.RemoteAddr, p.wall(), false); err != nil {
		return nil, "", err
	}
	answer := r.Form("answer")
	if answer == "" {
		answer = lang.T("收到", "Received").In(r.Lang)
	}
	err := p.post.Answer(r.Context(), r.Path("token"), answer)
	if errs.Is(err, errs.NotFound) {
		if busy := p.bad.check(r.HTTP.RemoteAddr, p.wall(), true); busy != nil {
			return nil, "", busy
		}
	}
	if err != nil && !errs.Is(err, errs.Conflict) { // an answer before this one counts, and the page says so
		return nil, "", err
	}
	return nil, pathAck + r.Path("token"), nil
}
