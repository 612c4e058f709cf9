package dispatch

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/emergency/incident"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

const path = "/emergency/orders"

// Routes are the part's pages and its interface.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /emergency/orders", Grant: grantRead, Page: p.pageList},
		{Pattern: "GET /emergency/orders/{id}", Grant: grantRead, Page: p.pageOne},
		{Pattern: "POST /emergency/orders/{id}/{state}", Grant: grantRead, Form: p.formAnswer},
		{Pattern: "POST /emergency/incidents/{id}/orders", Grant: GrantOrder, Form: p.formGive},
		{Pattern: "GET /api/emergency/orders", Grant: grantRead, API: p.apiList},
		{Pattern: "GET /api/emergency/orders/{id}", Grant: grantRead, API: p.apiOne},
		{Pattern: "POST /api/emergency/incidents/{id}/orders", Grant: GrantOrder, API: p.apiGive},
		{Pattern: "POST /api/emergency/orders/{id}/state", Grant: grantRead, API: p.apiAnswer},
	}
}

// section shows an incident's orders, with the form for another.
func (p *Part) section(r *web.Request, x incident.Whole) ([]ui.Block, error) {
	list, err := p.Of(r.Context(), x.ID)
	if err != nil {
		return nil, err
	}
	out := []ui.Block{p.table("orders-"+x.ID, lang.T("指令", "Orders"), list, r.Now)}
	if r.Who.Can(GrantOrder) && x.Times.Closed.IsZero() {
		out = append(out, ui.Form{ID: "order", Title: lang.T("下达指令", "Give an order"), Action: "/emergency/incidents/" + x.ID + "/orders", Submit: lang.T("下达", "Send it"), Fields: []ui.Field{
			{Name: "unit", Kind: "select", Label: lang.T("接收单位", "To"), Options: p.units(), Required: true},
			{Name: "words", Kind: "textarea", Label: lang.T("指令内容", "What is to be done"), Required: true},
			{Name: "patience", Kind: "number", Label: lang.T("几分钟内须签收", "Receipt within, minutes"), Value: "5", Help: lang.T("逾时无人签收即上报该单位负责人", "without a receipt by then the unit's leaders are told")}}})
	}
	return out, nil
}

func (p *Part) units() (out []ui.Option) {
	for _, u := range p.o.People.Units() {
		out = append(out, ui.Option{Value: u.ID, Text: u.Name})
	}
	return out
}

func (p *Part) table(id string, title lang.Text, list []Order, now time.Time) ui.Table {
	t := ui.Table{ID: id, Title: title, Path: path, Total: int64(len(list)), Empty: lang.T("还没有指令", "No order yet"), Columns: []ui.Column{{Key: "words", Text: lang.T("指令", "Order")}, {Key: "unit", Text: lang.T("单位", "Unit")}, {Key: "state", Text: lang.T("状态", "State")},
		{Key: "sent", Text: lang.T("下达", "Sent")}, {Key: "received", Text: lang.T("签收", "Received")}, {Key: "onsite", Text: lang.T("到场", "On site")}, {Key: "done", Text: lang.T("完成", "Done")}}}
	for _, o := range list {
		words := o.Words
		if o.Drill {
			words = incident.DrillMark + words
		}
		t.Rows = append(t.Rows, ui.Row{ID: "o-" + o.ID, Cells: []ui.Cell{{Text: lang.Same(words), Href: path + "/" + o.ID, Strong: true, Sub: lang.Same(o.Reason)}, {Text: p.o.People.UnitName(o.Unit)}, {Tag: o.tag(now)}, at(o.Sent), at(o.Received), at(o.OnSite), at(o.Done)}})
	}
	return t
}

func at(t time.Time) ui.Cell {
	if t.IsZero() {
		return ui.Cell{Text: lang.Same(ui.None)}
	}
	return ui.Cell{Time: t}
}

