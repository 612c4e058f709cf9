package audit

import (
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cms"
	"github.com/haihe-city/haihe/kernel/trust/path"
	stamps "github.com/haihe-city/haihe/kernel/trust/tsp"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/note"
	"github.com/haihe-city/haihe/wire/tsp"
	"github.com/haihe-city/haihe/wire/x509"
)

// piece is a certificate, a revocation list or a time stamp that came along with the records: none is trusted for its own sake.
type piece struct {
	file  string
	cert  *x509.Certificate
	list  *x509.CRL
	token []byte
	info  *tsp.Info // of the token
	used  bool      // the token is over a checkpoint that is here
}

// Trust takes in root certificates, PEM or DER: what every chain must end in.
func (k *Keys) Trust(text []byte) error {
	found := 0
	for _, der := range blocks(text) {
		c, err := x509.Parse(der.Bytes)
		if err != nil {
			return errs.Because(err, errs.Invalid, "根证书无法解读", "the root certificate cannot be read")
		}
		found++
		k.Roots = append(k.Roots, c)
	}
	if found == 0 {
		return errs.Say(errs.Invalid, "文件中没有根证书", "there is no root certificate in the file")
	}
	return nil
}

// blocks gives the blocks of a PEM file; what is none is one block of unknown type.
func blocks(text []byte) (out []*pem.Block) {
	for b, rest := pem.Decode(text); b != nil; b, rest = pem.Decode(rest) {
		out = append(out, b)
	}
	if len(out) == 0 && len(text) > 0 {
		out = append(out, &pem.Block{Bytes: text})
	}
	return out
}

// Bring takes in what came along: certificates, revocation lists and time stamps (RFC 3161 tokens; PEM calls them CMS), PEM or DER. Everything
// is checked against Roots where it is used; what cannot be read is named under its file's name.
func (k *Keys) Bring(file string, text []byte) {
	all := blocks(text)
	for i, b := range all {
		p := piece{file: file}
		if len(all) > 1 {
			p.file = file + "#" + number(uint64(i+1))
		}
		if c, err := x509.Parse(b.Bytes); err == nil {
			p.cert = c
		} else if l, err := x509.ParseCRL(b.Bytes); err == nil {
			p.list = l
		} else if content, err := cms.Peek(b.Bytes); err == nil {
			if p.info, err = tsp.ParseInfo(content); err == nil {
				p.token = b.Bytes
			}
		}
		if p.cert == nil && p.list == nil && p.token == nil {
			k.broken = append(k.broken, p.file)
			continue
		}
		k.pieces = append(k.pieces, &p)
	}
	if len(all) == 0 {
		k.broken = append(k.broken, file)
	}
}

// options are what paths are looked for with. RFC 5280 6.1.1
func (k *Keys) options() path.Options {
	o := path.Options{Anchors: k.Roots, Revocation: path.IfKnown, Later: true}
	for _, p := range k.pieces {
		switch {
		case p.cert != nil:
			o.Others = append(o.Others, p.cert)
		case p.list != nil:
			o.Lists = append(o.Lists, p.list)
		}
	}
	return o
}

// inspect holds every piece against whoever is to have signed it, so that a changed one is named even where nothing depends on it.
func (k *Keys) inspect(r *Report) {
	for _, file := range k.broken {
		r.find(Finding{What: File, File: file, Said: lang.T("文件 "+file+" 无法解读：不是证书、吊销列表或时间戳", "the file "+file+" cannot be read: it is no certificate, revocation list or time stamp")})
	}
	if len(k.Roots) == 0 && len(k.pieces) > 0 {
		r.remark("证书、吊销列表和时间戳未核验：没有给出根证书", "certificates, revocation lists and time stamps were not checked: no root certificate was given")
		return
	}
	for _, p := range k.pieces {
		switch {
		case p.cert != nil && p.cert.SelfIssued():
			k.ownRoot(r, p)
		case p.cert != nil:
			k.vouched(r, p.file, p.cert.Issuer, p.cert.Algorithm, p.cert.Signed, p.cert.Signature)
		case p.list != nil:
			k.vouched(r, p.file, p.list.Issuer, p.list.Algorithm, p.list.Signed, p.list.Signature)
		}
	}
}

