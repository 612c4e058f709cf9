// Package trust (证书签发基准测试) measures what the plan asks of certificates: everyone anew within hours, and a status for whoever asks.
//
//	go test ./bench/trust -v -timeout 60m -run Issue -subjects 200000     a list of subjects in SM2, signing and encryption certificate each
//	go test ./bench/trust -v -timeout 60m -run Status -questions 200000   OCSP answers over HTTP on loopback
//
// HAIHE_TEST_ENGINE=postgres takes PostgreSQL instead of SQLite in a file. Without the flags, and under -short, both are small and only show
// that they work.
//
// Issue writes a list as a card bureau hands it over (a request with each line), takes it in, and issues from it with the program's own
// parts: rows, escrowed keys, log and journal are flushed before a batch counts. Then it hands the same subjects in once more as a renewal:
// each gets two new certificates and the two before are revoked as superseded in the same transaction. It prints subjects a second; 16
// million in six hours are 741.
//
// Status asks the service over kept-alive connections from the same machine, so that the two processors are shared with those who ask, and
// prints answers a second for three kinds of question, all about certificates that were issued first: never asked about before, so that the
// register is read and an answer signed; asked about before, so that it is in memory; and with a nonce, which reads and signs always.
package trust
