package customer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/customer/usage"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pathOwn is a customer's list of meters; each meter's page stands below it.
const pathOwn = "/my/grid"

var source = lang.T("智能电网", "Smart grid")

// Routes are the pages and interfaces: the customer's, and the officers' desk.
func (p *Part) Routes() []web.Route {
	return append([]web.Route{
		{Pattern: "GET " + pathOwn, Grant: GrantOwn, Page: func(r *web.Request) (*ui.Page, error) { return p.ownPage(r, lang.Text{}) }},
		{Pattern: "POST " + pathOwn, Grant: GrantOwn, Form: p.formRedeem},
		{Pattern: "GET " + pathOwn + "/{address}", Grant: GrantOwn, Page: func(r *web.Request) (*ui.Page, error) { return p.meterPage(r, lang.Text{}) }},
		{Pattern: "POST " + pathOwn + "/{address}/report", Grant: GrantOwn, Form: p.formReport},
		{Pattern: "POST " + pathOwn + "/{address}/end", Grant: GrantOwn, Form: p.formEnd},
		{Pattern: "GET /api/grid/my", Grant: GrantOwn, API: p.apiMine},
		{Pattern: "GET /api/grid/my/{address}/usage.csv", Grant: GrantOwn, API: p.apiCSV},
		{Pattern: "GET /api/grid/my/{address}/usage.xml", Grant: GrantOwn, API: p.apiESPI},
	}, p.deskRoutes()...)
}

func crumbs(more ...ui.Link) []ui.Link {
	return append([]ui.Link{{Text: lang.T("我的首页", "My page"), Href: "/my"}, {Text: lang.T("我的用电", "My electricity"), Href: pathOwn}}, more...)
}

// start is this room's part of a customer's start page.
func (p *Part) start(r *web.Request) ([]ui.Block, error) {
	all, err := p.bindings(r.Context(), qBound, r.Who.Person())
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return []ui.Block{ui.Notice{ID: "no-meter", Kind: "info", Text: lang.T("您还没有绑定电表。请用电费账单上的绑定码绑定。", "No meter is bound to your account yet. Use the code on your bill."), Link: &ui.Link{Text: lang.T("绑定电表", "Bind a meter"), Href: pathOwn}}}, nil
	}
	var out []ui.Block
	for _, b := range all {
		m, ok := p.o.Book.ByNum(b.meter)
		if !ok {
			continue
		}
		v, err := p.view(r.Context(), m, p.today())
		if err != nil {
			return nil, err
		}
		href := pathOwn + "/" + m.Address
		out = append(out, ui.Panel{ID: "meter-" + m.Address, Title: meterName(m.Address), More: &ui.Link{Text: lang.T("查看", "Open"), Href: href}, Body: append(p.warnings(v), v.tiles(""))})
	}
	return out, nil
}

// meterName is a meter as its customer knows it: by the number printed on it.
func meterName(address string) lang.Text { return lang.T("电表 "+address, "Meter "+address) }

func (p *Part) today() book.Day { return book.DayOf(p.o.Clock.Now().UnixMicro()) }

// ownPage lists a customer's meters, and binds another.
func (p *Part) ownPage(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	all, err := p.bindings(r.Context(), qBound, r.Who.Person())
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "my-meters", Title: lang.T("我的电表", "My meters"), Empty: lang.T("还没有绑定电表。", "No meter is bound yet."), Columns: []ui.Column{
		{Key: "meter", Text: lang.T("电表", "Meter")}, {Key: "district", Text: lang.T("区", "District")}, {Key: "kind", Text: lang.T("类别", "Kind")}, {Key: "since", Text: lang.T("绑定时间", "Bound since")}}}
	for _, b := range all {
		m, ok := p.o.Book.ByNum(b.meter)
		if !ok {
			continue
		}
		t.Rows = append(t.Rows, ui.Row{ID: "m-" + m.Address, Cells: []ui.Cell{{Text: lang.Same(m.Address), Href: pathOwn + "/" + m.Address, Strong: true}, {Text: book.DistrictName(m.District)}, {Text: m.Category.Text()}, {Time: b.since}}})
	}
	t.Total = int64(len(t.Rows))
	return &ui.Page{Title: lang.T("我的用电", "My electricity"), Nav: "my-grid", Crumbs: crumbs()[:2], Body: []ui.Block{t,
		ui.Form{ID: "bind", Title: lang.T("绑定电表", "Bind a meter"), Action: pathOwn, Submit: lang.T("绑定", "Bind"), Error: wrong, Fields: []ui.Field{
			{Name: "code", Label: lang.T("绑定码", "Code"), Required: true, Autocomplete: "off", Placeholder: lang.Same("XXXX-XXXX-XXXX-XXXX"),
				Help: lang.T("印在电费账单上，16 位，只能使用一次。同户家人各用一码；没有账单可到营业厅办理。", "Printed on your bill: 16 signs, for one use. Each member of a household needs one; without a bill, ask at the counter.")}}}}}, nil
}

func (p *Part) formRedeem(r *web.Request) (*ui.Page, string, error) {
	address, err := p.Redeem(r.Context(), r.Who, r.Form("code"))
	if msg, ok := told(err); ok {
		page, err := p.ownPage(r, msg)
		return page, "", err
	}
	return nil, pathOwn + "/" + address, err
}

// told gives the words of a refusal that a person can act on, to be said on the form.
func told(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) || errs.Is(err, errs.Busy))
}

