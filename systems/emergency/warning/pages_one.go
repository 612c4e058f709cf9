package warning

import (
	"context"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

func (p *Part) pageOne(r *web.Request) (*ui.Page, error) { return p.one(r, lang.Text{}) }

func (p *Part) one(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	w, err := p.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	head := w.marked(w.Headline)
	out := page.Of(head, page.Warnings, ui.Link{Text: title, Href: page.Warnings}, ui.Link{Text: head})
	out.Live = page.Topic
	out.Actions = p.actions(r, w)
	if !wrong.Empty() {
		out.Body = append(out.Body, ui.Notice{Kind: "bad", Text: wrong})
	}
	if w.Exercise {
		out.Body = append(out.Body, ui.Notice{Kind: "info", Text: lang.T("这是演练，不在公众预警中显示。", "This is an exercise: it stands in no public list of actual warnings.")})
	}
	if w.Reason != "" {
		out.Body = append(out.Body, ui.Notice{Kind: "warn", Text: lang.T("退回原因："+w.Reason, "Sent back: "+w.Reason)})
	}
	told, err := p.told(r.Context(), w)
	if err != nil {
		return nil, err
	}
	out.Body = append(out.Body, p.facts(r.Context(), w), ui.Columns{Wide: 0, Cols: [][]ui.Block{w.texts(), {w.chart()}}}, told)
	if w.State == Submitted && r.Who.Can(approveGrant(w.Colour)) && r.Who.ID != w.Author {
		out.Body = append(out.Body, ui.Form{ID: "return", Title: lang.T("退回修改", "Send back"), Action: page.Warnings + "/" + w.ID + "/return", Submit: lang.T("退回", "Send back"), Fields: []ui.Field{{Name: "reason", Label: lang.T("退回原因", "Reason"), Required: true}}})
	}
	chain, err := p.chain(r.Context(), w)
	if err != nil {
		return nil, err
	}
	out.Body = append(out.Body, chain)
	return out, nil
}

// actions are what this reader may do with the message as it stands.
func (p *Part) actions(r *web.Request, w *Warning) (out []ui.Action) {
	path := page.Warnings + "/" + w.ID
	post := func(t lang.Text, verb string, primary bool, confirm lang.Text) {
		out = append(out, ui.Action{Text: t, Href: path + "/" + verb, Post: true, Primary: primary, Confirm: confirm})
	}
	write, approve := r.Who.Can(GrantWrite), r.Who.Can(approveGrant(w.Colour))
	if w.State == Draft && write {
		post(lang.T("送审", "Send for approval"), "submit", true, lang.Text{})
		out = append(out, ui.Action{Text: lang.T("修改", "Change"), Href: path + "/edit"})
	}
	if w.State == Submitted && approve && r.Who.ID != w.Author {
		post(lang.T("批准并发布", "Approve and issue"), "approve", true, lang.T("发布后立即通知公众和责任人，确定发布吗？", "Once issued, the public and those responsible are told at once. Issue it?"))
	}
	if (w.State == Draft || w.State == Submitted) && write {
		post(lang.T("撤销", "Drop"), "drop", false, lang.T("确定撤销这份草稿吗？", "Drop this draft?"))
	}
	if w.State == Issued && write && p.o.Now().Before(w.Expires) {
		out = append(out, ui.Action{Text: lang.T("更新", "Update"), Href: page.Warnings + "/new?from=" + w.ID}, ui.Action{Text: lang.T("解除", "Lift"), Href: page.Warnings + "/new?kind=cancel&from=" + w.ID})
	}
	return out
}

func (p *Part) facts(ctx context.Context, w *Warning) ui.Facts {
	f := ui.Facts{ID: "warning", Title: lang.T("预警", "Warning")}
	add := func(name lang.Text, v lang.Text) {
		if !v.Empty() {
			f.Items = append(f.Items, ui.Fact{Name: name, Value: v})
		}
	}
	f.Items = append(f.Items, ui.Fact{Name: lang.T("状态", "State"), Tag: stateTag(w)})
	add(lang.T("事件", "Event"), EventName(w.Event))
	add(lang.T("级别", "Level"), ColourName(w.Colour))
	add(lang.T("类型", "Kind"), msgTypes[w.MsgType])
	add(lang.T("影响区域", "Area"), w.where())
	if n, err := w.People(); err == nil && n > 0 {
		add(lang.T("区域内人口（估算）", "People in the area (estimate)"), lang.Same(ui.Grouped(int64(n+.5))))
		add(lang.T("人口依据", "Source of the estimate"), area.Source)
	}
	at := func(name lang.Text, t time.Time) {
		if !t.IsZero() {
			f.Items = append(f.Items, ui.Fact{Name: name, Time: t})
		}
	}
	at(lang.T("拟制时间", "Written"), w.Made)
	at(lang.T("发布时间", "Issued"), w.Issued)
	at(lang.T("预计开始", "Begins"), w.Onset)
	at(lang.T("失效时间", "Ends"), w.Expires)
	at(lang.T("结束于", "Ended"), w.Ended)
	add(lang.T("拟制人", "Written by"), p.o.People.ActorName(ctx, w.Author))
	if w.Approver != "" {
		add(lang.T("审批人", "Approved by"), p.o.People.ActorName(ctx, w.Approver))
	}
	add(lang.T("备注", "Note"), lang.Same(w.Note))
	if w.Identifier != "" {
		add(lang.T("标识", "Identifier"), lang.Same(w.Identifier))
		f.Items = append(f.Items, p.files(w)...)
	}
	return f
}

// files are the documents, with the addresses that do not change.
func (p *Part) files(w *Warning) []ui.Fact {
	full, here := p.o.Settings.URL+Base+"/"+w.ID, "/api"+page.Warnings+"/"+w.ID
	return []ui.Fact{{Name: lang.T("CAP 1.2 文件", "CAP 1.2"), Value: lang.Same(full + ".cap"), Href: here + "/cap"}, {Name: lang.T("GB/T 35965.1 文件", "GB/T 35965.1"), Value: lang.Same(full + ".xml"), Href: here + "/gb35965"}}
}

// texts shows what a message says, in both languages side by side: the author's preview.
func (w *Warning) texts() (out []ui.Block) {
	part := func(name, id string, t func(lang.Text) string) ui.Panel {
		body := []ui.Block{ui.Prose{Text: lang.Same(t(w.Description))}}
		if s := t(w.Instruction); s != "" {
			body = append(body, ui.Prose{Text: lang.Same(s)})
		}
		return ui.Panel{ID: id, Title: lang.Same(t(w.marked(w.Headline))), Value: name, Body: body}
	}
	return []ui.Block{part("中文", "text-zh", func(t lang.Text) string { return t.Zh }), part("English", "text-en", func(t lang.Text) string { return t.En })}
}

// chart is the map of the districts that are touched, and the corners of what was drawn.
func (w *Warning) chart() ui.Map {
	m := ui.Map{ID: "area", Title: lang.T("影响区域", "Area"), Height: 400}
	reached, _ := w.Reached() // checked before it was stored
	for _, d := range reached {
		m.Areas = append(m.Areas, ui.Area{Code: d, Class: 5 - level(w.Colour), Value: 1, Text: ColourName(w.Colour)})
	}
	for _, g := range w.Polygons {
		for _, c := range g {
			m.Points = append(m.Points, ui.Point{Lon: c[0], Lat: c[1], Kind: "plain", Text: lang.T("划定区域的顶点", "Corner of the area")})
		}
	}
	for _, c := range w.Circles {
		m.Points = append(m.Points, ui.Point{Lon: c.At[0], Lat: c.At[1], Kind: "alarm1", Text: lang.T("中心，半径 "+strconv.FormatFloat(c.Km, 'f', -1, 64)+" 千米", "Centre, radius "+strconv.FormatFloat(c.Km, 'f', -1, 64)+" km")})
	}
	return m
}

// told are the figures of who was told; before a message is issued, who would be.
func (p *Part) told(ctx context.Context, w *Warning) (ui.Block, error) {
	if w.Identifier == "" {
		places, err := p.places(ctx, w)
		if err != nil {
			return nil, err
		}
		var levels [][]notice.Contact
		err = p.o.DB.Read(ctx, func(tx *store.Tx) (err error) {
			levels, err = p.Whom(tx, w, places)
			return err
		})
		if err != nil {
			return nil, err
		}
		t := ui.Tiles{ID: "told-" + w.ID, Title: lang.T("将通知的责任人", "Who will be told")}
		for i, l := range levels {
			t.Items = append(t.Items, ui.Tile{Name: lang.T("第 "+strconv.Itoa(i+1)+" 级", "Level "+strconv.Itoa(i+1)), Value: ui.Grouped(int64(len(l))), Unit: lang.T("人", "people")})
		}
		return t, nil
	}
	return p.figures(ctx, w.ID)
}

// figures counts the notices of a message by what came of them.
func (p *Part) figures(ctx context.Context, id string) (ui.Tiles, error) {
	letters, _, err := p.o.Post.Letters(ctx, about(id), "", 10)
	var all, missed int64
	sum := map[notice.State]int64{}
	for _, l := range letters {
		all, missed = all+l.For, missed+l.Missed
		for s, n := range l.States {
			sum[s] += n
		}
	}
	path := page.Warnings + "/" + id + "/told"
	tile := func(name lang.Text, n int64, state string) ui.Tile {
		t := ui.Tile{Name: name, Value: ui.Grouped(n), Unit: lang.T("人", "people"), Href: path}
		if state != "" {
			t.Href += "?state=" + state
		}
		return t
	}
	return ui.Tiles{ID: "told-" + id, Title: lang.T("通知与应答", "Told and answered"), Items: []ui.Tile{
		tile(lang.T("通知对象", "To be told"), all, ""),
		tile(lang.T("已送达", "Told"), sum[notice.Told]+sum[notice.Answered]+sum[notice.Escaped], "told"),
		tile(lang.T("已应答", "Answered"), sum[notice.Answered], "answered"),
		tile(lang.T("逾时升级", "Escalated"), missed, "escalated"),
		tile(lang.T("未送达", "Not reached"), sum[notice.Failed], "failed"),
		tile(lang.T("发送中", "Under way"), sum[notice.Due]+sum[notice.Trying], "due"),
	}}, err
}

// publish tells open pages of notices that moved.
func (p *Part) publish(ctx context.Context) error {
	p.mu.Lock()
	ids := p.dirty
	p.dirty = map[string]bool{}
	p.mu.Unlock()
	if len(ids) == 0 || !p.o.Live.Watched(page.Topic) {
		return nil
	}
	for id := range ids {
		t, err := p.figures(ctx, id)
		if err != nil {
			return errs.Wrap("count the notices of a warning", err)
		}
		p.o.Live.Publish(page.Topic, ui.Update{Block: t})
	}
	return nil
}

// chain lists the messages of the warning.
func (p *Part) chain(ctx context.Context, w *Warning) (ui.Block, error) {
	list, err := p.Chain(ctx, w.Root)
	t := ui.Table{ID: "chain", Title: lang.T("历次消息", "Messages of this warning"), Total: -1, Path: page.Warnings + "/" + w.ID, Columns: []ui.Column{{Key: "n", Text: lang.T("次序", "No."), Num: true}, {Key: "type", Text: lang.T("类型", "Kind")}, {Key: "headline", Text: lang.T("标题", "Headline")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "issued", Text: lang.T("发布时间", "Issued")}}}
	for i := range list {
		x := &list[i]
		t.Rows = append(t.Rows, ui.Row{ID: "m-" + x.ID, Cells: []ui.Cell{{Text: lang.Same(strconv.FormatInt(x.Version, 10))}, {Text: msgTypes[x.MsgType]}, {Text: x.marked(x.Headline), Href: page.Warnings + "/" + x.ID}, {Tag: stateTag(x)}, {Time: x.Issued}}})
	}
	return t, err
}

// verb answers a button.
func (p *Part) verb(fn func(context.Context, *identity.Principal, string) error) web.FormFunc {
	return func(r *web.Request) (*ui.Page, string, error) {
		return p.done(r, fn(r.Context(), r.Who, r.Path("id")))
	}
}

func (p *Part) formReturn(r *web.Request) (*ui.Page, string, error) {
	return p.done(r, p.Return(r.Context(), r.Who, r.Path("id"), tidy(r.Form("reason"))))
}

// done goes back to the message, or says there what is in the way.
func (p *Part) done(r *web.Request, err error) (*ui.Page, string, error) {
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict)) {
		out, err := p.one(r, msg)
		return out, "", err
	}
	return nil, page.Warnings + "/" + r.Path("id"), err
}

