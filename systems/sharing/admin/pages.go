package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/link"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/node"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/record"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var (
	titleMembers = lang.T("成员与链路", "Members and links")
	titleRecords = lang.T("交换存证", "Records of calls")
	titleInvite  = lang.T("邀请成员", "Invite a member")
)

// kinds names the kinds of member.
func kinds() []ui.Option {
	return []ui.Option{{Value: member.District, Text: lang.T("区县", "District")}, {Value: member.Unit, Text: lang.T("部门", "Department")}, {Value: member.City, Text: lang.T("市级", "City")}}
}

func (d *Desk) pageMembers(r *web.Request) (*ui.Page, error) {
	p := page.Of(titleMembers, page.Members, r.Who.Can)
	self, keeps := d.Node.Self()
	if self == "" {
		p.Body = append(p.Body, ui.Notice{Kind: "info", Text: lang.T("本节点尚未加入交换体系。加入：向登记节点索取邀请码，停机后执行 haihe node join；或在此建立新的交换体系，本节点即为登记节点。",
			"This node belongs to no exchange. To join one, ask its registry for an invitation and run haihe node join while the platform is stopped; or found a new one here, and this node is its registry.")})
		if r.Who.Can(GrantMembers) {
			p.Body = append(p.Body, foundForm(member.Entry{Kind: member.City}, lang.Text{}))
		}
		return p, nil
	}
	if keeps && r.Who.Can(GrantMembers) {
		p.Actions = append(p.Actions, ui.Action{Text: titleInvite, Href: page.Members + "/invite", Primary: true})
	}
	if r.Who.Can(page.GrantLog) {
		p.Actions = append(p.Actions, ui.Action{Text: titleRecords, Href: records})
	}
	table, err := d.membersTable(r, keeps && r.Who.Can(GrantMembers), self)
	if err != nil {
		return nil, err
	}
	log, err := d.Node.Record()
	if err != nil {
		return nil, err
	}
	s, err := log.Status(r.Context())
	if err != nil {
		return nil, err
	}
	p.Body = append(p.Body, table, facts(self, d.Node.Pin(), keeps, s))
	return p, nil
}

func facts(self, pin string, keeps bool, s record.Status) ui.Facts {
	role := lang.T("成员节点", "Member")
	if keeps {
		role = lang.T("登记节点", "Registry")
	}
	source := lang.T("未设置，记录仅有检查点签名", "None set; records have signed checkpoints only")
	if s.Stamped {
		source = lang.Same(s.Source)
	}
	return ui.Facts{Title: lang.T("本节点", "This node"), Items: []ui.Fact{
		{Name: lang.T("成员代码", "Member"), Value: lang.Same(self)},
		{Name: lang.T("角色", "Role"), Value: role},
		{Name: lang.T("登记证书指纹", "Registry's certificate, SHA-256"), Value: lang.Same(pin)},
		{Name: lang.T("存证调用", "Calls on record"), Value: lang.Same(strconv.FormatInt(s.Records, 10))},
		{Name: lang.T("时间戳服务", "Time-stamp service"), Value: source},
		{Name: lang.T("待盖时间戳", "Waiting for a time stamp"), Value: lang.T(fmt.Sprintf("%d 秒（上限 %d 分钟）", int(s.Waiting.Seconds()), int(s.Limit.Minutes())),
			fmt.Sprintf("%d s (limit %d min)", int(s.Waiting.Seconds()), int(s.Limit.Minutes())))},
	}}
}

