package warning

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
	"github.com/haihe-city/haihe/systems/emergency/warning/inbound"
	"github.com/haihe-city/haihe/systems/emergency/warning/reach"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
	"github.com/haihe-city/haihe/wire/cap"
	"github.com/haihe-city/haihe/wire/gbt35965"
)

const clock = "2006-01-02 15:04"

// pageNew shows a form: empty of choice it asks for event and level, which a template is made of; with from it updates or cancels another.
func (p *Part) pageNew(r *web.Request) (*ui.Page, error) {
	if id := r.Query("from"); id != "" {
		before, err := p.Get(r.Context(), id)
		if err != nil {
			return nil, err
		}
		w := *before
		w.Refers, w.MsgType, w.Identifier = before.ID, Update, ""
		if r.Query("kind") == "cancel" {
			w.MsgType = Cancel
			name, c := EventName(w.Event), ColourName(w.Colour)
			w.Headline = lang.T("天津市解除"+name.Zh+c.Zh+"预警", "Tianjin: the "+c.En+" warning of "+name.En+" is lifted")
			w.Description, w.Instruction = lang.T("经研判，"+name.Zh+"影响已结束，解除预警。", "The danger is over; the warning is lifted."), lang.Text{}
		}
		return p.formPage(r, &w, page.Warnings+"/new", lang.Text{})
	}
	event, colour := r.Query("event"), r.Query("colour")
	if event == "" || colour == "" {
		return p.pageChoose(), nil
	}
	w := propose(event, colour, p.o.Now())
	w.Incident = r.Query("incident")
	if g, err := area.ParsePolygon(r.Query("polygon")); err == nil { // handed on by the situation map
		w.Polygons = []area.Polygon{g}
	}
	return p.formPage(r, &w, page.Warnings+"/new", lang.Text{})
}

// pageChoose lists the templates: events by level.
func (p *Part) pageChoose() *ui.Page {
	head := lang.T("拟制预警", "Write a warning")
	out := page.Of(head, page.Warnings, ui.Link{Text: title, Href: page.Warnings}, ui.Link{Text: head})
	out.Lead = lang.T("选择事件和级别，按模板生成草稿，再修改。", "Choose event and level: a template is filled in for you to change.")
	t := ui.Table{ID: "templates", Title: lang.T("模板", "Templates"), Total: -1, Path: page.Warnings + "/new", Columns: []ui.Column{{Key: "event", Text: lang.T("事件", "Event")}}}
	for _, c := range colours {
		t.Columns = append(t.Columns, ui.Column{Key: c.code, Text: c.name})
	}
	for _, e := range gbt35965.Events {
		row := ui.Row{ID: "t-" + e.Code, Cells: []ui.Cell{{Text: e.Name, Sub: lang.Same(e.Code), Strong: true}}}
		for _, c := range colours {
			row.Cells = append(row.Cells, ui.Cell{Text: lang.T(e.Name.Zh+c.name.Zh, e.Name.En+", "+c.name.En), Href: page.Warnings + "/new?event=" + e.Code + "&colour=" + c.code})
		}
		t.Rows = append(t.Rows, row)
	}
	out.Body = []ui.Block{t}
	return out
}

