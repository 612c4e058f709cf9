// Package logs (日志签署证书) certifies the keys that sign the platform's logs, whichever rooms those belong to (kernel/journal/tiles names them),
// and keeps beside each log what an auditor needs years later: the chains, and the revocation lists of the certificates' time. A list is renewed
// only while its certificate holds: afterwards an authority drops it from its lists, and a newer list would say nothing of it.
//
// The name in such a certificate is the log's origin; that is what binds key and log for `haihe verify`.
package logs
