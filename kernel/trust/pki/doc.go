// Package pki (公钥算法) holds the two signature algorithms that Haihe speaks, and their keys' bytes: SM2 with SM3 (GB/T 32918.2, GB/T 32905) and
// ECDSA on P-256 with SHA-256 (FIPS 186-5).
//
// A signature is always over a whole message, never over a bare digest, since SM2 hashes the signer's id and public key first
// (GB/T 32918.2 5.5). The id is the standard's default, [SignerID], on both sides; other programs must be told so
// (OpenSSL: -sigopt "distid:1234567812345678" to sign, -vfyopt to verify).
//
// Signatures are DER, SEQUENCE { r INTEGER, s INTEGER }; public keys SubjectPublicKeyInfo (RFC 5280 4.1.2.7); private keys PKCS #8
// (RFC 5958).
package pki
