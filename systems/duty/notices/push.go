package notices

import (
	"context"
	"net/http"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/static"
	"github.com/haihe-city/haihe/web/ui"
)

// The places of web push: of those who work for a unit, of citizens, and of the worker that a browser runs.
const (
	pathPush    = "/duty/notices/push"
	pathOwn     = "/my/duty/notices"
	prefixPush  = "/push"
	workerFile  = "js/push-worker.js"
	workerPlace = "/push/worker.js"
	maxPushForm = 8 << 10
)

var titlePush = lang.T("浏览器推送", "Notices in this browser")

// pushRoutes are the forms; both go to whoever is signed in, citizens too.
func (p *Part) pushRoutes() []web.Route {
	if p.push == nil {
		return nil
	}
	return []web.Route{
		{Pattern: "POST " + pathPush, Grant: web.Anyone, Form: p.formPush, MaxBody: maxPushForm},
		{Pattern: "POST " + pathPush + "/end", Grant: web.Anyone, Form: p.formPushEnd, MaxBody: maxPushForm},
		{Pattern: "GET " + pathOwn, Grant: identity.GrantOwn, Page: p.pageOwn},
	}
}

// Worker gives browsers the program that shows what is pushed, at an address that no update of ours moves.
func (p *Part) Worker() web.Mount {
	return web.Mount{Prefix: prefixPush, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != workerPlace || r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, static.FS(), workerFile)
	})}
}

// Own is what citizens see: where they subscribe, and that their subscription ends with the account.
func (p *Part) Own() *web.Own {
	if p.push == nil {
		return nil
	}
	return &web.Own{
		Nav:    ui.NavItem{ID: "duty", Href: pathOwn, Icon: "bell", Text: lang.T("预警推送", "Warnings")},
		Start:  p.start,
		Forget: func(tx *store.Tx, person string) error { return p.post.Forget(tx, "person:"+person) },
	}
}

// start says on a citizen's first page whether warnings reach them.
func (p *Part) start(r *web.Request) ([]ui.Block, error) {
	list, err := p.post.Browsers(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	n := ui.Notice{ID: "own-push", Kind: "info", Text: lang.T("可在浏览器中接收所在区的预警。", "Warnings of your district can reach you in your browser."), Link: &ui.Link{Text: lang.T("设置", "Set up"), Href: pathOwn}}
	if len(list) > 0 {
		n.Kind, n.Text = "good", lang.T("已开启预警推送。", "Warnings reach you in your browser.")
	}
	return []ui.Block{n}, nil
}

// pageOwn is a citizen's page of notices: what they were told, and their browsers.
func (p *Part) pageOwn(r *web.Request) (*ui.Page, error) {
	out := &ui.Page{Title: lang.T("预警推送", "Warnings in your browser"), Nav: "duty", Lead: lang.T("开启后，所选区发布预警时浏览器会弹出通知，无需打开网页。", "A warning for the district that you choose pops up in your browser, with no page open.")}
	body, err := p.browsers(r, lang.Text{})
	if err != nil {
		return nil, err
	}
	list, next, err := p.post.OfPerson(r.Context(), r.Who, r.Query("after"), 30)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "mine", Title: lang.T("收到的预警", "What you were told"), Path: pathOwn, Total: -1, Next: next, Paged: r.Query("after") != "", Empty: lang.T("没有发给您的通知", "Nothing was told to you"),
		Columns: []ui.Column{{Key: "what", Text: lang.T("内容", "What")}, {Key: "at", Text: lang.T("时间", "At")}}}
	for _, l := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: lang.Same(l.Delivery.Title), Sub: lang.Same(l.Delivery.Body), Strong: true}, {Time: l.DueAt}}})
	}
	out.Body = append(body, t)
	return out, nil
}

// did says what a form has done.
var did = map[string]lang.Text{"on": lang.T("已开启本浏览器的推送。", "This browser is told from now on."), "off": lang.T("已停止推送。", "The browser is told no more.")}

