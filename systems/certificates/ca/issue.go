package ca

import (
	"context"
	"crypto"
	"encoding/asn1"
	"encoding/hex"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
)

// Result is what became of one order of many: a certificate or an error, and whether it was there before.
type Result struct {
	Certificate Certificate
	Had         bool
	Err         error
}

// Issue gives the certificate of an order: signs, then stores, logs and journals in one transaction, and returns after its commit.
// errs.Conflict where the subject has a standing certificate and the order does not replace it.
func (a *Authority) Issue(ctx context.Context, o Order) (Certificate, error) {
	out, err := a.IssueAll(ctx, []Order{o}, nil)
	if err != nil {
		return Certificate{}, err
	}
	return out[0].Certificate, out[0].Err
}

// IssueAll gives the certificates of many orders by one person: signed on all processors, kept in one transaction. A refused order is no
// error of the whole. with, where it is there, runs in that transaction and sees the results: a job's progress stands or falls with them.
func (a *Authority) IssueAll(ctx context.Context, orders []Order, with func(tx *store.Tx, out []Result) error) ([]Result, error) {
	for again := 0; ; again++ {
		out, err := a.issueAll(ctx, orders, with)
		if errs.Is(err, errs.Conflict) && again < 3 && a.o.DB.Shared() { // another node was first: what it issued is seen now
			continue
		}
		return out, err
	}
}

func (a *Authority) issueAll(ctx context.Context, orders []Order, with func(tx *store.Tx, out []Result) error) ([]Result, error) {
	out := make([]Result, len(orders))
	err := a.o.DB.Read(ctx, func(tx *store.Tx) error { return a.sieve(tx, orders, out) })
	if err != nil {
		return nil, err
	}
	drafts := make([][]draft, len(orders))
	var wg sync.WaitGroup
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), len(orders)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(orders); i = int(next.Add(1)) - 1 {
				if out[i].Err == nil && !out[i].Had && ctx.Err() == nil {
					drafts[i], out[i].Err = a.draft(ctx, &orders[i])
				}
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if a.signed != nil {
		a.signed()
	}
	var changed []string
	err = a.o.DB.Write(ctx, func(tx *store.Tx) error {
		changed = changed[:0]
		if err := a.keep(tx, orders, drafts, out, &changed); err != nil {
			return err
		}
		if with != nil {
			return with(tx, out)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.tell(changed)
	return out, nil
}

// sieve finds the orders that were carried out before, and those that cannot be; it spares their signatures.
func (a *Authority) sieve(tx *store.Tx, orders []Order, out []Result) error {
	for i := range orders {
		o := &orders[i]
		p, err := a.check(o)
		if err != nil {
			out[i].Err = err
			continue
		}
		if err := a.had(tx, o, p, &out[i]); err != nil {
			return err
		}
	}
	return nil
}

// had looks for the order's certificate, or for what stands in its way.
func (a *Authority) had(tx *store.Tx, o *Order, p Profile, r *Result) error {
	if o.ID != "" {
		found, err := list(tx, qOrdered, o.ID)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			if found[0].Subject != o.Subject.ID || found[0].Kind != o.Kind {
				r.Err = errs.Say(errs.Conflict, "申请编号已用于另一主体", "this order's number was used for another subject")
				return nil
			}
			r.Certificate, r.Had = a.complete(found[0]), true
			return nil
		}
	}
	if !p.Single || o.Replace {
		return nil
	}
	standing, err := list(tx, qStanding, o.Subject.ID, o.Kind)
	if err != nil {
		return err
	}
	for _, c := range standing {
		if c.Use == Sign && c.To.After(a.o.Now()) {
			r.Certificate, r.Err = c, errs.Say(errs.Conflict, "该主体已有有效证书（序列号 %s）；请换发，或先吊销", "this subject has a standing certificate (%s); renew it, or revoke it first", c.Serial)
		}
	}
	return nil
}

// complete adds the chain.
func (a *Authority) complete(c Certificate) Certificate {
	if i, ok := a.Issuer(c.Authority); ok {
		c.Chain = i.Chain
	}
	return c
}

// draft is a signed certificate that nobody has seen yet.
type draft struct {
	c      Certificate
	single bool
	order  string
	escrow *trust.Prepared
}

func (a *Authority) check(o *Order) (Profile, error) {
	p, ok := ProfileOf(o.Kind)
	switch {
	case !ok:
		return p, errs.Say(errs.Invalid, "没有“%s”这种证书", "there is no kind of certificate %q", o.Kind)
	case o.Subject.ID == "" || o.Subject.Name == "" || len(o.Subject.ID) > 200 || len([]rune(o.Subject.Name)) > 64:
		return p, errs.Say(errs.Invalid, "证书主体须有编号和不超过 64 字的名称", "a subject needs a number and a name of at most 64 characters")
	case len(o.CSR) == 0 == (len(o.Public) == 0):
		return p, errs.Say(errs.Invalid, "请提供证书请求或公钥（二者之一）", "give a request or a public key, one of the two")
	case o.By.Anonymous():
		return p, errs.Say(errs.Unauthenticated, "请先登录", "sign in first")
	case o.Days < 0 || o.Days > p.Days:
		return p, errs.Say(errs.Invalid, "有效期为 1 至 %d 天", "a certificate of this kind holds for 1 to %d days", p.Days)
	}
	return p, nil
}

// draft signs the certificates of an order: one, or two where the profile and the algorithm are dual.
func (a *Authority) draft(ctx context.Context, o *Order) ([]draft, error) {
	p, err := a.check(o)
	if err != nil {
		return nil, err
	}
	pub, spki, err := keyOf(o)
	if err != nil {
		return nil, err
	}
	alg, err := pki.Of(pub)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "只签发 SM2 和 ECDSA P-256 公钥的证书", "certificates are issued for SM2 and ECDSA P-256 keys only")
	}
	i, err := a.issuerFor(p.Family, alg)
	if err != nil {
		return nil, err
	}
	key, err := a.o.Vault.Signer(ctx, i.KeyID)
	if err != nil {
		return nil, err
	}
	first, err := a.make(i, key, o, &p, spki, Sign)
	if err != nil {
		return nil, err
	}
	first.order = o.ID
	out := []draft{first}
	if !p.Dual || alg != pki.SM2 {
		return out, nil
	}
	prepared, err := a.o.Vault.PrepareEscrow(o.Kind+":"+o.Subject.ID, pub)
	if err != nil {
		return nil, err
	}
	second, err := a.make(i, key, o, &p, prepared.Public, Encrypt)
	if err != nil {
		return nil, err
	}
	second.escrow, second.c.Envelope, second.c.Escrow = &prepared, prepared.Envelope, prepared.ID
	return append(out, second), nil
}

