package overview

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/catalogue"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/serve"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// Routes are the part's pages and its interface.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /sharing", Grant: page.GrantRead, Page: p.pageOverview},
		{Pattern: "GET /sharing/systems", Grant: page.GrantRead, Page: p.pageSystems},
		{Pattern: "GET /sharing/links", Grant: page.GrantRead, Page: p.pageLinks},
		{Pattern: "GET /sharing/grants/try", Grant: page.GrantRead, Page: p.pageTry},
		{Pattern: "GET /sharing/log", Grant: page.GrantLog, Page: p.pageLog},
		{Pattern: "GET /api/sharing/log.csv", Grant: page.GrantLog, API: p.apiLog},
		{Pattern: "GET /sharing/subjects", Grant: page.GrantLink, Page: p.pageSubjects},
		{Pattern: "POST /sharing/subjects", Grant: page.GrantLink, Form: p.formSubjects},
		{Pattern: "GET /my/sharing", Grant: page.GrantOwn, Page: p.pageOwn},
	}
}

// tiles are the figures at the head of the overview.
func (p *Part) tiles(ctx context.Context) (ui.Tiles, serve.Day, error) {
	t := ui.Tiles{ID: "sharing-tiles", Title: lang.T("共享情况", "Sharing")}
	day, err := p.o.Gate.Today(ctx)
	if err != nil {
		return t, day, err
	}
	systems, err := p.Systems(ctx)
	if err != nil {
		return t, day, err
	}
	var part, whole int64
	for _, s := range systems {
		if s.Main {
			if whole++; s.Counts() {
				part++
			}
		}
	}
	departments, err := p.Departments(ctx)
	if err != nil {
		return t, day, err
	}
	var live int64
	for _, d := range departments {
		if d.Live {
			live++
		}
	}
	all := int64(len(departments))
	t.Items = []ui.Tile{
		{ID: "t-rate", Name: lang.T("主要信息系统共享率", "Main systems shared"), Value: ui.Percent(part, whole), Unit: lang.Same("%"), Note: lang.T(ui.Grouped(part)+" / "+ui.Grouped(whole)+" 个，目标 90% 以上", ui.Grouped(part)+" of "+ui.Grouped(whole)+"; the goal is above 90 %"), Href: page.Systems},
		{ID: "t-links", Name: lang.T("部门互联互通", "Departments connected"), Value: ui.Percent(live, all), Unit: lang.Same("%"), Note: lang.T(ui.Grouped(live)+" / "+ui.Grouped(all)+" 个，目标 100%", ui.Grouped(live)+" of "+ui.Grouped(all)+"; the goal is 100 %"), Href: page.Links},
		{ID: "t-calls", Name: lang.T("今日调用", "Calls today"), Value: ui.Grouped(day.Calls), Unit: lang.T("次", "calls"), Note: lang.T("含拒绝", "the refused among them")},
		{ID: "t-refused", Name: lang.T("今日拒绝", "Refused today"), Value: ui.Grouped(day.Refused), Unit: lang.T("次", "calls"), Note: lang.T("未授权、超限或参数有误", "not granted, too many, or wrong")},
	}
	return t, day, nil
}

// top lists the resources that are used most today.
func (p *Part) top(ctx context.Context, day serve.Day) (ui.Table, error) {
	t := ui.Table{ID: "sharing-top", Title: lang.T("今日调用最多的资源", "Used most today"), Path: page.Overview, Empty: lang.T("今日尚无调用", "No call today yet"), Columns: []ui.Column{{Key: "name", Text: lang.T("资源", "Resource")}, {Key: "unit", Text: lang.T("提供单位", "Unit")}, {Key: "calls", Text: lang.T("调用次数", "Calls"), Num: true}}}
	ids := make([]string, 0, len(day.Used))
	for id := range day.Used {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		if day.Used[a] != day.Used[b] {
			return int(day.Used[b] - day.Used[a])
		}
		return strings.Compare(a, b)
	})
	for _, id := range ids[:min(8, len(ids))] {
		r, err := p.o.Catalogue.Get(ctx, id)
		if err != nil {
			return t, err
		}
		t.Rows = append(t.Rows, ui.Row{ID: "u-" + id, Cells: []ui.Cell{{Text: r.Name, Strong: true, Href: page.Catalogue + "/" + id}, {Text: p.o.People.UnitName(r.Unit)}, {Text: lang.Same(ui.Grouped(day.Used[id]))}}})
	}
	t.Total = int64(len(t.Rows))
	return t, nil
}

