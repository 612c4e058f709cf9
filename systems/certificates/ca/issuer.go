package ca

import (
	"context"
	"crypto"
	"encoding/hex"
	"slices"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
)

// Issuer is an issuing authority as it stands.
type Issuer struct {
	ID, Family, Algorithm string
	Name                  string
	KeyID                 string // in the vault
	State                 string // requested, active or retired
	CSR                   []byte
	Chain                 [][]byte // its certificate, then up to the root; empty while it is requested
	Cert                  *cert.Certificate
	ResponderKey          string
	Responder             []byte // certificate of its answering service
	Issued                int64
	Made                  time.Time
}

// issuer is an authority in memory; the next number decides the shard of a certificate.
type issuer struct {
	Issuer
	next atomic.Int64
}

// Root is a root that authorities hang from.
type Root struct {
	ID, Name string // ID: the key id in hexadecimal digits
	DER      []byte
	List     []byte // its newest revocation list, empty where none was brought
	Next     time.Time
}

// GrantManage lets somebody make authorities and bring their certificates.
const GrantManage = "certificates.manage"

func (a *Authority) reload(ctx context.Context) error {
	all, err := a.Issuers(ctx)
	if err != nil {
		return errs.Wrap("read authorities", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	before := a.byID
	a.active, a.byID = map[string]*issuer{}, map[string]*issuer{}
	for _, x := range all {
		i := &issuer{Issuer: x}
		i.next.Store(x.Issued)
		if old := before[x.ID]; old != nil {
			i.next.Store(max(old.next.Load(), x.Issued))
		}
		a.byID[x.ID] = i
		if x.State == "active" {
			a.active[x.Family+"/"+x.Algorithm] = i
		}
	}
	return nil
}

// Issuers lists the issuing authorities, oldest first.
func (a *Authority) Issuers(ctx context.Context) (out []Issuer, err error) {
	err = a.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qAuthorities, nil, func(scan func(...any) error) error {
			var x Issuer
			var chain []byte
			var made int64
			if err := scan(&x.ID, &x.Family, &x.Algorithm, &x.Name, &x.KeyID, &x.State, &x.CSR, &chain, &x.ResponderKey, &x.Responder, &x.Issued, &made); err != nil {
				return err
			}
			x.Made, x.Chain = store.Time(made), cert.Unarmour(chain)
			if len(x.Chain) > 0 {
				if x.Cert, err = cert.Read(x.Chain[0]); err != nil {
					return errs.As(errs.Internal, "read an authority's certificate", err)
				}
			}
			out = append(out, x)
			return nil
		})
	})
	return out, err
}

// Roots lists the roots.
func (a *Authority) Roots(ctx context.Context) (out []Root, err error) {
	err = a.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qRoots, nil, func(scan func(...any) error) error {
			var r Root
			var next int64
			if err := scan(&r.ID, &r.Name, &r.DER, &r.List, &next); err != nil {
				return err
			}
			r.Next = store.Time(next)
			out = append(out, r)
			return nil
		})
	})
	return out, err
}

// Issuer finds an authority in memory.
func (a *Authority) Issuer(id string) (Issuer, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	i := a.byID[id]
	if i == nil {
		return Issuer{}, false
	}
	return i.Issuer, true
}

// issuerFor gives the active authority of a family and algorithm.
func (a *Authority) issuerFor(family string, alg pki.Algorithm) (*issuer, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	i := a.active[family+"/"+string(alg)]
	if i == nil {
		f := FamilyName(family)
		n := AlgorithmName(string(alg))
		return nil, errs.Say(errs.Unavailable, "“%[1]s”尚无 %[3]s 签发机构；请先建立并由根 CA 签署", "there is no %[3]s authority for %[2]q yet: make one and have the root sign it", f.Zh, f.En, n.En)
	}
	return i, nil
}

// Signer opens the key of an authority, active or retired, for its revocation lists.
func (a *Authority) Signer(ctx context.Context, id string) (crypto.Signer, error) {
	i, ok := a.Issuer(id)
	if !ok || i.Cert == nil {
		return nil, errs.Say(errs.NotFound, "没有这个签发机构", "there is no such authority")
	}
	return a.o.Vault.Signer(ctx, i.KeyID)
}