// formPage shows the form of a message.
func (p *Part) formPage(r *web.Request, w *Warning, action string, wrong lang.Text) (*ui.Page, error) {
	head := lang.T("拟制预警", "Write a warning")
	if w.MsgType != Alert {
		head = lang.T(msgTypes[w.MsgType].Zh+"预警", msgTypes[w.MsgType].En+" of a warning")
	}
	out := page.Of(head, page.Warnings, ui.Link{Text: title, Href: page.Warnings}, ui.Link{Text: head})
	f := ui.Form{ID: "warning", Title: head, Action: action, Submit: lang.T("保存草稿并预览", "Save and preview"), Error: wrong, Cancel: &ui.Link{Text: lang.T("取消", "Cancel"), Href: page.Warnings}}
	hidden := func(name, v string) { f.Fields = append(f.Fields, ui.Field{Name: name, Kind: "hidden", Value: v}) }
	hidden("refers", w.Refers)
	hidden("type", w.MsgType)
	hidden("changed", strconv.FormatInt(w.Changed, 10))
	hidden("incident", w.Incident)
	hidden("origin", w.Origin)
	if w.MsgType != Cancel {
		f.Fields = append(f.Fields, p.kindFields(w)...)
	}
	long := func(name string, label lang.Text, v string) {
		f.Fields = append(f.Fields, ui.Field{Name: name, Kind: "textarea", Label: label, Value: v, Required: true})
	}
	f.Fields = append(f.Fields, ui.Field{Name: "headline-zh", Label: lang.T("标题（中文）", "Headline, Chinese"), Value: w.Headline.Zh, Required: true}, ui.Field{Name: "headline-en", Label: lang.T("标题（英文）", "Headline, English"), Value: w.Headline.En, Required: true})
	long("description-zh", lang.T("预警内容（中文）", "Description, Chinese"), w.Description.Zh)
	long("description-en", lang.T("预警内容（英文）", "Description, English"), w.Description.En)
	if w.MsgType != Cancel {
		long("instruction-zh", lang.T("防御指南（中文）", "Instruction, Chinese"), w.Instruction.Zh)
		long("instruction-en", lang.T("防御指南（英文）", "Instruction, English"), w.Instruction.En)
		f.Fields = append(f.Fields, p.areaFields(w)...)
		told, err := p.dutyFields(r, w)
		if err != nil {
			return nil, err
		}
		f.Fields = append(f.Fields, told...)
	}
	f.Fields = append(f.Fields, ui.Field{Name: "note", Label: lang.T("备注（演练写明演练名称）", "Note (of an exercise: its name)"), Value: w.Note})
	out.Body = []ui.Block{f}
	return out, nil
}

func pick(list []option) (out []ui.Option) {
	for _, o := range list {
		out = append(out, ui.Option{Value: o.code, Text: o.name})
	}
	return out
}

func local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(gbt35965.China).Format(clock)
}

func box(name string, label lang.Text, on bool) ui.Field {
	f := ui.Field{Name: name, Kind: "checkbox", Label: label}
	if on {
		f.Value = "1"
	}
	return f
}

func (p *Part) kindFields(w *Warning) []ui.Field {
	out := []ui.Field{
		{Name: "event", Kind: "select", Label: lang.T("事件类型", "Event"), Value: w.Event, Options: pick(events()), Required: true},
		{Name: "colour", Kind: "select", Label: lang.T("预警级别", "Level"), Value: w.Colour, Options: pick(levels()), Required: true},
		{Name: "urgency", Kind: "select", Label: lang.T("紧急程度", "Urgency"), Value: w.Urgency, Options: pick(urgencies), Required: true},
		{Name: "certainty", Kind: "select", Label: lang.T("把握程度", "Certainty"), Value: w.Certainty, Options: pick(certainties), Required: true},
		{Name: "onset", Label: lang.T("预计开始时间", "Begins"), Value: local(w.Onset), Help: lang.T("如 2015-11-20 18:00", "such as 2015-11-20 18:00")},
		{Name: "expires", Label: lang.T("失效时间", "Ends"), Value: local(w.Expires), Required: true, Help: lang.T("如 2015-11-20 18:00", "such as 2015-11-20 18:00")},
	}
	if w.MsgType == Alert {
		out = append(out, box("exercise", lang.T("这是演练", "This is an exercise"), w.Exercise))
	}
	return out
}

