package pages

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var checkHead = lang.T("证书查验", "Check a certificate")

// checkPage is the form, with a result above it where there is one.
func checkPage(wrong lang.Text, result ...ui.Block) *ui.Page {
	out := &ui.Page{Title: checkHead, Nav: "certificates", Crumbs: []ui.Link{{Text: checkHead}}, Lead: lang.T("输入序列号，或上传证书文件，即可查询证书是否有效。本页不显示持有人的姓名。", "Enter a serial number or upload a certificate to see whether it is valid. This page shows no holder's name.")}
	out.Body = append(result, ui.Form{ID: "check", Title: checkHead, Action: check, Submit: lang.T("查验", "Check"), Error: wrong, Fields: []ui.Field{
		{Name: "serial", Label: lang.T("序列号（十六进制）", "Serial number (hexadecimal)"), Autocomplete: "off"},
		{Name: "file", Kind: "file", Label: lang.T("或上传证书（PEM 或 DER）", "or upload the certificate (PEM or DER)")},
		{Name: "text", Kind: "textarea", Label: lang.T("或粘贴证书（PEM）", "or paste it (PEM)")}}})
	return out
}

func (p *Pages) pageCheck(r *web.Request) (*ui.Page, error) {
	if s := r.Query("serial"); s != "" {
		return p.checked(r, s, nil)
	}
	return checkPage(lang.Text{}), nil
}

func (p *Pages) formCheck(r *web.Request) (*ui.Page, string, error) {
	b, err := file(r, 64<<10)
	if err != nil {
		return nil, "", err
	}
	if len(b) == 0 {
		if s := tidySerial(r.Form("serial")); s != "" {
			out, err := p.checked(r, s, nil)
			return out, "", err
		}
		return checkPage(lang.T("请输入序列号或上传证书", "enter a serial number, or upload a certificate")), "", nil
	}
	c, err := cert.Read(b)
	if err != nil {
		return checkPage(lang.T("文件不是可识别的证书", "the file is no certificate that can be read")), "", nil
	}
	out, err := p.checked(r, hex.EncodeToString(c.SerialNumber.Bytes()), c)
	return out, "", err
}

func tidySerial(s string) string {
	s = strings.ToLower(strings.NewReplacer(":", "", " ", "", "0x", "").Replace(strings.TrimSpace(s)))
	if len(s) > 40 || strings.Trim(s, "0123456789abcdef") != "" {
		return ""
	}
	return s
}

// verdict is the answer on one certificate.
type verdict struct {
	Serial string    `json:"serial"`
	State  string    `json:"state"` // valid, suspended, revoked, expired, unknown or forged
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Until  time.Time `json:"notAfter,omitzero"`
	why    lang.Text
	kind   string // of the notice
}

// judge says how a serial number stands and, where the certificate itself is there, whether it is the one that was issued.
func (p *Pages) judge(r *web.Request, serial string, c *cert.Certificate) (verdict, error) {
	s, err := p.o.Authority.Status(r.Context(), serial)
	if err != nil {
		return verdict{}, err
	}
	v := verdict{Serial: serial, State: ca.StateWord(s.State), At: s.At, Until: s.To, kind: "warn"}
	if c != nil {
		own, _, err := p.o.Authority.Get(r.Context(), serial)
		switch {
		case errs.Is(err, errs.NotFound) && p.ours(r, c):
			return verdict{Serial: serial, State: "forged", kind: "bad", why: lang.T("证书带有本机构的签名，但不在签发记录和日志中，请勿信任，并请立即联系本机构。", "The certificate bears an authority's signature, yet it is neither in the register nor in the log. Do not trust it, and tell us at once.")}, nil
		case errs.Is(err, errs.NotFound):
			s.State, v.State = 0, "unknown"
		case err != nil:
			return v, err
		case string(own.DER) != string(c.Raw):
			return verdict{Serial: serial, State: "forged", kind: "bad", why: lang.T("序列号存在，但证书内容与签发的不同，请勿信任。", "The serial number was given out, but for a certificate with other content. Do not trust this one.")}, nil
		}
	}
	switch s.State {
	case ca.Valid:
		v.kind, v.why = "good", lang.T("证书有效。", "The certificate is valid.")
	case ca.Suspended:
		v.why = lang.T("证书已冻结，暂不可用。", "The certificate is on hold and counts for nothing at present.")
	case ca.Revoked:
		n := ca.ReasonName(s.Reason)
		v.Reason, v.kind, v.why = n.En, "bad", lang.T("证书已吊销，原因："+n.Zh+"。", "The certificate was revoked: "+n.En+".")
	case ca.Expired:
		v.why = lang.T("证书已过期。", "The certificate has ended.")
	default:
		v.At, v.Until, v.why = time.Time{}, time.Time{}, lang.T("本机构没有签发过这张证书。", "This certificate was not issued here.")
	}
	return v, nil
}