// ownRoot looks at a root that came along: it speaks for itself only where it is trusted.
func (k *Keys) ownRoot(r *Report, p *piece) {
	c := p.cert
	if slices.ContainsFunc(k.Roots, func(x *x509.Certificate) bool { return string(x.Raw) == string(c.Raw) }) {
		return
	}
	if path.CheckSignature(c.Key, c.Algorithm, c.Signed, c.Signature, path.Limits{}) != nil {
		r.find(Finding{What: Forged, File: p.file, Said: lang.T("根证书 "+p.file+" 自身的签名不符，已被改动", "the root certificate "+p.file+" does not bear its own signature: it was changed")})
		return
	}
	r.remark("根证书 "+p.file+"（"+c.Subject.String()+"）不在可信之列，不予采信", "the root certificate "+p.file+" ("+c.Subject.String()+") is not among the trusted ones and was not relied on")
}

// vouched tells whether a certificate that is here, of the issuer's name, signed a piece.
func (k *Keys) vouched(r *Report, file string, issuer x509.Name, a x509.AlgorithmID, signed, sig []byte) {
	named := false
	for _, c := range append(slices.Clone(k.Roots), k.options().Others...) {
		if !c.Subject.Equal(issuer) {
			continue
		}
		if named = true; path.CheckSignature(c.Key, a, signed, sig, path.Limits{}) == nil {
			return
		}
	}
	if !named {
		r.find(Finding{What: Forged, File: file, Said: lang.T("文件 "+file+" 的签发者 "+issuer.String()+" 没有证书可查", "there is no certificate of "+issuer.String()+", which is to have signed "+file)})
		return
	}
	r.find(Finding{What: Forged, File: file, Said: lang.T("文件 "+file+" 的签发者签名不符，已被改动", "the file "+file+" does not bear its issuer's signature: it was changed")})
}

// leftover names time stamps that are over nothing here.
func (k *Keys) leftover(r *Report) {
	for _, p := range k.pieces {
		if p.token != nil && !p.used && len(k.Roots) > 0 {
			r.find(Finding{What: Void, File: p.file, Said: lang.T("时间戳 "+p.file+" 不是这里任何检查点的", "the time stamp "+p.file+" is over no checkpoint that is here")})
		}
	}
}

// Stamped gives the bytes that a checkpoint's time stamp is over: the text with the log's own signatures. Cosignatures come later and change
// nothing in them.
func Stamped(n note.Note, origin string) []byte {
	own := note.Note{Text: n.Text}
	for _, s := range n.Signatures {
		if s.Name == origin {
			own.Signatures = append(own.Signatures, s)
		}
	}
	return []byte(own.String())
}

// today stands for a time after every time stamp: nothing here has a clock, and one of the future proves no less.
var today = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// stamp finds the earliest time stamp over a checkpoint that its authority's chain bears out.
func (k *Keys) stamp(message []byte, r *Report) (at time.Time, by string) {
	for _, p := range k.pieces {
		if p.token == nil {
			continue
		}
		sum := path.HashOf(p.info.Imprint.Hash)
		if sum == nil || string(sum(message)) != string(p.info.Imprint.Digest) {
			continue
		}
		p.used = true
		s, err := stamps.Verify(p.token, message, today, k.options())
		var no *path.Refusal
		switch {
		case errors.As(err, &no) && no.Code == path.NoPath:
			r.remark("时间戳 "+p.file+" 的签发机构不在可信根之下，不予采信", "the authority of the time stamp "+p.file+" is not below a trusted root, so it was not relied on")
		case err != nil:
			t := texts(err)
			r.find(Finding{What: Void, File: p.file, Said: lang.T("时间戳 "+p.file+" 无效："+t.Zh, "the time stamp "+p.file+" does not hold: "+t.En)})
		case at.IsZero() || s.Info.Time.Before(at):
			at, by = s.Info.Time, s.By.Subject.String()
		}
	}
	return at, by
}

// texts are the words of a failure in both languages.
func texts(err error) lang.Text {
	var no *path.Refusal
	var bad *note.Error
	switch {
	case errors.As(err, &no):
		return no.Reason
	case errors.As(err, &bad):
		return bad.Reason
	}
	if t, ok := errs.MsgOf(err); ok {
		return t
	}
	return lang.Same(strings.TrimSpace(err.Error()))
}
