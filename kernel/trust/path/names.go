package path

import (
	"net/netip"
	"strings"

	"github.com/haihe-city/haihe/wire/x509"
)

// oidEmail is the attribute that old certificates hold an address in. RFC 5280 4.1.2.6
const oidEmail = "1.2.840.113549.1.9.1"

// space is what names are still allowed: every set of permitted subtrees so far, and all that was excluded. RFC 5280 6.1.1, 6.1.4 (g)
type space struct {
	permitted [][]x509.Subtree
	excluded  []x509.Subtree
}

// maxComparisons bounds names times subtrees of one path.
const maxComparisons = 1 << 18

// narrow adds a CA certificate's constraints. RFC 5280 6.1.4 (g)
func (s *space) narrow(c *x509.Constraints) *Refusal {
	if c == nil {
		return nil
	}
	for _, list := range [][]x509.Subtree{c.Permitted, c.Excluded} {
		for _, t := range list {
			if t.Bounded {
				return refuse(Constrained, "4.2.1.10", "名称限制不应含层级范围", "a subtree has a minimum or maximum")
			}
			if !sound(t.Base) {
				return refuse(Constrained, "4.2.1.10", "名称限制格式无效", "a subtree is malformed")
			}
		}
	}
	if len(c.Permitted) > 0 {
		s.permitted = append(s.permitted, c.Permitted)
	}
	s.excluded = append(s.excluded, c.Excluded...)
	return nil
}

// sound tells whether the base of a subtree has a form that can be compared.
func sound(g x509.GeneralName) bool {
	switch g.Kind {
	case x509.IP:
		half := len(g.Data) / 2
		if half != 4 && half != 16 || len(g.Data)%2 != 0 {
			return false
		}
		_, ok := mask(g.Data[half:])
		return ok
	case x509.DNS:
		return g.Text == "" || domain(g.Text, false)
	case x509.URI:
		return domain(strings.TrimPrefix(g.Text, "."), false)
	case x509.Email:
		local, host, at := strings.Cut(g.Text, "@")
		if !at {
			return domain(strings.TrimPrefix(g.Text, "."), false)
		}
		return local != "" && domain(host, false)
	}
	return true
}

// mask gives the count of leading ones; false where ones follow a zero.
func mask(b []byte) (ones int, ok bool) {
	zero := false
	for _, c := range b {
		for bit := 7; bit >= 0; bit-- {
			switch one := c>>bit&1 == 1; {
			case one && zero:
				return 0, false
			case one:
				ones++
			default:
				zero = true
			}
		}
	}
	return ones, true
}

// domain tells whether s is a host name of letters, digits, hyphens and underscores; with wild, its first label may be "*".
func domain(s string, wild bool) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for i, label := range strings.Split(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			if !(label == "*" && i == 0 && wild) {
				return false
			}
		}
		if label == "*" && i == 0 && wild {
			continue
		}
		for _, c := range []byte(label) {
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	return true
}

// allows holds a certificate's names against the space. RFC 5280 6.1.3 (b), (c)
func (s *space) allows(c *x509.Certificate) *Refusal {
	if len(s.permitted) == 0 && len(s.excluded) == 0 {
		return nil
	}
	names := c.Known.SubjectAlt
	if !c.Subject.Empty() {
		names = append([]x509.GeneralName{{Kind: x509.Directory, Name: c.Subject}}, names...)
	}
	if !c.Known.HasSubjectAlt {
		for _, part := range c.Subject.Parts {
			for _, a := range part {
				if a.OID == oidEmail {
					names = append(names, x509.GeneralName{Kind: x509.Email, Text: a.Text})
				}
			}
		}
	}
	count := len(s.excluded)
	for _, p := range s.permitted {
		count += len(p)
	}
	if len(names)*count > maxComparisons {
		return refuse(Bounds, "4.2.1.10", "名称与限制过多，拒绝比较", "too many names and constraints to compare")
	}
	for _, n := range names {
		if r := s.allowsName(n); r != nil {
			return r
		}
	}
	return nil
}

func (s *space) allowsName(n x509.GeneralName) *Refusal {
	for _, t := range s.excluded {
		if t.Base.Kind != n.Kind {
			continue
		}
		in, ok := within(n, t.Base, true)
		if in || !ok {
			return refuse(Constrained, "6.1.3 (c)", "名称在被排除的范围内："+n.String(), "a name lies in an excluded subtree: "+n.String())
		}
	}
	for _, set := range s.permitted {
		seen, found := false, false
		for _, t := range set {
			if t.Base.Kind == n.Kind {
				seen = true
				if in, ok := within(n, t.Base, false); in && ok {
					found = true
					break
				}
			}
		}
		if seen && !found {
			return refuse(Constrained, "6.1.3 (b)", "名称不在允许的范围内："+n.String(), "a name lies in no permitted subtree: "+n.String())
		}
	}
	return nil
}