// Responder opens the key that answers for an authority, with its certificate.
func (a *Authority) Responder(ctx context.Context, id string) (crypto.Signer, []byte, error) {
	i, ok := a.Issuer(id)
	if !ok || i.ResponderKey == "" {
		return nil, nil, errs.Say(errs.NotFound, "没有这个签发机构的应答证书", "there is no answering service for this authority")
	}
	k, err := a.o.Vault.Signer(ctx, i.ResponderKey)
	return k, i.Responder, err
}

// RequestAuthority makes the key of a new issuing authority and its request, which the root signs on its own machine.
func (a *Authority) RequestAuthority(ctx context.Context, by *identity.Principal, family string, alg pki.Algorithm) (Issuer, error) {
	if !by.Can(GrantManage) {
		return Issuer{}, errs.Say(errs.Denied, "您无权建立签发机构", "you may not make authorities")
	}
	if !slices.ContainsFunc(Families(), func(f Family) bool { return f.ID == family }) || !alg.Valid() {
		return Issuer{}, errs.Say(errs.Invalid, "请选择签发对象和算法", "choose the subjects and the algorithm")
	}
	now := a.o.Now()
	id := idOf(now)
	word := "ecdsa"
	if alg == pki.SM2 {
		word = "sm2"
	}
	k, err := a.o.Vault.Generate(ctx, by, trust.Spec{Name: "ca-" + id, Purpose: "certificate-authority", Algorithm: alg})
	if err != nil {
		return Issuer{}, err
	}
	key, err := a.o.Vault.Signer(ctx, k.ID)
	if err != nil {
		return Issuer{}, err
	}
	f := FamilyName(family)
	name := cert.Name{{Type: cert.Country, Value: "CN"}, {Type: cert.Province, Value: a.o.Settings.Province}, {Type: cert.Organization, Value: a.o.Settings.Organization}, {Type: cert.CommonName, Value: f.Zh + "证书签发机构 " + word + "-" + id}}
	csr, err := cert.MakeRequest(name, key)
	if err != nil {
		return Issuer{}, errs.Wrap("make an authority's request", err)
	}
	x := Issuer{ID: id, Family: family, Algorithm: string(alg), Name: cert.ReadName(name.DER()), KeyID: k.ID, State: "requested", CSR: csr, Made: now}
	err = a.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qAuthorityAdd, id, family, string(alg), x.Name, k.ID, csr, []byte{}, store.Micros(now)); err != nil {
			return err
		}
		return a.record(tx, by, GrantManage, "certificate.authority-request", "certificate-authority:"+id, map[string]any{"family": family, "algorithm": alg})
	})
	return x, err
}

// idOf is a short name for an authority that fits into addresses.
func idOf(now time.Time) string {
	id := store.NewID(now)
	out := []byte(id[len(id)-8:])
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}

// Activate brings the certificate that the root signed, with the chain to the root (PEM). The authority that served before is retired: it
// issues no more, and goes on answering for what it issued.
func (a *Authority) Activate(ctx context.Context, by *identity.Principal, id string, chain []byte) error {
	if !by.Can(GrantManage) {
		return errs.Say(errs.Denied, "您无权启用签发机构", "you may not bring an authority into service")
	}
	x, ok := a.known(ctx, id)
	if !ok || x.State != "requested" {
		return errs.Say(errs.Conflict, "该签发机构不在待签状态", "this authority does not wait for its certificate")
	}
	ders := cert.Unarmour(chain)
	root, err := checkChain(x, ders, a.o.Now())
	if err != nil {
		return err
	}
	err = a.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qAuthorityRetire, x.Family, x.Algorithm); err != nil {
			return err
		}
		if _, err := tx.Exec(qAuthorityUp, id, cert.Armour("CERTIFICATE", ders...)); err != nil {
			return err
		}
		if _, err := tx.Exec(qRootAdd, hex.EncodeToString(root.SubjectKeyId), cert.ReadName(root.RawSubject), root.Raw, []byte{}, store.Micros(a.o.Now())); err != nil {
			return err
		}
		return a.record(tx, by, GrantManage, "certificate.authority-up", "certificate-authority:"+id, map[string]any{"root": hex.EncodeToString(root.SubjectKeyId)})
	})
	if err != nil {
		return err
	}
	if err := a.reload(ctx); err != nil {
		return err
	}
	return a.renewResponder(ctx, id)
}