// keyOf reads the subject's public key; of a request, after its signature was checked.
func keyOf(o *Order) (crypto.PublicKey, []byte, error) {
	if len(o.CSR) > 0 {
		r, err := cert.ReadRequest(o.CSR)
		if err != nil {
			return nil, nil, errs.Because(err, errs.Invalid, "证书请求无效，或签名与公钥不符", "the request is not valid, or its signature does not fit its key")
		}
		spki, err := pki.MarshalPublic(r.PublicKey)
		return r.PublicKey, spki, err
	}
	pub, err := pki.ParsePublic(o.Public)
	if err != nil {
		return nil, nil, errs.Because(err, errs.Invalid, "公钥无法读取，应为 SM2 或 P-256 的 SubjectPublicKeyInfo", "the public key cannot be read; it is to be the SubjectPublicKeyInfo of an SM2 or P-256 key")
	}
	return pub, o.Public, nil
}

// make signs one certificate by its profile.
func (a *Authority) make(i *issuer, key crypto.Signer, o *Order, p *Profile, spki []byte, use string) (draft, error) {
	days := p.Days
	if o.Days > 0 {
		days = o.Days
	}
	from := a.o.Now().UTC().Truncate(time.Second)
	to := from.AddDate(0, 0, days)
	if to.After(i.Cert.NotAfter) { // RFC 5280 6.1: nothing holds longer than what it hangs from
		to = i.Cert.NotAfter
	}
	serial := cert.NewSerial()
	shard := (i.next.Add(1) - 1) / a.o.Settings.Shard
	t := &cert.Template{Serial: serial, Issuer: i.Cert.RawSubject, Subject: a.name(o, p).DER(), From: from, To: to, Public: spki, IssuerKey: i.Cert.SubjectKeyId,
		Usage: p.Usage, Purposes: p.Purposes, Only: p.Only, Policies: a.policies(p), Statement: a.o.Settings.Statement, DNS: o.Subject.DNS, IP: o.Subject.IP, Place: a.Place(i.ID, shard), Extra: p.extra}
	if use == Encrypt {
		t.Usage, t.Purposes, t.Only = encipher, nil, false
	}
	if o.Subject.Code != "" {
		t.Extra = append(t.Extra[:len(t.Extra):len(t.Extra)], cert.Extension{ID: cert.OrganizationCode, Value: cert.Text(o.Subject.Code)})
	}
	der, err := cert.Make(t, key)
	if err != nil {
		return draft{}, errs.Wrap("sign a certificate", err)
	}
	return draft{single: p.Single, c: Certificate{Serial: hex.EncodeToString(serial), Authority: i.ID, Kind: o.Kind, Use: use, Subject: o.Subject.ID, Name: o.Subject.Name, Algorithm: i.Algorithm,
		From: from, To: to, State: Valid, Changed: from, Shard: shard, DER: der, Chain: i.Chain, Envelope: []byte{}}}, nil
}

