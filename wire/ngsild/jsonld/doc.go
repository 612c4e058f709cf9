// Package jsonld compiles JSON-LD @contexts for NGSI-LD (上下文编译) to look-up tables: terms to names and back (ETSI GS CIM 009 V1.9.1, 4.4, 5.5.7, annex B).
package jsonld
