package apply

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/catalogue"
	"github.com/haihe-city/haihe/systems/sharing/mask"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/policy"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

const (
	path      = page.Applications
	grantPath = page.Grants
)

// Routes are the part's pages.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /sharing/applications", Grant: page.GrantRead, Page: p.pageList},
		{Pattern: "GET /sharing/resources/{id}/apply", Grant: page.GrantApply, Page: p.pageNew},
		{Pattern: "POST /sharing/applications", Grant: page.GrantApply, Form: p.formApply},
		{Pattern: "GET /sharing/applications/{id}", Grant: page.GrantRead, Page: p.pageOne},
		{Pattern: "POST /sharing/applications/{id}/decide", Grant: page.GrantAllow, Form: p.formDecide},
		{Pattern: "POST /sharing/applications/{id}/complete", Grant: page.GrantApply, Form: p.formComplete},
		{Pattern: "POST /sharing/applications/{id}/cancel", Grant: page.GrantApply, Form: p.formCancel},
		{Pattern: "GET /sharing/grants", Grant: page.GrantRead, Page: p.pageGrants},
		{Pattern: "GET /sharing/grants/{id}", Grant: page.GrantRead, Page: p.pageGrant},
		{Pattern: "POST /sharing/grants/{id}/revoke", Grant: page.GrantAllow, Form: p.formRevoke},
	}
}

func tag(state string) *ui.Tag {
	look := map[string]ui.Status{Open: ui.StatusRisk, More: ui.StatusBehind, Granted: ui.StatusMet, Live: ui.StatusMet}[state]
	return &ui.Tag{Status: look, Text: StateText(state)}
}

// title names a resource; its id where it is gone.
func (p *Part) title(r *web.Request, id string) lang.Text {
	if x, err := p.o.Catalogue.Seen(r.Context(), r.Who, id); err == nil {
		return x.Name
	}
	return lang.Same(id)
}

func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	list, err := p.List(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	title := lang.T("共享申请", "Applications")
	out := page.Of(title, page.Applications, r.Who.Can, ui.Link{Text: title})
	state := r.Query("state")
	states := []ui.Option{{Text: lang.T("全部", "all")}}
	for _, s := range []string{Open, More, Granted, Refused, Cancelled} {
		states = append(states, ui.Option{Value: s, Text: StateText(s)})
	}
	t := ui.Table{ID: "applications", Title: title, Path: path, Query: map[string]string{"state": state}, Empty: lang.T("没有申请；在资源目录中选择资源后申请", "None; choose a resource in the catalogue to apply for it"),
		Filters: []ui.Field{{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: state, Options: states}},
		Columns: []ui.Column{{Key: "number", Text: lang.T("编号", "Number")}, {Key: "resource", Text: lang.T("资源", "Resource")}, {Key: "unit", Text: lang.T("申请单位", "Applicant")}, {Key: "owner", Text: lang.T("提供单位", "Owner")}, {Key: "purpose", Text: lang.T("用途", "Purpose")}, {Key: "at", Text: lang.T("申请时间", "Handed in")}, {Key: "state", Text: lang.T("状态", "State")}}}
	for _, a := range list {
		if state == "" || a.State == state {
			t.Rows = append(t.Rows, ui.Row{ID: "a-" + a.ID, Cells: []ui.Cell{{Text: lang.Same(a.Number), Strong: true, Href: path + "/" + a.ID}, {Text: p.title(r, a.Resource)}, {Text: p.o.People.UnitName(a.Unit)}, {Text: p.o.People.UnitName(a.Owner)}, {Text: call.PurposeName(a.Purpose)}, {Time: a.At}, {Tag: tag(a.State)}}})
		}
	}
	t.Total = int64(len(t.Rows))
	out.Body = []ui.Block{t}
	return out, nil
}

// sheet is what a form of terms holds, as it was typed.
type sheet struct {
	purpose, reason, basis  string
	fields, unmasked        []string
	rows, minute, day, till string
}

