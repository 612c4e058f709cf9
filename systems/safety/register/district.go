package register

import "github.com/haihe-city/haihe/lang"

// District is a district of the city (GB/T 2260).
type District struct {
	Code string
	Name lang.Text
}

// Districts are the city's sixteen, by code.
var Districts = []District{
	{"120101", lang.T("和平区", "Heping")},
	{"120102", lang.T("河东区", "Hedong")},
	{"120103", lang.T("河西区", "Hexi")},
	{"120104", lang.T("南开区", "Nankai")},
	{"120105", lang.T("河北区", "Hebei")},
	{"120106", lang.T("红桥区", "Hongqiao")},
	{"120110", lang.T("东丽区", "Dongli")},
	{"120111", lang.T("西青区", "Xiqing")},
	{"120112", lang.T("津南区", "Jinnan")},
	{"120113", lang.T("北辰区", "Beichen")},
	{"120114", lang.T("武清区", "Wuqing")},
	{"120115", lang.T("宝坻区", "Baodi")},
	{"120116", lang.T("滨海新区", "Binhai New Area")},
	{"120117", lang.T("宁河区", "Ninghe")},
	{"120118", lang.T("静海区", "Jinghai")},
	{"120119", lang.T("蓟州区", "Jizhou")},
}

// DistrictName says a code for people; one that is none of the city's is said as it is.
func DistrictName(code string) lang.Text {
	for _, d := range Districts {
		if d.Code == code {
			return d.Name
		}
	}
	return lang.Same(code)
}
