package tianjin

import (
	"time"

	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
)

// frame is the plan without its rows: what stands in the plan's text once and is not a list.
func frame() indicator.Plan {
	return indicator.Plan{
		Name: lang.T("新一代信息服务产业发展行动方案", "Action plan for new-generation information services"),
		// The day of the issuing notice; section 1.3 and all others end with 2016.
		Start: time.Date(2014, 4, 9, 0, 0, 0, 0, indicator.China),
		End:   time.Date(2016, 12, 31, 23, 59, 59, 0, indicator.China),
		Areas: []indicator.Area{
			{ID: "overall", Name: lang.T("总体目标", "City-wide"), Section: "1.3", Lead: "economy-it"},
			{ID: "mobile-internet", Name: lang.T("移动互联", "Mobile internet"), Section: "2.1", Lead: "economy-it"},
			{ID: "e-commerce", Name: lang.T("电子商务", "E-commerce"), Section: "2.2", Lead: "commerce"},
			{ID: "smart-city", Name: lang.T("智慧城市", "Smart city"), Section: "2.3", Lead: "economy-it"},
			{ID: "pan-entertainment", Name: lang.T("泛娱乐", "Pan-entertainment"), Section: "2.4", Lead: "culture-broadcast"},
			{ID: "information-security", Name: lang.T("信息安全", "Information security"), Section: "2.5", Lead: "economy-it"},
		},
		// Section 3.1.1 sets 2014 and 2015; everything else is due with the plan.
		Milestones: []indicator.Milestone{
			{Year: 2014, Text: lang.T("IPv6 大规模部署", "IPv6 deployed at scale"), Targets: []string{"ipv6-deployment"}},
			{Year: 2015, Text: lang.T("IPv6 升级改造全面完成", "IPv6 upgrade complete"), Targets: []string{"ipv6-upgrade"}},
			{Year: 2016, Text: lang.T("全部量化目标到期", "All targets due")},
		},
		// In 100 million yuan: 1000 + 2000 + 1500 = 4500 (3.1.2, 3.1.3, 3.1.4(2) and 2.1); 4500 + 400 + 100 = 5000 (2.1, 2.4, 2.5 and 1.3).
		Sums: []indicator.Sum{
			{Whole: "mobile-internet-scale", Parts: []string{"six-clouds-scale", "terminals-scale", "software-scale"}},
			{Whole: "industry-scale", Parts: []string{"mobile-internet-scale", "entertainment-scale", "security-scale"}},
		},
	}
}
