// Package ngsi (信息模型) is the information model of NGSI-LD (ETSI GS CIM 009 V1.9.1, clause 4): entities with several types
// and scopes, attributes of all kinds with their instances and properties of properties; how they are checked, written and read.
//
// It knows two forms: the normalized JSON of the standard (with the simplified one beside it), and the compact document in
// which package entity stores an entity. It is pure: no I/O, no clock, no log. @context, expansion and HTTP are not here; a
// name is a term or a full URI, and both are carried alike.
package ngsi
