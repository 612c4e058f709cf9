package path

import (
	"bytes"
	"slices"

	"github.com/haihe-city/haihe/wire/x509"
)

// allReasons are the reasons of ReasonFlags 1 to 8, as bits from the highest; bit 0 is unused. RFC 5280 4.2.1.13
const allReasons uint16 = 0x7f80

// statuses looks up every certificate of a path after the anchor. RFC 5280 6.3
func (v *verifier) statuses(path []*x509.Certificate, res *Result) (*Result, *Refusal) {
	w := working{path[0].Key, path[0].Key.Algorithm.Params}
	for i, c := range path[1:] {
		t := &status{v: v, path: path[:i+1], c: c, issuer: w}
		mark, refusal := t.look()
		if refusal != nil {
			return nil, refusal.at(i+1, c)
		}
		if mark != nil {
			mark.Index = i + 1
			res.Marks = append(res.Marks, *mark)
		}
		w = w.next(c.Key)
	}
	return res, nil
}

// status is the search for one certificate's status: the path above it, and its issuer's key.
type status struct {
	v      *verifier
	path   []*x509.Certificate // from the anchor to the issuer
	c      *x509.Certificate
	issuer working
	done   uint16 // reasons that are covered: reasons_mask
	mark   *Mark
}

// look asks OCSP answers first, then lists.
func (t *status) look() (*Mark, *Refusal) {
	known, refusal := t.answers()
	if known || refusal != nil {
		return t.mark, refusal
	}
	own := x509.Point{Full: []x509.GeneralName{{Kind: x509.Directory, Name: t.c.Issuer}}}
	lists := slices.Clone(t.v.o.Lists)
	slices.SortStableFunc(lists, func(a, b *x509.CRL) int { return b.This.Compare(a.This) }) // the newest word decides
	for _, p := range append(slices.Clone(t.c.Known.Points), own) {
		for _, l := range lists {
			if t.done == allReasons {
				return t.mark, nil
			}
			if r := t.list(p, l); r != nil {
				return nil, r
			}
		}
	}
	if t.done == allReasons || t.v.o.Revocation != Required {
		return t.mark, nil
	}
	return nil, refuse(NoStatus, "6.3.3", "无法确定证书的吊销状态", "the certificate's revocation status cannot be determined")
}

// list asks one complete list, with the delta that goes with it, for the sake of one distribution point. RFC 5280 6.3.3 (a) to (l)
func (t *status) list(p x509.Point, l *x509.CRL) *Refusal {
	if l.Base != nil || !t.v.understood(l) || !t.inScope(p, l) {
		return nil
	}
	reasons := allReasons
	if l.Scope != nil && l.Scope.Reasons != 0 {
		reasons &= l.Scope.Reasons
	}
	if p.Reasons != 0 {
		reasons &= p.Reasons
	}
	if reasons&^t.done == 0 {
		return nil
	}
	signer, ok := t.signer(l)
	if !ok {
		return nil
	}
	d := t.delta(l, signer)
	current := d != nil && t.v.fresh(d)
	if !current && !t.v.fresh(l) {
		return nil // RFC 5280 6.3.3 (a) (1): past, unless a delta carries it on
	}
	entry := t.entry(l)
	if d != nil {
		// A delta that is past revokes still, being later than the list, but takes nothing off.
		if e := t.entry(d); e != nil && (current || e.Reason != x509.RemoveFromCRL) {
			entry = e
		}
	}
	t.done |= reasons
	if entry == nil || entry.Reason == x509.RemoveFromCRL {
		return nil
	}
	return t.revoked(entry)
}

// revoked refuses, or where one looks back at a time before the revocation marks it.
func (t *status) revoked(e *x509.Entry) *Refusal {
	from := e.At
	if !e.Invalid.IsZero() && e.Invalid.Before(from) {
		from = e.Invalid
	}
	if t.v.o.Later && from.After(t.v.o.Time) {
		t.mark = &Mark{At: e.At, Reason: e.Reason}
		return nil
	}
	day := e.At.UTC().Format("2006-01-02 15:04:05Z")
	if e.Reason == x509.OnHold {
		return refuse(Revoked, "6.3.3", "证书已于 "+day+" 冻结", "the certificate is on hold since "+day)
	}
	return refuse(Revoked, "6.3.3", "证书已于 "+day+" 吊销", "the certificate was revoked at "+day)
}

// understood tells whether a list is whole, known in all that is critical, and made by now. RFC 5280 5.2
func (v *verifier) understood(l *x509.CRL) bool {
	return len(l.Unknown) == 0 && !l.Next.IsZero() && (v.o.Later || !l.This.After(v.o.Time))
}

// fresh tells whether a newer list is not due yet. RFC 5280 6.3.3 (a)
func (v *verifier) fresh(l *x509.CRL) bool { return !l.Next.Before(v.o.Time) }

