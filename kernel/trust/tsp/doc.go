// Package tsp (时间戳) makes and verifies time stamps by RFC 3161: a token says that a digest was known to the authority at a time, signed with a
// certificate that is for nothing else.
//
// A token verifies long after it was made: its authority's certificate must have been valid at the time in the token, not today. If that
// certificate was revoked later, what counts is the reason (RFC 3161 4): after an end of use the tokens made before stand, after a compromise
// (or a revocation without reason) none do.
package tsp
