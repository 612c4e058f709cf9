package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"flag"
	"os"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/path"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/ocsp"
	"github.com/haihe-city/haihe/wire/x509"
)

func certCommand() command {
	c := command{
		name: "cert", args: "verify --root F LEAF", says: lang.T("验证证书路径", "validate a certificate's path"),
		details: lang.T("按 RFC 5280 验证证书 LEAF 到信任锚的路径，输出结论和理由；有效时退出码为 0，无效时为 5。文件可为 DER 或 PEM，PEM 可含多份；--intermediate、--crl、--ocsp 可多次给出。给出 --crl 或 --ocsp 时，默认要求查明每份证书的吊销状态。",
			"validates the path from the certificate LEAF to a trust anchor by RFC 5280 and prints verdict and reason; the exit code is 0 where it is valid and 5 where not. Files are DER or PEM, PEM may hold several; --intermediate, --crl and --ocsp may be given many times. With --crl or --ocsp every certificate's revocation status must be known unless --revocation says otherwise."),
	}
	c.run = func(_ context.Context, sh *shell, args []string) error {
		var q certQuery
		f := newFlags(c)
		q.flags(f)
		words, err := f.parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) != 2 || words[0] != "verify" || len(q.roots) == 0 {
			return usage("请写 cert verify --root 文件 LEAF", "write cert verify --root FILE LEAF")
		}
		return q.verify(sh, words[1])
	}
	return c
}

// files is a flag that may be given many times.
type files []string

func (f *files) String() string     { return strings.Join(*f, ",") }
func (f *files) Set(s string) error { *f = append(*f, s); return nil }

// certQuery is what the flags of cert verify say.
type certQuery struct {
	roots, others, lists, answers, policies files
	at, purpose, host, revocation           string
	explicit, noMapping, noAny              bool
	bare, legacy, later                     bool
	minRSA                                  int
}

func (q *certQuery) flags(f *flags) {
	for _, m := range []struct {
		name, zh, en string
		to           flag.Value
	}{
		{"root", "信任锚证书", "trust anchor", &q.roots},
		{"intermediate", "中间证书", "intermediate certificate", &q.others},
		{"crl", "吊销列表", "revocation list", &q.lists},
		{"ocsp", "OCSP 应答（DER）", "OCSP answer (DER)", &q.answers},
		{"policy", "可接受的证书策略 OID", "acceptable certificate policy (OID)", &q.policies},
	} {
		f.Var(m.to, m.name, m.zh+" / "+m.en)
	}
	f.StringVar(&q.at, "time", "", "验证时刻，RFC 3339 或日期，默认现在 / time of validation, RFC 3339 or a date, now by default")
	f.StringVar(&q.purpose, "purpose", "", "server、client、email、code、timestamp、ocsp 或 OID / one of these, or an OID")
	f.StringVar(&q.host, "host", "", "证书应含的域名、地址或邮箱 / DNS name, address or mailbox that the certificate must name")
	f.StringVar(&q.revocation, "revocation", "", "none、known 或 required / how much must be known of revocation")
	f.BoolVar(&q.explicit, "explicit-policy", false, "要求明确的策略 / initial-explicit-policy")
	f.BoolVar(&q.noMapping, "inhibit-mapping", false, "禁止策略映射 / initial-policy-mapping-inhibit")
	f.BoolVar(&q.noAny, "inhibit-any-policy", false, "禁止任意策略 / initial-any-policy-inhibit")
	f.BoolVar(&q.bare, "bare-anchors", false, "信任锚只取名称和公钥 / of trust anchors only name and key count")
	f.BoolVar(&q.legacy, "legacy", false, "允许 SHA-1 和 DSA / allow SHA-1 and DSA")
	f.BoolVar(&q.later, "later", false, "吊销自其日期起生效，可用其后的列表 / revocation counts from its date; later lists serve")
	f.IntVar(&q.minRSA, "min-rsa", 0, "RSA 最小位数，默认 2048 / least size of RSA keys, 2048 by default")
}

// purposes by their short names. RFC 5280 4.2.1.12
var purposes = map[string]string{
	"server": "1.3.6.1.5.5.7.3.1", "client": "1.3.6.1.5.5.7.3.2", "code": "1.3.6.1.5.5.7.3.3", "email": "1.3.6.1.5.5.7.3.4",
	"timestamp": "1.3.6.1.5.5.7.3.8", "ocsp": "1.3.6.1.5.5.7.3.9",
}

