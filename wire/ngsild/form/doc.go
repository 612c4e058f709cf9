// Package form (表示形式) reads and writes the representations of NGSI-LD entities in a @context (ETSI GS CIM 009 V1.9.1 4.5):
// normalized, concise and simplified, GeoJSON features, temporal evolutions and their aggregates.
//
// Reading turns terms into stored names and holds a body to the rules of the clauses; writing turns names into terms and takes
// away what was not asked for. Bodies are walked once, nothing is decoded into maps. What entities are, and how much of
// everything they may have, is package ngsi's; what a term means, package jsonld's. It is pure: no I/O, no clock, no log.
package form