func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	q, args := qUnit, []any{r.Who.Unit}
	if r.Query("all") == "1" {
		q, args = qAll, nil
	}
	var list []Order
	if err := p.o.DB.Read(r.Context(), func(tx *store.Tx) (err error) { list, err = orders(tx, q, args...); return err }); err != nil {
		return nil, errs.Wrap("read the orders", err)
	}
	title := lang.T("指令", "Orders")
	out := page.Of(title, page.Orders, ui.Link{Text: title})
	out.Live = page.Topic
	t := p.table("orders", title, list, r.Now)
	t.Query = map[string]string{"all": r.Query("all")}
	t.Note = lang.T("最近 200 条", "the last 200")
	t.Filters = []ui.Field{{Name: "all", Kind: "select", Label: lang.T("范围", "Whose"), Value: r.Query("all"), Options: []ui.Option{{Text: lang.T("本单位收到的", "of this unit")}, {Value: "1", Text: lang.T("全部", "all")}}}}
	out.Body = []ui.Block{t}
	return out, nil
}

func (p *Part) pageOne(r *web.Request) (*ui.Page, error) {
	o, err := p.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	return p.onePage(r, o, lang.Text{}), nil
}

func (p *Part) onePage(r *web.Request, o Order, wrong lang.Text) *ui.Page {
	number := lang.T("指令 "+strconv.FormatInt(o.Num, 10), "Order "+strconv.FormatInt(o.Num, 10))
	out := page.Of(number, page.Orders, ui.Link{Text: lang.T("指令", "Orders"), Href: path}, ui.Link{Text: number})
	here := path + "/" + o.ID + "/"
	mine := r.Who.Can(GrantAnswer) && r.Who.Unit == o.Unit
	if !wrong.Empty() {
		out.Body = append(out.Body, ui.Notice{ID: "wrong", Kind: "bad", Text: wrong})
	}
	if o.Drill {
		out.Body = append(out.Body, ui.Notice{ID: "drill", Kind: "warn", Text: lang.T("这是演练指令。", "This order is part of a drill.")})
	}
	out.Body = append(out.Body, ui.Prose{Text: lang.Same(o.Words)}, ui.Facts{ID: "order", Title: number, Items: []ui.Fact{{Name: lang.T("状态", "State"), Tag: o.tag(r.Now)}, {Name: lang.T("接收单位", "To"), Value: p.o.People.UnitName(o.Unit)}, {Name: lang.T("事件", "Incident"), Value: lang.T("查看", "open"), Href: "/emergency/incidents/" + o.Incident},
		{Name: lang.T("下达", "Sent"), Time: o.Sent}, {Name: lang.T("签收", "Received"), Time: o.Received}, {Name: lang.T("接受或拒绝", "Accepted or refused"), Time: o.Accepted}, {Name: lang.T("出发", "Set out"), Time: o.Moving}, {Name: lang.T("到场", "On site"), Time: o.OnSite}, {Name: lang.T("完成", "Done"), Time: o.Done}, {Name: lang.T("说明", "Reason"), Value: lang.Same(o.Reason)}}})
	first := true
	for _, s := range follows[o.State] {
		may := mine
		if s == Recalled {
			may = r.Who.Can(GrantOrder)
		}
		if !may {
			continue
		}
		if s == Refused || s == Recalled {
			out.Body = append(out.Body, ui.Form{ID: "f-" + string(s), Title: s.verb(), Action: here + string(s), Submit: s.verb(), Fields: []ui.Field{{Name: "reason", Label: lang.T("理由", "Reason"), Required: true}}})
			continue
		}
		out.Actions = append(out.Actions, ui.Action{Text: s.verb(), Href: here + string(s), Post: true, Primary: first})
		first = false
	}
	return out
}

func (p *Part) formAnswer(r *web.Request) (*ui.Page, string, error) {
	id := r.Path("id")
	_, err := p.Answer(r.Context(), r.Who, id, State(r.Path("state")), r.Form("reason"))
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Conflict) || errs.Is(err, errs.Invalid)) {
		o, err := p.Get(r.Context(), id)
		return p.onePage(r, o, msg), "", err
	}
	return nil, path + "/" + id, err
}

