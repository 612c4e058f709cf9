package order

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// The places of this part.
const (
	pathList   = "/grid/orders"
	pathNew    = "/grid/orders/new"
	pathClocks = "/grid/clocks"
	pathGuards = "/grid/orders/guards"
	pageSize   = 50
)

// Tab is where the room's pages link to.
var Tab = ui.Link{Text: lang.T("电表指令", "Orders"), Href: pathList}

// Routes are the pages and interfaces.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /grid/orders", Grant: grantRead, Page: p.pageList},
		{Pattern: "GET /grid/orders/new", Grant: GrantAsk, Page: p.pageNew},
		{Pattern: "POST /grid/orders/new", Grant: GrantAsk, Form: p.formNew},
		{Pattern: "GET /grid/orders/guards", Grant: grantRead, Page: p.pageGuards},
		{Pattern: "POST /grid/orders/guards", Grant: GrantApprove, Form: p.formGuards},
		{Pattern: "POST /grid/orders/settings", Grant: GrantApprove, Form: p.formSettings},
		{Pattern: "GET /grid/orders/{id}", Grant: grantRead, Page: p.pageOne},
		{Pattern: "POST /grid/orders/{id}/approve", Grant: GrantApprove, Form: p.formApprove},
		{Pattern: "POST /grid/orders/{id}/approve-batch", Grant: GrantApprove, Form: p.formApproveBatch},
		{Pattern: "POST /grid/orders/{id}/refuse", Grant: GrantApprove, Form: p.formRefuse},
		{Pattern: "POST /grid/orders/{id}/withdraw", Grant: GrantAsk, Form: p.formWithdraw},
		{Pattern: "GET /grid/clocks", Grant: grantRead, Page: p.pageClocks},
		{Pattern: "POST /grid/clocks", Grant: GrantAsk, Form: p.formClocks},
		{Pattern: "POST /grid/clocks/broadcast", Grant: GrantAsk, Form: p.formBroadcast},
		{Pattern: "GET /api/grid/orders", Grant: grantRead, API: p.apiList},
		{Pattern: "POST /api/grid/orders", Grant: GrantAsk, API: p.apiAsk},
		{Pattern: "GET /api/grid/orders.csv", Grant: grantRead, API: p.apiCSV},
		{Pattern: "GET /api/grid/orders/{id}", Grant: grantRead, API: p.apiOne},
		{Pattern: "POST /api/grid/orders/{id}/approve", Grant: GrantApprove, API: p.apiApprove},
		{Pattern: "POST /api/grid/orders/{id}/refuse", Grant: GrantApprove, API: p.apiRefuse},
		{Pattern: "POST /api/grid/orders/{id}/withdraw", Grant: GrantAsk, API: p.apiWithdraw},
		{Pattern: "GET /api/grid/clocks", Grant: grantRead, API: p.apiClocks},
		{Pattern: "GET /api/grid/clocks.csv", Grant: grantRead, API: p.apiClocksCSV},
	}
}

// selection reads what a list is to show.
func selection(r *web.Request) (s Select, err error) {
	s = Select{State: r.Query("state"), Kind: r.Query("kind"), Person: r.Query("person"), Meter: strings.TrimSpace(r.Query("meter")), Batch: r.Query("batch"), Sort: r.Query("sort"), After: r.Query("after"), Limit: pageSize}
	if s.Person == "me" {
		s.Person = r.Who.ID
	}
	switch {
	case s.State != "" && State(s.State).at() < 0:
		return s, errs.Say(errs.Invalid, "状态“%s”无法识别", "state %q is not known", s.State)
	case s.Kind != "" && Kind(s.Kind).at() < 0:
		return s, errs.Say(errs.Invalid, "指令“%s”无法识别", "there is no order %q", s.Kind)
	case s.Sort != "" && s.Sort != "asked" && s.Sort != "-asked":
		return s, errs.Say(errs.Invalid, "排序“%s”无法识别，可用 asked、-asked", "cannot sort by %q: asked or -asked", s.Sort)
	}
	return s, nil
}

func keep(r *web.Request, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		if v := r.Query(n); v != "" {
			out[n] = v
		}
	}
	return out
}

func query(path string, q map[string]string, more ...string) string {
	v := url.Values{}
	for k, x := range q {
		v.Set(k, x)
	}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return path + "?" + v.Encode()
}