// publish sends the open overviews what moved: figures that everybody with the room's grant may see.
func (p *Part) publish(ctx context.Context) error {
	if !p.o.Live.Watched(page.Topic) {
		return nil
	}
	tiles, day, err := p.tiles(ctx)
	if err != nil {
		return err
	}
	top, err := p.top(ctx, day)
	if err == nil {
		p.o.Live.Publish(page.Topic, ui.Update{Block: tiles}, ui.Update{Block: top})
	}
	return err
}

func (p *Part) pageOverview(r *web.Request) (*ui.Page, error) {
	out := page.Of(page.Title, page.Overview, r.Who.Can)
	out.Live = page.Topic
	out.Lead = lang.T("部门之间按授权共享数据：每次调用先裁决、再脱敏、留记录。", "Units share data by grant: each call is decided, masked and recorded.")
	tiles, day, err := p.tiles(r.Context())
	if err != nil {
		return nil, err
	}
	top, err := p.top(r.Context(), day)
	if err != nil {
		return nil, err
	}
	out.Body = []ui.Block{tiles, top}
	if r.Who.Unit == "" {
		return out, nil
	}
	list, err := p.o.Gate.Recent(r.Context(), r.Who.Unit, 20)
	if err != nil {
		return nil, err
	}
	t := p.table("sharing-recent", page.Overview, list)
	t.Title, t.Empty = lang.T("与本单位有关的最近调用", "Latest calls that concern one's unit"), lang.T("尚无调用", "None yet")
	out.Body = append(out.Body, t)
	if r.Who.Can(page.GrantLink) {
		out.Actions = []ui.Action{{Text: lang.T("关联公民账户", "Tie a citizen's account"), Href: "/sharing/subjects"}}
	}
	return out, nil
}

// table lists calls.
func (p *Part) table(id, path string, list []serve.Use) ui.Table {
	t := ui.Table{ID: id, Path: path, Total: int64(len(list)), Columns: []ui.Column{{Key: "at", Text: lang.T("时间", "At")}, {Key: "unit", Text: lang.T("调用单位", "Caller")}, {Key: "resource", Text: lang.T("资源", "Resource")}, {Key: "purpose", Text: lang.T("用途", "Purpose")}, {Key: "rows", Text: lang.T("记录", "Rows"), Num: true}, {Key: "result", Text: lang.T("结果", "Result")}}}
	for _, u := range list {
		result := &ui.Tag{Status: ui.StatusMet, Text: lang.T("已提供", "Served")}
		if u.Refused != "" {
			result = &ui.Tag{Status: ui.StatusBehind, Text: call.RefusalText(u.Refused)}
		}
		if len(u.Personal) > 0 {
			result = &ui.Tag{Status: ui.StatusRisk, Text: lang.T("已提供（含未脱敏个人信息）", "Served, personal data in clear")}
		}
		who := p.o.People.UnitName(u.Unit)
		t.Rows = append(t.Rows, ui.Row{ID: "c-" + u.ID, Cells: []ui.Cell{{Time: u.At}, {Text: who, Sub: lang.Same(u.Member)}, {Text: lang.Same(u.Resource)}, {Text: call.PurposeName(u.Purpose)}, {Text: lang.Same(ui.Grouped(u.Rows))}, {Tag: result}}})
	}
	return t
}

