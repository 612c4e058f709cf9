// Package query reads the seven small grammars of NGSI-LD requests (查询语法): q, type selection, scopeQ, pick and omit, orderBy,
// geo and temporal queries, and the periods of aggregation.
//
// Each grammar has one syntax tree that prints back to the text it was read from, apart from spaces. Input is percent-decoded text; terms become names while it
// is read (see Names). Everything is bounded: bytes, terms, depth, size of regular expressions (which are RE2: linear time).
// It is pure: no I/O, no clock, no log. Package filter evaluates the trees.
//
// Wider than the grammars, because clients and tests need it: spaces between tokens, names with a prefix or as full URIs where
// the place is not ambiguous, words without quotes as values (category==commercial), groups in groups (as the examples of the
// clause have them), a pattern in quotes, and !name for the absence of an attribute.
package query
