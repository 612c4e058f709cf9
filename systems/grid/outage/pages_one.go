package outage

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/outage/join"
	"github.com/haihe-city/haihe/systems/grid/outage/list"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pageOne is one outage: what is known, its stages, its customers, what the voltages say, and what was corrected.
func (p *Part) pageOne(r *web.Request) (*ui.Page, error) {
	o, err := p.get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	return p.one(r, o, lang.Text{})
}

// one draws an outage; wrong is said above its form.
func (p *Part) one(r *web.Request, o *join.Outage, wrong lang.Text) (*ui.Page, error) {
	logged, err := changes(r.Context(), p.o.DB, o.ID)
	if err != nil {
		return nil, err
	}
	customers, err := p.customerTable(r, o)
	if err != nil {
		return nil, err
	}
	seen, err := p.voltages(r.Context(), o)
	if err != nil {
		return nil, err
	}
	title := lang.T("停电 "+list.Stamp(o.Began), "Outage of "+list.Stamp(o.Began))
	out := p.o.Page(title, pathList, ui.Link{Text: lang.T("停电", "Outages"), Href: pathList}, ui.Link{Text: title, Href: pathList + "/" + o.ID})
	if r.Who.Can("journal.read") {
		out.Actions = []ui.Action{{Text: lang.T("审计日志", "Journal"), Href: link("/admin/journal", nil, "object", "grid.outage:"+o.ID)}}
	}
	left := []ui.Block{p.facts(o, seen)}
	if r.Who.Can(GrantEdit) {
		left = append(left, editForm(o, wrong))
	}
	out.Body = []ui.Block{ui.Columns{Wide: -1, Cols: [][]ui.Block{left, {p.stageTable(o), p.changeLine(r.Context(), logged)}}}, customers}
	return out, nil
}

func (p *Part) facts(o *join.Outage, seen evidence) ui.Facts {
	now := p.now()
	f := ui.Facts{ID: "outage-facts", Title: lang.T("停电情况", "What is known"), Items: []ui.Fact{
		{Name: lang.T("状态", "State"), Tag: stateTag(o.State)},
		{Name: lang.T("停电时间", "Began"), Time: clock(o.Began)},
		{Name: lang.T("全部恢复", "All restored"), Time: clock(o.Ended)},
		{Name: lang.T("原因", "Cause"), Value: causeWords[o.Cause]},
		{Name: lang.T("最先来源", "Told first by"), Value: sourceWords[o.Source]},
		{Name: lang.T("线路", "Feeder"), Value: lang.Same(o.Feeder), Href: link(pathList, nil, "feeder", o.Feeder)},
		{Name: lang.T("区", "District"), Value: book.DistrictName(o.District)},
		{Name: lang.T("影响用户", "Customers"), Value: lang.Same(ui.Grouped(int64(o.Customers())))},
		{Name: lang.T("停电用户分钟", "Customer-minutes"), Value: lang.Same(ui.Num(float64(o.Seconds(now))/60, 1))},
		{Name: lang.T("电压佐证", "Voltages"), Value: lang.T(fmt.Sprintf("停电时段内抽查 %d 个时点：无电压 %d，缺数 %d，有电压 %d", seen.lit+seen.none+seen.missing, seen.none, seen.missing, seen.lit), fmt.Sprintf("%d quarter hours looked at: %d without voltage, %d without a reading, %d with voltage", seen.lit+seen.none+seen.missing, seen.none, seen.missing, seen.lit)), Tag: seen.tag()},
	}}
	if o.Code != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("清单编号", "Name in the list"), Value: lang.Same(o.Code)})
	}
	if o.Note != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("备注", "Note"), Value: lang.Same(o.Note)})
	}
	return f
}

// stageTable is the restoration step by step.
func (p *Part) stageTable(o *join.Outage) ui.Table {
	now := p.now()
	t := ui.Table{ID: "stages", Title: lang.T("分段恢复", "Restoration by stages"), Note: lang.T("恢复时间相差半分钟以内的用户为一段", "customers who came back within half a minute of each other are one stage"), Total: -1, Columns: []ui.Column{
		{Key: "at", Text: lang.T("恢复时间", "Restored"), Num: true}, {Key: "customers", Text: lang.T("用户", "Customers"), Num: true}, {Key: "left", Text: lang.T("仍停电", "Still dark"), Num: true}, {Key: "minutes", Text: lang.T("停电用户分钟", "Customer-minutes"), Num: true}}}
	left := len(o.Dark)
	for i, s := range o.Stages(now) {
		left -= s.Customers
		at := ui.Cell{Time: clock(s.At)}
		if s.At == 0 {
			at, left = ui.Cell{Text: lang.T("尚未恢复", "still dark")}, s.Customers
		}
		if i == 100 {
			t.Note = lang.T("仅列前 100 段", "the first 100 stages")
			break
		}
		t.Rows = append(t.Rows, ui.Row{ID: "s-" + strconv.Itoa(i), Cells: []ui.Cell{at, number(int64(s.Customers)), number(int64(left)), {Text: lang.Same(ui.Num(float64(s.Seconds)/60, 1))}}})
	}
	return t
}

