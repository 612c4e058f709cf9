// Package journal (审计日志) is the tamper-evident record of every official act: who, what, when, to which object, under which
// authority.
//
// An entry is written in the same transaction as the change that it tells of, so neither is ever there without the other.
// Entries form a chain: each bears the SHA-256 hash of the one before it, and journal_head says where the chain ends. An entry
// is never changed and never deleted; there is no verb for either.
//
// # What must not be in it
//
// No secrets (passwords, tokens, session cookies, keys) and no personal data (names, numbers of identity papers or telephones,
// addresses, health, what a file says about somebody). An entry cannot be deleted, so neither could they be. People, tokens
// and files are named by their ids; who reads the journal and may know the person looks the id up where it can be forgotten.
//
// # The hash of an entry, byte for byte
//
//	SHA-256 of
//	  16 bytes  ASCII "haihe-journal/1\n"
//	  32 bytes  hash of the previous entry; 32 zero bytes for the first
//	   8 bytes  seq, unsigned, big endian; the first entry is 1 and there are no gaps
//	   8 bytes  at, microseconds since 1970-01-01T00:00:00Z, two's complement, big endian
//	  then actor, unit, authority, verb, object, detail, each as
//	   4 bytes  length in bytes, unsigned, big endian
//	   n bytes  UTF-8, exactly as stored
//
// The lengths make the encoding unambiguous: no two different entries have the same bytes. detail is canonical JSON (keys
// sorted by bytes, no white space, numbers as they were given), or empty.
//
// # What the chain proves, and what it does not
//
// Whoever can write to the database and knows this page can compute the whole chain anew. [Journal.Verify] therefore finds what
// was changed beside the program; against a complete forgery compare with a head noted elsewhere ([Journal.Witness]), or with a signed
// checkpoint.
//
// # As a Merkle tree
//
// The hashed bytes of an entry are also its leaf in a Merkle tree ([Journal.Leaves], [ParseEntry]): leaf i is the entry of seq i+1, and its leaf
// hash is SHA-256 of 0x00 and those bytes. kernel/journal/tiles folds committed entries into tiles, signs checkpoints and proves single entries
// from a few tiles; kernel/journal/audit checks all of it from files, without a database.
//
// Data lies in journal_entry and journal_head. Who may read is decided by the caller (grant journal.read); this package asks nobody.
package journal