func (d *Desk) membersTable(r *web.Request, may bool, self string) (t ui.Table, err error) {
	by, live, err := d.lines(r.Context())
	if err != nil {
		return t, err
	}
	t = ui.Table{ID: "members", Title: lang.T("成员", "Members"), Path: page.Members, Empty: lang.T("尚无成员", "No members"), Columns: []ui.Column{
		{Text: lang.T("成员", "Member")}, {Text: lang.T("类别", "Kind")}, {Text: lang.T("状态", "State")}, {Text: lang.T("链路", "Link")},
		{Text: lang.T("待同步", "Waiting"), Num: true}, {Text: lang.T("最近同步", "Last sync")}}}
	if may {
		t.Columns = append(t.Columns, ui.Column{Text: lang.T("操作", "Action")})
	}
	for _, p := range d.Node.Members() {
		row := memberRow(p, by[p.ID], live[p.ID])
		if d.Node.Stopped(p.ID) {
			row.Cells[3] = ui.Cell{Tag: &ui.Tag{Status: ui.StatusBehind, Text: lang.T("日志被改写，已停止", "Log rewritten, stopped")}}
			if r.Who.Can(GrantMembers) {
				row.Cells[3].Href = page.Members + "/" + p.ID + "/resume"
			}
		}
		if may {
			c := ui.Cell{}
			if p.State == member.Active && p.ID != self {
				c = ui.Cell{Text: lang.T("撤销", "Revoke"), Href: page.Members + "/" + p.ID + "/revoke"}
			}
			row.Cells = append(row.Cells, c)
		}
		t.Rows = append(t.Rows, row)
	}
	t.Total = int64(len(t.Rows))
	return t, nil
}

// lines gives the links by member: how far each has come, and whether it lives.
func (d *Desk) lines(ctx context.Context) (by map[string]link.State, live map[string]bool, err error) {
	links, err := d.Node.Links(ctx)
	if err != nil {
		return nil, nil, err
	}
	states, err := d.Node.States(ctx)
	if err != nil {
		return nil, nil, err
	}
	by, live = map[string]link.State{}, map[string]bool{}
	for _, s := range states {
		by[s.Peer] = s
	}
	for _, l := range links {
		live[l.Member] = l.Live
	}
	return by, live, nil
}

// memberRow shows a member and its link.
func memberRow(p *member.Peer, s link.State, live bool) ui.Row {
	state, line := &ui.Tag{Status: ui.StatusMet, Text: lang.T("有效", "Active")}, &ui.Tag{Status: ui.StatusBehind, Text: lang.T("中断", "Cut off")}
	if p.State == member.Revoked {
		state, line = &ui.Tag{Status: ui.StatusBehind, Text: lang.T("已撤销", "Revoked")}, &ui.Tag{Text: lang.T("无", "None")}
	} else if live {
		line = &ui.Tag{Status: ui.StatusMet, Text: lang.T("在线", "Live")}
	}
	last := s.Sent
	if s.Came.After(last) {
		last = s.Came
	}
	return ui.Row{ID: p.ID, Cells: []ui.Cell{{Text: p.Name, Sub: lang.Same(p.ID), Strong: true}, {Text: kindName(p.Kind)}, {Tag: state}, {Tag: line},
		{Text: lang.Same(strconv.FormatInt(s.Waiting, 10))}, {Time: last}}}
}

func kindName(kind string) lang.Text {
	for _, k := range kinds() {
		if k.Value == kind {
			return k.Text
		}
	}
	return lang.Same(kind)
}

func entryFields(e member.Entry) []ui.Field {
	return []ui.Field{
		{Name: "id", Label: lang.T("成员代码", "Code"), Kind: "text", Value: e.ID, Required: true, Help: lang.T("小写字母、数字或短横，如 hedong", "Lower-case letters, digits or dashes, such as hedong")},
		{Name: "zh", Label: lang.T("中文名称", "Name in Chinese"), Kind: "text", Value: e.Name.Zh, Required: true},
		{Name: "en", Label: lang.T("英文名称", "Name in English"), Kind: "text", Value: e.Name.En, Required: true},
		{Name: "kind", Label: lang.T("类别", "Kind"), Kind: "select", Value: e.Kind, Options: kinds(), Required: true},
		{Name: "unit", Label: lang.T("责任单位代码", "Unit"), Kind: "text", Value: e.Unit, Required: true},
	}
}

func posted(r *web.Request) member.Entry {
	return member.Entry{ID: r.Form("id"), Name: lang.T(r.Form("zh"), r.Form("en")), Kind: r.Form("kind"), Unit: r.Form("unit"), Address: r.Form("address")}
}

