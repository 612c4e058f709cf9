// Package x509 (证书格式) reads certificates and certificate revocation lists of RFC 5280, strictly and whole: every extension that path
// validation needs is decoded, and what is malformed is refused with offset and clause.
//
// It differs from the standard library's reader where validation by RFC 5280 section 6 asks for it: keys and signatures are left as bytes
// with their algorithm (SM2 and DSA with inherited parameters among them), names are kept in a form for comparison (RFC 5280 7.1), policies,
// mappings, name constraints, distribution points and the extensions of single CRL entries are all there. Negative serial numbers are
// read, as RFC 5280 4.1.2.2 asks of certificate users.
//
// Nothing here verifies: that is kernel/trust/path.
package x509
