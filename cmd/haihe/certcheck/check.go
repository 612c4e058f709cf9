package certcheck

import (
	"bytes"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
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

// files is a flag that may be given many times.
type files []string

func (f *files) String() string     { return strings.Join(*f, ",") }
func (f *files) Set(s string) error { *f = append(*f, s); return nil }

// Query is what the flags say.
type Query struct {
	roots, others, lists, answers, policies files
	at, purpose, host, revocation           string
	explicit, noMapping, noAny              bool
	bare, legacy, later                     bool
	minRSA                                  int
}

// Flags declares the flags.
func Flags(f *flag.FlagSet) *Query {
	q := &Query{}
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
	return q
}

// purposes by their short names. RFC 5280 4.2.1.12
var purposes = map[string]string{
	"server": "1.3.6.1.5.5.7.3.1", "client": "1.3.6.1.5.5.7.3.2", "code": "1.3.6.1.5.5.7.3.3", "email": "1.3.6.1.5.5.7.3.4",
	"timestamp": "1.3.6.1.5.5.7.3.8", "ocsp": "1.3.6.1.5.5.7.3.9",
}

func (q *Query) options(now time.Time) (o path.Options, err error) {
	o = path.Options{
		Time: now, Policies: q.policies, ExplicitPolicy: q.explicit, InhibitMapping: q.noMapping, InhibitAny: q.noAny,
		Purpose: q.purpose, Host: q.host, BareAnchors: q.bare, Later: q.later, Limits: path.Limits{Legacy: q.legacy, MinRSA: q.minRSA},
	}
	if q.at != "" {
		if o.Time, err = time.Parse(time.RFC3339, q.at); err != nil {
			o.Time, err = time.Parse(time.DateOnly, q.at)
		}
		if err != nil {
			return o, errs.Say(errs.Invalid, "时刻应为 2016-01-02 或 2016-01-02T15:04:05Z", "a time is 2016-01-02 or 2016-01-02T15:04:05Z")
		}
	}
	if oid := purposes[q.purpose]; oid != "" {
		o.Purpose = oid
	}
	for _, oid := range append([]string{o.Purpose}, q.policies...) {
		if oid != "" && !der.Named(oid) {
			return o, errs.Say(errs.Invalid, "“%s”不是 OID", "%q is no OID", oid)
		}
	}
	mode, ok := map[string]path.Revocation{"none": path.Unchecked, "known": path.IfKnown, "required": path.Required}[q.revocation]
	switch {
	case q.revocation == "" && len(q.lists)+len(q.answers) > 0:
		mode = path.Required
	case q.revocation != "" && !ok:
		return o, errs.Say(errs.Invalid, "--revocation 应为 none、known 或 required", "--revocation is none, known or required")
	}
	o.Revocation = mode
	return o, nil
}

// Verify prints the verdict; the error's kind is Conflict where the certificate is not valid. An intermediate certificate or list that cannot be read is named and left out: it can only make the verdict
// worse. A root, the leaf or an answer that cannot be read is an error.
func (q *Query) Verify(out io.Writer, now time.Time, leaf string) error {
	w := &printer{out}
	o, err := q.options(now)
	if err != nil {
		return err
	}
	if len(q.roots) == 0 {
		return errs.Say(errs.Invalid, "请用 --root 给出信任锚", "name a trust anchor with --root")
	}
	if o.Anchors, err = readAll(w, q.roots, "CERTIFICATE", x509.Parse, false); err != nil {
		return err
	}
	if o.Others, err = readAll(w, q.others, "CERTIFICATE", x509.Parse, true); err != nil {
		return err
	}
	if o.Lists, err = readAll(w, q.lists, "X509 CRL", x509.ParseCRL, true); err != nil {
		return err
	}
	if o.Answers, err = readAll(w, q.answers, "OCSP RESPONSE", ocsp.ParseResponse, true); err != nil {
		return err
	}
	targets, err := readAll(w, []string{leaf}, "CERTIFICATE", x509.Parse, false)
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
		w.printf("verdict=invalid code=%s certificate=%d subject=%q clause=%q", r.Code, r.Index, r.Subject, r.Clause)
		return because(errs.Conflict, "证书无效", "the certificate is not valid", r.Reason)
	}
	for i, c := range res.Chain {
		w.printf("chain %d subject=%q serial=%x", i, c.Subject.String(), c.Serial)
	}
	w.printf("verdict=valid policies=%s", strings.Join(res.Policies, ","))
	w.printf("%s", "证书有效 / the certificate is valid")
	return nil
}

// printer writes lines.
type printer struct{ out io.Writer }

func (w *printer) printf(format string, args ...any) { _, _ = fmt.Fprintf(w.out, format+"\n", args...) }

// because is a failure with its reason in both languages.
func because(k errs.Kind, zh, en string, why lang.Text) error {
	return &errs.Error{Kind: k, Msg: lang.Text{Zh: zh + "：" + why.Zh, En: en + ": " + why.En}}
}

// readAll reads files of one kind, each DER or any count of PEM blocks.
func readAll[T any](w *printer, names []string, block string, parse func([]byte) (T, error), lenient bool) (out []T, err error) {
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
				w.printf("unreadable file=%q why=%q", name, err.Error())
			case errors.As(err, &bad):
				w.printf("verdict=invalid code=%s file=%q why=%q", path.Malformed, name, err.Error())
				return nil, because(errs.Conflict, "文件格式无效", "a file is malformed", bad.Reason)
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