// customerTable lists the customers with their own times and what proves them.
func (p *Part) customerTable(r *web.Request, o *join.Outage) (ui.Table, error) {
	from := 0
	if text := r.Query("after"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return ui.Table{}, errs.Say(errs.Invalid, "翻页标记“%s”无效，请从第一页重新打开", "the page mark %q is not valid, open the list from its first page", text)
		}
		from = min(n, len(o.Dark))
	}
	t := ui.Table{ID: "customers", Title: lang.T("停电用户", "Customers"), Total: int64(len(o.Dark)), Paged: from > 0, Path: pathList + "/" + o.ID, Columns: []ui.Column{
		{Key: "meter", Text: lang.T("电表号", "Meter")}, {Key: "from", Text: lang.T("停电时间", "Lost supply"), Num: true}, {Key: "begun", Text: lang.T("依据", "Known by")}, {Key: "to", Text: lang.T("恢复时间", "Got it back"), Num: true},
		{Key: "ended", Text: lang.T("依据", "Known by")}, {Key: "lasting", Text: lang.T("时长", "For"), Num: true}}, Empty: lang.T("没有用户。", "No customer.")}
	for i, d := range o.Dark[from:min(from+pageSize, len(o.Dark))] {
		m, _ := p.o.Book.ByNum(d.Customer)
		ended := d.Ended.Text()
		if d.To == 0 {
			ended = lang.T("尚未恢复", "still dark")
		}
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("d-%d", from+i), Cells: []ui.Cell{{Text: lang.Same(m.Address), Href: "/grid/meters/" + m.Address + "?day=" + book.DayOf(d.From*second).String(), Strong: true}, {Time: clock(d.From)}, {Text: d.Begun.Text()},
			{Time: clock(d.To)}, {Text: ended}, {Text: lasting(d.Until(p.now()) - d.From)}}})
		if i == pageSize-1 && from+pageSize < len(o.Dark) {
			t.Next = strconv.Itoa(from + pageSize)
		}
	}
	return t, nil
}

// changeLine is what people corrected: both values, who, when, why.
func (p *Part) changeLine(ctx context.Context, logged []Change) ui.Timeline {
	t := ui.Timeline{ID: "changes", Title: lang.T("更正记录", "Corrections"), Empty: lang.T("没有更正。", "Nothing was corrected.")}
	for _, c := range logged {
		field, was, becomes := fieldWords[c.Field], value(c.Field, c.Was), value(c.Field, c.Becomes)
		t.Items = append(t.Items, ui.Event{At: c.At, Who: p.o.People.ActorName(ctx, c.Who), What: lang.T(
			fmt.Sprintf("%s：%s → %s。理由：%s", field.Zh, was.Zh, becomes.Zh, c.Reason), fmt.Sprintf("%s: %s → %s. Reason: %s", field.En, was.En, becomes.En, c.Reason))})
	}
	return t
}

// Bounds of the look at voltages: so many customers, each over so long.
const (
	looked    = 200
	lookedFor = 7 * 24 * 3600
)

// evidence is what the quarter hours inside an outage say: with voltage, measured without, and not measured at all.
type evidence struct{ lit, none, missing int }

// tag warns where meters had voltage while they are said to have been dark. It judges nothing: a person looks.
func (e evidence) tag() *ui.Tag {
	if e.lit == 0 {
		return nil
	}
	return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("与停电不符，请核实", "does not fit, please look")}
}

// voltages looks at the quarter hours inside the darkness of the first so many customers. The first and the last one are left out,
// which may go either way.
func (p *Part) voltages(ctx context.Context, o *join.Outage) (e evidence, err error) {
	for _, d := range o.Dark[:min(looked, len(o.Dark))] {
		from, to := d.From+join.SlotSeconds, min(d.Until(p.now()), d.From+lookedFor)-join.SlotSeconds
		if to <= from {
			continue
		}
		lit, measured := map[int64]bool{}, map[int64]bool{}
		err := p.o.Readings.Scan(ctx, []int64{d.Customer}, from*second, to*second, func(x series.Sample) error {
			if v := x.Values[p.o.Voltage]; x.Quality&^series.Late == series.Measured && v != series.Null {
				slot := x.At / second / join.SlotSeconds
				measured[slot] = true
				if v >= noVoltage {
					lit[slot] = true
				}
			}
			return nil
		})
		if err != nil {
			return e, err
		}
		e.lit += len(lit)
		e.none += len(measured) - len(lit)
		e.missing += max(0, int((to-from)/join.SlotSeconds)-len(measured))
	}
	return e, nil
}