// queryDay reads the day of a request: today where it names none, none after today or before the binding's past year.
func (p *Part) queryDay(r *web.Request) (book.Day, error) {
	today := p.today()
	text := r.Query("day")
	if text == "" {
		return today, nil
	}
	d, ok := book.ParseDay(text)
	if !ok || d > today || d < today-400 {
		return 0, errs.Say(errs.Invalid, "日期应形如 2015-11-20，在最近 400 天内", "a day is written like 2015-11-20 and lies within the last 400 days")
	}
	return d, nil
}

func (p *Part) formReport(r *web.Request) (*ui.Page, string, error) {
	m, _, err := p.mine(r.Context(), r.Who, r.Path("address"))
	if err != nil {
		return nil, "", err
	}
	began, err := readTime(r.Form("began"))
	if err == nil {
		err = p.Report(r.Context(), r.Who, m, began, r.Form("note"))
	}
	if msg, ok := told(err); ok {
		page, err := p.meterPage(r, msg)
		return page, "", err
	}
	return nil, pathOwn + "/" + m.Address + "#reports", err
}

// readTime reads a time as forms bear it, in China: 2015-11-20 09:30.
func readTime(text string) (time.Time, error) {
	t, err := time.ParseInLocation("2006-01-02 15:04", strings.Replace(strings.TrimSpace(text), "T", " ", 1), book.China)
	if err != nil {
		return t, errs.Say(errs.Invalid, "时间应形如 2015-11-20 09:30", "a time is written like 2015-11-20 09:30")
	}
	return t, nil
}

func (p *Part) formEnd(r *web.Request) (*ui.Page, string, error) {
	_, b, err := p.mine(r.Context(), r.Who, r.Path("address"))
	if err != nil {
		return nil, "", err
	}
	return nil, pathOwn, p.Unbind(r.Context(), r.Who, b.id)
}

// apiMine answers a customer's meters and what they drew.
func (p *Part) apiMine(r *web.Request) (any, error) {
	all, err := p.bindings(r.Context(), qBound, r.Who.Person())
	if err != nil {
		return nil, err
	}
	type line struct {
		Address   string    `json:"address"`
		Since     time.Time `json:"boundSince"`
		Newest    time.Time `json:"newest,omitzero"`
		Register  string    `json:"registerKWh,omitempty"`
		Today     string    `json:"todayKWh,omitempty"`
		Yesterday string    `json:"yesterdayKWh,omitempty"`
		Month     string    `json:"monthKWh,omitempty"`
		Last      string    `json:"lastMonthKWh,omitempty"`
	}
	out := struct {
		Meters []line `json:"meters"`
	}{[]line{}}
	for _, b := range all {
		m, ok := p.o.Book.ByNum(b.meter)
		if !ok {
			continue
		}
		v, err := p.view(r.Context(), m, p.today())
		if err != nil {
			return nil, err
		}
		x := line{Address: m.Address, Since: b.since, Today: decimal(v.today), Yesterday: decimal(v.yesterday), Month: decimal(v.month), Last: decimal(v.last)}
		if v.newest.At != 0 {
			x.Newest, x.Register = time.UnixMicro(v.newest.At).In(book.China), kwh4(v.newest.Value)
		}
		out.Meters = append(out.Meters, x)
	}
	return out, nil
}

// kwh4 writes an energy exactly.
func kwh4(v int64) string { return fmt.Sprintf("%d.%04d", v/10_000, v%10_000) }

func decimal(s usage.Sum) string {
	if !s.Known {
		return ""
	}
	return kwh4(s.Energy)
}

// view is what a meter's page shows, read at once.
type view struct {
	m                             book.Meter
	now                           time.Time
	day                           book.Day
	points                        []usage.Point // of this month, the last, and the day shown
	newest                        usage.Point
	today, yesterday, month, last usage.Sum
	sofar                         usage.Sum // of the last month, up to the same moment of it
	monthFrom, lastFrom           book.Day
}

func (p *Part) view(ctx context.Context, m book.Meter, day book.Day) (v view, err error) {
	v = view{m: m, now: p.o.Clock.Now(), day: day}
	at := v.now.In(book.China)
	first := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, book.China)
	v.monthFrom, v.lastFrom = book.DayOf(first.UnixMicro()), book.DayOf(first.AddDate(0, -1, 0).UnixMicro())
	today := book.DayOf(v.now.UnixMicro())
	if v.points, err = p.points(ctx, m.Num, v.lastFrom, today); err != nil {
		return v, errs.Wrap("read a customer's meter", err)
	}
	if n := len(v.points); n > 0 {
		v.newest = v.points[n-1]
	}
	now := v.now.UnixMicro()
	sum := func(from, to int64) usage.Sum { return usage.Between(v.points, from, to, now, p.o.Tolerance) }
	v.today, v.yesterday = sum(today.Start(), (today+1).Start()), sum((today-1).Start(), today.Start())
	v.month, v.last = sum(v.monthFrom.Start(), (today+1).Start()), sum(v.lastFrom.Start(), v.monthFrom.Start())
	v.sofar = sum(v.lastFrom.Start(), min(v.monthFrom.Start(), v.lastFrom.Start()+now-v.monthFrom.Start()))
	if day < v.lastFrom { // an older day is read for itself
		older, err := p.points(ctx, m.Num, day, day)
		if err != nil {
			return v, errs.Wrap("read a customer's meter", err)
		}
		v.points = append(older, v.points...)
	}
	return v, nil
}
