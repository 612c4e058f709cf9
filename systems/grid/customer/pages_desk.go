package customer

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/customer/usage"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// Tab is the desk's place among the room's pages.
var Tab = ui.Link{Text: lang.T("用电客户", "Customers"), Href: "/grid/customers"}

const deskPage = 50

func (p *Part) deskRoutes() []web.Route {
	tab := Tab.Href
	return []web.Route{
		{Pattern: "GET " + tab, Grant: GrantServe, Page: func(r *web.Request) (*ui.Page, error) { return p.codePage(r, lang.Text{}) }},
		{Pattern: "POST " + tab + "/codes", Grant: GrantServe, Form: p.formIssue},
		{Pattern: "POST " + tab + "/codes/revoke", Grant: GrantServe, Form: p.formRevoke},
		{Pattern: "GET " + tab + "/bindings", Grant: GrantServe, Page: p.bindingPage},
		{Pattern: "POST " + tab + "/bindings/end", Grant: GrantServe, Form: p.formUnbind},
		{Pattern: "GET " + tab + "/reports", Grant: GrantServe, Page: func(r *web.Request) (*ui.Page, error) { return p.reportPage(r, lang.Text{}) }},
		{Pattern: "POST " + tab + "/reports/take", Grant: GrantServe, Form: func(r *web.Request) (*ui.Page, string, error) { return p.formSettle(r, true) }},
		{Pattern: "POST " + tab + "/reports/dismiss", Grant: GrantServe, Form: func(r *web.Request) (*ui.Page, string, error) { return p.formSettle(r, false) }},
		{Pattern: "POST " + tab + "/notices", Grant: GrantServe, Form: p.formAnnounce},
		{Pattern: "POST " + tab + "/notices/withdraw", Grant: GrantServe, Form: p.formWithdraw},
		{Pattern: "GET " + tab + "/tariffs", Grant: GrantServe, Page: func(r *web.Request) (*ui.Page, error) { return p.tariffPage(r, "", "", lang.Text{}) }},
		{Pattern: "POST " + tab + "/tariffs", Grant: GrantServe, Form: p.formTariff},
		{Pattern: "POST /api/grid/customers/codes.csv", Grant: GrantServe, API: p.apiIssue},
	}
}

// desk makes a page of the desk, with links to the others.
func (p *Part) desk(title lang.Text, href string) *ui.Page {
	out := p.o.Page(title, Tab.Href, Tab, ui.Link{Text: title, Href: href})
	for _, a := range []ui.Link{{Text: lang.T("绑定码", "Codes"), Href: Tab.Href}, {Text: lang.T("绑定关系", "Bindings"), Href: Tab.Href + "/bindings"}, {Text: lang.T("停电报告与预告", "Reports and announcements"), Href: Tab.Href + "/reports"}, {Text: lang.T("电价", "Tariffs"), Href: Tab.Href + "/tariffs"}} {
		if a.Href != href {
			out.Actions = append(out.Actions, ui.Action{Text: a.Text, Href: a.Href})
		}
	}
	return out
}

var codeStates = []ui.Option{{Text: lang.T("全部状态", "All")}, {Value: "open", Text: lang.T("未使用", "Unused")}, {Value: "used", Text: lang.T("已使用", "Used")}, {Value: "expired", Text: lang.T("已过期", "Expired")}, {Value: "revoked", Text: lang.T("已作废", "Revoked")}}

func (p *Part) codeTag(c code) *ui.Tag {
	switch {
	case !c.used.IsZero():
		return &ui.Tag{Status: ui.StatusMet, Text: codeStates[2].Text}
	case !c.revoked.IsZero():
		return &ui.Tag{Status: ui.StatusNone, Text: codeStates[4].Text}
	case !c.expires.After(p.o.Clock.Now()):
		return &ui.Tag{Status: ui.StatusNone, Text: codeStates[3].Text}
	}
	return &ui.Tag{Status: ui.StatusOn, Text: codeStates[1].Text}
}

// meterQuery reads which meter a list is asked for: its key, 0 for all, -1 for one that is not known.
func (p *Part) meterQuery(r *web.Request) int64 {
	address := strings.TrimSpace(r.Query("meter"))
	if address == "" {
		return 0
	}
	if _, m, ok := p.o.Book.Find(address); ok {
		return m.Num
	}
	return -1
}

// readAfter reads the page mark of a list that goes by ids.
func readAfter(r *web.Request) (string, error) {
	if r.Query("after") == "" {
		return "", nil
	}
	parts, err := store.Uncursor(r.Query("after"), 1)
	if err != nil {
		return "", err
	}
	return parts[0], nil
}

