// Package trust (密钥管理) keeps the keys that Haihe signs with: who made them, what for, in which state they are, how often they were
// used, and who opened those that one person alone must not open.
//
// # Where a private key lies
//
// In software: in trust_key, under SM4-GCM with a key of its own, derived by HKDF-SM3 from the 32 bytes of the seal file and the key's
// id; the id, the algorithm and the public key are authenticated with it, so sealed keys cannot be exchanged for one another. The seal
// file lies beside the data and not in them: whoever has a backup has no keys. In a token (PKCS#11): there alone. In memory an opened
// key lies in the clear while the process runs; against who reads the process's memory only a token helps.
//
// No verb gives a private key out. Encryption keys kept for others leave as an EnvelopedKey (GM/T 0009 7.4) to a public key: at their
// making to the holder's, later only where one person asked and another allowed it.
//
// # States
//
// active (signs) -> retired (signs no more, still verifies) -> destroyed (the private half is gone). One key of a name is active.
//
// # Dual control (双人控制)
//
// A dual key signs only within a bounded time after one person asked ([Vault.Ask]) and another allowed ([Vault.Allow]); the same holds
// for destroying it. Retiring is one person's, since a stolen key must be stopped at once. Who may ask and allow is the caller's to
// check (a grant of the room that has the page); that they are two people is checked here, in the transaction.
//
// # What is recorded
//
// Making, opening, asking, allowing, retiring, destroying and recovering are in the journal in the transaction of the change; signatures
// are counted, and the count recorded once an hour and at the end (trust.use), since a record for each would cost more than the
// signature. A crash loses at most an hour's count, never an act.
//
// Data lies in trust_key, trust_escrow and trust_request.
package trust
