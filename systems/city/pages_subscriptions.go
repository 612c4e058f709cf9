package city

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/subscription"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// standing says how a subscription's deliveries go.
func standing(sub *subscription.Subscription, st subscription.State, now time.Time) *ui.Tag {
	switch {
	case !sub.ExpiresAt.IsZero() && sub.ExpiresAt.Before(now):
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已到期", "expired")}
	case !sub.Active:
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已暂停", "paused")}
	case st.Failing:
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("发送失败", "failing")}
	case st.Dead > 0:
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("有死信", "dead letters")}
	case st.Sent == 0:
		return &ui.Tag{Status: ui.StatusOn, Text: lang.T("等待变化", "waiting for changes")}
	}
	return &ui.Tag{Status: ui.StatusMet, Text: lang.T("正常", "delivering")}
}

// pageSubscriptions lists the subscriptions of a tenant with how their deliveries go.
func (s *service) pageSubscriptions(r *web.Request) (*ui.Page, error) {
	tenant, err := s.tenant(r)
	if err != nil {
		return nil, err
	}
	list, states, next, total, err := s.engine.List(r.Context(), tenant, r.Query("after"), 0, pageSize)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "subscriptions", Title: lang.T("订阅", "Subscriptions"), Path: "/city/subscriptions", Query: keep(r, "tenant"), Total: total, Next: next, Paged: r.Query("after") != "",
		Empty: lang.T("还没有订阅。可在“接口试用”中以 createSubscription 创建。", "There are no subscriptions yet: make one with createSubscription under Try the API."),
		Columns: []ui.Column{{Key: "id", Text: lang.T("订阅 · 接收地址", "Subscription · receiver")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "owner", Text: lang.T("责任单位", "Owner")},
			{Key: "sent", Text: lang.T("已发", "Sent"), Num: true}, {Key: "failed", Text: lang.T("失败", "Failed"), Num: true}, {Key: "waiting", Text: lang.T("待发", "Waiting"), Num: true},
			{Key: "dead", Text: lang.T("死信", "Dead letters"), Num: true}, {Key: "last", Text: lang.T("最近成功", "Last success"), Num: true}}}
	if t.Filters, err = s.tenantFilter(r); err != nil {
		return nil, err
	}
	figure := func(n int64) ui.Cell { return ui.Cell{Text: lang.Same(ui.Grouped(n))} }
	for i, sub := range list {
		st := states[i]
		t.Rows = append(t.Rows, ui.Row{ID: "sub-" + strconv.Itoa(i), Cells: []ui.Cell{
			{Text: lang.Same(clip(sub.ID, 80)), Sub: lang.Same(clip(receiver(sub), 80)), Href: link("/city/subscription", "id", sub.ID, "tenant", tenant), Strong: true},
			{Tag: standing(sub, st, s.host.Clock.Now()), Sub: why(st.LastError, 80)}, {Text: s.host.People.UnitName(sub.Owner)},
			figure(st.Sent), figure(st.Failed), figure(st.Waiting), figure(st.Dead), {Time: st.LastSuccess},
		}})
	}
	p := s.page(lang.T("订阅与通知", "Subscriptions"), "/city/subscriptions", ui.Link{Text: lang.T("订阅与通知", "Subscriptions"), Href: "/city/subscriptions"})
	p.Lead = lang.T("应发的通知与变化同时入库，失败后退避重试，最终转入死信，可在此查看并重发；积压超限时拒绝写入，不静默丢弃。",
		"What is due is stored together with the change, tried again with back-off, and in the end kept as a dead letter to be seen and sent again; where too much waits, writers are refused. Nothing is dropped silently.")
	p.Body = []ui.Block{t}
	return p, nil
}

// receiver is where notifications go, without the credentials that an address may hold.
func receiver(sub *subscription.Subscription) string {
	uri := sub.Endpoint.URI
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return uri
	}
	authority, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = "…" + authority[i:]
	}
	path, _, _ = strings.Cut(path, "?") // a query may hold a key
	return scheme + "://" + authority + "/" + path
}

// address finds the addresses that an error names.
var address = regexp.MustCompile(`[a-z]+://[^\s"]+`)

// why says a delivery's error without what an address may hold.
func why(err string, n int) lang.Text {
	return lang.Same(clip(address.ReplaceAllStringFunc(err, func(uri string) string {
		return receiver(&subscription.Subscription{Endpoint: subscription.Endpoint{URI: uri}})
	}), n))
}

