// Package sm (国密算法) holds the SM3 and SM4 constructions that Haihe uses: the digest, the keyed digest, key derivation, and authenticated
// encryption in the modes GCM and CCM. GB/T 32905, GB/T 32907; modes after NIST SP 800-38C and SP 800-38D.
//
// Everything here works on bytes in memory: no clock, no randomness, no I/O. Keys of SM4 have 16 bytes, digests 32.
package sm