func editForm(o *join.Outage, wrong lang.Text) ui.Form {
	ended := list.Stamp(o.Ended)
	return ui.Form{ID: "edit", Title: lang.T("更正", "Correct"), Action: pathList + "/" + o.ID + "/edit", Submit: lang.T("保存更正", "Save"), Error: wrong, Fields: []ui.Field{
		{Name: "cause", Kind: "select", Label: lang.T("原因", "Cause"), Value: list.CauseNames[o.Cause], Options: causeOptions(lang.Text{})},
		{Name: "began", Label: lang.T("停电时间", "Began"), Value: list.Stamp(o.Began), Help: lang.T("只改动与首个用户同时停电的用户", "changes those who went dark with the first")},
		{Name: "ended", Label: lang.T("全部恢复时间", "All restored"), Value: ended, Help: lang.T("只改动最后一批恢复或仍停电的用户；仍停电请留空", "changes the last stage, or who is still dark; empty while it lasts")},
		{Name: "note", Label: lang.T("备注", "Note"), Value: o.Note},
		{Name: "void", Kind: "checkbox", Label: lang.T("作废：此停电未发生，不计入指标", "Void: it never was, and counts nowhere"), Value: map[bool]string{true: "1"}[o.State == join.Void]},
		{Name: "reason", Label: lang.T("更正理由", "Reason"), Required: true},
	}}
}

// formEdit takes a correction.
func (p *Part) formEdit(r *web.Request) (*ui.Page, string, error) {
	id := r.Path("id")
	o, err := p.get(r.Context(), id)
	if err != nil {
		return nil, "", err
	}
	e, err := readEdit(r, o)
	if err == nil {
		err = p.Correct(r.Context(), r.Who, id, e)
	}
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict)) {
		page, err := p.one(r, o, msg)
		return page, "", err
	}
	return nil, pathList + "/" + id, err
}

// readEdit reads what a form changes against what stands there.
func readEdit(r *web.Request, o *join.Outage) (e Edit, err error) {
	e.Reason = strings.TrimSpace(r.Form("reason"))
	cause, ok := list.CauseOf(r.Form("cause"))
	if !ok {
		return e, errs.Say(errs.Invalid, "请选择原因", "choose a cause")
	}
	e.Cause = &cause
	for _, f := range []struct {
		name string
		was  int64
		to   **time.Time
	}{{"began", o.Began, &e.From}, {"ended", o.Ended, &e.To}} {
		text := strings.TrimSpace(r.Form(f.name))
		if text == "" || text == list.Stamp(f.was) {
			continue
		}
		t, err := list.ParseTime(text)
		if err != nil {
			return e, err
		}
		*f.to = &t
	}
	note, void := strings.TrimSpace(r.Form("note")), r.Form("void") == "1"
	e.Note = &note
	if void != (o.State == join.Void) {
		e.Void = &void
	}
	return e, nil
}

func (p *Part) newForm(t map[string]string, wrong lang.Text) ui.Form {
	return ui.Form{ID: "report", Title: lang.T("登记停电", "Report an outage"), Action: "/grid/outages/new", Submit: lang.T("登记", "Report"), Error: wrong, Cancel: &ui.Link{Text: lang.T("取消", "Cancel"), Href: pathList}, Fields: []ui.Field{
		{Name: "feeder", Label: lang.T("线路", "Feeder"), Value: t["feeder"], Placeholder: lang.Same("120101-10kV-01")},
		{Name: "concentrator", Label: lang.T("集中器（台区）", "Concentrator"), Value: t["concentrator"], Help: lang.T("只停一个台区时填写", "where one transformer area only is dark")},
		{Name: "meters", Kind: "textarea", Label: lang.T("电表号", "Meters"), Value: t["meters"], Help: lang.T("只停部分用户时逐个填写，以空格或分号分隔", "where some customers only are dark, parted by spaces or semicolons")},
		{Name: "from", Label: lang.T("停电时间", "Began"), Value: t["from"], Required: true, Placeholder: lang.Same("2015-11-20 08:30")},
		{Name: "to", Label: lang.T("恢复时间", "Restored"), Value: t["to"], Help: lang.T("尚未恢复请留空", "empty while it lasts")},
		{Name: "cause", Kind: "select", Label: lang.T("原因", "Cause"), Value: t["cause"], Options: causeOptions(lang.Text{})},
		{Name: "note", Label: lang.T("备注", "Note"), Value: t["note"]},
	}}
}

