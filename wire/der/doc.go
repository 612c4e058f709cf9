// Package der (ASN.1 编码) reads and writes the Distinguished Encoding Rules of ASN.1 (ITU-T X.690) for the codecs of certificates,
// revocation, time stamps and signed messages that stand beside it.
//
// A [Reader] walks one level of one value and keeps the first thing that is wrong with its offset and the clause that was being
// read; what it gives after that is empty, so a codec reads straight through and asks [Reader.Err] once. It is strict: lengths,
// integers, booleans, object identifiers and times have one form each, and nesting is bounded. What is read keeps pointing into the
// bytes handed in.
//
// Writing is by plain functions, each giving the bytes of one value: der.Seq(der.Int(1), der.OID("2.5.29.15")).
//
// [FromBER] turns the forms of indefinite length that some programs stream messages in into DER.
package der