// name is the subject's distinguished name. GB/T 20518 5.2.3.6
func (a *Authority) name(o *Order, p *Profile) cert.Name {
	s := &o.Subject
	n := cert.Name{{Type: cert.Country, Value: "CN"}, {Type: cert.Province, Value: a.o.Settings.Province}, {Type: cert.Locality, Value: a.o.Settings.Locality}, {Type: cert.Organization, Value: s.Organization}, {Type: cert.Unit, Value: s.Unit}, {Type: cert.CommonName, Value: s.Name}}
	if p.Single {
		n = append(n, cert.Attribute{Type: cert.SerialNumber, Value: s.ID})
	}
	return n
}

func (a *Authority) policies(p *Profile) []asn1.ObjectIdentifier {
	if p.policy == 0 || len(a.o.Settings.PolicyArc) == 0 {
		return nil
	}
	id := append(asn1.ObjectIdentifier{}, a.o.Settings.PolicyArc...)
	return []asn1.ObjectIdentifier{append(id, p.policy)}
}

// Place gives the addresses that certificates of a shard bear.
func (a *Authority) Place(authority string, shard int64) cert.Place {
	base := a.o.Settings.Address
	if base == "" {
		return cert.Place{}
	}
	list := base + "/crl/" + authority + "-" + strconv.FormatInt(shard, 10)
	return cert.Place{OCSP: base + "/ocsp", Issuer: base + "/ca/" + authority + ".cer", CRL: list + ".crl", Delta: list + "-delta.crl"}
}

// Leaf is the data of a certificate's leaf in the log: a word that keeps it from being taken for anything else, and the certificate's
// SHA-256. The tiles are public and a certificate of a citizen is not: who has the certificate can prove it, who has the log learns nothing.
func Leaf(sum [32]byte) []byte { return append([]byte("haihe-certificate/1\n"), sum[:]...) }

