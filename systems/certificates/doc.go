// Package certificates is the city's certificate authority (电子认证, clauses 3.5.5 and 3.5.3 of the plan): one certificate for each
// enterprise, citizen and civil servant, in SM2 and ECDSA; issue, renewal, suspension, revocation, and the answer on any certificate's
// standing. Its standards are RFC 5280, RFC 6960, GB/T 20518 (GM/T 0015), GM/T 0034 (dual certificates) and GM/T 0009.
//
// Its parts stand in folders: ca signs and keeps; register enters subjects and decides applications; bulk issues from lists; status
// answers checkers with revocation lists, OCSP and downloads; pages shows all of it. Protocols and services that others bring (ACME, EST,
// CMP, seals) are joined in parts.go, one line each, and issue through ca alone.
//
// The root's key is never here: `haihe ca` keeps it in a file that two custodians open together, on a machine without a network.
package certificates
