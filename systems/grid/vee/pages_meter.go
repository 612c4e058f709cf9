package vee

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// daySheet is a meter's day with all that is known of it.
type daySheet struct {
	meter   book.Meter
	day     book.Day
	values  [rule.Slots]Value
	found   []found
	methods [rule.Slots]rule.Method
	edits   []Edit
	come    int // slots whose time has come
}

// open reads a meter's day.
func (p *Part) open(ctx context.Context, address string, day book.Day) (*daySheet, error) {
	_, m, ok := p.o.Book.Find(address)
	if !ok {
		return nil, errs.Say(errs.NotFound, "档案中没有电表 %s", "meter %s is not in the archive", address)
	}
	s := &daySheet{meter: m, day: day, come: book.DueSlots(day, p.o.Clock.Now(), 0)}
	samples, err := p.o.Ledger.Meter(ctx, m.Num, day)
	if err != nil {
		return nil, err
	}
	for _, x := range samples {
		if d, i, ok := book.SlotAt(x.At, p.o.Tolerance); ok && d == day && x.Quality&^series.Late != series.Invalid {
			s.values[i] = Value{x.At, x.Quality, x.Values[0], x.Values[1], x.Values[2]}
		}
	}
	if s.found, err = findingsOf(ctx, p.o.DB, m.Num, day); err != nil {
		return nil, err
	}
	if s.edits, err = edits(ctx, p.o.DB, qEditsOf, m.Num, int64(day)); err != nil {
		return nil, err
	}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		all, err := methodsOf(tx, dayOf{m.Num, day})
		for method, set := range all {
			for i := range rule.Slots {
				if set.Has(i) {
					s.methods[i] = method
				}
			}
		}
		return err
	})
	return s, errs.Wrap("read by which rules was estimated", err)
}

// pageMeter is a meter's day with its marks, and the form that puts a value right.
func (p *Part) pageMeter(r *web.Request) (*ui.Page, error) {
	day, err := p.queryDay(r)
	if err != nil {
		return nil, err
	}
	return p.meterPage(r, day, lang.Text{})
}

func (p *Part) meterPage(r *web.Request, day book.Day, wrong lang.Text) (*ui.Page, error) {
	s, err := p.open(r.Context(), r.Path("address"), day)
	if err != nil {
		return nil, err
	}
	title := lang.T("电能表 "+s.meter.Address+" 校核", "Validation of meter "+s.meter.Address)
	out := p.o.Page(title, pathList, Tab, ui.Link{Text: lang.Same(s.meter.Address), Href: meterPath(s.meter.Address, day)})
	out.Actions = []ui.Action{{Text: lang.T("前一日", "Day before"), Href: meterPath(s.meter.Address, day-1)}, {Text: lang.T("后一日", "Day after"), Href: meterPath(s.meter.Address, day+1)},
		{Text: lang.T("电表档案与读数", "Archive and readings"), Href: "/grid/meters/" + s.meter.Address + "?day=" + day.String()}}
	out.Body = []ui.Block{s.strip(), s.chart(), s.findingTable()}
	if r.Who.Can(GrantEdit) {
		out.Body = append(out.Body, s.form(r, wrong))
	}
	out.Body = append(out.Body, p.editTable(r.Context(), s.edits, ""), s.slotTable())
	return out, nil
}

// state is a slot's state in the words of the strip.
func (s *daySheet) state(i int) string {
	v := s.values[i]
	for _, f := range s.found {
		if f.Severity >= rule.Minor && f.Slots.Has(i) && v.At != 0 && isReading(v.Quality) {
			return "invalid"
		}
	}
	switch {
	case v.At == 0 && i >= s.come:
		return "future"
	case v.At == 0:
		return "missing"
	case v.Quality&^series.Late == series.Estimated:
		return "estimated"
	case v.Quality&series.Late != 0:
		return "late"
	}
	return "collected"
}

var slotWords = []struct {
	state string
	text  lang.Text
}{{"collected", lang.T("按时采集", "Collected")}, {"late", lang.T("迟到", "Late")}, {"estimated", lang.T("估算", "Estimated")}, {"invalid", lang.T("有校核结果", "With a finding")}, {"missing", lang.T("缺数", "Missing")}, {"future", lang.T("未到时间", "Not due")}}

func (s *daySheet) strip() ui.Slots {
	out := ui.Slots{ID: "vee-slots", Title: lang.T(s.day.String()+" 各时段", "Slots of "+s.day.String())}
	n := map[string]int{}
	for i := range rule.Slots {
		st := s.state(i)
		n[st]++
		t := s.marks(i)
		out.Items = append(out.Items, ui.Slot{State: st, Text: lang.T(clock(i)+" "+t.Zh, clock(i)+" "+t.En)})
	}
	for _, w := range slotWords {
		out.Key = append(out.Key, ui.Fact{Name: lang.T(w.text.Zh, w.state), Value: lang.Same(strconv.Itoa(n[w.state]))})
	}
	return out
}

