// Package account is the pages of an account (账户页面): signing in, registering, changing the password, closing it. They are values only; what a
// form does is package web's.
package account

import (
	"net/url"
	"strconv"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// Login is where people sign in; it leads on to next, to the other ways to sign in, and to Register where citizens may.
func Login(next, login string, register bool, ways []ui.Link, failed lang.Text) *ui.Page {
	p := &ui.Page{
		Title: lang.T("登录", "Sign in"), Lead: lang.T("使用本单位分配的账号登录。", "Use the account that your unit gave you."),
		Body: []ui.Block{ui.Form{ID: "login", Action: "/login", Submit: lang.T("登录", "Sign in"), Error: failed, Fields: []ui.Field{
			{Name: "next", Kind: "hidden", Value: next},
			{Name: "login", Label: lang.T("账号", "Account"), Value: login, Required: true, Autocomplete: "username"},
			{Name: "password", Kind: "password", Label: lang.T("口令", "Password"), Required: true, Autocomplete: "current-password"},
		}}},
	}
	for i, way := range ways {
		if next != "" {
			way.Href += "?" + url.Values{"next": {next}}.Encode()
		}
		p.Body = append(p.Body, ui.Notice{ID: "way-" + strconv.Itoa(i+1), Kind: "info", Text: lang.T("也可不用口令登录。", "Or sign in without a password."), Link: &way})
	}
	if register {
		p.Body = append(p.Body, ui.Notice{ID: "to-register", Kind: "info", Text: lang.T("市民和企业可自行注册账户，查看本人的用电等信息。", "Citizens and firms make an account of their own to see what is theirs."),
			Link: &ui.Link{Text: lang.T("注册", "Register"), Href: "/register"}})
	}
	return p
}

// Register is where a citizen makes an account; login is what was typed before it failed.
func Register(login string, failed lang.Text) *ui.Page {
	return &ui.Page{
		Title: lang.T("注册", "Register"),
		Lead:  lang.T("市民和企业注册后，可凭账单上的绑定码查看本户信息。注册不需要姓名、证件号、电话或邮箱。", "Make an account, then use the code on your bill to see what is yours. No name, number, phone or mail address is asked for."),
		Body: []ui.Block{ui.Form{ID: "register", Action: "/register", Submit: lang.T("注册", "Register"), Error: failed, Cancel: &ui.Link{Text: lang.T("已有账户，去登录", "I have an account: sign in"), Href: "/login"}, Fields: []ui.Field{
			{Name: "login", Label: lang.T("账号", "Account"), Value: login, Required: true, Autocomplete: "username",
				Help: lang.T("2 至 64 个小写字母、数字或 . _ -。请勿使用手机号、证件号等个人信息。", "2 to 64 lower-case letters, digits or . _ -. Use no phone number or other personal data.")},
			{Name: "password", Kind: "password", Label: lang.T("口令", "Password"), Required: true, Autocomplete: "new-password",
				Help: lang.T("至少 10 个字符，可用几个词组成。请妥善保管：遗失后须到营业厅重新办理。", "At least 10 characters; a few words will do. Keep it safe: nothing can be mailed to you.")},
			{Name: "again", Kind: "password", Label: lang.T("再次输入口令", "Password once more"), Required: true, Autocomplete: "new-password"},
			{Name: "consent", Kind: "checkbox", Label: lang.T("我已阅读并同意个人信息处理说明（见下）", "I have read how my data are kept (below), and agree"), Required: true},
		}}, ui.Panel{ID: "privacy", Title: lang.T("个人信息处理说明", "How your data are kept"), Body: []ui.Block{
			ui.Prose{Text: lang.T("本平台只保存您的账号、口令的散列值、登录时间，以及您绑定的电表与绑定期间；用于向您显示本户信息，不作他用，不对外提供。", "Kept are your account's name, a hash of the password, the times of sign-in, and the meters that you bound and for how long: to show you what is yours, and for nothing else; nobody else is given them.")},
			ui.Prose{Text: lang.T("电表读数由供电单位依职责采集，不因注册或注销而增减。谁查看过您的电表，您可以看到。", "Readings of meters are collected by the power company as its duty, with or without your account. You see who looked at your meter.")},
			ui.Prose{Text: lang.T("您可随时注销账户，账号与绑定随即删除；依法留存的操作日志只以编号记载。", "You may close the account at any time: it is deleted with its bindings. The journal that the law asks for names you by a number only.")},
		}}},
	}
}

// Password is where one changes one's password; once says that the present one is for one time.
func Password(next string, once bool, failed lang.Text) *ui.Page {
	p := &ui.Page{Title: lang.T("修改口令", "Change password"), Body: []ui.Block{ui.Form{
		ID: "password", Action: "/account/password", Submit: lang.T("修改", "Change"), Error: failed, Fields: []ui.Field{
			{Name: "next", Kind: "hidden", Value: next},
			{Name: "old", Kind: "password", Label: lang.T("现口令", "Present password"), Required: true, Autocomplete: "current-password"},
			{Name: "fresh", Kind: "password", Label: lang.T("新口令", "New password"), Required: true, Autocomplete: "new-password",
				Help: lang.T("至少 10 个字符，不含登录名，不用常见口令。", "At least 10 characters, without your login, and no common password.")},
			{Name: "again", Kind: "password", Label: lang.T("再次输入新口令", "New password once more"), Required: true, Autocomplete: "new-password"},
		}}}}
	if once {
		p.Lead = lang.T("您使用的是一次性口令，修改后方可继续。", "You signed in with a one-time password. Change it to go on.")
	}
	return p
}

// Close is where a citizen ends their account.
func Close(failed lang.Text) *ui.Page {
	return &ui.Page{
		Title: lang.T("注销账户", "Close my account"),
		Lead:  lang.T("注销后账号、绑定关系和您提交的记录一并删除，不能恢复；供电单位依职责采集的读数不受影响。", "The account, its bindings and what you sent in are deleted and do not come back. Readings that the power company collects as its duty stay."),
		Body: []ui.Block{ui.Form{ID: "close", Action: "/account/close", Submit: lang.T("注销账户", "Close my account"), Error: failed, Cancel: &ui.Link{Text: lang.T("返回", "Back"), Href: "/my"}, Fields: []ui.Field{
			{Name: "password", Kind: "password", Label: lang.T("口令", "Password"), Required: true, Autocomplete: "current-password"}}}},
	}
}