// within tells whether a name lies below base; ok is false where the kind or the form does not let one tell. For exclusion a wildcard lies
// within whatever one of its names may.
func within(n, base x509.GeneralName, exclude bool) (in, ok bool) {
	switch n.Kind {
	case x509.Directory:
		return n.Name.Within(base.Name), true
	case x509.DNS:
		if !domain(n.Text, true) {
			return false, false
		}
		name, wild := strings.CutPrefix(n.Text, "*.")
		if base.Text == "" || below(name, base.Text) {
			return true, true
		}
		return exclude && wild && below(base.Text, name) && strings.Count(base.Text, ".") == strings.Count(name, ".")+1, true
	case x509.IP:
		return addressWithin(n, base)
	case x509.Email:
		return emailWithin(n.Text, base.Text)
	case x509.URI:
		return uriWithin(n.Text, base.Text)
	}
	return false, false // kinds that nothing here can compare: refused wherever they are constrained
}

// below tells whether host is base or a part of it, without regard to case. RFC 5280 4.2.1.10
func below(host, base string) bool {
	host, base = strings.ToLower(host), strings.ToLower(base)
	return host == base || strings.HasSuffix(host, "."+base)
}

func addressWithin(n, base x509.GeneralName) (in, ok bool) {
	a := n.Address()
	half := len(base.Data) / 2
	if len(n.Data) != half {
		return false, true
	}
	net, _ := netip.AddrFromSlice(base.Data[:half])
	ones, contiguous := mask(base.Data[half:])
	p, err := net.Prefix(ones)
	if !a.IsValid() || !contiguous || err != nil {
		return false, false
	}
	return p.Contains(a), true
}

func emailWithin(name, base string) (in, ok bool) {
	at := strings.LastIndexByte(name, '@')
	if at <= 0 || !mailbox(name[:at]) || !domain(name[at+1:], false) {
		return false, false
	}
	local, host := name[:at], name[at+1:]
	switch cut := strings.LastIndexByte(base, '@'); {
	case cut >= 0: // one mailbox: its local part is compared as it stands
		return local == base[:cut] && strings.EqualFold(host, base[cut+1:]), true
	case strings.HasPrefix(base, "."):
		return below(host, base[1:]) && !strings.EqualFold(host, base[1:]), true
	}
	return strings.EqualFold(host, base), true
}

// mailbox tells whether s can be the part of an address before the @: letters, digits and the marks of an atom with dots, or a quoted string, the
// only form that may hold another @. RFC 5321 4.1.2
func mailbox(s string) bool {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return true
	}
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"[]`, c) })
}

// uriWithin compares the host of a URI; one without authority or with an address for a host cannot be compared and is refused.
func uriWithin(uri, base string) (in, ok bool) {
	_, rest, found := strings.Cut(uri, "://")
	if !found {
		return false, false
	}
	host := rest
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	if _, err := netip.ParseAddr(host); err == nil || !domain(host, false) {
		return false, false
	}
	if strings.HasPrefix(base, ".") {
		return below(host, base[1:]) && !strings.EqualFold(host, base[1:]), true
	}
	return strings.EqualFold(host, base), true
}

// speaksFor tells whether a certificate names a host or address. RFC 6125 6.4, RFC 9525 6.3
func speaksFor(c *x509.Certificate, host string) bool {
	address, err := netip.ParseAddr(host)
	for _, g := range c.Known.SubjectAlt {
		switch {
		case err == nil:
			if g.Kind == x509.IP && g.Address().Unmap() == address.Unmap() {
				return true
			}
		case g.Kind == x509.Email:
			if local, at, ok := strings.Cut(g.Text, "@"); ok {
				l, a, _ := strings.Cut(host, "@")
				if l == local && strings.EqualFold(a, at) && a != "" {
					return true
				}
			}
		case g.Kind == x509.DNS && domain(g.Text, true):
			if strings.EqualFold(strings.TrimSuffix(host, "."), g.Text) && !strings.HasPrefix(g.Text, "*") {
				return true
			}
			base, wild := strings.CutPrefix(g.Text, "*.")
			first, rest, _ := strings.Cut(host, ".")
			if wild && first != "" && domain(host, false) && strings.EqualFold(rest, base) && strings.Contains(base, ".") {
				return true
			}
		}
	}
	return false
}