func (p *Part) pageSystems(r *web.Request) (*ui.Page, error) {
	list, err := p.Systems(r.Context())
	if err != nil {
		return nil, err
	}
	title := lang.T("主要信息系统", "Main information systems")
	out := page.Of(title, page.Systems, r.Who.Can, ui.Link{Text: title})
	out.Lead = lang.T("共享率＝近 90 日内至少有一项已发布资源被其他单位成功调用的主要信息系统数 ÷ 已登记主要信息系统数。", "The sharing rate: main systems of which another unit was served a published resource in the last 90 days, over all registered main systems.")
	t := ui.Table{ID: "systems", Title: title, Path: page.Systems, Total: int64(len(list)), Empty: lang.T("尚未登记信息系统", "None yet"), Columns: []ui.Column{{Key: "name", Text: lang.T("信息系统", "System")}, {Key: "unit", Text: lang.T("单位", "Unit")}, {Key: "resources", Text: lang.T("已发布资源", "Published"), Num: true}, {Key: "callers", Text: lang.T("调用单位", "Callers"), Num: true}, {Key: "last", Text: lang.T("最近调用", "Last call")}, {Key: "state", Text: lang.T("共享", "Shared")}}}
	for _, s := range list {
		state := &ui.Tag{Status: ui.StatusBehind, Text: lang.T("未共享", "Not shared")}
		switch {
		case !s.Main:
			state = &ui.Tag{Status: ui.StatusNone, Text: lang.T("非主要系统，不计入", "Not a main one, not counted")}
		case s.Counts():
			state = &ui.Tag{Status: ui.StatusMet, Text: lang.T("已共享", "Shared")}
		case len(s.Resources) > 0:
			state = &ui.Tag{Status: ui.StatusRisk, Text: lang.T("已发布，未被调用", "Published, not called")}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "s-" + s.ID, Cells: []ui.Cell{{Text: s.Name, Sub: lang.Same(s.ID), Strong: true}, {Text: p.o.People.UnitName(s.Unit)}, {Text: lang.Same(strconv.Itoa(len(s.Resources)))}, {Text: lang.Same(strconv.Itoa(len(s.Callers)))}, {Time: s.Last}, {Tag: state}}})
	}
	out.Body = []ui.Block{t}
	if r.Who.Can(page.GrantOffer) {
		out.Body = append(out.Body, ui.Form{ID: "system", Title: lang.T("登记本单位信息系统", "Register a system of one's unit"), Action: page.Systems, Submit: lang.T("登记", "Register"), Fields: []ui.Field{{Name: "id", Label: lang.T("标识", "Id"), Required: true}, {Name: "name", Label: lang.T("名称", "Name"), Required: true}, {Name: "name_en", Label: lang.T("英文名称", "English name")}, {Name: "main", Kind: "checkbox", Label: lang.T("主要信息系统", "A main one"), Value: "1"}}})
	}
	return out, nil
}

func (p *Part) pageLinks(r *web.Request) (*ui.Page, error) {
	list, err := p.Departments(r.Context())
	if err != nil {
		return nil, err
	}
	title := lang.T("部门互联互通", "Departments connected")
	out := page.Of(title, page.Links, r.Who.Can, ui.Link{Text: title})
	out.Lead = lang.T("互联互通率＝链路在线的部门数 ÷ 已登记部门数。自设节点的部门以其节点应答为准；使用本节点的部门以近 24 小时内有调用为准。", "Connected departments over all registered. One with a node of its own counts while that answers, one on this node when it called or was called in the last 24 hours.")
	t := ui.Table{ID: "departments", Title: title, Path: page.Links, Total: int64(len(list)), Empty: lang.T("没有登记的部门", "None"), Columns: []ui.Column{{Key: "unit", Text: lang.T("部门", "Department")}, {Key: "node", Text: lang.T("节点", "Node")}, {Key: "since", Text: lang.T("自", "Since")}, {Key: "state", Text: lang.T("链路", "Link")}}}
	for _, d := range list {
		node, state := lang.T("本节点", "this node"), &ui.Tag{Status: ui.StatusNone, Text: lang.T("近 24 小时无调用", "No call in 24 hours")}
		if d.Member != "" {
			node, state = lang.Same(d.Member), &ui.Tag{Status: ui.StatusBehind, Text: lang.T("中断", "Down")}
		}
		if d.Live {
			state = &ui.Tag{Status: ui.StatusMet, Text: lang.T("在线", "Live")}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "d-" + d.Unit.ID, Cells: []ui.Cell{{Text: d.Unit.Name, Strong: true}, {Text: node}, {Time: d.Since}, {Tag: state}}})
	}
	out.Body = []ui.Block{t}
	return out, nil
}

// searchOf reads the filters of the log.
func searchOf(r *web.Request) serve.Search {
	s := serve.Search{Resource: strings.TrimSpace(r.Query("resource")), Unit: r.Query("unit"), Purpose: r.Query("purpose"), Outcome: r.Query("outcome"), Person: strings.TrimSpace(r.Query("person"))}
	if t, err := time.ParseInLocation(time.DateOnly, r.Query("from"), ui.Zone()); err == nil {
		s.From = t
	}
	if t, err := time.ParseInLocation(time.DateOnly, r.Query("to"), ui.Zone()); err == nil {
		s.To = t.AddDate(0, 0, 1)
	}
	return s
}