// keep stores what was signed, within the transaction. What came to stand in its way meanwhile becomes a refusal, and the draft is dropped.
func (a *Authority) keep(tx *store.Tx, orders []Order, drafts [][]draft, out []Result, changed *[]string) error {
	seen := map[string]int{}
	var all []*draft
	for i := range orders {
		if drafts[i] == nil || out[i].Err != nil {
			continue
		}
		o := &orders[i]
		p, _ := ProfileOf(o.Kind)
		key := o.Kind + "\x00" + o.Subject.ID
		if _, twice := seen[key]; twice && p.Single {
			out[i].Err = errs.Say(errs.Conflict, "同一主体在本批中出现两次", "this subject stands twice in the batch")
			continue
		}
		seen[key] = i
		if err := a.had(tx, o, p, &out[i]); err != nil {
			return err
		}
		if out[i].Err != nil || out[i].Had {
			continue
		}
		if err := a.clear(tx, o, p, changed); err != nil {
			return err
		}
		for j := range drafts[i] {
			all = append(all, &drafts[i][j])
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := a.insert(tx, all); err != nil {
		return err
	}
	for i := range orders {
		if d := drafts[i]; d != nil && out[i].Err == nil && !out[i].Had {
			out[i].Certificate = d[0].c
			if len(d) > 1 {
				out[i].Certificate.Encryption = &d[1].c
			}
		}
	}
	return a.recordIssue(tx, orders, all)
}

// clear takes away what stands where a new certificate will: expired ones, and, on renewal, the one that it replaces.
func (a *Authority) clear(tx *store.Tx, o *Order, p Profile, changed *[]string) error {
	if !p.Single {
		return nil
	}
	standing, err := list(tx, qStanding, o.Subject.ID, o.Kind)
	if err != nil {
		return err
	}
	for i := range standing {
		c := &standing[i]
		to, reason, verb := int64(Revoked), cert.Superseded, "supersede"
		if !c.To.After(a.o.Now()) {
			to, reason, verb = Expired, cert.Unspecified, "expire"
		}
		if err := a.shift(tx, o.By, c, to, reason, verb); err != nil {
			return err
		}
		*changed = append(*changed, c.Serial)
	}
	return nil
}

// insert writes the rows, the leaves and the escrowed keys.
func (a *Authority) insert(tx *store.Tx, all []*draft) error {
	leaves := make([][32]byte, len(all))
	for i, d := range all {
		leaves[i] = LeafOf(d.c.DER)
	}
	first, err := a.o.Log.Append(tx, leaves)
	if err != nil {
		return err
	}
	args, escrows := make([]any, 0, len(all)*19), make([]trust.Prepared, 0, len(all)/2)
	perIssuer := map[string]int64{}
	for i, d := range all {
		c := &d.c
		c.Leaf = int64(first) + int64(i)
		single, ordered := int64(0), any(nil)
		if d.single {
			single = 1
		}
		if d.order != "" {
			ordered = d.order
		}
		args = append(args, c.Serial, c.Authority, c.Kind, c.Use, c.Subject, c.Name, single, c.Algorithm, ordered, store.Micros(c.From), store.Micros(c.To), c.State, int64(c.Reason), store.Micros(c.Changed), c.Shard, c.Leaf, c.DER, c.Envelope, c.Escrow)
		if d.escrow != nil {
			escrows = append(escrows, *d.escrow)
		}
		perIssuer[c.Authority]++
		if err := count(tx, c, 1); err != nil {
			return err
		}
	}
	if _, err := tx.ExecBulk(bInsert, args); err != nil {
		return err
	}
	for id, n := range perIssuer {
		if _, err := tx.Exec(qIssued, id, n); err != nil {
			return err
		}
	}
	return a.o.Vault.KeepEscrow(tx, escrows...)
}

// LeafOf is the hash of a certificate's leaf.
func LeafOf(der []byte) [32]byte { return merkle.LeafHash(Leaf(sum256(der))) }

// recordIssue writes the journal: an entry for a certificate, or one for a batch, which names the leaves that it wrote.
func (a *Authority) recordIssue(tx *store.Tx, orders []Order, all []*draft) error {
	by, grant := orders[0].By, orders[0].Grant
	c := &all[0].c
	if len(orders) > 1 {
		return a.record(tx, by, grant, "certificate.issue-many", "certificate-log:"+strconv.FormatInt(c.Leaf, 10), map[string]any{"kind": c.Kind, "certificates": len(all), "first": c.Leaf, "last": c.Leaf + int64(len(all)) - 1})
	}
	detail := map[string]any{"kind": c.Kind, "subject": c.Subject, "algorithm": c.Algorithm, "leaf": c.Leaf}
	if len(all) > 1 {
		detail["encryption"] = all[1].c.Serial
	}
	return a.record(tx, by, grant, "certificate.issue", "certificate:"+c.Serial, detail)
}
