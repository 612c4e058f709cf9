package cms

import (
	"github.com/haihe-city/haihe/wire/der"
)

// KeyRecipient is one way to the content's key: key transport, or key agreement where Originator is set. RFC 5652 6.2
type KeyRecipient struct {
	Who        Who
	Algorithm  []byte // keyEncryptionAlgorithm, AlgorithmIdentifier, DER
	Key        []byte // the encrypted key
	Originator []byte // SubjectPublicKeyInfo of the sender's one-time key as OriginatorPublicKey, DER
	UKM        []byte // user keying material; nil where there is none
}

// EnvelopedData is an encrypted message. RFC 5652 6.1; with MAC an AuthEnvelopedData, RFC 5083 2.1
type EnvelopedData struct {
	GM          bool
	Auth        bool // AuthEnvelopedData
	Recipients  []KeyRecipient
	ContentType string
	Algorithm   []byte // contentEncryptionAlgorithm, DER
	Content     []byte // encrypted
	AuthAttrs   []byte // authenticated attributes as the SET that is authenticated; nil where there are none
	MAC         []byte
}

// ParseEnveloped reads an encrypted message. Recipients of other kinds are left out. Errors are *der.Error.
func ParseEnveloped(b []byte) (*EnvelopedData, error) {
	r, in, oid, err := open(b)
	if err != nil {
		return nil, err
	}
	e := &EnvelopedData{GM: oid == GMEnvelopedType, Auth: oid == AuthEnveloped}
	if oid != EnvelopedType && !e.GM && !e.Auth {
		in.Fail("6.1", "不是加密消息", "the message is not enveloped data")
	}
	body := in.Enter(der.Sequence, "6.1")
	in.End("3")
	body.Small(der.Integer, 4, "6.1")
	if body.Tag() == der.Inner(0) {
		body.Any("6.1")
	}
	for list := body.Enter(der.Set, "6.1"); list.More(); {
		switch list.Tag() {
		case der.Sequence:
			e.readTransport(list.Enter(der.Sequence, "6.2.1"))
		case der.Inner(1):
			e.readAgreement(list.Enter(der.Inner(1), "6.2.2"))
		default:
			list.Any("6.2")
		}
	}
	content := body.Enter(der.Sequence, "6.1")
	e.ContentType = content.OID("6.1")
	e.Algorithm = content.Take(der.Sequence, "6.1").Full
	e.Content = append([]byte{}, content.Take(der.Context(0), "6.1").Body...)
	content.End("6.1")
	if e.Auth {
		if body.Tag() == der.Inner(1) {
			e.AuthAttrs = append([]byte{der.Set}, body.Any("6.1").Full[1:]...)
		}
		e.MAC = body.Take(der.OctetString, "6.1").Body
	}
	if t := body.Tag(); t == der.Inner(1) || t == der.Inner(2) {
		body.Any("6.1")
	}
	body.End("6.1")
	if err := r.Err(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *EnvelopedData) readTransport(r *der.Reader) {
	r.Small(der.Integer, 2, "6.2.1")
	e.Recipients = append(e.Recipients, KeyRecipient{Who: readWho(r), Algorithm: r.Take(der.Sequence, "6.2.1").Full, Key: r.Take(der.OctetString, "6.2.1").Body})
	r.End("6.2.1")
}

func (e *EnvelopedData) readAgreement(r *der.Reader) {
	r.Small(der.Integer, 3, "6.2.2")
	origin := r.Enter(der.Inner(0), "6.2.2")
	var k KeyRecipient
	if origin.Tag() == der.Inner(1) {
		k.Originator = append([]byte{der.Sequence}, origin.Any("6.2.2").Full[1:]...)
	} else {
		origin.Any("6.2.2") // a sender's static key, which nothing here uses
	}
	if u, ok := r.Maybe(der.Inner(1), "6.2.2"); ok {
		k.UKM = u.Take(der.OctetString, "6.2.2").Body
	}
	k.Algorithm = r.Take(der.Sequence, "6.2.2").Full
	for list := r.Enter(der.Sequence, "6.2.2"); list.More(); {
		in := list.Enter(der.Sequence, "6.2.2")
		one := k
		if id, ok := in.Maybe(der.Inner(0), "6.2.2"); ok {
			one.Who.KeyID = id.Take(der.OctetString, "6.2.2").Body
		} else {
			one.Who = readWho(in)
		}
		one.Key = in.Take(der.OctetString, "6.2.2").Body
		in.End("6.2.2")
		if k.Originator != nil {
			e.Recipients = append(e.Recipients, one)
		}
	}
	r.End("6.2.2")
}

// Marshal gives the message, DER.
func (e *EnvelopedData) Marshal() []byte {
	version := int64(0)
	var list [][]byte
	for _, k := range e.Recipients {
		switch {
		case k.Originator != nil:
			version = 2
			var ukm []byte
			if k.UKM != nil {
				ukm = der.Value(der.Inner(1), der.Bytes(k.UKM))
			}
			who := k.Who.marshal()
			if k.Who.Issuer == nil {
				who = der.Value(der.Inner(0), der.Bytes(k.Who.KeyID))
			}
			origin := append([]byte{der.Inner(1)}, k.Originator[1:]...)
			list = append(list, der.Value(der.Inner(1), der.Int(3), der.Value(der.Inner(0), origin), ukm, k.Algorithm, der.Seq(der.Seq(who, der.Bytes(k.Key)))))
		default:
			v := int64(0)
			if k.Who.Issuer == nil {
				v, version = 2, 2
			}
			list = append(list, der.Seq(der.Int(v), k.Who.marshal(), k.Algorithm, der.Bytes(k.Key)))
		}
	}
	oid, mac := EnvelopedType, []byte{}
	switch {
	case e.Auth:
		oid, version, mac = AuthEnveloped, 0, der.Bytes(e.MAC)
	case e.GM:
		oid, version = GMEnvelopedType, 1
	}
	return wrap(oid, der.Seq(der.Int(version), der.SetOf(der.Set, list...), der.Seq(der.OID(e.ContentType), e.Algorithm, der.Value(der.Context(0), e.Content)), mac))
}
