package account

import (
	"strings"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// RoleTitle names a role; its id where it is none.
func RoleTitle(id string) lang.Text {
	for _, r := range identity.Roles() {
		if r.ID == id {
			return r.Title
		}
	}
	return lang.Same(id)
}

// RoleTitles names several.
func RoleTitles(ids []string) lang.Text {
	var zh, en []string
	for _, id := range ids {
		t := RoleTitle(id)
		zh, en = append(zh, t.Zh), append(en, t.En)
	}
	return lang.T(strings.Join(zh, "、"), strings.Join(en, ", "))
}

// RoleFields are tick boxes, one a role; business leaves the administrators' out.
func RoleFields(has []string, business bool) []ui.Field {
	out := []ui.Field{{Kind: "group", Label: lang.T("角色", "Roles")}}
	for _, r := range identity.Roles() {
		if business && r.Admin {
			continue
		}
		f := ui.Field{Name: "role-" + r.ID, Kind: "checkbox", Label: r.Title}
		for _, h := range has {
			if h == r.ID {
				f.Value = "1"
			}
		}
		out = append(out, f)
	}
	return out
}

// Sessions is where one is signed in; here is the session that asks.
func Sessions(list []identity.Session, here string) *ui.Page {
	t := ui.Table{ID: "sessions", Title: lang.T("有效登录", "Live sessions"), Total: -1, Columns: []ui.Column{
		{Key: "addr", Text: lang.T("来源地址", "Address")}, {Key: "created", Text: lang.T("登录时间", "Signed in")}, {Key: "seen", Text: lang.T("最近活动", "Last seen")}, {Key: "here", Text: lang.T("说明", "Note")}}}
	for _, x := range list {
		c := ui.Cell{}
		if x.ID == here {
			c.Tag = &ui.Tag{Status: ui.StatusOn, Text: lang.T("本次登录", "this one")}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: lang.Same(x.Addr), Strong: true}, {Time: x.Created}, {Time: x.Seen}, c}})
	}
	return &ui.Page{Title: lang.T("登录记录", "Where I am signed in"), Body: []ui.Block{t}, Actions: []ui.Action{{Text: lang.T("通行密钥", "Passkeys"), Href: "/account/passkeys"}, {
		Text: lang.T("全部退出", "Sign out everywhere"), Href: "/account/sessions", Post: true,
		Confirm: lang.T("将结束您的所有登录，包括本次。", "All your sessions end, this one too.")}}}
}
