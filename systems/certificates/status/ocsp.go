package status

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha1" //nolint:gosec // RFC 6960 4.1.1: most checkers name issuers by it; nothing is signed with it
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/kernel/trust/sm"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/ocsp"
)

// Bounds of answers.
const (
	answerFor  = 10 * time.Minute
	mostKept   = 200_000 // answers in memory: some 1.2 KB each
	mostNonce  = 128     // RFC 9654 2.1: bytes of a nonce
	mostAsked  = 20      // certificates in one question
	mostOfBody = 16 << 10
)

// known is an authority as questions name it.
type known struct {
	id          string
	name, key   map[string][]byte // hash's identifier -> hash of name and of key
	signer      crypto.Signer
	responder   ocsp.Responder
	certificate []byte
	algorithm   []byte
}

var hashes = map[string]func([]byte) []byte{
	ocsp.OIDSHA1:   func(b []byte) []byte { s := sha1.Sum(b); return s[:] }, //nolint:gosec // a name, no proof
	ocsp.OIDSHA256: func(b []byte) []byte { s := sha256.Sum256(b); return s[:] },
	ocsp.OIDSM3:    func(b []byte) []byte { s := sm.Sum(b); return s[:] },
}

// Signature algorithms as OCSP writes them.
var algorithms = map[pki.Algorithm]string{pki.SM2: "1.2.156.10197.1.501", pki.ECDSA: "1.2.840.10045.4.3.2"}

// cache keeps signed answers by question. It is cut in parts so that many may read and write at once.
type cache struct {
	parts [32]struct {
		sync.Mutex
		answers map[string]kept
	}
}

type kept struct {
	der        []byte
	serial     string
	this, next time.Time
}

func (c *cache) at(serial string) *struct {
	sync.Mutex
	answers map[string]kept
} {
	n := 0
	if len(serial) > 0 {
		n = int(serial[len(serial)-1])
	}
	return &c.parts[n%len(c.parts)]
}

func (c *cache) get(serial, key string, now time.Time) (kept, bool) {
	p := c.at(serial)
	p.Lock()
	defer p.Unlock()
	k, ok := p.answers[key]
	return k, ok && k.next.After(now)
}

func (c *cache) put(serial, key string, k kept) {
	p := c.at(serial)
	p.Lock()
	defer p.Unlock()
	if p.answers == nil || len(p.answers) >= mostKept/len(c.parts) { // a full part is begun anew: the next question pays one signature
		p.answers = map[string]kept{}
	}
	p.answers[key] = k
}

// drop forgets all answers about a certificate.
func (s *Service) drop(serial string) {
	p := s.answers.at(serial)
	p.Lock()
	defer p.Unlock()
	s.epoch.Add(1)
	for k, v := range p.answers {
		if v.serial == serial {
			delete(p.answers, k)
		}
	}
}

// Answer answers a question in DER. The result is cacheable until next; a zero next is not.
func (s *Service) Answer(ctx context.Context, question []byte) (answer []byte, this, next time.Time) {
	q, err := ocsp.ParseRequest(question)
	if err != nil || len(q.List) > mostAsked || len(q.Nonce) > mostNonce || q.Nonce != nil && len(q.Nonce) == 0 {
		return ocsp.Failure(ocsp.MalformedRequest), time.Time{}, time.Time{}
	}
	for _, x := range q.Extensions {
		if x.Critical {
			return ocsp.Failure(ocsp.MalformedRequest), time.Time{}, time.Time{}
		}
	}
	serial := hex.EncodeToString(q.List[0].ID.Serial.Bytes())
	plain, now := q.Nonce == nil && len(q.List) == 1, s.o.Now()
	key := ""
	if plain {
		key = q.List[0].ID.Hash + string(q.List[0].ID.KeyHash) + string(q.List[0].ID.NameHash) + serial
		if k, ok := s.answers.get(serial, key, now); ok {
			return k.der, k.this, k.next
		}
	}
	epoch := s.epoch.Load()
	out, this, next, err := s.sign(ctx, q, now)
	switch {
	case errs.Is(err, errs.NotFound):
		return ocsp.Failure(ocsp.Unauthorized), time.Time{}, time.Time{}
	case err != nil:
		return ocsp.Failure(ocsp.TryLater), time.Time{}, time.Time{}
	}
	if !plain {
		return out, time.Time{}, time.Time{}
	}
	if s.epoch.Load() == epoch { // nothing changed while it was signed
		s.answers.put(serial, key, kept{der: out, serial: serial, this: this, next: next})
	}
	return out, this, next
}