// browsers are the forms: one to subscribe this browser with its consent, and one to end each that is subscribed.
func (p *Part) browsers(r *web.Request, wrong lang.Text) (out []ui.Block, err error) {
	if p.push == nil {
		return nil, nil
	}
	list, err := p.post.Browsers(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	if text, ok := did[r.Query("push")]; ok {
		out = append(out, ui.Notice{ID: "push-did", Kind: "good", Text: text})
	}
	area := ""
	var ends []ui.Block
	for _, b := range list {
		area = b.Areas[0]
		ends = append(ends, ui.Form{ID: "push-off-" + b.ID, Title: lang.T("已订阅："+b.Service, "Subscribed: "+b.Service), Action: pathPush + "/end", Submit: lang.T("停止推送", "Stop"), Fields: []ui.Field{{Name: "id", Kind: "hidden", Value: b.ID}}})
	}
	places := []ui.Option{{Text: lang.T("全市", "The whole city")}}
	for _, d := range region.Districts {
		places = append(places, ui.Option{Value: d.Code, Text: d.Name})
	}
	form := ui.Form{ID: "push-on", Action: pathPush, Submit: lang.T("在本浏览器接收", "Tell me in this browser"), Error: wrong, Fields: []ui.Field{
		{Name: "key", Kind: "hidden", Value: p.push.PublicKey()}, {Name: "subscription", Kind: "hidden"}, {Name: "failed", Kind: "hidden"},
		{Name: "area", Kind: "select", Label: lang.T("预警地区", "Warnings of"), Value: area, Options: places, Help: lang.T("值班联系人按其职责接收通知，与此项无关。", "Those on duty are told by their duty, whatever is chosen here.")},
		{Name: "consent", Kind: "checkbox", Required: true, Label: lang.T("我同意通知经浏览器厂商的推送服务送达本浏览器", "I agree that notices reach this browser by the push service of its maker"),
			Help: lang.T("内容加密，推送服务不能阅读；本平台保存推送地址和密钥，停止推送或注销账户时删除。推送先于其他方式；不能送达时改用其他方式，须应答的逾时仍逐级上报。", "What is told is encrypted, so that the service cannot read it. We keep the address and keys of the subscription until you stop it or close your account. A push comes before your other ways; where it fails the next is tried, and what is not answered in time is escalated all the same.")}}}
	panel := ui.Panel{ID: "push", Title: titlePush, Body: append(ends, form)}
	return append(out, panel), nil
}

// back is where a form leads: citizens have a page of their own.
func back(who *identity.Principal) string {
	if who.Has(identity.RoleCitizen) {
		return pathOwn
	}
	return pathMine
}

// failures are what a browser could not do.
var failures = map[string]lang.Text{
	"":       lang.T("订阅需要启用脚本。", "To subscribe, the browser must run scripts."),
	"unable": lang.T("本浏览器或当前访问方式不支持推送，请用 HTTPS 访问。", "This browser cannot be pushed to, or the page is not open over HTTPS."),
	"denied": lang.T("浏览器未允许通知，请在浏览器设置中允许本网站发送通知。", "The browser does not allow notices: allow them for this site in its settings."),
	"failed": lang.T("浏览器未能向其推送服务登记，请稍后再试。", "The browser could not sign up with its push service; try again later."),
}

func (p *Part) formPush(r *web.Request) (*ui.Page, string, error) {
	area, text := r.Form("area"), strings.TrimSpace(r.Form("subscription"))
	err := p.subscribe(r.Context(), r, area, text)
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		body, err := p.browsers(r, msg)
		if err != nil {
			return nil, "", err
		}
		out := &ui.Page{Title: titlePush, Body: body}
		if !r.Who.Has(identity.RoleCitizen) {
			out = p.within(titlePush, pathMine)
			out.Body = body
		}
		return out, "", nil
	}
	return nil, back(r.Who) + "?push=on", err
}

func (p *Part) subscribe(ctx context.Context, r *web.Request, area, text string) error {
	switch {
	case text == "":
		why, ok := failures[r.Form("failed")]
		if !ok {
			why = failures["failed"]
		}
		return errs.Say(errs.Invalid, why.Zh, why.En)
	case r.Form("consent") == "":
		return errs.Say(errs.Invalid, "请先同意推送说明", "agree to how you are told first")
	case area != "" && !region.Valid(area):
		return errs.Say(errs.Invalid, "没有这个区", "there is no such district")
	}
	kept, err := p.push.Accept(text)
	if err != nil {
		return err
	}
	return p.post.Subscribe(ctx, r.Who, kept, area, r.Lang)
}

func (p *Part) formPushEnd(r *web.Request) (*ui.Page, string, error) {
	return nil, back(r.Who) + "?push=off", p.post.Unsubscribe(r.Context(), r.Who, r.Form("id"))
}
