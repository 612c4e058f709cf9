// Package custody (双人保管) keeps one private key in a file that only two custodians together can open: the root's, on a machine without a
// network.
//
// Each passphrase goes through Argon2id (RFC 9106) with a salt of its own; the two results together, not one after the other, give the key
// (HMAC-SM3, then HKDF-SM3) that the private key lies under in SM4-GCM. So neither custodian gets any nearer without the other, and whoever
// steals the file has to guess both passphrases at once: a wrong one of the two looks like two wrong ones, and the program cannot say which
// it was. Everything else in the file (algorithm, key id, address, the cost of guessing) is authenticated with it.
//
// Passphrases are put into Unicode's NFC first (RFC 8265 4.2.2), so that two keyboards give the same.
package custody
