package pages

import (
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var appStates = []ui.Option{{Value: "submitted", Text: lang.T("待审批", "Waits for a decision")}, {Value: "approved", Text: lang.T("待领证", "Waits for the holder")}, {Value: "issued", Text: lang.T("已签发", "Issued")}, {Value: "refused", Text: lang.T("不予通过", "Refused")}}

func appTag(state string) *ui.Tag {
	for _, o := range appStates {
		if o.Value == state {
			return &ui.Tag{Text: o.Text, Status: map[string]ui.Status{"submitted": ui.StatusRisk, "approved": ui.StatusOn, "issued": ui.StatusMet, "refused": ui.StatusBehind}[state]}
		}
	}
	return &ui.Tag{Text: lang.Same(state)}
}

var appHead = lang.T("申请", "Applications")

func (p *Pages) pageApplications(r *web.Request) (*ui.Page, error) {
	state, kind := r.Query("state"), r.Query("kind")
	list, total, next, err := p.o.Register.Applications(r.Context(), state, kind, r.Query("after"), pageSize)
	if err != nil {
		return nil, err
	}
	var people []string
	for i := range list {
		if a := &list[i]; register.Personal(a.Kind) {
			people = append(people, a.Subject)
		}
	}
	if err := p.o.Register.Saw(r.Context(), r.Who, "applications", people, 0); err != nil {
		return nil, err
	}
	out := page(appHead, applications, ui.Link{Text: appHead})
	out.Actions = []ui.Action{{Text: lang.T("提交申请", "Apply"), Href: applications + "/new", Primary: true}, {Text: lang.T("持有人领证页", "The holder's page"), Href: collect}}
	t := ui.Table{ID: "applications", Title: appHead, Total: total, Next: next, Paged: r.Query("after") != "", Path: applications, Query: map[string]string{}, Empty: lang.T("没有申请。", "There is no application."),
		Columns: []ui.Column{{Key: "name", Text: lang.T("主体", "Subject")}, {Key: "kind", Text: lang.T("类别", "Kind")}, {Key: "unit", Text: lang.T("经办单位", "Unit")}, {Key: "high", Text: lang.T("保证级别", "Assurance")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "asked", Text: lang.T("提交时间", "Submitted")}},
		Filters: []ui.Field{{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: state, Options: choice(lang.T("全部状态", "All states"), appStates...)},
			{Name: "kind", Kind: "select", Label: lang.T("类别", "Kind"), Value: kind, Options: choice(lang.T("全部类别", "All kinds"), kindOptions(register.Kinds...)...)}}}
	for k, v := range map[string]string{"state": state, "kind": kind} {
		if v != "" {
			t.Query[k] = v
		}
	}
	for i := range list {
		a := &list[i]
		t.Rows = append(t.Rows, ui.Row{ID: "a-" + a.ID, Cells: []ui.Cell{{Text: lang.Same(a.Name), Href: applications + "/" + a.ID, Strong: true}, {Text: ca.KindName(a.Kind)}, {Text: p.o.People.UnitName(a.Unit)}, {Text: assurance(a.High)}, {Tag: appTag(a.State)}, {Time: a.Asked}}})
	}
	out.Body = []ui.Block{t}
	return out, nil
}

func assurance(high bool) lang.Text {
	if high {
		return lang.T("高（双人）", "High: two people")
	}
	return lang.T("普通", "Normal")
}

func (p *Pages) pageApplication(r *web.Request) (*ui.Page, error) { return p.application(r, nil) }

func (p *Pages) application(r *web.Request, first ui.Block) (*ui.Page, error) {
	a, err := p.o.Register.Application(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	if register.Personal(a.Kind) {
		if err := p.o.Register.Saw(r.Context(), r.Who, "application", []string{a.Subject}, 0); err != nil {
			return nil, err
		}
	}
	out := page(lang.Same(a.Name), applications, ui.Link{Text: appHead, Href: applications}, ui.Link{Text: lang.Same(a.Name)})
	if first != nil {
		out.Body = append(out.Body, first)
	}
	f := ui.Facts{ID: "application", Title: lang.T("申请", "Application"), Items: []ui.Fact{{Name: lang.T("状态", "State"), Tag: appTag(a.State)}, {Name: lang.T("类别", "Kind"), Value: ca.KindName(a.Kind)}, {Name: lang.T("主体编号", "Subject number"), Value: lang.Same(a.Subject), Href: subjects + "?kind=" + a.Kind + "&find=" + a.Subject},
		{Name: lang.T("核验证件", "Paper seen"), Value: lang.Same(a.Seen)}, {Name: lang.T("核验方式", "Manner"), Value: register.MannerName(a.Manner)}, {Name: lang.T("核验人", "Seen by"), Value: p.o.People.ActorName(r.Context(), a.SeenBy)}, {Name: lang.T("保证级别", "Assurance"), Value: assurance(a.High)}, {Name: lang.T("提交时间", "Submitted"), Time: a.Asked}}}
	if a.Renewal {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("性质", "What for"), Value: lang.T("换发：签发后原证书即被吊销", "Renewal: the certificate that stands is revoked")})
	}
	if a.DecidedBy != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("审批人", "Decided by"), Value: p.o.People.ActorName(r.Context(), a.DecidedBy)}, ui.Fact{Name: lang.T("审批时间", "Decided"), Time: a.Decided})
	}
	if a.Reason != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("不予通过的原因", "Reason"), Value: lang.Same(a.Reason)})
	}
	if a.Serial != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("证书", "Certificate"), Value: lang.Same(a.Serial), Href: certificates + "/" + a.Serial})
	}
	out.Body = append(out.Body, f)
	if a.State == "submitted" && (!a.High || a.SeenBy != r.Who.ID) && r.Who.Can(register.GrantApprove) && p.o.Register.May(r.Who, a.Unit) {
		out.Actions = []ui.Action{{Text: lang.T("批准", "Approve"), Href: applications + "/" + a.ID + "/approve", Post: true, Primary: true}}
	}
	if (a.State == "submitted" || a.State == "approved") && r.Who.Can(register.GrantApprove) && p.o.Register.May(r.Who, a.Unit) {
		out.Body = append(out.Body, ui.Form{ID: "refuse", Title: lang.T("不予通过", "Refuse"), Action: applications + "/" + a.ID + "/refuse", Submit: lang.T("不予通过", "Refuse"), Fields: []ui.Field{{Name: "reason", Label: lang.T("原因", "Reason"), Required: true}}})
	}
	return out, nil
}

