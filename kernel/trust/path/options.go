package path

import (
	"time"

	"github.com/haihe-city/haihe/wire/ocsp"
	"github.com/haihe-city/haihe/wire/x509"
)

// Revocation says how much must be known of revocation.
type Revocation int

// The demands.
const (
	Unchecked Revocation = iota // revocation is not looked at
	IfKnown                     // a certificate that is known as revoked is refused
	Required                    // every certificate's status must be known
)

// Options are the inputs of RFC 5280 6.1.1 beside the certificate itself.
type Options struct {
	Anchors    []*x509.Certificate
	Others     []*x509.Certificate // what may stand between, and signers of lists
	Lists      []*x509.CRL
	Answers    []*ocsp.Response
	Time       time.Time
	Revocation Revocation
	// Later says that lists and answers made after Time serve too, and that a revocation counts from its date on: what one looks back
	// with. RFC 5280 5.3.2
	Later bool

	Policies       []string // user-initial-policy-set; none: any
	ExplicitPolicy bool
	InhibitMapping bool
	InhibitAny     bool

	Purpose     string // an extended key usage that the path must allow; "": none
	Host        string // a DNS name, address or mailbox that the certificate must name; "": none
	BareAnchors bool   // of anchors only name and key count
	Limits

	MaxChecks int // signature checks before the search ends, 500 where 0
}

// Mark is a revocation that did not count, since it came after Options.Time.
type Mark struct {
	Index  int // in Result.Chain
	At     time.Time
	Reason int // -1 where none is given
}

// Result is what was found.
type Result struct {
	Chain    []*x509.Certificate // the anchor first
	Policies []string            // that the path is valid under; one may be anyPolicy
	Marks    []Mark
	Checks   int // signature checks that it took
}

// Verify finds a valid path from target to an anchor. The error is a *Refusal: of the paths tried, the one that came furthest.
func Verify(target *x509.Certificate, o Options) (*Result, error) {
	o.Time = o.Time.Truncate(time.Second) // what certificates and lists name are whole seconds: RFC 5280 4.1.2.5
	v := &verifier{o: o, left: o.MaxChecks, known: map[pair]error{}, lists: map[listKey]bool{}, signers: map[signerKey]bool{}}
	if v.left == 0 {
		v.left = defaultChecks
	}
	budget := v.left
	res, refusal := v.search(target, o.Anchors, false)
	if refusal != nil {
		return nil, refusal
	}
	res.Checks = budget - v.left
	return res, nil
}

// defaultChecks is enough for any honest set: a path of seven with lists and their signers takes about thirty.
const defaultChecks = 500
