package seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust/cms"
	"github.com/haihe-city/haihe/kernel/trust/path"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	stamps "github.com/haihe-city/haihe/kernel/trust/tsp"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/wire/x509"
)

// Document is one that was sealed.
type Document struct {
	ID        string
	Digest    []byte // SHA-256
	Title     string
	Size      int64
	Unit      string
	Person    string
	Serial    string
	At        time.Time
	Signature []byte // detached signed message, DER
}

func (d *Document) scan(scan func(...any) error) error {
	var at int64
	err := scan(&d.ID, &d.Digest, &d.Title, &d.Size, &d.Unit, &d.Person, &d.Serial, &at, &d.Signature)
	d.At = store.Time(at)
	return err
}

// Seal signs a document for the unit of whoever asks, with a time stamp, and keeps digest and signature.
func (s *Service) Seal(ctx context.Context, by *identity.Principal, title string, data []byte, a pki.Algorithm) (d Document, err error) {
	switch {
	case !by.Can(Grant) || by.Unit == "":
		return d, errs.Say(errs.Denied, "您没有加盖电子印章的权限", "you may not seal documents")
	case len(data) == 0:
		return d, errs.Say(errs.Invalid, "请选择要盖章的文件；空文件不能盖章", "choose the file to seal; an empty one cannot be sealed")
	case !a.Valid():
		return d, errs.Say(errs.Invalid, "请选择签名算法", "choose a signature algorithm")
	}
	unit := s.o.People.UnitName(by.Unit).Zh
	h, err := s.holder(ctx, ca.Seal, ca.Subject{ID: by.Unit, Name: unit, Organization: unit}, a)
	if err != nil {
		return d, err
	}
	c, err := x509.Parse(h.der)
	if err != nil {
		return d, errs.Wrap("read the seal's certificate", err)
	}
	sum := sha256.Sum256(data)
	d = Document{ID: store.NewID(s.o.Now()), Digest: sum[:], Title: title, Size: int64(len(data)), Unit: by.Unit, Person: by.ID, Serial: serial(c), At: s.o.Now()}
	d.Signature, err = cms.Sign(data, []cms.By{{Key: h.key, Certificate: h.der, Chain: h.chain}}, cms.SignOptions{Detached: true, Time: d.At,
		Stamp: func(signature []byte) ([]byte, error) { return s.stamp(ctx, a, signature) }})
	if err != nil {
		return d, errs.Wrap("seal a document", err)
	}
	return d, s.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qDocumentAdd, d.ID, d.Digest, d.Title, d.Size, d.Unit, d.Person, d.Serial, store.Micros(d.At), d.Signature); err != nil {
			return err
		}
		return s.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: Grant, Verb: "certificate.seal", Object: "document:" + d.ID,
			Detail: map[string]any{"sha256": hex.EncodeToString(d.Digest), "serial": d.Serial}})
	})
}

// stamp gives a token over a signature, in the same family of algorithms.
func (s *Service) stamp(ctx context.Context, a pki.Algorithm, signature []byte) ([]byte, error) {
	hash := oidSHA256
	if a == pki.SM2 {
		hash = oidSM3
	}
	t, err := s.authority(ctx, a, path.HashOf(hash)(signature))
	if err != nil {
		return nil, err
	}
	token, _, err := t.Stamp(ctx, hash, signature)
	return token, err
}

// serial is a serial number as the register has it.
func serial(c *x509.Certificate) string { return fmt.Sprintf("%032x", c.Serial) }

// Get gives one document of a unit.
func (s *Service) Get(ctx context.Context, by *identity.Principal, id string) (d Document, err error) {
	list, err := s.list(ctx, qDocument, id)
	if err != nil {
		return d, err
	}
	if len(list) == 0 || list[0].Unit != by.Unit {
		return d, errs.Say(errs.NotFound, "没有这份盖章记录", "there is no such sealed document")
	}
	return list[0], nil
}

// List gives a unit's newest documents.
func (s *Service) List(ctx context.Context, unit string, limit int) ([]Document, error) {
	return s.list(ctx, qDocuments, unit, limit)
}

func (s *Service) list(ctx context.Context, q store.Stmt, args ...any) (out []Document, err error) {
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(q, args, func(scan func(...any) error) error {
			var d Document
			err := d.scan(scan)
			out = append(out, d)
			return err
		})
	})
	return out, err
}

// Finding is what is known of one seal.
type Finding struct {
	Name, Issuer string
	Serial       string
	At           time.Time // of the time stamp, or as the signer says it
	Stamped      bool
	Then         bool // good at that time
	ThenWhy      lang.Text
	Now          bool // good today
	NowWhy       lang.Text
}

