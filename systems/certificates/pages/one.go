package pages

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

func (p *Pages) pageOne(r *web.Request) (*ui.Page, error) { return p.one(r, lang.Text{}) }

func (p *Pages) one(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	c, events, err := p.o.Authority.Get(r.Context(), r.Path("serial"))
	if err != nil {
		return nil, err
	}
	if err := p.sawCertificates(r, "certificate", c); err != nil {
		return nil, err
	}
	parsed, err := cert.Read(c.DER)
	if err != nil {
		return nil, errs.As(errs.Internal, "read a certificate of our own", err)
	}
	path := certificates + "/" + c.Serial
	out := page(lang.Same(c.Name), certificates, ui.Link{Text: lang.T("证书", "Certificates"), Href: certificates}, ui.Link{Text: lang.Same(c.Name)})
	out.Actions = []ui.Action{{Text: lang.T("下载证书链（PEM）", "Download the chain (PEM)"), Href: "/api/certificates/list/" + c.Serial + "/pem"}}
	mine := p.o.Register.Mine(r.Context(), r.Who, c.Kind, c.Subject) == nil // others read it and do nothing
	switch {
	case !mine:
	case c.State == ca.Valid:
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("冻结", "Put on hold"), Href: path + "/suspend", Post: true, Confirm: lang.T("冻结后证书暂不可用，可以恢复。确定冻结吗？", "On hold the certificate counts for nothing until it is resumed. Put it on hold?")})
	case c.State == ca.Suspended:
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("解除冻结", "Take the hold off"), Href: path + "/resume", Post: true})
	}
	if !wrong.Empty() {
		out.Body = append(out.Body, ui.Notice{Kind: "bad", Text: wrong})
	}
	out.Body = append(out.Body, ui.Columns{Wide: 0, Cols: [][]ui.Block{{fields(&c, parsed)}, {p.proof(r, &c), p.history(r, &c, events)}}}, chain(&c))
	if mine && (c.State == ca.Valid || c.State == ca.Suspended) {
		out.Body = append(out.Body, ui.Form{ID: "revoke", Title: lang.T("吊销", "Revoke"), Action: path + "/revoke", Submit: lang.T("吊销", "Revoke"), Fields: []ui.Field{
			{Name: "reason", Kind: "select", Label: lang.T("原因", "Reason"), Options: reasonOptions(), Help: lang.T("吊销不可撤回；同一主体的加密证书一并吊销。", "This cannot be undone; the subject's encryption certificate goes with it.")}}})
	}
	if mine && c.Use == ca.Encrypt {
		out.Body = append(out.Body, ui.Form{ID: "recover", Title: lang.T("恢复加密密钥", "Recover the encryption key"), Action: path + "/recover", Submit: lang.T("提交恢复申请", "Ask for the recovery"), Fields: []ui.Field{
			{Name: "reason", Label: lang.T("事由", "Reason"), Required: true, Help: lang.T("须由另一人批准；密钥只以信封形式交付。", "Another person must allow it; the key leaves in an envelope only.")}}})
	}
	return out, nil
}

func reasonOptions() (out []ui.Option) {
	for _, x := range ca.Reasons {
		out = append(out, ui.Option{Value: strconv.Itoa(int(x)), Text: upper(ca.ReasonName(x))})
	}
	return out
}