func (p *Part) pageLog(r *web.Request) (*ui.Page, error) {
	s := searchOf(r)
	if after := r.Query("after"); after != "" {
		parts, err := store.Uncursor(after, 1)
		if err != nil {
			return nil, err
		}
		s.After = parts[0]
	}
	list, next, err := p.o.Gate.Find(r.Context(), r.Who, s)
	if err != nil {
		return nil, err
	}
	title := lang.T("调用日志", "Call log")
	out := page.Of(title, page.Log, r.Who.Can, ui.Link{Text: title})
	out.Lead = lang.T("供安全管理部门检索；每次检索均记入审计日志。", "For the security office; each search is on record in the journal.")
	t := p.table("log", page.Log, list)
	all := ui.Option{Text: lang.T("全部", "all")}
	units, purposes := []ui.Option{all}, []ui.Option{all}
	for _, u := range p.o.People.Units() {
		units = append(units, ui.Option{Value: u.ID, Text: u.Name})
	}
	for _, x := range call.Purposes() {
		purposes = append(purposes, ui.Option{Value: x.Code, Text: x.Name})
	}
	outcomes := []ui.Option{all, {Value: "served", Text: lang.T("已提供", "Served")}, {Value: "refused", Text: lang.T("已拒绝", "Refused")}}
	for _, c := range []string{call.Malformed, call.NoResource, call.NoGrant, call.NoField, call.Rate, call.Quota, call.TooLarge, call.Source, call.Failed} {
		outcomes = append(outcomes, ui.Option{Value: c, Text: call.RefusalText(c)})
	}
	t.Title, t.Total, t.Paged, t.Empty = title, -1, s.After != "", lang.T("没有符合条件的调用", "No call is like that")
	t.Query = map[string]string{"resource": s.Resource, "unit": s.Unit, "purpose": s.Purpose, "outcome": s.Outcome, "person": s.Person, "from": r.Query("from"), "to": r.Query("to")}
	t.Filters = []ui.Field{{Name: "resource", Label: lang.T("资源标识", "Resource"), Value: s.Resource}, {Name: "unit", Kind: "select", Label: lang.T("调用单位", "Caller"), Value: s.Unit, Options: units}, {Name: "purpose", Kind: "select", Label: lang.T("用途", "Purpose"), Value: s.Purpose, Options: purposes}, {Name: "outcome", Kind: "select", Label: lang.T("结果", "Result"), Value: s.Outcome, Options: outcomes}, {Name: "person", Label: lang.T("人员标识", "Person's id"), Value: s.Person}, {Name: "from", Kind: "date", Label: lang.T("自", "From"), Value: r.Query("from")}, {Name: "to", Kind: "date", Label: lang.T("至", "To"), Value: r.Query("to")}}
	t.Exports = []ui.Link{{Text: lang.T("导出 CSV", "CSV"), Href: "/api/sharing/log.csv?bom=1"}}
	if next != "" {
		t.Next = store.Cursor(next)
	}
	out.Body = []ui.Block{t}
	return out, nil
}

func (p *Part) apiLog(r *web.Request) (any, error) {
	s := searchOf(r)
	s.Limit = 10_000
	list, _, err := p.o.Gate.Find(r.Context(), r.Who, s)
	if err != nil {
		return nil, err
	}
	return web.Reply{Type: sheet.Type, Name: "calls.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, r.Query("bom") == "1")
		_ = out.Write("id", "at", "message", "member", "unit", "person", "purpose", "resource", "owner", "grant", "status", "refused", "fields", "personal", "rows", "bytes", "micros") // errors are kept for Flush
		n := func(v int64) string { return strconv.FormatInt(v, 10) }
		for _, u := range list {
			_ = out.Write(u.ID, u.At.Format(time.RFC3339), u.Message, u.Member, u.Unit, u.Person, u.Purpose, u.Resource, u.Owner, u.Grant, n(u.Status), u.Refused, strings.Join(u.Fields, ";"), strings.Join(u.Personal, ";"), n(u.Rows), n(u.Bytes), n(u.Micros))
		}
		return out.Flush()
	}}, nil
}

// Own is what a citizen sees.
func (p *Part) Own() *web.Own {
	return &web.Own{Nav: ui.NavItem{ID: "my-sharing", Href: "/my/sharing", Icon: "swap", Text: lang.T("与我有关的共享", "Shared about me")}, Start: p.ownStart, Forget: p.o.Gate.Forget}
}

func (p *Part) ownStart(r *web.Request) ([]ui.Block, error) {
	list, _, err := p.o.Gate.About(r.Context(), r.Who.Person(), "", 3)
	if err != nil {
		return nil, err
	}
	t := p.about(r, list)
	t.ID, t.Title = "my-shared", lang.T("最近与我有关的数据共享", "Latest sharing about me")
	return []ui.Block{t}, nil
}

