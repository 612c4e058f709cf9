package query

import "strings"

// Projection is what pick or omit names (4.21), nested for linked entities.
type Projection struct {
	names []string
	under []*Projection // by the same index; nil where no braces follow
}

// ParseProjection reads pick or omit. id, type, scope and the sysAttrs stand for themselves. A name that comes twice counts once.
// ETSI GS CIM 009 V1.9.1 4.21.
func ParseProjection(s string, names Names) (*Projection, error) {
	r, err := read("pick/omit", s, names)
	if err != nil {
		return nil, err
	}
	n := 0
	p, err := r.projection(0, &n)
	if err != nil {
		return nil, err
	}
	return p, r.end()
}

func (r *reader) projection(depth int, n *int) (*Projection, error) {
	p := &Projection{}
	for {
		if *n++; *n > maxTerms {
			return nil, r.fail("名称过多", "too many names")
		}
		name, err := r.name(",|{};()")
		if err != nil {
			return nil, err
		}
		var under *Projection
		if r.take("{") {
			if depth == maxLinks {
				return nil, r.fail("关联层数过多", "too many linked entities")
			}
			if under, err = r.projection(depth+1, n); err != nil {
				return nil, err
			}
			if !r.take("}") {
				return nil, r.fail("应为逗号、| 或 }", "expected a comma, | or }")
			}
		}
		if p.add(r.expand(name), under); !r.take(",") && !r.take("|") {
			return p, nil
		}
	}
}

// add adds a name, or what it has under it to the same name that is there.
func (p *Projection) add(name string, under *Projection) {
	i := p.index(name)
	if i < 0 {
		p.names, p.under = append(p.names, name), append(p.under, under)
		return
	}
	if p.under[i] == nil || under == nil {
		p.under[i] = nil // the name alone asks for the whole
		return
	}
	for k, n := range under.names {
		p.under[i].add(n, under.under[k])
	}
}

func (p *Projection) index(name string) int {
	if p == nil {
		return -1
	}
	for i, n := range p.names {
		if n == name {
			return i
		}
	}
	return -1
}

// Has tells whether a member (name, or "id", "type", "scope", "createdAt"...) is named; Under gives the projection of the linked
// entities of a relationship, nil where none is given. Both work on nil (Has is false).
func (p *Projection) Has(name string) bool { return p.index(name) >= 0 }

// Under is described at Has.
func (p *Projection) Under(name string) *Projection {
	if i := p.index(name); i >= 0 {
		return p.under[i]
	}
	return nil
}

// Names lists the members that are named, at this level.
func (p *Projection) Names() []string {
	if p == nil {
		return nil
	}
	return p.names
}

// Depth tells how many linked entities lie below one another (5.7.2.4: not more than joinLevel).
func (p *Projection) Depth() int {
	n := 0
	if p != nil {
		for _, u := range p.under {
			if u != nil {
				n = max(n, 1+u.Depth())
			}
		}
	}
	return n
}

// String gives the projection with names.
func (p *Projection) String() string {
	parts := make([]string, len(p.names))
	for i, n := range p.names {
		if parts[i] = n; p.under[i] != nil {
			parts[i] += "{" + p.under[i].String() + "}"
		}
	}
	return strings.Join(parts, ",")
}