func (q *certQuery) options(now time.Time) (o path.Options, err error) {
	o = path.Options{
		Time: now, Policies: q.policies, ExplicitPolicy: q.explicit, InhibitMapping: q.noMapping, InhibitAny: q.noAny,
		Purpose: q.purpose, Host: q.host, BareAnchors: q.bare, Later: q.later, Limits: path.Limits{Legacy: q.legacy, MinRSA: q.minRSA},
	}
	if q.at != "" {
		if o.Time, err = time.Parse(time.RFC3339, q.at); err != nil {
			o.Time, err = time.Parse(time.DateOnly, q.at)
		}
		if err != nil {
			return o, usage("时刻应为 2016-01-02 或 2016-01-02T15:04:05Z", "a time is 2016-01-02 or 2016-01-02T15:04:05Z")
		}
	}
	if oid := purposes[q.purpose]; oid != "" {
		o.Purpose = oid
	}
	for _, oid := range append([]string{o.Purpose}, q.policies...) {
		if oid != "" && !der.Named(oid) {
			return o, usage("“%s”不是 OID", "%q is no OID", oid)
		}
	}
	mode, ok := map[string]path.Revocation{"none": path.Unchecked, "known": path.IfKnown, "required": path.Required}[q.revocation]
	switch {
	case q.revocation == "" && len(q.lists)+len(q.answers) > 0:
		mode = path.Required
	case q.revocation != "" && !ok:
		return o, usage("--revocation 应为 none、known 或 required", "--revocation is none, known or required")
	}
	o.Revocation = mode
	return o, nil
}

// verify prints the verdict. An intermediate certificate or list that cannot be read is named and left out: it can only make the verdict
// worse. A root, the leaf or an answer that cannot be read is an error.
func (q *certQuery) verify(sh *shell, leaf string) error {
	o, err := q.options(sh.now())
	if err != nil {
		return err
	}
	if o.Anchors, err = readAll(sh, q.roots, "CERTIFICATE", x509.Parse, false); err != nil {
		return err
	}
	if o.Others, err = readAll(sh, q.others, "CERTIFICATE", x509.Parse, true); err != nil {
		return err
	}
	if o.Lists, err = readAll(sh, q.lists, "X509 CRL", x509.ParseCRL, true); err != nil {
		return err
	}
	if o.Answers, err = readAll(sh, q.answers, "OCSP RESPONSE", ocsp.ParseResponse, true); err != nil {
		return err
	}
	targets, err := readAll(sh, []string{leaf}, "CERTIFICATE", x509.Parse, false)
	if err != nil {
		return err
	}
	o.Others = append(o.Others, targets[1:]...)
	res, err := path.Verify(targets[0], o)
	if err != nil {
		var r *path.Refusal
		if !errors.As(err, &r) {
			return err
		}
		sh.printf("verdict=invalid code=%s certificate=%d subject=%q clause=%q", r.Code, r.Index, r.Subject, r.Clause)
		return withCode(exitVerify, because(errs.Conflict, "证书无效", "the certificate is not valid", r.Reason))
	}
	for i, c := range res.Chain {
		sh.printf("chain %d subject=%q serial=%x", i, c.Subject.String(), c.Serial)
	}
	sh.printf("verdict=valid policies=%s", strings.Join(res.Policies, ","))
	sh.say("证书有效", "the certificate is valid")
	return nil
}

// because is a failure with its reason in both languages.
func because(k errs.Kind, zh, en string, why lang.Text) error {
	return &errs.Error{Kind: k, Msg: lang.Text{Zh: zh + "：" + why.Zh, En: en + ": " + why.En}}
}

// readAll reads files of one kind, each DER or any count of PEM blocks.
func readAll[T any](sh *shell, names []string, block string, parse func([]byte) (T, error), lenient bool) (out []T, err error) {
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, errs.Because(err, errs.NotFound, "读不到文件 %s", "cannot read the file %s", name)
		}
		for _, one := range blocks(b, block) {
			v, err := parse(one)
			var bad *der.Error
			switch {
			case err == nil:
				out = append(out, v)
			case lenient:
				sh.printf("unreadable file=%q why=%q", name, err.Error())
			case errors.As(err, &bad):
				sh.printf("verdict=invalid code=%s file=%q why=%q", path.Malformed, name, err.Error())
				return nil, withCode(exitVerify, because(errs.Invalid, "文件格式无效", "a file is malformed", bad.Reason))
			default:
				return nil, errs.Because(err, errs.Invalid, "文件 %s 格式无效", "the file %s is malformed", name)
			}
		}
	}
	if len(names) > 0 && len(out) == 0 && !lenient {
		return nil, errs.Say(errs.Invalid, "文件 %s 中没有证书", "there is no certificate in %s", names[0])
	}
	return out, nil
}

// blocks gives the DER values of a file.
func blocks(b []byte, kind string) (out [][]byte) {
	if !bytes.Contains(b, []byte("-----BEGIN ")) {
		return [][]byte{b}
	}
	for {
		var p *pem.Block
		if p, b = pem.Decode(b); p == nil {
			return out
		}
		if p.Type == kind {
			out = append(out, p.Bytes)
		}
	}
}
