// Package cms (签名与信封) signs and verifies messages, and encrypts and decrypts them, in the Cryptographic Message Syntax (wire/cms): ECDSA
// P-256 with SHA-256 and SM2 with SM3, in the object identifiers of RFC 5652 or of GM/T 0010.
//
// A signature is over signed attributes: content type, digest of the content, time, and the signer's certificate (ESSCertIDv2, RFC 5035), so
// that no other certificate of the same key can be put in its place. Which certificates are trusted, at which time, is kernel/trust/path.
//
// Encryption is to a P-256 key by one-time Diffie-Hellman (RFC 5753) or to an SM2 key (GM/T 0010); the content with AES-256 or SM4, in GCM
// where the message can carry its tag (RFC 5083) and in CBC for programs that cannot.
package cms