func (p *Part) formGive(r *web.Request) (*ui.Page, string, error) {
	minutes, err := strconv.ParseFloat(r.Form("patience"), 64)
	if r.Form("patience") == "" {
		minutes, err = usualPatience.Minutes(), nil
	}
	if err != nil || !(minutes >= 1 && minutes <= mostPatience.Minutes()) {
		return nil, "", errs.Say(errs.Invalid, "签收时限应为 1 至 240 分钟", "the time for a receipt is 1 to 240 minutes")
	}
	_, err = p.Give(r.Context(), r.Who, Order{Incident: r.Path("id"), Unit: r.Form("unit"), Words: r.Form("words"), Patience: time.Duration(minutes * float64(time.Minute))})
	return nil, "/emergency/incidents/" + r.Path("id"), err
}

// orderJSON is an order as the interface gives it.
type orderJSON struct {
	ID       string    `json:"id"`
	Incident string    `json:"incident"`
	Num      int64     `json:"number"`
	Unit     string    `json:"unit"`
	Words    string    `json:"words"`
	State    State     `json:"state"`
	Next     []State   `json:"next"`
	Drill    bool      `json:"drill"`
	Minutes  float64   `json:"receiptWithinMinutes"`
	Sent     time.Time `json:"sent"`
	Received time.Time `json:"received,omitzero"`
	Accepted time.Time `json:"accepted,omitzero"`
	Moving   time.Time `json:"moving,omitzero"`
	OnSite   time.Time `json:"onSite,omitzero"`
	Done     time.Time `json:"done,omitzero"`
	Late     time.Time `json:"escalated,omitzero"`
	Reason   string    `json:"reason,omitempty"`
}

func (o Order) json() orderJSON {
	return orderJSON{o.ID, o.Incident, o.Num, o.Unit, o.Words, o.State, follows[o.State], o.Drill, o.Patience.Minutes(), o.Sent, o.Received, o.Accepted, o.Moving, o.OnSite, o.Done, o.Escalated, o.Reason}
}

// apiList gives the orders of the caller's unit, or those of an incident; open=1 leaves out what is over.
func (p *Part) apiList(r *web.Request) (any, error) {
	q, arg := qUnit, r.Who.Unit
	if id := r.Query("incident"); id != "" {
		q, arg = qOf, id
	}
	var list []Order
	if err := p.o.DB.Read(r.Context(), func(tx *store.Tx) (err error) { list, err = orders(tx, q, arg); return err }); err != nil {
		return nil, errs.Wrap("read the orders", err)
	}
	out := []orderJSON{}
	for _, o := range list {
		if r.Query("open") != "1" || !o.State.over() {
			out = append(out, o.json())
		}
	}
	return map[string]any{"orders": out}, nil
}

func (p *Part) apiOne(r *web.Request) (any, error) {
	o, err := p.Get(r.Context(), r.Path("id"))
	return o.json(), err
}

func (p *Part) apiGive(r *web.Request) (any, error) {
	var in struct {
		Unit    string  `json:"unit"`
		Words   string  `json:"words"`
		Minutes float64 `json:"receiptWithinMinutes"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if !(in.Minutes >= 0 && in.Minutes <= mostPatience.Minutes()) {
		return nil, errs.Say(errs.Invalid, "签收时限应为 1 至 240 分钟", "the time for a receipt is 1 to 240 minutes")
	}
	o, err := p.Give(r.Context(), r.Who, Order{Incident: r.Path("id"), Unit: in.Unit, Words: in.Words, Patience: time.Duration(in.Minutes * float64(time.Minute))})
	if err != nil {
		return nil, err
	}
	return web.Reply{Status: 201, Body: o.json()}, nil
}

func (p *Part) apiAnswer(r *web.Request) (any, error) {
	var in struct {
		State  State  `json:"state"`
		Reason string `json:"reason"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	o, err := p.Answer(r.Context(), r.Who, r.Path("id"), in.State, in.Reason)
	if err != nil {
		return nil, err
	}
	return o.json(), nil
}

func decode(r *web.Request, into any) error {
	dec := json.NewDecoder(r.HTTP.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return errs.Because(err, errs.Invalid, "请求正文不是约定的 JSON", "the body is not the JSON that is agreed upon")
	}
	return nil
}