// termsFields are the inputs of terms over a resource.
func termsFields(x *catalogue.Resource, s sheet) (out []ui.Field) {
	check := func(name string, list []string, f catalogue.Field, label lang.Text) {
		v := ""
		if slices.Contains(list, f.Name) {
			v = "1"
		}
		out = append(out, ui.Field{Name: name + f.Name, Kind: "checkbox", Label: label, Value: v})
	}
	out = append(out, ui.Field{Kind: "group", Name: "fields", Label: lang.T("信息项", "Fields")})
	for _, f := range x.Fields {
		label := f.Title
		if f.Personal != mask.None {
			label = lang.T(label.Zh+"（脱敏）", label.En+" (masked)")
		}
		check("f_", s.fields, f, label)
	}
	if len(x.Personal()) > 0 {
		out = append(out, ui.Field{Kind: "group", Name: "unmasked", Label: lang.T("不脱敏的个人信息项（须为职责所必需）", "Personal fields in clear, where the duty cannot be done otherwise")})
		for _, f := range x.Fields {
			if f.Personal != mask.None {
				check("u_", s.unmasked, f, lang.T(f.Title.Zh+"（不脱敏）", f.Title.En+" (in clear)"))
			}
		}
	}
	return append(out,
		ui.Field{Name: "rows", Kind: "textarea", Label: lang.T("记录条件（每行一个，可留空）", "Conditions on rows, one a line, or none"), Value: s.rows, Help: lang.T("如 district eq 120101；district eq $district 表示申请单位所在区县；运算 eq ne in prefix lt ge，in 的多个值以 | 分隔", "such as district eq 120101; $district stands for the asking unit's own; operators eq ne in prefix lt ge, several values of in separated by |")},
		ui.Field{Name: "minute", Kind: "number", Label: lang.T("每分钟次数", "Calls a minute"), Value: s.minute, Required: true}, ui.Field{Name: "day", Kind: "number", Label: lang.T("每日次数", "Calls a day"), Value: s.day, Required: true},
		ui.Field{Name: "till", Kind: "date", Label: lang.T("有效期至（当日终了）", "Until the end of"), Value: s.till, Required: true})
}

func purposes() (out []ui.Option) {
	for _, x := range call.Purposes() {
		out = append(out, ui.Option{Value: x.Code, Text: x.Name})
	}
	return out
}

func (p *Part) pageNew(r *web.Request) (*ui.Page, error) {
	s := sheet{minute: "60", day: "5000", till: p.o.Now().In(ui.Zone()).AddDate(1, 0, 0).Format(time.DateOnly)}
	x, err := p.o.Catalogue.Seen(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	if old := r.Query("renew"); old != "" {
		g, err := p.Grant(r.Context(), r.Who, old)
		if err != nil {
			return nil, err
		}
		s = sheetOf(g.Terms)
		s.till = p.o.Now().In(ui.Zone()).AddDate(1, 0, 0).Format(time.DateOnly)
	}
	return p.applyPage(r, x, s, lang.Text{}), nil
}

// sheetOf fills a form with terms.
func sheetOf(t policy.Terms) sheet {
	s := sheet{purpose: t.Purpose, fields: t.Fields, unmasked: t.Unmasked, minute: strconv.FormatInt(t.PerMinute, 10), day: strconv.FormatInt(t.PerDay, 10), till: t.Until.Add(-time.Second).In(ui.Zone()).Format(time.DateOnly)}
	var rows []string
	for _, c := range t.Rows {
		rows = append(rows, c.String())
	}
	s.rows = strings.Join(rows, "\n")
	return s
}

func (p *Part) applyPage(r *web.Request, x *catalogue.Resource, s sheet, wrong lang.Text) *ui.Page {
	title := lang.T("申请共享“"+x.Name.Zh+"”", "Apply for “"+x.Name.En+"”")
	out := page.Of(title, page.Applications, r.Who.Can, ui.Link{Text: lang.T("共享申请", "Applications"), Href: path}, ui.Link{Text: title})
	out.Lead = lang.T("提供单位自受理起十个工作日内答复。共享条件："+x.Sharing.Condition, "The owner answers within ten working days. Condition: "+x.Sharing.Condition)
	fields := append([]ui.Field{{Name: "resource", Kind: "hidden", Value: x.ID}, {Name: "purpose", Kind: "select", Label: lang.T("用途", "Purpose"), Value: s.purpose, Options: purposes()},
		{Name: "reason", Kind: "textarea", Label: lang.T("使用事由", "What it is for"), Value: s.reason, Required: true}, {Name: "basis", Kind: "textarea", Label: lang.T("职责依据（法律、法规、三定规定）", "Legal basis"), Value: s.basis, Required: true}}, termsFields(x, s)...)
	out.Body = []ui.Block{ui.Form{ID: "apply", Title: title, Action: path, Submit: lang.T("提交申请", "Hand in"), Error: wrong, Cancel: &ui.Link{Text: lang.T("取消", "Cancel"), Href: page.Catalogue + "/" + x.ID}, Fields: fields}}
	return out
}

// typed reads a form of terms.
func typed(r *web.Request, x *catalogue.Resource) (s sheet, t policy.Terms, err error) {
	s = sheet{purpose: r.Form("purpose"), reason: r.Form("reason"), basis: r.Form("basis"), rows: strings.ReplaceAll(r.Form("rows"), "\r", ""), minute: r.Form("minute"), day: r.Form("day"), till: r.Form("till")}
	for _, f := range x.Fields {
		if r.Form("f_"+f.Name) == "1" {
			s.fields = append(s.fields, f.Name)
		}
		if r.Form("u_"+f.Name) == "1" {
			s.unmasked = append(s.unmasked, f.Name)
			if !slices.Contains(s.fields, f.Name) {
				s.fields = append(s.fields, f.Name)
			}
		}
	}
	t = policy.Terms{Purpose: s.purpose, Fields: s.fields, Unmasked: s.unmasked}
	for _, line := range strings.Split(s.rows, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		c, err := policy.ParseCond(line)
		if err != nil {
			return s, t, err
		}
		t.Rows = append(t.Rows, c)
	}
	day, err := time.ParseInLocation(time.DateOnly, s.till, ui.Zone())
	if err != nil {
		return s, t, errs.Say(errs.Invalid, "有效期应为日期", "the term is to be a date")
	}
	t.Until = day.AddDate(0, 0, 1)
	t.PerMinute, _ = strconv.ParseInt(s.minute, 10, 64) // 0 is refused
	t.PerDay, _ = strconv.ParseInt(s.day, 10, 64)
	return s, t, nil
}

// mistake gives what a form's reader can mend.
func mistake(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict))
}

