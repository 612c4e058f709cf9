// Package iri tells identifiers (标识符) from other texts: what NGSI-LD calls a URI, with the characters
// of RFC 3986 and RFC 3987 and without those that nobody can see.
package iri

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Max bounds an identifier, in bytes.
const Max = 512

// Is tells whether s is an absolute URI or IRI: a scheme, a colon and at least one character, none of those that
// RFC 3986 2 and RFC 3987 2.2 leave out.
func Is(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || scheme == "" || rest == "" || len(s) > Max || !utf8.ValidString(s) {
		return false
	}
	for i, c := range []byte(scheme) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	for _, r := range rest {
		if r < utf8.RuneSelf && outsideURI[r] || r >= utf8.RuneSelf && (unicode.IsSpace(r) || unicode.IsControl(r) || unicode.In(r, unseen...) || r == brailleBlank) {
			return false
		}
	}
	return true
}

// unseen are the characters beyond ASCII that cannot be seen, or that turn what stands beside them around: with one of them an
// identifier would look like another in a page or a log. RFC 3987 4.1 leaves most of them out.
var unseen = []*unicode.RangeTable{unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point}

// brailleBlank is a letter that shows nothing.
const brailleBlank = 0x2800

// outsideURI are the ASCII characters that no URI has.
var outsideURI = func() (t [utf8.RuneSelf]bool) {
	for r := range t {
		t[r] = r <= ' ' || r == 0x7f || strings.ContainsRune("<>\"{}|\\^`", rune(r))
	}
	return t
}()