func fields(c *ca.Certificate, x *cert.Certificate) ui.Facts {
	f := ui.Facts{ID: "fields", Title: lang.T("证书内容", "Fields")}
	add := func(zh, en, v string) {
		if v != "" {
			f.Items = append(f.Items, ui.Fact{Name: lang.T(zh, en), Value: lang.Same(v)})
		}
	}
	f.Items = append(f.Items, ui.Fact{Name: lang.T("状态", "State"), Tag: stateTag(c.State)})
	add("序列号", "Serial number", c.Serial)
	add("主体", "Subject", cert.ReadName(x.RawSubject))
	add("签发者", "Issuer", cert.ReadName(x.RawIssuer))
	f.Items = append(f.Items, ui.Fact{Name: lang.T("类别", "Kind"), Value: ca.KindName(c.Kind)}, ui.Fact{Name: lang.T("用途", "Use of the key"), Value: ca.UseName(c.Use)}, ui.Fact{Name: lang.T("算法", "Algorithm"), Value: ca.AlgorithmName(c.Algorithm)},
		ui.Fact{Name: lang.T("生效时间", "Not before"), Time: c.From}, ui.Fact{Name: lang.T("到期时间", "Not after"), Time: c.To})
	add("主体密钥标识", "Subject key id", hex.EncodeToString(x.SubjectKeyId))
	add("签发者密钥标识", "Authority key id", hex.EncodeToString(x.AuthorityKeyId))
	add("扩展密钥用途", "Extended key usage", strings.Join(cert.Purposes(x), ", "))
	add("备用名称", "Alternative names", strings.Join(x.DNSNames, ", "))
	add("状态查询地址", "OCSP", strings.Join(x.OCSPServer, ", "))
	add("吊销列表地址", "Revocation list", strings.Join(x.CRLDistributionPoints, ", "))
	if c.State == ca.Revoked || c.State == ca.Suspended {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("原因", "Reason"), Value: upper(ca.ReasonName(c.Reason))}, ui.Fact{Name: lang.T("变更时间", "Changed"), Time: c.Changed})
	}
	return f
}

// proof shows that the certificate is in the log.
func (p *Pages) proof(r *web.Request, c *ca.Certificate) ui.Block {
	x, err := p.o.Authority.Prove(r.Context(), c)
	if err != nil {
		text := lang.T("签发日志的证明暂不可用。", "The log's proof is not available now.")
		if m, ok := said(err); ok {
			text = m
		}
		kind := "info"
		if errs.Is(err, errs.Conflict) {
			kind = "bad"
		}
		return ui.Notice{ID: "proof", Kind: kind, Text: text}
	}
	var path []string
	for _, h := range x.Path {
		path = append(path, base64.StdEncoding.EncodeToString(h[:]))
	}
	return ui.Panel{ID: "proof", Title: lang.T("签发日志证明", "Proof of the log"), Body: []ui.Block{
		ui.Facts{Items: []ui.Fact{{Name: lang.T("叶子编号", "Leaf"), Value: lang.Same(ui.Grouped(x.Leaf))}, {Name: lang.T("日志大小", "Size of the log"), Value: lang.Same(ui.Grouped(int64(x.Size)))}, {Name: lang.T("检查点签署时间", "Checkpoint signed"), Time: x.Checkpoint.At}, {Name: lang.T("结论", "Result"), Tag: &ui.Tag{Status: ui.StatusMet, Text: lang.T("在日志中", "In the log")}}}},
		ui.Code{ID: "proof-path", Title: lang.T("证明路径与检查点", "Path and checkpoint"), Text: strings.Join(path, "\n") + "\n\n" + x.Checkpoint.Note.String()}}}
}

var verbs = map[string]lang.Text{"revoke": lang.T("吊销", "Revoked"), "suspend": lang.T("冻结", "Put on hold"), "resume": lang.T("解除冻结", "Hold taken off"), "supersede": lang.T("换发", "Superseded"), "expire": lang.T("到期", "Ended")}

func (p *Pages) history(r *web.Request, c *ca.Certificate, events []ca.Event) ui.Timeline {
	t := ui.Timeline{ID: "history", Title: lang.T("状态记录", "History")}
	t.Items = append(t.Items, ui.Event{At: c.From, What: lang.T("签发", "Issued"), Kind: "good"})
	for _, e := range events {
		text := verbs[e.Verb]
		if e.Reason != cert.Unspecified && e.Verb == "revoke" {
			n := ca.ReasonName(e.Reason)
			text.Zh, text.En = text.Zh+"："+n.Zh, text.En+": "+n.En
		}
		t.Items = append(t.Items, ui.Event{At: e.At, What: text, Who: p.o.People.ActorName(r.Context(), e.Actor)})
	}
	slices.Reverse(t.Items)
	return t
}

