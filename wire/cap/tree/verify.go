package tree

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // what alerts of 2011 were signed with; such a signature is said to be weak
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"

	"github.com/haihe-city/haihe/lang"
)

// Space is the namespace of XML signatures.
const Space = "http://www.w3.org/2000/09/xmldsig#"

// Signature is what can be said of one signature of a document.
type Signature struct {
	Valid   bool   // the document is what the key signed
	Trusted bool   // by one of the certificates given
	Alone   bool   // it covers the document without its other signatures
	Weak    bool   // made with SHA-1
	Signer  string // subject of the certificate, where one is known
	Said    lang.Text
}

// Signatures are the signatures that stand right below the root.
func (d *Doc) Signatures() (out []*Node) {
	for _, k := range d.Root.Elements() {
		if k.Space == Space && k.Local == "Signature" {
			out = append(out, k)
		}
	}
	return out
}

// Verify checks every enveloped signature. A key is looked for among trusted first, then in the signature itself, which proves that
// nothing was changed but not by whom. Whether certificates were in force at the time is the caller's to judge.
func (d *Doc) Verify(trusted []*x509.Certificate) (out []Signature) {
	all := d.Signatures()
	for _, s := range all {
		out = append(out, d.verify(s, all, trusted))
	}
	return out
}

func (d *Doc) verify(s *Node, all []*Node, trusted []*x509.Certificate) (out Signature) {
	info := s.Child("SignedInfo")
	if info == nil {
		return said(out, "签名缺少 SignedInfo", "the signature has no SignedInfo")
	}
	f, ok := formOf(info.Child("CanonicalizationMethod"))
	if !ok {
		return said(out, "签名的规范化算法不受支持", "the signature's canonicalization is not supported")
	}
	hash, weak, ok := hashOf(info.Child("SignatureMethod"), "rsa-")
	if out.Weak = weak; !ok {
		return said(out, "签名算法不受支持，仅支持 RSA", "the signature's algorithm is not supported: RSA only")
	}
	value, _ := s.Child("SignatureValue").bytes()
	sum := digest(hash, d.canonical(info, f))
	for _, k := range keys(s, trusted) {
		if rsa.VerifyPKCS1v15(k.key, hash, sum, value) == nil {
			out.Trusted, out.Signer, out.Valid = k.trusted, k.name, true
			break
		}
	}
	if !out.Valid {
		return said(out, "签名值与任何一把密钥都不符", "the signature's value fits none of the keys")
	}
	if out.Valid, out.Alone, ok = d.digests(info, s, all); !ok {
		out.Valid = false
		return said(out, "签名引用的内容或变换不受支持", "what the signature refers to, or how, is not supported")
	}
	if !out.Valid {
		return said(out, "文档在签名后被改动", "the document was changed after it was signed")
	}
	return said(out, "签名有效", "the signature is valid")
}

func said(s Signature, zh, en string) Signature {
	s.Said = lang.T(zh, en)
	return s
}

// digests holds the document against the one reference that an enveloped signature makes: URI "" and the signature itself left out. Where two
// parties signed one after the other, the first signed a document without the second's signature.
func (d *Doc) digests(info, s *Node, all []*Node) (valid, alone, ok bool) {
	var refs []*Node
	for _, k := range info.Elements() {
		if k.Local == "Reference" {
			refs = append(refs, k)
		}
	}
	if len(refs) != 1 || refs[0].attr("URI") != "" || refs[0].Child("DigestValue") == nil {
		return false, false, false
	}
	f := form{} // what canonicalizes where no transform says how
	enveloped := false
	if ts := refs[0].Child("Transforms"); ts != nil {
		for _, t := range ts.Elements() {
			if t.attr("Algorithm") == Space+"enveloped-signature" {
				enveloped = true
				continue
			}
			if f, ok = formOf(t); !ok {
				return false, false, false
			}
		}
	}
	hash, _, ok := hashOf(refs[0].Child("DigestMethod"), "")
	want, good := refs[0].Child("DigestValue").bytes()
	if !ok || !good || !enveloped {
		return false, false, false
	}
	f.comments = false // a reference to the whole document by "" has none
	f.skip = map[*Node]bool{s: true}
	if bytes.Equal(digest(hash, d.canonical(nil, f)), want) {
		return true, false, true
	}
	for _, other := range all {
		f.skip[other] = true
	}
	return bytes.Equal(digest(hash, d.canonical(nil, f)), want), true, true
}

