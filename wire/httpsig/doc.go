// Package httpsig speaks HTTP message signatures (HTTP 消息签名, RFC 9421) and digest fields (RFC 9530): the two header fields that bear a
// signature, the text that is signed, and Content-Digest.
//
// A message bears one signature under one label, which is what a sender and a receiver who know one another need and all that cannot be
// mistaken. The fields are read as structured fields (RFC 8941 4.2) in their canonical form only, so that the text that was parsed and
// the text that is signed are the same bytes; anything else is refused with an Error.
//
// Component values come from the caller by a function: this package sees no request. Signatures are r and s of 32 bytes each (RFC 9421
// 3.3.4), or whatever the algorithm's own form is.
package httpsig
