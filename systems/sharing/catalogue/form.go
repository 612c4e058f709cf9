package catalogue

import (
	"strings"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/policy"
	"github.com/haihe-city/haihe/systems/sharing/source"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

func (p *Part) pageNew(r *web.Request) (*ui.Page, error) {
	x := Resource{Category: "department", Format: "database", Period: "day", Sharing: Sharing{Type: policy.Conditional}, Source: source.Spec{Kind: source.SQL}}
	return p.formPage(r, &x, "", lang.Text{}), nil
}

func (p *Part) pageEdit(r *web.Request) (*ui.Page, error) {
	x, err := p.Seen(r.Context(), r.Who, r.Path("id"))
	if err == nil {
		err = may(r.Who, x.Unit)
	}
	if err != nil {
		return nil, err
	}
	lines := make([]string, len(x.Fields))
	for i, f := range x.Fields {
		lines[i] = f.text()
	}
	return p.formPage(r, x, strings.Join(lines, "\n"), lang.Text{}), nil
}

func (p *Part) formPage(r *web.Request, x *Resource, fields string, wrong lang.Text) *ui.Page {
	title := lang.T("编制资源目录", "Describe a resource")
	out := page.Of(title, page.Catalogue, r.Who.Can, ui.Link{Text: lang.T("信息资源目录", "Catalogue of resources"), Href: path}, ui.Link{Text: title})
	open := ""
	if x.Sharing.Open {
		open = "1"
	}
	var sources []word
	for _, k := range source.Kinds {
		sources = append(sources, word{k, source.KindText(k)})
	}
	none := lang.Text{}
	out.Body = []ui.Block{ui.Form{ID: "resource", Title: title, Action: path, Submit: lang.T("保存", "Save"), Error: wrong, Cancel: &ui.Link{Text: lang.T("取消", "Cancel"), Href: path}, Fields: []ui.Field{
		{Name: "id", Label: lang.T("标识", "Id"), Value: x.ID, Required: true, Help: lang.T("小写字母、数字、短横；发布后不变", "lower-case letters, digits, hyphens; it stays")},
		{Name: "code", Label: lang.T("信息资源代码", "Code"), Value: x.Code, Help: lang.T("留空则自动编号", "empty: numbered for you")},
		{Name: "name", Label: lang.T("名称", "Name"), Value: x.Name.Zh, Required: true}, {Name: "name_en", Label: lang.T("英文名称", "English name"), Value: x.Name.En},
		{Name: "abstract", Kind: "textarea", Label: lang.T("摘要", "Abstract"), Value: x.Abstract.Zh, Required: true}, {Name: "abstract_en", Kind: "textarea", Label: lang.T("英文摘要", "English abstract"), Value: x.Abstract.En},
		{Name: "system", Label: lang.T("来源信息系统标识", "Id of the information system"), Value: x.System},
		{Name: "category", Kind: "select", Label: lang.T("分类", "Category"), Value: x.Category, Options: options(categories, none)}, {Name: "keywords", Label: lang.T("关键字（以分号分隔）", "Keywords, separated by semicolons"), Value: strings.Join(x.Keywords, ";")},
		{Name: "format", Kind: "select", Label: lang.T("格式", "Format"), Value: x.Format, Options: options(formats, none)}, {Name: "period", Kind: "select", Label: lang.T("更新周期", "Updated"), Value: x.Period, Options: options(periods, none)},
		{Name: "sharing", Kind: "select", Label: lang.T("共享类型", "Sharing"), Value: x.Sharing.Type, Options: options(sharings, none)},
		{Name: "condition", Kind: "textarea", Label: lang.T("共享条件", "Condition"), Value: x.Sharing.Condition, Help: lang.T("有条件共享的必填", "needed where it is shared on conditions")},
		{Name: "basis", Kind: "textarea", Label: lang.T("依据", "Basis"), Value: x.Sharing.Basis, Help: lang.T("不予共享的须写明法律、法规或政策依据", "what is not shared states the law or policy")},
		{Name: "open", Kind: "checkbox", Label: lang.T("可向社会开放", "May be opened to the public"), Value: open}, {Name: "related", Label: lang.T("关联资源标识（以分号分隔）", "Ids of related resources, separated by semicolons"), Value: strings.Join(x.Related, ";")},
		{Name: "source", Kind: "select", Label: lang.T("数据来源", "Source"), Value: x.Source.Kind, Options: options(sources, none)},
		{Name: "where", Label: lang.T("来源位置", "Where it lies"), Value: x.Source.Where, Help: lang.T("实体类型；数据库/视图；上游地址；文件名", "a type of entities; database/view; the upstream's address; the file's name")},
		{Name: "items", Label: lang.T("列表路径", "Path to the list"), Value: x.Source.Items, Help: lang.T("JSON 中记录列表的位置，如 data.rows", "where in the JSON the rows lie: data.rows")},
		{Name: "key", Label: lang.T("主键信息项", "Key"), Value: x.Source.Key},
		{Name: "fields", Kind: "textarea", Label: lang.T("信息项（每行一个）", "Fields, one a line"), Value: fields, Required: true, Help: lang.T("标识|类型|个人信息类别|来源列|中文名|英文名；类型 text integer number boolean date datetime；个人信息类别 id-number telephone name address birthday account sensitive", "id|kind|personal|from|title|English title; kinds text integer number boolean date datetime; personal id-number telephone name address birthday account sensitive")},
	}}}
	return out
}

func (p *Part) formSave(r *web.Request) (*ui.Page, string, error) {
	cells := map[string]string{"unit": r.Who.Unit}
	for _, c := range columns {
		if c != "unit" {
			cells[c] = r.Form(c)
		}
	}
	if cells["open"] == "1" {
		cells["open"] = "true"
	}
	cells["fields"] = strings.ReplaceAll(cells["fields"], "\r", "")
	x, err := parseLine(cells)
	if err == nil {
		err = p.Save(r.Context(), r.Who, x)
	}
	if msg, ok := again(err); ok {
		return p.formPage(r, &x, cells["fields"], msg), "", nil
	}
	return nil, path + "/" + x.ID, err
}

func (p *Part) formPublish(r *web.Request) (*ui.Page, string, error) {
	return nil, path + "/" + r.Path("id"), p.Move(r.Context(), r.Who, r.Path("id"), Published, "")
}

func (p *Part) formWithdraw(r *web.Request) (*ui.Page, string, error) {
	return nil, path + "/" + r.Path("id"), p.Move(r.Context(), r.Who, r.Path("id"), Withdrawn, r.Form("reason"))
}

func (p *Part) formSystem(r *web.Request) (*ui.Page, string, error) {
	err := p.Register(r.Context(), r.Who, InfoSystem{ID: strings.TrimSpace(r.Form("id")), Unit: r.Who.Unit, Name: lang.Text{Zh: r.Form("name"), En: strings.TrimSpace(r.Form("name_en"))}, Main: r.Form("main") == "1"})
	return nil, page.Systems, err
}