// noticeStates names what came of a notice.
var noticeStates = []option{
	{string(notice.Due), lang.T("待发送", "Due")}, {string(notice.Trying), lang.T("发送中", "Under way")}, {string(notice.Told), lang.T("已送达", "Told")}, {string(notice.Answered), lang.T("已应答", "Answered")},
	{string(notice.Escaped), lang.T("逾时升级", "Escalated")}, {string(notice.Failed), lang.T("未送达", "Not reached")}, {string(notice.Recalled), lang.T("已撤回", "Recalled")}, {string(notice.Waiting), lang.T("待升级", "Of the next level")},
}

// pageTold lists who was told. Names and addresses are shown to those who look after the contacts.
func (p *Part) pageTold(r *web.Request) (*ui.Page, error) {
	w, err := p.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	path, head := page.Warnings+"/"+w.ID+"/told", lang.T("通知明细", "Who was told")
	lines, next, err := p.o.Post.Lines(r.Context(), about(w.ID), r.Query("after"), 200)
	if err != nil {
		return nil, err
	}
	out := page.Of(head, page.Warnings, ui.Link{Text: title, Href: page.Warnings}, ui.Link{Text: w.marked(w.Headline), Href: page.Warnings + "/" + w.ID}, ui.Link{Text: head})
	t := ui.Table{ID: "lines", Title: head, Total: -1, Next: next, Paged: r.Query("after") != "", Path: path, Query: map[string]string{"state": r.Query("state")}, Empty: lang.T("没有通知。", "Nobody was told."),
		Columns: []ui.Column{{Key: "who", Text: lang.T("责任人", "Who")}, {Key: "duty", Text: lang.T("职责", "Duty")}, {Key: "level", Text: lang.T("级", "Level"), Num: true}, {Key: "way", Text: lang.T("方式", "Way")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "told", Text: lang.T("送达", "Told")}, {Key: "answered", Text: lang.T("应答", "Answered")}},
		Filters: []ui.Field{{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: r.Query("state"), Options: options(lang.T("全部状态", "All states"), noticeStates)}}}
	for _, l := range lines {
		if s := r.Query("state"); s != "" && s != string(l.State) && !(s == string(notice.Escaped) && !l.EscapedAt.IsZero()) {
			continue
		}
		t.Rows = append(t.Rows, lineRow(l, r.Who.Can(notice.GrantContacts)))
	}
	out.Body = []ui.Block{t}
	return out, nil
}

func lineRow(l notice.Line, named bool) ui.Row {
	who := l.Contact.Name
	if !named || who.Empty() {
		who = lang.Same(l.ID)
	}
	duty, ok := dutyNames[l.Contact.Duty]
	if !ok {
		duty = lang.Same(l.Contact.Duty)
	}
	state := lang.Same(string(l.State))
	for _, o := range noticeStates {
		if o.code == string(l.State) {
			state = o.name
		}
	}
	if !l.EscapedAt.IsZero() && l.State != notice.Answered {
		state = lang.T(state.Zh+"，已升级", state.En+", escalated")
	}
	return ui.Row{ID: "l-" + l.ID, Cells: []ui.Cell{{Text: who, Strong: true}, {Text: duty}, {Text: lang.Same(strconv.Itoa(l.Level + 1))}, {Text: lang.Same(l.Delivery.Channel)}, {Text: state}, {Time: l.ToldAt}, {Time: l.AnswerAt}}}
}
