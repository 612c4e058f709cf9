// Package seal (电子印章与时间戳) seals documents with a unit's certificate, time-stamps them, and shows anybody whether a sealed document is
// genuine; and it is the city's time-stamp service.
//
// A seal is a detached signed message (wire/cms) over the whole file, of any kind, with a time stamp over the signature. The file itself is
// not kept: its digest, the signature, and who sealed it when. The certificate of a unit is issued at its first seal and renewed before it
// ends; its key is in the vault and never leaves it.
//
// Checking a seal answers three questions apart: is the file the one that was sealed; was the seal good at the time in its time stamp; and how
// does its certificate stand today. A seal stays good when its certificate ends or is revoked afterwards.
//
// The time-stamp service (RFC 3161) stands at /tsa, for programs. It signs with SM2 where it is asked with SM3, and with ECDSA otherwise.
// Every number that it gives is in the journal.
package seal
