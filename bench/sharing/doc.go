// Package sharing measures the exchange between two nodes: signed, made sure of, decided and recorded on both sides, against a plain HTTP call
// with the same body in the same run. Both nodes, their databases and the callers share this machine, so a deployment's nodes have about
// twice as much each.
//
//	go test ./bench/sharing -run xxx -bench Exchange -benchtime 20s
//	HAIHE_TEST_ENGINE=postgres go test ./bench/sharing -run xxx -bench Exchange -benchtime 20s
//	go test ./bench/sharing -run xxx -bench Paced -benchtime 20s        latency at a stated rate
package sharing