func (p *Part) formApply(r *web.Request) (*ui.Page, string, error) {
	x, err := p.o.Catalogue.Seen(r.Context(), r.Who, r.Form("resource"))
	if err != nil {
		return nil, "", err
	}
	s, t, err := typed(r, x)
	var a Application
	if err == nil {
		a, err = p.Apply(r.Context(), r.Who, Application{Resource: x.ID, Purpose: s.purpose, Reason: s.reason, Basis: s.basis, Terms: t})
	}
	if msg, ok := mistake(err); ok {
		return p.applyPage(r, x, s, msg), "", nil
	}
	return nil, path + "/" + a.ID, err
}

func (p *Part) pageOne(r *web.Request) (*ui.Page, error) {
	a, err := p.Seen(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	return p.onePage(r, a, sheetOf(a.Terms), lang.Text{})
}

func (p *Part) onePage(r *web.Request, a Application, s sheet, wrong lang.Text) (*ui.Page, error) {
	x, err := p.o.Catalogue.Get(r.Context(), a.Resource)
	if err != nil {
		return nil, err
	}
	out := page.Of(lang.Same(a.Number), page.Applications, r.Who.Can, ui.Link{Text: lang.T("共享申请", "Applications"), Href: path}, ui.Link{Text: lang.Same(a.Number)})
	items := []ui.Fact{{Name: lang.T("状态", "State"), Tag: tag(a.State)}, {Name: lang.T("资源", "Resource"), Value: x.Name, Href: page.Catalogue + "/" + x.ID}, {Name: lang.T("申请单位", "Applicant"), Value: p.o.People.UnitName(a.Unit)},
		{Name: lang.T("提供单位", "Owner"), Value: p.o.People.UnitName(a.Owner)}, {Name: lang.T("用途", "Purpose"), Value: call.PurposeName(a.Purpose)}, {Name: lang.T("使用事由", "What it is for"), Value: lang.Same(a.Reason)},
		{Name: lang.T("职责依据", "Legal basis"), Value: lang.Same(a.Basis)}, {Name: lang.T("申请时间", "Handed in"), Time: a.At}}
	if a.Answer != "" {
		items = append(items, ui.Fact{Name: lang.T("答复", "Answer"), Value: lang.Same(a.Answer)})
	}
	if a.Grant != "" {
		items = append(items, ui.Fact{Name: lang.T("授权", "Grant"), Value: lang.T("查看授权", "See the grant"), Href: grantPath + "/" + a.Grant})
	}
	out.Body = []ui.Block{ui.Facts{ID: "facts", Title: lang.T("申请", "Application"), Items: items}, p.sentences(lang.T("申请的授权内容", "What is asked for"), a.Terms, x)}
	at := path + "/" + a.ID
	switch {
	case a.State == Open && a.Owner == r.Who.Unit && r.Who.Can(page.GrantAllow):
		fields := append([]ui.Field{{Name: "to", Kind: "select", Label: lang.T("决定", "Decision"), Options: []ui.Option{{Value: Granted, Text: lang.T("同意授权", "Grant")}, {Value: Refused, Text: lang.T("不予授权", "Refuse")}, {Value: More, Text: lang.T("要求补正", "Ask for more")}}}, {Name: "answer", Kind: "textarea", Label: lang.T("答复意见（不予授权、要求补正时必填）", "Answer; needed unless granted")}}, termsFields(x, s)...)
		out.Body = append(out.Body, ui.Form{ID: "decide", Title: lang.T("答复申请（可收窄授权内容）", "Answer; what is granted may be narrower"), Action: at + "/decide", Submit: lang.T("提交决定", "Decide"), Error: wrong, Fields: fields})
	case a.State == More && a.Unit == r.Who.Unit && r.Who.Can(page.GrantApply):
		out.Body = append(out.Body, ui.Form{ID: "complete", Title: lang.T("补正", "Complete"), Action: at + "/complete", Submit: lang.T("提交", "Hand in"), Error: wrong, Fields: []ui.Field{{Name: "reason", Kind: "textarea", Label: lang.T("补正内容", "What was asked for"), Required: true}}})
	}
	if (a.State == Open || a.State == More) && a.Unit == r.Who.Unit && r.Who.Can(page.GrantApply) {
		out.Actions = []ui.Action{{Text: lang.T("撤销申请", "Take it back"), Href: at + "/cancel", Post: true, Confirm: lang.T("撤销这件申请？", "Take this application back?")}}
	}
	return out, nil
}

// sentences say terms in words.
func (p *Part) sentences(title lang.Text, t policy.Terms, x *catalogue.Resource) ui.Panel {
	panel := ui.Panel{ID: "sentences", Title: title}
	for _, s := range policy.Sentences(t, x.Personal(), policy.Names{Unit: p.o.People.UnitName(t.Unit), Resource: x.Name, Purpose: call.PurposeName(t.Purpose), Field: x.FieldText}, ui.Zone()) {
		panel.Body = append(panel.Body, ui.Prose{Text: s})
	}
	return panel
}

func (p *Part) formDecide(r *web.Request) (*ui.Page, string, error) {
	a, err := p.Seen(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, "", err
	}
	x, err := p.o.Catalogue.Get(r.Context(), a.Resource)
	if err != nil {
		return nil, "", err
	}
	s, t, err := typed(r, x)
	if r.Form("to") != Granted {
		err = nil // terms are of no account then
	}
	if err == nil {
		_, err = p.Decide(r.Context(), r.Who, a.ID, Decision{To: r.Form("to"), Answer: r.Form("answer"), Terms: t})
	}
	if msg, ok := mistake(err); ok {
		out, err := p.onePage(r, a, s, msg)
		return out, "", err
	}
	return nil, path + "/" + a.ID, err
}

func (p *Part) formComplete(r *web.Request) (*ui.Page, string, error) {
	return nil, path + "/" + r.Path("id"), p.Complete(r.Context(), r.Who, r.Path("id"), r.Form("reason"))
}

func (p *Part) formCancel(r *web.Request) (*ui.Page, string, error) {
	return nil, path + "/" + r.Path("id"), p.Cancel(r.Context(), r.Who, r.Path("id"))
}

func (p *Part) pageGrants(r *web.Request) (*ui.Page, error) {
	list, err := p.Grants(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	title := lang.T("授权", "Grants")
	out := page.Of(title, page.Grants, r.Who.Can, ui.Link{Text: title})
	out.Lead = lang.T("本单位给出的和得到的授权。同一单位、同一资源、同一用途只有一项有效授权。", "What one's unit has granted and was granted. Of a unit, a resource and a purpose one grant is in force.")
	out.Actions = []ui.Action{{Text: lang.T("测试授权", "Try a grant"), Href: grantPath + "/try"}}
	t := ui.Table{ID: "grants", Title: title, Path: grantPath, Total: int64(len(list)), Empty: lang.T("没有授权", "None yet"), Columns: []ui.Column{{Key: "resource", Text: lang.T("资源", "Resource")}, {Key: "unit", Text: lang.T("被授权单位", "Granted to")}, {Key: "owner", Text: lang.T("提供单位", "Owner")}, {Key: "purpose", Text: lang.T("用途", "Purpose")}, {Key: "at", Text: lang.T("授权时间", "Granted")}, {Key: "until", Text: lang.T("有效期至", "Until")}, {Key: "state", Text: lang.T("状态", "State")}}}
	for _, g := range list {
		t.Rows = append(t.Rows, ui.Row{ID: "g-" + g.ID, Cells: []ui.Cell{{Text: p.title(r, g.Resource), Strong: true, Href: grantPath + "/" + g.ID}, {Text: p.o.People.UnitName(g.Unit)}, {Text: p.o.People.UnitName(g.Owner)}, {Text: call.PurposeName(g.Purpose)}, {Time: g.At}, {Time: g.Until}, {Tag: tag(g.Now(r.Now))}}})
	}
	out.Body = []ui.Block{t}
	return out, nil
}

func (p *Part) pageGrant(r *web.Request) (*ui.Page, error) {
	g, err := p.Grant(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	x, err := p.o.Catalogue.Get(r.Context(), g.Resource)
	if err != nil {
		return nil, err
	}
	title := lang.T("授权："+x.Name.Zh, "Grant: "+x.Name.En)
	out := page.Of(title, page.Grants, r.Who.Can, ui.Link{Text: lang.T("授权", "Grants"), Href: grantPath}, ui.Link{Text: title})
	items := []ui.Fact{{Name: lang.T("状态", "State"), Tag: tag(g.Now(r.Now))}, {Name: lang.T("授权编号", "Number"), Value: lang.Same(g.ID)}, {Name: lang.T("授权时间", "Granted"), Time: g.At}, {Name: lang.T("有效期至", "Until"), Time: g.Until}, {Name: lang.T("申请", "Application"), Value: lang.T("查看申请", "See the application"), Href: path + "/" + g.Application}}
	if g.Reason != "" {
		items = append(items, ui.Fact{Name: lang.T("收回理由", "Why it was revoked"), Value: lang.Same(g.Reason)}, ui.Fact{Name: lang.T("收回时间", "Revoked"), Time: g.Ended})
	}
	out.Body = []ui.Block{ui.Facts{ID: "facts", Title: lang.T("授权", "Grant"), Items: items}, p.sentences(lang.T("授权内容", "What it allows"), g.Terms, x),
		ui.Code{ID: "cedar", Title: lang.T("策略文本（Cedar，据此裁决）", "The policy itself, in Cedar: it is what decides"), Text: g.Cedar}}
	if g.Now(r.Now) != Revoked && g.Unit == r.Who.Unit && r.Who.Can(page.GrantApply) {
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("申请续期", "Renew"), Href: page.Catalogue + "/" + g.Resource + "/apply?renew=" + g.ID})
	}
	out.Actions = append(out.Actions, ui.Action{Text: lang.T("测试授权", "Try it"), Href: grantPath + "/try?resource=" + g.Resource + "&unit=" + g.Unit + "&purpose=" + g.Purpose})
	if g.State == Live && g.Owner == r.Who.Unit && r.Who.Can(page.GrantAllow) {
		out.Body = append(out.Body, ui.Form{ID: "revoke", Title: lang.T("收回授权", "Revoke"), Action: grantPath + "/" + g.ID + "/revoke", Submit: lang.T("立即收回", "Revoke now"), Fields: []ui.Field{{Name: "reason", Kind: "textarea", Label: lang.T("理由", "Reason"), Required: true}}})
	}
	return out, nil
}

func (p *Part) formRevoke(r *web.Request) (*ui.Page, string, error) {
	return nil, grantPath + "/" + r.Path("id"), p.Revoke(r.Context(), r.Who, r.Path("id"), r.Form("reason"))
}
