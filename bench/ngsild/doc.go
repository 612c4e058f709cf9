// Package ngsild (城市上下文接口基准测试) measures the NGSI-LD face of the running program over HTTP, beside the plain way of doing the
// same, interleaved in one run on one machine, since figures of different runs say little about each other.
//
//	go test ./bench/ngsild -run '^$' -bench Requests       reads, writes, batches, aggregates: about five minutes
//	go test ./bench/ngsild -run '^$' -bench Start          ready after exec, memory at rest
//	go test ./bench/ngsild -run '^$' -bench Notices        10,000 subscriptions, 2,000 changes a second for a minute
//	go test ./bench/ngsild -run '^$' -bench Overload       goodput at twice the load that it can take
//	go test ./bench/ngsild -run '^$' -bench Million        one million entities: memory, paging (needs -million)
//
// -short makes all of it small. -engines sqlite leaves PostgreSQL out. HAIHE_BINARY names a program that is built already.
// Another broker takes part where it runs already: -peer 'Name=http://127.0.0.1:9300#PID' (several: by commas); it need not be there.
//
// The plain way is a process of its own: net/http with a constant answer of the same size for reads, and for writes one row
// of SQLite updated and one row of history inserted by SQL, grouped into commits that are flushed before any of their writers is
// answered. Nobody could do the same with less; how far Haihe stays behind it is the price of the model.
//
// The load generator runs in the same process as the benchmark and shares the machine with what it measures. It writes
// requests as bytes and reads of an answer what it must, so that it costs little. It is a judge as well: every answer is looked at,
// values are read back and compared with the last one that was acknowledged, histories and notices are counted, and
// one that is missing or was sent twice fails the benchmark. Nothing is asserted about speed.
//
// The results that were kept lie in docs/results/ngsild.md.
package ngsild