// ours tells whether one of the authorities signed a certificate.
func (p *Pages) ours(r *web.Request, c *cert.Certificate) bool {
	all, err := p.o.Authority.Issuers(r.Context())
	if err != nil {
		return false
	}
	for _, x := range all {
		if x.Cert != nil && cert.SignedBy(c, x.Cert) == nil {
			return true
		}
	}
	return false
}

func (p *Pages) checked(r *web.Request, serial string, c *cert.Certificate) (*ui.Page, error) {
	v, err := p.judge(r, serial, c)
	if err != nil {
		return nil, err
	}
	f := ui.Facts{ID: "result", Title: lang.T("查验结果", "Result"), Items: []ui.Fact{{Name: lang.T("序列号", "Serial number"), Value: lang.Same(v.Serial)}}}
	if !v.Until.IsZero() {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("状态", "State"), Tag: stateTag(ca.StateOf(v.State))}, ui.Fact{Name: lang.T("有效至", "Holds until"), Time: v.Until})
		if v.State != "valid" {
			f.Items = append(f.Items, ui.Fact{Name: lang.T("变更时间", "Changed"), Time: v.At})
		}
	}
	f.Items = append(f.Items, ui.Fact{Name: lang.T("查验时间", "Checked at"), Time: p.o.Now()})
	return checkPage(lang.Text{}, ui.Notice{ID: "verdict", Kind: v.kind, Text: v.why}, f), nil
}

func (p *Pages) apiCheck(r *web.Request) (any, error) {
	serial := tidySerial(r.Path("serial"))
	if serial == "" {
		return nil, errs.Say(errs.Invalid, "序列号应为十六进制数字", "a serial number is hexadecimal digits")
	}
	return p.judge(r, serial, nil)
}

var collectHead = lang.T("凭码领取证书", "Collect a certificate")

func (p *Pages) pageCollect(*web.Request) (*ui.Page, error) { return collectPage(lang.Text{}), nil }

func collectPage(wrong lang.Text, result ...ui.Block) *ui.Page {
	out := &ui.Page{Title: collectHead, Nav: "certificates", Crumbs: []ui.Link{{Text: collectHead}}, Lead: lang.T("用您自己的设备生成密钥和证书请求，凭经办单位给您的领证码领取证书。私钥始终在您手中。", "Make the key and the request on your own device, and collect the certificate with the code that the officer gave you. The private key never leaves you.")}
	out.Body = append(result, ui.Form{ID: "collect", Title: collectHead, Action: collect, Submit: lang.T("领取", "Collect"), Error: wrong, Fields: []ui.Field{
		{Name: "code", Label: lang.T("领证码", "Code"), Required: true, Autocomplete: "off"},
		{Name: "file", Kind: "file", Label: lang.T("证书请求（PEM 或 DER）", "Certificate request (PEM or DER)")},
		{Name: "text", Kind: "textarea", Label: lang.T("或粘贴证书请求（PEM）", "or paste it (PEM)")}}})
	return out
}

// formCollect gives the certificate and, of a dual one, the encryption certificate with its key in an envelope.
func (p *Pages) formCollect(r *web.Request) (*ui.Page, string, error) {
	csr, err := file(r, 64<<10)
	if err != nil {
		return nil, "", err
	}
	if len(csr) == 0 {
		return collectPage(lang.T("请提交证书请求", "bring a certificate request")), "", nil
	}
	c, err := p.o.Register.Collect(r.Context(), r.Form("code"), csr)
	if msg, ok := said(err); ok {
		return collectPage(msg), "", nil
	}
	if err != nil {
		return nil, "", err
	}
	blocks := []ui.Block{ui.Notice{Kind: "good", Text: lang.T("证书已签发，请保存以下内容。", "The certificate was issued: save what follows.")},
		ui.Code{ID: "chain", Title: lang.T("签名证书及证书链", "Signing certificate and chain"), Text: string(cert.Armour("CERTIFICATE", append([][]byte{c.DER}, c.Chain...)...))}}
	if e := c.Encryption; e != nil {
		blocks = append(blocks, ui.Code{ID: "encryption", Title: lang.T("加密证书", "Encryption certificate"), Text: string(cert.Armour("CERTIFICATE", e.DER))},
			ui.Code{ID: "envelope", Title: lang.T("加密密钥信封（GM/T 0009）", "Envelope with the encryption key (GM/T 0009)"), Text: string(cert.Armour("SM2 ENVELOPED KEY", e.Envelope))})
	}
	return collectPage(lang.Text{}, blocks...), "", nil
}