func (p *Part) areaFields(w *Warning) []ui.Field {
	out := []ui.Field{{Kind: "group", Label: lang.T("影响区域：按区选择", "Area: districts")}, box("d-"+reach.City, lang.T("全市", "The whole city"), slices.Contains(w.Districts, reach.City))}
	list, _ := area.Districts() // a broken layer is told where the area is checked
	for _, d := range list {
		out = append(out, box("d-"+d.Code, d.Name, slices.Contains(w.Districts, d.Code)))
	}
	var shapes, circles strings.Builder
	for i, g := range w.Polygons {
		if i > 0 {
			shapes.WriteString("\n")
		}
		shapes.WriteString(g.Text())
	}
	for _, c := range w.Circles {
		circles.WriteString(c.At.Text() + " " + strconv.FormatFloat(c.Km, 'f', -1, 64) + "\n")
	}
	return append(out,
		ui.Field{Name: "polygons", Kind: "textarea", Label: lang.T("或多边形", "or polygons"), Value: shapes.String(), Help: lang.T("每行一个“经度,纬度”；多个多边形之间空一行", "one longitude,latitude a line; an empty line between polygons")},
		ui.Field{Name: "circles", Kind: "textarea", Label: lang.T("或圆", "or circles"), Value: circles.String(), Help: lang.T("每行“经度,纬度 半径（千米）”", "longitude,latitude and the radius in km, one a line")})
}

// dutyFields offers the duties of the register of contacts.
func (p *Part) dutyFields(r *web.Request, w *Warning) ([]ui.Field, error) {
	duties, err := p.o.Post.Duties(r.Context())
	if err != nil {
		return nil, err
	}
	for _, d := range append([]string{"plant", "district"}, w.Duties...) {
		if !slices.Contains(duties, d) {
			duties = append(duties, d)
		}
	}
	out := []ui.Field{{Kind: "group", Label: lang.T("通知哪些责任人（影响区域内）", "Who is told (within the area)")}}
	for _, d := range duties {
		name, ok := dutyNames[d]
		if !ok {
			name = lang.Same(d)
		}
		out = append(out, box("t-"+d, name, slices.Contains(w.Duties, d)))
	}
	return append(out, ui.Field{Name: "ack", Kind: "number", Label: lang.T("应答时限（分钟，0 为不需应答）", "Answer within (minutes, 0: no answer is wanted)"), Value: strconv.Itoa(w.AckMinutes), Required: true, Help: lang.T("逾时未应答的，通知带班领导和值班人员", "who does not answer in time is escalated to the leaders and officers on duty")}), nil
}

// posted reads a form.
func posted(r *web.Request) (w Warning, err error) {
	half := func(name string) lang.Text {
		return lang.T(tidy(r.Form(name+"-zh")), tidy(r.Form(name+"-en")))
	}
	w.Refers, w.MsgType, w.Incident, w.Origin = r.Form("refers"), r.Form("type"), r.Form("incident"), r.Form("origin")
	w.Headline, w.Description, w.Instruction, w.Note = half("headline"), half("description"), half("instruction"), tidy(r.Form("note"))
	w.Event, w.Colour, w.Urgency, w.Certainty, w.Exercise = r.Form("event"), r.Form("colour"), r.Form("urgency"), r.Form("certainty"), r.Form("exercise") == "1"
	w.Changed, _ = strconv.ParseInt(r.Form("changed"), 10, 64) // a wrong count is an old one
	for name, v := range r.HTTP.PostForm {
		if d, ok := strings.CutPrefix(name, "d-"); ok && v[0] == "1" {
			w.Districts = append(w.Districts, d)
		}
		if d, ok := strings.CutPrefix(name, "t-"); ok && v[0] == "1" {
			w.Duties = append(w.Duties, d)
		}
	}
	slices.Sort(w.Districts)
	slices.Sort(w.Duties)
	if w.MsgType == Cancel {
		return w, nil
	}
	if w.Onset, err = when(r.Form("onset")); err != nil {
		return w, err
	}
	if w.Expires, err = when(r.Form("expires")); err != nil {
		return w, err
	}
	if w.AckMinutes, err = strconv.Atoi(strings.TrimSpace(r.Form("ack"))); err != nil {
		return w, errs.Say(errs.Invalid, "应答时限应为整数分钟", "the time to answer is a whole number of minutes")
	}
	return w, w.drawn(r.Form("polygons"), r.Form("circles"))
}

