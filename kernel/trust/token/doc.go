// Package token (密码设备) lets a device hold the vault's keys: a hardware security module or a smart card behind PKCS #11 v2.40. The private key
// is made in the device, marked sensitive and not extractable, and never leaves it; what goes in is a digest.
//
// The interface is a C library of the device's maker, so this package needs C: it is whole only under the build tag pkcs11
// (`CGO_ENABLED=1 go build -tags pkcs11 ./cmd/haihe`). Without the tag Open says so, and the program is free of C as ever.
//
// Keys are ECDSA on P-256. SM2 has no mechanism in PKCS #11; the makers of national devices each have numbers of their own, or the
// interface of GM/T 0018, which is another C library. An SM2 key therefore lies in software under the seal.
package token
