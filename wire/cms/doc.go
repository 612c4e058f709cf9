// Package cms (密码消息语法) reads and writes the Cryptographic Message Syntax of RFC 5652: SignedData, EnvelopedData and the
// AuthEnvelopedData of RFC 5083, and their twins of GM/T 0010, which differ in object identifiers only.
//
// Messages in BER of indefinite length are read too, since programs stream them; what is written is DER. What is signed or encrypted
// comes out as bytes: signing, digests and keys are kernel/trust/cms.
package cms
