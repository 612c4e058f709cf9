// Package est (设备证书注册) is a server of Enrollment over Secure Transport, RFC 7030: devices of enterprises and of the city's own networks fetch the
// authorities' certificates, get a certificate of their own and renew it, with curl and OpenSSL or with the client that is in their firmware.
//
// # Who gets one
//
// A device that an officer registered: it names itself by HTTP Basic with the password that was shown once at its registration (3.2.3), or
// by the certificate that it has already, in the TLS handshake (3.3.2). The password has 160 random bits, of which a SHA-256 is kept, so
// guessing it is hopeless and a copy of the table helps nobody. It counts until the day that the officer set; renewing goes on with the
// certificate. What the certificate says is the registration's and not the request's, whose key alone is taken (and held to its signature).
//
// A certificate presented in the handshake counts where it is one of ours, byte for byte, of that device, valid and not revoked at this moment.
//
// Passwords are refused over a connection without TLS, but from the machine itself or behind a proxy that the configuration vouches for.
//
// The label sm2 (3.2.2), as in /.well-known/est/sm2/cacerts, is the authorities of SM2; without a label it is those of ECDSA, since most
// clients cannot read the others. Not offered: full CMC and keys made by the server (4.3, 4.4): a device's key stays in the device.
package est
