package path

import (
	"bytes"
	"errors"
	"slices"

	"github.com/haihe-city/haihe/wire/x509"
)

const (
	maxDepth = 24   // certificates in a path
	maxPaths = 100  // whole paths that one search validates
	maxSteps = 5000 // chains that one call looks at, whole or not: what is known of a signature costs no check, but time
)

// pair is a certificate with the certificate whose key is said to have signed it.
type pair struct{ child, issuer *x509.Certificate }

type signerKey struct{ signer, anchor *x509.Certificate }

// listKey is a list with a key that may have signed it.
type listKey struct {
	list *x509.CRL
	key  string
}

// verifier is one call of Verify.
type verifier struct {
	o       Options
	left    int // signature checks
	steps   int // chains looked at
	known   map[pair]error
	lists   map[listKey]bool
	signers map[signerKey]bool // whether a signer of lists has a path; false while that is being looked at
	depth   int                // of searches inside each other: signers of lists of signers of lists
}

// search looks for a path, the certificates nearest to the target first. With inner set it is for a signer of lists or answers: purpose,
// host and policies do not matter then.
func (v *verifier) search(target *x509.Certificate, anchors []*x509.Certificate, inner bool) (*Result, *Refusal) {
	s := &seeker{v: v, anchors: anchors, inner: inner, worst: -1}
	if v.depth > 3 {
		return nil, refuse(Bounds, "6.3", "吊销信息的嵌套过深", "signers of revocation lists are nested too deeply")
	}
	v.depth++
	defer func() { v.depth-- }()
	if res := s.from([]*x509.Certificate{target}); res != nil {
		return res, nil
	}
	if s.best == nil {
		return nil, refuse(NoPath, "6.1", "找不到通往信任锚的证书路径", "no path leads to a trust anchor").at(-1, target)
	}
	return nil, s.best
}

// seeker is one search.
type seeker struct {
	v       *verifier
	anchors []*x509.Certificate
	inner   bool
	paths   int
	best    *Refusal // of the path that came furthest
	worst   int
}

func (s *seeker) note(r *Refusal, how int) {
	if how > s.worst {
		s.best, s.worst = r, how
	}
}

// from goes on from chain, whose first is the target. It gives the first valid path.
func (s *seeker) from(chain []*x509.Certificate) *Result {
	c := chain[len(chain)-1]
	if s.v.steps++; s.spent(c) {
		return nil
	}
	if len(chain) > maxDepth {
		s.note(refuse(Bounds, "6.1", "证书路径过长", "the path is too long").at(-1, c), 0)
		return nil
	}
	for _, a := range s.anchors {
		if !a.Subject.Equal(c.Issuer) {
			continue
		}
		if s.spent(c) {
			return nil
		}
		path := append([]*x509.Certificate{a}, reversed(chain)...)
		s.paths++
		res, refusal := s.v.validate(path, s.inner)
		if refusal == nil {
			return res
		}
		s.note(refusal, 1000+refusal.Index)
	}
	for _, next := range s.candidates(c, chain) {
		if s.spent(c) {
			return nil
		}
		if !inherits(next.Key) {
			if err := s.v.signed(c, next, working{next.Key, next.Key.Algorithm.Params}); err != nil {
				s.note(signatureRefusal(err).at(-1, c), 1)
				continue
			}
		}
		if res := s.from(append(slices.Clip(chain), next)); res != nil {
			return res
		}
	}
	return nil
}

// spent tells whether the bounds of the search are reached.
func (s *seeker) spent(c *x509.Certificate) bool {
	if s.v.left > 0 && s.paths < maxPaths && s.v.steps <= maxSteps {
		return false
	}
	s.note(refuse(Bounds, "6.1", "候选路径过多，停止搜索", "too many candidate paths: the search ends").at(-1, c), 2)
	return true
}

// candidates are the certificates that may have issued c, those whose key identifier fits first. RFC 5280 4.2.1.1
func (s *seeker) candidates(c *x509.Certificate, chain []*x509.Certificate) []*x509.Certificate {
	var fit, unsure, other []*x509.Certificate
	for _, n := range s.v.o.Others {
		if !n.Subject.Equal(c.Issuer) || slices.ContainsFunc(chain, func(x *x509.Certificate) bool { return same(x, n) }) {
			continue
		}
		switch a := c.Known.AuthorityKey; {
		case a == nil || a.ID == nil || n.Known.SubjectKey == nil:
			unsure = append(unsure, n)
		case bytes.Equal(a.ID, n.Known.SubjectKey):
			fit = append(fit, n)
		default:
			other = append(other, n)
		}
	}
	return slices.Concat(fit, unsure, other)
}

// same tells whether two certificates are one, or speak for one name and key: a path through both would turn in a circle.
func same(a, b *x509.Certificate) bool {
	return bytes.Equal(a.Raw, b.Raw) || a.Subject.Equal(b.Subject) && bytes.Equal(a.Key.Raw, b.Key.Raw)
}

func reversed(chain []*x509.Certificate) []*x509.Certificate {
	out := slices.Clone(chain)
	slices.Reverse(out)
	return out
}

var errSpent = errors.New("the bound of signature checks is reached")

// signed verifies that issuer's key signed child, remembering keys that do not depend on the path.
func (v *verifier) signed(child, issuer *x509.Certificate, w working) error {
	p := pair{child, issuer}
	if err, ok := v.known[p]; ok && !inherits(issuer.Key) {
		return err
	}
	err := v.check(w, child.Algorithm, child.Signed, child.Signature)
	v.known[p] = err
	return err
}

func (v *verifier) check(w working, a x509.AlgorithmID, message, sig []byte) error {
	if v.left <= 0 {
		return errSpent
	}
	v.left--
	return check(w, a, message, sig, v.o.Limits)
}

func signatureRefusal(err error) *Refusal {
	switch {
	case errors.Is(err, errSpent):
		return refuse(Bounds, "6.1", "候选路径过多，停止搜索", "too many candidate paths: the search ends")
	case errors.Is(err, errAlgorithm):
		return refuse(BadAlgorithm, "6.1.3 (a)(1)", "签名算法不支持或不允许", "the signature algorithm is unknown or not allowed")
	case errors.Is(err, errKey):
		return refuse(BadAlgorithm, "6.1.3 (a)(1)", "颁发者公钥无效、过弱或与签名算法不符", "the issuer's key is malformed, too weak or does not go with the signature")
	}
	return refuse(BadSignature, "6.1.3 (a)(1)", "签名验证失败", "the signature does not fit")
}
