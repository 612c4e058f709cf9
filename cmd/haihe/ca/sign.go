package ca

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
)

// serialOf is a certificate's serial number in hexadecimal digits, two a byte.
func serialOf(c *cert.Certificate) string { return hex.EncodeToString(c.SerialNumber.Bytes()) }

// sign signs an authority's request: its chain is what the platform's page takes.
func (o *flags) sign(sh *cli.Shell) error {
	if o.request == "" || o.out == "" {
		return cli.Usage("请用 --request 给出证书请求，用 --out 给出写证书链的文件", "name the request with --request and the file for the chain with --out")
	}
	years := o.years
	if years == 0 {
		years = 10
	}
	if years < 1 || years > 20 {
		return cli.Usage("--years 应为 1 至 20", "--years is from 1 to 20")
	}
	r, err := o.read(sh)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(o.out); err == nil {
		return errs.Say(errs.Conflict, "文件 %s 已存在，未作改动", "the file %s is there already and was left alone", o.out)
	}
	b, err := os.ReadFile(o.request)
	if err != nil {
		return errs.Because(err, errs.NotFound, "证书请求 %s 读不了", "the request %s cannot be read", o.request)
	}
	request, err := cert.ReadRequest(b)
	if err != nil {
		return errs.Because(err, errs.Invalid, "%s 不是有效的证书请求", "%s is no valid request", o.request)
	}
	id, err := pki.KeyID(request.PublicKey)
	if err != nil {
		return errs.Because(err, errs.Invalid, "%s 不是有效的证书请求", "%s is no valid request", o.request)
	}
	now := sh.Now().UTC().Truncate(time.Second)
	from, to := now.Add(-lead), now.AddDate(years, 0, 0)
	if from.Before(r.cert.NotBefore) {
		from = r.cert.NotBefore
	}
	theirs, _ := pki.Of(request.PublicKey)
	switch {
	case theirs != r.header.Algorithm:
		return errs.Say(errs.Invalid, "证书请求的算法与根不同：请用同一算法的根签署", "the request is of another algorithm than the root: a chain is of one")
	case string(request.RawSubject) == string(r.cert.RawSubject):
		return errs.Say(errs.Invalid, "证书请求的名称与根相同", "the request has the root's own name")
	case to.After(r.cert.NotAfter):
		return errs.Say(errs.Invalid, "根于 %[1]s 到期，早于所签证书；请减少 --years 或更换根", "the root ends on %[1]s, before the certificate would: give fewer --years, or make a new root", r.cert.NotAfter.Format(time.DateOnly))
	}
	// What the custodians agree to by their passphrases.
	sh.Printf("time=%s", now.Format(time.RFC3339))
	sh.Printf("request name=%q algorithm=%s key=%s until=%s", cert.ReadName(request.RawSubject), theirs, hex.EncodeToString(id), to.Format(time.DateOnly))
	if err := o.open(sh, r); err != nil {
		return err
	}
	place := cert.Place{}
	if base, root := r.header.Address, r.header.KeyID; base != "" {
		place = cert.Place{Issuer: base + "/ca/" + root + ".cer", CRL: base + "/crl/" + root + ".crl"}
	}
	der, err := cert.MakeAuthority(r.cert, r.key, b, from, to, place)
	if err != nil {
		return err
	}
	c, err := cert.Read(der)
	if err != nil {
		return err
	}
	number, chained, err := r.record.add(o.path(logFile), r.key, act{At: now, Verb: verbSign, Name: cert.ReadName(c.RawSubject), Serial: serialOf(c), SHA256: digest(der)})
	if err != nil {
		return err
	}
	if err := put(o.out, cert.Armour("CERTIFICATE", der, r.cert.Raw), 0o644, true); err != nil {
		return err
	}
	sh.Printf("certificate serial=%s sha256=%s file=%s", serialOf(c), digest(der), o.out)
	kept(sh, number, chained)
	return nil
}

// reasons that a root may give. RFC 5280 5.3.1
var reasons = map[string]cert.Reason{"ca-compromise": cert.CACompromise, "affiliation-changed": cert.AffiliationChanged, "superseded": cert.Superseded, "cessation": cert.CessationOfOperation}