// Report is what checking a document gave. Changed says why the file is not what was sealed; it is empty where it is.
type Report struct {
	Digest   string // SHA-256 of the file
	Changed  lang.Text
	Findings []Finding
}

// Check holds a document against a seal. With no seal the seals that were made here over this very file are looked up.
func (s *Service) Check(ctx context.Context, data, message []byte) (rep Report, err error) {
	sum := sha256.Sum256(data)
	rep.Digest = hex.EncodeToString(sum[:])
	messages := [][]byte{message}
	if len(message) == 0 {
		list, err := s.list(ctx, qByDigest, sum[:])
		if err != nil {
			return rep, err
		}
		messages = nil
		for _, d := range list {
			messages = append(messages, d.Signature)
		}
		if len(list) == 0 {
			rep.Changed = lang.T("本市没有对这份文件盖过章：文件未经盖章，或盖章后被改动。如有签名文件（.p7s），请一并上传。",
				"No seal was made here over this file: it was never sealed, or was changed since. If you have the signature file (.p7s), upload it too.")
		}
	}
	roots, err := s.roots(ctx)
	if err != nil {
		return rep, err
	}
	for _, one := range messages {
		m, err := cms.Open(one, data, path.Limits{})
		if why, ok := errs.MsgOf(err); ok {
			rep.Changed = why
			continue
		}
		if err != nil {
			return rep, err
		}
		for i := range m.Signatures {
			f, err := s.find(ctx, m, &m.Signatures[i], roots)
			if err != nil {
				return rep, err
			}
			rep.Findings = append(rep.Findings, f)
		}
	}
	return rep, nil
}

func (s *Service) roots(ctx context.Context) (out []*x509.Certificate, err error) {
	list, err := s.o.Roots(ctx)
	for _, r := range list {
		if c, err := x509.Parse(r.DER); err == nil {
			out = append(out, c)
		}
	}
	return out, err
}

// find judges one signature: at the time of its stamp, and today.
func (s *Service) find(ctx context.Context, m *cms.Message, g *cms.Signature, roots []*x509.Certificate) (f Finding, err error) {
	now := s.o.Now()
	c := g.Certificate
	f = Finding{Name: c.Subject.First("2.5.4.3"), Issuer: c.Issuer.First("2.5.4.3"), Serial: serial(c), At: g.Time}
	if f.At.IsZero() || f.At.After(now) {
		f.At = now
	}
	o := path.Options{Anchors: roots, Others: m.Certificates}
	for _, token := range g.Stamps {
		t, err := stamps.Verify(token, g.Value, now, o)
		if err != nil {
			continue // another of the stamps may be good; without any the seal counts as of today
		}
		bad, err := s.void(ctx, t)
		if err != nil {
			return f, err
		}
		if bad {
			continue
		}
		f.At, f.Stamped = t.Info.Time, true
		break
	}
	o.Time = f.At
	if !f.Stamped {
		o.Time = now // nobody vouches for the signer's own word
	}
	then, err := s.judge(ctx, c, o)
	if err != nil {
		return f, err
	}
	o.Time = now
	today, err := s.judge(ctx, c, o)
	f.Then, f.ThenWhy, f.Now, f.NowWhy = then.Empty(), then, today.Empty(), today
	return f, err
}

// void tells whether the certificate of a time stamp was revoked in a way that takes all its stamps with it. RFC 3161 4
func (s *Service) void(ctx context.Context, t *stamps.Stamped) (bool, error) {
	st, err := s.o.Status(ctx, serial(t.By))
	if err != nil {
		return false, err
	}
	return st.State == ca.Revoked && (!stamps.Ended(int(st.Reason)) || !st.At.After(t.Info.Time)), nil
}

// judge gives why a certificate was not good at a time, nothing where it was.
func (s *Service) judge(ctx context.Context, c *x509.Certificate, o path.Options) (lang.Text, error) {
	if _, err := path.Verify(c, o); err != nil {
		var r *path.Refusal
		if errors.As(err, &r) {
			return r.Reason, nil
		}
		return lang.Text{}, err
	}
	st, err := s.o.Status(ctx, serial(c))
	if err != nil {
		return lang.Text{}, err
	}
	switch {
	case (st.State == ca.Revoked || st.State == ca.Suspended) && !st.At.After(o.Time):
		return ca.StateName(st.State), nil
	case st.State == 0:
		return lang.T("签发机构不认识这份证书", "the authority does not know this certificate"), nil
	}
	return lang.Text{}, nil
}
