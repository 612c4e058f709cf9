package identity

import (
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
)

// Acts are the words of what this package records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "login", Title: lang.T("登录", "Signed in")},
		{Verb: "login-failed", Title: lang.T("登录失败", "Sign-in failed")},
		{Verb: "logout", Title: lang.T("退出登录", "Signed out")},
		{Verb: "revoke-sessions", Title: lang.T("终止会话", "Ended sessions")},
		{Verb: "change-password", Title: lang.T("修改密码", "Changed the password")},
		{Verb: "create-person", Title: lang.T("新建人员", "Created a person")},
		{Verb: "edit-person", Title: lang.T("修改人员", "Changed a person")},
		{Verb: "set-roles", Title: lang.T("调整角色", "Set roles")},
		{Verb: "enable-person", Title: lang.T("启用账号", "Enabled an account")},
		{Verb: "disable-person", Title: lang.T("停用账号", "Disabled an account")},
		{Verb: "reset-password", Title: lang.T("重置密码", "Reset a password")},
		{Verb: "issue-token", Title: lang.T("签发令牌", "Issued a token")},
		{Verb: "revoke-token", Title: lang.T("吊销令牌", "Revoked a token")},
		{Verb: "passkey-add", Title: lang.T("添加通行密钥", "Added a passkey")},
		{Verb: "passkey-remove", Title: lang.T("删除通行密钥", "Deleted a passkey")},
		{Verb: "certificate-tie", Title: lang.T("绑定证书", "Tied a certificate to the account")},
		{Verb: "certificate-release", Title: lang.T("解除证书绑定", "Released a certificate")},
		{Verb: "register", Title: lang.T("注册账户", "Registered an account")},
		{Verb: "close-account", Title: lang.T("注销账户", "Closed their account")},
		{Verb: "restore-demo", Title: lang.T("恢复演示账号", "Restored the demo accounts")},
	}
}