func foundForm(e member.Entry, fault lang.Text) ui.Form {
	fields := append(entryFields(e), ui.Field{Name: "address", Label: lang.T("本节点地址", "This node's address"), Kind: "text", Value: e.Address, Required: true,
		Help: lang.T("其他节点访问本节点的网址，如 https://exchange.example", "Where other nodes reach this one, such as https://exchange.example")})
	return ui.Form{ID: "found", Title: lang.T("建立交换体系", "Found an exchange"), Action: page.Members + "/found", Fields: fields, Submit: lang.T("建立", "Found"), Error: fault}
}

func (d *Desk) formFound(r *web.Request) (*ui.Page, string, error) {
	e := posted(r)
	err := d.Node.Found(r.Context(), r.Who, e)
	if msg, ok := errs.MsgOf(err); ok && !errs.Is(err, errs.Internal) {
		p := page.Of(titleMembers, page.Members, r.Who.Can)
		p.Body = append(p.Body, foundForm(e, msg))
		return p, "", nil
	}
	return nil, page.Members, err
}

func inviteForm(e member.Entry, fault lang.Text) ui.Form {
	return ui.Form{ID: "invite", Action: page.Members + "/invite", Fields: entryFields(e), Submit: lang.T("生成邀请码", "Make an invitation"), Error: fault,
		Cancel: &ui.Link{Text: lang.T("返回", "Back"), Href: page.Members}}
}

func (d *Desk) pageInvite(r *web.Request) (*ui.Page, error) {
	p := page.Of(titleInvite, page.Members, r.Who.Can, ui.Link{Text: titleMembers, Href: page.Members})
	p.Body = append(p.Body, inviteForm(member.Entry{Kind: member.District}, lang.Text{}))
	return p, nil
}