// list signs the root's next revocation list: all that was on the last, and what is named.
func (o *flags) list(sh *cli.Shell) error {
	reason, ok := reasons[o.reason]
	switch {
	case !ok:
		return cli.Usage("--reason 应为 ca-compromise、affiliation-changed、superseded 或 cessation", "--reason is ca-compromise, affiliation-changed, superseded or cessation")
	case o.days < 1 || o.days > 730:
		return cli.Usage("--days 应为 1 至 730", "--days is from 1 to 730")
	}
	r, err := o.read(sh)
	if err != nil {
		return err
	}
	now := sh.Now().UTC().Truncate(time.Second)
	entries, last, err := o.listed(r)
	if err != nil {
		return err
	}
	for _, name := range o.revoke {
		serial, err := r.serial(name)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(entries, func(e revoked) bool { return e.Serial == serial }) {
			entries = append(entries, revoked{serial, now, reason})
		}
	}
	all, on := make([]string, len(entries)), make([]cert.Entry, len(entries))
	for i, e := range entries {
		raw, err := hex.DecodeString(e.Serial)
		if err != nil {
			return errs.As(errs.Internal, "read a serial number of the log", err)
		}
		all[i], on[i] = e.Serial, cert.Entry{Serial: raw, At: e.At, Reason: e.Reason}
	}
	sh.Printf("time=%s", now.Format(time.RFC3339))
	sh.Printf("list number=%d revoked=%s next=%s", last+1, strings.Join(all, ","), now.AddDate(0, 0, o.days).Format(time.DateOnly))
	if err := o.open(sh, r); err != nil {
		return err
	}
	der, err := cert.MakeList(&cert.List{Issuer: r.cert.RawSubject, IssuerKey: r.cert.SubjectKeyId, Number: last + 1, This: now, Next: now.AddDate(0, 0, o.days), Entries: on}, r.key)
	if err != nil {
		return err
	}
	number, chained, err := r.record.add(o.path(logFile), r.key, act{At: now, Verb: verbList, List: last + 1, Revoked: entries, SHA256: digest(der)})
	if err != nil {
		return err
	}
	if err := put(o.path(listFile), der, 0o644, false); err != nil {
		return err
	}
	sh.Printf("crl number=%d entries=%d sha256=%s file=%s", last+1, len(entries), digest(der), o.path(listFile))
	kept(sh, number, chained)
	return nil
}

// listed gives what the last list revokes and its number, out of the log. The list in the folder must not be newer: then the end of the log is
// missing, and what stood there would be forgotten.
func (o *flags) listed(r *root) (entries []revoked, last int64, err error) {
	for _, a := range r.record.acts {
		if a.Verb == verbList {
			last, entries = a.List, slices.Clone(a.Revoked)
		}
	}
	b, err := os.ReadFile(o.path(listFile))
	if errors.Is(err, fs.ErrNotExist) {
		return entries, last, nil
	}
	if err != nil {
		return nil, 0, errs.Because(err, errs.Unavailable, "%s 读不了", "%s cannot be read", o.path(listFile))
	}
	l, err := cert.ReadList(b)
	if err != nil {
		return nil, 0, errs.Because(err, errs.Conflict, "%s 不是吊销列表", "%s is no revocation list", o.path(listFile))
	}
	switch {
	case l.SignedBy(r.cert) != nil:
		return nil, 0, errs.Say(errs.Conflict, "%s 不是由此根签署的", "%s is not signed by this root", o.path(listFile))
	case l.Number > last:
		return nil, 0, errs.Say(errs.Conflict, "操作日志比 %s 旧：日志末尾缺失，请放回完整的日志", "the log is older than %s: its end is missing; put the whole log back", o.path(listFile))
	}
	return entries, last, nil
}

// serial finds the serial number that the user means: of a certificate in a file, or one that the log knows.
func (r *root) serial(name string) (string, error) {
	for _, a := range r.record.acts {
		if a.Verb == verbSign && strings.EqualFold(a.Serial, name) {
			return a.Serial, nil
		}
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return "", errs.Because(err, errs.NotFound, "“%s”既不是此根签发过的序列号，也不是可读的证书文件", "%q is neither a serial number that this root gave out nor a file that can be read", name)
	}
	c, err := cert.Read(b)
	if err != nil {
		return "", errs.Because(err, errs.Invalid, "%s 不是证书", "%s is no certificate", name)
	}
	if cert.SignedBy(c, r.cert) != nil || string(c.Raw) == string(r.cert.Raw) {
		return "", errs.Say(errs.Invalid, "%s 不是由此根签发的证书", "%s was not issued by this root", name)
	}
	return serialOf(c), nil
}