func tidy(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

func when(s string) (time.Time, error) {
	if s = strings.TrimSpace(s); s == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(clock, s, gbt35965.China)
	if err != nil {
		return t, errs.Say(errs.Invalid, "时间“%s”应为 2015-11-20 18:00 的形式", "the time %q should look like 2015-11-20 18:00", s)
	}
	return t, nil
}

// drawn reads the shapes of a form.
func (w *Warning) drawn(polygons, circles string) error {
	for _, part := range strings.Split(strings.ReplaceAll(polygons, "\r", ""), "\n\n") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		g, err := area.ParsePolygon(part)
		if err != nil {
			return err
		}
		w.Polygons = append(w.Polygons, g)
	}
	for _, line := range strings.Split(circles, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		at, radius, ok := strings.Cut(line, " ")
		if !ok {
			return errs.Say(errs.Invalid, "圆应为“经度,纬度 半径（千米）”", "a circle is longitude,latitude and the radius in km")
		}
		c := reach.Circle{}
		var err error
		if c.At, err = area.ParsePoint(at); err != nil {
			return err
		}
		if c.Km, err = area.ParseRadius(radius); err != nil {
			return err
		}
		w.Circles = append(w.Circles, c)
	}
	return nil
}

// again shows a form once more with what was wrong; other errors go on.
func (p *Part) again(r *web.Request, w *Warning, action string, err error) (*ui.Page, string, error) {
	msg, ok := errs.MsgOf(err)
	if !ok || !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Conflict) {
		return nil, "", err
	}
	out, err := p.formPage(r, w, action, msg)
	return out, "", err
}

func (p *Part) formNew(r *web.Request) (*ui.Page, string, error) {
	w, err := posted(r)
	made := &w
	if err == nil {
		made, err = p.Write(r.Context(), r.Who, w)
	}
	if err != nil {
		return p.again(r, &w, page.Warnings+"/new", err)
	}
	return nil, page.Warnings + "/" + made.ID, nil
}

func (p *Part) pageEdit(r *web.Request) (*ui.Page, error) {
	w, err := p.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	return p.formPage(r, w, page.Warnings+"/"+w.ID+"/edit", lang.Text{})
}

func (p *Part) formEdit(r *web.Request) (*ui.Page, string, error) {
	id := r.Path("id")
	w, err := posted(r)
	if err == nil {
		err = p.Edit(r.Context(), r.Who, id, w.Changed, w)
	}
	if err != nil {
		return p.again(r, &w, page.Warnings+"/"+id+"/edit", err)
	}
	return nil, page.Warnings + "/" + id, nil
}

var importTitle = lang.T("接入外部预警", "Take an alert in")

func (p *Part) pageImport(*web.Request) (*ui.Page, error) { return p.importPage(lang.Text{}), nil }

func (p *Part) importPage(wrong lang.Text) *ui.Page {
	out := page.Of(importTitle, page.Warnings, ui.Link{Text: title, Href: page.Warnings}, ui.Link{Text: importTitle})
	out.Lead = lang.T("接收 CAP 1.2、1.1 或 GB/T 35965.1 文件，逐条核验后生成草稿；补齐中英文和通知范围，审批后发布。", "An alert of CAP 1.2 or 1.1 or of GB/T 35965.1 is checked and becomes a draft; complete it, and have it approved.")
	out.Body = []ui.Block{ui.Form{ID: "import", Title: importTitle, Action: page.Warnings + "/import", Submit: lang.T("核验并生成草稿", "Check and make a draft"), Error: wrong, Fields: []ui.Field{
		{Name: "file", Kind: "file", Label: lang.T("预警文件", "File")}, {Name: "text", Kind: "textarea", Label: lang.T("或粘贴文件内容", "or paste it")}}}}
	return out
}