func (a *Authority) known(ctx context.Context, id string) (Issuer, bool) {
	all, err := a.Issuers(ctx)
	if err != nil {
		return Issuer{}, false
	}
	for _, x := range all {
		if x.ID == id {
			return x, true
		}
	}
	return Issuer{}, false
}

// checkChain holds what the root signed to what was asked for; it gives the root.
func checkChain(x Issuer, ders [][]byte, now time.Time) (*cert.Certificate, error) {
	var list []*cert.Certificate
	for _, d := range ders {
		c, err := cert.Read(d)
		if err != nil {
			return nil, errs.Because(err, errs.Invalid, "证书无法读取，请上传 PEM 格式的证书链", "the certificate cannot be read; upload the chain as PEM")
		}
		list = append(list, c)
	}
	if len(list) < 2 {
		return nil, errs.Say(errs.Invalid, "请上传从签发机构到根的完整证书链", "upload the chain from the authority to the root")
	}
	r, err := cert.ReadRequest(x.CSR)
	if err != nil {
		return nil, errs.As(errs.Internal, "read an authority's request", err)
	}
	want, err := pki.MarshalPublic(r.PublicKey)
	if err != nil {
		return nil, err
	}
	have, err := pki.MarshalPublic(list[0].PublicKey)
	switch {
	case err != nil || string(want) != string(have):
		return nil, errs.Say(errs.Invalid, "证书中的公钥不是该机构的公钥", "the certificate is for another key than this authority's")
	case !list[0].IsCA || list[0].KeyUsage&certSign == 0:
		return nil, errs.Say(errs.Invalid, "证书不允许签发证书", "the certificate does not let its holder sign certificates")
	case now.After(list[0].NotAfter) || now.Before(list[0].NotBefore):
		return nil, errs.Say(errs.Invalid, "证书不在有效期内", "the certificate is not in force at this time")
	}
	for i, c := range list {
		up := list[min(i+1, len(list)-1)] // a root is signed by itself
		if err := cert.SignedBy(c, up); err != nil || !up.IsCA {
			return nil, errs.Say(errs.Invalid, "第 %d 张证书不是由其上级签署的", "certificate %d of the chain is not signed by the next", i+1)
		}
	}
	return list[len(list)-1], nil
}

// certSign is the bit of key usage in the parsed form, which numbers the usages as RFC 5280 4.2.1.3 does.
const certSign = 1 << 5

// BringRootList keeps a root's newest revocation list, which `haihe ca crl` made.
func (a *Authority) BringRootList(ctx context.Context, by *identity.Principal, der []byte) error {
	if !by.Can(GrantManage) {
		return errs.Say(errs.Denied, "您无权更新根的吊销列表", "you may not bring a root's revocation list")
	}
	roots, err := a.Roots(ctx)
	if err != nil {
		return err
	}
	for _, r := range roots {
		root, err := cert.Read(r.DER)
		if err != nil {
			return errs.As(errs.Internal, "read a root", err)
		}
		l, err := cert.ReadList(der)
		if err != nil {
			return errs.Because(err, errs.Invalid, "文件不是吊销列表", "the file is no revocation list")
		}
		if l.SignedBy(root) != nil {
			continue
		}
		if have, err := cert.ReadList(r.List); err == nil && have.Number > l.Number {
			return errs.Say(errs.Conflict, "已有更新的吊销列表（编号 %d），未作改动", "a newer list (number %d) is here already and was left in place", have.Number)
		}
		return a.o.DB.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(qRootList, r.ID, l.Raw, store.Micros(l.Next)); err != nil {
				return err
			}
			return a.record(tx, by, GrantManage, "certificate.root-list", "certificate-root:"+r.ID, map[string]any{"number": l.Number})
		})
	}
	return errs.Say(errs.Invalid, "吊销列表不是由已登记的根签署的", "the list is signed by none of the roots that are known here")
}

func (a *Authority) record(tx *store.Tx, by *identity.Principal, grant, verb, object string, detail map[string]any) error {
	return a.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: grant, Verb: verb, Object: object, Detail: detail})
}
