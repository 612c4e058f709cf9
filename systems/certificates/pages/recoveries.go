package pages

import (
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var recoverHead = lang.T("密钥恢复", "Recovery of keys")

// formRecover begins the recovery of the key of an encryption certificate.
func (p *Pages) formRecover(r *web.Request) (*ui.Page, string, error) {
	c, _, err := p.o.Authority.Get(r.Context(), r.Path("serial"))
	if err == nil && c.Escrow == "" {
		err = errs.Say(errs.Conflict, "只有加密证书的密钥可以恢复", "only the key of an encryption certificate can be recovered")
	}
	if err == nil {
		err = p.o.Register.Mine(r.Context(), r.Who, c.Kind, c.Subject)
	}
	if err == nil {
		_, err = p.o.Vault.AskRecovery(r.Context(), r.Who, c.Escrow, r.Form("reason"))
	}
	if msg, ok := said(err); ok {
		out, err := p.one(r, msg)
		return out, "", err
	}
	return nil, recoveries, err
}

func (p *Pages) pageRecoveries(r *web.Request) (*ui.Page, error) { return p.recoveries(r, nil) }

func (p *Pages) recoveries(r *web.Request, first ui.Block) (*ui.Page, error) {
	list, err := p.o.Vault.Requests(r.Context(), 200)
	if err != nil {
		return nil, err
	}
	out := page(recoverHead, recoveries, ui.Link{Text: recoverHead})
	out.Lead = lang.T("加密密钥的恢复由一人申请、另一人批准，密钥只交付一次，并只以信封形式交付给指定的 SM2 公钥。", "One person asks for the recovery of an encryption key and another allows it. The key is handed over once, in an envelope for a stated SM2 key.")
	if first != nil {
		out.Body = append(out.Body, first)
	}
	states := map[string]lang.Text{trust.Asked: lang.T("待批准", "Waits for consent"), trust.Allowed: lang.T("已批准", "Allowed"), trust.Refused: lang.T("未批准", "Refused"), trust.Used: lang.T("已交付", "Handed over"), trust.Shut: lang.T("已关闭", "Closed")}
	t := ui.Table{ID: "recoveries", Title: recoverHead, Path: recoveries, Empty: lang.T("没有恢复申请。", "There is no request."),
		Columns: []ui.Column{{Key: "id", Text: lang.T("申请", "Request")}, {Key: "reason", Text: lang.T("事由", "Reason")}, {Key: "by", Text: lang.T("申请人", "Asked by")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "ended", Text: lang.T("审批人", "Decided by")}, {Key: "at", Text: lang.T("申请时间", "Asked")}}}
	for _, x := range list {
		if x.Kind != trust.ForRecovery {
			continue
		}
		t.Rows = append(t.Rows, ui.Row{ID: "r-" + x.ID, Cells: []ui.Cell{{Text: lang.Same(x.ID), Strong: true}, {Text: lang.Same(x.Reason)}, {Text: p.o.People.ActorName(r.Context(), x.AskedBy)}, {Tag: &ui.Tag{Text: states[x.State]}}, {Text: p.decider(r, x)}, {Time: x.Asked}}})
		path := recoveries + "/" + x.ID
		switch {
		case x.State == trust.Asked && x.AskedBy != r.Who.ID:
			out.Body = append(out.Body, ui.Form{ID: "allow-" + x.ID, Title: lang.T("批准 "+x.ID, "Allow "+x.ID), Action: path + "/allow", Submit: lang.T("批准", "Allow")},
				ui.Form{ID: "refuse-" + x.ID, Title: lang.T("不批准 "+x.ID, "Refuse "+x.ID), Action: path + "/refuse", Submit: lang.T("不批准", "Refuse")})
		case x.State == trust.Allowed && x.AskedBy == r.Who.ID && p.o.Now().Before(x.Until):
			out.Body = append(out.Body, ui.Form{ID: "deliver-" + x.ID, Title: lang.T("交付 "+x.ID, "Hand over "+x.ID), Action: path + "/deliver", Submit: lang.T("生成信封", "Make the envelope"), Fields: []ui.Field{
				{Name: "file", Kind: "file", Label: lang.T("接收人的 SM2 证书（PEM 或 DER）", "The receiver's SM2 certificate (PEM or DER)")}, {Name: "text", Kind: "textarea", Label: lang.T("或粘贴证书（PEM）", "or paste it (PEM)")}}})
		}
	}
	t.Total = int64(len(t.Rows))
	out.Body = append(out.Body, t)
	return out, nil
}

func (p *Pages) decider(r *web.Request, x trust.Request) lang.Text {
	if x.EndedBy == "" {
		return lang.Same("—")
	}
	return p.o.People.ActorName(r.Context(), x.EndedBy)
}

func (p *Pages) decided(r *web.Request, err error) (*ui.Page, string, error) {
	if msg, ok := said(err); ok {
		out, err := p.recoveries(r, ui.Notice{Kind: "bad", Text: msg})
		return out, "", err
	}
	return nil, recoveries, err
}

func (p *Pages) formAllow(r *web.Request) (*ui.Page, string, error) {
	_, err := p.o.Vault.Allow(r.Context(), r.Who, r.Path("id"))
	return p.decided(r, err)
}

func (p *Pages) formRefuseRecovery(r *web.Request) (*ui.Page, string, error) {
	return p.decided(r, p.o.Vault.Refuse(r.Context(), r.Who, r.Path("id")))
}

// formDeliver hands the key over, enveloped to the key of a certificate.
func (p *Pages) formDeliver(r *web.Request) (*ui.Page, string, error) {
	b, err := file(r, 64<<10)
	if err != nil {
		return nil, "", err
	}
	c, err := cert.Read(b)
	if err != nil {
		return p.decided(r, errs.Say(errs.Invalid, "请提供接收人的 SM2 证书", "bring the receiver's SM2 certificate"))
	}
	envelope, err := p.o.Vault.Recover(r.Context(), r.Who, r.Path("id"), c.PublicKey)
	if err != nil {
		return p.decided(r, err)
	}
	out, err := p.recoveries(r, ui.Code{ID: "envelope", Title: lang.T("加密密钥信封（GM/T 0009），只显示这一次", "Envelope with the encryption key (GM/T 0009), shown this once"), Text: string(cert.Armour("SM2 ENVELOPED KEY", envelope))})
	return out, "", err
}
