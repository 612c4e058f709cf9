package indicator

import (
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
)

// Acts are the words of what this package records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "submit", Title: lang.T("填报", "Reported a figure")},
		{Verb: "approve", Title: lang.T("核准", "Approved a figure")},
		{Verb: "reject", Title: lang.T("退回", "Sent a figure back")},
	}
}