// marks says of a slot where its value comes from, by which method, and which rules found it.
func (s *daySheet) marks(i int) lang.Text {
	v := s.values[i]
	words := lang.T("缺数", "missing")
	if i >= s.come {
		words = lang.T("未到时间", "not due")
	}
	if v.At != 0 {
		words = qualityWords(v.Quality)
		if m := s.methods[i]; m != "" && v.Quality&^series.Late == series.Estimated {
			words = lang.T(words.Zh+"："+m.Text().Zh, words.En+": "+m.Text().En)
		}
	}
	for _, f := range s.found {
		if f.Slots.Has(i) {
			words = lang.T(words.Zh+"；"+f.Rule.Text().Zh, words.En+"; "+f.Rule.Text().En)
		}
	}
	return words
}

// mostMarks bounds the words on a curve.
const mostMarks = 8

func (s *daySheet) chart() ui.Panel {
	read, guessed := make([]float64, rule.Slots), make([]float64, rule.Slots)
	for i, v := range s.values {
		read[i], guessed[i] = math.NaN(), math.NaN()
		if v.At == 0 || v.Power == series.Null {
			continue
		}
		if isReading(v.Quality) {
			read[i] = float64(v.Power) / 1e4
		} else {
			guessed[i] = float64(v.Power) / 1e4
		}
	}
	c := ui.Chart{ID: "vee-chart", Title: lang.T("当日功率", "Power of the day"), Unit: lang.Same("kW"), From: s.day.Date(), Step: book.SlotLength, Lines: []ui.Line{
		{Name: lang.T("实测", "Measured"), Style: "now", Points: read}, {Name: lang.T("估算", "Estimated"), Style: "forecast", Points: guessed}}}
	for _, f := range s.found {
		for i := 0; i < rule.Slots && len(c.Marks) < mostMarks; i++ {
			if f.Slots.Has(i) {
				c.Marks = append(c.Marks, ui.Mark{At: s.day.Date().Add(time.Duration(i) * book.SlotLength), Text: f.Rule.Text()})
				break
			}
		}
	}
	return ui.Panel{ID: "vee-power", Title: lang.T("功率曲线", "Power"), Body: []ui.Block{c}}
}

func (s *daySheet) findingTable() ui.Table {
	t := ui.Table{ID: "vee-findings", Title: lang.T("校核结果", "Findings"), Total: -1, Empty: lang.T("当日没有校核结果。", "Nothing was found on this day."), Columns: []ui.Column{
		{Key: "severity", Text: lang.T("程度", "Severity")}, {Key: "rule", Text: lang.T("规则", "Rule")}, {Key: "slots", Text: lang.T("时段", "Slots")}, {Key: "text", Text: lang.T("依据", "On which figures")}}}
	for _, f := range s.found {
		t.Rows = append(t.Rows, ui.Row{ID: "f-" + string(f.Rule), Cells: []ui.Cell{{Tag: severityTag(f.Severity)}, {Text: f.Rule.Text()}, {Text: slotsText(f.Slots)}, {Text: f.Text()}}})
	}
	return t
}

// slotTable lists the slots that are not simply measured in time.
func (s *daySheet) slotTable() ui.Table {
	t := ui.Table{ID: "vee-day", Title: lang.T("当日各时段", "Slots of the day"), Total: -1, Empty: lang.T("当日还没有时段。", "No slot of this day has come."), Columns: []ui.Column{
		{Key: "slot", Text: lang.T("时段", "Slot")}, {Key: "register", Text: lang.T("示数 kWh", "Register kWh"), Num: true}, {Key: "power", Text: lang.T("功率 kW", "Power kW"), Num: true}, {Key: "marks", Text: lang.T("来源与标记", "Source and marks")}}}
	for i, v := range s.values {
		if v.At == 0 && i >= s.come {
			continue
		}
		reg, power := "—", "—"
		if v.At != 0 {
			reg, power = text4(v.Register), text4(v.Power)
		}
		t.Rows = append(t.Rows, ui.Row{ID: "s-" + strconv.Itoa(i), Cells: []ui.Cell{{Text: lang.Same(clock(i))}, {Text: lang.Same(reg)}, {Text: lang.Same(power)}, {Text: s.marks(i)}}})
	}
	return t
}

