// Package ocsp (在线证书状态协议) reads and writes the requests and answers of the Online Certificate Status Protocol, RFC 6960.
//
// It holds no cryptography: a signer is a function value, and what was signed comes out as bytes ([Response.Signed]) together with the
// algorithm and the signature, for kernel/trust/path to verify. Hashes of names and keys are made by the caller's function too, so that
// SM3 serves as well as SHA-1, which RFC 5019 2.1.1 still has clients ask with.
package ocsp