// inScope tells whether a list speaks for the certificate, asked by way of the point. RFC 5280 6.3.3 (b)
func (t *status) inScope(p x509.Point, l *x509.CRL) bool {
	s := l.Scope
	if len(p.Issuer) > 0 {
		if s == nil || !s.Indirect || !slices.ContainsFunc(p.Issuer, func(g x509.GeneralName) bool { return g.Kind == x509.Directory && g.Name.Equal(l.Issuer) }) {
			return false
		}
	} else if !l.Issuer.Equal(t.c.Issuer) {
		return false
	}
	if s == nil {
		return true
	}
	if s.OnlyUser && t.c.Known.CA || s.OnlyCA && !t.c.Known.CA || s.OnlyAttrs || s.OnlyUser && s.OnlyCA {
		return false
	}
	if len(s.Full) == 0 && s.Relative.Empty() {
		return true
	}
	ours := pointNames(s.Full, s.Relative, l.Issuer)
	theirs := p.Issuer
	if p.HasName() {
		base := t.c.Issuer
		if len(p.Issuer) > 0 {
			base = l.Issuer
		}
		theirs = pointNames(p.Full, p.Relative, base)
	}
	return slices.ContainsFunc(ours, func(a x509.GeneralName) bool {
		return slices.ContainsFunc(theirs, func(b x509.GeneralName) bool { return a.Equal(b) })
	})
}

// pointNames gives the names of a point; a relative one stands below its issuer's.
func pointNames(full []x509.GeneralName, relative, issuer x509.Name) []x509.GeneralName {
	if relative.Empty() {
		return full
	}
	return []x509.GeneralName{{Kind: x509.Directory, Name: issuer.Below(relative)}}
}

// entry finds the certificate in a list.
func (t *status) entry(l *x509.CRL) *x509.Entry {
	for i := range l.Entries {
		if e := &l.Entries[i]; e.Serial.Cmp(t.c.Serial) == 0 && e.Issuer.Equal(t.c.Issuer) {
			return e
		}
	}
	return nil
}

// delta finds the newest delta that goes with a complete list, signed by the same key; one that is past only where there is no other.
// RFC 5280 6.3.3 (c), (h), 5.2.4
func (t *status) delta(l *x509.CRL, signer working) (best *x509.CRL) {
	for _, d := range t.v.o.Lists {
		if d.Base == nil || d.Number == nil || l.Number == nil || !d.Issuer.Equal(l.Issuer) || !sameScope(d.Scope, l.Scope) || !t.v.understood(d) {
			continue
		}
		if l.Number.Cmp(d.Base) < 0 || l.Number.Cmp(d.Number) >= 0 {
			continue
		}
		if best != nil && (t.v.fresh(best) && !t.v.fresh(d) || t.v.fresh(best) == t.v.fresh(d) && d.Number.Cmp(best.Number) <= 0) {
			continue
		}
		if t.v.listed(d, signer) {
			best = d
		}
	}
	return best
}

func sameScope(a, b *x509.Scope) bool {
	if a == nil || b == nil {
		return a == b
	}
	return bytes.Equal(a.Raw, b.Raw)
}

// signer finds the key that signed a list: the certificate's issuer, or another certificate with the list's issuer's name that has a path to
// the same anchor; it must be allowed to sign lists. RFC 5280 6.3.3 (f), (g)
func (t *status) signer(l *x509.CRL) (working, bool) {
	issuer := t.path[len(t.path)-1]
	bare := len(t.path) == 1 && t.v.o.BareAnchors
	if issuer.Subject.Equal(l.Issuer) && (bare || mayList(issuer)) && t.v.listed(l, t.issuer) {
		return t.issuer, true
	}
	anchor := t.path[0]
	if anchor != issuer && anchor.Subject.Equal(l.Issuer) && (t.v.o.BareAnchors || mayList(anchor)) {
		if w := (working{anchor.Key, anchor.Key.Algorithm.Params}); t.v.listed(l, w) {
			return w, true
		}
	}
	for _, c := range t.v.o.Others {
		if !c.Subject.Equal(l.Issuer) || !mayList(c) || inherits(c.Key) || c == t.c && !toldToAsk(c, l.Issuer) {
			continue
		}
		w := working{c.Key, c.Key.Algorithm.Params}
		if t.v.listed(l, w) && (c == t.c || t.v.hasPath(c, anchor)) {
			return w, true
		}
	}
	return working{}, false
}

// listed tells whether a key signed a list, remembering the answer.
func (v *verifier) listed(l *x509.CRL, w working) bool {
	k := listKey{l, string(w.key.Raw) + string(w.params)}
	ok, seen := v.lists[k]
	if !seen {
		ok = v.check(w, l.Algorithm, l.Signed, l.Signature) == nil
		v.lists[k] = ok
	}
	return ok
}

// mayList tells whether a certificate's key usage lets it sign lists. RFC 5280 6.3.3 (f)
func mayList(c *x509.Certificate) bool { return !c.Known.HasUsage || c.Known.Usage&x509.CRLSign != 0 }

// toldToAsk tells whether the issuer of a signer of lists itself wrote into the signer's certificate that its status stands in the signer's own
// list: only then may a list speak for the certificate that it is signed with.
func toldToAsk(c *x509.Certificate, signer x509.Name) bool {
	return slices.ContainsFunc(c.Known.Points, func(p x509.Point) bool {
		return slices.ContainsFunc(p.Issuer, func(g x509.GeneralName) bool { return g.Kind == x509.Directory && g.Name.Equal(signer) })
	})
}

// hasPath tells whether a signer of lists has a valid path to an anchor. While that is being found out the answer is no, so that no signer
// vouches for itself.
func (v *verifier) hasPath(c, anchor *x509.Certificate) bool {
	k := signerKey{c, anchor}
	if ok, seen := v.signers[k]; seen {
		return ok
	}
	v.signers[k] = false
	_, refusal := v.search(c, []*x509.Certificate{anchor}, true)
	v.signers[k] = refusal == nil
	return refusal == nil
}
