package trust

import (
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
)

// Acts are the words of what this package records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "trust.generate", Title: lang.T("生成密钥", "Made a key")},
		{Verb: "trust.open", Title: lang.T("启用密钥", "Opened a key")},
		{Verb: "trust.use", Title: lang.T("密钥使用次数", "Uses of a key")},
		{Verb: "trust.ask", Title: lang.T("申请开启或恢复密钥", "Asked to open or recover a key")},
		{Verb: "trust.allow", Title: lang.T("批准开启或恢复密钥", "Allowed a key to be opened or recovered")},
		{Verb: "trust.refuse", Title: lang.T("不予开启或恢复密钥", "Refused to open or recover a key")},
		{Verb: "trust.shut", Title: lang.T("关闭密钥", "Shut a key")},
		{Verb: "trust.retire", Title: lang.T("停用密钥", "Retired a key")},
		{Verb: "trust.destroy", Title: lang.T("销毁密钥", "Destroyed a key")},
		{Verb: "trust.recover", Title: lang.T("恢复加密密钥", "Recovered an encryption key")},
	}
}
