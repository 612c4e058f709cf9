package notices

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// maxImport bounds the file of an import, in bytes; mostContacts its lines.
const (
	maxImport    = 16 << 20
	mostContacts = 50_000
)

// columns of the contacts' sheet; ways are written channel:address, separated by semicolons.
var columns = []string{"id", "name_zh", "name_en", "duty", "unit", "area", "plant", "account", "language", "ways"}

// pageContacts lists the register, with the forms to enter one and to take a sheet in.
func (p *Part) pageContacts(r *web.Request) (*ui.Page, error) {
	q, duty, area := strings.TrimSpace(r.Query("q")), r.Query("duty"), r.Query("area")
	list, next, err := p.post.Contacts(r.Context(), r.Who, notice.Wanted{Text: q, Duty: duty, Area: area, Cursor: r.Query("after"), Limit: 50})
	if err != nil {
		return nil, err
	}
	duties, err := p.post.Duties(r.Context())
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "contacts", Title: titleContacts, Path: pathContacts, Total: -1, Next: next, Paged: r.Query("after") != "", Query: map[string]string{"q": q, "duty": duty, "area": area},
		Search:  &ui.Field{Name: "q", Label: lang.T("姓名或地址", "Name or address"), Value: q},
		Filters: []ui.Field{{Name: "duty", Kind: "select", Label: lang.T("职责", "Duty"), Value: duty, Options: dutyOptions(duties)}, {Name: "area", Label: lang.T("行政区划代码", "District code"), Value: area}},
		Exports: []ui.Link{{Text: lang.T("导出 CSV", "CSV"), Href: "/api/duty/contacts.csv?" + url.Values{"duty": {duty}, "area": {area}, "q": {q}}.Encode()}},
		Columns: []ui.Column{{Key: "name", Text: lang.T("姓名", "Name")}, {Key: "duty", Text: lang.T("职责", "Duty")}, {Key: "unit", Text: lang.T("单位", "Unit")}, {Key: "area", Text: lang.T("区", "District")}, {Key: "ways", Text: lang.T("联系方式", "Ways")}},
		Empty:   lang.T("没有联系人。没有联系人的职责无人可通知。", "No contacts. A duty without contacts tells nobody.")}
	for _, c := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: c.Name, Href: pathContacts + "/" + url.PathEscape(c.ID), Strong: true}, {Text: dutyText(c.Duty)}, {Text: p.people.UnitName(c.Unit), Sub: lang.Same(c.Group)}, {Text: lang.Same(c.Area)}, {Text: waysText(c.Ways)}}})
	}
	out := p.within(titleContacts, pathContacts)
	out.Lead = lang.T("姓名和联系方式属个人信息，只有有权人员可见，不写入日志。", "Names and addresses are personal: only those with the grant see them, and no log holds them.")
	if text, ok := map[string]lang.Text{"saved": lang.T("已保存。", "Saved."), "erased": lang.T("已删除，历次通知中的姓名和地址一并清除。", "Erased, also where they were told.")}[r.Query("did")]; ok {
		out.Body = append(out.Body, ui.Notice{ID: "did", Kind: "good", Text: text})
	}
	out.Body = append(out.Body, t, ui.Columns{Wide: -1, Cols: [][]ui.Block{{p.form(notice.Contact{}, lang.Text{})}, {importForm(lang.Text{})}}})
	return out, nil
}

// shown is an address as pages write it: a browser's is not for reading.
func shown(channel, address string) string {
	if channel == "push" {
		return ""
	}
	return address
}

// waysText writes the ways of a contact for reading.
func waysText(list []notice.Way) lang.Text {
	var zh, en []string
	for _, w := range list {
		t := channelText(w.Channel)
		if a := shown(w.Channel, w.Address); a != "" {
			t = lang.Same(w.Channel + ":" + a)
		}
		zh, en = append(zh, t.Zh), append(en, t.En)
	}
	return lang.T(strings.Join(zh, "; "), strings.Join(en, "; "))
}

func dutyText(name string) lang.Text {
	if t, ok := map[string]lang.Text{"plant": lang.T("企业责任人", "Plant"), "district": lang.T("区级责任人", "District"), "leader": lang.T("带班领导", "Leader"), "duty-officer": lang.T("值班人员", "Duty officer"), notice.Public: lang.T("公众订阅", "Public")}[name]; ok {
		return t
	}
	return lang.Same(name)
}