func (p *Part) address(num int64) string {
	m, _ := p.o.Book.ByNum(num)
	return m.Address
}

// codePage lists the codes, and issues new ones.
func (p *Part) codePage(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	after, err := readAfter(r)
	if err != nil {
		return nil, err
	}
	list, err := p.codes(r.Context(), p.meterQuery(r), r.Query("state"), after, deskPage+1)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "codes", Title: lang.T("绑定码", "Codes"), Path: Tab.Href, Total: -1, Paged: after != "", Query: map[string]string{"meter": r.Query("meter"), "state": r.Query("state")},
		Search:  &ui.Field{Name: "meter", Label: lang.T("电表号", "Meter"), Value: r.Query("meter")},
		Filters: []ui.Field{{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: r.Query("state"), Options: codeStates}},
		Columns: []ui.Column{{Key: "meter", Text: lang.T("电表", "Meter")}, {Key: "issued", Text: lang.T("签发", "Issued")}, {Key: "by", Text: lang.T("签发人", "By")}, {Key: "expires", Text: lang.T("有效至", "Until")}, {Key: "state", Text: lang.T("状态", "State")}},
		Post:    &ui.BulkAction{Text: lang.T("作废所选", "Revoke"), Href: Tab.Href + "/codes/revoke", Confirm: lang.T("作废后，印出的码不能再用。继续？", "The printed codes will not work any more. Go on?")},
		Empty:   lang.T("没有符合条件的绑定码。", "No codes match.")}
	if len(list) > deskPage {
		list = list[:deskPage]
		t.Next = store.Cursor(list[deskPage-1].id)
	}
	for _, c := range list {
		t.Rows = append(t.Rows, ui.Row{ID: c.id, Cells: []ui.Cell{{Text: lang.Same(p.address(c.meter)), Strong: true}, {Time: c.issued}, {Text: p.o.People.ActorName(r.Context(), c.by)}, {Time: c.expires}, {Tag: p.codeTag(c)}}})
	}
	districts := []ui.Option{{Text: lang.T("不限", "Any")}}
	for _, d := range region.Districts {
		districts = append(districts, ui.Option{Value: d.Code, Text: d.Name})
	}
	out := p.desk(lang.T("绑定码", "Codes"), Tab.Href)
	out.Lead = lang.T("绑定码印在账单上，客户凭码绑定本户电表。每码一次有效，90 天到期；系统只存散列值，签发后不能再看到。", "Codes are printed on bills; a customer binds their meter with one. Each works once, for 90 days; only a hash is kept, so that it is seen at its issue and never again.")
	out.Body = []ui.Block{t, ui.Form{ID: "issue", Title: lang.T("签发绑定码", "Issue codes"), Action: Tab.Href + "/codes", Submit: lang.T("签发并显示 CSV", "Issue and show as CSV"), Error: wrong, Fields: []ui.Field{
		{Name: "meters", Kind: "textarea", Label: lang.T("电表号", "Meters"), Value: r.Form("meters"), Help: lang.T("每行一个；也可留空，按下面的条件批量签发", "one a line; or empty, and all that match below")},
		{Name: "feeder", Label: lang.T("线路", "Feeder"), Value: r.Form("feeder")},
		{Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: r.Form("district"), Options: districts, Help: lang.T(fmt.Sprintf("页面一次最多 %d 个；更多请由账单系统调用接口 POST /api/grid/customers/codes.csv（一次最多 %d 个）", maxShown, maxIssue), fmt.Sprintf("at most %d on a page; for more let the billing system call POST /api/grid/customers/codes.csv (%d at a time)", maxShown, maxIssue))}}}}
	return out, nil
}

// maxShown is how many codes a page shows.
const maxShown = 1000

// chosen finds the meters that a request means: those that it lists, or those on a feeder or in a district.
func (p *Part) chosen(meters, feeder, district string, most int) (out []book.Meter, err error) {
	for _, address := range strings.Fields(strings.ReplaceAll(meters, ",", " ")) {
		_, m, ok := p.o.Book.Find(address)
		if !ok {
			return nil, errs.Say(errs.Invalid, "档案中没有电表 %s", "meter %s is not in the archive", address)
		}
		out = append(out, m)
	}
	if feeder = strings.TrimSpace(feeder); len(out) == 0 && (feeder != "" || district != "") {
		p.o.Book.Each(func(m book.Meter) {
			if !m.Retired && (feeder == "" || m.Feeder == feeder) && (district == "" || m.District == district) && len(out) <= most {
				out = append(out, m)
			}
		})
	}
	if len(out) == 0 || len(out) > most {
		return nil, errs.Say(errs.Invalid, "请指定 1 至 %d 只电表：填写电表号、线路或区", "name 1 to %d meters: by their numbers, a feeder or a district", most)
	}
	return out, nil
}