func (s *daySheet) form(r *web.Request, wrong lang.Text) ui.Form {
	f := ui.Form{ID: "edit", Title: lang.T("编辑一个时段的示数", "Edit the register of a slot"), Action: pathMeter + s.meter.Address + "/edit", Submit: lang.T("保存", "Save"), Error: wrong, Fields: []ui.Field{
		{Name: "day", Kind: "hidden", Value: s.day.String()},
		{Name: "slot", Kind: "select", Label: lang.T("时段", "Slot"), Value: r.Form("slot")},
		{Name: "register", Label: lang.T("新示数 kWh", "New register, kWh"), Value: r.Form("register"), Required: true, Help: lang.T("至多四位小数。原值保留，可随时撤销恢复。", "Four decimals at most. The value before is kept and comes back when the edit is taken back.")},
		{Name: "power", Label: lang.T("新功率 kW", "New power, kW"), Value: r.Form("power"), Help: lang.T("留空则不改。", "Empty leaves it as it is.")},
		{Name: "reason", Kind: "textarea", Label: lang.T("理由", "Reason"), Value: r.Form("reason"), Required: true}}}
	for i := range rule.Slots {
		f.Fields[1].Options = append(f.Fields[1].Options, ui.Option{Value: strconv.Itoa(i), Text: lang.Same(clock(i))})
	}
	return f
}

// parse4 reads a decimal number with up to four decimals, exactly.
func parse4(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	neg := strings.HasPrefix(text, "-")
	whole, part, dot := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if len(whole) == 0 || len(whole) > 9 || len(part) > 4 || dot && part == "" {
		return 0, false
	}
	for _, c := range whole + part {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	v, err := strconv.ParseInt(whole+part+strings.Repeat("0", 4-len(part)), 10, 64)
	if neg {
		v = -v
	}
	return v, err == nil
}

// formEdit takes an edit.
func (p *Part) formEdit(r *web.Request) (*ui.Page, string, error) {
	day, err := parseDay(r.Form("day"))
	if err != nil {
		return nil, "", err
	}
	w, err := readWish(r, day)
	if err == nil {
		_, err = p.Edit(r.Context(), r.Who, w)
	}
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict)) {
		page, err := p.meterPage(r, day, msg)
		return page, "", err
	}
	return nil, meterPath(w.Address, day), err
}

func readWish(r *web.Request, day book.Day) (w Wish, err error) {
	w = Wish{Address: r.Path("address"), Day: day, Power: series.Null, Reason: r.Form("reason")}
	if w.Slot, err = strconv.Atoi(r.Form("slot")); err != nil {
		return w, errs.Say(errs.Invalid, "请选择时段", "choose a slot")
	}
	var ok bool
	if w.Register, ok = parse4(r.Form("register")); !ok {
		return w, errs.Say(errs.Invalid, "示数“%s”无法识别，应为至多四位小数的数字", "%q is no register: a number with four decimals at most", r.Form("register"))
	}
	if text := r.Form("power"); strings.TrimSpace(text) != "" {
		if w.Power, ok = parse4(text); !ok {
			return w, errs.Say(errs.Invalid, "功率“%s”无法识别，应为至多四位小数的数字", "%q is no power: a number with four decimals at most", text)
		}
	}
	return w, nil
}

var editWords = map[string]*ui.Tag{"stands": {Status: ui.StatusOn, Text: lang.T("有效", "Stands")}, "undone": {Status: ui.StatusNone, Text: lang.T("已撤销", "Taken back")}}

// editTable lists edits with both values.
func (p *Part) editTable(ctx context.Context, list []Edit, path string) ui.Table {
	t := ui.Table{ID: "edits", Title: lang.T("编辑记录", "Edits"), Total: -1, Path: path, Empty: lang.T("没有编辑。", "Nothing was edited."), Columns: []ui.Column{
		{Key: "slot", Text: lang.T("时段", "Slot")}, {Key: "meter", Text: lang.T("电表号", "Meter")}, {Key: "was", Text: lang.T("原示数 kWh", "Register before"), Num: true}, {Key: "now", Text: lang.T("新示数 kWh", "Register after"), Num: true},
		{Key: "who", Text: lang.T("编辑人", "By")}, {Key: "at", Text: lang.T("时间", "When"), Num: true}, {Key: "reason", Text: lang.T("理由", "Reason")}, {Key: "state", Text: lang.T("状态", "State")}}}
	for _, e := range list {
		m, _ := p.o.Book.ByNum(e.Meter)
		t.Rows = append(t.Rows, ui.Row{ID: "e-" + e.ID, Cells: []ui.Cell{{Text: lang.Same(slotName(e.Day, e.Slot)), Href: pathEdits + "/" + e.ID, Strong: true}, {Text: lang.Same(m.Address), Href: meterPath(m.Address, e.Day)},
			{Text: lang.Same(text4(e.Was.Register))}, {Text: lang.Same(text4(e.Now.Register))}, {Text: p.o.People.ActorName(ctx, e.Who)}, {Time: e.At}, {Text: lang.Same(e.Reason)}, {Tag: editWords[e.State]}}})
	}
	return t
}