func dutyOptions(duties []string) []ui.Option {
	out := []ui.Option{{Text: lang.T("全部职责", "All duties")}}
	for _, d := range duties {
		out = append(out, ui.Option{Value: d, Text: dutyText(d)})
	}
	return out
}

// form enters or changes a contact.
func (p *Part) form(c notice.Contact, wrong lang.Text) ui.Form {
	units := []ui.Option{{Text: lang.T("不属于任何单位", "None")}}
	for _, u := range p.people.Units() {
		units = append(units, ui.Option{Value: u.ID, Text: u.Name})
	}
	title := lang.T("登记联系人", "Enter a contact")
	if c.ID != "" {
		title = lang.T("修改联系人", "Change the contact")
	}
	return ui.Form{ID: "contact", Title: title, Action: pathContacts, Submit: lang.T("保存", "Save"), Error: wrong, Fields: []ui.Field{
		{Name: "id", Kind: "hidden", Value: c.ID},
		{Name: "name", Label: lang.T("姓名", "Name"), Value: c.Name.Zh, Required: true},
		{Name: "duty", Label: lang.T("职责", "Duty"), Value: c.Duty, Required: true, Help: lang.T("如 plant 企业责任人、district 区级责任人、leader 带班领导、duty-officer 值班人员", "such as plant, district, leader, duty-officer")},
		{Name: "unit", Kind: "select", Label: lang.T("单位", "Unit"), Value: c.Unit, Options: units},
		{Name: "area", Label: lang.T("行政区划代码", "District code"), Value: c.Area, Placeholder: lang.Same("120116")},
		{Name: "plant", Label: lang.T("企业标识（URI）", "Plant (URI)"), Value: c.Group},
		{Name: "account", Label: lang.T("平台账户", "Account"), Value: c.Person, Help: lang.T("形如 person:…，登录后可直接应答", "like person:…, answers when signed in")},
		{Name: "language", Kind: "select", Label: lang.T("语言", "Language"), Value: string(c.Lang), Options: []ui.Option{{Value: "zh", Text: lang.Same("中文")}, {Value: "en", Text: lang.Same("English")}}},
		{Name: "ways", Kind: "textarea", Label: lang.T("联系方式，按先后", "Ways, in order"), Value: notice.FormatWays(c.Ways), Required: true, Help: lang.T("写作 通道:地址，以分号分隔，如 sms:+8613800000000; mail:wang@example.cn", "channel:address, separated by semicolons, such as sms:+8613800000000; mail:wang@example.cn")},
	}}
}

func importForm(wrong lang.Text) ui.Form {
	return ui.Form{ID: "import", Title: lang.T("导入 CSV", "Take a CSV in"), Action: pathContacts + "/import", Submit: lang.T("导入", "Import"), Error: wrong, Fields: []ui.Field{
		{Name: "file", Kind: "file", Label: lang.T("文件", "File"), Required: true, Help: lang.T("列："+strings.Join(columns, ",")+"；编号留空为新增，任一行有误则全部不导入", "columns: "+strings.Join(columns, ",")+"; without an id a contact is new; one bad line and none is taken")}}}
}

func (p *Part) pageContact(r *web.Request) (*ui.Page, error) {
	c, err := p.post.Contact(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	out := p.within(c.Name, pathContacts, ui.Link{Text: titleContacts, Href: pathContacts}, ui.Link{Text: c.Name})
	out.Actions = []ui.Action{{Text: lang.T("删除", "Erase"), Href: pathContacts + "/" + url.PathEscape(c.ID) + "/erase", Post: true, Confirm: lang.T("删除后不能恢复，历次通知中的姓名和地址一并清除。确定删除？", "This cannot be undone, and clears name and addresses wherever they were told. Erase?")}}
	out.Body = []ui.Block{p.form(c, lang.Text{})}
	return out, nil
}

func (p *Part) formSave(r *web.Request) (*ui.Page, string, error) {
	c := notice.Contact{ID: r.Form("id"), Name: lang.Same(strings.TrimSpace(r.Form("name"))), Duty: strings.TrimSpace(r.Form("duty")), Unit: r.Form("unit"), Area: strings.TrimSpace(r.Form("area")), Group: strings.TrimSpace(r.Form("plant")),
		Person: strings.TrimSpace(r.Form("account")), Lang: lang.Lang(r.Form("language"))}
	ways, err := notice.ParseWays(r.Form("ways"))
	if c.Ways = ways; err == nil {
		_, err = p.post.Save(r.Context(), r.Who, c)
	}
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		out := p.within(titleContacts, pathContacts, ui.Link{Text: titleContacts, Href: pathContacts})
		out.Body = []ui.Block{p.form(c, msg)}
		return out, "", nil
	}
	return nil, pathContacts + "?did=saved", err
}

