package cms

import (
	"bytes"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/path"
	"github.com/haihe-city/haihe/wire/cms"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

// Signature is one signature that fits its content.
type Signature struct {
	Certificate *x509.Certificate
	Time        time.Time // as the signer says it; zero where it says none
	Value       []byte    // the signature's octets: what a time stamp is over
	Stamps      [][]byte  // time-stamp tokens over it, DER, not verified
	Hash        string    // object identifier of the digest
	Named       bool      // the signed attributes name the certificate
}

// Message is a signed message whose signatures fit.
type Message struct {
	GM           bool
	ContentType  string
	Content      []byte
	Signatures   []Signature
	Certificates []*x509.Certificate // all that came along and could be read
	Lists        []*x509.CRL
}

// Open reads a signed message and holds every signature against the content; content is what was signed where the message is detached, nil
// otherwise. That the certificates are to be trusted is for path.Verify, with what came along as path.Options.Others.
func Open(message, content []byte, l path.Limits) (*Message, error) {
	return OpenWith(message, content, nil, l)
}

// Peek gives the content of a signed message, nil where it is detached, without holding anything against anything.
func Peek(message []byte) ([]byte, error) {
	s, err := cms.ParseSigned(message)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "签名文件格式无效", "the signed message is malformed")
	}
	return s.Content, nil
}

// OpenWith is Open where the signers' certificates may come from elsewhere too.
func OpenWith(message, content []byte, more []*x509.Certificate, l path.Limits) (*Message, error) {
	s, err := cms.ParseSigned(message)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "签名文件格式无效", "the signed message is malformed")
	}
	m := &Message{GM: s.GM, ContentType: s.ContentType, Content: s.Content}
	switch {
	case m.Content == nil && content == nil:
		return nil, errs.Say(errs.Invalid, "签名与原文分离，请同时提供原文", "the signature is detached: bring the content along")
	case m.Content == nil:
		m.Content = content
	case content != nil && !bytes.Equal(content, m.Content):
		return nil, errs.Say(errs.Conflict, "原文与签名中的内容不一致", "the content is not that of the signed message")
	}
	for _, raw := range s.Certificates {
		if c, err := x509.Parse(raw); err == nil {
			m.Certificates = append(m.Certificates, c)
		}
	}
	for _, raw := range s.CRLs {
		if c, err := x509.ParseCRL(raw); err == nil {
			m.Lists = append(m.Lists, c)
		}
	}
	if len(s.Signers) == 0 {
		return nil, errs.Say(errs.Invalid, "消息没有签名", "nobody signed the message")
	}
	for i := range s.Signers {
		one, err := m.check(&s.Signers[i], more, l)
		if err != nil {
			return nil, err
		}
		m.Signatures = append(m.Signatures, *one)
	}
	return m, nil
}

// check verifies one signature. RFC 5652 5.4, 5.6
func (m *Message) check(s *cms.Signer, more []*x509.Certificate, l path.Limits) (*Signature, error) {
	var signer *x509.Certificate
	for _, c := range slices.Concat(m.Certificates, more) {
		if s.Who.Is(c) {
			signer = c
			break
		}
	}
	if signer == nil {
		return nil, errs.Say(errs.Invalid, "消息中没有签名者的证书", "the signer's certificate is not in the message")
	}
	digest, err := x509.ParseAlgorithm(s.Digest)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "签名文件格式无效", "the signed message is malformed")
	}
	sum := path.HashOf(digest.OID)
	if sum == nil || digest.OID == "1.3.14.3.2.26" && !l.Legacy {
		return nil, errs.Say(errs.Invalid, "摘要算法不支持或不允许", "the digest algorithm is unknown or not allowed")
	}
	out := &Signature{Certificate: signer, Value: s.Signature, Hash: digest.OID}
	signed := m.Content
	if s.Signed != nil {
		signed = s.SignedDER
		if err := m.attributes(s, out, sum); err != nil {
			return nil, err
		}
	} else if m.ContentType != cms.Data && m.ContentType != cms.GMData {
		return nil, errs.Say(errs.Invalid, "缺少签名属性", "signed attributes are missing")
	}
	a, err := algorithm(s.Algorithm, digest.OID)
	if err != nil {
		return nil, err
	}
	if err := path.CheckSignature(signer.Key, a, signed, s.Signature, l); err != nil {
		return nil, errs.Because(err, errs.Conflict, "签名与内容不符：内容或签名被改动", "the signature does not fit: content or signature was changed")
	}
	for _, u := range s.Unsigned {
		if u.OID == cms.AttrTimeStamp {
			out.Stamps = append(out.Stamps, u.Values...)
		}
	}
	return out, nil
}