// writeCodes writes codes as they are printed.
func writeCodes(w io.Writer, list []Issued, spreadsheet bool) error {
	out := sheet.New(w, spreadsheet)
	_ = out.Write("meter", "district", "feeder", "code", "expires") // errors are kept for Flush
	for _, c := range list {
		_ = out.Write(c.Meter.Address, c.Meter.District, c.Meter.Feeder, c.Code, c.Expires.In(book.China).Format(time.DateOnly))
	}
	return out.Flush()
}

func (p *Part) formIssue(r *web.Request) (*ui.Page, string, error) {
	meters, err := p.chosen(r.Form("meters"), r.Form("feeder"), r.Form("district"), maxShown)
	var list []Issued
	if err == nil {
		list, err = p.Issue(r.Context(), r.Who, meters)
	}
	if msg, ok := told(err); ok {
		page, err := p.codePage(r, msg)
		return page, "", err
	}
	if err != nil {
		return nil, "", err
	}
	var b strings.Builder
	if err := writeCodes(&b, list, false); err != nil {
		return nil, "", err
	}
	out := p.desk(lang.T("已签发的绑定码", "Codes issued"), Tab.Href+"/codes")
	out.Body = []ui.Block{ui.Notice{Kind: "warn", Text: lang.T("以下内容只显示这一次，请立即保存并交付打印。", "This is shown once and never again: save it now and have it printed.")},
		ui.Code{ID: "issued", Title: lang.T(fmt.Sprintf("绑定码 %d 个（CSV）", len(list)), fmt.Sprintf("%d codes (CSV)", len(list))), Text: b.String()}}
	return out, "", nil
}

// apiIssue issues codes for a billing system: query feeder or district, or a body of meters one a line.
func (p *Part) apiIssue(r *web.Request) (any, error) {
	var meters strings.Builder
	in := csv.NewReader(r.HTTP.Body)
	in.FieldsPerRecord = -1
	for {
		row, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errs.Because(err, errs.Invalid, "请求内容应为每行一个电表号", "the body is to have one meter a line")
		}
		meters.WriteString(row[0] + "\n")
	}
	chosen, err := p.chosen(meters.String(), r.Query("feeder"), r.Query("district"), maxIssue)
	if err != nil {
		return nil, err
	}
	list, err := p.Issue(r.Context(), r.Who, chosen)
	if err != nil {
		return nil, err
	}
	return web.Reply{Type: sheet.Type, Name: "codes.csv", Body: func(w io.Writer) error { return writeCodes(w, list, r.Query("bom") == "1") }}, nil
}

