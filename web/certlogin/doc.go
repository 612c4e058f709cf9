// Package certlogin is signing in with a certificate (证书登录). A browser shows its certificate during the TLS handshake of a door of its own, since asking
// every visitor of the console for one would greet citizens with an empty list of certificates. The door looks at the certificate, says so in a
// ticket under this server's stamp, good for [Window] and once, and sends the browser back to the console, where a form signs in or ties the
// account. So the door sets no cookie and changes nothing.
//
// TLS here takes ECDSA and RSA certificates; a browser with an SM2 certificate needs the TLS of RFC 8998, which the standard library does not speak.
package certlogin
