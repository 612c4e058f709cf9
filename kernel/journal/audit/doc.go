// Package audit (日志核验) checks a log years later and elsewhere: it needs the keys that one trusts and the files, no database, no network and no
// clock.
//
// [Proof] checks one entry's proof (C2SP tlog-proof, the entry's bytes in its extra line) and gives who did what, when, and since when that is
// signed. [Dir] checks a whole log as files:
//
//	checkpoint                      the newest signed checkpoint
//	checkpoints/<size>              earlier ones, any number
//	tile/<L>/<N>[.p/<W>]            hashes, C2SP tlog-tiles
//	tile/entries/<N>[.p/<W>]        the entries
//
// # How the place is found
//
// Everything is computed twice. Upwards: the entries' hashes give every tile and the root. Downwards: the signed root vouches for the tiles at
// the right edge, and each full tile's hash in the tile above vouches for it.
//
//   - The entries lead to the signed root: they are whole, and a tile that differs from what they give was changed itself.
//   - The tiles lead to it: their lowest level says what every entry's hash must be. The two lists of hashes are laid side by side, and where
//     they part it is seen whether an entry was changed, dropped, put in or moved.
//   - Neither does: somebody rewrote both. The chain of the journal names the first entry that does not acknowledge the one before, and the
//     signed checkpoints say between which sizes it happened.
//
// A checkpoint that no trusted key signed is named as forged; two signed ones that do not follow one another are named as what they are: proof
// that the log was rewritten by whoever holds the key.
package audit
