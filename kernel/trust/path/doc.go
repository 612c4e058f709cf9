// Package path (证书路径验证) finds a chain from a certificate to a trust anchor and validates it by RFC 5280 section 6: signatures, times,
// names, name constraints, policies with their mappings, path lengths, key usages, critical extensions, and revocation by lists (complete,
// delta, indirect, partitioned) and by OCSP answers that the caller brings along.
//
// Where the standard leaves a choice:
//   - a trust anchor given as a certificate is held to what it says of itself (validity, path length, constraints, policies), as RFC 5937
//     describes; with [Options.BareAnchors] only its name and key count, as RFC 5280 6.1.1 (d) has it;
//   - policies are a graph, not a tree (RFC 9618), so that crossed mappings cost no exponential time;
//   - SHA-1 and DSA are refused unless [Options.Legacy] allows them, RSA keys under 2,048 bits unless [Options.MinRSA] is lower;
//   - a purpose (extended key usage) must be allowed by every CA certificate of the path that states any.
//
// The search is bounded by a count of signature checks, so that hostile certificates cannot make it run long.
//
// It draws no clock and no network: time, certificates, lists and answers come in [Options].
package path
