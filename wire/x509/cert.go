package x509

import (
	"math/big"
	"time"

	"github.com/haihe-city/haihe/wire/der"
)

// AlgorithmID is an AlgorithmIdentifier.
type AlgorithmID struct {
	Raw    []byte
	OID    string
	Params []byte // DER; nil where absent
}

// PublicKey is a SubjectPublicKeyInfo.
type PublicKey struct {
	Raw       []byte
	Algorithm AlgorithmID
	Bits      []byte // subjectPublicKey
}

// Extension is one extension as it stands.
type Extension struct {
	OID      string
	Critical bool
	Value    []byte
}

// Certificate is a certificate, its extensions decoded in Known.
type Certificate struct {
	Raw        []byte
	Signed     []byte // the TBSCertificate, which the signature is over
	Version    int    // 1, 2, 3
	Serial     *big.Int
	Algorithm  AlgorithmID
	Issuer     Name
	Subject    Name
	NotBefore  time.Time
	NotAfter   time.Time
	Key        PublicKey
	Extensions []Extension
	Known      Known
	Signature  []byte
}

// SelfIssued tells whether issuer and subject are the same name. RFC 5280 6.1
func (c *Certificate) SelfIssued() bool { return c.Issuer.Equal(c.Subject) }

// Extension finds an extension.
func (c *Certificate) Extension(oid string) (Extension, bool) {
	for _, e := range c.Extensions {
		if e.OID == oid {
			return e, true
		}
	}
	return Extension{}, false
}

// Parse reads a certificate. Errors are *der.Error.
func Parse(b []byte) (*Certificate, error) {
	r := der.New(Standard, b)
	whole := r.Enter(der.Sequence, "4.1.1")
	r.End("4.1.1")
	tbs := whole.Take(der.Sequence, "4.1.1.1")
	c := &Certificate{Raw: b, Signed: tbs.Full}
	at := whole.Offset()
	outer := readAlgorithm(whole, "4.1.1.2")
	c.Signature = whole.Octets("4.1.1.3")
	whole.End("4.1.1")
	c.readTBS(whole.Inside(tbs))
	if r.Err() == nil && string(outer.Raw) != string(c.Algorithm.Raw) {
		r.FailAt(at, "4.1.1.2", "内外签名算法不一致", "the two signature algorithms of the certificate differ")
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Certificate) readTBS(r *der.Reader) {
	c.Version = 1
	if v, ok := r.Maybe(der.Inner(0), "4.1.2.1"); ok {
		at := v.Offset()
		c.Version = 1 + v.Small(der.Integer, 2, "4.1.2.1")
		v.End("4.1.2.1")
		if c.Version == 1 {
			r.FailAt(at, "4.1.2.1", "默认版本不应编码", "version 1 is the default and must not be written")
		}
	}
	at := r.Offset()
	c.Serial = r.Big("4.1.2.2")
	if len(der.Digits(c.Serial)) > 20 {
		r.FailAt(at, "4.1.2.2", "序列号超过 20 字节", "the serial number has more than 20 octets")
	}
	c.Algorithm = readAlgorithm(r, "4.1.2.3")
	c.Issuer = readName(r)
	v := r.Enter(der.Sequence, "4.1.2.5")
	c.NotBefore, c.NotAfter = readTime(v), readTime(v)
	v.End("4.1.2.5")
	c.Subject = readName(r)
	c.Key = readKey(r)
	for _, tag := range []byte{der.Context(1), der.Context(2)} {
		if r.Tag() == tag {
			if c.Version < 2 {
				r.Fail("4.1.2.8", "版本 1 不应有唯一标识", "unique identifiers need version 2 or 3")
			}
			r.Bits(tag, "4.1.2.8")
		}
	}
	if e, ok := r.Maybe(der.Inner(3), "4.1.2.9"); ok {
		if c.Version != 3 {
			e.Fail("4.1.2.9", "版本 3 以外不应有扩展", "extensions need version 3")
		}
		c.readExtensions(e.Enter(der.Sequence, "4.1.2.9"))
		e.End("4.1.2.9")
	}
	r.End("4.1.2")
}

// readTime holds to the rule that dates until 2049 are UTCTime; NIST's tests have older GeneralizedTimes, which name the same moment.
func readTime(r *der.Reader) time.Time { return r.Time("4.1.2.5") }

func readAlgorithm(r *der.Reader, clause string) AlgorithmID {
	e := r.Take(der.Sequence, clause)
	in := r.Inside(e)
	a := AlgorithmID{Raw: e.Full, OID: in.OID(clause)}
	if in.More() {
		a.Params = in.Any(clause).Full
	}
	in.End(clause)
	return a
}

func readKey(r *der.Reader) PublicKey {
	e := r.Take(der.Sequence, "4.1.2.7")
	in := r.Inside(e)
	k := PublicKey{Raw: e.Full, Algorithm: readAlgorithm(in, "4.1.2.7"), Bits: in.Octets("4.1.2.7")}
	in.End("4.1.2.7")
	return k
}

// ParseKey reads a SubjectPublicKeyInfo.
func ParseKey(b []byte) (PublicKey, error) {
	r := der.New(Standard, b)
	k := readKey(r)
	r.End("4.1.2.7")
	if err := r.Err(); err != nil {
		return PublicKey{}, err
	}
	return k, nil
}

// ParseAlgorithm reads an AlgorithmIdentifier.
func ParseAlgorithm(b []byte) (AlgorithmID, error) {
	r := der.New(Standard, b)
	a := readAlgorithm(r, "4.1.1.2")
	r.End("4.1.1.2")
	if err := r.Err(); err != nil {
		return AlgorithmID{}, err
	}
	return a, nil
}

// readExtension reads one extension and gives a reader of its value. An explicit FALSE is refused, being the default.
func readExtension(list *der.Reader, clause string) (Extension, *der.Reader) {
	in := list.Enter(der.Sequence, clause)
	x := Extension{OID: in.OID(clause)}
	if in.Tag() == der.Boolean {
		if x.Critical = in.Bool(der.Boolean, clause); !x.Critical {
			in.Fail(clause, "默认值不应编码", "FALSE is the default and must not be written")
		}
	}
	v := in.Take(der.OctetString, clause)
	x.Value = v.Body
	in.End(clause)
	return x, list.Unwrap(v)
}

func (c *Certificate) readExtensions(list *der.Reader) {
	c.Known = Known{PathLen: -1, RequireExplicit: -1, InhibitMapping: -1, InhibitAny: -1}
	for list.More() {
		at := list.Offset()
		x, v := readExtension(list, "4.2")
		if _, twice := c.Extension(x.OID); twice {
			list.FailAt(at, "4.2", "扩展重复", "an extension stands there twice")
			return
		}
		c.Extensions = append(c.Extensions, x)
		if read := readers[x.OID]; read != nil {
			read(&c.Known, v, x)
			v.End("4.2")
		} else if x.Critical {
			c.Known.Unknown = append(c.Known.Unknown, x.OID)
		}
	}
	if len(c.Extensions) == 0 {
		list.Fail("4.1.2.9", "扩展列表为空", "the list of extensions is empty")
	}
}
