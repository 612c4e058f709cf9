// Package tiles (日志瓦片) keeps append-only logs as Merkle trees in the database, signs checkpoints of them and proves from tiles what stands in
// them. The journal is one log; a system that has to prove its own records has another:
//
//	logs, err := tiles.Open(ctx, db, now)                       // once a program
//	log, err := logs.Log(ctx, tiles.Options{Name: "sharing", Origin: "haihe.example/sharing", Signers: signers})
//	first, err := log.Append(tx, leaves)                        // merkle.LeafHash of each record, in the order of the records
//	signed, err := log.Checkpoint(ctx)                          // signs where the log has grown; a job calls it every few seconds
//	proof, err := log.Prove(ctx, index, signed.Size)            // one to two tiles for eight levels, no scan
//	hashes, err := log.Consistency(ctx, size1, size2)
//	data, err := log.Tile(ctx, tile)                            // what is served below tile/ (C2SP tlog-tiles)
//
// Append writes in the caller's transaction and takes the log's row first, so that two nodes on one database keep one order. It rewrites the
// last tile of each level that grows (8 KB): hand in many leaves at once. Whoever records at a high rate writes rows in the transactions of the
// acts and folds them afterwards by a job, as the journal does ([Fold]), a thousand leaves at a time.
//
// What is signed is a C2SP checkpoint (wire/note): origin, size and root. Before a new one is signed the tree must still give the root of the
// one before, so that no two inconsistent ones are ever signed; where it does not, Checkpoint answers errs.Conflict and nothing is signed. A
// [Signer] is a key and a function, so that the key may lie in software, in a token or with kernel/trust. Keys of a timed type state the time of
// the checkpoint; that is how a record is known to have stood before its signer's certificate expired or was revoked.
//
// # Witnesses
//
// Another node confirms a checkpoint by a cosignature (C2SP tlog-witness): [Log.Addition] is what it is sent, [Log.Cosign] keeps what it
// answers, and [Store.Witness] is the other side: it cosigns a foreign log only while that only grows.
//
// # What goes along
//
// So that a log can be checked years later from files alone, certificates of its keys, revocation lists of their time and time stamps over its
// checkpoints are kept beside it ([Store.Put]) and exported with it. Who makes them does not matter here: systems/certificates certifies every
// key that [Store.Signers] names, systems/seal asks for time stamps.
//
// Data lies in the tables tiles_*. Who may read is decided by the caller.
package tiles
