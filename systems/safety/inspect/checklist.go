package inspect

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/web/sheet"
)

// Item is a line of a checklist. Code is unique in its list: "1.2".
type Item struct {
	Code   string `json:"code"`
	Text   string `json:"text"`
	Clause string `json:"clause"` // of the law or standard that asks for it
}

// Checklist is one version of a list. Versions are never changed, so that a record says by what was judged.
type Checklist struct {
	ID      string    `json:"id"`
	Version int64     `json:"version"`
	Title   string    `json:"title"`
	At      time.Time `json:"at"`
	Items   []Item    `json:"items"`
}

// Bounds of a checklist.
const (
	maxItems = 200
	maxItem  = 300 // characters
)

// ParseItems reads a list in CSV: code, text, clause; the first line names the columns. UTF-8, with or without a byte order mark.
func ParseItems(body string) ([]Item, error) {
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff")))
	in.FieldsPerRecord = -1
	head, err := in.Read()
	if err != nil || len(head) != 3 || head[0] != "code" || head[1] != "text" || head[2] != "clause" {
		return nil, errs.Say(errs.Invalid, "首行应为 code,text,clause", "the first line must be code,text,clause")
	}
	var items []Item
	seen := map[string]bool{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line := sheet.LineOf(in, row, err)
		if err != nil || len(row) != 3 {
			return nil, errs.Say(errs.Invalid, "第 %[1]d 行应有三列", "line %[1]d must have three columns", line)
		}
		x := Item{strings.TrimSpace(row[0]), strings.TrimSpace(row[1]), strings.TrimSpace(row[2])}
		switch {
		case !fit(x.Code, 20) || seen[x.Code] || strings.Trim(x.Code, "0123456789.") != "":
			return nil, errs.Say(errs.Invalid, "第 %[1]d 行的编号应为数字和点，且不重复", "line %[1]d: the code has digits and dots and is unique", line)
		case !fit(x.Text, maxItem), !fit(x.Clause, maxItem):
			return nil, errs.Say(errs.Invalid, "第 %[1]d 行的检查内容和依据条款须为 1 至 %[2]d 字", "line %[1]d: text and clause have 1 to %[2]d characters", line, maxItem)
		case len(items) == maxItems:
			return nil, errs.Say(errs.Invalid, "检查表最多 %[1]d 项", "a checklist has at most %[1]d items", maxItems)
		}
		seen[x.Code] = true
		items = append(items, x)
	}
	if len(items) == 0 {
		return nil, errs.Say(errs.Invalid, "检查表没有内容", "the checklist has no items")
	}
	return items, nil
}

func fit(s string, most int) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsRune(s, 0) && utf8.RuneCountInString(s) <= most
}

// first is the checklist that the room brings along: what an inspection of a plant with hazardous chemicals asks first. It is a house default,
// and its title says so, until the authority imports its own. Clauses are those in force in the plan's time: the law of work safety as amended
// in 2014 (its article 40 names blasting and hoisting; hot work and temporary power came with the amendment of 2021), the regulation 591 of
// 2011, and the order 40 of 2011 on major hazards; their texts were not at hand to be compared word by word.
var first = []Item{
	{"1.1", "主要负责人和安全生产管理人员经考核合格", "《安全生产法》（2014）第二十四条"},
	{"1.2", "特种作业人员持证上岗", "《安全生产法》（2014）第二十七条"},
	{"1.3", "建立事故隐患排查治理制度，记录并向从业人员通报", "《安全生产法》（2014）第三十八条"},
	{"2.1", "重大危险源登记建档、检测、评估、监控，制定应急预案", "《安全生产法》（2014）第三十七条"},
	{"2.2", "重大危险源配备温度、压力、液位、流量、组份等信息的不间断采集和监测系统，具备预警和信息存储功能", "《危险化学品重大危险源监督管理暂行规定》第十三条"},
	{"2.3", "一级或者二级重大危险源具备紧急停车功能", "《危险化学品重大危险源监督管理暂行规定》第十三条"},
	{"3.1", "作业场所设置监测、监控、通风、防火、灭火、防爆、泄压、防毒等安全设施并保持适用", "《危险化学品安全管理条例》第二十条"},
	{"3.2", "作业场所和安全设施、设备上设置明显的安全警示标志", "《危险化学品安全管理条例》第二十条"},
	{"3.3", "危险化学品储存在专用仓库，储存方式、方法和数量符合国家标准", "《危险化学品安全管理条例》第二十四条"},
	{"4.1", "爆破、吊装以及国家规定的其他危险作业安排专门人员进行现场安全管理", "《安全生产法》（2014）第四十条"},
	{"5.1", "制定事故应急救援预案并定期组织演练", "《安全生产法》（2014）第七十八条"},
	{"5.2", "配备应急救援人员和必要的应急救援器材、设备", "《危险化学品安全管理条例》第七十条"},
}
