// Package emergency (预警基准测试) measures how a warning reaches those responsible.
//
//	go test ./bench/emergency -run '^$' -bench Warning -benchtime 1x        10,000 people at their own HTTP endpoints, and kill -9 in the middle
//	go test ./bench/emergency -run '^$' -bench Warning -benchtime 1x -args -people 1000
//
// A child process keeps the database (SQLite, flushed before anything is sent), approves one red warning and sends it by webhooks; the parent is
// every receiver. First the warning goes through undisturbed; then a second one is issued and the child is killed when a part of the people
// have been told, twice, and started again. Counted are the messages at the receivers: each person is to be told once. Then a part of
// the people answer, time passes, and everybody else is to stand as escalated and the leaders to be told.
package emergency