// counts are the orders by state.
func (p *Part) counts(ctx context.Context) (map[State]int64, error) {
	out := map[State]int64{}
	err := p.o.DB.Read(ctx, func(tx *store.Tx) error {
		clear(out)
		return tx.Each(qByState, nil, func(scan func(...any) error) error {
			var s string
			var n int64
			err := scan(&s, &n)
			out[State(s)] = n
			return err
		})
	})
	return out, errs.Wrap("count orders by state", err)
}

// pageList is the orders, with how many wait for approval.
func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	sel, err := selection(r)
	if err != nil {
		return nil, err
	}
	rows, total, next, err := p.find(r.Context(), sel)
	if err != nil {
		return nil, err
	}
	n, err := p.counts(r.Context())
	if err != nil {
		return nil, err
	}
	out := p.o.Page(Tab.Text, pathList, Tab)
	out.Lead = lang.T("停复电指令由一人申请、另一人审批，对重要用户停电另须第三人确认；只下发一次，以读回的继电器状态或时钟为准。", "An order to a relay is asked by one person and approved by another, and needs a third where the customer is protected. It is sent once, and counts when the relay or the clock was read back.")
	if r.Who.Can(GrantAsk) {
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("申请指令", "Ask for an order"), Href: pathNew, Primary: true})
	}
	out.Actions = append(out.Actions, ui.Action{Text: lang.T("电表时钟", "Clocks"), Href: pathClocks}, ui.Action{Text: lang.T("重要用户", "Protected customers"), Href: pathGuards})
	tiles := ui.Tiles{ID: "order-tiles", Title: lang.T("指令概况", "Orders by state")}
	for _, s := range []State{Asked, Approved, Unproven, Failed, Proven} {
		tiles.Items = append(tiles.Items, ui.Tile{ID: "orders-" + string(s), Name: s.Text(), Value: ui.Grouped(n[s]), Unit: lang.T("条", "orders"), Source: lang.T("智能电网", "Smart grid"), Href: pathList + "?state=" + string(s)})
	}
	out.Body = []ui.Block{tiles, p.table(r, sel, rows, total, next)}
	return out, nil
}

func (p *Part) table(r *web.Request, sel Select, rows []Order, total int64, next string) ui.Table {
	stateOptions := []ui.Option{{Text: lang.T("全部状态", "All states")}}
	for _, s := range states {
		stateOptions = append(stateOptions, ui.Option{Value: string(s.State), Text: s.text})
	}
	kindOptions := []ui.Option{{Text: lang.T("全部指令", "All orders")}}
	for _, k := range kinds {
		kindOptions = append(kindOptions, ui.Option{Value: string(k.Kind), Text: k.text})
	}
	t := ui.Table{ID: "orders", Title: lang.T("指令清单", "List of orders"), Total: total, Next: next, Paged: sel.After != "", Path: pathList, Sort: sel.Sort, Query: keep(r, "state", "kind", "person", "meter", "batch", "sort"),
		Columns: []ui.Column{{Key: "asked", Text: lang.T("申请时间", "Asked"), Num: true, Sortable: true}, {Key: "kind", Text: lang.T("指令", "Order")}, {Key: "meter", Text: lang.T("电表号", "Meter")}, {Key: "asker", Text: lang.T("申请人", "Asked by")},
			{Key: "approver", Text: lang.T("审批人", "Approved by")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "proof", Text: lang.T("核实", "Proof")}},
		Search: &ui.Field{Name: "meter", Label: lang.T("电表号", "Meter"), Placeholder: lang.T("12 位电表号", "12 digits"), Value: sel.Meter},
		Filters: []ui.Field{{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: sel.State, Options: stateOptions}, {Name: "kind", Kind: "select", Label: lang.T("指令", "Order"), Value: sel.Kind, Options: kindOptions},
			{Name: "person", Kind: "select", Label: lang.T("人员", "Person"), Value: r.Query("person"), Options: []ui.Option{{Text: lang.T("所有人", "Everybody")}, {Value: "me", Text: lang.T("与我有关", "Mine")}}}},
		Empty: lang.T("没有符合条件的指令。", "No order fits.")}
	t.Exports = []ui.Link{{Text: lang.Same("CSV"), Href: query("/api/grid/orders.csv", t.Query, "bom", "1")}}
	for _, o := range rows {
		t.Rows = append(t.Rows, ui.Row{ID: "o-" + o.ID, Cells: []ui.Cell{{Time: o.Asked, Href: pathList + "/" + o.ID, Strong: true}, {Text: o.Kind.Text(), Href: pathList + "/" + o.ID}, {Text: lang.Same(o.Meter), Href: "/grid/meters/" + o.Meter},
			{Text: p.name(r.Context(), o.Asker)}, {Text: p.name(r.Context(), o.Approver)}, {Tag: o.State.tag()}, {Text: proven(o.Proof)}}})
	}
	return t
}