// attributes holds the signed attributes against content and signer. RFC 5652 11, RFC 5035 5
func (m *Message) attributes(s *cms.Signer, out *Signature, sum func([]byte) []byte) error {
	malformed := func() error {
		return errs.Say(errs.Invalid, "签名属性无效", "the signed attributes are malformed")
	}
	if !bytes.Equal(s.SignedDER, cms.Attributes(der.Set, s.Signed)) {
		return malformed() // not in DER: what was hashed is not certain
	}
	if !bytes.Equal(s.Attr(cms.AttrContentType), der.OID(m.ContentType)) {
		return malformed()
	}
	if !bytes.Equal(s.Attr(cms.AttrDigest), der.Bytes(sum(m.Content))) {
		return errs.Say(errs.Conflict, "内容在签名后被改动", "the content was changed after it was signed")
	}
	if at := s.Attr(cms.AttrSigningTime); at != nil {
		r := der.New(cms.Standard, at)
		out.Time = r.Time("11.3")
		if r.Err() != nil {
			return malformed()
		}
	}
	if v := s.Attr(cms.AttrCertificateV2); v != nil && !names(v, out.Certificate, oidSHA256) {
		return errs.Say(errs.Conflict, "签名属性指明了另一份证书", "the signed attributes name another certificate")
	}
	if v := s.Attr(cms.AttrCertificate); v != nil && !names(v, out.Certificate, "1.3.14.3.2.26") {
		return errs.Say(errs.Conflict, "签名属性指明了另一份证书", "the signed attributes name another certificate")
	}
	out.Named = s.Attr(cms.AttrCertificateV2) != nil || s.Attr(cms.AttrCertificate) != nil
	return nil
}

// names tells whether the first certificate of a SigningCertificate (hash: its default) is c. RFC 5035 3, 4
func names(value []byte, c *x509.Certificate, hash string) bool {
	r := der.New("RFC 5035", value)
	one := r.Enter(der.Sequence, "3").Enter(der.Sequence, "3").Enter(der.Sequence, "4")
	if a, ok := one.Maybe(der.Sequence, "4"); ok {
		hash = a.OID("4")
	}
	want := one.Take(der.OctetString, "4").Body
	sum := path.HashOf(hash)
	return r.Err() == nil && sum != nil && bytes.Equal(want, sum(c.Raw))
}

// algorithm gives the signature's algorithm in the form of certificates: messages may name the key's kind only.
func algorithm(raw []byte, digest string) (x509.AlgorithmID, error) {
	a, err := x509.ParseAlgorithm(raw)
	if err != nil {
		return a, errs.Because(err, errs.Invalid, "签名文件格式无效", "the signed message is malformed")
	}
	switch {
	case digest == oidSM3 && (a.OID == oidSM2Sign || a.OID == oidSM2 || a.OID == oidSM2SM3 || a.OID == oidECPublicKey):
		return x509.AlgorithmID{OID: oidSM2SM3}, nil
	case digest == oidSM3 || a.OID == oidSM2SM3:
		return a, errs.Say(errs.Invalid, "签名算法与摘要算法不符", "signature and digest algorithm do not go together")
	case a.OID == "1.2.840.113549.1.1.1" || a.OID == oidECPublicKey: // RFC 5754 3.2: rsaEncryption with the digest named beside it
		if full := paired[a.OID+" "+digest]; full != "" {
			return x509.AlgorithmID{OID: full}, nil
		}
		return a, errs.Say(errs.Invalid, "签名算法不支持", "the signature algorithm is unknown")
	}
	return a, nil
}

// paired are the algorithms by key and digest. RFC 5754 3.2, 3.3
var paired = map[string]string{
	"1.2.840.113549.1.1.1 1.3.14.3.2.26":          "1.2.840.113549.1.1.5",
	"1.2.840.113549.1.1.1 2.16.840.1.101.3.4.2.1": "1.2.840.113549.1.1.11",
	"1.2.840.113549.1.1.1 2.16.840.1.101.3.4.2.2": "1.2.840.113549.1.1.12",
	"1.2.840.113549.1.1.1 2.16.840.1.101.3.4.2.3": "1.2.840.113549.1.1.13",
	"1.2.840.10045.2.1 2.16.840.1.101.3.4.2.1":    oidECDSASHA256,
	"1.2.840.10045.2.1 2.16.840.1.101.3.4.2.2":    "1.2.840.10045.4.3.3",
	"1.2.840.10045.2.1 2.16.840.1.101.3.4.2.3":    "1.2.840.10045.4.3.4",
}
