// Package bench (基准测试) measures the kernel beside the same work done as plain rows in PostgreSQL, interleaved in one run on one
// machine, since figures of different runs say little about each other.
//
//	go test ./bench -run '^$' -bench SideBySide         about two minutes
//	go test ./bench -run '^$' -bench SideBySide -short  about fifteen seconds
//
// Each figure stands for three candidates: Haihe on SQLite, Haihe on PostgreSQL, and plain tables in PostgreSQL with the
// indexes that the questions need, written with one statement a change and with COPY for readings. All of them flush before
// they acknowledge. PostgreSQL is a private server with the settings that it comes with. The medians of the rounds are
// printed, and the median over the rounds of each one's ratio to the plain tables; -v prints every round.
//
// The results that were kept lie in docs/results. Nothing is asserted about speed; answers are compared with each other and
// a difference fails.
package bench
