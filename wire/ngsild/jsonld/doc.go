// Package jsonld (上下文编译) compiles the @contexts of NGSI-LD to look-up tables: terms to names and back (ETSI GS CIM 009
// V1.9.1 4.4, 5.5.5, 5.5.7, annex B). A name is what Haihe stores in place of an IRI; IRI and Name lead from one to the other.
//
// Of JSON-LD 1.1 it does what names need: definitions that build on each other, prefixes, @vocab, @import, arrays and documents
// behind URLs, the choice among several terms and compact IRIs. Scoped contexts are refused, coercions passed over. The core
// context is a table in the program, so that nothing waits for a network; it has the last word whatever stands beside it.
//
// It is pure: documents come through a Loader that its user brings, with whatever cache and time limit that has.
package jsonld