func switchForm(t map[string]string, wrong lang.Text) ui.Form {
	return ui.Form{ID: "switch", Title: lang.T("登记线路开关操作", "Record a feeder switch"), Action: "/grid/outages/switch", Submit: lang.T("登记", "Record"), Error: wrong, Fields: []ui.Field{
		{Name: "feeder", Label: lang.T("线路", "Feeder"), Value: t["feeder"], Required: true},
		{Name: "position", Kind: "select", Label: lang.T("操作", "Position"), Value: t["position"], Options: []ui.Option{{Value: "open", Text: lang.T("断开", "Opened")}, {Value: "close", Text: lang.T("合上", "Closed")}}},
		{Name: "at", Label: lang.T("操作时间", "At"), Value: t["at"], Required: true, Placeholder: lang.Same("2015-11-20 08:30")},
	}}
}

// newPage holds both forms; the values and errors are those of the one that was sent.
func (p *Part) newPage(report, turn ui.Form) *ui.Page {
	title := lang.T("登记停电", "Report an outage")
	out := p.o.Page(title, pathList, ui.Link{Text: lang.T("停电", "Outages"), Href: pathList}, ui.Link{Text: title, Href: "/grid/outages/new"})
	out.Body = []ui.Block{ui.Columns{Wide: -1, Cols: [][]ui.Block{{report}, {turn, ui.Form{ID: "import-outages", Title: lang.T("导入停电清单（CSV）", "Import a list (CSV)"), Action: "/grid/import/" + ImportName, Submit: lang.T("上传", "Upload"), Fields: []ui.Field{
		{Name: "file", Kind: "file", Label: lang.T("文件", "File"), Required: true, Help: lang.T("列："+strings.Join(list.Columns, ",")+"；同一停电分几行填写即为分段恢复", "columns: "+strings.Join(list.Columns, ",")+"; several lines of one outage are its stages")},
		{Name: "dry", Kind: "checkbox", Label: lang.T("只试导入，不写入", "Try only, change nothing"), Value: "1"}}}}}}}
	return out
}

func (p *Part) pageNew(*web.Request) (*ui.Page, error) {
	return p.newPage(p.newForm(map[string]string{"cause": "unknown"}, lang.Text{}), switchForm(nil, lang.Text{})), nil
}

func formValues(r *web.Request, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		out[n] = strings.TrimSpace(r.Form(n))
	}
	return out
}

// again gives the words of an error that is shown above a form; ok is false where it is none of the form's.
func again(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && slices.ContainsFunc([]errs.Kind{errs.Invalid, errs.Conflict}, func(k errs.Kind) bool { return errs.Is(err, k) })
}

// formNew takes a report.
func (p *Part) formNew(r *web.Request) (*ui.Page, string, error) {
	v := formValues(r, "feeder", "concentrator", "meters", "from", "to", "cause", "note")
	id, err := "", error(nil)
	t := list.Tale{Feeder: v["feeder"], Concentrator: v["concentrator"], Meters: strings.FieldsFunc(v["meters"], list.Parted), Note: v["note"]}
	if t.Cause, err = list.ParseCause(v["cause"]); err == nil {
		if t.From, err = list.ParseTime(v["from"]); err == nil && v["to"] != "" {
			t.To, err = list.ParseTime(v["to"])
		}
	}
	if err == nil {
		id, err = p.Tell(r.Context(), r.Who, t)
	}
	if msg, ok := again(err); ok {
		return p.newPage(p.newForm(v, msg), switchForm(nil, lang.Text{})), "", nil
	}
	return nil, pathList + "/" + id, err
}

// formSwitch takes a switch's operation.
func (p *Part) formSwitch(r *web.Request) (*ui.Page, string, error) {
	v := formValues(r, "feeder", "position", "at")
	at, err := list.ParseTime(v["at"])
	if err == nil {
		err = p.turn(r, v["feeder"], v["position"], at)
	}
	if msg, ok := again(err); ok {
		return p.newPage(p.newForm(nil, lang.Text{}), switchForm(v, msg)), "", nil
	}
	return nil, link(pathList, nil, "feeder", v["feeder"]), err
}

// turn records a switch in the position that a request names.
func (p *Part) turn(r *web.Request, feeder, position string, at time.Time) error {
	if position != "open" && position != "close" {
		return errs.Say(errs.Invalid, "操作“%s”无法识别，可用 open、close", "position %q is not known: open or close", position)
	}
	return p.Switch(r.Context(), r.Who, feeder, position == "open", at)
}