func (p *Part) formErase(r *web.Request) (*ui.Page, string, error) {
	return nil, pathContacts + "?did=erased", p.post.Erase(r.Context(), r.Who, r.Path("id"))
}

func (p *Part) formImport(r *web.Request) (*ui.Page, string, error) {
	file, _, err := r.HTTP.FormFile("file")
	var list []notice.Contact
	switch {
	case errors.Is(err, http.ErrMissingFile):
		err = errs.Say(errs.Invalid, "请选择要导入的文件", "choose the file to import")
	case err != nil:
		return nil, "", errs.As(errs.Invalid, "read the form", err)
	default:
		defer file.Close()
		if list, err = Read(file); err == nil {
			_, err = p.post.Save(r.Context(), r.Who, list...)
		}
	}
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooLarge)) {
		out := p.within(titleContacts, pathContacts, ui.Link{Text: titleContacts, Href: pathContacts})
		out.Body = []ui.Block{importForm(msg)}
		return out, "", nil
	}
	return nil, pathContacts + "?did=saved", err
}

// Read reads a sheet of contacts: UTF-8 with or without its mark, a head that names the columns in any order. errs.Invalid names the line.
func Read(r io.Reader) (list []notice.Contact, err error) {
	in := bufio.NewReader(r)
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = in.Discard(3)
	}
	rows := csv.NewReader(in)
	rows.FieldsPerRecord = -1
	head, err := rows.Read()
	if err != nil {
		return nil, errs.Say(errs.Invalid, "文件为空或不是 CSV", "the file is empty or no CSV")
	}
	for _, want := range []string{"name_zh", "duty", "ways"} {
		if !slices.Contains(head, want) {
			return nil, errs.Say(errs.Invalid, "缺少列 %[1]s", "the column %[1]s is missing", want)
		}
	}
	for line := 2; ; line++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		bad := func(why error) error {
			msg, _ := errs.MsgOf(why)
			return errs.Say(errs.Invalid, "第 %[1]d 行："+strings.ReplaceAll(msg.Zh, "%", "%%"), "line %[1]d: "+strings.ReplaceAll(msg.En, "%", "%%"), line)
		}
		if err != nil || len(row) > len(head) {
			return nil, bad(errs.Say(errs.Invalid, "格式有误", "it is not written as CSV"))
		}
		cell := map[string]string{}
		for i, v := range row {
			cell[head[i]] = strings.TrimSpace(v)
		}
		c := notice.Contact{ID: cell["id"], Name: lang.T(cell["name_zh"], cell["name_en"]), Duty: cell["duty"], Unit: cell["unit"], Area: cell["area"], Group: cell["plant"], Person: cell["account"], Lang: lang.Lang(cell["language"])}
		if c.Ways, err = notice.ParseWays(cell["ways"]); err != nil {
			return nil, bad(err)
		}
		if err := c.Check(); err != nil {
			return nil, bad(err)
		}
		if list = append(list, c); len(list) > mostContacts {
			return nil, errs.Say(errs.TooLarge, "一次导入不超过 %[1]d 人", "at most %[1]d contacts at a time", mostContacts)
		}
	}
	if len(list) == 0 {
		return nil, errs.Say(errs.Invalid, "文件中没有联系人", "there is no contact in the file")
	}
	return list, nil
}

// apiContacts is the register as a sheet that Read takes back.
func (p *Part) apiContacts(r *web.Request) (any, error) {
	ctx := r.Context()
	return web.Reply{Type: sheet.Type, Name: "contacts.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, true)
		_ = out.Write(columns...) // errors are kept for Flush
		want := notice.Wanted{Text: r.Query("q"), Duty: r.Query("duty"), Area: r.Query("area"), Limit: 1000}
		for {
			list, next, err := p.post.Contacts(ctx, r.Who, want)
			if err != nil {
				return err
			}
			for _, c := range list {
				_ = out.Write(c.ID, c.Name.Zh, c.Name.En, c.Duty, c.Unit, c.Area, c.Group, c.Person, string(c.Lang), notice.FormatWays(c.Ways))
			}
			if want.Cursor = next; next == "" {
				return out.Flush()
			}
		}
	}}, nil
}
