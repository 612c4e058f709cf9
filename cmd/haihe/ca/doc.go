// Package ca (离线根 CA) is the command haihe ca: the root of the city's certificates on a machine of its own, without network, database or
// platform. It reads and writes files of one folder and what is carried in and out on a medium:
//
//	root.pem   the root's certificate, for everybody
//	root.key   its key, sealed by two custodians (kernel/trust/custody)
//	root.crl   its newest revocation list, DER
//	root.log   what was done with the key, one line an act
//
// A line of root.log names its number, time, act, and the digest of the line before; its own digest is signed with the root's key. An act is
// written and flushed there before what it made is handed out: whatever the root signed stands in the log, also where the machine stops in
// between. The log is held to the certificate before each act, and `haihe ca log` does nothing else. That its end is not cut off nobody can
// see in the file alone: each act prints its number and digest, which belong into the minutes of the custodians.
package ca