// formImport shows the form of the draft that an alert makes: what is missing is filled in there.
func (p *Part) formImport(r *web.Request) (*ui.Page, string, error) {
	raw := []byte(r.Form("text"))
	if f, _, err := r.HTTP.FormFile("file"); err == nil {
		defer f.Close()
		if raw, err = io.ReadAll(io.LimitReader(f, 9<<20)); err != nil {
			return nil, "", errs.Wrap("read the file", err)
		}
	}
	w, err := p.readAlert(r.Context(), raw)
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		return p.importPage(msg), "", nil
	}
	if err != nil {
		return nil, "", err
	}
	out, err := p.formPage(r, &w, page.Warnings+"/new", lang.Text{})
	return out, "", err
}

// readAlert reads either structure.
func (p *Part) readAlert(ctx context.Context, raw []byte) (Warning, error) {
	a, err := inbound.Read(raw)
	if e, ok := err.(*cap.Error); ok {
		said := e.Said()
		return Warning{}, errs.Say(errs.Invalid, "文件不符合标准：%[1]s", "the file breaks the standard: %[2]s", said.Zh, said.En)
	}
	w, err := drafted(a, p.o.Now())
	if err != nil {
		return w, err
	}
	if a.Signatures > 0 {
		w.Note += " · " + inbound.Signed(raw)
	}
	return w, p.followed(ctx, &w, a)
}

// followed finds the message in force that an alert from outside updates or cancels. An update of what is not known here is a warning of its
// own; a cancellation of it says nothing.
func (p *Part) followed(ctx context.Context, w *Warning, a *cap.Alert) error {
	switch a.MsgType {
	case Alert:
		return nil
	case Update, Cancel:
	default:
		return errs.Say(errs.Invalid, "回执和拒收不是预警", "an acknowledgement or error is no warning")
	}
	for _, ref := range a.References {
		list, err := p.read(ctx, qOrigin, ref.Identifier)
		if err != nil {
			return err
		}
		for _, first := range list {
			chain, err := p.Chain(ctx, first.Root) // it may have been updated here since
			if err != nil {
				return err
			}
			for _, x := range chain {
				if x.State == Issued {
					w.Refers, w.MsgType = x.ID, a.MsgType
					return nil
				}
			}
		}
	}
	if a.MsgType == Cancel {
		return errs.Say(errs.Invalid, "所解除的预警未经本平台发布，或已失效", "the warning that it cancels was not issued here, or has ended")
	}
	return nil
}

// Import takes an alert in as a draft. One that updates or cancels an alert that was taken in and is in force follows it.
func (p *Part) Import(r *web.Request, who *identity.Principal, raw []byte) (*Warning, error) {
	w, err := p.readAlert(r.Context(), raw)
	if err != nil {
		return nil, err
	}
	for _, half := range []struct{ to, from *string }{{&w.Headline.En, &w.Headline.Zh}, {&w.Headline.Zh, &w.Headline.En}, {&w.Description.En, &w.Description.Zh}, {&w.Description.Zh, &w.Description.En}, {&w.Instruction.En, &w.Instruction.Zh}, {&w.Instruction.Zh, &w.Instruction.En}} {
		if *half.to == "" { // the author translates it before it is approved
			*half.to = *half.from
		}
	}
	if w.Instruction.Empty() && w.MsgType != Cancel {
		w.Instruction = commonAdvice
	}
	return p.Write(r.Context(), who, w)
}

func (p *Part) apiImport(r *web.Request) (any, error) {
	raw, err := io.ReadAll(r.HTTP.Body)
	if err != nil {
		return nil, errs.As(errs.Invalid, "read the alert", err)
	}
	w, err := p.Import(r, r.Who, raw)
	if err != nil {
		return nil, err
	}
	return web.Reply{Status: http.StatusCreated, Body: p.item(w)}, nil
}