// about lists calls to the one they are about: who had what of them, why and when.
func (p *Part) about(r *web.Request, list []serve.Use) ui.Table {
	t := ui.Table{ID: "about", Path: "/my/sharing", Total: -1, Empty: lang.T("没有与您有关的共享记录", "Nothing was shared about you"), Columns: []ui.Column{{Key: "at", Text: lang.T("时间", "At")}, {Key: "unit", Text: lang.T("使用单位", "Used by")}, {Key: "resource", Text: lang.T("数据", "Data")}, {Key: "purpose", Text: lang.T("用途", "Purpose")}, {Key: "fields", Text: lang.T("信息项", "Fields")}}}
	for _, u := range list {
		name, fields := lang.Same(u.Resource), lang.Same(strings.Join(u.Fields, ", "))
		if x, err := p.o.Catalogue.Get(r.Context(), u.Resource); err == nil {
			name = x.Name
			fields = fieldWords(x, u)
		}
		t.Rows = append(t.Rows, ui.Row{ID: "m-" + u.ID, Cells: []ui.Cell{{Time: u.At}, {Text: p.o.People.UnitName(u.Unit)}, {Text: name, Sub: p.o.People.UnitName(u.Owner)}, {Text: call.PurposeName(u.Purpose)}, {Text: fields}}})
	}
	return t
}

// fieldWords names the fields of a call, those that were masked with a word on it.
func fieldWords(x *catalogue.Resource, u serve.Use) lang.Text {
	var zh, en []string
	personal := x.Personal()
	for _, f := range u.Fields {
		n := x.FieldText(f)
		if slices.Contains(personal, f) && !slices.Contains(u.Personal, f) {
			n = lang.T(n.Zh+"（脱敏）", n.En+" (masked)")
		}
		zh, en = append(zh, n.Zh), append(en, n.En)
	}
	return lang.T(strings.Join(zh, "、"), strings.Join(en, ", "))
}

func (p *Part) pageOwn(r *web.Request) (*ui.Page, error) {
	after := ""
	if c := r.Query("after"); c != "" {
		parts, err := store.Uncursor(c, 1)
		if err != nil {
			return nil, err
		}
		after = parts[0]
	}
	list, next, err := p.o.Gate.About(r.Context(), r.Who.Person(), after, 50)
	if err != nil {
		return nil, err
	}
	title := lang.T("与我有关的数据共享", "What was shared about me")
	t := p.about(r, list)
	t.Title, t.Paged = title, after != ""
	if next != "" {
		t.Next = store.Cursor(next)
	}
	return &ui.Page{Title: title, Nav: "my-sharing", Crumbs: []ui.Link{{Text: lang.T("我的首页", "My page"), Href: "/my"}, {Text: title}},
		Lead: lang.T("哪些单位、何时、为何用途使用了与您有关的数据。以身份证件号登记的数据，请持证件到任一办事窗口核验关联后查看。", "Which units used data about you, when and what for. Data kept under an identity number show once an office has seen your paper."), Body: []ui.Block{t}}, nil
}

func (p *Part) pageSubjects(r *web.Request) (*ui.Page, error) {
	return p.subjects(r, lang.Text{}, r.Query("done") == "1"), nil
}

func (p *Part) subjects(r *web.Request, wrong lang.Text, done bool) *ui.Page {
	title := lang.T("关联公民账户", "Tie a citizen's account")
	out := page.Of(title, page.Overview, r.Who.Can, ui.Link{Text: title})
	out.Lead = lang.T("查验本人证件后，将其账户与身份证件号关联，公民即可查看与本人有关的共享记录。证件号不保存。", "After seeing the paper, tie the account to its number; the citizen then sees what was shared about them. The number is not kept.")
	if done {
		out.Body = append(out.Body, ui.Notice{ID: "done", Kind: "good", Text: lang.T("已关联。", "Done.")})
	}
	out.Body = append(out.Body, ui.Form{ID: "subject", Title: title, Action: "/sharing/subjects", Submit: lang.T("关联", "Tie"), Error: wrong, Fields: []ui.Field{{Name: "login", Label: lang.T("公民账户登录名", "Citizen's login"), Required: true}, {Name: "number", Kind: "password", Label: lang.T("身份证件号", "Identity number"), Required: true, Autocomplete: "off"}}})
	return out
}

func (p *Part) formSubjects(r *web.Request) (*ui.Page, string, error) {
	err := p.o.Gate.Link(r.Context(), r.Who, r.Form("login"), r.Form("number"))
	if msg, ok := mistake(err); ok {
		return p.subjects(r, msg, false), "", nil
	}
	return nil, "/sharing/subjects?done=1", err
}

// unitOptions are the units that can be tried.
func unitOptions(people *identity.Service) (out []ui.Option) {
	for _, u := range people.Units() {
		out = append(out, ui.Option{Value: u.ID, Text: u.Name})
	}
	return out
}
