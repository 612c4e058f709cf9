package audit

import (
	"errors"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/path"
	stamps "github.com/haihe-city/haihe/kernel/trust/tsp"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/note"
	"github.com/haihe-city/haihe/wire/x509"
)

// What shows when a checkpoint was signed.
const (
	ByStamp   = "time stamp"  // of an authority below a trusted root
	ByWitness = "cosignature" // of a trusted witness
	ByItself  = "stated"      // by the signature alone: whoever holds the key may state what he likes
)

// Signer is a signature that counts.
type Signer struct {
	note.Signed
	By      string    // subject of the certificate; "" where the key itself is trusted
	At      time.Time // when it was signed, at the latest; zero where nothing says it
	How     string    // what shows that
	Source  string    // whose time stamp
	Until   time.Time // the certificate's end; zero without one
	Revoked time.Time // of a certificate of the chain, after At; zero where there is none
	Listed  bool      // revocation lists that came along speak for every certificate of the chain; false: there may be a revocation that they hide
}

// oidCommonName is the attribute that names a log's origin. X.520 6.2.2
const oidCommonName = "2.5.4.3"

// certified gives the keys of the certificates that came along for an origin, each with its certificate.
func (k *Keys) certified(origin string) (keys []note.Key, certs []*x509.Certificate) {
	if len(k.Roots) == 0 {
		return nil, nil
	}
	for _, p := range k.pieces {
		if p.cert == nil || p.cert.Subject.First(oidCommonName) != origin || p.cert.Known.CA {
			continue
		}
		if key, err := KeyOf(origin, p.cert.Key.Raw); err == nil {
			keys, certs = append(keys, key), append(certs, p.cert)
		}
	}
	return keys, certs
}

// when is what is known of the time of a note's signatures.
type when struct {
	proven time.Time
	how    string
	source string
	stated time.Time // the earliest that a signature of the log states
}

// count judges every signature of the log: one of a key that is trusted itself counts, one of a certificate where its chain leads to a root and
// was good at the time of the signature.
func (k *Keys) count(signed []note.Signed, keys []note.Key, certs []*x509.Certificate, w when) (out []Signer, refused error) {
	for _, s := range signed {
		own := Signer{Signed: s, At: w.proven, How: w.how, Source: w.source}
		if own.At.IsZero() {
			if own.At = w.stated; !own.At.IsZero() {
				own.How = ByItself
			}
		}
		bare := slices.ContainsFunc(k.Log, func(l note.Key) bool { return l.ID == s.Key.ID && l.Name == s.Key.Name })
		held, first := bare, error(nil)
		for i := range keys { // a key that was certified again has several
			if held || keys[i].ID != s.Key.ID {
				continue
			}
			err := k.judge(&own, certs[i], w)
			if held = err == nil; first == nil || early(first) && !early(err) {
				first = err
			}
		}
		if !held {
			if refused == nil {
				refused = first
			}
			continue
		}
		out = append(out, own)
	}
	return out, refused
}

// early tells that a signature was refused only because its certificate was issued later.
func early(err error) bool {
	var v *voided
	return errors.As(err, &v) && v.early
}

// judge looks for the chain of a signature's certificate at the time of the signature. Where a time stamp or a witness shows that time, a
// revocation afterwards does not matter, whatever its reason. Where the signature alone states it, one does that is for compromise or without
// a reason: its holder may have stated a time before it. RFC 3161 4, RFC 5280 5.3.2
func (k *Keys) judge(s *Signer, c *x509.Certificate, w when) error {
	var first *voided
	s.By, s.Until = c.Subject.String(), c.NotAfter
	o := k.options()
	for _, t := range []struct {
		at     time.Time
		proven bool
	}{{w.proven, true}, {w.stated, false}} {
		if t.at.IsZero() {
			continue
		}
		o.Time = t.at
		res, err := path.Verify(c, o)
		if err == nil && !t.proven {
			err = ended(res.Marks)
		}
		if err != nil {
			if first == nil {
				x := texts(err)
				first = &voided{said: against(t.at, c, x), early: t.at.Before(c.NotBefore)}
			}
			continue
		}
		if s.At = t.at; !t.proven {
			s.How, s.Source = ByItself, ""
		}
		for _, m := range res.Marks {
			if s.Revoked.IsZero() || m.At.Before(s.Revoked) {
				s.Revoked = m.At
			}
		}
		o.Revocation = path.Required
		_, err = path.Verify(c, o)
		s.Listed = err == nil
		return nil
	}
	if first == nil {
		first = &voided{said: against(time.Time{}, c, lang.T("没有任何内容说明签署时间", "nothing says when it was signed"))}
	}
	return first
}

// ended refuses revocations that reach back.
func ended(marks []path.Mark) error {
	for _, m := range marks {
		if !stamps.Ended(m.Reason) {
			day := m.At.UTC().Format(time.RFC3339)
			return errs.Say(errs.Conflict, "证书后于 %s 因密钥泄露或未说明的理由被吊销，且没有时间戳或见证证明签署在此之前", "the certificate was revoked at %s for compromise or without a reason, and no time stamp or witness shows that it was signed before", day)
		}
	}
	return nil
}

// voided is a signature that does not count although it fits.
type voided struct {
	said  lang.Text
	early bool // the certificate was issued later
}

func (v *voided) Error() string { return v.said.En }

func against(at time.Time, c *x509.Certificate, why lang.Text) lang.Text {
	zh, en := "", ""
	if !at.IsZero() {
		day := at.UTC().Format(time.RFC3339)
		zh, en = "，签署于 "+day, ", at "+day
	}
	return lang.T("签署者证书 "+c.Subject.String()+"（序列号 "+c.Serial.Text(16)+"）"+zh+"："+why.Zh, "signed with the certificate "+c.Subject.String()+" (serial "+c.Serial.Text(16)+")"+en+": "+why.En)
}