// sign makes an answer. All certificates of a question are one authority's: that is what its responder may speak of.
func (s *Service) sign(ctx context.Context, q *ocsp.Request, now time.Time) (out []byte, this, next time.Time, err error) {
	now = now.UTC().Truncate(time.Second)
	k, err := s.knownBy(ctx, q.List[0].ID)
	if err != nil {
		return nil, this, next, err
	}
	p := ocsp.Response{Responder: k.responder, Produced: now, Nonce: q.Nonce, Certificates: [][]byte{k.certificate}}
	this, next = now, now.Add(answerFor)
	for _, one := range q.List {
		a := ocsp.Answer{ID: one.ID, Status: ocsp.Unknown, This: this, Next: next}
		if !k.is(one.ID) {
			return nil, this, next, errs.Say(errs.NotFound, "一次只能查询同一签发机构的证书", "one question is about one authority's certificates")
		}
		st, err := s.o.Authority.Status(ctx, hex.EncodeToString(one.ID.Serial.Bytes()))
		if err != nil {
			return nil, this, next, err
		}
		if st.Authority == k.id {
			a.Status, a.Reason = ocsp.Good, ocsp.NoReason
			if st.State == ca.Revoked || st.State == ca.Suspended {
				a.Status, a.RevokedAt, a.Reason = ocsp.Revoked, st.At, int(st.Reason)
				if st.Reason == cert.Unspecified {
					a.Reason = ocsp.NoReason
				}
			}
		}
		p.List = append(p.List, a)
	}
	out, err = p.Encode(func(message []byte) ([]byte, []byte, error) {
		sig, err := pki.Sign(k.signer, message)
		return k.algorithm, sig, err
	})
	return out, this, next, err
}

func (k *known) is(id ocsp.CertID) bool {
	return k.name[id.Hash] != nil && bytes.Equal(k.name[id.Hash], id.NameHash) && bytes.Equal(k.key[id.Hash], id.KeyHash)
}

// knownBy finds the authority that a question is about; errs.NotFound where it is none of ours.
func (s *Service) knownBy(ctx context.Context, id ocsp.CertID) (*known, error) {
	for again := range 2 {
		s.mu.Lock()
		list, at := s.knowns, s.knownAt
		s.mu.Unlock()
		if s.o.Now().Sub(at) < time.Minute { // authorities are few and seldom change; a responder's certificate is renewed a month early
			for _, k := range list {
				if k.is(id) {
					return k, nil
				}
			}
		}
		if again == 0 && (s.o.Now().Sub(at) >= time.Minute || s.o.Now().Sub(at) >= time.Second && len(list) == 0) {
			if err := s.learn(ctx); err != nil {
				return nil, err
			}
		}
	}
	return nil, errs.Say(errs.NotFound, "本服务不为该签发机构应答", "this service does not answer for that authority")
}

// learn reads the authorities.
func (s *Service) learn(ctx context.Context) error {
	all, err := s.o.Authority.Issuers(ctx)
	if err != nil {
		return err
	}
	var list []*known
	for _, x := range all {
		if x.Cert == nil || x.ResponderKey == "" {
			continue
		}
		k, err := s.know(ctx, &x)
		if err != nil {
			return err
		}
		list = append(list, k)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knowns, s.knownAt = list, s.o.Now()
	return nil
}

func (s *Service) know(ctx context.Context, x *ca.Issuer) (*known, error) {
	signer, der, err := s.o.Authority.Responder(ctx, x.ID)
	if err != nil {
		return nil, err
	}
	own, err := cert.Read(der)
	if err != nil {
		return nil, err
	}
	bits, err := keyBits(x.Cert.RawSubjectPublicKeyInfo)
	if err != nil {
		return nil, err
	}
	k := &known{id: x.ID, name: map[string][]byte{}, key: map[string][]byte{}, signer: signer, certificate: der, responder: ocsp.Responder{KeyHash: own.SubjectKeyId}, algorithm: identifier(pki.Algorithm(x.Algorithm))}
	for oid, sum := range hashes {
		k.name[oid], k.key[oid] = sum(x.Cert.RawSubject), sum(bits)
	}
	return k, nil
}

func identifier(a pki.Algorithm) []byte { return der.Seq(der.OID(algorithms[a])) }

// keyBits gives the bits of a subjectPublicKey.
func keyBits(spki []byte) ([]byte, error) {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	_, err := asn1.Unmarshal(spki, &info)
	return info.Key.Bytes, err
}
