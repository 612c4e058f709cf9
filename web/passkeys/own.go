package passkeys

import (
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// own is where one sees one's passkeys and adds one.
func (p *Pages) own(r *web.Request, failed lang.Text) (*ui.Page, error) {
	list, err := p.Book.Keys(r.Context(), r.Who.Person())
	if err != nil {
		return nil, err
	}
	out := &ui.Page{Title: title, Lead: lang.T("通行密钥保存在您的设备里，登录时由指纹、面容或 PIN 确认，只对本网站有效，不怕钓鱼。", "A passkey stays in your device, asks for a fingerprint, face or PIN, and works at this site only: nobody can lure it out of you.")}
	out.Actions = p.Beside
	t := ui.Table{ID: "passkeys", Title: lang.T("已登记", "Registered"), Total: -1, Empty: lang.T("尚未登记通行密钥，可在下方添加。", "None yet: add one below."), Columns: []ui.Column{
		{Key: "name", Text: lang.T("名称", "Name")}, {Key: "host", Text: lang.T("适用网站", "Works at")}, {Key: "created", Text: lang.T("登记时间", "Registered")}, {Key: "used", Text: lang.T("最近使用", "Last used")}}}
	var ends []ui.Block
	for i := range list {
		k := &list[i]
		used := ui.Cell{Time: k.Used}
		if k.Used.IsZero() {
			used = ui.Cell{Text: lang.T("未使用", "never")}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: lang.Same(k.Name), Strong: true}, {Text: lang.Same(k.Host)}, {Time: k.Created}, used}})
		ends = append(ends, ui.Form{ID: "passkey-off-" + k.ID, Action: pathOwn + "/remove", Submit: lang.T("删除“"+k.Name+"”", "Delete “"+k.Name+"”"), Fields: []ui.Field{{Name: "id", Kind: "hidden", Value: k.ID}}})
	}
	out.Body = []ui.Block{t}
	if len(ends) > 0 {
		out.Body = append(out.Body, ui.Panel{ID: "passkeys-off", Title: lang.T("删除通行密钥", "Delete a passkey"), Body: ends})
	}
	c, err := p.Book.Offer(r.Context(), r.Who, p.site(r.HTTP))
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) || errs.Is(err, errs.Denied)) {
		out.Body = append(out.Body, ui.Notice{ID: "passkey-unable", Kind: "info", Text: msg})
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.Body = append(out.Body, ui.Form{ID: "passkey-make", Title: lang.T("添加通行密钥", "Add a passkey"), Action: pathOwn, Submit: lang.T("添加本机", "Add this device"), Error: failed, Fields: append(hidden(c),
		ui.Field{Name: "name", Label: lang.T("名称", "Name"), Required: true, Value: r.Form("name"), Placeholder: lang.T("如：办公电脑", "as: office computer"), Help: lang.T("便于日后辨认和删除。", "So that you know it again when you want to delete it.")})})
	return out, nil
}

func (p *Pages) formAdd(r *web.Request) (*ui.Page, string, error) {
	text, err := answer(r)
	if err == nil {
		err = p.Book.Keep(r.Context(), r.Who, p.site(r.HTTP), r.Form("state"), text, r.Form("name"))
	}
	return p.again(r, err)
}

func (p *Pages) formRemove(r *web.Request) (*ui.Page, string, error) {
	return p.again(r, p.Book.Remove(r.Context(), r.Who, r.Form("id")))
}

// again shows the page with what went wrong, or leads back to it.
func (p *Pages) again(r *web.Request, err error) (*ui.Page, string, error) {
	if msg, ok := said(err); ok {
		page, err := p.own(r, msg)
		return page, "", err
	}
	return nil, pathOwn, err
}