// pageSubscription is one subscription: what it asks for, how its deliveries go, and its dead letters.
func (s *service) pageSubscription(r *web.Request) (*ui.Page, error) {
	tenant, err := s.tenant(r)
	if err != nil {
		return nil, err
	}
	id := r.Query("id")
	if id == "" {
		return s.pageSubscriptions(r)
	}
	sub, st, err := s.engine.Get(r.Context(), tenant, id)
	if err != nil {
		return nil, err
	}
	here := link("/city/subscription", "id", id, "tenant", tenant)
	p := s.page(lang.Same(clip(id, 80)), "/city/subscriptions", ui.Link{Text: lang.T("订阅与通知", "Subscriptions"), Href: link("/city/subscriptions", "tenant", tenant)}, ui.Link{Text: lang.Same(clip(id, 60)), Href: here})
	if s.allowGrant(r.Who, tenant, grantSubscribe) == nil && owns(r.Who, tenant, sub.Owner) {
		p.Actions = actions(sub, st)
	}
	source, err := s.call(r.Context(), r.Who, r.Lang, http.MethodGet, "/subscriptions/"+segment(id), tenant, http.Header{"Accept": {"application/json"}}, "")
	if err != nil {
		return nil, err
	}
	letters, err := s.letters(r, sub)
	if err != nil {
		return nil, err
	}
	body := []ui.Block{letters}
	if source.status == http.StatusOK && s.allowGrant(r.Who, tenant, grantSubscribe) == nil { // it may hold the receiver's credentials
		body = append(body, ui.Code{ID: "payload", Title: lang.T("订阅内容", "The subscription"), Text: indent(source.body.Bytes())})
	}
	p.Body = []ui.Block{ui.Columns{Wide: 0, Cols: [][]ui.Block{body, {deliveryFacts(sub, st, s.host.People.UnitName(sub.Owner), s.host.Clock.Now())}}}}
	return p, nil
}

// actions are the buttons of a subscription's page.
func actions(sub *subscription.Subscription, st subscription.State) (out []ui.Action) {
	add := func(do string, text, confirm lang.Text) {
		out = append(out, ui.Action{Text: text, Href: "/city/subscription", Post: true, Confirm: confirm, Fields: map[string]string{"do": do, "id": sub.ID, "tenant": sub.Tenant}})
	}
	if sub.Active {
		add("pause", lang.T("暂停", "Pause"), lang.T("暂停后不再产生通知，已待发的转入死信。确定暂停？", "No notifications come to be while it is paused, and what waits becomes dead letters. Pause it?"))
	} else {
		add("resume", lang.T("恢复", "Resume"), lang.Text{})
	}
	if st.Dead > 0 {
		add("replay", lang.T("重发全部死信", "Send all dead letters again"), lang.T("全部死信将重新排队发送。确定？", "All dead letters will be put back in line. Go on?"))
		add("discard", lang.T("清除全部死信", "Discard all dead letters"), lang.T("清除后不可恢复。确定清除？", "They cannot be had back. Discard them?"))
	}
	add("delete", lang.T("删除订阅", "Delete"), lang.T("订阅及其待发通知、死信将一并删除。确定删除？", "The subscription goes with all that waits for it and its dead letters. Delete it?"))
	return out
}

func deliveryFacts(sub *subscription.Subscription, st subscription.State, owner lang.Text, now time.Time) ui.Facts {
	count := func(n int64) lang.Text { return lang.Same(ui.Grouped(n)) }
	return ui.Facts{ID: "delivery", Title: lang.T("投递情况", "Deliveries"), Items: []ui.Fact{
		{Name: lang.T("状态", "State"), Tag: standing(sub, st, now)}, {Name: lang.T("接收地址", "Receiver"), Value: lang.Same(clip(receiver(sub), 120))},
		{Name: lang.T("责任单位", "Owner"), Value: owner},
		{Name: lang.T("发送次数", "Attempts"), Value: count(st.Sent)}, {Name: lang.T("其中失败", "Failed of them"), Value: count(st.Failed)},
		{Name: lang.T("待发", "Waiting"), Value: count(st.Waiting)}, {Name: lang.T("死信", "Dead letters"), Value: count(st.Dead)},
		{Name: lang.T("最近通知", "Last notification"), Time: st.LastNotification}, {Name: lang.T("最近成功", "Last success"), Time: st.LastSuccess},
		{Name: lang.T("最近失败", "Last failure"), Time: st.LastFail}, {Name: lang.T("失败原因", "Why it failed"), Value: why(st.LastError, 200)},
		{Name: lang.T("到期", "Expires"), Time: sub.ExpiresAt},
	}}
}

