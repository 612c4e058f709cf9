// Package tree reads an XML document strictly into a small tree (XML 文档树): no document type, no entities but the five of XML, bounded in
// size, depth and number of elements. Nothing is ever opened or fetched.
//
// It keeps prefixes, attributes, comments and instructions, so that a document can be written in canonical form (Canonical XML 1.0 and
// exclusive canonicalization) and its signatures checked. [Doc.Verify] does so for enveloped signatures of whole documents with RSA keys.
package tree
