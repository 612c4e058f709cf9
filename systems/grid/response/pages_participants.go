package response

import (
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/response/record"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

const pageSize = 100

// pageParticipants is the list of participants.
func (p *Part) pageParticipants(r *web.Request) (*ui.Page, error) {
	state, after := r.Query("state"), r.Query("after")
	page, err := record.Read(r.Context(), p.o.DB, func(tx *store.Tx) ([]Participant, error) {
		return record.Participants(tx, record.QParticipants, r.Query("programme"), state, after, pageSize+1)
	})
	if err != nil {
		return nil, err
	}
	title := lang.T("响应主体", "Participants")
	out := p.o.Page(title, Path, ui.Link{Text: Title, Href: Path}, ui.Link{Text: title, Href: pathParticipants})
	if r.Who.Can(GrantManage) {
		out.Actions = []ui.Action{{Text: lang.T("登记主体", "Enrol one"), Href: pathParticipants + "/new", Primary: true}}
	}
	t := ui.Table{ID: "participants", Title: title, Total: -1, Paged: after != "", Path: pathParticipants, Query: map[string]string{}, Empty: lang.T("没有符合条件的主体。", "No participant fits."), Exports: []ui.Link{{Text: lang.Same("CSV"), Href: "/api/grid/response/participants.csv?bom=1"}},
		Columns: []ui.Column{{Key: "code", Text: lang.T("编号", "Code")}, {Key: "name", Text: lang.T("名称", "Name")}, {Key: "kind", Text: lang.T("类别", "Kind")}, {Key: "programme", Text: lang.T("项目", "Programme")}, {Key: "capacity", Text: lang.T("容量（千瓦）", "Capacity (kW)"), Num: true},
			{Key: "notice", Text: lang.T("通知（分钟）", "Notice (min)"), Num: true}, {Key: "price", Text: lang.T("单价（分/千瓦时）", "Price (fen/kWh)"), Num: true}, {Key: "state", Text: lang.T("状态", "State")}},
		Filters: []ui.Field{{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: state, Options: []ui.Option{{Text: lang.T("全部状态", "All states")}, {Value: "open", Text: openTag("open").Text}, {Value: "closed", Text: openTag("").Text}}}}}
	if state != "" {
		t.Query["state"] = state
	}
	if len(page) > pageSize {
		page = page[:pageSize]
		t.Next = page[pageSize-1].Code
	}
	for _, x := range page {
		t.Rows = append(t.Rows, ui.Row{ID: "x-" + x.Code, Cells: []ui.Cell{{Text: lang.Same(x.Code), Href: pathParticipants + "/" + x.Code, Strong: true}, plain(x.Name), {Text: kindWords[x.Kind]}, plain(x.Programme), number(x.Capacity), number(x.Notice), number(x.Price), {Tag: openTag(x.State)}}})
	}
	out.Body = []ui.Block{t}
	return out, nil
}

func enrolForm(v map[string]string, wrong lang.Text) ui.Form {
	if v == nil {
		v = map[string]string{"notice_min": "120", "max_events": "20", "max_hours": "60"}
	}
	number := func(name, zh, en string) ui.Field {
		return ui.Field{Name: name, Kind: "number", Label: lang.T(zh, en), Value: v[name], Required: true}
	}
	return ui.Form{ID: "enrol", Title: lang.T("登记或变更合同", "Enrol, or change the contract"), Action: pathParticipants + "/new", Submit: lang.T("保存", "Save"), Error: wrong, Cancel: &ui.Link{Text: lang.T("取消", "Cancel"), Href: pathParticipants}, Fields: []ui.Field{
		{Name: "participant", Label: lang.T("编号", "Code"), Value: v["participant"], Required: true, Help: lang.T("编号已有则变更其合同和电表", "changes contract and meters where the code is known")}, {Name: "name", Label: lang.T("名称", "Name"), Value: v["name"], Required: true},
		{Name: "kind", Kind: "select", Label: lang.T("类别", "Kind"), Value: v["kind"], Options: []ui.Option{{Value: "enterprise", Text: kindWords["enterprise"]}, {Value: "aggregator", Text: kindWords["aggregator"]}}},
		{Name: "programme", Label: lang.T("项目编号", "Programme"), Value: v["programme"], Required: true}, number("capacity_kw", "合同容量（千瓦）", "Capacity (kW)"), number("notice_min", "通知时间（分钟）", "Notice (minutes)"), number("max_events", "每年最多次数", "Events a year at most"),
		number("max_hours", "每年最多小时数", "Hours a year at most"), number("price_fen", "单价（分/千瓦时）", "Price (fen/kWh)"), {Name: "meters", Kind: "textarea", Label: lang.T("电表号", "Meters"), Value: v["meters"], Required: true, Help: lang.T("以空格或分号分隔", "parted by spaces or semicolons")},
		{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: v["state"], Options: []ui.Option{{Value: "open", Text: openTag("open").Text}, {Value: "closed", Text: openTag("").Text}}}}}
}

func (p *Part) enrolPage(v map[string]string, wrong lang.Text) *ui.Page {
	title := lang.T("登记响应主体", "Enrol a participant")
	out := p.o.Page(title, Path, ui.Link{Text: Title, Href: Path}, ui.Link{Text: lang.T("响应主体", "Participants"), Href: pathParticipants}, ui.Link{Text: title, Href: pathParticipants + "/new"})
	out.Body = []ui.Block{ui.Columns{Wide: -1, Cols: [][]ui.Block{{enrolForm(v, wrong)}, {ui.Form{ID: "import-participants", Title: lang.T("导入主体清单（CSV）", "Import a list (CSV)"), Action: "/grid/import/" + ImportName, Submit: lang.T("上传", "Upload"), Fields: []ui.Field{
		{Name: "file", Kind: "file", Label: lang.T("文件", "File"), Required: true, Help: lang.T("列："+strings.Join(record.Columns, ","), "columns: "+strings.Join(record.Columns, ","))},
		{Name: "dry", Kind: "checkbox", Label: lang.T("只试导入，不写入", "Try only, change nothing"), Value: "1"}}}}}}}
	return out
}

func (p *Part) pageEnrol(*web.Request) (*ui.Page, error) { return p.enrolPage(nil, lang.Text{}), nil }

func (p *Part) formEnrol(r *web.Request) (*ui.Page, string, error) {
	v := values(r, append([]string{"state"}, record.Columns...)...)
	x, err := record.Contract(func(name string) string { return v[name] })
	if x.State = v["state"]; x.State == "" {
		x.State = "open"
	}
	if err == nil {
		err = p.Enrol(r.Context(), r.Who, x, strings.FieldsFunc(v["meters"], record.Parted))
	}
	if msg, ok := again(err); ok {
		return p.enrolPage(v, msg), "", nil
	}
	return nil, pathParticipants + "/" + x.Code, err
}

func (p *Part) pageParticipant(r *web.Request) (*ui.Page, error) { return p.participant(r, "") }

// participant is one participant: contract, meters, events; secret is a claim code just made.
func (p *Part) participant(r *web.Request, secret string) (*ui.Page, error) {
	x, nums, accounts, list, err := p.known(r)
	if err != nil {
		return nil, err
	}
	path := pathParticipants + "/" + x.Code
	out := p.o.Page(lang.Same(x.Name), Path, ui.Link{Text: Title, Href: Path}, ui.Link{Text: lang.T("响应主体", "Participants"), Href: pathParticipants}, ui.Link{Text: lang.Same(x.Code), Href: path})
	meters, addresses := p.meterTable(nums)
	if secret != "" {
		out.Body = append(out.Body, ui.Notice{ID: "claim", Kind: "good", Text: lang.T("绑定码（只显示一次）："+secret, "The code, shown once: "+secret)})
	}
	out.Body = append(out.Body, contractFacts(x, len(accounts)), askedTable(list, lang.T("邀约记录", "What they were asked"), false), meters)
	if r.Who.Can(GrantManage) {
		out.Actions = []ui.Action{{Text: lang.T("生成账户绑定码", "Make a code for an account"), Href: path + "/claim", Post: true}}
		out.Body = append(out.Body, enrolForm(map[string]string{"participant": x.Code, "name": x.Name, "kind": x.Kind, "programme": x.Programme, "capacity_kw": strconv.FormatInt(x.Capacity, 10), "notice_min": strconv.FormatInt(x.Notice, 10), "max_events": strconv.FormatInt(x.Events, 10),
			"max_hours": strconv.FormatInt(x.Hours, 10), "price_fen": strconv.FormatInt(x.Price, 10), "meters": strings.Join(addresses, " "), "state": x.State}, lang.Text{}))
	}
	return out, nil
}

// facts are a contract.
func contractFacts(x Participant, accounts int) ui.Facts {
	n := func(v int64) lang.Text { return lang.Same(ui.Grouped(v)) }
	return ui.Facts{ID: "contract", Title: lang.T("合同", "Contract"), Items: []ui.Fact{{Name: lang.T("状态", "State"), Tag: openTag(x.State)}, {Name: lang.T("类别", "Kind"), Value: kindWords[x.Kind]}, {Name: lang.T("项目", "Programme"), Value: lang.Same(x.Programme)}, {Name: lang.T("容量（千瓦）", "Capacity (kW)"), Value: n(x.Capacity)},
		{Name: lang.T("通知时间（分钟）", "Notice (minutes)"), Value: n(x.Notice)}, {Name: lang.T("每年最多次数", "Events a year"), Value: n(x.Events)}, {Name: lang.T("每年最多小时数", "Hours a year"), Value: n(x.Hours)}, {Name: lang.T("单价（分/千瓦时）", "Price (fen/kWh)"), Value: n(x.Price)},
		{Name: lang.T("绑定账户", "Accounts"), Value: lang.Same(strconv.Itoa(accounts))}, {Name: lang.T("登记时间", "Enrolled"), Time: x.Made}}}
}

// meterTable lists the first meters of a participant, and gives the addresses of all.
func (p *Part) meterTable(nums []int64) (meters ui.Table, addresses []string) {
	meters = ui.Table{ID: "meters", Title: lang.T("电表", "Meters"), Total: int64(len(nums)), Columns: []ui.Column{{Key: "meter", Text: lang.T("电表号", "Meter")}, {Key: "district", Text: lang.T("区", "District")}, {Key: "feeder", Text: lang.T("线路", "Feeder")}}, Empty: lang.T("没有电表。", "No meter.")}
	for _, num := range nums {
		m, _ := p.o.Book.ByNum(num)
		if addresses = append(addresses, m.Address); len(meters.Rows) < pageSize {
			meters.Rows = append(meters.Rows, ui.Row{ID: "m-" + m.Address, Cells: []ui.Cell{{Text: lang.Same(m.Address), Href: "/grid/meters/" + m.Address, Strong: true}, {Text: book.DistrictName(m.District)}, plain(m.Feeder)}})
		}
	}
	return meters, addresses
}

// known reads a participant with the meters, the accounts and what was asked.
func (p *Part) known(r *web.Request) (x Participant, nums []int64, accounts []string, list []asked, err error) {
	_, err = record.Read(r.Context(), p.o.DB, func(tx *store.Tx) (_ struct{}, err error) {
		if x, err = record.OneParticipant(tx, r.Path("code")); err != nil {
			return struct{}{}, err
		}
		if nums, err = record.Numbers(tx, record.QMeters, x.Code); err != nil {
			return struct{}{}, err
		}
		if accounts, err = record.Texts(tx, record.QAccounts, x.Code); err != nil {
			return struct{}{}, err
		}
		of, err := record.Calls(tx, record.QCallsOf, x.Code, pageSize)
		list = nil
		for _, c := range of {
			e, err := record.OneEvent(tx, c.Event)
			if err != nil {
				return struct{}{}, err
			}
			list = append(list, asked{e, c})
		}
		return struct{}{}, err
	})
	return x, nums, accounts, list, err
}

func (p *Part) formClaimCode(r *web.Request) (*ui.Page, string, error) {
	secret, err := p.ClaimCode(r.Context(), r.Who, r.Path("code"))
	if err != nil {
		return nil, "", err
	}
	page, err := p.participant(r, secret)
	return page, "", err
}

func askedTable(list []asked, title lang.Text, own bool) ui.Table {
	t := ui.Table{ID: "asked", Title: title, Total: int64(len(list)), Empty: lang.T("还没有收到邀约。", "Nothing was asked yet."), Columns: []ui.Column{{Key: "window", Text: lang.T("时段", "Window")}, {Key: "name", Text: lang.T("事件", "Event")}, {Key: "kw", Text: lang.T("应降（千瓦）", "To reduce (kW)"), Num: true}, {Key: "told", Text: lang.T("通知时间", "Told")}, {Key: "answer", Text: lang.T("答复", "Answer")}, {Key: "state", Text: lang.T("状态", "State")}}}
	for _, x := range list {
		first := ui.Cell{Text: lang.Same(x.e.Span()), Href: pathEvents + "/" + x.e.ID, Strong: true}
		if own {
			first.Href = ""
		}
		t.Rows = append(t.Rows, ui.Row{ID: "a-" + x.e.ID, Cells: []ui.Cell{first, plain(x.e.Name), number(x.c.KW), {Time: x.c.Told}, {Text: answerWords[x.c.Answer]}, {Tag: stateTag(x.e.State)}}})
	}
	return t
}

func (p *Part) pageMine(r *web.Request) (*ui.Page, error) { return p.mine(r, lang.Text{}) }

// mine is what the account's participant is asked, and a form to bind an account.
func (p *Part) mine(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	code, list, err := p.askedOf(r)
	if err != nil {
		return nil, err
	}
	title := lang.T("我的邀约", "What I am asked")
	out := p.o.Page(title, Path, ui.Link{Text: Title, Href: Path}, ui.Link{Text: title, Href: pathMine})
	if code == "" {
		out.Lead = lang.T("此账户尚未绑定响应主体。请填写电网公司给出的绑定码。", "This account is no participant's yet. Give the code that the grid's officer handed over.")
		out.Body = []ui.Block{ui.Form{ID: "claim", Title: lang.T("绑定响应主体", "Bind the account"), Action: pathMine, Submit: lang.T("绑定", "Bind"), Error: wrong, Fields: []ui.Field{{Name: "code", Label: lang.T("绑定码", "Code"), Required: true}}}}
		return out, nil
	}
	out.Lead = lang.T("主体 "+code, "Participant "+code)
	open := []ui.Option{}
	for _, x := range list {
		if x.e.State == Notified {
			open = append(open, ui.Option{Value: x.e.ID, Text: lang.Same(x.e.Span() + " " + x.e.Name)})
		}
	}
	if len(open) > 0 {
		out.Body = append(out.Body, ui.Form{ID: "answer", Title: lang.T("答复邀约", "Answer"), Action: pathMine, Submit: lang.T("提交", "Send"), Error: wrong, Fields: []ui.Field{{Name: "event", Kind: "select", Label: lang.T("事件", "Event"), Options: open},
			{Name: "answer", Kind: "select", Label: lang.T("答复", "Answer"), Options: []ui.Option{{Value: "in", Text: answerWords["in"]}, {Value: "out", Text: answerWords["out"]}}}}})
	}
	out.Body = append(out.Body, askedTable(list, title, true))
	return out, nil
}

func (p *Part) formMine(r *web.Request) (*ui.Page, string, error) {
	var err error
	if secret := r.Form("code"); secret != "" {
		_, err = p.Claim(r.Context(), r.Who, secret)
	} else if r.Form("event") == "" {
		err = errs.Say(errs.Invalid, "请填写绑定码", "give the code")
	} else {
		err = p.Answer(r.Context(), r.Who, r.Form("event"), "", r.Form("answer"))
	}
	if msg, ok := again(err); ok {
		page, err := p.mine(r, msg)
		return page, "", err
	}
	return nil, pathMine, err
}