// formApprove shows the holder's code, once.
func (p *Pages) formApprove(r *web.Request) (*ui.Page, string, error) {
	code, err := p.o.Register.Approve(r.Context(), r.Who, r.Path("id"))
	if msg, ok := said(err); ok {
		out, err := p.application(r, ui.Notice{Kind: "bad", Text: msg})
		return out, "", err
	}
	if err != nil || code == "" {
		return nil, applications + "/" + r.Path("id"), err
	}
	out, err := p.application(r, ui.Panel{ID: "code", Title: lang.T("领证码", "The holder's code"), Body: []ui.Block{ui.Code{Title: lang.T("领证码", "Code"), Text: code},
		ui.Notice{Kind: "warn", Text: lang.T("领证码只显示这一次，请当面交给持有人。持有人在领证页凭码提交证书请求。", "The code is shown this once: hand it to the holder in person, who brings it with a certificate request to the holder's page."), Link: &ui.Link{Text: lang.T("领证页", "The holder's page"), Href: collect}}}})
	return out, "", err
}

func (p *Pages) formRefuse(r *web.Request) (*ui.Page, string, error) {
	err := p.o.Register.Refuse(r.Context(), r.Who, r.Path("id"), r.Form("reason"))
	if msg, ok := said(err); ok {
		out, err := p.application(r, ui.Notice{Kind: "bad", Text: msg})
		return out, "", err
	}
	return nil, applications + "/" + r.Path("id"), err
}

func (p *Pages) pageApply(r *web.Request) (*ui.Page, error) {
	return applyPage(r, register.Subject{Kind: ca.Citizen}, lang.Text{}), nil
}

