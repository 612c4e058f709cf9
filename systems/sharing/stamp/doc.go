// Package stamp asks a time-stamp service over HTTP (RFC 3161 3.4) for tokens over the checkpoints of the exchange's records, and verifies them
// (时间戳接入). The service is any that speaks the standard: the certificates' room of a Haihe node, or another authority's.
package stamp
