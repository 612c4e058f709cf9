// Package record keeps what members asked of one another and what they were answered (交换存证): two lines for each call, on the asking node
// and on the serving one, written in one transaction before the answer is acknowledged.
//
// A line is the leaf of a Merkle tree (kernel/journal/tiles, log "exchange"), so that no line can be changed or dropped without the
// checkpoints saying so; checkpoints are signed by the node and time-stamped (RFC 3161) by a source that may be gone for a while: calls
// go on, the next stamp covers all lines before it, and only past the limit do calls stop, with an alarm.
//
// # A line, byte for byte
//
// Fields follow one another, each as 2 bytes of length, big endian, and its bytes; numbers are 8 bytes, big endian, without a length.
//
//	16 bytes ASCII "haihe-asked/1\n\x00\x00", then
//	at (microseconds UTC when it was written), version of the caller's statement in the registry, created (Unix seconds),
//	call, caller, provider, person, purpose, resource, content type, SHA-256 of the body, keyid (32 bytes), algorithm, signature
//
//	16 bytes ASCII "haihe-answer/1\n\x00", then
//	at, version of the provider's statement, created, status,
//	SHA-256 leaf hash of the line that it answers, content type, SHA-256 of the body, keyid, algorithm, signature
//
// From a line and the one that it answers the signed texts of package message are made again. An answer of status 0 bears no signature:
// none came, and the content type says why ("silence", "refused"). Of bodies the digest is kept; the body itself only where the resource
// is set so. Person is an id that its member knows; names, numbers and parameters never stand in a line.
//
// Data lies in sharing_record, sharing_body and sharing_stamp, and in the tiles of the log "exchange".
package record