// letters is a page of dead letters, which can be ticked to be sent again.
func (s *service) letters(r *web.Request, sub *subscription.Subscription) (ui.Table, error) {
	tenant, id := sub.Tenant, sub.ID
	list, next, err := s.engine.Dead(r.Context(), tenant, id, r.Query("after"), pageSize)
	t := ui.Table{ID: "letters", Title: lang.T("死信", "Dead letters"), Path: "/city/subscription", Query: keep(r, "id", "tenant"), Total: -1, Next: next, Paged: r.Query("after") != "",
		Empty:   lang.T("没有死信。", "No dead letters."),
		Columns: []ui.Column{{Key: "at", Text: lang.T("时间", "Time")}, {Key: "what", Text: lang.T("实体", "Entities")}, {Key: "tries", Text: lang.T("尝试", "Tries"), Num: true}, {Key: "error", Text: lang.T("原因", "Why")}}}
	if err != nil {
		return t, err
	}
	for _, l := range list {
		var ids []string
		for i := range l.Notice.Items {
			switch it := &l.Notice.Items[i]; {
			case it.After != nil:
				ids = append(ids, it.After.ID)
			case it.Before != nil:
				ids = append(ids, it.Before.ID)
			}
		}
		t.Rows = append(t.Rows, ui.Row{ID: strconv.FormatInt(l.ID, 10), Cells: []ui.Cell{{Time: l.At}, {Text: lang.Same(clip(strings.Join(ids, ", "), 160))}, {Text: lang.Same(strconv.Itoa(l.Tries))}, {Text: why(l.Error, 160)}}})
	}
	if len(t.Rows) > 0 && s.allowGrant(r.Who, tenant, grantSubscribe) == nil && owns(r.Who, tenant, sub.Owner) {
		t.Post = &ui.BulkAction{Text: lang.T("重发所选", "Send the chosen again"), Href: link("/city/subscription", "do", "replay-some", "of", id, "tenant", tenant)}
	}
	return t, nil
}

// formSubscription does what a button of a subscription's page says.
func (s *service) formSubscription(r *web.Request) (*ui.Page, string, error) {
	tenant, id, do := r.Form("tenant"), r.Form("id"), r.Form("do")
	if r.Query("do") == "replay-some" { // the ticked letters are the form's "id"
		tenant, id, do = r.Query("tenant"), r.Query("of"), "replay-some"
	}
	if err := s.allowGrant(r.Who, tenant, grantSubscribe); err != nil {
		return nil, "", err
	}
	here := link("/city/subscription", "id", id, "tenant", tenant)
	var n int64
	sub, _, err := s.engine.Get(r.Context(), tenant, id)
	if err != nil {
		return nil, "", err
	}
	if !owns(r.Who, tenant, sub.Owner) {
		return nil, "", errs.Say(errs.Denied, "该订阅属于其他单位，不能操作", "this subscription is another unit's and is not yours to change")
	}
	switch do {
	case "pause", "resume":
		active := strconv.FormatBool(do == "resume")
		return nil, here, s.ask(r, http.MethodPatch, tenant, id, `{"type":"Subscription","isActive":`+active+`}`)
	case "delete":
		return nil, link("/city/subscriptions", "tenant", tenant), s.ask(r, http.MethodDelete, tenant, id, "")
	case "replay":
		n, err = s.engine.Replay(r.Context(), tenant, id, 0)
		return nil, here, s.told(r, err, "replay-letters", tenant, id, n)
	case "replay-some":
		if n, err = s.replaySome(r, tenant, id); err != nil {
			return nil, "", err
		}
		return nil, here, s.told(r, nil, "replay-letters", tenant, id, n)
	case "discard":
		n, err = s.engine.Discard(r.Context(), tenant, id, 0)
		return nil, here, s.told(r, err, "discard-letters", tenant, id, n)
	}
	return nil, "", errs.Say(errs.Invalid, "没有此操作", "there is no such act")
}

// replaySome puts the ticked dead letters back in line and counts those that it found.
func (s *service) replaySome(r *web.Request, tenant, id string) (n int64, err error) {
	for _, letter := range r.HTTP.PostForm["id"] {
		num, bad := strconv.ParseInt(letter, 10, 64)
		if bad != nil || num == 0 {
			return n, errs.Say(errs.Invalid, "死信编号有误", "the number of the dead letter is wrong")
		}
		one, failed := s.engine.Replay(r.Context(), tenant, id, num)
		if failed != nil && !errs.Is(failed, errs.NotFound) { // another hand was quicker
			return n, failed
		}
		n += one
	}
	return n, nil
}

// ask changes a subscription through the standard's interface, which keeps its payload and journals the act.
func (s *service) ask(r *web.Request, method, tenant, id, body string) error {
	h := http.Header{"Accept": {"application/json"}}
	if body != "" {
		h["Content-Type"] = []string{"application/json"}
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	a, err := s.call(r.Context(), r.Who, r.Lang, method, "/subscriptions/"+segment(id), tenant, h, body)
	if err != nil {
		return err
	}
	return a.failure()
}

// told journals an act on dead letters that was done.
func (s *service) told(r *web.Request, err error, verb, tenant, id string, n int64) error {
	if err != nil {
		return err
	}
	return s.record(r.HTTP, r.Who, grantSubscribe, verb, id, map[string]any{"letters": n, "tenant": tenant})
}
