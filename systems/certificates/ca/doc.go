// Package ca (证书签发) is the authority: it holds the issuing authorities, gives certificates by profile, and changes their standing. All
// other parts of the room, and its protocols, issue through [Authority.Issue] and nothing else.
//
// # What holds
//
// A certificate is signed first, then stored, logged as a leaf and entered in the journal in one transaction, and only then handed out. A
// crash in between leaves nothing but a signature that nobody has seen: no certificate is in anybody's hands that is not in the log.
//
// A citizen, an enterprise and a civil servant have one standing certificate for each use of a key: by rule here, and by the unique index
// certificates_one, which no program can go round. Devices and servers may have several, since a server renews before it drops the old one.
//
// # What a certificate says of a person
//
// The name, and an internal number (serialNumber of GB/T 20518). No number of an identity paper: a certificate is copied to everyone
// who gets a signature, for ever, and eighteen digits say when and where somebody was born. A digest of it without a secret would be no
// better, since there are only some thousand million numbers to try. An enterprise's unified social credit code is public and is in it.
package ca