func (p *Part) name(ctx context.Context, id string) lang.Text {
	if id == "" {
		return lang.Same(ui.None)
	}
	return p.o.People.ActorName(ctx, id)
}

func proven(proof string) lang.Text {
	if proof == "" {
		return lang.Same(ui.None)
	}
	return proofText(proof)
}

// pageClocks lists the clocks that are off.
func (p *Part) pageClocks(r *web.Request) (*ui.Page, error) { return p.clockPage(r, lang.Text{}) }

func (p *Part) clockPage(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	list, total, next, conf, err := p.clockList(r, pageSize)
	if err != nil {
		return nil, err
	}
	title := lang.T("电表时钟", "Clocks of meters")
	out := p.o.Page(title, pathList, Tab, ui.Link{Text: title, Href: pathClocks})
	out.Lead = lang.T("偏差来自读数时间和逐表读取。每日 3 时读取偏差超限的电表；自动校准默认关闭，开启后只校准 5 分钟以内的偏差，DL/T 645 电表用广播校时，每日至多一次。",
		"Offsets come from the times of readings and from clocks that were read. At 3 o'clock the clocks that are off are read. Automatic correction is off by default; it corrects up to five minutes, DL/T 645 meters by broadcast, once a day at most.")
	t := ui.Table{ID: "clocks", Title: lang.T("时钟偏差", "Offsets"), Total: total, Next: next, Paged: r.Query("after") != "", Path: pathClocks, Query: keep(r, "least"),
		Columns: []ui.Column{{Key: "meter", Text: lang.T("电表号", "Meter")}, {Key: "ahead", Text: lang.T("超前（秒）", "Ahead (s)"), Num: true}, {Key: "at", Text: lang.T("测得时间", "Found"), Num: true}, {Key: "source", Text: lang.T("依据", "Known by")}},
		Filters: []ui.Field{{Name: "least", Kind: "number", Label: lang.T("偏差不小于（秒）", "Off by at least (s)"), Value: r.Query("least")}},
		Exports: []ui.Link{{Text: lang.Same("CSV"), Href: query("/api/grid/clocks.csv", keep(r, "least"), "bom", "1")}},
		Empty:   lang.T("没有偏差超限的电表时钟。", "No clock is off by more than the limit.")}
	if r.Who.Can(GrantAsk) {
		t.Post = &ui.BulkAction{Text: lang.T("校准所选", "Set the ticked"), Href: pathClocks, Confirm: lang.T("将向所选电表下发校时指令。", "The clocks of the ticked meters will be set.")}
	}
	for _, c := range list {
		source := lang.T("读数时间", "readings")
		if c.Source == "asked" {
			source = lang.T("读取时钟", "clock read")
		}
		t.Rows = append(t.Rows, ui.Row{ID: "c-" + c.Meter, Cells: []ui.Cell{{Text: lang.Same(c.Meter), Href: "/grid/meters/" + c.Meter, Strong: true}, {Text: lang.Same(strconv.FormatInt(c.Ahead, 10))}, {Time: c.At}, {Text: source}}})
	}
	out.Body = []ui.Block{t}
	if r.Who.Can(GrantAsk) {
		out.Body = append(out.Body, ui.Form{ID: "broadcast", Title: lang.T("广播校时", "Broadcast the time"), Action: pathClocks + "/broadcast", Submit: lang.T("广播", "Broadcast"), Error: wrong, Fields: []ui.Field{
			{Name: "concentrator", Label: lang.T("DL/T 645 网关地址", "Address of a DL/T 645 gateway"), Required: true, Help: lang.T("电表只接受 5 分钟以内的校正，每日至多一次", "meters take a correction of up to five minutes, once a day")}}})
	}
	if r.Who.Can(GrantApprove) {
		out.Body = append(out.Body, settingsForm(conf))
	}
	return out, nil
}