// pageEdits lists all edits, the newest first.
func (p *Part) pageEdits(r *web.Request) (*ui.Page, error) {
	before := r.Query("after")
	if len(before) > 64 {
		return nil, errs.Say(errs.Invalid, "翻页标记无效，请从第一页重新打开", "the page mark is not valid, open the list from its first page")
	}
	if before == "" {
		before = "~" // behind every id
	}
	list, err := edits(r.Context(), p.o.DB, qEdits, before, pageSize+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(list) > pageSize {
		list, next = list[:pageSize], list[pageSize-1].ID
	}
	t := p.editTable(r.Context(), list, pathEdits)
	t.Next, t.Paged = next, r.Query("after") != ""
	out := p.o.Page(lang.T("编辑记录", "Edits"), pathList, Tab, ui.Link{Text: lang.T("编辑记录", "Edits"), Href: pathEdits})
	out.Body = []ui.Block{t}
	return out, nil
}

// pageEdit is one edit: both values, who, when, why, and the form that takes it back.
func (p *Part) pageEdit(r *web.Request) (*ui.Page, error) { return p.editPage(r, lang.Text{}) }

func (p *Part) editPage(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	list, err := edits(r.Context(), p.o.DB, qEditGet, r.Path("id"))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errs.Say(errs.NotFound, "没有这次编辑", "there is no such edit")
	}
	e := list[0]
	m, _ := p.o.Book.ByNum(e.Meter)
	title := lang.T("编辑 "+slotName(e.Day, e.Slot), "Edit of "+slotName(e.Day, e.Slot))
	out := p.o.Page(title, pathList, Tab, ui.Link{Text: lang.T("编辑记录", "Edits"), Href: pathEdits}, ui.Link{Text: title, Href: pathEdits + "/" + e.ID})
	was := lang.T("无读数", "nothing")
	if e.Was.At != 0 {
		q := qualityWords(e.Was.Quality)
		was = lang.T(fmt.Sprintf("%s（%s，%s）", text4(e.Was.Register), q.Zh, stamp(e.Was.At)), fmt.Sprintf("%s (%s, %s)", text4(e.Was.Register), q.En, stamp(e.Was.At)))
	}
	facts := ui.Facts{ID: "edit-facts", Title: lang.T("编辑", "Edit"), Items: []ui.Fact{
		{Name: lang.T("电表号", "Meter"), Value: lang.Same(m.Address), Href: meterPath(m.Address, e.Day)}, {Name: lang.T("状态", "State"), Tag: editWords[e.State]},
		{Name: lang.T("原示数 kWh", "Register before, kWh"), Value: was}, {Name: lang.T("新示数 kWh", "Register after, kWh"), Value: lang.Same(text4(e.Now.Register))},
		{Name: lang.T("原功率 kW", "Power before, kW"), Value: lang.Same(text4(e.Was.Power))}, {Name: lang.T("新功率 kW", "Power after, kW"), Value: lang.Same(text4(e.Now.Power))},
		{Name: lang.T("编辑人", "By"), Value: p.o.People.ActorName(r.Context(), e.Who)}, {Name: lang.T("时间", "When"), Time: e.At}, {Name: lang.T("理由", "Reason"), Value: lang.Same(e.Reason)}}}
	if e.State == "undone" {
		facts.Items = append(facts.Items, ui.Fact{Name: lang.T("撤销人", "Taken back by"), Value: p.o.People.ActorName(r.Context(), e.UndoneBy)}, ui.Fact{Name: lang.T("撤销时间", "Taken back"), Time: e.UndoneAt},
			ui.Fact{Name: lang.T("撤销理由", "Why"), Value: lang.Same(e.UndoneWhy)})
	}
	out.Body = []ui.Block{facts}
	if e.State == "stands" && r.Who.Can(GrantEdit) {
		out.Body = append(out.Body, ui.Form{ID: "undo", Title: lang.T("撤销这次编辑", "Take this edit back"), Action: pathEdits + "/" + e.ID + "/undo", Submit: lang.T("撤销", "Take back"), Error: wrong, Fields: []ui.Field{
			{Name: "reason", Kind: "textarea", Label: lang.T("理由", "Reason"), Value: r.Form("reason"), Required: true, Help: lang.T("恢复编辑前的值；此后若已有读数到达，则保留该读数。", "What stood before stands again; a reading that came since stays.")}}})
	}
	return out, nil
}

// formUndo takes an edit back.
func (p *Part) formUndo(r *web.Request) (*ui.Page, string, error) {
	_, err := p.Undo(r.Context(), r.Who, r.Path("id"), r.Form("reason"))
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		page, err := p.editPage(r, msg)
		return page, "", err
	}
	return nil, pathEdits + "/" + r.Path("id"), err
}