func (d *Desk) formInvite(r *web.Request) (*ui.Page, string, error) {
	e := posted(r)
	p := page.Of(titleInvite, page.Members, r.Who.Can, ui.Link{Text: titleMembers, Href: page.Members})
	t, err := d.Node.Invite(r.Context(), r.Who, e)
	if msg, ok := errs.MsgOf(err); ok && !errs.Is(err, errs.Internal) {
		p.Body = append(p.Body, inviteForm(e, msg))
		return p, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	p.Body = append(p.Body,
		ui.Notice{Kind: "good", Text: lang.T("邀请码只显示这一次，三天内有效，只能使用一次。请经可信渠道交给对方，由其在新节点上执行：", "The invitation is shown only now, holds for three days and can be used once. Hand it over by a trusted way; on the new node run:")},
		ui.Code{ID: "command", Title: lang.T("命令", "Command"), Text: "haihe node join " + t.String() + " --data DIR --address URL"})
	return p, "", nil
}

func (d *Desk) pageRevoke(r *web.Request) (*ui.Page, error) {
	for _, m := range d.Node.Members() {
		if m.ID != r.Path("id") {
			continue
		}
		p := page.Of(lang.T("撤销成员", "Revoke a member"), page.Members, r.Who.Can, ui.Link{Text: titleMembers, Href: page.Members})
		p.Body = append(p.Body, ui.Notice{Kind: "warn", Text: lang.T("撤销后，“"+m.Name.Zh+"”的调用在数秒内停止；此前的存证仍可验证。恢复须重新邀请。",
			"Once revoked, the calls of “"+m.Name.En+"” end within seconds; what is on record still verifies. To come back it has to be invited anew.")},
			ui.Form{ID: "revoke", Action: page.Members + "/" + m.ID + "/revoke", Submit: lang.T("撤销", "Revoke"), Cancel: &ui.Link{Text: lang.T("返回", "Back"), Href: page.Members}})
		return p, nil
	}
	return nil, errs.Say(errs.NotFound, "没有成员“%s”", "there is no member %q", r.Path("id"))
}

func (d *Desk) formRevoke(r *web.Request) (*ui.Page, string, error) {
	return nil, page.Members, d.Node.Revoke(r.Context(), r.Who, r.Path("id"))
}

// pageResume lets a person decide on a member that rewrote its log.
func (d *Desk) pageResume(r *web.Request) (*ui.Page, error) {
	id := r.Path("id")
	if !d.Node.Stopped(id) {
		return nil, errs.Say(errs.NotFound, "与成员“%s”的交换没有停止", "exchange with the member %q has not stopped", id)
	}
	p := page.Of(lang.T("恢复交换", "Resume exchange"), page.Members, r.Who.Can, ui.Link{Text: titleMembers, Href: page.Members})
	p.Body = append(p.Body, ui.Notice{Kind: "warn", Text: lang.T("该成员的交换日志前后矛盾，本节点已停止与其交换。查明原因后再恢复；不能查明的，请由登记节点撤销该成员。两份检查点均已留存。",
		"This member's log contradicts what it signed before, and this node has stopped exchange with it. Resume once you know why; where nobody can tell, have the registry revoke it. Both checkpoints stay on record.")},
		ui.Form{ID: "resume", Action: page.Members + "/" + id + "/resume", Submit: lang.T("恢复", "Resume"), Cancel: &ui.Link{Text: lang.T("返回", "Back"), Href: page.Members}})
	return p, nil
}

func (d *Desk) formResume(r *web.Request) (*ui.Page, string, error) {
	return nil, page.Members, d.Node.Resume(r.Context(), r.Who, GrantMembers, r.Path("id"))
}

// pageSize is how many records a page shows.
const pageSize = 50

func (d *Desk) pageRecords(r *web.Request) (*ui.Page, error) {
	p := page.Of(titleRecords, page.Members, r.Who.Can, ui.Link{Text: titleMembers, Href: page.Members})
	log, err := d.Node.Record()
	if errors.Is(err, node.ErrAlone) {
		p.Body = append(p.Body, ui.Notice{ID: "alone", Kind: "info", Text: lang.T("本节点尚未加入交换体系，没有跨节点调用。", "This node belongs to no exchange, so there are no calls between nodes.")})
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	after := int64(0)
	if s := r.Query("after"); s != "" {
		if after, err = strconv.ParseInt(s, 10, 64); err != nil || after <= 0 {
			return nil, errs.Say(errs.Invalid, "翻页标记无效；请从第一页重新查询", "the page cursor is not valid; start again from the first page")
		}
	}
	rows, err := log.List(r.Context(), after, pageSize+1)
	if err != nil {
		return nil, err
	}
	s, err := log.Status(r.Context())
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "records", Path: records, Total: s.Records, Paged: after > 0, Empty: lang.T("尚无跨节点调用", "No calls between nodes yet"), Columns: []ui.Column{
		{Text: lang.T("时间", "Time")}, {Text: lang.T("请求方", "Caller")}, {Text: lang.T("提供方", "Provider")}, {Text: lang.T("方向", "Side")}, {Text: lang.T("应答", "Answer"), Num: true}, {Text: lang.T("回执", "Receipt")}}}
	if len(rows) > pageSize {
		rows = rows[:pageSize]
		t.Next = strconv.FormatInt(rows[pageSize-1].Leaf, 10)
	}
	listRecords(&t, rows, s.Covered)
	p.Body = append(p.Body, t)
	return p, nil
}

// listRecords writes the rows of the calls' records; what lies below covered has its receipt.
func listRecords(t *ui.Table, rows []record.Row, covered int64) {
	for _, x := range rows {
		side, status := lang.T("对外请求", "Asked"), lang.Same(strconv.Itoa(x.Status))
		if x.Side == record.Served {
			side = lang.T("对外提供", "Served")
		}
		if x.Status == 0 {
			status = lang.T("无应答", "None")
		}
		receipt := ui.Cell{Text: lang.T("待盖戳", "Pending")}
		if x.Leaf+1 < covered {
			receipt = ui.Cell{Text: lang.T("下载", "Download"), Href: "/api/sharing/records/" + x.Call + "/receipt?side=" + x.Side}
		}
		t.Rows = append(t.Rows, ui.Row{ID: x.Call, Cells: []ui.Cell{{Time: x.At}, {Text: lang.Same(x.Caller)}, {Text: lang.Same(x.Provider)}, {Text: side}, {Text: status}, receipt}})
	}
}