func digest(h crypto.Hash, b []byte) []byte {
	w := h.New()
	w.Write(b)
	return w.Sum(nil)
}

func (n *Node) attr(local string) string {
	for _, a := range n.Attrs {
		if a.Local == local && a.Prefix == "" {
			return a.Value
		}
	}
	return ""
}

func (n *Node) bytes() ([]byte, bool) {
	if n == nil {
		return nil, false
	}
	v, _ := n.Value()
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(v), ""))
	return b, err == nil
}

func formOf(n *Node) (f form, ok bool) {
	if n == nil {
		return f, false
	}
	alg, comments := strings.CutSuffix(n.attr("Algorithm"), "#WithComments")
	f.comments = comments
	switch alg {
	case "http://www.w3.org/TR/2001/REC-xml-c14n-20010315":
		return f, true
	case "http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/2001/10/xml-exc-c14n":
		f.exclusive = true
		if k := n.Child("InclusiveNamespaces"); k != nil {
			f.keep = strings.Fields(strings.ReplaceAll(k.attr("PrefixList"), "#default", ""))
		}
		return f, true
	}
	return f, false
}

// hashOf finds the hash of an algorithm's name: ".../xmldsig#rsa-sha1", ".../xmlenc#sha256".
func hashOf(n *Node, kind string) (h crypto.Hash, weak, ok bool) {
	if n == nil {
		return 0, false, false
	}
	_, name, _ := strings.Cut(n.attr("Algorithm"), "#")
	name, ok = strings.CutPrefix(name, kind)
	switch {
	case !ok:
		return 0, false, false
	case name == "sha1":
		return crypto.SHA1, true, true
	case name == "sha256":
		return crypto.SHA256, false, true
	case name == "sha512":
		return crypto.SHA512, false, true
	}
	return 0, false, false
}

type key struct {
	key     *rsa.PublicKey
	name    string
	trusted bool
}

// keys are those that a signature may be held against.
func keys(s *Node, trusted []*x509.Certificate) (out []key) {
	add := func(c *x509.Certificate, sure bool) {
		if k, ok := c.PublicKey.(*rsa.PublicKey); ok {
			out = append(out, key{k, c.Subject.CommonName, sure})
		}
	}
	for _, c := range trusted {
		add(c, true)
	}
	info := s.Child("KeyInfo")
	if info == nil {
		return out
	}
	if x := info.Child("X509Data"); x != nil {
		for _, k := range x.Elements() {
			if raw, ok := k.bytes(); ok && k.Local == "X509Certificate" {
				if c, err := x509.ParseCertificate(raw); err == nil {
					add(c, false)
				}
			}
		}
	}
	if v := info.Child("KeyValue"); v != nil && v.Child("RSAKeyValue") != nil {
		r := v.Child("RSAKeyValue")
		mod, ok1 := r.Child("Modulus").bytes()
		exp, ok2 := r.Child("Exponent").bytes()
		if e := new(big.Int).SetBytes(exp); ok1 && ok2 && len(mod) >= 128 && len(mod) <= 1024 && e.IsInt64() && e.Int64() > 2 && e.Int64() < 1<<31 {
			out = append(out, key{&rsa.PublicKey{N: new(big.Int).SetBytes(mod), E: int(e.Int64())}, "", false})
		}
	}
	return out
}
