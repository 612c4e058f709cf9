// Package cert (证书编制) makes and reads certificates, requests for them, revocation lists and enveloped keys, in both algorithms of
// [pki]: X.509 v3 after RFC 5280 and GB/T 20518.
//
// What is made is written straight as DER and signed with any crypto.Signer, a key of a token too. gmsm's own makers verify each signature
// after they made it and go through reflection; a city's re-issue of 32 million certificates has no time for that, so a certificate costs
// one signature here and little else. What is read goes through gmsm's smx509, which knows SM2.
//
// The package keeps nothing, asks no clock and gives no policy: which fields a certificate of a kind bears is systems/certificates/ca's.
package cert
