package jsonld

import (
	"encoding/json"
	"strings"
)

// Context is a compiled @context: two tables, core terms protected. It is immutable and safe for concurrent use.
type Context struct {
	terms    map[string]string // what each user term means, as a name
	names    map[string]string // the term that a name is shown by
	prefixes map[string]string // IRI of each prefix, by its term
	starts   map[string]string // the term of each prefix, by its IRI
	odd      []string          // IRIs of starts that do not end with a delimiter
	url      string
	value    json.RawMessage
}

// core is the core context alone; it is never written to.
var core = &Context{
	prefixes: map[string]string{"ngsi-ld": ngsiLD, "geojson": geoJSON},
	starts:   map[string]string{ngsiLD: "ngsi-ld", geoJSON: "geojson"},
	url:      CoreURL,
	value:    json.RawMessage(`"` + CoreURL + `"`),
}

// Core is the core context alone.
func Core() *Context { return core }

// Expand gives the name of a term: what Haihe stores. It is the IRI, except that core terms ("location") and names in the default
// vocabulary (https://uri.etsi.org/ngsi-ld/default-context/X) are held by their short name. Names and IRIs correspond one to one.
func (c *Context) Expand(term string) string {
	if coreTerms[term] != "" { // protected: ETSI GS CIM 009 V1.9.1 5.5.7
		return term
	}
	if name, ok := c.terms[term]; ok {
		return name
	}
	if i := strings.IndexByte(term, ':'); i >= 0 {
		return Name(c.absolute(term, i))
	}
	if isTerm(term) || isKeyword(term) || term == "" {
		return term
	}
	return defaultVocab + term
}

// absolute resolves prefix:rest, whose colon stands at i; what has no such prefix is an IRI already.
func (c *Context) absolute(term string, i int) string {
	if strings.HasPrefix(term[i+1:], "//") || term[:i] == "_" {
		return term
	}
	if start := c.prefixes[term[:i]]; start != "" {
		return start + term[i+1:]
	}
	return term
}

// Compact gives the term of a name in this context; a compact IRI (prefix:rest) or the IRI where it has none.
func (c *Context) Compact(name string) string {
	if coreTerms[name] != "" {
		return name
	}
	if term, ok := c.names[name]; ok {
		return term
	}
	if strings.IndexByte(name, ':') < 0 {
		if _, taken := c.terms[name]; !taken {
			return name
		}
		return c.shorten(defaultVocab + name)
	}
	return c.shorten(name)
}

// shorten gives the shortest compact IRI of an IRI that no term stands for; of equally short ones the first in order.
func (c *Context) shorten(iri string) string {
	if rest, ok := strings.CutPrefix(iri, defaultVocab); ok && rest != "" && strings.IndexByte(rest, ':') < 0 && rest[0] != '@' {
		if _, taken := c.terms[rest]; !taken && coreTerms[rest] == "" {
			return rest
		}
	}
	best := ""
	try := func(start string) {
		prefix, ok := c.starts[start]
		if !ok {
			return
		}
		short := prefix + ":" + iri[len(start):]
		if best != "" && (len(short) > len(best) || len(short) == len(best) && short >= best) {
			return
		}
		if _, taken := c.terms[short]; !taken {
			best = short
		}
	}
	for i := 0; i+1 < len(iri); i++ {
		if isDelim(iri[i]) && !strings.HasPrefix(iri[i+1:], "//") {
			try(iri[:i+1])
		}
	}
	for _, start := range c.odd {
		if strings.HasPrefix(iri, start) && len(iri) > len(start) && !strings.HasPrefix(iri[len(start):], "//") {
			try(start)
		}
	}
	if best == "" {
		return iri
	}
	return best
}

// URL is the one URL that stands for this context in a Link header; "" where it is no single URL (then it has to be served, see
// package contexts). CoreURL for Core().
func (c *Context) URL() string { return c.url }

// Value is the @context member that a body in this context bears: the value as it was given. The core context need not stand in
// it, since it always counts as the last (4.4); it does where nothing else was given.
func (c *Context) Value() json.RawMessage { return c.value }
