// Package seal (日志存证) makes the journal provable to others: it folds what was recorded into a Merkle tree, signs a checkpoint of it every few
// seconds, serves both in the shape of C2SP tlog-tiles, hands out proofs of single entries, and exchanges cosignatures with other nodes. It
// answers 3.5.5 and 3.5.3 of the plan. What it hands out is checked by `haihe verify` with nothing but the key (kernel/journal/audit).
//
// # Who may fetch what
//
//	GET  /log/journal/checkpoint        anybody: origin, size, root, signatures
//	GET  /log/journal/key               anybody: the verifier keys
//	GET  /log/journal/evidence          anybody: certificates, revocation lists, the newest time stamp (PEM)
//	GET  /log/journal/tile/<L>/...      anybody from level 1 upwards
//	GET  /log/journal/tile/0/...        journal.read: a hash of one entry can be guessed by who knows the entry before it
//	GET  /log/journal/tile/entries/...  journal.read: the entries themselves
//	POST /log/witness/add-checkpoint    anybody: the signatures and the proof decide
//	GET  /api/seal/proof/<number>       journal.read: the proof of an entry, with the entry in it
//
// # Keys
//
// Two keys of the vault sign (kernel/trust): SM2, whose signature states the time, and ECDSA P-256, which other programs read. Both names are the
// origin. The origin is set once, at the first start.
//
// # Time stamps
//
// At the pace of the configuration, and for the last checkpoint of each day, a time-stamp service (RFC 3161) is asked: a stamp shows that the
// checkpoint stood before its signer's certificate was revoked, whatever that signer states. The service may be this platform's own (/tsa), which
// shows it to whoever trusts the platform's time; a foreign one shows it to everybody.
//
// Standards: RFC 3161; C2SP tlog-tiles, tlog-checkpoint, tlog-cosignature, tlog-witness, tlog-proof; RFC 9162 section 2. Data lies in the tables of
// kernel/journal/tiles; this room has none of its own.
package seal