func settingsForm(conf map[string]int64) ui.Form {
	f := ui.Form{ID: "order-settings", Title: lang.T("指令参数", "Settings of orders"), Action: pathList + "/settings", Submit: lang.T("保存", "Save")}
	for _, x := range []struct {
		name string
		text lang.Text
	}{{"tolerance", lang.T("时钟允许偏差（秒）", "A clock may be off by (s)")}, {"cuts-a-minute", lang.T("每分钟停电指令上限", "Disconnections sent a minute")}, {"hours-to-live", lang.T("指令有效期（小时）", "An order stands for (hours)")}} {
		f.Fields = append(f.Fields, ui.Field{Name: x.name, Kind: "number", Label: x.text, Value: strconv.FormatInt(conf[x.name], 10), Required: true})
	}
	auto := ""
	if conf["auto-clock"] == 1 {
		auto = "1"
	}
	f.Fields = append(f.Fields, ui.Field{Name: "auto-clock", Kind: "checkbox", Label: lang.T("自动校准 5 分钟以内的偏差", "Correct offsets of up to five minutes without being asked"), Value: auto})
	return f
}

// clockList reads a page of the clocks; its cursor is the offset and the meter.
func (p *Part) clockList(r *web.Request, limit int) (list []Clock, total int64, next string, conf map[string]int64, err error) {
	if conf, err = p.setting(r.Context()); err != nil {
		return nil, 0, "", nil, err
	}
	least := conf["tolerance"] + 1
	if text := r.Query("least"); text != "" {
		if least, err = strconv.ParseInt(text, 10, 32); err != nil || least < 0 {
			return nil, 0, "", nil, errs.Say(errs.Invalid, "偏差“%s”无法识别，应为秒数", "%q is no number of seconds", text)
		}
	}
	off, after := int64(0), ""
	if text := r.Query("after"); text != "" {
		a, b, ok := strings.Cut(text, "-")
		if off, err = strconv.ParseInt(a, 10, 64); err != nil || !ok {
			return nil, 0, "", nil, errs.Say(errs.Invalid, "翻页标记“%s”无效，请从第一页重新打开", "the page mark %q is not valid, open the list from its first page", text)
		}
		after = b
	}
	err = p.o.DB.Read(r.Context(), func(tx *store.Tx) error { return tx.Get(qClockN, []any{least}, &total) })
	if err == nil {
		list, err = p.clocks(r.Context(), least, after, off, limit+1)
	}
	if len(list) > limit {
		list = list[:limit]
		c := list[limit-1]
		next = fmt.Sprintf("%d-%s", max(c.Ahead, -c.Ahead), c.Meter)
	}
	return list, total, next, conf, err
}

// stamp prints a moment for a sheet; "" where there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(book.China).Format(time.RFC3339)
}

// apiCSV streams every order that the filters take.
func (p *Part) apiCSV(r *web.Request) (any, error) {
	sel, err := selection(r)
	if err != nil {
		return nil, err
	}
	sel.Limit, sel.After = 1000, ""
	page, _, next, err := p.find(r.Context(), sel)
	if err != nil {
		return nil, err
	}
	forSheet := r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: "orders.csv", Body: web.Stream(func(w io.Writer, flush func()) error {
		out := sheet.New(w, forSheet)
		_ = out.Write("id", "kind", "meter", "concentrator", "batch", "state", "asked_by", "approved_by", "confirmed_by", "asked", "deadline", "sent", "ended", "code", "answer", "proof", "proof_bytes", "reason") // errors are kept for Flush
		for {
			for _, o := range page {
				answer, _ := o.Answer.MarshalText()
				proof, _ := o.ProofBytes.MarshalText()
				_ = out.Write(o.ID, string(o.Kind), o.Meter, o.Concentrator, o.Batch, string(o.State), o.Asker, o.Approver, o.Confirmer, stamp(o.Asked), stamp(o.Deadline), stamp(o.Sent), stamp(o.Ended), o.Code, string(answer), o.Proof, string(proof), o.Reason)
			}
			err := out.Flush()
			flush()
			if err != nil || next == "" {
				return err
			}
			sel.After = next
			if page, _, next, err = p.find(r.Context(), sel); err != nil {
				return err
			}
		}
	})}, nil
}