func applyPage(r *web.Request, s register.Subject, wrong lang.Text) *ui.Page {
	head := lang.T("提交证书申请", "Apply for a certificate")
	out := page(head, applications, ui.Link{Text: appHead, Href: applications}, ui.Link{Text: head})
	out.Lead = lang.T("经办人核验身份后提交；证件号码只用于查重，不保存原文。企业和公务员的申请须由另一人审批。", "The officer proves the identity first. The number of the paper serves to find a second entry and is not kept. Applications of enterprises and civil servants are decided by a second person.")
	var manners []ui.Option
	for _, m := range register.Manners {
		manners = append(manners, ui.Option{Value: m.ID, Text: m.Name})
	}
	out.Body = []ui.Block{ui.Form{ID: "apply", Title: head, Action: applications + "/new", Submit: lang.T("提交", "Submit"), Error: wrong, Cancel: &ui.Link{Text: lang.T("取消", "Cancel"), Href: applications}, Fields: []ui.Field{
		{Name: "kind", Kind: "select", Label: lang.T("类别", "Kind"), Value: s.Kind, Options: kindOptions(register.Kinds...)},
		{Name: "name", Label: lang.T("姓名或企业名称", "Name of the person or enterprise"), Value: s.Name, Required: true},
		{Name: "number", Label: lang.T("居民身份证号码（个人）", "Identity number, of persons"), Autocomplete: "off"},
		{Name: "code", Label: lang.T("统一社会信用代码（企业）", "Unified social credit code, of enterprises"), Value: s.Code},
		{Name: "organization", Label: lang.T("所在单位", "Organization"), Value: s.Organization, Help: lang.T("公务员必填", "Needed for civil servants")},
		{Name: "unit", Label: lang.T("部门", "Department"), Value: s.Unit},
		{Name: "seen", Label: lang.T("核验的证件", "Paper seen"), Value: r.Form("seen"), Required: true, Placeholder: lang.T("居民身份证", "Identity card")},
		{Name: "manner", Kind: "select", Label: lang.T("核验方式", "Manner"), Value: r.Form("manner"), Options: manners},
		{Name: "high", Kind: "checkbox", Label: lang.T("高保证级别（须另一人审批）", "High assurance: a second person decides")},
		{Name: "renewal", Kind: "checkbox", Label: lang.T("换发（签发后吊销原证书）", "Renewal: revokes the certificate that stands")},
		{Name: "file", Kind: "file", Label: lang.T("证书请求文件（可选）", "Certificate request, if it is at hand"), Help: lang.T("没有请求时，批准后由持有人凭领证码提交。", "Without one, the holder brings it with a code after the approval.")},
		{Name: "text", Kind: "textarea", Label: lang.T("或粘贴证书请求（PEM）", "or paste it (PEM)")},
	}}}
	return out
}

func (p *Pages) formApply(r *web.Request) (*ui.Page, string, error) {
	csr, err := file(r, 64<<10)
	if err != nil {
		return nil, "", err
	}
	if len(csr) == 0 {
		csr = nil
	}
	s := register.Subject{Kind: r.Form("kind"), Name: r.Form("name"), Organization: r.Form("organization"), Unit: r.Form("unit"), Code: r.Form("code"), Number: r.Form("number")}
	proof := register.Proof{Seen: r.Form("seen"), Manner: r.Form("manner"), High: r.Form("high") != ""}
	a, err := p.o.Register.Apply(r.Context(), r.Who, s, proof, csr, r.Form("renewal") != "")
	if msg, ok := said(err); ok {
		return applyPage(r, s, msg), "", nil
	}
	return nil, applications + "/" + a.ID, err
}

func (p *Pages) apiApplications(r *web.Request) (any, error) {
	list, total, next, err := p.o.Register.Applications(r.Context(), r.Query("state"), r.Query("kind"), r.Query("after"), pageSize)
	type item struct {
		ID      string `json:"id"`
		Kind    string `json:"kind"`
		Subject string `json:"subject"`
		State   string `json:"state"`
		High    bool   `json:"high"`
		Serial  string `json:"serial,omitempty"`
	}
	items := []item{}
	for i := range list {
		a := &list[i]
		items = append(items, item{a.ID, a.Kind, a.Subject, a.State, a.High, a.Serial})
	}
	return struct {
		Items []item `json:"items"`
		Total int64  `json:"total"`
		Next  string `json:"next,omitempty"`
	}{items, total, next}, err
}
