// Package status (证书状态服务) answers checkers: revocation lists in parts with deltas (RFC 5280 5), OCSP over GET and POST (RFC 6960, and
// RFC 5019's cacheable form), and the authorities' certificates, all below /pki and open to anybody.
//
// A part of the list is a range of an authority's numbers of issue, named in the certificate and, critically, in the list. A complete list is
// made once a day and a delta as soon as something changed, so that a checker that fetched the list in the morning fetches a few hundred bytes.
//
// OCSP answers are signed by a key of their own and kept until they lapse, or until the certificate's standing changes: the change drops the
// answer after its commit. Another node of the same database sees a change when its answers lapse, within ten minutes. A question with a
// nonce is signed anew each time. What was never issued here is "unknown"; questions about other authorities are "unauthorized".
package status
