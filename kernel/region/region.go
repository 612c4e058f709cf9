package region

import (
	"slices"

	"github.com/haihe-city/haihe/lang"
)

// District is one of the city's sixteen.
type District struct {
	Code string // six digits
	Name lang.Text
	Core bool // one of the six of the centre, whose supply of power the plan holds to 99.99 %
}

// Districts are the city's, in the order of their codes. Nobody changes the list.
var Districts = []District{
	{"120101", lang.T("和平区", "Heping"), true},
	{"120102", lang.T("河东区", "Hedong"), true},
	{"120103", lang.T("河西区", "Hexi"), true},
	{"120104", lang.T("南开区", "Nankai"), true},
	{"120105", lang.T("河北区", "Hebei"), true},
	{"120106", lang.T("红桥区", "Hongqiao"), true},
	{"120110", lang.T("东丽区", "Dongli"), false},
	{"120111", lang.T("西青区", "Xiqing"), false},
	{"120112", lang.T("津南区", "Jinnan"), false},
	{"120113", lang.T("北辰区", "Beichen"), false},
	{"120114", lang.T("武清区", "Wuqing"), false},
	{"120115", lang.T("宝坻区", "Baodi"), false},
	{"120116", lang.T("滨海新区", "Binhai New Area"), false},
	{"120117", lang.T("宁河区", "Ninghe"), false},
	{"120118", lang.T("静海区", "Jinghai"), false},
	{"120119", lang.T("蓟州区", "Jizhou"), false},
}

// Index is where a code stands in Districts; -1 for none of them.
func Index(code string) int {
	return slices.IndexFunc(Districts, func(d District) bool { return d.Code == code })
}

// Valid tells whether a code is that of a district.
func Valid(code string) bool { return Index(code) >= 0 }

// Name names a district by its code; the code itself where it is none of the city's.
func Name(code string) lang.Text {
	if i := Index(code); i >= 0 {
		return Districts[i].Name
	}
	return lang.Same(code)
}