func chain(c *ca.Certificate) ui.Facts {
	f := ui.Facts{ID: "chain", Title: lang.T("证书链", "Chain")}
	for i, d := range c.Chain {
		x, err := cert.Read(d)
		if err != nil {
			continue // it was read when the authority was activated
		}
		name := lang.T("签发机构", "Authority")
		if i == len(c.Chain)-1 {
			name = lang.T("根", "Root")
		}
		f.Items = append(f.Items, ui.Fact{Name: name, Value: lang.Same(cert.ReadName(x.RawSubject))})
	}
	return f
}

// stand changes the standing of a certificate for who acts for its subject, and goes back to it, or says there what is in the way.
func (p *Pages) stand(r *web.Request, change func(serial string) error) (*ui.Page, string, error) {
	c, _, err := p.o.Authority.Get(r.Context(), r.Path("serial"))
	if err == nil {
		err = p.o.Register.Mine(r.Context(), r.Who, c.Kind, c.Subject)
	}
	if err == nil {
		err = change(c.Serial)
	}
	if errs.Is(err, errs.NotFound) {
		return nil, "", err
	}
	if msg, ok := said(err); ok {
		out, err := p.one(r, msg)
		return out, "", err
	}
	return nil, certificates + "/" + r.Path("serial"), err
}

func (p *Pages) formRevoke(r *web.Request) (*ui.Page, string, error) {
	n, err := strconv.Atoi(r.Form("reason"))
	if err != nil {
		n = -1
	}
	return p.stand(r, func(serial string) error { return p.o.Authority.Revoke(r.Context(), r.Who, serial, cert.Reason(n)) })
}

func (p *Pages) formSuspend(r *web.Request) (*ui.Page, string, error) {
	return p.stand(r, func(serial string) error { return p.o.Authority.Suspend(r.Context(), r.Who, serial) })
}

func (p *Pages) formResume(r *web.Request) (*ui.Page, string, error) {
	return p.stand(r, func(serial string) error { return p.o.Authority.Resume(r.Context(), r.Who, serial) })
}

func (p *Pages) apiOne(r *web.Request) (any, error) {
	c, events, err := p.o.Authority.Get(r.Context(), r.Path("serial"))
	if err == nil {
		err = p.sawCertificates(r, "certificate", c)
	}
	if err != nil {
		return nil, err
	}
	type event struct {
		At     string `json:"at"`
		Verb   string `json:"verb"`
		Reason int    `json:"reason"`
	}
	out := struct {
		item
		DER     []byte  `json:"der"`
		History []event `json:"history"`
		Proof   any     `json:"proof,omitempty"`
	}{item: itemOf(&c), DER: c.DER, History: []event{}}
	for _, e := range events {
		out.History = append(out.History, event{e.At.Format("2006-01-02T15:04:05Z07:00"), e.Verb, int(e.Reason)})
	}
	if x, err := p.o.Authority.Prove(r.Context(), &c); err == nil {
		path := [][]byte{}
		for i := range x.Path {
			path = append(path, x.Path[i][:])
		}
		out.Proof = map[string]any{"leaf": x.Leaf, "size": x.Size, "root": x.Root[:], "path": path, "checkpoint": x.Checkpoint.Note.String()}
	}
	return out, nil
}

func (p *Pages) apiPEM(r *web.Request) (any, error) {
	c, _, err := p.o.Authority.Get(r.Context(), r.Path("serial"))
	if err == nil {
		err = p.sawCertificates(r, "certificate-file", c)
	}
	if err != nil {
		return nil, err
	}
	return web.Reply{Type: "application/x-pem-file", Name: c.Serial + ".pem", Body: cert.Armour("CERTIFICATE", append([][]byte{c.DER}, c.Chain...)...)}, nil
}
