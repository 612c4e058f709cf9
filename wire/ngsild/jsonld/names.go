package jsonld

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Where the core context's names lie (ETSI GS CIM 009 V1.9.1 4.4, annex B).
const (
	ngsiLD       = "https://uri.etsi.org/ngsi-ld/"
	geoJSON      = "https://purl.org/geojson/vocab#"
	defaultVocab = "https://uri.etsi.org/ngsi-ld/default-context/"
)

// CoreURL is the core context of this version (GS CIM 009 V1.9.1, annex B).
const CoreURL = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"

// IsCore tells whether a URL names the core context, of any version (1.0 to 1.9, with or without number).
func IsCore(url string) bool {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return false
	}
	rest, ok = strings.CutPrefix(rest, "uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context")
	if !ok {
		return false
	}
	rest, ok = strings.CutSuffix(rest, ".jsonld")
	return ok && (rest == "" || len(rest) == len("-v1.9") && rest[:4] == "-v1." && rest[4] >= '0' && rest[4] <= '9')
}

// IRI gives the IRI of a name, and Name the name of an IRI. A name is what Haihe stores: the term of a core IRI ("location"), the
// last part of an IRI in the default vocabulary where that is a term and no core term ("Vehicle"), and any other IRI whole.
func IRI(name string) string {
	if iri := coreTerms[name]; iri != "" {
		return iri
	}
	if strings.IndexByte(name, ':') >= 0 {
		return name
	}
	return defaultVocab + name
}

// Name is the reverse of IRI.
func Name(iri string) string {
	if term := coreNames[iri]; term != "" {
		return term
	}
	if last, ok := strings.CutPrefix(iri, defaultVocab); ok && isTerm(last) && coreTerms[last] == "" {
		return last
	}
	return iri
}

// isTerm tells whether s is a name of the grammar of 4.6.2 without prefix.
func isTerm(s string) bool {
	for i, r := range s {
		if r|0x20 >= 'a' && r|0x20 <= 'z' {
			continue
		}
		if !unicode.IsLetter(r) && (i == 0 || !unicode.IsNumber(r) && r != '_') {
			return false
		}
	}
	return s != "" && utf8.ValidString(s)
}

// isKeyword tells whether s has the form of a JSON-LD keyword: @ and letters.
func isKeyword(s string) bool {
	if len(s) < 2 || s[0] != '@' {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return true
}

// endsPrefix tells whether an IRI ends with one of the characters after which a simple term is a prefix: RFC 3986 2.2, gen-delims.
func endsPrefix(iri string) bool {
	return iri != "" && isDelim(iri[len(iri)-1])
}

func isDelim(c byte) bool {
	switch c {
	case ':', '/', '?', '#', '[', ']', '@':
		return true
	}
	return false
}