// each runs fn over the ticked rows of a list; those that are settled already are passed over.
func each(r *web.Request, fn func(id string) error) error {
	for _, id := range r.HTTP.PostForm["id"] {
		if err := fn(id); err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return nil
}

func (p *Part) formRevoke(r *web.Request) (*ui.Page, string, error) {
	return nil, Tab.Href, each(r, func(id string) error { return p.Revoke(r.Context(), r.Who, id) })
}

// bindingPage lists which meters have accounts; the accounts' names are nobody's business here.
func (p *Part) bindingPage(r *web.Request) (*ui.Page, error) {
	after, err := readAfter(r)
	if err != nil {
		return nil, err
	}
	list, err := p.bindings(r.Context(), qBindings, p.meterQuery(r), after, deskPage+1)
	if err != nil {
		return nil, err
	}
	href := Tab.Href + "/bindings"
	t := ui.Table{ID: "bindings", Title: lang.T("绑定关系", "Bindings"), Path: href, Total: -1, Paged: after != "", Query: map[string]string{"meter": r.Query("meter")},
		Search:  &ui.Field{Name: "meter", Label: lang.T("电表号", "Meter"), Value: r.Query("meter")},
		Columns: []ui.Column{{Key: "meter", Text: lang.T("电表", "Meter")}, {Key: "since", Text: lang.T("绑定时间", "Since")}},
		Post:    &ui.BulkAction{Text: lang.T("解除所选", "End"), Href: href + "/end", Confirm: lang.T("解除后，相应账户即不能查看该表。继续？", "The accounts will not see these meters any more. Go on?")},
		Empty:   lang.T("没有符合条件的绑定。", "No bindings match.")}
	if len(list) > deskPage {
		list = list[:deskPage]
		t.Next = store.Cursor(list[deskPage-1].id)
	}
	for _, b := range list {
		t.Rows = append(t.Rows, ui.Row{ID: b.id, Cells: []ui.Cell{{Text: lang.Same(p.address(b.meter)), Strong: true}, {Time: b.since}}})
	}
	out := p.desk(lang.T("绑定关系", "Bindings"), href)
	out.Lead = lang.T("客户迁出或过户时，在此解除其与电表的绑定。本页不显示账号。", "When a customer moves out, end their sight of the meter here. Accounts are not named.")
	out.Body = []ui.Block{t}
	return out, nil
}

func (p *Part) formUnbind(r *web.Request) (*ui.Page, string, error) {
	return nil, Tab.Href + "/bindings", each(r, func(id string) error { return p.Unbind(r.Context(), r.Who, id) })
}

// reportPage lists what customers tell of, and what is announced to them.
func (p *Part) reportPage(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	after, err := readAfter(r)
	if err != nil {
		return nil, err
	}
	list, err := p.reports(r.Context(), qReports, "open", "", after, deskPage+1)
	if err != nil {
		return nil, err
	}
	coming, err := p.notices(r.Context(), "")
	if err != nil {
		return nil, err
	}
	href := Tab.Href + "/reports"
	t := ui.Table{ID: "open-reports", Title: lang.T("待受理的停电报告", "Reports that wait"), Path: href, Total: -1, Paged: after != "", Empty: lang.T("没有待受理的报告。", "No report waits."),
		Columns: []ui.Column{{Key: "meter", Text: lang.T("电表", "Meter")}, {Key: "feeder", Text: lang.T("线路", "Feeder")}, {Key: "began", Text: lang.T("停电开始", "Since")}, {Key: "at", Text: lang.T("提交", "Sent")}, {Key: "note", Text: lang.T("说明", "Note")}},
		Post:    &ui.BulkAction{Text: lang.T("受理所选，登记停电", "Take up as outages"), Href: href + "/take"}}
	if len(list) > deskPage {
		list = list[:deskPage]
		t.Next = store.Cursor(list[deskPage-1].id)
	}
	var ids []ui.Option
	for _, x := range list {
		m, _ := p.o.Book.ByNum(x.meter)
		t.Rows = append(t.Rows, ui.Row{ID: x.id, Cells: []ui.Cell{{Text: lang.Same(m.Address), Href: "/grid/meters/" + m.Address, Strong: true}, {Text: lang.Same(m.Feeder)}, {Time: x.began}, {Time: x.at}, {Text: lang.Same(x.note)}}})
		ids = append(ids, ui.Option{Value: x.id, Text: lang.Same(m.Address + "  " + x.at.In(book.China).Format("01-02 15:04"))})
	}
	out := p.desk(lang.T("停电报告与预告", "Reports and announcements"), href)
	out.Body = []ui.Block{t}
	if len(ids) > 0 {
		out.Body = append(out.Body, ui.Form{ID: "dismiss", Title: lang.T("不予受理", "Set aside"), Action: href + "/dismiss", Submit: lang.T("不予受理", "Set aside"), Fields: []ui.Field{{Name: "id", Kind: "select", Label: lang.T("报告", "Report"), Options: ids}}})
	}
	example := lang.T("形如 2015-11-21 09:00", "like 2015-11-21 09:00")
	out.Body = append(out.Body, noticeTable(coming), ui.Form{ID: "announce", Title: lang.T("发布停电预告", "Announce an interruption"), Action: Tab.Href + "/notices", Submit: lang.T("发布", "Announce"), Error: wrong, Fields: []ui.Field{
		{Name: "feeder", Label: lang.T("线路", "Feeder"), Value: r.Form("feeder"), Required: true}, {Name: "starts", Label: lang.T("开始", "From"), Value: r.Form("starts"), Required: true, Help: example}, {Name: "ends", Label: lang.T("结束", "To"), Value: r.Form("ends"), Required: true, Help: example}, {Name: "text", Label: lang.T("说明", "Note"), Value: r.Form("text")}}})
	return out, nil
}

// noticeTable lists what is announced.
func noticeTable(coming []notice) ui.Table {
	n := ui.Table{ID: "notices", Title: lang.T("停电预告", "Announced interruptions"), Path: Tab.Href + "/reports", Total: -1, Empty: lang.T("没有预告。", "Nothing is announced."), Columns: []ui.Column{{Key: "feeder", Text: lang.T("线路", "Feeder")}, {Key: "from", Text: lang.T("开始", "From")}, {Key: "to", Text: lang.T("结束", "To")}, {Key: "text", Text: lang.T("说明", "Note")}},
		Post: &ui.BulkAction{Text: lang.T("撤回所选", "Withdraw"), Href: Tab.Href + "/notices/withdraw"}}
	for _, x := range coming {
		n.Rows = append(n.Rows, ui.Row{ID: x.id, Cells: []ui.Cell{{Text: lang.Same(x.feeder), Strong: true}, {Time: x.starts}, {Time: x.ends}, {Text: lang.Same(x.text)}}})
	}
	return n
}

func (p *Part) formSettle(r *web.Request, take bool) (*ui.Page, string, error) {
	return nil, Tab.Href + "/reports", each(r, func(id string) error { return p.Settle(r.Context(), r.Who, id, take) })
}

func (p *Part) formAnnounce(r *web.Request) (*ui.Page, string, error) {
	starts, err := readTime(r.Form("starts"))
	ends, err2 := readTime(r.Form("ends"))
	if err == nil {
		err = err2
	}
	if err == nil {
		err = p.Announce(r.Context(), r.Who, strings.TrimSpace(r.Form("feeder")), starts, ends, r.Form("text"))
	}
	if msg, ok := told(err); ok {
		page, err := p.reportPage(r, msg)
		return page, "", err
	}
	return nil, Tab.Href + "/reports", err
}

func (p *Part) formWithdraw(r *web.Request) (*ui.Page, string, error) {
	return nil, Tab.Href + "/reports", each(r, func(id string) error { return p.Withdraw(r.Context(), r.Who, id) })
}

// tariffPage shows the tariffs and takes new ones; category and text are what was typed where it was wrong.
func (p *Part) tariffPage(r *web.Request, category, text string, wrong lang.Text) (*ui.Page, error) {
	href := Tab.Href + "/tariffs"
	out := p.desk(lang.T("电价", "Tariffs"), href)
	out.Lead = lang.T("录入后，客户可看到电费估算；未录入的类别不作估算。", "With a tariff, customers see what their usage may cost; kinds without one see no figure.")
	options := []ui.Option{}
	for _, c := range book.Categories {
		t, body, set, err := p.tariff(r.Context(), c.Category)
		if err != nil {
			return nil, err
		}
		options = append(options, ui.Option{Value: string(c.Category), Text: c.Text})
		if !set {
			body = "—"
		}
		out.Body = append(out.Body, ui.Code{ID: "tariff-" + string(c.Category), Title: lang.T(c.Text.Zh+kindWords[t.Kind].Zh, c.Text.En+kindWords[t.Kind].En), Text: body})
	}
	out.Body = append(out.Body, ui.Form{ID: "tariff", Title: lang.T("录入电价", "Put a tariff in"), Action: href, Submit: lang.T("保存", "Save"), Error: wrong, Fields: []ui.Field{
		{Name: "category", Kind: "select", Label: lang.T("用电类别", "Kind of customer"), Value: category, Options: options},
		{Name: "kind", Kind: "select", Label: lang.T("计价方式", "Kind of tariff"), Value: r.Form("kind"), Options: []ui.Option{{Value: usage.Tiered, Text: lang.T("阶梯（按月）", "Tiers (by month)")}, {Value: usage.ByTime, Text: lang.T("分时", "By time of day")}}},
		{Name: "body", Kind: "textarea", Label: lang.T("电价（元/kWh）", "Prices (CNY a kWh)"), Value: text, Help: lang.T("阶梯：每行“上限电量 单价”，末档上限写“-”。分时：每行“00:00-08:00 单价”，写满全天。留空则停止估算。", "Tiers: lines “limit price”, the last limit “-”. By time: lines “00:00-08:00 price” over the whole day. Empty ends the estimates.")}}})
	return out, nil
}

var kindWords = map[string]lang.Text{usage.Tiered: lang.T("（阶梯）", " (tiers)"), usage.ByTime: lang.T("（分时）", " (by time)")}

func (p *Part) formTariff(r *web.Request) (*ui.Page, string, error) {
	err := p.SetTariff(r.Context(), r.Who, book.Category(r.Form("category")), r.Form("kind"), r.Form("body"))
	if msg, ok := told(err); ok {
		page, err := p.tariffPage(r, r.Form("category"), r.Form("body"), msg)
		return page, "", err
	}
	return nil, Tab.Href + "/tariffs", err
}
