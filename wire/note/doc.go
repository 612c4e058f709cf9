// Package note speaks the texts of transparency logs (透明日志签名文本) as C2SP publishes them: signed notes and their keys (signed-note),
// checkpoints (tlog-checkpoint), cosignatures of witnesses (tlog-cosignature) and what is sent to them (tlog-witness), proofs that can be
// checked without a network (tlog-proof), and bundles of entries (tlog-tiles).
//
// A [Note] is text and signature lines. [Parse] takes it apart and [Note.Open] says which of the keys one trusts have signed it; a signature
// of a known key that does not verify spoils the whole note, one of an unknown key is passed over. A note that no known key signed is
// refused.
//
// # Keys
//
// A [Key] is a name, a type and bytes; its text form is "name+id+base64". Types that are checked here: 0x01 Ed25519, 0x02 ECDSA P-256 with
// SHA-256 (its id is taken from the public key alone, as the standard says), 0x04 Ed25519 with a time ([Cosign]). Every other algorithm
// bears the type 0xff and an identifier of its own; its signatures are checked by the [Check] that the caller hands in. Haihe's:
//
//	0xff "haihe/sm2/v1\n" public key (SubjectPublicKeyInfo, DER)
//
// whose signature is, as in type 0x04, eight bytes of POSIX time and the DER form of an SM2 signature (SM3, signer id 1234567812345678) over
// "cosignature/v1\ntime N\n" and the note's text.
//
// Everything here is values: no I/O, no clock, no log. What is malformed is refused with an [Error] that names offset and clause.
package note
