// Package trust (证书与签名基准测试) measures what the plan asks of certificates: everyone anew within hours, and an answer on any of them at once.
//
//	go test ./bench/trust -v -run Issue -subjects 200000     lists of subjects in SM2, signing and encryption certificate each
//	go test ./bench/trust -v -run Answers -seconds 10        OCSP over HTTP
//
// Without flags, and under -short, both are small and only show that they work. The first writes a list as a card bureau hands it over (a
// request with each line), takes it in, and issues from it with the program's own parts over SQLite in a file: rows, escrowed keys, log and
// journal are flushed before a batch counts. It prints subjects a second; 16 million in six hours are 741. The second asks a responder on a
// loopback socket for certificates at random, from as many clients as keep it busy, in the same process and on the same two cores.
package trust
