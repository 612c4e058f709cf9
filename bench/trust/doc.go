// Package trust (证书签发基准测试) measures what the plan asks of certificates: everyone anew within hours.
//
//	go test ./bench/trust -v -run Issue -subjects 200000     lists of subjects in SM2, signing and encryption certificate each
//
// Without the flag, and under -short, it is small and only shows that it works. It writes a list as a card bureau hands it over (a request
// with each line), takes it in, and issues from it with the program's own parts over SQLite in a file: rows, escrowed keys, log and journal
// are flushed before a batch counts. It prints subjects a second; 16 million in six hours are 741.
package trust
